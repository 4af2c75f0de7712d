/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-sidebar.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "sioa-server-dialog.h"
#include "sioa-server-row.h"

struct _SioaSidebar
{
  GtkWidget parent_instance;

  SioaServers *servers;
  GtkSingleSelection *selection;
  GtkWidget *box;
  GtkWidget *header;
  GtkWidget *view;
  GtkWidget *menu;
};

enum
{
  CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaSidebar, sioa_sidebar, GTK_TYPE_WIDGET)

static GtkWindow *
get_window (SioaSidebar *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

static SioaServer *
get_server (SioaSidebar *self)
{
  return gtk_single_selection_get_selected_item (self->selection);
}

static gboolean
is_saved (SioaServer *server)
{
  return server != NULL && sioa_server_get_remote (server) != NULL;
}

static void
update_actions (SioaSidebar *self)
{
  static const char *const names[] = { "server.edit", "server.remove", "server.up", "server.down" };
  gboolean saved = is_saved (get_server (self));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), names[i], saved);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "server.reconnect", get_server (self) != NULL);
}

static void
edit_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaSidebar *self = SIOA_SIDEBAR (widget);

  if (is_saved (get_server (self)))
    sioa_server_dialog_run (get_window (self), self->servers, get_server (self));
}

static void
reconnect_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaServer *server = get_server (SIOA_SIDEBAR (widget));

  if (server != NULL)
    sioa_backend_open (sioa_server_get_backend (server));
}

typedef struct
{
  SioaServers *servers;
  SioaServer *server;
} Removal;

static void
removal_free (gpointer data, GClosure *closure)
{
  Removal *removal = data;

  g_object_unref (removal->servers);
  g_object_unref (removal->server);
  g_free (removal);
}

static void
removal_cb (AdwMessageDialog *dialog, const char *response, Removal *removal)
{
  if (g_strcmp0 (response, "remove") == 0)
    sioa_servers_remove (removal->servers, removal->server);
}

static void
remove_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaSidebar *self = SIOA_SIDEBAR (widget);
  SioaServer *server = get_server (self);
  g_autofree char *body = NULL;
  GtkWidget *dialog;
  Removal *removal;

  if (!is_saved (server))
    return;
  body = g_strdup_printf (_ ("“%1$s” (%2$s) and its password are removed from this program. "
                             "Nothing happens to the server."),
                          sioa_server_get_name (server), sioa_server_get_remote (server)->uri);
  dialog = adw_message_dialog_new (get_window (self), _ ("Remove Server?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "remove",
                                    _ ("_Remove"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "remove",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  removal = g_new0 (Removal, 1);
  removal->servers = g_object_ref (self->servers);
  removal->server = g_object_ref (server);
  g_signal_connect_data (dialog, "response", G_CALLBACK (removal_cb), removal, removal_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
move (SioaSidebar *self, int step)
{
  SioaServer *server = get_server (self);

  if (is_saved (server))
    sioa_servers_move (self->servers, server, step);
}

static void
up_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  move (SIOA_SIDEBAR (widget), -1);
}

static void
down_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  move (SIOA_SIDEBAR (widget), 1);
}

static void
show_menu (SioaSidebar *self, const GdkRectangle *place)
{
  update_actions (self);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), place);
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
pressed_cb (GtkGestureClick *click, int n_press, double x, double y, GtkWidget *row)
{
  GtkListItem *item = g_object_get_data (G_OBJECT (row), "item");
  SioaSidebar *self = SIOA_SIDEBAR (gtk_widget_get_ancestor (row, SIOA_TYPE_SIDEBAR));
  GdkRectangle place = { 0, 0, 1, 1 };

  gtk_widget_translate_coordinates (row, GTK_WIDGET (self), x, y, &x, &y);
  place.x = (int) x;
  place.y = (int) y;
  gtk_single_selection_set_selected (self->selection, gtk_list_item_get_position (item));
  show_menu (self, &place);
}

/* The key that opens menus. */
static gboolean
menu_key_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  SioaSidebar *self = SIOA_SIDEBAR (widget);
  GtkWidget *row = gtk_root_get_focus (gtk_widget_get_root (widget));
  graphene_rect_t bounds;
  GdkRectangle place = { 0, 0, 1, 1 };

  if (get_server (self) == NULL || row == NULL)
    return FALSE;
  if (gtk_widget_compute_bounds (row, widget, &bounds))
    {
      place.x = (int) (bounds.origin.x + bounds.size.width / 2);
      place.y = (int) (bounds.origin.y + bounds.size.height);
    }
  show_menu (self, &place);
  return TRUE;
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkWidget *row = sioa_server_row_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_object_set_data (G_OBJECT (row), "item", item);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), row);
  gtk_widget_add_controller (row, GTK_EVENT_CONTROLLER (click));
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  sioa_server_row_set_server (SIOA_SERVER_ROW (gtk_list_item_get_child (item)),
                              gtk_list_item_get_item (item));
}

static void
unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  sioa_server_row_set_server (SIOA_SERVER_ROW (gtk_list_item_get_child (item)), NULL);
}

