/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-eio3-payload-private.h"
#include "sio-http-parser-private.h"
#include "sio-json-private.h"
#include "sio-transport-private.h"

/* Requests on the engine's path: the checks of §1.3 in their order, then the session. */

/* A decision of the application that is awaited */
typedef struct
{
  SioEngine *engine;
  SioRequest *request;
  SioTransport transport;
} Handshake;

/* §1.4. @text is what the client gets, NULL for the code's own. Does not count. */
static void
answer_refusal (SioEngine *engine, SioRequest *request, SioEngineErrorCode code, const char *text)
{
  static const char *const texts[] = {
    "Transport unknown", "Session ID unknown", "Bad handshake method",
    "Bad request",       "Forbidden",          "Unsupported protocol version"
  };
  g_autoptr (GString) body = g_string_new (NULL);

  if (text == NULL)
    text = texts[code];
  if (sio_request_is_upgrade (request))
    {
      g_string_assign (body, text);
      sio_request_set_response_header (request, "Connection", "close");
      sio_request_respond (request, 400, "text/html",
                           g_string_free_to_bytes (g_steal_pointer (&body)));
      return;
    }
  g_string_printf (body, "{\"code\":%d,\"message\":", (int) code);
  sio_json_write_string (body, text, -1);
  g_string_append_c (body, '}');
  sio_request_respond (request, code == SIO_ENGINE_FORBIDDEN ? 403 : 400, "application/json",
                       g_string_free_to_bytes (g_steal_pointer (&body)));
}

