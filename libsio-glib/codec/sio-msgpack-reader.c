/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-msgpack-private.h"

#include <math.h>
#include <string.h>

#include "sio-error.h"
#include "sio-json-private.h"
#include "sio-packet-codec-private.h"

/* msgpack-c's own unpacker makes a tree: it reserves memory for as many items as an array
 * announces, in every level, and ends at 32 levels. This one goes through the message once and
 * writes JSON as it goes. */

#define MAX_DATE_MS 8.64e15

typedef enum
{
  KIND_NIL,
  KIND_FALSE,
  KIND_TRUE,
  KIND_UINT,
  KIND_INT,
  KIND_FLOAT,
  KIND_STRING,
  KIND_BINARY,
  KIND_EXTENSION,
  KIND_ARRAY,
  KIND_MAP
} Kind;

/* A value, or the beginning of a container. */
typedef struct
{
  Kind kind;
  union
  {
    guint64 u;
    gint64 i;
    double d;
  } number;
  const guint8 *data;
  guint32 length; /* bytes of @data, or items of a container */
  gint8 extension;
  gboolean is_fixed; /* one of the extension forms of fixed length */
} Token;

typedef struct
{
  const guint8 *start;
  const guint8 *p;
  const guint8 *end;
  GBytes *message;
  GString *json; /* NULL: values are passed over */
  GPtrArray *attachments;
  guint max_depth;
  guint max_attachments;
  gboolean has_literal_placeholder;
} Reader;

static gboolean
refuse (Reader *self, GError **error, const char *what)
{
  g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL, "invalid msgpack: %s at byte %" G_GSIZE_FORMAT,
               what, (gsize) (self->p - self->start));
  return FALSE;
}

static gboolean
check_depth (Reader *self, guint depth, GError **error)
{
  if (depth <= self->max_depth)
    return TRUE;
  g_set_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE,
               "expected at most %u levels of arrays and maps, got more", self->max_depth);
  return FALSE;
}

static gsize
bytes_left (Reader *self)
{
  return (gsize) (self->end - self->p);
}

/* Big-endian, of @n bytes, which the caller knows to be there. */
static guint64
take_uint (Reader *self, guint n)
{
  guint64 value = 0;

  for (guint i = 0; i < n; i++)
    value = value << 8 | *self->p++;
  return value;
}

static gint64
sign_extend (guint64 value, guint n)
{
  guint shift = 64 - 8 * n;

  return (gint64) (value << shift) >> shift;
}

static gboolean
take_number (Reader *self, guint8 code, Token *token)
{
  guint n = 1u << (code & 3);
  guint64 value;

  if (code <= 0xcb)
    n = code == 0xca ? 4 : 8;
  if (bytes_left (self) < n)
    return FALSE;
  value = take_uint (self, n);
  if (code == 0xca)
    {
      guint32 bits = (guint32) value;
      float f;

      memcpy (&f, &bits, sizeof f);
      token->kind = KIND_FLOAT;
      token->number.d = (double) f;
    }
  else if (code == 0xcb)
    {
      token->kind = KIND_FLOAT;
      memcpy (&token->number.d, &value, sizeof value);
    }
  else if (code <= 0xcf)
    {
      token->kind = KIND_UINT;
      token->number.u = value;
    }
  else
    {
      token->kind = KIND_INT;
      token->number.i = sign_extend (value, n);
    }
  return TRUE;
}

/* @n bytes of length come first; none if @n is 0 and token->length is known. */
static gboolean
take_length (Reader *self, guint n, Token *token)
{
  if (n == 0)
    return TRUE;
  if (bytes_left (self) < n)
    return FALSE;
  token->length = (guint32) take_uint (self, n);
  return TRUE;
}

static gboolean
take_data (Reader *self, Kind kind, guint n, Token *token)
{
  token->kind = kind;
  if (!take_length (self, n, token))
    return FALSE;
  if (kind == KIND_EXTENSION)
    {
      if (bytes_left (self) < 1)
        return FALSE;
      token->extension = (gint8) *self->p++;
    }
  if (bytes_left (self) < token->length)
    return FALSE;
  token->data = self->p;
  self->p += token->length;
  return TRUE;
}

