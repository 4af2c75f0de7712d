/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-error.h"
#include "sio-json-private.h"
#include "sio-middleware-private.h"
#include "sio-namespace.h"
#include "sio-socket-private.h"

#define REFUSAL_DATA "sio-refusal-data"

typedef struct
{
  guint ref_count;
  guint id;
  SioMiddlewareFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Middleware;

struct _SioMiddlewares
{
  guint last_id;
  GPtrArray *middlewares; /* element-type Middleware */
  GHashTable *running;    /* SioSocket * → Run * */
};

/* One socket on its way through the middlewares. */
typedef struct
{
  guint ref_count;
  SioSocket *socket;
  GPtrArray *middlewares; /* as they were when it came: protocol.md §4.4 */
  guint next;
  GCancellable *cancellable;
  SioDecidedFunc decided; /* NULL once it is over */
  SioMiddlewares *owner;
} Run;

/* One middleware being asked. */
typedef struct
{
  Run *run;
  gboolean answered;
} Step;

static void run_next (Run *run);

static void
middleware_unref (gpointer data)
{
  Middleware *middleware = data;

  if (--middleware->ref_count > 0)
    return;
  if (middleware->destroy != NULL)
    middleware->destroy (middleware->user_data);
  g_free (middleware);
}

static void
run_unref (gpointer data)
{
  Run *run = data;

  if (--run->ref_count > 0)
    return;
  g_ptr_array_unref (run->middlewares);
  g_object_unref (run->cancellable);
  g_object_unref (run->socket);
  g_free (run);
}

SioMiddlewares *
sio_middlewares_new (void)
{
  SioMiddlewares *self = g_new0 (SioMiddlewares, 1);

  self->middlewares = g_ptr_array_new_with_free_func (middleware_unref);
  self->running = g_hash_table_new_full (NULL, NULL, NULL, run_unref);
  return self;
}

void
sio_middlewares_free (SioMiddlewares *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->running);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Run *run = value;

      run->decided = NULL;
      run->owner = NULL;
    }
  g_hash_table_unref (self->running);
  g_ptr_array_unref (self->middlewares);
  g_free (self);
}

guint
sio_middlewares_add (SioMiddlewares *self,
                     SioMiddlewareFunc func,
                     gpointer user_data,
                     GDestroyNotify destroy)
{
  Middleware *middleware = g_new0 (Middleware, 1);

  if (++self->last_id == 0)
    self->last_id = 1;
  *middleware = (Middleware){
    .ref_count = 1, .id = self->last_id, .func = func, .user_data = user_data, .destroy = destroy
  };
  g_ptr_array_add (self->middlewares, middleware);
  return middleware->id;
}

gboolean
sio_middlewares_remove (SioMiddlewares *self, guint id)
{
  for (guint i = 0; i < self->middlewares->len; i++)
    {
      Middleware *middleware = g_ptr_array_index (self->middlewares, i);

      if (middleware->id != id)
        continue;
      /* Stolen first: its destroy function may change the list. */
      middleware_unref (g_ptr_array_steal_index (self->middlewares, i));
      return TRUE;
    }
  return FALSE;
}

static void
run_decide (Run *run, const char *refusal)
{
  SioDecidedFunc decided = run->decided;

  if (decided == NULL)
    return;
  run->ref_count++;
  run->decided = NULL;
  if (run->owner != NULL)
    g_hash_table_remove (run->owner->running, run->socket);
  decided (run->socket, refusal);
  run_unref (run);
}

/* What the client's library takes for nothing. */
static gboolean
is_false (const char *json)
{
  return strcmp (json, "null") == 0 || strcmp (json, "false") == 0 || strcmp (json, "0") == 0 ||
         strcmp (json, "\"\"") == 0;
}

