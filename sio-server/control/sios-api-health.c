/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <string.h>

#include "sios-api.h"
#include "sios-metrics.h"
#include "sios-process.h"

/* How the server is. */

#define NEARLY 0.9
#define SLOW_US 500000

static SioEngine *
get_engine (SiosApiCall *self)
{
  return sio_server_get_engine (sios_control_get_server (self->control));
}

static void
put_status (SiosApiCall *self, SioArgsBuilder *builder, const char *status)
{
  SioStats *stats = sios_control_get_stats (self->control);

  sios_put_string (builder, "status", status);
  sios_put_double (builder, "uptimeSeconds",
                   (double) (sio_stats_get_time (stats) - sio_stats_get_start_time (stats)) /
                       G_USEC_PER_SEC);
}

/* Load balancers look at the status of HTTP. */
static void
answer (SiosApiCall *self, SioArgsBuilder *builder)
{
  if (sio_engine_is_draining (get_engine (self)))
    sios_call_set_status (self->call, SOUP_STATUS_SERVICE_UNAVAILABLE);
  sios_api_call_answer (self, builder);
}

void
sios_api_health (SiosApiCall *self)
{
  SioArgsBuilder *builder = sio_args_builder_new ();

  sios_begin_object (builder, NULL);
  put_status (self, builder, sio_engine_is_draining (get_engine (self)) ? "draining" : "healthy");
  sio_args_builder_end_object (builder);
  answer (self, builder);
}

static void
add_problem (GStrvBuilder *problems, const char *text)
{
  g_strv_builder_add (problems, text);
}

/* What an operator should look at. (transfer full) */
static char **
find_problems (SiosApiCall *self, const SiosProcess *process)
{
  g_autoptr (GStrvBuilder) problems = g_strv_builder_new ();
  SioStats *stats = sios_control_get_stats (self->control);
  SioHistogram *times = sio_stats_get_round_trips (stats);
  guint64 threshold = sios_api_get_memory_threshold (self->api);
  guint max_connections = sio_engine_get_max_connections (get_engine (self));
  guint n_connections = sio_stats_get_n_connections (stats) +
                        sio_stats_get_n_sessions (stats, SIO_TRANSPORT_WEBSOCKET);

  if (sio_engine_is_draining (get_engine (self)))
    add_problem (problems, "The server is draining: it takes no new clients");
  if (threshold > 0 && (double) process->resident_bytes > NEARLY * (double) threshold)
    add_problem (problems, "The memory is above 90 % of memory-threshold");
  if (max_connections > 0 && n_connections > NEARLY * max_connections)
    add_problem (problems, "The connections are above 90 % of max-connections");
  if (process->max_fds != G_MAXUINT64 &&
      (double) process->n_open_fds > NEARLY * (double) process->max_fds)
    add_problem (problems, "The file descriptors are above 90 % of their limit (LimitNOFILE=)");
  if (sio_histogram_get_count (times) > 0 && sio_histogram_get_quantile (times, 0.95) > SLOW_US)
    add_problem (problems, "More than 5 % of the round trips took longer than half a second");
  return g_strv_builder_end (problems);
}

static void
put_process (SioArgsBuilder *builder, const SiosProcess *process)
{
  sios_begin_object (builder, "process");
  sios_put_number (builder, "residentBytes", process->resident_bytes);
  sios_put_number (builder, "virtualBytes", process->virtual_bytes);
  sios_put_double (builder, "cpuSeconds", process->cpu_seconds);
  sios_put_number (builder, "openFileDescriptors", process->n_open_fds);
  if (process->max_fds != G_MAXUINT64)
    sios_put_number (builder, "maxFileDescriptors", process->max_fds);
  sios_put_time (builder, "startTime", (gint64) (process->start_time * G_USEC_PER_SEC));
  sio_args_builder_end_object (builder);
}

typedef void (*PutFunc) (SiosApiCall *self, SioArgsBuilder *builder);

/* A call whose answer needs what is known of the process. */
typedef struct
{
  SiosApiCall *call;
  PutFunc put;
} Inspection;

