/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-eio-parts-private.h"
#include "sio-error.h"

/* libsoup queues without limit what the network does not take; beyond this we look first. */
#define UNCHECKED_MAX (128 * 1024)
/* It also hands over all that arrived at once. Whoever runs a main loop has other things to do,
 * too: a message of this size is handled in another iteration than that in which it was read … */
#define BIG_SIZE (128 * 1024)
/* … and so are those that come after this time was spent with others. */
#define SLICE_US 4000
/* So much of it may wait; then nothing more is read before it is handled. */
#define INBOX_MAX (4 * 1024 * 1024)

void
sio_eio_socket_take (SioEioSocket *socket,
                     SioEioClient *self,
                     SoupWebsocketConnection *connection,
                     GCallback message,
                     GCallback error,
                     GCallback closed)
{
  socket->connection = g_object_ref (connection);
  /* It may outlive the session, for the closing handshake. */
  g_object_set_data_full (G_OBJECT (connection), "sio-options", sio_eio_options_ref (self->options),
                          (GDestroyNotify) sio_eio_options_unref);
  socket->message_handler = g_signal_connect (connection, "message", message, self);
  socket->error_handler = g_signal_connect (connection, "error", error, self);
  socket->closed_handler = g_signal_connect (connection, "closed", closed, self);
}

static void
socket_forget (SioEioSocket *socket)
{
  g_clear_signal_handler (&socket->message_handler, socket->connection);
  g_clear_signal_handler (&socket->error_handler, socket->connection);
  g_clear_signal_handler (&socket->closed_handler, socket->connection);
}

