/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-tracker.h"

#include <string.h>

typedef struct _List List;
typedef struct _Room Room;

/* One [track NAME]. */
struct _List
{
  SiosTrack track;   /* owns its strings */
  GHashTable *rooms; /* namespace, comma, room → Room */
  GQueue deadlines;  /* of Entry; all last equally long, so the next one is at the head */
  GQueue held;       /* of Room that was told of lately, in the same order */
  guint n_users;
};

struct _Room
{
  List *list;
  SioNamespace *ns;
  char *key;
  const char *name; /* in the key */
  GQueue users;     /* User, in the order they came */
  GHashTable *by_name;
  gint64 held_until; /* before that it is not told of again, and stays; 0 if it is not held */
  GList held;
  gboolean changed; /* meanwhile */
};

typedef struct
{
  char *name;
  guint n_sockets;
  GList link;
} User;

/* A socket in a room. */
typedef struct
{
  Room *room;
  User *user;
  SioSocket *socket; /* which is told to be forgotten before it goes */
  gint64 expires;
  GList deadline;
} Entry;

/* Looked at while somebody in it is listed. */
typedef struct
{
  SioAdapter *adapter;
  gulong handler;
  guint n_entries;
} Watch;

struct _SiosTracker
{
  GPtrArray *lists;
  GHashTable *sockets; /* SioSocket → GPtrArray of Entry */
  GHashTable *watches; /* SioNamespace → Watch */
  GSource *timer;
};

static void schedule (SiosTracker *self);

static void
user_free (gpointer data)
{
  User *user = data;

  g_free (user->name);
  g_free (user);
}

static void
room_free (gpointer data)
{
  Room *room = data;

  g_hash_table_unref (room->by_name);
  g_object_unref (room->ns);
  g_free (room->key);
  g_free (room);
}

static void
list_free (gpointer data)
{
  List *list = data;

  g_hash_table_unref (list->rooms);
  g_free (list->track.name);
  g_free (list->track.event);
  g_free (list);
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  g_signal_handler_disconnect (watch->adapter, watch->handler);
  g_object_unref (watch->adapter);
  g_free (watch);
}

SiosTracker *
sios_tracker_new (void)
{
  SiosTracker *self = g_new0 (SiosTracker, 1);

  self->lists = g_ptr_array_new_with_free_func (list_free);
  self->sockets = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, watch_free);
  return self;
}

void
sios_tracker_free (SiosTracker *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  g_hash_table_unref (self->watches);
  g_hash_table_unref (self->sockets);
  g_ptr_array_unref (self->lists);
  g_free (self);
}

static List *
find_list (SiosTracker *self, const char *name)
{
  for (guint i = 0; i < self->lists->len; i++)
    if (strcmp (((List *) g_ptr_array_index (self->lists, i))->track.name, name) == 0)
      return g_ptr_array_index (self->lists, i);
  return NULL;
}

guint
sios_tracker_get_n_users (SiosTracker *self, const char *track)
{
  List *list = find_list (self, track);

  return list != NULL ? list->n_users : 0;
}

static SioArgs *
describe (Room *room)
{
  GVariantBuilder users;
  GVariantBuilder object;
  guint left = room->list->track.max_listed;

  g_variant_builder_init (&users, G_VARIANT_TYPE ("as"));
  for (GList *l = room->users.head; l != NULL && left > 0; l = l->next, left--)
    g_variant_builder_add (&users, "s", ((User *) l->data)->name);
  g_variant_builder_init (&object, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&object, "{sv}", "room", g_variant_new_string (room->name));
  g_variant_builder_add (&object, "{sv}", "users", g_variant_builder_end (&users));
  g_variant_builder_add (&object, "{sv}", "count", g_variant_new_uint32 (room->users.length));
  return sio_args_new_from_variant (g_variant_builder_end (&object));
}

/* Once in an interval: in a large room an update for each change would cost changes times members.
 * Sending may end sockets, and so change the list, or end the room; so it comes last. */
