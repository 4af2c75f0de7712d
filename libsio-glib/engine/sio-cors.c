/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-cors-private.h"

#include <string.h>

/**
 * SioCors:
 *
 * Which web pages of other origins may talk to the server (Cross-Origin Resource Sharing).
 *
 * A new one allows no origin; name some, or allow any, and give it to
 * [method@Sio.Engine.set_cors]. It must not be changed after that.
 *
 * Not thread-safe; use it from the thread-default main context of the engine.
 *
 * Since: 0.1
 */
struct _SioCors
{
  gatomicrefcount ref_count;
  gboolean any;
  gboolean reflect;
  gboolean credentials;
  GPtrArray *origins;
  GPtrArray *patterns;
  char *methods;
  char *allowed_headers;
  char *exposed_headers;
  SioCorsOriginFunc origin_func;
  gpointer origin_data;
  GDestroyNotify origin_destroy;
  gboolean preflight_continue;
  int max_age;
  guint success_status;
};

G_DEFINE_BOXED_TYPE (SioCors, sio_cors, sio_cors_ref, sio_cors_unref)

/**
 * sio_cors_new:
 *
 * Creates rules that allow no foreign origin yet.
 *
 * Returns: (transfer full): the rules
 *
 * Since: 0.1
 */
SioCors *
sio_cors_new (void)
{
  SioCors *self = g_new0 (SioCors, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->origins = g_ptr_array_new_with_free_func (g_free);
  self->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) g_regex_unref);
  self->methods = g_strdup ("GET,HEAD,PUT,PATCH,POST,DELETE");
  self->max_age = -1;
  self->success_status = 204;
  return self;
}

/**
 * sio_cors_ref:
 * @self: the rules
 *
 * Takes a reference. May be called from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioCors *
sio_cors_ref (SioCors *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_cors_unref:
 * @self: (transfer full): the rules
 *
 * Drops a reference. May be called from any thread.
 *
 * Since: 0.1
 */
void
sio_cors_unref (SioCors *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->origin_destroy != NULL)
    self->origin_destroy (self->origin_data);
  g_ptr_array_unref (self->origins);
  g_ptr_array_unref (self->patterns);
  g_free (self->methods);
  g_free (self->allowed_headers);
  g_free (self->exposed_headers);
  g_free (self);
}

/**
 * sio_cors_allow_any_origin:
 * @self: the rules
 *
 * Answers `Access-Control-Allow-Origin: *` to everybody.
 *
 * Browsers refuse this answer for requests with credentials; see
 * [method@Sio.Cors.reflect_any_origin] for those.
 *
 * Since: 0.1
 */
void
sio_cors_allow_any_origin (SioCors *self)
{
  g_return_if_fail (self != NULL);

  self->any = TRUE;
}

/**
 * sio_cors_reflect_any_origin:
 * @self: the rules
 *
 * Allows every origin by naming it in the answer, so that credentials work too.
 *
 * Since: 0.1
 */
void
sio_cors_reflect_any_origin (SioCors *self)
{
  g_return_if_fail (self != NULL);

  self->reflect = TRUE;
}

/**
 * sio_cors_add_origin:
 * @self: the rules
 * @origin: scheme, host and port as browsers send them, for example `https://example.org`
 *
 * Allows one origin.
 *
 * Since: 0.1
 */
void
sio_cors_add_origin (SioCors *self, const char *origin)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (origin != NULL);

  g_ptr_array_add (self->origins, g_strdup (origin));
}

/**
 * sio_cors_add_origin_pattern:
 * @self: the rules
 * @pattern: matched against the whole `Origin` header; anchor it yourself
 *
 * Allows all origins that match.
 *
 * Since: 0.1
 */
void
sio_cors_add_origin_pattern (SioCors *self, GRegex *pattern)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (pattern != NULL);

  g_ptr_array_add (self->patterns, g_regex_ref (pattern));
}

/**
 * sio_cors_set_origin_func:
 * @self: the rules
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): decides, or `NULL`
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Asks a function about origins that are not allowed otherwise.
 *
 * Since: 0.1
 */
