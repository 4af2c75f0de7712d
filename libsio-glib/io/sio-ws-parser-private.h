/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 6455 frames, the server's side of reading. Knows nothing of sockets. */

typedef enum
{
  SIO_WS_OPCODE_CONTINUATION = 0x0,
  SIO_WS_OPCODE_TEXT = 0x1,
  SIO_WS_OPCODE_BINARY = 0x2,
  SIO_WS_OPCODE_CLOSE = 0x8,
  SIO_WS_OPCODE_PING = 0x9,
  SIO_WS_OPCODE_PONG = 0xa
} SioWsOpcode;

#define SIO_WS_MAX_HEADER 10 /* of a frame without mask */

typedef struct _SioWsParser SioWsParser;

/* @data is valid only during the call and may be changed by the callee.
 * Return FALSE to stop parsing (the owner was closed in the callback; the
 * parser is not touched any more and may have been cleared). */
typedef gboolean (*SioWsParserMessageFunc) (SioWsOpcode opcode,
                                            guint8 *data,
                                            gsize length,
                                            gpointer user_data);

struct _SioWsParser
{
  /* Only what must survive between two reads; buffers exist only while a
   * frame or message is incomplete. The fields belong to the parser. */
  GByteArray *message; /* unmasked payload of the data message so far */
  gsize max_message;
  guint64 frame_left; /* payload bytes of the current frame still to come */
  guint32 utf8_state;
  guint32 n_fragments;
  guint8 header[14];
  guint8 header_length;
  guint8 mask_offset;
  guint8 mask[4];
  guint8 opcode;         /* of the current frame */
  guint8 message_opcode; /* of the message in progress, 0 if none */
  guint8 control_length;
  guint8 flags;
  guint16 max_ratio; /* of compressed messages */
  guint8 *control;   /* payload of a control frame that came in pieces */
};

void sio_ws_parser_init (SioWsParser *parser, gsize max_message);
void sio_ws_parser_clear (SioWsParser *parser);
/* permessage-deflate was negotiated: data messages may be compressed, at most to the @max_ratio-th
 * part; 0: to any. They count with the size they have then, and are checked like others. */
void sio_ws_parser_allow_deflate (SioWsParser *parser, guint16 max_ratio);
/* From now on data messages are skipped, whatever their size and content; control
 * frames still come. May be called from the callback. */
void sio_ws_parser_discard (SioWsParser *parser);
/* Consumes all of @data, which is unmasked in place. Data messages come whole
 * and, if text, are valid UTF-8; control frames come as they are.
 * Returns: 0, or the close code for the violation (1002, 1007, 1009), with *reason
 * set to a static text. */
guint16 sio_ws_parser_feed (SioWsParser *parser,
                            guint8 *data,
                            gsize length,
                            SioWsParserMessageFunc func,
                            gpointer user_data,
                            const char **reason);

/* Writes the header of a final, unmasked frame; returns its length (2, 4 or 10). */
guint sio_ws_frame_header (guint8 header[SIO_WS_MAX_HEADER], SioWsOpcode opcode, guint64 length);
GBytes *sio_ws_frame_new (SioWsOpcode opcode, const void *data, gsize length);
/* XORs with the mask beginning at @offset (0-3), a word or more at a time. */
void sio_ws_mask (guint8 *data, gsize length, const guint8 mask[4], guint offset);

G_END_DECLS
