/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "admin-fixture.h"
#include "sioa-admin-backend.h"
#include "sioa-servers.h"
#include "sioa-store.h"

static Peer *
server_new (guint port, const char *mode, gboolean readonly)
{
  g_autofree char *number = g_strdup_printf ("%u", port);
  const char *arguments[] = {
    NODE, NODE_ADMIN, "--port", number, "--mode", mode, readonly ? "--readonly" : NULL, NULL
  };

  return peer_new (arguments);
}

static char *
connect_one (Peer *peer, const char *nsp)
{
  g_autofree char *command = g_strdup_printf ("[\"connect\",\"%s\"]", nsp);
  g_autoptr (JsonNode) ids = tell (peer, command);

  return g_strdup (json_array_get_string_element (json_node_get_array (ids), 0));
}

/* Whether the server says that @id of @nsp is in @room; of a NULL @room, whether it is there. */
static gboolean
server_has (Peer *peer, const char *nsp, const char *id, const char *room)
{
  g_autoptr (JsonNode) state = tell (peer, "[\"state\"]");
  JsonArray *sockets = json_object_get_array_member (json_node_get_object (state), nsp);

  for (guint i = 0; sockets != NULL && i < json_array_get_length (sockets); i++)
    {
      JsonObject *socket = json_array_get_object_element (sockets, i);
      JsonArray *rooms = json_object_get_array_member (socket, "rooms");

      if (strcmp (json_object_get_string_member (socket, "id"), id) != 0)
        continue;
      if (room == NULL)
        return TRUE;
      for (guint j = 0; j < json_array_get_length (rooms); j++)
        if (strcmp (json_array_get_string_element (rooms, j), room) == 0)
          return TRUE;
    }
  return FALSE;
}

static SioaBackend *
backend_for (guint port, const char *password)
{
  g_autofree char *uri = g_strdup_printf ("http://localhost:%u", port);
  SioaAdminBackend *backend = sioa_admin_backend_new (uri, "/admin");

  sioa_admin_backend_set_credentials (backend, "admin", password);
  return SIOA_BACKEND (backend);
}

static void
sample_cb (SioaBackend *backend, SioaSample *sample, SioaSample **last)
{
  g_clear_pointer (last, sioa_sample_unref);
  *last = sioa_sample_ref (sample);
}

static void
event_cb (SioaBackend *backend,
          const char *nsp,
          const char *id,
          gboolean received,
          const char *args,
          gint64 time,
          GString *log)
{
  g_string_append_printf (log, "%s %s %s;", nsp, received ? "<" : ">", args);
}

