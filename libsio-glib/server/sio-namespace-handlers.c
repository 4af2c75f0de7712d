/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-namespace-private.h"
#include "sio-packet-codec-private.h"

static guint
add (SioNamespace *self,
     const char *event,
     SioHandlersFlags flags,
     SioEventFunc handler,
     gpointer user_data,
     GDestroyNotify destroy)
{
  /* Who comes from JavaScript writes on("disconnect"); clients cannot send such an event. */
  if (event != NULL && sio_event_name_is_reserved (event))
    g_warning ("%s: no client can send \"%s\": connect to a signal of the namespace or socket",
               self->name, event);
  if (self->handlers == NULL)
    self->handlers = sio_handlers_new ();
  return sio_handlers_add (self->handlers, event, flags, handler, user_data, destroy);
}

/**
 * sio_namespace_on:
 * @self: a namespace
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler for events of all sockets of the namespace.
 *
 * Handlers of one event are called in the order they were added, those of a parent namespace
 * first and those of the single socket last. One that is added while an event is being
 * dispatched is called from the next on.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_on (SioNamespace *self,
                  const char *event,
                  SioEventFunc handler,
                  gpointer user_data,
                  GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_APPEND, handler, user_data, destroy);
}

/**
 * sio_namespace_prepend:
 * @self: a namespace
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler like [method@Sio.Namespace.on], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_prepend (SioNamespace *self,
                       const char *event,
                       SioEventFunc handler,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_PREPEND, handler, user_data, destroy);
}

/**
 * sio_namespace_once:
 * @self: a namespace
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler like [method@Sio.Namespace.on] that is removed when it is called, for the first
 * socket that gets the event.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_once (SioNamespace *self,
                    const char *event,
                    SioEventFunc handler,
                    gpointer user_data,
                    GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_ONCE, handler, user_data, destroy);
}

/**
 * sio_namespace_on_any:
 * @self: a namespace
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler for all events of all sockets of the namespace, called before middlewares and
 * before handlers of single events.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_on_any (SioNamespace *self,
                      SioEventFunc handler,
                      gpointer user_data,
                      GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_APPEND, handler, user_data, destroy);
}

/**
 * sio_namespace_prepend_any:
 * @self: a namespace
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler like [method@Sio.Namespace.on_any], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_prepend_any (SioNamespace *self,
                           SioEventFunc handler,
                           gpointer user_data,
                           GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_PREPEND, handler, user_data, destroy);
}

/**
 * sio_namespace_on_any_outgoing:
 * @self: a namespace
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler for all events that are sent to all sockets of the namespace.
 *
 * It is called before an event leaves, whether it was emitted to the socket or reaches it as
 * part of a broadcast; not for answers. What the handler gets is a message whose event and
 * arguments are those being sent and that cannot be answered.
 *
 * With such a handler a broadcast costs a call per receiver; without, nothing.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_on_any_outgoing (SioNamespace *self,
                               SioEventFunc handler,
                               gpointer user_data,
                               GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_OUTGOING, handler, user_data, destroy);
}

/**
 * sio_namespace_prepend_any_outgoing:
 * @self: a namespace
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the namespace is gone
 *
 * Adds a handler like [method@Sio.Namespace.on_any_outgoing], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint
sio_namespace_prepend_any_outgoing (SioNamespace *self,
                                    SioEventFunc handler,
                                    gpointer user_data,
                                    GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_OUTGOING | SIO_HANDLERS_PREPEND, handler, user_data,
              destroy);
}

/**
 * sio_namespace_off:
 * @self: a namespace
 * @handler_id: what [method@Sio.Namespace.on] or one of its relatives returned
 *
 * Removes a handler. It is not called any more, even if an event is being dispatched.
 *
 * Since: 0.1
 */
void
sio_namespace_off (SioNamespace *self, guint handler_id)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));

  if (self->handlers == NULL || !sio_handlers_remove (self->handlers, handler_id))
    g_warning ("%s: there is no handler %u", self->name, handler_id);
}

/**
 * sio_namespace_off_event:
 * @self: a namespace
 * @event: name of an event
 *
 * Removes all handlers of one event.
 *
 * Since: 0.1
 */
void
sio_namespace_off_event (SioNamespace *self, const char *event)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (event != NULL);

  if (self->handlers != NULL)
    sio_handlers_remove_all (self->handlers, event, SIO_HANDLERS_APPEND);
}

/**
 * sio_namespace_off_any:
 * @self: a namespace
 *
 * Removes all handlers of [method@Sio.Namespace.on_any].
 *
 * Since: 0.1
 */
