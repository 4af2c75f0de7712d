/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-password-dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

typedef struct
{
  SioaServers *servers;
  SioaServer *server;
  GtkWidget *row; /* the dialog is gone before it tells the response */
  gboolean answered;
} Ask;

static void
ask_free (gpointer data, GClosure *closure)
{
  Ask *ask = data;

  g_object_unref (ask->servers);
  g_object_unref (ask->server);
  g_object_unref (ask->row);
  g_free (ask);
}

static void
response_cb (AdwMessageDialog *dialog, const char *response, Ask *ask)
{
  /* The entry is empty in a second answer. */
  if (ask->answered)
    return;
  ask->answered = TRUE;
  if (g_strcmp0 (response, "connect") == 0)
    sioa_servers_set_password (ask->servers, ask->server,
                               gtk_editable_get_text (GTK_EDITABLE (ask->row)));
}

void
sioa_password_dialog_run (GtkWindow *parent, SioaServers *servers, SioaServer *server)
{
  const SioaRemote *remote = sioa_server_get_remote (server);
  const char *problem = sioa_keyring_get_problem (sioa_servers_get_keyring (servers));
  g_autofree char *body =
      remote->by_token ? g_strdup_printf (_ ("For %s"), remote->uri)
      : *remote->user != '\0'
          ? g_strdup_printf (_ ("Of “%1$s” at %2$s"), remote->user, remote->uri)
          : g_strdup_printf (_ ("Of nobody in particular at %s: the user name is empty"),
                             remote->uri);
  GtkWidget *dialog = adw_message_dialog_new (
      parent, remote->by_token ? _ ("Enter Token") : _ ("Enter Password"), body);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *list = gtk_list_box_new ();
  Ask *ask = g_new0 (Ask, 1);

  ask->servers = g_object_ref (servers);
  ask->server = g_object_ref (server);
  ask->row = g_object_ref_sink (adw_password_entry_row_new ());
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (ask->row),
                                 remote->by_token ? _ ("Token") : _ ("Password"));
  adw_entry_row_set_activates_default (ADW_ENTRY_ROW (ask->row), TRUE);
  gtk_widget_add_css_class (list, "boxed-list");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_list_box_append (GTK_LIST_BOX (list), ask->row);
  gtk_box_append (GTK_BOX (box), list);
  if (problem != NULL)
    {
      GtkWidget *note = gtk_label_new (
          remote->by_token
              ? _ ("There is no keyring: the token is forgotten when the program ends.")
              : _ ("There is no keyring: the password is forgotten when the program ends."));

      gtk_label_set_wrap (GTK_LABEL (note), TRUE);
      gtk_widget_add_css_class (note, "dim-label");
      gtk_box_append (GTK_BOX (box), note);
    }
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), box);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "connect",
                                    _ ("C_onnect"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "connect",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "connect");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (response_cb), ask, ask_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}
