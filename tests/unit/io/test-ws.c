/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws-fixture.h"

static void
test_echo (gconstpointer kind)
{
  static const gsize sizes[] = { 0, 1, 125, 126, 4000, 65535, 65536, 300000 };
  Fixture f;

  ws_setup_started (&f, kind);
  f.on_message = ws_echo_cb;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      for (guint8 opcode = 1; opcode <= 2; opcode++)
        {
          g_autofree guint8 *data = g_malloc (sizes[i] + 1);
          g_autoptr (GBytes) frame = NULL;

          for (gsize j = 0; j < sizes[i]; j++)
            data[j] = 'a' + j % 26;
          io_frame (f.out, 0x80 | opcode, data, sizes[i]);
          ws_peer_send (&f);
          frame = sio_ws_frame_new (opcode, data, sizes[i]);
          io_wait_for (f.peer.in->len == g_bytes_get_size (frame));
          g_assert_true (memcmp (f.peer.in->data, g_bytes_get_data (frame, NULL),
                                 g_bytes_get_size (frame)) == 0);
          g_byte_array_set_size (f.peer.in, 0);
        }
    }
  g_assert_cmpuint (f.n_messages, ==, 2 * G_N_ELEMENTS (sizes));
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), ==, 0);
  ws_teardown (&f);
}

static void
test_fragments (gconstpointer kind)
{
  Fixture f;

  ws_setup_started (&f, kind);
  f.on_message = ws_echo_cb;
  ws_peer_frame (&f, 0x01, "Hel");
  ws_peer_frame (&f, 0x89, "ping");
  ws_peer_send (&f);
  ws_expect (&f, "\x8a\x04ping");
  ws_peer_frame (&f, 0x00, "");
  ws_peer_frame (&f, 0x8a, "unasked");
  ws_peer_frame (&f, 0x80, "lo");
  ws_peer_send (&f);
  ws_expect (&f, "\x8a\x04ping\x81\x05Hello");
  ws_teardown (&f);
}

static void
test_bytewise (gconstpointer kind)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Fixture f;

  ws_setup_started (&f, kind);
  f.on_message = ws_echo_cb;
  io_frame (bytes, 0x81, "Hello", 5);
  io_frame (bytes, 0x89, "ping", 4);
  io_frame (bytes, 0x01, "a", 1);
  io_frame (bytes, 0x80, "b", 1);
  io_frame (bytes, 0x88,
            "\x03\xe8"
            "bye",
            5);
  for (guint i = 0; i < bytes->len; i++)
    {
      io_peer_send (&f.peer, bytes->data + i, 1);
      g_main_context_iteration (NULL, FALSE);
    }
  io_wait_for (f.peer.eof);
  ws_expect (&f, "\x81\x05Hello\x8a\x04ping\x81\x02"
                 "ab\x88\x02\x03\xe8");
  ws_teardown (&f);
}

/* What came together with the handshake, even half a frame. */
static void
test_initial_data (gconstpointer kind)
{
  Fixture f;

  ws_setup (&f, kind);
  f.on_message = ws_echo_cb;
  ws_peer_frame (&f, 0x81, "first");
  ws_peer_frame (&f, 0x81, "second");
  g_assert_true (sio_ws_start (f.ws, f.out->data, f.out->len - 3, NULL));
  g_assert_cmpuint (f.n_messages, ==, 1);
  g_byte_array_remove_range (f.out, 0, 11);
  io_peer_send (&f.peer, f.out->data + f.out->len - 3, 3);
  ws_expect (&f, "\x81\x05"
                 "first\x81\x06second");
  ws_teardown (&f);
}

