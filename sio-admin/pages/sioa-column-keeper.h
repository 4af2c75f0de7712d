/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-columns.h"

G_BEGIN_DECLS

/* Columns of a view stay as somebody left them: which ones are shown, their order, their widths,
 * and by which one rows are sorted. @columns: a key of type a(sib): name, width or -1, shown;
 * @sort: one of type (sb): name, descending. */
typedef struct _SioaColumnKeeper SioaColumnKeeper;

SioaColumnKeeper *sioa_column_keeper_new (GtkColumnView *view,
                                          GSettings *settings,
                                          const char *columns,
                                          const char *sort);
/* Before @view is disposed of: writes what was not written yet. */
void sioa_column_keeper_free (SioaColumnKeeper *self);

G_END_DECLS
