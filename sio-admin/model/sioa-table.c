/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-table.h"

#include "sioa-table-private.h"

/* Of one step. */
#define BUDGET_US 6000
/* Of it, what has to be left to show what was arranged. */
#define RESERVE_US 2000
/* The clock is looked at so often. */
#define EACH 32
/* More at once are dealt with in steps … */
#define BULK 64
/* … and to take these out one by one takes longer than to begin anew. */
#define LOTS 2000
/* … and so many lines with widgets come or go with each. */
#define WIDGETS 16
/* GTK makes widgets for some 200 lines around those that are seen. */
#define N_WIDGETS 256
/* Single rows come and go as long as that takes little time: so much at once, and one part in so
 * many of all time. With more, lines stay and get other rows. */
#define SINGLES_US 6000
#define SINGLES_PART 8
/* Of one among lines with widgets, at least; others are moved by those before them. */
#define SINGLE_US 750
/* What is longer than the budget of a step leaves the rest to events and frames. */
#define STEP_MS 10

enum
{
  CHANGED,
  REWIND,
  MOVING,
  MOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void sioa_table_list_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaTable,
                               sioa_table,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sioa_table_list_iface_init)
                                   G_IMPLEMENT_INTERFACE (GTK_TYPE_SELECTION_MODEL,
                                                          sioa_table_selection_iface_init))

/* Lines */

static void
slot_gone (SioaSlot *slot, gpointer user_data)
{
  SioaTable *self = user_data;
  guint index = sioa_slot_get_index (slot);
  Line *line = &g_array_index (self->lines, Line, index);

  if (line->entry != NULL)
    line->entry->slot = NULL;
  g_array_remove_index_fast (self->lines, index);
  if (index < self->lines->len)
    sioa_slot_set_index (g_array_index (self->lines, Line, index).slot, index);
}

static SioaSlot *
make_line (SioaTable *self, SioaEntry *entry, guint position)
{
  Line line = { sioa_slot_new (slot_gone, self), entry, position };

  sioa_slot_set_index (line.slot, self->lines->len);
  if (entry != NULL)
    {
      entry->slot = line.slot;
      sioa_slot_set_row (line.slot, entry->row);
    }
  g_array_append_val (self->lines, line);
  return line.slot;
}

/* Until put_lines (), others must not notice what happens to the rows. */
static void
lift_lines (SioaTable *self)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = &g_array_index (self->lines, Line, i);

      if (line->entry == NULL)
        continue;
      line->position = (guint) g_sequence_iter_get_position (line->entry->shown);
      line->entry->slot = NULL;
      line->entry = NULL;
    }
}

static void
put_lines (SioaTable *self)
{
  /* Whoever hears of a change may let go of a slot, or take one. */
  g_autoptr (GPtrArray) slots = g_ptr_array_new_full (self->lines->len, g_object_unref);

  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = &g_array_index (self->lines, Line, i);

      line->entry = sioa_table_get_entry (self, line->position);
      if (line->entry != NULL)
        line->entry->slot = line->slot;
      g_ptr_array_add (slots, g_object_ref (line->slot));
    }
  for (guint i = 0; i < slots->len; i++)
    {
      Line *line =
          &g_array_index (self->lines, Line, sioa_slot_get_index (g_ptr_array_index (slots, i)));

      sioa_slot_set_row (line->slot, line->entry != NULL ? line->entry->row : NULL);
    }
  /* It is the rows that are selected, not their places. */
  if (g_hash_table_size (self->selected) > 0)
    sioa_table_tell_selection (self);
}

/* Entries */

static gboolean
matches (SioaTable *self, SioaEntry *entry)
{
  return self->filter == NULL || gtk_filter_match (self->filter, entry->row);
}

static int
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  SioaTable *self = user_data;

  return (int) gtk_sorter_compare (self->sorter, ((const SioaEntry *) a)->row,
                                   ((const SioaEntry *) b)->row);
}

