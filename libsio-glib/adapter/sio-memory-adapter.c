/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-memory-adapter.h"

#include "sio-adapter-private.h"
#include "sio-broadcast-private.h"
#include "sio-namespace-private.h"
#include "sio-recovery-store-private.h"
#include "sio-remote-socket.h"
#include "sio-room-index-private.h"
#include "sio-server.h"

/**
 * SioMemoryAdapter:
 *
 * An adapter for sockets of this process.
 *
 * It is the default, and the base of adapters that span several processes.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
typedef struct
{
  GHashTable *rooms;          /* name, owned by the value → SioRoomIndex * */
  guint64 n_members;          /* of all rooms together */
  guint64 last_mark;          /* numbers of walks that mark sockets */
  gboolean marks_busy;        /* such a walk is going on: one inside of it needs a table */
  SioRecoveryStore *recovery; /* NULL while no socket can be recovered */
  GQueue put_off;             /* Delivery *; see broadcast_logged() */
  gboolean delivering;
} SioMemoryAdapterPrivate;

G_DEFINE_TYPE_WITH_PRIVATE (SioMemoryAdapter, sio_memory_adapter, SIO_TYPE_ADAPTER)

#define GET_PRIVATE(self)                                                                          \
  ((SioMemoryAdapterPrivate *) sio_memory_adapter_get_instance_private (SIO_MEMORY_ADAPTER (self)))

/* More ids of sockets than these in `except` are marked instead of compared. */
#define MAX_COMPARED 4

/* A room with its name and its entry in the table; a place in both lists of a membership, which
 * double when they are full. */
#define ROOM_SIZE (sizeof (SioRoomIndex) + 96)
#define MEMBER_SIZE 42

static gboolean
is_own_room (SioSocket *socket, const char *room)
{
  return g_str_equal (sio_socket_peek_id (socket), room);
}

/* Whether the room exists without anybody having joined it. */
static gboolean
is_id_of_socket (SioAdapter *adapter, const char *room)
{
  SioNamespace *ns = sio_adapter_get_namespace (adapter);

  return ns != NULL && sio_namespace_get_socket (ns, room) != NULL;
}

static void
join_own_room (SioAdapter *adapter, SioSocket *socket)
{
  const char *id = sio_socket_peek_id (socket);

  if (g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, id) == NULL)
    sio_adapter_room_created (adapter, id);
  sio_adapter_room_joined (adapter, id, socket);
}

static void
leave_own_room (SioAdapter *adapter, SioSocket *socket)
{
  const char *id = sio_socket_peek_id (socket);

  sio_adapter_room_left (adapter, id, socket);
  if (g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, id) == NULL)
    sio_adapter_room_deleted (adapter, id);
}

/* Handlers of signals may do anything, so that a room may go while it is made, and fill again
 * while it goes. The order of protocol.md §4.11 holds all the same: a room is there before it is
 * announced and until its end is. */
static SioRoomIndex *
open_room (SioAdapter *adapter, const char *name)
{
  SioRoomIndex *room = sio_room_index_new (name);
  gboolean closed;

  g_hash_table_insert (GET_PRIVATE (adapter)->rooms, room->name, room);
  if (is_id_of_socket (adapter, name))
    return room;
  sio_room_index_begin_walk (room);
  sio_adapter_room_created (adapter, room->name);
  closed = room->closed;
  sio_room_index_end_walk (room);
  return closed ? NULL : room;
}

/* The room is held by a walk. */
static void
close_if_empty (SioAdapter *adapter, SioRoomIndex *room)
{
  if (room->closed || sio_room_index_get_size (room) > 0)
    return;
  g_hash_table_remove (GET_PRIVATE (adapter)->rooms, room->name);
  sio_room_index_close (room);
  if (!is_id_of_socket (adapter, room->name))
    sio_adapter_room_deleted (adapter, room->name);
}

static gboolean
may_join (SioSocket *socket, SioRoomIndex *room)
{
  return G_LIKELY (!sio_socket_has_all_rooms (socket, sio_room_index_count (socket))) ||
         (room != NULL && sio_room_index_has (room, socket)) || !sio_socket_refuse_room (socket);
}

