/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "sioa-actions.h"
#include "sioa-mock.h"
#include "sioa-password-dialog.h"
#include "sioa-sidebar.h"
#include "sioa-window.h"
#ifdef SIO_SERVER_PATH
#include <sio.h>

#include "bus-fixture.h"
#include "sioa-dbus-backend.h"
#else
#include "admin-fixture.h"
#endif

/* Windows that are opened and closed leave nothing behind: no page, graph, row, popover or dialog
 * of them, and no server, once it is taken out of the list. */

#define N_WINDOWS 20
#define N_PAGES 5
#define N_SOCKETS 300
/* Of a window in bytes, as a median: now and then a cache of GTK grows. */
#define MAX_GROWTH (64 * 1024)

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes (void);
#endif

static GHashTable *alive;   /* address → name of the type */
static GHashTable *dialogs; /* those that were seen: headings or names of types */

static void
gone_cb (gpointer user_data, GObject *object)
{
  g_hash_table_remove (alive, object);
}

static void
watch_object (gpointer object)
{
  if (g_hash_table_contains (alive, object))
    return;
  g_hash_table_insert (alive, object, (gpointer) G_OBJECT_TYPE_NAME (object));
  g_object_weak_ref (object, gone_cb, NULL);
}

static void
watch (GtkWidget *widget)
{
  /* GTK keeps one for all windows. */
  if (g_str_equal (G_OBJECT_TYPE_NAME (widget), "GtkTooltipWindow"))
    return;
  watch_object (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    watch (child);
}

static void
watch_server (SioaServer *server)
{
  watch_object (server);
  watch_object (sioa_server_get_backend (server));
  watch_object (sioa_server_get_store (server));
  watch_object (sioa_server_get_history (server));
  watch_object (sioa_store_get_sockets (sioa_server_get_store (server)));
}

static void
wait_for_end (const char *what)
{
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  GHashTableIter iter;
  gpointer object, name;

  /* Some of GTK's own wait for a frame. */
  while (g_hash_table_size (alive) > 0 && g_get_monotonic_time () < end)
    iterate ();
  g_hash_table_iter_init (&iter, alive);
  while (g_hash_table_iter_next (&iter, &object, &name))
    g_test_message ("left of %s: %s “%s”, %u references", what, (const char *) name,
                    GTK_IS_LABEL (object) ? gtk_label_get_label (object) : "",
                    G_OBJECT (object)->ref_count);
  g_assert_cmpuint (g_hash_table_size (alive), ==, 0);
}

/* Looking for widgets. */

static void
collect (GtkWidget *widget, GType type, GPtrArray *found)
{
  if (g_type_is_a (G_OBJECT_TYPE (widget), type))
    g_ptr_array_add (found, g_object_ref (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    collect (child, type, found);
}

static GPtrArray *
find_all (GtkWidget *widget, GType type)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);

  collect (widget, type, found);
  return found;
}

/* It is in a window that is looked for already. */
static GtkWidget *
find (GtkWidget *widget, GType type)
{
  g_autoptr (GPtrArray) found = find_all (widget, type);

  g_assert_cmpuint (found->len, >, 0);
  return found->pdata[0];
}

static gboolean
is_usable (GtkWidget *widget)
{
  return gtk_widget_get_mapped (widget) && gtk_widget_is_sensitive (widget);
}

/* Dialogs. */

/* One that is open besides @window; NULL: none. */
static GtkWindow *
find_dialog (GtkWidget *window)
{
  GListModel *toplevels = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (toplevels); i++)
    {
      g_autoptr (GtkWindow) dialog = g_list_model_get_item (toplevels, i);

      if (GTK_WIDGET (dialog) != window && gtk_widget_get_visible (GTK_WIDGET (dialog)) &&
          !g_str_equal (G_OBJECT_TYPE_NAME (dialog), "GtkTooltipWindow"))
        return dialog;
    }
  return NULL;
}

