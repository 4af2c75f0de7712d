/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#define N_SOCKETS 8

typedef struct
{
  SioServer *server;
  SioNamespace *ns;
  SioSocket *sockets[N_SOCKETS]; /* called a, b, … */
  GString *log;
} Fixture;

/* A copy of a list model that knows only what items-changed told. */
typedef struct
{
  GListModel *model;
  GPtrArray *items;
  guint n_changes;
  gulong handler;
} Shadow;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->ns = sio_server_of (f->server, "/x");
  for (guint i = 0; i < N_SOCKETS; i++)
    f->sockets[i] = fake_socket (f->ns);
  f->log = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      sio_socket_close (f->sockets[i], FALSE);
      g_assert_finalize_object (f->sockets[i]);
    }
  g_assert_finalize_object (f->server);
  g_string_free (f->log, TRUE);
}

static SioSocket *
get (Fixture *f, char name)
{
  return f->sockets[name - 'a'];
}

static char
name_of (Fixture *f, gpointer socket)
{
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      if (f->sockets[i] == socket)
        return (char) ('a' + i);
    }
  return '?';
}

static void
join (Fixture *f, const char *names, const char *room)
{
  for (; *names != '\0'; names++)
    sio_socket_join (get (f, *names), room);
}

static void
shadow_check (Shadow *shadow)
{
  g_assert_cmpuint (shadow->items->len, ==, g_list_model_get_n_items (shadow->model));
  for (guint i = 0; i < shadow->items->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (shadow->model, i);

      g_assert_true (shadow->items->pdata[i] == item);
    }
  g_assert_null (g_list_model_get_item (shadow->model, shadow->items->len));
}

static void
shadow_changed_cb (
    GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Shadow *shadow = user_data;

  shadow->n_changes++;
  g_assert_cmpuint (position + removed, <=, shadow->items->len);
  if (removed > 0)
    g_ptr_array_remove_range (shadow->items, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (shadow->items, (int) (position + i),
                        g_list_model_get_item (model, position + i));
  shadow_check (shadow);
}

static void
shadow_init (Shadow *shadow, GListModel *model)
{
  shadow->model = model;
  shadow->items = g_ptr_array_new_with_free_func (g_object_unref);
  shadow->n_changes = 0;
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    g_ptr_array_add (shadow->items, g_list_model_get_item (model, i));
  shadow->handler =
      g_signal_connect (model, "items-changed", G_CALLBACK (shadow_changed_cb), shadow);
}

static void
shadow_clear (Shadow *shadow)
{
  shadow_check (shadow);
  g_signal_handler_disconnect (shadow->model, shadow->handler);
  g_ptr_array_unref (shadow->items);
}

static int
compare_chars (gconstpointer a, gconstpointer b)
{
  return *(const char *) a - *(const char *) b;
}

static void
assert_members (Fixture *f, SioRoom *room, const char *expected)
{
  g_autoptr (GListModel) members = sio_room_get_members (room);
  g_autofree char *names = g_new0 (char, N_SOCKETS + 2);
  guint n = g_list_model_get_n_items (members);

  g_assert_cmpuint (n, ==, sio_room_get_n_members (room));
  g_assert_cmpuint (n, <=, N_SOCKETS);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SioSocket) socket = g_list_model_get_item (members, i);

      g_assert_true (sio_room_contains (room, socket));
      names[i] = name_of (f, socket);
    }
  qsort (names, n, 1, compare_chars);
  g_assert_cmpstr (names, ==, expected);
}

static void
joined_cb (SioRoom *room, SioSocket *socket, Fixture *f)
{
  g_assert_true (sio_room_contains (room, socket));
  g_string_append_printf (f->log, "+%c%u ", name_of (f, socket), sio_room_get_n_members (room));
}

static void
left_cb (SioRoom *room, SioSocket *socket, Fixture *f)
{
  g_assert_false (sio_room_contains (room, socket));
  g_string_append_printf (f->log, "-%c%u ", name_of (f, socket), sio_room_get_n_members (room));
}

