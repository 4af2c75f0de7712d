/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-namespace.h"

/* Middlewares for HTTP requests. */

typedef struct
{
  GString *log;
  GPtrArray *tasks;
  GPtrArray *requests;
  guint n_destroyed;
  SioEngine *engine;
} Hook;

static void
hook_init (Hook *hook, Fixture *fixture)
{
  *hook = (Hook){ g_string_new (NULL), g_ptr_array_new_with_free_func (g_object_unref),
                  g_ptr_array_new_with_free_func ((GDestroyNotify) sio_request_unref), 0,
                  fixture->engine };
}

static void
hook_clear (Hook *hook)
{
  g_string_free (hook->log, TRUE);
  g_ptr_array_unref (hook->tasks);
  g_ptr_array_unref (hook->requests);
}

static void
destroy_cb (gpointer user_data)
{
  ((Hook *) user_data)->n_destroyed++;
}

static void
log_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  Hook *hook = user_data;

  g_string_append_printf (hook->log, "%s%s%s ", sio_request_get_method (request),
                          strstr (sio_request_get_url (request), "sid=") != NULL ? " sid" : "",
                          sio_request_is_upgrade (request) ? " upgrade" : "");
  sio_request_set_response_header (request, "X-Middleware", "yes");
  sio_middleware_accept (task);
}

static void
later_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  Hook *hook = user_data;

  g_ptr_array_add (hook->tasks, g_object_ref (task));
  g_ptr_array_add (hook->requests, sio_request_ref (request));
}

static void
refuse_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  g_autofree char *key = sio_request_dup_query_value (request, "key");

  if (g_strcmp0 (sio_request_get_header (request, "x-key"), "right") == 0)
    sio_middleware_accept (task);
  else if (g_strcmp0 (key, "plain") == 0)
    g_task_return_boolean (task, TRUE);
  else
    sio_middleware_reject (task, "no key", NULL);
}

static void
answer_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("go away", 7);

  sio_request_set_response_header (request, "Retry-After", "5");
  sio_request_answer (request, 429, "text/plain", body);
}

static void
expect_header (Client *client, guint status, const char *name, const char *value)
{
  g_autoptr (Response) response = client_await_response (client);
  g_autofree char *found = response_dup_header (response, name);

  g_assert_cmpuint (response->status, ==, status);
  g_assert_cmpstr (found, ==, value);
}

static void
test_every_request (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) other = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *query = NULL;
  Hook hook;
  guint id;

  hook_init (&hook, fixture);
  id = sio_engine_use (fixture->engine, log_cb, &hook, destroy_cb);
  sid = client_open_polling (client);
  client_post (client, sid, "4hello");
  expect_header (client, 200, "X-Middleware", "yes");
  g_assert_cmpuint (fixture->n_messages, ==, 1);
  query = g_strdup_printf ("EIO=4&transport=websocket&sid=%s", sid);
  client_upgrade (websocket, query);
  client_printf (other, "PUT " PREFIX "?EIO=4&transport=nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_header (other, 400, "X-Middleware", "yes");
  g_assert_cmpstr (hook.log->str, ==, "GET POST sid GET sid upgrade PUT ");

  sio_engine_unuse (fixture->engine, id);
  engine_wait_for (hook.n_destroyed == 1);
  client_printf (other, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_header (other, 200, "X-Middleware", NULL);
  hook_clear (&hook);
}

/* @user_data: version of HTTP; 1.0 comes through libsoup */
static void
test_refuse (gconstpointer user_data)
{
  const char *version = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  guint id = sio_engine_use (fixture->engine, refuse_cb, NULL, NULL);
  static const struct
  {
    const char *query;
    const char *header;
    guint status;
    const char *body;
  } cases[] = {
    { "", "", 400, "{\"code\":3,\"message\":\"Bad request\"}" },
    { "", "X-Key: right\r\n", 200, NULL },
    { "&key=plain", "", 200, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Client) client = client_new (fixture);

      client_printf (client, "GET " HANDSHAKE "%s HTTP/%s\r\nHost: a\r\n%s\r\n", cases[i].query,
                     version, cases[i].header);
      client_expect (client, cases[i].status, cases[i].body);
    }
  g_assert_cmpuint (fixture->n_opened, ==, 2);
  g_assert_cmpint (fixture->error_code, ==, 3);
  g_assert_cmpstr (fixture->error_context, ==, "{'name': <'MIDDLEWARE_FAILURE'>}");

  sio_engine_unuse (fixture->engine, id);
  sio_engine_use (fixture->engine, answer_cb, NULL, NULL);
  sio_engine_use (fixture->engine, refuse_cb, NULL, NULL);
  {
    g_autoptr (Client) client = client_new (fixture);
    g_autoptr (Response) response = NULL;
    g_autofree char *header = NULL;

    client_printf (client, "GET " HANDSHAKE " HTTP/%s\r\nHost: a\r\n\r\n", version);
    response = client_await_response (client);
    header = response_dup_header (response, "Retry-After");
    g_assert_cmpuint (response->status, ==, 429);
    g_assert_cmpstr (response->body, ==, "go away");
    g_assert_cmpstr (header, ==, "5");
  }
  g_assert_cmpuint (fixture->n_errors, ==, 1);
}

static void
test_later (gconstpointer user_data)
{
  const char *version = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) other = client_new (fixture);
  Client *gone = client_new (fixture);
  Hook hook;

  hook_init (&hook, fixture);
  sio_engine_use (fixture->engine, later_cb, &hook, NULL);
  client_printf (client, "GET " HANDSHAKE " HTTP/%s\r\nHost: a\r\n\r\n", version);
  engine_wait_for (hook.tasks->len == 1);
  client_printf (gone, "GET " HANDSHAKE " HTTP/%s\r\nHost: a\r\n\r\n", version);
  engine_wait_for (hook.tasks->len == 2);
  client_printf (other, "GET " HANDSHAKE " HTTP/%s\r\nHost: a\r\n\r\n", version);
  engine_wait_for (hook.tasks->len == 3);
  g_assert_cmpuint (fixture->n_opened, ==, 0);
  g_assert_cmpuint (fixture->engine->deciding.length, ==, 3);

  /* One leaves, and what is decided then has no effect. */
  client_reset (gone);
  engine_wait_for (g_cancellable_is_cancelled (g_task_get_cancellable (hook.tasks->pdata[1])));
  g_assert_cmpuint (fixture->engine->deciding.length, ==, 2);
  sio_middleware_accept (hook.tasks->pdata[1]);
  sio_middleware_accept (hook.tasks->pdata[0]);
  client_expect (client, 200, NULL);
  g_assert_cmpuint (fixture->n_opened, ==, 1);
  /* Answered later, without the task. */
  sio_request_answer (hook.requests->pdata[2], 503, NULL, NULL);
  client_expect (other, 503, "");
  g_assert_cmpuint (fixture->n_opened, ==, 1);
  g_assert_cmpuint (fixture->n_errors, ==, 0);
  g_assert_cmpuint (fixture->engine->deciding.length, ==, 0);
  hook_clear (&hook);
}

