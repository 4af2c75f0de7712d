/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "engine-fixture.h"

/* Clients that read more slowly than they are sent to, and what each policy does about them. */

#define BUDGET 200000
#define SIZE 1000
#define TOO_SLOW "open closed:transport error/the client reads too slowly "

typedef struct
{
  SioSlowConsumerPolicy policy;
  gboolean polling;
} Case;

static Fixture *
slow_fixture (const Case *c)
{
  Fixture *fixture = fixture_new (NULL);

  sio_engine_set_max_buffered_bytes (fixture->engine, BUDGET);
  sio_engine_set_slow_consumer_policy (fixture->engine, c->policy);
  return fixture;
}

static char *
open_session (const Case *c, Client *client)
{
  return c->polling ? client_open_polling (client) : client_open_websocket (client);
}

/* `<number>xxx…`, every third with an attachment. */
static gboolean
send_numbered (Fixture *fixture, guint number, SioSendFlags flags)
{
  g_autofree char *filler = g_strnfill (SIZE, 'x');
  g_autofree char *text = g_strdup_printf ("%u%s", number, filler);
  SioPart part = { text, strlen (text) };
  g_autoptr (GPtrArray) attachments = NULL;
  g_autoptr (SioOutgoing) outgoing = NULL;

  if (number % 3 == 0)
    {
      g_autofree char *binary = g_strdup_printf ("%u", number);

      attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      g_ptr_array_add (attachments, g_bytes_new (binary, strlen (binary)));
    }
  outgoing = sio_outgoing_new (&part, 1, attachments);
  return sio_session_send (fixture->session, outgoing, flags);
}

static SioEngineCounters *
get_counters (Fixture *fixture)
{
  return sio_engine_get_counters (fixture->engine);
}

/* Until the kernel takes no more. */
static guint
fill_kernel (Fixture *fixture, const Case *c)
{
  guint n = 0;

  while (!c->polling && sio_session_get_buffered_bytes (fixture->session) < 10 * SIZE)
    {
      g_assert_true (send_numbered (fixture, 3 * n++ + 1, SIO_SEND_DEFAULT));
      engine_iterate ();
    }
  return n;
}

/* Whatever does not fit ends the session, volatile or not. */
static void
test_close (gconstpointer data)
{
  g_autoptr (Fixture) fixture = slow_fixture (data);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = open_session (data, client);
  guint n = 0;

  fill_kernel (fixture, data);
  while (send_numbered (fixture, n, SIO_SEND_VOLATILE))
    {
      g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), <=, BUDGET);
      n++;
    }
  g_assert_cmpuint (n, >, BUDGET / SIZE / 2);
  g_assert_cmpstr (fixture->log->str, ==, TOO_SLOW);
  g_assert_cmpuint (get_counters (fixture)->slow, ==, 1);
  g_assert_cmpuint (get_counters (fixture)->dropped, ==, 0);
}

/* Volatile ones do not wait. */
static void
test_drop (gconstpointer data)
{
  g_autoptr (Fixture) fixture = slow_fixture (data);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = open_session (data, client);
  gsize waiting;

  fill_kernel (fixture, data);
  waiting = sio_session_get_buffered_bytes (fixture->session);
  for (guint i = 0; i < 1000; i++)
    g_assert_false (send_numbered (fixture, i, SIO_SEND_VOLATILE));
  g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), ==, waiting);
  g_assert_cmpuint (get_counters (fixture)->dropped, ==, 1000);
  g_assert_cmpuint (get_counters (fixture)->slow, ==, 0);
  g_assert_cmpstr (fixture->log->str, ==, "open ");

  for (guint i = 0; send_numbered (fixture, i, SIO_SEND_DEFAULT); i++)
    g_assert_cmpuint (i, <, BUDGET / SIZE);
  g_assert_cmpstr (fixture->log->str, ==, TOO_SLOW);
  g_assert_cmpuint (get_counters (fixture)->slow, ==, 1);
}

typedef struct
{
  guint last;
  guint n_numbers;
  guint n_ordinary;
  guint n_expected; /* attachments */
} Received;

/* What came is in order, and attachments follow their text. */
static void
take_number (Received *r, const char *text, gsize length, gboolean is_binary)
{
  g_autofree char *copy = g_strndup (text, length);
  guint number = (guint) strtoul (copy, NULL, 10);

  if (is_binary)
    {
      g_assert_cmpuint (r->n_expected, ==, 1);
      g_assert_cmpuint (number, ==, r->last);
      r->n_expected = 0;
      return;
    }
  g_assert_cmpuint (r->n_expected, ==, 0);
  g_assert_cmpuint (number, >, r->last);
  r->last = number;
  r->n_numbers++;
  r->n_expected = number % 3 == 0;
  if (number % 10 == 0)
    r->n_ordinary++;
}

static void
receive_frames (Client *client, Received *r, guint last)
{
  while (r->last < last || r->n_expected > 0)
    {
      g_autoptr (Frame) frame = client_await_frame (client);

      g_assert_nonnull (frame);
      if (frame->opcode == 2)
        take_number (r, frame->data, frame->length, TRUE);
      else
        take_number (r, frame->data + 1, frame->length - 1, FALSE);
    }
}

