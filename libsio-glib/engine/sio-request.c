/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-request-private.h"

#include <string.h>

#include "sio-engine-private.h"

/**
 * SioRequest:
 *
 * An HTTP request for the engine, as hooks and signals of [class@Sio.Engine] see it.
 *
 * Headers and query come from the peer: do not trust them. Response headers can be set until
 * the signal handler returns; hooks and middlewares can set them until they return their task.
 *
 * Not thread-safe; use it from the thread-default main context of the engine.
 *
 * Since: 0.1
 */
G_DEFINE_BOXED_TYPE (SioRequest, sio_request, sio_request_ref, sio_request_unref)

SioRequest *
sio_request_new (const SioRequestBackend *backend,
                 gpointer connection,
                 SioEngine *engine,
                 const char *method,
                 SioRequestInfo *info)
{
  SioRequest *self = g_new0 (SioRequest, 1);

  self->ref_count = 1;
  self->backend = backend;
  self->connection = connection;
  self->engine = engine;
  self->method = method;
  self->info = info;
  return self;
}

/**
 * sio_request_ref:
 * @self: the request
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioRequest *
sio_request_ref (SioRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  return self;
}

/**
 * sio_request_unref:
 * @self: (transfer full): the request
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_request_unref (SioRequest *self)
{
  g_return_if_fail (self != NULL);

  if (--self->ref_count > 0)
    return;
  sio_request_info_unref (self->info);
  g_clear_pointer (&self->headers, g_array_unref);
  g_clear_pointer (&self->body, g_byte_array_unref);
  g_clear_object (&self->session);
  g_free (self);
}

/**
 * sio_request_get_method:
 * @self: the request
 *
 * Gets the method, for example `GET`.
 *
 * Returns: (transfer none): the method
 *
 * Since: 0.1
 */
const char *
sio_request_get_method (SioRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->method;
}

/**
 * sio_request_get_url:
 * @self: the request
 *
 * Gets path and query as the client sent them.
 *
 * Returns: (transfer none): the URL without scheme and host
 *
 * Since: 0.1
 */
const char *
sio_request_get_url (SioRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return sio_request_info_get_url (self->info);
}

const char *
sio_request_get_query (SioRequest *self)
{
  return sio_request_info_get_query (self->info);
}

const char *
sio_request_get_path (SioRequest *self, gsize *length)
{
  const char *url = sio_request_info_get_url (self->info);

  *length = strcspn (url, "?");
  return url;
}

/**
 * sio_request_dup_query_value:
 * @self: the request
 * @name: name of a query parameter
 *
 * Gets the decoded value of a query parameter; of several with that name, the last one.
 *
 * Returns: (transfer full) (nullable): valid UTF-8, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
sio_request_dup_query_value (SioRequest *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return sio_request_info_dup_query_value (self->info, name);
}

/**
 * sio_request_get_header:
 * @self: the request
 * @name: name of a header, in any case
 *
 * Gets a request header; if it was sent several times, the first one. The value may contain
 * bytes that are not UTF-8.
 *
 * Returns: (transfer none) (nullable) (type filename): the value, or `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
sio_request_get_header (SioRequest *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return sio_request_info_get_header (self->info, name);
}

/**
 * sio_request_get_remote_address:
 * @self: the request
 *
 * Gets the numeric address of the client, which is that of a proxy unless it is one of
 * [property@Sio.Engine:trusted-proxies].
 *
 * Returns: (transfer none): the address, empty for Unix sockets
 *
 * Since: 0.1
 */
const char *
sio_request_get_remote_address (SioRequest *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return sio_request_info_get_remote_address (self->info);
}

/**
 * sio_request_is_secure:
 * @self: the request
 *
 * Tells whether the client used TLS, to the server itself or, as that says, to one of
 * [property@Sio.Engine:trusted-proxies].
 *
 * Returns: `TRUE` for TLS
 *
 * Since: 0.1
 */
gboolean
sio_request_is_secure (SioRequest *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return sio_request_info_is_secure (self->info);
}

/* TRUE if the comma-separated @list has @token, in any case. */
static gboolean
list_contains (const char *list, const char *token)
{
  gsize length = strlen (token);

  while (list != NULL && *list != '\0')
    {
      gsize n;

      list += strspn (list, ", \t");
      n = strcspn (list, ", \t");
      if (n == length && g_ascii_strncasecmp (list, token, n) == 0)
        return TRUE;
      list += n;
    }
  return FALSE;
}

/* A list may be spread over several headers of one name. */
static gboolean
has_token (SioRequest *self, const char *wanted, const char *token)
{
  guint position = 0;
  const char *name;
  const char *value;

  while (sio_request_info_next_header (self->info, &position, &name, &value))
    if (strcmp (name, wanted) == 0 && list_contains (value, token))
      return TRUE;
  return FALSE;
}

/**
 * sio_request_is_upgrade:
 * @self: the request
 *
 * Tells whether the client asks for a WebSocket.
 *
 * Returns: `TRUE` if it does
 *
 * Since: 0.1
 */
gboolean
sio_request_is_upgrade (SioRequest *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return has_token (self, "upgrade", "websocket") && has_token (self, "connection", "upgrade");
}

static void
response_header_clear (gpointer data)
{
  SioResponseHeader *header = data;

  g_free (header->name);
  g_free (header->value);
}

/* A line break in a value would let its author write the rest of the response. */
static gboolean
is_header_text (const char *text)
{
  return strpbrk (text, "\r\n") == NULL;
}

/**
 * sio_request_append_response_header:
 * @self: the request
 * @name: name of a header
 * @value: its value, without line breaks
 *
 * Adds a header to the response, besides others of that name.
 *
 * Since: 0.1
 */
