/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-frame.h"
#include "bench-histogram.h"
#include "bench-io.h"

typedef struct Bench Bench;
typedef struct BenchWs BenchWs;
typedef struct BenchPoll BenchPoll;
typedef struct BenchInflate BenchInflate;
typedef struct BenchScenario BenchScenario;

typedef struct
{
  int connections;
  double duration;
  double warmup;
  int payload;
  double rate;
  int pipeline;
  int senders;
  int room_size;
  int concurrency;
  int rounds;
  double settle;
  double timeout;
  int pid;
  char *path;
  char *nsp;
  char *auth;
  char **headers;
  gboolean json;
  gboolean progress;
  gboolean quiet;
  gboolean deflate;
  gboolean allow_errors;
  gboolean version;
} BenchOptions;

typedef struct
{
  char *url;
  char *host;
  char *host_header;
  int port;
  char *query;
  struct sockaddr_storage address;
  socklen_t address_len;
} BenchTarget;

/* What a scenario wants to hear from WebSocket connections. */
typedef struct
{
  void (*ready) (Bench *bench, BenchWs *ws, gint64 now);
  void (*message) (Bench *bench, BenchWs *ws, const guint8 *packet, gsize len, gint64 now);
  /* After all messages of one read were handed over. */
  void (*batch) (Bench *bench, BenchWs *ws, gint64 now);
  void (*closed) (Bench *bench, BenchWs *ws, gboolean was_ready);
} BenchWsHandlers;

typedef enum
{
  BENCH_WS_IDLE,
  BENCH_WS_DIALING,
  BENCH_WS_UPGRADING,
  BENCH_WS_OPENING,
  BENCH_WS_JOINING,
  BENCH_WS_READY,
  BENCH_WS_CLOSING,
} BenchWsState;

struct BenchWs
{
  BenchIo io;
  Bench *bench;
  guint index;
  BenchWsState state;
  gint64 started;
  gint64 deadline;
  guint credits;   /* messages to send before the next wait */
  guint in_flight; /* messages without an answer */
  guint group;
  guint64 received;
  guint64 expected;
  GByteArray *fragments;
};

typedef struct
{
  void (*ready) (Bench *bench, BenchPoll *poll, gint64 now);
  void (*message) (Bench *bench, BenchPoll *poll, const guint8 *packet, gsize len, gint64 now);
  void (*batch) (Bench *bench, BenchPoll *poll, gint64 now);
  void (*closed) (Bench *bench, BenchPoll *poll, gboolean was_ready);
} BenchPollHandlers;

/* Opens connections with a bounded number of handshakes at a time. */
typedef struct
{
  guint total;
  guint next;
  guint busy;
  guint failed;
  guint limit;
  gboolean cyclic; /* begin again with finished ones instead of stopping after `total` */
  GArray *free;
} BenchPool;

/* A kind of traffic: how it starts, and what is due when messages are sent at a fixed rate. */
typedef struct
{
  const char *unit;
  void (*start) (Bench *bench, gint64 now);
  gboolean (*send_one) (Bench *bench, gint64 stamp);
  guint64 (*outstanding) (Bench *bench);
} BenchFlow;

struct BenchScenario
{
  const char *name;
  const char *summary;
  guint descriptors; /* per connection */
  void (*run) (Bench *bench);
};

typedef struct
{
  char *key;
  char *label;
  char *json;
  char *text;
} BenchResult;

struct Bench
{
  BenchOptions options;
  BenchTarget target;
  const BenchScenario *scenario;
  const BenchFlow *flow;
  gpointer data; /* of the scenario */
  BenchLoop loop;
  BenchPool pool;
  BenchInflate *inflate; /* NULL without --deflate */

  BenchWs *ws;
  guint n_ws;
  const BenchWsHandlers *ws_handlers;
  BenchPoll *polls;
  guint n_polls;
  const BenchPollHandlers *poll_handlers;

  char *upgrade_request;
  char *upgrade_accept;
  char *connect_packet;
  char *connect_reply;
  char *connect_refused;
  char *nsp_prefix;

