/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine-fixture.h"

/* Letting all clients go at a pace, without new ones. */

#define MANY 40

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;

  if (sio_engine_drain_finish (SIO_ENGINE (source), result, error))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "drained");
}

#define assert_drained(error)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    engine_wait_for ((error) != NULL);                                                             \
    g_assert_error ((error), G_IO_ERROR, G_IO_ERROR_EXISTS);                                       \
    g_clear_error (&(error));                                                                      \
  }                                                                                                \
  G_STMT_END

static void
assert_refused (Fixture *fixture, gboolean websocket)
{
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Response) response = NULL;
  g_autofree char *seconds = NULL;

  if (websocket)
    client_send_upgrade (client, "EIO=4&transport=websocket", NULL, 0);
  else
    client_send (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\n\r\n", -1);
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, 503);
  seconds = response_dup_header (response, "Retry-After");
  g_assert_cmpstr (seconds, ==, "2");
}

/* No close packet of Engine.IO: official clients come back after an ordinary end of the transport.
 */
static void
test_websocket (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_websocket (client);
  g_autoptr (GError) error = NULL;

  sio_session_send_text (fixture->session, "last", -1);
  sio_engine_drain_async (fixture->engine, 1000, 0, NULL, done_cb, &error);
  client_expect_text (client, "4last");
  client_expect_close (client, 1005);
  assert_drained (error);
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
}

static void
test_polling (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) holding = client_new (fixture);
  g_autoptr (Client) between = client_new (fixture);
  g_autofree char *held = client_open_polling (holding);
  g_autofree char *absent = client_open_polling (between);
  g_autoptr (GError) error = NULL;

  sio_session_send_text (fixture->session, "last", -1);
  client_hold (holding, fixture, held);
  sio_engine_drain_async (fixture->engine, 1000, 0, NULL, done_cb, &error);
  client_expect (holding, 200, "1");
  client_expect_poll (between, absent, "4last");
  client_expect_poll (between, absent,
                      "6\x1e"
                      "1");
  assert_drained (error);
}

/* Somebody who does not fetch the end gets two seconds. */
static void
test_absent (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  sio_engine_drain_async (fixture->engine, 1000, 0, NULL, done_cb, &error);
  engine_wait_for (sio_session_get_state (fixture->session) == SIO_SESSION_CLOSING);
  g_assert_null (error);
  assert_drained (error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * G_USEC_PER_SEC);
  g_assert_cmpuint (sio_engine_get_n_sessions (fixture->engine), ==, 0);
}

static void
test_refusal (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  g_autoptr (GError) error = NULL;

  fixture->echo = TRUE;
  sio_engine_set_retry_after (fixture->engine, 1001);
  /* One second later it would be its turn; the first one is somebody else. */
  {
    g_autoptr (Client) other = client_new (fixture);
    g_autofree char *other_sid = client_open_polling (other);

    sio_engine_drain_async (fixture->engine, 1, 0, NULL, done_cb, &error);
    g_assert_true (sio_engine_is_draining (fixture->engine));
    assert_refused (fixture, FALSE);
    assert_refused (fixture, TRUE);
    g_assert_cmpuint (fixture->engine->counters.refused[SIO_REFUSED_DRAINING], ==, 2);
    /* It is not the clients' fault. */
    g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 0);
    g_assert_cmpuint (fixture->n_errors, ==, 0);
    sio_engine_stop_draining (fixture->engine);
    engine_wait_for (error != NULL);
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_false (sio_engine_is_draining (fixture->engine));
  }
  {
    g_autoptr (Client) again = client_new (fixture);
    g_autofree char *again_sid = client_open_websocket (again);

    client_send_text (again, "4hello");
    client_expect_text (again, "4hello");
  }
  client_free (g_steal_pointer (&client));
  fixture_free_early (g_steal_pointer (&fixture));
}

/* Who is there is served until it is its turn. */
static void
test_served (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) first = client_new (fixture);
  g_autoptr (Client) second = client_new (fixture);
  g_autofree char *first_sid = client_open_websocket (first);
  g_autofree char *second_sid = client_open_websocket (second);
  Client *left = NULL;
  g_autoptr (GError) error = NULL;

  fixture->echo = TRUE;
  sio_engine_drain_async (fixture->engine, 1, 0, NULL, done_cb, &error);
  engine_wait_for (fixture->n_closed == 1);
  left = sio_engine_get_session (fixture->engine, first_sid) != NULL ? first : second;
  client_send_text (left, "4hello");
  client_expect_text (left, "4hello");
  g_assert_cmpuint (fixture->n_closed, ==, 1);
  assert_drained (error);
  client_expect_close (left, 1005);
}

