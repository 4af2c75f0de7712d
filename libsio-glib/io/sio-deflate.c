/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-deflate-private.h"

#include <string.h>
#include <zlib.h>

#define START_BUFFER (64 * 1024)
/* A larger buffer is not kept between two messages. */
#define KEEP_BUFFER (256 * 1024)
#define TAIL_LENGTH 4
#define FLAG_RSV1 0x40
/* inflate() is between two blocks, RFC 1951 §3.2.3 */
#define BETWEEN_BLOCKS 128

static const guint8 tail[TAIL_LENGTH] = { 0x00, 0x00, 0xff, 0xff };

typedef struct
{
  z_stream deflaters[SIO_DEFLATE_N_FORMS];
  z_stream inflater;
  gboolean has_deflater[SIO_DEFLATE_N_FORMS];
  gboolean has_inflater;
  guint8 *buffer; /* for sio_inflate(), NULL while it is lent */
  gsize capacity;
} Codec;

static void
codec_free (gpointer data)
{
  Codec *codec = data;

  for (guint i = 0; i < SIO_DEFLATE_N_FORMS; i++)
    if (codec->has_deflater[i])
      deflateEnd (&codec->deflaters[i]);
  if (codec->has_inflater)
    inflateEnd (&codec->inflater);
  g_free (codec->buffer);
  g_free (codec);
}

static GPrivate codec_of_thread = G_PRIVATE_INIT (codec_free);

static Codec *
get_codec (void)
{
  Codec *codec = g_private_get (&codec_of_thread);

  if (codec == NULL)
    {
      codec = g_new0 (Codec, 1);
      g_private_set (&codec_of_thread, codec);
    }
  return codec;
}

/* Ready for a new message; NULL if there is no memory for it. */
static z_stream *
get_deflater (SioDeflateForm form)
{
  /* zlib: negative without a wrapper, more than 15 for gzip. */
  static const int window_bits[SIO_DEFLATE_N_FORMS] = { 0, -9, -12, -15, 15 + 16, 15 };
  Codec *codec = get_codec ();
  z_stream *stream = &codec->deflaters[form];

  if (codec->has_deflater[form])
    return deflateReset (stream) == Z_OK ? stream : NULL;
  codec->has_deflater[form] = deflateInit2 (stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                                            window_bits[form], 8, Z_DEFAULT_STRATEGY) == Z_OK;
  return codec->has_deflater[form] ? stream : NULL;
}

gboolean
sio_deflate_append (GByteArray *out, SioDeflateForm form, gconstpointer data, gsize length)
{
  gboolean is_window = form <= SIO_DEFLATE_N_WINDOWS;
  guint start = out->len;
  z_stream *stream;
  gboolean done;
  gsize size;

  if (length == 0 || length > SIO_DEFLATE_MAX_INPUT)
    return FALSE;
  stream = get_deflater (form);
  if (stream == NULL)
    return FALSE;

  /* No more than what would still be a gain. */
  g_byte_array_set_size (out, start + (guint) length + TAIL_LENGTH);
  stream->next_in = (Bytef *) data;
  stream->avail_in = (uInt) length;
  stream->next_out = out->data + start;
  stream->avail_out = (uInt) length + TAIL_LENGTH;
  if (is_window)
    done = deflate (stream, Z_SYNC_FLUSH) == Z_OK && stream->avail_out > 0;
  else
    done = deflate (stream, Z_FINISH) == Z_STREAM_END;
  size = length + TAIL_LENGTH - stream->avail_out;
  if (is_window)
    size -= MIN (size, TAIL_LENGTH);
  done = done && size < length;
  g_byte_array_set_size (out, done ? start + (guint) size : start);
  return done;
}

void
sio_deflate_append_frame (GByteArray *out,
                          SioDeflateForm form,
                          gsize threshold,
                          SioWsOpcode opcode,
                          gconstpointer data,
                          gsize length)
{
  guint8 header[SIO_WS_MAX_HEADER];
  guint start = out->len;
  guint n;

  /* The longest header first; the shorter one that is needed is known only then. */
  g_byte_array_set_size (out, start + SIO_WS_MAX_HEADER);
  if (length >= threshold && sio_deflate_append (out, form, data, length))
    {
      gsize size = out->len - start - SIO_WS_MAX_HEADER;

      n = sio_ws_frame_header (header, opcode, size);
      header[0] |= FLAG_RSV1;
      memmove (out->data + start + n, out->data + start + SIO_WS_MAX_HEADER, size);
      memcpy (out->data + start, header, n);
      g_byte_array_set_size (out, start + n + (guint) size);
      return;
    }
  g_byte_array_set_size (out, start);
  n = sio_ws_frame_header (header, opcode, length);
  g_byte_array_append (out, header, n);
  if (length > 0)
    g_byte_array_append (out, data, (guint) length);
}

