/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench.h"

/* An Engine.IO client over HTTP long polling: one keep-alive connection for the poll and one for
 * what it sends, like a browser. */

typedef enum
{
  BENCH_POLL_IDLE,
  BENCH_POLL_OPENING,
  BENCH_POLL_JOINING,
  BENCH_POLL_READY,
  BENCH_POLL_CLOSING,
} BenchPollState;

typedef struct
{
  BenchIo io;
  BenchPoll *poll;
  GByteArray *request;
  gboolean busy;
  gboolean reused; /* the server may have closed it while it was unused */
} BenchHttp;

struct BenchPoll
{
  BenchHttp get;
  BenchHttp post;
  Bench *bench;
  guint index;
  BenchPollState state;
  gint64 started;
  gint64 deadline;
  char *sid;
  GByteArray *outgoing; /* packets for the next POST */
  guint credits;
  guint in_flight;
};

void bench_poll_init_all (Bench *bench, guint n, const BenchPollHandlers *handlers);
void bench_poll_clear_all (Bench *bench);
void bench_poll_open (BenchPoll *poll);
guint8 *bench_poll_append (BenchPoll *poll, gsize len);
void bench_poll_flush (BenchPoll *poll);
void bench_poll_close (BenchPoll *poll);
void bench_poll_check_deadlines (Bench *bench, gint64 now);
void bench_poll_close_all (Bench *bench);
