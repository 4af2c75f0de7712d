/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "client-fixture.h"

/* Servers that behave badly, or in ways that the official one cannot be brought to: an Engine.IO
 * server that does what each test says. */

#define OPEN                                                                                       \
  "0{\"sid\":\"S\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":20000,"     \
  "\"maxPayload\":50}"
#define OPEN_SHORT                                                                                 \
  "0{\"sid\":\"S\",\"upgrades\":[],\"pingInterval\":100,\"pingTimeout\":100,\"maxPayload\":50}"

typedef struct
{
  SoupServer *server;
  guint port;
  /* what to do */
  const char *open;
  guint open_status;
  guint post_status;
  guint ws_status; /* refuses WebSockets */
  gboolean silent; /* does not answer handshakes */
  gboolean no_probe;
  gboolean pings; /* answers each pong with a ping */
  /* what happened */
  GPtrArray *requests; /* METHOD TRANSPORT, headers and query follow */
  GPtrArray *got;      /* bodies and messages */
  GPtrArray *paused;
  SoupServerMessage *poll;
  SoupWebsocketConnection *ws;
  gboolean upgraded; /* the WebSocket counts */
  GString *out;
  gboolean empty; /* and so shall the answer be */
} Fake;

static void
fake_answer (SoupServerMessage *message, guint status, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "text/plain; charset=UTF-8", SOUP_MEMORY_COPY, body,
                                    strlen (body));
}

static void
fake_flush (Fake *self)
{
  if (self->poll == NULL || (self->out->len == 0 && !self->empty))
    return;
  self->empty = FALSE;
  fake_answer (self->poll, 200, self->out->str);
  g_string_truncate (self->out, 0);
  soup_server_message_unpause (self->poll);
  g_clear_object (&self->poll);
}

static void
fake_send (Fake *self, const char *packet)
{
  if (self->upgraded)
    {
      soup_websocket_connection_send_text (self->ws, packet);
      return;
    }
  if (self->out->len > 0)
    g_string_append_c (self->out, 0x1e);
  g_string_append (self->out, packet);
  self->empty = *packet == '\0';
  fake_flush (self);
}

static void
fake_receive (Fake *self, const char *text)
{
  g_ptr_array_add (self->got, g_strdup (text));
  if (strcmp (text, "40") == 0)
    fake_send (self, "40{\"sid\":\"X\"}");
  else if (strcmp (text, "3") == 0 && self->pings)
    fake_send (self, "2");
}

static void
http_cb (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  Fake *self = user_data;
  const char *method = soup_server_message_get_method (message);
  const char *transport = g_hash_table_lookup (query, "transport");
  gboolean has_sid = g_hash_table_contains (query, "sid");
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *cookie = soup_message_headers_get_list (headers, "Cookie");
  const char *token = soup_message_headers_get_one (headers, "Authorization");

  g_ptr_array_add (self->requests,
                   g_strdup_printf ("%s %s%s %s q=%s token=%s cookie=%s", method, transport,
                                    has_sid ? " sid" : "", path,
                                    (char *) g_hash_table_lookup (query, "q"), token, cookie));
  if (strcmp (transport, "websocket") == 0)
    {
      if (self->ws_status != 0)
        fake_answer (message, self->ws_status, "no");
      return;
    }
  if (!has_sid)
    {
      soup_message_headers_append (soup_server_message_get_response_headers (message), "Set-Cookie",
                                   "io=abc; Path=/; HttpOnly");
      fake_answer (message, self->open_status, self->open);
      if (self->silent)
        {
          soup_server_message_pause (message);
          g_ptr_array_add (self->paused, g_object_ref (message));
        }
    }
  else if (strcmp (method, "GET") == 0)
    {
      /* Without a status libsoup takes it for a bad WebSocket. */
      soup_server_message_set_status (message, 200, NULL);
      soup_server_message_pause (message);
      g_assert_null (self->poll);
      self->poll = g_object_ref (message);
      fake_flush (self);
    }
  else
    {
      g_autoptr (GBytes) bytes =
          soup_message_body_flatten (soup_server_message_get_request_body (message));
      gsize length;
      const char *data = g_bytes_get_data (bytes, &length);
      g_autofree char *body = g_strndup (data, length);

      fake_answer (message, self->post_status, "ok");
      fake_receive (self, body);
    }
}

