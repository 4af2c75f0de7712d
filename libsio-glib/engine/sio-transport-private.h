/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-eio-payload-private.h"
#include "sio-engine-private.h"

G_BEGIN_DECLS

/* What the parts of a session (sio-session.c, sio-polling.c, sio-probe.c) and the request
 * handling use of each other. */

#define SIO_POLLING_TEXT_TYPE "text/plain; charset=UTF-8"

typedef struct _SioPolling SioPolling;
typedef struct _SioProbe SioProbe;

/* Session, from requests */
SioSession *sio_session_new (SioEngine *engine,
                             const char *id,
                             SioRequestInfo *info,
                             SioTransport transport,
                             gboolean base64);
/* For Engine.IO 3, before the session opens. @jsonp: polls are answered with scripts (§2.3) */
void sio_session_set_eio3 (SioSession *self, gboolean jsonp);
/* Whether polls may be answered in the binary form (§2.2). */
gboolean sio_session_takes_binary (SioSession *self);
gboolean sio_session_is_jsonp (SioSession *self);
SioEngine *sio_session_get_engine (SioSession *self);
void sio_session_start (SioSession *self);
/* @ws: (transfer full): the transport of a session that began with WebSocket; nothing is
 * read before sio_session_start_ws () */
void sio_session_set_ws (SioSession *self, SioWs *ws);
void sio_session_start_ws (SioSession *self, guint8 *early, gsize early_length);
SioPolling *sio_session_get_polling (SioSession *self);
gboolean sio_session_can_upgrade (SioSession *self);
/* @ws: (transfer full): a WebSocket that asks to take over; @base64: it takes no binary */
void sio_session_start_probe (
    SioSession *self, SioWs *ws, gboolean base64, guint8 *early, gsize early_length);

/* Session, from its transports */
typedef enum
{
  SIO_PACKET_CONTINUE,
  SIO_PACKET_STOP,     /* the session is not open any more; drop what follows */
  SIO_PACKET_VIOLATION /* the session was closed because of this packet */
} SioPacketResult;

SioPacketResult sio_session_handle_packet (
    SioSession *self, char type, gboolean is_binary, guint8 *data, gsize length);
void sio_session_end (SioSession *self, const char *reason, const char *description);
/* The same because of what the client did. */
void sio_session_violate (SioSession *self, const char *reason, const char *description);
/* The probe received "5": @ws (transfer full) is the transport from now on. */
void sio_session_adopt_ws (SioSession *self, SioWs *ws, gboolean base64);
void sio_session_probe_ended (SioSession *self);

/* Polling transport */
SioPolling *sio_polling_new (SioSession *session);
/* Answers a held GET and cuts off a POST. */
void sio_polling_free (SioPolling *self);
void sio_polling_handle_get (SioPolling *self, SioRequest *request);
/* The head of a POST came. FALSE: it overlaps with another, and the session is closed. */
gboolean sio_polling_begin_post (SioPolling *self, SioRequest *request);
typedef enum
{
  SIO_PAYLOAD_TEXT,  /* of the session's revision; valid UTF-8 */
  SIO_PAYLOAD_BINARY /* of Engine.IO 3, §2.2 */
} SioPayloadKind;

void sio_polling_handle_post (
    SioPolling *self, SioRequest *request, SioPayloadKind kind, guint8 *body, gsize length);
/* The POST was refused; the session goes on. */
void sio_polling_end_post (SioPolling *self, SioRequest *request);
void sio_polling_post_aborted (SioPolling *self, SioRequest *request);
gboolean sio_polling_send (SioPolling *self, SioOutgoing *outgoing);
gboolean sio_polling_is_writable (SioPolling *self);
gsize sio_polling_get_buffered (SioPolling *self);
/* Bytes of one, without what is queued. */
gsize sio_polling_get_size (void);
/* Answers a held GET with one packet without data; FALSE if none is held. */
gboolean sio_polling_release (SioPolling *self, SioEioType type);
/* Graceful close (§1.14). TRUE if it is done, FALSE if the client has to poll first. */
gboolean sio_polling_close (SioPolling *self);
/* Before an upgrade: hands over what was not fetched, (transfer full) (element-type
 * SioOutgoing). */
GPtrArray *sio_polling_take_queue (SioPolling *self);

/* Polling of Engine.IO 3. @packets: (element-type SioOutgoing) */
GBytes *
sio_polling_eio3_encode (SioSession *session, GPtrArray *packets, const char **content_type);
/* Packets without data: their digits. */
GBytes *sio_polling_eio3_encode_types (SioSession *session, const char *types);
/* FALSE: malformed. What came before that was handled, up to what gave another @result. */
gboolean sio_polling_eio3_receive (
    SioSession *session, SioPayloadKind kind, guint8 *body, gsize length, SioPacketResult *result);

/* Probing WebSocket */
SioProbe *sio_probe_new (SioSession *session, SioWs *ws, gboolean base64);
gboolean sio_probe_start (SioProbe *self, guint8 *early, gsize early_length);
void sio_probe_free (SioProbe *self);

/* Responses with the headers that all polling responses have. @body: (transfer full) (nullable) */
void sio_http_respond (
    SioEngine *engine, SioRequest *request, guint status, const char *content_type, GBytes *body);

/* Compresses a body for the client, if the settings and its Accept-Encoding say so, and adds the
 * header that tells. @body: (transfer full). (transfer full) */
GBytes *sio_http_compress (SioEngine *engine, SioRequest *request, GBytes *body);

G_END_DECLS
