/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-server-dialog.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sioa-admin-backend.h"

/* Who does not answer by then is not there. */
#define TEST_TIMEOUT_S 20

struct _SioaServerDialog
{
  AdwWindow parent_instance;

  SioaServers *servers;
  SioaRemote *remote;
  GCancellable *cancellable;
  SioaBackend *test; /* NULL while none is tried */
  guint test_id;

  GtkWidget *name;
  GtkWidget *uri;
  GtkWidget *nsp;
  GtkWidget *path;
  GtkWidget *login; /* 0: name and password, 1: token */
  GtkWidget *user;
  GtkWidget *password;
  GtkWidget *websocket_only;
  GtkWidget *production;
  GtkWidget *problem; /* with what was entered */
  GtkWidget *note;    /* about passwords */
  GtkWidget *save;
  GtkWidget *try;
  GtkWidget *spinner;
  GtkWidget *result_icon;
  GtkWidget *result;
  gboolean edited; /* an empty address is no mistake before that */
};

G_DEFINE_FINAL_TYPE (SioaServerDialog, sioa_server_dialog, ADW_TYPE_WINDOW)

#define TEXT(widget) (gtk_editable_get_text (GTK_EDITABLE (widget)))

static void
set_text (char **target, GtkWidget *widget)
{
  g_free (*target);
  *target = g_strstrip (g_strdup (TEXT (widget)));
}

/* The fields, into the entry that is to be saved. */
static void
collect (SioaServerDialog *self)
{
  set_text (&self->remote->name, self->name);
  set_text (&self->remote->uri, self->uri);
  set_text (&self->remote->nsp, self->nsp);
  set_text (&self->remote->path, self->path);
  self->remote->by_token = adw_combo_row_get_selected (ADW_COMBO_ROW (self->login)) == 1;
  self->remote->is_guest = FALSE;
  set_text (&self->remote->user, self->user);
  if (self->remote->by_token)
    *self->remote->user = '\0';
  self->remote->websocket_only = gtk_switch_get_active (GTK_SWITCH (self->websocket_only));
  self->remote->production = gtk_switch_get_active (GTK_SWITCH (self->production));
}

static gboolean
mark (GtkWidget *row, gboolean valid)
{
  if (valid)
    gtk_widget_remove_css_class (row, "error");
  else
    gtk_widget_add_css_class (row, "error");
  return valid;
}

static void
end_test (SioaServerDialog *self)
{
  g_clear_handle_id (&self->test_id, g_source_remove);
  if (self->test == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->test, self);
  sioa_backend_close (self->test);
  g_clear_object (&self->test);
}

static void
show_result (SioaServerDialog *self, const char *icon, const char *text)
{
  gtk_widget_set_visible (self->spinner, icon == NULL && text != NULL);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), icon == NULL && text != NULL);
  gtk_widget_set_visible (self->result_icon, icon != NULL);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->result_icon), icon);
  gtk_widget_set_visible (self->result, text != NULL);
  gtk_label_set_label (GTK_LABEL (self->result), text != NULL ? text : "");
}

static void
update_note (SioaServerDialog *self)
{
  gboolean by_token = self->remote->by_token;
  gboolean no_keyring = sioa_keyring_get_problem (sioa_servers_get_keyring (self->servers)) != NULL;
  gboolean exposed = sioa_remote_is_exposed (self->remote->uri) && *TEXT (self->password) != '\0';
  g_autofree char *text = g_strjoin (
      no_keyring && exposed ? "\n" : "",
      !no_keyring ? ""
      : by_token  ? _ ("There is no keyring: the token is forgotten when the program ends.")
                  : _ ("There is no keyring: the password is forgotten when the program ends."),
      !exposed   ? ""
      : by_token ? _ ("Without https:// others on the way can read the token.")
                 : _ ("Without https:// others on the way can read the password."),
      NULL);

  gtk_label_set_label (GTK_LABEL (self->note), text);
  gtk_widget_set_visible (self->note, *text != '\0');
}

