/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sio-recovery-image-private.h"
#include "sio-recovery-log-private.h"

typedef struct
{
  SioServer *server;
  SioNamespace *ns;
  SioRecovery *recovery;
  guint16 port;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->ns = sio_server_of (f->server, "/");
  f->recovery = sio_server_get_recovery (f->server);
  sio_recovery_set_enabled (f->recovery, TRUE);
  f->port = server_listen (f->server);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  server_close (f->server);
  g_assert_finalize_object (f->server);
}

static SioArgs *
args_of (const char *json)
{
  g_autoptr (GError) error = NULL;
  SioArgs *args = sio_args_new_from_json (json, -1, &error);

  g_assert_no_error (error);
  return args;
}

/* Joins and returns the pid, and the id in *id. */
static char *
join (Client *client, const char *connect, char **id)
{
  g_autofree char *reply = NULL;
  g_autoptr (SioArgs) args = NULL;
  g_autofree char *list = NULL;
  JsonObject *object;

  client_send (client, connect);
  reply = client_receive (client);
  g_assert_cmpint (reply[0], ==, '0');
  list = g_strdup_printf ("[%s]", strchr (reply, '{'));
  args = args_of (list);
  object = json_node_get_object (sio_args_get_node (args, 0));
  if (id != NULL)
    *id = g_strdup (json_object_get_string_member (object, "sid"));
  return g_strdup (json_object_get_string_member (object, "pid"));
}

/* Receives an event with an offset, which is returned. */
static char *
expect_event (Client *client, const char *start)
{
  g_autofree char *message = client_receive (client);
  char *offset;

  g_assert_true (g_str_has_prefix (message, start));
  g_assert_true (g_str_has_suffix (message, "\"]"));
  message[strlen (message) - 2] = '\0';
  offset = strrchr (message, '"');
  return g_strdup (offset + 1);
}

static Client *
come_back (Fixture *f, const char *pid, const char *offset)
{
  Client *client = client_open (f->port, NULL);
  g_autofree char *connect =
      offset != NULL ? g_strdup_printf ("0{\"pid\":\"%s\",\"offset\":\"%s\"}", pid, offset)
                     : g_strdup_printf ("0{\"pid\":\"%s\"}", pid);

  client_send (client, connect);
  return client;
}

static void
drop (Fixture *f, Client *client, guint n_left)
{
  client_drop (client);
  WAIT_FOR (sio_namespace_get_n_sockets (f->ns) == n_left);
}

static void
test_log (void)
{
  SioLogLimits limits = { 1000, 1 << 20, 1000 };
  g_autoptr (SioTarget) target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  SioRecoveryLog log;

  sio_recovery_log_init (&log);
  for (guint i = 1; i <= 5000; i++)
    sio_recovery_log_append (&log, sio_packet_new_event ("/", "x", sio_args_new ("i", i)), target,
                             i, &limits);
  g_assert_cmpuint (log.head, ==, 5000);
  g_assert_cmpuint (log.head - log.tail, ==, 1000);
  g_assert_null (sio_recovery_log_get (&log, log.tail));
  g_assert_null (sio_recovery_log_get (&log, log.head + 1));
  for (guint64 n = log.tail + 1; n <= log.head; n++)
    {
      g_autofree char *expected = g_strdup_printf ("[\"x\",%u]", (guint) n);
      g_autofree char *json = sio_packet_dup_json (sio_recovery_log_get (&log, n)->packet);

      g_assert_cmpstr (json, ==, expected);
    }
  /* by age */
  sio_recovery_log_expire (&log, &limits, 4900 + 1000);
  g_assert_cmpuint (log.tail, ==, 4899);
  /* by size */
  limits.max_bytes = log.bytes / 2;
  sio_recovery_log_expire (&log, &limits, 4900);
  g_assert_cmpuint (log.bytes, <=, limits.max_bytes);
  g_assert_cmpuint (log.tail, >, 4940);
  g_assert_cmpuint (log.tail, <, 4960);
  sio_recovery_log_clear (&log);
  g_assert_cmpuint (log.bytes, ==, 0);
  g_assert_cmpuint (log.head, ==, 5000);
}

