/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-server-row.h"

#include <glib/gi18n.h>

struct _SioaServerRow
{
  GtkWidget parent_instance;

  SioaServer *server;
  GtkWidget *box;
  GtkWidget *icon;
  GtkWidget *name;
  GtkWidget *production;
  GtkWidget *state;
};

G_DEFINE_FINAL_TYPE (SioaServerRow, sioa_server_row, GTK_TYPE_WIDGET)

const char *
sioa_server_row_get_icon (SioaState state)
{
  switch (state)
    {
    case SIOA_STATE_OPEN:
      return "emblem-ok-symbolic";
    case SIOA_STATE_CONNECTING:
      return "content-loading-symbolic";
    case SIOA_STATE_STALE:
    case SIOA_STATE_WAITING:
      return "dialog-warning-symbolic";
    case SIOA_STATE_FAILED:
      return "dialog-error-symbolic";
    case SIOA_STATE_CLOSED:
    default:
      return "network-offline-symbolic";
    }
}

const char *
sioa_server_row_get_class (SioaState state)
{
  switch (state)
    {
    case SIOA_STATE_OPEN:
      return "success";
    case SIOA_STATE_STALE:
    case SIOA_STATE_WAITING:
      return "warning";
    case SIOA_STATE_FAILED:
      return "error";
    case SIOA_STATE_CONNECTING:
    case SIOA_STATE_CLOSED:
    default:
      return "dim-label";
    }
}

static void
update (SioaServerRow *self)
{
  SioaState state = sioa_backend_get_state (sioa_server_get_backend (self->server));
  const char *classes[] = { sioa_server_row_get_class (state), NULL };
  g_autofree char *text = sioa_server_describe_state (self->server);
  gboolean production = sioa_server_is_production (self->server);
  GtkWidget *row = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *spoken = NULL;

  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon), sioa_server_row_get_icon (state));
  gtk_widget_set_css_classes (self->icon, classes);
  gtk_inscription_set_text (GTK_INSCRIPTION (self->name), sioa_server_get_name (self->server));
  gtk_inscription_set_text (GTK_INSCRIPTION (self->state), text);
  gtk_widget_set_visible (self->production, production);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), text);
  spoken = g_strdup_printf (production ? _ ("%s, production, %s") : "%s, %s",
                            sioa_server_get_name (self->server), text);
  /* GTK 4.8 names rows after their class. */
  if (row != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken,
                                    -1);
}

void
sioa_server_row_set_server (SioaServerRow *self, SioaServer *server)
{
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_set_object (&self->server, server);
  if (server == NULL)
    return;
  g_signal_connect_swapped (server, "changed", G_CALLBACK (update), self);
  update (self);
}

static void
sioa_server_row_dispose (GObject *object)
{
  SioaServerRow *self = SIOA_SERVER_ROW (object);

  sioa_server_row_set_server (self, NULL);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_server_row_parent_class)->dispose (object);
}

static void
sioa_server_row_class_init (SioaServerRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_server_row_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static GtkWidget *
make_text (void)
{
  GtkWidget *text = gtk_inscription_new (NULL);

  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (text),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_widget_set_hexpand (text, TRUE);
  return text;
}

static void
sioa_server_row_init (SioaServerRow *self)
{
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  self->icon = gtk_image_new ();
  self->name = make_text ();
  self->state = make_text ();
  self->production = gtk_label_new (_ ("Production"));
  gtk_widget_add_css_class (self->production, "production-mark");
  gtk_widget_add_css_class (self->state, "caption");
  gtk_widget_add_css_class (self->state, "dim-label");
  gtk_widget_add_css_class (self->box, "server-row");
  gtk_box_append (GTK_BOX (top), self->name);
  gtk_box_append (GTK_BOX (top), self->production);
  gtk_box_append (GTK_BOX (texts), top);
  gtk_box_append (GTK_BOX (texts), self->state);
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_box_append (GTK_BOX (self->box), self->icon);
  gtk_box_append (GTK_BOX (self->box), texts);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
sioa_server_row_new (void)
{
  return g_object_new (SIOA_TYPE_SERVER_ROW, NULL);
}
