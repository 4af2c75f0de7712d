/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-window.h"

#include <glib/gi18n.h>

#include "sioa-dashboard.h"
#include "sioa-sockets-page.h"

/* Servers on the left, pages about the chosen one on the right; one above the other when narrow. */
struct _SioaWindow
{
  AdwApplicationWindow parent_instance;

  GtkSingleSelection *selection;
  AdwLeaflet *leaflet;
  AdwWindowTitle *title;
  AdwViewSwitcherTitle *switcher_title;
  AdwViewStack *pages;
  GtkStack *content; /* "empty" or "pages" */
  GtkWidget *back;
  SioaServer *server;
};

G_DEFINE_FINAL_TYPE (SioaWindow, sioa_window, ADW_TYPE_APPLICATION_WINDOW)

static void
update_title (SioaWindow *self)
{
  g_autofree char *state = NULL;

  if (self->server == NULL)
    {
      adw_view_switcher_title_set_title (self->switcher_title, g_get_application_name ());
      adw_view_switcher_title_set_subtitle (self->switcher_title, NULL);
      return;
    }
  state = sioa_server_describe_state (self->server);
  adw_view_switcher_title_set_title (self->switcher_title, sioa_server_get_name (self->server));
  adw_view_switcher_title_set_subtitle (self->switcher_title, state);
  if (sioa_server_is_production (self->server))
    gtk_widget_add_css_class (GTK_WIDGET (self), "production");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "production");
}

SioaServer *
sioa_window_get_server (SioaWindow *self)
{
  return self->server;
}

void
sioa_window_set_server (SioaWindow *self, SioaServer *server)
{
  GtkSelectionModel *pages;

  if (server == self->server)
    return;
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_set_object (&self->server, server);
  if (server != NULL)
    g_signal_connect_swapped (server, "changed", G_CALLBACK (update_title), self);
  pages = adw_view_stack_get_pages (self->pages);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (pages)); i++)
    {
      g_autoptr (AdwViewStackPage) page = g_list_model_get_item (G_LIST_MODEL (pages), i);

      sioa_page_set_server (SIOA_PAGE (adw_view_stack_page_get_child (page)), server);
    }
  g_object_unref (pages);
  gtk_stack_set_visible_child_name (self->content, server != NULL ? "pages" : "empty");
  update_title (self);
}

static void
selected_cb (GtkSingleSelection *selection, GParamSpec *spec, SioaWindow *self)
{
  sioa_window_set_server (self, gtk_single_selection_get_selected_item (selection));
}

static void
row_activated_cb (GtkListView *view, guint position, SioaWindow *self)
{
  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

static void
update_row (GtkListItem *item)
{
  SioaServer *server = gtk_list_item_get_item (item);
  GtkWidget *box = gtk_list_item_get_child (item);
  GtkWidget *name = gtk_widget_get_first_child (box);
  GtkWidget *state = gtk_widget_get_last_child (box);
  g_autofree char *text = sioa_server_describe_state (server);
  g_autofree char *spoken = g_strdup_printf ("%s, %s", sioa_server_get_name (server), text);

  gtk_inscription_set_text (GTK_INSCRIPTION (name), sioa_server_get_name (server));
  gtk_inscription_set_text (GTK_INSCRIPTION (state), text);
  /* GTK 4.8 names rows after their class. */
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_parent (box)),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
setup_row_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *name = gtk_inscription_new (NULL);
  GtkWidget *state = gtk_inscription_new (NULL);

  gtk_widget_add_css_class (box, "server-row");
  gtk_widget_add_css_class (state, "caption");
  gtk_widget_add_css_class (state, "dim-label");
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (name),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (state),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), state);
  gtk_list_item_set_child (item, box);
}

static void
bind_row_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  g_signal_connect_swapped (gtk_list_item_get_item (item), "changed", G_CALLBACK (update_row),
                            item);
  update_row (item);
}

static void
unbind_row_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  g_signal_handlers_disconnect_by_data (gtk_list_item_get_item (item), item);
}

static GtkWidget *
make_menu_button (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  g_menu_append (menu, _ ("_New Window"), "app.new-window");
  g_menu_append (menu, _ ("_About Socket.IO Administration"), "app.about");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "open-menu-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_menu_button_set_primary (GTK_MENU_BUTTON (button), TRUE);
  gtk_widget_set_tooltip_text (button, _ ("Main Menu"));
  return button;
}

