/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Algorithms of RFC 7518 §3.1 and RFC 8037, but "none" */
typedef enum
{
  SIOS_ALG_INVALID,
  SIOS_ALG_HS256,
  SIOS_ALG_HS384,
  SIOS_ALG_HS512,
  SIOS_ALG_RS256,
  SIOS_ALG_RS384,
  SIOS_ALG_RS512,
  SIOS_ALG_PS256,
  SIOS_ALG_PS384,
  SIOS_ALG_PS512,
  SIOS_ALG_ES256,
  SIOS_ALG_ES384,
  SIOS_ALG_ES512,
  SIOS_ALG_EDDSA,
  SIOS_N_ALGS
} SiosAlg;

#define SIOS_ALG_BIT(alg) (1u << (alg))
#define SIOS_ALG_ALL ((1u << SIOS_N_ALGS) - 2)

/* SIOS_ALG_INVALID for all other names */
SiosAlg sios_alg_from_name (const char *name);
const char *sios_alg_get_name (SiosAlg alg);

/* What signatures are verified with. It is bound to the algorithms that fit its kind (and its
 * curve, and the length of a secret), whatever a token says: a public key never serves as secret.
 * Immutable; may be used by any thread. */
typedef struct _SiosTokenKey SiosTokenKey;

/* RFC 7518 §3.2: a secret is at least as long as the hash, so 32 bytes for HS256, 48 for HS384
 * and 64 for HS512. A shorter one allows fewer algorithms, and none below 32. One line break at
 * the end, which editors leave there, does not belong to it. */
SiosTokenKey *sios_token_key_new_secret (GBytes *secret, GError **error);
/* One "PUBLIC KEY" or "CERTIFICATE" in PEM. Of a certificate only the key counts. */
SiosTokenKey *sios_token_key_new_pem (const char *text, gsize length, GError **error);
/* A member of a JWK set (RFC 7517). NULL without @error: a key of a kind or for a use that is not
 * ours, to be passed over. */
SiosTokenKey *sios_token_key_new_jwk (JsonObject *jwk, gboolean allow_secret, GError **error);
SiosTokenKey *sios_token_key_ref (SiosTokenKey *self);
void sios_token_key_unref (SiosTokenKey *self);

/* Its "kid", or NULL */
const char *sios_token_key_get_id (SiosTokenKey *self);
/* SIOS_ALG_BIT of each algorithm it may be used with */
guint sios_token_key_get_algs (SiosTokenKey *self);
/* TRUE if both are the same key under the same name for the same algorithms */
gboolean sios_token_key_equal (SiosTokenKey *a, SiosTokenKey *b);

gboolean sios_token_key_verify (SiosTokenKey *self,
                                SiosAlg alg,
                                const void *data,
                                gsize length,
                                const guint8 *signature,
                                gsize signature_length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosTokenKey, sios_token_key_unref)

G_END_DECLS
