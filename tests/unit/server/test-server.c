/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

typedef struct
{
  SioServer *server;
  SioNamespace *root;
  SioNamespace *chat;
  guint16 port;
  GString *log;
  SioSocket *socket; /* the last that connected */
  GTask *task;
} Fixture;

static void
log_reason (Fixture *f, const char *what, SioSocket *socket, const char *reason)
{
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);

  g_string_append_printf (f->log, "%s %s (%s) %u%s; ", what,
                          sio_namespace_get_name (sio_socket_get_namespace (socket)), reason,
                          g_strv_length (rooms), sio_socket_is_connected (socket) ? "+" : "-");
}

static void
disconnecting_cb (SioSocket *socket, const char *reason, const char *description, Fixture *f)
{
  log_reason (f, "disconnecting", socket, reason);
}

static void
disconnected_cb (SioSocket *socket, const char *reason, const char *description, Fixture *f)
{
  log_reason (f, "disconnected", socket, reason);
}

static void
error_cb (SioSocket *socket, GError *error, Fixture *f)
{
  g_string_append_printf (f->log, "error %d; ", error->code);
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, Fixture *f)
{
  g_set_object (&f->socket, socket);
  sio_socket_join (socket, "room");
  g_signal_connect (socket, "disconnecting", G_CALLBACK (disconnecting_cb), f);
  g_signal_connect (socket, "disconnected", G_CALLBACK (disconnected_cb), f);
  g_signal_connect (socket, "error", G_CALLBACK (error_cb), f);
}

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, sio_message_get_event (message), message);
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->root = sio_server_of (f->server, "/");
  f->chat = sio_server_of (f->server, "chat");
  g_signal_connect (f->root, "connection", G_CALLBACK (connection_cb), f);
  g_signal_connect (f->chat, "connection", G_CALLBACK (connection_cb), f);
  sio_namespace_on (f->root, "echo", echo_cb, NULL, NULL);
  sio_namespace_on (f->chat, "echo", echo_cb, NULL, NULL);
  f->port = server_listen (f->server);
  f->log = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->task);
  if (f->server != NULL)
    {
      server_close (f->server);
      g_assert_finalize_object (f->server);
    }
  if (f->socket != NULL)
    g_assert_finalize_object (f->socket);
  g_string_free (f->log, TRUE);
}

static void
assert_log (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
test_namespaces (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) namespaces = sio_server_list_namespaces (f->server);

  g_assert_true (sio_server_of (f->server, "/chat") == f->chat);
  g_assert_true (sio_server_of (f->server, "") == f->root);
  g_assert_cmpstr (sio_namespace_get_name (f->chat), ==, "/chat");
  g_assert_true (sio_namespace_get_server (f->chat) == f->server);
  g_assert_null (sio_server_get_namespace (f->server, "other"));
  g_assert_true (sio_server_get_namespace (f->server, "chat") == f->chat);
  g_assert_cmpuint (namespaces->len, ==, 2);
  g_assert_true (SIO_IS_MEMORY_ADAPTER (sio_namespace_get_adapter (f->chat)));
}

