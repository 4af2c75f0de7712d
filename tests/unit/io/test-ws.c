/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io-fixture.h"
#include "sio-ws-private.h"

typedef struct _Fixture Fixture;

struct _Fixture
{
  SioReactor *reactor;
  SioWsConfig config;
  SioWs *ws;
  IoPeer peer;
  GByteArray *out; /* what the peer is about to send */

  void (*on_message) (Fixture *f, gboolean is_text, guint8 *data, gsize length);
  void (*on_closed) (Fixture *f);
  guint n_messages;
  guint n_closed;
  guint16 code;
  gboolean clean;
  char *reason;
};

static void
message_cb (SioWs *ws, gboolean is_text, guint8 *data, gsize length, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_true (ws == f->ws);
  g_assert_cmpuint (f->n_closed, ==, 0);
  f->n_messages++;
  if (f->on_message != NULL)
    f->on_message (f, is_text, data, length);
}

static void
closed_cb (SioWs *ws, guint16 code, gboolean clean, const char *reason, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (sio_ws_is_open (ws));
  f->n_closed++;
  g_assert_cmpuint (f->n_closed, ==, 1);
  f->code = code;
  f->clean = clean;
  f->reason = g_strdup (reason);
  if (f->on_closed != NULL)
    f->on_closed (f);
}

static const SioWsHandler handler = { message_cb, closed_cb };

static void
setup_channels (Fixture *f, SioReactor *reactor, SioChannel *channels[2])
{
  *f = (Fixture){ .reactor = reactor };
  f->config.max_message = 1000000;
  f->config.max_buffered = 1000000;
  f->config.linger = sio_deadline_list_get (f->reactor, 10000);
  f->out = g_byte_array_new ();
  f->ws = sio_ws_new (f->reactor, channels[0], &f->config, &handler, f);
  g_assert_true (sio_ws_is_open (f->ws));
  io_peer_init (&f->peer, channels[1]);
}

static void
setup (Fixture *f, gconstpointer kind)
{
  SioReactor *reactor = sio_reactor_get (NULL);
  SioChannel *channels[2];

  io_channels (reactor, GPOINTER_TO_UINT (kind), channels);
  setup_channels (f, reactor, channels);
}

static void
setup_started (Fixture *f, gconstpointer kind)
{
  setup (f, kind);
  g_assert_true (sio_ws_start (f->ws, NULL, 0, NULL));
}

static void
set_linger (Fixture *f, guint ms)
{
  sio_deadline_list_unref (f->config.linger);
  f->config.linger = sio_deadline_list_get (f->reactor, ms);
}

static void
teardown (Fixture *f)
{
  if (f->ws != NULL)
    {
      sio_ws_abort (f->ws);
      sio_ws_unref (f->ws);
    }
  io_peer_clear (&f->peer);
  sio_deadline_list_unref (f->config.linger);
  g_byte_array_unref (f->out);
  g_free (f->reason);
  sio_reactor_unref (f->reactor);
}

static void
peer_frame (Fixture *f, guint8 first, const char *payload)
{
  io_frame (f->out, first, payload, strlen (payload));
}

static void
peer_send (Fixture *f)
{
  io_peer_send_all (&f->peer, f->out);
}

static gboolean
send_text (Fixture *f, const char *text)
{
  g_autoptr (GBytes) frame = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, text, strlen (text));

  return sio_ws_send (f->ws, frame);
}

/* What the peer got must be exactly this. */
#define expect(f, literal) expect_bytes (f, literal, sizeof (literal) - 1)

static void
expect_bytes (Fixture *f, const char *bytes, gsize length)
{
  io_wait_for (f->peer.in->len >= length || f->peer.eof || f->peer.failed);
  g_assert_cmpmem (f->peer.in->data, f->peer.in->len, bytes, length);
}

static void
echo_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  g_autoptr (GBytes) frame =
      sio_ws_frame_new (is_text ? SIO_WS_OPCODE_TEXT : SIO_WS_OPCODE_BINARY, data, length);

  g_assert_true (sio_ws_send (f->ws, frame));
}

