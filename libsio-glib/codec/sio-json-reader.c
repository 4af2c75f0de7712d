/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-json-private.h"

#include <string.h>

#include "sio-error.h"
#include "sio-json-key-guard-private.h"

/* One open container. The scan has bounded how many there can be. */
typedef struct
{
  JsonNode *node;
  JsonObject *object; /* NULL: an array */
  JsonArray *array;
  GHashTable *repeated;   /* char * → JsonNode *: later values of keys that came before */
  SioJsonKeyGuard *guard; /* of a large object */
} Level;

typedef struct
{
  const char *start;
  const char *end;
  const char *p;
  Level levels[SIO_JSON_MAX_DEPTH];
  guint depth;
} Reader;

static void
level_clear (Level *self)
{
  g_clear_pointer (&self->repeated, g_hash_table_unref);
  g_clear_pointer (&self->guard, sio_json_key_guard_free);
}

/* json_object_set_member () searches all members for a key it knows already, which a
 * peer could use to keep us busy; and json-glib 1.6 leaves a freed pointer in a node that is
 * initialized again. So repeated keys are put in their places at the end, by one copy. */
static void
level_replace_repeated (Level *self)
{
  JsonObject *object = json_object_new ();
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, self->object);
  while (json_object_iter_next_ordered (&iter, &key, &node))
    {
      JsonNode *later = g_hash_table_lookup (self->repeated, key);

      json_object_set_member (object, key, json_node_ref (later != NULL ? later : node));
    }
  json_node_take_object (self->node, object);
}

static void
close_container (Reader *self)
{
  Level *level = &self->levels[--self->depth];

  if (level->repeated != NULL)
    level_replace_repeated (level);
  level_clear (level);
}

static void
reader_clear (Reader *self)
{
  while (self->depth > 0)
    level_clear (&self->levels[--self->depth]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

/* White space and separators: the scan has seen that they are in their places. */
static void
skip_between (Reader *self)
{
  while (self->p < self->end && strchr (" \t\r\n,:", *self->p) != NULL && *self->p != '\0')
    self->p++;
}

static char *
decode_without_nul (Reader *self, const SioJsonSlice *slice, GError **error)
{
  gsize length;
  g_autofree char *text = sio_json_string_decode (slice, &length);

  if (text != NULL && memchr (text, '\0', length) == NULL)
    return g_steal_pointer (&text);
  g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON,
               "expected a string without U+0000, which a JsonNode cannot hold, got one at byte "
               "%" G_GSIZE_FORMAT,
               (gsize) (slice->text - self->start));
  return NULL;
}

static gboolean
init_scalar (Reader *self, JsonNode *node, GError **error)
{
  SioJsonSlice slice;

  if (!sio_json_next_item (&self->p, self->end, &slice))
    {
      g_set_error_literal (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "expected a value");
      return FALSE;
    }
  switch (slice.type)
    {
    case SIO_JSON_STRING:
      {
        g_autofree char *text = decode_without_nul (self, &slice, error);

        if (text == NULL)
          return FALSE;
        json_node_init_string (node, text);
        return TRUE;
      }
    case SIO_JSON_NUMBER:
      {
        gboolean plain = TRUE;
        gint64 integer;
        double number = 0;

        for (gsize i = 0; i < slice.length && plain; i++)
          plain = slice.text[i] == '-' || g_ascii_isdigit (slice.text[i]);
        if (plain && sio_json_number_to_int64 (&slice, &integer))
          json_node_init_int (node, integer);
        else
          {
            sio_json_number_to_double (&slice, &number);
            json_node_init_double (node, number);
          }
        return TRUE;
      }
    case SIO_JSON_TRUE:
    case SIO_JSON_FALSE:
      json_node_init_boolean (node, slice.type == SIO_JSON_TRUE);
      return TRUE;
    default:
      json_node_init_null (node);
      return TRUE;
    }
}

/* The node that the next value of the innermost container goes to. */
static JsonNode *
next_node (Reader *self, GError **error)
{
  Level *level = &self->levels[self->depth - 1];
  SioJsonSlice slice;
  g_autofree char *key = NULL;
  JsonNode *node;

  if (level->object == NULL)
    {
      node = json_node_new (JSON_NODE_NULL);
      json_array_add_element (level->array, node);
      return node;
    }
  if (!sio_json_next_item (&self->p, self->end, &slice) || slice.type != SIO_JSON_STRING)
    {
      g_set_error_literal (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "expected a key");
      return NULL;
    }
  key = decode_without_nul (self, &slice, error);
  if (key == NULL)
    return NULL;
  if (json_object_get_size (level->object) >= SIO_JSON_KEY_GUARD_MIN)
    {
      if (level->guard == NULL)
        level->guard = sio_json_key_guard_new ();
      if (!sio_json_key_guard_take (level->guard, level->object, key))
        {
          g_set_error_literal (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE,
                               "expected an object with keys that hash evenly, got too many that "
                               "collide");
          return NULL;
        }
    }
  node = json_node_new (JSON_NODE_NULL);
  if (!json_object_has_member (level->object, key))
    json_object_set_member (level->object, key, node);
  else
    {
      if (level->repeated == NULL)
        level->repeated = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                 (GDestroyNotify) json_node_unref);
      g_hash_table_replace (level->repeated, g_steal_pointer (&key), node);
    }
  skip_between (self);
  return node;
}

static void
open_container (Reader *self, JsonNode *node)
{
  Level *level = &self->levels[self->depth++];

  memset (level, 0, sizeof *level);
  level->node = node;
  if (*self->p == '{')
    {
      level->object = json_object_new ();
      json_node_init (node, JSON_NODE_OBJECT);
      json_node_take_object (node, level->object);
    }
  else
    {
      level->array = json_array_new ();
      json_node_init (node, JSON_NODE_ARRAY);
      json_node_take_array (node, level->array);
    }
  self->p++;
}

JsonNode *
sio_json_read (const char *text, gsize length, guint max_depth, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_auto (Reader) self = { 0 };
  SioJsonScan scan;
  JsonNode *node;

  if (!sio_json_scan (text, length, max_depth, &scan, error))
    return NULL;
  self.start = text;
  self.p = scan.value.text;
  self.end = scan.value.text + scan.value.length;

  root = json_node_new (JSON_NODE_NULL);
  node = root;
  for (;;)
    {
      if (*self.p == '{' || *self.p == '[')
        open_container (&self, node);
      else if (!init_scalar (&self, node, error))
        return NULL;
      /* To the next value, closing what ends before it. */
      for (;;)
        {
          if (self.depth == 0)
            return g_steal_pointer (&root);
          skip_between (&self);
          if (*self.p != '}' && *self.p != ']')
            break;
          self.p++;
          close_container (&self);
        }
      node = next_node (&self, error);
      if (node == NULL)
        return NULL;
    }
}
