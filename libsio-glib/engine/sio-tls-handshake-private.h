/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-engine-private.h"

G_BEGIN_DECLS

/* Performs the TLS handshake of a connection, then goes on with it as an HTTP connection.
 * Takes @fd. */
void sio_tls_handshake_start (SioEngine *engine, int fd, const char *address);
void sio_tls_handshake_end_all (SioEngine *engine);

G_END_DECLS
