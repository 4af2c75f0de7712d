/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sios-auth.h"
#include "sios-record.h"

/* What the feature offers to others, with clients that are connected. */

#define SECRET "0123456789abcdef0123456789abcdef"

typedef struct
{
  char *dir;
  SiosSources *sources;
  SioServer *server;
  SiosFeatures *features;
  SiosConfig *config;
  SiosAuth *auth;
  char *url;
} Fixture;

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gboolean
wake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
  }                                                                                                \
  G_STMT_END

static char *
base64url (const guint8 *data, gsize length)
{
  char *text = g_base64_encode (data, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

/* @claims: without the braces */
static char *
make_token (const char *claims)
{
  static const char header[] = "{\"alg\":\"HS256\"}";
  g_autofree char *json = g_strdup_printf ("{%s}", claims);
  g_autofree char *first = base64url ((const guint8 *) header, strlen (header));
  g_autofree char *second = base64url ((const guint8 *) json, strlen (json));
  g_autofree char *text = g_strconcat (first, ".", second, NULL);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) SECRET, strlen (SECRET));
  guint8 digest[32];
  gsize length = sizeof digest;
  g_autofree char *signature = NULL;

  g_hmac_update (hmac, (const guchar *) text, (gssize) strlen (text));
  g_hmac_get_digest (hmac, digest, &length);
  signature = base64url (digest, length);
  return g_strconcat (text, ".", signature, NULL);
}

static char *
token_of (const char *user, gint64 issued_at, const char *more)
{
  g_autofree char *claims = g_strdup_printf (
      "\"sub\":\"%s\",\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT "%s%s", user,
      issued_at, now () + 3600, *more != '\0' ? "," : "", more);

  return make_token (claims);
}

static void
configure (Fixture *fixture)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  g_clear_pointer (&fixture->config, sios_config_unref);
  fixture->config = sios_features_load_config (fixture->sources, problems);
  g_assert_cmpuint (problems->len, ==, 0);
  sios_features_configure (fixture->features, fixture->config);
}

