/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-api-body.h"

#include <string.h>

#include "sios-json.h"

void
sios_api_body_free (SiosApiBody *self)
{
  g_clear_pointer (&self->root, json_node_unref);
  g_clear_pointer (&self->args, sio_args_unref);
  g_free (self);
}

/* application/json, perhaps with parameters; nothing else, so that no form of a web page passes. */
static gboolean
is_json (SiosCall *call)
{
  const char *type = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (call->message), NULL);

  return type != NULL && g_ascii_strcasecmp (type, "application/json") == 0;
}

/* The name of a member that is not expected. */
static char *
find_unknown (JsonObject *object, const char *const *members)
{
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    if (!g_strv_contains (members, name))
      return g_strdup (name);
  return NULL;
}

SiosApiBody *
sios_api_body_read (SiosApiCall *call, const char *const *members)
{
  g_autoptr (SiosApiBody) self = g_new0 (SiosApiBody, 1);
  GByteArray *bytes = call->call->body;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) array = NULL;
  g_autofree char *unknown = NULL;

  if (call->call->too_large)
    {
      sios_call_answer_error (call->call, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "LimitExceeded",
                              "Expected a body of at most %" G_GSIZE_FORMAT " bytes",
                              call->call->max_body);
      return NULL;
    }
  if (!is_json (call->call))
    {
      sios_call_answer_error (call->call, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "InvalidArgument",
                              "Expected a header \"Content-Type: application/json\"");
      return NULL;
    }
  self->root = sios_json_read_object ((const char *) bytes->data, bytes->len, &error);
  if (self->root == NULL)
    {
      sios_call_answer_error (call->call, SOUP_STATUS_BAD_REQUEST, "InvalidArgument",
                              "Expected a JSON object: %s", error->message);
      return NULL;
    }
  self->object = json_node_get_object (self->root);
  unknown = find_unknown (self->object, members);
  if (unknown != NULL)
    {
      g_autofree char *expected = g_strjoinv (", ", (char **) members);

      sios_call_answer_error (call->call, SOUP_STATUS_BAD_REQUEST, "InvalidArgument",
                              "There is no member \"%.100s\"; expected some of: %s", unknown,
                              expected);
      return NULL;
    }
  /* What is sent on stays as it came. */
  array = g_string_sized_new (bytes->len + 2);
  g_string_append_c (array, '[');
  g_string_append_len (array, (const char *) bytes->data, bytes->len);
  g_string_append_c (array, ']');
  self->args = sio_args_new_from_json (array->str, (gssize) array->len, &error);
  if (self->args == NULL)
    {
      sios_call_answer_error (call->call, SOUP_STATUS_BAD_REQUEST, "InvalidArgument", "%s",
                              error->message);
      return NULL;
    }
  return g_steal_pointer (&self);
}

static gboolean
invalid (GError **error, const char *name, const char *expected)
{
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "expected as \"%s\" %s", name, expected);
  return FALSE;
}

/* Text that ends earlier than it says is refused. */
static const char *
get_text (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

gboolean
sios_api_body_get_string (SiosApiBody *self, const char *name, const char **value, GError **error)
{
  JsonNode *node = json_object_get_member (self->object, name);

  if (node == NULL)
    return TRUE;
  *value = get_text (node);
  return *value != NULL || invalid (error, name, "a string");
}

gboolean
sios_api_body_get_boolean (SiosApiBody *self, const char *name, gboolean *value, GError **error)
{
  JsonNode *node = json_object_get_member (self->object, name);

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return invalid (error, name, "true or false");
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
sios_api_body_get_number (
    SiosApiBody *self, const char *name, guint64 max, guint64 *value, GError **error)
{
  JsonNode *node = json_object_get_member (self->object, name);
  gint64 number;

  if (node == NULL)
    return TRUE;
  number = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64
               ? json_node_get_int (node)
               : -1;
  if (number < 0 || (guint64) number > max)
    {
      g_autofree char *text = g_strdup_printf ("an integer from 0 to %" G_GUINT64_FORMAT, max);

      return invalid (error, name, text);
    }
  *value = (guint64) number;
  return TRUE;
}

gboolean
sios_api_body_get_strings (SiosApiBody *self, const char *name, char ***value, GError **error)
{
  JsonNode *node = json_object_get_member (self->object, name);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (node == NULL)
    return TRUE;
  if (get_text (node) != NULL)
    g_strv_builder_add (builder, get_text (node));
  else if (!JSON_NODE_HOLDS_ARRAY (node))
    return invalid (error, name, "a string or an array of strings");
  else
    {
      array = json_node_get_array (node);
      for (guint i = 0; i < json_array_get_length (array); i++)
        {
          const char *text = get_text (json_array_get_element (array, i));

          if (text == NULL)
            return invalid (error, name, "a string or an array of strings");
          g_strv_builder_add (builder, text);
        }
    }
  *value = g_strv_builder_end (builder);
  return TRUE;
}

SioArgs *
sios_api_body_dup_args (SiosApiBody *self, const char *name, GError **error)
{
  const char *path[] = { name, NULL };
  SioArgsIter iter;
  g_autofree char *json = NULL;
  g_autofree char *array = NULL;

  if (!sio_args_iter_init_path (&iter, self->args, 0, path))
    return sios_control_parse_args ("[]", -1, error);
  json = sio_args_iter_dup_json (&iter);
  array = g_strdup_printf ("[%s]", json);
  return sios_control_parse_args (array, -1, error);
}