static int
compare_known (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const SioaEntry *first = a;
  const SioaEntry *second = b;

  /* Those that the source has no more will go in a moment. */
  if (first->known == NULL || second->known == NULL)
    return (first->known != NULL) - (second->known != NULL);
  return g_sequence_iter_compare (first->known, second->known);
}

static gboolean
is_sorted (SioaTable *self)
{
  return self->sorter != NULL && gtk_sorter_get_order (self->sorter) != GTK_SORTER_ORDER_NONE;
}

/* Equal ones are in the order of the source, as long as that only appends. */
static GSequenceIter *
insert (SioaTable *self, GSequence *sequence, SioaEntry *entry)
{
  if (is_sorted (self))
    return g_sequence_insert_sorted (sequence, entry, compare, self);
  if (g_sequence_iter_is_end (g_sequence_iter_next (entry->known)))
    return g_sequence_append (sequence, entry);
  return g_sequence_insert_sorted (sequence, entry, compare_known, self);
}

static void
free_entry (SioaEntry *entry)
{
  g_object_unref (entry->row);
  g_free (entry);
}

static void
tell (SioaTable *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static gboolean
tells_all (SioaTable *self)
{
  return self->n_told == sioa_table_count_shown (self);
}

/* @quiet: between lift_lines () and put_lines (). */
static void
show_entry (SioaTable *self, SioaEntry *entry, gboolean quiet)
{
  gboolean all = tells_all (self);
  guint position;

  entry->shown = insert (self, self->shown, entry);
  if (quiet)
    return;
  position = (guint) g_sequence_iter_get_position (entry->shown);
  if (position > self->n_told || (position == self->n_told && !all))
    return;
  self->n_told++;
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

static void
hide_entry (SioaTable *self, SioaEntry *entry, gboolean quiet)
{
  guint position = (guint) g_sequence_iter_get_position (entry->shown);

  if (entry->slot != NULL && !quiet)
    {
      Line *line = &g_array_index (self->lines, Line, sioa_slot_get_index (entry->slot));

      /* It goes with its row. */
      line->entry = NULL;
      line->position = G_MAXUINT;
      entry->slot = NULL;
    }
  g_sequence_remove (g_steal_pointer (&entry->shown));
  sioa_table_select_row (self, entry->row, FALSE);
  if (quiet || position >= self->n_told)
    return;
  self->n_told--;
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
}

/* Whether a row that comes or goes now has to wait for others, so that lines are dealt with once
 * for all of them: each line that comes or goes takes some milliseconds, and those behind it get
 * other positions, which all their widgets hear of. */
static gboolean
has_to_wait (SioaTable *self)
{
  gint64 now;

  /* In the order in which they came; lines are not where others know them. */
  if (self->waiting->len > 0 || self->n_told > sioa_table_count_shown (self))
    return TRUE;
  if (self->spent < SINGLES_US)
    return FALSE;
  now = g_get_monotonic_time ();
  self->spent = MAX (0, self->spent - (now - self->spent_at) / SINGLES_PART);
  self->spent_at = now;
  return self->spent >= SINGLES_US;
}

static void
spend (SioaTable *self, gint64 since, gboolean has_widgets)
{
  gint64 now = g_get_monotonic_time ();

  if (self->spent == 0)
    self->spent_at = now;
  self->spent += MAX (now - since, has_widgets ? SINGLE_US : 0);
}

static gboolean
has_line (GSequenceIter *iter)
{
  return !g_sequence_iter_is_end (iter) && ((SioaEntry *) g_sequence_get (iter))->slot != NULL;
}

static void
wait_entry (SioaTable *self, SioaEntry *entry)
{
  if (!entry->waits)
    g_ptr_array_add (self->waiting, entry);
  entry->waits = TRUE;
}

/* It comes at once, or in a moment with others. */
static void
bring_entry (SioaTable *self, SioaEntry *entry)
{
  gint64 begin = g_get_monotonic_time ();

  if (has_to_wait (self))
    {
      wait_entry (self, entry);
      return;
    }
  show_entry (self, entry, FALSE);
  /* Others may have taken a line of it as soon as they heard. */
  spend (self, begin,
         has_line (entry->shown) || has_line (g_sequence_iter_next (entry->shown)) ||
             has_line (g_sequence_iter_prev (entry->shown)));
}

static void
forget_entry (SioaTable *self, SioaEntry *entry, gboolean quiet)
{
  gint64 begin = g_get_monotonic_time ();
  gboolean has_widgets = entry->slot != NULL;

  if (self->next != NULL && self->cursor == entry->known)
    self->cursor = g_sequence_iter_next (self->cursor);
  g_sequence_remove (g_steal_pointer (&entry->known));
  if (entry->next != NULL)
    g_sequence_remove (g_steal_pointer (&entry->next));
  if (!quiet && entry->shown != NULL && has_to_wait (self))
    {
      sioa_table_select_row (self, entry->row, FALSE);
      wait_entry (self, entry);
      return;
    }
  if (entry->shown != NULL)
    hide_entry (self, entry, quiet);
  if (!quiet)
    spend (self, begin, has_widgets);
  if (!entry->waits)
    free_entry (entry);
}

/* Between lift_lines () and put_lines (). */
static void
move_waiting (SioaTable *self)
{
  for (guint i = 0; i < self->waiting->len; i++)
    {
      SioaEntry *entry = g_ptr_array_index (self->waiting, i);

      entry->waits = FALSE;
      if (entry->known != NULL)
        continue;
      if (entry->shown != NULL)
        hide_entry (self, entry, TRUE);
      free_entry (entry);
      self->waiting->pdata[i] = NULL;
    }
  /* Others can be sorted in only when these are gone. */
  for (guint i = 0; i < self->waiting->len; i++)
    if (self->waiting->pdata[i] != NULL)
      show_entry (self, self->waiting->pdata[i], TRUE);
  g_ptr_array_set_size (self->waiting, 0);
}

/* They are dealt with in another way. */
static void
drop_waiting (SioaTable *self)
{
  for (guint i = 0; i < self->waiting->len; i++)
    {
      SioaEntry *entry = g_ptr_array_index (self->waiting, i);

      entry->waits = FALSE;
      if (entry->known == NULL && entry->shown == NULL)
        free_entry (entry);
    }
  g_ptr_array_set_size (self->waiting, 0);
}

/* In front of @before. */
static SioaEntry *
know (SioaTable *self, guint position, GSequenceIter *before)
{
  SioaEntry *entry = g_new0 (SioaEntry, 1);

  entry->row = g_list_model_get_item (self->source, position);
  entry->known = g_sequence_insert_before (before, entry);
  return entry;
}

static gboolean
is_loaded (SioaTable *self)
{
  return self->source == NULL ||
         (guint) g_sequence_get_length (self->known) == g_list_model_get_n_items (self->source);
}

/* Steps */

/* Entries that were shown and are known no more. */
static void
free_orphans (GSequence *sequence)
{
  for (GSequenceIter *iter = g_sequence_get_begin_iter (sequence); !g_sequence_iter_is_end (iter);
       iter = g_sequence_iter_next (iter))
    {
      SioaEntry *entry = g_sequence_get (iter);

      entry->shown = NULL;
      if (entry->known == NULL)
        free_entry (entry);
    }
  g_sequence_free (sequence);
}

static void
show_next (SioaTable *self)
{
  SioaMarks marks = { { GTK_INVALID_LIST_POSITION, GTK_INVALID_LIST_POSITION } };
  SioaEntry *marked[SIOA_N_MARKS];
  gboolean keep_place = self->keep_place;
  gboolean dropped;

  self->keep_place = FALSE;
  if (keep_place)
    g_signal_emit (self, signals[MOVING], 0, &marks);
  for (guint i = 0; i < SIOA_N_MARKS; i++)
    {
      marked[i] = sioa_table_get_entry (self, marks.positions[i]);
      /* It will be freed. */
      if (marked[i] != NULL && marked[i]->known == NULL)
        marked[i] = NULL;
    }
  lift_lines (self);
  drop_waiting (self);
  free_orphans (self->shown);
  self->shown = g_steal_pointer (&self->next);
  self->cursor = NULL;
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->shown);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    {
      SioaEntry *entry = g_sequence_get (iter);

      entry->shown = g_steal_pointer (&entry->next);
    }
  for (guint i = 0; i < SIOA_N_MARKS; i++)
    marks.positions[i] = marked[i] != NULL && marked[i]->shown != NULL
                             ? (guint) g_sequence_iter_get_position (marked[i]->shown)
                             : GTK_INVALID_LIST_POSITION;
  dropped = sioa_table_drop_selected (self);
  put_lines (self);
  if (dropped)
    sioa_table_tell_selection (self);
  if (keep_place)
    g_signal_emit (self, signals[MOVED], 0, &marks);
  tell (self);
}

static void
load_one (SioaTable *self)
{
  SioaEntry *entry = know (self, (guint) g_sequence_get_length (self->known),
                           g_sequence_get_end_iter (self->known));

  /* The cursor is at the end, and stays there. */
  if (!matches (self, entry))
    return;
  if (self->next != NULL)
    entry->next = insert (self, self->next, entry);
  else
    show_entry (self, entry, TRUE);
}

/* TRUE if something is left to be done. */
static gboolean
arrange_until (SioaTable *self, gint64 end)
{
  gboolean quiet = self->next == NULL && !is_loaded (self);

  if (quiet)
    {
      lift_lines (self);
      move_waiting (self);
    }
  for (guint i = 1; i % EACH != 0 || g_get_monotonic_time () < end; i++)
    if (self->next != NULL && !g_sequence_iter_is_end (self->cursor))
      {
        SioaEntry *entry = g_sequence_get (self->cursor);

        self->cursor = g_sequence_iter_next (self->cursor);
        if (!matches (self, entry))
          continue;
        entry->next = is_sorted (self) ? insert (self, self->next, entry)
                                       : g_sequence_append (self->next, entry);
      }
    else if (!is_loaded (self))
      load_one (self);
    else
      break;
  if (quiet)
    {
      put_lines (self);
      tell (self);
    }
  if (!is_loaded (self) || (self->next != NULL && !g_sequence_iter_is_end (self->cursor)))
    return TRUE;
  /* Lines get other rows, which takes some milliseconds, too. */
  if (self->next != NULL && g_get_monotonic_time () > end - RESERVE_US)
    return TRUE;
  if (self->next != NULL)
    show_next (self);
  return FALSE;
}

static void
set_n_told (SioaTable *self, guint n)
{
  guint before = self->n_told;

  self->n_told = n;
  if (n > before)
    g_list_model_items_changed (G_LIST_MODEL (self), before, 0, n - before);
  else if (n < before)
    g_list_model_items_changed (G_LIST_MODEL (self), n, before - n, 0);
}

/* Lines that will go. */
static guint
count_blank (SioaTable *self)
{
  guint n = 0;

  for (guint i = 0; i < self->lines->len; i++)
    n += g_array_index (self->lines, Line, i).entry == NULL;
  return n;
}

/* Others hear of lines little by little, as each of the first ones gets widgets. TRUE if there are
 * more. */
static gboolean
tell_lines (SioaTable *self, gboolean grow_only)
{
  guint n = sioa_table_count_shown (self);

  if (self->n_told < n && self->n_told < N_WIDGETS)
    set_n_told (self, MIN (n, self->n_told + WIDGETS));
  else if (self->n_told < n)
    set_n_told (self, n);
  else if (self->n_told > n && !grow_only)
    {
      /* Widgets are where somebody looks. */
      if (count_blank (self) > WIDGETS)
        g_signal_emit (self, signals[REWIND], 0);
      if (count_blank (self) <= WIDGETS)
        set_n_told (self, n);
      else if (self->n_told > N_WIDGETS)
        set_n_told (self, MAX (n, N_WIDGETS));
      else
        set_n_told (self, MAX (n, self->n_told - WIDGETS));
    }
  return self->n_told != sioa_table_count_shown (self);
}

static gboolean
is_arranged (SioaTable *self)
{
  return is_loaded (self) && self->next == NULL;
}

gboolean
sioa_table_is_ready (SioaTable *self)
{
  return is_arranged (self) && self->waiting->len == 0;
}

static void
show_waiting (SioaTable *self)
{
  /* They are in what comes next, too. */
  if (self->waiting->len == 0 || self->next != NULL)
    return;
  lift_lines (self);
  move_waiting (self);
  put_lines (self);
  tell (self);
}

static void rearrange (SioaTable *self);

/* Most are in order: that is found out in a fraction of the time that sorting takes. Rows that come
 * and go meanwhile may hide one that is not, until the next time. */
static void
check_until (SioaTable *self, gint64 end)
{
  guint position = MIN (self->checked, sioa_table_count_shown (self));
  GSequenceIter *iter = g_sequence_get_iter_at_pos (self->shown, (int) position);
  SioaEntry *before = NULL;

  for (guint i = 1; !g_sequence_iter_is_end (iter); i++)
    {
      SioaEntry *entry = g_sequence_get (iter);

      if (before != NULL && compare (before, entry, self) > 0)
        {
          self->keep_place = TRUE;
          rearrange (self);
          return;
        }
      self->checked = position++;
      if (i % EACH == 0 && g_get_monotonic_time () >= end)
        return;
      before = entry;
      iter = g_sequence_iter_next (iter);
    }
  self->checking = FALSE;
}

static gboolean
step_cb (gpointer user_data)
{
  g_autoptr (SioaTable) self = g_object_ref (user_data);
  gint64 end = g_get_monotonic_time () + BUDGET_US;
  gboolean more;

  if (self->checking && is_arranged (self))
    check_until (self, end);
  more = !is_arranged (self) && arrange_until (self, end);
  show_waiting (self);
  /* Lines that are too many for the moment may be needed when it is done. */
  if (!more)
    more = tell_lines (self, FALSE);
  if (more || self->checking || !sioa_table_is_ready (self))
    return G_SOURCE_CONTINUE;
  self->source_id = 0;
  return G_SOURCE_REMOVE;
}

/* Begins at once, which is all for most. */
static void
arrange (SioaTable *self)
{
  if (!self->active)
    return;
  if (!is_arranged (self))
    arrange_until (self, g_get_monotonic_time () + BUDGET_US / 2);
  if (self->n_told < WIDGETS)
    tell_lines (self, TRUE);
  if (self->source_id == 0 && !sioa_table_is_settled (self))
    {
      self->source_id = g_timeout_add (STEP_MS, step_cb, self);
      g_source_set_name_by_id (self->source_id, "[sio-admin] table");
    }
}

static void
drop_next (SioaTable *self)
{
  if (self->next == NULL)
    return;
  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->next); !g_sequence_iter_is_end (iter);
       iter = g_sequence_iter_next (iter))
    ((SioaEntry *) g_sequence_get (iter))->next = NULL;
  g_clear_pointer (&self->next, g_sequence_free);
  self->cursor = NULL;
}

