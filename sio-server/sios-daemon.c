/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-daemon.h"

#include <string.h>

#include "sios-files.h"
#include "sios-rooms.h"
#include "sios-status.h"

struct _SiosDaemon
{
  GObject parent_instance;

  SioServer *server;
  SiosStatus *status;
};

G_DEFINE_FINAL_TYPE (SiosDaemon, sios_daemon, G_TYPE_OBJECT)

static void
sios_daemon_finalize (GObject *object)
{
  SiosDaemon *self = SIOS_DAEMON (object);

  g_clear_pointer (&self->status, sios_status_free);
  g_clear_object (&self->server);

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
  self->status = sios_status_new (self->server);
}

SiosDaemon *
sios_daemon_new (void)
{
  return g_object_new (SIOS_TYPE_DAEMON, NULL);
}

SioServer *
sios_daemon_get_server (SiosDaemon *self)
{
  return self->server;
}

static void
apply_cors (SioEngine *engine, char **origins)
{
  g_autoptr (SioCors) cors = NULL;

  if (origins == NULL)
    return;
  cors = sio_cors_new ();
  for (guint i = 0; origins[i] != NULL; i++)
    if (strcmp (origins[i], "*") == 0)
      sio_cors_allow_any_origin (cors);
    else
      sio_cors_add_origin (cors, origins[i]);
  sio_engine_set_cors (engine, cors);
}

static void
serve_namespace (SiosDaemon *self, const char *name)
{
  SioNamespace *ns = sio_server_of (self->server, name);

  sios_rooms_serve (ns);
  sios_status_watch (self->status, ns);
}

gboolean
sios_daemon_start (SiosDaemon *self, const SiosOptions *options, GError **error)
{
  SioEngine *engine = sio_server_get_engine (self->server);
  g_autoptr (GError) client_error = NULL;
  SoupServer *soup_server;

  sio_engine_set_path (engine, options->path);
  apply_cors (engine, options->cors_origins);
  serve_namespace (self, "/");
  for (guint i = 0; options->namespaces != NULL && options->namespaces[i] != NULL; i++)
    if (sio_server_get_namespace (self->server, options->namespaces[i]) == NULL)
      serve_namespace (self, options->namespaces[i]);

  soup_server = sio_engine_get_soup_server (engine);
  sios_files_serve (soup_server, options->path);
  if (!sio_server_load_client_bundle (self->server, options->client_dir, &client_error))
    g_message ("The browser client is not served: %s. Name the directory with --client-dir",
               client_error->message);
  sios_status_serve (self->status, soup_server);

  for (guint i = 0; options->listen[i] != NULL; i++)
    if (!sio_server_listen (self->server, options->listen[i], error))
      return FALSE;
  return TRUE;
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (sio_server_close_finish (SIO_SERVER (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
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
