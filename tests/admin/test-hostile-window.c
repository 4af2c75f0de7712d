/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>

#include "admin-fixture.h"
#include "sioa-admin-backend.h"
#include "sioa-window.h"

/* What hostile-admin.mjs does, in a window that somebody uses meanwhile: pages are turned, rows
 * chosen, switches pressed and dialogs opened at random. Warnings of ours end the test. */

#define TURN_MS 30
#define N_TURNS 10 /* after the last of what the server does */

typedef struct
{
  const char *script;
  gboolean ends; /* with an error, and without the marker */
} Case;

static const Case cases[] = {
  { "missing" },        { "types" },        { "members" },      { "numbers" },
  { "nested" },         { "duplicates" },   { "names" },        { "list" },
  { "unknown" },        { "strings" },      { "namespaces" },   { "binary" },
  { "stats" },          { "late" },         { "twice" },        { "early" },
  { "session" },        { "packets" },      { "fuzz" },         { "deep", TRUE },
  { "never", TRUE },    { "kicked", TRUE }, { "middle", TRUE }, { "refused", TRUE },
  { "refusals", TRUE },
};

static Peer *peer;
static SioaApplication *application;
static GtkWidget *window;
static guint turn_id;
static guint n_turns;
static gint64 turned_frame; /* what was drawn when the page was turned */

static SioaServer *
make_server (const char *script)
{
  g_autofree char *uri = g_strdup_printf ("http://localhost:%u", peer->port);
  g_autofree char *path = g_strdup_printf ("/%s/", script);
  g_autoptr (SioaAdminBackend) backend = sioa_admin_backend_new (uri, "/admin");

  sioa_admin_backend_set_path (backend, path);
  sioa_admin_backend_set_websocket_only (backend, TRUE);
  sioa_admin_backend_set_credentials (backend, "admin", "secret");
  return sioa_server_new (script, SIOA_BACKEND (backend));
}

static void
use_rows (GtkColumnView *view)
{
  GtkSelectionModel *model = gtk_column_view_get_model (view);
  guint n = model != NULL ? g_list_model_get_n_items (G_LIST_MODEL (model)) : 0;

  if (n == 0 || GTK_IS_NO_SELECTION (model))
    return;
  if (g_random_int_range (0, 4) > 0)
    gtk_selection_model_select_item (model, (guint) g_random_int_range (0, (gint32) n), TRUE);
  else if (n <= 2000)
    gtk_selection_model_select_all (model);
}

static void
use (GtkWidget *widget)
{
  static const char *const actions[] = { "sockets.disconnect", "sockets.close", "sockets.join",
                                         "sockets.emit",       "sockets.copy",  "rooms.disconnect",
                                         "rooms.empty",        "rooms.emit" };

  if (!gtk_widget_get_mapped (widget))
    return;
  if (GTK_IS_COLUMN_VIEW (widget))
    use_rows (GTK_COLUMN_VIEW (widget));
  else if (ADW_IS_FLAP (widget))
    adw_flap_set_reveal_flap (ADW_FLAP (widget), g_random_int_range (0, 4) > 0);
  else if (GTK_IS_TOGGLE_BUTTON (widget) && g_random_int_range (0, 4) == 0)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (widget), g_random_boolean ());
  else if (GTK_IS_DROP_DOWN (widget) && g_random_int_range (0, 4) == 0)
    gtk_drop_down_set_selected (GTK_DROP_DOWN (widget), (guint) g_random_int_range (0, 3));
  else if (GTK_IS_SEARCH_ENTRY (widget) && g_random_int_range (0, 4) == 0)
    gtk_editable_set_text (GTK_EDITABLE (widget), g_random_boolean () ? "" : "1");
  if (g_random_int_range (0, 200) == 0)
    gtk_widget_activate_action (widget, actions[g_random_int_range (0, G_N_ELEMENTS (actions))],
                                NULL);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    use (child);
}

static void
close_dialogs (void)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = g_list_model_get_n_items (windows); i-- > 0;)
    {
      g_autoptr (GtkWindow) other = g_list_model_get_item (windows, i);

      if (ADW_IS_MESSAGE_DIALOG (other))
        adw_message_dialog_response (ADW_MESSAGE_DIALOG (other),
                                     g_random_boolean () ? "do" : "cancel");
    }
}

