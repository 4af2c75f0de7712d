/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-args.h"
#include "sio-error.h"

/**
 * SioArgsBuilder:
 *
 * Makes [struct@Sio.Args] one argument after the other.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioArgsBuilder
{
  gatomicrefcount ref_count;
  GString *list;
  GPtrArray *attachments;
  guint depth;      /* arrays and objects that are open */
  guint64 objects;  /* which of them are objects: a bit for each */
  gboolean checked; /* all strings are valid UTF-8 for sure */
};

/* The bits there are. */
#define MAX_OPEN 64

G_DEFINE_BOXED_TYPE (SioArgsBuilder, sio_args_builder, sio_args_builder_ref, sio_args_builder_unref)

void
sio_args_append_bytes (GString *out, GBytes *bytes, GPtrArray **attachments)
{
  if (*attachments == NULL)
    *attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_string_append_printf (out, "{\"_placeholder\":true,\"num\":%u}", (*attachments)->len);
  g_ptr_array_add (*attachments, g_bytes_ref (bytes));
}

/* Keys of dictionaries: JSON knows strings only. */
static void
append_key (GString *out, GVariant *key)
{
  if (g_variant_is_of_type (key, G_VARIANT_TYPE_STRING) ||
      g_variant_is_of_type (key, G_VARIANT_TYPE_OBJECT_PATH) ||
      g_variant_is_of_type (key, G_VARIANT_TYPE_SIGNATURE))
    sio_json_write_string (out, g_variant_get_string (key, NULL), -1);
  else
    {
      g_autofree char *text = g_variant_print (key, FALSE);

      sio_json_write_string (out, text, -1);
    }
}

static void
append_entry (GString *out, GVariant *entry, GPtrArray **attachments)
{
  g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
  g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);

  append_key (out, key);
  g_string_append_c (out, ':');
  sio_args_append_variant (out, value, attachments);
}

static void
append_container (GString *out, GVariant *value, GPtrArray **attachments)
{
  gboolean is_dictionary = g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY);
  gsize n = g_variant_n_children (value);

  g_string_append_c (out, is_dictionary ? '{' : '[');
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      if (i > 0)
        g_string_append_c (out, ',');
      if (is_dictionary)
        append_entry (out, child, attachments);
      else
        sio_args_append_variant (out, child, attachments);
    }
  g_string_append_c (out, is_dictionary ? '}' : ']');
}

static void
append_array (GString *out, GVariant *value, GPtrArray **attachments)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    {
      g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (value);

      sio_args_append_bytes (out, bytes, attachments);
    }
  else
    append_container (out, value, attachments);
}

static void
append_child (GString *out, GVariant *value, GPtrArray **attachments)
{
  g_autoptr (GVariant) child =
      g_variant_n_children (value) > 0 ? g_variant_get_child_value (value, 0) : NULL;

  if (child == NULL)
    g_string_append (out, "null");
  else
    sio_args_append_variant (out, child, attachments);
}

void
sio_args_append_variant (GString *out, GVariant *value, GPtrArray **attachments)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_string_append (out, g_variant_get_boolean (value) ? "true" : "false");
      break;
    case G_VARIANT_CLASS_BYTE:
      sio_json_write_int64 (out, g_variant_get_byte (value));
      break;
    case G_VARIANT_CLASS_INT16:
      sio_json_write_int64 (out, g_variant_get_int16 (value));
      break;
    case G_VARIANT_CLASS_UINT16:
      sio_json_write_int64 (out, g_variant_get_uint16 (value));
      break;
    case G_VARIANT_CLASS_INT32:
      sio_json_write_int64 (out, g_variant_get_int32 (value));
      break;
    case G_VARIANT_CLASS_UINT32:
      sio_json_write_int64 (out, g_variant_get_uint32 (value));
      break;
    case G_VARIANT_CLASS_INT64:
      sio_json_write_int64 (out, g_variant_get_int64 (value));
      break;
    case G_VARIANT_CLASS_UINT64:
      g_string_append_printf (out, "%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
      break;
    case G_VARIANT_CLASS_HANDLE:
      sio_json_write_int64 (out, g_variant_get_handle (value));
      break;
    case G_VARIANT_CLASS_DOUBLE:
      sio_json_write_double (out, g_variant_get_double (value));
      break;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      sio_json_write_string (out, g_variant_get_string (value, NULL), -1);
      break;
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
      append_child (out, value, attachments);
      break;
    case G_VARIANT_CLASS_ARRAY:
      append_array (out, value, attachments);
      break;
    case G_VARIANT_CLASS_TUPLE:
      append_container (out, value, attachments);
      break;
    case G_VARIANT_CLASS_DICT_ENTRY:
      g_string_append_c (out, '{');
      append_entry (out, value, attachments);
      g_string_append_c (out, '}');
      break;
    default:
      g_string_append (out, "null");
      break;
    }
}

