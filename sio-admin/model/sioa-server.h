/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-history.h"
#include "sioa-remote.h"
#include "sioa-store.h"

G_BEGIN_DECLS

/* One connection of the sidebar: a backend, what is known through it, and what was. The signal
 * "changed" tells when its name or state is another. */
#define SIOA_TYPE_SERVER (sioa_server_get_type ())
G_DECLARE_FINAL_TYPE (SioaServer, sioa_server, SIOA, SERVER, GObject)

SioaServer *sioa_server_new (const char *name, SioaBackend *backend);
/* For one whose history somebody else writes. */
SioaServer *
sioa_server_new_with_history (const char *name, SioaBackend *backend, SioaHistory *history);
const char *sioa_server_get_name (SioaServer *self);
/* By which it is found again when the program starts anew; NULL if it cannot be. */
const char *sioa_server_get_id (SioaServer *self);
void sioa_server_set_id (SioaServer *self, const char *id);
SioaBackend *sioa_server_get_backend (SioaServer *self);
SioaStore *sioa_server_get_store (SioaServer *self);
SioaHistory *sioa_server_get_history (SioaServer *self);
/* Counted here where the server does not tell; or SIOA_UNKNOWN. */
gint64 sioa_server_count_rooms (SioaServer *self);
/* One line for people: "Connected", "Connecting…", or why not. */
char *sioa_server_describe_state (SioaServer *self);
/* Actions ask twice, and pages have another colour. */
gboolean sioa_server_is_production (SioaServer *self);
void sioa_server_set_production (SioaServer *self, gboolean production);
/* How it is reached; NULL for those that nobody added. */
const SioaRemote *sioa_server_get_remote (SioaServer *self);
/* Takes name and look from it. */
void sioa_server_set_remote (SioaServer *self, const SioaRemote *remote);

G_END_DECLS
