/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-server.h"

G_BEGIN_DECLS

/* A server in the sidebar: its name, whether it is in production, and its state as icon and text.
 */
#define SIOA_TYPE_SERVER_ROW (sioa_server_row_get_type ())
G_DECLARE_FINAL_TYPE (SioaServerRow, sioa_server_row, SIOA, SERVER_ROW, GtkWidget)

GtkWidget *sioa_server_row_new (void);
/* NULL: none. */
void sioa_server_row_set_server (SioaServerRow *self, SioaServer *server);
/* Of the icon theme, and of its style sheet. */
const char *sioa_server_row_get_icon (SioaState state);
const char *sioa_server_row_get_class (SioaState state);

G_END_DECLS
