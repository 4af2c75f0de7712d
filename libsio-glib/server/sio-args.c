/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-args.h"

#include <math.h>
#include <string.h>

#include "sio-args-private.h"
#include "sio-error.h"
#include "sio-packet-codec-private.h"

/**
 * SioArgs:
 *
 * The arguments of an event or an acknowledgement.
 *
 * A list of values as JSON knows them, anywhere among them binary data. It is immutable,
 * the same type is used in both directions, and passing it on costs a reference: the text is
 * decoded only when a value is asked for. Arguments are counted from 0.
 *
 * There are several ways to make one:
 *
 * ```c
 * sio_args_new ("(si)", "hello", 42);                           // from GVariant formats
 * sio_args_new_from_json ("[\"hello\",42]", -1, &error);        // from text
 * sio_args_new_from_node (node);                                // from a Json.Node
 * ```
 *
 * or piece by piece with [struct@Sio.ArgsBuilder]. All functions that send arguments take
 * them over, so that the result of a constructor can be passed directly.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */

typedef struct
{
  SioJsonSlice slice;
  char *string;
  JsonNode *node;
} Item;

struct _SioArgs
{
  gatomicrefcount ref_count;
  guint n_items;
  Item *items; /* NULL until a value is asked for */
  JsonNode *array;
  GPtrArray *attachments;
  gsize length;
  char text[]; /* the items with brackets, NUL-terminated */
};

G_DEFINE_BOXED_TYPE (SioArgs, sio_args, sio_args_ref, sio_args_unref)

SioArgs *
sio_args_new_raw (const char *list, gsize length, GPtrArray *attachments)
{
  SioArgs *self = g_malloc (sizeof (SioArgs) + length + 3);

  memset (self, 0, sizeof *self);
  g_atomic_ref_count_init (&self->ref_count);
  self->length = length + 2;
  self->text[0] = '[';
  if (length > 0)
    memcpy (self->text + 1, list, length);
  self->text[length + 1] = ']';
  self->text[length + 2] = '\0';
  if (attachments != NULL && attachments->len > 0)
    self->attachments = g_ptr_array_ref (attachments);
  return self;
}

SioArgs *
sio_args_new_from_string_builder (GString *list, GPtrArray *attachments)
{
  /* Strings of JsonNodes and C strings are not checked by anybody before. */
  if (!g_utf8_validate (list->str, (gssize) list->len, NULL))
    {
      g_autofree char *valid = g_utf8_make_valid (list->str, (gssize) list->len);

      return sio_args_new_raw (valid, strlen (valid), attachments);
    }
  return sio_args_new_raw (list->str, list->len, attachments);
}

const char *
sio_args_peek_list (SioArgs *self, gsize *length)
{
  *length = self->length - 2;
  return self->text + 1;
}

GPtrArray *
sio_args_peek_attachments (SioArgs *self)
{
  return self->attachments;
}

gint64
sio_args_get_placeholder (const SioJsonSlice *slice)
{
  const char *cursor = slice->text + 1;
  const char *end = slice->text + slice->length - 1;
  gboolean is_placeholder = FALSE;
  gint64 num = -1;
  SioJsonSlice key;
  SioJsonSlice value;

  while (sio_json_next_item (&cursor, end, &key) && sio_json_next_item (&cursor, end, &value))
    {
      if (sio_json_string_equal (&key, "_placeholder"))
        is_placeholder = value.type == SIO_JSON_TRUE;
      else if (sio_json_string_equal (&key, "num") && !sio_json_number_to_int64 (&value, &num))
        num = -1;
    }
  return is_placeholder ? num : -1;
}

gboolean
sio_args_is_placeholder (SioArgs *self, const SioJsonSlice *slice)
{
  gint64 num;

  if (self->attachments == NULL)
    return FALSE;
  num = sio_args_get_placeholder (slice);
  return num >= 0 && num < self->attachments->len;
}

