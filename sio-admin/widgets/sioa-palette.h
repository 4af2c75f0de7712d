/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define SIOA_N_COLORS 4

/* Of the theme, so that they fit it; others when it is dark: at least three to one against it. */
void sioa_palette_get (GtkWidget *widget, guint number, GdkRGBA *color);

G_END_DECLS
