/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-memory-adapter.h"
#include "sio-recovery-image-private.h"

G_BEGIN_DECLS

void sio_adapter_class_init_defaults (SioAdapterClass *klass);
void sio_adapter_class_init_recovery (SioAdapterClass *klass);

/* A socket is about to be connected that may be recovered later, or that is recovered. */
void sio_memory_adapter_begin_session (SioMemoryAdapter *self, SioSocket *socket);
/* Bytes that rooms and what is kept for recovery take, roughly; adds to both. */
void sio_memory_adapter_add_sizes (SioMemoryAdapter *self, guint64 *rooms, guint64 *recovery);
/* For a later process. (transfer full) (nullable) */
SioImageLog *sio_memory_adapter_save (SioMemoryAdapter *self);
/* FALSE if there were sockets already. */
gboolean sio_memory_adapter_load (SioMemoryAdapter *self, const SioImageLog *log);

gboolean sio_memory_adapter_has (SioAdapter *adapter, SioSocket *socket, const char *name);
/* Whether the socket may be outside of a room that it was to join: it is in all it may be in. */
gboolean sio_memory_adapter_may_lack (SioAdapter *adapter, SioSocket *socket, const char *name);

G_END_DECLS
