/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#include <string.h>

#include "sio-event-counters-private.h"
#include "sio-socket-private.h"

typedef struct
{
  SioServer *server;
  SioEngine *engine;
  SioNamespace *ns;
  SoupSession *http;
  guint16 port;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->engine = sio_server_get_engine (f->server);
  f->ns = sio_server_of (f->server, "/");
  f->http = soup_session_new ();
  sio_engine_set_allow_eio3 (f->engine, TRUE);
  sio_server_set_websocket_path (f->server, "/ws");
  f->port = server_listen (f->server);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  soup_session_abort (f->http);
  g_clear_object (&f->http);
  if (f->server == NULL)
    return;
  server_close (f->server);
  g_assert_finalize_object (f->server);
}

/* What is asked for most, of new statistics each time. */
#define STAT(f, name, ...)                                                                         \
  ({                                                                                               \
    g_autoptr (SioStats) stats_ = sio_server_get_stats ((f)->server);                              \
    sio_stats_##name (stats_, ##__VA_ARGS__);                                                      \
  })
#define N_SESSIONS(f, transport) STAT (f, get_n_sessions, SIO_TRANSPORT_##transport)
#define assert_stat(f, name, n) g_assert_cmpuint (STAT (f, name), ==, n)
#define assert_stat_of(f, name, what, n) g_assert_cmpuint (STAT (f, name, what), ==, n)

static char *
fetch (Fixture *f, const char *query, const char *body)
{
  g_autofree char *path = g_strconcat ("/socket.io/?", query, NULL);

  return http_fetch (f->http, f->port, path, body, NULL);
}

#define POLLING "EIO=4&transport=polling"

/* Opens a polling session; returns the query of its requests. */
static char *
open_polling (Fixture *f, const char *query)
{
  g_autofree char *open = fetch (f, query, NULL);
  const char *sid = strstr (open, "\"sid\":\"");

  g_assert_nonnull (sid);
  return g_strdup_printf ("%s&sid=%.20s", query, sid + 7);
}

static void
quiet_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
}

static SioEventStats *
find_event (SioStats *stats, const char *namespace_name, const char *event)
{
  g_autoptr (GPtrArray) events = sio_stats_list_events (stats);

  for (guint i = 0; i < events->len; i++)
    {
      SioEventStats *candidate = g_ptr_array_index (events, i);

      if (g_str_equal (sio_event_stats_get_namespace (candidate), namespace_name) &&
          g_strcmp0 (sio_event_stats_get_event (candidate), event) == 0)
        return sio_event_stats_ref (candidate);
    }
  return NULL;
}

static void
assert_event (Fixture *f,
              const char *namespace_name,
              const char *event,
              guint64 n_received,
              guint64 n_bytes,
              guint64 n_refused,
              guint64 n_handled)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (f->server);
  g_autoptr (SioEventStats) found = find_event (stats, namespace_name, event);

  g_assert_nonnull (found);
  g_assert_cmpuint (sio_event_stats_get_n_received (found), ==, n_received);
  g_assert_cmpuint (sio_event_stats_get_n_bytes (found), ==, n_bytes);
  g_assert_cmpuint (sio_event_stats_get_n_refused (found), ==, n_refused);
  g_assert_cmpuint (sio_histogram_get_count (sio_event_stats_get_times (found)), ==, n_handled);
}

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

static void
test_websocket (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = NULL;
  g_autofree char *id = NULL;
  guint64 n_in;
  guint64 n_out;

  sio_namespace_on (f->ns, "echo", echo_cb, NULL, NULL);
  assert_stat_of (f, get_n_sessions, SIO_TRANSPORT_POLLING | SIO_TRANSPORT_WEBSOCKET, 0);
  client = client_open (f->port, NULL);
  g_assert_cmpuint (N_SESSIONS (f, WEBSOCKET), ==, 1);
  g_assert_cmpuint (N_SESSIONS (f, POLLING), ==, 0);
  assert_stat (f, get_n_opened, 1);
  assert_stat_of (f, get_n_sockets, NULL, 0);
  assert_stat (f, get_n_packets_in, 0);

  id = client_join (client, "");
  assert_stat_of (f, get_n_sockets, NULL, 1);
  assert_stat_of (f, get_n_sockets, "/", 1);
  assert_stat_of (f, get_n_sockets, "/none", 0);
  assert_stat (f, get_n_connected, 1);
  assert_stat (f, get_n_packets_in, 1);
  assert_stat (f, get_n_bytes_in, 2); /* 40 */

  n_in = STAT (f, get_n_bytes_in);
  n_out = STAT (f, get_n_bytes_out);
  assert_stat (f, get_n_packets_out, 1);
  client_send (client, "2[\"echo\",\"hello\"]");
  client_expect (client, "2[\"echo\",\"hello\"]");
  assert_stat (f, get_n_packets_in, 2);
  assert_stat (f, get_n_packets_out, 2);
  g_assert_cmpuint (STAT (f, get_n_bytes_in) - n_in, ==, strlen ("42[\"echo\",\"hello\"]"));
  g_assert_cmpuint (STAT (f, get_n_bytes_out) - n_out, ==, strlen ("42[\"echo\",\"hello\"]"));
  assert_event (f, "/", "echo", 1, strlen ("\"hello\""), 0, 1);

  client_drop (client);
  WAIT_FOR (STAT (f, get_n_sockets, NULL) == 0);
  g_assert_cmpuint (N_SESSIONS (f, WEBSOCKET), ==, 0);
  assert_stat_of (f, get_n_ended, NULL, 1);
  assert_stat_of (f, get_n_ended, "transport close", 1);
  assert_stat_of (f, get_n_disconnected, NULL, 1);
  assert_stat_of (f, get_n_disconnected, "transport close", 1);
  assert_stat (f, get_n_opened, 1);
}

