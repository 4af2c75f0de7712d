/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sio.h>

static void
on_said (SioClient *client, SioMessage *message, gpointer user_data)
{
  g_print ("%s\n", sio_args_get_string (sio_message_get_args (message), 0));
}

static void
on_state (SioClient *client, GParamSpec *pspec, gpointer user_data)
{
  if (sio_client_get_state (client) == SIO_CLIENT_RECONNECTING)
    g_print ("no connection\n");
}

static void
on_error (SioClient *client, const GError *error, JsonNode *data, gpointer user_data)
{
  g_printerr ("%s\n", error->message);
}

static void
get_token (SioClient *client, GTask *task, gpointer user_data)
{
  g_autoptr (JsonNode) auth = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (auth, json_object_new ());
  json_object_set_string_member (json_node_get_object (auth), "token", "secret");
  sio_auth_return (task, auth);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);

  g_print ("%s\n", args != NULL ? "delivered" : error->message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SioClient) client = sio_client_new (argc > 1 ? argv[1] : "http://localhost:3000/chat");

  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (client, "connect-error", G_CALLBACK (on_error), NULL);
  sio_client_set_auth_func (client, get_token, NULL, NULL);
  sio_client_on (client, "said", on_said, NULL, NULL);
  sio_client_open (client);

  /* Kept until there is a connection. */
  sio_client_emit_with_ack_async (client, "say", sio_args_new ("s", "hello"), 5000, NULL, on_answer,
                                  NULL);
  g_main_loop_run (loop);
}
