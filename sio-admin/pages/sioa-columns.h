/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

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

G_END_DECLS
