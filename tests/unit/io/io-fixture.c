/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "io-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sio-ws-parser-private.h"

const char *__asan_default_options (void);

/* With thread-local storage of modules that GIO loads, the leak checker of
 * GCC 12 crashes unless it keeps its hands off. */
__attribute__ ((used, visibility ("default"))) const char *
__asan_default_options (void)
{
  return "intercept_tls_get_addr=0";
}

const char *const io_kind_names[IO_N_KINDS] = { "socketpair", "tcp", "unix", "tls" };

void
io_add_for_all_kinds (const char *path, void (*func) (gconstpointer kind))
{
  for (guint i = 0; i < IO_N_KINDS; i++)
    {
      g_autofree char *name = g_strconcat (path, "/", io_kind_names[i], NULL);

      g_test_add_data_func (name, GUINT_TO_POINTER (i), func);
    }
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
io_iterate (void)
{
  g_autoptr (GSource) source = g_timeout_source_new (5);

  g_source_set_callback (source, tick_cb, NULL, NULL);
  g_source_attach (source, NULL);
  g_main_context_iteration (NULL, TRUE);
  g_source_destroy (source);
}

static void
connect_over (int listener, const struct sockaddr *address, socklen_t length, int fds[2])
{
  struct sockaddr_storage bound;
  socklen_t bound_length = sizeof bound;

  g_assert_cmpint (bind (listener, address, length), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &bound, &bound_length), ==, 0);
  fds[1] = socket (address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (fds[1], >=, 0);
  g_assert_cmpint (connect (fds[1], (struct sockaddr *) &bound, bound_length), ==, 0);
  fds[0] = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (fds[0], >=, 0);
  close (listener);
}

void
io_connect (IoKind kind, int fds[2])
{
  if (kind == IO_TCP)
    {
      struct sockaddr_in address = { .sin_family = AF_INET };
      int one = 1;

      address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
      connect_over (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *) &address,
                    sizeof address, fds);
      for (guint i = 0; i < 2; i++)
        setsockopt (fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
  else if (kind == IO_UNIX)
    {
      struct sockaddr_un address = { .sun_family = AF_UNIX };
      g_autofree char *dir = g_dir_make_tmp ("sio-test-XXXXXX", NULL);

      g_assert_nonnull (dir);
      g_snprintf (address.sun_path, sizeof address.sun_path, "%s/s", dir);
      connect_over (socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *) &address,
                    sizeof address, fds);
      g_unlink (address.sun_path);
      g_rmdir (dir);
    }
  else
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);

  for (guint i = 0; i < 2; i++)
    g_assert_true (g_unix_set_fd_nonblocking (fds[i], TRUE, NULL));
}

void
io_set_buffers (int fd, int bytes)
{
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static GIOStream *
stream_for_fd (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) gsocket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (gsocket));
}

static void
handshake_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  guint *n_done = user_data;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (object), result, &error);
  g_assert_no_error (error);
  (*n_done)++;
}

static gboolean
accept_cb (GTlsConnection *connection,
           GTlsCertificate *certificate,
           GTlsCertificateFlags errors,
           gpointer user_data)
{
  return TRUE;
}

void
io_streams_tls (int fds[2], GIOStream *streams[2])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate =
      g_tls_certificate_new_from_file (TEST_DATA_DIR "/localhost.pem", &error);
  g_autoptr (GIOStream) server = stream_for_fd (fds[0]);
  g_autoptr (GIOStream) client = stream_for_fd (fds[1]);
  guint n_done = 0;

  g_assert_no_error (error);
  streams[0] = g_tls_server_connection_new (server, certificate, &error);
  g_assert_no_error (error);
  streams[1] = g_tls_client_connection_new (client, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (streams[1], "accept-certificate", G_CALLBACK (accept_cb), NULL);
  for (guint i = 0; i < 2; i++)
    g_tls_connection_handshake_async (G_TLS_CONNECTION (streams[i]), G_PRIORITY_DEFAULT, NULL,
                                      handshake_cb, &n_done);
  io_wait_for (n_done == 2);
}

