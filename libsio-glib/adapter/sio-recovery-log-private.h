/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-packet.h"
#include "sio-target.h"

G_BEGIN_DECLS

/* What was sent lately, in a ring: entry number n lies at place n modulo capacity, so that a
 * position is found by arithmetic. Numbers start at 1 and are never used twice in an epoch. */
typedef struct
{
  SioPacket *packet; /* with its offset */
  SioTarget *target;
  gint64 time; /* monotonic µs */
  gsize bytes;
} SioLogEntry;

typedef struct
{
  guint max_packets;
  guint64 max_bytes;
  gint64 max_age; /* µs */
} SioLogLimits;

#define SIO_LOG_EPOCH_LENGTH 8
/* epoch, '-', number in base 36, NUL */
#define SIO_LOG_OFFSET_SIZE (SIO_LOG_EPOCH_LENGTH + 1 + 13 + 1)

typedef struct
{
  SioLogEntry *ring;
  guint capacity; /* a power of two, or 0 */
  guint64 head;   /* the last one */
  guint64 tail;   /* the last one that is gone: tail + 1 … head are there */
  guint64 bytes;
  char epoch[SIO_LOG_EPOCH_LENGTH + 1]; /* tells the numbers of one log from those of another */
} SioRecoveryLog;

typedef enum
{
  SIO_OFFSET_OURS,
  SIO_OFFSET_FOREIGN, /* of another log: of a server that is gone */
  SIO_OFFSET_OTHER    /* anything else */
} SioOffsetKind;

void sio_recovery_log_init (SioRecoveryLog *log);
void sio_recovery_log_clear (SioRecoveryLog *log);
/* @packet carries the offset of log->head + 1. (transfer full) for @packet. */
void sio_recovery_log_append (SioRecoveryLog *log,
                              SioPacket *packet,
                              SioTarget *target,
                              gint64 time,
                              const SioLogLimits *limits);
void sio_recovery_log_expire (SioRecoveryLog *log, const SioLogLimits *limits, gint64 now);
/* NULL if it is not there (any more). */
const SioLogEntry *sio_recovery_log_get (SioRecoveryLog *log, guint64 number);
void
sio_recovery_log_format (SioRecoveryLog *log, guint64 number, char offset[SIO_LOG_OFFSET_SIZE]);
SioOffsetKind sio_recovery_log_parse (SioRecoveryLog *log, const char *offset, guint64 *number);
gboolean sio_recovery_epoch_is_valid (const char *epoch);

G_END_DECLS
