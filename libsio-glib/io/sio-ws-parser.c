/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-ws-parser-private.h"

#include <string.h>

#include "sio-deflate-private.h"
#include "sio-utf8-private.h"

G_STATIC_ASSERT (sizeof (SioWsParser) <= 96);

/* Empty fragments take no bytes of the limit, but should not go on for ever. */
#define MAX_FRAGMENTS 65536
#define MAX_CONTROL 125

enum
{
  FLAG_IN_FRAME = 1 << 0, /* the header is complete */
  FLAG_FINAL = 1 << 1,
  FLAG_DISCARD = 1 << 2,
  FLAG_DEFLATE = 1 << 3,   /* RSV1 has a meaning, RFC 7692 §6 */
  FLAG_COMPRESSED = 1 << 4 /* the message in progress has it set */
};

#define RSV1 0x40
#define RSV_ALL 0x70

enum
{
  CODE_PROTOCOL = 1002,
  CODE_BAD_DATA = 1007,
  CODE_TOO_LARGE = 1009
};

/* Unaligned 16 bytes; every machine has an instruction for their XOR. */
typedef guint64 MaskVector __attribute__ ((vector_size (16)));

void
sio_ws_mask (guint8 *data, gsize length, const guint8 mask[4], guint offset)
{
  guint8 rotated[4];
  guint32 word;
  MaskVector vector;
  gsize i = 0;

  for (guint j = 0; j < 4; j++)
    rotated[j] = mask[(offset + j) & 3];
  memcpy (&word, rotated, 4);
  vector = (MaskVector){ (guint64) word << 32 | word, (guint64) word << 32 | word };

  for (; length - i >= 64; i += 64)
    {
      MaskVector v[4];

      memcpy (v, data + i, 64);
      v[0] ^= vector;
      v[1] ^= vector;
      v[2] ^= vector;
      v[3] ^= vector;
      memcpy (data + i, v, 64);
    }
  for (; length - i >= 16; i += 16)
    {
      MaskVector v;

      memcpy (&v, data + i, 16);
      v ^= vector;
      memcpy (data + i, &v, 16);
    }
  for (; length - i >= 4; i += 4)
    {
      guint32 w;

      memcpy (&w, data + i, 4);
      w ^= word;
      memcpy (data + i, &w, 4);
    }
  for (; i < length; i++)
    data[i] ^= rotated[i & 3];
}

guint
sio_ws_frame_header (guint8 header[SIO_WS_MAX_HEADER], SioWsOpcode opcode, guint64 length)
{
  header[0] = 0x80 | opcode;
  if (length < 126)
    {
      header[1] = length;
      return 2;
    }
  if (length <= G_MAXUINT16)
    {
      guint16 be = GUINT16_TO_BE ((guint16) length);

      header[1] = 126;
      memcpy (header + 2, &be, sizeof be);
      return 4;
    }
  guint64 be = GUINT64_TO_BE (length);

  header[1] = 127;
  memcpy (header + 2, &be, sizeof be);
  return 10;
}

GBytes *
sio_ws_frame_new (SioWsOpcode opcode, const void *data, gsize length)
{
  guint8 header[SIO_WS_MAX_HEADER];
  guint header_length = sio_ws_frame_header (header, opcode, length);
  guint8 *frame = g_malloc (header_length + length);

  memcpy (frame, header, header_length);
  if (length > 0)
    memcpy (frame + header_length, data, length);
  return g_bytes_new_take (frame, header_length + length);
}

void
sio_ws_parser_init (SioWsParser *parser, gsize max_message)
{
  *parser = (SioWsParser){ .max_message = max_message };
}

void
sio_ws_parser_clear (SioWsParser *parser)
{
  g_clear_pointer (&parser->message, g_byte_array_unref);
  g_clear_pointer (&parser->control, g_free);
}

void
sio_ws_parser_allow_deflate (SioWsParser *parser, guint16 max_ratio)
{
  parser->flags |= FLAG_DEFLATE;
  parser->max_ratio = max_ratio;
}

void
sio_ws_parser_discard (SioWsParser *parser)
{
  parser->flags |= FLAG_DISCARD;
  g_clear_pointer (&parser->message, g_byte_array_unref);
}

static guint16
violation (guint16 code, const char *text, const char **reason)
{
  *reason = text;
  return code;
}

