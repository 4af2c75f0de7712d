/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-message.h"

G_BEGIN_DECLS

/* Event handlers by name, and those for every event. Adding and removing is safe from inside
 * handlers: a removed one is not called any more, an added one from the next event on. */
typedef struct _SioHandlers SioHandlers;

SioHandlers *sio_handlers_new (void);
/* Safe during a dispatch, too: what is left of it is skipped. */
void sio_handlers_free (SioHandlers *self);

/* @event NULL: for every event. Returns an id, never 0. */
guint sio_handlers_add (SioHandlers *self,
                        const char *event,
                        SioEventFunc func,
                        gpointer user_data,
                        GDestroyNotify destroy);
gboolean sio_handlers_remove (SioHandlers *self, guint id);

void sio_handlers_dispatch_any (SioHandlers *self, SioSocket *socket, SioMessage *message);
void sio_handlers_dispatch (SioHandlers *self, SioSocket *socket, SioMessage *message);

G_END_DECLS
