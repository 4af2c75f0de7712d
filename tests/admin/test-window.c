/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The window with servers that are made up. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "admin-fixture.h"
#include "sioa-dashboard.h"
#include "sioa-member-list.h"
#include "sioa-mock.h"
#include "sioa-socket-columns.h"
#include "sioa-window.h"

static SioaApplication *
make_application (void)
{
  SioaApplication *application = sioa_application_new ();
  g_autoptr (GError) error = NULL;

  g_application_set_flags (G_APPLICATION (application),
                           g_application_get_flags (G_APPLICATION (application)) |
                               G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_application_hold (G_APPLICATION (application));
  return application;
}

static SioaServer *
add_server (SioaApplication *application, const char *name, guint n_sockets, SioaMock **mock)
{
  GListStore *servers = sioa_application_get_servers (application);
  g_autoptr (SioaServer) server = NULL;

  *mock = sioa_mock_new (g_list_model_get_n_items (G_LIST_MODEL (servers)), n_sockets, 0);
  server = sioa_server_new (name, SIOA_BACKEND (*mock));
  sioa_backend_open (SIOA_BACKEND (*mock));
  sioa_store_catch_up (sioa_server_get_store (server));
  g_list_store_append (servers, server);
  return server;
}

static GtkWidget *
find (GtkWidget *widget, GType type)
{
  GtkWidget *found = NULL;

  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find (child, type);
  return found;
}

static GtkWidget *
find_named (GtkWidget *widget, GType type, const char *icon)
{
  GtkWidget *found = NULL;

  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type) && GTK_IS_BUTTON (widget) &&
      g_strcmp0 (gtk_button_get_icon_name (GTK_BUTTON (widget)), icon) == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_named (child, type, icon);
  return found;
}

/* Whether it can be read somewhere in it. */
static gboolean
shows (GtkWidget *widget, const char *text)
{
  if (!gtk_widget_get_child_visible (widget) || !gtk_widget_get_visible (widget))
    return FALSE;
  if (GTK_IS_LABEL (widget) && strstr (gtk_label_get_text (GTK_LABEL (widget)), text) != NULL)
    return TRUE;
  if (GTK_IS_INSCRIPTION (widget) &&
      g_strcmp0 (gtk_inscription_get_text (GTK_INSCRIPTION (widget)), text) == 0)
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (shows (child, text))
      return TRUE;
  return FALSE;
}

static guint
count_pages (SioaWindow *window)
{
  g_autoptr (GtkSelectionModel) pages = adw_view_stack_get_pages (sioa_window_get_pages (window));
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (pages)); i++)
    {
      g_autoptr (AdwViewStackPage) page = g_list_model_get_item (G_LIST_MODEL (pages), i);

      n += adw_view_stack_page_get_visible (page);
    }
  return n;
}

static SioaServer *
get_entry (SioaApplication *application, guint position)
{
  g_autoptr (SioaServer) server =
      g_list_model_get_item (sioa_application_get_entries (application), position);

  return server;
}

