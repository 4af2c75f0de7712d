/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libsoup/soup.h>
#include <string.h>

#include "token-fixture.h"

/* Keys of a real server, which changes them, is slow, talks nonsense and goes away. */

typedef struct
{
  SoupServer *server;
  char *url;
  guint16 port;
  char *body; /* NULL: never an answer */
  gsize length;
  guint status;
  const char *cache_control;
  const char *location;
  guint n_requests;
} Host;

static const SiosJwksLimits quick = {
  .timeout = 60000,
  .min_lifetime = 3600000,
  .max_lifetime = 7200000,
  .default_lifetime = 3600000,
  .retry = 3600000,
  .cooldown = 0,
  .max_size = 20000,
};

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  Host *host = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  host->n_requests++;
  if (host->body == NULL)
    {
      soup_server_message_pause (message);
      return;
    }
  if (host->cache_control != NULL)
    soup_message_headers_replace (headers, "Cache-Control", host->cache_control);
  if (host->location != NULL)
    soup_message_headers_replace (headers, "Location", host->location);
  soup_server_message_set_status (message, host->status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, host->body,
                                    host->length);
}

static void
host_listen (Host *host)
{
  g_autoptr (GError) error = NULL;
  g_autoslist (GUri) uris = NULL;

  host->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (host->server, "/keys", request_cb, host, NULL);
  soup_server_listen_local (host->server, host->port, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (host->server);
  host->port = (guint16) g_uri_get_port (uris->data);
}

static Host *
host_new (void)
{
  Host *host = g_new0 (Host, 1);

  host->status = SOUP_STATUS_OK;
  host_listen (host);
  host->url = g_strdup_printf ("http://127.0.0.1:%u/keys", host->port);
  return host;
}

static void
host_leave (Host *host)
{
  soup_server_disconnect (host->server);
  g_clear_object (&host->server);
}

static void
host_free (Host *host)
{
  if (host->server != NULL)
    host_leave (host);
  g_free (host->url);
  g_free (host->body);
  g_free (host);
}

static void
host_serve (Host *host, const char *name)
{
  g_free (host->body);
  host->body = tokens_read (name, &host->length);
}

static void
host_say (Host *host, const char *text)
{
  g_free (host->body);
  host->body = g_strdup (text);
  host->length = strlen (text);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

static guint n_expected;
static guint n_failed;

static void
expect_failure (void)
{
  n_expected++;
}

/* The operator is told of each failure. */
static void
check_failures (void)
{
  g_assert_cmpuint (n_failed, ==, n_expected);
}

static void
failed_cb (SiosJwks *jwks, const GError *error, gpointer user_data)
{
  g_assert_nonnull (error);
  n_failed++;
}

static SiosJwks *
jwks_new (Host *host, const SiosJwksLimits *limits)
{
  g_autoptr (GError) error = NULL;
  SiosJwks *jwks = sios_jwks_new (host->url, limits, NULL, &error);

  g_assert_no_error (error);
  g_signal_connect (jwks, "failed", G_CALLBACK (failed_cb), NULL);
  return jwks;
}

static SiosVerifier *
verifier_new (SiosJwks *jwks)
{
  g_autoptr (GError) error = NULL;
  SiosVerifier *verifier = sios_verifier_new (sios_claim_rules_new (), NULL, jwks, NULL, &error);

  g_assert_no_error (error);
  return verifier;
}

static void
wait_fetches (SiosJwks *jwks, guint64 n)
{
  while (sios_jwks_get_n_fetches (jwks) < n)
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_failures (SiosJwks *jwks, guint64 n)
{
  while (sios_jwks_get_n_failures (jwks) < n)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_url (void)
{
  static const char *const bad[] = { "http://example.com/keys",
                                     "http://10.0.0.1/keys",
                                     "ftp://127.0.0.1/keys",
                                     "https:///keys",
                                     "https://me:x@host/keys",
                                     "file:///etc/keys",
                                     "keys",
                                     "http://127.0.0.1.evil.test/" };
  static const char *const good[] = { "https://example.com/keys", "http://127.0.0.1:80/",
                                      "http://[::1]/keys", "http://localhost:8080/keys" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sios_jwks_new (bad[i], NULL, NULL, &error));
      g_assert_nonnull (error);
    }
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SiosJwks) jwks = sios_jwks_new (good[i], NULL, NULL, &error);

      g_assert_no_error (error);
    }
}

/* Tokens that come before the keys wait for them; a key not known is asked for; an old one goes. */
static void
test_rotation (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (SiosJwks) jwks = jwks_new (host, &quick);
  g_autoptr (SiosVerifier) verifier = verifier_new (jwks);

  host_serve (host, "rsa.jwks");
  sios_jwks_start (jwks);
  tokens_accept (verifier, "RS256-kid");
  g_assert_cmpuint (host->n_requests, ==, 1);
  tokens_accept (verifier, "RS256-kid");
  g_assert_cmpuint (sios_verifier_get_counters (verifier)->n_cached, ==, 1);

  host_serve (host, "other.jwks");
  tokens_accept (verifier, "RS256-kid"); /* nobody knows yet */
  tokens_accept (verifier, "foreign-kid");
  g_assert_cmpuint (host->n_requests, ==, 2);
  /* Out of the keys, out of the cache */
  g_assert_cmpuint (sios_verifier_get_n_cached (verifier), ==, 1);
  tokens_refuse (verifier, "RS256-kid", SIOS_AUTH_UNKNOWN_KEY);
  g_assert_cmpuint (host->n_requests, ==, 3);
  /* Keys of a URL are none for HMAC, so it is not asked. */
  tokens_refuse (verifier, "confused-kid", SIOS_AUTH_UNKNOWN_KEY);
  g_assert_cmpuint (host->n_requests, ==, 3);
  sios_jwks_stop (jwks);
}

static void
test_cooldown (void)
{
  SiosJwksLimits limits = quick;
  g_autoptr (Host) host = host_new ();
  g_autoptr (SiosJwks) jwks = NULL;
  g_autoptr (SiosVerifier) verifier = NULL;

  limits.cooldown = 3600000;
  jwks = jwks_new (host, &limits);
  verifier = verifier_new (jwks);
  host_serve (host, "rsa.jwks");
  sios_jwks_start (jwks);
  tokens_accept (verifier, "RS256-kid");
  for (guint i = 0; i < 50; i++)
    tokens_refuse (verifier, "foreign-kid", SIOS_AUTH_UNKNOWN_KEY);
  g_assert_cmpuint (host->n_requests, ==, 2);
  sios_jwks_stop (jwks);
}

static void
test_bad_answers (void)
{
  g_autofree char *huge = g_strnfill (30000, ' ');
  g_autofree char *deep = g_strnfill (15000, '[');
  g_autoptr (Host) host = host_new ();
  g_autoptr (SiosJwks) jwks = jwks_new (host, &quick);
  g_autoptr (SiosVerifier) verifier = verifier_new (jwks);
  const char *const bodies[] = {
    "", "<html>", "{}", "{\"keys\":7}", "{\"keys\":[]}", "{\"keys\":[],\"keys\":[]}", huge, deep
  };
  guint64 n = 0;

  host_serve (host, "rsa.jwks");
  sios_jwks_start (jwks);
  tokens_accept (verifier, "RS256-kid");
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      host_say (host, bodies[i]);
      expect_failure ();
      tokens_refuse (verifier, "foreign-kid", SIOS_AUTH_UNKNOWN_KEY);
      g_assert_cmpuint (sios_jwks_get_n_failures (jwks), ==, ++n);
      tokens_accept (verifier, "RS256-kid");
    }
  host_serve (host, "other.jwks");
  host->status = SOUP_STATUS_INTERNAL_SERVER_ERROR;
  expect_failure ();
  tokens_refuse (verifier, "foreign-kid", SIOS_AUTH_UNKNOWN_KEY);
  /* Not followed, wherever it leads */
  host->status = SOUP_STATUS_FOUND;
  host->location = "/keys";
  expect_failure ();
  tokens_refuse (verifier, "foreign-kid", SIOS_AUTH_UNKNOWN_KEY);
  g_assert_cmpuint (host->n_requests, ==, sios_jwks_get_n_fetches (jwks));
  check_failures ();
  tokens_accept (verifier, "RS256");
  g_assert_cmpuint (sios_verifier_get_counters (verifier)->n_refused[SIOS_AUTH_UNKNOWN_KEY], ==,
                    n + 2);
  sios_jwks_stop (jwks);
}

