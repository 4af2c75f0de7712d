/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-tls-hello-private.h"

static Fixture *
tls_fixture (void)
{
  return fixture_new ("tls:127.0.0.1:0");
}

static void
test_polling (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) client = client_new_tls (fixture->port);
  g_autofree char *sid = NULL;
  g_auto (GStrv) addresses = sio_engine_list_addresses (fixture->engine);
  SioRequestInfo *info;

  g_assert_true (g_str_has_prefix (addresses[0], "https://127.0.0.1:"));
  /* One connection, and one TLS handshake, for all of it. */
  sid = client_open_polling (client);
  info = sio_session_get_request_info (fixture->session);
  g_assert_true (sio_request_info_is_secure (info));
  g_assert_cmpstr (sio_request_info_get_remote_address (info), ==, "127.0.0.1");
  client_post (client, sid, "4hello");
  client_expect (client, 200, "ok");
  client_hold (client, fixture, sid);
  sio_session_send_text (fixture->session, "there", -1);
  client_expect (client, 200, "4there");
  g_assert_cmpstr (fixture->log->str, ==, "open message:hello ");
}

static void
test_abort_held (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autofree char *sid = NULL;
  Client *client;

  {
    g_autoptr (Client) other = client_new_tls (fixture->port);

    sid = client_open_polling (other);
  }
  client = client_new_tls (fixture->port);
  client_hold (client, fixture, sid);
  client_free (client);
  engine_wait_for (fixture->n_closed == 1);
  g_assert_cmpstr (fixture->log->str, ==,
                   "open closed:transport error/poll connection closed prematurely ");
}

static void
test_websocket (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) client = client_new_tls (fixture->port);
  g_autofree char *sid = client_open_websocket (client);

  fixture->echo = TRUE;
  client_send_text (client, "4hello");
  client_expect_text (client, "4hello");
  g_assert_true (sio_request_info_is_secure (sio_session_get_request_info (fixture->session)));
  sio_session_close (fixture->session);
  client_expect_close (client, 1005);
}

static void
test_early_frames (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) client = client_new_tls (fixture->port);
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  g_autofree char *large = g_strnfill (400000, 'z');

  large[0] = '4';
  client_append_frame (frames, 1, "4one", 4);
  client_append_frame (frames, 1, large, 400000);
  client_append_frame (frames, 1, "4two", 4);
  client_send_upgrade (client, "", frames->data, frames->len);
  engine_wait_for (fixture->n_messages == 3);
  g_assert_cmpstr (fixture->log->str, ==, "open message:one text:399999 message:two ");
}

static void
test_upgrade (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) websocket = NULL;
  g_autofree char *sid = NULL;
  g_autofree char *query = NULL;

  {
    g_autoptr (Client) client = client_new_tls (fixture->port);

    sid = client_open_polling (client);
  }
  sio_session_send_text (fixture->session, "waiting", -1);
  query = g_strconcat ("&sid=", sid, NULL);
  websocket = client_new_tls (fixture->port);
  client_upgrade (websocket, query);
  client_send_text (websocket, "2probe");
  client_expect_text (websocket, "3probe");
  client_send_text (websocket, "5");
  client_expect_text (websocket, "4waiting");
  g_assert_cmpstr (fixture->log->str, ==, "open upgraded ");
}

static void
test_big_messages (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) client = NULL;
  g_autofree char *sid = NULL;
  gsize length = 5 * 1000 * 1000;
  g_autofree guint8 *data = g_malloc (length);
  g_autoptr (Frame) frame = NULL;

  sio_engine_set_max_payload (fixture->engine, length);
  for (gsize i = 0; i < length; i++)
    data[i] = (guint8) (i * 7 + i / 251);
  fixture->echo = TRUE;
  client = client_new_tls (fixture->port);
  sid = client_open_websocket (client);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Frame) echo = NULL;

      client_send_frame (client, 2, data, length);
      echo = client_await_frame (client);
      g_assert_cmpuint (echo->opcode, ==, 2);
      g_assert_cmpmem (echo->data, echo->length, data, length);
    }
}

static void
test_big_poll (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autofree char *sid = NULL;
  gsize length = 5 * 1000 * 1000;
  g_autofree char *text = g_strnfill (length, 'q');
  g_autoptr (Client) client = NULL;
  g_autoptr (Response) response = NULL;

  {
    g_autoptr (Client) other = client_new_tls (fixture->port);

    sid = client_open_polling (other);
  }
  sio_session_send_text (fixture->session, text, (gssize) length);
  client = client_new_tls (fixture->port);
  client_get (client, sid);
  response = client_await_response (client);
  g_assert_cmpuint (response->length, ==, length + 1);
}

/* What else the SoupServer serves. */
static void
other_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "other", 5);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

static void
test_other_path (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) client = client_new_tls (fixture->port);

  soup_server_add_handler (sio_engine_get_soup_server (fixture->engine), "/other", other_cb, NULL,
                           NULL);
  client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  client_expect (client, 200, "other");
}

