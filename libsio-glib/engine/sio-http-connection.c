/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-http-connection-private.h"

#include <string.h>

#include "sio-http-parser-private.h"
#include "sio-output-private.h"
#include "sio-transport-private.h"

/* More than this is not kept of what a client sends while it waits for an answer. */
#define PIPELINE_LIMIT (64 * 1024)

struct _SioHttpConnection
{
  SioEngine *engine;
  SioPeer *peer;
  SioChannel *channel;
  SioRequest *request; /* being received, handled or held */
  GByteArray *input;   /* of an incomplete head, or of requests to come; NULL if none */
  SioOutput output;
  SioDeadline deadline;
  SioDefer resume;
  GList link;         /* on SioEngine.connections */
  const guint8 *rest; /* while a request is handled: what came behind its head */
  gsize rest_length;
  guint64 body_left;
  guint64 discarded;
  guint ref_count;
  guint processing : 1;
  guint close_after : 1;
  guint lingering : 1; /* all is said, the peer may still be sending */
  guint secure : 1;
  char address[];
};

static void connection_end (SioHttpConnection *self);

static void
connection_unref (SioHttpConnection *self)
{
  if (--self->ref_count > 0)
    return;
  g_clear_pointer (&self->input, g_byte_array_unref);
  sio_output_clear (&self->output);
  g_free (self);
}

/* Forgets the channel, which somebody else has now or which was freed. */
static void
connection_drop (SioHttpConnection *self)
{
  SioRequest *request = g_steal_pointer (&self->request);

  sio_deadline_disarm (&self->deadline);
  sio_defer_cancel (&self->resume);
  if (self->engine != NULL)
    {
      g_queue_unlink (&self->engine->connections, &self->link);
      sio_peers_leave (self->engine->peers, self->peer);
    }
  self->engine = NULL;
  if (request != NULL)
    {
      sio_engine_request_lost (request);
      sio_request_unref (request);
    }
  connection_unref (self);
}

static void
connection_end (SioHttpConnection *self)
{
  if (self->channel == NULL)
    return;
  g_clear_pointer (&self->channel, sio_channel_free);
  connection_drop (self);
}

static void
deadline_cb (SioDeadline *deadline)
{
  connection_end (deadline->data);
}

static void
linger (SioHttpConnection *self)
{
  self->lingering = TRUE;
  g_clear_pointer (&self->input, g_byte_array_unref);
  sio_channel_shutdown_write (self->channel);
  sio_deadline_arm (&self->deadline, self->engine->config.ws.linger);
  if (!sio_channel_set_interest (self->channel, SIO_CHANNEL_READABLE, NULL))
    connection_end (self);
}

/* Writes what waits. FALSE if the connection is gone. */
static gboolean
flush (SioHttpConnection *self)
{
  g_autoptr (GError) error = NULL;
  SioChannelInterest interest = SIO_CHANNEL_READABLE;

  switch (sio_output_flush (&self->output, self->channel, &error))
    {
    case SIO_IO_OK:
      break;
    case SIO_IO_WOULD_BLOCK:
      interest |= SIO_CHANNEL_WRITABLE;
      break;
    default:
      connection_end (self);
      return FALSE;
    }
  if (interest != sio_channel_get_interest (self->channel) &&
      !sio_channel_set_interest (self->channel, interest, NULL))
    {
      connection_end (self);
      return FALSE;
    }
  return TRUE;
}

/* After a response: the end, or the next request. */
static void
go_on (SioHttpConnection *self)
{
  if (self->request != NULL || self->output.n_items > 0 || self->lingering)
    return;
  if (self->close_after)
    linger (self);
  else if (self->input != NULL && !self->processing)
    sio_defer_queue (&self->resume, self->engine->reactor);
}

static const char *
reason_phrase (guint status)
{
  switch (status)
    {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Payload Too Large";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    default:
      return soup_status_get_phrase (status);
    }
}

/* RFC 9110 §6.6.1; the text changes once a second. */
static void
append_date (GString *head)
{
  static __thread gint64 second;
  static __thread char text[40];
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (now != second)
    {
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (now);
      static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
      static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

      /* Names of the C locale, whatever the process uses. */
      g_snprintf (text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[g_date_time_get_day_of_week (time) - 1], g_date_time_get_day_of_month (time),
                  months[g_date_time_get_month (time) - 1], g_date_time_get_year (time),
                  g_date_time_get_hour (time), g_date_time_get_minute (time),
                  g_date_time_get_second (time));
      second = now;
    }
  g_string_append (head, "Date: ");
  g_string_append (head, text);
  g_string_append (head, "\r\n");
}

