/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-engine-private.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"

/**
 * sio_server_get_connect_timeout: (get-property connect-timeout)
 * @self: a server
 *
 * Gets after which time a connection that has not joined any namespace is closed.
 *
 * Returns: the time in ms, 0 for never
 *
 * Since: 0.1
 */
guint
sio_server_get_connect_timeout (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->connect_timeout;
}

/**
 * sio_server_set_connect_timeout: (set-property connect-timeout)
 * @self: a server
 * @milliseconds: the time in ms, 0 for never
 *
 * Sets after which time a new connection that has not joined any namespace is closed.
 *
 * Since: 0.1
 */
void
sio_server_set_connect_timeout (SioServer *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  if (self->connect_timeout == milliseconds)
    return;
  self->connect_timeout = milliseconds;
  g_clear_pointer (&self->connect_deadlines, sio_deadline_list_unref);
  g_object_notify (G_OBJECT (self), "connect-timeout");
}

/**
 * sio_server_get_recovery: (get-property recovery)
 * @self: a server
 *
 * Gets what lets clients that lost their connection continue where they were. It is off at
 * first.
 *
 * Returns: (transfer none): recovery of this server
 *
 * Since: 0.1
 */
SioRecovery *
sio_server_get_recovery (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return self->recovery;
}

/**
 * sio_server_get_max_attachments: (get-property max-attachments)
 * @self: a server
 *
 * Gets how many pieces of binary data an event may have.
 *
 * Returns: how many
 *
 * Since: 0.1
 */
guint
sio_server_get_max_attachments (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->limits.max_attachments;
}

/**
 * sio_server_set_max_attachments: (set-property max-attachments)
 * @self: a server
 * @max_attachments: how many; official clients allow 10
 *
 * Sets how many pieces of binary data an event may have, in both directions.
 *
 * Since: 0.1
 */
void
sio_server_set_max_attachments (SioServer *self, guint max_attachments)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (max_attachments <= G_MAXUINT16);

  if (self->limits.max_attachments == max_attachments)
    return;
  self->limits.max_attachments = max_attachments;
  g_object_notify (G_OBJECT (self), "max-attachments");
}

/**
 * sio_server_get_max_depth: (get-property max-depth)
 * @self: a server
 *
 * Gets how deep arrays and objects that clients send may nest.
 *
 * Returns: how deep
 *
 * Since: 0.1
 */
guint
sio_server_get_max_depth (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->limits.max_depth;
}

/**
 * sio_server_set_max_depth: (set-property max-depth)
 * @self: a server
 * @max_depth: how deep, from 2 to 1024
 *
 * Sets how deep arrays and objects that clients send may nest. The list of arguments counts.
 *
 * Since: 0.1
 */
void
sio_server_set_max_depth (SioServer *self, guint max_depth)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (max_depth >= 2 && max_depth <= SIO_SERVER_MAX_DEPTH);

  if (self->limits.max_depth == max_depth)
    return;
  self->limits.max_depth = max_depth;
  g_object_notify (G_OBJECT (self), "max-depth");
}

/**
 * sio_server_get_parser: (get-property parser)
 * @self: a server
 *
 * Gets what translates packets into messages.
 *
 * Returns: (transfer none) (nullable): a parser, `NULL` for the form that is built in
 *
 * Since: 0.1
 */
SioParser *
sio_server_get_parser (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return self->parser;
}

/**
 * sio_server_set_parser: (set-property parser)
 * @self: a server
 * @parser: (nullable): a parser, `NULL` for the form that is built in
 *
 * Sets what translates packets into messages. Do so before the server listens: clients must use
 * the same, and those that are connected would not understand another.
 *
 * Since: 0.1
 */
void
sio_server_set_parser (SioServer *self, SioParser *parser)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (parser == NULL || SIO_IS_PARSER (parser));
  g_return_if_fail (g_hash_table_size (self->connections) == 0);

  if (g_set_object (&self->parser, parser))
    g_object_notify (G_OBJECT (self), "parser");
}

/**
 * sio_server_get_adapter_type: (get-property adapter-type)
 * @self: a server
 *
 * Gets the type of the adapters that namespaces get.
 *
 * Returns: a type derived from [class@Sio.Adapter]
 *
 * Since: 0.1
 */
GType
sio_server_get_adapter_type (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), G_TYPE_INVALID);

  return self->adapter_type;
}

/**
 * sio_server_set_adapter_type: (set-property adapter-type)
 * @self: a server
 * @adapter_type: a type derived from [class@Sio.Adapter]
 *
 * Sets the type of the adapters that namespaces get. Namespaces that have sockets keep theirs.
 *
 * Since: 0.1
 */
