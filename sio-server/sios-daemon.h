/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-config.h"

G_BEGIN_DECLS

#define SIOS_TYPE_DAEMON (sios_daemon_get_type ())

G_DECLARE_FINAL_TYPE (SiosDaemon, sios_daemon, SIOS, DAEMON, GObject)

/* @sources are read again for each reload. */
SiosDaemon *sios_daemon_new (const SiosSources *sources);
/* (transfer none) */
SioServer *sios_daemon_get_server (SiosDaemon *self);
/* Sets the server up, loads saved sessions and listens. An error of one line when an address
 * cannot be used. */
void sios_daemon_start_async (SiosDaemon *self,
                              SiosConfig *config,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean sios_daemon_start_finish (SiosDaemon *self, GAsyncResult *result, GError **error);
/* Reads the configuration again, in another thread, and takes it over if all of it is right. The
 * log tells what happened. */
void sios_daemon_reload (SiosDaemon *self);
/* Closes all sessions, and saves those that may come back. */
void sios_daemon_stop_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sios_daemon_stop_finish (SiosDaemon *self, GAsyncResult *result, GError **error);

G_END_DECLS
