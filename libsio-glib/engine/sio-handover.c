/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-handover-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* More than a client can have sent before it got our 101 is no use to it. */
#define EARLY_LIMIT (64 * 1024)

typedef struct
{
  SioEngine *engine;
  SioHandoverFunc func;
} Handover;

static void
handover_free (gpointer data, GClosure *closure)
{
  Handover *handover = data;

  g_object_unref (handover->engine);
  g_free (handover);
}

/* libsoup may have read more than the request: those bytes come out of its buffer first. */
static gboolean
read_early (GIOStream *stream, GByteArray *early)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));

  for (;;)
    {
      guint8 buffer[4096];
      g_autoptr (GError) error = NULL;
      gssize n =
          g_pollable_input_stream_read_nonblocking (input, buffer, sizeof buffer, NULL, &error);

      if (n < 0)
        return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      /* The end of the stream shows again when the channel reads. */
      if (n == 0)
        return TRUE;
      if (early->len + (gsize) n > EARLY_LIMIT)
        return FALSE;
      g_byte_array_append (early, buffer, (guint) n);
    }
}

/* A plain socket goes on as a bare descriptor, all GIO objects are let go; anything else
 * (TLS) stays a stream. */
static SioChannel *
channel_new (SioReactor *reactor, GIOStream *stolen)
{
  g_autoptr (GIOStream) base = NULL;
  SioChannel *channel;
  GSocket *socket;
  int fd;

  g_object_get (stolen, "base-iostream", &base, NULL);
  if (!G_IS_SOCKET_CONNECTION (base))
    return sio_channel_new_stream (reactor, base != NULL ? base : stolen);

  socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (base));
  fd = fcntl (g_socket_get_fd (socket), F_DUPFD_CLOEXEC, 3);
  if (fd < 0)
    /* No descriptor is left: the one we have works as well, with its objects. */
    return sio_channel_new_stream (reactor, base);
  channel = sio_channel_new_fd (reactor, fd);
  g_io_stream_close (base, NULL, NULL);
  return channel;
}

static void
wrote_informational_cb (SoupServerMessage *message, Handover *handover)
{
  g_autoptr (SioEngine) engine = g_object_ref (handover->engine);
  g_autoptr (SoupServerMessage) keep = g_object_ref (message);
  SioHandoverFunc func = handover->func;
  g_autoptr (GByteArray) early = g_byte_array_new ();
  g_autoptr (GIOStream) stolen = NULL;
  SioChannel *channel;

  if (soup_server_message_get_status (message) != SOUP_STATUS_SWITCHING_PROTOCOLS)
    return;
  stolen = soup_server_message_steal_connection (message);
  if (stolen == NULL)
    return;
  if (!read_early (stolen, early))
    {
      g_io_stream_close (stolen, NULL, NULL);
      return;
    }
  channel = channel_new (sio_engine_get_reactor (engine), stolen);
  func (engine, message, channel, early->data, early->len);
}

gboolean
sio_handover_start (SioEngine *engine, SoupServerMessage *message, SioHandoverFunc func)
{
  SoupMessageHeaders *request = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *response = soup_server_message_get_response_headers (message);
  const char *protocols;
  Handover *handover;

  if (!soup_websocket_server_check_handshake (message, NULL, NULL, NULL, NULL) ||
      !soup_websocket_server_process_handshake (message, NULL, NULL, NULL, NULL))
    return FALSE;

  /* The first sub-protocol offered is selected, as the reference does (§1.11). */
  protocols = soup_message_headers_get_list (request, "Sec-WebSocket-Protocol");
  if (protocols != NULL)
    {
      gsize length = strcspn (protocols, ", ");
      g_autofree char *first = g_strndup (protocols, length);

      if (length > 0)
        soup_message_headers_replace (response, "Sec-WebSocket-Protocol", first);
    }

  handover = g_new0 (Handover, 1);
  handover->engine = g_object_ref (engine);
  handover->func = func;
  g_signal_connect_data (message, "wrote-informational", G_CALLBACK (wrote_informational_cb),
                         handover, handover_free, 0);
  return TRUE;
}
