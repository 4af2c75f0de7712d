/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-api.h"
#include "sios-metric-json.h"

/* What can be read. */

#define DEFAULT_LIMIT 100

static void
put_counters (SioArgsBuilder *builder, GVariant *stats, const char *key, const char *name)
{
  g_autoptr (GVariant) dictionary = g_variant_lookup_value (stats, key, G_VARIANT_TYPE ("a{st}"));
  GVariantIter iter;
  const char *reason;
  guint64 value;

  sios_begin_object (builder, name);
  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&st}", &reason, &value))
    sios_put_number (builder, reason, value);
  sio_args_builder_end_object (builder);
}

static void
put_namespaces (SioArgsBuilder *builder, SiosControl *control)
{
  g_autoptr (GArray) namespaces = sios_control_list_namespaces (control);

  for (guint i = 0; i < namespaces->len; i++)
    {
      const SiosNamespaceRow *row = &g_array_index (namespaces, SiosNamespaceRow, i);

      sios_begin_object (builder, NULL);
      sios_put_string (builder, "name", row->name);
      sios_put_number (builder, "sockets", row->n_sockets);
      sios_put_number (builder, "rooms", row->n_rooms);
      sio_args_builder_end_object (builder);
    }
}

static void
put_latency (SioArgsBuilder *builder, SioHistogram *times)
{
  sios_begin_object (builder, "latencyMs");
  sios_put_number (builder, "measured", sio_histogram_get_count (times));
  sios_put_double (builder, "p50", (double) sio_histogram_get_quantile (times, 0.5) / 1000);
  sios_put_double (builder, "p95", (double) sio_histogram_get_quantile (times, 0.95) / 1000);
  sios_put_double (builder, "p99", (double) sio_histogram_get_quantile (times, 0.99) / 1000);
  sio_args_builder_end_object (builder);
}

static void
put_features (SiosApi *api, SioArgsBuilder *builder)
{
  g_autoptr (GString) json = g_string_new ("{");

  sios_metrics_append_json (json, sios_api_get_features (api));
  if (json->str[json->len - 1] == ',')
    g_string_truncate (json, json->len - 1);
  g_string_append_c (json, '}');
  sio_args_builder_set_member_name (builder, "features");
  sio_args_builder_add_json (builder, json->str, (gssize) json->len, NULL);
}

void
sios_api_put_stats (SiosApi *self, SiosControl *control, SioArgsBuilder *builder)
{
  SioStats *stats = sios_control_get_stats (control);
  g_autoptr (GVariant) all = g_variant_ref_sink (sio_stats_to_variant (stats));
  guint n_polling = sio_stats_get_n_sessions (stats, SIO_TRANSPORT_POLLING);
  guint n_websocket = sio_stats_get_n_sessions (stats, SIO_TRANSPORT_WEBSOCKET);

  sios_put_double (builder, "uptimeSeconds",
                   (double) (sio_stats_get_time (stats) - sio_stats_get_start_time (stats)) /
                       G_USEC_PER_SEC);
  sios_begin_object (builder, "sessions");
  sios_put_number (builder, "total", (guint64) n_polling + n_websocket);
  sios_put_number (builder, "polling", n_polling);
  sios_put_number (builder, "websocket", n_websocket);
  sios_put_number (builder, "plain", sio_stats_get_n_plain_sessions (stats));
  sios_put_number (builder, "eio3", sio_stats_get_n_eio3_sessions (stats));
  sios_put_number (builder, "opened", sio_stats_get_n_opened (stats));
  sios_put_number (builder, "upgraded", sio_stats_get_n_upgraded (stats));
  put_counters (builder, all, "ended", "ended");
  sio_args_builder_end_object (builder);
  sios_put_number (builder, "httpConnections", sio_stats_get_n_connections (stats));
  sios_put_number (builder, "sockets", sio_stats_get_n_sockets (stats, NULL));
  sios_put_number (builder, "rooms", sio_stats_get_n_rooms (stats, NULL));
  sios_begin_array (builder, "namespaces");
  put_namespaces (builder, control);
  sio_args_builder_end_array (builder);
  sios_put_number (builder, "packetsReceived", sio_stats_get_n_packets_in (stats));
  sios_put_number (builder, "packetsSent", sio_stats_get_n_packets_out (stats));
  sios_put_number (builder, "bytesReceived", sio_stats_get_n_bytes_in (stats));
  sios_put_number (builder, "bytesSent", sio_stats_get_n_bytes_out (stats));
  sios_put_number (builder, "connects", sio_stats_get_n_connected (stats));
  put_counters (builder, all, "disconnected", "disconnects");
  put_counters (builder, all, "refused", "refused");
  put_counters (builder, all, "limited", "limited");
  sios_put_number (builder, "dropped", sio_stats_get_n_dropped (stats));
  sios_put_number (builder, "slowConsumers", sio_stats_get_n_slow (stats));
  sios_put_number (builder, "violations", sio_stats_get_n_violations (stats));
  sios_put_number (builder, "recovered", sio_stats_get_n_recovered (stats));
  sios_put_number (builder, "replayedPackets", sio_stats_get_n_replayed (stats));
  put_counters (builder, all, "recoveries-refused", "recoveriesRefused");
  sios_put_number (builder, "bufferedBytes", sio_stats_get_buffered_bytes (stats));
  put_counters (builder, all, "memory", "memoryBytes");
  put_latency (builder, sio_stats_get_round_trips (stats));
  put_features (self, builder);
}

