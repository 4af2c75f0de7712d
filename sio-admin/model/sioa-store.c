/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-store.h"

#include <string.h>

#include "sioa-row-list.h"

/* Changes wait at most this long, so that lists change a few times in a second and no more. */
#define STEP_MS 50
/* Of each step, this much is spent … */
#define BUDGET_US 8000
/* … and this much when more comes than that is enough for: what is left for reading is then less
 * than what is read in it takes here, and the server has to wait. */
#define FLOOD 50000
#define FLOOD_BUDGET_US 25000
/* Beyond what any server has: more would only fill the memory. */
#define MAX_SIZE (G_GINT64_CONSTANT (512) * 1024 * 1024)
#define MAX_NAMESPACES 10000

struct _SioaStore
{
  GObject parent_instance;

  SioaBackend *backend;
  SioaRowList *sockets;
  SioaRowList *rooms;
  SioaRowList *namespaces;
  GQueue pending;      /* of GPtrArray of SioaChange */
  guint next;          /* in the first of them */
  guint n_pending;     /* changes in all */
  gint64 size;         /* of all sockets */
  GHashTable *touched; /* rows to tell of at the end of a step; a set with references */
  guint source_id;
};

G_DEFINE_FINAL_TYPE (SioaStore, sioa_store, G_TYPE_OBJECT)

/* Names may have anything in them; the length tells where the first one ends. */
static char *
make_key (const char *nsp, const char *name)
{
  char length[16];

  g_snprintf (length, sizeof length, "%zu:", strlen (nsp));
  return g_strconcat (length, nsp, name, NULL);
}

static void
touch (SioaStore *self, gpointer row)
{
  if (!g_hash_table_contains (self->touched, row))
    g_hash_table_add (self->touched, g_object_ref (row));
}

static SioaPlace *
get_place (SioaStore *self, SioaRowList *list, const char *nsp, const char *room)
{
  g_autofree char *key = make_key (nsp, room != NULL ? room : "");
  SioaPlace *place = sioa_row_list_find (list, key);

  if (place == NULL)
    {
      place = sioa_place_new (nsp, room);
      sioa_row_list_append (list, key, place);
    }
  return place;
}

static void
count_member (SioaStore *self, const char *nsp, const char *room, int n)
{
  SioaRowList *list = room != NULL ? self->rooms : self->namespaces;
  SioaPlace *place = get_place (self, list, nsp, room);

  sioa_place_add_members (place, n);
  touch (self, place);
  /* A room is there as long as somebody is in it. */
  if (room != NULL && sioa_place_get_n_members (place) == 0)
    {
      g_autofree char *key = make_key (nsp, room);

      sioa_row_list_remove (list, key);
    }
}

static void
count_rooms (SioaStore *self, SioaSocket *socket, int n)
{
  guint n_rooms;
  const char *const *rooms = sioa_socket_get_rooms (socket, &n_rooms);

  for (guint i = 0; i < n_rooms; i++)
    count_member (self, sioa_socket_get_nsp (socket), rooms[i], n);
}

static gboolean
may_have_namespace (SioaStore *self, const char *nsp)
{
  g_autofree char *key = make_key (nsp, "");

  return sioa_row_list_find (self->namespaces, key) != NULL ||
         sioa_row_list_get_n_rows (self->namespaces) < MAX_NAMESPACES;
}

/* Whoever stays in a room neither leaves nor joins it. */
static void
replace_record (SioaStore *self, SioaSocket *socket, SioaSocketRecord *record)
{
  g_autoptr (GHashTable) before = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_rooms;
  const char *const *rooms = sioa_socket_get_rooms (socket, &n_rooms);
  GHashTableIter iter;
  gpointer room;

  for (guint i = 0; i < n_rooms; i++)
    g_hash_table_add (before, g_strdup (rooms[i]));
  sioa_socket_set_record (socket, record);
  rooms = sioa_socket_get_rooms (socket, &n_rooms);
  for (guint i = 0; i < n_rooms; i++)
    if (!g_hash_table_remove (before, rooms[i]))
      count_member (self, record->nsp, rooms[i], 1);
  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &room, NULL))
    count_member (self, record->nsp, room, -1);
}