static void
refuse (SioEngine *engine,
        SioRequest *request,
        SioEngineErrorCode code,
        const char *text,
        GVariant *context)
{
  /* SioRefused begins with these codes. */
  engine->counters.refused[code]++;
  sio_engine_emit_connection_error (engine, request, code, SIO_INCIDENT_REFUSED, NULL, context);
  answer_refusal (engine, request, code, text);
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

void
sio_engine_refuse_large_body (SioEngine *engine, SioRequest *request)
{
  const SioIncidentInfo info = {
    .kind = SIO_INCIDENT_REFUSED,
    .code = "large-body",
    .text = "a request body is larger than the limit allows",
    .address = sio_request_get_remote_address (request),
  };

  engine->counters.refused[SIO_REFUSED_REQUEST]++;
  sio_engine_report_incident (engine, &info);
  sio_request_respond (request, 413, NULL, NULL);
}

void
sio_engine_refuse_bad_request (SioEngine *engine, SioRequest *request, const char *name)
{
  refuse (engine, request, SIO_ENGINE_BAD_REQUEST, NULL, context_new ("name", name));
}

/* §1.16; libsoup's own form has an empty domain, unless the cookie has one. */
static char *
format_cookie (SoupCookie *cookie, const char *value)
{
  static const char *const policies[] = { "None", "Lax", "Strict" };
  const char *domain = soup_cookie_get_domain (cookie);
  const char *path = soup_cookie_get_path (cookie);
  GDateTime *expires = soup_cookie_get_expires (cookie);
  SoupSameSitePolicy policy = soup_cookie_get_same_site_policy (cookie);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s=%s", soup_cookie_get_name (cookie), value);
  if (domain != NULL && *domain != '\0')
    g_string_append_printf (text, "; Domain=%s", domain);
  if (path != NULL && *path != '\0')
    g_string_append_printf (text, "; Path=%s", path);
  if (expires != NULL)
    {
      g_autofree char *date = soup_date_time_to_string (expires, SOUP_DATE_COOKIE);

      g_string_append_printf (text, "; Expires=%s", date);
    }
  if (soup_cookie_get_http_only (cookie))
    g_string_append (text, "; HttpOnly");
  if (soup_cookie_get_secure (cookie))
    g_string_append (text, "; Secure");
  if ((guint) policy < G_N_ELEMENTS (policies))
    g_string_append_printf (text, "; SameSite=%s", policies[policy]);
  return g_string_free (text, FALSE);
}

/* What a polling handshake is answered with, §1.5. */
static GBytes *
make_open_payload (SioEngine *engine, SioSession *session)
{
  g_autofree char *packet = sio_engine_dup_open_packet (engine, session);
  GString *body;

  if (sio_session_get_protocol (session) == 3)
    {
      g_autoptr (GPtrArray) packets =
          g_ptr_array_new_with_free_func ((GDestroyNotify) sio_outgoing_unref);
      const char *content_type;

      g_ptr_array_add (packets, sio_outgoing_new_control (packet));
      if (engine->initial_packet != NULL)
        {
          SioPart part = { engine->initial_packet, strlen (engine->initial_packet) };

          g_ptr_array_add (packets, sio_outgoing_new (&part, 1, NULL));
        }
      return sio_polling_eio3_encode (session, packets, &content_type);
    }

  body = g_string_new (packet);
  if (engine->initial_packet != NULL)
    g_string_append_printf (body, "%c%c%s", SIO_EIO_SEPARATOR, SIO_EIO_MESSAGE,
                            engine->initial_packet);
  return g_string_free_to_bytes (body);
}

static void
open_polling (SioEngine *engine, SioRequest *request)
{
  g_autoptr (SioSession) session = sio_engine_add_session (engine, request, SIO_TRANSPORT_POLLING);
  GBytes *body;

  if (engine->cookie != NULL)
    {
      g_autofree char *header = format_cookie (engine->cookie, sio_session_get_id (session));

      sio_request_append_response_header (request, "Set-Cookie", header);
    }
  sio_engine_emit_headers (engine, request, TRUE);
  body = sio_http_compress (engine, request, make_open_payload (engine, session));
  sio_http_respond (engine, request, 200, SIO_POLLING_TEXT_TYPE, body);
  sio_engine_session_opened (engine, session);
}

static void
websocket_ready_cb (
    SioEngine *engine, SioRequest *request, SioWs *ws, guint8 *early, gsize early_length)
{
  g_autoptr (SioSession) session = NULL;
  g_autofree char *packet = NULL;
  g_autoptr (GBytes) frame = NULL;

  if (engine->closing)
    {
      sio_ws_unref (ws);
      return;
    }
  sio_ws_set_deflate (ws, (SioDeflateForm) request->deflate);
  session = sio_engine_add_session (engine, request, SIO_TRANSPORT_WEBSOCKET);
  packet = sio_engine_dup_open_packet (engine, session);
  frame = sio_ws_frame_new (SIO_WS_OPCODE_TEXT, packet, strlen (packet));
  sio_ws_send (ws, frame);
  if (engine->initial_packet != NULL)
    {
      SioPart part = { engine->initial_packet, strlen (engine->initial_packet) };
      g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (&part, 1, NULL);

      sio_ws_send (ws, sio_outgoing_get_ws (outgoing));
    }
  sio_session_set_ws (session, ws);
  sio_engine_session_opened (engine, session);
  sio_session_start_ws (session, early, early_length);
}

/* The WebSocket asks to take over a polling session, §1.13. */
static void
upgrade_ready_cb (
    SioEngine *engine, SioRequest *request, SioWs *ws, guint8 *early, gsize early_length)
{
  g_autofree char *sid = sio_request_dup_query_value (request, "sid");
  SioSession *session = sio_engine_get_session (engine, sid);

  if (session != NULL && sio_session_can_upgrade (session))
    {
      g_autofree char *base64 = sio_request_dup_query_value (request, "b64");

      sio_ws_set_deflate (ws, (SioDeflateForm) request->deflate);
      sio_session_start_probe (session, ws, base64 != NULL && *base64 != '\0', early, early_length);
      return;
    }
  /* Official clients expect the handshake to succeed and the connection to be closed then. */
  if (sio_ws_start (ws, NULL, 0, NULL))
    sio_ws_close (ws, SIO_WS_CLOSE_NO_STATUS, NULL);
  sio_ws_unref (ws);
}

/* §1.2: whatever is not "4", or is missing, is 3. */
static int
get_protocol (const char *revision)
{
  return g_strcmp0 (revision, "4") == 0 ? 4 : 3;
}

static void
finish_handshake (SioEngine *engine, SioRequest *request, SioTransport transport)
{
  g_autofree char *revision = sio_request_dup_query_value (request, "EIO");
  SioIncidentKind limit;
  /* The connection that asks is one of those that count, that of a proxy for no address. */
  const char *refusal = sio_engine_check_peer (engine, sio_request_get_remote_address (request), 1,
                                               request->proxied ? 0 : 1, &limit);

  if (refusal != NULL)
    {
      sio_engine_emit_connection_error (engine, request, SIO_ENGINE_FORBIDDEN, limit, refusal,
                                        context_new ("message", refusal));
      answer_refusal (engine, request, SIO_ENGINE_FORBIDDEN, refusal);
      return;
    }
  /* §1.3.5d; before the 101 for WebSockets, too (Appendix C 4). */
  if (request->plain)
    {
      sio_engine_accept_plain (engine, request);
      return;
    }
  request->protocol3 = get_protocol (revision) == 3;
  if (request->protocol3 && !engine->allow_eio3)
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "protocol", "i", 3);
      refuse (engine, request, SIO_ENGINE_UNSUPPORTED_PROTOCOL, NULL, g_variant_dict_end (&dict));
    }
  else if (transport == SIO_TRANSPORT_POLLING)
    open_polling (engine, request);
  else
    {
      sio_engine_emit_headers (engine, request, TRUE);
      sio_engine_emit_headers (engine, request, FALSE);
      if (!sio_request_accept_websocket (request, websocket_ready_cb))
        sio_engine_refuse_bad_request (engine, request, "TRANSPORT_HANDSHAKE_ERROR");
    }
}

