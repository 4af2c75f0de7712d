/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-server-types.h"

G_BEGIN_DECLS

/* The functions a namespace asks about new clients, and the clients being asked about. */
typedef struct _SioMiddlewares SioMiddlewares;

/* @refusal is NULL, or the payload of CONNECT_ERROR. */
typedef void (*SioDecidedFunc) (SioSocket *socket, const char *refusal);

SioMiddlewares *sio_middlewares_new (void);
void sio_middlewares_free (SioMiddlewares *self);
guint sio_middlewares_add (SioMiddlewares *self,
                           SioMiddlewareFunc func,
                           gpointer user_data,
                           GDestroyNotify destroy);
gboolean sio_middlewares_remove (SioMiddlewares *self, guint id);
/* Calls @decided once, maybe before it returns, unless the socket is cancelled. */
void sio_middlewares_run (SioMiddlewares *self, SioSocket *socket, SioDecidedFunc decided);
void sio_middlewares_cancel (SioMiddlewares *self, SioSocket *socket);

G_END_DECLS
