/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "client-fixture.h"
#include "fault-proxy.h"
#include "sio-client-private.h"
#include "sio-eio-parts-private.h"

/* Losing the connection and coming back, against the official server. */

/* Who did what, and what each side reports: the table of protocol.md §4.7. */
typedef struct
{
  const char *transports;
  const char *action;        /* an event that makes the server do it, or see perform () */
  const char *reason;        /* of the client */
  const char *server_reason; /* NULL: nobody can tell any more */
  gboolean returns;
} ReasonCase;

static const ReasonCase reason_cases[] = {
  { "websocket", "disconnect-me", "io server disconnect", "server namespace disconnect", FALSE },
  { "polling", "disconnect-me", "io server disconnect", "server namespace disconnect", FALSE },
  { "websocket", "disconnect-all", "io server disconnect", "server namespace disconnect", FALSE },
  { "polling", "disconnect-all", "io server disconnect", "server namespace disconnect", FALSE },
  { "websocket", "*close", "io client disconnect", "client namespace disconnect", FALSE },
  { "polling", "*close", "io client disconnect", "client namespace disconnect", FALSE },
  { "websocket", "*close-manager", "forced close", "transport close", FALSE },
  { "polling", "*close-manager", "forced close", "transport close", FALSE },
  { "websocket", "close-conn", "transport close", "forced close", TRUE },
  { "polling", "close-conn", "transport close", "forced close", TRUE },
  { "websocket", "*bad-sio", "transport close", "forced close", TRUE },
  { "polling", "*bad-sio", "transport close", "forced close", TRUE },
  { "websocket", "bad-sio", "parse error", "transport close", TRUE },
  { "polling", "bad-sio", "parse error", "transport close", TRUE },
  { "websocket", "bad-binary", "parse error", "transport close", TRUE },
  { "websocket", "*bad-eio", "transport close", "parse error", TRUE },
  { "websocket", "bad-eio", "transport error", "transport close", TRUE },
  { "polling", "bad-eio", "transport error", NULL, TRUE },
  { "websocket", "*too-large", "transport close", "transport error", TRUE },
  { "polling", "*too-large", "transport error", NULL, TRUE },
  { "websocket", "destroy", "transport close", "transport close", TRUE },
  { "polling", "destroy", "transport error", "transport error", TRUE },
  { "websocket", "shutdown", "transport close", NULL, FALSE },
  { "polling", "shutdown", "transport close", NULL, FALSE },
};

/* What the client itself does. */
static void
perform (TestClient *client, const char *action)
{
  SioManager *manager = sio_client_get_manager (client->client);

  if (strcmp (action, "*close") == 0)
    sio_client_close (client->client);
  else if (strcmp (action, "*close-manager") == 0)
    sio_manager_close (manager);
  else if (strcmp (action, "*bad-sio") == 0)
    {
      g_autoptr (SioOutgoing) outgoing = sio_encode_control (NULL, '9', "nonsense", NULL);

      sio_manager_send (manager, outgoing);
    }
  else if (strcmp (action, "*bad-eio") == 0)
    soup_websocket_connection_send_text (manager->eio->ws.connection, "x");
  else if (strcmp (action, "*too-large") == 0)
    {
      g_autofree char *text = g_strnfill (20000, 'x');

      sio_client_emit (client->client, "bounce", sio_args_new_from_string (text));
    }
  else
    sio_client_emit (client->client, action, NULL);
}