gboolean
sio_memory_adapter_has (SioAdapter *adapter, SioSocket *socket, const char *name)
{
  SioRoomIndex *room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);

  return is_own_room (socket, name) || (room != NULL && sio_room_index_has (room, socket));
}

gboolean
sio_memory_adapter_may_lack (SioAdapter *adapter, SioSocket *socket, const char *name)
{
  SioRoomIndex *room;

  if (!SIO_IS_MEMORY_ADAPTER (adapter) ||
      G_LIKELY (!sio_socket_has_all_rooms (socket, sio_room_index_count (socket))) ||
      is_own_room (socket, name))
    return FALSE;
  room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);
  return room == NULL || !sio_room_index_has (room, socket);
}

static void
join (SioAdapter *adapter, const char *name, SioSocket *socket)
{
  SioRoomIndex *room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);
  guint n_before = sio_room_index_count (socket);
  gboolean opened = FALSE;

  if (!may_join (socket, room))
    return;
  while (room == NULL)
    {
      opened = TRUE;
      room = open_room (adapter, name);
      if (room == NULL)
        room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);
      if (room == NULL && socket->state == SIO_SOCKET_DISCONNECTED)
        return;
    }
  /* Those who were told of the new room may have ended the socket, or put it into others. */
  if (opened && (socket->state == SIO_SOCKET_DISCONNECTED ||
                 (sio_room_index_count (socket) != n_before && !may_join (socket, room))))
    {
      sio_room_index_begin_walk (room);
      close_if_empty (adapter, room);
      sio_room_index_end_walk (room);
    }
  else if (sio_room_index_add (room, socket))
    {
      GET_PRIVATE (adapter)->n_members++;
      sio_adapter_room_joined (adapter, name, socket);
    }
}

static void
sio_memory_adapter_add_all (SioAdapter *adapter, SioSocket *socket, const char *const *rooms)
{
  for (guint i = 0; rooms[i] != NULL && socket->state != SIO_SOCKET_DISCONNECTED; i++)
    {
      if (!is_own_room (socket, rooms[i]))
        join (adapter, rooms[i], socket);
      /* Nothing to keep: the namespace finds sockets by their ids. It is joined once, when the
       * socket is connected. */
      else if (i == 0 && rooms[1] == NULL && socket->state == SIO_SOCKET_CONNECTED)
        join_own_room (adapter, socket);
    }
}

static void
leave (SioAdapter *adapter, SioRoomIndex *room, SioSocket *socket)
{
  if (!sio_room_index_remove (room, socket))
    return;
  GET_PRIVATE (adapter)->n_members--;
  sio_room_index_begin_walk (room);
  sio_adapter_room_left (adapter, room->name, socket);
  close_if_empty (adapter, room);
  sio_room_index_end_walk (room);
}

static void
sio_memory_adapter_del (SioAdapter *adapter, SioSocket *socket, const char *name)
{
  SioRoomIndex *room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);

  if (room != NULL)
    leave (adapter, room, socket);
}

static void
sio_memory_adapter_del_all (SioAdapter *adapter, SioSocket *socket)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (adapter);
  SioRoomIndex *room;

  if (priv->recovery != NULL && socket->recovery != NULL)
    sio_recovery_store_detach (priv->recovery, socket);
  /* Handlers of the signals may put it into others: till there are none. */
  while ((room = sio_room_index_of_socket (socket)) != NULL)
    leave (adapter, room, socket);
  if (sio_socket_is_connected (socket))
    leave_own_room (adapter, socket);
}

/* One walk over the sockets of a target. */
typedef struct
{
  SioSocketFunc func;
  gpointer user_data;
  SioSocket *excluded[MAX_COMPARED];
  guint n_excluded;
  guint64 mark;     /* sockets with it are excluded or were visited; 0: none are marked */
  GHashTable *seen; /* instead of marks, in a walk within a walk that uses them */
} Walk;

static void
walk_exclude (Walk *walk, SioSocket *socket)
{
  if (walk->seen != NULL)
    g_hash_table_add (walk->seen, socket);
  else
    socket->mark = walk->mark;
}

