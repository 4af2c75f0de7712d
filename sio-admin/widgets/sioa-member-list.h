/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-sum.h"

G_BEGIN_DECLS

/* The servers of a sum, each with its state and what it adds. A click shows it alone. Not seen
 * without a sum. */
#define SIOA_TYPE_MEMBER_LIST (sioa_member_list_get_type ())
G_DECLARE_FINAL_TYPE (SioaMemberList, sioa_member_list, SIOA, MEMBER_LIST, GtkWidget)

GtkWidget *sioa_member_list_new (void);
void sioa_member_list_set_sum (SioaMemberList *self, SioaSum *sum);
/* When there is something new. */
void sioa_member_list_update (SioaMemberList *self);

G_END_DECLS
