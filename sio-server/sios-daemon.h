/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-options.h"

G_BEGIN_DECLS

#define SIOS_TYPE_DAEMON (sios_daemon_get_type ())

G_DECLARE_FINAL_TYPE (SiosDaemon, sios_daemon, SIOS, DAEMON, GObject)

SiosDaemon *sios_daemon_new (void);
/* Sets the server up and listens. FALSE with an error of one line when an address cannot be
 * used. */
gboolean sios_daemon_start (SiosDaemon *self, const SiosOptions *options, GError **error);
/* (transfer none) */
SioServer *sios_daemon_get_server (SiosDaemon *self);
/* Closes all sessions; @callback comes when everything has left. */
void sios_daemon_stop_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sios_daemon_stop_finish (SiosDaemon *self, GAsyncResult *result, GError **error);

G_END_DECLS
