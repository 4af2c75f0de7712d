/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "client-fixture.h"

/* What works against any server: the official one and ours. */

typedef struct
{
  gboolean ours;
  const char *transports;
  gboolean base64;
  gboolean msgpack;
} Variant;

static const Variant variants[] = {
  { FALSE, "polling websocket", FALSE },
  { FALSE, "polling", FALSE },
  { FALSE, "websocket", FALSE },
  { FALSE, "polling websocket", TRUE },
  { FALSE, "websocket", TRUE },
  { TRUE, "polling websocket", FALSE },
  { TRUE, "polling", FALSE },
  { TRUE, "websocket", FALSE },
  { FALSE, "polling websocket", FALSE, TRUE },
  { FALSE, "polling", FALSE, TRUE },
  { FALSE, "websocket", FALSE, TRUE },
  { FALSE, "websocket", TRUE, TRUE },
  { TRUE, "polling websocket", FALSE, TRUE },
  { TRUE, "polling", FALSE, TRUE },
};

#define MSGPACK_OPTIONS "{\"parser\":\"socket.io-msgpack-parser\"}"

static TestServer *
server_new (const Variant *variant)
{
  if (variant->ours)
    return variant->msgpack ? test_server_new_msgpack () : test_server_new_conformance ();
  return test_server_new (variant->msgpack ? MSGPACK_OPTIONS : NULL, 0);
}

static TestClient *
client_new (const Variant *variant, TestServer *server, const char *path)
{
  TestClient *client = test_client_new_for (server, path, variant->transports);

  g_object_set (sio_client_get_manager (client->client), "force-base64", variant->base64, NULL);
  if (variant->msgpack)
    {
      g_autoptr (SioMsgpackParser) parser = sio_msgpack_parser_new ();

      g_object_set (sio_client_get_manager (client->client), "parser", parser, NULL);
    }
  return client;
}

static void
check_transport (const Variant *variant, TestClient *client)
{
  SioManager *manager = sio_client_get_manager (client->client);

  if (strstr (variant->transports, "websocket") != NULL)
    test_wait (sio_manager_get_transport (manager) == SIO_TRANSPORT_WEBSOCKET);
  else
    g_assert_cmpint (sio_manager_get_transport (manager), ==, SIO_TRANSPORT_POLLING);
  g_assert_cmpfloat (sio_manager_get_rtt (manager), >, 0);
}

/* Our server recovers, so it adds an offset. */
static gboolean
saw_hi (TestClient *client)
{
  for (guint i = 0; i < client->log->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (client->log, i), "hi ["))
      return TRUE;
  for (guint i = 0; i < client->events->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (client->events, i), "hi ["))
      return TRUE;
  return FALSE;
}

static void
test_echo (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (TestServer) server = server_new (variant);
  g_autoptr (TestClient) client = client_new (variant, server, "/");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_DISCONNECTED);
  sio_client_open (client->client);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_CONNECTING);
  test_wait (sio_client_is_connected (client->client));

  /* Before, during and after the change of transport. */
  for (int i = 0; i < 100; i++)
    {
      g_autoptr (SioArgs) answer =
          test_client_ask (client, "echo", sio_args_new ("({si})", "é\"\n", i), 60000, &error);
      g_autofree char *expected = g_strdup_printf ("[{\"é\\\"\\n\":%d}]", i);

      g_assert_no_error (error);
      g_assert_cmpstr (sio_args_get_json (answer), ==, expected);
    }
  check_transport (variant, client);
  sio_client_emit (client->client, "hi", NULL);
  test_wait (saw_hi (client));
  sio_client_close (client->client);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_DISCONNECTED);
  g_assert_true (test_client_saw (client, "disconnected:io client disconnect"));
  g_assert_cmpuint (client->log->len, ==, 2);

  /* And once more. */
  test_client_open (client);
}

static void
doge_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  GBytes **bytes = user_data;

  *bytes = g_bytes_ref (sio_args_get_bytes (sio_message_get_args (message), 0));
}

