/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "token-fixture.h"

/* What the verifier remembers, forgets, and answers when. */

static gint64
shifted_clock (gpointer user_data)
{
  return g_get_real_time () / G_USEC_PER_SEC + *(gint64 *) user_data;
}

static SiosVerifier *
make_verifier (const SiosVerifierLimits *limits)
{
  g_autoptr (GPtrArray) keys = sios_keyset_new ();
  g_autoptr (GError) error = NULL;
  SiosVerifier *verifier;

  tokens_add_keys (keys, "secret");
  tokens_add_keys (keys, "all.jwks");
  verifier = sios_verifier_new (sios_claim_rules_new (), keys, NULL, limits, &error);
  g_assert_no_error (error);
  return verifier;
}

static void
test_cache (void)
{
  SiosVerifierLimits limits = sios_verifier_default_limits;
  gint64 shift = 0;
  g_autoptr (SiosVerifier) verifier = NULL;
  const SiosVerifierCounters *counters;

  limits.max_cached = 3;
  verifier = make_verifier (&limits);
  counters = sios_verifier_get_counters (verifier);
  sios_verifier_set_clock (verifier, shifted_clock, &shift);
  tokens_accept (verifier, "ES256");
  g_assert_cmpuint (counters->n_cached, ==, 0);
  tokens_accept (verifier, "ES256");
  g_assert_cmpuint (counters->n_cached, ==, 1);
  g_assert_cmpuint (counters->n_accepted, ==, 2);
  tokens_refuse (verifier, "changed", SIOS_AUTH_SIGNATURE);
  g_assert_cmpuint (sios_verifier_get_n_cached (verifier), ==, 1);

  /* Bounded: the one not used for longest goes. */
  tokens_accept (verifier, "RS256");
  tokens_accept (verifier, "RS384");
  tokens_accept (verifier, "ES256");
  tokens_accept (verifier, "RS512");
  g_assert_cmpuint (sios_verifier_get_n_cached (verifier), ==, 3);
  g_assert_cmpuint (counters->n_cached, ==, 2);
  tokens_accept (verifier, "ES256");
  g_assert_cmpuint (counters->n_cached, ==, 3);
  tokens_accept (verifier, "RS256");
  g_assert_cmpuint (counters->n_cached, ==, 3);

  shift = 3600 + 61;
  tokens_refuse (verifier, "ES256", SIOS_AUTH_EXPIRED);
  g_assert_cmpuint (sios_verifier_get_n_cached (verifier), ==, 2);
  g_assert_cmpuint (counters->n_cached, ==, 3);
}

static void
count_cb (SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data)
{
  g_assert_cmpint (since, <, until);
  (*(guint *) user_data)++;
}

