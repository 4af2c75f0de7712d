/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The window with servers that are made up. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "admin-fixture.h"
#include "sioa-dashboard.h"
#include "sioa-member-list.h"
#include "sioa-mock.h"
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
  status = g_test_run ();
  g_rmdir (dir);
  return status;
}
