/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"

G_BEGIN_DECLS

#define SIO_TYPE_PACKET (sio_packet_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_packet_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioPacket *sio_packet_new (SioPacketType type,
                           const char *namespace_name,
                           gint64 id,
                           const char *json,
                           GBytes **attachments,
                           gsize n_attachments,
                           GError **error);
SIO_AVAILABLE_IN_0_1
SioPacket *sio_packet_new_event (const char *namespace_name, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
SioPacket *sio_packet_new_from_args (const char *namespace_name, SioArgs *args, GError **error);
SIO_AVAILABLE_IN_0_1
SioPacket *sio_packet_new_with_offset (SioPacket *self, const char *offset);
SIO_AVAILABLE_IN_0_1
SioPacket *sio_packet_ref (SioPacket *self);
SIO_AVAILABLE_IN_0_1
void sio_packet_unref (SioPacket *self);
SIO_AVAILABLE_IN_0_1
SioPacketType sio_packet_get_packet_type (SioPacket *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_packet_get_id (SioPacket *self);
SIO_AVAILABLE_IN_0_1
const char *sio_packet_get_namespace (SioPacket *self);
SIO_AVAILABLE_IN_0_1
char *sio_packet_dup_json (SioPacket *self);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_packet_to_args (SioPacket *self);
SIO_AVAILABLE_IN_0_1
guint sio_packet_get_n_attachments (SioPacket *self);
SIO_AVAILABLE_IN_0_1
GBytes *sio_packet_get_attachment (SioPacket *self, guint i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioPacket, sio_packet_unref)

G_END_DECLS
