/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-server.h"

G_BEGIN_DECLS

/* Puts the servers of this computer into a list of SioaServer, and takes them out some time after
 * they went: one that only starts anew keeps its place and what is known of it. */
#define SIOA_TYPE_DISCOVERY (sioa_discovery_get_type ())
G_DECLARE_FINAL_TYPE (SioaDiscovery, sioa_discovery, SIOA, DISCOVERY, GObject)

SioaDiscovery *sioa_discovery_new (GListStore *servers);
/* @bus: the system or the session bus; @name: what the server is called in the list. */
void sioa_discovery_watch (SioaDiscovery *self, GBusType bus, const char *name);
/* How long a server stays that is gone; for tests. */
void sioa_discovery_set_patience (SioaDiscovery *self, guint milliseconds);

G_END_DECLS
