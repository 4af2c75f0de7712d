/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio-payload-private.h"

#define OTHER 0xff

/* 0–63, or OTHER; both alphabets at once. */
static inline guint8
digit_value (guint8 c)
{
  if (c >= 'A' && c <= 'Z')
    return (guint8) (c - 'A');
  if (c >= 'a' && c <= 'z')
    return (guint8) (c - 'a' + 26);
  if (c >= '0' && c <= '9')
    return (guint8) (c - '0' + 52);
  if (c == '+' || c == '-')
    return 62;
  if (c == '/' || c == '_')
    return 63;
  return OTHER;
}

gsize
sio_base64_decode_lenient (const guint8 *text, gsize length, guint8 *out)
{
  const guint8 *end = text + length;
  guint8 *start = out;
  guint32 bits = 0;
  guint n_digits = 0;

  /* Writing never overtakes reading, so @out may be @text. */
  for (; text < end && *text != '='; text++)
    {
      guint8 value = digit_value (*text);

      if (value == OTHER)
        continue;
      bits = bits << 6 | value;
      if (++n_digits < 4)
        continue;
      *out++ = (guint8) (bits >> 16);
      *out++ = (guint8) (bits >> 8);
      *out++ = (guint8) bits;
      n_digits = 0;
    }
  /* What is left is one or two bytes; a single digit is none. */
  if (n_digits == 3)
    {
      *out++ = (guint8) (bits >> 10);
      *out++ = (guint8) (bits >> 2);
    }
  else if (n_digits == 2)
    *out++ = (guint8) (bits >> 4);
  return (gsize) (out - start);
}

void
sio_base64_append (GByteArray *payload, const void *data, gsize length)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const guint8 *p = data;
  guint8 *out;
  guint start;

  g_return_if_fail (payload != NULL);
  g_return_if_fail (data != NULL || length == 0);
  /* A GByteArray counts in guint. */
  g_return_if_fail (length <= G_MAXINT / 2 && payload->len <= G_MAXINT);

  start = payload->len;
  g_byte_array_set_size (payload, start + (guint) ((length + 2) / 3 * 4));
  out = payload->data + start;
  for (; length >= 3; length -= 3, p += 3)
    {
      *out++ = (guint8) digits[p[0] >> 2];
      *out++ = (guint8) digits[(p[0] & 0x03) << 4 | p[1] >> 4];
      *out++ = (guint8) digits[(p[1] & 0x0f) << 2 | p[2] >> 6];
      *out++ = (guint8) digits[p[2] & 0x3f];
    }
  if (length > 0)
    {
      guint8 second = length > 1 ? p[1] : 0;

      *out++ = (guint8) digits[p[0] >> 2];
      *out++ = (guint8) digits[(p[0] & 0x03) << 4 | second >> 4];
      *out++ = length > 1 ? (guint8) digits[(second & 0x0f) << 2] : '=';
      *out = '=';
    }
}
