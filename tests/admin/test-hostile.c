/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "admin-fixture.h"
#include "sioa-admin-backend.h"
#include "sioa-history.h"
#include "sioa-store.h"

/* Whatever hostile-admin.mjs does, nothing crashes, the main loop goes on, memory has a limit, and
 * the state of the connection is true. */

/* Of processor time in one iteration of the main loop; sanitisers take several times as long. */
#define MAX_MS 50
/* libsoup reads for as long as more comes, a kilobyte at a time, and hands over each message before
 * anything else has its turn: 10 000 sockets in a frame take 35 to 45 ms of it … */
#define MAX_FRAME_MS 100
/* … and tens of MB without a pause up to 280. */
#define MAX_BURST_MS 500
#if defined(__SANITIZE_ADDRESS__)
#define SLOWNESS 20
#define MAX_MEMORY_MB 3000
#else
#define SLOWNESS 1
#define MAX_MEMORY_MB 400
#endif
#define MEMORY_MS 20
#define N_SEEDS 8

typedef struct
{
  SioaBackend *backend;
  SioaStore *store;
  SioaHistory *history;
  GString *states; /* "STATE CODE text\n" for each change */
  gint64 memory;   /* MB */
  guint n_events;
  guint n_samples;
  guint watch_id;
} Session;

typedef struct
{
  const char *script;
  SioaState state;
  int code;           /* -1: it is open */
  const char *text;   /* of the error */
  const char *marker; /* a socket to wait for; NULL: the server told of none */
  gboolean polling;
  guint max_ms; /* 0: MAX_MS */
  void (*check) (Session *session);
} Case;

static Peer *peer;

static gint64
get_memory (void)
{
  g_autofree char *text = NULL;
  unsigned long size, resident = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%lu %lu", &size, &resident);
  return (gint64) resident * 4096 / 1024 / 1024;
}

static gboolean
watch_cb (gpointer user_data)
{
  Session *session = user_data;

  session->memory = MAX (session->memory, get_memory ());
  return G_SOURCE_CONTINUE;
}

static void
state_cb (SioaBackend *backend, Session *session)
{
  const GError *error = sioa_backend_get_error (backend);

  g_string_append_printf (session->states, "%d %d %s\n", sioa_backend_get_state (backend),
                          error != NULL ? error->code : -1, error != NULL ? error->message : "");
  g_test_message ("state %d: %s", sioa_backend_get_state (backend),
                  error != NULL ? error->message : "");
}

static void
sample_cb (SioaBackend *backend, SioaSample *sample, Session *session)
{
  session->n_samples++;
  sioa_history_add (session->history, sample);
  g_assert_cmpint (sample->connected, >=, 0);
  g_assert_cmpint (sample->bytes_in, >=, 0);
  g_assert_cmpuint (g_hash_table_size (sample->reasons), <=, 1000);
}

static void
event_cb (SioaBackend *backend,
          const char *nsp,
          const char *id,
          gboolean received,
          const char *args,
          gint64 time,
          Session *session)
{
  session->n_events++;
}

static void
session_begin (Session *session, const char *scheme, guint port, const char *script)
{
  g_autofree char *uri = g_strdup_printf ("%s://localhost:%u", scheme, port);
  g_autofree char *path = g_strdup_printf ("/%s/", script);
  SioaAdminBackend *backend = sioa_admin_backend_new (uri, "/admin");

  *session = (Session){ .backend = SIOA_BACKEND (backend) };
  sioa_admin_backend_set_path (backend, path);
  sioa_admin_backend_set_credentials (backend, "admin", "secret");
  session->store = sioa_store_new (session->backend);
  session->history = sioa_history_new ();
  session->states = g_string_new ("\n");
  longest_step = 0;
  session->watch_id = g_timeout_add_full (G_PRIORITY_HIGH, MEMORY_MS, watch_cb, session, NULL);
  g_signal_connect (backend, "state-changed", G_CALLBACK (state_cb), session);
  g_signal_connect (backend, "sample", G_CALLBACK (sample_cb), session);
  g_signal_connect (backend, "event", G_CALLBACK (event_cb), session);
}

static void
check_sum (Session *session)
{
  GListModel *sockets = sioa_store_get_sockets (session->store);
  GListModel *namespaces = sioa_store_get_namespaces (session->store);
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (namespaces); i++)
    {
      g_autoptr (SioaPlace) place = g_list_model_get_item (namespaces, i);

      n += sioa_place_get_n_members (place);
    }
  g_assert_cmpuint (n, ==, g_list_model_get_n_items (sockets));
}

