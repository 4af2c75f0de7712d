/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-control-private.h"

/* What changed since the last time, for each one who watches: each socket and each room once, and
 * when there are more than SIOS_CONTROL_MAX_CHANGES only that. */

typedef enum
{
  ADDED,
  UPDATED,
  REMOVED
} Kind;

typedef struct
{
  Kind kind;
  SioSocket *socket; /* NULL if it is gone */
  char *id;
  char *ns;
  const char *reason; /* interned */
} SocketChange;

struct _SiosWatch
{
  SiosTopics topics;
  guint interval;
  SiosWatchFunc func;
  gpointer user_data;
  guint timer;
  gint64 last; /* monotonic time of the last call */
  gboolean overflow;
  gboolean paused;
  GHashTable *sockets; /* id → SocketChange */
  GHashTable *rooms;   /* namespace, newline, name */
};

static void
socket_change_free (gpointer data)
{
  SocketChange *change = data;

  g_clear_object (&change->socket);
  g_free (change->id);
  g_free (change->ns);
  g_free (change);
}

static GHashTable *
new_sockets (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, socket_change_free);
}

static GHashTable *
new_rooms (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
clear_changes (SiosWatch *watch)
{
  g_hash_table_remove_all (watch->sockets);
  g_hash_table_remove_all (watch->rooms);
}

static void
clear_room (gpointer data)
{
  SiosRoomRow *row = data;

  g_free (row->ns);
  g_free (row->name);
}

static void
gather_sockets (SiosWatch *watch, SiosChanges *changes)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watch->sockets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SocketChange *change = value;
      SiosGoneRow gone = { change->id, change->ns, change->reason };

      if (change->kind == REMOVED)
        g_array_append_val (changes->removed, gone);
      else
        g_ptr_array_add (change->kind == ADDED ? changes->added : changes->updated,
                         g_object_ref (change->socket));
    }
}

static void
gather_rooms (SiosWatch *watch, SioServer *server, SiosChanges *changes)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, watch->rooms);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *name = strchr (key, '\n') + 1;
      SiosRoomRow row = { g_strndup (key, (gsize) (name - (char *) key) - 1), g_strdup (name), 0 };
      SioNamespace *ns = sio_server_get_namespace (server, row.ns);

      if (ns != NULL)
        row.n_members = sio_adapter_get_room_size (sio_namespace_get_adapter (ns), name);
      g_array_append_val (changes->rooms, row);
    }
}

typedef struct
{
  SiosControl *control;
  SiosWatch *watch;
} Tick;

static gboolean
tick_cb (gpointer user_data)
{
  Tick *tick = user_data;
  SiosWatch *watch = tick->watch;
  g_autoptr (GHashTable) sockets = watch->sockets; /* strings of removed ones */
  g_autoptr (GHashTable) rooms = watch->rooms;
  SiosChanges changes = { .overflow = watch->overflow };

  watch->timer = 0;
  watch->last = g_get_monotonic_time ();
  watch->overflow = FALSE;
  changes.added = g_ptr_array_new_with_free_func (g_object_unref);
  changes.updated = g_ptr_array_new_with_free_func (g_object_unref);
  changes.removed = g_array_new (FALSE, FALSE, sizeof (SiosGoneRow));
  changes.rooms = g_array_new (FALSE, FALSE, sizeof (SiosRoomRow));
  g_array_set_clear_func (changes.rooms, clear_room);
  if (!changes.overflow)
    {
      gather_sockets (watch, &changes);
      gather_rooms (watch, tick->control->server, &changes);
    }
  /* The function may end the watch, and cause changes. */
  watch->sockets = new_sockets ();
  watch->rooms = new_rooms ();
  watch->func (&changes, watch->user_data);
  g_ptr_array_unref (changes.added);
  g_ptr_array_unref (changes.updated);
  g_array_unref (changes.removed);
  g_array_unref (changes.rooms);
  return G_SOURCE_REMOVE;
}

