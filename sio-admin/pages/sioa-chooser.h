/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A button with a popover, to choose which columns of @view are shown and by which it is sorted:
 * headers of GTK 4.8 cannot be reached with keys. */
GtkWidget *sioa_chooser_new (GtkColumnView *view);

G_END_DECLS