static void
test_everything (void)
{
  g_autoptr (Peer) peer = server_new (0, "development", FALSE);
  g_autofree char *early = connect_one (peer, "/");
  g_autoptr (SioaBackend) backend = backend_for (peer->port, "secret");
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  g_autoptr (SioaSample) sample = NULL;
  g_autoptr (SioaSocket) socket = NULL;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree char *late = NULL;
  const char *ids[] = { early, NULL };
  SioaTarget target = { "/", ids, NULL };
  GError *result = NULL;
  g_autoptr (JsonNode) answer = NULL;
  guint n_rooms;

  g_signal_connect (backend, "sample", G_CALLBACK (sample_cb), &sample);
  g_signal_connect (backend, "event", G_CALLBACK (event_cb), log);
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  g_assert_cmpuint (sioa_backend_get_features (backend), ==,
                    SIOA_CAN_EMIT | SIOA_CAN_JOIN | SIOA_CAN_LEAVE | SIOA_CAN_DISCONNECT |
                        SIOA_CAN_MANY | SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS);
  wait_for (sioa_store_find_socket (store, "/", early) != NULL);
  socket = g_object_ref (sioa_store_find_socket (store, "/", early));
  g_assert_cmpstr (sioa_socket_get_record (socket)->transport, ==, "websocket");
  g_assert_cmpstr (sioa_socket_get_record (socket)->user, ==, "alice");
  g_assert_cmpint (sioa_socket_get_record (socket)->connected_at, >, 0);
  g_assert_nonnull (sioa_socket_get_record (socket)->address);
  g_assert_nonnull (strstr (sioa_socket_get_record (socket)->handshake, "\"headers\""));
  sioa_socket_get_rooms (socket, &n_rooms);
  g_assert_cmpuint (n_rooms, ==, 1);
  /* Deltas. */
  late = connect_one (peer, "/chat");
  wait_for (sioa_store_find_socket (store, "/chat", late) != NULL);
  wait_for (sioa_store_find_room (store, "/chat", "lobby") != NULL);
  wait_for (g_strcmp0 (sioa_socket_get_record (sioa_store_find_socket (store, "/chat", late))->user,
                       "alice") == 0);
  json_node_unref (tell (peer, "[\"ask\",0,\"join\",\"den\"]"));
  wait_for (sioa_socket_is_in (socket, "den"));
  wait_for (strstr (log->str, "/ < [\"join\",\"den\"];") != NULL);
  json_node_unref (tell (peer, "[\"ask\",0,\"leave\",\"den\"]"));
  wait_for (!sioa_socket_is_in (socket, "den"));
  json_node_unref (tell (peer, "[\"close\",1]"));
  wait_for (sioa_store_find_socket (store, "/chat", late) == NULL);
  /* Actions. */
  sioa_backend_join_async (backend, &target, "made here", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, -1);
  wait_for (server_has (peer, "/", early, "made here"));
  wait_for (sioa_socket_is_in (socket, "made here"));
  sioa_backend_emit_async (backend, &target, "news", "[1,{\"a\":\"ä\"}]", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, -1);
  wait_for (strstr (log->str, "/ > [\"news\",1,{\"a\":\"ä\"}];") != NULL);
  answer = tell (peer, "[\"heard\"]");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (answer)), ==, 1);
  sioa_backend_leave_async (backend, &target, "made here", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, -1);
  wait_for (!server_has (peer, "/", early, "made here"));
  sioa_backend_disconnect_async (backend, &target, TRUE, NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, -1);
  wait_for (!server_has (peer, "/", early, NULL));
  wait_for (!sioa_socket_is_alive (socket));
  /* What would end the server, or make a namespace there. */
  sioa_backend_emit_async (backend, &target, "disconnect", "[]", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, SIOA_ERROR_ARGUMENTS);
  target.nsp = "/invented";
  sioa_backend_emit_async (backend, &target, "news", "[]", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, SIOA_ERROR_ARGUMENTS);
  target.nsp = "/";
  sioa_backend_emit_async (backend, &target, "news", "[1", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, SIOA_ERROR_ARGUMENTS);
  /* What the server would take for everybody. */
  ids[0] = "";
  sioa_backend_disconnect_async (backend, &target, TRUE, NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, SIOA_ERROR_ARGUMENTS);
  ids[0] = NULL;
  sioa_backend_disconnect_async (backend, &target, TRUE, NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, SIOA_ERROR_ARGUMENTS);
  /* Figures. */
  wait_for (sample != NULL && sample->disconnected >= 2);
  g_assert_cmpint (sample->connections, ==, 1);
  g_assert_cmpint (sample->connected, >=, 3);
  g_assert_cmpint (sample->bytes_in, >, 0);
  g_assert_cmpint (sample->pid, >, 0);
  g_assert_true (g_hash_table_contains (sample->namespaces, "/chat"));
  wait_for (sioa_backend_get_rtt (backend) != SIOA_UNKNOWN);
}