static void
test_sum (void)
{
  g_autoptr (SioaApplication) application = make_application ();
  SioaMock *mocks[3] = { NULL };
  SioaServer *first = add_server (application, "First", 30, &mocks[0]);
  SioaServer *second;
  SioaWindow *window = SIOA_WINDOW (sioa_window_new (application));
  const char *page;
  GtkWidget *dashboard;
  GtkWidget *list;
  SioaServer *sum;

  gtk_window_present (GTK_WINDOW (window));
  /* One alone needs no sum. */
  g_assert_cmpuint (g_list_model_get_n_items (sioa_application_get_entries (application)), ==, 1);
  g_assert_true (sioa_window_get_server (window) == first);
  second = add_server (application, "Second", 12, &mocks[1]);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_application_get_entries (application)), ==, 3);
  /* Whoever was shown stays. */
  g_assert_true (sioa_window_get_server (window) == first);
  sum = get_entry (application, 0);
  g_assert_cmpstr (sioa_server_get_name (sum), ==, "All Servers");
  g_assert_cmpuint (count_pages (window), ==, 5);
  sioa_window_show_page (window, "sockets");
  sioa_window_set_server (window, sum);
  /* Nobody acts on all servers at once. */
  g_assert_cmpuint (count_pages (window), ==, 2);
  page = adw_view_stack_get_visible_child_name (sioa_window_get_pages (window));
  g_assert_cmpstr (page, ==, "dashboard");
  dashboard = adw_view_stack_get_child_by_name (sioa_window_get_pages (window), "dashboard");
  wait_for (shows (dashboard, "42"));
  g_assert_true (shows (dashboard, "2 of 2"));
  g_assert_false (shows (dashboard, "Up for"));
  sioa_mock_set_state (mocks[1], SIOA_STATE_WAITING,
                       &(GError){ sioa_error_quark (), SIOA_ERROR_UNREACHABLE, (char *) "gone" });
  wait_for (shows (dashboard, "Connecting again: gone"));
  wait_for (shows (GTK_WIDGET (window), "“Second” is away"));
  iterate_for (50);
  add_server (application, "Third", 3, &mocks[2]);
  wait_for (shows (dashboard, "33"));
  g_assert_true (shows (dashboard, "2 of 3"));
  /* One of them alone. */
  list = find (find (dashboard, SIOA_TYPE_MEMBER_LIST), GTK_TYPE_LIST_BOX);
  g_signal_emit_by_name (gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), 1), "activate");
  wait_for (sioa_window_get_server (window) == second);
  g_assert_cmpuint (count_pages (window), ==, 5);
  page = adw_view_stack_get_visible_child_name (sioa_window_get_pages (window));
  g_assert_cmpstr (page, ==, "sockets");
  sioa_window_show_page (window, "dashboard");
  wait_for (shows (dashboard, "Up for"));
  g_assert_false (gtk_widget_get_visible (find (dashboard, SIOA_TYPE_MEMBER_LIST)));
  gtk_window_destroy (GTK_WINDOW (window));
  g_list_store_remove (sioa_application_get_servers (application), 2);
  g_list_store_remove (sioa_application_get_servers (application), 1);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_application_get_entries (application)), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (mocks); i++)
    g_object_unref (mocks[i]);
  g_application_release (G_APPLICATION (application));
}

static GtkWidget *
find_page (SioaWindow *window, const char *name)
{
  return adw_view_stack_get_child_by_name (sioa_window_get_pages (window), name);
}

static GtkColumnViewColumn *
find_column (GtkColumnView *view, const char *name)
{
  GListModel *columns = gtk_column_view_get_columns (view);

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      if (g_strcmp0 (g_object_get_data (G_OBJECT (column), "name"), name) == 0)
        return column;
    }
  g_assert_not_reached ();
}

