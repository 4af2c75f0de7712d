/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-packet.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-error.h"
#include "sio-message-private.h"
#include "sio-namespace-private.h"
#include "sio-packet-codec-private.h"
#include "sio-packet-private.h"
#include "sio-parser-private.h"

/**
 * SioPacket:
 *
 * A packet of the Socket.IO protocol: for adapters an event on its way to any number of sockets,
 * for parsers what they encode and decode.
 *
 * Its data is JSON, in which `{"_placeholder":true,"num":0}` stands for the first attachment.
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
  SioPacketType type;     /* never one of the binary ones */
  guint json_offset : 31; /* where the data starts in the text of outgoing */
  guint has_frames : 1;   /* outgoing has the attachments, too */
  gint64 id;              /* -1: none */
  SioOutgoing *outgoing;  /* the text form */
  GPtrArray *attachments;
  /* Another form, of the parser that asked last; NULL is the text form with attachments. */
  SioParser *parser;
  SioOutgoing *encoded;
  SioPacketView *view; /* of packets that came in */
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
sio_content_init_list (SioContent *content, SioArgs *list)
{
  *content = (SioContent){ .event = sio_args_get_string (list, 0) };
  content->list = sio_args_peek_list_from (list, 1, &content->list_length);
  content->attachments = sio_args_peek_attachments (list);
  /* The name of an event may be a number (protocol.md §3.2). */
  if (content->event == NULL)
    content->event = "";
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

/* @event_part is the event name without quotes, ready for the wire; its data NULL: an ack. Without
 * @with_frames the attachments are only announced: not for the wire. */
static SioOutgoing *
encode (gboolean with_frames,
        char text_type,
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
  return sio_outgoing_new (parts, n, with_frames ? content->attachments : NULL);
}

static SioOutgoing *
encode_event (gboolean with_frames,
              const char *prefix,
              const SioContent *content,
              gint64 id,
              guint *json_offset)
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
  return encode (with_frames, '0' + SIO_PACKET_EVENT, '0' + SIO_PACKET_BINARY_EVENT, prefix, id,
                 &event_part, content, json_offset);
}

static SioOutgoing *
encode_ack (gboolean with_frames,
            const char *prefix,
            const SioContent *content,
            gint64 id,
            guint *json_offset)
{
  static const SioPart no_event = { NULL, 0 };

  return encode (with_frames, '0' + SIO_PACKET_ACK, '0' + SIO_PACKET_BINARY_ACK, prefix, id,
                 &no_event, content, json_offset);
}

static SioOutgoing *
encode_control (char type, const char *prefix, const char *json)
{
  SioPart parts[3] = { { &type, 1 }, { prefix, strlen (prefix) }, { json, 0 } };

  if (json != NULL)
    parts[2].length = strlen (json);
  return sio_outgoing_new (parts, json != NULL ? 3 : 2, NULL);
}

/* Without its text form. */
static SioPacket *
packet_new (SioPacketType type, const char *name, gsize length, gint64 id, GPtrArray *attachments)
{
  SioPacket *self = g_malloc (sizeof (SioPacket) + length + 2);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->json_offset = 0;
  self->has_frames = FALSE;
  self->id = id;
  self->outgoing = NULL;
  self->attachments = NULL;
  if (attachments != NULL && attachments->len > 0)
    self->attachments = g_ptr_array_ref (attachments);
  self->parser = NULL;
  self->encoded = NULL;
  self->view = NULL;
  memcpy (self->namespace_name, name, length);
  self->namespace_name[length] = '\0';
  return self;
}

/* A packet that lives as long as it takes to encode it. @prefix as below. */
static SioPacket *
packet_new_prefix (SioPacketType type, const char *prefix, gint64 id, GPtrArray *attachments)
{
  gsize length = strlen (prefix);

  return length == 0 ? packet_new (type, "/", 1, id, attachments)
                     : packet_new (type, prefix, length - 1, id, attachments);
}

