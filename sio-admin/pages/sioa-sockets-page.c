/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-sockets-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "sioa-actions.h"
#include "sioa-columns.h"
#include "sioa-socket-filter.h"
#include "sioa-unit.h"

/* While something is filtered by what changes, look again so often. */
#define REFRESH_S 2

/* All sockets of a server as a table that can be searched, with what can be done to them. */
struct _SioaSocketsPage
{
  GtkWidget parent_instance;

  SioaServer *server;
  GtkWidget *box;
  GtkWidget *search;
  GtkWidget *namespaces; /* a drop down */
  GtkWidget *transports;
  GtkWidget *count;
  GtkWidget *bar;
  GtkStack *stack; /* "table", "empty", "unknown" */
  AdwStatusPage *empty;
  SioaSocketFilter *filter;
  GtkFilterListModel *filtered;
  GtkSortListModel *sorted;
  GtkMultiSelection *selection;
  GtkWidget *buttons[SIOA_ACT_EMIT + 1];
  guint refresh_id;
};

static void sioa_sockets_page_page_init (SioaPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaSocketsPage,
                               sioa_sockets_page,
                               GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_PAGE, sioa_sockets_page_page_init))

#define RECORD(row) (sioa_socket_get_record (SIOA_SOCKET (row)))

static char *
get_id (gpointer row)
{
  return g_strdup (RECORD (row)->id);
}

static char *
get_nsp (gpointer row)
{
  return g_strdup (RECORD (row)->nsp);
}

static char *
get_user (gpointer row)
{
  return g_strdup (RECORD (row)->user);
}

static char *
get_address (gpointer row)
{
  return g_strdup (RECORD (row)->address);
}

static char *
get_transport (gpointer row)
{
  return g_strdup (RECORD (row)->transport);
}

static char *
get_rooms (gpointer row)
{
  return g_strjoinv (", ", (char **) sioa_socket_get_rooms (SIOA_SOCKET (row), NULL));
}

static char *
get_age (gpointer row)
{
  gint64 since = RECORD (row)->connected_at;

  return sioa_unit_format_duration (since == SIOA_UNKNOWN ? -1
                                                          : MAX (0, g_get_real_time () - since));
}

static char *
format (SioaUnit unit, gint64 value)
{
  return sioa_unit_format (unit, value == SIOA_UNKNOWN ? NAN : (double) value);
}

static char *
get_latency (gpointer row)
{
  return format (SIOA_UNIT_TIME, RECORD (row)->rtt);
}

static char *
get_events_in (gpointer row)
{
  return format (SIOA_UNIT_COUNT, RECORD (row)->events_in);
}

static char *
get_events_out (gpointer row)
{
  return format (SIOA_UNIT_COUNT, RECORD (row)->events_out);
}

static char *
get_bytes_out (gpointer row)
{
  return format (SIOA_UNIT_BYTES, RECORD (row)->bytes_out);
}

#define COMPARE_STRINGS(field)                                                                     \
  static int compare_##field (gconstpointer a, gconstpointer b, gpointer user_data)                \
  {                                                                                                \
    return g_strcmp0 (RECORD ((gpointer) a)->field, RECORD ((gpointer) b)->field);                 \
  }
#define COMPARE_NUMBERS(field)                                                                     \
  static int compare_##field (gconstpointer a, gconstpointer b, gpointer user_data)                \
  {                                                                                                \
    gint64 first = RECORD ((gpointer) a)->field;                                                   \
    gint64 second = RECORD ((gpointer) b)->field;                                                  \
    return (first > second) - (first < second);                                                    \
  }

COMPARE_STRINGS (id)
COMPARE_STRINGS (nsp)
COMPARE_STRINGS (user)
COMPARE_STRINGS (address)
COMPARE_STRINGS (transport)
COMPARE_NUMBERS (rtt)
COMPARE_NUMBERS (events_in)
COMPARE_NUMBERS (events_out)
COMPARE_NUMBERS (bytes_out)

