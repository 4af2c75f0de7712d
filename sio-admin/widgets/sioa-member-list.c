/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-member-list.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "sioa-server-row.h"
#include "sioa-unit.h"

struct _SioaMemberList
{
  GtkWidget parent_instance;

  SioaSum *sum;
  GtkWidget *box;
  GtkWidget *list;
};

G_DEFINE_FINAL_TYPE (SioaMemberList, sioa_member_list, GTK_TYPE_WIDGET)

/* Parts of a row. */
#define ICON "sioa-icon"
#define COUNT "sioa-count"

static void
activated_cb (AdwActionRow *row, SioaMemberList *self)
{
  gtk_widget_activate_action (GTK_WIDGET (row), "win.show-server", "u",
                              (guint32) gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (row)));
}

static void
add_row (SioaMemberList *self)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *icon = gtk_image_new ();
  GtkWidget *count = gtk_label_new (NULL);

  /* People and servers choose the texts. */
  g_object_set (row, "use-markup", FALSE, NULL);
  gtk_widget_add_css_class (count, "numeric");
  gtk_label_set_ellipsize (GTK_LABEL (count), PANGO_ELLIPSIZE_END);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), icon);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), count);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 2);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_object_set_data (G_OBJECT (row), ICON, icon);
  g_object_set_data (G_OBJECT (row), COUNT, count);
  g_signal_connect (row, "activated", G_CALLBACK (activated_cb), self);
  gtk_list_box_append (GTK_LIST_BOX (self->list), row);
}

static void
set_text (GtkWidget *label, const char *text)
{
  if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (label)), text) != 0)
    gtk_label_set_label (GTK_LABEL (label), text);
}

static void
update_row (SioaMemberList *self, GtkListBoxRow *row, SioaServer *server)
{
  SioaSample *sample = sioa_history_get_sample (sioa_server_get_history (server));
  SioaState state = sioa_backend_get_state (sioa_server_get_backend (server));
  SioaServer *twin;
  gboolean counts = sioa_sum_counts (self->sum, server, &twin);
  gint64 connections = sioa_sample_get_value (sample, SIOA_CONNECTIONS);
  g_autofree char *text = NULL;
  g_autofree char *count = NULL;
  GtkWidget *icon = g_object_get_data (G_OBJECT (row), ICON);
  const char *classes[] = { sioa_server_row_get_class (state), NULL };

  text = twin != NULL ? g_strdup_printf (_ ("The same server as “%s”, counted once"),
                                         sioa_server_get_name (twin))
                      : sioa_server_describe_state (server);
  count = !counts ? g_strdup ("–")
                  : sioa_unit_format (SIOA_UNIT_COUNT,
                                      connections == SIOA_UNKNOWN ? NAN : (double) connections);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), sioa_server_get_name (server));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), text);
  gtk_image_set_from_icon_name (GTK_IMAGE (icon), sioa_server_row_get_icon (state));
  gtk_widget_set_css_classes (icon, classes);
  set_text (g_object_get_data (G_OBJECT (row), COUNT), count);
}

void
sioa_member_list_update (SioaMemberList *self)
{
  GListModel *servers;
  GtkListBoxRow *row;
  guint n;

  if (self->sum == NULL)
    return;
  servers = sioa_sum_get_servers (self->sum);
  n = g_list_model_get_n_items (servers);
  while ((row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), (int) n)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->list), GTK_WIDGET (row));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SioaServer) server = g_list_model_get_item (servers, i);

      if (gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), (int) i) == NULL)
        add_row (self);
      update_row (self, gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), (int) i), server);
    }
}

void
sioa_member_list_set_sum (SioaMemberList *self, SioaSum *sum)
{
  if (self->sum != NULL)
    g_signal_handlers_disconnect_by_data (self->sum, self);
  g_set_object (&self->sum, sum);
  gtk_widget_set_visible (GTK_WIDGET (self), sum != NULL);
  if (sum == NULL)
    return;
  g_signal_connect_swapped (sum, "state-changed", G_CALLBACK (sioa_member_list_update), self);
  sioa_member_list_update (self);
}

static void
sioa_member_list_dispose (GObject *object)
{
  SioaMemberList *self = SIOA_MEMBER_LIST (object);

  if (self->sum != NULL)
    g_signal_handlers_disconnect_by_data (self->sum, self);
  g_clear_object (&self->sum);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_member_list_parent_class)->dispose (object);
}

static void
sioa_member_list_class_init (SioaMemberListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_member_list_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sioa_member_list_init (SioaMemberList *self)
{
  GtkWidget *heading = gtk_label_new (_ ("Servers and their connections"));

  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_widget_add_css_class (heading, "heading");
  self->list = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (self->list, "boxed-list");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Servers and their connections"), -1);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_box_append (GTK_BOX (self->box), heading);
  gtk_box_append (GTK_BOX (self->box), self->list);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_widget_hide (GTK_WIDGET (self));
}

GtkWidget *
sioa_member_list_new (void)
{
  return g_object_new (SIOA_TYPE_MEMBER_LIST, NULL);
}
