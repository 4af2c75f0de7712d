/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-recovery-image-private.h"
#include "sio-recovery-log-private.h"
#include "sio-recovery.h"

G_BEGIN_DECLS

#define SIO_RECOVERY_N_ERRORS (SIO_RECOVERY_ERROR_FAILED + 1)

struct _SioRecovery
{
  GObject parent_instance;

  SioServer *server; /* owns us; NULL once it is gone */
  gboolean enabled;
  gboolean skip_middlewares;
  guint max_disconnection_duration; /* ms */
  guint max_packets;
  guint64 max_packet_bytes;
  guint max_packet_age; /* ms; 0: what sessions can need */
  guint max_sessions;
  guint64 max_session_bytes;
  guint64 max_file_bytes;

  guint64 n_recovered;
  guint64 n_refused[SIO_RECOVERY_N_ERRORS];
  guint64 n_replayed;

  /* Loaded for namespaces that do not exist yet: name, owned by the value → SioImageLog * */
  GHashTable *waiting;
};

SioRecovery *sio_recovery_new (SioServer *server);
/* The server goes away. */
void sio_recovery_detach (SioRecovery *self);
void sio_recovery_get_log_limits (SioRecovery *self, SioLogLimits *limits);
/* What was loaded for a namespace. (transfer full) (nullable) */
SioImageLog *sio_recovery_take_log (SioRecovery *self, const char *namespace_name);
void
sio_recovery_count_refused (SioRecovery *self, const char *namespace_name, const GError *error);

G_END_DECLS
