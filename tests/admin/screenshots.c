/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a picture of every page and dialog of sio-admin, light and dark, wide and narrow, into a
 * folder: xvfb-run -a _build/tests/admin/screenshots DIR The server is made up, with the same
 * figures each time. */
#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#include "sioa-actions.h"
#include "sioa-mock.h"
#include "sioa-password-dialog.h"
#include "sioa-server-dialog.h"
#include "sioa-sidebar.h"
#include "sioa-window.h"

#define N_SOCKETS 400
#define CHANGES 5  /* per second */
#define PAST_S 900 /* seconds that are over when it begins */
#define SETTLE_MS 700
#define FAR_AWAY 2 /* among the servers: one that does not answer */

static const struct
{
  const char *name;
  AdwColorScheme scheme;
} schemes[] = { { "light", ADW_COLOR_SCHEME_FORCE_LIGHT },
                { "dark", ADW_COLOR_SCHEME_FORCE_DARK } };

static const struct
{
  const char *name;
  int width, height;
} sizes[] = { { "wide", 1100, 760 }, { "narrow", 360, 640 } };

static GPtrArray *mocks;

static void
settle_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* Until what is made up has come, and then, however busy the machine is, until the window was
 * drawn. */
static void
settle (GtkWidget *window)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (window);
  gboolean over = FALSE;
  gint64 frame;

  for (guint i = 0; i < mocks->len; i++)
    while (sioa_mock_get_time (mocks->pdata[i]) < g_get_monotonic_time ())
      sioa_mock_advance (mocks->pdata[i], SETTLE_MS);
  g_timeout_add_once (SETTLE_MS, settle_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  frame = gdk_frame_clock_get_frame_counter (clock);
  while (gdk_frame_clock_get_frame_counter (clock) < frame + 3)
    {
      gtk_widget_queue_draw (window);
      g_main_context_iteration (NULL, TRUE);
    }
}

/* @widget: a window, or a popover. */
static void
take_picture (GtkWidget *widget,
              const char *folder,
              const char *page,
              const char *state,
              const char *scheme,
              const char *size)
{
  g_autofree char *file = g_strdup_printf ("%s%s-%s-%s.png", page, state, scheme, size);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (widget),
                          gtk_widget_get_height (widget));
  node = gtk_snapshot_to_node (snapshot);
  if (node == NULL)
    g_error ("%s: nothing was drawn", path);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (widget)), node, NULL);
  if (!gdk_texture_save_to_png (texture, path))
    g_error ("%s: cannot be written", path);
  g_print ("%s\n", path);
}

static GtkWidget *
find (GtkWidget *widget, GType type)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
find_button (GtkWidget *widget, const char *icon)
{
  GtkWidget *found = NULL;

  if (GTK_IS_MENU_BUTTON (widget) &&
      g_strcmp0 (gtk_menu_button_get_icon_name (GTK_MENU_BUTTON (widget)), icon) == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_button (child, icon);
  return found;
}

static GtkWidget *
find_popover (GtkWidget *widget)
{
  GtkWidget *found = NULL;

  if (GTK_IS_POPOVER (widget) && gtk_widget_get_mapped (widget))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_popover (child);
  return found;
}

/* As somebody who looks at one of the rows. */
static gboolean
select_first (GtkWidget *page, gboolean open)
{
  GtkWidget *view = find (page, GTK_TYPE_COLUMN_VIEW);

  GtkSelectionModel *model =
      view != NULL ? gtk_column_view_get_model (GTK_COLUMN_VIEW (view)) : NULL;

  if (model == NULL || GTK_IS_NO_SELECTION (model))
    return FALSE;
  gtk_selection_model_select_item (model, 0, TRUE);
  if (open)
    g_signal_emit_by_name (view, "activate", 0);
  return TRUE;
}

static void
take_pages (
    SioaWindow *window, const char *folder, const char *state, const char *scheme, const char *size)
{
  AdwViewStack *stack = sioa_window_get_pages (window);
  g_autoptr (GtkSelectionModel) pages = adw_view_stack_get_pages (stack);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (pages)); i++)
    {
      g_autoptr (AdwViewStackPage) page = g_list_model_get_item (G_LIST_MODEL (pages), i);
      const char *name = adw_view_stack_page_get_name (page);
      GtkWidget *child = adw_view_stack_page_get_child (page);

      if (!adw_view_stack_page_get_visible (page))
        continue;
      sioa_window_show_page (window, name);
      select_first (child, FALSE);
      settle (GTK_WIDGET (window));
      take_picture (GTK_WIDGET (window), folder, name, state, scheme, size);
      if (*state != '\0' || !select_first (child, TRUE))
        continue;
      settle (GTK_WIDGET (window));
      take_picture (GTK_WIDGET (window), folder, name, "-details", scheme, size);
    }
}