static void
message_cb (SoupWebsocketConnection *connection, int type, GBytes *bytes, Fake *self)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = g_strndup (data, length);

  if (strcmp (text, "5") == 0)
    {
      g_auto (GStrv) packets = g_strsplit (self->out->str, "\036", -1);

      self->upgraded = TRUE;
      g_string_truncate (self->out, 0);
      for (guint i = 0; packets[i] != NULL; i++)
        fake_send (self, packets[i]);
    }
  else if (strcmp (text, "2probe") != 0)
    fake_receive (self, text);
  else if (!self->no_probe)
    {
      soup_websocket_connection_send_text (connection, "3probe");
      /* As the official server releases the poll. */
      fake_send (self, "6");
    }
}

static void
websocket_cb (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *connection,
              gpointer user_data)
{
  Fake *self = user_data;
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));

  g_set_object (&self->ws, connection);
  g_signal_connect (connection, "message", G_CALLBACK (message_cb), self);
  self->upgraded = strstr (query, "sid=") == NULL;
  if (self->upgraded)
    fake_send (self, self->open);
}

static Fake *
fake_new (const char *path)
{
  Fake *self = g_new0 (Fake, 1);
  g_autoptr (GError) error = NULL;
  GSList *uris;

  self->open = OPEN;
  self->open_status = 200;
  self->post_status = 200;
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->got = g_ptr_array_new_with_free_func (g_free);
  self->paused = g_ptr_array_new_with_free_func (g_object_unref);
  self->out = g_string_new (NULL);
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, path, http_cb, self, NULL);
  soup_server_add_websocket_handler (self->server, path, NULL, NULL, websocket_cb, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->port = (guint) g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return self;
}

static void
fake_free (Fake *self)
{
  if (self->ws != NULL)
    g_signal_handlers_disconnect_by_data (self->ws, self);
  soup_server_disconnect (self->server);
  g_clear_object (&self->poll);
  g_clear_object (&self->ws);
  g_ptr_array_unref (self->requests);
  g_ptr_array_unref (self->got);
  g_ptr_array_unref (self->paused);
  g_string_free (self->out, TRUE);
  g_object_unref (self->server);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fake, fake_free)

static TestClient *
client_new (Fake *fake, const char *transports)
{
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", fake->port);
  TestClient *client = test_client_new (sio_client_new (uri));
  SioManager *manager = sio_client_get_manager (client->client);
  g_auto (GStrv) names = g_strsplit (transports, " ", -1);

  g_object_set (manager, "reconnection-delay", 20, "reconnection-delay-max", 40, "watch-sleep",
                FALSE, NULL);
  sio_manager_set_transports (manager, (const char *const *) names);
  return client;
}

static guint
count (GPtrArray *entries, const char *prefix)
{
  guint n = 0;

  for (guint i = 0; i < entries->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (entries, i), prefix);
  return n;
}

/* Whatever comes of the WebSocket, polling goes on. */
static void
test_refused_upgrade (gconstpointer data)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling websocket");

  fake->ws_status = GPOINTER_TO_UINT (data);
  test_client_open (client);
  test_wait (count (fake->requests, "GET websocket sid") == 1);
  fake_send (fake, "42[\"a\"]");
  test_wait (test_client_saw (client, "a []"));
  sio_client_emit (client->client, "b", NULL);
  test_wait (count (fake->got, "42[\"b\"]") == 1);
  g_assert_cmpuint (client->log->len, ==, 1);
  g_assert_cmpint (sio_manager_get_transport (sio_client_get_manager (client->client)), ==,
                   SIO_TRANSPORT_POLLING);
}

