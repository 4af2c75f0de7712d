/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sios-identity.h"
#include "sios-json.h"
#include "sios-jwt.h"
#include "sios-keyset.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The input is a token, with both parts in plain text: HEADER \n CLAIMS \n SIGNATURE. What it
 * becomes is parsed, and its claims are read as if the signature were good. Any input is taken for
 * a whole token, for base64url and for a key set, too. */

static void
check_token (const char *text, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosJwt) jwt = sios_jwt_parse (text, size, SIOS_JWT_DEFAULT_MAX_LENGTH, &error);
  g_autoptr (JsonNode) claims = NULL;
  g_autofree char *json = NULL;
  g_autoptr (SiosClaimRules) rules = NULL;
  g_autoptr (SiosIdentity) identity = NULL;
  static SiosTokenKey *key;

  if (key == NULL)
    {
      g_autoptr (GBytes) secret = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);

      key = sios_token_key_new_secret (secret, NULL);
    }
  if (jwt == NULL)
    {
      g_assert_true (error->domain == SIOS_AUTH_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return;
    }
  g_assert_no_error (error);
  g_assert_true (jwt->alg > SIOS_ALG_INVALID && jwt->alg < SIOS_N_ALGS);
  g_assert_cmpuint (jwt->payload_offset, <=, jwt->signed_length);
  g_assert_false (sios_jwt_verify (jwt, key));
  claims = sios_jwt_read_claims (jwt, &json, &error);
  if (claims == NULL)
    {
      g_assert_true (error->domain == SIOS_AUTH_ERROR);
      return;
    }
  rules = sios_claim_rules_new ();
  rules->require_expiry = FALSE;
  identity = sios_identity_new (json_node_get_object (claims), json, rules, 1700000000, &error);
  if (identity == NULL)
    {
      g_assert_true (error->domain == SIOS_AUTH_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return;
    }
  g_assert_true (*identity->user != '\0');
  g_assert_cmpuint (strlen (identity->user), <=, SIOS_IDENTITY_MAX_NAME_LENGTH);
  g_assert_cmpuint (g_strv_length (identity->groups), <=, SIOS_IDENTITY_MAX_GROUPS);
  g_assert_cmpint (identity->expires_at, >, 1700000000 - rules->leeway);
}

/* GLib's form, with the letters and the padding of base64url */
static void
append_part (GString *token, const char *data, gsize size)
{
  g_autofree char *text = g_base64_encode ((const guchar *) data, size);
  gsize length = strcspn (text, "=");
  gsize decoded_length;
  g_autofree guint8 *decoded = NULL;

  text[length] = '\0';
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  decoded = sios_base64url_decode (text, length, &decoded_length);
  g_assert_nonnull (decoded);
  g_assert_cmpmem (decoded, decoded_length, data, size);
  g_string_append (token, text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  const char *end = text + size;
  const char *claims = size > 0 ? memchr (text, '\n', size) : NULL;
  const char *signature = claims != NULL ? memchr (claims + 1, '\n', end - claims - 1) : NULL;
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *decoded = NULL;
  gsize length;

  check_token (text, size);
  decoded = sios_base64url_decode (text, size, &length);
  if (sios_keyset_add_jwks (keys, text, size, TRUE, &error))
    g_assert_cmpuint (keys->len, >, 0);
  else
    g_assert_nonnull (error);
  if (signature != NULL)
    {
      g_autoptr (GString) token = g_string_new (NULL);

      append_part (token, text, claims - text);
      g_string_append_c (token, '.');
      append_part (token, claims + 1, signature - claims - 1);
      g_string_append_c (token, '.');
      append_part (token, signature + 1, end - signature - 1);
      check_token (token->str, token->len);
    }
  return 0;
}