static void
test_gone (void)
{
  SiosJwksLimits limits = quick;
  g_autoptr (Host) host = host_new ();
  g_autoptr (SiosJwks) jwks = NULL;
  g_autoptr (SiosVerifier) verifier = NULL;
  guint64 n_failures;

  limits.retry = 1;
  limits.min_lifetime = 1;
  jwks = jwks_new (host, &limits);
  verifier = verifier_new (jwks);
  host_serve (host, "rsa.jwks");
  host_leave (host);
  /* Without any key it is not the token's fault. */
  sios_jwks_start (jwks);
  tokens_refuse (verifier, "RS256-kid", SIOS_AUTH_KEYS_UNAVAILABLE);
  sios_jwks_stop (jwks);

  host_listen (host);
  sios_jwks_start (jwks);
  tokens_accept (verifier, "RS256-kid");
  sios_jwks_stop (jwks);
  host_leave (host);
  n_failures = sios_jwks_get_n_failures (jwks);
  sios_jwks_start (jwks);
  wait_failures (jwks, n_failures + 3); /* it tries again by itself */
  sios_jwks_stop (jwks);
  n_expected += (guint) sios_jwks_get_n_failures (jwks);
  check_failures ();
  tokens_accept (verifier, "RS256");
}

static void
test_slow (void)
{
  SiosJwksLimits limits = quick;
  g_autoptr (Host) host = host_new ();
  g_autoptr (SiosJwks) jwks = NULL;
  g_autoptr (SiosVerifier) verifier = NULL;
  gint64 start;

  limits.timeout = 300;
  jwks = jwks_new (host, &limits);
  verifier = verifier_new (jwks);
  start = g_get_monotonic_time ();
  expect_failure ();
  sios_jwks_start (jwks);
  tokens_refuse (verifier, "RS256-kid", SIOS_AUTH_KEYS_UNAVAILABLE);
  check_failures ();
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 299000);
  g_assert_cmpuint (host->n_requests, ==, 1);
  host_serve (host, "rsa.jwks");
  tokens_accept (verifier, "RS256-kid"); /* asks again */
  sios_jwks_stop (jwks);
}

