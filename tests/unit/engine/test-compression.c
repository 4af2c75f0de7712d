/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-transport-private.h"

#define COMPRESSED 0x40

static void
test_properties (void)
{
  g_autoptr (SioEngine) engine = sio_engine_new ();
  guint n_notified = 0;
  gboolean http, deflate;
  guint http_threshold, threshold, ratio;

  g_object_get (engine, "http-compression", &http, "http-compression-threshold", &http_threshold,
                "per-message-deflate", &deflate, "per-message-deflate-threshold", &threshold,
                "max-inflate-ratio", &ratio, NULL);
  g_assert_true (http);
  g_assert_false (deflate);
  g_assert_cmpuint (http_threshold, ==, 1024);
  g_assert_cmpuint (threshold, ==, 1024);
  g_assert_cmpuint (ratio, ==, 200);

  g_signal_connect_swapped (engine, "notify", G_CALLBACK (g_atomic_int_inc), &n_notified);
  for (guint i = 0; i < 2; i++)
    g_object_set (engine, "http-compression", FALSE, "http-compression-threshold", 1,
                  "per-message-deflate", TRUE, "per-message-deflate-threshold", 2,
                  "max-inflate-ratio", 3, NULL);
  g_assert_cmpuint (n_notified, ==, 5);
  g_assert_false (sio_engine_get_http_compression (engine));
  g_assert_cmpuint (sio_engine_get_http_compression_threshold (engine), ==, 1);
  g_assert_true (sio_engine_get_per_message_deflate (engine));
  g_assert_cmpuint (sio_engine_get_per_message_deflate_threshold (engine), ==, 2);
  g_assert_cmpuint (sio_engine_get_max_inflate_ratio (engine), ==, 3);
}

static Fixture *
deflate_fixture (const char *address)
{
  Fixture *fixture = fixture_new (address);

  sio_engine_set_per_message_deflate (fixture->engine, TRUE);
  fixture->echo = TRUE;
  return fixture;
}

/* Asks for a WebSocket with compression; the open packet of a new session is read. */
static void
upgrade (Client *client, const char *query)
{
  g_autoptr (Response) response = NULL;
  g_autofree char *extensions = NULL;

  client_printf (client,
                 "GET " PREFIX "?EIO=4&transport=websocket%s HTTP/1.1\r\nHost: localhost\r\n"
                 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                 query);
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, 101);
  extensions = response_dup_header (response, "Sec-WebSocket-Extensions");
  g_assert_nonnull (extensions);
  if (strstr (query, "sid=") == NULL)
    frame_free (client_await_frame (client));
}

static void
expect_frame (Client *client, guint opcode, gboolean compressed, gconstpointer data, gsize length)
{
  const SioInflateLimits limits = { 10000000, 0 };
  g_autoptr (Frame) frame = client_await_frame (client);
  SioInflated inflated;

  g_assert_cmpuint (frame->opcode, ==, opcode);
  g_assert_cmpint (frame->compressed, ==, compressed);
  if (!compressed)
    {
      g_assert_cmpmem (frame->data, frame->length, data, length);
      return;
    }
  g_assert_cmpuint (frame->length, <, length);
  g_assert_cmpint (sio_inflate ((guint8 *) frame->data, frame->length, &limits, &inflated), ==,
                   SIO_INFLATE_OK);
  g_assert_cmpmem (inflated.data, inflated.length, data, length);
  sio_inflated_release (&inflated);
}

static void
check_echo (Client *client)
{
  static const gsize lengths[] = { 10, 1023, 1024, 30000, 900000 };

  upgrade (client, "");
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *text = g_strnfill (lengths[i], 'x');
      g_autoptr (GByteArray) packed = g_byte_array_new ();
      gboolean is_long = lengths[i] >= 1024;

      text[0] = '4';
      g_assert_true (sio_deflate_append (packed, SIO_DEFLATE_WINDOW_15, text, lengths[i]));
      client_send_frame (client, COMPRESSED | SIO_WS_OPCODE_TEXT, packed->data, packed->len);
      expect_frame (client, SIO_WS_OPCODE_TEXT, is_long, text, lengths[i]);
      client_send_frame (client, SIO_WS_OPCODE_TEXT, text, lengths[i]);
      expect_frame (client, SIO_WS_OPCODE_TEXT, is_long, text, lengths[i]);
      client_send_frame (client, COMPRESSED | SIO_WS_OPCODE_BINARY, packed->data, packed->len);
      expect_frame (client, SIO_WS_OPCODE_BINARY, is_long, text, lengths[i]);
    }
}

