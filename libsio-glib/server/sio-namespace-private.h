/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-chain-private.h"
#include "sio-deadline-private.h"
#include "sio-event-counters-private.h"
#include "sio-handlers-private.h"
#include "sio-limiter-private.h"
#include "sio-namespace.h"
#include "sio-socket-private.h"

G_BEGIN_DECLS

/* Sockets side by side. While somebody walks over them (busy > 0) nothing moves: who leaves
 * becomes a hole, who comes is appended and not visited. */
typedef struct
{
  SioSocket **items;
  guint n; /* places in use, holes included */
  guint n_alloc;
  guint n_holes;
  guint busy;
} SioSocketList;

/* Waits for acknowledgements of one broadcast; see sio-broadcast-ack.c. */
typedef struct _SioAckCollector SioAckCollector;

/* How the names of a parent's children are told; see sio-dynamic.c. */
typedef struct _SioNamePattern SioNamePattern;

/* The class is spread over sio-namespace*.c and sio-dynamic.c; the others look at what events
 * need. */
struct _SioNamespace
{
  GObject parent_instance;

  SioServer *server; /* owns us; NULL once it is gone, or we are removed from it */
  SioReactor *reactor;
  char *name;
  gsize name_length;
  char *prefix; /* what packets start with: "" or the name and a comma */
  SioAdapter *adapter;
  SioHandlers *handlers;
  SioEventTable *events; /* NULL before the first event; children use that of the parent */
  SioTimes *round_trips; /* NULL before the first one; children use those of the parent */
  SioChain *middlewares;
  SioChain *event_middlewares;
  SioLimiter *limiter;     /* NULL: nobody limited what sockets send */
  SioNamespace *parent;    /* owned; whose handlers and middlewares count here, too */
  GPtrArray *children;     /* element-type SioNamespace, of a parent; they leave by themselves */
  SioNamePattern *pattern; /* of a parent */
  GHashTable *sockets;     /* id of the socket → SioSocket *, owned */
  GHashTable *connecting;  /* SioSocket * → SioChainRun *, of those in the middlewares */
  SioSocketList list;      /* the connected ones again, for walking over them */
  guint n_outgoing;        /* sockets with handlers for what is sent to them */
  gboolean dynamic;        /* made for a client, and may be removed */
  GHashTable *collectors;
  struct _SioRoomWatch *room_watch; /* NULL while nobody looks at rooms */
  gint64 last_ack_id;
};

SioNamespace *sio_namespace_new (SioServer *server, const char *name);
/* The server goes away. */
void sio_namespace_detach (SioNamespace *self);
void sio_namespace_disconnect_all (SioNamespace *self, const char *reason);
/* Drops an adapter that nobody uses yet; FALSE if there are sockets. */
gboolean sio_namespace_reset_adapter (SioNamespace *self);
gboolean sio_namespace_has_adapter (SioNamespace *self);

/* "" or `<name>,` */
const char *sio_namespace_get_prefix (SioNamespace *self);
/* @name need not end with NUL. */
gboolean sio_namespace_has_name (SioNamespace *self, const char *name, gsize length);
SioReactor *sio_namespace_get_reactor (SioNamespace *self);
/* NULL: packets are text. (transfer none) */
SioParser *sio_namespace_get_parser (SioNamespace *self);
gint64 sio_namespace_next_ack_id (SioNamespace *self);
guint sio_namespace_get_max_attachments (SioNamespace *self);

/* @socket wants to connect. May answer before it returns. */
void sio_namespace_connect_socket (SioNamespace *self, SioSocket *socket);
/* What follows when it is clear whether it is recovered. */
void sio_namespace_admit (SioNamespace *self, SioSocket *socket, gboolean skip_middlewares);
void sio_namespace_remove_socket (SioNamespace *self, SioSocket *socket);
/* The client of a socket in the middlewares is gone. */
void sio_namespace_cancel_connecting (SioNamespace *self, SioSocket *socket);

/* Emits the signal, to those who listen to the parent or to the server, too. */
void sio_namespace_emit_connection (SioNamespace *self, SioSocket *socket);
/* Dynamic ones whose last client is gone may be removed. */
void sio_namespace_socket_gone (SioNamespace *self);
void sio_namespace_record_round_trip (SioNamespace *self, guint32 microseconds);
/* Whether what is sent to sockets has to be told to handlers. */
static inline gboolean
sio_namespace_is_observed (SioNamespace *self)
{
  return self->n_outgoing > 0 ||
         (self->handlers != NULL && sio_handlers_has_outgoing (self->handlers)) ||
         (self->parent != NULL && self->parent->handlers != NULL &&
          sio_handlers_has_outgoing (self->parent->handlers));
}

/* For the in-memory adapter. */
SioSocketList *sio_namespace_begin_walk (SioNamespace *self);
void sio_namespace_end_walk (SioNamespace *self);

/* See sio-room-private.h. */
struct _SioRoomWatch **sio_namespace_get_room_watch (SioNamespace *self);

/* Broadcasts that wait for acknowledgements. (transfer none) */
GHashTable *sio_namespace_get_collectors (SioNamespace *self, gboolean create);

void sio_namespace_receive_server_event (SioNamespace *self, SioServerEvent *event);
/* @rooms may be NULL; @args is taken; @source is what the callback gets. */
void sio_namespace_run_with_ack (SioNamespace *self,
                                 const char *const *rooms,
                                 const char *event,
                                 SioArgs *args,
                                 guint timeout,
                                 gpointer source,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

gboolean sio_event_check (const char *event);
/* Whether servers may emit it to each other. */
gboolean sio_server_event_check (const char *event);
gboolean sio_content_check (SioNamespace *ns, const SioContent *content);

G_END_DECLS
