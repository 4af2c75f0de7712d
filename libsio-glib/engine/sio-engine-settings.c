/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-engine-private.h"

#include <string.h>

#include "sio-enums.h"

/* Settings of the engine, as properties and functions. */

#define IDLE_TIMEOUT_MS 60000
#define LINGER_MS 2000

enum
{
  PROP_0,
  PROP_PATH,
  PROP_PING_INTERVAL,
  PROP_PING_TIMEOUT,
  PROP_UPGRADE_TIMEOUT,
  PROP_REQUEST_TIMEOUT,
  PROP_BODY_TIMEOUT,
  PROP_MAX_PAYLOAD,
  PROP_MAX_BUFFERED_BYTES,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_CONNECTIONS_PER_ADDRESS,
  PROP_ENFORCE_LIMITS,
  PROP_SLOW_CONSUMER_POLICY,
  PROP_TRANSPORTS,
  PROP_ALLOW_UPGRADES,
  PROP_ALLOW_EIO3,
  PROP_HTTP_COMPRESSION, /* these in the order of sio-engine-compression.c */
  PROP_HTTP_COMPRESSION_THRESHOLD,
  PROP_PER_MESSAGE_DEFLATE,
  PROP_PER_MESSAGE_DEFLATE_THRESHOLD,
  PROP_MAX_INFLATE_RATIO,
  PROP_DRAINING, /* these in the order of sio-engine-drain.c */
  PROP_RETRY_AFTER,
  PROP_TLS_CERTIFICATE,
  PROP_TRUSTED_PROXIES,
  PROP_N_SESSIONS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
replace_deadlines (SioEngine *self, SioDeadlineList **list, guint duration)
{
  SioDeadlineList *next = sio_deadline_list_get (self->reactor, duration);

  g_clear_pointer (list, sio_deadline_list_unref);
  *list = next;
}

void
sio_engine_update_config (SioEngine *self)
{
  SioEngineConfig *config = &self->config;

  replace_deadlines (self, &config->ping_interval, self->ping_interval);
  replace_deadlines (self, &config->ping_timeout, self->ping_timeout);
  replace_deadlines (self, &config->eio3_timeout,
                     (guint) MIN ((guint64) self->ping_interval + self->ping_timeout, G_MAXINT));
  replace_deadlines (self, &config->upgrade_timeout, self->upgrade_timeout);
  replace_deadlines (self, &config->noop_interval, SIO_PROBE_NOOP_INTERVAL_MS);
  replace_deadlines (self, &config->close_wait, SIO_POLLING_CLOSE_WAIT_MS);
  replace_deadlines (self, &config->ws.linger, LINGER_MS);
  replace_deadlines (self, &self->head_deadlines, self->request_timeout);
  replace_deadlines (self, &self->idle_deadlines, IDLE_TIMEOUT_MS);
  replace_deadlines (self, &self->body_deadlines, self->body_timeout);
  config->ws.max_message = self->max_payload;
  config->ws.max_buffered = self->max_buffered_bytes;
  config->ws.high_water = self->max_buffered_bytes / 16;
  config->ws.dropped = &self->counters.dropped;
  config->max_buffered = self->max_buffered_bytes;
  config->slow_consumer_policy = self->slow_consumer_policy;
  config->ws.max_ratio = (guint16) self->max_inflate_ratio;
  config->deflate_threshold = self->per_message_deflate_threshold;
}

static void
sio_engine_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioEngine *self = SIO_ENGINE (object);

