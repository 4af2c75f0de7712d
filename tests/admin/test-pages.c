/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Widgets and pages of sio-admin with a server that is made up. */
#include "config.h"

#include <adwaita.h>
#include <math.h>
#include <string.h>

#include "sioa-actions.h"
#include "sioa-columns.h"
#include "sioa-dashboard.h"
#include "sioa-distribution.h"
#include "sioa-graph.h"
#include "sioa-latency-page.h"
#include "sioa-mock.h"
#include "sioa-resort.h"
#include "sioa-rooms-page.h"
#include "sioa-slot.h"
#include "sioa-socket-details.h"
#include "sioa-socket-filter.h"
#include "sioa-sockets-page.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static SioaServer *
make_server (SioaMock **mock, guint n_sockets)
{
  SioaServer *server;

  *mock = sioa_mock_new (7, n_sockets, 0);
  server = sioa_server_new ("Test", SIOA_BACKEND (*mock));
  sioa_backend_open (SIOA_BACKEND (*mock));
  sioa_store_catch_up (sioa_server_get_store (server));
  return server;
}

static void
timeout_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* For what must not happen. */
static void
spin (guint milliseconds)
{
  gboolean over = FALSE;

  g_timeout_add_once (milliseconds, timeout_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

static guint
count_matching (SioaSocketFilter *filter, SioaStore *store)
{
  GListModel *sockets = sioa_store_get_sockets (store);
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (sockets); i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (sockets, i);

      n += gtk_filter_match (GTK_FILTER (filter), socket);
    }
  return n;
}

static void
test_filter (void)
{
  g_autoptr (SioaMock) mock = NULL;
  g_autoptr (SioaServer) server = make_server (&mock, 500);
  SioaStore *store = sioa_server_get_store (server);
  g_autoptr (SioaSocketFilter) filter = sioa_socket_filter_new ();
  g_autoptr (SioaSocket) first = g_list_model_get_item (sioa_store_get_sockets (store), 0);
  g_autofree char *shouted = g_ascii_strup (sioa_socket_get_id (first), -1);
  guint n_slow = 0;
  g_autoptr (SioaPlace) room = g_list_model_get_item (sioa_store_get_rooms (store), 0);

  g_assert_true (sioa_socket_filter_is_empty (filter));
  g_assert_cmpint (gtk_filter_get_strictness (GTK_FILTER (filter)), ==, GTK_FILTER_MATCH_ALL);
  g_assert_cmpuint (count_matching (filter, store), ==, 500);
  sioa_socket_filter_set_text (filter, shouted);
  g_assert_cmpuint (count_matching (filter, store), ==, 1);
  sioa_socket_filter_set_text (filter, "  ");
  g_assert_cmpuint (count_matching (filter, store), ==, 500);
  sioa_socket_filter_set_user (filter, sioa_socket_get_record (first)->user);
  g_assert_cmpuint (count_matching (filter, store), >=, 1);
  /* All of the name, unlike the text. */
  sioa_socket_filter_set_user (filter, "user");
  g_assert_cmpuint (count_matching (filter, store), ==, 0);
  sioa_socket_filter_set_user (filter, NULL);
  sioa_socket_filter_set_nsp (filter, sioa_place_get_nsp (room));
  sioa_socket_filter_set_room (filter, sioa_place_get_room (room));
  g_assert_cmpuint (count_matching (filter, store), ==, sioa_place_get_n_members (room));
  sioa_socket_filter_set_nsp (filter, NULL);
  sioa_socket_filter_set_room (filter, "");
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (sioa_store_get_sockets (store), i);

      n_slow += sioa_socket_get_record (socket)->rtt >= 50000;
    }
  sioa_socket_filter_set_min_latency (filter, 50);
  g_assert_cmpuint (n_slow, >, 0);
  g_assert_cmpuint (count_matching (filter, store), ==, n_slow);
  sioa_socket_filter_set_min_latency (filter, 0);
  /* The mock's clock is that of a day long ago. */
  sioa_socket_filter_set_min_age (filter, 60);
  g_assert_cmpuint (count_matching (filter, store), ==, 500);
  sioa_socket_filter_set_min_age (filter, G_MAXINT32);
  g_assert_cmpuint (count_matching (filter, store), ==, 0);
}

