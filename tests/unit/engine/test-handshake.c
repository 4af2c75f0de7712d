/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"

/* Hooks, refusals, headers and cookies of the handshake. */

static void
request (Client *client, const char *method, const char *query, const char *headers)
{
  client_printf (client, "%s " PREFIX "?%s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, query, headers);
}

#define UPGRADE                                                                                    \
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                     \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

typedef struct
{
  const char *name;
  const char *method;
  const char *query;
  const char *headers;
  guint status;
  const char *body;
  int code;
  const char *context;
} Refusal;

#define BODY(code, message) "{\"code\":" code ",\"message\":\"" message "\"}"

static const Refusal refusals[] = {
  { "transport", "GET", "EIO=4&transport=webtransport", "", 400, BODY ("0", "Transport unknown"), 0,
    "{'transport': <'webtransport'>}" },
  { "transport-empty", "GET", "EIO=4&transport=", "", 400, BODY ("0", "Transport unknown"), 0,
    "{'transport': <''>}" },
  { "transport-websocket", "GET", "EIO=4&transport=x", UPGRADE, 400, "Transport unknown", 0,
    "{'transport': <'x'>}" },
  { "sid", "GET", "EIO=4&transport=polling&sid=none", "", 400, BODY ("1", "Session ID unknown"), 1,
    "{'sid': <'none'>}" },
  { "sid-websocket", "GET", "EIO=4&transport=websocket&sid=none", UPGRADE, 400,
    "Session ID unknown", 1, "{'sid': <'none'>}" },
  { "sid-binary", "GET", "EIO=4&transport=polling&sid=%ff", "", 400,
    BODY ("1", "Session ID unknown"), 1, "{'sid': <'\xef\xbf\xbd'>}" },
  { "method", "PUT", "EIO=4&transport=polling", "", 400, BODY ("2", "Bad handshake method"), 2,
    "{'method': <'PUT'>}" },
  { "no-upgrade", "GET", "EIO=4&transport=websocket", "", 400, BODY ("3", "Bad request"), 3,
    "{'name': <'TRANSPORT_HANDSHAKE_ERROR'>}" },
  { "polling-upgrade", "GET", "EIO=4&transport=polling", UPGRADE, 400, "Bad request", 3,
    "{'name': <'TRANSPORT_HANDSHAKE_ERROR'>}" },
  { "no-key", "GET", "EIO=4&transport=websocket",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", 400,
    "Bad request", 3, "{'name': <'TRANSPORT_HANDSHAKE_ERROR'>}" },
  { "short-key", "GET", "EIO=4&transport=websocket",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n",
    400, "Bad request", 3, "{'name': <'TRANSPORT_HANDSHAKE_ERROR'>}" },
  { "version", "GET", "EIO=4&transport=websocket",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    400, "Bad request", 3, "{'name': <'TRANSPORT_HANDSHAKE_ERROR'>}" },
  { "revision", "GET", "EIO=3&transport=polling", "", 400,
    BODY ("5", "Unsupported protocol version"), 5, "{'protocol': <3>}" },
  { "revision-websocket", "GET", "EIO=3&transport=websocket", UPGRADE, 400,
    "Unsupported protocol version", 5, "{'protocol': <3>}" },
};

static void
test_refusal (gconstpointer user_data)
{
  const Refusal *refusal = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  gboolean upgrade = strstr (refusal->headers, "Upgrade") != NULL;
  g_autoptr (Response) response = NULL;
  g_autofree char *type = NULL;

  request (client, refusal->method, refusal->query, refusal->headers);
  response = client_await_response (client);
  type = response_dup_header (response, "Content-Type");
  g_assert_cmpuint (response->status, ==, refusal->status);
  g_assert_cmpstr (response->body, ==, refusal->body);
  g_assert_cmpstr (type, ==, upgrade ? "text/html" : "application/json");
  g_assert_cmpint (fixture->error_code, ==, refusal->code);
  g_assert_cmpstr (fixture->error_context, ==, refusal->context);
  g_assert_cmpuint (fixture->n_errors, ==, 1);
  if (upgrade)
    engine_wait_for (client_is_over (client));
}

static void
assert_context (Fixture *fixture, const char *part)
{
  g_assert_nonnull (strstr (fixture->error_context, part));
}

static void
test_mismatches (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  g_autofree char *transport = g_strconcat ("EIO=4&transport=websocket&sid=", sid, NULL);
  g_autofree char *protocol = g_strconcat ("EIO=3&transport=polling&sid=", sid, NULL);

  request (client, "GET", transport, "");
  client_expect (client, 400, BODY ("3", "Bad request"));
  assert_context (fixture, "'name': <'TRANSPORT_MISMATCH'>");
  assert_context (fixture, "'transport': <'websocket'>");
  assert_context (fixture, "'previousTransport': <'polling'>");
  request (client, "GET", protocol, "");
  client_expect (client, 400, BODY ("3", "Bad request"));
  assert_context (fixture, "'name': <'PROTOCOL_MISMATCH'>");
  assert_context (fixture, "'protocol': <3>");
  assert_context (fixture, "'previousProtocol': <4>");
  g_assert_cmpuint (fixture->n_closed, ==, 0);
}

static void
test_transports (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autoptr (Response) response = NULL;

  sio_engine_set_transports (fixture->engine, SIO_TRANSPORT_WEBSOCKET);
  request (client, "GET", "EIO=4&transport=polling", "");
  client_expect (client, 400, BODY ("0", "Transport unknown"));
  g_free (client_open_websocket (websocket));
  sio_engine_set_transports (fixture->engine, SIO_TRANSPORT_POLLING);
  request (client, "GET", "EIO=4&transport=polling", "");
  response = client_await_response (client);
  g_assert_nonnull (strstr (response->body, "\"upgrades\":[]"));
}

/* A list may be spread over several headers. */
static void
test_spread_headers (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Response) response = NULL;
  g_autofree char *protocol = NULL;

  request (client, "GET", "EIO=4&transport=websocket",
           "Upgrade: h2c\r\nUpgrade: WebSocket\r\nConnection: keep-alive\r\n"
           "connection: foo, UPGRADE\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: chat, superchat\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, 101);
  protocol = response_dup_header (response, "Sec-WebSocket-Protocol");
  g_assert_cmpstr (protocol, ==, "chat");
}

/* allow-request */

typedef struct
{
  GTask *task;
  guint n_calls;
  gboolean later;
  gboolean allow;
  const char *text;
} Hook;

static void
answer (Hook *hook, GTask *task)
{
  if (hook->text != NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s", hook->text);
  else
    g_task_return_boolean (task, hook->allow);
}

static void
hook_cb (SioEngine *engine, SioRequest *sio_request, GTask *task, gpointer user_data)
{
  Hook *hook = user_data;

  hook->n_calls++;
  g_assert_cmpstr (sio_request_get_method (sio_request), ==, "GET");
  if (hook->later)
    g_set_object (&hook->task, task);
  else
    answer (hook, task);
}

static void
test_hook (gconstpointer user_data)
{
  gboolean later = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Hook hook = { .later = later, .allow = TRUE };

  sio_engine_set_allow_request (fixture->engine, hook_cb, &hook, NULL);
  for (guint i = 0; i < 6; i++)
    {
      static const struct
      {
        gboolean allow;
        const char *text;
        guint status;
        const char *body;
      } outcomes[] = {
        { TRUE, NULL, 200, NULL },
        { FALSE, NULL, 403, BODY ("4", "Forbidden") },
        { FALSE, "no \"guests\"", 403, BODY ("4", "no \\\"guests\\\"") },
      };
      gboolean websocket = i >= 3;
      g_autoptr (Client) client = client_new (fixture);
      g_autoptr (Response) response = NULL;

      hook.allow = outcomes[i % 3].allow;
      hook.text = outcomes[i % 3].text;
      if (websocket)
        client_send_upgrade (client, "", "", 0);
      else
        request (client, "GET", "EIO=4&transport=polling", "");
      engine_wait_for (hook.n_calls == i + 1);
      if (later)
        {
          g_autoptr (GTask) task = g_steal_pointer (&hook.task);

          engine_iterate ();
          g_assert_cmpuint (sio_engine_get_n_sessions (fixture->engine), ==, i > 0 ? 1 : 0);
          answer (&hook, task);
        }
      response = client_await_response (client);
      if (websocket)
        {
          g_assert_cmpuint (response->status, ==, hook.allow ? 101 : 400);
          if (!hook.allow)
            g_assert_cmpstr (response->body, ==, hook.text != NULL ? hook.text : "Forbidden");
        }
      else
        {
          g_assert_cmpuint (response->status, ==, outcomes[i % 3].status);
          if (outcomes[i % 3].body != NULL)
            g_assert_cmpstr (response->body, ==, outcomes[i % 3].body);
        }
      if (hook.text != NULL)
        g_assert_cmpstr (fixture->error_context, ==, "{'message': <'no \"guests\"'>}");
    }
  g_assert_cmpuint (fixture->n_opened, ==, 2);
  g_assert_cmpint (fixture->error_code, ==, 4);
}

/* Requests of a session are not asked about. */
static void
test_hook_once (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  Hook hook = { .allow = TRUE };
  g_autofree char *sid = NULL;

  sio_engine_set_allow_request (fixture->engine, hook_cb, &hook, NULL);
  sid = client_open_polling (client);
  client_post (client, sid, "4x");
  client_expect (client, 200, "ok");
  g_assert_cmpuint (hook.n_calls, ==, 1);
}

static void
test_hook_client_gone (gconstpointer user_data)
{
  gboolean websocket = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client *client = client_new (fixture);
  Hook hook = { .later = TRUE, .allow = TRUE };

  sio_engine_set_allow_request (fixture->engine, hook_cb, &hook, NULL);
  if (websocket)
    client_send_upgrade (client, "", "", 0);
  else
    request (client, "GET", "EIO=4&transport=polling", "");
  engine_wait_for (hook.n_calls == 1);
  client_free (client);
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 0);
  answer (&hook, hook.task);
  g_clear_object (&hook.task);
  engine_iterate ();
  engine_iterate ();
  g_assert_cmpuint (fixture->n_opened, ==, 0);
}

/* The application never answers: the task keeps nothing but itself. */
static void
test_hook_closing (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  Hook hook = { .later = TRUE, .allow = TRUE };

  sio_engine_set_allow_request (fixture->engine, hook_cb, &hook, NULL);
  request (client, "GET", "EIO=4&transport=polling", "");
  engine_wait_for (hook.n_calls == 1);
  sio_engine_close_async (fixture->engine, NULL, NULL, NULL);
  answer (&hook, hook.task);
  g_clear_object (&hook.task);
  client_expect (client, 403, BODY ("4", "Forbidden"));
  g_assert_cmpuint (fixture->n_opened, ==, 0);
}

static void
count_cb (gpointer data)
{
  (*(guint *) data)++;
}

static void
test_hook_replaced (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  guint n = 0;

  sio_engine_set_allow_request (fixture->engine, hook_cb, &n, count_cb);
  sio_engine_set_allow_request (fixture->engine, hook_cb, &n, count_cb);
  g_assert_cmpuint (n, ==, 1);
  sio_engine_set_allow_request (fixture->engine, NULL, NULL, NULL);
  g_assert_cmpuint (n, ==, 2);
}

/* Header signals */

static void
initial_cb (SioEngine *engine, SioRequest *sio_request, GString *log)
{
  g_string_append (log, "initial ");
  sio_request_append_response_header (sio_request, "X-Initial", "1");
}

static void
headers_cb (SioEngine *engine, SioRequest *sio_request, GString *log)
{
  g_string_append_printf (log, "%s ", sio_request_get_method (sio_request));
  sio_request_append_response_header (sio_request, "X-Each", "1");
  sio_request_append_response_header (sio_request, "X-Each", "2");
}

static void
assert_headers (Response *response, const char *initial, const char *each)
{
  g_autofree char *first = response_dup_header (response, "X-Initial");
  g_autofree char *second = response_dup_header (response, "X-Each");

  g_assert_cmpstr (first, ==, initial);
  g_assert_cmpstr (second, ==, each);
}

static void
test_headers (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree char *sid = client_open_polling (client);
  g_autofree char *query = g_strconcat ("&sid=", sid, NULL);
  struct
  {
    const char *initial;
    const char *each;
  } expected[] = { { "1", "1, 2" }, { NULL, "1, 2" }, { NULL, "1, 2" }, { NULL, NULL } };

  g_signal_connect (fixture->engine, "initial-headers", G_CALLBACK (initial_cb), log);
  g_signal_connect (fixture->engine, "headers", G_CALLBACK (headers_cb), log);
  request (client, "GET", "EIO=4&transport=polling", "");
  client_post (client, sid, "4x");
  sio_session_send_text (sio_engine_get_session (fixture->engine, sid), "y", -1);
  client_get (client, sid);
  request (client, "GET", "EIO=4&transport=polling&sid=none", "");
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (Response) response = client_await_response (client);

      assert_headers (response, expected[i].initial, expected[i].each);
    }
  g_assert_cmpstr (log->str, ==, "initial GET POST GET ");
  g_string_truncate (log, 0);
  client_send_upgrade (websocket, query, "", 0);
  {
    g_autoptr (Response) response = client_await_response (websocket);

    g_assert_cmpuint (response->status, ==, 101);
    assert_headers (response, NULL, "1, 2");
  }
  g_assert_cmpstr (log->str, ==, "GET ");
  g_string_truncate (log, 0);
  {
    g_autoptr (Client) other = client_new (fixture);
    g_autoptr (Response) response = NULL;

    client_send_upgrade (other, "", "", 0);
    response = client_await_response (other);
    assert_headers (response, "1", "1, 2");
    g_assert_cmpstr (log->str, ==, "initial GET ");
  }
}

