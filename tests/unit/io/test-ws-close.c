/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws-fixture.h"

typedef struct
{
  const char *payload;
  gsize length;
  const char *answer;
  gsize answer_length;
  guint16 code;
  gboolean clean;
  const char *reason;
} CloseCase;

#define CASE(payload, answer, code, clean, reason)                                                 \
  {                                                                                                \
    payload, sizeof (payload) - 1, answer, sizeof (answer) - 1, code, clean, reason                \
  }

static const CloseCase close_cases[] = {
  CASE ("", "\x88\x00", 1005, TRUE, NULL),
  CASE ("\x03\xe8", "\x88\x02\x03\xe8", 1000, TRUE, NULL),
  CASE ("\x03\xe8"
        "bye",
        "\x88\x02\x03\xe8",
        1000,
        TRUE,
        "bye"),
  CASE ("\x03\xe9", "\x88\x02\x03\xe9", 1001, TRUE, NULL),
  CASE ("\x03\xea", "\x88\x02\x03\xea", 1002, TRUE, NULL),
  CASE ("\x03\xeb", "\x88\x02\x03\xeb", 1003, TRUE, NULL),
  CASE ("\x03\xef", "\x88\x02\x03\xef", 1007, TRUE, NULL),
  CASE ("\x03\xf6", "\x88\x02\x03\xf6", 1014, TRUE, NULL),
  CASE ("\x0b\xb8", "\x88\x02\x0b\xb8", 3000, TRUE, NULL),
  CASE ("\x13\x87"
        "\xc3\xa9",
        "\x88\x02\x13\x87",
        4999,
        TRUE,
        "\xc3\xa9"),
  CASE ("\x03",
        "\x88\x15\x03\xea"
        "invalid close frame",
        1002,
        FALSE,
        "invalid close frame"),
  CASE ("\x00\x00",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xe7",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xec",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xed",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xee",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xf7",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xf8",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x07\xd0",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x0b\xb7",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x13\x88",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\xff\xff",
        "\x88\x14\x03\xea"
        "invalid close code",
        1002,
        FALSE,
        "invalid close code"),
  CASE ("\x03\xe8\xc3",
        "\x88\x0f\x03\xef"
        "invalid UTF-8",
        1007,
        FALSE,
        "invalid UTF-8"),
  CASE ("\x03\xe8"
        "a\xff",
        "\x88\x0f\x03\xef"
        "invalid UTF-8",
        1007,
        FALSE,
        "invalid UTF-8"),
};

static void
test_peer_closes (gconstpointer kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (close_cases); i++)
    {
      const CloseCase *c = &close_cases[i];
      Fixture f;

      ws_setup_started (&f, kind);
      io_frame (f.out, 0x88, c->payload, c->length);
      /* Whatever comes after a close frame does not count. */
      ws_peer_frame (&f, 0x81, "late");
      ws_peer_send (&f);
      /* The answer, then the end of our half, while the peer's is still open. */
      io_wait_for (f.peer.eof);
      g_assert_cmpmem (f.peer.in->data, f.peer.in->len, c->answer, c->answer_length);
      g_assert_cmpuint (f.n_closed, ==, 1);
      g_assert_cmpuint (f.code, ==, c->code);
      g_assert_cmpint (f.clean, ==, c->clean);
      g_assert_cmpstr (f.reason, ==, c->reason);
      g_assert_cmpuint (f.n_messages, ==, 0);
      g_assert_false (ws_send_text (&f, "no"));
      ws_teardown (&f);
    }
}

typedef struct
{
  const char *input;
  gsize length;
  const char *answer;
  gsize answer_length;
  guint16 code;
} ViolationCase;

#define BAD(input, answer, code)                                                                   \
  {                                                                                                \
    input, sizeof (input) - 1, answer, sizeof (answer) - 1, code                                   \
  }

