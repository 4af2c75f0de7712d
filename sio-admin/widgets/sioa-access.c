/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-access.h"

static void
set_label (GtkWidget *widget, const char *label)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
}

void
sioa_access_set_name (GtkWidget *widget, const char *name)
{
  gtk_widget_set_tooltip_text (widget, name);
  set_label (widget, name);
}

void
sioa_access_name_drop_down (GtkWidget *drop_down, const char *name)
{
  set_label (drop_down, name);
  set_label (gtk_widget_get_first_child (drop_down), name);
}

static void
set_hidden (GtkWidget *widget, gboolean hidden)
{
  gtk_accessible_update_state (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_STATE_HIDDEN, hidden, -1);
}

static void
map_cb (GtkWidget *widget)
{
  set_hidden (widget, FALSE);
}

static void
unmap_cb (GtkWidget *widget)
{
  set_hidden (widget, TRUE);
}

void
sioa_access_follow_stack (GtkWidget *child)
{
  g_signal_connect (child, "map", G_CALLBACK (map_cb), NULL);
  g_signal_connect (child, "unmap", G_CALLBACK (unmap_cb), NULL);
  set_hidden (child, !gtk_widget_get_mapped (child));
}

void
sioa_access_name_columns (GtkColumnView *view)
{
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (view));
  GtkWidget *title = gtk_widget_get_first_child (header);
  GListModel *columns = gtk_column_view_get_columns (view);

  for (guint i = 0; i < g_list_model_get_n_items (columns) && title != NULL; i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      set_label (title, gtk_column_view_column_get_title (column));
      title = gtk_widget_get_next_sibling (title);
    }
}

void
sioa_access_name_row (GtkWidget *cell, const char *name)
{
  GtkWidget *row = gtk_widget_get_parent (cell);

  if (row != NULL)
    set_label (row, name);
}
