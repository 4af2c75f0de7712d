/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is selected in a table: rows, wherever they are shown. */
#include "config.h"

#include "sioa-table-private.h"

gboolean
sioa_table_select_row (SioaTable *self, gpointer row, gboolean select)
{
  if (!select)
    return g_hash_table_remove (self->selected, row);
  if (g_hash_table_contains (self->selected, row))
    return FALSE;
  return g_hash_table_add (self->selected, g_object_ref (row));
}

void
sioa_table_tell_selection (SioaTable *self)
{
  if (self->n_told > 0)
    gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), 0, self->n_told);
}

gboolean
sioa_table_drop_selected (SioaTable *self)
{
  g_autoptr (GHashTable) old = NULL;

  if (g_hash_table_size (self->selected) == 0)
    return FALSE;
  old = g_steal_pointer (&self->selected);
  self->selected = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->shown);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    {
      SioaEntry *entry = g_sequence_get (iter);

      if (g_hash_table_contains (old, entry->row))
        sioa_table_select_row (self, entry->row, TRUE);
    }
  return g_hash_table_size (self->selected) < g_hash_table_size (old);
}

guint
sioa_table_get_n_selected (SioaTable *self)
{
  return g_hash_table_size (self->selected);
}

gpointer
sioa_table_get_selected (SioaTable *self)
{
  GHashTableIter iter;
  gpointer row = NULL;

  if (g_hash_table_size (self->selected) != 1)
    return NULL;
  g_hash_table_iter_init (&iter, self->selected);
  g_hash_table_iter_next (&iter, &row, NULL);
  return row;
}

void
sioa_table_foreach_selected (SioaTable *self, GFunc func, gpointer user_data)
{
  if (g_hash_table_size (self->selected) == 0)
    return;
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->shown);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    {
      SioaEntry *entry = g_sequence_get (iter);

      if (g_hash_table_contains (self->selected, entry->row))
        func (entry->row, user_data);
    }
}

static gboolean
sioa_table_is_selected (GtkSelectionModel *model, guint position)
{
  SioaTable *self = SIOA_TABLE (model);
  SioaEntry *entry =
      g_hash_table_size (self->selected) > 0 ? sioa_table_get_entry (self, position) : NULL;

  return entry != NULL && g_hash_table_contains (self->selected, entry->row);
}

static GtkBitset *
sioa_table_get_selection_in_range (GtkSelectionModel *model, guint position, guint n_items)
{
  SioaTable *self = SIOA_TABLE (model);
  GtkBitset *set = gtk_bitset_new_empty ();
  guint end = MIN (position + n_items, sioa_table_count_shown (self));
  GSequenceIter *iter = g_sequence_get_iter_at_pos (self->shown, (int) MIN (position, end));

  if (g_hash_table_size (self->selected) == 0)
    return set;
  for (guint i = position; i < end; i++)
    {
      SioaEntry *entry = g_sequence_get (iter);

      if (g_hash_table_contains (self->selected, entry->row))
        gtk_bitset_add (set, i);
      iter = g_sequence_iter_next (iter);
    }
  return set;
}

static gboolean
sioa_table_set_selection (GtkSelectionModel *model, GtkBitset *selected, GtkBitset *mask)
{
  SioaTable *self = SIOA_TABLE (model);
  GtkBitsetIter bits;
  guint position;
  guint n = sioa_table_count_shown (self);
  GSequenceIter *iter;
  guint at = 0;

  if (self->mode == GTK_SELECTION_NONE ||
      (self->mode == GTK_SELECTION_SINGLE && gtk_bitset_get_size (selected) > 1))
    return FALSE;
  if (self->mode == GTK_SELECTION_SINGLE)
    g_hash_table_remove_all (self->selected);
  iter = g_sequence_get_begin_iter (self->shown);
  for (gboolean valid = gtk_bitset_iter_init_first (&bits, mask, &position); valid && position < n;
       valid = gtk_bitset_iter_next (&bits, &position))
    {
      /* Most masks have no gaps. */
      iter = position == at + 1 ? g_sequence_iter_next (iter)
                                : g_sequence_get_iter_at_pos (self->shown, (int) position);
      at = position;
      sioa_table_select_row (self, ((SioaEntry *) g_sequence_get (iter))->row,
                             gtk_bitset_contains (selected, position));
    }
  sioa_table_tell_selection (self);
  return TRUE;
}

static gboolean
sioa_table_select_item (GtkSelectionModel *model, guint position, gboolean unselect_rest)
{
  SioaTable *self = SIOA_TABLE (model);
  SioaEntry *entry = sioa_table_get_entry (self, position);

  if (self->mode == GTK_SELECTION_NONE || entry == NULL)
    return FALSE;
  if (unselect_rest || self->mode == GTK_SELECTION_SINGLE)
    g_hash_table_remove_all (self->selected);
  sioa_table_select_row (self, entry->row, TRUE);
  sioa_table_tell_selection (self);
  return TRUE;
}

static gboolean
sioa_table_unselect_item (GtkSelectionModel *model, guint position)
{
  SioaTable *self = SIOA_TABLE (model);
  SioaEntry *entry = sioa_table_get_entry (self, position);

  if (entry == NULL)
    return FALSE;
  if (sioa_table_select_row (self, entry->row, FALSE))
    sioa_table_tell_selection (self);
  return TRUE;
}

static gboolean
sioa_table_select_all (GtkSelectionModel *model)
{
  SioaTable *self = SIOA_TABLE (model);

  if (self->mode != GTK_SELECTION_MULTIPLE)
    return FALSE;
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->shown);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    sioa_table_select_row (self, ((SioaEntry *) g_sequence_get (iter))->row, TRUE);
  sioa_table_tell_selection (self);
  return TRUE;
}

static gboolean
sioa_table_unselect_all (GtkSelectionModel *model)
{
  SioaTable *self = SIOA_TABLE (model);

  if (g_hash_table_size (self->selected) > 0)
    {
      g_hash_table_remove_all (self->selected);
      sioa_table_tell_selection (self);
    }
  return TRUE;
}

/* The others do with set_selection () what these do faster. */
void
sioa_table_selection_iface_init (GtkSelectionModelInterface *iface)
{
  iface->is_selected = sioa_table_is_selected;
  iface->get_selection_in_range = sioa_table_get_selection_in_range;
  iface->set_selection = sioa_table_set_selection;
  iface->select_item = sioa_table_select_item;
  iface->unselect_item = sioa_table_unselect_item;
  iface->select_all = sioa_table_select_all;
  iface->unselect_all = sioa_table_unselect_all;
}
