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

G_END_DECLS
