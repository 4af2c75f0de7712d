/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io-fixture.h"
#include "sio-output-private.h"

typedef struct
{
  SioReactor *reactor;
  SioChannel *channel;
  IoPeer peer;
} Fixture;

static void
setup (Fixture *f, IoKind kind)
{
  SioChannel *channels[2];

  f->reactor = sio_reactor_get (NULL);
  io_channels (f->reactor, kind, channels);
  f->channel = channels[0];
  io_peer_init (&f->peer, channels[1]);
}

static void
teardown (Fixture *f)
{
  io_peer_clear (&f->peer);
  g_clear_pointer (&f->channel, sio_channel_free);
  sio_reactor_unref (f->reactor);
}

/* Reads with a buffer of a certain size, once per call. */
typedef struct
{
  GByteArray *in;
  gsize piece;
  gboolean eof;
  gboolean failed;
  guint n_calls;
} Reader;

static void
reader_cb (SioChannel *channel, SioChannelInterest ready, gpointer user_data)
{
  Reader *reader = user_data;
  g_autofree guint8 *buffer = g_malloc (reader->piece);
  g_autoptr (GError) error = NULL;
  gsize n;

  reader->n_calls++;
  if ((ready & SIO_CHANNEL_READABLE) == 0)
    return;
  switch (sio_channel_read (channel, buffer, reader->piece, &n, &error))
    {
    case SIO_IO_OK:
      g_assert_cmpuint (n, >, 0);
      g_byte_array_append (reader->in, buffer, n);
      break;
    case SIO_IO_WOULD_BLOCK:
      break;
    case SIO_IO_EOF:
      reader->eof = TRUE;
      sio_channel_set_interest (channel, 0, NULL);
      break;
    case SIO_IO_ERROR:
      g_assert_nonnull (error);
      reader->failed = TRUE;
      sio_channel_set_interest (channel, 0, NULL);
      break;
    }
}

static void
read_with (Reader *reader, SioChannel *channel, gsize piece)
{
  *reader = (Reader){ .in = g_byte_array_new (), .piece = piece };
  sio_channel_set_func (channel, reader_cb, reader);
  g_assert_true (sio_channel_set_interest (channel, SIO_CHANNEL_READABLE, NULL));
}

static SioIoStatus
write_text (SioChannel *channel, const char *text)
{
  GOutputVector vector = { text, strlen (text) };
  gsize n;
  SioIoStatus status = sio_channel_writev (channel, &vector, 1, &n, NULL);

  if (status == SIO_IO_OK)
    g_assert_cmpuint (n, ==, vector.size);
  return status;
}

static void
test_basic (gconstpointer kind)
{
  Fixture f;
  Reader reader;
  GOutputVector vectors[4] = { { "ab", 2 }, { "", 0 }, { "c", 1 }, { "def", 3 } };
  gsize n;

  setup (&f, GPOINTER_TO_UINT (kind));
  read_with (&reader, f.channel, 100);
  g_assert_cmpint (sio_channel_get_interest (f.channel), ==, SIO_CHANNEL_READABLE);
  g_assert_cmpint (sio_channel_writev (f.channel, vectors, 4, &n, NULL), ==, SIO_IO_OK);
  g_assert_cmpuint (n, ==, 6);
  io_wait_for (f.peer.in->len == 6);
  g_assert_cmpmem (f.peer.in->data, 6, "abcdef", 6);
  io_peer_send (&f.peer, "hello", 5);
  io_wait_for (reader.in->len == 5);
  g_assert_cmpmem (reader.in->data, 5, "hello", 5);
  /* The end of the stream. */
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  io_wait_for (reader.eof);
  g_byte_array_unref (reader.in);
  teardown (&f);
}

