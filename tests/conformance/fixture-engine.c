/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* Echoes every message, text as text and binary as binary. */
static void
message_cb (SioSession *session, GBytes *data, gboolean is_text, gpointer user_data)
{
  gsize length;
  const char *text = g_bytes_get_data (data, &length);

  if (is_text)
    sio_session_send_text (session, text != NULL ? text : "", (gssize) length);
  else
    sio_session_send_bytes (session, data);
}

static void
connection_cb (SioEngine *engine, SioSession *session, gpointer user_data)
{
  g_signal_connect (session, "message", G_CALLBACK (message_cb), NULL);
}

SioEngine *
fixture_engine_v4_start (void)
{
  SioEngine *engine = sio_engine_new ();
  g_autoptr (SioCors) cors = sio_cors_new ();

  sio_cors_allow_any_origin (cors);
  sio_engine_set_cors (engine, cors);
  sio_engine_set_ping_interval (engine, 300);
  sio_engine_set_ping_timeout (engine, 200);
  sio_engine_set_max_payload (engine, 1000000);
  g_signal_connect (engine, "connection", G_CALLBACK (connection_cb), NULL);
  return engine;
}

SioEngine *
fixture_engine_v3_start (void)
{
  SioEngine *engine = fixture_engine_v4_start ();

  sio_engine_set_allow_eio3 (engine, TRUE);
  return engine;
}