static void
select_server (SioaWindow *window, guint position)
{
  SioaApplication *application =
      SIOA_APPLICATION (gtk_window_get_application (GTK_WINDOW (window)));
  g_autoptr (SioaServer) server =
      g_list_model_get_item (sioa_application_get_entries (application), position);

  sioa_window_set_server (window, server);
}

static void
add_server (SioaApplication *application, const char *name, guint n_sockets)
{
  g_autoptr (SioaMock) mock = sioa_mock_new (1 + mocks->len, n_sockets, CHANGES);
  g_autoptr (SioaServer) server = sioa_server_new (name, SIOA_BACKEND (mock));

  sioa_mock_set_past (mock, PAST_S);
  if (n_sockets == 0)
    sioa_mock_set_features (mock, SIOA_HAS_SOCKETS);
  sioa_backend_open (SIOA_BACKEND (mock));
  for (guint i = 0; i < PAST_S; i += 2)
    sioa_mock_advance (mock, 2000);
  g_ptr_array_add (mocks, g_object_ref (mock));
  sioa_store_catch_up (sioa_server_get_store (server));
  g_list_store_append (sioa_application_get_servers (application), server);
}

/* Dialogs. */

static SioaServer *
get_server (SioaApplication *application, guint position)
{
  g_autoptr (SioaServer) server =
      g_list_model_get_item (G_LIST_MODEL (sioa_application_get_servers (application)), position);

  return server;
}

static SioaApplication *
application_of (SioaWindow *window)
{
  return SIOA_APPLICATION (gtk_window_get_application (GTK_WINDOW (window)));
}

static void
open_add (SioaWindow *window)
{
  gtk_widget_activate_action (GTK_WIDGET (window), "win.add-server", NULL);
}

static void
open_edit (SioaWindow *window)
{
  SioaApplication *application = application_of (window);

  sioa_server_dialog_run (GTK_WINDOW (window), sioa_application_get_saved (application),
                          get_server (application, FAR_AWAY));
}

static void
open_password (SioaWindow *window)
{
  SioaApplication *application = application_of (window);

  sioa_password_dialog_run (GTK_WINDOW (window), sioa_application_get_saved (application),
                            get_server (application, FAR_AWAY));
}

static void
act (SioaWindow *window, SioaAct what)
{
  SioaServer *server = get_server (application_of (window), 0);
  GListModel *sockets = sioa_store_get_sockets (sioa_server_get_store (server));
  g_autoptr (GPtrArray) picked = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 3; i++)
    g_ptr_array_add (picked, g_list_model_get_item (sockets, i));
  sioa_actions_run_on_sockets (GTK_WIDGET (sioa_window_get_pages (window)), server, what, picked,
                               NULL);
}

static void
open_emit (SioaWindow *window)
{
  act (window, SIOA_ACT_EMIT);
}

static void
open_disconnect (SioaWindow *window)
{
  act (window, SIOA_ACT_DISCONNECT);
}

static void
open_join (SioaWindow *window)
{
  act (window, SIOA_ACT_JOIN);
}

static void
open_remove (SioaWindow *window)
{
  select_server (window, 1 + FAR_AWAY);
  gtk_widget_activate_action (find (GTK_WIDGET (window), SIOA_TYPE_SIDEBAR), "server.remove", NULL);
}

static void
open_shortcuts (SioaWindow *window)
{
  gtk_widget_activate_action (GTK_WIDGET (window), "win.show-help-overlay", NULL);
}

static void
open_popover (SioaWindow *window, const char *icon)
{
  GtkWidget *button;

  sioa_window_show_page (window, "sockets");
  settle (GTK_WIDGET (window));
  button = find_button (adw_view_stack_get_visible_child (sioa_window_get_pages (window)), icon);
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
}

static void
open_columns (SioaWindow *window)
{
  open_popover (window, "view-more-symbolic");
}

static void
open_filter (SioaWindow *window)
{
  open_popover (window, "edit-find-replace-symbolic");
}