static void
test_echo (void)
{
  g_autoptr (Fixture) fixture = deflate_fixture (NULL);
  g_autoptr (Client) client = client_new (fixture);

  check_echo (client);
}

static void
test_tls (void)
{
  g_autoptr (Fixture) fixture = deflate_fixture ("tls:127.0.0.1:0");
  g_autoptr (Client) client = client_new_tls (fixture->port);

  check_echo (client);
}

/* What waits for a polling client is compressed when it moves to a WebSocket, unless that was
 * forbidden. */
static void
test_upgrade (void)
{
  g_autoptr (Fixture) fixture = deflate_fixture (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);
  g_autofree char *query = g_strconcat ("&sid=", sid, NULL);
  g_autofree char *text = g_strnfill (5000, 'x');
  SioPart part = { text + 1, 4999 };
  g_autoptr (SioOutgoing) first = sio_outgoing_new (&part, 1, NULL);
  g_autoptr (SioOutgoing) second = sio_outgoing_new (&part, 1, NULL);

  text[0] = '4';
  upgrade (client, query);
  client_send_text (client, "2probe");
  client_expect_text (client, "3probe");
  g_assert_true (sio_session_send (fixture->session, first, SIO_SEND_DEFAULT));
  g_assert_true (sio_session_send (fixture->session, second, SIO_SEND_NO_COMPRESS));
  client_send_text (client, "5");
  expect_frame (client, SIO_WS_OPCODE_TEXT, TRUE, text, 5000);
  expect_frame (client, SIO_WS_OPCODE_TEXT, FALSE, text, 5000);
}

static void
test_base64 (void)
{
  g_autoptr (Fixture) fixture = deflate_fixture (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *text = g_strnfill (5000, 'x');

  upgrade (client, "&b64=1");
  text[0] = '4';
  client_send_frame (client, SIO_WS_OPCODE_TEXT, text, 5000);
  expect_frame (client, SIO_WS_OPCODE_TEXT, FALSE, text, 5000);
}

/* All recipients with one window share the bytes. */
static void
test_shared (void)
{
  g_autofree char *text = g_strnfill (5000, 'x');
  SioPart part = { text, 5000 };
  g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (&part, 1, NULL);
  g_autoptr (SioOutgoing) small = sio_outgoing_new_control ("2");
  g_autoptr (SioOutgoing) plain = sio_outgoing_new (&part, 1, NULL);
  GBytes *wide = sio_outgoing_get_ws_deflated (outgoing, SIO_DEFLATE_WINDOW_15, 1024);
  GBytes *narrow = sio_outgoing_get_ws_deflated (outgoing, SIO_DEFLATE_WINDOW_9, 1024);

  g_assert_cmpuint (g_bytes_get_size (wide), <, 200);
  g_assert_true (wide != narrow);
  g_assert_true (wide == sio_outgoing_get_ws_deflated (outgoing, SIO_DEFLATE_WINDOW_15, 1024));
  g_assert_true (narrow == sio_outgoing_get_ws_deflated (outgoing, SIO_DEFLATE_WINDOW_9, 1024));
  g_assert_true (sio_outgoing_get_ws_deflated (small, SIO_DEFLATE_WINDOW_15, 0) ==
                 sio_outgoing_get_ws (small));
  sio_outgoing_set_plain (plain);
  g_assert_true (sio_outgoing_get_ws_deflated (plain, SIO_DEFLATE_WINDOW_15, 1024) ==
                 sio_outgoing_get_ws (plain));
}

static void
test_bomb (void)
{
  g_autoptr (Fixture) fixture = deflate_fixture (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *zeros = g_malloc0 (SIO_DEFLATE_MAX_INPUT);
  g_autoptr (GByteArray) bomb = g_byte_array_new ();

  g_assert_true (sio_deflate_append (bomb, SIO_DEFLATE_WINDOW_15, zeros, SIO_DEFLATE_MAX_INPUT));
  upgrade (client, "");
  client_send_frame (client, COMPRESSED | SIO_WS_OPCODE_BINARY, bomb->data, bomb->len);
  client_expect_close (client, 1009);
  engine_wait_for (fixture->n_closed == 1);
  g_assert_cmpstr (
      fixture->log->str, ==,
      "open closed:transport error/WebSocket closed with code 1009: message too large ");
  g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/compression/properties", test_properties);
  g_test_add_func ("/compression/echo", test_echo);
  g_test_add_func ("/compression/tls", test_tls);
  g_test_add_func ("/compression/upgrade", test_upgrade);
  g_test_add_func ("/compression/base64", test_base64);
  g_test_add_func ("/compression/shared", test_shared);
  g_test_add_func ("/compression/bomb", test_bomb);
  return g_test_run ();
}
