/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-namespace.h"

#include <string.h>

#include "sio-broadcast-private.h"
#include "sio-dynamic-private.h"
#include "sio-memory-adapter.h"
#include "sio-middleware-private.h"
#include "sio-namespace-private.h"
#include "sio-parent-adapter-private.h"
#include "sio-recovery-connect-private.h"
#include "sio-room-private.h"
#include "sio-server-private.h"

/**
 * SioNamespace:
 *
 * A part of a server that clients connect to by its name, for example `/chat`.
 *
 * Each namespace has its own sockets, rooms, handlers and middlewares. Get one with
 * [method@Sio.Server.of]; it lives as long as the server. Namespaces may also be made when
 * clients ask for them, as children of a parent: see [method@Sio.Server.of_regex] and
 * [method@Sio.Server.of_func].
 *
 * ```c
 * SioNamespace *chat = sio_server_of (server, "/chat");
 *
 * g_signal_connect (chat, "connection", G_CALLBACK (on_connection), self);
 * sio_namespace_on (chat, "say", on_say, self, NULL);
 * ```
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_NAME,
  PROP_N_SOCKETS,
  N_PROPS
};

enum
{
  CONNECTION,
  SERVER_EVENT,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioNamespace, sio_namespace, G_TYPE_OBJECT)

static void
sio_namespace_dispose (GObject *object)
{
  SioNamespace *self = SIO_NAMESPACE (object);

  g_clear_pointer (&self->collectors, g_hash_table_unref);
  g_clear_pointer (&self->handlers, sio_handlers_free);
  g_clear_pointer (&self->middlewares, sio_chain_free);
  g_clear_pointer (&self->event_middlewares, sio_chain_free);
  g_clear_object (&self->adapter);

  G_OBJECT_CLASS (sio_namespace_parent_class)->dispose (object);
}

static void
sio_namespace_finalize (GObject *object)
{
  SioNamespace *self = SIO_NAMESPACE (object);

  sio_dynamic_namespace_finalize (self);
  g_clear_pointer (&self->connecting, g_hash_table_unref);
  g_clear_pointer (&self->events, sio_event_table_free);
  g_free (self->round_trips);
  g_hash_table_unref (self->sockets);
  g_free (self->list.items);
  g_clear_pointer (&self->limiter, sio_limiter_free);
  g_clear_pointer (&self->reactor, sio_reactor_unref);
  g_free (self->prefix);
  g_free (self->name);

  G_OBJECT_CLASS (sio_namespace_parent_class)->finalize (object);
}

static void
sio_namespace_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioNamespace *self = SIO_NAMESPACE (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_N_SOCKETS:
      g_value_set_uint (value, sio_namespace_get_n_sockets (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_namespace_class_init (SioNamespaceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = sio_namespace_dispose;
  object_class->finalize = sio_namespace_finalize;
  object_class->get_property = sio_namespace_get_property;

  /**
   * SioNamespace:name:
   *
   * Name of the namespace, starting with a slash.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
      g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioNamespace:n-sockets:
   *
   * Number of connected sockets; of a parent namespace, of those of its children. Changes are
   * not notified.
   *
   * Since: 0.1
   */
  properties[PROP_N_SOCKETS] = g_param_spec_uint ("n-sockets", NULL, NULL, 0, G_MAXUINT, 0,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * SioNamespace::connection:
   * @self: the namespace
   * @socket: the new socket
   *
   * A client has connected. The one that the signal is emitted on is the socket's namespace,
   * or the parent of that one: see [method@Sio.Server.of_regex].
   *
   * Since: 0.1
   */
  signals[CONNECTION] =
      g_signal_new ("connection", SIO_TYPE_NAMESPACE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, SIO_TYPE_SOCKET);
  /**
   * SioNamespace::server-event:
   * @self: the namespace
   * @event: the event; take a reference to answer it later
   *
   * Another server emitted an event with [method@Sio.Namespace.server_side_emit].
   *
   * The name of the event is the detail: connect to `server-event::ping` for one of them. It takes
   * an adapter that spans several servers.
   *
   * Since: 0.1
   */
  signals[SERVER_EVENT] = g_signal_new (
      "server-event", SIO_TYPE_NAMESPACE, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL,
      g_cclosure_marshal_VOID__BOXED, G_TYPE_NONE, 1, SIO_TYPE_SERVER_EVENT);
}

static void
sio_namespace_init (SioNamespace *self)
{
  self->sockets = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  self->last_ack_id = -1;
}