static const struct
{
  const char *name;
  void (*open) (SioaWindow *window);
} dialogs[] = { { "dialog-add", open_add },           { "dialog-edit", open_edit },
                { "dialog-password", open_password }, { "dialog-emit", open_emit },
                { "dialog-join", open_join },         { "dialog-disconnect", open_disconnect },
                { "dialog-remove", open_remove },     { "dialog-shortcuts", open_shortcuts },
                { "dialog-columns", open_columns },   { "dialog-filter", open_filter } };

/* What is open besides the window: a dialog, or a popover of it. */
static GtkWidget *
find_open (GtkWidget *window)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (l->data != window && gtk_widget_get_mapped (l->data))
      return l->data;
  return find_popover (window);
}

static void
take_dialogs (SioaWindow *self, const char *folder, const char *scheme, const char *size)
{
  GtkWidget *window = GTK_WIDGET (self);

  for (guint i = 0; i < G_N_ELEMENTS (dialogs); i++)
    {
      GtkWidget *dialog;

      select_server (self, 1);
      dialogs[i].open (self);
      settle (window);
      dialog = find_open (window);
      if (dialog == NULL)
        g_error ("%s: nothing was opened", dialogs[i].name);
      settle (dialog);
      take_picture (dialog, folder, dialogs[i].name, "", scheme, size);
      if (GTK_IS_POPOVER (dialog))
        gtk_popover_popdown (GTK_POPOVER (dialog));
      else
        gtk_window_close (GTK_WINDOW (dialog));
      settle (window);
    }
}

int
main (int argc, char **argv)
{
  static const char *const variables[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME" };
  g_autoptr (SioaApplication) application = NULL;
  g_autoptr (SioaRemote) remote = sioa_remote_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *scratch = g_dir_make_tmp ("sio-admin-XXXXXX", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_setenv (variables[i], scratch, TRUE);
  /* Nobody's settings, and none are changed. */
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  if (argc != 2)
    {
      g_printerr ("Usage: %s DIRECTORY\n", argv[0]);
      return EXIT_FAILURE;
    }
  if (g_mkdir_with_parents (argv[1], 0777) < 0)
    g_error ("%s: cannot be made", argv[1]);
  mocks = g_ptr_array_new ();
  g_set_application_name ("Socket.IO Administration");
  application = sioa_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  if (!g_application_register (G_APPLICATION (application), NULL, &error))
    g_error ("%s", error->message);
  add_server (application, "Demonstration", N_SOCKETS);
  add_server (application, "Nobody There", 0);
  add_server (application, "Far Away", 30);
  sioa_mock_set_state (mocks->pdata[FAR_AWAY], SIOA_STATE_WAITING,
                       &(GError){ sioa_error_quark (), SIOA_ERROR_UNREACHABLE,
                                  (char *) "Nobody answers at this address" });
  g_free (remote->name);
  remote->name = g_strdup ("Far Away");
  g_free (remote->uri);
  remote->uri = g_strdup ("https://chat.example.org");
  g_free (remote->user);
  remote->user = g_strdup ("admin");
  remote->production = TRUE;
  sioa_server_set_remote (get_server (application, FAR_AWAY), remote);
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
      {
        GtkWidget *window = sioa_window_new (application);

        adw_style_manager_set_color_scheme (adw_style_manager_get_default (), schemes[i].scheme);
        gtk_window_set_default_size (GTK_WINDOW (window), sizes[j].width, sizes[j].height);
        gtk_window_present (GTK_WINDOW (window));
        settle (window);
        if (gtk_widget_get_width (window) > sizes[j].width)
          g_error ("the window cannot be %d pixels wide, only %d", sizes[j].width,
                   gtk_widget_get_width (window));
        select_server (SIOA_WINDOW (window), 1);
        take_pages (SIOA_WINDOW (window), argv[1], "", schemes[i].name, sizes[j].name);
        select_server (SIOA_WINDOW (window), 2);
        take_pages (SIOA_WINDOW (window), argv[1], "-empty", schemes[i].name, sizes[j].name);
        select_server (SIOA_WINDOW (window), 0);
        take_pages (SIOA_WINDOW (window), argv[1], "-all", schemes[i].name, sizes[j].name);
        take_dialogs (SIOA_WINDOW (window), argv[1], schemes[i].name, sizes[j].name);
        gtk_window_destroy (GTK_WINDOW (window));
      }
  g_rmdir (scratch);
  return EXIT_SUCCESS;
}
