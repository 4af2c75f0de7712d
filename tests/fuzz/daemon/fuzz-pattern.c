/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sios-pattern.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The input is PATTERN \n TEXT \n VALUE \n VALUE …; all values are those of {a}. A plain
 * backtracking matcher, which is short enough to see that it is right, has to agree. */

static const char *const variables[] = { "a", "b", NULL };

/* Places are tried one after the other: only for short texts. */
static guint n_tries;

static gboolean try_match (const char *pattern, const char *text, const char *const *values);

static gboolean
try_star (const char *rest, const char *text, const char *const *values, gboolean past_colons)
{
  for (gsize i = 0; text[i] != '\0' && (past_colons || text[i] != ':'); i++)
    if (try_match (rest, text + i + 1, values))
      return TRUE;
  return FALSE;
}

static gboolean
try_match (const char *pattern, const char *text, const char *const *values)
{
  if (n_tries++ > 20000)
    return FALSE;
  if (*pattern == '\0')
    return *text == '\0';
  if (strncmp (pattern, "**", 2) == 0)
    return try_star (pattern + 2, text, values, TRUE);
  if (*pattern == '*')
    return try_star (pattern + 1, text, values, FALSE);
  if (*pattern == '{')
    {
      const char *rest = pattern + 3;

      if (pattern[1] == 'b')
        return FALSE;
      for (guint i = 0; values[i] != NULL; i++)
        {
          gsize length = strlen (values[i]);

          if (length > 0 && (*rest == '\0' || strchr (values[i], ':') == NULL) &&
              strncmp (text, values[i], length) == 0 && try_match (rest, text + length, values))
            return TRUE;
        }
      return FALSE;
    }
  if (*pattern == '\\')
    pattern++;
  return *pattern == *text && try_match (pattern + 1, text + 1, values);
}

static const char *const *
get_values (guint variable, gpointer user_data)
{
  g_assert_cmpuint (variable, <, 2);
  return variable == 0 ? user_data : NULL;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *input = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (input, "\n", 20);
  guint n = g_strv_length (lines);
  const char *text = n > 1 ? lines[1] : "";
  const char *const *values = (const char *const *) lines + MIN (n, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosPattern) pattern = sios_pattern_new (n > 0 ? lines[0] : "", variables, &error);
  gboolean matches;

  if (pattern == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  g_assert_no_error (error);
  matches = sios_pattern_match (pattern, text, get_values, (gpointer) values);
  if (matches)
    {
      g_assert_true (g_str_has_prefix (text, sios_pattern_get_prefix (pattern)));
      g_assert_true (sios_pattern_match (pattern, text, NULL, NULL));
    }
  n_tries = 0;
  if (strlen (text) <= 200)
    {
      gboolean expected = try_match (lines[0], text, values);

      if (n_tries <= 20000)
        g_assert_cmpint (matches, ==, expected);
    }
  return 0;
}
