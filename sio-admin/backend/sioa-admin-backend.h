/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-backend.h"

G_BEGIN_DECLS

/* Any Socket.IO server that has a namespace for administration: sio-server, those on Node with
 * @socket.io/admin-ui, python-socketio. */
#define SIOA_TYPE_ADMIN_BACKEND (sioa_admin_backend_get_type ())
G_DECLARE_FINAL_TYPE (SioaAdminBackend, sioa_admin_backend, SIOA, ADMIN_BACKEND, GObject)

/* @uri: of the server, without the namespace; @nsp: "/admin" */
SioaAdminBackend *sioa_admin_backend_new (const char *uri, const char *nsp);
void sioa_admin_backend_set_path (SioaAdminBackend *self, const char *path);
void sioa_admin_backend_set_websocket_only (SioaAdminBackend *self, gboolean websocket_only);
/* May be set at any time; the next attempt uses them. NULL is an empty one. */
void
sioa_admin_backend_set_credentials (SioaAdminBackend *self, const char *user, const char *password);
/* Instead of those: sent as `token`. */
void sioa_admin_backend_set_token (SioaAdminBackend *self, const char *token);

G_END_DECLS
