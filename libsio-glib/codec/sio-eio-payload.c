/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio-payload-private.h"

#include <string.h>

#include "sio-utf8-step-private.h"

gboolean
sio_eio_packet_parse_text (guint8 *text, gsize length, SioEioPacket *packet)
{
  if (length == 0)
    return FALSE;
  packet->data = text + 1;
  if (text[0] >= SIO_EIO_OPEN && text[0] <= SIO_EIO_NOOP)
    {
      packet->type = (SioEioType) text[0];
      packet->is_binary = FALSE;
      packet->length = length - 1;
      return TRUE;
    }
  if (text[0] != 'b')
    return FALSE;
  packet->type = SIO_EIO_MESSAGE;
  packet->is_binary = TRUE;
  packet->length = sio_base64_decode_lenient (text + 1, length - 1, text + 1);
  return TRUE;
}

gboolean
sio_eio_payload_next (guint8 **cursor, guint8 *end, SioEioPacket *packet)
{
  guint8 *start = *cursor;
  gsize left = (gsize) (end - start);
  guint8 *separator = left > 0 ? memchr (start, SIO_EIO_SEPARATOR, left) : NULL;

  *cursor = separator != NULL ? separator + 1 : NULL;
  return sio_eio_packet_parse_text (start, separator != NULL ? (gsize) (separator - start) : left,
                                    packet);
}

void
sio_eio_payload_append_binary (GByteArray *payload, const void *data, gsize length)
{
  g_return_if_fail (payload != NULL);

  g_byte_array_append (payload, (const guint8 *) "b", 1);
  sio_base64_append (payload, data, length);
}

static inline gboolean
is_ascii_word (const guint8 *p, gsize left)
{
  guint64 word;

  if (left < 8)
    return FALSE;
  memcpy (&word, p, 8);
  return (word & G_GUINT64_CONSTANT (0x8080808080808080)) == 0;
}

GBytes *
sio_utf8_repair (GBytes *bytes)
{
  gsize left;
  const guint8 *p = g_bytes_get_data (bytes, &left);
  const guint8 *run = p;
  GByteArray *repaired = NULL;

  while (left > 0)
    {
      gboolean valid;
      gsize step;

      if (is_ascii_word (p, left))
        {
          p += 8;
          left -= 8;
          continue;
        }
      step = sio_utf8_step (p, left, &valid);
      if (!valid)
        {
          if (repaired == NULL)
            repaired = g_byte_array_new ();
          g_byte_array_append (repaired, run, (guint) (p - run));
          g_byte_array_append (repaired, (const guint8 *) SIO_UTF8_REPLACEMENT,
                               SIO_UTF8_REPLACEMENT_LENGTH);
          run = p + step;
        }
      p += step;
      left -= step;
    }
  if (repaired == NULL)
    return g_bytes_ref (bytes);
  g_byte_array_append (repaired, run, (guint) (p - run));
  return g_byte_array_free_to_bytes (repaired);
}