static void
test_echo (gconstpointer kind)
{
  static const gsize sizes[] = { 0, 1, 125, 126, 4000, 65535, 65536, 300000 };
  Fixture f;

  setup_started (&f, kind);
  f.on_message = echo_cb;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      for (guint8 opcode = 1; opcode <= 2; opcode++)
        {
          g_autofree guint8 *data = g_malloc (sizes[i] + 1);
          g_autoptr (GBytes) frame = NULL;

          for (gsize j = 0; j < sizes[i]; j++)
            data[j] = 'a' + j % 26;
          io_frame (f.out, 0x80 | opcode, data, sizes[i]);
          peer_send (&f);
          frame = sio_ws_frame_new (opcode, data, sizes[i]);
          io_wait_for (f.peer.in->len == g_bytes_get_size (frame));
          g_assert_true (memcmp (f.peer.in->data, g_bytes_get_data (frame, NULL),
                                 g_bytes_get_size (frame)) == 0);
          g_byte_array_set_size (f.peer.in, 0);
        }
    }
  g_assert_cmpuint (f.n_messages, ==, 2 * G_N_ELEMENTS (sizes));
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), ==, 0);
  teardown (&f);
}

static void
test_fragments (gconstpointer kind)
{
  Fixture f;

  setup_started (&f, kind);
  f.on_message = echo_cb;
  peer_frame (&f, 0x01, "Hel");
  peer_frame (&f, 0x89, "ping");
  peer_send (&f);
  expect (&f, "\x8a\x04ping");
  peer_frame (&f, 0x00, "");
  peer_frame (&f, 0x8a, "unasked");
  peer_frame (&f, 0x80, "lo");
  peer_send (&f);
  expect (&f, "\x8a\x04ping\x81\x05Hello");
  teardown (&f);
}

static void
test_bytewise (gconstpointer kind)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Fixture f;

  setup_started (&f, kind);
  f.on_message = echo_cb;
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
  expect (&f, "\x81\x05Hello\x8a\x04ping\x81\x02"
              "ab\x88\x02\x03\xe8");
  teardown (&f);
}

/* What came together with the handshake, even half a frame. */
static void
test_initial_data (gconstpointer kind)
{
  Fixture f;

  setup (&f, kind);
  f.on_message = echo_cb;
  peer_frame (&f, 0x81, "first");
  peer_frame (&f, 0x81, "second");
  g_assert_true (sio_ws_start (f.ws, f.out->data, f.out->len - 3, NULL));
  g_assert_cmpuint (f.n_messages, ==, 1);
  g_byte_array_remove_range (f.out, 0, 11);
  io_peer_send (&f.peer, f.out->data + f.out->len - 3, 3);
  expect (&f, "\x81\x05"
              "first\x81\x06second");
  teardown (&f);
}

static void
test_send_before_start (gconstpointer kind)
{
  Fixture f;

  setup (&f, kind);
  f.on_message = echo_cb;
  g_assert_true (send_text (&f, "early"));
  peer_frame (&f, 0x81, "a");
  peer_send (&f);
  expect (&f, "\x81\x05"
              "early");
  g_assert_cmpuint (f.n_messages, ==, 0);
  g_assert_true (sio_ws_start (f.ws, NULL, 0, NULL));
  expect (&f, "\x81\x05"
              "early\x81\x01"
              "a");
  teardown (&f);
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
  setup_channels (&f, reactor, channels);
  g_assert_true (sio_ws_start (f.ws, NULL, 0, NULL));
  f.on_message = echo_cb;
  io_peer_pause (&f.peer, TRUE);
  for (guint i = 0; i < 10; i++)
    peer_frame (&f, 0x81, "hello");
  peer_send (&f);
  io_wait_for (f.n_messages == 10);
  for (guint i = 0; i < 5; i++)
    g_assert_true (send_text (&f, "hello"));
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), ==, 35);
  io_wait_for (sio_ws_get_buffered (f.ws) == 0);
  {
    char buffer[1000];

    g_assert_cmpint (recv (fds[1], buffer, sizeof buffer, 0), ==, 70);
    g_assert_cmpint (recv (fds[1], buffer, sizeof buffer, 0), ==, 35);
  }
  teardown (&f);
}

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

      setup_started (&f, kind);
      io_frame (f.out, 0x88, c->payload, c->length);
      /* Whatever comes after a close frame does not count. */
      peer_frame (&f, 0x81, "late");
      peer_send (&f);
      /* The answer, then the end of our half, while the peer's is still open. */
      io_wait_for (f.peer.eof);
      g_assert_cmpmem (f.peer.in->data, f.peer.in->len, c->answer, c->answer_length);
      g_assert_cmpuint (f.n_closed, ==, 1);
      g_assert_cmpuint (f.code, ==, c->code);
      g_assert_cmpint (f.clean, ==, c->clean);
      g_assert_cmpstr (f.reason, ==, c->reason);
      g_assert_cmpuint (f.n_messages, ==, 0);
      g_assert_false (send_text (&f, "no"));
      teardown (&f);
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

      setup_started (&f, kind);
      f.on_message = echo_cb;
      peer_frame (&f, 0x81, "good");
      g_byte_array_append (f.out, (const guint8 *) v->input, v->length);
      /* It goes on sending, and shall still be able to read why it was closed. */
      g_byte_array_append (f.out, junk, 300000);
      peer_send (&f);
      io_wait_for (f.peer.eof || f.peer.failed);
      g_assert_false (f.peer.failed);
      g_assert_cmpmem (f.peer.in->data, 6, "\x81\x04good", 6);
      g_assert_cmpmem (f.peer.in->data + 6, f.peer.in->len - 6, v->answer, v->answer_length);
      g_assert_cmpuint (f.n_closed, ==, 1);
      g_assert_cmpuint (f.code, ==, v->code);
      g_assert_false (f.clean);
      g_assert_cmpmem (f.reason, strlen (f.reason), v->answer + 4, v->answer_length - 4);
      teardown (&f);
    }
}