static void
receive_payload (Client *client, const char *sid, Received *r)
{
  g_autoptr (Response) response = NULL;
  g_auto (GStrv) packets = NULL;

  client_get (client, sid);
  response = client_await_response (client);
  g_assert_cmpuint (response->status, ==, 200);
  packets = g_strsplit (response->body, "\x1e", -1);
  for (guint i = 0; packets[i] != NULL; i++)
    {
      gsize length;
      g_autofree guchar *binary = NULL;

      if (packets[i][0] == '4')
        {
          take_number (r, packets[i] + 1, strlen (packets[i]) - 1, FALSE);
          continue;
        }
      g_assert_cmpint (packets[i][0], ==, 'b');
      binary = g_base64_decode (packets[i] + 1, &length);
      take_number (r, (const char *) binary, length, TRUE);
    }
}

/* All wait, and the oldest volatile ones go. */
static void
test_drop_oldest (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (Fixture) fixture = slow_fixture (c);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = open_session (c, client);
  Received r = { 0 };
  guint n_kernel = fill_kernel (fixture, c);
  guint first = 3 * n_kernel + 1;
  guint last = first + 1000;
  guint n_ordinary = 0;

  for (guint i = first; i <= last; i++)
    {
      /* Few enough to fit. */
      gboolean ordinary = i % 10 == 0;

      n_ordinary += ordinary;
      g_assert_true (send_numbered (fixture, i, ordinary ? SIO_SEND_DEFAULT : SIO_SEND_VOLATILE));
      g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), <=, BUDGET);
    }
  g_assert_cmpuint (get_counters (fixture)->slow, ==, 0);
  g_assert_cmpuint (get_counters (fixture)->dropped, >=, 1000 - BUDGET / SIZE);

  if (c->polling)
    receive_payload (client, sid, &r);
  else
    {
      receive_frames (client, &r, first - 3);
      r.n_numbers = r.n_ordinary = 0;
      receive_frames (client, &r, last);
    }
  g_assert_cmpuint (r.last, ==, last);
  g_assert_cmpuint (r.n_expected, ==, 0);
  g_assert_cmpuint (r.n_ordinary, ==, n_ordinary);
  g_assert_cmpuint (r.n_numbers + get_counters (fixture)->dropped, ==, last - first + 1);
  /* It can go on like this. */
  engine_wait_for (sio_session_get_buffered_bytes (fixture->session) == 0);
  g_assert_true (send_numbered (fixture, last + 1, SIO_SEND_VOLATILE));
}

/* Where dropping would not help, only the message itself counts. */
static void
test_no_room (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (Fixture) fixture = slow_fixture (c);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = open_session (c, client);

  fill_kernel (fixture, c);
  g_assert_true (send_numbered (fixture, 1, SIO_SEND_VOLATILE));
  while (sio_session_get_buffered_bytes (fixture->session) < BUDGET * 6 / 10)
    g_assert_true (send_numbered (fixture, 1, SIO_SEND_DEFAULT));
  {
    g_autofree char *huge = g_strnfill (BUDGET / 2, 'x');
    SioPart part = { huge, BUDGET / 2 };
    g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (&part, 1, NULL);
    gsize waiting = sio_session_get_buffered_bytes (fixture->session);

    g_assert_cmpuint (waiting, >, BUDGET / 2);
    g_assert_false (sio_session_send (fixture->session, outgoing, SIO_SEND_VOLATILE));
    g_assert_cmpuint (get_counters (fixture)->dropped, ==, 1);
    g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), ==, waiting);
    g_assert_cmpstr (fixture->log->str, ==, "open ");
  }
  while (send_numbered (fixture, 1, SIO_SEND_DEFAULT))
    g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), <=, BUDGET);
  /* The first one made room before the end. */
  g_assert_cmpuint (get_counters (fixture)->dropped, ==, 2);
  g_assert_cmpuint (get_counters (fixture)->slow, ==, 1);
  g_assert_cmpstr (fixture->log->str, ==, TOO_SLOW);
}

static void
test_property (void)
{
  g_autoptr (SioEngine) engine = sio_engine_new ();
  SioSlowConsumerPolicy policy;

  g_assert_cmpint (sio_engine_get_slow_consumer_policy (engine), ==,
                   SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE);
  g_object_set (engine, "slow-consumer-policy", SIO_SLOW_CONSUMER_POLICY_CLOSE, NULL);
  g_object_get (engine, "slow-consumer-policy", &policy, NULL);
  g_assert_cmpint (policy, ==, SIO_SLOW_CONSUMER_POLICY_CLOSE);
}

static void
add (const char *path, SioSlowConsumerPolicy policy, GTestDataFunc func)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *full =
          g_strdup_printf ("/engine/slow-consumer/%s/%s", path, i ? "polling" : "websocket");
      Case *c = g_new (Case, 1);

      *c = (Case){ policy, i };
      g_test_add_data_func_full (full, c, func, g_free);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Clients that read more slowly than they are sent to.");

  g_test_add_func ("/engine/slow-consumer/property", test_property);
  add ("close", SIO_SLOW_CONSUMER_POLICY_CLOSE, test_close);
  add ("drop", SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE, test_drop);
  add ("drop-oldest", SIO_SLOW_CONSUMER_POLICY_DROP_OLDEST_VOLATILE, test_drop_oldest);
  add ("no-room", SIO_SLOW_CONSUMER_POLICY_DROP_OLDEST_VOLATILE, test_no_room);
  return g_test_run ();
}
