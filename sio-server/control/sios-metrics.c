/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sios-exposition.h"
#include "sios-gate.h"
#include "sios-metrics.h"
#include "sios-process.h"

/* GET /metrics, for Prometheus. */

/* Statistics are summed up over all clients: the answer is kept this long. */
#define KEEP_US (1 * G_USEC_PER_SEC)
/* To find the largest rooms all are looked at. */
#define MAX_ROOMS_LOOKED_AT 20000

struct _SiosMetrics
{
  SiosFeatures *features;
  SioServer *server;
  SiosGate *gate;
  SiosWeb *own; /* NULL where the API is */
  char *path;   /* NULL before the first configuration */
  gboolean served;
  gboolean public;
  guint max_event_labels;
  guint max_room_labels;
  guint64 memory_threshold;
  guint64 max_connections;
  GHashTable *events; /* "NAMESPACE EVENT" of those that have a label */
  GBytes *answer;
  gint64 answer_time;
  GQueue waiting; /* element-type SiosCall */
};

static gpointer
metrics_create (SiosFeatures *features)
{
  SiosMetrics *self = g_new0 (SiosMetrics, 1);

  self->features = features;
  self->server = sios_features_get_server (features);
  self->events = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->waiting);
  return self;
}

static void
metrics_destroy (gpointer data)
{
  SiosMetrics *self = data;

  g_queue_clear_full (&self->waiting, (GDestroyNotify) sios_call_unref);
  g_clear_pointer (&self->own, sios_web_free);
  g_clear_pointer (&self->answer, g_bytes_unref);
  g_hash_table_unref (self->events);
  g_free (self->path);
  g_free (self);
}

static void
add_one (SiosExposition *out,
         const char *type,
         const char *name,
         const char *unit,
         guint64 value,
         const char *help)
{
  sios_exposition_family (out, type, name, unit, help);
  sios_exposition_add (out, NULL, value);
}

/* All reasons of a dictionary of sio_stats_to_variant (). */
static void
add_by (SiosExposition *out,
        GVariant *stats,
        const char *key,
        const char *type,
        const char *name,
        const char *unit,
        const char *label,
        const char *help)
{
  g_autoptr (GVariant) dictionary = g_variant_lookup_value (stats, key, G_VARIANT_TYPE ("a{st}"));
  GVariantIter iter;
  const char *reason;
  guint64 value;

  sios_exposition_family (out, type, name, unit, help);
  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&st}", &reason, &value))
    {
      const SiosLabel labels[] = { { label, reason }, { NULL } };

      sios_exposition_add (out, labels, value);
    }
}

static void
add_sessions (SiosExposition *out, SioStats *stats)
{
  const SiosLabel polling[] = { { "transport", "polling" }, { NULL } };
  const SiosLabel websocket[] = { { "transport", "websocket" }, { NULL } };
  guint n_polling = sio_stats_get_n_sessions (stats, SIO_TRANSPORT_POLLING);
  guint n_websocket = sio_stats_get_n_sessions (stats, SIO_TRANSPORT_WEBSOCKET);

  sios_exposition_family (out, "gauge", "sessions", NULL, "Engine.IO sessions, by transport.");
  sios_exposition_add (out, polling, n_polling);
  sios_exposition_add (out, websocket, n_websocket);
  add_one (out, "gauge", "plain_sessions", NULL, sio_stats_get_n_plain_sessions (stats),
           "Sessions of plain WebSocket clients.");
  add_one (out, "gauge", "eio3_sessions", NULL, sio_stats_get_n_eio3_sessions (stats),
           "Sessions of clients of Socket.IO 1 and 2.");
  add_one (out, "gauge", "http_connections", NULL, sio_stats_get_n_connections (stats),
           "HTTP connections, without those that have become WebSockets.");
  add_one (out, "gauge", "connections", NULL,
           (guint64) n_websocket + sio_stats_get_n_connections (stats),
           "Connections: those of HTTP, and WebSockets.");
}

static void
add_namespaces (SiosExposition *out, SioStats *stats)
{
  g_auto (GStrv) names = sio_stats_list_namespaces (stats);

  sios_exposition_family (out, "gauge", "sockets", NULL, "Connected sockets, by namespace.");
  for (guint i = 0; names[i] != NULL; i++)
    {
      const SiosLabel labels[] = { { "namespace", names[i] }, { NULL } };

      sios_exposition_add (out, labels, sio_stats_get_n_sockets (stats, names[i]));
    }
  sios_exposition_family (out, "gauge", "rooms", NULL,
                          "Rooms, without those of the sockets' own ids, by namespace.");
  for (guint i = 0; names[i] != NULL; i++)
    {
      const SiosLabel labels[] = { { "namespace", names[i] }, { NULL } };

      sios_exposition_add (out, labels, sio_stats_get_n_rooms (stats, names[i]));
    }
}

