/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "sios-control-private.h"
#include "sios-log.h"
#include "sios-process.h"
#include "sios-socket.h"

#define STATS_KEEP_US (G_USEC_PER_SEC / 4)
#define PROCESS_KEEP_US (G_USEC_PER_SEC / 2)

G_DEFINE_FINAL_TYPE (SiosControl, sios_control, G_TYPE_OBJECT)

G_DEFINE_QUARK (sios - control - error, sios_control_error)

/* By kind of caller. */
static const char *const ways[] = {
  [SIOS_CALLER_SIGNAL] = "signal",
  [SIOS_CALLER_DBUS] = "dbus",
  [SIOS_CALLER_HTTP] = "http",
  [SIOS_CALLER_ADMIN] = "admin",
};

const char *
sios_control_error_to_string (SiosControlError code)
{
  static const char *const names[SIOS_CONTROL_N_ERRORS] = {
    "InvalidArgument", "NotFound",     "OutOfSync", "LimitExceeded",
    "AccessDenied",    "NotSupported", "Failed",
  };

  return names[code];
}

static void
sios_control_finalize (GObject *object)
{
  SiosControl *self = SIOS_CONTROL (object);

  sios_control_clear_taps (self);
  sios_control_clear_watches (self);
  sios_control_clear_snapshots (self);
  g_hash_table_unref (self->hidden);
  g_clear_pointer (&self->stats, sio_stats_unref);
  g_free (self->process);

  G_OBJECT_CLASS (sios_control_parent_class)->finalize (object);
}

static void
sios_control_class_init (SiosControlClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sios_control_finalize;
}

static void
sios_control_init (SiosControl *self)
{
  self->hidden = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->snapshots);
  self->get_time = g_get_monotonic_time;
}

SiosControl *
sios_control_get (SiosFeatures *features)
{
  return sios_features_get (features, &sios_control_feature);
}

SioServer *
sios_control_get_server (SiosControl *self)
{
  return self->server;
}

void
sios_control_hide_namespace (SiosControl *self, const char *name)
{
  g_hash_table_add (self->hidden, g_strdup (name));
}

static int
compare_namespaces (gconstpointer a, gconstpointer b)
{
  return strcmp (sio_namespace_get_name (*(SioNamespace *const *) a),
                 sio_namespace_get_name (*(SioNamespace *const *) b));
}

GPtrArray *
sios_control_get_namespaces (SiosControl *self)
{
  GPtrArray *namespaces = sio_server_list_namespaces (self->server);

  for (guint i = namespaces->len; i-- > 0;)
    if (g_hash_table_contains (self->hidden,
                               sio_namespace_get_name (g_ptr_array_index (namespaces, i))))
      g_ptr_array_remove_index (namespaces, i);
  g_ptr_array_sort (namespaces, compare_namespaces);
  return namespaces;
}

SioSocket *
sios_control_find_socket (SiosControl *self, const char *id, GError **error)
{
  g_autoptr (GPtrArray) namespaces = sios_control_get_namespaces (self);
  g_autofree char *got = NULL;

  for (guint i = 0; i < namespaces->len; i++)
    {
      SioSocket *socket = sio_namespace_get_socket (g_ptr_array_index (namespaces, i), id);

      if (socket != NULL)
        return socket;
    }
  got = g_utf8_make_valid (id, -1);
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
               "there is no socket \"%.100s\"", got);
  return NULL;
}

/* Whether a header or a parameter of the query holds what would let somebody else in. */
static gboolean
is_secret (const char *name)
{
  static const char *const parts[] = { "auth", "cookie", "token", "key", "secret", "pass", "jwt" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (lower, parts[i]) != NULL)
      return TRUE;
  return strcmp (lower, "sid") == 0;
}

static GVariant *
describe_strings (GHashTable *strings)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, strings);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *valid_name = g_utf8_make_valid (name, -1);
      g_autofree char *valid_value = g_utf8_make_valid (value, -1);

      g_variant_builder_add (&builder, "{ss}", valid_name,
                             is_secret (valid_name) ? "***" : valid_value);
    }
  return g_variant_builder_end (&builder);
}

