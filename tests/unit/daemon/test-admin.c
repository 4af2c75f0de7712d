/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-admin-checks.h"
#include "sios-admin-sessions.h"
#include "sios-admin-users.h"
#include "sios-guesses.h"

/* A vector that all implementations of bcrypt know: "U*U" with cost 5. */
#define UU "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static SiosAdminUsers *
parse (const char *text, GPtrArray *problems)
{
  return sios_admin_users_parse (text, strlen (text), "root", "FILE", problems);
}

static void
test_users (void)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiosAdminUsers) users =
      parse ("# people\n\n  a:$2a" UU "\r\nb:$2b" UU "  \nc:d:$2y" UU "\n$2a" UU, problems);

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (sios_admin_users_get_length (users), ==, 4);
  g_assert_cmpstr (sios_admin_users_get_hash (users, "b"), ==, "$2b" UU);
  g_assert_null (sios_admin_users_get_hash (users, "x"));
  g_assert_true (sios_admin_users_check (users, "a", "U*U"));
  g_assert_true (sios_admin_users_check (users, "b", "U*U"));
  g_assert_true (sios_admin_users_check (users, "c:d", "U*U"));
  g_assert_true (sios_admin_users_check (users, "root", "U*U"));
  g_assert_false (sios_admin_users_check (users, "a", "U*V"));
  g_assert_false (sios_admin_users_check (users, "a", ""));
  g_assert_false (sios_admin_users_check (users, "a", "$2a" UU));
  g_assert_false (sios_admin_users_check (users, "nobody", "U*U"));
  g_assert_false (sios_admin_users_check (users, "", "U*U"));
}

static void
test_problems (void)
{
  static const struct
  {
    const char *text, *problem;
  } cases[] = {
    { "", "FILE: expected a line with NAME:HASH" },
    { "# nobody\n\n", "FILE: expected a line with NAME:HASH" },
    { "\na:plain", "FILE:2: expected a bcrypt hash*" },
    { "a:", "FILE:1: expected a bcrypt hash*" },
    { "a:$2x" UU, "FILE:1: expected a bcrypt hash*" },
    { "a:$2a" UU "x", "FILE:1: expected a bcrypt hash*" },
    { "a:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO!W",
      "FILE:1: expected a bcrypt hash*" },
    { "a:$2a$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "FILE:1: expected a bcrypt hash*" },
    { "a:$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "FILE:1: expected a bcrypt hash with a cost*" },
    { "a:$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "FILE:1: expected a bcrypt hash with a cost*" },
    { ":$2a" UU, "FILE:1: expected a name*" },
    { "\xff:$2a" UU, "FILE:1: expected a name*" },
    { "a:$2a" UU "\na:$2b" UU, "FILE:2: this user has a line already" },
    { "$2a" UU "\nroot:$2b" UU, "FILE:2: this user has a line already" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

      g_assert_null (parse (cases[i].text, problems));
      g_assert_cmpuint (problems->len, ==, 1);
      if (!g_pattern_match_simple (cases[i].problem, g_ptr_array_index (problems, 0)))
        g_error ("%s instead of %s", (char *) g_ptr_array_index (problems, 0), cases[i].problem);
    }
}

static gboolean
is_a (const char *name, gpointer user_data)
{
  return strcmp (name, "a") == 0;
}

static void
test_sessions (void)
{
  SiosAdminSessions *sessions = sios_admin_sessions_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  g_assert_null (sios_admin_sessions_add (sessions, "a", 0));
  sios_admin_sessions_set_limits (sessions, 1000, 2);
  first = sios_admin_sessions_add (sessions, "a", 0);
  second = sios_admin_sessions_add (sessions, "b", 1);
  g_assert_cmpuint (strlen (first), ==, 32);
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpstr (sios_admin_sessions_find (sessions, first, 999999), ==, "a");
  g_assert_cmpstr (sios_admin_sessions_find (sessions, second, 999999), ==, "b");
  g_assert_null (sios_admin_sessions_find (sessions, "", 0));
  g_assert_null (sios_admin_sessions_find (sessions, "00000000000000000000000000000000", 0));
  /* The oldest goes. */
  third = sios_admin_sessions_add (sessions, "a", 2);
  g_assert_null (sios_admin_sessions_find (sessions, first, 2));
  g_assert_cmpuint (sios_admin_sessions_get_length (sessions), ==, 2);
  sios_admin_sessions_keep (sessions, is_a, NULL);
  g_assert_null (sios_admin_sessions_find (sessions, second, 2));
  g_assert_cmpstr (sios_admin_sessions_find (sessions, third, 1000001), ==, "a");
  g_assert_null (sios_admin_sessions_find (sessions, third, 1000002));
  g_assert_cmpuint (sios_admin_sessions_get_length (sessions), ==, 0);
  g_free (sios_admin_sessions_add (sessions, "a", 0));
  sios_admin_sessions_set_limits (sessions, 1000, 0);
  g_assert_cmpuint (sios_admin_sessions_get_length (sessions), ==, 0);
  sios_admin_sessions_free (sessions);
}

typedef struct
{
  GMainLoop *loop;
  GThread *thread;
  guint n_correct;
  guint n_wrong;
  guint n_wanted;
} Answers;

static void
answer_cb (gboolean correct, gpointer user_data)
{
  Answers *answers = user_data;

  g_assert_true (g_thread_self () == answers->thread);
  if (correct)
    answers->n_correct++;
  else
    answers->n_wrong++;
  if (answers->n_correct + answers->n_wrong == answers->n_wanted)
    g_main_loop_quit (answers->loop);
}

static void
test_checks (void)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiosAdminUsers) users = parse ("a:$2a" UU, problems);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Answers answers = { loop, g_thread_self (), 0, 0, 10 };
  SiosAdminChecks *checks = sios_admin_checks_new ();

  for (guint i = 0; i < 10; i++)
    sios_admin_checks_run (checks, users, "a", i % 2 == 0 ? "U*U" : "U*V", answer_cb, &answers);
  g_assert_cmpuint (sios_admin_checks_get_length (checks), ==, 10);
  g_main_loop_run (loop);
  g_assert_cmpuint (answers.n_correct, ==, 5);
  g_assert_cmpuint (answers.n_wrong, ==, 5);
  g_assert_cmpuint (sios_admin_checks_get_length (checks), ==, 0);

  /* Whoever still waits at the end gets an answer. */
  answers.n_wanted = 110;
  for (guint i = 0; i < 100; i++)
    sios_admin_checks_run (checks, users, "a", "U*V", answer_cb, &answers);
  sios_admin_checks_free (checks);
  g_assert_cmpuint (answers.n_wrong, ==, 105);
}

/* What turned out to be right does not count. */
static void
test_take_back (void)
{
  SiosGuesses *guesses = sios_guesses_new (1);

  sios_guesses_set_rate (guesses, 2);
  sios_guesses_add (guesses, "192.0.2.1", 0);
  sios_guesses_add (guesses, "192.0.2.1", 0);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.1", 0), >, 0);
  sios_guesses_take_back (guesses, "192.0.2.1");
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.1", 0), ==, 0);
  sios_guesses_take_back (guesses, "192.0.2.9");
  sios_guesses_free (guesses);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/daemon/admin/users", test_users);
  g_test_add_func ("/daemon/admin/problems", test_problems);
  g_test_add_func ("/daemon/admin/sessions", test_sessions);
  g_test_add_func ("/daemon/admin/checks", test_checks);
  g_test_add_func ("/daemon/admin/take-back", test_take_back);
  return g_test_run ();
}