/* TLS hands out records: what is left of one must come although epoll is quiet. */
static void
test_small_reads (gconstpointer kind)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  Fixture f;
  Reader reader;

  setup (&f, GPOINTER_TO_UINT (kind));
  read_with (&reader, f.channel, 7);
  g_byte_array_set_size (data, 5000);
  for (guint i = 0; i < data->len; i++)
    data->data[i] = i * 11 + i / 256;
  io_peer_send (&f.peer, data->data, data->len);
  io_wait_for (reader.in->len == data->len);
  g_assert_cmpmem (reader.in->data, reader.in->len, data->data, data->len);

  /* Also when interest goes and comes back in between. */
  g_byte_array_set_size (reader.in, 0);
  io_peer_send (&f.peer, data->data, 1000);
  io_wait_for (reader.in->len > 0);
  sio_channel_set_interest (f.channel, 0, NULL);
  reader.n_calls = 0;
  for (guint i = 0; i < 3; i++)
    io_iterate ();
  g_assert_cmpuint (reader.n_calls, ==, 0);
  g_assert_cmpuint (reader.in->len, <, 1000);
  sio_channel_set_interest (f.channel, SIO_CHANNEL_READABLE, NULL);
  io_wait_for (reader.in->len == 1000);
  g_assert_cmpmem (reader.in->data, 1000, data->data, 1000);
  g_byte_array_unref (reader.in);
  teardown (&f);
}

/* More than any buffer takes, in both directions at the same time, in pieces of
 * all sizes, to a reader that stops again and again. */
typedef struct
{
  SioChannel *channel;
  SioOutput output;
  GByteArray *in;
  gsize wanted;
  gboolean blocked;
} Stream;

static void
stream_cb (SioChannel *channel, SioChannelInterest ready, gpointer user_data)
{
  Stream *stream = user_data;
  guint8 buffer[20000];
  gsize n;

  if ((ready & SIO_CHANNEL_READABLE) != 0 &&
      sio_channel_read (channel, buffer, g_test_rand_int_range (1, sizeof buffer), &n, NULL) ==
          SIO_IO_OK)
    g_byte_array_append (stream->in, buffer, n);
  if ((ready & SIO_CHANNEL_WRITABLE) != 0)
    {
      SioIoStatus status = sio_output_flush (&stream->output, channel, NULL);

      g_assert_true (status == SIO_IO_OK || status == SIO_IO_WOULD_BLOCK);
      if (status == SIO_IO_WOULD_BLOCK)
        stream->blocked = TRUE;
    }
  sio_channel_set_interest (channel,
                            (stream->in->len < stream->wanted ? SIO_CHANNEL_READABLE : 0) |
                                (stream->output.n_bytes > 0 ? SIO_CHANNEL_WRITABLE : 0),
                            NULL);
}

#define BULK (6 * 1024 * 1024)

static void
test_bulk (gconstpointer kind)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  SioChannel *channels[2];
  Stream streams[2];

  io_channels (reactor, GPOINTER_TO_UINT (kind), channels);
  g_byte_array_set_size (data, BULK);
  for (guint i = 0; i < data->len; i++)
    data->data[i] = i * 7 + i / 256 * 3 + i / 65536;
  for (guint i = 0; i < 2; i++)
    {
      streams[i] = (Stream){ .channel = channels[i], .in = g_byte_array_new (), .wanted = BULK };
      io_set_buffers (sio_channel_get_fd (channels[i]), 20000);
      sio_output_init (&streams[i].output);
      for (gsize at = 0; at < data->len;)
        {
          gsize n = g_test_rand_int_range (0, 30) == 0 ? g_test_rand_int_range (1, 60000)
                                                       : g_test_rand_int_range (1, 2000);
          g_autoptr (GBytes) bytes = NULL;

          n = MIN (n, data->len - at);
          bytes = g_bytes_new_static (data->data + at, n);
          sio_output_push (&streams[i].output, bytes);
          at += n;
        }
      sio_channel_set_func (channels[i], stream_cb, &streams[i]);
    }
  for (guint i = 0; i < 2; i++)
    sio_channel_set_interest (channels[i], SIO_CHANNEL_READABLE | SIO_CHANNEL_WRITABLE, NULL);
  for (guint i = 0; i < 2; i++)
    io_wait_for (streams[i].in->len == BULK);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (streams[i].blocked);
      g_assert_cmpuint (streams[i].output.n_bytes, ==, 0);
      g_assert_true (memcmp (streams[i].in->data, data->data, BULK) == 0);
      g_byte_array_unref (streams[i].in);
      sio_output_clear (&streams[i].output);
      sio_channel_free (channels[i]);
    }
}

