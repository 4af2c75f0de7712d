/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-reply.h"

static void
reply (SioMessage *message, gboolean ok, const char *name, const char *text)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  if (!sio_message_wants_reply (message))
    return;
  object = json_object_new ();
  json_object_set_boolean_member (object, "ok", ok);
  if (text != NULL)
    json_object_set_string_member (object, name, text);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  sio_message_reply (message, sio_args_new_from_node (node));
}

void
sios_reply_ok (SioMessage *message, const char *room)
{
  reply (message, TRUE, "room", room);
}

void
sios_reply_error (SioMessage *message, const char *text)
{
  reply (message, FALSE, "error", text);
}
