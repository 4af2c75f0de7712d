/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-announcements.h"
#include "sioa-page.h"
#include "sioa-sockets-page.h"

G_BEGIN_DECLS

/* Writes announcements, and shows those that were sent and will be. */
#define SIOA_TYPE_ANNOUNCE_PAGE (sioa_announce_page_get_type ())
G_DECLARE_FINAL_TYPE (SioaAnnouncePage, sioa_announce_page, SIOA, ANNOUNCE_PAGE, SioaPage)

/* @sockets: where sockets are selected */
GtkWidget *sioa_announce_page_new (SioaAnnouncements *announcements, SioaSocketsPage *sockets);

G_END_DECLS