static void
test_refusals (void)
{
  g_autoptr (Peer) peer = server_new (0, "development", FALSE);
  g_autofree char *uri = g_strdup_printf ("http://localhost:%u", peer->port);
  g_autoptr (SioaBackend) backend = backend_for (peer->port, "wrong");
  g_autoptr (SioaBackend) elsewhere = SIOA_BACKEND (sioa_admin_backend_new (uri, "/adminn"));
  g_autoptr (SioaBackend) chat = SIOA_BACKEND (sioa_admin_backend_new (uri, "/chat"));
  g_autoptr (SioaBackend) nowhere = NULL;
  g_autoptr (JsonNode) state = NULL;

  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_FAILED);
  g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_CREDENTIALS);
  /* Without any: the server must survive that. */
  sioa_admin_backend_set_credentials (SIOA_ADMIN_BACKEND (backend), "admin", NULL);
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_FAILED);
  g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_CREDENTIALS);
  sioa_admin_backend_set_credentials (SIOA_ADMIN_BACKEND (backend), "admin", "secret");
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  sioa_backend_open (elsewhere);
  wait_for (sioa_backend_get_state (elsewhere) == SIOA_STATE_FAILED);
  g_assert_error (sioa_backend_get_error (elsewhere), SIOA_ERROR, SIOA_ERROR_NAMESPACE);
  sioa_backend_open (chat);
  wait_for (sioa_backend_get_state (chat) == SIOA_STATE_FAILED);
  g_assert_error (sioa_backend_get_error (chat), SIOA_ERROR, SIOA_ERROR_NAMESPACE);
  nowhere = backend_for (peer->port, "secret");
  sioa_admin_backend_set_path (SIOA_ADMIN_BACKEND (nowhere), "/elsewhere");
  sioa_backend_open (nowhere);
  wait_for (sioa_backend_get_error (nowhere) != NULL);
  g_assert_error (sioa_backend_get_error (nowhere), SIOA_ERROR, SIOA_ERROR_NOT_SOCKETIO);
  state = tell (peer, "[\"state\"]");
  g_assert_false (json_object_has_member (json_node_get_object (state), "/adminn"));
}

static void
test_modes (void)
{
  g_autoptr (Peer) readonly = server_new (0, "development", TRUE);
  g_autoptr (Peer) production = server_new (0, "production", FALSE);
  g_autoptr (SioaBackend) first = backend_for (readonly->port, "secret");
  g_autoptr (SioaBackend) second = backend_for (production->port, "secret");
  g_autoptr (SioaStore) store = sioa_store_new (second);
  SioaTarget target = { "/", NULL, NULL };
  GError *result = NULL;

  sioa_backend_open (first);
  sioa_backend_open (second);
  wait_for (sioa_backend_get_state (first) == SIOA_STATE_OPEN);
  wait_for (sioa_backend_get_state (second) == SIOA_STATE_OPEN);
  g_assert_cmpuint (sioa_backend_get_features (first), ==, SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS);
  sioa_backend_disconnect_async (first, &target, FALSE, NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, SIOA_ERROR_DENIED);
  g_assert_cmpuint (sioa_backend_get_features (second) & SIOA_HAS_SOCKETS, ==, 0);
  g_assert_cmpuint (sioa_backend_get_features (second) & SIOA_CAN_EMIT, !=, 0);
  /* Namespaces are known all the same. */
  wait_for (g_list_model_get_n_items (sioa_store_get_namespaces (store)) >= 2);
}

static void
test_restart (void)
{
  g_autoptr (Peer) peer = server_new (0, "development", FALSE);
  guint port = peer->port;
  g_autofree char *before = connect_one (peer, "/");
  g_autofree char *after = NULL;
  g_autoptr (SioaBackend) backend = backend_for (port, "secret");
  g_autoptr (SioaStore) store = sioa_store_new (backend);

  sioa_backend_open (backend);
  wait_for (sioa_store_find_socket (store, "/", before) != NULL);
  g_clear_pointer (&peer, peer_free);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_WAITING);
  g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_UNREACHABLE);
  g_assert_cmpuint (sioa_backend_get_features (backend), ==, 0);
  peer = server_new (port, "development", FALSE);
  after = connect_one (peer, "/");
  /* The session of before is unknown to this one: the password is asked for again. */
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  wait_for (sioa_store_find_socket (store, "/", after) != NULL);
  g_assert_null (sioa_store_find_socket (store, "/", before));
}