/* Runs with each key that is typed. */
static void
check (SioaServerDialog *self)
{
  g_autoptr (GError) error = NULL;
  gboolean valid;
  gboolean empty;

  collect (self);
  empty = *self->remote->uri == '\0' && !self->edited;
  valid = mark (self->uri, sioa_remote_check_uri (self->remote->uri, &error) || empty);
  if (empty)
    g_clear_error (&error);
  valid =
      mark (self->nsp, sioa_remote_check_nsp (self->remote->nsp, error == NULL ? &error : NULL)) &&
      valid;
  valid = mark (self->path,
                sioa_remote_check_path (self->remote->path, error == NULL ? &error : NULL)) &&
          valid && !empty;
  gtk_label_set_label (GTK_LABEL (self->problem), error != NULL ? error->message : "");
  gtk_widget_set_sensitive (self->save, valid);
  gtk_widget_set_sensitive (self->try, valid && self->test == NULL);
  update_note (self);
}

static void
edited_cb (SioaServerDialog *self)
{
  self->edited = TRUE;
  /* What was found out is about something else now. */
  end_test (self);
  show_result (self, NULL, NULL);
  check (self);
}

static void
login_cb (SioaServerDialog *self)
{
  gboolean by_token = adw_combo_row_get_selected (ADW_COMBO_ROW (self->login)) == 1;

  gtk_widget_set_visible (self->user, !by_token);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->password),
                                 by_token ? _ ("Token") : _ ("Password"));
  edited_cb (self);
}

static char *
explain (const GError *error)
{
  if (g_error_matches (error, SIOA_ERROR, SIOA_ERROR_UNREACHABLE))
    return g_strdup_printf (_ ("Nobody answers at this address (%s). Check name and port, and "
                               "whether the server runs."),
                            error->message);
  if (g_error_matches (error, SIOA_ERROR, SIOA_ERROR_NOT_SOCKETIO))
    return g_strdup_printf (_ ("Something answers, but not as a Socket.IO server does. Check "
                               "address and path: %s."),
                            error->message);
  if (error == NULL || g_error_matches (error, SIOA_ERROR, SIOA_ERROR_FAILED))
    return g_strdup_printf (_ ("Cannot connect: %s"), error != NULL ? error->message : "");
  return g_strdup (error->message);
}

static gboolean
tested_cb (gpointer user_data)
{
  SioaServerDialog *self = user_data;
  const GError *error = sioa_backend_get_error (self->test);
  g_autofree char *text = NULL;

  self->test_id = 0;
  if (sioa_backend_get_state (self->test) == SIOA_STATE_OPEN)
    {
      SioaFeatures features = sioa_backend_get_features (self->test);

      text = g_strdup ((features & SIOA_CAN_EMIT) != 0
                           ? _ ("Connected.")
                           : _ ("Connected. This server is read-only: it shows itself, but takes "
                                "no orders."));
    }
  else if (sioa_backend_get_state (self->test) == SIOA_STATE_CONNECTING)
    text = g_strdup (_ ("The server does not answer. Check name and port."));
  else
    text = explain (error);
  show_result (self,
               sioa_backend_get_state (self->test) == SIOA_STATE_OPEN ? "emblem-ok-symbolic"
                                                                      : "dialog-error-symbolic",
               text);
  end_test (self);
  check (self);
  return G_SOURCE_REMOVE;
}

static void
state_cb (SioaBackend *backend, SioaServerDialog *self)
{
  if (sioa_backend_get_state (backend) == SIOA_STATE_CONNECTING)
    return;
  /* Not within what its connection is doing. */
  g_clear_handle_id (&self->test_id, g_source_remove);
  self->test_id = g_idle_add (tested_cb, self);
}

static void
try_cb (GtkButton *button, SioaServerDialog *self)
{
  end_test (self);
  collect (self);
  self->test = sioa_servers_make_backend (self->remote);
  sioa_servers_set_secret (self->test, self->remote, TEXT (self->password));
  g_signal_connect (self->test, "state-changed", G_CALLBACK (state_cb), self);
  self->test_id = g_timeout_add_seconds (TEST_TIMEOUT_S, tested_cb, self);
  show_result (self, NULL, _ ("Connecting…"));
  gtk_widget_set_sensitive (self->try, FALSE);
  sioa_backend_open (self->test);
}

