/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-json-private.h"

#include <math.h>
#include <string.h>

#include "sio-utf8-step-private.h"

/* Only a node that contains itself gets this deep in earnest. */
#define WRITE_MAX_DEPTH 1000

/* Integers up to this are exact in a double. */
#define MAX_EXACT 9007199254740992.0

#define REPEAT(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

static const char hex_digits[] = "0123456789abcdef";

/* The length of the run at @p that is printed as it is: ASCII without quotes,
 * backslashes and control characters. */
static gsize
plain_run (const char *p, gsize left)
{
  gsize n = 0;

  while (left - n >= 8)
    {
      guint64 word, quote, backslash;

      memcpy (&word, p + n, 8);
      quote = word ^ REPEAT (0x22);
      backslash = word ^ REPEAT (0x5c);
      if (((word | (word - REPEAT (0x20)) | (quote - REPEAT (0x01)) | (backslash - REPEAT (0x01))) &
           REPEAT (0x80)) != 0)
        break;
      n += 8;
    }
  while (n < left && (guchar) p[n] >= 0x20 && (guchar) p[n] < 0x80 && p[n] != '"' && p[n] != '\\')
    n++;
  return n;
}

static void
write_escape (GString *out, guchar c)
{
  char escape[6] = { '\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15] };
  gssize length = 2;

  switch (c)
    {
    case '"':
    case '\\':
      escape[1] = (char) c;
      break;
    case '\b':
      escape[1] = 'b';
      break;
    case '\f':
      escape[1] = 'f';
      break;
    case '\n':
      escape[1] = 'n';
      break;
    case '\r':
      escape[1] = 'r';
      break;
    case '\t':
      escape[1] = 't';
      break;
    default:
      length = 6;
      break;
    }
  g_string_append_len (out, escape, length);
}

void
sio_json_write_string (GString *out, const char *text, gssize length)
{
  gsize left;

  g_return_if_fail (out != NULL);
  g_return_if_fail (text != NULL || length == 0);

  left = length < 0 ? strlen (text) : (gsize) length;
  g_string_append_c (out, '"');
  while (left > 0)
    {
      gsize run = plain_run (text, left);
      gboolean valid = TRUE;

      while (run < left && (guchar) text[run] >= 0x80 && valid)
        {
          gsize step = sio_utf8_step ((const guint8 *) text + run, left - run, &valid);

          if (valid)
            {
              run += step;
              run += plain_run (text + run, left - run);
            }
        }
      g_string_append_len (out, text, (gssize) run);
      text += run;
      left -= run;
      if (left == 0)
        break;
      if ((guchar) *text >= 0x80)
        {
          gsize step = sio_utf8_step ((const guint8 *) text, left, &valid);

          g_string_append_len (out, SIO_UTF8_REPLACEMENT, SIO_UTF8_REPLACEMENT_LENGTH);
          text += step;
          left -= step;
        }
      else
        {
          write_escape (out, (guchar) *text);
          text++;
          left--;
        }
    }
  g_string_append_c (out, '"');
}

/* Fills the buffer from its end. Returns the start. */
static char *
print_digits (char *end, guint64 value)
{
  static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                              "25262728293031323334353637383940414243444546474849"
                              "50515253545556575859606162636465666768697071727374"
                              "75767778798081828384858687888990919293949596979899";

  while (value >= 100)
    {
      end -= 2;
      memcpy (end, pairs + value % 100 * 2, 2);
      value /= 100;
    }
  if (value >= 10)
    {
      end -= 2;
      memcpy (end, pairs + value * 2, 2);
    }
  else
    *--end = (char) ('0' + value);
  return end;
}

void
sio_json_write_int64 (GString *out, gint64 value)
{
  char buffer[24];
  char *end = buffer + sizeof buffer;
  char *p = print_digits (end, value < 0 ? 0 - (guint64) value : (guint64) value);

  if (value < 0)
    *--p = '-';
  g_string_append_len (out, p, end - p);
}

/* Lays out 0.d₁d₂d₃… × 10^@point as Number.prototype.toString () does. */
static void
append_decimal (GString *out, const char *digits, int n_digits, int point)
{
  if (point > 21 || point <= -6)
    {
      g_string_append_c (out, digits[0]);
      if (n_digits > 1)
        {
          g_string_append_c (out, '.');
          g_string_append_len (out, digits + 1, n_digits - 1);
        }
      g_string_append (out, point > 0 ? "e+" : "e");
      sio_json_write_int64 (out, point - 1);
    }
  else if (point <= 0)
    {
      g_string_append (out, "0.");
      for (; point < 0; point++)
        g_string_append_c (out, '0');
      g_string_append_len (out, digits, n_digits);
    }
  else if (point < n_digits)
    {
      g_string_append_len (out, digits, point);
      g_string_append_c (out, '.');
      g_string_append_len (out, digits + point, n_digits - point);
    }
  else
    {
      g_string_append_len (out, digits, n_digits);
      for (; point > n_digits; point--)
        g_string_append_c (out, '0');
    }
}

/* What people write (12.5, 0.001) is a small integer divided by a small power of
 * ten. If dividing gives @value back, so does reading that text, for both round
 * once; and up to 15 digits no other text of that length reads the same. */
static gboolean
write_short_decimal (GString *out, double value)
{
  double power = 10;

  if (!(value >= 1e-5 && value < 1e13))
    return FALSE;
  for (int scale = 1; scale <= 17; scale++, power *= 10)
    {
      double digits = floor (value * power + 0.5);

      if (digits >= 1e15)
        return FALSE;
      if (digits / power == value)
        {
          char buffer[24];
          char *end = buffer + sizeof buffer;
          char *p = print_digits (end, (guint64) digits);

          append_decimal (out, p, (int) (end - p), (int) (end - p) - scale);
          return TRUE;
        }
    }
  return FALSE;
}

typedef struct
{
  char text[40]; /* as printf ("%e") prints it */
} Decimal;

/* Adds one to the last digit. */
static void
decimal_increment (Decimal *self)
{
  char *p = strchr (self->text, 'e');

  while (p-- > self->text)
    {
      if (*p == '.')
        continue;
      if (*p != '9')
        {
          *p += 1;
          return;
        }
      *p = '0';
    }
}

/* The nearest decimal of so many digits mostly is the one that reads back, if there is
 * one. Not so at a power of two: doubles lie twice as close below it as above, so the
 * nearest can be too far off below while the one above, further away, still is right. */
static gboolean
decimal_find (Decimal *self, int n_digits, double value)
{
  static const char *const formats[] = { "%.0e",  "%.1e",  "%.2e",  "%.3e",  "%.4e",  "%.5e",
                                         "%.6e",  "%.7e",  "%.8e",  "%.9e",  "%.10e", "%.11e",
                                         "%.12e", "%.13e", "%.14e", "%.15e", "%.16e" };
  int exponent;

  g_ascii_formatd (self->text, sizeof self->text, formats[n_digits - 1], value);
  if (g_ascii_strtod (self->text, NULL) == value)
    return TRUE;
  if (frexp (value, &exponent) != 0.5)
    return FALSE;
  decimal_increment (self);
  return g_ascii_strtod (self->text, NULL) == value;
}

/* 15 digits read back if they or fewer can, and then end in zeros that are cut off.
 * This does not hold for the smallest doubles, which have less precision. */
static void
write_shortest (GString *out, double value)
{
  Decimal decimal;
  char digits[24];
  int n_digits = 0;
  const char *p;

  for (int n = value < G_MINDOUBLE ? 1 : 15; n <= 17; n++)
    if (decimal_find (&decimal, n, value))
      break;
  for (p = decimal.text; *p != 'e' && *p != '\0'; p++)
    if (g_ascii_isdigit (*p))
      digits[n_digits++] = *p;
  while (n_digits > 1 && digits[n_digits - 1] == '0')
    n_digits--;
  append_decimal (out, digits, n_digits,
                  (int) g_ascii_strtoll (*p == 'e' ? p + 1 : "0", NULL, 10) + 1);
}

void
sio_json_write_double (GString *out, double value)
{
  g_return_if_fail (out != NULL);

  if (!isfinite (value))
    {
      g_string_append (out, "null");
      return;
    }
  if (value == floor (value) && fabs (value) <= MAX_EXACT)
    {
      sio_json_write_int64 (out, (gint64) value);
      return;
    }
  if (value < 0)
    {
      g_string_append_c (out, '-');
      value = -value;
    }
  if (!write_short_decimal (out, value))
    write_shortest (out, value);
}

static void
write_value (GString *out, JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (node);

      if (text != NULL)
        sio_json_write_string (out, text, -1);
      else
        g_string_append (out, "null");
    }
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_DOUBLE)
    sio_json_write_double (out, json_node_get_double (node));
  else
    sio_json_write_int64 (out, json_node_get_int (node));
}

