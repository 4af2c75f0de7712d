/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-event-limits-private.h"
#include "sio-message-private.h"
#include "sio-middleware-private.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"

/* Events on their way from the client to the handlers, through middlewares if there are any.
 * They keep their order: while one is being decided about, later ones wait. */

/* How many of those that waited are handled before others get a turn. */
#define MAX_BATCH 64
/* What a waiting event takes besides its text. */
#define EVENT_OVERHEAD 256

struct _SioEventGate
{
  SioChain *chain;  /* middlewares of this socket only, or NULL */
  SioChainRun *run; /* the event that is being decided about, or NULL */
  GQueue waiting;   /* of SioMessage, owned */
  gsize n_bytes;    /* of those */
  SioDefer resume;
  gboolean draining;
};

static void drain (SioSocket *self);

static void
resume_cb (SioDefer *defer)
{
  g_autoptr (SioSocket) self = g_object_ref (defer->data);

  drain (self);
}

static SioEventGate *
ensure_gate (SioSocket *self)
{
  if (self->gate == NULL)
    {
      self->gate = g_new0 (SioEventGate, 1);
      g_queue_init (&self->gate->waiting);
      sio_defer_init (&self->gate->resume, resume_cb, self);
    }
  return self->gate;
}

void
sio_socket_close_gate (SioSocket *self)
{
  SioEventGate *gate = self->gate;
  SioChainRun *run;

  if (gate == NULL)
    return;
  sio_defer_cancel (&gate->resume);
  g_queue_clear_full (&gate->waiting, (GDestroyNotify) sio_message_unref);
  gate->n_bytes = 0;
  g_clear_pointer (&gate->chain, sio_chain_free);
  run = g_steal_pointer (&gate->run);
  if (run != NULL)
    {
      sio_chain_run_cancel (run);
      sio_chain_run_unref (run);
    }
}

void
sio_socket_free_gate (SioSocket *self)
{
  sio_socket_close_gate (self);
  g_clear_pointer (&self->gate, g_free);
}

static void
dispatch_any (SioSocket *self, SioMessage *message)
{
  SioNamespace *ns = self->ns;

  if (ns->parent != NULL && ns->parent->handlers != NULL)
    sio_handlers_dispatch_any (ns->parent->handlers, self, message);
  if (ns->handlers != NULL)
    sio_handlers_dispatch_any (ns->handlers, self, message);
  if (self->handlers != NULL)
    sio_handlers_dispatch_any (self->handlers, self, message);
}

/* Where events of this name are counted. */
static SioEventCounters *
get_counters (SioSocket *self, const char *event)
{
  SioNamespace *owner = self->ns->parent != NULL ? self->ns->parent : self->ns;
  SioEventCounters *counters;

  if (G_UNLIKELY (owner->events == NULL))
    owner->events = sio_event_table_new ();
  counters = sio_event_table_find (owner->events, event);
  if (G_LIKELY (counters != NULL))
    return counters;
  /* A name that only its sender knows must not take memory. */
  if ((owner->handlers != NULL && sio_handlers_has (owner->handlers, event)) ||
      (self->ns->handlers != NULL && sio_handlers_has (self->ns->handlers, event)) ||
      (self->handlers != NULL && sio_handlers_has (self->handlers, event)))
    return sio_event_table_add (owner->events, event);
  return &owner->events->others;
}

void
sio_socket_count_refused (SioSocket *self, const char *name, gsize length, gsize n_bytes)
{
  g_autofree char *event = g_strndup (name, length);
  SioEventCounters *counters = get_counters (self, event);

  counters->n_received++;
  counters->n_bytes += n_bytes;
  counters->n_refused++;
}

static void
record_time (SioEventCounters *counters, gint64 start)
{
  sio_times_record (&counters->times, (guint64) (g_get_monotonic_time () - start));
}

static void
dispatch (SioSocket *self, SioMessage *message)
{
  SioNamespace *ns = self->ns;

  /* Who was disconnected meanwhile gets no further events. */
  if (self->state != SIO_SOCKET_CONNECTED)
    return;
  if (ns->parent != NULL && ns->parent->handlers != NULL)
    sio_handlers_dispatch (ns->parent->handlers, self, message);
  if (ns->handlers != NULL)
    sio_handlers_dispatch (ns->handlers, self, message);
  if (self->handlers != NULL)
    sio_handlers_dispatch (self->handlers, self, message);
}

/* Middlewares */