static SioaHistory *
make_history (gint64 now)
{
  SioaHistory *history = sioa_history_new ();

  /* 10 seconds, of which the third last is unknown. */
  for (int i = 9; i >= 0; i--)
    if (i != 2)
      for (int j = 0; j <= i; j++)
        sioa_history_add_round_trip (history, now - i * SECOND, 1000 * (i + 1));
  return history;
}

static void
test_graph_points (void)
{
  gint64 now = 5000 * SECOND;
  g_autoptr (SioaHistory) history = make_history (now);
  g_autoptr (GtkWidget) widget = g_object_ref_sink (sioa_graph_new ("Title", SIOA_UNIT_TIME));
  SioaGraph *graph = SIOA_GRAPH (widget);
  g_autofree char *newest = NULL;
  g_autofree char *third = NULL;
  g_autofree char *gap = NULL;

  sioa_graph_set_history (graph, history);
  sioa_graph_set_now (graph, now);
  sioa_graph_add_value (graph, "Own", SIOA_ROUND_TRIP);
  sioa_graph_add_quantile (graph, "50 %", 0.5);
  g_assert_cmpuint (sioa_graph_get_n_lines (graph), ==, 2);
  g_assert_cmpfloat (sioa_graph_get_point (graph, 0, 0), ==, 1000);
  g_assert_cmpfloat (sioa_graph_get_point (graph, 0, 3), ==, 4000);
  g_assert_true (isnan (sioa_graph_get_point (graph, 0, 2)));
  g_assert_true (isnan (sioa_graph_get_point (graph, 1, 2)));
  g_assert_true (isnan (sioa_graph_get_point (graph, 0, 10)));
  g_assert_cmpfloat (sioa_graph_get_point (graph, 1, 0), >, 500);
  g_assert_cmpfloat (sioa_graph_get_point (graph, 1, 0), <=, 1000);
  newest = sioa_graph_describe (graph);
  g_assert_nonnull (strstr (newest, "Own 1 ms"));
  sioa_graph_set_cursor (graph, 3);
  third = sioa_graph_describe (graph);
  g_assert_true (g_str_has_prefix (third, "3 s ago: Own 4 ms"));
  sioa_graph_set_cursor (graph, 2);
  gap = sioa_graph_describe (graph);
  g_assert_true (g_str_has_prefix (gap, "2 s ago: Own –"));
  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (graph), GTK_ACCESSIBLE_ROLE_IMG);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (graph), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Title");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (graph), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       gap);
  sioa_graph_remove_lines (graph);
  g_assert_cmpuint (sioa_graph_get_n_lines (graph), ==, 0);
}

