/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sios-schema-private.h"

#define MAX_PATH 200
#define MAX_KEY 40

/* Where the value is, for those who want to know. */
typedef struct _Place
{
  const struct _Place *outer;
  const SioArgsIter *member; /* of an object; NULL: an item */
  guint index;
} Place;

typedef struct
{
  guint steps;
  guint quiet; /* within alternatives nobody wants to know why */
  GString *problem;
} Check;

static gboolean
check_node (Check *check, const SiosSchemaNode *node, const SioArgsIter *value, const Place *place);

static void
append_name (GString *out, const char *name)
{
  glong n = name != NULL ? g_utf8_strlen (name, -1) : 0;

  if (name == NULL)
    g_string_append (out, "(a name with U+0000)");
  else if (n > MAX_KEY)
    {
      g_string_append_len (out, name, g_utf8_offset_to_pointer (name, MAX_KEY) - name);
      g_string_append (out, "…");
    }
  else
    g_string_append (out, name);
}

static void
append_place (GString *out, const Place *place)
{
  if (place->outer != NULL)
    append_place (out, place->outer);
  if (out->len > MAX_PATH)
    return;
  if (place->outer != NULL)
    g_string_append_c (out, '.');
  if (out->len > MAX_PATH)
    g_string_append (out, "…");
  else if (place->member != NULL)
    {
      g_autofree char *key = sio_args_iter_dup_key (place->member);

      append_name (out, key);
    }
  else
    g_string_append_printf (out, "%u", place->index);
}

static gboolean
fail (Check *check, const Place *place, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (Check *check, const Place *place, const char *format, ...)
{
  va_list args;

  if (check->quiet > 0 || check->problem->len > 0)
    return FALSE;
  append_place (check->problem, place);
  g_string_append (check->problem, ": ");
  va_start (args, format);
  g_string_append_vprintf (check->problem, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
is_integer (const SioArgsIter *value)
{
  gint64 integer;
  double number;

  if (sio_args_iter_get_int64 (value, &integer))
    return TRUE;
  number = sio_args_iter_get_double (value);
  return isfinite (number) && number == floor (number);
}

static SiosSchemaTypes
get_types (const SioArgsIter *value, SioArgType type)
{
  switch (type)
    {
    case SIO_ARG_NULL:
      return SIOS_TYPE_NULL;
    case SIO_ARG_BOOLEAN:
      return SIOS_TYPE_BOOLEAN;
    case SIO_ARG_NUMBER:
      return SIOS_TYPE_NUMBER | (is_integer (value) ? SIOS_TYPE_INTEGER : 0);
    case SIO_ARG_STRING:
      return SIOS_TYPE_STRING;
    case SIO_ARG_ARRAY:
      return SIOS_TYPE_ARRAY;
    case SIO_ARG_OBJECT:
      return SIOS_TYPE_OBJECT;
    case SIO_ARG_BYTES:
      return SIOS_TYPE_BINARY;
    case SIO_ARG_NONE:
    default:
      return 0;
    }
}

static char *
describe_types (SiosSchemaTypes types)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sios_schema_type_names); i++)
    if ((types & (1u << i)) != 0)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " or " : "", sios_schema_type_names[i]);
  return g_string_free (text, FALSE);
}

static gboolean
check_type (Check *check, const SiosSchemaNode *node, SiosSchemaTypes types, const Place *place)
{
  g_autofree char *expected = NULL;
  g_autofree char *got = NULL;

  if (node->types == 0 || (node->types & types) != 0)
    return TRUE;
  if (check->quiet > 0)
    return FALSE;
  expected = describe_types (node->types);
  got = describe_types ((types & SIOS_TYPE_INTEGER) != 0 ? SIOS_TYPE_INTEGER : types);
  return fail (check, place, "expected %s, got %s", expected, got);
}

static gboolean
equals (const SiosSchemaValue *value, const SioArgsIter *given, SioArgType type)
{
  if (value->type != type)
    return FALSE;
  switch (type)
    {
    case SIO_ARG_STRING:
      return sio_args_iter_string_equals (given, value->string);
    case SIO_ARG_NUMBER:
      return sio_args_iter_get_double (given) == value->number;
    case SIO_ARG_BOOLEAN:
      return sio_args_iter_get_boolean (given) == value->boolean;
    case SIO_ARG_NULL:
      return TRUE;
    case SIO_ARG_NONE:
    case SIO_ARG_ARRAY:
    case SIO_ARG_OBJECT:
    case SIO_ARG_BYTES:
    default:
      return FALSE;
    }
}

