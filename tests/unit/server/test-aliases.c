/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

/* Calls of the server that are those of its namespace "/", and ways to make one. */

typedef struct
{
  SioServer *server;
  SioNamespace *root;
  SioSocket *sockets[3]; /* called a, b, c */
  GString *log;
  GError *error;
  guint n_done;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->root = sio_server_of (f->server, "/");
  for (guint i = 0; i < G_N_ELEMENTS (f->sockets); i++)
    f->sockets[i] = fake_socket (f->root);
  f->log = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (f->sockets); i++)
    {
      sio_socket_close (f->sockets[i], FALSE);
      g_assert_finalize_object (f->sockets[i]);
    }
  g_assert_finalize_object (f->server);
  g_string_free (f->log, TRUE);
}

static void
assert_log (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

/* What a broadcast is about: rooms, without which ones, flags, timeout. Releases it. */
static void
assert_broadcast (SioBroadcast *broadcast, const char *expected)
{
  g_autoptr (SioTarget) target = NULL;
  g_autofree char *rooms = NULL;
  g_autofree char *except = NULL;
  g_autofree char *all = NULL;

  g_object_ref_sink (broadcast);
  target = sio_broadcast_get_target (broadcast);
  g_object_unref (broadcast);
  rooms = g_strjoinv (",", (char **) sio_target_get_rooms (target));
  except = g_strjoinv (",", (char **) sio_target_get_except (target));
  all = g_strdup_printf ("%s;%s;%u;%u", rooms, except, sio_target_get_flags (target),
                         sio_target_get_timeout (target));
  g_assert_cmpstr (all, ==, expected);
}

static void
test_operators (Fixture *f, gconstpointer data)
{
  static const char *const two[] = { "r", "s", NULL };
  g_autofree char *is_volatile = g_strdup_printf (";;%u;0", SIO_EMIT_VOLATILE);
  g_autofree char *is_plain = g_strdup_printf (";;%u;0", SIO_EMIT_NO_COMPRESS);
  g_autofree char *is_local = g_strdup_printf (";;%u;0", SIO_EMIT_LOCAL);

  assert_broadcast (sio_server_to (f->server, "r"), "r;;0;0");
  assert_broadcast (sio_server_in (f->server, "r"), "r;;0;0");
  assert_broadcast (sio_server_to_rooms (f->server, two), "r,s;;0;0");
  assert_broadcast (sio_server_except (f->server, "r"), ";r;0;0");
  assert_broadcast (sio_server_except_rooms (f->server, two), ";r,s;0;0");
  assert_broadcast (sio_server_local (f->server), is_local);
  assert_broadcast (sio_server_volatile (f->server), is_volatile);
  assert_broadcast (sio_server_compress (f->server, FALSE), is_plain);
  assert_broadcast (sio_server_compress (f->server, TRUE), ";;0;0");
  assert_broadcast (sio_server_timeout (f->server, 7), ";;0;7");
  assert_broadcast (sio_namespace_volatile (f->root), is_volatile);
  assert_broadcast (sio_namespace_compress (f->root, FALSE), is_plain);
  assert_broadcast (sio_namespace_timeout (f->root, 7), ";;0;7");
}

static void
log_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_string_append_printf (user_data, "%s; ", sio_message_get_event (message));
}

static void
log_first_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_string_append (user_data, "first ");
}

