/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-rooms-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

#include "sioa-access.h"
#include "sioa-actions.h"
#include "sioa-chooser.h"
#include "sioa-socket-columns.h"
#include "sioa-socket-filter.h"
#include "sioa-unit.h"

/* Who is in a room changes: look again so often. */
#define REFRESH_S 2

struct _SioaRoomsPage
{
  SioaPage parent_instance;

  SioaServer *server; /* of SioaPage */
  SioaPlace *place;   /* whose members are shown; NULL */
  GtkWidget *box;
  GtkWidget *search;
  GtkWidget *private_button;
  GtkWidget *count;
  GtkStack *kinds;  /* "rooms", "namespaces" */
  GtkStack *states; /* "lists", "empty", "unknown" */
  AdwStatusPage *empty;
  AdwFlap *flap;
  GtkWidget *choosers[2]; /* for rooms and for namespaces */
  GtkWidget *place_title;
  GtkWidget *place_subtitle;
  GListStore *room_models; /* those of the store, and private ones */
  GtkFilter *place_filter;
  SioaTable *rooms;
  SioaTable *namespaces;
  SioaSocketFilter *member_filter;
  SioaTable *members;
};

static const SioaRowAction place_actions[] = { { "rooms.disconnect", N_ ("_Disconnect") },
                                               { "rooms.empty", N_ ("E_mpty") },
                                               { "rooms.emit", N_ ("_Emit…") } };
static const SioaAct place_acts[] = { SIOA_ACT_DISCONNECT, SIOA_ACT_EMPTY, SIOA_ACT_EMIT };

G_DEFINE_FINAL_TYPE (SioaRoomsPage, sioa_rooms_page, SIOA_TYPE_PAGE)

static char *
get_room (gpointer row)
{
  return g_strdup (sioa_place_get_room (row));
}

static char *
get_nsp (gpointer row)
{
  return g_strdup (sioa_place_get_nsp (row));
}

static char *
get_members (gpointer row)
{
  return g_strdup_printf ("%u", sioa_place_get_n_members (row));
}

static char *
get_changes (gpointer row)
{
  return sioa_unit_format (SIOA_UNIT_COUNT, (double) sioa_place_get_n_changes (row));
}

static int
compare_rooms (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return g_strcmp0 (sioa_place_get_room ((gpointer) a), sioa_place_get_room ((gpointer) b));
}

static int
compare_nsps (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (sioa_place_get_nsp ((gpointer) a), sioa_place_get_nsp ((gpointer) b));
}

static int
compare_members (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint first = sioa_place_get_settled_n_members ((gpointer) a);
  guint second = sioa_place_get_settled_n_members ((gpointer) b);

  return (first > second) - (first < second);
}

static int
compare_changes (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint64 first = sioa_place_get_settled_n_changes ((gpointer) a);
  guint64 second = sioa_place_get_settled_n_changes ((gpointer) b);

  return (first > second) - (first < second);
}

static const SioaColumn room_columns[] = {
  { "room", NC_ ("column", "Room"), get_room, compare_rooms, FALSE, TRUE, 0 },
  { "namespace", NC_ ("column", "Namespace"), get_nsp, compare_nsps, FALSE, TRUE, 120 },
  { "members", NC_ ("column", "Members"), get_members, compare_members, TRUE, TRUE, 90 },
  { "changes", NC_ ("column", "Came and went"), get_changes, compare_changes, TRUE, TRUE, 120 },
};

static const SioaColumn namespace_columns[] = {
  { "namespace", NC_ ("column", "Namespace"), get_nsp, compare_nsps, FALSE, TRUE, 0 },
  { "members", NC_ ("column", "Sockets"), get_members, compare_members, TRUE, TRUE, 90 },
  { "changes", NC_ ("column", "Came and went"), get_changes, compare_changes, TRUE, TRUE, 120 },
};

static gboolean
shows_rooms (SioaRoomsPage *self)
{
  return g_strcmp0 (gtk_stack_get_visible_child_name (self->kinds), "namespaces") != 0;
}

static SioaPlace *
get_selected (SioaRoomsPage *self)
{
  return sioa_table_get_selected (shows_rooms (self) ? self->rooms : self->namespaces);
}

/* A room that is called like a socket is that socket's own. */
static gboolean
is_private (SioaRoomsPage *self, SioaPlace *place)
{
  return sioa_place_get_room (place) != NULL && self->server != NULL &&
         sioa_store_find_socket (sioa_server_get_store (self->server), sioa_place_get_nsp (place),
                                 sioa_place_get_room (place)) != NULL;
}

