/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-transport-private.h"

/* From polling to WebSocket. */

static void
upgrade (Client *client, const char *sid)
{
  g_autofree char *query = g_strconcat ("&sid=", sid, NULL);

  client_upgrade (client, query);
}

static void
probe (Client *client, const char *sid)
{
  upgrade (client, sid);
  client_send_text (client, "2probe");
  client_expect_text (client, "3probe");
}

static void
test_plain (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);

  fixture->echo = TRUE;
  client_hold (polling, fixture, sid);
  probe (websocket, sid);
  client_expect (polling, 200, "6");
  g_assert_cmpint (sio_session_get_transport (fixture->session), ==, SIO_TRANSPORT_POLLING);
  client_send_text (websocket, "5");
  client_send_text (websocket, "4x");
  client_expect_text (websocket, "4x");
  g_assert_cmpint (sio_session_get_transport (fixture->session), ==, SIO_TRANSPORT_WEBSOCKET);
  g_assert_cmpstr (fixture->log->str, ==, "open upgraded message:x ");
  client_get (polling, sid);
  client_expect (polling, 400, "{\"code\":3,\"message\":\"Bad request\"}");
}

/* Everything in one segment with the request, and nothing of it lost. */
static void
test_early_frames (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);
  g_autofree char *query = g_strconcat ("&sid=", sid, NULL);
  g_autoptr (GByteArray) frames = g_byte_array_new ();

  fixture->echo = TRUE;
  sio_session_send_text (fixture->session, "waiting", -1);
  client_append_frame (frames, 1, "2probe", 6);
  client_append_frame (frames, 1, "5", 1);
  client_append_frame (frames, 1, "4one", 4);
  client_append_frame (frames, 2, "\1\2", 2);
  client_send_upgrade (websocket, query, frames->data, frames->len);
  client_expect (websocket, 101, NULL);
  client_expect_text (websocket, "3probe");
  client_expect_text (websocket, "4waiting");
  client_expect_text (websocket, "4one");
  g_assert_cmpstr (fixture->log->str, ==, "open upgraded message:one binary:2 ");
}

static void
test_early_frames_new_session (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  g_autofree char *large = g_strnfill (200000, 'z');
  g_autoptr (Frame) frame = NULL;

  large[0] = '4';
  client_append_frame (frames, 1, "4one", 4);
  client_append_frame (frames, 1, large, 200000);
  client_append_frame (frames, 1, "4two", 4);
  client_send_upgrade (client, "", frames->data, frames->len);
  engine_wait_for (fixture->n_messages == 3);
  g_assert_cmpstr (fixture->log->str, ==, "open message:one text:199999 message:two ");
}

/* 101 read, then silence. */
static void
test_timeout (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autoptr (Client) again = client_new (fixture);
  g_autofree char *sid = NULL;

  sio_engine_set_upgrade_timeout (fixture->engine, 100);
  sid = client_open_polling (polling);
  upgrade (websocket, sid);
  client_expect_close (websocket, 1005);
  /* The session is what it was, and may try again. */
  sio_session_send_text (fixture->session, "x", -1);
  client_expect_poll (polling, sid, "4x");
  probe (again, sid);
  client_send_text (again, "5");
  engine_wait_for (sio_session_get_transport (fixture->session) == SIO_TRANSPORT_WEBSOCKET);
  g_assert_cmpstr (fixture->log->str, ==, "open upgraded ");
}

static void
test_given_up (gconstpointer user_data)
{
  const char *packet = user_data;
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  Client *websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);

  probe (websocket, sid);
  if (packet == NULL)
    client_reset (websocket);
  else
    {
      client_send_text (websocket, packet);
      client_expect_close (websocket, 1005);
      client_free (websocket);
    }
  engine_wait_for (sio_session_can_upgrade (fixture->session));
  client_post (polling, sid, "4x");
  client_expect (polling, 200, "ok");
  g_assert_cmpstr (fixture->log->str, ==, "open message:x ");
}

static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) first = client_new (fixture);
  g_autoptr (Client) second = client_new (fixture);
  g_autoptr (Client) third = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);

  probe (first, sid);
  upgrade (second, sid);
  client_expect_close (second, 1005);
  client_send_text (first, "5");
  engine_wait_for (sio_session_get_transport (fixture->session) == SIO_TRANSPORT_WEBSOCKET);
  upgrade (third, sid);
  client_expect_close (third, 1005);
  client_send_text (first, "4x");
  engine_wait_for (fixture->n_messages == 1);
}