/* All anew, while what is shown stays. */
static void
rearrange (SioaTable *self)
{
  if (!self->active || self->source == NULL)
    return;
  drop_next (self);
  self->checking = FALSE;
  self->next = g_sequence_new (NULL);
  self->cursor = g_sequence_get_begin_iter (self->known);
  arrange (self);
}

static void
remove_known (SioaTable *self, guint position, guint n)
{
  gboolean quiet = n > BULK;
  GSequenceIter *iter = g_sequence_get_iter_at_pos (self->known, (int) position);

  if (n == 0)
    return;
  if (quiet)
    lift_lines (self);
  for (guint i = 0; i < n; i++)
    {
      GSequenceIter *next = g_sequence_iter_next (iter);

      forget_entry (self, g_sequence_get (iter), quiet);
      iter = next;
    }
  if (quiet)
    put_lines (self);
}

static void
add_known (SioaTable *self, guint position, guint n)
{
  GSequenceIter *before = g_sequence_get_iter_at_pos (self->known, (int) position);
  gboolean behind = self->next != NULL && g_sequence_iter_compare (before, self->cursor) > 0;

  for (guint i = 0; i < n; i++)
    {
      SioaEntry *entry = know (self, position + i, before);

      if (!matches (self, entry))
        continue;
      bring_entry (self, entry);
      if (self->next != NULL && !behind)
        entry->next = insert (self, self->next, entry);
    }
}