static void
test_handlers (Fixture *f, gconstpointer data)
{
  guint id = sio_server_on (f->server, "x", log_cb, f->log, NULL);
  guint any = sio_server_on_any (f->server, log_cb, f->log, NULL);
  guint any_first = sio_server_prepend_any (f->server, log_first_cb, f->log, NULL);
  guint out = sio_server_on_any_outgoing (f->server, log_cb, f->log, NULL);

  sio_server_prepend (f->server, "x", log_first_cb, f->log, NULL);
  sio_server_once (f->server, "y", log_first_cb, f->log, NULL);
  fake_receive (f->sockets[0], "2[\"x\"]", NULL);
  assert_log (f, "first x; first x; ");
  sio_server_off (f->server, any);
  sio_server_off (f->server, any_first);
  sio_server_off (f->server, id);
  fake_receive (f->sockets[0], "2[\"x\"]", NULL);
  assert_log (f, "first ");
  sio_server_off_event (f->server, "x");
  fake_receive (f->sockets[0], "2[\"x\"]", NULL);
  assert_log (f, "");
  fake_receive (f->sockets[0], "2[\"y\"]", NULL);
  fake_receive (f->sockets[0], "2[\"y\"]", NULL);
  assert_log (f, "first ");

  sio_server_prepend_any_outgoing (f->server, log_first_cb, f->log, NULL);
  sio_socket_emit (f->sockets[0], "out", NULL);
  assert_log (f, "first out; ");
  sio_server_off (f->server, out);
  sio_namespace_off_any_outgoing (f->root);
  sio_namespace_prepend_any_outgoing (f->root, log_cb, f->log, NULL);
  sio_socket_emit (f->sockets[0], "out", NULL);
  assert_log (f, "out; ");
}

static void
test_lists (Fixture *f, gconstpointer data)
{
  SioSocket *socket = f->sockets[0];
  guint last = sio_socket_on (socket, "x", log_cb, f->log, NULL);
  guint first = sio_socket_prepend (socket, "x", log_cb, f->log, NULL);
  guint any = sio_socket_on_any (socket, log_cb, f->log, NULL);
  guint out = sio_namespace_on_any_outgoing (f->root, log_cb, f->log, NULL);
  gsize n = 0;
  g_autofree guint *handlers = sio_socket_list_handlers (socket, "x", &n);
  g_autofree guint *any_handlers = NULL;
  g_autofree guint *out_handlers = NULL;

  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (handlers[0], ==, first);
  g_assert_cmpuint (handlers[1], ==, last);
  any_handlers = sio_socket_list_any (socket, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (any_handlers[0], ==, any);
  out_handlers = sio_namespace_list_any_outgoing (f->root, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (out_handlers[0], ==, out);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;
  g_autoptr (GPtrArray) sockets =
      sio_server_fetch_sockets_finish (SIO_SERVER (source), result, &f->error);

  g_assert_no_error (f->error);
  f->n_done += sockets->len;
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_done += sio_server_sockets_join_finish (SIO_SERVER (source), result, &f->error);
}

static void
left_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_done += sio_server_sockets_leave_finish (SIO_SERVER (source), result, &f->error);
}

static void
root_left_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_done += sio_namespace_sockets_leave_finish (SIO_NAMESPACE (source), result, &f->error);
}

static void
disconnected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_done += sio_server_disconnect_sockets_finish (SIO_SERVER (source), result, &f->error);
}

static void
test_sockets (Fixture *f, gconstpointer data)
{
  static const char *const rooms[] = { "r", "s", NULL };
  static const char *const only_r[] = { "r", NULL };
  SioAdapter *adapter = sio_namespace_get_adapter (f->root);
  g_autoptr (GPtrArray) all = sio_namespace_list_sockets (f->root);

  g_assert_cmpuint (all->len, ==, 3);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->root), ==, 3);
  g_assert_true (sio_namespace_get_socket (f->root, sio_socket_get_id (f->sockets[1])) ==
                 f->sockets[1]);

  sio_server_fetch_sockets_async (f->server, NULL, fetched_cb, f);
  WAIT_FOR (f->n_done == 3);
  sio_server_sockets_join_async (f->server, rooms, NULL, joined_cb, f);
  WAIT_FOR (f->n_done == 4);
  g_assert_cmpuint (sio_adapter_get_room_size (adapter, "r"), ==, 3);
  sio_server_sockets_leave_async (f->server, only_r, NULL, left_cb, f);
  WAIT_FOR (f->n_done == 5);
  g_assert_cmpuint (sio_adapter_get_room_size (adapter, "r"), ==, 0);
  g_assert_cmpuint (sio_adapter_get_room_size (adapter, "s"), ==, 3);
  sio_namespace_sockets_leave_async (f->root, rooms, NULL, root_left_cb, f);
  WAIT_FOR (f->n_done == 6);
  g_assert_cmpuint (sio_adapter_get_room_size (adapter, "s"), ==, 0);
  sio_server_disconnect_sockets_async (f->server, FALSE, NULL, disconnected_cb, f);
  WAIT_FOR (f->n_done == 7);
  g_assert_no_error (f->error);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->root), ==, 0);
}

