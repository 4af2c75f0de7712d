/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sioa-json.h"

static void
assert_format (const char *json, gboolean reveal, const char *expected)
{
  g_autofree char *text = sioa_json_format (json, reveal);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_indent (void)
{
  assert_format (NULL, FALSE, NULL);
  assert_format ("7", FALSE, "7");
  assert_format ("[]", FALSE, "[]");
  assert_format ("{}", FALSE, "{}");
  assert_format (
      "{\"a\":[1,true,null,\"x\\ny\"],\"b\":{}}", FALSE,
      "{\n  \"a\": [\n    1,\n    true,\n    null,\n    \"x\\ny\"\n  ],\n  \"b\": {}\n}");
  /* A name is quoted as a value is. */
  assert_format ("{\"a\\\"b\":1}", FALSE, "{\n  \"a\\\"b\": 1\n}");
  /* What is no JSON can be read all the same. */
  assert_format ("{oops", FALSE, "{oops");
}

static void
test_secrets (void)
{
  static const char *const secret[] = { "Cookie",       "set-cookie", "Authorization",
                                        "access_token", "password",   "X-API-Key",
                                        "clientSecret", "auth",       "sid" };
  static const char *const open[] = { "accept", "user-agent", "author", "keyboard", "EIO", "side" };

  for (guint i = 0; i < G_N_ELEMENTS (secret); i++)
    g_assert_true (sioa_json_is_secret (secret[i]));
  for (guint i = 0; i < G_N_ELEMENTS (open); i++)
    g_assert_false (sioa_json_is_secret (open[i]));
  assert_format ("{\"token\":\"abc\",\"n\":{\"cookie\":[1,2]}}", FALSE,
                 "{\n  \"token\": ••••••,\n  \"n\": {\n    \"cookie\": ••••••\n  }\n}");
  assert_format ("{\"token\":\"abc\"}", TRUE, "{\n  \"token\": \"abc\"\n}");
  /* A token in the query of an address is one, too. */
  assert_format ("{\"url\":\"/socket.io/?token=abc\"}", FALSE,
                 "{\n  \"url\": /socket.io/?••••••\n}");
  assert_format ("{\"url\":\"/socket.io/\"}", FALSE, "{\n  \"url\": \"/socket.io/\"\n}");
}

static void
test_members (void)
{
  const char *json = "{\"headers\":{\"host\":\"here\",\"cookie\":\"a=b\",\"n\":[1]},\"query\":7}";
  g_autoptr (GPtrArray) hidden = sioa_json_list_members (json, "headers", FALSE);
  g_autoptr (GPtrArray) shown = sioa_json_list_members (json, "headers", TRUE);
  g_autoptr (GPtrArray) none = sioa_json_list_members (json, "query", TRUE);
  g_autoptr (GPtrArray) nothing = sioa_json_list_members (NULL, "headers", TRUE);
  g_autoptr (GPtrArray) zeros =
      sioa_json_list_members ("{\"a\\u0000b\":\"c\\u0000d\"}", NULL, TRUE);
  g_autoptr (GPtrArray) broken = sioa_json_list_members ("{", NULL, TRUE);

  g_assert_cmpuint (hidden->len, ==, 6);
  g_assert_cmpstr (hidden->pdata[0], ==, "host");
  g_assert_cmpstr (hidden->pdata[1], ==, "here");
  g_assert_cmpstr (hidden->pdata[3], ==, "••••••");
  g_assert_cmpstr (shown->pdata[3], ==, "a=b");
  g_assert_cmpstr (shown->pdata[5], ==, "[\n  1\n]");
  /* Strings of C have none. */
  g_assert_cmpuint (zeros->len, ==, 2);
  g_assert_cmpstr (zeros->pdata[0], ==, "\xEF\xBF\xBD");
  g_assert_cmpstr (zeros->pdata[1], ==, "\"c\\u0000d\"");
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (nothing->len, ==, 0);
  g_assert_cmpuint (broken->len, ==, 0);
}

/* A client sends what it likes: the window does not draw all of it. */
static void
test_length (void)
{
  g_autofree char *long_text = g_strnfill (200000, 'x');
  g_autofree char *json = g_strdup_printf ("{\"a\":\"%s\",\"b\":[]}", long_text);
  g_autofree char *text = sioa_json_format (json, FALSE);

  g_assert_cmpuint (strlen (text), <, 33000);
  g_assert_true (g_str_has_suffix (text, "…"));
  g_assert_true (g_utf8_validate (text, -1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/json/indent", test_indent);
  g_test_add_func ("/admin/json/secrets", test_secrets);
  g_test_add_func ("/admin/json/members", test_members);
  g_test_add_func ("/admin/json/length", test_length);
  return g_test_run ();
}