static Client **
open_many (Fixture *fixture)
{
  Client **clients = g_new0 (Client *, MANY);

  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *sid = NULL;

      clients[i] = client_new (fixture);
      sid = client_open_websocket (clients[i]);
    }
  return clients;
}

static void
free_many (Client **clients)
{
  for (guint i = 0; i < MANY; i++)
    client_free (clients[i]);
  g_free (clients);
}

/* 40 sessions, 100 a second: 390 ms. */
static void
test_pace (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client **clients = open_many (fixture);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  sio_engine_drain_async (fixture->engine, 100, 0, NULL, done_cb, &error);
  while (error == NULL)
    {
      engine_iterate ();
      /* Never faster than the pace, whatever the machine does. */
      g_assert_cmpint (fixture->n_closed, <=,
                       1 + (g_get_monotonic_time () - start) * 100 / G_USEC_PER_SEC);
    }
  assert_drained (error);
  g_assert_cmpuint (fixture->n_closed, ==, MANY);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 390 * 1000);
  free_many (clients);
}

/* At one a second it would take 40 s. */
static void
test_timeout (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client **clients = open_many (fixture);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  sio_engine_drain_async (fixture->engine, 1, 200, NULL, done_cb, &error);
  assert_drained (error);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 190 * 1000);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
  free_many (clients);
}

/* A second call changes the pace of the first. */
static void
test_again (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client **clients = open_many (fixture);
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  sio_engine_drain_async (fixture->engine, 1, 0, NULL, done_cb, &first);
  engine_wait_for (fixture->n_closed == 1);
  sio_engine_drain_async (fixture->engine, 0, 0, NULL, done_cb, &second);
  assert_drained (first);
  assert_drained (second);
  free_many (clients);
}

static void
test_cancel (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) other = client_new (fixture);
  g_autofree char *sid = client_open_websocket (client);
  g_autofree char *other_sid = client_open_websocket (other);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  sio_engine_set_retry_after (fixture->engine, 2000);
  sio_engine_drain_async (fixture->engine, 1, 0, cancellable, done_cb, &error);
  engine_wait_for (fixture->n_closed == 1);
  g_cancellable_cancel (cancellable);
  engine_wait_for (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (sio_engine_is_draining (fixture->engine));
  g_assert_cmpuint (sio_engine_get_n_sessions (fixture->engine), ==, 1);
  assert_refused (fixture, FALSE);
}

/* What the application does in handlers of the sessions that are closed */
static void
stop_cb (SioSession *session, gpointer user_data)
{
  sio_engine_stop_draining (user_data);
}

static void
test_stop_in_handler (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client **clients = open_many (fixture);
  g_autoptr (GError) error = NULL;

  fixture->on_closed = stop_cb;
  fixture->user_data = fixture->engine;
  sio_engine_drain_async (fixture->engine, 0, 0, NULL, done_cb, &error);
  engine_wait_for (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fixture->n_closed, ==, 1);
  free_many (clients);
}

/* Nobody is there: it is done at once, and stays so. */
static void
test_empty (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (GError) error = NULL;

  sio_engine_drain_async (fixture->engine, 1, 0, NULL, done_cb, &error);
  assert_drained (error);
  g_assert_true (sio_engine_is_draining (fixture->engine));
  sio_engine_stop_draining (fixture->engine);
  g_assert_false (sio_engine_is_draining (fixture->engine));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/drain/websocket", test_websocket);
  g_test_add_func ("/drain/polling", test_polling);
  g_test_add_func ("/drain/absent", test_absent);
  g_test_add_func ("/drain/refusal", test_refusal);
  g_test_add_func ("/drain/served", test_served);
  g_test_add_func ("/drain/pace", test_pace);
  g_test_add_func ("/drain/timeout", test_timeout);
  g_test_add_func ("/drain/again", test_again);
  g_test_add_func ("/drain/cancel", test_cancel);
  g_test_add_func ("/drain/stop-in-handler", test_stop_in_handler);
  g_test_add_func ("/drain/empty", test_empty);

  return g_test_run ();
}
