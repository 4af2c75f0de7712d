/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-server.h"

G_BEGIN_DECLS

/* Everything about one socket, beside a table of them. */
#define SIOA_TYPE_SOCKET_DETAILS (sioa_socket_details_get_type ())
G_DECLARE_FINAL_TYPE (SioaSocketDetails, sioa_socket_details, SIOA, SOCKET_DETAILS, GtkWidget)

GtkWidget *sioa_socket_details_new (void);
/* NULL: none. */
void
sioa_socket_details_set_socket (SioaSocketDetails *self, SioaServer *server, SioaSocket *socket);

G_END_DECLS
