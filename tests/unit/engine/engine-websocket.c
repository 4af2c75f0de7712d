/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine-fixture.h"

#include <string.h>

#include "sio-ws-parser-private.h"

void
frame_free (Frame *self)
{
  g_free (self->data);
  g_free (self);
}

void
client_send_upgrade (Client *self, const char *query, gconstpointer early, gsize length)
{
  g_autoptr (GString) request = g_string_new (NULL);

  g_string_append_printf (request,
                          "GET " PREFIX "?EIO=4&transport=websocket%s HTTP/1.1\r\n"
                          "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n",
                          query);
  g_string_append_len (request, early, (gssize) length);
  client_send (self, request->str, (gssize) request->len);
}

void
client_upgrade (Client *self, const char *query)
{
  g_autoptr (Response) response = NULL;
  g_autofree char *accept = NULL;

  client_send_upgrade (self, query, "", 0);
  response = client_await_response (self);
  g_assert_cmpuint (response->status, ==, 101);
  accept = response_dup_header (response, "Sec-WebSocket-Accept");
  g_assert_cmpstr (accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

char *
client_open_websocket (Client *self)
{
  g_autoptr (Frame) frame = NULL;

  client_upgrade (self, "");
  frame = client_await_frame (self);
  g_assert_cmpuint (frame->opcode, ==, SIO_WS_OPCODE_TEXT);
  g_assert_true (g_str_has_prefix (frame->data, "0{\"sid\":\""));
  return g_strndup (frame->data + 9, 20);
}

void
client_append_frame (GByteArray *to, guint opcode, gconstpointer data, gsize length)
{
  static const guint8 mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
  guint8 header[SIO_WS_MAX_HEADER];
  guint n = sio_ws_frame_header (header, opcode, length);
  guint at;

  header[1] |= 0x80;
  g_byte_array_append (to, header, n);
  g_byte_array_append (to, mask, 4);
  at = to->len;
  g_byte_array_set_size (to, at + (guint) length);
  if (length > 0)
    memcpy (to->data + at, data, length);
  sio_ws_mask (to->data + at, length, mask, 0);
}

void
client_send_frame (Client *self, guint opcode, gconstpointer data, gsize length)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  client_append_frame (bytes, opcode, data, length);
  client_send (self, bytes->data, bytes->len);
}

void
client_send_text (Client *self, const char *text)
{
  client_send_frame (self, SIO_WS_OPCODE_TEXT, text, strlen (text));
}

Frame *
client_take_frame (Client *self)
{
  const guint8 *data = self->in->data;
  gsize header = 2;
  guint64 length;
  Frame *frame;

  if (self->in->len < 2)
    return NULL;
  length = data[1] & 0x7f;
  g_assert_cmpuint (data[1] & 0x80, ==, 0);
  if (length == 126)
    header = 4;
  else if (length == 127)
    header = 10;
  if (self->in->len < header)
    return NULL;
  if (header > 2)
    {
      length = 0;
      for (gsize i = 2; i < header; i++)
        length = length << 8 | data[i];
    }
  if (self->in->len < header + length)
    return NULL;
  frame = g_new0 (Frame, 1);
  frame->opcode = data[0] & 0x0f;
  frame->compressed = (data[0] & 0x40) != 0;
  frame->length = (gsize) length;
  frame->data = g_malloc (length + 1);
  memcpy (frame->data, data + header, length);
  frame->data[length] = '\0';
  g_byte_array_remove_range (self->in, 0, (guint) (header + length));
  return frame;
}

Frame *
client_await_frame (Client *self)
{
  Frame *frame = NULL;
  gboolean alive;

  engine_wait_for ((alive = client_fill (self), frame = client_take_frame (self)) != NULL ||
                   !alive);
  g_assert_nonnull (frame);
  return frame;
}

void
client_expect_text (Client *self, const char *text)
{
  g_autoptr (Frame) frame = client_await_frame (self);

  g_assert_cmpuint (frame->opcode, ==, SIO_WS_OPCODE_TEXT);
  g_assert_cmpstr (frame->data, ==, text);
}

void
client_expect_close (Client *self, guint code)
{
  g_autoptr (Frame) frame = client_await_frame (self);
  guint received = 1005;

  g_assert_cmpuint (frame->opcode, ==, SIO_WS_OPCODE_CLOSE);
  if (frame->length >= 2)
    received = (guint) ((guint8) frame->data[0] << 8 | (guint8) frame->data[1]);
  g_assert_cmpuint (received, ==, code);
}
