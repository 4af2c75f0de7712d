/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioc-json.h"

#include <string.h>

/* JSON as text: numbers stay as they were written, whatever their size. Only what the library
 * has validated, or validates afterwards, comes through here. */

#define MAX_ATTACHMENTS 10

static const char *
skip_space (const char *p, const char *end)
{
  while (p < end && strchr (" \t\r\n", *p) != NULL)
    p++;
  return p;
}

/* Behind @word, with white space around it, or NULL. */
static const char *
skip_word (const char *p, const char *end, const char *word)
{
  gsize length = strlen (word);

  if (p == NULL)
    return NULL;
  p = skip_space (p, end);
  if ((gsize) (end - p) < length || memcmp (p, word, length) != 0)
    return NULL;
  return skip_space (p + length, end);
}

/* From the quote on to behind the closing one. */
static const char *
skip_string (const char *p, const char *end)
{
  for (p++; p < end && *p != '"'; p++)
    if (*p == '\\' && p + 1 < end)
      p++;
  return p < end ? p + 1 : end;
}

static const char *
skip_number (const char *p, const char *end, guint *number)
{
  const char *start = p;

  if (p == NULL)
    return NULL;
  for (*number = 0; p < end && g_ascii_isdigit (*p) && p - start < 6; p++)
    *number = *number * 10 + g_ascii_digit_value (*p);
  return p > start ? p : NULL;
}

/* Behind {"_placeholder":true,"num":N}, in either order, or NULL. */
static const char *
skip_placeholder (const char *p, const char *end, guint *number)
{
  const char *start = skip_word (p, end, "{");
  const char *q;

  q = skip_word (skip_word (skip_word (start, end, "\"_placeholder\""), end, ":"), end, "true");
  q = skip_word (skip_word (skip_word (q, end, ","), end, "\"num\""), end, ":");
  q = skip_number (q, end, number);
  if (q == NULL)
    {
      q = skip_word (skip_word (start, end, "\"num\""), end, ":");
      q = skip_word (skip_number (q, end, number), end, ",");
      q = skip_word (skip_word (q, end, "\"_placeholder\""), end, ":");
      q = skip_word (q, end, "true");
    }
  return skip_word (q, end, "}");
}

/* Behind {"$bytes":"…"}, or NULL. */
static const char *
skip_bytes (const char *p, const char *end, const char **base64, gsize *length)
{
  const char *q;

  q = skip_word (skip_word (skip_word (p, end, "{"), end, "\"$bytes\""), end, ":");
  if (q == NULL || q == end || *q != '"')
    return NULL;
  *base64 = q + 1;
  q = skip_string (q, end);
  *length = (gsize) (q - 1 - *base64);
  return skip_word (q, end, "}");
}

/* A string with its quotes; DEL and C1 may stand in JSON as they are. */
static void
append_quoted (GString *line, const char *p, const char *end)
{
  for (; p < end; p++)
    if (*p == 0x7f)
      g_string_append (line, "\\u007f");
    else if ((guchar) *p == 0xc2 && p + 1 < end && (guchar) p[1] < 0xa0)
      g_string_append_printf (line, "\\u%04x", (guchar) * ++p);
    else
      g_string_append_c (line, *p);
}

static void
append_bytes (GString *line, GBytes *bytes)
{
  gsize length;
  const guchar *data = g_bytes_get_data (bytes, &length);
  g_autofree char *base64 = g_base64_encode (data, length);

  g_string_append_printf (line, "{\"$bytes\":\"%s\"}", base64);
}

