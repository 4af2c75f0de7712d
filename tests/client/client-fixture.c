/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* A test that fails must not leave servers behind. */
static void
die_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static TestServer *
server_spawn (const char *const *argv)
{
  TestServer *self = g_new0 (TestServer, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GDataInputStream) out = NULL;
  g_autofree char *line = NULL;

  launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  self->process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (out), FALSE);
  line = g_data_input_stream_read_line (out, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  g_assert_cmpint (sscanf (strrchr (line, ' '), "%u", &self->port), ==, 1);
  return self;
}

TestServer *
test_server_new (const char *options, guint port)
{
  g_autofree char *port_text = g_strdup_printf ("%u", port);
  const char *argv[] = { "node",      g_getenv ("SIO_TEST_SERVER"),     "--port", port_text,
                         "--options", options != NULL ? options : "{}", NULL };

  return server_spawn (argv);
}

TestServer *
test_server_new_tls (const char *tls)
{
  const char *argv[] = { "node", g_getenv ("SIO_TEST_SERVER"), "--tls", tls, NULL };

  return server_spawn (argv);
}

TestServer *
test_server_new_connect (guint port)
{
  g_autofree char *text = g_strdup_printf ("%u", port);
  const char *argv[] = { "node", g_getenv ("SIO_CONNECT_PROXY"), text, NULL };

  return server_spawn (argv);
}

TestServer *
test_server_new_fixture (const char *fixture, guint port)
{
  g_autofree char *port_text = g_strdup_printf ("%u", port);
  const char *argv[] = { g_getenv ("SIO_CONFORMANCE_SERVER"),
                         "--fixture",
                         fixture,
                         "--port",
                         port_text,
                         "--host",
                         "127.0.0.1",
                         NULL };

  return server_spawn (argv);
}

TestServer *
test_server_new_conformance (void)
{
  return test_server_new_fixture ("client", 0);
}

void
test_server_stop (TestServer *self)
{
  g_subprocess_send_signal (self->process, SIGTERM);
  g_subprocess_wait (self->process, NULL, NULL);
}

TestServer *
test_server_new_msgpack (void)
{
  const char *argv[] = { g_getenv ("SIO_CONFORMANCE_SERVER"),
                         "--fixture",
                         "client",
                         "--port",
                         "0",
                         "--host",
                         "127.0.0.1",
                         "--parser",
                         "msgpack",
                         NULL };

  return server_spawn (argv);
}

void
test_server_free (TestServer *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_free (self);
}

char *
test_server_uri (TestServer *self, const char *path)
{
  return g_strdup_printf ("http://127.0.0.1:%u%s", self->port, path);
}

static gboolean
wake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
test_iterate (void)
{
  guint id = g_timeout_add (5, wake_cb, NULL);

  g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

void
test_sleep (guint ms)
{
  gint64 end = g_get_monotonic_time () + (gint64) ms * 1000;

  while (g_get_monotonic_time () < end)
    test_iterate ();
}

static void
add (TestClient *self, char *entry)
{
  g_test_message ("%s", entry);
  g_ptr_array_add (self->log, entry);
}

static void
connected_cb (SioClient *client, TestClient *self)
{
  g_assert_cmpint (sio_client_get_state (client), ==, SIO_CLIENT_CONNECTED);
  g_assert_nonnull (sio_client_get_id (client));
  add (self, g_strdup ("connected"));
}

static void
disconnected_cb (SioClient *client, const char *reason, const char *details, TestClient *self)
{
  g_assert_null (sio_client_get_id (client));
  g_assert_cmpstr (sio_client_get_reason (client), ==, reason);
  g_free (self->details);
  self->details = g_strdup (details);
  g_test_message ("%s", details);
  add (self, g_strconcat ("disconnected:", reason, NULL));
}

static void
connect_error_cb (SioClient *client, GError *error, JsonNode *data, TestClient *self)
{
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  g_clear_pointer (&self->data, g_free);
  if (data != NULL)
    {
      g_autoptr (SioArgs) args = sio_args_new_from_node (data);

      self->data = g_strdup (sio_args_get_json (args));
    }
  add (self, g_strconcat ("error:", error->message, NULL));
}

static void
attempt_cb (SioClient *client, guint attempt, TestClient *self)
{
  add (self, g_strdup_printf ("attempt:%u", attempt));
}

static void
failed_cb (SioClient *client, TestClient *self)
{
  add (self, g_strdup ("failed"));
}

static void
any_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  TestClient *self = user_data;

  g_assert_true (sio_message_get_client (message) == client);
  g_assert_null (sio_message_get_socket (message));
  g_ptr_array_add (self->events, g_strconcat (sio_message_get_event (message), " ",
                                              sio_message_get_json (message), NULL));
}

