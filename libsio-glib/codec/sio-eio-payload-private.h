/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Engine.IO v4 packets (protocol.md §1.6–1.8) */
typedef enum
{
  SIO_EIO_OPEN = '0',
  SIO_EIO_CLOSE = '1',
  SIO_EIO_PING = '2',
  SIO_EIO_PONG = '3',
  SIO_EIO_MESSAGE = '4',
  SIO_EIO_UPGRADE = '5',
  SIO_EIO_NOOP = '6'
} SioEioType;

#define SIO_EIO_SEPARATOR 0x1e

typedef struct
{
  SioEioType type;
  gboolean is_binary;
  const guint8 *data; /* after the type digit; for base64 text the decoded bytes */
  gsize length;
} SioEioPacket;

/* Takes one text packet apart. @data of a base64 packet is decoded in place, which
 * is why @text is not const. FALSE: malformed. */
gboolean sio_eio_packet_parse_text (guint8 *text, gsize length, SioEioPacket *packet);

/* Walks over a polling payload: *cursor starts at the body and is NULL after the last
 * packet. FALSE: malformed (also an empty body). Usage:
 *   for (p = body; p != NULL;) if (!sio_eio_payload_next (&p, end, &packet)) … */
gboolean sio_eio_payload_next (guint8 **cursor, guint8 *end, SioEioPacket *packet);

/* Appends `b` and padded base64, as polling sends binary messages. */
void sio_eio_payload_append_binary (GByteArray *payload, const void *data, gsize length);

/* Appends padded base64. */
void sio_base64_append (GByteArray *payload, const void *data, gsize length);

/* Like JavaScript: both alphabets, padding optional, other characters passed over.
 * In place is allowed (@out == @text). Returns the number of bytes. */
gsize sio_base64_decode_lenient (const guint8 *text, gsize length, guint8 *out);

/* Replaces what is not UTF-8 by U+FFFD, as a TextDecoder does. Returns @bytes itself (new
 * reference) when it is valid. */
GBytes *sio_utf8_repair (GBytes *bytes);

G_END_DECLS
