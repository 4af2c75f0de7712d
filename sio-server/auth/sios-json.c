/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-json.h"

#include <sio.h>
#include <string.h>

/* Members in valid JSON text: each has one colon outside of strings. */
static gsize
count_members_in_text (const char *p, const char *end)
{
  gboolean in_string = FALSE;
  gsize n = 0;

  for (; p < end; p++)
    {
      if (*p == '"')
        in_string = !in_string;
      else if (in_string && *p == '\\')
        p++;
      else if (!in_string && *p == ':')
        n++;
    }
  return n;
}

static gsize count_members (JsonNode *node);

static void
count_member (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  *(gsize *) user_data += 1 + count_members (node);
}

static void
count_item (JsonArray *array, guint i, JsonNode *node, gpointer user_data)
{
  *(gsize *) user_data += count_members (node);
}

/* Recursive: the reader has bounded the depth. */
static gsize
count_members (JsonNode *node)
{
  gsize n = 0;

  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), count_member, &n);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), count_item, &n);
  return n;
}

JsonNode *
sios_json_read_object (const char *text, gsize length, GError **error)
{
  /* Arguments are an array. What would close it early leaves text behind, which is an error. */
  g_autoptr (GString) array = g_string_sized_new (length + 2);
  g_autoptr (SioArgs) args = NULL;
  JsonNode *node;

  g_string_append_c (array, '[');
  g_string_append_len (array, text, (gssize) length);
  g_string_append_c (array, ']');
  args = sio_args_new_from_json (array->str, (gssize) array->len, error);
  if (args == NULL)
    return NULL;
  if (sio_args_get_length (args) != 1 || sio_args_get_arg_type (args, 0) != SIO_ARG_OBJECT)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "Expected one JSON object");
      return NULL;
    }
  node = sio_args_get_node (args, 0);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON,
                   "The JSON object cannot be held: it has a NUL character or colliding names");
      return NULL;
    }
  if (count_members (node) != count_members_in_text (text, text + length))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON,
                   "A member of the JSON object is there "
                   "twice");
      return NULL;
    }
  return json_node_ref (node);
}

static int
base64url_value (char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

guint8 *
sios_base64url_decode (const char *text, gsize length, gsize *decoded_length)
{
  g_autofree guint8 *bytes = NULL;
  gsize n = 0;
  guint32 bits = 0;
  guint n_bits = 0;

  if (length % 4 == 1)
    return NULL;
  bytes = g_malloc (length / 4 * 3 + 3);
  for (gsize i = 0; i < length; i++)
    {
      int value = base64url_value (text[i]);

      if (value < 0)
        return NULL;
      bits = (bits << 6 | (guint32) value) & 0xffffff;
      n_bits += 6;
      if (n_bits >= 8)
        {
          n_bits -= 8;
          bytes[n++] = (guint8) (bits >> n_bits);
        }
    }
  if ((bits & ((1u << n_bits) - 1)) != 0)
    return NULL;
  *decoded_length = n;
  return g_steal_pointer (&bytes);
}

static char *
unescape_pointer (const char *token)
{
  g_autoptr (GString) name = g_string_new (token);

  g_string_replace (name, "~1", "/", 0);
  g_string_replace (name, "~0", "~", 0);
  return g_string_free (g_steal_pointer (&name), FALSE);
}

JsonNode *
sios_json_lookup (JsonObject *object, const char *path)
{
  gboolean pointer = path[0] == '/';
  g_auto (GStrv) names = NULL;
  JsonNode *node = NULL;

  if (!pointer && json_object_has_member (object, path))
    return json_object_get_member (object, path);
  names = g_strsplit (pointer ? path + 1 : path, pointer ? "/" : ".", -1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *name = pointer ? unescape_pointer (names[i]) : g_strdup (names[i]);

      if (i > 0)
        {
          if (!JSON_NODE_HOLDS_OBJECT (node))
            return NULL;
          object = json_node_get_object (node);
        }
      if (!json_object_has_member (object, name))
        return NULL;
      node = json_object_get_member (object, name);
    }
  return node;
}
