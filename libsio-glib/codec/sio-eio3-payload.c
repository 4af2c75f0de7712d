/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio3-payload-private.h"

#include <string.h>

#include "sio-json-private.h"
#include "sio-utf8-step-private.h"

#define BINARY_STRING 0x00
#define BINARY_DATA 0x01
#define BINARY_END_OF_LENGTH 0xff

#define N_TYPES 7

SioEio3Result
sio_eio3_packet_parse_text (guint8 *text, gsize length, SioEioPacket *packet)
{
  if (length == 0)
    return SIO_EIO3_MALFORMED;
  if (text[0] >= SIO_EIO_OPEN && text[0] <= SIO_EIO_NOOP)
    {
      *packet = (SioEioPacket){ (SioEioType) text[0], FALSE, text + 1, length - 1 };
      return SIO_EIO3_PACKET;
    }
  if (text[0] != 'b')
    return SIO_EIO3_MALFORMED;
  /* "b", the digit, base64; an unknown type is passed over, as in binary packets. */
  if (length < 2 || text[1] < SIO_EIO_OPEN || text[1] > SIO_EIO_NOOP)
    return SIO_EIO3_NOTHING;
  *packet = (SioEioPacket){ (SioEioType) text[1], TRUE, text + 2, 0 };
  packet->length = sio_base64_decode_lenient (text + 2, length - 2, text + 2);
  return SIO_EIO3_PACKET;
}

SioEio3Result
sio_eio3_packet_parse_binary (guint8 *data, gsize length, SioEioPacket *packet)
{
  if (length == 0 || data[0] >= N_TYPES)
    return SIO_EIO3_NOTHING;
  *packet = (SioEioPacket){ (SioEioType) ('0' + data[0]), TRUE, data + 1, length - 1 };
  return SIO_EIO3_PACKET;
}

void
sio_eio3_reader_init (SioEio3Reader *self, guint8 *body, gsize length, gboolean is_binary)
{
  *self = (SioEio3Reader){ body, body + length, is_binary, FALSE };
}

/* TRUE and the value if there is at least one digit and it does not exceed @max. @zero is the
 * digit 0. */
static gboolean
read_length (SioEio3Reader *self, guint8 zero, gsize max, gsize *value)
{
  guint8 *start = self->p;
  gsize n = 0;

  for (; self->p < self->end; self->p++)
    {
      guint8 digit = (guint8) (*self->p - zero);

      if (digit > 9)
        break;
      n = n * 10 + digit;
      if (n > max)
        return FALSE;
    }
  *value = n;
  return self->p > start;
}

/* The end of @units UTF-16 code units; NULL if there are fewer, or the last one is half a
 * character. */
static guint8 *
skip_units (guint8 *p, guint8 *end, gsize units)
{
  while (units > 0 && p < end)
    {
      guint8 lead = *p;
      gsize bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      gsize n = bytes == 4 ? 2 : 1;

      if (bytes > (gsize) (end - p) || n > units)
        return NULL;
      p += bytes;
      units -= n;
    }
  return units == 0 ? p : NULL;
}

static SioEio3Result
next_text (SioEio3Reader *self, SioEioPacket *packet)
{
  while (self->p < self->end)
    {
      guint8 *start;
      guint8 *stop;
      gsize units;
      SioEio3Result result;

      if (!read_length (self, '0', (gsize) (self->end - self->p), &units) || self->p == self->end ||
          *self->p != ':')
        return SIO_EIO3_MALFORMED;
      start = self->p + 1;
      stop = skip_units (start, self->end, units);
      if (stop == NULL)
        return SIO_EIO3_MALFORMED;
      self->p = stop;
      /* Packets without anything in them are allowed: an empty list is "0:". */
      if (start == stop)
        continue;
      result = sio_eio3_packet_parse_text (start, (gsize) (stop - start), packet);
      if (result != SIO_EIO3_NOTHING)
        return result;
    }
  return SIO_EIO3_NOTHING;
}