void
sio_request_append_response_header (SioRequest *self, const char *name, const char *value)
{
  SioResponseHeader header;

  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL && is_header_text (name));
  g_return_if_fail (value != NULL && is_header_text (value));

  if (self->headers == NULL)
    {
      self->headers = g_array_new (FALSE, FALSE, sizeof (SioResponseHeader));
      g_array_set_clear_func (self->headers, response_header_clear);
    }
  header.name = g_strdup (name);
  header.value = g_strdup (value);
  g_array_append_val (self->headers, header);
}

/**
 * sio_request_set_response_header:
 * @self: the request
 * @name: name of a header
 * @value: its value, without line breaks
 *
 * Sets a header of the response, in place of others of that name.
 *
 * Since: 0.1
 */
void
sio_request_set_response_header (SioRequest *self, const char *name, const char *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);

  for (guint i = self->headers != NULL ? self->headers->len : 0; i > 0; i--)
    if (g_ascii_strcasecmp (g_array_index (self->headers, SioResponseHeader, i - 1).name, name) ==
        0)
      g_array_remove_index (self->headers, i - 1);
  sio_request_append_response_header (self, name, value);
}

void
sio_request_respond (SioRequest *self, guint status, const char *content_type, GBytes *body)
{
  g_autoptr (GBytes) owned = body;
  g_autoptr (SioRequest) keep = sio_request_ref (self);

  self->aborted = NULL;
  if (self->answered)
    return;
  self->answered = TRUE;
  if (self->connection != NULL)
    self->backend->respond (self, status, content_type, owned);
}

/**
 * sio_request_answer:
 * @self: the request
 * @status: a status from 200 to 599
 * @content_type: (nullable): type of @body
 * @body: (nullable): the body
 *
 * Answers the request in place of the engine, with the response headers that were set.
 *
 * For middlewares ([method@Sio.Engine.use]), which need not return their task then. Nothing
 * happens if the client is gone or the request was answered already.
 *
 * Since: 0.1
 */
void
sio_request_answer (SioRequest *self, guint status, const char *content_type, GBytes *body)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (status >= 200 && status < 600);
  g_return_if_fail (content_type == NULL || is_header_text (content_type));

  sio_engine_request_answered (self);
  sio_request_respond (self, status, content_type, body != NULL ? g_bytes_ref (body) : NULL);
}

void
sio_request_hold (SioRequest *self, SioRequestAbortedFunc aborted, gpointer user_data)
{
  self->aborted = aborted;
  self->aborted_data = user_data;
  self->held = TRUE;
  if (self->connection != NULL)
    self->backend->hold (self);
}

void
sio_request_lost (SioRequest *self)
{
  g_autoptr (SioRequest) keep = sio_request_ref (self);
  SioRequestAbortedFunc aborted = g_steal_pointer (&self->aborted);

  self->connection = NULL;
  if (aborted != NULL && !self->answered)
    aborted (self, self->aborted_data);
}

void
sio_request_shutdown (SioRequest *self)
{
  if (self->connection != NULL)
    self->backend->shutdown (self);
}

/* RFC 6455 §4.2.1; the key is 16 bytes in base64. */
static gboolean
check_websocket_headers (SioRequest *self)
{
  const char *version = sio_request_get_header (self, "sec-websocket-version");
  const char *key = sio_request_get_header (self, "sec-websocket-key");

  if (g_strcmp0 (version, "13") != 0)
    {
      sio_request_set_response_header (self, "Sec-WebSocket-Version", "13");
      return FALSE;
    }
  return self->method == g_intern_static_string ("GET") && key != NULL && strlen (key) == 24 &&
         key[22] == '=' && key[23] == '=' &&
         strspn (key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 22;
}

static char *
accept_token (const char *key)
{
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) guid, sizeof guid - 1);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

/* RFC 7692. FALSE if the header is malformed. */
static gboolean
negotiate_deflate (SioRequest *self)
{
  g_autoptr (GString) offers = g_string_new (NULL);
  g_autofree char *response = NULL;
  SioDeflateForm form;
  guint position = 0;
  const char *name;
  const char *value;

  if (self->connection == NULL || !self->engine->per_message_deflate)
    return TRUE;
  while (sio_request_info_next_header (self->info, &position, &name, &value))
    if (strcmp (name, "sec-websocket-extensions") == 0)
      {
        g_string_append_c (offers, ',');
        g_string_append (offers, value);
      }
  if (sio_deflate_negotiate (offers->str, &form, &response) == SIO_DEFLATE_MALFORMED)
    return FALSE;
  self->deflate = form;
  if (response != NULL)
    sio_request_set_response_header (self, "Sec-WebSocket-Extensions", response);
  return TRUE;
}

gboolean
sio_request_accept_websocket (SioRequest *self, SioRequestWebsocketFunc func)
{
  const char *protocols;
  g_autofree char *token = NULL;

  if (!check_websocket_headers (self) || !negotiate_deflate (self))
    return FALSE;

  token = accept_token (sio_request_get_header (self, "sec-websocket-key"));
  sio_request_set_response_header (self, "Upgrade", "websocket");
  sio_request_set_response_header (self, "Connection", "Upgrade");
  sio_request_set_response_header (self, "Sec-WebSocket-Accept", token);
  /* The first sub-protocol offered is selected, as the reference does (§1.11). */
  protocols = sio_request_get_header (self, "sec-websocket-protocol");
  if (protocols != NULL)
    {
      const char *start = protocols + strspn (protocols, ", \t");
      g_autofree char *first = g_strndup (start, strcspn (start, ", \t"));

      if (*first != '\0')
        sio_request_set_response_header (self, "Sec-WebSocket-Protocol", first);
    }
  self->answered = TRUE;
  if (self->connection != NULL)
    self->backend->switch_protocols (self, func);
  return TRUE;
}
