/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-page.h"

G_BEGIN_DECLS

/* Rooms and namespaces with their members, and what can be done to them. */
#define SIOA_TYPE_ROOMS_PAGE (sioa_rooms_page_get_type ())
G_DECLARE_FINAL_TYPE (SioaRoomsPage, sioa_rooms_page, SIOA, ROOMS_PAGE, SioaPage)

GtkWidget *sioa_rooms_page_new (void);
/* Whether private rooms are shown stays as somebody left it. */
void sioa_rooms_page_keep (SioaRoomsPage *self, GSettings *settings);

G_END_DECLS