static char *
format_refusal (SioSocket *socket, const char *message, const char *data)
{
  GString *json = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (message, -1);

  /* protocol.md §3.8: one of the two */
  if (sio_socket_is_eio3 (socket))
    {
      if (data != NULL && !is_false (data))
        g_string_append (json, data);
      else
        sio_json_write_string (json, valid, -1);
      return g_string_free (json, FALSE);
    }
  g_string_append (json, "{\"message\":");

  sio_json_write_string (json, valid, -1);
  if (data != NULL)
    {
      g_string_append (json, ",\"data\":");
      g_string_append (json, data);
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

static void
run_refuse (Run *run, const char *message, const char *data)
{
  g_autofree char *json = format_refusal (run->socket, message, data);

  run_decide (run, json);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (result);
  Step *step = g_task_get_task_data (task);
  Run *run = step->run;
  g_autoptr (GError) error = NULL;

  step->answered = TRUE;
  run->ref_count++;
  if (g_task_propagate_boolean (task, &error))
    run_next (run);
  else if (error == NULL)
    run_refuse (run, "Not authorized", NULL);
  else
    run_refuse (run, error->message, g_object_get_data (G_OBJECT (task), REFUSAL_DATA));
  run_unref (run);
}

static void
step_free (gpointer data)
{
  Step *step = data;
  Run *run = step->run;

  /* A task that went away without an answer would keep the client waiting for ever. */
  if (!step->answered && run->decided != NULL)
    {
      g_warning ("A middleware dropped its task without an answer");
      run_refuse (run, "Internal error", NULL);
    }
  run_unref (run);
  g_free (step);
}

static void
run_next (Run *run)
{
  g_autoptr (GTask) task = NULL;
  Middleware *middleware;
  Step *step;

  if (run->decided == NULL)
    return;
  if (run->next >= run->middlewares->len)
    {
      run_decide (run, NULL);
      return;
    }
  middleware = g_ptr_array_index (run->middlewares, run->next++);
  task = g_task_new (run->socket, run->cancellable, answered_cb, NULL);
  g_task_set_source_tag (task, run_next);
  g_task_set_name (task, "[sio] middleware");
  step = g_new0 (Step, 1);
  step->run = run;
  run->ref_count++;
  g_task_set_task_data (task, step, step_free);
  middleware->func (sio_socket_get_namespace (run->socket), run->socket, task,
                    middleware->user_data);
}

void
sio_middlewares_run (SioMiddlewares *self, SioSocket *socket, SioDecidedFunc decided)
{
  Run *run = g_new0 (Run, 1);

  run->ref_count = 2; /* the table's and ours */
  run->socket = g_object_ref (socket);
  run->cancellable = g_cancellable_new ();
  run->decided = decided;
  run->owner = self;
  run->middlewares = g_ptr_array_new_full (self->middlewares->len, middleware_unref);
  for (guint i = 0; i < self->middlewares->len; i++)
    {
      Middleware *middleware = g_ptr_array_index (self->middlewares, i);

      middleware->ref_count++;
      g_ptr_array_add (run->middlewares, middleware);
    }
  g_hash_table_insert (self->running, socket, run);
  run_next (run);
  run_unref (run);
}

void
sio_middlewares_cancel (SioMiddlewares *self, SioSocket *socket)
{
  Run *run = g_hash_table_lookup (self->running, socket);

  if (run == NULL)
    return;
  run->ref_count++;
  run->decided = NULL;
  g_hash_table_remove (self->running, socket);
  g_cancellable_cancel (run->cancellable);
  run_unref (run);
}

/**
 * sio_middleware_accept:
 * @task: the task a middleware got
 *
 * Lets the client pass, to the next middleware if there is one.
 *
 * Since: 0.1
 */
void
sio_middleware_accept (GTask *task)
{
  g_return_if_fail (G_IS_TASK (task));

  g_task_return_boolean (task, TRUE);
}

/**
 * sio_middleware_reject:
 * @task: the task a middleware got
 * @message: what to tell the client
 * @data: (nullable): more about it
 *
 * Refuses the client, which gets message and data with its `connect_error` event.
 *
 * Since: 0.1
 */
void
sio_middleware_reject (GTask *task, const char *message, JsonNode *data)
{
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (message != NULL);

  if (data != NULL)
    {
      GString *json = g_string_new (NULL);

      sio_json_write (json, data);
      g_object_set_data_full (G_OBJECT (task), REFUSAL_DATA, g_string_free (json, FALSE), g_free);
    }
  g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_REJECTED, "%s", message);
}