void
sio_server_set_adapter_type (SioServer *self, GType adapter_type)
{
  GHashTableIter iter;
  gpointer value;

  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (g_type_is_a (adapter_type, SIO_TYPE_ADAPTER));
  g_return_if_fail (!G_TYPE_IS_ABSTRACT (adapter_type));

  if (self->adapter_type == adapter_type)
    return;
  self->adapter_type = adapter_type;
  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      if (!sio_namespace_reset_adapter (value))
        g_warning ("%s keeps its adapter: there are sockets", sio_namespace_get_name (value));
    }
  g_object_notify (G_OBJECT (self), "adapter-type");
}

/**
 * sio_server_get_max_dynamic_namespaces: (get-property max-dynamic-namespaces)
 * @self: a server
 *
 * Gets how many namespaces there may be that were made for clients.
 *
 * Returns: how many, 0 for any number
 *
 * Since: 0.1
 */
guint
sio_server_get_max_dynamic_namespaces (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), 0);

  return self->max_dynamic;
}

/**
 * sio_server_set_max_dynamic_namespaces: (set-property max-dynamic-namespaces)
 * @self: a server
 * @n_namespaces: how many, 0 for any number
 *
 * Sets how many namespaces there may be that were made for clients. Those that exist stay.
 *
 * Since: 0.1
 */
void
sio_server_set_max_dynamic_namespaces (SioServer *self, guint n_namespaces)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  if (self->max_dynamic == n_namespaces)
    return;
  self->max_dynamic = n_namespaces;
  g_object_notify (G_OBJECT (self), "max-dynamic-namespaces");
}

/**
 * sio_server_get_cleanup_empty_child_namespaces: (get-property cleanup-empty-child-namespaces)
 * @self: a server
 *
 * Tells whether namespaces that were made for clients are removed with their last client.
 *
 * Returns: `TRUE` if they are
 *
 * Since: 0.1
 */
gboolean
sio_server_get_cleanup_empty_child_namespaces (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);

  return self->cleanup_empty_children;
}

/**
 * sio_server_set_cleanup_empty_child_namespaces: (set-property cleanup-empty-child-namespaces)
 * @self: a server
 * @cleanup: whether to remove them
 *
 * Sets whether namespaces that were made for clients are removed with their last client.
 *
 * Since: 0.1
 */
void
sio_server_set_cleanup_empty_child_namespaces (SioServer *self, gboolean cleanup)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  if (self->cleanup_empty_children == !!cleanup)
    return;
  self->cleanup_empty_children = !!cleanup;
  g_object_notify (G_OBJECT (self), "cleanup-empty-child-namespaces");
}

/**
 * sio_server_get_websocket_path: (get-property websocket-path)
 * @self: a server
 *
 * Gets where plain WebSocket clients connect.
 *
 * Returns: (transfer none) (nullable): the path, or `NULL` if they cannot
 *
 * Since: 0.1
 */
const char *
sio_server_get_websocket_path (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_engine_get_plain_path (self->engine);
}

/**
 * sio_server_set_websocket_path: (set-property websocket-path)
 * @self: a server
 * @path: (nullable): a path like `/ws`, or `NULL`
 *
 * Lets clients without a Socket.IO library connect with a bare WebSocket.
 *
 * They are sockets like all others: the same namespaces, middlewares, handlers and rooms. Each
 * message is a JSON object: `{"event":"say","data":"hello"}` is an event with one argument,
 * `{"event":"say","args":["hello",2]}` one with several. A member `"ack":7` asks for an answer,
 * which is `{"ack":7,"data":…}`; that works both ways. `{"_base64":"AQID"}` inside is binary.
 *
 * The namespace is the query's parameter `namespace`, and its other parameters are what
 * [method@Sio.Handshake.get_auth] returns, all of them strings. The server says
 * `{"event":"connect","data":{"sid":"…"}}`, or `{"event":"connect_error","data":{"message":"…"}}`
 * and ends the connection. Pings are those of WebSocket, which browsers answer by themselves. A
 * message that is not understood ends the connection; the close frame tells what was expected.
 *
 * Browsers let every page of the web open WebSockets: check [method@Sio.Request.get_header]
 * `Origin` with [method@Sio.Engine.set_allow_request] if cookies authenticate your clients.
 *
 * Must be set before listening, and with the text parser. There is no recovery and no polling here.
 *
 * Since: 0.1
 */
void
sio_server_set_websocket_path (SioServer *self, const char *path)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (path == NULL || (*path == '/' && strpbrk (path, "?# ") == NULL));

  if (g_strcmp0 (path, sio_engine_get_plain_path (self->engine)) == 0)
    return;
  sio_engine_set_plain_path (self->engine, path);
  g_object_notify (G_OBJECT (self), "websocket-path");
}
