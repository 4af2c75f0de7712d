/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"

/* All options of protocol.md §1.17. */

#define ORIGIN "Origin: https://a.example\r\n"

static Response *
ask_query (Fixture *fixture, const char *method, const char *query, const char *headers)
{
  g_autoptr (Client) client = client_new (fixture);

  client_printf (client, "%s " PREFIX "?%s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, query, headers);
  return client_await_response (client);
}

static Response *
ask (Fixture *fixture, const char *method, const char *headers)
{
  return ask_query (fixture, method, "EIO=4&transport=polling", headers);
}

static void
assert_header (Response *response, const char *name, const char *expected)
{
  g_autofree char *value = response_dup_header (response, name);

  g_test_message ("%s", name);
  g_assert_cmpstr (value, ==, expected);
}

/* Without rules nothing is said, and OPTIONS is a method as any other. */
static void
test_none (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Response) get = ask (fixture, "GET", ORIGIN);
  g_autoptr (Response) options = ask (fixture, "OPTIONS", ORIGIN);
  g_autofree char *query =
      g_strdup_printf ("EIO=4&transport=polling&sid=%s", sio_session_get_id (fixture->session));
  g_autoptr (Response) session = ask_query (fixture, "OPTIONS", query, ORIGIN);

  g_assert_cmpuint (get->status, ==, 200);
  assert_header (get, "Access-Control-Allow-Origin", NULL);
  assert_header (get, "Vary", NULL);
  g_assert_cmpuint (options->status, ==, 400);
  g_assert_cmpstr (options->body, ==, "{\"code\":2,\"message\":\"Bad handshake method\"}");
  g_assert_cmpuint (session->status, ==, 500);
  g_assert_cmpstr (session->body, ==, "");
}

typedef enum
{
  ANY = 1 << 0,
  REFLECT = 1 << 1,
  ONE = 1 << 2,
  TWO = 1 << 3,
  PATTERN = 1 << 4
} Rules;

typedef struct
{
  const char *name;
  guint rules;
  const char *origin; /* header line */
  const char *allowed;
  const char *vary;
} Case;

static const Case cases[] = {
  { "nobody", 0, ORIGIN, NULL, "Origin" },
  { "any", ANY, ORIGIN, "*", NULL },
  { "any-no-origin", ANY, "", "*", NULL },
  { "any-and-one", ANY | ONE, ORIGIN, "*", NULL },
  { "reflect", REFLECT, ORIGIN, "https://a.example", "Origin" },
  { "reflect-no-origin", REFLECT, "", NULL, "Origin" },
  { "reflect-null", REFLECT, "Origin: null\r\n", "null", "Origin" },
  { "reflect-not-utf-8", REFLECT, "Origin: https://\xff\r\n", NULL, "Origin" },
  { "one", ONE, ORIGIN, "https://a.example", "Origin" },
  { "one-other-origin", ONE, "Origin: https://c.example\r\n", "https://a.example", "Origin" },
  { "one-no-origin", ONE, "", "https://a.example", "Origin" },
  { "two-first", ONE | TWO, ORIGIN, "https://a.example", "Origin" },
  { "two-second", ONE | TWO, "Origin: https://b.example\r\n", "https://b.example", "Origin" },
  { "two-other-origin", ONE | TWO, "Origin: https://c.example\r\n", NULL, "Origin" },
  { "two-other-case", ONE | TWO, "Origin: https://A.example\r\n", NULL, "Origin" },
  { "two-longer", ONE | TWO, "Origin: https://a.example.evil\r\n", NULL, "Origin" },
  { "two-no-origin", ONE | TWO, "", NULL, "Origin" },
  { "pattern", PATTERN, "Origin: https://x.good.example\r\n", "https://x.good.example", "Origin" },
  { "pattern-other", PATTERN, "Origin: https://x.good.example.evil\r\n", NULL, "Origin" },
  { "one-and-pattern", ONE | PATTERN, "Origin: https://y.good.example\r\n",
    "https://y.good.example", "Origin" },
  { "one-and-pattern-other", ONE | PATTERN, "Origin: https://c.example\r\n", NULL, "Origin" },
};

static SioCors *
make_rules (guint rules)
{
  SioCors *cors = sio_cors_new ();

  if (rules & ANY)
    sio_cors_allow_any_origin (cors);
  if (rules & REFLECT)
    sio_cors_reflect_any_origin (cors);
  if (rules & ONE)
    sio_cors_add_origin (cors, "https://a.example");
  if (rules & TWO)
    sio_cors_add_origin (cors, "https://b.example");
  if (rules & PATTERN)
    {
      g_autoptr (GRegex) regex =
          g_regex_new ("^https://[a-z]+\\.good\\.example$", G_REGEX_DEFAULT, 0, NULL);

      sio_cors_add_origin_pattern (cors, regex);
    }
  return cors;
}

