/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-api.h"

#include <string.h>

/* Paths that are served; what is below them is found in the table. */
static const char *const roots[] = {
  "/api/v1",         "/api/socket/debug", "/health/websocket/detailed",
  "/socket-health",  "/socket-metrics",   "/socket-diagnostics",
  "/socket-cleanup",
};

static void
openapi (SiosApiCall *self)
{
  g_autoptr (GBytes) bytes = g_resources_lookup_data ("/org/sioglib/Server/openapi.json",
                                                      G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  sios_call_answer (self->call, SOUP_STATUS_OK, "application/json", bytes);
}

#define READ SIOS_PERMISSION_READ
#define MANAGE SIOS_PERMISSION_MANAGE
#define EMIT SIOS_PERMISSION_EMIT
#define CONFIGURE SIOS_PERMISSION_CONFIGURE

static const SiosApiRoute routes[] = {
  /* clang-format off */
  { "GET", "/api/v1/health", 0, "health", sios_api_health },
  { "GET", "/api/v1/openapi.json", READ, "openapi", openapi },
  { "GET", "/api/v1/stats", READ, "stats", sios_api_stats },
  { "GET", "/api/v1/namespaces", READ, "listNamespaces", sios_api_namespaces },
  { "GET", "/api/v1/rooms", READ, "listRooms", sios_api_rooms },
  { "GET", "/api/v1/rooms/{name}", READ, "getRoom", sios_api_room },
  { "GET", "/api/v1/sockets", READ, "listSockets", sios_api_sockets },
  { "GET", "/api/v1/sockets/{id}", READ, "getSocket", sios_api_socket },
  { "GET", "/api/v1/users/{id}", READ, "getUser", sios_api_user },
  { "POST", "/api/v1/broadcast", EMIT, "broadcast", sios_api_broadcast },
  { "POST", "/api/v1/broadcast/user/{id}", EMIT, "broadcastToUser", sios_api_broadcast_user },
  { "POST", "/api/v1/broadcast/room/{name}", EMIT, "broadcastToRoom", sios_api_broadcast_room },
  { "POST", "/api/v1/announce", EMIT, "announce", sios_api_announce },
  { "POST", "/api/v1/join", MANAGE, "join", sios_api_join },
  { "POST", "/api/v1/leave", MANAGE, "leave", sios_api_leave },
  { "POST", "/api/v1/disconnect", MANAGE, "disconnect", sios_api_disconnect },
  { "GET", "/api/v1/revocations", READ, "listRevocations", sios_api_list_revocations },
  { "POST", "/api/v1/revocations", MANAGE, "revoke", sios_api_revoke },
  { "DELETE", "/api/v1/revocations", MANAGE, "unrevoke", sios_api_unrevoke },
  { "POST", "/api/v1/log-level", CONFIGURE, "setLogLevel", sios_api_log_level },
  { "POST", "/api/v1/reload", CONFIGURE, "reload", sios_api_reload },
  { "POST", "/api/v1/drain", CONFIGURE, "drain", sios_api_drain },
  { "POST", "/api/v1/resume", CONFIGURE, "resume", sios_api_resume },

  /* As operators of older installations know them. */
  { "GET", "/api/v1/websocket/health", 0, "websocketHealth", sios_api_health },
  { "GET", "/api/v1/websocket/stats", READ, "websocketStats", sios_api_stats },
  { "GET", "/api/v1/websocket/rooms/{name}", READ, "websocketRoom", sios_api_room },
  { "POST", "/api/v1/websocket/broadcast", EMIT, "websocketBroadcast", sios_api_broadcast },
  { "POST", "/api/v1/websocket/broadcast/user/{id}", EMIT, "websocketBroadcastToUser",
    sios_api_broadcast_user },
  { "POST", "/api/v1/websocket/broadcast/room/{name}", EMIT, "websocketBroadcastToRoom",
    sios_api_broadcast_room },
  { "GET", "/health/websocket/detailed", 0, "healthDetailed", sios_api_health_detailed },
  { "GET", "/socket-health", 0, "socketHealth", sios_api_health },
  { "GET", "/api/socket/debug", READ, "socketDebug", sios_api_sockets },
  { "GET", "/socket-metrics", READ, "socketMetrics", sios_api_metrics },
  { "GET", "/socket-diagnostics", READ, "socketDiagnostics", sios_api_diagnostics },
  { "POST", "/socket-cleanup", MANAGE, "socketCleanup", sios_api_cleanup },
  /* clang-format on */
};

struct _SiosApi
{
  SiosFeatures *features;
  SiosGate *gate;
  guint64 memory_threshold;
  gboolean served;
};

const SiosApiRoute *
sios_api_list_routes (guint *n_routes)
{
  *n_routes = G_N_ELEMENTS (routes);
  return routes;
}

SiosFeatures *
sios_api_get_features (SiosApi *self)
{
  return self->features;
}

guint64
sios_api_get_memory_threshold (SiosApi *self)
{
  return self->memory_threshold;
}

/* @parameter: the segment in the place of {…}, with its escapes. */
static gboolean
match (const char *pattern, const char *path, char **parameter)
{
  const char *brace = strchr (pattern, '{');
  gsize prefix = brace != NULL ? (gsize) (brace - pattern) : 0;
  const char *rest;
  gsize length;

  if (brace == NULL)
    return strcmp (pattern, path) == 0;
  if (strncmp (pattern, path, prefix) != 0)
    return FALSE;
  rest = path + prefix;
  length = strcspn (rest, "/");
  if (length == 0 || strcmp (rest + length, strchr (brace, '}') + 1) != 0)
    return FALSE;
  *parameter = g_strndup (rest, length);
  return TRUE;
}

static void
api_call_free (gpointer data)
{
  SiosApiCall *self = data;

  g_free (self->parameter);
  g_free (self);
}

SiosApiCall *
sios_api_call_copy (SiosApiCall *self)
{
  SiosApiCall *copy = g_memdup2 (self, sizeof *self);

  copy->parameter = g_strdup (self->parameter);
  sios_call_ref (copy->call);
  return copy;
}

void
sios_api_call_free (SiosApiCall *self)
{
  sios_call_unref (self->call);
  api_call_free (self);
}

static void
let_in_cb (SiosCall *call, gpointer user_data)
{
  SiosApiCall *api_call = call->data;

  api_call->route->func (api_call);
}

static void
answer_method (SiosCall *call, const char *path)
{
  g_autoptr (GString) allow = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    {
      g_autofree char *parameter = NULL;

      if (match (routes[i].path, path, &parameter))
        g_string_append_printf (allow, "%s%s", allow->len > 0 ? ", " : "",
                                strcmp (routes[i].method, "GET") == 0 ? "GET, HEAD"
                                                                      : routes[i].method);
    }
  if (allow->len == 0)
    {
      sios_call_answer_error (call, SOUP_STATUS_NOT_FOUND, "NotFound",
                              "There is nothing at this path; GET /api/v1/openapi.json tells "
                              "what there is");
      return;
    }
  sios_call_set_header (call, "Allow", allow->str);
  sios_call_answer_error (call, SOUP_STATUS_METHOD_NOT_ALLOWED, "MethodNotAllowed",
                          "Expected the method %s", allow->str);
}

static void
call_cb (SiosCall *call, gpointer user_data)
{
  SiosApi *self = user_data;
  const char *method = call->method == SOUP_METHOD_HEAD ? SOUP_METHOD_GET : call->method;
  const SiosApiRoute *route = NULL;
  g_autofree char *escaped = NULL;
  g_autofree char *parameter = NULL;
  SiosApiCall *api_call;

  for (guint i = 0; i < G_N_ELEMENTS (routes) && route == NULL; i++)
    if (strcmp (routes[i].method, method) == 0 && match (routes[i].path, call->path, &escaped))
      route = &routes[i];
  if (route == NULL)
    {
      answer_method (call, call->path);
      return;
    }
  if (escaped != NULL)
    {
      parameter = g_uri_unescape_segment (escaped, NULL, NULL);
      if (parameter == NULL || !g_utf8_validate (parameter, -1, NULL))
        {
          sios_call_answer_error (call, SOUP_STATUS_BAD_REQUEST, "InvalidArgument",
                                  "Expected UTF-8 with %%-escapes in the path, without %%00");
          return;
        }
    }
  api_call = g_new0 (SiosApiCall, 1);
  api_call->api = self;
  api_call->control = sios_control_get (self->features);
  api_call->call = call;
  api_call->route = route;
  api_call->parameter = g_steal_pointer (&parameter);
  call->data = api_call;
  call->destroy = api_call_free;
  if (route->permission == 0)
    let_in_cb (call, NULL);
  else
    sios_gate_pass (self->gate, call, route->permission, route->action, let_in_cb, NULL);
}

void
sios_api_call_fail (SiosApiCall *self, GError *error)
{
  static const guint statuses[SIOS_CONTROL_N_ERRORS] = {
    [SIOS_CONTROL_ERROR_INVALID_ARGUMENT] = SOUP_STATUS_BAD_REQUEST,
    [SIOS_CONTROL_ERROR_NOT_FOUND] = SOUP_STATUS_NOT_FOUND,
    [SIOS_CONTROL_ERROR_OUT_OF_SYNC] = SOUP_STATUS_CONFLICT,
    [SIOS_CONTROL_ERROR_LIMIT_EXCEEDED] = SOUP_STATUS_BAD_REQUEST,
    [SIOS_CONTROL_ERROR_ACCESS_DENIED] = SOUP_STATUS_FORBIDDEN,
    [SIOS_CONTROL_ERROR_NOT_SUPPORTED] = SOUP_STATUS_NOT_IMPLEMENTED,
    [SIOS_CONTROL_ERROR_FAILED] = SOUP_STATUS_INTERNAL_SERVER_ERROR,
  };
  SiosControlError code = error->domain == SIOS_CONTROL_ERROR ? (SiosControlError) error->code
                                                              : SIOS_CONTROL_ERROR_FAILED;

  sios_call_answer_error (self->call, statuses[code], sios_control_error_to_string (code), "%s",
                          error->message);
  g_error_free (error);
}

void
sios_api_call_answer (SiosApiCall *self, SioArgsBuilder *builder)
{
  g_autoptr (SioArgs) args = sio_args_builder_end (builder);

  sios_call_answer_data (self->call, sio_args_dup_arg_json (args, 0));
  sio_args_builder_unref (builder);
}

gboolean
sios_api_call_get_number (
    SiosApiCall *self, const char *name, guint64 max, guint64 *value, GError **error)
{
  const char *text = sios_call_get_query (self->call, name);

  if (text == NULL || g_ascii_string_to_unsigned (text, 10, 0, max, value, NULL))
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "expected as %s an integer from 0 to %" G_GUINT64_FORMAT, name, max);
  return FALSE;
}