static const ViolationCase violations[] = {
  BAD ("\x81\x02hi",
       "\x88\x12\x03\xea"
       "frame not masked",
       1002),
  BAD ("\xc1\x80....",
       "\x88\x13\x03\xea"
       "reserved bits set",
       1002),
  BAD ("\x83\x80....",
       "\x88\x11\x03\xea"
       "reserved opcode",
       1002),
  BAD ("\x09\x80....",
       "\x88\x1a\x03\xea"
       "fragmented control frame",
       1002),
  BAD ("\x89\xfe....",
       "\x88\x18\x03\xea"
       "control frame too long",
       1002),
  BAD ("\x80\x80....",
       "\x88\x15\x03\xea"
       "nothing to continue",
       1002),
  BAD ("\x01\x80....\x81\x80....",
       "\x88\x17\x03\xea"
       "continuation expected",
       1002),
  BAD ("\x82\xfe\0\x05....",
       "\x88\x14\x03\xea"
       "length not minimal",
       1002),
  BAD ("\x82\xff\x80\0\0\0\0\0\0\0....",
       "\x88\x10\x03\xea"
       "invalid length",
       1002),
  BAD ("\x81\x81\0\0\0\0\xff",
       "\x88\x0f\x03\xef"
       "invalid UTF-8",
       1007),
  BAD ("\x82\xff\0\0\0\0\0\x10\0\0....",
       "\x88\x13\x03\xf1"
       "message too large",
       1009),
};

static void
test_violations (gconstpointer kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (violations); i++)
    {
      const ViolationCase *v = &violations[i];
      g_autofree guint8 *junk = g_malloc0 (300000);
      Fixture f;

      ws_setup_started (&f, kind);
      f.on_message = ws_echo_cb;
      ws_peer_frame (&f, 0x81, "good");
      g_byte_array_append (f.out, (const guint8 *) v->input, v->length);
      /* It goes on sending, and shall still be able to read why it was closed. */
      g_byte_array_append (f.out, junk, 300000);
      ws_peer_send (&f);
      io_wait_for (f.peer.eof || f.peer.failed);
      g_assert_false (f.peer.failed);
      g_assert_cmpmem (f.peer.in->data, 6, "\x81\x04good", 6);
      g_assert_cmpmem (f.peer.in->data + 6, f.peer.in->len - 6, v->answer, v->answer_length);
      g_assert_cmpuint (f.n_closed, ==, 1);
      g_assert_cmpuint (f.code, ==, v->code);
      g_assert_false (f.clean);
      g_assert_cmpmem (f.reason, strlen (f.reason), v->answer + 4, v->answer_length - 4);
      ws_teardown (&f);
    }
}

/* A peer that does not stop is cut off some time. */
static void
test_violation_flood (gconstpointer kind)
{
  g_autofree guint8 *junk = g_malloc0 (100000);
  Fixture f;

  ws_setup_started (&f, kind);
  io_peer_send (&f.peer, "\xff\xff", 2);
  for (guint i = 0; i < 200 && !f.peer.failed; i++)
    io_peer_send (&f.peer, junk, 100000);
  ws_expect_gone (&f);
  g_assert_cmpuint (f.code, ==, 1002);
  g_assert_cmpint (sio_ws_get_buffered (f.ws), ==, 0);
  ws_teardown (&f);
}

static void
test_we_close (gconstpointer kind)
{
  Fixture f;

  ws_setup_started (&f, kind);
  g_assert_true (ws_send_text (&f, "last"));
  /* Half of a message that will never be wanted. */
  io_frame (f.out, 0x81, "Hello World", 11);
  io_peer_send (&f.peer, f.out->data, 9);
  for (guint i = 0; i < 3; i++)
    io_iterate ();
  sio_ws_close (f.ws, 1000, "bye");
  g_assert_false (sio_ws_is_open (f.ws));
  g_assert_false (sio_ws_is_writable (f.ws));
  g_assert_false (ws_send_text (&f, "no"));
  sio_ws_close (f.ws, 1001, "again");
  /* The connection keeps itself. */
  g_clear_pointer (&f.ws, sio_ws_unref);
  ws_expect (&f, "\x81\x04last\x88\x05\x03\xe8"
                 "bye");
  g_assert_false (f.peer.eof);
  io_peer_send (&f.peer, f.out->data + 9, f.out->len - 9);
  g_byte_array_set_size (f.out, 0);
  ws_peer_frame (&f, 0x89, "ping");
  ws_peer_frame (&f, 0x88, "\x03\xe8");
  ws_peer_send (&f);
  io_wait_for (f.peer.eof);
  ws_expect (&f, "\x81\x04last\x88\x05\x03\xe8"
                 "bye");
  g_assert_cmpuint (f.n_messages, ==, 0);
  g_assert_cmpuint (f.n_closed, ==, 0);
  ws_expect_gone (&f);
  ws_teardown (&f);
}

