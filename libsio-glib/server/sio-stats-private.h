/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-counters-private.h"
#include "sio-event-counters-private.h"
#include "sio-recovery-private.h"
#include "sio-server-counters-private.h"
#include "sio-stats.h"

G_BEGIN_DECLS

typedef struct
{
  char *name;
  guint n_sockets;
  guint n_rooms;
} SioNamespaceStats;

/* Only of namespaces whose clients were pinged. */
typedef struct
{
  char *name;
  SioHistogram *times;
} SioTripStats;

typedef enum
{
  SIO_MEMORY_SESSIONS,
  SIO_MEMORY_SOCKETS,
  SIO_MEMORY_ROOMS,
  SIO_MEMORY_BUFFERS,
  SIO_MEMORY_RECOVERY,
  SIO_MEMORY_STATISTICS,
  SIO_N_MEMORY
} SioMemoryPart;

/* Filled by sio_server_get_stats (), then never changed. */
struct _SioStats
{
  gatomicrefcount ref_count;
  gint64 time;              /* monotonic µs */
  gint64 real_time;         /* µs since 1970 */
  gint64 start_time;        /* monotonic µs */
  SioEngineCounters engine; /* without round_trips, for which see below */
  SioServerCounters server;
  guint64 n_recovered;
  guint64 n_replayed;
  guint64 recovery_refused[SIO_RECOVERY_N_ERRORS];
  guint64 n_violations;
  guint64 buffered_bytes;
  guint64 memory[SIO_N_MEMORY];
  guint n_sessions;
  guint n_connections;
  guint n_sockets;
  guint n_rooms;
  SioHistogram *round_trips;
  GArray *namespaces; /* element-type SioNamespaceStats */
  GArray *trips;      /* element-type SioTripStats */
  GPtrArray *events;  /* element-type SioEventStats */
};

SioStats *sio_stats_new (void);
SioEventStats *sio_event_stats_new (const char *namespace_name, const SioEventCounters *counters);
const char *sio_memory_part_to_string (SioMemoryPart part);
const char *sio_recovery_error_to_string (SioRecoveryError error);

G_END_DECLS
