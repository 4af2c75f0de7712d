/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sios-json.h"
#include "sios-schema-private.h"

#define MAX_NODES 4096
#define MAX_PROPERTIES 256
#define MAX_REQUIRED 64
#define MAX_ALTERNATIVES 16
/* Schemas that apply to one value, by references and allOf and the like, one within the other. */
#define MAX_CHAIN 32
/* PCRE's own limits: what a pattern may cost for each place where it may begin. */
#define PATTERN_LIMITS "(*LIMIT_MATCH=2000)(*LIMIT_DEPTH=500)"

const char *const sios_schema_type_names[8] = { "null",   "boolean", "integer", "number",
                                                "string", "array",   "object",  "binary" };

typedef struct
{
  SiosSchema *schema;
  GHashTable *definitions; /* "#/$defs/x" → SiosSchemaNode */
  GString *path;
  GError **error;
} Parser;

static SiosSchemaNode *parse_node (Parser *parser, JsonNode *json, gboolean is_root);

static gboolean fail (Parser *parser, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (Parser *parser, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (parser->error != NULL && *parser->error == NULL)
    {
      g_autofree char *whole = g_strdup_printf ("%.200s: %s", parser->path->str, text);
      /* What is cut may end within a letter. */
      g_autofree char *valid = g_utf8_make_valid (whole, -1);

      g_set_error_literal (parser->error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, valid);
    }
  return FALSE;
}

static void
value_clear (gpointer data)
{
  g_free (((SiosSchemaValue *) data)->string);
}

static void
property_clear (gpointer data)
{
  g_free (((SiosSchemaProperty *) data)->name);
}

static void
node_free (gpointer data)
{
  SiosSchemaNode *node = data;

  g_clear_pointer (&node->values, g_array_unref);
  g_array_unref (node->properties);
  g_clear_pointer (&node->pattern, g_regex_unref);
  g_free (node->pattern_text);
  g_clear_pointer (&node->all_of, g_ptr_array_unref);
  g_clear_pointer (&node->any_of, g_ptr_array_unref);
  g_clear_pointer (&node->one_of, g_ptr_array_unref);
  g_free (node->ref_name);
  g_free (node);
}

static SiosSchemaNode *
add_node (Parser *parser)
{
  SiosSchemaNode *node;

  if (parser->schema->nodes->len == MAX_NODES)
    {
      fail (parser, "expected at most %d schemas in one file", MAX_NODES);
      return NULL;
    }
  node = g_new0 (SiosSchemaNode, 1);
  node->properties = g_array_new (FALSE, FALSE, sizeof (SiosSchemaProperty));
  g_array_set_clear_func (node->properties, property_clear);
  node->max_properties = node->max_items = node->max_length = G_MAXUINT64;
  node->minimum = -INFINITY;
  node->maximum = INFINITY;
  g_ptr_array_add (parser->schema->nodes, node);
  return node;
}

static gsize
enter (Parser *parser, const char *name)
{
  gsize length = parser->path->len;

  g_string_append_printf (parser->path, "/%.60s", name);
  return length;
}

static void
leave (Parser *parser, gsize length)
{
  g_string_truncate (parser->path, length);
}

static SiosSchemaNode *
parse_child (Parser *parser, const char *name, JsonNode *json)
{
  gsize length = enter (parser, name);
  SiosSchemaNode *node = parse_node (parser, json, FALSE);

  leave (parser, length);
  return node;
}

static gboolean
parse_type_name (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  const char *name =
      json_node_get_value_type (json) == G_TYPE_STRING ? json_node_get_string (json) : "";

  for (guint i = 0; i < G_N_ELEMENTS (sios_schema_type_names); i++)
    if (strcmp (name, sios_schema_type_names[i]) == 0)
      {
        node->types |= 1u << i;
        return TRUE;
      }
  return fail (parser, "expected null, boolean, integer, number, string, array, object or binary");
}

static gboolean
parse_type (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (json))
    return parse_type_name (parser, node, json);
  array = json_node_get_array (json);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!parse_type_name (parser, node, json_array_get_element (array, i)))
      return FALSE;
  return node->types != 0 || fail (parser, "expected at least one type");
}