static void
test_reason (gconstpointer data)
{
  const ReasonCase *reason = data;
  g_autoptr (TestServer) server = test_server_new ("{\"maxHttpBufferSize\":10000}", 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", reason->transports);
  g_autoptr (TestClient) observer = NULL;
  g_autofree char *expected = g_strconcat ("disconnected:", reason->reason, NULL);

  test_client_open (client);
  perform (client, reason->action);
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, expected);
  if (reason->returns)
    {
      g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_RECONNECTING);
      test_wait (sio_client_is_connected (client->client));
      g_assert_cmpstr (g_ptr_array_index (client->log, 2), ==, "attempt:1");
      g_assert_cmpstr (g_ptr_array_index (client->log, 3), ==, "connected");
    }
  else if (strcmp (reason->action, "shutdown") != 0)
    {
      test_sleep (100);
      g_assert_cmpuint (client->log->len, ==, 2);
      g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_DISCONNECTED);
    }
  if (reason->server_reason == NULL)
    return;
  observer = test_client_new_for (server, "/", "websocket");
  test_client_open (observer);
  for (gboolean told = FALSE; !told;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SioArgs) answer = test_client_ask (observer, "reasons", NULL, 60000, &error);
      JsonArray *reasons;

      g_assert_no_error (error);
      reasons = json_node_get_array (sio_args_get_node (answer, 0));
      told = json_array_get_length (reasons) > 0;
      if (told)
        g_assert_cmpstr (json_array_get_string_element (reasons, 0), ==, reason->server_reason);
    }
}

static FaultKind
no_pong_cb (guint connection, gboolean upwards, guint chunk, guint *ms, gpointer user_data)
{
  gboolean *stuck = user_data;

  *ms = 1500;
  return *stuck && upwards ? FAULT_DELAY : FAULT_NONE;
}

/* The pongs of the client arrive too late. */
static void
test_ping_timeout (void)
{
  g_autoptr (TestServer) server =
      test_server_new ("{\"pingInterval\":3000,\"pingTimeout\":500}", 0);
  g_autoptr (TestClient) client = NULL;
  g_autoptr (FaultProxy) proxy = NULL;
  g_autoptr (SioArgs) reasons = NULL;
  g_autoptr (GError) error = NULL;
  gboolean stuck = FALSE;
  TestServer through = { NULL, 0 };

  proxy = fault_proxy_new (server->port, no_pong_cb, &stuck);
  through.port = fault_proxy_get_port (proxy);
  client = test_client_new_for (&through, "/", "websocket");
  test_client_open (client);
  stuck = TRUE;
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, "disconnected:transport close");
  stuck = FALSE;
  test_wait (sio_client_is_connected (client->client));
  reasons = test_client_ask (client, "reasons", NULL, 60000, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sio_args_get_json (reasons), ==, "[[\"ping timeout\"]]");
}

static FaultKind
count_cb (guint connection, gboolean upwards, guint chunk, guint *ms, gpointer user_data)
{
  guint *n_connections = user_data;

  *n_connections = MAX (*n_connections, connection + 1);
  return FAULT_NONE;
}

/* Polling has one connection for GET and one for POST, however much there is to say. */
static void
test_connections (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = NULL;
  g_autoptr (FaultProxy) proxy = NULL;
  g_autoptr (GError) error = NULL;
  guint n_connections = 0;
  TestServer through = { NULL, 0 };

  proxy = fault_proxy_new (server->port, count_cb, &n_connections);
  through.port = fault_proxy_get_port (proxy);
  client = test_client_new_for (&through, "/", "polling");
  test_client_open (client);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (SioArgs) answer =
          test_client_ask (client, "echo", sio_args_new ("u", i), 60000, &error);

      g_assert_no_error (error);
    }
  g_assert_cmpuint (n_connections, ==, 2);
}

static void
log_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  GString *log = user_data;

  g_string_append_printf (log, "%s%s ", sio_message_get_event (message),
                          sio_message_get_json (message));
}

static void
mark_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  g_string_append_c (user_data, '!');
}

