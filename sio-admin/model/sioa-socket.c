/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-socket.h"

#include <string.h>

/* Of a room: a row, its place in lists and tables. */
#define ROOM_SIZE 256
/* Rooms of a socket: fewer are found faster one by one. */
#define INDEX_FROM 32

struct _SioaSocket
{
  GObject parent_instance;

  SioaSocketRecord *record;
  GPtrArray *rooms;  /* ends with NULL; of interned strings */
  GHashTable *index; /* the same as a set, once there are many; NULL */
  char *reason;
  gboolean ended;
  SioaSocketRecord *settled;
  guint settled_n_rooms;
  gsize size;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaSocket, sioa_socket, G_TYPE_OBJECT)

static void
sioa_socket_finalize (GObject *object)
{
  SioaSocket *self = SIOA_SOCKET (object);

  g_clear_pointer (&self->record, sioa_socket_record_unref);
  g_clear_pointer (&self->settled, sioa_socket_record_unref);
  g_clear_pointer (&self->index, g_hash_table_unref);
  g_ptr_array_unref (self->rooms);
  g_free (self->reason);

  G_OBJECT_CLASS (sioa_socket_parent_class)->finalize (object);
}

static void
sioa_socket_class_init (SioaSocketClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_socket_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
release_name (gpointer name)
{
  if (name != NULL)
    g_ref_string_release (name);
}

static void
sioa_socket_init (SioaSocket *self)
{
  /* Thousands of sockets share the name of a room. */
  self->rooms = g_ptr_array_new_with_free_func (release_name);
  g_ptr_array_add (self->rooms, NULL);
}

static gboolean
has_room (SioaSocket *self, const char *room)
{
  if (self->index != NULL)
    return g_hash_table_contains (self->index, room);
  for (guint i = 0; i + 1 < self->rooms->len; i++)
    if (strcmp (g_ptr_array_index (self->rooms, i), room) == 0)
      return TRUE;
  return FALSE;
}

static void
index_rooms (SioaSocket *self)
{
  self->index = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i + 1 < self->rooms->len; i++)
    g_hash_table_add (self->index, g_ptr_array_index (self->rooms, i));
}

void
sioa_socket_set_record (SioaSocket *self, SioaSocketRecord *record)
{
  sioa_socket_record_ref (record);
  g_clear_pointer (&self->record, sioa_socket_record_unref);
  self->record = record;
  self->size = sizeof (SioaSocket) + sioa_socket_record_get_size (record);
  g_clear_pointer (&self->index, g_hash_table_unref);
  g_ptr_array_set_size (self->rooms, 0);
  g_ptr_array_add (self->rooms, NULL);
  for (guint i = 0; record->rooms[i] != NULL; i++)
    sioa_socket_join (self, record->rooms[i]);
}

SioaSocket *
sioa_socket_new (SioaSocketRecord *record)
{
  SioaSocket *self = g_object_new (SIOA_TYPE_SOCKET, NULL);

  sioa_socket_set_record (self, record);
  return self;
}

SioaSocketRecord *
sioa_socket_get_record (SioaSocket *self)
{
  return self->record;
}

void
sioa_socket_settle (SioaSocket *self)
{
  sioa_socket_record_ref (self->record);
  g_clear_pointer (&self->settled, sioa_socket_record_unref);
  self->settled = self->record;
  self->settled_n_rooms = self->rooms->len - 1;
}

SioaSocketRecord *
sioa_socket_get_settled (SioaSocket *self)
{
  if (self->settled == NULL)
    sioa_socket_settle (self);
  return self->settled;
}

guint
sioa_socket_get_settled_n_rooms (SioaSocket *self)
{
  if (self->settled == NULL)
    sioa_socket_settle (self);
  return self->settled_n_rooms;
}

const char *
sioa_socket_get_id (SioaSocket *self)
{
  return self->record->id;
}

const char *
sioa_socket_get_nsp (SioaSocket *self)
{
  return self->record->nsp;
}

