/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-stamp.h"

#include <time.h>

void
sios_append_timestamp (GString *out, gint64 time)
{
  /* Of the second before: most events share one. */
  static __thread gint64 last_second = -1;
  static __thread char text[25];
  gint64 second = time / G_USEC_PER_SEC;
  guint ms = (guint) (time / 1000 % 1000);

  if (second != last_second)
    {
      time_t when = (time_t) second;
      struct tm parts;

      gmtime_r (&when, &parts);
      strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
      last_second = second;
    }
  text[20] = (char) ('0' + ms / 100);
  text[21] = (char) ('0' + ms / 10 % 10);
  text[22] = (char) ('0' + ms % 10);
  g_string_append_len (out, text, 24);
}

void
sios_append_id (GString *out, gint64 time)
{
  static const char digits[] = "0123456789abcdef";
  guint64 ms = (guint64) time / 1000;
  guint32 random[3] = { g_random_int (), g_random_int (), g_random_int () };
  guint64 high = ms << 16 | 0x7000 | (random[0] & 0xfff);
  guint64 low = G_GUINT64_CONSTANT (0x8000000000000000) |
                ((guint64) (random[1] & 0x3fffffff) << 32) | random[2];
  char text[37];
  guint n = 0;

  for (guint i = 0; i < 32; i++)
    {
      guint64 half = i < 16 ? high : low;

      if (i == 8 || i == 12 || i == 16 || i == 20)
        text[n++] = '-';
      text[n++] = digits[half >> (60 - i % 16 * 4) & 0xf];
    }
  g_string_append_len (out, text, n);
}

static gboolean
is_plain (char c)
{
  return c != '"' && c != '\\' && (guchar) c >= 0x20;
}

void
sios_append_json_string (GString *out, const char *text)
{
  const char *c = text;

  g_string_append_c (out, '"');
  while (*c != '\0')
    {
      const char *run = c;

      while (is_plain (*c))
        c++;
      g_string_append_len (out, run, c - run);
      if (*c == '"' || *c == '\\')
        {
          g_string_append_c (out, '\\');
          g_string_append_c (out, *c++);
        }
      else if (*c != '\0')
        g_string_append_printf (out, "\\u%04x", (guint) (guchar) *c++);
    }
  g_string_append_c (out, '"');
}
