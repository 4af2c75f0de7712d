/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-window.h"

#include <glib/gi18n.h>

#include "sioa-access.h"
#include "sioa-announce-page.h"
#include "sioa-dashboard.h"
#include "sioa-latency-page.h"
#include "sioa-rooms-page.h"
#include "sioa-server-dialog.h"
#include "sioa-sidebar.h"
#include "sioa-sockets-page.h"
#include "sioa-state-bar.h"
#include "sioa-sum.h"

/* Servers on the left, pages about the chosen one on the right; one above the other when narrow. */
struct _SioaWindow
{
  AdwApplicationWindow parent_instance;

  GtkSingleSelection *selection;
  AdwLeaflet *leaflet;
  AdwViewSwitcherTitle *switcher_title;
  AdwViewStack *pages;
  GtkStack *content; /* "empty" or "pages" */
  GtkWidget *back;
  SioaStateBar *state_bar;
  SioaServer *server;
  GSettings *settings; /* NULL */
  char *wanted;        /* ID of the server that was shown last and is not there yet; NULL */
  char *hidden_page;   /* that was left because it shows no sums; NULL */
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

/* A page that goes with one kind of server comes back with the other. */
static void
keep_page (SioaWindow *self, gboolean is_sum)
{
  GtkWidget *page = adw_view_stack_get_visible_child (self->pages);

  if (is_sum && page != NULL && !sioa_page_shows_sums (SIOA_PAGE (page)))
    {
      g_free (self->hidden_page);
      self->hidden_page = g_strdup (adw_view_stack_get_visible_child_name (self->pages));
      sioa_window_show_page (self, "dashboard");
    }
  else if (!is_sum && self->hidden_page != NULL)
    {
      if (g_strcmp0 (adw_view_stack_get_visible_child_name (self->pages), "dashboard") == 0)
        sioa_window_show_page (self, self->hidden_page);
      g_clear_pointer (&self->hidden_page, g_free);
    }
}

static void
show_server (SioaWindow *self, SioaServer *server)
{
  gboolean is_sum = sioa_sum_of (server) != NULL;
  GtkSelectionModel *pages;

  if (server == self->server)
    return;
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_set_object (&self->server, server);
  if (server != NULL)
    g_signal_connect_swapped (server, "changed", G_CALLBACK (update_title), self);
  if (is_sum)
    keep_page (self, TRUE);
  pages = adw_view_stack_get_pages (self->pages);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (pages)); i++)
    {
      g_autoptr (AdwViewStackPage) page = g_list_model_get_item (G_LIST_MODEL (pages), i);
      SioaPage *child = SIOA_PAGE (adw_view_stack_page_get_child (page));
      gboolean fits = !is_sum || sioa_page_shows_sums (child);

      sioa_page_set_server (child, fits ? server : NULL);
      adw_view_stack_page_set_visible (page, fits);
    }
  g_object_unref (pages);
  if (!is_sum)
    keep_page (self, FALSE);
  sioa_state_bar_set_server (self->state_bar, server);
  gtk_stack_set_visible_child_name (self->content, server != NULL ? "pages" : "empty");
  update_title (self);
}

