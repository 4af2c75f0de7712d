/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-packet.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-error.h"
#include "sio-message-private.h"
#include "sio-packet-codec-private.h"
#include "sio-packet-private.h"

/**
 * SioPacket:
 *
 * An event on its way to any number of sockets, as adapters see it.
 *
 * It is immutable. The form for the wire is made once for all receivers.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioPacket
{
  gatomicrefcount ref_count;
  guint json_offset; /* where the array starts in the text of outgoing */
  SioOutgoing *outgoing;
  GPtrArray *attachments;
  char namespace_name[];
};

G_DEFINE_BOXED_TYPE (SioPacket, sio_packet, sio_packet_ref, sio_packet_unref)

#define MAX_PARTS 8
/* "5" <count> "-" */
#define HEAD_SIZE 16

void
sio_content_init_args (SioContent *content, const char *event, SioArgs *args)
{
  *content = (SioContent){ .event = event, .list = "" };
  if (args != NULL)
    {
      content->list = sio_args_peek_list (args, &content->list_length);
      content->attachments = sio_args_peek_attachments (args);
    }
}

void
sio_content_init_message (SioContent *content, const char *event, SioMessage *message)
{
  *content = (SioContent){ .event = event };
  content->list = sio_message_peek_list (message, &content->list_length);
  content->attachments = sio_message_peek_attachments (message);
}

/* Most event names need no escapes: they are copied as they are. */
static gboolean
is_plain (const char *text, gsize *length)
{
  const char *p;

  for (p = text; *p != '\0'; p++)
    {
      guchar c = (guchar) *p;

      if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
        return FALSE;
    }
  *length = (gsize) (p - text);
  return TRUE;
}

/* Writes @value and returns its length: snprintf costs more than the rest of a reply. */
static guint
print_uint (char *out, guint64 value)
{
  char digits[20];
  guint n = 0;

  do
    {
      digits[n++] = (char) ('0' + value % 10);
      value /= 10;
    }
  while (value > 0);
  for (guint i = 0; i < n; i++)
    out[i] = digits[n - 1 - i];
  return n;
}

static guint
print_head (char *out, char text_type, char binary_type, GPtrArray *attachments)
{
  guint n;

  if (attachments == NULL || attachments->len == 0)
    {
      out[0] = text_type;
      return 1;
    }
  out[0] = binary_type;
  n = 1 + print_uint (out + 1, attachments->len);
  out[n++] = '-';
  return n;
}

/* @event_part is the event name without quotes, ready for the wire; its data NULL: an ack. */
static SioOutgoing *
encode (char text_type,
        char binary_type,
        const char *prefix,
        gint64 id,
        const SioPart *event_part,
        const SioContent *content,
        guint *json_offset)
{
  SioPart parts[MAX_PARTS];
  char head[HEAD_SIZE];
  char id_text[24];
  guint n = 0;
  guint offset;

  parts[n++] = (SioPart){ head, print_head (head, text_type, binary_type, content->attachments) };
  if (*prefix != '\0')
    parts[n++] = (SioPart){ prefix, strlen (prefix) };
  if (id >= 0)
    parts[n++] = (SioPart){ id_text, print_uint (id_text, (guint64) id) };
  offset = 0;
  for (guint i = 0; i < n; i++)
    offset += (guint) parts[i].length;
  if (json_offset != NULL)
    *json_offset = offset;
  if (event_part->data != NULL)
    {
      parts[n++] = (SioPart){ "[\"", 2 };
      parts[n++] = *event_part;
      parts[n++] = content->list_length > 0 ? (SioPart){ "\",", 2 } : (SioPart){ "\"", 1 };
    }
  else
    parts[n++] = (SioPart){ "[", 1 };
  if (content->list_length > 0)
    parts[n++] = (SioPart){ content->list, content->list_length };
  parts[n++] = (SioPart){ "]", 1 };
  return sio_outgoing_new (parts, n, content->attachments);
}

