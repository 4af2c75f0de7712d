/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SioTransport:
 * @SIO_TRANSPORT_POLLING: HTTP long-polling
 * @SIO_TRANSPORT_WEBSOCKET: WebSocket
 *
 * The ways Engine.IO packets travel.
 *
 * Since: 0.1
 */
typedef enum /*< flags >*/
{
  SIO_TRANSPORT_POLLING = 1 << 0,
  SIO_TRANSPORT_WEBSOCKET = 1 << 1
} SioTransport;

/**
 * SioSessionState:
 * @SIO_SESSION_OPENING: the handshake is not finished
 * @SIO_SESSION_OPEN: messages go both ways
 * @SIO_SESSION_CLOSING: nothing is accepted any more, buffered messages still leave
 * @SIO_SESSION_CLOSED: over
 *
 * States of an Engine.IO session.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_SESSION_OPENING,
  SIO_SESSION_OPEN,
  SIO_SESSION_CLOSING,
  SIO_SESSION_CLOSED
} SioSessionState;

G_END_DECLS
