/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-connection-private.h"
#include "sio-handlers-private.h"
#include "sio-id-private.h"
#include "sio-packet-codec-private.h"
#include "sio-packet-private.h"
#include "sio-session-private.h"
#include "sio-socket.h"

G_BEGIN_DECLS

typedef enum
{
  SIO_SOCKET_CONNECTING, /* in the middlewares */
  SIO_SOCKET_CONNECTED,
  SIO_SOCKET_DISCONNECTING, /* rooms are still there, nothing is sent any more */
  SIO_SOCKET_DISCONNECTED
} SioSocketState;

/* A socket's place in the rooms of the in-memory adapter; see sio-room-index.c. */
typedef struct _SioMemberships SioMemberships;

/* What recovery knows of a socket; see sio-recovery-store.c. */
typedef struct _SioRecoverySession SioRecoverySession;

/* Events that wait for a middleware; see sio-socket-events.c. */
typedef struct _SioEventGate SioEventGate;

/* When it may send its next events; see sio-event-limits.c. */
typedef struct _SioSocketTimes SioSocketTimes;

/* There may be very many of these: every byte counts. Tables are made when needed. */
struct _SioSocket
{
  GObject parent_instance;

  /* What a broadcast looks at fits into one cache line. */
  SioSession *session; /* owned; NULL in tests only */
  guint64 mark;        /* used while the adapter works out who is meant */
  guint state : 2;
  guint has_long_id : 1;
  guint recovered : 1;
  guint observed : 1;        /* has handlers for what is sent to it */
  guint extra_rooms : 16;    /* besides those of SioServer:max-rooms-per-socket */
  guint ns_index;            /* place in the namespace's array */
  SioConnection *connection; /* NULL once disconnected */

  gint64 connect_time;     /* µs since 1970; 0 before */
  guint64 n_events;        /* that the client sent */
  SioNamespace *ns;        /* owned */
  SioHandshake *handshake; /* owned */
  SioMemberships *memberships;
  SioHandlers *handlers;
  SioEventGate *gate;    /* NULL as long as no event met a middleware */
  SioSocketTimes *times; /* NULL as long as no event met a limit */
  GHashTable *acks;      /* gint64 * → SioPendingAck * */
  JsonNode *data;
  SioRecoverySession *recovery; /* NULL if it cannot be recovered */
  /* See sio_socket_peek_id (). */
  union
  {
    char short_id[SIO_ID_LENGTH + 1];
    char *long_id; /* owned */
  };
};

SioSocket *sio_socket_new (SioNamespace *ns,
                           SioConnection *connection,
                           SioSession *session,
                           SioHandshake *handshake);

/* Ids have SIO_ID_LENGTH characters, but those of Engine.IO 3 clients outside of "/" begin with
 * the namespace (protocol.md §3.8). */
static inline const char *
sio_socket_peek_id (const SioSocket *self)
{
  return G_UNLIKELY (self->has_long_id) ? self->long_id : self->short_id;
}

/* A client without Socket.IO's protocol. */
static inline gboolean
sio_socket_is_plain (SioSocket *self)
{
  return self->session != NULL && sio_session_get_plain (self->session) != NULL;
}

/* A client of Socket.IO 1 or 2. */
static inline gboolean
sio_socket_is_eio3 (SioSocket *self)
{
  return self->session != NULL && sio_session_get_protocol (self->session) == 3;
}

/* Called by the connection. */
void sio_socket_receive_event (SioSocket *self, const SioPacketView *view, GPtrArray *attachments);
/* A limit refused an event before it became a message. @name need not end with NUL. */
void sio_socket_count_refused (SioSocket *self, const char *name, gsize length, gsize n_bytes);
void sio_socket_receive_ack (SioSocket *self, const SioPacketView *view, GPtrArray *attachments);
void sio_socket_receive_error (SioSocket *self, const GError *error);

/* After adding and removing handlers. */
void sio_socket_update_observed (SioSocket *self);
/* Drops what waits, and tells middlewares that nobody wants to know any more. */
void sio_socket_close_gate (SioSocket *self);
void sio_socket_free_gate (SioSocket *self);
/* Tells handlers what is about to be sent; only if sio_namespace_is_observed (). */
void sio_socket_tell_outgoing (SioSocket *self, const SioContent *content);

/* Whether a socket that is in @n_rooms besides its own may not join any more. */
gboolean sio_socket_has_all_rooms (SioSocket *self, guint n_rooms);
/* It wants to join another one, which is counted. FALSE: it may, nevertheless. */
gboolean sio_socket_refuse_room (SioSocket *self);

void sio_socket_connected (SioSocket *self);
/* The one way out of SIO_SOCKET_CONNECTED. */
void sio_socket_disconnected (SioSocket *self, const char *reason, const char *description);
/* Out of SIO_SOCKET_CONNECTING: the client was refused, or is gone. */
void sio_socket_abandon (SioSocket *self);
void sio_socket_send_disconnect (SioSocket *self);

void sio_socket_send_ack (SioSocket *self, gint64 id, SioArgs *args);
void sio_socket_fail_acks (SioSocket *self);

/* The hot end of everything that is sent. */
static inline gboolean
sio_socket_send_outgoing (SioSocket *self, SioOutgoing *outgoing, SioSendFlags flags)
{
  /* No outgoing: a parser could not encode it. */
  if (self->state != SIO_SOCKET_CONNECTED || self->session == NULL || outgoing == NULL)
    return FALSE;
  return sio_session_send (self->session, outgoing, flags);
}

static inline SioSendFlags
sio_emit_flags_to_send (SioEmitFlags flags)
{
  return ((flags & SIO_EMIT_VOLATILE) != 0 ? SIO_SEND_VOLATILE : SIO_SEND_DEFAULT) |
         ((flags & SIO_EMIT_NO_COMPRESS) != 0 ? SIO_SEND_NO_COMPRESS : SIO_SEND_DEFAULT);
}

G_END_DECLS
