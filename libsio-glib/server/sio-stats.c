/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-stats-private.h"

/**
 * SioStats:
 *
 * What a server has counted from its beginning on, and how many of everything there are, at the
 * moment of [method@Sio.Server.get_stats].
 *
 * Counters only grow; what happened between two moments is the difference of their statistics.
 * Statistics never change and may be used in any thread.
 *
 * ```c
 * g_autoptr (SioStats) stats = sio_server_get_stats (server);
 * SioHistogram *round_trips = sio_stats_get_round_trips (stats);
 *
 * g_print ("%u sockets, p99 of round trips %" G_GUINT64_FORMAT " µs\n",
 *          sio_stats_get_n_sockets (stats, NULL),
 *          sio_histogram_get_quantile (round_trips, 0.99));
 * ```
 *
 * Since: 0.1
 */
G_DEFINE_BOXED_TYPE (SioStats, sio_stats, sio_stats_ref, sio_stats_unref)

static void
namespace_clear (gpointer data)
{
  g_free (((SioNamespaceStats *) data)->name);
}

static void
trip_clear (gpointer data)
{
  SioTripStats *self = data;

  g_free (self->name);
  sio_histogram_unref (self->times);
}

SioStats *
sio_stats_new (void)
{
  SioStats *self = g_new0 (SioStats, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->namespaces = g_array_new (FALSE, FALSE, sizeof (SioNamespaceStats));
  g_array_set_clear_func (self->namespaces, namespace_clear);
  self->trips = g_array_new (FALSE, FALSE, sizeof (SioTripStats));
  g_array_set_clear_func (self->trips, trip_clear);
  self->events = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_event_stats_unref);
  return self;
}

const char *
sio_memory_part_to_string (SioMemoryPart part)
{
  static const char *const names[] = { "sessions", "sockets",  "rooms",
                                       "buffers",  "recovery", "statistics" };

  return names[part];
}

const char *
sio_recovery_error_to_string (SioRecoveryError error)
{
  static const char *const names[] = { "disabled",        "unsupported", "malformed",
                                       "unknown-session", "expired",     "unknown-offset",
                                       "lost-position",   "too-much",    "failed" };
  G_STATIC_ASSERT (G_N_ELEMENTS (names) == SIO_RECOVERY_N_ERRORS);

  return names[error];
}

/* The counter called @reason, or all of them. */
static guint64
sum (const guint64 *counters, guint n, const char *(*to_string) (guint), const char *reason)
{
  guint64 total = 0;

  for (guint i = 0; i < n; i++)
    if (reason == NULL || g_str_equal (to_string (i), reason))
      total += counters[i];
  return total;
}

#define DEFINE_NAME(func, Type, to_string)                                                         \
  static const char *func (guint i) { return to_string ((Type) i); }
DEFINE_NAME (refused_name, SioRefused, sio_refused_to_string)
DEFINE_NAME (limited_name, SioLimited, sio_limited_to_string)
DEFINE_NAME (ended_name, SioEnded, sio_ended_to_string)
DEFINE_NAME (unwelcome_name, SioUnwelcome, sio_unwelcome_to_string)
DEFINE_NAME (disconnected_name, SioDisconnected, sio_disconnected_to_string)
DEFINE_NAME (recovery_name, SioRecoveryError, sio_recovery_error_to_string)
DEFINE_NAME (memory_name, SioMemoryPart, sio_memory_part_to_string)

/**
 * sio_stats_ref:
 * @self: statistics
 *
 * Takes a reference. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioStats *
sio_stats_ref (SioStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_stats_unref:
 * @self: (transfer full): statistics
 *
 * Drops a reference. May be called from any thread.
 *
 * Since: 0.1
 */
void
sio_stats_unref (SioStats *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->round_trips, sio_histogram_unref);
  g_array_unref (self->namespaces);
  g_array_unref (self->trips);
  g_ptr_array_unref (self->events);
  g_free (self);
}

/**
 * sio_stats_get_time:
 * @self: statistics
 *
 * Tells when they were taken.
 *
 * Returns: microseconds, as of `g_get_monotonic_time ()`
 *
 * Since: 0.1
 */
