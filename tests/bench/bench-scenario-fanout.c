/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <string.h>

/* broadcast and room: one message goes to many. A group is what one message reaches: all
 * connections, or a room. */

#define MAX_QUEUED (1u << 20)

typedef struct
{
  guint first;
  guint size;
  guint live;
  guint senders;
  guint next;
  guint64 sent;
  gint64 outstanding; /* deliveries */
  BenchMessage message;
} Group;

typedef struct
{
  Group *groups;
  guint n_groups;
  gboolean rooms;
  guint next_group;
  guint joined;
  gint64 outstanding;
  char *expected;
  gsize expected_len;
  char *ack;
} Fanout;

static guint
fan_of (const Fanout *fanout, const Group *group)
{
  return fanout->rooms && group->live > 0 ? group->live - 1 : group->live;
}

static gboolean
send_to_group (Bench *bench, Group *group, gint64 stamp)
{
  Fanout *fanout = bench->data;

  for (guint tries = 0; tries < group->senders; tries++)
    {
      BenchWs *ws = &bench->ws[group->first + group->next];
      guint fan = fan_of (fanout, group);

      group->next = (group->next + 1) % group->senders;
      if (ws->state != BENCH_WS_READY || fan == 0)
        continue;
      if (bench_io_queued (&ws->io) > MAX_QUEUED)
        return FALSE;
      g_byte_array_set_size (bench->scratch, (guint) group->message.len);
      bench_message_write (&group->message, bench->scratch->data, stamp, 0);
      group->sent++;
      group->outstanding += fan;
      fanout->outstanding += fan;
      ws->expected++; /* what it sends itself; see missing() */
      bench_io_send (&ws->io, bench->scratch->data, bench->scratch->len);
      return TRUE;
    }
  return FALSE;
}

static void
refill (Bench *bench, Group *group)
{
  const Fanout *fanout = bench->data;
  gint64 limit = ((gint64) bench->options.pipeline * group->senders - 1) * fan_of (fanout, group);

  if (!bench->sending || bench->interval > 0)
    return;
  while (group->outstanding <= limit && send_to_group (bench, group, bench_now ()))
    bench->window_sent++;
}

static void
fanout_message (Bench *bench, BenchWs *ws, const guint8 *packet, gsize len, gint64 now)
{
  Fanout *fanout = bench->data;
  Group *group = &fanout->groups[ws->group];
  gint64 stamp = bench_stamp_find (packet, len, fanout->expected, fanout->expected_len);

  if (G_UNLIKELY (stamp < 0))
    {
      if (len >= strlen (fanout->ack) && memcmp (packet, fanout->ack, strlen (fanout->ack)) == 0)
        fanout->joined++;
      return;
    }
  group->outstanding--;
  fanout->outstanding--;
  ws->received++;
  if (G_UNLIKELY (group->outstanding < 0))
    {
      bench_error (bench, BENCH_ERROR_PROTOCOL, 1, "more deliveries than expected");
      group->outstanding++;
      fanout->outstanding++;
    }
  bench_record (bench, stamp, now);
}

static void
fanout_batch (Bench *bench, BenchWs *ws, gint64 now)
{
  Fanout *fanout = bench->data;

  refill (bench, &fanout->groups[ws->group]);
}

/* Deliveries that a connection still has to get: a broadcast comes back to its sender, a message to
 * a room does not. */
static gint64
missing (const Fanout *fanout, const Group *group, const BenchWs *ws)
{
  guint64 due = group->sent - (fanout->rooms ? ws->expected : 0);

  return (gint64) (due - ws->received);
}

static void
fanout_closed (Bench *bench, BenchWs *ws, gboolean was_ready)
{
  Fanout *fanout = bench->data;
  Group *group = &fanout->groups[ws->group];
  gint64 lost;

  if (!was_ready || group->live == 0)
    return;
  lost = MAX (missing (fanout, group, ws), 0);
  group->live--;
  group->outstanding -= lost;
  fanout->outstanding -= lost;
  if (!bench->closing)
    bench_error (bench, BENCH_ERROR_UNANSWERED, (guint64) lost, "connection lost");
}

static const BenchWsHandlers fanout_handlers = {
  .message = fanout_message,
  .batch = fanout_batch,
  .closed = fanout_closed,
};

