/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-recovery-state-private.h"

G_BEGIN_DECLS

/* What a file of saved sessions holds, as plain memory: made in one thread, written or read in
 * another. The file is a GVariant in little-endian order,
 *
 *   (sux a(sstt a(STATE tttttt a(stt)) a(x as as s aay)))
 *
 * magic, version, real time of saving; for each namespace its name, the epoch of its log, head
 * and tail; its sessions: state, start, older, first, last, end, floor, stays (room, joined, left);
 * its packets from tail + 1 to head: real time, rooms, except, arguments as JSON, attachments. */
#define SIO_RECOVERY_MAGIC "sio-glib recovery"
#define SIO_RECOVERY_VERSION 1

typedef struct
{
  char *room;
  guint64 joined;
  guint64 left; /* G_MAXUINT64: still there */
} SioImageStay;

typedef struct
{
  SioRecoveryState *state;
  guint64 start, older, first, last, end, floor;
  GArray *stays; /* element-type SioImageStay */
} SioImageSession;

typedef struct
{
  gint64 time; /* real, µs */
  char **rooms;
  char **except;
  char *json;
  GPtrArray *attachments; /* element-type GBytes; NULL for none */
} SioImagePacket;

typedef struct
{
  gatomicrefcount ref_count;
  char *name;
  char *epoch;
  guint64 head;
  guint64 tail;
  GPtrArray *sessions; /* element-type SioImageSession */
  GPtrArray *packets;  /* element-type SioImagePacket */
} SioImageLog;

typedef struct
{
  gint64 time;     /* real, µs */
  GPtrArray *logs; /* element-type SioImageLog */
} SioRecoveryImage;

SioRecoveryImage *sio_recovery_image_new (void);
void sio_recovery_image_free (SioRecoveryImage *self);
SioImageLog *sio_image_log_new (void);
SioImageLog *sio_image_log_ref (SioImageLog *self);
void sio_image_log_unref (SioImageLog *self);
SioImageSession *sio_image_session_new (void);
SioImagePacket *sio_image_packet_new (void);
guint sio_recovery_image_count_sessions (SioRecoveryImage *self);

GBytes *sio_recovery_image_write (SioRecoveryImage *self);
/* @bytes need not be trusted: what comes out is bounded by their size, well-formed, and its
 * numbers fit together. Errors: SIO_ERROR_INVALID_ARGUMENT. */
SioRecoveryImage *sio_recovery_image_read (GBytes *bytes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioRecoveryImage, sio_recovery_image_free)

G_END_DECLS
