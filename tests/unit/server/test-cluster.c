/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "loop-adapter.h"
#include "server-fixture.h"

/* Two servers that share a namespace, with two clients each. */
typedef struct
{
  SioServer *servers[2];
  SioNamespace *ns[2];
  Client *clients[4]; /* two of each server */
  SioSocket *sockets[4];
  GPtrArray *fetched;
  SioResponses *responses;
  SioArgs *answer;
  GError *error;
  GString *log;
  SioServerEvent *event;
  guint n_done;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  for (guint s = 0; s < 2; s++)
    {
      guint16 port;

      f->servers[s] = sio_server_new ();
      sio_server_set_adapter_type (f->servers[s], LOOP_TYPE_ADAPTER);
      f->ns[s] = sio_server_of (f->servers[s], "/x");
      port = server_listen (f->servers[s]);
      for (guint i = 2 * s; i < 2 * s + 2; i++)
        {
          g_autofree char *id = NULL;

          f->clients[i] = client_open (port, NULL);
          id = client_join (f->clients[i], "/x,");
          f->sockets[i] = g_object_ref (sio_namespace_get_socket (f->ns[s], id));
        }
    }
  /* one of each */
  sio_socket_join (f->sockets[1], "r");
  sio_socket_join (f->sockets[2], "r");
  f->log = g_string_new (NULL);
}

static void
clear (Fixture *f)
{
  f->n_done = 0;
  g_clear_error (&f->error);
  g_clear_pointer (&f->fetched, g_ptr_array_unref);
  g_clear_pointer (&f->responses, sio_responses_unref);
  g_clear_pointer (&f->answer, sio_args_unref);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  clear (f);
  g_clear_pointer (&f->event, sio_server_event_unref);
  for (guint i = 0; i < 4; i++)
    client_free (f->clients[i]);
  for (guint s = 0; s < 2; s++)
    {
      server_close (f->servers[s]);
      g_assert_finalize_object (f->servers[s]);
    }
  for (guint i = 0; i < 4; i++)
    g_assert_finalize_object (f->sockets[i]);
  g_string_free (f->log, TRUE);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  if (SIO_IS_NAMESPACE (source))
    f->fetched = sio_namespace_fetch_sockets_finish (SIO_NAMESPACE (source), result, &f->error);
  else
    f->fetched = sio_broadcast_fetch_sockets_finish (SIO_BROADCAST (source), result, &f->error);
  f->n_done++;
}

static SioRemoteSocket *
find (Fixture *f, SioSocket *socket)
{
  for (guint i = 0; i < f->fetched->len; i++)
    {
      if (g_strcmp0 (sio_remote_socket_get_id (f->fetched->pdata[i]), sio_socket_get_id (socket)) ==
          0)
        return f->fetched->pdata[i];
    }
  return NULL;
}

static void
test_broadcast (Fixture *f, gconstpointer data)
{
  sio_namespace_emit (f->ns[0], "all", NULL);
  for (guint i = 0; i < 4; i++)
    client_expect (f->clients[i], "2/x,[\"all\"]");
  sio_broadcast_emit (sio_namespace_to (f->ns[0], "r"), "room", sio_args_new ("i", 1));
  client_expect (f->clients[1], "2/x,[\"room\",1]");
  client_expect (f->clients[2], "2/x,[\"room\",1]");
  sio_broadcast_emit (sio_namespace_local (f->ns[1]), "local", NULL);
  client_expect (f->clients[2], "2/x,[\"local\"]");
  client_expect (f->clients[3], "2/x,[\"local\"]");
  sio_broadcast_emit (sio_socket_broadcast (f->sockets[0]), "others", NULL);
  client_expect (f->clients[1], "2/x,[\"others\"]");
  client_expect (f->clients[2], "2/x,[\"others\"]");
  client_expect (f->clients[3], "2/x,[\"others\"]");
  client_expect_nothing (f->clients[0]);
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->responses = sio_broadcast_emit_with_ack_finish (SIO_BROADCAST (source), result, &f->error);
  f->n_done++;
}