static GtkWidget *
make_sidebar (SioaWindow *self, GListModel *servers)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget *view;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_row_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_row_cb), NULL);
  self->selection = gtk_single_selection_new (g_object_ref (servers));
  view = gtk_list_view_new (GTK_SELECTION_MODEL (g_object_ref (self->selection)), factory);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Servers"), -1);
  gtk_list_view_set_single_click_activate (GTK_LIST_VIEW (view), TRUE);
  g_signal_connect (view, "activate", G_CALLBACK (row_activated_cb), self);
  gtk_widget_add_css_class (view, "navigation-sidebar");
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), view);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_widget_set_vexpand (scroller, TRUE);
  self->title = ADW_WINDOW_TITLE (adw_window_title_new (_ ("Servers"), NULL));
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), GTK_WIDGET (self->title));
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), make_menu_button ());
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), scroller);
  gtk_widget_set_size_request (box, 240, -1);
  gtk_widget_set_hexpand (box, FALSE);
  g_object_bind_property (self->leaflet, "folded", header, "show-end-title-buttons",
                          G_BINDING_SYNC_CREATE);
  return box;
}

static void
back_cb (GtkButton *button, SioaWindow *self)
{
  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

static GtkWidget *
make_content (SioaWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *empty = adw_status_page_new ();
  GtkWidget *bar = adw_view_switcher_bar_new ();
  GtkWidget *toasts = adw_toast_overlay_new ();
  AdwViewStackPage *page;

  self->pages = ADW_VIEW_STACK (adw_view_stack_new ());
  page =
      adw_view_stack_add_titled (self->pages, sioa_dashboard_new (), "dashboard", _ ("Dashboard"));
  adw_view_stack_page_set_icon_name (page, "view-grid-symbolic");
  page =
      adw_view_stack_add_titled (self->pages, sioa_sockets_page_new (), "sockets", _ ("Sockets"));
  adw_view_stack_page_set_icon_name (page, "network-wired-symbolic");
  self->switcher_title = ADW_VIEW_SWITCHER_TITLE (adw_view_switcher_title_new ());
  adw_view_switcher_title_set_stack (self->switcher_title, self->pages);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), GTK_WIDGET (self->switcher_title));
  self->back = gtk_button_new_from_icon_name ("go-previous-symbolic");
  gtk_widget_set_tooltip_text (self->back, _ ("Servers"));
  g_signal_connect (self->back, "clicked", G_CALLBACK (back_cb), self);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->back);
  adw_view_switcher_bar_set_stack (ADW_VIEW_SWITCHER_BAR (bar), self->pages);
  g_object_bind_property (self->switcher_title, "title-visible", bar, "reveal",
                          G_BINDING_SYNC_CREATE);
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (empty), "network-server-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (empty), _ ("No Server"));
  adw_status_page_set_description (ADW_STATUS_PAGE (empty),
                                   _ ("Choose one of the list to see what it does."));
  self->content = GTK_STACK (gtk_stack_new ());
  gtk_stack_add_named (self->content, empty, "empty");
  gtk_stack_add_named (self->content, GTK_WIDGET (self->pages), "pages");
  gtk_widget_set_vexpand (GTK_WIDGET (self->content), TRUE);
  gtk_box_append (GTK_BOX (box), header);
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (toasts), GTK_WIDGET (self->content));
  gtk_box_append (GTK_BOX (box), toasts);
  gtk_box_append (GTK_BOX (box), bar);
  gtk_widget_set_hexpand (box, TRUE);
  return box;
}

static void
sioa_window_dispose (GObject *object)
{
  SioaWindow *self = SIOA_WINDOW (object);

  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_object (&self->server);
  g_clear_object (&self->selection);

  G_OBJECT_CLASS (sioa_window_parent_class)->dispose (object);
}

static void
sioa_window_class_init (SioaWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_window_dispose;
}

static void
sioa_window_init (SioaWindow *self)
{
  gtk_window_set_default_size (GTK_WINDOW (self), 1100, 760);
  gtk_widget_set_size_request (GTK_WIDGET (self), 360, 294);
}

GtkWidget *
sioa_window_new (SioaApplication *application)
{
  SioaWindow *self = g_object_new (SIOA_TYPE_WINDOW, "application", application, "title",
                                   g_get_application_name (), NULL);
  AdwLeafletPage *page;
  GtkWidget *content;

  self->leaflet = ADW_LEAFLET (adw_leaflet_new ());
  adw_leaflet_append (
      self->leaflet,
      make_sidebar (self, G_LIST_MODEL (sioa_application_get_servers (application))));
  page = adw_leaflet_append (self->leaflet, gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_leaflet_page_set_navigatable (page, FALSE);
  content = make_content (self);
  adw_leaflet_append (self->leaflet, content);
  adw_leaflet_set_visible_child (self->leaflet, content);
  adw_leaflet_set_fold_threshold_policy (self->leaflet, ADW_FOLD_THRESHOLD_POLICY_MINIMUM);
  adw_leaflet_set_can_navigate_back (self->leaflet, TRUE);
  g_object_bind_property (self->leaflet, "folded", self->back, "visible", G_BINDING_SYNC_CREATE);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), GTK_WIDGET (self->leaflet));
  g_signal_connect (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self);
  selected_cb (self->selection, NULL, self);
  return GTK_WIDGET (self);
}
