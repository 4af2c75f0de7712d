/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-auto-rooms.h"
#include "sios-socket.h"

/* Tells those in a room who comes and who goes, whatever the reason: the events room:joined and
 * room:left with {room, id, user, members}. Not for automatic rooms, and not unless a namespace has
 * announce-members: in a room of n that all join it makes n² / 2 events. */

typedef struct
{
  SiosFeatures *features;
  GHashTable *namespaces; /* SioNamespace, referenced; those that are listened to */
} Announce;

static void
add_member (SioArgsBuilder *builder, const char *name, const char *text)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, text);
}

static void
announce (
    Announce *self, SioAdapter *adapter, const char *event, const char *room, SioSocket *socket)
{
  SioNamespace *ns = sio_socket_get_namespace (socket);
  SiosIdentity *identity = sios_socket_get_identity (socket);
  guint n_members = sio_adapter_get_room_size (adapter, room);
  g_autoptr (SioArgsBuilder) builder = NULL;

  if (n_members == 0 || strcmp (room, sio_socket_get_id (socket)) == 0 ||
      sios_room_policy_is_automatic (sios_auto_rooms_get_policy (self->features, ns), room))
    return;
  builder = sio_args_builder_new ();
  sio_args_builder_begin_object (builder);
  add_member (builder, "room", room);
  add_member (builder, "id", sio_socket_get_id (socket));
  if (identity != NULL)
    add_member (builder, "user", identity->user);
  sio_args_builder_set_member_name (builder, "members");
  sio_args_builder_add_int64 (builder, n_members);
  sio_args_builder_end_object (builder);
  sio_broadcast_emit (
      sio_broadcast_except (sio_namespace_to (ns, room), sio_socket_get_id (socket)), event,
      sio_args_builder_end (builder));
}

static void
joined_cb (SioAdapter *adapter, const char *room, SioSocket *socket, gpointer user_data)
{
  announce (user_data, adapter, "room:joined", room, socket);
}

static void
left_cb (SioAdapter *adapter, const char *room, SioSocket *socket, gpointer user_data)
{
  announce (user_data, adapter, "room:left", room, socket);
}

static void
listen (Announce *self, SioNamespace *ns)
{
  SiosRoomPolicy *policy = sios_auto_rooms_get_policy (self->features, ns);
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  gboolean wanted = policy != NULL && sios_room_policy_get_announces (policy);

  if (wanted == g_hash_table_contains (self->namespaces, ns))
    return;
  if (wanted)
    {
      g_signal_connect (adapter, "join-room", G_CALLBACK (joined_cb), self);
      g_signal_connect (adapter, "leave-room", G_CALLBACK (left_cb), self);
      g_hash_table_add (self->namespaces, g_object_ref (ns));
    }
  else
    {
      g_signal_handlers_disconnect_by_data (adapter, self);
      g_hash_table_remove (self->namespaces, ns);
    }
}

static gpointer
announce_create (SiosFeatures *features)
{
  Announce *self = g_new0 (Announce, 1);

  self->features = features;
  self->namespaces = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  return self;
}

static void
announce_destroy (gpointer data)
{
  Announce *self = data;
  GHashTableIter iter;
  gpointer ns;

  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, &ns, NULL))
    g_signal_handlers_disconnect_by_data (sio_namespace_get_adapter (ns), self);
  g_hash_table_unref (self->namespaces);
  g_free (self);
}

static void
announce_configure (gpointer data, SiosConfig *config)
{
  Announce *self = data;
  g_autoptr (GPtrArray) namespaces =
      sio_server_list_namespaces (sios_features_get_server (self->features));

  for (guint i = 0; i < namespaces->len; i++)
    listen (self, g_ptr_array_index (namespaces, i));
}

static void
announce_namespace_added (gpointer data, SioNamespace *ns)
{
  listen (data, ns);
}

const SiosFeature sios_room_announce_feature = {
  .name = "room-announce",
  .create = announce_create,
  .destroy = announce_destroy,
  .configure = announce_configure,
  .namespace_added = announce_namespace_added,
};
