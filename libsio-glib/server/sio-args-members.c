/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-args.h"
#include "sio-error.h"
#include "sio-json-private.h"
#include "sio-packet-codec-private.h"

/* The text inside the braces of an object. */
typedef struct
{
  const char *start;
  const char *end;
} Inside;

static GArray *
list_keys (const Inside *object)
{
  GArray *keys = g_array_sized_new (FALSE, FALSE, sizeof (SioJsonSlice), 8);
  const char *cursor = object->start;
  SioJsonSlice key;
  SioJsonSlice value;

  while (sio_json_next_item (&cursor, object->end, &key) &&
         sio_json_next_item (&cursor, object->end, &value))
    g_array_append_val (keys, key);
  return keys;
}

/* Keys with escapes may be other spellings of one name. */
static gboolean
same_key (const SioJsonSlice *a, const SioJsonSlice *b)
{
  g_autofree char *name = NULL;
  gsize length;

  if (memchr (a->text, '\\', a->length) == NULL)
    {
      if (memchr (b->text, '\\', b->length) == NULL)
        return a->length == b->length && memcmp (a->text, b->text, a->length) == 0;
      return same_key (b, a);
    }
  name = sio_json_string_decode (a, &length);
  return strlen (name) == length && sio_json_string_equal (b, name);
}

static gboolean
has_key (GArray *keys, const SioJsonSlice *key)
{
  for (guint i = 0; i < keys->len; i++)
    if (same_key (key, &g_array_index (keys, SioJsonSlice, i)))
      return TRUE;
  return FALSE;
}

static void
append_run (GString *out, const char *start, const char *end)
{
  if (start == NULL)
    return;
  g_string_append_len (out, start, end - start);
  g_string_append_c (out, ',');
}

/* What of @object stays, in runs that are copied at once. */
static void
append_others (GString *out, const Inside *object, const Inside *members)
{
  g_autoptr (GArray) keys = list_keys (members);
  const char *cursor = object->start;
  const char *run = NULL; /* begins with a key that stays */
  const char *run_end = NULL;
  SioJsonSlice key;
  SioJsonSlice value;

  while (sio_json_next_item (&cursor, object->end, &key) &&
         sio_json_next_item (&cursor, object->end, &value))
    {
      if (has_key (keys, &key))
        {
          append_run (out, run, run_end);
          run = NULL;
          continue;
        }
      if (run == NULL)
        run = key.text;
      run_end = value.text + value.length;
    }
  append_run (out, run, run_end);
}

/**
 * sio_args_set_members:
 * @self: arguments
 * @n: number of an argument that is an object, or of the first that is not there
 * @members: one JSON object, in UTF-8
 * @length: length of @members in bytes, or -1 if it ends with NUL
 * @error: return location for an error
 *
 * Copies arguments, with members added to one of them.
 *
 * Members of these names that are there already are left out, however their names are spelled.
 * Nothing is decoded. If there are exactly @n arguments, @members becomes another one.
 *
 * Errors: `SIO_ERROR_INVALID_JSON` if @members is no JSON object, `SIO_ERROR_PROTOCOL` if the
 * argument is not there or is none.
 *
 * Returns: (transfer full): new arguments, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioArgs *
sio_args_set_members (SioArgs *self, guint n, const char *members, gssize length, GError **error)
{
  g_autoptr (GString) out = NULL;
  const char *list;
  const char *cursor;
  gsize list_length;
  gsize size;
  SioJsonScan scan;
  SioJsonSlice item = { 0 };
  Inside object;
  Inside added;
  guint i = 0;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (members != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  size = length < 0 ? strlen (members) : (gsize) length;
  if (!g_utf8_validate (members, (gssize) size, NULL))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "the text is not valid UTF-8");
      return NULL;
    }
  if (!sio_json_scan (members, size, SIO_ARGS_MAX_DEPTH, &scan, error))
    return NULL;
  if (scan.value.type != SIO_JSON_OBJECT)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "members must be one JSON object");
      return NULL;
    }
  added = (Inside){ scan.value.text + 1, scan.value.text + scan.value.length - 1 };

  list = cursor = sio_args_peek_list (self, &list_length);
  while (sio_json_next_item (&cursor, list + list_length, &item) && i < n)
    {
      item.type = SIO_JSON_NONE;
      i++;
    }
  if (i < n || (item.type != SIO_JSON_NONE && item.type != SIO_JSON_OBJECT) ||
      (item.type == SIO_JSON_OBJECT && sio_args_is_placeholder (self, &item)))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL, "argument %u is not an object", n);
      return NULL;
    }
  out = g_string_sized_new (list_length + size + 4);
  if (item.type == SIO_JSON_NONE)
    {
      g_string_append_len (out, list, (gssize) list_length);
      if (list_length > 0)
        g_string_append_c (out, ',');
      g_string_append_len (out, scan.value.text, (gssize) scan.value.length);
      return sio_args_new_raw (out->str, out->len, sio_args_peek_attachments (self));
    }
  object = (Inside){ item.text + 1, item.text + item.length - 1 };
  g_string_append_len (out, list, object.start - list);
  append_others (out, &object, &added);
  g_string_append_len (out, added.start, added.end - added.start);
  /* Nothing was added after the comma. */
  while (g_ascii_isspace (out->str[out->len - 1]))
    g_string_truncate (out, out->len - 1);
  if (out->str[out->len - 1] == ',')
    g_string_truncate (out, out->len - 1);
  g_string_append_len (out, object.end, list + list_length - object.end);
  return sio_args_new_raw (out->str, out->len, sio_args_peek_attachments (self));
}
