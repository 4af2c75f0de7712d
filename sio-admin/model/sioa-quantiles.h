/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sioa-record.h"

G_BEGIN_DECLS

/* What buckets of times say, as a row of tables. Rows of lists have a signal "changed"; these never
 * do. */
#define SIOA_TYPE_QUANTILES (sioa_quantiles_get_type ())
G_DECLARE_FINAL_TYPE (SioaQuantiles, sioa_quantiles, SIOA, QUANTILES, GObject)

/* @order: by which rows with names like times are sorted. */
SioaQuantiles *sioa_quantiles_new (const char *name, gint64 order, const double *buckets);
const char *sioa_quantiles_get_name (SioaQuantiles *self);
gint64 sioa_quantiles_get_order (SioaQuantiles *self);
double sioa_quantiles_get_count (SioaQuantiles *self);
/* Of 0.5, 0.95 and 0.99. */
double sioa_quantiles_get_p50 (SioaQuantiles *self);
double sioa_quantiles_get_p95 (SioaQuantiles *self);
double sioa_quantiles_get_p99 (SioaQuantiles *self);

G_END_DECLS