static gboolean
check_values (Check *check,
              const SiosSchemaNode *node,
              const SioArgsIter *given,
              SioArgType type,
              const Place *place)
{
  check->steps += node->values->len / 4;
  for (guint i = 0; i < node->values->len; i++)
    if (equals (&g_array_index (node->values, SiosSchemaValue, i), given, type))
      return TRUE;
  return fail (check, place, "expected one of the %u values that are allowed", node->values->len);
}

static gboolean
check_number (Check *check,
              const SiosSchemaNode *node,
              const SioArgsIter *value,
              const Place *place)
{
  double number = sio_args_iter_get_double (value);

  if (number < node->minimum || (node->above_minimum && number == node->minimum))
    return fail (check, place, "expected %s %.15g", node->above_minimum ? "more than" : "at least",
                 node->minimum);
  if (number > node->maximum || (node->below_maximum && number == node->maximum))
    return fail (check, place, "expected %s %.15g", node->below_maximum ? "less than" : "at most",
                 node->maximum);
  return TRUE;
}

static gboolean
check_pattern (Check *check,
               const SiosSchemaNode *node,
               const SioArgsIter *value,
               const Place *place)
{
  g_autofree char *text = sio_args_iter_dup_string (value);
  gsize length = text != NULL ? strlen (text) : 0;
  g_autoptr (GError) error = NULL;

  if (length > SIOS_SCHEMA_MAX_PATTERN_BYTES)
    return fail (check, place, "expected at most %d bytes", SIOS_SCHEMA_MAX_PATTERN_BYTES);
  check->steps += 10 + (guint) length / 8;
  /* One that costs too much does not match. */
  if (text != NULL && g_regex_match_full (node->pattern, text, (gssize) length, 0, 0, NULL, &error))
    return TRUE;
  return fail (check, place, "expected a string that matches %.100s", node->pattern_text);
}

static gboolean
check_string (Check *check,
              const SiosSchemaNode *node,
              const SioArgsIter *value,
              const Place *place)
{
  if (node->min_length > 0 || node->max_length != G_MAXUINT64)
    {
      gsize length = sio_args_iter_get_string_length (value);

      if (length < node->min_length)
        return fail (check, place, "expected at least %" G_GUINT64_FORMAT " characters, got %zu",
                     node->min_length, length);
      if (length > node->max_length)
        return fail (check, place, "expected at most %" G_GUINT64_FORMAT " characters, got %zu",
                     node->max_length, length);
    }
  return node->pattern == NULL || check_pattern (check, node, value, place);
}

static gboolean
check_array (Check *check, const SiosSchemaNode *node, const SioArgsIter *value, const Place *place)
{
  SioArgsIter item;
  Place inner = { place, NULL, 0 };

  sio_args_iter_enter (value, &item);
  while (sio_args_iter_next (&item))
    {
      /* Not to be walked over to its end only to be refused. */
      if (inner.index >= node->max_items)
        return fail (check, place, "expected at most %" G_GUINT64_FORMAT " items", node->max_items);
      if (++check->steps > SIOS_SCHEMA_MAX_STEPS ||
          (node->items != NULL && !check_node (check, node->items, &item, &inner)))
        return fail (check, place, "expected less to check");
      inner.index++;
    }
  return inner.index >= node->min_items ||
         fail (check, place, "expected at least %" G_GUINT64_FORMAT " items, got %u",
               node->min_items, inner.index);
}

static const SiosSchemaProperty *
find_property (const SiosSchemaNode *node, const SioArgsIter *member)
{
  for (guint i = 0; i < node->properties->len; i++)
    if (sio_args_iter_key_equals (member,
                                  g_array_index (node->properties, SiosSchemaProperty, i).name))
      return &g_array_index (node->properties, SiosSchemaProperty, i);
  return NULL;
}

static gboolean
check_member (Check *check,
              const SiosSchemaNode *node,
              const SiosSchemaProperty *property,
              const SioArgsIter *member,
              const Place *place)
{
  Place inner = { place, member, 0 };

  if (property != NULL && property->node != NULL)
    return check_node (check, property->node, member, &inner);
  /* What is only required is additional, too. */
  if (node->additional == NULL)
    return TRUE;
  if (node->additional->never)
    return fail (check, &inner, "expected no member of this name");
  return check_node (check, node->additional, member, &inner);
}

