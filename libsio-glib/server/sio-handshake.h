/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-server-types.h"

G_BEGIN_DECLS

#define SIO_TYPE_HANDSHAKE (sio_handshake_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_handshake_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioHandshake *sio_handshake_ref (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
void sio_handshake_unref (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
const char *sio_handshake_get_address (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
const char *sio_handshake_get_url (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
char *sio_handshake_dup_query_value (SioHandshake *self, const char *name);
SIO_AVAILABLE_IN_0_1
GHashTable *sio_handshake_dup_query (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
const char *sio_handshake_get_header (SioHandshake *self, const char *name);
SIO_AVAILABLE_IN_0_1
GHashTable *sio_handshake_dup_headers (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_handshake_get_time (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_handshake_is_secure (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_handshake_is_cross_domain (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_handshake_get_auth (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
const char *sio_handshake_get_auth_json (SioHandshake *self);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_handshake_to_json_node (SioHandshake *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioHandshake, sio_handshake_unref)

G_END_DECLS
