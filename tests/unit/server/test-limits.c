/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "server-fixture.h"
#include "sio-engine-private.h"
#include "sio-namespace-private.h"

/* What sockets may send, and which rooms they may be in. */

typedef struct
{
  SioServer *server;
  SioNamespace *root;
  SioEngineCounters *counters;
  guint16 port;
  guint n_events;
  SioSocket *socket; /* the last that connected; not owned */
} Fixture;

static void
count_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_events++;
  sio_message_reply (message, NULL);
}

static void
connection_cb (SioServer *server, SioSocket *socket, Fixture *f)
{
  f->socket = socket;
}

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->root = sio_server_of (f->server, "/");
  f->counters = sio_engine_get_counters (sio_server_get_engine (f->server));
  sio_server_on_any (f->server, count_cb, f, NULL);
  g_signal_connect (f->server, "connection", G_CALLBACK (connection_cb), f);
  f->port = server_listen (f->server);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  server_close (f->server);
  g_assert_finalize_object (f->server);
}

/* How many of @n arrived. */
static guint
receive (Fixture *f, SioSocket *socket, const char *packet, guint n)
{
  f->n_events = 0;
  for (guint i = 0; i < n; i++)
    fake_receive (socket, packet, NULL);
  return f->n_events;
}

#define RARE 0.001 /* events a second: none comes back during a test */

static void
test_per_event (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) first = fake_socket (f->root);
  g_autoptr (SioSocket) second = fake_socket (f->root);
  double rate;
  guint burst;
  guint64 max_bytes;

  g_assert_cmpuint (receive (f, first, "2[\"say\",1]", 1000), ==, 1000);
  g_assert_null (first->times);
  sio_namespace_set_event_limit (f->root, "say", RARE, 5, 0);
  g_assert_cmpuint (receive (f, first, "2[\"say\",1]", 1000), ==, 5);
  g_assert_cmpuint (receive (f, first, "2[\"other\",1]", 1000), ==, 1000);
  /* Each socket has its own, and however the name is written. */
  g_assert_cmpuint (receive (f, second, "2[\"s\\u0061y\",1]", 3), ==, 3);
  g_assert_cmpuint (receive (f, second, "2[\"say\",1]", 3), ==, 2);
  g_assert_cmpuint (receive (f, second, "2[\"say\\u0000x\",1]", 3), ==, 3);
  g_assert_cmpuint (sio_namespace_get_n_limited (f->root, "say"), ==, 996);
  g_assert_cmpuint (sio_namespace_get_n_limited (f->root, NULL), ==, 0);
  g_assert_cmpuint (sio_namespace_get_n_limited (f->root, "other"), ==, 0);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_RATE], ==, 996);

  g_assert_true (sio_namespace_get_event_limit (f->root, "say", &rate, &burst, &max_bytes));
  g_assert_cmpfloat (rate, ==, RARE);
  g_assert_cmpuint (burst, ==, 5);
  g_assert_cmpuint (max_bytes, ==, 0);
  g_assert_false (sio_namespace_get_event_limit (f->root, NULL, NULL, NULL, NULL));

  sio_namespace_set_event_limit (f->root, "say", 0, 0, 0);
  g_assert_false (sio_namespace_get_event_limit (f->root, "say", NULL, NULL, NULL));
  g_assert_cmpuint (receive (f, first, "2[\"say\",1]", 1000), ==, 1000);
}

/* All events together, of a namespace and of a server. */
static void
test_all (Fixture *f, gconstpointer data)
{
  SioNamespace *chat = sio_server_of (f->server, "chat");
  g_autoptr (SioSocket) socket = fake_socket (f->root);
  g_autoptr (SioSocket) chatter = fake_socket (chat);
  g_autoptr (SioSocket) other = fake_socket (f->root);

  sio_namespace_on_any (chat, count_cb, f, NULL);
  sio_namespace_set_event_limit (chat, NULL, RARE, 4, 0);
  g_assert_cmpuint (receive (f, chatter, "2/chat,[\"a\"]", 3), ==, 3);
  g_assert_cmpuint (receive (f, chatter, "2/chat,[7]", 3), ==, 1);
  g_assert_cmpuint (receive (f, socket, "2[\"a\"]", 1000), ==, 1000);

  g_object_set (f->server, "max-events-per-second", RARE, "max-event-burst", 10, NULL);
  g_assert_cmpuint (receive (f, socket, "2[\"a\"]", 7), ==, 7);
  g_assert_cmpuint (receive (f, socket, "2[\"b\"]", 7), ==, 3);
  /* One second's worth. */
  sio_server_set_max_events_per_second (f->server, 0.5);
  sio_server_set_max_event_burst (f->server, 0);
  g_assert_cmpuint (receive (f, other, "2[\"b\"]", 100), ==, 1);
  g_assert_cmpuint (sio_namespace_get_n_limited (chat, NULL), ==, 2);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_RATE], ==, 2 + 4 + 99);
}

