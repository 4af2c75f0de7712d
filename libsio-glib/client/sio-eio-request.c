/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio-parts-private.h"
#include "sio-error.h"
#include "sio-json-private.h"

#define CHUNK (16 * 1024)
#define ERROR_TEXT_MAX 200

/* One GET or POST on its way. Owns itself until it is answered. */
typedef struct
{
  SioEioClient *eio;
  SoupMessage *message;
  GInputStream *stream;
  GByteArray *body;
  SioEioAnswerFunc answer;
  GCancellable *cancellable; /* of the session, which may be reset meanwhile */
  SioDeadline deadline;
  gboolean at_end;
  gboolean finished;
  SioDefer complete;
} Request;

static void
close_stream (Request *request)
{
  if (request->stream != NULL)
    g_input_stream_close_async (request->stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_clear_object (&request->stream);
}

static void
request_finish (Request *request, GError *error)
{
  SioEioClient *eio = request->eio;

  sio_deadline_disarm (&request->deadline);
  sio_defer_cancel (&request->complete);
  g_signal_handlers_disconnect_by_data (request->message, request);
  if (error != NULL)
    sio_eio_tls_explain (eio, request->message, &error);
  close_stream (request);

  /* Nobody waits any more after the end of the session. */
  if (!g_cancellable_is_cancelled (request->cancellable))
    request->answer (eio, error == NULL ? request->body : NULL, error);

  g_clear_error (&error);
  g_clear_object (&request->message);
  g_clear_object (&request->cancellable);
  g_byte_array_unref (request->body);
  sio_eio_client_unref (eio);
  g_free (request);
}

/* `{"code":1,"message":"Session ID unknown"}` (protocol.md §1.4) */
static char *
read_refusal (GByteArray *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body->data, body->len);
  g_autoptr (GBytes) valid = sio_utf8_repair (bytes);
  g_autoptr (JsonNode) node = NULL;
  JsonNode *member = NULL;
  gsize length;
  const char *text = g_bytes_get_data (valid, &length);

  if (length > 0)
    node = sio_json_read (text, length, SIO_JSON_MAX_DEPTH, NULL);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    member = json_object_get_member (json_node_get_object (node), "message");
  if (member == NULL || json_node_get_value_type (member) != G_TYPE_STRING)
    return NULL;
  return g_utf8_substring (json_node_get_string (member), 0,
                           MIN (g_utf8_strlen (json_node_get_string (member), -1), ERROR_TEXT_MAX));
}

/* Engine.IO servers say why they refuse: whoever does not is something else. */
static SioError
error_for (guint status, gboolean has_reason)
{
  if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE)
    return SIO_ERROR_PAYLOAD_TOO_LARGE;
  return !has_reason && status < 500 ? SIO_ERROR_BAD_HANDSHAKE : SIO_ERROR_TRANSPORT;
}

static void
complete_cb (SioDefer *defer)
{
  Request *request = defer->data;
  guint status = soup_message_get_status (request->message);
  g_autofree char *refusal = NULL;

  if (status == SOUP_STATUS_OK)
    {
      request_finish (request, NULL);
      return;
    }
  refusal = read_refusal (request->body);
  request_finish (request,
                  g_error_new (SIO_ERROR, error_for (status, refusal != NULL),
                               "the server answered with status %u%s%s", status,
                               refusal != NULL ? ": " : "", refusal != NULL ? refusal : ""));
}

/* The connection is free for the next request only when libsoup has finished this one, some
 * iterations after its stream is closed. Asking before would open another one each time. */
static void
request_complete (Request *request)
{
  if (request->at_end && request->finished)
    sio_defer_queue (&request->complete, request->eio->reactor);
}

static void
finished_cb (SoupMessage *message, gpointer user_data)
{
  Request *request = user_data;

  request->finished = TRUE;
  request_complete (request);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *request = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) chunk =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  guint max = request->eio->options->max_payload;
  gsize length;
  const void *data;

  if (chunk == NULL)
    {
      request_finish (request, error);
      return;
    }
  data = g_bytes_get_data (chunk, &length);
  if (length == 0)
    {
      request->at_end = TRUE;
      close_stream (request);
      request_complete (request);
      return;
    }
  if (length > max || request->body->len > max - length)
    {
      request_finish (request, g_error_new (SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE,
                                            "the server sent more than %u bytes at once", max));
      return;
    }
  g_byte_array_append (request->body, data, (guint) length);
  g_input_stream_read_bytes_async (request->stream, CHUNK, G_PRIORITY_DEFAULT, request->cancellable,
                                   read_cb, request);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *request = user_data;
  GError *error = NULL;

  request->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (request->stream == NULL)
    {
      request_finish (request, error);
      return;
    }
  g_input_stream_read_bytes_async (request->stream, CHUNK, G_PRIORITY_DEFAULT, request->cancellable,
                                   read_cb, request);
}

static void
timeout_cb (SioDeadline *deadline)
{
  Request *request = deadline->data;

  sio_eio_client_fail (request->eio, "transport error",
                       g_error_new (SIO_ERROR, SIO_ERROR_TIMEOUT, "the request timed out"));
}

/* libsoup repeats a GET whose connection broke before the answer. The answer may have carried
 * messages, which would be lost without anybody noticing. */
static void
restarted_cb (SoupMessage *message, gpointer user_data)
{
  Request *request = user_data;
  guint status = soup_message_get_status (message);

  if (request->eio->sid == NULL || SOUP_STATUS_IS_REDIRECTION (status) ||
      status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_PROXY_UNAUTHORIZED ||
      g_cancellable_is_cancelled (request->cancellable))
    return;
  sio_eio_client_fail (
      request->eio, "transport error",
      g_error_new (SIO_ERROR, SIO_ERROR_TRANSPORT, "the connection broke before the answer came"));
}

void
sio_eio_request_send (SioEioClient *self, SoupMessage *message, SioEioAnswerFunc answer)
{
  Request *request = g_new0 (Request, 1);

  request->eio = sio_eio_client_ref (self);
  request->message = g_object_ref (message);
  request->body = g_byte_array_new ();
  request->answer = answer;
  request->cancellable = g_object_ref (self->cancellable);
  sio_deadline_init (&request->deadline, timeout_cb, request);
  sio_defer_init (&request->complete, complete_cb, request);
  if (self->options->request_timeout > 0)
    {
      g_autoptr (SioDeadlineList) list =
          sio_deadline_list_get (self->reactor, self->options->request_timeout);

      sio_deadline_arm (&request->deadline, list);
    }
  g_signal_connect (message, "restarted", G_CALLBACK (restarted_cb), request);
  g_signal_connect (message, "finished", G_CALLBACK (finished_cb), request);
  soup_session_send_async (self->options->session, message, G_PRIORITY_DEFAULT,
                           request->cancellable, sent_cb, request);
}
