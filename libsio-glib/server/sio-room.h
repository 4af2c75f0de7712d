/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-namespace.h"

G_BEGIN_DECLS

#define SIO_TYPE_ROOM (sio_room_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioRoom, sio_room, SIO, ROOM, GObject)

SIO_AVAILABLE_IN_0_1
const char *sio_room_get_name (SioRoom *self);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_room_get_namespace (SioRoom *self);
SIO_AVAILABLE_IN_0_1
GListModel *sio_room_get_members (SioRoom *self);
SIO_AVAILABLE_IN_0_1
guint sio_room_get_n_members (SioRoom *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_room_contains (SioRoom *self, SioSocket *socket);

SIO_AVAILABLE_IN_0_1
void sio_room_emit (SioRoom *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_room_emit_message (SioRoom *self, const char *event, SioMessage *message);
SIO_AVAILABLE_IN_0_1
void sio_room_emit_with_ack_async (SioRoom *self,
                                   const char *event,
                                   SioArgs *args,
                                   guint timeout,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *sio_room_emit_with_ack_finish (SioRoom *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_room_broadcast (SioRoom *self);

G_END_DECLS