static void
tell (SiosTracker *self, Room *room)
{
  List *list = room->list;
  SioArgs *args;
  g_autoptr (SioNamespace) ns = NULL;
  g_autofree char *name = NULL;
  g_autofree char *event = NULL;

  if (room->held_until != 0)
    {
      room->changed = TRUE;
      return;
    }
  args = describe (room);
  ns = g_object_ref (room->ns);
  name = g_strdup (room->name);
  event = g_strdup (list->track.event);
  if (list->track.interval > 0)
    {
      room->held_until = g_get_monotonic_time () + list->track.interval;
      room->held.data = room;
      g_queue_push_tail_link (&list->held, &room->held);
      schedule (self);
    }
  else if (room->users.length == 0)
    g_hash_table_remove (list->rooms, room->key);
  sio_broadcast_emit (sio_namespace_to (ns, name), event, args);
}

static void
release (SiosTracker *self, List *list, gint64 now)
{
  Room *room;

  while ((room = g_queue_peek_head (&list->held)) != NULL && room->held_until <= now)
    {
      g_queue_unlink (&list->held, &room->held);
      room->held_until = 0;
      if (room->changed)
        {
          room->changed = FALSE;
          tell (self, room);
        }
      else if (room->users.length == 0)
        g_hash_table_remove (list->rooms, room->key);
    }
}

static void leave_cb (SioAdapter *adapter, const char *name, SioSocket *socket, SiosTracker *self);

static void
watch (SiosTracker *self, SioNamespace *ns)
{
  Watch *place = g_hash_table_lookup (self->watches, ns);

  if (place == NULL)
    {
      place = g_new0 (Watch, 1);
      place->adapter = g_object_ref (sio_namespace_get_adapter (ns));
      place->handler = g_signal_connect (place->adapter, "leave-room", G_CALLBACK (leave_cb), self);
      g_hash_table_insert (self->watches, ns, place);
    }
  place->n_entries++;
}

static void
unwatch (SiosTracker *self, SioNamespace *ns)
{
  Watch *place = g_hash_table_lookup (self->watches, ns);

  if (--place->n_entries == 0)
    g_hash_table_remove (self->watches, ns);
}

static Room *
get_room (List *list, SioNamespace *ns, const char *name, gboolean create)
{
  g_autofree char *key = g_strconcat (sio_namespace_get_name (ns), ",", name, NULL);
  Room *room = g_hash_table_lookup (list->rooms, key);

  if (room != NULL || !create)
    return room;
  room = g_new0 (Room, 1);
  room->list = list;
  room->ns = g_object_ref (ns);
  room->name = key + strlen (key) - strlen (name);
  room->key = g_steal_pointer (&key);
  room->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, user_free);
  g_hash_table_insert (list->rooms, room->key, room);
  return room;
}

static Entry *
find_entry (SiosTracker *self, SioSocket *socket, Room *room)
{
  GPtrArray *entries = g_hash_table_lookup (self->sockets, socket);

  for (guint i = 0; entries != NULL && i < entries->len; i++)
    if (((Entry *) g_ptr_array_index (entries, i))->room == room)
      return g_ptr_array_index (entries, i);
  return NULL;
}

static void
arm (SiosTracker *self, Entry *entry)
{
  List *list = entry->room->list;

  if (list->track.timeout == 0)
    return;
  if (entry->expires != 0)
    g_queue_unlink (&list->deadlines, &entry->deadline);
  entry->expires = g_get_monotonic_time () + list->track.timeout;
  entry->deadline.data = entry;
  g_queue_push_tail_link (&list->deadlines, &entry->deadline);
  if (list->deadlines.head == &entry->deadline)
    schedule (self);
}