/* A queue grows again after it blocked: the retried record must be the same. */
static void
test_push_while_blocked (gconstpointer kind)
{
  g_autoptr (GByteArray) sent = g_byte_array_new ();
  SioOutput output;
  Fixture f;
  guint8 next = 0;
  guint n_blocked = 0;

  setup (&f, GPOINTER_TO_UINT (kind));
  io_set_buffers (sio_channel_get_fd (f.channel), 8192);
  io_peer_pause (&f.peer, TRUE);
  sio_output_init (&output);
  while (n_blocked < 50 || output.n_bytes > 0)
    {
      SioIoStatus status;

      for (guint i = 0; i < 5 && n_blocked < 50; i++)
        {
          gsize size = g_test_rand_int_range (1, 3000);
          guint8 *bytes = g_malloc (size);
          g_autoptr (GBytes) item = g_bytes_new_take (bytes, size);

          for (gsize j = 0; j < size; j++)
            bytes[j] = next++ * 13;
          g_byte_array_append (sent, bytes, size);
          sio_output_push (&output, item);
        }
      status = sio_output_flush (&output, f.channel, NULL);
      g_assert_true (status == SIO_IO_OK || status == SIO_IO_WOULD_BLOCK);
      if (status != SIO_IO_WOULD_BLOCK)
        continue;
      n_blocked++;
      io_peer_pause (&f.peer, n_blocked % 3 != 0);
      if (n_blocked >= 50)
        io_peer_pause (&f.peer, FALSE);
      g_main_context_iteration (NULL, FALSE);
    }
  io_peer_pause (&f.peer, FALSE);
  io_wait_for (f.peer.in->len >= sent->len);
  g_assert_cmpmem (f.peer.in->data, f.peer.in->len, sent->data, sent->len);
  sio_output_clear (&output);
  teardown (&f);
}

static void
test_shutdown_write (gconstpointer kind)
{
  Fixture f;
  Reader reader;

  setup (&f, GPOINTER_TO_UINT (kind));
  read_with (&reader, f.channel, 100);
  g_assert_cmpint (write_text (f.channel, "last words"), ==, SIO_IO_OK);
  sio_channel_shutdown_write (f.channel);
  sio_channel_shutdown_write (f.channel);
  io_wait_for (f.peer.eof);
  g_assert_cmpmem (f.peer.in->data, f.peer.in->len, "last words", 10);
  /* The other direction still works. */
  io_peer_send (&f.peer, "hello", 5);
  io_wait_for (reader.in->len == 5);
  g_assert_cmpint (write_text (f.channel, "more"), ==, SIO_IO_ERROR);
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  io_wait_for (reader.eof);
  g_byte_array_unref (reader.in);
  teardown (&f);
}

/* A hang-up that nobody asked about must not keep the loop busy. */
static void
test_no_interest (gconstpointer kind)
{
  Fixture f;
  Reader reader;
  gint64 start;
  guint n = 0;

  setup (&f, GPOINTER_TO_UINT (kind));
  read_with (&reader, f.channel, 100);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  sio_channel_set_interest (f.channel, 0, NULL);
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  reader.n_calls = 0;
  start = g_get_monotonic_time ();
  while (g_get_monotonic_time () < start + 50000)
    {
      io_iterate ();
      n++;
    }
  g_assert_cmpuint (reader.n_calls, ==, 0);
  g_assert_cmpuint (n, <, 20);
  sio_channel_set_interest (f.channel, SIO_CHANNEL_READABLE, NULL);
  io_wait_for (reader.eof);
  g_byte_array_unref (reader.in);
  teardown (&f);
}

