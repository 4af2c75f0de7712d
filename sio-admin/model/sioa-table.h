/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The rows of a list as somebody wants to see them: filtered, sorted and selected. All of it is
 * done in steps of a few milliseconds, however many rows there are: what takes longer goes on when
 * the main loop has nothing better to do, and what was shown before stays until it is ready. Its
 * items are SioaSlot; its rows emit "changed". Rows that change stay where they are until the
 * filter or the sorter changes, or somebody has them sorted anew.
 *
 * Signals:
 *   changed ()  other rows, or another number of them
 *   rewind ()   most of what is shown will go: whoever looks at it should look at the beginning
 *   moving (SioaMarks *marks)  rows that were sorted anew will get other places: which of them
 *                              should be followed?
 *   moved (SioaMarks *marks)   … and where they are now; GTK_INVALID_LIST_POSITION: nowhere
 */
#define SIOA_TYPE_TABLE (sioa_table_get_type ())
G_DECLARE_FINAL_TYPE (SioaTable, sioa_table, SIOA, TABLE, GObject)

typedef enum
{
  SIOA_MARK_FIRST, /* that is seen */
  SIOA_MARK_FOCUS,
  SIOA_N_MARKS
} SioaMark;

typedef struct
{
  guint positions[SIOA_N_MARKS];
} SioaMarks;

/* @mode: NONE, SINGLE or MULTIPLE. @filter, @sorter: NULL. */
SioaTable *sioa_table_new (GtkSelectionMode mode, GtkFilter *filter, GtkSorter *sorter);
/* NULL: none. */
void sioa_table_set_source (SioaTable *self, GListModel *source);
/* Nothing is done while nobody looks: what was shown last stays. */
void sioa_table_set_active (SioaTable *self, gboolean active);
/* Rows compare in another way than when they were sorted. Does nothing to those in order. */
void sioa_table_resort (SioaTable *self);
/* Of those that are shown, or will be in a moment. */
guint sioa_table_get_n_rows (SioaTable *self);
/* Whether these are all of them, or something is left to be done. */
gboolean sioa_table_is_ready (SioaTable *self);
/* … and others know of all. */
gboolean sioa_table_is_settled (SioaTable *self);
gpointer sioa_table_get_row (SioaTable *self, guint position);

guint sioa_table_get_n_selected (SioaTable *self);
/* The only one that is selected; NULL if there is none, or more than one. */
gpointer sioa_table_get_selected (SioaTable *self);
/* In the order of the table. */
void sioa_table_foreach_selected (SioaTable *self, GFunc func, gpointer user_data);

G_END_DECLS