static gboolean
is_utf8 (const guint8 *p, gsize left)
{
  while (left > 0)
    {
      gboolean valid;
      gsize step = sio_utf8_step (p, left, &valid);

      if (!valid)
        return FALSE;
      p += step;
      left -= step;
    }
  return TRUE;
}

static SioEio3Result
next_binary (SioEio3Reader *self, SioEioPacket *packet)
{
  while (self->p < self->end)
    {
      guint8 kind = *self->p++;
      guint8 *start;
      gsize length;
      SioEio3Result result;

      if (kind > BINARY_DATA || !read_length (self, 0, (gsize) (self->end - self->p), &length) ||
          self->p == self->end || *self->p != BINARY_END_OF_LENGTH)
        return SIO_EIO3_MALFORMED;
      start = self->p + 1;
      if (length > (gsize) (self->end - start))
        return SIO_EIO3_MALFORMED;
      self->p = start + length;
      if (kind == BINARY_DATA)
        result = sio_eio3_packet_parse_binary (start, length, packet);
      else if (is_utf8 (start, length))
        result = sio_eio3_packet_parse_text (start, length, packet);
      else
        result = SIO_EIO3_MALFORMED;
      if (result != SIO_EIO3_NOTHING)
        return result;
    }
  return SIO_EIO3_NOTHING;
}

SioEio3Result
sio_eio3_reader_next (SioEio3Reader *self, SioEioPacket *packet)
{
  SioEio3Result result;

  if (self->is_binary)
    result = next_binary (self, packet);
  else if (!self->started && self->p == self->end)
    result = SIO_EIO3_MALFORMED;
  else
    result = next_text (self, packet);
  self->started = TRUE;
  if (result == SIO_EIO3_MALFORMED)
    self->p = self->end;
  return result;
}

/* application/x-www-form-urlencoded; what is no escape stays as it is. */
static gsize
unescape (const guint8 *value, gsize length, guint8 *out)
{
  guint8 *start = out;

  for (gsize i = 0; i < length; i++)
    {
      if (value[i] == '+')
        *out++ = ' ';
      else if (value[i] == '%' && length - i > 2 && g_ascii_isxdigit ((char) value[i + 1]) &&
               g_ascii_isxdigit ((char) value[i + 2]))
        {
          *out++ = (guint8) (g_ascii_xdigit_value ((char) value[i + 1]) << 4 |
                             g_ascii_xdigit_value ((char) value[i + 2]));
          i += 2;
        }
      else
        *out++ = value[i];
    }
  return (gsize) (out - start);
}

/* Forms change line ends, so clients write a backslash and n instead, and a backslash more
 * where the text has these two. */
static gsize
restore_line_ends (guint8 *text, gsize length)
{
  guint8 *out = text;

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '\\' && length - i > 2 && text[i + 1] == '\\' && text[i + 2] == 'n')
        {
          *out++ = '\\';
          *out++ = 'n';
          i += 2;
        }
      else if (text[i] == '\\' && length - i > 1 && text[i + 1] == 'n')
        {
          *out++ = '\n';
          i++;
        }
      else
        *out++ = text[i];
    }
  return (gsize) (out - text);
}

gboolean
sio_eio3_form_decode (guint8 *body, gsize length, gsize *text_length)
{
  guint8 *end = body + length;
  guint8 *value = NULL;
  gsize value_length = 0;

  for (guint8 *p = body; p < end;)
    {
      guint8 *stop = memchr (p, '&', (gsize) (end - p));

      if (stop == NULL)
        stop = end;
      if (*p == 'd' && stop - p >= 2 && p[1] == '=')
        {
          if (value != NULL)
            return FALSE;
          value = p + 2;
          value_length = (gsize) (stop - value);
        }
      if (stop == end)
        break;
      p = stop + 1;
    }
  if (value == NULL)
    return FALSE;
  *text_length = restore_line_ends (body, unescape (value, value_length, body));
  return TRUE;
}

