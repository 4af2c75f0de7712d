/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-feature.h"
#include "sios-record.h"
#include "sios-socket.h"

/* What is written to the journal, field by field, and that the catalog explains all of it. */

static GPtrArray *records; /* GHashTable, name → value, of each with a MESSAGE_ID */
static const char *data_dir;
static const char *docs_dir;

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_autoptr (GHashTable) record = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (gsize i = 0; i < n_fields; i++)
    g_hash_table_insert (record, g_strdup (fields[i].key), g_strdup (fields[i].value));
  if (!g_hash_table_contains (record, "MESSAGE_ID"))
    return g_log_writer_default (level, fields, n_fields, user_data);
  g_ptr_array_add (records, g_steal_pointer (&record));
  return G_LOG_WRITER_HANDLED;
}

/* The guard is for broken code only. */
#define wait_for(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 guard_ = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;                             \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > guard_)                                                      \
          g_error ("%s:%d: no end of waiting for %s", __FILE__, __LINE__, #condition);             \
        g_main_context_iteration (NULL, FALSE);                                                    \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* Waits for one record of @kind and takes it; pairs of names and values until NULL. */
static void
expect (SiosRecord kind, ...)
{
  g_autoptr (GHashTable) record = NULL;
  const char *name;
  va_list args;

  wait_for (records->len > 0);
  record = g_ptr_array_steal_index (records, 0);
  g_assert_cmpstr (g_hash_table_lookup (record, "MESSAGE_ID"), ==, sios_record_get_id (kind));
  va_start (args, kind);
  while ((name = va_arg (args, const char *)) != NULL)
    {
      const char *value = g_hash_table_lookup (record, name);
      const char *expected = va_arg (args, const char *);

      if (g_strcmp0 (value, expected) != 0)
        g_error ("%s is \"%s\", expected \"%s\"", name, value, expected);
    }
  va_end (args);
}

typedef struct
{
  SioServer *server;
  SiosFeatures *features;
  guint16 port;
} Fixture;

static void
configure (Fixture *fixture, const char *const *sets)
{
  g_autoptr (SiosSources) sources = sios_sources_new ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiosConfig) config = NULL;

  for (guint i = 0; sets[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      sios_sources_add_set (sources, sets[i], &error);
      g_assert_no_error (error);
    }
  config = sios_features_load_config (sources, problems);
  g_assert_cmpuint (problems->len, ==, 0);
  sios_features_configure (fixture->features, config);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_auto (GStrv) addresses = NULL;
  g_autoptr (GError) error = NULL;
  const char *const sets[] = { "server.client-dir=", "server.trusted-proxies=127.0.0.1", NULL };

  g_ptr_array_set_size (records, 0);
  fixture->server = sio_server_new ();
  fixture->features = sios_features_new (fixture->server);
  configure (fixture, sets);
  sio_server_listen (fixture->server, "tcp:127.0.0.1:0", &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (sio_server_get_engine (fixture->server));
  fixture->port = (guint16) g_ascii_strtoull (strrchr (addresses[0], ':') + 1, NULL, 10);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gboolean closed = FALSE;

  sio_server_close_async (fixture->server, NULL, closed_cb, &closed);
  wait_for (closed);
  sios_features_free (fixture->features);
  g_clear_object (&fixture->server);
}

static gboolean
is_complete (GString *answer)
{
  const char *body = strstr (answer->str, "\r\n\r\n");
  const char *length = strstr (answer->str, "Content-Length: ");

  return body != NULL && length != NULL &&
         strlen (body + 4) >= g_ascii_strtoull (length + 16, NULL, 10);
}

/* Status and body of the answer to one request from 203.0.113.9; "" if the connection ends
 * instead. */
static char *
ask (Fixture *fixture, const char *method, const char *query, const char *body)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host (client, "127.0.0.1", fixture->port, NULL, NULL);
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autofree char *request =
      g_strdup_printf ("%s /socket.io/?EIO=4&transport=polling%s HTTP/1.1\r\nHost: a\r\n"
                       "X-Forwarded-For: 203.0.113.9\r\nContent-Length: %u\r\n\r\n%s",
                       method, query, (guint) strlen (body), body);
  g_autoptr (GString) answer = g_string_new (NULL);

  g_assert_cmpint (g_socket_send (socket, request, strlen (request), NULL, NULL), >, 0);
  g_socket_set_blocking (socket, FALSE);
  for (gint64 guard = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;;)
    {
      char buffer[4096];
      gssize n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);

      g_assert_cmpint (g_get_monotonic_time (), <, guard);
      if (n == 0)
        break;
      if (n > 0)
        g_string_append_len (answer, buffer, n);
      if (is_complete (answer))
        break;
      g_main_context_iteration (NULL, FALSE);
    }
  return g_strdup_printf ("%.3s %s", answer->str + 9, strstr (answer->str, "\r\n\r\n") + 4);
}

