/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "client-fixture.h"
#include "fault-proxy.h"

/* Connections that break at every step of handshake, upgrade and traffic: one fault at each
 * place, and many at places that a seed decides on. SIO_FAULT_SEEDS says how many seeds to run,
 * SIO_FAULT_FIRST where to begin. Many runs go on at the same time, each through its own proxy. */

#define N_ITEMS 20
#define N_PARALLEL 16
#define N_SEEDS 64
#define RUN_TIME_US (60 * G_USEC_PER_SEC)

#define DELAY_MIN 10
#define DELAY_MAX 40

typedef struct
{
  const char *transports;
  /* one fault … */
  FaultKind kind;
  guint connection;
  gboolean upwards;
  guint chunk;
  /* … or several */
  gboolean random;
  guint seed;
} Plan;

typedef struct
{
  Plan plan;
  guint number;
  GRand *rand;
  guint n_faults;
  FaultProxy *proxy;
  TestClient *client;
  guint n_done;
  guint n_once;
  guint once_source;
  gint64 last_tick;
  gint64 attempt_time; /* real time */
  gint64 end;
  gboolean finished;
} Run;

static FaultKind
fault_cb (guint connection, gboolean upwards, guint chunk, guint *ms, gpointer user_data)
{
  Run *run = user_data;
  const Plan *plan = &run->plan;

  *ms = 100;
  if (!plan->random)
    return connection == plan->connection && upwards == plan->upwards && chunk == plan->chunk
               ? plan->kind
               : FAULT_NONE;
  /* Ten faults, so that it comes to an end. */
  if (run->n_faults == 10 || g_rand_int_range (run->rand, 0, 4) > 0)
    return FAULT_NONE;
  run->n_faults++;
  *ms = (guint) g_rand_int_range (run->rand, 1, 200);
  return (FaultKind) g_rand_int_range (run->rand, FAULT_CUT, N_FAULTS);
}

static char *
run_describe (Run *run)
{
  static const char *const kinds[] = { "none", "cut", "truncate", "stall", "delay" };
  const Plan *plan = &run->plan;

  if (plan->random)
    return g_strdup_printf ("%s, seed %u", plan->transports, plan->seed);
  return g_strdup_printf ("%s, %s of chunk %u %s of connection %u", plan->transports,
                          kinds[plan->kind], plan->chunk, plan->upwards ? "up" : "down",
                          plan->connection);
}

static void
check_items (JsonArray *items)
{
  gint64 expected = 0;

  /* Repeated maybe, but never out of order and none left out. */
  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      gint64 item = json_array_get_int_element (items, i);

      g_assert_cmpint (item, <=, expected);
      if (item == expected)
        expected++;
    }
  g_assert_cmpint (expected, ==, N_ITEMS);
}

static void
items_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);
  JsonArray *onces;

  if (args == NULL)
    {
      sio_client_emit_with_ack_async (run->client->client, "items", NULL, 1000, NULL, items_cb,
                                      run);
      return;
    }
  check_items (json_node_get_array (sio_args_get_node (args, 0)));
  /* Lost maybe, but never twice, and in order. */
  onces = json_node_get_array (sio_args_get_node (args, 1));
  for (guint i = 1; i < json_array_get_length (onces); i++)
    g_assert_cmpint (json_array_get_int_element (onces, i), >,
                     json_array_get_int_element (onces, i - 1));
  run->finished = TRUE;
}

/* Without retries. */
static gboolean
once_cb (gpointer user_data)
{
  Run *run = user_data;

  sio_client_emit (run->client->client, "once", sio_args_new ("u", run->n_once));
  if (++run->n_once < N_ITEMS)
    return G_SOURCE_CONTINUE;
  run->once_source = 0;
  sio_client_emit_with_ack_async (run->client->client, "items", NULL, 1000, NULL, items_cb, run);
  return G_SOURCE_REMOVE;
}

static void
item_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);

  /* No loss, and the answers come in order. */
  g_assert_no_error (error);
  g_assert_cmpint (sio_args_get_int64 (args, 0), ==, run->n_done);
  if (++run->n_done < N_ITEMS)
    return;
  g_object_set (source, "retries", 0, NULL);
  run->once_source = g_timeout_add (2, once_cb, run);
}

/* What the server emitted is never delivered twice, and in order. */
static void
tick_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  Run *run = user_data;
  gint64 tick = sio_args_get_int64 (sio_message_get_args (message), 0);

  g_assert_cmpint (tick, >, run->last_tick);
  run->last_tick = tick;
}

/* Each attempt is planned within the bounds of the back-off, and made no sooner. */
static void
next_attempt_cb (SioManager *manager, GParamSpec *pspec, Run *run)
{
  gint64 next = sio_manager_get_next_attempt_time (manager);
  guint attempt = sio_manager_get_attempt (manager);
  gint64 delay = MIN (DELAY_MIN << MIN (attempt - 1, 8), DELAY_MAX);

  if (next == 0)
    return;
  run->attempt_time = next;
  next -= g_get_real_time ();
  g_assert_cmpint (next, <=, MIN (delay * 3 / 2, DELAY_MAX) * 1000);
}

static void
attempt_cb (SioManager *manager, guint attempt, Run *run)
{
  gint64 late = g_get_real_time () - run->attempt_time;

  /* Timers have a resolution of 1 ms. */
  g_assert_cmpint (late, >=, -1000);
  g_assert_cmpint (late, <, 30 * G_USEC_PER_SEC);
}

