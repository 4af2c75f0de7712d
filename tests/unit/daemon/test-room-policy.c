/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sio.h>
#include <string.h>

#include "sios-feature.h"
#include "sios-record.h"
#include "sios-room-policy.h"
#include "sios-socket.h"

/* The rooms of a namespace: what the keys mean, and a server in this process, whose middleware
 * believes what clients say about themselves. */

static SiosConfig *
make_config (const char *const *sets)
{
  g_autoptr (SiosSources) sources = sios_sources_new ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  SiosConfig *config;

  for (guint i = 0; sets != NULL && sets[i] != NULL; i++)
    {
      sios_sources_add_set (sources, sets[i], &error);
      g_assert_no_error (error);
    }
  config = sios_features_load_config (sources, problems);
  for (guint i = 0; i < problems->len; i++)
    g_test_message ("%s", (char *) g_ptr_array_index (problems, i));
  g_assert_nonnull (config);
  return config;
}

static SiosRoomPolicy *
make_policy (const char *const *sets)
{
  g_autoptr (SiosConfig) config = make_config (sets);

  return sios_room_policy_new (config, "/");
}

static SiosIdentity *
make_identity (const char *json)
{
  g_autoptr (SiosClaimRules) rules = sios_claim_rules_new ();
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  g_autoptr (GError) error = NULL;
  SiosIdentity *identity;

  g_assert_nonnull (node);
  rules->require_expiry = FALSE;
  identity = sios_identity_new (json_node_get_object (node), json, rules, 0, &error);
  g_assert_no_error (error);
  return identity;
}

#define ANN                                                                                        \
  "{\"sub\":\"ann\",\"role\":[\"editor\",\"admin\"],\"groups\":[\"dev\",\"a:b\",\"dev\"],"         \
  "\"tenant\":\"acme\"}"
#define BOB "{\"sub\":\"bob\"}"

