/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>

#include "sio-engine-private.h"
#include "sio-enums.h"
#include "sio-event-limits-private.h"

/* Limits of a server that count for each socket. */

void
sio_server_fill_limit_properties (GParamSpec **properties)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * SioServer:max-events-per-second:
   *
   * How many events each socket may send in the long run; 0 is without limit. Acknowledgements do
   * not count. See [method@Sio.Namespace.set_event_limit] for limits of single namespaces and
   * events, and for what happens to events beyond the limit.
   *
   * Since: 0.1
   */
  properties[0] =
      g_param_spec_double ("max-events-per-second", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  /**
   * SioServer:max-event-burst:
   *
   * How many events a socket that was silent may send at once, where
   * [property@Sio.Server:max-events-per-second] limits them; 0 is as many as in a second.
   *
   * Since: 0.1
   */
  properties[1] = g_param_spec_uint ("max-event-burst", NULL, NULL, 0, G_MAXINT, 0, flags);
  /**
   * SioServer:max-event-bytes:
   *
   * How large the arguments of an event may be, as JSON, attachments included; 0 leaves it to
   * [property@Sio.Engine:max-payload], which limits each message on the wire.
   *
   * Since: 0.1
   */
  properties[2] = g_param_spec_uint64 ("max-event-bytes", NULL, NULL, 0, G_MAXINT64, 0, flags);
  /**
   * SioServer:event-limit-action:
   *
   * What happens to events that are too many or too large for the limits of the server and its
   * namespaces. [property@Sio.Engine:enforce-limits] may turn everything into counting.
   *
   * Since: 0.1
   */
  properties[3] = g_param_spec_enum ("event-limit-action", NULL, NULL, SIO_TYPE_EVENT_LIMIT_ACTION,
                                     SIO_EVENT_LIMIT_ACTION_DROP, flags);
  /**
   * SioServer:max-rooms-per-socket:
   *
   * How many rooms a socket may be in, besides the one of its id; 0 is without limit.
   *
   * Applications let clients choose rooms, and each room costs some 200 bytes. Whoever is in that
   * many joins no other, however that is asked for: [method@Sio.Socket.join] returns `FALSE`, and
   * the attempt counts as a violation. The limit is that of [class@Sio.MemoryAdapter] and what
   * derives from it. [property@Sio.Socket:extra-rooms] adds to it.
   *
   * Since: 0.1
   */
  properties[4] = g_param_spec_uint ("max-rooms-per-socket", NULL, NULL, 0, G_MAXINT,
                                     SIO_SERVER_DEFAULT_MAX_ROOMS, flags);
}

gboolean
sio_socket_has_all_rooms (SioSocket *self, guint n_rooms)
{
  SioServer *server = self->ns->server;

  return server != NULL && server->max_rooms > 0 &&
         n_rooms >= server->max_rooms + self->extra_rooms;
}

gboolean
sio_socket_refuse_room (SioSocket *self)
{
  SioServer *server = self->ns->server;
  SioIncidentInfo info = { .kind = SIO_INCIDENT_ROOMS,
                           .text = "a socket is in too many rooms to join another",
                           .socket_id = sio_socket_get_id (self),
                           .ns = sio_namespace_get_name (self->ns) };

  if (server == NULL)
    return FALSE;
  sio_engine_get_counters (server->engine)->limited[SIO_LIMITED_ROOMS]++;
  info.tolerated = !sio_engine_get_enforce_limits (server->engine);
  if (self->session != NULL)
    sio_session_report_incident (self->session, &info);
  return !info.tolerated;
}

static void
update_event_limit (SioServer *self)
{
  sio_event_limit_set (&self->limiter, NULL, self->max_events_per_second, self->max_event_burst,
                       self->max_event_bytes);
}

/**
 * sio_server_get_max_events_per_second: (get-property max-events-per-second)
 * @self: a server
 *
 * Gets how many events each socket may send in the long run.
 *
 * Returns: how many, 0 if there is no limit
 *
 * Since: 0.1
 */
double
sio_server_get_max_events_per_second (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->max_events_per_second;
}

