/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why a token was refused. The names and the messages of errors are for the log and the counters;
 * clients are told SIOS_AUTH_REFUSED and the code alone, which is the same for all that is wrong
 * with a signature, a key or a form. */
typedef enum
{
  SIOS_AUTH_MISSING,
  SIOS_AUTH_TOO_LARGE,
  SIOS_AUTH_MALFORMED,
  SIOS_AUTH_CRITICAL,
  SIOS_AUTH_ALGORITHM,
  SIOS_AUTH_UNKNOWN_KEY,
  SIOS_AUTH_SIGNATURE,
  SIOS_AUTH_EXPIRED,
  SIOS_AUTH_NOT_YET_VALID,
  SIOS_AUTH_ISSUER,
  SIOS_AUTH_AUDIENCE,
  SIOS_AUTH_TENANT,
  SIOS_AUTH_CLAIMS,
  SIOS_AUTH_REVOKED,
  SIOS_AUTH_KEYS_UNAVAILABLE,
  SIOS_AUTH_BUSY,
  SIOS_AUTH_OTHER_USER, /* a renewal shows a token that is not of the socket's user */
  SIOS_AUTH_N_REASONS
} SiosAuthReason;

#define SIOS_AUTH_REFUSED "Authentication failed"

/* The code of an error in this domain is a SiosAuthReason. */
#define SIOS_AUTH_ERROR (sios_auth_error_quark ())
GQuark sios_auth_error_quark (void);

/* "signature", "not-yet-valid", …: for the log and counters */
const char *sios_auth_reason_get_name (SiosAuthReason reason);
/* "TOKEN_INVALID", …: for the client */
const char *sios_auth_reason_get_code (SiosAuthReason reason);

G_END_DECLS