/* A session that joined "/"; the id of its socket. */
static char *
join (Fixture *fixture, char **query)
{
  g_autofree char *open = ask (fixture, "GET", "", "");
  g_autofree char *sid = g_strndup (strstr (open, "\"sid\":\"") + 7, 20);
  g_autofree char *posted = NULL;
  g_autofree char *connected = NULL;

  *query = g_strdup_printf ("&sid=%s", sid);
  posted = ask (fixture, "POST", *query, "40");
  g_assert_cmpstr (posted, ==, "200 ok");
  connected = ask (fixture, "GET", *query, "");
  return g_strndup (strstr (connected, "\"sid\":\"") + 7, 20);
}

static void
post (Fixture *fixture, const char *query, const char *body)
{
  g_autofree char *answer = ask (fixture, "POST", query, body);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *unknown = ask (fixture, "GET", "&sid=nobody", "");
  g_autofree char *malformed = NULL;

  expect (SIOS_RECORD_REFUSED, "MESSAGE", "203.0.113.9: unknown session id", "SIO_CODE",
          "unknown-session", "SIO_PEER", "203.0.113.9", "PRIORITY", "5", "SIO_SID", NULL, NULL);
  malformed = ask (fixture, "GET", "\x01", "");
  expect (SIOS_RECORD_REFUSED, "MESSAGE", "127.0.0.1: malformed HTTP request", "SIO_CODE",
          "malformed-http", NULL);
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
  const char *const sets[] = { "server.client-dir=", "server.trusted-proxies=127.0.0.1",
                               "limits.max-connections-per-address=1", NULL };
  const char *const lenient[] = { "server.client-dir=", "server.trusted-proxies=127.0.0.1",
                                  "limits.max-connections-per-address=1", "limits.enforce=false",
                                  NULL };
  g_autofree char *query = NULL;
  g_autofree char *id = NULL;
  g_autofree char *refused = NULL;
  g_autofree char *counted = NULL;

  configure (fixture, sets);
  id = join (fixture, &query);
  g_assert_cmpuint (records->len, ==, 0);
  refused = ask (fixture, "GET", "", "");
  g_assert_true (g_str_has_prefix (refused, "403"));
  expect (SIOS_RECORD_LIMIT_REACHED, "MESSAGE",
          "203.0.113.9: Too many connections from this address", "SIO_CODE",
          "max-connections-per-address", "SIO_ENFORCED", NULL, "PRIORITY", "4", NULL);
  configure (fixture, lenient);
  counted = ask (fixture, "GET", "", "");
  g_assert_true (g_str_has_prefix (counted, "200"));
  expect (SIOS_RECORD_LIMIT_REACHED, "MESSAGE",
          "203.0.113.9: Too many connections from this address (only counted)", "SIO_ENFORCED", "0",
          NULL);
}

