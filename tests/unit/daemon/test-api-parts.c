/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sios-api.h"
#include "sios-exposition.h"
#include "sios-guesses.h"
#include "sios-json.h"
#include "sios-tokens.h"

/* Parts of the HTTP API and of /metrics by themselves. */

#define SECOND ((gint64) G_USEC_PER_SEC)
#define ALL 31

static SiosTokens *
parse (const char *text, GPtrArray *problems)
{
  return sios_tokens_parse (text, strlen (text), "FILE", problems);
}

static void
test_tokens (void)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiosTokens) tokens = parse ("# operators\n"
                                         "\n"
                                         "ops:0123456789abcdef:all\r\n"
                                         "  prom:scrape-0123456789:read  \n"
                                         "some:A-Z._~+/=0123456789:emit, manage\n"
                                         "least:nothing-said-12345",
                                         problems);
  SiosPermissions permissions = 0;

  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (sios_tokens_get_length (tokens), ==, 4);
  g_assert_cmpstr (sios_tokens_find (tokens, "0123456789abcdef", &permissions), ==, "ops");
  g_assert_cmpuint (permissions, ==, ALL);
  g_assert_cmpstr (sios_tokens_find (tokens, "scrape-0123456789", &permissions), ==, "prom");
  g_assert_cmpuint (permissions, ==, SIOS_PERMISSION_READ);
  g_assert_cmpstr (sios_tokens_find (tokens, "A-Z._~+/=0123456789", &permissions), ==, "some");
  g_assert_cmpuint (permissions, ==, SIOS_PERMISSION_EMIT | SIOS_PERMISSION_MANAGE);
  g_assert_cmpstr (sios_tokens_find (tokens, "nothing-said-12345", &permissions), ==, "least");
  g_assert_cmpuint (permissions, ==, SIOS_PERMISSION_READ);
  g_assert_null (sios_tokens_find (tokens, "", &permissions));
  g_assert_null (sios_tokens_find (tokens, "0123456789abcde", &permissions));
  g_assert_null (sios_tokens_find (tokens, "0123456789abcdef0", &permissions));
  g_assert_null (sios_tokens_find (tokens, "0123456789abcdeF", &permissions));
}

static void
test_token_problems (void)
{
  static const struct
  {
    const char *text;
    const char *problem;
  } cases[] = {
    { "x", "FILE:1: expected NAME:TOKEN or NAME:TOKEN:PERMISSIONS" },
    { "#\n:0123456789abcdef", "FILE:2: expected a name of 1 to 64" },
    { "a b:0123456789abcdef", "FILE:1: expected a name of 1 to 64" },
    { "a:short", "FILE:1: expected a token of 16 to 512" },
    { "a:0123456789 abcdef", "FILE:1: expected a token of 16 to 512" },
    { "a:0123456789abcdef:", "FILE:1: expected permissions" },
    { "a:0123456789abcdef:root", "FILE:1: expected permissions" },
    { "a:0123456789abcdef:read,", "FILE:1: expected permissions" },
    { "a:0123456789abcdef\nb:0123456789abcdef", "FILE:2: this token is there already" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

      g_assert_null (parse (cases[i].text, problems));
      g_assert_cmpuint (problems->len, ==, 1);
      g_assert_true (g_str_has_prefix (g_ptr_array_index (problems, 0), cases[i].problem));
      /* Never the token. */
      g_assert_null (strstr (g_ptr_array_index (problems, 0), "0123"));
    }
  {
    g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

    g_assert_null (sios_tokens_parse ("a:\0b", 4, "FILE", problems));
    g_assert_cmpuint (problems->len, ==, 1);
    g_assert_null (sios_tokens_load ("/nowhere/at/all", problems));
    g_assert_cmpuint (problems->len, ==, 2);
  }
}

static void
test_guesses (void)
{
  SiosGuesses *guesses = sios_guesses_new (2);
  gint64 now = 1000 * SECOND;

  sios_guesses_set_rate (guesses, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.1", now), ==, 0);
      sios_guesses_add (guesses, "192.0.2.1", now);
    }
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.1", now), ==, 20);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.1", now + 19 * SECOND), ==, 1);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.1", now + 20 * SECOND), ==, 0);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.2", now), ==, 0);
  /* One for each 20 seconds, however many are tried: 10 000 guesses take more than two days. */
  {
    guint n = 0;

    for (gint64 t = now; t < now + 3600 * SECOND; t += SECOND / 2)
      if (sios_guesses_get_wait (guesses, "192.0.2.2", t) == 0)
        {
          sios_guesses_add (guesses, "192.0.2.2", t);
          n++;
        }
    g_assert_cmpuint (n, >=, 180);
    g_assert_cmpuint (n, <=, 183);
  }
  sios_guesses_free (guesses);
}