static void
assert_automatic (const char *auto_rooms, const char *claims, const char *expected)
{
  g_autofree char *set = g_strconcat ("namespace /.auto-rooms=", auto_rooms, NULL);
  const char *sets[] = { auto_rooms != NULL ? set : NULL, NULL };
  g_autoptr (SiosRoomPolicy) policy = make_policy (sets);
  g_autoptr (SiosIdentity) identity = make_identity (claims);
  g_autoptr (GPtrArray) rooms = sios_room_policy_list_automatic (policy, identity);
  g_autofree char *text = NULL;

  for (guint i = 0; i < rooms->len; i++)
    {
      g_assert_true (sios_room_policy_is_automatic (policy, g_ptr_array_index (rooms, i)));
      g_assert_true (sios_room_policy_keeps (policy, identity, g_ptr_array_index (rooms, i)));
      g_assert_false (sios_room_policy_keeps (policy, NULL, g_ptr_array_index (rooms, i)));
    }
  g_ptr_array_add (rooms, NULL);
  text = g_strjoinv (" ", (char **) rooms->pdata);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_automatic (void)
{
  assert_automatic (NULL, ANN,
                    "user:ann all-users group:dev group:a:b group:dev admin-room tenant:acme");
  assert_automatic (NULL, BOB, "user:bob all-users");
  assert_automatic ("user", ANN, "user:ann");
  assert_automatic ("all-users", ANN, "all-users");
  assert_automatic ("groups", ANN, "group:dev group:a:b group:dev");
  assert_automatic ("admin", ANN, "admin-room");
  assert_automatic ("admin", BOB, "");
  assert_automatic ("tenant;user", ANN, "user:ann tenant:acme");
  assert_automatic ("none", ANN, "");
}

static void
test_admin_roles (void)
{
  static const char *const sets[] = { "auth.admin-roles=owner;editor",
                                      "namespace /.auto-rooms=admin", NULL };
  g_autoptr (SiosRoomPolicy) policy = make_policy (sets);
  g_autoptr (SiosIdentity) editor = make_identity ("{\"sub\":\"x\",\"role\":\"editor\"}");
  g_autoptr (SiosIdentity) admin = make_identity ("{\"sub\":\"x\",\"role\":\"admin\"}");

  g_assert_true (sios_room_policy_keeps (policy, editor, "admin-room"));
  g_assert_false (sios_room_policy_keeps (policy, admin, "admin-room"));
}

typedef struct
{
  const char *room;
  const char *claims; /* NULL for nobody */
  SiosRoomAnswer answer;
  const char *hint;
} Vector;

static void
check_vectors (const char *const *sets, const Vector *vectors, guint n)
{
  g_autoptr (SiosRoomPolicy) policy = make_policy (sets);

  for (guint i = 0; i < n; i++)
    {
      const Vector *v = &vectors[i];
      g_autoptr (SiosIdentity) identity = v->claims != NULL ? make_identity (v->claims) : NULL;
      g_autofree char *hint = NULL;
      SiosRoomAnswer answer = sios_room_policy_check (policy, identity, v->room, &hint);

      g_test_message ("%s: %s", v->room, sios_room_answer_get_name (answer));
      g_assert_cmpint (answer, ==, v->answer);
      g_assert_cmpstr (hint, ==, v->hint);
    }
}

/* Without configuration: any room, but those that mean something. */
static void
test_default (void)
{
  static const Vector vectors[] = {
    { "lobby", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "a:b:c", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "ä 漢", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "users", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "user", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "user_", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "user1", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "username_1", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "group-chat", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "", NULL, SIOS_ROOM_BAD_NAME, NULL },
    { "a\nb", NULL, SIOS_ROOM_BAD_NAME, NULL },
    { "a\xc2\x85", NULL, SIOS_ROOM_BAD_NAME, NULL },
    { "user:ann", ANN, SIOS_ROOM_RESERVED, NULL },
    { "user:", NULL, SIOS_ROOM_RESERVED, NULL },
    { "all-users", ANN, SIOS_ROOM_RESERVED, NULL },
    { "all-users:x", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "admin-room", ANN, SIOS_ROOM_RESERVED, NULL },
    { "group:x", NULL, SIOS_ROOM_RESERVED, NULL },
    { "tenant:acme", ANN, SIOS_ROOM_RESERVED, NULL },
    { "user_1", NULL, SIOS_ROOM_WRONG_FORM, "user:1" },
    { "User_1", NULL, SIOS_ROOM_WRONG_FORM, "user:1" },
    { "USER:1", NULL, SIOS_ROOM_WRONG_FORM, "user:1" },
    { "user/a/b", NULL, SIOS_ROOM_WRONG_FORM, "user:a/b" },
    { "user-1", NULL, SIOS_ROOM_WRONG_FORM, "user:1" },
    { "group.x", NULL, SIOS_ROOM_WRONG_FORM, "group:x" },
    { "all_users", NULL, SIOS_ROOM_WRONG_FORM, "all-users" },
    { "Admin Room", NULL, SIOS_ROOM_WRONG_FORM, "admin-room" },
  };

  check_vectors (NULL, vectors, G_N_ELEMENTS (vectors));
}

static void
test_patterns (void)
{
  static const char *const sets[] = {
    "namespace /.join=conversation:*;doc:{groups};desk:{role};mail:{tenant}:{user};user-list",
    "limits.max-room-name-length=40", NULL
  };
  static const Vector vectors[] = {
    { "conversation:42", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "conversation:42:x", NULL, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "lobby", NULL, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "lobby", ANN, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "user-list", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "doc:dev", ANN, SIOS_ROOM_ALLOWED, NULL },
    { "doc:a:b", ANN, SIOS_ROOM_ALLOWED, NULL },
    { "doc:dev", BOB, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "doc:dev", NULL, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "doc:{groups}", ANN, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "desk:admin", ANN, SIOS_ROOM_ALLOWED, NULL },
    { "desk:owner", ANN, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "mail:acme:ann", ANN, SIOS_ROOM_ALLOWED, NULL },
    { "mail:acme:bob", ANN, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "mail:acme:bob", BOB, SIOS_ROOM_NOT_ALLOWED, NULL },
    { "user:ann", ANN, SIOS_ROOM_RESERVED, NULL },
    { "conversation_42", NULL, SIOS_ROOM_WRONG_FORM, "conversation:42" },
    { "Conversation:42", NULL, SIOS_ROOM_WRONG_FORM, "conversation:42" },
    { "conversation-x", NULL, SIOS_ROOM_WRONG_FORM, "conversation:x" },
    { "conversation42", NULL, SIOS_ROOM_WRONG_FORM, "conversation:42" },
    { "doc_dev", BOB, SIOS_ROOM_WRONG_FORM, "doc:dev" },
    { "conversation:0123456789012345678901234567", NULL, SIOS_ROOM_BAD_NAME, NULL },
    { "conversation:012345678901234567890123456", NULL, SIOS_ROOM_ALLOWED, NULL },
  };

  check_vectors (sets, vectors, G_N_ELEMENTS (vectors));
}

/* A kind that is switched off is free for patterns that name it, and for no other. */
static void
test_reserved (void)
{
  static const char *const sets[] = { "namespace /.join=**;user:{user};admin-room",
                                      "namespace /.auto-rooms=all-users",
                                      "namespace /.room-scheme=no", NULL };
  static const Vector vectors[] = {
    { "user:ann", ANN, SIOS_ROOM_ALLOWED, NULL },
    { "user:bob", ANN, SIOS_ROOM_RESERVED, NULL },
    { "user:ann", NULL, SIOS_ROOM_RESERVED, NULL },
    { "admin-room", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "all-users", ANN, SIOS_ROOM_RESERVED, NULL },
    { "group:dev", ANN, SIOS_ROOM_RESERVED, NULL },
    { "tenant:acme", ANN, SIOS_ROOM_RESERVED, NULL },
    { "user_1", NULL, SIOS_ROOM_ALLOWED, NULL },
    { "anything", NULL, SIOS_ROOM_ALLOWED, NULL },
  };
  static const char *const none[] = { "namespace /.join=", NULL };
  static const Vector no_room[] = { { "lobby", NULL, SIOS_ROOM_NOT_ALLOWED, NULL } };

  check_vectors (sets, vectors, G_N_ELEMENTS (vectors));
  check_vectors (none, no_room, G_N_ELEMENTS (no_room));
}

static void
test_keeps (void)
{
  static const char *const sets[] = { "namespace /.join=conversation:*;doc:{groups};user:{user}",
                                      "namespace /.auto-rooms=groups", NULL };
  static const struct
  {
    const char *room;
    const char *claims;
    gboolean keeps;
  } vectors[] = {
    { "conversation:1", NULL, TRUE }, { "by-an-administrator", NULL, TRUE },
    { "doc:dev", ANN, TRUE },         { "doc:dev", BOB, FALSE },
    { "doc:dev", NULL, FALSE },       { "user:ann", ANN, TRUE },
    { "user:ann", BOB, FALSE },       { "group:dev", ANN, TRUE },
    { "group:dev", BOB, FALSE },      { "tenant:acme", ANN, FALSE },
  };
  g_autoptr (SiosRoomPolicy) policy = make_policy (sets);

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autoptr (SiosIdentity) identity =
          vectors[i].claims != NULL ? make_identity (vectors[i].claims) : NULL;

      g_test_message ("%s", vectors[i].room);
      g_assert_cmpint (sios_room_policy_keeps (policy, identity, vectors[i].room), ==,
                       vectors[i].keeps);
    }
}