static void
notify_cb (SioRoom *room, GParamSpec *pspec, Fixture *f)
{
  g_string_append_c (f->log, 'n');
}

static void
assert_log (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
watch (Fixture *f, SioRoom *room)
{
  g_signal_connect (room, "joined", G_CALLBACK (joined_cb), f);
  g_signal_connect (room, "left", G_CALLBACK (left_cb), f);
  g_signal_connect (room, "notify::n-members", G_CALLBACK (notify_cb), f);
}

static void
test_members (Fixture *f, gconstpointer data)
{
  g_autoptr (SioRoom) room = NULL;
  g_autoptr (SioRoom) again = NULL;
  g_autoptr (GListModel) members = NULL;
  g_autoptr (SioNamespace) ns = NULL;
  g_autofree char *name = NULL;
  Shadow shadow;
  guint n;

  join (f, "abc", "r");
  room = sio_namespace_get_room (f->ns, "r");
  again = sio_namespace_get_room (f->ns, "r");
  g_assert_true (room == again);
  assert_members (f, room, "abc");
  g_object_get (room, "name", &name, "namespace", &ns, "members", &members, "n-members", &n, NULL);
  g_assert_cmpstr (name, ==, "r");
  g_assert_true (ns == f->ns);
  g_assert_cmpuint (n, ==, 3);
  g_assert_true (g_list_model_get_item_type (members) == SIO_TYPE_SOCKET);
  watch (f, room);
  shadow_init (&shadow, members);

  join (f, "dda", "r");
  assert_log (f, "n+d4 ");
  sio_socket_leave (get (f, 'a'), "r");
  sio_socket_leave (get (f, 'a'), "r");
  assert_log (f, "n-a3 ");
  sio_socket_leave (get (f, 'd'), "other");
  assert_log (f, "");
  assert_members (f, room, "bcd");
  /* one addition, one removal of another than the last: the last took its place */
  g_assert_cmpuint (shadow.n_changes, ==, 3);

  sio_socket_close (get (f, 'b'), FALSE);
  assert_log (f, "n-b2 ");
  assert_members (f, room, "cd");
  shadow_clear (&shadow);
}

static void
test_empty (Fixture *f, gconstpointer data)
{
  g_autoptr (SioRoom) room = sio_namespace_get_room (f->ns, "later");

  assert_members (f, room, "");
  watch (f, room);
  join (f, "a", "later");
  sio_socket_leave (get (f, 'a'), "later");
  join (f, "b", "later");
  assert_log (f, "n+a1 n-a0 n+b1 ");
  assert_members (f, room, "b");
}

static void
test_lifetime (Fixture *f, gconstpointer data)
{
  SioRoom *room = sio_namespace_get_room (f->ns, "r");
  GListModel *members;
  SioSocket *socket;

  join (f, "ab", "r");
  g_assert_finalize_object (room);

  /* The list keeps the room. */
  room = sio_namespace_get_room (f->ns, "r");
  members = sio_room_get_members (room);
  g_assert_cmpuint (g_list_model_get_n_items (members), ==, 2);
  g_object_add_weak_pointer (G_OBJECT (room), (gpointer *) &room);
  g_object_unref (room);
  g_assert_nonnull (room);
  join (f, "c", "r");
  g_assert_cmpuint (g_list_model_get_n_items (members), ==, 3);
  g_assert_finalize_object (members);
  g_assert_null (room);

  /* Members are held. */
  room = sio_namespace_get_room (f->ns, "r");
  socket = fake_socket (f->ns);
  sio_socket_join (socket, "r");
  sio_socket_close (socket, FALSE);
  g_assert_finalize_object (socket);
  g_assert_finalize_object (room);
}

static void
test_own_id (Fixture *f, gconstpointer data)
{
  const char *id = sio_socket_get_id (get (f, 'a'));
  g_autoptr (SioRoom) room = sio_namespace_get_room (f->ns, id);
  g_autoptr (GListModel) rooms = sio_namespace_get_rooms (f->ns);

  watch (f, room);
  assert_members (f, room, "a");
  join (f, "b", id);
  assert_members (f, room, "ab");
  g_assert_cmpuint (g_list_model_get_n_items (rooms), ==, 0);
  sio_socket_close (get (f, 'a'), FALSE);
  assert_members (f, room, "b");
  assert_log (f, "n+b2 n-a1 ");
}

static void
test_emit (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  SioNamespace *ns = sio_server_of (server, "/x");
  guint16 port = server_listen (server);
  g_autoptr (Client) ann = client_open (port, NULL);
  g_autoptr (Client) bob = client_open (port, NULL);
  g_autoptr (SioRoom) room = sio_namespace_get_room (ns, "r");
  g_autofree char *a = client_join (ann, "/x,");
  g_autofree char *b = client_join (bob, "/x,");

  sio_socket_join (sio_namespace_get_socket (ns, a), "r");
  sio_room_emit (room, "one", sio_args_new ("s", "x"));
  client_expect (ann, "2/x,[\"one\",\"x\"]");
  sio_socket_join (sio_namespace_get_socket (ns, b), "r");
  sio_broadcast_emit (sio_broadcast_except (sio_room_broadcast (room), a), "two", NULL);
  client_expect (bob, "2/x,[\"two\"]");
  client_expect_nothing (ann);
  server_close (server);
}

static void
test_rooms (Fixture *f, gconstpointer data)
{
  g_autoptr (GListModel) rooms = NULL;
  g_autoptr (GListModel) again = NULL;
  g_autoptr (SioRoom) room = NULL;
  g_autoptr (SioRoom) first = NULL;
  Shadow shadow;

  join (f, "ab", "r");
  rooms = sio_namespace_get_rooms (f->ns);
  again = sio_namespace_get_rooms (f->ns);
  g_assert_true (rooms == again);
  g_assert_true (g_list_model_get_item_type (rooms) == SIO_TYPE_ROOM);
  g_assert_cmpuint (g_list_model_get_n_items (rooms), ==, 1);
  first = g_list_model_get_item (rooms, 0);
  room = sio_namespace_get_room (f->ns, "r");
  g_assert_true (first == room);

  shadow_init (&shadow, rooms);
  join (f, "abc", "s");
  join (f, "a", "t");
  g_assert_cmpuint (shadow.items->len, ==, 3);
  sio_socket_leave (get (f, 'a'), "r");
  g_assert_cmpuint (shadow.items->len, ==, 3);
  sio_socket_leave (get (f, 'b'), "r");
  g_assert_cmpuint (shadow.items->len, ==, 2);
  sio_socket_close (get (f, 'a'), FALSE);
  g_assert_cmpuint (shadow.items->len, ==, 1);
  g_assert_cmpstr (sio_room_get_name (shadow.items->pdata[0]), ==, "s");
  g_assert_cmpuint (sio_room_get_n_members (room), ==, 0);
  shadow_clear (&shadow);

  /* Nobody has the list: it is made anew. */
  g_object_unref (g_steal_pointer (&again));
  g_assert_finalize_object (g_steal_pointer (&rooms));
  join (f, "b", "u");
  rooms = sio_namespace_get_rooms (f->ns);
  g_assert_cmpuint (g_list_model_get_n_items (rooms), ==, 2);
}

static void
middleware (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  sio_socket_join (socket, "waiting");
  *(GTask **) user_data = g_object_ref (task);
}

static void
test_middleware (Fixture *f, gconstpointer data)
{
  g_autoptr (SioRoom) room = sio_namespace_get_room (f->ns, "waiting");
  g_autoptr (SioSocket) socket = NULL;
  g_autoptr (GTask) task = NULL;

  sio_namespace_use (f->ns, middleware, &task, NULL);
  socket = fake_socket (f->ns);
  WAIT_FOR (task != NULL);
  g_assert_cmpuint (sio_room_get_n_members (room), ==, 1);
  g_assert_finalize_object (g_steal_pointer (&room));
  room = sio_namespace_get_room (f->ns, "waiting");
  g_assert_true (sio_room_contains (room, socket));
  sio_middleware_reject (task, "no", NULL);
  WAIT_FOR (sio_room_get_n_members (room) == 0);
}

/* Makes changes inside of items-changed. */
typedef struct
{
  Fixture *f;
  guint depth;
  guint n_left;
} Meddler;

static void
meddle_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Meddler *meddler = user_data;
  guint n = g_list_model_get_n_items (model);

  g_assert_cmpuint (meddler->depth, ==, 0);
  meddler->depth++;
  if (meddler->n_left > 0)
    {
      meddler->n_left--;
      sio_socket_leave (get (meddler->f, (char) ('a' + meddler->n_left % N_SOCKETS)), "r");
      sio_socket_join (get (meddler->f, (char) ('a' + (meddler->n_left * 3) % N_SOCKETS)), "r");
    }
  /* The list is as announced until the handlers are through. */
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, n);
  meddler->depth--;
}

