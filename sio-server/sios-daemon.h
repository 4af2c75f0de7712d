/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-config.h"

G_BEGIN_DECLS

#define SIOS_TYPE_DAEMON (sios_daemon_get_type ())

G_DECLARE_FINAL_TYPE (SiosDaemon, sios_daemon, SIOS, DAEMON, GObject)

typedef enum
{
  SIOS_DAEMON_STARTING,
  SIOS_DAEMON_RUNNING,
  SIOS_DAEMON_DRAINING, /* takes no new sessions; also when none is left */
  SIOS_DAEMON_STOPPING
} SiosDaemonState;

/* Signals: "notify::state" and "notify::reloading". */

/* @sources are read again for each reload. */
SiosDaemon *sios_daemon_new (const SiosSources *sources);
/* (transfer none) */
SioServer *sios_daemon_get_server (SiosDaemon *self);
/* (transfer none): what is in force; NULL before the start */
SiosConfig *sios_daemon_get_config (SiosDaemon *self);
SiosDaemonState sios_daemon_get_state (SiosDaemon *self);
gboolean sios_daemon_is_reloading (SiosDaemon *self);

/* Sets the server up, loads saved sessions and listens. An error of one line when an address
 * cannot be used. */
void sios_daemon_start_async (SiosDaemon *self,
                              SiosConfig *config,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean sios_daemon_start_finish (SiosDaemon *self, GAsyncResult *result, GError **error);
/* The start is not finished before each hold was released: by whoever has to be ready, too, such
 * as the name on the bus. Only before or during the start. */
void sios_daemon_hold_start (SiosDaemon *self);
void sios_daemon_release_start (SiosDaemon *self);

/* Reads the configuration again, in another thread, and takes it over if all of it is right. The
 * log tells what happened, too. @callback may be NULL. */
void sios_daemon_reload_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data);
/* TRUE: it was taken over; @messages are warnings, such as keys that need a restart. FALSE: all
 * stays as it was; @messages, and @error together, are all that is wrong, a line each.
 * @messages: (out) (optional) (transfer full), also with FALSE; @n_changed: (out) (optional) */
gboolean sios_daemon_reload_finish (
    SiosDaemon *self, GAsyncResult *result, char ***messages, guint *n_changed, GError **error);

/* Takes no new sessions, and closes those there are, @rate of them per second, the last one after
 * @timeout milliseconds at the latest; 0 means drain-rate and drain-timeout of [server]. The
 * daemon goes on without sessions until sios_daemon_resume (). */
void sios_daemon_drain_async (
    SiosDaemon *self, guint rate, guint timeout, GAsyncReadyCallback callback, gpointer user_data);
/* FALSE with G_IO_ERROR_CANCELLED after sios_daemon_resume () */
gboolean sios_daemon_drain_finish (SiosDaemon *self, GAsyncResult *result, GError **error);
/* Takes new sessions again. */
void sios_daemon_resume (SiosDaemon *self);

/* Drains, closes, and saves the sessions that may come back. */
void sios_daemon_stop_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sios_daemon_stop_finish (SiosDaemon *self, GAsyncResult *result, GError **error);

G_END_DECLS
