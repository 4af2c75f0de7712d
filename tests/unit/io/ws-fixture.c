/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ws-fixture.h"

#include <string.h>

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

static void
pressure_cb (SioWs *ws, gboolean high, gpointer user_data)
{
  Fixture *f = user_data;

  if (high)
    f->n_pressures++;
  else
    f->n_reliefs++;
}

static const SioWsHandler handler = { message_cb, closed_cb, pressure_cb };

void
ws_setup_channels (Fixture *f, SioReactor *reactor, SioChannel *channels[2])
{
  *f = (Fixture){ .reactor = reactor };
  f->config.max_message = 1000000;
  f->config.max_buffered = 1000000;
  f->config.high_water = 100000;
  f->config.linger = sio_deadline_list_get (f->reactor, 10000);
  f->out = g_byte_array_new ();
  f->ws = sio_ws_new (f->reactor, channels[0], &f->config, &handler, f);
  g_assert_true (sio_ws_is_open (f->ws));
  io_peer_init (&f->peer, channels[1]);
}

void
ws_setup (Fixture *f, gconstpointer kind)
{
  SioReactor *reactor = sio_reactor_get (NULL);
  SioChannel *channels[2];

  io_channels (reactor, GPOINTER_TO_UINT (kind), channels);
  ws_setup_channels (f, reactor, channels);
}

void
ws_setup_started (Fixture *f, gconstpointer kind)
{
  ws_setup (f, kind);
  g_assert_true (sio_ws_start (f->ws, NULL, 0, NULL));
}

void
ws_set_linger (Fixture *f, guint ms)
{
  sio_deadline_list_unref (f->config.linger);
  f->config.linger = sio_deadline_list_get (f->reactor, ms);
}

void
ws_teardown (Fixture *f)
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

void
ws_peer_frame (Fixture *f, guint8 first, const char *payload)
{
  io_frame (f->out, first, payload, strlen (payload));
}

void
ws_peer_send (Fixture *f)
{
  io_peer_send_all (&f->peer, f->out);
}

gboolean
ws_send_text (Fixture *f, const char *text)
{
  g_autoptr (GBytes) frame = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, text, strlen (text));

  return sio_ws_send (f->ws, frame);
}

void
ws_expect_bytes (Fixture *f, const char *bytes, gsize length)
{
  io_wait_for (f->peer.in->len >= length || f->peer.eof || f->peer.failed);
  g_assert_cmpmem (f->peer.in->data, f->peer.in->len, bytes, length);
}

void
ws_expect_gone (Fixture *f)
{
  gint64 guard = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;
  GOutputVector vector = { "x", 1 };
  gsize n;

  while (!f->peer.failed &&
         sio_channel_writev (f->peer.channel, &vector, 1, &n, NULL) != SIO_IO_ERROR)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, guard);
      io_iterate ();
    }
}

void
ws_echo_cb (Fixture *f, gboolean is_text, guint8 *data, gsize length)
{
  g_autoptr (GBytes) frame =
      sio_ws_frame_new (is_text ? SIO_WS_OPCODE_TEXT : SIO_WS_OPCODE_BINARY, data, length);

  g_assert_true (sio_ws_send (f->ws, frame));
}
