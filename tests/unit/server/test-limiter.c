/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-limiter-private.h"

#define SECOND G_USEC_PER_SEC

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioLimiter, sio_limiter_free)

static guint
count_passed (SioLimiter *limiter,
              SioLimiterTimes **times,
              const char *event,
              guint n,
              gint64 start,
              gint64 step)
{
  guint passed = 0;

  for (guint i = 0; i < n; i++)
    if (sio_limiter_check (limiter, times, event, strlen (event), 10, start + i * step) ==
        SIO_LIMITER_PASS)
      passed++;
  return passed;
}

static void
test_rate (void)
{
  g_autoptr (SioLimiter) limiter = sio_limiter_new ();
  g_autofree SioLimiterTimes *first = NULL;
  g_autofree SioLimiterTimes *second = NULL;
  SioLimit limit = { 10, 5, 0 };

  g_assert_true (sio_limiter_is_empty (limiter));
  sio_limiter_set (limiter, "say", &limit);
  g_assert_false (sio_limiter_is_empty (limiter));

  /* At once only the burst, then one each tenth of a second, however many are tried. */
  g_assert_cmpuint (count_passed (limiter, &first, "say", 1000, SECOND, 0), ==, 5);
  g_assert_cmpuint (count_passed (limiter, &first, "say", 10001, SECOND + 1, 1000), ==, 100);
  g_assert_cmpuint (sio_limiter_get_n_broken (limiter, "say"), ==, 995 + 9901);
  g_assert_cmpuint (sio_limiter_get_n_broken (limiter, NULL), ==, 0);
  /* Who keeps to it is never held up, and nobody saves up more than the burst. */
  g_assert_cmpuint (count_passed (limiter, &first, "say", 500, 20 * SECOND, SECOND / 10), ==, 500);
  g_assert_cmpuint (count_passed (limiter, &first, "say", 100, 900 * SECOND, 0), ==, 5);
  /* Other sockets and events have nothing to do with it. */
  g_assert_cmpuint (count_passed (limiter, &second, "say", 5, SECOND, 0), ==, 5);
  g_assert_cmpuint (count_passed (limiter, &first, "other", 1000, SECOND, 0), ==, 1000);
}

static void
test_all (void)
{
  g_autoptr (SioLimiter) limiter = sio_limiter_new ();
  g_autofree SioLimiterTimes *times = NULL;
  SioLimit all = { 100, 100, 0 };
  SioLimit say = { 1, 1, 0 };

  sio_limiter_set (limiter, NULL, &all);
  g_assert_cmpuint (count_passed (limiter, &times, "a", 60, SECOND, 0), ==, 60);
  /* A rule that is added later holds for those who are there. */
  sio_limiter_set (limiter, "say", &say);
  g_assert_cmpuint (count_passed (limiter, &times, "say", 60, SECOND, 0), ==, 1);
  g_assert_cmpuint (count_passed (limiter, &times, "b", 60, SECOND, 0), ==, 39);
  g_assert_cmpuint (sio_limiter_get_n_broken (limiter, NULL), ==, 21);
  g_assert_cmpuint (sio_limiter_get_n_broken (limiter, "say"), ==, 59);

  sio_limiter_set (limiter, NULL, &(SioLimit){ 0 });
  sio_limiter_set (limiter, "say", &(SioLimit){ 0 });
  g_assert_true (sio_limiter_is_empty (limiter));
  g_assert_cmpuint (count_passed (limiter, &times, "say", 1000, SECOND, 0), ==, 1000);
}

static void
test_size (void)
{
  g_autoptr (SioLimiter) limiter = sio_limiter_new ();
  g_autofree SioLimiterTimes *times = NULL;
  SioLimit all = { 0, 0, 1000 };
  SioLimit upload = { 0, 0, 100 };

  sio_limiter_set (limiter, NULL, &all);
  sio_limiter_set (limiter, "upload", &upload);
  g_assert_cmpint (sio_limiter_check (limiter, &times, "say", strlen ("say"), 1000, 0), ==,
                   SIO_LIMITER_PASS);
  g_assert_cmpint (sio_limiter_check (limiter, &times, "say", strlen ("say"), 1001, 0), ==,
                   SIO_LIMITER_TOO_LARGE);
  g_assert_cmpint (sio_limiter_check (limiter, &times, "upload", strlen ("upload"), 100, 0), ==,
                   SIO_LIMITER_PASS);
  g_assert_cmpint (sio_limiter_check (limiter, &times, "upload", strlen ("upload"), 101, 0), ==,
                   SIO_LIMITER_TOO_LARGE);
  g_assert_cmpuint (sio_limiter_get_n_broken (limiter, NULL), ==, 1);
  g_assert_cmpuint (sio_limiter_get_n_broken (limiter, "upload"), ==, 1);
  g_assert_cmpuint (sio_limiter_get (limiter, "upload").max_size, ==, 100);
  g_assert_cmpuint (sio_limiter_get (limiter, "other").max_size, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/limiter/rate", test_rate);
  g_test_add_func ("/server/limiter/all", test_all);
  g_test_add_func ("/server/limiter/size", test_size);

  return g_test_run ();
}
