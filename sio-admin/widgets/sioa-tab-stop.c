/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-tab-stop.h"

/* One stop for the Tab key around a list. In GTK 4.8 that key goes from row to row, and whoever has
 * no mouse never gets to what comes after ten thousand of them: arrows are for rows. */
struct _SioaTabStop
{
  GtkWidget parent_instance;

  GtkWidget *child;
};

G_DEFINE_FINAL_TYPE (SioaTabStop, sioa_tab_stop, GTK_TYPE_WIDGET)

static gboolean
sioa_tab_stop_focus (GtkWidget *widget, GtkDirectionType direction)
{
  gboolean leaves = direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD;

  if (leaves && gtk_widget_get_focus_child (widget) != NULL)
    return FALSE;
  return gtk_widget_child_focus (SIOA_TAB_STOP (widget)->child, direction);
}

static void
sioa_tab_stop_dispose (GObject *object)
{
  g_clear_pointer (&SIOA_TAB_STOP (object)->child, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_tab_stop_parent_class)->dispose (object);
}

static void
sioa_tab_stop_class_init (SioaTabStopClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_tab_stop_dispose;
  GTK_WIDGET_CLASS (klass)->focus = sioa_tab_stop_focus;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sioa_tab_stop_init (SioaTabStop *self)
{
}

GtkWidget *
sioa_tab_stop_new (GtkWidget *child)
{
  SioaTabStop *self = g_object_new (SIOA_TYPE_TAB_STOP, NULL);

  self->child = child;
  gtk_widget_set_parent (child, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
