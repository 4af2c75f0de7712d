/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-adapter-private.h"
#include "sio-recovery.h"
#include "sio-socket.h"

/* An adapter that knows nothing of recovery keeps nothing, and every client is a new one. */

static void
sio_adapter_real_persist_session (SioAdapter *self, SioSocket *socket, SioRecoveryState *state)
{
}

static void
sio_adapter_real_restore_session_async (SioAdapter *self,
                                        const char *pid,
                                        const char *offset,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_adapter_restore_session_async);
  g_task_return_new_error (task, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_UNSUPPORTED,
                           "%s keeps no sessions", G_OBJECT_TYPE_NAME (self));
}

static SioRecoveryState *
sio_adapter_real_restore_session_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GPtrArray *
sio_adapter_real_list_missed (SioAdapter *self, SioRecoveryState *state, GError **error)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) sio_packet_unref);
}

void
sio_adapter_class_init_recovery (SioAdapterClass *klass)
{
  klass->persist_session = sio_adapter_real_persist_session;
  klass->restore_session_async = sio_adapter_real_restore_session_async;
  klass->restore_session_finish = sio_adapter_real_restore_session_finish;
  klass->list_missed = sio_adapter_real_list_missed;
}

/**
 * sio_adapter_persist_session: (virtual persist_session)
 * @self: an adapter
 * @socket: a socket whose client lost its connection; it is still in its rooms
 * @state: what to keep
 *
 * Keeps what is left of a socket for the time that its client may come back.
 *
 * Since: 0.1
 */
void
sio_adapter_persist_session (SioAdapter *self, SioSocket *socket, SioRecoveryState *state)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (SIO_IS_SOCKET (socket));
  g_return_if_fail (state != NULL);

  SIO_ADAPTER_GET_CLASS (self)->persist_session (self, socket, state);
}

/**
 * sio_adapter_restore_session_async: (virtual restore_session_async)
 * @self: an adapter
 * @pid: the secret that a client shows, as it came
 * @offset: (nullable): offset of the last event that the client says it received, as it came;
 *   `NULL` if it says that there was none
 * @cancellable: (nullable): stops it
 * @callback: (scope async) (closure user_data): called with the session
 * @user_data: data for @callback
 *
 * Finds the session of a client that came back.
 *
 * Since: 0.1
 */
void
sio_adapter_restore_session_async (SioAdapter *self,
                                   const char *pid,
                                   const char *offset,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (pid != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->restore_session_async (self, pid, offset, cancellable, callback,
                                                       user_data);
}

/**
 * sio_adapter_restore_session_finish: (virtual restore_session_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.restore_session_async].
 *
 * Errors: those of [error@Sio.RecoveryError].
 *
 * Returns: (transfer full): the session, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioRecoveryState *
sio_adapter_restore_session_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return SIO_ADAPTER_GET_CLASS (self)->restore_session_finish (self, result, error);
}

/**
 * sio_adapter_list_missed: (virtual list_missed)
 * @self: an adapter
 * @state: what [method@Sio.Adapter.restore_session_finish] returned
 * @error: return location for an error
 *
 * Lists the packets that the client of a restored session has not got, in order. Its socket is
 * connected next, so that it gets the following ones as all sockets do.
 *
 * Errors: those of [error@Sio.RecoveryError].
 *
 * Returns: (transfer container) (element-type SioPacket): packets with their offsets, or `NULL`
 *   with @error set
 *
 * Since: 0.1
 */
GPtrArray *
sio_adapter_list_missed (SioAdapter *self, SioRecoveryState *state, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);
  g_return_val_if_fail (state != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return SIO_ADAPTER_GET_CLASS (self)->list_missed (self, state, error);
}
