/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <sio.h>
#include <sys/resource.h>

/* The server that is measured: what the Node peer does, in C. No authentication, no limit. */

static int option_port = 3000;
static gboolean option_deflate;
static gboolean option_recovery;
static int option_ping_interval;

static const GOptionEntry entries[] = {
  { "port", 'p', 0, G_OPTION_ARG_INT, &option_port, "Port, 0 lets the system choose", "N" },
  { "deflate", 'z', 0, G_OPTION_ARG_NONE, &option_deflate, "Compress WebSocket messages", NULL },
  { "recovery", 0, 0, G_OPTION_ARG_NONE, &option_recovery, "Keep what clients may miss", NULL },
  { "ping-interval", 0, 0, G_OPTION_ARG_INT, &option_ping_interval,
    "Time between two heartbeats in ms", "N" },
  { NULL }
};

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

static void
ack_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

static void
bcast_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_namespace_emit_message (sio_socket_get_namespace (socket), "bcast", message);
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
room_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  const char *room = sio_args_get_string (args, 0);

  if (room != NULL)
    sio_broadcast_emit (sio_socket_to (socket, room), "room", sio_args_slice (args, 1));
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SioServer) server = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *address = NULL;
  g_auto (GStrv) addresses = NULL;
  g_autoptr (GUri) uri = NULL;
  SioNamespace *ns;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("bench-server: %s\n", error->message);
      return 2;
    }
  raise_descriptor_limit ();

  server = sio_server_new ();
  sio_recovery_set_enabled (sio_server_get_recovery (server), option_recovery);
  sio_engine_set_per_message_deflate (sio_server_get_engine (server), option_deflate);
  if (option_ping_interval > 0)
    g_object_set (sio_server_get_engine (server), "ping-interval", (guint) option_ping_interval,
                  NULL);
  ns = sio_server_of (server, "/");
  sio_namespace_on (ns, "echo", echo_cb, NULL, NULL);
  sio_namespace_on (ns, "ack", ack_cb, NULL, NULL);
  sio_namespace_on (ns, "bcast", bcast_cb, NULL, NULL);
  sio_namespace_on (ns, "join", join_cb, NULL, NULL);
  sio_namespace_on (ns, "room", room_cb, NULL, NULL);

  address = g_strdup_printf ("tcp:*:%d", option_port);
  if (!sio_server_listen (server, address, &error))
    {
      g_printerr ("bench-server: %s\n", error->message);
      return 1;
    }
  addresses = sio_engine_list_addresses (sio_server_get_engine (server));
  uri = g_uri_parse (addresses[0], G_URI_FLAGS_NONE, NULL);
  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_unix_signal_add (SIGINT, quit_cb, loop);
  g_print ("listening on %d\n", g_uri_get_port (uri));
  g_main_loop_run (loop);
  return 0;
}
