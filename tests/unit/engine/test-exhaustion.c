/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine-fixture.h"
#include "sio-listener-private.h"

/* A process without descriptors left. In a process of its own, because of the limit. */

#define LIMIT 80

static gint64
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

/* Takes all descriptors but @n_left. */
static GArray *
take_descriptors (guint n_left)
{
  GArray *taken = g_array_new (FALSE, FALSE, sizeof (int));
  int fd;

  while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    g_array_append_val (taken, fd);
  for (guint i = 0; i < n_left; i++)
    close (g_array_index (taken, int, taken->len - 1 - i));
  g_array_set_size (taken, taken->len - n_left);
  return taken;
}

static void
give_descriptors (GArray *taken)
{
  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  g_array_unref (taken);
}

static void
run_for (gint64 duration_us)
{
  gint64 end = g_get_monotonic_time () + duration_us;

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_survive (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  SioListener *listener;
  GArray *taken;
  gint64 cpu;
  guint tick;
  guint64 n_exhausted;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }
  {
    struct rlimit limit = { LIMIT, LIMIT };

    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  }
  capture_warnings ();
  fixture = fixture_new (user_data);
  listener = g_ptr_array_index (fixture->engine->listeners, 0);
  {
    g_autoptr (Client) client = client_new (fixture);

    if (!sio_listener_is_tls (listener))
      g_free (client_open_polling (client));
  }
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 0);

  /* Ten clients connect, and there is nothing left to take them in. */
  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (clients, client_new (fixture));
  taken = take_descriptors (0);
  tick = g_timeout_add (5, tick_cb, NULL);
  cpu = cpu_time ();
  run_for (1000000);
  cpu = cpu_time () - cpu;
  g_source_remove (tick);
  g_test_message ("%" G_GINT64_FORMAT " µs of CPU", cpu);
  n_exhausted = sio_listener_get_n_exhausted (listener);
  g_assert_cmpuint (n_exhausted, >=, 5);
  g_assert_cmpuint (n_exhausted, <=, 12);
  g_assert_cmpint (cpu, <, 300000);
  g_assert_cmpuint (captured_warnings->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (captured_warnings, 0), "LimitNOFILE"));

  /* Those who were accepted to be told so are gone, new ones are served. */
  give_descriptors (taken);
  g_ptr_array_set_size (clients, 0);
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 0);
  {
    g_autoptr (Client) client =
        sio_listener_is_tls (listener) ? client_new_tls (fixture->port) : client_new (fixture);
    g_autofree char *sid = client_open_polling (client);

    g_assert_nonnull (sid);
  }
  g_assert_cmpuint (captured_warnings->len, ==, 1);
}

static void
incident_cb (SioEngine *engine, SioIncident *incident, gpointer user_data)
{
  g_assert_cmpint (sio_incident_get_kind (incident), ==, SIO_INCIDENT_NO_DESCRIPTORS);
  g_assert_cmpstr (sio_incident_get_code (incident), ==, "no-descriptors");
  g_assert_nonnull (strstr (sio_incident_get_text (incident), "LimitNOFILE"));
  g_assert_null (sio_incident_get_address (incident));
  ++*(guint *) user_data;
  /* Whatever a handler does: nothing is accepted any more. */
  sio_engine_stop_listening (engine);
}

/* Who listens to incidents is told in place of the log. */
static void
test_told (void)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (Client) client = NULL;
  GArray *taken;
  guint n_told = 0;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }
  {
    struct rlimit limit = { LIMIT, LIMIT };

    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  }
  capture_warnings ();
  fixture = fixture_new (NULL);
  g_signal_connect (fixture->engine, "incident", G_CALLBACK (incident_cb), &n_told);
  client = client_new (fixture);
  taken = take_descriptors (0);
  engine_wait_for (n_told > 0);
  give_descriptors (taken);
  g_assert_cmpuint (n_told, ==, 1);
  g_assert_cmpuint (captured_warnings->len, ==, 0);
  g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 0);
}

/* Connections themselves use up all descriptors; each that ends makes room for one. */
static void
test_full_of_connections (void)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  struct rlimit limit;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }
  capture_warnings ();
  fixture = fixture_new (NULL);
  /* Both ends are of this process, and the limit is for what is opened later. */
  for (guint i = 0; i < 60; i++)
    g_ptr_array_add (clients, client_new (fixture));
  limit.rlim_cur = limit.rlim_max = count_descriptors () + 20;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  for (guint i = 0; i < clients->len; i++)
    client_send_upgrade (g_ptr_array_index (clients, i), "", "", 0);
  engine_wait_for (captured_warnings->len == 1 && fixture->n_opened >= 10);
  g_assert_cmpuint (fixture->n_opened, <=, 25);
  /* Sessions go on meanwhile. */
  client_send_text (g_ptr_array_index (clients, 0), "4hello");
  engine_wait_for (fixture->n_messages == 1);
  /* Ends make room. */
  g_ptr_array_set_size (clients, 0);
  engine_wait_for (fixture->n_closed == fixture->n_opened &&
                   sio_peers_get_n_connections (fixture->engine->peers) == 0);
  {
    g_autoptr (Client) client = client_new (fixture);
    g_autofree char *sid = client_open_websocket (client);

    g_assert_nonnull (sid);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("A process without descriptors left.");

  g_test_add_data_func ("/engine/exhaustion/tcp", "tcp:127.0.0.1:0", test_survive);
  g_test_add_data_func ("/engine/exhaustion/tls", "tls:127.0.0.1:0", test_survive);
  g_test_add_func ("/engine/exhaustion/full-of-connections", test_full_of_connections);
  g_test_add_func ("/engine/exhaustion/told", test_told);
  return g_test_run ();
}