static void
counted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_done = sio_adapter_server_count_finish (SIO_ADAPTER (source), result, &f->error);
}

static void
test_server_count (Fixture *f, gconstpointer data)
{
  sio_adapter_server_count_async (sio_namespace_get_adapter (f->root), NULL, counted_cb, f);
  WAIT_FOR (f->n_done > 0);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->n_done, ==, 1);
}

/* With clients */

static void
answers_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GString *log = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioResponses) responses =
      SIO_IS_ROOM (source) ? sio_room_emit_with_ack_finish (SIO_ROOM (source), result, &error)
                           : sio_server_emit_with_ack_finish (SIO_SERVER (source), result, &error);
  g_autoptr (GPtrArray) list = NULL;

  g_assert_no_error (error);
  list = sio_responses_list (responses);
  g_string_append_printf (log, "%u of %u:", list->len, sio_responses_get_n_expected (responses));
  for (guint i = 0; i < list->len; i++)
    g_string_append_printf (log, " %s", sio_args_get_json (g_ptr_array_index (list, i)));
}

static void
relay_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (SioRoom) room = sio_namespace_get_room (sio_socket_get_namespace (socket), "r");

  sio_server_emit_message (user_data, "all", message);
  sio_room_emit_message (room, "room", message);
}

static void
test_emit (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  SioNamespace *root = sio_server_of (server, "/");
  g_autoptr (Client) client = client_open (server_listen (server), NULL);
  g_autofree char *id = client_join (client, "");
  g_autoptr (SioRoom) room = sio_namespace_get_room (root, "r");
  g_autoptr (GString) log = g_string_new (NULL);

  sio_socket_join (sio_namespace_get_socket (root, id), "r");
  g_assert_true (sio_room_get_namespace (room) == root);
  sio_server_emit (server, "x", sio_args_new ("i", 1));
  client_expect (client, "2[\"x\",1]");
  sio_server_emit_full (server, "message", sio_args_new ("i", 2), SIO_EMIT_NO_COMPRESS);
  client_expect (client, "2[\"message\",2]");
  sio_namespace_emit (root, "message", sio_args_new ("i", 3));
  client_expect (client, "2[\"message\",3]");
  sio_server_on (server, "relay", relay_cb, server, NULL);
  client_send (client, "2[\"relay\",{\"a\":4}]");
  client_expect (client, "2[\"all\",{\"a\":4}]");
  client_expect (client, "2[\"room\",{\"a\":4}]");

  sio_server_emit_with_ack_async (server, "ask", NULL, 5000, NULL, answers_cb, log);
  client_expect (client, "20[\"ask\"]");
  client_send (client, "30[5]");
  WAIT_FOR (log->len > 0);
  g_assert_cmpstr (log->str, ==, "1 of 1: [5]");
  g_string_truncate (log, 0);
  sio_room_emit_with_ack_async (room, "ask", sio_args_new ("i", 6), 5000, NULL, answers_cb, log);
  client_expect (client, "21[\"ask\",6]");
  client_send (client, "31[7]");
  WAIT_FOR (log->len > 0);
  g_assert_cmpstr (log->str, ==, "1 of 1: [7]");
  server_close (server);
}

