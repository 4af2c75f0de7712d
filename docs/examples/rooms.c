/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chat with rooms: join, say, ask everybody in a room and collect the answers. Who loses the
 * connection gets back into the rooms, also after a restart. */
#include <glib-unix.h>
#include <sio.h>

static GMainLoop *loop;
static SioServer *server;
static GFile *sessions;

static void
authenticate (SioNamespace *chat, SioSocket *socket, GTask *task, gpointer user_data)
{
  JsonNode *auth = sio_handshake_get_auth (sio_socket_get_handshake (socket));
  const char *name = NULL;

  if (auth != NULL)
    name = json_object_get_string_member_with_default (json_node_get_object (auth), "name", NULL);
  if (name == NULL)
    {
      sio_middleware_reject (task, "tell your name in auth", NULL);
      return;
    }
  sio_socket_set_data (socket, auth);
  sio_middleware_accept (task);
}

static const char *
name_of (SioSocket *socket)
{
  return json_object_get_string_member (json_node_get_object (sio_socket_get_data (socket)),
                                        "name");
}

static void
on_join (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioNamespace *chat = sio_socket_get_namespace (socket);
  const char *name = sio_args_get_string (sio_message_get_args (message), 0);
  g_autoptr (SioRoom) room = NULL;

  if (name == NULL)
    return; /* it was no string */
  room = sio_namespace_get_room (chat, name);
  sio_socket_join (socket, name);
  sio_broadcast_emit (sio_socket_to (socket, name), "joined",
                      sio_args_new ("ss", name, name_of (socket)));
  sio_message_reply (message, sio_args_new ("u", sio_room_get_n_members (room)));
}

static void
on_say (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  const char *room = sio_args_get_string (args, 0);
  const char *text = sio_args_get_string (args, 1);

  if (room == NULL || text == NULL)
    return;
  sio_broadcast_emit (sio_socket_to (socket, room), "said",
                      sio_args_new ("sss", room, name_of (socket), text));
  sio_message_reply (message, NULL);
}

static void
on_answers (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioMessage) message = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioResponses) responses =
      sio_broadcast_emit_with_ack_finish (SIO_BROADCAST (source), result, &error);
  GVariantBuilder answers;

  if (responses == NULL)
    {
      g_printerr ("%s\n", error->message);
      return;
    }
  g_variant_builder_init (&answers, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < sio_responses_get_length (responses); i++)
    {
      const char *answer = sio_args_get_string (sio_responses_get_args (responses, i), 0);

      g_variant_builder_add (&answers, "s", answer != NULL ? answer : "");
    }
  sio_message_reply (message,
                     sio_args_new ("asb", &answers, sio_responses_is_complete (responses)));
}

static void
on_ask (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  const char *room = sio_args_get_string (args, 0);

  if (room == NULL)
    return;
  sio_broadcast_emit_with_ack_async (sio_socket_to (socket, room), "question",
                                     sio_args_slice (args, 1), 5000, NULL, on_answers,
                                     sio_message_ref (message));
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!sio_recovery_save_finish (SIO_RECOVERY (source), result, NULL, &error))
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  sio_recovery_save_async (sio_server_get_recovery (server), sessions, NULL, on_saved, NULL);
}

static gboolean
on_sigterm (gpointer user_data)
{
  sio_server_close_async (server, NULL, on_closed, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!sio_recovery_load_finish (SIO_RECOVERY (source), result, NULL, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_printerr ("%s\n", error->message);
  g_clear_error (&error);
  if (!sio_server_listen (server, "tcp:localhost:3000", &error))
    g_error ("%s", error->message);
}

int
main (void)
{
  const char *directory = g_getenv ("STATE_DIRECTORY");
  SioRecovery *recovery;
  SioNamespace *chat;

  loop = g_main_loop_new (NULL, FALSE);
  server = sio_server_new ();
  sessions =
      g_file_new_build_filename (directory != NULL ? directory : ".", "rooms.sessions", NULL);
  chat = sio_server_of (server, "/chat");
  sio_namespace_use (chat, authenticate, NULL, NULL);
  sio_namespace_on (chat, "join", on_join, NULL, NULL);
  sio_namespace_on (chat, "say", on_say, NULL, NULL);
  sio_namespace_on (chat, "ask", on_ask, NULL, NULL);
  g_unix_signal_add (SIGTERM, on_sigterm, NULL);

  recovery = sio_server_get_recovery (server);
  sio_recovery_set_enabled (recovery, TRUE);
  sio_recovery_load_async (recovery, sessions, NULL, on_loaded, NULL);
  g_main_loop_run (loop);
  g_clear_object (&server);
  g_clear_object (&sessions);
  g_main_loop_unref (loop);
  return 0;
}
