/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-private.h"

#include "sio-engine.h"
#include "sio-server.h"

/**
 * SioRecovery:
 *
 * Gives clients that lose their connection their session back when they return in time: the
 * socket gets its id, rooms and data again, and all events that it missed in between.
 *
 * Get it with [method@Sio.Server.get_recovery]. It is off at first, and counts for sockets that
 * connect after it was switched on. With it on, each event has one more argument at its end, a
 * string from which official clients know where to continue; events that are volatile or ask
 * for an acknowledgement have not, and are not sent again.
 *
 * A recovered client is a new [class@Sio.Socket] with the id of the old one, and
 * [signal@Sio.Namespace::connection] is emitted for it; [property@Sio.Socket:recovered] tells.
 * Sockets that the server or the client disconnected on purpose are not recovered.
 *
 * What clients may have missed is kept once for all of them, in each namespace, within limits of
 * number, size and age. A client that missed something beyond them gets a new session.
 *
 * To have sessions outlive the process, close the server, then save them; load them before the
 * next one listens.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
#define DEFAULT_DURATION_MS (2 * 60 * 1000)
#define DEFAULT_MAX_PACKETS 10000
#define DEFAULT_MAX_PACKET_BYTES (16 * 1024 * 1024)
#define DEFAULT_MAX_SESSIONS 100000
#define DEFAULT_MAX_SESSION_BYTES (64 * 1024 * 1024)
#define DEFAULT_MAX_FILE_BYTES (256 * 1024 * 1024)

enum
{
  PROP_0,
  PROP_ENABLED,
  PROP_MAX_DISCONNECTION_DURATION,
  PROP_SKIP_MIDDLEWARES,
  PROP_MAX_PACKETS,
  PROP_MAX_PACKET_BYTES,
  PROP_MAX_PACKET_AGE,
  PROP_MAX_SESSIONS,
  PROP_MAX_SESSION_BYTES,
  PROP_MAX_FILE_BYTES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SioRecovery, sio_recovery, G_TYPE_OBJECT)

/**
 * sio_recovery_error_quark:
 *
 * Gets the error domain of refused recoveries.
 *
 * Returns: the domain
 *
 * Since: 0.1
 */
/* The formatter takes the dashes for operators. */
/* clang-format off */
G_DEFINE_QUARK (sio-recovery-error-quark, sio_recovery_error)
/* clang-format on */

static void
sio_recovery_finalize (GObject *object)
{
  SioRecovery *self = SIO_RECOVERY (object);

  g_hash_table_unref (self->waiting);

  G_OBJECT_CLASS (sio_recovery_parent_class)->finalize (object);
}