/* Gives the form of @parser, and releases the packet. */
static SioOutgoing *
packet_end (SioPacket *self, guint json_offset, SioParser *parser)
{
  SioOutgoing *result;

  self->json_offset = json_offset;
  result = sio_parser_encode_outgoing (parser, self);
  sio_packet_unref (self);
  return result;
}

SioOutgoing *
sio_encode_event (SioParser *parser, const char *prefix, const SioContent *content, gint64 id)
{
  SioPacket *packet;
  guint offset;

  if (G_LIKELY (parser == NULL))
    return encode_event (TRUE, prefix, content, id, NULL);
  packet = packet_new_prefix (SIO_PACKET_EVENT, prefix, id, content->attachments);
  packet->outgoing = encode_event (FALSE, prefix, content, id, &offset);
  return packet_end (packet, offset, parser);
}

SioOutgoing *
sio_encode_ack (SioParser *parser, const char *prefix, const SioContent *content, gint64 id)
{
  SioPacket *packet;
  guint offset;

  if (G_LIKELY (parser == NULL))
    return encode_ack (TRUE, prefix, content, id, NULL);
  packet = packet_new_prefix (SIO_PACKET_ACK, prefix, id, content->attachments);
  packet->outgoing = encode_ack (FALSE, prefix, content, id, &offset);
  return packet_end (packet, offset, parser);
}

SioOutgoing *
sio_encode_control (SioParser *parser, char type, const char *prefix, const char *json)
{
  SioPacket *packet;

  if (G_LIKELY (parser == NULL))
    return encode_control (type, prefix, json);
  packet = packet_new_prefix ((SioPacketType) (type - '0'), prefix, -1, NULL);
  packet->outgoing = encode_control (type, prefix, json);
  return packet_end (packet, 1 + (guint) strlen (prefix), parser);
}

SioPacket *
sio_packet_new_content (SioParser *parser, const char *namespace_name, const SioContent *content)
{
  gsize length = strlen (namespace_name);
  SioPacket *self = packet_new (SIO_PACKET_EVENT, namespace_name, length, -1, content->attachments);
  gboolean with_frames = parser == NULL;
  guint offset;

  if (length == 1)
    self->outgoing = encode_event (with_frames, "", content, -1, &offset);
  else
    {
      /* The comma makes the name the prefix of the packet, for a moment. */
      self->namespace_name[length] = ',';
      self->namespace_name[length + 1] = '\0';
      self->outgoing = encode_event (with_frames, self->namespace_name, content, -1, &offset);
      self->namespace_name[length] = '\0';
    }
  self->json_offset = offset;
  self->has_frames = with_frames;
  return self;
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error_literal (error, SIO_ERROR, SIO_ERROR_PROTOCOL, what);
  return FALSE;
}

/* What would be something else in the text form, or not be found out there. */
static gboolean
check_parts (SioPacketType type,
             const char *name,
             gsize name_length,
             const char *json,
             gsize json_length,
             GPtrArray *attachments,
             GError **error)
{
  if (name_length == 0 || name[0] != '/' || memchr (name, ',', name_length) != NULL)
    return refuse (error, "invalid namespace: expected a name that begins with a slash and has no "
                          "comma");
  if (json_length > 0 && strchr ("{[\"", json[0]) == NULL)
    return refuse (error, "invalid payload: expected an array, an object or a string");
  if (attachments != NULL && attachments->len > 0 && type != SIO_PACKET_EVENT &&
      type != SIO_PACKET_ACK)
    return refuse (error, "invalid payload: only events and acknowledgements have attachments");
  return TRUE;
}

/* Parses the text form, as if it had come as such. */
static gboolean
make_view (SioPacket *self, GError **error)
{
  static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, G_MAXUINT };
  gsize length;
  const char *text = sio_outgoing_get_text (self->outgoing, &length);
  g_autofree SioPacketView *view = g_new (SioPacketView, 1);

  if (!sio_packet_parse (text, length, &limits, view, error))
    return FALSE;
  if (self->attachments != NULL &&
      !sio_packet_check_placeholders (view->json.value.text, view->json.value.length,
                                      self->attachments->len, error))
    return FALSE;
  self->view = g_steal_pointer (&view);
  return TRUE;
}