static void
test_cookie (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (SoupCookie) cookie = soup_cookie_new ("io", "ignored", "", "/", -1);
  g_autoptr (Response) response = NULL;
  g_autoptr (Response) poll = NULL;
  g_autofree char *header = NULL;
  g_autofree char *none = NULL;
  g_autofree char *expected = NULL;
  const char *sid;

  soup_cookie_set_http_only (cookie, TRUE);
  soup_cookie_set_same_site_policy (cookie, SOUP_SAME_SITE_POLICY_LAX);
  sio_engine_set_cookie (fixture->engine, cookie);
  request (client, "GET", "EIO=4&transport=polling", "");
  response = client_await_response (client);
  header = response_dup_header (response, "Set-Cookie");
  sid = sio_session_get_id (fixture->session);
  expected = g_strdup_printf ("io=%s; Path=/; HttpOnly; SameSite=Lax", sid);
  g_assert_cmpstr (header, ==, expected);
  /* Only there. */
  client_post (client, sid, "4x");
  poll = client_await_response (client);
  none = response_dup_header (poll, "Set-Cookie");
  g_assert_null (none);
}

static void
test_cookie_all (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (SoupCookie) cookie = soup_cookie_new ("sticky", "", "example.org", "/a", -1);
  g_autoptr (GDateTime) date = g_date_time_new_utc (2030, 1, 2, 3, 4, 5);
  g_autoptr (Response) response = NULL;
  g_autofree char *header = NULL;
  g_autofree char *expected = NULL;

  soup_cookie_set_secure (cookie, TRUE);
  soup_cookie_set_expires (cookie, date);
  soup_cookie_set_same_site_policy (cookie, SOUP_SAME_SITE_POLICY_NONE);
  sio_engine_set_cookie (fixture->engine, cookie);
  request (client, "GET", "EIO=4&transport=polling", "");
  response = client_await_response (client);
  header = response_dup_header (response, "Set-Cookie");
  expected = g_strdup_printf ("sticky=%s; Domain=example.org; Path=/a; "
                              "Expires=Wed, 02-Jan-2030 03:04:05 GMT; Secure; SameSite=None",
                              sio_session_get_id (fixture->session));
  g_assert_cmpstr (header, ==, expected);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Hooks, refusals, headers and cookies of the handshake.");

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/handshake/refusal/", refusals[i].name, NULL);

      g_test_add_data_func (path, &refusals[i], test_refusal);
    }
  g_test_add_func ("/engine/handshake/mismatches", test_mismatches);
  g_test_add_func ("/engine/handshake/transports", test_transports);
  g_test_add_func ("/engine/handshake/spread-headers", test_spread_headers);
  g_test_add_data_func ("/engine/handshake/hook/now", GINT_TO_POINTER (FALSE), test_hook);
  g_test_add_data_func ("/engine/handshake/hook/later", GINT_TO_POINTER (TRUE), test_hook);
  g_test_add_func ("/engine/handshake/hook/once", test_hook_once);
  g_test_add_data_func ("/engine/handshake/hook/gone-polling", GINT_TO_POINTER (FALSE),
                        test_hook_client_gone);
  g_test_add_data_func ("/engine/handshake/hook/gone-websocket", GINT_TO_POINTER (TRUE),
                        test_hook_client_gone);
  g_test_add_func ("/engine/handshake/hook/closing", test_hook_closing);
  g_test_add_func ("/engine/handshake/hook/replaced", test_hook_replaced);
  g_test_add_func ("/engine/handshake/headers", test_headers);
  g_test_add_func ("/engine/handshake/cookie", test_cookie);
  g_test_add_func ("/engine/handshake/cookie-all", test_cookie_all);
  return g_test_run ();
}
