/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-id-private.h"
#include "sio-recovery-state.h"

G_BEGIN_DECLS

/* version, id, pid, rooms, data as JSON, offset, real time in µs */
#define SIO_RECOVERY_STATE_TYPE "(ussasmsmsx)"
#define SIO_RECOVERY_STATE_VERSION 1
/* Of ids, names of rooms and offsets that are read back, in bytes. */
#define SIO_RECOVERY_MAX_NAME 4096

/* 144 random bits: who knows it may take the session over. */
#define SIO_PID_LENGTH 24
void sio_pid_generate (char pid[SIO_PID_LENGTH + 1]);

/* For limits. */
gsize sio_recovery_state_get_memory (SioRecoveryState *self);

G_END_DECLS
