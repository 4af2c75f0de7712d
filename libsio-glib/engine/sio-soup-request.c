/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-soup-request-private.h"

#include <fcntl.h>
#include <string.h>

#include "sio-http-peer-private.h"
#include "sio-prefix-stream-private.h"

/* More than libsoup and our own stream below it can have read ahead. */
#define EARLY_LIMIT (256 * 1024)

/* Hangs on the message. */
typedef struct
{
  SioEngine *engine;          /* NULL when it is gone */
  GList link;                 /* on SioEngine.soup_requests */
  SoupServerMessage *message; /* owns this */
  SioRequest *request;
  SioRequestWebsocketFunc websocket;
  SioWatch hangup; /* libsoup does not watch paused connections */
  guint64 received;
  gboolean paused;
} SoupRequest;

static GQuark
soup_request_quark (void)
{
  return g_quark_from_static_string ("sio-soup-request");
}

static void
lose (SoupRequest *self)
{
  SioRequest *request = g_steal_pointer (&self->request);

  sio_watch_remove (&self->hangup);
  if (request == NULL)
    return;
  sio_engine_request_lost (request);
  sio_request_unref (request);
}

static void
soup_request_free (gpointer data)
{
  SoupRequest *self = data;

  lose (self);
  if (self->engine != NULL)
    g_queue_unlink (&self->engine->soup_requests, &self->link);
  g_free (self);
}

static void
apply_headers (SoupRequest *self, GArray *headers)
{
  SoupMessageHeaders *response = soup_server_message_get_response_headers (self->message);

  for (guint i = 0; headers != NULL && i < headers->len; i++)
    {
      SioResponseHeader *header = &g_array_index (headers, SioResponseHeader, i);

      /* There is one already, see got_body_cb (). */
      if (g_ascii_strcasecmp (header->name, "connection") == 0)
        soup_message_headers_replace (response, header->name, header->value);
      else
        soup_message_headers_append (response, header->name, header->value);
    }
}

/* The message goes on; only the request knew how. */
static void
resume (SoupRequest *self)
{
  SioRequest *request = g_steal_pointer (&self->request);

  sio_watch_remove (&self->hangup);
  request->connection = NULL;
  if (self->paused)
    {
      self->paused = FALSE;
      sio_engine_response_released (self->engine, self->message);
      soup_server_message_unpause (self->message);
    }
  sio_request_unref (request);
}

static void
backend_respond (SioRequest *request, guint status, const char *content_type, GBytes *body)
{
  SoupRequest *self = request->connection;
  SoupMessageHeaders *response = soup_server_message_get_response_headers (self->message);

  soup_server_message_set_status (self->message, status, NULL);
  apply_headers (self, request->headers);
  if (content_type != NULL)
    soup_message_headers_set_content_type (response, content_type, NULL);
  if (status == SOUP_STATUS_NO_CONTENT || status == SOUP_STATUS_NOT_MODIFIED)
    {
      /* libsoup ends the connection after a 204 without saying so, and adds a wrong length to a
       * 304. */
      soup_message_headers_replace (response, "Connection", "close");
      soup_message_headers_set_encoding (response, SOUP_ENCODING_NONE);
    }
  else
    soup_message_headers_set_content_length (response,
                                             body != NULL ? (goffset) g_bytes_get_size (body) : 0);
  if (body != NULL)
    soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), body);
  resume (self);
}

static void
hangup_cb (SioWatch *watch, guint32 events)
{
  SoupRequest *self = watch->data;
  g_autoptr (SoupServerMessage) keep = g_object_ref (self->message);

  lose (self);
  /* libsoup finds the connection broken when it goes on. */
  sio_http_message_shutdown (self->message);
  if (self->paused)
    {
      self->paused = FALSE;
      soup_server_message_unpause (self->message);
    }
}

static void
backend_hold (SioRequest *request)
{
  SoupRequest *self = request->connection;
  int fd = sio_http_message_get_fd (self->message);

  if (self->paused)
    return;
  self->paused = TRUE;
  soup_server_message_pause (self->message);
  if (fd >= 0)
    sio_watch_add (&self->hangup, fd, EPOLLRDHUP, NULL);
}

static void
backend_switch_protocols (SioRequest *request, SioRequestWebsocketFunc func)
{
  SoupRequest *self = request->connection;

  self->websocket = func;
  soup_server_message_set_status (self->message, SOUP_STATUS_SWITCHING_PROTOCOLS, NULL);
  apply_headers (self, request->headers);
  if (self->paused)
    {
      self->paused = FALSE;
      sio_watch_remove (&self->hangup);
      soup_server_message_unpause (self->message);
    }
}