static int
compare_rooms (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint first, second;

  sioa_socket_get_rooms (SIOA_SOCKET ((gpointer) a), &first);
  sioa_socket_get_rooms (SIOA_SOCKET ((gpointer) b), &second);
  return (first > second) - (first < second);
}

/* Who has been there longest is the oldest. */
static int
compare_age (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 first = RECORD ((gpointer) a)->connected_at;
  gint64 second = RECORD ((gpointer) b)->connected_at;

  return (first < second) - (first > second);
}

static const SioaColumn columns[] = {
  { "id", NC_ ("column", "ID"), get_id, compare_id, FALSE, TRUE, 170 },
  { "namespace", NC_ ("column", "Namespace"), get_nsp, compare_nsp, FALSE, TRUE, 110 },
  { "user", NC_ ("column", "User"), get_user, compare_user, FALSE, TRUE, 110 },
  { "address", NC_ ("column", "Address"), get_address, compare_address, FALSE, TRUE, 130 },
  { "transport", NC_ ("column", "Transport"), get_transport, compare_transport, FALSE, TRUE, 100 },
  { "rooms", NC_ ("column", "Rooms"), get_rooms, compare_rooms, FALSE, TRUE, 0 },
  { "connected", NC_ ("column", "Connected"), get_age, compare_age, TRUE, TRUE, 110 },
  { "latency", NC_ ("column", "Latency"), get_latency, compare_rtt, TRUE, TRUE, 90 },
  { "events-in", NC_ ("column", "Received"), get_events_in, compare_events_in, TRUE, FALSE, 90 },
  { "events-out", NC_ ("column", "Sent"), get_events_out, compare_events_out, TRUE, FALSE, 90 },
  { "bytes-out", NC_ ("column", "Data sent"), get_bytes_out, compare_bytes_out, TRUE, FALSE, 100 },
};

GPtrArray *
sioa_sockets_page_list_selected (SioaSocketsPage *self)
{
  g_autoptr (GtkBitset) set =
      gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);
  GtkBitsetIter iter;
  guint position;

  for (gboolean valid = gtk_bitset_iter_init_first (&iter, set, &position); valid;
       valid = gtk_bitset_iter_next (&iter, &position))
    g_ptr_array_add (sockets, g_list_model_get_item (G_LIST_MODEL (self->selection), position));
  return sockets;
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
  guint n_shown = g_list_model_get_n_items (G_LIST_MODEL (self->filtered));
  g_autoptr (GtkBitset) selected =
      gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  guint n_selected = (guint) gtk_bitset_get_size (selected);
  g_autofree char *text = NULL;

  if (n_selected > 0)
    text = g_strdup_printf (_ ("%u of %u selected"), n_selected, n_shown);
  else
    text = g_strdup_printf (ngettext ("%u socket", "%u sockets", n_shown), n_shown);
  gtk_label_set_label (GTK_LABEL (self->count), text);
  for (guint i = 0; i < G_N_ELEMENTS (self->buttons); i++)
    gtk_widget_set_sensitive (self->buttons[i],
                              n_selected > 0 && (features & sioa_actions_get_needed (i)) != 0);
  if (self->server != NULL && (features & SIOA_HAS_SOCKETS) == 0 && n_all == 0 &&
      sioa_backend_get_state (sioa_server_get_backend (self->server)) == SIOA_STATE_OPEN)
    gtk_stack_set_visible_child_name (self->stack, "unknown");
  else if (n_shown == 0)
    {
      adw_status_page_set_title (self->empty, n_all > 0 ? _ ("Nothing Found") : _ ("No Sockets"));
      adw_status_page_set_description (
          self->empty, n_all > 0 ? _ ("Try another search.")
                                 : _ ("Nobody is connected to this server at the moment."));
      gtk_stack_set_visible_child_name (self->stack, "empty");
    }
  else
    gtk_stack_set_visible_child_name (self->stack, "table");
}

