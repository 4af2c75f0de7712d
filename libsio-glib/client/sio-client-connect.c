/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-private.h"
#include "sio-error.h"
#include "sio-message-private.h"

/* Into the namespace and out of it (protocol.md §3.3, §3.7, §5.4). */

#define RECEIVED_MAX 10000

void
sio_client_cancel_connecting (SioClient *self)
{
  sio_client_cancel_auth (self);
  g_queue_clear_full (&self->received, (GDestroyNotify) sio_message_unref);
}

/* `{"pid":…,"offset":…,…auth}`: what the application says overrides. */
void
sio_client_send_connect (SioClient *self, JsonNode *auth)
{
  g_autoptr (GString) json = NULL;
  g_autoptr (SioOutgoing) outgoing = NULL;
  JsonObject *object = NULL;

  if (auth != NULL && JSON_NODE_HOLDS_OBJECT (auth))
    object = json_node_get_object (auth);
  if (object != NULL || self->pid != NULL)
    {
      g_autoptr (JsonObject) merged = json_object_new ();
      g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

      if (self->pid != NULL)
        json_object_set_string_member (merged, "pid", self->pid);
      if (self->pid != NULL && self->offset != NULL)
        json_object_set_string_member (merged, "offset", self->offset);
      if (object != NULL)
        {
          JsonObjectIter iter;
          const char *name;
          JsonNode *member;

          json_object_iter_init_ordered (&iter, object);
          while (json_object_iter_next_ordered (&iter, &name, &member))
            json_object_set_member (merged, name, json_node_copy (member));
        }
      json_node_set_object (node, merged);
      json = g_string_new (NULL);
      sio_json_write (json, node);
    }
  outgoing = sio_encode_control (self->manager->parser, '0' + SIO_PACKET_CONNECT, self->prefix,
                                 json != NULL ? json->str : NULL);
  self->connect_sent = TRUE;
  sio_manager_send (self->manager, outgoing);
}

void
sio_client_connection_opened (SioClient *self)
{
  /* A second CONNECT would be a violation (Appendix C, 9). */
  if (!self->active || self->connected || self->connect_sent || self->auth_cancellable != NULL)
    return;
  sio_client_cancel_connecting (self);
  sio_client_update_state (self);
  sio_client_ask_auth (self);
}

void
sio_client_connection_lost (SioClient *self, const char *reason, const char *details)
{
  g_autoptr (SioClient) hold = g_object_ref (self);

  sio_client_cancel_connecting (self);
  sio_client_emit_disconnected (self, reason, details);
}

void
sio_client_connection_failed (SioClient *self, const GError *error)
{
  if (!self->active)
    return;
  sio_client_update_state (self);
  sio_client_emit_connect_error (self, error, NULL);
}

/* The last argument of an event, if it is a string, is where a recovery starts. */
static void
take_offset (SioClient *self, const char *list, gsize length)
{
  const char *cursor = list;
  SioJsonSlice item = { NULL, 0, SIO_JSON_NONE };
  gsize size;

  if (self->pid == NULL || length == 0)
    return;
  while (sio_json_next_item (&cursor, list + length, &item))
    ;
  if (item.type != SIO_JSON_STRING)
    return;
  g_free (self->offset);
  self->offset = sio_json_string_decode (&item, &size);
}

static void
dispatch (SioClient *self, SioMessage *message)
{
  g_autoptr (SioClient) hold = g_object_ref (self);
  const char *list;
  gsize length;

  /* Handlers of both sides have the same shape. */
  if (self->handlers != NULL)
    sio_handlers_dispatch_any (self->handlers, (SioSocket *) self, message);
  if (self->connected && self->handlers != NULL)
    sio_handlers_dispatch (self->handlers, (SioSocket *) self, message);
  if (!sio_message_wants_reply (message))
    {
      list = sio_message_peek_list (message, &length);
      take_offset (self, list, length);
    }
}

