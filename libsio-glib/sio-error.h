/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <glib.h>

#include "sio-version-macros.h"

G_BEGIN_DECLS

/**
 * SIO_ERROR:
 *
 * Error domain of the library; codes are of type [error@Sio.Error].
 */
#define SIO_ERROR (sio_error_quark ())

/**
 * SioError:
 * @SIO_ERROR_FAILED: an error that no other code describes
 * @SIO_ERROR_PROTOCOL: the peer sent something the protocol does not allow
 * @SIO_ERROR_PAYLOAD_TOO_LARGE: a message, frame, packet or document exceeds its limit
 * @SIO_ERROR_TIMEOUT: the answer did not come in time
 * @SIO_ERROR_NOT_CONNECTED: the socket is not, or no longer, connected
 * @SIO_ERROR_REJECTED: refused by a middleware or hook; may carry the peer's data
 * @SIO_ERROR_TRANSPORT: the transport failed
 * @SIO_ERROR_BAD_HANDSHAKE: the handshake was not understood or not possible
 * @SIO_ERROR_QUEUE_FULL: a byte or item budget is used up
 * @SIO_ERROR_INVALID_JSON: text is not the strict JSON of RFC 8259
 * @SIO_ERROR_INVALID_ARGUMENT: an address, option or value given by the application is unusable
 *
 * Errors of libsio-glib. Errors of input and output keep their own domains.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_ERROR_FAILED,
  SIO_ERROR_PROTOCOL,
  SIO_ERROR_PAYLOAD_TOO_LARGE,
  SIO_ERROR_TIMEOUT,
  SIO_ERROR_NOT_CONNECTED,
  SIO_ERROR_REJECTED,
  SIO_ERROR_TRANSPORT,
  SIO_ERROR_BAD_HANDSHAKE,
  SIO_ERROR_QUEUE_FULL,
  SIO_ERROR_INVALID_JSON,
  SIO_ERROR_INVALID_ARGUMENT
} SioError;

SIO_AVAILABLE_IN_0_1
GQuark sio_error_quark (void);

G_END_DECLS
