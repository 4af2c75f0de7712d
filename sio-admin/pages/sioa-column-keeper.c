/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-column-keeper.h"

/* A column that is made wider changes with each motion of the pointer. */
#define WRITE_MS 300
#define MAX_WIDTH 2000

struct _SioaColumnKeeper
{
  GtkColumnView *view;
  GSettings *settings;
  char *columns;
  char *sort;
  guint source_id;
};

static const char *
name_of (GtkColumnViewColumn *column)
{
  return g_object_get_data (G_OBJECT (column), "name");
}

static GtkColumnViewColumn *
find_column (GtkColumnView *view, const char *name)
{
  GListModel *columns = gtk_column_view_get_columns (view);

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      if (g_strcmp0 (name_of (column), name) == 0)
        return column;
    }
  return NULL;
}

static void
write_columns (SioaColumnKeeper *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);
  GVariantBuilder builder;
  const char *sorted;
  gboolean descending;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sib)"));
  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      g_variant_builder_add (&builder, "(sib)", name_of (column),
                             gtk_column_view_column_get_fixed_width (column),
                             gtk_column_view_column_get_visible (column));
    }
  g_settings_set_value (self->settings, self->columns, g_variant_builder_end (&builder));
  sorted = sioa_columns_get_sorted (self->view, &descending);
  g_settings_set (self->settings, self->sort, "(sb)", sorted != NULL ? sorted : "", descending);
}

static gboolean
write_cb (gpointer user_data)
{
  SioaColumnKeeper *self = user_data;

  self->source_id = 0;
  write_columns (self);
  return G_SOURCE_REMOVE;
}

static void
changed_cb (SioaColumnKeeper *self)
{
  if (self->source_id == 0)
    self->source_id = g_timeout_add (WRITE_MS, write_cb, self);
}

/* What is not known any more is ignored; what is not mentioned stays as it is, behind the rest. */
static void
read_columns (SioaColumnKeeper *self)
{
  g_autoptr (GVariant) list = g_settings_get_value (self->settings, self->columns);
  g_autofree char *sorted = NULL;
  GVariantIter iter;
  const char *name;
  gint32 width;
  gboolean visible, descending;
  guint position = 0;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&sib)", &name, &width, &visible))
    {
      GtkColumnViewColumn *column = find_column (self->view, name);

      if (column == NULL)
        continue;
      g_object_ref (column);
      gtk_column_view_insert_column (self->view, position++, column);
      gtk_column_view_column_set_fixed_width (column, CLAMP (width, -1, MAX_WIDTH));
      gtk_column_view_column_set_visible (column, visible);
      g_object_unref (column);
    }
  g_settings_get (self->settings, self->sort, "(sb)", &sorted, &descending);
  if (find_column (self->view, sorted) != NULL)
    gtk_column_view_sort_by_column (self->view, find_column (self->view, sorted),
                                    descending ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);
}

static void
columns_cb (GListModel *columns, guint position, guint removed, guint added, SioaColumnKeeper *self)
{
  changed_cb (self);
}

static void
watch (SioaColumnKeeper *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      g_signal_connect_swapped (column, "notify::fixed-width", G_CALLBACK (changed_cb), self);
      g_signal_connect_swapped (column, "notify::visible", G_CALLBACK (changed_cb), self);
    }
  g_signal_connect (columns, "items-changed", G_CALLBACK (columns_cb), self);
  g_signal_connect_swapped (gtk_column_view_get_sorter (self->view), "changed",
                            G_CALLBACK (changed_cb), self);
}

void
sioa_column_keeper_free (SioaColumnKeeper *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  if (self->source_id != 0)
    write_columns (self);
  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      g_signal_handlers_disconnect_by_data (column, self);
    }
  g_signal_handlers_disconnect_by_data (columns, self);
  g_signal_handlers_disconnect_by_data (gtk_column_view_get_sorter (self->view), self);
  g_clear_handle_id (&self->source_id, g_source_remove);
  g_object_unref (self->settings);
  g_free (self->columns);
  g_free (self->sort);
  g_free (self);
}

SioaColumnKeeper *
sioa_column_keeper_new (GtkColumnView *view,
                        GSettings *settings,
                        const char *columns,
                        const char *sort)
{
  SioaColumnKeeper *self = g_new0 (SioaColumnKeeper, 1);

  self->view = view;
  self->settings = g_object_ref (settings);
  self->columns = g_strdup (columns);
  self->sort = g_strdup (sort);
  read_columns (self);
  watch (self);
  return self;
}
