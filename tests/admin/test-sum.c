/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All servers of a list together. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sioa-mock.h"
#include "sioa-sum.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

typedef struct
{
  GListStore *list;
  SioaMock *mocks[3];
  SioaServer *servers[3];
  SioaSum *sum;
} Fixture;

static void
tell (Fixture *f, guint i, gint64 second, gint64 events, gint64 connections, gint64 memory)
{
  g_autoptr (SioaSample) sample = sioa_sample_new ("test");

  sample->time = second * SECOND + 100;
  sample->pid = i;
  sample->events_in = events;
  sample->connections = connections;
  sample->memory = memory;
  sample->has_latency = TRUE;
  sioa_buckets_of (&sample->trips, "/one")[3] = (guint64) MAX (0, events);
  sample->latency[sioa_bucket_for (1000 * (i + 1))] = (guint64) MAX (0, events);
  sioa_sample_add_reason (sample, "ping timeout", i + 1);
  sioa_sample_add_namespace (sample, i == 0 ? "/one" : "/many", 2);
  sioa_backend_tell_sample (SIOA_BACKEND (f->mocks[i]), sample);
}

static void
set_up (Fixture *f, gconstpointer user_data)
{
  static const char *const names[] = { "A", "B", "C" };

  f->list = g_list_store_new (SIOA_TYPE_SERVER);
  f->sum = sioa_sum_new (G_LIST_MODEL (f->list));
  for (guint i = 0; i < 3; i++)
    {
      f->mocks[i] = sioa_mock_new (i, 0, 0);
      f->servers[i] = sioa_server_new (names[i], SIOA_BACKEND (f->mocks[i]));
      sioa_mock_set_state (f->mocks[i], SIOA_STATE_OPEN, NULL);
      g_list_store_append (f->list, f->servers[i]);
    }
}

static void
tear_down (Fixture *f, gconstpointer user_data)
{
  gpointer sum = f->sum;

  g_object_add_weak_pointer (G_OBJECT (f->sum), &sum);
  g_clear_object (&f->sum);
  g_assert_null (sum);
  for (guint i = 0; i < 3; i++)
    {
      g_clear_object (&f->servers[i]);
      g_clear_object (&f->mocks[i]);
    }
  g_clear_object (&f->list);
}

static const SioaMoment *
at (Fixture *f, gint64 second)
{
  return sioa_history_get (sioa_sum_get_history (f->sum), SIOA_SPAN_10_MINUTES, second * SECOND, 0);
}

static double
rate (Fixture *f, gint64 second, SioaValue value)
{
  return sioa_moment_get_rate (at (f, second), SIOA_SPAN_10_MINUTES, value);
}

static void
test_rates (Fixture *f, gconstpointer user_data)
{
  tell (f, 0, 5000, 0, 10, 100);
  tell (f, 1, 5000, 1000, 20, 200);
  tell (f, 2, 5000, 0, 30, SIOA_UNKNOWN);
  /* The counters of each began at another time, and go on at their own pace. */
  tell (f, 0, 5002, 20, 11, 100);
  tell (f, 1, 5002, 1100, 20, 200);
  sioa_sum_catch_up (f->sum, 5003 * SECOND);
  /* The third did not tell of these seconds yet. */
  g_assert_null (at (f, 5001));
  tell (f, 2, 5003, 3, 30, SIOA_UNKNOWN);
  sioa_sum_catch_up (f->sum, 5004 * SECOND);
  g_assert_cmpfloat (rate (f, 5001, SIOA_EVENTS_IN), ==, 10 + 50 + 1);
  g_assert_cmpfloat (rate (f, 5001, SIOA_CONNECTIONS), ==, 11 + 20 + 30);
  g_assert_cmpfloat (rate (f, 5001, SIOA_MEMORY), ==, 300);
  g_assert_true (isnan (rate (f, 5001, SIOA_BYTES_IN)));
  g_assert_cmpuint (at (f, 5001)->n_missing, ==, 0);
  /* Nothing that is not over. */
  g_assert_null (at (f, 5002));
  tell (f, 0, 5004, 20, 11, 100);
  tell (f, 1, 5004, 1100, 20, 200);
  sioa_sum_catch_up (f->sum, 5005 * SECOND);
  g_assert_cmpfloat (rate (f, 5002, SIOA_EVENTS_IN), ==, 61);
  /* Ten seconds of which two had events. */
  g_assert_cmpfloat (sioa_moment_get_rate (sioa_history_get (sioa_sum_get_history (f->sum),
                                                             SIOA_SPAN_2_HOURS, 5005 * SECOND, 0),
                                           SIOA_SPAN_2_HOURS, SIOA_EVENTS_IN),
                     ==, 12.2);
}