static void
begin (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) addresses = NULL;

  fixture->server = sio_server_new ();
  fixture->features = sios_features_new (fixture->server);
  fixture->auth = sios_features_get (fixture->features, &sios_auth_feature);
  configure (fixture);
  sio_server_listen (fixture->server, "tcp:127.0.0.1:0", &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (sio_server_get_engine (fixture->server));
  fixture->url = g_strdup (addresses[0]);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (sio_server_close_finish (SIO_SERVER (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static void
end (Fixture *fixture)
{
  gboolean closed = FALSE;

  sio_server_close_async (fixture->server, NULL, closed_cb, &closed);
  WAIT_FOR (closed);
  g_clear_pointer (&fixture->features, sios_features_free);
  g_clear_object (&fixture->server);
  g_clear_pointer (&fixture->url, g_free);
}

static void
set (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  sios_sources_add_set (fixture->sources, text, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *secret = NULL;
  g_autofree char *entry = NULL;

  fixture->dir = g_dir_make_tmp ("sio-auth-XXXXXX", NULL);
  secret = g_build_filename (fixture->dir, "secret", NULL);
  g_assert_true (g_file_set_contents (secret, SECRET, -1, NULL));
  entry = g_strconcat ("auth.secret-file=", secret, NULL);
  fixture->sources = sios_sources_new ();
  set (fixture, "server.client-dir=");
  set (fixture, entry);
  set (fixture, "auth.mode=required");
  g_setenv ("STATE_DIRECTORY", fixture->dir, TRUE);
  begin (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->dir, 0, NULL);
  const char *name;

  end (fixture);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->dir);
  g_clear_pointer (&fixture->config, sios_config_unref);
  sios_sources_free (fixture->sources);
}

static void
connect_error_cb (SioClient *client, const GError *error, JsonNode *data, char **code)
{
  g_assert_error (error, SIO_ERROR, SIO_ERROR_REJECTED);
  g_assert_cmpstr (error->message, ==, "Authentication failed");
  g_free (*code);
  *code = g_strdup (json_object_get_string_member (json_node_get_object (data), "code"));
}

static SioClient *
open_client (Fixture *fixture, const char *token, char **code)
{
  SioClient *client = sio_client_new (fixture->url);
  g_autoptr (JsonNode) auth = json_node_init_object (json_node_alloc (), json_object_new ());

  json_object_unref (json_node_get_object (auth));
  json_object_set_string_member (json_node_get_object (auth), "token", token);
  sio_client_set_auth (client, auth);
  g_signal_connect (client, "connect-error", G_CALLBACK (connect_error_cb), code);
  sio_client_open (client);
  WAIT_FOR (sio_client_is_connected (client) || *code != NULL);
  return client;
}

static void
assert_refused (Fixture *fixture, const char *token, const char *expected)
{
  g_autofree char *code = NULL;
  g_autoptr (SioClient) client = open_client (fixture, token, &code);

  g_assert_cmpstr (code, ==, expected);
}

/* The fields of the last record */
static GHashTable *last_record;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  gboolean is_record = FALSE;

  for (gsize i = 0; i < n_fields; i++)
    is_record |= strcmp (fields[i].key, "MESSAGE_ID") == 0;
  if (!is_record)
    return g_log_writer_default (level, fields, n_fields, user_data);
  g_hash_table_remove_all (last_record);
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length < 0)
      g_hash_table_insert (last_record, g_strdup (fields[i].key), g_strdup (fields[i].value));
  return G_LOG_WRITER_HANDLED;
}

static void
assert_field (const char *name, const char *value)
{
  g_assert_cmpstr (g_hash_table_lookup (last_record, name), ==, value);
}

/* What the journal gets, byte for byte */
static void
test_records (Fixture *fixture, gconstpointer data)
{
  g_autofree char *alice = token_of ("alice", now () - 10, "");
  g_autofree char *code = NULL;
  g_autoptr (SioClient) client = NULL;

  assert_refused (fixture, "bad", "TOKEN_INVALID");
  assert_field ("MESSAGE_ID", sios_record_get_id (SIOS_RECORD_AUTH_FAILED));
  assert_field ("SIO_CODE", "TOKEN_INVALID");
  assert_field ("SIO_REASON", "malformed");
  assert_field ("SIO_NAMESPACE", "/");
  assert_field ("SIO_PEER", "127.0.0.1");
  assert_field ("SIO_USER", NULL);
  assert_field ("PRIORITY", "5");

  client = open_client (fixture, alice, &code);
  g_assert_null (code);
  g_assert_true (sios_auth_revoke (fixture->auth, SIOS_REVOKE_USER, "alice", 0, NULL, NULL));
  assert_field ("MESSAGE_ID", sios_record_get_id (SIOS_RECORD_AUTH_EXPIRED));
  assert_field ("SIO_CODE", "revoked");
  assert_field ("SIO_USER", "alice");
  assert_field ("SIO_NAMESPACE", "/");
  assert_field ("SIO_PEER", "127.0.0.1");
  g_assert_nonnull (g_hash_table_lookup (last_record, "SIO_SID"));
}

static void
count_cb (SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data)
{
  GString *text = user_data;

  g_string_append_printf (text, "%d %s %d;", kind, name,
                          until - since == 24 * 3600 ? 24 : (int) (until - since));
}

static void
test_revoke (Fixture *fixture, gconstpointer data)
{
  g_autofree char *alice = token_of ("alice", now () - 10, "");
  g_autofree char *later = token_of ("alice", now () + 10, "");
  g_autofree char *bob = token_of ("bob", now () - 10, "\"jti\":\"b1\"");
  g_autofree char *bob2 = token_of ("bob", now () - 10, "\"jti\":\"b2\"");
  g_autofree char *code = NULL;
  g_autoptr (SioClient) one = open_client (fixture, alice, &code);
  g_autoptr (SioClient) two = open_client (fixture, alice, &code);
  g_autoptr (SioClient) three = open_client (fixture, bob, &code);
  g_autoptr (SioClient) four = open_client (fixture, bob2, &code);
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  guint n;

  g_assert_null (code);
  /* All devices of the user, and only them */
  g_assert_true (sios_auth_revoke (fixture->auth, SIOS_REVOKE_USER, "alice", 0, &n, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 2);
  WAIT_FOR (!sio_client_is_connected (one) && !sio_client_is_connected (two));
  g_assert_true (sio_client_is_connected (three));
  assert_refused (fixture, alice, "TOKEN_REVOKED");
  /* One that is issued later is good. */
  {
    g_autoptr (SioClient) again = open_client (fixture, later, &code);

    g_assert_null (code);
  }
  /* One token */
  g_assert_true (
      sios_auth_revoke (fixture->auth, SIOS_REVOKE_TOKEN, "b1", now () + 100, &n, &error));
  g_assert_cmpuint (n, ==, 1);
  WAIT_FOR (!sio_client_is_connected (three));
  g_assert_true (sio_client_is_connected (four));
  assert_refused (fixture, bob, "TOKEN_REVOKED");
  g_assert_cmpuint (sios_auth_get_n_revocations (fixture->auth), ==, 2);
  sios_auth_foreach_revocation (fixture->auth, count_cb, list);
  g_assert_cmpstr (list->str, ==, "0 alice 24;1 b1 100;");

  /* A reload keeps them; so does a restart. */
  configure (fixture);
  assert_refused (fixture, alice, "TOKEN_REVOKED");
  end (fixture);
  begin (fixture);
  g_assert_cmpuint (sios_auth_get_n_revocations (fixture->auth), ==, 2);
  assert_refused (fixture, alice, "TOKEN_REVOKED");
  assert_refused (fixture, bob, "TOKEN_REVOKED");

  g_assert_true (sios_auth_unrevoke (fixture->auth, SIOS_REVOKE_USER, "alice"));
  g_assert_false (sios_auth_unrevoke (fixture->auth, SIOS_REVOKE_USER, "alice"));
  {
    g_autoptr (SioClient) again = open_client (fixture, alice, &code);

    g_assert_null (code);
  }
  end (fixture);
  begin (fixture);
  g_assert_cmpuint (sios_auth_get_n_revocations (fixture->auth), ==, 1);

  g_assert_false (sios_auth_revoke (fixture->auth, SIOS_REVOKE_USER, "", 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  set (fixture, "auth.max-revocations=1");
  configure (fixture);
  g_assert_false (sios_auth_revoke (fixture->auth, SIOS_REVOKE_USER, "eve", 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

/* A reload names another file: what it holds counts, too. */
static void
test_other_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->dir, "other", NULL);
  g_autofree char *entry = g_strconcat ("auth.revocations-file=", path, NULL);
  g_autofree char *text = g_strdup_printf ("sio-server revocations 1\nuser %" G_GINT64_FORMAT
                                           " %" G_GINT64_FORMAT " alice\nend 1\n",
                                           now (), now () + 900);
  g_autofree char *alice = token_of ("alice", now () - 10, "");
  g_autofree char *bob = token_of ("bob", now () - 10, "");
  g_autofree char *code = NULL;
  g_autofree char *written = NULL;
  g_autoptr (SioClient) one = open_client (fixture, alice, &code);

  g_assert_true (sios_auth_revoke (fixture->auth, SIOS_REVOKE_USER, "bob", 0, NULL, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  set (fixture, entry);
  configure (fixture);
  WAIT_FOR (!sio_client_is_connected (one));
  assert_refused (fixture, alice, "TOKEN_REVOKED");
  assert_refused (fixture, bob, "TOKEN_REVOKED");
  end (fixture);
  g_assert_true (g_file_get_contents (path, &written, NULL, NULL));
  g_assert_nonnull (strstr (written, " alice\n"));
  g_assert_nonnull (strstr (written, " bob\n"));
  begin (fixture);
  g_assert_cmpuint (sios_auth_get_n_revocations (fixture->auth), ==, 2);
}

typedef struct
{
  SiosIdentity *identity;
  GError *error;
  gboolean done;
} Answer;

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->identity = sios_auth_verify_finish (NULL, result, &answer->error);
  answer->done = TRUE;
}

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->identity, sios_identity_unref);
  g_clear_error (&answer->error);
  answer->done = FALSE;
}

static void
test_verify (Fixture *fixture, gconstpointer data)
{
  g_autofree char *admin = token_of ("root", now (), "\"role\":[\"user\",\"admin\"]");
  g_autofree char *user = token_of ("joe", now (), "\"role\":\"user\"");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { NULL };

  sios_auth_verify_async (fixture->auth, admin, "/api", "192.0.2.1", NULL, verified_cb, &answer);
  WAIT_FOR (answer.done);
  g_assert_no_error (answer.error);
  g_assert_cmpstr (answer.identity->user, ==, "root");
  g_assert_true (sios_auth_is_admin (fixture->auth, answer.identity));
  set (fixture, "auth.admin-roles=boss");
  configure (fixture);
  g_assert_false (sios_auth_is_admin (fixture->auth, answer.identity));
  answer_clear (&answer);

  sios_auth_verify_async (fixture->auth, user, "/api", NULL, NULL, verified_cb, &answer);
  WAIT_FOR (answer.done);
  g_assert_false (sios_auth_is_admin (fixture->auth, answer.identity));
  g_assert_false (sios_auth_is_admin (fixture->auth, NULL));
  answer_clear (&answer);

  sios_auth_verify_async (fixture->auth, "bad", "/api", NULL, NULL, verified_cb, &answer);
  WAIT_FOR (answer.done);
  g_assert_error (answer.error, SIOS_AUTH_ERROR, SIOS_AUTH_MALFORMED);
  answer_clear (&answer);

  sios_auth_verify_async (fixture->auth, user, "/api", NULL, cancellable, verified_cb, &answer);
  g_cancellable_cancel (cancellable);
  WAIT_FOR (answer.done);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  answer_clear (&answer);

  /* Ends that no clock reaches are no end. */
  {
    g_autofree char *far = make_token ("\"sub\":\"joe\",\"exp\":1e15");
    g_autofree char *code = NULL;
    g_autoptr (SioClient) client = open_client (fixture, far, &code);

    g_assert_null (code);
    for (guint i = 0; i < 10; i++)
      g_main_context_iteration (NULL, TRUE);
    g_assert_true (sio_client_is_connected (client));
  }

  /* A reload takes the keys away while it is under way. */
  sios_auth_verify_async (fixture->auth, user, "/api", NULL, NULL, verified_cb, &answer);
  set (fixture, "auth.mode=none");
  set (fixture, "auth.secret-file=");
  configure (fixture);
  WAIT_FOR (answer.done);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  answer_clear (&answer);
}

/* The server ends while tokens are being verified and clients are connected. */
static void
test_end (Fixture *fixture, gconstpointer data)
{
  g_autofree char *token = token_of ("joe", now (), "");
  g_autofree char *code = NULL;
  g_autoptr (SioClient) client = open_client (fixture, token, &code);
  Answer answer = { NULL };

  sios_auth_verify_async (fixture->auth, token, "/api", NULL, NULL, verified_cb, &answer);
  sios_features_free (fixture->features);
  WAIT_FOR (answer.done);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  answer_clear (&answer);
  fixture->features = NULL;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  last_record = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_log_set_writer_func (writer, NULL, NULL);
  g_timeout_add (50, wake_cb, NULL);
#define ADD(name, func) g_test_add ("/auth/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("records", test_records); /* before there are too many of them */
  ADD ("revoke", test_revoke);
  ADD ("other-file", test_other_file);
  ADD ("verify", test_verify);
  ADD ("end", test_end);
  return g_test_run ();
}
