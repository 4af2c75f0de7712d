/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sios-keys.h"

/* Texts of values, and back. */

static const struct
{
  const char *name;
  guint64 factor;
} time_units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 } },
  size_units[] = { { "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 } };

static gboolean
fail (GError **error, const SiosKey *key, const char *got)
{
  g_autofree char *expected = sios_key_describe_type (key);
  g_autofree char *shown = g_strescape (got, NULL);

  if ((key->flags & SIOS_KEY_SECRET) != 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected %s", expected);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected %s, got \"%.80s\"",
                 expected, shown);
  return FALSE;
}

/* The escapes of GKeyFile; NULL if there is another one. */
static char *
unescape (const char *raw, gsize length)
{
  g_autoptr (GString) text = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      static const char letters[] = "sntr\\;";
      static const char meanings[] = " \n\t\r\\;";
      const char *letter;

      if (raw[i] != '\\')
        {
          g_string_append_c (text, raw[i]);
          continue;
        }
      letter = ++i < length && raw[i] != '\0' ? strchr (letters, raw[i]) : NULL;
      if (letter == NULL)
        return NULL;
      g_string_append_c (text, meanings[letter - letters]);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
sios_escape (const char *text, gboolean in_list)
{
  GString *raw = g_string_new (NULL);
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    switch (text[i])
      {
      case ' ':
        g_string_append (raw, i == 0 || i == length - 1 ? "\\s" : " ");
        break;
      case '\n':
        g_string_append (raw, "\\n");
        break;
      case '\t':
        g_string_append (raw, "\\t");
        break;
      case '\r':
        g_string_append (raw, "\\r");
        break;
      case '\\':
        g_string_append (raw, "\\\\");
        break;
      case ';':
        g_string_append (raw, in_list ? "\\;" : ";");
        break;
      default:
        g_string_append_c (raw, text[i]);
      }
  return g_string_free (raw, FALSE);
}

/* Items between semicolons that are not escaped; one at the end may be there or not. */
static char **
split_list (const char *raw)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_free);
  const char *start = raw;

  for (const char *c = raw;; c++)
    {
      if (*c == '\\' && c[1] != '\0')
        {
          c++;
          continue;
        }
      if (*c == ';' || *c == '\0')
        {
          g_autofree char *item = g_strstrip (g_strndup (start, (gsize) (c - start)));

          if (*item != '\0' || *c == ';')
            {
              char *text = unescape (item, strlen (item));

              if (text == NULL || *text == '\0')
                {
                  g_free (text);
                  return NULL;
                }
              g_ptr_array_add (items, text);
            }
          start = c + 1;
        }
      if (*c == '\0')
        break;
    }
  g_ptr_array_add (items, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&items), FALSE);
}

static char *
join_list (char **list)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autofree char *item = sios_escape (list[i], TRUE);

      g_string_append_printf (text, "%s%s", i > 0 ? ";" : "", item);
    }
  return g_string_free (text, FALSE);
}

static int
find_choice (const SiosKey *key, const char *word)
{
  for (int i = 0; key->choices[i] != NULL; i++)
    if (strcmp (key->choices[i], word) == 0)
      return i;
  return -1;
}

static gboolean
parse_boolean (SiosValue *value, const char *text)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  value->boolean = g_strv_contains (yes, text);
  if (!value->boolean && !g_strv_contains (no, text))
    return FALSE;
  value->text = g_strdup (value->boolean ? "true" : "false");
  return TRUE;
}

/* A number with a unit; without, only if @units have one without a name. */
static gboolean
parse_scaled (const SiosKey *key, SiosValue *value, const char *text)
{
  gboolean is_time = key->type == SIOS_KEY_TIME;
  gsize n_digits = strspn (text, "0123456789");
  g_autofree char *digits = g_strndup (text, n_digits);
  const char *unit = text + n_digits;
  guint n = key->type == SIOS_KEY_INTEGER ? 1 : G_N_ELEMENTS (size_units);

  G_STATIC_ASSERT (G_N_ELEMENTS (size_units) == G_N_ELEMENTS (time_units));
  while (*unit == ' ')
    unit++;
  if (!g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT64, &value->integer, NULL))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      const char *name = is_time ? time_units[i].name : size_units[i].name;
      guint64 factor = is_time ? time_units[i].factor : size_units[i].factor;

      if (strcmp (name, unit) != 0)
        continue;
      if (!g_uint64_checked_mul (&value->integer, value->integer, factor) ||
          value->integer < key->min || value->integer > key->max)
        return FALSE;
      value->text = g_strdup_printf ("%" G_GUINT64_FORMAT "%s", value->integer / factor, name);
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_number (const SiosKey *key, SiosValue *value, const char *text)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  char *end;

  if (*text == '\0' || strspn (text, "0123456789.") != strlen (text))
    return FALSE;
  value->number = g_ascii_strtod (text, &end);
  if (*end != '\0' || !isfinite (value->number) || value->number < (double) key->min ||
      value->number > (double) key->max)
    return FALSE;
  value->text = g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.15g", value->number));
  return TRUE;
}

