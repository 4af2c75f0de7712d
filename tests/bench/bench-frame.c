/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-frame.h"

#include <string.h>

/* RFC 6455 wants unpredictable masks because of browsers and proxies; a load generator only has to
 * make the server do the work of unmasking. A fixed key lets frames be prepared once. */
static const guint8 mask_key[4] = { 0xa7, 0x3c, 0x5d, 0x91 };

static const char hex_digits[] = "0123456789abcdef";

void
bench_frame_append (GByteArray *out, guint opcode, const char *payload, gsize len)
{
  guint8 head[14];
  gsize head_len = 2;
  gsize start;

  head[0] = (guint8) (0x80 | opcode);
  if (len < 126)
    head[1] = (guint8) (0x80 | len);
  else if (len <= G_MAXUINT16)
    {
      head[1] = 0x80 | 126;
      head[2] = (guint8) (len >> 8);
      head[3] = (guint8) len;
      head_len = 4;
    }
  else
    {
      head[1] = 0x80 | 127;
      for (guint i = 0; i < 8; i++)
        head[2 + i] = (guint8) ((guint64) len >> (56 - 8 * i));
      head_len = 10;
    }
  memcpy (head + head_len, mask_key, sizeof mask_key);
  g_byte_array_append (out, head, (guint) (head_len + sizeof mask_key));
  start = out->len;
  g_byte_array_append (out, (const guint8 *) payload, (guint) len);
  for (gsize i = 0; i < len; i++)
    out->data[start + i] ^= mask_key[i & 3];
}

/* Returns the length of the frame, 0 when more bytes are needed, -1 when this is not a valid frame
 * of a server. */
gssize
bench_frame_parse (const guint8 *data, gsize len, BenchFrame *frame)
{
  gsize head = 2;
  guint64 size;

  if (len < 2)
    return 0;
  if ((data[0] & 0x30) != 0 || (data[1] & 0x80) != 0)
    return -1;
  size = data[1];
  if (size == 126)
    {
      head = 4;
      if (len < head)
        return 0;
      size = ((guint) data[2] << 8) | data[3];
    }
  else if (size == 127)
    {
      head = 10;
      if (len < head)
        return 0;
      size = 0;
      for (guint i = 0; i < 8; i++)
        size = (size << 8) | data[2 + i];
      if (size > BENCH_FRAME_MAX)
        return -1;
    }
  if (len - head < size)
    return 0;
  frame->fin = (data[0] & 0x80) != 0;
  frame->compressed = (data[0] & 0x40) != 0;
  frame->opcode = data[0] & 0x0f;
  if (frame->opcode >= BENCH_WS_CLOSE && (!frame->fin || size > 125))
    return -1;
  frame->payload = data + head;
  frame->payload_len = (gsize) size;
  return (gssize) (head + (gsize) size);
}

static void
stamp_write (guint8 *out, guint64 stamp, const guint8 *mask)
{
  for (int i = BENCH_STAMP_LEN - 1; i >= 0; i--, stamp >>= 4)
    out[i] = (guint8) hex_digits[stamp & 15] ^ mask[i];
}

static void
id_write (guint8 *out, guint32 id, const guint8 *mask)
{
  for (int i = BENCH_ID_LEN - 1; i >= 0; i--, id /= 10)
    out[i] = (guint8) ('0' + id % 10) ^ mask[i];
}

static GString *
message_text (const char *prefix, gsize payload, const char *suffix, gsize *stamp_offset)
{
  GString *text = g_string_new (prefix);

  *stamp_offset = text->len;
  for (gsize i = 0; i < MAX (payload, BENCH_STAMP_LEN); i++)
    g_string_append_c (text, (char) ('a' + i % 26));
  g_string_append (text, suffix);
  return text;
}

/* A masked text frame of prefix + payload bytes (the first 16 of them are the time stamp) + suffix.
 * With id_at ≥ 0 eight digits at that place in the prefix are the ack id. */
void
bench_message_init (
    BenchMessage *self, const char *prefix, gsize payload, const char *suffix, gssize id_at)
{
  gsize stamp_at;
  gsize body_at;
  GByteArray *frame = g_byte_array_new ();
  GString *text = message_text (prefix, payload, suffix, &stamp_at);

  bench_frame_append (frame, BENCH_WS_TEXT, text->str, text->len);
  body_at = frame->len - text->len;
  memset (self, 0, sizeof *self);
  self->len = frame->len;
  self->bytes = g_byte_array_free (frame, FALSE);
  self->stamp_offset = body_at + stamp_at;
  for (gsize i = 0; i < BENCH_STAMP_LEN; i++)
    self->stamp_mask[i] = mask_key[(stamp_at + i) & 3];
  if (id_at >= 0)
    {
      self->id_offset = body_at + (gsize) id_at;
      for (gsize i = 0; i < BENCH_ID_LEN; i++)
        self->id_mask[i] = mask_key[((gsize) id_at + i) & 3];
    }
  g_string_free (text, TRUE);
}

/* The same without frame and mask, for HTTP. */
void
bench_message_init_text (BenchMessage *self, const char *prefix, gsize payload, const char *suffix)
{
  GString *text;

  memset (self, 0, sizeof *self);
  text = message_text (prefix, payload, suffix, &self->stamp_offset);
  self->len = text->len;
  self->bytes = (guint8 *) g_string_free (text, FALSE);
}

void
bench_message_clear (BenchMessage *self)
{
  g_clear_pointer (&self->bytes, g_free);
}

void
bench_message_write (const BenchMessage *self, guint8 *out, gint64 stamp, guint32 id)
{
  memcpy (out, self->bytes, self->len);
  stamp_write (out + self->stamp_offset, (guint64) stamp, self->stamp_mask);
  if (self->id_offset > 0)
    id_write (out + self->id_offset, id, self->id_mask);
}

/* Returns -1 when these are not 16 hexadecimal digits. */
gint64
bench_stamp_read (const guint8 *digits)
{
  guint64 value = 0;

  for (guint i = 0; i < BENCH_STAMP_LEN; i++)
    {
      guint8 c = digits[i];

      if (c >= '0' && c <= '9')
        value = (value << 4) | (guint64) (c - '0');
      else if (c >= 'a' && c <= 'f')
        value = (value << 4) | (guint64) (c - 'a' + 10);
      else
        return -1;
    }
  return (gint64) value;
}

/* Finds the time stamp in a packet that begins with `expected`; a server that spaces its JSON
 * differently is handled by looking for the first string that looks like a stamp. Returns -1 when
 * there is none. */
gint64
bench_stamp_find (const guint8 *payload, gsize len, const char *expected, gsize expected_len)
{
  if (len >= expected_len + BENCH_STAMP_LEN && memcmp (payload, expected, expected_len) == 0)
    return bench_stamp_read (payload + expected_len);
  for (gsize i = 0; i + 1 + BENCH_STAMP_LEN <= len; i++)
    {
      gint64 stamp;

      if (payload[i] != '"')
        continue;
      stamp = bench_stamp_read (payload + i + 1);
      if (stamp >= 0)
        return stamp;
    }
  return -1;
}
