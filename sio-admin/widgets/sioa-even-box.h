/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Children of equal width in rows of equal length: six of them are in one row, or three, two or
 * one in each, whatever fits, but never five and one. */
#define SIOA_TYPE_EVEN_BOX (sioa_even_box_get_type ())
G_DECLARE_FINAL_TYPE (SioaEvenBox, sioa_even_box, SIOA, EVEN_BOX, GtkWidget)

GtkWidget *sioa_even_box_new (int spacing);
void sioa_even_box_append (SioaEvenBox *self, GtkWidget *child);

G_END_DECLS
