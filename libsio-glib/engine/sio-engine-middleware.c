/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-chain-private.h"
#include "sio-engine-private.h"

/* Middlewares for HTTP requests, protocol.md §1.3.1. */

/* A request that is being decided about; the client waits. */
typedef struct
{
  SioEngine *engine; /* the source of the tasks, which the run holds */
  SioRequest *request;
  SioChainRun *run;
  SioDeadline deadline;
  GList link; /* on SioEngine.deciding */
} Decision;

static void
decision_free (gpointer data)
{
  Decision *self = data;

  sio_request_unref (self->request);
  g_free (self);
}

/* Takes it off the list; the run still holds it. */
static void
decision_end (Decision *self)
{
  SioChainRun *run = g_steal_pointer (&self->run);

  if (run == NULL)
    return;
  self->request->decision = NULL;
  self->request->aborted = NULL;
  sio_deadline_disarm (&self->deadline);
  g_queue_unlink (&self->engine->deciding, &self->link);
  sio_chain_run_cancel (run);
  sio_chain_run_unref (run);
}

static void
invoke (SioChainRun *run, GCallback func, GTask *task, gpointer user_data)
{
  Decision *self = sio_chain_run_get_subject (run);

  ((SioRequestMiddleware) func) (self->engine, self->request, task, user_data);
}

static void
done (SioChainRun *run, const GError *error, GTask *task)
{
  Decision *self = sio_chain_run_get_subject (run);
  g_autoptr (SioEngine) engine = g_object_ref (self->engine);
  g_autoptr (SioRequest) request = sio_request_ref (self->request);

  decision_end (self);
  sio_engine_go_on (engine, request, error == NULL);
}

static void
deadline_cb (SioDeadline *deadline)
{
  Decision *self = deadline->data;
  g_autoptr (SioRequest) request = sio_request_ref (self->request);

  decision_end (self);
  sio_engine_give_up (request);
}

void
sio_engine_end_decision (SioRequest *request)
{
  Decision *self = request->decision;

  if (self != NULL)
    decision_end (self);
}

static void
aborted_cb (SioRequest *request, gpointer user_data)
{
  decision_end (user_data);
}

gboolean
sio_engine_run_middlewares (SioEngine *self, SioRequest *request)
{
  static const SioChainKind kind = { .name = "[sio] request middleware",
                                     .at_once = TRUE,
                                     .invoke = invoke,
                                     .done = done,
                                     .free_subject = decision_free };
  g_autoptr (SioChainRun) run = NULL;
  Decision *decision;

  if (sio_chain_is_empty (self->middlewares))
    return FALSE;
  decision = g_new0 (Decision, 1);
  decision->engine = self;
  decision->request = sio_request_ref (request);
  decision->link.data = decision;
  sio_deadline_init (&decision->deadline, deadline_cb, decision);
  run = sio_chain_run_new (&kind, self, decision, &self->middlewares, 1);
  decision->run = sio_chain_run_ref (run);
  request->decision = decision;
  g_queue_push_tail_link (&self->deciding, &decision->link);
  sio_chain_run_start (run);
  if (decision->run != NULL)
    {
      sio_request_hold (request, aborted_cb, decision);
      sio_deadline_arm (&decision->deadline, self->head_deadlines);
    }
  return TRUE;
}

void
sio_engine_cancel_middlewares (SioEngine *self)
{
  while (self->deciding.head != NULL)
    {
      Decision *decision = self->deciding.head->data;
      g_autoptr (SioRequest) request = sio_request_ref (decision->request);

      decision_end (decision);
      sio_engine_give_up (request);
    }
}

/**
 * sio_engine_use:
 * @self: the engine
 * @middleware: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @middleware
 * @destroy: (nullable): frees @user_data when the middleware or the engine is gone
 *
 * Adds a function that every HTTP request for the engine has to pass: those that open sessions,
 * those of sessions, and upgrades.
 *
 * Middlewares are asked one after the other, in the order they were added, before the request is
 * checked, but after CORS; a request with a body is complete then. The first that refuses or
 * answers the request ends it. They may take their time, but not more than
 * [property@Sio.Engine:request-timeout]: then the client gets status 503.
 *
 * [method@Sio.Engine.set_allow_request] asks for new sessions only.
 *
 * Returns: an id for [method@Sio.Engine.unuse]
 *
 * Since: 0.1
 */
guint
sio_engine_use (SioEngine *self,
                SioRequestMiddleware middleware,
                gpointer user_data,
                GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);
  g_return_val_if_fail (middleware != NULL, 0);

  if (self->middlewares == NULL)
    self->middlewares = sio_chain_new ();
  return sio_chain_add (self->middlewares, G_CALLBACK (middleware), user_data, destroy);
}

/**
 * sio_engine_unuse:
 * @self: the engine
 * @middleware_id: what [method@Sio.Engine.use] returned
 *
 * Removes a middleware. Requests that are being decided about still meet it.
 *
 * Since: 0.1
 */
void
sio_engine_unuse (SioEngine *self, guint middleware_id)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  if (self->middlewares == NULL || !sio_chain_remove (self->middlewares, middleware_id))
    g_warning ("there is no middleware %u", middleware_id);
}
