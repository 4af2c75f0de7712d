/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioctl-output.h"

#include <sio.h>
#include <stdio.h>
#include <string.h>

/* What would steer a terminal, or change the order of what is beside it. */
static gboolean
is_dangerous (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
         type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *
sioctl_clean (const char *text)
{
  GString *clean = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (is_dangerous (c))
        g_string_append_printf (clean, "\\u%04x", c);
      else
        g_string_append_unichar (clean, c);
    }
  return g_string_free (clean, FALSE);
}

char *
sioctl_format_age (gint64 since_us)
{
  gint64 s = MAX (0, g_get_real_time () - since_us) / G_USEC_PER_SEC;

  if (s < 60)
    return g_strdup_printf ("%d s", (int) s);
  if (s < 3600)
    return g_strdup_printf ("%d min", (int) (s / 60));
  if (s < 86400)
    return g_strdup_printf ("%d h %d min", (int) (s / 3600), (int) (s / 60 % 60));
  return g_strdup_printf ("%d d %d h", (int) (s / 86400), (int) (s / 3600 % 24));
}

char *
sioctl_format_time (guint64 us)
{
  if (us == 0)
    return g_strdup ("-");
  /* The last range of a histogram has no end. */
  if (us == G_MAXUINT64)
    return g_strdup ("more");
  return us < 10000000 ? g_strdup_printf ("%.1f ms", (double) us / 1000)
                       : g_strdup_printf ("%.1f s", (double) us / 1e6);
}