/* Once a second while it is seen, and never when it is not. */
static void
test_graph_draws (void)
{
  g_autoptr (SioaHistory) history = make_history (5000 * SECOND);
  GtkWidget *window = gtk_window_new ();
  GtkWidget *graph = sioa_graph_new ("Title", SIOA_UNIT_TIME);
  guint n_draws;

  sioa_graph_set_history (SIOA_GRAPH (graph), history);
  sioa_graph_add_value (SIOA_GRAPH (graph), "Own", SIOA_ROUND_TRIP);
  gtk_window_set_child (GTK_WINDOW (window), graph);
  spin (100);
  g_assert_cmpuint (sioa_graph_get_n_draws (SIOA_GRAPH (graph)), ==, 0);
  gtk_window_present (GTK_WINDOW (window));
  while (sioa_graph_get_n_draws (SIOA_GRAPH (graph)) < 3)
    g_main_context_iteration (NULL, TRUE);
  gtk_widget_hide (window);
  n_draws = sioa_graph_get_n_draws (SIOA_GRAPH (graph));
  sioa_history_add_round_trip (history, g_get_monotonic_time (), 5000);
  spin (2200);
  g_assert_cmpuint (sioa_graph_get_n_draws (SIOA_GRAPH (graph)), ==, n_draws);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_distribution (void)
{
  GtkWidget *window = gtk_window_new ();
  GtkWidget *widget = sioa_distribution_new ("Spread");
  SioaDistribution *distribution = SIOA_DISTRIBUTION (widget);
  double buckets[SIOA_N_BUCKETS] = { 0 };
  g_autofree char *nothing = sioa_distribution_describe (distribution);
  g_autofree char *most = NULL;
  g_autofree char *chosen = NULL;
  g_autofree char *first = sioa_distribution_describe_bucket (0);
  g_autofree char *last = sioa_distribution_describe_bucket (SIOA_N_BUCKETS - 1);

  g_assert_cmpstr (nothing, ==, "Nothing measured");
  g_assert_cmpstr (first, ==, "up to 0.1 ms");
  g_assert_cmpstr (last, ==, "more than 60 s");
  buckets[sioa_bucket_for (1500)] = 30;
  buckets[sioa_bucket_for (20000)] = 10;
  sioa_distribution_set_buckets (distribution, buckets);
  most = sioa_distribution_describe (distribution);
  g_assert_cmpstr (most, ==, "Most often 1 ms to 1.5 ms: 75.0 %");
  sioa_distribution_set_cursor (distribution, sioa_bucket_for (20000));
  chosen = sioa_distribution_describe (distribution);
  g_assert_cmpstr (chosen, ==, "15 ms to 20 ms: 10, 25.0 %");
  g_assert_cmpuint (sioa_distribution_get_n_draws (distribution), ==, 0);
  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  while (sioa_distribution_get_n_draws (distribution) == 0)
    g_main_context_iteration (NULL, TRUE);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       chosen);
  gtk_window_destroy (GTK_WINDOW (window));
}

static AdwMessageDialog *
find_dialog (void)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (ADW_IS_MESSAGE_DIALOG (l->data))
      return l->data;
  return NULL;
}

static void
respond (const char *response)
{
  AdwMessageDialog *dialog = find_dialog ();

  g_assert_nonnull (dialog);
  adw_message_dialog_response (dialog, response);
  gtk_window_destroy (GTK_WINDOW (dialog));
  g_assert_null (find_dialog ());
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Two of each of two namespaces. */
static GPtrArray *
pick_sockets (SioaStore *store)
{
  GListModel *sockets = sioa_store_get_sockets (store);
  GPtrArray *picked = g_ptr_array_new_with_free_func (g_object_unref);
  guint n[2] = { 0 };

  for (guint i = 0; i < g_list_model_get_n_items (sockets); i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (sockets, i);
      int which = strcmp (sioa_socket_get_nsp (socket), "/") == 0       ? 0
                  : strcmp (sioa_socket_get_nsp (socket), "/chat") == 0 ? 1
                                                                        : -1;

      if (which >= 0 && n[which]++ < 2)
        g_ptr_array_add (picked, g_object_ref (socket));
    }
  g_assert_cmpuint (picked->len, ==, 4);
  return picked;
}

static void
test_actions (void)
{
  g_autoptr (SioaMock) mock = NULL;
  g_autoptr (SioaServer) server = make_server (&mock, 100);
  SioaStore *store = sioa_server_get_store (server);
  g_autoptr (GPtrArray) picked = pick_sockets (store);
  GtkWidget *window = gtk_window_new ();
  GtkWidget *label = gtk_label_new (NULL);
  g_autoptr (SioaPlace) room = NULL;
  g_autofree char *room_name = NULL;

  gtk_window_set_child (GTK_WINDOW (window), label);
  gtk_window_present (GTK_WINDOW (window));
  /* Asks, names whom, and does nothing when told not to. */
  sioa_actions_run_on_sockets (label, server, SIOA_ACT_DISCONNECT, picked, NULL);
  g_assert_nonnull (
      strstr (adw_message_dialog_get_body (find_dialog ()), "4 sockets of 2 namespaces at “Test”"));
  g_assert_cmpstr (adw_message_dialog_get_default_response (find_dialog ()), ==, "cancel");
  respond ("cancel");
  sioa_store_catch_up (store);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (store)), ==, 100);
  /* A room has to have a name. */
  sioa_actions_run_on_sockets (label, server, SIOA_ACT_JOIN, picked, NULL);
  g_assert_false (adw_message_dialog_get_response_enabled (find_dialog (), "do"));
  respond ("cancel");
  sioa_actions_run_on_sockets (label, server, SIOA_ACT_JOIN, picked, "lobby");
  g_assert_true (adw_message_dialog_get_response_enabled (find_dialog (), "do"));
  respond ("do");
  sioa_store_catch_up (store);
  for (guint i = 0; i < picked->len; i++)
    g_assert_true (sioa_socket_is_in (picked->pdata[i], "lobby"));
  g_assert_cmpuint (sioa_place_get_n_members (sioa_store_find_room (store, "/", "lobby")), ==, 2);
  g_assert_cmpuint (sioa_place_get_n_members (sioa_store_find_room (store, "/chat", "lobby")), ==,
                    2);
  /* Of one namespace only. */
  sioa_actions_run (label, server, SIOA_ACT_EMPTY, "/", "lobby", "room “lobby” of /");
  respond ("do");
  sioa_store_catch_up (store);
  g_assert_null (sioa_store_find_room (store, "/", "lobby"));
  g_assert_nonnull (sioa_store_find_room (store, "/chat", "lobby"));
  sioa_actions_run_on_sockets (label, server, SIOA_ACT_DISCONNECT, picked, NULL);
  respond ("do");
  sioa_store_catch_up (store);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (store)), ==, 96);
  for (guint i = 0; i < picked->len; i++)
    g_assert_false (sioa_socket_is_alive (picked->pdata[i]));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Pages with each server and none, one after the other, leave nothing behind. */
