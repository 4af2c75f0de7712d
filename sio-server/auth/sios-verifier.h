/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-jwks.h"
#include "sios-jwt.h"
#include "sios-revocations.h"

G_BEGIN_DECLS

/* Verifies tokens: keys, signatures (in threads), claims, a cache and revocations. Belongs to the
 * main context it was made in. */
#define SIOS_TYPE_VERIFIER (sios_verifier_get_type ())
G_DECLARE_FINAL_TYPE (SiosVerifier, sios_verifier, SIOS, VERIFIER, GObject)

typedef struct
{
  guint algs; /* SIOS_ALG_BIT of those that are allowed at all */
  gsize max_length;
  guint max_cached;
  guint max_revocations;
  guint max_threads;
  guint max_pending; /* tokens whose verification is not done; as many may wait for keys */
} SiosVerifierLimits;

/* All algorithms, 8 KiB, 10 000, 100 000, 2, 4096 */
extern const SiosVerifierLimits sios_verifier_default_limits;

typedef struct
{
  guint64 n_accepted; /* with those from the cache */
  guint64 n_cached;
  guint64 n_refused[SIOS_AUTH_N_REASONS];
} SiosVerifierCounters;

/* Returns seconds since 1970. */
typedef gint64 (*SiosClock) (gpointer user_data);

/* @rules: (transfer full); @keys: local ones, may be NULL; @jwks: may be NULL. */
SiosVerifier *sios_verifier_new (SiosClaimRules *rules,
                                 SiosKeyset *keys,
                                 SiosJwks *jwks,
                                 const SiosVerifierLimits *limits,
                                 GError **error);

/* @token: may be NULL, which is refused. @order: tokens of the same number, such as one of the
 * connection, are answered in the order in which they came; 0 for any order. Of one number, 16 may
 * be under way; more are refused at once. The callback always comes later. */
void sios_verifier_verify_async (SiosVerifier *self,
                                 const char *token,
                                 guint64 order,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* (transfer full), or NULL with SIOS_AUTH_ERROR, or a cancellation. */
SiosIdentity *
sios_verifier_verify_finish (SiosVerifier *self, GAsyncResult *result, GError **error);

/* Whoever is connected already is the caller's concern: sios_verifier_is_revoked () tells. */
SiosRevocations *sios_verifier_get_revocations (SiosVerifier *self);
/* In place of its own: a list that outlives it. max_revocations says nothing then. */
void sios_verifier_set_revocations (SiosVerifier *self, SiosRevocations *revocations);
gboolean sios_verifier_is_revoked (SiosVerifier *self, SiosIdentity *identity);
const SiosVerifierCounters *sios_verifier_get_counters (SiosVerifier *self);
guint sios_verifier_get_n_cached (SiosVerifier *self);
guint sios_verifier_get_n_pending (SiosVerifier *self);
void sios_verifier_set_clock (SiosVerifier *self, SiosClock clock, gpointer user_data);

G_END_DECLS
