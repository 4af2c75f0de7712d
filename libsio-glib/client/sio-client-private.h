/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-client.h"
#include "sio-handlers-private.h"
#include "sio-manager-private.h"
#include "sio-packet-codec-private.h"
#include "sio-packet-private.h"

G_BEGIN_DECLS

/* What is kept while not connected, by default. */
#define SIO_CLIENT_MAX_EVENTS 10000
#define SIO_CLIENT_MAX_BYTES (16 * 1024 * 1024)

typedef struct _SioRetry SioRetry;

struct _SioClient
{
  GObject parent_instance;

  SioManager *manager;
  char *nsp;
  char *prefix; /* of packets: "" for the default namespace */
  SioHandlers *handlers;

  SioClientState state;
  gboolean active;       /* connects by itself */
  gboolean connected;    /* to the namespace */
  gboolean connect_sent; /* and not answered */
  gboolean was_connected;
  gboolean recovered;
  char *id;
  char *reason;

  JsonNode *auth;
  SioAuthFunc auth_func;
  gpointer auth_data;
  GDestroyNotify auth_destroy;
  GCancellable *auth_cancellable; /* while it is being asked */
  GSource *auth_retry;
  guint auth_attempts;
  char *pid;
  char *offset;

  guint ack_timeout;
  guint retries;
  guint max_buffered_events;
  guint64 max_buffered_bytes;

  gint64 last_ack_id;
  GHashTable *acks;     /* gint64 * → PendingAck *, NULL: nothing waits */
  GQueue send_buffer;   /* of Buffered, see sio-client-emit.c */
  GQueue retry_queue;   /* of SioRetry */
  gsize buffered_bytes; /* of both */
  GQueue received;      /* of SioMessage: came before the reply to CONNECT */
};

/* sio-client.c */
void sio_client_update_state (SioClient *self);
void sio_client_emit_connected (SioClient *self);
void sio_client_emit_disconnected (SioClient *self, const char *reason, const char *details);
void sio_client_emit_connect_error (SioClient *self, const GError *error, JsonNode *data);
void sio_client_set_connected (SioClient *self, const char *id, gboolean recovered);
void sio_client_deactivate (SioClient *self);
void sio_client_manager_attempt (SioClient *self, guint attempt);
void sio_client_manager_failed (SioClient *self);

/* sio-client-properties.c */
void sio_client_install_properties (GObjectClass *object_class);
void sio_client_manager_notify (SioClient *self, SioManagerNotify what);

/* sio-client-auth.c */
/* Ends in sio_client_send_connect (), unless it is cancelled or fails. */
void sio_client_ask_auth (SioClient *self);
void sio_client_cancel_auth (SioClient *self);

/* sio-client-connect.c */
void sio_client_send_connect (SioClient *self, JsonNode *auth);
void sio_client_connection_opened (SioClient *self);
void sio_client_connection_lost (SioClient *self, const char *reason, const char *details);
void sio_client_connection_failed (SioClient *self, const GError *error);
void sio_client_cancel_connecting (SioClient *self);
void sio_client_receive (SioClient *self, const SioPacketView *view, GPtrArray *attachments);

/* sio-client-emit.c */
void sio_client_emit_init (SioClient *self);
void sio_client_emit_dispose (SioClient *self);
void sio_client_flush (SioClient *self);
void sio_client_tell_outgoing (SioClient *self, const char *event, SioArgs *args);
/* Those that were sent, or with @all also those that wait to be sent. */
void sio_client_fail_acks (SioClient *self, gboolean all);
void sio_client_receive_ack (SioClient *self, const SioPacketView *view, GPtrArray *attachments);
void sio_client_send_ack (SioClient *self, gint64 id, SioArgs *args);
gboolean sio_client_reserve (SioClient *self, gsize size);

/* sio-client-queue.c: at-least-once delivery (protocol.md §5.6) */
gboolean sio_retry_add (SioClient *self, const SioContent *content, guint timeout, GTask *task);
void sio_retry_drain (SioClient *self, gboolean force);
/* TRUE if the acknowledgement was for the queue. */
gboolean sio_retry_receive_ack (
    SioClient *self, gint64 id, const char *list, gsize length, GPtrArray *attachments);
void sio_retry_disconnected (SioClient *self);
void sio_retry_fail_all (SioClient *self);
void sio_retry_clear (SioClient *self);

G_END_DECLS
