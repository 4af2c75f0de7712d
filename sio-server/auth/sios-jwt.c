/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-jwt.h"

#include <string.h>

#include "sios-json.h"

#define MAX_ID_LENGTH 256

#define refuse(error, reason, ...) g_set_error (error, SIOS_AUTH_ERROR, reason, __VA_ARGS__)

void
sios_jwt_free (SiosJwt *self)
{
  g_free (self->kid);
  g_free (self->signed_part);
  g_free (self->signature);
  g_free (self);
}

static JsonNode *
read_part (const char *what, const char *text, gsize length, char **json, GError **error)
{
  gsize size;
  g_autofree guint8 *bytes = sios_base64url_decode (text, length, &size);
  g_autoptr (GError) json_error = NULL;
  JsonNode *node;

  if (bytes == NULL)
    {
      refuse (error, SIOS_AUTH_MALFORMED, "The %s is not base64url", what);
      return NULL;
    }
  node = sios_json_read_object ((const char *) bytes, size, &json_error);
  if (node == NULL)
    refuse (error, SIOS_AUTH_MALFORMED, "The %s is no good JSON: %s", what, json_error->message);
  else if (json != NULL)
    *json = g_strndup ((const char *) bytes, size);
  return node;
}

/* FALSE with @error if it is there and not a string. */
static gboolean
get_header (JsonObject *header, const char *name, const char **value, GError **error)
{
  JsonNode *node = json_object_get_member (header, name);

  *value = NULL;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    {
      refuse (error, SIOS_AUTH_MALFORMED, "“%s” in the header is not a string", name);
      return FALSE;
    }
  *value = json_node_get_string (node);
  return TRUE;
}

/* Tokens of the same issuer for other ends are no proof (RFC 8725 §3.11). */
static gboolean
is_known_type (const char *typ)
{
  if (g_ascii_strncasecmp (typ, "application/", 12) == 0)
    typ += 12;
  return g_ascii_strcasecmp (typ, "JWT") == 0 || g_ascii_strcasecmp (typ, "at+jwt") == 0;
}

static gboolean
read_header (SiosJwt *self, JsonObject *header, GError **error)
{
  const char *alg, *kid, *typ, *cty;

  if (!get_header (header, "alg", &alg, error) || !get_header (header, "kid", &kid, error) ||
      !get_header (header, "typ", &typ, error) || !get_header (header, "cty", &cty, error))
    return FALSE;
  /* RFC 7515 §4.1.11: what has to be understood and is not. "b64" is of RFC 7797. */
  if (json_object_has_member (header, "crit") || json_object_has_member (header, "b64"))
    {
      refuse (error, SIOS_AUTH_CRITICAL, "The header has “crit” or “b64”, which is not supported");
      return FALSE;
    }
  if (alg == NULL || (self->alg = sios_alg_from_name (alg)) == SIOS_ALG_INVALID)
    {
      refuse (error, SIOS_AUTH_ALGORITHM, "“alg” in the header is none that is supported");
      return FALSE;
    }
  if ((typ != NULL && !is_known_type (typ)) || cty != NULL)
    {
      refuse (error, SIOS_AUTH_MALFORMED, "The token is of another type than JWT or at+jwt");
      return FALSE;
    }
  if (kid != NULL && strlen (kid) > MAX_ID_LENGTH)
    {
      refuse (error, SIOS_AUTH_MALFORMED, "“kid” in the header has more than %d bytes",
              MAX_ID_LENGTH);
      return FALSE;
    }
  self->kid = g_strdup (kid);
  return TRUE;
}

SiosJwt *
sios_jwt_parse (const char *text, gsize length, gsize max_length, GError **error)
{
  const char *end = text + length;
  const char *payload, *signature;
  g_autoptr (JsonNode) header = NULL;
  g_autoptr (SiosJwt) self = NULL;

  if (length > MIN (max_length, SIOS_JWT_MAX_LENGTH))
    {
      refuse (error, SIOS_AUTH_TOO_LARGE,
              "The token has %" G_GSIZE_FORMAT " bytes, more than %" G_GSIZE_FORMAT, length,
              MIN (max_length, SIOS_JWT_MAX_LENGTH));
      return NULL;
    }
  payload = memchr (text, '.', length);
  signature = payload != NULL ? memchr (payload + 1, '.', (gsize) (end - payload - 1)) : NULL;
  if (signature == NULL || memchr (signature + 1, '.', (gsize) (end - signature - 1)) != NULL)
    {
      refuse (error, SIOS_AUTH_MALFORMED,
              "Expected three parts with two dots (encrypted tokens are not supported)");
      return NULL;
    }
  self = g_new0 (SiosJwt, 1);
  header = read_part ("header", text, (gsize) (payload - text), NULL, error);
  if (header == NULL || !read_header (self, json_node_get_object (header), error))
    return NULL;
  self->signature =
      sios_base64url_decode (signature + 1, (gsize) (end - signature - 1), &self->signature_length);
  if (self->signature == NULL || self->signature_length == 0)
    {
      refuse (error, SIOS_AUTH_MALFORMED, "The signature is absent or not base64url");
      return NULL;
    }
  self->signed_length = (gsize) (signature - text);
  self->signed_part = g_strndup (text, self->signed_length);
  self->payload_offset = (gsize) (payload + 1 - text);
  return g_steal_pointer (&self);
}

gboolean
sios_jwt_verify (SiosJwt *self, SiosTokenKey *key)
{
  return sios_token_key_verify (key, self->alg, self->signed_part, self->signed_length,
                                self->signature, self->signature_length);
}

JsonNode *
sios_jwt_read_claims (SiosJwt *self, char **text, GError **error)
{
  return read_part ("payload", self->signed_part + self->payload_offset,
                    self->signed_length - self->payload_offset, text, error);
}
