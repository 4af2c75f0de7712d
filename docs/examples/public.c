/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chat for a public site behind a proxy: who may come, limits, compression, and plain WebSocket.
 */
#include <glib-unix.h>
#include <sio.h>

#define SITE "https://chat.example.org"

/* Browsers let each page of the web open WebSockets, and tell whose page it is. */
static void
check_origin (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  const char *origin = sio_request_get_header (request, "origin");

  g_task_return_boolean (task, origin == NULL || g_str_equal (origin, SITE));
}

static void
check_token (SioNamespace *chat, SioSocket *socket, GTask *task, gpointer user_data)
{
  JsonNode *auth = sio_handshake_get_auth (sio_socket_get_handshake (socket));
  const char *token = NULL;

  if (auth != NULL)
    token = json_object_get_string_member_with_default (json_node_get_object (auth), "token", NULL);
  if (g_strcmp0 (token, g_getenv ("CHAT_TOKEN")) == 0 && token != NULL)
    sio_middleware_accept (task);
  else
    sio_middleware_reject (task, "wrong token", NULL);
}

static void
on_say (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_broadcast_emit_message (sio_socket_broadcast (socket), "said", message);
  sio_message_reply (message, NULL);
}

static void
limit (SioServer *server)
{
  SioEngine *engine = sio_server_get_engine (server);

  sio_engine_set_max_payload (engine, 64 * 1024);
  sio_engine_set_max_buffered_bytes (engine, 1024 * 1024);
  sio_engine_set_max_connections (engine, 20000);
  sio_engine_set_request_timeout (engine, 10000);
  sio_server_set_max_depth (server, 16);
  sio_server_set_max_attachments (server, 0);
  /* In the long run 20 in a second, but 50 at once if it was silent. */
  sio_namespace_set_event_limit (sio_server_of (server, "/chat"), "say", 20, 50, 0);
}

static void
allow_site (SioEngine *engine)
{
  g_autoptr (SioCors) cors = sio_cors_new ();

  sio_cors_add_origin (cors, SITE);
  sio_cors_set_credentials (cors, TRUE);
  sio_engine_set_cors (engine, cors);
  sio_engine_set_allow_request (engine, check_origin, NULL, NULL);
}

static void
compress (SioEngine *engine)
{
  sio_engine_set_per_message_deflate (engine, TRUE);
  sio_engine_set_per_message_deflate_threshold (engine, 512);
  sio_engine_set_http_compression_threshold (engine, 512);
}

/* "kill -USR1" asks how it goes. */
static gboolean
print_stats (gpointer server)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (server);
  guint64 round_trip = sio_histogram_get_quantile (sio_stats_get_round_trips (stats), 0.99);

  g_print ("%u sockets, %u violations, p99 of round trips %.1f ms\n",
           sio_stats_get_n_sockets (stats, NULL), (guint) sio_stats_get_n_violations (stats),
           (double) round_trip / 1000);
  return G_SOURCE_CONTINUE;
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SioServer) server = sio_server_new ();
  g_autoptr (GError) error = NULL;
  SioNamespace *chat = sio_server_of (server, "/chat");

  limit (server);
  allow_site (sio_server_get_engine (server));
  compress (sio_server_get_engine (server));
  sio_server_set_websocket_path (server, "/ws");
  sio_namespace_use (chat, check_token, NULL, NULL);
  sio_namespace_on (chat, "say", on_say, NULL, NULL);
  g_unix_signal_add (SIGUSR1, print_stats, server);
  if (!sio_server_listen (server, "unix:/run/chat/chat.sock,mode=0660,group=www-data", &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_main_loop_run (loop);
}
