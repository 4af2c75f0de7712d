/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-adapter-private.h"
#include "sio-adapter.h"
#include "sio-socket.h"

/* What matters with several processes, or when connections come back. An adapter that knows
 * nothing of it counts one server and keeps nothing. */

static void
return_not_supported (SioAdapter *self,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data,
                      gpointer tag)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s knows no other servers",
                           G_OBJECT_TYPE_NAME (self));
}

static void
collect (SioSocket *socket, gpointer user_data)
{
  g_ptr_array_add (user_data, g_object_ref (socket));
}

static GPtrArray *
sio_adapter_real_list_room_sockets (SioAdapter *self, const char *room)
{
  const char *rooms[] = { room, NULL };
  g_autoptr (SioTarget) target = sio_target_new (rooms, NULL, SIO_EMIT_NONE, 0);
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  sio_adapter_foreach_socket (self, target, collect, sockets);
  return sockets;
}

static void
sio_adapter_real_server_count_async (SioAdapter *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_adapter_server_count_async);
  g_task_return_int (task, 1);
}

static guint
sio_adapter_real_server_count_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  gssize n = g_task_propagate_int (G_TASK (result), error);

  return n < 0 ? 0 : (guint) n;
}

static void
sio_adapter_real_server_side_emit_async (SioAdapter *self,
                                         const char *event,
                                         SioArgs *args,
                                         gboolean wants_replies,
                                         guint timeout,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  return_not_supported (self, cancellable, callback, user_data, sio_adapter_server_side_emit_async);
}

static SioResponses *
sio_adapter_real_server_side_emit_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
sio_adapter_real_close_async (SioAdapter *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_adapter_close_async);
  g_task_return_boolean (task, TRUE);
}

static gboolean
sio_adapter_real_close_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
sio_adapter_class_init_defaults (SioAdapterClass *klass)
{
  klass->list_room_sockets = sio_adapter_real_list_room_sockets;
  klass->server_count_async = sio_adapter_real_server_count_async;
  klass->server_count_finish = sio_adapter_real_server_count_finish;
  klass->server_side_emit_async = sio_adapter_real_server_side_emit_async;
  klass->server_side_emit_finish = sio_adapter_real_server_side_emit_finish;
  klass->close_async = sio_adapter_real_close_async;
  klass->close_finish = sio_adapter_real_close_finish;
}

/**
 * sio_adapter_server_count_async: (virtual server_count_async)
 * @self: an adapter
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the number
 * @user_data: data for @callback
 *
 * Counts the servers that share the namespace, this one included.
 *
 * Since: 0.1
 */
void
sio_adapter_server_count_async (SioAdapter *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->server_count_async (self, cancellable, callback, user_data);
}

/**
 * sio_adapter_server_count_finish: (virtual server_count_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.server_count_async].
 *
 * Returns: how many there are, or 0 with @error set
 *
 * Since: 0.1
 */
guint
sio_adapter_server_count_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  return SIO_ADAPTER_GET_CLASS (self)->server_count_finish (self, result, error);
}

/**
 * sio_adapter_server_side_emit_async: (virtual server_side_emit_async)
 * @self: an adapter
 * @event: name of the event
 * @args: (transfer none): arguments, maybe none
 * @wants_replies: whether to wait for answers
 * @timeout: how long to wait for them in ms
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Sends an event to the other servers that share the namespace.
 *
 * Since: 0.1
 */
void
sio_adapter_server_side_emit_async (SioAdapter *self,
                                    const char *event,
                                    SioArgs *args,
                                    gboolean wants_replies,
                                    guint timeout,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (event != NULL);
  g_return_if_fail (args != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->server_side_emit_async (self, event, args, wants_replies, timeout,
                                                        cancellable, callback, user_data);
}

/**
 * sio_adapter_server_side_emit_finish: (virtual server_side_emit_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.server_side_emit_async].
 *
 * Errors: `G_IO_ERROR_NOT_SUPPORTED` if the adapter knows no other servers.
 *
 * Returns: (transfer full): the answers, none if none were wanted, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioResponses *
sio_adapter_server_side_emit_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return SIO_ADAPTER_GET_CLASS (self)->server_side_emit_finish (self, result, error);
}

/**
 * sio_adapter_close_async: (virtual close_async)
 * @self: an adapter
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when it is closed
 * @user_data: data for @callback
 *
 * Releases what the adapter holds outside of the process.
 *
 * Since: 0.1
 */
void
sio_adapter_close_async (SioAdapter *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->close_async (self, cancellable, callback, user_data);
}

/**
 * sio_adapter_close_finish: (virtual close_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.close_async].
 *
 * Returns: `TRUE` if it is closed
 *
 * Since: 0.1
 */
gboolean
sio_adapter_close_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return SIO_ADAPTER_GET_CLASS (self)->close_finish (self, result, error);
}
