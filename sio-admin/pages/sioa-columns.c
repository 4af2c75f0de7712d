/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-columns.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "sioa-access.h"
#include "sioa-resort.h"
#include "sioa-slot.h"
#include "sioa-tab-stop.h"

static void
update_cell (GtkListItem *item)
{
  const SioaColumn *column = g_object_get_data (G_OBJECT (item), "column");
  GtkWidget *inscription = gtk_list_item_get_child (item);
  gpointer row = sioa_slot_unwrap (gtk_list_item_get_item (item));
  g_autofree char *text = row != NULL ? column->get_text (row) : NULL;

  GtkWidget *cell = gtk_widget_get_parent (inscription);

  /* Most changes of a row are in one column. */
  if (g_object_get_data (G_OBJECT (item), "named") == cell &&
      g_strcmp0 (text, gtk_inscription_get_text (GTK_INSCRIPTION (inscription))) == 0)
    return;
  g_object_set_data (G_OBJECT (item), "named", cell);
  gtk_inscription_set_text (GTK_INSCRIPTION (inscription), text);
  /* GTK 4.8 names cells after their class … */
  gtk_accessible_update_property (GTK_ACCESSIBLE (cell), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  text != NULL ? text : "", -1);
  /* … and rows, too: they are called like whatever is in the first column. */
  if (g_object_get_data (G_OBJECT (item), "names-row") != NULL)
    sioa_access_name_row (cell, text != NULL ? text : "");
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
  if (column->width == 0 && !column->numeric)
    gtk_inscription_set_min_chars (GTK_INSCRIPTION (inscription), 14);
  if (column->numeric)
    {
      gtk_inscription_set_xalign (GTK_INSCRIPTION (inscription), 1);
      gtk_widget_add_css_class (inscription, "numeric");
    }
  /* GTK 4.8 does not tell which row a cell is of. */
  g_object_set_data (G_OBJECT (inscription), "item", item);
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

static void
first_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  g_object_set_data (G_OBJECT (item), "names-row", item);
}

/* GTK 4.8 does not tell by which column a view is sorted: it is asked to compare something, and the
 * first column that is asked says that the first row is the smaller one. */
static gboolean probing;
static const SioaColumn *probed;

static int
compare_cb (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const SioaColumn *column = user_data;

  if (!probing)
    return column->compare (a, b, NULL);
  if (probed == NULL)
    probed = column;
  return -1;
}

const char *
sioa_columns_get_sorted (GtkColumnView *view, gboolean *descending)
{
  g_autoptr (GObject) first = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GObject) second = g_object_new (G_TYPE_OBJECT, NULL);

  probing = TRUE;
  probed = NULL;
  *descending =
      gtk_sorter_compare (gtk_column_view_get_sorter (view), first, second) == GTK_ORDERING_LARGER;
  probing = FALSE;
  return probed != NULL ? probed->name : NULL;
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
      if (i == 0)
        g_signal_connect (factory, "setup", G_CALLBACK (first_cb), NULL);
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
              GTK_SORTER (gtk_custom_sorter_new (compare_cb, (gpointer) &columns[i], NULL));

          gtk_column_view_column_set_sorter (column, sorter);
        }
      g_object_set_data (G_OBJECT (column), "name", (gpointer) columns[i].name);
      gtk_column_view_append_column (view, column);
      g_object_unref (column);
    }
  sioa_access_name_columns (view);
  gtk_column_view_set_show_row_separators (view, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (view), "data-table");
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return view;
}

typedef struct
{
  GtkSorter *sorter;
  GtkColumnView *view; /* a weak pointer: whoever gave @user_data lives as long */
  SioaStoreFunc func;
  gpointer user_data;
} Sorting;

static GPtrArray *sortings; /* all there are */
static gboolean settling;

static void
sorting_free (gpointer data, GClosure *closure)
{
  Sorting *sorting = data;

  g_ptr_array_remove_fast (sortings, sorting);
  g_clear_weak_pointer (&sorting->view);
  g_free (sorting);
}

/* Runs before models sort, as it was connected first. */
static void
sorter_cb (GtkSorter *sorter, GtkSorterChange change, Sorting *sorting)
{
  SioaStore *store = sorting->view != NULL && !settling ? sorting->func (sorting->user_data) : NULL;

  if (store == NULL)
    return;
  settling = TRUE;
  sioa_store_settle (store);
  /* Others that have the same rows, in other windows, too. */
  for (guint i = 0; i < sortings->len; i++)
    {
      Sorting *other = sortings->pdata[i];

      if (other != sorting && other->view != NULL && other->func (other->user_data) == store)
        gtk_sorter_changed (other->sorter, GTK_SORTER_CHANGE_DIFFERENT);
    }
  settling = FALSE;
}

GtkSorter *
sioa_columns_make_sorter (GtkColumnView *view, SioaStoreFunc func, gpointer user_data)
{
  GtkSorter *sorter = gtk_column_view_get_sorter (view);
  Sorting *sorting = g_new0 (Sorting, 1);

  if (sortings == NULL)
    sortings = g_ptr_array_new ();
  g_ptr_array_add (sortings, sorting);
  sorting->sorter = sorter;
  g_set_weak_pointer (&sorting->view, view);
  sorting->func = func;
  sorting->user_data = user_data;
  g_signal_connect_data (sorter, "changed", G_CALLBACK (sorter_cb), sorting, sorting_free, 0);
  return g_object_ref (sorter);
}