static void
test_pages (void)
{
  GtkWidget *(*const makers[]) (void) = { sioa_dashboard_new, sioa_latency_page_new,
                                          sioa_sockets_page_new, sioa_rooms_page_new };

  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    for (guint round = 0; round < 5; round++)
      {
        g_autoptr (SioaMock) mock = NULL;
        SioaServer *server = make_server (&mock, round == 0 ? 0 : 50);
        GtkWidget *window = gtk_window_new ();
        GtkWidget *page = makers[i]();
        gpointer weak_page = page;
        gpointer weak_server = server;

        g_object_add_weak_pointer (G_OBJECT (page), &weak_page);
        g_object_add_weak_pointer (G_OBJECT (server), &weak_server);
        gtk_window_set_child (GTK_WINDOW (window), page);
        sioa_page_set_server (SIOA_PAGE (page), server);
        gtk_window_present (GTK_WINDOW (window));
        gtk_test_widget_wait_for_draw (page);
        sioa_mock_advance (mock, 4000);
        sioa_page_set_server (SIOA_PAGE (page), NULL);
        sioa_page_set_server (SIOA_PAGE (page), server);
        gtk_window_destroy (GTK_WINDOW (window));
        g_object_unref (server);
        while (g_main_context_iteration (NULL, FALSE))
          ;
        g_assert_null (weak_page);
        g_assert_null (weak_server);
      }
}

static GtkWidget *
find (GtkWidget *widget, GType type, const char *label)
{
  GtkWidget *found = NULL;

  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type) &&
      (label == NULL ||
       gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL)))
    {
      g_autofree char *mismatch =
          label != NULL ? gtk_test_accessible_check_property (GTK_ACCESSIBLE (widget),
                                                              GTK_ACCESSIBLE_PROPERTY_LABEL, label)
                        : NULL;

      if (mismatch == NULL)
        return widget;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find (child, type, label);
  return found;
}

