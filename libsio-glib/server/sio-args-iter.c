/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-args-iter.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-json-private.h"

static SioArgsIter *
sio_args_iter_copy (SioArgsIter *iter)
{
  return g_memdup2 (iter, sizeof *iter);
}

G_DEFINE_BOXED_TYPE (SioArgsIter, sio_args_iter, sio_args_iter_copy, g_free)

static SioJsonSlice
get_value (const SioArgsIter *iter)
{
  return (SioJsonSlice){ iter->value, iter->value_length, (SioJsonType) iter->type };
}

static void
set_value (SioArgsIter *iter, const SioJsonSlice *slice)
{
  iter->value = slice->text;
  iter->value_length = slice->length;
  iter->type = slice->type;
}

/**
 * sio_args_iter_init:
 * @iter: an iterator
 * @args: arguments
 *
 * Begins before the first argument.
 *
 * Since: 0.1
 */
void
sio_args_iter_init (SioArgsIter *iter, SioArgs *args)
{
  gsize length;

  g_return_if_fail (iter != NULL);
  g_return_if_fail (args != NULL);

  memset (iter, 0, sizeof *iter);
  iter->args = args;
  iter->cursor = sio_args_peek_list (args, &length);
  iter->end = iter->cursor + length;
}

/* The last of several members of one name counts, as it does for JSON.parse. */
static gboolean
find_child (SioArgsIter *iter, const char *name)
{
  SioArgsIter children;
  SioArgsIter found = { 0 };
  guint64 index;

  if (!sio_args_iter_enter (iter, &children))
    return FALSE;
  if (children.in_object)
    {
      while (sio_args_iter_next (&children))
        if (sio_args_iter_key_equals (&children, name))
          found = children;
    }
  else if (g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT32, &index, NULL))
    {
      guint64 i = 0;

      while (sio_args_iter_next (&children) && i < index)
        i++;
      if (children.value != NULL && i == index)
        found = children;
    }
  if (found.value == NULL)
    return FALSE;
  *iter = found;
  return TRUE;
}

/**
 * sio_args_iter_init_path:
 * @iter: an iterator
 * @args: arguments
 * @n: number of the argument
 * @path: (array zero-terminated=1) (nullable): what to look for in it: names of members, and
 *   numbers of items of arrays
 *
 * Finds one value, which can be looked at at once.
 *
 * Of several members of one name it is the last.
 *
 * Returns: `TRUE` if it is there
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_init_path (SioArgsIter *iter, SioArgs *args, guint n, const char *const *path)
{
  g_return_val_if_fail (iter != NULL, FALSE);
  g_return_val_if_fail (args != NULL, FALSE);

  sio_args_iter_init (iter, args);
  do
    if (!sio_args_iter_next (iter))
      return FALSE;
  while (n-- > 0);
  for (guint i = 0; path != NULL && path[i] != NULL; i++)
    if (!find_child (iter, path[i]))
      return FALSE;
  return TRUE;
}

/**
 * sio_args_iter_next:
 * @iter: an iterator
 *
 * Goes to the next argument, item or member.
 *
 * Returns: `FALSE` if there is none
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_next (SioArgsIter *iter)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, FALSE);

  if (iter->in_object)
    {
      if (!sio_json_next_item (&iter->cursor, iter->end, &slice))
        goto end;
      iter->key = slice.text;
      iter->key_length = slice.length;
    }
  if (!sio_json_next_item (&iter->cursor, iter->end, &slice))
    goto end;
  set_value (iter, &slice);
  return TRUE;

end:
  iter->key = iter->value = NULL;
  iter->type = SIO_JSON_NONE;
  return FALSE;
}

/**
 * sio_args_iter_enter:
 * @iter: an iterator
 * @children: (out caller-allocates): another one
 *
 * Begins before the first item of an array or member of an object.
 *
 * Returns: `FALSE` if the value is something else
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_enter (const SioArgsIter *iter, SioArgsIter *children)
{
  g_return_val_if_fail (iter != NULL, FALSE);
  g_return_val_if_fail (children != NULL, FALSE);

  if (iter->type != SIO_JSON_OBJECT && iter->type != SIO_JSON_ARRAY)
    return FALSE;
  memset (children, 0, sizeof *children);
  children->args = iter->args;
  children->cursor = iter->value + 1;
  children->end = iter->value + iter->value_length - 1;
  children->in_object = iter->type == SIO_JSON_OBJECT;
  return TRUE;
}

/**
 * sio_args_iter_key_equals:
 * @iter: an iterator over the members of an object
 * @key: a name
 *
 * Compares the name of the member.
 *
 * Returns: `TRUE` if it is @key
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_key_equals (const SioArgsIter *iter, const char *key)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  slice = (SioJsonSlice){ iter->key, iter->key_length, SIO_JSON_STRING };
  return iter->key != NULL && sio_json_string_equal (&slice, key);
}

static char *
decode (const SioJsonSlice *slice)
{
  gsize length;
  g_autofree char *text = sio_json_string_decode (slice, &length);

  return strlen (text) == length ? g_steal_pointer (&text) : NULL;
}

/**
 * sio_args_iter_dup_key:
 * @iter: an iterator over the members of an object
 *
 * Copies the name of the member.
 *
 * Returns: (transfer full) (nullable): the name; `NULL` if it contains U+0000, or if this is no
 *   member of an object
 *
 * Since: 0.1
 */
