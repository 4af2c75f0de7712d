/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-private.h"

/* Handlers of events: what a client has in common with a socket of a server. */

static guint
add (SioClient *self,
     const char *event,
     SioHandlersFlags flags,
     SioClientEventFunc handler,
     gpointer user_data,
     GDestroyNotify destroy)
{
  if (self->handlers == NULL)
    {
      if (destroy != NULL)
        destroy (user_data);
      return 0;
    }
  return sio_handlers_add (self->handlers, event, flags, (SioEventFunc) handler, user_data,
                           destroy);
}

static void
remove_all (SioClient *self, const char *event, SioHandlersFlags flags)
{
  if (self->handlers != NULL)
    sio_handlers_remove_all (self->handlers, event, flags);
}

static guint *
list (SioClient *self, const char *event, SioHandlersFlags flags, gsize *n_handlers)
{
  *n_handlers = 0;
  return self->handlers != NULL ? sio_handlers_list (self->handlers, event, flags, n_handlers)
                                : NULL;
}

/**
 * sio_client_on:
 * @self: a client
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler for an event.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_on (SioClient *self,
               const char *event,
               SioClientEventFunc handler,
               gpointer user_data,
               GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_APPEND, handler, user_data, destroy);
}

/**
 * sio_client_prepend:
 * @self: a client
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler like [method@Sio.Client.on], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_prepend (SioClient *self,
                    const char *event,
                    SioClientEventFunc handler,
                    gpointer user_data,
                    GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_PREPEND, handler, user_data, destroy);
}

/**
 * sio_client_once:
 * @self: a client
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler like [method@Sio.Client.on] that is removed when it is called.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_once (SioClient *self,
                 const char *event,
                 SioClientEventFunc handler,
                 gpointer user_data,
                 GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_ONCE, handler, user_data, destroy);
}

/**
 * sio_client_on_any:
 * @self: a client
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler for all events, called before those for single events.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_on_any (SioClient *self,
                   SioClientEventFunc handler,
                   gpointer user_data,
                   GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_APPEND, handler, user_data, destroy);
}

/**
 * sio_client_prepend_any:
 * @self: a client
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler like [method@Sio.Client.on_any], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_prepend_any (SioClient *self,
                        SioClientEventFunc handler,
                        gpointer user_data,
                        GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_PREPEND, handler, user_data, destroy);
}

/**
 * sio_client_on_any_outgoing:
 * @self: a client
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler for all events that are sent to the server.
 *
 * It is called when an event is sent: one that waits for the connection when it is there, one
 * that is repeated each time; not for answers. What the handler gets is a message whose event
 * and arguments are those being sent and that cannot be answered.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_on_any_outgoing (SioClient *self,
                            SioClientEventFunc handler,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_OUTGOING, handler, user_data, destroy);
}

/**
 * sio_client_prepend_any_outgoing:
 * @self: a client
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler like [method@Sio.Client.on_any_outgoing], but in front of those that are
 * there.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_prepend_any_outgoing (SioClient *self,
                                 SioClientEventFunc handler,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_OUTGOING | SIO_HANDLERS_PREPEND, handler, user_data,
              destroy);
}

/**
 * sio_client_off:
 * @self: a client
 * @handler_id: what [method@Sio.Client.on] or one of its relatives returned
 *
 * Removes a handler. It is not called any more, even if an event is being dispatched.
 *
 * Since: 0.1
 */
void
sio_client_off (SioClient *self, guint handler_id)
{
  g_return_if_fail (SIO_IS_CLIENT (self));

  if (self->handlers != NULL)
    sio_handlers_remove (self->handlers, handler_id);
}

/**
 * sio_client_off_event:
 * @self: a client
 * @event: name of an event
 *
 * Removes all handlers of one event.
 *
 * Since: 0.1
 */
void
sio_client_off_event (SioClient *self, const char *event)
{
  g_return_if_fail (SIO_IS_CLIENT (self));
  g_return_if_fail (event != NULL);

  remove_all (self, event, SIO_HANDLERS_APPEND);
}

/**
 * sio_client_off_any:
 * @self: a client
 *
 * Removes all handlers of [method@Sio.Client.on_any].
 *
 * Since: 0.1
 */
void
sio_client_off_any (SioClient *self)
{
  g_return_if_fail (SIO_IS_CLIENT (self));

  remove_all (self, NULL, SIO_HANDLERS_APPEND);
}

/**
 * sio_client_off_any_outgoing:
 * @self: a client
 *
 * Removes all handlers of [method@Sio.Client.on_any_outgoing].
 *
 * Since: 0.1
 */
void
sio_client_off_any_outgoing (SioClient *self)
{
  g_return_if_fail (SIO_IS_CLIENT (self));

  remove_all (self, NULL, SIO_HANDLERS_OUTGOING);
}

/**
 * sio_client_list_handlers:
 * @self: a client
 * @event: name of an event
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of one event, in the order of the calls.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint *
sio_client_list_handlers (SioClient *self, const char *event, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);
  g_return_val_if_fail (event != NULL, NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  return list (self, event, SIO_HANDLERS_APPEND, n_handlers);
}

/**
 * sio_client_list_any:
 * @self: a client
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of [method@Sio.Client.on_any], in the order of the calls.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint *
sio_client_list_any (SioClient *self, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  return list (self, NULL, SIO_HANDLERS_APPEND, n_handlers);
}

/**
 * sio_client_list_any_outgoing:
 * @self: a client
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of [method@Sio.Client.on_any_outgoing], in the order of the calls.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint *
sio_client_list_any_outgoing (SioClient *self, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  return list (self, NULL, SIO_HANDLERS_OUTGOING, n_handlers);
}
