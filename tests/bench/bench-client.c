/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* How fast one SioClient is; node/client.mjs does the same with the official client. */

#define TIMEOUT_S 120

typedef struct
{
  SioClient *client;
  GMainLoop *loop;
  char *text;
  guint sent;
  guint answered;
  gint64 start;
  gint64 start_cpu;
  gint64 end;
  gint64 end_cpu;
  char *problem;
} Bench;

static char *option_transport;
static int option_count = 100000;
static int option_pipeline = 1000;
static int option_payload = 32;

static const GOptionEntry entries[] = {
  { "transport", 't', 0, G_OPTION_ARG_STRING, &option_transport,
    "websocket or polling (default: websocket)", "NAME" },
  { "count", 'n', 0, G_OPTION_ARG_INT, &option_count, "Events to send (100000)", "N" },
  { "pipeline", 'p', 0, G_OPTION_ARG_INT, &option_pipeline,
    "Events that may wait for their acknowledgement (1000)", "N" },
  { "payload", 's', 0, G_OPTION_ARG_INT, &option_payload, "Length of the string in each (32)",
    "BYTES" },
  { NULL }
};

static gint64
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

static void
stop (Bench *self, const char *problem)
{
  self->end = g_get_monotonic_time ();
  self->end_cpu = cpu_time ();
  if (problem != NULL && self->problem == NULL)
    self->problem = g_strdup (problem);
  g_main_loop_quit (self->loop);
}

static void send_acks (Bench *self);

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);

  if (args == NULL)
    {
      stop (self, error->message);
      return;
    }
  self->answered++;
  if (self->answered == (guint) option_count)
    stop (self, NULL);
  else
    send_acks (self);
}

static void
send_acks (Bench *self)
{
  while (self->sent < (guint) option_count && self->sent - self->answered < (guint) option_pipeline)
    {
      self->sent++;
      sio_client_emit_with_ack_async (self->client, "ack", sio_args_new_from_string (self->text), 0,
                                      NULL, answered_cb, self);
    }
}

static void
arrived_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);

  stop (self, args == NULL ? error->message : NULL);
}

/* The server handles events in order, so the answer to one more tells that all have arrived. */
static void
send_events (Bench *self)
{
  for (int i = 0; i < option_count; i++)
    if (!sio_client_emit (self->client, "sink", sio_args_new_from_string (self->text)))
      {
        stop (self, "an event was dropped");
        return;
      }
  sio_client_emit_with_ack_async (self->client, "ack", sio_args_new_from_string ("end"), 0, NULL,
                                  arrived_cb, self);
}

static void
connected_cb (SioClient *client, gpointer user_data)
{
  g_main_loop_quit (user_data);
}

static void
disconnected_cb (SioClient *client, const char *reason, const char *details, gpointer user_data)
{
  stop (user_data, reason);
}

static void
error_cb (SioClient *client, const GError *error, JsonNode *data, gpointer user_data)
{
  stop (user_data, error->message);
}

static gboolean
timeout_cb (gpointer user_data)
{
  stop (user_data, "it takes too long");
  return G_SOURCE_REMOVE;
}

static void
report (Bench *self, const char *scenario)
{
  double seconds = (double) (self->end - self->start) / G_USEC_PER_SEC;

  g_print ("{\"scenario\":\"%s\",\"count\":%d,\"seconds\":%.3f,\"rate\":%.0f,"
           "\"client_cpu_us_each\":%.3f}\n",
           scenario, option_count, seconds, option_count / seconds,
           (double) (self->end_cpu - self->start_cpu) / option_count);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("emit|ack URL");
  g_autoptr (GError) error = NULL;
  const char *transports[] = { "websocket", NULL };
  Bench self = { NULL };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("bench-client: %s\n", error->message);
      return 2;
    }
  if (argc != 3 || (g_strcmp0 (argv[1], "emit") != 0 && g_strcmp0 (argv[1], "ack") != 0) ||
      option_count < 1 || option_pipeline < 1 || option_payload < 0)
    {
      g_printerr ("bench-client: expected emit or ack, and a URL; try --help\n");
      return 2;
    }
  if (option_transport != NULL)
    transports[0] = option_transport;
  self.loop = g_main_loop_new (NULL, FALSE);
  self.text = g_strnfill (option_payload, 'x');
  self.client = sio_client_new (argv[2]);
  sio_manager_set_transports (sio_client_get_manager (self.client), transports);
  g_object_set (sio_client_get_manager (self.client), "upgrade", FALSE, NULL);
  g_object_set (self.client, "max-buffered-bytes", G_MAXUINT64, NULL);
  g_signal_connect (self.client, "connected", G_CALLBACK (connected_cb), self.loop);
  g_signal_connect (self.client, "disconnected", G_CALLBACK (disconnected_cb), &self);
  g_signal_connect (self.client, "connect-error", G_CALLBACK (error_cb), &self);
  g_timeout_add_seconds (TIMEOUT_S, timeout_cb, &self);
  sio_client_open (self.client);
  g_main_loop_run (self.loop);
  if (self.problem == NULL)
    {
      self.start = g_get_monotonic_time ();
      self.start_cpu = cpu_time ();
      if (g_strcmp0 (argv[1], "emit") == 0)
        send_events (&self);
      else
        send_acks (&self);
      g_main_loop_run (self.loop);
    }
  if (self.problem != NULL)
    g_printerr ("bench-client: %s\n", self.problem);
  else
    report (&self, argv[1]);
  g_signal_handlers_disconnect_by_data (self.client, &self);
  g_clear_object (&self.client);
  g_main_loop_unref (self.loop);
  g_free (self.text);
  return self.problem != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
