/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-exposition.h"

#include <math.h>
#include <string.h>

/* Most labels of a value, with "le". */
#define MAX_LABELS 4

/* Upper bounds of buckets in microseconds: what is usual for requests, and finer below, where
 * handlers and networks of one building are. */
static const guint64 bounds[] = { 50,     100,     250,     500,     1000,    2500,
                                  5000,   10000,   25000,   50000,   100000,  250000,
                                  500000, 1000000, 2500000, 5000000, 10000000 };

void
sios_exposition_init (SiosExposition *self)
{
  self->text = g_string_sized_new (16 * 1024);
  self->name = NULL;
}

GBytes *
sios_exposition_end (SiosExposition *self)
{
  g_clear_pointer (&self->name, g_free);
  return g_string_free_to_bytes (g_steal_pointer (&self->text));
}

void
sios_exposition_family (
    SiosExposition *self, const char *type, const char *name, const char *unit, const char *help)
{
  g_free (self->name);
  self->name = g_strconcat ("socketio_", name, unit != NULL ? "_" : "", unit != NULL ? unit : "",
                            strcmp (type, "counter") == 0 ? "_total" : "", NULL);
  g_string_append_printf (self->text, "# HELP %s ", self->name);
  for (const char *c = help; *c != '\0'; c++)
    if (*c == '\\')
      g_string_append (self->text, "\\\\");
    else if (*c == '\n')
      g_string_append (self->text, "\\n");
    else
      g_string_append_c (self->text, *c);
  g_string_append_printf (self->text, "\n# TYPE %s %s\n", self->name, type);
}

static void
append_label_value (GString *text, const char *value)
{
  g_autofree char *valid = g_utf8_validate (value, -1, NULL) ? NULL : g_utf8_make_valid (value, -1);

  for (const char *c = valid != NULL ? valid : value; *c != '\0'; c++)
    if (*c == '\\' || *c == '"')
      {
        g_string_append_c (text, '\\');
        g_string_append_c (text, *c);
      }
    else if (*c == '\n')
      g_string_append (text, "\\n");
    else
      g_string_append_c (text, *c);
}

/* NAME_SUFFIX{LABELS,le="BOUND"} */
static void
append_name (SiosExposition *self, const char *suffix, const SiosLabel *labels, const char *bound)
{
  const char *sep = "{";

  g_string_append (self->text, self->name);
  if (suffix != NULL)
    g_string_append (self->text, suffix);
  for (guint i = 0; labels != NULL && labels[i].name != NULL && i < MAX_LABELS; i++)
    {
      g_string_append_printf (self->text, "%s%s=\"", sep, labels[i].name);
      append_label_value (self->text, labels[i].value);
      g_string_append_c (self->text, '"');
      sep = ",";
    }
  if (bound != NULL)
    {
      g_string_append_printf (self->text, "%sle=\"%s\"", sep, bound);
      sep = ",";
    }
  g_string_append (self->text, *sep == ',' ? "} " : " ");
}

void
sios_exposition_add (SiosExposition *self, const SiosLabel *labels, guint64 value)
{
  append_name (self, NULL, labels, NULL);
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT "\n", value);
}

static void
append_double (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (value))
    g_string_append (text, "NaN\n");
  else if (isinf (value))
    g_string_append (text, value > 0 ? "+Inf\n" : "-Inf\n");
  else
    g_string_append_printf (text, "%s\n", g_ascii_formatd (buffer, sizeof buffer, "%.15g", value));
}

void
sios_exposition_add_double (SiosExposition *self, const SiosLabel *labels, double value)
{
  append_name (self, NULL, labels, NULL);
  append_double (self->text, value);
}

void
sios_exposition_add_histogram (SiosExposition *self,
                               const SiosLabel *labels,
                               SioHistogram *histogram)
{
  guint64 count = sio_histogram_get_count (histogram);
  char bound[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (bounds); i++)
    {
      g_ascii_formatd (bound, sizeof bound, "%.7g", (double) bounds[i] / G_USEC_PER_SEC);
      append_name (self, "_bucket", labels, bound);
      g_string_append_printf (self->text, "%" G_GUINT64_FORMAT "\n",
                              MIN (sio_histogram_count_up_to (histogram, bounds[i]), count));
    }
  append_name (self, "_bucket", labels, "+Inf");
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT "\n", count);
  append_name (self, "_sum", labels, NULL);
  append_double (self->text, (double) sio_histogram_get_sum (histogram) / G_USEC_PER_SEC);
  append_name (self, "_count", labels, NULL);
  g_string_append_printf (self->text, "%" G_GUINT64_FORMAT "\n", count);
}