static void
test_offsets (void)
{
  static const char *const other[] = {
    "",           "-",          "abcdefgh",    "abcdefgh-",  "abcdefgh1",
    "abcdefg-1",  "abcdefgh-A", "abcdefgh-1 ", "abcde!gh-1", "abcdefgh-1111111111111",
    "abcdefgh--1"
  };
  static const guint64 numbers[] = { 0, 1, 35, 36, 1295, 1296, G_GUINT64_CONSTANT (1) << 60 };
  char offset[SIO_LOG_OFFSET_SIZE];
  SioRecoveryLog log;
  guint64 number = 7;

  sio_recovery_log_init (&log);
  strcpy (log.epoch, "abcdefgh");
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      sio_recovery_log_format (&log, numbers[i], offset);
      g_assert_cmpint (sio_recovery_log_parse (&log, offset, &number), ==, SIO_OFFSET_OURS);
      g_assert_cmpuint (number, ==, numbers[i]);
    }
  sio_recovery_log_format (&log, 1296, offset);
  g_assert_cmpstr (offset, ==, "abcdefgh-100");
  for (guint i = 0; i < G_N_ELEMENTS (other); i++)
    g_assert_cmpint (sio_recovery_log_parse (&log, other[i], &number), ==, SIO_OFFSET_OTHER);
  g_assert_cmpint (sio_recovery_log_parse (&log, "abcdefgX-1", &number), ==, SIO_OFFSET_FOREIGN);
}

static void
test_state (void)
{
  const char *rooms[] = { "red",
                          "bl\xff"
                          "ue",
                          "", NULL };
  g_autoptr (JsonNode) data = json_from_string ("{\"a\":[1,2.5,\"x\"]}", NULL);
  g_autoptr (SioRecoveryState) state =
      sio_recovery_state_new ("the id", "the pid", rooms, data, "here", 12345);
  g_autoptr (GVariant) variant = g_variant_ref_sink (sio_recovery_state_to_variant (state));
  g_autofree char *text = g_variant_print (variant, FALSE);
  g_autoptr (SioRecoveryState) again = NULL;
  g_autoptr (JsonNode) read = NULL;
  g_autoptr (GError) error = NULL;
  static const char *const bad[] = {
    "(uint32 2, 'a', 'b', @as [], @ms nothing, @ms nothing, int64 0)",
    "(uint32 1, '', 'b', @as [], @ms nothing, @ms nothing, int64 0)",
    "(uint32 1, 'a', '', @as [], @ms nothing, @ms nothing, int64 0)",
    "(uint32 1, 'a', 'b', @as [], @ms '{', @ms nothing, int64 0)",
    "'x'",
  };

  g_assert_cmpstr (text, ==,
                   "(1, 'the id', 'the pid', ['red', 'bl\xef\xbf\xbdue', ''], "
                   "'{\"a\":[1,2.5,\"x\"]}', 'here', 12345)");
  again = sio_recovery_state_new_from_variant (variant, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sio_recovery_state_get_id (again), ==, "the id");
  g_assert_cmpstr (sio_recovery_state_get_pid (again), ==, "the pid");
  g_assert_cmpuint (g_strv_length ((char **) sio_recovery_state_get_rooms (again)), ==, 3);
  g_assert_cmpstr (sio_recovery_state_get_offset (again), ==, "here");
  g_assert_cmpint (sio_recovery_state_get_time (again), ==, 12345);
  read = sio_recovery_state_dup_data (again);
  g_assert_true (json_node_equal (read, data));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GVariant) wrong = g_variant_parse (NULL, bad[i], NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_null (sio_recovery_state_new_from_variant (wrong, &error));
      g_assert_nonnull (error);
      g_clear_error (&error);
    }
}

