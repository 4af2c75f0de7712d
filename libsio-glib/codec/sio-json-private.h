/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Strict JSON (RFC 8259) for what peers send. The scanner only checks and
 * allocates nothing; the reader builds nodes; the writer prints them. */

#define SIO_JSON_MAX_DEPTH 64

typedef enum
{
  SIO_JSON_NONE,
  SIO_JSON_OBJECT,
  SIO_JSON_ARRAY,
  SIO_JSON_STRING,
  SIO_JSON_NUMBER,
  SIO_JSON_TRUE,
  SIO_JSON_FALSE,
  SIO_JSON_NULL
} SioJsonType;

/* A piece of the scanned text: raw JSON without surrounding white space. */
typedef struct
{
  const char *text;
  gsize length;
  SioJsonType type;
} SioJsonSlice;

typedef struct
{
  SioJsonSlice value; /* the whole document */
  /* If the document is an array: its first item, how many there are, and the
   * raw text from after the first comma up to before the closing bracket
   * (length 0 if there are fewer than two), e.g. `1,{"a":2}` in `["x",1,{"a":2}]`. */
  SioJsonSlice first;
  gsize n_items;
  const char *rest;
  gsize rest_length;
} SioJsonScan;

/* @text need not end with NUL; it must be valid UTF-8 (checked where it enters).
 * Escapes, numbers, control characters, structure and depth are checked, and
 * nothing but white space may follow. @scan may be NULL. @max_depth counts open objects
 * and arrays; more than SIO_JSON_MAX_DEPTH is taken as that.
 * On failure @error tells what was expected, what came and at which byte: SIO_ERROR_INVALID_JSON,
 * or SIO_ERROR_PAYLOAD_TOO_LARGE when it is nested too deeply. */
gboolean
sio_json_scan (const char *text, gsize length, guint max_depth, SioJsonScan *scan, GError **error);

/* Splits one level of text that was scanned before: sets @item to the next item of
 * an array (or key, then value, of an object when @text is inside braces) and moves
 * *cursor behind it. FALSE at the end. Start with *cursor = the text after the bracket
 * (or SioJsonScan.rest). Undefined for text that was not scanned. */
gboolean sio_json_next_item (const char **cursor, const char *end, SioJsonSlice *item);

/* Decodes a string slice (with its quotes), escapes resolved. A lone surrogate becomes
 * U+FFFD. Returns NUL-terminated text of *length bytes, which may contain NUL. */
char *sio_json_string_decode (const SioJsonSlice *slice, gsize *length);
/* TRUE if the slice is the JSON string @value; works without allocating. */
gboolean sio_json_string_equal (const SioJsonSlice *slice, const char *value);
/* FALSE if it is not a number or, for the integer form, not integral or out of ±2^63.
 * 1e3 and 2.0 are integral; what does not fit a double becomes an infinity. */
gboolean sio_json_number_to_int64 (const SioJsonSlice *slice, gint64 *value);
gboolean sio_json_number_to_double (const SioJsonSlice *slice, double *value);

/* Returns: (transfer full): nodes; NULL with error. Integral numbers within int64 (no
 * fraction, no exponent) become int64, all others double. An object's repeated key keeps
 * the last value, as JSON.parse does. A string with U+0000 cannot be held by JsonNode:
 * refused with an error. So is an object whose many keys were chosen to have equal hashes
 * (SIO_ERROR_PAYLOAD_TOO_LARGE). What is beyond the doubles (1e999) becomes an infinity. */
JsonNode *sio_json_read (const char *text, gsize length, guint max_depth, GError **error);

/* Appends compact JSON. Doubles are printed as JavaScript does (shortest text that
 * reads back the same, 1e21 style exponents, -0 as 0); NaN and infinities as null. Members
 * keep their order; what is not UTF-8 in a string becomes U+FFFD. A node more than 1000
 * levels deep, such as one that contains itself, is written as null with a critical. */
void sio_json_write (GString *out, JsonNode *node);
void sio_json_write_string (GString *out, const char *text, gssize length);
void sio_json_write_double (GString *out, double value);
void sio_json_write_int64 (GString *out, gint64 value);

G_END_DECLS
