/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-page.h"
#include "sioa-table.h"

G_BEGIN_DECLS

/* Sorts @table, the model of @view, anew while values change, as long as @view is seen: at most
 * every few seconds, and not while it would take away what somebody points at or works with. */
void sioa_resort_watch (GtkColumnView *view, SioaTable *table, SioaPage *page);
/* Sorts it now, and others of the same rows, in steps. FALSE: somebody holds it, or another one. */
gboolean sioa_resort_run (GtkColumnView *view);

G_END_DECLS
