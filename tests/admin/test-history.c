/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>

#include "sioa-history.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static SioaSample *
sample_at (gint64 seconds, gint64 events, gint64 connections)
{
  SioaSample *sample = sioa_sample_new ("one");

  sample->time = seconds * SECOND;
  sample->events_in = events;
  sample->connections = connections;
  return sample;
}

static void
add (SioaHistory *history, gint64 seconds, gint64 events, gint64 connections)
{
  g_autoptr (SioaSample) sample = sample_at (seconds, events, connections);

  sioa_history_add (history, sample);
}

static double
rate (SioaHistory *history, SioaSpan span, gint64 now, guint age, SioaValue value)
{
  return sioa_moment_get_rate (sioa_history_get (history, span, now * SECOND, age), span, value);
}

static void
test_rates (void)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();

  add (history, 1000, 500, 7);
  /* One value of a counter says nothing. */
  g_assert_true (isnan (rate (history, SIOA_SPAN_10_MINUTES, 1000, 0, SIOA_EVENTS_IN)));
  g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 1000, 0, SIOA_CONNECTIONS), ==, 7);
  add (history, 1002, 600, 9);
  /* 100 in two seconds */
  g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 1002, 0, SIOA_EVENTS_IN), ==, 50);
  g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 1002, 1, SIOA_EVENTS_IN), ==, 50);
  g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 1002, 2, SIOA_CONNECTIONS), ==, 7);
  g_assert_cmpfloat (rate (history, SIOA_SPAN_2_HOURS, 1002, 0, SIOA_EVENTS_IN), ==, 10);
  g_assert_true (isnan (rate (history, SIOA_SPAN_10_MINUTES, 1002, 0, SIOA_BYTES_IN)));
}

static void
test_gaps (void)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();
  g_autoptr (SioaSample) other = sample_at (1103, 40, 1);

  add (history, 1000, 0, 1);
  add (history, 1100, 1000, 1);
  g_assert_null (sioa_history_get (history, SIOA_SPAN_10_MINUTES, 1100 * SECOND, 50));
  g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 1100, 0, SIOA_EVENTS_IN), ==, 200);
  /* It started anew: its counters began at zero, and nothing is negative. */
  other->epoch = 2;
  sioa_history_add (history, other);
  g_assert_true (isnan (rate (history, SIOA_SPAN_10_MINUTES, 1103, 0, SIOA_EVENTS_IN)));
  add (history, 1104, 50, 1);
  g_assert_true (isnan (rate (history, SIOA_SPAN_10_MINUTES, 1104, 0, SIOA_EVENTS_IN)));
}

static void
test_rings (void)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();

  for (gint64 i = 0; i <= 700; i++)
    add (history, 5000 + i, i * 10, i);
  for (guint age = 0; age < sioa_history_get_length (SIOA_SPAN_10_MINUTES); age++)
    g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 5700, age, SIOA_CONNECTIONS), ==,
                       700 - age);
  g_assert_null (sioa_history_get (history, SIOA_SPAN_10_MINUTES, 5700 * SECOND, 600));
  /* What is old is forgotten, though nothing came in its place. */
  g_assert_null (sioa_history_get (history, SIOA_SPAN_10_MINUTES, 6400 * SECOND, 0));
  g_assert_cmpfloat (rate (history, SIOA_SPAN_2_HOURS, 5700, 1, SIOA_EVENTS_IN), ==, 10);
}

static void
test_quantiles (void)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();
  g_autoptr (SioaSample) first = sample_at (1000, 0, 1);
  g_autoptr (SioaSample) second = sample_at (1001, 0, 1);
  const SioaMoment *moment;

  first->has_latency = TRUE;
  second->has_latency = TRUE;
  sioa_history_add (history, first);
  second->latency[sioa_bucket_for (1000)] = 90;
  second->latency[sioa_bucket_for (20000)] = 10;
  sioa_history_add (history, second);
  moment = sioa_history_get (history, SIOA_SPAN_10_MINUTES, 1001 * SECOND, 0);
  g_assert_cmpfloat (sioa_moment_get_quantile (moment, 0.9), ==, 1000);
  g_assert_cmpfloat (sioa_moment_get_quantile (moment, 0.45), ==, 750);
  g_assert_cmpfloat (sioa_moment_get_quantile (moment, 1), ==, 20000);
  g_assert_true (isnan (sioa_moment_get_quantile (NULL, 0.5)));
}

