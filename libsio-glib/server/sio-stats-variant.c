/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-stats-private.h"

static void
add_uint64 (GVariantBuilder *builder, const char *key, guint64 value)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_uint64 (value));
}

static void
add_one (GVariantBuilder *builder, const char *key, guint64 value)
{
  g_variant_builder_add (builder, "{st}", key, value);
}

static void
add_refused (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder reasons;

  g_variant_builder_init (&reasons, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < SIO_N_REFUSED; i++)
    add_one (&reasons, sio_refused_to_string ((SioRefused) i), self->engine.refused[i]);
  for (guint i = 0; i < SIO_N_UNWELCOME; i++)
    add_one (&reasons, sio_unwelcome_to_string ((SioUnwelcome) i), self->server.unwelcome[i]);
  g_variant_builder_add (builder, "{sv}", "refused", g_variant_builder_end (&reasons));
}

static void
add_limited (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder reasons;

  g_variant_builder_init (&reasons, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < SIO_N_LIMITED; i++)
    add_one (&reasons, sio_limited_to_string ((SioLimited) i), self->engine.limited[i]);
  g_variant_builder_add (builder, "{sv}", "limited", g_variant_builder_end (&reasons));
}

static void
add_ends (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder ended;
  GVariantBuilder disconnected;
  GVariantBuilder recovery;

  g_variant_builder_init (&ended, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < SIO_N_ENDED; i++)
    add_one (&ended, sio_ended_to_string ((SioEnded) i), self->engine.ended[i]);
  g_variant_builder_add (builder, "{sv}", "ended", g_variant_builder_end (&ended));

  g_variant_builder_init (&disconnected, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < SIO_N_DISCONNECTED; i++)
    add_one (&disconnected, sio_disconnected_to_string ((SioDisconnected) i),
             self->server.disconnected[i]);
  g_variant_builder_add (builder, "{sv}", "disconnected", g_variant_builder_end (&disconnected));

  g_variant_builder_init (&recovery, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < SIO_RECOVERY_N_ERRORS; i++)
    add_one (&recovery, sio_recovery_error_to_string ((SioRecoveryError) i),
             self->recovery_refused[i]);
  g_variant_builder_add (builder, "{sv}", "recoveries-refused", g_variant_builder_end (&recovery));
}

static void
add_memory (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder parts;

  g_variant_builder_init (&parts, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < SIO_N_MEMORY; i++)
    add_one (&parts, sio_memory_part_to_string ((SioMemoryPart) i), self->memory[i]);
  g_variant_builder_add (builder, "{sv}", "memory", g_variant_builder_end (&parts));
}

static void
add_namespaces (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(suu)"));
  for (guint i = 0; i < self->namespaces->len; i++)
    {
      const SioNamespaceStats *ns = &g_array_index (self->namespaces, SioNamespaceStats, i);

      g_variant_builder_add (&list, "(suu)", ns->name, ns->n_sockets, ns->n_rooms);
    }
  g_variant_builder_add (builder, "{sv}", "namespaces", g_variant_builder_end (&list));
}

static void
add_events (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(ssbtttta(tt))"));
  for (guint i = 0; i < self->events->len; i++)
    {
      SioEventStats *event = g_ptr_array_index (self->events, i);
      SioHistogram *times = sio_event_stats_get_times (event);
      const char *name = sio_event_stats_get_event (event);

      /* D-Bus has no type for nothing. */
      g_variant_builder_add (
          &list, "(ssbtttt@a(tt))", sio_event_stats_get_namespace (event), name != NULL ? name : "",
          name == NULL, sio_event_stats_get_n_received (event), sio_event_stats_get_n_bytes (event),
          sio_event_stats_get_n_refused (event), sio_histogram_get_sum (times),
          sio_histogram_to_variant (times));
    }
  g_variant_builder_add (builder, "{sv}", "events", g_variant_builder_end (&list));
}

static void
add_namespace_round_trips (GVariantBuilder *builder, SioStats *self)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(stta(tt))"));
  for (guint i = 0; i < self->trips->len; i++)
    {
      const SioTripStats *trips = &g_array_index (self->trips, SioTripStats, i);

      g_variant_builder_add (
          &list, "(stt@a(tt))", trips->name, sio_histogram_get_count (trips->times),
          sio_histogram_get_sum (trips->times), sio_histogram_to_variant (trips->times));
    }
  g_variant_builder_add (builder, "{sv}", "namespace-round-trips", g_variant_builder_end (&list));
}