static void
test_binary (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (TestServer) server = server_new (variant);
  g_autoptr (TestClient) client = client_new (variant, server, "/");
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *large = g_malloc (200000);

  for (guint i = 0; i < 200000; i++)
    large[i] = (guint8) (i * 7);
  sio_client_on (client->client, "doge", doge_cb, &got, NULL);
  sio_client_emit (client->client, "doge", NULL);
  test_client_open (client);
  test_wait (got != NULL);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), "asdfasdf", 8);

  /* The fixture of ours echoes the text only. */
  for (gsize length = 0; !variant->ours && length <= 200000; length = length * 10 + 2)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (large, length);
      g_autoptr (SioArgs) answer =
          test_client_ask (client, "echo", sio_args_new_from_bytes (bytes), 60000, &error);

      g_assert_no_error (error);
      g_assert_nonnull (sio_args_get_bytes (answer, 0));
      g_assert_true (g_bytes_equal (sio_args_get_bytes (answer, 0), bytes));
    }
  check_transport (variant, client);
}

static void
own_echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

static void
own_bounce_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "bounce", message);
}

static void
bounced_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  SioArgs **args = user_data;

  *args = sio_args_ref (sio_message_get_args (message));
}

/* Binary data both ways between the two halves of the library: raw and as base64. */
static void
test_own_binary (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (SioServer) server = sio_server_new ();
  g_auto (GStrv) addresses = NULL;
  g_autoptr (GUri) address = NULL;
  g_autoptr (TestClient) client = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *large = g_malloc (200000);
  TestServer own = { NULL, 0 };

  for (guint i = 0; i < 200000; i++)
    large[i] = (guint8) (i * 7);
  sio_server_listen (server, "tcp:127.0.0.1:0", &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (sio_server_get_engine (server));
  address = g_uri_parse (addresses[0], G_URI_FLAGS_NONE, &error);
  g_assert_no_error (error);
  own.port = (guint) g_uri_get_port (address);
  sio_server_on (server, "echo", own_echo_cb, NULL, NULL);
  sio_server_on (server, "bounce", own_bounce_cb, NULL, NULL);
  client = client_new (variant, &own, "/");
  test_client_open (client);
  for (gsize length = 0; length <= 200000; length = length * 10 + 2)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (large, length);
      g_autoptr (SioArgs) answer =
          test_client_ask (client, "echo", sio_args_new_from_bytes (bytes), 60000, &error);
      g_autoptr (SioArgs) bounced = NULL;

      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (sio_args_get_bytes (answer, 0), bytes));
      sio_client_once (client->client, "bounce", bounced_cb, &bounced, NULL);
      sio_client_emit (client->client, "bounce", sio_args_new_from_bytes (bytes));
      test_wait (bounced != NULL);
      g_assert_true (g_bytes_equal (sio_args_get_bytes (bounced, 0), bytes));
    }
  check_transport (variant, client);
}

static void
test_refused (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (TestServer) server = server_new (variant);
  g_autoptr (TestClient) client = client_new (variant, server, "/no");
  g_autoptr (TestClient) unknown = client_new (variant, server, "/unknown");

  sio_client_open (client->client);
  test_wait (client->error != NULL);
  g_assert_error (client->error, SIO_ERROR, SIO_ERROR_REJECTED);
  g_assert_cmpstr (client->error->message, ==, "Auth failed (custom namespace)");
  if (!variant->ours)
    g_assert_cmpstr (client->data, ==, "[{\"code\":42}]");
  g_assert_false (sio_client_is_active (client->client));
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_DISCONNECTED);

  sio_client_open (unknown->client);
  test_wait (unknown->error != NULL);
  g_assert_cmpstr (unknown->error->message, ==, "Invalid namespace");
  test_sleep (200);
  g_assert_cmpuint (client->log->len, ==, 1);
}