  switch (prop_id)
    {
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_PING_INTERVAL:
      g_value_set_uint (value, self->ping_interval);
      break;
    case PROP_PING_TIMEOUT:
      g_value_set_uint (value, self->ping_timeout);
      break;
    case PROP_UPGRADE_TIMEOUT:
      g_value_set_uint (value, self->upgrade_timeout);
      break;
    case PROP_BODY_TIMEOUT:
      g_value_set_uint (value, self->body_timeout);
      break;
    case PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, self->request_timeout);
      break;
    case PROP_MAX_PAYLOAD:
      g_value_set_uint64 (value, self->max_payload);
      break;
    case PROP_MAX_BUFFERED_BYTES:
      g_value_set_uint64 (value, self->max_buffered_bytes);
      break;
    case PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, self->max_connections);
      break;
    case PROP_MAX_CONNECTIONS_PER_ADDRESS:
      g_value_set_uint (value, self->max_connections_per_address);
      break;
    case PROP_ENFORCE_LIMITS:
      g_value_set_boolean (value, self->enforce_limits);
      break;
    case PROP_SLOW_CONSUMER_POLICY:
      g_value_set_enum (value, self->slow_consumer_policy);
      break;
    case PROP_TRANSPORTS:
      g_value_set_flags (value, self->transports);
      break;
    case PROP_ALLOW_UPGRADES:
      g_value_set_boolean (value, self->allow_upgrades);
      break;
    case PROP_ALLOW_EIO3:
      g_value_set_boolean (value, self->allow_eio3);
      break;
    case PROP_HTTP_COMPRESSION:
      g_value_set_boolean (value, self->http_compression);
      break;
    case PROP_HTTP_COMPRESSION_THRESHOLD:
      g_value_set_uint (value, self->http_compression_threshold);
      break;
    case PROP_PER_MESSAGE_DEFLATE:
      g_value_set_boolean (value, self->per_message_deflate);
      break;
    case PROP_PER_MESSAGE_DEFLATE_THRESHOLD:
      g_value_set_uint (value, self->per_message_deflate_threshold);
      break;
    case PROP_MAX_INFLATE_RATIO:
      g_value_set_uint (value, self->max_inflate_ratio);
      break;
    case PROP_DRAINING:
      g_value_set_boolean (value, self->draining);
      break;
    case PROP_RETRY_AFTER:
      g_value_set_uint (value, self->retry_after);
      break;
    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->certificate);
      break;
    case PROP_TRUSTED_PROXIES:
      g_value_set_boxed (value, sio_engine_get_trusted_proxies (self));
      break;
    case PROP_N_SESSIONS:
      g_value_set_uint (value, sio_engine_get_n_sessions (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_engine_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioEngine *self = SIO_ENGINE (object);

  switch (prop_id)
    {
    case PROP_PATH:
      sio_engine_set_path (self, g_value_get_string (value));
      break;
    case PROP_PING_INTERVAL:
      sio_engine_set_ping_interval (self, g_value_get_uint (value));
      break;
    case PROP_PING_TIMEOUT:
      sio_engine_set_ping_timeout (self, g_value_get_uint (value));
      break;
    case PROP_UPGRADE_TIMEOUT:
      sio_engine_set_upgrade_timeout (self, g_value_get_uint (value));
      break;
    case PROP_BODY_TIMEOUT:
      sio_engine_set_body_timeout (self, g_value_get_uint (value));
      break;
    case PROP_REQUEST_TIMEOUT:
      sio_engine_set_request_timeout (self, g_value_get_uint (value));
      break;
    case PROP_MAX_PAYLOAD:
      sio_engine_set_max_payload (self, g_value_get_uint64 (value));
      break;
    case PROP_MAX_BUFFERED_BYTES:
      sio_engine_set_max_buffered_bytes (self, g_value_get_uint64 (value));
      break;
    case PROP_MAX_CONNECTIONS:
      sio_engine_set_max_connections (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CONNECTIONS_PER_ADDRESS:
      sio_engine_set_max_connections_per_address (self, g_value_get_uint (value));
      break;
    case PROP_ENFORCE_LIMITS:
      sio_engine_set_enforce_limits (self, g_value_get_boolean (value));
      break;
    case PROP_SLOW_CONSUMER_POLICY:
      sio_engine_set_slow_consumer_policy (self, g_value_get_enum (value));
      break;
    case PROP_TRANSPORTS:
      sio_engine_set_transports (self, g_value_get_flags (value));
      break;
    case PROP_ALLOW_UPGRADES:
      sio_engine_set_allow_upgrades (self, g_value_get_boolean (value));
      break;
    case PROP_ALLOW_EIO3:
      sio_engine_set_allow_eio3 (self, g_value_get_boolean (value));
      break;
    case PROP_HTTP_COMPRESSION:
      sio_engine_set_http_compression (self, g_value_get_boolean (value));
      break;
    case PROP_HTTP_COMPRESSION_THRESHOLD:
      sio_engine_set_http_compression_threshold (self, g_value_get_uint (value));
      break;
    case PROP_PER_MESSAGE_DEFLATE:
      sio_engine_set_per_message_deflate (self, g_value_get_boolean (value));
      break;
    case PROP_PER_MESSAGE_DEFLATE_THRESHOLD:
      sio_engine_set_per_message_deflate_threshold (self, g_value_get_uint (value));
      break;
    case PROP_MAX_INFLATE_RATIO:
      sio_engine_set_max_inflate_ratio (self, g_value_get_uint (value));
      break;
    case PROP_RETRY_AFTER:
      sio_engine_set_retry_after (self, g_value_get_uint (value));
      break;
    case PROP_TLS_CERTIFICATE:
      sio_engine_set_tls_certificate (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
init_limits (GParamFlags flags)
{
  /**
   * SioEngine:max-payload:
   *
   * Bytes that one message, or the body of one polling request, may have.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PAYLOAD] =
      g_param_spec_uint64 ("max-payload", NULL, NULL, 1, G_MAXINT32, 1000000, flags);

  /**
   * SioEngine:max-buffered-bytes:
   *
   * Bytes that may wait for one client, where each message counts 128 bytes more. What happens
   * to a client that reads too slowly and exceeds it, says
   * [property@Sio.Engine:slow-consumer-policy].
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BUFFERED_BYTES] = g_param_spec_uint64 ("max-buffered-bytes", NULL, NULL, 1024,
                                                             G_MAXINT64, 16 * 1024 * 1024, flags);

  /**
   * SioEngine:max-connections:
   *
   * Connections that are served at a time, sessions and HTTP connections together; a client
   * counts twice while it polls. More connections are closed when they arrive, more sessions get
   * the answer 403. 0 is without limit. Connections count if they came through
   * [method@Sio.Engine.listen], sessions always.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_CONNECTIONS] =
      g_param_spec_uint ("max-connections", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * SioEngine:max-connections-per-address:
   *
   * The same as [property@Sio.Engine:max-connections] for each address that clients come from,
   * where an IPv6 network of 64 bits is one address. 0 is without limit; so it has to be behind a
   * proxy that is not one of [property@Sio.Engine:trusted-proxies], because all clients share its
   * address. Unix sockets have no address, and no such limit.
   *
   * Counts connections and sessions that come after it was set.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_CONNECTIONS_PER_ADDRESS] =
      g_param_spec_uint ("max-connections-per-address", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * SioEngine:enforce-limits:
   *
   * Whether [property@Sio.Engine:max-connections],
   * [property@Sio.Engine:max-connections-per-address] and the limits of [class@Sio.Server] for
   * events and rooms are enforced. If not, what they would refuse is only counted: this shows
   * whether a limit would hit good clients. What protects memory, such as
   * [property@Sio.Engine:max-payload] and [property@Sio.Engine:max-buffered-bytes], is enforced
   * always.
   *
   * Since: 0.1
   */
  properties[PROP_ENFORCE_LIMITS] =
      g_param_spec_boolean ("enforce-limits", NULL, NULL, TRUE, flags);

  /**
   * SioEngine:slow-consumer-policy:
   *
   * What happens to clients that read more slowly than they are sent to. Volatile messages that
   * are dropped, and clients that are disconnected, are counted.
   *
   * Since: 0.1
   */
  properties[PROP_SLOW_CONSUMER_POLICY] =
      g_param_spec_enum ("slow-consumer-policy", NULL, NULL, SIO_TYPE_SLOW_CONSUMER_POLICY,
                         SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE, flags);
}

void
sio_engine_install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  init_limits (flags);

  /**
   * SioEngine:path:
   *
   * Where requests are served; a slash is appended. Must be set before listening.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, "/engine.io/", flags);

  /**
   * SioEngine:ping-interval:
   *
   * Milliseconds between an answered ping and the next one.
   *
   * Since: 0.1
   */
  properties[PROP_PING_INTERVAL] =
      g_param_spec_uint ("ping-interval", NULL, NULL, 1, G_MAXINT, 25000, flags);

  /**
   * SioEngine:ping-timeout:
   *
   * Milliseconds that a client has to answer a ping.
   *
   * Since: 0.1
   */
  properties[PROP_PING_TIMEOUT] =
      g_param_spec_uint ("ping-timeout", NULL, NULL, 1, G_MAXINT, 20000, flags);

  /**
   * SioEngine:upgrade-timeout:
   *
   * Milliseconds that a change of transport may take.
   *
   * Since: 0.1
   */
  properties[PROP_UPGRADE_TIMEOUT] =
      g_param_spec_uint ("upgrade-timeout", NULL, NULL, 1, G_MAXINT, 10000, flags);

  /**
   * SioEngine:request-timeout:
   *
   * Milliseconds that a connection may take for the head of an HTTP request, however slowly
   * its bytes trickle in; a TLS handshake included. Applies to connections that came through
   * [method@Sio.Engine.listen].
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_TIMEOUT] =
      g_param_spec_uint ("request-timeout", NULL, NULL, 1, G_MAXINT, 30000, flags);

  /**
   * SioEngine:body-timeout:
   *
   * Milliseconds that the body of an HTTP request may take, and a client may take nothing of its
   * answer. Applies to connections that came through [method@Sio.Engine.listen].
   *
   * Since: 0.1
   */
  properties[PROP_BODY_TIMEOUT] =
      g_param_spec_uint ("body-timeout", NULL, NULL, 1, G_MAXINT, 120000, flags);

  /**
   * SioEngine:transports:
   *
   * Transports that clients may use.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORTS] =
      g_param_spec_flags ("transports", NULL, NULL, SIO_TYPE_TRANSPORT,
                          SIO_TRANSPORT_POLLING | SIO_TRANSPORT_WEBSOCKET, flags);

  /**
   * SioEngine:allow-upgrades:
   *
   * Whether clients may move from polling to a WebSocket.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOW_UPGRADES] =
      g_param_spec_boolean ("allow-upgrades", NULL, NULL, TRUE, flags);

  /**
   * SioEngine:allow-eio3:
   *
   * Whether clients of Socket.IO 1 and 2 are served, which speak revision 3 of Engine.IO.
   *
   * Their protocol makes the id of the session that of their sockets, and whoever knows the
   * former can act as the client: do not show the ids of such sockets to others.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOW_EIO3] = g_param_spec_boolean ("allow-eio3", NULL, NULL, FALSE, flags);

  sio_engine_fill_compression_properties (&properties[PROP_HTTP_COMPRESSION]);
  sio_engine_fill_drain_properties (&properties[PROP_DRAINING]);

  /**
   * SioEngine:tls-certificate:
   *
   * Certificate with its private key, for addresses that begin with `tls:`.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
      g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);

  /**
   * SioEngine:trusted-proxies:
   *
   * Addresses (`192.0.2.1`, `2001:db8::1`) and networks (`10.0.0.0/8`) of reverse proxies in front
   * of the server, and `unix` for all who connect through a Unix socket. Empty by default.
   *
   * If a request comes from one of these, the address of its client is the rightmost one in
   * `X-Forwarded-For` that is not trusted itself, and `X-Forwarded-Proto` says whether the client
   * used TLS. That address then counts for
   * [property@Sio.Engine:max-connections-per-address], where only sessions count for clients
   * behind a proxy, because its connections carry requests of many of them; it is what
   * [method@Sio.Request.get_remote_address], [method@Sio.Session.get_remote_address],
   * [method@Sio.Handshake.get_address], [struct@Sio.Incident] and the log tell. Nobody else is
   * believed, and what is malformed counts as missing: then the address is that of the last proxy
   * known. The header `Forwarded` of RFC 7239 is ignored, because a proxy that does not know it
   * passes on what clients write there.
   *
   * Since: 0.1
   */
  properties[PROP_TRUSTED_PROXIES] =
      g_param_spec_boxed ("trusted-proxies", NULL, NULL, G_TYPE_STRV,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * SioEngine:n-sessions:
   *
   * Number of sessions. Changes are not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_SESSIONS] = g_param_spec_uint ("n-sessions", NULL, NULL, 0, G_MAXUINT, 0,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  object_class->get_property = sio_engine_get_property;
  object_class->set_property = sio_engine_set_property;
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

/**
 * sio_engine_get_ping_interval:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:ping-interval].
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
sio_engine_get_ping_interval (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->ping_interval;
}

/**
 * sio_engine_set_ping_interval:
 * @self: the engine
 * @milliseconds: more than 0
 *
 * Sets [property@Sio.Engine:ping-interval].
 *
 * Since: 0.1
 */
void
sio_engine_set_ping_interval (SioEngine *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (milliseconds > 0);

  if (self->ping_interval == milliseconds)
    return;
  self->ping_interval = milliseconds;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PING_INTERVAL]);
}

/**
 * sio_engine_get_ping_timeout:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:ping-timeout].
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
sio_engine_get_ping_timeout (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->ping_timeout;
}

/**
 * sio_engine_set_ping_timeout:
 * @self: the engine
 * @milliseconds: more than 0
 *
 * Sets [property@Sio.Engine:ping-timeout].
 *
 * Since: 0.1
 */
void
sio_engine_set_ping_timeout (SioEngine *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (milliseconds > 0);

  if (self->ping_timeout == milliseconds)
    return;
  self->ping_timeout = milliseconds;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PING_TIMEOUT]);
}

/**
 * sio_engine_get_upgrade_timeout:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:upgrade-timeout].
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
sio_engine_get_upgrade_timeout (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->upgrade_timeout;
}

/**
 * sio_engine_set_upgrade_timeout:
 * @self: the engine
 * @milliseconds: more than 0
 *
 * Sets [property@Sio.Engine:upgrade-timeout].
 *
 * Since: 0.1
 */
void
sio_engine_set_upgrade_timeout (SioEngine *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (milliseconds > 0);

  if (self->upgrade_timeout == milliseconds)
    return;
  self->upgrade_timeout = milliseconds;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UPGRADE_TIMEOUT]);
}

