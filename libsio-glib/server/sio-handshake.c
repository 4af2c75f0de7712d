/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-handshake.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-args.h"
#include "sio-handshake-private.h"

/**
 * SioHandshake:
 *
 * How a client connected: its first HTTP request, and what it sent to authenticate.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioHandshake
{
  guint ref_count;
  SioRequestInfo *info; /* shared with the session */
  JsonNode *auth;
  char auth_json[];
};

G_DEFINE_BOXED_TYPE (SioHandshake, sio_handshake, sio_handshake_ref, sio_handshake_unref)

SioHandshake *
sio_handshake_new (SioRequestInfo *info, const char *auth, gsize auth_length)
{
  SioHandshake *self;

  /* Without a payload it reads as an empty object: protocol.md §4.5 */
  if (auth_length == 0)
    {
      auth = "{}";
      auth_length = 2;
    }
  self = g_malloc (sizeof (SioHandshake) + auth_length + 1);
  self->ref_count = 1;
  self->info = info != NULL ? sio_request_info_ref (info) : NULL;
  self->auth = NULL;
  memcpy (self->auth_json, auth, auth_length);
  self->auth_json[auth_length] = '\0';
  return self;
}

/**
 * sio_handshake_ref:
 * @self: a handshake
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioHandshake *
sio_handshake_ref (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  return self;
}

/**
 * sio_handshake_unref:
 * @self: (transfer full): a handshake
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_handshake_unref (SioHandshake *self)
{
  g_return_if_fail (self != NULL);

  if (--self->ref_count > 0)
    return;
  g_clear_pointer (&self->info, sio_request_info_unref);
  g_clear_pointer (&self->auth, json_node_unref);
  g_free (self);
}

/**
 * sio_handshake_get_address:
 * @self: a handshake
 *
 * Gets the address of the client, which is that of a proxy unless it is one of
 * [property@Sio.Engine:trusted-proxies].
 *
 * Returns: (transfer none): a numeric address, empty for a Unix socket
 *
 * Since: 0.1
 */
const char *
sio_handshake_get_address (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info != NULL ? sio_request_info_get_remote_address (self->info) : "";
}

/**
 * sio_handshake_get_url:
 * @self: a handshake
 *
 * Gets path and query of the first request, as the client sent them.
 *
 * Returns: (transfer none): for example `/socket.io/?EIO=4&transport=websocket`
 *
 * Since: 0.1
 */
const char *
sio_handshake_get_url (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info != NULL ? sio_request_info_get_url (self->info) : "";
}

/**
 * sio_handshake_dup_query_value:
 * @self: a handshake
 * @name: name of a query parameter
 *
 * Copies a query parameter of the first request, decoded. If it is repeated, the last one wins.
 *
 * Returns: (transfer full) (nullable): the value, `NULL` if there is none
 *
 * Since: 0.1
 */
char *
sio_handshake_dup_query_value (SioHandshake *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return self->info != NULL ? sio_request_info_dup_query_value (self->info, name) : NULL;
}

/**
 * sio_handshake_dup_query:
 * @self: a handshake
 *
 * Copies all query parameters of the first request, decoded. If one is repeated, the last wins.
 *
 * Returns: (transfer full) (element-type utf8 utf8): values by name
 *
 * Since: 0.1
 */
GHashTable *
sio_handshake_dup_query (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return sio_query_parse (self->info != NULL ? sio_request_info_get_query (self->info) : "");
}

/**
 * sio_handshake_get_header:
 * @self: a handshake
 * @name: name of a header, in any case
 *
 * Gets a header of the first request. Repeated ones are joined with commas.
 *
 * Returns: (transfer none) (nullable): the value, `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
sio_handshake_get_header (SioHandshake *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return self->info != NULL ? sio_request_info_get_header (self->info, name) : NULL;
}

/**
 * sio_handshake_dup_headers:
 * @self: a handshake
 *
 * Copies all headers of the first request.
 *
 * Returns: (transfer full) (element-type utf8 utf8): values by name in lower case
 *
 * Since: 0.1
 */
GHashTable *
sio_handshake_dup_headers (SioHandshake *self)
{
  GHashTable *headers;
  const char *name;
  const char *value;
  guint position = 0;

  g_return_val_if_fail (self != NULL, NULL);

  headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  while (self->info != NULL && sio_request_info_next_header (self->info, &position, &name, &value))
    g_hash_table_insert (headers, g_strdup (name), g_strdup (value));
  return headers;
}

/**
 * sio_handshake_get_time:
 * @self: a handshake
 *
 * Gets when the first request came.
 *
 * Returns: µs since 1970 in UTC
 *
 * Since: 0.1
 */
gint64
sio_handshake_get_time (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->info != NULL ? sio_request_info_get_time (self->info) : 0;
}

/**
 * sio_handshake_is_secure:
 * @self: a handshake
 *
 * Tells whether the client connected with TLS, to the server itself or, as that says, to one of
 * [property@Sio.Engine:trusted-proxies].
 *
 * Returns: `TRUE` if it did
 *
 * Since: 0.1
 */
gboolean
sio_handshake_is_secure (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->info != NULL && sio_request_info_is_secure (self->info);
}

/**
 * sio_handshake_is_cross_domain:
 * @self: a handshake
 *
 * Tells whether a browser may be talking from another origin: the request had an `Origin`.
 *
 * Returns: `TRUE` if it had
 *
 * Since: 0.1
 */
gboolean
sio_handshake_is_cross_domain (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return sio_handshake_get_header (self, "origin") != NULL;
}

