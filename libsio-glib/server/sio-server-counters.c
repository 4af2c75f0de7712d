/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-server-counters-private.h"

#include <string.h>

static const char *const disconnections[] = { "transport close",
                                              "transport error",
                                              "ping timeout",
                                              "parse error",
                                              "forced close",
                                              "forced server close",
                                              "client namespace disconnect",
                                              "server namespace disconnect",
                                              "server shutting down",
                                              "other" };
G_STATIC_ASSERT (G_N_ELEMENTS (disconnections) == SIO_N_DISCONNECTED);

const char *
sio_disconnected_to_string (SioDisconnected disconnected)
{
  return disconnections[disconnected];
}

SioDisconnected
sio_disconnected_from_reason (const char *reason)
{
  for (guint i = 0; i < SIO_DISCONNECTED_OTHER; i++)
    if (strcmp (disconnections[i], reason) == 0)
      return (SioDisconnected) i;
  return SIO_DISCONNECTED_OTHER;
}

const char *
sio_unwelcome_to_string (SioUnwelcome unwelcome)
{
  static const char *const names[] = { "invalid-namespace", "too-many-namespaces", "middleware" };

  return names[unwelcome];
}
