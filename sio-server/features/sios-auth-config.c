/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-auth-config.h"

#include "sios-credential.h"

#define MAX_SECRET_FILE 65536
#define MAX_KEY_FILE (1024 * 1024)
#define MAX_REVOCATIONS_FILE (256 * 1024 * 1024)

static void
add_problem (
    SiosConfig *config, GPtrArray *problems, const char *key, const char *what, const GError *error)
{
  g_ptr_array_add (problems, g_strdup_printf ("%s: auth.%s: %s%s%s",
                                              sios_config_get_origin (config, "auth", key), key,
                                              what, error != NULL ? ": " : "",
                                              error != NULL ? error->message : ""));
}

static GBytes *
read_file (
    SiosConfig *config, const char *key, const char *name, gsize max_size, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = sios_credential_read (name, max_size, &error);

  if (bytes == NULL)
    {
      g_autofree char *what = g_strdup_printf ("cannot read %s", name);

      add_problem (config, problems, key, what, error);
    }
  return bytes;
}

static void
add_secret (SiosKeyset *keys, GBytes *bytes, GError **error)
{
  g_autoptr (SiosTokenKey) key = sios_token_key_new_secret (bytes, error);

  if (key != NULL)
    g_ptr_array_add (keys, g_steal_pointer (&key));
}

static void
add_keys (
    SiosConfig *config, SiosKeyset *keys, const char *key, const char *name, GPtrArray *problems)
{
  gboolean is_secret = g_str_equal (key, "secret-file");
  g_autoptr (GBytes) bytes =
      read_file (config, key, name, is_secret ? MAX_SECRET_FILE : MAX_KEY_FILE, problems);
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *data;

  if (bytes == NULL)
    return;
  data = g_bytes_get_data (bytes, &size);
  if (is_secret)
    add_secret (keys, bytes, &error);
  else if (g_str_equal (key, "jwks-file"))
    sios_keyset_add_jwks (keys, data, size, TRUE, &error);
  else
    sios_keyset_add_pem (keys, data, size, &error);
  if (error != NULL)
    {
      g_autofree char *what = g_strdup_printf ("%s cannot be used", name);

      add_problem (config, problems, key, what, error);
    }
}

static void
prepare_keys (SiosAuthConfig *self, SiosConfig *config, GPtrArray *problems)
{
  const char *secret = sios_config_get_string (config, "auth", "secret-file");
  const char *jwks = sios_config_get_string (config, "auth", "jwks-file");
  const char *const *pem = sios_config_get_list (config, "auth", "key-files");

  if (*secret == '\0' && *jwks == '\0' && pem[0] == NULL)
    return;
  self->keys = sios_keyset_new ();
  if (*secret != '\0')
    add_keys (config, self->keys, "secret-file", secret, problems);
  for (guint i = 0; pem[i] != NULL; i++)
    add_keys (config, self->keys, "key-files", pem[i], problems);
  if (*jwks != '\0')
    add_keys (config, self->keys, "jwks-file", jwks, problems);
  if (self->keys->len > SIOS_KEYSET_MAX_KEYS)
    {
      g_autofree char *what = g_strdup_printf ("expected at most %d keys in all files, got %u",
                                               SIOS_KEYSET_MAX_KEYS, self->keys->len);

      add_problem (config, problems, "key-files", what, NULL);
    }
}

static void
prepare_authorities (SiosAuthConfig *self, SiosConfig *config, GPtrArray *problems)
{
  const char *name = sios_config_get_string (config, "auth", "jwks-ca-file");
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  self->jwks_ca_file = g_strdup (name);
  if (*name == '\0')
    return;
  if (self->jwks_url == NULL)
    {
      add_problem (config, problems, "jwks-ca-file", "has no effect without auth.jwks-url", NULL);
      return;
    }
  self->jwks_ca = read_file (config, "jwks-ca-file", name, MAX_KEY_FILE, problems);
  if (self->jwks_ca == NULL)
    return;
  path = sios_credential_get_path (name, &error);
  if (path != NULL)
    self->jwks_authorities = g_tls_file_database_new (path, &error);
  if (self->jwks_authorities == NULL)
    add_problem (config, problems, "jwks-ca-file", "cannot be used", error);
}