static void
save_cb (GtkButton *button, SioaServerDialog *self)
{
  collect (self);
  sioa_servers_set (self->servers, self->remote, TEXT (self->password));
  gtk_widget_activate_action (GTK_WIDGET (gtk_window_get_transient_for (GTK_WINDOW (self))),
                              "win.select-server", "s", self->remote->id);
  gtk_window_close (GTK_WINDOW (self));
}

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaServerDialog) self = user_data;
  char *password = sioa_keyring_lookup_finish (SIOA_KEYRING (source), result);

  if (!g_cancellable_is_cancelled (self->cancellable))
    {
      gboolean edited = self->edited;

      if (password != NULL && *TEXT (self->password) == '\0')
        gtk_editable_set_text (GTK_EDITABLE (self->password), password);
      self->edited = edited;
      check (self);
    }
  sioa_password_free (password);
}

static GtkWidget *
add_row (SioaServerDialog *self, AdwPreferencesGroup *group, GtkWidget *row, const char *title)
{
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_preferences_group_add (group, row);
  g_signal_connect_swapped (row, "changed", G_CALLBACK (edited_cb), self);
  return row;
}

static GtkWidget *
add_switch (SioaServerDialog *self,
            AdwPreferencesGroup *group,
            const char *title,
            const char *subtitle)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *toggle = gtk_switch_new ();

  gtk_widget_set_valign (toggle, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (toggle), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  -1);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), toggle);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), toggle);
  adw_preferences_group_add (group, row);
  g_signal_connect_swapped (toggle, "notify::active", G_CALLBACK (edited_cb), self);
  return toggle;
}

static GtkWidget *
make_note (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

static GtkWidget *
make_result (SioaServerDialog *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  self->try = gtk_button_new_with_mnemonic (_ ("_Test"));
  self->spinner = gtk_spinner_new ();
  self->result_icon = gtk_image_new ();
  self->result = make_note ("test-result");
  gtk_widget_set_valign (self->try, GTK_ALIGN_START);
  gtk_widget_set_hexpand (self->result, TRUE);
  gtk_widget_set_tooltip_text (self->try, _ ("Connect with what is entered here"));
  g_signal_connect (self->try, "clicked", G_CALLBACK (try_cb), self);
  gtk_box_append (GTK_BOX (box), self->try);
  gtk_box_append (GTK_BOX (box), self->spinner);
  gtk_box_append (GTK_BOX (box), self->result_icon);
  gtk_box_append (GTK_BOX (box), self->result);
  show_result (self, NULL, NULL);
  return box;
}

static GtkWidget *
make_fields (SioaServerDialog *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  AdwPreferencesGroup *server = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());
  AdwPreferencesGroup *login = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());
  AdwPreferencesGroup *more = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());
  const char *names[] = { _ ("Name and password"), _ ("Token"), NULL };
  g_autoptr (GtkStringList) logins = gtk_string_list_new (names);

  self->uri = add_row (self, server, adw_entry_row_new (), _ ("Address"));
  gtk_editable_set_enable_undo (GTK_EDITABLE (self->uri), TRUE);
  self->name = add_row (self, server, adw_entry_row_new (), _ ("Name in the list"));
  self->problem = make_note ("error");
  self->login = adw_combo_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->login), _ ("Log in with"));
  adw_combo_row_set_model (ADW_COMBO_ROW (self->login), G_LIST_MODEL (logins));
  adw_preferences_group_add (login, self->login);
  g_signal_connect_swapped (self->login, "notify::selected", G_CALLBACK (login_cb), self);
  self->user = add_row (self, login, adw_entry_row_new (), _ ("User name"));
  self->password = add_row (self, login, adw_password_entry_row_new (), _ ("Password"));
  self->note = make_note ("dim-label");
  self->nsp = add_row (self, more, adw_entry_row_new (), _ ("Namespace"));
  self->path = add_row (self, more, adw_entry_row_new (), _ ("Path"));
  self->websocket_only = add_switch (self, more, _ ("WebSocket only"),
                                     _ ("For servers behind several others that need it"));
  self->production = add_switch (self, more, _ ("Production"),
                                 _ ("Has another look, and what would be done to it is marked"));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (server));
  gtk_box_append (GTK_BOX (box), self->problem);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (login));
  gtk_box_append (GTK_BOX (box), self->note);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (more));
  gtk_box_append (GTK_BOX (box), make_result (self));
  gtk_widget_add_css_class (box, "page");
  return box;
}

