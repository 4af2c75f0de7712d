/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-outgoing-private.h"
#include "sio-packet-codec-private.h"
#include "sio-packet.h"
#include "sio-parser.h"

G_BEGIN_DECLS

/* Event name, list of arguments without brackets, attachments: all borrowed. */
typedef struct
{
  const char *event;
  const char *list;
  gsize list_length;
  GPtrArray *attachments;
} SioContent;

void sio_content_init_args (SioContent *content, const char *event, SioArgs *args);
/* @list: the name of the event, then its arguments */
void sio_content_init_list (SioContent *content, SioArgs *list);
void sio_content_init_message (SioContent *content, const char *event, SioMessage *message);

/* @parser is NULL for the text form, which costs no detour; with a parser the result is NULL if it
 * cannot encode the packet. @prefix is "" for the default namespace, else the name with a comma;
 * @id is -1 for none. */
SioOutgoing *
sio_encode_event (SioParser *parser, const char *prefix, const SioContent *content, gint64 id);
SioOutgoing *
sio_encode_ack (SioParser *parser, const char *prefix, const SioContent *content, gint64 id);
/* CONNECT, DISCONNECT and CONNECT_ERROR; @json may be NULL. */
SioOutgoing *
sio_encode_control (SioParser *parser, char type, const char *prefix, const char *json);

/* @parser is what will most likely encode it. */
SioPacket *
sio_packet_new_content (SioParser *parser, const char *namespace_name, const SioContent *content);
/* Checks all of it but UTF-8, and makes the view. @type may be one of the binary ones; @json may
 * be NULL, like @attachments (element-type GBytes), which are shared. */
SioPacket *sio_packet_new_parts (SioPacketType type,
                                 const char *name,
                                 gsize name_length,
                                 gint64 id,
                                 const char *json,
                                 gsize json_length,
                                 GPtrArray *attachments,
                                 GError **error);
/* About how much memory it takes, for limits. */
gsize sio_packet_get_memory (SioPacket *self);
/* The packet on the wire, made once. (transfer none) (nullable) */
SioOutgoing *sio_packet_get_outgoing (SioPacket *self, SioParser *parser);
/* The same event, asking for an acknowledgement. (transfer full) (nullable) */
SioOutgoing *sio_packet_encode_with_id (SioPacket *self, SioParser *parser, gint64 id);

/* The text form without attachments, and the data in it. */
const char *sio_packet_peek_text (SioPacket *self, gsize *length);
const char *sio_packet_peek_json (SioPacket *self, gsize *length);
GPtrArray *sio_packet_peek_attachments (SioPacket *self);
/* NULL with @error set if it could not have come in. (transfer none) */
const SioPacketView *sio_packet_peek_view (SioPacket *self, GError **error);

G_END_DECLS