/**
 * sio_args_builder_new:
 *
 * Makes a builder without arguments.
 *
 * Returns: (transfer full): a new builder
 *
 * Since: 0.1
 */
SioArgsBuilder *
sio_args_builder_new (void)
{
  SioArgsBuilder *self = g_new0 (SioArgsBuilder, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->list = g_string_new (NULL);
  self->checked = TRUE;
  return self;
}

/**
 * sio_args_builder_ref:
 * @self: a builder
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioArgsBuilder *
sio_args_builder_ref (SioArgsBuilder *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_args_builder_unref:
 * @self: (transfer full): a builder
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_args_builder_unref (SioArgsBuilder *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_string_free (self->list, TRUE);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_free (self);
}

/* An opening bracket or a colon cannot be the end of a value. */
static GString *
next (SioArgsBuilder *self)
{
  gsize length = self->list->len;

  if (length > 0 && strchr ("[{:", self->list->str[length - 1]) == NULL)
    g_string_append_c (self->list, ',');
  return self->list;
}

static gboolean
in_object (SioArgsBuilder *self)
{
  return self->depth > 0 && (self->objects >> (self->depth - 1) & 1) != 0;
}

static gboolean
expects_value (SioArgsBuilder *self)
{
  return !in_object (self) || self->list->str[self->list->len - 1] == ':';
}

static void
begin (SioArgsBuilder *self, gboolean is_object)
{
  guint64 bit = G_GUINT64_CONSTANT (1) << self->depth;

  g_string_append_c (next (self), is_object ? '{' : '[');
  self->objects = is_object ? self->objects | bit : self->objects & ~bit;
  self->depth++;
}

static void
end_container (SioArgsBuilder *self)
{
  g_string_append_c (self->list, in_object (self) ? '}' : ']');
  self->depth--;
}

/**
 * sio_args_builder_begin_array:
 * @self: a builder
 *
 * Adds an array; what is added up to [method@Sio.ArgsBuilder.end_array] are its items.
 *
 * Arrays and objects can be nested 64 levels deep.
 *
 * ```c
 * sio_args_builder_begin_object (builder);
 * sio_args_builder_set_member_name (builder, "rooms");
 * sio_args_builder_begin_array (builder);
 * sio_args_builder_add_string (builder, "lobby");
 * sio_args_builder_end_array (builder);
 * sio_args_builder_end_object (builder);
 * ```
 *
 * Since: 0.1
 */
void
sio_args_builder_begin_array (SioArgsBuilder *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));
  g_return_if_fail (self->depth < MAX_OPEN);

  begin (self, FALSE);
}

/**
 * sio_args_builder_end_array:
 * @self: a builder
 *
 * Ends the array that was begun last.
 *
 * Since: 0.1
 */
void
sio_args_builder_end_array (SioArgsBuilder *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (self->depth > 0 && !in_object (self));

  end_container (self);
}

/**
 * sio_args_builder_begin_object:
 * @self: a builder
 *
 * Adds an object. Each of its values follows [method@Sio.ArgsBuilder.set_member_name].
 *
 * Since: 0.1
 */