/* TRUE if the user was new. */
static gboolean
add_user (Entry *entry, const char *name)
{
  Room *room = entry->room;
  User *user = g_hash_table_lookup (room->by_name, name);
  gboolean is_new = user == NULL;

  if (is_new)
    {
      user = g_new0 (User, 1);
      user->name = g_strdup (name);
      user->link.data = user;
      g_queue_push_tail_link (&room->users, &user->link);
      g_hash_table_insert (room->by_name, user->name, user);
      room->list->n_users++;
    }
  user->n_sockets++;
  entry->user = user;
  return is_new;
}

gboolean
sios_tracker_add (SiosTracker *self,
                  SioSocket *socket,
                  const char *track,
                  const char *room_name,
                  const char *user)
{
  List *list = find_list (self, track);
  GPtrArray *entries = g_hash_table_lookup (self->sockets, socket);
  SioNamespace *ns = sio_socket_get_namespace (socket);
  guint n = 0;
  Room *room;
  Entry *entry;

  if (list == NULL || !sio_socket_is_connected (socket))
    return TRUE;
  room = get_room (list, ns, room_name, FALSE);
  entry = room != NULL ? find_entry (self, socket, room) : NULL;
  if (entry != NULL)
    {
      arm (self, entry);
      return TRUE;
    }
  for (guint i = 0; entries != NULL && i < entries->len; i++)
    n += ((Entry *) g_ptr_array_index (entries, i))->room->list == list;
  if (n >= list->track.max_rooms)
    return FALSE;

  entry = g_new0 (Entry, 1);
  entry->room = get_room (list, ns, room_name, TRUE);
  entry->socket = socket;
  if (entries == NULL)
    {
      entries = g_ptr_array_new ();
      g_hash_table_insert (self->sockets, socket, entries);
    }
  g_ptr_array_add (entries, entry);
  watch (self, ns);
  arm (self, entry);
  if (add_user (entry, user))
    tell (self, entry->room);
  else
    /* A further device has to learn who is there already. */
    sio_socket_emit (socket, list->track.event, describe (entry->room));
  return TRUE;
}

/* TRUE if the room has to be told. */
static gboolean
drop (SiosTracker *self, Entry *entry)
{
  Room *room = entry->room;
  List *list = room->list;
  User *user = entry->user;
  GPtrArray *entries = g_hash_table_lookup (self->sockets, entry->socket);
  gboolean last = --user->n_sockets == 0;

  if (entry->expires != 0)
    g_queue_unlink (&list->deadlines, &entry->deadline);
  g_ptr_array_remove_fast (entries, entry);
  if (entries->len == 0)
    g_hash_table_remove (self->sockets, entry->socket);
  g_free (entry);
  unwatch (self, room->ns);
  if (last)
    {
      g_queue_unlink (&room->users, &user->link);
      g_hash_table_remove (room->by_name, user->name);
      list->n_users--;
    }
  return last;
}

void
sios_tracker_remove (SiosTracker *self, SioSocket *socket, const char *track, const char *room_name)
{
  List *list = find_list (self, track);
  Room *room =
      list != NULL ? get_room (list, sio_socket_get_namespace (socket), room_name, FALSE) : NULL;
  Entry *entry = room != NULL ? find_entry (self, socket, room) : NULL;

  if (entry != NULL && drop (self, entry))
    tell (self, room);
}

/* That of the socket in a room of this name, for whatever list. */
static Entry *
find_by_name (SiosTracker *self, SioSocket *socket, const char *name)
{
  GPtrArray *entries = g_hash_table_lookup (self->sockets, socket);

  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (entries, i);

      if (strcmp (entry->room->name, name) == 0)
        return entry;
    }
  return NULL;
}

static void
leave_cb (SioAdapter *adapter, const char *name, SioSocket *socket, SiosTracker *self)
{
  Entry *entry;

  while ((entry = find_by_name (self, socket, name)) != NULL)
    {
      Room *room = entry->room;

      if (drop (self, entry))
        tell (self, room);
    }
}