static gboolean
matches (gpointer item, gpointer user_data)
{
  SioaRoomsPage *self = user_data;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));
  const char *room = sioa_place_get_room (item);

  if (room != NULL && !gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->private_button)) &&
      is_private (self, item))
    return FALSE;
  return *text == '\0' || strcasestr (sioa_place_get_nsp (item), text) != NULL ||
         (room != NULL && strcasestr (room, text) != NULL);
}

/* The room that each socket has of its own. */
static gpointer
make_private (gpointer item, gpointer user_data)
{
  g_autoptr (SioaSocket) socket = item;
  SioaPlace *place = sioa_place_new (sioa_socket_get_nsp (socket), sioa_socket_get_id (socket));

  sioa_place_add_members (place, 1);
  return place;
}

static void
update_place (SioaRoomsPage *self)
{
  const char *room = self->place != NULL ? sioa_place_get_room (self->place) : NULL;
  guint n = sioa_table_get_n_rows (self->members);
  g_autofree char *text = NULL;

  if (self->place == NULL)
    {
      gtk_label_set_label (GTK_LABEL (self->place_title), _ ("No Room Chosen"));
      gtk_label_set_label (GTK_LABEL (self->place_subtitle), _ ("Choose one in the table."));
      return;
    }
  text = g_strdup_printf (ngettext ("%u member in namespace %s", "%u members in namespace %s", n),
                          n, sioa_place_get_nsp (self->place));
  gtk_label_set_label (GTK_LABEL (self->place_title),
                       room != NULL ? room : sioa_place_get_nsp (self->place));
  gtk_label_set_label (GTK_LABEL (self->place_subtitle), text);
}

static void
show_place (SioaRoomsPage *self, SioaPlace *place)
{
  gboolean wanted = place != NULL && adw_flap_get_reveal_flap (self->flap) && self->server != NULL;

  if (!wanted)
    place = NULL;
  if (place != NULL && place == self->place)
    return;
  g_set_object (&self->place, place);
  sioa_table_set_source (self->members, NULL);
  if (wanted)
    {
      sioa_socket_filter_set_nsp (self->member_filter, sioa_place_get_nsp (place));
      sioa_socket_filter_set_room (self->member_filter, sioa_place_get_room (place));
      sioa_table_set_source (self->members,
                             sioa_store_get_sockets (sioa_server_get_store (self->server)));
    }
  update_place (self);
}

static void
update (SioaRoomsPage *self)
{
  SioaFeatures features =
      self->server != NULL ? sioa_backend_get_features (sioa_server_get_backend (self->server)) : 0;
  gboolean open =
      self->server != NULL &&
      sioa_backend_get_state (sioa_server_get_backend (self->server)) == SIOA_STATE_OPEN;
  SioaPlace *place = get_selected (self);
  gboolean rooms = shows_rooms (self);
  SioaTable *table = rooms ? self->rooms : self->namespaces;
  guint n = sioa_table_get_n_rows (table);
  g_autofree char *text = rooms
                              ? g_strdup_printf (ngettext ("%u room", "%u rooms", n), n)
                              : g_strdup_printf (ngettext ("%u namespace", "%u namespaces", n), n);

  gtk_label_set_label (GTK_LABEL (self->count), text);
  for (guint i = 0; i < G_N_ELEMENTS (place_actions); i++)
    gtk_widget_action_set_enabled (
        GTK_WIDGET (self), place_actions[i].name,
        place != NULL && (features & sioa_actions_get_needed (place_acts[i])) != 0 &&
            (place_acts[i] != SIOA_ACT_EMPTY ||
             (sioa_place_get_room (place) != NULL && !is_private (self, place))));
  if (open && (features & SIOA_HAS_SOCKETS) == 0 && n == 0)
    gtk_stack_set_visible_child_name (self->states, "unknown");
  else if (n > 0)
    gtk_stack_set_visible_child_name (self->states, "lists");
  else if (sioa_table_is_ready (table))
    {
      gboolean searching = *gtk_editable_get_text (GTK_EDITABLE (self->search)) != '\0';

      adw_status_page_set_title (self->empty, searching ? _ ("Nothing Found")
                                              : rooms   ? _ ("No Rooms")
                                                        : _ ("No Namespaces"));
      adw_status_page_set_description (self->empty,
                                       searching ? _ ("Try another search.")
                                       : rooms   ? _ ("Nobody has joined a room of this server.")
                                                 : _ ("This server has told of no namespace."));
      gtk_stack_set_visible_child_name (self->states, "empty");
    }
}

static void
sioa_rooms_page_update (SioaPage *page)
{
  update (SIOA_ROOMS_PAGE (page));
}