/* A ClientHello: with @minor 1 of TLS 1.0, 2 of TLS 1.1, 3 of TLS 1.2. */
static GByteArray *
client_hello (guint8 minor)
{
  static const guint8 suites[] = { 0xc0, 0x14, 0xc0, 0x13, 0xc0, 0x0a, 0xc0, 0x09, 0x00, 0x35,
                                   0x00, 0x2f, 0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2c };
  static const guint8 extensions[] = {
    0x00, 0x0a, 0x00, 0x06, 0x00, 0x04, 0x00, 0x17, 0x00, 0x18, /* groups */
    0x00, 0x0b, 0x00, 0x02, 0x01, 0x00,                         /* point formats */
    0x00, 0x0d, 0x00, 0x0a, 0x00, 0x08, 0x04, 0x01, 0x04, 0x03, /* signatures */
    0x02, 0x01, 0x02, 0x03,                                     /* … */
    0xff, 0x01, 0x00, 0x01, 0x00                                /* renegotiation */
  };
  GByteArray *hello = g_byte_array_new ();
  guint body = 2 + 32 + 1 + 2 + sizeof suites + 2 + 2 + sizeof extensions;
  guint8 head[] = { 0x16, 3, minor, 0, (guint8) (body + 4), 1, 0, 0, (guint8) body, 3, minor };
  guint8 random[32] = { 1, 2, 3 };
  guint8 rest[] = { 0, 0, sizeof suites };
  guint8 compression[] = { 1, 0, 0, sizeof extensions };

  g_assert_cmpuint (body, <, 200);
  g_byte_array_append (hello, head, sizeof head);
  g_byte_array_append (hello, random, sizeof random);
  g_byte_array_append (hello, rest, sizeof rest);
  g_byte_array_append (hello, suites, sizeof suites);
  g_byte_array_append (hello, compression, sizeof compression);
  g_byte_array_append (hello, extensions, sizeof extensions);
  return hello;
}

/* The same with a list of versions. */
static GByteArray *
client_hello_listing (const guint8 *versions, guint8 length)
{
  GByteArray *hello = client_hello (3);
  guint8 extension[] = { 0, 43, 0, (guint8) (length + 1), length };
  guint8 added = (guint8) (sizeof extension + length);
  gsize extensions = 5 + 4 + 2 + 32 + 1 + 2 + 20 + 2;

  g_byte_array_append (hello, extension, sizeof extension);
  g_byte_array_append (hello, versions, length);
  hello->data[4] += added;
  hello->data[8] += added;
  hello->data[extensions + 1] += added;
  return hello;
}

static void
test_hello (void)
{
  static const guint8 modern[] = { 0x1a, 0x1a, 3, 4, 3, 3 };
  static const guint8 old[] = { 0x1a, 0x1a, 3, 2, 3, 1 };
  g_autoptr (GByteArray) plain = client_hello (3);
  g_autoptr (GByteArray) listing = client_hello_listing (modern, sizeof modern);
  g_autoptr (GByteArray) listing_old = client_hello_listing (old, sizeof old);
  g_autoptr (GByteArray) listing_none = client_hello_listing (old, 0);
  GRand *rand = g_rand_new_with_seed (1);

  for (guint8 minor = 0; minor < 3; minor++)
    {
      g_autoptr (GByteArray) hello = client_hello (minor);

      g_assert_cmpint (sio_tls_hello_check (hello->data, hello->len), ==, SIO_TLS_HELLO_OLD);
    }
  g_assert_cmpint (sio_tls_hello_check (plain->data, plain->len), ==, SIO_TLS_HELLO_GOOD);
  g_assert_cmpint (sio_tls_hello_check (listing->data, listing->len), ==, SIO_TLS_HELLO_GOOD);
  g_assert_cmpint (sio_tls_hello_check (listing_old->data, listing_old->len), ==,
                   SIO_TLS_HELLO_OLD);
  g_assert_cmpint (sio_tls_hello_check (listing_none->data, listing_none->len), ==,
                   SIO_TLS_HELLO_OLD);
  for (gsize n = 0; n < listing->len; n++)
    {
      g_autofree guint8 *part = g_memdup2 (listing->data, MAX (n, 1));

      g_assert_cmpint (sio_tls_hello_check (part, n), ==, SIO_TLS_HELLO_INCOMPLETE);
    }
  g_assert_cmpint (sio_tls_hello_check ((const guint8 *) "GET", 3), ==, SIO_TLS_HELLO_OTHER);
  g_assert_cmpint (sio_tls_hello_check ((const guint8 *) "\x80\x2e\x01\x03\x01", 5), ==,
                   SIO_TLS_HELLO_OTHER);
  g_assert_cmpint (sio_tls_hello_check ((const guint8 *) "\x16\x03\x01\0\0", 5), ==,
                   SIO_TLS_HELLO_OTHER);

  /* Whatever lengths say, nothing is read beyond the end. */
  for (guint i = 0; i < 50000; i++)
    {
      g_autofree guint8 *changed = g_memdup2 (listing->data, listing->len);

      for (guint j = 0; j < 3; j++)
        changed[g_rand_int_range (rand, 5, (gint) listing->len)] =
            (guint8) g_rand_int_range (rand, 0, 256);
      g_assert_cmpint (sio_tls_hello_check (changed, listing->len), !=, SIO_TLS_HELLO_INCOMPLETE);
    }
  g_rand_free (rand);
}