char *
sio_args_iter_dup_key (const SioArgsIter *iter)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, NULL);

  slice = (SioJsonSlice){ iter->key, iter->key_length, SIO_JSON_STRING };
  return iter->key != NULL ? decode (&slice) : NULL;
}

/**
 * sio_args_iter_get_arg_type:
 * @iter: an iterator
 *
 * Gets the type of the value.
 *
 * Returns: the type; `SIO_ARG_NONE` if there is no value
 *
 * Since: 0.1
 */
SioArgType
sio_args_iter_get_arg_type (const SioArgsIter *iter)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, SIO_ARG_NONE);

  slice = get_value (iter);
  switch (slice.type)
    {
    case SIO_JSON_OBJECT:
      return sio_args_is_placeholder (iter->args, &slice) ? SIO_ARG_BYTES : SIO_ARG_OBJECT;
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
 * sio_args_iter_string_equals:
 * @iter: an iterator
 * @text: a text
 *
 * Compares a value that is a string.
 *
 * Returns: `TRUE` if it is a string, and @text
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_string_equals (const SioArgsIter *iter, const char *text)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  slice = get_value (iter);
  return sio_json_string_equal (&slice, text);
}

/**
 * sio_args_iter_get_string_length:
 * @iter: an iterator
 *
 * Counts the characters (Unicode code points, not bytes) of a value that is a string.
 *
 * Returns: how many there are; 0 if it is something else
 *
 * Since: 0.1
 */
gsize
sio_args_iter_get_string_length (const SioArgsIter *iter)
{
  SioJsonSlice slice;
  gsize n = 0;

  g_return_val_if_fail (iter != NULL, 0);

  slice = get_value (iter);
  if (slice.type != SIO_JSON_STRING)
    return 0;
  if (memchr (slice.text, '\\', slice.length) != NULL)
    {
      gsize length;
      g_autofree char *text = sio_json_string_decode (&slice, &length);

      for (gsize i = 0; i < length; i++)
        n += ((guchar) text[i] & 0xc0) != 0x80;
      return n;
    }
  for (gsize i = 1; i < slice.length - 1; i++)
    n += ((guchar) slice.text[i] & 0xc0) != 0x80;
  return n;
}

/**
 * sio_args_iter_dup_string:
 * @iter: an iterator
 *
 * Copies a value that is a string.
 *
 * Returns: (transfer full) (nullable): the string; `NULL` if it is something else or contains
 *   U+0000
 *
 * Since: 0.1
 */
char *
sio_args_iter_dup_string (const SioArgsIter *iter)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, NULL);

  slice = get_value (iter);
  return slice.type == SIO_JSON_STRING ? decode (&slice) : NULL;
}

/**
 * sio_args_iter_get_int64:
 * @iter: an iterator
 * @value: (out): return location for the number
 *
 * Gets a value that is an integer; `2.0` and `1e3` are.
 *
 * Returns: `FALSE` if it is something else, or does not fit
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_get_int64 (const SioArgsIter *iter, gint64 *value)
{
  SioJsonSlice slice;

  g_return_val_if_fail (iter != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  *value = 0;
  slice = get_value (iter);
  return sio_json_number_to_int64 (&slice, value);
}

/**
 * sio_args_iter_get_double:
 * @iter: an iterator
 *
 * Gets a value that is a number.
 *
 * Returns: the number, 0 if it is something else
 *
 * Since: 0.1
 */
double
sio_args_iter_get_double (const SioArgsIter *iter)
{
  SioJsonSlice slice;
  double value;

  g_return_val_if_fail (iter != NULL, 0.0);

  slice = get_value (iter);
  return sio_json_number_to_double (&slice, &value) ? value : 0.0;
}

/**
 * sio_args_iter_get_boolean:
 * @iter: an iterator
 *
 * Gets a value that is `true` or `false`.
 *
 * Returns: `TRUE` if it is `true`; `FALSE` if it is `false` or something else
 *
 * Since: 0.1
 */
gboolean
sio_args_iter_get_boolean (const SioArgsIter *iter)
{
  g_return_val_if_fail (iter != NULL, FALSE);

  return iter->type == SIO_JSON_TRUE;
}

/**
 * sio_args_iter_dup_json:
 * @iter: an iterator
 *
 * Copies the text of the value, as it is on the wire.
 *
 * Returns: (transfer full) (nullable): JSON, `NULL` if there is no value
 *
 * Since: 0.1
 */
char *
sio_args_iter_dup_json (const SioArgsIter *iter)
{
  g_return_val_if_fail (iter != NULL, NULL);

  return iter->value != NULL ? g_strndup (iter->value, iter->value_length) : NULL;
}
