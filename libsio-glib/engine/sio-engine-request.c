/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-eio-payload-private.h"
#include "sio-handover-private.h"
#include "sio-http-peer-private.h"
#include "sio-json-private.h"
#include "sio-transport-private.h"

/* Requests on the engine's path: the checks of §1.3 in their order, then the session. */

#define BODY_TIMEOUT_MS 120000

/* A request body on its way in; hangs on the message. */
typedef struct
{
  SioEngine *engine;
  SioSession *session; /* whose POST this is, or NULL */
  GByteArray *data;
  guint64 received;
  gboolean too_large;
} Body;

/* A decision of the application that is awaited; hangs on the task's callback. */
typedef struct
{
  SioEngine *engine;
  SoupServerMessage *message;
  SioTransport transport;
  gboolean paused;
} Handshake;

static GQuark
body_quark (void)
{
  return g_quark_from_static_string ("sio-request-body");
}

static void
body_free (gpointer data)
{
  Body *body = data;

  g_clear_object (&body->session);
  g_byte_array_unref (body->data);
  g_free (body);
}

static const char *
get_query (SoupServerMessage *message)
{
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));

  return query != NULL ? query : "";
}

static gboolean
is_upgrade (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  return soup_message_headers_header_contains (headers, "Upgrade", "websocket") &&
         soup_message_headers_header_contains (headers, "Connection", "Upgrade");
}

/* §1.4. @text is what the client gets, NULL for the code's own. */
static void
refuse (SioEngine *engine,
        SoupServerMessage *message,
        SioEngineErrorCode code,
        const char *text,
        GVariant *context)
{
  static const char *const texts[] = {
    "Transport unknown", "Session ID unknown", "Bad handshake method",
    "Bad request",       "Forbidden",          "Unsupported protocol version"
  };
  g_autoptr (GString) body = g_string_new (NULL);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  guint status = SOUP_STATUS_BAD_REQUEST;
  const char *type = "application/json";

  sio_engine_emit_connection_error (engine, message, code, context);
  if (text == NULL)
    text = texts[code];
  if (is_upgrade (message))
    {
      g_string_assign (body, text);
      type = "text/html";
      soup_message_headers_replace (headers, "Connection", "close");
    }
  else
    {
      g_string_printf (body, "{\"code\":%d,\"message\":", code);
      sio_json_write_string (body, text, -1);
      g_string_append_c (body, '}');
      if (code == SIO_ENGINE_FORBIDDEN)
        status = SOUP_STATUS_FORBIDDEN;
    }
  sio_http_respond (engine, message, status, type,
                    g_string_free_to_bytes (g_steal_pointer (&body)));
}

static GVariant *
context_new (const char *key, const char *value)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (key != NULL)
    {
      g_autofree char *valid = g_utf8_make_valid (value != NULL ? value : "", -1);

      g_variant_dict_insert (&dict, key, "s", valid);
    }
  return g_variant_dict_end (&dict);
}

static void
refuse_bad_request (SioEngine *engine, SoupServerMessage *message, const char *name)
{
  refuse (engine, message, SIO_ENGINE_BAD_REQUEST, NULL, context_new ("name", name));
}

/* Answers a polling handshake, §1.5. */
static void
open_polling (SioEngine *engine, SoupServerMessage *message)
{
  g_autoptr (SioSession) session = sio_engine_add_session (engine, message, SIO_TRANSPORT_POLLING);
  g_autofree char *packet = sio_engine_dup_open_packet (engine, session);
  const char *initial = sio_engine_get_initial_packet (engine);
  GString *body = g_string_new (packet);
  SoupCookie *cookie = sio_engine_get_cookie (engine);

  if (initial != NULL)
    g_string_append_printf (body, "%c%c%s", SIO_EIO_SEPARATOR, SIO_EIO_MESSAGE, initial);
  if (cookie != NULL)
    {
      g_autoptr (SoupCookie) copy = soup_cookie_copy (cookie);
      g_autofree char *header = NULL;

      soup_cookie_set_value (copy, sio_session_get_id (session));
      header = soup_cookie_to_set_cookie_header (copy);
      soup_message_headers_append (soup_server_message_get_response_headers (message), "Set-Cookie",
                                   header);
    }
  sio_http_respond (engine, message, SOUP_STATUS_OK, "text/plain; charset=UTF-8",
                    g_string_free_to_bytes (body));
  sio_engine_emit_headers (engine, message, TRUE);
  sio_engine_emit_headers (engine, message, FALSE);
  sio_engine_session_opened (engine, session);
}