static void
test_reentrant (Fixture *f, gconstpointer data)
{
  g_autoptr (SioRoom) room = sio_namespace_get_room (f->ns, "r");
  g_autoptr (GListModel) members = sio_room_get_members (room);
  Meddler meddler = { f, 0, 40 };
  Shadow before;
  Shadow after;
  gulong handler;

  join (f, "abcd", "r");
  shadow_init (&before, members);
  handler = g_signal_connect (members, "items-changed", G_CALLBACK (meddle_cb), &meddler);
  shadow_init (&after, members);
  for (guint i = 0; i < 40; i++)
    {
      join (f, "e", "r");
      sio_socket_leave (get (f, 'e'), "r");
    }
  g_assert_cmpuint (meddler.n_left, ==, 0);
  g_assert_cmpuint (sio_adapter_get_room_size (sio_namespace_get_adapter (f->ns), "r"), ==,
                    sio_room_get_n_members (room));
  g_signal_handler_disconnect (members, handler);
  shadow_clear (&before);
  shadow_clear (&after);
}

static void
leave_again_cb (SioRoom *room, SioSocket *socket, gpointer user_data)
{
  sio_socket_leave (socket, sio_room_get_name (room));
}

static void
drop_cb (SioRoom *room, SioSocket *socket, SioRoom **own)
{
  g_clear_object (own);
}

