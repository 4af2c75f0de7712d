/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sio-deflate-private.h"

G_BEGIN_DECLS

/* One Engine.IO message on its way out, with the binary messages that belong to
 * it. Immutable and shared: each wire form is made once, at its first use, and
 * serves every recipient. */
typedef struct _SioOutgoing SioOutgoing;

typedef struct
{
  const void *data;
  gsize length;
} SioPart;

/* The text message is the concatenation of @parts (without the Engine.IO digit), which
 * must be UTF-8. @attachments (element-type GBytes, transfer none, nullable) follow as
 * binary messages. */
SioOutgoing *sio_outgoing_new (const SioPart *parts, guint n_parts, GPtrArray *attachments);
/* A packet that is no message; @packet begins with its digit. */
SioOutgoing *sio_outgoing_new_control (const char *packet);
/* Binary messages only, at least one (element-type GBytes, transfer none). */
SioOutgoing *sio_outgoing_new_binaries (GPtrArray *messages);
SioOutgoing *sio_outgoing_new_binary (GBytes *bytes);
SioOutgoing *sio_outgoing_ref (SioOutgoing *self);
void sio_outgoing_unref (SioOutgoing *self);

/* WebSocket frames of all messages, one after the other. (transfer none) */
GBytes *sio_outgoing_get_ws (SioOutgoing *self);
/* The same for clients that cannot take binary frames (`b64`). (transfer none) */
GBytes *sio_outgoing_get_ws_base64 (SioOutgoing *self);
/* The last argument is not for plain WebSocket clients. */
void sio_outgoing_hide_last (SioOutgoing *self);
/* One frame as plain WebSocket clients understand it; NULL if it is no Socket.IO packet. */
GBytes *sio_outgoing_get_object (SioOutgoing *self);
/* The same as sio_outgoing_get_ws () for clients that negotiated compression with this window;
 * messages of at least @threshold bytes are compressed. (transfer none) */
GBytes *sio_outgoing_get_ws_deflated (SioOutgoing *self, SioDeflateForm window, gsize threshold);
/* It is never compressed. Has to be said before it is sent. */
void sio_outgoing_set_plain (SioOutgoing *self);
gboolean sio_outgoing_is_plain (SioOutgoing *self);
/* Where it waits, it may be removed to make room for others. */
void sio_outgoing_set_volatile (SioOutgoing *self);
gboolean sio_outgoing_is_volatile (SioOutgoing *self);
/* The packets of a polling payload, separated by 0x1E. (transfer none) */
GBytes *sio_outgoing_get_polling (SioOutgoing *self);
/* Of all its messages; bytes without framing. */
guint sio_outgoing_get_n_packets (SioOutgoing *self);
gsize sio_outgoing_get_n_bytes (SioOutgoing *self);
/* The same for Engine.IO 3 (protocol.md §2). The pieces of a polling payload need no separator;
 * @binary is for payloads in which there is binary, of clients that take it. */
GBytes *sio_outgoing_get_eio3_ws (SioOutgoing *self);
GBytes *sio_outgoing_get_eio3_ws_base64 (SioOutgoing *self);
GBytes *sio_outgoing_get_eio3_polling (SioOutgoing *self, gboolean binary);
gboolean sio_outgoing_has_binary (SioOutgoing *self);
/* Text of the first message without the digit; NULL if there are binary ones only. */
const char *sio_outgoing_get_text (SioOutgoing *self, gsize *length);

/* The text packet with its Engine.IO digit, in the same memory. (transfer full) (nullable) */
GBytes *sio_outgoing_dup_packet (SioOutgoing *self);
/* Element-type GBytes; NULL if there are none. (transfer none) */
GPtrArray *sio_outgoing_peek_attachments (SioOutgoing *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioOutgoing, sio_outgoing_unref)

G_END_DECLS
