/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-adapter-private.h"
#include "sio-error.h"
#include "sio-namespace-private.h"
#include "sio-recovery-private.h"
#include "sio-server.h"

/* Sessions in a file. What is written is copied in the caller's thread, the rest is done in
 * another one. */

/* Who can read it can take the sessions over. */
#define FILE_MODE 0600

typedef struct
{
  GFile *file;
  SioRecoveryImage *image;
  guint64 max_bytes;
} Job;

static Job *
job_new (GFile *file)
{
  Job *job = g_new0 (Job, 1);

  job->file = g_object_ref (file);
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_object_unref (job->file);
  g_clear_pointer (&job->image, sio_recovery_image_free);
  g_free (job);
}

static SioRecoveryImage *
collect (SioRecovery *self)
{
  SioRecoveryImage *image = sio_recovery_image_new ();
  g_autoptr (GPtrArray) namespaces = NULL;
  GHashTableIter iter;
  gpointer value;

  image->time = g_get_real_time ();
  if (self->server == NULL)
    return image;
  namespaces = sio_server_list_namespaces (self->server);
  for (guint i = 0; i < namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (namespaces, i);
      SioAdapter *adapter = sio_namespace_has_adapter (ns) ? sio_namespace_get_adapter (ns) : NULL;
      SioImageLog *log = NULL;

      if (adapter != NULL && SIO_IS_MEMORY_ADAPTER (adapter))
        log = sio_memory_adapter_save (SIO_MEMORY_ADAPTER (adapter));
      if (log != NULL)
        g_ptr_array_add (image->logs, log);
    }
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (image->logs, sio_image_log_ref (value));
  return image;
}

static void
save_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  g_autoptr (GBytes) bytes = sio_recovery_image_write (job->image);
  g_autofree char *path = g_file_get_path (job->file);
  gsize size;
  const char *contents = g_bytes_get_data (bytes, &size);
  GError *error = NULL;
  gboolean ok;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (path != NULL)
    ok = g_file_set_contents_full (path, contents, (gssize) size,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   FILE_MODE, &error);
  else
    ok = g_file_replace_contents (job->file, contents, size, NULL, FALSE,
                                  G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL,
                                  cancellable, &error);
  if (ok)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * sio_recovery_save_async:
 * @self: recovery
 * @file: where to
 * @cancellable: (nullable): stops it
 * @callback: (scope async) (closure user_data): called when the file is written
 * @user_data: data for @callback
 *
 * Saves the sessions of all clients that can come back, and the events they may have missed.
 *
 * Call it when [method@Sio.Server.close_async] is done: then the sessions of the clients that
 * were connected till then are among them. Of a server that goes on it saves a moment, and only
 * clients that got no event since are recovered from it.
 *
 * The file replaces an older one at once. Only its owner can read it (mode 0600): who has it
 * can take the sessions over. Sessions of an adapter that keeps them elsewhere are not saved.
 *
 * Since: 0.1
 */
void
sio_recovery_save_async (SioRecovery *self,
                         GFile *file,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  g_return_if_fail (SIO_IS_RECOVERY (self));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_recovery_save_async);
  g_task_set_name (task, "[sio] save sessions");
  job = job_new (file);
  job->image = collect (self);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, save_thread);
}

/**
 * sio_recovery_save_finish:
 * @self: recovery
 * @result: what the callback got
 * @n_sessions: (out) (optional): how many sessions were saved
 * @error: return location for an error
 *
 * Finishes [method@Sio.Recovery.save_async].
 *
 * Errors: those of writing a file.
 *
 * Returns: `TRUE` if the file is written
 *
 * Since: 0.1
 */
