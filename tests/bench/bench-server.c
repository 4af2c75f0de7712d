/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <sio.h>
#include <sys/resource.h>

/* The server that is measured: what the Node peer does, in C. No authentication, no limit. */

static int option_port = 3000;
static gboolean option_deflate;
static gboolean option_recovery;
static int option_ping_interval;
static int option_max_per_address;
static double option_max_events;
static int option_max_buffered;
static char *option_policy;
static gboolean option_volatile;

static const GOptionEntry entries[] = {
  { "port", 'p', 0, G_OPTION_ARG_INT, &option_port, "Port, 0 lets the system choose", "N" },
  { "deflate", 'z', 0, G_OPTION_ARG_NONE, &option_deflate, "Compress WebSocket messages", NULL },
  { "recovery", 0, 0, G_OPTION_ARG_NONE, &option_recovery, "Keep what clients may miss", NULL },
  { "ping-interval", 0, 0, G_OPTION_ARG_INT, &option_ping_interval,
    "Time between two heartbeats in ms", "N" },
  { "max-per-address", 0, 0, G_OPTION_ARG_INT, &option_max_per_address,
    "Connections from one address", "N" },
  { "max-events", 0, 0, G_OPTION_ARG_DOUBLE, &option_max_events, "Events of a socket per second",
    "N" },
  { "max-buffered", 0, 0, G_OPTION_ARG_INT, &option_max_buffered,
    "Bytes that may wait for a client", "N" },
  { "slow-consumer-policy", 0, 0, G_OPTION_ARG_STRING, &option_policy,
    "close, drop-volatile or drop-oldest-volatile", "NAME" },
  { "volatile", 0, 0, G_OPTION_ARG_NONE, &option_volatile, "Broadcast volatile events", NULL },
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
  SioNamespace *ns = sio_socket_get_namespace (socket);

  if (option_volatile)
    sio_broadcast_emit_message (sio_namespace_volatile (ns), "bcast", message);
  else
    sio_namespace_emit_message (ns, "bcast", message);
}

static void
stats_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (user_data);

  sio_message_reply (message, sio_args_new ("xxxxx", (gint64) sio_stats_get_n_dropped (stats),
                                            (gint64) sio_stats_get_n_slow (stats),
                                            (gint64) sio_stats_get_n_limited (stats, NULL),
                                            (gint64) sio_stats_get_n_refused (stats, NULL),
                                            (gint64) sio_stats_get_buffered_bytes (stats)));
}

static gboolean
set_limits (SioServer *server)
{
  SioEngine *engine = sio_server_get_engine (server);
  g_autoptr (GEnumClass) policies = g_type_class_ref (SIO_TYPE_SLOW_CONSUMER_POLICY);
  GEnumValue *policy;

  sio_engine_set_max_connections_per_address (engine, (guint) option_max_per_address);
  sio_server_set_max_events_per_second (server, option_max_events);
  if (option_max_buffered > 0)
    sio_engine_set_max_buffered_bytes (engine, (guint64) option_max_buffered);
  if (option_policy == NULL)
    return TRUE;
  policy = g_enum_get_value_by_nick (policies, option_policy);
  if (policy == NULL)
    {
      g_printerr ("bench-server: no policy is called %s\n", option_policy);
      return FALSE;
    }
  sio_engine_set_slow_consumer_policy (engine, policy->value);
  return TRUE;
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
  if (!set_limits (server))
    return 2;
  ns = sio_server_of (server, "/");
  sio_namespace_on (ns, "stats", stats_cb, server, NULL);
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
