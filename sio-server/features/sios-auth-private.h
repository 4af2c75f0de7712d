/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-auth-config.h"
#include "sios-auth-store.h"
#include "sios-auth.h"
#include "sios-expiry.h"

G_BEGIN_DECLS

struct _SiosAuth
{
  gatomicrefcount ref_count; /* verifications under way hold it */
  gboolean closed;
  SiosFeatures *features;
  SioServer *server;
  const SiosAuthConfig *config; /* belongs to current */
  SiosConfig *current;
  SiosVerifier *verifier; /* NULL: no keys are configured */
  SiosJwks *jwks;
  SiosRevocations *revocations; /* NULL before the first configuration */
  SiosAuthStore *store;
  SiosExpiry *expiry;     /* of Live */
  GHashTable *namespaces; /* SioNamespace → Watched */

  guint64 n_accepted;
  guint64 n_cached; /* of verifiers that are gone */
  guint64 n_refused[SIOS_AUTH_N_REASONS];
  guint64 n_expired;
  guint64 n_expired_closed;
  guint64 n_refreshed;
  guint64 n_refresh_refused;
  guint64 n_revoked_closed;
  guint64 n_fetches; /* of URLs that are gone */
  guint64 n_fetch_failures;
};

/* sios-auth.c */

/* sios_auth_verify_finish () */
void sios_auth_verify_for_socket (SiosAuth *self,
                                  SioSocket *socket,
                                  const char *token,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
SiosAuth *sios_auth_ref (SiosAuth *self);
void sios_auth_unref (SiosAuth *self);
/* What a recovered socket has to match: whoever has other rights begins anew. */
void sios_auth_mark (SiosAuth *self, SioSocket *socket, SiosIdentity *identity);
/* Counts, and writes the record. @socket may be NULL. */
void sios_auth_count_refusal (
    SiosAuth *self, SiosAuthReason reason, const char *where, const char *peer, SioSocket *socket);

/* sios-auth-live.c: sockets that are connected */

void sios_auth_live_init (SiosAuth *self);
void sios_auth_live_clear (SiosAuth *self);
/* The leeway may have changed. */
void sios_auth_live_configure (SiosAuth *self);
void sios_auth_live_add (SiosAuth *self, SioSocket *socket);
void sios_auth_live_remove (SiosAuth *self, SioSocket *socket);
/* Closes those that are revoked; returns how many. */
guint sios_auth_live_close_revoked (SiosAuth *self);
/* The event auth:refresh. */
void sios_auth_live_refresh (SiosAuth *self, SioSocket *socket, SioMessage *message);

G_END_DECLS