static void
test_acks (Fixture *f, gconstpointer data)
{
  sio_broadcast_emit_with_ack_async (sio_namespace_to (f->ns[0], "r"), "q", NULL, 5000, NULL,
                                     asked_cb, f);
  client_expect (f->clients[1], "2/x,0[\"q\"]");
  client_expect (f->clients[2], "2/x,0[\"q\"]");
  client_send (f->clients[2], "3/x,0[\"far\"]");
  client_expect_nothing (f->clients[2]);
  g_assert_cmpuint (f->n_done, ==, 0);
  client_send (f->clients[1], "3/x,0[\"near\"]");
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_true (sio_responses_is_complete (f->responses));
  g_assert_cmpuint (sio_responses_get_n_expected (f->responses), ==, 2);
  g_assert_cmpstr (sio_args_get_string (sio_responses_get_args (f->responses, 0), 0), ==, "far");
  clear (f);

  /* only this server is waited for */
  sio_broadcast_emit_with_ack_async (sio_broadcast_local (sio_namespace_to (f->ns[0], "r")), "q",
                                     NULL, 5000, NULL, asked_cb, f);
  client_expect (f->clients[1], "2/x,1[\"q\"]");
  client_send (f->clients[1], "3/x,1[\"near\"]");
  WAIT_FOR (f->n_done == 1);
  g_assert_true (sio_responses_is_complete (f->responses));
  g_assert_cmpuint (sio_responses_get_n_expected (f->responses), ==, 1);
  clear (f);

  /* a server that does not answer */
  loop_adapter_set_deaf (LOOP_ADAPTER (sio_namespace_get_adapter (f->ns[1])), TRUE);
  sio_broadcast_emit_with_ack_async (sio_namespace_to (f->ns[0], "r"), "q", NULL, 50, NULL,
                                     asked_cb, f);
  client_expect (f->clients[1], "2/x,2[\"q\"]");
  client_send (f->clients[1], "3/x,2[\"near\"]");
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_error (sio_responses_get_error (f->responses), SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_assert_cmpuint (sio_responses_get_length (f->responses), ==, 1);
}

static void
remote_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_error (&f->error);
  f->answer =
      sio_remote_socket_emit_with_ack_finish (SIO_REMOTE_SOCKET (source), result, &f->error);
  f->n_done++;
}

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;
  SioRemoteSocket *socket = SIO_REMOTE_SOCKET (source);

  g_assert_true (sio_remote_socket_join_finish (socket, result, &f->error));
  f->n_done++;
}