static void
test_polling (Fixture *f, gconstpointer data)
{
  g_autofree char *query = open_polling (f, POLLING);
  g_autofree char *ok = NULL;
  g_autofree char *reply = NULL;
  g_autofree char *more = NULL;
  g_autofree char *last = NULL;

  sio_namespace_on (f->ns, "quiet", quiet_cb, NULL, NULL);
  g_assert_cmpuint (N_SESSIONS (f, POLLING), ==, 1);
  g_assert_cmpuint (N_SESSIONS (f, WEBSOCKET), ==, 0);
  g_assert_cmpuint (STAT (f, get_n_connections), >=, 1);

  ok = fetch (f, query, "40");
  g_assert_cmpstr (ok, ==, "ok");
  assert_stat_of (f, get_n_sockets, "/", 1);
  /* What nobody fetched yet waits. */
  g_assert_cmpuint (STAT (f, get_buffered_bytes), ==,
                    strlen ("40{\"sid\":\"12345678901234567890\"}"));
  g_assert_cmpuint (STAT (f, get_memory, "buffers"), ==, STAT (f, get_buffered_bytes));
  reply = fetch (f, query, NULL);
  g_assert_true (g_str_has_prefix (reply, "40{\"sid\":\""));
  assert_stat (f, get_buffered_bytes, 0);

  more = fetch (f, query,
                "42[\"quiet\",1]\x1e"
                "42[\"quiet\",22]");
  assert_stat (f, get_n_packets_in, 3);
  assert_stat (f, get_n_bytes_in, strlen ("40") + strlen ("42[\"quiet\",1]42[\"quiet\",22]"));
  assert_event (f, "/", "quiet", 2, 3, 0, 2);

  last = fetch (f, query,
                "41\x1e"
                "1");
  assert_stat_of (f, get_n_disconnected, "client namespace disconnect", 1);
  assert_stat_of (f, get_n_ended, "transport close", 1);
  g_assert_cmpuint (N_SESSIONS (f, POLLING), ==, 0);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(SoupWebsocketConnection **) user_data =
      soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  g_assert_no_error (error);
}

