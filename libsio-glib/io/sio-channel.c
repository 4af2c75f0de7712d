/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-channel-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_VECTORS 64
#define MAX_RECORD 16384 /* of TLS */
#define WRITE_ATTEMPTS 16

/* What a bare descriptor needs; most connections are that. */
struct _SioChannel
{
  SioWatch watch;
  SioChannelFunc func;
  gpointer user_data;
  int fd;           /* -1 if the stream has no socket */
  guint8 interest;  /* SioChannelInterest */
  guint8 is_stream; /* part of a StreamChannel */
};

G_STATIC_ASSERT (sizeof (SioChannel) <= 80);

typedef struct
{
  SioChannel parent;
  SioReactor *reactor;
  GIOStream *stream;
  GPollableInputStream *in;
  GPollableOutputStream *out;
  GSource *in_source; /* only if there is no socket */
  GSource *out_source;
  SioDefer read_again;
  guint retry_length;      /* of the record that could not be written entirely */
  guint8 maybe_pending;    /* decrypted bytes may wait where epoll does not see them */
  guint8 write_wants_read; /* a write goes on after the peer's next bytes */
  guint8 write_closed;
} StreamChannel;

static gboolean update (SioChannel *self, GError **error);

static void
watch_cb (SioWatch *watch, guint32 events)
{
  SioChannel *self = watch->data;
  SioChannelInterest ready = 0;

  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
    ready |= SIO_CHANNEL_READABLE;
  if ((events & EPOLLOUT) != 0)
    ready |= SIO_CHANNEL_WRITABLE;
  if (self->is_stream)
    {
      StreamChannel *stream = (StreamChannel *) self;

      if (stream->write_wants_read && (ready & SIO_CHANNEL_READABLE) != 0)
        {
          stream->write_wants_read = FALSE;
          ready |= self->interest & SIO_CHANNEL_WRITABLE;
          update (self, NULL);
        }
    }
  /* The callee may free the channel. */
  self->func (self, ready, self->user_data);
}

static void
read_again_cb (SioDefer *defer)
{
  SioChannel *self = defer->data;

  if ((self->interest & SIO_CHANNEL_READABLE) != 0)
    self->func (self, SIO_CHANNEL_READABLE, self->user_data);
}