static inline void
walk_visit (Walk *walk, SioSocket *socket)
{
  if (socket == NULL || socket->state != SIO_SOCKET_CONNECTED)
    return;
  for (guint i = 0; i < walk->n_excluded; i++)
    {
      if (walk->excluded[i] == socket)
        return;
    }
  if (walk->mark != 0)
    {
      if (socket->mark == walk->mark)
        return;
      socket->mark = walk->mark;
    }
  else if (walk->seen != NULL && !g_hash_table_add (walk->seen, socket))
    return;
  walk->func (socket, walk->user_data);
}

static void
walk_room (Walk *walk, SioRoomIndex *room)
{
  guint n = room->n;

  sio_room_index_begin_walk (room);
  for (guint i = 0; i < n; i++)
    walk_visit (walk, room->sockets[i]);
  sio_room_index_end_walk (room);
}

static void
walk_all (Walk *walk, SioNamespace *ns)
{
  SioSocketList *list = sio_namespace_begin_walk (ns);
  guint n = list->n;

  for (guint i = 0; i < n; i++)
    {
      /* They do not fit into the caches of the processor. */
      if (i + 8 < n)
        __builtin_prefetch (list->items[i + 8]);
      walk_visit (walk, list->items[i]);
    }
  sio_namespace_end_walk (ns);
}

/* What the names of a target stand for. Rooms may close while others are walked over, so
 * each is kept by a walk of its own. */
typedef struct
{
  GPtrArray *rooms;       /* element-type SioRoomIndex; NULL for none */
  GPtrArray *sockets;     /* element-type SioSocket, referenced; NULL for none */
  SioRoomIndex *one_room; /* instead of arrays of one */
  SioSocket *one_socket;
  guint n;
} Found;

static void
find_name (SioAdapter *adapter, SioNamespace *ns, const char *name, Found *found)
{
  SioRoomIndex *room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);
  SioSocket *socket = sio_namespace_get_socket (ns, name);

  if (room != NULL)
    {
      sio_room_index_begin_walk (room);
      found->n++;
      if (found->rooms == NULL && found->one_room == NULL)
        found->one_room = room;
      else
        {
          if (found->rooms == NULL)
            found->rooms = g_ptr_array_new ();
          g_ptr_array_add (found->rooms, room);
        }
    }
  if (socket != NULL)
    {
      found->n++;
      if (found->sockets == NULL && found->one_socket == NULL)
        found->one_socket = g_object_ref (socket);
      else
        {
          if (found->sockets == NULL)
            found->sockets = g_ptr_array_new_with_free_func (g_object_unref);
          g_ptr_array_add (found->sockets, g_object_ref (socket));
        }
    }
}

static void
found_clear (Found *found)
{
  if (found->one_room != NULL)
    sio_room_index_end_walk (found->one_room);
  for (guint i = 0; found->rooms != NULL && i < found->rooms->len; i++)
    sio_room_index_end_walk (g_ptr_array_index (found->rooms, i));
  g_clear_pointer (&found->rooms, g_ptr_array_unref);
  g_clear_object (&found->one_socket);
  g_clear_pointer (&found->sockets, g_ptr_array_unref);
}

static void
exclude_room (Walk *walk, SioRoomIndex *room)
{
  for (guint i = 0; i < room->n; i++)
    {
      if (room->sockets[i] != NULL)
        walk_exclude (walk, room->sockets[i]);
    }
}

static void
exclude (Walk *walk, const Found *except)
{
  if (except->one_socket != NULL)
    walk->excluded[walk->n_excluded++] = except->one_socket;
  for (guint i = 0; except->sockets != NULL && i < except->sockets->len; i++)
    {
      if (walk->n_excluded < MAX_COMPARED)
        walk->excluded[walk->n_excluded++] = g_ptr_array_index (except->sockets, i);
      else
        walk_exclude (walk, g_ptr_array_index (except->sockets, i));
    }
  if (except->one_room != NULL)
    exclude_room (walk, except->one_room);
  for (guint i = 0; except->rooms != NULL && i < except->rooms->len; i++)
    exclude_room (walk, g_ptr_array_index (except->rooms, i));
}

