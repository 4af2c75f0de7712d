/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-identity.h"

#include <math.h>
#include <string.h>

#include "sios-json.h"

#define refuse(error, reason, ...) g_set_error (error, SIOS_AUTH_ERROR, reason, __VA_ARGS__)

SiosClaimRules *
sios_claim_rules_new (void)
{
  SiosClaimRules *self = g_new0 (SiosClaimRules, 1);

  self->user_claim = g_strdup ("sub");
  self->role_claim = g_strdup ("role");
  self->groups_claim = g_strdup ("groups");
  self->tenant_claim = g_strdup ("tenant");
  self->leeway = 60;
  self->require_expiry = TRUE;
  self->max_claims_length = 4096;
  return self;
}

SiosClaimRules *
sios_claim_rules_copy (const SiosClaimRules *self)
{
  SiosClaimRules *copy = g_memdup2 (self, sizeof *self);

  copy->issuers = g_strdupv (self->issuers);
  copy->audiences = g_strdupv (self->audiences);
  copy->tenants = g_strdupv (self->tenants);
  copy->user_claim = g_strdup (self->user_claim);
  copy->role_claim = g_strdup (self->role_claim);
  copy->groups_claim = g_strdup (self->groups_claim);
  copy->tenant_claim = g_strdup (self->tenant_claim);
  return copy;
}

void
sios_claim_rules_free (SiosClaimRules *self)
{
  g_strfreev (self->issuers);
  g_strfreev (self->audiences);
  g_strfreev (self->tenants);
  g_free (self->user_claim);
  g_free (self->role_claim);
  g_free (self->groups_claim);
  g_free (self->tenant_claim);
  g_free (self);
}

SiosIdentity *
sios_identity_ref (SiosIdentity *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sios_identity_unref (SiosIdentity *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->user);
  g_strfreev (self->roles);
  g_strfreev (self->groups);
  g_free (self->tenant);
  g_free (self->token_id);
  g_free (self->issuer);
  g_free (self->claims);
  g_free (self);
}

/* A NumericDate (RFC 7519 §2), which may have a fraction. FALSE if it is none. */
static gboolean
read_date (JsonObject *claims, const char *name, gint64 absent, gint64 *date, GError **error)
{
  JsonNode *node = json_object_get_member (claims, name);
  double value;

  *date = absent;
  if (node == NULL)
    return TRUE;
  if (JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) == G_TYPE_INT64 ||
                                       json_node_get_value_type (node) == G_TYPE_DOUBLE))
    {
      value = json_node_get_double (node);
      /* So that no sum with a leeway overflows. */
      if (isfinite (value) && fabs (value) <= 1e15)
        {
          *date = (gint64) floor (value);
          return TRUE;
        }
    }
  refuse (error, SIOS_AUTH_CLAIMS, "Claim “%s” is not a time in seconds", name);
  return FALSE;
}

static gboolean
check_times (
    SiosIdentity *self, JsonObject *claims, const SiosClaimRules *rules, gint64 now, GError **error)
{
  gint64 not_before;

  if (!read_date (claims, "exp", G_MAXINT64, &self->expires_at, error) ||
      !read_date (claims, "nbf", G_MININT64, &not_before, error) ||
      !read_date (claims, "iat", G_MININT64, &self->issued_at, error))
    return FALSE;
  if (self->expires_at == G_MAXINT64 && rules->require_expiry)
    {
      refuse (error, SIOS_AUTH_CLAIMS, "Claim “exp” is absent: the token would never expire");
      return FALSE;
    }
  if (self->expires_at <= now - rules->leeway)
    {
      refuse (error, SIOS_AUTH_EXPIRED, "It expired %" G_GINT64_FORMAT " seconds ago",
              now - self->expires_at);
      return FALSE;
    }
  if (not_before > now + rules->leeway || self->issued_at > now + rules->leeway)
    {
      refuse (error, SIOS_AUTH_NOT_YET_VALID,
              "It is of the future: in %" G_GINT64_FORMAT " seconds",
              MAX (not_before, self->issued_at) - now);
      return FALSE;
    }
  return TRUE;
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

gboolean
sios_identity_is_good_name (const char *text)
{
  gsize length = strlen (text);

  if (length == 0 || length > SIOS_IDENTITY_MAX_NAME_LENGTH ||
      !g_utf8_validate_len (text, length, NULL))
    return FALSE;
  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (text)))
        return FALSE;
    }
  return TRUE;
}

/* A string, or a whole number, which some issuers use for users. FALSE with @error if it is there
 * and something else. */