static void
session_end (Session *session)
{
  g_source_remove (session->watch_id);
  sioa_store_catch_up (session->store);
  check_sum (session);
  sioa_backend_close (session->backend);
  g_assert_cmpint (sioa_backend_get_state (session->backend), ==, SIOA_STATE_CLOSED);
  g_assert_cmpuint (sioa_backend_get_features (session->backend), ==, 0);
  g_assert_null (sioa_backend_get_error (session->backend));
  g_string_truncate (session->states, 0);
  iterate_for (20);
  g_assert_cmpstr (session->states->str, ==, "");
  g_signal_handlers_disconnect_by_data (session->backend, session);
  g_object_add_weak_pointer (G_OBJECT (session->backend), (gpointer *) &session->backend);
  g_object_add_weak_pointer (G_OBJECT (session->store), (gpointer *) &session->store);
  g_object_unref (session->backend);
  g_object_unref (session->store);
  /* A thread may still read. */
  wait_for (session->backend == NULL && session->store == NULL);
  g_object_unref (session->history);
  g_string_free (session->states, TRUE);
}

static void
check_list (Session *session)
{
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (session->store)), ==, 10001);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_rooms (session->store)), ==, 50);
}

static void
check_flood (Session *session)
{
  g_assert_cmpuint (session->n_events, ==, 30000);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (session->store)), ==, 1001);
}

static void
check_strings (Session *session)
{
  SioaSocket *socket = sioa_store_find_socket (session->store, "/", "socket00000000000002");

  g_assert_nonnull (socket);
  g_assert_null (sioa_socket_get_record (socket)->data);
  g_assert_true (sioa_socket_is_in (socket, "small"));
  /* That one, and the marker. */
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (session->store)), ==, 2);
}

static void
check_duplicates (Session *session)
{
  SioaSocket *socket = sioa_store_find_socket (session->store, "/", "socket00000000000001");

  /* Four of "/", one of "/chat", and the marker. */
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (session->store)), ==, 5);
  g_assert_null (sioa_store_find_socket (session->store, "/", "socket00000000000002"));
  g_assert_nonnull (sioa_store_find_socket (session->store, "/chat", "socket00000000000001"));
  g_assert_true (sioa_socket_is_in (socket, "other"));
  g_assert_false (sioa_socket_is_in (socket, "room1"));
}

static void
check_rooms (Session *session)
{
  SioaSocket *socket = sioa_store_find_socket (session->store, "/", "socket00000000000000");
  guint n_rooms;

  sioa_socket_get_rooms (socket, &n_rooms);
  g_assert_cmpuint (n_rooms, ==, 9000);
}

static void
check_namespaces (Session *session)
{
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_namespaces (session->store)), <=,
                    10000);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (session->store)), ==, 2);
}

static void
check_binary (Session *session)
{
  g_assert_nonnull (sioa_store_find_socket (session->store, "/", "socket00000000000003"));
  g_assert_cmpuint (session->n_events, ==, 1);
}

static void
check_late (Session *session)
{
  g_assert_nonnull (sioa_store_find_socket (session->store, "/", "before"));
  /* What came before the config. */
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_namespaces (session->store)), ==, 2);
}

static void
check_twice (Session *session)
{
  g_assert_cmpuint (sioa_backend_get_features (session->backend), ==,
                    SIOA_CAN_EMIT | SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS);
  g_assert_nonnull (sioa_store_find_socket (session->store, "/", "first"));
}

static void
check_early (Session *session)
{
  g_assert_nonnull (sioa_store_find_socket (session->store, "/", "socket00000000000001"));
  /* Longer than it waits for a config. */
  iterate_for (3300);
  g_assert_cmpint (sioa_backend_get_state (session->backend), ==, SIOA_STATE_OPEN);
}

static void
check_stats (Session *session)
{
  g_assert_cmpuint (session->n_samples, >, 0);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_namespaces (session->store)), <=,
                    10000);
}

#define OPEN SIOA_STATE_OPEN, -1, ""
#define WAITING(code, text) SIOA_STATE_WAITING, SIOA_ERROR_##code, text
#define FAILED(code, text) SIOA_STATE_FAILED, SIOA_ERROR_##code, text

