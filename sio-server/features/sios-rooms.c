/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-feature.h"
#include "sios-reply.h"

#define MAX_ROOM_LENGTH 200

/* The events that clients of a namespace can use without any code on the server:
 *
 *   join (room, ack), leave (room, ack)
 *   room (room, event, …, ack)   to the others in a room of one's own; they get
 *                                event (room, sender's id, …)
 *   latency (…, ack)             answered at once
 *
 * Acks are {"ok":true} or {"ok":false,"error":"…"}. */

typedef struct
{
  GHashTable *without; /* names of the namespaces where clients choose no rooms */
  guint64 n_joins;
  guint64 n_leaves;
  guint64 n_messages;
} Rooms;

/* The room that the first argument names, or NULL after the client was told what is wrong. */
static const char *
get_room (SioMessage *message)
{
  const char *room = sio_args_get_string (sio_message_get_args (message), 0);

  if (room == NULL || *room == '\0')
    sios_reply_error (message, "expected the name of a room, a string, as the first argument");
  else if (strlen (room) > MAX_ROOM_LENGTH)
    sios_reply_error (message, "the name of the room is longer than 200 bytes");
  else
    return room;
  return NULL;
}

/* FALSE after the client was told that it is not in @room. */
static gboolean
check_in_room (SioSocket *socket, SioMessage *message, const char *room)
{
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);
  g_autofree char *text = NULL;

  if (g_strv_contains ((const char *const *) rooms, room))
    return TRUE;
  text = g_strdup_printf ("not in room \"%s\"", room);
  sios_reply_error (message, text);
  return FALSE;
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = get_room (message);
  Rooms *self = user_data;
  g_autofree char *text = NULL;

  if (room == NULL)
    return;
  /* The id of another socket is its private room. */
  if (sio_namespace_get_socket (sio_socket_get_namespace (socket), room) != NULL)
    {
      sios_reply_error (message, "this room belongs to a single client");
      return;
    }
  if (!sio_socket_join (socket, room))
    {
      SioServer *server = sio_namespace_get_server (sio_socket_get_namespace (socket));

      text = g_strdup_printf ("you are in %u rooms already; leave one first",
                              sio_server_get_max_rooms_per_socket (server));
      sios_reply_error (message, text);
      return;
    }
  self->n_joins++;
  sios_reply_ok (message, room);
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = get_room (message);
  Rooms *self = user_data;

  if (room == NULL || !check_in_room (socket, message, room))
    return;
  /* Everybody stays reachable by id. */
  if (strcmp (room, sio_socket_get_id (socket)) != 0)
    {
      sio_socket_leave (socket, room);
      self->n_leaves++;
    }
  sios_reply_ok (message, room);
}

/* room, sender, then what follows the event's name in the message */
static SioArgs *
forwarded_args (SioMessage *message, const char *room, const char *sender)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  SioArgs *args = sio_message_get_args (message);

  sio_args_builder_add_string (builder, room);
  sio_args_builder_add_string (builder, sender);
  sio_args_builder_add_args (builder, args, 2);
  return sio_args_builder_end (builder);
}

static void
room_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = get_room (message);
  const char *event = sio_args_get_string (sio_message_get_args (message), 1);
  Rooms *self = user_data;

  if (room == NULL)
    return;
  if (event == NULL || sio_event_is_reserved (event))
    {
      sios_reply_error (message, "expected the name of an event, a string, as the second argument");
      return;
    }
  if (!check_in_room (socket, message, room))
    return;
  sio_broadcast_emit (sio_socket_to (socket, room), event,
                      forwarded_args (message, room, sio_socket_get_id (socket)));
  self->n_messages++;
  sios_reply_ok (message, NULL);
}

static gpointer
rooms_create (SiosFeatures *features)
{
  Rooms *self = g_new0 (Rooms, 1);

  self->without = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
rooms_destroy (gpointer data)
{
  Rooms *self = data;

  g_hash_table_unref (self->without);
  g_free (self);
}

static void
rooms_configure (gpointer data, SiosConfig *config)
{
  Rooms *self = data;
  g_auto (GStrv) names = sios_config_list_names (config, "namespace");

  g_hash_table_remove_all (self->without);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *group = g_strconcat ("namespace ", names[i], NULL);

      if (!sios_config_get_boolean (config, group, "rooms"))
        g_hash_table_add (self->without, g_strdup (names[i]));
    }
}

static gboolean
rooms_event (gpointer data, SioSocket *socket, SioMessage *message)
{
  static const struct
  {
    const char *name;
    SioEventFunc func;
  } events[] = { { "join", join_cb }, { "leave", leave_cb }, { "room", room_cb } };
  Rooms *self = data;
  const char *event = sio_message_get_event (message);

  if (strcmp (event, "latency") == 0)
    {
      sios_reply_ok (message, NULL);
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (strcmp (event, events[i].name) == 0)
      {
        if (g_hash_table_contains (self->without,
                                   sio_namespace_get_name (sio_socket_get_namespace (socket))))
          return FALSE;
        events[i].func (socket, message, self);
        return TRUE;
      }
  return FALSE;
}

static void
rooms_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  Rooms *self = data;
  const SiosMetric metrics[] = {
    { "rooms", "joins", SIOS_METRIC_COUNTER, "Rooms that clients joined.", NULL, NULL,
      self->n_joins },
    { "rooms", "leaves", SIOS_METRIC_COUNTER, "Rooms that clients left.", NULL, NULL,
      self->n_leaves },
    { "rooms", "messages", SIOS_METRIC_COUNTER, "Events that clients sent to a room.", NULL, NULL,
      self->n_messages },
  };

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    func (&metrics[i], user_data);
}

const SiosFeature sios_rooms_feature = {
  .name = "rooms",
  .create = rooms_create,
  .destroy = rooms_destroy,
  .configure = rooms_configure,
  .event = rooms_event,
  .metrics = rooms_metrics,
};
