/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-server.h"

G_BEGIN_DECLS

/* A page of the window. Each shows one server at a time, and nothing while hidden. */
#define SIOA_TYPE_PAGE (sioa_page_get_type ())
G_DECLARE_DERIVABLE_TYPE (SioaPage, sioa_page, SIOA, PAGE, GtkWidget)

struct _SioaPageClass
{
  GtkWidgetClass parent_class;

  /* It is another one, or none: NULL. The page holds it until it is finalized. */
  void (*set_server) (SioaPage *self, SioaServer *server);
  /* Its namespaces came or went, or are those of another server; NULL: there is none. */
  void (*set_namespaces) (SioaPage *self, GListModel *namespaces);
  /* Something is new. Only while the page is seen, and when it comes to be seen. */
  void (*update) (SioaPage *self);
  /* Every @refresh_s seconds while the page is seen; 0: never. */
  void (*refresh) (SioaPage *self);
  guint refresh_s;
  /* What is new are figures, not the name or the state of the server. */
  gboolean shows_samples;
  /* Whether it can show several servers in sum. */
  gboolean shows_sums;
};

void sioa_page_set_server (SioaPage *self, SioaServer *server);
/* For sorters: a SioaStoreFunc; NULL: no server. */
SioaStore *sioa_page_get_store (gpointer page);
/* Updates it if it is seen. */
void sioa_page_update (SioaPage *self);
gboolean sioa_page_shows_sums (SioaPage *self);

G_END_DECLS
