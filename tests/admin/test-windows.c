/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>

#include "admin-fixture.h"
#include "sioa-mock.h"
#include "sioa-window.h"

/* Windows that are opened and closed leave nothing behind: no page, graph, row or dialog of them.
 */

#define N_WINDOWS 20
#define N_SOCKETS 500

static guint n_alive;
static GHashTable *alive; /* address → name of the type */

static void
gone_cb (gpointer user_data, GObject *object)
{
  g_hash_table_remove (alive, object);
  n_alive--;
}

static void
watch (GtkWidget *widget)
{
  /* GTK keeps one for all windows. */
  if (g_str_equal (G_OBJECT_TYPE_NAME (widget), "GtkTooltipWindow"))
    return;
  if (!g_hash_table_contains (alive, widget))
    {
      g_hash_table_insert (alive, widget, (gpointer) G_OBJECT_TYPE_NAME (widget));
      g_object_weak_ref (G_OBJECT (widget), gone_cb, NULL);
      n_alive++;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    watch (child);
}

static AdwViewStack *
find_pages (GtkWidget *widget)
{
  AdwViewStack *found = NULL;

  if (ADW_IS_VIEW_STACK (widget))
    return ADW_VIEW_STACK (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_pages (child);
  return found;
}

static void
tell_left (void)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, alive);
  while (g_hash_table_iter_next (&iter, NULL, &name))
    g_test_message ("left: %s", (const char *) name);
}

static void
test_windows (void)
{
  g_autoptr (SioaApplication) application = sioa_application_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SioaMock) mock = sioa_mock_new (1, N_SOCKETS, 200);
  g_autoptr (SioaServer) server = sioa_server_new ("Test", SIOA_BACKEND (mock));

  g_application_set_flags (G_APPLICATION (application),
                           g_application_get_flags (G_APPLICATION (application)) |
                               G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_application_hold (G_APPLICATION (application));
  g_list_store_append (sioa_application_get_servers (application), server);
  sioa_mock_run (mock);
  sioa_backend_open (SIOA_BACKEND (mock));
  for (guint i = 0; i < N_WINDOWS; i++)
    {
      GtkWidget *window = sioa_window_new (application);
      GtkSelectionModel *pages;
      gint64 end;

      gtk_window_present (GTK_WINDOW (window));
      wait_for (gtk_widget_get_mapped (window));
      sioa_window_set_server (SIOA_WINDOW (window), server);
      pages = adw_view_stack_get_pages (find_pages (window));
      for (guint j = 0; j < g_list_model_get_n_items (G_LIST_MODEL (pages)); j++)
        {
          gtk_selection_model_select_item (pages, j, TRUE);
          iterate_for (60);
          watch (window);
        }
      g_object_unref (pages);
      g_assert_cmpuint (n_alive, >, 100);
      gtk_window_destroy (GTK_WINDOW (window));
      end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
      /* Some of GTK's own wait for a frame. */
      while (n_alive > 0 && g_get_monotonic_time () < end)
        iterate ();
      tell_left ();
      g_assert_cmpuint (n_alive, ==, 0);
    }
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
  alive = g_hash_table_new (NULL, NULL);
  g_test_add_func ("/admin/windows/closed", test_windows);
  status = g_test_run ();
  g_hash_table_unref (alive);
  g_rmdir (dir);
  return status;
}