static void
activated_cb (GtkListView *view, guint position, SioaSidebar *self)
{
  g_signal_emit (self, signals[CHOSEN], 0);
}

static GtkWidget *
make_menu_button (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  g_menu_append (menu, _ ("_New Window"), "app.new-window");
  g_menu_append (menu, _ ("_Keyboard Shortcuts"), "win.show-help-overlay");
  g_menu_append (menu, _ ("_About Socket.IO Administration"), "app.about");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "open-menu-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_menu_button_set_primary (GTK_MENU_BUTTON (button), TRUE);
  gtk_widget_set_tooltip_text (button, _ ("Main Menu"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Main Menu"), -1);
  return button;
}

static GtkWidget *
make_menu (void)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) first = g_menu_new ();
  g_autoptr (GMenu) order = g_menu_new ();
  g_autoptr (GMenu) last = g_menu_new ();
  GtkWidget *popover;

  g_menu_append (first, _ ("_Connect Again"), "server.reconnect");
  g_menu_append (first, _ ("_Edit…"), "server.edit");
  g_menu_append (order, _ ("Move _Up"), "server.up");
  g_menu_append (order, _ ("Move _Down"), "server.down");
  g_menu_append (last, _ ("_Remove…"), "server.remove");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (first));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (order));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (last));
  popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), FALSE);
  gtk_widget_set_halign (popover, GTK_ALIGN_START);
  return popover;
}

GtkSingleSelection *
sioa_sidebar_get_selection (SioaSidebar *self)
{
  return self->selection;
}

void
sioa_sidebar_set_folded (SioaSidebar *self, gboolean folded)
{
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (self->header), folded);
}

static void
sioa_sidebar_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SioaSidebar *self = SIOA_SIDEBAR (widget);

  gtk_widget_size_allocate (self->box, &(GtkAllocation){ 0, 0, width, height }, baseline);
  gtk_popover_present (GTK_POPOVER (self->menu));
}

static void
sioa_sidebar_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  gtk_widget_measure (SIOA_SIDEBAR (widget)->box, orientation, for_size, minimum, natural,
                      minimum_baseline, natural_baseline);
}

static void
sioa_sidebar_dispose (GObject *object)
{
  SioaSidebar *self = SIOA_SIDEBAR (object);

  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_object (&self->selection);
  g_clear_object (&self->servers);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_sidebar_parent_class)->dispose (object);
}

static void
sioa_sidebar_class_init (SioaSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sioa_sidebar_dispose;
  widget_class->measure = sioa_sidebar_measure;
  widget_class->size_allocate = sioa_sidebar_size_allocate;
  gtk_widget_class_install_action (widget_class, "server.edit", NULL, edit_cb);
  gtk_widget_class_install_action (widget_class, "server.remove", NULL, remove_cb);
  gtk_widget_class_install_action (widget_class, "server.reconnect", NULL, reconnect_cb);
  gtk_widget_class_install_action (widget_class, "server.up", NULL, up_cb);
  gtk_widget_class_install_action (widget_class, "server.down", NULL, down_cb);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, menu_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key_cb, NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "server.remove", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F2, 0, "server.edit", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Up, GDK_ALT_MASK, "server.up", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Down, GDK_ALT_MASK, "server.down",
                                       NULL);

  signals[CHOSEN] = g_signal_new ("chosen", SIOA_TYPE_SIDEBAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static void
sioa_sidebar_init (SioaSidebar *self)
{
}

GtkWidget *
sioa_sidebar_new (SioaApplication *application)
{
  SioaSidebar *self = g_object_new (SIOA_TYPE_SIDEBAR, NULL);
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *add = gtk_button_new_from_icon_name ("list-add-symbolic");
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  self->servers = g_object_ref (sioa_application_get_saved (application));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), NULL);
  self->selection =
      gtk_single_selection_new (g_object_ref (sioa_application_get_entries (application)));
  self->view = gtk_list_view_new (GTK_SELECTION_MODEL (g_object_ref (self->selection)), factory);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Servers"), -1);
  gtk_list_view_set_single_click_activate (GTK_LIST_VIEW (self->view), TRUE);
  g_signal_connect (self->view, "activate", G_CALLBACK (activated_cb), self);
  gtk_widget_add_css_class (self->view, "navigation-sidebar");
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->view);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_widget_set_vexpand (scroller, TRUE);
  gtk_widget_set_tooltip_text (add, _ ("Add a Server"));
  /* GTK 4.8 names buttons after their icons. */
  gtk_accessible_update_property (GTK_ACCESSIBLE (add), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Add a Server"), -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (add), "win.add-server");
  self->header = adw_header_bar_new ();
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (self->header),
                                   adw_window_title_new (_ ("Servers"), NULL));
  adw_header_bar_pack_start (ADW_HEADER_BAR (self->header), add);
  adw_header_bar_pack_end (ADW_HEADER_BAR (self->header), make_menu_button ());
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->header);
  gtk_box_append (GTK_BOX (self->box), scroller);
  gtk_widget_set_size_request (self->box, 240, -1);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  self->menu = make_menu ();
  gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (update_actions),
                            self);
  update_actions (self);
  return GTK_WIDGET (self);
}