/* Children follow what is set for their parent, also later. */
static void
test_children (Fixture *f, gconstpointer data)
{
  g_autoptr (GRegex) regex = g_regex_new ("^/room-\\d+$", 0, 0, NULL);
  SioNamespace *parent = sio_server_of_regex (f->server, regex);
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *sid = client_join (client, "/room-1,");
  SioNamespace *child = sio_server_get_namespace (f->server, "/room-1");
  g_autoptr (SioSocket) socket = fake_socket (child);

  sio_namespace_on_any (parent, count_cb, f, NULL);
  g_assert_cmpuint (receive (f, socket, "2/room-1,[\"a\"]", 100), ==, 100);
  sio_namespace_set_event_limit (parent, "a", RARE, 6, 0);
  g_assert_cmpuint (receive (f, socket, "2/room-1,[\"a\"]", 100), ==, 6);
  sio_namespace_set_event_limit (child, "b", RARE, 2, 0);
  g_assert_cmpuint (receive (f, socket, "2/room-1,[\"b\"]", 100), ==, 2);
  g_assert_cmpuint (sio_namespace_get_n_limited (parent, "a"), ==, 94);
  g_assert_cmpuint (sio_namespace_get_n_limited (child, "a"), ==, 0);
  g_assert_cmpuint (sio_namespace_get_n_limited (child, "b"), ==, 98);
}

static void
test_size (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->root);
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  sio_namespace_set_event_limit (f->root, "say", 0, 0, 8);
  sio_server_set_max_event_bytes (f->server, 38);
  g_assert_cmpuint (receive (f, socket, "2[\"say\",\"123456\"]", 10), ==, 10);
  g_assert_cmpuint (receive (f, socket, "2[\"say\",\"1234567\"]", 10), ==, 0);
  g_assert_cmpuint (receive (f, socket, "2[\"other\",\"12345678901234567890\"]", 10), ==, 10);

  g_ptr_array_add (attachments, g_bytes_new_static ("0123456789", 10));
  f->n_events = 0;
  fake_receive (socket, "51-[\"b\",{\"_placeholder\":true,\"num\":0}]", attachments);
  g_assert_cmpuint (f->n_events, ==, 0);
  sio_server_set_max_event_bytes (f->server, 39);
  fake_receive (socket, "51-[\"b\",{\"_placeholder\":true,\"num\":0}]", attachments);
  g_assert_cmpuint (f->n_events, ==, 1);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_SIZE], ==, 11);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_RATE], ==, 0);
}

/* Dropped ones get no acknowledgement; the connection stays. */
static void
test_drop (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *sid = client_join (client, "");

  sio_namespace_set_event_limit (f->root, "say", RARE, 2, 0);
  client_send_burst (client, "21[\"say\"]", "22[\"say\"]", "23[\"say\"]", "24[\"ask\"]", NULL);
  client_expect (client, "31[]");
  client_expect (client, "32[]");
  client_expect (client, "34[]");
  g_assert_cmpuint (f->n_events, ==, 3);
  g_assert_cmpuint (sio_engine_get_n_violations (sio_server_get_engine (f->server)), ==, 1);
}

static void
test_disconnect (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *sid = client_join (client, "");

  sio_server_set_max_events_per_second (f->server, RARE);
  sio_server_set_event_limit_action (f->server, SIO_EVENT_LIMIT_ACTION_DISCONNECT);
  client_send_burst (client, "21[\"say\"]", "22[\"say\"]", "23[\"say\"]", NULL);
  client_expect (client, "31[]");
  client_expect_closed (client);
  g_assert_cmpuint (f->n_events, ==, 1);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_RATE], ==, 1);
  g_assert_cmpuint (sio_engine_get_n_violations (sio_server_get_engine (f->server)), ==, 1);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->root), ==, 0);
}

/* @data: whether the engine says so, or the server */
static void
test_count (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->root);

  sio_server_set_event_limit_action (f->server, SIO_EVENT_LIMIT_ACTION_DISCONNECT);
  if (data != NULL)
    sio_engine_set_enforce_limits (sio_server_get_engine (f->server), FALSE);
  else
    sio_server_set_event_limit_action (f->server, SIO_EVENT_LIMIT_ACTION_COUNT);
  sio_namespace_set_event_limit (f->root, "say", RARE, 1, 4);
  g_assert_cmpuint (receive (f, socket, "2[\"say\"]", 10), ==, 10);
  g_assert_cmpuint (receive (f, socket, "2[\"say\",12345]", 10), ==, 10);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_RATE], ==, 9);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_SIZE], ==, 10);
  g_assert_cmpuint (sio_engine_get_n_violations (sio_server_get_engine (f->server)), ==, 0);
}

static guint
count_rooms (SioSocket *socket)
{
  g_auto (GStrv) rooms = sio_socket_list_rooms (socket);

  return g_strv_length (rooms) - 1;
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *done = user_data;
  g_autoptr (GError) error = NULL;

  sio_namespace_sockets_join_finish (SIO_NAMESPACE (source), result, &error);
  g_assert_no_error (error);
  *done = TRUE;
}

