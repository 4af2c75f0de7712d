/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-server.h"

#include <string.h>

#include "sio-dynamic-private.h"
#include "sio-engine-private.h"
#include "sio-memory-adapter.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"

/**
 * SioServer:
 *
 * A Socket.IO server.
 *
 * ```c
 * g_autoptr (SioServer) server = sio_server_new ();
 *
 * sio_server_on (server, "say", on_say, NULL, NULL);
 * if (!sio_server_listen (server, "tcp:[::]:3000", &error))
 *   g_error ("%s", error->message);
 * ```
 *
 * What has to do with connections (addresses, TLS, heartbeat, limits) is in the
 * [class@Sio.Engine] of [method@Sio.Server.get_engine]; what has to do with sockets, rooms and
 * events in the [class@Sio.Namespace]s of [method@Sio.Server.of]. The default namespace `/`
 * always exists.
 *
 * Dropping the last reference closes all connections at once; [method@Sio.Server.close_async]
 * does so in good order.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
#define DEFAULT_CONNECT_TIMEOUT_MS 45000
#define DEFAULT_MAX_DYNAMIC 10000

enum
{
  PROP_0,
  PROP_ENGINE,
  PROP_CONNECT_TIMEOUT,
  PROP_MAX_ATTACHMENTS,
  PROP_MAX_DEPTH,
  PROP_PARSER,
  PROP_ADAPTER_TYPE,
  PROP_CLIENT_BUNDLE_DIR,
  PROP_WEBSOCKET_PATH,
  PROP_RECOVERY,
  PROP_MAX_DYNAMIC_NAMESPACES,
  PROP_CLEANUP_EMPTY_CHILD_NAMESPACES,
  PROP_MAX_EVENTS_PER_SECOND, /* these in the order of sio-server-limits.c */
  PROP_MAX_EVENT_BURST,
  PROP_MAX_EVENT_BYTES,
  PROP_EVENT_LIMIT_ACTION,
  PROP_MAX_ROOMS_PER_SOCKET,
  N_PROPS
};

enum
{
  CONNECTION,
  NEW_NAMESPACE,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioServer, sio_server, G_TYPE_OBJECT)

static void
session_cb (SioEngine *engine, SioSession *session, gpointer user_data)
{
  SioServer *self = user_data;
  SioConnection *connection;

  if (self->closing)
    {
      sio_session_discard (session);
      return;
    }
  connection = sio_connection_new (self, session);
  g_hash_table_add (self->connections, connection);
  sio_connection_start (connection);
}

static void
detach_connections (SioServer *self)
{
  GHashTableIter iter;
  gpointer key;

  /* Handlers of one connection may end others: start anew after each. */
  for (;;)
    {
      g_autoptr (SioConnection) connection = NULL;

      g_hash_table_iter_init (&iter, self->connections);
      if (!g_hash_table_iter_next (&iter, &key, NULL))
        return;
      connection = sio_connection_ref (key);
      g_hash_table_iter_remove (&iter);
      sio_connection_detach (connection);
    }
}

static void
sio_server_dispose (GObject *object)
{
  SioServer *self = SIO_SERVER (object);
  GHashTableIter iter;
  gpointer value;

  self->closing = TRUE;
  if (self->engine != NULL)
    sio_engine_set_connection_func (self->engine, NULL, NULL);
  detach_connections (self);
  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    sio_namespace_detach (value);
  sio_recovery_detach (self->recovery);
  for (guint i = 0; self->parents != NULL && i < self->parents->len; i++)
    sio_namespace_detach (g_ptr_array_index (self->parents, i));

  G_OBJECT_CLASS (sio_server_parent_class)->dispose (object);
}

