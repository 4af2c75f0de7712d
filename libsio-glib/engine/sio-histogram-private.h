/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-histogram.h"

G_BEGIN_DECLS

/* Eight buckets for each power of two: whatever falls into one differs by 12.5 % at most. The
 * last one takes everything above an hour. */
#define SIO_TIMES_SUB_BITS 3
#define SIO_TIMES_N_BUCKETS 240

/* What is counted into; a SioHistogram is a copy of it. */
typedef struct
{
  guint64 sum; /* µs */
  guint64 counts[SIO_TIMES_N_BUCKETS];
} SioTimes;

static inline guint
sio_times_bucket (guint64 microseconds)
{
  guint octave;

  if (microseconds < 1 << SIO_TIMES_SUB_BITS)
    return (guint) microseconds;
  octave = (guint) (63 - __builtin_clzll (microseconds)) - SIO_TIMES_SUB_BITS;
  return MIN ((octave << SIO_TIMES_SUB_BITS) + (guint) (microseconds >> octave),
              SIO_TIMES_N_BUCKETS - 1);
}

static inline void
sio_times_record (SioTimes *self, guint64 microseconds)
{
  self->sum += microseconds;
  self->counts[sio_times_bucket (microseconds)]++;
}

/* @times may be NULL: nothing was counted yet. */
SioHistogram *sio_histogram_new (const SioTimes *times);

G_END_DECLS