static gboolean
read_name (JsonObject *claims, const char *path, char **name, GError **error)
{
  JsonNode *node = sios_json_lookup (claims, path);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64)
    {
      *name = g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
      return TRUE;
    }
  if (is_string (node) && sios_identity_is_good_name (json_node_get_string (node)))
    {
      *name = json_node_dup_string (node);
      return TRUE;
    }
  refuse (error, SIOS_AUTH_CLAIMS,
          "Claim “%s” is not a string of 1 to %d bytes without control characters", path,
          SIOS_IDENTITY_MAX_NAME_LENGTH);
  return FALSE;
}

/* One string, or an array of them. NULL with @error. */
static char **
read_names (JsonObject *claims, const char *path, GError **error)
{
  JsonNode *node = sios_json_lookup (claims, path);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);
      guint n = json_array_get_length (array);

      for (guint i = 0; n <= SIOS_IDENTITY_MAX_GROUPS && i < n; i++)
        {
          JsonNode *item = json_array_get_element (array, i);

          if (!is_string (item) || !sios_identity_is_good_name (json_node_get_string (item)))
            break;
          g_ptr_array_add (names, json_node_dup_string (item));
        }
      if (names->len < n)
        {
          refuse (error, SIOS_AUTH_CLAIMS,
                  "Claim “%s” is not an array of at most %d strings of 1 to %d bytes", path,
                  SIOS_IDENTITY_MAX_GROUPS, SIOS_IDENTITY_MAX_NAME_LENGTH);
          return NULL;
        }
    }
  else
    {
      char *name = NULL;

      if (!read_name (claims, path, &name, error))
        return NULL;
      if (name != NULL)
        g_ptr_array_add (names, name);
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static gboolean
is_empty (char **list)
{
  return list == NULL || list[0] == NULL;
}

/* RFC 7519 §4.1.3: one string or an array of them, one of which has to be ours. */
static gboolean
check_audience (JsonObject *claims, const SiosClaimRules *rules, GError **error)
{
  JsonNode *node = json_object_get_member (claims, "aud");

  if (is_empty (rules->audiences))
    return TRUE;
  if (node != NULL && is_string (node) &&
      g_strv_contains ((const char *const *) rules->audiences, json_node_get_string (node)))
    return TRUE;
  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (array); i++)
        {
          JsonNode *item = json_array_get_element (array, i);

          if (is_string (item) &&
              g_strv_contains ((const char *const *) rules->audiences, json_node_get_string (item)))
            return TRUE;
        }
    }
  refuse (error, SIOS_AUTH_AUDIENCE, "It is for another audience, or for none");
  return FALSE;
}

static gboolean
check_parties (SiosIdentity *self, JsonObject *claims, const SiosClaimRules *rules, GError **error)
{
  JsonNode *issuer = json_object_get_member (claims, "iss");

  if (issuer != NULL && is_string (issuer))
    self->issuer = json_node_dup_string (issuer);
  if (!is_empty (rules->issuers) &&
      (self->issuer == NULL ||
       !g_strv_contains ((const char *const *) rules->issuers, self->issuer)))
    {
      refuse (error, SIOS_AUTH_ISSUER, "It is of another issuer, or of none");
      return FALSE;
    }
  return check_audience (claims, rules, error);
}

SiosIdentity *
sios_identity_new (
    JsonObject *claims, const char *json, const SiosClaimRules *rules, gint64 now, GError **error)
{
  g_autoptr (SiosIdentity) self = g_new0 (SiosIdentity, 1);

  g_atomic_ref_count_init (&self->ref_count);
  if (!check_times (self, claims, rules, now, error) ||
      !check_parties (self, claims, rules, error) ||
      !read_name (claims, rules->tenant_claim, &self->tenant, error))
    return NULL;
  if (!is_empty (rules->tenants) &&
      (self->tenant == NULL ||
       !g_strv_contains ((const char *const *) rules->tenants, self->tenant)))
    {
      refuse (error, SIOS_AUTH_TENANT, "It is of tenant “%s”, which is not let in",
              self->tenant != NULL ? self->tenant : "");
      return NULL;
    }
  if (!read_name (claims, rules->user_claim, &self->user, error) ||
      !read_name (claims, "jti", &self->token_id, error) ||
      (self->roles = read_names (claims, rules->role_claim, error)) == NULL ||
      (self->groups = read_names (claims, rules->groups_claim, error)) == NULL)
    return NULL;
  if (self->user == NULL)
    {
      refuse (error, SIOS_AUTH_CLAIMS, "Claim “%s” is absent: nobody knows whose token it is",
              rules->user_claim);
      return NULL;
    }
  if (json != NULL && strlen (json) <= rules->max_claims_length)
    self->claims = g_strdup (json);
  return g_steal_pointer (&self);
}
