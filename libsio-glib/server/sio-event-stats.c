/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-stats-private.h"

/**
 * SioEventStats:
 *
 * What a server counted of the events with one name in one namespace, see
 * [method@Sio.Stats.list_events].
 *
 * Since: 0.1
 */
struct _SioEventStats
{
  gatomicrefcount ref_count;
  char *namespace_name;
  char *event;
  guint64 n_received;
  guint64 n_bytes;
  guint64 n_refused;
  SioHistogram *times;
};

G_DEFINE_BOXED_TYPE (SioEventStats, sio_event_stats, sio_event_stats_ref, sio_event_stats_unref)

SioEventStats *
sio_event_stats_new (const char *namespace_name, const SioEventCounters *counters)
{
  SioEventStats *self = g_new0 (SioEventStats, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->namespace_name = g_strdup (namespace_name);
  self->event = g_strdup (counters->event);
  self->n_received = counters->n_received;
  self->n_bytes = counters->n_bytes;
  self->n_refused = counters->n_refused;
  self->times = sio_histogram_new (&counters->times);
  return self;
}

/**
 * sio_event_stats_ref:
 * @self: statistics of an event
 *
 * Takes a reference. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioEventStats *
sio_event_stats_ref (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_event_stats_unref:
 * @self: (transfer full): statistics of an event
 *
 * Drops a reference. May be called from any thread.
 *
 * Since: 0.1
 */
void
sio_event_stats_unref (SioEventStats *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->namespace_name);
  g_free (self->event);
  sio_histogram_unref (self->times);
  g_free (self);
}

/**
 * sio_event_stats_get_namespace:
 * @self: statistics of an event
 *
 * Gets the name of the namespace. Those that clients made are counted together under the name of
 * their parent.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
sio_event_stats_get_namespace (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->namespace_name;
}

/**
 * sio_event_stats_get_event:
 * @self: statistics of an event
 *
 * Gets the name of the event.
 *
 * Returns: (transfer none) (nullable): the name, or `NULL` for all events that are not counted on
 *   their own
 *
 * Since: 0.1
 */
const char *
sio_event_stats_get_event (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->event;
}

/**
 * sio_event_stats_get_n_received:
 * @self: statistics of an event
 *
 * Tells how often it came, refused or not.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_event_stats_get_n_received (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_received;
}

/**
 * sio_event_stats_get_n_bytes:
 * @self: statistics of an event
 *
 * Tells how large the arguments were, with what was attached to them.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
sio_event_stats_get_n_bytes (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_bytes;
}

/**
 * sio_event_stats_get_n_refused:
 * @self: statistics of an event
 *
 * Tells how often a middleware or a limit refused it.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
sio_event_stats_get_n_refused (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_refused;
}

/**
 * sio_event_stats_get_times:
 * @self: statistics of an event
 *
 * Gets how long it took from the first handler's call to the last one's return. What handlers put
 * off is not in it, nor is the time in middlewares, nor, where there are middlewares, in handlers
 * for every event, which are called before them.
 *
 * Returns: (transfer none): a histogram; its count is how often the event got to handlers
 *
 * Since: 0.1
 */
SioHistogram *
sio_event_stats_get_times (SioEventStats *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->times;
}
