/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A list of rows with names, from which any row can be taken in logarithmic time. What is added
 * within one step of the main loop is announced as one change, when told to. */
#define SIOA_TYPE_ROW_LIST (sioa_row_list_get_type ())
G_DECLARE_FINAL_TYPE (SioaRowList, sioa_row_list, SIOA, ROW_LIST, GObject)

SioaRowList *sioa_row_list_new (GType item_type);
/* (transfer none) (nullable) */
gpointer sioa_row_list_find (SioaRowList *self, const char *key);
/* With those that nobody was told of yet. */
guint sioa_row_list_get_n_rows (SioaRowList *self);
/* @row: (transfer full). Nobody is told before sioa_row_list_flush (). */
void sioa_row_list_append (SioaRowList *self, const char *key, gpointer row);
/* Tells at once. */
gboolean sioa_row_list_remove (SioaRowList *self, const char *key);
void sioa_row_list_remove_all (SioaRowList *self);
void sioa_row_list_flush (SioaRowList *self);
/* All rows, those too that others do not know of yet. */
void sioa_row_list_foreach (SioaRowList *self, GFunc func, gpointer user_data);

G_END_DECLS
