/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-broadcast.h"

#include "sio-broadcast-private.h"
#include "sio-namespace-private.h"

/**
 * SioBroadcast:
 *
 * Whom an event goes to: rooms, exceptions, flags.
 *
 * ```c
 * sio_broadcast_emit (sio_namespace_to (chat, "lobby"), "news", sio_args_new ("s", "hello"));
 *
 * sio_broadcast_emit (sio_broadcast_except (sio_socket_to (socket, "lobby"), "muted"),
 *                     "said", args);
 * ```
 *
 * A broadcast is immutable: each of [method@Sio.Broadcast.to], [method@Sio.Broadcast.except]
 * and so on returns another one. A socket gets an event once, whatever number of the rooms it
 * is in, and the event is encoded once for all of them.
 *
 * New broadcasts are floating. Everything that is done with a floating one releases it, so that
 * nothing has to be freed in the lines above. To use one several times, keep it with
 * [method@GObject.Object.ref_sink] and release it with [method@GObject.Object.unref] (bindings
 * do so by themselves).
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioBroadcast
{
  GInitiallyUnowned parent_instance;

  SioNamespace *ns;
  GPtrArray *rooms;  /* element-type utf8, with NULL at the end; NULL if there are none */
  GPtrArray *except; /* the same */
  SioEmitFlags flags;
  guint timeout;
};

G_DEFINE_FINAL_TYPE (SioBroadcast, sio_broadcast, G_TYPE_INITIALLY_UNOWNED)

static void
sio_broadcast_finalize (GObject *object)
{
  SioBroadcast *self = SIO_BROADCAST (object);

  g_clear_object (&self->ns);
  g_clear_pointer (&self->rooms, g_ptr_array_unref);
  g_clear_pointer (&self->except, g_ptr_array_unref);

  G_OBJECT_CLASS (sio_broadcast_parent_class)->finalize (object);
}

static void
sio_broadcast_class_init (SioBroadcastClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sio_broadcast_finalize;
}

static void
sio_broadcast_init (SioBroadcast *self)
{
}

static void
add_name (GPtrArray **names, const char *name)
{
  if (*names == NULL)
    *names = g_ptr_array_new_with_free_func (g_free);
  else
    g_ptr_array_set_size (*names, (int) (*names)->len - 1);
  g_ptr_array_add (*names, g_strdup (name));
  g_ptr_array_add (*names, NULL);
}

static GPtrArray *
copy_names (GPtrArray *names)
{
  GPtrArray *copy;

  if (names == NULL)
    return NULL;
  copy = g_ptr_array_new_full (names->len + 1, g_free);
  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (copy, g_strdup (g_ptr_array_index (names, i)));
  return copy;
}

SioBroadcast *
sio_broadcast_new (SioNamespace *ns, const char *room, const char *except, SioEmitFlags flags)
{
  SioBroadcast *self = g_object_new (SIO_TYPE_BROADCAST, NULL);

  self->ns = g_object_ref (ns);
  self->flags = flags;
  if (room != NULL)
    add_name (&self->rooms, room);
  if (except != NULL)
    add_name (&self->except, except);
  return self;
}

/* A receiver that floats belongs to this call: it is released at the end. */
static SioBroadcast *
take (SioBroadcast *self)
{
  return g_object_ref_sink (self);
}

/* Starts an operator: a new broadcast, floating, that the operator may change. Nobody else can
 * see one that floats with a single reference, so that one serves itself. */
static SioBroadcast *
derive (SioBroadcast *self)
{
  SioBroadcast *other;

  if (g_object_is_floating (self) && G_OBJECT (self)->ref_count == 1)
    return self;

  other = g_object_new (SIO_TYPE_BROADCAST, NULL);
  other->ns = g_object_ref (self->ns);
  other->rooms = copy_names (self->rooms);
  other->except = copy_names (self->except);
  other->flags = self->flags;
  other->timeout = self->timeout;
  if (g_object_is_floating (self))
    g_object_unref (take (self));
  return other;
}