static void
arm (SiosControl *self, SiosWatch *watch)
{
  Tick *tick;
  gint64 wait;

  if (watch->timer != 0 || watch->paused)
    return;
  wait = watch->interval - (g_get_monotonic_time () - watch->last) / 1000;
  tick = g_new (Tick, 1);
  tick->control = self;
  tick->watch = watch;
  /* Also the first one waits a little: what comes together is told together. */
  watch->timer = g_timeout_add_full (G_PRIORITY_DEFAULT, (guint) CLAMP (wait, 10, watch->interval),
                                     tick_cb, tick, g_free);
}

/* FALSE if there is no place. */
static gboolean
has_place (SiosWatch *watch)
{
  if (watch->overflow)
    return FALSE;
  if (g_hash_table_size (watch->sockets) + g_hash_table_size (watch->rooms) <
      SIOS_CONTROL_MAX_CHANGES)
    return TRUE;
  watch->overflow = TRUE;
  clear_changes (watch);
  return FALSE;
}

static void
note_socket (SiosControl *self, SioSocket *socket, Kind kind, const char *reason)
{
  const char *id = sio_socket_get_id (socket);
  const char *ns = sio_namespace_get_name (sio_socket_get_namespace (socket));

  if (g_hash_table_contains (self->hidden, ns))
    return;
  for (GList *l = self->watches; l != NULL; l = l->next)
    {
      SiosWatch *watch = l->data;
      SocketChange *change;

      if ((watch->topics & SIOS_TOPIC_SOCKETS) == 0)
        continue;
      arm (self, watch);
      change = g_hash_table_lookup (watch->sockets, id);
      if (change == NULL)
        {
          if (!has_place (watch))
            continue;
          change = g_new0 (SocketChange, 1);
          change->id = g_strdup (id);
          change->ns = g_strdup (ns);
          change->kind = kind;
          g_hash_table_insert (watch->sockets, change->id, change);
        }
      else if (kind == REMOVED && change->kind == ADDED)
        {
          /* Nobody has heard of it. */
          g_hash_table_remove (watch->sockets, id);
          continue;
        }
      else if (kind != UPDATED)
        change->kind = kind;
      if (kind == REMOVED)
        {
          g_clear_object (&change->socket);
          change->reason = g_intern_string (reason);
        }
      else
        g_set_object (&change->socket, socket);
    }
}

void
sios_control_socket_updated (SiosControl *self, SioSocket *socket)
{
  if (self->watches != NULL && sio_socket_is_connected (socket))
    note_socket (self, socket, UPDATED, NULL);
}

static void
note_room (SioAdapter *adapter, const char *room, SioSocket *socket, SiosControl *self)
{
  const char *ns = sio_namespace_get_name (sio_socket_get_namespace (socket));
  g_autofree char *key = NULL;

  /* Everybody is alone in the room of the own id; connecting is another change. */
  if (strcmp (room, sio_socket_get_id (socket)) == 0 || g_hash_table_contains (self->hidden, ns))
    return;
  sios_control_socket_updated (self, socket);
  key = g_strconcat (ns, "\n", room, NULL);
  for (GList *l = self->watches; l != NULL; l = l->next)
    {
      SiosWatch *watch = l->data;

      if ((watch->topics & SIOS_TOPIC_ROOMS) == 0)
        continue;
      arm (self, watch);
      if (!g_hash_table_contains (watch->rooms, key) && has_place (watch))
        g_hash_table_add (watch->rooms, g_strdup (key));
    }
}

static G_DEFINE_QUARK (sios - control, control)

static void
upgraded_cb (SioSession *session, SioSocket *socket)
{
  SioServer *server = sio_namespace_get_server (sio_socket_get_namespace (socket));
  SiosControl *self =
      server != NULL ? g_object_get_qdata (G_OBJECT (server), control_quark ()) : NULL;

  if (self != NULL)
    sios_control_socket_updated (self, socket);
}