/**
 * sio_engine_get_request_timeout:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:request-timeout].
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
sio_engine_get_request_timeout (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->request_timeout;
}

/**
 * sio_engine_set_request_timeout:
 * @self: the engine
 * @milliseconds: more than 0
 *
 * Sets [property@Sio.Engine:request-timeout].
 *
 * Since: 0.1
 */
void
sio_engine_set_request_timeout (SioEngine *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (milliseconds > 0);

  if (self->request_timeout == milliseconds)
    return;
  self->request_timeout = milliseconds;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REQUEST_TIMEOUT]);
}

/**
 * sio_engine_get_body_timeout:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:body-timeout].
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
sio_engine_get_body_timeout (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->body_timeout;
}

/**
 * sio_engine_set_body_timeout:
 * @self: the engine
 * @milliseconds: more than 0
 *
 * Sets [property@Sio.Engine:body-timeout].
 *
 * Since: 0.1
 */
void
sio_engine_set_body_timeout (SioEngine *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (milliseconds > 0);

  if (self->body_timeout == milliseconds)
    return;
  self->body_timeout = milliseconds;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BODY_TIMEOUT]);
}

/**
 * sio_engine_get_max_payload:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:max-payload].
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
sio_engine_get_max_payload (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->max_payload;
}

/**
 * sio_engine_set_max_payload:
 * @self: the engine
 * @bytes: 1 to 2147483647
 *
 * Sets [property@Sio.Engine:max-payload].
 *
 * Since: 0.1
 */
