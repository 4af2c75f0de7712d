/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-chain-private.h"

#include "sio-error.h"

typedef struct
{
  guint ref_count;
  guint id;
  GCallback func;
  gpointer user_data;
  GDestroyNotify destroy;
} Link;

struct _SioChain
{
  guint last_id;
  GPtrArray *links; /* element-type Link */
};

struct _SioChainRun
{
  guint ref_count;
  gboolean over;
  const SioChainKind *kind;
  gpointer source;
  gpointer subject;
  GPtrArray *links; /* as they were when it came: protocol.md §4.4 */
  guint next;
  GCancellable *cancellable;
};

/* One function being asked. */
typedef struct
{
  SioChainRun *run;
  GError *error;          /* announced */
  guint being_called : 1; /* the function has not returned yet */
  guint announced : 1;
  guint settled : 1; /* what the task brings does not matter any more */
} Step;

static void
link_unref (gpointer data)
{
  Link *link = data;

  if (--link->ref_count > 0)
    return;
  if (link->destroy != NULL)
    link->destroy (link->user_data);
  g_free (link);
}

SioChain *
sio_chain_new (void)
{
  SioChain *self = g_new0 (SioChain, 1);

  self->links = g_ptr_array_new_with_free_func (link_unref);
  return self;
}

void
sio_chain_free (SioChain *self)
{
  g_ptr_array_unref (self->links);
  g_free (self);
}

guint
sio_chain_add (SioChain *self, GCallback func, gpointer user_data, GDestroyNotify destroy)
{
  Link *link = g_new (Link, 1);

  if (++self->last_id == 0)
    self->last_id = 1;
  *link = (Link){ 1, self->last_id, func, user_data, destroy };
  g_ptr_array_add (self->links, link);
  return link->id;
}

gboolean
sio_chain_remove (SioChain *self, guint id)
{
  for (guint i = 0; i < self->links->len; i++)
    {
      Link *link = g_ptr_array_index (self->links, i);

      if (link->id != id)
        continue;
      /* Stolen first: its destroy function may change the list. */
      link_unref (g_ptr_array_steal_index (self->links, i));
      return TRUE;
    }
  return FALSE;
}

gboolean
sio_chain_is_empty (SioChain *self)
{
  return self == NULL || self->links->len == 0;
}

SioChainRun *
sio_chain_run_ref (SioChainRun *self)
{
  self->ref_count++;
  return self;
}

void
sio_chain_run_unref (SioChainRun *self)
{
  if (--self->ref_count > 0)
    return;
  g_ptr_array_unref (self->links);
  g_object_unref (self->cancellable);
  if (self->kind->free_subject != NULL)
    self->kind->free_subject (self->subject);
  g_object_unref (self->source);
  g_free (self);
}

gpointer
sio_chain_run_get_subject (SioChainRun *self)
{
  return self->subject;
}

SioChainRun *
sio_chain_run_new (const SioChainKind *kind,
                   gpointer source,
                   gpointer subject,
                   SioChain *const *chains,
                   guint n_chains)
{
  SioChainRun *self = g_new0 (SioChainRun, 1);

  self->ref_count = 1;
  self->kind = kind;
  self->source = g_object_ref (source);
  self->subject = subject;
  self->cancellable = g_cancellable_new ();
  self->links = g_ptr_array_new_with_free_func (link_unref);
  for (guint i = 0; i < n_chains; i++)
    {
      for (guint j = 0; chains[i] != NULL && j < chains[i]->links->len; j++)
        {
          Link *link = g_ptr_array_index (chains[i]->links, j);

          link->ref_count++;
          g_ptr_array_add (self->links, link);
        }
    }
  return self;
}

static void
finish (SioChainRun *self, const GError *error, GTask *task)
{
  g_autoptr (SioChainRun) keep = NULL;

  if (self->over)
    return;
  keep = sio_chain_run_ref (self);
  self->over = TRUE;
  self->kind->done (self, error, task);
}

static void
accepted (SioChainRun *self, GTask *task)
{
  if (!self->over && self->kind->accepted != NULL)
    self->kind->accepted (self, task);
}

static void run_on (SioChainRun *self);

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (result);
  Step *step = g_task_get_task_data (task);
  g_autoptr (SioChainRun) run = sio_chain_run_ref (step->run);
  g_autoptr (GError) error = NULL;
  gboolean allowed = g_task_propagate_boolean (task, &error);

  if (step->settled)
    return;
  step->settled = TRUE;
  if (allowed)
    {
      accepted (run, task);
      run_on (run);
      return;
    }
  if (error == NULL)
    error = g_error_new_literal (SIO_ERROR, SIO_ERROR_REJECTED, "Not authorized");
  finish (run, error, task);
}

static void
step_free (gpointer data)
{
  Step *step = data;
  SioChainRun *run = step->run;

  /* A task that went away without an answer would keep the client waiting for ever. */
  if (!step->settled && !run->over)
    {
      g_autoptr (GError) error =
          g_error_new_literal (SIO_ERROR, SIO_ERROR_FAILED, "Internal error");

      g_warning ("A middleware dropped its task without an answer");
      finish (run, error, NULL);
    }
  g_clear_error (&step->error);
  sio_chain_run_unref (run);
  g_free (step);
}

/* Asks the next function; FALSE if the answer is not known yet, or the run is over. */
static gboolean
ask_next (SioChainRun *self)
{
  g_autoptr (GTask) task = g_task_new (self->source, self->cancellable, answered_cb, NULL);
  Link *link = g_ptr_array_index (self->links, self->next++);
  Step *step = g_new0 (Step, 1);

  step->run = sio_chain_run_ref (self);
  g_task_set_source_tag (task, sio_chain_run_start);
  g_task_set_name (task, self->kind->name);
  g_task_set_task_data (task, step, step_free);
  step->being_called = self->kind->at_once;
  self->kind->invoke (self, link->func, task, link->user_data);
  step->being_called = FALSE;
  if (!step->announced || step->settled)
    return FALSE;
  step->settled = TRUE;
  if (step->error != NULL)
    {
      finish (self, step->error, task);
      return FALSE;
    }
  accepted (self, task);
  return !self->over;
}

static void
run_on (SioChainRun *self)
{
  do
    {
      if (self->over)
        return;
      if (self->next >= self->links->len)
        {
          finish (self, NULL, NULL);
          return;
        }
    }
  while (ask_next (self));
}

void
sio_chain_run_start (SioChainRun *self)
{
  g_autoptr (SioChainRun) keep = sio_chain_run_ref (self);

  run_on (self);
}

void
sio_chain_run_cancel (SioChainRun *self)
{
  g_autoptr (SioChainRun) keep = sio_chain_run_ref (self);

  if (self->over)
    return;
  self->over = TRUE;
  g_cancellable_cancel (self->cancellable);
}

void
sio_chain_announce (GTask *task, const GError *error)
{
  Step *step;

  /* Some other thread answers: the task carries it over. */
  if (g_task_get_source_tag (task) != sio_chain_run_start ||
      !g_main_context_is_owner (g_task_get_context (task)))
    return;
  step = g_task_get_task_data (task);
  if (!step->being_called || step->announced)
    return;
  step->announced = TRUE;
  if (error != NULL)
    step->error = g_error_copy (error);
}