static void
test_unanswered_probe (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling websocket");

  fake->no_probe = TRUE;
  test_client_open (client);
  test_wait (fake->ws != NULL);
  fake_send (fake, "42[\"a\"]");
  test_wait (test_client_saw (client, "a []"));
  sio_client_emit (client->client, "b", NULL);
  test_wait (count (fake->got, "42[\"b\"]") == 1);
}

/* Appendix C, 19: the WebSocket dies between `3probe` and the end of the last poll. */
static void
test_paused (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling websocket");

  fake->no_probe = TRUE;
  test_client_open (client);
  test_wait (fake->ws != NULL && fake->poll != NULL);
  soup_websocket_connection_send_text (fake->ws, "3probe");
  /* The poll is not answered with a noop, so polling is paused now. */
  test_sleep (50);
  g_signal_handlers_disconnect_by_data (fake->ws, fake);
  soup_websocket_connection_close (fake->ws, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
  g_clear_object (&fake->ws);
  sio_client_emit (client->client, "b", NULL);
  test_wait (count (fake->got, "42[\"b\"]") == 1);
  fake_send (fake, "42[\"a\"]");
  test_wait (test_client_saw (client, "a []"));
  g_assert_cmpuint (client->log->len, ==, 1);
}

static void
test_silent (gconstpointer data)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling");
  const char *property = data;
  gint64 start = g_get_monotonic_time ();

  fake->silent = TRUE;
  g_object_set (sio_client_get_manager (client->client), property, 200, NULL);
  sio_client_open (client->client);
  test_wait (client->error != NULL);
  g_assert_error (client->error, SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 199000);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_RECONNECTING);
  fake->silent = FALSE;
  test_wait (sio_client_is_connected (client->client));
}

static const struct
{
  const char *name;
  const char *open;
  guint status;
  int code;
  const char *text;
} handshakes[] = {
  { "empty", "", 200, SIO_ERROR_PROTOCOL, "malformed" },
  { "close", "1", 200, SIO_ERROR_BAD_HANDSHAKE, "expected the handshake" },
  { "message", "4x", 200, SIO_ERROR_BAD_HANDSHAKE, "expected the handshake" },
  { "no-json", "0x", 200, SIO_ERROR_BAD_HANDSHAKE, "is it an Engine.IO server?" },
  { "no-object", "0[]", 200, SIO_ERROR_BAD_HANDSHAKE, "is it an Engine.IO server?" },
  { "no-sid", "0{\"pingInterval\":1,\"pingTimeout\":1}", 200, SIO_ERROR_BAD_HANDSHAKE, "is it" },
  { "wrong-interval", "0{\"sid\":\"S\",\"pingInterval\":-1,\"pingTimeout\":1}", 200,
    SIO_ERROR_BAD_HANDSHAKE, "is it" },
  { "page", "<html></html>", 200, SIO_ERROR_PROTOCOL, "malformed" },
  { "missing", "no", 404, SIO_ERROR_BAD_HANDSHAKE, "status 404" },
  { "refused", "{\"code\":4,\"message\":\"Forbidden\"}", 403, SIO_ERROR_TRANSPORT,
    "403: Forbidden" },
};

static void
test_handshake (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling");

  fake->open = handshakes[i].open;
  fake->open_status = handshakes[i].status;
  sio_client_open (client->client);
  test_wait (client->error != NULL);
  g_assert_error (client->error, SIO_ERROR, handshakes[i].code);
  g_assert_nonnull (strstr (client->error->message, handshakes[i].text));
  g_assert_false (test_client_saw (client, "connected"));
  test_wait (test_client_saw (client, "attempt:2"));
}

