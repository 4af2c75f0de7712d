/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-transport-private.h"

/* What goes to libsoup: other paths, and servers of an application. */

static void
test_keep_alive (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);

  client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  client_expect (client, 404, NULL);
}

static void
test_close (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);

  client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client_expect (client, 404, NULL);
  engine_wait_for (client_is_over (client));
}

/* No descriptor and no memory stays, however a connection ends. */
static void
test_descriptors (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  guint n;

  {
    g_autoptr (Client) client = client_new (fixture);

    client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
    client_expect (client, 404, NULL);
  }
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 0);
  n = count_descriptors ();
  for (guint i = 0; i < 50; i++)
    {
      Client *client = client_new (fixture);

      client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
      if (i % 3 == 0)
        client_expect (client, 404, NULL);
      if (i % 2)
        client_reset (client);
      else
        client_free (client);
    }
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 0);
  engine_wait_for (count_descriptors () == n);
}

static void
test_partial (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client *client = client_new (fixture);
  const char *text = user_data;

  client_send (client, text, -1);
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 1 &&
                   g_queue_is_empty (&fixture->engine->connections));
  client_reset (client);
}

/* An application's server */

typedef struct
{
  SoupServer *server;
  Fixture *fixture;
  guint port; /* of the server's own listener */
  guint n_requests;
  gsize n_bytes;
} Application;

static void
page_cb (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  Application *application = user_data;
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  application->n_requests++;
  application->n_bytes = (gsize) body->length;
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "page", 4);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

