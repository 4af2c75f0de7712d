/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <arpa/inet.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/* Peers that may say for whom they speak: reverse proxies. Immutable. */
typedef struct _SioProxies SioProxies;

/* Each of @list is an address, a network such as 10.0.0.0/8, or "unix". */
SioProxies *sio_proxies_new (const char *const *list, GError **error);
void sio_proxies_free (SioProxies *self);
const char *const *sio_proxies_get_list (SioProxies *self);

/* @address: numeric; empty for a peer on a Unix socket */
gboolean sio_proxies_trust (SioProxies *self, const char *address);
/* Replaces @address and @secure, those of the peer, by what the proxies say of the client in
 * @headers: `name NUL value NUL` one after the other. Leaves them if the peer is not trusted, or
 * says nothing. FALSE if the peer is not trusted. */
gboolean sio_proxies_resolve (SioProxies *self,
                              const char *headers,
                              gsize length,
                              char address[INET6_ADDRSTRLEN],
                              gboolean *secure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioProxies, sio_proxies_free)

G_END_DECLS