static void
members_cb (SioaRoomsPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update_place (self);
}

static void
selected_cb (SioaRoomsPage *self)
{
  SioaPlace *place = get_selected (self);

  sioa_page_update (SIOA_PAGE (self));
  /* A room that is empty by now is still shown, as long as nobody chooses another. */
  if (place != NULL)
    show_place (self, place);
}

static void
kind_cb (SioaRoomsPage *self)
{
  gtk_widget_set_visible (self->choosers[0], shows_rooms (self));
  gtk_widget_set_visible (self->choosers[1], !shows_rooms (self));
  sioa_page_update (SIOA_PAGE (self));
  show_place (self, get_selected (self));
}

static void
revealed_cb (SioaRoomsPage *self)
{
  show_place (self, get_selected (self));
}

static void
activate_cb (GtkColumnView *view, guint position, SioaRoomsPage *self)
{
  gtk_selection_model_select_item (gtk_column_view_get_model (view), position, TRUE);
  adw_flap_set_reveal_flap (self->flap, TRUE);
}

static void
search_cb (SioaRoomsPage *self)
{
  gtk_filter_changed (self->place_filter, GTK_FILTER_CHANGE_DIFFERENT);
  sioa_page_update (SIOA_PAGE (self));
}

static void
set_private (SioaRoomsPage *self, gboolean shown)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->room_models));

  if (n > 1)
    g_list_store_remove (self->room_models, 1);
  if (shown && n > 0 && self->server != NULL)
    {
      g_autoptr (GtkMapListModel) map = gtk_map_list_model_new (
          g_object_ref (sioa_store_get_sockets (sioa_server_get_store (self->server))),
          make_private, NULL, NULL);

      g_list_store_append (self->room_models, map);
    }
}

static void
private_cb (SioaRoomsPage *self)
{
  set_private (self, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->private_button)));
  search_cb (self);
}

static void
sioa_rooms_page_refresh (SioaPage *page)
{
  SioaRoomsPage *self = SIOA_ROOMS_PAGE (page);

  if (self->place != NULL)
    sioa_socket_filter_refresh (self->member_filter);
  update (self);
}

static void
act (GtkWidget *widget, const char *name, GVariant *parameter)
{
  SioaRoomsPage *self = SIOA_ROOMS_PAGE (widget);
  SioaPlace *place = get_selected (self);
  const char *room;
  g_autofree char *whom = NULL;

  if (place == NULL)
    return;
  room = sioa_place_get_room (place);
  if (room != NULL)
    /* TRANSLATORS: a room and a namespace */
    whom = g_strdup_printf (_ ("room “%s” of %s"), room, sioa_place_get_nsp (place));
  else
    whom = g_strdup_printf (_ ("everybody in %s"), sioa_place_get_nsp (place));
  for (guint i = 0; i < G_N_ELEMENTS (place_actions); i++)
    if (g_str_equal (name, place_actions[i].name))
      sioa_actions_run (widget, self->server, place_acts[i], sioa_place_get_nsp (place), room,
                        whom);
}

static void
focus_search (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gtk_widget_grab_focus (SIOA_ROOMS_PAGE (widget)->search);
}

static void
sioa_rooms_page_set_server (SioaPage *page, SioaServer *server)
{
  SioaRoomsPage *self = SIOA_ROOMS_PAGE (page);
  SioaStore *store = server != NULL ? sioa_server_get_store (server) : NULL;

  show_place (self, NULL);
  adw_flap_set_reveal_flap (self->flap, FALSE);
  g_list_store_remove_all (self->room_models);
  self->server = server;
  if (server != NULL)
    {
      g_list_store_append (self->room_models, sioa_store_get_rooms (store));
      set_private (self, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->private_button)));
    }
  sioa_table_set_source (self->namespaces,
                         store != NULL ? sioa_store_get_namespaces (store) : NULL);
  update (self);
}

