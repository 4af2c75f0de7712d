/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-outgoing-private.h"

#include <string.h>

#include "sio-eio3-payload-private.h"
#include "sio-plain-codec-private.h"
#include "sio-ws-parser-private.h"

/* Forms for Engine.IO 3; most servers need none of them. */
typedef struct
{
  GBytes *ws;
  GBytes *ws_base64;
  GBytes *polling_text;
  GBytes *polling_binary;
} Eio3Forms;

struct _SioOutgoing
{
  guint ref_count;
  guint has_text : 1;
  guint hides_last : 1; /* from plain WebSocket clients */
  guint is_plain : 1;
  guint is_volatile : 1;
  /* Where the text packet, with its Engine.IO digit, lies in ws. */
  guint text_offset : 8;
  gsize text_length;
  gsize n_bytes;
  GPtrArray *attachments;
  GBytes *ws;
  GBytes *object; /* for plain WebSocket clients */
  GBytes *ws_base64;
  GBytes *polling;
  GBytes **deflated; /* by window, each made when it is needed */
  Eio3Forms *eio3;
};

static gsize
frame_length (gsize payload)
{
  return payload + (payload < 126 ? 2 : payload <= G_MAXUINT16 ? 4 : 10);
}

static guint8 *
append_frame (guint8 *out, SioWsOpcode opcode, const void *data, gsize length)
{
  out += sio_ws_frame_header (out, opcode, length);
  if (length > 0)
    memcpy (out, data, length);
  return out + length;
}

/* @digit is '\0' when the caller's text has one already (control packets). */
static SioOutgoing *
outgoing_new (char digit, const SioPart *parts, guint n_parts, GPtrArray *attachments)
{
  SioOutgoing *self = g_new0 (SioOutgoing, 1);
  guint8 header[SIO_WS_MAX_HEADER];
  guint header_length;
  guint8 *data;
  guint8 *p;
  gsize text = digit != '\0' ? 1 : 0;
  gsize total;

  for (guint i = 0; i < n_parts; i++)
    text += parts[i].length;
  total = frame_length (text);
  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    total += frame_length (g_bytes_get_size (g_ptr_array_index (attachments, i)));

  header_length = sio_ws_frame_header (header, SIO_WS_OPCODE_TEXT, text);
  p = data = g_malloc (total);
  memcpy (p, header, header_length);
  p += header_length;
  if (digit != '\0')
    *p++ = (guint8) digit;
  for (guint i = 0; i < n_parts; i++)
    {
      if (parts[i].length > 0)
        memcpy (p, parts[i].data, parts[i].length);
      p += parts[i].length;
    }
  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    {
      gsize length;
      const void *bytes = g_bytes_get_data (g_ptr_array_index (attachments, i), &length);

      p = append_frame (p, SIO_WS_OPCODE_BINARY, bytes, length);
      self->n_bytes += length + 1;
    }

  self->ref_count = 1;
  self->has_text = TRUE;
  self->text_offset = header_length;
  self->text_length = text;
  self->n_bytes += text;
  if (attachments != NULL && attachments->len > 0)
    self->attachments = g_ptr_array_ref (attachments);
  self->ws = g_bytes_new_take (data, total);
  return self;
}

SioOutgoing *
sio_outgoing_new (const SioPart *parts, guint n_parts, GPtrArray *attachments)
{
  return outgoing_new (SIO_EIO_MESSAGE, parts, n_parts, attachments);
}

SioOutgoing *
sio_outgoing_new_control (const char *packet)
{
  SioPart part = { packet, strlen (packet) };

  return outgoing_new ('\0', &part, 1, NULL);
}

SioOutgoing *
sio_outgoing_new_binaries (GPtrArray *messages)
{
  SioOutgoing *self = g_new0 (SioOutgoing, 1);
  gsize total = 0;
  guint8 *data, *p;

  for (guint i = 0; i < messages->len; i++)
    total += frame_length (g_bytes_get_size (g_ptr_array_index (messages, i)));
  p = data = g_malloc (total);
  for (guint i = 0; i < messages->len; i++)
    {
      gsize length;
      const void *bytes = g_bytes_get_data (g_ptr_array_index (messages, i), &length);

      p = append_frame (p, SIO_WS_OPCODE_BINARY, bytes, length);
      self->n_bytes += length + 1;
    }

  self->ref_count = 1;
  self->ws = g_bytes_new_take (data, total);
  self->attachments = g_ptr_array_ref (messages);
  return self;
}