/* What of it is shown stays, as orphans, until something else is ready. */
static void
forget_range (SioaTable *self, guint position, guint n)
{
  GSequenceIter *begin = g_sequence_get_iter_at_pos (self->known, (int) position);
  GSequenceIter *end = g_sequence_get_iter_at_pos (self->known, (int) (position + n));

  drop_next (self);
  drop_waiting (self);
  for (GSequenceIter *iter = begin; iter != end; iter = g_sequence_iter_next (iter))
    {
      SioaEntry *entry = g_sequence_get (iter);

      entry->known = NULL;
      if (entry->shown == NULL)
        free_entry (entry);
    }
  g_sequence_remove_range (begin, end);
}

static void
clear (SioaTable *self)
{
  gboolean selected = g_hash_table_size (self->selected) > 0;

  self->checking = FALSE;
  lift_lines (self);
  free_orphans (self->shown);
  self->shown = g_sequence_new (NULL);
  g_hash_table_remove_all (self->selected);
  put_lines (self);
  if (selected)
    sioa_table_tell_selection (self);
}

static void
source_cb (GListModel *source, guint position, guint removed, guint added, SioaTable *self)
{
  guint n_known = (guint) g_sequence_get_length (self->known);
  gboolean loaded = n_known == g_list_model_get_n_items (source) + removed - added;

  if (position == 0 && removed >= n_known && n_known > BULK)
    {
      forget_range (self, 0, n_known);
      clear (self);
    }
  else if (position < n_known && removed > LOTS)
    {
      forget_range (self, position, MIN (removed, n_known - position));
      rearrange (self);
    }
  else if (position < n_known)
    remove_known (self, position, MIN (removed, n_known - position));
  n_known = (guint) g_sequence_get_length (self->known);
  /* Many, or in the midst of what is not known yet: they are loaded with what comes after. */
  if (added > (sioa_table_count_shown (self) < N_WIDGETS ? WIDGETS : BULK))
    remove_known (self, MIN (position, n_known), n_known - MIN (position, n_known));
  else if (position < n_known || (position == n_known && loaded))
    add_known (self, position, added);
  tell (self);
  /* One step at a time: many changes may come in one iteration of the main loop. */
  if (self->source_id == 0)
    arrange (self);
}

