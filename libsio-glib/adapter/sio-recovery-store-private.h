/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-deadline-private.h"
#include "sio-recovery-private.h"
#include "sio-socket-private.h"

G_BEGIN_DECLS

/* What the in-memory adapter keeps for recovery: the log, and the sessions of the sockets that
 * are connected or were lately. */
typedef struct _SioRecoveryStore SioRecoveryStore;

/* One client's session, from its first connection to the end of the last one it recovered.
 *
 * Which packets it was sent is not kept with each packet: it follows from the times it spent in
 * its rooms, counted in numbers of the log. Which of them arrived tells the client's offset.
 * The numbers below say whether what did not arrive is still in the log (see locate()). */
struct _SioRecoverySession
{
  guint ref_count;
  SioSocket *socket;       /* not a reference; NULL while disconnected */
  SioRecoveryStore *store; /* NULL until connected, and once it is forgotten */
  guint64 start;           /* nothing up to here was for it */
  guint64 older;           /* all sent up to here arrived, or is gone from the log */
  guint64 first;           /* the first one sent after that; 0 for none */
  guint64 last;            /* the last one sent */
  guint64 end;             /* the head when it was disconnected */
  guint64 floor;           /* stays that ended up to here are not known any more */
  GArray *stays;           /* element-type SioStay; NULL for none */
  SioTarget *own_target;   /* for events to the socket alone */

  /* While disconnected, and until it is connected again. */
  SioRecoveryState *state;
  gboolean queued; /* it is in the store's queue */
  gint64 expires;  /* monotonic µs */
  gsize bytes;
  GList link; /* place in the queue, by expiry */

  /* The way back: where the client stands, and what is about to be sent again. */
  guint64 resume;
  guint64 resume_first;
  guint64 resume_last;
  char pid[];
};

/* Time spent in a room: packets joined + 1 … left. */
typedef struct
{
  char *room;
  guint64 joined;
  guint64 left; /* G_MAXUINT64: still there */
} SioStay;

struct _SioRecoveryStore
{
  SioRecovery *settings; /* owned */
  SioReactor *reactor;   /* owned */
  SioRecoveryLog log;
  GHashTable *sessions; /* pid, owned by the value → SioRecoverySession *, owned */
  GQueue stored;        /* the disconnected ones, by expiry */
  guint64 stored_bytes;
  SioDeadline sweep;
};

/* @pid is NULL for a new one. */
SioRecoverySession *sio_recovery_session_new (const char *pid);
SioRecoverySession *sio_recovery_session_ref (SioRecoverySession *self);
void sio_recovery_session_unref (SioRecoverySession *self);
/* The socket left the connected state: what is sent from now on, it misses. */
void sio_recovery_session_mark_end (SioRecoverySession *self);
/* The target of events to @socket alone. (transfer none) */
SioTarget *sio_recovery_session_get_target (SioRecoverySession *self, SioSocket *socket);
void sio_recovery_session_joined (SioRecoverySession *self, SioSocket *socket, const char *room);
void sio_recovery_session_add_stay (SioRecoverySession *self,
                                    const char *room,
                                    guint64 joined,
                                    guint64 left);
void sio_recovery_session_left (SioRecoverySession *self, SioSocket *socket, const char *room);

/* The packet with this number is being sent to it. */
static inline void
sio_recovery_session_sent (SioRecoverySession *self, guint64 number, guint64 tail)
{
  if (self->first == 0 || self->last <= tail)
    {
      self->older = self->last;
      self->first = number;
    }
  else if (number < self->first)
    self->first = number;
  if (number > self->last)
    self->last = number;
}

SioRecoveryStore *sio_recovery_store_new (SioRecovery *settings, SioReactor *reactor);
void sio_recovery_store_free (SioRecoveryStore *self);
/* FALSE while nobody could miss anything. */
gboolean sio_recovery_store_is_needed (SioRecoveryStore *self);
/* Logs a packet and adds its offset. (transfer full) */
SioPacket *sio_recovery_store_log (
    SioRecoveryStore *self, SioPacket *packet, SioTarget *target, guint64 *number, guint64 *tail);
/* @socket is connected, in these rooms besides its own. */
void
sio_recovery_store_attach (SioRecoveryStore *self, SioSocket *socket, const char *const *rooms);
/* @socket is gone; if it was not persisted, for good. */
void sio_recovery_store_detach (SioRecoveryStore *self, SioSocket *socket);
void
sio_recovery_store_persist (SioRecoveryStore *self, SioSocket *socket, SioRecoveryState *state);
/* Finds the session of @pid and where its client stands; @offset may be NULL. A socket that
 * still has it loses its connection. */
SioRecoveryState *sio_recovery_store_restore (SioRecoveryStore *self,
                                              const char *pid,
                                              const char *offset,
                                              GError **error);
/* What the client of a restored session missed; sio_recovery_store_attach() has to follow at
 * once. */
GPtrArray *
sio_recovery_store_list_missed (SioRecoveryStore *self, SioRecoveryState *state, GError **error);

/* Bytes of the log and the sessions, roughly. */
guint64 sio_recovery_store_get_size (SioRecoveryStore *self);
/* All that is needed to go on in another process. (transfer full) (nullable) */
SioImageLog *sio_recovery_store_save (SioRecoveryStore *self, const char *namespace_name);
void sio_recovery_store_queue (SioRecoveryStore *self, SioRecoverySession *session);
/* FALSE if the store is in use already. */
gboolean sio_recovery_store_load (SioRecoveryStore *self,
                                  const SioImageLog *log,
                                  const char *namespace_name);

G_END_DECLS