static gboolean
turn_cb (gpointer user_data)
{
  g_autoptr (GtkSelectionModel) pages =
      adw_view_stack_get_pages (sioa_window_get_pages (SIOA_WINDOW (window)));
  guint n = g_list_model_get_n_items (G_LIST_MODEL (pages));
  gint64 frame = gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window));

  n_turns++;
  if (n_turns % 5 == 0)
    close_dialogs ();
  /* A page with the focus that is hidden twice before the next frame keeps a reference for ever:
   * the fault of GtkWindow, where what it will move the focus from (move_focus_widget) is
   * overwritten. */
  if (n_turns % 3 == 0 && frame != turned_frame)
    {
      turned_frame = frame;
      gtk_selection_model_select_item (pages, n_turns / 3 % n, TRUE);
    }
  else
    use (adw_view_stack_get_visible_child (sioa_window_get_pages (SIOA_WINDOW (window))));
  return G_SOURCE_CONTINUE;
}

static void
begin (SioaServer *server)
{
  window = sioa_window_new (application);
  gtk_window_present (GTK_WINDOW (window));
  wait_for (gtk_widget_get_mapped (window));
  g_list_store_append (sioa_application_get_servers (application), server);
  sioa_window_set_server (SIOA_WINDOW (window), server);
  n_turns = 0;
  turned_frame = -1;
  turn_id = g_timeout_add (TURN_MS, turn_cb, NULL);
}

static void
end (void)
{
  g_clear_handle_id (&turn_id, g_source_remove);
  close_dialogs ();
  gtk_window_destroy (GTK_WINDOW (g_steal_pointer (&window)));
  g_list_store_remove_all (sioa_application_get_servers (application));
}

static void
test_script (gconstpointer user_data)
{
  const Case *test = user_data;
  SioaServer *server = make_server (test->script);
  SioaBackend *backend = sioa_server_get_backend (server);
  SioaStore *store = sioa_server_get_store (server);
  guint last;

  begin (server);
  sioa_backend_open (backend);
  if (test->ends)
    wait_for (sioa_backend_get_error (backend) != NULL);
  else
    wait_for (sioa_store_find_socket (store, "/", "marker") != NULL &&
              sioa_store_get_n_pending (store) == 0);
  last = n_turns;
  wait_for (n_turns >= last + N_TURNS);
  end ();
  g_object_add_weak_pointer (G_OBJECT (server), (gpointer *) &server);
  g_object_unref (server);
  /* A thread may still read, and windows go with a frame. */
  wait_for (server == NULL);
}

/* Windows, pages and servers that go while the answers are on their way. */
static void
test_gone (void)
{
  for (guint i = 0; i < 12; i++)
    {
      SioaServer *server = make_server (i % 2 ? "list" : "types");
      SioaStore *store = g_object_ref (sioa_server_get_store (server));

      g_test_message ("%u", i);
      begin (server);
      sioa_backend_open (sioa_server_get_backend (server));
      if (i % 3 == 0)
        wait_for (g_list_model_get_n_items (sioa_store_get_sockets (store)) > 0);
      else
        iterate_for (i * 12);
      if (i % 4 == 0)
        sioa_backend_close (sioa_server_get_backend (server));
      end ();
      g_object_add_weak_pointer (G_OBJECT (server), (gpointer *) &server);
      g_object_unref (server);
      wait_for (server == NULL);
      iterate_for (20);
      g_object_unref (store);
    }
}

/* GTK warns of sizes that odd texts have, and of devices of windows that have just gone. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  return g_strcmp0 (domain, "Gdk") != 0 &&
         (g_strcmp0 (domain, "Gtk") != 0 || (level & G_LOG_LEVEL_CRITICAL) != 0);
}

static GLogWriterOutput
write_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *domain = NULL;

  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
      domain = fields[i].value;
  if ((level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL)) != 0 &&
      !is_fatal (domain, level, NULL, NULL))
    return g_log_writer_standard_streams (level, fields, n_fields, NULL);
  return g_log_writer_default (level, fields, n_fields, NULL);
}

static void
drop_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME" };
  const char *arguments[] = { NODE, HOSTILE_ADMIN, NULL };
  g_autofree char *dir = g_dir_make_tmp ("sio-admin-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  int status;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_setenv (names[i], dir, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_log_set_fatal_handler (is_fatal, NULL);
  g_log_set_writer_func (write_cb, NULL, NULL);
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, drop_cb, NULL);
  g_random_set_seed ((guint32) g_test_rand_int ());
  application = sioa_application_new ();
  g_application_set_flags (G_APPLICATION (application),
                           g_application_get_flags (G_APPLICATION (application)) |
                               G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_application_hold (G_APPLICATION (application));
  /* Flaps of libadwaita 1.2 that are shown and hidden in the midst of their animation have no
   * width. */
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  peer = peer_new (arguments);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/admin/hostile-window/", cases[i].script, NULL);

      g_test_add_data_func (path, &cases[i], test_script);
    }
  g_test_add_func ("/admin/hostile-window/gone", test_gone);
  status = g_test_run ();
  peer_free (peer);
  g_application_release (G_APPLICATION (application));
  g_object_unref (application);
  g_rmdir (dir);
  return status;
}
