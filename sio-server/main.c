/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "sios-caller.h"
#include "sios-daemon.h"
#include "sios-feature.h"
#include "sios-listen.h"
#include "sios-log.h"
#include "sios-options.h"
#include "sios-service.h"

#define EXIT_USAGE 2
/* What stopping may take besides drain-timeout. */
#define STOP_TIMEOUT_MS 5000

static GMainLoop *main_loop;

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  sios_daemon_stop_finish (SIOS_DAEMON (source), result, NULL);
  g_main_loop_quit (main_loop);
}

static gboolean
give_up_cb (gpointer user_data)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_REMOVE;
}

static gboolean
stop_cb (gpointer user_data)
{
  static gboolean stopping;

  /* Whoever asks twice does not want to wait. */
  if (stopping)
    {
      g_main_loop_quit (main_loop);
      return G_SOURCE_CONTINUE;
    }
  stopping = TRUE;
  g_timeout_add (STOP_TIMEOUT_MS +
                     (guint) sios_config_get_integer (sios_daemon_get_config (user_data), "server",
                                                      "drain-timeout"),
                 give_up_cb, NULL);
  sios_daemon_stop_async (user_data, stopped_cb, NULL);
  return G_SOURCE_CONTINUE;
}

/* As many connections as the system grants without asking for more. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit (RLIMIT_NOFILE, &limit) < 0)
    g_debug ("the soft limit of open files stays as it is");
}

static void
print_addresses (SiosDaemon *daemon)
{
  g_auto (GStrv) addresses =
      sio_engine_list_addresses (sio_server_get_engine (sios_daemon_get_server (daemon)));

  for (guint i = 0; addresses[i] != NULL; i++)
    g_print ("listening on %s\n", addresses[i]);
}

static void
reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  static const SiosCaller caller = { SIOS_CALLER_SIGNAL, "SIGHUP", NULL };
  gboolean done = sios_daemon_reload_finish (SIOS_DAEMON (source), result, NULL, NULL, NULL);

  sios_caller_audit (&caller, "reload", NULL, done ? "done" : "the configuration is wrong");
}

static gboolean
reload_cb (gpointer user_data)
{
  sios_daemon_reload_async (user_data, reloaded_cb, NULL);
  return G_SOURCE_CONTINUE;
}

static void
started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  int *status = user_data;
  g_autoptr (GError) error = NULL;

  if (sios_daemon_start_finish (SIOS_DAEMON (source), result, &error))
    {
      print_addresses (SIOS_DAEMON (source));
      return;
    }
  g_printerr ("sio-server: %s\n", error->message);
  *status = error->domain == SIO_ERROR ? EXIT_USAGE : EXIT_FAILURE;
  g_main_loop_quit (main_loop);
}

/* NULL after all that is wrong was told. */
static SiosConfig *
load_config (const SiosSources *sources)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  SiosConfig *config = sios_features_load_config (sources, problems);

  for (guint i = 0; i < problems->len; i++)
    g_printerr ("sio-server: %s\n", (char *) g_ptr_array_index (problems, i));
  return config;
}

int
main (int argc, char **argv)
{
  g_auto (SiosOptions) options = { 0 };
  g_autoptr (SiosDaemon) daemon = NULL;
  g_autoptr (SiosService) service = NULL;
  g_autoptr (SiosConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  int status = EXIT_SUCCESS;

  setlocale (LC_ALL, "");
  sios_listen_init ();
  sios_service_init ();
  if (!sios_options_parse (&options, &argc, &argv, &error))
    {
      g_printerr ("sio-server: %s\n", error->message);
      return EXIT_USAGE;
    }
  if (options.show_version)
    {
      g_print ("sio-server %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  sios_log_init ();
  config = load_config (options.sources);
  if (config == NULL)
    return EXIT_USAGE;
  if (options.print_config)
    {
      g_autofree char *text = sios_config_print (config);

      g_print ("%s", text);
    }
  if (options.print_config || options.check_config)
    return EXIT_SUCCESS;
  signal (SIGPIPE, SIG_IGN);
  /* Files that may not grow (LimitFSIZE=) are told of as a full disk is. */
  signal (SIGXFSZ, SIG_IGN);
  raise_descriptor_limit ();

  main_loop = g_main_loop_new (NULL, FALSE);
  daemon = sios_daemon_new (options.sources);
  service = sios_service_new (daemon);
  g_unix_signal_add (SIGTERM, stop_cb, daemon);
  g_unix_signal_add (SIGINT, stop_cb, daemon);
  g_unix_signal_add (SIGHUP, reload_cb, daemon);
  sios_daemon_start_async (daemon, config, started_cb, &status);
  g_main_loop_run (main_loop);
  g_main_loop_unref (main_loop);
  return status;
}
