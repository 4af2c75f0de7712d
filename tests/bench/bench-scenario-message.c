/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <string.h>

/* echo and ack: every connection talks to the server on its own. */

#define MAX_QUEUED (1u << 20)

typedef struct
{
  BenchMessage message;
  char *expected;
  gsize expected_len;
  gboolean ack;
  guint32 next_id;
  guint next_sender;
  guint64 outstanding;
} Talk;

static void
write_message (Talk *talk, guint8 *out, gint64 stamp)
{
  bench_message_write (&talk->message, out, stamp, talk->next_id);
  talk->next_id = talk->next_id == BENCH_ID_MAX ? BENCH_ID_MIN : talk->next_id + 1;
}

/* All that may be sent goes out with one call. */
static void
spend_credits (Bench *bench, BenchWs *ws, gint64 now)
{
  Talk *talk = bench->data;
  guint n = ws->credits;

  ws->credits = 0;
  if (n == 0 || !bench->sending || bench->interval > 0)
    return;
  g_byte_array_set_size (bench->scratch, (guint) (n * talk->message.len));
  for (guint i = 0; i < n; i++)
    write_message (talk, bench->scratch->data + i * talk->message.len, now);
  ws->in_flight += n;
  talk->outstanding += n;
  if (now >= bench->window_start && now < bench->window_end)
    bench->window_sent += n;
  bench_io_send (&ws->io, bench->scratch->data, bench->scratch->len);
}

static gint64
answer_stamp (Talk *talk, const guint8 *packet, gsize len)
{
  gsize at = talk->expected_len;

  if (!talk->ack)
    return bench_stamp_find (packet, len, talk->expected, at);
  /* 43<id>["<stamp>… */
  if (len > at + BENCH_ID_LEN + 2 + BENCH_STAMP_LEN && memcmp (packet, talk->expected, at) == 0 &&
      packet[at + BENCH_ID_LEN] == '[')
    return bench_stamp_read (packet + at + BENCH_ID_LEN + 2);
  return bench_stamp_find (packet, len, "", 0);
}

static void
talk_message (Bench *bench, BenchWs *ws, const guint8 *packet, gsize len, gint64 now)
{
  Talk *talk = bench->data;
  gint64 stamp = answer_stamp (talk, packet, len);

  if (stamp < 0)
    return;
  if (ws->in_flight == 0)
    {
      bench_error (bench, BENCH_ERROR_PROTOCOL, 1, "more answers than messages");
      return;
    }
  ws->in_flight--;
  ws->credits++;
  talk->outstanding--;
  bench_record (bench, stamp, now);
}

static void
talk_closed (Bench *bench, BenchWs *ws, gboolean was_ready)
{
  Talk *talk = bench->data;

  talk->outstanding -= ws->in_flight;
  if (was_ready && !bench->closing)
    bench_error (bench, BENCH_ERROR_UNANSWERED, ws->in_flight, "connection lost");
  ws->in_flight = 0;
}

static const BenchWsHandlers talk_handlers = {
  .message = talk_message,
  .batch = spend_credits,
  .closed = talk_closed,
};

static void
talk_start (Bench *bench, gint64 now)
{
  for (guint i = 0; i < bench->n_ws; i++)
    if (bench->ws[i].state == BENCH_WS_READY)
      {
        bench->ws[i].credits = (guint) bench->options.pipeline;
        spend_credits (bench, &bench->ws[i], bench_now ());
      }
}

static gboolean
talk_send_one (Bench *bench, gint64 stamp)
{
  Talk *talk = bench->data;

  for (guint tries = 0; tries < bench->n_ws; tries++)
    {
      BenchWs *ws = &bench->ws[talk->next_sender];

      talk->next_sender = (talk->next_sender + 1) % bench->n_ws;
      if (ws->state != BENCH_WS_READY)
        continue;
      if (bench_io_queued (&ws->io) > MAX_QUEUED)
        return FALSE;
      g_byte_array_set_size (bench->scratch, (guint) talk->message.len);
      write_message (talk, bench->scratch->data, stamp);
      ws->in_flight++;
      talk->outstanding++;
      bench_io_send (&ws->io, bench->scratch->data, bench->scratch->len);
      return TRUE;
    }
  return FALSE;
}

static guint64
talk_outstanding (Bench *bench)
{
  return ((Talk *) bench->data)->outstanding;
}

static void
run_talk (Bench *bench, gboolean ack)
{
  static const BenchFlow echo_flow = { "echoes", talk_start, talk_send_one, talk_outstanding };
  static const BenchFlow ack_flow = { "acknowledgements", talk_start, talk_send_one,
                                      talk_outstanding };
  const char *nsp = bench->nsp_prefix;
  Talk talk = { .ack = ack, .next_id = BENCH_ID_MIN };
  g_autofree char *prefix =
      g_strdup_printf (ack ? "42%s00000000[\"ack\",\"" : "42%s[\"echo\",\"", nsp);

  talk.expected = ack ? g_strconcat ("43", nsp, NULL) : g_strdup (prefix);
  talk.expected_len = strlen (talk.expected);
  bench_message_init (&talk.message, prefix, (gsize) bench->options.payload, "\"]",
                      ack ? (gssize) strlen (nsp) + 2 : -1);
  bench->data = &talk;
  if (bench_ws_open_all (bench, (guint) bench->options.connections, &talk_handlers))
    {
      bench_measure (bench, ack ? &ack_flow : &echo_flow);
      bench_report_latency (bench, "round trip");
    }
  bench_ws_close_all (bench);
  bench_message_clear (&talk.message);
  g_free (talk.expected);
}

void
bench_scenario_echo (Bench *bench)
{
  run_talk (bench, FALSE);
}

void
bench_scenario_ack (Bench *bench)
{
  run_talk (bench, TRUE);
}
