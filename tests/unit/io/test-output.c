/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io-fixture.h"
#include "sio-output-private.h"

typedef struct
{
  SioReactor *reactor;
  SioChannel *channel;
  int peer;
  SioOutput output;
} Fixture;

static void
setup (Fixture *f, gconstpointer type)
{
  int fds[2];

  f->reactor = sio_reactor_get (NULL);
  g_assert_cmpint (
      socketpair (AF_UNIX, GPOINTER_TO_INT (type) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  io_set_buffers (fds[0], 4096);
  f->channel = sio_channel_new_fd (f->reactor, fds[0]);
  f->peer = fds[1];
  sio_output_init (&f->output);
}

static void
teardown (Fixture *f, gconstpointer type)
{
  sio_output_clear (&f->output);
  sio_channel_free (f->channel);
  close (f->peer);
  sio_reactor_unref (f->reactor);
}

static void
push (SioOutput *output, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  sio_output_push (output, bytes);
}

static void
test_single (Fixture *f, gconstpointer type)
{
  char buffer[100];

  push (&f->output, "");
  g_assert_cmpuint (f->output.n_items, ==, 0);
  g_assert_cmpint (sio_output_flush (&f->output, f->channel, NULL), ==, SIO_IO_OK);
  push (&f->output, "hello");
  g_assert_null (f->output.items);
  g_assert_cmpuint (f->output.n_bytes, ==, 5);
  g_assert_cmpint (sio_output_flush (&f->output, f->channel, NULL), ==, SIO_IO_OK);
  g_assert_cmpuint (f->output.n_bytes, ==, 0);
  g_assert_cmpint (recv (f->peer, buffer, sizeof buffer, 0), ==, 5);
  g_assert_cmpmem (buffer, 5, "hello", 5);
}

/* Over SOCK_SEQPACKET each call shows. */
static void
test_coalescing (Fixture *f, gconstpointer type)
{
  char buffer[1000];

  for (guint i = 0; i < 70; i++)
    push (&f->output, "0123456789");
  g_assert_nonnull (f->output.items);
  g_assert_cmpuint (f->output.n_bytes, ==, 700);
  g_assert_cmpint (sio_output_flush (&f->output, f->channel, NULL), ==, SIO_IO_OK);
  g_assert_null (f->output.items);
  g_assert_cmpuint (f->output.n_bytes, ==, 0);
  g_assert_cmpint (recv (f->peer, buffer, sizeof buffer, 0), ==, 640);
  g_assert_cmpint (recv (f->peer, buffer, sizeof buffer, 0), ==, 60);
  g_assert_cmpint (recv (f->peer, buffer, sizeof buffer, 0), ==, -1);
}

/* Items of all sizes, pushed and written in turns that do not match. */
static void
test_partial (Fixture *f, gconstpointer type)
{
  g_autoptr (GByteArray) sent = g_byte_array_new ();
  g_autoptr (GByteArray) received = g_byte_array_new ();
  gsize waiting;
  gboolean blocked = FALSE;
  guint8 next = 0;

  while (sent->len < 2000000 || f->output.n_bytes > 0)
    {
      guint8 buffer[3000];
      guint n_pushes = sent->len < 2000000 ? g_test_rand_int_range (0, 12) : 0;
      gssize n;

      for (guint i = 0; i < n_pushes; i++)
        {
          gsize size = g_test_rand_int_range (0, 20) == 0 ? g_test_rand_int_range (1, 50000)
                                                          : g_test_rand_int_range (1, 300);
          guint8 *data = g_malloc (size);
          g_autoptr (GBytes) bytes = NULL;

          for (gsize j = 0; j < size; j++)
            data[j] = next++ * 7;
          g_byte_array_append (sent, data, size);
          bytes = g_bytes_new_take (data, size);
          sio_output_push (&f->output, bytes);
        }
      waiting = f->output.n_bytes;
      if (sio_output_flush (&f->output, f->channel, NULL) == SIO_IO_WOULD_BLOCK)
        blocked = TRUE;
      else
        g_assert_cmpuint (f->output.n_bytes, ==, 0);
      g_assert_cmpuint (f->output.n_bytes, <=, waiting);
      n = recv (f->peer, buffer, g_test_rand_int_range (1, sizeof buffer), 0);
      if (n > 0)
        g_byte_array_append (received, buffer, n);
    }
  for (;;)
    {
      guint8 buffer[3000];
      gssize n = recv (f->peer, buffer, sizeof buffer, 0);

      if (n <= 0)
        break;
      g_byte_array_append (received, buffer, n);
    }
  g_assert_true (blocked);
  g_assert_cmpmem (sent->data, sent->len, received->data, received->len);
  g_assert_null (f->output.items);
}

static void
test_clear (Fixture *f, gconstpointer type)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  for (guint i = 0; i < 100; i++)
    sio_output_push (&f->output, bytes);
  sio_output_clear (&f->output);
  g_assert_cmpuint (f->output.n_bytes, ==, 0);
  sio_output_push (&f->output, bytes);
  sio_output_clear (&f->output);
  /* Would be a leak, or a reference too few, otherwise. */
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 1);
}

static void
test_error (Fixture *f, gconstpointer type)
{
  g_autoptr (GError) error = NULL;

  push (&f->output, "hello");
  shutdown (sio_channel_get_fd (f->channel), SHUT_RDWR);
  g_assert_cmpint (sio_output_flush (&f->output, f->channel, &error), ==, SIO_IO_ERROR);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  g_assert_cmpuint (f->output.n_bytes, ==, 5);
}

#define STREAM GINT_TO_POINTER (SOCK_STREAM)
#define PACKETS GINT_TO_POINTER (SOCK_SEQPACKET)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/output/single", Fixture, STREAM, setup, test_single, teardown);
  g_test_add ("/output/coalescing", Fixture, PACKETS, setup, test_coalescing, teardown);
  g_test_add ("/output/partial", Fixture, STREAM, setup, test_partial, teardown);
  g_test_add ("/output/clear", Fixture, STREAM, setup, test_clear, teardown);
  g_test_add ("/output/error", Fixture, STREAM, setup, test_error, teardown);
  return g_test_run ();
}
