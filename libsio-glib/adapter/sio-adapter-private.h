/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-adapter.h"

G_BEGIN_DECLS

void sio_adapter_class_init_defaults (SioAdapterClass *klass);

/* Emit the signals, if anybody listens. */
void sio_adapter_room_created (SioAdapter *self, const char *room);
void sio_adapter_room_joined (SioAdapter *self, const char *room, SioSocket *socket);
void sio_adapter_room_left (SioAdapter *self, const char *room, SioSocket *socket);
void sio_adapter_room_deleted (SioAdapter *self, const char *room);

G_END_DECLS