/* The round trips of one namespace instead of all. */
static void
test_latency_namespaces (void)
{
  g_autoptr (SioaMock) mock = NULL;
  g_autoptr (SioaServer) server = make_server (&mock, 60);
  g_autoptr (SioaMock) other_mock = NULL;
  g_autoptr (SioaServer) other = make_server (&other_mock, 5);
  SioaHistory *history = sioa_server_get_history (server);
  GtkWidget *window = gtk_window_new ();
  GtkWidget *page = sioa_latency_page_new ();
  GtkWidget *drop_down = find (page, GTK_TYPE_DROP_DOWN, "Namespace");
  SioaGraph *graph = SIOA_GRAPH (find (page, SIOA_TYPE_GRAPH, NULL));
  GtkColumnView *slowest =
      GTK_COLUMN_VIEW (find (page, GTK_TYPE_COLUMN_VIEW, "Slowest connections"));
  GtkStringList *names;
  GListModel *rows;
  double all, one;

  for (guint i = 0; i < 5; i++)
    sioa_mock_advance (mock, 2000);
  gtk_window_set_child (GTK_WINDOW (window), page);
  sioa_page_set_server (SIOA_PAGE (page), server);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (page);
  sioa_graph_set_now (graph, sioa_history_get_sample (history)->time);
  names = GTK_STRING_LIST (gtk_drop_down_get_model (GTK_DROP_DOWN (drop_down)));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (names)), ==, 4);
  g_assert_cmpstr (gtk_string_list_get_string (names, 2), ==, "/chat");
  all = sioa_graph_get_point (graph, 0, 0);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (drop_down), 2);
  one = sioa_graph_get_point (graph, 0, 0);
  g_assert_cmpfloat (
      one, ==,
      sioa_moment_get_quantile (sioa_history_get (sioa_history_get_namespace (history, "/chat"),
                                                  SIOA_SPAN_10_MINUTES,
                                                  sioa_history_get_sample (history)->time, 0),
                                0.5));
  /* The mock makes that one faster. */
  g_assert_cmpfloat (one, <, all);
  rows = G_LIST_MODEL (gtk_column_view_get_model (slowest));
  g_assert_cmpuint (g_list_model_get_n_items (rows), >, 0);
  for (guint i = 0; i < g_list_model_get_n_items (rows); i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (rows, i);

      g_assert_cmpstr (sioa_socket_get_nsp (socket), ==, "/chat");
    }
  /* What is new does not change the choice; another server does. */
  sioa_mock_advance (mock, 6000);
  g_assert_cmpuint (gtk_drop_down_get_selected (GTK_DROP_DOWN (drop_down)), ==, 2);
  sioa_page_set_server (SIOA_PAGE (page), other);
  g_assert_cmpuint (gtk_drop_down_get_selected (GTK_DROP_DOWN (drop_down)), ==, 0);
  sioa_mock_set_features (other_mock, SIOA_HAS_SOCKETS);
  sioa_page_set_server (SIOA_PAGE (page), NULL);
  gtk_window_destroy (GTK_WINDOW (window));
}

static gboolean
is_in_order (GtkColumnView *view)
{
  GListModel *model = G_LIST_MODEL (gtk_column_view_get_model (view));
  guint before = G_MAXUINT;

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (SioaSlot) slot = g_list_model_get_item (model, i);
      guint n = sioa_place_get_n_members (sioa_slot_unwrap (slot));

      if (n > before)
        return FALSE;
      before = n;
    }
  return TRUE;
}

static gpointer
get_row (GtkColumnView *view, guint position)
{
  g_autoptr (SioaSlot) slot =
      g_list_model_get_item (G_LIST_MODEL (gtk_column_view_get_model (view)), position);

  return slot != NULL ? sioa_slot_unwrap (slot) : NULL;
}

static double
get_row_height (GtkColumnView *view)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));

  return gtk_adjustment_get_upper (adjustment) /
         g_list_model_get_n_items (G_LIST_MODEL (gtk_column_view_get_model (view)));
}

static guint
get_first_seen (GtkColumnView *view)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));

  return (guint) (gtk_adjustment_get_value (adjustment) / get_row_height (view));
}

/* The row of the widget that has the focus. */
static gpointer
get_focused_row (GtkWidget *window)
{
  GtkWidget *widget = gtk_root_get_focus (GTK_ROOT (window));
  GtkWidget *cell = widget != NULL ? gtk_widget_get_first_child (widget) : NULL;
  GtkWidget *child = cell != NULL ? gtk_widget_get_first_child (cell) : NULL;
  GtkListItem *item = child != NULL ? g_object_get_data (G_OBJECT (child), "item") : NULL;

  return item != NULL ? sioa_slot_unwrap (gtk_list_item_get_item (item)) : NULL;
}

