/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-server-types.h"

G_BEGIN_DECLS

typedef struct _SioClient SioClient;
typedef struct _SioManager SioManager;

/**
 * SioClientState:
 * @SIO_CLIENT_DISCONNECTED: not connected, and nothing is done about it
 * @SIO_CLIENT_CONNECTING: connecting for the first time
 * @SIO_CLIENT_CONNECTED: events go both ways
 * @SIO_CLIENT_RECONNECTING: the connection was lost or could not be made; it is tried again
 *
 * States of a client, and of the connection of a manager.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_CLIENT_DISCONNECTED,
  SIO_CLIENT_CONNECTING,
  SIO_CLIENT_CONNECTED,
  SIO_CLIENT_RECONNECTING
} SioClientState;

/**
 * SioWaitingFor:
 * @SIO_WAITING_FOR_NOTHING: no attempt to reconnect is planned
 * @SIO_WAITING_FOR_DELAY: the delay before the next attempt
 * @SIO_WAITING_FOR_NETWORK: there is no network that leads to the server
 * @SIO_WAITING_FOR_UNMETERED: the network is metered, and
 *   [property@Sio.Manager:metered-policy] does not want it to be used
 * @SIO_WAITING_FOR_WAKE_UP: the system is going to sleep
 *
 * What the next attempt to reconnect waits for.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_WAITING_FOR_NOTHING,
  SIO_WAITING_FOR_DELAY,
  SIO_WAITING_FOR_NETWORK,
  SIO_WAITING_FOR_UNMETERED,
  SIO_WAITING_FOR_WAKE_UP
} SioWaitingFor;

/**
 * SioMeteredPolicy:
 * @SIO_METERED_IGNORE: it is a network like any other
 * @SIO_METERED_SLOW: attempts to reconnect are made twelve times less often
 * @SIO_METERED_WAIT: no attempt is made before there is another network, or the application
 *   asks for it with [method@Sio.Manager.reconnect_now]
 *
 * What to do on a network that costs money. Connections that are there stay as they are, and
 * [method@Sio.Client.open] connects in any case: the application asked for it.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_METERED_IGNORE,
  SIO_METERED_SLOW,
  SIO_METERED_WAIT
} SioMeteredPolicy;

/**
 * SioClientEventFunc:
 * @client: the client that received the event
 * @message: the event; take a reference to answer it later
 * @user_data: what was given when the handler was added
 *
 * Handles an event that the server emitted.
 *
 * Everything is allowed inside: emitting, closing the client, adding and removing handlers.
 *
 * Since: 0.1
 */
typedef void (*SioClientEventFunc) (SioClient *client, SioMessage *message, gpointer user_data);

/**
 * SioAuthFunc:
 * @client: the client that connects
 * @task: (transfer none): take a reference to answer later
 * @user_data: what was given to [method@Sio.Client.set_auth_func]
 *
 * Gets the credentials for a connection, each time one is made.
 *
 * Answer with [func@Sio.auth_return] or [func@Sio.auth_fail].
 * [method@Gio.Task.get_cancellable] is cancelled when the connection is lost meanwhile.
 *
 * Since: 0.1
 */
typedef void (*SioAuthFunc) (SioClient *client, GTask *task, gpointer user_data);

G_END_DECLS