static GString *
response_head_new (guint status, GArray *headers)
{
  GString *head = g_string_sized_new (320);

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\n", status, reason_phrase (status));
  append_date (head);
  for (guint i = 0; headers != NULL && i < headers->len; i++)
    {
      SioResponseHeader *header = &g_array_index (headers, SioResponseHeader, i);

      g_string_append (head, header->name);
      g_string_append (head, ": ");
      g_string_append (head, header->value);
      g_string_append (head, "\r\n");
    }
  return head;
}

static void
push_string (SioOutput *output, GString *text)
{
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (text);

  sio_output_push (output, bytes);
}

/* Answers and, unless the connection is to end, waits for the next request. */
static void
send_response (SioHttpConnection *self,
               guint status,
               GArray *headers,
               const char *content_type,
               GBytes *body,
               gboolean with_body)
{
  GString *head = response_head_new (status, headers);
  gsize length = body != NULL ? g_bytes_get_size (body) : 0;

  if (content_type != NULL)
    g_string_append_printf (head, "Content-Type: %s\r\n", content_type);
  if (status != 204 && status != 304)
    g_string_append_printf (head, "Content-Length: %" G_GSIZE_FORMAT "\r\n", length);
  if (self->close_after)
    g_string_append (head, "Connection: close\r\n");
  g_string_append (head, "\r\n");
  /* One small piece is cheaper to write than two. */
  if (with_body && length > 0 && length < 2048)
    g_string_append_len (head, g_bytes_get_data (body, NULL), (gssize) length);
  push_string (&self->output, head);
  if (with_body && length >= 2048)
    sio_output_push (&self->output, body);

  g_clear_pointer (&self->request, sio_request_unref);
  sio_deadline_arm (&self->deadline, self->engine->idle_deadlines);
  if (!flush (self))
    return;
  go_on (self);
}

static void
backend_respond (SioRequest *request, guint status, const char *content_type, GBytes *body)
{
  SioHttpConnection *self = request->connection;
  gboolean with_body = request->method != g_intern_static_string ("HEAD");

  request->connection = NULL;
  /* The rest of a body that was not wanted cannot be told from the next request. */
  if (self->body_left > 0)
    self->close_after = TRUE;
  for (guint i = 0; request->headers != NULL && i < request->headers->len; i++)
    {
      SioResponseHeader *header = &g_array_index (request->headers, SioResponseHeader, i);

      if (g_ascii_strcasecmp (header->name, "connection") == 0)
        {
          self->close_after = TRUE;
          g_array_remove_index (request->headers, i--);
        }
    }
  send_response (self, status, request->headers, content_type, body, with_body);
}

static void
backend_hold (SioRequest *request)
{
  SioHttpConnection *self = request->connection;

  /* The heartbeat of the session, or the application, bounds how long this takes. */
  sio_deadline_disarm (&self->deadline);
}

static void
backend_switch_protocols (SioRequest *request, SioRequestWebsocketFunc func)
{
  SioHttpConnection *self = request->connection;
  SioEngine *engine = self->engine;
  SioChannel *channel = g_steal_pointer (&self->channel);
  g_autoptr (GByteArray) early = g_byte_array_new ();
  g_autoptr (SioRequest) owned = g_steal_pointer (&self->request);
  GString *head = response_head_new (101, request->headers);
  g_autoptr (GBytes) bytes = NULL;
  SioWs *ws;

  request->connection = NULL;
  if (self->rest_length > 0)
    g_byte_array_append (early, self->rest, (guint) self->rest_length);
  if (self->input != NULL)
    g_byte_array_append (early, self->input->data, self->input->len);
  connection_drop (self);
  g_string_append (head, "\r\n");
  bytes = g_string_free_to_bytes (head);
  ws = sio_ws_new (engine->reactor, channel, &engine->config.ws, NULL, NULL);
  /* Leaves together with the first frames. */
  sio_ws_send (ws, bytes);
  func (engine, request, ws, early->data, early->len);
}

static void
backend_shutdown (SioRequest *request)
{
  connection_end (request->connection);
}

static const SioRequestBackend backend = { backend_respond, backend_hold, backend_switch_protocols,
                                           backend_shutdown };

