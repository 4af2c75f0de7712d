/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-msgpack-private.h"

#include <math.h>
#include <msgpack/pack.h>
#include <string.h>

#include "sio-json-private.h"
#include "sio-packet-codec-private.h"

/* msgpack says how long an array is before its items: a first pass over the JSON counts, in the
 * order in which containers begin, a second one writes. Both are flat, as applications may nest
 * more deeply than peers. */

typedef struct
{
  gboolean is_object;
  gboolean is_placeholder;
  gint64 num; /* of a placeholder; -1: none that exists */
  guint n_values;
} Container;

typedef enum
{
  TOKEN_OPEN,
  TOKEN_CLOSE,
  TOKEN_SCALAR,
  TOKEN_END
} TokenType;

/* JSON that was scanned: commas and colons are not looked at. */
static TokenType
next_token (const char **cursor, const char *end, SioJsonSlice *slice)
{
  for (; *cursor < end; (*cursor)++)
    switch (**cursor)
      {
      case '[':
      case '{':
        return TOKEN_OPEN;
      case ']':
      case '}':
        return TOKEN_CLOSE;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
      case ',':
      case ':':
        break;
      default:
        return sio_json_next_item (cursor, end, slice) ? TOKEN_SCALAR : TOKEN_END;
      }
  return TOKEN_END;
}

/* The value of @key in an object; @slice NULL: a container. The last of a repeated key counts. */
static void
take_member (Container *container, const SioJsonSlice *key, const SioJsonSlice *slice, guint n)
{
  if (sio_json_string_equal (key, "_placeholder"))
    container->is_placeholder = slice != NULL && slice->type == SIO_JSON_TRUE;
  else if (sio_json_string_equal (key, "num") &&
           (slice == NULL || !sio_json_number_to_int64 (slice, &container->num) ||
            container->num < 0 || container->num >= (gint64) n))
    container->num = -1;
}

static GArray *
count (const char *json, gsize length, guint n_attachments)
{
  GArray *containers = g_array_new (FALSE, FALSE, sizeof (Container));
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (guint));
  const char *p = json, *end = json + length;
  SioJsonSlice key = { NULL, 0, SIO_JSON_NONE };
  SioJsonSlice slice;
  TokenType type;

  while ((type = next_token (&p, end, &slice)) != TOKEN_END)
    {
      Container *container = NULL;

      if (type == TOKEN_CLOSE)
        {
          p++;
          if (open->len > 0)
            g_array_set_size (open, open->len - 1);
          continue;
        }
      if (open->len > 0)
        container =
            &g_array_index (containers, Container, g_array_index (open, guint, open->len - 1));
      if (container != NULL)
        {
          /* In an object every second value is a member's. */
          if (container->is_object && container->n_values % 2 == 0 && type == TOKEN_SCALAR)
            key = slice;
          else if (container->is_object)
            take_member (container, &key, type == TOKEN_SCALAR ? &slice : NULL, n_attachments);
          container->n_values++;
        }
      if (type == TOKEN_OPEN)
        {
          Container inner = { *p == '{', FALSE, -1, 0 };

          g_array_append_val (open, containers->len);
          g_array_append_val (containers, inner);
          p++;
        }
    }
  return containers;
}

static int
write_cb (void *data, const char *bytes, size_t length)
{
  g_byte_array_append (data, (const guint8 *) bytes, (guint) length);
  return 0;
}

static void
pack_text (msgpack_packer *packer, const char *text, gsize length)
{
  msgpack_pack_str (packer, length);
  msgpack_pack_str_body (packer, text, length);
}

static void
pack_string (msgpack_packer *packer, const SioJsonSlice *slice)
{
  g_autofree char *decoded = NULL;
  gsize length;

  if (memchr (slice->text, '\\', slice->length) == NULL)
    {
      pack_text (packer, slice->text + 1, slice->length - 2);
      return;
    }
  decoded = sio_json_string_decode (slice, &length);
  pack_text (packer, decoded, length);
}

/* As JavaScript, to which every number is a double: 3.0 and 1e3 are integers, -0 is 0, and what
 * lies beyond 2^53 is rounded. */