static gboolean
needs_marks (const Found *rooms, const Found *except)
{
  return rooms->n > 1 || except->one_room != NULL ||
         (except->sockets != NULL && except->sockets->len >= MAX_COMPARED);
}

static void
walk_found (Walk *walk, const Found *rooms)
{
  if (rooms->one_room != NULL)
    walk_room (walk, rooms->one_room);
  for (guint i = 0; rooms->rooms != NULL && i < rooms->rooms->len; i++)
    walk_room (walk, g_ptr_array_index (rooms->rooms, i));
  if (rooms->one_socket != NULL)
    walk_visit (walk, rooms->one_socket);
  for (guint i = 0; rooms->sockets != NULL && i < rooms->sockets->len; i++)
    walk_visit (walk, g_ptr_array_index (rooms->sockets, i));
}

static void
sio_memory_adapter_foreach_socket (SioAdapter *adapter,
                                   SioTarget *target,
                                   SioSocketFunc func,
                                   gpointer user_data)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (adapter);
  const char *const *rooms = sio_target_get_rooms (target);
  const char *const *except = sio_target_get_except (target);
  g_autoptr (SioAdapter) hold = NULL;
  g_autoptr (SioNamespace) ns = NULL;
  Walk walk = { .func = func, .user_data = user_data };
  Found found_rooms = { 0 };
  Found found_except = { 0 };

  if (sio_adapter_get_namespace (adapter) == NULL)
    return;
  ns = g_object_ref (sio_adapter_get_namespace (adapter));
  hold = g_object_ref (adapter);

  for (guint i = 0; rooms[i] != NULL; i++)
    find_name (adapter, ns, rooms[i], &found_rooms);
  for (guint i = 0; except[i] != NULL; i++)
    find_name (adapter, ns, except[i], &found_except);
  if (needs_marks (&found_rooms, &found_except))
    {
      if (priv->marks_busy)
        walk.seen = g_hash_table_new (NULL, NULL);
      else
        walk.mark = ++priv->last_mark;
    }
  if (walk.mark != 0)
    priv->marks_busy = TRUE;
  exclude (&walk, &found_except);

  if (rooms[0] == NULL)
    walk_all (&walk, ns);
  else
    walk_found (&walk, &found_rooms);

  if (walk.mark != 0)
    priv->marks_busy = FALSE;
  g_clear_pointer (&walk.seen, g_hash_table_unref);
  found_clear (&found_rooms);
  found_clear (&found_except);
}

typedef struct
{
  SioOutgoing *outgoing;
  SioSendFlags flags;
  SioAckCollector *collector;
  guint64 number; /* of the log, 0 if it is not in there */
  guint64 tail;
  GPtrArray *receivers; /* if it was put off */
} Delivery;

static void
deliver (SioSocket *socket, gpointer user_data)
{
  Delivery *delivery = user_data;

  if (delivery->number != 0 && socket->recovery != NULL)
    sio_recovery_session_sent (socket->recovery, delivery->number, delivery->tail);
  sio_socket_send_outgoing (socket, delivery->outgoing, delivery->flags);
}

static void
put_off (SioSocket *socket, gpointer user_data)
{
  Delivery *delivery = user_data;

  if (socket->recovery != NULL)
    sio_recovery_session_sent (socket->recovery, delivery->number, delivery->tail);
  g_ptr_array_add (delivery->receivers, g_object_ref (socket));
}

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  sio_outgoing_unref (delivery->outgoing);
  g_ptr_array_unref (delivery->receivers);
  g_free (delivery);
}

/* All sockets have to get the packets of the log in its order: an offset means that all before
 * it has come, too. Sending may end a session, and handlers of that may emit: such a packet is
 * put off until all have got the one before. */
