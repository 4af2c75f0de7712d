/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-transport-private.h"

#include <string.h>

#include "sio-eio-payload-private.h"
#include "sio-http-peer-private.h"

/* HTTP long-polling, §1.8–1.10 and §1.14. Exists while it is the session's transport. */
struct _SioPolling
{
  SioSession *session;    /* owns this */
  SoupServerMessage *get; /* held GET, paused */
  gulong get_disconnected;
  SioWatch hangup; /* libsoup does not watch paused connections */
  SioDefer flush;
  SoupServerMessage *post; /* being received or handled; not owned */
  GPtrArray *queue;        /* of SioOutgoing */
  gsize queued_bytes;
  gboolean closing; /* the next GET is answered with a close packet */
};

static void flush_cb (SioDefer *defer);

/* The client gave up a held GET. */
static void
get_lost (SioPolling *self)
{
  SioSession *session = self->session;
  g_autoptr (SioSession) keep = g_object_ref (session);

  sio_polling_release (self, "1");
  sio_session_end (session, SIO_REASON_TRANSPORT_ERROR, "poll connection closed prematurely");
}

static void
hangup_cb (SioWatch *watch, guint32 events)
{
  SioPolling *self = watch->data;

  if (self->get != NULL)
    {
      sio_http_message_shutdown (self->get);
      get_lost (self);
    }
}

static void
get_disconnected_cb (SoupServerMessage *message, SioPolling *self)
{
  /* Nobody will read an answer any more. */
  g_clear_signal_handler (&self->get_disconnected, self->get);
  sio_watch_remove (&self->hangup);
  g_clear_object (&self->get);
  sio_session_end (self->session, SIO_REASON_TRANSPORT_ERROR, "poll connection closed prematurely");
}

SioPolling *
sio_polling_new (SioSession *session)
{
  SioPolling *self = g_new0 (SioPolling, 1);
  SioReactor *reactor = sio_session_get_reactor (session);

  self->session = session;
  self->queue = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_outgoing_unref);
  sio_watch_init (&self->hangup, reactor, hangup_cb, self);
  sio_defer_init (&self->flush, flush_cb, self);
  return self;
}

void
sio_polling_free (SioPolling *self)
{
  sio_polling_release (self, "1");
  sio_defer_cancel (&self->flush);
  g_ptr_array_unref (self->queue);
  g_free (self);
}

void
sio_http_respond (SioEngine *engine,
                  SoupServerMessage *message,
                  guint status,
                  const char *content_type,
                  GBytes *body)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *agent;

  soup_server_message_set_status (message, status, NULL);
  if (content_type != NULL)
    soup_message_headers_set_content_type (headers, content_type, NULL);
  if (status == SOUP_STATUS_OK)
    {
      soup_message_headers_replace (headers, "cache-control", "no-store");
      /* §1.5: old browsers of one maker suspect scripts in the answers. */
      agent = soup_message_headers_get_one (soup_server_message_get_request_headers (message),
                                            "User-Agent");
      if (agent != NULL && (strstr (agent, ";MSIE") != NULL || strstr (agent, "Trident/") != NULL))
        soup_message_headers_replace (headers, "X-XSS-Protection", "0");
    }
  soup_message_headers_set_content_length (headers,
                                           body != NULL ? (goffset) g_bytes_get_size (body) : 0);
  if (body != NULL)
    {
      soup_message_body_append_bytes (soup_server_message_get_response_body (message), body);
      g_bytes_unref (body);
    }
}

static void
respond_to_get (SioPolling *self, SoupServerMessage *message, GBytes *payload)
{
  SioEngine *engine = sio_session_get_engine (self->session);

  sio_http_respond (engine, message, SOUP_STATUS_OK, "text/plain; charset=UTF-8", payload);
  if (engine != NULL)
    sio_engine_emit_headers (engine, message, FALSE);
}

/* Answers the held GET. @payload: (transfer full) */
static void
answer (SioPolling *self, GBytes *payload)
{
  SoupServerMessage *message = g_steal_pointer (&self->get);
  SioEngine *engine = sio_session_get_engine (self->session);

  sio_watch_remove (&self->hangup);
  g_clear_signal_handler (&self->get_disconnected, message);
  respond_to_get (self, message, payload);
  if (engine != NULL)
    sio_engine_response_released (engine, message);
  soup_server_message_unpause (message);
  g_object_unref (message);
}

gboolean
sio_polling_release (SioPolling *self, const char *packet)
{
  if (self->get == NULL)
    return FALSE;
  answer (self, g_bytes_new (packet, strlen (packet)));
  return TRUE;
}

/* Empties the queue into one payload. */
static GBytes *
take_payload (SioPolling *self)
{
  GByteArray *payload;
  static const guint8 separator = SIO_EIO_SEPARATOR;

  self->queued_bytes = 0;
  if (self->queue->len == 1)
    {
      GBytes *bytes = g_bytes_ref (sio_outgoing_get_polling (g_ptr_array_index (self->queue, 0)));

      g_ptr_array_set_size (self->queue, 0);
      return bytes;
    }

  payload = g_byte_array_new ();
  for (guint i = 0; i < self->queue->len; i++)
    {
      gsize length;
      const guint8 *data =
          g_bytes_get_data (sio_outgoing_get_polling (g_ptr_array_index (self->queue, i)), &length);

      if (i > 0)
        g_byte_array_append (payload, &separator, 1);
      g_byte_array_append (payload, data, (guint) length);
    }
  g_ptr_array_set_size (self->queue, 0);
  return g_byte_array_free_to_bytes (payload);
}

