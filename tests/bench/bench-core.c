/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-poll.h"
#include "bench-proc.h"
#include "bench.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gio/gio.h>

#define TICK_NS 100000000
#define SECOND_NS 1000000000

/* Above this the server has stopped reading and more messages would only fill our memory. */
#define MAX_BURST 10000

static gboolean
raise_descriptor_limit (Bench *bench, GError **error)
{
  struct rlimit limit;
  guint64 wanted = (guint64) MAX (bench->options.connections, bench->options.concurrency) *
                       bench->scenario->descriptors +
                   32;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return TRUE;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  getrlimit (RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
               "that many connections need %" G_GUINT64_FORMAT
               " file descriptors, but the limit is %" G_GUINT64_FORMAT
               "; raise the hard limit (ulimit -Hn) or ask for fewer connections",
               wanted, (guint64) limit.rlim_cur);
  return FALSE;
}

static char *
accept_for_key (const char *key)
{
  g_autofree char *text = g_strconcat (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize len = sizeof digest;

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, digest, &len);
  return g_base64_encode (digest, len);
}

static void
prepare_texts (Bench *bench)
{
  const BenchOptions *options = &bench->options;
  gboolean root = g_strcmp0 (options->nsp, "/") == 0;
  guint8 nonce[16];
  g_autofree char *key = NULL;
  g_autoptr (GString) request = g_string_new (NULL);

  for (guint i = 0; i < sizeof nonce; i++)
    nonce[i] = (guint8) g_random_int_range (0, 256);
  key = g_base64_encode (nonce, sizeof nonce);
  bench->upgrade_accept = accept_for_key (key);
  g_string_printf (
      request,
      "GET %s?EIO=4&transport=websocket%s%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n",
      options->path, bench->target.query != NULL ? "&" : "",
      bench->target.query != NULL ? bench->target.query : "", bench->target.host_header, key);
  if (options->deflate)
    g_string_append (request, "Sec-WebSocket-Extensions: permessage-deflate; "
                              "server_no_context_takeover; client_no_context_takeover\r\n");
  for (guint i = 0; options->headers != NULL && options->headers[i] != NULL; i++)
    g_string_append_printf (request, "%s\r\n", options->headers[i]);
  g_string_append (request, "\r\n");
  bench->upgrade_request = g_string_free (g_steal_pointer (&request), FALSE);

  bench->nsp_prefix = root ? g_strdup ("") : g_strconcat (options->nsp, ",", NULL);
  bench->connect_packet = g_strconcat ("40", bench->nsp_prefix, options->auth, NULL);
  bench->connect_reply = g_strconcat ("40", bench->nsp_prefix, NULL);
  bench->connect_refused = g_strconcat ("44", bench->nsp_prefix, NULL);
}

gboolean
bench_init (Bench *bench, GError **error)
{
  if (!raise_descriptor_limit (bench, error) || !bench_loop_init (&bench->loop, error))
    return FALSE;
  if (bench->options.pid > 0 && bench_proc_rss_kb (bench->options.pid) < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "there is no readable process %d (--pid)", bench->options.pid);
      return FALSE;
    }
  prctl (PR_SET_TIMERSLACK, 1UL);
  prepare_texts (bench);
  bench_histogram_reset (&bench->histogram);
  bench->results = g_array_new (FALSE, FALSE, sizeof (BenchResult));
  bench->scratch = g_byte_array_new ();
  if (bench->options.deflate)
    bench->inflate = bench_inflate_new ();
  bench->window_start = bench->window_end = G_MAXINT64;
  bench->next_due = G_MAXINT64;
  bench->started = bench_now ();
  bench->next_progress = bench->started + SECOND_NS;
  bench->tty = isatty (STDERR_FILENO) != 0;
  bench->phase = "starting";
  return TRUE;
}

void
bench_clear (Bench *bench)
{
  bench_ws_clear_all (bench);
  bench_poll_clear_all (bench);
  bench_pool_clear (&bench->pool);
  bench_loop_clear (&bench->loop);
  g_clear_pointer (&bench->upgrade_request, g_free);
  g_clear_pointer (&bench->upgrade_accept, g_free);
  g_clear_pointer (&bench->connect_packet, g_free);
  g_clear_pointer (&bench->connect_reply, g_free);
  g_clear_pointer (&bench->connect_refused, g_free);
  g_clear_pointer (&bench->nsp_prefix, g_free);
  g_clear_pointer (&bench->first_error, g_free);
  for (guint i = 0; i < bench->results->len; i++)
    {
      BenchResult *result = &g_array_index (bench->results, BenchResult, i);

      g_free (result->key);
      g_free (result->label);
      g_free (result->json);
      g_free (result->text);
    }
  g_clear_pointer (&bench->results, g_array_unref);
  g_clear_pointer (&bench->scratch, g_byte_array_unref);
  g_clear_pointer (&bench->inflate, bench_inflate_free);
}