static void
test_latency (Fixture *f, gconstpointer user_data)
{
  double buckets[SIOA_N_BUCKETS];

  sioa_mock_set_features (f->mocks[2], SIOA_HAS_SOCKETS);
  for (guint i = 0; i < 3; i++)
    {
      tell (f, i, 5000, 0, 1, 1);
      tell (f, i, 5001, 10, 1, 1);
      tell (f, i, 5002, 10, 1, 1);
    }
  sioa_sum_catch_up (f->sum, 5003 * SECOND);
  /* The third does not measure: what is known there is not that of its clients. */
  g_assert_cmpfloat (sioa_history_sum_latency (sioa_sum_get_history (f->sum), SIOA_SPAN_10_MINUTES,
                                               5003 * SECOND, buckets),
                     ==, 20);
  g_assert_cmpfloat (buckets[sioa_bucket_for (1000)], ==, 10);
  g_assert_cmpfloat (buckets[sioa_bucket_for (2000)], ==, 10);
  g_assert_cmpfloat (
      sioa_history_sum_latency (sioa_history_get_namespace (sioa_sum_get_history (f->sum), "/one"),
                                SIOA_SPAN_10_MINUTES, 5003 * SECOND, buckets),
      ==, 20);
  g_assert_cmpfloat (buckets[3], ==, 20);
  {
    g_autofree char *silent = sioa_sum_name_silent (f->sum);

    g_assert_cmpstr (silent, ==, "“C”");
  }
}

static void
test_sample (Fixture *f, gconstpointer user_data)
{
  SioaSample *sample;
  guint n_counted;

  tell (f, 0, 5000, 5, 10, 100);
  tell (f, 1, 5000, 5, 20, 200);
  tell (f, 2, 5000, 5, 30, SIOA_UNKNOWN);
  sioa_sum_catch_up (f->sum, 5001 * SECOND);
  sample = sioa_history_get_sample (sioa_sum_get_history (f->sum));
  g_assert_cmpint (sample->connections, ==, 60);
  g_assert_cmpint (sample->memory, ==, 300);
  g_assert_cmpint (sample->polling, ==, SIOA_UNKNOWN);
  g_assert_cmpint (sample->started_at, ==, SIOA_UNKNOWN);
  g_assert_cmpuint (*(guint64 *) g_hash_table_lookup (sample->reasons, "ping timeout"), ==, 6);
  g_assert_cmpuint (g_hash_table_size (sample->namespaces), ==, 2);
  g_assert_cmpuint (*(guint64 *) g_hash_table_lookup (sample->namespaces, "/many"), ==, 4);
  g_assert_cmpuint (sioa_sum_count_known (f->sum, SIOA_MEMORY, &n_counted), ==, 2);
  g_assert_cmpuint (n_counted, ==, 3);
}

static void
test_away (Fixture *f, gconstpointer user_data)
{
  SioaBackend *backend = SIOA_BACKEND (f->sum);
  g_autoptr (GError) error = g_error_new_literal (SIOA_ERROR, SIOA_ERROR_UNREACHABLE, "gone");
  g_autofree char *before = sioa_sum_describe (f->sum);
  g_autofree char *after = NULL;

  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_OPEN);
  g_assert_null (sioa_backend_get_error (backend));
  g_assert_cmpstr (before, ==, "All 3 connected");
  for (guint i = 0; i < 3; i++)
    {
      tell (f, i, 5000, 0, 10, 1);
      tell (f, i, 5001, 0, 10, 1);
      tell (f, i, 5002, 0, 10, 1);
    }
  sioa_mock_set_state (f->mocks[1], SIOA_STATE_WAITING, error);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_STALE);
  after = sioa_sum_describe (f->sum);
  g_assert_cmpstr (after, ==, "2 of 3 connected: “B” is away and missing in the sums");
  for (gint64 i = 5004; i <= 5006; i++)
    {
      tell (f, 0, i, 0, 10, 1);
      tell (f, 2, i, 0, 10, 1);
    }
  sioa_sum_catch_up (f->sum, 5006 * SECOND);
  /* As long as it was there it counts. Then it is missing, and said to be. */
  g_assert_cmpfloat (rate (f, 5001, SIOA_CONNECTIONS), ==, 30);
  g_assert_cmpuint (at (f, 5001)->n_missing, ==, 0);
  g_assert_cmpfloat (rate (f, 5005, SIOA_CONNECTIONS), ==, 20);
  g_assert_cmpuint (at (f, 5005)->n_missing, ==, 1);
  g_assert_cmpint (sioa_history_get_sample (sioa_sum_get_history (f->sum))->connections, ==, 20);
  /* It comes back with other counters: no fountain of events. */
  sioa_mock_set_state (f->mocks[1], SIOA_STATE_OPEN, NULL);
  tell (f, 0, 5030, 0, 10, 1);
  tell (f, 2, 5030, 0, 10, 1);
  tell (f, 1, 5030, 0, 10, 1);
  for (guint i = 0; i < 3; i++)
    tell (f, i, 5032, 2, 10, 1);
  sioa_sum_catch_up (f->sum, 5032 * SECOND);
  g_assert_cmpfloat (rate (f, 5031, SIOA_EVENTS_IN), ==, 3);
  g_assert_cmpuint (at (f, 5031)->n_missing, ==, 0);
  /* While nobody was known, nothing is. */
  g_assert_null (at (f, 5015));
  for (guint i = 0; i < 3; i++)
    sioa_mock_set_state (f->mocks[i], SIOA_STATE_WAITING, error);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_FAILED);
  sioa_sum_catch_up (f->sum, 5033 * SECOND);
  g_assert_cmpint (sioa_history_get_sample (sioa_sum_get_history (f->sum))->connections, ==,
                   SIOA_UNKNOWN);
  /* Trying again is for those that are away. */
  sioa_mock_set_state (f->mocks[0], SIOA_STATE_CONNECTING, NULL);
  sioa_backend_open (backend);
  g_assert_cmpint (sioa_backend_get_state (SIOA_BACKEND (f->mocks[0])), ==, SIOA_STATE_CONNECTING);
  g_assert_cmpint (sioa_backend_get_state (SIOA_BACKEND (f->mocks[1])), ==, SIOA_STATE_OPEN);
}

