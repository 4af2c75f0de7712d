/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-daemon.h"

G_BEGIN_DECLS

/* Tells the service manager, if there is one, what the daemon does: that it is ready, reloads,
 * stops, how many clients there are, and that it is alive. */
typedef struct _SiosService SiosService;

/* Takes what the manager said out of the environment, so that no child takes it for its own. To be
 * called before there are threads. */
void sios_service_init (void);
/* Before the daemon is started. */
SiosService *sios_service_new (SiosDaemon *daemon);
void sios_service_free (SiosService *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosService, sios_service_free)

G_END_DECLS
