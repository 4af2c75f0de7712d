/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-sockets-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "sioa-access.h"
#include "sioa-actions.h"
#include "sioa-chooser.h"
#include "sioa-column-keeper.h"
#include "sioa-socket-columns.h"
#include "sioa-socket-details.h"
#include "sioa-socket-filter-button.h"

/* While something is filtered by what changes, look again so often. */
#define REFRESH_S 2

/* All sockets of a server as a table that can be searched, with what can be done to them. */
struct _SioaSocketsPage
{
  SioaPage parent_instance;

  SioaServer *server; /* of SioaPage */
  GtkWidget *box;
  GtkWidget *search;
  GtkWidget *namespaces; /* a drop down */
  GtkWidget *transports;
  GtkWidget *count;
  GtkStack *stack; /* "table", "empty", "unknown" */
  AdwStatusPage *empty;
  SioaSocketFilter *filter;
  SioaTable *table;
  GtkColumnView *view;
  SioaColumnKeeper *keeper; /* NULL */
  GtkWidget *menu;
  GtkWidget *details;
  AdwFlap *flap;
};

/* In the order of SioaAct. */
static const SioaRowAction socket_actions[] = { { "sockets.disconnect", N_ ("_Disconnect") },
                                                { "sockets.close", N_ ("_Close") },
                                                { "sockets.join", N_ ("_Join…") },
                                                { "sockets.leave", N_ ("_Leave…") },
                                                { "sockets.emit", N_ ("_Emit…") } };

G_DEFINE_FINAL_TYPE (SioaSocketsPage, sioa_sockets_page, SIOA_TYPE_PAGE)

/* While nobody looks at the table, it still has those that left meanwhile. */
static void
add_row (gpointer row, gpointer user_data)
{
  if (sioa_socket_is_alive (row))
    g_ptr_array_add (user_data, g_object_ref (row));
}

GPtrArray *
sioa_sockets_page_list_selected (SioaSocketsPage *self)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  sioa_table_foreach_selected (self->table, add_row, sockets);
  return sockets;
}

/* One of them is looked at, if only one is selected. */
static void
update_details (SioaSocketsPage *self)
{
  guint n_selected = sioa_table_get_n_selected (self->table);
  SioaSocket *socket =
      adw_flap_get_reveal_flap (self->flap) ? sioa_table_get_selected (self->table) : NULL;

  /* One that left is still shown, as long as nobody chooses another. */
  if (socket != NULL || !adw_flap_get_reveal_flap (self->flap) || n_selected > 1)
    sioa_socket_details_set_socket (SIOA_SOCKET_DETAILS (self->details), self->server, socket);
}

static void
update (SioaSocketsPage *self)
{
  SioaFeatures features =
      self->server != NULL ? sioa_backend_get_features (sioa_server_get_backend (self->server)) : 0;
  guint n_all =
      self->server != NULL
          ? g_list_model_get_n_items (sioa_store_get_sockets (sioa_server_get_store (self->server)))
          : 0;
  guint n_shown = sioa_table_get_n_rows (self->table);
  guint n_selected = sioa_table_get_n_selected (self->table);
  g_autofree char *text = NULL;

  if (n_selected > 0)
    text = g_strdup_printf (_ ("%u of %u selected"), n_selected, n_shown);
  else
    text = g_strdup_printf (ngettext ("%u socket", "%u sockets", n_shown), n_shown);
  gtk_label_set_label (GTK_LABEL (self->count), text);
  for (guint i = 0; i < G_N_ELEMENTS (socket_actions); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), socket_actions[i].name,
                                   n_selected > 0 && (features & sioa_actions_get_needed (i)) != 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "sockets.copy", n_selected > 0);
  if (self->server != NULL && (features & SIOA_HAS_SOCKETS) == 0 && n_all == 0 &&
      sioa_backend_get_state (sioa_server_get_backend (self->server)) == SIOA_STATE_OPEN)
    gtk_stack_set_visible_child_name (self->stack, "unknown");
  else if (n_shown > 0)
    gtk_stack_set_visible_child_name (self->stack, "table");
  else if (sioa_table_is_ready (self->table))
    {
      adw_status_page_set_title (self->empty, n_all > 0 ? _ ("Nothing Found") : _ ("No Sockets"));
      adw_status_page_set_description (
          self->empty, n_all > 0 ? _ ("Try another search.")
                                 : _ ("Nobody is connected to this server at the moment."));
      gtk_stack_set_visible_child_name (self->stack, "empty");
    }
}

