/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-auto-rooms.h"

#include <string.h>

#include "sios-socket.h"

/* Rooms that follow from who somebody is. A socket gets them when it connects, and they follow when
 * its identity or the configuration changes; so do rooms that its client chose and that a pattern
 * with {…} allowed. They do not count for max-rooms-per-socket. Nothing is kept for each socket:
 * the names tell which rooms are automatic, because clients can join none of these. */

/* Sockets that are looked at in one iteration of the main loop after a reload. */
#define MAX_AT_ONCE 256

typedef struct
{
  SiosFeatures *features;
  GHashTable *policies; /* name of the namespace → SiosRoomPolicy */
  GQueue changed;       /* SioSocket, referenced: their namespace has another policy */
  guint source;
  guint64 n_joins;
  guint64 n_leaves;
  guint64 n_revoked;
} AutoRooms;

static gpointer
auto_rooms_create (SiosFeatures *features)
{
  AutoRooms *self = g_new0 (AutoRooms, 1);

  self->features = features;
  self->policies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) sios_room_policy_free);
  return self;
}

static void
auto_rooms_destroy (gpointer data)
{
  AutoRooms *self = data;

  g_clear_handle_id (&self->source, g_source_remove);
  g_queue_clear_full (&self->changed, g_object_unref);
  g_hash_table_unref (self->policies);
  g_free (self);
}

static SiosRoomPolicy *
get_policy (AutoRooms *self, SioNamespace *ns)
{
  return g_hash_table_lookup (self->policies, sio_namespace_get_name (ns));
}

SiosRoomPolicy *
sios_auto_rooms_get_policy (SiosFeatures *features, SioNamespace *ns)
{
  return get_policy (sios_features_get (features, &sios_auto_rooms_feature), ns);
}

/* The client joined it, so it has to know. */
static void
tell_revoked (SioSocket *socket, const char *room)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  sio_args_builder_begin_object (builder);
  sio_args_builder_set_member_name (builder, "room");
  sio_args_builder_add_string (builder, room);
  sio_args_builder_set_member_name (builder, "code");
  sio_args_builder_add_string (builder, sios_room_answer_get_code (SIOS_ROOM_NOT_ALLOWED));
  sio_args_builder_end_object (builder);
  sio_socket_emit (socket, "room:revoked", sio_args_builder_end (builder));
}

/* Leaves what @socket has no right to any more. Returns in how many automatic rooms it stays. */
static guint
leave_others (AutoRooms *self, SiosRoomPolicy *policy, SioSocket *socket)
{
  SiosIdentity *identity = sios_socket_get_identity (socket);
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);
  guint n_kept = 0;

  for (guint i = 0; rooms[i] != NULL; i++)
    {
      gboolean automatic = sios_room_policy_is_automatic (policy, rooms[i]);

      if (strcmp (rooms[i], sio_socket_get_id (socket)) == 0)
        continue;
      if (sios_room_policy_keeps (policy, identity, rooms[i]))
        {
          n_kept += automatic;
          continue;
        }
      sio_socket_leave (socket, rooms[i]);
      if (automatic)
        self->n_leaves++;
      else
        {
          self->n_revoked++;
          tell_revoked (socket, rooms[i]);
        }
    }
  return n_kept;
}

static void
join_own (AutoRooms *self, SiosRoomPolicy *policy, SioSocket *socket, guint n_before)
{
  SiosIdentity *identity = sios_socket_get_identity (socket);
  g_autoptr (GPtrArray) rooms = NULL;

  if (identity != NULL)
    rooms = sios_room_policy_list_automatic (policy, identity);
  /* At most so many: some names may be there twice, or be joined already. */
  sio_socket_set_extra_rooms (socket, n_before + (rooms != NULL ? rooms->len : 0));
  for (guint i = 0; rooms != NULL && i < rooms->len; i++)
    {
      const char *room = g_ptr_array_index (rooms, i);

      if (sio_socket_is_in (socket, room) || !sio_socket_join (socket, room))
        continue;
      self->n_joins++;
      n_before++;
    }
  sio_socket_set_extra_rooms (socket, n_before);
}

