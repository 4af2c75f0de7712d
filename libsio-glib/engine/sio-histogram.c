/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-histogram-private.h"

/**
 * SioHistogram:
 *
 * How long many things took: a count for each range of durations.
 *
 * The ranges are an eighth of a power of two wide, so that what is read from them is right to 6 %
 * from a microsecond to an hour. A histogram does not change any more; two of them make the one
 * of the time between, see [method@Sio.Histogram.subtract].
 *
 * Since: 0.1
 */
struct _SioHistogram
{
  gatomicrefcount ref_count;
  guint64 count;
  SioTimes times;
};

G_DEFINE_BOXED_TYPE (SioHistogram, sio_histogram, sio_histogram_ref, sio_histogram_unref)

SioHistogram *
sio_histogram_new (const SioTimes *times)
{
  SioHistogram *self = g_new0 (SioHistogram, 1);

  g_atomic_ref_count_init (&self->ref_count);
  if (times == NULL)
    return self;
  self->times = *times;
  for (guint i = 0; i < SIO_TIMES_N_BUCKETS; i++)
    self->count += times->counts[i];
  return self;
}

/* The first value that does not belong to the bucket any more. */
static guint64
bucket_end (guint bucket)
{
  guint octave = bucket >> SIO_TIMES_SUB_BITS;

  if (octave > 0)
    octave--;
  return (guint64) (bucket - (octave << SIO_TIMES_SUB_BITS) + 1) << octave;
}

/**
 * sio_histogram_ref:
 * @self: a histogram
 *
 * Takes a reference. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioHistogram *
sio_histogram_ref (SioHistogram *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_histogram_unref:
 * @self: (transfer full): a histogram
 *
 * Drops a reference. May be called from any thread.
 *
 * Since: 0.1
 */
void
sio_histogram_unref (SioHistogram *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

/**
 * sio_histogram_get_count:
 * @self: a histogram
 *
 * Tells how many durations it is made of.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_histogram_get_count (SioHistogram *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->count;
}

/**
 * sio_histogram_get_sum:
 * @self: a histogram
 *
 * Gets the sum of all durations, exactly.
 *
 * Returns: microseconds
 *
 * Since: 0.1
 */
guint64
sio_histogram_get_sum (SioHistogram *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->times.sum;
}

/**
 * sio_histogram_get_quantile:
 * @self: a histogram
 * @quantile: from 0 to 1; 0.99 is the 99th percentile
 *
 * Tells how long that share of the things took at most.
 *
 * Returns: microseconds, the middle of the range that the quantile lies in; 0 if nothing was
 *   counted
 *
 * Since: 0.1
 */
guint64
sio_histogram_get_quantile (SioHistogram *self, double quantile)
{
  guint64 rank;
  guint64 seen = 0;

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (quantile >= 0 && quantile <= 1, 0);

  if (self->count == 0)
    return 0;
  rank = MAX ((guint64) (quantile * (double) self->count + 0.999999), 1);
  for (guint i = 0; i < SIO_TIMES_N_BUCKETS; i++)
    {
      seen += self->times.counts[i];
      if (seen >= rank)
        return ((i > 0 ? bucket_end (i - 1) : 0) + bucket_end (i) - 1) / 2;
    }
  g_assert_not_reached ();
}

/**
 * sio_histogram_count_up_to:
 * @self: a histogram
 * @microseconds: a duration
 *
 * Counts what took at most @microseconds, for histograms with other ranges: a range that
 * @microseconds lies in is shared out evenly.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_histogram_count_up_to (SioHistogram *self, guint64 microseconds)
{
  guint last = sio_times_bucket (microseconds);
  guint64 start = last > 0 ? bucket_end (last - 1) : 0;
  guint64 width = bucket_end (last) - start;
  guint64 count = 0;

  g_return_val_if_fail (self != NULL, 0);

  for (guint i = 0; i < last; i++)
    count += self->times.counts[i];
  return count + self->times.counts[last] * MIN (microseconds - start + 1, width) / width;
}

static SioHistogram *
combine (SioHistogram *self, SioHistogram *other, gboolean add)
{
  SioTimes times = self->times;

  times.sum = add ? times.sum + other->times.sum : times.sum - MIN (times.sum, other->times.sum);
  for (guint i = 0; i < SIO_TIMES_N_BUCKETS; i++)
    {
      guint64 n = other->times.counts[i];

      times.counts[i] = add ? times.counts[i] + n : times.counts[i] - MIN (times.counts[i], n);
    }
  return sio_histogram_new (&times);
}

/**
 * sio_histogram_subtract:
 * @self: a histogram
 * @earlier: an earlier one of the same things
 *
 * Makes the histogram of what happened between the two.
 *
 * Returns: (transfer full): a new histogram
 *
 * Since: 0.1
 */
SioHistogram *
sio_histogram_subtract (SioHistogram *self, SioHistogram *earlier)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (earlier != NULL, NULL);

  return combine (self, earlier, FALSE);
}

/**
 * sio_histogram_add:
 * @self: a histogram
 * @other: one of other things
 *
 * Makes the histogram of both together.
 *
 * Returns: (transfer full): a new histogram
 *
 * Since: 0.1
 */
SioHistogram *
sio_histogram_add (SioHistogram *self, SioHistogram *other)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (other != NULL, NULL);

  return combine (self, other, TRUE);
}

/**
 * sio_histogram_to_variant:
 * @self: a histogram
 *
 * Lists the ranges that have anything in them.
 *
 * Returns: (transfer floating): an array of type `a(tt)`: the longest duration of the range in
 *   microseconds, and how many there were; in rising order
 *
 * Since: 0.1
 */
GVariant *
sio_histogram_to_variant (SioHistogram *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (self != NULL, NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tt)"));
  for (guint i = 0; i < SIO_TIMES_N_BUCKETS; i++)
    if (self->times.counts[i] > 0)
      g_variant_builder_add (&builder, "(tt)", bucket_end (i) - 1, self->times.counts[i]);
  return g_variant_builder_end (&builder);
}
