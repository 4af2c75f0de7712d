/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-socket.h"

static G_DEFINE_QUARK (sios - identity, identity)

SiosIdentity *
sios_socket_get_identity (SioSocket *socket)
{
  return g_object_get_qdata (G_OBJECT (socket), identity_quark ());
}

void
sios_socket_set_identity (SioSocket *socket, SiosIdentity *identity)
{
  g_object_set_qdata_full (G_OBJECT (socket), identity_quark (),
                           identity != NULL ? sios_identity_ref (identity) : NULL,
                           (GDestroyNotify) sios_identity_unref);
}