static const Case cases[] = {
  { "missing", OPEN, "marker" },
  { "types", OPEN, "marker" },
  { "members", OPEN, "marker" },
  { "numbers", OPEN, "marker" },
  { "nested", OPEN, "marker" },
  { "duplicates", OPEN, "marker", .check = check_duplicates },
  { "names", OPEN, "marker" },
  { "list", OPEN, "marker", .max_ms = MAX_FRAME_MS, .check = check_list },
  { "lists", OPEN, "marker", .max_ms = MAX_BURST_MS, .check = check_list },
  { "flood", OPEN, "marker", .check = check_flood },
  { "unknown", OPEN, "marker" },
  { "strings", OPEN, "marker", .max_ms = MAX_BURST_MS, .check = check_strings },
  { "rooms", OPEN, "marker", .check = check_rooms },
  { "namespaces", OPEN, "end", .check = check_namespaces },
  { "deep", WAITING (UNREACHABLE, "parse error") },
  { "malformed", WAITING (UNREACHABLE, "parse error") },
  { "nan", WAITING (UNREACHABLE, "parse error") },
  { "bytes", WAITING (UNREACHABLE, "parse error") },
  { "binary", OPEN, "marker", .check = check_binary },
  { "never", FAILED (NAMESPACE, "no namespace for administration"), "marker" },
  { "late", OPEN, "marker", .check = check_late },
  { "twice", OPEN, "marker", .check = check_twice },
  { "early", OPEN, "marker", .check = check_early },
  { "session", OPEN, "marker" },
  { "forgotten", OPEN, "marker" },
  { "stats", OPEN, "marker", .check = check_stats },
  { "middle", WAITING (UNREACHABLE, "the connection broke") },
  { "refused", FAILED (CREDENTIALS, "(authentication failed)") },
  { "nowhere", FAILED (NAMESPACE, "has no namespace “/admin”") },
  { "kicked", FAILED (FAILED, "closed this connection") },
  { "packets", OPEN, "marker" },
  { "msgpack", WAITING (UNREACHABLE, "the connection broke") },
  { "redirect", WAITING (NOT_SOCKETIO, "no Socket.IO server"), .polling = TRUE },
  { "transport", WAITING (FAILED, "Transport unknown"), .polling = TRUE },
  { "page", WAITING (NOT_SOCKETIO, "no Socket.IO server"), .polling = TRUE },
  { "opens", WAITING (NOT_SOCKETIO, "no Socket.IO server"), .polling = TRUE },
  { "nothing", WAITING (NOT_SOCKETIO, "status 404") },
  { "nothing", WAITING (NOT_SOCKETIO, "status 404"), .polling = TRUE },
};

static gboolean
was_in_state (Session *session, SioaState state, int code, const char *text)
{
  g_autofree char *start = g_strdup_printf ("\n%d %d ", state, code);
  const char *found = session->states->str;

  while ((found = strstr (found, start)) != NULL)
    {
      g_autofree char *line = g_strndup (found + 1, strcspn (found + 1, "\n"));

      if (strstr (line, text) != NULL)
        return TRUE;
      found++;
    }
  return FALSE;
}

static void
check_session (Session *session, const Case *test)
{
  sioa_backend_open (session->backend);
  if (test->marker != NULL)
    wait_for (sioa_store_find_socket (session->store, "/", test->marker) != NULL &&
              sioa_store_get_n_pending (session->store) == 0);
  wait_for (was_in_state (session, test->state, test->code, test->text));
  /* Most scripts tell no figures, and may take longer than that may last. */
  if (test->state == SIOA_STATE_OPEN)
    g_assert_true (sioa_backend_get_state (session->backend) == SIOA_STATE_OPEN ||
                   sioa_backend_get_state (session->backend) == SIOA_STATE_STALE);
  else if (test->state == SIOA_STATE_FAILED)
    g_assert_cmpint (sioa_backend_get_state (session->backend), ==, SIOA_STATE_FAILED);
  if (test->check != NULL)
    test->check (session);
  watch_cb (session);
  g_test_message ("%s: at most %.1f ms without a pause, %" G_GINT64_FORMAT " MB", test->script,
                  (double) longest_step / 1000, session->memory);
  g_assert_cmpint (longest_step / 1000, <, SLOWNESS * (test->max_ms != 0 ? test->max_ms : MAX_MS));
  g_assert_cmpint (session->memory, <, MAX_MEMORY_MB);
}