/* What can be done with a socket, of whatever server. */
static void
use_remote (Fixture *f, SioRemoteSocket *remote, guint index)
{
  static const char *const rooms[] = { "p", "q", NULL };
  static const char *const none[] = { NULL };
  guint neighbour = index ^ 1;
  g_auto (GStrv) now = NULL;

  f->n_done = 0;
  sio_remote_socket_emit (remote, "hello", sio_args_new ("s", "you"));
  client_expect (f->clients[index], "2/x,[\"hello\",\"you\"]");
  sio_remote_socket_emit_with_ack_async (remote, "q", NULL, 5000, NULL, remote_answered_cb, f);
  {
    g_autofree char *packet = client_receive (f->clients[index]);
    g_autofree char *reply = NULL;

    g_assert_true (g_str_has_prefix (packet, "2/x,") && g_str_has_suffix (packet, "[\"q\"]"));
    reply = g_strdup_printf ("3/x,%" G_GUINT64_FORMAT "[\"fine\"]",
                             g_ascii_strtoull (packet + 4, NULL, 10));
    client_send (f->clients[index], reply);
  }
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_cmpstr (sio_args_get_string (f->answer, 0), ==, "fine");
  g_clear_pointer (&f->answer, sio_args_unref);

  sio_remote_socket_emit_with_ack_async (remote, "q", NULL, 30, NULL, remote_answered_cb, f);
  g_free (client_receive (f->clients[index]));
  WAIT_FOR (f->n_done == 2);
  g_assert_error (f->error, SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_clear_error (&f->error);

  sio_remote_socket_join_async (remote, rooms, NULL, done_cb, f);
  WAIT_FOR (f->n_done == 3);
  g_assert_no_error (f->error);
  now = sio_socket_list_rooms (f->sockets[index]);
  g_assert_true (g_strv_contains ((const char *const *) now, "p"));
  g_assert_true (g_strv_contains ((const char *const *) now, "q"));
  sio_remote_socket_join_async (remote, none, NULL, NULL, NULL);

  sio_socket_join (f->sockets[neighbour], "p");
  sio_broadcast_emit (sio_remote_socket_to (remote, "p"), "to p", NULL);
  client_expect (f->clients[neighbour], "2/x,[\"to p\"]");
  sio_broadcast_emit (sio_remote_socket_broadcast (remote), "others", NULL);
  sio_broadcast_emit (sio_remote_socket_except (remote, "p"), "few", NULL);
  client_expect (f->clients[neighbour], "2/x,[\"others\"]");
  for (guint i = 2 - (index & 2); i < 4 - (index & 2); i++)
    {
      client_expect (f->clients[i], "2/x,[\"others\"]");
      client_expect (f->clients[i], "2/x,[\"few\"]");
    }
  client_expect_nothing (f->clients[index]);

  sio_remote_socket_leave_async (remote, rooms, NULL, NULL, NULL);
  sio_socket_leave (f->sockets[neighbour], "p");
  g_strfreev (now);
  now = sio_socket_list_rooms (f->sockets[index]);
  g_assert_false (g_strv_contains ((const char *const *) now, "p"));
}

static void
close_remote (Fixture *f, SioRemoteSocket *remote, guint index)
{
  f->n_done = 0;
  sio_remote_socket_close_async (remote, FALSE, NULL, NULL, NULL);
  client_expect (f->clients[index], "1/x,");
  g_assert_false (sio_socket_is_connected (f->sockets[index]));
  sio_remote_socket_emit_with_ack_async (remote, "q", NULL, 30, NULL, remote_answered_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, SIO_ERROR, SIO_ERROR_NOT_CONNECTED);
  g_clear_error (&f->error);
}

static void
test_fetch (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonNode) value = json_from_string ("{\"user\":\"bob\"}", NULL);
  g_autoptr (GPtrArray) all = NULL;
  SioRemoteSocket *own;
  SioRemoteSocket *other;

  sio_socket_set_data (f->sockets[2], value);
  sio_namespace_fetch_sockets_async (f->ns[0], NULL, fetched_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_cmpuint (f->fetched->len, ==, 4);
  all = g_ptr_array_ref (f->fetched);
  own = find (f, f->sockets[1]);
  other = find (f, f->sockets[2]);
  g_assert_true (sio_remote_socket_get_socket (own) == f->sockets[1]);
  g_assert_null (sio_remote_socket_get_socket (other));
  for (guint i = 0; i < 2; i++)
    {
      SioRemoteSocket *remote = i == 0 ? own : other;
      g_auto (GStrv) rooms = sio_remote_socket_list_rooms (remote);
      JsonObject *handshake = json_node_get_object (sio_remote_socket_get_handshake (remote));

      g_assert_true (sio_remote_socket_get_namespace (remote) == f->ns[0]);
      g_assert_cmpuint (g_strv_length (rooms), ==, 2);
      g_assert_true (g_strv_contains ((const char *const *) rooms, "r"));
      g_assert_cmpstr (json_object_get_string_member (handshake, "address"), ==, "127.0.0.1");
    }
  g_assert_null (sio_remote_socket_get_data (own));
  g_assert_cmpstr (json_object_get_string_member (
                       json_node_get_object (sio_remote_socket_get_data (other)), "user"),
                   ==, "bob");
  clear (f);

  sio_broadcast_fetch_sockets_async (sio_namespace_to (f->ns[1], "r"), NULL, fetched_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_cmpuint (f->fetched->len, ==, 2);
  clear (f);
  sio_broadcast_fetch_sockets_async (sio_namespace_local (f->ns[1]), NULL, fetched_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_cmpuint (f->fetched->len, ==, 2);
  clear (f);

  use_remote (f, own, 1);
  use_remote (f, other, 2);
  close_remote (f, own, 1);
  close_remote (f, other, 2);

  loop_adapter_set_deaf (LOOP_ADAPTER (sio_namespace_get_adapter (f->ns[1])), TRUE);
  clear (f);
  sio_namespace_fetch_sockets_async (f->ns[0], NULL, fetched_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, SIO_ERROR, SIO_ERROR_TIMEOUT);
}

static void
test_manage (Fixture *f, gconstpointer data)
{
  static const char *const rooms[] = { "p", NULL };
  g_autoptr (SioRoom) room = sio_namespace_get_room (f->ns[1], "p");

  sio_namespace_sockets_join_async (f->ns[0], rooms, NULL, NULL, NULL);
  /* the members of this process */
  g_assert_cmpuint (sio_room_get_n_members (room), ==, 2);
  g_assert_cmpuint (sio_adapter_get_room_size (sio_namespace_get_adapter (f->ns[0]), "p"), ==, 2);
  sio_broadcast_sockets_leave_async (sio_namespace_to (f->ns[0], "r"), rooms, NULL, NULL, NULL);
  g_assert_cmpuint (sio_room_get_n_members (room), ==, 1);
  sio_room_emit (room, "both", NULL);
  client_expect (f->clients[0], "2/x,[\"both\"]");
  client_expect (f->clients[3], "2/x,[\"both\"]");
  sio_broadcast_disconnect_sockets_async (sio_namespace_to (f->ns[0], "p"), FALSE, NULL, NULL,
                                          NULL);
  client_expect (f->clients[0], "1/x,");
  client_expect (f->clients[3], "1/x,");
  g_assert_cmpuint (sio_room_get_n_members (room), ==, 0);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns[1]), ==, 1);
}

static void
event_cb (SioNamespace *ns, SioServerEvent *event, gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append_printf (f->log, "%s%s%s ", sio_server_event_get_name (event),
                          sio_args_get_json (sio_server_event_get_args (event)),
                          sio_server_event_wants_reply (event) ? "?" : "");
}

static void
ping_cb (SioNamespace *ns, SioServerEvent *event, gpointer user_data)
{
  sio_server_event_reply (event, sio_args_new ("s", "pong"));
  sio_server_event_reply (event, sio_args_new ("s", "again"));
}

static void
keep_cb (SioNamespace *ns, SioServerEvent *event, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_pointer (&f->event, sio_server_event_unref);
  f->event = sio_server_event_ref (event);
}

static void
servers_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->responses =
      sio_namespace_server_side_emit_with_ack_finish (SIO_NAMESPACE (source), result, &f->error);
  f->n_done++;
}

