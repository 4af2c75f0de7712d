/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-histogram.h"

#include <math.h>
#include <string.h>

void
bench_histogram_reset (BenchHistogram *self)
{
  memset (self, 0, sizeof *self);
  self->min = G_MAXUINT64;
}

/* The largest value that falls into a bucket. */
guint64
bench_histogram_bucket_top (guint index)
{
  guint shift;
  guint64 mantissa;

  if (index < (2u << BENCH_HISTOGRAM_BITS))
    return index;
  shift = (index >> BENCH_HISTOGRAM_BITS) - 1;
  mantissa = (index & ((1u << BENCH_HISTOGRAM_BITS) - 1)) + (1u << BENCH_HISTOGRAM_BITS);
  return ((mantissa + 1) << shift) - 1;
}

guint64
bench_histogram_percentile (const BenchHistogram *self, double percentile)
{
  guint64 wanted;
  guint64 seen = 0;

  if (self->count == 0)
    return 0;
  wanted = (guint64) ceil ((double) self->count * percentile / 100.0);
  wanted = CLAMP (wanted, 1, self->count);
  for (guint i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
    {
      seen += self->buckets[i];
      if (seen >= wanted)
        return MIN (bench_histogram_bucket_top (i), self->max);
    }
  return self->max;
}

double
bench_histogram_mean (const BenchHistogram *self)
{
  return self->count > 0 ? (double) self->sum / (double) self->count : 0.0;
}
