/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-call.h"
#include "sios-config.h"
#include "sios-feature.h"

G_BEGIN_DECLS

/* Where HTTP requests of administration come in: on the addresses of the Socket.IO server, or on
 * some of its own. These have an engine of their own, for its accept loop, deadlines and limits;
 * nobody can open a session there. */
typedef struct _SiosWeb SiosWeb;

/* Of the server of @features until sios_web_separate (). */
SiosWeb *sios_web_new (SiosFeatures *features);
void sios_web_free (SiosWeb *self);

/* What is added later is served on addresses of its own, and not on those of the server. To be
 * called before anything is added. */
void sios_web_separate (SiosWeb *self);
gboolean sios_web_is_separate (SiosWeb *self);
/* @addresses as of server.listen. @what: "The HTTP API", for the log. */
gboolean
sios_web_listen (SiosWeb *self, const char *const *addresses, const char *what, GError **error);
/* Limits, the certificate for tls: addresses, and which web pages may call. */
void sios_web_configure (SiosWeb *self, SiosConfig *config);

/* @path and all below it. */
void sios_web_add (SiosWeb *self, const char *path, SiosCallFunc func, gpointer user_data);
void sios_web_remove (SiosWeb *self, const char *path);

G_END_DECLS