SioOutgoing *
sio_outgoing_new_binary (GBytes *bytes)
{
  g_autoptr (GPtrArray) messages = g_ptr_array_new_full (1, (GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (messages, g_bytes_ref (bytes));
  return sio_outgoing_new_binaries (messages);
}

SioOutgoing *
sio_outgoing_ref (SioOutgoing *self)
{
  self->ref_count++;
  return self;
}

void
sio_outgoing_unref (SioOutgoing *self)
{
  if (--self->ref_count > 0)
    return;

  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_clear_pointer (&self->ws, g_bytes_unref);
  g_clear_pointer (&self->ws_base64, g_bytes_unref);
  g_clear_pointer (&self->object, g_bytes_unref);
  g_clear_pointer (&self->polling, g_bytes_unref);
  for (guint i = 0; self->deflated != NULL && i < SIO_DEFLATE_N_WINDOWS; i++)
    g_clear_pointer (&self->deflated[i], g_bytes_unref);
  g_free (self->deflated);
  if (G_UNLIKELY (self->eio3 != NULL))
    {
      g_clear_pointer (&self->eio3->ws, g_bytes_unref);
      g_clear_pointer (&self->eio3->ws_base64, g_bytes_unref);
      g_clear_pointer (&self->eio3->polling_text, g_bytes_unref);
      g_clear_pointer (&self->eio3->polling_binary, g_bytes_unref);
      g_free (self->eio3);
    }
  g_free (self);
}

GBytes *
sio_outgoing_get_ws (SioOutgoing *self)
{
  return self->ws;
}

/* The text packet with its digit. */
static const guint8 *
get_packet (SioOutgoing *self)
{
  return (const guint8 *) g_bytes_get_data (self->ws, NULL) + self->text_offset;
}

/* The frame of the text message, where there is one. */
static GByteArray *
frames_new (SioOutgoing *self)
{
  GByteArray *frames = g_byte_array_new ();

  if (self->has_text)
    g_byte_array_append (frames, g_bytes_get_data (self->ws, NULL),
                         (guint) (self->text_offset + self->text_length));
  return frames;
}

GBytes *
sio_outgoing_get_ws_base64 (SioOutgoing *self)
{
  GByteArray *frames;
  guint8 header[SIO_WS_MAX_HEADER];

  if (self->attachments == NULL)
    return self->ws;
  if (self->ws_base64 != NULL)
    return self->ws_base64;

  frames = frames_new (self);
  for (guint i = 0; i < self->attachments->len; i++)
    {
      g_autoptr (GByteArray) packet = g_byte_array_new ();
      gsize length;
      const void *data = g_bytes_get_data (g_ptr_array_index (self->attachments, i), &length);
      guint n;

      sio_eio_payload_append_binary (packet, data, length);
      n = sio_ws_frame_header (header, SIO_WS_OPCODE_TEXT, packet->len);
      g_byte_array_append (frames, header, n);
      g_byte_array_append (frames, packet->data, packet->len);
    }
  self->ws_base64 = g_byte_array_free_to_bytes (frames);
  return self->ws_base64;
}

void
sio_outgoing_hide_last (SioOutgoing *self)
{
  self->hides_last = TRUE;
}

GBytes *
sio_outgoing_get_object (SioOutgoing *self)
{
  g_autoptr (GString) object = NULL;

  if (self->object != NULL || !self->has_text || *get_packet (self) != SIO_EIO_MESSAGE)
    return self->object;
  object = sio_plain_encode ((const char *) get_packet (self) + 1, self->text_length - 1,
                             self->attachments, self->hides_last);
  if (object != NULL)
    self->object = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, object->str, object->len);
  return self->object;
}

static GBytes *
make_deflated (SioOutgoing *self, SioDeflateForm window, gsize threshold)
{
  GByteArray *frames = g_byte_array_new ();

  if (self->has_text)
    sio_deflate_append_frame (frames, window, threshold, SIO_WS_OPCODE_TEXT, get_packet (self),
                              self->text_length);
  for (guint i = 0; self->attachments != NULL && i < self->attachments->len; i++)
    {
      gsize length;
      const void *data = g_bytes_get_data (g_ptr_array_index (self->attachments, i), &length);

      sio_deflate_append_frame (frames, window, threshold, SIO_WS_OPCODE_BINARY, data, length);
    }
  /* Nothing was gained: the same bytes again. */
  if (frames->len == g_bytes_get_size (self->ws))
    {
      g_byte_array_unref (frames);
      return g_bytes_ref (self->ws);
    }
  return g_byte_array_free_to_bytes (frames);
}

GBytes *
sio_outgoing_get_ws_deflated (SioOutgoing *self, SioDeflateForm window, gsize threshold)
{
  GBytes **slot;

  if (self->is_plain || g_bytes_get_size (self->ws) <= threshold)
    return self->ws;
  if (self->deflated == NULL)
    self->deflated = g_new0 (GBytes *, SIO_DEFLATE_N_WINDOWS);
  slot = &self->deflated[window - SIO_DEFLATE_WINDOW_9];
  if (*slot == NULL)
    *slot = make_deflated (self, window, threshold);
  return *slot;
}

void
sio_outgoing_set_plain (SioOutgoing *self)
{
  self->is_plain = TRUE;
}

gboolean
sio_outgoing_is_plain (SioOutgoing *self)
{
  return self->is_plain;
}

void
sio_outgoing_set_volatile (SioOutgoing *self)
{
  self->is_volatile = TRUE;
}

gboolean
sio_outgoing_is_volatile (SioOutgoing *self)
{
  return self->is_volatile;
}

GBytes *
sio_outgoing_get_polling (SioOutgoing *self)
{
  static const guint8 separator = SIO_EIO_SEPARATOR;
  GByteArray *payload;

  if (self->polling != NULL)
    return self->polling;

  if (self->attachments == NULL)
    {
      self->polling = g_bytes_new_from_bytes (self->ws, self->text_offset, self->text_length);
      return self->polling;
    }

  payload = g_byte_array_new ();
  if (self->has_text)
    g_byte_array_append (payload, get_packet (self), (guint) self->text_length);
  for (guint i = 0; i < self->attachments->len; i++)
    {
      gsize length;
      const void *data = g_bytes_get_data (g_ptr_array_index (self->attachments, i), &length);

      if (payload->len > 0)
        g_byte_array_append (payload, &separator, 1);
      sio_eio_payload_append_binary (payload, data, length);
    }
  self->polling = g_byte_array_free_to_bytes (payload);
  return self->polling;
}

guint
sio_outgoing_get_n_packets (SioOutgoing *self)
{
  return self->has_text + (self->attachments != NULL ? self->attachments->len : 0);
}

gsize
sio_outgoing_get_n_bytes (SioOutgoing *self)
{
  return self->n_bytes;
}

static Eio3Forms *
ensure_eio3 (SioOutgoing *self)
{
  if (self->eio3 == NULL)
    self->eio3 = g_new0 (Eio3Forms, 1);
  return self->eio3;
}

GBytes *
sio_outgoing_get_eio3_ws (SioOutgoing *self)
{
  Eio3Forms *forms;
  GByteArray *frames;

  if (self->attachments == NULL)
    return self->ws;
  forms = ensure_eio3 (self);
  if (forms->ws != NULL)
    return forms->ws;

  frames = frames_new (self);
  for (guint i = 0; i < self->attachments->len; i++)
    {
      guint8 header[SIO_WS_MAX_HEADER + 1];
      gsize length;
      const void *data = g_bytes_get_data (g_ptr_array_index (self->attachments, i), &length);
      guint n = sio_ws_frame_header (header, SIO_WS_OPCODE_BINARY, length + 1);

      header[n++] = SIO_EIO_MESSAGE - '0';
      g_byte_array_append (frames, header, n);
      if (length > 0)
        g_byte_array_append (frames, data, (guint) length);
    }
  forms->ws = g_byte_array_free_to_bytes (frames);
  return forms->ws;
}

GBytes *
sio_outgoing_get_eio3_ws_base64 (SioOutgoing *self)
{
  Eio3Forms *forms;
  GByteArray *frames;

  if (self->attachments == NULL)
    return self->ws;
  forms = ensure_eio3 (self);
  if (forms->ws_base64 != NULL)
    return forms->ws_base64;

  frames = frames_new (self);
  for (guint i = 0; i < self->attachments->len; i++)
    {
      guint8 header[SIO_WS_MAX_HEADER + 2];
      gsize length;
      const void *data = g_bytes_get_data (g_ptr_array_index (self->attachments, i), &length);
      guint n = sio_ws_frame_header (header, SIO_WS_OPCODE_TEXT, 2 + (length + 2) / 3 * 4);

      header[n++] = 'b';
      header[n++] = SIO_EIO_MESSAGE;
      g_byte_array_append (frames, header, n);
      sio_base64_append (frames, data, length);
    }
  forms->ws_base64 = g_byte_array_free_to_bytes (frames);
  return forms->ws_base64;
}

GBytes *
sio_outgoing_get_eio3_polling (SioOutgoing *self, gboolean binary)
{
  Eio3Forms *forms = ensure_eio3 (self);
  GBytes **form = binary ? &forms->polling_binary : &forms->polling_text;
  GByteArray *payload;

  if (*form != NULL)
    return *form;

  payload = g_byte_array_new ();
  if (self->has_text && binary)
    sio_eio3_append_binary_text (payload, get_packet (self), self->text_length);
  else if (self->has_text)
    sio_eio3_append_text (payload, get_packet (self), self->text_length);
  for (guint i = 0; self->attachments != NULL && i < self->attachments->len; i++)
    {
      gsize length;
      const void *data = g_bytes_get_data (g_ptr_array_index (self->attachments, i), &length);

      if (binary)
        sio_eio3_append_binary_data (payload, data, length);
      else
        sio_eio3_append_base64 (payload, data, length);
    }
  *form = g_byte_array_free_to_bytes (payload);
  return *form;
}

gboolean
sio_outgoing_has_binary (SioOutgoing *self)
{
  return self->attachments != NULL;
}

const char *
sio_outgoing_get_text (SioOutgoing *self, gsize *length)
{
  if (!self->has_text)
    return NULL;
  *length = self->text_length - 1;
  return (const char *) get_packet (self) + 1;
}

GBytes *
sio_outgoing_dup_packet (SioOutgoing *self)
{
  if (!self->has_text)
    return NULL;
  return g_bytes_new_from_bytes (self->ws, self->text_offset, self->text_length);
}

GPtrArray *
sio_outgoing_peek_attachments (SioOutgoing *self)
{
  return self->attachments;
}