/* The 101 is written: a session begins with this WebSocket. */
static void
websocket_ready_cb (SioEngine *engine,
                    SoupServerMessage *message,
                    SioChannel *channel,
                    guint8 *early,
                    gsize early_length)
{
  const SioEngineConfig *config = sio_engine_get_config (engine);
  g_autoptr (SioSession) session = NULL;
  g_autofree char *packet = NULL;
  const char *initial = sio_engine_get_initial_packet (engine);
  g_autoptr (SioWs) ws = NULL;
  g_autoptr (GBytes) frame = NULL;

  if (sio_engine_is_closing (engine))
    {
      sio_channel_free (channel);
      return;
    }
  ws = sio_ws_new (sio_engine_get_reactor (engine), channel, &config->ws, NULL, NULL);
  session = sio_engine_add_session (engine, message, SIO_TRANSPORT_WEBSOCKET);
  packet = sio_engine_dup_open_packet (engine, session);
  frame = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, packet, strlen (packet));
  sio_ws_send (ws, frame);
  if (initial != NULL)
    {
      SioPart part = { initial, strlen (initial) };
      g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (&part, 1, NULL);

      sio_ws_send (ws, sio_outgoing_get_ws (outgoing));
    }
  sio_session_set_ws (session, g_steal_pointer (&ws));
  sio_engine_session_opened (engine, session);
  sio_session_start_ws (session, early, early_length);
}

/* The 101 is written: the WebSocket asks to take over a polling session, §1.13. */
static void
upgrade_ready_cb (SioEngine *engine,
                  SoupServerMessage *message,
                  SioChannel *channel,
                  guint8 *early,
                  gsize early_length)
{
  g_autofree char *sid = sio_query_dup_value (get_query (message), "sid");
  SioSession *session = sio_engine_get_session (engine, sid);
  const SioEngineConfig *config = sio_engine_get_config (engine);
  g_autoptr (SioWs) ws =
      sio_ws_new (sio_engine_get_reactor (engine), channel, &config->ws, NULL, NULL);

  /* Official clients expect the handshake to succeed and the connection to be closed then. */
  if (session == NULL || !sio_session_can_upgrade (session))
    {
      if (sio_ws_start (ws, NULL, 0, NULL))
        sio_ws_close (ws, SIO_WS_CLOSE_NO_STATUS, NULL);
      return;
    }
  sio_session_start_probe (session, g_steal_pointer (&ws), early, early_length);
}

static void
open_websocket (SioEngine *engine, SoupServerMessage *message)
{
  if (!sio_handover_start (engine, message, websocket_ready_cb))
    refuse_bad_request (engine, message, "TRANSPORT_HANDSHAKE_ERROR");
  else
    {
      sio_engine_emit_headers (engine, message, TRUE);
      sio_engine_emit_headers (engine, message, FALSE);
    }
}

static void
finish_handshake (SioEngine *engine, SoupServerMessage *message, SioTransport transport)
{
  g_autofree char *revision = sio_query_dup_value (get_query (message), "EIO");

  /* §1.3.5d; before the 101 for WebSockets, too (Appendix C 4). */
  if (g_strcmp0 (revision, "4") != 0)
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "protocol", "i", 3);
      refuse (engine, message, SIO_ENGINE_UNSUPPORTED_PROTOCOL, NULL, g_variant_dict_end (&dict));
    }
  else if (transport == SIO_TRANSPORT_POLLING)
    open_polling (engine, message);
  else
    open_websocket (engine, message);
}

static void
allow_request_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Handshake *handshake = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioEngine) engine = g_steal_pointer (&handshake->engine);
  g_autoptr (SoupServerMessage) message = g_steal_pointer (&handshake->message);

  if (g_task_propagate_boolean (G_TASK (result), &error) && !sio_engine_is_closing (engine))
    finish_handshake (engine, message, handshake->transport);
  else
    {
      const char *text = error != NULL ? error->message : NULL;

      refuse (engine, message, SIO_ENGINE_FORBIDDEN, text, context_new ("message", text));
    }
  soup_server_message_unpause (message);
}

static void
start_handshake (SioEngine *engine, SoupServerMessage *message, SioTransport transport)
{
  Handshake *handshake = g_new0 (Handshake, 1);

  handshake->engine = g_object_ref (engine);
  handshake->message = g_object_ref (message);
  handshake->transport = transport;
  if (sio_engine_start_allow_request (engine, message, allow_request_cb, handshake))
    {
      soup_server_message_pause (message);
      return;
    }
  g_object_unref (handshake->engine);
  g_object_unref (handshake->message);
  g_free (handshake);
  finish_handshake (engine, message, transport);
}