static void
test_server_side_emit (Fixture *f, gconstpointer data)
{
  g_signal_connect (f->ns[1], "server-event", G_CALLBACK (event_cb), f);
  g_signal_connect (f->ns[1], "server-event::ping", G_CALLBACK (ping_cb), f);
  g_signal_connect (f->ns[1], "server-event::later", G_CALLBACK (keep_cb), f);
  g_signal_connect (f->ns[0], "server-event", G_CALLBACK (event_cb), f);

  sio_namespace_server_side_emit (f->ns[0], "ping", sio_args_new ("is", 1, "x"));
  sio_namespace_server_side_emit (f->ns[0], "a name nobody connected to", NULL);
  g_assert_cmpstr (f->log->str, ==, "ping[1,\"x\"] a name nobody connected to[] ");
  g_string_truncate (f->log, 0);
  g_assert_cmpuint (g_quark_try_string ("a name nobody connected to"), ==, 0);

  sio_namespace_server_side_emit_with_ack_async (f->ns[0], "ping", NULL, 0, NULL,
                                                 servers_answered_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->log->str, ==, "ping[]? ");
  g_assert_true (sio_responses_is_complete (f->responses));
  g_assert_cmpuint (sio_responses_get_length (f->responses), ==, 1);
  g_assert_cmpstr (sio_args_get_json (sio_responses_get_args (f->responses, 0)), ==, "[\"pong\"]");
  clear (f);

  sio_namespace_server_side_emit_with_ack_async (f->ns[0], "later", NULL, 5000, NULL,
                                                 servers_answered_cb, f);
  g_assert_true (sio_server_event_wants_reply (f->event));
  sio_server_event_reply (f->event, NULL);
  g_assert_false (sio_server_event_wants_reply (f->event));
  WAIT_FOR (f->n_done == 1);
  g_assert_cmpstr (sio_args_get_json (sio_responses_get_args (f->responses, 0)), ==, "[]");
  clear (f);

  sio_namespace_server_side_emit_with_ack_async (f->ns[0], "never", NULL, 30, NULL,
                                                 servers_answered_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_error (sio_responses_get_error (f->responses), SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_assert_cmpuint (sio_responses_get_n_expected (f->responses), ==, 1);
  g_assert_cmpuint (sio_responses_get_length (f->responses), ==, 0);
}

static void
test_alone (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  SioNamespace *ns = sio_server_of (server, "/");
  Fixture f = { 0 };

  expect_warning ("*SioMemoryAdapter knows no other servers*");
  sio_server_server_side_emit (server, "ping", NULL);
  WAIT_FOR (!g_main_context_pending (NULL));
  assert_warned ();
  sio_namespace_server_side_emit_with_ack_async (ns, "ping", NULL, 0, NULL, servers_answered_cb,
                                                 &f);
  WAIT_FOR (f.n_done == 1);
  g_assert_error (f.error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  clear (&f);
}

static void
test_reserved (void)
{
  static const char *const names[] = { "connect", "connection", "new_namespace" };
  g_autoptr (SioServer) server = sio_server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_test_expect_message ("sio", G_LOG_LEVEL_CRITICAL, "*sio_server_event_check*");
      sio_server_server_side_emit (server, names[i], NULL);
      g_test_assert_expected_messages ();
    }
}

#define ADD(name, func) g_test_add ("/server/cluster/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("What adapters for several servers have to carry, with one that does");

  ADD ("broadcast", test_broadcast);
  ADD ("acks", test_acks);
  ADD ("fetch", test_fetch);
  ADD ("manage", test_manage);
  ADD ("server-side-emit", test_server_side_emit);
  g_test_add_func ("/server/cluster/reserved", test_reserved);
  g_test_add_func ("/server/cluster/alone", test_alone);
  return g_test_run ();
}