static void
test_other_clients (Fixture *f, gconstpointer data)
{
  g_autofree char *query = open_polling (f, "EIO=3&transport=polling");
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u/ws", f->port);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
  g_autoptr (SoupWebsocketConnection) plain = NULL;
  g_autofree char *ok = NULL;

  assert_stat (f, get_n_eio3_sessions, 1);
  assert_stat (f, get_n_plain_sessions, 0);
  assert_stat_of (f, get_n_sockets, "/", 1); /* it need not ask */

  soup_session_websocket_connect_async (f->http, message, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        opened_cb, &plain);
  WAIT_FOR (plain != NULL);
  WAIT_FOR (STAT (f, get_n_sockets, "/") == 2);
  assert_stat (f, get_n_eio3_sessions, 1);
  assert_stat (f, get_n_plain_sessions, 1);
  g_assert_cmpuint (N_SESSIONS (f, WEBSOCKET), ==, 1);
  g_assert_cmpuint (N_SESSIONS (f, POLLING), ==, 1);
  sio_namespace_on (f->ns, "quiet", quiet_cb, NULL, NULL);
  soup_websocket_connection_send_text (plain, "{\"event\":\"quiet\",\"data\":true}");
  WAIT_FOR (STAT (f, get_n_packets_in) == 1);
  assert_event (f, "/", "quiet", 1, strlen ("true"), 0, 1);

  soup_websocket_connection_close (plain, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  WAIT_FOR (STAT (f, get_n_plain_sessions) == 0);
  g_assert_cmpuint (N_SESSIONS (f, WEBSOCKET), ==, 0);
  ok = fetch (f, query, "1:1");
  assert_stat (f, get_n_eio3_sessions, 0);
  assert_stat (f, get_n_opened, 2);
  assert_stat_of (f, get_n_ended, "transport close", 2);
  /* Nothing of them is left. */
  assert_stat_of (f, get_memory, "sessions", 0);
  assert_stat_of (f, get_memory, "sockets", 0);
}

static void
refuse_all (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  sio_middleware_reject (task, "no", NULL);
}

static void
forbid (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  g_task_return_boolean (task, FALSE);
}

/* Each cause moves its own counter, by one, and the sum. */
static void
assert_refused (Fixture *f, const char *reason, guint64 *total)
{
  (*total)++;
  assert_stat_of (f, get_n_refused, reason, 1);
  assert_stat_of (f, get_n_refused, NULL, *total);
}

static void
test_refused_requests (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *query;
    const char *body;
    const char *reason;
  } requests[] = {
    { "EIO=4&transport=pigeon", NULL, "unknown-transport" },
    { POLLING "&sid=nobody", NULL, "unknown-session" },
    { POLLING, "40", "bad-method" },
    { "EIO=4&transport=websocket", NULL, "bad-request" },
    { "EIO=2&transport=polling", NULL, "unsupported-protocol" },
  };
  g_autofree char *forbidden = NULL;
  g_autofree char *query = NULL;
  guint64 total = 0;

  sio_engine_set_allow_eio3 (f->engine, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autofree char *answer = fetch (f, requests[i].query, requests[i].body);

      g_test_message ("%s: %s", requests[i].reason, answer);
      assert_refused (f, requests[i].reason, &total);
    }
  assert_stat (f, get_n_violations, total);

  sio_engine_set_allow_request (f->engine, forbid, NULL, NULL);
  forbidden = fetch (f, POLLING, NULL);
  assert_refused (f, "forbidden", &total);
  sio_engine_set_allow_request (f->engine, NULL, NULL, NULL);
  assert_stat (f, get_n_opened, 0);

  /* In count-only mode nobody is refused, but counted. */
  sio_engine_set_enforce_limits (f->engine, FALSE);
  sio_engine_set_max_connections (f->engine, 1);
  query = open_polling (f, POLLING);
  g_assert_cmpuint (N_SESSIONS (f, POLLING), ==, 1);
  soup_session_abort (f->http);
  g_free (g_steal_pointer (&query));
  query = open_polling (f, POLLING);
  g_assert_cmpuint (STAT (f, get_n_refused, "full"), >=, 1);
  g_assert_cmpuint (N_SESSIONS (f, POLLING), ==, 2);
}

static void
test_refused_sockets (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = NULL;
  g_autofree char *id = NULL;
  guint64 total = 0;

  sio_namespace_use (sio_server_of (f->server, "/closed"), refuse_all, NULL, NULL);
  client = client_open (f->port, NULL);
  client_send (client, "0/closed,");
  client_expect (client, "4/closed,{\"message\":\"no\"}");
  assert_refused (f, "middleware", &total);
  client_send (client, "0/none,");
  client_expect (client, "4/none,{\"message\":\"Invalid namespace\"}");
  assert_refused (f, "invalid-namespace", &total);
  assert_stat (f, get_n_connected, 0);
  assert_stat_of (f, get_n_disconnected, NULL, 0);
}

static void
test_too_many_namespaces (Fixture *f, gconstpointer data)
{
  g_autoptr (GRegex) regex = g_regex_new ("^/room-[0-9]+$", 0, 0, NULL);
  SioNamespace *parent = sio_server_of_regex (f->server, regex);
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  g_auto (GStrv) names = NULL;
  guint64 total = 0;

  sio_namespace_on (parent, "quiet", quiet_cb, NULL, NULL);
  sio_server_set_max_dynamic_namespaces (f->server, 2);
  one = client_join (client, "/room-1,");
  two = client_join (client, "/room-2,");
  client_send (client, "0/room-3,");
  client_expect (client, "4/room-3,{\"message\":\"Too many namespaces\"}");
  assert_refused (f, "too-many-namespaces", &total);

  names = STAT (f, list_namespaces);
  g_assert_cmpuint (g_strv_length (names), ==, 3);
  g_assert_true (g_strv_contains ((const char *const *) names, "/room-1"));
  assert_stat_of (f, get_n_sockets, "/room-1", 1);
  assert_stat_of (f, get_n_sockets, NULL, 2);

  /* Events of all children are counted as those of their parent. */
  client_send (client, "2/room-1,[\"quiet\",1]");
  client_send (client, "2/room-2,[\"quiet\",1]");
  WAIT_FOR (STAT (f, get_n_packets_in) == 5);
  assert_event (f, sio_namespace_get_name (parent), "quiet", 2, 2, 0, 2);
}

