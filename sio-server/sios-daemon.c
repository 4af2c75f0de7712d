/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-daemon.h"

#include <string.h>

#include "sios-control.h"
#include "sios-credential.h"
#include "sios-feature.h"
#include "sios-listen.h"
#include "sios-record.h"

struct _SiosDaemon
{
  GObject parent_instance;

  SiosSources *sources;
  SiosConfig *config;
  SioServer *server;
  SiosFeatures *features;
  SiosDaemonState state;
  GTask *start;              /* until all is ready */
  GTask *stop;               /* waits for the start */
  guint n_holds;             /* of who is not */
  GPtrArray *reload_tasks;   /* of those whose reload is going on; NULL for none */
  GPtrArray *reload_waiting; /* of those who came later; or NULL */
};

G_DEFINE_FINAL_TYPE (SiosDaemon, sios_daemon, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_STATE,
  PROP_RELOADING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

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
sios_daemon_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SiosDaemon *self = SIOS_DAEMON (object);

  switch (prop_id)
    {
    case PROP_STATE:
      g_value_set_int (value, self->state);
      break;
    case PROP_RELOADING:
      g_value_set_boolean (value, sios_daemon_is_reloading (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sios_daemon_class_init (SiosDaemonClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = sios_daemon_finalize;
  object_class->get_property = sios_daemon_get_property;
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, SIOS_DAEMON_STARTING,
                                             SIOS_DAEMON_STOPPING, SIOS_DAEMON_STARTING, flags);
  properties[PROP_RELOADING] = g_param_spec_boolean ("reloading", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

/* What can be asked of us from outside. */

static void
host_reload_async (gpointer host, GAsyncReadyCallback callback, gpointer user_data)
{
  sios_daemon_reload_async (host, callback, user_data);
}

static char **
host_reload_finish (gpointer host, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_auto (GStrv) messages = NULL;
  g_autofree char *text = NULL;

  if (sios_daemon_reload_finish (host, result, &messages, NULL, &problem))
    return messages != NULL ? g_steal_pointer (&messages) : g_new0 (char *, 1);
  text = messages != NULL ? g_strjoinv ("\n", messages) : g_strdup ("");
  g_set_error (error, problem->domain, problem->code, "%s%s%s", problem->message,
               *text != '\0' ? "\n" : "", text);
  return NULL;
}

static void
host_drain_async (gpointer host, guint timeout, GAsyncReadyCallback callback, gpointer user_data)
{
  sios_daemon_drain_async (host, 0, timeout, callback, user_data);
}

static gboolean
host_drain_finish (gpointer host, GAsyncResult *result, GError **error)
{
  return sios_daemon_drain_finish (host, result, error);
}

static void
host_resume (gpointer host)
{
  sios_daemon_resume (host);
}

static void
host_hold_start (gpointer host)
{
  sios_daemon_hold_start (host);
}

static void
host_release_start (gpointer host)
{
  sios_daemon_release_start (host);
}

static const SiosHost host_functions = {
  .reload_async = host_reload_async,
  .reload_finish = host_reload_finish,
  .drain_async = host_drain_async,
  .drain_finish = host_drain_finish,
  .resume = host_resume,
  .hold_start = host_hold_start,
  .release_start = host_release_start,
};

static void
sios_daemon_init (SiosDaemon *self)
{
  self->server = sio_server_new ();
  self->features = sios_features_new (self->server);
  sios_control_set_host (sios_control_get (self->features), &host_functions, self);
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

SiosConfig *
sios_daemon_get_config (SiosDaemon *self)
{
  return self->config;
}

SiosDaemonState
sios_daemon_get_state (SiosDaemon *self)
{
  return self->state;
}

gboolean
sios_daemon_is_reloading (SiosDaemon *self)
{
  return self->reload_tasks != NULL;
}

static void
set_state (SiosDaemon *self, SiosDaemonState state)
{
  /* There is no way back from the end. */
  if (self->state == state || self->state == SIOS_DAEMON_STOPPING)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* NULL if sessions are not kept while the server restarts. */
static GFile *
get_recovery_file (SiosDaemon *self)
{
  g_autofree char *path =
      sios_state_file_get_path (sios_config_get_string (self->config, "server", "recovery-file"));

  if (path == NULL || !sios_config_get_boolean (self->config, "server", "recovery"))
    return NULL;
  return g_file_new_for_path (path);
}

/* Start */

static gboolean
listen_on (SiosDaemon *self, char **addresses, GError **error)
{
  for (guint i = 0; addresses[i] != NULL; i++)
    if (!sio_server_listen (self->server, addresses[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
listen_all (SiosDaemon *self, GError **error)
{
  const char *const *listen = sios_config_get_list (self->config, "server", "listen");
  g_auto (GStrv) passed = sios_listen_all_passed ();

  /* Whoever starts a socket unit says where; without further words that is enough. */
  if (passed != NULL &&
      strcmp (sios_config_get_origin (self->config, "server", "listen"), "default") == 0)
    return listen_on (self, passed, error);
  if (!sios_features_listen (self->features, self->config, error))
    return FALSE;
  for (guint i = 0; listen[i] != NULL; i++)
    {
      g_auto (GStrv) addresses = sios_listen_expand (listen[i], error);

      if (addresses == NULL || !listen_on (self, addresses, error))
        return FALSE;
    }
  return TRUE;
}

static void
write_started (SiosDaemon *self)
{
  g_auto (GStrv) list = sio_engine_list_addresses (sio_server_get_engine (self->server));
  g_autofree char *addresses = g_strjoinv (", ", list);
  const SiosField fields[] = { { "SIO_ADDRESSES", addresses },
                               { "SIO_VERSION", PACKAGE_VERSION },
                               { NULL } };

  sios_record_write (SIOS_RECORD_STARTED, fields, "sio-server %s is ready: %s", PACKAGE_VERSION,
                     addresses);
}

static void stop (SiosDaemon *self, GTask *task);

/* @error: (transfer full) (nullable) */
static void
end_start (SiosDaemon *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->start);

  if (error == NULL)
    {
      write_started (self);
      set_state (self, SIOS_DAEMON_RUNNING);
      g_task_return_boolean (task, TRUE);
    }
  else
    g_task_return_error (task, error);
  if (self->stop != NULL)
    stop (self, g_steal_pointer (&self->stop));
}

void
sios_daemon_hold_start (SiosDaemon *self)
{
  self->n_holds++;
}

void
sios_daemon_release_start (SiosDaemon *self)
{
  g_return_if_fail (self->n_holds > 0);

  if (--self->n_holds == 0 && self->start != NULL)
    end_start (self, NULL);
}

static void
listen_for (SiosDaemon *self)
{
  GError *error = NULL;

  if (listen_all (self, &error))
    sios_daemon_release_start (self);
  else
    end_start (self, error);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SiosDaemon) self = user_data;
  g_autoptr (GError) error = NULL;
  guint n_sessions;

  /* Clients then begin anew, which is better than no server. */
  if (sio_recovery_load_finish (SIO_RECOVERY (source), result, &n_sessions, &error))
    g_info ("%u sessions can continue", n_sessions);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_warning ("No session continues: %s", error->message);
  listen_for (self);
}

void
sios_daemon_start_async (SiosDaemon *self,
                         SiosConfig *config,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GFile) file = NULL;

  self->start = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->start, sios_daemon_start_async);
  /* For what is done here. */
  sios_daemon_hold_start (self);
  self->config = sios_config_ref (config);
  sios_features_configure (self->features, config);
  file = get_recovery_file (self);
  if (file != NULL)
    sio_recovery_load_async (sio_server_get_recovery (self->server), file, NULL, loaded_cb,
                             g_object_ref (self));
  else
    listen_for (self);
}

gboolean
sios_daemon_start_finish (SiosDaemon *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Reload */

typedef struct
{
  char **messages;
  guint n_changed;
} Reload;

static void
reload_free (gpointer data)
{
  Reload *reload = data;

  g_strfreev (reload->messages);
  g_free (reload);
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

/* What it means, in lines; @n_changed is how many keys changed. */
static char **
take_over (SiosDaemon *self, SiosConfig *next, guint *n_changed)
{
  GPtrArray *kept = g_ptr_array_new_with_free_func (g_free);
  SiosConfig *merged = sios_config_merge (self->config, next, kept, n_changed);
  g_autofree char *number = g_strdup_printf ("%u", *n_changed);
  const SiosField fields[] = { { "SIO_CHANGED", number }, { NULL } };

  sios_config_unref (self->config);
  self->config = merged;
  sios_features_configure (self->features, merged);
  for (guint i = 0; i < kept->len; i++)
    g_warning ("%s", (char *) g_ptr_array_index (kept, i));
  sios_record_write (SIOS_RECORD_RELOADED, fields, "The configuration was read again; %u changed",
                     *n_changed);
  g_ptr_array_add (kept, NULL);
  return (char **) g_ptr_array_free (kept, FALSE);
}

static char **
keep_old (const GError *error)
{
  const SiosField fields[] = { { "SIO_PROBLEMS", error->message }, { NULL } };
  char **lines = g_strsplit (error->message, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    g_warning ("%s", lines[i]);
  sios_record_write (SIOS_RECORD_RELOAD_FAILED, fields, "The configuration stays as it was");
  return lines;
}

static void begin_reload (SiosDaemon *self, GPtrArray *tasks);

static void
reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosDaemon *self = SIOS_DAEMON (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosConfig) next = g_task_propagate_pointer (G_TASK (result), &error);
  g_autoptr (GPtrArray) tasks = NULL;
  g_auto (GStrv) messages = NULL;
  guint n_changed = 0;

  if (next != NULL)
    messages = take_over (self, next, &n_changed);
  else
    messages = keep_old (error);
  tasks = g_steal_pointer (&self->reload_tasks);
  if (self->reload_waiting != NULL)
    begin_reload (self, g_steal_pointer (&self->reload_waiting));
  else
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RELOADING]);
  for (guint i = 0; i < tasks->len; i++)
    {
      GTask *task = g_ptr_array_index (tasks, i);
      Reload *reload = g_new0 (Reload, 1);

      reload->messages = g_strdupv (messages);
      reload->n_changed = n_changed;
      g_task_set_task_data (task, reload, reload_free);
      if (error == NULL)
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_error (task, g_error_copy (error));
    }
}

static void
begin_reload (SiosDaemon *self, GPtrArray *tasks)
{
  g_autoptr (GTask) load = g_task_new (self, NULL, reloaded_cb, NULL);

  self->reload_tasks = tasks;
  g_task_set_source_tag (load, begin_reload);
  g_task_set_task_data (load, sios_sources_copy (self->sources),
                        (GDestroyNotify) sios_sources_free);
  g_task_run_in_thread (load, load_thread);
}

void
sios_daemon_reload_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, sios_daemon_reload_async);
  if (self->reload_tasks == NULL)
    {
      begin_reload (self, g_ptr_array_new_with_free_func (g_object_unref));
      g_ptr_array_add (self->reload_tasks, task);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RELOADING]);
      return;
    }
  /* What was read till now may be older than this call. */
  if (self->reload_waiting == NULL)
    self->reload_waiting = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->reload_waiting, task);
}

gboolean
sios_daemon_reload_finish (
    SiosDaemon *self, GAsyncResult *result, char ***messages, guint *n_changed, GError **error)
{
  const Reload *reload = g_task_get_task_data (G_TASK (result));

  if (messages != NULL)
    *messages = g_strdupv (reload->messages);
  if (n_changed != NULL)
    *n_changed = reload->n_changed;
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Drain */

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (sio_engine_drain_finish (SIO_ENGINE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* The engine does the work; takes @task. */
static void
drain (SiosDaemon *self, guint rate, guint timeout, GTask *task)
{
  SioEngine *engine = sio_server_get_engine (self->server);
  guint n_sessions = sio_engine_get_n_sessions (engine);
  g_autofree char *sessions = g_strdup_printf ("%u", n_sessions);
  g_autofree char *pace = NULL;

  if (timeout == 0)
    timeout = (guint) sios_config_get_integer (self->config, "server", "drain-timeout");
  if (rate == 0)
    rate = (guint) sios_config_get_integer (self->config, "server", "drain-rate");
  pace = g_strdup_printf ("%u", rate);
  if (n_sessions > 0)
    {
      const SiosField fields[] = { { "SIO_SESSIONS", sessions }, { "SIO_RATE", pace }, { NULL } };

      sios_record_write (SIOS_RECORD_DRAINING, fields,
                         "Letting %u sessions go, %u per second, within %u s", n_sessions, rate,
                         timeout / 1000);
    }
  /* Without time there is no pace. */
  sio_engine_drain_async (engine, timeout > 0 ? rate : 0, timeout, NULL, drained_cb, task);
}

void
sios_daemon_drain_async (
    SiosDaemon *self, guint rate, guint timeout, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, sios_daemon_drain_async);
  if (self->state == SIOS_DAEMON_STOPPING)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, "the server stops already");
      g_object_unref (task);
      return;
    }
  set_state (self, SIOS_DAEMON_DRAINING);
  drain (self, rate, timeout, task);
}

gboolean
sios_daemon_drain_finish (SiosDaemon *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
sios_daemon_resume (SiosDaemon *self)
{
  if (self->state != SIOS_DAEMON_DRAINING)
    return;
  set_state (self, SIOS_DAEMON_RUNNING);
  sio_engine_stop_draining (sio_server_get_engine (self->server));
}

/* Stop */

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

static void
stop_drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosDaemon *self = SIOS_DAEMON (source);

  sio_server_close_async (self->server, NULL, closed_cb, user_data);
}

static void
stop (SiosDaemon *self, GTask *task)
{
  SioEngine *engine = sio_server_get_engine (self->server);
  g_autofree char *sessions = g_strdup_printf ("%u", sio_engine_get_n_sessions (engine));
  const SiosField fields[] = { { "SIO_SESSIONS", sessions }, { NULL } };

  set_state (self, SIOS_DAEMON_STOPPING);
  sios_record_write (SIOS_RECORD_STOPPING, fields, "Stopping; %s sessions are to be closed",
                     sessions);
  drain (self, 0, 0, g_task_new (self, NULL, stop_drained_cb, task));
}

void
sios_daemon_stop_async (SiosDaemon *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, sios_daemon_stop_async);
  /* What is being loaded has to be saved again. */
  if (self->start != NULL)
    self->stop = task;
  else
    stop (self, task);
}

gboolean
sios_daemon_stop_finish (SiosDaemon *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