static void
broadcast_logged (SioAdapter *adapter, SioPacket *packet, SioTarget *target, SioParser *parser)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (adapter);
  g_autoptr (SioAdapter) hold = g_object_ref (adapter);
  g_autoptr (SioPacket) logged = NULL;
  Delivery delivery = { .flags = sio_emit_flags_to_send (sio_target_get_flags (target)) };
  Delivery *next;

  logged =
      sio_recovery_store_log (priv->recovery, packet, target, &delivery.number, &delivery.tail);
  delivery.outgoing = sio_packet_get_outgoing (logged, parser);
  if (delivery.outgoing == NULL)
    return;
  if (priv->delivering)
    {
      sio_outgoing_ref (delivery.outgoing);
      delivery.receivers = g_ptr_array_new_with_free_func (g_object_unref);
      sio_memory_adapter_foreach_socket (adapter, target, put_off, &delivery);
      g_queue_push_tail (&priv->put_off, g_memdup2 (&delivery, sizeof delivery));
      return;
    }
  priv->delivering = TRUE;
  sio_memory_adapter_foreach_socket (adapter, target, deliver, &delivery);
  while ((next = g_queue_pop_head (&priv->put_off)) != NULL)
    {
      for (guint i = 0; i < next->receivers->len; i++)
        sio_socket_send_outgoing (g_ptr_array_index (next->receivers, i), next->outgoing,
                                  next->flags);
      delivery_free (next);
    }
  priv->delivering = FALSE;
}

static void
tell (SioSocket *socket, gpointer user_data)
{
  sio_socket_tell_outgoing (socket, user_data);
}

/* Before anything is sent: handlers may emit. */
static void
tell_receivers (SioAdapter *adapter, SioNamespace *ns, SioPacket *packet, SioTarget *target)
{
  g_autoptr (SioArgs) args = NULL;
  SioContent content;

  if (G_LIKELY (ns == NULL || !sio_namespace_is_observed (ns)))
    return;
  args = sio_packet_to_args (packet);
  sio_content_init_list (&content, args);
  sio_memory_adapter_foreach_socket (adapter, target, tell, &content);
}

static void
sio_memory_adapter_broadcast (SioAdapter *adapter, SioPacket *packet, SioTarget *target)
{
  SioNamespace *ns = sio_adapter_get_namespace (adapter);
  SioParser *parser = ns != NULL ? sio_namespace_get_parser (ns) : NULL;
  Delivery delivery = { .flags = sio_emit_flags_to_send (sio_target_get_flags (target)) };
  SioRecoveryStore *recovery = GET_PRIVATE (adapter)->recovery;

  tell_receivers (adapter, ns, packet, target);
  if (recovery != NULL && (delivery.flags & SIO_SEND_VOLATILE) == 0 &&
      sio_recovery_store_is_needed (recovery))
    {
      broadcast_logged (adapter, packet, target, parser);
      return;
    }
  delivery.outgoing = sio_packet_get_outgoing (packet, parser);
  if (delivery.outgoing != NULL)
    sio_memory_adapter_foreach_socket (adapter, target, deliver, &delivery);
}

static void
deliver_with_ack (SioSocket *socket, gpointer user_data)
{
  Delivery *delivery = user_data;

  /* Before sending, which may end the session and make the namespace forget the socket. */
  sio_ack_collector_add (delivery->collector, socket);
  sio_socket_send_outgoing (socket, delivery->outgoing, delivery->flags);
}

static void
sio_memory_adapter_broadcast_with_ack (SioAdapter *adapter,
                                       SioPacket *packet,
                                       SioTarget *target,
                                       SioClientCountFunc count_func,
                                       SioAckFunc ack_func,
                                       gpointer user_data,
                                       GDestroyNotify destroy)
{
  SioNamespace *ns = sio_adapter_get_namespace (adapter);
  Delivery delivery = { .flags = sio_emit_flags_to_send (sio_target_get_flags (target)) };

  if (ns == NULL)
    {
      count_func (0, user_data);
      if (destroy != NULL)
        destroy (user_data);
      return;
    }
  tell_receivers (adapter, ns, packet, target);
  delivery.collector =
      sio_ack_collector_new (ns, sio_target_get_timeout (target), ack_func, user_data, destroy);
  delivery.outgoing = sio_packet_encode_with_id (packet, sio_namespace_get_parser (ns),
                                                 sio_ack_collector_get_id (delivery.collector));
  sio_memory_adapter_foreach_socket (adapter, target, deliver_with_ack, &delivery);
  count_func (sio_ack_collector_get_n_waiting (delivery.collector), user_data);
  g_clear_pointer (&delivery.outgoing, sio_outgoing_unref);
  sio_ack_collector_unref (delivery.collector);
}