static SioOutgoing *
encode_event (const char *prefix, const SioContent *content, gint64 id, guint *json_offset)
{
  g_autoptr (GString) escaped = NULL;
  SioPart event_part = { content->event, 0 };

  if (!is_plain (content->event, &event_part.length))
    {
      escaped = g_string_new (NULL);
      if (g_utf8_validate (content->event, -1, NULL))
        sio_json_write_string (escaped, content->event, -1);
      else
        {
          g_autofree char *valid = g_utf8_make_valid (content->event, -1);

          sio_json_write_string (escaped, valid, -1);
        }
      /* without its quotes */
      event_part = (SioPart){ escaped->str + 1, escaped->len - 2 };
    }
  return encode ('0' + SIO_PACKET_EVENT, '0' + SIO_PACKET_BINARY_EVENT, prefix, id, &event_part,
                 content, json_offset);
}

SioOutgoing *
sio_encode_event (const char *prefix, const SioContent *content, gint64 id)
{
  return encode_event (prefix, content, id, NULL);
}

SioOutgoing *
sio_encode_ack (const char *prefix, const SioContent *content, gint64 id)
{
  static const SioPart no_event = { NULL, 0 };

  return encode ('0' + SIO_PACKET_ACK, '0' + SIO_PACKET_BINARY_ACK, prefix, id, &no_event, content,
                 NULL);
}

SioOutgoing *
sio_encode_control (char type, const char *prefix, const char *json)
{
  SioPart parts[3] = { { &type, 1 }, { prefix, strlen (prefix) }, { json, 0 } };

  if (json != NULL)
    parts[2].length = strlen (json);
  return sio_outgoing_new (parts, json != NULL ? 3 : 2, NULL);
}

SioPacket *
sio_packet_new_content (const char *namespace_name, const SioContent *content)
{
  gsize length = strlen (namespace_name);
  SioPacket *self = g_malloc (sizeof (SioPacket) + length + 2);

  g_atomic_ref_count_init (&self->ref_count);
  memcpy (self->namespace_name, namespace_name, length + 1);
  self->attachments = NULL;
  if (content->attachments != NULL && content->attachments->len > 0)
    self->attachments = g_ptr_array_ref (content->attachments);

  if (length == 1)
    self->outgoing = encode_event ("", content, -1, &self->json_offset);
  else
    {
      /* The comma makes the name the prefix of the packet, for a moment. */
      self->namespace_name[length] = ',';
      self->namespace_name[length + 1] = '\0';
      self->outgoing = encode_event (self->namespace_name, content, -1, &self->json_offset);
      self->namespace_name[length] = '\0';
    }
  return self;
}

/**
 * sio_packet_new_event:
 * @namespace_name: name of the namespace, starting with a slash
 * @event: name of the event; not one of the reserved names
 * @args: (transfer full) (nullable): arguments
 *
 * Makes a packet.
 *
 * Returns: (transfer full): a new packet
 *
 * Since: 0.1
 */
SioPacket *
sio_packet_new_event (const char *namespace_name, const char *event, SioArgs *args)
{
  g_autoptr (SioArgs) own_args = args;
  SioContent content;

  g_return_val_if_fail (namespace_name != NULL && namespace_name[0] == '/', NULL);
  g_return_val_if_fail (event != NULL && !sio_event_name_is_reserved (event), NULL);

  sio_content_init_args (&content, event, args);
  return sio_packet_new_content (namespace_name, &content);
}

/**
 * sio_packet_new_from_args:
 * @namespace_name: name of the namespace, starting with a slash
 * @args: name of the event followed by its arguments
 * @error: return location for an error
 *
 * Makes a packet of what another process sent.
 *
 * Errors: %SIO_ERROR_PROTOCOL if the first argument is not the name of an event.
 *
 * Returns: (transfer full): a new packet, or %NULL with @error set
 *
 * Since: 0.1
 */