static void
test_revocations (void)
{
  gint64 shift = 0;
  SiosVerifierLimits limits = sios_verifier_default_limits;
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosVerifier) verifier = NULL;
  g_autoptr (SiosIdentity) identity = NULL;
  g_autofree char *token = tokens_get ("HS256");
  SiosRevocations *list;
  gint64 now = shifted_clock (&shift);
  guint n = 0;

  limits.max_revocations = 2;
  verifier = make_verifier (&limits);
  sios_verifier_set_clock (verifier, shifted_clock, &shift);
  list = sios_verifier_get_revocations (verifier);
  identity = tokens_verify (verifier, token, NULL);
  g_assert_false (sios_verifier_is_revoked (verifier, identity));

  g_assert_true (sios_revocations_add (list, SIOS_REVOKE_TOKEN, "id-1", now, now + 100, &error));
  tokens_refuse (verifier, "HS256", SIOS_AUTH_REVOKED); /* though it is in the cache */
  tokens_refuse (verifier, "RS256", SIOS_AUTH_REVOKED); /* and this is not */
  tokens_refuse (verifier, "RS256", SIOS_AUTH_REVOKED); /* now it is */
  tokens_accept (verifier, "no-iat");
  g_assert_true (sios_verifier_is_revoked (verifier, identity));
  shift = 101;
  tokens_accept (verifier, "HS256");
  shift = 0;
  g_assert_true (sios_revocations_remove (list, SIOS_REVOKE_TOKEN, "id-1"));
  g_assert_false (sios_revocations_remove (list, SIOS_REVOKE_TOKEN, "id-1"));
  tokens_accept (verifier, "HS256");

  g_assert_true (sios_revocations_add (list, SIOS_REVOKE_USER, "alice", identity->issued_at - 1,
                                       now + 100, &error));
  tokens_accept (verifier, "HS256"); /* issued later than that */
  tokens_refuse (verifier, "no-iat", SIOS_AUTH_REVOKED);
  g_assert_true (sios_revocations_add (list, SIOS_REVOKE_USER, "alice", now, now + 50, &error));
  tokens_refuse (verifier, "HS256", SIOS_AUTH_REVOKED);
  g_assert_cmpuint (sios_revocations_get_count (list), ==, 1);

  g_assert_false (sios_revocations_add (list, SIOS_REVOKE_USER, "", now, now + 9, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_true (sios_revocations_add (list, SIOS_REVOKE_USER, "bob", now, now + 50, &error));
  sios_revocations_foreach (list, count_cb, &n);
  g_assert_cmpuint (n, ==, 2);
  /* Full: an entry that holds is not given up, one that is over is. */
  g_assert_false (sios_revocations_add (list, SIOS_REVOKE_USER, "eve", now, now + 50, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_true (sios_revocations_add (list, SIOS_REVOKE_USER, "eve", now + 60, now + 99, &error));
  g_assert_cmpuint (sios_revocations_get_count (list), ==, 2);
}

typedef struct
{
  GString *log;
  guint n_left;
  guint n_errors;
} Answers;

typedef struct
{
  Answers *answers;
  char letter;
} Question;

static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autoptr (SiosIdentity) identity =
      sios_verifier_verify_finish (SIOS_VERIFIER (source), result, NULL);

  if (identity == NULL)
    question->answers->n_errors++;
  question->answers->n_left--;
  g_string_append_c (question->answers->log, question->letter);
}

static void
ask (SiosVerifier *verifier, const char *name, guint64 order, Answers *answers, char letter)
{
  g_autofree char *token = name != NULL ? tokens_get (name) : NULL;
  Question *question = g_new0 (Question, 1);

  question->answers = answers;
  question->letter = letter;
  answers->n_left++;
  sios_verifier_verify_async (verifier, token, order, NULL, answer_cb, question);
}

static void
wait_answers (Answers *answers)
{
  while (answers->n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_order (void)
{
  SiosVerifierLimits limits = sios_verifier_default_limits;
  g_autoptr (SiosVerifier) verifier = NULL;
  Answers answers = { g_string_new (NULL), 0, 0 };

  /* Only the first two need a thread, the others are known at once. */
  for (guint i = 0; i < 20; i++)
    {
      limits.max_cached = 0;
      g_clear_object (&verifier);
      verifier = make_verifier (&limits);
      answers.n_errors = 0;
      ask (verifier, "ES512", 7, &answers, 'a');
      ask (verifier, "RS256", 7, &answers, 'b');
      ask (verifier, "HS256", 7, &answers, 'c');
      ask (verifier, "none", 7, &answers, 'd');
      wait_answers (&answers);
      g_assert_cmpstr (answers.log->str, ==, "abcd");
      g_assert_cmpuint (answers.n_errors, ==, 1);
      g_string_truncate (answers.log, 0);
    }
  g_assert_cmpuint (sios_verifier_get_n_pending (verifier), ==, 0);
  g_string_free (answers.log, TRUE);
}

static void
test_busy (void)
{
  SiosVerifierLimits limits = sios_verifier_default_limits;
  g_autoptr (SiosVerifier) verifier = NULL;
  Answers answers = { g_string_new (NULL), 0, 0 };
  const SiosVerifierCounters *counters;

  limits.max_pending = 20;
  limits.max_cached = 0;
  verifier = make_verifier (&limits);
  counters = sios_verifier_get_counters (verifier);
  for (guint i = 0; i < 100; i++)
    ask (verifier, "ES512", i % 3, &answers, '.');
  wait_answers (&answers);
  g_assert_cmpuint (counters->n_accepted, ==, 20);
  g_assert_cmpuint (counters->n_refused[SIOS_AUTH_BUSY], ==, 80);
  tokens_accept (verifier, "ES512");
  g_string_free (answers.log, TRUE);
}

/* What is in the cache is let in however busy the threads are. */
static void
test_busy_cached (void)
{
  SiosVerifierLimits limits = sios_verifier_default_limits;
  g_autoptr (SiosVerifier) verifier = NULL;
  Answers answers = { g_string_new (NULL), 0, 0 };

  limits.max_pending = 1;
  verifier = make_verifier (&limits);
  tokens_accept (verifier, "RS256");
  ask (verifier, "ES512", 0, &answers, 'a');
  ask (verifier, "RS256", 0, &answers, 'b');
  ask (verifier, "RS384", 0, &answers, 'c');
  wait_answers (&answers);
  g_assert_cmpuint (answers.n_errors, ==, 1);
  g_assert_cmpuint (sios_verifier_get_counters (verifier)->n_refused[SIOS_AUTH_BUSY], ==, 1);
  g_string_free (answers.log, TRUE);
}

/* One connection alone cannot pile up answers. */
static void
test_busy_order (void)
{
  g_autoptr (SiosVerifier) verifier = make_verifier (NULL);
  const SiosVerifierCounters *counters = sios_verifier_get_counters (verifier);
  Answers answers = { g_string_new (NULL), 0, 0 };

  for (guint i = 0; i < 100; i++)
    ask (verifier, "RS256", 5, &answers, '.');
  g_assert_cmpuint (sios_verifier_get_n_pending (verifier), ==, 16);
  wait_answers (&answers);
  g_assert_cmpuint (counters->n_accepted, ==, 16);
  g_assert_cmpuint (counters->n_refused[SIOS_AUTH_BUSY], ==, 84);
  g_string_free (answers.log, TRUE);
}

static void
cancelled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sios_verifier_verify_finish (SIOS_VERIFIER (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *(gboolean *) user_data = TRUE;
}

static void
test_cancel (void)
{
  SiosVerifier *verifier = make_verifier (NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *token = tokens_get ("ES512");
  gboolean done = FALSE;

  g_object_add_weak_pointer (G_OBJECT (verifier), (gpointer *) &verifier);
  sios_verifier_verify_async (verifier, token, 1, cancellable, cancelled_cb, &done);
  g_cancellable_cancel (cancellable);
  /* It lives until its threads are done. */
  g_object_unref (verifier);
  while (!done || verifier != NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* A flood of what is bad leaves nothing behind. */
static void
test_flood (void)
{
  g_autoptr (SiosVerifier) verifier = make_verifier (NULL);
  const SiosVerifierCounters *counters = sios_verifier_get_counters (verifier);
  Answers answers = { g_string_new (NULL), 0, 0 };

  for (guint i = 0; i < 20000; i++)
    {
      ask (verifier, NULL, i, &answers, '.');
      if (i % 1000 == 999)
        wait_answers (&answers);
    }
  for (guint i = 0; i < 1000; i++)
    ask (verifier, "changed", i, &answers, '.');
  wait_answers (&answers);
  g_assert_cmpuint (counters->n_refused[SIOS_AUTH_MISSING], ==, 20000);
  g_assert_cmpuint (counters->n_refused[SIOS_AUTH_SIGNATURE], ==, 1000);
  g_assert_cmpuint (sios_verifier_get_n_cached (verifier), ==, 0);
  g_assert_cmpuint (sios_verifier_get_n_pending (verifier), ==, 0);
  tokens_accept (verifier, "RS256");
  g_string_free (answers.log, TRUE);
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  tokens_make ();
  g_test_add_func ("/verifier/cache", test_cache);
  g_test_add_func ("/verifier/revocations", test_revocations);
  g_test_add_func ("/verifier/order", test_order);
  g_test_add_func ("/verifier/busy", test_busy);
  g_test_add_func ("/verifier/busy-cached", test_busy_cached);
  g_test_add_func ("/verifier/busy-order", test_busy_order);
  g_test_add_func ("/verifier/cancel", test_cancel);
  g_test_add_func ("/verifier/flood", test_flood);
  rc = g_test_run ();
  tokens_remove ();
  return rc;
}