static void
handle_post (SioEngine *engine,
             SioPolling *polling,
             SoupServerMessage *message,
             SioSession *session)
{
  Body *body = g_object_get_qdata (G_OBJECT (message), body_quark ());
  const char *type = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Content-Type");

  if (body == NULL)
    {
      /* The body was read before the session existed, or not at all. */
      refuse_bad_request (engine, message, "TRANSPORT_MISMATCH");
      return;
    }
  if (body->too_large)
    {
      sio_polling_end_post (polling, message);
      sio_http_respond (engine, message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, NULL, NULL);
    }
  else if (g_strcmp0 (type, "application/octet-stream") == 0)
    {
      sio_polling_end_post (polling, message);
      sio_http_respond (engine, message, SOUP_STATUS_BAD_REQUEST, NULL, NULL);
      sio_session_end (session, SIO_REASON_TRANSPORT_ERROR, "invalid content");
    }
  else
    {
      g_autoptr (GBytes) raw = g_byte_array_free_to_bytes (g_steal_pointer (&body->data));
      g_autoptr (GBytes) text = sio_utf8_repair (raw);
      gsize length;
      guint8 *data;

      body->data = g_byte_array_new ();
      g_clear_pointer (&raw, g_bytes_unref);
      data = g_bytes_unref_to_data (g_steal_pointer (&text), &length);
      sio_polling_handle_post (polling, message, data, length);
      g_free (data);
    }
}

/* A plain request of a session, §1.3.4d */
static void
handle_session_request (SioEngine *engine, SoupServerMessage *message, SioSession *session)
{
  const char *method = soup_server_message_get_method (message);
  g_autoptr (SioSession) keep = g_object_ref (session);
  SioPolling *polling = sio_session_get_polling (session);

  if (method == SOUP_METHOD_GET)
    sio_polling_handle_get (polling, message);
  else if (method == SOUP_METHOD_POST)
    handle_post (engine, polling, message, session);
  else
    sio_http_respond (engine, message, SOUP_STATUS_INTERNAL_SERVER_ERROR, NULL, NULL);
}

static gboolean
origin_is_valid (const char *origin)
{
  for (const guchar *p = (const guchar *) origin; *p != '\0'; p++)
    if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
      return FALSE;
  return TRUE;
}

static void
handle_with_sid (SioEngine *engine,
                 SoupServerMessage *message,
                 const char *sid,
                 SioTransport transport,
                 const char *transport_name)
{
  SioSession *session = sio_engine_get_session (engine, sid);
  g_autofree char *revision = sio_query_dup_value (get_query (message), "EIO");

  if (session == NULL)
    refuse (engine, message, SIO_ENGINE_UNKNOWN_SID, NULL, context_new ("sid", sid));
  else if (!is_upgrade (message) && sio_session_get_transport (session) != transport)
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "name", "s", "TRANSPORT_MISMATCH");
      g_variant_dict_insert (&dict, "transport", "s", transport_name);
      g_variant_dict_insert (&dict, "previousTransport", "s",
                             transport == SIO_TRANSPORT_POLLING ? "websocket" : "polling");
      refuse (engine, message, SIO_ENGINE_BAD_REQUEST, NULL, g_variant_dict_end (&dict));
    }
  else if (g_strcmp0 (revision, "4") != 0)
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "name", "s", "PROTOCOL_MISMATCH");
      g_variant_dict_insert (&dict, "protocol", "i", 3);
      g_variant_dict_insert (&dict, "previousProtocol", "i", 4);
      refuse (engine, message, SIO_ENGINE_BAD_REQUEST, NULL, g_variant_dict_end (&dict));
    }
  else if (!is_upgrade (message))
    handle_session_request (engine, message, session);
  else if (transport == SIO_TRANSPORT_WEBSOCKET && sio_engine_get_allow_upgrades (engine) &&
           sio_handover_start (engine, message, upgrade_ready_cb))
    sio_engine_emit_headers (engine, message, FALSE);
  else
    refuse_bad_request (engine, message, "TRANSPORT_HANDSHAKE_ERROR");
}

