/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "loop-adapter.h"

struct _LoopAdapter
{
  SioMemoryAdapter parent_instance;

  gboolean deaf;
};

G_DEFINE_FINAL_TYPE (LoopAdapter, loop_adapter, SIO_TYPE_MEMORY_ADAPTER)

#define LOCAL SIO_ADAPTER_CLASS (loop_adapter_parent_class)

static GPtrArray *adapters; /* all of them, not references */

static GPtrArray *
list_others (SioAdapter *self)
{
  const char *name = sio_namespace_get_name (sio_adapter_get_namespace (self));
  GPtrArray *others = g_ptr_array_new ();

  for (guint i = 0; i < adapters->len; i++)
    {
      SioAdapter *other = adapters->pdata[i];
      SioNamespace *ns = sio_adapter_get_namespace (other);

      if (other != self && ns != NULL && g_str_equal (sio_namespace_get_name (ns), name))
        g_ptr_array_add (others, other);
    }
  return others;
}

static gboolean
is_local (SioTarget *target)
{
  return (sio_target_get_flags (target) & SIO_EMIT_LOCAL) != 0;
}

/* As it would come out of the network. */
static SioPacket *
copy_packet (SioPacket *packet)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_packet_to_args (packet);
  SioPacket *copy = sio_packet_new_from_args (sio_packet_get_namespace (packet), args, &error);

  g_assert_no_error (error);
  return copy;
}

static void
loop_adapter_broadcast (SioAdapter *adapter, SioPacket *packet, SioTarget *target)
{
  g_autoptr (GPtrArray) others = list_others (adapter);
  g_autoptr (SioPacket) copy = copy_packet (packet);

  LOCAL->broadcast (adapter, packet, target);
  for (guint i = 0; i < others->len && !is_local (target); i++)
    LOCAL->broadcast (others->pdata[i], copy, target);
}

typedef struct
{
  guint ref_count;
  SioClientCountFunc count_func;
  SioAckFunc ack_func;
  gpointer user_data;
  GDestroyNotify destroy;
} Request;

static void
count_cb (guint n, gpointer user_data)
{
  Request *request = user_data;

  request->count_func (n, request->user_data);
}

static void
ack_cb (SioArgs *args, gpointer user_data)
{
  Request *request = user_data;

  request->ack_func (args, request->user_data);
}

static void
request_unref (gpointer data)
{
  Request *request = data;

  if (--request->ref_count > 0)
    return;
  request->destroy (request->user_data);
  g_free (request);
}

static void
loop_adapter_broadcast_with_ack (SioAdapter *adapter,
                                 SioPacket *packet,
                                 SioTarget *target,
                                 SioClientCountFunc count_func,
                                 SioAckFunc ack_func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_autoptr (GPtrArray) others = list_others (adapter);
  g_autoptr (SioPacket) copy = copy_packet (packet);
  Request *request = g_new0 (Request, 1);

  if (is_local (target))
    g_ptr_array_set_size (others, 0);
  request->ref_count = others->len + 1;
  request->count_func = count_func;
  request->ack_func = ack_func;
  request->user_data = user_data;
  request->destroy = destroy;
  for (guint i = 0; i < others->len; i++)
    {
      if (LOOP_ADAPTER (others->pdata[i])->deaf)
        request_unref (request);
      else
        LOCAL->broadcast_with_ack (others->pdata[i], copy, target, count_cb, ack_cb, request,
                                   request_unref);
    }
  LOCAL->broadcast_with_ack (adapter, packet, target, count_cb, ack_cb, request, request_unref);
}

typedef struct
{
  SioNamespace *ns;
  GPtrArray *sockets;
} Fetch;

static void
fetch_own_cb (SioSocket *socket, gpointer user_data)
{
  Fetch *fetch = user_data;

  g_ptr_array_add (fetch->sockets, sio_remote_socket_new_for_socket (socket));
}