/* How a window was left, the next one begins. */
static void
test_settings (void)
{
  g_autoptr (SioaApplication) application = make_application ();
  GSettings *settings = sioa_application_get_settings (application);
  SioaMock *mocks[2] = { NULL };
  SioaServer *first = add_server (application, "First", 30, &mocks[0]);
  SioaServer *second;
  SioaWindow *window = SIOA_WINDOW (sioa_window_new (application));
  g_autoptr (GVariant) kept = NULL;
  GtkColumnView *view;
  GtkWidget *spin, *private_rooms;
  gboolean descending;

  g_assert_nonnull (settings);
  sioa_server_set_id (first, "first");
  second = add_server (application, "Second", 12, &mocks[1]);
  sioa_server_set_id (second, "second");
  gtk_window_present (GTK_WINDOW (window));
  /* Good ones to begin with. */
  view = GTK_COLUMN_VIEW (find (find_page (window, "sockets"), GTK_TYPE_COLUMN_VIEW));
  spin = find (find_page (window, "latency"), GTK_TYPE_SPIN_BUTTON);
  private_rooms =
      find_named (find_page (window, "rooms"), GTK_TYPE_TOGGLE_BUTTON, "avatar-default-symbolic");
  g_assert_null (sioa_columns_get_sorted (view, &descending));
  g_assert_true (gtk_column_view_column_get_visible (find_column (view, "latency")));
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 100);
  g_assert_false (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (private_rooms)));
  /* Everything is changed. */
  sioa_window_set_server (window, second);
  sioa_window_show_page (window, "rooms");
  gtk_window_set_default_size (GTK_WINDOW (window), 1003, 707);
  gtk_column_view_column_set_visible (find_column (view, "address"), FALSE);
  gtk_column_view_column_set_visible (find_column (view, "bytes-in"), TRUE);
  gtk_column_view_column_set_fixed_width (find_column (view, "user"), 222);
  gtk_column_view_insert_column (view, 0, find_column (view, "latency"));
  gtk_column_view_sort_by_column (view, find_column (view, "connected"), GTK_SORT_ASCENDING);
  g_assert_cmpstr (sioa_columns_get_sorted (view, &descending), ==, "connected");
  g_assert_false (descending);
  gtk_column_view_sort_by_column (view, find_column (view, "latency"), GTK_SORT_DESCENDING);
  g_assert_cmpstr (sioa_columns_get_sorted (view, &descending), ==, "latency");
  g_assert_true (descending);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), 250);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (private_rooms), TRUE);
  gtk_window_destroy (GTK_WINDOW (window));
  g_assert_cmpuint (g_settings_get_uint (settings, "latency-threshold"), ==, 250);
  kept = g_settings_get_value (settings, "socket-columns");
  g_assert_cmpuint (g_variant_n_children (kept), ==, SIOA_N_SOCKET_COLUMNS);

  window = SIOA_WINDOW (sioa_window_new (application));
  gtk_window_present (GTK_WINDOW (window));
  g_assert_true (sioa_window_get_server (window) == second);
  g_assert_cmpstr (adw_view_stack_get_visible_child_name (sioa_window_get_pages (window)), ==,
                   "rooms");
  view = GTK_COLUMN_VIEW (find (find_page (window, "sockets"), GTK_TYPE_COLUMN_VIEW));
  spin = find (find_page (window, "latency"), GTK_TYPE_SPIN_BUTTON);
  private_rooms =
      find_named (find_page (window, "rooms"), GTK_TYPE_TOGGLE_BUTTON, "avatar-default-symbolic");
  g_assert_false (gtk_column_view_column_get_visible (find_column (view, "address")));
  g_assert_true (gtk_column_view_column_get_visible (find_column (view, "bytes-in")));
  g_assert_cmpint (gtk_column_view_column_get_fixed_width (find_column (view, "user")), ==, 222);
  g_assert_cmpint (gtk_column_view_column_get_fixed_width (find_column (view, "rooms")), ==, -1);
  {
    g_autoptr (GtkColumnViewColumn) column =
        g_list_model_get_item (gtk_column_view_get_columns (view), 0);

    g_assert_true (column == find_column (view, "latency"));
  }
  g_assert_cmpstr (sioa_columns_get_sorted (view, &descending), ==, "latency");
  g_assert_true (descending);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 250);
  g_assert_true (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (private_rooms)));
  g_assert_cmpint (g_settings_get_int (settings, "window-width"), ==, 1003);
  gtk_window_destroy (GTK_WINDOW (window));

  /* Nonsense, and columns that there were once. */
  {
    GVariantBuilder builder;

    g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sib)"));
    g_variant_builder_add (&builder, "(sib)", "gone", 50, TRUE);
    g_variant_builder_add (&builder, "(sib)", "user", 1000000, TRUE);
    g_variant_builder_add (&builder, "(sib)", "user", -70, TRUE);
    g_settings_set_value (settings, "socket-columns", g_variant_builder_end (&builder));
    g_settings_set (settings, "socket-sort", "(sb)", "gone", TRUE);
    g_settings_set_string (settings, "server", "third");
    g_settings_set_string (settings, "page", "gone");
  }
  window = SIOA_WINDOW (sioa_window_new (application));
  gtk_window_present (GTK_WINDOW (window));
  view = GTK_COLUMN_VIEW (find (find_page (window, "sockets"), GTK_TYPE_COLUMN_VIEW));
  g_assert_cmpuint (g_list_model_get_n_items (gtk_column_view_get_columns (view)), ==,
                    SIOA_N_SOCKET_COLUMNS);
  g_assert_cmpint (gtk_column_view_column_get_fixed_width (find_column (view, "user")), ==, -1);
  g_assert_null (sioa_columns_get_sorted (view, &descending));
  g_assert_true (gtk_column_view_column_get_visible (find_column (view, "address")));
  /* The server that was shown last comes later. */
  {
    SioaMock *mock;
    g_autoptr (SioaServer) third = NULL;

    mock = sioa_mock_new (9, 1, 0);
    third = sioa_server_new ("Third", SIOA_BACKEND (mock));
    sioa_server_set_id (third, "third");
    g_list_store_append (sioa_application_get_servers (application), third);
    g_assert_true (sioa_window_get_server (window) == third);
    g_object_unref (mock);
  }
  gtk_window_destroy (GTK_WINDOW (window));
  g_assert_cmpuint (g_list_model_get_n_items (sioa_application_get_entries (application)), ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (mocks); i++)
    g_object_unref (mocks[i]);
  g_application_release (G_APPLICATION (application));
}