/* What the first two bytes of a header tell. */
static guint16
check_start (SioWsParser *parser, const char **reason)
{
  guint8 opcode = parser->header[0] & 0x0f;
  guint8 reserved = parser->header[0] & RSV_ALL;

  /* Only the first frame of a data message tells whether it is compressed. */
  if (reserved == RSV1 && (parser->flags & FLAG_DEFLATE) != 0 &&
      (opcode == SIO_WS_OPCODE_TEXT || opcode == SIO_WS_OPCODE_BINARY))
    reserved = 0;
  if (reserved != 0)
    return violation (CODE_PROTOCOL, "reserved bits set", reason);
  if ((opcode & 0x7) > 2)
    return violation (CODE_PROTOCOL, "reserved opcode", reason);
  if ((parser->header[1] & 0x80) == 0)
    return violation (CODE_PROTOCOL, "frame not masked", reason);
  if (opcode >= SIO_WS_OPCODE_CLOSE)
    {
      if ((parser->header[0] & 0x80) == 0)
        return violation (CODE_PROTOCOL, "fragmented control frame", reason);
      if ((parser->header[1] & 0x7f) > MAX_CONTROL)
        return violation (CODE_PROTOCOL, "control frame too long", reason);
      return 0;
    }
  if (opcode == SIO_WS_OPCODE_CONTINUATION && parser->message_opcode == 0)
    return violation (CODE_PROTOCOL, "nothing to continue", reason);
  if (opcode != SIO_WS_OPCODE_CONTINUATION && parser->message_opcode != 0)
    return violation (CODE_PROTOCOL, "continuation expected", reason);
  return 0;
}

static guint
header_size (const guint8 *header)
{
  guint8 length = header[1] & 0x7f;

  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + 4;
}

/* Compressing what cannot be compressed makes it larger by a few bytes in a thousand. */
static gsize
get_limit (SioWsParser *parser)
{
  gsize slack = 0;

  if ((parser->flags & FLAG_COMPRESSED) != 0)
    slack = MIN (parser->max_message / 256 + 64, G_MAXSIZE - parser->max_message);
  return parser->max_message + slack;
}

/* What the whole header tells; sizes are checked here, before anything is allocated. */
static guint16
begin_frame (SioWsParser *parser, const char **reason)
{
  const guint8 *header = parser->header;
  guint size = header_size (header);
  guint64 length = header[1] & 0x7f;

  if (length == 126)
    {
      length = (guint64) header[2] << 8 | header[3];
      if (length < 126)
        return violation (CODE_PROTOCOL, "length not minimal", reason);
    }
  else if (length == 127)
    {
      memcpy (&length, header + 2, sizeof length);
      length = GUINT64_FROM_BE (length);
      if (length > G_MAXINT64)
        return violation (CODE_PROTOCOL, "invalid length", reason);
      if (length <= G_MAXUINT16)
        return violation (CODE_PROTOCOL, "length not minimal", reason);
    }

  parser->opcode = header[0] & 0x0f;
  if (parser->opcode == SIO_WS_OPCODE_TEXT || parser->opcode == SIO_WS_OPCODE_BINARY)
    {
      parser->flags &= ~FLAG_COMPRESSED;
      parser->flags |= (header[0] & RSV1) != 0 ? FLAG_COMPRESSED : 0;
    }
  if (parser->opcode < SIO_WS_OPCODE_CLOSE && (parser->flags & FLAG_DISCARD) == 0)
    {
      gsize before = parser->message != NULL ? parser->message->len : 0;

      /* GByteArray counts in 32 bits. */
      if (length > get_limit (parser) - before || length > G_MAXINT32 - before)
        return violation (CODE_TOO_LARGE, "message too large", reason);
      if (parser->message_opcode != 0 && ++parser->n_fragments >= MAX_FRAGMENTS)
        return violation (CODE_TOO_LARGE, "too many fragments", reason);
    }
  if (parser->opcode == SIO_WS_OPCODE_TEXT || parser->opcode == SIO_WS_OPCODE_BINARY)
    {
      parser->message_opcode = parser->opcode;
      parser->n_fragments = 0;
      parser->utf8_state = 0;
    }

  memcpy (parser->mask, header + size - 4, 4);
  parser->mask_offset = 0;
  parser->frame_left = length;
  parser->flags &= ~FLAG_FINAL;
  parser->flags |= FLAG_IN_FRAME | ((header[0] & 0x80) != 0 ? FLAG_FINAL : 0);
  parser->header_length = 0;
  return 0;
}

/* Moves bytes from the input to the header until that is complete. */
static guint16
take_header (SioWsParser *parser, guint8 **data, gsize *length, const char **reason)
{
  guint size = 2;

  for (;;)
    {
      if (parser->header_length >= 2)
        size = header_size (parser->header);
      if (parser->header_length == size)
        return begin_frame (parser, reason);

      gsize n = MIN (size - parser->header_length, *length);

      if (n == 0)
        return 0;
      memcpy (parser->header + parser->header_length, *data, n);
      parser->header_length += n;
      *data += n;
      *length -= n;
      if (size == 2 && parser->header_length == 2)
        {
          guint16 code = check_start (parser, reason);

          if (code != 0)
            return code;
        }
    }
}