static void
stir (SioaMock *mock, SioaServer *server, GtkColumnView *view)
{
  do
    {
      sioa_mock_advance (mock, 2000);
      sioa_store_catch_up (sioa_server_get_store (server));
      while (!sioa_table_is_settled (SIOA_TABLE (gtk_column_view_get_model (view))))
        g_main_context_iteration (NULL, TRUE);
    }
  while (is_in_order (view));
}

/* Tables are sorted anew while values change; whoever looks at a row still sees it where it was. */
static void
test_resort (void)
{
  g_autoptr (SioaMock) mock = sioa_mock_new (7, 300, 50);
  g_autoptr (SioaServer) server = sioa_server_new ("Test", SIOA_BACKEND (mock));
  GtkWidget *window = gtk_window_new ();
  GtkWidget *page = sioa_rooms_page_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *dialog = gtk_window_new ();
  GtkColumnView *view = GTK_COLUMN_VIEW (find (page, GTK_TYPE_COLUMN_VIEW, "Rooms"));
  GtkAdjustment *adjustment;
  GtkSelectionModel *model = gtk_column_view_get_model (view);
  GtkWidget *row;
  gpointer first, focused, chosen;
  double offset;

  sioa_backend_open (SIOA_BACKEND (mock));
  sioa_store_catch_up (sioa_server_get_store (server));
  gtk_window_set_child (GTK_WINDOW (window), page);
  gtk_window_set_default_size (GTK_WINDOW (window), 600, 500);
  sioa_page_set_server (SIOA_PAGE (page), server);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (page);
  stir (mock, server, view);
  /* By itself. */
  while (!is_in_order (view))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpfloat (
      gtk_adjustment_get_value (gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view))), ==, 0);
  /* Not while something is open. */
  gtk_widget_set_parent (popover, page);
  gtk_popover_set_child (GTK_POPOVER (popover), gtk_button_new_with_label ("Button"));
  gtk_popover_popup (GTK_POPOVER (popover));
  g_assert_false (sioa_resort_run (view));
  gtk_popover_popdown (GTK_POPOVER (popover));
  gtk_widget_unparent (popover);
  gtk_window_set_transient_for (GTK_WINDOW (dialog), GTK_WINDOW (window));
  gtk_window_present (GTK_WINDOW (dialog));
  g_assert_false (sioa_resort_run (view));
  gtk_window_destroy (GTK_WINDOW (dialog));
  while (!sioa_resort_run (view))
    g_main_context_iteration (NULL, TRUE);
  while (!is_in_order (view))
    g_main_context_iteration (NULL, TRUE);
  /* A row that is seen has the focus, and another one is chosen. */
  adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (view));
  gtk_adjustment_set_value (adjustment, 100 * get_row_height (view) + 5);
  g_assert_false (sioa_resort_run (view));
  gtk_test_widget_wait_for_draw (page);
  gtk_selection_model_select_item (model, 103, TRUE);
  chosen = get_row (view, 103);
  row = gtk_widget_get_first_child (gtk_widget_get_last_child (GTK_WIDGET (view)));
  while (row != NULL)
    {
      GtkWidget *child = gtk_widget_get_first_child (gtk_widget_get_first_child (row));
      GtkListItem *item = g_object_get_data (G_OBJECT (child), "item");

      if (item != NULL && gtk_list_item_get_position (item) == 105)
        break;
      row = gtk_widget_get_next_sibling (row);
    }
  g_assert_nonnull (row);
  gtk_widget_grab_focus (row);
  focused = get_focused_row (window);
  g_assert_nonnull (focused);
  gtk_test_widget_wait_for_draw (page);
  for (guint i = 0; i < 5; i++)
    {
      stir (mock, server, view);
      gtk_test_widget_wait_for_draw (page);
      first = get_row (view, get_first_seen (view));
      offset = fmod (gtk_adjustment_get_value (adjustment), get_row_height (view));
      focused = get_focused_row (window);
      g_assert_nonnull (focused);
      chosen = sioa_table_get_selected (SIOA_TABLE (model));
      while (!is_in_order (view))
        g_main_context_iteration (NULL, TRUE);
      gtk_test_widget_wait_for_draw (page);
      g_assert_true (get_row (view, get_first_seen (view)) == first);
      g_assert_cmpfloat_with_epsilon (
          fmod (gtk_adjustment_get_value (adjustment), get_row_height (view)), offset, 0.5);
      g_assert_true (get_focused_row (window) == focused);
      g_assert_true (sioa_table_get_selected (SIOA_TABLE (model)) == chosen);
    }
  gtk_window_destroy (GTK_WINDOW (window));
}