static void
inspected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Inspection *inspection = user_data;
  SiosApiCall *self = inspection->call;
  GError *error = NULL;
  g_autofree SiosProcess *process = sios_process_read_finish (result, &error);

  if (process == NULL)
    sios_api_call_fail (self, error);
  else
    {
      g_auto (GStrv) problems = find_problems (self, process);
      SioArgsBuilder *builder = sio_args_builder_new ();

      sios_begin_object (builder, NULL);
      put_status (self, builder,
                  sio_engine_is_draining (get_engine (self)) ? "draining"
                  : problems[0] != NULL                      ? "degraded"
                                                             : "healthy");
      sios_begin_array (builder, "problems");
      for (guint i = 0; problems[i] != NULL; i++)
        sio_args_builder_add_string (builder, problems[i]);
      sio_args_builder_end_array (builder);
      inspection->put (self, builder);
      put_process (builder, process);
      sio_args_builder_end_object (builder);
      answer (self, builder);
    }
  sios_api_call_free (self);
}

static void
inspect (SiosApiCall *self, PutFunc put)
{
  Inspection inspection = { sios_api_call_copy (self), put };

  sios_process_read_async (inspected_cb, g_memdup2 (&inspection, sizeof inspection));
}

/* Nothing that tells one client from another: anybody may read it. */
static void
put_summary (SiosApiCall *self, SioArgsBuilder *builder)
{
  SioStats *stats = sios_control_get_stats (self->control);

  sios_put_number (
      builder, "sessions",
      sio_stats_get_n_sessions (stats, SIO_TRANSPORT_POLLING | SIO_TRANSPORT_WEBSOCKET));
  sios_put_number (builder, "sockets", sio_stats_get_n_sockets (stats, NULL));
  sios_put_number (builder, "rooms", sio_stats_get_n_rooms (stats, NULL));
}

void
sios_api_health_detailed (SiosApiCall *self)
{
  inspect (self, put_summary);
}

static void
put_all (SiosApiCall *self, SioArgsBuilder *builder)
{
  SioEngine *engine = get_engine (self);

  sios_begin_object (builder, "limits");
  sios_put_number (builder, "maxConnections", sio_engine_get_max_connections (engine));
  sios_put_number (builder, "maxPayload", sio_engine_get_max_payload (engine));
  sios_put_number (builder, "maxBufferedBytes", sio_engine_get_max_buffered_bytes (engine));
  sios_put_number (builder, "memoryThreshold", sios_api_get_memory_threshold (self->api));
  sio_args_builder_end_object (builder);
  sios_begin_object (builder, "stats");
  sios_api_put_stats (self->api, self->control, builder);
  sio_args_builder_end_object (builder);
}

void
sios_api_diagnostics (SiosApiCall *self)
{
  inspect (self, put_all);
}

void
sios_api_metrics (SiosApiCall *self)
{
  const char *format = sios_call_get_query (self->call, "format");

  if (format == NULL || strcmp (format, "json") == 0)
    sios_api_stats (self);
  else if (strcmp (format, "prometheus") == 0)
    sios_metrics_answer (
        sios_features_get (sios_api_get_features (self->api), &sios_metrics_feature), self->call);
  else
    sios_api_call_fail (self, g_error_new_literal (SIOS_CONTROL_ERROR,
                                                   SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                                                   "expected as format json or prometheus"));
}

static void
trim_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_boolean (task, malloc_trim (0) == 1);
}

static void
trimmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosApiCall *self = user_data;
  SiosCaller caller = sios_call_get_caller (self->call);
  SioArgsBuilder *builder = sio_args_builder_new ();
  gboolean released = g_task_propagate_boolean (G_TASK (result), NULL);

  sios_control_done (self->control, &caller, "cleanup", NULL);
  sios_begin_object (builder, NULL);
  sios_put_boolean (builder, "memoryReleased", released);
  /* Those that are dead are ended by their heartbeats. */
  sios_put_number (builder, "socketCount", 0);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
  sios_api_call_free (self);
}

/* There is nothing stale to be removed; what can be given back to the system is free memory. */
void
sios_api_cleanup (SiosApiCall *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, trimmed_cb, sios_api_call_copy (self));

  g_task_set_source_tag (task, sios_api_cleanup);
  g_task_run_in_thread (task, trim_thread);
}
