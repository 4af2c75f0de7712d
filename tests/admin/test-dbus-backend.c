/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus-fixture.h"
#include "sioa-dbus-backend.h"
#include "sioa-discovery.h"
#include "sioa-store.h"

/* The backend on buses of its own, with the real sio-server and official clients. */

#define NOBODY 65534
#define N_SOCKETS 3000

/* Official clients. */

typedef struct
{
  Program *program;
  GPtrArray *lines; /* what they got */
} Clients;

static Clients *
clients_new (void)
{
  Clients *clients = g_new0 (Clients, 1);

  clients->program = program_new ((const char *[]){ NODE, CLIENTS, NULL }, NULL, NULL);
  clients->lines = g_ptr_array_new_with_free_func (g_free);
  return clients;
}

static void
clients_free (Clients *clients)
{
  program_free (clients->program);
  g_ptr_array_unref (clients->lines);
  g_free (clients);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Clients, clients_free)

/* The answer, of which the caller looks at "reply". */
static JsonNode *command (Clients *clients, const char *format, ...) G_GNUC_PRINTF (2, 3);

static JsonNode *
command (Clients *clients, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_output_stream_printf (g_subprocess_get_stdin_pipe (clients->program->process), NULL, NULL,
                          &error, "%s\n", text);
  g_assert_no_error (error);
  for (;;)
    {
      g_autofree char *line = read_line (clients->program->output);
      JsonNode *node;

      if (!g_str_has_prefix (line, "{\"reply\""))
        {
          g_ptr_array_add (clients->lines, g_steal_pointer (&line));
          continue;
        }
      node = json_from_string (line, &error);
      g_assert_no_error (error);
      return node;
    }
}

static char *
open_client (Clients *clients, const char *url, const char *nsp)
{
  g_autoptr (JsonNode) node =
      command (clients, "{\"do\":\"open\",\"url\":\"%s%s\",\"n\":1}", url, nsp);
  JsonObject *reply = json_object_get_object_member (json_node_get_object (node), "reply");

  if (json_object_has_member (reply, "error"))
    g_error ("no client: %s", json_object_get_string_member (reply, "error"));
  return g_strdup (json_array_get_string_element (json_object_get_array_member (reply, "ids"), 0));
}

static void
join (Clients *clients, const char *id, const char *room)
{
  json_node_unref (
      command (clients, "{\"do\":\"emit\",\"id\":\"%s\",\"args\":[\"join\",\"%s\"],\"ack\":true}",
               id, room));
}

/* How many of their lines have all of this. */
static guint
count_lines (Clients *clients, const char *first, const char *second)
{
  guint n = 0;

  for (guint i = 0; i < clients->lines->len; i++)
    {
      const char *line = g_ptr_array_index (clients->lines, i);

      if (strstr (line, first) != NULL && strstr (line, second) != NULL)
        n++;
    }
  return n;
}

/* Reads lines until there is one. */
static void
wait_for_line (Clients *clients, const char *first, const char *second)
{
  while (count_lines (clients, first, second) == 0)
    g_ptr_array_add (clients->lines, read_line (clients->program->output));
}

/* Acts. */

typedef struct
{
  gboolean done;
  gint64 n;
  GError *error;
} Act;

static void
counted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Act *act = user_data;

  g_clear_error (&act->error);
  act->n = sioa_backend_act_finish (SIOA_BACKEND (source), result, &act->error);
  act->done = TRUE;
}

static gint64
act_end (Act *act)
{
  wait_for (act->done);
  g_assert_no_error (act->error);
  act->done = FALSE;
  return act->n;
}

static void
act_fails (Act *act, SioaError code)
{
  wait_for (act->done);
  g_assert_error (act->error, SIOA_ERROR, (int) code);
  g_clear_error (&act->error);
  act->done = FALSE;
}

static void
socket_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioaSocketRecord **record = user_data;
  g_autoptr (GError) error = NULL;

  *record = sioa_backend_get_socket_finish (SIOA_BACKEND (source), result, &error);
  g_assert_no_error (error);
}