static void
event_invoke (SioChainRun *run, GCallback func, GTask *task, gpointer user_data)
{
  SioMessage **message = sio_chain_run_get_subject (run);

  ((SioEventMiddlewareFunc) func) (sio_message_get_socket (*message), *message, task, user_data);
}

static void
event_accepted (SioChainRun *run, GTask *task)
{
  SioMessage **message = sio_chain_run_get_subject (run);
  SioRewrite *rewrite = sio_middleware_get_rewrite (task);
  SioMessage *other;

  if (rewrite == NULL)
    return;
  other = sio_message_new_rewritten (*message, rewrite->event, rewrite->args);
  sio_message_unref (*message);
  *message = other;
}

static void
event_done (SioChainRun *run, const GError *error, GTask *task)
{
  SioMessage **message = sio_chain_run_get_subject (run);
  g_autoptr (SioSocket) self = g_object_ref (sio_message_get_socket (*message));
  SioEventCounters *counters;

  g_clear_pointer (&self->gate->run, sio_chain_run_unref);
  /* It may have got another name meanwhile. */
  counters = get_counters (self, sio_message_get_event (*message));
  if (error != NULL)
    {
      counters->n_refused++;
      sio_socket_receive_error (self, error);
    }
  else if (self->state == SIO_SOCKET_CONNECTED)
    {
      gint64 start = g_get_monotonic_time ();

      dispatch (self, *message);
      record_time (counters, start);
    }
  drain (self);
}

static void
event_free (gpointer data)
{
  SioMessage **message = data;

  sio_message_unref (*message);
  g_free (message);
}

static void
start_run (SioSocket *self, SioMessage *message, SioChain *const *chains, guint n_chains)
{
  static const SioChainKind kind = { .name = "[sio] event middleware",
                                     .at_once = TRUE,
                                     .invoke = event_invoke,
                                     .accepted = event_accepted,
                                     .done = event_done,
                                     .free_subject = event_free };
  SioEventGate *gate = ensure_gate (self);
  SioMessage **subject = g_new (SioMessage *, 1);
  g_autoptr (SioChainRun) run = NULL;

  *subject = sio_message_ref (message);
  run = sio_chain_run_new (&kind, self, subject, chains, n_chains);
  gate->run = sio_chain_run_ref (run);
  sio_chain_run_start (run);
}

static gsize
count_bytes (SioMessage *message)
{
  GPtrArray *attachments = sio_message_peek_attachments (message);
  gsize n;

  sio_message_peek_list (message, &n);
  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    n += g_bytes_get_size (g_ptr_array_index (attachments, i));
  return n;
}

/* It is this event's turn. */
static void
take_event (SioSocket *self, SioMessage *message)
{
  SioNamespace *ns = self->ns;
  SioEventCounters *counters = get_counters (self, sio_message_get_event (message));
  gint64 start = g_get_monotonic_time ();
  SioChain *chains[3];

  counters->n_received++;
  counters->n_bytes += count_bytes (message);
  dispatch_any (self, message);
  chains[0] = ns->parent != NULL ? ns->parent->event_middlewares : NULL;
  chains[1] = ns->event_middlewares;
  chains[2] = self->gate != NULL ? self->gate->chain : NULL;
  if (sio_chain_is_empty (chains[0]) && sio_chain_is_empty (chains[1]) &&
      sio_chain_is_empty (chains[2]))
    {
      dispatch (self, message);
      record_time (counters, start);
    }
  else if (self->state == SIO_SOCKET_CONNECTED)
    start_run (self, message, chains, G_N_ELEMENTS (chains));
}

/* What an event that waits takes. */
static gsize
get_cost (SioMessage *message)
{
  return count_bytes (message) + strlen (sio_message_get_event (message)) + EVENT_OVERHEAD;
}

static void
drain (SioSocket *self)
{
  SioEventGate *gate = self->gate;

  if (gate->draining)
    return;
  gate->draining = TRUE;
  for (guint i = 0; i < MAX_BATCH && gate->run == NULL && gate->waiting.length > 0; i++)
    {
      g_autoptr (SioMessage) message = g_queue_pop_head (&gate->waiting);

      gate->n_bytes -= get_cost (message);
      take_event (self, message);
    }
  gate->draining = FALSE;
  if (gate->run == NULL && gate->waiting.length > 0)
    sio_defer_queue (&gate->resume, sio_namespace_get_reactor (self->ns));
}

static gboolean
must_wait (SioSocket *self)
{
  SioEventGate *gate = self->gate;

  return gate->run != NULL || gate->draining || gate->waiting.length > 0;
}

