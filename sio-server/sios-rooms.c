/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-rooms.h"

#include <string.h>

#define MAX_ROOM_LENGTH 200
#define MAX_ROOMS_PER_SOCKET 100

static void
reply_ok (SioMessage *message, const char *room)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  if (!sio_message_wants_reply (message))
    {
      json_object_unref (object);
      return;
    }
  json_object_set_boolean_member (object, "ok", TRUE);
  if (room != NULL)
    json_object_set_string_member (object, "room", room);
  json_node_take_object (node, object);
  sio_message_reply (message, sio_args_new_from_node (node));
}

static void
reply_error (SioMessage *message, const char *text)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_boolean_member (object, "ok", FALSE);
  json_object_set_string_member (object, "error", text);
  json_node_take_object (node, object);
  sio_message_reply (message, sio_args_new_from_node (node));
}

/* The room that the first argument names, or NULL after the client was told what is wrong. */
static const char *
get_room (SioMessage *message)
{
  const char *room = sio_args_get_string (sio_message_get_args (message), 0);

  if (room == NULL || *room == '\0')
    reply_error (message, "expected the name of a room, a string, as the first argument");
  else if (strlen (room) > MAX_ROOM_LENGTH)
    reply_error (message, "the name of the room is longer than 200 bytes");
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
  reply_error (message, text);
  return FALSE;
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = get_room (message);
  g_auto (GStrv) rooms = NULL;

  if (room == NULL)
    return;
  /* The id of another socket is its private room. */
  if (sio_namespace_get_socket (sio_socket_get_namespace (socket), room) != NULL)
    {
      reply_error (message, "this room belongs to a single client");
      return;
    }
  rooms = sio_socket_list_rooms (socket);
  if (g_strv_length (rooms) > MAX_ROOMS_PER_SOCKET)
    {
      reply_error (message, "you are in 100 rooms already; leave one first");
      return;
    }
  sio_socket_join (socket, room);
  reply_ok (message, room);
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *room = get_room (message);

  if (room == NULL || !check_in_room (socket, message, room))
    return;
  /* Everybody stays reachable by id. */
  if (strcmp (room, sio_socket_get_id (socket)) != 0)
    sio_socket_leave (socket, room);
  reply_ok (message, room);
}

static gboolean
is_reserved (const char *event)
{
  static const char *const reserved[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", NULL
  };

  return g_strv_contains (reserved, event);
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

  if (room == NULL)
    return;
  if (event == NULL || is_reserved (event))
    {
      reply_error (message, "expected the name of an event, a string, as the second argument");
      return;
    }
  if (!check_in_room (socket, message, room))
    return;
  sio_broadcast_emit (sio_socket_to (socket, room), event,
                      forwarded_args (message, room, sio_socket_get_id (socket)));
  reply_ok (message, NULL);
}

static void
latency_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  reply_ok (message, NULL);
}

void
sios_rooms_serve (SioNamespace *ns)
{
  sio_namespace_on (ns, "join", join_cb, NULL, NULL);
  sio_namespace_on (ns, "leave", leave_cb, NULL, NULL);
  sio_namespace_on (ns, "room", room_cb, NULL, NULL);
  sio_namespace_on (ns, "latency", latency_cb, NULL, NULL);
}