static void
test_events (Fixture *fixture, gconstpointer data)
{
  const char *const sets[] = { "server.client-dir=",
                               "server.trusted-proxies=127.0.0.1",
                               "limits.max-events-per-second=0.001",
                               "limits.max-event-burst=3",
                               "limits.max-event-bytes=20",
                               "limits.max-rooms-per-socket=1",
                               NULL };
  g_autofree char *query = NULL;
  g_autofree char *id = NULL;
  SioSocket *socket;
  g_autoptr (SiosIdentity) identity = NULL;

  configure (fixture, sets);
  id = join (fixture, &query);
  socket = sio_namespace_get_socket (sio_server_of (fixture->server, "/"), id);
  g_assert_nonnull (socket);
  post (fixture, query, "42[\"much\",\"xxxxxxxxxxxxxxxxxxxxxxxxx\"]");
  expect (SIOS_RECORD_EVENT_REFUSED, "SIO_CODE", "event-size", "SIO_EVENT", "much", "SIO_SID", id,
          "SIO_NAMESPACE", "/", "SIO_PEER", "203.0.113.9", NULL);
  post (fixture, query,
        "42[\"join\",\"a\"]\x1e"
        "42[\"join\",\"b\"]");
  expect (SIOS_RECORD_LIMIT_REACHED, "SIO_CODE", "rooms", "SIO_SID", id, "MESSAGE",
          "203.0.113.9: a socket is in too many rooms to join another", NULL);
  /* One record is enough. */
  g_assert_cmpuint (records->len, ==, 0);
  post (fixture, query,
        "42[\"one\"]\x1e"
        "42[\"t\\u0007wo\"]");
  expect (SIOS_RECORD_RATE_LIMITED, "SIO_CODE", "event-rate", "SIO_EVENT", "t?wo", "SIO_SID", id,
          "MESSAGE", "203.0.113.9: events come faster than the limit allows, event \"t?wo\"", NULL);
}

static void
test_rules (Fixture *fixture, gconstpointer data)
{
  const char *const sets[] = { "server.client-dir=",          "server.trusted-proxies=127.0.0.1",
                               "event say.rate=1/h",          "event say.max-length=0:3",
                               "event tried.rate=1/h",        "event tried.shadow=rate",
                               "event *.require=role:editor", NULL };
  SiosIdentity identity = { .user = (char *) "ann", .roles = (char *[]){ NULL } };
  g_autofree char *query = NULL;
  g_autofree char *id = NULL;

  configure (fixture, sets);
  id = join (fixture, &query);
  g_atomic_ref_count_init (&identity.ref_count);
  sios_socket_set_identity (sio_namespace_get_socket (sio_server_of (fixture->server, "/"), id),
                            &identity);
  post (fixture, query, "42[\"say\",\"secret\"]");
  expect (SIOS_RECORD_EVENT_REFUSED, "SIO_CODE", "too-long", "SIO_EVENT", "say", "SIO_USER", "ann",
          "SIO_SID", id, "SIO_NAMESPACE", "/", "SIO_PEER", "203.0.113.9", "SIO_ENFORCED", NULL,
          "MESSAGE", "Refused \"say\": too-long", NULL);
  post (fixture, query,
        "42[\"say\",\"a\"]\x1e"
        "42[\"say\",\"b\"]");
  expect (SIOS_RECORD_RATE_LIMITED, "SIO_CODE", "rate", "SIO_EVENT", "say", "SIO_USER", "ann",
          "MESSAGE", "Refused \"say\": more often than its rate allows", NULL);
  post (fixture, query,
        "42[\"tried\"]\x1e"
        "42[\"tried\"]");
  expect (SIOS_RECORD_RATE_LIMITED, "SIO_CODE", "rate", "SIO_ENFORCED", "0", "MESSAGE",
          "Would have refused \"tried\": more often than its rate allows", NULL);
  /* What a client calls its event is no field: the rule's name is. */
  post (fixture, query, "42[\"any\"]");
  expect (SIOS_RECORD_EVENT_REFUSED, "SIO_CODE", "role", "SIO_EVENT", "*", NULL);
  g_assert_cmpuint (records->len, ==, 0);
  sios_socket_set_identity (sio_namespace_get_socket (sio_server_of (fixture->server, "/"), id),
                            NULL);
}