static void
sio_recovery_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioRecovery *self = SIO_RECOVERY (object);

  switch (prop_id)
    {
    case PROP_ENABLED:
      g_value_set_boolean (value, self->enabled);
      break;
    case PROP_MAX_DISCONNECTION_DURATION:
      g_value_set_uint (value, self->max_disconnection_duration);
      break;
    case PROP_SKIP_MIDDLEWARES:
      g_value_set_boolean (value, self->skip_middlewares);
      break;
    case PROP_MAX_PACKETS:
      g_value_set_uint (value, self->max_packets);
      break;
    case PROP_MAX_PACKET_BYTES:
      g_value_set_uint64 (value, self->max_packet_bytes);
      break;
    case PROP_MAX_PACKET_AGE:
      g_value_set_uint (value, self->max_packet_age);
      break;
    case PROP_MAX_SESSIONS:
      g_value_set_uint (value, self->max_sessions);
      break;
    case PROP_MAX_SESSION_BYTES:
      g_value_set_uint64 (value, self->max_session_bytes);
      break;
    case PROP_MAX_FILE_BYTES:
      g_value_set_uint64 (value, self->max_file_bytes);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_recovery_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioRecovery *self = SIO_RECOVERY (object);

  switch (prop_id)
    {
    case PROP_ENABLED:
      sio_recovery_set_enabled (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_DISCONNECTION_DURATION:
      sio_recovery_set_max_disconnection_duration (self, g_value_get_uint (value));
      break;
    case PROP_SKIP_MIDDLEWARES:
      sio_recovery_set_skip_middlewares (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_PACKETS:
      self->max_packets = g_value_get_uint (value);
      break;
    case PROP_MAX_PACKET_BYTES:
      self->max_packet_bytes = g_value_get_uint64 (value);
      break;
    case PROP_MAX_PACKET_AGE:
      self->max_packet_age = g_value_get_uint (value);
      break;
    case PROP_MAX_SESSIONS:
      self->max_sessions = g_value_get_uint (value);
      break;
    case PROP_MAX_SESSION_BYTES:
      self->max_session_bytes = g_value_get_uint64 (value);
      break;
    case PROP_MAX_FILE_BYTES:
      self->max_file_bytes = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

#define PARAM_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)

static void
install_limits (void)
{
  /**
   * SioRecovery:max-packets:
   *
   * How many events each namespace keeps for clients that may come back.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PACKETS] =
      g_param_spec_uint ("max-packets", NULL, NULL, 1, 1 << 29, DEFAULT_MAX_PACKETS, PARAM_FLAGS);
  /**
   * SioRecovery:max-packet-bytes:
   *
   * How many bytes of events each namespace keeps for clients that may come back.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PACKET_BYTES] = g_param_spec_uint64 (
      "max-packet-bytes", NULL, NULL, 0, G_MAXINT64, DEFAULT_MAX_PACKET_BYTES, PARAM_FLAGS);
  /**
   * SioRecovery:max-packet-age:
   *
   * For how many ms events are kept for clients that may come back; 0 for as long as it takes to
   * notice that a client is gone, and
   * [property@Sio.Recovery:max-disconnection-duration] after that.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PACKET_AGE] =
      g_param_spec_uint ("max-packet-age", NULL, NULL, 0, G_MAXINT, 0, PARAM_FLAGS);
  /**
   * SioRecovery:max-sessions:
   *
   * How many sessions of disconnected clients each namespace keeps; the oldest ones go first.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_SESSIONS] = g_param_spec_uint ("max-sessions", NULL, NULL, 0, G_MAXINT,
                                                     DEFAULT_MAX_SESSIONS, PARAM_FLAGS);
  /**
   * SioRecovery:max-session-bytes:
   *
   * How many bytes the sessions of disconnected clients may take in each namespace.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_SESSION_BYTES] = g_param_spec_uint64 (
      "max-session-bytes", NULL, NULL, 0, G_MAXINT64, DEFAULT_MAX_SESSION_BYTES, PARAM_FLAGS);
  /**
   * SioRecovery:max-file-bytes:
   *
   * How many bytes a file of saved sessions may have to be loaded.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_FILE_BYTES] = g_param_spec_uint64 (
      "max-file-bytes", NULL, NULL, 0, G_MAXINT64, DEFAULT_MAX_FILE_BYTES, PARAM_FLAGS);
}

static void
sio_recovery_class_init (SioRecoveryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = sio_recovery_finalize;
  object_class->get_property = sio_recovery_get_property;
  object_class->set_property = sio_recovery_set_property;

  /**
   * SioRecovery:enabled:
   *
   * Whether clients that connect from now on can get their session back.
   *
   * Since: 0.1
   */
  properties[PROP_ENABLED] =
      g_param_spec_boolean ("enabled", NULL, NULL, FALSE, PARAM_FLAGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioRecovery:max-disconnection-duration:
   *
   * For how many ms after its disconnection a client can get its session back.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_DISCONNECTION_DURATION] =
      g_param_spec_uint ("max-disconnection-duration", NULL, NULL, 1, G_MAXINT, DEFAULT_DURATION_MS,
                         PARAM_FLAGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioRecovery:skip-middlewares:
   *
   * Whether clients that get their session back pass the middlewares of the namespace unasked.
   *
   * Since: 0.1
   */
  properties[PROP_SKIP_MIDDLEWARES] = g_param_spec_boolean ("skip-middlewares", NULL, NULL, TRUE,
                                                            PARAM_FLAGS | G_PARAM_EXPLICIT_NOTIFY);
  install_limits ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sio_recovery_init (SioRecovery *self)
{
  self->skip_middlewares = TRUE;
  self->max_disconnection_duration = DEFAULT_DURATION_MS;
  self->max_packets = DEFAULT_MAX_PACKETS;
  self->max_packet_bytes = DEFAULT_MAX_PACKET_BYTES;
  self->max_sessions = DEFAULT_MAX_SESSIONS;
  self->max_session_bytes = DEFAULT_MAX_SESSION_BYTES;
  self->max_file_bytes = DEFAULT_MAX_FILE_BYTES;
  self->waiting =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) sio_image_log_unref);
}

SioRecovery *
sio_recovery_new (SioServer *server)
{
  SioRecovery *self = g_object_new (SIO_TYPE_RECOVERY, NULL);

  self->server = server;
  return self;
}

void
sio_recovery_detach (SioRecovery *self)
{
  self->server = NULL;
}

void
sio_recovery_get_log_limits (SioRecovery *self, SioLogLimits *limits)
{
  guint64 age = self->max_packet_age;

  if (age == 0)
    {
      SioEngine *engine = self->server != NULL ? sio_server_get_engine (self->server) : NULL;

      age = self->max_disconnection_duration;
      if (engine != NULL)
        age +=
            (guint64) sio_engine_get_ping_interval (engine) + sio_engine_get_ping_timeout (engine);
    }
  limits->max_packets = self->max_packets;
  limits->max_bytes = self->max_packet_bytes;
  limits->max_age = (gint64) age * 1000;
}

SioImageLog *
sio_recovery_take_log (SioRecovery *self, const char *namespace_name)
{
  gpointer log = NULL;

  if (g_hash_table_size (self->waiting) > 0)
    g_hash_table_steal_extended (self->waiting, namespace_name, NULL, &log);
  return log;
}

void
sio_recovery_count_refused (SioRecovery *self, const char *namespace_name, const GError *error)
{
  guint cause = SIO_RECOVERY_ERROR_FAILED;

  if (error->domain == SIO_RECOVERY_ERROR && (guint) error->code < SIO_RECOVERY_N_ERRORS)
    cause = (guint) error->code;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    cause = SIO_RECOVERY_ERROR_UNSUPPORTED;
  self->n_refused[cause]++;
  g_info ("%s: no recovery: %s", namespace_name, error->message);
}

/**
 * sio_recovery_is_enabled: (get-property enabled)
 * @self: recovery
 *
 * Tells whether clients can get their session back.
 *
 * Returns: `TRUE` if they can
 *
 * Since: 0.1
 */
gboolean
sio_recovery_is_enabled (SioRecovery *self)
{
  g_return_val_if_fail (SIO_IS_RECOVERY (self), FALSE);

  return self->enabled;
}

/**
 * sio_recovery_set_enabled: (set-property enabled)
 * @self: recovery
 * @enabled: `TRUE` to switch it on
 *
 * Switches recovery on or off for clients that connect from now on.
 *
 * Since: 0.1
 */
void
sio_recovery_set_enabled (SioRecovery *self, gboolean enabled)
{
  g_return_if_fail (SIO_IS_RECOVERY (self));

  enabled = !!enabled;
  if (self->enabled == enabled)
    return;
  self->enabled = enabled;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENABLED]);
}

/**
 * sio_recovery_get_max_disconnection_duration: (get-property max-disconnection-duration)
 * @self: recovery
 *
 * Gets for how long after its disconnection a client can get its session back.
 *
 * Returns: the time in ms
 *
 * Since: 0.1
 */
guint
sio_recovery_get_max_disconnection_duration (SioRecovery *self)
{
  g_return_val_if_fail (SIO_IS_RECOVERY (self), 0);

  return self->max_disconnection_duration;
}

/**
 * sio_recovery_set_max_disconnection_duration: (set-property max-disconnection-duration)
 * @self: recovery
 * @milliseconds: the time in ms, not 0
 *
 * Sets for how long after its disconnection a client can get its session back. Counts for
 * clients that are disconnected from now on.
 *
 * Since: 0.1
 */
void
sio_recovery_set_max_disconnection_duration (SioRecovery *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_RECOVERY (self));
  g_return_if_fail (milliseconds > 0 && milliseconds <= G_MAXINT);

  if (self->max_disconnection_duration == milliseconds)
    return;
  self->max_disconnection_duration = milliseconds;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_DISCONNECTION_DURATION]);
}