/* A packet emitted while another one is being delivered comes after it, for all. */
static void
emit_second (SioSocket *socket, const char *reason, const char *description, gpointer user_data)
{
  sio_namespace_emit (user_data, "second", NULL);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  Client *clients[6];
  g_autofree char *big = g_strnfill (4000, 'x');
  g_autofree char *huge = g_strnfill (12 * 1024 * 1024, 'x');
  g_autofree char *start = g_strdup_printf ("2[\"first\",\"%s\",\"", big);
  g_autofree char *pid = NULL;
  g_autofree char *id = NULL;
  g_autoptr (Client) again = NULL;
  SioEngine *engine = sio_server_get_engine (f->server);
  guint64 budget = sio_engine_get_max_buffered_bytes (engine);

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *other = NULL;

      clients[i] = client_open (f->port, NULL);
      if (i == 2)
        pid = join (clients[i], "0", &id);
      else
        other = join (clients[i], "0", NULL);
    }
  g_signal_connect (sio_namespace_get_socket (f->ns, id), "disconnected", G_CALLBACK (emit_second),
                    f->ns);
  /* Its client does not read: the next event ends its session while it is being sent. */
  sio_socket_emit_full (sio_namespace_get_socket (f->ns, id), "fill",
                        sio_args_new_from_string (huge), SIO_EMIT_VOLATILE);
  client_expect_nothing (clients[0]);
  sio_engine_set_max_buffered_bytes (engine, 5000);
  sio_namespace_emit (f->ns, "first", sio_args_new_from_string (big));
  sio_engine_set_max_buffered_bytes (engine, budget);
  g_assert_null (sio_namespace_get_socket (f->ns, id));

  again = come_back (f, pid, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      Client *client = i == 2 ? again : clients[i];
      g_autofree char *first = expect_event (client, start);
      g_autofree char *second = expect_event (client, "2[\"second\",\"");

      g_assert_cmpstr (first, <, second);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    client_free (clients[i]);
  g_assert_cmpuint (sio_recovery_get_n_recovered (f->recovery), ==, 1);
  g_assert_cmpuint (sio_recovery_get_n_replayed (f->recovery), ==, 2);
}

static void
store_reason (SioSocket *socket, const char *reason, const char *description, gpointer user_data)
{
  char **kept = user_data;

  g_assert_null (*kept);
  *kept = g_strdup (reason);
}

/* The client is back before the server noticed that it was gone. */
static void
test_take_over (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) again = NULL;
  g_autoptr (SioSocket) old = NULL;
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  g_autofree char *expected = g_strdup_printf ("0{\"sid\":\"%s\",\"pid\":\"%s\"}", id, pid);
  g_autofree char *reason = NULL;
  g_autofree char *offset = NULL;
  SioSocket *socket;

  g_assert_cmpuint (strlen (pid), >=, 22);
  old = g_object_ref (sio_namespace_get_socket (f->ns, id));
  g_signal_connect (old, "disconnected", G_CALLBACK (store_reason), &reason);
  sio_namespace_emit (f->ns, "x", NULL);
  offset = expect_event (client, "2[\"x\",\"");
  again = come_back (f, pid, offset);
  client_expect (again, expected);
  client_expect_closed (client);
  g_assert_cmpstr (reason, ==, "transport close");
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 1);
  socket = sio_namespace_get_socket (f->ns, id);
  g_assert_true (socket != old);
  g_assert_true (sio_socket_is_recovered (socket));
  g_assert_false (sio_socket_is_recovered (old));

  /* Somebody else with a wrong secret changes nothing. */
  {
    g_autofree char *wrong = g_strdup_printf ("%s!", pid);
    g_autoptr (Client) thief = come_back (f, wrong, offset);
    g_autofree char *reply = client_receive (thief);

    g_assert_null (strstr (reply, id));
    g_assert_true (sio_socket_is_connected (socket));
    g_assert_cmpuint (sio_recovery_get_n_refused (f->recovery, SIO_RECOVERY_ERROR_UNKNOWN_SESSION),
                      ==, 1);
  }
}

