/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sio-linger-private.h"
#include "sio-outgoing-private.h"
#include "sio-types.h"

G_BEGIN_DECLS

/* One Engine.IO v4 session, seen from the client (protocol.md §1, §5.7). It connects as soon as
 * it is made and ends once; a new connection is a new one of these. */
typedef struct _SioEioClient SioEioClient;

/* What a session needs to know: made by the manager for each connection, shared by reference. */
typedef struct
{
  SoupSession *session;
  SioLinger *linger; /* NULL: nobody waits for the end */
  char *base;        /* address of the engine, ending with `?` or `&` */
  SioTransport transports[2];
  guint n_transports;
  gboolean upgrade;
  gboolean try_all_transports;
  gboolean force_base64;
  guint request_timeout;     /* ms, 0: none */
  guint max_payload;         /* of what comes in, never 0 */
  char **headers;            /* name, value, name, value */
  GTlsCertificate *identity; /* of the client */
  GTlsDatabase *authorities; /* besides those of the session */
} SioEioOptions;

SioEioOptions *sio_eio_options_new (void);
SioEioOptions *sio_eio_options_ref (SioEioOptions *self);
void sio_eio_options_unref (SioEioOptions *self);

/* The session may be closed inside any of these. After @ended nothing is called any more. */
typedef struct
{
  void (*opened) (SioEioClient *eio, gpointer user_data);
  /* Valid UTF-8. */
  void (*text) (SioEioClient *eio, const char *text, gsize length, gpointer user_data);
  void (*binary) (SioEioClient *eio, GBytes *bytes, gpointer user_data);
  /* Transport or round-trip time changed. */
  void (*changed) (SioEioClient *eio, gpointer user_data);
  /* @reason is one of protocol.md §4.7; @error says more. Without @opened before: it could
   * not connect. */
  void (*ended) (SioEioClient *eio, const char *reason, const GError *error, gpointer user_data);
} SioEioEvents;

SioEioClient *
sio_eio_client_new (SioEioOptions *options, const SioEioEvents *events, gpointer user_data);
SioEioClient *sio_eio_client_ref (SioEioClient *self);
void sio_eio_client_unref (SioEioClient *self);

void sio_eio_client_send (SioEioClient *self, SioOutgoing *outgoing);
/* No more events. What was sent before still leaves, and an upgrade that has begun is
 * finished; that is bounded in time. */
void sio_eio_client_close (SioEioClient *self);
/* The same; @hold is let go when the server has been told, or that failed. */
void sio_eio_client_close_holding (SioEioClient *self, GObject *hold);
/* At once, without telling the server. */
void sio_eio_client_abort (SioEioClient *self);

SioTransport sio_eio_client_get_transport (SioEioClient *self);
/* in ms; negative: not known */
double sio_eio_client_get_rtt (SioEioClient *self);
/* Whether an event sent now would leave at once. */
gboolean sio_eio_client_is_writable (SioEioClient *self);
/* What waits here for the transport. */
gsize sio_eio_client_get_queued_bytes (SioEioClient *self);
/* The server's heartbeat is overdue, for example because the machine slept: ends with
 * `ping timeout` in the next iteration. */
gboolean sio_eio_client_is_stale (SioEioClient *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioEioClient, sio_eio_client_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioEioOptions, sio_eio_options_unref)

G_END_DECLS