void
sio_namespace_off_any (SioNamespace *self)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));

  if (self->handlers != NULL)
    sio_handlers_remove_all (self->handlers, NULL, SIO_HANDLERS_APPEND);
}

/**
 * sio_namespace_off_any_outgoing:
 * @self: a namespace
 *
 * Removes all handlers of [method@Sio.Namespace.on_any_outgoing].
 *
 * Since: 0.1
 */
void
sio_namespace_off_any_outgoing (SioNamespace *self)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));

  if (self->handlers != NULL)
    sio_handlers_remove_all (self->handlers, NULL, SIO_HANDLERS_OUTGOING);
}

/**
 * sio_namespace_list_handlers:
 * @self: a namespace
 * @event: name of an event
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of one event, in the order in which they are called.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint *
sio_namespace_list_handlers (SioNamespace *self, const char *event, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (event != NULL, NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  *n_handlers = 0;
  return self->handlers != NULL
             ? sio_handlers_list (self->handlers, event, SIO_HANDLERS_APPEND, n_handlers)
             : NULL;
}

/**
 * sio_namespace_list_any:
 * @self: a namespace
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of [method@Sio.Namespace.on_any], in the order in which they are called.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint *
sio_namespace_list_any (SioNamespace *self, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  *n_handlers = 0;
  return self->handlers != NULL
             ? sio_handlers_list (self->handlers, NULL, SIO_HANDLERS_APPEND, n_handlers)
             : NULL;
}

/**
 * sio_namespace_list_any_outgoing:
 * @self: a namespace
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of [method@Sio.Namespace.on_any_outgoing], in the order in which they are
 * called.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Namespace.off]
 *
 * Since: 0.1
 */
guint *
sio_namespace_list_any_outgoing (SioNamespace *self, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  *n_handlers = 0;
  return self->handlers != NULL
             ? sio_handlers_list (self->handlers, NULL, SIO_HANDLERS_OUTGOING, n_handlers)
             : NULL;
}

/**
 * sio_namespace_use:
 * @self: a namespace
 * @middleware: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @middleware
 * @destroy: (nullable): frees @user_data when the middleware or the namespace is gone
 *
 * Adds a function that decides who may connect.
 *
 * Middlewares are asked one after the other, those of a parent namespace first, in the order
 * they were added; the first that refuses ends it. They may take their time.
 *
 * Returns: an id for [method@Sio.Namespace.unuse]
 *
 * Since: 0.1
 */
guint
sio_namespace_use (SioNamespace *self,
                   SioMiddlewareFunc middleware,
                   gpointer user_data,
                   GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (middleware != NULL, 0);

  if (self->middlewares == NULL)
    self->middlewares = sio_chain_new ();
  return sio_chain_add (self->middlewares, G_CALLBACK (middleware), user_data, destroy);
}

/**
 * sio_namespace_unuse:
 * @self: a namespace
 * @middleware_id: what [method@Sio.Namespace.use] returned
 *
 * Removes a middleware. Clients that are being asked about still meet it.
 *
 * Since: 0.1
 */
void
sio_namespace_unuse (SioNamespace *self, guint middleware_id)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));

  if (self->middlewares == NULL || !sio_chain_remove (self->middlewares, middleware_id))
    g_warning ("%s: there is no middleware %u", self->name, middleware_id);
}

/**
 * sio_namespace_use_event:
 * @self: a namespace
 * @middleware: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @middleware
 * @destroy: (nullable): frees @user_data when the middleware or the namespace is gone
 *
 * Adds a function that every event of every socket has to pass; see [method@Sio.Socket.use].
 *
 * It costs no memory per client. Middlewares of a parent namespace are asked first, those of the
 * single socket last.
 *
 * Returns: an id for [method@Sio.Namespace.unuse_event]
 *
 * Since: 0.1
 */
guint
sio_namespace_use_event (SioNamespace *self,
                         SioEventMiddlewareFunc middleware,
                         gpointer user_data,
                         GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), 0);
  g_return_val_if_fail (middleware != NULL, 0);

  if (self->event_middlewares == NULL)
    self->event_middlewares = sio_chain_new ();
  return sio_chain_add (self->event_middlewares, G_CALLBACK (middleware), user_data, destroy);
}

/**
 * sio_namespace_unuse_event:
 * @self: a namespace
 * @middleware_id: what [method@Sio.Namespace.use_event] returned
 *
 * Removes an event middleware. Events that are on their way still meet it.
 *
 * Since: 0.1
 */
void
sio_namespace_unuse_event (SioNamespace *self, guint middleware_id)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));

  if (self->event_middlewares == NULL || !sio_chain_remove (self->event_middlewares, middleware_id))
    g_warning ("%s: there is no event middleware %u", self->name, middleware_id);
}