static void
test_script (gconstpointer user_data)
{
  const Case *test = user_data;
  Session session;

  session_begin (&session, "http", peer->port, test->script);
  sioa_admin_backend_set_websocket_only (SIOA_ADMIN_BACKEND (session.backend), !test->polling);
  check_session (&session, test);
  session_end (&session);
}

static void
test_certificate (void)
{
  static const Case test = { "page", FAILED (TLS, "No safe connection") };
  Session session;

  session_begin (&session, "https", peer->second_port, test.script);
  check_session (&session, &test);
  session_end (&session);
}

static void
session_open (Session *session, const char *script)
{
  session_begin (session, "http", peer->port, script);
  sioa_admin_backend_set_websocket_only (SIOA_ADMIN_BACKEND (session->backend), TRUE);
  sioa_backend_open (session->backend);
}

static gboolean
has_marker (Session *session)
{
  return sioa_store_find_socket (session->store, "/", "marker") != NULL;
}

static gint64
get_connections (Session *session)
{
  SioaSample *sample = sioa_history_get_sample (session->history);

  return sample != NULL ? sample->connections : SIOA_UNKNOWN;
}

static void
test_cluster (void)
{
  Session session;
  SioaSample *sample;

  session_open (&session, "cluster");
  wait_for (get_connections (&session) == 30);
  sample = sioa_history_get_sample (session.history);
  g_assert_cmpint (sample->polling, ==, 3);
  g_assert_cmpint (sample->connected, ==, 6);
  g_assert_cmpint (sample->pid, ==, SIOA_UNKNOWN);
  g_assert_cmpuint (*(guint64 *) g_hash_table_lookup (sample->namespaces, "/"), ==, 15);
  /* One says nothing for ten seconds … */
  wait_for (get_connections (&session) == 20);
  g_assert_cmpint (sioa_backend_get_state (session.backend), ==, SIOA_STATE_OPEN);
  /* … what it counted stays counted. */
  g_assert_cmpint (sioa_history_get_sample (session.history)->connected, >=, 6 + 9 * 4);
  wait_for (sioa_backend_get_state (session.backend) == SIOA_STATE_STALE);
  g_assert_true (has_marker (&session));
  wait_for (sioa_backend_get_state (session.backend) == SIOA_STATE_OPEN);
  wait_for (get_connections (&session) == 10);
  g_assert_cmpint (sioa_history_get_sample (session.history)->pid, ==, 1);
  session_end (&session);
}

static void
change_cb (SioaBackend *backend, gpointer user_data)
{
  if (sioa_backend_get_state (backend) == SIOA_STATE_WAITING)
    sioa_admin_backend_set_credentials (SIOA_ADMIN_BACKEND (backend), "admin", "other");
}

static void
test_changed_credentials (void)
{
  Session session;

  session_begin (&session, "http", peer->port, "changed");
  g_signal_connect (session.backend, "state-changed", G_CALLBACK (change_cb), NULL);
  sioa_admin_backend_set_websocket_only (SIOA_ADMIN_BACKEND (session.backend), TRUE);
  sioa_backend_open (session.backend);
  wait_for (has_marker (&session));
  g_assert_cmpint (sioa_backend_get_state (session.backend), ==, SIOA_STATE_OPEN);
  session_end (&session);
}

/* Servers that do another wrong thing with each connection, and in the end none. */
static void
test_each (gconstpointer script)
{
  Session session;
  guint n_ended = 0;

  session_open (&session, script);
  while (!has_marker (&session))
    {
      SioaState state = sioa_backend_get_state (session.backend);

      if (state == SIOA_STATE_WAITING || state == SIOA_STATE_FAILED)
        {
          const GError *error = sioa_backend_get_error (session.backend);

          g_assert_nonnull (error);
          g_assert_cmpuint (strlen (error->message), >, 5);
          g_assert_cmpuint (strlen (error->message), <, 1000);
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
          n_ended++;
          sioa_backend_open (session.backend);
        }
      iterate ();
    }
  g_assert_cmpuint (n_ended, >=, 5);
  wait_for (sioa_backend_get_state (session.backend) == SIOA_STATE_OPEN);
  session_end (&session);
}

