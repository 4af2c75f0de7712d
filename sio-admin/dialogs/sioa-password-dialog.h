/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-servers.h"

G_BEGIN_DECLS

/* Asks for the password of a server that refused the one that it was given, and connects. */
void sioa_password_dialog_run (GtkWindow *parent, SioaServers *servers, SioaServer *server);

G_END_DECLS
