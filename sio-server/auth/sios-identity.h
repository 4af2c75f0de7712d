/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sios-auth-error.h"

G_BEGIN_DECLS

/* What a verified token says. Immutable, counted, may be used by any thread. */
typedef struct
{
  gatomicrefcount ref_count;
  char *user;
  char **roles;  /* never NULL */
  char **groups; /* never NULL */
  char *tenant;
  char *token_id;
  char *issuer;
  gint64 issued_at;  /* seconds since 1970; G_MININT64 if the token does not say */
  gint64 expires_at; /* the same; G_MAXINT64 if never */
  char *claims;      /* JSON; NULL if longer than SiosClaimRules.max_claims_length */
} SiosIdentity;

#define SIOS_IDENTITY_MAX_NAME_LENGTH 256
#define SIOS_IDENTITY_MAX_GROUPS 256

/* Names go to logs, rooms and lists: neither empty, nor endless, nor with control characters. */
gboolean sios_identity_is_good_name (const char *text);

/* What is asked of claims, and where to find what. Names are those of sios_json_lookup (). */
typedef struct
{
  char **issuers;   /* NULL or empty: any */
  char **audiences; /* the same */
  char **tenants;   /* the same */
  char *user_claim;
  char *role_claim;
  char *groups_claim;
  char *tenant_claim;
  gint64 leeway; /* seconds that clocks may differ by */
  gboolean require_expiry;
  gsize max_claims_length;
} SiosClaimRules;

/* sub, role, groups, tenant; 60 seconds; expiry required; 4096 bytes */
SiosClaimRules *sios_claim_rules_new (void);
SiosClaimRules *sios_claim_rules_copy (const SiosClaimRules *self);
void sios_claim_rules_free (SiosClaimRules *self);

/* @now in seconds since 1970. NULL with SIOS_AUTH_ERROR. */
SiosIdentity *sios_identity_new (
    JsonObject *claims, const char *json, const SiosClaimRules *rules, gint64 now, GError **error);
SiosIdentity *sios_identity_ref (SiosIdentity *self);
void sios_identity_unref (SiosIdentity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosIdentity, sios_identity_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosClaimRules, sios_claim_rules_free)

G_END_DECLS
