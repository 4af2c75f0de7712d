/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-event-stats.h"

G_BEGIN_DECLS

#define SIO_TYPE_STATS (sio_stats_get_type ())

typedef struct _SioStats SioStats;

SIO_AVAILABLE_IN_0_1
GType sio_stats_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioStats *sio_stats_ref (SioStats *self);
SIO_AVAILABLE_IN_0_1
void sio_stats_unref (SioStats *self);

SIO_AVAILABLE_IN_0_1
gint64 sio_stats_get_time (SioStats *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_stats_get_real_time (SioStats *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_stats_get_start_time (SioStats *self);

SIO_AVAILABLE_IN_0_1
guint sio_stats_get_n_sessions (SioStats *self, SioTransport transports);
SIO_AVAILABLE_IN_0_1
guint sio_stats_get_n_plain_sessions (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint sio_stats_get_n_eio3_sessions (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint sio_stats_get_n_connections (SioStats *self);
SIO_AVAILABLE_IN_0_1
char **sio_stats_list_namespaces (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint sio_stats_get_n_sockets (SioStats *self, const char *namespace_name);
SIO_AVAILABLE_IN_0_1
guint sio_stats_get_n_rooms (SioStats *self, const char *namespace_name);

SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_packets_in (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_packets_out (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_bytes_in (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_bytes_out (SioStats *self);

SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_opened (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_upgraded (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_ended (SioStats *self, const char *reason);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_refused (SioStats *self, const char *reason);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_limited (SioStats *self, const char *reason);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_connected (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_disconnected (SioStats *self, const char *reason);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_dropped (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_slow (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_violations (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_recovered (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_replayed (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_n_recoveries_refused (SioStats *self, const char *reason);

SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_buffered_bytes (SioStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_stats_get_memory (SioStats *self, const char *part);
SIO_AVAILABLE_IN_0_1
SioHistogram *sio_stats_get_round_trips (SioStats *self);
SIO_AVAILABLE_IN_0_1
SioHistogram *sio_stats_get_namespace_round_trips (SioStats *self, const char *namespace_name);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_stats_list_events (SioStats *self);

SIO_AVAILABLE_IN_0_1
GVariant *sio_stats_to_variant (SioStats *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioStats, sio_stats_unref)

G_END_DECLS