static void
add_counters (SiosExposition *out, SioStats *stats)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (sio_stats_to_variant (stats));

  add_one (out, "counter", "packets_received", NULL, sio_stats_get_n_packets_in (stats),
           "Engine.IO packets that came, with pings and pongs.");
  add_one (out, "counter", "packets_sent", NULL, sio_stats_get_n_packets_out (stats),
           "Engine.IO packets that were sent or queued, with pings and pongs.");
  add_one (out, "counter", "received", "bytes", sio_stats_get_n_bytes_in (stats),
           "Bytes of packets that came, without framing.");
  add_one (out, "counter", "sent", "bytes", sio_stats_get_n_bytes_out (stats),
           "Bytes of packets that were sent or queued, without framing.");
  add_one (out, "counter", "sessions_opened", NULL, sio_stats_get_n_opened (stats),
           "Sessions that were opened.");
  add_one (out, "counter", "sessions_upgraded", NULL, sio_stats_get_n_upgraded (stats),
           "Sessions that went over to WebSocket.");
  add_by (out, all, "ended", "counter", "sessions_ended", NULL, "reason",
          "Sessions that ended, by reason.");
  add_one (out, "counter", "connects", NULL, sio_stats_get_n_connected (stats),
           "Sockets that connected to a namespace.");
  add_by (out, all, "disconnected", "counter", "disconnects", NULL, "reason",
          "Sockets that are gone, by reason.");
  add_by (out, all, "refused", "counter", "refused", NULL, "reason",
          "Requests and connections that were refused, by reason.");
  add_by (out, all, "limited", "counter", "limited", NULL, "reason",
          "Events and joins beyond a limit, by limit.");
  add_one (out, "counter", "dropped", NULL, sio_stats_get_n_dropped (stats),
           "Volatile messages that were dropped.");
  add_one (out, "counter", "slow_consumers", NULL, sio_stats_get_n_slow (stats),
           "Sessions that were ended because they read too slowly.");
  add_one (out, "counter", "violations", NULL, sio_stats_get_n_violations (stats),
           "Violations of protocols and limits.");
  add_one (out, "counter", "recovered", NULL, sio_stats_get_n_recovered (stats),
           "Sessions that were continued after their connection was lost.");
  add_one (out, "counter", "replayed_packets", NULL, sio_stats_get_n_replayed (stats),
           "Packets that were sent again to such sessions.");
  add_by (out, all, "recoveries-refused", "counter", "recoveries_refused", NULL, "reason",
          "Sessions that could not be continued, by reason.");
  add_one (out, "gauge", "buffered", "bytes", sio_stats_get_buffered_bytes (stats),
           "Bytes that wait for clients.");
  add_by (out, all, "memory", "gauge", "memory", "bytes", "part",
          "Estimated memory of what there is, by part.");
  sios_exposition_family (out, "histogram", "latency", "seconds",
                          "Round trips of pings between server and clients.");
  sios_exposition_add_histogram (out, NULL, sio_stats_get_round_trips (stats));
}

/* Events that share a label, with the one that has it. */
typedef struct
{
  const char *ns;
  const char *event; /* "" for all that have no label of their own */
  guint64 n_received;
  guint64 n_bytes;
  guint64 n_refused;
  SioHistogram *times;
} Event;

static void
event_clear (gpointer data)
{
  sio_histogram_unref (((Event *) data)->times);
}

static int
compare_events (gconstpointer a, gconstpointer b)
{
  SioEventStats *const *first = a;
  SioEventStats *const *second = b;
  guint64 x = sio_event_stats_get_n_received (*first);
  guint64 y = sio_event_stats_get_n_received (*second);

  return (x < y) - (x > y);
}

/* Whoever got a label keeps it, so that counters never go back. */
static gboolean
has_label (SiosMetrics *self, SioEventStats *event)
{
  const char *name = sio_event_stats_get_event (event);
  g_autofree char *key = NULL;

  if (name == NULL || *name == '\0')
    return FALSE;
  key = g_strdup_printf ("%s %s", sio_event_stats_get_namespace (event), name);
  if (g_hash_table_contains (self->events, key))
    return TRUE;
  if (g_hash_table_size (self->events) >= self->max_event_labels)
    return FALSE;
  g_hash_table_add (self->events, g_steal_pointer (&key));
  return TRUE;
}