void
sio_cors_set_origin_func (SioCors *self,
                          SioCorsOriginFunc func,
                          gpointer user_data,
                          GDestroyNotify destroy)
{
  g_return_if_fail (self != NULL);

  if (self->origin_destroy != NULL)
    self->origin_destroy (self->origin_data);
  self->origin_func = func;
  self->origin_data = user_data;
  self->origin_destroy = destroy;
}

/**
 * sio_cors_set_preflight_continue:
 * @self: the rules
 * @preflight_continue: whether preflight requests are handled like others
 *
 * Lets preflight requests go on to the checks of the engine, with the headers set, in place of
 * answering them. The default is `FALSE`.
 *
 * Since: 0.1
 */
void
sio_cors_set_preflight_continue (SioCors *self, gboolean preflight_continue)
{
  g_return_if_fail (self != NULL);

  self->preflight_continue = preflight_continue;
}

/**
 * sio_cors_set_credentials:
 * @self: the rules
 * @credentials: whether pages may send cookies and authentication
 *
 * Adds `Access-Control-Allow-Credentials: true` to the answers. The default is `FALSE`.
 *
 * Since: 0.1
 */
void
sio_cors_set_credentials (SioCors *self, gboolean credentials)
{
  g_return_if_fail (self != NULL);

  self->credentials = credentials;
}

/**
 * sio_cors_set_methods:
 * @self: the rules
 * @methods: names separated by commas
 *
 * Sets what preflight answers list as allowed methods. The default is
 * `GET,HEAD,PUT,PATCH,POST,DELETE`.
 *
 * Since: 0.1
 */
void
sio_cors_set_methods (SioCors *self, const char *methods)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (methods != NULL);

  g_free (self->methods);
  self->methods = g_strdup (methods);
}

/**
 * sio_cors_set_allowed_headers:
 * @self: the rules
 * @headers: (nullable): names separated by commas, or `NULL` to allow what the page asks for
 *
 * Sets what preflight answers list as allowed request headers.
 *
 * Since: 0.1
 */
void
sio_cors_set_allowed_headers (SioCors *self, const char *headers)
{
  g_return_if_fail (self != NULL);

  g_free (self->allowed_headers);
  self->allowed_headers = g_strdup (headers);
}

/**
 * sio_cors_set_exposed_headers:
 * @self: the rules
 * @headers: (nullable): names separated by commas
 *
 * Sets which response headers a page may read.
 *
 * Since: 0.1
 */
void
sio_cors_set_exposed_headers (SioCors *self, const char *headers)
{
  g_return_if_fail (self != NULL);

  g_free (self->exposed_headers);
  self->exposed_headers = g_strdup (headers);
}

/**
 * sio_cors_set_max_age:
 * @self: the rules
 * @seconds: how long a browser may keep a preflight answer, or -1 not to say
 *
 * Sets the life time of preflight answers. The default is -1.
 *
 * Since: 0.1
 */
void
sio_cors_set_max_age (SioCors *self, int seconds)
{
  g_return_if_fail (self != NULL);

  self->max_age = seconds;
}

/**
 * sio_cors_set_success_status:
 * @self: the rules
 * @status: an HTTP status
 *
 * Sets the status of preflight answers. The default is 204.
 *
 * Since: 0.1
 */
void
sio_cors_set_success_status (SioCors *self, guint status)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (status >= 200 && status < 300);

  self->success_status = status;
}

static gboolean
is_allowed (SioCors *self, const char *origin)
{
  if (self->reflect)
    return TRUE;
  for (guint i = 0; i < self->origins->len; i++)
    if (strcmp (g_ptr_array_index (self->origins, i), origin) == 0)
      return TRUE;
  for (guint i = 0; i < self->patterns->len; i++)
    if (g_regex_match (g_ptr_array_index (self->patterns, i), origin, 0, NULL))
      return TRUE;
  return self->origin_func != NULL && self->origin_func (origin, self->origin_data);
}

/* A response, whoever speaks HTTP. */
typedef struct
{
  gpointer response;
  void (*set) (gpointer response, const char *name, const char *value);
  void (*append) (gpointer response, const char *name, const char *value);
  const char *method;
  const char *origin;
  const char *asked; /* headers that the page wants to send */
} Exchange;

