/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-server-types.h"

G_BEGIN_DECLS

#define SIO_TYPE_TARGET (sio_target_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_target_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioTarget *sio_target_new (const char *const *rooms,
                           const char *const *except,
                           SioEmitFlags flags,
                           guint timeout);
SIO_AVAILABLE_IN_0_1
SioTarget *sio_target_ref (SioTarget *self);
SIO_AVAILABLE_IN_0_1
void sio_target_unref (SioTarget *self);
SIO_AVAILABLE_IN_0_1
const char *const *sio_target_get_rooms (SioTarget *self);
SIO_AVAILABLE_IN_0_1
const char *const *sio_target_get_except (SioTarget *self);
SIO_AVAILABLE_IN_0_1
SioEmitFlags sio_target_get_flags (SioTarget *self);
SIO_AVAILABLE_IN_0_1
guint sio_target_get_timeout (SioTarget *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioTarget, sio_target_unref)

G_END_DECLS
