/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "sio-types.h"
#include "sio-version-macros.h"

G_BEGIN_DECLS

typedef struct _SioArgs SioArgs;
typedef struct _SioArgsBuilder SioArgsBuilder;
typedef struct _SioHandshake SioHandshake;
typedef struct _SioMessage SioMessage;
typedef struct _SioPacket SioPacket;
typedef struct _SioResponses SioResponses;
typedef struct _SioServerEvent SioServerEvent;
typedef struct _SioTarget SioTarget;
typedef struct _SioAdapter SioAdapter;
typedef struct _SioBroadcast SioBroadcast;
typedef struct _SioNamespace SioNamespace;
typedef struct _SioRecovery SioRecovery;
typedef struct _SioRecoveryState SioRecoveryState;
typedef struct _SioRemoteSocket SioRemoteSocket;
typedef struct _SioRoom SioRoom;
typedef struct _SioServer SioServer;
typedef struct _SioSocket SioSocket;

/**
 * SioEmitFlags:
 * @SIO_EMIT_NONE: nothing special
 * @SIO_EMIT_VOLATILE: drop the event for a receiver whose transport cannot take it right now
 * @SIO_EMIT_NO_COMPRESS: do not compress it, even if the transport could
 * @SIO_EMIT_LOCAL: only to sockets of this process; matters with adapters that span several
 *
 * How an event is sent.
 *
 * Since: 0.1
 */
typedef enum /*< flags >*/
{
  SIO_EMIT_NONE = 0,
  SIO_EMIT_VOLATILE = 1 << 0,
  SIO_EMIT_NO_COMPRESS = 1 << 1,
  SIO_EMIT_LOCAL = 1 << 2
} SioEmitFlags;

/**
 * SioEventFunc:
 * @socket: the socket that received the event
 * @message: the event; take a reference to answer it later
 * @user_data: what was given when the handler was added
 *
 * Handles an event that a client emitted.
 *
 * Everything is allowed inside: emitting, leaving rooms, closing the socket, adding and
 * removing handlers.
 *
 * Since: 0.1
 */
typedef void (*SioEventFunc) (SioSocket *socket, SioMessage *message, gpointer user_data);

/**
 * SioMiddlewareFunc:
 * @ns: the namespace
 * @socket: the socket that wants to connect; it cannot send or receive yet, but may join rooms
 * @task: (transfer none): returns a boolean; take a reference to answer later
 * @user_data: what was given to [method@Sio.Namespace.use]
 *
 * Decides whether a client may connect to a namespace.
 *
 * Answer with [func@Sio.middleware_accept] or [func@Sio.middleware_reject], or return `TRUE`
 * or an error on @task yourself. The message of the error is sent to the client.
 * [method@Gio.Task.get_cancellable] is cancelled when the client goes away meanwhile. A namespace
 * that has a parent shares its middlewares; then @ns is still the namespace of the socket.
 *
 * Since: 0.1
 */
typedef void (*SioMiddlewareFunc) (SioNamespace *ns,
                                   SioSocket *socket,
                                   GTask *task,
                                   gpointer user_data);

/**
 * SioEventMiddlewareFunc:
 * @socket: the socket that received the event
 * @message: the event
 * @task: (transfer none): returns a boolean; take a reference to answer later
 * @user_data: what was given along with the function
 *
 * Decides what becomes of an event.
 *
 * Answer with [func@Sio.middleware_accept], [func@Sio.middleware_accept_as] or
 * [func@Sio.middleware_reject], or return `TRUE` or an error on @task yourself, which takes one
 * iteration of the main context longer. [method@Gio.Task.get_cancellable] is cancelled when the
 * client goes away meanwhile.
 *
 * Since: 0.1
 */
typedef void (*SioEventMiddlewareFunc) (SioSocket *socket,
                                        SioMessage *message,
                                        GTask *task,
                                        gpointer user_data);

/**
 * SioNamespaceFunc:
 * @parent: what [method@Sio.Server.of_func] returned
 * @name: the name that a client asks for, starting with a slash; it comes from the client, and
 *   has at most 1024 bytes
 * @handshake: how the client connected, and what it sent as authentication
 * @task: (transfer none): returns a boolean; take a reference to answer later
 * @user_data: what was given along with the function
 *
 * Decides whether a namespace may be made.
 *
 * Answer with [func@Sio.middleware_accept] or [func@Sio.middleware_reject], or return `TRUE`,
 * `FALSE` or an error on @task yourself. The client only learns that there is no such namespace.
 * [method@Gio.Task.get_cancellable] is cancelled when the client goes away meanwhile.
 *
 * Since: 0.1
 */
typedef void (*SioNamespaceFunc) (SioNamespace *parent,
                                  const char *name,
                                  SioHandshake *handshake,
                                  GTask *task,
                                  gpointer user_data);

/**
 * SioAckFunc:
 * @args: the arguments of one answer; adapters that span several processes may pass on the first
 *   one only
 * @user_data: what was given along with the function
 *
 * Takes the answer of one client or server.
 *
 * Since: 0.1
 */
typedef void (*SioAckFunc) (SioArgs *args, gpointer user_data);

/**
 * SioSocketFunc:
 * @socket: a socket
 * @user_data: what was given along with the function
 *
 * Visits one socket.
 *
 * Since: 0.1
 */
typedef void (*SioSocketFunc) (SioSocket *socket, gpointer user_data);

G_END_DECLS