static void
test_origin (gconstpointer user_data)
{
  const Case *data = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (data->rules);
  static const char *const methods[] = { "GET", "OPTIONS", "PUT" };
  static const guint statuses[] = { 200, 204, 400 };

  sio_engine_set_cors (fixture->engine, cors);
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (Response) response = ask (fixture, methods[i], data->origin);
      g_autofree char *vary = response_dup_header (response, "Vary");

      g_assert_cmpuint (response->status, ==, statuses[i]);
      assert_header (response, "Access-Control-Allow-Origin", data->allowed);
      if (i != 1)
        g_assert_cmpstr (vary, ==, data->vary);
    }
}

static void
test_preflight_defaults (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (REFLECT);
  g_autoptr (Response) plain = NULL;
  g_autoptr (Response) asking = NULL;
  g_autoptr (Response) get = NULL;

  sio_engine_set_cors (fixture->engine, cors);
  plain = ask (fixture, "OPTIONS", ORIGIN);
  g_assert_cmpuint (plain->status, ==, 204);
  g_assert_cmpstr (plain->body, ==, "");
  assert_header (plain, "Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  assert_header (plain, "Access-Control-Allow-Headers", NULL);
  assert_header (plain, "Access-Control-Allow-Credentials", NULL);
  assert_header (plain, "Access-Control-Max-Age", NULL);
  assert_header (plain, "Vary", "Origin, Access-Control-Request-Headers");
  asking = ask_query (fixture, "OPTIONS", "transport=none&sid=none",
                      ORIGIN "Access-Control-Request-Headers: x-one, x-two\r\n");
  g_assert_cmpuint (asking->status, ==, 204);
  assert_header (asking, "Access-Control-Allow-Headers", "x-one, x-two");
  get = ask (fixture, "GET", ORIGIN "Access-Control-Request-Headers: x-one\r\n");
  assert_header (get, "Access-Control-Allow-Headers", NULL);
  assert_header (get, "Access-Control-Allow-Methods", NULL);
}

static void
test_options (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (ONE | TWO);
  g_autoptr (Response) preflight = NULL;
  g_autoptr (Response) get = NULL;
  g_autoptr (Response) refused = NULL;

  sio_cors_set_credentials (cors, TRUE);
  sio_cors_set_methods (cors, "GET,POST");
  sio_cors_set_allowed_headers (cors, "x-a");
  sio_cors_set_exposed_headers (cors, "x-b,x-c");
  sio_cors_set_max_age (cors, 600);
  sio_cors_set_success_status (cors, 200);
  sio_engine_set_cors (fixture->engine, cors);

  preflight = ask (fixture, "OPTIONS", ORIGIN "Access-Control-Request-Headers: x-one\r\n");
  g_assert_cmpuint (preflight->status, ==, 200);
  assert_header (preflight, "Content-Length", "0");
  assert_header (preflight, "Access-Control-Allow-Credentials", "true");
  assert_header (preflight, "Access-Control-Allow-Methods", "GET,POST");
  assert_header (preflight, "Access-Control-Allow-Headers", "x-a");
  assert_header (preflight, "Access-Control-Expose-Headers", "x-b,x-c");
  assert_header (preflight, "Access-Control-Max-Age", "600");
  assert_header (preflight, "Vary", "Origin");

  get = ask (fixture, "GET", ORIGIN);
  assert_header (get, "Access-Control-Allow-Credentials", "true");
  assert_header (get, "Access-Control-Expose-Headers", "x-b,x-c");
  assert_header (get, "Access-Control-Max-Age", NULL);

  /* Also for an origin that is refused. */
  refused = ask (fixture, "GET", "Origin: https://c.example\r\n");
  assert_header (refused, "Access-Control-Allow-Origin", NULL);
  assert_header (refused, "Access-Control-Allow-Credentials", "true");
}

static gboolean
decide_cb (const char *origin, gpointer user_data)
{
  return g_str_has_suffix (origin, ".good.example");
}

static void
test_origin_func (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (ONE);
  g_autoptr (Response) by_func = NULL;
  g_autoptr (Response) by_rule = NULL;
  g_autoptr (Response) refused = NULL;
  gpointer destroyed = cors;

  sio_cors_set_origin_func (cors, decide_cb, &destroyed, (GDestroyNotify) g_nullify_pointer);
  sio_engine_set_cors (fixture->engine, cors);
  by_func = ask (fixture, "GET", "Origin: https://x.good.example\r\n");
  assert_header (by_func, "Access-Control-Allow-Origin", "https://x.good.example");
  by_rule = ask (fixture, "GET", ORIGIN);
  assert_header (by_rule, "Access-Control-Allow-Origin", "https://a.example");
  refused = ask (fixture, "GET", "Origin: https://c.example\r\n");
  assert_header (refused, "Access-Control-Allow-Origin", NULL);

  g_assert_nonnull (destroyed);
  sio_engine_set_cors (fixture->engine, NULL);
  g_clear_pointer (&cors, sio_cors_unref);
  g_assert_null (destroyed);
}

/* The engine then takes OPTIONS for a method that no handshake has. */
static void
test_preflight_continue (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (ONE);
  g_autoptr (Response) response = NULL;

  sio_cors_set_preflight_continue (cors, TRUE);
  sio_engine_set_cors (fixture->engine, cors);
  response = ask (fixture, "OPTIONS", ORIGIN);
  g_assert_cmpuint (response->status, ==, 400);
  assert_header (response, "Access-Control-Allow-Origin", "https://a.example");
}

static void
serve_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer cors)
{
  guint preflight = sio_cors_apply_to_message (cors, message);

  soup_server_message_set_status (message, preflight != 0 ? preflight : 418, NULL);
}