static void
refused_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sios_verifier_verify_finish (SIOS_VERIFIER (source), result, &error));
  g_assert_error (error, SIOS_AUTH_ERROR, SIOS_AUTH_UNKNOWN_KEY);
  (*(guint *) user_data)++;
}

/* While the server is silent, tokens of invented keys wait, not those of known ones. */
static void
test_invented (void)
{
  SiosVerifierLimits limits = sios_verifier_default_limits;
  g_autoptr (Host) host = host_new ();
  g_autoptr (SiosJwks) jwks = jwks_new (host, &quick);
  g_autoptr (SiosVerifier) verifier = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = tokens_get ("foreign-kid");
  guint n_refused = 0;

  limits.max_pending = 4;
  verifier = sios_verifier_new (sios_claim_rules_new (), NULL, jwks, &limits, &error);
  g_assert_no_error (error);
  host_serve (host, "rsa.jwks");
  sios_jwks_start (jwks);
  tokens_accept (verifier, "RS256-kid");
  g_clear_pointer (&host->body, g_free);
  for (guint i = 0; i < 100; i++)
    sios_verifier_verify_async (verifier, token, 0, NULL, refused_cb, &n_refused);
  tokens_accept (verifier, "RS256"); /* not in the cache */
  while (n_refused < 96)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (sios_verifier_get_n_pending (verifier), ==, 4);
  sios_jwks_stop (jwks);
  while (n_refused < 100)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (sios_verifier_get_n_pending (verifier), ==, 0);
}