/* A polling client joins "/" and sends @body, which is wrong. */
static void
send_wrong (Fixture *f, const char *body)
{
  g_autofree char *query = open_polling (f, POLLING);
  g_autofree char *ok = fetch (f, query, "40");
  g_autofree char *joined = fetch (f, query, NULL);
  g_autofree char *answer = NULL;

  g_assert_true (g_str_has_prefix (joined, "40{\"sid\":\""));
  answer = fetch (f, query, body);
}

static void
test_disconnected (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) one = client_open (f->port, NULL);
  g_autoptr (Client) two = client_open (f->port, NULL);
  g_autoptr (Client) three = client_open (f->port, NULL);
  g_autoptr (Client) last = client_open (f->port, NULL);
  g_autofree char *first_id = client_join (one, "");
  g_autofree char *second_id = client_join (two, "");
  g_autofree char *third_id = client_join (three, "");
  g_autofree char *last_id = client_join (last, "");
  g_autoptr (SioStats) stats = NULL;

  sio_socket_close (sio_namespace_get_socket (f->ns, first_id), FALSE);
  assert_stat_of (f, get_n_disconnected, "server namespace disconnect", 1);
  assert_stat_of (f, get_n_disconnected, NULL, 1);

  sio_session_close (sio_socket_get_session (sio_namespace_get_socket (f->ns, second_id)));
  assert_stat_of (f, get_n_disconnected, "forced close", 1);
  assert_stat_of (f, get_n_disconnected, NULL, 2);
  assert_stat_of (f, get_n_ended, "forced close", 1);

  /* The session waits for the client, the sockets do not: protocol.md §3.4 */
  send_wrong (f, "42/chat,[\"echo\"]");
  assert_stat_of (f, get_n_disconnected, "forced server close", 1);
  assert_stat_of (f, get_n_disconnected, NULL, 3);
  assert_stat_of (f, get_n_ended, NULL, 1);
  assert_stat (f, get_n_violations, 1);

  send_wrong (f, "x");
  assert_stat_of (f, get_n_disconnected, "parse error", 1);
  assert_stat_of (f, get_n_disconnected, NULL, 4);
  assert_stat_of (f, get_n_ended, "parse error", 1);
  assert_stat (f, get_n_violations, 2);

  /* There may be other reasons one day. */
  sio_socket_disconnected (sio_namespace_get_socket (f->ns, third_id), "moved to the moon", NULL);
  assert_stat_of (f, get_n_disconnected, "other", 1);

  server_close (f->server);
  stats = sio_server_get_stats (f->server);
  g_assert_cmpuint (sio_stats_get_n_disconnected (stats, "server shutting down"), ==, 1);
  g_assert_cmpuint (sio_stats_get_n_connected (stats), ==, 6);
  g_assert_cmpuint (sio_stats_get_n_disconnected (stats, NULL), ==, 6);
  g_assert_cmpuint (sio_stats_get_n_opened (stats), ==, 6);
  g_assert_cmpuint (sio_stats_get_n_ended (stats, NULL), ==, 6);
  g_assert_finalize_object (f->server);
  f->server = NULL;
}

static guint64
count_trips (SioStats *stats, const char *ns)
{
  SioHistogram *trips = sio_stats_get_namespace_round_trips (stats, ns);

  return trips != NULL ? sio_histogram_get_count (trips) : 0;
}

static guint64
count_all_trips (SioServer *server)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (server);

  return sio_histogram_get_count (sio_stats_get_round_trips (stats));
}