static void
fanout_start (Bench *bench, gint64 now)
{
  Fanout *fanout = bench->data;

  for (guint i = 0; i < fanout->n_groups; i++)
    refill (bench, &fanout->groups[i]);
}

static gboolean
fanout_send_one (Bench *bench, gint64 stamp)
{
  Fanout *fanout = bench->data;
  Group *group = &fanout->groups[fanout->next_group];

  fanout->next_group = (fanout->next_group + 1) % fanout->n_groups;
  return send_to_group (bench, group, stamp);
}

static guint64
fanout_outstanding (Bench *bench)
{
  return (guint64) MAX (((Fanout *) bench->data)->outstanding, 0);
}

static gboolean
all_joined (Bench *bench)
{
  return ((Fanout *) bench->data)->joined >= bench->ready;
}

static void
join_rooms (Bench *bench)
{
  Fanout *fanout = bench->data;

  bench->phase = "joining";
  for (guint i = 0; i < bench->n_ws; i++)
    {
      BenchWs *ws = &bench->ws[i];
      g_autofree char *packet = NULL;

      if (ws->state != BENCH_WS_READY)
        continue;
      packet = g_strdup_printf ("42%s0[\"join\",\"bench-%u\"]", bench->nsp_prefix, ws->group);
      bench_ws_send_text (ws, packet);
    }
  if (!bench_run (bench, bench->options.timeout, all_joined) && !bench->interrupted &&
      fanout->joined < bench->ready)
    bench_error (bench, BENCH_ERROR_TIMEOUT, bench->ready - fanout->joined,
                 "no acknowledgement of \"join\": does the server have this event?");
}

static void
make_groups (Bench *bench, Fanout *fanout)
{
  const BenchOptions *options = &bench->options;
  guint n = (guint) options->connections;
  guint size = fanout->rooms ? MIN ((guint) options->room_size, n) : n;

  fanout->n_groups = (n + size - 1) / size;
  fanout->groups = g_new0 (Group, fanout->n_groups);
  for (guint i = 0; i < fanout->n_groups; i++)
    {
      Group *group = &fanout->groups[i];
      g_autofree char *prefix =
          fanout->rooms ? g_strdup_printf ("42%s[\"room\",\"bench-%u\",\"", bench->nsp_prefix, i)
                        : g_strdup_printf ("42%s[\"bcast\",\"", bench->nsp_prefix);

      group->first = i * size;
      group->size = MIN (size, n - group->first);
      group->senders =
          options->senders > 0 ? (guint) options->senders : (fanout->rooms ? group->size : 1);
      group->senders = MIN (group->senders, group->size);
      bench_message_init (&group->message, prefix, (gsize) options->payload, "\"]", -1);
    }
}

static void
run_fanout (Bench *bench, gboolean rooms)
{
  static const BenchFlow flow = { "deliveries", fanout_start, fanout_send_one, fanout_outstanding };
  Fanout fanout = { .rooms = rooms };

  fanout.expected = g_strdup_printf ("42%s[\"%s\",\"", bench->nsp_prefix, rooms ? "room" : "bcast");
  fanout.expected_len = strlen (fanout.expected);
  fanout.ack = g_strdup_printf ("43%s0[", bench->nsp_prefix);
  make_groups (bench, &fanout);
  bench->data = &fanout;
  if (bench_ws_open_all (bench, (guint) bench->options.connections, &fanout_handlers))
    {
      for (guint i = 0; i < bench->n_ws; i++)
        {
          bench->ws[i].group = i / fanout.groups[0].size;
          if (bench->ws[i].state == BENCH_WS_READY)
            fanout.groups[bench->ws[i].group].live++;
        }
      if (rooms)
        join_rooms (bench);
      bench_measure (bench, &flow);
      bench_report_latency (bench, "delivery");
    }
  bench_ws_close_all (bench);
  for (guint i = 0; i < fanout.n_groups; i++)
    bench_message_clear (&fanout.groups[i].message);
  g_free (fanout.groups);
  g_free (fanout.expected);
  g_free (fanout.ack);
}

void
bench_scenario_broadcast (Bench *bench)
{
  run_fanout (bench, FALSE);
}

void
bench_scenario_room (Bench *bench)
{
  run_fanout (bench, TRUE);
}