/**
 * sio_server_set_max_events_per_second: (set-property max-events-per-second)
 * @self: a server
 * @n_events: how many, 0 for no limit
 *
 * Sets how many events each socket may send in the long run.
 *
 * Since: 0.1
 */
void
sio_server_set_max_events_per_second (SioServer *self, double n_events)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (isfinite (n_events) && n_events >= 0);

  if (self->max_events_per_second == n_events)
    return;
  self->max_events_per_second = n_events;
  update_event_limit (self);
  g_object_notify (G_OBJECT (self), "max-events-per-second");
}

/**
 * sio_server_get_max_event_burst: (get-property max-event-burst)
 * @self: a server
 *
 * Gets how many events a socket that was silent may send at once.
 *
 * Returns: how many, 0 for as many as in a second
 *
 * Since: 0.1
 */
guint
sio_server_get_max_event_burst (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->max_event_burst;
}

/**
 * sio_server_set_max_event_burst: (set-property max-event-burst)
 * @self: a server
 * @n_events: how many, 0 for as many as in a second
 *
 * Sets how many events a socket that was silent may send at once.
 *
 * Since: 0.1
 */
void
sio_server_set_max_event_burst (SioServer *self, guint n_events)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (n_events <= G_MAXINT);

  if (self->max_event_burst == n_events)
    return;
  self->max_event_burst = n_events;
  update_event_limit (self);
  g_object_notify (G_OBJECT (self), "max-event-burst");
}

/**
 * sio_server_get_max_event_bytes: (get-property max-event-bytes)
 * @self: a server
 *
 * Gets how large events may be.
 *
 * Returns: bytes of the arguments, 0 if there is no limit of its own
 *
 * Since: 0.1
 */
guint64
sio_server_get_max_event_bytes (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->max_event_bytes;
}

/**
 * sio_server_set_max_event_bytes: (set-property max-event-bytes)
 * @self: a server
 * @n_bytes: bytes of the arguments, 0 for no limit of its own
 *
 * Sets how large events may be.
 *
 * Since: 0.1
 */
void
sio_server_set_max_event_bytes (SioServer *self, guint64 n_bytes)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (n_bytes <= G_MAXINT64);

  if (self->max_event_bytes == n_bytes)
    return;
  self->max_event_bytes = n_bytes;
  update_event_limit (self);
  g_object_notify (G_OBJECT (self), "max-event-bytes");
}

/**
 * sio_server_get_event_limit_action: (get-property event-limit-action)
 * @self: a server
 *
 * Gets what happens to events beyond a limit.
 *
 * Returns: what happens
 *
 * Since: 0.1
 */
SioEventLimitAction
sio_server_get_event_limit_action (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), SIO_EVENT_LIMIT_ACTION_DROP);

  return self->event_limit_action;
}

/**
 * sio_server_set_event_limit_action: (set-property event-limit-action)
 * @self: a server
 * @action: what happens
 *
 * Sets what happens to events beyond a limit.
 *
 * Since: 0.1
 */
void
sio_server_set_event_limit_action (SioServer *self, SioEventLimitAction action)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (action <= SIO_EVENT_LIMIT_ACTION_DISCONNECT);

  if (self->event_limit_action == action)
    return;
  self->event_limit_action = action;
  g_object_notify (G_OBJECT (self), "event-limit-action");
}

/**
 * sio_server_get_max_rooms_per_socket: (get-property max-rooms-per-socket)
 * @self: a server
 *
 * Gets how many rooms a socket may be in.
 *
 * Returns: how many, 0 if there is no limit
 *
 * Since: 0.1
 */
guint
sio_server_get_max_rooms_per_socket (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->max_rooms;
}

/**
 * sio_server_set_max_rooms_per_socket: (set-property max-rooms-per-socket)
 * @self: a server
 * @n_rooms: how many, 0 for no limit
 *
 * Sets how many rooms a socket may be in. Whoever is in more stays there.
 *
 * Since: 0.1
 */
void
sio_server_set_max_rooms_per_socket (SioServer *self, guint n_rooms)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (n_rooms <= G_MAXINT);

  if (self->max_rooms == n_rooms)
    return;
  self->max_rooms = n_rooms;
  g_object_notify (G_OBJECT (self), "max-rooms-per-socket");
}