static void
test_send_before_start (gconstpointer kind)
{
  Fixture f;

  ws_setup (&f, kind);
  f.on_message = ws_echo_cb;
  g_assert_true (ws_send_text (&f, "early"));
  ws_peer_frame (&f, 0x81, "a");
  ws_peer_send (&f);
  ws_expect (&f, "\x81\x05"
                 "early");
  g_assert_cmpuint (f.n_messages, ==, 0);
  g_assert_true (sio_ws_start (f.ws, NULL, 0, NULL));
  ws_expect (&f, "\x81\x05"
                 "early\x81\x01"
                 "a");
  ws_teardown (&f);
}

/* Several packets of one iteration leave in one piece. */
static void
test_corking (void)
{
  SioReactor *reactor = sio_reactor_get (NULL);
  SioChannel *channels[2];
  Fixture f;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==,
                   0);
  for (guint i = 0; i < 2; i++)
    channels[i] = sio_channel_new_fd (reactor, fds[i]);
  ws_setup_channels (&f, reactor, channels);
  g_assert_true (sio_ws_start (f.ws, NULL, 0, NULL));
  f.on_message = ws_echo_cb;
  io_peer_pause (&f.peer, TRUE);
  for (guint i = 0; i < 10; i++)
    ws_peer_frame (&f, 0x81, "hello");
  ws_peer_send (&f);
  io_wait_for (f.n_messages == 10);
  for (guint i = 0; i < 5; i++)
    g_assert_true (ws_send_text (&f, "hello"));
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), ==, 35);
  io_wait_for (sio_ws_get_buffered (f.ws) == 0);
  {
    char buffer[1000];

    g_assert_cmpint (recv (fds[1], buffer, sizeof buffer, 0), ==, 70);
    g_assert_cmpint (recv (fds[1], buffer, sizeof buffer, 0), ==, 35);
  }
  ws_teardown (&f);
}

/* Frames with a number each, so that order and completeness show. */
static GBytes *
numbered_frame (guint number, gsize size)
{
  g_autofree guint8 *data = g_malloc (size);

  memset (data, 'a' + number % 26, size);
  memcpy (data, &number, sizeof number);
  return sio_ws_frame_new (SIO_WS_OPCODE_BINARY, data, size);
}

static void
test_slow_reader (gconstpointer kind)
{
  g_autoptr (GByteArray) wanted = g_byte_array_new ();
  Fixture f;
  guint n = 0;

  ws_setup_started (&f, kind);
  io_set_buffers (sio_channel_get_fd (f.peer.channel), 20000);
  io_peer_pause (&f.peer, TRUE);
  for (;;)
    {
      g_autoptr (GBytes) frame = numbered_frame (n, n % 10 == 0 ? 20000 : 500);

      if (!sio_ws_send (f.ws, frame))
        break;
      g_byte_array_append (wanted, g_bytes_get_data (frame, NULL), g_bytes_get_size (frame));
      g_assert_cmpuint (sio_ws_get_buffered (f.ws), <=, f.config.max_buffered);
      if (n++ % 7 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  /* Each piece counts 128 bytes more than it has. */
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), >, f.config.max_buffered - 21000 - n * 128);
  g_assert_true (sio_ws_is_open (f.ws));
  g_assert_false (sio_ws_is_writable (f.ws));
  g_assert_cmpuint (f.n_pressures, ==, 1);
  g_assert_cmpuint (f.n_reliefs, ==, 0);

  /* Reading goes on meanwhile, and pings cost one frame in all. */
  f.on_message = NULL;
  ws_peer_frame (&f, 0x81, "still heard");
  for (guint i = 0; i < 3000; i++)
    {
      char text[20];

      g_snprintf (text, sizeof text, "ping %u", i);
      ws_peer_frame (&f, 0x89, text);
    }
  ws_peer_frame (&f, 0x81, "end");
  ws_peer_send (&f);
  io_wait_for (f.n_messages == 2);
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), <=, f.config.max_buffered + 127);
  g_byte_array_append (wanted, (const guint8 *) "\x8a\x09ping 2999", 11);

  io_peer_pause (&f.peer, FALSE);
  io_wait_for (f.peer.in->len >= wanted->len);
  g_assert_true (f.peer.in->len == wanted->len &&
                 memcmp (f.peer.in->data, wanted->data, wanted->len) == 0);
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), ==, 0);
  g_assert_true (sio_ws_is_writable (f.ws));
  g_assert_cmpuint (f.n_pressures, ==, 1);
  g_assert_cmpuint (f.n_reliefs, ==, 1);
  g_byte_array_set_size (f.peer.in, 0);
  g_assert_true (ws_send_text (&f, "again"));
  ws_expect (&f, "\x81\x05"
                 "again");
  ws_teardown (&f);
}