/**
 * sio_handshake_get_auth:
 * @self: a handshake
 *
 * Gets what the client sent to authenticate when it connected to the namespace. Of clients of
 * Socket.IO 1 and 2 that is the query behind the namespace, all of it strings.
 *
 * Returns: (transfer none) (nullable): an object, empty if nothing was sent; it must not be
 *   modified. `NULL` if it cannot be held because a string contains U+0000.
 *
 * Since: 0.1
 */
JsonNode *
sio_handshake_get_auth (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->auth == NULL)
    self->auth =
        sio_json_read (self->auth_json, strlen (self->auth_json), SIO_ARGS_MAX_DEPTH, NULL);
  return self->auth;
}

/**
 * sio_handshake_get_auth_json:
 * @self: a handshake
 *
 * Gets the text of what the client sent to authenticate.
 *
 * Returns: (transfer none): a JSON object
 *
 * Since: 0.1
 */
const char *
sio_handshake_get_auth_json (SioHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->auth_json;
}

static JsonNode *
strings_to_node (GHashTable *strings)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, strings);
  while (g_hash_table_iter_next (&iter, &name, &value))
    json_object_set_string_member (object, name, value);
  json_node_take_object (node, object);
  return node;
}

/* As JavaScript's Date prints it, in UTC. */
static char *
format_time (gint64 seconds)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

  /* Not g_date_time_format(): names of days and months would follow the locale. */
  return g_strdup_printf (
      "%s %s %02d %d %02d:%02d:%02d GMT+0000 (Coordinated Universal Time)",
      days[g_date_time_get_day_of_week (time) - 1], months[g_date_time_get_month (time) - 1],
      g_date_time_get_day_of_month (time), g_date_time_get_year (time), g_date_time_get_hour (time),
      g_date_time_get_minute (time), g_date_time_get_second (time));
}

/**
 * sio_handshake_to_json_node:
 * @self: a handshake
 *
 * Makes the object that other implementations and the Admin UI know: `headers`, `time`,
 * `address`, `xdomain`, `secure`, `issued`, `url`, `query` and `auth`.
 *
 * Returns: (transfer full): an object
 *
 * Since: 0.1
 */
JsonNode *
sio_handshake_to_json_node (SioHandshake *self)
{
  g_autoptr (GHashTable) headers = NULL;
  g_autoptr (GHashTable) query = NULL;
  g_autofree char *time = NULL;
  JsonObject *object;
  JsonNode *node;
  JsonNode *auth;

  g_return_val_if_fail (self != NULL, NULL);

  headers = sio_handshake_dup_headers (self);
  query = sio_handshake_dup_query (self);
  time = format_time (sio_handshake_get_time (self) / G_USEC_PER_SEC);
  auth = sio_handshake_get_auth (self);

  object = json_object_new ();
  json_object_set_member (object, "headers", strings_to_node (headers));
  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "address", sio_handshake_get_address (self));
  json_object_set_boolean_member (object, "xdomain", sio_handshake_is_cross_domain (self));
  json_object_set_boolean_member (object, "secure", sio_handshake_is_secure (self));
  json_object_set_int_member (object, "issued", sio_handshake_get_time (self) / 1000);
  json_object_set_string_member (object, "url", sio_handshake_get_url (self));
  json_object_set_member (object, "query", strings_to_node (query));
  if (auth != NULL)
    json_object_set_member (object, "auth", json_node_copy (auth));
  else
    json_object_set_object_member (object, "auth", json_object_new ());

  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

static void
add_member_string (SioArgsBuilder *builder, const char *name, const char *value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, value);
}

/**
 * sio_args_builder_add_handshake:
 * @self: a builder
 * @handshake: a handshake
 *
 * Adds the object of [method@Sio.Handshake.to_json_node] without `auth`, which others must not see.
 * Nothing but text is made for it.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_handshake (SioArgsBuilder *self, SioHandshake *handshake)
{
  g_autoptr (GHashTable) query = NULL;
  g_autofree char *time = NULL;
  const char *name;
  const char *value;
  guint position = 0;
  GHashTableIter iter;
  gpointer key;
  gpointer data;

  g_return_if_fail (self != NULL);
  g_return_if_fail (handshake != NULL);

  query = sio_handshake_dup_query (handshake);
  time = format_time (sio_handshake_get_time (handshake) / G_USEC_PER_SEC);
  sio_args_builder_begin_object (self);
  add_member_string (self, "address", sio_handshake_get_address (handshake));
  sio_args_builder_set_member_name (self, "headers");
  sio_args_builder_begin_object (self);
  while (handshake->info != NULL &&
         sio_request_info_next_header (handshake->info, &position, &name, &value))
    add_member_string (self, name, value);
  sio_args_builder_end_object (self);
  sio_args_builder_set_member_name (self, "query");
  sio_args_builder_begin_object (self);
  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &key, &data))
    add_member_string (self, key, data);
  sio_args_builder_end_object (self);
  sio_args_builder_set_member_name (self, "issued");
  sio_args_builder_add_int64 (self, sio_handshake_get_time (handshake) / 1000);
  sio_args_builder_set_member_name (self, "secure");
  sio_args_builder_add_boolean (self, sio_handshake_is_secure (handshake));
  add_member_string (self, "time", time);
  add_member_string (self, "url", sio_handshake_get_url (handshake));
  sio_args_builder_set_member_name (self, "xdomain");
  sio_args_builder_add_boolean (self, sio_handshake_is_cross_domain (handshake));
  sio_args_builder_end_object (self);
}