static void
put_socket (SioaStore *self, SioaSocketRecord *record)
{
  g_autofree char *key = make_key (record->nsp, record->id);
  SioaSocket *socket = sioa_row_list_find (self->sockets, key);

  if (self->size >= MAX_SIZE && socket == NULL)
    return;
  if (socket == NULL && !may_have_namespace (self, record->nsp))
    return;
  if (socket == NULL)
    {
      socket = sioa_socket_new (record);
      sioa_row_list_append (self->sockets, key, socket);
      count_member (self, record->nsp, NULL, 1);
      count_rooms (self, socket, 1);
    }
  else
    {
      self->size -= (gint64) sioa_socket_get_size (socket);
      replace_record (self, socket, record);
      touch (self, socket);
    }
  self->size += (gint64) sioa_socket_get_size (socket);
}

static void
remove_socket (SioaStore *self, SioaSocket *row, const SioaChange *change)
{
  g_autofree char *key = make_key (change->nsp, change->id);
  g_autoptr (SioaSocket) socket = g_object_ref (row);

  sioa_socket_end (socket, change->text);
  self->size -= (gint64) sioa_socket_get_size (socket);
  count_rooms (self, socket, -1);
  count_member (self, change->nsp, NULL, -1);
  sioa_row_list_remove (self->sockets, key);
  touch (self, socket);
}

static void
remove_namespace (SioaStore *self, const char *nsp)
{
  g_autofree char *key = make_key (nsp, "");
  SioaPlace *place = sioa_row_list_find (self->namespaces, key);

  if (place != NULL && sioa_place_get_n_members (place) == 0)
    sioa_row_list_remove (self->namespaces, key);
}

static void
reset (SioaStore *self)
{
  self->size = 0;
  sioa_row_list_remove_all (self->sockets);
  sioa_row_list_remove_all (self->rooms);
  sioa_row_list_remove_all (self->namespaces);
}

static void
apply_to_socket (SioaStore *self, SioaSocket *socket, const SioaChange *change)
{
  gsize size = sioa_socket_get_size (socket);

  switch (change->kind)
    {
    case SIOA_CHANGE_SOCKET_GONE:
      remove_socket (self, socket, change);
      return;
    case SIOA_CHANGE_JOINED:
      if (self->size >= MAX_SIZE || !sioa_socket_join (socket, change->text))
        return;
      count_member (self, change->nsp, change->text, 1);
      break;
    case SIOA_CHANGE_LEFT:
      if (!sioa_socket_leave (socket, change->text))
        return;
      count_member (self, change->nsp, change->text, -1);
      break;
    case SIOA_CHANGE_TRANSPORT:
      sioa_socket_set_transport (socket, change->text);
      break;
    case SIOA_CHANGE_DATA:
      sioa_socket_set_data (socket, change->text);
      break;
    case SIOA_CHANGE_USER:
      sioa_socket_set_user (socket, change->text);
      break;
    case SIOA_CHANGE_RESET:
    case SIOA_CHANGE_SOCKET:
    case SIOA_CHANGE_NAMESPACE:
    case SIOA_CHANGE_NAMESPACE_GONE:
    default:
      return;
    }
  self->size += (gint64) sioa_socket_get_size (socket) - (gint64) size;
  touch (self, socket);
}

static void
apply (SioaStore *self, const SioaChange *change)
{
  SioaSocket *socket;

  switch (change->kind)
    {
    case SIOA_CHANGE_RESET:
      reset (self);
      break;
    case SIOA_CHANGE_SOCKET:
      put_socket (self, change->socket);
      break;
    case SIOA_CHANGE_NAMESPACE:
      if (may_have_namespace (self, change->nsp))
        get_place (self, self->namespaces, change->nsp, NULL);
      break;
    case SIOA_CHANGE_NAMESPACE_GONE:
      remove_namespace (self, change->nsp);
      break;
    case SIOA_CHANGE_SOCKET_GONE:
    case SIOA_CHANGE_JOINED:
    case SIOA_CHANGE_LEFT:
    case SIOA_CHANGE_TRANSPORT:
    case SIOA_CHANGE_DATA:
    case SIOA_CHANGE_USER:
    default:
      socket = sioa_store_find_socket (self, change->nsp, change->id);
      if (socket != NULL)
        apply_to_socket (self, socket, change);
    }
}

/* Until @end, a monotonic time. TRUE if all is done. */
static gboolean
apply_until (SioaStore *self, gint64 end)
{
  while (!g_queue_is_empty (&self->pending))
    {
      GPtrArray *changes = g_queue_peek_head (&self->pending);

      while (self->next < changes->len)
        {
          apply (self, g_ptr_array_index (changes, self->next++));
          self->n_pending--;
          /* One of them may be a socket in thousands of rooms. */
          if (g_get_monotonic_time () >= end)
            return FALSE;
        }
      g_ptr_array_unref (g_queue_pop_head (&self->pending));
      self->next = 0;
    }
  return TRUE;
}