/* An item has at least one byte, so most lies are found here. */
static gboolean
take_container (Reader *self, Kind kind, guint n, Token *token)
{
  token->kind = kind;
  return take_length (self, n, token) &&
         (guint64) token->length * (kind == KIND_MAP ? 2 : 1) <= bytes_left (self);
}

/* Codes from 0xc0 to 0xdf. */
static gboolean
take_coded (Reader *self, guint8 code, Token *token)
{
  switch (code)
    {
    case 0xc0:
      token->kind = KIND_NIL;
      return TRUE;
    case 0xc2:
      token->kind = KIND_FALSE;
      return TRUE;
    case 0xc3:
      token->kind = KIND_TRUE;
      return TRUE;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return take_data (self, KIND_BINARY, 1u << (code - 0xc4), token);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return take_data (self, KIND_EXTENSION, 1u << (code - 0xc7), token);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      token->length = 1u << (code - 0xd4);
      token->is_fixed = TRUE;
      return take_data (self, KIND_EXTENSION, 0, token);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return take_data (self, KIND_STRING, 1u << (code - 0xd9), token);
    case 0xdc:
    case 0xdd:
      return take_container (self, KIND_ARRAY, code == 0xdc ? 2 : 4, token);
    case 0xde:
    case 0xdf:
      return take_container (self, KIND_MAP, code == 0xde ? 2 : 4, token);
    case 0xc1:
      return FALSE;
    default:
      return take_number (self, code, token);
    }
}

static gboolean
next_token (Reader *self, Token *token, GError **error)
{
  const guint8 *at = self->p;
  guint8 code;
  gboolean ok = TRUE;

  memset (token, 0, sizeof *token);
  if (self->p == self->end)
    return refuse (self, error, "expected a value, got the end");
  code = *self->p++;
  if (code < 0x80)
    {
      token->kind = KIND_UINT;
      token->number.u = code;
    }
  else if (code >= 0xe0)
    {
      token->kind = KIND_INT;
      token->number.i = (gint8) code;
    }
  else if (code >= 0xc0)
    ok = take_coded (self, code, token);
  else if (code >= 0xa0)
    {
      token->length = code & 0x1f;
      ok = take_data (self, KIND_STRING, 0, token);
    }
  else
    {
      token->length = code & 0x0f;
      ok = take_container (self, code >= 0x90 ? KIND_ARRAY : KIND_MAP, 0, token);
    }
  if (ok)
    return TRUE;
  self->p = at;
  return refuse (self, error,
                 code == 0xc1 ? "expected a value, got the code 0xc1"
                              : "expected what the length says, got the end");
}

/* What JavaScript has as `undefined`. */
static gboolean
is_undefined (const Token *token)
{
  return token->kind == KIND_EXTENSION && token->is_fixed && token->length == 1 &&
         token->extension == 0;
}

static gboolean
is_date (const Token *token)
{
  return token->kind == KIND_EXTENSION && token->is_fixed && token->length == 8 &&
         token->extension == 0;
}

static gboolean
is_binary (const Token *token)
{
  return token->kind == KIND_BINARY ||
         (token->kind == KIND_EXTENSION && !token->is_fixed && token->extension == 0);
}

static gboolean
equals (const Token *token, const char *text)
{
  return token->kind == KIND_STRING && token->length == strlen (text) &&
         memcmp (token->data, text, token->length) == 0;
}

void
sio_msgpack_append_date (GString *out, double milliseconds)
{
  gint64 ms, days, era, day_of_era, year_of_era, day_of_year, month, year, day;

  if (!(fabs (milliseconds) <= MAX_DATE_MS))
    {
      g_string_append (out, "null");
      return;
    }
  ms = (gint64) milliseconds;
  days = ms >= 0 ? ms / 86400000 : -((86399999 - ms) / 86400000);
  ms -= days * 86400000;

  /* The Gregorian calendar repeats after 146097 days; years are taken to begin in March. */
  days += 719468;
  era = (days >= 0 ? days : days - 146096) / 146097;
  day_of_era = days - era * 146097;
  year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  month = (5 * day_of_year + 2) / 153;
  day = day_of_year - (153 * month + 2) / 5 + 1;
  month += month < 10 ? 3 : -9;
  year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

  g_string_append_c (out, '"');
  if (year >= 0 && year <= 9999)
    g_string_append_printf (out, "%04d", (int) year);
  else
    g_string_append_printf (out, "%c%06d", year < 0 ? '-' : '+', (int) ABS (year));
  g_string_append_printf (out, "-%02d-%02dT%02d:%02d:%02d.%03dZ\"", (int) month, (int) day,
                          (int) (ms / 3600000), (int) (ms / 60000 % 60), (int) (ms / 1000 % 60),
                          (int) (ms % 1000));
}

