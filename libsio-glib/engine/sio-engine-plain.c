/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-packet-codec-private.h"
#include "sio-transport-private.h"

/* Sessions of plain WebSocket clients: the same as others, without Engine.IO on the wire. */

void
sio_engine_set_plain_path (SioEngine *self, const char *path)
{
  g_free (self->plain_path);
  self->plain_path = g_strdup (path);
}

const char *
sio_engine_get_plain_path (SioEngine *self)
{
  return self->plain_path;
}

/* The namespace in the query as the text form of packets has it: with a comma behind it, empty
 * for the default one. NULL if there cannot be such a namespace. */
static char *
dup_prefix (SioRequest *request)
{
  g_autofree char *name = sio_request_dup_query_value (request, "namespace");

  if (name == NULL || *name == '\0' || strcmp (name, "/") == 0)
    return g_strdup ("");
  if (strpbrk (name, ",?#") != NULL || strlen (name) >= SIO_PACKET_MAX_NAMESPACE ||
      !g_utf8_validate (name, -1, NULL))
    return NULL;
  return g_strconcat (*name == '/' ? "" : "/", name, ",", NULL);
}

static void
plain_ready_cb (
    SioEngine *engine, SioRequest *request, SioWs *ws, guint8 *early, gsize early_length)
{
  g_autoptr (SioSession) session = NULL;

  if (engine->closing)
    {
      sio_ws_unref (ws);
      return;
    }
  sio_ws_set_deflate (ws, (SioDeflateForm) request->deflate);
  session = sio_engine_add_session (engine, request, SIO_TRANSPORT_WEBSOCKET);
  sio_session_set_plain (session, dup_prefix (request));
  sio_session_set_ws (session, ws);
  sio_engine_session_opened (engine, session);
  sio_session_start_ws (session, early, early_length);
}

void
sio_engine_accept_plain (SioEngine *self, SioRequest *request)
{
  sio_engine_emit_headers (self, request, TRUE);
  sio_engine_emit_headers (self, request, FALSE);
  if (!sio_request_accept_websocket (request, plain_ready_cb))
    sio_engine_refuse_bad_request (self, request, "TRANSPORT_HANDSHAKE_ERROR");
}

void
sio_engine_handle_plain (SioEngine *self, SioRequest *request)
{
  g_autofree char *prefix = dup_prefix (request);

  request->plain = TRUE;
  if (!sio_request_is_upgrade (request))
    {
      static const char text[] = "Here is a WebSocket.\n";

      sio_request_set_response_header (request, "Upgrade", "websocket");
      sio_request_respond (request, 426, "text/plain", g_bytes_new_static (text, strlen (text)));
    }
  else if (prefix == NULL || strcmp (sio_request_get_method (request), "GET") != 0)
    sio_engine_refuse_bad_request (self, request, "BAD_REQUEST");
  else
    sio_engine_start_handshake (self, request, SIO_TRANSPORT_WEBSOCKET);
}