static void
test_sessions (Fixture *fixture, gconstpointer data)
{
  const char *const sets[] = { "server.client-dir=", "server.trusted-proxies=127.0.0.1",
                               "limits.max-buffered-bytes=1K", NULL };
  g_autofree char *large = g_strnfill (3000, 'x');
  g_autoptr (SioArgs) args = sio_args_new_from_string (large);
  g_autofree char *query = NULL;
  g_autofree char *id = join (fixture, &query);
  g_autofree char *other_query = NULL;
  g_autofree char *other_id = NULL;
  SioNamespace *ns = sio_server_of (fixture->server, "/");

  post (fixture, query, "nonsense");
  expect (SIOS_RECORD_VIOLATION, "SIO_CODE", "violation", "SIO_SID", id, "SIO_PEER", "203.0.113.9",
          "MESSAGE", "203.0.113.9: malformed payload", NULL);

  configure (fixture, sets);
  other_id = join (fixture, &other_query);
  sio_socket_emit (sio_namespace_get_socket (ns, other_id), "a", sio_args_ref (args));
  g_assert_cmpuint (records->len, ==, 0);
  sio_socket_emit (sio_namespace_get_socket (ns, other_id), "b", sio_args_ref (args));
  expect (SIOS_RECORD_SLOW_CONSUMER, "SIO_CODE", "slow-consumer", "SIO_SID", other_id,
          "SIO_NAMESPACE", "/", NULL);
}

static void
test_disconnects (Fixture *fixture, gconstpointer data)
{
  const char *const sets[] = { "server.client-dir=", "server.trusted-proxies=127.0.0.1",
                               "server.log-disconnects=true", NULL };
  g_autofree char *query = NULL;
  g_autofree char *silent = join (fixture, &query);
  g_autofree char *other_query = NULL;
  g_autofree char *id = NULL;
  GHashTable *record;

  /* It is off by default. */
  post (fixture, query, "1");
  g_assert_null (sio_namespace_get_socket (sio_server_of (fixture->server, "/"), silent));
  g_assert_cmpuint (records->len, ==, 0);

  configure (fixture, sets);
  id = join (fixture, &other_query);
  post (fixture, other_query,
        "42[\"x\"]\x1e"
        "41");
  wait_for (records->len == 1);
  record = g_ptr_array_index (records, 0);
  g_assert_cmpfloat (g_ascii_strtod (g_hash_table_lookup (record, "SIO_SECONDS"), NULL), >=, 0);
  g_assert_cmpuint (g_ascii_strtoull (g_hash_table_lookup (record, "SIO_BYTES_OUT"), NULL, 10), >,
                    10);
  expect (SIOS_RECORD_DISCONNECTED, "SIO_CODE", "client namespace disconnect", "SIO_SID", id,
          "SIO_PEER", "203.0.113.9", "SIO_NAMESPACE", "/", "SIO_TRANSPORT", "polling",
          "SIO_BYTES_IN", "11", "PRIORITY", "6", NULL);
}

typedef struct
{
  guint64 refused;
  guint n;
} Metrics;

static void
metric_cb (const SiosMetric *metric, gpointer user_data)
{
  Metrics *metrics = user_data;

  if (strcmp (metric->group, "incidents") != 0)
    return;
  metrics->n++;
  if (strcmp (metric->label_value, "refused") == 0)
    metrics->refused = metric->value;
}

