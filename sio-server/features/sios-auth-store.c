/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-auth-store.h"

#include <gio/gio.h>
#include <string.h>

/* Names of users are nobody else's concern. */
#define FILE_MODE 0600
/* The whole file is written each time, so not for each of many revocations. */
#define PAUSE_MS 500
/* What was not written is tried again: the disk may have been full. */
#define RETRY_MS 5000

/* Outlives the store while a thread writes. */
typedef struct
{
  GMutex mutex; /* held while the file is written */
  guint64 n_written;
  SiosAuthStore *store; /* of the main thread; NULL when it is gone */
} Shared;

struct _SiosAuthStore
{
  SiosRevocations *revocations;
  Shared *shared;
  char *path;
  guint64 n_jobs;
  guint64 n_changes;
  GQueue waiting; /* element-type GTask, by the changes they wait for */
  gboolean dirty;
  gboolean writing;
  guint timer_id;
  guint64 n_failures;
};

typedef struct
{
  Shared *shared;
  char *path;
  char *text;
  guint64 number;
  guint64 n_changes; /* that are in the text */
} Job;

static void
shared_clear (gpointer data)
{
  g_mutex_clear (&((Shared *) data)->mutex);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_atomic_rc_box_release_full (job->shared, shared_clear);
  g_free (job->path);
  g_free (job->text);
  g_free (job);
}

static Job *
job_new (SiosAuthStore *self)
{
  Job *job = g_new (Job, 1);

  job->shared = g_atomic_rc_box_acquire (self->shared);
  job->path = g_strdup (self->path);
  job->text = sios_revocations_write (self->revocations, g_get_real_time () / G_USEC_PER_SEC);
  job->number = ++self->n_jobs;
  job->n_changes = self->n_changes;
  self->dirty = FALSE;
  return job;
}

/* Unless a later one was written before. */
static gboolean
job_write (Job *job, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&job->shared->mutex);

  if (job->shared->n_written > job->number)
    return TRUE;
  job->shared->n_written = job->number;
  return g_file_set_contents_full (job->path, job->text, (gssize) strlen (job->text),
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   FILE_MODE, error);
}

static void
write_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (job_write (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
tell_failure (SiosAuthStore *self, const GError *error)
{
  self->n_failures++;
  g_warning ("Revocations are not kept over a restart: %s", error->message);
}

static void write_soon (SiosAuthStore *self, guint delay);

/* Those whose changes were written, or were to be. */
static void
answer_waiting (SiosAuthStore *self, guint64 n_changes, const GError *error)
{
  GTask *task;

  while ((task = g_queue_peek_head (&self->waiting)) != NULL &&
         *(guint64 *) g_task_get_task_data (task) <= n_changes)
    {
      g_queue_pop_head (&self->waiting);
      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = g_task_get_task_data (G_TASK (result));
  SiosAuthStore *self = job->shared->store;
  g_autoptr (GError) error = NULL;

  if (self == NULL)
    return;
  self->writing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      tell_failure (self, error);
      self->dirty = TRUE;
    }
  answer_waiting (self, self->path != NULL ? job->n_changes : G_MAXUINT64, error);
  /* All who wait get the next one together. */
  if (!g_queue_is_empty (&self->waiting))
    write_soon (self, 0);
  else if (self->dirty)
    write_soon (self, error != NULL ? RETRY_MS : PAUSE_MS);
}

static gboolean
timer_cb (gpointer user_data)
{
  SiosAuthStore *self = user_data;
  g_autoptr (GTask) task = NULL;

  self->timer_id = 0;
  if (self->path == NULL)
    return G_SOURCE_REMOVE;
  self->writing = TRUE;
  task = g_task_new (NULL, NULL, written_cb, NULL);
  g_task_set_source_tag (task, timer_cb);
  g_task_set_task_data (task, job_new (self), job_free);
  g_task_run_in_thread (task, write_thread);
  return G_SOURCE_REMOVE;
}

static void
write_soon (SiosAuthStore *self, guint delay)
{
  if (self->path != NULL && !self->writing && self->timer_id == 0)
    self->timer_id = g_timeout_add (delay, timer_cb, self);
}

SiosAuthStore *
sios_auth_store_new (SiosRevocations *revocations, const char *path)
{
  SiosAuthStore *self = g_new0 (SiosAuthStore, 1);

  self->revocations = sios_revocations_ref (revocations);
  self->path = g_strdup (path);
  self->shared = g_atomic_rc_box_new0 (Shared);
  self->shared->store = self;
  g_mutex_init (&self->shared->mutex);
  return self;
}

void
sios_auth_store_free (SiosAuthStore *self)
{
  g_clear_handle_id (&self->timer_id, g_source_remove);
  if (self->path != NULL && (self->dirty || self->writing))
    {
      Job *job = job_new (self);
      g_autoptr (GError) error = NULL;

      if (!job_write (job, &error))
        tell_failure (self, error);
      answer_waiting (self, job->n_changes, error);
      job_free (job);
    }
  self->shared->store = NULL;
  g_atomic_rc_box_release_full (self->shared, shared_clear);
  sios_revocations_unref (self->revocations);
  g_free (self->path);
  g_free (self);
}

void
sios_auth_store_set_path (SiosAuthStore *self, const char *path)
{
  if (g_strcmp0 (self->path, path) == 0)
    return;
  g_free (self->path);
  self->path = g_strdup (path);
  /* Nobody wants to keep them any more; what is being written answers those that it has. */
  if (path == NULL && !self->writing)
    answer_waiting (self, G_MAXUINT64, NULL);
  sios_auth_store_changed (self);
}

void
sios_auth_store_changed (SiosAuthStore *self)
{
  self->n_changes++;
  self->dirty = TRUE;
  write_soon (self, 0);
}

void
sios_auth_store_wait_async (SiosAuthStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, sios_auth_store_wait_async);
  if (self->path == NULL || (!self->dirty && !self->writing))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  g_task_set_task_data (task, g_memdup2 (&self->n_changes, sizeof self->n_changes), g_free);
  g_queue_push_tail (&self->waiting, g_steal_pointer (&task));
  /* Not after a pause. */
  g_clear_handle_id (&self->timer_id, g_source_remove);
  write_soon (self, 0);
}

gboolean
sios_auth_store_wait_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

guint64
sios_auth_store_get_n_failures (SiosAuthStore *self)
{
  return self->n_failures;
}