static void
application_init (Application *self)
{
  g_autoptr (GError) error = NULL;
  GSList *uris;

  *self = (Application){ .server = soup_server_new (NULL, NULL), .fixture = fixture_new ("") };
  soup_server_add_handler (self->server, "/", page_cb, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->port = (guint) g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  sio_engine_attach (self->fixture->engine, self->server);
  g_assert_true (sio_engine_get_soup_server (self->fixture->engine) == self->server);
}

static void
application_clear (Application *self)
{
  g_clear_pointer (&self->fixture, fixture_free);
  soup_server_disconnect (self->server);
  g_assert_finalize_object (self->server);
}

static Client *
connect_to (Application *self)
{
  return client_new_port ("127.0.0.1", self->port);
}

static void
test_attach (void)
{
  Application application;

  application_init (&application);
  {
    g_autoptr (Client) client = connect_to (&application);
    g_autoptr (Client) other = connect_to (&application);
    g_autofree char *sid = client_open_polling (client);

    client_printf (other, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
    client_expect (other, 200, "page");
    client_hold (client, application.fixture, sid);
    client_post (other, sid, "4hello");
    client_expect (other, 200, "ok");
    sio_session_send_text (application.fixture->session, "there", -1);
    client_expect (client, 200, "4there");
    g_assert_cmpstr (sio_session_get_remote_address (application.fixture->session), ==,
                     "127.0.0.1");
    client_post (other, "none", "4x");
    client_expect (other, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
  }
  g_assert_cmpstr (application.fixture->log->str, ==, "open message:hello ");
  application_clear (&application);
}

static void
test_attach_abort_held (void)
{
  Application application;
  g_autofree char *sid = NULL;
  Client *client;

  application_init (&application);
  client = connect_to (&application);
  sid = client_open_polling (client);
  client_hold (client, application.fixture, sid);
  client_free (client);
  engine_wait_for (application.fixture->n_closed == 1);
  g_assert_cmpstr (application.fixture->log->str, ==,
                   "open closed:transport error/poll connection closed prematurely ");
  application_clear (&application);
}

static void
test_attach_half_post (void)
{
  Application application;
  g_autofree char *sid = NULL;
  Client *client;

  application_init (&application);
  client = connect_to (&application);
  sid = client_open_polling (client);
  client_printf (
      client, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4", sid);
  for (guint i = 0; i < 3; i++)
    engine_iterate ();
  client_free (client);
  engine_wait_for (application.fixture->n_closed == 1);
  g_assert_cmpstr (application.fixture->log->str, ==,
                   "open closed:transport error/data request connection closed prematurely ");
  application_clear (&application);
}

static void
test_attach_websocket (void)
{
  Application application;

  application_init (&application);
  application.fixture->echo = TRUE;
  {
    g_autoptr (Client) polling = connect_to (&application);
    g_autoptr (Client) websocket = connect_to (&application);
    g_autoptr (Client) direct = connect_to (&application);
    g_autoptr (GByteArray) frames = g_byte_array_new ();
    g_autofree char *sid = client_open_polling (polling);
    g_autofree char *query = g_strconcat ("&sid=", sid, NULL);
    g_autofree char *direct_sid = NULL;

    client_append_frame (frames, 1, "2probe", 6);
    client_append_frame (frames, 1, "5", 1);
    client_append_frame (frames, 1, "4early", 6);
    client_hold (polling, application.fixture, sid);
    client_send_upgrade (websocket, query, frames->data, frames->len);
    client_expect (websocket, 101, NULL);
    client_expect_text (websocket, "3probe");
    client_expect_text (websocket, "4early");
    client_expect (polling, 200, "6");
    direct_sid = client_open_websocket (direct);
    client_send_text (direct, "4x");
    client_expect_text (direct, "4x");
  }
  engine_wait_for (application.fixture->n_closed == 2);
  application_clear (&application);
}

/* The engine goes, the application's server goes on; also what it held for us. */
static void
test_attach_dispose (void)
{
  Application application;

  application_init (&application);
  {
    g_autoptr (Client) held = connect_to (&application);
    g_autoptr (Client) posting = connect_to (&application);
    g_autoptr (Client) other = connect_to (&application);
    g_autofree char *sid = client_open_polling (held);

    client_hold (held, application.fixture, sid);
    client_printf (posting,
                   "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4",
                   sid);
    for (guint i = 0; i < 3; i++)
      engine_iterate ();
    fixture_free_early (g_steal_pointer (&application.fixture));
    client_expect (held, 200, "1");
    client_send (posting, "12345678", -1);
    {
      g_autoptr (Response) response = client_await_response (posting);

      g_test_message ("status %u", response->status);
    }
    client_printf (other, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
    client_expect (other, 200, "page");
  }
  soup_server_disconnect (application.server);
  g_assert_finalize_object (application.server);
}

/* Connections of our listener reach the application's handlers. */
static void
test_attach_and_listen (void)
{
  Application application;
  GSList *uris;

  application_init (&application);
  fixture_listen (application.fixture, "tcp:127.0.0.1:0");
  {
    g_autoptr (Client) client = client_new (application.fixture);
    g_autoptr (Client) polling = client_new (application.fixture);
    g_autofree char *sid = client_open_polling (polling);

    client_printf (client, "POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    client_expect (client, 200, "page");
    g_assert_cmpuint (application.n_bytes, ==, 5);
    client_post (polling, sid, "4x");
    client_expect (polling, 200, "ok");
  }
  /* Only its own. */
  uris = soup_server_get_uris (application.server);
  g_assert_cmpuint (g_slist_length (uris), ==, 1);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  application_clear (&application);
}

static void
websocket_cb (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *connection,
              gpointer user_data)
{
  SoupWebsocketConnection **kept = user_data;

  *kept = g_object_ref (connection);
}

/* A WebSocket of the application on our listener */
static void
test_foreign_websocket (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  SoupWebsocketConnection *connection = NULL;
  Client *client = client_new (fixture);

  soup_server_add_websocket_handler (sio_engine_get_soup_server (fixture->engine), "/ws", NULL,
                                     NULL, websocket_cb, &connection, NULL);
  client_printf (client, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  {
    g_autoptr (Response) response = client_await_response (client);
    g_autofree char *header = response_dup_header (response, "Connection");

    g_assert_cmpuint (response->status, ==, 101);
    g_assert_cmpstr (header, ==, "Upgrade");
  }
  engine_wait_for (connection != NULL);
  soup_websocket_connection_send_text (connection, "hi");
  client_expect_text (client, "hi");
  client_free (client);
  engine_wait_for (soup_websocket_connection_get_state (connection) == SOUP_WEBSOCKET_STATE_CLOSED);
  g_object_unref (connection);
}

/* Bodies for handlers that let libsoup collect them have a limit; those who stream have none. */
static void
stream_cb (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer user_data)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
}

static void
test_body_limit (gconstpointer user_data)
{
  gboolean streaming = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  SoupServer *server = sio_engine_get_soup_server (fixture->engine);
  Application application = { server };
  g_autofree char *block = g_strnfill (100000, 'x');

  sio_engine_set_max_payload (fixture->engine, 100000);
  soup_server_add_handler (server, "/upload", page_cb, &application, NULL);
  if (streaming)
    soup_server_add_early_handler (server, "/upload", stream_cb, NULL, NULL);
  client_printf (client, "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
  for (guint i = 0; i < 50; i++)
    client_send (client, block, 100000);
  client_expect (client, streaming ? 200 : 0, NULL);
  g_assert_cmpuint (application.n_requests, ==, streaming ? 1 : 0);
}

/* Several engines on one server, each with its path. */
static void
test_two_engines (void)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (Fixture) first = fixture_new ("");
  g_autoptr (Fixture) second = fixture_new ("");

  sio_engine_set_path (first->engine, "/one");
  sio_engine_attach (first->engine, server);
  sio_engine_attach (second->engine, server);
  fixture_listen (first, "tcp:127.0.0.1:0");
  {
    g_autoptr (Client) client = client_new (first);

    client_printf (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
    client_expect (client, 200, NULL);
  }
  {
    g_autoptr (Client) client = client_new (first);

    client_printf (client, "GET /one/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n");
    client_expect (client, 200, NULL);
  }
  g_assert_cmpuint (first->n_opened, ==, 1);
  g_assert_cmpuint (second->n_opened, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("What goes to libsoup.");

  g_test_add_func ("/engine/soup/keep-alive", test_keep_alive);
  g_test_add_func ("/engine/soup/close", test_close);
  g_test_add_func ("/engine/soup/descriptors", test_descriptors);
  g_test_add_data_func ("/engine/soup/partial-body",
                        "POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123",
                        test_partial);
  g_test_add_data_func ("/engine/soup/partial-chunk",
                        "POST " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n5\r\n123",
                        test_partial);
  g_test_add_func ("/engine/soup/attach", test_attach);
  g_test_add_func ("/engine/soup/attach/abort-held", test_attach_abort_held);
  g_test_add_func ("/engine/soup/attach/half-post", test_attach_half_post);
  g_test_add_func ("/engine/soup/attach/websocket", test_attach_websocket);
  g_test_add_func ("/engine/soup/attach/dispose", test_attach_dispose);
  g_test_add_func ("/engine/soup/attach/and-listen", test_attach_and_listen);
  g_test_add_func ("/engine/soup/foreign-websocket", test_foreign_websocket);
  g_test_add_data_func ("/engine/soup/body-limit/collected", GINT_TO_POINTER (FALSE),
                        test_body_limit);
  g_test_add_data_func ("/engine/soup/body-limit/streamed", GINT_TO_POINTER (TRUE),
                        test_body_limit);
  g_test_add_func ("/engine/soup/two-engines", test_two_engines);
  return g_test_run ();
}
