/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-json.h"
#include "token-fixture.h"

/* What is let in and what is not: each algorithm, each way to be wrong. */

static char *issuers[] = { (char *) "https://first.test", (char *) "https://issuer.test", NULL };
static char *audiences[] = { (char *) "chat", NULL };
static char *tenants[] = { (char *) "acme", NULL };

static SiosVerifier *
verifier_with (SiosClaimRules *rules, const char *const *names)
{
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = NULL;
  SiosVerifier *verifier;

  for (; *names != NULL; names++)
    tokens_add_keys (keys, *names);
  verifier =
      sios_verifier_new (rules != NULL ? rules : sios_claim_rules_new (), keys, NULL, NULL, &error);
  g_assert_no_error (error);
  return verifier;
}

#define VERIFIER(rules, ...) verifier_with (rules, (const char *const[]){ __VA_ARGS__, NULL })

static void
test_algorithms (void)
{
  static const char *const names[] = { "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
                                       "PS256", "PS384", "PS512", "ES256", "ES384", "ES512" };
  g_autoptr (SiosVerifier) all = VERIFIER (NULL, "secret", "all.jwks");
  g_autoptr (SiosVerifier) pem = VERIFIER (NULL, "secret", "rsa.pem", "p256.pem", "p384.pem",
                                           "p521.pem", "ed25519.pem", "ed448.pem");
  g_autoptr (SiosVerifier) pss = VERIFIER (NULL, "pss.pem");
  g_autoptr (SiosVerifier) certificate = VERIFIER (NULL, "certificate.pem");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *with_kid = g_strconcat (names[i], "-kid", NULL);

      tokens_accept (all, names[i]);
      tokens_accept (all, with_kid);
      tokens_accept (pem, names[i]);
      tokens_accept (pem, with_kid);
    }
  tokens_accept (all, "ed25519");
  tokens_accept (all, "ed448");
  tokens_accept (pem, "ed25519");
  tokens_accept (pem, "ed448");
  tokens_accept (pss, "pss");
  tokens_refuse (pss, "RS256", SIOS_AUTH_UNKNOWN_KEY);
  tokens_accept (certificate, "RS256");
  tokens_accept (certificate, "PS512");
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *name = g_strdup_printf ("es-%u", i);

      tokens_accept (pem, name);
    }
}

static void
test_confusion (void)
{
  g_autoptr (SiosVerifier) public = VERIFIER (NULL, "rsa.pem", "p256.pem");
  g_autoptr (SiosVerifier) set = VERIFIER (NULL, "all.jwks");
  g_autoptr (SiosVerifier) all = VERIFIER (NULL, "secret", "all.jwks");
  g_autoptr (SiosVerifier) pinned = VERIFIER (NULL, "rsa.jwks");

  tokens_refuse (public, "confused", SIOS_AUTH_UNKNOWN_KEY);
  tokens_refuse (set, "confused-kid", SIOS_AUTH_UNKNOWN_KEY);
  tokens_refuse (all, "confused", SIOS_AUTH_SIGNATURE);
  tokens_refuse (all, "confused-kid", SIOS_AUTH_SIGNATURE);
  tokens_refuse (set, "curve", SIOS_AUTH_UNKNOWN_KEY);
  tokens_refuse (public, "curve", SIOS_AUTH_UNKNOWN_KEY);
  tokens_refuse (all, "embedded", SIOS_AUTH_SIGNATURE);
  tokens_refuse (all, "foreign-kid", SIOS_AUTH_UNKNOWN_KEY);
  tokens_refuse (all, "other-as-rsa", SIOS_AUTH_SIGNATURE);
  /* The set says what the key is for. */
  tokens_accept (pinned, "RS256-kid");
  tokens_refuse (pinned, "RS512-kid", SIOS_AUTH_UNKNOWN_KEY);
  tokens_refuse (pinned, "PS256-kid", SIOS_AUTH_UNKNOWN_KEY);
}