static void
rewind_cb (SioaTable *table, GtkScrollable *view)
{
  gtk_adjustment_set_value (gtk_scrollable_get_vadjustment (view), 0);
}

static void
seen_cb (GtkWidget *page, SioaTable *table)
{
  sioa_table_set_active (table, gtk_widget_get_mapped (page));
}

SioaTable *
sioa_columns_make_table (GtkColumnView *view,
                         GtkSelectionMode mode,
                         GtkFilter *filter,
                         SioaPage *page)
{
  g_autoptr (GtkSorter) sorter = sioa_columns_make_sorter (view, sioa_page_get_store, page);
  SioaTable *table = sioa_table_new (mode, filter, sorter);

  gtk_column_view_set_model (view, GTK_SELECTION_MODEL (table));
  sioa_resort_watch (view, table, page);
  g_signal_connect_object (table, "rewind", G_CALLBACK (rewind_cb), view, 0);
  g_signal_connect_object (page, "map", G_CALLBACK (seen_cb), table, G_CONNECT_AFTER);
  g_signal_connect_object (page, "unmap", G_CALLBACK (seen_cb), table, G_CONNECT_AFTER);
  return table;
}

GMenuModel *
sioa_columns_make_menu (const SioaRowAction *actions, guint n_actions)
{
  GMenu *menu = g_menu_new ();

  for (guint i = 0; i < n_actions; i++)
    g_menu_append (menu, _ (actions[i].label), actions[i].name);
  return G_MENU_MODEL (menu);
}

static GtkWidget *
make_button (const SioaRowAction *action, gboolean destructive)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (_ (action->label));

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action->name);
  if (destructive)
    gtk_widget_add_css_class (button, "destructive-action");
  return button;
}

GtkWidget *
sioa_columns_make_actions (const SioaRowAction *actions, guint n_actions)
{
  g_autoptr (GMenuModel) menu = sioa_columns_make_menu (actions + 1, n_actions - 1);
  GtkWidget *squeezer = adw_squeezer_new ();
  GtkWidget *wide = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *narrow = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *more = gtk_menu_button_new ();

  for (guint i = 0; i < n_actions; i++)
    gtk_box_append (GTK_BOX (wide), make_button (&actions[i], i == 0));
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (more), "view-more-horizontal-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (more), menu);
  sioa_access_set_name (more, _ ("More Actions"));
  gtk_box_append (GTK_BOX (narrow), make_button (&actions[0], TRUE));
  gtk_box_append (GTK_BOX (narrow), more);
  gtk_widget_add_css_class (wide, "linked");
  gtk_widget_add_css_class (narrow, "linked");
  gtk_widget_set_halign (wide, GTK_ALIGN_END);
  gtk_widget_set_halign (narrow, GTK_ALIGN_END);
  sioa_access_follow_stack (wide);
  sioa_access_follow_stack (narrow);
  adw_squeezer_add (ADW_SQUEEZER (squeezer), wide);
  adw_squeezer_add (ADW_SQUEEZER (squeezer), narrow);
  adw_squeezer_set_homogeneous (ADW_SQUEEZER (squeezer), FALSE);
  gtk_widget_set_hexpand (squeezer, TRUE);
  return squeezer;
}

guint
sioa_columns_pick (GtkColumnView *view, double x, double y)
{
  GtkWidget *widget = gtk_widget_pick (GTK_WIDGET (view), x, y, GTK_PICK_DEFAULT);

  /* A cell, or what is in it. */
  if (widget != NULL && !GTK_IS_INSCRIPTION (widget))
    widget = gtk_widget_get_first_child (widget);
  if (widget == NULL || g_object_get_data (G_OBJECT (widget), "item") == NULL)
    return GTK_INVALID_LIST_POSITION;
  return gtk_list_item_get_position (g_object_get_data (G_OBJECT (widget), "item"));
}

GtkWidget *
sioa_columns_make_scroller (GtkColumnView *view)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *stop;

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (view));
  stop = sioa_tab_stop_new (scroller);
  gtk_widget_set_vexpand (stop, TRUE);
  sioa_access_follow_stack (stop);
  return stop;
}

GtkWidget *
sioa_columns_make_bar (const SioaRowAction *actions, guint n_actions, GtkWidget **count)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), 12);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "numeric");
  gtk_widget_add_css_class (bar, "toolbar");
  gtk_box_append (GTK_BOX (bar), label);
  gtk_box_append (GTK_BOX (bar), sioa_columns_make_actions (actions, n_actions));
  *count = label;
  return bar;
}

GtkWidget *
sioa_columns_make_toolbar (GtkWidget *first, GtkWidget *second)
{
  GtkWidget *flow = gtk_flow_box_new ();
  GtkWidget *groups[] = { first, second };

  gtk_widget_add_css_class (flow, "toolbar");
  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 2);
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      gtk_flow_box_append (GTK_FLOW_BOX (flow), groups[i]);
      /* What is in them takes the focus, not the frame around. */
      gtk_widget_set_focusable (gtk_widget_get_parent (groups[i]), FALSE);
    }
  return flow;
}