void
sios_tracker_forget (SiosTracker *self, SioSocket *socket)
{
  GPtrArray *entries;

  while ((entries = g_hash_table_lookup (self->sockets, socket)) != NULL)
    {
      Entry *entry = g_ptr_array_index (entries, 0);
      Room *room = entry->room;

      if (drop (self, entry))
        tell (self, room);
    }
}

/* All that are over first, so that a room is told once. */
static void
expire (SiosTracker *self, List *list, gint64 now)
{
  g_autoptr (GHashTable) changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key;
  Entry *entry;

  while ((entry = g_queue_peek_head (&list->deadlines)) != NULL && entry->expires <= now)
    {
      Room *room = entry->room;

      if (drop (self, entry))
        g_hash_table_add (changed, g_strdup (room->key));
    }
  g_hash_table_iter_init (&iter, changed);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Room *room = g_hash_table_lookup (list->rooms, key);

      /* Telling another one may have ended it. */
      if (room != NULL)
        tell (self, room);
    }
}

static gboolean
timer_cb (gpointer user_data)
{
  SiosTracker *self = user_data;
  gint64 now = g_get_monotonic_time ();

  g_clear_pointer (&self->timer, g_source_unref);
  for (guint i = 0; i < self->lists->len; i++)
    {
      release (self, g_ptr_array_index (self->lists, i), now);
      expire (self, g_ptr_array_index (self->lists, i), now);
    }
  schedule (self);
  return G_SOURCE_REMOVE;
}

static void
schedule (SiosTracker *self)
{
  gint64 next = G_MAXINT64;

  for (guint i = 0; i < self->lists->len; i++)
    {
      List *list = g_ptr_array_index (self->lists, i);
      Entry *entry = g_queue_peek_head (&list->deadlines);
      Room *room = g_queue_peek_head (&list->held);

      if (entry != NULL)
        next = MIN (next, entry->expires);
      if (room != NULL)
        next = MIN (next, room->held_until);
    }
  if (self->timer != NULL && g_source_get_ready_time (self->timer) <= next)
    return;
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  if (next == G_MAXINT64)
    return;
  self->timer = g_timeout_source_new (0);
  g_source_set_ready_time (self->timer, next);
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
forget_list (SiosTracker *self, List *list)
{
  GHashTableIter iter;
  gpointer socket, entries;
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();

  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, &socket, &entries))
    for (guint i = 0; i < ((GPtrArray *) entries)->len; i++)
      if (((Entry *) g_ptr_array_index ((GPtrArray *) entries, i))->room->list == list)
        g_ptr_array_add (gone, g_ptr_array_index ((GPtrArray *) entries, i));
  for (guint i = 0; i < gone->len; i++)
    drop (self, g_ptr_array_index (gone, i));
  /* Their rooms go with the list. */
}

void
sios_tracker_configure (SiosTracker *self, GPtrArray *tracks)
{
  for (guint i = self->lists->len; i-- > 0;)
    {
      List *list = g_ptr_array_index (self->lists, i);
      SiosTrack *now = NULL;

      for (guint j = 0; j < tracks->len; j++)
        if (strcmp (((SiosTrack *) g_ptr_array_index (tracks, j))->name, list->track.name) == 0)
          now = g_ptr_array_index (tracks, j);
      /* With another time the deadlines would not be in order. */
      if (now != NULL && now->timeout == list->track.timeout)
        continue;
      forget_list (self, list);
      g_ptr_array_remove_index (self->lists, i);
    }
  for (guint i = 0; i < tracks->len; i++)
    {
      const SiosTrack *track = g_ptr_array_index (tracks, i);
      List *list = find_list (self, track->name);

      if (list == NULL)
        {
          list = g_new0 (List, 1);
          list->track.name = g_strdup (track->name);
          list->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, room_free);
          g_ptr_array_add (self->lists, list);
        }
      g_free (list->track.event);
      list->track.event = g_strdup (track->event);
      list->track.timeout = track->timeout;
      list->track.interval = track->interval;
      list->track.max_listed = track->max_listed;
      list->track.max_rooms = track->max_rooms;
    }
}
