/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* Plain WebSocket clients next to those of Socket.IO: the same handlers and rooms for both. */

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

static void
answer_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = sio_args_get_string (sio_message_get_args (message), 0);

  if (room != NULL)
    sio_socket_join (socket, room);
  sio_message_reply (message, NULL);
}

static void
say_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_broadcast_emit_message (sio_socket_to (socket, "room"), "said", message);
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioMessage) message = user_data;
  g_autoptr (SioArgs) answer = sio_socket_emit_with_ack_finish (SIO_SOCKET (source), result, NULL);

  sio_message_reply (message, g_steal_pointer (&answer));
}

static void
ask_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_with_ack_async (socket, "question", sio_args_ref (sio_message_get_args (message)),
                                  5000, NULL, asked_cb, sio_message_ref (message));
}

static void
auth_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (
      message, sio_args_new_from_node (sio_handshake_get_auth (sio_socket_get_handshake (socket))));
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_close (socket, FALSE);
}

static gboolean
admit_cb (gpointer user_data)
{
  GTask *task = user_data;
  SioSocket *socket = g_object_get_data (G_OBJECT (task), "socket");
  JsonNode *auth = sio_handshake_get_auth (sio_socket_get_handshake (socket));

  if (g_strcmp0 (
          json_object_get_string_member_with_default (json_node_get_object (auth), "token", NULL),
          "good") == 0)
    sio_middleware_accept (task);
  else
    sio_middleware_reject (task, "bad token", NULL);
  g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
authenticate (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_object_set_data_full (G_OBJECT (task), "socket", g_object_ref (socket), g_object_unref);
  g_timeout_add (50, admit_cb, g_object_ref (task));
}

static void
add_handlers (SioNamespace *ns)
{
  sio_namespace_on (ns, "echo", echo_cb, NULL, NULL);
  sio_namespace_on (ns, "answer", answer_cb, NULL, NULL);
  sio_namespace_on (ns, "join", join_cb, NULL, NULL);
  sio_namespace_on (ns, "say", say_cb, NULL, NULL);
  sio_namespace_on (ns, "ask", ask_cb, NULL, NULL);
  sio_namespace_on (ns, "auth", auth_cb, NULL, NULL);
  sio_namespace_on (ns, "leave", leave_cb, NULL, NULL);
}

SioServer *
fixture_plain_start (void)
{
  SioServer *server = sio_server_new ();
  SioEngine *engine = sio_server_get_engine (server);

  sio_engine_set_ping_interval (engine, 300);
  sio_engine_set_ping_timeout (engine, 200);
  sio_engine_set_max_payload (engine, 100000);
  sio_recovery_set_enabled (sio_server_get_recovery (server), TRUE);
  sio_server_set_websocket_path (server, "/ws");
  add_handlers (sio_server_of (server, "/"));
  add_handlers (sio_server_of (server, "/chat"));
  add_handlers (sio_server_of (server, "/private"));
  sio_namespace_use (sio_server_of (server, "/private"), authenticate, NULL, NULL);
  return server;
}
