/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-application.h"

G_BEGIN_DECLS

/* The list of servers, and what can be done to the list. The signal "chosen" tells that somebody
 * wants to see the selected one. */
#define SIOA_TYPE_SIDEBAR (sioa_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (SioaSidebar, sioa_sidebar, SIOA, SIDEBAR, GtkWidget)

GtkWidget *sioa_sidebar_new (SioaApplication *application);
GtkSingleSelection *sioa_sidebar_get_selection (SioaSidebar *self);
/* Whether buttons of the window belong here. */
void sioa_sidebar_set_folded (SioaSidebar *self, gboolean folded);

G_END_DECLS
