/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-status.h"

#include <stdlib.h>
#include <string.h>

/* Summing up costs time with many clients: the answer is kept this long. */
#define KEEP_US (1 * G_USEC_PER_SEC)

struct _SiosStatus
{
  SioServer *server;
  GPtrArray *namespaces;
  guint64 n_total;
  gint64 start_time;
  gint64 answer_time;
  GBytes *answer;
};

SiosStatus *
sios_status_new (SioServer *server)
{
  SiosStatus *self = g_new0 (SiosStatus, 1);

  self->server = server;
  self->namespaces = g_ptr_array_new_with_free_func (g_object_unref);
  self->start_time = g_get_monotonic_time ();
  return self;
}

void
sios_status_free (SiosStatus *self)
{
  for (guint i = 0; i < self->namespaces->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->namespaces, i), self);
  g_ptr_array_unref (self->namespaces);
  g_clear_pointer (&self->answer, g_bytes_unref);
  g_free (self);
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, SiosStatus *self)
{
  self->n_total++;
}

void
sios_status_watch (SiosStatus *self, SioNamespace *ns)
{
  g_ptr_array_add (self->namespaces, g_object_ref (ns));
  g_signal_connect (ns, "connection", G_CALLBACK (connection_cb), self);
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
make_answer (SiosStatus *self)
{
  GString *json = g_string_new ("{");
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (guint));
  guint n_sockets = 0;
  guint n_websocket = 0;
  SioEngine *engine = sio_server_get_engine (self->server);

  for (guint i = 0; i < self->namespaces->len; i++)
    {
      g_autoptr (GPtrArray) sockets =
          sio_namespace_list_sockets (g_ptr_array_index (self->namespaces, i));

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
                          "\"violations\":%" G_GUINT64_FORMAT ",",
                          sio_engine_get_n_sessions (engine), n_sockets, n_websocket,
                          n_sockets - n_websocket, self->n_total,
                          sio_engine_get_n_violations (engine));
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
  SiosStatus *self = user_data;
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
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

void
sios_status_serve (SiosStatus *self, SoupServer *soup_server)
{
  soup_server_add_handler (soup_server, "/status", status_cb, self, NULL);
}