static void
close_dialogs (GtkWidget *window)
{
  GtkWindow *found;

  while ((found = find_dialog (window)) != NULL)
    {
      g_autoptr (GtkWindow) dialog = g_object_ref (found);

      wait_for (gtk_widget_get_mapped (GTK_WIDGET (dialog)));
      watch (GTK_WIDGET (dialog));
      g_hash_table_add (dialogs,
                        g_strdup (ADW_IS_MESSAGE_DIALOG (dialog)
                                      ? adw_message_dialog_get_heading (ADW_MESSAGE_DIALOG (dialog))
                                      : G_OBJECT_TYPE_NAME (dialog)));
      gtk_window_close (dialog);
      wait_for (find_dialog (window) != dialog);
    }
}

static void
open_menus (GtkWidget *widget)
{
  g_autoptr (GPtrArray) menus = find_all (widget, GTK_TYPE_MENU_BUTTON);

  for (guint i = 0; i < menus->len; i++)
    if (is_usable (menus->pdata[i]))
      {
        GtkWidget *popover = GTK_WIDGET (gtk_menu_button_get_popover (menus->pdata[i]));

        gtk_menu_button_popup (menus->pdata[i]);
        wait_for (gtk_widget_get_mapped (popover));
        iterate_for (20);
        watch (menus->pdata[i]);
        gtk_menu_button_popdown (menus->pdata[i]);
        wait_for (!gtk_widget_get_mapped (popover));
      }
}

/* What can be clicked in @widget, one after the other. */
static void
click_all (GtkWidget *window, GtkWidget *widget)
{
  g_autoptr (GPtrArray) buttons = find_all (widget, GTK_TYPE_BUTTON);

  for (guint i = 0; i < buttons->len; i++)
    if (is_usable (buttons->pdata[i]) &&
        gtk_widget_get_ancestor (buttons->pdata[i], GTK_TYPE_WINDOW_CONTROLS) == NULL &&
        /* Not in the same way as the others. */
        gtk_widget_get_ancestor (buttons->pdata[i], GTK_TYPE_MENU_BUTTON) == NULL &&
        gtk_widget_get_ancestor (buttons->pdata[i], GTK_TYPE_DROP_DOWN) == NULL)
      {
        g_signal_emit_by_name (buttons->pdata[i], "clicked");
        iterate ();
        close_dialogs (window);
      }
}

/* The actions of ours that @widget has, one after the other. */
static void
activate_all (GtkWidget *window, GtkWidget *widget)
{
  const char *name, *property;
  GType owner;
  const GVariantType *type;

  for (guint i = 0; gtk_widget_class_query_action (GTK_WIDGET_GET_CLASS (widget), i, &owner, &name,
                                                   &type, &property);
       i++)
    if (type == NULL && g_str_has_prefix (g_type_name (owner), "Sioa"))
      {
        gtk_widget_activate_action (widget, name, NULL);
        iterate ();
        close_dialogs (window);
      }
}

static void
select_first_row (GtkWidget *page)
{
  g_autoptr (GPtrArray) views = find_all (page, GTK_TYPE_COLUMN_VIEW);

  for (guint i = 0; i < views->len; i++)
    if (gtk_widget_get_mapped (views->pdata[i]) &&
        g_list_model_get_n_items (G_LIST_MODEL (gtk_column_view_get_model (views->pdata[i]))) > 0)
      gtk_selection_model_select_item (gtk_column_view_get_model (views->pdata[i]), 0, TRUE);
}

static void
fill_in (GtkWidget *page)
{
  g_autoptr (GPtrArray) rows = find_all (page, ADW_TYPE_ENTRY_ROW);

  for (guint i = 0; i < rows->len; i++)
    if (is_usable (rows->pdata[i]) && *gtk_editable_get_text (rows->pdata[i]) == '\0')
      gtk_editable_set_text (rows->pdata[i], "x");
}

/* Everything that a page has. */
static void
use_page (GtkWidget *window, GtkWidget *page)
{
  select_first_row (page);
  fill_in (page);
  iterate_for (20);
  open_menus (page);
  activate_all (window, page);
  click_all (window, page);
  /* With the side that was revealed. */
  select_first_row (page);
  iterate_for (20);
  click_all (window, page);
  watch (window);
}

