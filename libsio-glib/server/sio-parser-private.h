/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-outgoing-private.h"
#include "sio-packet-codec-private.h"
#include "sio-parser.h"

G_BEGIN_DECLS

/* NULL, with a warning, if the parser cannot. (transfer full) */
SioOutgoing *sio_parser_encode_outgoing (SioParser *self, SioPacket *packet);

/* Decodes a message and checks the packet again, whoever made it. FALSE with @error set: what
 * came cannot be understood. *packet is NULL while a packet is not complete. *view points into
 * the packet. */
gboolean sio_decoder_take (SioDecoder *self,
                           GBytes *message,
                           gboolean is_text,
                           SioPacket **packet,
                           const SioPacketView **view,
                           GError **error);

G_END_DECLS
