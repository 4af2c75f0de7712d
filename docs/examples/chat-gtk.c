/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chat window that survives restarts of its server, which is chat.c. Usage: chat-gtk [URL] */
#include <adwaita.h>
#include <sio.h>

static SioClient *client;
static GtkWidget *status, *lines;

static gboolean
update_status (gpointer user_data)
{
  gint64 next = sio_manager_get_next_attempt_time (sio_client_get_manager (client));
  double seconds = (double) (next - g_get_real_time ()) / G_USEC_PER_SEC;
  g_autofree char *text = g_strdup ("Connecting…");

  if (next != 0 && seconds > 0)
    {
      g_free (text);
      text = g_strdup_printf ("No connection, next attempt in %.0f s", seconds + 0.5);
    }
  gtk_label_set_label (GTK_LABEL (status), text);
  /* There is nothing to count while connected. */
  return !sio_client_is_connected (client);
}

static void
on_state (void)
{
  if (update_status (NULL))
    g_timeout_add_seconds (1, update_status, NULL);
}

static gboolean
state_to_visible (GBinding *binding, const GValue *state, GValue *visible, gpointer user_data)
{
  g_value_set_boolean (visible, g_value_get_enum (state) != SIO_CLIENT_CONNECTED);
  return TRUE;
}

static GtkWidget *
add_line (const char *text)
{
  GtkWidget *line = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (line), TRUE);
  gtk_label_set_xalign (GTK_LABEL (line), 0);
  gtk_list_box_append (GTK_LIST_BOX (lines), line);
  return line;
}

static void
on_said (SioClient *from, SioMessage *message, gpointer user_data)
{
  const char *text = sio_args_get_string (sio_message_get_args (message), 0);

  if (text != NULL)
    add_line (text);
}

static void
on_delivered (GObject *source, GAsyncResult *result, gpointer line)
{
  g_autoptr (SioArgs) answer = sio_client_emit_with_ack_finish (client, result, NULL);

  if (answer != NULL)
    gtk_widget_remove_css_class (line, "dim-label");
  g_object_unref (line);
}

/* Without a connection it is kept, and sent when there is one. */
static void
say (GSimpleAction *action, GVariant *text, gpointer user_data)
{
  GtkWidget *line = add_line (g_variant_get_string (text, NULL));

  gtk_widget_add_css_class (line, "dim-label");
  sio_client_emit_with_ack_async (client, "say",
                                  sio_args_new_from_string (g_variant_get_string (text, NULL)), 0,
                                  NULL, on_delivered, g_object_ref (line));
}

static void
retry (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sio_manager_reconnect_now (sio_client_get_manager (client));
}

static void
on_enter (GtkEditable *entry, GActionGroup *actions)
{
  if (*gtk_editable_get_text (entry) != '\0')
    g_action_group_activate_action (actions, "say",
                                    g_variant_new_string (gtk_editable_get_text (entry)));
  gtk_editable_set_text (entry, "");
}

static GtkWidget *
append (GtkWidget *box, GtkWidget *child)
{
  gtk_box_append (GTK_BOX (box), child);
  return child;
}

static void
on_activate (GtkApplication *app)
{
  if (lines != NULL)
    {
      gtk_window_present (gtk_application_get_active_window (app));
      return;
    }

  GtkWidget *window = adw_application_window_new (app);
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *title = adw_window_title_new ("Chat", NULL);
  GtkWidget *header = append (content, adw_header_bar_new ());
  GtkWidget *banner = append (content, gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12));
  GtkWidget *scrolled = append (content, gtk_scrolled_window_new ());
  GtkWidget *entry = append (content, gtk_entry_new ());
  GtkWidget *button = gtk_button_new_with_mnemonic ("_Retry");

  status = append (banner, gtk_label_new (NULL));
  lines = gtk_list_box_new ();
  append (banner, button);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "app.retry");
  gtk_widget_add_css_class (banner, "toolbar");
  gtk_widget_add_css_class (lines, "rich-list");
  gtk_widget_set_halign (banner, GTK_ALIGN_CENTER);
  gtk_widget_set_vexpand (scrolled, TRUE);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), title);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), lines);
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), "Say something");
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (window), content);
  gtk_window_set_title (GTK_WINDOW (window), "Chat");
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 480);

  g_object_bind_property (client, "id", title, "subtitle", G_BINDING_SYNC_CREATE);
  g_object_bind_property_full (client, "state", banner, "visible", G_BINDING_SYNC_CREATE,
                               state_to_visible, NULL, NULL, NULL);
  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (entry, "activate", G_CALLBACK (on_enter), app);
  sio_client_on (client, "said", on_said, NULL, NULL);
  sio_client_open (client);
  gtk_window_present (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  static const GActionEntry actions[] = { { "say", say, "s" }, { "retry", retry } };
  g_autoptr (AdwApplication) app =
      adw_application_new ("org.example.Chat", G_APPLICATION_DEFAULT_FLAGS);
  int exit_status;

  client = sio_client_new (argc > 1 ? argv[1] : "http://localhost:3000/chat");
  g_action_map_add_action_entries (G_ACTION_MAP (app), actions, G_N_ELEMENTS (actions), NULL);
  g_signal_connect (app, "activate", G_CALLBACK (on_activate), NULL);
  exit_status = g_application_run (G_APPLICATION (app), 1, argv);
  g_clear_object (&client);
  return exit_status;
}
