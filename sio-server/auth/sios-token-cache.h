/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-identity.h"

G_BEGIN_DECLS

/* Identities of tokens that were verified, by a keyed SHA-256 of the token: the tokens themselves
 * are not kept, and nobody can choose two that collide. The least recently used go first. */
typedef struct _SiosTokenCache SiosTokenCache;

#define SIOS_TOKEN_CACHE_DIGEST 32

SiosTokenCache *sios_token_cache_new (guint max);
void sios_token_cache_free (SiosTokenCache *self);
void sios_token_cache_digest (SiosTokenCache *self,
                              const char *token,
                              gsize length,
                              guint8 digest[SIOS_TOKEN_CACHE_DIGEST]);
/* @now in seconds since 1970, less the leeway. Returns: (transfer none) (nullable) */
SiosIdentity *sios_token_cache_lookup (SiosTokenCache *self, const guint8 *digest, gint64 now);
void sios_token_cache_add (SiosTokenCache *self, const guint8 *digest, SiosIdentity *identity);
void sios_token_cache_clear (SiosTokenCache *self);
guint sios_token_cache_get_count (SiosTokenCache *self);

G_END_DECLS