/* The application closes the socket in the middle of its return. */
static void
close_cb (SioSocket *socket, GParamSpec *pspec, gpointer user_data)
{
  gboolean *keep = user_data;

  if (sio_socket_is_connected (socket) && *keep)
    sio_session_close (sio_socket_get_session (socket));
  else if (sio_socket_is_connected (socket))
    sio_socket_close (socket, FALSE);
}

static void
watch_middleware (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_signal_connect (socket, "notify::connected", G_CALLBACK (close_cb), user_data);
  sio_middleware_accept (task);
}

static void
test_close_on_return (Fixture *f, gconstpointer data)
{
  gboolean keep = TRUE;
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  guint middleware;

  sio_recovery_set_skip_middlewares (f->recovery, FALSE);
  sio_socket_join (sio_namespace_get_socket (f->ns, id), "red");
  drop (f, client, 0);
  middleware = sio_namespace_use (f->ns, watch_middleware, &keep, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Client) again = come_back (f, pid, NULL);

      WAIT_FOR (sio_recovery_get_n_recovered (f->recovery) == i + 1);
      g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 0);
      keep = FALSE;
    }
  sio_namespace_unuse (f->ns, middleware);
  {
    g_autoptr (Client) again = come_back (f, pid, NULL);
    g_autofree char *reply = client_receive (again);

    g_assert_null (strstr (reply, id));
  }
}

static void
start_anew (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  gboolean *expected = user_data;

  g_assert_true (sio_socket_is_recovered (socket) == *expected);
  g_assert_true (sio_socket_start_anew (socket) == *expected);
  g_assert_false (sio_socket_start_anew (socket));
  g_assert_false (sio_socket_is_recovered (socket));
  g_assert_null (sio_socket_get_data (socket));
  sio_middleware_accept (task);
}

/* A middleware finds that the session is another client's. */
static void
test_start_anew (Fixture *f, gconstpointer data)
{
  gboolean expected = TRUE;
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), "mine");
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  guint middleware;

  sio_recovery_set_skip_middlewares (f->recovery, FALSE);
  sio_socket_join (sio_namespace_get_socket (f->ns, id), "red");
  sio_socket_set_data (sio_namespace_get_socket (f->ns, id), node);
  g_assert_false (sio_socket_start_anew (sio_namespace_get_socket (f->ns, id)));
  drop (f, client, 0);
  sio_broadcast_emit (sio_namespace_to (f->ns, "red"), "secret", NULL);
  middleware = sio_namespace_use (f->ns, start_anew, &expected, NULL);
  {
    g_autoptr (Client) other = come_back (f, pid, NULL);
    g_autofree char *reply = client_receive (other);
    g_autofree char *next = NULL;
    g_autoptr (GPtrArray) sockets = sio_namespace_list_sockets (f->ns);
    SioSocket *socket = g_ptr_array_index (sockets, 0);
    g_auto (GStrv) rooms = sio_socket_list_rooms (socket);

    /* Not the id, not the pid, not the room, and not what was missed. */
    g_assert_true (g_str_has_prefix (reply, "0{\"sid\":\""));
    g_assert_null (strstr (reply, id));
    g_assert_null (strstr (reply, pid));
    g_assert_cmpuint (sockets->len, ==, 1);
    g_assert_cmpuint (g_strv_length (rooms), ==, 1);
    g_assert_cmpstr (rooms[0], ==, sio_socket_get_id (socket));
    sio_socket_emit (socket, "first", NULL);
    next = client_receive (other);
    g_assert_nonnull (strstr (next, "first"));
    g_assert_cmpuint (sio_recovery_get_n_recovered (f->recovery), ==, 0);
    g_ptr_array_set_size (sockets, 0);
    drop (f, other, 0);
  }
  expected = FALSE;
  {
    g_autoptr (Client) fresh = client_open (f->port, NULL);
    g_autofree char *other_id = NULL;
    g_autofree char *other_pid = join (fresh, "0", &other_id);

    g_assert_cmpstr (other_pid, !=, pid);
    drop (f, fresh, 0);
  }
  sio_namespace_unuse (f->ns, middleware);
  /* Its own client gets it. */
  {
    g_autoptr (Client) again = come_back (f, pid, NULL);
    g_autofree char *missed = client_receive (again);
    g_autofree char *reply = client_receive (again);

    g_assert_nonnull (strstr (missed, "secret"));
    g_assert_nonnull (strstr (reply, id));
  }
}

