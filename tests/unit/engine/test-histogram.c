/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-histogram-private.h"

static SioHistogram *
histogram_of (guint64 first, guint64 last, guint64 step)
{
  SioTimes times = { 0 };

  for (guint64 i = first; i <= last; i += step)
    sio_times_record (&times, i);
  return sio_histogram_new (&times);
}

static void
test_buckets (void)
{
  guint last = 0;

  /* Each duration lies in the bucket of its predecessor or the next one. */
  for (guint64 us = 0; us < 100000; us++)
    {
      guint bucket = sio_times_bucket (us);

      g_assert_true (bucket == last || bucket == last + 1 || us == 0);
      last = bucket;
    }
  g_assert_cmpuint (sio_times_bucket (7), ==, 7);
  g_assert_cmpuint (sio_times_bucket (8), ==, 8);
  g_assert_cmpuint (sio_times_bucket (16), ==, 16);
  g_assert_cmpuint (sio_times_bucket (17), ==, 16);
  g_assert_cmpuint (sio_times_bucket (18), ==, 17);
  g_assert_cmpuint (sio_times_bucket (G_GUINT64_CONSTANT (3600000000)), <, SIO_TIMES_N_BUCKETS - 1);
  g_assert_cmpuint (sio_times_bucket (G_MAXUINT64), ==, SIO_TIMES_N_BUCKETS - 1);
}

static void
test_quantiles (void)
{
  g_autoptr (SioHistogram) empty = sio_histogram_new (NULL);
  g_autoptr (SioHistogram) even = histogram_of (1, 100000, 1);
  static const double quantiles[] = { 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1 };

  g_assert_cmpuint (sio_histogram_get_quantile (empty, 0.5), ==, 0);
  g_assert_cmpuint (sio_histogram_get_count (empty), ==, 0);
  g_assert_cmpuint (sio_histogram_get_count (even), ==, 100000);
  g_assert_cmpuint (sio_histogram_get_sum (even), ==, G_GUINT64_CONSTANT (5000050000));
  for (guint i = 0; i < G_N_ELEMENTS (quantiles); i++)
    {
      double exact = quantiles[i] * 100000;
      double found = (double) sio_histogram_get_quantile (even, quantiles[i]);

      g_assert_cmpfloat (found, >=, exact * 0.93);
      g_assert_cmpfloat (found, <=, exact * 1.07);
    }
  g_assert_cmpuint (sio_histogram_get_quantile (even, 0), ==, 1);
}

static void
test_up_to (void)
{
  g_autoptr (SioHistogram) even = histogram_of (1, 100000, 1);

  g_assert_cmpuint (sio_histogram_count_up_to (even, 0), ==, 0);
  g_assert_cmpuint (sio_histogram_count_up_to (even, 5), ==, 5);
  g_assert_cmpuint (sio_histogram_count_up_to (even, G_MAXUINT64), ==, 100000);
  for (guint64 us = 100; us < 90000; us += 777)
    {
      g_assert_cmpuint (sio_histogram_count_up_to (even, us), >=, us - 1);
      g_assert_cmpuint (sio_histogram_count_up_to (even, us), <=, us + 1);
    }
}

static void
test_difference (void)
{
  g_autoptr (SioHistogram) before = histogram_of (10, 1000, 10);
  g_autoptr (SioHistogram) both = histogram_of (10, 2000, 10);
  g_autoptr (SioHistogram) between = sio_histogram_subtract (both, before);
  g_autoptr (SioHistogram) sum = sio_histogram_add (before, between);
  g_autoptr (GVariant) variant = g_variant_ref_sink (sio_histogram_to_variant (sum));
  g_autoptr (GVariant) expected = g_variant_ref_sink (sio_histogram_to_variant (both));
  GVariantIter iter;
  guint64 end;
  guint64 count;
  guint64 last = 0;
  guint64 total = 0;

  g_assert_cmpuint (sio_histogram_get_count (between), ==, 100);
  g_assert_cmpuint (sio_histogram_get_quantile (between, 0), >=, 950);
  g_assert_cmpuint (sio_histogram_get_sum (sum), ==, sio_histogram_get_sum (both));
  g_assert_cmpvariant (variant, expected);
  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "(tt)", &end, &count))
    {
      g_assert_cmpuint (end, >, last);
      last = end;
      total += count;
    }
  g_assert_cmpuint (total, ==, 200);
  g_assert_cmpuint (last, >=, 2000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/histogram/buckets", test_buckets);
  g_test_add_func ("/engine/histogram/quantiles", test_quantiles);
  g_test_add_func ("/engine/histogram/up-to", test_up_to);
  g_test_add_func ("/engine/histogram/difference", test_difference);

  return g_test_run ();
}
