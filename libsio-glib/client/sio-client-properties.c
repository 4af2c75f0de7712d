/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-private.h"
#include "sio-enums.h"

/* The settings and the state of a client as properties. */

enum
{
  PROP_0,
  PROP_MANAGER,
  PROP_NAMESPACE,
  PROP_STATE,
  PROP_RECOVERED,
  PROP_ID,
  PROP_REASON,
  PROP_ATTEMPT,
  PROP_NEXT_ATTEMPT_TIME,
  PROP_RTT,
  PROP_TRANSPORT,
  PROP_WAITING_FOR,
  PROP_AUTH,
  PROP_ACK_TIMEOUT,
  PROP_RETRIES,
  PROP_MAX_BUFFERED_EVENTS,
  PROP_MAX_BUFFERED_BYTES,
  N_PROPS
};

#define SETTING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define STATE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

static GParamSpec *properties[N_PROPS];

static void
sio_client_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioClient *self = SIO_CLIENT (object);

  switch (prop_id)
    {
    case PROP_MANAGER:
      g_value_set_object (value, self->manager);
      break;
    case PROP_NAMESPACE:
      g_value_set_string (value, self->nsp);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_RECOVERED:
      g_value_set_boolean (value, self->recovered);
      break;
    case PROP_ID:
      g_value_set_string (value, self->id);
      break;
    case PROP_REASON:
      g_value_set_string (value, self->reason);
      break;
    case PROP_ATTEMPT:
      g_value_set_uint (value, self->active ? sio_manager_get_attempt (self->manager) : 0);
      break;
    case PROP_NEXT_ATTEMPT_TIME:
      g_value_set_int64 (value,
                         self->active ? sio_manager_get_next_attempt_time (self->manager) : 0);
      break;
    case PROP_RTT:
      g_value_set_double (value, sio_manager_get_rtt (self->manager));
      break;
    case PROP_TRANSPORT:
      g_value_set_flags (value, sio_manager_get_transport (self->manager));
      break;
    case PROP_WAITING_FOR:
      g_value_set_enum (value, self->active ? sio_manager_get_waiting_for (self->manager)
                                            : SIO_WAITING_FOR_NOTHING);
      break;
    case PROP_AUTH:
      g_value_set_boxed (value, self->auth);
      break;
    case PROP_ACK_TIMEOUT:
      g_value_set_uint (value, self->ack_timeout);
      break;
    case PROP_RETRIES:
      g_value_set_uint (value, self->retries);
      break;
    case PROP_MAX_BUFFERED_EVENTS:
      g_value_set_uint (value, self->max_buffered_events);
      break;
    case PROP_MAX_BUFFERED_BYTES:
      g_value_set_uint64 (value, self->max_buffered_bytes);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
set_uint (SioClient *self, guint *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_uint (value))
    return;
  *field = g_value_get_uint (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
sio_client_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioClient *self = SIO_CLIENT (object);

  switch (prop_id)
    {
    case PROP_MANAGER:
      self->manager = g_value_dup_object (value);
      break;
    case PROP_NAMESPACE:
      self->nsp = g_value_dup_string (value);
      break;
    case PROP_AUTH:
      sio_client_set_auth (self, g_value_get_boxed (value));
      break;
    case PROP_ACK_TIMEOUT:
      set_uint (self, &self->ack_timeout, value, pspec);
      break;
    case PROP_RETRIES:
      set_uint (self, &self->retries, value, pspec);
      break;
    case PROP_MAX_BUFFERED_EVENTS:
      set_uint (self, &self->max_buffered_events, value, pspec);
      break;
    case PROP_MAX_BUFFERED_BYTES:
      if (self->max_buffered_bytes == g_value_get_uint64 (value))
        break;
      self->max_buffered_bytes = g_value_get_uint64 (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_state (void)
{
  /**
   * SioClient:manager:
   *
   * The manager of the connection.
   *
   * Since: 0.1
   */
  properties[PROP_MANAGER] =
      g_param_spec_object ("manager", NULL, NULL, SIO_TYPE_MANAGER,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioClient:namespace:
   *
   * Name of the namespace.
   *
   * Since: 0.1
   */
  properties[PROP_NAMESPACE] =
      g_param_spec_string ("namespace", NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioClient:state:
   *
   * How things are, for example to be shown in a banner.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, SIO_TYPE_CLIENT_STATE,
                                              SIO_CLIENT_DISCONNECTED, STATE);
  /**
   * SioClient:recovered:
   *
   * Whether the server took the client back with its state, and delivered what was missed.
   *
   * Since: 0.1
   */
  properties[PROP_RECOVERED] = g_param_spec_boolean ("recovered", NULL, NULL, FALSE, STATE);
  /**
   * SioClient:id:
   *
   * The id that the server gave the client, `NULL` while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, STATE);
  /**
   * SioClient:reason:
   *
   * Why the connection was lost the last time.
   *
   * Since: 0.1
   */
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, STATE);
  /**
   * SioClient:attempt:
   *
   * Number of the present or next attempt to reconnect, from 1; 0 otherwise.
   *
   * Since: 0.1
   */
  properties[PROP_ATTEMPT] = g_param_spec_uint ("attempt", NULL, NULL, 0, G_MAXUINT, 0, STATE);
  /**
   * SioClient:next-attempt-time:
   *
   * When the next attempt to reconnect is made, in µs since the epoch; 0 if none is planned.
   *
   * Since: 0.1
   */
  properties[PROP_NEXT_ATTEMPT_TIME] =
      g_param_spec_int64 ("next-attempt-time", NULL, NULL, 0, G_MAXINT64, 0, STATE);
  /**
   * SioClient:rtt:
   *
   * Time that a message takes to the server and back in ms; negative if not known.
   *
   * Since: 0.1
   */
  properties[PROP_RTT] = g_param_spec_double ("rtt", NULL, NULL, -1, G_MAXDOUBLE, -1, STATE);
  /**
   * SioClient:transport:
   *
   * The transport in use, 0 while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORT] =
      g_param_spec_flags ("transport", NULL, NULL, SIO_TYPE_TRANSPORT, 0, STATE);
  /**
   * SioClient:waiting-for:
   *
   * What the next attempt to reconnect waits for: for example a network, which a banner should
   * tell.
   *
   * Since: 0.1
   */
  properties[PROP_WAITING_FOR] = g_param_spec_enum ("waiting-for", NULL, NULL, SIO_TYPE_WAITING_FOR,
                                                    SIO_WAITING_FOR_NOTHING, STATE);
}

static void
install_settings (void)
{
  /**
   * SioClient:auth:
   *
   * Credentials, an object that is sent with every connection.
   *
   * Since: 0.1
   */
  properties[PROP_AUTH] = g_param_spec_boxed ("auth", NULL, NULL, JSON_TYPE_NODE, SETTING);
  /**
   * SioClient:ack-timeout:
   *
   * How long to wait for acknowledgements in ms if nothing else is said, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_ACK_TIMEOUT] =
      g_param_spec_uint ("ack-timeout", NULL, NULL, 0, G_MAXINT, 0, SETTING);
  /**
   * SioClient:retries:
   *
   * How often to send an event again until it is acknowledged. If not 0, events are sent one
   * after the other, each after the acknowledgement of the one before, which delivers them in
   * order and at least once. The server has to acknowledge each, and to expect repetitions.
   * Set [property@Sio.Client:ack-timeout], too: without it an event is only sent again after a
   * new connection.
   *
   * Since: 0.1
   */
  properties[PROP_RETRIES] = g_param_spec_uint ("retries", NULL, NULL, 0, G_MAXINT, 0, SETTING);
  /**
   * SioClient:max-buffered-events:
   *
   * How many events to keep while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BUFFERED_EVENTS] = g_param_spec_uint (
      "max-buffered-events", NULL, NULL, 0, G_MAXINT, SIO_CLIENT_MAX_EVENTS, SETTING);
  /**
   * SioClient:max-buffered-bytes:
   *
   * How many bytes to keep while not connected, and while the network does not take them.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BUFFERED_BYTES] = g_param_spec_uint64 (
      "max-buffered-bytes", NULL, NULL, 0, G_MAXUINT64, SIO_CLIENT_MAX_BYTES, SETTING);
}

void
sio_client_install_properties (GObjectClass *object_class)
{
  object_class->get_property = sio_client_get_property;
  object_class->set_property = sio_client_set_property;

  install_state ();
  install_settings ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

void
sio_client_manager_notify (SioClient *self, SioManagerNotify what)
{
  switch (what)
    {
    case SIO_MANAGER_NOTIFY_ATTEMPT:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ATTEMPT]);
      break;
    case SIO_MANAGER_NOTIFY_NEXT_ATTEMPT_TIME:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NEXT_ATTEMPT_TIME]);
      break;
    case SIO_MANAGER_NOTIFY_RTT:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RTT]);
      break;
    case SIO_MANAGER_NOTIFY_TRANSPORT:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TRANSPORT]);
      break;
    case SIO_MANAGER_NOTIFY_WAITING_FOR:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WAITING_FOR]);
      break;
    case SIO_MANAGER_NOTIFY_STATE:
    default:
      sio_client_update_state (self);
      break;
    }
}

/**
 * sio_client_get_manager:
 * @self: a client
 *
 * Gets the manager of the connection.
 *
 * Returns: (transfer none): the manager
 *
 * Since: 0.1
 */
SioManager *
sio_client_get_manager (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->manager;
}

/**
 * sio_client_get_namespace:
 * @self: a client
 *
 * Gets the namespace.
 *
 * Returns: (transfer none): its name
 *
 * Since: 0.1
 */
const char *
sio_client_get_namespace (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->nsp;
}

/**
 * sio_client_get_state:
 * @self: a client
 *
 * Gets the state.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
SioClientState
sio_client_get_state (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), SIO_CLIENT_DISCONNECTED);

  return self->state;
}

/**
 * sio_client_is_connected:
 * @self: a client
 *
 * Tells whether the client is connected to its namespace.
 *
 * Returns: `TRUE` if it is
 *
 * Since: 0.1
 */
gboolean
sio_client_is_connected (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);

  return self->connected;
}

/**
 * sio_client_is_active:
 * @self: a client
 *
 * Tells whether the client was opened, and neither closed nor sent away since.
 *
 * Returns: `TRUE` if it is connected or would be, if it could
 *
 * Since: 0.1
 */
gboolean
sio_client_is_active (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);

  return self->active;
}

/**
 * sio_client_is_recovered: (get-property recovered)
 * @self: a client
 *
 * Tells whether the server took the client back as if the connection had never been lost.
 *
 * If not, the application has to ask for what it may have missed.
 *
 * Returns: `TRUE` if the state was recovered at the last connection
 *
 * Since: 0.1
 */
gboolean
sio_client_is_recovered (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);

  return self->recovered;
}

/**
 * sio_client_get_id:
 * @self: a client
 *
 * Gets the id that the server gave the client.
 *
 * Returns: (transfer none) (nullable): the id, `NULL` while not connected
 *
 * Since: 0.1
 */
const char *
sio_client_get_id (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->id;
}

/**
 * sio_client_get_reason:
 * @self: a client
 *
 * Gets why the connection was lost the last time.
 *
 * Returns: (transfer none) (nullable): the reason, as in [signal@Sio.Client::disconnected]
 *
 * Since: 0.1
 */
const char *
sio_client_get_reason (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->reason;
}