static void
describe_handshake (GVariantDict *dict, SioHandshake *handshake)
{
  g_autoptr (GHashTable) headers = sio_handshake_dup_headers (handshake);
  g_autoptr (GHashTable) query = sio_handshake_dup_query (handshake);

  g_variant_dict_insert (dict, "handshake-time", "x", sio_handshake_get_time (handshake));
  g_variant_dict_insert (dict, "secure", "b", sio_handshake_is_secure (handshake));
  g_variant_dict_insert (dict, "cross-domain", "b", sio_handshake_is_cross_domain (handshake));
  g_variant_dict_insert_value (dict, "headers", describe_strings (headers));
  g_variant_dict_insert_value (dict, "query", describe_strings (query));
}

static void
describe_identity (GVariantDict *dict, SiosIdentity *identity)
{
  g_variant_dict_insert (dict, "user", "s", identity->user != NULL ? identity->user : "");
  g_variant_dict_insert (dict, "roles", "^as", identity->roles);
  g_variant_dict_insert (dict, "groups", "^as", identity->groups);
  if (identity->tenant != NULL)
    g_variant_dict_insert (dict, "tenant", "s", identity->tenant);
  if (identity->token_id != NULL)
    g_variant_dict_insert (dict, "token-id", "s", identity->token_id);
  if (identity->expires_at != G_MAXINT64)
    g_variant_dict_insert (dict, "expires-at", "x", identity->expires_at * G_USEC_PER_SEC);
}

GVariant *
sios_control_describe_socket (SiosControl *self, SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);
  SiosIdentity *identity = sios_socket_get_identity (socket);
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);
  SiosSocketRow row;
  GVariantDict dict;

  sios_socket_row_init (&row, socket);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "id", "s", row.id);
  g_variant_dict_insert (&dict, "namespace", "s", row.ns);
  g_variant_dict_insert (&dict, "address", "s", row.address);
  g_variant_dict_insert (&dict, "transport", "s", row.transport);
  g_variant_dict_insert (&dict, "connected-at", "x", row.connected_at);
  g_variant_dict_insert (&dict, "latency-usec", "u", row.latency);
  g_variant_dict_insert (&dict, "buffered-bytes", "t", row.buffered);
  g_variant_dict_insert (&dict, "packets-in", "t", row.packets_in);
  g_variant_dict_insert (&dict, "packets-out", "t", row.packets_out);
  g_variant_dict_insert (&dict, "bytes-in", "t", row.bytes_in);
  g_variant_dict_insert (&dict, "bytes-out", "t", row.bytes_out);
  g_variant_dict_insert (&dict, "events", "t", row.events);
  g_variant_dict_insert (&dict, "recovered", "b", sio_socket_is_recovered (socket));
  g_variant_dict_insert (&dict, "rooms", "^as", rooms);
  if (session != NULL)
    g_variant_dict_insert (&dict, "protocol", "u", sio_session_get_protocol (session));
  describe_handshake (&dict, sio_socket_get_handshake (socket));
  if (identity != NULL)
    describe_identity (&dict, identity);
  if (sio_socket_get_data (socket) != NULL)
    {
      g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
      g_autoptr (SioArgs) args = NULL;
      g_autofree char *json = NULL;

      sios_socket_add_data (socket, builder);
      args = sio_args_builder_end (builder);
      json = sio_args_dup_arg_json (args, 0);
      g_variant_dict_insert (&dict, "data", "s", json);
    }
  return g_variant_dict_end (&dict);
}

SioStats *
sios_control_get_stats (SiosControl *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->stats != NULL && now - self->stats_time < STATS_KEEP_US)
    return self->stats;
  g_clear_pointer (&self->stats, sio_stats_unref);
  self->stats = sio_server_get_stats (self->server);
  self->stats_time = now;
  return self->stats;
}

static void
add_metric (const SiosMetric *metric, gpointer user_data)
{
  g_variant_builder_add (user_data, "(sssst)", metric->group, metric->name,
                         metric->label != NULL ? metric->label : "",
                         metric->label_value != NULL ? metric->label_value : "", metric->value);
}

static void
process_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree SiosProcess *process = sios_process_read_finish (result, NULL);
  SiosControl *self = g_weak_ref_get (user_data);

  if (self != NULL)
    {
      g_free (self->process);
      self->process = g_steal_pointer (&process);
      self->process_time = g_get_monotonic_time ();
      self->process_reading = FALSE;
      g_object_unref (self);
    }
  g_weak_ref_clear (user_data);
  g_free (user_data);
}

