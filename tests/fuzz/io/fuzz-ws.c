/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-utf8-private.h"
#include "sio-ws-parser-private.h"

/* The first byte chooses the limit and how the rest is cut. The same bytes in
 * one piece must give the same messages and the same end. */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct
{
  guint32 hash;
  guint n_messages;
  gsize max_message;
  gboolean discard;
  SioWsParser *parser;
} Result;

static gboolean
message_cb (SioWsOpcode opcode, guint8 *data, gsize length, gpointer user_data)
{
  Result *result = user_data;

  if (opcode >= SIO_WS_OPCODE_CLOSE ? length > 125 : length > result->max_message)
    g_error ("message of %" G_GSIZE_FORMAT " bytes got through", length);
  if (opcode == SIO_WS_OPCODE_TEXT && !sio_utf8_validate (data, length))
    g_error ("invalid text got through");
  result->n_messages++;
  result->hash = result->hash * 31 + opcode;
  for (gsize i = 0; i < length; i++)
    result->hash = result->hash * 31 + data[i];
  memset (data, 0, length);
  /* What the owner does when it closes the connection in the callback. */
  if (result->discard && result->n_messages == 2)
    sio_ws_parser_discard (result->parser);
  return result->n_messages < 200;
}

static guint16
run (const guint8 *data, gsize size, guint8 control, gboolean cut, Result *result)
{
  static const gsize limits[4] = { 16, 200, 70000, 1000000 };
  SioWsParser parser;
  guint32 seed = control | 1;
  guint16 code = 0;

  *result = (Result){ .max_message = limits[control & 3], .discard = (control & 4) != 0 };
  result->parser = &parser;
  sio_ws_parser_init (&parser, result->max_message);
  if ((control & 16) != 0)
    sio_ws_parser_allow_deflate (&parser, (control & 32) != 0 ? 20 : 0);
  for (gsize at = 0; at < size && code == 0 && result->n_messages < 200;)
    {
      const char *reason = NULL;
      g_autofree guint8 *piece = NULL;
      gsize n = size - at;

      if (cut)
        {
          seed = seed * 1664525 + 1013904223 + data[at];
          n = MIN (n, 1 + (seed >> 16) % ((control & 8) != 0 ? 5 : 60));
        }
      piece = g_memdup2 (data + at, n);
      code = sio_ws_parser_feed (&parser, piece, n, message_cb, result, &reason);
      if ((code != 0) != (reason != NULL))
        g_error ("code %u without reason or the other way round", code);
      at += n;
    }
  sio_ws_parser_clear (&parser);
  return code;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Result whole, pieces;
  guint16 code;

  if (size < 1)
    return 0;
  code = run (data + 1, size - 1, data[0], FALSE, &whole);
  if (run (data + 1, size - 1, data[0], TRUE, &pieces) != code || whole.hash != pieces.hash ||
      whole.n_messages != pieces.n_messages)
    g_error ("the result depends on how the input is cut");
  return 0;
}