static void
merge_event (GArray *merged, SioEventStats *event, const char *name)
{
  const char *ns = sio_event_stats_get_namespace (event);
  Event new_event = { ns, name };
  Event *into = NULL;

  for (guint i = 0; *name == '\0' && i < merged->len; i++)
    {
      Event *other = &g_array_index (merged, Event, i);

      if (*other->event == '\0' && strcmp (other->ns, ns) == 0)
        into = other;
    }
  if (into == NULL)
    {
      new_event.times = sio_histogram_ref (sio_event_stats_get_times (event));
      g_array_append_val (merged, new_event);
      into = &g_array_index (merged, Event, merged->len - 1);
    }
  else
    {
      SioHistogram *sum = sio_histogram_add (into->times, sio_event_stats_get_times (event));

      sio_histogram_unref (into->times);
      into->times = sum;
    }
  into->n_received += sio_event_stats_get_n_received (event);
  into->n_bytes += sio_event_stats_get_n_bytes (event);
  into->n_refused += sio_event_stats_get_n_refused (event);
}

static void
add_events (SiosMetrics *self, SiosExposition *out, SioStats *stats)
{
  g_autoptr (GPtrArray) events = sio_stats_list_events (stats);
  g_autoptr (GArray) merged = g_array_new (FALSE, FALSE, sizeof (Event));

  g_array_set_clear_func (merged, event_clear);
  g_ptr_array_sort (events, compare_events);
  for (guint i = 0; i < events->len; i++)
    {
      SioEventStats *event = g_ptr_array_index (events, i);

      merge_event (merged, event, has_label (self, event) ? sio_event_stats_get_event (event) : "");
    }

#define FAMILY(type, name, unit, help, add)                                                        \
  sios_exposition_family (out, type, name, unit, help);                                            \
  for (guint i = 0; i < merged->len; i++)                                                          \
    {                                                                                              \
      const Event *event = &g_array_index (merged, Event, i);                                      \
      const SiosLabel labels[] = { { "namespace", event->ns },                                     \
                                   { "event", event->event },                                      \
                                   { NULL } };                                                     \
                                                                                                   \
      add;                                                                                         \
    }
  FAMILY ("counter", "events_received", NULL,
          "Events that came, by name; those without a name of their own share an empty one.",
          sios_exposition_add (out, labels, event->n_received));
  FAMILY ("counter", "events_received", "bytes", "Bytes of the arguments of these events.",
          sios_exposition_add (out, labels, event->n_bytes));
  FAMILY ("counter", "events_refused", NULL, "Events that a middleware or a limit refused.",
          sios_exposition_add (out, labels, event->n_refused));
  FAMILY ("histogram", "event_handling", "seconds", "How long handlers of events took.",
          sios_exposition_add_histogram (out, labels, event->times));
#undef FAMILY
}

typedef struct
{
  const char *ns;
  char *name;
  guint size;
} Room;

static void
room_clear (gpointer data)
{
  g_free (((Room *) data)->name);
}

static int
compare_rooms (gconstpointer a, gconstpointer b)
{
  const Room *first = a;
  const Room *second = b;

  if (first->size != second->size)
    return first->size < second->size ? 1 : -1;
  return strcmp (first->name, second->name);
}

/* Puts @room among the @n largest, or frees it. Most are smaller than the last of these. */
static void
keep_if_large (GArray *rooms, Room *room, guint n)
{
  guint i = rooms->len;

  if (i == n && compare_rooms (&g_array_index (rooms, Room, n - 1), room) <= 0)
    {
      room_clear (room);
      return;
    }
  while (i > 0 && compare_rooms (&g_array_index (rooms, Room, i - 1), room) > 0)
    i--;
  g_array_insert_val (rooms, i, *room);
  g_array_set_size (rooms, MIN (rooms->len, n));
}

