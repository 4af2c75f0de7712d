/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-json-private.h"

#include <string.h>

#include "sio-error.h"

#define EXCERPT_MAX 8
#define COLD __attribute__ ((cold, noinline))
#define REPEAT(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

/* One bit per open container must fit the stack in scan_value (). */
G_STATIC_ASSERT (SIO_JSON_MAX_DEPTH <= 64);

typedef struct
{
  const char *start;
  const char *end;
  /* Set on failure only. */
  const char *at;
  const char *expected;
} Scanner;

COLD static const char *
fail (Scanner *s, const char *at, const char *expected)
{
  s->at = at;
  s->expected = expected;
  return NULL;
}

static const char too_deep[] = "less depth";

/* Only a few bytes are shown, so that an error text cannot give a token away. */
static char *
excerpt (const char *at, const char *end)
{
  GString *out;
  const char *p;

  if (at == end)
    return g_strdup ("the end of the text");
  out = g_string_new ("'");
  for (p = at; p < end && p - at < EXCERPT_MAX; p++)
    {
      if (g_ascii_isprint (*p) && *p != '\\')
        g_string_append_c (out, *p);
      else
        g_string_append_printf (out, "\\x%02x", (guchar) *p);
    }
  g_string_append (out, p < end ? "...'" : "'");
  return g_string_free (out, FALSE);
}

COLD static void
set_error (const Scanner *s, guint max_depth, GError **error)
{
  g_autofree char *came = NULL;

  if (s->expected == too_deep)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE,
                   "JSON is nested too deeply: expected at most %u levels, got more at byte "
                   "%" G_GSIZE_FORMAT,
                   max_depth, (gsize) (s->at - s->start));
      return;
    }
  came = excerpt (s->at, s->end);
  g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON,
               "invalid JSON: expected %s, got %s at byte %" G_GSIZE_FORMAT, s->expected, came,
               (gsize) (s->at - s->start));
}