static void
detach (SioaTable *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->source != NULL)
    g_signal_handlers_disconnect_by_data (self->source, self);
  forget_range (self, 0, (guint) g_sequence_get_length (self->known));
  self->checking = FALSE;
  self->keep_place = FALSE;
}

static void
attach (SioaTable *self)
{
  if (self->source == NULL)
    return;
  g_signal_connect (self->source, "items-changed", G_CALLBACK (source_cb), self);
  if (sioa_table_count_shown (self) > 0)
    rearrange (self);
  else
    arrange (self);
}

void
sioa_table_set_source (SioaTable *self, GListModel *source)
{
  if (source == self->source)
    return;
  if (self->active)
    detach (self);
  g_set_object (&self->source, source);
  clear (self);
  if (self->n_told > WIDGETS)
    g_signal_emit (self, signals[REWIND], 0);
  if (self->active)
    attach (self);
  tell (self);
  arrange (self);
}

void
sioa_table_set_active (SioaTable *self, gboolean active)
{
  if (active == self->active)
    return;
  self->active = active;
  if (active)
    attach (self);
  else
    detach (self);
  arrange (self);
}

void
sioa_table_resort (SioaTable *self)
{
  if (!self->active || self->source == NULL || !is_sorted (self))
    return;
  /* It may have begun before rows compared as they do now. */
  if (self->next != NULL)
    {
      rearrange (self);
      return;
    }
  self->checking = TRUE;
  self->checked = 0;
  if (is_arranged (self))
    check_until (self, g_get_monotonic_time () + BUDGET_US / 2);
  arrange (self);
}

