/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-server-types.h"

G_BEGIN_DECLS

#define SIO_TYPE_RECOVERY (sio_recovery_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioRecovery, sio_recovery, SIO, RECOVERY, GObject)

/**
 * SIO_RECOVERY_ERROR:
 *
 * Error domain of refused recoveries; codes are of type [error@Sio.RecoveryError].
 */
#define SIO_RECOVERY_ERROR (sio_recovery_error_quark ())

/**
 * SioRecoveryError:
 * @SIO_RECOVERY_ERROR_DISABLED: recovery is off
 * @SIO_RECOVERY_ERROR_UNSUPPORTED: the adapter cannot do it
 * @SIO_RECOVERY_ERROR_MALFORMED: what the client sent is not an id and an offset
 * @SIO_RECOVERY_ERROR_UNKNOWN_SESSION: nothing is known of the session, or not any more
 * @SIO_RECOVERY_ERROR_EXPIRED: the client came back too late
 * @SIO_RECOVERY_ERROR_UNKNOWN_OFFSET: the offset is not one of this session
 * @SIO_RECOVERY_ERROR_LOST_POSITION: some of what the client missed is not there any more
 * @SIO_RECOVERY_ERROR_TOO_MUCH: the client missed more than may be buffered for it
 * @SIO_RECOVERY_ERROR_FAILED: the adapter failed
 *
 * Why a client that came back got a new session instead of its old one.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_RECOVERY_ERROR_DISABLED,
  SIO_RECOVERY_ERROR_UNSUPPORTED,
  SIO_RECOVERY_ERROR_MALFORMED,
  SIO_RECOVERY_ERROR_UNKNOWN_SESSION,
  SIO_RECOVERY_ERROR_EXPIRED,
  SIO_RECOVERY_ERROR_UNKNOWN_OFFSET,
  SIO_RECOVERY_ERROR_LOST_POSITION,
  SIO_RECOVERY_ERROR_TOO_MUCH,
  SIO_RECOVERY_ERROR_FAILED
} SioRecoveryError;

SIO_AVAILABLE_IN_0_1
GQuark sio_recovery_error_quark (void);

SIO_AVAILABLE_IN_0_1
gboolean sio_recovery_is_enabled (SioRecovery *self);
SIO_AVAILABLE_IN_0_1
void sio_recovery_set_enabled (SioRecovery *self, gboolean enabled);
SIO_AVAILABLE_IN_0_1
guint sio_recovery_get_max_disconnection_duration (SioRecovery *self);
SIO_AVAILABLE_IN_0_1
void sio_recovery_set_max_disconnection_duration (SioRecovery *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
gboolean sio_recovery_get_skip_middlewares (SioRecovery *self);
SIO_AVAILABLE_IN_0_1
void sio_recovery_set_skip_middlewares (SioRecovery *self, gboolean skip_middlewares);

SIO_AVAILABLE_IN_0_1
guint64 sio_recovery_get_n_recovered (SioRecovery *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_recovery_get_n_refused (SioRecovery *self, SioRecoveryError cause);
SIO_AVAILABLE_IN_0_1
guint64 sio_recovery_get_n_replayed (SioRecovery *self);

SIO_AVAILABLE_IN_0_1
void sio_recovery_save_async (SioRecovery *self,
                              GFile *file,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_recovery_save_finish (SioRecovery *self,
                                   GAsyncResult *result,
                                   guint *n_sessions,
                                   GError **error);
SIO_AVAILABLE_IN_0_1
void sio_recovery_load_async (SioRecovery *self,
                              GFile *file,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_recovery_load_finish (SioRecovery *self,
                                   GAsyncResult *result,
                                   guint *n_sessions,
                                   GError **error);

G_END_DECLS
