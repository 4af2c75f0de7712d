/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-call.h"

#include <string.h>

static GQuark
call_quark (void)
{
  return g_quark_from_static_string ("sios-call");
}

SiosCall *
sios_call_ref (SiosCall *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

void
sios_call_unref (SiosCall *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_byte_array_unref (self->body);
  g_free (self->path);
  g_free (self->address);
  g_free (self->caller);
  g_free (self->id);
  g_free (self);
}

/* Of what exceeds max-body, so that the client gets to read why. */
#define MAX_PASSED_OVER (64 * 1024)

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, SiosCall *self)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (chunk, &length);

  self->n_received += length;
  if (self->n_received <= self->max_body)
    g_byte_array_append (self->body, data, (guint) length);
  else
    {
      self->too_large = TRUE;
      g_byte_array_set_size (self->body, 0);
      /* The library ends connections that libsoup has collected too much of. */
      if (self->n_received - self->max_body > MAX_PASSED_OVER)
        soup_message_body_set_accumulate (soup_server_message_get_request_body (message), TRUE);
    }
}

/* libsoup takes the last of several; a proxy in front of us perhaps another one. */
static gboolean
is_ambiguous (SoupMessageHeaders *headers)
{
  const char *length = soup_message_headers_get_list (headers, "Content-Length");
  const char *authorization = soup_message_headers_get_list (headers, "Authorization");

  if (length != NULL && (soup_message_headers_get_list (headers, "Transfer-Encoding") != NULL ||
                         length[strspn (length, "0123456789")] != '\0'))
    return TRUE;
  return authorization != NULL &&
         strcmp (authorization, soup_message_headers_get_one (headers, "Authorization")) != 0;
}

SiosCall *
sios_call_new (SioEngine *engine, SoupServerMessage *message, gsize max_body)
{
  SiosCall *self = g_new0 (SiosCall, 1);

  g_ref_count_init (&self->ref_count);
  /* The message owns this one. */
  self->message = message;
  self->method = g_intern_string (soup_server_message_get_method (message));
  self->body = g_byte_array_new ();
  self->max_body = max_body;
  self->address = sio_engine_dup_client_address (engine, message, NULL);
  self->status = SOUP_STATUS_OK;
  self->id = g_uuid_string_random ();
  self->ambiguous = is_ambiguous (soup_server_message_get_request_headers (message));
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  /* libsoup would cut any answer into the ranges that are asked for. */
  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
  g_object_set_qdata_full (G_OBJECT (message), call_quark (), self,
                           (GDestroyNotify) sios_call_unref);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk_cb), self);
  return self;
}

SiosCall *
sios_call_get (SoupServerMessage *message)
{
  return g_object_get_qdata (G_OBJECT (message), call_quark ());
}

void
sios_call_run (
    SiosCall *self, const char *path, GHashTable *query, SiosCallFunc func, gpointer data)
{
  g_autoptr (SiosCall) keep = sios_call_ref (self);

  self->path = g_strdup (path);
  self->query = query != NULL ? g_hash_table_ref (query) : NULL;
  if (self->ambiguous)
    {
      sios_call_answer_error (self, SOUP_STATUS_BAD_REQUEST, "InvalidArgument",
                              "Expected one Content-Length or Transfer-Encoding, and one "
                              "Authorization");
      return;
    }
  func (self, data);
  if (self->answered)
    return;
  self->paused = TRUE;
  /* libsoup lets go of messages of lost connections only when they go on. */
  g_object_ref (self->message);
  soup_server_message_pause (self->message);
}

SiosCaller
sios_call_get_caller (SiosCall *self)
{
  return (SiosCaller){ SIOS_CALLER_HTTP, self->caller,
                       *self->address != '\0' ? self->address : NULL };
}

const char *
sios_call_get_query (SiosCall *self, const char *name)
{
  return self->query != NULL ? g_hash_table_lookup (self->query, name) : NULL;
}

const char *
sios_call_get_header (SiosCall *self, const char *name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (self->message),
                                       name);
}

void
sios_call_set_header (SiosCall *self, const char *name, const char *value)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (self->message), name,
                                value);
}

void
sios_call_answer (SiosCall *self, guint status, const char *content_type, GBytes *body)
{
  SoupServerMessage *message = self->message;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  g_return_if_fail (!self->answered);

  self->answered = TRUE;
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "X-Request-Id", self->id);
  if (content_type != NULL)
    soup_message_headers_replace (headers, "Content-Type", content_type);
  soup_message_headers_set_content_length (headers,
                                           body != NULL ? (goffset) g_bytes_get_size (body) : 0);
  if (body != NULL)
    soup_message_body_append_bytes (soup_server_message_get_response_body (message), body);
  soup_server_message_set_status (message, status, NULL);
  if (self->paused)
    {
      self->paused = FALSE;
      soup_server_message_unpause (message);
      g_object_unref (message);
    }
}

void
sios_call_append_string (GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *c = valid; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      {
        g_string_append_c (json, '\\');
        g_string_append_c (json, *c);
      }
    else if ((guchar) *c < 0x20)
      g_string_append_printf (json, "\\u%04x", (guint) *c);
    else
      g_string_append_c (json, *c);
  g_string_append_c (json, '"');
}

/* ,"meta":{…}} */
static void
answer_json (SiosCall *self, guint status, GString *json)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *seconds = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autoptr (GBytes) body = NULL;

  g_string_append_printf (json, ",\"meta\":{\"timestamp\":\"%s.%03dZ\",\"requestId\":\"%s\"}}\n",
                          seconds, g_date_time_get_microsecond (now) / 1000, self->id);
  body = g_string_free_to_bytes (json);
  sios_call_answer (self, status, "application/json", body);
}

void
sios_call_set_status (SiosCall *self, guint status)
{
  self->status = status;
}

void
sios_call_answer_data (SiosCall *self, char *data)
{
  GString *json = g_string_new ("{\"success\":true,\"data\":");

  g_string_append (json, data);
  g_free (data);
  answer_json (self, self->status, json);
}

void
sios_call_answer_error (SiosCall *self, guint status, const char *code, const char *format, ...)
{
  GString *json = g_string_new ("{\"success\":false,\"error\":{\"code\":");
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  sios_call_append_string (json, code);
  g_string_append (json, ",\"message\":");
  sios_call_append_string (json, text);
  g_string_append_c (json, '}');
  answer_json (self, status, json);
}