static void
follow (AutoRooms *self, SioSocket *socket)
{
  SiosRoomPolicy *policy = get_policy (self, sio_socket_get_namespace (socket));

  if (policy != NULL && sio_socket_is_connected (socket))
    join_own (self, policy, socket, leave_others (self, policy, socket));
}

/* Whoever knew the id of a socket that was away could join the room of this name. */
static void
clear_own_room (SioSocket *socket)
{
  SioAdapter *adapter = sio_namespace_get_adapter (sio_socket_get_namespace (socket));
  const char *id = sio_socket_get_id (socket);
  g_autoptr (GPtrArray) sockets = NULL;

  if (sio_adapter_get_room_size (adapter, id) <= 1)
    return;
  sockets = sio_adapter_list_room_sockets (adapter, id);
  for (guint i = 0; i < sockets->len; i++)
    if (g_ptr_array_index (sockets, i) != socket)
      sio_socket_leave (g_ptr_array_index (sockets, i), id);
}

static void
auto_rooms_connected (gpointer data, SioSocket *socket)
{
  AutoRooms *self = data;

  if (sio_socket_is_recovered (socket))
    {
      clear_own_room (socket);
      follow (self, socket);
    }
  else if (sios_socket_get_identity (socket) != NULL)
    {
      SiosRoomPolicy *policy = get_policy (self, sio_socket_get_namespace (socket));

      if (policy != NULL)
        join_own (self, policy, socket, 0);
    }
}

static void
auto_rooms_identity_changed (gpointer data, SioSocket *socket, SiosIdentity *old)
{
  follow (data, socket);
}

static gboolean
follow_some_cb (gpointer data)
{
  AutoRooms *self = data;

  for (guint i = 0; i < MAX_AT_ONCE && !g_queue_is_empty (&self->changed); i++)
    {
      g_autoptr (SioSocket) socket = g_queue_pop_head (&self->changed);

      follow (self, socket);
    }
  if (!g_queue_is_empty (&self->changed))
    return G_SOURCE_CONTINUE;
  self->source = 0;
  return G_SOURCE_REMOVE;
}

static void
follow_all (AutoRooms *self, const char *name)
{
  SioNamespace *ns = sio_server_of (sios_features_get_server (self->features), name);
  g_autoptr (GPtrArray) sockets = sio_namespace_list_sockets (ns);

  for (guint i = 0; i < sockets->len; i++)
    g_queue_push_tail (&self->changed, g_object_ref (g_ptr_array_index (sockets, i)));
  if (sockets->len > 0 && self->source == 0)
    self->source = g_idle_add_full (G_PRIORITY_DEFAULT, follow_some_cb, self, NULL);
}

static void
auto_rooms_configure (gpointer data, SiosConfig *config)
{
  AutoRooms *self = data;
  g_auto (GStrv) names = sios_config_list_names (config, "namespace");

  for (guint i = 0; names[i] != NULL; i++)
    {
      SiosRoomPolicy *policy = sios_room_policy_new (config, names[i]);
      SiosRoomPolicy *old = g_hash_table_lookup (self->policies, names[i]);
      gboolean changed = old != NULL && !sios_room_policy_equal (policy, old);

      g_hash_table_insert (self->policies, g_strdup (names[i]), policy);
      if (changed)
        follow_all (self, names[i]);
    }
}

static void
auto_rooms_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  AutoRooms *self = data;
  const SiosMetric metrics[] = {
    { "auto_rooms", "joins", SIOS_METRIC_COUNTER,
      "Rooms that clients were put into because of who they are.", NULL, NULL, self->n_joins },
    { "auto_rooms", "leaves", SIOS_METRIC_COUNTER,
      "Such rooms that clients had to leave because that had changed.", NULL, NULL,
      self->n_leaves },
    { "auto_rooms", "revoked", SIOS_METRIC_COUNTER,
      "Rooms that clients had joined and had to leave because they may not be there any more.",
      NULL, NULL, self->n_revoked },
  };

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    func (&metrics[i], user_data);
}

const SiosFeature sios_auto_rooms_feature = {
  .name = "auto-rooms",
  .create = auto_rooms_create,
  .destroy = auto_rooms_destroy,
  .configure = auto_rooms_configure,
  .connected = auto_rooms_connected,
  .identity_changed = auto_rooms_identity_changed,
  .metrics = auto_rooms_metrics,
};
