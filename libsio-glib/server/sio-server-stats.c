/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-adapter-private.h"
#include "sio-engine-private.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"
#include "sio-stats-private.h"

/* A socket with its handshake and its entries in tables. */
#define SOCKET_SIZE (sizeof (SioSocket) + 160)

static void
add_events (SioStats *stats, SioNamespace *ns)
{
  GHashTableIter iter;
  gpointer counters;

  if (ns->events == NULL)
    return;
  stats->memory[SIO_MEMORY_STATISTICS] += sio_event_table_get_size (ns->events);
  g_hash_table_iter_init (&iter, ns->events->by_event);
  while (g_hash_table_iter_next (&iter, NULL, &counters))
    g_ptr_array_add (stats->events, sio_event_stats_new (ns->name, counters));
  if (ns->events->others.n_received > 0)
    g_ptr_array_add (stats->events, sio_event_stats_new (ns->name, &ns->events->others));
}

static void
add_round_trips (SioStats *stats, SioNamespace *ns)
{
  SioTripStats own;

  if (ns->round_trips == NULL)
    return;
  own.name = g_strdup (ns->name);
  own.times = sio_histogram_new (ns->round_trips);
  g_array_append_val (stats->trips, own);
  stats->memory[SIO_MEMORY_STATISTICS] += sizeof *ns->round_trips;
}

static void
add_namespace (SioStats *stats, SioNamespace *ns)
{
  SioNamespaceStats own = { .n_sockets = sio_namespace_get_n_sockets (ns) };

  own.name = g_strdup (ns->name);
  if (sio_namespace_has_adapter (ns))
    {
      own.n_rooms = sio_adapter_get_n_rooms (ns->adapter);
      if (SIO_IS_MEMORY_ADAPTER (ns->adapter))
        sio_memory_adapter_add_sizes (SIO_MEMORY_ADAPTER (ns->adapter),
                                      &stats->memory[SIO_MEMORY_ROOMS],
                                      &stats->memory[SIO_MEMORY_RECOVERY]);
    }
  stats->n_sockets += own.n_sockets;
  stats->n_rooms += own.n_rooms;
  g_array_append_val (stats->namespaces, own);
  add_events (stats, ns);
  add_round_trips (stats, ns);
}

/**
 * sio_server_get_stats:
 * @self: a server
 *
 * Takes statistics: what there is at the moment, and what was counted since the server was made.
 *
 * This looks at each namespace and each session for a moment, which takes about a millisecond with
 * 10 000 of them. Counting goes on all the time, and nothing resets it.
 *
 * Returns: (transfer full): statistics
 *
 * Since: 0.1
 */
SioStats *
sio_server_get_stats (SioServer *self)
{
  SioStats *stats;
  GHashTableIter iter;
  gpointer ns;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  stats = sio_stats_new ();
  stats->time = g_get_monotonic_time ();
  stats->real_time = g_get_real_time ();
  stats->start_time = self->start_time;
  stats->engine = *sio_engine_get_counters (self->engine);
  stats->round_trips = sio_histogram_new (&stats->engine.round_trips);
  stats->server = self->counters;
  stats->n_violations = sio_engine_get_n_violations (self->engine);
  stats->n_recovered = self->recovery->n_recovered;
  stats->n_replayed = self->recovery->n_replayed;
  memcpy (stats->recovery_refused, self->recovery->n_refused, sizeof stats->recovery_refused);
  stats->n_sessions = sio_engine_get_n_sessions (self->engine);
  stats->n_connections = sio_engine_get_n_connections (self->engine);
  stats->buffered_bytes = sio_engine_sum_buffered_bytes (self->engine);

  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, NULL, &ns))
    add_namespace (stats, ns);
  for (guint i = 0; self->parents != NULL && i < self->parents->len; i++)
    {
      add_events (stats, g_ptr_array_index (self->parents, i));
      add_round_trips (stats, g_ptr_array_index (self->parents, i));
    }

  stats->memory[SIO_MEMORY_SESSIONS] = sio_engine_estimate_session_bytes (self->engine);
  stats->memory[SIO_MEMORY_SOCKETS] = stats->n_sockets * (guint64) SOCKET_SIZE;
  stats->memory[SIO_MEMORY_BUFFERS] = stats->buffered_bytes;
  stats->memory[SIO_MEMORY_STATISTICS] += sizeof (SioEngineCounters) + sizeof (SioServerCounters);
  return stats;
}
