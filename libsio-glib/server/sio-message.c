/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-message.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-client-private.h"
#include "sio-message-private.h"
#include "sio-socket-private.h"

/**
 * SioMessage:
 *
 * An event that the other side emitted: on a server a client, on a client the server.
 *
 * Handlers get it while it is being dispatched. Take a reference to keep it, for example to
 * answer later; the socket or client then stays valid as long as the message.
 *
 * Its arguments are kept as they came and decoded only by [method@Sio.Message.get_args]:
 * passing them on with [method@Sio.Broadcast.emit_message] never looks into them.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioMessage
{
  guint ref_count;
  guint owns_socket : 1;
  guint replied : 1;
  guint is_client : 1;
  GObject *socket; /* SioSocket or, on the other side, SioClient */
  SioArgs *args;
  GPtrArray *attachments;
  gint64 id;
  gsize list_length;
  guint list_offset;
  /* name of the event, NUL, `[`, arguments, `]`, NUL: one block for all of a message,
   * because most of them live for one dispatch only */
  char text[];
};

G_DEFINE_BOXED_TYPE (SioMessage, sio_message, sio_message_ref, sio_message_unref)

SioMessage *
sio_message_new (SioSocket *socket,
                 const SioJsonSlice *first,
                 const char *list,
                 gsize list_length,
                 gint64 id,
                 GPtrArray *attachments)
{
  g_autofree char *decoded = NULL;
  const char *event = first->text;
  gsize event_length = first->length;
  SioMessage *self;
  char *p;

  if (first->type == SIO_JSON_STRING)
    {
      event++;
      event_length -= 2;
      if (memchr (event, '\\', event_length) != NULL)
        {
          gsize length;

          decoded = sio_json_string_decode (first, &length);
          /* A name with U+0000 must not match its beginning: it stays escaped. */
          if (strlen (decoded) == length)
            {
              event = decoded;
              event_length = length;
            }
        }
    }

  self = g_malloc (sizeof (SioMessage) + event_length + list_length + 4);
  self->ref_count = 1;
  self->owns_socket = FALSE;
  self->replied = FALSE;
  self->is_client = FALSE;
  self->socket = (GObject *) socket;
  self->args = NULL;
  self->attachments = attachments != NULL ? g_ptr_array_ref (attachments) : NULL;
  self->id = id;
  self->list_length = list_length;
  self->list_offset = (guint) event_length + 2;

  p = self->text;
  memcpy (p, event, event_length);
  p += event_length;
  *p++ = '\0';
  *p++ = '[';
  if (list_length > 0)
    memcpy (p, list, list_length);
  p += list_length;
  *p++ = ']';
  *p = '\0';
  return self;
}

SioMessage *
sio_message_new_for_client (SioClient *client,
                            const SioJsonSlice *first,
                            const char *list,
                            gsize list_length,
                            gint64 id,
                            GPtrArray *attachments)
{
  SioMessage *self =
      sio_message_new ((SioSocket *) client, first, list, list_length, id, attachments);

  self->is_client = TRUE;
  return self;
}

SioMessage *
sio_message_new_rewritten (SioMessage *self, const char *event, SioArgs *args)
{
  SioJsonSlice name = { .text = event != NULL ? event : self->text };
  const char *list = self->text + self->list_offset;
  gsize list_length = self->list_length;
  GPtrArray *attachments = self->attachments;
  SioMessage *other;

  name.length = strlen (name.text);
  if (args != NULL)
    {
      list = sio_args_peek_list (args, &list_length);
      attachments = sio_args_peek_attachments (args);
    }
  other =
      sio_message_new ((SioSocket *) self->socket, &name, list, list_length, self->id, attachments);
  other->is_client = self->is_client;
  other->replied = self->replied;
  self->replied = TRUE;
  other->owns_socket = TRUE;
  g_object_ref (other->socket);
  return other;
}

const char *
sio_message_peek_list (SioMessage *self, gsize *length)
{
  *length = self->list_length;
  return self->text + self->list_offset;
}

GPtrArray *
sio_message_peek_attachments (SioMessage *self)
{
  return self->attachments;
}

/**
 * sio_message_ref:
 * @self: a message
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioMessage *
sio_message_ref (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  if (!self->owns_socket)
    {
      /* From now on the message may outlive the dispatch. */
      self->owns_socket = TRUE;
      g_object_ref (self->socket);
    }
  return self;
}

/**
 * sio_message_unref:
 * @self: (transfer full): a message
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_message_unref (SioMessage *self)
{
  g_return_if_fail (self != NULL);

  if (--self->ref_count > 0)
    return;
  if (self->owns_socket)
    g_object_unref (self->socket);
  g_clear_pointer (&self->args, sio_args_unref);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_free (self);
}

/**
 * sio_message_get_event:
 * @self: a message
 *
 * Gets the name of the event.
 *
 * A name that contains U+0000 is shown with its escapes.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
sio_message_get_event (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text;
}

/**
 * sio_message_get_args:
 * @self: a message
 *
 * Gets the arguments.
 *
 * Returns: (transfer none): arguments, maybe none
 *
 * Since: 0.1
 */
SioArgs *
sio_message_get_args (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->args == NULL)
    self->args =
        sio_args_new_raw (self->text + self->list_offset, self->list_length, self->attachments);
  return self->args;
}

/**
 * sio_message_get_json:
 * @self: a message
 *
 * Gets the text of the arguments, as it was sent.
 *
 * Returns: (transfer none): a JSON array
 *
 * Since: 0.1
 */
const char *
sio_message_get_json (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text + self->list_offset - 1;
}

/**
 * sio_message_get_socket:
 * @self: a message
 *
 * Gets the socket that received the message.
 *
 * Returns: (transfer none) (nullable): the socket, which may be disconnected meanwhile; `NULL`
 *   for a message that a [class@Sio.Client] received
 *
 * Since: 0.1
 */
SioSocket *
sio_message_get_socket (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->is_client ? NULL : (SioSocket *) self->socket;
}

/**
 * sio_message_get_client:
 * @self: a message
 *
 * Gets the client that received the message.
 *
 * Returns: (transfer none) (nullable): the client, which may be disconnected meanwhile; `NULL`
 *   for a message that a [class@Sio.Socket] received
 *
 * Since: 0.1
 */
SioClient *
sio_message_get_client (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->is_client ? (SioClient *) self->socket : NULL;
}

/**
 * sio_message_wants_reply:
 * @self: a message
 *
 * Tells whether the other side still waits for an answer.
 *
 * Returns: `TRUE` if it asked for an acknowledgement and has got none yet
 *
 * Since: 0.1
 */
gboolean
sio_message_wants_reply (SioMessage *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->id >= 0 && !self->replied;
}

/**
 * sio_message_reply:
 * @self: a message
 * @args: (transfer full) (nullable): arguments of the answer
 *
 * Answers the message.
 *
 * The first answer counts. Nothing happens if the other side did not ask for one, or is gone.
 *
 * Since: 0.1
 */
void
sio_message_reply (SioMessage *self, SioArgs *args)
{
  g_autoptr (SioArgs) own_args = args;

  g_return_if_fail (self != NULL);

  if (self->id < 0 || self->replied)
    return;
  self->replied = TRUE;
  if (self->is_client)
    sio_client_send_ack ((SioClient *) self->socket, self->id, args);
  else
    sio_socket_send_ack ((SioSocket *) self->socket, self->id, args);
}