static void
apply_origin (SioCors *self, const Exchange *exchange)
{
  const char *origin = exchange->origin;
  const char *allowed = NULL;

  if (self->any)
    {
      exchange->set (exchange->response, "Access-Control-Allow-Origin", "*");
      return;
    }
  /* A single fixed origin is named whoever asks. */
  if (!self->reflect && self->origins->len == 1 && self->patterns->len == 0 &&
      self->origin_func == NULL)
    allowed = g_ptr_array_index (self->origins, 0);
  else if (origin != NULL && g_utf8_validate (origin, -1, NULL) && is_allowed (self, origin))
    allowed = origin;
  if (allowed != NULL)
    exchange->set (exchange->response, "Access-Control-Allow-Origin", allowed);
  exchange->append (exchange->response, "Vary", "Origin");
}

static void
apply_preflight (SioCors *self, const Exchange *exchange)
{
  exchange->set (exchange->response, "Access-Control-Allow-Methods", self->methods);
  if (self->allowed_headers != NULL)
    exchange->set (exchange->response, "Access-Control-Allow-Headers", self->allowed_headers);
  else
    {
      exchange->append (exchange->response, "Vary", "Access-Control-Request-Headers");
      if (exchange->asked != NULL)
        exchange->set (exchange->response, "Access-Control-Allow-Headers", exchange->asked);
    }
  if (self->max_age >= 0)
    {
      char text[16];

      g_snprintf (text, sizeof text, "%d", self->max_age);
      exchange->set (exchange->response, "Access-Control-Max-Age", text);
    }
}

static guint
apply (SioCors *self, const Exchange *exchange)
{
  apply_origin (self, exchange);
  if (self->credentials)
    exchange->set (exchange->response, "Access-Control-Allow-Credentials", "true");
  if (self->exposed_headers != NULL)
    exchange->set (exchange->response, "Access-Control-Expose-Headers", self->exposed_headers);
  if (strcmp (exchange->method, "OPTIONS") != 0)
    return 0;
  apply_preflight (self, exchange);
  return self->preflight_continue ? 0 : self->success_status;
}

static void
set_of_request (gpointer response, const char *name, const char *value)
{
  sio_request_set_response_header (response, name, value);
}

static void
append_to_request (gpointer response, const char *name, const char *value)
{
  sio_request_append_response_header (response, name, value);
}

guint
sio_cors_apply (SioCors *self, SioRequest *request)
{
  const Exchange exchange = {
    request,
    set_of_request,
    append_to_request,
    sio_request_get_method (request),
    sio_request_get_header (request, "Origin"),
    sio_request_get_header (request, "Access-Control-Request-Headers"),
  };

  return apply (self, &exchange);
}

static void
set_of_message (gpointer response, const char *name, const char *value)
{
  soup_message_headers_replace (response, name, value);
}

static void
append_to_message (gpointer response, const char *name, const char *value)
{
  soup_message_headers_append (response, name, value);
}

/**
 * sio_cors_apply_to_message:
 * @self: the rules
 * @message: a request that a handler of a [class@Soup.Server] got
 *
 * Puts the headers on the response of a request that is not the engine's, for what an application
 * serves beside it: the engine applies those of [method@Sio.Engine.set_cors] to its own path
 * only.
 *
 * Returns: the status to answer a preflight request with, without a body; 0 if the request is to be
 *   handled as any other
 *
 * Since: 0.1
 */
guint
sio_cors_apply_to_message (SioCors *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers;
  Exchange exchange = { .set = set_of_message, .append = append_to_message };

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (SOUP_IS_SERVER_MESSAGE (message), 0);

  headers = soup_server_message_get_request_headers (message);
  exchange.response = soup_server_message_get_response_headers (message);
  exchange.method = soup_server_message_get_method (message);
  exchange.origin = soup_message_headers_get_one (headers, "Origin");
  exchange.asked = soup_message_headers_get_list (headers, "Access-Control-Request-Headers");
  return apply (self, &exchange);
}