static const struct
{
  const char *name;
  const char *transport;
  const char *payload;
  const char *reason;
  const char *details;
} payloads[] = {
  { "polling/type", "polling", "7", "transport error", "malformed packet" },
  { "polling/empty", "polling", "", "transport error", "malformed packet (empty)" },
  { "polling/close", "polling", "1", "transport close", "transport closed by the server" },
  { "polling/packet", "polling", "42", "parse error", "" },
  { "polling/json", "polling", "42[\"a\"", "parse error", "" },
  { "websocket/type", "websocket", "7", "transport error", "malformed packet" },
  { "websocket/empty", "websocket", "", "transport error", "malformed packet" },
  { "websocket/close", "websocket", "1", "transport close", "" },
  { "websocket/attachments", "websocket",
    "451-[\"a\",{\"_placeholder\":true,\"num\":0}]\0362\0364x", "parse error", "plaintext" },
};

static void
test_payload (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, payloads[i].transport);
  g_auto (GStrv) packets = g_strsplit (payloads[i].payload, "\036", -1);
  g_autofree char *reason = g_strconcat ("disconnected:", payloads[i].reason, NULL);

  test_client_open (client);
  for (guint j = 0; packets[j] != NULL || j == 0; j++)
    fake_send (fake, packets[j] != NULL ? packets[j] : "");
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, reason);
  g_assert_nonnull (strstr (client->details, payloads[i].details));
  fake->upgraded = FALSE;
  test_wait (sio_client_is_connected (client->client));
}

/* More than the client takes at once. */
static void
test_max_payload (gconstpointer data)
{
  const char *transport = data;
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, transport);
  g_autofree char *large = g_strnfill (3000, 'x');
  g_autofree char *small = g_strnfill (900, 'x');
  g_autofree char *fits = g_strconcat ("42[\"a\",\"", small, "\"]", NULL);
  g_autofree char *too_large = g_strconcat ("42[\"a\",\"", large, "\"]", NULL);

  g_object_set (sio_client_get_manager (client->client), "max-payload", 1000, NULL);
  test_client_open (client);
  fake_send (fake, fits);
  test_wait (client->events->len == 1);
  fake_send (fake, too_large);
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, "disconnected:transport error");
  g_test_message ("%s", client->details);
  g_assert_cmpuint (client->events->len, ==, 1);
}

static void
test_heartbeat (gconstpointer data)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, data);
  gint64 start;

  fake->open = OPEN_SHORT;
  fake->pings = TRUE;
  test_client_open (client);
  start = g_get_monotonic_time ();
  fake_send (fake, "2");
  test_wait (count (fake->got, "3") > 20 && g_get_monotonic_time () - start > 500000);
  g_assert_cmpuint (client->log->len, ==, 1);
  /* Other packets do not count. */
  fake->pings = FALSE;
  start = g_get_monotonic_time ();
  while (client->log->len == 1)
    {
      fake_send (fake, "6");
      test_iterate ();
      g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
    }
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, "disconnected:ping timeout");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 150000);
}

/* One request after the other, none larger than the server wants, nothing lost. */
static void
test_batches (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling");
  g_autoptr (GString) all = g_string_new (NULL);
  guint n_batches = 0;

  test_client_open (client);
  for (guint i = 0; i < 10; i++)
    sio_client_emit (client->client, "event", sio_args_new ("u", i));
  sio_client_emit (client->client, "much",
                   sio_args_new ("s", "more than fifty bytes, which has to go by itself anyway"));
  sio_client_emit (client->client, "end", NULL);
  test_wait (count (fake->got, "42[\"end\"]") == 1);
  for (guint i = 1; i < fake->got->len; i++)
    {
      const char *body = g_ptr_array_index (fake->got, i);

      n_batches++;
      g_assert_true (strlen (body) <= 50 || strchr (body, 0x1e) == NULL);
      g_string_append_printf (all, "%s\036", body);
    }
  g_assert_cmpuint (n_batches, <, 8);
  g_assert_true (
      g_str_has_prefix (all->str, "42[\"event\",0]\03642[\"event\",1]\03642[\"event\",2]"));
  g_assert_nonnull (strstr (all->str, "42[\"event\",9]\03642[\"much\""));
}

#define BURST 100
#define BURST_LENGTH (1024 * 1024)