static GtkWidget *
make_top (SioaRoomsPage *self)
{
  GtkWidget *first = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *second = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *toggle = gtk_toggle_button_new ();
  GtkWidget *switcher = gtk_stack_switcher_new ();

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Search by room or namespace"), -1);
  g_object_set (self->search, "placeholder-text", _ ("Room or namespace"), NULL);
  gtk_widget_set_hexpand (self->search, TRUE);
  g_signal_connect_swapped (self->search, "search-changed", G_CALLBACK (search_cb), self);
  gtk_button_set_icon_name (GTK_BUTTON (toggle), "sidebar-show-right-symbolic");
  sioa_access_set_name (toggle, _ ("Members"));
  g_object_bind_property (self->flap, "reveal-flap", toggle, "active",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  gtk_stack_switcher_set_stack (GTK_STACK_SWITCHER (switcher), self->kinds);
  gtk_widget_set_hexpand (switcher, TRUE);
  gtk_widget_set_halign (switcher, GTK_ALIGN_START);
  gtk_button_set_icon_name (GTK_BUTTON (self->private_button), "avatar-default-symbolic");
  sioa_access_set_name (self->private_button, _ ("Show Private Rooms"));
  g_signal_connect_swapped (self->private_button, "notify::active", G_CALLBACK (private_cb), self);
  gtk_box_append (GTK_BOX (first), self->search);
  for (guint i = 0; i < G_N_ELEMENTS (self->choosers); i++)
    gtk_box_append (GTK_BOX (first), self->choosers[i]);
  gtk_box_append (GTK_BOX (first), toggle);
  gtk_box_append (GTK_BOX (second), switcher);
  gtk_box_append (GTK_BOX (second), self->private_button);
  return sioa_columns_make_toolbar (first, second);
}

static SioaTable *
make_table (SioaRoomsPage *self, GtkColumnView *view)
{
  SioaTable *table =
      sioa_columns_make_table (view, GTK_SELECTION_SINGLE, self->place_filter, SIOA_PAGE (self));

  g_signal_connect_swapped (table, "selection-changed", G_CALLBACK (selected_cb), self);
  g_signal_connect_swapped (table, "changed", G_CALLBACK (sioa_page_update), self);
  g_signal_connect (view, "activate", G_CALLBACK (activate_cb), self);
  return table;
}

static void
sort_by_members (GtkColumnView *view, guint position)
{
  g_autoptr (GtkColumnViewColumn) column =
      g_list_model_get_item (gtk_column_view_get_columns (view), position);

  gtk_column_view_sort_by_column (view, column, GTK_SORT_DESCENDING);
}

static void
make_lists (SioaRoomsPage *self)
{
  GtkColumnView *rooms =
      sioa_columns_make_view (room_columns, G_N_ELEMENTS (room_columns), _ ("Rooms"));
  GtkColumnView *namespaces = sioa_columns_make_view (
      namespace_columns, G_N_ELEMENTS (namespace_columns), _ ("Namespaces"));
  g_autoptr (GtkFlattenListModel) flat =
      gtk_flatten_list_model_new (g_object_ref (G_LIST_MODEL (self->room_models)));

  self->place_filter = GTK_FILTER (gtk_custom_filter_new (matches, self, NULL));
  self->choosers[0] = sioa_chooser_new (rooms);
  self->choosers[1] = sioa_chooser_new (namespaces);
  gtk_widget_hide (self->choosers[1]);
  self->rooms = make_table (self, rooms);
  self->namespaces = make_table (self, namespaces);
  sioa_table_set_source (self->rooms, G_LIST_MODEL (flat));
  sort_by_members (rooms, 2);
  sort_by_members (namespaces, 1);
  gtk_stack_add_titled (self->kinds, sioa_columns_make_scroller (rooms), "rooms", _ ("Rooms"));
  gtk_stack_add_titled (self->kinds, sioa_columns_make_scroller (namespaces), "namespaces",
                        _ ("Namespaces"));
  g_signal_connect_swapped (self->kinds, "notify::visible-child", G_CALLBACK (kind_cb), self);
}

static GtkWidget *
make_members (SioaRoomsPage *self)
{
  static const char *const names[] = { "id", "user", "address", "transport", "latency" };
  static SioaColumn columns[G_N_ELEMENTS (names)];
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkColumnView *view;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < SIOA_N_SOCKET_COLUMNS; j++)
      if (g_str_equal (sioa_socket_columns[j].name, names[i]))
        columns[i] = sioa_socket_columns[j];
  view = sioa_columns_make_view (columns, G_N_ELEMENTS (columns), _ ("Members"));
  self->member_filter = sioa_socket_filter_new ();
  self->members = sioa_columns_make_table (view, GTK_SELECTION_NONE,
                                           GTK_FILTER (self->member_filter), SIOA_PAGE (self));
  g_signal_connect_swapped (self->members, "changed", G_CALLBACK (members_cb), self);
  self->place_title = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->place_title), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_add_css_class (self->place_title, "title-4");
  self->place_subtitle = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->place_subtitle), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (self->place_subtitle, "dim-label");
  gtk_widget_add_css_class (box, "background");
  gtk_widget_set_margin_top (self->place_title, 12);
  gtk_box_append (GTK_BOX (box), self->place_title);
  gtk_box_append (GTK_BOX (box), self->place_subtitle);
  gtk_box_append (GTK_BOX (box), sioa_columns_make_scroller (view));
  gtk_widget_set_size_request (box, 320, -1);
  sioa_access_follow_stack (box);
  return box;
}

