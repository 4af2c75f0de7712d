/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-columns.h"

#include <glib/gi18n.h>

static void
update_cell (GtkListItem *item)
{
  const SioaColumn *column = g_object_get_data (G_OBJECT (item), "column");
  GtkWidget *inscription = gtk_list_item_get_child (item);
  g_autofree char *text = column->get_text (gtk_list_item_get_item (item));

  gtk_inscription_set_text (GTK_INSCRIPTION (inscription), text);
  /* GTK 4.8 names cells after their class. */
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_parent (inscription)),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, text != NULL ? text : "", -1);
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, const SioaColumn *column)
{
  GtkWidget *inscription = gtk_inscription_new (NULL);

  g_object_set_data (G_OBJECT (item), "column", (gpointer) column);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (inscription),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_min_lines (GTK_INSCRIPTION (inscription), 1);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (inscription), 10);
  if (column->numeric)
    {
      gtk_inscription_set_xalign (GTK_INSCRIPTION (inscription), 1);
      gtk_widget_add_css_class (inscription, "numeric");
    }
  gtk_list_item_set_child (item, inscription);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, const SioaColumn *column)
{
  g_signal_connect_swapped (gtk_list_item_get_item (item), "changed", G_CALLBACK (update_cell),
                            item);
  update_cell (item);
}

static void
unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, const SioaColumn *column)
{
  g_signal_handlers_disconnect_by_data (gtk_list_item_get_item (item), item);
}

GtkColumnView *
sioa_columns_make_view (const SioaColumn *columns, guint n_columns, const char *label)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (gtk_column_view_new (NULL));

  for (guint i = 0; i < n_columns; i++)
    {
      GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
      GtkColumnViewColumn *column;

      g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), (gpointer) &columns[i]);
      g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), (gpointer) &columns[i]);
      g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), (gpointer) &columns[i]);
      column =
          gtk_column_view_column_new (g_dpgettext2 (NULL, "column", columns[i].title), factory);
      gtk_column_view_column_set_resizable (column, TRUE);
      gtk_column_view_column_set_visible (column, columns[i].visible);
      if (columns[i].width > 0)
        gtk_column_view_column_set_fixed_width (column, columns[i].width);
      else
        gtk_column_view_column_set_expand (column, TRUE);
      if (columns[i].compare != NULL)
        {
          g_autoptr (GtkSorter) sorter =
              GTK_SORTER (gtk_custom_sorter_new (columns[i].compare, NULL, NULL));

          gtk_column_view_column_set_sorter (column, sorter);
        }
      gtk_column_view_append_column (view, column);
      g_object_unref (column);
    }
  gtk_column_view_set_show_row_separators (view, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (view), "data-table");
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return view;
}