gint64
sio_stats_get_time (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->time;
}

/**
 * sio_stats_get_real_time:
 * @self: statistics
 *
 * Tells when they were taken, for people.
 *
 * Returns: microseconds since the beginning of 1970, UTC
 *
 * Since: 0.1
 */
gint64
sio_stats_get_real_time (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->real_time;
}

/**
 * sio_stats_get_start_time:
 * @self: statistics
 *
 * Tells since when is counted: since the server was made.
 *
 * Returns: microseconds, as of `g_get_monotonic_time ()`
 *
 * Since: 0.1
 */
gint64
sio_stats_get_start_time (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->start_time;
}

/**
 * sio_stats_get_n_sessions:
 * @self: statistics
 * @transports: which transports
 *
 * Counts the Engine.IO sessions that use one of @transports. A client that is about to move to a
 * WebSocket still counts as polling.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_stats_get_n_sessions (SioStats *self, SioTransport transports)
{
  guint n_websocket;

  g_return_val_if_fail (self != NULL, 0);

  n_websocket = MIN (self->engine.n_websocket, self->n_sessions);
  return ((transports & SIO_TRANSPORT_POLLING) != 0 ? self->n_sessions - n_websocket : 0) +
         ((transports & SIO_TRANSPORT_WEBSOCKET) != 0 ? n_websocket : 0);
}

/**
 * sio_stats_get_n_plain_sessions:
 * @self: statistics
 *
 * Counts the sessions of plain WebSocket clients, see [property@Sio.Server:websocket-path].
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_stats_get_n_plain_sessions (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.n_plain;
}

/**
 * sio_stats_get_n_eio3_sessions:
 * @self: statistics
 *
 * Counts the sessions of clients of Socket.IO 1 and 2, see [property@Sio.Engine:allow-eio3].
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_stats_get_n_eio3_sessions (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.n_eio3;
}

/**
 * sio_stats_get_n_connections:
 * @self: statistics
 *
 * Counts the HTTP connections, idle ones, too, without those that have become WebSockets.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_stats_get_n_connections (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_connections;
}

/**
 * sio_stats_list_namespaces:
 * @self: statistics
 *
 * Lists the namespaces there were.
 *
 * Returns: (transfer full) (array zero-terminated=1): names
 *
 * Since: 0.1
 */
char **
sio_stats_list_namespaces (SioStats *self)
{
  char **names;

  g_return_val_if_fail (self != NULL, NULL);

  names = g_new0 (char *, self->namespaces->len + 1);
  for (guint i = 0; i < self->namespaces->len; i++)
    names[i] = g_strdup (g_array_index (self->namespaces, SioNamespaceStats, i).name);
  return names;
}

static const SioNamespaceStats *
find_namespace (SioStats *self, const char *name)
{
  static const SioNamespaceStats none = { 0 };

  for (guint i = 0; i < self->namespaces->len; i++)
    {
      const SioNamespaceStats *ns = &g_array_index (self->namespaces, SioNamespaceStats, i);

      if (g_str_equal (ns->name, name))
        return ns;
    }
  return &none;
}

