/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-token-key.h"

G_BEGIN_DECLS

/* Keys in the order in which they are tried: a GPtrArray of SiosTokenKey. */
typedef GPtrArray SiosKeyset;

#define SIOS_KEYSET_MAX_KEYS 64
/* Of a token that names no key, so many are tried at most. */
#define SIOS_KEYSET_MAX_TRIES 8

SiosKeyset *sios_keyset_new (void);
/* Adds all public keys and certificates of a PEM file. */
gboolean sios_keyset_add_pem (SiosKeyset *self, const char *text, gsize length, GError **error);
/* Adds the keys of a JWK set (RFC 7517 §5). Those of unknown kinds or for other uses are passed
 * over; broken ones too, but if none is left that is an error. */
gboolean sios_keyset_add_jwks (
    SiosKeyset *self, const char *text, gsize length, gboolean allow_secrets, GError **error);
/* Appends the keys that fit @alg and @kid (or NULL) to @found. A key that has no name fits any.
 * FALSE if there is none. */
gboolean sios_keyset_find (SiosKeyset *self, SiosAlg alg, const char *kid, GPtrArray *found);
/* TRUE if @self has all keys of @other */
gboolean sios_keyset_contains (SiosKeyset *self, SiosKeyset *other);
guint sios_keyset_get_algs (SiosKeyset *self);

G_END_DECLS
