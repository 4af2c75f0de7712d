/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "sio-deflate-private.h"

/* The first byte chooses what is done with the rest: inflate it within limits and compare with
 * what zlib says, compress it and inflate that, or take it for an offer of extensions. */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What plain zlib makes of it, up to @capacity bytes. */
static gsize
reference (const guint8 *data, gsize size, guint8 *out, gsize capacity)
{
  static const guint8 tail[4] = { 0x00, 0x00, 0xff, 0xff };
  z_stream stream = { 0 };
  int result = Z_OK;

  if (inflateInit2 (&stream, -15) != Z_OK)
    g_error ("no memory");
  stream.next_in = (Bytef *) data;
  stream.avail_in = (uInt) size;
  stream.next_out = out;
  stream.avail_out = (uInt) capacity;
  while ((result = inflate (&stream, Z_SYNC_FLUSH)) == Z_STREAM_END && stream.avail_in > 0)
    inflateResetKeep (&stream);
  if (result == Z_OK || result == Z_BUF_ERROR)
    {
      stream.next_in = (Bytef *) tail;
      stream.avail_in = sizeof tail;
      inflate (&stream, Z_SYNC_FLUSH);
    }
  inflateEnd (&stream);
  return capacity - stream.avail_out;
}

static void
check_inflate (const guint8 *data, gsize size, guint8 control)
{
  static const gsize lengths[4] = { 20, 1000, 70000, 3000000 };
  static const guint ratios[4] = { 0, 1, 20, 200 };
  const SioInflateLimits limits = { lengths[control & 3], ratios[(control >> 2) & 3] };
  g_autofree guint8 *wanted = NULL;
  SioInflated inflated;
  gsize n;

  if (sio_inflate (data, size, &limits, &inflated) != SIO_INFLATE_OK)
    return;
  if (inflated.length > limits.max_length)
    g_error ("%" G_GSIZE_FORMAT " bytes got through", inflated.length);
  if (limits.max_ratio > 0 && inflated.length > MAX (SIO_INFLATE_FREE, size * limits.max_ratio))
    g_error ("%" G_GSIZE_FORMAT " bytes got through in %zu", inflated.length, size);
  /* One byte more, to see that there is none. */
  wanted = g_malloc (inflated.length + 1);
  n = reference (data, size, wanted, inflated.length + 1);
  if (n != inflated.length || (n > 0 && memcmp (wanted, inflated.data, n) != 0))
    g_error ("the result is not what was compressed");
  memset (inflated.data, 0xee, inflated.length);
  sio_inflated_release (&inflated);
}

static void
check_deflate (const guint8 *data, gsize size, guint8 control)
{
  const SioInflateLimits limits = { size, 0 };
  SioDeflateForm form = SIO_DEFLATE_WINDOW_9 + control % SIO_DEFLATE_N_WINDOWS;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  SioInflated inflated;

  if (!sio_deflate_append (out, form, data, size))
    return;
  if (out->len >= size)
    g_error ("compressed to more than before");
  if (sio_inflate (out->data, out->len, &limits, &inflated) != SIO_INFLATE_OK)
    g_error ("cannot read what was written");
  if (inflated.length != size || memcmp (inflated.data, data, size) != 0)
    g_error ("something else came back");
  sio_inflated_release (&inflated);
}

static void
check_offer (const guint8 *data, gsize size)
{
  g_autofree char *offers = g_strndup ((const char *) data, size);
  g_autofree char *response = NULL;
  SioDeflateForm form;
  SioDeflateAnswer answer = sio_deflate_negotiate (offers, &form, &response);

  if ((answer == SIO_DEFLATE_AGREED) != (response != NULL) ||
      (form != SIO_DEFLATE_NONE) != (response != NULL))
    g_error ("agreed and not agreed");
  if (response == NULL)
    return;
  /* A response is a good offer, too, of the same. */
  offers = (g_free (offers), g_steal_pointer (&response));
  if (sio_deflate_negotiate (offers, &form, &response) != SIO_DEFLATE_AGREED ||
      strcmp (offers, response) != 0)
    g_error ("\"%s\" answers \"%s\"", response, offers);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size < 1)
    return 0;
  switch (data[0] >> 6)
    {
    case 0:
    case 1:
      check_inflate (data + 1, size - 1, data[0]);
      break;
    case 2:
      check_deflate (data + 1, size - 1, data[0]);
      break;
    default:
      check_offer (data + 1, size - 1);
    }
  return 0;
}
