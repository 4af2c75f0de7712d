/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-private.h"
#include "sio-enums.h"

/* The settings and the state of a manager as properties. */

enum
{
  PROP_0,
  PROP_URI,
  PROP_PATH,
  PROP_TRANSPORTS,
  PROP_UPGRADE,
  PROP_TRY_ALL_TRANSPORTS,
  PROP_REMEMBER_UPGRADE,
  PROP_FORCE_BASE64,
  PROP_COMPRESS,
  PROP_COOKIES,
  PROP_REQUEST_TIMEOUT,
  PROP_TIMEOUT,
  PROP_MAX_PAYLOAD,
  PROP_PARSER,
  PROP_TLS_DATABASE,
  PROP_EXTRA_AUTHORITIES,
  PROP_TLS_CERTIFICATE,
  PROP_RECONNECTION,
  PROP_RECONNECTION_ATTEMPTS,
  PROP_RECONNECTION_DELAY,
  PROP_RECONNECTION_DELAY_MAX,
  PROP_RANDOMIZATION_FACTOR,
  PROP_WATCH_NETWORK,
  PROP_WATCH_SLEEP,
  PROP_METERED_POLICY,
  PROP_STATE,
  PROP_ATTEMPT,
  PROP_NEXT_ATTEMPT_TIME,
  PROP_RTT,
  PROP_TRANSPORT,
  PROP_WAITING_FOR,
  N_PROPS
};

#define SETTING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

static GParamSpec *properties[N_PROPS];

