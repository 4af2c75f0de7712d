/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-page.h"

typedef struct
{
  SioaServer *server;
  guint refresh_id;
} SioaPagePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (SioaPage, sioa_page, GTK_TYPE_WIDGET)

static SioaPagePrivate *
get_private (SioaPage *self)
{
  return sioa_page_get_instance_private (self);
}

SioaStore *
sioa_page_get_store (gpointer page)
{
  SioaPagePrivate *priv = get_private (page);

  return priv->server != NULL ? sioa_server_get_store (priv->server) : NULL;
}

void
sioa_page_update (SioaPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    SIOA_PAGE_GET_CLASS (self)->update (self);
}

static void
namespaces_cb (GListModel *model, guint position, guint removed, guint added, SioaPage *self)
{
  SIOA_PAGE_GET_CLASS (self)->set_namespaces (self, model);
}

/* All that follow () connected. */
static void
leave (SioaPage *self)
{
  SioaServer *server = get_private (self)->server;

  if (server == NULL)
    return;
  g_signal_handlers_disconnect_by_data (server, self);
  g_signal_handlers_disconnect_by_data (sioa_server_get_history (server), self);
  g_signal_handlers_disconnect_by_data (sioa_store_get_namespaces (sioa_server_get_store (server)),
                                        self);
}

static void
follow (SioaPage *self, SioaServer *server)
{
  SioaPageClass *klass = SIOA_PAGE_GET_CLASS (self);

  if (klass->shows_samples)
    g_signal_connect_swapped (sioa_server_get_history (server), "added",
                              G_CALLBACK (sioa_page_update), self);
  else
    g_signal_connect_swapped (server, "changed", G_CALLBACK (sioa_page_update), self);
  if (klass->set_namespaces != NULL)
    g_signal_connect (sioa_store_get_namespaces (sioa_server_get_store (server)), "items-changed",
                      G_CALLBACK (namespaces_cb), self);
}

void
sioa_page_set_server (SioaPage *self, SioaServer *server)
{
  SioaPagePrivate *priv = get_private (self);
  SioaPageClass *klass = SIOA_PAGE_GET_CLASS (self);
  g_autoptr (SioaServer) old = priv->server;

  if (server == old)
    {
      g_steal_pointer (&old);
      return;
    }
  leave (self);
  priv->server = server != NULL ? g_object_ref (server) : NULL;
  if (server != NULL)
    follow (self, server);
  klass->set_server (self, server);
  if (klass->set_namespaces != NULL)
    klass->set_namespaces (
        self, server != NULL ? sioa_store_get_namespaces (sioa_server_get_store (server)) : NULL);
}

static gboolean
refresh_cb (gpointer user_data)
{
  SIOA_PAGE_GET_CLASS (user_data)->refresh (user_data);
  return G_SOURCE_CONTINUE;
}

static void
sioa_page_map (GtkWidget *widget)
{
  SioaPageClass *klass = SIOA_PAGE_GET_CLASS (widget);

  GTK_WIDGET_CLASS (sioa_page_parent_class)->map (widget);
  if (klass->refresh_s > 0)
    get_private (SIOA_PAGE (widget))->refresh_id =
        g_timeout_add_seconds (klass->refresh_s, refresh_cb, widget);
  klass->update (SIOA_PAGE (widget));
}

static void
sioa_page_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&get_private (SIOA_PAGE (widget))->refresh_id, g_source_remove);
  GTK_WIDGET_CLASS (sioa_page_parent_class)->unmap (widget);
}

static void
sioa_page_dispose (GObject *object)
{
  g_clear_handle_id (&get_private (SIOA_PAGE (object))->refresh_id, g_source_remove);
  leave (SIOA_PAGE (object));

  G_OBJECT_CLASS (sioa_page_parent_class)->dispose (object);
}

static void
sioa_page_finalize (GObject *object)
{
  g_clear_object (&get_private (SIOA_PAGE (object))->server);

  G_OBJECT_CLASS (sioa_page_parent_class)->finalize (object);
}

static void
sioa_page_class_init (SioaPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_page_finalize;
  GTK_WIDGET_CLASS (klass)->map = sioa_page_map;
  GTK_WIDGET_CLASS (klass)->unmap = sioa_page_unmap;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sioa_page_init (SioaPage *self)
{
}

gboolean
sioa_page_shows_sums (SioaPage *self)
{
  return SIOA_PAGE_GET_CLASS (self)->shows_sums;
}