static void
test_ping (Fixture *f, gconstpointer data)
{
  g_autoptr (SioHistogram) before = NULL;
  g_autoptr (SioStats) stats = NULL;
  g_autoptr (SioStats) later = NULL;
  g_autoptr (Client) client = NULL;
  g_autofree char *id = NULL;
  g_autofree char *made = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("^/made-\\d+$", 0, 0, NULL);
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GVariant) trips = NULL;
  SioSession *session;
  guint64 n_before;
  guint64 n_trips;

  sio_engine_set_ping_interval (f->engine, 20);
  sio_engine_set_ping_timeout (f->engine, 200);
  sio_server_of (f->server, "/unused");
  sio_server_of_regex (f->server, regex);
  client = client_open (f->port, NULL);
  id = client_join (client, "");
  made = client_join (client, "/made-1,");
  session = sio_socket_get_session (sio_namespace_get_socket (f->ns, id));
  stats = sio_server_get_stats (f->server);
  n_before = sio_histogram_get_count (sio_stats_get_round_trips (stats));
  /* The client answers pings while it is waited for. */
  WAIT_FOR ((client_expect_nothing (client), count_all_trips (f->server) > n_before));
  g_assert_cmpuint (sio_session_get_round_trip_time (session), >, 0);
  later = sio_server_get_stats (f->server);
  before =
      sio_histogram_subtract (sio_stats_get_round_trips (later), sio_stats_get_round_trips (stats));
  g_assert_cmpuint (sio_histogram_get_count (before), >=, 1);
  g_assert_cmpuint (sio_histogram_get_quantile (before, 0.99), >, 0);
  /* It is that of each namespace the client uses; made ones count in what made them. */
  n_trips = sio_histogram_get_count (before);
  g_assert_cmpuint (count_trips (later, "/") - count_trips (stats, "/"), ==, n_trips);
  g_assert_null (sio_stats_get_namespace_round_trips (later, "/unused"));
  g_assert_null (sio_stats_get_namespace_round_trips (later, "/made-1"));
  dict = g_variant_ref_sink (sio_stats_to_variant (later));
  trips = g_variant_lookup_value (dict, "namespace-round-trips", G_VARIANT_TYPE ("a(stta(tt))"));
  g_assert_cmpuint (g_variant_n_children (trips), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      const char *name;
      guint64 count;

      g_variant_get_child (trips, i, "(&stt@a(tt))", &name, &count, NULL, NULL);
      g_assert_cmpuint (count - count_trips (stats, name), ==, n_trips);
      g_assert_cmpuint (count_trips (later, name), ==, count);
    }
  /* Statistics do not change any more. */
  g_assert_cmpuint (sio_histogram_get_count (sio_stats_get_round_trips (stats)), ==, n_before);
  g_assert_cmpint (sio_stats_get_time (later), >, sio_stats_get_time (stats));
  g_assert_cmpint (sio_stats_get_start_time (later), ==, sio_stats_get_start_time (stats));
  g_assert_cmpint (sio_stats_get_start_time (stats), <=, sio_stats_get_time (stats));

  /* Now it does not answer. */
  WAIT_FOR (STAT (f, get_n_ended, "ping timeout") == 1);
  /* Of both namespaces. */
  assert_stat_of (f, get_n_disconnected, "ping timeout", 2);
}

static void
test_rooms (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) one = fake_socket (f->ns);
  g_autoptr (SioSocket) two = fake_socket (f->ns);
  guint64 empty = STAT (f, get_memory, "rooms");

  assert_stat_of (f, get_n_rooms, NULL, 0);
  sio_socket_join (one, "a");
  sio_socket_join (one, "b");
  assert_stat_of (f, get_n_rooms, NULL, 2);
  assert_stat_of (f, get_n_rooms, "/", 2);
  sio_socket_join (two, "a");
  sio_socket_join (two, "a");
  assert_stat_of (f, get_n_rooms, "/", 2);
  g_assert_cmpuint (STAT (f, get_memory, "rooms"), >, empty);
  sio_socket_leave (one, "a");
  assert_stat_of (f, get_n_rooms, "/", 2);
  sio_socket_close (one, FALSE);
  assert_stat_of (f, get_n_rooms, "/", 1);
  sio_socket_close (two, FALSE);
  assert_stat_of (f, get_n_rooms, "/", 0);
  assert_stat_of (f, get_memory, "rooms", empty);
}

/* An adapter that only lists. */
#define TEST_TYPE_ADAPTER (test_adapter_get_type ())
G_DECLARE_FINAL_TYPE (TestAdapter, test_adapter, TEST, ADAPTER, SioAdapter)

struct _TestAdapter
{
  SioAdapter parent_instance;
};

G_DEFINE_FINAL_TYPE (TestAdapter, test_adapter, SIO_TYPE_ADAPTER)

static char **
test_adapter_list_rooms (SioAdapter *adapter)
{
  static const char *const rooms[] = { "a", "b", "c", NULL };

  return g_strdupv ((char **) rooms);
}

static void
test_adapter_class_init (TestAdapterClass *klass)
{
  SIO_ADAPTER_CLASS (klass)->list_rooms = test_adapter_list_rooms;
}

static void
test_adapter_init (TestAdapter *self)
{
}

static void
test_other_adapter (void)
{
  g_autoptr (SioAdapter) adapter = g_object_new (TEST_TYPE_ADAPTER, NULL);

  g_assert_cmpuint (sio_adapter_get_n_rooms (adapter), ==, 3);
}