/* Returns FALSE if the callee wants to stop; the parser may be gone then. */
static gboolean
take_control (
    SioWsParser *parser, guint8 *data, gsize n, SioWsParserMessageFunc func, gpointer user_data)
{
  g_autofree guint8 *control = NULL;
  guint length;

  sio_ws_mask (data, n, parser->mask, parser->mask_offset);
  if (parser->frame_left > n || parser->control != NULL)
    {
      if (n == 0)
        return TRUE;
      if (parser->control == NULL)
        parser->control = g_malloc (MAX_CONTROL);
      memcpy (parser->control + parser->control_length, data, n);
      parser->control_length += n;
      parser->mask_offset = (parser->mask_offset + n) & 3;
      parser->frame_left -= n;
      if (parser->frame_left > 0)
        return TRUE;
      control = g_steal_pointer (&parser->control);
      length = parser->control_length;
      parser->control_length = 0;
    }
  else
    length = n;

  parser->frame_left = 0;
  parser->flags &= ~FLAG_IN_FRAME;
  return func (parser->opcode, control != NULL ? control : data, length, user_data);
}

/* The whole payload of a compressed message is there. */
static gboolean
deliver_inflated (SioWsParser *parser,
                  SioWsOpcode opcode,
                  const guint8 *data,
                  gsize length,
                  SioWsParserMessageFunc func,
                  gpointer user_data,
                  guint16 *code,
                  const char **reason)
{
  const SioInflateLimits limits = { parser->max_message, parser->max_ratio };
  SioInflated inflated;
  gboolean go_on;

  switch (sio_inflate (data, length, &limits, &inflated))
    {
    case SIO_INFLATE_OK:
      break;
    case SIO_INFLATE_TOO_LARGE:
      *code = violation (CODE_TOO_LARGE, "message too large", reason);
      return FALSE;
    case SIO_INFLATE_TOO_DENSE:
      *code = violation (CODE_TOO_LARGE, "message compressed too much", reason);
      return FALSE;
    case SIO_INFLATE_BAD_DATA:
    default:
      *code = violation (CODE_BAD_DATA, "invalid compressed data", reason);
      return FALSE;
    }
  if (opcode == SIO_WS_OPCODE_TEXT && !sio_utf8_validate (inflated.data, inflated.length))
    {
      sio_inflated_release (&inflated);
      *code = violation (CODE_BAD_DATA, "invalid UTF-8", reason);
      return FALSE;
    }
  go_on = func (opcode, inflated.data, inflated.length, user_data);
  sio_inflated_release (&inflated);
  return go_on;
}

static gboolean
take_data (SioWsParser *parser,
           guint8 *data,
           gsize n,
           SioWsParserMessageFunc func,
           gpointer user_data,
           guint16 *code,
           const char **reason)
{
  g_autoptr (GByteArray) message = NULL;
  gboolean frame_ends = parser->frame_left == n;
  gboolean message_ends = frame_ends && (parser->flags & FLAG_FINAL) != 0;
  gboolean compressed = (parser->flags & FLAG_COMPRESSED) != 0;
  SioWsOpcode opcode = parser->message_opcode;

  if ((parser->flags & FLAG_DISCARD) == 0)
    {
      sio_ws_mask (data, n, parser->mask, parser->mask_offset);
      if (opcode == SIO_WS_OPCODE_TEXT && !compressed &&
          (!sio_utf8_validate_slice (&parser->utf8_state, data, n) ||
           (message_ends && parser->utf8_state != 0)))
        {
          *code = violation (CODE_BAD_DATA, "invalid UTF-8", reason);
          return FALSE;
        }
      /* A message that is here in one piece is never copied. */
      if (n > 0 && (!message_ends || parser->message != NULL))
        {
          if (parser->message == NULL)
            parser->message = g_byte_array_new ();
          g_byte_array_append (parser->message, data, n);
        }
    }

  parser->mask_offset = (parser->mask_offset + n) & 3;
  parser->frame_left -= n;
  if (frame_ends)
    parser->flags &= ~FLAG_IN_FRAME;
  if (!message_ends)
    return TRUE;

  parser->message_opcode = 0;
  message = g_steal_pointer (&parser->message);
  if ((parser->flags & FLAG_DISCARD) != 0)
    return TRUE;
  if (message != NULL)
    {
      data = message->data;
      n = message->len;
    }
  if (compressed)
    return deliver_inflated (parser, opcode, data, n, func, user_data, code, reason);
  return func (opcode, data, n, user_data);
}

guint16
sio_ws_parser_feed (SioWsParser *parser,
                    guint8 *data,
                    gsize length,
                    SioWsParserMessageFunc func,
                    gpointer user_data,
                    const char **reason)
{
  while (length > 0)
    {
      guint16 code = 0;
      guint8 *payload;
      gboolean go_on;
      gsize n;

      if ((parser->flags & FLAG_IN_FRAME) == 0)
        {
          code = take_header (parser, &data, &length, reason);
          if (code != 0 || (parser->flags & FLAG_IN_FRAME) == 0)
            return code;
        }

      n = MIN (parser->frame_left, length);
      payload = data;
      data += n;
      length -= n;
      if (parser->opcode >= SIO_WS_OPCODE_CLOSE)
        go_on = take_control (parser, payload, n, func, user_data);
      else
        go_on = take_data (parser, payload, n, func, user_data, &code, reason);
      if (!go_on)
        return code;
    }
  return 0;
}