static void
sample_cb (SioaBackend *backend, SioaSample *sample, SioaSample **last)
{
  g_clear_pointer (last, sioa_sample_unref);
  *last = sioa_sample_ref (sample);
}

static void
event_cb (SioaBackend *backend,
          const char *nsp,
          const char *id,
          gboolean received,
          const char *args,
          gint64 time,
          GString *log)
{
  g_assert_cmpint (ABS (g_get_real_time () - time), <, 60 * G_USEC_PER_SEC);
  g_string_append_printf (log, "%s %s %s %s;", nsp, id, received ? "<" : ">", args);
}

/* GetStats, as others see it. */
static double
get_metric (Bus *bus, const char *group, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection =
      g_dbus_connection_new_for_address_sync (bus->address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) metrics = NULL;
  GVariantIter iter;
  const char *row_group, *row_name;
  guint64 value;

  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (connection, SIOA_DBUS_NAME, "/org/sioglib/Server1",
                                       "org.sioglib.Server1", "GetStats", NULL,
                                       G_VARIANT_TYPE ("(a{sv})"), 0, -1, NULL, &error);
  g_assert_no_error (error);
  stats = g_variant_get_child_value (reply, 0);
  metrics = g_variant_lookup_value (stats, "metrics", G_VARIANT_TYPE ("a(sssst)"));
  g_variant_iter_init (&iter, metrics);
  while (g_variant_iter_next (&iter, "(&s&s&s&st)", &row_group, &row_name, NULL, NULL, &value))
    if (strcmp (row_group, group) == 0 && strcmp (row_name, name) == 0)
      return (double) value;
  g_error ("there is no metric %s %s", group, name);
}

static SioaBackend *
backend_for (Bus *bus)
{
  return SIOA_BACKEND (sioa_dbus_backend_new (G_BUS_TYPE_NONE, bus->address, NULL));
}

static void
check_details (SioaBackend *backend, const char *id)
{
  g_autoptr (SioaSocketRecord) record = NULL;
  g_autoptr (JsonNode) handshake = NULL;

  sioa_backend_get_socket_async (backend, "/", id, NULL, socket_cb, &record);
  wait_for (record != NULL);
  g_assert_cmpstr (record->id, ==, id);
  g_assert_true (g_strv_contains ((const char *const *) record->rooms, "kitchen"));
  g_assert_cmpuint (g_strv_length (record->rooms), ==, 1);
  g_assert_cmpint (record->events_in, ==, 1);
  handshake = json_from_string (record->handshake, NULL);
  g_assert_nonnull (handshake);
  g_assert_nonnull (json_object_get_object_member (json_node_get_object (handshake), "headers"));
  g_assert_cmpstr (
      json_object_get_string_member (
          json_object_get_object_member (json_node_get_object (handshake), "query"), "EIO"),
      ==, "4");
}

static guint64
sum_buckets (GHashTable *table, const char *name)
{
  const guint64 *buckets = table != NULL ? g_hash_table_lookup (table, name) : NULL;
  guint64 sum = 0;

  for (guint i = 0; buckets != NULL && i < SIOA_N_BUCKETS; i++)
    sum += buckets[i];
  return sum;
}

static void
check_figures (SioaBackend *backend, SioaSample **last)
{
  SioaSample *sample;

  wait_for (*last != NULL && (*last)->cpu > 0 && (*last)->disconnected == 1);
  sample = *last;
  g_assert_cmpint (sample->connections, ==, 2);
  g_assert_cmpint (sample->connected, ==, 3);
  g_assert_cmpint (sample->memory, >, 1000000);
  g_assert_cmpint (sample->bytes_in, >, 0);
  g_assert_cmpint (sample->events_in, >, 0);
  g_assert_cmpint (sample->pid, >, 0);
  g_assert_cmpint (ABS (g_get_real_time () - sample->started_at), <, 120 * G_USEC_PER_SEC);
  g_assert_cmpint (*(guint64 *) g_hash_table_lookup (sample->namespaces, "/"), ==, 1);
  g_assert_cmpint (
      *(guint64 *) g_hash_table_lookup (sample->reasons, "client namespace disconnect"), ==, 1);
  g_assert_true (sample->has_latency);
  g_assert_nonnull (sample->events);
  /* Two clients of / joined a room, each by one event that has no handler of its own. */
  g_assert_cmpuint (sum_buckets (sample->events, "/ …"), ==, 2);
  wait_for (sum_buckets ((*last)->trips, "/") > 0 && sum_buckets ((*last)->trips, "/other") > 0);
  g_assert_null (g_hash_table_lookup ((*last)->trips, "/none"));
  wait_for (sioa_backend_get_rtt (backend) != SIOA_UNKNOWN);
}

