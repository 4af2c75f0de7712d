/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sios-feature.h"
#include "sios-metric-json.h"

/* Summing up costs time with many clients: the answer is kept this long. */
#define KEEP_US (1 * G_USEC_PER_SEC)

/* Counts connections and sums up latencies; GET /status answers with them as JSON. */
typedef struct
{
  SiosFeatures *features;
  SioServer *server;
  gboolean served;
  guint64 n_total;
  guint64 n_left;
  gint64 start_time;
  gint64 answer_time;
  GBytes *answer;
} Status;

static gpointer
status_create (SiosFeatures *features)
{
  Status *self = g_new0 (Status, 1);

  self->features = features;
  self->server = sios_features_get_server (features);
  self->start_time = g_get_monotonic_time ();
  return self;
}

static void
status_destroy (gpointer data)
{
  Status *self = data;

  g_clear_pointer (&self->answer, g_bytes_unref);
  g_free (self);
}

static void
status_connected (gpointer data, SioSocket *socket)
{
  Status *self = data;

  self->n_total++;
}

static void
status_disconnected (gpointer data, SioSocket *socket, const char *reason)
{
  Status *self = data;

  self->n_left++;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const guint *first = a;
  const guint *second = b;

  return (*first > *second) - (*first < *second);
}

/* Milliseconds below which @percent of the sorted @times lie. */
static double
percentile (GArray *times, guint percent)
{
  if (times->len == 0)
    return 0;
  return g_array_index (times, guint, (times->len - 1) * percent / 100) / 1000.0;
}

static void
append_number (GString *json, const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (json, "\"%s\":%s", name,
                          g_ascii_formatd (text, sizeof text, "%.3f", value));
}

static GBytes *
make_answer (Status *self)
{
  GString *json = g_string_new ("{");
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (guint));
  guint n_sockets = 0;
  guint n_websocket = 0;
  SioEngine *engine = sio_server_get_engine (self->server);
  g_autoptr (GPtrArray) namespaces = sio_server_list_namespaces (self->server);

  for (guint i = 0; i < namespaces->len; i++)
    {
      g_autoptr (GPtrArray) sockets =
          sio_namespace_list_sockets (g_ptr_array_index (namespaces, i));

      n_sockets += sockets->len;
      for (guint j = 0; j < sockets->len; j++)
        {
          SioSession *session = sio_socket_get_session (g_ptr_array_index (sockets, j));
          guint time = session != NULL ? sio_session_get_round_trip_time (session) : 0;

          if (session != NULL && sio_session_get_transport (session) == SIO_TRANSPORT_WEBSOCKET)
            n_websocket++;
          if (time > 0)
            g_array_append_val (times, time);
        }
    }
  g_array_sort (times, compare_times);

  g_string_append_printf (json,
                          "\"sessions\":%u,\"sockets\":%u,\"websocketSockets\":%u,"
                          "\"pollingSockets\":%u,\"totalSockets\":%" G_GUINT64_FORMAT ","
                          "\"disconnectedSockets\":%" G_GUINT64_FORMAT ","
                          "\"violations\":%" G_GUINT64_FORMAT ",",
                          sio_engine_get_n_sessions (engine), n_sockets, n_websocket,
                          n_sockets - n_websocket, self->n_total, self->n_left,
                          sio_engine_get_n_violations (engine));
  sios_metrics_append_json (json, self->features);
  append_number (json, "uptimeSeconds",
                 (double) (g_get_monotonic_time () - self->start_time) / G_USEC_PER_SEC);
  g_string_append_printf (json, ",\"latencyMs\":{\"measured\":%u,", times->len);
  append_number (json, "p50", percentile (times, 50));
  g_string_append_c (json, ',');
  append_number (json, "p95", percentile (times, 95));
  g_string_append_c (json, ',');
  append_number (json, "p99", percentile (times, 99));
  g_string_append (json, "}}\n");
  return g_string_free_to_bytes (json);
}

static void
status_cb (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer user_data)
{
  Status *self = user_data;
  SioEngine *engine = sio_server_get_engine (sios_features_get_server (self->features));
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  gint64 now = g_get_monotonic_time ();

  if (strcmp (path, "/status") != 0)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  if (self->answer == NULL || now - self->answer_time > KEEP_US)
    {
      g_clear_pointer (&self->answer, g_bytes_unref);
      self->answer = make_answer (self);
      self->answer_time = now;
    }
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_set_content_type (headers, "application/json", NULL);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), self->answer);
  /* So that proxies that check it send new clients elsewhere. */
  soup_server_message_set_status (
      message, sio_engine_is_draining (engine) ? SOUP_STATUS_SERVICE_UNAVAILABLE : SOUP_STATUS_OK,
      NULL);
}

static void
status_configure (gpointer data, SiosConfig *config)
{
  Status *self = data;
  gboolean wanted = sios_config_get_boolean (config, "server", "status");
  SoupServer *soup_server = sio_engine_get_soup_server (sio_server_get_engine (self->server));

  if (wanted == self->served)
    return;
  self->served = wanted;
  if (wanted)
    soup_server_add_handler (soup_server, "/status", status_cb, self, NULL);
  else
    soup_server_remove_handler (soup_server, "/status");
}

const SiosFeature sios_status_feature = {
  .name = "status",
  .create = status_create,
  .destroy = status_destroy,
  .configure = status_configure,
  .connected = status_connected,
  .disconnected = status_disconnected,
};
