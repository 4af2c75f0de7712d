/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-auth-error.h"
#include "sios-token-key.h"

G_BEGIN_DECLS

/* Longest token that is looked at, unless told otherwise, and whatever one is told */
#define SIOS_JWT_DEFAULT_MAX_LENGTH 8192
#define SIOS_JWT_MAX_LENGTH 65536

/* A token taken apart (RFC 7519, in the compact form of RFC 7515). Nothing in it is to be believed
 * before its signature is verified, and its payload is not even read. Keys, certificates and
 * addresses in the header (jwk, jku, x5c, x5u) are never looked at. */
typedef struct
{
  SiosAlg alg;
  char *kid;
  char *signed_part; /* header and payload as they came */
  gsize signed_length;
  gsize payload_offset; /* in signed_part */
  guint8 *signature;
  gsize signature_length;
} SiosJwt;

/* NULL with SIOS_AUTH_ERROR. @text need not end with NUL. */
SiosJwt *sios_jwt_parse (const char *text, gsize length, gsize max_length, GError **error);
void sios_jwt_free (SiosJwt *self);
gboolean sios_jwt_verify (SiosJwt *self, SiosTokenKey *key);
/* The claims, an object. NULL with SIOS_AUTH_ERROR. @text, if not NULL, is given their text. */
JsonNode *sios_jwt_read_claims (SiosJwt *self, char **text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosJwt, sios_jwt_free)

G_END_DECLS
