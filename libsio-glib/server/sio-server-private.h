/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-connection-private.h"
#include "sio-deadline-private.h"
#include "sio-limiter-private.h"
#include "sio-packet-codec-private.h"
#include "sio-parser.h"
#include "sio-recovery-private.h"
#include "sio-server-counters-private.h"
#include "sio-server.h"

G_BEGIN_DECLS

/* So that what clients send can be read back by sio_args_get_node(). */
#define SIO_SERVER_MAX_DEPTH 1024
#define SIO_SERVER_DEFAULT_MAX_ROOMS 10000

struct _SioServer
{
  GObject parent_instance;

  SioEngine *engine;
  SioReactor *reactor;
  GHashTable *namespaces; /* name, owned by the value → SioNamespace * */
  SioNamespace *root;     /* of the table */
  GPtrArray *parents;     /* element-type SioNamespace, in the order they were added; or NULL */
  guint n_parents;        /* that ever were */
  guint n_dynamic;        /* namespaces that clients made */
  guint max_dynamic;      /* 0: no limit */
  gboolean cleanup_empty_children;
  GHashTable *pending_names; /* char * → how many clients ask for it, or NULL */
  gint64 last_sweep;
  GHashTable *connections; /* SioConnection *, a set */
  SioDeadlineList *connect_deadlines;
  SioPacketLimits limits;
  SioLimiter *limiter; /* NULL: events of sockets are not limited */
  double max_events_per_second;
  guint max_event_burst;
  guint64 max_event_bytes;
  SioEventLimitAction event_limit_action;
  guint max_rooms;   /* of a socket; 0: no limit */
  SioParser *parser; /* NULL: text */
  guint connect_timeout;
  GType adapter_type;
  SioRecovery *recovery; /* owned */
  SioServerCounters counters;
  gint64 start_time; /* monotonic µs */
  gboolean closing;
};

const SioPacketLimits *sio_server_get_limits (SioServer *self);
/* NULL if connections may wait for ever. (transfer none) */
SioDeadlineList *sio_server_get_connect_deadlines (SioServer *self);
/* Five of them. */
void sio_server_fill_limit_properties (GParamSpec **properties);
SioReactor *sio_server_get_reactor (SioServer *self);
/* @name need not end with NUL. */
SioNamespace *sio_server_lookup (SioServer *self, const char *name, gsize length);
void sio_server_forget_connection (SioServer *self, SioConnection *connection);
/* Makes it known, and tells of it. @parent may be NULL. (transfer none) */
SioNamespace *sio_server_add_namespace (SioServer *self,
                                        const char *name,
                                        SioNamespace *parent,
                                        gboolean dynamic);
void sio_server_emit_connection (SioServer *self, SioSocket *socket);
gboolean sio_server_is_closing (SioServer *self);

static inline SioServerCounters *
sio_server_get_counters (SioServer *self)
{
  return &self->counters;
}

static inline SioParser *
sio_server_peek_parser (SioServer *self)
{
  return self->parser;
}

G_END_DECLS
