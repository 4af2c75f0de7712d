/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-eio-parts-private.h"

/* From polling to WebSocket (protocol.md §1.13). While the probe is on its way polling goes on;
 * a probe that fails at any time leaves it as it was (Appendix C, 19). */

#define PROBE_TIMEOUT_MS 20000

/* Whatever happened to the probe: polling goes on. */
static void
give_up (SioEioClient *self)
{
  gboolean paused = self->upgrading;

  sio_eio_client_ref (self);
  sio_eio_upgrade_cancel (self);
  if (paused && self->state != SIO_SESSION_CLOSED)
    {
      if (!self->sent_close)
        sio_eio_polling_get (self);
      sio_eio_client_flush (self);
      sio_eio_client_continue_closing (self);
    }
  sio_eio_client_unref (self);
}

static void
message_cb (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *message,
            gpointer user_data)
{
  SioEioClient *self = user_data;
  gsize length;
  const char *text = g_bytes_get_data (message, &length);

  if (self->upgrading)
    return;
  if (type != SOUP_WEBSOCKET_DATA_TEXT || length != 6 || memcmp (text, "3probe", 6) != 0)
    {
      g_debug ("upgrade: the probe was not answered");
      give_up (self);
      return;
    }
  sio_eio_client_measured (self);
  self->upgrading = TRUE;
  sio_eio_upgrade_check (self);
}

static void
error_cb (SoupWebsocketConnection *connection, const GError *error, gpointer user_data)
{
  g_debug ("upgrade: %s", error->message);
  give_up (user_data);
}

static void
closed_cb (SoupWebsocketConnection *connection, gpointer user_data)
{
  g_debug ("upgrade: the probe was closed");
  give_up (user_data);
}

static void
timeout_cb (SioDeadline *deadline)
{
  g_debug ("upgrade: the probe timed out");
  give_up (deadline->data);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioEioClient *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) connection =
      soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);

  if (connection == NULL)
    {
      g_debug ("upgrade: %s", error->message);
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && self->probing)
        give_up (self);
    }
  else if (!self->probing || self->probe.connection != NULL)
    {
      SioEioSocket late = { g_steal_pointer (&connection), 0, 0, 0 };

      sio_eio_socket_close (&late);
    }
  else
    {
      soup_websocket_connection_set_max_incoming_payload_size (connection,
                                                               self->options->max_payload);
      sio_eio_socket_take (&self->probe, self, connection, G_CALLBACK (message_cb),
                           G_CALLBACK (error_cb), G_CALLBACK (closed_cb));
      self->asked_time = g_get_monotonic_time ();
      sio_eio_websocket_send_text (connection, "2probe");
    }
  sio_eio_client_unref (self);
}

void
sio_eio_upgrade_start (SioEioClient *self)
{
  g_autoptr (SoupMessage) message =
      sio_eio_client_new_message (self, "GET", SIO_TRANSPORT_WEBSOCKET);
  g_autoptr (SioDeadlineList) list = NULL;

  if (message == NULL)
    return;
  self->probing = TRUE;
  self->probe_cancellable = g_cancellable_new ();
  list = sio_deadline_list_get (self->reactor, PROBE_TIMEOUT_MS);
  sio_deadline_init (&self->probe_deadline, timeout_cb, self);
  sio_deadline_arm (&self->probe_deadline, list);
  soup_session_websocket_connect_async (self->options->session, message, NULL, NULL,
                                        G_PRIORITY_DEFAULT, self->probe_cancellable, connected_cb,
                                        sio_eio_client_ref (self));
}

void
sio_eio_upgrade_check (SioEioClient *self)
{
  if (!self->upgrading || self->get_active || self->post_active)
    return;

  self->upgrading = FALSE;
  self->probing = FALSE;
  sio_deadline_disarm (&self->probe_deadline);
  g_clear_object (&self->probe_cancellable);
  sio_eio_websocket_send_text (self->probe.connection, "5");
  sio_eio_websocket_take (self, &self->probe);
  self->transport = SIO_TRANSPORT_WEBSOCKET;
  sio_eio_client_ref (self);
  sio_eio_client_changed (self);
  sio_eio_client_flush (self);
  sio_eio_client_continue_closing (self);
  sio_eio_client_unref (self);
}

void
sio_eio_upgrade_cancel (SioEioClient *self)
{
  if (!self->probing)
    return;
  self->probing = FALSE;
  self->upgrading = FALSE;
  sio_deadline_disarm (&self->probe_deadline);
  g_cancellable_cancel (self->probe_cancellable);
  g_clear_object (&self->probe_cancellable);
  sio_eio_socket_close (&self->probe);
}