static guint
find_entry (SioaWindow *self, SioaServer *server)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->selection)); i++)
    {
      g_autoptr (SioaServer) entry = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (entry == server)
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

/* One that is not in the list is shown all the same. */
void
sioa_window_set_server (SioaWindow *self, SioaServer *server)
{
  guint position = server != NULL ? find_entry (self, server) : GTK_INVALID_LIST_POSITION;

  g_clear_pointer (&self->wanted, g_free);
  if (position != GTK_INVALID_LIST_POSITION)
    gtk_single_selection_set_selected (self->selection, position);
  show_server (self, server);
}

/* The server that was shown last may come later than others. */
static void
select_wanted (SioaWindow *self)
{
  for (guint i = 0;
       self->wanted != NULL && i < g_list_model_get_n_items (G_LIST_MODEL (self->selection)); i++)
    {
      g_autoptr (SioaServer) server = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (g_strcmp0 (sioa_server_get_id (server), self->wanted) == 0)
        sioa_window_set_server (self, server);
    }
}

static void
entries_cb (GListModel *entries, guint position, guint removed, guint added, SioaWindow *self)
{
  select_wanted (self);
}

static void
selected_cb (GtkSingleSelection *selection, GParamSpec *spec, SioaWindow *self)
{
  show_server (self, gtk_single_selection_get_selected_item (selection));
}

/* Not one that is shown only because that one is not there. */
static void
save_server (SioaWindow *self)
{
  if (self->settings != NULL && self->wanted == NULL && self->server != NULL &&
      sioa_server_get_id (self->server) != NULL)
    g_settings_set_string (self->settings, "server", sioa_server_get_id (self->server));
}

static void
chosen_cb (SioaSidebar *sidebar, SioaWindow *self)
{
  g_clear_pointer (&self->wanted, g_free);
  save_server (self);
  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

static void
folded_cb (AdwLeaflet *leaflet, GParamSpec *spec, SioaSidebar *sidebar)
{
  sioa_sidebar_set_folded (sidebar, adw_leaflet_get_folded (leaflet));
}

static void
back_cb (GtkButton *button, SioaWindow *self)
{
  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

static void
add_page (SioaWindow *self, GtkWidget *page, const char *name, const char *title, const char *icon)
{
  adw_view_stack_page_set_icon_name (adw_view_stack_add_titled (self->pages, page, name, title),
                                     icon);
  sioa_access_follow_stack (page);
}

static GtkWidget *
make_content (SioaWindow *self, SioaApplication *application)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *empty = adw_status_page_new ();
  GtkWidget *add = gtk_button_new_with_mnemonic (_ ("_Add a Server…"));
  GtkWidget *bar = adw_view_switcher_bar_new ();
  GtkWidget *toasts = adw_toast_overlay_new ();
  GtkWidget *sockets = sioa_sockets_page_new ();

  self->pages = ADW_VIEW_STACK (adw_view_stack_new ());
  /* No page needs to be as large as another one: those that are not seen are not even measured. */
  adw_view_stack_set_hhomogeneous (self->pages, FALSE);
  adw_view_stack_set_vhomogeneous (self->pages, FALSE);
  add_page (self, sioa_dashboard_new (), "dashboard", _ ("Dashboard"), "view-grid-symbolic");
  add_page (self, sioa_latency_page_new (), "latency", _ ("Latency"),
            "preferences-system-time-symbolic");
  add_page (self, sockets, "sockets", _ ("Sockets"), "network-wired-symbolic");
  add_page (self, sioa_rooms_page_new (), "rooms", _ ("Rooms"), "system-users-symbolic");
  add_page (self,
            sioa_announce_page_new (sioa_application_get_announcements (application),
                                    SIOA_SOCKETS_PAGE (sockets)),
            "announce", _ ("Announcements"), "mail-send-symbolic");
  self->switcher_title = ADW_VIEW_SWITCHER_TITLE (adw_view_switcher_title_new ());
  adw_view_switcher_title_set_stack (self->switcher_title, self->pages);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), GTK_WIDGET (self->switcher_title));
  self->back = gtk_button_new_from_icon_name ("go-previous-symbolic");
  gtk_widget_set_tooltip_text (self->back, _ ("Servers"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->back), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Servers"), -1);
  g_signal_connect (self->back, "clicked", G_CALLBACK (back_cb), self);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->back);
  adw_view_switcher_bar_set_stack (ADW_VIEW_SWITCHER_BAR (bar), self->pages);
  g_object_bind_property (self->switcher_title, "title-visible", bar, "reveal",
                          G_BINDING_SYNC_CREATE);
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (empty), "network-server-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (empty), _ ("No Server"));
  adw_status_page_set_description (ADW_STATUS_PAGE (empty), _ ("Add one to see what it does."));
  gtk_widget_add_css_class (add, "pill");
  gtk_widget_add_css_class (add, "suggested-action");
  gtk_widget_set_halign (add, GTK_ALIGN_CENTER);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (add), "win.add-server");
  adw_status_page_set_child (ADW_STATUS_PAGE (empty), add);
  self->content = GTK_STACK (gtk_stack_new ());
  gtk_stack_add_named (self->content, empty, "empty");
  gtk_stack_add_named (self->content, GTK_WIDGET (self->pages), "pages");
  sioa_access_follow_stack (empty);
  sioa_access_follow_stack (GTK_WIDGET (self->pages));
  gtk_widget_set_vexpand (GTK_WIDGET (self->content), TRUE);
  gtk_box_append (GTK_BOX (box), header);
  self->state_bar = SIOA_STATE_BAR (sioa_state_bar_new (sioa_application_get_saved (application)));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->state_bar));
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (toasts), GTK_WIDGET (self->content));
  gtk_box_append (GTK_BOX (box), toasts);
  gtk_box_append (GTK_BOX (box), bar);
  gtk_widget_set_hexpand (box, TRUE);
  return box;
}