static gboolean
in_source_cb (GObject *pollable_stream, gpointer user_data)
{
  SioChannel *self = user_data;

  self->func (self, SIO_CHANNEL_READABLE, self->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
out_source_cb (GObject *pollable_stream, gpointer user_data)
{
  SioChannel *self = user_data;

  self->func (self, SIO_CHANNEL_WRITABLE, self->user_data);
  return G_SOURCE_CONTINUE;
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
attach_source (StreamChannel *self, GSource *source, GPollableSourceFunc func)
{
  g_source_set_callback (source, G_SOURCE_FUNC (func), self, NULL);
  g_source_set_static_name (source, "[sio] stream");
  g_source_attach (source, sio_reactor_get_context (self->reactor));
}

static void
update_sources (StreamChannel *self)
{
  SioChannelInterest interest = self->parent.interest;

  if ((interest & SIO_CHANNEL_READABLE) == 0)
    clear_source (&self->in_source);
  else if (self->in_source == NULL)
    {
      self->in_source = g_pollable_input_stream_create_source (self->in, NULL);
      attach_source (self, self->in_source, in_source_cb);
    }
  if ((interest & SIO_CHANNEL_WRITABLE) == 0)
    clear_source (&self->out_source);
  else if (self->out_source == NULL)
    {
      self->out_source = g_pollable_output_stream_create_source (self->out, NULL);
      attach_source (self, self->out_source, out_source_cb);
    }
}

/* Brings what is watched in line with what is wanted. */
static gboolean
update (SioChannel *self, GError **error)
{
  StreamChannel *stream = self->is_stream ? (StreamChannel *) self : NULL;
  guint32 events = 0;

  if (self->fd < 0)
    {
      update_sources (stream);
      return TRUE;
    }
  if ((self->interest & SIO_CHANNEL_READABLE) != 0)
    events |= EPOLLIN;
  if ((self->interest & SIO_CHANNEL_WRITABLE) != 0)
    events |= stream != NULL && stream->write_wants_read ? EPOLLIN : EPOLLOUT;

  /* epoll reports hang-ups even to those who asked for nothing: go out of its way. */
  if (events == 0)
    sio_watch_remove (&self->watch);
  else if (self->watch.fd < 0)
    return sio_watch_add (&self->watch, self->fd, events, error);
  else
    sio_watch_modify (&self->watch, events);
  return TRUE;
}

SioChannel *
sio_channel_new_fd (SioReactor *reactor, int fd)
{
  SioChannel *self = g_new0 (SioChannel, 1);

  self->fd = fd;
  sio_watch_init (&self->watch, sio_reactor_ref (reactor), watch_cb, self);
  return self;
}

/* The socket below TLS and other layers. */
static int
find_fd (GIOStream *stream)
{
  static const char *const properties[] = { "base-io-stream", "base-iostream" };
  g_autoptr (GIOStream) current = g_object_ref (stream);

  while (current != NULL)
    {
      g_autoptr (GIOStream) base = NULL;

      if (G_IS_SOCKET_CONNECTION (current))
        return g_socket_get_fd (g_socket_connection_get_socket (G_SOCKET_CONNECTION (current)));
      for (guint i = 0; i < G_N_ELEMENTS (properties) && base == NULL; i++)
        {
          GParamSpec *pspec =
              g_object_class_find_property (G_OBJECT_GET_CLASS (current), properties[i]);

          if (pspec != NULL && g_type_is_a (pspec->value_type, G_TYPE_IO_STREAM))
            g_object_get (current, properties[i], &base, NULL);
        }
      g_set_object (&current, base);
    }
  return -1;
}

SioChannel *
sio_channel_new_stream (SioReactor *reactor, GIOStream *stream)
{
  StreamChannel *self = g_new0 (StreamChannel, 1);

  self->parent.is_stream = TRUE;
  self->parent.fd = find_fd (stream);
  self->reactor = sio_reactor_ref (reactor);
  self->stream = g_object_ref (stream);
  self->in = (GPollableInputStream *) g_io_stream_get_input_stream (stream);
  self->out = (GPollableOutputStream *) g_io_stream_get_output_stream (stream);
  /* Layers above the socket may hold bytes already. */
  self->maybe_pending = TRUE;
  sio_watch_init (&self->parent.watch, reactor, watch_cb, self);
  sio_defer_init (&self->read_again, read_again_cb, self);
  return &self->parent;
}

static gboolean
is_fd_writable (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

  return fd >= 0 && poll (&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

static void
stream_close (StreamChannel *self)
{
  /* Closing TLS writes a record and waits until that is written. Where it would
   * have to wait, or comes after half a record, the socket goes first. */
  if (self->parent.fd >= 0 && (self->retry_length > 0 || !is_fd_writable (self->parent.fd)))
    shutdown (self->parent.fd, SHUT_RDWR);
  g_io_stream_close (self->stream, NULL, NULL);
  g_object_unref (self->stream);
}

gsize
sio_channel_get_size (void)
{
  return sizeof (SioChannel);
}

void
sio_channel_free (SioChannel *self)
{
  SioReactor *reactor = self->watch.reactor;

  sio_watch_remove (&self->watch);
  if (self->is_stream)
    {
      StreamChannel *stream = (StreamChannel *) self;

      sio_defer_cancel (&stream->read_again);
      clear_source (&stream->in_source);
      clear_source (&stream->out_source);
      stream_close (stream);
    }
  else
    close (self->fd);
  g_free (self);
  sio_reactor_unref (reactor);
}

int
sio_channel_steal_fd (SioChannel *self)
{
  SioReactor *reactor = self->watch.reactor;
  int fd = self->fd;

  g_return_val_if_fail (!self->is_stream, -1);

  sio_watch_remove (&self->watch);
  g_free (self);
  sio_reactor_unref (reactor);
  return fd;
}

GIOStream *
sio_channel_steal_stream (SioChannel *self)
{
  SioReactor *reactor = self->watch.reactor;
  StreamChannel *stream = (StreamChannel *) self;
  GIOStream *stolen;

  g_return_val_if_fail (self->is_stream, NULL);

  sio_watch_remove (&self->watch);
  sio_defer_cancel (&stream->read_again);
  clear_source (&stream->in_source);
  clear_source (&stream->out_source);
  stolen = stream->stream;
  g_free (self);
  sio_reactor_unref (reactor);
  return stolen;
}

void
sio_channel_set_func (SioChannel *self, SioChannelFunc func, gpointer user_data)
{
  self->func = func;
  self->user_data = user_data;
}

gboolean
sio_channel_set_interest (SioChannel *self, SioChannelInterest interest, GError **error)
{
  g_return_val_if_fail (self->func != NULL, FALSE);

  if (self->interest == interest)
    return TRUE;
  if (self->is_stream)
    {
      StreamChannel *stream = (StreamChannel *) self;

      if (!G_IS_POLLABLE_INPUT_STREAM (stream->in) || !G_IS_POLLABLE_OUTPUT_STREAM (stream->out) ||
          !g_pollable_input_stream_can_poll (stream->in) ||
          !g_pollable_output_stream_can_poll (stream->out))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "stream of type %s is not pollable", G_OBJECT_TYPE_NAME (stream->stream));
          return FALSE;
        }
      if ((interest & SIO_CHANNEL_READABLE) == 0)
        sio_defer_cancel (&stream->read_again);
      else if (stream->maybe_pending)
        sio_defer_queue (&stream->read_again, stream->reactor);
    }
  self->interest = interest;
  return update (self, error);
}

SioChannelInterest
sio_channel_get_interest (SioChannel *self)
{
  return self->interest;
}

static SioIoStatus
status_from_errno (int saved_errno, const char *what, GError **error)
{
  if (saved_errno == EAGAIN)
    return SIO_IO_WOULD_BLOCK;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno), "%s: %s", what,
               g_strerror (saved_errno));
  return SIO_IO_ERROR;
}

static SioIoStatus
status_from_error (GError *local_error, GError **error)
{
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_error_free (local_error);
      return SIO_IO_WOULD_BLOCK;
    }
  /* Many peers end the connection without saying so to TLS first. */
  if (g_error_matches (local_error, G_TLS_ERROR, G_TLS_ERROR_EOF))
    {
      g_error_free (local_error);
      return SIO_IO_EOF;
    }
  g_propagate_error (error, local_error);
  return SIO_IO_ERROR;
}

