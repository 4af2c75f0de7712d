/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "fixtures.h"

/* For the suite on recovery. SIO_RECOVERY_FILE names a file in which sessions outlive the
 * process, SIO_RECOVERY is a list of NAME=NUMBER, properties of SioRecovery. Clients control it
 * by events. */

static SioArgs *args_printf (const char *format, ...) G_GNUC_PRINTF (1, 2);

static SioArgs *
args_printf (const char *format, ...)
{
  g_autofree char *json = NULL;
  va_list ap;

  va_start (ap, format);
  json = g_strdup_vprintf (format, ap);
  va_end (ap);
  return sio_args_new_from_json (json, -1, NULL);
}

static SioRecovery *
recovery_of (SioSocket *socket)
{
  return sio_server_get_recovery (sio_namespace_get_server (sio_socket_get_namespace (socket)));
}

/* Tells how the server sees the client, in an event without an offset. */
static void
whoami_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);
  JsonNode *data = sio_socket_get_data (socket);
  g_autofree char *text = data != NULL ? json_node_dup_string (data) : NULL;
  g_autofree char *list = g_strjoinv ("\",\"", rooms);

  sio_message_reply (message, args_printf ("[{\"id\":\"%s\",\"recovered\":%s,\"rooms\":[\"%s\"],"
                                           "\"data\":\"%s\"}]",
                                           sio_socket_get_id (socket),
                                           sio_socket_is_recovered (socket) ? "true" : "false",
                                           list, text != NULL ? text : ""));
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_join (socket, sio_args_get_string (sio_message_get_args (message), 0));
  sio_message_reply (message, NULL);
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_leave (socket, sio_args_get_string (sio_message_get_args (message), 0));
  sio_message_reply (message, NULL);
}

static void
set_data_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (JsonNode) node = json_node_alloc ();

  json_node_init_string (node, sio_args_get_string (sio_message_get_args (message), 0));
  sio_socket_set_data (socket, node);
  sio_message_reply (message, NULL);
}

/* room, event, rest of the arguments */
static void
say_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  const char *room = sio_args_get_string (args, 0);
  const char *event = sio_args_get_string (args, 1);
  SioNamespace *ns = sio_socket_get_namespace (socket);
  SioArgs *rest = sio_args_slice (args, 2);

  if (*room != '\0')
    sio_broadcast_emit (sio_namespace_to (ns, room), event, rest);
  else
    sio_namespace_emit (ns, event, rest);
  sio_message_reply (message, NULL);
}

/* to all but a room */
static void
say_except_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);

  sio_broadcast_emit (
      sio_namespace_except (sio_socket_get_namespace (socket), sio_args_get_string (args, 0)),
      sio_args_get_string (args, 1), sio_args_slice (args, 2));
  sio_message_reply (message, NULL);
}

static void
say_volatile_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);

  sio_namespace_emit_full (sio_socket_get_namespace (socket), sio_args_get_string (args, 0),
                           sio_args_slice (args, 1), SIO_EMIT_VOLATILE);
  sio_message_reply (message, NULL);
}

/* N numbered events, a few to each room in turn. */
static void
burst_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  static guint number;
  SioArgs *args = sio_message_get_args (message);
  gint64 n = sio_args_get_int64 (args, 0);

  for (gint64 i = 0; i < n; i++)
    sio_namespace_emit (sio_socket_get_namespace (socket), "n", args_printf ("[%u]", number++));
  sio_message_reply (message, args_printf ("[%u]", number));
}

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

static void
counters_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioRecovery *recovery = recovery_of (socket);
  GString *json = g_string_new ("[{");

  g_string_append_printf (json, "\"recovered\":%" G_GUINT64_FORMAT,
                          sio_recovery_get_n_recovered (recovery));
  g_string_append_printf (json, ",\"replayed\":%" G_GUINT64_FORMAT,
                          sio_recovery_get_n_replayed (recovery));
  for (guint i = SIO_RECOVERY_ERROR_DISABLED; i <= SIO_RECOVERY_ERROR_FAILED; i++)
    g_string_append_printf (json, ",\"%u\":%" G_GUINT64_FORMAT, i,
                            sio_recovery_get_n_refused (recovery, i));
  g_string_append (json, "}]");
  sio_message_reply (message, sio_args_new_from_json (json->str, -1, NULL));
  g_string_free (json, TRUE);
}