static void
test_everything (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (Program) server = server_new (bus, TRUE, &url);
  g_autoptr (Clients) clients = clients_new ();
  g_autofree char *early = open_client (clients, url, "");
  g_autofree char *late = NULL;
  g_autofree char *third = NULL;
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  g_autoptr (SioaSample) sample = NULL;
  g_autoptr (SioaSocket) socket = NULL;
  SioaSocketRecord *record;

  join (clients, early, "kitchen");
  g_signal_connect (backend, "sample", G_CALLBACK (sample_cb), &sample);
  sioa_backend_open (backend);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_CONNECTING);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  g_assert_cmpuint (sioa_backend_get_features (backend), ==,
                    SIOA_CAN_EMIT | SIOA_CAN_JOIN | SIOA_CAN_LEAVE | SIOA_CAN_DISCONNECT |
                        SIOA_CAN_MANY | SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS | SIOA_HAS_LATENCY |
                        SIOA_HAS_COUNTS);
  /* Who was there. */
  wait_for (sioa_store_find_socket (store, "/", early) != NULL);
  socket = g_object_ref (sioa_store_find_socket (store, "/", early));
  record = sioa_socket_get_record (socket);
  g_assert_true (sioa_socket_is_in (socket, "kitchen"));
  g_assert_cmpstr (record->transport, ==, "websocket");
  g_assert_cmpstr (record->address, ==, "127.0.0.1");
  g_assert_null (record->user);
  g_assert_cmpint (ABS (g_get_real_time () - record->connected_at), <, 60 * G_USEC_PER_SEC);
  g_assert_cmpint (record->bytes_in, >, 0);
  g_assert_cmpint (record->events_in, ==, 1);
  check_details (backend, early);
  /* Who comes, moves and goes. */
  late = open_client (clients, url, "");
  wait_for (sioa_store_find_socket (store, "/", late) != NULL);
  third = open_client (clients, url, "/other");
  wait_for (sioa_store_find_socket (store, "/other", third) != NULL);
  join (clients, late, "kitchen");
  wait_for (sioa_store_find_room (store, "/", "kitchen") != NULL &&
            sioa_place_get_n_members (sioa_store_find_room (store, "/", "kitchen")) == 2);
  g_set_object (&socket, sioa_store_find_socket (store, "/", late));
  json_node_unref (command (clients, "{\"do\":\"close\",\"ids\":[\"%s\"]}", late));
  wait_for (!sioa_socket_is_alive (socket));
  g_assert_cmpstr (sioa_socket_get_reason (socket), ==, "client namespace disconnect");
  g_assert_cmpuint (sioa_place_get_n_members (sioa_store_find_room (store, "/", "kitchen")), ==, 1);
  check_figures (backend, &sample);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_namespaces (store)), ==, 2);
  /* It is as if it never was, and nothing comes any more. */
  sioa_backend_close (backend);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_CLOSED);
  wait_for (get_metric (bus, "dbus", "subscriptions") == 0);
}

