/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-page.h"
#include "sioa-table.h"

G_BEGIN_DECLS

/* What a column of a table shows of a row, and how rows are ordered by it. */
typedef struct
{
  const char *name; /* for settings */
  const char *title;
  char *(*get_text) (gpointer row);
  /* Ascending. */
  int (*compare) (gconstpointer a, gconstpointer b, gpointer user_data);
  gboolean numeric;
  gboolean visible;
  int width; /* 0: as wide as there is room */
} SioaColumn;

/* A table of @columns over @model; (transfer none). Rows emit "changed". */
GtkColumnView *
sioa_columns_make_view (const SioaColumn *columns, guint n_columns, const char *label);
/* The name of the column by which @view is sorted, or NULL. */
const char *sioa_columns_get_sorted (GtkColumnView *view, gboolean *descending);
/* Names of columns are data with that name of GtkColumnViewColumn. */
typedef SioaStore *(*SioaStoreFunc) (gpointer user_data);
/* The model of @view (transfer full), which does nothing while @page is not seen. */
SioaTable *sioa_columns_make_table (GtkColumnView *view,
                                    GtkSelectionMode mode,
                                    GtkFilter *filter,
                                    SioaPage *page);
/* For a model of @view (transfer full). Rows compare as they were when they were last sorted: what
 * changes while it is compared contradicts itself. */
GtkSorter *sioa_columns_make_sorter (GtkColumnView *view, SioaStoreFunc func, gpointer user_data);
/* @view, with what is below what is seen of it. */
GtkWidget *sioa_columns_make_scroller (GtkColumnView *view);
/* The position of the row at a place of @view, or GTK_INVALID_LIST_POSITION. */
guint sioa_columns_pick (GtkColumnView *view, double x, double y);
/* What can be done to selected rows, as buttons where there is room for them, else as a menu. The
 * first one is destructive. */
typedef struct
{
  const char *name; /* of an action without parameter */
  const char *label;
} SioaRowAction;

GtkWidget *sioa_columns_make_actions (const SioaRowAction *actions, guint n_actions);
/* Those buttons, and a label for the number of rows, below a table. */
GtkWidget *sioa_columns_make_bar (const SioaRowAction *actions, guint n_actions, GtkWidget **count);
/* Above it: two groups of widgets, one below the other where it is narrow. */
GtkWidget *sioa_columns_make_toolbar (GtkWidget *first, GtkWidget *second);
GMenuModel *sioa_columns_make_menu (const SioaRowAction *actions, guint n_actions);

G_END_DECLS
