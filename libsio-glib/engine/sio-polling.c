/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-transport-private.h"

#include <string.h>

/* What keeping a message costs besides its bytes, about. */
#define MESSAGE_COST 128

/* HTTP long-polling, §1.8–1.10 and §1.14. Exists while it is the session's transport. */
struct _SioPolling
{
  SioSession *session; /* owns this */
  SioRequest *get;     /* held */
  SioRequest *post;    /* being received; not owned */
  SioDefer flush;
  GPtrArray *queue; /* of SioOutgoing */
  gsize queued_bytes;
  gsize volatile_cost;   /* of the volatile ones among them, as the budget counts */
  gboolean compressible; /* what was taken from the queue last */
  gboolean closing;      /* the next GET is answered with a close packet */
};

static void flush_cb (SioDefer *defer);

SioPolling *
sio_polling_new (SioSession *session)
{
  SioPolling *self = g_new0 (SioPolling, 1);

  self->session = session;
  self->queue = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_outgoing_unref);
  sio_defer_init (&self->flush, flush_cb, self);
  return self;
}

void
sio_polling_free (SioPolling *self)
{
  SioRequest *post = g_steal_pointer (&self->post);

  if (post != NULL)
    sio_request_shutdown (post);
  sio_polling_release (self, SIO_EIO_CLOSE);
  sio_defer_cancel (&self->flush);
  g_ptr_array_unref (self->queue);
  g_free (self);
}

void
sio_http_respond (
    SioEngine *engine, SioRequest *request, guint status, const char *content_type, GBytes *body)
{
  const char *agent = sio_request_get_header (request, "user-agent");

  sio_request_append_response_header (request, "Cache-Control", "no-store");
  /* §1.5: old browsers of one maker suspect scripts in the answers. */
  if (agent != NULL && (strstr (agent, ";MSIE") != NULL || strstr (agent, "Trident/") != NULL))
    sio_request_set_response_header (request, "X-XSS-Protection", "0");
  if (engine != NULL)
    sio_engine_emit_headers (engine, request, FALSE);
  sio_request_respond (request, status, content_type, body);
}

/* @payload: (transfer full) */
static void
respond_to_get (SioPolling *self, SioRequest *request, GBytes *payload, const char *content_type)
{
  SioEngine *engine = sio_session_get_engine (self->session);

  if (self->compressible)
    payload = sio_http_compress (engine, request, payload);
  sio_http_respond (engine, request, 200, content_type, payload);
}

static gboolean
is_eio3 (SioPolling *self)
{
  return G_UNLIKELY (sio_session_get_protocol (self->session) == 3);
}

/* Packets without data, given by their digits. */
static void
respond_with_types (SioPolling *self, SioRequest *request, const char *types)
{
  GString *payload;

  if (is_eio3 (self))
    {
      respond_to_get (self, request, sio_polling_eio3_encode_types (self->session, types),
                      SIO_POLLING_TEXT_TYPE);
      return;
    }
  payload = g_string_new (NULL);
  for (; *types != '\0'; types++)
    {
      if (payload->len > 0)
        g_string_append_c (payload, SIO_EIO_SEPARATOR);
      g_string_append_c (payload, *types);
    }
  respond_to_get (self, request, g_string_free_to_bytes (payload), SIO_POLLING_TEXT_TYPE);
}

gboolean
sio_polling_release (SioPolling *self, SioEioType type)
{
  const char types[] = { (char) type, '\0' };
  g_autoptr (SioRequest) request = g_steal_pointer (&self->get);

  if (request == NULL)
    return FALSE;
  respond_with_types (self, request, types);
  return TRUE;
}

