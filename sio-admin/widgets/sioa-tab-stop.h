/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define SIOA_TYPE_TAB_STOP (sioa_tab_stop_get_type ())
G_DECLARE_FINAL_TYPE (SioaTabStop, sioa_tab_stop, SIOA, TAB_STOP, GtkWidget)

GtkWidget *sioa_tab_stop_new (GtkWidget *child);

G_END_DECLS