static void
allow_request_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Handshake *handshake = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioEngine) engine = g_steal_pointer (&handshake->engine);
  g_autoptr (SioRequest) request = g_steal_pointer (&handshake->request);
  gboolean allowed = g_task_propagate_boolean (G_TASK (result), &error);

  /* The client may have gone meanwhile. */
  if (request->connection == NULL)
    return;
  if (sio_engine_refuse_while_draining (engine, request))
    return;
  if (allowed && !engine->closing)
    finish_handshake (engine, request, handshake->transport);
  else
    {
      const char *text = error != NULL ? error->message : NULL;

      refuse (engine, request, SIO_ENGINE_FORBIDDEN, text, context_new ("message", text));
    }
}

void
sio_engine_start_handshake (SioEngine *engine, SioRequest *request, SioTransport transport)
{
  Handshake *handshake;

  if (sio_engine_refuse_while_draining (engine, request))
    return;
  if (engine->allow_request == NULL)
    {
      finish_handshake (engine, request, transport);
      return;
    }
  handshake = g_new0 (Handshake, 1);
  handshake->engine = g_object_ref (engine);
  handshake->request = sio_request_ref (request);
  handshake->transport = transport;
  sio_request_hold (request, NULL, NULL);
  sio_engine_start_allow_request (engine, request, allow_request_cb, handshake);
}

static void
handle_post (SioEngine *engine, SioPolling *polling, SioRequest *request, SioSession *session)
{
  const char *type = sio_request_get_header (request, "content-type");
  gboolean is_eio3 = sio_session_get_protocol (session) == 3;
  gboolean is_octets = g_strcmp0 (type, "application/octet-stream") == 0;
  g_autoptr (GBytes) raw = NULL;
  SioPayloadKind kind = SIO_PAYLOAD_TEXT;
  GBytes *text;
  gsize length;
  guint8 *data;

  if (request->too_large)
    {
      /* The session goes on (§1.10). */
      sio_engine_refuse_large_body (engine, request);
      return;
    }
  if (is_octets && !is_eio3)
    {
      sio_request_respond (request, 400, NULL, NULL);
      sio_session_violate (session, SIO_REASON_TRANSPORT_ERROR, "invalid content");
      return;
    }
  if (sio_session_is_jsonp (session))
    {
      gsize decoded = 0;

      /* Without the field nothing is left, which is malformed. */
      if (request->body->len > 0)
        sio_eio3_form_decode (request->body->data, request->body->len, &decoded);
      g_byte_array_set_size (request->body, (guint) decoded);
    }
  else if (is_octets)
    kind = SIO_PAYLOAD_BINARY;
  raw = g_byte_array_free_to_bytes (g_steal_pointer (&request->body));
  text = kind == SIO_PAYLOAD_TEXT ? sio_utf8_repair (raw) : g_bytes_ref (raw);
  g_clear_pointer (&raw, g_bytes_unref);
  data = g_bytes_unref_to_data (text, &length);
  sio_polling_handle_post (polling, request, kind, data, length);
  g_free (data);
}

