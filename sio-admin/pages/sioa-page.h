/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-server.h"

G_BEGIN_DECLS

/* A page of the window. Each shows one server at a time, and nothing while hidden. */
#define SIOA_TYPE_PAGE (sioa_page_get_type ())
G_DECLARE_INTERFACE (SioaPage, sioa_page, SIOA, PAGE, GtkWidget)

struct _SioaPageInterface
{
  GTypeInterface parent_iface;

  /* NULL: none. */
  void (*set_server) (SioaPage *self, SioaServer *server);
};

void sioa_page_set_server (SioaPage *self, SioaServer *server);

G_END_DECLS
