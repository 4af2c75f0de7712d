/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "sio-version-macros.h"

G_BEGIN_DECLS

#define SIO_TYPE_CORS (sio_cors_get_type ())

/**
 * SioCorsOriginFunc:
 * @origin: what the browser sent, valid UTF-8
 * @user_data: what was given to [method@Sio.Cors.set_origin_func]
 *
 * Decides whether pages of an origin may talk to the server.
 *
 * Returns: `TRUE` to allow it
 *
 * Since: 0.1
 */
typedef gboolean (*SioCorsOriginFunc) (const char *origin, gpointer user_data);

typedef struct _SioCors SioCors;

SIO_AVAILABLE_IN_0_1
GType sio_cors_get_type (void);
SIO_AVAILABLE_IN_0_1
SioCors *sio_cors_new (void);
SIO_AVAILABLE_IN_0_1
SioCors *sio_cors_ref (SioCors *self);
SIO_AVAILABLE_IN_0_1
void sio_cors_unref (SioCors *self);
SIO_AVAILABLE_IN_0_1
void sio_cors_allow_any_origin (SioCors *self);
SIO_AVAILABLE_IN_0_1
void sio_cors_reflect_any_origin (SioCors *self);
SIO_AVAILABLE_IN_0_1
void sio_cors_add_origin (SioCors *self, const char *origin);
SIO_AVAILABLE_IN_0_1
void sio_cors_add_origin_pattern (SioCors *self, GRegex *pattern);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_origin_func (SioCors *self,
                               SioCorsOriginFunc func,
                               gpointer user_data,
                               GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_preflight_continue (SioCors *self, gboolean preflight_continue);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_credentials (SioCors *self, gboolean credentials);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_methods (SioCors *self, const char *methods);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_allowed_headers (SioCors *self, const char *headers);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_exposed_headers (SioCors *self, const char *headers);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_max_age (SioCors *self, int seconds);
SIO_AVAILABLE_IN_0_1
void sio_cors_set_success_status (SioCors *self, guint status);
SIO_AVAILABLE_IN_0_1
guint sio_cors_apply_to_message (SioCors *self, SoupServerMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioCors, sio_cors_unref)

G_END_DECLS