void
sioc_json_append_args (GString *line, SioArgs *args)
{
  const char *p = sio_args_get_json (args);
  const char *end = p + strlen (p);
  guint n_attachments = sio_args_get_n_attachments (args);

  while (p < end)
    {
      const char *next;
      guint number;

      if (*p == '"')
        {
          next = skip_string (p, end);
          append_quoted (line, p, next);
          p = next;
        }
      else if (*p == '{' && n_attachments > 0 &&
               (next = skip_placeholder (p, end, &number)) != NULL && number < n_attachments)
        {
          append_bytes (line, sio_args_get_attachment (args, number));
          p = next;
        }
      else
        {
          if (strchr (" \t\r\n", *p) == NULL)
            g_string_append_c (line, *p);
          p++;
        }
    }
}

static void
append_first (GString *line, SioArgs *args)
{
  g_autoptr (GString) array = g_string_new (NULL);

  sioc_json_append_args (array, args);
  g_string_append_len (line, array->str + 1, array->len - 2);
}

void
sioc_json_append_string (GString *line, const char *text)
{
  g_autoptr (SioArgs) args = text != NULL ? sio_args_new_from_string (text) : NULL;

  if (args == NULL)
    g_string_append (line, "null");
  else
    append_first (line, args);
}

void
sioc_json_append_node (GString *line, JsonNode *node)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioArgs) args = NULL;

  sio_args_builder_add_node (builder, node);
  args = sio_args_builder_end (builder);
  append_first (line, args);
}

static gboolean
take_bytes (GString *text, GPtrArray *attachments, const char *base64, gsize length, GError **error)
{
  g_autofree char *copy = g_strndup (base64, length);
  guchar *data;
  gsize size;

  if (attachments->len == MAX_ATTACHMENTS)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "an event can have at most %d binary attachments", MAX_ATTACHMENTS);
      return FALSE;
    }
  /* What GLib does not know it leaves out without a word. */
  if (length % 4 != 0 ||
      strspn (copy, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != length)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "\"$bytes\" expects base64 with padding");
      return FALSE;
    }
  data = g_base64_decode (copy, &size);
  g_string_append_printf (text, "{\"_placeholder\":true,\"num\":%u}", attachments->len);
  g_ptr_array_add (attachments, g_bytes_new_take (data, size));
  return TRUE;
}

SioArgs *
sioc_json_read_args (const char *text, gsize length, GError **error)
{
  g_autoptr (GString) copy = NULL;
  g_autoptr (GPtrArray) attachments = NULL;
  const char *p = text, *end = text + length, *start = text;

  if (memmem (text, length, "\"$bytes\"", 8) == NULL)
    return sio_args_new_from_json (text, (gssize) length, error);

  copy = g_string_sized_new (length);
  attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  while (p < end)
    {
      const char *base64, *next;
      gsize size;

      if (*p == '{' && (next = skip_bytes (p, end, &base64, &size)) != NULL)
        {
          g_string_append_len (copy, start, p - start);
          if (!take_bytes (copy, attachments, base64, size, error))
            return NULL;
          start = p = next;
        }
      else
        p = *p == '"' ? skip_string (p, end) : p + 1;
    }
  g_string_append_len (copy, start, end - start);
  return sio_args_new_from_json_with_attachments (
      copy->str, (gssize) copy->len, (GBytes **) attachments->pdata, attachments->len, error);
}

SioArgs *
sioc_json_args_from_node (JsonNode *node, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  sioc_json_append_node (text, node);
  return sioc_json_read_args (text->str, text->len, error);
}

JsonNode *
sioc_json_read_object (const char *text, gsize length, GError **error)
{
  g_autoptr (GString) array = g_string_sized_new (length + 2);
  g_autoptr (SioArgs) args = NULL;
  JsonNode *node;

  g_string_append_c (array, '[');
  g_string_append_len (array, text, (gssize) length);
  g_string_append_c (array, ']');
  args = sio_args_new_from_json (array->str, (gssize) array->len, error);
  if (args == NULL)
    return NULL;
  node = sio_args_get_length (args) == 1 ? sio_args_get_node (args, 0) : NULL;
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON, "expected a JSON object");
      return NULL;
    }
  return json_node_copy (node);
}
