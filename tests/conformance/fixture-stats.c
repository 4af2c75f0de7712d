/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* All kinds of clients, and the server's statistics for whoever asks in "/stats". */

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_join (socket, "room");
  sio_message_reply (message, NULL);
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_close (socket, FALSE);
}

static void
stats_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (user_data);
  g_autoptr (GVariant) dict = g_variant_ref_sink (sio_stats_to_variant (stats));

  sio_message_reply (message, sio_args_new_from_variant (g_variant_new ("(@a{sv})", dict)));
}

static void
refuse (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  sio_middleware_reject (task, "no", NULL);
}

SioServer *
fixture_stats_start (void)
{
  SioServer *server = sio_server_new ();
  static const char *const names[] = { "/", "/chat" };

  sio_engine_set_ping_interval (sio_server_get_engine (server), 300);
  sio_engine_set_allow_eio3 (sio_server_get_engine (server), TRUE);
  sio_server_set_websocket_path (server, "/ws");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      SioNamespace *ns = sio_server_of (server, names[i]);

      sio_namespace_on (ns, "echo", echo_cb, NULL, NULL);
      sio_namespace_on (ns, "join", join_cb, NULL, NULL);
      sio_namespace_on (ns, "leave", leave_cb, NULL, NULL);
    }
  sio_namespace_use (sio_server_of (server, "/closed"), refuse, NULL, NULL);
  sio_namespace_on (sio_server_of (server, "/stats"), "stats", stats_cb, server, NULL);
  return server;
}
