/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-outgoing-private.h"
#include "sio-packet.h"

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
void sio_content_init_message (SioContent *content, const char *event, SioMessage *message);

/* @prefix is "" for the default namespace, else the name with a comma; @id is -1 for none. */
SioOutgoing *sio_encode_event (const char *prefix, const SioContent *content, gint64 id);
SioOutgoing *sio_encode_ack (const char *prefix, const SioContent *content, gint64 id);
/* CONNECT, DISCONNECT and CONNECT_ERROR; @json may be NULL. */
SioOutgoing *sio_encode_control (char type, const char *prefix, const char *json);

SioPacket *sio_packet_new_content (const char *namespace_name, const SioContent *content);
/* The packet on the wire, made once. (transfer none) */
SioOutgoing *sio_packet_get_outgoing (SioPacket *self);
/* The same event, asking for an acknowledgement. (transfer full) */
SioOutgoing *sio_packet_encode_with_id (SioPacket *self, gint64 id);

G_END_DECLS
