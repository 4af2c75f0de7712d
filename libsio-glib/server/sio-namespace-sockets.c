/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-broadcast-private.h"
#include "sio-namespace-private.h"

/**
 * sio_namespace_fetch_sockets_async:
 * @self: a namespace
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the sockets
 * @user_data: data for @callback
 *
 * Finds the sockets of the namespace, of other servers, too, if the adapter spans several.
 *
 * Since: 0.1
 */
void
sio_namespace_fetch_sockets_async (SioNamespace *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_fetch (self, target, self, cancellable, callback, user_data);
}

/**
 * sio_namespace_fetch_sockets_finish:
 * @self: a namespace
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.fetch_sockets_async].
 *
 * Returns: (transfer container) (element-type SioRemoteSocket): the sockets, or `NULL` with @error
 * set
 *
 * Since: 0.1
 */
GPtrArray *
sio_namespace_fetch_sockets_finish (SioNamespace *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return sio_sockets_fetch_finish (self, result, error);
}

/**
 * sio_namespace_sockets_join_async:
 * @self: a namespace
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Puts the sockets of the namespace into rooms.
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_namespace_sockets_join_async (SioNamespace *self,
                                  const char *const *rooms,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_join (self, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_namespace_sockets_join_finish:
 * @self: a namespace
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.sockets_join_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_namespace_sockets_join_finish (SioNamespace *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_namespace_sockets_leave_async:
 * @self: a namespace
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Takes the sockets of the namespace out of rooms.
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_namespace_sockets_leave_async (SioNamespace *self,
                                   const char *const *rooms,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_leave (self, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_namespace_sockets_leave_finish:
 * @self: a namespace
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.sockets_leave_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_namespace_sockets_leave_finish (SioNamespace *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_namespace_disconnect_sockets_async:
 * @self: a namespace
 * @close_connection: `TRUE` to close their connections, too
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Disconnects the sockets of the namespace; see [method@Sio.Socket.close].
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_namespace_disconnect_sockets_async (SioNamespace *self,
                                        gboolean close_connection,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_disconnect (self, target, close_connection, self, cancellable, callback, user_data);
}

/**
 * sio_namespace_disconnect_sockets_finish:
 * @self: a namespace
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.disconnect_sockets_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_namespace_disconnect_sockets_finish (SioNamespace *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_namespace_server_side_emit:
 * @self: a namespace
 * @event: name of the event; not `connect`, `connection` or `new_namespace`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to the other servers that share the namespace, whose
 * [signal@Sio.Namespace::server-event] is emitted. No client gets it.
 *
 * The in-memory adapter knows no other servers: it logs a warning, as other implementations do.
 *
 * Since: 0.1
 */
void
sio_namespace_server_side_emit (SioNamespace *self, const char *event, SioArgs *args)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (sio_server_event_check (event));

  sio_server_side_emit_run (self, event, args);
}

/**
 * sio_namespace_server_side_emit_with_ack_async:
 * @self: a namespace
 * @event: name of the event; not `connect`, `connection` or `new_namespace`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answers in ms, 0 for 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all have answered, or time is up
 * @user_data: data for @callback
 *
 * Sends an event to the other servers that share the namespace, and waits for their answers.
 *
 * Since: 0.1
 */
void
sio_namespace_server_side_emit_with_ack_async (SioNamespace *self,
                                               const char *event,
                                               SioArgs *args,
                                               guint timeout,
                                               GCancellable *cancellable,
                                               GAsyncReadyCallback callback,
                                               gpointer user_data)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (sio_server_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  sio_server_side_emit_run_with_ack (self, event, args, timeout, self, cancellable, callback,
                                     user_data);
}

/**
 * sio_namespace_server_side_emit_with_ack_finish:
 * @self: a namespace
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.server_side_emit_with_ack_async].
 *
 * Errors: `G_IO_ERROR_NOT_SUPPORTED` if the adapter knows no other servers, like that in memory;
 * `G_IO_ERROR_CANCELLED`. That some did not answer in time is told by
 * [method@Sio.Responses.get_error].
 *
 * Returns: (transfer full): the answers, maybe none, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioResponses *
sio_namespace_server_side_emit_with_ack_finish (SioNamespace *self,
                                                GAsyncResult *result,
                                                GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return sio_server_side_emit_run_finish (self, result, error);
}