/* What is emitted to a socket whose client is away reaches the next one. */
static void
test_emit_while_away (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) again = NULL;
  g_autoptr (SioSocket) old = NULL;
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  g_autofree char *offset = NULL;

  old = g_object_ref (sio_namespace_get_socket (f->ns, id));
  drop (f, client, 0);
  sio_socket_emit (old, "direct", sio_args_new ("i", 1));
  sio_socket_emit_full (old, "volatile", NULL, SIO_EMIT_VOLATILE);
  again = come_back (f, pid, NULL);
  offset = expect_event (again, "2[\"direct\",1,\"");
  g_free (client_receive (again));
  client_expect_nothing (again);

  /* Not of one that was sent away. */
  sio_socket_close (sio_namespace_get_socket (f->ns, id), FALSE);
  sio_socket_emit (old, "direct", sio_args_new ("i", 2));
  client_expect (again, "1");
  client_expect_nothing (again);
}

static void
test_many_rooms (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  g_autofree char *offset = NULL;
  SioSocket *socket = sio_namespace_get_socket (f->ns, id);

  sio_namespace_emit (f->ns, "start", NULL);
  offset = expect_event (client, "2[\"start\",\"");
  /* Each stay is one that a packet was logged in. */
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *room = g_strdup_printf ("room %u", i);

      sio_socket_join (socket, room);
      sio_broadcast_emit (sio_namespace_to (f->ns, "elsewhere"), "x", NULL);
      if (i % 4 != 0)
        sio_socket_leave (socket, room);
    }
  drop (f, client, 0);
  sio_broadcast_emit (sio_namespace_to (f->ns, "room 8"), "in", NULL);
  sio_broadcast_emit (sio_namespace_to (f->ns, "room 9"), "out", NULL);
  sio_broadcast_emit (sio_namespace_except (f->ns, "room 12"), "but", NULL);
  {
    g_autoptr (Client) again = come_back (f, pid, offset);
    g_autofree char *next = expect_event (again, "2[\"in\",\"");
    g_auto (GStrv) rooms = NULL;

    g_free (client_receive (again));
    client_expect_nothing (again);
    rooms = sio_socket_list_rooms (sio_namespace_get_socket (f->ns, id));
    g_assert_cmpuint (g_strv_length (rooms), ==, 251);
  }
}

/* Whoever was allowed more rooms than others comes back into all of them, but no more. */
static void
test_extra_rooms (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) again = NULL;
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  g_autofree char *expected = g_strdup_printf ("0{\"sid\":\"%s\",\"pid\":\"%s\"}", id, pid);
  SioServer *server = sio_namespace_get_server (f->ns);
  SioSocket *socket = sio_namespace_get_socket (f->ns, id);

  sio_server_set_max_rooms_per_socket (server, 1);
  sio_socket_set_extra_rooms (socket, 2);
  g_assert_true (sio_socket_join (socket, "a"));
  g_assert_true (sio_socket_join (socket, "b"));
  g_assert_true (sio_socket_join (socket, "c"));
  drop (f, client, 0);
  again = come_back (f, pid, NULL);
  client_expect (again, expected);
  socket = sio_namespace_get_socket (f->ns, id);
  g_assert_true (sio_socket_is_in (socket, "a"));
  g_assert_true (sio_socket_is_in (socket, "b"));
  g_assert_true (sio_socket_is_in (socket, "c"));
  g_assert_cmpuint (sio_socket_get_extra_rooms (socket), ==, 0);
  g_assert_false (sio_socket_join (socket, "d"));
}

