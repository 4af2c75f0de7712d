/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-journal.h"

#include "sios-record.h"
#include "sios-socket.h"

/* Records of what the library refuses, ends and limits, and, if log-disconnects is on, of each
 * client that leaves. */

struct _SiosJournal
{
  SioServer *server;
  gboolean log_disconnects;
  guint64 *counts; /* by SioIncidentKind */
  GEnumClass *kinds;
};

static const SiosRecord records[] = {
  [SIO_INCIDENT_REFUSED] = SIOS_RECORD_REFUSED,
  [SIO_INCIDENT_MAX_CONNECTIONS] = SIOS_RECORD_LIMIT_REACHED,
  [SIO_INCIDENT_MAX_CONNECTIONS_PER_ADDRESS] = SIOS_RECORD_LIMIT_REACHED,
  [SIO_INCIDENT_NO_DESCRIPTORS] = SIOS_RECORD_NO_DESCRIPTORS,
  [SIO_INCIDENT_TLS] = SIOS_RECORD_REFUSED,
  [SIO_INCIDENT_VIOLATION] = SIOS_RECORD_VIOLATION,
  [SIO_INCIDENT_SLOW_CONSUMER] = SIOS_RECORD_SLOW_CONSUMER,
  [SIO_INCIDENT_EVENT_RATE] = SIOS_RECORD_RATE_LIMITED,
  [SIO_INCIDENT_EVENT_SIZE] = SIOS_RECORD_EVENT_REFUSED,
  [SIO_INCIDENT_ROOMS] = SIOS_RECORD_LIMIT_REACHED,
  [SIO_INCIDENT_NAMESPACES] = SIOS_RECORD_LIMIT_REACHED,
};

static const char *
show_address (const char *address)
{
  return address != NULL && *address == '\0' ? "unix" : address;
}

static const char *
get_user (SioSocket *socket)
{
  SiosIdentity *identity = socket != NULL ? sios_socket_get_identity (socket) : NULL;

  return identity != NULL ? identity->user : NULL;
}

static SioSocket *
find_socket (SiosJournal *self, SioIncident *incident)
{
  const char *id = sio_incident_get_socket_id (incident);
  const char *name = sio_incident_get_namespace (incident);
  SioNamespace *ns = name != NULL ? sio_server_get_namespace (self->server, name) : NULL;

  return ns != NULL && id != NULL ? sio_namespace_get_socket (ns, id) : NULL;
}

static void
incident_cb (SioEngine *engine, SioIncident *incident, SiosJournal *self)
{
  SioIncidentKind kind = sio_incident_get_kind (incident);
  const char *address = show_address (sio_incident_get_address (incident));
  const char *name = sio_incident_get_event (incident);
  g_autofree char *event = name != NULL ? sios_record_shorten (name) : NULL;
  gboolean enforced = sio_incident_get_enforced (incident);
  const SiosField fields[] = {
    { "SIO_CODE", sio_incident_get_code (incident) },
    { "SIO_PEER", address },
    { "SIO_SID", sio_incident_get_socket_id (incident) },
    { "SIO_NAMESPACE", sio_incident_get_namespace (incident) },
    { "SIO_EVENT", event },
    { "SIO_USER", get_user (find_socket (self, incident)) },
    { "SIO_ENFORCED", enforced ? NULL : "0" },
    { NULL, NULL },
  };

  self->counts[kind]++;
  sios_record_write (records[kind], fields, "%s%s%s%s%s%s%s", address != NULL ? address : "",
                     address != NULL ? ": " : "", sio_incident_get_text (incident),
                     event != NULL ? ", event \"" : "", event != NULL ? event : "",
                     event != NULL ? "\"" : "", enforced ? "" : " (only counted)");
}

void
sios_journal_watch (SiosJournal *self, SioEngine *engine)
{
  g_signal_connect (engine, "incident", G_CALLBACK (incident_cb), self);
}

static gpointer
journal_create (SiosFeatures *features)
{
  SiosJournal *self = g_new0 (SiosJournal, 1);

  self->server = sios_features_get_server (features);
  self->kinds = g_type_class_ref (SIO_TYPE_INCIDENT_KIND);
  g_assert (self->kinds->n_values == G_N_ELEMENTS (records));
  self->counts = g_new0 (guint64, self->kinds->n_values);
  sios_journal_watch (self, sio_server_get_engine (self->server));
  return self;
}

