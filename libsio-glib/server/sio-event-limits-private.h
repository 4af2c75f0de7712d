/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-limiter-private.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"

G_BEGIN_DECLS

/* What happens when a limit of events is broken, for all that have any: see sio-event-limits.c. */

/* How a socket stands with the limits of its server, its namespace's parent and its namespace. */
struct _SioSocketTimes
{
  SioLimiterTimes *items[3];
};

/* Asked for each event; nobody has limits unless this is TRUE. */
static inline gboolean
sio_namespace_has_event_limits (const SioNamespace *self)
{
  return self->limiter != NULL || (self->parent != NULL && self->parent->limiter != NULL) ||
         (self->server != NULL && self->server->limiter != NULL);
}

/* FALSE: the event is dropped, and the socket may be disconnected. Allocates at a socket's first
 * event, and for names with escapes. */
gboolean
sio_socket_admit_event (SioSocket *self, const SioPacketView *view, GPtrArray *attachments);
void sio_socket_times_free (SioSocketTimes *times);

/* A rule where @burst 0 stands for what comes in a second; NULL if it is none. */
void sio_event_limit_set (
    SioLimiter **limiter, const char *event, double rate, guint burst, guint64 max_bytes);

G_END_DECLS
