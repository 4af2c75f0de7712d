/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What GTK 4.8 does not do by itself for people who do not see the window, or have no mouse. */

/* A control without a text: what it is called by readers, and where the pointer rests on it. */
void sioa_access_set_name (GtkWidget *widget, const char *name);

/* Of a drop down, and of the button in it that gets the focus. */
void sioa_access_name_drop_down (GtkWidget *drop_down, const char *name);

/* A child of a stack is hidden from readers, too, while another one is shown. */
void sioa_access_follow_stack (GtkWidget *child);

/* Columns and rows of a table, which are named after their classes. */
void sioa_access_name_columns (GtkColumnView *view);
void sioa_access_name_row (GtkWidget *cell, const char *name);

G_END_DECLS
