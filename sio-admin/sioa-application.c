/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-application.h"

#include <glib/gi18n.h>
#include <stdlib.h>

#include "sioa-discovery.h"
#include "sioa-mock.h"
#include "sioa-sum.h"
#include "sioa-window.h"

#define DEMO_SOCKETS 20000
#define DEMO_CHANGES 200 /* per second */

struct _SioaApplication
{
  AdwApplication parent_instance;

  GListStore *servers;
  SioaServer *sum;
  GListStore *sums; /* empty, or with the sum */
  GListModel *entries;
  SioaServers *saved;
  SioaAnnouncements *announcements;
  GSettings *settings; /* NULL where the schema is not installed */
  gboolean loaded;
  SioaDiscovery *discovery; /* NULL in a demonstration, and before the first window */
};

G_DEFINE_FINAL_TYPE (SioaApplication, sioa_application, ADW_TYPE_APPLICATION)

GListStore *
sioa_application_get_servers (SioaApplication *self)
{
  return self->servers;
}

GListModel *
sioa_application_get_entries (SioaApplication *self)
{
  return self->entries;
}

/* One alone is its own sum. */
static void
servers_cb (GListModel *servers, guint position, guint removed, guint added, SioaApplication *self)
{
  gboolean several = g_list_model_get_n_items (servers) > 1;
  gboolean shown = g_list_model_get_n_items (G_LIST_MODEL (self->sums)) > 0;

  if (several && !shown)
    g_list_store_append (self->sums, self->sum);
  else if (!several && shown)
    g_list_store_remove_all (self->sums);
}

static void
make_entries (SioaApplication *self)
{
  g_autoptr (SioaSum) sum = sioa_sum_new (G_LIST_MODEL (self->servers));
  GListStore *lists = g_list_store_new (G_TYPE_LIST_MODEL);

  self->sum = sioa_sum_make_server (sum, _ ("All Servers"));
  sioa_server_set_id (self->sum, "all");
  self->sums = g_list_store_new (SIOA_TYPE_SERVER);
  g_list_store_append (lists, self->sums);
  g_list_store_append (lists, self->servers);
  self->entries = G_LIST_MODEL (gtk_flatten_list_model_new (G_LIST_MODEL (lists)));
  g_signal_connect (self->servers, "items-changed", G_CALLBACK (servers_cb), self);
}

SioaServers *
sioa_application_get_saved (SioaApplication *self)
{
  return self->saved;
}

SioaAnnouncements *
sioa_application_get_announcements (SioaApplication *self)
{
  return self->announcements;
}

GSettings *
sioa_application_get_settings (SioaApplication *self)
{
  return self->settings;
}

static void
new_window (SioaApplication *self)
{
  GtkWidget *window = sioa_window_new (self);

  gtk_window_present (GTK_WINDOW (window));
}

static void
sioa_application_activate (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window != NULL)
    gtk_window_present (window);
  else
    new_window (SIOA_APPLICATION (application));
}

static void
new_window_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  new_window (user_data);
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GList *windows;

  /* Each may keep its size. */
  while ((windows = gtk_application_get_windows (user_data)) != NULL)
    gtk_window_destroy (windows->data);
}

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  adw_show_about_window (gtk_application_get_active_window (user_data), "application-name",
                         _ ("Socket.IO Administration"), "application-icon", SIOA_APPLICATION_ID,
                         "version", PACKAGE_VERSION, "license-type", GTK_LICENSE_LGPL_2_1,
                         "developer-name", _ ("The sio-glib developers"), NULL);
}

static void
sioa_application_startup (GApplication *application)
{
  static const GActionEntry actions[] = { { "new-window", new_window_cb },
                                          { "quit", quit_cb },
                                          { "about", about_cb } };
  static const struct
  {
    const char *action;
    const char *keys[3];
  } keys[] = { { "app.new-window", { "<Control>n" } },
               { "app.quit", { "<Control>q" } },
               { "window.close", { "<Control>w" } },
               { "win.add-server", { "<Control>plus", "<Control>equal" } },
               { "win.page(0)", { "<Alt>1" } },
               { "win.page(1)", { "<Alt>2" } },
               { "win.page(2)", { "<Alt>3" } },
               { "win.page(3)", { "<Alt>4" } },
               { "win.page(4)", { "<Alt>5" } },
               { "win.page(5)", { "<Alt>6" } },
               { "win.page(6)", { "<Alt>7" } } };

  G_APPLICATION_CLASS (sioa_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions),
                                   application);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (application), keys[i].action,
                                           keys[i].keys);
}

static void
add_demo (SioaApplication *self)
{
  g_autoptr (SioaMock) mock = sioa_mock_new (1, DEMO_SOCKETS, DEMO_CHANGES);
  g_autoptr (SioaServer) server = sioa_server_new (_ ("Demonstration"), SIOA_BACKEND (mock));

  g_list_store_append (self->servers, server);
  sioa_mock_run (mock);
  sioa_backend_open (SIOA_BACKEND (mock));
}