static char **
sio_memory_adapter_list_socket_rooms (SioAdapter *adapter, SioSocket *socket)
{
  SioMemberships *memberships = socket->memberships;
  GPtrArray *names = g_ptr_array_new ();

  if (sio_socket_is_connected (socket))
    g_ptr_array_add (names, g_strdup (sio_socket_peek_id (socket)));
  for (guint i = 0; memberships != NULL && i < memberships->n; i++)
    g_ptr_array_add (names, g_strdup (memberships->items[i].room->name));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static char **
sio_memory_adapter_list_rooms (SioAdapter *adapter)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, GET_PRIVATE (adapter)->rooms);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static guint
sio_memory_adapter_get_n_rooms (SioAdapter *adapter)
{
  return g_hash_table_size (GET_PRIVATE (adapter)->rooms);
}

static guint
sio_memory_adapter_get_room_size (SioAdapter *adapter, const char *name)
{
  SioRoomIndex *room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);
  SioNamespace *ns = sio_adapter_get_namespace (adapter);
  SioSocket *socket = ns != NULL ? sio_namespace_get_socket (ns, name) : NULL;
  guint n = room != NULL ? sio_room_index_get_size (room) : 0;

  if (socket != NULL)
    n++; /* nobody is in the room of his own id twice */
  return n;
}

static void
collect (SioSocket *socket, gpointer user_data)
{
  g_ptr_array_add (user_data, g_object_ref (socket));
}

/* For operations that change rooms: who is meant is clear before the first change. */
static GPtrArray *
collect_sockets (SioAdapter *adapter, SioTarget *target)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  sio_memory_adapter_foreach_socket (adapter, target, collect, sockets);
  return sockets;
}

static GPtrArray *
sio_memory_adapter_list_room_sockets (SioAdapter *adapter, const char *name)
{
  SioRoomIndex *room = g_hash_table_lookup (GET_PRIVATE (adapter)->rooms, name);
  SioNamespace *ns = sio_adapter_get_namespace (adapter);
  SioSocket *socket = ns != NULL ? sio_namespace_get_socket (ns, name) : NULL;
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; room != NULL && i < room->n; i++)
    {
      if (room->sockets[i] != NULL)
        g_ptr_array_add (sockets, g_object_ref (room->sockets[i]));
    }
  if (socket != NULL)
    g_ptr_array_add (sockets, g_object_ref (socket));
  return sockets;
}

static void
collect_remote (SioSocket *socket, gpointer user_data)
{
  g_ptr_array_add (user_data, sio_remote_socket_new_for_socket (socket));
}

static void
sio_memory_adapter_fetch_sockets_async (SioAdapter *adapter,
                                        SioTarget *target,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (adapter, cancellable, callback, user_data);
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  g_task_set_source_tag (task, sio_adapter_fetch_sockets_async);
  sio_memory_adapter_foreach_socket (adapter, target, collect_remote, sockets);
  g_task_return_pointer (task, sockets, (GDestroyNotify) g_ptr_array_unref);
}