/* Of each namespace the server tells of, up to some of them. */
static void
test_namespaces (void)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();
  g_autoptr (SioaSample) first = sample_at (1000, 0, 1);
  g_autoptr (SioaSample) second = sample_at (1002, 0, 1);
  g_autoptr (SioaSample) third = sample_at (1003, 0, 1);
  g_autoptr (SioaSample) many = sample_at (1004, 0, 1);
  g_auto (GStrv) names = NULL;
  const SioaMoment *moment;

  g_assert_null (sioa_history_get_namespace (history, "/"));
  sioa_buckets_of (&first->trips, "/")[sioa_bucket_for (1000)] = 70;
  sioa_history_add (history, first);
  sioa_buckets_of (&second->trips, "/")[sioa_bucket_for (1000)] = 90;
  sioa_buckets_of (&second->trips, "/chat")[sioa_bucket_for (9000)] = 4;
  sioa_history_add (history, second);
  /* What was before the first sample is of nobody knows when. */
  moment = sioa_history_get (sioa_history_get_namespace (history, "/"), SIOA_SPAN_10_MINUTES,
                             1002 * SECOND, 0);
  g_assert_cmpfloat (moment->latency[sioa_bucket_for (1000)], ==, 10);
  moment = sioa_history_get (sioa_history_get_namespace (history, "/chat"), SIOA_SPAN_2_HOURS,
                             1002 * SECOND, 0);
  g_assert_cmpfloat (moment->latency[sioa_bucket_for (9000)], ==, 4);
  /* Nobody was pinged: a gap, not a zero. */
  sioa_buckets_of (&third->trips, "/")[sioa_bucket_for (1000)] = 90;
  sioa_history_add (history, third);
  g_assert_null (sioa_history_get (sioa_history_get_namespace (history, "/"), SIOA_SPAN_10_MINUTES,
                                   1003 * SECOND, 0));
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("/made-%u", i);

      sioa_buckets_of (&many->trips, name)[0] = 1;
    }
  sioa_history_add (history, many);
  names = sioa_history_list_namespaces (history);
  g_assert_cmpuint (g_strv_length (names), ==, 16);
  g_assert_cmpstr (names[0], ==, "/");
  g_assert_cmpstr (names[1], ==, "/chat");
  g_assert_null (sioa_history_add_namespace (history, "/one-more"));
}

/* Samples that come a little late leave no second out. */
static void
test_jitter (void)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();
  static const gint64 times[] = { 1000990, 1003010, 1004950, 1007005 };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autoptr (SioaSample) sample = sample_at (0, 10 * i, 5);

      sample->time = times[i] * 1000;
      sioa_history_add (history, sample);
    }
  for (gint64 i = 1001; i <= 1007; i++)
    g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, i, 0, SIOA_CONNECTIONS), ==, 5);
  /* Nor do they change the rate: ten in 2.02 seconds. */
  g_assert_cmpfloat (rate (history, SIOA_SPAN_10_MINUTES, 1001, 0, SIOA_EVENTS_IN), ==, 10 / 2.02);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/history/rates", test_rates);
  g_test_add_func ("/admin/history/gaps", test_gaps);
  g_test_add_func ("/admin/history/rings", test_rings);
  g_test_add_func ("/admin/history/quantiles", test_quantiles);
  g_test_add_func ("/admin/history/namespaces", test_namespaces);
  g_test_add_func ("/admin/history/jitter", test_jitter);
  return g_test_run ();
}