static void
show_page_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sioa_window_show_page (user_data, g_variant_get_string (parameter, NULL));
}

void
sioa_window_show_page (SioaWindow *self, const char *name)
{
  if (adw_view_stack_get_child_by_name (self->pages, name) != NULL)
    adw_view_stack_set_visible_child_name (self->pages, name);
}

AdwViewStack *
sioa_window_get_pages (SioaWindow *self)
{
  return self->pages;
}

static void
close_popovers (GtkWidget *widget)
{
  GtkWidget *next;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = next)
    {
      next = gtk_widget_get_next_sibling (child);
      if (GTK_IS_POPOVER (child) && gtk_widget_get_visible (child))
        gtk_popover_popdown (GTK_POPOVER (child));
      close_popovers (child);
    }
}

/* GTK 4.8 never frees a popover that is open when its window goes. */
static void
sioa_window_unmap (GtkWidget *widget)
{
  close_popovers (widget);

  GTK_WIDGET_CLASS (sioa_window_parent_class)->unmap (widget);
}

static void
sioa_window_dispose (GObject *object)
{
  SioaWindow *self = SIOA_WINDOW (object);

  save_server (self);
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_object (&self->server);
  g_clear_object (&self->selection);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->wanted, g_free);
  g_clear_pointer (&self->hidden_page, g_free);

  G_OBJECT_CLASS (sioa_window_parent_class)->dispose (object);
}

static void
add_server_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaApplication *application =
      SIOA_APPLICATION (gtk_window_get_application (GTK_WINDOW (widget)));

  sioa_server_dialog_run (GTK_WINDOW (widget), sioa_application_get_saved (application), NULL);
}

/* By its place among all servers: that of the sum is not one of them. */
static void
show_server_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaWindow *self = SIOA_WINDOW (widget);
  SioaApplication *application =
      SIOA_APPLICATION (gtk_window_get_application (GTK_WINDOW (widget)));
  g_autoptr (SioaServer) wanted = g_list_model_get_item (
      G_LIST_MODEL (sioa_application_get_servers (application)), g_variant_get_uint32 (parameter));

  if (wanted != NULL)
    sioa_window_set_server (self, wanted);
}

/* By the ID of one that was added. */
static void
select_server_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaWindow *self = SIOA_WINDOW (widget);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->selection)); i++)
    {
      g_autoptr (SioaServer) server = g_list_model_get_item (G_LIST_MODEL (self->selection), i);
      const SioaRemote *remote = sioa_server_get_remote (server);

      if (remote != NULL && g_strcmp0 (remote->id, g_variant_get_string (parameter, NULL)) == 0)
        sioa_window_set_server (self, server);
    }
}

static void
page_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaWindow *self = SIOA_WINDOW (widget);
  g_autoptr (GtkSelectionModel) pages = adw_view_stack_get_pages (self->pages);
  int position = g_variant_get_int32 (parameter);

  if (position < 0 || position >= (int) g_list_model_get_n_items (G_LIST_MODEL (pages)))
    return;
  gtk_selection_model_select_item (pages, (guint) position, TRUE);
  /* The keys of the page work at once. */
  gtk_widget_child_focus (adw_view_stack_get_visible_child (self->pages), GTK_DIR_TAB_FORWARD);
}