static void
sioa_sockets_page_update (SioaPage *page)
{
  update (SIOA_SOCKETS_PAGE (page));
}

static void
selection_cb (SioaSocketsPage *self)
{
  sioa_page_update (SIOA_PAGE (self));
  update_details (self);
}

static void
act (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (widget);
  g_autoptr (GPtrArray) sockets = sioa_sockets_page_list_selected (self);

  for (guint i = 0; i < G_N_ELEMENTS (socket_actions); i++)
    if (g_str_equal (name, socket_actions[i].name))
      sioa_actions_run_on_sockets (widget, self->server, i, sockets, NULL);
}

static void
copy (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autoptr (GPtrArray) sockets = sioa_sockets_page_list_selected (SIOA_SOCKETS_PAGE (widget));
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < sockets->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "",
                            sioa_socket_get_id (sockets->pdata[i]));
  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text->str);
}

static void
search (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gtk_widget_grab_focus (SIOA_SOCKETS_PAGE (widget)->search);
}

static void
activate_cb (GtkColumnView *view, guint position, SioaSocketsPage *self)
{
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->table), position, TRUE);
  adw_flap_set_reveal_flap (self->flap, TRUE);
}

static void
revealed_cb (AdwFlap *flap, GParamSpec *spec, SioaSocketsPage *self)
{
  update_details (self);
}

/* On what the pointer is, as everywhere else: a row that is not selected becomes the only one. */
static void
menu_cb (GtkGestureClick *gesture, int n_press, double x, double y, SioaSocketsPage *self)
{
  GdkRectangle at = { (int) x, (int) y, 1, 1 };
  guint position = sioa_columns_pick (self->view, x, y);

  if (position == GTK_INVALID_LIST_POSITION)
    return;
  if (!gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->table), position))
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->table), position, TRUE);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), &at);
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static GtkWidget *
make_menu (GtkWidget *parent)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenuModel) actions =
      sioa_columns_make_menu (socket_actions, G_N_ELEMENTS (socket_actions));
  GtkWidget *popover;

  g_menu_append (menu, _ ("Cop_y IDs"), "sockets.copy");
  g_menu_append_section (menu, NULL, actions);
  popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), FALSE);
  gtk_widget_set_halign (popover, GTK_ALIGN_START);
  gtk_widget_set_parent (popover, parent);
  return popover;
}

static void
sioa_sockets_page_refresh (SioaPage *page)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (page);

  if (!sioa_socket_filter_is_empty (self->filter))
    sioa_socket_filter_refresh (self->filter);
}

static void
search_cb (GtkSearchEntry *entry, SioaSocketsPage *self)
{
  sioa_socket_filter_set_text (self->filter, gtk_editable_get_text (GTK_EDITABLE (entry)));
}

static void
nsp_cb (GtkDropDown *drop_down, GParamSpec *spec, SioaSocketsPage *self)
{
  GtkStringObject *item = gtk_drop_down_get_selected_item (drop_down);

  /* The first one is all of them. */
  sioa_socket_filter_set_nsp (self->filter,
                              item != NULL && gtk_drop_down_get_selected (drop_down) > 0
                                  ? gtk_string_object_get_string (item)
                                  : NULL);
}

static void
transport_cb (GtkDropDown *drop_down, GParamSpec *spec, SioaSocketsPage *self)
{
  static const char *const transports[] = { NULL, "websocket", "polling", "webtransport" };

  sioa_socket_filter_set_transport (self->filter,
                                    transports[MIN (gtk_drop_down_get_selected (drop_down), 3)]);
}