static void
test_bad_pattern (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sios_room_policy_check_pattern ("doc:{groups}", NULL));
  g_assert_false (sios_room_policy_check_pattern ("doc:{group}", &error));
  g_assert_cmpstr (error->message, ==,
                   "expected one of {user}, {groups}, {tenant}, {role}, got {group} in "
                   "\"doc:{group}\"");
}

static void
test_shorten (void)
{
  g_autofree char *kept = sios_record_shorten ("conversation:ä");
  g_autofree char *cleaned = sios_record_shorten ("a\nb\x1b[0m\xff");
  g_autofree char *many = g_strnfill (1000000, 'x');
  g_autofree char *cut = sios_record_shorten (many);
  GString *wide = g_string_new (NULL);
  g_autofree char *cut_wide = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append (wide, "漢");
  cut_wide = sios_record_shorten (wide->str);
  g_assert_cmpstr (kept, ==, "conversation:ä");
  g_assert_cmpstr (cleaned, ==, "a?b?[0m\xef\xbf\xbd");
  g_assert_cmpuint (strlen (cut), ==, 100);
  g_assert_true (g_str_has_suffix (cut, "x…"));
  g_assert_cmpuint (strlen (cut_wide), ==, 99);
  g_assert_true (g_utf8_validate (cut_wide, -1, NULL));
  g_string_free (wide, TRUE);
}