static void
test_handlers (Fixture *f, gconstpointer data)
{
  SioRoom *room = sio_namespace_get_room (f->ns, "r");
  gulong handler;

  /* thrown out at once */
  handler = g_signal_connect (room, "joined", G_CALLBACK (leave_again_cb), NULL);
  watch (f, room);
  join (f, "ab", "r");
  assert_log (f, "n+a1 n-a0 n+b1 n-b0 ");
  g_signal_handler_disconnect (room, handler);

  /* let go inside of its own signal */
  g_signal_connect (room, "left", G_CALLBACK (drop_cb), &room);
  join (f, "c", "r");
  sio_socket_leave (get (f, 'c'), "r");
  g_assert_null (room);
}

static void
test_mass (Fixture *f, gconstpointer data)
{
  g_autoptr (SioRoom) r = sio_namespace_get_room (f->ns, "r");
  g_autoptr (GListModel) r_members = sio_room_get_members (r);
  g_autoptr (SioRoom) s = sio_namespace_get_room (f->ns, "s");
  g_autoptr (GListModel) rooms = sio_namespace_get_rooms (f->ns);
  const char *both[] = { "r", "s", NULL };
  Shadow members;
  Shadow all;

  shadow_init (&members, r_members);
  shadow_init (&all, rooms);
  sio_namespace_sockets_join_async (f->ns, both, NULL, NULL, NULL);
  assert_members (f, r, "abcdefgh");
  assert_members (f, s, "abcdefgh");
  sio_broadcast_sockets_leave_async (
      sio_broadcast_except (sio_room_broadcast (r), sio_socket_get_id (get (f, 'c'))),
      (const char *const[]){ "s", NULL }, NULL, NULL, NULL);
  assert_members (f, s, "c");
  sio_broadcast_disconnect_sockets_async (
      sio_broadcast_except (sio_room_broadcast (r), sio_socket_get_id (get (f, 'h'))), FALSE, NULL,
      NULL, NULL);
  assert_members (f, r, "h");
  assert_members (f, s, "");
  g_assert_cmpuint (g_list_model_get_n_items (rooms), ==, 1);
  server_close (f->server);
  assert_members (f, r, "");
  g_assert_cmpuint (g_list_model_get_n_items (rooms), ==, 0);
  shadow_clear (&members);
  shadow_clear (&all);
}