static void
append_number (GString *out, const Token *token)
{
  /* Beyond 2^53 JavaScript has a double of it. */
  if (token->kind == KIND_FLOAT)
    sio_json_write_double (out, token->number.d);
  else if (token->kind == KIND_INT && token->number.i >= -SIO_PACKET_MAX_ID &&
           token->number.i <= SIO_PACKET_MAX_ID)
    sio_json_write_int64 (out, token->number.i);
  else if (token->kind == KIND_INT)
    sio_json_write_double (out, (double) token->number.i);
  else if (token->number.u <= (guint64) SIO_PACKET_MAX_ID)
    sio_json_write_int64 (out, (gint64) token->number.u);
  else
    sio_json_write_double (out, (double) token->number.u);
}

/* The data and a placeholder for it, which is one level. */
static gboolean
append_attachment (Reader *self, const Token *token, guint depth, GError **error)
{
  GBytes *bytes;

  if (!check_depth (self, depth + 1, error))
    return FALSE;
  if (self->json == NULL)
    return TRUE;
  if (self->attachments == NULL)
    self->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  if (self->attachments->len >= self->max_attachments)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE,
                   "too many attachments: expected at most %u, got more", self->max_attachments);
      return FALSE;
    }
  g_string_append_printf (self->json, "{\"_placeholder\":true,\"num\":%u}", self->attachments->len);
  /* A small part must not keep all of the message. */
  if (token->length > g_bytes_get_size (self->message) / 2)
    bytes =
        g_bytes_new_from_bytes (self->message, (gsize) (token->data - self->start), token->length);
  else
    bytes = g_bytes_new (token->data, token->length);
  g_ptr_array_add (self->attachments, bytes);
  return TRUE;
}

static gboolean
append_extension (Reader *self, const Token *token, guint depth, GError **error)
{
  if (is_undefined (token))
    {
      if (self->json != NULL)
        g_string_append (self->json, "null");
      return TRUE;
    }
  if (is_date (token))
    {
      guint64 bits = 0;

      for (guint i = 0; i < 8; i++)
        bits = bits << 8 | token->data[i];
      if (self->json != NULL)
        sio_msgpack_append_date (self->json, (double) (gint64) bits);
      return TRUE;
    }
  if (self->json != NULL)
    g_string_append_printf (self->json, "[%d,", token->extension);
  if (!append_attachment (self, token, depth + 1, error))
    return FALSE;
  if (self->json != NULL)
    g_string_append_c (self->json, ']');
  return TRUE;
}

static gboolean append_value (Reader *self, const Token *token, guint depth, GError **error);

static gboolean
append_array (Reader *self, const Token *array, guint depth, GError **error)
{
  if (!check_depth (self, depth + 1, error))
    return FALSE;
  if (self->json != NULL)
    g_string_append_c (self->json, '[');
  for (guint32 i = 0; i < array->length; i++)
    {
      Token token;

      if (self->json != NULL && i > 0)
        g_string_append_c (self->json, ',');
      if (!next_token (self, &token, error) || !append_value (self, &token, depth + 1, error))
        return FALSE;
    }
  if (self->json != NULL)
    g_string_append_c (self->json, ']');
  return TRUE;
}