static void
test_connect (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, "&a=b%20c&a=d");
  g_autofree char *id = client_join (client, "");
  g_autofree char *chat_id = NULL;
  g_autofree char *value = NULL;
  g_autoptr (GHashTable) query = NULL;
  g_autoptr (GHashTable) headers = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (SioArgsBuilder) builder = NULL;
  g_autoptr (SioArgs) args = NULL;
  g_autofree char *message = NULL;
  SioHandshake *handshake;
  JsonObject *object;

  g_assert_cmpstr (sio_socket_get_id (f->socket), ==, id);
  g_assert_cmpuint (strlen (id), ==, 20);
  g_assert_true (sio_namespace_get_socket (f->root, id) == f->socket);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->root), ==, 1);

  handshake = sio_socket_get_handshake (f->socket);
  g_assert_cmpstr (sio_handshake_get_address (handshake), ==, "127.0.0.1");
  g_assert_cmpstr (sio_handshake_get_auth_json (handshake), ==, "{}");
  g_assert_cmpstr (sio_handshake_get_header (handshake, "x-test"), ==, "Yes");
  g_assert_true (g_str_has_prefix (sio_handshake_get_url (handshake), "/socket.io/?EIO=4&"));
  g_assert_false (sio_handshake_is_secure (handshake));
  g_assert_false (sio_handshake_is_cross_domain (handshake));
  value = sio_handshake_dup_query_value (handshake, "a");
  g_assert_cmpstr (value, ==, "d");
  query = sio_handshake_dup_query (handshake);
  g_assert_cmpstr (g_hash_table_lookup (query, "EIO"), ==, "4");
  headers = sio_handshake_dup_headers (handshake);
  g_assert_cmpstr (g_hash_table_lookup (headers, "x-test"), ==, "Yes");
  g_assert_cmpint (ABS (g_get_real_time () - sio_handshake_get_time (handshake)), <,
                   10 * G_USEC_PER_SEC);

  client_send (client, "0/chat,{\"token\":[\"x\"]}");
  message = client_receive (client);
  g_assert_true (g_str_has_prefix (message, "0/chat,{\"sid\":\""));
  g_assert_cmpstr (sio_socket_get_id (f->socket), !=, id);
  node = sio_handshake_to_json_node (sio_socket_get_handshake (f->socket));
  object = json_node_get_object (node);
  g_assert_cmpstr (json_object_get_string_member (object, "address"), ==, "127.0.0.1");
  g_assert_true (g_str_has_suffix (json_object_get_string_member (object, "time"),
                                   " GMT+0000 (Coordinated Universal Time)"));
  g_assert_cmpstr (
      json_array_get_string_element (
          json_object_get_array_member (json_object_get_object_member (object, "auth"), "token"),
          0),
      ==, "x");
  g_assert_true (sio_socket_get_session (f->socket) ==
                 sio_socket_get_session (sio_namespace_get_socket (f->root, id)));

  /* The same for others, who must not see what it authenticated with. */
  builder = sio_args_builder_new ();
  sio_args_builder_add_handshake (builder, sio_socket_get_handshake (f->socket));
  args = sio_args_builder_end (builder);
  json_object_remove_member (object, "auth");
  g_assert_true (json_node_equal (sio_args_get_node (args, 0), node));
}

static void
test_events (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *chat_id = client_join (client, "/chat,");

  client_send (client, "2[\"echo\",1,\"x\",{\"a\":[null]}]");
  client_expect (client, "2[\"echo\",1,\"x\",{\"a\":[null]}]");
  client_send (client, "2/chat,9007199254740991[\"echo\"]");
  client_expect (client, "2/chat,[\"echo\"]");
  client_expect (client, "3/chat,9007199254740991[]");
  client_send (client, "2[\"nobody listens\"]");
  client_expect_nothing (client);

  client_send (client, "52-3[\"echo\",{\"_placeholder\":true,\"num\":1},"
                       "{\"_placeholder\":true,\"num\":0}]");
  client_send_binary (client, "one", 3);
  client_send_binary (client, "two", 3);
  client_expect (client, "52-[\"echo\",{\"_placeholder\":true,\"num\":1},"
                         "{\"_placeholder\":true,\"num\":0}]");
  client_expect (client, "<one>");
  client_expect (client, "<two>");
  client_expect (client, "62-3[{\"_placeholder\":true,\"num\":1},"
                         "{\"_placeholder\":true,\"num\":0}]");
  client_expect (client, "<one>");
  client_expect (client, "<two>");
}

static void
test_emit (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) a = client_open (f->port, NULL);
  g_autoptr (Client) b = client_open (f->port, NULL);
  g_autofree char *b_id = client_join (b, "/chat,");
  g_autofree char *a_id = client_join (a, "/chat,");
  g_autoptr (SioPacket) packet = sio_packet_new_event ("/chat", "packet", NULL);

  sio_socket_emit (f->socket, "to a", sio_args_new ("i", 1));
  client_expect (a, "2/chat,[\"to a\",1]");
  sio_socket_emit_full (f->socket, "volatile", NULL, SIO_EMIT_VOLATILE);
  client_expect (a, "2/chat,[\"volatile\"]");
  g_assert_true (sio_socket_send_packet (f->socket, packet, SIO_EMIT_NONE));
  client_expect (a, "2/chat,[\"packet\"]");
  sio_broadcast_emit (sio_socket_broadcast (f->socket), "not a", NULL);
  client_expect (b, "2/chat,[\"not a\"]");
  sio_namespace_emit (f->chat, "all", sio_args_new ("^ay", "x"));
  client_expect (a, "51-/chat,[\"all\",{\"_placeholder\":true,\"num\":0}]");
  client_expect (b, "51-/chat,[\"all\",{\"_placeholder\":true,\"num\":0}]");
  g_free (client_receive (a));
  g_free (client_receive (b));
  sio_broadcast_emit (sio_namespace_to (f->chat, b_id), "to b", NULL);
  client_expect (b, "2/chat,[\"to b\"]");
  sio_server_emit (f->server, "other namespace", NULL);
  client_expect_nothing (a);
}

