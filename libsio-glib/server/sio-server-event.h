/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"

G_BEGIN_DECLS

#define SIO_TYPE_SERVER_EVENT (sio_server_event_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_server_event_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioServerEvent *sio_server_event_new (const char *name,
                                      SioArgs *args,
                                      SioAckFunc reply_func,
                                      gpointer user_data,
                                      GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
SioServerEvent *sio_server_event_ref (SioServerEvent *self);
SIO_AVAILABLE_IN_0_1
void sio_server_event_unref (SioServerEvent *self);
SIO_AVAILABLE_IN_0_1
const char *sio_server_event_get_name (SioServerEvent *self);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_server_event_get_args (SioServerEvent *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_server_event_wants_reply (SioServerEvent *self);
SIO_AVAILABLE_IN_0_1
void sio_server_event_reply (SioServerEvent *self, SioArgs *args);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioServerEvent, sio_server_event_unref)

G_END_DECLS