static void write_node (GString *out, JsonNode *node, guint depth);

static void
write_object (GString *out, JsonObject *object, guint depth)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean first = TRUE;

  g_string_append_c (out, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      if (!first)
        g_string_append_c (out, ',');
      first = FALSE;
      sio_json_write_string (out, name, -1);
      g_string_append_c (out, ':');
      write_node (out, member, depth + 1);
    }
  g_string_append_c (out, '}');
}

static void
write_array (GString *out, JsonArray *array, guint depth)
{
  guint n = json_array_get_length (array);

  g_string_append_c (out, '[');
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      write_node (out, json_array_get_element (array, i), depth + 1);
    }
  g_string_append_c (out, ']');
}

static void
write_node (GString *out, JsonNode *node, guint depth)
{
  JsonNodeType type = node != NULL ? json_node_get_node_type (node) : JSON_NODE_NULL;

  if (type == JSON_NODE_VALUE)
    write_value (out, node);
  else if (type == JSON_NODE_NULL)
    g_string_append (out, "null");
  else if (depth >= WRITE_MAX_DEPTH)
    {
      /* The application's data, never a peer's: those stop at SIO_JSON_MAX_DEPTH. */
      g_critical ("JSON is nested more than %d levels deep; null is written instead",
                  WRITE_MAX_DEPTH);
      g_string_append (out, "null");
    }
  else if (type == JSON_NODE_OBJECT && json_node_get_object (node) != NULL)
    write_object (out, json_node_get_object (node), depth);
  else if (type == JSON_NODE_ARRAY && json_node_get_array (node) != NULL)
    write_array (out, json_node_get_array (node), depth);
  else
    g_string_append (out, "null");
}

void
sio_json_write (GString *out, JsonNode *node)
{
  g_return_if_fail (out != NULL);

  write_node (out, node, 0);
}