/* Empties the queue into one payload. */
static GBytes *
take_payload (SioPolling *self, const char **content_type)
{
  GByteArray *payload;
  static const guint8 separator = SIO_EIO_SEPARATOR;

  *content_type = SIO_POLLING_TEXT_TYPE;
  self->queued_bytes = 0;
  self->volatile_cost = 0;
  /* §1.18: one that may be compressed takes the others with it. */
  self->compressible = FALSE;
  for (guint i = 0; i < self->queue->len && !self->compressible; i++)
    self->compressible = !sio_outgoing_is_plain (g_ptr_array_index (self->queue, i));
  if (is_eio3 (self))
    {
      GBytes *bytes = sio_polling_eio3_encode (self->session, self->queue, content_type);

      g_ptr_array_set_size (self->queue, 0);
      return bytes;
    }
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
respond_with_queue (SioPolling *self, SioRequest *request)
{
  const char *content_type;
  GBytes *payload = take_payload (self, &content_type);

  respond_to_get (self, request, payload, content_type);
}

static void
flush (SioPolling *self)
{
  if (self->get != NULL && self->queue->len > 0)
    {
      g_autoptr (SioRequest) request = g_steal_pointer (&self->get);

      respond_with_queue (self, request);
    }
}

static void
flush_cb (SioDefer *defer)
{
  flush (defer->data);
}

/* The client gave up a held GET. */
static void
get_aborted_cb (SioRequest *request, gpointer user_data)
{
  SioPolling *self = user_data;
  SioSession *session = self->session;

  g_clear_pointer (&self->get, sio_request_unref);
  sio_session_end (session, SIO_REASON_TRANSPORT_ERROR, "poll connection closed prematurely");
}

/* §1.9 */
void
sio_polling_handle_get (SioPolling *self, SioRequest *request)
{
  SioSession *session = self->session;

  if (self->get != NULL)
    {
      sio_request_respond (request, 400, NULL, NULL);
      sio_session_violate (session, SIO_REASON_TRANSPORT_ERROR, "overlap from client");
    }
  else if (self->queue->len > 0)
    respond_with_queue (self, request);
  else if (self->closing)
    {
      g_autoptr (SioSession) keep = g_object_ref (session);

      respond_with_types (self, request, "61");
      sio_session_end (session, SIO_REASON_FORCED_CLOSE, NULL);
    }
  else
    {
      self->get = sio_request_ref (request);
      sio_request_hold (request, get_aborted_cb, self);
    }
}

/* §1.10 */
gboolean
sio_polling_begin_post (SioPolling *self, SioRequest *request)
{
  SioRequest *other = g_steal_pointer (&self->post);

  if (other == NULL)
    {
      self->post = request;
      return TRUE;
    }
  sio_request_shutdown (other);
  sio_session_violate (self->session, SIO_REASON_TRANSPORT_ERROR,
                       "data request overlap from client");
  return FALSE;
}

void
sio_polling_end_post (SioPolling *self, SioRequest *request)
{
  if (self->post == request)
    self->post = NULL;
}

void
sio_polling_post_aborted (SioPolling *self, SioRequest *request)
{
  if (self->post != request)
    return;
  self->post = NULL;
  sio_session_end (self->session, SIO_REASON_TRANSPORT_ERROR,
                   "data request connection closed prematurely");
}

/* FALSE: malformed */
static gboolean
receive_payload (SioSession *session, guint8 *body, gsize length, SioPacketResult *result)
{
  guint8 *cursor = body;

  while (cursor != NULL && *result == SIO_PACKET_CONTINUE)
    {
      SioEioPacket packet;

      if (!sio_eio_payload_next (&cursor, body + length, &packet))
        return FALSE;
      *result = sio_session_handle_packet (session, (char) packet.type, packet.is_binary,
                                           (guint8 *) packet.data, packet.length);
    }
  return TRUE;
}

void
sio_polling_handle_post (
    SioPolling *self, SioRequest *request, SioPayloadKind kind, guint8 *body, gsize length)
{
  g_autoptr (SioSession) session = g_object_ref (self->session);
  SioEngine *engine = sio_session_get_engine (session);
  guint8 empty[1];
  SioPacketResult result = SIO_PACKET_CONTINUE;
  gboolean valid;

  if (length == 0)
    body = empty;
  /* The handlers may close the session or, with a WebSocket in the wings, change its
   * transport: self is not to be trusted after the first packet. */
  if (is_eio3 (self))
    valid = sio_polling_eio3_receive (session, kind, body, length, &result);
  else
    valid = receive_payload (session, body, length, &result);

  if (!valid)
    sio_session_violate (session, SIO_REASON_PARSE_ERROR, "malformed payload");
  if (!valid || result == SIO_PACKET_VIOLATION)
    sio_request_respond (request, 400, NULL, NULL);
  else
    sio_http_respond (engine, request, 200, "text/html", g_bytes_new_static ("ok", 2));
}

gboolean
sio_polling_is_writable (SioPolling *self)
{
  return self->get != NULL;
}

gsize
sio_polling_get_size (void)
{
  return sizeof (SioPolling) + sizeof (GPtrArray);
}

gsize
sio_polling_get_buffered (SioPolling *self)
{
  return self->queued_bytes;
}

/* How many bytes it is going to have. */
static gsize
get_size (SioPolling *self, SioOutgoing *outgoing)
{
  gboolean binary;

  if (!is_eio3 (self))
    return g_bytes_get_size (sio_outgoing_get_polling (outgoing));
  binary = sio_outgoing_has_binary (outgoing) && sio_session_takes_binary (self->session);
  return g_bytes_get_size (sio_outgoing_get_eio3_polling (outgoing, binary));
}

/* Removes volatile messages, the oldest first, until @wanted is saved. */
static void
drop_volatile (SioPolling *self, gsize wanted)
{
  SioEngineCounters *counters = sio_engine_get_counters (sio_session_get_engine (self->session));
  gsize n;
  g_autofree gpointer *messages = g_ptr_array_steal (self->queue, &n);
  gsize saved = 0;

  for (gsize i = 0; i < n; i++)
    {
      gsize size;

      if (saved >= wanted || !sio_outgoing_is_volatile (messages[i]))
        {
          g_ptr_array_add (self->queue, messages[i]);
          continue;
        }
      size = get_size (self, messages[i]);
      saved += size + MESSAGE_COST;
      self->queued_bytes -= size;
      self->volatile_cost -= size + MESSAGE_COST;
      counters->dropped++;
      sio_outgoing_unref (messages[i]);
    }
}

/* FALSE: it does not fit, whatever is removed. */
static gboolean
make_room (SioPolling *self, gsize size)
{
  gsize budget = sio_engine_get_config (sio_session_get_engine (self->session))->max_buffered;
  gsize used = self->queued_bytes + (gsize) self->queue->len * MESSAGE_COST;
  gsize needed;

  /* A single message may be larger than the budget, as long as nothing else waits. */
  if (self->queue->len == 0 || (size <= budget && used <= budget - size))
    return TRUE;
  needed = size <= budget ? used - (budget - size) : used;
  if (self->volatile_cost < needed)
    return FALSE;
  drop_volatile (self, MAX (needed, budget / 16));
  return TRUE;
}

gboolean
sio_polling_send (SioPolling *self, SioOutgoing *outgoing)
{
  gsize size = get_size (self, outgoing);

  if (!make_room (self, size))
    return FALSE;
  g_ptr_array_add (self->queue, sio_outgoing_ref (outgoing));
  self->queued_bytes += size;
  if (G_UNLIKELY (sio_outgoing_is_volatile (outgoing)))
    self->volatile_cost += size + MESSAGE_COST;
  if (self->get != NULL)
    sio_defer_queue (&self->flush, sio_session_get_reactor (self->session));
  return TRUE;
}

gboolean
sio_polling_close (SioPolling *self)
{
  flush (self);
  if (self->queue->len == 0 && sio_polling_release (self, SIO_EIO_CLOSE))
    return TRUE;
  self->closing = TRUE;
  return FALSE;
}

GPtrArray *
sio_polling_take_queue (SioPolling *self)
{
  GPtrArray *queue = self->queue;

  self->queue = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_outgoing_unref);
  self->queued_bytes = 0;
  self->volatile_cost = 0;
  return queue;
}