/**
 * sio_stats_get_n_sockets:
 * @self: statistics
 * @namespace_name: (nullable): a namespace, or `NULL` for all together
 *
 * Counts the sockets.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_stats_get_n_sockets (SioStats *self, const char *namespace_name)
{
  g_return_val_if_fail (self != NULL, 0);

  return namespace_name != NULL ? find_namespace (self, namespace_name)->n_sockets
                                : self->n_sockets;
}

/**
 * sio_stats_get_n_rooms:
 * @self: statistics
 * @namespace_name: (nullable): a namespace, or `NULL` for all together
 *
 * Counts the rooms of this process, without those that every socket has under its own id.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_stats_get_n_rooms (SioStats *self, const char *namespace_name)
{
  g_return_val_if_fail (self != NULL, 0);

  return namespace_name != NULL ? find_namespace (self, namespace_name)->n_rooms : self->n_rooms;
}

/**
 * sio_stats_get_n_packets_in:
 * @self: statistics
 *
 * Counts the Engine.IO packets that came, with pings and pongs.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_packets_in (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.packets_in;
}

/**
 * sio_stats_get_n_packets_out:
 * @self: statistics
 *
 * Counts the Engine.IO packets that were sent or queued, with pings and pongs. An attachment is a
 * packet of its own.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_packets_out (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.packets_out;
}

/**
 * sio_stats_get_n_bytes_in:
 * @self: statistics
 *
 * Counts the bytes of the packets that came, without framing and before they were compressed.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_bytes_in (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.bytes_in;
}

/**
 * sio_stats_get_n_bytes_out:
 * @self: statistics
 *
 * Counts the bytes of the packets that were sent or queued, without framing and before
 * compression.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_bytes_out (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.bytes_out;
}

/**
 * sio_stats_get_n_opened:
 * @self: statistics
 *
 * Counts the sessions that were ever opened.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_opened (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.opened;
}

/**
 * sio_stats_get_n_upgraded:
 * @self: statistics
 *
 * Counts the sessions that moved from polling to a WebSocket.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_upgraded (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.upgraded;
}

/**
 * sio_stats_get_n_ended:
 * @self: statistics
 * @reason: (nullable): one of `transport close`, `transport error`, `ping timeout`, `parse
 *   error` and `forced close`, or `NULL` for all together
 *
 * Counts the sessions that are over.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_ended (SioStats *self, const char *reason)
{
  g_return_val_if_fail (self != NULL, 0);

  return sum (self->engine.ended, SIO_N_ENDED, ended_name, reason);
}

/**
 * sio_stats_get_n_refused:
 * @self: statistics
 * @reason: (nullable): one of `unknown-transport`, `unknown-session`, `bad-method`,
 *   `bad-request`, `forbidden`, `unsupported-protocol`, `full`, `address`, `draining`,
 *   `invalid-namespace`, `too-many-namespaces` and `middleware`, or `NULL` for all together
 *
 * Counts the requests, connections and sockets that were refused. The last three causes concern
 * namespaces. `full` and `address` are limits, which also count when they are not enforced.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_refused (SioStats *self, const char *reason)
{
  g_return_val_if_fail (self != NULL, 0);

  return sum (self->engine.refused, SIO_N_REFUSED, refused_name, reason) +
         sum (self->server.unwelcome, SIO_N_UNWELCOME, unwelcome_name, reason);
}

/**
 * sio_stats_get_n_limited:
 * @self: statistics
 * @reason: (nullable): one of `rate` and `size` of events, and `rooms` of a socket, or `NULL` for
 * all together
 *
 * Counts what sockets did beyond the limits that there are for each of them, whether the limits
 * are enforced or not.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_limited (SioStats *self, const char *reason)
{
  g_return_val_if_fail (self != NULL, 0);

  return sum (self->engine.limited, SIO_N_LIMITED, limited_name, reason);
}

/**
 * sio_stats_get_n_connected:
 * @self: statistics
 *
 * Counts the sockets that were ever connected.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_connected (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->server.n_connected;
}

/**
 * sio_stats_get_n_disconnected:
 * @self: statistics
 * @reason: (nullable): one of `transport close`, `transport error`, `ping timeout`, `parse
 *   error`, `forced close`, `forced server close`, `client namespace disconnect`, `server namespace
 *   disconnect`, `server shutting down` and `other`, or `NULL` for all together
 *
 * Counts the sockets that are gone.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_disconnected (SioStats *self, const char *reason)
{
  g_return_val_if_fail (self != NULL, 0);

  return sum (self->server.disconnected, SIO_N_DISCONNECTED, disconnected_name, reason);
}

/**
 * sio_stats_get_n_dropped:
 * @self: statistics
 *
 * Counts the volatile events that were not sent, once for each receiver.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_dropped (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.dropped;
}

/**
 * sio_stats_get_n_slow:
 * @self: statistics
 *
 * Counts the sessions that were ended because their client read too slowly.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_slow (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->engine.slow;
}

/**
 * sio_stats_get_n_violations:
 * @self: statistics
 *
 * Counts what clients did against the rules, see [method@Sio.Engine.get_n_violations].
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_violations (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_violations;
}

/**
 * sio_stats_get_n_recovered:
 * @self: statistics
 *
 * Counts the clients that got their session back, see [class@Sio.Recovery].
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_recovered (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_recovered;
}

/**
 * sio_stats_get_n_replayed:
 * @self: statistics
 *
 * Counts the events that were sent again to clients that got their session back.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_replayed (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_replayed;
}

/**
 * sio_stats_get_n_recoveries_refused:
 * @self: statistics
 * @reason: (nullable): one of `disabled`, `unsupported`, `malformed`, `unknown-session`,
 *   `expired`, `unknown-offset`, `lost-position`, `too-much` and `failed`, or `NULL` for all
 * together
 *
 * Counts the clients that came back and got a new session, see [error@Sio.RecoveryError].
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_stats_get_n_recoveries_refused (SioStats *self, const char *reason)
{
  g_return_val_if_fail (self != NULL, 0);

  return sum (self->recovery_refused, SIO_RECOVERY_N_ERRORS, recovery_name, reason);
}

/**
 * sio_stats_get_buffered_bytes:
 * @self: statistics
 *
 * Tells how much was sent but not taken by the clients yet.
 *
 * Returns: bytes; what several wait for counts for each
 *
 * Since: 0.1
 */
