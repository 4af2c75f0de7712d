/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-namespace-private.h"
#include "sio-recovery-private.h"
#include "sio-recovery-store-private.h"

G_BEGIN_DECLS

/* A client wants to connect. TRUE if it asks for its old session: then the adapter is asked, and
 * sio_namespace_admit() called with the answer. */
gboolean sio_recovery_begin (SioNamespace *ns, SioSocket *socket);
/* @socket, of which a middleware is asked, becomes one that has no session. */
void sio_recovery_forget (SioSocket *socket);
/* @socket is about to be connected. Sends what a recovered client missed. FALSE if it cannot be
 * connected; it is gone then. */
gboolean sio_recovery_accept (SioNamespace *ns, SioSocket *socket);
/* It is connected. */
void sio_recovery_rejoin (SioNamespace *ns, SioSocket *socket);
/* The payload of CONNECT. (transfer full) */
char *sio_recovery_format_connect (SioSocket *socket);
/* @socket is being disconnected. FALSE if its client cannot come back. */
gboolean sio_recovery_persist (SioNamespace *ns, SioSocket *socket, const char *reason);

G_END_DECLS