static void
test_not_allowed (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *query = NULL;

  sio_engine_set_allow_upgrades (fixture->engine, FALSE);
  sid = client_open_polling (polling);
  query = g_strconcat ("&sid=", sid, NULL);
  client_send_upgrade (websocket, query, "", 0);
  client_expect (websocket, 400, "Bad request");
  g_assert_cmpstr (fixture->error_context, ==, "{'name': <'TRANSPORT_HANDSHAKE_ERROR'>}");
}

/* close () while the client is changing: the rest leaves over what it ends up with. */
static void
test_close_meanwhile (gconstpointer user_data)
{
  gboolean completes = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);

  probe (websocket, sid);
  sio_session_send_text (fixture->session, "last", -1);
  sio_session_close (fixture->session);
  g_assert_cmpint (sio_session_get_state (fixture->session), ==, SIO_SESSION_CLOSING);
  if (completes)
    {
      client_send_text (websocket, "5");
      client_expect_text (websocket, "4last");
      client_expect_close (websocket, 1005);
    }
  else
    {
      client_send_text (websocket, "no");
      client_expect_close (websocket, 1005);
      client_expect_poll (polling, sid, "4last");
      client_expect_poll (polling, sid,
                          "6\x1e"
                          "1");
    }
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
}

static void
test_discard_meanwhile (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);

  probe (websocket, sid);
  client_hold (polling, fixture, sid);
  sio_session_discard (fixture->session);
  client_expect (polling, 200, "1");
  client_expect_close (websocket, 1005);
}

/* A GET that is held, and a POST that is on its way, when the change happens. */
static void
test_requests_meanwhile (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) get = client_new (fixture);
  g_autoptr (Client) post = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (get);

  upgrade (websocket, sid);
  client_hold (get, fixture, sid);
  client_printf (
      post, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4", sid);
  engine_iterate ();
  client_send_text (websocket, "5");
  client_expect (get, 200, "1");
  client_expect (post, 0, NULL);
  client_send_text (websocket, "4x");
  engine_wait_for (fixture->n_messages == 1);
  g_assert_cmpstr (fixture->log->str, ==, "open upgraded message:x ");
}

/* A handler of the headers may do anything, also at the answer to the held GET. */
static void
close_on_headers_cb (SioEngine *engine, gpointer request, Fixture *fixture)
{
  if (fixture->session != NULL)
    sio_session_discard (fixture->session);
}

static void
test_closed_by_headers (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (polling);

  upgrade (websocket, sid);
  client_hold (polling, fixture, sid);
  sio_session_send_text (fixture->session, "x", -1);
  g_signal_connect (fixture->engine, "headers", G_CALLBACK (close_on_headers_cb), fixture);
  client_send_text (websocket, "5");
  client_expect (polling, 200, NULL);
  engine_wait_for (fixture->n_closed == 1);
  g_assert_null (strstr (fixture->log->str, "upgraded"));
}

/* Traffic in both directions while the transport changes, in a random schedule. */
typedef struct
{
  Fixture *fixture;
  GRand *rand;
  Client *get;
  Client *post;
  Client *websocket;
  char *sid;
  guint n_sent;     /* by the server */
  guint n_received; /* by the client */
  guint n_posted;
  gboolean polling; /* a GET is on its way */
  gboolean posting;
  gboolean paused;   /* the client does not poll any more */
  gboolean upgraded; /* the client sent 5 */
  guint step;
} Traffic;

static void
receive (Traffic *self, const char *packet)
{
  g_autofree char *expected = NULL;

  if (packet[0] == '6')
    return;
  expected = g_strdup_printf ("4s%u", self->n_received);
  g_assert_cmpstr (packet, ==, expected);
  self->n_received++;
}

static void
receive_all (Traffic *self)
{
  g_autoptr (Response) got = NULL;
  g_autoptr (Response) posted = NULL;
  Frame *frame;

  client_fill (self->get);
  client_fill (self->post);
  client_fill (self->websocket);
  if (self->polling && (got = client_take_response (self->get)) != NULL)
    {
      g_auto (GStrv) packets = g_strsplit (got->body, "\x1e", -1);

      g_assert_cmpuint (got->status, ==, 200);
      self->polling = FALSE;
      for (guint i = 0; packets[i] != NULL; i++)
        receive (self, packets[i]);
    }
  if (self->posting && (posted = client_take_response (self->post)) != NULL)
    {
      g_assert_cmpuint (posted->status, ==, 200);
      self->posting = FALSE;
    }
  while (self->step >= 2 && (frame = client_take_frame (self->websocket)) != NULL)
    {
      g_autoptr (Frame) owned = frame;

      if (strcmp (owned->data, "3probe") == 0)
        self->paused = TRUE;
      else
        receive (self, owned->data);
    }
}

