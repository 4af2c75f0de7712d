/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-identity.h"

G_BEGIN_DECLS

/* What the daemon knows of a socket's user; NULL if nobody was authenticated. */
SiosIdentity *sios_socket_get_identity (SioSocket *socket);
/* In place of the one before; NULL for none. */
void sios_socket_set_identity (SioSocket *socket, SiosIdentity *identity);
/* The socket's data as administrators see it: an object, without the members that are the server's
 * own and begin with "_". */
void sios_socket_add_data (SioSocket *socket, SioArgsBuilder *builder);

G_END_DECLS
