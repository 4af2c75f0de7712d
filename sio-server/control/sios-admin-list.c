/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-admin.h"
#include "sios-socket.h"

/* The Admin UI takes one event with all sockets, which replaces what it knew. With 10 000 of them
 * it has some ten megabytes: it is written socket by socket, a few milliseconds at a time, and put
 * together at the end. What changes meanwhile is written again, because the events that tell of it
 * have gone before the list. */

#define SLICE_US 2000
/* Of sockets that change all the time; from then on they are listed as they were. */
#define MAX_AGAIN 3
/* How often putting together begins anew; then it is done at once. */
#define MAX_BEGINNINGS 3
#define CLIENT_ID_LENGTH 12

typedef struct
{
  SioSocket *socket;
  SioArgs *text; /* NULL: to be written */
  gsize n_bytes; /* of the text */
  guint n_written;
  guint index; /* in the list */
  GList link;  /* in what is to do, as long as there is no text */
} Item;

struct _SiosAdminList
{
  SiosAdmin *admin;
  GHashTable *waiting; /* char*: ids of admins; NULL while none is made */
  GHashTable *items;   /* SioSocket → Item */
  GPtrArray *order;    /* Item; NULL for those that left */
  GQueue todo;         /* Item without text */
  gsize n_bytes;
  gboolean cut; /* not all are in it */
  /* Putting together. */
  SioArgsBuilder *builder; /* NULL before */
  guint n_put;             /* of those in order */
  guint n_beginnings;
  GPtrArray *garbage; /* Item; what was sent is freed as slowly as it was made */
  guint source;
};

static void
item_free (gpointer data)
{
  Item *item = data;

  if (item == NULL)
    return;
  g_object_unref (item->socket);
  g_clear_pointer (&item->text, sio_args_unref);
  g_free (item);
}

SiosAdminList *
sios_admin_list_new (SiosAdmin *admin)
{
  SiosAdminList *self = g_new0 (SiosAdminList, 1);

  self->admin = admin;
  return self;
}

/* What was made is garbage. */
void
sios_admin_list_stop (SiosAdminList *self)
{
  g_queue_init (&self->todo);
  g_clear_pointer (&self->builder, sio_args_builder_unref);
  g_clear_pointer (&self->items, g_hash_table_unref);
  g_clear_pointer (&self->waiting, g_hash_table_unref);
  if (self->garbage == NULL)
    self->garbage = g_steal_pointer (&self->order);
  g_clear_pointer (&self->order, g_ptr_array_unref);
  self->n_put = 0;
  self->n_beginnings = 0;
  self->n_bytes = 0;
  self->cut = FALSE;
}

void
sios_admin_list_free (SiosAdminList *self)
{
  sios_admin_list_stop (self);
  g_clear_pointer (&self->garbage, g_ptr_array_unref);
  g_clear_handle_id (&self->source, g_source_remove);
  g_free (self);
}

static void
add_string (SioArgsBuilder *builder, const char *name, const char *value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, value);
}

void
sios_admin_list_write (SioArgsBuilder *builder, SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);

  sio_args_builder_begin_object (builder);
  add_string (builder, "id", sio_socket_get_id (socket));
  if (session != NULL)
    {
      g_autofree char *client = g_strndup (sio_session_get_id (session), CLIENT_ID_LENGTH);
      gboolean polling = sio_session_get_transport (session) == SIO_TRANSPORT_POLLING;

      add_string (builder, "clientId", client);
      add_string (builder, "transport", polling ? "polling" : "websocket");
    }
  add_string (builder, "nsp", sio_namespace_get_name (sio_socket_get_namespace (socket)));
  sio_args_builder_set_member_name (builder, "data");
  sios_socket_add_data (socket, builder);
  sio_args_builder_set_member_name (builder, "handshake");
  sio_args_builder_add_handshake (builder, sio_socket_get_handshake (socket));
  sio_args_builder_set_member_name (builder, "rooms");
  sio_args_builder_begin_array (builder);
  for (guint i = 0; rooms[i] != NULL; i++)
    sio_args_builder_add_string (builder, rooms[i]);
  sio_args_builder_end_array (builder);
  sio_args_builder_end_object (builder);
}

static void
write_item (SiosAdminList *self, SioArgsBuilder *builder, Item *item)
{
  sios_admin_list_write (builder, item->socket);
  item->text = sio_args_builder_end (builder);
  item->n_bytes = strlen (sio_args_get_json (item->text));
  item->n_written++;
  self->n_bytes += item->n_bytes;
  sios_admin_events_watch (self->admin->events, item->socket);
}

static void
forget_text (SiosAdminList *self, Item *item)
{
  self->n_bytes -= item->n_bytes;
  item->n_bytes = 0;
  g_clear_pointer (&item->text, sio_args_unref);
}

/* What exceeds the bytes that may wait for a client would end the admin that wants it. */
static gboolean
is_full (SiosAdminList *self)
{
  return self->n_bytes >
         sio_engine_get_max_buffered_bytes (sio_server_get_engine (self->admin->server)) / 4 * 3;
}

static void
drop (SiosAdminList *self, Item *item)
{
  g_hash_table_remove (self->items, item->socket);
  self->order->pdata[item->index] = NULL;
  item_free (item);
}

static void
drop_rest (SiosAdminList *self)
{
  GList *link;

  self->cut = TRUE;
  while ((link = g_queue_pop_head_link (&self->todo)) != NULL)
    drop (self, link->data);
}