static void
visit_pages (GtkWidget *window, SioaServer *server, guint used)
{
  AdwViewStack *stack = sioa_window_get_pages (SIOA_WINDOW (window));
  g_autoptr (GtkSelectionModel) pages = adw_view_stack_get_pages (stack);

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (pages)), >=, N_PAGES);
  sioa_window_set_server (SIOA_WINDOW (window), server);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (pages)); i++)
    {
      GtkWidget *page;

      gtk_selection_model_select_item (pages, i, TRUE);
      page = adw_view_stack_get_visible_child (stack);
      wait_for (gtk_widget_get_mapped (page));
      iterate_for (20);
      watch (window);
      if (i == used)
        use_page (window, page);
    }
}

/* What belongs to the window, not to a page of it. */
static void
use_dialogs (GtkWidget *window, SioaApplication *application, SioaServer *saved)
{
  GtkWidget *sidebar = find (window, SIOA_TYPE_SIDEBAR);

  sioa_window_set_server (SIOA_WINDOW (window), saved);
  iterate_for (20);
  activate_all (window, window);
  activate_all (window, sidebar);
  open_menus (sidebar);
  click_all (window, sidebar);
  sioa_password_dialog_run (GTK_WINDOW (window), sioa_application_get_saved (application), saved);
  close_dialogs (window);
  gtk_widget_activate_action (window, "win.show-help-overlay", NULL);
  close_dialogs (window);
  g_action_group_activate_action (G_ACTION_GROUP (application), "about", NULL);
  close_dialogs (window);
}

/* Still under way when the window is gone. */
static void
begin_act (GtkWidget *window, SioaServer *server)
{
  g_autoptr (GtkWindow) dialog = NULL;

  sioa_actions_run (window, server, SIOA_ACT_EMPTY, "/", "nobody", "nobody");
  /* The answer may close it, and nobody else may have it then. */
  dialog = g_object_ref (find_dialog (window));
  watch (GTK_WIDGET (dialog));
  adw_message_dialog_response (ADW_MESSAGE_DIALOG (dialog), "do");
  gtk_window_destroy (dialog);
}

static SioaServer *
add_server (SioaApplication *application, SioaBackend *backend)
{
  g_autoptr (SioaServer) server = sioa_server_new ("Test", backend);

  g_object_unref (backend);
  watch_server (server);
  g_list_store_append (sioa_application_get_servers (application), server);
  sioa_backend_open (backend);
  return server;
}

static SioaServer *
add_mock (SioaApplication *application, guint seed)
{
  SioaMock *mock = sioa_mock_new (seed, N_SOCKETS, 200);

  sioa_mock_run (mock);
  return add_server (application, SIOA_BACKEND (mock));
}

/* Nobody answers there. */
static SioaServer *
add_saved (SioaApplication *application)
{
  g_autoptr (SioaRemote) remote = sioa_remote_new ();
  SioaServer *server;

  g_free (remote->uri);
  remote->uri = g_strdup ("http://127.0.0.1:1");
  server = sioa_servers_set (sioa_application_get_saved (application), remote, "secret");
  watch_server (server);
  return server;
}

static void
use_window (SioaApplication *application, const char *address, guint round)
{
  GtkWidget *window = sioa_window_new (application);
  SioaServer *mock = add_mock (application, round);
  SioaServer *saved = add_saved (application);
  SioaServer *server = mock;

#ifdef SIO_SERVER_PATH
  server = add_server (application,
                       SIOA_BACKEND (sioa_dbus_backend_new (G_BUS_TYPE_NONE, address, NULL)));
#endif
  gtk_window_present (GTK_WINDOW (window));
  wait_for (gtk_widget_get_mapped (window));
  visit_pages (window, mock, round % 2 == 0 ? round % N_PAGES : G_MAXUINT);
  wait_for (sioa_backend_get_state (sioa_server_get_backend (server)) == SIOA_STATE_OPEN);
  wait_for (g_list_model_get_n_items (sioa_store_get_sockets (sioa_server_get_store (server))) > 0);
  visit_pages (window, server, round % 2 == 1 ? round % N_PAGES : G_MAXUINT);
  if (round % 4 == 0)
    use_dialogs (window, application, saved);
  begin_act (window, server);
  /* It is open when the window goes. */
  gtk_menu_button_popup (GTK_MENU_BUTTON (find (window, GTK_TYPE_MENU_BUTTON)));
  iterate_for (20);
  watch (window);
  g_assert_cmpuint (g_hash_table_size (alive), >, 100);
  gtk_window_destroy (GTK_WINDOW (window));
  sioa_servers_remove (sioa_application_get_saved (application), saved);
  g_list_store_remove_all (sioa_application_get_servers (application));
  wait_for_end ("a window and its servers");
}

