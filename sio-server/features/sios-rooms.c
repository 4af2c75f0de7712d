/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-auto-rooms.h"
#include "sios-record.h"
#include "sios-reply.h"
#include "sios-socket.h"

/* The events that clients of a namespace can use without any code on the server:
 *
 *   room:join (room, ack), room:leave (room, ack), also called join and leave; the room is a name,
 *                          or an object with the name as its member "room" or "roomId"
 *   join_conversation (id, ack), leave_conversation (id, ack)
 *                          the room conversation:ID; the id is a text or a whole number, or an
 *                          object with it as its member "conversationId"
 *   room (room, event, …, ack)   to the others in a room of one's own; they get
 *                                event (room, sender's id, …)
 *   latency (…, ack)             answered at once
 *
 * Acks are {"ok":true}, for joining and leaving with the name of the room and the number of those
 * who are in it now, or {"ok":false,"code":"…","error":"…"}. */

#define CONVERSATION "conversation:"

typedef struct
{
  SiosFeatures *features;
  guint64 n_joins;
  guint64 n_leaves;
  guint64 n_messages;
  guint64 n_refused[SIOS_N_ROOM_ANSWERS];
} Rooms;

typedef struct
{
  Rooms *rooms;
  SiosRoomPolicy *policy;
  SioSocket *socket;
  SioMessage *message;
} Request;

static guint
count_members (SioSocket *socket, const char *room)
{
  SioNamespace *ns = sio_socket_get_namespace (socket);

  return sio_adapter_get_room_size (sio_namespace_get_adapter (ns), room);
}

static char *
make_text (const Request *request, SiosRoomAnswer answer, const char *room, const char *hint)
{
  SioNamespace *ns = sio_socket_get_namespace (request->socket);

  switch (answer)
    {
    case SIOS_ROOM_WRONG_FORM:
      return g_strdup_printf ("rooms of this kind are called \"%s\", not \"%s\"", hint, room);
    case SIOS_ROOM_RESERVED:
      if (sio_namespace_get_socket (ns, room) != NULL)
        return g_strdup ("this room belongs to a single client");
      return g_strdup_printf ("\"%s\" is of those rooms that only the server puts clients into",
                              room);
    case SIOS_ROOM_NOT_ALLOWED:
      return g_strdup_printf ("you may not join \"%s\"", room);
    case SIOS_ROOM_TOO_MANY:
      return g_strdup_printf ("you are in %u rooms already; leave one first",
                              sio_server_get_max_rooms_per_socket (sio_namespace_get_server (ns)));
    case SIOS_ROOM_NOT_IN:
      return g_strdup_printf ("not in room \"%s\"", room);
    case SIOS_ROOM_BAD_NAME:
    default:
      return g_strdup_printf ("expected the name of a room, a text of 1 to %u bytes without "
                              "control characters, as the first argument",
                              sios_room_policy_get_max_length (request->policy));
    }
}

/* @room is NULL if there was none. */
static void
refuse (const Request *request, SiosRoomAnswer answer, const char *room, const char *hint)
{
  SiosIdentity *identity = sios_socket_get_identity (request->socket);
  SioNamespace *ns = sio_socket_get_namespace (request->socket);
  const char *reason = sios_room_answer_get_name (answer);
  g_autofree char *text = make_text (request, answer, room, hint);
  g_autofree char *shown = room != NULL ? sios_record_shorten (room) : NULL;
  const SiosField fields[] = { { "SIO_CODE", reason },
                               { "SIO_EVENT", sio_message_get_event (request->message) },
                               { "SIO_ROOM", shown },
                               { "SIO_USER", identity != NULL ? identity->user : NULL },
                               { "SIO_SID", sio_socket_get_id (request->socket) },
                               { "SIO_NAMESPACE", sio_namespace_get_name (ns) },
                               { "SIO_PEER", sio_handshake_get_address (
                                                 sio_socket_get_handshake (request->socket)) },
                               { NULL } };

  request->rooms->n_refused[answer]++;
  /* The limit has a record of its own, which the library causes. */
  if (answer != SIOS_ROOM_TOO_MANY)
    sios_record_write (SIOS_RECORD_EVENT_REFUSED, fields,
                       "Event %s of %s is refused: room \"%s\", %s",
                       sio_message_get_event (request->message),
                       identity != NULL ? identity->user : sio_socket_get_id (request->socket),
                       shown != NULL ? shown : "", reason);
  sios_reply_refusal (request->message, sios_room_answer_get_code (answer), text, hint);
}

/* The name in the first argument, or in one of these members of it. (transfer full) (nullable) */
static char *
read_room (SioMessage *message, const char *const *members)
{
  SioArgs *args = sio_message_get_args (message);
  SioArgsIter iter;

  if (!sio_args_iter_init_path (&iter, args, 0, NULL))
    return NULL;
  if (sio_args_iter_get_arg_type (&iter) != SIO_ARG_OBJECT)
    return sio_args_iter_dup_string (&iter);
  for (guint i = 0; members[i] != NULL; i++)
    {
      const char *path[] = { members[i], NULL };

      if (sio_args_iter_init_path (&iter, args, 0, path))
        return sio_args_iter_dup_string (&iter);
    }
  return NULL;
}