/**
 * sio_recovery_get_skip_middlewares: (get-property skip-middlewares)
 * @self: recovery
 *
 * Tells whether clients that get their session back pass the middlewares unasked.
 *
 * Returns: `TRUE` if they do
 *
 * Since: 0.1
 */
gboolean
sio_recovery_get_skip_middlewares (SioRecovery *self)
{
  g_return_val_if_fail (SIO_IS_RECOVERY (self), FALSE);

  return self->skip_middlewares;
}

/**
 * sio_recovery_set_skip_middlewares: (set-property skip-middlewares)
 * @self: recovery
 * @skip_middlewares: `FALSE` to ask the middlewares about them, too
 *
 * Sets whether clients that get their session back pass the middlewares unasked.
 *
 * Middlewares that are asked see a socket with its old id and data, for which
 * [property@Sio.Socket:recovered] is `TRUE`, but which is in no room yet.
 *
 * Since: 0.1
 */
void
sio_recovery_set_skip_middlewares (SioRecovery *self, gboolean skip_middlewares)
{
  g_return_if_fail (SIO_IS_RECOVERY (self));

  skip_middlewares = !!skip_middlewares;
  if (self->skip_middlewares == skip_middlewares)
    return;
  self->skip_middlewares = skip_middlewares;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SKIP_MIDDLEWARES]);
}

/**
 * sio_recovery_get_n_recovered:
 * @self: recovery
 *
 * Counts the sessions that clients got back.
 *
 * Returns: how many since the start
 *
 * Since: 0.1
 */
guint64
sio_recovery_get_n_recovered (SioRecovery *self)
{
  g_return_val_if_fail (SIO_IS_RECOVERY (self), 0);

  return self->n_recovered;
}

/**
 * sio_recovery_get_n_refused:
 * @self: recovery
 * @cause: a cause
 *
 * Counts the clients that came back and got a new session.
 *
 * Returns: how many since the start, for this cause
 *
 * Since: 0.1
 */
guint64
sio_recovery_get_n_refused (SioRecovery *self, SioRecoveryError cause)
{
  g_return_val_if_fail (SIO_IS_RECOVERY (self), 0);
  g_return_val_if_fail ((guint) cause < SIO_RECOVERY_N_ERRORS, 0);

  return self->n_refused[cause];
}

/**
 * sio_recovery_get_n_replayed:
 * @self: recovery
 *
 * Counts the events that were sent again to clients which had missed them.
 *
 * Returns: how many since the start
 *
 * Since: 0.1
 */
guint64
sio_recovery_get_n_replayed (SioRecovery *self)
{
  g_return_val_if_fail (SIO_IS_RECOVERY (self), 0);

  return self->n_replayed;
}