/* What a thread read the last time; the next one who asks gets what it reads now. */
static void
add_process (SiosControl *self, GVariantDict *dict)
{
  if (!self->process_reading && g_get_monotonic_time () - self->process_time >= PROCESS_KEEP_US)
    {
      GWeakRef *weak = g_new (GWeakRef, 1);

      g_weak_ref_init (weak, self);
      self->process_reading = TRUE;
      sios_process_read_async (process_cb, weak);
    }
  g_variant_dict_insert (dict, "pid", "u", (guint) getpid ());
  if (self->process == NULL)
    return;
  g_variant_dict_insert (dict, "resident-bytes", "t", self->process->resident_bytes);
  g_variant_dict_insert (dict, "cpu-usec", "t", (guint64) (self->process->cpu_seconds * 1e6));
}

GVariant *
sios_control_dup_stats (SiosControl *self)
{
  g_autoptr (GVariant) stats =
      g_variant_ref_sink (sio_stats_to_variant (sios_control_get_stats (self)));
  GVariantBuilder metrics;
  GVariantDict dict;

  g_variant_dict_init (&dict, stats);
  g_variant_builder_init (&metrics, G_VARIANT_TYPE ("a(sssst)"));
  sios_features_visit_metrics (self->features, add_metric, &metrics);
  g_variant_dict_insert_value (&dict, "metrics", g_variant_builder_end (&metrics));
  add_process (self, &dict);
  g_variant_dict_insert (&dict, "log-level", "s", sios_log_get_level_name ());
  return g_variant_dict_end (&dict);
}

void
sios_control_done (SiosControl *self,
                   const SiosCaller *caller,
                   const char *action,
                   const char *target)
{
  self->n_done[caller->kind]++;
  sios_caller_audit (caller, action, target, "done");
}

void
sios_control_deny (SiosControl *self,
                   const SiosCaller *caller,
                   const char *action,
                   const char *target,
                   const char *why)
{
  self->n_denied[caller->kind]++;
  sios_caller_audit (caller, action, target, why);
}

/* The feature. */

static gpointer
control_create (SiosFeatures *features)
{
  SiosControl *self = g_object_new (SIOS_TYPE_CONTROL, NULL);

  self->features = features;
  self->server = sios_features_get_server (features);
  return self;
}

static void
control_connected (gpointer data, SioSocket *socket)
{
  SiosControl *self = data;

  if (G_UNLIKELY (self->watches != NULL))
    sios_control_note_connected (self, socket);
  if (G_UNLIKELY (self->taps != NULL))
    sios_control_tell_taps (self, SIOS_TAP_CONNECTED, socket, NULL, NULL);
}

static void
control_disconnected (gpointer data, SioSocket *socket, const char *reason)
{
  SiosControl *self = data;

  if (G_UNLIKELY (self->watches != NULL))
    sios_control_note_disconnected (self, socket, reason);
  if (G_UNLIKELY (self->taps != NULL))
    sios_control_tell_taps (self, SIOS_TAP_DISCONNECTED, socket, NULL, reason);
}

static gboolean
control_event (gpointer data, SioSocket *socket, SioMessage *message)
{
  SiosControl *self = data;

  if (G_UNLIKELY (self->taps != NULL))
    sios_control_tell_taps (self, SIOS_TAP_RECEIVED, socket, message, NULL);
  return FALSE;
}

static void
control_identity_changed (gpointer data, SioSocket *socket, SiosIdentity *old)
{
  sios_control_socket_updated (data, socket);
}

static void
control_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  SiosControl *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      const SiosMetric metric = {
        "control", "acts",  SIOS_METRIC_COUNTER, "Acts of administration, by the way they came.",
        "way",     ways[i], self->n_done[i]
      };

      func (&metric, user_data);
    }
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      const SiosMetric metric = { "control",
                                  "denied",
                                  SIOS_METRIC_COUNTER,
                                  "Acts of administration that were refused, by the way they came.",
                                  "way",
                                  ways[i],
                                  self->n_denied[i] };

      func (&metric, user_data);
    }
  {
    const SiosMetric metric = { .group = "control",
                                .name = "lists",
                                .kind = SIOS_METRIC_GAUGE,
                                .help = "Lists that are kept for further pages.",
                                .value = self->snapshots.length };

    func (&metric, user_data);
  }
}

const SiosFeature sios_control_feature = {
  .name = "control",
  .create = control_create,
  .destroy = g_object_unref,
  .connected = control_connected,
  .disconnected = control_disconnected,
  .event = control_event,
  .identity_changed = control_identity_changed,
  .metrics = control_metrics,
};