static void
pack_number (msgpack_packer *packer, const SioJsonSlice *slice)
{
  gint64 integer;
  double number = 0;

  if (sio_json_number_to_int64 (slice, &integer) && integer <= SIO_PACKET_MAX_ID &&
      integer >= -SIO_PACKET_MAX_ID)
    {
      msgpack_pack_int64 (packer, integer);
      return;
    }
  sio_json_number_to_double (slice, &number);
  if (number == floor (number) && number >= 0 && number < 18446744073709551616.0)
    msgpack_pack_uint64 (packer, (guint64) number);
  else if (number == floor (number) && number < 0 && number >= -9223372036854775808.0)
    msgpack_pack_int64 (packer, (gint64) number);
  else
    msgpack_pack_double (packer, number);
}

static void
pack_scalar (msgpack_packer *packer, const SioJsonSlice *slice)
{
  switch (slice->type)
    {
    case SIO_JSON_STRING:
      pack_string (packer, slice);
      break;
    case SIO_JSON_NUMBER:
      pack_number (packer, slice);
      break;
    case SIO_JSON_TRUE:
      msgpack_pack_true (packer);
      break;
    case SIO_JSON_FALSE:
      msgpack_pack_false (packer);
      break;
    case SIO_JSON_NULL:
    case SIO_JSON_NONE:
    case SIO_JSON_OBJECT:
    case SIO_JSON_ARRAY:
    default:
      msgpack_pack_nil (packer);
      break;
    }
}

/* Moves *cursor behind a container; @next is the number of the first one in it. */
static guint
pass_over (const char **cursor, const char *end, guint next)
{
  SioJsonSlice slice;
  TokenType type;
  guint depth = 0;

  while ((type = next_token (cursor, end, &slice)) != TOKEN_END)
    {
      if (type == TOKEN_SCALAR)
        continue;
      (*cursor)++;
      if (type == TOKEN_OPEN && depth++ > 0)
        next++;
      else if (type == TOKEN_CLOSE && --depth == 0)
        break;
    }
  return next;
}

static void
pack_json (msgpack_packer *packer, const char *json, gsize length, GPtrArray *attachments)
{
  g_autoptr (GArray) containers = count (json, length, attachments != NULL ? attachments->len : 0);
  const char *p = json, *end = json + length;
  guint next = 0;
  SioJsonSlice slice;
  TokenType type;

  while ((type = next_token (&p, end, &slice)) != TOKEN_END)
    {
      const Container *container;

      if (type == TOKEN_SCALAR)
        {
          pack_scalar (packer, &slice);
          continue;
        }
      if (type == TOKEN_CLOSE)
        {
          p++;
          continue;
        }
      container = &g_array_index (containers, Container, next);
      next++;
      if (container->is_placeholder && container->num >= 0)
        {
          gsize n;
          const void *data =
              g_bytes_get_data (g_ptr_array_index (attachments, (guint) container->num), &n);

          msgpack_pack_bin (packer, n);
          if (n > 0)
            msgpack_pack_bin_body (packer, data, n);
          next = pass_over (&p, end, next);
          continue;
        }
      if (container->is_object)
        msgpack_pack_map (packer, container->n_values / 2);
      else
        msgpack_pack_array (packer, container->n_values);
      p++;
    }
}

GBytes *
sio_msgpack_encode (SioPacketType type,
                    const char *nsp,
                    gint64 id,
                    const char *json,
                    gsize json_length,
                    GPtrArray *attachments)
{
  GByteArray *out;
  msgpack_packer packer;
  gsize size = json_length + strlen (nsp) + 32;

  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    size += g_bytes_get_size (g_ptr_array_index (attachments, i));
  out = g_byte_array_sized_new ((guint) MIN (size, G_MAXINT));
  msgpack_packer_init (&packer, out, write_cb);
  msgpack_pack_map (&packer, 2u + (json_length > 0 ? 1 : 0) + (id >= 0 ? 1 : 0));
  pack_text (&packer, "type", 4);
  msgpack_pack_int (&packer, type);
  if (json_length > 0)
    {
      pack_text (&packer, "data", 4);
      pack_json (&packer, json, json_length, attachments);
    }
  if (id >= 0)
    {
      pack_text (&packer, "id", 2);
      msgpack_pack_int64 (&packer, id);
    }
  pack_text (&packer, "nsp", 3);
  pack_text (&packer, nsp, strlen (nsp));
  return g_byte_array_free_to_bytes (out);
}