static void
send (SiosAdminList *self)
{
  g_autoptr (GHashTable) waiting = g_hash_table_ref (self->waiting);
  g_autofree const char **ids = (const char **) g_hash_table_get_keys_as_array (waiting, NULL);
  SioArgs *args;

  sio_args_builder_end_array (self->builder);
  args = sio_args_builder_end (self->builder);
  self->admin->counters.n_lists++;
  self->admin->counters.n_lists_cut += self->cut;
  sios_admin_list_stop (self);
  /* Compressing that much would keep all others waiting. */
  sio_broadcast_emit (sio_broadcast_compress (sio_namespace_to_rooms (self->admin->ns, ids), FALSE),
                      "all_sockets", args);
}

static gboolean
is_over (gint64 end)
{
  return g_get_monotonic_time () >= end;
}

/* FALSE if there was no time for all. */
static gboolean
write_items (SiosAdminList *self, gint64 end)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  GList *link;

  while ((link = g_queue_pop_head_link (&self->todo)) != NULL)
    {
      write_item (self, builder, link->data);
      if (is_full (self))
        drop_rest (self);
      else if (is_over (end))
        return FALSE;
    }
  return TRUE;
}

static gboolean
put_together (SiosAdminList *self, gint64 end)
{
  if (self->builder == NULL)
    {
      self->builder = sio_args_builder_new ();
      sio_args_builder_begin_array (self->builder);
      self->n_put = 0;
      self->n_beginnings++;
    }
  while (self->n_put < self->order->len)
    {
      const Item *item = g_ptr_array_index (self->order, self->n_put++);

      if (item == NULL)
        continue;
      sio_args_builder_add_args (self->builder, item->text, 0);
      if (self->n_beginnings < MAX_BEGINNINGS && is_over (end))
        return FALSE;
    }
  return TRUE;
}

/* What was put together is no longer true. */
static void
begin_anew (SiosAdminList *self, const Item *item)
{
  if (self->builder != NULL && item->index < self->n_put)
    g_clear_pointer (&self->builder, sio_args_builder_unref);
}

static gboolean
free_garbage (SiosAdminList *self, gint64 end)
{
  while (self->garbage != NULL && self->garbage->len > 0)
    {
      item_free (g_ptr_array_steal_index_fast (self->garbage, self->garbage->len - 1));
      if (is_over (end))
        return FALSE;
    }
  g_clear_pointer (&self->garbage, g_ptr_array_unref);
  return TRUE;
}

static gboolean
slice_cb (gpointer user_data)
{
  SiosAdminList *self = user_data;
  gint64 end = g_get_monotonic_time () + SLICE_US;

  if (!free_garbage (self, end))
    return G_SOURCE_CONTINUE;
  if (self->waiting == NULL)
    {
      self->source = 0;
      return G_SOURCE_REMOVE;
    }
  if (write_items (self, end) && put_together (self, end))
    send (self);
  return G_SOURCE_CONTINUE;
}

static void
start (SiosAdminList *self)
{
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->items = g_hash_table_new (NULL, NULL);
  self->order = g_ptr_array_new_with_free_func (item_free);
  for (guint i = 0; i < self->admin->namespaces->len; i++)
    {
      g_autoptr (GPtrArray) sockets =
          sio_namespace_list_sockets (g_ptr_array_index (self->admin->namespaces, i));

      for (guint j = 0; j < sockets->len; j++)
        sios_admin_list_add (self, g_ptr_array_index (sockets, j));
    }
  /* As important as what clients send, or it would never be made under load. */
  if (self->source == 0)
    self->source = g_idle_add_full (G_PRIORITY_DEFAULT, slice_cb, self, NULL);
}

void
sios_admin_list_send (SiosAdminList *self, SioSocket *admin)
{
  if (self->waiting == NULL)
    start (self);
  g_hash_table_add (self->waiting, g_strdup (sio_socket_get_id (admin)));
}

void
sios_admin_list_add (SiosAdminList *self, SioSocket *socket)
{
  Item *item;

  if (self->items == NULL || g_hash_table_contains (self->items, socket))
    return;
  if (g_hash_table_size (self->items) >= self->admin->settings.max_listed)
    {
      self->cut = TRUE;
      return;
    }
  item = g_new0 (Item, 1);
  item->socket = g_object_ref (socket);
  item->link.data = item;
  item->index = self->order->len;
  g_hash_table_insert (self->items, socket, item);
  g_ptr_array_add (self->order, item);
  g_queue_push_tail_link (&self->todo, &item->link);
}

void
sios_admin_list_touch (SiosAdminList *self, SioSocket *socket)
{
  Item *item = self->items != NULL ? g_hash_table_lookup (self->items, socket) : NULL;

  if (item == NULL || item->text == NULL || item->n_written == MAX_AGAIN)
    return;
  begin_anew (self, item);
  forget_text (self, item);
  g_queue_push_tail_link (&self->todo, &item->link);
}

void
sios_admin_list_remove (SiosAdminList *self, SioSocket *socket)
{
  Item *item = self->items != NULL ? g_hash_table_lookup (self->items, socket) : NULL;

  if (item == NULL)
    return;
  if (item->text == NULL)
    g_queue_unlink (&self->todo, &item->link);
  else
    {
      begin_anew (self, item);
      forget_text (self, item);
    }
  drop (self, item);
}