/* A peer that does not stop is cut off some time. */
static void
test_violation_flood (gconstpointer kind)
{
  g_autofree guint8 *junk = g_malloc0 (100000);
  Fixture f;

  setup_started (&f, kind);
  io_peer_send (&f.peer, "\xff\xff", 2);
  for (guint i = 0; i < 200 && !f.peer.failed; i++)
    io_peer_send (&f.peer, junk, 100000);
  io_wait_for (f.peer.failed || f.peer.eof);
  g_assert_cmpuint (f.code, ==, 1002);
  g_assert_cmpint (sio_ws_get_buffered (f.ws), ==, 0);
  teardown (&f);
}

static void
test_we_close (gconstpointer kind)
{
  Fixture f;

  setup_started (&f, kind);
  g_assert_true (send_text (&f, "last"));
  /* Half of a message that will never be wanted. */
  io_frame (f.out, 0x81, "Hello World", 11);
  io_peer_send (&f.peer, f.out->data, 9);
  for (guint i = 0; i < 3; i++)
    io_iterate ();
  sio_ws_close (f.ws, 1000, "bye");
  g_assert_false (sio_ws_is_open (f.ws));
  g_assert_false (sio_ws_is_writable (f.ws));
  g_assert_false (send_text (&f, "no"));
  sio_ws_close (f.ws, 1001, "again");
  /* The connection keeps itself. */
  g_clear_pointer (&f.ws, sio_ws_unref);
  expect (&f, "\x81\x04last\x88\x05\x03\xe8"
              "bye");
  g_assert_false (f.peer.eof);
  io_peer_send (&f.peer, f.out->data + 9, f.out->len - 9);
  g_byte_array_set_size (f.out, 0);
  peer_frame (&f, 0x89, "ping");
  peer_frame (&f, 0x88, "\x03\xe8");
  peer_send (&f);
  io_wait_for (f.peer.eof);
  expect (&f, "\x81\x04last\x88\x05\x03\xe8"
              "bye");
  g_assert_cmpuint (f.n_messages, ==, 0);
  g_assert_cmpuint (f.n_closed, ==, 0);
  teardown (&f);
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
        setup (&f, kind); /* closed before it was started */
      else
        setup_started (&f, kind);
      switch (i)
        {
        case 0:
          sio_ws_close (f.ws, SIO_WS_CLOSE_NO_STATUS, "ignored");
          expect (&f, "\x88\x00");
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
          expect (&f, "\x88\x02\x03\xe9");
          break;
        }
      io_frame (f.out, 0x88, "", 0);
      peer_send (&f);
      io_wait_for (f.peer.eof);
      teardown (&f);
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

      setup_started (&f, kind);
      set_linger (&f, 50);
      if (i == 0)
        sio_ws_close (f.ws, 1000, NULL);
      else
        {
          if (i == 1)
            io_frame (f.out, 0x88, "\x03\xe8", 2);
          else
            g_byte_array_append (f.out, (const guint8 *) "\xff\xff", 2);
          peer_send (&f);
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
      teardown (&f);
    }
}