typedef struct
{
  gint64 next;     /* that has to come */
  gint64 last;     /* iteration in which one came */
  guint n_handled; /* in that one */
  guint most;      /* of these */
} Burst;

/* Takes a millisecond. */
static void
burst_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  Burst *burst = user_data;
  gint64 iteration = g_source_get_time (g_main_current_source ());
  gint64 number;

  number = sio_args_get_int64 (sio_message_get_args (message), 0);
  g_assert_cmpint (number, ==, burst->next);
  burst->next++;
  burst->n_handled = iteration == burst->last ? burst->n_handled + 1 : 1;
  burst->most = MAX (burst->most, burst->n_handled);
  burst->last = iteration;
  g_usleep (1000);
}

/* Many messages at once keep the main loop no longer than some of them take. None is lost or comes
 * before its time, big ones neither, and all come before the end. */
static void
test_burst (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "websocket");
  g_autofree char *big = g_strnfill (BURST_LENGTH, 'x');
  Burst burst = { 0 };

  sio_client_on (client->client, "n", burst_cb, &burst, NULL);
  test_client_open (client);
  for (guint i = 0; i < BURST; i++)
    {
      g_autofree char *packet =
          g_strdup_printf ("42[\"n\",%u,\"%s\"]", i, i % (BURST / 4) == 7 ? big : "");

      fake_send (fake, packet);
    }
  fake_send (fake, "1");
  test_wait (client->log->len >= 2);
  g_assert_cmpint (burst.next, ==, BURST);
  g_assert_cmpuint (burst.most, <=, 10);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, "disconnected:transport close");
}

/* Whoever closes from within wants no more of them. */
static void
close_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  if (++*(guint *) user_data == 20)
    sio_manager_close (sio_client_get_manager (client));
  g_usleep (1000);
}

static void
test_burst_closed (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "websocket");
  guint n = 0;

  sio_client_on (client->client, "n", close_cb, &n, NULL);
  test_client_open (client);
  for (guint i = 0; i < BURST; i++)
    fake_send (fake, "42[\"n\"]");
  test_wait (client->log->len >= 2);
  test_sleep (50);
  g_assert_cmpuint (n, ==, 20);
}

static void
test_post_status (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) client = client_new (fake, "polling");

  test_client_open (client);
  fake->post_status = 413;
  sio_client_emit (client->client, "a", NULL);
  test_wait (client->log->len >= 2);
  g_assert_cmpstr (g_ptr_array_index (client->log, 1), ==, "disconnected:transport error");
  g_assert_nonnull (strstr (client->details, "413"));
}

static void
test_try_all (void)
{
  g_autoptr (Fake) fake = fake_new ("/socket.io/");
  g_autoptr (TestClient) first = client_new (fake, "websocket polling");
  g_autoptr (TestClient) all = client_new (fake, "websocket polling");

  fake->ws_status = 403;
  g_object_set (sio_client_get_manager (first->client), "reconnection", FALSE, NULL);
  sio_client_open (first->client);
  test_wait (first->error != NULL);
  g_assert_nonnull (strstr (first->error->message, "403"));
  g_assert_cmpuint (count (fake->requests, "GET polling"), ==, 0);

  g_object_set (sio_client_get_manager (all->client), "try-all-transports", TRUE, NULL);
  test_client_open (all);
  g_assert_null (all->error);
  g_assert_cmpint (sio_manager_get_transport (sio_client_get_manager (all->client)), ==,
                   SIO_TRANSPORT_POLLING);
}

static void
test_remember (gconstpointer data)
{
  gboolean remember = GPOINTER_TO_INT (data);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "polling websocket");
  SioManager *manager = sio_client_get_manager (client->client);

  g_object_set (manager, "remember-upgrade", remember, NULL);
  test_client_open (client);
  test_wait (sio_manager_get_transport (manager) == SIO_TRANSPORT_WEBSOCKET);
  sio_client_emit (client->client, "close-conn", NULL);
  test_wait (!sio_client_is_connected (client->client));
  test_wait (sio_manager_get_state (manager) == SIO_CLIENT_CONNECTED);
  g_assert_cmpint (sio_manager_get_transport (manager), ==,
                   remember ? SIO_TRANSPORT_WEBSOCKET : SIO_TRANSPORT_POLLING);
}