char *
sioctl_format_size (guint64 bytes)
{
  static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
  double value = (double) bytes;
  guint unit = 0;

  while (value >= 1000 && unit + 1 < G_N_ELEMENTS (units))
    {
      value /= 1000;
      unit++;
    }
  return g_strdup_printf (unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

char *
sioctl_format_date (gint64 us)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (us / G_USEC_PER_SEC);

  return date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M:%S") : g_strdup ("-");
}

void
sioctl_print_json (GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (SioArgs) args = sio_args_new_from_variant (g_variant_new_tuple (&owned, 1));
  const char *list = sio_args_get_json (args);

  g_autofree char *json = g_strndup (list + 1, strlen (list) - 2); /* without the brackets */

  sioctl_print_json_line (json);
}

void
sioctl_print_json_line (const char *json)
{
  g_autoptr (GString) clean = g_string_new (NULL);

  for (const char *p = json; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      /* These are in strings only. */
      if (!is_dangerous (c))
        g_string_append_unichar (clean, c);
      else if (c < 0x10000)
        g_string_append_printf (clean, "\\u%04x", c);
      else
        g_string_append_printf (clean, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  /* Always UTF-8, also where people read something else. */
  g_string_append_c (clean, '\n');
  fwrite (clean->str, 1, clean->len, stdout);
  fflush (stdout);
}

/* Points in time and durations are numbers, and end so. */
static char *
format_number (const char *name, GVariant *value)
{
  gint64 time =
      g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) ? g_variant_get_int64 (value) : 0;

  /* Those of the monotonic clock are smaller. */
  if (time > G_USEC_PER_SEC * G_GINT64_CONSTANT (1000000000) &&
      (g_str_has_suffix (name, "-at") || g_str_has_suffix (name, "-time")))
    return sioctl_format_date (time);
  if (g_str_has_suffix (name, "-usec") && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return sioctl_format_time (g_variant_get_uint32 (value));
  return g_variant_print (value, FALSE);
}

static void append_value (GPtrArray *lines, guint depth, const char *name, GVariant *value);

/* What an array of tuples says in a line: its members. */
static char *
join_members (GVariant *tuple)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (tuple); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (tuple, i);
      g_autofree char *one = g_variant_is_of_type (member, G_VARIANT_TYPE_STRING)
                                 ? g_variant_dup_string (member, NULL)
                                 : g_variant_print (member, FALSE);

      if (*one != '\0')
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", one);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_line (GPtrArray *lines, guint depth, const char *name, const char *value)
{
  g_autofree char *clean_name = sioctl_clean (name);
  g_autofree char *clean = sioctl_clean (value);
  const char *between = *name == '\0' ? "" : *value == '\0' ? ":" : ": ";

  g_ptr_array_add (lines,
                   g_strdup_printf ("%*s%s%s%s", (int) depth * 2, "", clean_name, between, clean));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (*(GVariant *const *) a, 0);
  g_autoptr (GVariant) second = g_variant_get_child_value (*(GVariant *const *) b, 0);

  return strcmp (g_variant_get_string (first, NULL), g_variant_get_string (second, NULL));
}

static void
append_dictionary (GPtrArray *lines, guint depth, GVariant *dictionary)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  for (gsize i = 0; i < g_variant_n_children (dictionary); i++)
    g_ptr_array_add (entries, g_variant_get_child_value (dictionary, i));
  g_ptr_array_sort (entries, compare_names);
  for (guint i = 0; i < entries->len; i++)
    {
      g_autoptr (GVariant) name = g_variant_get_child_value (g_ptr_array_index (entries, i), 0);
      g_autoptr (GVariant) value = g_variant_get_child_value (g_ptr_array_index (entries, i), 1);

      append_value (lines, depth, g_variant_get_string (name, NULL), value);
    }
}

static void
append_value (GPtrArray *lines, guint depth, const char *name, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);

      append_value (lines, depth, name, inner);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{s*}")))
    {
      append_line (lines, depth, name, "");
      append_dictionary (lines, depth + 1, value);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
    {
      append_line (lines, depth, name, "");
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        {
          g_autoptr (GVariant) item = g_variant_get_child_value (value, i);
          g_autofree char *text = NULL;

          if (g_variant_is_of_type (item, G_VARIANT_TYPE_TUPLE))
            text = join_members (item);
          else if (g_variant_is_of_type (item, G_VARIANT_TYPE_STRING))
            text = g_variant_dup_string (item, NULL);
          else
            text = g_variant_print (item, FALSE);
          append_line (lines, depth + 1, "", text);
        }
    }
  else
    {
      g_autofree char *text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                                  ? g_variant_dup_string (value, NULL)
                                  : format_number (name, value);

      append_line (lines, depth, name, text);
    }
}

void
sioctl_print_dictionary (GVariant *dictionary)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  append_dictionary (lines, 0, dictionary);
  for (guint i = 0; i < lines->len; i++)
    g_print ("%s\n", (char *) g_ptr_array_index (lines, i));
}

struct _SioctlTable
{
  GPtrArray *cells; /* the titles first */
  guint n_columns;
};

SioctlTable *
sioctl_table_new (const char *const *titles)
{
  SioctlTable *self = g_new0 (SioctlTable, 1);

  self->cells = g_ptr_array_new_with_free_func (g_free);
  for (; titles[self->n_columns] != NULL; self->n_columns++)
    g_ptr_array_add (self->cells, g_strdup (titles[self->n_columns]));
  return self;
}

void
sioctl_table_add (SioctlTable *self, char *text)
{
  g_ptr_array_add (self->cells, text);
}

static gboolean
is_number (SioctlTable *self, guint column)
{
  return *(const char *) g_ptr_array_index (self->cells, column) == '>';
}

static const char *
get_cell (SioctlTable *self, guint row, guint column)
{
  const char *text = g_ptr_array_index (self->cells, row * self->n_columns + column);

  return row == 0 && *text == '>' ? text + 1 : text;
}

static void
pad (GString *text, guint n)
{
  while (n-- > 0)
    g_string_append_c (text, ' ');
}

char *
sioctl_table_format (SioctlTable *self, guint max_rows, guint max_width)
{
  guint n_rows = self->cells->len / self->n_columns;
  g_autofree guint *widths = g_new0 (guint, self->n_columns);
  GString *text = g_string_new (NULL);

  if (max_rows > 0)
    n_rows = MIN (n_rows, max_rows + 1);
  for (guint row = 0; row < n_rows; row++)
    for (guint i = 0; i < self->n_columns; i++)
      widths[i] = MAX (widths[i], (guint) g_utf8_strlen (get_cell (self, row, i), -1));
  for (guint row = 0; row < n_rows; row++)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint i = 0; i < self->n_columns; i++)
        {
          const char *cell = get_cell (self, row, i);
          guint space = widths[i] - (guint) g_utf8_strlen (cell, -1);

          if (is_number (self, i))
            pad (line, space);
          g_string_append (line, cell);
          if (i + 1 < self->n_columns)
            pad (line, (is_number (self, i) ? 0 : space) + 2);
        }
      if (max_width > 0 && g_utf8_strlen (line->str, -1) > max_width)
        g_string_truncate (line,
                           (gsize) (g_utf8_offset_to_pointer (line->str, max_width) - line->str));
      g_string_append_printf (text, "%s\n", line->str);
    }
  return g_string_free (text, FALSE);
}

void
sioctl_table_print (SioctlTable *self)
{
  g_autofree char *text = sioctl_table_format (self, 0, 0);

  g_print ("%s", text);
}

void
sioctl_table_free (SioctlTable *self)
{
  g_ptr_array_unref (self->cells);
  g_free (self);
}
