/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window that serves a chat and shows who is in its lobby. Closing it closes the server. */
#include <adwaita.h>
#include <sio.h>

static SioServer *server;

static void
on_connection (SioNamespace *chat, SioSocket *socket, gpointer user_data)
{
  sio_socket_join (socket, "lobby");
}

static void
on_call (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_set_data (socket, sio_args_get_node (sio_message_get_args (message), 0));
  sio_message_reply (message, NULL);
}

/* What a row shows of a socket: the name its client told, or the id. */
static char *
describe (GtkListItem *item, JsonNode *data, const char *id)
{
  if (data != NULL && JSON_NODE_HOLDS_VALUE (data) && json_node_get_string (data) != NULL)
    return g_strdup (json_node_get_string (data));
  return g_strdup (id);
}

static void
setup_row (GtkListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkExpression *socket = gtk_property_expression_new (
      GTK_TYPE_LIST_ITEM, gtk_constant_expression_new (GTK_TYPE_LIST_ITEM, item), "item");
  GtkExpression *parts[] = {
    gtk_property_expression_new (SIO_TYPE_SOCKET, gtk_expression_ref (socket), "data"),
    gtk_property_expression_new (SIO_TYPE_SOCKET, gtk_expression_ref (socket), "id"),
  };
  GtkExpression *text = gtk_cclosure_expression_new (G_TYPE_STRING, NULL, G_N_ELEMENTS (parts),
                                                     parts, G_CALLBACK (describe), NULL, NULL);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_expression_bind (text, label, "label", item);
  gtk_expression_unref (socket);
  gtk_list_item_set_child (item, label);
}

static void
on_activate (GtkApplication *app)
{
  SioNamespace *chat = sio_server_of (server, "/chat");
  g_autoptr (SioRoom) lobby = sio_namespace_get_room (chat, "lobby");
  g_autoptr (GError) error = NULL;
  GtkWidget *window = gtk_application_window_new (app);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkNoSelection *model = gtk_no_selection_new (sio_room_get_members (lobby));

  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  gtk_window_set_child (GTK_WINDOW (window),
                        gtk_list_view_new (GTK_SELECTION_MODEL (model), factory));
  gtk_window_set_title (GTK_WINDOW (window), "Lobby");
  gtk_window_set_default_size (GTK_WINDOW (window), 300, 400);

  g_signal_connect (chat, "connection", G_CALLBACK (on_connection), NULL);
  sio_namespace_on (chat, "call me", on_call, NULL, NULL);
  if (!sio_server_listen (server, "tcp:localhost:3000", &error))
    gtk_window_set_title (GTK_WINDOW (window), error->message);
  gtk_window_present (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  g_autoptr (AdwApplication) app =
      adw_application_new ("org.example.Lobby", G_APPLICATION_DEFAULT_FLAGS);
  int exit_status;

  server = sio_server_new ();
  g_signal_connect (app, "activate", G_CALLBACK (on_activate), NULL);
  exit_status = g_application_run (G_APPLICATION (app), argc, argv);
  g_clear_object (&server);
  return exit_status;
}