static gint64
get_heap (void)
{
#ifdef __SANITIZE_ADDRESS__
  return (gint64) __sanitizer_get_current_allocated_bytes ();
#else
  struct mallinfo2 info = mallinfo2 ();

  return (gint64) (info.uordblks + info.hblkhd);
#endif
}

static gint64
get_resident (void)
{
  g_autofree char *text = NULL;
  long pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%*s %ld", &pages), ==, 1);
  return (gint64) pages * 4096;
}

static int
compare_growths (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static void
use_windows (const char *address)
{
  static const char *const wanted[] = {
    "SioaServerDialog", "Enter Password", "GtkShortcutsWindow", "AdwAboutWindow",
    "Remove Server?",   "Disconnect?",    "Close Connections?", "Join a Room",
    "Leave a Room",     "Emit an Event",  "Empty the Room?",    "Send?",
    "Save as Template"
  };
  g_autoptr (SioaApplication) application = sioa_application_new ();
  g_autoptr (GError) error = NULL;
  gint64 heap = 0;
  gint64 growths[N_WINDOWS];

  g_application_set_flags (G_APPLICATION (application),
                           g_application_get_flags (G_APPLICATION (application)) |
                               G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_application_hold (G_APPLICATION (application));
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  for (guint i = 0; i < N_WINDOWS; i++)
    {
      use_window (application, address, i);
      growths[i] = get_heap () - heap;
      heap += growths[i];
      g_test_message ("window %u: %" G_GINT64_FORMAT " bytes in use, %" G_GINT64_FORMAT " resident",
                      i, heap, get_resident ());
    }
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (!g_hash_table_contains (dialogs, wanted[i]))
      g_error ("the dialog “%s” was not opened", wanted[i]);
  /* In the first half everything was used once. */
  qsort (growths + N_WINDOWS / 2, N_WINDOWS / 2, sizeof *growths, compare_growths);
  g_assert_cmpint (growths[N_WINDOWS * 3 / 4], <, MAX_GROWTH);
  g_application_release (G_APPLICATION (application));
}

static void
test_windows (void)
{
#ifdef SIO_SERVER_PATH
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (Program) server = server_new (bus, TRUE, &url);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (SioManager) manager = sio_manager_new (url);

      g_ptr_array_add (clients, sio_manager_get_client (manager, "/"));
      sio_client_open (clients->pdata[i]);
    }
  for (guint i = 0; i < clients->len; i++)
    wait_for (sio_client_is_connected (clients->pdata[i]));
  use_windows (bus->address);
  for (guint i = 0; i < clients->len; i++)
    sio_client_close (clients->pdata[i]);
#else
  use_windows (NULL);
#endif
}

static void
remove_all (GFile *file)
{
  g_autoptr (GFileEnumerator) children = g_file_enumerate_children (
      file, G_FILE_ATTRIBUTE_STANDARD_NAME, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child;

  while (children != NULL && g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) &&
         child != NULL)
    remove_all (child);
  g_file_delete (file, NULL, NULL);
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME" };
  g_autofree char *path = g_dir_make_tmp ("sio-admin-XXXXXX", NULL);
  g_autoptr (GFile) dir = g_file_new_for_path (path);
  int status;

  /* Nobody's servers; the schemas of GTK are needed all the same. */
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_setenv (names[i], path, TRUE);
  g_test_init (&argc, &argv, NULL);
  alive = g_hash_table_new (NULL, NULL);
  dialogs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_test_add_func ("/admin/windows/closed", test_windows);
  status = g_test_run ();
  g_hash_table_unref (alive);
  g_hash_table_unref (dialogs);
  remove_all (dir);
  return status;
}