/**
 * sio_args_new: (skip)
 * @format: a #GVariant format string
 * @...: values, as for g_variant_new()
 *
 * Makes arguments from values in C.
 *
 * `"(si)"` makes two arguments, and so does `"si"`: the parentheses may be left out. A dictionary
 * becomes an object (`"{ss}"` and `"a{sv}"` alike), an array an array, `ay` binary data. See
 * [ctor@Sio.Args.new_from_variant].
 *
 * Returns: (transfer full): new arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new (const char *format, ...)
{
  g_autofree char *wrapped = NULL;
  va_list ap;
  GVariant *variant;

  g_return_val_if_fail (format != NULL, NULL);

  if (format[0] != '(')
    format = wrapped = g_strdup_printf ("(%s)", format);
  va_start (ap, format);
  variant = g_variant_new_va (format, NULL, &ap);
  va_end (ap);
  return sio_args_new_from_variant (variant);
}

/**
 * sio_args_new_from_variant:
 * @variant: a variant; a floating reference is consumed
 *
 * Makes arguments from a variant.
 *
 * Each child of a tuple becomes an argument; any other value is the only argument. Inside,
 * arrays and tuples become arrays, dictionaries and dictionary entries objects, `ay` and
 * `aay`-items binary data, an empty maybe `null`, and doubles that JSON cannot express `null`.
 *
 * Returns: (transfer full): new arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new_from_variant (GVariant *variant)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GString) out = NULL;
  g_autoptr (GPtrArray) attachments = NULL;

  g_return_val_if_fail (variant != NULL, NULL);

  value = g_variant_ref_sink (variant);
  out = g_string_new (NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_TUPLE))
    {
      gsize n = g_variant_n_children (value);

      for (gsize i = 0; i < n; i++)
        {
          g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

          if (i > 0)
            g_string_append_c (out, ',');
          sio_args_append_variant (out, child, &attachments);
        }
    }
  else
    sio_args_append_variant (out, value, &attachments);
  return sio_args_new_raw (out->str, out->len, attachments);
}

/**
 * sio_args_new_from_node:
 * @node: a node
 *
 * Makes arguments from a node.
 *
 * Each item of an array becomes an argument; any other value is the only argument. To pass
 * one array as the only argument use [method@Sio.ArgsBuilder.add_node].
 *
 * Returns: (transfer full): new arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new_from_node (JsonNode *node)
{
  g_autoptr (GString) out = NULL;

  g_return_val_if_fail (node != NULL, NULL);

  out = g_string_new (NULL);
  sio_json_write (out, node);
  if (out->len >= 2 && out->str[0] == '[')
    {
      g_string_truncate (out, out->len - 1);
      g_string_erase (out, 0, 1);
    }
  return sio_args_new_from_string_builder (out, NULL);
}

/**
 * sio_args_new_from_json:
 * @text: one JSON array, in UTF-8
 * @length: length of @text in bytes, or -1 if it ends with NUL
 * @error: return location for an error
 *
 * Makes arguments from text, which is checked and then sent as it is.
 *
 * Errors: `SIO_ERROR_INVALID_JSON` if it is not JSON, not UTF-8 or not an array.
 *
 * Returns: (transfer full): new arguments, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new_from_json (const char *text, gssize length, GError **error)
{
  return sio_args_new_from_json_with_attachments (text, length, NULL, 0, error);
}

/**
 * sio_args_new_from_json_with_attachments:
 * @text: one JSON array, in UTF-8
 * @length: length of @text in bytes, or -1 if it ends with NUL
 * @attachments: (array length=n_attachments) (nullable): binary data
 * @n_attachments: number of items of @attachments
 * @error: return location for an error
 *
 * Makes arguments from text in which `{"_placeholder":true,"num":0}` stands for the first
 * attachment, and so on.
 *
 * Errors: `SIO_ERROR_INVALID_JSON` if it is not JSON, not UTF-8 or not an array,
 * `SIO_ERROR_PROTOCOL` if a placeholder has no attachment.
 *
 * Returns: (transfer full): new arguments, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new_from_json_with_attachments (
    const char *text, gssize length, GBytes **attachments, gsize n_attachments, GError **error)
{
  g_autoptr (GPtrArray) array = NULL;
  SioJsonScan scan;
  gsize size;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (attachments != NULL || n_attachments == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  size = length < 0 ? strlen (text) : (gsize) length;
  if (!g_utf8_validate (text, (gssize) size, NULL))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "the text is not valid UTF-8");
      return NULL;
    }
  if (!sio_json_scan (text, size, SIO_ARGS_MAX_DEPTH, &scan, error))
    return NULL;
  if (scan.value.type != SIO_JSON_ARRAY)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "arguments must be one JSON array");
      return NULL;
    }
  if (n_attachments > 0)
    {
      if (!sio_packet_check_placeholders (scan.value.text, scan.value.length, (guint) n_attachments,
                                          error))
        return NULL;
      array = g_ptr_array_new_full ((guint) n_attachments, (GDestroyNotify) g_bytes_unref);
      for (gsize i = 0; i < n_attachments; i++)
        g_ptr_array_add (array, g_bytes_ref (attachments[i]));
    }
  return sio_args_new_raw (scan.value.text + 1, scan.value.length - 2, array);
}

/**
 * sio_args_new_from_string:
 * @text: a string in UTF-8
 *
 * Makes arguments of one string.
 *
 * Returns: (transfer full): new arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new_from_string (const char *text)
{
  g_autoptr (GString) out = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  out = g_string_sized_new (strlen (text) + 16);
  sio_json_write_string (out, text, -1);
  return sio_args_new_from_string_builder (out, NULL);
}

/**
 * sio_args_new_from_bytes:
 * @bytes: binary data
 *
 * Makes arguments of one piece of binary data.
 *
 * Returns: (transfer full): new arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_args_new_from_bytes (GBytes *bytes)
{
  g_autoptr (GString) out = NULL;
  g_autoptr (GPtrArray) attachments = NULL;

  g_return_val_if_fail (bytes != NULL, NULL);

  out = g_string_new (NULL);
  sio_args_append_bytes (out, bytes, &attachments);
  return sio_args_new_raw (out->str, out->len, attachments);
}

/**
 * sio_args_ref:
 * @self: arguments
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioArgs *
sio_args_ref (SioArgs *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_args_unref:
 * @self: (transfer full): arguments
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_args_unref (SioArgs *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (guint i = 0; self->items != NULL && i < self->n_items; i++)
    {
      g_free (self->items[i].string);
      g_clear_pointer (&self->items[i].node, json_node_unref);
    }
  g_free (self->items);
  g_clear_pointer (&self->array, json_node_unref);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_free (self);
}

static void
split (SioArgs *self)
{
  const char *end = self->text + self->length - 1;
  const char *cursor = self->text + 1;
  GArray *items;
  Item item = { 0 };

  items = g_array_new (FALSE, FALSE, sizeof (Item));
  while (sio_json_next_item (&cursor, end, &item.slice))
    g_array_append_val (items, item);
  self->n_items = items->len;
  self->items = (Item *) (void *) g_array_free (items, FALSE);
  if (self->items == NULL)
    self->items = g_new0 (Item, 1);
}

static Item *
get_item (SioArgs *self, guint n)
{
  if (self->items == NULL)
    split (self);
  return n < self->n_items ? &self->items[n] : NULL;
}

const char *
sio_args_peek_list_from (SioArgs *self, guint first, gsize *length)
{
  const char *end = self->text + self->length - 1;
  const char *start = self->text + 1;

  if (first > 0)
    {
      Item *item = get_item (self, first);

      start = item != NULL ? item->slice.text : end;
    }
  *length = (gsize) (end - start);
  return start;
}

/**
 * sio_args_slice:
 * @self: arguments
 * @first: number of the first argument to take
 *
 * Leaves the first arguments out, for example a room that the others are meant for.
 *
 * Returns: (transfer full): the arguments from @first on, maybe none
 *
 * Since: 0.1
 */
