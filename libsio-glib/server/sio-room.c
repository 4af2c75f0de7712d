/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-room.h"

#include "sio-broadcast-private.h"
#include "sio-live-list-private.h"
#include "sio-namespace-private.h"
#include "sio-room-private.h"

/**
 * SioRoom:
 *
 * A room to look at: who is in it, and who comes and goes.
 *
 * Get one with [method@Sio.Namespace.get_room], or all of them as a list with
 * [method@Sio.Namespace.get_rooms].
 *
 * ```c
 * self->lobby = sio_namespace_get_room (chat, "lobby");
 * g_signal_connect (self->lobby, "joined", G_CALLBACK (on_joined), self);
 * self->selection = gtk_no_selection_new (sio_room_get_members (self->lobby));
 * ```
 *
 * Rooms need no such object: sockets join and leave by name, and a room exists while somebody is in
 * it. The object lives as long as somebody holds it, whether the room exists or not, and there is
 * one for each room at a time. It costs some memory for each member, and joins and leaves take a
 * little longer; rooms that nobody looks at cost nothing.
 *
 * With an adapter that spans several processes these are the members of this process.
 * [method@Sio.Broadcast.fetch_sockets_async] of [method@Sio.Room.broadcast] finds all.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioRoom
{
  GObject parent_instance;

  SioNamespace *ns;
  char *name;
  SioLiveList *members; /* SioSocket *, owned */
};

struct _SioRoomWatch
{
  SioNamespace *ns;   /* owns us */
  GHashTable *rooms;  /* name, the room's own → SioRoom *, no reference */
  SioLiveList *names; /* utf8; NULL if nobody has the list of rooms */
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_NAMESPACE,
  PROP_MEMBERS,
  PROP_N_MEMBERS,
  N_PROPS
};

enum
{
  JOINED,
  LEFT,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioRoom, sio_room, G_TYPE_OBJECT)

static SioRoomWatch *
ensure_watch (SioNamespace *ns)
{
  SioRoomWatch **watch = sio_namespace_get_room_watch (ns);

  if (*watch == NULL)
    {
      *watch = g_new0 (SioRoomWatch, 1);
      (*watch)->ns = ns;
      (*watch)->rooms = g_hash_table_new (g_str_hash, g_str_equal);
    }
  return *watch;
}

static void
free_unused_watch (SioNamespace *ns)
{
  SioRoomWatch **watch = sio_namespace_get_room_watch (ns);

  if ((*watch)->names != NULL || g_hash_table_size ((*watch)->rooms) > 0)
    return;
  g_hash_table_unref ((*watch)->rooms);
  g_clear_pointer (watch, g_free);
}

static void
sio_room_finalize (GObject *object)
{
  SioRoom *self = SIO_ROOM (object);

  g_hash_table_remove (ensure_watch (self->ns)->rooms, self->name);
  free_unused_watch (self->ns);
  sio_live_list_free (self->members);
  g_free (self->name);
  g_object_unref (self->ns);

  G_OBJECT_CLASS (sio_room_parent_class)->finalize (object);
}

