/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine-fixture.h"
#include "sio-transport-private.h"

/* What is odd, large or hostile in HTTP. */

static void
assert_serves_others (Fixture *fixture)
{
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  g_assert_nonnull (sid);
}

static void
test_pipelined (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  fixture->echo = TRUE;
  client_printf (client,
                 "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n4ab"
                 "GET " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\n\r\n"
                 "GET " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\n\r\n"
                 "POST " HANDSHAKE "&sid=none HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
                 "GET /other HTTP/1.1\r\nHost: a\r\n\r\n",
                 sid, sid, sid);
  client_expect (client, 200, "ok");
  client_expect (client, 200, "4ab");
  /* The second GET is held; what follows it waits. */
  engine_wait_for (sio_polling_is_writable (sio_session_get_polling (fixture->session)));
  sio_session_send_text (fixture->session, "later", -1);
  client_expect (client, 200, "4later");
  client_expect (client, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
  client_expect (client, 404, NULL);
}

/* A client that asks and asks, and never reads. */
static void
test_pipelined_without_reading (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (GString) requests = g_string_new (NULL);
  gsize sent = 0;
  guint n_errors;
  gint64 end;

  for (guint i = 0; i < 1000; i++)
    g_string_append (requests, "GET " PREFIX "?EIO=4&transport=none HTTP/1.1\r\nHost: a\r\n\r\n");
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 1);
  end = g_get_monotonic_time () + G_TIME_SPAN_SECOND;
  while (sent < 50 * 1000 * 1000 && g_get_monotonic_time () < end &&
         sio_peers_get_n_connections (fixture->engine->peers) > 0)
    {
      gssize n = send (client->fd, requests->str + sent % requests->len,
                       requests->len - sent % requests->len, MSG_NOSIGNAL);

      if (n > 0)
        sent += (gsize) n;
      g_main_context_iteration (NULL, FALSE);
    }
  n_errors = fixture->n_errors;
  /* Answers to all of them would have been some hundred thousand. */
  g_test_message ("%" G_GSIZE_FORMAT " bytes sent, %u requests answered", sent, n_errors);
  g_assert_cmpuint (n_errors, <, 60000);
  assert_serves_others (fixture);
}

/* The body of a GET is nobody's business, least of all that of a held one. */
static void
test_get_with_endless_body (gconstpointer user_data)
{
  gboolean chunked = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *block = g_strnfill (256 * 1024, 'x');
  struct mallinfo2 before;
  struct mallinfo2 after;

  {
    g_autoptr (Client) other = client_new (fixture);

    sid = client_open_polling (other);
  }
  before = mallinfo2 ();
  client_printf (client, "GET " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", sid,
                 chunked ? "Transfer-Encoding: chunked" : "Content-Length: 1000000000000");
  if (chunked)
    client_printf (client, "40000000\r\n");
  for (guint i = 0; i < 160 && !client_is_over (client); i++)
    {
      client_send (client, block, 256 * 1024);
      client_fill (client);
      engine_iterate ();
    }
  after = mallinfo2 ();
  g_assert_cmpuint (after.uordblks + after.hblkhd, <, before.uordblks + before.hblkhd + 8000000);
  engine_wait_for (client_is_over (client));
  assert_serves_others (fixture);
  g_assert_nonnull (sio_engine_get_session (fixture->engine, sid));
}

static void
test_get_with_body (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  client_printf (client,
                 "GET " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n4body",
                 sid);
  engine_wait_for (sio_polling_is_writable (sio_session_get_polling (fixture->session)));
  sio_session_send_text (fixture->session, "x", -1);
  client_expect (client, 200, "4x");
}