/**
 * sio_stats_to_variant:
 * @self: statistics
 *
 * Makes a dictionary of them, for D-Bus, JSON and monitoring. Later versions may have more keys.
 *
 * | key | type | |
 * | --- | --- | --- |
 * | `time`, `real-time`, `start-time` | `x` | µs, see the methods of these names |
 * | `sessions` | `a{su}` | now: `polling`, `websocket`; among them `plain` and `eio3` |
 * | `connections`, `sockets`, `rooms` | `u` | now |
 * | `namespaces` | `a(suu)` | now: name, sockets, rooms |
 * | `packets-in`, `packets-out`, `bytes-in`, `bytes-out` | `t` | counters |
 * | `opened`, `upgraded`, `connected` | `t` | sessions, those that moved, sockets |
 * | `ended`, `disconnected` | `a{st}` | sessions and sockets that are gone, by reason |
 * | `refused`, `limited`, `recoveries-refused` | `a{st}` | by reason |
 * | `dropped`, `slow`, `violations`, `recovered`, `replayed` | `t` | counters |
 * | `buffered-bytes` | `t` | now |
 * | `memory` | `a{st}` | now: bytes, by part |
 * | `round-trips` | `(tta(tt))` | number, sum in µs, and ranges as of
 * [method@Sio.Histogram.to_variant] |
 * | `namespace-round-trips` | `a(stta(tt))` | the same for each namespace, its name first: see
 * [method@Sio.Stats.get_namespace_round_trips] |
 * | `events` | `a(ssbtttta(tt))` | namespace, event, whether it stands for all others, received,
 * bytes, refused, sum of handling times in µs, and their ranges |
 *
 * Returns: (transfer floating): a variant of type `a{sv}`
 *
 * Since: 0.1
 */
GVariant *
sio_stats_to_variant (SioStats *self)
{
  GVariantBuilder builder;
  GVariantBuilder sessions;

  g_return_val_if_fail (self != NULL, NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "time", g_variant_new_int64 (self->time));
  g_variant_builder_add (&builder, "{sv}", "real-time", g_variant_new_int64 (self->real_time));
  g_variant_builder_add (&builder, "{sv}", "start-time", g_variant_new_int64 (self->start_time));

  g_variant_builder_init (&sessions, G_VARIANT_TYPE ("a{su}"));
  g_variant_builder_add (&sessions, "{su}", "polling",
                         sio_stats_get_n_sessions (self, SIO_TRANSPORT_POLLING));
  g_variant_builder_add (&sessions, "{su}", "websocket",
                         sio_stats_get_n_sessions (self, SIO_TRANSPORT_WEBSOCKET));
  g_variant_builder_add (&sessions, "{su}", "plain", self->engine.n_plain);
  g_variant_builder_add (&sessions, "{su}", "eio3", self->engine.n_eio3);
  g_variant_builder_add (&builder, "{sv}", "sessions", g_variant_builder_end (&sessions));

  g_variant_builder_add (&builder, "{sv}", "connections",
                         g_variant_new_uint32 (self->n_connections));
  g_variant_builder_add (&builder, "{sv}", "sockets", g_variant_new_uint32 (self->n_sockets));
  g_variant_builder_add (&builder, "{sv}", "rooms", g_variant_new_uint32 (self->n_rooms));
  add_namespaces (&builder, self);

  add_uint64 (&builder, "packets-in", self->engine.packets_in);
  add_uint64 (&builder, "packets-out", self->engine.packets_out);
  add_uint64 (&builder, "bytes-in", self->engine.bytes_in);
  add_uint64 (&builder, "bytes-out", self->engine.bytes_out);
  add_uint64 (&builder, "opened", self->engine.opened);
  add_uint64 (&builder, "upgraded", self->engine.upgraded);
  add_uint64 (&builder, "connected", self->server.n_connected);
  add_ends (&builder, self);
  add_refused (&builder, self);
  add_limited (&builder, self);
  add_uint64 (&builder, "dropped", self->engine.dropped);
  add_uint64 (&builder, "slow", self->engine.slow);
  add_uint64 (&builder, "violations", self->n_violations);
  add_uint64 (&builder, "recovered", self->n_recovered);
  add_uint64 (&builder, "replayed", self->n_replayed);
  add_uint64 (&builder, "buffered-bytes", self->buffered_bytes);
  add_memory (&builder, self);
  g_variant_builder_add (&builder, "{sv}", "round-trips",
                         g_variant_new ("(tt@a(tt))", sio_histogram_get_count (self->round_trips),
                                        sio_histogram_get_sum (self->round_trips),
                                        sio_histogram_to_variant (self->round_trips)));
  add_namespace_round_trips (&builder, self);
  add_events (&builder, self);
  return g_variant_builder_end (&builder);
}
