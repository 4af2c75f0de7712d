/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-io.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gio/gio.h>

gint64
bench_now (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (gint64) ts.tv_sec * 1000000000 + ts.tv_nsec;
}

gboolean
bench_loop_init (BenchLoop *self, GError **error)
{
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "cannot create an epoll descriptor: %s", g_strerror (errno));
      return FALSE;
    }
  self->coarse = FALSE;
  self->ios = g_ptr_array_new ();
  self->buffer = g_malloc (BENCH_LOOP_BUFFER);
  return TRUE;
}

void
bench_loop_clear (BenchLoop *self)
{
  close (self->epoll_fd);
  g_clear_pointer (&self->ios, g_ptr_array_unref);
  g_clear_pointer (&self->buffer, g_free);
}

static void
set_mask (BenchIo *io, guint32 mask)
{
  struct epoll_event event = { .events = mask,
                               .data.u64 = ((guint64) io->generation << 32) | io->slot };

  if (io->mask == mask)
    return;
  epoll_ctl (io->loop->epoll_fd, io->mask == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, io->fd, &event);
  io->mask = mask;
}

static BenchErrorKind
classify (int error)
{
  switch (error)
    {
    case ECONNREFUSED:
      return BENCH_ERROR_REFUSED;
    case ETIMEDOUT:
      return BENCH_ERROR_TIMEOUT;
    case ECONNRESET:
    case EPIPE:
      return BENCH_ERROR_CLOSED;
    default:
      return BENCH_ERROR_LOCAL;
    }
}

void
bench_io_init (BenchIo *io, BenchLoop *loop, const BenchIoFuncs *funcs)
{
  memset (io, 0, sizeof *io);
  io->loop = loop;
  io->funcs = funcs;
  io->fd = -1;
  io->slot = loop->ios->len;
  g_ptr_array_add (loop->ios, io);
}

void
bench_io_clear (BenchIo *io)
{
  bench_io_close (io);
}