/* Path, query, headers and cookies go along with every request. */
static void
test_requests (gconstpointer data)
{
  gboolean cookies = GPOINTER_TO_INT (data);
  g_autoptr (Fake) fake = fake_new ("/my/engine/");
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/?q=a%%20b", fake->port);
  g_autoptr (TestClient) client = test_client_new (sio_client_new (uri));
  SioManager *manager = sio_client_get_manager (client->client);

  sio_manager_set_path (manager, "/my/engine");
  sio_manager_set_header (manager, "Authorization", "Bearer 1");
  sio_manager_set_header (manager, "X-Other", "1");
  sio_manager_set_header (manager, "X-Other", NULL);
  g_object_set (manager, "cookies", cookies, "reconnection-delay", 20, NULL);
  test_client_open (client);
  test_wait (fake->ws != NULL && fake->requests->len >= 4);
  for (guint i = 0; i < fake->requests->len; i++)
    {
      const char *request = g_ptr_array_index (fake->requests, i);
      gboolean first = !strstr (request, " sid ");

      g_test_message ("%s", request);
      g_assert_nonnull (strstr (request, " /my/engine/ q=a b token=Bearer 1 cookie="));
      g_assert_true (g_str_has_suffix (request, cookies && !first ? "=io=abc" : "=(null)"));
    }
  g_assert_cmpuint (count (fake->requests, "GET websocket sid"), ==, 1);

  /* A new connection begins without. */
  fake->upgraded = FALSE;
  g_ptr_array_set_size (fake->requests, 0);
  sio_manager_close (manager);
  test_client_open (client);
  g_assert_true (g_str_has_suffix (g_ptr_array_index (fake->requests, 0), "cookie=(null)"));
}

static void
add (const char *format, const char *name, gconstpointer data, GTestDataFunc func)
{
  g_autofree char *path = g_strconcat ("/client/engine/", format, "/", name, NULL);

  g_test_add_data_func (path, data, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("refused-upgrade", "400", GUINT_TO_POINTER (400), test_refused_upgrade);
  add ("refused-upgrade", "503", GUINT_TO_POINTER (503), test_refused_upgrade);
  g_test_add_func ("/client/engine/unanswered-probe", test_unanswered_probe);
  g_test_add_func ("/client/engine/paused", test_paused);
  add ("silent", "timeout", "timeout", test_silent);
  add ("silent", "request-timeout", "request-timeout", test_silent);
  for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
    add ("handshake", handshakes[i].name, GUINT_TO_POINTER (i), test_handshake);
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    add ("payload", payloads[i].name, GUINT_TO_POINTER (i), test_payload);
  add ("max-payload", "polling", "polling", test_max_payload);
  add ("max-payload", "websocket", "websocket", test_max_payload);
  add ("heartbeat", "polling", "polling", test_heartbeat);
  add ("heartbeat", "websocket", "websocket", test_heartbeat);
  g_test_add_func ("/client/engine/batches", test_batches);
  g_test_add_func ("/client/engine/burst", test_burst);
  g_test_add_func ("/client/engine/burst-closed", test_burst_closed);
  g_test_add_func ("/client/engine/post-status", test_post_status);
  g_test_add_func ("/client/engine/try-all", test_try_all);
  add ("remember", "yes", GINT_TO_POINTER (TRUE), test_remember);
  add ("remember", "no", GINT_TO_POINTER (FALSE), test_remember);
  add ("requests", "cookies", GINT_TO_POINTER (TRUE), test_requests);
  add ("requests", "no-cookies", GINT_TO_POINTER (FALSE), test_requests);
  return g_test_run ();
}