void
sio_args_builder_begin_object (SioArgsBuilder *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));
  g_return_if_fail (self->depth < MAX_OPEN);

  begin (self, TRUE);
}

/**
 * sio_args_builder_set_member_name:
 * @self: a builder
 * @name: name of the member, in UTF-8; not one that the object has already
 *
 * Tells which member of the object that was begun last is added next.
 *
 * Since: 0.1
 */
void
sio_args_builder_set_member_name (SioArgsBuilder *self, const char *name)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);
  g_return_if_fail (in_object (self) && !expects_value (self));

  self->checked = FALSE;
  sio_json_write_string (next (self), name, -1);
  g_string_append_c (self->list, ':');
}

/**
 * sio_args_builder_end_object:
 * @self: a builder
 *
 * Ends the object that was begun last.
 *
 * Since: 0.1
 */
void
sio_args_builder_end_object (SioArgsBuilder *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (in_object (self) && !expects_value (self));

  end_container (self);
}

/**
 * sio_args_builder_add_string:
 * @self: a builder
 * @value: a string in UTF-8
 *
 * Adds a string.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_string (SioArgsBuilder *self, const char *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));
  g_return_if_fail (value != NULL);

  self->checked = FALSE;
  sio_json_write_string (next (self), value, -1);
}

/**
 * sio_args_builder_add_int64:
 * @self: a builder
 * @value: a number; JavaScript rounds what exceeds ±2⁵³
 *
 * Adds an integer.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_int64 (SioArgsBuilder *self, gint64 value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));

  sio_json_write_int64 (next (self), value);
}

/**
 * sio_args_builder_add_double:
 * @self: a builder
 * @value: a number; what is not finite becomes `null`
 *
 * Adds a number.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_double (SioArgsBuilder *self, double value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));

  sio_json_write_double (next (self), value);
}

/**
 * sio_args_builder_add_boolean:
 * @self: a builder
 * @value: a boolean
 *
 * Adds `true` or `false`.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_boolean (SioArgsBuilder *self, gboolean value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));

  g_string_append (next (self), value ? "true" : "false");
}

/**
 * sio_args_builder_add_null:
 * @self: a builder
 *
 * Adds `null`.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_null (SioArgsBuilder *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));

  g_string_append (next (self), "null");
}

/**
 * sio_args_builder_add_node:
 * @self: a builder
 * @node: a value
 *
 * Adds one argument of any type; an array stays one.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_node (SioArgsBuilder *self, JsonNode *node)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));
  g_return_if_fail (node != NULL);

  self->checked = FALSE;
  sio_json_write (next (self), node);
}

/**
 * sio_args_builder_add_variant:
 * @self: a builder
 * @variant: a variant; a floating reference is consumed
 *
 * Adds one argument of any type; a tuple becomes an array.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_variant (SioArgsBuilder *self, GVariant *variant)
{
  g_autoptr (GVariant) value = NULL;

  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));
  g_return_if_fail (variant != NULL);

  self->checked = FALSE;
  value = g_variant_ref_sink (variant);
  sio_args_append_variant (next (self), value, &self->attachments);
}

/**
 * sio_args_builder_add_bytes:
 * @self: a builder
 * @bytes: binary data
 *
 * Adds binary data.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_bytes (SioArgsBuilder *self, GBytes *bytes)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (expects_value (self));
  g_return_if_fail (bytes != NULL);

  sio_args_append_bytes (next (self), bytes, &self->attachments);
}

/**
 * sio_args_builder_add_json:
 * @self: a builder
 * @text: one JSON value, in UTF-8
 * @length: length of @text in bytes, or -1 if it ends with NUL
 * @error: return location for an error
 *
 * Adds an argument that is JSON already.
 *
 * Errors: `SIO_ERROR_INVALID_JSON`; nothing is added then.
 *
 * Returns: `TRUE` if it was added
 *
 * Since: 0.1
 */