/* Stays when nobody watches any more, and does nothing then. */
static void
follow_upgrade (SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);

  if (session == NULL || sio_session_get_transport (session) == SIO_TRANSPORT_WEBSOCKET)
    return;
  if (g_signal_handler_find (session, G_SIGNAL_MATCH_FUNC | G_SIGNAL_MATCH_DATA, 0, 0, NULL,
                             upgraded_cb, socket) == 0)
    g_signal_connect_object (session, "upgraded", G_CALLBACK (upgraded_cb), socket, 0);
}

void
sios_control_note_connected (SiosControl *self, SioSocket *socket)
{
  note_socket (self, socket, ADDED, NULL);
  follow_upgrade (socket);
}

void
sios_control_note_disconnected (SiosControl *self, SioSocket *socket, const char *reason)
{
  note_socket (self, socket, REMOVED, reason);
}

static void
follow_namespace (SiosControl *self, SioNamespace *ns)
{
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  g_autoptr (GPtrArray) sockets = sio_namespace_list_sockets (ns);

  g_signal_connect (adapter, "join-room", G_CALLBACK (note_room), self);
  g_signal_connect (adapter, "leave-room", G_CALLBACK (note_room), self);
  g_ptr_array_add (self->adapters, g_object_ref (adapter));
  for (guint i = 0; i < sockets->len; i++)
    follow_upgrade (g_ptr_array_index (sockets, i));
}

static void
new_namespace_cb (SioServer *server, SioNamespace *ns, SiosControl *self)
{
  follow_namespace (self, ns);
}

static void
follow_all (SiosControl *self)
{
  g_autoptr (GPtrArray) namespaces = sio_server_list_namespaces (self->server);

  g_object_set_qdata (G_OBJECT (self->server), control_quark (), self);
  self->adapters = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < namespaces->len; i++)
    follow_namespace (self, g_ptr_array_index (namespaces, i));
  self->new_namespace_id =
      g_signal_connect (self->server, "new-namespace", G_CALLBACK (new_namespace_cb), self);
}

static void
follow_nothing (SiosControl *self)
{
  g_object_set_qdata (G_OBJECT (self->server), control_quark (), NULL);
  g_clear_signal_handler (&self->new_namespace_id, self->server);
  for (guint i = 0; i < self->adapters->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->adapters, i), self);
  g_clear_pointer (&self->adapters, g_ptr_array_unref);
}

SiosWatch *
sios_control_watch (
    SiosControl *self, SiosTopics topics, guint interval, SiosWatchFunc func, gpointer user_data)
{
  SiosWatch *watch = g_new0 (SiosWatch, 1);

  watch->topics = topics;
  watch->interval = MAX (interval, 10);
  watch->func = func;
  watch->user_data = user_data;
  watch->sockets = new_sockets ();
  watch->rooms = new_rooms ();
  if (self->watches == NULL)
    follow_all (self);
  self->watches = g_list_prepend (self->watches, watch);
  return watch;
}

void
sios_control_unwatch (SiosControl *self, SiosWatch *watch)
{
  self->watches = g_list_remove (self->watches, watch);
  if (self->watches == NULL)
    follow_nothing (self);
  g_clear_handle_id (&watch->timer, g_source_remove);
  g_hash_table_unref (watch->sockets);
  g_hash_table_unref (watch->rooms);
  g_free (watch);
}

void
sios_control_pause_watch (SiosControl *self, SiosWatch *watch, gboolean paused)
{
  watch->paused = paused;
  if (paused)
    g_clear_handle_id (&watch->timer, g_source_remove);
  else if (watch->overflow || g_hash_table_size (watch->sockets) > 0 ||
           g_hash_table_size (watch->rooms) > 0)
    arm (self, watch);
}

void
sios_control_clear_watches (SiosControl *self)
{
  while (self->watches != NULL)
    sios_control_unwatch (self, self->watches->data);
}
