/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-notify.h"

G_BEGIN_DECLS

/* Tells the service manager that the server is alive, as long as it is: each time only after
 * something went through the engine's loop. */
typedef struct _SiosWatchdog SiosWatchdog;

/* @interval: what the manager waits for, in µs; half of it passes between messages. @notify has to
 * live as long. */
SiosWatchdog *sios_watchdog_new (SioEngine *engine, SiosNotify *notify, guint64 interval);
void sios_watchdog_free (SiosWatchdog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosWatchdog, sios_watchdog_free)

G_END_DECLS
