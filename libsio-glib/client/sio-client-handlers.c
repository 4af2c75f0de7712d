/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-private.h"

/* Handlers of events: what a client has in common with a socket of a server. */

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

  return sio_handlers_add (self->handlers, event, SIO_HANDLERS_APPEND, (SioEventFunc) handler,
                           user_data, destroy);
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

  return sio_handlers_add (self->handlers, NULL, SIO_HANDLERS_APPEND, (SioEventFunc) handler,
                           user_data, destroy);
}

/**
 * sio_client_off:
 * @self: a client
 * @handler_id: what [method@Sio.Client.on] or [method@Sio.Client.on_any] returned
 *
 * Removes a handler. It is not called any more, even if an event is being dispatched.
 *
 * Since: 0.1
 */
void
sio_client_off (SioClient *self, guint handler_id)
{
  g_return_if_fail (SIO_IS_CLIENT (self));

  sio_handlers_remove (self->handlers, handler_id);
}