static void
fetch_other_cb (SioSocket *socket, gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (JsonNode) handshake = sio_handshake_to_json_node (sio_socket_get_handshake (socket));
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);

  g_ptr_array_add (fetch->sockets, sio_remote_socket_new (fetch->ns, sio_socket_get_id (socket),
                                                          handshake, (const char *const *) rooms,
                                                          sio_socket_get_data (socket)));
}

static void
loop_adapter_fetch_sockets_async (SioAdapter *adapter,
                                  SioTarget *target,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (adapter, cancellable, callback, user_data);
  g_autoptr (GPtrArray) others = list_others (adapter);
  Fetch fetch = { sio_adapter_get_namespace (adapter),
                  g_ptr_array_new_with_free_func (g_object_unref) };

  LOCAL->foreach_socket (adapter, target, fetch_own_cb, &fetch);
  for (guint i = 0; i < others->len && !is_local (target); i++)
    {
      if (LOOP_ADAPTER (others->pdata[i])->deaf)
        {
          g_ptr_array_unref (fetch.sockets);
          g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_TIMEOUT, "a server does not answer");
          return;
        }
      LOCAL->foreach_socket (others->pdata[i], target, fetch_other_cb, &fetch);
    }
  g_task_return_pointer (task, fetch.sockets, (GDestroyNotify) g_ptr_array_unref);
}

static GPtrArray *
loop_adapter_fetch_sockets_finish (SioAdapter *adapter, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
loop_adapter_add_sockets_async (SioAdapter *adapter,
                                SioTarget *target,
                                const char *const *rooms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GPtrArray) others = list_others (adapter);

  for (guint i = 0; i < others->len && !is_local (target); i++)
    LOCAL->add_sockets_async (others->pdata[i], target, rooms, NULL, NULL, NULL);
  LOCAL->add_sockets_async (adapter, target, rooms, cancellable, callback, user_data);
}

static void
loop_adapter_del_sockets_async (SioAdapter *adapter,
                                SioTarget *target,
                                const char *const *rooms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GPtrArray) others = list_others (adapter);

  for (guint i = 0; i < others->len && !is_local (target); i++)
    LOCAL->del_sockets_async (others->pdata[i], target, rooms, NULL, NULL, NULL);
  LOCAL->del_sockets_async (adapter, target, rooms, cancellable, callback, user_data);
}

static void
loop_adapter_disconnect_sockets_async (SioAdapter *adapter,
                                       SioTarget *target,
                                       gboolean close_connection,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autoptr (GPtrArray) others = list_others (adapter);

  for (guint i = 0; i < others->len && !is_local (target); i++)
    LOCAL->disconnect_sockets_async (others->pdata[i], target, close_connection, NULL, NULL, NULL);
  LOCAL->disconnect_sockets_async (adapter, target, close_connection, cancellable, callback,
                                   user_data);
}

static void
loop_adapter_server_count_async (SioAdapter *adapter,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (adapter, cancellable, callback, user_data);
  g_autoptr (GPtrArray) others = list_others (adapter);

  g_task_return_int (task, others->len + 1);
}

/* Answers of other servers to one event. */
typedef struct
{
  GTask *task; /* NULL once it has returned */
  GPtrArray *answers;
  guint n_expected;
  guint n_events; /* that may still answer */
  GSource *timeout;
} Answers;

static void
answers_free (Answers *answers)
{
  g_ptr_array_unref (answers->answers);
  g_free (answers);
}

static void
answers_return (Answers *answers, const GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&answers->task);

  g_source_destroy (answers->timeout);
  g_source_unref (answers->timeout);
  g_task_return_pointer (task, sio_responses_new (answers->answers, answers->n_expected, error),
                         (GDestroyNotify) sio_responses_unref);
}

static gboolean
answers_timeout_cb (gpointer user_data)
{
  Answers *answers = user_data;
  g_autoptr (GError) error = g_error_new_literal (SIO_ERROR, SIO_ERROR_TIMEOUT, "timeout reached");

  answers_return (answers, error);
  if (answers->n_events == 0)
    answers_free (answers);
  return G_SOURCE_REMOVE;
}