static void
silent_server (Fixture *f, gint64 first, gint64 last)
{
  for (gint64 i = first; i <= last; i++)
    {
      tell (f, 0, i, 0, 10, 1);
      tell (f, 1, i, 0, 10, 1);
    }
}

/* One that is there and says nothing does not hold up the others for ever. */
static void
test_silent (Fixture *f, gconstpointer user_data)
{
  silent_server (f, 5000, 5004);
  sioa_sum_catch_up (f->sum, 5004 * SECOND);
  g_assert_null (at (f, 5001));
  silent_server (f, 5005, 5020);
  sioa_sum_catch_up (f->sum, 5020 * SECOND);
  g_assert_cmpfloat (rate (f, 5001, SIOA_CONNECTIONS), ==, 20);
  g_assert_cmpuint (at (f, 5001)->n_missing, ==, 1);
}

static void
tell_process (Fixture *f, guint i, gint64 second, gint64 started_at)
{
  g_autoptr (SioaSample) sample = sioa_sample_new ("test");

  sample->time = second * SECOND;
  sample->hostname = g_strdup ("host");
  sample->pid = 7;
  sample->started_at = started_at;
  sample->connections = 10;
  sioa_backend_tell_sample (SIOA_BACKEND (f->mocks[i]), sample);
}

/* Reached by D-Bus and by its admin namespace: one server. */
static void
test_twins (Fixture *f, gconstpointer user_data)
{
  SioaServer *twin;

  for (gint64 i = 5000; i < 5003; i++)
    {
      tell_process (f, 0, i, 1000 * SECOND);
      tell_process (f, 1, i, 1001 * SECOND);
      tell_process (f, 2, i, 2000 * SECOND);
    }
  sioa_sum_catch_up (f->sum, 5003 * SECOND);
  g_assert_cmpfloat (rate (f, 5001, SIOA_CONNECTIONS), ==, 20);
  g_assert_cmpuint (at (f, 5001)->n_missing, ==, 0);
  g_assert_cmpint (sioa_history_get_sample (sioa_sum_get_history (f->sum))->connections, ==, 20);
  g_assert_true (sioa_sum_counts (f->sum, f->servers[0], &twin));
  g_assert_null (twin);
  g_assert_false (sioa_sum_counts (f->sum, f->servers[1], &twin));
  g_assert_true (twin == f->servers[0]);
  g_assert_true (sioa_sum_counts (f->sum, f->servers[2], NULL));
  /* The other one stands in when the first is gone. */
  sioa_mock_set_state (f->mocks[0], SIOA_STATE_WAITING, NULL);
  g_assert_true (sioa_sum_counts (f->sum, f->servers[1], NULL));
}

static void
test_list (Fixture *f, gconstpointer user_data)
{
  for (guint i = 0; i < 3; i++)
    tell (f, i, 5000, 0, 10, 1);
  g_list_store_remove (f->list, 0);
  sioa_sum_catch_up (f->sum, 5001 * SECOND);
  g_assert_cmpint (sioa_history_get_sample (sioa_sum_get_history (f->sum))->connections, ==, 20);
  g_assert_false (sioa_sum_counts (f->sum, f->servers[0], NULL));
  /* Nobody listens to that one any more. */
  g_assert_cmpuint (g_signal_handlers_disconnect_by_data (f->servers[0], f->sum), ==, 0);
  g_list_store_remove_all (f->list);
  sioa_sum_catch_up (f->sum, 5002 * SECOND);
  g_assert_cmpint (sioa_history_get_sample (sioa_sum_get_history (f->sum))->connections, ==,
                   SIOA_UNKNOWN);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*func) (Fixture *f, gconstpointer user_data);
  } tests[] = { { "/admin/sum/rates", test_rates },   { "/admin/sum/latency", test_latency },
                { "/admin/sum/sample", test_sample }, { "/admin/sum/away", test_away },
                { "/admin/sum/silent", test_silent }, { "/admin/sum/twins", test_twins },
                { "/admin/sum/list", test_list } };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
