/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-counters-private.h"

#include <string.h>

#include "sio-session-private.h"

const char *
sio_refused_to_string (SioRefused refused)
{
  static const char *const names[] = {
    "unknown-transport", "unknown-session",      "bad-method", "bad-request",
    "forbidden",         "unsupported-protocol", "full",       "address",
    "draining"
  };

  return names[refused];
}

const char *
sio_limited_to_string (SioLimited limited)
{
  static const char *const names[] = { "rate", "size", "rooms" };

  return names[limited];
}

static const char *const endings[] = { SIO_REASON_TRANSPORT_CLOSE, SIO_REASON_TRANSPORT_ERROR,
                                       SIO_REASON_PING_TIMEOUT, SIO_REASON_PARSE_ERROR,
                                       SIO_REASON_FORCED_CLOSE };

const char *
sio_ended_to_string (SioEnded ended)
{
  return endings[ended];
}

SioEnded
sio_ended_from_reason (const char *reason)
{
  for (guint i = 0; i < SIO_N_ENDED; i++)
    if (strcmp (endings[i], reason) == 0)
      return (SioEnded) i;
  return SIO_ENDED_FORCED_CLOSE;
}
