/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib.h>

/* The clock of tests, in place of g_get_monotonic_time() and g_source_get_time() in all that is
 * linked into the program statically: the library and the test itself.
 *
 * Timeouts of some milliseconds keep tests short, but a busy machine may leave a program without a
 * processor for seconds, and it would find all of them passed without anything else having had its
 * turn. So between two looks at this clock no more than a step of time goes by. It never runs
 * faster than the real one; a loop that waits looks often enough for the same pace. */

#define MAX_STEP_US 5000

gint64 __real_g_get_monotonic_time (void);
gint64 __wrap_g_get_monotonic_time (void);
gint64 __wrap_g_source_get_time (GSource *source);

gint64
__wrap_g_get_monotonic_time (void)
{
  static GMutex lock;
  static gint64 real;
  static gint64 patient;
  gint64 now;

  g_mutex_lock (&lock);
  now = __real_g_get_monotonic_time ();
  patient += real == 0 ? now : MIN (now - real, MAX_STEP_US);
  real = now;
  now = patient;
  g_mutex_unlock (&lock);
  return now;
}

gint64
__wrap_g_source_get_time (GSource *source)
{
  return __wrap_g_get_monotonic_time ();
}
