/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why sockets are gone, protocol.md §4.7. */
typedef enum
{
  SIO_DISCONNECTED_TRANSPORT_CLOSE,
  SIO_DISCONNECTED_TRANSPORT_ERROR,
  SIO_DISCONNECTED_PING_TIMEOUT,
  SIO_DISCONNECTED_PARSE_ERROR,
  SIO_DISCONNECTED_FORCED_CLOSE,
  SIO_DISCONNECTED_FORCED_SERVER_CLOSE,
  SIO_DISCONNECTED_BY_CLIENT,
  SIO_DISCONNECTED_BY_SERVER,
  SIO_DISCONNECTED_SHUTDOWN,
  SIO_DISCONNECTED_OTHER,
  SIO_N_DISCONNECTED
} SioDisconnected;

/* Why clients are not let into a namespace. */
typedef enum
{
  SIO_UNWELCOME_INVALID_NAMESPACE,
  SIO_UNWELCOME_TOO_MANY_NAMESPACES,
  SIO_UNWELCOME_MIDDLEWARE,
  SIO_N_UNWELCOME
} SioUnwelcome;

/* What a server counts besides its engine, from its beginning on. */
typedef struct
{
  guint64 n_connected;
  guint64 disconnected[SIO_N_DISCONNECTED];
  guint64 unwelcome[SIO_N_UNWELCOME];
} SioServerCounters;

const char *sio_disconnected_to_string (SioDisconnected disconnected);
SioDisconnected sio_disconnected_from_reason (const char *reason);
const char *sio_unwelcome_to_string (SioUnwelcome unwelcome);

G_END_DECLS