static void
flush (SioPolling *self)
{
  if (self->get != NULL && self->queue->len > 0)
    answer (self, take_payload (self));
}

static void
flush_cb (SioDefer *defer)
{
  flush (defer->data);
}

static void
hold (SioPolling *self, SoupServerMessage *message)
{
  int fd = sio_http_message_get_fd (message);

  self->get = g_object_ref (message);
  self->get_disconnected =
      g_signal_connect (message, "disconnected", G_CALLBACK (get_disconnected_cb), self);
  soup_server_message_pause (message);
  if (fd >= 0)
    sio_watch_add (&self->hangup, fd, EPOLLRDHUP, NULL);
}

/* §1.9 */
void
sio_polling_handle_get (SioPolling *self, SoupServerMessage *message)
{
  SioSession *session = self->session;

  if (self->get != NULL)
    {
      sio_http_respond (NULL, message, SOUP_STATUS_BAD_REQUEST, NULL, NULL);
      sio_session_end (session, SIO_REASON_TRANSPORT_ERROR, "overlap from client");
      return;
    }
  if (self->queue->len > 0)
    respond_to_get (self, message, take_payload (self));
  else if (self->closing)
    {
      g_autoptr (SioSession) keep = g_object_ref (session);

      respond_to_get (self, message,
                      g_bytes_new_static ("6\x1e"
                                          "1",
                                          3));
      sio_session_end (session, SIO_REASON_FORCED_CLOSE, NULL);
    }
  else
    hold (self, message);
}

/* §1.10 */
gboolean
sio_polling_begin_post (SioPolling *self, SoupServerMessage *message)
{
  if (self->post == NULL)
    {
      self->post = message;
      return TRUE;
    }
  sio_http_message_shutdown (self->post);
  self->post = NULL;
  sio_session_end (self->session, SIO_REASON_TRANSPORT_ERROR, "data request overlap from client");
  return FALSE;
}

void
sio_polling_end_post (SioPolling *self, SoupServerMessage *message)
{
  if (self->post == message)
    self->post = NULL;
}

void
sio_polling_post_aborted (SioPolling *self, SoupServerMessage *message)
{
  if (self->post != message)
    return;
  self->post = NULL;
  sio_session_end (self->session, SIO_REASON_TRANSPORT_ERROR,
                   "data request connection closed prematurely");
}

void
sio_polling_handle_post (SioPolling *self, SoupServerMessage *message, guint8 *body, gsize length)
{
  g_autoptr (SioSession) session = g_object_ref (self->session);
  SioEngine *engine = sio_session_get_engine (session);
  guint8 empty[1];
  guint8 *cursor = length > 0 ? body : empty;
  guint8 *end = cursor + length;
  SioEioPacket packet;
  SioPacketResult result = SIO_PACKET_CONTINUE;
  gboolean valid = TRUE;

  /* The handlers may close the session or, with a WebSocket in the wings, change its
   * transport: self is not to be trusted after the first packet. */
  self->post = NULL;
  while (valid && cursor != NULL && result == SIO_PACKET_CONTINUE)
    {
      valid = sio_eio_payload_next (&cursor, end, &packet);
      if (valid)
        result = sio_session_handle_packet (session, (char) packet.type, packet.is_binary,
                                            (guint8 *) packet.data, packet.length);
    }

  if (!valid)
    sio_session_end (session, SIO_REASON_PARSE_ERROR, "malformed payload");
  if (!valid || result == SIO_PACKET_VIOLATION)
    {
      sio_http_respond (engine, message, SOUP_STATUS_BAD_REQUEST, NULL, NULL);
      return;
    }
  sio_http_respond (engine, message, SOUP_STATUS_OK, "text/html", g_bytes_new_static ("ok", 2));
  if (sio_session_get_engine (session) != NULL)
    sio_engine_emit_headers (engine, message, FALSE);
}

gboolean
sio_polling_is_writable (SioPolling *self)
{
  return self->get != NULL;
}

gsize
sio_polling_get_buffered (SioPolling *self)
{
  return self->queued_bytes;
}

gboolean
sio_polling_send (SioPolling *self, SioOutgoing *outgoing)
{
  gsize size = g_bytes_get_size (sio_outgoing_get_polling (outgoing));
  gsize budget = sio_engine_get_config (sio_session_get_engine (self->session))->max_buffered;

  /* A single message may be larger than the budget, as long as nothing else waits. */
  if (self->queued_bytes > 0 && (size > budget || self->queued_bytes > budget - size))
    return FALSE;
  g_ptr_array_add (self->queue, sio_outgoing_ref (outgoing));
  self->queued_bytes += size;
  if (self->get != NULL)
    sio_defer_queue (&self->flush, sio_session_get_reactor (self->session));
  return TRUE;
}

gboolean
sio_polling_close (SioPolling *self)
{
  flush (self);
  if (self->queue->len == 0 && sio_polling_release (self, "1"))
    return TRUE;
  self->closing = TRUE;
  return FALSE;
}

GPtrArray *
sio_polling_abandon (SioPolling *self)
{
  GPtrArray *queue = self->queue;

  self->queue = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_outgoing_unref);
  self->queued_bytes = 0;
  if (self->post != NULL)
    sio_http_message_shutdown (self->post);
  self->post = NULL;
  sio_polling_release (self, "1");
  return queue;
}