static void
test_end_of_stream (gconstpointer kind)
{
  Fixture f;

  setup_started (&f, kind);
  peer_frame (&f, 0x81, "a");
  peer_frame (&f, 0x01, "incomplete");
  peer_send (&f);
  g_clear_pointer (&f.peer.channel, sio_channel_free);
  io_wait_for (f.n_closed == 1);
  g_assert_cmpuint (f.n_messages, ==, 1);
  g_assert_cmpuint (f.code, ==, 1006);
  g_assert_true (f.clean);
  teardown (&f);
}

/* Close frame and end of stream at once: it still gets its answer. */
static void
test_close_and_end (gconstpointer kind)
{
  Fixture f;

  setup_started (&f, kind);
  io_frame (f.out, 0x88, "\x03\xe9", 2);
  peer_send (&f);
  sio_channel_shutdown_write (f.peer.channel);
  io_wait_for (f.peer.eof);
  expect (&f, "\x88\x02\x03\xe9");
  g_assert_cmpuint (f.code, ==, 1001);
  g_assert_true (f.clean);
  teardown (&f);
}

static void
test_reset (void)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  for (guint i = 0; i < 2; i++)
    {
      Fixture f;

      setup_started (&f, GUINT_TO_POINTER (IO_TCP));
      setsockopt (sio_channel_get_fd (f.peer.channel), SOL_SOCKET, SO_LINGER, &linger,
                  sizeof linger);
      if (i == 1)
        {
          /* With its last words still unread. */
          io_frame (f.out, 0x81, "hello", 5);
          peer_send (&f);
        }
      g_clear_pointer (&f.peer.channel, sio_channel_free);
      g_assert_true (send_text (&f, "hello"));
      io_wait_for (f.n_closed == 1);
      g_assert_cmpuint (f.code, ==, 1006);
      g_assert_false (f.clean);
      g_assert_nonnull (f.reason);
      teardown (&f);
    }
}

/* The peer said good-bye and left before we wrote again: that is no failure. */
static void
test_close_frame_before_reset (gconstpointer kind)
{
  Fixture f;

  setup_started (&f, kind);
  g_assert_true (send_text (&f, "unread"));
  io_frame (f.out, 0x88, "\x03\xe9", 2);
  io_peer_pause (&f.peer, TRUE);
  peer_send (&f);
  sio_channel_shutdown_write (f.peer.channel);
  /* Nothing was dispatched yet when the socket goes. */
  shutdown (sio_channel_get_fd (f.peer.channel), SHUT_RDWR);
  io_wait_for (f.n_closed == 1);
  g_assert_cmpuint (f.code, ==, 1001);
  g_assert_true (f.clean);
  teardown (&f);
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

  setup_started (&f, kind);
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
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), >, f.config.max_buffered - 21000);
  g_assert_true (sio_ws_is_open (f.ws));
  g_assert_false (sio_ws_is_writable (f.ws));

  /* Reading goes on meanwhile, and pings cost one frame in all. */
  f.on_message = NULL;
  peer_frame (&f, 0x81, "still heard");
  for (guint i = 0; i < 3000; i++)
    {
      char text[20];

      g_snprintf (text, sizeof text, "ping %u", i);
      peer_frame (&f, 0x89, text);
    }
  peer_frame (&f, 0x81, "end");
  peer_send (&f);
  io_wait_for (f.n_messages == 2);
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), <=, f.config.max_buffered + 127);
  g_byte_array_append (wanted, (const guint8 *) "\x8a\x09ping 2999", 11);

  io_peer_pause (&f.peer, FALSE);
  io_wait_for (f.peer.in->len >= wanted->len);
  g_assert_true (f.peer.in->len == wanted->len &&
                 memcmp (f.peer.in->data, wanted->data, wanted->len) == 0);
  g_assert_cmpuint (sio_ws_get_buffered (f.ws), ==, 0);
  g_assert_true (sio_ws_is_writable (f.ws));
  g_byte_array_set_size (f.peer.in, 0);
  g_assert_true (send_text (&f, "again"));
  expect (&f, "\x81\x05"
              "again");
  teardown (&f);
}

/* What was queued before sio_ws_close() still arrives, and the close frame after it. */
static void
test_close_slow_reader (gconstpointer kind)
{
  g_autoptr (GByteArray) wanted = g_byte_array_new ();
  Fixture f;

  setup_started (&f, kind);
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
  peer_send (&f);
  io_wait_for (f.peer.eof);
  teardown (&f);
}