void
sio_engine_set_max_payload (SioEngine *self, guint64 bytes)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (bytes > 0 && bytes <= G_MAXINT32);

  if (self->max_payload == bytes)
    return;
  self->max_payload = bytes;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_PAYLOAD]);
}

/**
 * sio_engine_get_max_buffered_bytes:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:max-buffered-bytes].
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint64
sio_engine_get_max_buffered_bytes (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->max_buffered_bytes;
}

/**
 * sio_engine_set_max_buffered_bytes:
 * @self: the engine
 * @bytes: at least 1024
 *
 * Sets [property@Sio.Engine:max-buffered-bytes].
 *
 * Since: 0.1
 */
void
sio_engine_set_max_buffered_bytes (SioEngine *self, guint64 bytes)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (bytes >= 1024);

  if (self->max_buffered_bytes == bytes)
    return;
  self->max_buffered_bytes = bytes;
  sio_engine_update_config (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_BUFFERED_BYTES]);
}

/**
 * sio_engine_get_transports:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:transports].
 *
 * Returns: the transports
 *
 * Since: 0.1
 */
SioTransport
sio_engine_get_transports (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->transports;
}

/**
 * sio_engine_set_transports:
 * @self: the engine
 * @transports: one or more transports
 *
 * Sets [property@Sio.Engine:transports].
 *
 * Since: 0.1
 */