static void
set_boolean (SioManager *self, gboolean *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_boolean (value))
    return;
  *field = g_value_get_boolean (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
set_uint (SioManager *self, guint *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_uint (value))
    return;
  *field = g_value_get_uint (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
set_double (SioManager *self, double *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_double (value))
    return;
  *field = g_value_get_double (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
sio_manager_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioManager *self = SIO_MANAGER (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_TRANSPORTS:
      g_value_set_boxed (value, self->transports);
      break;
    case PROP_UPGRADE:
      g_value_set_boolean (value, self->upgrade);
      break;
    case PROP_TRY_ALL_TRANSPORTS:
      g_value_set_boolean (value, self->try_all_transports);
      break;
    case PROP_REMEMBER_UPGRADE:
      g_value_set_boolean (value, self->remember_upgrade);
      break;
    case PROP_FORCE_BASE64:
      g_value_set_boolean (value, self->force_base64);
      break;
    case PROP_COMPRESS:
      g_value_set_boolean (value, self->compress);
      break;
    case PROP_COOKIES:
      g_value_set_boolean (value, self->cookies);
      break;
    case PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, self->request_timeout);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint (value, self->timeout);
      break;
    case PROP_MAX_PAYLOAD:
      g_value_set_uint (value, self->max_payload);
      break;
    case PROP_PARSER:
      g_value_set_object (value, self->parser);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->tls_database);
      break;
    case PROP_EXTRA_AUTHORITIES:
      g_value_set_object (value, self->extra_authorities);
      break;
    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;
    case PROP_RECONNECTION:
      g_value_set_boolean (value, self->reconnection);
      break;
    case PROP_RECONNECTION_ATTEMPTS:
      g_value_set_uint (value, self->reconnection_attempts);
      break;
    case PROP_RECONNECTION_DELAY:
      g_value_set_uint (value, self->reconnection_delay);
      break;
    case PROP_RECONNECTION_DELAY_MAX:
      g_value_set_uint (value, self->reconnection_delay_max);
      break;
    case PROP_RANDOMIZATION_FACTOR:
      g_value_set_double (value, self->randomization_factor);
      break;
    case PROP_WATCH_NETWORK:
      g_value_set_boolean (value, self->watch_network);
      break;
    case PROP_WATCH_SLEEP:
      g_value_set_boolean (value, self->watch_sleep);
      break;
    case PROP_METERED_POLICY:
      g_value_set_enum (value, self->metered_policy);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_ATTEMPT:
      g_value_set_uint (value, self->attempt);
      break;
    case PROP_NEXT_ATTEMPT_TIME:
      g_value_set_int64 (value, self->next_attempt_time);
      break;
    case PROP_RTT:
      g_value_set_double (value, self->rtt);
      break;
    case PROP_TRANSPORT:
      g_value_set_flags (value, sio_manager_get_transport (self));
      break;
    case PROP_WAITING_FOR:
      g_value_set_enum (value, self->waiting_for);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_manager_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioManager *self = SIO_MANAGER (object);

  switch (prop_id)
    {
    case PROP_URI:
      self->uri = g_value_dup_string (value);
      break;
    case PROP_PATH:
      sio_manager_set_path (self, g_value_get_string (value));
      break;
    case PROP_TRANSPORTS:
      sio_manager_set_transports (self, g_value_get_boxed (value));
      break;
    case PROP_UPGRADE:
      set_boolean (self, &self->upgrade, value, pspec);
      break;
    case PROP_TRY_ALL_TRANSPORTS:
      set_boolean (self, &self->try_all_transports, value, pspec);
      break;
    case PROP_REMEMBER_UPGRADE:
      set_boolean (self, &self->remember_upgrade, value, pspec);
      break;
    case PROP_FORCE_BASE64:
      set_boolean (self, &self->force_base64, value, pspec);
      break;
    case PROP_COMPRESS:
      set_boolean (self, &self->compress, value, pspec);
      break;
    case PROP_COOKIES:
      set_boolean (self, &self->cookies, value, pspec);
      break;
    case PROP_REQUEST_TIMEOUT:
      set_uint (self, &self->request_timeout, value, pspec);
      break;
    case PROP_TIMEOUT:
      set_uint (self, &self->timeout, value, pspec);
      break;
    case PROP_MAX_PAYLOAD:
      set_uint (self, &self->max_payload, value, pspec);
      break;
    case PROP_PARSER:
      sio_manager_set_parser (self, g_value_get_object (value));
      break;
    case PROP_TLS_DATABASE:
      if (g_set_object (&self->tls_database, g_value_get_object (value)))
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_EXTRA_AUTHORITIES:
      if (g_set_object (&self->extra_authorities, g_value_get_object (value)))
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_TLS_CERTIFICATE:
      if (g_set_object (&self->tls_certificate, g_value_get_object (value)))
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_RECONNECTION:
      sio_manager_set_reconnection (self, g_value_get_boolean (value));
      break;
    case PROP_RECONNECTION_ATTEMPTS:
      set_uint (self, &self->reconnection_attempts, value, pspec);
      break;
    case PROP_RECONNECTION_DELAY:
      set_uint (self, &self->reconnection_delay, value, pspec);
      break;
    case PROP_RECONNECTION_DELAY_MAX:
      set_uint (self, &self->reconnection_delay_max, value, pspec);
      break;
    case PROP_RANDOMIZATION_FACTOR:
      set_double (self, &self->randomization_factor, value, pspec);
      break;
    case PROP_WATCH_NETWORK:
      set_boolean (self, &self->watch_network, value, pspec);
      sio_manager_update_watches (self);
      break;
    case PROP_WATCH_SLEEP:
      set_boolean (self, &self->watch_sleep, value, pspec);
      sio_manager_update_watches (self);
      break;
    case PROP_METERED_POLICY:
      if (self->metered_policy == (SioMeteredPolicy) g_value_get_enum (value))
        break;
      self->metered_policy = g_value_get_enum (value);
      g_object_notify_by_pspec (object, pspec);
      sio_manager_update_watches (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_settings (void)
{
  /**
   * SioManager:uri:
   *
   * Address of the server, for example `https://example.org:8443`. A query goes along with
   * every request; a path is not used.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string (
      "uri", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:path:
   *
   * Path of the engine on the server, `/socket.io/` by default. A slash is added at the end.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, SIO_MANAGER_PATH, SETTING);
  /**
   * SioManager:transports:
   *
   * Transports in the order of preference: `polling`, `websocket`. The connection is made with
   * the first one.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORTS] = g_param_spec_boxed ("transports", NULL, NULL, G_TYPE_STRV, SETTING);
  /**
   * SioManager:upgrade:
   *
   * Whether to change over from polling to WebSocket.
   *
   * Since: 0.1
   */
  properties[PROP_UPGRADE] = g_param_spec_boolean ("upgrade", NULL, NULL, TRUE, SETTING);
  /**
   * SioManager:try-all-transports:
   *
   * Whether to try the other transports if the first one cannot connect.
   *
   * Since: 0.1
   */
  properties[PROP_TRY_ALL_TRANSPORTS] =
      g_param_spec_boolean ("try-all-transports", NULL, NULL, FALSE, SETTING);
  /**
   * SioManager:remember-upgrade:
   *
   * Whether to begin with WebSocket if it worked the last time.
   *
   * Since: 0.1
   */
  properties[PROP_REMEMBER_UPGRADE] =
      g_param_spec_boolean ("remember-upgrade", NULL, NULL, FALSE, SETTING);
  /**
   * SioManager:force-base64:
   *
   * Whether binary data travels as text on all transports.
   *
   * Since: 0.1
   */
  properties[PROP_FORCE_BASE64] = g_param_spec_boolean ("force-base64", NULL, NULL, FALSE, SETTING);
  /**
   * SioManager:compress:
   *
   * Whether to offer compression of WebSocket messages (permessage-deflate). Off by default:
   * it costs memory and time.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESS] = g_param_spec_boolean ("compress", NULL, NULL, FALSE, SETTING);
  /**
   * SioManager:cookies:
   *
   * Whether to keep the cookies of the server and to send them along, as long as a connection
   * lasts. Who needs them for longer adds a [class@Soup.CookieJar] to the session of
   * [method@Sio.Manager.get_soup_session].
   *
   * Since: 0.1
   */
  properties[PROP_COOKIES] = g_param_spec_boolean ("cookies", NULL, NULL, FALSE, SETTING);
}

static void
install_limits (void)
{
  /**
   * SioManager:request-timeout:
   *
   * How long a request of long-polling may take in ms, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_TIMEOUT] =
      g_param_spec_uint ("request-timeout", NULL, NULL, 0, G_MAXINT, 0, SETTING);
  /**
   * SioManager:timeout:
   *
   * How long connecting may take in ms, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT] = g_param_spec_uint ("timeout", NULL, NULL, 0, G_MAXINT, 20000, SETTING);
  /**
   * SioManager:max-payload:
   *
   * The most bytes that one message or response of the server may have.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PAYLOAD] =
      g_param_spec_uint ("max-payload", NULL, NULL, 1, G_MAXINT, SIO_MANAGER_MAX_PAYLOAD, SETTING);
  /**
   * SioManager:parser:
   *
   * What translates packets into messages; `NULL` for the form that is built in. The server must
   * use the same. To be set before anything else is done with the manager.
   *
   * Since: 0.1
   */
  properties[PROP_PARSER] = g_param_spec_object ("parser", NULL, NULL, SIO_TYPE_PARSER, SETTING);
  /**
   * SioManager:tls-database:
   *
   * Authorities that may sign the certificate of the server, instead of those that the system
   * trusts; `NULL` for these.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_DATABASE] =
      g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, SETTING);
  /**
   * SioManager:extra-authorities:
   *
   * More authorities that may sign the certificate of the server: one's own, for example. See
   * [method@Sio.Manager.trust_file].
   *
   * Since: 0.1
   */
  properties[PROP_EXTRA_AUTHORITIES] =
      g_param_spec_object ("extra-authorities", NULL, NULL, G_TYPE_TLS_DATABASE, SETTING);
  /**
   * SioManager:tls-certificate:
   *
   * Certificate of this client, with its key, for servers that ask for one.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
      g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, SETTING);
  /**
   * SioManager:reconnection:
   *
   * Whether to reconnect when the connection is lost or cannot be made.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION] = g_param_spec_boolean ("reconnection", NULL, NULL, TRUE, SETTING);
  /**
   * SioManager:reconnection-attempts:
   *
   * How many times to try to reconnect before giving up, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION_ATTEMPTS] =
      g_param_spec_uint ("reconnection-attempts", NULL, NULL, 0, G_MAXINT, 0, SETTING);
  /**
   * SioManager:reconnection-delay:
   *
   * How long to wait before the first attempt to reconnect in ms; it doubles with each.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION_DELAY] =
      g_param_spec_uint ("reconnection-delay", NULL, NULL, 1, G_MAXINT, 1000, SETTING);
  /**
   * SioManager:reconnection-delay-max:
   *
   * The longest time to wait between attempts to reconnect in ms.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION_DELAY_MAX] =
      g_param_spec_uint ("reconnection-delay-max", NULL, NULL, 1, G_MAXINT, 5000, SETTING);
  /**
   * SioManager:randomization-factor:
   *
   * How far the delay between attempts may be off at random, from 0 to 1.
   *
   * Since: 0.1
   */
  properties[PROP_RANDOMIZATION_FACTOR] =
      g_param_spec_double ("randomization-factor", NULL, NULL, 0, 1, 0.5, SETTING);
}

static void
install_desktop (void)
{
  /**
   * SioManager:watch-network:
   *
   * Whether to follow the state of the network: no attempts to reconnect while there is none,
   * one at once when it is back. A connection ends with the network that it needs.
   *
   * Servers on the loopback interface need no network. What the system knows comes from
   * [iface@Gio.NetworkMonitor].
   *
   * Since: 0.1
   */
  properties[PROP_WATCH_NETWORK] =
      g_param_spec_boolean ("watch-network", NULL, NULL, TRUE, SETTING);
  /**
   * SioManager:watch-sleep:
   *
   * Whether to leave the server before the system goes to sleep, and to connect again as soon
   * as it wakes up. Clients report `forced close`; servers that recover the state of connections
   * keep it for a while.
   *
   * It needs systemd-logind on the system bus; nothing happens where there is none.
   *
   * Since: 0.1
   */
  properties[PROP_WATCH_SLEEP] = g_param_spec_boolean ("watch-sleep", NULL, NULL, TRUE, SETTING);
  /**
   * SioManager:metered-policy:
   *
   * Whether to reconnect on networks that cost money. It needs
   * [property@Sio.Manager:watch-network].
   *
   * Since: 0.1
   */
  properties[PROP_METERED_POLICY] = g_param_spec_enum (
      "metered-policy", NULL, NULL, SIO_TYPE_METERED_POLICY, SIO_METERED_IGNORE, SETTING);
}

static void
install_state (void)
{
  /**
   * SioManager:state:
   *
   * State of the connection.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, SIO_TYPE_CLIENT_STATE, SIO_CLIENT_DISCONNECTED,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:attempt:
   *
   * Number of the present or next attempt to reconnect, from 1; 0 while connected.
   *
   * Since: 0.1
   */
  properties[PROP_ATTEMPT] = g_param_spec_uint ("attempt", NULL, NULL, 0, G_MAXUINT, 0,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:next-attempt-time:
   *
   * When the next attempt to reconnect is made, in µs since the epoch; 0 if none is planned.
   *
   * Since: 0.1
   */
  properties[PROP_NEXT_ATTEMPT_TIME] = g_param_spec_int64 (
      "next-attempt-time", NULL, NULL, 0, G_MAXINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:rtt:
   *
   * Time that a message takes to the server and back in ms, as measured last; negative if not
   * known.
   *
   * Since: 0.1
   */
  properties[PROP_RTT] = g_param_spec_double ("rtt", NULL, NULL, -1, G_MAXDOUBLE, -1,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:transport:
   *
   * The transport in use, 0 while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORT] = g_param_spec_flags ("transport", NULL, NULL, SIO_TYPE_TRANSPORT, 0,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:waiting-for:
   *
   * What the next attempt to reconnect waits for.
   *
   * Since: 0.1
   */
  properties[PROP_WAITING_FOR] =
      g_param_spec_enum ("waiting-for", NULL, NULL, SIO_TYPE_WAITING_FOR, SIO_WAITING_FOR_NOTHING,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

void
sio_manager_install_properties (GObjectClass *object_class)
{
  object_class->get_property = sio_manager_get_property;
  object_class->set_property = sio_manager_set_property;

  install_settings ();
  install_limits ();
  install_desktop ();
  install_state ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

void
sio_manager_notify (SioManager *self, SioManagerNotify what)
{
  static const guint pspecs[] = { PROP_STATE, PROP_ATTEMPT,   PROP_NEXT_ATTEMPT_TIME,
                                  PROP_RTT,   PROP_TRANSPORT, PROP_WAITING_FOR };
  g_autoptr (GPtrArray) clients = sio_manager_list_clients (self);

  g_object_notify_by_pspec (G_OBJECT (self), properties[pspecs[what]]);
  for (guint i = 0; i < clients->len; i++)
    sio_client_manager_notify (g_ptr_array_index (clients, i), what);
}