SioNamespace *
sio_namespace_new (SioServer *server, const char *name)
{
  SioNamespace *self = g_object_new (SIO_TYPE_NAMESPACE, NULL);

  self->server = server;
  self->reactor = sio_reactor_ref (sio_server_get_reactor (server));
  self->name = g_strdup (name);
  self->name_length = strlen (name);
  self->prefix = self->name_length == 1 ? g_strdup ("") : g_strconcat (name, ",", NULL);
  return self;
}

void
sio_namespace_detach (SioNamespace *self)
{
  self->server = NULL;
}

gboolean
sio_namespace_has_name (SioNamespace *self, const char *name, gsize length)
{
  return length == self->name_length && memcmp (name, self->name, length) == 0;
}

const char *
sio_namespace_get_prefix (SioNamespace *self)
{
  return self->prefix;
}

SioParser *
sio_namespace_get_parser (SioNamespace *self)
{
  return self->server != NULL ? sio_server_peek_parser (self->server) : NULL;
}

SioReactor *
sio_namespace_get_reactor (SioNamespace *self)
{
  return self->reactor;
}

gint64
sio_namespace_next_ack_id (SioNamespace *self)
{
  self->last_ack_id = (self->last_ack_id + 1) % SIO_PACKET_MAX_ID;
  return self->last_ack_id;
}

SioRoomWatch **
sio_namespace_get_room_watch (SioNamespace *self)
{
  return &self->room_watch;
}

GHashTable *
sio_namespace_get_collectors (SioNamespace *self, gboolean create)
{
  if (self->collectors == NULL && create)
    self->collectors = sio_ack_collectors_table_new ();
  return self->collectors;
}

/**
 * sio_event_is_reserved:
 * @event: name of an event
 *
 * Tells whether Socket.IO itself uses a name, such as `connect`, so that nothing can be emitted
 * under it. Programs whose users choose names ask before.
 *
 * Returns: `TRUE` if it does
 *
 * Since: 0.1
 */
gboolean
sio_event_is_reserved (const char *event)
{
  g_return_val_if_fail (event != NULL, TRUE);

  return sio_event_name_is_reserved (event);
}

gboolean
sio_event_check (const char *event)
{
  if (event == NULL)
    return FALSE;
  if (!sio_event_name_is_reserved (event))
    return TRUE;
  g_warning ("\"%s\" is a reserved event name: Socket.IO itself uses it, choose another", event);
  return FALSE;
}

gboolean
sio_server_event_check (const char *event)
{
  static const char *const reserved[] = { "connect", "connection", "new_namespace", NULL };

  return event != NULL && !g_strv_contains (reserved, event);
}

void
sio_namespace_receive_server_event (SioNamespace *self, SioServerEvent *event)
{
  /* The name comes from elsewhere: it makes no new quark. */
  g_signal_emit (self, signals[SERVER_EVENT],
                 g_quark_try_string (sio_server_event_get_name (event)), event);
}

gboolean
sio_content_check (SioNamespace *self, const SioContent *content)
{
  guint max = self->server != NULL ? sio_server_get_max_attachments (self->server)
                                   : SIO_PACKET_MAX_ATTACHMENTS;

  if (G_LIKELY (content->attachments == NULL || content->attachments->len <= max))
    return TRUE;
  /* Other forms have no such limit, or their own. */
  if (sio_namespace_get_parser (self) != NULL)
    return TRUE;
  /* Official clients close the connection on more than ten: protocol.md §3.2.2 */
  g_warning ("%s: dropped an event with %u binary attachments, at most %u are allowed", self->name,
             content->attachments->len, max);
  return FALSE;
}

/* Sockets and walking over them */

static void
list_add (SioSocketList *list, SioSocket *socket)
{
  if (list->n == list->n_alloc)
    {
      list->n_alloc = MAX (16, list->n_alloc * 2);
      list->items = g_renew (SioSocket *, list->items, list->n_alloc);
    }
  socket->ns_index = list->n;
  list->items[list->n++] = socket;
}

static void
list_remove (SioSocketList *list, SioSocket *socket)
{
  guint index = socket->ns_index;

  if (list->busy > 0)
    {
      list->items[index] = NULL;
      list->n_holes++;
      return;
    }
  list->n--;
  if (index != list->n)
    {
      list->items[index] = list->items[list->n];
      list->items[index]->ns_index = index;
    }
}

static void
list_compact (SioSocketList *list)
{
  guint n = 0;

  for (guint i = 0; i < list->n; i++)
    {
      if (list->items[i] == NULL)
        continue;
      list->items[n] = list->items[i];
      list->items[n]->ns_index = n;
      n++;
    }
  list->n = n;
  list->n_holes = 0;
}

SioSocketList *
sio_namespace_begin_walk (SioNamespace *self)
{
  self->list.busy++;
  return &self->list;
}