/* A single large burst within one callback is bounded by the budget alone. */
static void
test_budget (gconstpointer kind)
{
  Fixture f;
  g_autoptr (GBytes) too_large = numbered_frame (0, 2000);
  g_autoptr (GBytes) fits = numbered_frame (0, 500);

  setup_started (&f, kind);
  f.config.max_buffered = 1000;
  g_assert_false (sio_ws_send (f.ws, too_large));
  g_assert_true (sio_ws_is_open (f.ws));
  /* The socket takes them, although the loop does not run in between. */
  for (guint i = 0; i < 20; i++)
    g_assert_true (sio_ws_send (f.ws, fits));
  io_wait_for (f.peer.in->len == 20 * 504);
  teardown (&f);
}

static void
abort_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  sio_ws_abort (f->ws);
}

static void
close_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  g_assert_true (send_text (f, "a"));
  sio_ws_close (f->ws, 1000, NULL);
}

static void
unref_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  SioWs *ws = f->ws;

  g_assert_true (send_text (f, "a"));
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

        setup_started (&f, kind);
        f.on_message = ways[i].func;
        if (fragmented)
          {
            peer_frame (&f, 0x01, "o");
            peer_frame (&f, 0x80, "ne");
          }
        else
          peer_frame (&f, 0x81, "one");
        /* More in the same piece, cut in the middle of a frame. */
        peer_frame (&f, 0x81, "two");
        peer_frame (&f, 0x81, "three");
        io_peer_send (&f.peer, f.out->data, f.out->len - 4);
        if (ways[i].graceful)
          {
            expect (&f, "\x81\x01"
                        "a\x88\x02\x03\xe8");
            g_byte_array_remove_range (f.out, 0, f.out->len - 4);
            io_frame (f.out, 0x88, "\x03\xe8", 2);
            peer_send (&f);
          }
        io_wait_for (f.peer.eof || f.peer.failed);
        g_assert_cmpuint (f.n_messages, ==, 1);
        g_assert_cmpuint (f.n_closed, ==, 0);
        teardown (&f);
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
  g_assert_false (send_text (f, "no"));
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

        setup_started (&f, kind);
        set_linger (&f, 30);
        f.on_closed = ways[i];
        peer_frame (&f, 0x81, "one");
        if (cause == 0)
          io_frame (f.out, 0x88, "\x03\xe8", 2);
        else if (cause == 1)
          g_byte_array_append (f.out, (const guint8 *) "\xff\xff", 2);
        peer_send (&f);
        if (cause == 2)
          sio_channel_shutdown_write (f.peer.channel);
        io_wait_for (f.n_closed == 1);
        g_assert_cmpuint (f.n_messages, ==, 1);
        io_wait_for (f.peer.eof || f.peer.failed);
        teardown (&f);
      }
}

static void
test_unref_open (gconstpointer kind)
{
  Fixture f;

  setup_started (&f, kind);
  g_assert_true (send_text (&f, "never sent"));
  g_clear_pointer (&f.ws, sio_ws_unref);
  io_wait_for (f.peer.eof || f.peer.failed);
  g_assert_cmpuint (f.peer.in->len, ==, 0);
  g_assert_cmpuint (f.n_closed, ==, 0);
  teardown (&f);
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
  io_add_for_all_kinds ("/ws/peer-closes", test_peer_closes);
  io_add_for_all_kinds ("/ws/violations", test_violations);
  io_add_for_all_kinds ("/ws/violation-flood", test_violation_flood);
  io_add_for_all_kinds ("/ws/we-close", test_we_close);
  io_add_for_all_kinds ("/ws/close-payloads", test_close_payloads);
  io_add_for_all_kinds ("/ws/linger", test_linger);
  io_add_for_all_kinds ("/ws/end-of-stream", test_end_of_stream);
  io_add_for_all_kinds ("/ws/close-and-end", test_close_and_end);
  g_test_add_func ("/ws/reset", test_reset);
  io_add_for_all_kinds ("/ws/close-frame-before-reset", test_close_frame_before_reset);
  io_add_for_all_kinds ("/ws/slow-reader", test_slow_reader);
  io_add_for_all_kinds ("/ws/close-slow-reader", test_close_slow_reader);
  io_add_for_all_kinds ("/ws/budget", test_budget);
  io_add_for_all_kinds ("/ws/end-in-message", test_end_in_message);
  io_add_for_all_kinds ("/ws/end-in-closed", test_end_in_closed);
  io_add_for_all_kinds ("/ws/unref-open", test_unref_open);
  return g_test_run ();
}
