/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-proc.h"
#include "bench.h"

/* idle, connect and churn: opening connections, and what remains of them. */

static const BenchWsHandlers quiet_handlers = { NULL };

static void
report_memory (Bench *bench, gint64 before, gint64 after)
{
  if (before < 0 || after < 0)
    return;
  bench_result_number (bench, "rss_before_kb", "memory of the server before, KB", (double) before,
                       0);
  bench_result_number (bench, "rss_kb", "memory of the server with them, KB", (double) after, 0);
  if (bench->ready > 0)
    bench_result_number (bench, "rss_per_connection_kb", "memory per connection, KB",
                         (double) (after - before) / bench->ready, 3);
}

void
bench_scenario_idle (Bench *bench)
{
  gint64 before = bench_proc_rss_kb (bench->options.pid);
  gint64 start = bench_now ();
  double seconds;
  double cpu;

  if (bench_ws_open_all (bench, (guint) bench->options.connections, &quiet_handlers))
    {
      seconds = (double) (bench_now () - start) / 1e9;
      bench_result_number (bench, "opened", "connections open", bench->ready, 0);
      bench_result_number (bench, "open_seconds", "seconds to open them", seconds, 3);
      bench_result_number (bench, "rate", "opened per second", bench->ready / seconds, 1);
      bench->phase = "holding";
      cpu = bench_proc_cpu_seconds (bench->options.pid);
      bench_run (bench, bench->options.duration, NULL);
      report_memory (bench, before, bench_proc_rss_kb (bench->options.pid));
      if (cpu >= 0)
        bench_result_number (
            bench, "server_cpu_percent", "CPU of the server while idle, %",
            100 * (bench_proc_cpu_seconds (bench->options.pid) - cpu) / bench->options.duration, 1);
    }
  bench_ws_close_all (bench);
}

static void
connect_ready (Bench *bench, BenchWs *ws, gint64 now)
{
  bench_record (bench, ws->started, now);
  bench_ws_close (ws);
}

static void
connect_start (Bench *bench, gint64 now)
{
}

void
bench_scenario_connect (Bench *bench)
{
  static const BenchWsHandlers handlers = { .ready = connect_ready };
  static const BenchFlow flow = { .unit = "connects", .start = connect_start };
  guint slots = (guint) bench->options.concurrency;

  bench->options.connections = (int) slots;
  bench_ws_init_all (bench, slots, &handlers);
  bench_pool_init (&bench->pool, slots, slots);
  bench->pool.cyclic = TRUE;
  bench_measure (bench, &flow);
  bench_report_latency (bench, "connect");
  bench_ws_close_all (bench);
}

static void
churn_round (Bench *bench, double *connected, double *closed)
{
  bench->phase = "connecting";
  bench_pool_init (&bench->pool, bench->n_ws, (guint) bench->options.concurrency);
  bench_run (bench, G_MAXDOUBLE, bench_pool_settled);
  *connected = (double) bench_proc_rss_kb (bench->options.pid);
  bench_ws_close_all (bench);
  bench->phase = "settling";
  bench_run (bench, bench->options.settle, NULL);
  *closed = (double) bench_proc_rss_kb (bench->options.pid);
}

static void
churn_ready (Bench *bench, BenchWs *ws, gint64 now)
{
  bench_record (bench, ws->started, now);
}

void
bench_scenario_churn (Bench *bench)
{
  static const BenchWsHandlers handlers = { .ready = churn_ready };
  guint rounds = (guint) bench->options.rounds;
  g_autofree double *connected = g_new0 (double, rounds);
  g_autofree double *closed = g_new0 (double, rounds);
  gint64 before = bench_proc_rss_kb (bench->options.pid);
  gint64 fds = bench_proc_fds (bench->options.pid);
  guint done = 0;

  bench_ws_init_all (bench, (guint) bench->options.connections, &handlers);
  bench->window_start = bench_now ();
  while (done < rounds && !bench->interrupted && !bench->abandoned)
    {
      churn_round (bench, &connected[done], &closed[done]);
      done++;
    }
  bench_result_number (bench, "rounds", "rounds", done, 0);
  bench_result_number (bench, "count", "connects", (double) bench->total_count, 0);
  bench_report_latency (bench, "connect");
  if (before < 0 || done == 0)
    return;
  bench_result_number (bench, "rss_before_kb", "memory of the server before, KB", (double) before,
                       0);
  bench_result_array (bench, "rss_connected_kb", "memory while connected, KB", connected, done);
  bench_result_array (bench, "rss_closed_kb", "memory after closing, KB", closed, done);
  /* The first rounds fill caches and free lists; what counts is what comes on top of that. */
  bench_result_number (bench, "rss_growth_kb", "growth after round 2, KB",
                       closed[done - 1] - closed[MIN (1, done - 1)], 0);
  if (fds >= 0)
    bench_result_number (bench, "leftover_fds", "descriptors left over",
                         (double) (bench_proc_fds (bench->options.pid) - fds), 0);
}