void
sios_api_stats (SiosApiCall *self)
{
  SioArgsBuilder *builder = sio_args_builder_new ();

  sios_begin_object (builder, NULL);
  sios_api_put_stats (self->api, self->control, builder);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
}

void
sios_api_namespaces (SiosApiCall *self)
{
  SioArgsBuilder *builder = sio_args_builder_new ();

  sios_begin_object (builder, NULL);
  sios_begin_array (builder, "namespaces");
  put_namespaces (builder, self->control);
  sio_args_builder_end_array (builder);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
}

static void
put_socket (SioArgsBuilder *builder, SioSocket *socket, gboolean with_rooms)
{
  SiosSocketRow row;

  sios_socket_row_init (&row, socket);
  sios_begin_object (builder, NULL);
  sios_put_string (builder, "id", row.id);
  sios_put_string (builder, "namespace", row.ns);
  sios_put_string (builder, "user", row.user);
  sios_put_string (builder, "address", row.address);
  sios_put_string (builder, "transport", row.transport);
  sios_put_time (builder, "connectedAt", row.connected_at);
  sios_put_double (builder, "latencyMs", row.latency / 1000.0);
  sios_put_number (builder, "rooms", row.n_rooms);
  sios_put_number (builder, "bufferedBytes", row.buffered);
  sios_put_number (builder, "packetsReceived", row.packets_in);
  sios_put_number (builder, "packetsSent", row.packets_out);
  sios_put_number (builder, "bytesReceived", row.bytes_in);
  sios_put_number (builder, "bytesSent", row.bytes_out);
  sios_put_number (builder, "events", row.events);
  if (with_rooms)
    {
      g_auto (GStrv) names = sio_socket_list_rooms (socket);

      sios_begin_array (builder, "roomNames");
      for (guint i = 0; names[i] != NULL; i++)
        if (strcmp (names[i], row.id) != 0)
          sio_args_builder_add_string (builder, names[i]);
      sio_args_builder_end_array (builder);
    }
  sio_args_builder_end_object (builder);
}

static void
put_sockets (SioArgsBuilder *builder, GPtrArray *sockets)
{
  sios_begin_array (builder, "sockets");
  for (guint i = 0; i < sockets->len; i++)
    put_socket (builder, g_ptr_array_index (sockets, i), FALSE);
  sio_args_builder_end_array (builder);
}

static void
put_page (SioArgsBuilder *builder, const SiosPage *page, const SiosPageRequest *request)
{
  sios_put_number (builder, "total", page->total);
  sios_put_number (builder, "offset", request->offset);
  sios_put_number (builder, "limit", request->limit);
  sios_put_number (builder, "revision", page->revision);
}

/* FALSE after the call was answered. */
static gboolean
get_page_request (SiosApiCall *self, SiosPageRequest *request)
{
  const char *order = sios_call_get_query (self->call, "order");
  guint64 limit = DEFAULT_LIMIT;
  guint64 offset = 0;
  guint64 revision = 0;
  GError *error = NULL;

  if (order != NULL && strcmp (order, "asc") != 0 && strcmp (order, "desc") != 0)
    error = g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                                 "expected as order asc or desc");
  else if (sios_api_call_get_number (self, "limit", SIOS_CONTROL_MAX_PAGE, &limit, &error) &&
           sios_api_call_get_number (self, "offset", G_MAXUINT, &offset, &error))
    sios_api_call_get_number (self, "revision", G_MAXINT64, &revision, &error);
  if (error != NULL)
    {
      sios_api_call_fail (self, error);
      return FALSE;
    }
  request->sort = sios_call_get_query (self->call, "sort");
  request->descending = g_strcmp0 (order, "desc") == 0;
  request->limit = (guint) limit;
  request->offset = (guint) offset;
  request->revision = revision;
  return TRUE;
}

void
sios_api_rooms (SiosApiCall *self)
{
  SiosCaller caller = sios_call_get_caller (self->call);
  SiosPageRequest request = { NULL };
  g_autoptr (SiosPage) page = NULL;
  GError *error = NULL;
  SioArgsBuilder *builder;

  if (!get_page_request (self, &request))
    return;
  page = sios_control_list_rooms (self->control, &caller,
                                  sios_call_get_query (self->call, "namespace"),
                                  sios_call_get_query (self->call, "text"), &request, &error);
  if (page == NULL)
    {
      sios_api_call_fail (self, error);
      return;
    }
  builder = sio_args_builder_new ();
  sios_begin_object (builder, NULL);
  sios_begin_array (builder, "rooms");
  for (guint i = 0; i < page->rooms->len; i++)
    {
      const SiosRoomRow *row = &g_array_index (page->rooms, SiosRoomRow, i);

      sios_begin_object (builder, NULL);
      sios_put_string (builder, "name", row->name);
      sios_put_string (builder, "namespace", row->ns);
      sios_put_number (builder, "members", row->n_members);
      sio_args_builder_end_object (builder);
    }
  sio_args_builder_end_array (builder);
  put_page (builder, page, &request);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
}