static void
test_fuzz (void)
{
  for (guint i = 1; i <= N_SEEDS; i++)
    {
      Session session;

      g_test_message ("seed %u", i);
      session_open (&session, "fuzz");
      wait_for (has_marker (&session) && sioa_store_get_n_pending (session.store) == 0);
      session_end (&session);
    }
}

/* A server that takes connections and says nothing, however far it has come. */
static void
test_silence (void)
{
  static const char *const scripts[] = { "silent", "mute", "deaf" };
  Session sessions[G_N_ELEMENTS (scripts)];

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      session_begin (&sessions[i], "http", peer->port, scripts[i]);
      sioa_admin_backend_set_websocket_only (SIOA_ADMIN_BACKEND (sessions[i].backend), i > 0);
      sioa_backend_open (sessions[i].backend);
    }
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_test_message ("%s", scripts[i]);
      wait_for (sioa_backend_get_error (sessions[i].backend) != NULL);
      g_assert_error (sioa_backend_get_error (sessions[i].backend), SIOA_ERROR,
                      SIOA_ERROR_UNREACHABLE);
      session_end (&sessions[i]);
    }
}

/* Whoever waits for a config does so no longer once it is closed, or gone. */
static void
test_closed_while_waiting (void)
{
  Session closed, dropped, again;
  SioaBackend *backend;

  session_open (&closed, "never");
  session_open (&dropped, "never");
  session_open (&again, "never");
  wait_for (has_marker (&closed) && has_marker (&dropped) && has_marker (&again));
  sioa_backend_close (closed.backend);
  backend = dropped.backend;
  g_source_remove (dropped.watch_id);
  g_signal_handlers_disconnect_by_data (backend, &dropped);
  g_object_add_weak_pointer (G_OBJECT (backend), (gpointer *) &backend);
  g_object_unref (dropped.store);
  g_object_unref (dropped.history);
  g_string_free (dropped.states, TRUE);
  g_object_unref (dropped.backend);
  g_assert_null (backend);
  /* Longer than it would have waited; the third one goes on. */
  wait_for (sioa_backend_get_state (again.backend) == SIOA_STATE_FAILED);
  iterate_for (100);
  g_assert_cmpint (sioa_backend_get_state (closed.backend), ==, SIOA_STATE_CLOSED);
  /* And may be opened once more. */
  sioa_backend_open (again.backend);
  g_assert_cmpint (sioa_backend_get_state (again.backend), ==, SIOA_STATE_CONNECTING);
  g_assert_null (sioa_backend_get_error (again.backend));
  wait_for (sioa_backend_get_state (again.backend) == SIOA_STATE_FAILED);
  session_end (&again);
  session_end (&closed);
}

/* With LeakSanitizer: whatever is left of any of them is told of at the end. */
static void
test_often (void)
{
  Session session;

  for (guint i = 0; i < 20; i++)
    {
      session_open (&session, "twice");
      wait_for (has_marker (&session));
      sioa_backend_close (session.backend);
      sioa_backend_open (session.backend);
      wait_for (sioa_backend_get_state (session.backend) == SIOA_STATE_OPEN);
      session_end (&session);
    }
}

/* A line for each frame takes longer than the frame. */
static void
drop_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
}

int
main (int argc, char **argv)
{
  const char *arguments[] = { NODE, HOSTILE_ADMIN, NULL };
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, drop_cb, NULL);
  peer = peer_new (arguments);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/admin/hostile/", cases[i].script,
                                           cases[i].polling ? "-polling" : "", NULL);

      g_test_add_data_func (path, &cases[i], test_script);
    }
  g_test_add_data_func ("/admin/hostile/refusals", "refusals", test_each);
  g_test_add_data_func ("/admin/hostile/drops", "drops", test_each);
  g_test_add_data_func ("/admin/hostile/attachments", "attachments", test_each);
  g_test_add_data_func ("/admin/hostile/greetings", "greetings", test_each);
  g_test_add_func ("/admin/hostile/fuzz", test_fuzz);
  g_test_add_func ("/admin/hostile/silence", test_silence);
  g_test_add_func ("/admin/hostile/certificate", test_certificate);
  g_test_add_func ("/admin/hostile/cluster", test_cluster);
  g_test_add_func ("/admin/hostile/changed-credentials", test_changed_credentials);
  g_test_add_func ("/admin/hostile/closed-while-waiting", test_closed_while_waiting);
  g_test_add_func ("/admin/hostile/often", test_often);
  status = g_test_run ();
  peer_free (peer);
  return status;
}