static gboolean
check_object (Check *check,
              const SiosSchemaNode *node,
              const SioArgsIter *value,
              const Place *place)
{
  SioArgsIter member;
  guint64 seen = 0;
  guint64 n = 0;

  sio_args_iter_enter (value, &member);
  while (sio_args_iter_next (&member))
    {
      const SiosSchemaProperty *property = find_property (node, &member);

      if (++n > node->max_properties)
        return fail (check, place, "expected at most %" G_GUINT64_FORMAT " members",
                     node->max_properties);
      if (property != NULL && property->required >= 0)
        seen |= G_GUINT64_CONSTANT (1) << property->required;
      check->steps += 1 + node->properties->len / 8;
      if (check->steps > SIOS_SCHEMA_MAX_STEPS)
        return fail (check, place, "expected less to check");
      if (!check_member (check, node, property, &member, place))
        return FALSE;
    }
  for (guint i = 0; node->n_required > 0 && i < node->properties->len; i++)
    {
      const SiosSchemaProperty *property = &g_array_index (node->properties, SiosSchemaProperty, i);

      if (property->required >= 0 && (seen & (G_GUINT64_CONSTANT (1) << property->required)) == 0)
        return fail (check, place, "expected a member \"%.60s\"", property->name);
    }
  return n >= node->min_properties ||
         fail (check, place, "expected at least %" G_GUINT64_FORMAT " members",
               node->min_properties);
}

static guint
count_matches (
    Check *check, GPtrArray *nodes, const SioArgsIter *value, const Place *place, guint enough)
{
  guint n = 0;

  check->quiet++;
  for (guint i = 0; i < nodes->len && n < enough; i++)
    n += check_node (check, g_ptr_array_index (nodes, i), value, place);
  check->quiet--;
  return n;
}

static gboolean
check_combined (Check *check,
                const SiosSchemaNode *node,
                const SioArgsIter *value,
                const Place *place)
{
  if (node->ref != NULL && !check_node (check, node->ref, value, place))
    return FALSE;
  for (guint i = 0; node->all_of != NULL && i < node->all_of->len; i++)
    if (!check_node (check, g_ptr_array_index (node->all_of, i), value, place))
      return FALSE;
  if (node->any_of != NULL && count_matches (check, node->any_of, value, place, 1) == 0)
    return fail (check, place, "expected one of %u alternatives", node->any_of->len);
  if (node->one_of != NULL && count_matches (check, node->one_of, value, place, 2) != 1)
    return fail (check, place, "expected exactly one of %u alternatives", node->one_of->len);
  if (node->not_of != NULL)
    {
      gboolean matches;

      check->quiet++;
      matches = check_node (check, node->not_of, value, place);
      check->quiet--;
      /* What was not checked to its end does not fit. */
      if (matches || check->steps > SIOS_SCHEMA_MAX_STEPS)
        return fail (check, place, "expected something else");
    }
  return TRUE;
}

static gboolean
check_node (Check *check, const SiosSchemaNode *node, const SioArgsIter *value, const Place *place)
{
  SioArgType type = sio_args_iter_get_arg_type (value);

  if (++check->steps > SIOS_SCHEMA_MAX_STEPS)
    return fail (check, place, "expected less to check");
  if (node->never)
    return fail (check, place, "expected nothing here");
  if (!check_type (check, node, get_types (value, type), place) ||
      (node->values != NULL && !check_values (check, node, value, type, place)))
    return FALSE;
  if (type == SIO_ARG_NUMBER && !check_number (check, node, value, place))
    return FALSE;
  if (type == SIO_ARG_STRING && !check_string (check, node, value, place))
    return FALSE;
  if (type == SIO_ARG_ARRAY && !check_array (check, node, value, place))
    return FALSE;
  if (type == SIO_ARG_OBJECT && !check_object (check, node, value, place))
    return FALSE;
  return check_combined (check, node, value, place);
}

gboolean
sios_schema_check (const SiosSchema *self, SioArgs *args, guint n, char **problem)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Check check = { 0, 0, text };
  Place place = { NULL, NULL, n };
  SioArgsIter value;

  if (!sio_args_iter_init_path (&value, args, n, NULL))
    {
      *problem = g_strdup_printf ("%u: expected an argument", n);
      return FALSE;
    }
  if (check_node (&check, self->root, &value, &place) && check.steps <= SIOS_SCHEMA_MAX_STEPS)
    return TRUE;
  /* An alternative that was not checked to its end may have been the one that matters. */
  if (text->len == 0)
    fail (&check, &place, "expected less to check");
  /* What is cut may end within a letter. */
  *problem = g_utf8_make_valid (text->str, (gssize) text->len);
  return FALSE;
}