void
bench_io_connect (BenchIo *io, const struct sockaddr *address, socklen_t address_len)
{
  int one = 1;

  g_assert (io->fd < 0);
  io->fd = socket (address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (io->fd < 0)
    {
      bench_io_fail (io, BENCH_ERROR_LOCAL, g_strerror (errno));
      return;
    }
  setsockopt (io->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect (io->fd, address, address_len) < 0 && errno != EINPROGRESS)
    {
      int error = errno;

      bench_io_fail (io, classify (error), g_strerror (error));
      return;
    }
  io->connecting = TRUE;
  set_mask (io, EPOLLOUT);
}

void
bench_io_close (BenchIo *io)
{
  if (io->fd >= 0)
    close (io->fd);
  io->fd = -1;
  io->mask = 0;
  io->connecting = FALSE;
  io->generation++;
  g_clear_pointer (&io->in, g_byte_array_unref);
  g_clear_pointer (&io->out, g_byte_array_unref);
}

void
bench_io_fail (BenchIo *io, BenchErrorKind kind, const char *detail)
{
  bench_io_close (io);
  io->funcs->closed (io, kind, detail);
}

gsize
bench_io_queued (const BenchIo *io)
{
  return io->out != NULL ? io->out->len : 0;
}

/* Never closes the connection: a broken one is reported by epoll. */
void
bench_io_send (BenchIo *io, const guint8 *data, gsize len)
{
  gssize sent = 0;

  if (io->fd < 0)
    return;
  if (io->out == NULL)
    {
      sent = send (io->fd, data, len, MSG_NOSIGNAL);
      if (sent == (gssize) len)
        return;
      if (sent < 0)
        {
          if (errno != EAGAIN && errno != EINTR)
            return;
          sent = 0;
        }
      io->out = g_byte_array_new ();
      set_mask (io, EPOLLIN | EPOLLOUT);
    }
  g_byte_array_append (io->out, data + sent, (guint) (len - (gsize) sent));
}

static void
flush_queue (BenchIo *io)
{
  gssize sent;

  if (io->out == NULL)
    return;
  sent = send (io->fd, io->out->data, io->out->len, MSG_NOSIGNAL);
  if (sent < 0)
    return;
  if ((guint) sent < io->out->len)
    {
      g_byte_array_remove_range (io->out, 0, (guint) sent);
      return;
    }
  g_clear_pointer (&io->out, g_byte_array_unref);
  set_mask (io, EPOLLIN);
}

static void
finish_connect (BenchIo *io, guint32 events)
{
  int error = 0;
  socklen_t len = sizeof error;

  if ((events & (EPOLLERR | EPOLLHUP)) != 0)
    getsockopt (io->fd, SOL_SOCKET, SO_ERROR, &error, &len);
  if (error != 0)
    {
      bench_io_fail (io, classify (error), g_strerror (error));
      return;
    }
  io->connecting = FALSE;
  set_mask (io, EPOLLIN);
  io->funcs->connected (io);
}

/* Most of the time nothing is left over and the shared buffer is parsed in place; a connection has
 * a buffer of its own only while it waits for the rest of a frame. */
static void
read_some (BenchIo *io)
{
  guint32 generation = io->generation;
  guint8 *buffer = io->loop->buffer;
  gsize kept = 0;
  gsize used;
  gssize got;

  if (io->in != NULL)
    {
      kept = io->in->len;
      g_byte_array_set_size (io->in, (guint) (kept + BENCH_LOOP_BUFFER));
      buffer = io->in->data;
    }
  got = recv (io->fd, buffer + kept, BENCH_LOOP_BUFFER, 0);
  if (got <= 0)
    {
      int error = errno;

      if (io->in != NULL)
        g_byte_array_set_size (io->in, (guint) kept);
      if (got == 0)
        bench_io_fail (io, BENCH_ERROR_CLOSED, "the server closed the connection");
      else if (error != EAGAIN && error != EINTR)
        bench_io_fail (io, classify (error), g_strerror (error));
      return;
    }
  if (io->in != NULL)
    g_byte_array_set_size (io->in, (guint) (kept + (gsize) got));
  used = io->funcs->data (io, buffer, kept + (gsize) got, bench_now ());
  if (io->generation != generation)
    return;
  if (used == kept + (gsize) got)
    g_clear_pointer (&io->in, g_byte_array_unref);
  else if (io->in != NULL)
    g_byte_array_remove_range (io->in, 0, (guint) used);
  else
    {
      io->in = g_byte_array_new ();
      g_byte_array_append (io->in, buffer + used, (guint) ((gsize) got - used));
    }
}

static int
wait_events (BenchLoop *self, gint64 timeout_ns)
{
  timeout_ns = MAX (timeout_ns, 0);
  if (!self->coarse)
    {
      struct timespec ts = { .tv_sec = timeout_ns / 1000000000,
                             .tv_nsec = timeout_ns % 1000000000 };
      int n = epoll_pwait2 (self->epoll_fd, self->events, BENCH_LOOP_EVENTS, &ts, NULL);

      if (n >= 0 || errno != ENOSYS)
        return n;
      self->coarse = TRUE;
    }
  return epoll_wait (self->epoll_fd, self->events, BENCH_LOOP_EVENTS, (int) (timeout_ns / 1000000));
}

void
bench_loop_iterate (BenchLoop *self, gint64 timeout_ns)
{
  int n = wait_events (self, timeout_ns);

  for (int i = 0; i < n; i++)
    {
      guint32 slot = (guint32) self->events[i].data.u64;
      guint32 generation = (guint32) (self->events[i].data.u64 >> 32);
      guint32 events = self->events[i].events;
      BenchIo *io = g_ptr_array_index (self->ios, slot);

      if (io->fd < 0 || io->generation != generation)
        continue;
      if (io->connecting)
        {
          finish_connect (io, events);
          continue;
        }
      if ((events & EPOLLOUT) != 0)
        flush_queue (io);
      if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read_some (io);
    }
}