static inline const char *
skip_space (const char *p, const char *end)
{
  while (p < end && G_UNLIKELY ((guchar) *p <= ' ') &&
         (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;
  return p;
}

static SioJsonType
type_of (char c)
{
  switch (c)
    {
    case '{':
      return SIO_JSON_OBJECT;
    case '[':
      return SIO_JSON_ARRAY;
    case '"':
      return SIO_JSON_STRING;
    case 't':
      return SIO_JSON_TRUE;
    case 'f':
      return SIO_JSON_FALSE;
    case 'n':
      return SIO_JSON_NULL;
    default:
      return SIO_JSON_NUMBER;
    }
}

static void
set_slice (SioJsonSlice *slice, const char *from, const char *to)
{
  slice->text = from;
  slice->length = to - from;
  slice->type = type_of (*from);
}

/* @p is at a backslash or a control character. */
static const char *
scan_escape (Scanner *s, const char *p)
{
  if ((guchar) *p < 0x20)
    return fail (s, p, "an escape instead of a control character");
  p++;
  if (p == s->end)
    return fail (s, p, "an escaped character");
  switch (*p)
    {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return p + 1;
    case 'u':
      p++;
      for (int i = 0; i < 4; i++, p++)
        if (p == s->end || !g_ascii_isxdigit (*p))
          return fail (s, p, "four hexadecimal digits after \\u");
      return p;
    default:
      return fail (s, p, "one of \"\\/bfnrtu after a backslash");
    }
}

/* Bit 7 of each byte that ends a plain run: a control character, a quote or a
 * backslash. A borrow can spoil only the bytes above the lowest hit, which is
 * the one that is used. */
static inline guint64
special_bytes (guint64 word)
{
  guint64 quote = word ^ REPEAT (0x22);
  guint64 backslash = word ^ REPEAT (0x5c);

  return (((word - REPEAT (0x20)) & ~word) | ((quote - REPEAT (0x01)) & ~quote) |
          ((backslash - REPEAT (0x01)) & ~backslash)) &
         REPEAT (0x80);
}

/* @p is behind the opening quote. Returns what follows the closing one. */
static inline const char *
scan_string (Scanner *s, const char *p)
{
  const char *end = s->end;

  for (;;)
    {
      guint64 special = 0;

      while (end - p >= 8)
        {
          guint64 word;

          memcpy (&word, p, 8);
          special = special_bytes (GUINT64_FROM_LE (word));
          if (special != 0)
            {
              p += __builtin_ctzll (special) / 8;
              break;
            }
          p += 8;
        }
      if (special == 0)
        {
          while (p < end && *p != '"' && *p != '\\' && (guchar) *p >= 0x20)
            p++;
          if (G_UNLIKELY (p == end))
            return fail (s, p, "a closing '\"'");
        }
      if (G_LIKELY (*p == '"'))
        return p + 1;
      p = scan_escape (s, p);
      if (G_UNLIKELY (p == NULL))
        return NULL;
    }
}

static inline gboolean
is_digit (const char *p, const char *end)
{
  return p < end && (guchar) (*p - '0') < 10;
}

/* @p is at a minus sign or a digit. */
static const char *
scan_number (Scanner *s, const char *p)
{
  const char *end = s->end;

  if (*p == '-')
    p++;
  if (G_UNLIKELY (!is_digit (p, end)))
    return fail (s, p, "a digit");
  if (*p == '0')
    {
      p++;
      if (G_UNLIKELY (is_digit (p, end)))
        return fail (s, p, "a number without leading zeros");
    }
  while (is_digit (p, end))
    p++;
  if (p < end && *p == '.')
    {
      p++;
      if (G_UNLIKELY (!is_digit (p, end)))
        return fail (s, p, "a digit after the decimal point");
      while (is_digit (p, end))
        p++;
    }
  if (p < end && (*p == 'e' || *p == 'E'))
    {
      p++;
      if (p < end && (*p == '+' || *p == '-'))
        p++;
      if (G_UNLIKELY (!is_digit (p, end)))
        return fail (s, p, "a digit in the exponent");
      while (is_digit (p, end))
        p++;
    }
  return p;
}

static inline const char *
scan_word (Scanner *s, const char *p, const char *word, gsize length)
{
  if (G_UNLIKELY ((gsize) (s->end - p) < length || memcmp (p, word, length) != 0))
    return fail (s, p, "a value");
  return p + length;
}

/* Everything that cannot nest. */
static inline const char *
scan_scalar (Scanner *s, const char *p)
{
  switch (*p)
    {
    case '"':
      return scan_string (s, p + 1);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return scan_number (s, p);
    case 't':
      return scan_word (s, p, "true", 4);
    case 'f':
      return scan_word (s, p, "false", 5);
    case 'n':
      return scan_word (s, p, "null", 4);
    default:
      return fail (s, p, "a value");
    }
}

/* A key and its colon. */
static inline const char *
scan_key (Scanner *s, const char *p)
{
  p = skip_space (p, s->end);
  if (G_UNLIKELY (p == s->end || *p != '"'))
    return fail (s, p, "a key in '\"'");
  p = scan_string (s, p + 1);
  if (G_UNLIKELY (p == NULL))
    return NULL;
  p = skip_space (p, s->end);
  if (G_UNLIKELY (p == s->end || *p != ':'))
    return fail (s, p, "':' after the key");
  return p + 1;
}

/* One value of any kind, without recursion. @p is at its first character. Returns
 * what follows it, NULL on failure. */
static const char *
scan_value (Scanner *s, const char *p, guint max_depth)
{
  const char *end = s->end;
  guint64 objects = 0; /* one bit per open container, the innermost lowest; 1: object */
  guint depth = 0;

  for (;;)
    {
      p = skip_space (p, end);
      if (G_UNLIKELY (p == end))
        return fail (s, p, "a value");
      if (*p == '{' || *p == '[')
        {
          gboolean is_object = *p == '{';

          if (G_UNLIKELY (depth >= max_depth))
            return fail (s, p, too_deep);
          depth++;
          objects = objects << 1 | (is_object ? 1 : 0);
          p = skip_space (p + 1, end);
          if (p == end || *p != (is_object ? '}' : ']'))
            {
              if (is_object && G_UNLIKELY ((p = scan_key (s, p)) == NULL))
                return NULL;
              continue;
            }
          p++;
          depth--;
          objects >>= 1;
        }
      else
        {
          p = scan_scalar (s, p);
          if (G_UNLIKELY (p == NULL))
            return NULL;
        }
      /* Behind a value: close what ends here, up to the next comma. */
      for (;;)
        {
          gboolean in_object = objects & 1;

          if (depth == 0)
            return p;
          p = skip_space (p, end);
          if (p < end && *p == ',')
            {
              p++;
              if (in_object && G_UNLIKELY ((p = scan_key (s, p)) == NULL))
                return NULL;
              break;
            }
          if (G_UNLIKELY (p == end || *p != (in_object ? '}' : ']')))
            return fail (s, p, in_object ? "',' or '}'" : "',' or ']'");
          p++;
          depth--;
          objects >>= 1;
        }
    }
}

/* The outermost array, whose items are counted. @p is at its bracket. */
static const char *
scan_document_array (Scanner *s, const char *p, guint max_depth, SioJsonScan *scan)
{
  const char *end = s->end;
  const char *last;

  if (G_UNLIKELY (max_depth == 0))
    return fail (s, p, too_deep);
  p = skip_space (p + 1, end);
  scan->first.text = scan->rest = p;
  if (p < end && *p == ']')
    return p + 1;
  for (;;)
    {
      const char *item = skip_space (p, end);

      last = scan_value (s, item, max_depth - 1);
      if (G_UNLIKELY (last == NULL))
        return NULL;
      scan->n_items++;
      if (scan->n_items == 1)
        {
          set_slice (&scan->first, item, last);
          scan->rest = last;
        }
      else if (scan->n_items == 2)
        scan->rest = item;
      p = skip_space (last, end);
      if (p < end && *p == ',')
        {
          p++;
          continue;
        }
      if (G_UNLIKELY (p == end || *p != ']'))
        return fail (s, p, "',' or ']'");
      if (scan->n_items > 1)
        scan->rest_length = last - scan->rest;
      return p + 1;
    }
}

gboolean
sio_json_scan (const char *text, gsize length, guint max_depth, SioJsonScan *scan, GError **error)
{
  Scanner s = { text, text + length, NULL, NULL };
  SioJsonScan unused;
  const char *start, *p;

  g_return_val_if_fail (text != NULL || length == 0, FALSE);

  if (text == NULL)
    s.start = s.end = "";
  if (scan == NULL)
    scan = &unused;
  memset (scan, 0, sizeof *scan);
  max_depth = MIN (max_depth, SIO_JSON_MAX_DEPTH);

  start = skip_space (s.start, s.end);
  if (start < s.end && *start == '[')
    p = scan_document_array (&s, start, max_depth, scan);
  else
    p = scan_value (&s, start, max_depth);
  if (G_LIKELY (p != NULL))
    {
      const char *behind = skip_space (p, s.end);

      if (G_LIKELY (behind == s.end))
        {
          set_slice (&scan->value, start, p);
          return TRUE;
        }
      fail (&s, behind, "nothing after the value");
    }
  set_error (&s, max_depth, error);
  return FALSE;
}

gboolean
sio_json_next_item (const char **cursor, const char *end, SioJsonSlice *item)
{
  Scanner s = { *cursor, end, NULL, NULL };
  const char *p = *cursor;
  const char *behind;

  while (p < end && (*p == ',' || *p == ':' || g_ascii_isspace (*p)))
    p++;
  if (p == end)
    {
      *cursor = end;
      return FALSE;
    }
  behind = scan_value (&s, p, SIO_JSON_MAX_DEPTH);
  if (G_UNLIKELY (behind == NULL))
    {
      *cursor = end;
      return FALSE;
    }
  set_slice (item, p, behind);
  *cursor = behind;
  return TRUE;
}