gboolean
sio_args_builder_add_json (SioArgsBuilder *self, const char *text, gssize length, GError **error)
{
  SioJsonScan scan;
  gsize size;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (expects_value (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  size = length < 0 ? strlen (text) : (gsize) length;
  if (!g_utf8_validate (text, (gssize) size, NULL))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "the text is not valid UTF-8");
      return FALSE;
    }
  if (!sio_json_scan (text, size, SIO_ARGS_MAX_DEPTH, &scan, error))
    return FALSE;
  g_string_append_len (next (self), scan.value.text, (gssize) scan.value.length);
  return TRUE;
}

static void append_renumbered (GString *out, const SioJsonSlice *slice, guint offset);

/* Copies the inside of an array or object. */
static void
append_items (GString *out, const SioJsonSlice *slice, guint offset)
{
  const char *cursor = slice->text + 1;
  const char *end = slice->text + slice->length - 1;
  gboolean is_object = slice->type == SIO_JSON_OBJECT;
  SioJsonSlice item;

  for (guint i = 0; sio_json_next_item (&cursor, end, &item); i++)
    {
      if (i > 0)
        g_string_append_c (out, is_object && i % 2 == 1 ? ':' : ',');
      append_renumbered (out, &item, offset);
    }
}

static void
append_renumbered (GString *out, const SioJsonSlice *slice, guint offset)
{
  gint64 num = slice->type == SIO_JSON_OBJECT ? sio_args_get_placeholder (slice) : -1;

  if (num >= 0)
    g_string_append_printf (out, "{\"_placeholder\":true,\"num\":%" G_GINT64_FORMAT "}",
                            num + offset);
  else if (slice->type == SIO_JSON_OBJECT || slice->type == SIO_JSON_ARRAY)
    {
      g_string_append_c (out, slice->text[0]);
      append_items (out, slice, offset);
      g_string_append_c (out, slice->text[slice->length - 1]);
    }
  else
    g_string_append_len (out, slice->text, (gssize) slice->length);
}

/**
 * sio_args_builder_add_args:
 * @self: a builder
 * @args: arguments
 * @first: number of the first argument to take
 *
 * Adds other arguments, from @first on, binary data included.
 *
 * Since: 0.1
 */
void
sio_args_builder_add_args (SioArgsBuilder *self, SioArgs *args, guint first)
{
  GPtrArray *attachments;
  const char *list;
  gsize length;
  guint offset;

  g_return_if_fail (self != NULL);
  g_return_if_fail (!in_object (self));
  g_return_if_fail (args != NULL);

  list = sio_args_peek_list_from (args, first, &length);
  if (length == 0)
    return;
  attachments = sio_args_peek_attachments (args);
  offset = attachments != NULL && self->attachments != NULL ? self->attachments->len : 0;
  if (offset == 0)
    g_string_append_len (next (self), list, (gssize) length);
  else
    {
      const char *cursor = list;
      SioJsonSlice item;

      while (sio_json_next_item (&cursor, list + length, &item))
        append_renumbered (next (self), &item, offset);
    }
  if (attachments != NULL)
    {
      if (self->attachments == NULL)
        self->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      for (guint i = 0; i < attachments->len; i++)
        g_ptr_array_add (self->attachments, g_bytes_ref (g_ptr_array_index (attachments, i)));
    }
}

/**
 * sio_args_builder_end:
 * @self: a builder
 *
 * Takes the arguments that were added; the builder is empty afterwards and can be used again. All
 * arrays and objects have to be ended.
 *
 * Returns: (transfer full): new arguments
 *
 * Since: 0.1
 */
SioArgs *
sio_args_builder_end (SioArgsBuilder *self)
{
  SioArgs *args;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (self->depth == 0, NULL);

  if (self->checked)
    args = sio_args_new_raw (self->list->str, self->list->len, self->attachments);
  else
    args = sio_args_new_from_string_builder (self->list, self->attachments);
  self->checked = TRUE;
  g_string_truncate (self->list, 0);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  return args;
}