void
sio_namespace_end_walk (SioNamespace *self)
{
  if (--self->list.busy == 0 && self->list.n_holes > 0)
    list_compact (&self->list);
}

static void
accept_socket (SioNamespace *self, SioSocket *socket)
{
  const char *rooms[] = { sio_socket_peek_id (socket), NULL };
  g_autofree char *json = NULL;
  g_autoptr (SioOutgoing) outgoing = NULL;

  if (!sio_recovery_accept (self, socket))
    return;
  g_hash_table_insert (self->sockets, (gpointer) sio_socket_peek_id (socket),
                       g_object_ref (socket));
  list_add (&self->list, socket);
  sio_socket_connected (socket);
  sio_adapter_add_all (sio_namespace_get_adapter (self), socket, rooms);
  if (socket->recovered)
    sio_recovery_rejoin (self, socket);
  if (socket->connection != NULL)
    sio_connection_socket_joined (socket->connection, socket);

  /* protocol.md §3.8: who knows it already is not told. */
  if (!sio_socket_is_eio3 (socket))
    json = sio_recovery_format_connect (socket);
  outgoing = sio_encode_control (sio_namespace_get_parser (self), '0' + SIO_PACKET_CONNECT,
                                 self->prefix, json);
  sio_socket_send_outgoing (socket, outgoing, SIO_SEND_DEFAULT);

  /* The session may have broken while the packet was sent. */
  if (socket->state == SIO_SOCKET_CONNECTED)
    sio_namespace_emit_connection (self, socket);
}

static void
emit_connection (SioNamespace *self, SioSocket *socket)
{
  if (g_signal_has_handler_pending (self, signals[CONNECTION], 0, FALSE))
    g_signal_emit (self, signals[CONNECTION], 0, socket);
}

void
sio_namespace_emit_connection (SioNamespace *self, SioSocket *socket)
{
  if (self->parent != NULL)
    emit_connection (self->parent, socket);
  if (self->server != NULL && self->server->root == self)
    sio_server_emit_connection (self->server, socket);
  emit_connection (self, socket);
}

static void
refuse_socket (SioNamespace *self, SioSocket *socket, SioUnwelcome why, const char *json)
{
  g_autoptr (SioOutgoing) outgoing = sio_encode_control (
      sio_namespace_get_parser (self), '0' + SIO_PACKET_CONNECT_ERROR, self->prefix, json);
  SioSession *session = socket->session;

  if (self->server != NULL)
    sio_server_get_counters (self->server)->unwelcome[why]++;
  if (session != NULL && outgoing != NULL)
    sio_session_send (session, outgoing, SIO_SEND_DEFAULT);
  sio_socket_abandon (socket);
}

static void
decided_cb (SioSocket *socket, const char *refusal)
{
  SioNamespace *self = socket->ns;

  if (socket->state != SIO_SOCKET_CONNECTING)
    return;
  g_hash_table_remove (self->connecting, socket);
  if (refusal != NULL)
    refuse_socket (self, socket, SIO_UNWELCOME_MIDDLEWARE, refusal);
  else
    accept_socket (self, socket);
}

void
sio_namespace_connect_socket (SioNamespace *self, SioSocket *socket)
{
  if (!sio_recovery_begin (self, socket))
    sio_namespace_admit (self, socket, FALSE);
}

void
sio_namespace_admit (SioNamespace *self, SioSocket *socket, gboolean skip_middlewares)
{
  SioChain *chains[] = { self->parent != NULL ? self->parent->middlewares : NULL,
                         self->middlewares };
  g_autoptr (SioChainRun) run = NULL;

  if (self->server == NULL)
    {
      /* Removed while the session was looked for. */
      refuse_socket (self, socket, SIO_UNWELCOME_INVALID_NAMESPACE,
                     "{\"message\":\"Invalid namespace\"}");
      return;
    }
  if (skip_middlewares || (sio_chain_is_empty (chains[0]) && sio_chain_is_empty (chains[1])))
    {
      accept_socket (self, socket);
      return;
    }
  run = sio_middleware_run_new (socket, chains, G_N_ELEMENTS (chains), decided_cb);
  if (self->connecting == NULL)
    self->connecting =
        g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) sio_chain_run_unref);
  g_hash_table_insert (self->connecting, socket, sio_chain_run_ref (run));
  sio_chain_run_start (run);
}

void
sio_namespace_cancel_connecting (SioNamespace *self, SioSocket *socket)
{
  gpointer run;

  if (self->connecting == NULL ||
      !g_hash_table_steal_extended (self->connecting, socket, NULL, &run))
    return;
  sio_chain_run_cancel (run);
  sio_chain_run_unref (run);
}