/* §1.3 */
static void
handle_request (SioEngine *engine, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *query = get_query (message);
  g_autofree char *name = sio_query_dup_value (query, "transport");
  g_autofree char *sid = sio_query_dup_value (query, "sid");
  const char *origin = soup_message_headers_get_one (headers, "Origin");
  SioCors *cors = sio_engine_get_cors (engine);
  SioTransport transport = 0;

  /* A range of a long poll makes no sense, and libsoup would cut the answer. */
  soup_message_headers_remove (headers, "Range");
  if (cors != NULL && sio_cors_apply (cors, message))
    return;

  if (g_strcmp0 (name, "polling") == 0)
    transport = SIO_TRANSPORT_POLLING;
  else if (g_strcmp0 (name, "websocket") == 0)
    transport = SIO_TRANSPORT_WEBSOCKET;
  if (!(transport & sio_engine_get_transports (engine)))
    refuse (engine, message, SIO_ENGINE_UNKNOWN_TRANSPORT, NULL, context_new ("transport", name));
  else if (origin != NULL && !origin_is_valid (origin))
    refuse_bad_request (engine, message, "INVALID_ORIGIN");
  else if (sid != NULL && *sid != '\0')
    handle_with_sid (engine, message, sid, transport, name);
  else if (soup_server_message_get_method (message) != SOUP_METHOD_GET)
    refuse (engine, message, SIO_ENGINE_BAD_HANDSHAKE_METHOD, NULL,
            context_new ("method", soup_server_message_get_method (message)));
  else if ((transport == SIO_TRANSPORT_WEBSOCKET) != is_upgrade (message))
    refuse_bad_request (engine, message, "TRANSPORT_HANDSHAKE_ERROR");
  else
    start_handshake (engine, message, transport);
}

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  g_autoptr (SioEngine) engine = g_object_ref (user_data);

  if (!sio_engine_path_matches (engine, path))
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
  else if (sio_engine_is_closing (engine))
    refuse (engine, message, SIO_ENGINE_UNKNOWN_SID, NULL, context_new (NULL, NULL));
  else
    handle_request (engine, message);
}

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, Body *body)
{
  guint64 limit = sio_engine_get_max_payload (body->engine);
  gsize length;
  gconstpointer data = g_bytes_get_data (chunk, &length);

  body->received += length;
  if (body->received > limit)
    {
      /* The rest is passed over, so that the client gets to read the 413; but nobody may
       * keep us busy with it for long. */
      body->too_large = TRUE;
      g_byte_array_set_size (body->data, 0);
      if (body->received > 4 * limit + 1024 * 1024)
        sio_http_message_shutdown (message);
      return;
    }
  g_byte_array_append (body->data, data, (guint) length);
}

/* The head of a request came: take care of its body ourselves, with a limit. */
static void
early_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  SioEngine *engine = user_data;
  const char *method = soup_server_message_get_method (message);
  SioHttpPeer *peer = sio_http_peer_get (message);
  g_autofree char *sid = NULL;
  SioSession *session = NULL;
  Body *body;

  if (method == SOUP_METHOD_GET || !sio_engine_path_matches (engine, path))
    return;

  body = g_new0 (Body, 1);
  body->engine = engine;
  body->data = g_byte_array_new ();
  g_object_set_qdata_full (G_OBJECT (message), body_quark (), body, body_free);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk_cb), body);
  if (peer != NULL)
    {
      g_autoptr (SioDeadlineList) list =
          sio_deadline_list_get (sio_engine_get_reactor (engine), BODY_TIMEOUT_MS);

      sio_http_peer_arm (peer, list);
    }

  sid = sio_query_dup_value (get_query (message), "sid");
  if (method == SOUP_METHOD_POST && sid != NULL)
    session = sio_engine_get_session (engine, sid);
  if (session == NULL || sio_session_get_polling (session) == NULL)
    return;
  body->session = g_object_ref (session);
  if (!sio_polling_begin_post (sio_session_get_polling (session), message))
    sio_http_respond (engine, message, SOUP_STATUS_BAD_REQUEST, NULL, NULL);
}

/* Head deadlines of connections from our own listeners. */
static void
request_started_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  if (peer != NULL)
    sio_http_peer_arm (peer, sio_engine_get_head_deadlines (engine));
}

static void
request_read_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  if (peer != NULL)
    sio_http_peer_disarm (peer);
}

static void
request_ended_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  if (peer != NULL)
    sio_http_peer_arm (peer, sio_engine_get_idle_deadlines (engine));
  sio_engine_response_finished (engine, message);
}

static void
request_aborted_cb (SoupServer *server, SoupServerMessage *message, SioEngine *engine)
{
  Body *body = g_object_get_qdata (G_OBJECT (message), body_quark ());

  sio_engine_response_finished (engine, message);
  if (body == NULL || body->session == NULL || sio_session_get_polling (body->session) == NULL)
    return;
  sio_polling_post_aborted (sio_session_get_polling (body->session), message);
}

void
sio_engine_serve (SioEngine *self, SoupServer *soup_server)
{
  const char *path = sio_engine_get_path (self);

  soup_server_add_early_handler (soup_server, path, early_cb, self, NULL);
  soup_server_add_handler (soup_server, path, request_cb, self, NULL);
  g_signal_connect (soup_server, "request-started", G_CALLBACK (request_started_cb), self);
  g_signal_connect (soup_server, "request-read", G_CALLBACK (request_read_cb), self);
  g_signal_connect (soup_server, "request-finished", G_CALLBACK (request_ended_cb), self);
  g_signal_connect (soup_server, "request-aborted", G_CALLBACK (request_aborted_cb), self);
}

void
sio_engine_unserve (SioEngine *self, SoupServer *soup_server)
{
  soup_server_remove_handler (soup_server, sio_engine_get_path (self));
  g_signal_handlers_disconnect_by_data (soup_server, self);
}