#define TEST_TYPE_ADAPTER (test_adapter_get_type ())
G_DECLARE_FINAL_TYPE (TestAdapter, test_adapter, TEST, ADAPTER, SioMemoryAdapter)

struct _TestAdapter
{
  SioMemoryAdapter parent_instance;
};

G_DEFINE_FINAL_TYPE (TestAdapter, test_adapter, SIO_TYPE_MEMORY_ADAPTER)

static void
test_adapter_class_init (TestAdapterClass *klass)
{
  SioAdapterClass *plain = g_type_class_ref (SIO_TYPE_ADAPTER);

  SIO_ADAPTER_CLASS (klass)->restore_session_async = plain->restore_session_async;
  g_type_class_unref (plain);
}

static void
test_adapter_init (TestAdapter *self)
{
}

static void
test_unsupported (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  SioNamespace *ns = sio_server_of (server, "/");
  Fixture f = { server, ns, sio_server_get_recovery (server), 0 };

  sio_server_set_adapter_type (server, TEST_TYPE_ADAPTER);
  sio_recovery_set_enabled (f.recovery, TRUE);
  f.port = server_listen (server);
  {
    g_autoptr (Client) client = client_open (f.port, NULL);
    g_autoptr (Client) again = NULL;
    g_autofree char *id = NULL;
    g_autofree char *pid = join (client, "0", &id);
    g_autofree char *reply = NULL;

    sio_namespace_emit (ns, "x", NULL);
    client_expect (client, "2[\"x\"]");
    drop (&f, client, 0);
    again = come_back (&f, pid, "x");
    reply = client_receive (again);
    g_assert_null (strstr (reply, id));
    g_assert_null (strstr (reply, pid));
  }
  g_assert_cmpuint (sio_recovery_get_n_refused (f.recovery, SIO_RECOVERY_ERROR_UNSUPPORTED), ==, 1);
  server_close (server);
}

typedef struct
{
  gboolean done;
  gboolean ok;
  guint n;
  GError *error;
} Result;

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Result *r = user_data;

  r->ok = sio_recovery_save_finish (SIO_RECOVERY (source), result, &r->n, &r->error);
  r->done = TRUE;
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Result *r = user_data;

  r->ok = sio_recovery_load_finish (SIO_RECOVERY (source), result, &r->n, &r->error);
  r->done = TRUE;
}

static Result
run (SioRecovery *recovery, GFile *file, gboolean save)
{
  Result r = { 0 };

  if (save)
    sio_recovery_save_async (recovery, file, NULL, saved_cb, &r);
  else
    sio_recovery_load_async (recovery, file, NULL, loaded_cb, &r);
  WAIT_FOR (r.done);
  return r;
}

static void
expect_failure (SioRecovery *recovery, GFile *file, GQuark domain, int code)
{
  Result r = run (recovery, file, FALSE);

  g_assert_false (r.ok);
  g_assert_error (r.error, domain, code);
  g_clear_error (&r.error);
}

