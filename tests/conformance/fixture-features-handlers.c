/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* Namespaces, middlewares and handlers. */

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

void
fixture_features_handlers (SioServer *server)
{
  sio_namespace_on (sio_server_of (server, "/handlers"), "echo", echo_cb, NULL, NULL);
}
