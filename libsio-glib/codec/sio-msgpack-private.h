/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sio-types.h"

G_BEGIN_DECLS

/* Packets in the form of socket.io-msgpack-parser 3 (protocol.md §3.9): one map per packet. */

#define SIO_MSGPACK_MAX_ATTACHMENTS 1024

typedef struct
{
  SioPacketType type; /* never one of the binary ones */
  GString *nsp;
  gint64 id;              /* -1: none */
  GString *json;          /* NULL: no data */
  GPtrArray *attachments; /* element-type GBytes; NULL: none */
} SioMsgpackPacket;

/* Translates to JSON what JSON.stringify() would print of the same values: `undefined` is left out
 * of objects and null in arrays, dates are ISO strings, numbers that are not finite null. Strings
 * that are not UTF-8 get U+FFFD, as in JavaScript. Binary data becomes an attachment, other
 * extensions `[type, attachment]`. JSON is at most six times as long as the message.
 *
 * @max_depth counts what the JSON has, placeholders included. Nothing is taken at its announced
 * length: memory goes by what is there. Errors are SIO_ERROR_PROTOCOL, or
 * SIO_ERROR_PAYLOAD_TOO_LARGE for depth and attachments. On failure @packet is cleared.
 *
 * Which event names and namespaces are good is for sio_packet_parse () to say. */
gboolean sio_msgpack_decode (GBytes *message,
                             guint max_depth,
                             guint max_attachments,
                             SioMsgpackPacket *packet,
                             GError **error);
void sio_msgpack_packet_clear (SioMsgpackPacket *packet);

/* @json was scanned before, or is empty for no data; @id is -1 for none. An object with
 * `_placeholder` true whose `num` is that of an attachment (element-type GBytes, nullable)
 * becomes binary data, any other stays a map. Numbers take the forms that JavaScript's encoder
 * chooses. */
GBytes *sio_msgpack_encode (SioPacketType type,
                            const char *nsp,
                            gint64 id,
                            const char *json,
                            gsize json_length,
                            GPtrArray *attachments);

/* Appends a time in ms since 1970 as Date.prototype.toJSON() writes it. */
void sio_msgpack_append_date (GString *out, double milliseconds);

G_END_DECLS
