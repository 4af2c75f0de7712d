/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <gio/gio.h>

#include "sio-version-macros.h"

G_BEGIN_DECLS

#define SIO_TYPE_REQUEST (sio_request_get_type ())

typedef struct _SioRequest SioRequest;

SIO_AVAILABLE_IN_0_1
GType sio_request_get_type (void) G_GNUC_CONST;
SIO_AVAILABLE_IN_0_1
SioRequest *sio_request_ref (SioRequest *self);
SIO_AVAILABLE_IN_0_1
void sio_request_unref (SioRequest *self);
SIO_AVAILABLE_IN_0_1
const char *sio_request_get_method (SioRequest *self);
SIO_AVAILABLE_IN_0_1
const char *sio_request_get_url (SioRequest *self);
SIO_AVAILABLE_IN_0_1
char *sio_request_dup_query_value (SioRequest *self, const char *name);
SIO_AVAILABLE_IN_0_1
const char *sio_request_get_header (SioRequest *self, const char *name);
SIO_AVAILABLE_IN_0_1
const char *sio_request_get_remote_address (SioRequest *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_request_is_secure (SioRequest *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_request_is_upgrade (SioRequest *self);
SIO_AVAILABLE_IN_0_1
void sio_request_set_response_header (SioRequest *self, const char *name, const char *value);
SIO_AVAILABLE_IN_0_1
void sio_request_append_response_header (SioRequest *self, const char *name, const char *value);
SIO_AVAILABLE_IN_0_1
void sio_request_answer (SioRequest *self, guint status, const char *content_type, GBytes *body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioRequest, sio_request_unref)

G_END_DECLS