SioPacket *
sio_packet_new_parts (SioPacketType type,
                      const char *name,
                      gsize name_length,
                      gint64 id,
                      const char *json,
                      gsize json_length,
                      GPtrArray *attachments,
                      GError **error)
{
  g_autoptr (SioPacket) self = NULL;
  char head[HEAD_SIZE];
  char id_text[24];
  SioPart parts[5];
  guint n = 0;

  if (type == SIO_PACKET_BINARY_EVENT || type == SIO_PACKET_BINARY_ACK)
    type = type == SIO_PACKET_BINARY_EVENT ? SIO_PACKET_EVENT : SIO_PACKET_ACK;
  if (!check_parts (type, name, name_length, json, json_length, attachments, error))
    return NULL;
  self = packet_new (type, name, name_length, id, attachments);
  /* The binary types of the text form are three more. */
  parts[n++] = (SioPart){ head, print_head (head, (char) ('0' + type), (char) ('0' + type + 3),
                                            self->attachments) };
  if (name_length > 1)
    {
      parts[n++] = (SioPart){ name, name_length };
      parts[n++] = (SioPart){ ",", 1 };
    }
  if (id >= 0)
    parts[n++] = (SioPart){ id_text, print_uint (id_text, (guint64) id) };
  for (guint i = 0; i < n; i++)
    self->json_offset += (guint) parts[i].length;
  parts[n++] = (SioPart){ json, json_length };
  self->outgoing = sio_outgoing_new (parts, n, NULL);
  if (!make_view (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * sio_packet_new:
 * @type: type of the packet; `SIO_PACKET_BINARY_EVENT` is taken as `SIO_PACKET_EVENT`, and
 *   `SIO_PACKET_BINARY_ACK` as `SIO_PACKET_ACK`
 * @namespace_name: name of the namespace, starting with a slash
 * @id: number of the acknowledgement that is asked for, or given; -1 for none
 * @json: (nullable): the data; an array for events, name first, and acknowledgements, `NULL` or
 *   an object for `SIO_PACKET_CONNECT`, an object or string for `SIO_PACKET_CONNECT_ERROR`
 * @attachments: (array length=n_attachments) (nullable): what the placeholders stand for
 * @n_attachments: how many there are
 * @error: return location for an error
 *
 * Makes a packet of what came in, for parsers.
 *
 * Nothing of it needs to be trusted.
 *
 * Errors: `SIO_ERROR_PROTOCOL` if it is not a valid packet, `SIO_ERROR_INVALID_JSON`,
 * `SIO_ERROR_PAYLOAD_TOO_LARGE` if @json is nested more than 64 levels deep.
 *
 * Returns: (transfer full): a new packet, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioPacket *
sio_packet_new (SioPacketType type,
                const char *namespace_name,
                gint64 id,
                const char *json,
                GBytes **attachments,
                gsize n_attachments,
                GError **error)
{
  g_autoptr (GPtrArray) array = NULL;

  g_return_val_if_fail (namespace_name != NULL, NULL);
  g_return_val_if_fail (attachments != NULL || n_attachments == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if ((guint) type > SIO_PACKET_BINARY_ACK)
    {
      refuse (error, "invalid packet type: expected one from 0 to 6");
      return NULL;
    }
  if (!g_utf8_validate (namespace_name, -1, NULL) ||
      (json != NULL && !g_utf8_validate (json, -1, NULL)))
    {
      refuse (error, "invalid packet: expected UTF-8");
      return NULL;
    }
  if (n_attachments > 0)
    {
      array = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      for (gsize i = 0; i < n_attachments; i++)
        g_ptr_array_add (array, g_bytes_ref (attachments[i]));
    }
  return sio_packet_new_parts (type, namespace_name, strlen (namespace_name), id, json,
                               json != NULL ? strlen (json) : 0, array, error);
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
  g_return_val_if_fail (sio_event_check (event), NULL);

  sio_content_init_args (&content, event, args);
  return sio_packet_new_content (NULL, namespace_name, &content);
}

/**
 * sio_packet_new_from_args:
 * @namespace_name: name of the namespace, starting with a slash
 * @args: name of the event followed by its arguments
 * @error: return location for an error
 *
 * Makes a packet of what another process sent.
 *
 * Errors: `SIO_ERROR_PROTOCOL` if the first argument is not the name of an event.
 *
 * Returns: (transfer full): a new packet, or `NULL` with @error set
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
  return sio_packet_new_content (NULL, namespace_name, &content);
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
  g_clear_pointer (&self->outgoing, sio_outgoing_unref);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_clear_pointer (&self->encoded, sio_outgoing_unref);
  g_clear_object (&self->parser);
  g_free (self->view);
  g_free (self);
}

static SioOutgoing *
encode_text (SioPacket *self)
{
  gsize length;
  const char *text = sio_outgoing_get_text (self->outgoing, &length);
  SioPart part = { text, length };

  return sio_outgoing_new (&part, 1, self->attachments);
}

SioOutgoing *
sio_packet_get_outgoing (SioPacket *self, SioParser *parser)
{
  if (G_LIKELY (parser == NULL && (self->has_frames || self->attachments == NULL)))
    return self->outgoing;
  if (self->encoded == NULL || self->parser != parser)
    {
      g_clear_pointer (&self->encoded, sio_outgoing_unref);
      g_set_object (&self->parser, parser);
      self->encoded =
          parser != NULL ? sio_parser_encode_outgoing (parser, self) : encode_text (self);
    }
  return self->encoded;
}

const char *
sio_packet_peek_text (SioPacket *self, gsize *length)
{
  return sio_outgoing_get_text (self->outgoing, length);
}

const char *
sio_packet_peek_json (SioPacket *self, gsize *length)
{
  const char *text;

  if (self->view != NULL)
    {
      /* without white space behind it */
      *length = self->view->json.value.length;
      return self->view->json.value.text;
    }
  text = sio_outgoing_get_text (self->outgoing, length);
  *length -= self->json_offset;
  return text + self->json_offset;
}

gsize
sio_packet_get_memory (SioPacket *self)
{
  gsize size = sizeof (SioPacket) + strlen (self->namespace_name) +
               g_bytes_get_size (sio_outgoing_get_ws (self->outgoing)) + 256;

  for (guint i = 0; self->attachments != NULL && i < self->attachments->len; i++)
    size += g_bytes_get_size (g_ptr_array_index (self->attachments, i));
  if (self->encoded != NULL)
    size += g_bytes_get_size (sio_outgoing_get_ws (self->encoded));
  return size;
}

/**
 * sio_packet_new_with_offset:
 * @self: an event
 * @offset: where the packet is in the adapter's log
 *
 * Makes the same event with one more argument at its end, from which the client knows where to
 * continue after it lost its connection. For adapters that keep a log of their own.
 *
 * Returns: (transfer full): a new packet
 *
 * Since: 0.1
 */
SioPacket *
sio_packet_new_with_offset (SioPacket *self, const char *offset)
{
  g_autoptr (GString) escaped = NULL;
  SioPacket *copy;
  const char *text;
  const char *json;
  gsize length;
  gsize json_length;
  gsize offset_length;
  SioPart parts[5];

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (self->type == SIO_PACKET_EVENT, NULL);
  g_return_val_if_fail (offset != NULL && g_utf8_validate (offset, -1, NULL), NULL);

  if (!is_plain (offset, &offset_length))
    {
      escaped = g_string_new (NULL);
      sio_json_write_string (escaped, offset, -1);
      offset = escaped->str + 1;
      offset_length = escaped->len - 2;
    }
  text = sio_outgoing_get_text (self->outgoing, &length);
  json = sio_packet_peek_json (self, &json_length);
  parts[0] = (SioPart){ text, self->json_offset };
  parts[1] = (SioPart){ json, json_length - 1 };
  /* The name of the event is in front of it. */
  parts[2] = (SioPart){ ",\"", 2 };
  parts[3] = (SioPart){ offset, offset_length };
  parts[4] = (SioPart){ "\"]", 2 };

  copy = packet_new (self->type, self->namespace_name, strlen (self->namespace_name), self->id,
                     self->attachments);
  copy->json_offset = self->json_offset;
  copy->has_frames = self->has_frames;
  copy->outgoing = sio_outgoing_new (parts, 5, self->has_frames ? self->attachments : NULL);
  sio_outgoing_hide_last (copy->outgoing);
  return copy;
}

GPtrArray *
sio_packet_peek_attachments (SioPacket *self)
{
  return self->attachments;
}

const SioPacketView *
sio_packet_peek_view (SioPacket *self, GError **error)
{
  if (self->view == NULL && !make_view (self, error))
    return NULL;
  return self->view;
}

SioOutgoing *
sio_packet_encode_with_id (SioPacket *self, SioParser *parser, gint64 id)
{
  gsize length, name_length = strlen (self->namespace_name);
  const char *json = sio_packet_peek_json (self, &length);
  char head[HEAD_SIZE];
  char id_text[24];
  SioPart parts[5];
  SioPacket *packet;
  guint n = 0, offset = 0;

  parts[n++] = (SioPart){ head, print_head (head, '0' + SIO_PACKET_EVENT,
                                            '0' + SIO_PACKET_BINARY_EVENT, self->attachments) };
  if (name_length > 1)
    {
      parts[n++] = (SioPart){ self->namespace_name, name_length };
      parts[n++] = (SioPart){ ",", 1 };
    }
  parts[n++] = (SioPart){ id_text, print_uint (id_text, (guint64) id) };
  for (guint i = 0; i < n; i++)
    offset += (guint) parts[i].length;
  parts[n++] = (SioPart){ json, length };
  if (G_LIKELY (parser == NULL))
    return sio_outgoing_new (parts, n, self->attachments);
  packet = packet_new (SIO_PACKET_EVENT, self->namespace_name, name_length, id, self->attachments);
  packet->outgoing = sio_outgoing_new (parts, n, NULL);
  return packet_end (packet, offset, parser);
}

/**
 * sio_packet_get_packet_type:
 * @self: a packet
 *
 * Gets the type.
 *
 * Returns: the type; `SIO_PACKET_EVENT` and `SIO_PACKET_ACK` also for those with attachments
 *
 * Since: 0.1
 */
SioPacketType
sio_packet_get_packet_type (SioPacket *self)
{
  g_return_val_if_fail (self != NULL, SIO_PACKET_EVENT);

  return self->type;
}

/**
 * sio_packet_get_id:
 * @self: a packet
 *
 * Gets the number of the acknowledgement that is asked for, or given.
 *
 * Returns: the number, -1 for none
 *
 * Since: 0.1
 */
gint64
sio_packet_get_id (SioPacket *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->id;
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
 * Copies the data as text: for an event an array with its name and arguments.
 *
 * Returns: (transfer full) (nullable): JSON, `NULL` for a packet without data
 *
 * Since: 0.1
 */
char *
sio_packet_dup_json (SioPacket *self)
{
  const char *json;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  json = sio_packet_peek_json (self, &length);
  return length > 0 ? g_strndup (json, length) : NULL;
}

/**
 * sio_packet_to_args:
 * @self: a packet
 *
 * Gets the data as a list: for an event its name and arguments, for an acknowledgement its
 * arguments, else the data if there is any.
 *
 * Returns: (transfer full): the list
 *
 * Since: 0.1
 */
SioArgs *
sio_packet_to_args (SioPacket *self)
{
  const char *json;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  json = sio_packet_peek_json (self, &length);
  if (length > 0 && (self->type == SIO_PACKET_EVENT || self->type == SIO_PACKET_ACK))
    return sio_args_new_raw (json + 1, length - 2, self->attachments);
  return sio_args_new_raw (json, length, self->attachments);
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
 * Returns: (transfer none) (nullable): the data, `NULL` if there are not so many
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
