/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-config.h"
#include "sios-jwks.h"
#include "sios-token-source.h"
#include "sios-verifier.h"

G_BEGIN_DECLS

typedef enum
{
  SIOS_AUTH_NONE,
  SIOS_AUTH_OPTIONAL, /* no token is fine, a bad one is not */
  SIOS_AUTH_REQUIRED
} SiosAuthMode;

/* The group [auth] with what its files hold. Never changed, may be used by any thread. */
typedef struct
{
  SiosKeyset *keys; /* NULL if no file is named */
  char *jwks_url;   /* NULL if none */
  SiosJwksLimits jwks_limits;
  char *jwks_ca_file;             /* as configured, "" if none */
  GBytes *jwks_ca;                /* what it holds, or NULL */
  GTlsDatabase *jwks_authorities; /* or NULL */
  SiosTokenSource *source;
  SiosClaimRules *rules;
  SiosVerifierLimits limits;
  char **admin_roles;
  guint64 expiry_grace;         /* ms */
  guint64 revocation_duration;  /* s */
  char *revocations_path;       /* NULL: they are not kept */
  SiosRevocations *revocations; /* what was there; of use at the start only */
} SiosAuthConfig;

SiosAuthConfig *sios_auth_config_prepare (SiosConfig *config, GPtrArray *problems);
void sios_auth_config_free (SiosAuthConfig *self);
/* FALSE: no token can be verified. */
gboolean sios_auth_config_has_keys (const SiosAuthConfig *self);
SiosAuthMode sios_auth_config_get_mode (SiosConfig *config, const char *namespace_name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosAuthConfig, sios_auth_config_free)

G_END_DECLS
