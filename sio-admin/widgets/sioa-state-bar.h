/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-servers.h"

G_BEGIN_DECLS

/* While a server is not connected: why, and what can be done about it. */
#define SIOA_TYPE_STATE_BAR (sioa_state_bar_get_type ())
G_DECLARE_FINAL_TYPE (SioaStateBar, sioa_state_bar, SIOA, STATE_BAR, GtkWidget)

GtkWidget *sioa_state_bar_new (SioaServers *servers);
/* NULL: none. */
void sioa_state_bar_set_server (SioaStateBar *self, SioaServer *server);

G_END_DECLS