static Response *
ask_application (Fixture *fixture, const char *method, const char *headers)
{
  g_autoptr (Client) client = client_new (fixture);

  client_printf (client, "%s /application HTTP/1.1\r\nHost: a\r\n%s\r\n", method, headers);
  return client_await_response (client);
}

/* What an application serves beside the engine. */
static void
test_message (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (ONE | TWO);
  g_autoptr (Response) get = NULL;
  g_autoptr (Response) other = NULL;
  g_autoptr (Response) preflight = NULL;

  sio_cors_set_max_age (cors, 60);
  sio_cors_set_exposed_headers (cors, "x-b");
  sio_cors_set_success_status (cors, 200);
  soup_server_add_handler (sio_engine_get_soup_server (fixture->engine), "/application", serve_cb,
                           cors, NULL);
  get = ask_application (fixture, "GET", ORIGIN);
  g_assert_cmpuint (get->status, ==, 418);
  assert_header (get, "Access-Control-Allow-Origin", "https://a.example");
  assert_header (get, "Access-Control-Expose-Headers", "x-b");
  assert_header (get, "Access-Control-Allow-Methods", NULL);
  assert_header (get, "Vary", "Origin");
  other = ask_application (fixture, "GET", "Origin: https://c.example\r\n");
  g_assert_cmpuint (other->status, ==, 418);
  assert_header (other, "Access-Control-Allow-Origin", NULL);
  preflight =
      ask_application (fixture, "OPTIONS", ORIGIN "Access-Control-Request-Headers: x-a\r\n");
  g_assert_cmpuint (preflight->status, ==, 200);
  assert_header (preflight, "Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  assert_header (preflight, "Access-Control-Allow-Headers", "x-a");
  assert_header (preflight, "Access-Control-Max-Age", "60");
}

static void
test_websocket (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (REFLECT);
  g_autoptr (Response) response = NULL;
  g_autoptr (Response) refused = NULL;

  sio_engine_set_cors (fixture->engine, cors);
  response = ask_query (fixture, "GET", "EIO=4&transport=websocket",
                        ORIGIN "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  g_assert_cmpuint (response->status, ==, 101);
  assert_header (response, "Access-Control-Allow-Origin", "https://a.example");
  refused = ask_query (fixture, "GET", "EIO=4&transport=websocket",
                       ORIGIN "Upgrade: websocket\r\nConnection: Upgrade\r\n");
  g_assert_cmpuint (refused->status, ==, 400);
  assert_header (refused, "Access-Control-Allow-Origin", "https://a.example");
}

/* Over libsoup (here: HTTP/1.0) it is all the same. */
static void
test_soup (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (SioCors) cors = make_rules (REFLECT);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Response) response = NULL;

  sio_engine_set_cors (fixture->engine, cors);
  client_printf (client, "OPTIONS " HANDSHAKE " HTTP/1.0\r\nHost: a\r\n" ORIGIN "\r\n");
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, 204);
  assert_header (response, "Access-Control-Allow-Origin", "https://a.example");
  assert_header (response, "Connection", "close");
  engine_wait_for (client_is_over (client));
}

static void
test_get_and_set (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("");
  g_autoptr (SioCors) cors = sio_cors_new ();

  g_assert_null (sio_engine_get_cors (fixture->engine));
  sio_engine_set_cors (fixture->engine, cors);
  sio_engine_set_cors (fixture->engine, cors);
  g_assert_true (sio_engine_get_cors (fixture->engine) == cors);
  sio_engine_set_cors (fixture->engine, NULL);
  g_assert_null (sio_engine_get_cors (fixture->engine));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Rules for pages of other origins.");

  g_test_add_func ("/engine/cors/none", test_none);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/cors/origin/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_origin);
    }
  g_test_add_func ("/engine/cors/preflight-defaults", test_preflight_defaults);
  g_test_add_func ("/engine/cors/options", test_options);
  g_test_add_func ("/engine/cors/origin-func", test_origin_func);
  g_test_add_func ("/engine/cors/preflight-continue", test_preflight_continue);
  g_test_add_func ("/engine/cors/message", test_message);
  g_test_add_func ("/engine/cors/websocket", test_websocket);
  g_test_add_func ("/engine/cors/soup", test_soup);
  g_test_add_func ("/engine/cors/get-and-set", test_get_and_set);
  return g_test_run ();
}