static void
free_cb (SioChannel *channel, SioChannelInterest ready, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_pointer (&f->channel, sio_channel_free);
}

static void
test_free_in_callback (gconstpointer kind)
{
  for (guint i = 0; i < 2; i++)
    {
      Fixture f;

      setup (&f, GPOINTER_TO_UINT (kind));
      sio_channel_set_func (f.channel, free_cb, &f);
      io_peer_send (&f.peer, "hello", 5);
      sio_channel_set_interest (f.channel, i == 0 ? SIO_CHANNEL_READABLE : SIO_CHANNEL_WRITABLE,
                                NULL);
      io_wait_for (f.channel == NULL);
      io_wait_for (f.peer.eof || f.peer.failed);
      teardown (&f);
    }
}

/* With a full socket, closing must neither wait nor fail. */
static void
test_free_while_blocked (gconstpointer kind)
{
  g_autofree guint8 *data = g_malloc0 (100000);
  GOutputVector vector = { data, 100000 };
  Fixture f;
  gsize n;
  SioIoStatus status;

  setup (&f, GPOINTER_TO_UINT (kind));
  io_peer_pause (&f.peer, TRUE);
  do
    status = sio_channel_writev (f.channel, &vector, 1, &n, NULL);
  while (status == SIO_IO_OK);
  g_assert_cmpint (status, ==, SIO_IO_WOULD_BLOCK);
  sio_channel_shutdown_write (f.channel);
  g_clear_pointer (&f.channel, sio_channel_free);
  io_peer_pause (&f.peer, FALSE);
  io_wait_for (f.peer.eof || f.peer.failed);
  teardown (&f);
}

static void
test_reset (void)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  Fixture f;
  Reader reader;

  setup (&f, IO_TCP);
  read_with (&reader, f.channel, 100);
  setsockopt (sio_channel_get_fd (f.peer.channel), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  io_wait_for (reader.failed);
  g_byte_array_unref (reader.in);
  teardown (&f);
}

/* Bytes that were decrypted before the channel existed; nothing more comes. */
static void
test_tls_pending (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  GIOStream *streams[2];
  SioChannel *channels[2];
  Reader reader;
  IoPeer peer;
  char buffer[10];
  int fds[2];
  gssize n = -1;

  io_connect (IO_TCP, fds);
  io_streams_tls (fds, streams);
  channels[1] = sio_channel_new_stream (reactor, streams[1]);
  io_peer_init (&peer, channels[1]);
  io_peer_send (&peer, "0123456789abcdefghij", 20);
  while (n < 0)
    {
      n = g_pollable_input_stream_read_nonblocking (
          G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (streams[0])), buffer,
          sizeof buffer, NULL, NULL);
      io_iterate ();
    }
  g_assert_cmpint (n, ==, 10);
  channels[0] = sio_channel_new_stream (reactor, streams[0]);
  read_with (&reader, channels[0], 100);
  io_wait_for (reader.in->len == 10);
  g_assert_cmpmem (reader.in->data, 10, "abcdefghij", 10);
  g_byte_array_unref (reader.in);
  sio_channel_free (channels[0]);
  io_peer_clear (&peer);
  for (guint i = 0; i < 2; i++)
    g_object_unref (streams[i]);
}

static int
unread (int fd)
{
  int n = 0;

  g_assert_cmpint (ioctl (fd, FIONREAD, &n), ==, 0);
  return n;
}