static void
test_allowed (void)
{
  SiosVerifierLimits limits = sios_verifier_default_limits;
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosVerifier) verifier = NULL;
  g_autoptr (SiosClaimRules) rules = sios_claim_rules_new ();

  tokens_add_keys (keys, "secret");
  tokens_add_keys (keys, "all.jwks");
  limits.algs = SIOS_ALG_BIT (SIOS_ALG_ES256);
  verifier = sios_verifier_new (g_steal_pointer (&rules), keys, NULL, &limits, &error);
  g_assert_no_error (error);
  tokens_accept (verifier, "ES256");
  tokens_refuse (verifier, "HS256", SIOS_AUTH_ALGORITHM);
  tokens_refuse (verifier, "RS256", SIOS_AUTH_ALGORITHM);

  g_clear_object (&verifier);
  g_ptr_array_set_size (keys, 0);
  tokens_add_keys (keys, "secret");
  g_assert_null (sios_verifier_new (sios_claim_rules_new (), keys, NULL, &limits, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_forms (void)
{
  static const struct
  {
    const char *name;
    SiosAuthReason reason;
  } cases[] = {
    { "none", SIOS_AUTH_ALGORITHM },
    { "None", SIOS_AUTH_ALGORITHM },
    { "stripped", SIOS_AUTH_MALFORMED },
    { "two-parts", SIOS_AUTH_MALFORMED },
    { "four-parts", SIOS_AUTH_MALFORMED },
    { "one-part", SIOS_AUTH_MALFORMED },
    { "dots", SIOS_AUTH_MALFORMED },
    { "padded", SIOS_AUTH_MALFORMED },
    { "spaced", SIOS_AUTH_SIGNATURE },
    { "plus", SIOS_AUTH_MALFORMED },
    { "spelling", SIOS_AUTH_MALFORMED },
    { "changed", SIOS_AUTH_SIGNATURE },
    { "short-signature", SIOS_AUTH_SIGNATURE },
    { "giant", SIOS_AUTH_TOO_LARGE },
    { "crit", SIOS_AUTH_CRITICAL },
    { "b64", SIOS_AUTH_CRITICAL },
    { "type", SIOS_AUTH_MALFORMED },
    { "nested", SIOS_AUTH_MALFORMED },
    { "kid-number", SIOS_AUTH_MALFORMED },
    { "kid-long", SIOS_AUTH_MALFORMED },
    { "double-header", SIOS_AUTH_MALFORMED },
    { "deep-header", SIOS_AUTH_MALFORMED },
    { "deep-claims", SIOS_AUTH_MALFORMED },
    { "double-claims", SIOS_AUTH_MALFORMED },
    { "double-inner", SIOS_AUTH_MALFORMED },
    { "array", SIOS_AUTH_MALFORMED },
    { "two", SIOS_AUTH_MALFORMED },
  };
  g_autoptr (SiosVerifier) verifier = VERIFIER (NULL, "secret", "all.jwks");
  const SiosVerifierCounters *counters = sios_verifier_get_counters (verifier);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint64 before = counters->n_refused[cases[i].reason];

      tokens_refuse (verifier, cases[i].name, cases[i].reason);
      g_assert_cmpuint (counters->n_refused[cases[i].reason], ==, before + 1);
      /* None of these tells the client what was wrong. */
      g_assert_cmpstr (sios_auth_reason_get_code (cases[i].reason), ==, "TOKEN_INVALID");
    }
  tokens_accept (verifier, "at");
  tokens_accept (verifier, "unknown-kid"); /* a secret has no name */
  g_assert_null (tokens_verify (verifier, NULL, &error));
  g_assert_error (error, SIOS_AUTH_ERROR, SIOS_AUTH_MISSING);
  g_clear_error (&error);
  g_assert_null (tokens_verify (verifier, "", &error));
  g_assert_error (error, SIOS_AUTH_ERROR, SIOS_AUTH_MISSING);
  g_assert_cmpstr (sios_auth_reason_get_code (SIOS_AUTH_MISSING), ==, "TOKEN_MISSING");
}

static void
test_claims (void)
{
  static const struct
  {
    const char *name;
    SiosAuthReason reason;
  } cases[] = {
    { "expired", SIOS_AUTH_EXPIRED },      { "early", SIOS_AUTH_NOT_YET_VALID },
    { "future", SIOS_AUTH_NOT_YET_VALID }, { "issuer", SIOS_AUTH_ISSUER },
    { "no-issuer", SIOS_AUTH_ISSUER },     { "issuer-array", SIOS_AUTH_ISSUER },
    { "audience", SIOS_AUTH_AUDIENCE },    { "no-audience", SIOS_AUTH_AUDIENCE },
    { "tenant", SIOS_AUTH_TENANT },        { "no-tenant", SIOS_AUTH_TENANT },
    { "no-expiry", SIOS_AUTH_CLAIMS },     { "text-expiry", SIOS_AUTH_CLAIMS },
    { "endless", SIOS_AUTH_CLAIMS },       { "no-user", SIOS_AUTH_CLAIMS },
    { "empty-user", SIOS_AUTH_CLAIMS },    { "control-user", SIOS_AUTH_CLAIMS },
    { "long-user", SIOS_AUTH_CLAIMS },     { "object-user", SIOS_AUTH_CLAIMS },
    { "many-groups", SIOS_AUTH_CLAIMS },
  };
  SiosClaimRules *rules = sios_claim_rules_new ();
  g_autoptr (SiosVerifier) verifier = NULL;

  rules->issuers = g_strdupv (issuers);
  rules->audiences = g_strdupv (audiences);
  rules->tenants = g_strdupv (tenants);
  verifier = VERIFIER (rules, "secret");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    tokens_refuse (verifier, cases[i].name, cases[i].reason);
  tokens_accept (verifier, "HS256");
  tokens_accept (verifier, "just-expired"); /* within the leeway */
  tokens_accept (verifier, "audience-string");
  tokens_accept (verifier, "number-user");

  g_clear_object (&verifier);
  rules = sios_claim_rules_new ();
  rules->leeway = 0;
  rules->require_expiry = FALSE;
  verifier = VERIFIER (rules, "secret");
  tokens_refuse (verifier, "just-expired", SIOS_AUTH_EXPIRED);
  tokens_accept (verifier, "no-expiry");
  tokens_accept (verifier, "issuer");
  tokens_accept (verifier, "no-audience");
  tokens_accept (verifier, "no-tenant");
}

static void
test_identity (void)
{
  SiosClaimRules *rules = sios_claim_rules_new ();
  g_autofree char *token = tokens_get ("HS256");
  g_autofree char *big = tokens_get ("big");
  g_autofree char *solo = tokens_get ("one-group");
  g_autoptr (SiosVerifier) plain = VERIFIER (NULL, "secret");
  g_autoptr (SiosVerifier) nested = NULL;
  g_autoptr (SiosIdentity) identity = tokens_verify (plain, token, NULL);
  g_autoptr (SiosIdentity) other = NULL;
  g_autoptr (SiosIdentity) large = tokens_verify (plain, big, NULL);
  g_autoptr (SiosIdentity) one = tokens_verify (plain, solo, NULL);

  g_assert_cmpstr (identity->user, ==, "alice");
  g_assert_cmpstr (identity->roles[0], ==, "admin");
  g_assert_null (identity->roles[1]);
  g_assert_cmpstr (identity->groups[0], ==, "dev");
  g_assert_cmpstr (identity->groups[1], ==, "ops");
  g_assert_null (identity->groups[2]);
  g_assert_cmpstr (identity->tenant, ==, "acme");
  g_assert_cmpstr (identity->token_id, ==, "id-1");
  g_assert_cmpint (identity->expires_at - identity->issued_at, ==, 3610);
  g_assert_true (g_str_has_prefix (identity->claims, "{\"sub\":\"alice\""));
  g_assert_nonnull (large);
  g_assert_null (large->claims);
  g_assert_cmpstr (one->groups[0], ==, "solo");

  g_free (rules->user_claim);
  rules->user_claim = g_strdup ("number");
  g_free (rules->role_claim);
  rules->role_claim = g_strdup ("realm_access.roles");
  g_free (rules->groups_claim);
  rules->groups_claim = g_strdup ("/realm_access/roles");
  g_free (rules->tenant_claim);
  rules->tenant_claim = g_strdup ("https://claims.test/org");
  nested = VERIFIER (rules, "secret");
  other = tokens_verify (nested, token, NULL);
  g_assert_cmpstr (other->user, ==, "42");
  g_assert_cmpstr (other->roles[0], ==, "editor");
  g_assert_cmpstr (other->groups[1], ==, "viewer");
  g_assert_cmpstr (other->tenant, ==, "acme-url");
}

static void
expect_bad_pem (const char *name)
{
  gsize length;
  g_autofree char *text = tokens_read (name, &length);
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (sios_keyset_add_pem (keys, text, length, &error));
  g_assert_nonnull (error);
}

static void
test_keys (void)
{
  gsize length;
  g_autofree char *odd = tokens_read ("odd.jwks", &length);
  g_autofree char *pem = tokens_read ("rsa.pem", NULL);
  g_autofree char *p256 = tokens_read ("p256.pem", NULL);
  g_autofree char *two = g_strconcat (pem, p256, NULL);
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) public = g_bytes_new (pem, strlen (pem));
  g_autoptr (GBytes) just = g_bytes_new_static ("0123456789012345678901234567890\n", 32);
  g_autoptr (GBytes) enough = g_bytes_new_static ("01234567890123456789012345678901\r\n", 34);
  g_autoptr (SiosTokenKey) key = NULL;

  expect_bad_pem ("weak.pem");
  expect_bad_pem ("k256.pem");
  expect_bad_pem ("private.pem");
  expect_bad_pem ("secret");

  g_assert_null (sios_token_key_new_secret (public, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);
  /* The line break is none of its bytes. */
  g_assert_null (sios_token_key_new_secret (just, &error));
  g_assert_nonnull (strstr (error->message, "this one has 31"));
  g_clear_error (&error);
  key = sios_token_key_new_secret (enough, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sios_token_key_get_algs (key), ==, SIOS_ALG_BIT (SIOS_ALG_HS256));

  /* One of a URL: weak, unknown, private, broken, secret and other keys are left out. */
  g_assert_true (sios_keyset_add_jwks (keys, odd, length, FALSE, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (keys->len, ==, 1);
  g_assert_cmpstr (sios_token_key_get_id (keys->pdata[0]), ==, "p256");
  g_ptr_array_set_size (keys, 0);
  g_assert_true (sios_keyset_add_jwks (keys, odd, length, TRUE, &error));
  g_assert_cmpuint (keys->len, ==, 2);
  g_ptr_array_set_size (keys, 0);
  g_assert_true (sios_keyset_add_pem (keys, two, strlen (two), &error));
  g_assert_cmpuint (keys->len, ==, 2);
  g_assert_false (sios_keyset_add_jwks (keys, "{\"keys\":[]}", 11, TRUE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_base64url (void)
{
  static const char *const bad[] = { "A", "AB=", "AA==", "A+", "A/", " AA", "AB", "AAB", "AAAAA" };
  gsize length;
  g_autofree guint8 *bytes = sios_base64url_decode ("-_8", 3, &length);

  g_assert_cmpmem (bytes, length, "\xfb\xff", 2);
  g_clear_pointer (&bytes, g_free);
  bytes = sios_base64url_decode ("", 0, &length);
  g_assert_nonnull (bytes);
  g_assert_cmpuint (length, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (sios_base64url_decode (bad[i], strlen (bad[i]), &length));
}

/* How long one signature takes; shown with -m perf. */
static void
test_speed (void)
{
  static const char *const names[] = { "HS256", "HS512", "RS256", "RS512",   "PS256",
                                       "ES256", "ES384", "ES512", "ed25519", "ed448" };
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  guint rounds = g_test_perf () ? 2000 : 3;

  tokens_add_keys (keys, "secret");
  tokens_add_keys (keys, "all.jwks");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *token = tokens_get (names[i]);
      g_autoptr (SiosJwt) jwt = sios_jwt_parse (token, strlen (token), 8192, NULL);
      g_autoptr (GPtrArray) found =
          g_ptr_array_new_with_free_func ((GDestroyNotify) sios_token_key_unref);
      gint64 start;

      g_assert_true (sios_keyset_find (keys, jwt->alg, jwt->kid, found));
      start = g_get_monotonic_time ();
      for (guint n = 0; n < rounds; n++)
        {
          gboolean good = FALSE;

          for (guint k = 0; !good && k < found->len; k++)
            good = sios_jwt_verify (jwt, found->pdata[k]);
          g_assert_true (good);
        }
      g_test_message ("%s: %.1f µs", names[i], (double) (g_get_monotonic_time () - start) / rounds);
    }
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  tokens_make ();
  g_test_add_func ("/token/algorithms", test_algorithms);
  g_test_add_func ("/token/confusion", test_confusion);
  g_test_add_func ("/token/allowed", test_allowed);
  g_test_add_func ("/token/forms", test_forms);
  g_test_add_func ("/token/claims", test_claims);
  g_test_add_func ("/token/identity", test_identity);
  g_test_add_func ("/token/keys", test_keys);
  g_test_add_func ("/token/base64url", test_base64url);
  g_test_add_func ("/token/speed", test_speed);
  rc = g_test_run ();
  tokens_remove ();
  return rc;
}