static void
test_acts (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (Program) server = server_new (bus, TRUE, &url);
  g_autoptr (Clients) clients = clients_new ();
  g_autofree char *first = open_client (clients, url, "");
  g_autofree char *second = open_client (clients, url, "");
  g_autofree char *third = open_client (clients, url, "");
  g_autofree char *elsewhere = open_client (clients, url, "/other");
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  const char *rooms[] = { "kitchen", NULL };
  const char *mixed[] = { "kitchen", third, NULL };
  const char *ids[] = { third, NULL };
  SioaTarget room = { "/", rooms, NULL };
  SioaTarget both = { "/", mixed, NULL };
  SioaTarget one = { "/", ids, NULL };
  SioaTarget everybody = { "/", NULL, NULL };
  SioaTarget user = { "/", NULL, "ann" };
  SioaTarget nowhere = { "/nowhere", NULL, NULL };
  Act act = { 0 };

  sioa_backend_join_async (backend, &one, "x", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_UNREACHABLE);
  join (clients, first, "kitchen");
  join (clients, second, "kitchen");
  sioa_backend_open (backend);
  wait_for (sioa_store_find_socket (store, "/", third) != NULL);
  /* Emitting: to a room, to a room and a socket, to all. */
  sioa_backend_emit_async (backend, &room, "to-room", "[1]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 2);
  wait_for_line (clients, first, "to-room");
  wait_for_line (clients, second, "to-room");
  sioa_backend_emit_async (backend, &both, "to-both", "[{\"a\":\"ä\"}]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 3);
  wait_for_line (clients, third, "\"event\":\"to-both\",\"args\":[{\"a\":\"ä\"}]");
  sioa_backend_emit_async (backend, &everybody, "to-all", "[]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 3);
  wait_for_line (clients, third, "to-all");
  g_assert_cmpuint (count_lines (clients, third, "to-room"), ==, 0);
  g_assert_cmpuint (count_lines (clients, elsewhere, "event"), ==, 0);
  sioa_backend_emit_async (backend, &user, "to-ann", "[]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 0);
  sioa_backend_emit_async (backend, &room, "broken", "[1", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_ARGUMENTS);
  sioa_backend_emit_async (backend, &nowhere, "news", "[]", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_ARGUMENTS);
  /* Joining and leaving. */
  sioa_backend_join_async (backend, &both, "den", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 3);
  wait_for (sioa_store_find_room (store, "/", "den") != NULL &&
            sioa_place_get_n_members (sioa_store_find_room (store, "/", "den")) == 3);
  sioa_backend_leave_async (backend, &room, "den", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 2);
  wait_for (sioa_place_get_n_members (sioa_store_find_room (store, "/", "den")) == 1);
  g_assert_true (sioa_socket_is_in (sioa_store_find_socket (store, "/", third), "den"));
  sioa_backend_join_async (backend, &nowhere, "den", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_ARGUMENTS);
  /* Disconnecting. */
  sioa_backend_disconnect_async (backend, &one, TRUE, NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 1);
  wait_for_line (clients, third, "disconnected");
  wait_for (sioa_store_find_socket (store, "/", third) == NULL);
  sioa_backend_disconnect_async (backend, &everybody, FALSE, NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 2);
  wait_for_line (clients, first, "io server disconnect");
  wait_for (g_list_model_get_n_items (sioa_store_get_sockets (store)) == 1);
  g_assert_nonnull (sioa_store_find_socket (store, "/other", elsewhere));
  g_assert_cmpuint (count_lines (clients, elsewhere, "disconnected"), ==, 0);
}

static void
test_events (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (Program) server = server_new (bus, TRUE, &url);
  g_autoptr (Clients) clients = clients_new ();
  g_autofree char *id = open_client (clients, url, "");
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree char *in = g_strdup_printf ("/ %s < [\"join\",\"kitchen\"];", id);
  g_autofree char *out = g_strdup_printf ("/ %s > [\"news\",1,\"ä\"];", id);
  SioaTarget everybody = { "/", NULL, NULL };
  Act act = { 0 };

  g_signal_connect (backend, "event", G_CALLBACK (event_cb), log);
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  /* Nobody listens, so the server does nothing for it. */
  g_assert_cmpint (get_metric (bus, "dbus", "streams"), ==, 0);
  sioa_backend_watch_events (backend, TRUE);
  sioa_backend_watch_events (backend, TRUE);
  wait_for (get_metric (bus, "dbus", "streams") == 1);
  join (clients, id, "kitchen");
  wait_for (strstr (log->str, in) != NULL);
  sioa_backend_emit_async (backend, &everybody, "news", "[1,\"ä\"]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 1);
  wait_for (strstr (log->str, out) != NULL);
  sioa_backend_watch_events (backend, FALSE);
  join (clients, id, "den");
  wait_for (strstr (log->str, "\"den\"") != NULL);
  sioa_backend_watch_events (backend, FALSE);
  wait_for (get_metric (bus, "dbus", "streams") == 0);
}

static void
test_restart (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (Program) server = NULL;
  g_autoptr (Clients) clients = clients_new ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  /* Nobody is there yet. */
  g_signal_connect (backend, "event", G_CALLBACK (event_cb), log);
  sioa_backend_watch_events (backend, TRUE);
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_WAITING);
  g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_UNREACHABLE);
  server = server_new (bus, TRUE, &url);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  g_assert_null (sioa_backend_get_error (backend));
  before = open_client (clients, url, "");
  wait_for (sioa_store_find_socket (store, "/", before) != NULL);
  g_clear_pointer (&server, program_free);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_WAITING);
  g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_UNREACHABLE);
  g_assert_cmpuint (sioa_backend_get_features (backend), ==, 0);
  server = server_new (bus, TRUE, &url);
  after = open_client (clients, url, "");
  wait_for (sioa_store_find_socket (store, "/", after) != NULL);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_OPEN);
  g_assert_null (sioa_store_find_socket (store, "/", before));
  wait_for (get_metric (bus, "dbus", "streams") == 1);
  join (clients, after, "kitchen");
  wait_for (strstr (log->str, "kitchen") != NULL);
  /* The bus goes. */
  g_clear_pointer (&server, program_free);
  g_subprocess_force_exit (bus->program->process);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_WAITING &&
            strstr (sioa_backend_get_error (backend)->message, "cannot be reached") != NULL);
}

