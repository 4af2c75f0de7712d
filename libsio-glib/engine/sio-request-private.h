/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-request-info-private.h"
#include "sio-request.h"
#include "sio-ws-private.h"

G_BEGIN_DECLS

/* An HTTP request on its way, whoever speaks HTTP: our own connections, or libsoup. */

typedef struct _SioEngine SioEngine;
typedef struct _SioSession SioSession;

/* The 101 is on its way. Takes @ws, which is not started; @early is what the client sent
 * together with its request. */
typedef void (*SioRequestWebsocketFunc) (
    SioEngine *engine, SioRequest *request, SioWs *ws, guint8 *early, gsize early_length);
/* The client gave up before it was answered. */
typedef void (*SioRequestAbortedFunc) (SioRequest *request, gpointer user_data);

typedef struct
{
  /* Sends status, response headers and body (nullable). */
  void (*respond) (SioRequest *self, guint status, const char *content_type, GBytes *body);
  /* Called when the request is not answered at once. */
  void (*hold) (SioRequest *self);
  /* Sends 101 with the response headers and calls @func. */
  void (*switch_protocols) (SioRequest *self, SioRequestWebsocketFunc func);
  /* Breaks the connection. */
  void (*shutdown) (SioRequest *self);
} SioRequestBackend;

struct _SioRequest
{
  guint ref_count;
  const SioRequestBackend *backend;
  gpointer connection; /* of the backend; NULL when it is gone */
  SioEngine *engine;   /* as long as the connection is there */
  SioRequestInfo *info;
  const char *method; /* interned */
  GArray *headers;    /* response headers, or NULL */
  GByteArray *body;
  SioSession *session; /* whose POST this is, until it is handled */
  SioRequestAbortedFunc aborted;
  gpointer aborted_data;
  gpointer decision;   /* while middlewares are asked, see sio-engine-middleware.c */
  guint deflate : 3;   /* SioDeflateForm that was negotiated for the WebSocket */
  guint too_large : 1; /* the body exceeded the limit and was dropped */
  guint answered : 1;
  guint held : 1;
  guint plain : 1;     /* from a plain WebSocket client */
  guint protocol3 : 1; /* a handshake of Engine.IO 3 */
  guint proxied : 1;   /* came through a trusted proxy */
};

typedef struct
{
  char *name;
  char *value;
} SioResponseHeader;

/* @info: (transfer full) */
SioRequest *sio_request_new (const SioRequestBackend *backend,
                             gpointer connection,
                             SioEngine *engine,
                             const char *method,
                             SioRequestInfo *info);
/* For backends: the connection is gone. Tells who waits for it. */
void sio_request_lost (SioRequest *self);

const char *sio_request_get_query (SioRequest *self);
const char *sio_request_get_path (SioRequest *self, gsize *length);
/* Takes @body (nullable). Does nothing if the client is gone or was answered. */
void sio_request_respond (SioRequest *self, guint status, const char *content_type, GBytes *body);
/* The answer comes later. @aborted may be NULL. */
void sio_request_hold (SioRequest *self, SioRequestAbortedFunc aborted, gpointer user_data);
/* Checks the WebSocket handshake of RFC 6455 §4.2 and accepts it. FALSE if its headers are
 * wrong; nothing was answered then. */
gboolean sio_request_accept_websocket (SioRequest *self, SioRequestWebsocketFunc func);
void sio_request_shutdown (SioRequest *self);

G_END_DECLS
