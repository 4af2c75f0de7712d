/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-application.h"

G_BEGIN_DECLS

#define SIOA_TYPE_WINDOW (sioa_window_get_type ())
G_DECLARE_FINAL_TYPE (SioaWindow, sioa_window, SIOA, WINDOW, AdwApplicationWindow)

GtkWidget *sioa_window_new (SioaApplication *application);
/* NULL if none is chosen. */
SioaServer *sioa_window_get_server (SioaWindow *self);
/* Of those of its stack: "dashboard", "latency", "sockets", … */
void sioa_window_show_page (SioaWindow *self, const char *name);
AdwViewStack *sioa_window_get_pages (SioaWindow *self);
void sioa_window_set_server (SioaWindow *self, SioaServer *server);

G_END_DECLS