static gboolean
parse_value (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  GType type = JSON_NODE_HOLDS_VALUE (json) ? json_node_get_value_type (json) : G_TYPE_INVALID;
  SiosSchemaValue value = { SIO_ARG_NULL };

  if (type == G_TYPE_STRING)
    {
      value.type = SIO_ARG_STRING;
      value.string = g_strdup (json_node_get_string (json));
    }
  else if (type == G_TYPE_BOOLEAN)
    {
      value.type = SIO_ARG_BOOLEAN;
      value.boolean = json_node_get_boolean (json);
    }
  else if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)
    {
      value.type = SIO_ARG_NUMBER;
      value.number = json_node_get_double (json);
    }
  else if (!JSON_NODE_HOLDS_NULL (json))
    return fail (parser, "expected strings, numbers, booleans or null, not arrays or objects");
  g_array_append_val (node->values, value);
  return TRUE;
}

static gboolean
parse_values (Parser *parser, SiosSchemaNode *node, JsonNode *json, gboolean is_enum)
{
  JsonArray *array = is_enum && JSON_NODE_HOLDS_ARRAY (json) ? json_node_get_array (json) : NULL;

  if (node->values != NULL)
    return fail (parser, "expected one of enum and const, not both");
  if (is_enum && (array == NULL || json_array_get_length (array) == 0))
    return fail (parser, "expected an array with at least one item");
  node->values = g_array_new (FALSE, FALSE, sizeof (SiosSchemaValue));
  g_array_set_clear_func (node->values, value_clear);
  if (!is_enum)
    return parse_value (parser, node, json);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!parse_value (parser, node, json_array_get_element (array, i)))
      return FALSE;
  return TRUE;
}

static SiosSchemaProperty *
get_property (Parser *parser, SiosSchemaNode *node, const char *name)
{
  SiosSchemaProperty property = { NULL, NULL, -1 };

  for (guint i = 0; i < node->properties->len; i++)
    if (strcmp (g_array_index (node->properties, SiosSchemaProperty, i).name, name) == 0)
      return &g_array_index (node->properties, SiosSchemaProperty, i);
  if (node->properties->len == MAX_PROPERTIES)
    {
      fail (parser, "expected at most %d properties", MAX_PROPERTIES);
      return NULL;
    }
  property.name = g_strdup (name);
  g_array_append_val (node->properties, property);
  return &g_array_index (node->properties, SiosSchemaProperty, node->properties->len - 1);
}

static gboolean
parse_properties (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (json))
    return fail (parser, "expected an object");
  json_object_iter_init_ordered (&iter, json_node_get_object (json));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      SiosSchemaNode *child = parse_child (parser, name, member);
      SiosSchemaProperty *property = child != NULL ? get_property (parser, node, name) : NULL;

      if (property == NULL)
        return FALSE;
      property->node = child;
    }
  return TRUE;
}

static gboolean
parse_required (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (json))
    return fail (parser, "expected an array of names");
  array = json_node_get_array (json);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);
      SiosSchemaProperty *property;

      if (json_node_get_value_type (item) != G_TYPE_STRING)
        return fail (parser, "expected an array of names");
      if (node->n_required == MAX_REQUIRED)
        return fail (parser, "expected at most %d names", MAX_REQUIRED);
      property = get_property (parser, node, json_node_get_string (item));
      if (property == NULL)
        return FALSE;
      if (property->required < 0)
        property->required = (int) node->n_required++;
    }
  return TRUE;
}

static gboolean
parse_count (Parser *parser, guint64 *count, JsonNode *json)
{
  double number = JSON_NODE_HOLDS_VALUE (json) ? json_node_get_double (json) : -1;
  GType type = JSON_NODE_HOLDS_VALUE (json) ? json_node_get_value_type (json) : G_TYPE_INVALID;

  if ((type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) || number < 0 || number > 1e15 ||
      number != floor (number))
    return fail (parser, "expected an integer from 0 on");
  *count = (guint64) number;
  return TRUE;
}

/* The tighter one counts of minimum and exclusiveMinimum. */
static gboolean
parse_bound (Parser *parser, SiosSchemaNode *node, const char *name, JsonNode *json)
{
  GType type = JSON_NODE_HOLDS_VALUE (json) ? json_node_get_value_type (json) : G_TYPE_INVALID;
  gboolean exclusive = g_str_has_prefix (name, "exclusive");
  double number;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return fail (parser, "expected a number");
  number = json_node_get_double (json);
  if (g_str_has_suffix (name, "inimum"))
    {
      if (number > node->minimum || (exclusive && number >= node->minimum))
        {
          node->minimum = number;
          node->above_minimum = exclusive;
        }
    }
  else if (number < node->maximum || (exclusive && number <= node->maximum))
    {
      node->maximum = number;
      node->below_maximum = exclusive;
    }
  return TRUE;
}