static void
client_says (Traffic *self)
{
  g_autofree char *packet = g_strdup_printf ("4c%u", self->n_posted);

  if (self->upgraded)
    client_send_text (self->websocket, packet);
  else if (!self->posting && !self->paused)
    {
      client_post (self->post, self->sid, packet);
      self->posting = TRUE;
    }
  else
    return;
  self->n_posted++;
}

static void
upgrade_goes_on (Traffic *self)
{
  g_autofree char *query = g_strconcat ("&sid=", self->sid, NULL);
  g_autoptr (Response) response = NULL;

  if (self->step == 0)
    {
      client_send_upgrade (self->websocket, query, "", 0);
      self->step = 1;
    }
  else if (self->step == 1 && (response = client_take_response (self->websocket)) != NULL)
    {
      g_assert_cmpuint (response->status, ==, 101);
      client_send_text (self->websocket, "2probe");
      self->step = 2;
    }
  else if (self->step == 2 && self->paused && !self->polling && !self->posting)
    {
      client_send_text (self->websocket, "5");
      self->upgraded = TRUE;
      self->step = 3;
    }
}

static void
run_traffic (guint32 seed)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) get = client_new (fixture);
  g_autoptr (Client) post = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = client_open_polling (get);
  Traffic traffic = { fixture, g_rand_new_with_seed (seed), get, post, websocket, sid };
  g_autoptr (GString) expected = g_string_new ("open ");

  while (traffic.n_sent < 60 || traffic.n_posted < 30 || traffic.step < 3)
    {
      switch (g_rand_int_range (traffic.rand, 0, 6))
        {
        case 0:
          {
            g_autofree char *text = g_strdup_printf ("s%u", traffic.n_sent++);

            g_assert_true (sio_session_send_text (fixture->session, text, -1));
            break;
          }
        case 1:
          client_says (&traffic);
          break;
        case 2:
          if (!traffic.polling && !traffic.paused)
            {
              client_get (get, sid);
              traffic.polling = TRUE;
            }
          break;
        case 3:
          if (traffic.n_sent > 10)
            upgrade_goes_on (&traffic);
          break;
        default:
          g_main_context_iteration (NULL, FALSE);
        }
      receive_all (&traffic);
    }
  engine_wait_for ((receive_all (&traffic), traffic.n_received == traffic.n_sent));
  engine_wait_for (fixture->n_messages == traffic.n_posted);
  for (guint i = 0; i < traffic.n_posted; i++)
    g_string_append_printf (expected, "message:c%u ", i);
  {
    const char *at = strstr (fixture->log->str, "upgraded ");

    g_assert_nonnull (at);
    g_string_erase (fixture->log, at - fixture->log->str, strlen ("upgraded "));
  }
  g_assert_cmpstr (fixture->log->str, ==, expected->str);
  g_rand_free (traffic.rand);
}

static void
test_traffic (void)
{
  for (guint32 seed = 1; seed <= 50; seed++)
    run_traffic (seed);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("From polling to WebSocket.");

  g_test_add_func ("/engine/upgrade/plain", test_plain);
  g_test_add_func ("/engine/upgrade/early-frames", test_early_frames);
  g_test_add_func ("/engine/upgrade/early-frames-new-session", test_early_frames_new_session);
  g_test_add_func ("/engine/upgrade/timeout", test_timeout);
  g_test_add_data_func ("/engine/upgrade/given-up/other-packet", "4x", test_given_up);
  g_test_add_data_func ("/engine/upgrade/given-up/empty", "", test_given_up);
  g_test_add_data_func ("/engine/upgrade/given-up/reset", NULL, test_given_up);
  g_test_add_func ("/engine/upgrade/refused", test_refused);
  g_test_add_func ("/engine/upgrade/not-allowed", test_not_allowed);
  g_test_add_data_func ("/engine/upgrade/close-meanwhile/completes", GINT_TO_POINTER (TRUE),
                        test_close_meanwhile);
  g_test_add_data_func ("/engine/upgrade/close-meanwhile/given-up", GINT_TO_POINTER (FALSE),
                        test_close_meanwhile);
  g_test_add_func ("/engine/upgrade/discard-meanwhile", test_discard_meanwhile);
  g_test_add_func ("/engine/upgrade/requests-meanwhile", test_requests_meanwhile);
  g_test_add_func ("/engine/upgrade/closed-by-headers", test_closed_by_headers);
  g_test_add_func ("/engine/upgrade/traffic", test_traffic);
  return g_test_run ();
}