static GtkWidget *
find_check (GtkWidget *widget, const char *label)
{
  GtkWidget *found = NULL;

  if (GTK_IS_CHECK_BUTTON (widget) &&
      g_strcmp0 (gtk_check_button_get_label (GTK_CHECK_BUTTON (widget)), label) == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_check (child, label);
  return found;
}

static void
check_sorted (GtkColumnView *view, const char *name, gboolean descending)
{
  gboolean is_descending;

  g_assert_cmpstr (sioa_columns_get_sorted (view, &is_descending), ==, name);
  g_assert_cmpint (is_descending, ==, descending);
}

/* What headers of columns do, without a pointer. */
static void
test_chooser (void)
{
  GtkWidget *window = gtk_window_new ();
  GtkWidget *page = sioa_sockets_page_new ();
  GtkWidget *button;
  GtkWidget *latency, *user, *descending, *ascending;
  GtkColumnView *view;
  g_autoptr (GtkColumnViewColumn) column = NULL;

  gtk_window_set_child (GTK_WINDOW (window), page);
  view = GTK_COLUMN_VIEW (find (page, GTK_TYPE_COLUMN_VIEW, "Sockets"));
  button = find (page, GTK_TYPE_MENU_BUTTON, "Columns and Order");
  latency = find (button, GTK_TYPE_CHECK_BUTTON, "Sort by Latency");
  user = find (button, GTK_TYPE_CHECK_BUTTON, "Sort by User");
  descending = find_check (button, "Descending");
  ascending = find_check (button, "Ascending");
  g_assert_true (gtk_widget_get_focusable (latency));
  g_assert_true (gtk_widget_activate (latency));
  check_sorted (view, "latency", FALSE);
  g_assert_true (gtk_widget_activate (descending));
  check_sorted (view, "latency", TRUE);
  g_assert_true (gtk_widget_activate (user));
  check_sorted (view, "user", TRUE);
  g_assert_false (gtk_check_button_get_active (GTK_CHECK_BUTTON (latency)));
  g_assert_true (gtk_widget_activate (ascending));
  check_sorted (view, "user", FALSE);
  /* By a header. */
  column = g_list_model_get_item (gtk_column_view_get_columns (view), 7);
  gtk_column_view_sort_by_column (view, column, GTK_SORT_DESCENDING);
  g_assert_true (gtk_check_button_get_active (GTK_CHECK_BUTTON (latency)));
  g_assert_true (gtk_check_button_get_active (GTK_CHECK_BUTTON (descending)));
  gtk_column_view_sort_by_column (view, NULL, GTK_SORT_ASCENDING);
  g_assert_false (gtk_check_button_get_active (GTK_CHECK_BUTTON (latency)));
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/admin/filter", test_filter);
  g_test_add_func ("/admin/graph/points", test_graph_points);
  g_test_add_func ("/admin/graph/draws", test_graph_draws);
  g_test_add_func ("/admin/distribution", test_distribution);
  g_test_add_func ("/admin/actions", test_actions);
  g_test_add_func ("/admin/pages", test_pages);
  g_test_add_func ("/admin/latency/namespaces", test_latency_namespaces);
  g_test_add_func ("/admin/resort", test_resort);
  g_test_add_func ("/admin/chooser", test_chooser);
  return g_test_run ();
}