static gsize
count_units (const guint8 *text, gsize length)
{
  gsize units = 0;

  for (gsize i = 0; i < length; i++)
    units += ((text[i] & 0xc0) != 0x80) + (text[i] >= 0xf0);
  return units;
}

static void
append_text_length (GByteArray *payload, gsize units)
{
  char digits[24];
  int n = g_snprintf (digits, sizeof digits, "%" G_GSIZE_FORMAT ":", units);

  g_byte_array_append (payload, (const guint8 *) digits, (guint) n);
}

void
sio_eio3_append_text (GByteArray *payload, const void *packet, gsize length)
{
  g_return_if_fail (payload != NULL);
  g_return_if_fail (packet != NULL && length > 0);

  append_text_length (payload, count_units (packet, length));
  g_byte_array_append (payload, packet, (guint) length);
}

void
sio_eio3_append_base64 (GByteArray *payload, const void *data, gsize length)
{
  static const guint8 head[] = { 'b', SIO_EIO_MESSAGE };

  g_return_if_fail (payload != NULL);

  append_text_length (payload, sizeof head + (length + 2) / 3 * 4);
  g_byte_array_append (payload, head, sizeof head);
  sio_base64_append (payload, data, length);
}

static void
append_binary_head (GByteArray *payload, guint8 kind, gsize length)
{
  char digits[24];
  guint8 head[26];
  int n = g_snprintf (digits, sizeof digits, "%" G_GSIZE_FORMAT, length);

  head[0] = kind;
  for (int i = 0; i < n; i++)
    head[1 + i] = (guint8) (digits[i] - '0');
  head[1 + n] = BINARY_END_OF_LENGTH;
  g_byte_array_append (payload, head, (guint) n + 2);
}

void
sio_eio3_append_binary_text (GByteArray *payload, const void *packet, gsize length)
{
  g_return_if_fail (payload != NULL);
  g_return_if_fail (packet != NULL && length > 0);

  append_binary_head (payload, BINARY_STRING, length);
  g_byte_array_append (payload, packet, (guint) length);
}

void
sio_eio3_append_binary_data (GByteArray *payload, const void *data, gsize length)
{
  static const guint8 type = SIO_EIO_MESSAGE - '0';

  g_return_if_fail (payload != NULL);
  g_return_if_fail (data != NULL || length == 0);

  append_binary_head (payload, BINARY_DATA, length + 1);
  g_byte_array_append (payload, &type, 1);
  if (length > 0)
    g_byte_array_append (payload, data, (guint) length);
}

GBytes *
sio_eio3_wrap_jsonp (const char *index, GBytes *payload)
{
  static const char separators[] = "\342\200\250"; /* U+2028; U+2029 ends with \251 */
  gsize length;
  const char *text = g_bytes_get_data (payload, &length);
  g_autoptr (GString) literal = g_string_sized_new (length + length / 8 + 2);
  GString *script = g_string_sized_new (length + length / 8 + 32);
  const char *p;
  const char *found;

  g_string_append (script, "___eio[");
  for (p = index; *p != '\0'; p++)
    if (g_ascii_isdigit (*p))
      g_string_append_c (script, *p);
  g_string_append (script, "](");

  sio_json_write_string (literal, text, (gssize) length);
  /* JSON may have these two in a string, old JavaScript ends the line there. */
  p = literal->str;
  while ((found = strstr (p, "\342\200")) != NULL)
    {
      gboolean is_separator = found[2] == separators[2] || found[2] == separators[2] + 1;

      g_string_append_len (script, p, found - p);
      if (is_separator)
        g_string_append (script, found[2] == separators[2] ? "\\u2028" : "\\u2029");
      else
        g_string_append_len (script, found, 3);
      p = found + 3;
    }
  g_string_append (script, p);
  g_string_append (script, ");");
  return g_string_free_to_bytes (script);
}