guint
sioa_table_get_n_rows (SioaTable *self)
{
  return sioa_table_count_shown (self);
}

gboolean
sioa_table_is_settled (SioaTable *self)
{
  return sioa_table_is_ready (self) && !self->checking && tells_all (self);
}

gpointer
sioa_table_get_row (SioaTable *self, guint position)
{
  SioaEntry *entry = sioa_table_get_entry (self, position);

  return entry != NULL ? entry->row : NULL;
}

/* List */

static GType
sioa_table_get_item_type (GListModel *model)
{
  return SIOA_TYPE_SLOT;
}

static guint
sioa_table_get_n_items (GListModel *model)
{
  return SIOA_TABLE (model)->n_told;
}

static gpointer
sioa_table_get_item (GListModel *model, guint position)
{
  SioaTable *self = SIOA_TABLE (model);
  SioaEntry *entry;

  if (position >= self->n_told)
    return NULL;
  entry = sioa_table_get_entry (self, position);
  if (entry != NULL)
    return entry->slot != NULL ? g_object_ref (entry->slot) : make_line (self, entry, position);
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = &g_array_index (self->lines, Line, i);

      if (line->entry == NULL && line->position == position)
        return g_object_ref (line->slot);
    }
  return make_line (self, NULL, position);
}

static void
sioa_table_list_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = sioa_table_get_item_type;
  iface->get_n_items = sioa_table_get_n_items;
  iface->get_item = sioa_table_get_item;
}