static void
tell (SioaStore *self)
{
  GHashTableIter iter;
  gpointer row;
  g_autoptr (GHashTable) touched = g_steal_pointer (&self->touched);

  self->touched = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  sioa_row_list_flush (self->namespaces);
  sioa_row_list_flush (self->rooms);
  sioa_row_list_flush (self->sockets);
  g_hash_table_iter_init (&iter, touched);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (SIOA_IS_SOCKET (row))
      sioa_socket_changed (row);
    else
      sioa_place_changed (row);
}

static gboolean
step_cb (gpointer user_data)
{
  SioaStore *self = user_data;
  gint64 budget = self->n_pending > FLOOD ? FLOOD_BUDGET_US : BUDGET_US;
  gboolean done = apply_until (self, g_get_monotonic_time () + budget);

  if (done)
    self->source_id = 0;
  tell (self);
  return done ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
changes_cb (SioaBackend *backend, GPtrArray *changes, SioaStore *self)
{
  g_queue_push_tail (&self->pending, g_ptr_array_ref (changes));
  self->n_pending += changes->len;
  if (self->source_id == 0)
    self->source_id = g_timeout_add (STEP_MS, step_cb, self);
}

void
sioa_store_catch_up (SioaStore *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  apply_until (self, G_MAXINT64);
  tell (self);
}

static void
sioa_store_dispose (GObject *object)
{
  SioaStore *self = SIOA_STORE (object);

  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->backend != NULL)
    g_signal_handlers_disconnect_by_data (self->backend, self);
  g_clear_object (&self->backend);
  g_queue_clear_full (&self->pending, (GDestroyNotify) g_ptr_array_unref);
  g_clear_pointer (&self->touched, g_hash_table_unref);
  g_clear_object (&self->sockets);
  g_clear_object (&self->rooms);
  g_clear_object (&self->namespaces);

  G_OBJECT_CLASS (sioa_store_parent_class)->dispose (object);
}

static void
sioa_store_class_init (SioaStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_store_dispose;
}

static void
sioa_store_init (SioaStore *self)
{
  g_queue_init (&self->pending);
  self->touched = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->sockets = sioa_row_list_new (SIOA_TYPE_SOCKET);
  self->rooms = sioa_row_list_new (SIOA_TYPE_PLACE);
  self->namespaces = sioa_row_list_new (SIOA_TYPE_PLACE);
}

SioaStore *
sioa_store_new (SioaBackend *backend)
{
  SioaStore *self = g_object_new (SIOA_TYPE_STORE, NULL);

  self->backend = g_object_ref (backend);
  g_signal_connect (backend, "changes", G_CALLBACK (changes_cb), self);
  return self;
}

GListModel *
sioa_store_get_sockets (SioaStore *self)
{
  return G_LIST_MODEL (self->sockets);
}

GListModel *
sioa_store_get_rooms (SioaStore *self)
{
  return G_LIST_MODEL (self->rooms);
}

GListModel *
sioa_store_get_namespaces (SioaStore *self)
{
  return G_LIST_MODEL (self->namespaces);
}

void
sioa_store_foreach_socket (SioaStore *self, GFunc func, gpointer user_data)
{
  sioa_row_list_foreach (self->sockets, func, user_data);
}

SioaSocket *
sioa_store_find_socket (SioaStore *self, const char *nsp, const char *id)
{
  g_autofree char *key = make_key (nsp, id);

  return sioa_row_list_find (self->sockets, key);
}

SioaPlace *
sioa_store_find_room (SioaStore *self, const char *nsp, const char *room)
{
  g_autofree char *key = make_key (nsp, room);

  return sioa_row_list_find (self->rooms, key);
}

guint
sioa_store_get_n_pending (SioaStore *self)
{
  return self->n_pending;
}

static void
settle_socket (gpointer row, gpointer user_data)
{
  sioa_socket_settle (row);
}

static void
settle_place (gpointer row, gpointer user_data)
{
  sioa_place_settle (row);
}

void
sioa_store_settle (SioaStore *self)
{
  sioa_row_list_foreach (self->sockets, settle_socket, NULL);
  sioa_row_list_foreach (self->rooms, settle_place, NULL);
  sioa_row_list_foreach (self->namespaces, settle_place, NULL);
}
