/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-incident-private.h"
#include "sio-outgoing-private.h"
#include "sio-peers-private.h"
#include "sio-reactor-private.h"
#include "sio-request-info-private.h"
#include "sio-session.h"

G_BEGIN_DECLS

/* Close reasons of protocol.md §1.15; static strings, compared by pointer inside. */
#define SIO_REASON_TRANSPORT_CLOSE "transport close"
#define SIO_REASON_TRANSPORT_ERROR "transport error"
#define SIO_REASON_PING_TIMEOUT "ping timeout"
#define SIO_REASON_PARSE_ERROR "parse error"
#define SIO_REASON_FORCED_CLOSE "forced close"

/* What the layer above gets to know; without a handler the session's signals tell. */
typedef struct
{
  /* @data is valid during the call only; text is valid UTF-8, without the digit. */
  void (*message) (
      SioSession *session, gboolean is_text, const guint8 *data, gsize length, gpointer user_data);
  /* Comes exactly once, the state is SIO_SESSION_CLOSED already. May come from inside
   * sio_session_send () and sio_session_close (). @description may be NULL. */
  void (*closed) (SioSession *session,
                  const char *reason,
                  const char *description,
                  gpointer user_data);
  /* The id of the first socket, and its namespace; NULL if there is none. */
  const char *(*identify) (const char **ns, gpointer user_data);
  /* A ping was answered, after @time microseconds. */
  void (*round_trip) (SioSession *session, guint32 time, gpointer user_data);
} SioSessionHandler;

void
sio_session_set_handler (SioSession *self, const SioSessionHandler *handler, gpointer user_data);

typedef enum
{
  SIO_SEND_DEFAULT = 0,
  SIO_SEND_VOLATILE = 1 << 0,   /* may be dropped, see SioSlowConsumerPolicy */
  SIO_SEND_NO_COMPRESS = 1 << 1 /* to nobody; also not where it was queued before */
} SioSendFlags;

/* TRUE if taken: sent or queued. Does not take the caller's reference. Exceeding the byte
 * budget closes the session ("transport error") and returns FALSE, unless volatile. */
gboolean sio_session_send (SioSession *self, SioOutgoing *outgoing, SioSendFlags flags);
/* The client broke a rule or met a limit; the caller ends the session, if at all. Adds whose
 * @info is. */
void sio_session_report_incident (SioSession *self, SioIncidentInfo *info);
/* Closes at once and drops what is buffered: server shutdown (protocol.md §1.14). */
void sio_session_discard (SioSession *self);
/* TRUE when closing is put off because a polling client has to fetch data first. */
gboolean sio_session_is_closing (SioSession *self);

/* For the engine, which counts sessions by address. */
SioPeer *sio_session_get_peer (SioSession *self);
void sio_session_set_peer (SioSession *self, SioPeer *peer);
/* A plain WebSocket client of the namespace @prefix (with a comma; "" for the default one).
 * @prefix: (transfer full) */
void sio_session_set_plain (SioSession *self, char *prefix);
/* NULL for all other clients. */
const char *sio_session_get_plain (SioSession *self);
/* (transfer none) */
SioRequestInfo *sio_session_get_request_info (SioSession *self);
SioReactor *sio_session_get_reactor (SioSession *self);
/* Bytes of one, without its transport and its request. */
gsize sio_session_get_size (void);

G_END_DECLS