static void
add_rooms (SiosMetrics *self, SiosExposition *out)
{
  g_autoptr (GPtrArray) namespaces = sio_server_list_namespaces (self->server);
  g_autoptr (GArray) rooms = g_array_new (FALSE, FALSE, sizeof (Room));
  guint n_rooms = 0;

  for (guint i = 0; i < namespaces->len; i++)
    n_rooms +=
        sio_adapter_get_n_rooms (sio_namespace_get_adapter (g_ptr_array_index (namespaces, i)));
  g_array_set_clear_func (rooms, room_clear);
  for (guint i = 0;
       i < namespaces->len && self->max_room_labels > 0 && n_rooms <= MAX_ROOMS_LOOKED_AT; i++)
    {
      SioNamespace *ns = g_ptr_array_index (namespaces, i);
      SioAdapter *adapter = sio_namespace_get_adapter (ns);
      g_autofree char **names = sio_adapter_list_rooms (adapter);

      for (guint j = 0; names[j] != NULL; j++)
        {
          Room room = { sio_namespace_get_name (ns), names[j],
                        sio_adapter_get_room_size (adapter, names[j]) };

          keep_if_large (rooms, &room, self->max_room_labels);
        }
    }
  sios_exposition_family (out, "gauge", "room_members", NULL, "Members of the largest rooms.");
  for (guint i = 0; i < rooms->len; i++)
    {
      const Room *room = &g_array_index (rooms, Room, i);
      const SiosLabel labels[] = { { "namespace", room->ns }, { "room", room->name }, { NULL } };

      sios_exposition_add (out, labels, room->size);
    }
}

typedef struct
{
  SiosExposition *out;
  char *name; /* of the family that is written */
} FeatureWriter;

static void
write_feature_metric (const SiosMetric *metric, gpointer user_data)
{
  FeatureWriter *writer = user_data;
  g_autofree char *name = g_strdup_printf ("%s_%s", metric->group, metric->name);
  const SiosLabel labels[] = { { metric->label, metric->label_value }, { NULL } };

  if (g_strcmp0 (name, writer->name) != 0)
    {
      sios_exposition_family (writer->out,
                              metric->kind == SIOS_METRIC_COUNTER ? "counter" : "gauge", name, NULL,
                              metric->help);
      g_free (writer->name);
      writer->name = g_steal_pointer (&name);
    }
  sios_exposition_add (writer->out, labels, metric->value);
}

static void
add_process (SiosExposition *out, const SiosProcess *process)
{
  add_one (out, "gauge", "process_resident_memory", "bytes", process->resident_bytes,
           "Memory of the process.");
  add_one (out, "gauge", "process_virtual_memory", "bytes", process->virtual_bytes,
           "Addresses that the process uses.");
  sios_exposition_family (out, "counter", "process_cpu", "seconds",
                          "Processor time of the process, of user and system.");
  sios_exposition_add_double (out, NULL, process->cpu_seconds);
  add_one (out, "gauge", "process_open_fds", NULL, process->n_open_fds,
           "File descriptors that are open.");
  sios_exposition_family (out, "gauge", "process_max_fds", NULL,
                          "File descriptors that may be open.");
  if (process->max_fds == G_MAXUINT64)
    sios_exposition_add_double (out, NULL, INFINITY);
  else
    sios_exposition_add (out, NULL, process->max_fds);
  sios_exposition_family (out, "gauge", "process_start_time", "seconds",
                          "When the process was started, since 1970.");
  sios_exposition_add_double (out, NULL, process->start_time);
}

/* What alerts compare with. Limits that are not set are not there. */
static void
add_limits (SiosMetrics *self, SiosExposition *out)
{
  if (self->max_connections > 0)
    add_one (out, "gauge", "connections_limit", NULL, self->max_connections,
             "Connections that are allowed at a time, max-connections.");
  if (self->memory_threshold > 0)
    add_one (out, "gauge", "memory_threshold", "bytes", self->memory_threshold,
             "Memory that the process should not exceed, memory-threshold.");
}

static GBytes *
make_answer (SiosMetrics *self, const SiosProcess *process)
{
  const SiosLabel version[] = { { "version", PACKAGE_VERSION }, { NULL } };
  SiosExposition out;
  FeatureWriter writer = { &out, NULL };
  g_autoptr (SioStats) stats = sio_server_get_stats (self->server);

  sios_exposition_init (&out);
  sios_exposition_family (&out, "gauge", "build_info", NULL,
                          "Always 1; the label tells what runs.");
  sios_exposition_add (&out, version, 1);
  sios_exposition_family (&out, "gauge", "uptime", "seconds", "How long the server has existed.");
  sios_exposition_add_double (
      &out, NULL,
      (double) (sio_stats_get_time (stats) - sio_stats_get_start_time (stats)) / G_USEC_PER_SEC);
  add_sessions (&out, stats);
  add_namespaces (&out, stats);
  add_counters (&out, stats);
  add_events (self, &out, stats);
  add_rooms (self, &out);
  sios_features_visit_metrics (self->features, write_feature_metric, &writer);
  g_free (writer.name);
  add_limits (self, &out);
  if (process != NULL)
    add_process (&out, process);
  return sios_exposition_end (&out);
}

