/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-args-private.h"
#include "sio-broadcast-private.h"
#include "sio-namespace-private.h"

/* What servers, namespaces and broadcasts ask of the adapter, with a task of their own: the
 * adapter's has another source object. */

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

void
sio_sockets_fetch (SioNamespace *ns,
                   SioTarget *target,
                   gpointer source,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_sockets_fetch);
  g_task_set_name (task, "[sio] fetch sockets");
  sio_adapter_fetch_sockets_async (sio_namespace_get_adapter (ns), target, cancellable, fetched_cb,
                                   task);
}

GPtrArray *
sio_sockets_fetch_finish (gpointer source, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
return_changed (GTask *task, gboolean changed, GError *error)
{
  if (changed)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean changed = sio_adapter_add_sockets_finish (SIO_ADAPTER (source), result, &error);

  return_changed (user_data, changed, error);
}

void
sio_sockets_join (SioNamespace *ns,
                  SioTarget *target,
                  const char *const *rooms,
                  gpointer source,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_sockets_join);
  g_task_set_name (task, "[sio] sockets join");
  sio_adapter_add_sockets_async (sio_namespace_get_adapter (ns), target, rooms, cancellable,
                                 joined_cb, task);
}

static void
left_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean changed = sio_adapter_del_sockets_finish (SIO_ADAPTER (source), result, &error);

  return_changed (user_data, changed, error);
}

void
sio_sockets_leave (SioNamespace *ns,
                   SioTarget *target,
                   const char *const *rooms,
                   gpointer source,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_sockets_leave);
  g_task_set_name (task, "[sio] sockets leave");
  sio_adapter_del_sockets_async (sio_namespace_get_adapter (ns), target, rooms, cancellable,
                                 left_cb, task);
}

static void
disconnected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean changed = sio_adapter_disconnect_sockets_finish (SIO_ADAPTER (source), result, &error);

  return_changed (user_data, changed, error);
}

void
sio_sockets_disconnect (SioNamespace *ns,
                        SioTarget *target,
                        gboolean close_connection,
                        gpointer source,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_sockets_disconnect);
  g_task_set_name (task, "[sio] disconnect sockets");
  sio_adapter_disconnect_sockets_async (sio_namespace_get_adapter (ns), target, close_connection,
                                        cancellable, disconnected_cb, task);
}

gboolean
sio_sockets_change_finish (gpointer source, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
emitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioResponses) responses =
      sio_adapter_server_side_emit_finish (SIO_ADAPTER (source), result, &error);

  if (responses == NULL)
    g_warning ("Cannot emit to other servers: %s", error->message);
}

void
sio_server_side_emit_run (SioNamespace *ns, const char *event, SioArgs *args)
{
  g_autoptr (SioArgs) own_args = args != NULL ? args : sio_args_new_raw ("", 0, NULL);

  sio_adapter_server_side_emit_async (sio_namespace_get_adapter (ns), event, own_args, FALSE, 0,
                                      NULL, emitted_cb, NULL);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  SioResponses *responses =
      sio_adapter_server_side_emit_finish (SIO_ADAPTER (source), result, &error);

  if (responses == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, responses, (GDestroyNotify) sio_responses_unref);
}

void
sio_server_side_emit_run_with_ack (SioNamespace *ns,
                                   const char *event,
                                   SioArgs *args,
                                   guint timeout,
                                   gpointer source,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (SioArgs) own_args = args != NULL ? args : sio_args_new_raw ("", 0, NULL);
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_task_set_source_tag (task, sio_server_side_emit_run_with_ack);
  g_task_set_name (task, "[sio] server side emit");
  sio_adapter_server_side_emit_async (sio_namespace_get_adapter (ns), event, own_args, TRUE,
                                      timeout > 0 ? timeout : SIO_BROADCAST_TIMEOUT_MS, cancellable,
                                      answered_cb, task);
}

SioResponses *
sio_server_side_emit_run_finish (gpointer source, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
