/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-histogram.h"

G_BEGIN_DECLS

#define SIO_TYPE_EVENT_STATS (sio_event_stats_get_type ())

typedef struct _SioEventStats SioEventStats;

SIO_AVAILABLE_IN_0_1
GType sio_event_stats_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioEventStats *sio_event_stats_ref (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
void sio_event_stats_unref (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
const char *sio_event_stats_get_namespace (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
const char *sio_event_stats_get_event (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_event_stats_get_n_received (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_event_stats_get_n_bytes (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_event_stats_get_n_refused (SioEventStats *self);
SIO_AVAILABLE_IN_0_1
SioHistogram *sio_event_stats_get_times (SioEventStats *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioEventStats, sio_event_stats_unref)

G_END_DECLS
