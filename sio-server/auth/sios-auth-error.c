/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-auth-error.h"

G_DEFINE_QUARK (sios - auth - error - quark, sios_auth_error)

static const struct
{
  const char *name;
  const char *code;
} reasons[SIOS_AUTH_N_REASONS] = {
  [SIOS_AUTH_MISSING] = { "missing", "TOKEN_MISSING" },
  [SIOS_AUTH_TOO_LARGE] = { "too-large", "TOKEN_INVALID" },
  [SIOS_AUTH_MALFORMED] = { "malformed", "TOKEN_INVALID" },
  [SIOS_AUTH_CRITICAL] = { "critical", "TOKEN_INVALID" },
  [SIOS_AUTH_ALGORITHM] = { "algorithm", "TOKEN_INVALID" },
  [SIOS_AUTH_UNKNOWN_KEY] = { "unknown-key", "TOKEN_INVALID" },
  [SIOS_AUTH_SIGNATURE] = { "signature", "TOKEN_INVALID" },
  /* From here on the signature was good: the holder may know. */
  [SIOS_AUTH_EXPIRED] = { "expired", "TOKEN_EXPIRED" },
  [SIOS_AUTH_NOT_YET_VALID] = { "not-yet-valid", "TOKEN_NOT_YET_VALID" },
  [SIOS_AUTH_ISSUER] = { "issuer", "TOKEN_INVALID" },
  [SIOS_AUTH_AUDIENCE] = { "audience", "TOKEN_INVALID" },
  [SIOS_AUTH_TENANT] = { "tenant", "TENANT_NOT_ALLOWED" },
  [SIOS_AUTH_CLAIMS] = { "claims", "TOKEN_INVALID" },
  [SIOS_AUTH_REVOKED] = { "revoked", "TOKEN_REVOKED" },
  [SIOS_AUTH_KEYS_UNAVAILABLE] = { "keys-unavailable", "AUTH_UNAVAILABLE" },
  [SIOS_AUTH_BUSY] = { "busy", "AUTH_UNAVAILABLE" },
  [SIOS_AUTH_OTHER_USER] = { "other-user", "TOKEN_OTHER_USER" },
};

const char *
sios_auth_reason_get_name (SiosAuthReason reason)
{
  g_return_val_if_fail ((guint) reason < SIOS_AUTH_N_REASONS, NULL);
  return reasons[reason].name;
}

const char *
sios_auth_reason_get_code (SiosAuthReason reason)
{
  g_return_val_if_fail ((guint) reason < SIOS_AUTH_N_REASONS, NULL);
  return reasons[reason].code;
}