SioArgs *
sio_args_slice (SioArgs *self, guint first)
{
  const char *list;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  if (first == 0)
    return sio_args_ref (self);
  list = sio_args_peek_list_from (self, first, &length);
  /* All attachments stay, whoever refers to them: their numbers must not change. */
  return sio_args_new_raw (list, length, length > 0 ? self->attachments : NULL);
}

/* The attachment that @node stands for: protocol.md §3.2.7 */
static GBytes *
resolve (SioArgs *self, JsonNode *node)
{
  JsonObject *object;
  JsonNode *member;
  gint64 num;

  if (self->attachments == NULL || node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  object = json_node_get_object (node);
  member = json_object_get_member (object, "_placeholder");
  if (member == NULL || json_node_get_value_type (member) != G_TYPE_BOOLEAN ||
      !json_node_get_boolean (member))
    return NULL;
  member = json_object_get_member (object, "num");
  if (member == NULL || !JSON_NODE_HOLDS_VALUE (member))
    return NULL;
  num = json_node_get_int (member);
  if (num < 0 || num >= self->attachments->len)
    return NULL;
  return g_ptr_array_index (self->attachments, num);
}

/**
 * sio_args_get_length:
 * @self: arguments
 *
 * Gets the number of arguments.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_args_get_length (SioArgs *self)
{
  g_return_val_if_fail (self != NULL, 0);

  if (self->items == NULL)
    split (self);
  return self->n_items;
}

/**
 * sio_args_get_arg_type:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets the type of an argument.
 *
 * Returns: the type, `SIO_ARG_NONE` if there are not so many arguments
 *
 * Since: 0.1
 */
SioArgType
sio_args_get_arg_type (SioArgs *self, guint n)
{
  Item *item;

  g_return_val_if_fail (self != NULL, SIO_ARG_NONE);

  item = get_item (self, n);
  if (item == NULL)
    return SIO_ARG_NONE;
  switch (item->slice.type)
    {
    case SIO_JSON_OBJECT:
      return sio_args_get_bytes (self, n) != NULL ? SIO_ARG_BYTES : SIO_ARG_OBJECT;
    case SIO_JSON_ARRAY:
      return SIO_ARG_ARRAY;
    case SIO_JSON_STRING:
      return SIO_ARG_STRING;
    case SIO_JSON_NUMBER:
      return SIO_ARG_NUMBER;
    case SIO_JSON_TRUE:
    case SIO_JSON_FALSE:
      return SIO_ARG_BOOLEAN;
    case SIO_JSON_NULL:
      return SIO_ARG_NULL;
    case SIO_JSON_NONE:
    default:
      return SIO_ARG_NONE;
    }
}

/**
 * sio_args_get_string:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets an argument that is a string.
 *
 * Returns: (transfer none) (nullable): the string; `NULL` if it is something else or contains
 *   U+0000, which [method@Sio.Args.get_json] still shows
 *
 * Since: 0.1
 */
const char *
sio_args_get_string (SioArgs *self, guint n)
{
  Item *item;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  item = get_item (self, n);
  if (item == NULL || item->slice.type != SIO_JSON_STRING)
    return NULL;
  if (item->string == NULL)
    {
      item->string = sio_json_string_decode (&item->slice, &length);
      if (strlen (item->string) != length)
        {
          g_clear_pointer (&item->string, g_free);
          return NULL;
        }
    }
  return item->string;
}

/**
 * sio_args_get_int64:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets an argument that is a number, as an integer.
 *
 * Returns: the number, its fraction cut off; 0 if it is something else or too large
 *
 * Since: 0.1
 */
gint64
sio_args_get_int64 (SioArgs *self, guint n)
{
  Item *item;
  gint64 value;
  double number;

  g_return_val_if_fail (self != NULL, 0);

  item = get_item (self, n);
  if (item == NULL)
    return 0;
  if (sio_json_number_to_int64 (&item->slice, &value))
    return value;
  if (sio_json_number_to_double (&item->slice, &number) && fabs (number) < 9.2e18)
    return (gint64) number;
  return 0;
}

/**
 * sio_args_get_double:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets an argument that is a number.
 *
 * Returns: the number, 0 if it is something else
 *
 * Since: 0.1
 */
double
sio_args_get_double (SioArgs *self, guint n)
{
  Item *item;
  double value;

  g_return_val_if_fail (self != NULL, 0.0);

  item = get_item (self, n);
  if (item == NULL || !sio_json_number_to_double (&item->slice, &value))
    return 0.0;
  return value;
}

/**
 * sio_args_get_boolean:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets an argument that is `true` or `false`.
 *
 * Returns: `TRUE` if it is `true`; `FALSE` if it is `false` or something else
 *
 * Since: 0.1
 */
gboolean
sio_args_get_boolean (SioArgs *self, guint n)
{
  Item *item;

  g_return_val_if_fail (self != NULL, FALSE);

  item = get_item (self, n);
  return item != NULL && item->slice.type == SIO_JSON_TRUE;
}

/**
 * sio_args_get_bytes:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets an argument that is binary data.
 *
 * For binary data inside of objects and arrays see [method@Sio.Args.lookup_bytes].
 *
 * Returns: (transfer none) (nullable): the data, `NULL` if it is something else
 *
 * Since: 0.1
 */
GBytes *
sio_args_get_bytes (SioArgs *self, guint n)
{
  Item *item;

  g_return_val_if_fail (self != NULL, NULL);

  item = get_item (self, n);
  if (item == NULL || item->slice.type != SIO_JSON_OBJECT || self->attachments == NULL)
    return NULL;
  return resolve (self, sio_args_get_node (self, n));
}

/**
 * sio_args_get_node:
 * @self: arguments
 * @n: number of the argument
 *
 * Gets an argument of any type.
 *
 * Returns: (transfer none) (nullable): the value, which must not be modified; `NULL` if there
 *   are not so many arguments, or if it cannot be held because a string contains U+0000
 *
 * Since: 0.1
 */
JsonNode *
sio_args_get_node (SioArgs *self, guint n)
{
  Item *item;

  g_return_val_if_fail (self != NULL, NULL);

  item = get_item (self, n);
  if (item == NULL)
    return NULL;
  if (item->node == NULL)
    item->node = sio_json_read (item->slice.text, item->slice.length, SIO_ARGS_MAX_DEPTH, NULL);
  return item->node;
}

/**
 * sio_args_get_array:
 * @self: arguments
 *
 * Gets all arguments.
 *
 * Binary data is found with [method@Sio.Args.lookup_bytes].
 *
 * Returns: (transfer none) (nullable): the arguments, which must not be modified; `NULL` if they
 *   cannot be held because a string contains U+0000
 *
 * Since: 0.1
 */
JsonArray *
sio_args_get_array (SioArgs *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->array == NULL)
    self->array = sio_json_read (self->text, self->length, SIO_ARGS_MAX_DEPTH + 1, NULL);
  return self->array != NULL ? json_node_get_array (self->array) : NULL;
}

