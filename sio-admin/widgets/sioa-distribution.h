/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-record.h"

G_BEGIN_DECLS

/* How many round trips took how long: a bar for each bucket. The arrow keys and the pointer move a
 * cursor; what is under it is told to screen readers. */
#define SIOA_TYPE_DISTRIBUTION (sioa_distribution_get_type ())
G_DECLARE_FINAL_TYPE (SioaDistribution, sioa_distribution, SIOA, DISTRIBUTION, GtkWidget)

GtkWidget *sioa_distribution_new (const char *title);
void sioa_distribution_set_buckets (SioaDistribution *self, const double *buckets);
/* Bars beyond it, in microseconds, have another colour; NAN: none. */
void sioa_distribution_set_threshold (SioaDistribution *self, double value);
/* A bucket; G_MAXUINT: none. */
void sioa_distribution_set_cursor (SioaDistribution *self, guint cursor);
char *sioa_distribution_describe (SioaDistribution *self);
guint sioa_distribution_get_n_draws (SioaDistribution *self);
/* "1 – 1.5 ms", for people. */
char *sioa_distribution_describe_bucket (guint bucket);

G_END_DECLS