/* What still comes is skipped, however large, so that the close frame is found. */
static void
test_we_close_early (gconstpointer kind)
{
  g_autofree guint8 *large = g_malloc0 (1200000);
  Fixture f;

  ws_setup_started (&f, kind);
  io_frame (f.out, 0x81, large, 1200000);
  io_peer_send (&f.peer, f.out->data, 4);
  for (guint i = 0; i < 3; i++)
    io_iterate ();
  sio_ws_close (f.ws, 1000, NULL);
  io_peer_send (&f.peer, f.out->data + 4, f.out->len - 4);
  g_byte_array_set_size (f.out, 0);
  ws_peer_frame (&f, 0x01, "\xff");
  ws_peer_frame (&f, 0x88, "\x03\xe8");
  ws_peer_send (&f);
  io_wait_for (f.peer.eof);
  ws_expect (&f, "\x88\x02\x03\xe8");
  ws_expect_gone (&f);
  ws_teardown (&f);
}

static void
test_close_payloads (gconstpointer kind)
{
  g_autofree char *long_reason = g_strnfill (300, 'x');
  g_autoptr (GString) accents = g_string_new ("x");

  for (guint i = 0; i < 100; i++)
    g_string_append (accents, "\xc3\xa9");
  for (guint i = 0; i < 5; i++)
    {
      Fixture f;

      if (i == 4)
        ws_setup (&f, kind); /* closed before it was started */
      else
        ws_setup_started (&f, kind);
      switch (i)
        {
        case 0:
          sio_ws_close (f.ws, SIO_WS_CLOSE_NO_STATUS, "ignored");
          ws_expect (&f, "\x88\x00");
          break;
        case 1:
          sio_ws_close (f.ws, 4000, long_reason);
          io_wait_for (f.peer.in->len >= 127);
          g_assert_cmpmem (f.peer.in->data, 4, "\x88\x7d\x0f\xa0", 4);
          break;
        case 2: /* cut between two characters */
          sio_ws_close (f.ws, 4000, accents->str);
          io_wait_for (f.peer.in->len >= 127);
          g_assert_cmpint (f.peer.in->data[1], ==, 125);
          break;
        case 3:
          sio_ws_close (f.ws, 4000, accents->str + 1);
          io_wait_for (f.peer.in->len >= 126);
          g_assert_cmpint (f.peer.in->data[1], ==, 124);
          g_assert_true (g_utf8_validate ((char *) f.peer.in->data + 4, 122, NULL));
          break;
        default:
          sio_ws_close (f.ws, 1001, NULL);
          ws_expect (&f, "\x88\x02\x03\xe9");
          break;
        }
      io_frame (f.out, 0x88, "", 0);
      ws_peer_send (&f);
      io_wait_for (f.peer.eof);
      ws_teardown (&f);
    }
}

/* The peer never answers, in three ways. */
static void
test_linger (gconstpointer kind)
{
  for (guint i = 0; i < 3; i++)
    {
      Fixture f;
      gint64 start = g_get_monotonic_time ();

      ws_setup_started (&f, kind);
      ws_set_linger (&f, 50);
      if (i == 0)
        sio_ws_close (f.ws, 1000, NULL);
      else
        {
          if (i == 1)
            io_frame (f.out, 0x88, "\x03\xe8", 2);
          else
            g_byte_array_append (f.out, (const guint8 *) "\xff\xff", 2);
          ws_peer_send (&f);
          io_wait_for (f.n_closed == 1);
        }
      start = g_get_monotonic_time ();
      g_clear_pointer (&f.ws, sio_ws_unref);
      /* Only then is the descriptor closed: writing fails. */
      while (!f.peer.failed)
        {
          GOutputVector vector = { "x", 1 };
          gsize n;

          if (sio_channel_writev (f.peer.channel, &vector, 1, &n, NULL) == SIO_IO_ERROR)
            break;
          io_iterate ();
        }
      g_assert_cmpint (g_get_monotonic_time () - start, >=, 45000);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 5000000);
      ws_teardown (&f);
    }
}

static void
test_end_of_stream (gconstpointer kind)
{
  Fixture f;

  ws_setup_started (&f, kind);
  ws_peer_frame (&f, 0x81, "a");
  ws_peer_frame (&f, 0x01, "incomplete");
  ws_peer_send (&f);
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  io_wait_for (f.n_closed == 1);
  g_assert_cmpuint (f.n_messages, ==, 1);
  g_assert_cmpuint (f.code, ==, 1006);
  g_assert_true (f.clean);
  ws_teardown (&f);
}

