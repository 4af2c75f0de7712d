/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "client-fixture.h"

/* Losing the connection and coming back, against the official server. */

typedef struct
{
  const char *transports;
  const char *event;   /* what makes the server do it */
  const char *reasons; /* of the client, separated by | */
  gboolean returns;
} ReasonCase;

static const ReasonCase reason_cases[] = {
  { "websocket", "disconnect-me", "io server disconnect", FALSE },
  { "polling", "disconnect-me", "io server disconnect", FALSE },
  { "websocket", "disconnect-all", "io server disconnect", FALSE },
  { "websocket", "close-conn", "transport close", TRUE },
  { "polling", "close-conn", "transport close", TRUE },
  { "websocket", "bad-sio", "parse error", TRUE },
  { "polling", "bad-sio", "parse error", TRUE },
  { "websocket", "bad-binary", "parse error", TRUE },
  { "websocket", "bad-eio", "transport error", TRUE },
  { "websocket", "destroy", "transport close", TRUE },
  { "websocket", "shutdown", "transport close", FALSE },
};

static void
test_reason (gconstpointer data)
{
  const ReasonCase *reason = data;
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", reason->transports);
  g_autofree char *expected = g_strconcat ("disconnected:", reason->reasons, NULL);

  test_client_open (client);
  sio_client_emit (client->client, reason->event, NULL);
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, expected);
  if (!reason->returns)
    return;
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_RECONNECTING);
  test_wait (sio_client_is_connected (client->client));
  g_assert_cmpstr (g_ptr_array_index (client->log, 2), ==, "attempt:1");
  g_assert_cmpstr (g_ptr_array_index (client->log, 3), ==, "connected");
}

static void
test_restart (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  guint port = server->port;
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");
  TestAnswer sent = { FALSE, NULL, NULL };
  TestAnswer kept = { FALSE, NULL, NULL };
  gint64 next;

  test_client_open (client);
  sio_client_emit_with_ack_async (client->client, "never", NULL, 0, NULL, test_answer_cb, &sent);
  test_sleep (50);
  g_clear_pointer (&server, test_server_free);
  test_wait (sent.done);
  g_assert_error (sent.error, SIO_ERROR, SIO_ERROR_NOT_CONNECTED);
  test_wait (!sio_client_is_connected (client->client));
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_RECONNECTING);
  g_object_get (client->client, "next-attempt-time", &next, NULL);
  g_assert_cmpint (next, >, 0);

  /* Kept, except what is volatile. */
  g_assert_false (
      sio_client_emit_full (client->client, "bounce", sio_args_new ("i", 0), SIO_EMIT_VOLATILE));
  g_assert_true (sio_client_emit (client->client, "bounce", sio_args_new ("i", 1)));
  sio_client_emit_with_ack_async (client->client, "echo", sio_args_new ("i", 2), 0, NULL,
                                  test_answer_cb, &kept);
  g_assert_true (sio_client_emit (client->client, "bounce", sio_args_new ("i", 3)));
  test_wait (test_client_saw (client, "attempt:2"));
  g_assert_error (client->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);

  server = test_server_new (NULL, port);
  test_wait (kept.done && client->events->len == 2);
  g_assert_no_error (kept.error);
  g_assert_cmpstr (g_ptr_array_index (client->events, 0), ==, "bounce [1]");
  g_assert_cmpstr (g_ptr_array_index (client->events, 1), ==, "bounce [3]");
  test_answer_clear (&sent);
  test_answer_clear (&kept);
}

static void
test_recovery (void)
{
  g_autoptr (TestServer) server = test_server_new ("{\"connectionStateRecovery\":{}}", 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");
  g_autofree char *id = NULL;

  test_client_open (client);
  g_assert_false (sio_client_is_recovered (client->client));
  id = g_strdup (sio_client_get_id (client->client));
  sio_client_emit (client->client, "hi", NULL);
  test_wait (client->events->len == 1);
  sio_client_emit (client->client, "later", sio_args_new ("i", 20));
  sio_client_emit (client->client, "destroy", NULL);
  test_wait (!sio_client_is_connected (client->client));
  test_wait (sio_client_is_connected (client->client));
  g_assert_true (sio_client_is_recovered (client->client));
  g_assert_cmpstr (sio_client_get_id (client->client), ==, id);
  test_wait (client->events->len == 2);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (client->events, 1), "missed [\"one\",\""));
}

static void
auth_cb (SioClient *client, GTask *task, gpointer user_data)
{
  guint *count = user_data;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_int_member (object, "token", ++*count);
  json_node_set_object (node, object);
  if (*count == 1)
    sio_auth_fail (task, "no token yet");
  else
    sio_auth_return (task, node);
}

