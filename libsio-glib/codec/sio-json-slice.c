/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-json-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "sio-utf8-step-private.h"

/* Values of slices. The scanner has checked them, so syntax is not looked at
 * again; bounds are. */

static guint
hex4 (const char *p)
{
  guint value = 0;

  for (int i = 0; i < 4; i++)
    value = value << 4 | (guint) g_ascii_xdigit_value (p[i]);
  return value & 0xffff;
}

/* Takes one escape apart; @p is at the backslash. Writes UTF-8 to @out, its length to
 * *written, and returns what follows the escape. */
static const char *
decode_escape (const char *p, const char *end, char out[6], gsize *written)
{
  gunichar c;

  *written = 1;
  if (end - p < 2)
    {
      *written = 0;
      return end;
    }
  switch (p[1])
    {
    case 'b':
      out[0] = '\b';
      return p + 2;
    case 'f':
      out[0] = '\f';
      return p + 2;
    case 'n':
      out[0] = '\n';
      return p + 2;
    case 'r':
      out[0] = '\r';
      return p + 2;
    case 't':
      out[0] = '\t';
      return p + 2;
    case 'u':
      break;
    default:
      out[0] = p[1];
      return p + 2;
    }
  if (end - p < 6)
    {
      *written = 0;
      return end;
    }
  c = hex4 (p + 2);
  p += 6;
  if (c >= 0xd800 && c < 0xe000)
    {
      guint low = c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4 (p + 2) : 0;

      if (low >= 0xdc00 && low < 0xe000)
        {
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
          p += 6;
        }
      else
        c = 0xfffd; /* a lone surrogate has no UTF-8 form */
    }
  *written = g_unichar_to_utf8 (c, out);
  return p;
}

/* The text between the quotes. */
static gboolean
string_bounds (const SioJsonSlice *slice, const char **start, const char **end)
{
  if (slice->type != SIO_JSON_STRING || slice->length < 2)
    return FALSE;
  *start = slice->text + 1;
  *end = slice->text + slice->length - 1;
  return TRUE;
}

char *
sio_json_string_decode (const SioJsonSlice *slice, gsize *length)
{
  const char *p, *end;
  char *result, *out;

  if (length != NULL)
    *length = 0;
  if (!string_bounds (slice, &p, &end))
    g_return_val_if_reached (NULL);

  /* No escape is shorter than what it stands for. */
  result = out = g_malloc (end - p + 1);
  while (p < end)
    {
      const char *escape = memchr (p, '\\', end - p);
      gsize run = (escape != NULL ? escape : end) - p;
      char utf8[6];
      gsize written;

      memcpy (out, p, run);
      out += run;
      p += run;
      if (escape == NULL)
        break;
      p = decode_escape (p, end, utf8, &written);
      memcpy (out, utf8, written);
      out += written;
    }
  *out = '\0';
  if (length != NULL)
    *length = out - result;
  return result;
}

gboolean
sio_json_string_equal (const SioJsonSlice *slice, const char *value)
{
  gsize left = strlen (value);
  const char *p, *end;

  if (!string_bounds (slice, &p, &end) || (gsize) (end - p) < left)
    return FALSE;
  while (p < end)
    {
      const char *escape = memchr (p, '\\', end - p);
      gsize run = (escape != NULL ? escape : end) - p;
      char utf8[6];
      gsize written;

      if (run > left || memcmp (p, value, run) != 0)
        return FALSE;
      value += run;
      left -= run;
      p += run;
      if (escape == NULL)
        break;
      p = decode_escape (p, end, utf8, &written);
      if (written > left || memcmp (utf8, value, written) != 0)
        return FALSE;
      value += written;
      left -= written;
    }
  return left == 0;
}

gboolean
sio_json_number_to_int64 (const SioJsonSlice *slice, gint64 *value)
{
  const char *p = slice->text, *end = slice->text + slice->length;
  gboolean negative;
  guint64 result = 0;
  double number;

  if (slice->type != SIO_JSON_NUMBER || slice->length == 0)
    return FALSE;
  negative = *p == '-';
  if (negative)
    p++;
  for (; p < end && g_ascii_isdigit (*p); p++)
    {
      guint64 digit = (guint64) (*p - '0');

      if (result > (G_MAXUINT64 - digit) / 10)
        return FALSE;
      result = result * 10 + digit;
    }
  if (p == end)
    {
      if (result > (guint64) G_MAXINT64 + (negative ? 1 : 0))
        return FALSE;
      *value = negative ? (gint64) (0 - result) : (gint64) result;
      return TRUE;
    }
  /* 1e3 and 2.0 are integers too, as JavaScript sees them. */
  if (!sio_json_number_to_double (slice, &number) || number != floor (number) ||
      number < -9223372036854775808.0 || number >= 9223372036854775808.0)
    return FALSE;
  *value = (gint64) number;
  return TRUE;
}

/* Exact when the digits fit 2^53 and the power of ten is a double of its own: then there is
 * only one rounding. */
static gboolean
simple_double (const char *p, const char *end, double *value)
{
#if FLT_EVAL_METHOD == 0
  static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
  gboolean negative = *p == '-';
  guint64 digits = 0;
  int scale = 0;

  /* 17 characters cannot overflow, and 15 digits are below 2^53. */
  if (end - p > 17)
    return FALSE;
  if (negative)
    p++;
  for (; p < end && g_ascii_isdigit (*p); p++)
    digits = digits * 10 + (guint64) (*p - '0');
  if (p < end && *p == '.')
    for (p++; p < end && g_ascii_isdigit (*p); p++, scale++)
      digits = digits * 10 + (guint64) (*p - '0');
  if (p != end || digits > (G_GUINT64_CONSTANT (1) << 53))
    return FALSE;
  *value = (double) digits / powers[scale];
  if (negative)
    *value = -*value;
  return TRUE;
#else
  return FALSE;
#endif
}

gboolean
sio_json_number_to_double (const SioJsonSlice *slice, double *value)
{
  char buffer[64];
  g_autofree char *copy = NULL;

  if (slice->type != SIO_JSON_NUMBER || slice->length == 0)
    return FALSE;
  if (simple_double (slice->text, slice->text + slice->length, value))
    return TRUE;
  /* g_ascii_strtod () wants a NUL, which the slice does not have. */
  if (slice->length < sizeof buffer)
    {
      memcpy (buffer, slice->text, slice->length);
      buffer[slice->length] = '\0';
    }
  else
    copy = g_strndup (slice->text, slice->length);
  *value = g_ascii_strtod (copy != NULL ? copy : buffer, NULL);
  return TRUE;
}