static void
test_too_many_attachments (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  for (guint i = 0; i < 11; i++)
    sio_args_builder_add_bytes (builder, bytes);
  expect_warning ("*11 binary attachments*");
  sio_socket_emit (f->socket, "x", sio_args_builder_end (builder));
  assert_warned ();
  client_expect_nothing (client);
}

static void
test_invalid_namespace (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;

  client_send (client, "0/random");
  client_expect (client, "4/random,{\"message\":\"Invalid namespace\"}");
  client_send (client, "0/chat?x=1,");
  client_expect (client, "4/chat?x=1,{\"message\":\"Invalid namespace\"}");
  id = client_join (client, "/chat,");
}

static void
test_client_leaves (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *chat_id = client_join (client, "/chat,");
  g_autofree char *again = NULL;

  client_send (client, "1/chat,");
  WAIT_FOR (!sio_socket_is_connected (f->socket));
  assert_log (f, "disconnecting /chat (client namespace disconnect) 2+; "
                 "disconnected /chat (client namespace disconnect) 0-; ");
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->chat), ==, 0);

  /* What was on its way is ignored, the connection stays. */
  client_send (client, "2/chat,[\"echo\"]");
  client_send (client, "3/chat,1[]");
  client_send (client, "2[\"echo\"]");
  client_expect (client, "2[\"echo\"]");
  again = client_join (client, "/chat,");

  /* Nothing that is sent to it does harm. */
  sio_socket_close (f->socket, FALSE);
  client_expect (client, "1/chat,");
  sio_socket_emit (f->socket, "x", sio_args_new ("i", 1));
  sio_socket_close (f->socket, TRUE);
  sio_broadcast_emit (sio_socket_to (f->socket, "room"), "x", NULL);
  client_expect_nothing (client);
}

static void
test_leave_and_join (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *reply = NULL;

  client_send_burst (client, "1", "0", NULL);
  reply = client_receive (client);
  g_assert_true (g_str_has_prefix (reply, "0{\"sid\":\""));
  assert_log (f, "disconnecting / (client namespace disconnect) 2+; "
                 "disconnected / (client namespace disconnect) 0-; ");
}

static void
test_server_closes_socket (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *chat_id = client_join (client, "/chat,");

  sio_socket_close (f->socket, FALSE);
  client_expect (client, "1/chat,");
  assert_log (f, "disconnecting /chat (server namespace disconnect) 2+; "
                 "disconnected /chat (server namespace disconnect) 0-; ");
  client_send (client, "2[\"echo\"]");
  client_expect (client, "2[\"echo\"]");
}

static void
test_server_closes_connection (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *chat_id = client_join (client, "/chat,");

  sio_socket_close (f->socket, TRUE);
  client_expect (client, "1");
  client_expect (client, "1/chat,");
  client_expect_closed (client);
  assert_log (f, "disconnecting / (server namespace disconnect) 2+; "
                 "disconnected / (server namespace disconnect) 0-; "
                 "disconnecting /chat (server namespace disconnect) 2+; "
                 "disconnected /chat (server namespace disconnect) 0-; ");
}

static void
test_transport_close (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");

  client_drop (client);
  WAIT_FOR (!sio_socket_is_connected (f->socket));
  assert_log (f, "disconnecting / (transport close) 2+; disconnected / (transport close) 0-; ");
}

static void
test_shutdown (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");

  server_close (f->server);
  assert_log (f, "disconnecting / (server shutting down) 2+; "
                 "disconnected / (server shutting down) 0-; ");
  /* without DISCONNECT, so that it comes back */
  client_expect_closed (client);
}

