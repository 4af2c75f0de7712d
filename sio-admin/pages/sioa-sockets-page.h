/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-page.h"

G_BEGIN_DECLS

#define SIOA_TYPE_SOCKETS_PAGE (sioa_sockets_page_get_type ())
G_DECLARE_FINAL_TYPE (SioaSocketsPage, sioa_sockets_page, SIOA, SOCKETS_PAGE, SioaPage)

GtkWidget *sioa_sockets_page_new (void);
/* Of SioaSocket (transfer full). */
GPtrArray *sioa_sockets_page_list_selected (SioaSocketsPage *self);
/* Its columns stay as somebody left them. */
void sioa_sockets_page_keep (SioaSocketsPage *self, GSettings *settings);

G_END_DECLS
