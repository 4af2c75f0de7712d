/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-socket-filter-button.h"

#include <glib/gi18n.h>

#include "sioa-access.h"

typedef struct
{
  SioaSocketFilter *filter;
  GtkWidget *button;
  GtkWidget *room;
  GtkWidget *user;
  GtkWidget *age;
  GtkWidget *latency;
} Widgets;

static void
widgets_free (gpointer data, GClosure *closure)
{
  g_object_unref (((Widgets *) data)->filter);
  g_free (data);
}

static void
changed_cb (Widgets *widgets)
{
  const char *room = gtk_editable_get_text (GTK_EDITABLE (widgets->room));
  const char *user = gtk_editable_get_text (GTK_EDITABLE (widgets->user));
  gint64 age = gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (widgets->age));
  gint64 latency = gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (widgets->latency));
  gboolean any = *room != '\0' || *user != '\0' || age > 0 || latency > 0;

  sioa_socket_filter_set_room (widgets->filter, room);
  sioa_socket_filter_set_user (widgets->filter, user);
  sioa_socket_filter_set_min_age (widgets->filter, age * 60);
  sioa_socket_filter_set_min_latency (widgets->filter, latency);
  /* What is hidden must not be forgotten. */
  if (any)
    gtk_widget_add_css_class (widgets->button, "accent");
  else
    gtk_widget_remove_css_class (widgets->button, "accent");
  sioa_access_set_name (widgets->button, any ? _ ("Filter: active") : _ ("Filter"));
}

static void
clear_cb (Widgets *widgets)
{
  gtk_editable_set_text (GTK_EDITABLE (widgets->room), "");
  gtk_editable_set_text (GTK_EDITABLE (widgets->user), "");
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (widgets->age), 0);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (widgets->latency), 0);
}

static void
attach (GtkGrid *grid, int row, const char *title, GtkWidget *widget)
{
  GtkWidget *label = gtk_label_new_with_mnemonic (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), widget);
  gtk_grid_attach (grid, label, 0, row, 1, 1);
  gtk_grid_attach (grid, widget, 1, row, 1, 1);
}

GtkWidget *
sioa_socket_filter_button_new (SioaSocketFilter *filter)
{
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *clear = gtk_button_new_with_mnemonic (_ ("_Clear"));
  Widgets *widgets = g_new0 (Widgets, 1);

  widgets->filter = g_object_ref (filter);
  widgets->button = gtk_menu_button_new ();
  widgets->room = gtk_entry_new ();
  widgets->user = gtk_entry_new ();
  widgets->age = gtk_spin_button_new_with_range (0, 525600, 1);
  widgets->latency = gtk_spin_button_new_with_range (0, 600000, 10);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  attach (GTK_GRID (grid), 0, _ ("In _room"), widgets->room);
  attach (GTK_GRID (grid), 1, _ ("_User"), widgets->user);
  attach (GTK_GRID (grid), 2, _ ("_Minutes connected, at least"), widgets->age);
  attach (GTK_GRID (grid), 3, _ ("_Latency in ms, at least"), widgets->latency);
  gtk_grid_attach (GTK_GRID (grid), clear, 0, 4, 2, 1);
  g_signal_connect_data (widgets->room, "changed", G_CALLBACK (changed_cb), widgets, widgets_free,
                         G_CONNECT_SWAPPED);
  g_signal_connect_swapped (widgets->user, "changed", G_CALLBACK (changed_cb), widgets);
  g_signal_connect_swapped (widgets->age, "value-changed", G_CALLBACK (changed_cb), widgets);
  g_signal_connect_swapped (widgets->latency, "value-changed", G_CALLBACK (changed_cb), widgets);
  g_signal_connect_swapped (clear, "clicked", G_CALLBACK (clear_cb), widgets);
  gtk_popover_set_child (GTK_POPOVER (popover), grid);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (widgets->button), popover);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (widgets->button), "edit-find-replace-symbolic");
  sioa_access_set_name (widgets->button, _ ("Filter"));
  return widgets->button;
}
