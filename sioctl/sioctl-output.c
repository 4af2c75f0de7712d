/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioctl-output.h"

#include <sio.h>
#include <string.h>

char *
sioctl_clean (const char *text)
{
  GString *clean = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_iscntrl (c) || g_unichar_type (c) == G_UNICODE_FORMAT)
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

  /* Without the brackets. */
  g_print ("%.*s\n", (int) strlen (list) - 2, list + 1);
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
