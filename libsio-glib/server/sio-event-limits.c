/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-event-limits-private.h"

#include <math.h>
#include <string.h>

#include "sio-engine-private.h"

/* How often sockets may send events, and how large ones. */

void
sio_socket_times_free (SioSocketTimes *times)
{
  if (times == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (times->items); i++)
    g_free (times->items[i]);
  g_free (times);
}

static gsize
count_bytes (const SioPacketView *view, GPtrArray *attachments)
{
  gsize n = view->json.rest_length;

  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    n += g_bytes_get_size (g_ptr_array_index (attachments, i));
  return n;
}

/* The name as handlers know it, which is part of the packet unless it has escapes. */
static const char *
get_name (const SioJsonSlice *slice, gsize *length, char **decoded)
{
  const char *name = slice->text;
  gsize decoded_length;

  *length = slice->length;
  if (slice->type != SIO_JSON_STRING)
    return name;
  name++;
  *length -= 2;
  if (memchr (name, '\\', *length) == NULL)
    return name;
  *decoded = sio_json_string_decode (slice, &decoded_length);
  /* One with U+0000 stays escaped, as in sio_message_new (). */
  if (strlen (*decoded) != decoded_length)
    return name;
  *length = decoded_length;
  return *decoded;
}

/* FALSE: it shall not be handled. */
static gboolean
exceed (SioSocket *self, SioLimiterResult result, const char *name, gsize length, gsize size)
{
  static const char too_many[] = "events come faster than the limit allows";
  static const char too_large[] = "an event is larger than the limit allows";
  const gboolean is_rate = result == SIO_LIMITER_TOO_MANY;
  SioIncidentInfo info = { .kind = is_rate ? SIO_INCIDENT_EVENT_RATE : SIO_INCIDENT_EVENT_SIZE,
                           .text = is_rate ? too_many : too_large,
                           .socket_id = sio_socket_get_id (self),
                           .ns = sio_namespace_get_name (self->ns),
                           .event = name,
                           .event_length = (gssize) length };
  SioServer *server = self->ns->server;
  g_autoptr (SioSocket) hold = NULL;
  SioEngineCounters *counters;

  if (server == NULL)
    return TRUE;
  counters = sio_engine_get_counters (server->engine);
  counters->limited[is_rate ? SIO_LIMITED_RATE : SIO_LIMITED_SIZE]++;
  info.tolerated = server->event_limit_action == SIO_EVENT_LIMIT_ACTION_COUNT ||
                   !sio_engine_get_enforce_limits (server->engine);
  hold = g_object_ref (self);
  if (!info.tolerated)
    sio_socket_count_refused (self, name, length, size);
  if (!info.tolerated && server->event_limit_action == SIO_EVENT_LIMIT_ACTION_DISCONNECT &&
      self->connection != NULL)
    sio_connection_violate (self->connection, &info);
  else if (self->session != NULL)
    sio_session_report_incident (self->session, &info);
  return info.tolerated;
}

gboolean
sio_socket_admit_event (SioSocket *self, const SioPacketView *view, GPtrArray *attachments)
{
  SioNamespace *ns = self->ns;
  SioLimiter *limiters[] = { ns->server != NULL ? ns->server->limiter : NULL,
                             ns->parent != NULL ? ns->parent->limiter : NULL, ns->limiter };
  g_autofree char *decoded = NULL;
  gsize length;
  const char *name = get_name (&view->json.first, &length, &decoded);
  gsize size = count_bytes (view, attachments);
  gint64 now = g_get_monotonic_time ();
  SioLimiterResult broken = SIO_LIMITER_PASS;

  if (self->times == NULL)
    self->times = g_new0 (SioSocketTimes, 1);
  for (guint i = 0; i < G_N_ELEMENTS (limiters); i++)
    {
      SioLimiterResult result;

      if (limiters[i] == NULL)
        continue;
      result = sio_limiter_check (limiters[i], &self->times->items[i], name, length, size, now);
      if (result != SIO_LIMITER_PASS)
        broken = result;
    }
  return broken == SIO_LIMITER_PASS || exceed (self, broken, name, length, size);
}

