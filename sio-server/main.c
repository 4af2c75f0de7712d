/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "sios-daemon.h"
#include "sios-log.h"
#include "sios-options.h"

#define EXIT_USAGE 2
#define STOP_TIMEOUT_S 4

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
  g_message ("Closing all sessions");
  g_timeout_add_seconds (STOP_TIMEOUT_S, give_up_cb, NULL);
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

int
main (int argc, char **argv)
{
  g_auto (SiosOptions) options = { 0 };
  g_autoptr (SiosDaemon) daemon = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
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
  sios_log_init (options.log_level);
  signal (SIGPIPE, SIG_IGN);
  raise_descriptor_limit ();

  daemon = sios_daemon_new ();
  if (!sios_daemon_start (daemon, &options, &error))
    {
      g_printerr ("sio-server: %s\n", error->message);
      return error->domain == SIO_ERROR ? EXIT_USAGE : EXIT_FAILURE;
    }
  print_addresses (daemon);

  main_loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, stop_cb, daemon);
  g_unix_signal_add (SIGINT, stop_cb, daemon);
  g_main_loop_run (main_loop);
  g_main_loop_unref (main_loop);
  return EXIT_SUCCESS;
}