static void
test_slow (Fixture *f, gconstpointer data)
{
  g_autofree char *query = NULL;
  g_autofree char *ok = NULL;
  g_autoptr (GPtrArray) sockets = NULL;
  g_autofree char *text = g_strnfill (3000, 'x');
  SioSocket *socket;

  sio_engine_set_max_buffered_bytes (f->engine, 65536);
  query = open_polling (f, POLLING);
  ok = fetch (f, query, "40");
  sockets = sio_namespace_list_sockets (f->ns);
  socket = g_ptr_array_index (sockets, 0);
  sio_socket_emit_full (socket, "news", NULL, SIO_EMIT_VOLATILE);
  assert_stat (f, get_n_dropped, 1);
  assert_stat (f, get_n_slow, 0);
  for (guint i = 0; i < 30 && sio_socket_is_connected (socket); i++)
    sio_socket_emit (socket, "news", sio_args_new_from_string (text));
  assert_stat (f, get_n_dropped, 1);
  assert_stat (f, get_n_slow, 1);
  assert_stat (f, get_n_violations, 1);
  assert_stat (f, get_buffered_bytes, 0);
  assert_stat_of (f, get_n_disconnected, "transport error", 1);
}

/* Events */

static void
test_hostile_names (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->ns);
  guint64 before;

  sio_namespace_on (f->ns, "known", quiet_cb, NULL, NULL);
  sio_namespace_on_any (f->ns, quiet_cb, NULL, NULL);
  fake_receive (socket, "2[\"known\"]", NULL);
  fake_receive (socket, "2[\"unknown\"]", NULL);
  before = STAT (f, get_memory, "statistics");
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *packet = g_strdup_printf ("2[\"name-%u\",1]", i);

      fake_receive (socket, packet, NULL);
    }
  assert_stat_of (f, get_memory, "statistics", before);
  assert_event (f, "/", NULL, 10001, 10000, 0, 10001);
  assert_event (f, "/", "known", 1, 0, 0, 1);
  sio_socket_close (socket, FALSE);
}

/* Not even an application that adds handlers for names it makes up. */
static void
test_many_handlers (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->ns);
  g_autoptr (SioStats) stats = NULL;
  g_autoptr (GPtrArray) events = NULL;

  for (guint i = 0; i < 2 * SIO_EVENT_TABLE_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("name-%u", i);
      g_autofree char *packet = g_strdup_printf ("2[\"%s\"]", name);

      sio_socket_once (socket, name, quiet_cb, NULL, NULL);
      fake_receive (socket, packet, NULL);
    }
  stats = sio_server_get_stats (f->server);
  events = sio_stats_list_events (stats);
  g_assert_cmpuint (events->len, ==, SIO_EVENT_TABLE_MAX + 1);
  assert_event (f, "/", "name-0", 1, 0, 0, 1);
  assert_event (f, "/", NULL, SIO_EVENT_TABLE_MAX, 0, 0, SIO_EVENT_TABLE_MAX);
  sio_socket_close (socket, FALSE);
}

static void
test_limits (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = NULL;

  sio_server_set_max_event_bytes (f->server, 10);
  sio_server_set_max_rooms_per_socket (f->server, 1);
  sio_namespace_on (f->ns, "quiet", quiet_cb, NULL, NULL);
  socket = fake_socket (f->ns);
  fake_receive (socket, "2[\"quiet\",1]", NULL);
  fake_receive (socket, "2[\"quiet\",\"twelve bytes\"]", NULL);
  assert_event (f, "/", "quiet", 2, 1 + strlen ("\"twelve bytes\""), 1, 1);
  assert_stat_of (f, get_n_limited, "size", 1);
  assert_stat_of (f, get_n_limited, "rate", 0);
  sio_socket_join (socket, "a");
  sio_socket_join (socket, "b");
  assert_stat_of (f, get_n_limited, "rooms", 1);
  assert_stat_of (f, get_n_limited, NULL, 2);
  assert_stat_of (f, get_n_rooms, "/", 1);
  sio_socket_close (socket, FALSE);
}

static gboolean
has_event (Fixture *f, const char *namespace_name, const char *event)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (f->server);
  g_autoptr (SioEventStats) found = find_event (stats, namespace_name, event);

  return found != NULL;
}

static void
decide (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  if (g_str_equal (sio_message_get_event (message), "bad"))
    sio_middleware_reject (task, "no", NULL);
  else if (g_str_equal (sio_message_get_event (message), "old"))
    sio_middleware_accept_as (task, "new", NULL);
  else
    sio_middleware_accept (task);
}

static void
test_middleware (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->ns);
  static const char *const names[] = { "good", "bad", "old", "new" };
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    sio_namespace_on (f->ns, names[i], quiet_cb, NULL, NULL);
  sio_namespace_use_event (f->ns, decide, NULL, NULL);
  g_ptr_array_add (attachments, g_bytes_new_static ("12345", 5));
  fake_receive (socket, "51-[\"good\",{\"_placeholder\":true,\"num\":0}]", attachments);
  fake_receive (socket, "2[\"bad\",1]", NULL);
  fake_receive (socket, "2[\"old\",1]", NULL);
  WAIT_FOR (has_event (f, "/", "new"));
  assert_event (f, "/", "good", 1, strlen ("{\"_placeholder\":true,\"num\":0}") + 5, 0, 1);
  assert_event (f, "/", "bad", 1, 1, 1, 0);
  assert_event (f, "/", "old", 1, 1, 0, 0);
  assert_event (f, "/", "new", 0, 0, 0, 1);
  sio_socket_close (socket, FALSE);
}