static void
sioa_table_dispose (GObject *object)
{
  SioaTable *self = SIOA_TABLE (object);

  if (self->active)
    sioa_table_set_active (self, FALSE);
  if (self->filter != NULL)
    g_signal_handlers_disconnect_by_data (self->filter, self);
  if (self->sorter != NULL)
    g_signal_handlers_disconnect_by_data (self->sorter, self);
  g_clear_object (&self->filter);
  g_clear_object (&self->sorter);
  g_clear_object (&self->source);

  G_OBJECT_CLASS (sioa_table_parent_class)->dispose (object);
}

static void
sioa_table_finalize (GObject *object)
{
  SioaTable *self = SIOA_TABLE (object);

  for (guint i = 0; i < self->lines->len; i++)
    sioa_slot_let_go (g_array_index (self->lines, Line, i).slot);
  g_array_unref (self->lines);
  g_ptr_array_unref (self->waiting);
  free_orphans (self->shown);
  g_sequence_free (self->known);
  g_hash_table_unref (self->selected);

  G_OBJECT_CLASS (sioa_table_parent_class)->finalize (object);
}

static void
sioa_table_class_init (SioaTableClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_table_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_table_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
  signals[MOVING] = g_signal_new ("moving", SIOA_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[MOVED] = g_signal_new ("moved", SIOA_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[REWIND] = g_signal_new ("rewind", SIOA_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
sioa_table_init (SioaTable *self)
{
  self->known = g_sequence_new (NULL);
  self->shown = g_sequence_new (NULL);
  self->lines = g_array_new (FALSE, FALSE, sizeof (Line));
  self->waiting = g_ptr_array_new ();
  self->selected = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}

SioaTable *
sioa_table_new (GtkSelectionMode mode, GtkFilter *filter, GtkSorter *sorter)
{
  SioaTable *self = g_object_new (SIOA_TYPE_TABLE, NULL);

  self->mode = mode;
  g_set_object (&self->filter, filter);
  g_set_object (&self->sorter, sorter);
  if (filter != NULL)
    g_signal_connect_swapped (filter, "changed", G_CALLBACK (rearrange), self);
  if (sorter != NULL)
    g_signal_connect_swapped (sorter, "changed", G_CALLBACK (rearrange), self);
  return self;
}