/* An action of those that somebody may think of; *@result tells that it ended. */
static void
act_at_random (SioaBackend *backend, const char *id, GError **result)
{
  static const char *const nsps[] = { "/", "/", "/chat", "/admin", "/invented", "", "chat", "/ä" };
  static const char *const names[] = { "news",
                                       "lobby",
                                       "",
                                       "connect",
                                       "connect_error",
                                       "disconnect",
                                       "newListener",
                                       "removeListener",
                                       "disconnecting",
                                       "ünïcødé 🙂",
                                       "\xff\xfe",
                                       "__proto__",
                                       "constructor",
                                       "toString",
                                       "\n\t\"\\" };
  static const char *const args[] = { "[]",
                                      "[null]",
                                      "[{\"_placeholder\":true,\"num\":0}]",
                                      "[{\"__proto__\":{\"a\":1}}]",
                                      "{}",
                                      "",
                                      "[1",
                                      "\"x\"",
                                      "[1e308,-0,12345678901234567890]",
                                      "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]" };
  g_autofree char *huge = g_strnfill (200000, 'h');
  g_autofree char *huge_args = g_strdup_printf ("[\"%s\"]", huge);
  const char *rooms[] = { g_random_int_range (0, 3) ? names[g_random_int_range (0, 15)] : id,
                          g_random_int_range (0, 2) ? huge : NULL, NULL };
  SioaTarget target = { nsps[g_random_int_range (0, G_N_ELEMENTS (nsps))],
                        g_random_int_range (0, 4) ? rooms : NULL, NULL };
  int n = g_random_int_range (0, 16);
  const char *name = n == 15 ? huge : names[n];

  switch (g_random_int_range (0, 7))
    {
    case 0:
      sioa_backend_join_async (backend, &target, name, NULL, acted_cb, result);
      break;
    case 1:
      sioa_backend_leave_async (backend, &target, name, NULL, acted_cb, result);
      break;
    case 2:
      sioa_backend_disconnect_async (backend, &target, g_random_int_range (0, 2), NULL, acted_cb,
                                     result);
      break;
    default:
      n = g_random_int_range (0, G_N_ELEMENTS (args) + 1);
      sioa_backend_emit_async (backend, &target, name,
                               n == G_N_ELEMENTS (args) ? huge_args : args[n], NULL, acted_cb,
                               result);
    }
}

/* Whatever is done, the server lives on, and has the namespaces that it had. */
static void
test_actions (void)
{
  g_autoptr (Peer) peer = server_new (0, "development", FALSE);
  g_autoptr (SioaBackend) backend = backend_for (peer->port, "secret");
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  guint n_done = 0;

  g_random_set_seed ((guint32) g_test_rand_int ());
  sioa_backend_open (backend);
  for (guint i = 0; i < 15; i++)
    {
      g_autofree char *id = NULL;
      g_autoptr (JsonNode) state = NULL;

      /* Somebody may have disconnected everybody, the administrator too. */
      if (sioa_backend_get_state (backend) == SIOA_STATE_FAILED)
        sioa_backend_open (backend);
      wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
      id = connect_one (peer, i % 2 ? "/chat" : "/");
      for (guint j = 0; j < 40; j++)
        {
          GError *result = NULL;

          act_at_random (backend, id, &result);
          n_done += wait_code (&result) == -1;
        }
      state = tell (peer, "[\"state\"]");
      g_assert_true (peer_is_alive (peer));
      g_assert_cmpuint (json_object_get_size (json_node_get_object (state)), ==, 3);
      g_assert_true (json_object_has_member (json_node_get_object (state), "/admin"));
    }
  g_assert_cmpuint (n_done, >, 50);
}

