/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-state-bar.h"

#include <glib/gi18n.h>

#include "sioa-access.h"
#include "sioa-password-dialog.h"
#include "sioa-server-dialog.h"

#define ACTIONS (SIOA_CAN_EMIT | SIOA_CAN_JOIN | SIOA_CAN_LEAVE | SIOA_CAN_DISCONNECT)

typedef enum
{
  ACT_RETRY,
  ACT_EDIT,
  ACT_PASSWORD,
  N_ACTS
} Act;

struct _SioaStateBar
{
  GtkWidget parent_instance;

  SioaServers *servers;
  SioaServer *server;
  GtkWidget *revealer;
  GtkWidget *bar;
  GtkWidget *label;
  GtkWidget *buttons[N_ACTS];
};

G_DEFINE_FINAL_TYPE (SioaStateBar, sioa_state_bar, GTK_TYPE_WIDGET)

static void
update (SioaStateBar *self)
{
  SioaBackend *backend = self->server != NULL ? sioa_server_get_backend (self->server) : NULL;
  SioaState state = backend != NULL ? sioa_backend_get_state (backend) : SIOA_STATE_OPEN;
  const GError *error = backend != NULL ? sioa_backend_get_error (backend) : NULL;
  gboolean saved = self->server != NULL && sioa_server_get_remote (self->server) != NULL;
  gboolean refused = g_error_matches (error, SIOA_ERROR, SIOA_ERROR_CREDENTIALS);
  gboolean readonly =
      saved && state == SIOA_STATE_OPEN && (sioa_backend_get_features (backend) & ACTIONS) == 0;
  g_autofree char *text = NULL;

  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer),
                                 readonly ||
                                     (state != SIOA_STATE_OPEN && state != SIOA_STATE_CONNECTING));
  if (state == SIOA_STATE_OPEN && !readonly)
    return;
  text = readonly ? g_strdup (_ ("Read-only: this server shows itself, but takes no orders."))
                  : sioa_server_describe_state (self->server);
  gtk_label_set_label (GTK_LABEL (self->label), text);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (self->bar), readonly ? GTK_MESSAGE_INFO
                                                           : state == SIOA_STATE_FAILED
                                                               ? GTK_MESSAGE_ERROR
                                                               : GTK_MESSAGE_WARNING);
  gtk_button_set_label (GTK_BUTTON (self->buttons[ACT_PASSWORD]),
                        saved && sioa_server_get_remote (self->server)->by_token
                            ? _ ("Enter _Token…")
                            : _ ("Enter _Password…"));
  gtk_widget_set_visible (self->buttons[ACT_PASSWORD], saved && refused);
  gtk_widget_set_visible (self->buttons[ACT_EDIT], saved && state == SIOA_STATE_FAILED && !refused);
  gtk_widget_set_visible (self->buttons[ACT_RETRY], !readonly && !(saved && refused));
}

static void
response_cb (GtkInfoBar *bar, int response, SioaStateBar *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  switch ((Act) response)
    {
    case ACT_RETRY:
      sioa_backend_open (sioa_server_get_backend (self->server));
      break;
    case ACT_EDIT:
      sioa_server_dialog_run (GTK_WINDOW (root), self->servers, self->server);
      break;
    case ACT_PASSWORD:
      sioa_password_dialog_run (GTK_WINDOW (root), self->servers, self->server);
      break;
    case N_ACTS:
    default:
      break;
    }
}

void
sioa_state_bar_set_server (SioaStateBar *self, SioaServer *server)
{
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_set_object (&self->server, server);
  if (server != NULL)
    g_signal_connect_swapped (server, "changed", G_CALLBACK (update), self);
  update (self);
}

static void
sioa_state_bar_dispose (GObject *object)
{
  SioaStateBar *self = SIOA_STATE_BAR (object);

  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_clear_object (&self->server);
  g_clear_object (&self->servers);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_state_bar_parent_class)->dispose (object);
}

static void
sioa_state_bar_class_init (SioaStateBarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_state_bar_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sioa_state_bar_init (SioaStateBar *self)
{
  const char *labels[N_ACTS] = { _ ("_Retry"), _ ("_Edit…"), _ ("Enter _Password…") };

  self->bar = gtk_info_bar_new ();
  self->label = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (self->label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (self->label), 0);
  gtk_widget_set_hexpand (self->label, TRUE);
  gtk_info_bar_add_child (GTK_INFO_BAR (self->bar), self->label);
  for (int i = 0; i < N_ACTS; i++)
    self->buttons[i] = gtk_info_bar_add_button (GTK_INFO_BAR (self->bar), labels[i], i);
  g_signal_connect (self->bar, "response", G_CALLBACK (response_cb), self);
  self->revealer = gtk_revealer_new ();
  gtk_revealer_set_child (GTK_REVEALER (self->revealer), self->bar);
  sioa_access_follow_stack (self->bar);
  gtk_widget_set_parent (self->revealer, GTK_WIDGET (self));
}

GtkWidget *
sioa_state_bar_new (SioaServers *servers)
{
  SioaStateBar *self = g_object_new (SIOA_TYPE_STATE_BAR, NULL);

  self->servers = g_object_ref (servers);
  return GTK_WIDGET (self);
}
