/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "sioa-servers.h"

G_BEGIN_DECLS

/* Adds a server, or changes one, and tries it out on request. */
#define SIOA_TYPE_SERVER_DIALOG (sioa_server_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SioaServerDialog, sioa_server_dialog, SIOA, SERVER_DIALOG, AdwWindow)

/* @server: NULL to add one. */
void sioa_server_dialog_run (GtkWindow *parent, SioaServers *servers, SioaServer *server);

G_END_DECLS