static Run *
run_new (const Plan *plan, guint number, TestServer *server)
{
  Run *run = g_new0 (Run, 1);
  g_autofree char *uri = NULL;
  g_auto (GStrv) transports = g_strsplit (plan->transports, " ", -1);
  SioManager *manager;

  run->plan = *plan;
  run->number = number;
  run->rand = g_rand_new_with_seed (plan->seed);
  run->last_tick = -1;
  run->end = g_get_monotonic_time () + RUN_TIME_US;
  run->proxy = fault_proxy_new (server->port, fault_cb, run);
  uri = g_strdup_printf ("http://127.0.0.1:%u/?run=%u", fault_proxy_get_port (run->proxy), number);
  run->client = test_client_new (sio_client_new (uri));
  manager = sio_client_get_manager (run->client->client);
  g_object_set (manager, "reconnection-delay", DELAY_MIN, "reconnection-delay-max", DELAY_MAX,
                "timeout", 2000, "watch-sleep", FALSE, NULL);
  sio_manager_set_transports (manager, (const char *const *) transports);
  g_object_set (run->client->client, "retries", 10000, "ack-timeout", 300, NULL);
  sio_client_on (run->client->client, "tick", tick_cb, run, NULL);
  g_signal_connect (manager, "notify::next-attempt-time", G_CALLBACK (next_attempt_cb), run);
  g_signal_connect (manager, "reconnect-attempt", G_CALLBACK (attempt_cb), run);
  for (guint i = 0; i < N_ITEMS; i++)
    sio_client_emit_with_ack_async (run->client->client, "item", sio_args_new ("u", i), 0, NULL,
                                    item_cb, run);
  sio_client_open (run->client->client);
  return run;
}

static void
run_free (Run *run)
{
  g_signal_handlers_disconnect_by_data (sio_client_get_manager (run->client->client), run);
  test_client_free (run->client);
  fault_proxy_free (run->proxy);
  g_rand_free (run->rand);
  g_free (run);
}

static gboolean
step (GPtrArray *runs, guint *n_met)
{
  for (guint i = runs->len; i > 0; i--)
    {
      Run *run = g_ptr_array_index (runs, i - 1);

      if (run->finished)
        {
          *n_met += fault_proxy_get_n_faults (run->proxy) > 0;
          if (fault_proxy_get_n_faults (run->proxy) == 0)
            {
              g_autofree char *text = run_describe (run);

              g_test_message ("not reached: %s", text);
            }
          g_ptr_array_remove_index_fast (runs, i - 1);
        }
      else if (g_get_monotonic_time () > run->end)
        {
          g_autofree char *text = run_describe (run);
          g_autofree char *log = test_client_join (run->client->log);

          g_error ("%s: not finished in time: %s", text, log);
        }
    }
  test_iterate ();
  return runs->len > 0;
}

static void
run_all (GArray *plans, const char *options)
{
  g_autoptr (TestServer) server = test_server_new (options, 0);
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func ((GDestroyNotify) run_free);
  guint n_met = 0;

  for (guint i = 0; i < plans->len; i++)
    {
      const Plan *plan = &g_array_index (plans, Plan, i);
      Run *run = run_new (plan, i, server);
      g_autofree char *text = run_describe (run);

      g_test_message ("run %u: %s", i, text);
      g_ptr_array_add (runs, run);
      while (runs->len >= N_PARALLEL)
        step (runs, &n_met);
    }
  while (step (runs, &n_met))
    ;
  g_test_message ("%u runs, %u of them with faults", plans->len, n_met);
  /* Some places are not always reached: what is sent together varies. */
  g_assert_cmpuint (n_met, >=, plans->len * 3 / 4);
}

/* Where an undisturbed client sends something: with an upgrade GET is on the first connection,
 * the WebSocket on the second, POST on the third; by polling they share two. */
static const struct
{
  const char *transports;
  guint connection;
  guint n_chunks;
} places[] = {
  { "polling websocket", 0, 2 }, { "polling websocket", 1, 7 }, { "polling websocket", 2, 1 },
  { "websocket", 0, 6 },         { "polling", 0, 6 },           { "polling", 1, 6 },
};

static void
test_places (void)
{
  g_autoptr (GArray) plans = g_array_new (FALSE, FALSE, sizeof (Plan));

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    for (guint chunk = 0; chunk < places[i].n_chunks; chunk++)
      for (guint upwards = 0; upwards < 2; upwards++)
        for (guint kind = FAULT_CUT; kind < N_FAULTS; kind++)
          {
            Plan plan = { places[i].transports,
                          (FaultKind) kind,
                          places[i].connection,
                          upwards == 1,
                          chunk,
                          FALSE,
                          0 };

            g_array_append_val (plans, plan);
          }
  run_all (plans, NULL);
}

static guint
number_from_environment (const char *name, guint otherwise)
{
  const char *text = g_getenv (name);

  return text != NULL ? (guint) strtoul (text, NULL, 10) : otherwise;
}

static void
test_seeds (void)
{
  static const char *const transports[] = { "polling websocket", "websocket", "polling" };
  guint first = number_from_environment ("SIO_FAULT_FIRST", 0);
  guint n = number_from_environment ("SIO_FAULT_SEEDS", N_SEEDS);
  g_autoptr (GArray) plans = g_array_new (FALSE, FALSE, sizeof (Plan));

  for (guint seed = first; seed < first + n; seed++)
    {
      Plan plan = { transports[seed % 3], FAULT_NONE, 0, FALSE, 0, TRUE, seed };

      g_array_append_val (plans, plan);
    }
  run_all (plans, "{\"pingInterval\":500,\"pingTimeout\":1000,\"connectionStateRecovery\":{}}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/faults/places", test_places);
  g_test_add_func ("/client/faults/seeds", test_seeds);
  return g_test_run ();
}