/**
 * sio_broadcast_to:
 * @self: a broadcast; released if it is floating
 * @room: name of a room
 *
 * Adds a room. Sockets in any of the rooms are meant.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_to (SioBroadcast *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  self = derive (self);
  add_name (&self->rooms, room);
  return self;
}

/**
 * sio_broadcast_in:
 * @self: a broadcast; released if it is floating
 * @room: name of a room
 *
 * The same as [method@Sio.Broadcast.to].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_in (SioBroadcast *self, const char *room)
{
  return sio_broadcast_to (self, room);
}

/**
 * sio_broadcast_except:
 * @self: a broadcast; released if it is floating
 * @room: name of a room, or id of a socket
 *
 * Excludes the sockets of a room.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_except (SioBroadcast *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  self = derive (self);
  add_name (&self->except, room);
  return self;
}

/**
 * sio_broadcast_local:
 * @self: a broadcast; released if it is floating
 *
 * Means sockets of this process only.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_local (SioBroadcast *self)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);

  self = derive (self);
  self->flags |= SIO_EMIT_LOCAL;
  return self;
}

/**
 * sio_broadcast_volatile:
 * @self: a broadcast; released if it is floating
 *
 * Drops the event for clients whose transport cannot take it right now.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_volatile (SioBroadcast *self)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);

  self = derive (self);
  self->flags |= SIO_EMIT_VOLATILE;
  return self;
}

/**
 * sio_broadcast_compress:
 * @self: a broadcast; released if it is floating
 * @compress: %FALSE to send it as it is
 *
 * Chooses whether the event may be compressed, where the transport does so.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_compress (SioBroadcast *self, gboolean compress)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);

  self = derive (self);
  if (compress)
    self->flags &= ~SIO_EMIT_NO_COMPRESS;
  else
    self->flags |= SIO_EMIT_NO_COMPRESS;
  return self;
}

/**
 * sio_broadcast_timeout:
 * @self: a broadcast; released if it is floating
 * @timeout: the time in ms, 0 for the default of the operation
 *
 * Limits how long to wait for answers, of clients or other servers.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_timeout (SioBroadcast *self, guint timeout)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);

  self = derive (self);
  self->timeout = timeout;
  return self;
}

static SioTarget *
make_target (SioBroadcast *self, guint timeout)
{
  return sio_target_new (self->rooms != NULL ? (const char *const *) self->rooms->pdata : NULL,
                         self->except != NULL ? (const char *const *) self->except->pdata : NULL,
                         self->flags, timeout);
}

/**
 * sio_broadcast_get_target:
 * @self: a broadcast; not released
 *
 * Makes a description of whom it is meant for.
 *
 * Returns: (transfer full): a target
 *
 * Since: 0.1
 */
SioTarget *
sio_broadcast_get_target (SioBroadcast *self)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);

  return make_target (self, self->timeout);
}

static SioAdapter *
get_adapter (SioBroadcast *self)
{
  return sio_namespace_get_adapter (self->ns);
}

static void
send (SioBroadcast *self, const SioContent *content)
{
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (SioTarget) target = NULL;

  if (!sio_content_check (self->ns, content))
    return;
  packet = sio_packet_new_content (sio_namespace_get_name (self->ns), content);
  target = make_target (self, self->timeout);
  sio_adapter_broadcast (get_adapter (self), packet, target);
}

/**
 * sio_broadcast_emit:
 * @self: a broadcast; released if it is floating
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event.
 *
 * Since: 0.1
 */
void
sio_broadcast_emit (SioBroadcast *self, const char *event, SioArgs *args)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioArgs) own_args = args;
  SioContent content;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  own_self = take (self);
  g_return_if_fail (sio_event_check (event));

  sio_content_init_args (&content, event, args);
  send (self, &content);
}

/**
 * sio_broadcast_emit_message:
 * @self: a broadcast; released if it is floating
 * @event: name of the event; not one of the reserved names such as `connect`
 * @message: a message
 *
 * Sends an event with the arguments of a message, which are not decoded for it.
 *
 * Since: 0.1
 */
void
sio_broadcast_emit_message (SioBroadcast *self, const char *event, SioMessage *message)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  SioContent content;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  own_self = take (self);
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (message != NULL);

  sio_content_init_message (&content, event, message);
  send (self, &content);
}

/**
 * sio_broadcast_emit_with_ack_async:
 * @self: a broadcast; released if it is floating
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answers in ms; 0 for what
 *   [method@Sio.Broadcast.timeout] says, or else 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all have answered, or time is up
 * @user_data: data for @callback
 *
 * Sends an event and waits for the acknowledgements of all clients that get it.
 *
 * Since: 0.1
 */