static void
test_auth (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/auth", NULL);
  guint count = 0;

  sio_client_set_auth_func (client->client, auth_cb, &count, NULL);
  test_client_open (client);
  g_assert_true (test_client_saw (client, "error:no token yet"));
  test_wait (test_client_saw (client, "auth [{\"token\":2}]"));
  sio_client_close (client->client);
  test_client_open (client);
  test_wait (test_client_saw (client, "auth [{\"token\":3}]"));
}

static void
test_acks (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SioArgs) none = NULL;
  g_autoptr (GError) error = NULL;
  TestAnswer answer = { FALSE, NULL, NULL };

  /* The time counts while it waits for the connection, too. */
  none = test_client_ask (client, "echo", NULL, 20, &error);
  g_assert_error (error, SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_clear_error (&error);
  test_client_open (client);
  none = test_client_ask (client, "never", NULL, 50, &error);
  g_assert_error (error, SIO_ERROR, SIO_ERROR_TIMEOUT);
  sio_client_emit_with_ack_async (client->client, "never", NULL, 0, cancellable, test_answer_cb,
                                  &answer);
  g_cancellable_cancel (cancellable);
  test_wait (answer.done);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_answer_clear (&answer);
}

static void
test_retries (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");
  g_autoptr (SioArgs) third = NULL;
  g_autoptr (SioArgs) first = NULL;
  g_autoptr (GError) error = NULL;

  g_object_set (client->client, "retries", 3, "ack-timeout", 50, NULL);
  test_client_open (client);
  third = test_client_ask (client, "third", sio_args_new ("s", "a"), 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sio_args_get_int64 (third, 0), ==, 3);
  first = test_client_ask (client, "never", NULL, 0, &error);
  g_assert_error (error, SIO_ERROR, SIO_ERROR_TIMEOUT);
}

static void
test_bounds (void)
{
  g_autoptr (TestClient) client = test_client_new (sio_client_new ("http://127.0.0.1:1/"));
  TestAnswer answer = { FALSE, NULL, NULL };

  g_object_set (client->client, "max-buffered-events", 2, NULL);
  g_assert_true (sio_client_emit (client->client, "a", NULL));
  g_assert_true (sio_client_emit (client->client, "a", NULL));
  g_assert_false (sio_client_emit (client->client, "a", NULL));
  sio_client_emit_with_ack_async (client->client, "a", NULL, 0, NULL, test_answer_cb, &answer);
  test_wait (answer.done);
  g_assert_error (answer.error, SIO_ERROR, SIO_ERROR_QUEUE_FULL);
  test_answer_clear (&answer);
}

static void
test_unreachable (void)
{
  g_autoptr (TestClient) invalid = test_client_new (sio_client_new ("nonsense"));
  g_autoptr (TestClient) refused = test_client_new (sio_client_new ("http://127.0.0.1:1/"));

  sio_client_open (invalid->client);
  g_assert_null (invalid->error);
  test_wait (invalid->error != NULL);
  g_assert_cmpint (sio_client_get_state (invalid->client), ==, SIO_CLIENT_DISCONNECTED);

  g_object_set (sio_client_get_manager (refused->client), "reconnection-attempts", 2,
                "reconnection-delay", 10, "reconnection-delay-max", 20, NULL);
  sio_client_open (refused->client);
  test_wait (test_client_saw (refused, "failed"));
  g_assert_error (refused->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_true (test_client_saw (refused, "attempt:2"));
  g_assert_cmpint (sio_client_get_state (refused->client), ==, SIO_CLIENT_DISCONNECTED);
}

static void
test_too_large (gconstpointer data)
{
  const char *transports = data;
  g_autoptr (TestServer) server = test_server_new ("{\"maxHttpBufferSize\":10000}", 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", transports);
  g_autofree char *text = g_strnfill (20000, 'x');

  test_client_open (client);
  sio_client_emit (client->client, "bounce", sio_args_new_from_string (text));
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==,
                   strcmp (transports, "polling") == 0 ? "disconnected:transport error"
                                                       : "disconnected:transport close");
  g_assert_nonnull (strstr (client->details, strcmp (transports, "polling") == 0 ? "413" : "1009"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (reason_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/client/reason/%s/%s", reason_cases[i].event,
                                               reason_cases[i].transports);

      g_test_add_data_func (path, &reason_cases[i], test_reason);
    }
  g_test_add_func ("/client/restart", test_restart);
  g_test_add_func ("/client/recovery", test_recovery);
  g_test_add_func ("/client/auth", test_auth);
  g_test_add_func ("/client/acks", test_acks);
  g_test_add_func ("/client/retries", test_retries);
  g_test_add_func ("/client/bounds", test_bounds);
  g_test_add_func ("/client/unreachable", test_unreachable);
  g_test_add_data_func ("/client/too-large/polling", "polling", test_too_large);
  g_test_add_data_func ("/client/too-large/websocket", "websocket", test_too_large);
  return g_test_run ();
}