/* What was queued before sio_ws_close() still arrives, and the close frame after it. */
static void
test_close_slow_reader (gconstpointer kind)
{
  g_autoptr (GByteArray) wanted = g_byte_array_new ();
  Fixture f;

  ws_setup_started (&f, kind);
  io_peer_pause (&f.peer, TRUE);
  for (guint i = 0; i < 40; i++)
    {
      g_autoptr (GBytes) frame = numbered_frame (i, 20000);

      g_assert_true (sio_ws_send (f.ws, frame));
      g_byte_array_append (wanted, g_bytes_get_data (frame, NULL), g_bytes_get_size (frame));
    }
  for (guint i = 0; i < 3; i++)
    io_iterate ();
  sio_ws_close (f.ws, 1000, NULL);
  g_clear_pointer (&f.ws, sio_ws_unref);
  g_byte_array_append (wanted, (const guint8 *) "\x88\x02\x03\xe8", 4);
  io_peer_pause (&f.peer, FALSE);
  io_wait_for (f.peer.in->len >= wanted->len);
  g_assert_true (f.peer.in->len == wanted->len &&
                 memcmp (f.peer.in->data, wanted->data, wanted->len) == 0);
  io_frame (f.out, 0x88, "", 0);
  ws_peer_send (&f);
  io_wait_for (f.peer.eof);
  ws_teardown (&f);
}

/* A single large burst within one callback is bounded by the budget alone. */
static void
test_budget (gconstpointer kind)
{
  Fixture f;
  g_autoptr (GBytes) too_large = numbered_frame (0, 2000);
  g_autoptr (GBytes) fits = numbered_frame (0, 500);

  ws_setup_started (&f, kind);
  f.config.max_buffered = 1000;
  g_assert_false (sio_ws_send (f.ws, too_large));
  g_assert_true (sio_ws_is_open (f.ws));
  /* The socket takes them, although the loop does not run in between. */
  for (guint i = 0; i < 20; i++)
    g_assert_true (sio_ws_send (f.ws, fits));
  io_wait_for (f.peer.in->len == 20 * 504);
  ws_teardown (&f);
}

static void
abort_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  sio_ws_abort (f->ws);
}

static void
close_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  g_assert_true (ws_send_text (f, "a"));
  sio_ws_close (f->ws, 1000, NULL);
}

static void
unref_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  SioWs *ws = f->ws;

  g_assert_true (ws_send_text (f, "a"));
  f->ws = NULL;
  sio_ws_unref (ws);
}

static void
close_unref_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  close_cb (f, is_text, data, length);
  g_clear_pointer (&f->ws, sio_ws_unref);
}

static void
close_abort_unref_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  close_cb (f, is_text, data, length);
  sio_ws_abort (f->ws);
  g_clear_pointer (&f->ws, sio_ws_unref);
}