gboolean
sio_recovery_save_finish (SioRecovery *self,
                          GAsyncResult *result,
                          guint *n_sessions,
                          GError **error)
{
  Job *job;

  g_return_val_if_fail (SIO_IS_RECOVERY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  job = g_task_get_task_data (G_TASK (result));
  if (n_sessions != NULL)
    *n_sessions = sio_recovery_image_count_sessions (job->image);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static GBytes *
read_file (GFile *file, guint64 max_bytes, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  g_autoptr (GFileInfo) info = NULL;
  g_autofree char *contents = NULL;
  guint64 size;
  gsize n;

  if (stream == NULL)
    return NULL;
  info =
      g_file_input_stream_query_info (stream, G_FILE_ATTRIBUTE_STANDARD_SIZE, cancellable, error);
  if (info == NULL)
    return NULL;
  size = (guint64) g_file_info_get_size (info);
  if (size > max_bytes)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE,
                   "the file of saved sessions has %" G_GUINT64_FORMAT
                   " bytes, at most %" G_GUINT64_FORMAT " are read",
                   size, max_bytes);
      return NULL;
    }
  contents = g_malloc (size + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), contents, size, &n, cancellable, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&contents), n);
}

static void
load_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  bytes = read_file (job->file, job->max_bytes, cancellable, &error);
  if (bytes != NULL)
    job->image = sio_recovery_image_read (bytes, &error);
  /* It is true only once: what is sent from now on is not in there. */
  if (job->image == NULL || !g_file_delete (job->file, cancellable, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * sio_recovery_load_async:
 * @self: recovery
 * @file: what [method@Sio.Recovery.save_async] wrote
 * @cancellable: (nullable): stops it
 * @callback: (scope async) (closure user_data): called when the sessions are there
 * @user_data: data for @callback
 *
 * Loads the sessions of an earlier process, so that its clients are recovered by this one. Those
 * whose time is over are left out.
 *
 * Call it before the server listens. Sessions of a namespace that does not exist yet wait for
 * it; a namespace that had clients already, or whose adapter keeps sessions elsewhere, gets
 * none. The file need not be trusted. It is deleted, because it is out of date as soon as the
 * server runs.
 *
 * Since: 0.1
 */
void
sio_recovery_load_async (SioRecovery *self,
                         GFile *file,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  g_return_if_fail (SIO_IS_RECOVERY (self));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_recovery_load_async);
  g_task_set_name (task, "[sio] load sessions");
  job = job_new (file);
  job->max_bytes = self->max_file_bytes;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, load_thread);
}

static guint
apply (SioRecovery *self, SioRecoveryImage *image)
{
  guint n_sessions = 0;

  for (guint i = 0; self->server != NULL && i < image->logs->len; i++)
    {
      SioImageLog *log = g_ptr_array_index (image->logs, i);
      SioNamespace *ns = sio_server_get_namespace (self->server, log->name);

      if (ns == NULL || !sio_namespace_has_adapter (ns))
        {
          g_hash_table_replace (self->waiting, log->name, sio_image_log_ref (log));
          n_sessions += log->sessions->len;
        }
      else if (SIO_IS_MEMORY_ADAPTER (sio_namespace_get_adapter (ns)) &&
               sio_memory_adapter_load (SIO_MEMORY_ADAPTER (sio_namespace_get_adapter (ns)), log))
        n_sessions += log->sessions->len;
      else
        g_warning ("%s: saved sessions are not loaded: it has others already", log->name);
    }
  return n_sessions;
}

/**
 * sio_recovery_load_finish:
 * @self: recovery
 * @result: what the callback got
 * @n_sessions: (out) (optional): how many sessions were loaded
 * @error: return location for an error
 *
 * Finishes [method@Sio.Recovery.load_async].
 *
 * Errors: those of reading a file, `SIO_ERROR_PAYLOAD_TOO_LARGE` if it is larger than
 * [property@Sio.Recovery:max-file-bytes], `SIO_ERROR_INVALID_ARGUMENT` if it is damaged or of
 * another version. A file that cannot be read stays.
 *
 * Returns: `TRUE` if the file was read
 *
 * Since: 0.1
 */
gboolean
sio_recovery_load_finish (SioRecovery *self,
                          GAsyncResult *result,
                          guint *n_sessions,
                          GError **error)
{
  Job *job;
  guint n = 0;

  g_return_val_if_fail (SIO_IS_RECOVERY (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  job = g_task_get_task_data (G_TASK (result));
  n = apply (self, job->image);
  if (n_sessions != NULL)
    *n_sessions = n;
  return TRUE;
}
