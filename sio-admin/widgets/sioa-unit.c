/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-unit.h"

#include <glib/gi18n.h>
#include <math.h>

#define DASH "–"

/* Three digits that matter, in the format of the locale. */
static char *
format_number (double value)
{
  if (value != 0 && value < 9.995)
    return g_strdup_printf ("%.3g", value);
  if (value < 99.95)
    return g_strdup_printf ("%.3g", round (value * 10) / 10);
  return g_strdup_printf ("%.0f", value);
}

static char *
format_count (double value)
{
  g_autofree char *text = NULL;

  if (value < 9999.5)
    return format_number (value);
  text = format_number (value < 999500 ? value / 1000 : value / 1000000);
  /* TRANSLATORS: thousands, as in "12.3 k" */
  return value < 999500 ? g_strdup_printf (C_ ("thousands", "%s k"), text)
                        /* TRANSLATORS: millions, as in "12.3 M" */
                        : g_strdup_printf (C_ ("millions", "%s M"), text);
}

static char *
format_time (double value)
{
  g_autofree char *text = NULL;

  if (value < 1000000)
    {
      text = format_number (value / 1000);
      /* TRANSLATORS: milliseconds */
      return g_strdup_printf (_ ("%s ms"), text);
    }
  text = format_number (value / 1000000);
  /* TRANSLATORS: seconds */
  return g_strdup_printf (_ ("%s s"), text);
}

char *
sioa_unit_format (SioaUnit unit, double value)
{
  g_autofree char *text = NULL;

  if (isnan (value))
    return g_strdup (DASH);
  switch (unit)
    {
    case SIOA_UNIT_PER_SECOND:
      text = format_count (value);
      /* TRANSLATORS: for each second */
      return g_strdup_printf (_ ("%s/s"), text);
    case SIOA_UNIT_BYTES:
      return g_format_size ((guint64) MAX (0, value));
    case SIOA_UNIT_BYTES_PER_SECOND:
      text = g_format_size ((guint64) MAX (0, value));
      return g_strdup_printf (_ ("%s/s"), text);
    case SIOA_UNIT_TIME:
      return format_time (value);
    case SIOA_UNIT_PROCESSOR:
      text = format_number (value / 10000);
      /* TRANSLATORS: percent of a processor */
      return g_strdup_printf (_ ("%s %%"), text);
    case SIOA_UNIT_COUNT:
    default:
      return format_count (value);
    }
}

char *
sioa_unit_format_duration (gint64 microseconds)
{
  gint64 seconds = microseconds / G_USEC_PER_SEC;

  if (microseconds < 0)
    return g_strdup (DASH);
  if (seconds < 60)
    /* TRANSLATORS: seconds */
    return g_strdup_printf (_ ("%d s"), (int) seconds);
  if (seconds < 3600)
    /* TRANSLATORS: minutes and seconds */
    return g_strdup_printf (_ ("%d min %d s"), (int) (seconds / 60), (int) (seconds % 60));
  if (seconds < 86400)
    /* TRANSLATORS: hours and minutes */
    return g_strdup_printf (_ ("%d h %d min"), (int) (seconds / 3600), (int) (seconds / 60 % 60));
  /* TRANSLATORS: days and hours */
  return g_strdup_printf (_ ("%d d %d h"), (int) (seconds / 86400), (int) (seconds / 3600 % 24));
}

double
sioa_unit_ceiling (SioaUnit unit, double value)
{
  /* Bytes are written in powers of ten, as g_format_size () does; time and shares of a processor in
   * theirs. */
  static const double steps[] = { 1, 2, 5, 10 };
  double least = unit == SIOA_UNIT_TIME ? 1000 : unit == SIOA_UNIT_PROCESSOR ? 10000 : 1;
  double power;

  if (!(value > least))
    return least;
  power = pow (10, floor (log10 (value)));
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    /* A tenth of a thousandth is what rounding may cost. */
    if (steps[i] * power >= value * (1 - 1e-4))
      return steps[i] * power;
  return 10 * power;
}