static GPtrArray *
sio_memory_adapter_fetch_sockets_finish (SioAdapter *adapter, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* What had to be done here is done. */
static void
return_done (SioAdapter *adapter,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer user_data,
             gpointer tag)
{
  g_autoptr (GTask) task = g_task_new (adapter, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_return_boolean (task, TRUE);
}

static gboolean
sio_memory_adapter_change_finish (SioAdapter *adapter, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
sio_memory_adapter_add_sockets_async (SioAdapter *adapter,
                                      SioTarget *target,
                                      const char *const *rooms,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GPtrArray) sockets = collect_sockets (adapter, target);

  for (guint i = 0; i < sockets->len; i++)
    {
      for (guint j = 0; rooms[j] != NULL; j++)
        sio_socket_join (g_ptr_array_index (sockets, i), rooms[j]);
    }
  return_done (adapter, cancellable, callback, user_data, sio_adapter_add_sockets_async);
}

static void
sio_memory_adapter_del_sockets_async (SioAdapter *adapter,
                                      SioTarget *target,
                                      const char *const *rooms,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GPtrArray) sockets = collect_sockets (adapter, target);

  for (guint i = 0; i < sockets->len; i++)
    {
      for (guint j = 0; rooms[j] != NULL; j++)
        sio_socket_leave (g_ptr_array_index (sockets, i), rooms[j]);
    }
  return_done (adapter, cancellable, callback, user_data, sio_adapter_del_sockets_async);
}

static void
sio_memory_adapter_disconnect_sockets_async (SioAdapter *adapter,
                                             SioTarget *target,
                                             gboolean close_connection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data)
{
  g_autoptr (GPtrArray) sockets = collect_sockets (adapter, target);

  for (guint i = 0; i < sockets->len; i++)
    sio_socket_close (g_ptr_array_index (sockets, i), close_connection);
  return_done (adapter, cancellable, callback, user_data, sio_adapter_disconnect_sockets_async);
}

static void
sio_memory_adapter_persist_session (SioAdapter *adapter, SioSocket *socket, SioRecoveryState *state)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (adapter);

  if (priv->recovery != NULL && socket->recovery != NULL)
    sio_recovery_store_persist (priv->recovery, socket, state);
}

static void
sio_memory_adapter_restore_session_async (SioAdapter *adapter,
                                          const char *pid,
                                          const char *offset,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (adapter);
  g_autoptr (GTask) task = g_task_new (adapter, cancellable, callback, user_data);
  SioRecoveryState *state = NULL;
  GError *error = NULL;

  g_task_set_source_tag (task, sio_adapter_restore_session_async);
  g_task_set_name (task, "[sio] restore session");
  if (priv->recovery == NULL)
    g_set_error (&error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_UNKNOWN_SESSION,
                 "the session is not known");
  else
    state = sio_recovery_store_restore (priv->recovery, pid, offset, &error);
  if (state != NULL)
    g_task_return_pointer (task, state, (GDestroyNotify) sio_recovery_state_unref);
  else
    g_task_return_error (task, error);
}

static SioRecoveryState *
sio_memory_adapter_restore_session_finish (SioAdapter *adapter,
                                           GAsyncResult *result,
                                           GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GPtrArray *
sio_memory_adapter_list_missed (SioAdapter *adapter, SioRecoveryState *state, GError **error)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (adapter);

  if (priv->recovery != NULL)
    return sio_recovery_store_list_missed (priv->recovery, state, error);
  return g_ptr_array_new_with_free_func ((GDestroyNotify) sio_packet_unref);
}

static SioRecoveryStore *
ensure_store (SioMemoryAdapter *self)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (self);
  SioNamespace *ns = sio_adapter_get_namespace (SIO_ADAPTER (self));
  SioServer *server = ns != NULL ? sio_namespace_get_server (ns) : NULL;

  /* Who restores sessions in another way keeps them in another place. */
  if (priv->recovery == NULL && server != NULL &&
      SIO_ADAPTER_GET_CLASS (self)->restore_session_async ==
          sio_memory_adapter_restore_session_async)
    priv->recovery =
        sio_recovery_store_new (sio_server_get_recovery (server), sio_namespace_get_reactor (ns));
  return priv->recovery;
}

void
sio_memory_adapter_begin_session (SioMemoryAdapter *self, SioSocket *socket)
{
  SioRecoveryStore *store = ensure_store (self);
  g_auto (GStrv) rooms = NULL;

  if (store == NULL)
    return;
  rooms = sio_memory_adapter_list_socket_rooms (SIO_ADAPTER (self), socket);
  sio_recovery_store_attach (store, socket, (const char *const *) rooms);
}

void
sio_memory_adapter_add_sizes (SioMemoryAdapter *self, guint64 *rooms, guint64 *recovery)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (self);

  *rooms += g_hash_table_size (priv->rooms) * (guint64) ROOM_SIZE + priv->n_members * MEMBER_SIZE;
  if (priv->recovery != NULL)
    *recovery += sio_recovery_store_get_size (priv->recovery);
}

