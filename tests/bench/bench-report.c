/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static char *
format_number (double value, int decimals)
{
  char format[8];
  char buffer[G_ASCII_DTOSTR_BUF_SIZE * 2];

  if (!isfinite (value))
    return g_strdup ("null");
  g_snprintf (format, sizeof format, "%%.%df", decimals);
  g_ascii_formatd (buffer, sizeof buffer, format, value);
  return g_strdup (buffer);
}

void
bench_result_number (Bench *bench, const char *key, const char *label, double value, int decimals)
{
  BenchResult result = { .key = g_strdup (key), .label = g_strdup (label) };

  result.json = format_number (value, decimals);
  result.text = g_strdup (result.json);
  g_array_append_val (bench->results, result);
}

void
bench_result_array (Bench *bench, const char *key, const char *label, const double *values, guint n)
{
  BenchResult result = { .key = g_strdup (key), .label = g_strdup (label) };
  g_autoptr (GString) json = g_string_new ("[");
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *number = format_number (values[i], 0);

      g_string_append_printf (json, "%s%s", i > 0 ? "," : "", number);
      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", number);
    }
  g_string_append_c (json, ']');
  result.json = g_string_free (g_steal_pointer (&json), FALSE);
  result.text = g_string_free (g_steal_pointer (&text), FALSE);
  g_array_append_val (bench->results, result);
}

/* The line everybody looks for first, and what it cost. */
void
bench_report_cpu (
    Bench *bench, double cpu, double own, double seconds, guint64 count, const char *unit)
{
  g_autofree char *label = g_strdup_printf ("%s per second", unit);

  seconds = MAX (seconds, 1e-9);
  bench_result_number (bench, "seconds", "measured seconds", seconds, 3);
  bench_result_number (bench, "count", unit, (double) count, 0);
  bench_result_number (bench, "rate", label, (double) count / seconds, 1);
  if (cpu >= 0)
    {
      bench_result_number (bench, "server_cpu_seconds", "CPU seconds of the server", cpu, 2);
      bench_result_number (bench, "server_cpu_percent", "CPU of the server, %", 100 * cpu / seconds,
                           1);
      if (count > 0)
        bench_result_number (bench, "server_cpu_us_each", "CPU of the server for each, µs",
                             1e6 * cpu / (double) count, 3);
    }
  bench_result_number (bench, "client_cpu_percent", "CPU of sio-bench, %", 100 * own / seconds, 1);
}

void
bench_report_latency (Bench *bench, const char *what)
{
  static const struct
  {
    const char *key;
    const char *name;
    double percentile;
  } rows[] = {
    { "latency_p50_us", "p50", 50 },
    { "latency_p90_us", "p90", 90 },
    { "latency_p99_us", "p99", 99 },
    { "latency_p999_us", "p99.9", 99.9 },
  };
  const BenchHistogram *histogram = &bench->histogram;
  g_autofree char *mean_label = g_strdup_printf ("%s mean, µs", what);
  g_autofree char *max_label = g_strdup_printf ("%s max, µs", what);

  if (histogram->count == 0)
    return;
  bench_result_number (bench, "latency_mean_us", mean_label, bench_histogram_mean (histogram) / 1e3,
                       1);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *label = g_strdup_printf ("%s %s, µs", what, rows[i].name);

      bench_result_number (
          bench, rows[i].key, label,
          (double) bench_histogram_percentile (histogram, rows[i].percentile) / 1e3, 1);
    }
  bench_result_number (bench, "latency_max_us", max_label, (double) histogram->max / 1e3, 1);
}

static void
append_json_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const guchar *p = (const guchar *) text; *p != '\0'; p++)
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if (*p < 0x20)
      g_string_append_printf (out, "\\u%04x", *p);
    else
      g_string_append_c (out, (char) *p);
  g_string_append_c (out, '"');
}

static void
write_json (Bench *bench)
{
  g_autoptr (GString) out = g_string_new ("{\"scenario\":");

  append_json_string (out, bench->scenario->name);
  g_string_append (out, ",\"url\":");
  append_json_string (out, bench->target.url);
  g_string_append_printf (out, ",\"connections\":%d", bench->options.connections);
  for (guint i = 0; i < bench->results->len; i++)
    {
      BenchResult *result = &g_array_index (bench->results, BenchResult, i);

      g_string_append_printf (out, ",\"%s\":%s", result->key, result->json);
    }
  g_string_append_printf (out, ",\"errors\":{\"total\":%" G_GUINT64_FORMAT,
                          bench_total_errors (bench));
  for (guint i = 0; i < BENCH_N_ERRORS; i++)
    g_string_append_printf (out, ",\"%s\":%" G_GUINT64_FORMAT, bench_error_name (i),
                            bench->errors[i]);
  g_string_append (out, "},\"first_error\":");
  if (bench->first_error != NULL)
    {
      g_autofree char *valid = g_utf8_make_valid (bench->first_error, -1);

      append_json_string (out, valid);
    }
  else
    g_string_append (out, "null");
  g_string_append_printf (out, ",\"interrupted\":%s}\n", bench->interrupted ? "true" : "false");
  fwrite (out->str, 1, out->len, stdout);
  fflush (stdout);
}

static void
write_table (Bench *bench, FILE *stream)
{
  fprintf (stream, "%s, %d connections, %s%s\n", bench->scenario->name, bench->options.connections,
           bench->target.url, bench->interrupted ? " (interrupted)" : "");
  for (guint i = 0; i < bench->results->len; i++)
    {
      BenchResult *result = &g_array_index (bench->results, BenchResult, i);
      /* printf counts bytes, and µ has two. */
      int width = 36 + (int) (strlen (result->label) - (gsize) g_utf8_strlen (result->label, -1));

      fprintf (stream, "  %-*s %14s\n", width, result->label, result->text);
    }
  fprintf (stream, "  %-36s %14" G_GUINT64_FORMAT "\n", "errors", bench_total_errors (bench));
  for (guint i = 0; i < BENCH_N_ERRORS; i++)
    if (bench->errors[i] > 0)
      fprintf (stream, "    %-34s %14" G_GUINT64_FORMAT "\n", bench_error_name (i),
               bench->errors[i]);
  if (bench->first_error != NULL)
    fprintf (stream, "  first error: %s\n", bench->first_error);
  fflush (stream);
}

void
bench_report_write (Bench *bench)
{
  bench_progress_end (bench);
  if (bench->options.json)
    {
      if (!bench->options.quiet)
        write_table (bench, stderr);
      write_json (bench);
    }
  else
    write_table (bench, stdout);
}

void
bench_progress (Bench *bench, gint64 now)
{
  guint64 count = bench->total_count - bench->progress_count;

  bench->progress_count = bench->total_count;
  if (bench->options.quiet || !(bench->tty || bench->options.progress))
    return;
  fprintf (stderr,
           "%s%4.0f s  %-10s %6u open  %9" G_GUINT64_FORMAT "/s  %" G_GUINT64_FORMAT " errors%s",
           bench->tty ? "\r\033[K" : "", (double) (now - bench->started) / 1e9, bench->phase,
           bench->ready, count, bench_total_errors (bench), bench->tty ? "" : "\n");
  fflush (stderr);
}

void
bench_progress_end (Bench *bench)
{
  if (bench->tty && !bench->options.quiet)
    fputs ("\r\033[K", stderr);
}
