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

static gboolean
has_member (const Inside *object, const SioJsonSlice *key)
{
  const char *cursor = object->start;
  g_autofree char *name = NULL;
  gsize length;
  SioJsonSlice other;

  /* Keys with escapes may be another spelling. */
  if (memchr (key->text, '\\', key->length) != NULL)
    {
      name = sio_json_string_decode (key, &length);
      if (strlen (name) != length)
        return FALSE;
    }
  else
    name = g_strndup (key->text + 1, key->length - 2);
  while (sio_json_next_item (&cursor, object->end, &other))
    {
      if (sio_json_string_equal (&other, name))
        return TRUE;
      if (!sio_json_next_item (&cursor, object->end, &other))
        break;
    }
  return FALSE;
}

/* What of @object stays, in runs that are copied at once. */
static void
append_others (GString *out, const Inside *object, const Inside *members)
{
  const char *cursor = object->start;
  const char *run = NULL; /* begins with a key that stays */
  const char *run_end = NULL;
  SioJsonSlice key;
  SioJsonSlice value;

  while (sio_json_next_item (&cursor, object->end, &key) &&
         sio_json_next_item (&cursor, object->end, &value))
    {
      if (!has_member (members, &key))
        {
          if (run == NULL)
            run = key.text;
          run_end = value.text + value.length;
          continue;
        }
      if (run != NULL)
        {
          g_string_append_len (out, run, run_end - run);
          g_string_append_c (out, ',');
        }
      run = NULL;
    }
  if (run != NULL)
    {
      g_string_append_len (out, run, run_end - run);
      g_string_append_c (out, ',');
    }
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
