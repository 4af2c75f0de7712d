/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-json.h"
#include "sios-rate.h"
#include "sios-rule.h"
#include "sios-stamp.h"
#include "sios-template.h"

/* Parts of event rules: templates, rates, patterns of names, fields. */

static SioArgs *
parse (const char *json)
{
  g_autoptr (GError) error = NULL;
  SioArgs *args = sio_args_new_from_json (json, -1, &error);

  g_assert_no_error (error);
  return args;
}

static void
test_template_syntax (void)
{
  static const char *const good[] = {
    "a",           "memory:{0.memoryId}",
    "user:{user}", "{0}",
    "{0.a.b.1}",   "{rooms}",
    "{all}",       "{sender}",
    "a{socket}b",  "{tenant}:{user}",
    "x:{0.a?}",    "{*}{event}",
  };
  static const char *const bad[] = {
    "",     "{",     "}",      "{}",    "{x}",  "a{rooms}", "{all}b", "{user?}",  "{0.}",  "{.a}",
    "{-1}", "{100}", "{0..a}", "{{0}}", "a\nb", "{0}}",     "{user",  "{ user }", "a\xff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SiosTemplate) template = sios_template_new (good[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (sios_template_get_text (template), ==, good[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = g_strescape (bad[i], NULL);

      g_test_message ("%s", shown);
      g_assert_null (sios_template_new (bad[i], &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
}

static void
test_template_expand (void)
{
  static const struct
  {
    const char *template;
    const char *args;
    gboolean as_room;
    const char *expected; /* or what the problem begins with */
    SiosTemplateResult result;
  } cases[] = {
    { "room", "[]", TRUE, "room", SIOS_TEMPLATE_DONE },
    { "m:{0.id}", "[{\"id\":\"x\"}]", TRUE, "m:x", SIOS_TEMPLATE_DONE },
    { "m:{0.id}", "[{\"id\":-12}]", TRUE, "m:-12", SIOS_TEMPLATE_DONE },
    /* one spelling for one number */
    { "m:{0.id}", "[{\"id\":1e2}]", TRUE, "m:100", SIOS_TEMPLATE_DONE },
    { "m:{0.id}", "[{\"id\":5.0}]", TRUE, "m:5", SIOS_TEMPLATE_DONE },
    /* as JSON.parse has it */
    { "m:{0.id}", "[{\"id\":1,\"\\u0069d\":2}]", TRUE, "m:2", SIOS_TEMPLATE_DONE },
    { "m:{0}:{1}", "[\"a\",\"b\"]", TRUE, "m:a:b", SIOS_TEMPLATE_DONE },
    { "{0}", "[\"a:b\"]", TRUE, "a:b", SIOS_TEMPLATE_DONE },
    { "user:{user}", "[]", TRUE, "user:auth:7", SIOS_TEMPLATE_DONE },
    { "{tenant}/{socket}", "[]", TRUE, "t/SID", SIOS_TEMPLATE_DONE },
    { "x:{*}", "[]", TRUE, "x:send", SIOS_TEMPLATE_DONE },
    { "x-{event}", "[]", FALSE, "x-msg:send", SIOS_TEMPLATE_DONE },
    { "x-{event}", "[]", TRUE, "argument event: expected 1 to 128 bytes without colons",
      SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0.id?}", "[{}]", TRUE, "", SIOS_TEMPLATE_SKIPPED },
    { "m:{0.id?}", "[{\"id\":null}]", TRUE, "", SIOS_TEMPLATE_SKIPPED },
    { "m:{0.id?}", "[{\"id\":[]}]", TRUE,
      "argument 0.id: expected a string or an integer, got an array", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0.id}", "[]", TRUE, "argument 0.id is missing", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0.id}", "[{\"id\":null}]", TRUE,
      "argument 0.id: expected a string or an integer, got null", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0.id}", "[{\"id\":1.5}]", TRUE, "argument 0.id: expected", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0}", "[\"\"]", TRUE, "argument 0: expected 1 to 128 bytes", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0}", "[\"a:b\"]", TRUE, "argument 0: expected", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0}", "[\"a\\tb\"]", TRUE, "argument 0: expected", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "m:{0}", "[\"a\\u0000b\"]", TRUE, "argument 0: expected", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "{0}", "[\"a\\u007fb\"]", TRUE, "argument 0: expected", SIOS_TEMPLATE_BAD_ARGUMENT },
    { "{0}{0}", "[\"a:b\"]", TRUE, "argument 0: expected", SIOS_TEMPLATE_BAD_ARGUMENT },
  };
  SiosIdentity identity = { .user = (char *) "auth:7", .tenant = (char *) "t" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SiosTemplate) template = sios_template_new (cases[i].template, NULL);
      g_autoptr (SioArgs) args = parse (cases[i].args);
      g_autoptr (GString) out = g_string_new ("");
      g_autofree char *problem = NULL;
      SiosTemplateValues values = { "SID", &identity, "msg:send", "send", 4, args };

      g_test_message ("%s %s", cases[i].template, cases[i].args);
      g_assert_cmpint (sios_template_expand (template, &values, cases[i].as_room, out, &problem),
                       ==, cases[i].result);
      if (cases[i].result == SIOS_TEMPLATE_DONE)
        g_assert_cmpstr (out->str, ==, cases[i].expected);
      else if (cases[i].result == SIOS_TEMPLATE_BAD_ARGUMENT)
        g_assert_true (g_str_has_prefix (problem, cases[i].expected));
      g_clear_pointer (&problem, g_free);

      values.identity = NULL;
      g_string_truncate (out, 0);
      if (sios_template_uses_identity (template))
        g_assert_cmpint (sios_template_expand (template, &values, TRUE, out, &problem), ==,
                         SIOS_TEMPLATE_NO_IDENTITY);
    }
}

static void
test_template_length (void)
{
  g_autoptr (SiosTemplate) template = sios_template_new ("{0}{1}", NULL);
  g_autofree char *a = g_strnfill (100, 'a');
  g_autofree char *json = g_strdup_printf ("[\"%s\",\"%s\"]", a, a);
  g_autofree char *longer = g_strdup_printf ("[\"%s\",\"%sb\"]", a, a);
  g_autoptr (SioArgs) args = parse (json);
  g_autoptr (SioArgs) more = parse (longer);
  g_autoptr (GString) out = g_string_new ("");
  g_autofree char *problem = NULL;
  SiosTemplateValues values = { "SID", NULL, "e", NULL, 0, args };

  g_assert_cmpint (sios_template_expand (template, &values, TRUE, out, &problem), ==,
                   SIOS_TEMPLATE_DONE);
  values.args = more;
  g_assert_cmpint (sios_template_expand (template, &values, TRUE, out, &problem), ==,
                   SIOS_TEMPLATE_BAD_ARGUMENT);
}

static void
test_rate (void)
{
  SiosRate rate;
  gint64 used = 0;
  static const char *const bad[] = { "10",   "10/",  "0/s",     "-1/s",      "1/m", "x/s",
                                     "1 /s", "1/ s", "1.5/min", "1000001/s", "/s" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sios_rate_parse (bad[i], &rate, &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
  g_assert_true (sios_rate_parse ("", &rate, NULL));
  g_assert_cmpint (sios_rate_get_wait (&rate, G_MAXINT64 / 2, 0), ==, 0);

  g_assert_true (sios_rate_parse ("10/min", &rate, NULL));
  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpint (sios_rate_get_wait (&rate, used, 1000), ==, 0);
      used = sios_rate_take (&rate, used, 1000);
    }
  g_assert_cmpint (sios_rate_get_wait (&rate, used, 1000), ==, 6 * G_USEC_PER_SEC);
  g_assert_cmpint (sios_rate_get_wait (&rate, used, 1000 + 6 * G_USEC_PER_SEC - 1), ==, 1);
  g_assert_cmpint (sios_rate_get_wait (&rate, used, 1000 + 6 * G_USEC_PER_SEC), ==, 0);
  /* Whole again after a minute, and never more than whole. */
  used = sios_rate_take (&rate, used, 1000 + 3600 * (gint64) G_USEC_PER_SEC);
  g_assert_cmpint (used, ==, 1000 + 3606 * (gint64) G_USEC_PER_SEC);
}

static void
test_rate_table (void)
{
  g_autoptr (SiosRateTable) table = sios_rate_table_new ();
  gint64 now = 1000 * (gint64) G_USEC_PER_SEC;

  sios_rate_table_set_max (table, 3000);
  g_assert_cmpint (sios_rate_table_get (table, 0, NULL, "ann"), ==, 0);
  g_assert_true (sios_rate_table_set (table, 0, NULL, "ann", now + 5, now));
  g_assert_true (sios_rate_table_set (table, 1, NULL, "ann", now + 7, now));
  g_assert_cmpint (sios_rate_table_get (table, 0, NULL, "ann"), ==, now + 5);
  g_assert_cmpint (sios_rate_table_get (table, 1, NULL, "ann"), ==, now + 7);
  g_assert_cmpint (sios_rate_table_get_size (table), ==, 2);
  /* Another tenant may have a user of the same name. */
  g_assert_cmpint (sios_rate_table_get (table, 0, "acme", "ann"), ==, 0);
  g_assert_true (sios_rate_table_set (table, 0, "acme", "ann", now + 6, now));
  g_assert_cmpint (sios_rate_table_get (table, 0, "acme", "ann"), ==, now + 6);
  g_assert_cmpint (sios_rate_table_get (table, 0, NULL, "ann"), ==, now + 5);
  g_assert_cmpint (sios_rate_table_get (table, 0, "umbrella", "ann"), ==, 0);
  /* Bounded, and those that are there go on. */
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *user = g_strdup_printf ("u%u", i);

      g_assert_cmpint (sios_rate_table_set (table, 0, NULL, user, now + G_USEC_PER_SEC, now), ==,
                       i < 2997);
    }
  g_assert_cmpint (sios_rate_table_get_size (table), ==, 3000);
  g_assert_true (sios_rate_table_set (table, 0, NULL, "ann", now + 9, now));
  /* When their time is up, others find place. */
  now += 2 * G_USEC_PER_SEC;
  g_assert_true (sios_rate_table_set (table, 0, NULL, "new", now + 1, now));
  g_assert_cmpint (sios_rate_table_get_size (table), ==, 1);
  /* With nobody new they go after a minute. */
  now += 61 * G_USEC_PER_SEC;
  g_assert_true (sios_rate_table_set (table, 0, NULL, "last", now + 1, now));
  g_assert_cmpint (sios_rate_table_get_size (table), ==, 1);
}

static void
test_names (void)
{
  static const char *const good[] = { "a",    "message:send", "a*",  "*", "**",
                                      "x**y", "a b",          "a#b", "ä", "a*#b-1" };
  static const char *const bad[] = { "",     "connect", "disconnect", "a*b*", "***",
                                     "*a**", "#a",      "a#",         "a#B",  "a#b#c",
                                     "a\"",  "a\\",     "a{b}",       "a\n",  "disconnecting#x" };
  g_autofree char *long_name = g_strnfill (101, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (sios_rule_check_name (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("%s", bad[i]);
      g_assert_false (sios_rule_check_name (bad[i]));
    }
  g_assert_false (sios_rule_check_name (long_name));
  g_assert_true (sios_rule_check_name (long_name + 1));
}

static void
add (SiosSources *sources, const char *group, const char *key, const char *value)
{
  g_ptr_array_add (sources->entries, sios_entry_new (group, key, value, "test:1"));
}

static void
test_find (void)
{
  SiosSources *sources = sios_sources_new ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  static const char *const names[] = { "a:*", "a:b*", "*:b", "a:b", "a:**", "x**y", "*" };
  static const struct
  {
    const char *event;
    const char *rule;
    const char *matched;
  } cases[] = {
    { "a:b", "a:b", NULL },     { "a:bc", "a:b*", "c" }, { "a:c", "a:*", "c" },
    { "a:c:d", "a:**", "c:d" }, { "c:b", "*:b", "c" },   { "c:d:b", NULL, NULL },
    { "xy", "*", "xy" },        { "x:y", "x**y", ":" },  { "x1y", "x**y", "1" },
    { "", NULL, NULL },         { "a", "*", "a" },       { "a:", NULL, NULL },
    { "a:b:c", "a:**", "b:c" },
  };
  g_autoptr (SiosConfig) config = NULL;
  g_autoptr (SiosRuleTable) table = NULL;
  const SiosRuleMap *map;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *group = g_strconcat ("event ", names[i], NULL);

      add (sources, group, NULL, NULL);
    }
  config = sios_config_load (sources, problems);
  g_assert_nonnull (config);
  table = sios_rule_table_new (config, problems);
  g_assert_cmpuint (problems->len, ==, 0);
  map = g_hash_table_lookup (table->namespaces, "/");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *matched;
      gsize length;
      const SiosRule *rule = sios_rule_map_find (map, cases[i].event, &matched, &length);

      g_test_message ("%s", cases[i].event);
      g_assert_cmpstr (rule != NULL ? rule->name : NULL, ==, cases[i].rule);
      if (cases[i].matched != NULL)
        g_assert_cmpmem (matched, length, cases[i].matched, strlen (cases[i].matched));
    }
  sios_sources_free (sources);
}

/* Times as JavaScript writes them; ids that sort by time. */
static void
test_stamp (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *before = NULL;

  sios_append_timestamp (out, G_GINT64_CONSTANT (1798761599999123));
  g_assert_cmpstr (out->str, ==, "2026-12-31T23:59:59.999Z");
  g_string_truncate (out, 0);
  sios_append_timestamp (out, G_GINT64_CONSTANT (951782400000000));
  sios_append_timestamp (out, G_GINT64_CONSTANT (951782400007000));
  g_assert_cmpstr (out->str, ==, "2000-02-29T00:00:00.000Z2000-02-29T00:00:00.007Z");
  for (guint i = 0; i < 10000; i++)
    {
      g_string_truncate (out, 0);
      sios_append_id (out, (gint64) 1700000000000000 + i * 1000);
      g_assert_cmpuint (out->len, ==, 36);
      g_assert_true (g_uuid_string_is_valid (out->str));
      g_assert_cmpint (out->str[14], ==, '7');
      g_assert_nonnull (strchr ("89ab", out->str[19]));
      if (before != NULL)
        g_assert_cmpstr (before, <, out->str);
      g_free (before);
      before = g_strdup (out->str);
      g_assert_true (g_hash_table_add (ids, g_strdup (out->str)));
    }
  g_string_truncate (out, 0);
  sios_append_json_string (out, "a\"\\\n\x01é/");
  g_assert_cmpstr (out->str, ==, "\"a\\\"\\\\\\u000a\\u0001é/\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/daemon/rules/template-syntax", test_template_syntax);
  g_test_add_func ("/daemon/rules/template-expand", test_template_expand);
  g_test_add_func ("/daemon/rules/template-length", test_template_length);
  g_test_add_func ("/daemon/rules/rate", test_rate);
  g_test_add_func ("/daemon/rules/rate-table", test_rate_table);
  g_test_add_func ("/daemon/rules/names", test_names);
  g_test_add_func ("/daemon/rules/find", test_find);
  g_test_add_func ("/daemon/rules/stamp", test_stamp);
  return g_test_run ();
}