void
sio_namespace_remove_socket (SioNamespace *self, SioSocket *socket)
{
  list_remove (&self->list, socket);
  sio_ack_collectors_forget (self, socket);
  g_hash_table_remove (self->sockets, sio_socket_peek_id (socket));
}

void
sio_namespace_disconnect_all (SioNamespace *self, const char *reason)
{
  g_autoptr (GPtrArray) sockets = sio_namespace_list_sockets (self);

  for (guint i = 0; i < sockets->len; i++)
    sio_socket_disconnected (g_ptr_array_index (sockets, i), reason, NULL);
}

gboolean
sio_namespace_has_adapter (SioNamespace *self)
{
  return self->adapter != NULL;
}

gboolean
sio_namespace_reset_adapter (SioNamespace *self)
{
  if (self->adapter == NULL)
    return TRUE;
  if (self->list.n > 0 || self->list.busy > 0)
    return FALSE;
  g_clear_object (&self->adapter);
  return TRUE;
}

/**
 * sio_namespace_get_name:
 * @self: a namespace
 *
 * Gets the name.
 *
 * Returns: (transfer none): the name, starting with a slash
 *
 * Since: 0.1
 */
const char *
sio_namespace_get_name (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return self->name;
}

/**
 * sio_namespace_get_server:
 * @self: a namespace
 *
 * Gets the server.
 *
 * Returns: (transfer none) (nullable): the server, `NULL` if it is gone
 *
 * Since: 0.1
 */
SioServer *
sio_namespace_get_server (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return self->server;
}

/**
 * sio_namespace_get_adapter:
 * @self: a namespace
 *
 * Gets the adapter, which keeps the rooms. It is made at the first call.
 *
 * Returns: (transfer none): the adapter
 *
 * Since: 0.1
 */
SioAdapter *
sio_namespace_get_adapter (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  if (self->adapter == NULL)
    {
      GType type = SIO_TYPE_MEMORY_ADAPTER;

      if (self->pattern != NULL)
        type = SIO_TYPE_PARENT_ADAPTER;
      else if (self->server != NULL)
        type = sio_server_get_adapter_type (self->server);
      self->adapter = g_object_new (type, "namespace", self, NULL);
    }
  return self->adapter;
}

/**
 * sio_namespace_get_n_sockets: (get-property n-sockets)
 * @self: a namespace
 *
 * Gets the number of connected sockets; of a parent namespace, those of its children.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_namespace_get_n_sockets (SioNamespace *self)
{
  guint n;

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);

  n = g_hash_table_size (self->sockets);
  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    n += sio_namespace_get_n_sockets (g_ptr_array_index (self->children, i));
  return n;
}

/**
 * sio_namespace_get_socket:
 * @self: a namespace
 * @id: id of a socket
 *
 * Finds a socket by its id; with a parent namespace, among those of its children.
 *
 * Returns: (transfer none) (nullable): the socket, `NULL` if there is none
 *
 * Since: 0.1
 */
SioSocket *
sio_namespace_get_socket (SioNamespace *self, const char *id)
{
  SioSocket *socket;

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (id != NULL, NULL);

  socket = g_hash_table_lookup (self->sockets, id);
  for (guint i = 0; socket == NULL && self->children != NULL && i < self->children->len; i++)
    socket = sio_namespace_get_socket (g_ptr_array_index (self->children, i), id);
  return socket;
}

static void
add_sockets (SioNamespace *self, GPtrArray *sockets)
{
  for (guint i = 0; i < self->list.n; i++)
    {
      if (self->list.items[i] != NULL)
        g_ptr_array_add (sockets, g_object_ref (self->list.items[i]));
    }
}

/**
 * sio_namespace_list_sockets:
 * @self: a namespace
 *
 * Lists the connected sockets; of a parent namespace, those of its children.
 *
 * Returns: (transfer container) (element-type SioSocket): sockets
 *
 * Since: 0.1
 */
GPtrArray *
sio_namespace_list_sockets (SioNamespace *self)
{
  GPtrArray *sockets;

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  sockets = g_ptr_array_new_full (self->list.n, g_object_unref);
  add_sockets (self, sockets);
  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    add_sockets (g_ptr_array_index (self->children, i), sockets);
  return sockets;
}

void
sio_namespace_record_round_trip (SioNamespace *self, guint32 microseconds)
{
  SioNamespace *owner = self->parent != NULL ? self->parent : self;

  if (owner->round_trips == NULL)
    owner->round_trips = g_new0 (SioTimes, 1);
  sio_times_record (owner->round_trips, microseconds);
}