static void
sio_server_finalize (GObject *object)
{
  SioServer *self = SIO_SERVER (object);

  g_hash_table_unref (self->namespaces);
  g_clear_pointer (&self->parents, g_ptr_array_unref);
  g_clear_pointer (&self->pending_names, g_hash_table_unref);
  g_hash_table_unref (self->connections);
  g_clear_pointer (&self->connect_deadlines, sio_deadline_list_unref);
  g_clear_pointer (&self->reactor, sio_reactor_unref);
  g_clear_object (&self->engine);
  g_clear_object (&self->parser);
  g_clear_pointer (&self->limiter, sio_limiter_free);
  g_clear_object (&self->recovery);

  G_OBJECT_CLASS (sio_server_parent_class)->finalize (object);
}

SioNamespace *
sio_server_add_namespace (SioServer *self, const char *name, SioNamespace *parent, gboolean dynamic)
{
  SioNamespace *ns = sio_namespace_new (self, name);

  if (parent != NULL)
    sio_dynamic_adopt (parent, ns);
  ns->dynamic = dynamic;
  if (dynamic)
    self->n_dynamic++;
  g_hash_table_insert (self->namespaces, (gpointer) sio_namespace_get_name (ns), ns);
  g_signal_emit (self, signals[NEW_NAMESPACE], 0, ns);
  return ns;
}

void
sio_server_emit_connection (SioServer *self, SioSocket *socket)
{
  if (g_signal_has_handler_pending (self, signals[CONNECTION], 0, FALSE))
    g_signal_emit (self, signals[CONNECTION], 0, socket);
}

static void
sio_server_constructed (GObject *object)
{
  SioServer *self = SIO_SERVER (object);

  G_OBJECT_CLASS (sio_server_parent_class)->constructed (object);

  if (self->engine == NULL)
    {
      self->engine = sio_engine_new ();
      sio_engine_set_path (self->engine, "/socket.io");
    }
  self->reactor = sio_reactor_ref (sio_engine_get_reactor (self->engine));
  self->root = sio_server_add_namespace (self, "/", NULL, FALSE);
  sio_engine_set_connection_func (self->engine, session_cb, self);
}