static gboolean
parse_pattern (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *limited = NULL;

  if (json_node_get_value_type (json) != G_TYPE_STRING)
    return fail (parser, "expected a string");
  node->pattern_text = json_node_dup_string (json);
  /* These would set other limits. */
  if (g_str_has_prefix (node->pattern_text, "(*"))
    return fail (parser, "expected a pattern that does not begin with (*");
  limited = g_strconcat (PATTERN_LIMITS, node->pattern_text, NULL);
  node->pattern = g_regex_new (limited, G_REGEX_DOLLAR_ENDONLY, 0, &error);
  return node->pattern != NULL || fail (parser, "%s", error->message);
}

static gboolean
parse_alternatives (Parser *parser, GPtrArray **nodes, JsonNode *json)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (json) ? json_node_get_array (json) : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 0;

  if (n == 0 || n > MAX_ALTERNATIVES)
    return fail (parser, "expected an array of 1 to %d schemas", MAX_ALTERNATIVES);
  *nodes = g_ptr_array_new ();
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      SiosSchemaNode *child = parse_child (parser, name, json_array_get_element (array, i));

      if (child == NULL)
        return FALSE;
      g_ptr_array_add (*nodes, child);
    }
  return TRUE;
}

static gboolean
parse_definitions (Parser *parser, JsonNode *json)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (json))
    return fail (parser, "expected an object");
  json_object_iter_init_ordered (&iter, json_node_get_object (json));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      gsize length = enter (parser, name);
      g_autofree char *path = NULL;
      SiosSchemaNode *child;

      if (*name == '\0' || strlen (name) > 60 || strpbrk (name, "/~%") != NULL)
        return fail (parser, "expected a name of 1 to 60 bytes without /, ~ and %%");
      path = g_strdup (parser->path->str);
      child = parse_node (parser, member, FALSE);
      if (child == NULL)
        return FALSE;
      leave (parser, length);
      g_hash_table_insert (parser->definitions, g_steal_pointer (&path), child);
    }
  return TRUE;
}

static gboolean
parse_reference (Parser *parser, SiosSchemaNode *node, JsonNode *json)
{
  if (json_node_get_value_type (json) != G_TYPE_STRING || *json_node_get_string (json) != '#')
    return fail (parser, "expected # or #/$defs/NAME: only definitions of this file");
  node->ref_name = json_node_dup_string (json);
  return TRUE;
}

static gboolean
is_annotation (const char *name)
{
  static const char *const names[] = { "$schema",     "$id",       "$comment", "title",
                                       "description", "default",   "examples", "deprecated",
                                       "readOnly",    "writeOnly", NULL };

  return g_strv_contains (names, name);
}

static gboolean
parse_keyword (
    Parser *parser, SiosSchemaNode *node, const char *name, JsonNode *json, gboolean is_root)
{
  const struct
  {
    const char *name;
    guint64 *count;
  } counts[] = {
    { "minLength", &node->min_length },         { "maxLength", &node->max_length },
    { "minItems", &node->min_items },           { "maxItems", &node->max_items },
    { "minProperties", &node->min_properties }, { "maxProperties", &node->max_properties },
  };
  const struct
  {
    const char *name;
    GPtrArray **nodes;
  } alternatives[] = { { "allOf", &node->all_of },
                       { "anyOf", &node->any_of },
                       { "oneOf", &node->one_of } };
  const struct
  {
    const char *name;
    SiosSchemaNode **node;
  } children[] = { { "items", &node->items },
                   { "additionalProperties", &node->additional },
                   { "not", &node->not_of } };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    if (strcmp (name, counts[i].name) == 0)
      return parse_count (parser, counts[i].count, json);
  for (guint i = 0; i < G_N_ELEMENTS (alternatives); i++)
    if (strcmp (name, alternatives[i].name) == 0)
      return parse_alternatives (parser, alternatives[i].nodes, json);
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    if (strcmp (name, children[i].name) == 0)
      {
        *children[i].node = parse_node (parser, json, FALSE);
        return *children[i].node != NULL;
      }
  if (strcmp (name, "type") == 0)
    return parse_type (parser, node, json);
  if (strcmp (name, "enum") == 0 || strcmp (name, "const") == 0)
    return parse_values (parser, node, json, strcmp (name, "enum") == 0);
  if (strcmp (name, "properties") == 0)
    return parse_properties (parser, node, json);
  if (strcmp (name, "required") == 0)
    return parse_required (parser, node, json);
  if (strcmp (name, "minimum") == 0 || strcmp (name, "maximum") == 0 ||
      strcmp (name, "exclusiveMinimum") == 0 || strcmp (name, "exclusiveMaximum") == 0)
    return parse_bound (parser, node, name, json);
  if (strcmp (name, "pattern") == 0)
    return parse_pattern (parser, node, json);
  if (strcmp (name, "$ref") == 0)
    return parse_reference (parser, node, json);
  if (is_root && (strcmp (name, "$defs") == 0 || strcmp (name, "definitions") == 0))
    return parse_definitions (parser, json);
  if (is_annotation (name))
    return TRUE;
  return fail (parser,
               "this keyword would check nothing here; sio-server.conf(5) lists those that do");
}

