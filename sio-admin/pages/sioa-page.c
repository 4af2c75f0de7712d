/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-page.h"

G_DEFINE_INTERFACE (SioaPage, sioa_page, GTK_TYPE_WIDGET)

static void
sioa_page_default_init (SioaPageInterface *iface)
{
}

void
sioa_page_set_server (SioaPage *self, SioaServer *server)
{
  SIOA_PAGE_GET_IFACE (self)->set_server (self, server);
}