static void
test_drop_server (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");

  g_assert_finalize_object (g_steal_pointer (&f->server));
  g_assert_false (sio_socket_is_connected (f->socket));
  g_assert_null (sio_namespace_get_server (sio_socket_get_namespace (f->socket)));
  client_expect_closed (client);
}

static void
test_violations (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *packet;
    const char *log;
  } cases[] = {
    { "0", "disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "2/chat,[\"echo\"]",
      "disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "1/chat,", "disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "4{\"message\":\"x\"}",
      "disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "9", "error 1; disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "2[\"x\"", "error 9; disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "", "error 1; disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
    { "2[\"disconnect\"]",
      "error 1; disconnecting / (forced close) 2+; disconnected / (forced close) 0-; " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Client) client = client_open (f->port, NULL);
      g_autofree char *id = client_join (client, "");

      g_test_message ("%s", cases[i].packet);
      client_send (client, cases[i].packet);
      client_expect_closed (client);
      if (g_str_has_prefix (cases[i].log, "error"))
        {
          g_assert_true (g_str_has_prefix (f->log->str, "error "));
          g_string_erase (f->log, 0, 9);
          assert_log (f, cases[i].log + 9);
        }
      else
        assert_log (f, cases[i].log);
    }
}

static void
test_bad_binary (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (Client) client = client_open (f->port, NULL);
      g_autofree char *id = client_join (client, "");

      if (i == 0)
        client_send_binary (client, "x", 1);
      else if (i == 1)
        client_send_burst (client, "52-[\"x\",{\"_placeholder\":true,\"num\":0}]", "2[\"x\"]",
                           NULL);
      else
        {
          client_send (client, i == 2 ? "51-[\"x\",{\"_placeholder\":true,\"num\":1}]"
                                      : "511-[\"x\",{\"_placeholder\":true,\"num\":1}]");
          client_send_binary (client, "x", 1);
        }
      client_expect_closed (client);
      g_assert_true (g_str_has_prefix (f->log->str, "error "));
      g_string_truncate (f->log, 0);
    }
}

static void
test_connect_timeout (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) idle = NULL;
  g_autoptr (Client) busy = NULL;
  g_autofree char *id = NULL;
  gint64 start = g_get_monotonic_time ();

  sio_server_set_connect_timeout (f->server, 100);
  idle = client_open (f->port, NULL);
  busy = client_open (f->port, NULL);
  id = client_join (busy, "");
  client_send (busy, "1");
  client_expect_closed (idle);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 100 * 1000);
  client_expect_nothing (busy);
}

static void
accept_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (sio_socket_is_connected (socket));
  g_string_append (f->log, "asked; ");
  sio_middleware_accept (task);
}

static void
reject_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_autoptr (JsonNode) node = json_from_string ("{\"code\":[1,\"x\"]}", NULL);

  sio_socket_join (socket, "room");
  sio_middleware_reject (task, "not \"you\"", node);
}

static void
reject_plainly_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "no database");
}

static void
forget_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
}

static void
keep_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  Fixture *f = user_data;

  sio_socket_join (socket, "early");
  g_set_object (&f->task, task);
}

static void
destroy_cb (gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append (f->log, "destroyed; ");
}

static void
test_middleware_reject (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;
  guint first = sio_namespace_use (f->chat, accept_cb, f, destroy_cb);
  guint second = sio_namespace_use (f->chat, reject_cb, f, NULL);

  client_send (client, "0/chat,");
  client_expect (client, "4/chat,{\"message\":\"not \\\"you\\\"\",\"data\":{\"code\":[1,\"x\"]}}");
  assert_log (f, "asked; ");
  g_assert_cmpuint (sio_adapter_get_room_size (sio_namespace_get_adapter (f->chat), "room"), ==, 0);

  sio_namespace_unuse (f->chat, second);
  second = sio_namespace_use (f->chat, reject_plainly_cb, f, NULL);
  client_send (client, "0/chat,");
  client_expect (client, "4/chat,{\"message\":\"no database\"}");
  sio_namespace_unuse (f->chat, second);

  second = sio_namespace_use (f->chat, forget_cb, f, NULL);
  expect_warning ("*without an answer");
  client_send (client, "0/chat,");
  client_expect (client, "4/chat,{\"message\":\"Internal error\"}");
  assert_warned ();
  sio_namespace_unuse (f->chat, second);

  g_string_truncate (f->log, 0);
  id = client_join (client, "/chat,");
  sio_namespace_unuse (f->chat, first);
  assert_log (f, "asked; destroyed; ");
}