/* Stopped in the middle: whoever waits is told, nothing is left. */
static void
test_stop (void)
{
  g_autoptr (Host) host = host_new ();
  SiosJwks *jwks = jwks_new (host, &quick);
  g_autoptr (SiosVerifier) verifier = verifier_new (jwks);
  g_autofree char *token = tokens_get ("RS256-kid");
  g_autoptr (GError) error = NULL;

  g_object_add_weak_pointer (G_OBJECT (jwks), (gpointer *) &jwks);
  sios_jwks_start (jwks);
  while (host->n_requests == 0)
    g_main_context_iteration (NULL, TRUE);
  g_idle_add_once ((GSourceOnceFunc) sios_jwks_stop, jwks);
  g_assert_null (tokens_verify (verifier, token, &error));
  g_assert_error (error, SIOS_AUTH_ERROR, SIOS_AUTH_KEYS_UNAVAILABLE);
  g_clear_object (&verifier);
  g_object_unref (jwks);
  while (jwks != NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* max-age is kept to, within the bounds. */
static void
test_lifetime (void)
{
  static const struct
  {
    const char *cache_control;
    guint min, max, def;
    gboolean again;
  } cases[] = {
    { "max-age=0", 1, 3600000, 3600000, TRUE },
    { "public, max-age=9999999", 1, 10, 3600000, TRUE },
    { "no-store, max-age=3600", 1, 3600000, 3600000, TRUE },
    { NULL, 1, 3600000, 1, TRUE },
    { "max-age=x", 1, 3600000, 1, TRUE },
    { "max-age=3600", 1, 3600000, 1, FALSE },
    { "max-age=0", 3600000, 3600000, 1, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SiosJwksLimits limits = quick;
      g_autoptr (Host) host = host_new ();
      g_autoptr (SiosJwks) jwks = NULL;
      g_autoptr (SiosVerifier) verifier = NULL;

      limits.min_lifetime = cases[i].min;
      limits.max_lifetime = cases[i].max;
      limits.default_lifetime = cases[i].def;
      jwks = jwks_new (host, &limits);
      verifier = verifier_new (jwks);
      host_serve (host, "rsa.jwks");
      host->cache_control = cases[i].cache_control;
      sios_jwks_start (jwks);
      tokens_accept (verifier, "RS256-kid");
      if (cases[i].again)
        wait_fetches (jwks, 3);
      else
        {
          /* Time for several fetches, were they wanted */
          gint64 end = g_get_monotonic_time () + 20000;

          while (g_get_monotonic_time () < end)
            g_main_context_iteration (NULL, FALSE);
          g_assert_cmpuint (sios_jwks_get_n_fetches (jwks), ==, 1);
        }
      sios_jwks_stop (jwks);
    }
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  tokens_make ();
  g_test_add_func ("/jwks/url", test_url);
  g_test_add_func ("/jwks/rotation", test_rotation);
  g_test_add_func ("/jwks/cooldown", test_cooldown);
  g_test_add_func ("/jwks/bad-answers", test_bad_answers);
  g_test_add_func ("/jwks/gone", test_gone);
  g_test_add_func ("/jwks/slow", test_slow);
  g_test_add_func ("/jwks/invented", test_invented);
  g_test_add_func ("/jwks/stop", test_stop);
  g_test_add_func ("/jwks/lifetime", test_lifetime);
  rc = g_test_run ();
  tokens_remove ();
  return rc;
}
