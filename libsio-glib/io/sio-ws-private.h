/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-channel-private.h"
#include "sio-deadline-private.h"
#include "sio-deflate-private.h"
#include "sio-ws-parser-private.h"

G_BEGIN_DECLS

/* The server's end of one WebSocket, after the handshake. */
typedef struct _SioWs SioWs;

#define SIO_WS_CLOSE_NORMAL 1000
#define SIO_WS_CLOSE_PROTOCOL 1002
#define SIO_WS_CLOSE_UNSUPPORTED 1003
#define SIO_WS_CLOSE_NO_STATUS 1005
#define SIO_WS_CLOSE_ABNORMAL 1006
#define SIO_WS_CLOSE_BAD_DATA 1007
#define SIO_WS_CLOSE_TOO_LARGE 1009

/* What all connections of a server have in common; outlives them, as far as they
 * are open: one that is closing does not look at it any more. */
typedef struct
{
  gsize max_message;       /* bytes of one incoming message */
  gsize max_buffered;      /* budget of unsent output: its bytes, and 128 for each piece */
  gsize high_water;        /* unsent output from which SioWsHandler.pressure tells; 0: never */
  guint64 *dropped;        /* counts volatile frames that made room for others; or NULL */
  guint16 max_ratio;       /* of compressed messages; 0: no limit */
  SioDeadlineList *linger; /* how long to wait for the peer's close frame and for unsent output */
} SioWsConfig;

typedef struct
{
  /* @data is valid during the call only; text is valid UTF-8. */
  void (*message) (SioWs *ws, gboolean is_text, guint8 *data, gsize length, gpointer user_data);
  /* The peer left, broke the protocol, or the connection failed; comes at most
   * once, and never after sio_ws_close() or sio_ws_abort(). @code is what the
   * peer sent (1005 if nothing), what was sent to it because of a violation
   * (1002, 1007, 1009), or 1006 when the connection broke or ended without a
   * close frame. @clean is TRUE when
   * the peer started the closing handshake or just ended the stream. @reason may be NULL.
   * The callee need not close the socket. */
  void (*closed) (SioWs *ws, guint16 code, gboolean clean, const char *reason, gpointer user_data);
  /* May be NULL. @high: the peer reads too slowly, at least high_water bytes wait; then
   * FALSE when half of that has left. */
  void (*pressure) (SioWs *ws, gboolean high, gpointer user_data);
  /* May be NULL. A pong frame came. */
  void (*pong) (SioWs *ws, gpointer user_data);
} SioWsHandler;

/* Takes @channel. Nothing is read before sio_ws_start(). */
SioWs *sio_ws_new (SioReactor *reactor,
                   SioChannel *channel,
                   const SioWsConfig *config,
                   const SioWsHandler *handler,
                   gpointer user_data);
SioWs *sio_ws_ref (SioWs *self);
/* The last reference aborts a connection that is still open. */
void sio_ws_unref (SioWs *self);
void sio_ws_set_handler (SioWs *self, const SioWsHandler *handler, gpointer user_data);

/* permessage-deflate was negotiated, with this window for what we send. Before sio_ws_start(). */
void sio_ws_set_deflate (SioWs *self, SioDeflateForm form);
SioDeflateForm sio_ws_get_deflate (SioWs *self);

/* @data: what was received together with the handshake; may be NULL. It is
 * handled before this call returns, and is changed by it. */
gboolean sio_ws_start (SioWs *self, guint8 *data, gsize length, GError **error);

/* Queues one or more whole frames; they leave at the end of the loop iteration,
 * together with others. FALSE: not taken, because the budget would be exceeded
 * or the socket is closing. */
gboolean sio_ws_send (SioWs *self, GBytes *frames);
/* The same, but while they wait they may be removed to make room for others: the oldest first,
 * a sixteenth of the budget at a time. */
gboolean sio_ws_send_volatile (SioWs *self, GBytes *frames);
/* Bytes not yet taken by the kernel. */
gsize sio_ws_get_buffered (SioWs *self);
/* Bytes of one and of its channel, without what is queued. */
gsize sio_ws_get_size (void);
/* TRUE when the kernel took all that was sent up to the last iteration. */
gboolean sio_ws_is_writable (SioWs *self);

/* Sends what is queued, then the close frame (SIO_WS_CLOSE_NO_STATUS: an empty
 * one), then waits for the peer's, at most the linger time. No callback comes
 * after this; the connection keeps itself alive until it is done. */
void sio_ws_close (SioWs *self, guint16 code, const char *reason);
/* Drops everything at once. */
void sio_ws_abort (SioWs *self);
gboolean sio_ws_is_open (SioWs *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioWs, sio_ws_unref)

G_END_DECLS