/* A server in this process. */
typedef struct
{
  SioServer *server;
  SiosFeatures *features;
  SioNamespace *ns;
  char *uri;
  GPtrArray *clients;
  GPtrArray *sockets; /* in the order in which they connected */
} Fixture;

static void
authenticate (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  JsonNode *auth = sio_handshake_get_auth (sio_socket_get_handshake (socket));

  if (auth != NULL && JSON_NODE_HOLDS_OBJECT (auth))
    {
      g_autofree char *json = json_to_string (auth, FALSE);

      if (json_object_has_member (json_node_get_object (auth), "sub"))
        {
          g_autoptr (SiosIdentity) identity = make_identity (json);

          sios_socket_set_identity (socket, identity);
        }
    }
  sio_middleware_accept (task);
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, Fixture *f)
{
  g_ptr_array_add (f->sockets, g_object_ref (socket));
}

static void
configure (Fixture *f, const char *const *sets)
{
  g_autoptr (SiosConfig) config = make_config (sets);

  sios_features_configure (f->features, config);
}

static void
set_up (Fixture *f, gconstpointer sets)
{
  g_auto (GStrv) addresses = NULL;
  g_autoptr (GError) error = NULL;

  f->clients = g_ptr_array_new_with_free_func (g_object_unref);
  f->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  f->server = sio_server_new ();
  f->features = sios_features_new (f->server);
  configure (f, sets);
  f->ns = sio_server_of (f->server, "/");
  sio_namespace_use (f->ns, authenticate, f, NULL);
  g_signal_connect (f->ns, "connection", G_CALLBACK (connection_cb), f);
  sio_server_listen (f->server, "tcp:127.0.0.1:0", &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (sio_server_get_engine (f->server));
  f->uri = g_strdup_printf ("http://127.0.0.1:%s", strrchr (addresses[0], ':') + 1);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean *done = user_data;

  sio_server_close_finish (SIO_SERVER (source), result, &error);
  g_assert_no_error (error);
  *done = TRUE;
}

static void
tear_down (Fixture *f, gconstpointer sets)
{
  gboolean done = FALSE;

  for (guint i = 0; i < f->clients->len; i++)
    sio_client_close (g_ptr_array_index (f->clients, i));
  sio_server_close_async (f->server, NULL, closed_cb, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handlers_disconnect_by_data (f->ns, f);
  g_ptr_array_unref (f->clients);
  g_ptr_array_unref (f->sockets);
  sios_features_free (f->features);
  g_object_unref (f->server);
  g_free (f->uri);
}

/* The server's side of a client that calls itself @claims. */
static SioSocket *
add_client (Fixture *f, const char *claims)
{
  SioClient *client = sio_client_new (f->uri);
  guint n = f->sockets->len;

  g_ptr_array_add (f->clients, client);
  if (claims != NULL)
    {
      g_autoptr (JsonNode) auth = json_from_string (claims, NULL);

      sio_client_set_auth (client, auth);
    }
  sio_client_open (client);
  while (f->sockets->len == n || !sio_client_is_connected (client))
    g_main_context_iteration (NULL, TRUE);
  return g_ptr_array_index (f->sockets, n);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Without the one of its id, in the order of the alphabet. */
static void
assert_rooms (SioSocket *socket, const char *expected)
{
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; rooms[i] != NULL; i++)
    if (strcmp (rooms[i], sio_socket_get_id (socket)) != 0)
      g_ptr_array_add (names, rooms[i]);
  g_ptr_array_sort (names, compare);
  g_ptr_array_add (names, NULL);
  text = g_strjoinv (" ", (char **) names->pdata);
  g_assert_cmpstr (text, ==, expected);
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioArgs **answer = user_data;
  g_autoptr (GError) error = NULL;

  *answer = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);
  g_assert_no_error (error);
}

/* What client @n gets for an event with the arguments @json. */
static void
assert_answer (Fixture *f, guint n, const char *event, const char *json, const char *expected)
{
  g_autoptr (SioArgs) answer = NULL;

  sio_client_emit_with_ack_async (g_ptr_array_index (f->clients, n), event,
                                  sio_args_new_from_json (json, -1, NULL), 8000, NULL, asked_cb,
                                  &answer);
  while (answer == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (sio_args_get_json (answer), ==, expected);
}

typedef struct
{
  const char *name;
  const char *label_value;
  guint64 value;
} Wanted;

static void
metric_cb (const SiosMetric *metric, gpointer user_data)
{
  Wanted *wanted = user_data;

  g_autofree char *name = g_strconcat (metric->group, ".", metric->name, NULL);

  if (strcmp (name, wanted->name) == 0 && g_strcmp0 (metric->label_value, wanted->label_value) == 0)
    {
      g_assert_cmpuint (wanted->value, ==, G_MAXUINT64);
      wanted->value = metric->value;
    }
}

static guint64
get_metric (Fixture *f, const char *name, const char *label_value)
{
  Wanted wanted = { name, label_value, G_MAXUINT64 };

  sios_features_visit_metrics (f->features, metric_cb, &wanted);
  return wanted.value;
}

/* As a renewed token does. */
static void
change_identity (Fixture *f, SioSocket *socket, const char *claims)
{
  g_autoptr (SiosIdentity) old = sios_identity_ref (sios_socket_get_identity (socket));
  g_autoptr (SiosIdentity) next = make_identity (claims);

  sios_socket_set_identity (socket, next);
  sios_features_identity_changed (f->features, socket, old);
}

static void
test_follow (Fixture *f, gconstpointer sets)
{
  SioSocket *ann = add_client (f, ANN);
  SioSocket *phone = add_client (f, ANN);
  SioSocket *guest = add_client (f, NULL);

  assert_rooms (ann, "admin-room all-users group:a:b group:dev tenant:acme user:ann");
  assert_rooms (phone, "admin-room all-users group:a:b group:dev tenant:acme user:ann");
  assert_rooms (guest, "");
  g_assert_cmpuint (get_metric (f, "auto_rooms.joins", NULL), ==, 12);
  g_assert_cmpuint (sio_socket_get_extra_rooms (ann), ==, 6);
  assert_answer (f, 0, "join", "[\"doc:dev\"]",
                 "[{\"ok\":true,\"room\":\"doc:dev\",\"members\":1}]");
  assert_answer (f, 0, "join", "[\"conversation:1\"]",
                 "[{\"ok\":true,\"room\":\"conversation:1\",\"members\":1}]");
  sio_socket_join (ann, "by an administrator");

  change_identity (f, ann,
                   "{\"sub\":\"ann\",\"role\":\"editor\",\"groups\":[\"ops\",\"a:b\"],"
                   "\"tenant\":\"acme\"}");
  assert_rooms (ann, "all-users by an administrator conversation:1 group:a:b group:ops tenant:acme "
                     "user:ann");
  assert_rooms (phone, "admin-room all-users group:a:b group:dev tenant:acme user:ann");
  g_assert_cmpuint (sio_socket_get_extra_rooms (ann), ==, 5);
  g_assert_cmpuint (get_metric (f, "auto_rooms.joins", NULL), ==, 13);
  g_assert_cmpuint (get_metric (f, "auto_rooms.leaves", NULL), ==, 2);
  g_assert_cmpuint (get_metric (f, "auto_rooms.revoked", NULL), ==, 1);
}

/* Many groups leave the rooms of the limit to the client. */
static void
test_limit (Fixture *f, gconstpointer sets)
{
  GString *claims = g_string_new ("{\"sub\":\"ann\",\"groups\":[");
  SioSocket *ann;

  for (guint i = 0; i < SIOS_IDENTITY_MAX_GROUPS; i++)
    g_string_append_printf (claims, "%s\"g%u\"", i > 0 ? "," : "", i);
  g_string_append (claims, "]}");
  sio_server_set_max_rooms_per_socket (f->server, 2);
  ann = add_client (f, claims->str);
  g_assert_cmpuint (get_metric (f, "auto_rooms.joins", NULL), ==, 258);
  g_assert_true (sio_socket_is_in (ann, "group:g255"));
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *room = g_strdup_printf ("[\"r%u\"]", i);
      g_autofree char *expected =
          g_strdup_printf ("[{\"ok\":true,\"room\":\"r%u\",\"members\":1}]", i);

      assert_answer (f, 0, "room:join", room, expected);
    }
  assert_answer (
      f, 0, "room:join", "[\"r2\"]",
      "[{\"ok\":false,\"code\":\"ROOM_TOO_MANY\",\"error\":\"you are in 2 rooms already; "
      "leave one first\"}]");
  g_assert_cmpuint (get_metric (f, "rooms.refused", "too-many"), ==, 1);
  g_assert_cmpuint (get_metric (f, "rooms.joins", NULL), ==, 2);
  /* What goes with a group does not come back as room for others. */
  change_identity (f, ann, "{\"sub\":\"ann\"}");
  assert_rooms (ann, "all-users r0 r1 user:ann");
  assert_answer (
      f, 0, "room:join", "[\"r2\"]",
      "[{\"ok\":false,\"code\":\"ROOM_TOO_MANY\",\"error\":\"you are in 2 rooms already; "
      "leave one first\"}]");
  g_string_free (claims, TRUE);
}

/* All that is left to a reload is done in turns of the main loop. */
static void
test_reload (Fixture *f, gconstpointer data)
{
  static const char *const closer[] = { "namespace /.join=conversation:*;doc:{groups}",
                                        "namespace /.auto-rooms=user", NULL };
  static const char *const wider[] = { "namespace /.join=conversation:*;doc:*", NULL };
  SioSocket *ann = add_client (f, ANN);
  SioSocket *bob = add_client (f, BOB);

  for (guint i = 0; i < 2; i++)
    {
      SioSocket *socket = i == 0 ? ann : bob;

      g_assert_true (sio_socket_join (socket, "doc:dev"));
      g_assert_true (sio_socket_join (socket, "lobby"));
    }
  configure (f, closer);
  while (sio_socket_is_in (bob, "doc:dev"))
    g_main_context_iteration (NULL, TRUE);
  assert_rooms (ann, "doc:dev lobby user:ann");
  assert_rooms (bob, "lobby user:bob");
  configure (f, wider);
  while (!sio_socket_is_in (bob, "all-users"))
    g_main_context_iteration (NULL, TRUE);
  assert_rooms (ann, "admin-room all-users doc:dev group:a:b group:dev lobby tenant:acme user:ann");
  assert_rooms (bob, "all-users lobby user:bob");
}

/* The fields of the last record. */
static GHashTable *record;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *id = NULL;

  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE_ID") == 0)
      id = fields[i].value;
  if (id == NULL)
    return g_log_writer_default (level, fields, n_fields, user_data);
  /* Of limits there is another one, a warning. */
  if (strcmp (id, sios_record_get_id (SIOS_RECORD_EVENT_REFUSED)) != 0)
    return G_LOG_WRITER_HANDLED;
  g_hash_table_remove_all (record);
  for (gsize i = 0; i < n_fields; i++)
    g_hash_table_insert (record, g_strdup (fields[i].key), g_strdup (fields[i].value));
  return G_LOG_WRITER_HANDLED;
}