static void
backend_shutdown (SioRequest *request)
{
  SoupRequest *self = request->connection;

  sio_http_message_shutdown (self->message);
}

static const SioRequestBackend backend = { backend_respond, backend_hold, backend_switch_protocols,
                                           backend_shutdown };

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
      g_byte_array_append (early, buffer, (guint) n);
      /* What is left comes from the socket, the channel's business: a client that got the
       * 101 already may send without end. */
      if (early->len >= EARLY_LIMIT)
        return TRUE;
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
  if (SIO_IS_PREFIX_STREAM (base))
    {
      GIOStream *inner = sio_prefix_stream_get_base (SIO_PREFIX_STREAM (base));

      g_object_ref (inner);
      g_object_unref (base);
      base = inner;
    }
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
wrote_informational_cb (SoupServerMessage *message, SoupRequest *self)
{
  g_autoptr (SioEngine) engine = NULL;
  g_autoptr (SoupServerMessage) keep = g_object_ref (message);
  g_autoptr (SioRequest) request = NULL;
  g_autoptr (GByteArray) early = g_byte_array_new ();
  g_autoptr (GIOStream) stolen = NULL;
  SioRequestWebsocketFunc func = self->websocket;
  SioChannel *channel;

  if (func == NULL || self->request == NULL)
    return;
  engine = g_object_ref (self->engine);
  request = g_steal_pointer (&self->request);
  request->connection = NULL;
  stolen = soup_server_message_steal_connection (message);
  if (stolen == NULL)
    return;
  if (!read_early (stolen, early))
    {
      g_io_stream_close (stolen, NULL, NULL);
      return;
    }
  channel = channel_new (engine->reactor, stolen);
  func (engine, request, sio_ws_new (engine->reactor, channel, &engine->config.ws, NULL, NULL),
        early->data, early->len);
}

static SioRequestInfo *
make_info (SioEngine *engine, SoupServerMessage *message, gboolean *proxied)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = g_uri_get_query (uri);
  g_autofree char *url = query != NULL ? g_strconcat (g_uri_get_path (uri), "?", query, NULL)
                                       : g_strdup (g_uri_get_path (uri));
  g_autofree char *address = sio_http_message_dup_address (message);
  gboolean secure = sio_http_message_is_secure (message);
  g_autoptr (GString) headers = sio_http_message_dup_headers (message);

  return sio_engine_make_info (engine, address, secure, url, strlen (url), headers->str,
                               headers->len, proxied);
}

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, SoupRequest *self)
{
  guint64 limit;
  gsize length;
  gconstpointer data = g_bytes_get_data (chunk, &length);

  self->received += length;
  if (self->engine == NULL)
    return;
  limit = self->engine->max_payload;
  if (self->request != NULL && self->received <= limit)
    {
      g_byte_array_append (self->request->body, data, (guint) length);
      return;
    }
  /* The rest is passed over, so that the client gets to read the 413; but nobody may keep us
   * busy with it for long. */
  if (self->request != NULL)
    {
      self->request->too_large = TRUE;
      g_byte_array_set_size (self->request->body, 0);
    }
  if (self->received > sio_http_body_limit (limit))
    sio_http_message_shutdown (message);
}

/* The head of a request came. */
static void
early_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  SioEngine *engine = user_data;
  const char *method = soup_server_message_get_method (message);
  SioRequestInfo *info;
  gboolean proxied;
  SoupRequest *self;

  if (!g_str_has_prefix (path, engine->path) && g_strcmp0 (path, engine->plain_path) != 0)
    return;

  self = g_new0 (SoupRequest, 1);
  self->engine = engine;
  self->link.data = self;
  g_queue_push_tail_link (&engine->soup_requests, &self->link);
  self->message = message;
  info = make_info (engine, message, &proxied);
  self->request = sio_request_new (&backend, self, engine, g_intern_string (method), info);
  self->request->proxied = !!proxied;
  sio_watch_init (&self->hangup, engine->reactor, hangup_cb, self);
  g_object_set_qdata_full (G_OBJECT (message), soup_request_quark (), self, soup_request_free);
  g_signal_connect (message, "wrote-informational", G_CALLBACK (wrote_informational_cb), self);
  /* A range of a long poll makes no sense, and libsoup would cut the answer. */
  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
  self->request->body = g_byte_array_new ();
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk_cb), self);
  if (method != SOUP_METHOD_GET)
    sio_engine_begin_request (engine, self->request);
}

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  g_autoptr (SioEngine) engine = g_object_ref (user_data);
  SoupRequest *self = g_object_get_qdata (G_OBJECT (message), soup_request_quark ());
  g_autoptr (SioRequest) request = NULL;

  if (self == NULL || self->request == NULL)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  request = sio_request_ref (self->request);
  sio_engine_handle_request (engine, request);
}