static void
test_rooms (Fixture *f, gconstpointer data)
{
  static const char *const more[] = { "a", "d", "e", NULL };
  g_autoptr (SioSocket) socket = fake_socket (f->root);
  SioAdapter *adapter = sio_namespace_get_adapter (f->root);
  gboolean done = FALSE;

  g_assert_cmpuint (sio_server_get_max_rooms_per_socket (f->server), ==, 10000);
  g_object_set (f->server, "max-rooms-per-socket", 3, NULL);
  g_assert_true (sio_socket_join (socket, "a"));
  g_assert_true (sio_socket_join (socket, "b"));
  g_assert_true (sio_socket_join (socket, "c"));
  g_assert_true (sio_socket_join (socket, "a"));
  g_assert_true (sio_socket_join (socket, sio_socket_get_id (socket)));
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 0);

  g_assert_false (sio_socket_join (socket, "d"));
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 1);
  sio_adapter_add_all (adapter, socket, more);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 3);
  sio_namespace_sockets_join_async (f->root, more, NULL, joined_cb, &done);
  WAIT_FOR (done);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 5);
  g_assert_cmpuint (count_rooms (socket), ==, 3);
  /* Nobody hears of a room that did not come to be. */
  {
    g_auto (GStrv) rooms = sio_adapter_list_rooms (adapter);

    g_assert_false (g_strv_contains ((const char *const *) rooms, "d"));
  }

  sio_socket_leave (socket, "b");
  g_assert_true (sio_socket_join (socket, "d"));
  sio_server_set_max_rooms_per_socket (f->server, 1);
  g_assert_cmpuint (count_rooms (socket), ==, 3);
  g_assert_false (sio_socket_join (socket, "e"));

  sio_engine_set_enforce_limits (sio_server_get_engine (f->server), FALSE);
  g_assert_true (sio_socket_join (socket, "e"));
  g_assert_cmpuint (count_rooms (socket), ==, 4);
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 7);
  sio_engine_set_enforce_limits (sio_server_get_engine (f->server), TRUE);
  sio_server_set_max_rooms_per_socket (f->server, 0);
  g_assert_true (sio_socket_join (socket, "f"));
}

/* Rooms that the application adds leave the limit to those that clients choose. */
static void
test_extra_rooms (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->root);
  guint n_rooms;

  sio_server_set_max_rooms_per_socket (f->server, 1);
  g_assert_true (sio_socket_join (socket, "a"));
  g_assert_false (sio_socket_join (socket, "b"));
  sio_socket_set_extra_rooms (socket, 2);
  g_assert_cmpuint (sio_socket_get_extra_rooms (socket), ==, 2);
  g_assert_true (sio_socket_join (socket, "b"));
  g_assert_true (sio_socket_join (socket, "c"));
  g_assert_false (sio_socket_join (socket, "d"));
  g_object_set (socket, "extra-rooms", 0, NULL);
  g_object_get (socket, "extra-rooms", &n_rooms, NULL);
  g_assert_cmpuint (n_rooms, ==, 0);
  g_assert_cmpuint (count_rooms (socket), ==, 3);
  g_assert_true (sio_socket_join (socket, "c"));
  g_assert_false (sio_socket_join (socket, "d"));
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 3);
  sio_socket_set_extra_rooms (socket, G_MAXUINT16);
  g_assert_true (sio_socket_join (socket, "d"));
}

static void
create_room_cb (SioAdapter *adapter, const char *room, SioSocket *socket)
{
  if (g_str_equal (room, "outer"))
    g_assert_true (sio_socket_join (socket, "inner"));
}

/* Who is told of a new room may join others first. */
static void
test_rooms_nested (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = fake_socket (f->root);
  SioAdapter *adapter = sio_namespace_get_adapter (f->root);
  g_auto (GStrv) rooms = NULL;

  sio_server_set_max_rooms_per_socket (f->server, 1);
  g_signal_connect (adapter, "create-room", G_CALLBACK (create_room_cb), socket);
  g_assert_false (sio_socket_join (socket, "outer"));
  g_assert_cmpuint (count_rooms (socket), ==, 1);
  rooms = sio_adapter_list_rooms (adapter);
  g_assert_false (g_strv_contains ((const char *const *) rooms, "outer"));
  g_assert_cmpuint (f->counters->limited[SIO_LIMITED_ROOMS], ==, 1);
  g_signal_handlers_disconnect_by_func (adapter, create_room_cb, socket);
}

#define ADD(path, data, func) g_test_add (path, Fixture, data, setup, func, teardown)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("What sockets may send, and which rooms they may be in.");

  ADD ("/limits/events/per-event", NULL, test_per_event);
  ADD ("/limits/events/all", NULL, test_all);
  ADD ("/limits/events/children", NULL, test_children);
  ADD ("/limits/events/size", NULL, test_size);
  ADD ("/limits/events/drop", NULL, test_drop);
  ADD ("/limits/events/disconnect", NULL, test_disconnect);
  ADD ("/limits/events/count", NULL, test_count);
  ADD ("/limits/events/count-all", "engine", test_count);
  ADD ("/limits/rooms", NULL, test_rooms);
  ADD ("/limits/rooms-extra", NULL, test_extra_rooms);
  ADD ("/limits/rooms/nested", NULL, test_rooms_nested);
  return g_test_run ();
}