/* Nobody is counted at a server that is away. */
static void
test_recipients (void)
{
  g_autoptr (SioaApplication) application = make_application ();
  g_autoptr (SioaMock) mock = NULL;
  SioaWindow *window;

  add_server (application, "First", 30, &mock);
  window = SIOA_WINDOW (sioa_window_new (application));
  gtk_window_present (GTK_WINDOW (window));
  sioa_window_show_page (window, "announce");
  wait_for (shows (find_page (window, "announce"), "recipients at the moment"));
  sioa_mock_set_state (mock, SIOA_STATE_WAITING, NULL);
  wait_for (shows (find_page (window, "announce"), "Not connected: nobody can be reached."));
  g_assert_false (shows (find_page (window, "announce"), "recipients at the moment"));
  gtk_window_destroy (GTK_WINDOW (window));
  g_application_release (G_APPLICATION (application));
}

static gboolean
look_cb (gpointer user_data)
{
  SioaApplication *application = user_data;
  GListModel *servers = G_LIST_MODEL (sioa_application_get_servers (application));
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (application));
  SioaServer *server;

  g_assert_cmpuint (g_list_length (windows), ==, 1);
  server = sioa_window_get_server (SIOA_WINDOW (windows->data));
  g_assert_cmpuint (g_list_model_get_n_items (servers), ==, 2);
  g_assert_cmpstr (sioa_server_get_remote (server)->uri, ==, "http://localhost:9");
  gtk_window_destroy (windows->data);
  return G_SOURCE_REMOVE;
}

/* Those that are named when the program is started are there, and the last one is shown. */
static void
test_command_line (void)
{
  g_autoptr (SioaApplication) application = sioa_application_new ();
  const char *arguments[] = { "sio-admin", "http://localhost:10", "--server",
                              "http://localhost:9" };
  const char *wrong[] = { "sio-admin", "--server", "localhost" };

  g_application_set_flags (G_APPLICATION (application),
                           g_application_get_flags (G_APPLICATION (application)) |
                               G_APPLICATION_NON_UNIQUE);
  if (g_test_subprocess ())
    {
      g_assert_cmpint (
          g_application_run (G_APPLICATION (application), G_N_ELEMENTS (wrong), (char **) wrong),
          ==, 1);
      return;
    }
  g_idle_add_full (G_PRIORITY_LOW, look_cb, application, NULL);
  g_assert_cmpint (g_application_run (G_APPLICATION (application), G_N_ELEMENTS (arguments),
                                      (char **) arguments),
                   ==, 0);
  g_test_trap_subprocess (NULL, 30 * G_USEC_PER_SEC, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*localhost: An address begins with http:// or https://*");
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME" };
  g_autofree char *dir = g_dir_make_tmp ("sio-admin-XXXXXX", NULL);
  int status;

  /* Nobody's servers; the schemas of GTK are needed all the same. */
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_setenv (names[i], dir, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/window/sum", test_sum);
  g_test_add_func ("/admin/window/settings", test_settings);
  g_test_add_func ("/admin/window/command-line", test_command_line);
  g_test_add_func ("/admin/window/recipients", test_recipients);
  status = g_test_run ();
  g_rmdir (dir);
  return status;
}