const char *const *
sioa_socket_get_rooms (SioaSocket *self, guint *n_rooms)
{
  if (n_rooms != NULL)
    *n_rooms = self->rooms->len - 1;
  return (const char *const *) self->rooms->pdata;
}

gboolean
sioa_socket_is_in (SioaSocket *self, const char *room)
{
  return strcmp (self->record->id, room) == 0 || has_room (self, room);
}

gboolean
sioa_socket_is_alive (SioaSocket *self)
{
  return !self->ended;
}

const char *
sioa_socket_get_reason (SioaSocket *self)
{
  return self->reason;
}

/* Records are not changed: others may hold this one. */
static SioaSocketRecord *
copy_record (SioaSocketRecord *record)
{
  SioaSocketRecord *copy = sioa_socket_record_new (record->nsp, record->id);

  copy->client_id = g_strdup (record->client_id);
  copy->transport = g_strdup (record->transport);
  copy->address = g_strdup (record->address);
  copy->user = g_strdup (record->user);
  copy->connected_at = record->connected_at;
  copy->rtt = record->rtt;
  copy->bytes_in = record->bytes_in;
  copy->bytes_out = record->bytes_out;
  copy->events_in = record->events_in;
  copy->events_out = record->events_out;
  copy->data = g_strdup (record->data);
  copy->handshake = g_strdup (record->handshake);
  return copy;
}

static SioaSocketRecord *
own_record (SioaSocket *self)
{
  SioaSocketRecord *copy = copy_record (self->record);

  sioa_socket_record_unref (self->record);
  self->record = copy;
  return copy;
}

static void
set_text (SioaSocket *self, char **text, const char *value)
{
  self->size -= *text != NULL ? strlen (*text) + 1 : 0;
  self->size += value != NULL ? strlen (value) + 1 : 0;
  g_free (*text);
  *text = g_strdup (value);
}

void
sioa_socket_set_transport (SioaSocket *self, const char *transport)
{
  SioaSocketRecord *record = own_record (self);

  set_text (self, &record->transport, transport);
}

void
sioa_socket_set_user (SioaSocket *self, const char *user)
{
  SioaSocketRecord *record = own_record (self);

  set_text (self, &record->user, user);
}

void
sioa_socket_set_data (SioaSocket *self, const char *data)
{
  SioaSocketRecord *record = own_record (self);

  set_text (self, &record->data, data);
}

gboolean
sioa_socket_join (SioaSocket *self, const char *room)
{
  char *name;

  if (strcmp (room, self->record->id) == 0 || has_room (self, room) ||
      self->rooms->len > SIOA_SOCKET_MAX_ROOMS)
    return FALSE;
  name = g_ref_string_new_intern (room);
  g_ptr_array_insert (self->rooms, (int) self->rooms->len - 1, name);
  self->size += strlen (room) + ROOM_SIZE;
  if (self->index != NULL)
    g_hash_table_add (self->index, name);
  else if (self->rooms->len > INDEX_FROM)
    index_rooms (self);
  return TRUE;
}

gboolean
sioa_socket_leave (SioaSocket *self, const char *room)
{
  if (!has_room (self, room))
    return FALSE;
  self->size -= strlen (room) + ROOM_SIZE;
  if (self->index != NULL)
    g_hash_table_remove (self->index, room);
  for (guint i = 0; i + 1 < self->rooms->len; i++)
    if (strcmp (g_ptr_array_index (self->rooms, i), room) == 0)
      {
        g_ptr_array_remove_index (self->rooms, i);
        break;
      }
  return TRUE;
}

void
sioa_socket_end (SioaSocket *self, const char *reason)
{
  g_free (self->reason);
  self->reason = g_strdup (reason);
  self->ended = TRUE;
}

gsize
sioa_socket_get_size (SioaSocket *self)
{
  return self->size;
}

void
sioa_socket_changed (SioaSocket *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}
