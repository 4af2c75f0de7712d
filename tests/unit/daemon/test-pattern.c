/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "sios-pattern.h"

static const char *const variables[] = { "user", "groups", "tenant", NULL };

/* user:ann, groups: dev, a:b and an empty one, no tenant */
static const char *const *
get_values (guint variable, gpointer user_data)
{
  static const char *const user[] = { "ann", NULL };
  static const char *const groups[] = { "dev", "", "a:b", "dev-ops", NULL };

  g_assert_cmpuint (variable, <, 3);
  g_assert_true (user_data == variables);
  return variable == 0 ? user : variable == 1 ? groups : NULL;
}

typedef struct
{
  const char *pattern;
  const char *text;
  gboolean matches;
} Vector;

static const Vector vectors[] = {
  { "a", "a", TRUE },
  { "a", "", FALSE },
  { "a", "ab", FALSE },
  { "a", "b", FALSE },
  { "conversation:*", "conversation:42", TRUE },
  { "conversation:*", "conversation:", FALSE },
  { "conversation:*", "conversation", FALSE },
  { "conversation:*", "conversation:42:admins", FALSE },
  { "conversation:*", "conversation::", FALSE },
  { "conversation:*", "xconversation:42", FALSE },
  { "conversation:*", "Conversation:42", FALSE },
  { "conversation:*", "conversation:ä 漢", TRUE },
  { "conversation:**", "conversation:42:admins", TRUE },
  { "conversation:**", "conversation:", FALSE },
  { "**", "x", TRUE },
  { "**", ":", TRUE },
  { "**", "", FALSE },
  { "*", "x", TRUE },
  { "*", "x:y", FALSE },
  { "*:*", "x:y", TRUE },
  { "*:*", "x:y:z", FALSE },
  { "*:*", ":y", FALSE },
  { "*:**", "x:y:z", TRUE },
  { "**:end", "a:b:end", TRUE },
  { "**:end", "a:end:", FALSE },
  { "**:end", "a:end:end", TRUE },
  { "*-*-*", "a-b-c", TRUE },
  { "*-*-*", "a-b-c-d", TRUE },
  { "*-*-*", "a--c", FALSE },
  { "*-*-*", "-----", TRUE },
  { "x*y", "xy", FALSE },
  { "x*y", "xyy", TRUE },
  { "\\*", "*", TRUE },
  { "\\*", "a", FALSE },
  { "\\{user\\}", "{user}", TRUE },
  { "a\\\\b", "a\\b", TRUE },
  { "user:{user}", "user:ann", TRUE },
  { "user:{user}", "user:an", FALSE },
  { "user:{user}", "user:anne", FALSE },
  { "user:{user}", "user:", FALSE },
  { "user:{user}", "user:{user}", FALSE },
  { "{user}", "ann", TRUE },
  { "doc:{groups}", "doc:dev", TRUE },
  { "doc:{groups}", "doc:dev-ops", TRUE },
  { "doc:{groups}", "doc:a:b", TRUE },
  { "doc:{groups}", "doc:", FALSE },
  { "doc:{groups}", "doc:ops", FALSE },
  { "doc:{groups}:*", "doc:dev:7", TRUE },
  { "doc:{groups}:*", "doc:a:b:7", FALSE }, /* doc:a belongs to another group */
  { "doc:{groups}*", "doc:dev-ops", TRUE },
  { "doc:{groups}*", "doc:dev", FALSE },
  { "{user}:{groups}", "ann:dev", TRUE },
  { "{user}:{groups}", "ann:a:b", TRUE },
  { "{groups}:{user}", "a:b:ann", FALSE },
  { "tenant:{tenant}", "tenant:", FALSE },
  { "tenant:{tenant}", "tenant:x", FALSE },
  { "*{user}*", "annannann", TRUE },
  { "*{user}*", "annann", FALSE },
};

static void
test_match (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SiosPattern) pattern = sios_pattern_new (vectors[i].pattern, variables, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (sios_pattern_get_text (pattern), ==, vectors[i].pattern);
      g_test_message ("%s %s", vectors[i].pattern, vectors[i].text);
      g_assert_cmpint (
          sios_pattern_match (pattern, vectors[i].text, get_values, (gpointer) variables), ==,
          vectors[i].matches);
      /* Who matches with values matches with any. */
      if (vectors[i].matches)
        g_assert_true (sios_pattern_match (pattern, vectors[i].text, NULL, NULL));
    }
}