/* A plain request of a session, §1.3.4d */
static void
handle_session_request (SioEngine *engine, SioRequest *request, SioSession *session)
{
  const char *method = sio_request_get_method (request);
  g_autoptr (SioSession) keep = g_object_ref (session);
  SioPolling *polling = sio_session_get_polling (session);

  if (strcmp (method, "GET") == 0)
    sio_polling_handle_get (polling, request);
  else if (strcmp (method, "POST") == 0)
    handle_post (engine, polling, request, session);
  else
    sio_request_respond (request, 500, NULL, NULL);
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
refuse_mismatch (SioEngine *engine, SioRequest *request, const char *transport_name)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", "TRANSPORT_MISMATCH");
  g_variant_dict_insert (&dict, "transport", "s", transport_name);
  g_variant_dict_insert (&dict, "previousTransport", "s",
                         strcmp (transport_name, "polling") == 0 ? "websocket" : "polling");
  refuse (engine, request, SIO_ENGINE_BAD_REQUEST, NULL, g_variant_dict_end (&dict));
}

static void
refuse_protocol (SioEngine *engine, SioRequest *request, int protocol)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", "PROTOCOL_MISMATCH");
  g_variant_dict_insert (&dict, "protocol", "i", protocol);
  g_variant_dict_insert (&dict, "previousProtocol", "i", protocol == 3 ? 4 : 3);
  refuse (engine, request, SIO_ENGINE_BAD_REQUEST, NULL, g_variant_dict_end (&dict));
}

static void
handle_with_sid (SioEngine *engine,
                 SioRequest *request,
                 const char *sid,
                 SioTransport transport,
                 const char *transport_name)
{
  SioSession *session = sio_engine_get_session (engine, sid);
  g_autofree char *revision = sio_request_dup_query_value (request, "EIO");
  gboolean upgrade = sio_request_is_upgrade (request);

  if (session == NULL)
    refuse (engine, request, SIO_ENGINE_UNKNOWN_SID, NULL, context_new ("sid", sid));
  else if (!upgrade && sio_session_get_transport (session) != transport)
    refuse_mismatch (engine, request, transport_name);
  else if (get_protocol (revision) != (int) sio_session_get_protocol (session))
    refuse_protocol (engine, request, get_protocol (revision));
  else if (!upgrade)
    handle_session_request (engine, request, session);
  else
    {
      gboolean accepted = FALSE;

      if (transport == SIO_TRANSPORT_WEBSOCKET && engine->allow_upgrades)
        {
          sio_engine_emit_headers (engine, request, FALSE);
          accepted = sio_request_accept_websocket (request, upgrade_ready_cb);
        }
      if (!accepted)
        sio_engine_refuse_bad_request (engine, request, "TRANSPORT_HANDSHAKE_ERROR");
    }
}

static void
end_post (SioRequest *request)
{
  g_autoptr (SioSession) session = g_steal_pointer (&request->session);

  if (session != NULL && sio_session_get_polling (session) != NULL)
    sio_polling_end_post (sio_session_get_polling (session), request);
}

static gboolean
is_plain (SioEngine *engine, SioRequest *request)
{
  const char *url = sio_request_get_url (request);

  return engine->plain_path != NULL && sio_http_is_path (url, strlen (url), engine->plain_path);
}