void
sio_eio_socket_close (SioEioSocket *socket)
{
  SoupWebsocketConnection *connection;

  if (socket->connection == NULL)
    return;
  socket_forget (socket);
  connection = g_steal_pointer (&socket->connection);
  if (soup_websocket_connection_get_state (connection) != SOUP_WEBSOCKET_STATE_CLOSED)
    {
      /* It lives until the closing handshake is through, or libsoup gave up on it. */
      g_object_ref (connection);
      g_signal_connect (connection, "closed", G_CALLBACK (g_object_unref), NULL);
      if (soup_websocket_connection_get_state (connection) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close (connection, SOUP_WEBSOCKET_CLOSE_NO_STATUS, NULL);
    }
  g_object_unref (connection);
}

void
sio_eio_websocket_send_text (SoupWebsocketConnection *connection, const char *text)
{
  if (soup_websocket_connection_get_state (connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (connection, text);
}

static void
receive (SioEioClient *self, SoupWebsocketDataType type, GBytes *message)
{
  SioEioPacket packet = { SIO_EIO_MESSAGE, TRUE, NULL, 0 };
  g_autofree guint8 *copy = NULL;

  packet.data = g_bytes_get_data (message, &packet.length);
  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    {
      guint8 *text = (guint8 *) packet.data;

      /* Decoding base64 changes the text. */
      if (packet.length > 0 && text[0] == 'b')
        text = copy = g_memdup2 (text, packet.length);
      if (!sio_eio_packet_parse_text (text, packet.length, &packet))
        {
          sio_eio_client_fail (
              self, "transport error",
              g_error_new (SIO_ERROR, SIO_ERROR_PROTOCOL, "server error: malformed packet"));
          return;
        }
    }
  if (self->state == SIO_SESSION_OPENING)
    sio_eio_client_measured (self);
  sio_eio_client_receive (self, &packet);
}

typedef struct
{
  SoupWebsocketDataType type;
  GBytes *message;
} Letter;

static Letter *
pop_letter (SioEioClient *self)
{
  Letter *letter = g_queue_pop_head (&self->ws_inbox);

  self->ws_inbox_size -= g_bytes_get_size (letter->message);
  return letter;
}

static void
free_letter (Letter *letter)
{
  g_bytes_unref (letter->message);
  g_slice_free (Letter, letter);
}

/* At least one of them, and no more after @end, a monotonic time. */
static void
empty_inbox (SioEioClient *self, gint64 end)
{
  sio_eio_client_ref (self);
  while (!g_queue_is_empty (&self->ws_inbox))
    {
      Letter *letter = pop_letter (self);

      receive (self, letter->type, letter->message);
      free_letter (letter);
      if (g_get_monotonic_time () >= end)
        break;
    }
  if (!g_queue_is_empty (&self->ws_inbox))
    sio_defer_queue (&self->ws_inbox_defer, self->reactor);
  sio_eio_client_unref (self);
}

static void
inbox_cb (SioDefer *defer)
{
  empty_inbox (defer->data, g_get_monotonic_time () + SLICE_US);
}

void
sio_eio_websocket_init (SioEioClient *self)
{
  g_queue_init (&self->ws_inbox);
  sio_defer_init (&self->ws_inbox_defer, inbox_cb, self);
}

/* Whether there is time for another message in this iteration of the main loop. */
static gboolean
has_time (SioEioClient *self)
{
  GSource *source = g_main_current_source ();
  gint64 iteration = source != NULL ? g_source_get_time (source) : 0;

  if (iteration == 0)
    return TRUE;
  if (iteration != self->ws_iteration)
    {
      self->ws_iteration = iteration;
      self->ws_inline_end = g_get_monotonic_time () + SLICE_US;
      return TRUE;
    }
  return g_get_monotonic_time () < self->ws_inline_end;
}

static void
message_cb (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *message,
            gpointer user_data)
{
  SioEioClient *self = sio_eio_client_ref (user_data);

  if (self->ws_inbox_size > INBOX_MAX)
    empty_inbox (self, G_MAXINT64);
  if (self->ws.connection != connection)
    {
      /* One of those that waited was the end. */
    }
  else if (g_queue_is_empty (&self->ws_inbox) && g_bytes_get_size (message) < BIG_SIZE &&
           has_time (self))
    receive (self, type, message);
  else
    {
      Letter *letter = g_slice_new (Letter);

      *letter = (Letter){ type, g_bytes_ref (message) };
      g_queue_push_tail (&self->ws_inbox, letter);
      self->ws_inbox_size += g_bytes_get_size (message);
      sio_defer_queue (&self->ws_inbox_defer, self->reactor);
    }
  sio_eio_client_unref (self);
}

/* What the peer did wrong is an error; a lost connection is just closed (protocol.md §4.7). */
static void
error_cb (SoupWebsocketConnection *connection, const GError *error, gpointer user_data)
{
  SioEioClient *self = sio_eio_client_ref (user_data);

  /* What came before is not lost. */
  empty_inbox (self, G_MAXINT64);
  sio_eio_client_fail (
      self, error->domain == SOUP_WEBSOCKET_ERROR ? "transport error" : "transport close",
      g_error_copy (error));
  sio_eio_client_unref (self);
}

static void
closed_cb (SoupWebsocketConnection *connection, gpointer user_data)
{
  SioEioClient *self = sio_eio_client_ref (user_data);
  gushort code = soup_websocket_connection_get_close_code (connection);

  empty_inbox (self, G_MAXINT64);
  if (code != 0 && code != SOUP_WEBSOCKET_CLOSE_NO_STATUS)
    sio_eio_client_fail (self, "transport close",
                         g_error_new (SIO_ERROR, SIO_ERROR_TRANSPORT,
                                      "websocket connection closed with code %u", code));
  else
    sio_eio_client_fail (
        self, "transport close",
        g_error_new (SIO_ERROR, SIO_ERROR_TRANSPORT, "websocket connection closed"));
  sio_eio_client_unref (self);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioEioClient *self = user_data;
  GError *error = NULL;
  g_autoptr (SoupWebsocketConnection) connection =
      soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (source), result);

  if (self->state == SIO_SESSION_CLOSED)
    {
      SioEioSocket late = { connection, 0, 0, 0 };

      connection = NULL;
      sio_eio_socket_close (&late);
      g_clear_error (&error);
    }
  else if (connection == NULL)
    {
      guint status = message != NULL ? soup_message_get_status (message) : 0;

      if (message != NULL)
        sio_eio_tls_explain (self, message, &error);
      if (status >= 300)
        g_prefix_error (&error, "the server answered with status %u: ", status);
      /* Engine.IO has another status for whom it refuses. */
      if (status == SOUP_STATUS_NOT_FOUND && error->domain != G_TLS_ERROR)
        {
          error->domain = SIO_ERROR;
          error->code = SIO_ERROR_BAD_HANDSHAKE;
        }
      /* Only another transport that is tried cancels this one. */
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_clear_error (&error);
      else
        sio_eio_client_fail (self, "transport error", error);
    }
  else
    {
      soup_websocket_connection_set_max_incoming_payload_size (connection,
                                                               self->options->max_payload);
      sio_eio_socket_take (&self->ws, self, connection, G_CALLBACK (message_cb),
                           G_CALLBACK (error_cb), G_CALLBACK (closed_cb));
    }
  sio_eio_client_unref (self);
}

void
sio_eio_websocket_open (SioEioClient *self)
{
  g_autoptr (SoupMessage) message =
      sio_eio_client_new_message (self, "GET", SIO_TRANSPORT_WEBSOCKET);

  if (message == NULL)
    return;
  self->asked_time = g_get_monotonic_time ();
  soup_session_websocket_connect_async (self->options->session, message, NULL, NULL,
                                        G_PRIORITY_DEFAULT, self->cancellable, connected_cb,
                                        sio_eio_client_ref (self));
}

void
sio_eio_websocket_take (SioEioClient *self, SioEioSocket *probe)
{
  g_autoptr (SoupWebsocketConnection) connection = g_steal_pointer (&probe->connection);
  SioEioSocket old = *probe;

  old.connection = connection;
  socket_forget (&old);
  *probe = (SioEioSocket){ NULL, 0, 0, 0 };
  sio_eio_socket_take (&self->ws, self, connection, G_CALLBACK (message_cb), G_CALLBACK (error_cb),
                       G_CALLBACK (closed_cb));
}

static GPollableOutputStream *
get_stream (SioEioClient *self)
{
  GIOStream *stream = soup_websocket_connection_get_io_stream (self->ws.connection);
  GOutputStream *output = stream != NULL ? g_io_stream_get_output_stream (stream) : NULL;

  if (output == NULL || !G_IS_POLLABLE_OUTPUT_STREAM (output) ||
      !g_pollable_output_stream_can_poll (G_POLLABLE_OUTPUT_STREAM (output)))
    return NULL;
  return G_POLLABLE_OUTPUT_STREAM (output);
}

gboolean
sio_eio_websocket_is_writable (SioEioClient *self)
{
  GPollableOutputStream *stream;

  if (self->ws.connection == NULL || !g_queue_is_empty (&self->queue))
    return FALSE;
  stream = get_stream (self);
  return stream == NULL || g_pollable_output_stream_is_writable (stream);
}

static gboolean
writable_cb (GObject *stream, gpointer user_data)
{
  SioEioClient *self = user_data;

  g_source_destroy (self->ws_writable);
  g_clear_pointer (&self->ws_writable, g_source_unref);
  sio_eio_client_ref (self);
  sio_eio_client_flush (self);
  sio_eio_client_continue_closing (self);
  sio_eio_client_unref (self);
  return G_SOURCE_REMOVE;
}

/* TRUE if more can be given to libsoup now. */
static gboolean
check_stream (SioEioClient *self)
{
  GPollableOutputStream *stream;

  if (self->ws_unchecked < UNCHECKED_MAX)
    return TRUE;
  stream = get_stream (self);
  if (stream != NULL && !g_pollable_output_stream_is_writable (stream))
    {
      self->ws_writable = g_pollable_output_stream_create_source (stream, NULL);
      g_source_set_static_name (self->ws_writable, "[sio] client writable");
      g_source_set_callback (self->ws_writable, G_SOURCE_FUNC (writable_cb), self, NULL);
      g_source_attach (self->ws_writable, sio_reactor_get_context (self->reactor));
      return FALSE;
    }
  self->ws_unchecked = 0;
  return TRUE;
}

void
sio_eio_websocket_flush (SioEioClient *self)
{
  while (self->ws_writable == NULL && self->ws.connection != NULL &&
         !g_queue_is_empty (&self->queue) &&
         soup_websocket_connection_get_state (self->ws.connection) == SOUP_WEBSOCKET_STATE_OPEN)
    {
      SioEioOut *out;

      if (!check_stream (self))
        return;
      out = sio_eio_client_pop (self);
      self->ws_unchecked += g_bytes_get_size (out->bytes) + 16;
      if (out->is_binary && self->options->force_base64)
        {
          GByteArray *text = g_byte_array_new ();
          g_autoptr (GBytes) bytes = NULL;
          gsize length;
          const void *data = g_bytes_get_data (out->bytes, &length);

          sio_eio_payload_append_binary (text, data, length);
          bytes = g_byte_array_free_to_bytes (text);
          soup_websocket_connection_send_message (self->ws.connection, SOUP_WEBSOCKET_DATA_TEXT,
                                                  bytes);
        }
      else
        soup_websocket_connection_send_message (
            self->ws.connection,
            out->is_binary ? SOUP_WEBSOCKET_DATA_BINARY : SOUP_WEBSOCKET_DATA_TEXT, out->bytes);
      sio_eio_out_free (out);
    }
}

void
sio_eio_websocket_cleanup (SioEioClient *self)
{
  if (self->ws_writable != NULL)
    {
      g_source_destroy (self->ws_writable);
      g_clear_pointer (&self->ws_writable, g_source_unref);
    }
  sio_defer_cancel (&self->ws_inbox_defer);
  while (!g_queue_is_empty (&self->ws_inbox))
    free_letter (pop_letter (self));
  sio_eio_socket_close (&self->ws);
}
