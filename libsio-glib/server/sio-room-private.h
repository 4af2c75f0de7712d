/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-room.h"

G_BEGIN_DECLS

/* Who looks at the rooms of a namespace: NULL there while nobody does. Told by the adapter, in the
 * order of its signals and before them. */
typedef struct _SioRoomWatch SioRoomWatch;

void sio_room_watch_created (SioRoomWatch *self, const char *room);
void sio_room_watch_joined (SioRoomWatch *self, const char *room, SioSocket *socket);
void sio_room_watch_left (SioRoomWatch *self, const char *room, SioSocket *socket);
void sio_room_watch_deleted (SioRoomWatch *self, const char *room);

G_END_DECLS
