/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-engine-private.h"

G_BEGIN_DECLS

/* Requests that libsoup read: of an application's own listener, of TLS connections, and of
 * connections that asked for something else first. */

/* Installs the handlers that serve the engine's path on @soup_server. */
void sio_soup_request_serve (SioEngine *engine, SoupServer *soup_server);
void sio_soup_request_unserve (SioEngine *engine, SoupServer *soup_server);

G_END_DECLS