static gboolean
parse_list (const SiosKey *key, SiosValue *value, const char *raw, GError **error)
{
  value->list = split_list (raw);
  if (value->list == NULL)
    return fail (error, key, raw);
  for (guint i = 0; value->list[i] != NULL; i++)
    if (key->type == SIOS_KEY_CHOICES)
      {
        int choice = find_choice (key, value->list[i]);

        if (choice < 0)
          return fail (error, key, value->list[i]);
        value->integer |= G_GUINT64_CONSTANT (1) << choice;
      }
    else if (key->check != NULL && !key->check (value->list[i], error))
      return FALSE;
  if (key->type == SIOS_KEY_CHOICES && value->integer == 0)
    return fail (error, key, raw);
  value->text = join_list (value->list);
  return TRUE;
}

static gboolean
parse (const SiosKey *key, SiosValue *value, const char *raw, GError **error)
{
  g_autofree char *text = NULL;
  gboolean ok = FALSE;
  int choice;

  if (key->type == SIOS_KEY_LIST || key->type == SIOS_KEY_CHOICES)
    return parse_list (key, value, raw, error);
  text = unescape (raw, strlen (raw));
  if (text == NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "expected \\s, \\n, \\t, \\r or \\\\ where there is a backslash");
      return FALSE;
    }
  switch (key->type)
    {
    case SIOS_KEY_BOOLEAN:
      ok = parse_boolean (value, text);
      break;
    case SIOS_KEY_INTEGER:
    case SIOS_KEY_SIZE:
    case SIOS_KEY_TIME:
      ok = parse_scaled (key, value, text);
      break;
    case SIOS_KEY_NUMBER:
      ok = parse_number (key, value, text);
      break;
    case SIOS_KEY_CHOICE:
      choice = find_choice (key, text);
      ok = choice >= 0;
      value->integer = ok ? (guint64) choice : 0;
      value->text = g_strdup (text);
      break;
    case SIOS_KEY_STRING:
    default:
      if (key->check != NULL && !key->check (text, error))
        return FALSE;
      value->string = g_strdup (text);
      value->text = sios_escape (text, FALSE);
      ok = TRUE;
    }
  return ok || fail (error, key, text);
}

SiosValue *
sios_key_parse (const SiosKey *key, const char *raw, GError **error)
{
  g_autoptr (SiosValue) value = g_new0 (SiosValue, 1);

  return parse (key, value, raw, error) ? g_steal_pointer (&value) : NULL;
}

void
sios_value_free (SiosValue *value)
{
  g_free (value->text);
  g_free (value->string);
  g_strfreev (value->list);
  g_free (value);
}

const char *
sios_key_show (const SiosKey *key, const SiosValue *value)
{
  return (key->flags & SIOS_KEY_SECRET) != 0 && *value->text != '\0' ? "***" : value->text;
}

char *
sios_key_describe_type (const SiosKey *key)
{
  g_autofree char *words = key->choices != NULL ? g_strjoinv (", ", (char **) key->choices) : NULL;

  switch (key->type)
    {
    case SIOS_KEY_BOOLEAN:
      return g_strdup ("true or false");
    case SIOS_KEY_INTEGER:
    case SIOS_KEY_NUMBER:
      return g_strdup_printf ("%s from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                              key->type == SIOS_KEY_INTEGER ? "an integer" : "a number", key->min,
                              key->max);
    case SIOS_KEY_SIZE:
      return g_strdup_printf ("a size such as 512, 64K, 16M or 1G, from %" G_GUINT64_FORMAT
                              " to %" G_GUINT64_FORMAT " bytes",
                              key->min, key->max);
    case SIOS_KEY_TIME:
      return g_strdup_printf ("a time such as 500ms, 25s, 2min or 1h, from %" G_GUINT64_FORMAT
                              "ms to %" G_GUINT64_FORMAT "ms",
                              key->min, key->max);
    case SIOS_KEY_CHOICE:
      return g_strdup_printf ("one of %s", words);
    case SIOS_KEY_CHOICES:
      return g_strdup_printf ("some of %s, separated by semicolons", words);
    case SIOS_KEY_LIST:
      return g_strdup ("items separated by semicolons, none of them empty");
    case SIOS_KEY_STRING:
    default:
      return g_strdup ("a text");
    }
}

/* Insertions, deletions, replacements, and swaps of neighbours. */
static guint
distance (const char *a, const char *b)
{
  guint rows[3][64];
  guint n = (guint) strlen (a);
  guint m = (guint) strlen (b);

  if (n >= G_N_ELEMENTS (rows[0]) || m >= G_N_ELEMENTS (rows[0]))
    return G_MAXUINT;
  for (guint j = 0; j <= m; j++)
    rows[0][j] = j;
  for (guint i = 1; i <= n; i++)
    {
      guint *row = rows[i % 3];
      guint *above = rows[(i - 1) % 3];

      row[0] = i;
      for (guint j = 1; j <= m; j++)
        {
          guint best = above[j - 1] + (a[i - 1] != b[j - 1]);

          best = MIN (best, MIN (above[j], row[j - 1]) + 1);
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            best = MIN (best, rows[(i - 2) % 3][j - 2] + 1);
          row[j] = best;
        }
    }
  return rows[n % 3][m];
}

const char *
sios_nearest (const char *text, GPtrArray *names)
{
  const char *nearest = NULL;
  /* Farther ones would be guesses. */
  guint least = MAX (2, (guint) MIN (strlen (text), 64) / 3) + 1;

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      guint n = distance (text, name);

      if (n < least)
        {
          least = n;
          nearest = name;
        }
    }
  return nearest;
}