static void
slow_handler_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  gint64 end = g_get_monotonic_time () + 3000;

  while (g_get_monotonic_time () < end)
    ;
}

static void
test_handling_time (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->ns);
  g_autoptr (SioStats) stats = NULL;
  g_autoptr (SioEventStats) slow = NULL;

  sio_namespace_on (f->ns, "slow", slow_handler_cb, NULL, NULL);
  fake_receive (socket, "2[\"slow\"]", NULL);
  fake_receive (socket, "2[\"slow\"]", NULL);
  stats = sio_server_get_stats (f->server);
  slow = find_event (stats, "/", "slow");
  g_assert_cmpuint (sio_histogram_get_sum (sio_event_stats_get_times (slow)), >=, 6000);
  g_assert_cmpuint (sio_histogram_get_quantile (sio_event_stats_get_times (slow), 0), >=, 2800);
  sio_socket_close (socket, FALSE);
}

static void
end_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_close (socket, TRUE);
}

/* The handler of a child ends its only client, and with it the namespace. */
static void
test_handler_ends_all (Fixture *f, gconstpointer data)
{
  g_autoptr (GRegex) regex = g_regex_new ("^/room-[0-9]+$", 0, 0, NULL);
  SioNamespace *parent = sio_server_of_regex (f->server, regex);
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;

  sio_server_set_cleanup_empty_child_namespaces (f->server, TRUE);
  sio_namespace_on (parent, "end", end_cb, NULL, NULL);
  id = client_join (client, "/room-1,");
  client_send (client, "2/room-1,[\"end\"]");
  client_expect (client, "1/room-1,");
  client_expect_closed (client);
  WAIT_FOR (STAT (f, get_n_sessions, SIO_TRANSPORT_WEBSOCKET) == 0);
  assert_event (f, sio_namespace_get_name (parent), "end", 1, 0, 0, 1);
  assert_stat_of (f, get_n_disconnected, "server namespace disconnect", 1);
}

static guint64
look_up (GVariant *dict, const char *key, const char *name)
{
  g_autoptr (GVariant) values = g_variant_lookup_value (dict, key, G_VARIANT_TYPE ("a{st}"));
  guint64 value;

  g_assert_nonnull (values);
  g_assert_true (g_variant_lookup (values, name, "t", &value));
  return value;
}

static void
test_variant (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *key;
    const char *type;
  } keys[] = {
    { "time", "x" },
    { "real-time", "x" },
    { "start-time", "x" },
    { "sessions", "a{su}" },
    { "connections", "u" },
    { "sockets", "u" },
    { "rooms", "u" },
    { "namespaces", "a(suu)" },
    { "packets-in", "t" },
    { "packets-out", "t" },
    { "bytes-in", "t" },
    { "bytes-out", "t" },
    { "opened", "t" },
    { "upgraded", "t" },
    { "connected", "t" },
    { "ended", "a{st}" },
    { "disconnected", "a{st}" },
    { "refused", "a{st}" },
    { "limited", "a{st}" },
    { "recoveries-refused", "a{st}" },
    { "dropped", "t" },
    { "slow", "t" },
    { "violations", "t" },
    { "recovered", "t" },
    { "replayed", "t" },
    { "buffered-bytes", "t" },
    { "memory", "a{st}" },
    { "round-trips", "(tta(tt))" },
    { "namespace-round-trips", "a(stta(tt))" },
    { "events", "a(ssbtttta(tt))" },
  };
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = client_join (client, "");
  g_autofree char *refused = fetch (f, "EIO=4&transport=pigeon", NULL);
  g_autoptr (SioStats) stats = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GVariant) events = NULL;
  g_autoptr (GVariant) sessions = NULL;
  guint32 n_websocket;
  guint64 bytes_in;
  const char *ns;
  const char *event;
  gboolean others;
  guint64 n;

  sio_namespace_on (f->ns, "echo", echo_cb, NULL, NULL);
  client_send (client, "2[\"echo\",12]");
  client_expect (client, "2[\"echo\",12]");
  stats = sio_server_get_stats (f->server);
  dict = g_variant_ref_sink (sio_stats_to_variant (stats));
  g_assert_true (g_variant_is_normal_form (dict));
  g_assert_cmpuint (g_variant_n_children (dict), ==, G_N_ELEMENTS (keys));
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GVariant) value =
          g_variant_lookup_value (dict, keys[i].key, G_VARIANT_TYPE (keys[i].type));

      g_test_message ("%s", keys[i].key);
      g_assert_nonnull (value);
    }
  g_assert_true (g_variant_lookup (dict, "bytes-in", "t", &bytes_in));
  g_assert_cmpuint (bytes_in, ==, sio_stats_get_n_bytes_in (stats));
  g_assert_cmpuint (look_up (dict, "refused", "unknown-transport"), ==, 1);
  g_assert_cmpuint (look_up (dict, "refused", "middleware"), ==, 0);
  g_assert_cmpuint (look_up (dict, "memory", "sessions"), ==,
                    sio_stats_get_memory (stats, "sessions"));
  sessions = g_variant_lookup_value (dict, "sessions", NULL);
  g_assert_true (g_variant_lookup (sessions, "websocket", "u", &n_websocket));
  g_assert_cmpuint (n_websocket, ==, 1);
  events = g_variant_lookup_value (dict, "events", NULL);
  g_assert_cmpuint (g_variant_n_children (events), ==, 1);
  g_variant_get_child (events, 0, "(&s&sbtttt@a(tt))", &ns, &event, &others, &n, NULL, NULL, NULL,
                       NULL);
  g_assert_cmpstr (ns, ==, "/");
  g_assert_cmpstr (event, ==, "echo");
  g_assert_false (others);
  g_assert_cmpuint (n, ==, 1);
}