static void
connection_cb (SioServer *server, SioSocket *socket, GString *log)
{
  SioNamespace *ns = sio_socket_get_namespace (socket);

  g_assert_true (sio_namespace_get_server (ns) == server);
  g_string_append_printf (log, "%s ", sio_namespace_get_name (ns));
}

static void
authenticate_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_string_append (user_data, "use ");
  sio_middleware_accept (task);
}

static void
event_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  g_string_append (user_data, "event ");
  sio_middleware_accept (task);
}

/* The signal and middlewares of the server are for "/", and not for other namespaces. */
static void
test_connection (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  guint use = sio_server_use (server, authenticate_cb, log, NULL);
  guint use_event = sio_server_use_event (server, event_cb, log, NULL);
  guint16 port = server_listen (server);
  g_autoptr (Client) one = client_open (port, NULL);
  g_autoptr (Client) two = client_open (port, NULL);
  g_autofree char *one_id = NULL;
  g_autofree char *other_id = NULL;
  g_autofree char *two_id = NULL;

  sio_server_of (server, "/other");
  g_signal_connect (server, "connection", G_CALLBACK (connection_cb), log);
  one_id = client_join (one, "");
  other_id = client_join (one, "/other,");
  g_assert_cmpstr (log->str, ==, "use / ");
  sio_server_on (server, "x", log_cb, log, NULL);
  client_send (one, "2[\"x\"]");
  WAIT_FOR (g_str_has_suffix (log->str, "; "));
  g_assert_cmpstr (log->str, ==, "use / event x; ");

  sio_server_unuse (server, use);
  sio_server_unuse_event (server, use_event);
  g_string_truncate (log, 0);
  two_id = client_join (two, "");
  client_send (two, "2[\"x\"]");
  WAIT_FOR (g_str_has_suffix (log->str, "; "));
  g_assert_cmpstr (log->str, ==, "/ x; ");
  server_close (server);
}

static void
test_engine (void)
{
  g_autoptr (SioEngine) engine = sio_engine_new ();
  g_autoptr (SioServer) server = NULL;
  g_autoptr (Client) client = NULL;
  g_autofree char *id = NULL;

  sio_engine_set_path (engine, "/socket.io/");
  sio_engine_set_max_payload (engine, 1234);
  server = sio_server_new_with_engine (engine);
  g_assert_true (sio_server_get_engine (server) == engine);
  g_assert_cmpuint (sio_engine_get_max_payload (engine), ==, 1234);
  g_assert_cmpstr (sio_engine_get_path (engine), ==, "/socket.io/");
  client = client_open (server_listen (server), NULL);
  id = client_join (client, "");
  g_assert_nonnull (sio_namespace_get_socket (sio_server_of (server, "/"), id));
  server_close (server);
}

static void
test_attach (void)
{
  g_autoptr (SoupServer) soup = soup_server_new (NULL, NULL);
  g_autoptr (SioServer) server = sio_server_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Client) client = NULL;
  g_autofree char *id = NULL;
  GSList *uris;

  soup_server_listen_local (soup, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (soup);
  sio_server_attach (server, soup);
  client = client_open ((guint16) g_uri_get_port (uris->data), NULL);
  id = client_join (client, "");
  sio_server_emit (server, "x", NULL);
  client_expect (client, "2[\"x\"]");
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  server_close (server);
  soup_server_disconnect (soup);
}

int
main (int argc, char **argv)
{
#define ADD(name, func) g_test_add ("/server/aliases/" name, Fixture, NULL, setup, func, teardown)

  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Calls of the server that are those of its default namespace.");

  ADD ("operators", test_operators);
  ADD ("handlers", test_handlers);
  ADD ("lists", test_lists);
  ADD ("sockets", test_sockets);
  ADD ("server-count", test_server_count);
  g_test_add_func ("/server/aliases/emit", test_emit);
  g_test_add_func ("/server/aliases/connection", test_connection);
  g_test_add_func ("/server/aliases/engine", test_engine);
  g_test_add_func ("/server/aliases/attach", test_attach);
  return g_test_run ();
}
