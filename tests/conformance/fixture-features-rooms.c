/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* Rooms and broadcasts: clients say by an object what the server shall do. `from` is "socket"
 * or "namespace"; `to` and `except` are lists of rooms. */

static char **
get_strings (JsonObject *object, const char *member)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  char **strings;

  if (json_object_has_member (object, member))
    {
      JsonArray *array = json_object_get_array_member (object, member);

      for (guint i = 0; i < json_array_get_length (array); i++)
        g_strv_builder_add (builder, json_array_get_string_element (array, i));
    }
  strings = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return strings;
}

/* Floating. */
static SioBroadcast *
make_broadcast (SioSocket *socket, JsonObject *what)
{
  g_auto (GStrv) to = get_strings (what, "to");
  g_auto (GStrv) except = get_strings (what, "except");
  const char *from = json_object_get_string_member_with_default (what, "from", "namespace");
  SioBroadcast *broadcast;

  if (g_str_equal (from, "socket"))
    broadcast = sio_socket_broadcast (socket);
  else
    broadcast = sio_namespace_broadcast (sio_socket_get_namespace (socket));
  broadcast = sio_broadcast_to_rooms (broadcast, (const char *const *) to);
  broadcast = sio_broadcast_except_rooms (broadcast, (const char *const *) except);
  if (json_object_get_boolean_member_with_default (what, "volatile", FALSE))
    broadcast = sio_broadcast_volatile (broadcast);
  if (json_object_get_boolean_member_with_default (what, "local", FALSE))
    broadcast = sio_broadcast_local (broadcast);
  if (json_object_has_member (what, "compress"))
    broadcast =
        sio_broadcast_compress (broadcast, json_object_get_boolean_member (what, "compress"));
  if (json_object_has_member (what, "timeout"))
    broadcast =
        sio_broadcast_timeout (broadcast, (guint) json_object_get_int_member (what, "timeout"));
  return broadcast;
}

static void
reply_builder (SioMessage *message, JsonBuilder *builder)
{
  g_autoptr (JsonNode) list = json_node_new (JSON_NODE_ARRAY);
  JsonArray *args = json_array_new ();

  /* a list with one argument */
  json_array_add_element (args, json_builder_get_root (builder));
  json_node_take_array (list, args);
  sio_message_reply (message, sio_args_new_from_node (list));
  sio_message_unref (message);
}

/* [complete, number expected, first argument of each answer…] */
static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioResponses) responses =
      sio_broadcast_emit_with_ack_finish (SIO_BROADCAST (source), result, NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  json_builder_add_boolean_value (builder, sio_responses_is_complete (responses));
  json_builder_add_int_value (builder, sio_responses_get_n_expected (responses));
  for (guint i = 0; i < sio_responses_get_length (responses); i++)
    json_builder_add_string_value (builder,
                                   sio_args_get_string (sio_responses_get_args (responses, i), 0));
  json_builder_end_array (builder);
  reply_builder (user_data, builder);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GPtrArray) sockets =
      sio_broadcast_fetch_sockets_finish (SIO_BROADCAST (source), result, NULL);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < sockets->len; i++)
    {
      SioRemoteSocket *socket = sockets->pdata[i];
      g_auto (GStrv) rooms = sio_remote_socket_list_rooms (socket);

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "id");
      json_builder_add_string_value (builder, sio_remote_socket_get_id (socket));
      json_builder_set_member_name (builder, "handshake");
      json_builder_add_value (builder, json_node_copy (sio_remote_socket_get_handshake (socket)));
      json_builder_set_member_name (builder, "rooms");
      json_builder_begin_array (builder);
      for (guint j = 0; rooms[j] != NULL; j++)
        json_builder_add_string_value (builder, rooms[j]);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  reply_builder (user_data, builder);
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioMessage) message = user_data;

  sio_message_reply (message, sio_args_new ("b", sio_broadcast_sockets_join_finish (
                                                     SIO_BROADCAST (source), result, NULL)));
}

static void
left_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioMessage) message = user_data;

  sio_message_reply (message, sio_args_new ("b", sio_broadcast_sockets_leave_finish (
                                                     SIO_BROADCAST (source), result, NULL)));
}

