/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-error.h"
#include "sio-json-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Walks the items as those do who read arguments one by one. */
static gsize
count_items (const char *cursor, gsize length)
{
  const char *end = cursor + length;
  SioJsonSlice item;
  gsize n = 0;

  while (sio_json_next_item (&cursor, end, &item))
    {
      g_assert_cmpuint (item.length, >, 0);
      g_assert_true (sio_json_scan (item.text, item.length, SIO_JSON_MAX_DEPTH, NULL, NULL));
      n++;
    }
  return n;
}

static gboolean
has_escaped_nul (const char *text, gsize length)
{
  return g_strstr_len (text, (gssize) length, "\\u0000") != NULL;
}

static void
check_tree (const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = sio_json_read (text, length, SIO_JSON_MAX_DEPTH, &error);
  g_autoptr (JsonNode) again = NULL;
  g_autoptr (GString) printed = NULL;
  g_autoptr (GString) reprinted = NULL;

  if (node == NULL)
    {
      g_assert_true (has_escaped_nul (text, length) ||
                     g_error_matches (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE));
      return;
    }
  g_assert_no_error (error);
  printed = g_string_new (NULL);
  sio_json_write (printed, node);
  g_assert_true (sio_json_scan (printed->str, printed->len, SIO_JSON_MAX_DEPTH, NULL, NULL));

  /* What was printed reads as the same. Not so if the text was not UTF-8, which the
   * codec does not expect: keys can be equal once they are repaired. */
  if (!g_utf8_validate (text, (gssize) length, NULL))
    return;
  again = sio_json_read (printed->str, printed->len, SIO_JSON_MAX_DEPTH, &error);
  if (again == NULL)
    {
      /* Without its repeated keys an object is allowed fewer collisions. */
      g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
      return;
    }
  reprinted = g_string_new (NULL);
  sio_json_write (reprinted, again);
  g_assert_cmpstr (printed->str, ==, reprinted->str);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (GError) error = NULL;
  SioJsonScan scan;

  if (!sio_json_scan (text, size, SIO_JSON_MAX_DEPTH, &scan, &error))
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_clear_error (&error);
      g_assert_null (sio_json_read (text, size, SIO_JSON_MAX_DEPTH, &error));
      g_assert_nonnull (error);
      return 0;
    }
  g_assert_no_error (error);
  g_assert_true (scan.value.text >= text && scan.value.text + scan.value.length <= text + size);
  if (scan.value.type == SIO_JSON_ARRAY)
    {
      gsize n_rest = count_items (scan.rest, scan.rest_length);

      g_assert_cmpuint (n_rest + (scan.n_items > 0 ? 1 : 0), ==, scan.n_items);
      g_assert_cmpuint (count_items (scan.value.text + 1, scan.value.length - 2), ==, scan.n_items);
    }
  else if (scan.value.type == SIO_JSON_STRING)
    {
      gsize length;
      g_autofree char *decoded = sio_json_string_decode (&scan.value, &length);

      if (strlen (decoded) == length)
        g_assert_true (sio_json_string_equal (&scan.value, decoded));
    }
  check_tree (text, size);
  return 0;
}
