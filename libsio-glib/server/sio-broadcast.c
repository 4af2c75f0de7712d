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

static void
add_names (GPtrArray **names, const char *const *more)
{
  for (guint i = 0; more[i] != NULL; i++)
    add_name (names, more[i]);
}

/**
 * sio_broadcast_to_rooms:
 * @self: a broadcast; released if it is floating
 * @rooms: (array zero-terminated=1): names of rooms; an empty list adds none
 *
 * Adds rooms. Sockets in any of the rooms are meant; without any room it is the whole namespace.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_to_rooms (SioBroadcast *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (rooms != NULL, NULL);

  self = derive (self);
  add_names (&self->rooms, rooms);
  return self;
}

/**
 * sio_broadcast_except_rooms:
 * @self: a broadcast; released if it is floating
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Excludes the sockets of rooms.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_broadcast_except_rooms (SioBroadcast *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (rooms != NULL, NULL);

  self = derive (self);
  add_names (&self->except, rooms);
  return self;
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
 * @compress: `FALSE` to send it as it is
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
  packet = sio_packet_new_content (sio_namespace_get_parser (self->ns),
                                   sio_namespace_get_name (self->ns), content);
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
 * There always is a limit to the time, because clients that disconnect never answer.
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
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.emit_with_ack_async].
 *
 * Errors: `G_IO_ERROR_CANCELLED`, or what an adapter that spans several processes reports. That
 * some clients did not answer is not an error here, because the answers of the others would get
 * lost: see [method@Sio.Responses.get_error].
 *
 * Returns: (transfer full): the answers, maybe none, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioResponses *
sio_broadcast_emit_with_ack_finish (SioBroadcast *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sio_broadcast_fetch_sockets_async:
 * @self: a broadcast; released if it is floating
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the sockets
 * @user_data: data for @callback
 *
 * Finds the matching sockets, of other servers, too, if the adapter spans several.
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

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  own_self = g_object_ref_sink (self);
  target = make_target (self, self->timeout);
  sio_sockets_fetch (self->ns, target, self, cancellable, callback, user_data);
}

/**
 * sio_broadcast_fetch_sockets_finish:
 * @self: a broadcast
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.fetch_sockets_async].
 *
 * Returns: (transfer container) (element-type SioRemoteSocket): the sockets, or `NULL` with @error
 * set
 *
 * Since: 0.1
 */
GPtrArray *
sio_broadcast_fetch_sockets_finish (SioBroadcast *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return sio_sockets_fetch_finish (self, result, error);
}

/**
 * sio_broadcast_sockets_join_async:
 * @self: a broadcast; released if it is floating
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Puts the matching sockets into rooms.
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_broadcast_sockets_join_async (SioBroadcast *self,
                                  const char *const *rooms,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  own_self = g_object_ref_sink (self);
  target = make_target (self, self->timeout);
  sio_sockets_join (self->ns, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_broadcast_sockets_join_finish:
 * @self: a broadcast
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.sockets_join_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_broadcast_sockets_join_finish (SioBroadcast *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_broadcast_sockets_leave_async:
 * @self: a broadcast; released if it is floating
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Takes the matching sockets out of rooms.
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_broadcast_sockets_leave_async (SioBroadcast *self,
                                   const char *const *rooms,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  own_self = g_object_ref_sink (self);
  target = make_target (self, self->timeout);
  sio_sockets_leave (self->ns, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_broadcast_sockets_leave_finish:
 * @self: a broadcast
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.sockets_leave_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_broadcast_sockets_leave_finish (SioBroadcast *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_broadcast_disconnect_sockets_async:
 * @self: a broadcast; released if it is floating
 * @close_connection: `TRUE` to close their connections, too
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Disconnects the matching sockets; see [method@Sio.Socket.close].
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_broadcast_disconnect_sockets_async (SioBroadcast *self,
                                        gboolean close_connection,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (SioBroadcast) own_self = NULL;
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_BROADCAST (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  own_self = g_object_ref_sink (self);
  target = make_target (self, self->timeout);
  sio_sockets_disconnect (self->ns, target, close_connection, self, cancellable, callback,
                          user_data);
}

/**
 * sio_broadcast_disconnect_sockets_finish:
 * @self: a broadcast
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Broadcast.disconnect_sockets_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_broadcast_disconnect_sockets_finish (SioBroadcast *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_BROADCAST (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}
