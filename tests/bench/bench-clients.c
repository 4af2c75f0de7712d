/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What clients cost that do nothing: memory of many, each with a connection of its own, and time
 * of the processor. */

static int option_count = 1000;
static int option_concurrency = 50;
static int option_idle = 2;
static char *option_transport;

static const GOptionEntry entries[] = {
  { "count", 'n', 0, G_OPTION_ARG_INT, &option_count, "Clients (1000)", "N" },
  { "concurrency", 'C', 0, G_OPTION_ARG_INT, &option_concurrency, "Handshakes at a time (50)",
    "N" },
  { "idle", 'i', 0, G_OPTION_ARG_INT, &option_idle, "How long to do nothing (2)", "SECONDS" },
  { "transport", 't', 0, G_OPTION_ARG_STRING, &option_transport,
    "websocket or polling (default: polling, then websocket)", "NAME" },
  { NULL }
};

typedef struct
{
  GMainLoop *loop;
  GPtrArray *clients;
  const char *uri;
  guint n_connected;
  char *problem;
} Bench;

static guint64
read_rss (void)
{
  g_autofree char *text = NULL;
  guint64 pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) &&
      sscanf (text, "%*u %" G_GUINT64_FORMAT, &pages) != 1)
    return 0;
  return pages * (guint64) sysconf (_SC_PAGESIZE) / 1024;
}

static void
fail (Bench *self, const char *problem)
{
  if (self->problem == NULL)
    self->problem = g_strdup (problem);
  g_main_loop_quit (self->loop);
}

static void
error_cb (SioClient *client, const GError *error, JsonNode *data, gpointer user_data)
{
  fail (user_data, error->message);
}

static void
disconnected_cb (SioClient *client, const char *reason, const char *details, gpointer user_data)
{
  fail (user_data, reason);
}

static void open_next (Bench *self);

/* Polling goes on until it has changed over. */
static void
settled_cb (SioManager *manager, GParamSpec *pspec, gpointer user_data)
{
  Bench *self = user_data;
  SioTransport wanted = g_strcmp0 (option_transport, "polling") == 0 ? SIO_TRANSPORT_POLLING
                                                                     : SIO_TRANSPORT_WEBSOCKET;

  if (sio_manager_get_transport (manager) != wanted)
    return;
  self->n_connected++;
  if (self->n_connected == (guint) option_count)
    g_main_loop_quit (self->loop);
  else
    open_next (self);
}

static void
open_next (Bench *self)
{
  SioClient *client;
  SioManager *manager;

  if (self->clients->len == (guint) option_count)
    return;
  client = sio_client_new (self->uri);
  manager = sio_client_get_manager (client);
  if (option_transport != NULL)
    sio_manager_set_transports (manager, (const char *const[]){ option_transport, NULL });
  g_signal_connect (client, "connect-error", G_CALLBACK (error_cb), self);
  g_signal_connect (client, "disconnected", G_CALLBACK (disconnected_cb), self);
  g_signal_connect (manager, "notify::transport", G_CALLBACK (settled_cb), self);
  g_ptr_array_add (self->clients, client);
  sio_client_open (client);
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_some (Bench *self, guint ms)
{
  if (self->problem != NULL)
    return;
  g_timeout_add (ms, quit_cb, self->loop);
  g_main_loop_run (self->loop);
}

static void
measure (Bench *self)
{
  guint64 before, after;
  struct rusage start, end;

  /* The first one brings tables and libraries along that all share. */
  open_next (self);
  while (self->n_connected < 1 && self->problem == NULL)
    g_main_context_iteration (NULL, TRUE);
  wait_some (self, 300);
  before = read_rss ();
  for (int i = 0; i < option_concurrency; i++)
    open_next (self);
  if (option_count > 1 && self->problem == NULL)
    g_main_loop_run (self->loop);
  wait_some (self, 1000);
  after = read_rss ();
  getrusage (RUSAGE_SELF, &start);
  wait_some (self, (guint) option_idle * 1000);
  getrusage (RUSAGE_SELF, &end);
  if (self->problem != NULL)
    return;
  g_print ("{\"clients\":%d,\"rss_kb\":%" G_GUINT64_FORMAT ",\"rss_kb_each\":%.2f,"
           "\"idle_s\":%d,\"wakeups\":%ld,\"cpu_us\":%" G_GINT64_FORMAT "}\n",
           option_count, after,
           option_count > 1 ? (double) (after - before) / (option_count - 1) : 0, option_idle,
           end.ru_nvcsw - start.ru_nvcsw,
           (gint64) (end.ru_utime.tv_sec - start.ru_utime.tv_sec + end.ru_stime.tv_sec -
                     start.ru_stime.tv_sec) *
                   G_USEC_PER_SEC +
               end.ru_utime.tv_usec - start.ru_utime.tv_usec + end.ru_stime.tv_usec -
               start.ru_stime.tv_usec);
}

static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("URL");
  g_autoptr (GError) error = NULL;
  Bench self = { NULL };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2 || option_count < 1 ||
      option_concurrency < 1 || option_idle < 1)
    {
      g_printerr ("bench-clients: %s\n", error != NULL ? error->message : "expected a URL");
      return 2;
    }
  raise_descriptor_limit ();
  self.loop = g_main_loop_new (NULL, FALSE);
  self.clients = g_ptr_array_new_with_free_func (g_object_unref);
  self.uri = argv[1];
  measure (&self);
  if (self.problem != NULL)
    g_printerr ("bench-clients: %s\n", self.problem);
  for (guint i = 0; i < self.clients->len; i++)
    g_signal_handlers_disconnect_by_data (self.clients->pdata[i], &self);
  g_ptr_array_unref (self.clients);
  g_main_loop_unref (self.loop);
  return self.problem != NULL ? 1 : 0;
}