static SioIoStatus
stream_read (StreamChannel *self, void *buffer, gsize length, gsize *n_read, GError **error)
{
  GError *local_error = NULL;
  gssize n =
      g_pollable_input_stream_read_nonblocking (self->in, buffer, length, NULL, &local_error);

  if (n > 0)
    {
      *n_read = n;
      self->maybe_pending = TRUE;
      if ((self->parent.interest & SIO_CHANNEL_READABLE) != 0)
        sio_defer_queue (&self->read_again, self->reactor);
      return SIO_IO_OK;
    }
  self->maybe_pending = FALSE;
  sio_defer_cancel (&self->read_again);
  return n == 0 ? SIO_IO_EOF : status_from_error (local_error, error);
}

SioIoStatus
sio_channel_read (SioChannel *self, void *buffer, gsize length, gsize *n_read, GError **error)
{
  gssize n;

  *n_read = 0;
  if (self->is_stream)
    return stream_read ((StreamChannel *) self, buffer, length, n_read, error);
  do
    n = recv (self->fd, buffer, length, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return status_from_errno (errno, "cannot receive", error);
  *n_read = n;
  return n > 0 ? SIO_IO_OK : SIO_IO_EOF;
}

static SioIoStatus
fd_writev (SioChannel *self,
           const GOutputVector *vectors,
           guint n_vectors,
           gsize *n_written,
           GError **error)
{
  struct iovec iov[MAX_VECTORS];
  struct msghdr message = { .msg_iov = iov, .msg_iovlen = MIN (n_vectors, MAX_VECTORS) };
  gssize n;

  for (guint i = 0; i < message.msg_iovlen; i++)
    {
      iov[i].iov_base = (void *) vectors[i].buffer;
      iov[i].iov_len = vectors[i].size;
    }
  /* Most writes are of one piece, for which the simpler call is the cheaper one. */
  do
    n = n_vectors == 1
            ? send (self->fd, vectors->buffer, vectors->size, MSG_DONTWAIT | MSG_NOSIGNAL)
            : sendmsg (self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return status_from_errno (errno, "cannot send", error);
  *n_written = n;
  return SIO_IO_OK;
}

/* Writes one record. The same bytes must come again after SIO_IO_WOULD_BLOCK:
 * GnuTLS has encrypted them and will only say that it wrote that many. */
static SioIoStatus
write_record (StreamChannel *self, const void *data, gsize length, gsize *n_written, GError **error)
{
  for (guint i = 0;; i++)
    {
      GError *local_error = NULL;
      gssize n =
          g_pollable_output_stream_write_nonblocking (self->out, data, length, NULL, &local_error);
      SioIoStatus status;

      if (n >= 0)
        {
          *n_written = n;
          self->retry_length = 0;
          if (self->write_wants_read)
            {
              self->write_wants_read = FALSE;
              update (&self->parent, NULL);
            }
          return SIO_IO_OK;
        }
      status = status_from_error (local_error, error);
      if (status != SIO_IO_WOULD_BLOCK)
        return status;
      self->retry_length = length;
      /* Each further attempt while the socket takes bytes gets on with the
       * record, so one that does not end waits for the peer instead. */
      if (!is_fd_writable (self->parent.fd))
        return SIO_IO_WOULD_BLOCK;
      if (i == WRITE_ATTEMPTS)
        {
          self->write_wants_read = TRUE;
          update (&self->parent, NULL);
          return SIO_IO_WOULD_BLOCK;
        }
    }
}

typedef struct
{
  const GOutputVector *vectors;
  guint n_vectors;
  guint index;
  gsize offset; /* in vectors[index] */
} Cursor;

static void
cursor_advance (Cursor *cursor, gsize n)
{
  cursor->offset += n;
  while (cursor->index < cursor->n_vectors && cursor->offset >= cursor->vectors[cursor->index].size)
    cursor->offset -= cursor->vectors[cursor->index++].size;
}

/* Small pieces share a record: each costs some 30 bytes and a system call. */
static gsize
cursor_gather (const Cursor *cursor, gsize wanted, guint8 *record, const guint8 **data)
{
  gsize length = 0;
  gsize offset = cursor->offset;

  *data = (const guint8 *) cursor->vectors[cursor->index].buffer + offset;
  if (cursor->index + 1 == cursor->n_vectors ||
      cursor->vectors[cursor->index].size - offset >= wanted)
    return MIN (cursor->vectors[cursor->index].size - offset, wanted);

  for (guint i = cursor->index; i < cursor->n_vectors && length < wanted; i++)
    {
      gsize n = MIN (cursor->vectors[i].size - offset, wanted - length);

      memcpy (record + length, (const guint8 *) cursor->vectors[i].buffer + offset, n);
      length += n;
      offset = 0;
    }
  *data = record;
  return length;
}

static SioIoStatus
stream_writev (StreamChannel *self,
               const GOutputVector *vectors,
               guint n_vectors,
               gsize *n_written,
               GError **error)
{
  Cursor cursor = { vectors, n_vectors, 0, 0 };

  cursor_advance (&cursor, 0);
  while (cursor.index < n_vectors)
    {
      guint8 record[MAX_RECORD];
      const guint8 *data;
      gsize wanted = self->retry_length > 0 ? self->retry_length : MAX_RECORD;
      gsize length = cursor_gather (&cursor, wanted, record, &data);
      gsize n = 0;
      SioIoStatus status = write_record (self, data, length, &n, error);

      if (status != SIO_IO_OK)
        return status == SIO_IO_WOULD_BLOCK && *n_written > 0 ? SIO_IO_OK : status;
      n = MIN (n, length);
      *n_written += n;
      cursor_advance (&cursor, n);
    }
  return SIO_IO_OK;
}

SioIoStatus
sio_channel_writev (SioChannel *self,
                    const GOutputVector *vectors,
                    guint n_vectors,
                    gsize *n_written,
                    GError **error)
{
  *n_written = 0;
  if (self->is_stream)
    return stream_writev ((StreamChannel *) self, vectors, n_vectors, n_written, error);
  return fd_writev (self, vectors, n_vectors, n_written, error);
}

static void
stream_shutdown_write (StreamChannel *self)
{
  int fd = self->parent.fd;

  if (self->write_closed)
    return;
  self->write_closed = TRUE;
  /* TLS says good-bye with a record, and would wait until it is written. */
  if (fd < 0 || (self->retry_length == 0 && is_fd_writable (fd)))
    g_output_stream_close (G_OUTPUT_STREAM (self->out), NULL, NULL);
  if (fd >= 0)
    shutdown (fd, SHUT_WR);
}

void
sio_channel_shutdown_write (SioChannel *self)
{
  if (self->is_stream)
    stream_shutdown_write ((StreamChannel *) self);
  else
    shutdown (self->fd, SHUT_WR);
}

gsize
sio_channel_get_committed (SioChannel *self)
{
  return self->is_stream ? ((StreamChannel *) self)->retry_length : 0;
}

int
sio_channel_get_fd (SioChannel *self)
{
  return self->fd;
}