static void
sioa_sockets_page_set_namespaces (SioaPage *page, GListModel *model)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (page);
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  GtkStringObject *item = gtk_drop_down_get_selected_item (GTK_DROP_DOWN (self->namespaces));
  g_autofree char *chosen =
      item != NULL && gtk_drop_down_get_selected (GTK_DROP_DOWN (self->namespaces)) > 0
          ? g_strdup (gtk_string_object_get_string (item))
          : NULL;
  guint selected = 0;

  gtk_string_list_append (names, _ ("All Namespaces"));
  for (guint i = 0; model != NULL && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (SioaPlace) place = g_list_model_get_item (model, i);

      gtk_string_list_append (names, sioa_place_get_nsp (place));
      if (g_strcmp0 (chosen, sioa_place_get_nsp (place)) == 0)
        selected = i + 1;
    }
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->namespaces), G_LIST_MODEL (names));
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->namespaces), selected);
}

static void
sioa_sockets_page_set_server (SioaPage *page, SioaServer *server)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (page);

  adw_flap_set_reveal_flap (self->flap, FALSE);
  self->server = server;
  sioa_table_set_source (
      self->table, server != NULL ? sioa_store_get_sockets (sioa_server_get_store (server)) : NULL);
  sioa_socket_details_set_socket (SIOA_SOCKET_DETAILS (self->details), NULL, NULL);
  update (self);
}

static GtkWidget *
make_top (SioaSocketsPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *drop_downs = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *toggle = gtk_toggle_button_new ();
  const char *transports[] = { _ ("All Transports"), "WebSocket", _ ("Polling"), "WebTransport",
                               NULL };

  self->search = gtk_search_entry_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Search by ID, user, address or room"), -1);
  g_object_set (self->search, "placeholder-text", _ ("ID, user, address or room"), NULL);
  gtk_widget_set_hexpand (self->search, TRUE);
  g_signal_connect (self->search, "search-changed", G_CALLBACK (search_cb), self);
  self->namespaces = gtk_drop_down_new (NULL, NULL);
  sioa_access_name_drop_down (self->namespaces, _ ("Namespace"));
  g_signal_connect (self->namespaces, "notify::selected", G_CALLBACK (nsp_cb), self);
  self->transports = gtk_drop_down_new_from_strings (transports);
  sioa_access_name_drop_down (self->transports, _ ("Transport"));
  g_signal_connect (self->transports, "notify::selected", G_CALLBACK (transport_cb), self);
  gtk_button_set_icon_name (GTK_BUTTON (toggle), "sidebar-show-right-symbolic");
  sioa_access_set_name (toggle, _ ("Details"));
  g_object_bind_property (self->flap, "reveal-flap", toggle, "active",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  gtk_widget_set_hexpand (self->namespaces, TRUE);
  gtk_widget_set_hexpand (self->transports, TRUE);
  gtk_box_append (GTK_BOX (box), self->search);
  gtk_box_append (GTK_BOX (box), sioa_socket_filter_button_new (self->filter));
  gtk_box_append (GTK_BOX (box), sioa_chooser_new (self->view));
  gtk_box_append (GTK_BOX (box), toggle);
  gtk_box_append (GTK_BOX (drop_downs), self->namespaces);
  gtk_box_append (GTK_BOX (drop_downs), self->transports);
  return sioa_columns_make_toolbar (box, drop_downs);
}

static GtkWidget *
make_table (SioaSocketsPage *self)
{
  GtkColumnView *view =
      sioa_columns_make_view (sioa_socket_columns, SIOA_N_SOCKET_COLUMNS, _ ("Sockets"));
  GtkGesture *gesture = gtk_gesture_click_new ();

  self->view = view;
  self->table = sioa_columns_make_table (view, GTK_SELECTION_MULTIPLE, GTK_FILTER (self->filter),
                                         SIOA_PAGE (self));
  gtk_column_view_set_enable_rubberband (view, TRUE);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (gesture), GDK_BUTTON_SECONDARY);
  g_signal_connect (gesture, "pressed", G_CALLBACK (menu_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (view), GTK_EVENT_CONTROLLER (gesture));
  self->menu = make_menu (GTK_WIDGET (view));
  g_signal_connect (view, "activate", G_CALLBACK (activate_cb), self);
  g_signal_connect_swapped (self->table, "selection-changed", G_CALLBACK (selection_cb), self);
  g_signal_connect_swapped (self->table, "changed", G_CALLBACK (sioa_page_update), self);
  return sioa_columns_make_scroller (view);
}

static void
sioa_sockets_page_dispose (GObject *object)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (object);

  if (self->details != NULL)
    sioa_socket_details_set_socket (SIOA_SOCKET_DETAILS (self->details), NULL, NULL);
  self->details = NULL;
  g_clear_pointer (&self->keeper, sioa_column_keeper_free);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  if (self->table != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->flap, self);
      g_signal_handlers_disconnect_by_data (self->table, self);
    }
  g_clear_object (&self->table);
  g_clear_object (&self->filter);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_sockets_page_parent_class)->dispose (object);
}