static void
journal_destroy (gpointer data)
{
  SiosJournal *self = data;
  g_autoptr (GPtrArray) namespaces = sio_server_list_namespaces (self->server);

  for (guint i = 0; i < namespaces->len; i++)
    {
      g_autoptr (GPtrArray) sockets =
          sio_namespace_list_sockets (g_ptr_array_index (namespaces, i));

      for (guint j = 0; j < sockets->len; j++)
        g_signal_handlers_disconnect_by_data (g_ptr_array_index (sockets, j), self);
    }
  g_signal_handlers_disconnect_by_data (sio_server_get_engine (self->server), self);
  g_type_class_unref (self->kinds);
  g_free (self->counts);
  g_free (self);
}

static void
journal_configure (gpointer data, SiosConfig *config)
{
  SiosJournal *self = data;

  self->log_disconnects = sios_config_get_boolean (config, "server", "log-disconnects");
}

static void
disconnected_cb (SioSocket *socket, const char *reason, const char *description, SiosJournal *self)
{
  SioSession *session = sio_socket_get_session (socket);
  const char *ns = sio_namespace_get_name (sio_socket_get_namespace (socket));
  const char *address =
      show_address (sio_handshake_get_address (sio_socket_get_handshake (socket)));
  double seconds =
      (double) (g_get_real_time () - sio_socket_get_connect_time (socket)) / G_USEC_PER_SEC;
  guint64 in = session != NULL ? sio_session_get_n_bytes_in (session) : 0;
  guint64 out = session != NULL ? sio_session_get_n_bytes_out (session) : 0;
  const char *transport = session == NULL ? NULL
                          : sio_session_get_transport (session) == SIO_TRANSPORT_POLLING
                              ? "polling"
                              : "websocket";
  g_autofree char *more = description != NULL ? sios_record_shorten (description) : NULL;
  g_autofree char *duration = g_strdup_printf ("%.3f", seconds);
  g_autofree char *bytes_in = g_strdup_printf ("%" G_GUINT64_FORMAT, in);
  g_autofree char *bytes_out = g_strdup_printf ("%" G_GUINT64_FORMAT, out);
  const SiosField fields[] = {
    { "SIO_CODE", reason },
    { "SIO_PEER", address },
    { "SIO_SID", sio_socket_get_id (socket) },
    { "SIO_NAMESPACE", ns },
    { "SIO_USER", get_user (socket) },
    { "SIO_TRANSPORT", transport },
    { "SIO_SECONDS", duration },
    { "SIO_BYTES_IN", bytes_in },
    { "SIO_BYTES_OUT", bytes_out },
    { NULL, NULL },
  };

  if (!self->log_disconnects)
    return;
  sios_record_write (SIOS_RECORD_DISCONNECTED, fields,
                     "%s: %s left %s after %s s (%s%s%s), %s, %s bytes in, %s out", address,
                     sio_socket_get_id (socket), ns, duration, reason, more != NULL ? ": " : "",
                     more != NULL ? more : "", transport != NULL ? transport : "no transport",
                     bytes_in, bytes_out);
}

static void
journal_connected (gpointer data, SioSocket *socket)
{
  SiosJournal *self = data;

  /* Who is connected when it is switched on is not told of. */
  if (self->log_disconnects)
    g_signal_connect (socket, "disconnected", G_CALLBACK (disconnected_cb), self);
}

static void
journal_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  SiosJournal *self = data;

  for (guint i = 0; i < self->kinds->n_values; i++)
    {
      const SiosMetric metric = { "incidents",
                                  "seen",
                                  SIOS_METRIC_COUNTER,
                                  "What was refused, ended or limited, or would have been.",
                                  "kind",
                                  self->kinds->values[i].value_nick,
                                  self->counts[i] };

      func (&metric, user_data);
    }
}

const SiosFeature sios_journal_feature = {
  .name = "journal",
  .create = journal_create,
  .destroy = journal_destroy,
  .configure = journal_configure,
  .connected = journal_connected,
  .metrics = journal_metrics,
};