static gboolean
append_map (Reader *self, const Token *map, guint depth, GError **error)
{
  gboolean is_first = TRUE;

  if (!check_depth (self, depth + 1, error))
    return FALSE;
  if (self->json != NULL)
    g_string_append_c (self->json, '{');
  for (guint32 i = 0; i < map->length; i++)
    {
      Token key, value;

      if (!next_token (self, &key, error))
        return FALSE;
      if (key.kind != KIND_STRING)
        return refuse (self, error, "expected a string as key of a map, got something else");
      if (!next_token (self, &value, error))
        return FALSE;
      if (is_undefined (&value))
        continue;
      if (value.kind == KIND_TRUE && equals (&key, "_placeholder"))
        self->has_literal_placeholder = TRUE;
      if (self->json != NULL)
        {
          if (!is_first)
            g_string_append_c (self->json, ',');
          sio_json_write_string (self->json, (const char *) key.data, (gssize) key.length);
          g_string_append_c (self->json, ':');
        }
      is_first = FALSE;
      if (!append_value (self, &value, depth + 1, error))
        return FALSE;
    }
  if (self->json != NULL)
    g_string_append_c (self->json, '}');
  return TRUE;
}

/* @token was read; @depth is how many arrays and objects are open around it. Recurses at most
 * max_depth times. */
static gboolean
append_value (Reader *self, const Token *token, guint depth, GError **error)
{
  if (token->kind == KIND_ARRAY)
    return append_array (self, token, depth, error);
  if (token->kind == KIND_MAP)
    return append_map (self, token, depth, error);
  if (is_binary (token))
    return append_attachment (self, token, depth, error);
  if (token->kind == KIND_EXTENSION)
    return append_extension (self, token, depth, error);
  if (self->json == NULL)
    return TRUE;

  switch (token->kind)
    {
    case KIND_NIL:
      g_string_append (self->json, "null");
      break;
    case KIND_FALSE:
      g_string_append (self->json, "false");
      break;
    case KIND_TRUE:
      g_string_append (self->json, "true");
      break;
    case KIND_STRING:
      sio_json_write_string (self->json, (const char *) token->data, (gssize) token->length);
      break;
    case KIND_UINT:
    case KIND_INT:
    case KIND_FLOAT:
    default:
      append_number (self->json, token);
      break;
    }
  return TRUE;
}

/* FALSE if it is no integer that JavaScript could have. */
static gboolean
get_integer (const Token *token, gint64 *value)
{
  if (token->kind == KIND_UINT && token->number.u <= (guint64) SIO_PACKET_MAX_ID)
    *value = (gint64) token->number.u;
  else if (token->kind == KIND_INT)
    *value = token->number.i;
  else if (token->kind == KIND_FLOAT && token->number.d == floor (token->number.d) &&
           fabs (token->number.d) <= (double) SIO_PACKET_MAX_ID)
    *value = (gint64) token->number.d;
  else
    return FALSE;
  return TRUE;
}

static gboolean
take_type (SioMsgpackPacket *packet, const Token *token, GError **error)
{
  gint64 type;

  if (get_integer (token, &type) && type >= SIO_PACKET_CONNECT && type <= SIO_PACKET_CONNECT_ERROR)
    {
      packet->type = (SioPacketType) type;
      return TRUE;
    }
  g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
               "invalid packet type: expected an integer from 0 to 4");
  return FALSE;
}

static gboolean
take_id (SioMsgpackPacket *packet, const Token *token, GError **error)
{
  packet->id = -1;
  if (is_undefined (token) ||
      (get_integer (token, &packet->id) && packet->id >= 0 && packet->id <= SIO_PACKET_MAX_ID))
    return TRUE;
  g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
               "invalid packet id: expected an integer from 0 to 9007199254740992 (2^53)");
  return FALSE;
}

static gboolean
take_nsp (SioMsgpackPacket *packet, const Token *token, GError **error)
{
  if (token->kind != KIND_STRING)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL, "invalid namespace: expected a string");
      return FALSE;
    }
  /* It becomes a C string. */
  if (!g_utf8_validate_len ((const char *) token->data, token->length, NULL))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "invalid namespace: expected UTF-8 without U+0000");
      return FALSE;
    }
  if (packet->nsp == NULL)
    packet->nsp = g_string_new (NULL);
  g_string_truncate (packet->nsp, 0);
  g_string_append_len (packet->nsp, (const char *) token->data, (gssize) token->length);
  return TRUE;
}

/* The last of a repeated key counts. */
static gboolean
take_json (Reader *self, SioMsgpackPacket *packet, const Token *token, GError **error)
{
  gboolean ok;

  if (packet->json == NULL)
    packet->json = g_string_sized_new (MIN (bytes_left (self) + 32, 4096));
  g_string_truncate (packet->json, 0);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  self->has_literal_placeholder = FALSE;
  if (is_undefined (token))
    return TRUE;
  self->json = packet->json;
  ok = append_value (self, token, 0, error);
  self->json = NULL;
  return ok;
}