static void
emit_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  JsonObject *what = json_node_get_object (sio_args_get_node (args, 0));

  sio_broadcast_emit (make_broadcast (socket, what), sio_args_get_string (args, 1),
                      sio_args_slice (args, 2));
  sio_message_reply (message, NULL);
}

static void
ask_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  JsonObject *what = json_node_get_object (sio_args_get_node (args, 0));

  sio_broadcast_emit_with_ack_async (make_broadcast (socket, what), sio_args_get_string (args, 1),
                                     sio_args_slice (args, 2), 0, NULL, asked_cb,
                                     sio_message_ref (message));
}

static void
fetch_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  JsonObject *what = json_node_get_object (sio_args_get_node (sio_message_get_args (message), 0));

  sio_broadcast_fetch_sockets_async (make_broadcast (socket, what), NULL, fetched_cb,
                                     sio_message_ref (message));
}

static void
join_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  JsonObject *what = json_node_get_object (sio_args_get_node (sio_message_get_args (message), 0));
  g_auto (GStrv) rooms = get_strings (what, "rooms");

  sio_broadcast_sockets_join_async (make_broadcast (socket, what), (const char *const *) rooms,
                                    NULL, joined_cb, sio_message_ref (message));
}

static void
leave_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  JsonObject *what = json_node_get_object (sio_args_get_node (sio_message_get_args (message), 0));
  g_auto (GStrv) rooms = get_strings (what, "rooms");

  sio_broadcast_sockets_leave_async (make_broadcast (socket, what), (const char *const *) rooms,
                                     NULL, left_cb, sio_message_ref (message));
}

static void
disconnect_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  JsonObject *what = json_node_get_object (sio_args_get_node (sio_message_get_args (message), 0));

  sio_broadcast_disconnect_sockets_async (
      make_broadcast (socket, what),
      json_object_get_boolean_member_with_default (what, "close", FALSE), NULL, NULL, NULL);
  sio_message_reply (message, NULL);
}

static void
remote_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioMessage) message = user_data;
  g_autoptr (GError) error = NULL;
  SioArgs *args =
      sio_remote_socket_emit_with_ack_finish (SIO_REMOTE_SOCKET (source), result, &error);

  sio_message_reply (message, args != NULL ? args : sio_args_new ("s", error->message));
}

static void
found_remote_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GPtrArray) sockets =
      sio_namespace_fetch_sockets_finish (SIO_NAMESPACE (source), result, NULL);
  SioMessage *message = user_data;
  SioArgs *args = sio_message_get_args (message);

  for (guint i = 0; i < sockets->len; i++)
    {
      SioRemoteSocket *socket = sockets->pdata[i];

      if (g_strcmp0 (sio_remote_socket_get_id (socket), sio_args_get_string (args, 0)) != 0)
        continue;
      sio_remote_socket_emit (socket, "noted", NULL);
      sio_remote_socket_emit_with_ack_async (socket, "question", NULL,
                                             (guint) sio_args_get_int64 (args, 1), NULL,
                                             remote_answered_cb, message);
      return;
    }
  sio_message_unref (message);
}

/* Asks the client of an id. */
static void
ask_remote_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_namespace_fetch_sockets_async (sio_socket_get_namespace (socket), NULL, found_remote_cb,
                                     sio_message_ref (message));
}

void
fixture_features_rooms (SioServer *server)
{
  SioNamespace *ns = sio_server_of (server, "/rooms");

  sio_namespace_on (ns, "emit", emit_cb, NULL, NULL);
  sio_namespace_on (ns, "ask", ask_cb, NULL, NULL);
  sio_namespace_on (ns, "fetch", fetch_cb, NULL, NULL);
  sio_namespace_on (ns, "join", join_cb, NULL, NULL);
  sio_namespace_on (ns, "leave", leave_cb, NULL, NULL);
  sio_namespace_on (ns, "disconnect sockets", disconnect_cb, NULL, NULL);
  sio_namespace_on (ns, "ask remote", ask_remote_cb, NULL, NULL);
}