static void
update_cb (SioaSocketsPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self);
}

static void
act_cb (GtkButton *button, SioaSocketsPage *self)
{
  SioaAct act = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "act"));
  g_autoptr (GPtrArray) sockets = sioa_sockets_page_list_selected (self);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char *whom = NULL;
  const char *nsp;

  if (sockets->len == 0)
    return;
  /* One namespace at a time: an action has one. */
  nsp = sioa_socket_get_nsp (g_ptr_array_index (sockets, 0));
  for (guint i = 0; i < sockets->len; i++)
    if (strcmp (sioa_socket_get_nsp (g_ptr_array_index (sockets, i)), nsp) == 0)
      g_ptr_array_add (ids, (char *) sioa_socket_get_id (g_ptr_array_index (sockets, i)));
  if (ids->len == 1)
    whom = g_strdup_printf (_ ("socket %s of %s"), (char *) g_ptr_array_index (ids, 0), nsp);
  else
    whom =
        g_strdup_printf (ngettext ("%u socket of %s", "%u sockets of %s", ids->len), ids->len, nsp);
  g_ptr_array_add (ids, NULL);
  sioa_actions_run (GTK_WIDGET (self), self->server, act, nsp, (const char *const *) ids->pdata,
                    whom);
}

static gboolean
refresh_cb (gpointer user_data)
{
  SioaSocketsPage *self = user_data;

  if (!sioa_socket_filter_is_empty (self->filter))
    sioa_socket_filter_refresh (self->filter);
  return G_SOURCE_CONTINUE;
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
namespaces_cb (GListModel *model, guint position, guint removed, guint added, SioaSocketsPage *self)
{
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
forget_server (SioaSocketsPage *self)
{
  if (self->server == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->server, self);
  g_signal_handlers_disconnect_by_data (
      sioa_store_get_namespaces (sioa_server_get_store (self->server)), self);
  g_clear_object (&self->server);
}

static void
sioa_sockets_page_set_server (SioaPage *page, SioaServer *server)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (page);
  GListModel *namespaces = NULL;

  if (server == self->server)
    return;
  forget_server (self);
  if (server != NULL)
    {
      self->server = g_object_ref (server);
      namespaces = sioa_store_get_namespaces (sioa_server_get_store (server));
      g_signal_connect_swapped (server, "changed", G_CALLBACK (update_cb), self);
      g_signal_connect (namespaces, "items-changed", G_CALLBACK (namespaces_cb), self);
    }
  gtk_filter_list_model_set_model (
      self->filtered,
      server != NULL ? sioa_store_get_sockets (sioa_server_get_store (server)) : NULL);
  namespaces_cb (namespaces, 0, 0, 0, self);
  update (self);
}

static void
sioa_sockets_page_page_init (SioaPageInterface *iface)
{
  iface->set_server = sioa_sockets_page_set_server;
}

static GtkWidget *
make_top (SioaSocketsPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  const char *transports[] = { _ ("All Transports"), "WebSocket", _ ("Polling"), "WebTransport",
                               NULL };

  self->search = gtk_search_entry_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Search by ID, user, address or room"), -1);
  g_object_set (self->search, "placeholder-text", _ ("ID, user, address or room"), NULL);
  gtk_widget_set_hexpand (self->search, TRUE);
  g_signal_connect (self->search, "search-changed", G_CALLBACK (search_cb), self);
  self->namespaces = gtk_drop_down_new (NULL, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->namespaces), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Namespace"), -1);
  g_signal_connect (self->namespaces, "notify::selected", G_CALLBACK (nsp_cb), self);
  self->transports = gtk_drop_down_new_from_strings (transports);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->transports), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Transport"), -1);
  g_signal_connect (self->transports, "notify::selected", G_CALLBACK (transport_cb), self);
  gtk_widget_add_css_class (box, "toolbar");
  gtk_box_append (GTK_BOX (box), self->search);
  gtk_box_append (GTK_BOX (box), self->namespaces);
  gtk_box_append (GTK_BOX (box), self->transports);
  return box;
}

