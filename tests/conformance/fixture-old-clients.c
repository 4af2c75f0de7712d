/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* A server that clients of Socket.IO 2, 3 and 4 meet at. */

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  if (sio_message_wants_reply (message))
    sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
  else
    sio_socket_emit_message (socket, "echo", message);
}

static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioSocket *socket = SIO_SOCKET (source);
  g_autoptr (SioArgs) args = sio_socket_emit_with_ack_finish (socket, result, NULL);

  if (args != NULL)
    sio_socket_emit (socket, "answer", g_steal_pointer (&args));
}

/* Asks back, and tells what the answer was. */
static void
ask_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_with_ack_async (socket, "question", sio_args_ref (sio_message_get_args (message)),
                                  0, NULL, answer_cb, NULL);
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = sio_args_get_string (sio_message_get_args (message), 0);

  if (room != NULL)
    sio_socket_join (socket, room);
  sio_message_reply (message, NULL);
}

/* (room, ...): to all others in it */
static void
say_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  const char *room = sio_args_get_string (args, 0);
  SioBroadcast *broadcast = sio_socket_to (socket, room != NULL ? room : "");

  sio_broadcast_emit (broadcast, "said", sio_args_slice (args, 1));
}

static void
who_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioSession *session = sio_socket_get_session (socket);
  gboolean polls = sio_session_get_transport (session) == SIO_TRANSPORT_POLLING;
  g_autofree char *json = g_strdup_printf (
      "[{\"id\":\"%s\",\"protocol\":%u,\"transport\":\"%s\"}]", sio_socket_get_id (socket),
      sio_session_get_protocol (session), polls ? "polling" : "websocket");

  sio_message_reply (message, sio_args_new_from_json (json, -1, NULL));
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_close (socket, FALSE);
}

static void
cut_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_close (socket, TRUE);
}

/* Those in "/watch" hear who went, and why. */
static void
disconnected_cb (SioSocket *socket,
                 const char *reason,
                 const char *description,
                 SioNamespace *watch)
{
  g_autofree char *json = g_strdup_printf ("[\"%s\",\"%s\"]", sio_socket_get_id (socket), reason);

  sio_namespace_emit (watch, "gone", sio_args_new_from_json (json, -1, NULL));
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  const char *auth = sio_handshake_get_auth_json (sio_socket_get_handshake (socket));
  g_autofree char *json = g_strdup_printf ("[%s]", auth);

  sio_socket_emit (socket, "auth", sio_args_new_from_json (json, -1, NULL));
  g_signal_connect (socket, "disconnected", G_CALLBACK (disconnected_cb), user_data);
}

static void
serve (SioNamespace *ns, SioNamespace *watch)
{
  sio_namespace_on (ns, "echo", echo_cb, NULL, NULL);
  sio_namespace_on (ns, "ask", ask_cb, NULL, NULL);
  sio_namespace_on (ns, "join", join_cb, NULL, NULL);
  sio_namespace_on (ns, "say", say_cb, NULL, NULL);
  sio_namespace_on (ns, "who", who_cb, NULL, NULL);
  sio_namespace_on (ns, "leave me", leave_cb, NULL, NULL);
  sio_namespace_on (ns, "cut me", cut_cb, NULL, NULL);
  g_signal_connect (ns, "connection", G_CALLBACK (connection_cb), watch);
}

static void
root_middleware_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_autofree char *fail = sio_handshake_dup_query_value (sio_socket_get_handshake (socket), "fail");

  if (fail != NULL)
    sio_middleware_reject (task, "not here", NULL);
  else
    sio_middleware_accept (task);
}

/* @user_data: JSON, or NULL */
static void
refuse_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_autoptr (JsonNode) data = user_data != NULL ? json_from_string (user_data, NULL) : NULL;

  sio_middleware_reject (task, "no", data);
}

SioServer *
fixture_old_clients_start (void)
{
  SioServer *server = sio_server_new ();
  SioEngine *engine = sio_server_get_engine (server);
  SioNamespace *watch = sio_server_of (server, "/watch");

  sio_engine_set_allow_eio3 (engine, TRUE);
  sio_engine_set_ping_interval (engine, 300);
  sio_engine_set_ping_timeout (engine, 200);
  sio_server_set_connect_timeout (server, 1000);
  serve (sio_server_of (server, "/"), watch);
  serve (sio_server_of (server, "/adm"), watch);
  sio_namespace_use (sio_server_of (server, "/"), root_middleware_cb, NULL, NULL);
  sio_namespace_use (sio_server_of (server, "/deny"), refuse_cb, NULL, NULL);
  sio_namespace_use (sio_server_of (server, "/deny2"), refuse_cb, (gpointer) "{\"c\":1}", NULL);
  sio_namespace_use (sio_server_of (server, "/deny3"), refuse_cb, (gpointer) "0", NULL);
  return server;
}