static void
test_any_values (void)
{
  static const Vector any[] = {
    { "doc:{groups}", "doc:ops", TRUE },      { "doc:{groups}", "doc:x:y", TRUE },
    { "doc:{groups}", "doc:", FALSE },        { "doc:{groups}", "dog:x", FALSE },
    { "doc:{groups}:*", "doc:x:y:z", FALSE }, { "doc:{groups}:*", "doc:x:y", TRUE },
    { "{tenant}:{user}", "acme:x:y", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (any); i++)
    {
      g_autoptr (SiosPattern) pattern = sios_pattern_new (any[i].pattern, variables, NULL);

      g_assert_cmpint (sios_pattern_match (pattern, any[i].text, NULL, NULL), ==, any[i].matches);
    }
}

static void
test_parts (void)
{
  static const struct
  {
    const char *pattern;
    const char *prefix;
    gboolean has_variables;
  } parts[] = {
    { "lobby", "lobby", FALSE }, { "doc:{groups}", "doc:", TRUE },   { "*:x", "", FALSE },
    { "{user}", "", TRUE },      { "\\*a\\{b\\}*", "*a{b}", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autoptr (SiosPattern) pattern = sios_pattern_new (parts[i].pattern, variables, NULL);

      g_assert_cmpstr (sios_pattern_get_prefix (pattern), ==, parts[i].prefix);
      g_assert_cmpint (sios_pattern_has_variables (pattern), ==, parts[i].has_variables);
    }
}

static void
assert_bad (const char *text, const char *const *names, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sios_pattern_new (text, names, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_bad (void)
{
  char text[SIOS_PATTERN_MAX_LENGTH + 2];
  g_autoptr (SiosPattern) longest = NULL;

  assert_bad ("", variables, "expected a pattern of 1 to 256 bytes of UTF-8, got \"\"");
  assert_bad ("a\xff", variables,
              "expected a pattern of 1 to 256 bytes of UTF-8, got \"a\xef\xbf\xbd\"");
  assert_bad ("a***", variables, "expected no more than two stars side by side, got \"a***\"");
  assert_bad ("a{user", variables, "expected a } for each {, got \"a{user\"");
  assert_bad ("a{us{er}}", variables, "expected a } for each {, got \"a{us{er}}\"");
  assert_bad ("a}", variables, "expected a { for each }, got \"a}\"");
  assert_bad ("a\\", variables, "expected *, {, } or \\ behind a \\, got \"a\\\"");
  assert_bad ("a\\n", variables, "expected *, {, } or \\ behind a \\, got \"a\\n\"");
  assert_bad ("doc:{group}", variables,
              "expected one of {user}, {groups}, {tenant}, got {group} in \"doc:{group}\"");
  assert_bad ("doc:{}", variables,
              "expected one of {user}, {groups}, {tenant}, got {} in \"doc:{}\"");
  assert_bad ("x{user}", NULL, "expected no {…} in \"x{user}\", \\{ stands for the sign itself");

  memset (text, 'x', sizeof text);
  text[SIOS_PATTERN_MAX_LENGTH] = '\0';
  longest = sios_pattern_new (text, NULL, NULL);
  g_assert_nonnull (longest);
  g_assert_true (sios_pattern_match (longest, text, NULL, NULL));
  text[SIOS_PATTERN_MAX_LENGTH] = 'x';
  text[SIOS_PATTERN_MAX_LENGTH + 1] = '\0';
  assert_bad (text, NULL,
              "expected a pattern of 1 to 256 bytes of UTF-8, got "
              "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"");
}

static void
test_long_texts (void)
{
  g_autofree char *text = g_strnfill (SIOS_PATTERN_MAX_TEXT + 1, 'a');
  g_autoptr (SiosPattern) all = sios_pattern_new ("**", NULL, NULL);
  g_autoptr (SiosPattern) hard =
      sios_pattern_new ("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", NULL, NULL);

  g_assert_false (sios_pattern_match (all, text, NULL, NULL));
  text[SIOS_PATTERN_MAX_TEXT] = '\0';
  g_assert_true (sios_pattern_match (all, text, NULL, NULL));
  /* Would take longer than the universe has if places were tried one after the other. */
  g_assert_false (sios_pattern_match (hard, text, NULL, NULL));
  text[SIOS_PATTERN_MAX_TEXT - 1] = 'b';
  g_assert_true (sios_pattern_match (hard, text, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/daemon/pattern/match", test_match);
  g_test_add_func ("/daemon/pattern/any-values", test_any_values);
  g_test_add_func ("/daemon/pattern/parts", test_parts);
  g_test_add_func ("/daemon/pattern/bad", test_bad);
  g_test_add_func ("/daemon/pattern/long-texts", test_long_texts);

  return g_test_run ();
}
