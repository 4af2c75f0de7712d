/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* Emits what the client sent as authentication, {} if nothing. */
static void
emit_auth_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  const char *auth = sio_handshake_get_auth_json (sio_socket_get_handshake (socket));
  g_autofree char *json = g_strdup_printf ("[%s]", auth != NULL ? auth : "{}");

  sio_socket_emit (socket, "auth", sio_args_new_from_json (json, -1, NULL));
}

static void
message_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "message-back", message);
}

static void
message_with_ack_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

SioServer *
fixture_socket_v5_start (void)
{
  SioServer *server = sio_server_new ();
  SioEngine *engine = sio_server_get_engine (server);
  SioNamespace *root = sio_server_of (server, "/");
  SioNamespace *custom = sio_server_of (server, "/custom");
  g_autoptr (SioCors) cors = sio_cors_new ();

  sio_cors_allow_any_origin (cors);
  sio_engine_set_cors (engine, cors);
  sio_engine_set_ping_interval (engine, 300);
  sio_engine_set_ping_timeout (engine, 200);
  sio_engine_set_max_payload (engine, 1000000);
  sio_server_set_connect_timeout (server, 1000);
  g_signal_connect (root, "connection", G_CALLBACK (emit_auth_cb), NULL);
  sio_namespace_on (root, "message", message_cb, NULL, NULL);
  sio_namespace_on (root, "message-with-ack", message_with_ack_cb, NULL, NULL);
  g_signal_connect (custom, "connection", G_CALLBACK (emit_auth_cb), NULL);
  return server;
}