static void
prepare_jwks (SiosAuthConfig *self, SiosConfig *config, GPtrArray *problems)
{
  const char *url = sios_config_get_string (config, "auth", "jwks-url");
  g_autoptr (GError) error = NULL;
  SiosJwksLimits *limits = &self->jwks_limits;

  *limits = sios_jwks_default_limits;
  limits->timeout = (guint) sios_config_get_integer (config, "auth", "jwks-timeout");
  limits->default_lifetime = (guint) sios_config_get_integer (config, "auth", "jwks-lifetime");
  limits->min_lifetime = (guint) sios_config_get_integer (config, "auth", "jwks-min-lifetime");
  limits->max_lifetime = (guint) sios_config_get_integer (config, "auth", "jwks-max-lifetime");
  limits->cooldown = (guint) sios_config_get_integer (config, "auth", "jwks-cooldown");
  limits->max_size = (gsize) sios_config_get_integer (config, "auth", "jwks-max-bytes");
  if (limits->max_lifetime < limits->min_lifetime)
    add_problem (config, problems, "jwks-max-lifetime", "expected at least auth.jwks-min-lifetime",
                 NULL);
  if (*url == '\0')
    return;
  if (sios_jwks_check_url (url, &error))
    self->jwks_url = g_strdup (url);
  else
    add_problem (config, problems, "jwks-url", "cannot be used", error);
}

/* NULL for an empty list, which is no condition. */
static char **
copy_list (SiosConfig *config, const char *key)
{
  const char *const *list = sios_config_get_list (config, "auth", key);

  return list[0] != NULL ? g_strdupv ((char **) list) : NULL;
}

static void
set_claim (char **claim, SiosConfig *config, const char *key)
{
  g_free (*claim);
  *claim = g_strdup (sios_config_get_string (config, "auth", key));
}

static void
prepare_rules (SiosAuthConfig *self, SiosConfig *config)
{
  SiosClaimRules *rules = sios_claim_rules_new ();

  rules->issuers = copy_list (config, "issuers");
  rules->audiences = copy_list (config, "audiences");
  rules->tenants = copy_list (config, "tenants");
  set_claim (&rules->user_claim, config, "user-claim");
  set_claim (&rules->role_claim, config, "role-claim");
  set_claim (&rules->groups_claim, config, "groups-claim");
  set_claim (&rules->tenant_claim, config, "tenant-claim");
  rules->leeway = (gint64) (sios_config_get_integer (config, "auth", "leeway") / 1000);
  rules->require_expiry = sios_config_get_boolean (config, "auth", "require-expiry");
  rules->max_claims_length = (gsize) sios_config_get_integer (config, "auth", "max-claims-bytes");
  self->rules = rules;
}

static void
prepare_limits (SiosAuthConfig *self, SiosConfig *config)
{
  SiosVerifierLimits *limits = &self->limits;

  *limits = sios_verifier_default_limits;
  /* The words stand in the order of the values, which begin at 1. */
  limits->algs = (guint) sios_config_get_integer (config, "auth", "algorithms") << 1;
  limits->max_length = (gsize) sios_config_get_integer (config, "auth", "max-token-bytes");
  limits->max_cached = (guint) sios_config_get_integer (config, "auth", "cache-size");
  limits->max_revocations = (guint) sios_config_get_integer (config, "auth", "max-revocations");
  limits->max_threads = (guint) sios_config_get_integer (config, "auth", "threads");
  limits->max_pending = (guint) sios_config_get_integer (config, "auth", "max-pending");
}