static void
test_guesses_bound (void)
{
  SiosGuesses *guesses = sios_guesses_new (2);
  gint64 now = 1000 * SECOND;

  sios_guesses_set_rate (guesses, 1);
  /* All of a /64 are one. */
  sios_guesses_add (guesses, "2001:db8::1", now);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "2001:db8::ffff:1", now), ==, 60);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "2001:db8:0:1::1", now), ==, 0);
  sios_guesses_add (guesses, "2001:db8::2", now);
  g_assert_cmpuint (sios_guesses_get_length (guesses), ==, 1);
  sios_guesses_add (guesses, "192.0.2.1", now);
  /* The table is full: others share what is left. */
  sios_guesses_add (guesses, "192.0.2.2", now);
  g_assert_cmpuint (sios_guesses_get_length (guesses), ==, 2);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.3", now), ==, 60);
  /* Those that are over make room. */
  now += 300 * SECOND;
  sios_guesses_add (guesses, "192.0.2.4", now);
  g_assert_cmpuint (sios_guesses_get_length (guesses), ==, 1);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.3", now), ==, 0);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.4", now), ==, 60);
  sios_guesses_set_rate (guesses, 0);
  g_assert_cmpuint (sios_guesses_get_wait (guesses, "192.0.2.4", now), ==, 0);
  sios_guesses_free (guesses);
}

static void
test_exposition (void)
{
  const SiosLabel labels[] = { { "a", "back\\slash \"quote\"\nline" }, { "b", "\xff" }, { NULL } };
  SiosExposition out;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text_with_nul = NULL;
  const char *text;
  gsize length;

  sios_exposition_init (&out);
  sios_exposition_family (&out, "counter", "things", "bytes", "What\\ever\nit is.");
  sios_exposition_add (&out, labels, G_MAXUINT64);
  sios_exposition_family (&out, "gauge", "level", NULL, "A level.");
  sios_exposition_add_double (&out, NULL, -0.25);
  sios_exposition_add_double (&out, NULL, HUGE_VAL);
  bytes = sios_exposition_end (&out);
  text = g_bytes_get_data (bytes, &length);
  text_with_nul = g_strndup (text, length);
  g_assert_cmpstr (text_with_nul, ==,
                   "# HELP socketio_things_bytes_total What\\\\ever\\nit is.\n"
                   "# TYPE socketio_things_bytes_total counter\n"
                   "socketio_things_bytes_total{a=\"back\\\\slash \\\"quote\\\"\\nline\","
                   "b=\"\xef\xbf\xbd\"} 18446744073709551615\n"
                   "# HELP socketio_level A level.\n"
                   "# TYPE socketio_level gauge\n"
                   "socketio_level -0.25\n"
                   "socketio_level +Inf\n");
}

static void
test_strings (void)
{
  g_autoptr (GString) json = g_string_new (NULL);

  sios_call_append_string (json, "a\"b\\c\n\x01é\xff");
  g_assert_cmpstr (json->str, ==, "\"a\\\"b\\\\c\\u000a\\u0001é\xef\xbf\xbd\"");
}

static JsonObject *
get_object (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) ? json_object_get_object_member (object, name)
                                               : NULL;
}

/* The table and the document have the same routes, permissions and names. */
static void
test_openapi (void)
{
  static const struct
  {
    const char *name;
    SiosPermissions permission;
  } permissions[] = { { "read", SIOS_PERMISSION_READ },
                      { "manage", SIOS_PERMISSION_MANAGE },
                      { "emit", SIOS_PERMISSION_EMIT },
                      { "configure", SIOS_PERMISSION_CONFIGURE } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_resources_lookup_data ("/org/sioglib/Server/openapi.json",
                                                      G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GList) paths = NULL;
  JsonObject *all;
  guint n_routes;
  const SiosApiRoute *routes = sios_api_list_routes (&n_routes);
  guint n_documented = 0;

  g_assert_no_error (error);
  root = sios_json_read_object (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (root), "openapi"), ==,
                   "3.1.0");
  all = get_object (json_node_get_object (root), "paths");
  for (guint i = 0; i < n_routes; i++)
    {
      g_autofree char *method = g_ascii_strdown (routes[i].method, -1);
      JsonObject *path = get_object (all, routes[i].path);
      JsonObject *operation = path != NULL ? get_object (path, method) : NULL;
      const char *permission = NULL;

      g_test_message ("%s %s", routes[i].method, routes[i].path);
      g_assert_nonnull (operation);
      g_assert_cmpstr (json_object_get_string_member (operation, "operationId"), ==,
                       routes[i].action);
      if (json_object_has_member (operation, "x-permission"))
        permission = json_object_get_string_member (operation, "x-permission");
      g_assert_cmpint (permission == NULL, ==, routes[i].permission == 0);
      /* Nobody has to show a token: that has to be said, because the document asks for one. */
      g_assert_cmpint (json_object_has_member (operation, "security"), ==,
                       routes[i].permission == 0);
      for (guint j = 0; j < G_N_ELEMENTS (permissions); j++)
        g_assert_cmpint (g_strcmp0 (permission, permissions[j].name) == 0, ==,
                         routes[i].permission == permissions[j].permission);
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (routes[j].action, !=, routes[i].action);
    }
  paths = json_object_get_members (all);
  for (GList *l = paths; l != NULL; l = l->next)
    n_documented += json_object_get_size (get_object (all, l->data));
  g_assert_cmpuint (n_documented, ==, n_routes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/daemon/api/tokens", test_tokens);
  g_test_add_func ("/daemon/api/token-problems", test_token_problems);
  g_test_add_func ("/daemon/api/guesses", test_guesses);
  g_test_add_func ("/daemon/api/guesses-bound", test_guesses_bound);
  g_test_add_func ("/daemon/api/exposition", test_exposition);
  g_test_add_func ("/daemon/api/strings", test_strings);
  g_test_add_func ("/daemon/api/openapi", test_openapi);
  return g_test_run ();
}
