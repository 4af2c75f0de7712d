/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Non-blocking TCP connections on one epoll descriptor. */

typedef enum
{
  BENCH_ERROR_REFUSED,
  BENCH_ERROR_TIMEOUT,
  BENCH_ERROR_CLOSED,
  BENCH_ERROR_REJECTED,
  BENCH_ERROR_PROTOCOL,
  BENCH_ERROR_UNANSWERED,
  BENCH_ERROR_OVERRUN,
  BENCH_ERROR_LOCAL,
  BENCH_N_ERRORS
} BenchErrorKind;

typedef struct BenchIo BenchIo;
typedef struct BenchLoop BenchLoop;

typedef struct
{
  void (*connected) (BenchIo *io);
  /* Returns how many bytes were used; the rest is handed in again together with what arrives later.
   */
  gsize (*data) (BenchIo *io, const guint8 *data, gsize len, gint64 now);
  /* The descriptor is closed already; the connection may be opened again from here. */
  void (*closed) (BenchIo *io, BenchErrorKind kind, const char *detail);
} BenchIoFuncs;

struct BenchIo
{
  BenchLoop *loop;
  const BenchIoFuncs *funcs;
  int fd;
  guint32 slot;
  guint32 generation;
  guint32 mask;
  gboolean connecting;
  GByteArray *in;
  GByteArray *out;
};

#define BENCH_LOOP_EVENTS 1024
#define BENCH_LOOP_BUFFER (256u * 1024)

struct BenchLoop
{
  int epoll_fd;
  gboolean coarse;
  GPtrArray *ios;
  guint8 *buffer;
  struct epoll_event events[BENCH_LOOP_EVENTS];
};

gint64 bench_now (void);

gboolean bench_loop_init (BenchLoop *self, GError **error);
void bench_loop_clear (BenchLoop *self);
void bench_loop_iterate (BenchLoop *self, gint64 timeout_ns);

void bench_io_init (BenchIo *io, BenchLoop *loop, const BenchIoFuncs *funcs);
void bench_io_clear (BenchIo *io);
void bench_io_connect (BenchIo *io, const struct sockaddr *address, socklen_t address_len);
void bench_io_send (BenchIo *io, const guint8 *data, gsize len);
gsize bench_io_queued (const BenchIo *io);
void bench_io_close (BenchIo *io);
void bench_io_fail (BenchIo *io, BenchErrorKind kind, const char *detail);
