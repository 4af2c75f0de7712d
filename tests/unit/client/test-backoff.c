/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sio-backoff-private.h"

static void
test_plain (void)
{
  static const guint expected[] = { 1000, 2000, 4000, 5000, 5000 };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpuint (sio_backoff_delay (1000, 5000, 0, i, 0.3), ==, expected[i]);
      g_assert_cmpuint (sio_backoff_delay (1000, 5000, 1.5, i, 0.3), ==, expected[i]);
    }
}

/* The ranges of protocol.md §5.3. */
static void
test_jitter (void)
{
  static const struct
  {
    guint min;
    guint max;
  } ranges[] = { { 500, 1500 }, { 1000, 3000 }, { 2000, 5000 }, { 4000, 5000 } };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    for (guint r = 0; r < 1000; r++)
      {
        guint delay = sio_backoff_delay (1000, 5000, 0.5, i, r / 1000.0);

        g_assert_cmpuint (delay, >=, ranges[i].min);
        g_assert_cmpuint (delay, <=, ranges[i].max);
      }
}

/* Appendix C, 18: after very many attempts the delay must not become 0. */
static void
test_overflow (void)
{
  for (guint i = 3; i < 5000; i++)
    g_assert_cmpuint (sio_backoff_delay (1000, 5000, 0.5, i, g_test_rand_double ()), >=, 4000);
  g_assert_cmpuint (sio_backoff_delay (G_MAXINT, G_MAXINT, 0.5, G_MAXUINT, 0.1), ==, G_MAXINT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/backoff/plain", test_plain);
  g_test_add_func ("/client/backoff/jitter", test_jitter);
  g_test_add_func ("/client/backoff/overflow", test_overflow);
  return g_test_run ();
}
