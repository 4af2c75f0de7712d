/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "sioc-cat.h"

typedef struct
{
  GMainLoop *loop;
  SiocCat *cat;
  int status;
  int signal;
} Program;

static void
done_cb (int status, gpointer user_data)
{
  Program *program = user_data;

  program->status = status;
  g_main_loop_quit (program->loop);
}

static gboolean
stop (Program *program, int number)
{
  /* Whoever asks twice does not want to wait. */
  if (program->signal != 0)
    g_main_loop_quit (program->loop);
  program->signal = number;
  program->status = 128 + number;
  sioc_cat_end (program->cat, 128 + number);
  return G_SOURCE_CONTINUE;
}

static gboolean
interrupt_cb (gpointer user_data)
{
  return stop (user_data, SIGINT);
}

static gboolean
terminate_cb (gpointer user_data)
{
  return stop (user_data, SIGTERM);
}

int
main (int argc, char **argv)
{
  g_auto (SiocOptions) options = { 0 };
  g_autoptr (GError) error = NULL;
  Program program = { NULL };

  setlocale (LC_ALL, "");
  /* Standard output is for records. */
  g_log_writer_default_set_use_stderr (TRUE);
  signal (SIGPIPE, SIG_IGN);
  if (!sioc_options_parse (&options, &argc, &argv, &error))
    {
      gboolean usage = error->domain == G_OPTION_ERROR || error->domain == SIO_ERROR;

      g_printerr ("sio-cat: %s\n", error->message);
      return usage ? SIOC_EXIT_USAGE : SIOC_EXIT_FAILED;
    }
  if (options.show_version)
    {
      g_print ("sio-cat %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  program.loop = g_main_loop_new (NULL, FALSE);
  program.cat = sioc_cat_new (&options, done_cb, &program);
  g_unix_signal_add (SIGINT, interrupt_cb, &program);
  g_unix_signal_add (SIGTERM, terminate_cb, &program);
  g_main_loop_run (program.loop);
  sioc_cat_free (program.cat);
  g_main_loop_unref (program.loop);
  return program.status;
}