static void
find_local (SioaApplication *self)
{
  self->discovery = sioa_discovery_new (self->servers);
  sioa_discovery_watch (self->discovery, G_BUS_TYPE_SYSTEM, _ ("This computer"));
  sioa_discovery_watch (self->discovery, G_BUS_TYPE_SESSION, _ ("This computer (session)"));
}

static const char *const server_options[] = { G_OPTION_REMAINING, "server" };

static gboolean
check_uris (GVariantDict *options, const char *option)
{
  g_autofree const char **uris = NULL;

  if (!g_variant_dict_lookup (options, option, "^a&s", &uris))
    return TRUE;
  for (guint i = 0; uris[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (sioa_remote_check_uri (uris[i], &error))
        continue;
      g_printerr ("%s: %s\n", uris[i], error->message);
      return FALSE;
    }
  return TRUE;
}

static int
sioa_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("sio-admin %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  for (guint i = 0; i < G_N_ELEMENTS (server_options); i++)
    if (!check_uris (options, server_options[i]))
      return EXIT_FAILURE;
  return -1;
}

/* Adds them for this session. Returns the last one, or NULL. */
static SioaServer *
add_guests (SioaApplication *self, GVariantDict *options, const char *option)
{
  g_autofree const char **uris = NULL;
  SioaServer *server = NULL;

  if (!g_variant_dict_lookup (options, option, "^a&s", &uris))
    return NULL;
  for (guint i = 0; uris[i] != NULL; i++)
    server = sioa_servers_add_guest (self->saved, uris[i]);
  return server;
}

static int
sioa_application_command_line (GApplication *application, GApplicationCommandLine *command_line)
{
  SioaApplication *self = SIOA_APPLICATION (application);
  GVariantDict *options = g_application_command_line_get_options_dict (command_line);

  if (g_variant_dict_contains (options, "demo"))
    add_demo (self);
  else if (!self->loaded)
    {
      find_local (self);
      sioa_servers_load (self->saved);
    }
  self->loaded = TRUE;
  if (g_variant_dict_contains (options, "new-window"))
    new_window (self);
  else
    g_application_activate (application);
  for (guint i = 0; i < G_N_ELEMENTS (server_options); i++)
    {
      SioaServer *server = add_guests (self, options, server_options[i]);
      GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

      if (server != NULL && SIOA_IS_WINDOW (window))
        sioa_window_set_server (SIOA_WINDOW (window), server);
    }
  return EXIT_SUCCESS;
}

static void
sioa_application_shutdown (GApplication *application)
{
  sioa_servers_flush (SIOA_APPLICATION (application)->saved);
  sioa_announcements_flush (SIOA_APPLICATION (application)->announcements);

  G_APPLICATION_CLASS (sioa_application_parent_class)->shutdown (application);
}

static void
sioa_application_finalize (GObject *object)
{
  g_clear_object (&SIOA_APPLICATION (object)->settings);
  g_clear_object (&SIOA_APPLICATION (object)->announcements);
  g_clear_object (&SIOA_APPLICATION (object)->saved);
  g_clear_object (&SIOA_APPLICATION (object)->discovery);
  g_signal_handlers_disconnect_by_data (SIOA_APPLICATION (object)->servers, object);
  g_clear_object (&SIOA_APPLICATION (object)->entries);
  g_clear_object (&SIOA_APPLICATION (object)->sums);
  g_clear_object (&SIOA_APPLICATION (object)->sum);
  g_clear_object (&SIOA_APPLICATION (object)->servers);

  G_OBJECT_CLASS (sioa_application_parent_class)->finalize (object);
}

static void
sioa_application_class_init (SioaApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sioa_application_finalize;
  application_class->startup = sioa_application_startup;
  application_class->shutdown = sioa_application_shutdown;
  application_class->activate = sioa_application_activate;
  application_class->handle_local_options = sioa_application_handle_local_options;
  application_class->command_line = sioa_application_command_line;
}

static void
sioa_application_init (SioaApplication *self)
{
  static const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Print the version and exit"), NULL },
    { "demo", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Show a server that is made up"), NULL },
    { "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, NULL,
      N_ ("Show this server, too; may be given several times"), N_ ("ADDRESS") },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, NULL, NULL, N_ ("[ADDRESS…]") },
    { "new-window", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Open another window"), NULL },
    { NULL }
  };
  g_autoptr (GSettingsSchema) schema = NULL;

  self->servers = g_list_store_new (SIOA_TYPE_SERVER);
  make_entries (self);
  self->saved = sioa_servers_new (self->servers, NULL);
  self->announcements = sioa_announcements_new (NULL, NULL);
  schema = g_settings_schema_source_lookup (g_settings_schema_source_get_default (),
                                            SIOA_APPLICATION_ID, TRUE);
  if (schema != NULL)
    self->settings = g_settings_new_full (schema, NULL, NULL);
  g_application_add_main_option_entries (G_APPLICATION (self), entries);
}

SioaApplication *
sioa_application_new (void)
{
  return g_object_new (SIOA_TYPE_APPLICATION, "application-id", SIOA_APPLICATION_ID,
                       "resource-base-path", "/org/sioglib/Admin", "flags",
                       G_APPLICATION_HANDLES_COMMAND_LINE, NULL);
}