void
sios_put_string (SioArgsBuilder *builder, const char *name, const char *value)
{
  g_autofree char *valid = NULL;

  sio_args_builder_set_member_name (builder, name);
  if (value == NULL)
    {
      sio_args_builder_add_null (builder);
      return;
    }
  if (!g_utf8_validate (value, -1, NULL))
    valid = g_utf8_make_valid (value, -1);
  sio_args_builder_add_string (builder, valid != NULL ? valid : value);
}

void
sios_put_number (SioArgsBuilder *builder, const char *name, guint64 value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_int64 (builder, (gint64) MIN (value, G_MAXINT64));
}

void
sios_put_double (SioArgsBuilder *builder, const char *name, double value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_double (builder, value);
}

void
sios_put_boolean (SioArgsBuilder *builder, const char *name, gboolean value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_boolean (builder, value);
}

void
sios_put_time (SioArgsBuilder *builder, const char *name, gint64 microseconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);
  g_autofree char *text = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  sios_put_string (builder, name, text);
}

void
sios_begin_object (SioArgsBuilder *builder, const char *name)
{
  if (name != NULL)
    sio_args_builder_set_member_name (builder, name);
  sio_args_builder_begin_object (builder);
}

void
sios_begin_array (SioArgsBuilder *builder, const char *name)
{
  if (name != NULL)
    sio_args_builder_set_member_name (builder, name);
  sio_args_builder_begin_array (builder);
}

static gpointer
api_create (SiosFeatures *features)
{
  SiosApi *self = g_new0 (SiosApi, 1);

  self->features = features;
  return self;
}

static void
api_configure (gpointer data, SiosConfig *config)
{
  SiosApi *self = data;
  gboolean wanted = sios_config_get_boolean (config, "api", "enabled");

  self->gate = sios_features_get (self->features, &sios_gate_feature);
  self->memory_threshold = sios_config_get_integer (config, "metrics", "memory-threshold");
  if (wanted == self->served)
    return;
  self->served = wanted;
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (wanted)
      sios_web_add (sios_gate_get_web (self->gate), roots[i], call_cb, self);
    else
      sios_web_remove (sios_gate_get_web (self->gate), roots[i]);
}

const SiosFeature sios_api_feature = {
  .name = "api",
  .create = api_create,
  .destroy = g_free,
  .configure = api_configure,
};