static void
sio_room_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioRoom *self = SIO_ROOM (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_NAMESPACE:
      g_value_set_object (value, self->ns);
      break;
    case PROP_MEMBERS:
      g_value_take_object (value, sio_room_get_members (self));
      break;
    case PROP_N_MEMBERS:
      g_value_set_uint (value, sio_room_get_n_members (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static guint
add_signal (const char *name)
{
  return g_signal_new (name, SIO_TYPE_ROOM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                       g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, SIO_TYPE_SOCKET);
}

static void
sio_room_class_init (SioRoomClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = sio_room_finalize;
  object_class->get_property = sio_room_get_property;

  /**
   * SioRoom:name:
   *
   * Name of the room.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
      g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioRoom:namespace:
   *
   * The namespace the room belongs to.
   *
   * Since: 0.1
   */
  properties[PROP_NAMESPACE] = g_param_spec_object ("namespace", NULL, NULL, SIO_TYPE_NAMESPACE,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioRoom:members:
   *
   * The sockets in the room, in no particular order.
   *
   * Since: 0.1
   */
  properties[PROP_MEMBERS] = g_param_spec_object ("members", NULL, NULL, G_TYPE_LIST_MODEL,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioRoom:n-members:
   *
   * Number of sockets in the room.
   *
   * Since: 0.1
   */
  properties[PROP_N_MEMBERS] =
      g_param_spec_uint ("n-members", NULL, NULL, 0, G_MAXUINT, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * SioRoom::joined:
   * @self: the room
   * @socket: who has joined
   *
   * A socket has joined the room; it is one of the members already.
   *
   * Since: 0.1
   */
  signals[JOINED] = add_signal ("joined");
  /**
   * SioRoom::left:
   * @self: the room
   * @socket: who has left
   *
   * A socket has left the room, maybe because it is being disconnected.
   *
   * Since: 0.1
   */
  signals[LEFT] = add_signal ("left");
}

static void
sio_room_init (SioRoom *self)
{
}

static gpointer
get_member (gpointer owner, gpointer key)
{
  return g_object_ref (key);
}

static void
member_changed (gpointer owner, gpointer key, gboolean added)
{
  SioRoom *self = owner;

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_MEMBERS]);
  g_signal_emit (self, signals[added ? JOINED : LEFT], 0, key);
}

static const SioLiveListKind *
members_kind (void)
{
  static SioLiveListKind kind = {
    .hash = g_direct_hash,
    .equal = g_direct_equal,
    .copy = g_object_ref,
    .free = g_object_unref,
    .get_item = get_member,
    .changed = member_changed,
  };

  kind.item_type = SIO_TYPE_SOCKET;
  return &kind;
}

static SioRoom *
room_new (SioNamespace *ns, const char *name)
{
  SioRoom *self = g_object_new (SIO_TYPE_ROOM, NULL);
  g_autoptr (GPtrArray) sockets =
      sio_adapter_list_room_sockets (sio_namespace_get_adapter (ns), name);

  self->ns = g_object_ref (ns);
  self->name = g_strdup (name);
  self->members = sio_live_list_new (members_kind (), self);
  for (guint i = 0; i < sockets->len; i++)
    sio_live_list_fill (self->members, g_ptr_array_index (sockets, i));
  g_hash_table_insert (ensure_watch (ns)->rooms, self->name, self);
  return self;
}

/**
 * sio_namespace_get_room:
 * @self: a namespace
 * @name: name of a room, or id of a socket
 *
 * Gets a room to look at. It may be empty: the object shows who joins later.
 *
 * Returns: (transfer full): the room; hold it as long as it shall tell of changes
 *
 * Since: 0.1
 */
SioRoom *
sio_namespace_get_room (SioNamespace *self, const char *name)
{
  SioRoomWatch *watch;
  SioRoom *room;

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  watch = *sio_namespace_get_room_watch (self);
  room = watch != NULL ? g_hash_table_lookup (watch->rooms, name) : NULL;
  return room != NULL ? g_object_ref (room) : room_new (self, name);
}

static gpointer
get_room_item (gpointer owner, gpointer key)
{
  return sio_namespace_get_room (owner, key);
}

static void
rooms_model_gone (gpointer owner)
{
  SioRoomWatch *watch = *sio_namespace_get_room_watch (owner);

  g_clear_pointer (&watch->names, sio_live_list_free);
  free_unused_watch (owner);
}

static const SioLiveListKind *
names_kind (void)
{
  static SioLiveListKind kind = {
    .hash = g_str_hash,
    .equal = g_str_equal,
    .copy = (gpointer (*) (gpointer)) g_ref_string_acquire,
    .free = (GDestroyNotify) g_ref_string_release,
    .get_item = get_room_item,
    .model_gone = rooms_model_gone,
  };

  kind.item_type = SIO_TYPE_ROOM;
  return &kind;
}

/* Everybody has a room under his own id: those would be as many as there are sockets. */
static gboolean
is_private (SioNamespace *ns, const char *room)
{
  return sio_namespace_get_socket (ns, room) != NULL;
}

/**
 * sio_namespace_get_rooms:
 * @self: a namespace
 *
 * Gets the rooms that somebody is in, as a list that is kept up to date.
 *
 * The rooms that all sockets have under their own ids are not in it. The objects are made when they
 * are asked for. With an adapter that spans several processes these are the rooms of this process.
 *
 * Returns: (transfer full): a list model of [class@Sio.Room], in no particular order; hold it as
 *   long as it shall be kept up to date
 *
 * Since: 0.1
 */
GListModel *
sio_namespace_get_rooms (SioNamespace *self)
{
  g_auto (GStrv) names = NULL;
  SioRoomWatch *watch;

  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  watch = ensure_watch (self);
  if (watch->names == NULL)
    {
      watch->names = sio_live_list_new (names_kind (), self);
      names = sio_adapter_list_rooms (sio_namespace_get_adapter (self));
      for (guint i = 0; names[i] != NULL; i++)
        {
          g_autoptr (GRefString) name = g_ref_string_new (names[i]);

          if (!is_private (self, name))
            sio_live_list_fill (watch->names, name);
        }
    }
  return sio_live_list_get_model (watch->names);
}

void
sio_room_watch_created (SioRoomWatch *self, const char *room)
{
  g_autoptr (GRefString) name = NULL;

  if (self->names == NULL || is_private (self->ns, room))
    return;
  name = g_ref_string_new (room);
  sio_live_list_add (self->names, name);
}

void
sio_room_watch_deleted (SioRoomWatch *self, const char *room)
{
  g_autoptr (GRefString) name = NULL;

  if (self->names == NULL || !sio_live_list_contains (self->names, (gpointer) room))
    return;
  name = g_ref_string_new (room);
  sio_live_list_remove (self->names, name);
}

void
sio_room_watch_joined (SioRoomWatch *self, const char *name, SioSocket *socket)
{
  SioRoom *room = g_hash_table_lookup (self->rooms, name);

  if (room != NULL)
    sio_live_list_add (room->members, socket);
}

void
sio_room_watch_left (SioRoomWatch *self, const char *name, SioSocket *socket)
{
  SioRoom *room = g_hash_table_lookup (self->rooms, name);

  if (room != NULL)
    sio_live_list_remove (room->members, socket);
}

/**
 * sio_room_get_name:
 * @self: a room
 *
 * Gets the name.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
sio_room_get_name (SioRoom *self)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), NULL);

  return self->name;
}

/**
 * sio_room_get_namespace:
 * @self: a room
 *
 * Gets the namespace.
 *
 * Returns: (transfer none): the namespace
 *
 * Since: 0.1
 */
SioNamespace *
sio_room_get_namespace (SioRoom *self)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), NULL);

  return self->ns;
}

/**
 * sio_room_get_members: (get-property members)
 * @self: a room
 *
 * Gets the sockets in the room, as a list that is kept up to date.
 *
 * Members come and go one by one; when one goes, the last one takes its place. What a handler of
 * [signal@Gio.ListModel::items-changed] causes shows in the list when all handlers are through.
 *
 * Returns: (transfer full): a list model of [class@Sio.Socket], in no particular order; it holds
 *   the room
 *
 * Since: 0.1
 */
GListModel *
sio_room_get_members (SioRoom *self)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), NULL);

  return sio_live_list_get_model (self->members);
}