static void
keep_event (SioSocket *self, SioMessage *message)
{
  SioEventGate *gate = self->gate;
  SioServer *server = sio_namespace_get_server (self->ns);
  SioIncidentInfo info = { .kind = SIO_INCIDENT_VIOLATION,
                           .text = "too many events wait for a middleware" };

  g_queue_push_tail (&gate->waiting, sio_message_ref (message));
  gate->n_bytes += get_cost (message);
  if (server != NULL && self->connection != NULL &&
      gate->n_bytes > sio_engine_get_max_buffered_bytes (sio_server_get_engine (server)))
    sio_connection_violate (self->connection, &info);
}

void
sio_socket_receive_event (SioSocket *self, const SioPacketView *view, GPtrArray *attachments)
{
  SioMessage *message;

  if (G_UNLIKELY (sio_namespace_has_event_limits (self->ns)) &&
      !sio_socket_admit_event (self, view, attachments))
    return;
  self->n_events++;
  /* Holds the socket and, through it, the namespace: handlers may do anything. */
  g_object_ref (self);
  message = sio_message_new (self, &view->json.first, view->json.rest, view->json.rest_length,
                             view->id, attachments);
  if (G_UNLIKELY (self->gate != NULL && must_wait (self)))
    keep_event (self, message);
  else
    take_event (self, message);
  sio_message_unref (message);
  g_object_unref (self);
}

/**
 * sio_socket_use:
 * @self: a socket
 * @middleware: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @middleware
 * @destroy: (nullable): frees @user_data when the middleware or the socket is gone
 *
 * Adds a function that every event of this socket has to pass before its handlers are called.
 *
 * Middlewares are asked one after the other, in the order they were added and after those of
 * [method@Sio.Namespace.use_event], which cost nothing per client. They may let an event pass as
 * it is or in another form, or refuse it, which is told to [signal@Sio.Socket::error] only. They
 * may take their time: events keep their order, so later ones of this socket wait meanwhile, and
 * acknowledgements pass by. A client whose waiting events exceed
 * [property@Sio.Engine:max-buffered-bytes] is disconnected.
 *
 * Returns: an id for [method@Sio.Socket.unuse]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_use (SioSocket *self,
                SioEventMiddlewareFunc middleware,
                gpointer user_data,
                GDestroyNotify destroy)
{
  SioEventGate *gate;

  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (middleware != NULL, 0);

  if (self->state == SIO_SOCKET_DISCONNECTED)
    {
      if (destroy != NULL)
        destroy (user_data);
      return 0;
    }
  gate = ensure_gate (self);
  if (gate->chain == NULL)
    gate->chain = sio_chain_new ();
  return sio_chain_add (gate->chain, G_CALLBACK (middleware), user_data, destroy);
}

/**
 * sio_socket_unuse:
 * @self: a socket
 * @middleware_id: what [method@Sio.Socket.use] returned
 *
 * Removes a middleware. Events that are on their way still meet it.
 *
 * Since: 0.1
 */
void
sio_socket_unuse (SioSocket *self, guint middleware_id)
{
  g_return_if_fail (SIO_IS_SOCKET (self));

  /* After the end the middlewares are gone already, and that is no mistake of the caller. */
  if (self->gate != NULL && self->gate->chain != NULL)
    sio_chain_remove (self->gate->chain, middleware_id);
}

/* Outgoing events */

static gboolean
has_outgoing (SioNamespace *ns)
{
  return ns != NULL && ns->handlers != NULL && sio_handlers_has_outgoing (ns->handlers);
}

void
sio_socket_tell_outgoing (SioSocket *self, const SioContent *content)
{
  SioNamespace *ns = self->ns;
  SioJsonSlice name = { .text = content->event, .length = strlen (content->event) };
  g_autoptr (SioSocket) hold = NULL;
  g_autoptr (SioMessage) message = NULL;

  if (self->state != SIO_SOCKET_CONNECTED)
    return;
  if (!self->observed && !has_outgoing (ns) && !has_outgoing (ns->parent))
    return;
  hold = g_object_ref (self);
  message =
      sio_message_new (self, &name, content->list, content->list_length, -1, content->attachments);
  if (ns->parent != NULL && ns->parent->handlers != NULL)
    sio_handlers_dispatch_outgoing (ns->parent->handlers, self, message);
  if (ns->handlers != NULL)
    sio_handlers_dispatch_outgoing (ns->handlers, self, message);
  if (self->handlers != NULL)
    sio_handlers_dispatch_outgoing (self->handlers, self, message);
}