static void
got_headers_cb (SoupServerMessage *message, SioEngine *engine)
{
  sio_http_peer_arm (sio_http_peer_get (message), engine->body_deadlines);
}

/* libsoup collects bodies for the application's handlers without a limit. */
static void
collect_cb (SoupServerMessage *message, GBytes *chunk, SioEngine *engine)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  if (soup_message_body_get_accumulate (body) &&
      (guint64) body->length > sio_http_body_limit (engine->max_payload))
    sio_http_message_shutdown (message);
}

/* libsoup 3.2 never closes a connection whose client leaves between two requests. Sent on a
 * connection of its own, the next request comes to our parser, too. */
static void
got_body_cb (SoupServerMessage *message, SioEngine *engine)
{
  if (soup_server_message_get_status (message) != SOUP_STATUS_SWITCHING_PROTOCOLS)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                  "close");
}

/* A client that reads nothing would keep the answer in memory for ever. One whose length is not
 * known may be a stream that has nothing to tell. */
static void
wrote_cb (SoupServerMessage *message, SioEngine *engine)
{
  if (soup_message_headers_get_encoding (soup_server_message_get_response_headers (message)) ==
      SOUP_ENCODING_CONTENT_LENGTH)
    sio_http_peer_arm (sio_http_peer_get (message), engine->body_deadlines);
}

static void
wrote_data_cb (SoupServerMessage *message, guint length, SioEngine *engine)
{
  wrote_cb (message, engine);
}

/* Deadlines and limits of connections from our own listeners. */
static void
request_started_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  if (peer == NULL)
    return;
  sio_http_peer_arm (peer, engine->head_deadlines);
  g_signal_connect_object (message, "got-headers", G_CALLBACK (got_headers_cb), engine, 0);
  g_signal_connect_object (message, "got-chunk", G_CALLBACK (collect_cb), engine, 0);
  g_signal_connect_object (message, "got-body", G_CALLBACK (got_body_cb), engine, 0);
  g_signal_connect_object (message, "wrote-headers", G_CALLBACK (wrote_cb), engine, 0);
  g_signal_connect_object (message, "wrote-body-data", G_CALLBACK (wrote_data_cb), engine, 0);
}

static void
request_read_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  if (peer != NULL)
    sio_http_peer_disarm (peer);
}

static void
request_finished_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  if (peer != NULL)
    sio_http_peer_arm (peer, engine->idle_deadlines);
  sio_engine_response_finished (engine, message);
}

static void
request_aborted_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SoupRequest *self = g_object_get_qdata (G_OBJECT (message), soup_request_quark ());

  sio_engine_response_finished (engine, message);
  if (self != NULL)
    lose (self);
}

void
sio_soup_request_serve (SioEngine *engine, SoupServer *soup_server)
{
  soup_server_add_early_handler (soup_server, engine->path, early_cb, engine, NULL);
  soup_server_add_handler (soup_server, engine->path, request_cb, engine, NULL);
  if (engine->plain_path != NULL)
    {
      soup_server_add_early_handler (soup_server, engine->plain_path, early_cb, engine, NULL);
      soup_server_add_handler (soup_server, engine->plain_path, request_cb, engine, NULL);
    }
  g_signal_connect (soup_server, "request-started", G_CALLBACK (request_started_cb), engine);
  g_signal_connect (soup_server, "request-read", G_CALLBACK (request_read_cb), engine);
  g_signal_connect (soup_server, "request-finished", G_CALLBACK (request_finished_cb), engine);
  g_signal_connect (soup_server, "request-aborted", G_CALLBACK (request_aborted_cb), engine);
}

void
sio_soup_request_unserve (SioEngine *engine, SoupServer *soup_server)
{
  soup_server_remove_handler (soup_server, engine->path);
  if (engine->plain_path != NULL)
    soup_server_remove_handler (soup_server, engine->plain_path);
  g_signal_handlers_disconnect_by_data (soup_server, engine);
  /* An application's server goes on without us. */
  while (engine->soup_requests.head != NULL)
    {
      SoupRequest *self = engine->soup_requests.head->data;
      g_autoptr (SoupServerMessage) message = g_object_ref (self->message);

      g_queue_unlink (&engine->soup_requests, &self->link);
      lose (self);
      self->engine = NULL;
      if (self->paused)
        {
          self->paused = FALSE;
          soup_server_message_set_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL);
          soup_server_message_unpause (message);
        }
    }
}