static void
test_end_in_message (gconstpointer kind)
{
  static const struct
  {
    void (*func) (Fixture *f, gboolean is_text, guint8 *data, gsize length);
    gboolean graceful;
  } ways[] = { { abort_cb, FALSE },
               { unref_cb, FALSE },
               { close_abort_unref_cb, FALSE },
               { close_cb, TRUE },
               { close_unref_cb, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    for (guint fragmented = 0; fragmented < 2; fragmented++)
      {
        Fixture f;

        ws_setup_started (&f, kind);
        f.on_message = ways[i].func;
        if (fragmented)
          {
            ws_peer_frame (&f, 0x01, "o");
            ws_peer_frame (&f, 0x80, "ne");
          }
        else
          ws_peer_frame (&f, 0x81, "one");
        /* More in the same piece, cut in the middle of a frame. */
        ws_peer_frame (&f, 0x81, "two");
        ws_peer_frame (&f, 0x81, "three");
        io_peer_send (&f.peer, f.out->data, f.out->len - 4);
        if (ways[i].graceful)
          {
            ws_expect (&f, "\x81\x01"
                           "a\x88\x02\x03\xe8");
            g_byte_array_remove_range (f.out, 0, f.out->len - 4);
            io_frame (f.out, 0x88, "\x03\xe8", 2);
            ws_peer_send (&f);
          }
        io_wait_for (f.peer.eof || f.peer.failed);
        g_assert_cmpuint (f.n_messages, ==, 1);
        g_assert_cmpuint (f.n_closed, ==, 0);
        ws_expect_gone (&f);
        ws_teardown (&f);
      }
}

static void
closed_abort_cb (Fixture *f)
{
  sio_ws_abort (f->ws);
}

static void
closed_unref_cb (Fixture *f)
{
  g_clear_pointer (&f->ws, sio_ws_unref);
}

static void
closed_close_cb (Fixture *f)
{
  sio_ws_close (f->ws, 1000, NULL);
  g_assert_false (ws_send_text (f, "no"));
  sio_ws_set_handler (f->ws, NULL, NULL);
}

static void
test_end_in_closed (gconstpointer kind)
{
  void (*ways[]) (Fixture *) = { closed_abort_cb, closed_unref_cb, closed_close_cb };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    for (guint cause = 0; cause < 3; cause++)
      {
        Fixture f;

        ws_setup_started (&f, kind);
        ws_set_linger (&f, 30);
        f.on_closed = ways[i];
        ws_peer_frame (&f, 0x81, "one");
        if (cause == 0)
          io_frame (f.out, 0x88, "\x03\xe8", 2);
        else if (cause == 1)
          g_byte_array_append (f.out, (const guint8 *) "\xff\xff", 2);
        ws_peer_send (&f);
        if (cause == 2)
          sio_channel_shutdown_write (f.peer.channel);
        io_wait_for (f.n_closed == 1);
        g_assert_cmpuint (f.n_messages, ==, 1);
        io_wait_for (f.peer.eof || f.peer.failed);
        ws_teardown (&f);
      }
}

static void
test_unref_open (gconstpointer kind)
{
  Fixture f;

  ws_setup_started (&f, kind);
  g_assert_true (ws_send_text (&f, "never sent"));
  g_clear_pointer (&f.ws, sio_ws_unref);
  io_wait_for (f.peer.eof || f.peer.failed);
  g_assert_cmpuint (f.peer.in->len, ==, 0);
  g_assert_cmpuint (f.n_closed, ==, 0);
  ws_teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  io_add_for_all_kinds ("/ws/echo", test_echo);
  io_add_for_all_kinds ("/ws/fragments", test_fragments);
  io_add_for_all_kinds ("/ws/bytewise", test_bytewise);
  io_add_for_all_kinds ("/ws/initial-data", test_initial_data);
  io_add_for_all_kinds ("/ws/send-before-start", test_send_before_start);
  g_test_add_func ("/ws/corking", test_corking);
  io_add_for_all_kinds ("/ws/slow-reader", test_slow_reader);
  io_add_for_all_kinds ("/ws/close-slow-reader", test_close_slow_reader);
  io_add_for_all_kinds ("/ws/budget", test_budget);
  io_add_for_all_kinds ("/ws/end-in-message", test_end_in_message);
  io_add_for_all_kinds ("/ws/end-in-closed", test_end_in_closed);
  io_add_for_all_kinds ("/ws/unref-open", test_unref_open);
  return g_test_run ();
}