static void
test_middleware_later (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *reply = NULL;
  SioAdapter *adapter = sio_namespace_get_adapter (f->chat);

  sio_namespace_use (f->chat, keep_cb, f, NULL);
  sio_namespace_use (f->chat, accept_cb, f, NULL);
  client_send (client, "0/chat,");
  WAIT_FOR (f->task != NULL);
  /* Official clients send it twice when asked to open twice. */
  client_send (client, "0/chat,");
  client_expect_nothing (client);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->chat), ==, 0);
  g_assert_cmpuint (sio_adapter_get_room_size (adapter, "early"), ==, 1);
  sio_namespace_emit (f->chat, "too early", NULL);
  sio_broadcast_emit (sio_namespace_to (f->chat, "early"), "too early", NULL);

  sio_middleware_accept (f->task);
  reply = client_receive (client);
  g_assert_true (g_str_has_prefix (reply, "0/chat,{\"sid\":\""));
  sio_broadcast_emit (sio_namespace_to (f->chat, "early"), "now", NULL);
  client_expect (client, "2/chat,[\"now\"]");
  assert_log (f, "asked; ");
}

static void
test_middleware_gone (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) other = client_open (f->port, NULL);
  SioAdapter *adapter = sio_namespace_get_adapter (f->chat);

  sio_namespace_use (f->chat, keep_cb, f, NULL);
  client_send (client, "0/chat,");
  WAIT_FOR (f->task != NULL);
  client_drop (client);
  WAIT_FOR (g_cancellable_is_cancelled (g_task_get_cancellable (f->task)));
  g_assert_cmpuint (sio_adapter_get_room_size (adapter, "early"), ==, 0);
  sio_middleware_accept (f->task);
  client_expect_nothing (other);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->chat), ==, 0);
  g_clear_object (&f->task);

  /* An event before the end of CONNECT is a violation. */
  client_send (other, "0/chat,");
  client_send (other, "2/chat,[\"echo\"]");
  client_expect_closed (other);
  assert_log (f, "");
  g_assert_nonnull (f->task);
  sio_middleware_reject (f->task, "too late", NULL);
  wait_a_bit ();
}

static void
close_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Fixture *f = user_data;

  sio_socket_close (socket, sio_args_get_boolean (sio_message_get_args (message), 0));
  sio_socket_emit (socket, "late", NULL);
  sio_message_reply (message, NULL);
  g_clear_object (&f->socket);
}

static void
test_close_in_handler (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *again = NULL;

  sio_namespace_on (f->root, "close", close_cb, f, NULL);
  client_send_burst (client, "21[\"close\",false]", "2[\"echo\"]", NULL);
  client_expect (client, "1");
  client_expect_nothing (client);
  again = client_join (client, "");
  client_send_burst (client, "21[\"close\",true]", "2[\"echo\"]", NULL);
  client_expect (client, "1");
  client_expect_closed (client);
}

static void
close_at_once_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  sio_socket_emit (socket, "bye", NULL);
  sio_socket_close (socket, TRUE);
}

static void
test_close_in_connection (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;

  g_signal_connect (f->chat, "connection", G_CALLBACK (close_at_once_cb), NULL);
  id = client_join (client, "/chat,");
  client_expect (client, "2/chat,[\"bye\"]");
  client_expect (client, "1/chat,");
  client_expect_closed (client);
}

/* One request of a polling client; @body NULL: a GET. Returns the text of the answer. */
static char *
poll_once (Fixture *f, SoupSession *http, const char *sid, const char *body)
{
  g_autofree char *path = g_strconcat ("/socket.io/?EIO=4&transport=polling", sid, NULL);

  return http_fetch (http, f->port, path, body, NULL);
}

