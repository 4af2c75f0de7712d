/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-parent-adapter-private.h"

#include "sio-namespace-private.h"
#include "sio-packet-private.h"

struct _SioParentAdapter
{
  SioAdapter parent_instance;
};

G_DEFINE_FINAL_TYPE (SioParentAdapter, sio_parent_adapter, SIO_TYPE_ADAPTER)

/* (transfer full): a copy, because handlers may add and remove some. */
static GPtrArray *
list_adapters (SioAdapter *self)
{
  SioNamespace *ns = sio_adapter_get_namespace (self);
  GPtrArray *adapters = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; ns != NULL && i < ns->children->len; i++)
    g_ptr_array_add (
        adapters, g_object_ref (sio_namespace_get_adapter (g_ptr_array_index (ns->children, i))));
  return adapters;
}

/* The same event for another namespace: encoded once for each of them. */
static SioPacket *
make_packet (SioAdapter *adapter, SioArgs *args)
{
  SioNamespace *ns = sio_adapter_get_namespace (adapter);
  SioContent content;

  if (ns == NULL)
    return NULL;
  sio_content_init_list (&content, args);
  return sio_packet_new_content (sio_namespace_get_parser (ns), sio_namespace_get_name (ns),
                                 &content);
}

static void
sio_parent_adapter_broadcast (SioAdapter *self, SioPacket *packet, SioTarget *target)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  g_autoptr (SioArgs) args = sio_packet_to_args (packet);

  for (guint i = 0; i < adapters->len; i++)
    {
      SioAdapter *adapter = g_ptr_array_index (adapters, i);
      g_autoptr (SioPacket) own = make_packet (adapter, args);

      if (own != NULL)
        sio_adapter_broadcast (adapter, own, target);
    }
}

/* What the children report goes to whoever asked the parent. */
typedef struct
{
  guint ref_count;
  guint n_clients;
  SioAckFunc ack_func;
  gpointer user_data;
  GDestroyNotify destroy;
} Gathering;

static void
gathering_unref (gpointer data)
{
  Gathering *gathering = data;

  if (--gathering->ref_count > 0)
    return;
  if (gathering->destroy != NULL)
    gathering->destroy (gathering->user_data);
  g_free (gathering);
}

static void
count_cb (guint n_clients, gpointer user_data)
{
  ((Gathering *) user_data)->n_clients += n_clients;
}

static void
ack_cb (SioArgs *args, gpointer user_data)
{
  Gathering *gathering = user_data;

  gathering->ack_func (args, gathering->user_data);
}

static void
sio_parent_adapter_broadcast_with_ack (SioAdapter *self,
                                       SioPacket *packet,
                                       SioTarget *target,
                                       SioClientCountFunc count_func,
                                       SioAckFunc ack_func,
                                       gpointer user_data,
                                       GDestroyNotify destroy)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  g_autoptr (SioArgs) args = sio_packet_to_args (packet);
  Gathering *gathering = g_new0 (Gathering, 1);

  *gathering = (Gathering){
    .ref_count = 1, .ack_func = ack_func, .user_data = user_data, .destroy = destroy
  };
  for (guint i = 0; i < adapters->len; i++)
    {
      SioAdapter *adapter = g_ptr_array_index (adapters, i);
      g_autoptr (SioPacket) own = make_packet (adapter, args);

      if (own == NULL)
        continue;
      gathering->ref_count++;
      sio_adapter_broadcast_with_ack (adapter, own, target, count_cb, ack_cb, gathering,
                                      gathering_unref);
    }
  count_func (gathering->n_clients, user_data);
  gathering_unref (gathering);
}

static void
sio_parent_adapter_foreach_socket (SioAdapter *self,
                                   SioTarget *target,
                                   SioSocketFunc func,
                                   gpointer user_data)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);

  for (guint i = 0; i < adapters->len; i++)
    sio_adapter_foreach_socket (g_ptr_array_index (adapters, i), target, func, user_data);
}

static char **
sio_parent_adapter_list_rooms (SioAdapter *self)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  char **list;

  for (guint i = 0; i < adapters->len; i++)
    {
      g_auto (GStrv) rooms = sio_adapter_list_rooms (g_ptr_array_index (adapters, i));

      for (guint j = 0; rooms[j] != NULL; j++)
        g_hash_table_add (names, g_strdup (rooms[j]));
    }
  list = (char **) g_hash_table_get_keys_as_array (names, NULL);
  g_hash_table_steal_all (names);
  return list;
}

static guint
sio_parent_adapter_get_room_size (SioAdapter *self, const char *room)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  guint n = 0;

  for (guint i = 0; i < adapters->len; i++)
    n += sio_adapter_get_room_size (g_ptr_array_index (adapters, i), room);
  return n;
}

/* As in JavaScript: what sockets would be called by their ids alone is not clear. */
static void
sio_parent_adapter_fetch_sockets_async (SioAdapter *self,
                                        SioTarget *target,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_task_report_new_error (self, callback, user_data, sio_parent_adapter_fetch_sockets_async,
                           G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "Sockets cannot be fetched from a parent namespace: ask its children");
}

static GPtrArray *
sio_parent_adapter_fetch_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Changes in all children: done when the last one is. */
typedef struct
{
  guint n_pending;
  gboolean (*finish) (SioAdapter *adapter, GAsyncResult *result, GError **error);
  GError *error; /* the first */
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_clear_error (&change->error);
  g_free (change);
}

