/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-server-types.h"
#include "sio-session-private.h"

G_BEGIN_DECLS

/* What one Engine.IO session carries: the sockets of its namespaces, and a binary packet
 * that is not complete yet. */
typedef struct _SioConnection SioConnection;

/* The server keeps it until the session is closed. */
SioConnection *sio_connection_new (SioServer *server, SioSession *session);
/* Called once the server has it. */
void sio_connection_start (SioConnection *self);
SioConnection *sio_connection_ref (SioConnection *self);
void sio_connection_unref (SioConnection *self);
/* For a server that goes away before its sessions. */
void sio_connection_detach (SioConnection *self);

/* @socket passed the middlewares, or was refused. */
void sio_connection_socket_joined (SioConnection *self, SioSocket *socket);
void sio_connection_remove_socket (SioConnection *self, SioSocket *socket);
/* A rule was broken: the session is closed. */
void sio_connection_violate (SioConnection *self, SioIncidentInfo *info);
/* All sockets leave their namespaces, then the session is closed. */
void sio_connection_disconnect_all (SioConnection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioConnection, sio_connection_unref)

G_END_DECLS