/* Close frame and end of stream at once: it still gets its answer. */
static void
test_close_and_end (gconstpointer kind)
{
  Fixture f;

  ws_setup_started (&f, kind);
  io_frame (f.out, 0x88, "\x03\xe9", 2);
  ws_peer_send (&f);
  sio_channel_shutdown_write (f.peer.channel);
  io_wait_for (f.peer.eof);
  ws_expect (&f, "\x88\x02\x03\xe9");
  g_assert_cmpuint (f.code, ==, 1001);
  g_assert_true (f.clean);
  ws_teardown (&f);
}

static void
test_reset (void)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  for (guint i = 0; i < 2; i++)
    {
      Fixture f;

      ws_setup_started (&f, GUINT_TO_POINTER (IO_TCP));
      setsockopt (sio_channel_get_fd (f.peer.channel), SOL_SOCKET, SO_LINGER, &linger,
                  sizeof linger);
      if (i == 1)
        {
          /* With its last words still unread. */
          io_frame (f.out, 0x81, "hello", 5);
          ws_peer_send (&f);
        }
      g_clear_pointer (&f.peer.channel, sio_channel_free);
      g_assert_true (ws_send_text (&f, "hello"));
      io_wait_for (f.n_closed == 1);
      g_assert_cmpuint (f.code, ==, 1006);
      g_assert_false (f.clean);
      g_assert_nonnull (f.reason);
      ws_teardown (&f);
    }
}

/* The peer said good-bye and left before we wrote again: that is no failure. */
static void
test_close_frame_before_reset (gconstpointer kind)
{
  Fixture f;

  ws_setup_started (&f, kind);
  g_assert_true (ws_send_text (&f, "unread"));
  io_frame (f.out, 0x88, "\x03\xe9", 2);
  io_peer_pause (&f.peer, TRUE);
  ws_peer_send (&f);
  sio_channel_shutdown_write (f.peer.channel);
  /* Nothing was dispatched yet when the socket goes. */
  shutdown (sio_channel_get_fd (f.peer.channel), SHUT_RDWR);
  io_wait_for (f.n_closed == 1);
  g_assert_cmpuint (f.code, ==, 1001);
  g_assert_true (f.clean);
  ws_teardown (&f);
}

/* The same, found out by writing. */
static void
test_close_frame_while_blocked (gconstpointer kind)
{
  g_autofree guint8 *data = g_malloc0 (500);
  g_autoptr (GBytes) frame = sio_ws_frame_new (SIO_WS_OPCODE_BINARY, data, 500);
  Fixture f;

  ws_setup_started (&f, kind);
  io_peer_pause (&f.peer, TRUE);
  while (sio_ws_send (f.ws, frame))
    ;
  for (guint i = 0; i < 3; i++)
    io_iterate ();
  io_frame (f.out, 0x88, "\x03\xe9", 2);
  ws_peer_send (&f);
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  io_wait_for (f.n_closed == 1);
  g_assert_cmpuint (f.code, ==, 1001);
  g_assert_true (f.clean);
  ws_teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  io_add_for_all_kinds ("/ws-close/peer-closes", test_peer_closes);
  io_add_for_all_kinds ("/ws-close/violations", test_violations);
  io_add_for_all_kinds ("/ws-close/violation-flood", test_violation_flood);
  io_add_for_all_kinds ("/ws-close/we-close", test_we_close);
  io_add_for_all_kinds ("/ws-close/we-close-early", test_we_close_early);
  io_add_for_all_kinds ("/ws-close/close-payloads", test_close_payloads);
  io_add_for_all_kinds ("/ws-close/linger", test_linger);
  io_add_for_all_kinds ("/ws-close/end-of-stream", test_end_of_stream);
  io_add_for_all_kinds ("/ws-close/close-and-end", test_close_and_end);
  g_test_add_func ("/ws-close/reset", test_reset);
  io_add_for_all_kinds ("/ws-close/close-frame-before-reset", test_close_frame_before_reset);
  io_add_for_all_kinds ("/ws-close/close-frame-while-blocked", test_close_frame_while_blocked);
  return g_test_run ();
}
