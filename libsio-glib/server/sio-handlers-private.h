/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-server-types.h"

G_BEGIN_DECLS

/* Event handlers by name, and those for every event, in both directions. Adding and removing is
 * safe from inside handlers: a removed one is not called any more, an added one from the next
 * event on. */
typedef struct _SioHandlers SioHandlers;

typedef enum
{
  SIO_HANDLERS_APPEND = 0,
  SIO_HANDLERS_PREPEND = 1 << 0,
  SIO_HANDLERS_ONCE = 1 << 1,
  SIO_HANDLERS_OUTGOING = 1 << 2 /* with no event only: of what is sent */
} SioHandlersFlags;

SioHandlers *sio_handlers_new (void);
/* Safe during a dispatch, too: what is left of it is skipped. */
void sio_handlers_free (SioHandlers *self);

/* @event NULL: for every event. Returns an id, never 0. */
guint sio_handlers_add (SioHandlers *self,
                        const char *event,
                        SioHandlersFlags flags,
                        SioEventFunc func,
                        gpointer user_data,
                        GDestroyNotify destroy);
gboolean sio_handlers_remove (SioHandlers *self, guint id);
/* @event NULL: those for every event, of the direction that @flags say. */
void sio_handlers_remove_all (SioHandlers *self, const char *event, SioHandlersFlags flags);
/* Ids, in the order of the calls. (transfer full) (nullable) */
guint *sio_handlers_list (SioHandlers *self, const char *event, SioHandlersFlags flags, gsize *n);
gboolean sio_handlers_has_outgoing (SioHandlers *self);
/* Whether there are any for this name. */
gboolean sio_handlers_has (SioHandlers *self, const char *event);

void sio_handlers_dispatch_any (SioHandlers *self, SioSocket *socket, SioMessage *message);
void sio_handlers_dispatch_outgoing (SioHandlers *self, SioSocket *socket, SioMessage *message);
void sio_handlers_dispatch (SioHandlers *self, SioSocket *socket, SioMessage *message);

G_END_DECLS
