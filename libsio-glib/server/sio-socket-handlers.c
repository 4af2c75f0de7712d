/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-namespace-private.h"

void
sio_socket_update_observed (SioSocket *self)
{
  guint observed = self->handlers != NULL && sio_handlers_has_outgoing (self->handlers);

  if (observed == self->observed)
    return;
  self->observed = observed;
  self->ns->n_outgoing += observed ? 1 : -1;
}

static guint
add (SioSocket *self,
     const char *event,
     SioHandlersFlags flags,
     SioEventFunc handler,
     gpointer user_data,
     GDestroyNotify destroy)
{
  guint id;

  if (self->state == SIO_SOCKET_DISCONNECTED)
    {
      if (destroy != NULL)
        destroy (user_data);
      return 0;
    }
  if (event != NULL && sio_event_name_is_reserved (event))
    g_warning ("no client can send \"%s\": connect to a signal of the socket", event);
  if (self->handlers == NULL)
    self->handlers = sio_handlers_new ();
  id = sio_handlers_add (self->handlers, event, flags, handler, user_data, destroy);
  if ((flags & SIO_HANDLERS_OUTGOING) != 0)
    sio_socket_update_observed (self);
  return id;
}

/**
 * sio_socket_on:
 * @self: a socket
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler for events of this socket only.
 *
 * Handlers of the namespace are called first. Prefer those of [method@Sio.Namespace.on]: they
 * cost nothing per client. All handlers of a socket are removed when it is disconnected; adding
 * one to a socket that is disconnected already frees @user_data at once.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_on (SioSocket *self,
               const char *event,
               SioEventFunc handler,
               gpointer user_data,
               GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_APPEND, handler, user_data, destroy);
}

/**
 * sio_socket_prepend:
 * @self: a socket
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler like [method@Sio.Socket.on], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_prepend (SioSocket *self,
                    const char *event,
                    SioEventFunc handler,
                    gpointer user_data,
                    GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_PREPEND, handler, user_data, destroy);
}

/**
 * sio_socket_once:
 * @self: a socket
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler like [method@Sio.Socket.on] that is removed when it is called.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_once (SioSocket *self,
                 const char *event,
                 SioEventFunc handler,
                 gpointer user_data,
                 GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, event, SIO_HANDLERS_ONCE, handler, user_data, destroy);
}

/**
 * sio_socket_on_any:
 * @self: a socket
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler for all events of this socket, called before middlewares and before
 * handlers of single events.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_on_any (SioSocket *self,
                   SioEventFunc handler,
                   gpointer user_data,
                   GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_APPEND, handler, user_data, destroy);
}

/**
 * sio_socket_prepend_any:
 * @self: a socket
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler like [method@Sio.Socket.on_any], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_prepend_any (SioSocket *self,
                        SioEventFunc handler,
                        gpointer user_data,
                        GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_PREPEND, handler, user_data, destroy);
}

/**
 * sio_socket_on_any_outgoing:
 * @self: a socket
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler for all events that are sent to this socket.
 *
 * It is called before an event leaves, whether it was emitted to the socket or reaches it as
 * part of a broadcast; not for answers. What the handler gets is a message whose event and
 * arguments are those being sent and that cannot be answered.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_on_any_outgoing (SioSocket *self,
                            SioEventFunc handler,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_OUTGOING, handler, user_data, destroy);
}

/**
 * sio_socket_prepend_any_outgoing:
 * @self: a socket
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the socket is gone
 *
 * Adds a handler like [method@Sio.Socket.on_any_outgoing], but in front of those that are there.
 *
 * Returns: an id for [method@Sio.Socket.off]; 0 if the socket is disconnected
 *
 * Since: 0.1
 */
guint
sio_socket_prepend_any_outgoing (SioSocket *self,
                                 SioEventFunc handler,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return add (self, NULL, SIO_HANDLERS_OUTGOING | SIO_HANDLERS_PREPEND, handler, user_data,
              destroy);
}

/**
 * sio_socket_off:
 * @self: a socket
 * @handler_id: what [method@Sio.Socket.on] or one of its relatives returned
 *
 * Removes a handler. It is not called any more, even if an event is being dispatched.
 *
 * Since: 0.1
 */
void
sio_socket_off (SioSocket *self, guint handler_id)
{
  g_return_if_fail (SIO_IS_SOCKET (self));

  /* After the end the handlers are gone already, and that is no mistake of the caller. */
  if (self->handlers == NULL)
    return;
  sio_handlers_remove (self->handlers, handler_id);
  sio_socket_update_observed (self);
}

/**
 * sio_socket_off_event:
 * @self: a socket
 * @event: name of an event
 *
 * Removes all handlers of one event.
 *
 * Since: 0.1
 */
void
sio_socket_off_event (SioSocket *self, const char *event)
{
  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (event != NULL);

  if (self->handlers == NULL)
    return;
  sio_handlers_remove_all (self->handlers, event, SIO_HANDLERS_APPEND);
  sio_socket_update_observed (self);
}

/**
 * sio_socket_off_any:
 * @self: a socket
 *
 * Removes all handlers of [method@Sio.Socket.on_any].
 *
 * Since: 0.1
 */
void
sio_socket_off_any (SioSocket *self)
{
  g_return_if_fail (SIO_IS_SOCKET (self));

  if (self->handlers == NULL)
    return;
  sio_handlers_remove_all (self->handlers, NULL, SIO_HANDLERS_APPEND);
  sio_socket_update_observed (self);
}

/**
 * sio_socket_off_any_outgoing:
 * @self: a socket
 *
 * Removes all handlers of [method@Sio.Socket.on_any_outgoing].
 *
 * Since: 0.1
 */
void
sio_socket_off_any_outgoing (SioSocket *self)
{
  g_return_if_fail (SIO_IS_SOCKET (self));

  if (self->handlers == NULL)
    return;
  sio_handlers_remove_all (self->handlers, NULL, SIO_HANDLERS_OUTGOING);
  sio_socket_update_observed (self);
}

/**
 * sio_socket_list_handlers:
 * @self: a socket
 * @event: name of an event
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of one event, in the order in which they are called.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Socket.off]
 *
 * Since: 0.1
 */
guint *
sio_socket_list_handlers (SioSocket *self, const char *event, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (event != NULL, NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  *n_handlers = 0;
  return self->handlers != NULL
             ? sio_handlers_list (self->handlers, event, SIO_HANDLERS_APPEND, n_handlers)
             : NULL;
}

/**
 * sio_socket_list_any:
 * @self: a socket
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of [method@Sio.Socket.on_any], in the order in which they are called.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Socket.off]
 *
 * Since: 0.1
 */
guint *
sio_socket_list_any (SioSocket *self, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  *n_handlers = 0;
  return self->handlers != NULL
             ? sio_handlers_list (self->handlers, NULL, SIO_HANDLERS_APPEND, n_handlers)
             : NULL;
}

/**
 * sio_socket_list_any_outgoing:
 * @self: a socket
 * @n_handlers: (out): how many there are
 *
 * Lists the handlers of [method@Sio.Socket.on_any_outgoing], in the order in which they are called.
 *
 * Returns: (transfer full) (nullable) (array length=n_handlers): their ids, for
 *   [method@Sio.Socket.off]
 *
 * Since: 0.1
 */
guint *
sio_socket_list_any_outgoing (SioSocket *self, gsize *n_handlers)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (n_handlers != NULL, NULL);

  *n_handlers = 0;
  return self->handlers != NULL
             ? sio_handlers_list (self->handlers, NULL, SIO_HANDLERS_OUTGOING, n_handlers)
             : NULL;
}
