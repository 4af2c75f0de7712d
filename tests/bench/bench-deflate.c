/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <string.h>
#include <zlib.h>

/* Reads compressed messages (permessage-deflate without context). The recipients of a broadcast may
 * get the same bytes: then the last result serves again, and the load generator does not
 * become the bottleneck. */
struct BenchInflate
{
  z_stream stream;
  GByteArray *last;
  GByteArray *out;
};

BenchInflate *
bench_inflate_new (void)
{
  BenchInflate *self = g_new0 (BenchInflate, 1);

  self->last = g_byte_array_new ();
  self->out = g_byte_array_new ();
  if (inflateInit2 (&self->stream, -15) != Z_OK)
    g_error ("no memory for zlib");
  return self;
}

void
bench_inflate_free (BenchInflate *self)
{
  inflateEnd (&self->stream);
  g_byte_array_unref (self->last);
  g_byte_array_unref (self->out);
  g_free (self);
}

static gboolean
feed (BenchInflate *self, const guint8 *data, gsize len)
{
  self->stream.next_in = (Bytef *) data;
  self->stream.avail_in = (uInt) len;
  for (;;)
    {
      guint8 block[16384];
      int result;

      self->stream.next_out = block;
      self->stream.avail_out = sizeof block;
      result = inflate (&self->stream, Z_SYNC_FLUSH);
      if ((result != Z_OK && result != Z_BUF_ERROR) || self->out->len > BENCH_FRAME_MAX)
        return FALSE;
      g_byte_array_append (self->out, block, sizeof block - self->stream.avail_out);
      if (self->stream.avail_out > 0)
        return TRUE;
    }
}

gboolean
bench_inflate_frame (BenchInflate *self, BenchFrame *frame)
{
  static const guint8 tail[4] = { 0x00, 0x00, 0xff, 0xff };

  if (self->last->len != frame->payload_len ||
      memcmp (self->last->data, frame->payload, frame->payload_len) != 0)
    {
      g_byte_array_set_size (self->last, 0);
      g_byte_array_set_size (self->out, 0);
      inflateReset (&self->stream);
      if (!feed (self, frame->payload, frame->payload_len) || !feed (self, tail, sizeof tail))
        return FALSE;
      g_byte_array_append (self->last, frame->payload, (guint) frame->payload_len);
    }
  frame->payload = self->out->data;
  frame->payload_len = self->out->len;
  return TRUE;
}