static gboolean
get_transport (SiosApiCall *self, SioTransport *transport)
{
  const char *text = sios_call_get_query (self->call, "transport");

  if (text == NULL)
    return TRUE;
  if (strcmp (text, "polling") == 0)
    *transport = SIO_TRANSPORT_POLLING;
  else if (strcmp (text, "websocket") == 0)
    *transport = SIO_TRANSPORT_WEBSOCKET;
  else
    {
      sios_api_call_fail (self, g_error_new_literal (SIOS_CONTROL_ERROR,
                                                     SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                                                     "expected as transport polling or websocket"));
      return FALSE;
    }
  return TRUE;
}

/* @room: the one that the path names, or NULL */
static void
list_sockets (SiosApiCall *self, const char *room)
{
  SiosCaller caller = sios_call_get_caller (self->call);
  SiosPageRequest request = { NULL };
  SiosSocketFilter filter = {
    .ns = sios_call_get_query (self->call, "namespace"),
    .room = room != NULL ? room : sios_call_get_query (self->call, "room"),
    .user = sios_call_get_query (self->call, "user"),
    .text = sios_call_get_query (self->call, "text"),
  };
  g_autoptr (SiosPage) page = NULL;
  GError *error = NULL;
  SioArgsBuilder *builder;

  if (!get_page_request (self, &request) || !get_transport (self, &filter.transport))
    return;
  page = sios_control_list_sockets (self->control, &caller, &filter, &request, &error);
  if (page != NULL && room != NULL && page->total == 0)
    error = g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
                                 "there is nobody in a room of this name");
  if (error != NULL)
    {
      sios_api_call_fail (self, error);
      return;
    }
  builder = sio_args_builder_new ();
  sios_begin_object (builder, NULL);
  if (room != NULL)
    {
      sios_put_string (builder, "name", room);
      sios_put_number (builder, "members", page->total);
    }
  put_sockets (builder, page->sockets);
  put_page (builder, page, &request);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
}

void
sios_api_room (SiosApiCall *self)
{
  list_sockets (self, self->parameter);
}

void
sios_api_sockets (SiosApiCall *self)
{
  list_sockets (self, NULL);
}

void
sios_api_socket (SiosApiCall *self)
{
  GError *error = NULL;
  SioSocket *socket = sios_control_find_socket (self->control, self->parameter, &error);
  SioArgsBuilder *builder;

  if (socket == NULL)
    {
      sios_api_call_fail (self, error);
      return;
    }
  builder = sio_args_builder_new ();
  put_socket (builder, socket, TRUE);
  sios_api_call_answer (self, builder);
}

void
sios_api_user (SiosApiCall *self)
{
  g_autoptr (GPtrArray) sockets = sios_control_list_user (self->control, self->parameter);
  SioArgsBuilder *builder;

  if (sockets->len == 0)
    {
      sios_api_call_fail (self,
                          g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
                                               "no socket of this user is connected"));
      return;
    }
  builder = sio_args_builder_new ();
  sios_begin_object (builder, NULL);
  sios_put_string (builder, "user", self->parameter);
  sios_put_boolean (builder, "connected", TRUE);
  put_sockets (builder, sockets);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
}

typedef struct
{
  SioArgsBuilder *builder;
  guint64 offset;
  guint64 limit;
  guint64 at;
} Revocations;

static void
put_revocation (
    SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data)
{
  Revocations *list = user_data;
  guint64 at = list->at++;

  if (at < list->offset || at - list->offset >= list->limit)
    return;
  sios_begin_object (list->builder, NULL);
  sios_put_string (list->builder, kind == SIOS_REVOKE_USER ? "user" : "token", name);
  sios_put_time (list->builder, "since", since * G_USEC_PER_SEC);
  sios_put_time (list->builder, "until", until * G_USEC_PER_SEC);
  sio_args_builder_end_object (list->builder);
}

void
sios_api_list_revocations (SiosApiCall *self)
{
  SiosPageRequest request = { NULL };
  Revocations list = { NULL };

  if (!get_page_request (self, &request))
    return;
  list.builder = sio_args_builder_new ();
  list.offset = request.offset;
  list.limit = request.limit;
  sios_begin_object (list.builder, NULL);
  sios_begin_array (list.builder, "revocations");
  sios_control_list_revocations (self->control, put_revocation, &list);
  sio_args_builder_end_array (list.builder);
  sios_put_number (list.builder, "total", list.at);
  sios_put_number (list.builder, "offset", request.offset);
  sios_put_number (list.builder, "limit", request.limit);
  sio_args_builder_end_object (list.builder);
  sios_api_call_answer (self, list.builder);
}