void
sio_event_limit_set (
    SioLimiter **limiter, const char *event, double rate, guint burst, guint64 max_bytes)
{
  const SioLimit limit = { .rate = rate,
                           .burst = burst > 0 ? burst : (guint) CLAMP (rate, 1, G_MAXINT),
                           .max_size = (gsize) MIN (max_bytes, G_MAXSIZE) };

  if (*limiter == NULL && rate <= 0 && max_bytes == 0)
    return;
  if (*limiter == NULL)
    *limiter = sio_limiter_new ();
  sio_limiter_set (*limiter, event, &limit);
}

/**
 * sio_namespace_set_event_limit:
 * @self: a namespace
 * @event: (nullable): name of an event, at most 255 bytes; `NULL` for all events together
 * @events_per_second: how many each socket may send in the long run; 0 for any number
 * @burst: how many it may send at once after it was silent; 0 for as many as in a second
 * @max_bytes: how large the arguments of one may be, as JSON, attachments included; 0 for any size
 *
 * Limits what each socket of the namespace may send.
 *
 * An event has to keep to the limit for its name, that for all events, those of the parent of the
 * namespace (see [method@Sio.Server.of_regex]) and
 * [property@Sio.Server:max-events-per-second]. What happens to one that does not, says
 * [property@Sio.Server:event-limit-action]: usually it is dropped before anything is made of it.
 * If its sender asked for an acknowledgement, none comes: clients that are limited should emit with
 * a timeout. An event that is refused takes nothing from the limits of the same namespace. Dropped
 * events count as violations, and the server's log tells of them at most every ten seconds.
 *
 * Counts at once, for sockets that are connected, too. With 0, 0 and 0 there is no limit any more.
 * Each socket that sends events keeps 8 bytes for each limit.
 *
 * Since: 0.1
 */
void
sio_namespace_set_event_limit (
    SioNamespace *self, const char *event, double events_per_second, guint burst, guint64 max_bytes)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (event == NULL || strlen (event) <= SIO_LIMITER_MAX_NAME);
  g_return_if_fail (isfinite (events_per_second) && events_per_second >= 0);

  sio_event_limit_set (&self->limiter, event, events_per_second, burst, max_bytes);
}

/**
 * sio_namespace_get_event_limit:
 * @self: a namespace
 * @event: (nullable): name of an event; `NULL` for the limit of all events together
 * @events_per_second: (out) (optional): how many each socket may send in the long run, or 0
 * @burst: (out) (optional): how many it may send at once
 * @max_bytes: (out) (optional): how large one may be, or 0
 *
 * Gets what [method@Sio.Namespace.set_event_limit] set for the same name.
 *
 * Returns: `TRUE` if there is a limit
 *
 * Since: 0.1
 */
gboolean
sio_namespace_get_event_limit (SioNamespace *self,
                               const char *event,
                               double *events_per_second,
                               guint *burst,
                               guint64 *max_bytes)
{
  SioLimit limit = { 0 };

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), FALSE);

  if (self->limiter != NULL)
    limit = sio_limiter_get (self->limiter, event);
  if (events_per_second != NULL)
    *events_per_second = limit.rate;
  if (burst != NULL)
    *burst = limit.burst;
  if (max_bytes != NULL)
    *max_bytes = limit.max_size;
  return limit.rate > 0 || limit.max_size > 0;
}

/**
 * sio_namespace_get_n_limited:
 * @self: a namespace
 * @event: (nullable): name of an event; `NULL` for the limit of all events together
 *
 * Counts events that did not keep to the limit that [method@Sio.Namespace.set_event_limit] set for
 * the same name, whatever happened to them.
 *
 * Returns: how many there were since the limit was set first
 *
 * Since: 0.1
 */
guint64
sio_namespace_get_n_limited (SioNamespace *self, const char *event)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);

  return self->limiter != NULL ? sio_limiter_get_n_broken (self->limiter, event) : 0;
}
