/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-transport-private.h"

#include <string.h>

/* A WebSocket that asks to take over a polling session, §1.13. */
struct _SioProbe
{
  SioSession *session; /* owns this */
  SioWs *ws;
  SioDeadline timeout;
  SioDeadline noop;
  gboolean base64;
};

static const SioEngineConfig *
get_config (SioProbe *self)
{
  return sio_engine_get_config (sio_session_get_engine (self->session));
}

static void
timeout_cb (SioDeadline *deadline)
{
  SioProbe *self = deadline->data;

  sio_session_probe_ended (self->session);
}

/* The client stops polling for the time of the change: its GET must return. */
static void
noop_cb (SioDeadline *deadline)
{
  SioProbe *self = deadline->data;
  SioPolling *polling = sio_session_get_polling (self->session);

  sio_deadline_arm (&self->noop, get_config (self)->noop_interval);
  sio_polling_release (polling, SIO_EIO_NOOP);
}

static void
send_packet (SioProbe *self, const char *packet)
{
  g_autoptr (GBytes) frame = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, packet, strlen (packet));

  sio_ws_send (self->ws, frame);
}

static void
message_cb (SioWs *ws, gboolean is_text, guint8 *data, gsize length, gpointer user_data)
{
  SioProbe *self = user_data;

  if (is_text && length == 6 && memcmp (data, "2probe", 6) == 0)
    {
      send_packet (self, "3probe");
      noop_cb (&self->noop);
    }
  else if (is_text && length > 0 && data[0] == '5')
    sio_session_adopt_ws (self->session, g_steal_pointer (&self->ws), self->base64);
  else
    sio_session_probe_ended (self->session);
}

static void
closed_cb (SioWs *ws, guint16 code, gboolean clean, const char *reason, gpointer user_data)
{
  SioProbe *self = user_data;

  sio_session_probe_ended (self->session);
}

static const SioWsHandler handler = { message_cb, closed_cb, NULL };

SioProbe *
sio_probe_new (SioSession *session, SioWs *ws, gboolean base64)
{
  SioProbe *self = g_new0 (SioProbe, 1);

  self->session = session;
  self->ws = ws;
  self->base64 = base64;
  sio_deadline_init (&self->timeout, timeout_cb, self);
  sio_deadline_init (&self->noop, noop_cb, self);
  sio_deadline_arm (&self->timeout, get_config (self)->upgrade_timeout);
  return self;
}

gboolean
sio_probe_start (SioProbe *self, guint8 *early, gsize early_length)
{
  g_autoptr (SioWs) ws = sio_ws_ref (self->ws);

  sio_ws_set_handler (ws, &handler, self);
  /* The first messages may end the probe; then there is nothing to report. */
  return sio_ws_start (ws, early, early_length, NULL);
}

void
sio_probe_free (SioProbe *self)
{
  sio_deadline_disarm (&self->timeout);
  sio_deadline_disarm (&self->noop);
  if (self->ws != NULL)
    {
      sio_ws_close (self->ws, SIO_WS_CLOSE_NO_STATUS, NULL);
      sio_ws_unref (self->ws);
    }
  g_free (self);
}
