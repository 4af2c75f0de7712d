/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-row-list.h"

#define DROPS 500
#define DROP_MS 10

struct _SioaRowList
{
  GObject parent_instance;

  GType item_type;
  GSequence *rows;
  GHashTable *iters;  /* key → GSequenceIter */
  guint n_told;       /* rows that others know of: those behind were appended since */
  GSequence *dropped; /* rows that are still to be released; NULL */
  guint drop_id;
};

static void sioa_row_list_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaRowList,
                               sioa_row_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sioa_row_list_iface_init))

static GType
sioa_row_list_get_item_type (GListModel *model)
{
  return SIOA_ROW_LIST (model)->item_type;
}

static guint
sioa_row_list_get_n_items (GListModel *model)
{
  return SIOA_ROW_LIST (model)->n_told;
}

static gpointer
sioa_row_list_get_item (GListModel *model, guint position)
{
  SioaRowList *self = SIOA_ROW_LIST (model);

  if (position >= self->n_told)
    return NULL;
  return g_object_ref (g_sequence_get (g_sequence_get_iter_at_pos (self->rows, (int) position)));
}

static void
sioa_row_list_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = sioa_row_list_get_item_type;
  iface->get_n_items = sioa_row_list_get_n_items;
  iface->get_item = sioa_row_list_get_item;
}

static void
sioa_row_list_finalize (GObject *object)
{
  SioaRowList *self = SIOA_ROW_LIST (object);

  g_clear_handle_id (&self->drop_id, g_source_remove);
  g_clear_pointer (&self->dropped, g_sequence_free);
  g_hash_table_unref (self->iters);
  g_sequence_free (self->rows);

  G_OBJECT_CLASS (sioa_row_list_parent_class)->finalize (object);
}

static void
sioa_row_list_class_init (SioaRowListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_row_list_finalize;
}

static void
sioa_row_list_init (SioaRowList *self)
{
  self->rows = g_sequence_new (g_object_unref);
  self->iters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

SioaRowList *
sioa_row_list_new (GType item_type)
{
  SioaRowList *self = g_object_new (SIOA_TYPE_ROW_LIST, NULL);

  self->item_type = item_type;
  return self;
}

gpointer
sioa_row_list_find (SioaRowList *self, const char *key)
{
  GSequenceIter *iter = g_hash_table_lookup (self->iters, key);

  return iter != NULL ? g_sequence_get (iter) : NULL;
}

guint
sioa_row_list_get_n_rows (SioaRowList *self)
{
  return g_hash_table_size (self->iters);
}

void
sioa_row_list_append (SioaRowList *self, const char *key, gpointer row)
{
  g_return_if_fail (!g_hash_table_contains (self->iters, key));

  g_hash_table_insert (self->iters, g_strdup (key), g_sequence_append (self->rows, row));
}

gboolean
sioa_row_list_remove (SioaRowList *self, const char *key)
{
  GSequenceIter *iter = g_hash_table_lookup (self->iters, key);
  guint position;

  if (iter == NULL)
    return FALSE;
  position = (guint) g_sequence_iter_get_position (iter);
  g_hash_table_remove (self->iters, key);
  g_sequence_remove (iter);
  /* Others never heard of one that comes and goes. */
  if (position < self->n_told)
    {
      self->n_told--;
      g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
    }
  return TRUE;
}

/* With all that they have, thousands take longer than a main loop may be kept. */
static gboolean
drop_cb (gpointer user_data)
{
  SioaRowList *self = user_data;

  for (guint i = 0; i < DROPS && g_sequence_get_length (self->dropped) > 0; i++)
    g_sequence_remove (g_sequence_get_begin_iter (self->dropped));
  if (g_sequence_get_length (self->dropped) > 0)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->dropped, g_sequence_free);
  self->drop_id = 0;
  return G_SOURCE_REMOVE;
}

void
sioa_row_list_remove_all (SioaRowList *self)
{
  guint n = self->n_told;

  g_hash_table_remove_all (self->iters);
  g_clear_pointer (&self->dropped, g_sequence_free);
  self->dropped = g_steal_pointer (&self->rows);
  self->rows = g_sequence_new (g_object_unref);
  self->n_told = 0;
  if (self->drop_id == 0)
    self->drop_id = g_timeout_add (DROP_MS, drop_cb, self);
  if (n > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, n, 0);
}

void
sioa_row_list_flush (SioaRowList *self)
{
  guint position = self->n_told;
  guint length = (guint) g_sequence_get_length (self->rows);

  if (length == position)
    return;
  self->n_told = length;
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, length - position);
}

void
sioa_row_list_foreach (SioaRowList *self, GFunc func, gpointer user_data)
{
  g_sequence_foreach (self->rows, func, user_data);
}