SioImageLog *
sio_memory_adapter_save (SioMemoryAdapter *self)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (self);
  SioNamespace *ns = sio_adapter_get_namespace (SIO_ADAPTER (self));

  if (priv->recovery == NULL || ns == NULL)
    return NULL;
  return sio_recovery_store_save (priv->recovery, sio_namespace_get_name (ns));
}

gboolean
sio_memory_adapter_load (SioMemoryAdapter *self, const SioImageLog *log)
{
  SioRecoveryStore *store = ensure_store (self);

  return store != NULL && sio_recovery_store_load (store, log, log->name);
}

static void
sio_memory_adapter_constructed (GObject *object)
{
  SioAdapter *self = SIO_ADAPTER (object);
  SioNamespace *ns = sio_adapter_get_namespace (self);
  SioServer *server = ns != NULL ? sio_namespace_get_server (ns) : NULL;

  G_OBJECT_CLASS (sio_memory_adapter_parent_class)->constructed (object);

  if (server != NULL)
    {
      SioRecovery *recovery = sio_server_get_recovery (server);
      SioImageLog *log = sio_recovery_take_log (recovery, sio_namespace_get_name (ns));

      if (log == NULL)
        return;
      sio_memory_adapter_load (SIO_MEMORY_ADAPTER (self), log);
      sio_image_log_unref (log);
    }
}

static void
sio_memory_adapter_finalize (GObject *object)
{
  SioMemoryAdapterPrivate *priv = GET_PRIVATE (object);

  g_clear_pointer (&priv->recovery, sio_recovery_store_free);
  g_queue_clear_full (&priv->put_off, delivery_free);

  /* Sockets leave their rooms before they go, so there is nobody left. */
  g_hash_table_unref (priv->rooms);

  G_OBJECT_CLASS (sio_memory_adapter_parent_class)->finalize (object);
}

static void
sio_memory_adapter_class_init (SioMemoryAdapterClass *klass)
{
  SioAdapterClass *adapter_class = SIO_ADAPTER_CLASS (klass);

  G_OBJECT_CLASS (klass)->constructed = sio_memory_adapter_constructed;
  G_OBJECT_CLASS (klass)->finalize = sio_memory_adapter_finalize;

  adapter_class->add_all = sio_memory_adapter_add_all;
  adapter_class->del = sio_memory_adapter_del;
  adapter_class->del_all = sio_memory_adapter_del_all;
  adapter_class->broadcast = sio_memory_adapter_broadcast;
  adapter_class->broadcast_with_ack = sio_memory_adapter_broadcast_with_ack;
  adapter_class->foreach_socket = sio_memory_adapter_foreach_socket;
  adapter_class->list_socket_rooms = sio_memory_adapter_list_socket_rooms;
  adapter_class->list_rooms = sio_memory_adapter_list_rooms;
  adapter_class->get_n_rooms = sio_memory_adapter_get_n_rooms;
  adapter_class->get_room_size = sio_memory_adapter_get_room_size;
  adapter_class->list_room_sockets = sio_memory_adapter_list_room_sockets;
  adapter_class->fetch_sockets_async = sio_memory_adapter_fetch_sockets_async;
  adapter_class->fetch_sockets_finish = sio_memory_adapter_fetch_sockets_finish;
  adapter_class->add_sockets_async = sio_memory_adapter_add_sockets_async;
  adapter_class->add_sockets_finish = sio_memory_adapter_change_finish;
  adapter_class->del_sockets_async = sio_memory_adapter_del_sockets_async;
  adapter_class->del_sockets_finish = sio_memory_adapter_change_finish;
  adapter_class->disconnect_sockets_async = sio_memory_adapter_disconnect_sockets_async;
  adapter_class->disconnect_sockets_finish = sio_memory_adapter_change_finish;
  adapter_class->persist_session = sio_memory_adapter_persist_session;
  adapter_class->restore_session_async = sio_memory_adapter_restore_session_async;
  adapter_class->restore_session_finish = sio_memory_adapter_restore_session_finish;
  adapter_class->list_missed = sio_memory_adapter_list_missed;
}

static void
sio_memory_adapter_init (SioMemoryAdapter *self)
{
  GET_PRIVATE (self)->rooms = g_hash_table_new (g_str_hash, g_str_equal);
}