  const char *phase;
  guint ready;
  gboolean sending;
  gboolean closing;
  volatile gint interrupted;
  gboolean abandoned;
  gint64 started;
  gint64 next_tick;
  gint64 next_progress;
  guint64 progress_count;
  gboolean tty;

  gint64 window_start;
  gint64 window_end;
  gint64 next_due;
  gint64 interval;
  guint64 total_count;
  guint64 window_count;
  guint64 window_sent;
  guint64 unsent;
  BenchHistogram histogram;
  BenchHistogram second;

  guint64 errors[BENCH_N_ERRORS];
  char *first_error;
  GArray *results;
  GByteArray *scratch;
};

static inline void
bench_record (Bench *bench, gint64 stamp, gint64 now)
{
  bench->total_count++;
  if (now >= bench->window_start && now < bench->window_end)
    bench->window_count++;
  if (stamp >= bench->window_start && stamp < bench->window_end)
    bench_histogram_record (&bench->histogram, now - stamp);
}

/* bench-core.c */
gboolean bench_init (Bench *bench, GError **error);
void bench_clear (Bench *bench);
void bench_error (Bench *bench, BenchErrorKind kind, guint64 count, const char *detail);
guint64 bench_total_errors (const Bench *bench);
const char *bench_error_name (BenchErrorKind kind);
gboolean bench_run (Bench *bench, double seconds, gboolean (*done) (Bench *bench));
void bench_measure (Bench *bench, const BenchFlow *flow);

/* bench-deflate.c */
BenchInflate *bench_inflate_new (void);
void bench_inflate_free (BenchInflate *self);
/* The payload becomes the inflated one, valid until the next call. */
gboolean bench_inflate_frame (BenchInflate *self, BenchFrame *frame);

/* bench-options.c */
gboolean bench_options_parse (BenchOptions *options, int *argc, char ***argv, GError **error);
void bench_options_clear (BenchOptions *options);
gboolean
bench_target_parse (BenchTarget *target, BenchOptions *options, const char *url, GError **error);
gboolean bench_target_resolve (BenchTarget *target, GError **error);
void bench_target_clear (BenchTarget *target);

/* bench-pool.c */
void bench_pool_init (BenchPool *pool, guint total, guint limit);
void bench_pool_clear (BenchPool *pool);
gboolean bench_pool_pump (Bench *bench);
void bench_pool_opened (Bench *bench);
void bench_pool_failed (Bench *bench);
void bench_pool_release (Bench *bench, guint index);
gboolean bench_pool_settled (Bench *bench);

/* bench-ws.c */
void bench_ws_init_all (Bench *bench, guint n, const BenchWsHandlers *handlers);
void bench_ws_clear_all (Bench *bench);
void bench_ws_open (BenchWs *ws);
void bench_ws_send_text (BenchWs *ws, const char *text);
void bench_ws_close (BenchWs *ws);
void bench_ws_check_deadlines (Bench *bench, gint64 now);
gboolean bench_ws_open_all (Bench *bench, guint n, const BenchWsHandlers *handlers);
void bench_ws_close_all (Bench *bench);

/* bench-report.c */
void
bench_result_number (Bench *bench, const char *key, const char *label, double value, int decimals);
void bench_result_array (
    Bench *bench, const char *key, const char *label, const double *values, guint n);
void bench_report_cpu (
    Bench *bench, double cpu, double own, double seconds, guint64 count, const char *unit);
void bench_report_latency (Bench *bench, const char *what);
void bench_report_write (Bench *bench);
void bench_progress (Bench *bench, gint64 now);
void bench_progress_end (Bench *bench);

/* Scenarios. */
void bench_scenario_idle (Bench *bench);
void bench_scenario_connect (Bench *bench);
void bench_scenario_churn (Bench *bench);
void bench_scenario_echo (Bench *bench);
void bench_scenario_ack (Bench *bench);
void bench_scenario_broadcast (Bench *bench);
void bench_scenario_room (Bench *bench);
void bench_scenario_polling_connect (Bench *bench);
void bench_scenario_polling_echo (Bench *bench);
const BenchScenario *bench_scenario_find (const char *name);
extern const BenchScenario bench_scenarios[];