static void
test_namespaces (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (TestServer) server = server_new (variant);
  g_autoptr (TestClient) root = client_new (variant, server, "/");
  SioManager *manager = sio_client_get_manager (root->client);
  g_autoptr (TestClient) foo = test_client_new (sio_manager_get_client (manager, "/foo"));
  g_autoptr (SioClient) again = sio_manager_get_client (manager, "/foo");
  g_autoptr (SioArgs) a = NULL;
  g_autoptr (SioArgs) b = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (again == foo->client);
  g_clear_object (&again);
  sio_client_open (root->client);
  sio_client_open (foo->client);
  sio_client_open (foo->client);
  test_wait (sio_client_is_connected (root->client) && sio_client_is_connected (foo->client));
  a = test_client_ask (root, "getId", NULL, 60000, &error);
  g_assert_no_error (error);
  b = test_client_ask (foo, "getId", NULL, 60000, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sio_args_get_string (a, 0), ==, sio_client_get_id (root->client));
  g_assert_cmpstr (sio_args_get_string (b, 0), ==, sio_client_get_id (foo->client));

  /* One leaves and comes back, twice in a row. */
  sio_client_close (foo->client);
  sio_client_open (foo->client);
  sio_client_close (foo->client);
  sio_client_open (foo->client);
  test_wait (sio_client_is_connected (foo->client));
  g_assert_true (sio_client_is_connected (root->client));
  sio_client_close (foo->client);
  g_assert_cmpint (sio_manager_get_state (manager), ==, SIO_CLIENT_CONNECTED);
  sio_client_close (root->client);
  g_assert_cmpint (sio_manager_get_state (manager), ==, SIO_CLIENT_DISCONNECTED);
}

static void
question_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

/* The server asks the client, with binary data both ways. */
static void
test_question (gconstpointer data)
{
  const Variant *variant = data;
  g_autoptr (TestServer) server = server_new (variant);
  g_autoptr (TestClient) client = client_new (variant, server, "/");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0\1", 2);

  /* The fixture of ours has another question. */
  if (variant->ours)
    return;
  sio_client_on (client->client, "question", question_cb, NULL, NULL);
  test_client_open (client);
  sio_client_emit (client->client, "ask", sio_args_new_from_bytes (bytes));
  sio_client_emit (client->client, "ask", sio_args_new ("({sd})", "é", 0.5));
  test_wait (test_client_saw (client, "answered [{\"_placeholder\":true,\"num\":0}]"));
  test_wait (test_client_saw (client, "answered [{\"é\":0.5}]"));
}

/* More attachments than the text form allows. */
static void
test_msgpack_many (void)
{
  static const Variant variant = { FALSE, "polling websocket", FALSE, TRUE };
  g_autoptr (TestServer) server = server_new (&variant);
  g_autoptr (TestClient) client = client_new (&variant, server, "/");
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioArgs) answer = NULL;
  g_autoptr (GError) error = NULL;

  for (guint8 i = 0; i < 50; i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (&i, 1);

      sio_args_builder_add_bytes (builder, bytes);
    }
  test_client_open (client);
  answer = test_client_ask (client, "echo", sio_args_builder_end (builder), 60000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sio_args_get_n_attachments (answer), ==, 50);
  g_assert_cmpmem (g_bytes_get_data (sio_args_get_bytes (answer, 49), NULL), 1, "\x31", 1);
}

/* Text is nothing that msgpack has: the client reconnects. */
static void
test_msgpack_parse_error (void)
{
  static const char *const transports[] = { "polling", "websocket" };

  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      const Variant variant = { FALSE, transports[i], FALSE, TRUE };
      g_autoptr (TestServer) server = server_new (&variant);
      g_autoptr (TestClient) client = client_new (&variant, server, "/");

      test_client_open (client);
      sio_client_emit (client->client, "bad-sio", NULL);
      test_wait (test_client_saw (client, "disconnected:parse error"));
      test_wait (sio_client_is_connected (client->client));
    }
}

static void
add_variants (const char *name, GTestDataFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/client/%s/%s/%s%s%s", variants[i].ours ? "sio-glib" : "node", name,
                           variants[i].transports, variants[i].base64 ? "/base64" : "",
                           variants[i].msgpack ? "/msgpack" : "");

      g_strdelimit (path, " ", '-');
      g_test_add_data_func (path, &variants[i], func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_variants ("echo", test_echo);
  add_variants ("binary", test_binary);
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    if (!variants[i].ours && !variants[i].msgpack)
      {
        g_autofree char *path = g_strdup_printf ("/client/own/binary/%u", i);

        g_test_add_data_func (path, &variants[i], test_own_binary);
      }
  add_variants ("refused", test_refused);
  add_variants ("namespaces", test_namespaces);
  add_variants ("question", test_question);
  g_test_add_func ("/client/msgpack/many-attachments", test_msgpack_many);
  g_test_add_func ("/client/msgpack/parse-error", test_msgpack_parse_error);
  return g_test_run ();
}
