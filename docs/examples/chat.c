/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sio.h>

static void
on_say (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_broadcast_emit_message (sio_socket_to (socket, "lobby"), "said", message);
  sio_message_reply (message, NULL);
}

static void
on_connection (SioNamespace *chat, SioSocket *socket, gpointer user_data)
{
  sio_socket_join (socket, "lobby");
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SioServer) server = sio_server_new ();
  g_autoptr (GError) error = NULL;
  SioNamespace *chat = sio_server_of (server, "/chat");

  g_signal_connect (chat, "connection", G_CALLBACK (on_connection), NULL);
  sio_namespace_on (chat, "say", on_say, NULL, NULL);
  if (!sio_server_listen (server, "tcp:localhost:3000", &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_main_loop_run (loop);
}
