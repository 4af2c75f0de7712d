/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-args.h"
#include "sio-deadline-private.h"
#include "sio-packet-codec-private.h"

G_BEGIN_DECLS

/* An event that waits for its acknowledgement, in a table of its socket or client. The table is
 * made when needed, so that nothing waiting costs nothing. Whoever needs to know more of an event
 * makes this the head of a larger structure. */
typedef struct
{
  gint64 id;
  GHashTable **table; /* of the task's source object, which the task holds */
  GTask *task;
  SioDeadline deadline;
  GSource *cancelled;
} SioPendingAck;

/* @pending is zeroed memory; @free calls sio_pending_ack_clear () and releases it. @timeout is
 * in ms, 0 for ever. */
void sio_pending_ack_add (GHashTable **table,
                          SioPendingAck *pending,
                          GDestroyNotify free,
                          gint64 id,
                          GTask *task,
                          SioReactor *reactor,
                          guint timeout);
void sio_pending_ack_clear (SioPendingAck *pending);
SioPendingAck *sio_pending_ack_lookup (GHashTable **table, gint64 id);
/* Takes it out of the table: the task, or NULL. */
GTask *sio_pending_ack_steal (GHashTable **table, gint64 id);
/* The answer came; FALSE if nobody waits for it. */
gboolean
sio_pending_ack_receive (GHashTable **table, const SioPacketView *view, GPtrArray *attachments);
typedef gboolean (*SioPendingAckFunc) (SioPendingAck *pending);
/* Those that @matches selects, or all, get no answer any more. */
void sio_pending_ack_fail (GHashTable **table, SioPendingAckFunc matches);

G_END_DECLS