static SiosSchemaNode *
parse_node (Parser *parser, JsonNode *json, gboolean is_root)
{
  SiosSchemaNode *node = add_node (parser);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (node == NULL)
    return NULL;
  if (is_root)
    parser->schema->root = node;
  if (json_node_get_value_type (json) == G_TYPE_BOOLEAN)
    {
      node->never = !json_node_get_boolean (json);
      return node;
    }
  if (!JSON_NODE_HOLDS_OBJECT (json))
    {
      fail (parser, "expected a schema: an object, true or false");
      return NULL;
    }
  json_object_iter_init_ordered (&iter, json_node_get_object (json));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      gsize length = enter (parser, name);

      if (!parse_keyword (parser, node, name, member, is_root))
        return NULL;
      leave (parser, length);
    }
  return node;
}

/* How many schemas apply to one value at most, one within the other; 0 after an error: a schema
 * that applies to itself would be checked for ever. */
static guint
get_chain (Parser *parser, SiosSchemaNode *node)
{
  GPtrArray *const lists[] = { node->all_of, node->any_of, node->one_of };
  SiosSchemaNode *const single[] = { node->ref, node->not_of };
  guint longest = 0;

  if (node->mark == G_MAXUINT)
    {
      fail (parser, "a reference leads back to its own schema");
      return 0;
    }
  if (node->mark > 0)
    return node->mark;
  node->mark = G_MAXUINT;
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; lists[i] != NULL && j < lists[i]->len; j++)
      {
        guint n = get_chain (parser, g_ptr_array_index (lists[i], j));

        if (n == 0)
          return 0;
        longest = MAX (longest, n);
      }
  for (guint i = 0; i < G_N_ELEMENTS (single); i++)
    if (single[i] != NULL)
      {
        guint n = get_chain (parser, single[i]);

        if (n == 0)
          return 0;
        longest = MAX (longest, n);
      }
  if (longest + 1 > MAX_CHAIN)
    {
      fail (parser, "expected at most %d schemas for one value, one within the other", MAX_CHAIN);
      return 0;
    }
  node->mark = longest + 1;
  return node->mark;
}

static gboolean
resolve (Parser *parser)
{
  GPtrArray *nodes = parser->schema->nodes;

  for (guint i = 0; i < nodes->len; i++)
    {
      SiosSchemaNode *node = g_ptr_array_index (nodes, i);

      if (node->ref_name == NULL)
        continue;
      node->ref = strcmp (node->ref_name, "#") == 0
                      ? parser->schema->root
                      : g_hash_table_lookup (parser->definitions, node->ref_name);
      if (node->ref == NULL)
        return fail (parser, "there is nothing at %.100s", node->ref_name);
    }
  for (guint i = 0; i < nodes->len; i++)
    if (get_chain (parser, g_ptr_array_index (nodes, i)) == 0)
      return FALSE;
  return TRUE;
}

SiosSchema *
sios_schema_new (const char *text, gsize length, GError **error)
{
  g_autoptr (SiosSchema) self = g_new0 (SiosSchema, 1);
  g_autoptr (GHashTable) definitions =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) path = g_string_new ("#");
  g_autoptr (GError) own_error = NULL;
  g_autoptr (JsonNode) json = NULL;
  Parser parser = { self, definitions, path, error };

  self->nodes = g_ptr_array_new_with_free_func (node_free);
  if (length <= SIOS_SCHEMA_MAX_BYTES)
    json = sios_json_read_object (text, length, &own_error);
  else
    fail (&parser, "expected at most %d bytes", SIOS_SCHEMA_MAX_BYTES);
  if (json == NULL)
    {
      if (own_error != NULL)
        fail (&parser, "%s", own_error->message);
      return NULL;
    }
  if (parse_node (&parser, json, TRUE) == NULL || !resolve (&parser))
    return NULL;
  return g_steal_pointer (&self);
}

SiosSchema *
sios_schema_new_from_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  return sios_schema_new (text, length, error);
}

void
sios_schema_free (SiosSchema *self)
{
  g_ptr_array_unref (self->nodes);
  g_free (self);
}