/* The checks of §1.3 from the second on */
static void
route (SioEngine *engine, SioRequest *request)
{
  const char *origin = sio_request_get_header (request, "origin");
  g_autofree char *name = NULL;
  g_autofree char *sid = NULL;
  SioTransport transport = 0;

  if (is_plain (engine, request))
    {
      sio_engine_handle_plain (engine, request);
      return;
    }
  name = sio_request_dup_query_value (request, "transport");
  sid = sio_request_dup_query_value (request, "sid");
  if (g_strcmp0 (name, "polling") == 0)
    transport = SIO_TRANSPORT_POLLING;
  else if (g_strcmp0 (name, "websocket") == 0)
    transport = SIO_TRANSPORT_WEBSOCKET;
  if (!(transport & engine->transports))
    refuse (engine, request, SIO_ENGINE_UNKNOWN_TRANSPORT, NULL, context_new ("transport", name));
  else if (origin != NULL && !origin_is_valid (origin))
    sio_engine_refuse_bad_request (engine, request, "INVALID_ORIGIN");
  else if (sid != NULL && *sid != '\0')
    handle_with_sid (engine, request, sid, transport, name);
  else if (strcmp (sio_request_get_method (request), "GET") != 0)
    refuse (engine, request, SIO_ENGINE_BAD_HANDSHAKE_METHOD, NULL,
            context_new ("method", sio_request_get_method (request)));
  else if ((transport == SIO_TRANSPORT_WEBSOCKET) != sio_request_is_upgrade (request))
    sio_engine_refuse_bad_request (engine, request, "TRANSPORT_HANDSHAKE_ERROR");
  else
    sio_engine_start_handshake (engine, request, transport);
}

/* The engine is closed, though not its connections yet. */
static void
refuse_closed (SioEngine *engine, SioRequest *request)
{
  g_autofree char *sid = sio_request_dup_query_value (request, "sid");

  if ((sid == NULL || *sid == '\0') && sio_engine_refuse_while_draining (engine, request))
    return;
  refuse (engine, request, SIO_ENGINE_UNKNOWN_SID, NULL, context_new (NULL, NULL));
}

void
sio_engine_go_on (SioEngine *engine, SioRequest *request, gboolean allowed)
{
  end_post (request);
  if (request->answered || request->connection == NULL)
    return;
  if (!allowed)
    sio_engine_refuse_bad_request (engine, request, "MIDDLEWARE_FAILURE");
  else if (engine->closing)
    refuse_closed (engine, request);
  else
    route (engine, request);
}

void
sio_engine_give_up (SioRequest *request)
{
  end_post (request);
  sio_request_respond (request, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, NULL);
}

void
sio_engine_request_answered (SioRequest *request)
{
  sio_engine_end_decision (request);
  end_post (request);
}

/* §1.3 */
void
sio_engine_handle_request (SioEngine *engine, SioRequest *request)
{
  g_autoptr (SioEngine) keep_engine = g_object_ref (engine);
  g_autoptr (SioRequest) keep = sio_request_ref (request);
  guint preflight;

  /* An overlapping POST was answered when its head came. */
  if (request->answered)
    return;
  preflight = engine->cors != NULL && !engine->closing ? sio_cors_apply (engine->cors, request) : 0;
  if (preflight == 0 && !engine->closing && engine->bundle != NULL &&
      sio_client_bundle_handle (engine->bundle, request, strlen (engine->path)))
    {
      end_post (request);
      return;
    }
  /* A POST overlaps with others until the middlewares have decided. */
  if (preflight == 0 && !engine->closing && sio_engine_run_middlewares (engine, request))
    return;
  end_post (request);
  if (engine->closing)
    refuse_closed (engine, request);
  else if (preflight != 0)
    sio_request_respond (request, preflight, NULL, NULL);
  else
    route (engine, request);
}

gboolean
sio_engine_begin_request (SioEngine *engine, SioRequest *request)
{
  g_autofree char *sid = sio_request_dup_query_value (request, "sid");
  SioSession *session = NULL;

  if (strcmp (sio_request_get_method (request), "POST") == 0 && sid != NULL && !engine->closing)
    session = sio_engine_get_session (engine, sid);
  if (session == NULL || sio_session_get_polling (session) == NULL)
    return TRUE;
  request->session = g_object_ref (session);
  if (sio_polling_begin_post (sio_session_get_polling (session), request))
    return TRUE;
  g_clear_object (&request->session);
  sio_request_respond (request, 400, NULL, NULL);
  return FALSE;
}

void
sio_engine_request_lost (SioRequest *request)
{
  g_autoptr (SioSession) session = g_steal_pointer (&request->session);

  sio_request_lost (request);
  if (session != NULL && sio_session_get_polling (session) != NULL)
    sio_polling_post_aborted (sio_session_get_polling (session), request);
}
