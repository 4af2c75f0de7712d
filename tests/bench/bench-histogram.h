/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Log-linear buckets: 128 steps per power of two, so a reported value is at most 0.8 % too high.
 * Values are nanoseconds up to about 73 minutes; anything longer lands in the last bucket. */
#define BENCH_HISTOGRAM_BITS 7
#define BENCH_HISTOGRAM_MAX_EXPONENT 41
#define BENCH_HISTOGRAM_BUCKETS                                                                    \
  (((BENCH_HISTOGRAM_MAX_EXPONENT - BENCH_HISTOGRAM_BITS) << BENCH_HISTOGRAM_BITS) +               \
   (2 << BENCH_HISTOGRAM_BITS))

typedef struct
{
  guint64 count;
  guint64 sum;
  guint64 min;
  guint64 max;
  guint64 buckets[BENCH_HISTOGRAM_BUCKETS];
} BenchHistogram;

static inline guint
bench_histogram_index (guint64 value)
{
  guint exponent;
  guint shift;

  if (value < (1u << BENCH_HISTOGRAM_BITS))
    return (guint) value;
  exponent = 63 - (guint) __builtin_clzll (value);
  if (exponent > BENCH_HISTOGRAM_MAX_EXPONENT)
    return BENCH_HISTOGRAM_BUCKETS - 1;
  shift = exponent - BENCH_HISTOGRAM_BITS;
  return (shift << BENCH_HISTOGRAM_BITS) + (guint) (value >> shift);
}

static inline void
bench_histogram_record (BenchHistogram *self, gint64 signed_value)
{
  guint64 value = signed_value > 0 ? (guint64) signed_value : 0;

  self->count++;
  self->sum += value;
  self->min = MIN (self->min, value);
  self->max = MAX (self->max, value);
  self->buckets[bench_histogram_index (value)]++;
}

void bench_histogram_reset (BenchHistogram *self);
guint64 bench_histogram_bucket_top (guint index);
guint64 bench_histogram_percentile (const BenchHistogram *self, double percentile);
double bench_histogram_mean (const BenchHistogram *self);