static void
test_forced_server_close (Fixture *f, gconstpointer data)
{
  g_autoptr (SoupSession) http = soup_session_new ();
  g_autofree char *open = poll_once (f, http, "", NULL);
  const char *start = strstr (open, "\"sid\":\"");
  g_autofree char *sid = NULL;
  g_autofree char *ok = NULL;
  g_autofree char *reply = NULL;
  g_autofree char *end = NULL;

  g_assert_nonnull (start);
  sid = g_strdup_printf ("&sid=%.20s", start + 7);
  ok = poll_once (f, http, sid, "40");
  g_assert_cmpstr (ok, ==, "ok");
  reply = poll_once (f, http, sid, NULL);
  g_assert_true (g_str_has_prefix (reply, "40{\"sid\":\""));

  /* No GET is held, so that the session cannot be closed yet: protocol.md §3.4 */
  g_free (g_steal_pointer (&ok));
  ok = poll_once (f, http, sid,
                  "42/chat,[\"echo\"]\x1e"
                  "42[\"echo\"]");
  assert_log (f, "disconnecting / (forced server close) 2+; "
                 "disconnected / (forced server close) 0-; ");
  end = poll_once (f, http, sid, NULL);
  g_assert_cmpstr (end, ==,
                   "6\x1e"
                   "1");
}

static void
tell_others_cb (SioSocket *socket, const char *reason, const char *description, Fixture *f)
{
  /* A broadcast within the one that ended this session. */
  sio_broadcast_emit (sio_broadcast_to (sio_socket_to (socket, "room"), "other"), "left", NULL);
}

static void
test_slow_client (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) slow = NULL;
  g_autoptr (Client) quick = NULL;
  g_autofree char *slow_id = NULL;
  g_autofree char *quick_id = NULL;
  g_autofree char *text = g_strnfill (50000, 'x');
  g_autofree char *expected = g_strdup_printf ("2[\"big\",\"%s\"]", text);
  SioSocket *socket;
  gboolean left = FALSE;

  sio_engine_set_max_buffered_bytes (sio_server_get_engine (f->server), 100000);
  quick = client_open (f->port, NULL);
  quick_id = client_join (quick, "");
  sio_socket_join (f->socket, "other");
  slow = client_open (f->port, NULL);
  slow_id = client_join (slow, "");
  socket = g_object_ref (f->socket);
  g_signal_connect (socket, "disconnecting", G_CALLBACK (tell_others_cb), f);

  while (sio_socket_is_connected (socket))
    {
      g_autoptr (SioArgs) args = sio_args_new ("s", text);

      sio_broadcast_emit (sio_broadcast_to (sio_namespace_to (f->root, "room"), "other"), "big",
                          g_steal_pointer (&args));
      while (!left)
        {
          g_autofree char *message = client_receive (quick);

          if (g_str_equal (message, expected))
            break;
          g_assert_cmpstr (message, ==, "2[\"left\"]");
          left = TRUE;
        }
    }
  if (!left)
    client_expect (quick, "2[\"left\"]");
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->root), ==, 1);
  g_object_unref (socket);
}

#define ADD(name, func) g_test_add ("/server/server/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Servers and raw clients: connecting, events, middlewares, ends and violations");

  ADD ("namespaces", test_namespaces);
  ADD ("connect", test_connect);
  ADD ("events", test_events);
  ADD ("emit", test_emit);
  ADD ("too-many-attachments", test_too_many_attachments);
  ADD ("invalid-namespace", test_invalid_namespace);
  ADD ("client-leaves", test_client_leaves);
  ADD ("leave-and-join", test_leave_and_join);
  ADD ("server-closes-socket", test_server_closes_socket);
  ADD ("server-closes-connection", test_server_closes_connection);
  ADD ("transport-close", test_transport_close);
  ADD ("shutdown", test_shutdown);
  ADD ("drop-server", test_drop_server);
  ADD ("violations", test_violations);
  ADD ("bad-binary", test_bad_binary);
  ADD ("connect-timeout", test_connect_timeout);
  ADD ("middleware-reject", test_middleware_reject);
  ADD ("middleware-later", test_middleware_later);
  ADD ("middleware-gone", test_middleware_gone);
  ADD ("close-in-handler", test_close_in_handler);
  ADD ("close-in-connection", test_close_in_connection);
  ADD ("forced-server-close", test_forced_server_close);
  ADD ("slow-client", test_slow_client);
  return g_test_run ();
}
