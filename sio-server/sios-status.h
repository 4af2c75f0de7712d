/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Counts connections and sums up latencies; GET /status answers with them as JSON. */
typedef struct _SiosStatus SiosStatus;

SiosStatus *sios_status_new (SioServer *server);
void sios_status_free (SiosStatus *self);
/* Counts the sockets that connect to @ns from now on. */
void sios_status_watch (SiosStatus *self, SioNamespace *ns);
void sios_status_serve (SiosStatus *self, SoupServer *soup_server);

G_END_DECLS
