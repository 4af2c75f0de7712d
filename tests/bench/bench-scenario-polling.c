/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-poll.h"

#include <string.h>

/* polling-connect and polling-echo. */

#define MAX_QUEUED (1u << 20)

typedef struct
{
  BenchMessage message;
  char *expected;
  gsize expected_len;
  guint next_sender;
  guint64 outstanding;
} PollTalk;

static void
poll_spend_credits (Bench *bench, BenchPoll *poll, gint64 now)
{
  PollTalk *talk = bench->data;
  guint n = poll->credits;

  poll->credits = 0;
  if (!bench->sending || bench->interval > 0)
    return;
  for (guint i = 0; i < n; i++)
    bench_message_write (&talk->message, bench_poll_append (poll, talk->message.len), now, 0);
  poll->in_flight += n;
  talk->outstanding += n;
  bench_poll_flush (poll);
}

static void
poll_message (Bench *bench, BenchPoll *poll, const guint8 *packet, gsize len, gint64 now)
{
  PollTalk *talk = bench->data;
  gint64 stamp = bench_stamp_find (packet, len, talk->expected, talk->expected_len);

  if (stamp < 0)
    return;
  if (poll->in_flight == 0)
    {
      bench_error (bench, BENCH_ERROR_PROTOCOL, 1, "more answers than messages");
      return;
    }
  poll->in_flight--;
  poll->credits++;
  talk->outstanding--;
  bench_record (bench, stamp, now);
}

static void
poll_closed (Bench *bench, BenchPoll *poll, gboolean was_ready)
{
  PollTalk *talk = bench->data;

  talk->outstanding -= poll->in_flight;
  if (was_ready && !bench->closing)
    bench_error (bench, BENCH_ERROR_UNANSWERED, poll->in_flight, "session lost");
  poll->in_flight = 0;
}

static void
poll_start (Bench *bench, gint64 now)
{
  for (guint i = 0; i < bench->n_polls; i++)
    if (bench->polls[i].state == BENCH_POLL_READY)
      {
        bench->polls[i].credits = (guint) bench->options.pipeline;
        poll_spend_credits (bench, &bench->polls[i], bench_now ());
      }
}

static gboolean
poll_send_one (Bench *bench, gint64 stamp)
{
  PollTalk *talk = bench->data;

  for (guint tries = 0; tries < bench->n_polls; tries++)
    {
      BenchPoll *poll = &bench->polls[talk->next_sender];

      talk->next_sender = (talk->next_sender + 1) % bench->n_polls;
      if (poll->state != BENCH_POLL_READY)
        continue;
      if (poll->outgoing->len > MAX_QUEUED)
        return FALSE;
      bench_message_write (&talk->message, bench_poll_append (poll, talk->message.len), stamp, 0);
      poll->in_flight++;
      talk->outstanding++;
      bench_poll_flush (poll);
      return TRUE;
    }
  return FALSE;
}

static guint64
poll_outstanding (Bench *bench)
{
  return ((PollTalk *) bench->data)->outstanding;
}

void
bench_scenario_polling_echo (Bench *bench)
{
  static const BenchPollHandlers handlers = {
    .message = poll_message,
    .batch = poll_spend_credits,
    .closed = poll_closed,
  };
  static const BenchFlow flow = { "round trips", poll_start, poll_send_one, poll_outstanding };
  PollTalk talk = { .next_sender = 0 };
  guint n = (guint) bench->options.connections;
  gint64 start = bench_now ();
  double seconds;

  talk.expected = g_strdup_printf ("42%s[\"echo\",\"", bench->nsp_prefix);
  talk.expected_len = strlen (talk.expected);
  bench_message_init_text (&talk.message, talk.expected, (gsize) bench->options.payload, "\"]");
  bench->data = &talk;
  bench->phase = "connecting";
  bench_poll_init_all (bench, n, &handlers);
  bench_pool_init (&bench->pool, n, (guint) bench->options.concurrency);
  bench_run (bench, G_MAXDOUBLE, bench_pool_settled);
  seconds = (double) (bench_now () - start) / 1e9;
  if (bench->ready > 0 && !bench->interrupted)
    {
      bench_result_number (bench, "handshakes_per_second", "handshakes per second",
                           bench->ready / seconds, 1);
      bench_measure (bench, &flow);
      bench_report_latency (bench, "round trip");
    }
  bench_poll_close_all (bench);
  bench_message_clear (&talk.message);
  g_free (talk.expected);
}

static void
handshake_ready (Bench *bench, BenchPoll *poll, gint64 now)
{
  bench_record (bench, poll->started, now);
  bench_poll_close (poll);
}

static void
handshake_start (Bench *bench, gint64 now)
{
}

void
bench_scenario_polling_connect (Bench *bench)
{
  static const BenchPollHandlers handlers = { .ready = handshake_ready };
  static const BenchFlow flow = { .unit = "handshakes", .start = handshake_start };
  guint slots = (guint) bench->options.concurrency;

  bench->options.connections = (int) slots;
  bench_poll_init_all (bench, slots, &handlers);
  bench_pool_init (&bench->pool, slots, slots);
  bench->pool.cyclic = TRUE;
  bench_measure (bench, &flow);
  bench_report_latency (bench, "handshake");
  bench_poll_close_all (bench);
}