static gboolean
close_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  gtk_window_close (GTK_WINDOW (widget));
  return TRUE;
}

static void
sioa_server_dialog_dispose (GObject *object)
{
  SioaServerDialog *self = SIOA_SERVER_DIALOG (object);

  g_cancellable_cancel (self->cancellable);
  end_test (self);
  if (self->servers != NULL)
    g_signal_handlers_disconnect_by_data (sioa_servers_get_keyring (self->servers), self);
  g_clear_object (&self->servers);

  G_OBJECT_CLASS (sioa_server_dialog_parent_class)->dispose (object);
}

static void
sioa_server_dialog_finalize (GObject *object)
{
  SioaServerDialog *self = SIOA_SERVER_DIALOG (object);

  g_object_unref (self->cancellable);
  g_clear_pointer (&self->remote, sioa_remote_free);

  G_OBJECT_CLASS (sioa_server_dialog_parent_class)->finalize (object);
}

static void
sioa_server_dialog_class_init (SioaServerDialogClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_server_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_server_dialog_finalize;
  gtk_widget_class_add_binding (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape, 0, close_cb, NULL);
}

static void
sioa_server_dialog_init (SioaServerDialog *self)
{
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_ ("_Cancel"));
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->cancellable = g_cancellable_new ();
  self->remote = sioa_remote_new ();
  self->save = gtk_button_new_with_mnemonic (_ ("_Save"));
  gtk_widget_add_css_class (self->save, "suggested-action");
  g_signal_connect (self->save, "clicked", G_CALLBACK (save_cb), self);
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (gtk_window_close), self);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), cancel);
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->save);
  adw_clamp_set_child (ADW_CLAMP (clamp), make_fields (self));
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), clamp);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_widget_set_vexpand (scroller, TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), scroller);
  adw_window_set_content (ADW_WINDOW (self), box);
  gtk_window_set_default_size (GTK_WINDOW (self), 480, 760);
  gtk_window_set_default_widget (GTK_WINDOW (self), self->save);
}

static void
fill (SioaServerDialog *self)
{
  g_autoptr (SioaRemote) remote = sioa_remote_copy (self->remote);

  gtk_editable_set_text (GTK_EDITABLE (self->name), remote->name);
  gtk_editable_set_text (GTK_EDITABLE (self->nsp), remote->nsp);
  gtk_editable_set_text (GTK_EDITABLE (self->path), remote->path);
  gtk_editable_set_text (GTK_EDITABLE (self->user), remote->user);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->login), remote->by_token ? 1 : 0);
  gtk_editable_set_text (GTK_EDITABLE (self->uri), remote->uri);
  gtk_switch_set_active (GTK_SWITCH (self->websocket_only), remote->websocket_only);
  gtk_switch_set_active (GTK_SWITCH (self->production), remote->production);
  self->edited = FALSE;
  check (self);
}

void
sioa_server_dialog_run (GtkWindow *parent, SioaServers *servers, SioaServer *server)
{
  SioaServerDialog *self =
      g_object_new (SIOA_TYPE_SERVER_DIALOG, "transient-for", parent, "modal", TRUE, "title",
                    server != NULL ? _ ("Edit Server") : _ ("Add a Server"), NULL);

  self->servers = g_object_ref (servers);
  if (server != NULL)
    {
      g_clear_pointer (&self->remote, sioa_remote_free);
      self->remote = sioa_remote_copy (sioa_server_get_remote (server));
    }
  fill (self);
  g_signal_connect_swapped (sioa_servers_get_keyring (servers), "changed", G_CALLBACK (update_note),
                            self);
  /* Also finds out whether there is a keyring. */
  sioa_keyring_lookup_async (sioa_servers_get_keyring (servers), self->remote->uri,
                             self->remote->user, self->cancellable, looked_up_cb,
                             g_object_ref (self));
  gtk_window_present (GTK_WINDOW (self));
}