/* 10 MB against a limit of one: 413 can be read, the session goes on. */
static void
test_large_post (gconstpointer user_data)
{
  gboolean chunked = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) poller = client_new (fixture);
  g_autofree char *sid = client_open_polling (poller);
  gsize total = 3000000;
  g_autofree char *body = g_strnfill (total, 'x');

  client_printf (client, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\n", sid);
  if (chunked)
    client_printf (client, "Transfer-Encoding: chunked\r\n\r\n%" G_GSIZE_MODIFIER "x\r\n", total);
  else
    client_printf (client, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n", total);
  client_send (client, body, (gssize) total);
  if (chunked)
    client_send (client, "\r\n0\r\n\r\n", -1);
  client_expect (client, 413, "");
  sio_session_send_text (fixture->session, "alive", -1);
  client_expect_poll (poller, sid, "4alive");
  client_post (poller, sid, "4back");
  client_expect (poller, 200, "ok");
  g_assert_cmpstr (fixture->log->str, ==, "open message:back ");
}

static void
test_endless_post (gconstpointer user_data)
{
  const char *target = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *block = g_strnfill (256 * 1024, 'x');
  gsize sent = 0;

  client_printf (client,
                 "POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
                 target);
  while (!client_is_over (client) && sent < 200 * 1000 * 1000)
    {
      client_send (client, block, 256 * 1024);
      sent += 256 * 1024;
      engine_iterate ();
    }
  g_assert_true (client_is_over (client));
  assert_serves_others (fixture);
}

/* A POST that is refused is over: the next one does not overlap with it. */
static void
test_refused_post (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  for (guint i = 0; i < 3; i++)
    {
      client_printf (client,
                     "POST " PREFIX "?%s&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n4",
                     (const char *) user_data, sid);
      client_expect (client, 400, NULL);
      client_post (client, sid, "4x");
      client_expect (client, 200, "ok");
    }
  g_assert_cmpstr (fixture->log->str, ==, "open message:x message:x message:x ");
}

static void
test_overlapping_posts (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) first = client_new (fixture);
  g_autoptr (Client) second = client_new (fixture);
  g_autofree char *sid = client_open_polling (first);

  client_printf (
      first, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4", sid);
  engine_iterate ();
  client_post (second, sid, "4x");
  client_expect (second, 400, "");
  engine_wait_for (client_is_over (first));
  g_assert_cmpstr (fixture->log->str, ==,
                   "open closed:transport error/data request overlap from client ");
}

static void
test_half_post (gconstpointer user_data)
{
  gboolean reset = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client *client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  client_printf (
      client, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4", sid);
  engine_iterate ();
  if (reset)
    client_reset (client);
  else
    client_free (client);
  engine_wait_for (fixture->n_closed == 1);
  g_assert_cmpstr (fixture->log->str, ==,
                   "open closed:transport error/data request connection closed prematurely ");
}

typedef struct
{
  const char *name;
  const char *request;
  gsize length;
  guint status; /* 0: the connection just ends */
} Case;

#define CASE(name, request, status)                                                                \
  {                                                                                                \
    name, request, sizeof (request) - 1, status                                                    \
  }

static const Case cases[] = {
  CASE ("http-1.0", "GET " HANDSHAKE " HTTP/1.0\r\nHost: a\r\n\r\n", 200),
  CASE ("http-1.0-no-host", "GET " HANDSHAKE " HTTP/1.0\r\n\r\n", 200),
  CASE ("http-1.1-no-host", "GET " HANDSHAKE " HTTP/1.1\r\n\r\n", 400),
  CASE ("absolute", "GET http://example.org" HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n", 200),
  CASE ("absolute-https", "GET https://example.org" HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  CASE ("head", "HEAD " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  CASE ("connect", "CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
  CASE ("asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404),
  CASE ("expect-unknown-sid",
        "POST " HANDSHAKE "&sid=x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        "Content-Length: 0\r\n\r\n",
        100),
  CASE ("upgrade-with-body",
        "GET " PREFIX "?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nContent-Length: 4\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nbody\x81\x82\0\0\0\0004x",
        101),
  CASE ("two-hosts", "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
  CASE ("folded", "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
  CASE ("space-before-colon", "GET " HANDSHAKE " HTTP/1.1\r\nHost : a\r\n\r\n", 400),
  CASE ("smuggled",
        "POST " HANDSHAKE " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400),
  CASE ("garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
  CASE ("nul", "GET " PREFIX "\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
  CASE ("leading-lines", "\r\n\r\nGET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n", 200),
};

static void
test_case (gconstpointer user_data)
{
  const Case *data = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Response) response = NULL;

  client->without_body = strcmp (data->name, "head") == 0;
  client_send (client, data->request, (gssize) data->length);
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, data->status);
  assert_serves_others (fixture);
}

/* libsoup takes the local address to be of the Internet. */
static void
test_unix_without_host (void)
{
  g_autofree char *dir = g_dir_make_tmp ("sio-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "s", NULL);
  g_autofree char *address = g_strconcat ("unix:", path, NULL);

  {
    g_autoptr (Fixture) fixture = fixture_new (address);
    g_autoptr (Client) client = client_new_unix (path);

    client_printf (client, "GET " HANDSHAKE " HTTP/1.0\r\n\r\n");
    client_expect (client, 200, NULL);
    g_assert_cmpstr (sio_session_get_remote_address (fixture->session), ==, "");
  }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
test_huge_head (gconstpointer user_data)
{
  const char *target = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *block = g_strnfill (1000, 'x');
  g_autoptr (Response) response = NULL;

  client_printf (client, "GET %s HTTP/1.1\r\nHost: a\r\n", target);
  for (guint i = 0; i < 200 && !client_is_over (client); i++)
    client_printf (client, "X-%u: %s\r\n", i, block);
  response = client_await_response (client);
  g_test_message ("status %u", response->status);
  g_assert_true (response->status == 431 || response->status == 400 || response->status == 0);
  engine_wait_for (client_is_over (client));
  assert_serves_others (fixture);
}

static void
test_expect_continue (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) other = client_new (fixture);
  g_autofree char *sid = client_open_polling (other);

  client_printf (client,
                 "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                 "Content-Length: 3\r\n\r\n",
                 sid);
  client_expect (client, 100, NULL);
  client_send (client, "4ab", 3);
  client_expect (client, 200, "ok");
  g_assert_cmpstr (fixture->log->str, ==, "open message:ab ");
}

static void
test_reset_at_once (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);

  for (guint i = 0; i < 50; i++)
    {
      Client *client = client_new (fixture);

      if (i % 2 == 0)
        client_printf (client, "GET " HANDSHAKE " HT");
      client_reset (client);
      if (i % 5 == 0)
        engine_iterate ();
    }
  assert_serves_others (fixture);
}

/* Big answers reach a slow reader whole, and the connection serves on. */
static void
test_slow_reader (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  gsize length = 8 * 1024 * 1024;
  g_autofree char *text = g_strnfill (length, 'y');
  g_autoptr (Response) response = NULL;

  sio_session_send_text (fixture->session, text, (gssize) length);
  client_get (client, sid);
  /* Asked before the answer was read. */
  client_post (client, sid, "4next");
  for (guint i = 0; i < 5; i++)
    engine_iterate ();
  g_assert_cmpuint (fixture->n_messages, ==, 0);
  response = client_await_response (client);
  g_assert_cmpuint (response->length, ==, length + 1);
  client_expect (client, 200, "ok");
  g_assert_cmpuint (fixture->n_messages, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("HTTP that is odd, large or hostile.");

  g_test_add_func ("/engine/http/pipelined", test_pipelined);
  g_test_add_func ("/engine/http/pipelined-without-reading", test_pipelined_without_reading);
  g_test_add_data_func ("/engine/http/get-with-endless-body/length", GINT_TO_POINTER (FALSE),
                        test_get_with_endless_body);
  g_test_add_data_func ("/engine/http/get-with-endless-body/chunked", GINT_TO_POINTER (TRUE),
                        test_get_with_endless_body);
  g_test_add_func ("/engine/http/get-with-body", test_get_with_body);
  g_test_add_data_func ("/engine/http/large-post/length", GINT_TO_POINTER (FALSE), test_large_post);
  g_test_add_data_func ("/engine/http/large-post/chunked", GINT_TO_POINTER (TRUE), test_large_post);
  g_test_add_data_func ("/engine/http/endless-post/engine", HANDSHAKE, test_endless_post);
  g_test_add_data_func ("/engine/http/endless-post/other", "/other", test_endless_post);
  g_test_add_data_func ("/engine/http/refused-post/revision", "EIO=3&transport=polling",
                        test_refused_post);
  g_test_add_data_func ("/engine/http/refused-post/transport", "EIO=4&transport=websocket",
                        test_refused_post);
  g_test_add_data_func ("/engine/http/refused-post/unknown-transport", "EIO=4&transport=none",
                        test_refused_post);
  g_test_add_func ("/engine/http/overlapping-posts", test_overlapping_posts);
  g_test_add_data_func ("/engine/http/half-post/close", GINT_TO_POINTER (FALSE), test_half_post);
  g_test_add_data_func ("/engine/http/half-post/reset", GINT_TO_POINTER (TRUE), test_half_post);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/http/case/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/engine/http/unix-without-host", test_unix_without_host);
  g_test_add_data_func ("/engine/http/huge-head/engine", HANDSHAKE, test_huge_head);
  g_test_add_data_func ("/engine/http/huge-head/other", "/other", test_huge_head);
  g_test_add_func ("/engine/http/expect-continue", test_expect_continue);
  g_test_add_func ("/engine/http/reset-at-once", test_reset_at_once);
  g_test_add_func ("/engine/http/slow-reader", test_slow_reader);
  return g_test_run ();
}