static void
keep_input (SioHttpConnection *self, const guint8 *data, gsize length)
{
  if (length == 0)
    return;
  if (self->input == NULL)
    self->input = g_byte_array_new ();
  g_byte_array_append (self->input, data, (guint) length);
}

/* Gives the connection to libsoup, with @data as the first bytes it reads. */
static void
hand_to_soup (SioHttpConnection *self, const guint8 *data, gsize length)
{
  SioEngine *engine = self->engine;
  g_autoptr (GBytes) bytes = g_bytes_new (data, length);
  g_autofree char *address = g_strdup (self->address);
  SioChannel *channel = g_steal_pointer (&self->channel);
  gboolean secure = self->secure;

  connection_drop (self);
  if (secure)
    {
      g_autoptr (GIOStream) stream = sio_channel_steal_stream (channel);

      sio_engine_give_stream_to_soup (engine, stream, address, bytes);
    }
  else
    sio_engine_give_fd_to_soup (engine, sio_channel_steal_fd (channel), address, bytes);
}

static void
refuse_head (SioHttpConnection *self, guint status)
{
  const SioIncidentInfo info = {
    .kind = SIO_INCIDENT_REFUSED,
    .code = status == 431 ? "large-head" : "malformed-http",
    .text = status == 431 ? "the head of a request is too large" : "malformed HTTP request",
    .address = self->address,
  };

  self->engine->counters.refused[SIO_REFUSED_REQUEST]++;
  sio_engine_report_incident (self->engine, &info);
  if (self->channel == NULL)
    return;
  self->close_after = TRUE;
  send_response (self, status, NULL, NULL, NULL, TRUE);
}

/* Takes body bytes; returns how many. */
static gsize
take_body (SioHttpConnection *self, const guint8 *data, gsize length)
{
  SioRequest *request = self->request;
  gsize n = (gsize) MIN (self->body_left, length);

  if (!request->too_large)
    g_byte_array_append (request->body, data, (guint) n);
  self->body_left -= n;
  return n;
}

static void
handle (SioHttpConnection *self)
{
  sio_deadline_disarm (&self->deadline);
  sio_engine_handle_request (self->engine, self->request);
}

/* A complete head: makes the request, and hands it over unless a body is to come. */
static void
begin_request (SioHttpConnection *self, SioHttpHead *head)
{
  SioEngine *engine = self->engine;
  gboolean proxied;
  SioRequestInfo *info =
      sio_engine_make_info (engine, self->address, self->secure, head->url, head->url_length,
                            head->headers, head->headers_length, &proxied);
  g_autoptr (SioRequest) request = sio_request_new (&backend, self, engine, head->method, info);

  request->proxied = !!proxied;
  self->request = sio_request_ref (request);
  self->close_after = head->close;
  self->body_left = head->content_length;
  if (head->method == g_intern_static_string ("GET") && head->content_length == 0)
    {
      handle (self);
      return;
    }

  request->body = g_byte_array_new ();
  if (!sio_engine_begin_request (engine, request) || self->request != request)
    return;
  if (head->content_length > engine->max_payload)
    {
      /* Nothing of it is kept: the client can be told at once. */
      request->too_large = TRUE;
      if (head->method == g_intern_static_string ("POST"))
        handle (self);
      else
        sio_engine_refuse_large_body (engine, request);
    }
  else if (head->content_length == 0)
    handle (self);
  else
    sio_deadline_arm (&self->deadline, engine->body_deadlines);
}

/* Goes on with the next head in @data; returns the bytes it used, 0 if it needs more or the
 * connection is not ours any more. */
static gsize
process_head (SioHttpConnection *self, const guint8 *data, gsize length)
{
  SioHttpHead head;

  switch (sio_http_parse_head ((const char *) data, length, self->engine->path,
                               self->engine->plain_path, &head))
    {
    case SIO_HTTP_INCOMPLETE:
      return 0;
    case SIO_HTTP_COMPLETE:
      if (!head.is_file || self->engine->bundle != NULL)
        break;
      hand_to_soup (self, data, length);
      return 0;
    case SIO_HTTP_FOREIGN:
      hand_to_soup (self, data, length);
      return 0;
    case SIO_HTTP_TOO_LARGE:
      refuse_head (self, 431);
      return 0;
    default:
      refuse_head (self, 400);
      return 0;
    }
  self->rest = data + head.head_length;
  self->rest_length = length - head.head_length;
  begin_request (self, &head);
  self->rest_length = 0;
  return head.head_length;
}