void
sio_broadcast_emit_with_ack_async (SioBroadcast *self,
                                   const char *event,
                                   SioArgs *args,
                                   guint timeout,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioArgs) own_args = args;
  g_autoptr (SioTarget) target = NULL;
  g_autoptr (GTask) task = NULL;
  SioContent content;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  own_self = take (self);
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (timeout == 0)
    timeout = self->timeout > 0 ? self->timeout : SIO_BROADCAST_TIMEOUT_MS;
  target = make_target (self, timeout);
  sio_content_init_args (&content, event, args);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_broadcast_emit_with_ack_async);
  g_task_set_name (task, "[sio] broadcast with ack");
  sio_broadcast_run_with_ack (self->ns, &content, target, task);
}

/**
 * sio_broadcast_emit_with_ack_finish:
 * @self: a broadcast
 * @result: what the callback got
 * @responses: (out) (optional) (transfer full) (element-type SioArgs): the answers in the order
 *   they came, also those that came before an error
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.emit_with_ack_async].
 *
 * With adapters that span several processes only the first argument of an answer may be there.
 *
 * Errors: %SIO_ERROR_TIMEOUT if some did not answer in time, which is what happens if a client
 * disconnects meanwhile, %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE if all answered, maybe none
 *
 * Since: 0.1
 */
gboolean
sio_broadcast_emit_with_ack_finish (SioBroadcast *self,
                                    GAsyncResult *result,
                                    GPtrArray **responses,
                                    GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (responses != NULL)
    *responses = sio_broadcast_steal_responses (G_TASK (result));
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GPtrArray *sockets = sio_adapter_fetch_sockets_finish (SIO_ADAPTER (source), result, &error);

  if (sockets == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, sockets, (GDestroyNotify) g_ptr_array_unref);
}

/**
 * sio_broadcast_fetch_sockets_async:
 * @self: a broadcast; released if it is floating
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the sockets
 * @user_data: data for @callback
 *
 * Finds the sockets that a broadcast would reach.
 *
 * Since: 0.1
 */
void
sio_broadcast_fetch_sockets_async (SioBroadcast *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;
  GTask *task;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  own_self = take (self);
  target = make_target (self, self->timeout);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_broadcast_fetch_sockets_async);
  g_task_set_name (task, "[sio] fetch sockets");
  sio_adapter_fetch_sockets_async (get_adapter (self), target, cancellable, fetched_cb, task);
}

/**
 * sio_broadcast_fetch_sockets_finish:
 * @self: a broadcast
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.fetch_sockets_async].
 *
 * Returns: (transfer full) (element-type SioSocket): the sockets, or %NULL with @error set
 *
 * Since: 0.1
 */
GPtrArray *
sio_broadcast_fetch_sockets_finish (SioBroadcast *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sio_broadcast_sockets_join:
 * @self: a broadcast; released if it is floating
 * @rooms: (array zero-terminated=1): names of rooms
 *
 * Puts all matching sockets into rooms.
 *
 * Since: 0.1
 */
void
sio_broadcast_sockets_join (SioBroadcast *self, const char *const *rooms)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (rooms != NULL);

  own_self = take (self);
  target = make_target (self, self->timeout);
  sio_adapter_add_sockets (get_adapter (self), target, rooms);
}

/**
 * sio_broadcast_sockets_leave:
 * @self: a broadcast; released if it is floating
 * @rooms: (array zero-terminated=1): names of rooms
 *
 * Takes all matching sockets out of rooms.
 *
 * Since: 0.1
 */
void
sio_broadcast_sockets_leave (SioBroadcast *self, const char *const *rooms)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (rooms != NULL);

  own_self = take (self);
  target = make_target (self, self->timeout);
  sio_adapter_del_sockets (get_adapter (self), target, rooms);
}

/**
 * sio_broadcast_disconnect_sockets:
 * @self: a broadcast; released if it is floating
 * @close_connection: %TRUE to close their connections, too
 *
 * Disconnects all matching sockets; see [method@Sio.Socket.close].
 *
 * Since: 0.1
 */
void
sio_broadcast_disconnect_sockets (SioBroadcast *self, gboolean close_connection)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_BROADCAST (self));

  own_self = take (self);
  target = make_target (self, self->timeout);
  sio_adapter_disconnect_sockets (get_adapter (self), target, close_connection);
}
