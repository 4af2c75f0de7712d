/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-daemon.h"

#include "sios-feature.h"
#include "sios-listen.h"

struct _SiosDaemon
{
  GObject parent_instance;

  SiosSources *sources;
  SiosConfig *config;
  SioServer *server;
  SiosFeatures *features;
  gboolean reloading;
  gboolean reload_again;
};

G_DEFINE_FINAL_TYPE (SiosDaemon, sios_daemon, G_TYPE_OBJECT)

static void
sios_daemon_finalize (GObject *object)
{
  SiosDaemon *self = SIOS_DAEMON (object);

  g_clear_pointer (&self->features, sios_features_free);
  g_clear_object (&self->server);
  g_clear_pointer (&self->config, sios_config_unref);
  g_clear_pointer (&self->sources, sios_sources_free);

  G_OBJECT_CLASS (sios_daemon_parent_class)->finalize (object);
}

static void
sios_daemon_class_init (SiosDaemonClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sios_daemon_finalize;
}

static void
sios_daemon_init (SiosDaemon *self)
{
  self->server = sio_server_new ();
  self->features = sios_features_new (self->server);
}

SiosDaemon *
sios_daemon_new (const SiosSources *sources)
{
  SiosDaemon *self = g_object_new (SIOS_TYPE_DAEMON, NULL);

  self->sources = sios_sources_copy (sources);
  return self;
}

SioServer *
sios_daemon_get_server (SiosDaemon *self)
{
  return self->server;
}

/* NULL if sessions are not kept while the server restarts. */
static GFile *
get_recovery_file (SiosDaemon *self)
{
  const char *path = sios_config_get_string (self->config, "server", "recovery-file");

  if (*path == '\0' || !sios_config_get_boolean (self->config, "server", "recovery"))
    return NULL;
  return g_file_new_for_path (path);
}

static gboolean
listen_all (SiosDaemon *self, GError **error)
{
  const char *const *listen = sios_config_get_list (self->config, "server", "listen");

  for (guint i = 0; listen[i] != NULL; i++)
    {
      g_auto (GStrv) addresses = sios_listen_expand (listen[i], error);

      if (addresses == NULL)
        return FALSE;
      for (guint j = 0; addresses[j] != NULL; j++)
        if (!sio_server_listen (self->server, addresses[j], error))
          return FALSE;
    }
  return TRUE;
}

static void
listen_for (GTask *task)
{
  GError *error = NULL;

  if (listen_all (g_task_get_source_object (task), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  guint n_sessions;

  /* Clients then begin anew, which is better than no server. */
  if (sio_recovery_load_finish (SIO_RECOVERY (source), result, &n_sessions, &error))
    g_info ("%u sessions can continue", n_sessions);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_warning ("No session continues: %s", error->message);
  listen_for (task);
}

void
sios_daemon_start_async (SiosDaemon *self,
                         SiosConfig *config,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GFile) file = NULL;

  g_task_set_source_tag (task, sios_daemon_start_async);
  self->config = sios_config_ref (config);
  sios_features_configure (self->features, config);
  file = get_recovery_file (self);
  if (file != NULL)
    sio_recovery_load_async (sio_server_get_recovery (self->server), file, NULL, loaded_cb,
                             g_steal_pointer (&task));
  else
    listen_for (task);
}

gboolean
sios_daemon_start_finish (SiosDaemon *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  SiosConfig *config = sios_features_load_config (task_data, problems);

  if (config != NULL)
    g_task_return_pointer (task, config, (GDestroyNotify) sios_config_unref);
  else
    {
      g_autofree char *text = NULL;

      g_ptr_array_add (problems, NULL);
      text = g_strjoinv ("\n", (char **) problems->pdata);
      g_task_return_new_error (task, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", text);
    }
}

static void
reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosDaemon *self = SIOS_DAEMON (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosConfig) next = g_task_propagate_pointer (G_TASK (result), &error);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  guint n_changed;

  self->reloading = FALSE;
  if (next == NULL)
    {
      g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

      for (guint i = 0; lines[i] != NULL; i++)
        g_warning ("%s", lines[i]);
      g_warning ("The configuration stays as it was");
    }
  else
    {
      SiosConfig *merged = sios_config_merge (self->config, next, kept, &n_changed);

      sios_config_unref (self->config);
      self->config = merged;
      sios_features_configure (self->features, merged);
      for (guint i = 0; i < kept->len; i++)
        g_warning ("%s", (char *) g_ptr_array_index (kept, i));
      g_message ("The configuration was read again; %u changed", n_changed);
    }
  if (self->reload_again)
    sios_daemon_reload (self);
}

void
sios_daemon_reload (SiosDaemon *self)
{
  g_autoptr (GTask) task = NULL;

  /* What was read till now may be older than this call. */
  self->reload_again = self->reloading;
  if (self->reloading)
    return;
  self->reloading = TRUE;
  task = g_task_new (self, NULL, reloaded_cb, NULL);
  g_task_set_source_tag (task, sios_daemon_reload);
  g_task_set_task_data (task, sios_sources_copy (self->sources),
                        (GDestroyNotify) sios_sources_free);
  g_task_run_in_thread (task, load_thread);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  guint n_sessions;

  if (sio_recovery_save_finish (SIO_RECOVERY (source), result, &n_sessions, &error))
    g_info ("%u sessions may continue", n_sessions);
  else
    g_warning ("Sessions are not kept: %s", error->message);
  g_task_return_boolean (task, TRUE);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SiosDaemon *self = g_task_get_source_object (task);
  g_autoptr (GFile) file = get_recovery_file (self);
  GError *error = NULL;

  if (!sio_server_close_finish (SIO_SERVER (source), result, &error))
    g_task_return_error (task, error);
  else if (file != NULL)
    sio_recovery_save_async (sio_server_get_recovery (self->server), file, NULL, saved_cb,
                             g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
}

void
sios_daemon_stop_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, sios_daemon_stop_async);
  sio_server_close_async (self->server, NULL, closed_cb, task);
}

gboolean
sios_daemon_stop_finish (SiosDaemon *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