/* What the JavaScript decoder asks for. */
static gboolean
check_data (const SioMsgpackPacket *packet, GError **error)
{
  char first = packet->json != NULL ? packet->json->str[0] : '\0';
  const char *expected = NULL;

  switch (packet->type)
    {
    case SIO_PACKET_CONNECT:
      if (first != '\0' && first != '{')
        expected = "CONNECT takes a map or nothing";
      break;
    case SIO_PACKET_DISCONNECT:
      if (first != '\0')
        expected = "DISCONNECT takes nothing";
      break;
    case SIO_PACKET_CONNECT_ERROR:
      if (first != '{' && first != '"')
        expected = "CONNECT_ERROR takes a map or a string";
      break;
    case SIO_PACKET_EVENT:
    case SIO_PACKET_ACK:
    default:
      if (first != '[')
        expected = "events and acknowledgements need an array";
      break;
    }
  if (expected == NULL)
    return TRUE;
  g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL, "invalid payload: %s", expected);
  return FALSE;
}

static gboolean
read_packet (Reader *self, SioMsgpackPacket *packet, GError **error)
{
  gboolean has_type = FALSE;
  Token map;

  if (!next_token (self, &map, error))
    return FALSE;
  if (map.kind != KIND_MAP)
    return refuse (self, error, "expected a map, got something else");
  for (guint32 i = 0; i < map.length; i++)
    {
      Token key, value;
      gboolean ok;

      if (!next_token (self, &key, error))
        return FALSE;
      if (key.kind != KIND_STRING)
        return refuse (self, error, "expected a string as key of a map, got something else");
      if (!next_token (self, &value, error))
        return FALSE;
      if (equals (&key, "type"))
        ok = has_type = take_type (packet, &value, error);
      else if (equals (&key, "nsp"))
        ok = take_nsp (packet, &value, error);
      else if (equals (&key, "id"))
        ok = take_id (packet, &value, error);
      else if (equals (&key, "data"))
        ok = take_json (self, packet, &value, error);
      else
        ok = append_value (self, &value, 0, error);
      if (!ok)
        return FALSE;
    }
  if (self->p != self->end)
    return refuse (self, error, "expected the end, got more bytes");

  if (!has_type)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "invalid packet type: expected an integer from 0 to 4, got none");
      return FALSE;
    }
  if (packet->nsp == NULL)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "invalid namespace: expected a string, got none");
      return FALSE;
    }
  if (self->attachments != NULL && self->has_literal_placeholder)
    {
      /* In JSON one could not tell it from the real ones. */
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "invalid payload: a map with \"_placeholder\" true beside binary data");
      return FALSE;
    }
  return check_data (packet, error);
}

void
sio_msgpack_packet_clear (SioMsgpackPacket *packet)
{
  if (packet->nsp != NULL)
    g_string_free (g_steal_pointer (&packet->nsp), TRUE);
  if (packet->json != NULL)
    g_string_free (g_steal_pointer (&packet->json), TRUE);
  g_clear_pointer (&packet->attachments, g_ptr_array_unref);
}

gboolean
sio_msgpack_decode (GBytes *message,
                    guint max_depth,
                    guint max_attachments,
                    SioMsgpackPacket *packet,
                    GError **error)
{
  Reader reader = { .message = message,
                    .max_depth = MIN (max_depth, SIO_JSON_MAX_DEPTH),
                    .max_attachments = max_attachments };
  gsize length;

  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (packet != NULL, FALSE);

  reader.start = reader.p = g_bytes_get_data (message, &length);
  reader.end = reader.start + length;
  *packet = (SioMsgpackPacket){ .id = -1 };
  if (read_packet (&reader, packet, error))
    {
      packet->attachments = reader.attachments;
      if (packet->json != NULL && packet->json->len == 0)
        g_string_free (g_steal_pointer (&packet->json), TRUE);
      return TRUE;
    }
  g_clear_pointer (&reader.attachments, g_ptr_array_unref);
  sio_msgpack_packet_clear (packet);
  return FALSE;
}