static void
test_handlers (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GString) in = g_string_new (NULL);
  g_autofree guint *ids = NULL;
  g_autofree guint *none = NULL;
  gsize n;
  guint first, second;

  /* What waits for the connection is told when it is sent. */
  first = sio_client_on_any_outgoing (client->client, log_cb, out, NULL);
  second = sio_client_prepend_any_outgoing (client->client, mark_cb, out, NULL);
  ids = sio_client_list_any_outgoing (client->client, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (ids[0], ==, second);
  g_assert_cmpuint (ids[1], ==, first);
  sio_client_emit (client->client, "bounce", sio_args_new ("i", 1));
  g_assert_cmpstr (out->str, ==, "");
  sio_client_once (client->client, "bounce", mark_cb, in, NULL);
  sio_client_on (client->client, "bounce", log_cb, in, NULL);
  sio_client_prepend (client->client, "bounce", mark_cb, in, NULL);
  test_client_open (client);
  g_assert_cmpstr (out->str, ==, "!bounce[1] ");
  test_wait (strlen (in->str) > 3);
  g_assert_cmpstr (in->str, ==, "!!bounce[1] ");
  sio_client_off (client->client, second);
  sio_client_emit (client->client, "bounce", sio_args_new ("i", 2));
  g_assert_cmpstr (out->str, ==, "!bounce[1] bounce[2] ");
  test_wait (strstr (in->str, "2") != NULL);
  /* One of them was for once. */
  g_assert_cmpstr (in->str, ==, "!!bounce[1] !bounce[2] ");

  sio_client_off_event (client->client, "bounce");
  sio_client_off_any_outgoing (client->client);
  none = sio_client_list_handlers (client->client, "bounce", &n);
  g_assert_cmpuint (n, ==, 0);
  sio_client_emit (client->client, "bounce", sio_args_new ("i", 3));
  test_wait (test_client_saw (client, "bounce [3]"));
  g_assert_null (strstr (in->str, "3"));
  g_assert_null (strstr (out->str, "3"));

  /* What is repeated is told each time. */
  sio_client_on_any_outgoing (client->client, log_cb, out, NULL);
  g_string_truncate (out, 0);
  g_object_set (client->client, "retries", 2, "ack-timeout", 50, NULL);
  sio_client_emit (client->client, "never", NULL);
  test_wait (strcmp (out->str, "never[] never[] never[] ") == 0);
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

  g_object_set (client->client, "retries", 3, "ack-timeout", 1000, NULL);
  test_client_open (client);
  third = test_client_ask (client, "third", sio_args_new ("s", "a"), 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sio_args_get_int64 (third, 0), ==, 3);
  g_object_set (client->client, "ack-timeout", 50, NULL);
  first = test_client_ask (client, "never", NULL, 0, &error);
  g_assert_error (error, SIO_ERROR, SIO_ERROR_TIMEOUT);
}

/* Appendix C, 20: without a time limit any answer is a success, too. */
static void
test_retries_untimed (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");
  g_autoptr (SioArgs) first = NULL;
  g_autoptr (SioArgs) items = NULL;
  g_autoptr (GError) error = NULL;

  g_object_set (client->client, "retries", 3, NULL);
  test_client_open (client);
  first = test_client_ask (client, "item", sio_args_new ("s", "a"), 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sio_args_get_string (first, 0), ==, "a");
  items = test_client_ask (client, "items", NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sio_args_get_json (items), ==, "[[\"a\"],[]]");
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (reason_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/client/reason/%s/%s", reason_cases[i].action,
                                               reason_cases[i].transports);

      g_test_add_data_func (path, &reason_cases[i], test_reason);
    }
  g_test_add_func ("/client/restart", test_restart);
  g_test_add_func ("/client/recovery", test_recovery);
  g_test_add_func ("/client/auth", test_auth);
  g_test_add_func ("/client/acks", test_acks);
  g_test_add_func ("/client/retries", test_retries);
  g_test_add_func ("/client/retries-untimed", test_retries_untimed);
  g_test_add_func ("/client/bounds", test_bounds);
  g_test_add_func ("/client/unreachable", test_unreachable);
  g_test_add_func ("/client/ping-timeout", test_ping_timeout);
  g_test_add_func ("/client/connections", test_connections);
  g_test_add_func ("/client/handlers", test_handlers);
  return g_test_run ();
}
