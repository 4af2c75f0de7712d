/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-feature.h"
#include "sios-revocations.h"
#include "sios-socket.h"

G_BEGIN_DECLS

/* What sios_features_get (…, &sios_auth_feature) gives: the verification of tokens of clients, and
 * of whoever else shows one. Identities of sockets are had with sios_socket_get_identity (). */
typedef struct _SiosAuth SiosAuth;

/* Whose token is it? For bearer tokens of other protocols than Socket.IO; counted and logged as
 * those of clients, with @where ("/api") in place of the namespace and @peer, an address or NULL.
 */
void sios_auth_verify_async (SiosAuth *self,
                             const char *token,
                             const char *where,
                             const char *peer,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
/* (transfer full). NULL with SIOS_AUTH_ERROR, a cancellation, or G_IO_ERROR_NOT_SUPPORTED if no
 * keys are configured. */
SiosIdentity *sios_auth_verify_finish (SiosAuth *self, GAsyncResult *result, GError **error);

/* Whether a role is one of auth.admin-roles; NULL is nobody. */
gboolean sios_auth_is_admin (SiosAuth *self, SiosIdentity *identity);

/* Refuses a user, or one token (its "jti"), from now on, and disconnects whom it concerns. Of a
 * user, tokens that are issued from the next second on are good again. @until: seconds since 1970,
 * or 0 for as long as auth.revocation-duration; one that is there already only becomes longer.
 * @n_disconnected: sockets, may be NULL. Fails if @name cannot be one, or there are too many. */
gboolean sios_auth_revoke (SiosAuth *self,
                           SiosRevocationKind kind,
                           const char *name,
                           gint64 until,
                           guint *n_disconnected,
                           GError **error);
/* FALSE if there is no such revocation. */
gboolean sios_auth_unrevoke (SiosAuth *self, SiosRevocationKind kind, const char *name);
/* When all of this is kept, in the file of auth.revocations-file. The error says why not; it holds
 * nevertheless, until a restart. */
void sios_auth_keep_async (SiosAuth *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sios_auth_keep_finish (GAsyncResult *result, GError **error);
/* @func must not revoke. Some may be over by time. */
void sios_auth_foreach_revocation (SiosAuth *self, SiosRevocationFunc func, gpointer user_data);
guint sios_auth_get_n_revocations (SiosAuth *self);

G_END_DECLS