static void
sioa_sockets_page_class_init (SioaSocketsPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_sockets_page_dispose;
  SIOA_PAGE_CLASS (klass)->set_server = sioa_sockets_page_set_server;
  SIOA_PAGE_CLASS (klass)->set_namespaces = sioa_sockets_page_set_namespaces;
  SIOA_PAGE_CLASS (klass)->update = sioa_sockets_page_update;
  SIOA_PAGE_CLASS (klass)->refresh = sioa_sockets_page_refresh;
  SIOA_PAGE_CLASS (klass)->refresh_s = REFRESH_S;
  for (guint i = 0; i < G_N_ELEMENTS (socket_actions); i++)
    gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), socket_actions[i].name, NULL, act);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "sockets.copy", NULL, copy);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "sockets.search", NULL, search);
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Delete, 0,
                                       socket_actions[SIOA_ACT_DISCONNECT].name, NULL);
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_c, GDK_CONTROL_MASK,
                                       "sockets.copy", NULL);
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_f, GDK_CONTROL_MASK,
                                       "sockets.search", NULL);
}

static void
sioa_sockets_page_init (SioaSocketsPage *self)
{
  GtkWidget *unknown = adw_status_page_new ();

  self->filter = sioa_socket_filter_new ();
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  self->empty = ADW_STATUS_PAGE (adw_status_page_new ());
  adw_status_page_set_icon_name (self->empty, "edit-find-symbolic");
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (unknown), "view-conceal-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (unknown), _ ("The Server Does Not List Its Sockets"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (unknown),
      _ ("Its administration runs in production mode, which shows figures only."));
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_stack_add_named (self->stack, make_table (self), "table");
  gtk_stack_add_named (self->stack, GTK_WIDGET (self->empty), "empty");
  gtk_stack_add_named (self->stack, unknown, "unknown");
  sioa_access_follow_stack (GTK_WIDGET (self->empty));
  sioa_access_follow_stack (unknown);
  gtk_widget_set_vexpand (GTK_WIDGET (self->stack), TRUE);
  self->details = sioa_socket_details_new ();
  gtk_widget_add_css_class (self->details, "background");
  sioa_access_follow_stack (self->details);
  self->flap = ADW_FLAP (adw_flap_new ());
  /* Below this, details cover the table. */
  gtk_widget_set_size_request (GTK_WIDGET (self->stack), 320, -1);
  adw_flap_set_flap_position (self->flap, GTK_PACK_END);
  adw_flap_set_content (self->flap, GTK_WIDGET (self->stack));
  adw_flap_set_flap (self->flap, self->details);
  adw_flap_set_separator (self->flap, gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_flap_set_reveal_flap (self->flap, FALSE);
  /* Rows are dragged over to select them. */
  adw_flap_set_swipe_to_open (self->flap, FALSE);
  g_signal_connect (self->flap, "notify::reveal-flap", G_CALLBACK (revealed_cb), self);
  gtk_widget_set_vexpand (GTK_WIDGET (self->flap), TRUE);
  gtk_box_append (GTK_BOX (self->box), make_top (self));
  gtk_box_append (GTK_BOX (self->box), GTK_WIDGET (self->flap));
  gtk_box_append (
      GTK_BOX (self->box),
      sioa_columns_make_bar (socket_actions, G_N_ELEMENTS (socket_actions), &self->count));
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
sioa_sockets_page_new (void)
{
  return g_object_new (SIOA_TYPE_SOCKETS_PAGE, NULL);
}

void
sioa_sockets_page_keep (SioaSocketsPage *self, GSettings *settings)
{
  self->keeper = sioa_column_keeper_new (self->view, settings, "socket-columns", "socket-sort");
}