static void
answer_cb (SioArgs *args, gpointer user_data)
{
  Answers *answers = user_data;

  if (answers->task == NULL)
    return;
  g_ptr_array_add (answers->answers, sio_args_ref (args));
  if (answers->answers->len == answers->n_expected)
    answers_return (answers, NULL);
}

static void
event_gone (gpointer data)
{
  Answers *answers = data;

  if (--answers->n_events == 0 && answers->task == NULL)
    answers_free (answers);
}

static void
loop_adapter_server_side_emit_async (SioAdapter *adapter,
                                     const char *event,
                                     SioArgs *args,
                                     gboolean wants_replies,
                                     guint timeout,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (adapter, cancellable, callback, user_data);
  g_autoptr (GPtrArray) others = list_others (adapter);
  Answers *answers;

  if (!wants_replies || others->len == 0)
    {
      for (guint i = 0; i < others->len; i++)
        {
          g_autoptr (SioServerEvent) copy =
              sio_server_event_new (event, sio_args_ref (args), NULL, NULL, NULL);

          sio_adapter_receive_server_event (others->pdata[i], copy);
        }
      g_task_return_pointer (task, sio_responses_new (NULL, 0, NULL),
                             (GDestroyNotify) sio_responses_unref);
      return;
    }

  answers = g_new0 (Answers, 1);
  answers->task = g_object_ref (task);
  answers->answers = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_args_unref);
  answers->n_expected = others->len;
  answers->n_events = others->len;
  answers->timeout = g_timeout_source_new (timeout);
  g_source_set_callback (answers->timeout, answers_timeout_cb, answers, NULL);
  g_source_attach (answers->timeout, NULL);
  for (guint i = 0; i < others->len; i++)
    {
      g_autoptr (SioServerEvent) copy =
          sio_server_event_new (event, sio_args_ref (args), answer_cb, answers, event_gone);

      sio_adapter_receive_server_event (others->pdata[i], copy);
    }
}

static SioResponses *
loop_adapter_server_side_emit_finish (SioAdapter *adapter, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
loop_adapter_constructed (GObject *object)
{
  G_OBJECT_CLASS (loop_adapter_parent_class)->constructed (object);

  g_ptr_array_add (adapters, object);
}

static void
loop_adapter_dispose (GObject *object)
{
  g_ptr_array_remove (adapters, object);

  G_OBJECT_CLASS (loop_adapter_parent_class)->dispose (object);
}

static void
loop_adapter_class_init (LoopAdapterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  SioAdapterClass *adapter_class = SIO_ADAPTER_CLASS (klass);

  object_class->constructed = loop_adapter_constructed;
  object_class->dispose = loop_adapter_dispose;
  adapter_class->broadcast = loop_adapter_broadcast;
  adapter_class->broadcast_with_ack = loop_adapter_broadcast_with_ack;
  adapter_class->fetch_sockets_async = loop_adapter_fetch_sockets_async;
  adapter_class->fetch_sockets_finish = loop_adapter_fetch_sockets_finish;
  adapter_class->add_sockets_async = loop_adapter_add_sockets_async;
  adapter_class->del_sockets_async = loop_adapter_del_sockets_async;
  adapter_class->disconnect_sockets_async = loop_adapter_disconnect_sockets_async;
  adapter_class->server_count_async = loop_adapter_server_count_async;
  adapter_class->server_side_emit_async = loop_adapter_server_side_emit_async;
  adapter_class->server_side_emit_finish = loop_adapter_server_side_emit_finish;
  adapters = g_ptr_array_new ();
}

static void
loop_adapter_init (LoopAdapter *self)
{
}

void
loop_adapter_set_deaf (LoopAdapter *self, gboolean deaf)
{
  self->deaf = deaf;
}
