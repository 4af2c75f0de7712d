/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"

/* Violations are counted one by one, and logged now and then. */

static GPtrArray *lines;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (!(level & G_LOG_LEVEL_INFO))
    return g_log_writer_default (level, fields, n_fields, user_data);
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      g_ptr_array_add (lines, g_strdup (fields[i].value));
  return G_LOG_WRITER_HANDLED;
}

static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);

  g_ptr_array_set_size (lines, 0);
  for (guint i = 1; i <= 20; i++)
    {
      g_autoptr (Client) client = client_new (fixture);

      client_send (client, "GET " HANDSHAKE "&sid=nobody HTTP/1.1\r\nHost: localhost\r\n\r\n", -1);
      client_expect (client, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
      g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, i);
    }
  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (lines, 0), ==, "127.0.0.1: unknown session id");

  /* After a while the next line tells what was left out. */
  fixture->engine->last_logged -= 10 * G_USEC_PER_SEC;
  {
    g_autoptr (Client) client = client_new (fixture);

    client_send (client,
                 "POST " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: 0\r\n\r\n",
                 -1);
    client_expect (client, 400, "{\"code\":2,\"message\":\"Bad handshake method\"}");
  }
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_cmpstr (
      g_ptr_array_index (lines, 1), ==,
      "127.0.0.1: bad handshake method (and 19 other violations since the last message)");
}

static void
test_ended (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  g_ptr_array_set_size (lines, 0);
  g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 0);
  client_post (client, sid, "nonsense");
  client_expect (client, 400, "");
  g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 1);
  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (lines, 0), ==, "127.0.0.1: malformed payload");
}

/* Leaving is nobody's fault. */
static void
test_innocent (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  g_ptr_array_set_size (lines, 0);
  client_post (client, sid, "1");
  client_expect (client, 200, "ok");
  g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 0);
  g_assert_cmpuint (lines->len, ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  lines = g_ptr_array_new_with_free_func (g_free);
  g_log_set_writer_func (writer, NULL, NULL);
  g_test_add_func ("/engine/violations/refused", test_refused);
  g_test_add_func ("/engine/violations/ended", test_ended);
  g_test_add_func ("/engine/violations/innocent", test_innocent);
  status = g_test_run ();
  g_ptr_array_unref (lines);
  return status;
}