const char *
bench_error_name (BenchErrorKind kind)
{
  static const char *const names[BENCH_N_ERRORS] = {
    [BENCH_ERROR_REFUSED] = "refused",   [BENCH_ERROR_TIMEOUT] = "timeout",
    [BENCH_ERROR_CLOSED] = "closed",     [BENCH_ERROR_REJECTED] = "rejected",
    [BENCH_ERROR_PROTOCOL] = "protocol", [BENCH_ERROR_UNANSWERED] = "unanswered",
    [BENCH_ERROR_OVERRUN] = "overrun",   [BENCH_ERROR_LOCAL] = "local",
  };

  return names[kind];
}

void
bench_error (Bench *bench, BenchErrorKind kind, guint64 count, const char *detail)
{
  if (count == 0)
    return;
  bench->errors[kind] += count;
  if (bench->first_error == NULL)
    bench->first_error = g_strdup_printf ("%s: %s", bench_error_name (kind), detail);
}

guint64
bench_total_errors (const Bench *bench)
{
  guint64 total = 0;

  for (guint i = 0; i < BENCH_N_ERRORS; i++)
    total += bench->errors[i];
  return total;
}

static void
tick (Bench *bench, gint64 now)
{
  bench->next_tick = now + TICK_NS;
  bench_ws_check_deadlines (bench, now);
  bench_poll_check_deadlines (bench, now);
  if (now >= bench->next_progress)
    {
      bench->next_progress = now + SECOND_NS;
      bench_progress (bench, now);
    }
}

/* Sends what is due by the clock, whether or not the server keeps up; each message carries the time
 * it was due. */
static void
send_due (Bench *bench, gint64 now)
{
  guint budget = MAX_BURST;

  while (bench->next_due <= now && budget-- > 0)
    {
      if (!bench->flow->send_one (bench, bench->next_due))
        bench->unsent++;
      else if (bench->next_due >= bench->window_start && bench->next_due < bench->window_end)
        bench->window_sent++;
      bench->next_due += bench->interval;
    }
}

/* Returns TRUE when done() was satisfied, FALSE after that many seconds or an interruption. */
gboolean
bench_run (Bench *bench, double seconds, gboolean (*done) (Bench *bench))
{
  gint64 until = seconds < 1e8 ? bench_now () + (gint64) (seconds * 1e9) : G_MAXINT64;

  for (;;)
    {
      gint64 now = bench_now ();
      gboolean more;

      if (done != NULL && done (bench))
        return TRUE;
      if (now >= until || bench->abandoned || (bench->interrupted && !bench->closing) ||
          bench->interrupted > 1)
        return FALSE;
      if (now >= bench->next_tick)
        tick (bench, now);
      if (now >= bench->next_due)
        send_due (bench, now);
      more = bench_pool_pump (bench);
      now = MIN (MIN (until, bench->next_tick), bench->next_due) - now;
      bench_loop_iterate (&bench->loop, more ? 0 : now);
    }
}

static gboolean
drained (Bench *bench)
{
  return bench->flow->outstanding (bench) == 0;
}

static gboolean
nobody_left (Bench *bench)
{
  return bench->ready == 0 && !bench->pool.cyclic;
}

/* Warm-up, the measured window, then a pause in which late answers still arrive. */
void
bench_measure (Bench *bench, const BenchFlow *flow)
{
  const BenchOptions *options = &bench->options;
  double cpu = -1;
  double own;
  gint64 now = bench_now ();

  bench->flow = flow;
  bench->sending = TRUE;
  if (options->rate > 0 && flow->send_one != NULL)
    {
      bench->interval = MAX ((gint64) (1e9 / options->rate), 1);
      bench->next_due = now;
    }
  else
    flow->start (bench, now);
  bench->phase = "warm-up";
  bench_run (bench, options->warmup, nobody_left);

  bench->phase = "measuring";
  bench->unsent = 0;
  cpu = bench_proc_cpu_seconds (options->pid);
  own = bench_proc_own_cpu_seconds ();
  bench->window_start = bench_now ();
  bench->window_end = bench->window_start + (gint64) (options->duration * 1e9);
  bench_run (bench, options->duration, nobody_left);
  if (cpu >= 0)
    cpu = bench_proc_cpu_seconds (options->pid) - cpu;
  own = bench_proc_own_cpu_seconds () - own;
  bench->window_end = MIN (bench->window_end, bench_now ());

  bench->sending = FALSE;
  bench->next_due = G_MAXINT64;
  bench->phase = "draining";
  bench->closing = bench->interrupted;
  if (flow->outstanding != NULL && !bench_run (bench, options->timeout, drained) &&
      !bench->interrupted)
    bench_error (bench, BENCH_ERROR_UNANSWERED, flow->outstanding (bench),
                 "no answer before the end");
  bench_error (bench, BENCH_ERROR_OVERRUN, bench->unsent,
               "the server did not read fast enough to send at the rate asked for");
  bench_report_cpu (bench, cpu, own, (double) (bench->window_end - bench->window_start) / 1e9,
                    bench->window_count, flow->unit);
}
