/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

enum
{
  EXIT_OK = 0,
  EXIT_ERRORS = 1,
  EXIT_USAGE = 2,
};

const BenchScenario bench_scenarios[] = {
  { "idle", "open connections and hold them; memory per connection", 1, bench_scenario_idle },
  { "connect", "connect, join the namespace, close, again and again", 1, bench_scenario_connect },
  { "churn", "rounds of connecting and closing all; memory after each", 1, bench_scenario_churn },
  { "echo", "emit \"echo\", await \"echo\"", 1, bench_scenario_echo },
  { "ack", "emit \"ack\", await the acknowledgement", 1, bench_scenario_ack },
  { "broadcast", "emit \"bcast\", which everybody receives", 1, bench_scenario_broadcast },
  { "room", "join rooms, emit \"room\", which the others in it receive", 1, bench_scenario_room },
  { "polling-connect", "the connect scenario over HTTP long polling", 2,
    bench_scenario_polling_connect },
  { "polling-echo", "the echo scenario over HTTP long polling", 2, bench_scenario_polling_echo },
  { NULL },
};

static Bench bench;

const BenchScenario *
bench_scenario_find (const char *name)
{
  for (guint i = 0; bench_scenarios[i].name != NULL; i++)
    if (strcmp (bench_scenarios[i].name, name) == 0)
      return &bench_scenarios[i];
  return NULL;
}

static void
interrupt_cb (int number)
{
  bench.interrupted++;
}

static int
usage_error (const char *message)
{
  g_printerr ("sio-bench: %s\nTry \"sio-bench --help\".\n", message);
  return EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  const struct sigaction action = { .sa_handler = interrupt_cb };
  int status;

  setlocale (LC_ALL, "");
  if (!bench_options_parse (&bench.options, &argc, &argv, &error))
    return usage_error (error->message);
  if (bench.options.version)
    {
      g_print ("sio-bench %s\n", PACKAGE_VERSION);
      return EXIT_OK;
    }
  if (argc != 3)
    return usage_error ("a scenario and a URL are needed");
  bench.scenario = bench_scenario_find (argv[1]);
  if (bench.scenario == NULL)
    {
      g_autofree char *message = g_strdup_printf ("there is no scenario \"%s\"", argv[1]);

      return usage_error (message);
    }
  if (!bench_target_parse (&bench.target, &bench.options, argv[2], &error) ||
      !bench_target_resolve (&bench.target, &error) || !bench_init (&bench, &error))
    return usage_error (error->message);

  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  bench.scenario->run (&bench);
  bench_report_write (&bench);
  status = bench_total_errors (&bench) > 0 && !bench.options.allow_errors ? EXIT_ERRORS : EXIT_OK;
  bench_clear (&bench);
  bench_target_clear (&bench.target);
  bench_options_clear (&bench.options);
  return status;
}