/* Many of one kind: ten records, one that tells how many more there were, and all are counted. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GEnumClass) kinds = g_type_class_ref (SIO_TYPE_INCIDENT_KIND);
  Metrics metrics = { 0, 0 };

  for (guint i = 0; i < 30; i++)
    g_free (ask (fixture, "GET", "&sid=nobody", ""));
  g_assert_cmpuint (records->len, <=, 10);
  sios_features_visit_metrics (fixture->features, metric_cb, &metrics);
  g_assert_cmpuint (metrics.refused, ==, 30);
  g_assert_cmpuint (metrics.n, ==, kinds->n_values);
}

static char *
read_file (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* Each kind has an entry in the catalog and a place in the runbook, and neither has more. */
static void
test_catalog (void)
{
  g_autofree char *catalog = read_file (data_dir, "sio-server.catalog");
  g_autofree char *runbook = read_file (docs_dir, "RUNBOOK.md");
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GRegex) pattern = g_regex_new ("\\b[0-9a-f]{32}\\b", 0, 0, NULL);
  const char *const texts[] = { catalog, runbook };
  guint n_entries = 0;

  for (guint i = 0; i < SIOS_N_RECORDS; i++)
    {
      const char *id = sios_record_get_id ((SiosRecord) i);
      g_autofree char *heading = g_strdup_printf ("\n-- %s\nSubject: ", id);

      g_assert_cmpuint (strlen (id), ==, 32);
      g_assert_true (g_hash_table_add (ids, (gpointer) id));
      if (strstr (catalog, heading) == NULL)
        g_error ("no entry for %s in the catalog", id);
      if (strstr (runbook, id) == NULL)
        g_error ("%s is not in the runbook", id);
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GMatchInfo) match = NULL;

      for (g_regex_match (pattern, texts[i], 0, &match); g_match_info_matches (match);
           g_match_info_next (match, NULL))
        {
          g_autofree char *id = g_match_info_fetch (match, 0);

          if (!g_hash_table_contains (ids, id))
            g_error ("%s is no MESSAGE_ID of ours", id);
        }
    }
  for (const char *c = catalog; (c = strstr (c, "\n-- ")) != NULL; c++)
    n_entries++;
  g_assert_cmpuint (n_entries, ==, SIOS_N_RECORDS);
}

/* systemd's own reading of it. */
static void
test_journalctl (void)
{
  g_autofree char *root = g_dir_make_tmp ("sios-catalog-XXXXXX", NULL);
  g_autofree char *dir = g_build_filename (root, "usr/lib/systemd/catalog", NULL);
  g_autofree char *file = g_build_filename (dir, "sio-server.catalog", NULL);
  g_autofree char *text = read_file (data_dir, "sio-server.catalog");
  g_autofree char *option = g_strconcat ("--root=", root, NULL);
  g_autofree char *output = NULL;
  g_auto (GStrv) lines = NULL;
  const char *const update[] = { "journalctl", option, "--update-catalog", NULL };
  const char *const list[] = { "journalctl", option, "--list-catalog", NULL };
  const char *const clean[] = { "rm", "-r", root, NULL };
  g_autofree char *errors = NULL;
  int status;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  g_spawn_sync (NULL, (char **) update, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &errors,
                &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (errors, ==, "");
  g_spawn_sync (NULL, (char **) list, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, &status,
                &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strstrip (output), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, SIOS_N_RECORDS);
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_nonnull (strstr (lines[i], " sio-server: "));
  g_spawn_sync (NULL, (char **) clean, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  data_dir = argv[1];
  docs_dir = argv[2];
  records = g_ptr_array_new_with_free_func ((GDestroyNotify) g_hash_table_unref);
  g_log_set_writer_func (writer_cb, NULL, NULL);
#define ADD(name, func) g_test_add ("/daemon/journal/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("refused", test_refused);
  ADD ("limits", test_limits);
  ADD ("events", test_events);
  ADD ("rules", test_rules);
  ADD ("sessions", test_sessions);
  ADD ("disconnects", test_disconnects);
  ADD ("flood", test_flood);
  g_test_add_func ("/daemon/journal/catalog", test_catalog);
  g_test_add_func ("/daemon/journal/journalctl", test_journalctl);
  return g_test_run ();
}