/* A POST that is being decided about is not overtaken, and its place is free afterwards. */
static void
test_post (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  Hook hook;

  hook_init (&hook, fixture);
  sio_engine_use (fixture->engine, later_cb, &hook, NULL);
  client_post (client, sid, "4one");
  engine_wait_for (hook.tasks->len == 1);
  g_assert_cmpuint (fixture->n_messages, ==, 0);
  sio_middleware_accept (hook.tasks->pdata[0]);
  client_expect (client, 200, "ok");
  client_post (client, sid, "4two");
  engine_wait_for (hook.tasks->len == 2);
  sio_middleware_reject (hook.tasks->pdata[1], "no", NULL);
  client_expect (client, 400, NULL);
  client_post (client, sid, "4three");
  engine_wait_for (hook.tasks->len == 3);
  sio_request_answer (hook.requests->pdata[2], 418, NULL, NULL);
  client_expect (client, 418, "");
  client_post (client, sid, "4four");
  engine_wait_for (hook.tasks->len == 4);
  sio_middleware_accept (hook.tasks->pdata[3]);
  client_expect (client, 200, "ok");
  g_assert_cmpuint (fixture->n_messages, ==, 2);
  hook_clear (&hook);
}

static void
test_timeout (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = NULL;
  Hook hook;

  hook_init (&hook, fixture);
  sio_engine_set_request_timeout (fixture->engine, 50);
  sio_engine_use (fixture->engine, later_cb, &hook, NULL);
  client = client_new (fixture);
  client_printf (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
  client_expect (client, 503, "");
  g_assert_true (g_cancellable_is_cancelled (g_task_get_cancellable (hook.tasks->pdata[0])));
  sio_middleware_accept (hook.tasks->pdata[0]);
  engine_iterate ();
  g_assert_cmpuint (fixture->n_opened, ==, 0);
  hook_clear (&hook);
}

static void
test_closing (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  Hook hook;

  hook_init (&hook, fixture);
  sio_engine_use (fixture->engine, later_cb, &hook, NULL);
  client_printf (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
  engine_wait_for (hook.tasks->len == 1);
  sio_engine_close_async (fixture->engine, NULL, NULL, NULL);
  client_expect (client, 503, "");
  g_assert_true (g_cancellable_is_cancelled (g_task_get_cancellable (hook.tasks->pdata[0])));
  hook_clear (&hook);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/middleware/every-request", test_every_request);
  g_test_add_data_func ("/engine/middleware/refuse", "1.1", test_refuse);
  g_test_add_data_func ("/engine/middleware/refuse-soup", "1.0", test_refuse);
  g_test_add_data_func ("/engine/middleware/later", "1.1", test_later);
  g_test_add_data_func ("/engine/middleware/later-soup", "1.0", test_later);
  g_test_add_func ("/engine/middleware/post", test_post);
  g_test_add_func ("/engine/middleware/timeout", test_timeout);
  g_test_add_func ("/engine/middleware/closing", test_closing);
  return g_test_run ();
}