guint64
sio_stats_get_buffered_bytes (SioStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->buffered_bytes;
}

/**
 * sio_stats_get_memory:
 * @self: statistics
 * @part: (nullable): one of `sessions`, `sockets`, `rooms`, `buffers`, `recovery` and
 *   `statistics`, or `NULL` for all together
 *
 * Estimates memory: numbers times sizes, plus what is known exactly. The blocks of the allocator
 * and what the application keeps are not in it. What waits for several receivers is counted for
 * each, though it is in memory once.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
sio_stats_get_memory (SioStats *self, const char *part)
{
  g_return_val_if_fail (self != NULL, 0);

  return sum (self->memory, SIO_N_MEMORY, memory_name, part);
}

/**
 * sio_stats_get_round_trips:
 * @self: statistics
 *
 * Gets how long clients took to answer pings. Those of Socket.IO 1 and 2 are not pinged.
 *
 * Returns: (transfer none): a histogram
 *
 * Since: 0.1
 */
SioHistogram *
sio_stats_get_round_trips (SioStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->round_trips;
}

/**
 * sio_stats_get_namespace_round_trips:
 * @self: statistics
 * @namespace_name: a namespace, or the parent of those that clients make
 *
 * Gets how long clients of one namespace took to answer pings. A ping is one of a whole connection:
 * it counts in each namespace that the client is connected to when it answers. Namespaces that are
 * made for clients count in that for which a function or a pattern was given.
 *
 * Returns: (transfer none) (nullable): a histogram, or `NULL` if no ping was answered yet
 *
 * Since: 0.1
 */
SioHistogram *
sio_stats_get_namespace_round_trips (SioStats *self, const char *namespace_name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (namespace_name != NULL, NULL);

  for (guint i = 0; i < self->trips->len; i++)
    {
      const SioTripStats *trips = &g_array_index (self->trips, SioTripStats, i);

      if (g_str_equal (trips->name, namespace_name))
        return trips->times;
    }
  return NULL;
}

/**
 * sio_stats_list_events:
 * @self: statistics
 *
 * Lists what was counted of events that clients sent, by namespace and name. A name has an entry of
 * its own if there was a handler for it when it came (at most 256 of a namespace); all others
 * have one together.
 *
 * Returns: (transfer container) (element-type SioEventStats): statistics of events, only of
 *   those that came
 *
 * Since: 0.1
 */
GPtrArray *
sio_stats_list_events (SioStats *self)
{
  GPtrArray *events;

  g_return_val_if_fail (self != NULL, NULL);

  events = g_ptr_array_new_full (self->events->len, (GDestroyNotify) sio_event_stats_unref);
  for (guint i = 0; i < self->events->len; i++)
    g_ptr_array_add (events, sio_event_stats_ref (g_ptr_array_index (self->events, i)));
  return events;
}
