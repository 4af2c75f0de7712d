/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-backoff-private.h"

#include <math.h>

/* 2^32 ms are 49 days: no longer delay is of use. */
#define MAX_EXPONENT 32

guint
sio_backoff_delay (guint min, guint max, double jitter, guint attempt, double random)
{
  double delay = (double) min * (double) (G_GUINT64_CONSTANT (1) << MIN (attempt, MAX_EXPONENT));

  if (jitter > 0 && jitter <= 1)
    {
      double deviation = floor (random * jitter * delay);

      delay += ((int) floor (random * 10) & 1) != 0 ? deviation : -deviation;
    }
  return (guint) floor (CLAMP (delay, 0, (double) max));
}