void
io_channels (SioReactor *reactor, IoKind kind, SioChannel *channels[2])
{
  int fds[2];

  io_connect (kind, fds);
  if (kind == IO_TLS)
    {
      GIOStream *streams[2];

      io_streams_tls (fds, streams);
      for (guint i = 0; i < 2; i++)
        {
          channels[i] = sio_channel_new_stream (reactor, streams[i]);
          g_assert_cmpint (sio_channel_get_fd (channels[i]), ==, fds[i]);
          g_object_unref (streams[i]);
        }
      return;
    }
  for (guint i = 0; i < 2; i++)
    channels[i] = sio_channel_new_fd (reactor, fds[i]);
}

static void
update_interest (IoPeer *peer, gboolean writing)
{
  SioChannelInterest interest = 0;

  if (!peer->paused && !peer->eof && !peer->failed)
    interest |= SIO_CHANNEL_READABLE;
  if (writing && !peer->failed)
    interest |= SIO_CHANNEL_WRITABLE;
  g_assert_true (sio_channel_set_interest (peer->channel, interest, NULL));
}

static void
peer_cb (SioChannel *channel, SioChannelInterest ready, gpointer user_data)
{
  IoPeer *peer = user_data;
  guint8 buffer[4096];
  gsize n;

  if ((ready & SIO_CHANNEL_READABLE) == 0 || peer->paused)
    return;
  switch (sio_channel_read (channel, buffer, sizeof buffer, &n, NULL))
    {
    case SIO_IO_OK:
      g_byte_array_append (peer->in, buffer, n);
      return;
    case SIO_IO_WOULD_BLOCK:
      return;
    case SIO_IO_EOF:
      peer->eof = TRUE;
      break;
    case SIO_IO_ERROR:
      peer->failed = TRUE;
      break;
    }
  update_interest (peer, FALSE);
}

void
io_peer_init (IoPeer *peer, SioChannel *channel)
{
  *peer = (IoPeer){ .channel = channel, .in = g_byte_array_new () };
  sio_channel_set_func (channel, peer_cb, peer);
  update_interest (peer, FALSE);
}

void
io_peer_clear (IoPeer *peer)
{
  g_clear_pointer (&peer->channel, sio_channel_free);
  g_clear_pointer (&peer->in, g_byte_array_unref);
}

void
io_peer_pause (IoPeer *peer, gboolean paused)
{
  peer->paused = paused;
  update_interest (peer, FALSE);
}

void
io_peer_send (IoPeer *peer, gconstpointer data, gsize length)
{
  GOutputVector vector = { data, length };

  while (vector.size > 0 && !peer->failed)
    {
      gsize n = 0;

      switch (sio_channel_writev (peer->channel, &vector, 1, &n, NULL))
        {
        case SIO_IO_OK:
          vector.buffer = (const guint8 *) vector.buffer + n;
          vector.size -= n;
          break;
        case SIO_IO_WOULD_BLOCK:
          update_interest (peer, TRUE);
          io_iterate ();
          break;
        default:
          /* Reading shows whether that is an end or a failure. */
          return;
        }
    }
  update_interest (peer, FALSE);
}

void
io_peer_send_all (IoPeer *peer, GByteArray *data)
{
  io_peer_send (peer, data->data, data->len);
  g_byte_array_set_size (data, 0);
}

void
io_frame (GByteArray *to, guint8 first, gconstpointer payload, gsize length)
{
  static const guint8 mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
  guint8 header[SIO_WS_MAX_HEADER];
  guint n = sio_ws_frame_header (header, first & 0x0f, length);
  gsize at;

  header[0] = first;
  header[1] |= 0x80;
  g_byte_array_append (to, header, n);
  g_byte_array_append (to, mask, 4);
  at = to->len;
  g_byte_array_set_size (to, at + length);
  if (length > 0)
    memcpy (to->data + at, payload, length);
  sio_ws_mask (to->data + at, length, mask, 0);
}
