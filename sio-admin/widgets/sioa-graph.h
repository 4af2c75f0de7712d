/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-history.h"
#include "sioa-unit.h"

G_BEGIN_DECLS

/* Lines over time, drawn from a history once a second while they can be seen. The arrow keys and
 * the pointer move a cursor; what is under it is written and told to screen readers. */
#define SIOA_TYPE_GRAPH (sioa_graph_get_type ())
G_DECLARE_FINAL_TYPE (SioaGraph, sioa_graph, SIOA, GRAPH, GtkWidget)

GtkWidget *sioa_graph_new (const char *title, SioaUnit unit);
/* At most four lines, each with a colour and a dash of its own. */
void sioa_graph_add_value (SioaGraph *self, const char *name, SioaValue value);
void sioa_graph_add_quantile (SioaGraph *self, const char *name, double quantile);
void sioa_graph_remove_lines (SioaGraph *self);
/* A horizontal line at @value; NAN takes it away. */
void sioa_graph_set_threshold (SioaGraph *self, double value);
void sioa_graph_set_history (SioaGraph *self, SioaHistory *history);
void sioa_graph_set_span (SioaGraph *self, SioaSpan span);
/* Stays where it is, though time goes on. */
void sioa_graph_set_paused (SioaGraph *self, gboolean paused);
/* The time shown at the right end (monotonic, µs), instead of the present; 0 for that again. For
 * pictures and tests. */
void sioa_graph_set_now (SioaGraph *self, gint64 now);
/* What a reader hears: the title and the values under the cursor, or the newest ones. */
char *sioa_graph_describe (SioaGraph *self);
guint sioa_graph_get_n_lines (SioaGraph *self);
const char *sioa_graph_get_line_name (SioaGraph *self, guint line);
/* NAN where nothing is known. @age counts steps of the span back from the right end. */
double sioa_graph_get_point (SioaGraph *self, guint line, guint age);
/* Moves it as the arrow keys do; G_MAXUINT: takes it away. */
void sioa_graph_set_cursor (SioaGraph *self, guint age);
/* How often it was drawn. */
guint sioa_graph_get_n_draws (SioaGraph *self);

G_END_DECLS