/**
 * sio_room_get_n_members: (get-property n-members)
 * @self: a room
 *
 * Gets the number of sockets in the room.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_room_get_n_members (SioRoom *self)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), 0);

  return sio_live_list_get_n (self->members);
}

/**
 * sio_room_contains:
 * @self: a room
 * @socket: a socket
 *
 * Tells whether a socket is one of the members.
 *
 * Returns: `TRUE` if it is
 *
 * Since: 0.1
 */
gboolean
sio_room_contains (SioRoom *self, SioSocket *socket)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), FALSE);
  g_return_val_if_fail (SIO_IS_SOCKET (socket), FALSE);

  return sio_live_list_contains (self->members, socket);
}

/**
 * sio_room_broadcast:
 * @self: a room
 *
 * Starts a broadcast to the room, of other processes, too.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_room_broadcast (SioRoom *self)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), NULL);

  return sio_broadcast_new (self->ns, self->name, NULL, SIO_EMIT_NONE);
}

/**
 * sio_room_emit:
 * @self: a room
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to all clients in the room, of other processes, too.
 *
 * Since: 0.1
 */
void
sio_room_emit (SioRoom *self, const char *event, SioArgs *args)
{
  g_return_if_fail (SIO_IS_ROOM (self));

  sio_broadcast_emit (sio_room_broadcast (self), event, args);
}

/**
 * sio_room_emit_message:
 * @self: a room
 * @event: name of the event; not one of the reserved names such as `connect`
 * @message: a message
 *
 * Sends an event with the arguments of a message, which are not decoded for it.
 *
 * Since: 0.1
 */
void
sio_room_emit_message (SioRoom *self, const char *event, SioMessage *message)
{
  g_return_if_fail (SIO_IS_ROOM (self));

  sio_broadcast_emit_message (sio_room_broadcast (self), event, message);
}

/**
 * sio_room_emit_with_ack_async:
 * @self: a room
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answers in ms, 0 for 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all have answered, or time is up
 * @user_data: data for @callback
 *
 * Sends an event to all clients in the room and waits for their acknowledgements.
 *
 * Since: 0.1
 */
void
sio_room_emit_with_ack_async (SioRoom *self,
                              const char *event,
                              SioArgs *args,
                              guint timeout,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  const char *rooms[2] = { NULL, NULL };

  g_return_if_fail (SIO_IS_ROOM (self));

  rooms[0] = self->name;
  sio_namespace_run_with_ack (self->ns, rooms, event, args, timeout, self, cancellable, callback,
                              user_data);
}

/**
 * sio_room_emit_with_ack_finish:
 * @self: a room
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Room.emit_with_ack_async].
 *
 * Errors: as those of [method@Sio.Broadcast.emit_with_ack_finish].
 *
 * Returns: (transfer full): the answers, maybe none, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioResponses *
sio_room_emit_with_ack_finish (SioRoom *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ROOM (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
