/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-quantiles.h"

#include "sioa-history.h"

struct _SioaQuantiles
{
  GObject parent_instance;

  char *name;
  gint64 order;
  double count;
  double p50, p95, p99;
};

G_DEFINE_FINAL_TYPE (SioaQuantiles, sioa_quantiles, G_TYPE_OBJECT)

static void
sioa_quantiles_finalize (GObject *object)
{
  g_free (SIOA_QUANTILES (object)->name);

  G_OBJECT_CLASS (sioa_quantiles_parent_class)->finalize (object);
}

static void
sioa_quantiles_class_init (SioaQuantilesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_quantiles_finalize;

  g_signal_new ("changed", SIOA_TYPE_QUANTILES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                0);
}

static void
sioa_quantiles_init (SioaQuantiles *self)
{
}

SioaQuantiles *
sioa_quantiles_new (const char *name, gint64 order, const double *buckets)
{
  SioaQuantiles *self = g_object_new (SIOA_TYPE_QUANTILES, NULL);

  self->name = g_strdup (name);
  self->order = order;
  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    self->count += buckets[i];
  self->p50 = sioa_buckets_get_quantile (buckets, 0.5);
  self->p95 = sioa_buckets_get_quantile (buckets, 0.95);
  self->p99 = sioa_buckets_get_quantile (buckets, 0.99);
  return self;
}

const char *
sioa_quantiles_get_name (SioaQuantiles *self)
{
  return self->name;
}

gint64
sioa_quantiles_get_order (SioaQuantiles *self)
{
  return self->order;
}

double
sioa_quantiles_get_count (SioaQuantiles *self)
{
  return self->count;
}

double
sioa_quantiles_get_p50 (SioaQuantiles *self)
{
  return self->p50;
}

double
sioa_quantiles_get_p95 (SioaQuantiles *self)
{
  return self->p95;
}

double
sioa_quantiles_get_p99 (SioaQuantiles *self)
{
  return self->p99;
}
