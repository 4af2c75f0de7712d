/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-deadline-private.h"
#include "sio-eio-client-private.h"
#include "sio-eio-payload-private.h"

G_BEGIN_DECLS

/* What the files of the engine client share; nobody else includes it. */

/* One Engine.IO packet that waits to leave. */
typedef struct
{
  GBytes *bytes; /* text with its digit, or a binary message */
  gboolean is_binary;
} SioEioOut;

typedef struct
{
  SoupWebsocketConnection *connection;
  gulong message_handler;
  gulong error_handler;
  gulong closed_handler;
} SioEioSocket;

struct _SioEioClient
{
  guint ref_count;
  SioSessionState state;
  SioTransport transport;
  guint n_tried; /* how many transports could not connect */
  guint closing : 1;
  guint sent_close : 1;
  guint get_active : 1;
  guint post_active : 1;
  guint upgrading : 1; /* polling pauses, nothing is flushed */

  const SioEioEvents *events; /* NULL once nobody listens */
  gpointer user_data;
  SioEioOptions *options;
  SioReactor *reactor;
  GCancellable *cancellable;

  char *sid;
  guint ping_interval;
  guint ping_timeout;
  guint64 max_payload; /* of what goes out by polling, 0: unlimited */
  SioDeadline watchdog;
  gint64 stale_time; /* boot time in µs */
  SioDefer stale;
  double rtt;
  gint64 asked_time;

  GQueue queue; /* of SioEioOut */
  gsize queued_bytes;
  SioDefer flush;
  SioDeadline linger;
  GObject *hold; /* see sio_eio_client_close_holding () */

  SioEioSocket ws;
  gsize ws_unchecked; /* bytes given to libsoup since the stream was seen writable */
  GSource *ws_writable;
  GQueue ws_inbox; /* messages that are handled in later iterations, as this one took long enough */
  gsize ws_inbox_size;
  SioDefer ws_inbox_defer;
  gint64 ws_iteration; /* when it began, and until when its messages are handled at once */
  gint64 ws_inline_end;

  SioEioSocket probe;
  gboolean probing;
  GCancellable *probe_cancellable;
  SioDeadline probe_deadline;
};

/* sio-eio-client.c */
SoupMessage *
sio_eio_client_new_message (SioEioClient *self, const char *method, SioTransport transport);
/* FALSE: the session ended, or is about to. */
gboolean sio_eio_client_receive (SioEioClient *self, SioEioPacket *packet);
void sio_eio_client_fail (SioEioClient *self, const char *reason, GError *error);
void sio_eio_client_flush (SioEioClient *self);
void sio_eio_client_continue_closing (SioEioClient *self);
void sio_eio_client_measured (SioEioClient *self);
void sio_eio_client_changed (SioEioClient *self);
SioEioOut *sio_eio_client_pop (SioEioClient *self);
void sio_eio_out_free (SioEioOut *out);

/* sio-eio-polling.c */
void sio_eio_polling_get (SioEioClient *self);
void sio_eio_polling_flush (SioEioClient *self);

/* sio-eio-websocket.c */
void sio_eio_websocket_init (SioEioClient *self);
void sio_eio_websocket_open (SioEioClient *self);
void sio_eio_websocket_flush (SioEioClient *self);
void sio_eio_websocket_send_text (SoupWebsocketConnection *connection, const char *text);
gboolean sio_eio_websocket_is_writable (SioEioClient *self);
/* Leaves with a closing handshake, which libsoup bounds in time. */
void sio_eio_socket_close (SioEioSocket *socket);
void sio_eio_socket_take (SioEioSocket *socket,
                          SioEioClient *self,
                          SoupWebsocketConnection *connection,
                          GCallback message,
                          GCallback error,
                          GCallback closed);
void sio_eio_websocket_take (SioEioClient *self, SioEioSocket *probe);
void sio_eio_websocket_cleanup (SioEioClient *self);

/* sio-eio-upgrade.c */
void sio_eio_upgrade_start (SioEioClient *self);
/* Polling has come to rest, or may have. */
void sio_eio_upgrade_check (SioEioClient *self);
void sio_eio_upgrade_cancel (SioEioClient *self);

/* sio-eio-request.c: @body is NULL with @error set (both borrowed, @body may be changed) */
typedef void (*SioEioAnswerFunc) (SioEioClient *self, GByteArray *body, const GError *error);
void sio_eio_request_send (SioEioClient *self, SoupMessage *message, SioEioAnswerFunc answer);

/* sio-eio-tls.c */
void sio_eio_tls_prepare (SioEioClient *self, SoupMessage *message);
/* Says of errors of TLS what is wrong and what to do. */
void sio_eio_tls_explain (SioEioClient *self, SoupMessage *message, GError **error);

G_END_DECLS
