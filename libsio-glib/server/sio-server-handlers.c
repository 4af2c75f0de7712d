/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-namespace-private.h"
#include "sio-server-private.h"

/* The server stands for its default namespace. */

/**
 * sio_server_on:
 * @self: a server
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler to the default namespace; see [method@Sio.Namespace.on].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_on (SioServer *self,
               const char *event,
               SioEventFunc handler,
               gpointer user_data,
               GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_on (self->root, event, handler, user_data, destroy);
}

/**
 * sio_server_prepend:
 * @self: a server
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler to the default namespace, in front of the others; see
 * [method@Sio.Namespace.prepend].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_prepend (SioServer *self,
                    const char *event,
                    SioEventFunc handler,
                    gpointer user_data,
                    GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_prepend (self->root, event, handler, user_data, destroy);
}

/**
 * sio_server_once:
 * @self: a server
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler to the default namespace that is called once; see [method@Sio.Namespace.once].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_once (SioServer *self,
                 const char *event,
                 SioEventFunc handler,
                 gpointer user_data,
                 GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_once (self->root, event, handler, user_data, destroy);
}

/**
 * sio_server_on_any:
 * @self: a server
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler for all events to the default namespace; see [method@Sio.Namespace.on_any].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_on_any (SioServer *self,
                   SioEventFunc handler,
                   gpointer user_data,
                   GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_on_any (self->root, handler, user_data, destroy);
}

/**
 * sio_server_prepend_any:
 * @self: a server
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler for all events to the default namespace, in front of the others; see
 * [method@Sio.Namespace.prepend_any].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_prepend_any (SioServer *self,
                        SioEventFunc handler,
                        gpointer user_data,
                        GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_prepend_any (self->root, handler, user_data, destroy);
}

/**
 * sio_server_on_any_outgoing:
 * @self: a server
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler for all that is sent to the default namespace; see
 * [method@Sio.Namespace.on_any_outgoing].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_on_any_outgoing (SioServer *self,
                            SioEventFunc handler,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_on_any_outgoing (self->root, handler, user_data, destroy);
}

/**
 * sio_server_prepend_any_outgoing:
 * @self: a server
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the server is gone
 *
 * Adds a handler for all that is sent to the default namespace, in front of the others; see
 * [method@Sio.Namespace.prepend_any_outgoing].
 *
 * Returns: an id for [method@Sio.Server.off]
 *
 * Since: 0.1
 */
guint
sio_server_prepend_any_outgoing (SioServer *self,
                                 SioEventFunc handler,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_prepend_any_outgoing (self->root, handler, user_data, destroy);
}

/**
 * sio_server_off:
 * @self: a server
 * @handler_id: what [method@Sio.Server.on] or one of its relatives returned
 *
 * Removes a handler from the default namespace; see [method@Sio.Namespace.off].
 *
 * Since: 0.1
 */
void
sio_server_off (SioServer *self, guint handler_id)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_off (self->root, handler_id);
}

/**
 * sio_server_off_event:
 * @self: a server
 * @event: name of an event
 *
 * Removes all handlers of an event from the default namespace; see
 * [method@Sio.Namespace.off_event].
 *
 * Since: 0.1
 */
void
sio_server_off_event (SioServer *self, const char *event)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_off_event (self->root, event);
}

/**
 * sio_server_use:
 * @self: a server
 * @middleware: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @middleware
 * @destroy: (nullable): frees @user_data when the middleware or the server is gone
 *
 * Adds a middleware to the default namespace; see [method@Sio.Namespace.use].
 *
 * Returns: an id for [method@Sio.Server.unuse]
 *
 * Since: 0.1
 */
guint
sio_server_use (SioServer *self,
                SioMiddlewareFunc middleware,
                gpointer user_data,
                GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_use (self->root, middleware, user_data, destroy);
}

/**
 * sio_server_unuse:
 * @self: a server
 * @middleware_id: what [method@Sio.Server.use] returned
 *
 * Removes a middleware from the default namespace; see [method@Sio.Namespace.unuse].
 *
 * Since: 0.1
 */
void
sio_server_unuse (SioServer *self, guint middleware_id)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_unuse (self->root, middleware_id);
}

/**
 * sio_server_use_event:
 * @self: a server
 * @middleware: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @middleware
 * @destroy: (nullable): frees @user_data when the middleware or the server is gone
 *
 * Adds an event middleware to the default namespace; see [method@Sio.Namespace.use_event].
 *
 * Returns: an id for [method@Sio.Server.unuse_event]
 *
 * Since: 0.1
 */
guint
sio_server_use_event (SioServer *self,
                      SioEventMiddlewareFunc middleware,
                      gpointer user_data,
                      GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return sio_namespace_use_event (self->root, middleware, user_data, destroy);
}

/**
 * sio_server_unuse_event:
 * @self: a server
 * @middleware_id: what [method@Sio.Server.use_event] returned
 *
 * Removes an event middleware from the default namespace; see [method@Sio.Namespace.unuse_event].
 *
 * Since: 0.1
 */
void
sio_server_unuse_event (SioServer *self, guint middleware_id)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_unuse_event (self->root, middleware_id);
}