static z_stream *
get_inflater (Codec *codec)
{
  if (codec->has_inflater)
    return inflateReset (&codec->inflater) == Z_OK ? &codec->inflater : NULL;
  codec->has_inflater = inflateInit2 (&codec->inflater, -15) == Z_OK;
  return codec->has_inflater ? &codec->inflater : NULL;
}

/* Takes the thread's buffer; there is none while a handler of another message runs. */
static void
borrow_buffer (Codec *codec, gsize wanted, SioInflated *buffer)
{
  buffer->length = 0;
  buffer->data = g_steal_pointer (&codec->buffer);
  buffer->capacity = buffer->data != NULL ? codec->capacity : 0;
  if (buffer->data == NULL)
    {
      buffer->capacity = MIN (wanted, START_BUFFER);
      buffer->data = g_malloc (buffer->capacity);
    }
}

/* The most that the limits allow, and one byte to see that they were exceeded. */
static gsize
get_allowance (gsize length, const SioInflateLimits *limits)
{
  guint64 dense = (guint64) length * limits->max_ratio;

  if (limits->max_ratio == 0)
    return limits->max_length;
  return (gsize) MIN (limits->max_length, MAX (dense, SIO_INFLATE_FREE));
}

/* Inflates as much of the input as the output has room for. A final block may be followed by others
 * (§7.2.3.4), which see what came before. */
static int
step (z_stream *stream, SioInflated *buffer, gsize allowed, gboolean *ended)
{
  gsize room;
  int result;

  if (buffer->length == buffer->capacity)
    {
      buffer->capacity = MIN (buffer->capacity * 2, allowed + 1);
      buffer->data = g_realloc (buffer->data, buffer->capacity);
    }
  room = MIN (buffer->capacity, allowed + 1) - buffer->length;
  stream->next_out = buffer->data + buffer->length;
  stream->avail_out = (uInt) MIN (room, G_MAXINT32);
  room = stream->avail_out;
  result = inflate (stream, Z_SYNC_FLUSH);
  buffer->length += room - stream->avail_out;
  *ended = result == Z_STREAM_END;
  if (result == Z_STREAM_END)
    result = inflateResetKeep (stream);
  return result;
}

static SioInflateResult
run (z_stream *stream, SioInflated *buffer, gsize length, const SioInflateLimits *limits)
{
  gsize allowed = get_allowance (length, limits);
  gboolean in_tail = FALSE;
  gboolean ended;

  for (;;)
    {
      int result = step (stream, buffer, allowed, &ended);

      if (buffer->length > allowed)
        return allowed < limits->max_length ? SIO_INFLATE_TOO_DENSE : SIO_INFLATE_TOO_LARGE;
      if (result != Z_OK && result != Z_BUF_ERROR)
        return SIO_INFLATE_BAD_DATA;
      /* The end of a final block; the empty one behind it may be missing. */
      if (ended && stream->avail_in == 0)
        return SIO_INFLATE_OK;
      if (stream->avail_out == 0 || (ended && stream->avail_in > 0))
        continue;
      if (stream->avail_in > 0)
        return SIO_INFLATE_BAD_DATA;
      if (in_tail)
        return (stream->data_type & BETWEEN_BLOCKS) != 0 ? SIO_INFLATE_OK : SIO_INFLATE_BAD_DATA;
      in_tail = TRUE;
      stream->next_in = (Bytef *) tail;
      stream->avail_in = TAIL_LENGTH;
    }
}

SioInflateResult
sio_inflate (const guint8 *data, gsize length, const SioInflateLimits *limits, SioInflated *out)
{
  Codec *codec = get_codec ();
  z_stream *stream = get_inflater (codec);
  SioInflated buffer;
  SioInflateResult result;

  if (stream == NULL || length > G_MAXINT32)
    return SIO_INFLATE_BAD_DATA;
  borrow_buffer (codec, limits->max_length + 1, &buffer);
  stream->next_in = (Bytef *) data;
  stream->avail_in = (uInt) length;
  /* An empty message should be the empty block, but may as well be nothing at all. */
  result = length > 0 ? run (stream, &buffer, length, limits) : SIO_INFLATE_OK;
  if (result == SIO_INFLATE_OK)
    *out = buffer;
  else
    sio_inflated_release (&buffer);
  return result;
}

void
sio_inflated_release (SioInflated *inflated)
{
  Codec *codec = get_codec ();

  if (codec->buffer == NULL && inflated->capacity <= KEEP_BUFFER)
    {
      codec->buffer = g_steal_pointer (&inflated->data);
      codec->capacity = inflated->capacity;
    }
  g_clear_pointer (&inflated->data, g_free);
}
