/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* It ends with the test, however that ends. */
static void
child_setup (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

Program *
program_new (const char *const *arguments, const char *variable, const char *value)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  Program *program = g_new0 (Program, 1);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, child_setup, NULL, NULL);
  if (variable != NULL)
    g_subprocess_launcher_setenv (launcher, variable, value, TRUE);
  program->process = g_subprocess_launcher_spawnv (launcher, arguments, &error);
  g_assert_no_error (error);
  program->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (program->process));
  return program;
}

void
program_free (Program *program)
{
  g_subprocess_force_exit (program->process);
  g_subprocess_wait (program->process, NULL, NULL);
  g_object_unref (program->output);
  g_object_unref (program->process);
  g_free (program);
}

Bus *
bus_new (const char *type)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *config = NULL;
  g_autofree char *option = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  Bus *bus = g_new0 (Bus, 1);

  bus->dir = g_dir_make_tmp ("sio-admin-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_no_errno (g_chmod (bus->dir, 0755));
  bus->address = g_strdup_printf ("unix:path=%s/bus", bus->dir);
  config = g_build_filename (bus->dir, "bus.conf", NULL);
  text = g_strdup_printf ("<busconfig><type>%s</type><listen>%s</listen><auth>EXTERNAL</auth>"
                          "<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>"
                          "<allow send_destination=\"*\"/><allow send_type=\"signal\"/>"
                          "<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
                          "<allow send_requested_reply=\"true\" send_type=\"error\"/>"
                          "<allow receive_type=\"method_call\"/>"
                          "<allow receive_type=\"method_return\"/>"
                          "<allow receive_type=\"error\"/>"
                          "<allow receive_type=\"signal\"/></policy></busconfig>",
                          type, bus->address);
  g_file_set_contents (config, text, -1, &error);
  g_assert_no_error (error);
  option = g_strconcat ("--config-file=", config, NULL);
  bus->program = program_new (
      (const char *[]){ "dbus-daemon", option, "--nofork", "--nopidfile", "--print-address", NULL },
      NULL, NULL);
  line = read_line (bus->program->output);
  return bus;
}

void
bus_free (Bus *bus)
{
  static const char *const names[] = { "bus.conf", "bus" };

  program_free (bus->program);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = g_build_filename (bus->dir, names[i], NULL);

      g_unlink (name);
    }
  g_rmdir (bus->dir);
  g_free (bus->dir);
  g_free (bus->address);
  g_free (bus);
}

Program *
server_new (Bus *bus, gboolean session, char **url)
{
  const char *prefix = "listening on ";
  Program *program = program_new (
      (const char *[]){ SIO_SERVER_PATH, "-c", "/dev/null", "-l", "tcp:127.0.0.1:0", "--client-dir",
                        "", "--set", "server.ping-interval=1s", "--set",
                        "namespace /other.default=relay-to-joined-rooms", "--set",
                        session ? "dbus.bus=session" : "dbus.bus=system", NULL },
      session ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS", bus->address);
  g_autofree char *line = read_line (program->output);

  g_assert_true (g_str_has_prefix (line, prefix));
  if (url != NULL)
    {
      g_free (*url);
      *url = g_strndup (line + strlen (prefix), strlen (line) - strlen (prefix) - 1);
    }
  return program;
}