/**
 * sio_args_get_json:
 * @self: arguments
 *
 * Gets the text of all arguments, as it is on the wire.
 *
 * Binary data appears as `{"_placeholder":true,"num":0}`.
 *
 * Returns: (transfer none): a JSON array
 *
 * Since: 0.1
 */
const char *
sio_args_get_json (SioArgs *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text;
}

/**
 * sio_args_dup_arg_json:
 * @self: arguments
 * @n: number of the argument
 *
 * Copies the text of one argument, as it is on the wire.
 *
 * Returns: (transfer full) (nullable): JSON, `NULL` if there are not so many arguments
 *
 * Since: 0.1
 */
char *
sio_args_dup_arg_json (SioArgs *self, guint n)
{
  Item *item;

  g_return_val_if_fail (self != NULL, NULL);

  item = get_item (self, n);
  return item != NULL ? g_strndup (item->slice.text, item->slice.length) : NULL;
}

/**
 * sio_args_get_n_attachments:
 * @self: arguments
 *
 * Gets the number of pieces of binary data, wherever they are.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_args_get_n_attachments (SioArgs *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->attachments != NULL ? self->attachments->len : 0;
}

/**
 * sio_args_get_attachment:
 * @self: arguments
 * @i: number of the attachment
 *
 * Gets a piece of binary data by its number.
 *
 * Returns: (transfer none) (nullable): the data, `NULL` if there are not so many
 *
 * Since: 0.1
 */
GBytes *
sio_args_get_attachment (SioArgs *self, guint i)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->attachments == NULL || i >= self->attachments->len)
    return NULL;
  return g_ptr_array_index (self->attachments, i);
}

/**
 * sio_args_lookup_bytes:
 * @self: arguments
 * @node: a node found in [method@Sio.Args.get_node] or [method@Sio.Args.get_array]
 *
 * Gets the binary data that a node stands for.
 *
 * Returns: (transfer none) (nullable): the data, `NULL` if @node is an ordinary value
 *
 * Since: 0.1
 */
GBytes *
sio_args_lookup_bytes (SioArgs *self, JsonNode *node)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (node != NULL, NULL);

  return resolve (self, node);
}