/* Ends connections from this side, also that of another socket. */
static void
cut_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioSocket *other = sio_namespace_get_socket (
      sio_socket_get_namespace (socket), sio_args_get_string (sio_message_get_args (message), 0));

  if (other != NULL)
    sio_session_close (sio_socket_get_session (other));
}

static void
kick_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_close (socket, FALSE);
}

static void
count_middleware (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  guint *n = user_data;

  (*n)++;
  sio_middleware_accept (task);
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  guint *n = user_data;

  if (!sio_socket_is_recovered (socket))
    sio_socket_join (socket, "lobby");
  sio_socket_emit (
      socket, "welcome",
      args_printf ("[%s,%u]", sio_socket_is_recovered (socket) ? "true" : "false", *n));
}

static SioServer *the_server;

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!sio_recovery_save_finish (SIO_RECOVERY (source), result, NULL, &error))
    g_printerr ("conformance-server: %s\n", error->message);
  g_main_loop_quit (user_data);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_getenv ("SIO_RECOVERY_FILE"));

  sio_server_close_finish (SIO_SERVER (source), result, NULL);
  sio_recovery_save_async (sio_server_get_recovery (the_server), file, NULL, saved_cb, user_data);
}

gboolean
fixture_recovery_quit (GMainLoop *loop)
{
  if (the_server == NULL || g_getenv ("SIO_RECOVERY_FILE") == NULL)
    return FALSE;
  sio_server_close_async (the_server, NULL, closed_cb, loop);
  return TRUE;
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  if (!sio_recovery_load_finish (SIO_RECOVERY (source), result, &n, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_printerr ("conformance-server: %s\n", error->message);
  g_printerr ("loaded %u\n", n);
  *(gboolean *) user_data = TRUE;
}

static void
configure (SioRecovery *recovery)
{
  const char *settings = g_getenv ("SIO_RECOVERY");
  g_auto (GStrv) list = g_strsplit (settings != NULL ? settings : "", ",", -1);

  sio_recovery_set_enabled (recovery, TRUE);
  for (guint i = 0; list[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (list[i], "=", 2);

      if (pair[0] != NULL && pair[1] != NULL)
        {
          g_auto (GValue) value = G_VALUE_INIT;

          g_value_init (&value, G_TYPE_INT);
          g_value_set_int (&value, atoi (pair[1]));
          if (g_str_equal (pair[0], "skip-middlewares") || g_str_equal (pair[0], "enabled"))
            g_object_set (recovery, pair[0], atoi (pair[1]) != 0, NULL);
          else
            g_object_set_property (G_OBJECT (recovery), pair[0], &value);
        }
    }
}

SioServer *
fixture_recovery_start (void)
{
  static guint n_asked;
  SioServer *server = the_server = sio_server_new ();
  SioNamespace *names[] = { sio_server_of (server, "/"), sio_server_of (server, "/other") };
  SioEngine *engine = sio_server_get_engine (server);
  const char *path = g_getenv ("SIO_RECOVERY_FILE");
  static const struct
  {
    const char *event;
    SioEventFunc func;
  } handlers[] = {
    { "whoami", whoami_cb },
    { "join", join_cb },
    { "leave", leave_cb },
    { "set data", set_data_cb },
    { "say", say_cb },
    { "say except", say_except_cb },
    { "say volatile", say_volatile_cb },
    { "burst", burst_cb },
    { "echo", echo_cb },
    { "counters", counters_cb },
    { "cut", cut_cb },
    { "kick", kick_cb },
  };

  if (g_getenv ("SIO_PING") != NULL)
    {
      sio_engine_set_ping_interval (engine, (guint) atoi (g_getenv ("SIO_PING")));
      sio_engine_set_ping_timeout (engine, (guint) atoi (g_getenv ("SIO_PING")));
    }
  configure (sio_server_get_recovery (server));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      sio_namespace_use (names[i], count_middleware, &n_asked, NULL);
      g_signal_connect (names[i], "connection", G_CALLBACK (connection_cb), &n_asked);
      for (guint j = 0; j < G_N_ELEMENTS (handlers); j++)
        sio_namespace_on (names[i], handlers[j].event, handlers[j].func, NULL, NULL);
    }
  if (path != NULL)
    {
      g_autoptr (GFile) file = g_file_new_for_path (path);
      gboolean done = FALSE;

      sio_recovery_load_async (sio_server_get_recovery (server), file, NULL, loaded_cb, &done);
      while (!done)
        g_main_context_iteration (NULL, TRUE);
    }
  return server;
}