static void
receive_event (SioClient *self, const SioPacketView *view, GPtrArray *attachments)
{
  g_autoptr (SioMessage) message = sio_message_new_for_client (
      self, &view->json.first, view->json.rest, view->json.rest_length, view->id, attachments);

  if (self->connected)
    dispatch (self, message);
  else if (g_queue_get_length (&self->received) < RECEIVED_MAX)
    g_queue_push_tail (&self->received, g_steal_pointer (&message));
}

static char *
dup_member (JsonNode *node, const char *name)
{
  JsonNode *member = json_object_get_member (json_node_get_object (node), name);

  if (member == NULL || json_node_get_value_type (member) != G_TYPE_STRING)
    return NULL;
  return json_node_dup_string (member);
}

static void
receive_connect (SioClient *self, const SioPacketView *view)
{
  const SioJsonSlice *json = &view->json.value;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *sid = NULL;
  g_autofree char *pid = NULL;
  SioMessage *message;
  gboolean recovered;

  if (self->connected)
    return;
  self->connect_sent = FALSE;
  if (json->type == SIO_JSON_OBJECT)
    node = sio_json_read (json->text, json->length, SIO_JSON_MAX_DEPTH, NULL);
  if (node != NULL)
    sid = dup_member (node, "sid");
  if (sid == NULL)
    {
      g_set_error (&error, SIO_ERROR, SIO_ERROR_BAD_HANDSHAKE,
                   "this seems to be a Socket.IO server of version 2, which is not supported");
      sio_client_emit_connect_error (self, error, NULL);
      return;
    }
  pid = dup_member (node, "pid");
  recovered = pid != NULL && g_strcmp0 (pid, self->pid) == 0;
  g_free (self->pid);
  self->pid = g_steal_pointer (&pid);

  /* The order of protocol.md §3.7. */
  sio_client_set_connected (self, sid, recovered);
  while (self->connected && (message = g_queue_pop_head (&self->received)) != NULL)
    {
      dispatch (self, message);
      sio_message_unref (message);
    }
  sio_client_flush (self);
  sio_retry_drain (self, TRUE);
  if (self->connected)
    sio_client_emit_connected (self);
}

static void
receive_connect_error (SioClient *self, const SioPacketView *view)
{
  const SioJsonSlice *json = &view->json.value;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;
  JsonNode *data = NULL;

  if (json->type != SIO_JSON_NONE)
    node = sio_json_read (json->text, json->length, SIO_JSON_MAX_DEPTH, NULL);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    {
      message = dup_member (node, "message");
      data = json_object_get_member (json_node_get_object (node), "data");
    }
  else if (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING)
    message = json_node_dup_string (node);
  error = g_error_new (SIO_ERROR, SIO_ERROR_REJECTED, "%s",
                       message != NULL ? message : "the server refused the connection");
  self->connected = FALSE;
  self->connect_sent = FALSE;
  sio_client_deactivate (self);
  sio_client_emit_connect_error (self, error, data);
  sio_manager_unwant (self->manager);
}

void
sio_client_receive (SioClient *self, const SioPacketView *view, GPtrArray *attachments)
{
  switch (view->type)
    {
    case SIO_PACKET_CONNECT:
      receive_connect (self, view);
      break;
    case SIO_PACKET_EVENT:
    case SIO_PACKET_BINARY_EVENT:
      receive_event (self, view, attachments);
      break;
    case SIO_PACKET_ACK:
    case SIO_PACKET_BINARY_ACK:
      sio_client_receive_ack (self, view, attachments);
      break;
    case SIO_PACKET_DISCONNECT:
      {
        gboolean was_connected = self->connected;

        sio_client_deactivate (self);
        if (was_connected)
          sio_client_connection_lost (self, "io server disconnect", NULL);
        sio_manager_unwant (self->manager);
        break;
      }
    case SIO_PACKET_CONNECT_ERROR:
    default:
      receive_connect_error (self, view);
      break;
    }
}