void
sio_engine_set_transports (SioEngine *self, SioTransport transports)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (transports != 0);

  if (self->transports == transports)
    return;
  self->transports = transports;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TRANSPORTS]);
}

/**
 * sio_engine_get_allow_upgrades:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:allow-upgrades].
 *
 * Returns: `TRUE` if they may
 *
 * Since: 0.1
 */
gboolean
sio_engine_get_allow_upgrades (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);

  return self->allow_upgrades;
}

/**
 * sio_engine_set_allow_upgrades:
 * @self: the engine
 * @allow_upgrades: whether they may
 *
 * Sets [property@Sio.Engine:allow-upgrades].
 *
 * Since: 0.1
 */
void
sio_engine_set_allow_upgrades (SioEngine *self, gboolean allow_upgrades)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  allow_upgrades = !!allow_upgrades;

  if (self->allow_upgrades == allow_upgrades)
    return;
  self->allow_upgrades = allow_upgrades;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ALLOW_UPGRADES]);
}

/**
 * sio_engine_get_path:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:path].
 *
 * Returns: (transfer none): the path, with a slash at the end
 *
 * Since: 0.1
 */
const char *
sio_engine_get_path (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);

  return self->path;
}

/**
 * sio_engine_set_path:
 * @self: the engine
 * @path: begins with a slash
 *
 * Sets [property@Sio.Engine:path]. All requests whose path begins with it are the engine's.
 *
 * Since: 0.1
 */