TestClient *
test_client_new (SioClient *client)
{
  TestClient *self = g_new0 (TestClient, 1);

  self->client = client;
  self->log = g_ptr_array_new_with_free_func (g_free);
  self->events = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect (client, "connected", G_CALLBACK (connected_cb), self);
  g_signal_connect (client, "disconnected", G_CALLBACK (disconnected_cb), self);
  g_signal_connect (client, "connect-error", G_CALLBACK (connect_error_cb), self);
  g_signal_connect (client, "reconnect-attempt", G_CALLBACK (attempt_cb), self);
  g_signal_connect (client, "reconnect-failed", G_CALLBACK (failed_cb), self);
  sio_client_on_any (client, any_cb, self, NULL);
  return self;
}

TestClient *
test_client_new_for (TestServer *server, const char *path, const char *transports)
{
  g_autofree char *uri = test_server_uri (server, path);
  TestClient *self = test_client_new (sio_client_new (uri));
  SioManager *manager = sio_client_get_manager (self->client);

  g_object_set (manager, "reconnection-delay", 50, "reconnection-delay-max", 200, NULL);
  if (transports != NULL)
    {
      g_auto (GStrv) names = g_strsplit (transports, " ", -1);

      sio_manager_set_transports (manager, (const char *const *) names);
    }
  return self;
}

void
test_client_free (TestClient *self)
{
  gpointer client = self->client;

  g_signal_handlers_disconnect_by_data (client, self);
  sio_client_close (client);
  /* With it everything goes, at the latest when what lingers is through. */
  g_object_add_weak_pointer (client, &client);
  g_object_unref (self->client);
  test_wait (client == NULL);
  g_ptr_array_unref (self->log);
  g_ptr_array_unref (self->events);
  g_clear_error (&self->error);
  g_free (self->data);
  g_free (self->details);
  g_free (self);
}

gboolean
test_client_saw (TestClient *self, const char *entry)
{
  return g_ptr_array_find_with_equal_func (self->log, entry, g_str_equal, NULL) ||
         g_ptr_array_find_with_equal_func (self->events, entry, g_str_equal, NULL);
}

void
test_client_open (TestClient *self)
{
  sio_client_open (self->client);
  test_wait (sio_client_is_connected (self->client));
}

char *
test_client_join (GPtrArray *entries)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " | " : "",
                            (char *) g_ptr_array_index (entries, i));
  return g_string_free (text, FALSE);
}

void
test_answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TestAnswer *self = user_data;

  g_assert_false (self->done);
  self->done = TRUE;
  self->args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &self->error);
}

void
test_answer_clear (TestAnswer *self)
{
  g_clear_pointer (&self->args, sio_args_unref);
  g_clear_error (&self->error);
}

SioArgs *
test_client_ask (TestClient *self, const char *event, SioArgs *args, guint timeout, GError **error)
{
  TestAnswer answer = { FALSE, NULL, NULL };

  sio_client_emit_with_ack_async (self->client, event, args, timeout, NULL, test_answer_cb,
                                  &answer);
  test_wait (answer.done);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);
  return answer.args;
}