static void
sio_server_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioServer *self = SIO_SERVER (object);

  switch (prop_id)
    {
    case PROP_ENGINE:
      g_value_set_object (value, self->engine);
      break;
    case PROP_CONNECT_TIMEOUT:
      g_value_set_uint (value, self->connect_timeout);
      break;
    case PROP_MAX_ATTACHMENTS:
      g_value_set_uint (value, self->limits.max_attachments);
      break;
    case PROP_MAX_DEPTH:
      g_value_set_uint (value, self->limits.max_depth);
      break;
    case PROP_PARSER:
      g_value_set_object (value, self->parser);
      break;
    case PROP_ADAPTER_TYPE:
      g_value_set_gtype (value, self->adapter_type);
      break;
    case PROP_CLIENT_BUNDLE_DIR:
      g_value_set_string (value, sio_server_get_client_bundle_dir (self));
      break;
    case PROP_WEBSOCKET_PATH:
      g_value_set_string (value, sio_server_get_websocket_path (self));
      break;
    case PROP_RECOVERY:
      g_value_set_object (value, self->recovery);
      break;
    case PROP_MAX_DYNAMIC_NAMESPACES:
      g_value_set_uint (value, self->max_dynamic);
      break;
    case PROP_CLEANUP_EMPTY_CHILD_NAMESPACES:
      g_value_set_boolean (value, self->cleanup_empty_children);
      break;
    case PROP_MAX_EVENTS_PER_SECOND:
      g_value_set_double (value, self->max_events_per_second);
      break;
    case PROP_MAX_EVENT_BURST:
      g_value_set_uint (value, self->max_event_burst);
      break;
    case PROP_MAX_EVENT_BYTES:
      g_value_set_uint64 (value, self->max_event_bytes);
      break;
    case PROP_EVENT_LIMIT_ACTION:
      g_value_set_enum (value, self->event_limit_action);
      break;
    case PROP_MAX_ROOMS_PER_SOCKET:
      g_value_set_uint (value, self->max_rooms);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_server_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioServer *self = SIO_SERVER (object);

  switch (prop_id)
    {
    case PROP_ENGINE:
      self->engine = g_value_dup_object (value);
      break;
    case PROP_CONNECT_TIMEOUT:
      sio_server_set_connect_timeout (self, g_value_get_uint (value));
      break;
    case PROP_MAX_ATTACHMENTS:
      sio_server_set_max_attachments (self, g_value_get_uint (value));
      break;
    case PROP_MAX_DEPTH:
      sio_server_set_max_depth (self, g_value_get_uint (value));
      break;
    case PROP_PARSER:
      sio_server_set_parser (self, g_value_get_object (value));
      break;
    case PROP_WEBSOCKET_PATH:
      sio_server_set_websocket_path (self, g_value_get_string (value));
      break;
    case PROP_ADAPTER_TYPE:
      sio_server_set_adapter_type (self, g_value_get_gtype (value));
      break;
    case PROP_MAX_DYNAMIC_NAMESPACES:
      sio_server_set_max_dynamic_namespaces (self, g_value_get_uint (value));
      break;
    case PROP_CLEANUP_EMPTY_CHILD_NAMESPACES:
      sio_server_set_cleanup_empty_child_namespaces (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_EVENTS_PER_SECOND:
      sio_server_set_max_events_per_second (self, g_value_get_double (value));
      break;
    case PROP_MAX_EVENT_BURST:
      sio_server_set_max_event_burst (self, g_value_get_uint (value));
      break;
    case PROP_MAX_EVENT_BYTES:
      sio_server_set_max_event_bytes (self, g_value_get_uint64 (value));
      break;
    case PROP_EVENT_LIMIT_ACTION:
      sio_server_set_event_limit_action (self, g_value_get_enum (value));
      break;
    case PROP_MAX_ROOMS_PER_SOCKET:
      sio_server_set_max_rooms_per_socket (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  /**
   * SioServer:engine:
   *
   * What holds the connections.
   *
   * Since: 0.1
   */
  properties[PROP_ENGINE] =
      g_param_spec_object ("engine", NULL, NULL, SIO_TYPE_ENGINE,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioServer:connect-timeout:
   *
   * After how many ms a connection that has not joined any namespace is closed; 0 for never.
   * Counts for new connections.
   *
   * Since: 0.1
   */
  properties[PROP_CONNECT_TIMEOUT] =
      g_param_spec_uint ("connect-timeout", NULL, NULL, 0, G_MAXINT, DEFAULT_CONNECT_TIMEOUT_MS,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioServer:max-attachments:
   *
   * How many pieces of binary data an event or acknowledgement may have, in both directions.
   * Official clients allow 10. With a [property@Sio.Server:parser] its own limit counts.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ATTACHMENTS] =
      g_param_spec_uint ("max-attachments", NULL, NULL, 0, G_MAXUINT16, SIO_PACKET_MAX_ATTACHMENTS,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioServer:max-depth:
   *
   * How deep arrays and objects that clients send may nest.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_DEPTH] =
      g_param_spec_uint ("max-depth", NULL, NULL, 2, SIO_SERVER_MAX_DEPTH, SIO_JSON_MAX_DEPTH,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioServer:parser:
   *
   * What translates packets into messages; `NULL` for the form that is built in. To be set before
   * the server listens.
   *
   * Since: 0.1
   */
  properties[PROP_PARSER] =
      g_param_spec_object ("parser", NULL, NULL, SIO_TYPE_PARSER,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioServer:adapter-type:
   *
   * Type of the adapters that namespaces get, derived from [class@Sio.Adapter].
   *
   * Since: 0.1
   */
  properties[PROP_ADAPTER_TYPE] =
      g_param_spec_gtype ("adapter-type", NULL, NULL, SIO_TYPE_ADAPTER,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioServer:client-bundle-dir:
   *
   * Where the files of the browser client came from; `NULL` if none are served. See
   * [method@Sio.Server.load_client_bundle].
   *
   * Since: 0.1
   */
  properties[PROP_CLIENT_BUNDLE_DIR] = g_param_spec_string (
      "client-bundle-dir", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioServer:websocket-path: (getter get_websocket_path) (setter set_websocket_path)
   *
   * Where plain WebSocket clients connect, for example `/ws`; `NULL` for nowhere. See
   * [method@Sio.Server.set_websocket_path].
   *
   * Since: 0.1
   */
  properties[PROP_WEBSOCKET_PATH] =
      g_param_spec_string ("websocket-path", NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * SioServer:recovery:
   *
   * What lets clients that lost their connection continue where they were.
   *
   * Since: 0.1
   */
  properties[PROP_RECOVERY] = g_param_spec_object ("recovery", NULL, NULL, SIO_TYPE_RECOVERY,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioServer:max-dynamic-namespaces:
   *
   * How many namespaces there may be that were made for clients, those that a function of
   * [method@Sio.Server.of_func] is deciding about included; 0 for any number.
   *
   * When there are so many, those that nobody is connected to are removed. If that does not help,
   * the client is refused with the message `Too many namespaces`, which counts as a violation.
   * Each takes about 2 KB of memory.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_DYNAMIC_NAMESPACES] =
      g_param_spec_uint ("max-dynamic-namespaces", NULL, NULL, 0, G_MAXINT, DEFAULT_MAX_DYNAMIC,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioServer:cleanup-empty-child-namespaces:
   *
   * Whether namespaces that were made for clients are removed as soon as their last client is
   * gone. Those that [method@Sio.Server.of] was called for stay.
   *
   * Since: 0.1
   */
  properties[PROP_CLEANUP_EMPTY_CHILD_NAMESPACES] =
      g_param_spec_boolean ("cleanup-empty-child-namespaces", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  sio_server_fill_limit_properties (&properties[PROP_MAX_EVENTS_PER_SECOND]);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * SioServer::connection:
   * @self: the server
   * @socket: the new socket
   *
   * A client has connected to the default namespace. The same as
   * [signal@Sio.Namespace::connection] of `/`.
   *
   * Since: 0.1
   */
  signals[CONNECTION] =
      g_signal_new ("connection", SIO_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, SIO_TYPE_SOCKET);
}

static void
sio_server_class_init (SioServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = sio_server_constructed;
  object_class->dispose = sio_server_dispose;
  object_class->finalize = sio_server_finalize;
  object_class->get_property = sio_server_get_property;
  object_class->set_property = sio_server_set_property;

  install_properties (object_class);

  /**
   * SioServer::new-namespace:
   * @self: the server
   * @ns: the namespace
   *
   * A namespace was made, by [method@Sio.Server.of] or because a client asked for it; no socket
   * is in it yet. Parents ([method@Sio.Server.of_regex]) are not told of.
   *
   * Since: 0.1
   */
  signals[NEW_NAMESPACE] =
      g_signal_new ("new-namespace", SIO_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, SIO_TYPE_NAMESPACE);
}

static void
sio_server_init (SioServer *self)
{
  self->start_time = g_get_monotonic_time ();
  self->connect_timeout = DEFAULT_CONNECT_TIMEOUT_MS;
  self->limits.max_attachments = SIO_PACKET_MAX_ATTACHMENTS;
  self->limits.max_depth = SIO_JSON_MAX_DEPTH;
  self->adapter_type = SIO_TYPE_MEMORY_ADAPTER;
  self->recovery = sio_recovery_new (self);
  self->max_dynamic = DEFAULT_MAX_DYNAMIC;
  self->event_limit_action = SIO_EVENT_LIMIT_ACTION_DROP;
  self->max_rooms = SIO_SERVER_DEFAULT_MAX_ROOMS;
  self->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  self->connections = g_hash_table_new (NULL, NULL);
}

const SioPacketLimits *
sio_server_get_limits (SioServer *self)
{
  return &self->limits;
}

SioDeadlineList *
sio_server_get_connect_deadlines (SioServer *self)
{
  if (self->connect_deadlines == NULL && self->connect_timeout > 0)
    self->connect_deadlines = sio_deadline_list_get (self->reactor, self->connect_timeout);
  return self->connect_deadlines;
}

SioReactor *
sio_server_get_reactor (SioServer *self)
{
  return self->reactor;
}

void
sio_server_forget_connection (SioServer *self, SioConnection *connection)
{
  g_hash_table_remove (self->connections, connection);
}

SioNamespace *
sio_server_lookup (SioServer *self, const char *name, gsize length)
{
  g_autofree char *copy = NULL;

  if (length == 1 && name[0] == '/')
    return self->root;
  if (memchr (name, '\0', length) != NULL)
    return NULL;
  copy = g_strndup (name, length);
  return g_hash_table_lookup (self->namespaces, copy);
}

/**
 * sio_server_new:
 *
 * Makes a server with an engine of its own.
 *
 * Returns: (transfer full): a new server
 *
 * Since: 0.1
 */
SioServer *
sio_server_new (void)
{
  return g_object_new (SIO_TYPE_SERVER, NULL);
}

/**
 * sio_server_new_with_engine:
 * @engine: an engine that no other server uses
 *
 * Makes a server on top of an engine, whose [property@Sio.Engine:path] stays as it is: official
 * clients expect `/socket.io/`.
 *
 * Returns: (transfer full): a new server
 *
 * Since: 0.1
 */
SioServer *
sio_server_new_with_engine (SioEngine *engine)
{
  g_return_val_if_fail (SIO_IS_ENGINE (engine), NULL);

  return g_object_new (SIO_TYPE_SERVER, "engine", engine, NULL);
}

/**
 * sio_server_get_engine:
 * @self: a server
 *
 * Gets what holds the connections, and most of the settings.
 *
 * Returns: (transfer none): the engine
 *
 * Since: 0.1
 */
SioEngine *
sio_server_get_engine (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return self->engine;
}

/**
 * sio_server_listen:
 * @self: a server
 * @address: where to listen, for example `tcp:[::]:3000`; see [method@Sio.Engine.listen]
 * @error: return location for an error
 *
 * Starts to listen at an address. May be called several times.
 *
 * Errors: those of [method@Sio.Engine.listen].
 *
 * Returns: `TRUE` if it listens
 *
 * Since: 0.1
 */
gboolean
sio_server_listen (SioServer *self, const char *address, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (address != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_engine_listen (self->engine, address, error);
}

/**
 * sio_server_attach:
 * @self: a server
 * @soup_server: the application's HTTP server
 *
 * Serves Socket.IO within an HTTP server; see [method@Sio.Engine.attach].
 *
 * Since: 0.1
 */
void
sio_server_attach (SioServer *self, SoupServer *soup_server)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (SOUP_IS_SERVER (soup_server));

  sio_engine_attach (self->engine, soup_server);
}

static void
engine_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (sio_engine_close_finish (SIO_ENGINE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void close_next_adapter (GTask *task);

static void
adapter_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  /* What is left of an adapter must not keep the others and the engine open. */
  if (!sio_adapter_close_finish (SIO_ADAPTER (source), result, &error))
    g_warning ("Cannot close an adapter: %s", error->message);
  close_next_adapter (user_data);
}

static void
close_next_adapter (GTask *task)
{
  SioServer *self = g_task_get_source_object (task);
  GPtrArray *adapters = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (adapters->len > 0)
    {
      g_autoptr (SioAdapter) adapter = g_ptr_array_steal_index (adapters, adapters->len - 1);

      sio_adapter_close_async (adapter, cancellable, adapter_closed_cb, task);
    }
  else
    sio_engine_close_async (self->engine, cancellable, engine_closed_cb, task);
}

/**
 * sio_server_close_async:
 * @self: a server
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all is closed
 * @user_data: data for @callback
 *
 * Closes the server: it stops to listen, all sockets are disconnected with the reason
 * `server shutting down`, adapters and connections are closed. Clients are not told to stay
 * away: they reconnect when there is a server again.
 *
 * Since: 0.1
 */
void
sio_server_close_async (SioServer *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GPtrArray) namespaces = NULL;
  GPtrArray *adapters;
  GTask *task;

  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_server_close_async);
  g_task_set_name (task, "[sio] close server");
  adapters = g_ptr_array_new_with_free_func (g_object_unref);
  g_task_set_task_data (task, adapters, (GDestroyNotify) g_ptr_array_unref);

  self->closing = TRUE;
  sio_engine_stop_listening (self->engine);
  namespaces = sio_server_list_namespaces (self);
  for (guint i = 0; i < namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (namespaces, i);

      sio_namespace_disconnect_all (ns, "server shutting down");
      if (sio_namespace_has_adapter (ns))
        g_ptr_array_add (adapters, g_object_ref (sio_namespace_get_adapter (ns)));
    }
  close_next_adapter (task);
}

/**
 * sio_server_close_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.close_async].
 *
 * Returns: `TRUE` if all is closed
 *
 * Since: 0.1
 */
gboolean
sio_server_close_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
sio_server_is_closing (SioServer *self)
{
  return self->closing;
}

/**
 * sio_server_of:
 * @self: a server
 * @name: name of a namespace; a slash in front is added if it is missing
 *
 * Gets a namespace, which is made at the first call.
 *
 * Clients cannot connect to namespaces that do not exist, unless
 * [method@Sio.Server.of_regex] or [method@Sio.Server.of_func] lets them make it. Names must not
 * contain a comma.
 *
 * Returns: (transfer none): the namespace, which lives as long as the server
 *
 * Since: 0.1
 */
SioNamespace *
sio_server_of (SioServer *self, const char *name)
{
  g_autofree char *absolute = NULL;
  SioNamespace *ns;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (name != NULL && g_utf8_validate (name, -1, NULL), NULL);
  g_return_val_if_fail (strchr (name, ',') == NULL, NULL);

  if (name[0] != '/')
    name = absolute = g_strconcat ("/", name, NULL);
  ns = g_hash_table_lookup (self->namespaces, name);
  if (ns == NULL)
    return sio_server_add_namespace (self, name, sio_dynamic_find_parent (self, name), FALSE);
  sio_dynamic_pin (ns);
  return ns;
}

/**
 * sio_server_get_namespace:
 * @self: a server
 * @name: name of a namespace; a slash in front is added if it is missing
 *
 * Gets a namespace if it exists.
 *
 * Returns: (transfer none) (nullable): the namespace; one that was made for a client may be
 *   removed later, so take a reference to keep it
 *
 * Since: 0.1
 */
SioNamespace *
sio_server_get_namespace (SioServer *self, const char *name)
{
  g_autofree char *absolute = NULL;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (name[0] != '/')
    name = absolute = g_strconcat ("/", name, NULL);
  return g_hash_table_lookup (self->namespaces, name);
}

/**
 * sio_server_list_namespaces:
 * @self: a server
 *
 * Lists the namespaces, without parents ([method@Sio.Server.of_regex]).
 *
 * Returns: (transfer container) (element-type SioNamespace): namespaces
 *
 * Since: 0.1
 */
GPtrArray *
sio_server_list_namespaces (SioServer *self)
{
  GPtrArray *namespaces;
  GHashTableIter iter;
  gpointer value;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  namespaces = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (namespaces, g_object_ref (value));
  return namespaces;
}