static void
test_versions (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();

  for (guint8 minor = 1; minor <= 3; minor++)
    {
      g_autoptr (Client) client = client_new_port ("127.0.0.1", fixture->port);
      g_autoptr (GByteArray) hello = client_hello (minor);

      client_send (client, hello->data, hello->len);
      engine_wait_for (!client_fill (client) || client->in->len >= 7);
      g_test_message ("TLS 1.%u: %u bytes", minor - 1, client->in->len);
      if (minor == 3)
        {
          /* The test itself is right: ServerHello of TLS 1.2. */
          g_assert_cmpuint (client->in->data[0], ==, 0x16);
          continue;
        }
      /* An alert, and the end. */
      if (client->in->len > 0)
        {
          g_assert_cmpuint (client->in->data[0], ==, 0x15);
          g_assert_cmpuint (client->in->data[5], ==, 2);
        }
      engine_wait_for (client_is_over (client));
    }
}

static void
test_plain_http (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) good = NULL;
  g_autofree char *sid = NULL;

  client_printf (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  engine_wait_for (client_is_over (client));
  g_assert_cmpuint (client->in->len, ==, 0);
  good = client_new_tls (fixture->port);
  sid = client_open_polling (good);
  g_assert_nonnull (sid);
}

/* Broken off at any point, nothing stays. */
static void
test_broken_handshakes (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (GByteArray) hello = client_hello (3);

  for (guint n = 0; n < hello->len; n += 7)
    {
      Client *client = client_new_port ("127.0.0.1", fixture->port);

      client_send (client, hello->data, n);
      if (n % 2 == 0)
        engine_iterate ();
      if (n % 3 == 0)
        client_reset (client);
      else
        client_free (client);
    }
}

static void
test_slow_handshake (void)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (Client) silent = NULL;
  g_autoptr (Client) slow = NULL;
  g_autoptr (GByteArray) hello = client_hello (3);
  gint64 start;
  guint n = 0;

  fixture = fixture_new ("");
  sio_engine_set_request_timeout (fixture->engine, 300);
  fixture_listen (fixture, "tls:127.0.0.1:0");
  silent = client_new (fixture);
  slow = client_new (fixture);
  start = g_get_monotonic_time ();
  while (!client_is_over (silent) || !client_is_over (slow))
    {
      if (n < hello->len - 1 && !slow->eof && !slow->failed)
        client_send (slow, hello->data + n++, 1);
      engine_iterate ();
      g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_TIME_SPAN_SECOND);
    }
  g_assert_cmpint (g_get_monotonic_time () - start, >, 250 * 1000);
}

/* The certificate may be replaced while connections come in, or be taken away. */
static void
test_change_certificate (void)
{
  g_autoptr (Fixture) fixture = tls_fixture ();
  g_autoptr (GTlsCertificate) other = fixture_certificate ();
  g_autoptr (Client) client = NULL;
  Client *none;

  sio_engine_set_tls_certificate (fixture->engine, other);
  client = client_new_tls (fixture->port);
  g_assert_nonnull (client);
  sio_engine_set_tls_certificate (fixture->engine, NULL);
  none = client_new_tls (fixture->port);
  g_assert_null (none);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Addresses with TLS.");

  g_test_add_func ("/engine/tls/polling", test_polling);
  g_test_add_func ("/engine/tls/abort-held", test_abort_held);
  g_test_add_func ("/engine/tls/websocket", test_websocket);
  g_test_add_func ("/engine/tls/early-frames", test_early_frames);
  g_test_add_func ("/engine/tls/upgrade", test_upgrade);
  g_test_add_func ("/engine/tls/big-messages", test_big_messages);
  g_test_add_func ("/engine/tls/big-poll", test_big_poll);
  g_test_add_func ("/engine/tls/other-path", test_other_path);
  g_test_add_func ("/engine/tls/hello", test_hello);
  g_test_add_func ("/engine/tls/versions", test_versions);
  g_test_add_func ("/engine/tls/plain-http", test_plain_http);
  g_test_add_func ("/engine/tls/broken-handshakes", test_broken_handshakes);
  g_test_add_func ("/engine/tls/slow-handshake", test_slow_handshake);
  g_test_add_func ("/engine/tls/change-certificate", test_change_certificate);
  return g_test_run ();
}
