/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "admin-fixture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

gint64 longest_step;

static gint64
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void
iterate (void)
{
  gint64 start = get_cpu_time ();

  g_main_context_iteration (NULL, FALSE);
  longest_step = MAX (longest_step, get_cpu_time () - start);
  if (!g_main_context_pending (NULL))
    g_usleep (500);
}

void
iterate_for (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;

  while (g_get_monotonic_time () < end)
    iterate ();
}

static void
line_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  char **line = user_data;

  *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (*line);
}

char *
read_line (GDataInputStream *output)
{
  char *line = NULL;

  g_data_input_stream_read_line_async (output, 0, NULL, line_cb, &line);
  wait_for (line != NULL);
  return line;
}

Peer *
peer_new (const char *const *arguments)
{
  g_autoptr (GError) error = NULL;
  Peer *peer = g_new0 (Peer, 1);
  g_autofree char *line = NULL;

  peer->process = g_subprocess_newv (
      arguments, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  peer->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (peer->process));
  line = read_line (peer->output);
  g_assert_cmpint (sscanf (line, "listening on %u %u", &peer->port, &peer->second_port), >=, 1);
  return peer;
}

void
peer_free (Peer *peer)
{
  g_subprocess_force_exit (peer->process);
  g_subprocess_wait (peer->process, NULL, NULL);
  g_object_unref (peer->output);
  g_object_unref (peer->process);
  g_free (peer);
}

gboolean
peer_is_alive (Peer *peer)
{
  return g_subprocess_get_identifier (peer->process) != NULL;
}

JsonNode *
tell (Peer *peer, const char *command)
{
  g_autofree char *line = g_strconcat (command, "\n", NULL);
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;
  JsonNode *node;

  g_output_stream_write_all (g_subprocess_get_stdin_pipe (peer->process), line, strlen (line), NULL,
                             NULL, &error);
  g_assert_no_error (error);
  answer = read_line (peer->output);
  node = json_from_string (answer, &error);
  g_assert_no_error (error);
  return node;
}

void
acted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gint64 reached = sioa_backend_act_finish (SIOA_BACKEND (source), result, &error);

  /* This protocol does not count. */
  g_assert_true (reached == SIOA_UNKNOWN || error != NULL);
  *(GError **) user_data =
      error != NULL ? g_steal_pointer (&error) : g_error_new_literal (SIOA_ERROR, -1, "");
}

int
wait_code (GError **result)
{
  int code;

  wait_for (*result != NULL);
  code = (*result)->code;
  g_clear_error (result);
  return code;
}
