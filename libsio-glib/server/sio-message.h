/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"
#include "sio-client-types.h"

G_BEGIN_DECLS

#define SIO_TYPE_MESSAGE (sio_message_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_message_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioMessage *sio_message_ref (SioMessage *self);
SIO_AVAILABLE_IN_0_1
void sio_message_unref (SioMessage *self);
SIO_AVAILABLE_IN_0_1
const char *sio_message_get_event (SioMessage *self);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_message_get_args (SioMessage *self);
SIO_AVAILABLE_IN_0_1
const char *sio_message_get_json (SioMessage *self);
SIO_AVAILABLE_IN_0_1
SioSocket *sio_message_get_socket (SioMessage *self);
SIO_AVAILABLE_IN_0_1
SioClient *sio_message_get_client (SioMessage *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_message_wants_reply (SioMessage *self);
SIO_AVAILABLE_IN_0_1
void sio_message_reply (SioMessage *self, SioArgs *args);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioMessage, sio_message_unref)

G_END_DECLS