/* The next request has to wait until the answer to the last one is written: a client that does
 * not read gets no more answers. */
static gboolean
is_reading (SioHttpConnection *self)
{
  return self->channel != NULL && !self->lingering &&
         (self->request == NULL ? !self->close_after && self->output.n_items == 0
                                : self->body_left > 0 && !self->request->answered);
}

/* Takes requests out of @data as long as each is answered at once. */
static void
process (SioHttpConnection *self, const guint8 *data, gsize length)
{
  const guint8 *p = data;
  const guint8 *end = data + length;

  self->ref_count++;
  self->processing = TRUE;
  while (is_reading (self) && p < end)
    {
      gsize used;

      if (self->request == NULL)
        used = process_head (self, p, (gsize) (end - p));
      else
        {
          used = take_body (self, p, (gsize) (end - p));
          if (self->body_left == 0)
            handle (self);
        }
      if (used == 0)
        break;
      p += used;
    }
  self->processing = FALSE;

  if (self->channel != NULL && !self->lingering)
    {
      keep_input (self, p, (gsize) (end - p));
      /* Nobody has reason to send so much before it got an answer. */
      if (self->input != NULL && self->input->len > PIPELINE_LIMIT)
        connection_end (self);
    }
  connection_unref (self);
}

static void
resume_cb (SioDefer *defer)
{
  SioHttpConnection *self = defer->data;
  g_autoptr (GByteArray) input = g_steal_pointer (&self->input);

  if (input != NULL)
    process (self, input->data, input->len);
}

static void
received (SioHttpConnection *self, const guint8 *data, gsize length)
{
  g_autoptr (GByteArray) input = NULL;

  if (self->lingering)
    {
      self->discarded += length;
      if (self->discarded > sio_http_body_limit (self->engine->max_payload))
        connection_end (self);
      return;
    }
  if (self->input == NULL)
    {
      /* A head that begins now has to come in time. */
      if (self->deadline.list == self->engine->idle_deadlines)
        sio_deadline_arm (&self->deadline, self->engine->head_deadlines);
      process (self, data, length);
      return;
    }
  keep_input (self, data, length);
  input = g_steal_pointer (&self->input);
  process (self, input->data, input->len);
}

static void
read_input (SioHttpConnection *self)
{
  guint8 *buffer = sio_reactor_get_buffer (self->engine->reactor);
  gsize n_read = 0;
  g_autoptr (GError) error = NULL;

  switch (sio_channel_read (self->channel, buffer, SIO_REACTOR_BUFFER_SIZE, &n_read, &error))
    {
    case SIO_IO_OK:
      received (self, buffer, n_read);
      break;
    case SIO_IO_WOULD_BLOCK:
      break;
    default:
      connection_end (self);
    }
}

static void
channel_cb (SioChannel *channel, SioChannelInterest ready, gpointer user_data)
{
  SioHttpConnection *self = user_data;

  self->ref_count++;
  if ((ready & SIO_CHANNEL_WRITABLE) && flush (self))
    go_on (self);
  if ((ready & SIO_CHANNEL_READABLE) && self->channel != NULL)
    read_input (self);
  connection_unref (self);
}

void
sio_http_connection_start (SioEngine *engine,
                           SioChannel *channel,
                           const char *address,
                           gboolean secure)
{
  gsize length = strlen (address) + 1;
  SioHttpConnection *self = g_malloc0 (sizeof (SioHttpConnection) + length);

  memcpy (self->address, address, length);
  self->ref_count = 1;
  self->engine = engine;
  self->channel = channel;
  self->secure = secure;
  sio_output_init (&self->output);
  sio_deadline_init (&self->deadline, deadline_cb, self);
  sio_defer_init (&self->resume, resume_cb, self);
  self->link.data = self;
  g_queue_push_tail_link (&engine->connections, &self->link);
  self->peer = sio_peers_enter (engine->peers, sio_engine_get_counted_address (engine, address));
  sio_deadline_arm (&self->deadline, engine->head_deadlines);
  sio_channel_set_func (self->channel, channel_cb, self);
  if (!sio_channel_set_interest (self->channel, SIO_CHANNEL_READABLE, NULL))
    connection_end (self);
}

void
sio_http_connection_end_all (SioEngine *engine)
{
  while (engine->connections.head != NULL)
    connection_end (engine->connections.head->data);
}