static void
sioa_rooms_page_dispose (GObject *object)
{
  SioaRoomsPage *self = SIOA_ROOMS_PAGE (object);
  gpointer objects[] = { self->rooms, self->namespaces, self->members, self->kinds, self->flap };

  for (guint i = 0; self->box != NULL && i < G_N_ELEMENTS (objects); i++)
    g_signal_handlers_disconnect_by_data (objects[i], self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->place);
  g_clear_object (&self->members);
  g_clear_object (&self->member_filter);
  g_clear_object (&self->rooms);
  g_clear_object (&self->namespaces);
  g_clear_object (&self->place_filter);
  g_clear_object (&self->room_models);

  G_OBJECT_CLASS (sioa_rooms_page_parent_class)->dispose (object);
}

static void
sioa_rooms_page_class_init (SioaRoomsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sioa_rooms_page_dispose;
  SIOA_PAGE_CLASS (klass)->set_server = sioa_rooms_page_set_server;
  SIOA_PAGE_CLASS (klass)->update = sioa_rooms_page_update;
  SIOA_PAGE_CLASS (klass)->refresh = sioa_rooms_page_refresh;
  SIOA_PAGE_CLASS (klass)->refresh_s = REFRESH_S;
  for (guint i = 0; i < G_N_ELEMENTS (place_actions); i++)
    gtk_widget_class_install_action (widget_class, place_actions[i].name, NULL, act);
  gtk_widget_class_install_action (widget_class, "rooms.search", NULL, focus_search);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "rooms.search",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "rooms.disconnect", NULL);
}

static void
sioa_rooms_page_init (SioaRoomsPage *self)
{
  GtkWidget *unknown = adw_status_page_new ();

  self->room_models = g_list_store_new (G_TYPE_LIST_MODEL);
  self->search = gtk_search_entry_new ();
  self->private_button = gtk_toggle_button_new ();
  self->kinds = GTK_STACK (gtk_stack_new ());
  self->states = GTK_STACK (gtk_stack_new ());
  self->flap = ADW_FLAP (adw_flap_new ());
  self->empty = ADW_STATUS_PAGE (adw_status_page_new ());
  adw_status_page_set_icon_name (self->empty, "edit-find-symbolic");
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (unknown), "view-conceal-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (unknown), _ ("The Server Does Not List Its Rooms"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (unknown),
      _ ("Its administration runs in production mode, which shows figures only."));
  make_lists (self);
  gtk_stack_add_named (self->states, GTK_WIDGET (self->kinds), "lists");
  gtk_stack_add_named (self->states, GTK_WIDGET (self->empty), "empty");
  gtk_stack_add_named (self->states, unknown, "unknown");
  sioa_access_follow_stack (GTK_WIDGET (self->kinds));
  sioa_access_follow_stack (GTK_WIDGET (self->empty));
  sioa_access_follow_stack (unknown);
  /* Below this, members cover the rooms. */
  gtk_widget_set_size_request (GTK_WIDGET (self->states), 320, -1);
  adw_flap_set_flap_position (self->flap, GTK_PACK_END);
  adw_flap_set_content (self->flap, GTK_WIDGET (self->states));
  adw_flap_set_flap (self->flap, make_members (self));
  adw_flap_set_separator (self->flap, gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_flap_set_reveal_flap (self->flap, FALSE);
  adw_flap_set_swipe_to_open (self->flap, FALSE);
  g_signal_connect_swapped (self->flap, "notify::reveal-flap", G_CALLBACK (revealed_cb), self);
  gtk_widget_set_vexpand (GTK_WIDGET (self->flap), TRUE);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), make_top (self));
  gtk_box_append (GTK_BOX (self->box), GTK_WIDGET (self->flap));
  gtk_box_append (
      GTK_BOX (self->box),
      sioa_columns_make_bar (place_actions, G_N_ELEMENTS (place_actions), &self->count));
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  update_place (self);
}

GtkWidget *
sioa_rooms_page_new (void)
{
  return g_object_new (SIOA_TYPE_ROOMS_PAGE, NULL);
}

void
sioa_rooms_page_keep (SioaRoomsPage *self, GSettings *settings)
{
  g_settings_bind (settings, "show-private-rooms", self->private_button, "active",
                   G_SETTINGS_BIND_DEFAULT | G_SETTINGS_BIND_GET_NO_CHANGES);
}