SioPacket *
sio_packet_new_from_args (const char *namespace_name, SioArgs *args, GError **error)
{
  SioContent content;
  const char *event;

  g_return_val_if_fail (namespace_name != NULL && namespace_name[0] == '/', NULL);
  g_return_val_if_fail (args != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  event = sio_args_get_string (args, 0);
  if (event == NULL || sio_event_name_is_reserved (event))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "the first argument of a packet must be the name of an event");
      return NULL;
    }
  content = (SioContent){ .event = event, .attachments = sio_args_peek_attachments (args) };
  content.list = sio_args_peek_list_from (args, 1, &content.list_length);
  return sio_packet_new_content (namespace_name, &content);
}

/**
 * sio_packet_ref:
 * @self: a packet
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioPacket *
sio_packet_ref (SioPacket *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_packet_unref:
 * @self: (transfer full): a packet
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_packet_unref (SioPacket *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  sio_outgoing_unref (self->outgoing);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_free (self);
}

SioOutgoing *
sio_packet_get_outgoing (SioPacket *self)
{
  return self->outgoing;
}

static const char *
peek_json (SioPacket *self, gsize *length)
{
  const char *text = sio_outgoing_get_text (self->outgoing, length);

  *length -= self->json_offset;
  return text + self->json_offset;
}

SioOutgoing *
sio_packet_encode_with_id (SioPacket *self, gint64 id)
{
  gsize length;
  const char *json = peek_json (self, &length);
  gboolean is_default = self->namespace_name[1] == '\0';
  char head[HEAD_SIZE];
  char id_text[24];
  SioPart parts[5];
  guint n = 0;

  parts[n++] = (SioPart){ head, print_head (head, '0' + SIO_PACKET_EVENT,
                                            '0' + SIO_PACKET_BINARY_EVENT, self->attachments) };
  if (!is_default)
    {
      parts[n++] = (SioPart){ self->namespace_name, strlen (self->namespace_name) };
      parts[n++] = (SioPart){ ",", 1 };
    }
  parts[n++] = (SioPart){ id_text, print_uint (id_text, (guint64) id) };
  parts[n++] = (SioPart){ json, length };
  return sio_outgoing_new (parts, n, self->attachments);
}

/**
 * sio_packet_get_namespace:
 * @self: a packet
 *
 * Gets the namespace the packet belongs to.
 *
 * Returns: (transfer none): name of the namespace
 *
 * Since: 0.1
 */
const char *
sio_packet_get_namespace (SioPacket *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->namespace_name;
}

/**
 * sio_packet_dup_json:
 * @self: a packet
 *
 * Copies name and arguments of the event as text.
 *
 * Returns: (transfer full): a JSON array whose first item is the name of the event
 *
 * Since: 0.1
 */
char *
sio_packet_dup_json (SioPacket *self)
{
  const char *json;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  json = peek_json (self, &length);
  return g_strndup (json, length);
}

/**
 * sio_packet_to_args:
 * @self: a packet
 *
 * Gets name and arguments of the event as a list.
 *
 * Returns: (transfer full): name of the event, followed by its arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_packet_to_args (SioPacket *self)
{
  const char *json;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  json = peek_json (self, &length);
  return sio_args_new_raw (json + 1, length - 2, self->attachments);
}

/**
 * sio_packet_get_n_attachments:
 * @self: a packet
 *
 * Gets the number of pieces of binary data.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_packet_get_n_attachments (SioPacket *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->attachments != NULL ? self->attachments->len : 0;
}

/**
 * sio_packet_get_attachment:
 * @self: a packet
 * @i: number of the attachment
 *
 * Gets a piece of binary data.
 *
 * Returns: (transfer none) (nullable): the data, %NULL if there are not so many
 *
 * Since: 0.1
 */
GBytes *
sio_packet_get_attachment (SioPacket *self, guint i)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->attachments == NULL || i >= self->attachments->len)
    return NULL;
  return g_ptr_array_index (self->attachments, i);
}