/* The server hangs: that is shown, and it goes on when the server does. */
static void
test_stale (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (Program) server = server_new (bus, TRUE, &url);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaSample) sample = NULL;

  g_signal_connect (backend, "sample", G_CALLBACK (sample_cb), &sample);
  sioa_backend_open (backend);
  wait_for (sample != NULL);
  g_subprocess_send_signal (server->process, SIGSTOP);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_STALE);
  g_subprocess_send_signal (server->process, SIGCONT);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_OPEN);
  g_clear_pointer (&sample, sioa_sample_unref);
  wait_for (sample != NULL);
  /* The one before was given back. */
  wait_for (get_metric (bus, "dbus", "subscriptions") == 1);
}

static void
set_polkit (Bus *bus, const char *answer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection =
      g_dbus_connection_new_for_address_sync (bus->address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  gboolean done = FALSE;

  g_assert_no_error (error);
  for (guint i = 0; !done && i < 20000; i++)
    {
      g_autoptr (GVariant) reply = NULL;

      g_clear_error (&error);
      reply = g_dbus_connection_call_sync (
          connection, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
          "org.freedesktop.DBus.Mock", "AddMethod",
          g_variant_new ("(sssss)", "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization",
                         "(sa{sv})sa{ss}us", "(bba{ss})", answer),
          NULL, 0, -1, NULL, &error);
      done = reply != NULL;
      if (!done)
        g_usleep (1000);
    }
  g_assert_no_error (error);
}

static void
test_denied (void)
{
  g_autoptr (Bus) bus = bus_new ("system");
  g_autoptr (Program) polkit = program_new (
      (const char *[]){ PYTHON, "-m", "dbusmock", "--system", "org.freedesktop.PolicyKit1",
                        "/org/freedesktop/PolicyKit1/Authority",
                        "org.freedesktop.PolicyKit1.Authority", NULL },
      "DBUS_SYSTEM_BUS_ADDRESS", bus->address);
  g_autoptr (Program) server = server_new (bus, FALSE, NULL);
  g_autoptr (SioaBackend) backend = backend_for (bus);
  gboolean is_root = getuid () == 0;
  SioaTarget everybody = { "/", NULL, NULL };
  Act act = { 0 };

  set_polkit (bus, "ret = (False, False, {})");
  /* Nobody asks about root. */
  if (is_root)
    g_assert_no_errno (seteuid (NOBODY));
  sioa_backend_open (backend);
  wait_for (sioa_backend_get_state (backend) == SIOA_STATE_FAILED);
  g_assert_error (sioa_backend_get_error (backend), SIOA_ERROR, SIOA_ERROR_DENIED);
  /* Only looking is allowed, to those who may be asked for a password. */
  if (is_root)
    g_assert_no_errno (seteuid (0));
  set_polkit (bus, "ret = (args[1].endswith('.read') and args[3] == 1, False, {})");
  if (is_root)
    g_assert_no_errno (seteuid (NOBODY));
  sioa_backend_open (backend);
  wait_for (sioa_dbus_backend_get_n_passes (SIOA_DBUS_BACKEND (backend)) == 1);
  sioa_backend_emit_async (backend, &everybody, "news", "[]", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_DENIED);
  /* Some acts are, others are not. */
  if (is_root)
    g_assert_no_errno (seteuid (0));
  set_polkit (bus, "ret = (args[1].split('.')[-1] in ('read', 'emit'), False, {})");
  if (is_root)
    g_assert_no_errno (seteuid (NOBODY));
  sioa_backend_emit_async (backend, &everybody, "news", "[]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, 0);
  sioa_backend_join_async (backend, &everybody, "den", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_DENIED);
  sioa_backend_leave_async (backend, &everybody, "den", NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_DENIED);
  sioa_backend_disconnect_async (backend, &everybody, TRUE, NULL, counted_cb, &act);
  act_fails (&act, SIOA_ERROR_DENIED);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_OPEN);
  g_assert_cmpuint (sioa_backend_get_features (backend) & SIOA_HAS_EVENTS, !=, 0);
  sioa_backend_watch_events (backend, TRUE);
  wait_for ((sioa_backend_get_features (backend) & SIOA_HAS_EVENTS) == 0);
  g_assert_cmpint (sioa_backend_get_state (backend), ==, SIOA_STATE_OPEN);
  if (is_root)
    g_assert_no_errno (seteuid (0));
}

static gboolean
all_in (SioaStore *store, const char *room, guint n)
{
  SioaPlace *place = sioa_store_find_room (store, "/", room);

  return place != NULL && sioa_place_get_n_members (place) == n;
}

static void
test_many (void)
{
  const char *wanted = g_getenv ("SIOA_TEST_SOCKETS");
  guint n = wanted != NULL ? (guint) atoi (wanted) : N_SOCKETS;
  g_autofree char *count = g_strdup_printf ("%u", n);
  g_autoptr (Bus) bus = bus_new ("session");
  g_autofree char *url = NULL;
  g_autoptr (Program) server = server_new (bus, TRUE, &url);
  g_autoptr (Program) idle = program_new (
      (const char *[]){ SIO_BENCH, "idle", "-q", "-c", count, "-d", "600", url, NULL }, NULL, NULL);
  g_autoptr (Program) churn = NULL;
  g_autoptr (SioaBackend) backend = backend_for (bus);
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  GListModel *sockets = sioa_store_get_sockets (store);
  SioaTarget everybody = { "/", NULL, NULL };
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  SioaTarget named = { "/", NULL, NULL };
  Act act = { 0 };
  guint n_passes;

  wait_for (get_metric (bus, "dbus", "connected") == 1);
  sioa_backend_open (backend);
  wait_for (g_list_model_get_n_items (sockets) == n);
  sioa_backend_close (backend);
  /* Once more, while others come and go. */
  churn = program_new (
      (const char *[]){ SIO_BENCH, "connect", "-q", "-c", "20", "-d", "600", url, NULL }, NULL,
      NULL);
  longest_step = 0;
  n_passes = sioa_dbus_backend_get_n_passes (SIOA_DBUS_BACKEND (backend));
  sioa_backend_open (backend);
  wait_for (sioa_dbus_backend_get_n_passes (SIOA_DBUS_BACKEND (backend)) > n_passes);
  wait_for (g_list_model_get_n_items (sockets) >= n);
  g_clear_pointer (&churn, program_free);
  wait_for (g_list_model_get_n_items (sockets) == n && sioa_store_get_n_pending (store) == 0);
  g_test_message ("longest step while %u sockets were listed: %" G_GINT64_FORMAT " µs", n,
                  longest_step);
  /* A signal has place for 500 of these changes: the rest is only seen by listing again. */
  longest_step = 0;
  n_passes = sioa_dbus_backend_get_n_passes (SIOA_DBUS_BACKEND (backend));
  sioa_backend_join_async (backend, &everybody, "hall", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, n);
  wait_for (all_in (store, "hall", n));
  g_assert_cmpuint (sioa_dbus_backend_get_n_passes (SIOA_DBUS_BACKEND (backend)), >=, n_passes);
  sioa_backend_emit_async (backend, &everybody, "news", "[]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, n);
  /* One by one, which is more than one call may name. */
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (sockets, i);

      g_ptr_array_add (ids, g_strdup (sioa_socket_get_id (socket)));
    }
  g_ptr_array_add (ids, NULL);
  named.rooms = (const char *const *) ids->pdata;
  sioa_backend_emit_async (backend, &named, "news", "[]", NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, n);
  /* All go at once. */
  sioa_backend_disconnect_async (backend, &everybody, TRUE, NULL, counted_cb, &act);
  g_assert_cmpint (act_end (&act), ==, n);
  wait_for (g_list_model_get_n_items (sockets) == 0);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_rooms (store)), ==, 0);
  g_test_message ("longest step while they joined and went: %" G_GINT64_FORMAT " µs", longest_step);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpint (longest_step, <, 50000);