static void
sioa_window_class_init (SioaWindowClass *klass)
{
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "win.add-server", NULL, add_server_cb);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "win.page", "i", page_cb);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "win.show-server", "u",
                                   show_server_cb);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "win.select-server", "s",
                                   select_server_cb);
  G_OBJECT_CLASS (klass)->dispose = sioa_window_dispose;
  GTK_WIDGET_CLASS (klass)->unmap = sioa_window_unmap;
}

static void
sioa_window_init (SioaWindow *self)
{
  static const GActionEntry actions[] = { { "show-page", show_page_cb, "s" } };

  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  gtk_window_set_default_size (GTK_WINDOW (self), 1100, 760);
  gtk_widget_set_size_request (GTK_WIDGET (self), 360, 294);
}

static GtkWidget *
get_page (SioaWindow *self, const char *name)
{
  return adw_view_stack_get_child_by_name (self->pages, name);
}

/* How a window was left, the next one begins. */
static void
keep_state (SioaWindow *self, GSettings *settings)
{
  static const char *const properties[][2] = { { "window-width", "default-width" },
                                               { "window-height", "default-height" },
                                               { "window-maximized", "maximized" } };
  g_autofree char *page = NULL;
  g_autofree char *server = NULL;

  if (settings == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    g_settings_bind (settings, properties[i][0], self, properties[i][1],
                     G_SETTINGS_BIND_GET | G_SETTINGS_BIND_SET | G_SETTINGS_BIND_GET_NO_CHANGES);
  page = g_settings_get_string (settings, "page");
  if (adw_view_stack_get_child_by_name (self->pages, page) != NULL)
    adw_view_stack_set_visible_child_name (self->pages, page);
  g_settings_bind (settings, "page", self->pages, "visible-child-name", G_SETTINGS_BIND_SET);
  sioa_sockets_page_keep (SIOA_SOCKETS_PAGE (get_page (self, "sockets")), settings);
  sioa_rooms_page_keep (SIOA_ROOMS_PAGE (get_page (self, "rooms")), settings);
  sioa_latency_page_keep (SIOA_LATENCY_PAGE (get_page (self, "latency")), settings);
  server = g_settings_get_string (settings, "server");
  if (*server != '\0')
    self->wanted = g_steal_pointer (&server);
  self->settings = g_object_ref (settings);
  select_wanted (self);
}

GtkWidget *
sioa_window_new (SioaApplication *application)
{
  SioaWindow *self = g_object_new (SIOA_TYPE_WINDOW, "application", application, "title",
                                   g_get_application_name (), NULL);
  AdwLeafletPage *page;
  GtkWidget *content;
  GtkWidget *sidebar;

  self->leaflet = ADW_LEAFLET (adw_leaflet_new ());
  sidebar = sioa_sidebar_new (application);
  self->selection = g_object_ref (sioa_sidebar_get_selection (SIOA_SIDEBAR (sidebar)));
  g_signal_connect (sidebar, "chosen", G_CALLBACK (chosen_cb), self);
  g_signal_connect_object (self->leaflet, "notify::folded", G_CALLBACK (folded_cb), sidebar, 0);
  adw_leaflet_append (self->leaflet, sidebar);
  page = adw_leaflet_append (self->leaflet, gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_leaflet_page_set_navigatable (page, FALSE);
  content = make_content (self, application);
  adw_leaflet_append (self->leaflet, content);
  adw_leaflet_set_visible_child (self->leaflet, content);
  adw_leaflet_set_fold_threshold_policy (self->leaflet, ADW_FOLD_THRESHOLD_POLICY_MINIMUM);
  adw_leaflet_set_can_navigate_back (self->leaflet, TRUE);
  g_object_bind_property (self->leaflet, "folded", self->back, "visible", G_BINDING_SYNC_CREATE);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), GTK_WIDGET (self->leaflet));
  g_signal_connect (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self);
  g_signal_connect_after (self->selection, "items-changed", G_CALLBACK (entries_cb), self);
  selected_cb (self->selection, NULL, self);
  keep_state (self, sioa_application_get_settings (application));
  folded_cb (self->leaflet, NULL, SIOA_SIDEBAR (sidebar));
  return GTK_WIDGET (self);
}