#define assert_field(name, value) g_assert_cmpstr (g_hash_table_lookup (record, name), ==, value)

/* Reaction, counter and record of each refusal. */
static void
test_refusals (Fixture *f, gconstpointer sets)
{
  static const struct
  {
    const char *event;
    const char *args;
    const char *reason;
    const char *room; /* in the record */
    const char *answer;
  } refusals[] = {
    { "room:join", "[]", "bad-name", NULL,
      "[{\"ok\":false,\"code\":\"ROOM_BAD_NAME\",\"error\":\"expected the name of a room, a text "
      "of "
      "1 to 300 bytes without control characters, as the first argument\"}]" },
    { "room:join", "[\"doc_dev\"]", "wrong-form", "doc_dev",
      "[{\"ok\":false,\"code\":\"ROOM_WRONG_FORM\",\"error\":\"rooms of this kind are called "
      "\\\"doc:dev\\\", not \\\"doc_dev\\\"\",\"hint\":\"doc:dev\"}]" },
    { "room:join", "[\"all-users\"]", "reserved", "all-users",
      "[{\"ok\":false,\"code\":\"ROOM_RESERVED\",\"error\":\"\\\"all-users\\\" is of those rooms "
      "that only the server puts clients into\"}]" },
    { "room:join", "[\"doc:ops\"]", "not-allowed", "doc:ops",
      "[{\"ok\":false,\"code\":\"ROOM_NOT_ALLOWED\",\"error\":\"you may not join "
      "\\\"doc:ops\\\"\"}]" },
    { "room:leave", "[\"doc:dev\"]", "not-in", "doc:dev",
      "[{\"ok\":false,\"code\":\"ROOM_NOT_IN\",\"error\":\"not in room \\\"doc:dev\\\"\"}]" },
    { "join", "[\"a\\u0007\"]", "bad-name", "a?", NULL },
    { "join", "[7]", "bad-name", NULL, NULL },
    { "join", "[{\"name\":\"x\"}]", "bad-name", NULL, NULL },
    { "join", "[\"\"]", "bad-name", "", NULL },
    { "join_conversation", "[\"\"]", "bad-name", "", NULL },
    { "join_conversation", "[1.5]", "bad-name", NULL, NULL },
    { "leave", "[\"user:ann\"]", "reserved", "user:ann", NULL },
    { "room", "[\"all-users\",\"spam\"]", "reserved", "all-users", NULL },
    { "room", "[\"doc:dev\",\"said\"]", "not-in", "doc:dev", NULL },
  };
  SioSocket *ann = add_client (f, ANN);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      guint64 before = get_metric (f, "rooms.refused", refusals[i].reason);
      gboolean is_written = i < 10; /* more are not in ten seconds */

      g_test_message ("%s %s", refusals[i].event, refusals[i].args);
      g_hash_table_remove_all (record);
      if (refusals[i].answer != NULL)
        assert_answer (f, 0, refusals[i].event, refusals[i].args, refusals[i].answer);
      else
        {
          sio_client_emit (g_ptr_array_index (f->clients, 0), refusals[i].event,
                           sio_args_new_from_json (refusals[i].args, -1, NULL));
          while (get_metric (f, "rooms.refused", refusals[i].reason) == before)
            g_main_context_iteration (NULL, TRUE);
        }
      g_assert_cmpuint (get_metric (f, "rooms.refused", refusals[i].reason), ==, before + 1);
      if (!is_written)
        continue;
      assert_field ("SIO_CODE", refusals[i].reason);
      assert_field ("SIO_EVENT", refusals[i].event);
      assert_field ("SIO_ROOM", refusals[i].room);
      assert_field ("SIO_USER", "ann");
      assert_field ("SIO_SID", sio_socket_get_id (ann));
      assert_field ("SIO_NAMESPACE", "/");
      assert_field ("SIO_PEER", "127.0.0.1");
    }
}

#define ADD(name, sets, func)                                                                      \
  g_test_add ("/daemon/rooms/" name, Fixture, sets, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  static const char *const patterns[] = { "namespace /.join=conversation:*;doc:{groups}", NULL };
  int result;

  record = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_log_set_writer_func (writer, NULL, NULL);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/daemon/rooms/automatic", test_automatic);
  g_test_add_func ("/daemon/rooms/admin-roles", test_admin_roles);
  g_test_add_func ("/daemon/rooms/default", test_default);
  g_test_add_func ("/daemon/rooms/patterns", test_patterns);
  g_test_add_func ("/daemon/rooms/reserved", test_reserved);
  g_test_add_func ("/daemon/rooms/keeps", test_keeps);
  g_test_add_func ("/daemon/rooms/bad-pattern", test_bad_pattern);
  g_test_add_func ("/daemon/rooms/shorten", test_shorten);
  ADD ("refusals", patterns, test_refusals);
  ADD ("follow", patterns, test_follow);
  ADD ("limit", NULL, test_limit);
  ADD ("reload", NULL, test_reload);
  result = g_test_run ();

  g_hash_table_unref (record);
  return result;
}