static void
test_python (void)
{
  const char *arguments[] = { PYTHON, PYTHON_ADMIN, NULL };
  g_autoptr (Peer) peer = peer_new (arguments);
  g_autoptr (SioaBackend) wrong = backend_for (peer->port, "wrong");
  g_autoptr (SioaBackend) backend = backend_for (peer->port, "secret");
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  g_autoptr (SioaSample) sample = NULL;
  g_autoptr (SioaSocket) socket = NULL;
  const char *ids[] = { "one", NULL };
  SioaTarget target = { "/", ids, NULL };
  GError *result = NULL;

  sioa_backend_open (wrong);
  wait_for (sioa_backend_get_state (wrong) == SIOA_STATE_FAILED);
  g_assert_error (sioa_backend_get_error (wrong), SIOA_ERROR, SIOA_ERROR_CREDENTIALS);
  g_assert_nonnull (strstr (sioa_backend_get_error (wrong)->message, "authentication failed"));
  g_signal_connect (backend, "sample", G_CALLBACK (sample_cb), &sample);
  sioa_backend_open (backend);
  wait_for (sioa_store_find_socket (store, "/", "one") != NULL);
  g_assert_cmpuint (sioa_backend_get_features (backend), ==,
                    SIOA_CAN_EMIT | SIOA_CAN_JOIN | SIOA_CAN_LEAVE | SIOA_CAN_DISCONNECT |
                        SIOA_CAN_MANY | SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS);
  socket = g_object_ref (sioa_store_find_socket (store, "/", "one"));
  g_assert_cmpint (sioa_socket_get_record (socket)->connected_at, ==,
                   G_GINT64_CONSTANT (1795220770123000));
  g_assert_cmpstr (sioa_socket_get_record (socket)->client_id, ==, "Z1xDpNYjHLnJCYTSAAAA");
  g_assert_cmpstr (sioa_socket_get_record (socket)->user, ==, "ann");
  /* Told of five times more, it is the same one, in the rooms of the last time. */
  wait_for (sioa_socket_is_in (socket, "late"));
  g_assert_true (sioa_store_find_socket (store, "/", "one") == socket);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (store)), ==, 1);
  g_assert_true (sioa_socket_is_in (socket, "ping 5"));
  g_assert_false (sioa_socket_is_in (socket, "ping 4"));
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_rooms (store)), ==, 3);
  wait_for (sample != NULL);
  g_assert_cmpint (sample->pid, ==, 7);
  g_assert_cmpint (sample->connections, ==, 1);
  sioa_backend_join_async (backend, &target, "asked", NULL, acted_cb, &result);
  g_assert_cmpint (wait_code (&result), ==, -1);
  wait_for (sioa_socket_is_in (socket, "asked"));
}

/* Instead of a user name and a password. */
static void
test_token (void)
{
  const char *arguments[] = { NODE, NODE_ADMIN, "--port", "0", "--token", "s3cr3t", NULL };
  g_autoptr (Peer) peer = peer_new (arguments);
  g_autofree char *uri = g_strdup_printf ("http://localhost:%u", peer->port);
  g_autoptr (SioaRemote) remote = sioa_remote_new ();
  g_autoptr (SioaBackend) backend = NULL;

  g_free (remote->uri);
  remote->uri = g_strdup (uri);
  remote->by_token = TRUE;
  backend = sioa_servers_make_backend (remote);
  sioa_servers_set_secret (backend, remote, "wrong");
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_FAILED);
  g_assert_cmpint (sioa_backend_get_error (backend)->code, ==, SIOA_ERROR_CREDENTIALS);
  g_assert_nonnull (strstr (sioa_backend_get_error (backend)->message, "refused the token"));
  sioa_servers_set_secret (backend, remote, "s3cr3t");
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  sioa_backend_close (backend);
  g_assert_true (peer_is_alive (peer));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/backend/everything", test_everything);
  g_test_add_func ("/admin/backend/refusals", test_refusals);
  g_test_add_func ("/admin/backend/modes", test_modes);
  g_test_add_func ("/admin/backend/restart", test_restart);
  g_test_add_func ("/admin/backend/actions", test_actions);
  g_test_add_func ("/admin/backend/python", test_python);
  g_test_add_func ("/admin/backend/token", test_token);
  return g_test_run ();
}