void
sio_engine_set_path (SioEngine *self, const char *path)
{
  g_autofree char *full = NULL;

  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (path != NULL && path[0] == '/');
  g_return_if_fail (self->soup_server == NULL);

  full = g_str_has_suffix (path, "/") ? g_strdup (path) : g_strconcat (path, "/", NULL);
  if (g_str_equal (full, self->path))
    return;
  g_free (self->path);
  self->path = g_steal_pointer (&full);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH]);
}

/**
 * sio_engine_get_allow_eio3:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:allow-eio3].
 *
 * Returns: `TRUE` if clients of revision 3 are served
 *
 * Since: 0.1
 */
gboolean
sio_engine_get_allow_eio3 (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);

  return self->allow_eio3;
}

/**
 * sio_engine_set_allow_eio3:
 * @self: the engine
 * @allow_eio3: whether clients of revision 3 are served
 *
 * Sets [property@Sio.Engine:allow-eio3]. Sessions that are open go on.
 *
 * Since: 0.1
 */
void
sio_engine_set_allow_eio3 (SioEngine *self, gboolean allow_eio3)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  allow_eio3 = !!allow_eio3;
  if (self->allow_eio3 == allow_eio3)
    return;
  self->allow_eio3 = allow_eio3;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ALLOW_EIO3]);
}