static GTask *
change_new (SioAdapter *self,
            gboolean (*finish) (SioAdapter *adapter, GAsyncResult *result, GError **error),
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Change *change = g_new0 (Change, 1);

  g_task_set_source_tag (task, change_new);
  g_task_set_name (task, "[sio] change sockets of all children");
  change->n_pending = 1; /* whoever begins it */
  change->finish = finish;
  g_task_set_task_data (task, change, change_free);
  return task;
}

/* One of them is done; takes the reference to @task. */
static void
change_done (GTask *task, GError *error)
{
  g_autoptr (GTask) own_task = task;
  Change *change = g_task_get_task_data (task);

  if (error != NULL && change->error == NULL)
    change->error = g_steal_pointer (&error);
  g_clear_error (&error);
  if (--change->n_pending > 0)
    return;
  if (change->error != NULL)
    g_task_return_error (task, g_steal_pointer (&change->error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Change *change = g_task_get_task_data (user_data);
  GError *error = NULL;

  change->finish (SIO_ADAPTER (source), result, &error);
  change_done (user_data, error);
}

/* For one child more. */
static GTask *
change_ref (GTask *task)
{
  Change *change = g_task_get_task_data (task);

  change->n_pending++;
  return g_object_ref (task);
}

static void
sio_parent_adapter_add_sockets_async (SioAdapter *self,
                                      SioTarget *target,
                                      const char *const *rooms,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  GTask *task = change_new (self, sio_adapter_add_sockets_finish, cancellable, callback, user_data);

  for (guint i = 0; i < adapters->len; i++)
    sio_adapter_add_sockets_async (g_ptr_array_index (adapters, i), target, rooms, cancellable,
                                   changed_cb, change_ref (task));
  change_done (task, NULL);
}

static void
sio_parent_adapter_del_sockets_async (SioAdapter *self,
                                      SioTarget *target,
                                      const char *const *rooms,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  GTask *task = change_new (self, sio_adapter_del_sockets_finish, cancellable, callback, user_data);

  for (guint i = 0; i < adapters->len; i++)
    sio_adapter_del_sockets_async (g_ptr_array_index (adapters, i), target, rooms, cancellable,
                                   changed_cb, change_ref (task));
  change_done (task, NULL);
}

static void
sio_parent_adapter_disconnect_sockets_async (SioAdapter *self,
                                             SioTarget *target,
                                             gboolean close_connection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  GTask *task =
      change_new (self, sio_adapter_disconnect_sockets_finish, cancellable, callback, user_data);

  for (guint i = 0; i < adapters->len; i++)
    sio_adapter_disconnect_sockets_async (g_ptr_array_index (adapters, i), target, close_connection,
                                          cancellable, changed_cb, change_ref (task));
  change_done (task, NULL);
}

static gboolean
sio_parent_adapter_change_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static GPtrArray *
sio_parent_adapter_list_room_sockets (SioAdapter *self, const char *room)
{
  g_autoptr (GPtrArray) adapters = list_adapters (self);
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < adapters->len; i++)
    g_ptr_array_extend_and_steal (
        sockets, sio_adapter_list_room_sockets (g_ptr_array_index (adapters, i), room));
  return sockets;
}

/* A parent has no sockets of its own: nobody calls these. */
static void
sio_parent_adapter_add_all (SioAdapter *self, SioSocket *socket, const char *const *rooms)
{
}

static void
sio_parent_adapter_del (SioAdapter *self, SioSocket *socket, const char *room)
{
}

static void
sio_parent_adapter_del_all (SioAdapter *self, SioSocket *socket)
{
}

static char **
sio_parent_adapter_list_socket_rooms (SioAdapter *self, SioSocket *socket)
{
  return g_new0 (char *, 1);
}

static void
sio_parent_adapter_class_init (SioParentAdapterClass *klass)
{
  SioAdapterClass *adapter_class = SIO_ADAPTER_CLASS (klass);

  adapter_class->add_all = sio_parent_adapter_add_all;
  adapter_class->del = sio_parent_adapter_del;
  adapter_class->del_all = sio_parent_adapter_del_all;
  adapter_class->broadcast = sio_parent_adapter_broadcast;
  adapter_class->broadcast_with_ack = sio_parent_adapter_broadcast_with_ack;
  adapter_class->foreach_socket = sio_parent_adapter_foreach_socket;
  adapter_class->list_socket_rooms = sio_parent_adapter_list_socket_rooms;
  adapter_class->list_rooms = sio_parent_adapter_list_rooms;
  adapter_class->get_room_size = sio_parent_adapter_get_room_size;
  adapter_class->fetch_sockets_async = sio_parent_adapter_fetch_sockets_async;
  adapter_class->fetch_sockets_finish = sio_parent_adapter_fetch_sockets_finish;
  adapter_class->list_room_sockets = sio_parent_adapter_list_room_sockets;
  adapter_class->add_sockets_async = sio_parent_adapter_add_sockets_async;
  adapter_class->add_sockets_finish = sio_parent_adapter_change_finish;
  adapter_class->del_sockets_async = sio_parent_adapter_del_sockets_async;
  adapter_class->del_sockets_finish = sio_parent_adapter_change_finish;
  adapter_class->disconnect_sockets_async = sio_parent_adapter_disconnect_sockets_async;
  adapter_class->disconnect_sockets_finish = sio_parent_adapter_change_finish;
}

static void
sio_parent_adapter_init (SioParentAdapter *self)
{
}
