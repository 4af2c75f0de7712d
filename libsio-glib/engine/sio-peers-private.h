/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many connections and sessions there are, in all and from each address. Addresses are
 * counted only while there is a limit for them. */
typedef struct _SioPeers SioPeers;
/* One address. */
typedef struct _SioPeer SioPeer;

SioPeers *sio_peers_new (void);
SioPeers *sio_peers_ref (SioPeers *self);
void sio_peers_unref (SioPeers *self);

/* 0 is without limit. Who is there already when a limit is set does not count. */
void sio_peers_set_max_per_address (SioPeers *self, guint max_per_address);
/* Whether @address (numeric; empty for Unix sockets, which have no limit) has as many as it may,
 * besides @n_own of them. */
gboolean sio_peers_is_full (SioPeers *self, const char *address, guint n_own);
/* A connection from @address; NULL if its address is not counted. */
SioPeer *sio_peers_enter (SioPeers *self, const char *address);
void sio_peers_leave (SioPeers *self, SioPeer *peer);
/* The same for a session, which is no connection. */
SioPeer *sio_peers_enter_session (SioPeers *self, const char *address);
void sio_peers_leave_session (SioPeers *self, SioPeer *peer);
/* Connections, without sessions. */
guint sio_peers_get_n_connections (SioPeers *self);
guint sio_peers_get_n_addresses (SioPeers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioPeers, sio_peers_unref)

G_END_DECLS