/**
 * sio_engine_get_tls_certificate:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:tls-certificate].
 *
 * Returns: (transfer none) (nullable): the certificate
 *
 * Since: 0.1
 */
GTlsCertificate *
sio_engine_get_tls_certificate (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);

  return self->certificate;
}

/**
 * sio_engine_set_tls_certificate:
 * @self: the engine
 * @certificate: (nullable): a certificate with its private key
 *
 * Sets [property@Sio.Engine:tls-certificate]. Connections that arrive from now on use it.
 *
 * Since: 0.1
 */
void
sio_engine_set_tls_certificate (SioEngine *self, GTlsCertificate *certificate)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (certificate == NULL || G_IS_TLS_CERTIFICATE (certificate));

  if (g_set_object (&self->certificate, certificate))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TLS_CERTIFICATE]);
}

/**
 * sio_engine_get_cors:
 * @self: the engine
 *
 * Gets the rules for web pages of other origins.
 *
 * Returns: (transfer none) (nullable): the rules, or `NULL` if no CORS headers are sent
 *
 * Since: 0.1
 */
SioCors *
sio_engine_get_cors (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);

  return self->cors;
}

/**
 * sio_engine_set_cors:
 * @self: the engine
 * @cors: (nullable): rules, or `NULL` to send no CORS headers, which is the default
 *
 * Sets the rules for web pages of other origins.
 *
 * Since: 0.1
 */
void
sio_engine_set_cors (SioEngine *self, SioCors *cors)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  if (cors != NULL)
    sio_cors_ref (cors);
  g_clear_pointer (&self->cors, sio_cors_unref);
  self->cors = cors;
}

/**
 * sio_engine_set_cookie:
 * @self: the engine
 * @cookie: (nullable): name and attributes; the value does not matter
 *
 * Sends a cookie with the session id as its value in the response that opens a polling
 * session, for load balancers that keep a client on one server by it. The default is none.
 *
 * Since: 0.1
 */
void
sio_engine_set_cookie (SioEngine *self, SoupCookie *cookie)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  g_clear_pointer (&self->cookie, soup_cookie_free);
  self->cookie = cookie != NULL ? soup_cookie_copy (cookie) : NULL;
}

/**
 * sio_engine_set_initial_packet:
 * @self: the engine
 * @text: (nullable): UTF-8 without U+001E
 *
 * Sends a text message together with the handshake of each session. The default is none.
 *
 * Since: 0.1
 */
void
sio_engine_set_initial_packet (SioEngine *self, const char *text)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (text == NULL || g_utf8_validate (text, -1, NULL));
  g_return_if_fail (text == NULL || strchr (text, 0x1e) == NULL);

  g_free (self->initial_packet);
  self->initial_packet = g_strdup (text);
}

/**
 * sio_engine_set_allow_request:
 * @self: the engine
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): decides, or `NULL` to
 * accept everybody
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Asks the application about each handshake before a session opens. Requests of open
 * sessions are not asked about.
 *
 * Since: 0.1
 */
void
sio_engine_set_allow_request (SioEngine *self,
                              SioAllowRequest func,
                              gpointer user_data,
                              GDestroyNotify destroy)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  if (self->allow_request_destroy != NULL)
    self->allow_request_destroy (self->allow_request_data);
  self->allow_request = func;
  self->allow_request_data = user_data;
  self->allow_request_destroy = destroy;
}