/* Many small pieces make one record. */
static void
test_tls_coalescing (void)
{
  GOutputVector vectors[50];
  Fixture f;
  gsize n;

  setup (&f, IO_TLS);
  io_peer_pause (&f.peer, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (unread (sio_channel_get_fd (f.peer.channel)), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    vectors[i] = (GOutputVector){ "0123456789", 10 };
  g_assert_cmpint (sio_channel_writev (f.channel, vectors, G_N_ELEMENTS (vectors), &n, NULL), ==,
                   SIO_IO_OK);
  g_assert_cmpuint (n, ==, 500);
  /* One record adds 22 bytes in TLS 1.3; fifty would add 1100. */
  g_assert_cmpint (unread (sio_channel_get_fd (f.peer.channel)), <, 600);
  io_peer_pause (&f.peer, FALSE);
  io_wait_for (f.peer.in->len == 500);
  teardown (&f);
}

/* Streams without a socket: pipes here. */
static void
test_pipes (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  SioChannel *channels[2];
  Stream streams[2];
  int pipes[2][2];

  for (guint i = 0; i < 2; i++)
    g_assert_true (g_unix_open_pipe (pipes[i], FD_CLOEXEC, NULL));
  g_byte_array_set_size (data, 500000);
  for (guint i = 0; i < data->len; i++)
    data->data[i] = i * 7 + i / 256;
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GInputStream) in = g_unix_input_stream_new (pipes[i][0], TRUE);
      g_autoptr (GOutputStream) out = g_unix_output_stream_new (pipes[1 - i][1], TRUE);
      g_autoptr (GIOStream) stream = g_simple_io_stream_new (in, out);
      g_autoptr (GBytes) bytes = g_bytes_new_static (data->data, data->len);

      g_assert_true (g_unix_set_fd_nonblocking (pipes[i][0], TRUE, NULL));
      g_assert_true (g_unix_set_fd_nonblocking (pipes[i][1], TRUE, NULL));
      channels[i] = sio_channel_new_stream (reactor, stream);
      g_assert_cmpint (sio_channel_get_fd (channels[i]), ==, -1);
      streams[i] = (Stream){ .channel = channels[i], .in = g_byte_array_new (), .wanted = 500000 };
      sio_output_init (&streams[i].output);
      sio_output_push (&streams[i].output, bytes);
      sio_channel_set_func (channels[i], stream_cb, &streams[i]);
      g_assert_true (sio_channel_set_interest (channels[i],
                                               SIO_CHANNEL_READABLE | SIO_CHANNEL_WRITABLE, NULL));
    }
  for (guint i = 0; i < 2; i++)
    io_wait_for (streams[i].in->len == data->len);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (memcmp (streams[i].in->data, data->data, data->len) == 0);
      g_byte_array_unref (streams[i].in);
      sio_output_clear (&streams[i].output);
      sio_channel_free (channels[i]);
    }
}

static void
test_not_pollable (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  g_autoptr (GInputStream) base = g_memory_input_stream_new ();
  g_autoptr (GInputStream) in = g_buffered_input_stream_new (base);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = g_simple_io_stream_new (in, out);
  g_autoptr (GError) error = NULL;
  SioChannel *channel = sio_channel_new_stream (reactor, stream);

  sio_channel_set_func (channel, free_cb, NULL);
  g_assert_false (sio_channel_set_interest (channel, SIO_CHANNEL_READABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  sio_channel_free (channel);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  io_add_for_all_kinds ("/channel/basic", test_basic);
  io_add_for_all_kinds ("/channel/small-reads", test_small_reads);
  io_add_for_all_kinds ("/channel/bulk", test_bulk);
  io_add_for_all_kinds ("/channel/push-while-blocked", test_push_while_blocked);
  io_add_for_all_kinds ("/channel/shutdown-write", test_shutdown_write);
  io_add_for_all_kinds ("/channel/no-interest", test_no_interest);
  io_add_for_all_kinds ("/channel/free-in-callback", test_free_in_callback);
  io_add_for_all_kinds ("/channel/free-while-blocked", test_free_while_blocked);
  g_test_add_func ("/channel/reset", test_reset);
  g_test_add_func ("/channel/tls-pending", test_tls_pending);
  g_test_add_func ("/channel/tls-coalescing", test_tls_coalescing);
  g_test_add_func ("/channel/pipes", test_pipes);
  g_test_add_func ("/channel/not-pollable", test_not_pollable);
  return g_test_run ();
}