/* What is counted for one client, next to what is counted for all of them. */
static void
test_one_client (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, "");
  gint64 before = g_get_real_time ();
  g_autofree char *id = client_join (client, "");
  SioSocket *socket = sio_namespace_get_socket (f->ns, id);
  SioSession *session = sio_socket_get_session (socket);
  guint64 packets_in = sio_session_get_n_packets_in (session);
  guint64 packets_out = sio_session_get_n_packets_out (session);
  guint64 bytes_in = sio_session_get_n_bytes_in (session);
  guint64 bytes_out = sio_session_get_n_bytes_out (session);

  g_assert_cmpint (sio_socket_get_connect_time (socket), >=, before);
  g_assert_cmpint (sio_socket_get_connect_time (socket), <=, g_get_real_time ());
  g_assert_cmpint (sio_handshake_get_time (sio_socket_get_handshake (socket)), <=, before);
  g_assert_cmpuint (sio_socket_get_n_events (socket), ==, 0);
  assert_stat (f, get_n_packets_out, packets_out);
  assert_stat (f, get_n_bytes_out, bytes_out);

  client_send (client, "2[\"hi\"]");
  WAIT_FOR (sio_socket_get_n_events (socket) == 1);
  g_assert_cmpuint (sio_session_get_n_packets_in (session), ==, packets_in + 1);
  g_assert_cmpuint (sio_session_get_n_bytes_in (session), ==, bytes_in + strlen ("42[\"hi\"]"));
  sio_socket_emit (socket, "hello", NULL);
  client_expect (client, "2[\"hello\"]");
  g_assert_cmpuint (sio_session_get_n_packets_out (session), ==, packets_out + 1);
  g_assert_cmpuint (sio_session_get_n_bytes_out (session), ==,
                    bytes_out + strlen ("42[\"hello\"]"));
}

static void
test_reserved (void)
{
  g_assert_true (sio_event_is_reserved ("connect"));
  g_assert_true (sio_event_is_reserved ("removeListener"));
  g_assert_false (sio_event_is_reserved ("connected"));
  g_assert_false (sio_event_is_reserved (""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Statistics of servers: each cause moves its counter by one");
#define ADD(name, func) g_test_add ("/stats/" name, Fixture, NULL, setup, func, teardown)
  ADD ("websocket", test_websocket);
  ADD ("polling", test_polling);
  ADD ("other-clients", test_other_clients);
  ADD ("refused-requests", test_refused_requests);
  ADD ("refused-sockets", test_refused_sockets);
  ADD ("too-many-namespaces", test_too_many_namespaces);
  ADD ("disconnected", test_disconnected);
  ADD ("ping", test_ping);
  ADD ("rooms", test_rooms);
  ADD ("slow", test_slow);
  ADD ("hostile-names", test_hostile_names);
  ADD ("many-handlers", test_many_handlers);
  ADD ("limits", test_limits);
  ADD ("middleware", test_middleware);
  ADD ("handling-time", test_handling_time);
  ADD ("handler-ends-all", test_handler_ends_all);
  ADD ("variant", test_variant);
  ADD ("one-client", test_one_client);
#undef ADD
  g_test_add_func ("/stats/reserved", test_reserved);
  g_test_add_func ("/stats/other-adapter", test_other_adapter);
  return g_test_run ();
}