static void
prepare_revocations (SiosAuthConfig *self, SiosConfig *config, GPtrArray *problems)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  self->revocation_duration =
      sios_config_get_integer (config, "auth", "revocation-duration") / 1000;
  self->revocations = sios_revocations_new (self->limits.max_revocations);
  self->revocations_path =
      sios_state_file_get_path (sios_config_get_string (config, "auth", "revocations-file"));
  if (self->revocations_path == NULL)
    return;
  bytes = sios_credential_read (self->revocations_path, MAX_REVOCATIONS_FILE, &error);
  if (bytes != NULL)
    {
      gsize size;
      const char *data = g_bytes_get_data (bytes, &size);

      sios_revocations_read (self->revocations, data, size, now, &error);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_clear_error (&error);
  if (error != NULL)
    {
      /* Without it, users that were shut out would be let in. */
      g_autofree char *what = g_strdup_printf ("cannot use %s; remove it to forget all revocations",
                                               self->revocations_path);

      add_problem (config, problems, "revocations-file", what, error);
    }
}

gboolean
sios_auth_config_has_keys (const SiosAuthConfig *self)
{
  return self->keys != NULL || self->jwks_url != NULL;
}

SiosAuthMode
sios_auth_config_get_mode (SiosConfig *config, const char *namespace_name)
{
  g_autofree char *group = g_strconcat ("namespace ", namespace_name, NULL);
  guint64 own = sios_config_get_integer (config, group, "auth");

  /* Of a namespace, the first word is "default". */
  return own > 0 ? (SiosAuthMode) (own - 1)
                 : (SiosAuthMode) sios_config_get_integer (config, "auth", "mode");
}

/* Whether tokens are asked for and none could be good. */
static void
check_together (SiosAuthConfig *self, SiosConfig *config, GPtrArray *problems)
{
  g_auto (GStrv) names = sios_config_list_names (config, "namespace");

  if (self->keys != NULL && self->jwks_url == NULL &&
      (sios_keyset_get_algs (self->keys) & self->limits.algs) == 0)
    add_problem (config, problems, "algorithms",
                 "no key that is configured fits one of them: no token could ever be good", NULL);
  if (sios_auth_config_has_keys (self))
    return;
  if (sios_config_get_integer (config, "auth", "mode") != SIOS_AUTH_NONE)
    add_problem (config, problems, "mode",
                 "needs auth.secret-file, auth.key-files, auth.jwks-file or auth.jwks-url", NULL);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *group = g_strconcat ("namespace ", names[i], NULL);

      if (sios_config_get_integer (config, group, "auth") > SIOS_AUTH_NONE + 1)
        g_ptr_array_add (problems,
                         g_strdup_printf ("%s: %s.auth: needs auth.secret-file, auth.key-files, "
                                          "auth.jwks-file or auth.jwks-url",
                                          sios_config_get_origin (config, group, "auth"), group));
    }
}

SiosAuthConfig *
sios_auth_config_prepare (SiosConfig *config, GPtrArray *problems)
{
  g_autoptr (SiosAuthConfig) self = g_new0 (SiosAuthConfig, 1);
  guint n_before = problems->len;

  self->admin_roles = g_strdupv ((char **) sios_config_get_list (config, "auth", "admin-roles"));
  self->expiry_grace = sios_config_get_integer (config, "auth", "expiry-grace");
  /* Checked with the key. */
  self->source =
      sios_token_source_new (sios_config_get_string (config, "auth", "token-source"), NULL);
  prepare_rules (self, config);
  prepare_limits (self, config);
  prepare_keys (self, config, problems);
  prepare_jwks (self, config, problems);
  prepare_authorities (self, config, problems);
  prepare_revocations (self, config, problems);
  if (problems->len == n_before)
    check_together (self, config, problems);
  return g_steal_pointer (&self);
}

void
sios_auth_config_free (SiosAuthConfig *self)
{
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_pointer (&self->jwks_ca, g_bytes_unref);
  g_clear_object (&self->jwks_authorities);
  g_clear_pointer (&self->source, sios_token_source_free);
  g_clear_pointer (&self->rules, sios_claim_rules_free);
  g_clear_pointer (&self->revocations, sios_revocations_unref);
  g_strfreev (self->admin_roles);
  g_free (self->jwks_url);
  g_free (self->jwks_ca_file);
  g_free (self->revocations_path);
  g_free (self);
}