static void
test_file (void)
{
  g_autofree char *dir = g_dir_make_tmp ("sio-recovery-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "sessions", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *contents = NULL;
  g_autofree char *pid = NULL;
  g_autofree char *id = NULL;
  g_autofree char *offset = NULL;
  gsize length;
  GStatBuf status;
  Result r;

  /* Others could read what was there before. */
  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  {
    g_autoptr (SioServer) server = sio_server_new ();
    Fixture f = { server, sio_server_of (server, "/later"), sio_server_get_recovery (server), 0 };
    g_autoptr (Client) client = NULL;

    sio_recovery_set_enabled (f.recovery, TRUE);
    f.port = server_listen (server);
    client = client_open (f.port, NULL);
    pid = join (client, "0/later,", &id);
    sio_socket_join (sio_namespace_get_socket (f.ns, id), "red");
    sio_namespace_emit (f.ns, "one", NULL);
    offset = expect_event (client, "2/later,[\"one\",\"");
    sio_namespace_emit (f.ns, "two", args_of ("[{\"a\":[1]}]"));
    server_close (server);
    r = run (f.recovery, file, TRUE);
    g_assert_no_error (r.error);
    g_assert_cmpuint (r.n, ==, 1);
  }
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));

  {
    g_autoptr (SioServer) server = sio_server_new ();
    Fixture f = { server, NULL, sio_server_get_recovery (server), 0 };
    g_autoptr (Client) client = NULL;
    g_autofree char *connect =
        g_strdup_printf ("0/later,{\"pid\":\"%s\",\"offset\":\"%s\"}", pid, offset);
    g_autofree char *two = NULL;
    g_autofree char *red = NULL;

    sio_recovery_set_enabled (f.recovery, TRUE);
    g_object_set (f.recovery, "max-file-bytes", (guint64) length - 1, NULL);
    expect_failure (f.recovery, file, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
    g_object_set (f.recovery, "max-file-bytes", (guint64) length, NULL);
    /* A damaged one stays. */
    g_assert_true (g_file_set_contents (path, contents, (gssize) length - 1, NULL));
    expect_failure (f.recovery, file, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
    g_assert_true (g_file_set_contents (path, contents, (gssize) length, NULL));
    r = run (f.recovery, file, FALSE);
    g_assert_no_error (r.error);
    g_assert_cmpuint (r.n, ==, 1);
    /* It is true only once. */
    expect_failure (f.recovery, file, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

    /* The namespace comes later than its sessions, and its events count from the start. */
    f.ns = sio_server_of (server, "/later");
    sio_broadcast_emit (sio_namespace_to (f.ns, "red"), "red", NULL);
    f.port = server_listen (server);
    client = client_open (f.port, NULL);
    client_send (client, connect);
    two = expect_event (client, "2/later,[\"two\",{\"a\":[1]},\"");
    red = expect_event (client, "2/later,[\"red\",\"");
    g_free (client_receive (client));
    g_assert_true (sio_socket_is_recovered (sio_namespace_get_socket (f.ns, id)));
    server_close (server);
  }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

/* A client whose session is being given back when it comes a second time. */
static void
keep_task (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_ptr_array_add (user_data, g_object_ref (task));
}

static void
test_twice (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) second = NULL;
  g_autoptr (Client) third = NULL;
  g_autofree char *id = NULL;
  g_autofree char *pid = join (client, "0", &id);
  g_autofree char *start = g_strdup_printf ("0{\"sid\":\"%s\"", id);
  g_autofree char *reply = NULL;

  sio_recovery_set_skip_middlewares (f->recovery, FALSE);
  sio_namespace_use (f->ns, keep_task, tasks, NULL);
  drop (f, client, 0);
  second = come_back (f, pid, NULL);
  WAIT_FOR (tasks->len == 1);
  third = come_back (f, pid, NULL);
  WAIT_FOR (tasks->len == 2);
  sio_middleware_accept (g_ptr_array_index (tasks, 0));
  sio_middleware_accept (g_ptr_array_index (tasks, 1));
  WAIT_FOR (sio_recovery_get_n_recovered (f->recovery) == 2);
  /* The last one has it. */
  reply = client_receive (third);
  g_assert_true (g_str_has_prefix (reply, start));
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 1);
  g_free (client_receive (second));
  client_expect_closed (second);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/recovery/" name, Fixture, NULL, setup, func, teardown)
  g_test_add_func ("/recovery/log", test_log);
  g_test_add_func ("/recovery/offsets", test_offsets);
  g_test_add_func ("/recovery/state", test_state);
  ADD ("order", test_order);
  ADD ("take-over", test_take_over);
  ADD ("close-on-return", test_close_on_return);
  ADD ("start-anew", test_start_anew);
  ADD ("emit-while-away", test_emit_while_away);
  ADD ("many-rooms", test_many_rooms);
  ADD ("extra-rooms", test_extra_rooms);
  ADD ("twice", test_twice);
  g_test_add_func ("/recovery/unsupported", test_unsupported);
  g_test_add_func ("/recovery/file", test_file);
  return g_test_run ();
}