static GtkWidget *
make_bar (SioaSocketsPage *self)
{
  const char *labels[] = { _ ("_Disconnect"), _ ("_Close"), _ ("_Join…"), _ ("_Leave…"),
                           _ ("_Emit…") };
  GtkWidget *bar = gtk_action_bar_new ();

  self->count = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->count, "numeric");
  gtk_action_bar_pack_start (GTK_ACTION_BAR (bar), self->count);
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      self->buttons[i] = gtk_button_new_with_mnemonic (labels[i]);
      g_object_set_data (G_OBJECT (self->buttons[i]), "act", GUINT_TO_POINTER (i));
      g_signal_connect (self->buttons[i], "clicked", G_CALLBACK (act_cb), self);
      gtk_action_bar_pack_end (GTK_ACTION_BAR (bar), self->buttons[i]);
    }
  gtk_widget_add_css_class (self->buttons[SIOA_ACT_DISCONNECT], "destructive-action");
  return bar;
}

static GtkWidget *
make_table (SioaSocketsPage *self)
{
  GtkColumnView *view = sioa_columns_make_view (columns, G_N_ELEMENTS (columns), _ ("Sockets"));
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->filter = sioa_socket_filter_new ();
  self->filtered = gtk_filter_list_model_new (NULL, GTK_FILTER (g_object_ref (self->filter)));
  self->sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (self->filtered)),
                                          g_object_ref (gtk_column_view_get_sorter (view)));
  self->selection = gtk_multi_selection_new (G_LIST_MODEL (g_object_ref (self->sorted)));
  gtk_column_view_set_model (view, GTK_SELECTION_MODEL (self->selection));
  gtk_column_view_set_enable_rubberband (view, TRUE);
  g_signal_connect_swapped (self->selection, "selection-changed", G_CALLBACK (update_cb), self);
  g_signal_connect_swapped (self->filtered, "items-changed", G_CALLBACK (update_cb), self);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (view));
  gtk_widget_set_vexpand (scroller, TRUE);
  return scroller;
}

static void
sioa_sockets_page_map (GtkWidget *widget)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (widget);

  GTK_WIDGET_CLASS (sioa_sockets_page_parent_class)->map (widget);
  self->refresh_id = g_timeout_add_seconds (REFRESH_S, refresh_cb, self);
  update (self);
}

static void
sioa_sockets_page_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&SIOA_SOCKETS_PAGE (widget)->refresh_id, g_source_remove);
  GTK_WIDGET_CLASS (sioa_sockets_page_parent_class)->unmap (widget);
}

static void
sioa_sockets_page_dispose (GObject *object)
{
  SioaSocketsPage *self = SIOA_SOCKETS_PAGE (object);

  forget_server (self);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  if (self->selection != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->selection, self);
      g_signal_handlers_disconnect_by_data (self->filtered, self);
    }
  g_clear_object (&self->selection);
  g_clear_object (&self->sorted);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (sioa_sockets_page_parent_class)->dispose (object);
}

static void
sioa_sockets_page_class_init (SioaSocketsPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_sockets_page_dispose;
  GTK_WIDGET_CLASS (klass)->map = sioa_sockets_page_map;
  GTK_WIDGET_CLASS (klass)->unmap = sioa_sockets_page_unmap;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sioa_sockets_page_init (SioaSocketsPage *self)
{
  GtkWidget *unknown = adw_status_page_new ();

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
  gtk_widget_set_vexpand (GTK_WIDGET (self->stack), TRUE);
  gtk_box_append (GTK_BOX (self->box), make_top (self));
  gtk_box_append (GTK_BOX (self->box), GTK_WIDGET (self->stack));
  gtk_box_append (GTK_BOX (self->box), make_bar (self));
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
sioa_sockets_page_new (void)
{
  return g_object_new (SIOA_TYPE_SOCKETS_PAGE, NULL);
}