/* The room of the conversation in the first argument. */
static char *
read_conversation (SioMessage *message)
{
  static const char *const path[] = { "conversationId", NULL };
  SioArgs *args = sio_message_get_args (message);
  SioArgsIter iter;
  g_autofree char *id = NULL;
  gint64 number;

  if (!sio_args_iter_init_path (&iter, args, 0, NULL) ||
      (sio_args_iter_get_arg_type (&iter) == SIO_ARG_OBJECT &&
       !sio_args_iter_init_path (&iter, args, 0, path)))
    return NULL;
  if (sio_args_iter_get_int64 (&iter, &number))
    return g_strdup_printf (CONVERSATION "%" G_GINT64_FORMAT, number);
  id = sio_args_iter_dup_string (&iter);
  /* An empty one is not the name of a room. */
  if (id == NULL || *id == '\0' || g_str_has_prefix (id, CONVERSATION))
    return g_steal_pointer (&id);
  return g_strconcat (CONVERSATION, id, NULL);
}

/* NULL after it was refused. */
static char *
get_room (const Request *request, gboolean is_conversation)
{
  static const char *const members[] = { "room", "roomId", NULL };
  g_autofree char *room = is_conversation ? read_conversation (request->message)
                                          : read_room (request->message, members);

  if (room != NULL && sios_room_policy_check_name (request->policy, room))
    return g_steal_pointer (&room);
  refuse (request, SIOS_ROOM_BAD_NAME, room, NULL);
  return NULL;
}

static void
join (const Request *request, const char *room)
{
  SioSocket *socket = request->socket;
  g_autofree char *hint = NULL;
  SiosRoomAnswer answer =
      sios_room_policy_check (request->policy, sios_socket_get_identity (socket), room, &hint);
  gboolean is_in;

  /* The id of another socket is its private room. */
  if (answer == SIOS_ROOM_ALLOWED &&
      sio_namespace_get_socket (sio_socket_get_namespace (socket), room) != NULL)
    answer = SIOS_ROOM_RESERVED;
  if (answer == SIOS_ROOM_ALLOWED)
    {
      is_in = sio_socket_is_in (socket, room);
      if (sio_socket_join (socket, room))
        {
          request->rooms->n_joins += !is_in;
          sios_reply_members (request->message, room, count_members (socket, room));
          return;
        }
      answer = SIOS_ROOM_TOO_MANY;
    }
  refuse (request, answer, room, hint);
}

static void
leave (const Request *request, const char *room)
{
  SioSocket *socket = request->socket;

  if (sios_room_policy_is_automatic (request->policy, room))
    refuse (request, SIOS_ROOM_RESERVED, room, NULL);
  else if (!sio_socket_is_in (socket, room))
    refuse (request, SIOS_ROOM_NOT_IN, room, NULL);
  else
    {
      /* Everybody stays reachable by id. */
      if (strcmp (room, sio_socket_get_id (socket)) != 0)
        {
          sio_socket_leave (socket, room);
          request->rooms->n_leaves++;
        }
      sios_reply_members (request->message, room, count_members (socket, room));
    }
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
send_to_room (const Request *request, const char *room)
{
  SioSocket *socket = request->socket;
  const char *event = sio_args_get_string (sio_message_get_args (request->message), 1);

  if (event == NULL || sio_event_is_reserved (event))
    {
      sios_reply_error (request->message,
                        "expected the name of an event, a string, as the second argument");
      return;
    }
  /* What everybody gets is for rules and administrators to say. */
  if (sios_room_policy_is_automatic (request->policy, room))
    refuse (request, SIOS_ROOM_RESERVED, room, NULL);
  else if (!sio_socket_is_in (socket, room))
    refuse (request, SIOS_ROOM_NOT_IN, room, NULL);
  else
    {
      sio_broadcast_emit (sio_socket_to (socket, room), event,
                          forwarded_args (request->message, room, sio_socket_get_id (socket)));
      request->rooms->n_messages++;
      sios_reply_ok (request->message, NULL);
    }
}

static gpointer
rooms_create (SiosFeatures *features)
{
  Rooms *self = g_new0 (Rooms, 1);

  self->features = features;
  return self;
}

static gboolean
rooms_event (gpointer data, SioSocket *socket, SioMessage *message)
{
  static const struct
  {
    const char *name;
    void (*func) (const Request *request, const char *room);
    gboolean is_conversation;
  } events[] = {
    { "room", send_to_room, FALSE },       { "room:join", join, FALSE },
    { "room:leave", leave, FALSE },        { "join", join, FALSE },
    { "join_conversation", join, TRUE },   { "leave", leave, FALSE },
    { "leave_conversation", leave, TRUE },
  };
  Rooms *self = data;
  const char *event = sio_message_get_event (message);

  if (*event != 'r' && *event != 'j' && *event != 'l')
    return FALSE;
  if (strcmp (event, "latency") == 0)
    {
      sios_reply_ok (message, NULL);
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (strcmp (event, events[i].name) == 0)
      {
        SioNamespace *ns = sio_socket_get_namespace (socket);
        Request request = { self, sios_auto_rooms_get_policy (self->features, ns), socket,
                            message };
        g_autofree char *room = NULL;

        if (request.policy == NULL || !sios_room_policy_get_enabled (request.policy))
          return FALSE;
        room = get_room (&request, events[i].is_conversation);
        if (room != NULL)
          events[i].func (&request, room);
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
  for (guint i = SIOS_ROOM_ALLOWED + 1; i < SIOS_N_ROOM_ANSWERS; i++)
    {
      const SiosMetric metric = { "rooms",
                                  "refused",
                                  SIOS_METRIC_COUNTER,
                                  "Events about rooms that were refused.",
                                  "reason",
                                  sios_room_answer_get_name (i),
                                  self->n_refused[i] };

      func (&metric, user_data);
    }
}

const SiosFeature sios_rooms_feature = {
  .name = "rooms",
  .create = rooms_create,
  .destroy = g_free,
  .event = rooms_event,
  .metrics = rooms_metrics,
};