/* Random changes against what the adapter says, replayed from items-changed. */
static void
test_random (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "0", "1", "2", "3", "4" };
  SioRoom *rooms[G_N_ELEMENTS (names)];
  GListModel *members[G_N_ELEMENTS (names)];
  Shadow shadows[G_N_ELEMENTS (names)];
  g_autoptr (GListModel) list = sio_namespace_get_rooms (f->ns);
  SioAdapter *adapter = sio_namespace_get_adapter (f->ns);
  Shadow list_shadow;

  for (guint r = 0; r < G_N_ELEMENTS (names); r++)
    {
      rooms[r] = sio_namespace_get_room (f->ns, names[r]);
      members[r] = sio_room_get_members (rooms[r]);
      shadow_init (&shadows[r], members[r]);
    }
  shadow_init (&list_shadow, list);

  for (guint step = 0; step < 5000; step++)
    {
      guint i = (guint) g_test_rand_int_range (0, N_SOCKETS);
      guint r = (guint) g_test_rand_int_range (0, (gint32) G_N_ELEMENTS (names));
      g_auto (GStrv) existing = NULL;
      int what = g_test_rand_int_range (0, 20);

      if (what == 0)
        {
          sio_socket_close (f->sockets[i], FALSE);
          g_object_unref (f->sockets[i]);
          f->sockets[i] = fake_socket (f->ns);
        }
      else if (what == 1)
        sio_broadcast_sockets_leave_async (sio_namespace_to (f->ns, names[r]),
                                           (const char *const[]){ names[i % 5], NULL }, NULL, NULL,
                                           NULL);
      else if (what < 11)
        sio_socket_join (f->sockets[i], names[r]);
      else
        sio_socket_leave (f->sockets[i], names[r]);

      for (r = 0; r < G_N_ELEMENTS (names); r++)
        {
          g_autoptr (GPtrArray) expected = sio_adapter_list_room_sockets (adapter, names[r]);

          g_assert_cmpuint (expected->len, ==, sio_room_get_n_members (rooms[r]));
          for (guint j = 0; j < expected->len; j++)
            g_assert_true (sio_room_contains (rooms[r], expected->pdata[j]));
          shadow_check (&shadows[r]);
        }
      existing = sio_adapter_list_rooms (adapter);
      g_assert_cmpuint (g_strv_length (existing), ==, list_shadow.items->len);
      for (guint j = 0; j < list_shadow.items->len; j++)
        g_assert_true (g_strv_contains ((const char *const *) existing,
                                        sio_room_get_name (list_shadow.items->pdata[j])));
    }

  for (guint r = 0; r < G_N_ELEMENTS (names); r++)
    {
      g_assert_cmpuint (shadows[r].n_changes, >, 100);
      shadow_clear (&shadows[r]);
      g_object_unref (members[r]);
      g_object_unref (rooms[r]);
    }
  g_assert_cmpuint (list_shadow.n_changes, >, 20);
  shadow_clear (&list_shadow);
}

#define ADD(name, func) g_test_add ("/server/room/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Rooms as objects: members and rooms as live lists");

  ADD ("members", test_members);
  ADD ("empty", test_empty);
  ADD ("lifetime", test_lifetime);
  ADD ("own-id", test_own_id);
  ADD ("rooms", test_rooms);
  ADD ("middleware", test_middleware);
  ADD ("reentrant", test_reentrant);
  ADD ("handlers", test_handlers);
  ADD ("mass", test_mass);
  ADD ("random", test_random);
  g_test_add_func ("/server/room/emit", test_emit);
  return g_test_run ();
}
