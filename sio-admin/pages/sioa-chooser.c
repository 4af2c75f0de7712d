/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-chooser.h"

#include <glib/gi18n.h>

#include "sioa-access.h"
#include "sioa-columns.h"

/* It belongs to the button. */
typedef struct
{
  GtkColumnView *view; /* a weak pointer */
  GtkSorter *sorter;   /* of @view */
  GtkWidget *first;    /* in the group of those to sort by: NULL, none */
  GtkWidget *ascending;
  GtkWidget *descending;
  gboolean updating;
} Chooser;

static void
chooser_free (gpointer data)
{
  Chooser *self = data;

  g_signal_handlers_disconnect_by_data (self->sorter, self);
  g_object_unref (self->sorter);
  g_clear_weak_pointer (&self->view);
  g_free (self);
}

static const char *
name_of (gpointer object)
{
  return g_object_get_data (object, "name");
}

/* Somebody may have clicked a header. */
static void
sorter_cb (GtkSorter *sorter, GtkSorterChange change, Chooser *self)
{
  gboolean descending;
  const char *name;

  if (self->view == NULL)
    return;
  name = sioa_columns_get_sorted (self->view, &descending);
  self->updating = TRUE;
  for (GtkWidget *check = self->first; check != NULL; check = gtk_widget_get_next_sibling (check))
    gtk_check_button_set_active (GTK_CHECK_BUTTON (check), g_strcmp0 (name_of (check), name) == 0);
  if (name != NULL)
    gtk_check_button_set_active (GTK_CHECK_BUTTON (descending ? self->descending : self->ascending),
                                 TRUE);
  self->updating = FALSE;
}

static void
sort (Chooser *self, const char *name)
{
  GListModel *columns;

  if (self->view == NULL)
    return;
  columns = gtk_column_view_get_columns (self->view);
  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      if (g_strcmp0 (name_of (column), name) == 0)
        gtk_column_view_sort_by_column (
            self->view, column,
            gtk_check_button_get_active (GTK_CHECK_BUTTON (self->descending)) ? GTK_SORT_DESCENDING
                                                                              : GTK_SORT_ASCENDING);
    }
}

static void
chosen_cb (GtkCheckButton *check, GParamSpec *spec, Chooser *self)
{
  if (!self->updating && gtk_check_button_get_active (check))
    sort (self, name_of (check));
}

static void
direction_cb (GtkCheckButton *check, GParamSpec *spec, Chooser *self)
{
  gboolean descending;

  if (!self->updating && self->view != NULL && gtk_check_button_get_active (check))
    sort (self, sioa_columns_get_sorted (self->view, &descending));
}

static void
add_heading (GtkWidget *box, const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_box_append (GTK_BOX (box), label);
}

static void
add_columns (Chooser *self, GtkWidget *shown, GtkWidget *sorted)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);
      const char *title = gtk_column_view_column_get_title (column);
      GtkWidget *check = gtk_check_button_new_with_label (title);
      g_autofree char *what = NULL;

      g_object_bind_property (column, "visible", check, "active",
                              G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
      gtk_box_append (GTK_BOX (shown), check);
      if (gtk_column_view_column_get_sorter (column) == NULL)
        continue;
      check = gtk_check_button_new_with_label (title);
      gtk_check_button_set_group (GTK_CHECK_BUTTON (check), GTK_CHECK_BUTTON (self->first));
      if (self->first == NULL)
        self->first = check;
      /* Both lists have the same names. TRANSLATORS: a column */
      what = g_strdup_printf (_ ("Sort by %s"), title);
      gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, what,
                                      -1);
      g_object_set_data (G_OBJECT (check), "name", (gpointer) name_of (column));
      g_signal_connect (check, "notify::active", G_CALLBACK (chosen_cb), self);
      gtk_box_append (GTK_BOX (sorted), check);
    }
}

GtkWidget *
sioa_chooser_new (GtkColumnView *view)
{
  Chooser *self = g_new0 (Chooser, 1);
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);
  GtkWidget *shown = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *right = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *sorted = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  g_set_weak_pointer (&self->view, view);
  self->sorter = g_object_ref (gtk_column_view_get_sorter (view));
  self->ascending = gtk_check_button_new_with_label (_ ("Ascending"));
  self->descending = gtk_check_button_new_with_label (_ ("Descending"));
  gtk_check_button_set_group (GTK_CHECK_BUTTON (self->descending),
                              GTK_CHECK_BUTTON (self->ascending));
  add_heading (shown, _ ("Columns"));
  add_heading (right, _ ("Sort by"));
  add_columns (self, shown, sorted);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (self->ascending), TRUE);
  sorter_cb (NULL, GTK_SORTER_CHANGE_DIFFERENT, self);
  g_signal_connect (self->ascending, "notify::active", G_CALLBACK (direction_cb), self);
  g_signal_connect (self->descending, "notify::active", G_CALLBACK (direction_cb), self);
  g_signal_connect (self->sorter, "changed", G_CALLBACK (sorter_cb), self);
  gtk_box_append (GTK_BOX (right), sorted);
  gtk_box_append (GTK_BOX (right), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append (GTK_BOX (right), self->ascending);
  gtk_box_append (GTK_BOX (right), self->descending);
  gtk_box_append (GTK_BOX (box), shown);
  gtk_box_append (GTK_BOX (box), right);
  gtk_popover_set_child (GTK_POPOVER (popover), box);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  sioa_access_set_name (button, _ ("Columns and Order"));
  g_object_set_data_full (G_OBJECT (button), "sioa-chooser", self, chooser_free);
  return button;
}
