/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-server-types.h"

G_BEGIN_DECLS

#define SIO_TYPE_RECOVERY_STATE (sio_recovery_state_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_recovery_state_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioRecoveryState *sio_recovery_state_new (const char *id,
                                          const char *pid,
                                          const char *const *rooms,
                                          JsonNode *data,
                                          const char *offset,
                                          gint64 time);
SIO_AVAILABLE_IN_0_1
SioRecoveryState *sio_recovery_state_new_from_variant (GVariant *variant, GError **error);
SIO_AVAILABLE_IN_0_1
GVariant *sio_recovery_state_to_variant (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
SioRecoveryState *sio_recovery_state_ref (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
void sio_recovery_state_unref (SioRecoveryState *self);

SIO_AVAILABLE_IN_0_1
const char *sio_recovery_state_get_id (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
const char *sio_recovery_state_get_pid (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
const char *const *sio_recovery_state_get_rooms (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_recovery_state_dup_data (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
const char *sio_recovery_state_get_offset (SioRecoveryState *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_recovery_state_get_time (SioRecoveryState *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioRecoveryState, sio_recovery_state_unref)

G_END_DECLS