#endif
}

static void
test_discovery (void)
{
  g_autoptr (Bus) bus = bus_new ("session");
  g_autoptr (GListStore) servers = g_list_store_new (SIOA_TYPE_SERVER);
  GListModel *list = G_LIST_MODEL (servers);
  g_autoptr (SioaDiscovery) discovery = sioa_discovery_new (servers);
  g_autoptr (Program) server = NULL;
  g_autoptr (SioaServer) found = NULL;

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", bus->address, TRUE);
  sioa_discovery_watch (discovery, G_BUS_TYPE_SESSION, "This computer");
  server = server_new (bus, TRUE, NULL);
  wait_for (g_list_model_get_n_items (list) == 1);
  found = g_list_model_get_item (list, 0);
  g_assert_cmpstr (sioa_server_get_name (found), ==, "This computer");
  wait_for (sioa_backend_get_state (sioa_server_get_backend (found)) == SIOA_STATE_OPEN);
  /* One that starts again stays the same. */
  g_clear_pointer (&server, program_free);
  wait_for (sioa_backend_get_state (sioa_server_get_backend (found)) == SIOA_STATE_WAITING);
  server = server_new (bus, TRUE, NULL);
  wait_for (sioa_backend_get_state (sioa_server_get_backend (found)) == SIOA_STATE_OPEN);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  sioa_discovery_set_patience (discovery, 100);
  g_clear_pointer (&server, program_free);
  wait_for (g_list_model_get_n_items (list) == 0);
  g_assert_cmpint (sioa_backend_get_state (sioa_server_get_backend (found)), ==, SIOA_STATE_CLOSED);
  server = server_new (bus, TRUE, NULL);
  wait_for (g_list_model_get_n_items (list) == 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/dbus/everything", test_everything);
  g_test_add_func ("/admin/dbus/acts", test_acts);
  g_test_add_func ("/admin/dbus/events", test_events);
  g_test_add_func ("/admin/dbus/restart", test_restart);
  g_test_add_func ("/admin/dbus/stale", test_stale);
  g_test_add_func ("/admin/dbus/denied", test_denied);
  g_test_add_func ("/admin/dbus/many", test_many);
  g_test_add_func ("/admin/dbus/discovery", test_discovery);
  return g_test_run ();
}
