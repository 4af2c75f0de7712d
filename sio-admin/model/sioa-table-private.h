/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-slot.h"
#include "sioa-table.h"

G_BEGIN_DECLS

typedef struct
{
  GObject *row;         /* a reference */
  GSequenceIter *known; /* NULL: the source has it no more */
  GSequenceIter *shown; /* NULL */
  GSequenceIter *next;  /* NULL */
  SioaSlot *slot;       /* that shows it; NULL */
  gboolean waits;       /* to be shown or, if the source has it no more, to be hidden */
} SioaEntry;

/* A slot that somebody has. */
typedef struct
{
  SioaSlot *slot;
  SioaEntry *entry; /* NULL: there are fewer rows than others know of */
  guint position;   /* of one without entry, and while lines are moved */
} Line;

struct _SioaTable
{
  GObject parent_instance;

  GListModel *source;
  GtkFilter *filter;
  GtkSorter *sorter;
  GtkSelectionMode mode;
  gboolean active;
  GSequence
      *known; /* of SioaEntry: those of the source, of which the last ones may be missing yet */
  GSequence *shown;      /* some of them, in another order */
  GSequence *next;       /* what will be shown when it is complete; NULL */
  GSequenceIter *cursor; /* in @known: those before it are in @next, if they match */
  guint n_told;          /* how many others know of */
  GArray *lines;
  GPtrArray *waiting;   /* of SioaEntry, in the order of the source: they come and go all at once */
  gint64 spent;         /* on rows that came or went one by one … */
  gint64 spent_at;      /* … which is forgotten little by little since then */
  GHashTable *selected; /* rows; a set with references */
  gboolean checking;    /* whether what is shown is still in order */
  guint checked;        /* so far, while @checking */
  gboolean keep_place;  /* of whoever looks at it, when @next is shown */
  guint source_id;
};

static inline guint
sioa_table_count_shown (SioaTable *self)
{
  return (guint) g_sequence_get_length (self->shown);
}

static inline SioaEntry *
sioa_table_get_entry (SioaTable *self, guint position)
{
  if (position >= sioa_table_count_shown (self))
    return NULL;
  return g_sequence_get (g_sequence_get_iter_at_pos (self->shown, (int) position));
}

/* TRUE if that is another selection than before. */
gboolean sioa_table_select_row (SioaTable *self, gpointer row, gboolean select);
void sioa_table_tell_selection (SioaTable *self);
/* Only what is shown is selected. TRUE if something no longer is. */
gboolean sioa_table_drop_selected (SioaTable *self);
void sioa_table_selection_iface_init (GtkSelectionModelInterface *iface);

G_END_DECLS