static void
answer (SiosMetrics *self, SiosCall *call)
{
  sios_call_answer (call, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", self->answer);
}

static void
process_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GBytes) made = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree SiosProcess *process = sios_process_read_finish (result, &error);
  SiosMetrics *self = user_data;
  SiosCall *call;

  if (process == NULL)
    g_debug ("metrics without those of the process: %s", error->message);
  g_clear_pointer (&self->answer, g_bytes_unref);
  self->answer = make_answer (self, process);
  self->answer_time = g_get_monotonic_time ();
  while ((call = g_queue_pop_head (&self->waiting)) != NULL)
    {
      answer (self, call);
      sios_call_unref (call);
    }
}

void
sios_metrics_answer (SiosMetrics *self, SiosCall *call)
{
  if (self->answer != NULL && g_get_monotonic_time () - self->answer_time < KEEP_US)
    {
      answer (self, call);
      return;
    }
  g_queue_push_tail (&self->waiting, sios_call_ref (call));
  if (self->waiting.length == 1)
    sios_process_read_async (process_cb, self);
}

static void
let_in_cb (SiosCall *call, gpointer user_data)
{
  sios_metrics_answer (user_data, call);
}

static void
call_cb (SiosCall *call, gpointer user_data)
{
  SiosMetrics *self = user_data;

  if (strcmp (call->path, self->path) != 0)
    sios_call_answer_error (call, SOUP_STATUS_NOT_FOUND, "NotFound", "There is nothing here");
  else if (call->method != SOUP_METHOD_GET && call->method != SOUP_METHOD_HEAD)
    {
      sios_call_set_header (call, "Allow", "GET, HEAD");
      sios_call_answer_error (call, SOUP_STATUS_METHOD_NOT_ALLOWED, "MethodNotAllowed",
                              "Expected GET");
    }
  else if (self->public)
    sios_metrics_answer (self, call);
  else
    sios_gate_pass (self->gate, call, SIOS_PERMISSION_READ, "metrics", let_in_cb, self);
}

static SiosWeb *
get_web (SiosMetrics *self)
{
  return self->own != NULL ? self->own : sios_gate_get_web (self->gate);
}

static void
metrics_configure (gpointer data, SiosConfig *config)
{
  SiosMetrics *self = data;
  gboolean wanted = sios_config_get_boolean (config, "metrics", "enabled");

  if (self->path == NULL)
    {
      self->gate = sios_features_get (self->features, &sios_gate_feature);
      self->path = g_strdup (sios_config_get_string (config, "metrics", "path"));
      if (sios_config_get_list (config, "metrics", "listen")[0] != NULL)
        {
          self->own = sios_web_new (self->features);
          sios_web_separate (self->own);
        }
    }
  if (self->own != NULL)
    sios_web_configure (self->own, config);
  self->public = sios_config_get_boolean (config, "metrics", "public");
  self->max_event_labels = (guint) sios_config_get_integer (config, "metrics", "max-event-labels");
  self->max_room_labels = (guint) sios_config_get_integer (config, "metrics", "max-room-labels");
  self->memory_threshold = sios_config_get_integer (config, "metrics", "memory-threshold");
  self->max_connections = sios_config_get_integer (config, "limits", "max-connections");
  if (wanted == self->served)
    return;
  self->served = wanted;
  if (wanted)
    sios_web_add (get_web (self), self->path, call_cb, self);
  else
    sios_web_remove (get_web (self), self->path);
}

static gboolean
metrics_listen (gpointer data, SiosConfig *config, GError **error)
{
  SiosMetrics *self = data;

  return self->own == NULL ||
         sios_web_listen (self->own, sios_config_get_list (config, "metrics", "listen"), "/metrics",
                          error);
}

const SiosFeature sios_metrics_feature = {
  .name = "metrics",
  .create = metrics_create,
  .destroy = metrics_destroy,
  .configure = metrics_configure,
  .listen = metrics_listen,
};
