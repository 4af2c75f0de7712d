/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#define N_SOCKETS 6

typedef struct
{
  SioServer *server;
  SioNamespace *ns;
  SioAdapter *adapter;
  SioSocket *sockets[N_SOCKETS]; /* called a, b, … */
  GString *log;
  SioTarget *inner;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->ns = sio_server_of (f->server, "/x");
  f->adapter = sio_namespace_get_adapter (f->ns);
  for (guint i = 0; i < N_SOCKETS; i++)
    f->sockets[i] = fake_socket (f->ns);
  f->log = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) rooms = NULL;

  for (guint i = 0; i < N_SOCKETS; i++)
    {
      sio_socket_close (f->sockets[i], FALSE);
      g_assert_finalize_object (f->sockets[i]);
    }
  rooms = sio_adapter_list_rooms (f->adapter);
  g_assert_cmpuint (g_strv_length (rooms), ==, 0);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 0);
  g_assert_finalize_object (f->server);
  g_string_free (f->log, TRUE);
}

static char
name_of (Fixture *f, SioSocket *socket)
{
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      if (f->sockets[i] == socket)
        return (char) ('a' + i);
    }
  return '?';
}

static SioSocket *
get (Fixture *f, char name)
{
  return f->sockets[name - 'a'];
}

static void
join (Fixture *f, const char *names, const char *room)
{
  for (; *names != '\0'; names++)
    sio_socket_join (get (f, *names), room);
}

static void
log_cb (SioSocket *socket, gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append_c (f->log, name_of (f, socket));
}

static int
compare_chars (gconstpointer a, gconstpointer b)
{
  return *(const char *) a - *(const char *) b;
}

static void
assert_log (Fixture *f, const char *expected)
{
  qsort (f->log->str, f->log->len, 1, compare_chars);
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

/* Who is meant by the broadcast? Releases a floating one. */
static void
assert_target (Fixture *f, SioBroadcast *broadcast, const char *expected)
{
  g_autoptr (SioTarget) target = NULL;

  g_object_ref_sink (broadcast);
  target = sio_broadcast_get_target (broadcast);
  g_object_unref (broadcast);
  sio_adapter_foreach_socket (f->adapter, target, log_cb, f);
  assert_log (f, expected);
}

static void
test_join_leave (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) rooms = NULL;
  g_auto (GStrv) all = NULL;

  join (f, "ab", "r");
  join (f, "a", "r");
  join (f, "a", "s");
  rooms = sio_socket_list_rooms (get (f, 'a'));
  g_assert_cmpuint (g_strv_length (rooms), ==, 3);
  g_assert_cmpuint (sio_socket_get_n_rooms (get (f, 'a')), ==, 3);
  g_assert_cmpuint (sio_socket_get_n_rooms (get (f, 'c')), ==, 1);
  g_assert_true (g_strv_contains ((const char *const *) rooms, sio_socket_get_id (get (f, 'a'))));
  g_assert_true (g_strv_contains ((const char *const *) rooms, "r"));
  g_assert_true (g_strv_contains ((const char *const *) rooms, "s"));
  all = sio_adapter_list_rooms (f->adapter);
  g_assert_cmpuint (g_strv_length (all), ==, 2);
  g_assert_cmpuint (sio_adapter_get_room_size (f->adapter, "r"), ==, 2);
  g_assert_cmpuint (sio_adapter_get_room_size (f->adapter, sio_socket_get_id (get (f, 'c'))), ==,
                    1);
  g_assert_cmpuint (sio_adapter_get_room_size (f->adapter, "none"), ==, 0);

  sio_socket_leave (get (f, 'a'), "r");
  sio_socket_leave (get (f, 'a'), "r");
  sio_socket_leave (get (f, 'a'), "none");
  assert_target (f, sio_namespace_to (f->ns, "r"), "b");
  assert_target (f, sio_namespace_to (f->ns, "s"), "a");

  sio_socket_close (get (f, 'b'), FALSE);
  assert_target (f, sio_namespace_to (f->ns, "r"), "");
  sio_socket_join (get (f, 'b'), "r");
  assert_target (f, sio_namespace_to (f->ns, "r"), "");
  g_strfreev (rooms);
  rooms = sio_socket_list_rooms (get (f, 'b'));
  g_assert_cmpuint (g_strv_length (rooms), ==, 0);
  g_assert_cmpuint (sio_socket_get_n_rooms (get (f, 'b')), ==, 0);
}

static void
test_targets (Fixture *f, gconstpointer data)
{
  const char *a = sio_socket_get_id (get (f, 'a'));
  const char *b = sio_socket_get_id (get (f, 'b'));
  SioBroadcast *many;

  join (f, "abc", "r");
  join (f, "bcd", "s");
  join (f, "c", "t");

  assert_target (f, sio_namespace_broadcast (f->ns), "abcdef");
  assert_target (f, sio_namespace_local (f->ns), "abcdef");
  assert_target (f, sio_namespace_to (f->ns, "r"), "abc");
  assert_target (f, sio_namespace_in (f->ns, "none"), "");
  assert_target (f, sio_broadcast_to (sio_namespace_to (f->ns, "r"), "s"), "abcd");
  assert_target (f, sio_broadcast_in (sio_namespace_to (f->ns, "r"), "r"), "abc");
  assert_target (f, sio_broadcast_to (sio_namespace_to (f->ns, "r"), "none"), "abc");
  assert_target (f, sio_namespace_to (f->ns, a), "a");
  assert_target (f, sio_broadcast_to (sio_namespace_to (f->ns, a), b), "ab");
  assert_target (f, sio_broadcast_to (sio_namespace_to (f->ns, a), "r"), "abc");

  assert_target (f, sio_namespace_except (f->ns, "r"), "def");
  assert_target (f, sio_namespace_except (f->ns, a), "bcdef");
  assert_target (f, sio_namespace_except (f->ns, "none"), "abcdef");
  assert_target (f, sio_broadcast_except (sio_namespace_to (f->ns, "r"), "s"), "a");
  assert_target (f, sio_broadcast_except (sio_namespace_to (f->ns, "r"), "r"), "");
  assert_target (f, sio_broadcast_except (sio_namespace_except (f->ns, "r"), "s"), "ef");
  assert_target (f, sio_broadcast_except (sio_namespace_to (f->ns, a), a), "");

  assert_target (f, sio_socket_broadcast (get (f, 'a')), "bcdef");
  assert_target (f, sio_socket_local (get (f, 'a')), "bcdef");
  assert_target (f, sio_socket_to (get (f, 'a'), "r"), "bc");
  assert_target (f, sio_socket_in (get (f, 'e'), "r"), "abc");
  assert_target (f, sio_socket_except (get (f, 'a'), "s"), "ef");
  assert_target (f, sio_socket_to (get (f, 'a'), a), "");
  assert_target (f, sio_socket_to (get (f, 'a'), b), "b");

  /* more ids than are compared one by one */
  many = g_object_ref_sink (sio_namespace_broadcast (f->ns));
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      SioBroadcast *fewer = sio_broadcast_except (many, sio_socket_get_id (f->sockets[i]));

      g_object_unref (many);
      many = g_object_ref_sink (fewer);
      assert_target (f, many, "bcdef" + i);
    }
  g_assert_finalize_object (many);

  /* A room called like the id of a socket has both. */
  sio_socket_join (get (f, 'f'), a);
  assert_target (f, sio_namespace_to (f->ns, a), "af");
  assert_target (f, sio_namespace_except (f->ns, a), "bcde");
  g_assert_cmpuint (sio_adapter_get_room_size (f->adapter, a), ==, 2);
}

static void
test_immutable (Fixture *f, gconstpointer data)
{
  g_autoptr (SioBroadcast) base = g_object_ref_sink (sio_namespace_to (f->ns, "r"));
  g_autoptr (SioTarget) target = NULL;
  SioBroadcast *other;

  join (f, "ab", "r");
  join (f, "bc", "s");
  other = sio_broadcast_except (
      sio_broadcast_volatile (sio_broadcast_timeout (sio_broadcast_local (base), 7)), "s");
  g_assert_true (other != base);
  g_assert_true (g_object_is_floating (other));
  g_object_ref_sink (other);
  target = sio_broadcast_get_target (other);
  g_assert_cmpint (sio_target_get_flags (target), ==, SIO_EMIT_LOCAL | SIO_EMIT_VOLATILE);
  g_assert_cmpuint (sio_target_get_timeout (target), ==, 7);
  g_assert_cmpstr (sio_target_get_rooms (target)[0], ==, "r");
  g_assert_cmpstr (sio_target_get_except (target)[0], ==, "s");
  g_clear_pointer (&target, sio_target_unref);
  g_assert_finalize_object (other);

  target = sio_broadcast_get_target (base);
  g_assert_cmpint (sio_target_get_flags (target), ==, SIO_EMIT_NONE);
  g_assert_null (sio_target_get_except (target)[0]);
  assert_target (f, base, "ab");
  g_clear_pointer (&target, sio_target_unref);

  /* kept with a reference while it floats, as bindings may do */
  other = sio_broadcast_compress (sio_namespace_to (f->ns, "r"), FALSE);
  g_object_ref (other);
  sio_broadcast_emit (other, "x", NULL);
  g_assert_false (g_object_is_floating (other));
  sio_broadcast_emit (other, "x", NULL);
  g_assert_finalize_object (other);
}

static void
leave_all_cb (SioSocket *socket, gpointer user_data)
{
  Fixture *f = user_data;

  log_cb (socket, f);
  for (guint i = 0; i < N_SOCKETS; i++)
    {
      sio_socket_leave (f->sockets[i], "r");
      sio_socket_leave (f->sockets[i], "s");
    }
}

static void
rejoin_cb (SioSocket *socket, gpointer user_data)
{
  Fixture *f = user_data;

  log_cb (socket, f);
  sio_socket_leave (socket, "r");
  sio_socket_join (socket, "r");
  sio_socket_join (get (f, 'f'), "r");
}

static void
close_next_cb (SioSocket *socket, gpointer user_data)
{
  Fixture *f = user_data;
  char name = name_of (f, socket);

  log_cb (socket, f);
  if (name < 'f')
    sio_socket_close (get (f, (char) (name + 1)), FALSE);
}

static void
close_all_cb (SioSocket *socket, gpointer user_data)
{
  Fixture *f = user_data;

  log_cb (socket, f);
  for (guint i = 0; i < N_SOCKETS; i++)
    sio_socket_close (f->sockets[i], FALSE);
}

static SioTarget *
target (const char *rooms, const char *except)
{
  g_auto (GStrv) a = g_strsplit (rooms, ",", -1);
  g_auto (GStrv) b = g_strsplit (except, ",", -1);

  return sio_target_new ((const char *const *) a, (const char *const *) b, SIO_EMIT_NONE, 0);
}

static void
test_leave_while_walking (Fixture *f, gconstpointer data)
{
  g_autoptr (SioTarget) one = target ("r", "");
  g_autoptr (SioTarget) two = target ("r,s", "t");
  g_autoptr (SioTarget) all = target ("", "");

  join (f, "abc", "r");
  join (f, "cde", "s");
  join (f, "f", "t");
  sio_adapter_foreach_socket (f->adapter, one, leave_all_cb, f);
  g_assert_cmpuint (f->log->len, ==, 1);
  g_string_truncate (f->log, 0);
  assert_target (f, sio_namespace_to (f->ns, "r"), "");

  join (f, "abc", "r");
  join (f, "cde", "s");
  sio_adapter_foreach_socket (f->adapter, two, leave_all_cb, f);
  g_assert_cmpuint (f->log->len, ==, 1);
  g_string_truncate (f->log, 0);

  join (f, "abcd", "r");
  sio_adapter_foreach_socket (f->adapter, one, rejoin_cb, f);
  assert_log (f, "abcd");
  assert_target (f, sio_namespace_to (f->ns, "r"), "abcdf");

  sio_adapter_foreach_socket (f->adapter, all, close_next_cb, f);
  assert_log (f, "ace");
  assert_target (f, sio_namespace_to (f->ns, "r"), "ac");
  assert_target (f, sio_namespace_broadcast (f->ns), "ace");
}

static void
test_close_while_walking (Fixture *f, gconstpointer data)
{
  g_autoptr (SioTarget) rooms = target ("r,s", "");

  join (f, "abc", "r");
  join (f, "cde", "s");
  sio_adapter_foreach_socket (f->adapter, rooms, close_all_cb, f);
  g_assert_cmpuint (f->log->len, ==, 1);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 0);
}

static void
walk_again_cb (SioSocket *socket, gpointer user_data)
{
  Fixture *f = user_data;

  log_cb (socket, f);
  sio_adapter_foreach_socket (f->adapter, f->inner, log_cb, f);
}

static void
test_walk_in_walk (Fixture *f, gconstpointer data)
{
  g_autoptr (SioTarget) outer = target ("r,s", "t");

  f->inner = target ("s,r", "u");
  join (f, "abcd", "r");
  join (f, "cdef", "s");
  join (f, "d", "t");
  join (f, "e", "u");
  sio_adapter_foreach_socket (f->adapter, outer, walk_again_cb, f);
  /* outer: a b c e f, and each time inner: a b c d f */
  assert_log (f, "aaaaaabbbbbbccccccdddddeffffff");
  sio_target_unref (f->inner);
}

static void
signal_cb (SioAdapter *adapter, const char *room, SioSocket *socket, GString *log)
{
  g_string_append_printf (log, "join %s ", room);
}

static void
left_cb (SioAdapter *adapter, const char *room, SioSocket *socket, GString *log)
{
  g_string_append_printf (log, "leave %s ", room);
}

static void
created_cb (SioAdapter *adapter, const char *room, GString *log)
{
  g_string_append_printf (log, "create %s ", room);
}

static void
deleted_cb (SioAdapter *adapter, const char *room, GString *log)
{
  g_string_append_printf (log, "delete %s ", room);
}

static void
test_signals (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = NULL;
  g_autofree char *expected = NULL;
  const char *id;

  g_signal_connect (f->adapter, "create-room", G_CALLBACK (created_cb), f->log);
  g_signal_connect (f->adapter, "join-room", G_CALLBACK (signal_cb), f->log);
  g_signal_connect (f->adapter, "leave-room", G_CALLBACK (left_cb), f->log);
  g_signal_connect (f->adapter, "delete-room", G_CALLBACK (deleted_cb), f->log);

  join (f, "aab", "r");
  g_assert_cmpstr (f->log->str, ==, "create r join r join r ");
  g_string_truncate (f->log, 0);
  sio_socket_leave (get (f, 'a'), "r");
  sio_socket_leave (get (f, 'a'), "r");
  sio_socket_leave (get (f, 'b'), "r");
  g_assert_cmpstr (f->log->str, ==, "leave r leave r delete r ");
  g_string_truncate (f->log, 0);

  socket = fake_socket (f->ns);
  id = sio_socket_get_id (socket);
  sio_socket_join (socket, "q");
  sio_socket_close (socket, FALSE);
  expected = g_strdup_printf ("create %s join %s create q join q leave q delete q leave %s "
                              "delete %s ",
                              id, id, id, id);
  g_assert_cmpstr (f->log->str, ==, expected);
  g_signal_handlers_disconnect_by_data (f->adapter, f->log);
}

static void
watch_signals (Fixture *f)
{
  g_signal_connect (f->adapter, "create-room", G_CALLBACK (created_cb), f->log);
  g_signal_connect (f->adapter, "join-room", G_CALLBACK (signal_cb), f->log);
  g_signal_connect (f->adapter, "leave-room", G_CALLBACK (left_cb), f->log);
  g_signal_connect (f->adapter, "delete-room", G_CALLBACK (deleted_cb), f->log);
}

static void
assert_signals (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
rejoin_left_cb (SioAdapter *adapter, const char *room, SioSocket *socket, gpointer user_data)
{
  /* once */
  g_signal_handlers_disconnect_by_func (adapter, rejoin_left_cb, user_data);
  if (g_str_equal (room, "r"))
    sio_socket_join (user_data, room);
}

static void
join_created_cb (SioAdapter *adapter, const char *room, gpointer user_data)
{
  if (g_str_equal (room, "r"))
    sio_socket_join (user_data, room);
}

static void
pass_through_cb (SioAdapter *adapter, const char *room, gpointer user_data)
{
  g_signal_handlers_disconnect_by_func (adapter, pass_through_cb, user_data);
  sio_socket_join (user_data, room);
  sio_socket_leave (user_data, room);
}

static void
close_created_cb (SioAdapter *adapter, const char *room, gpointer user_data)
{
  sio_socket_close (user_data, FALSE);
}

/* The order holds when handlers change what is being announced. */
static void
test_signals_reentrant (Fixture *f, gconstpointer data)
{
  gulong handler;

  watch_signals (f);
  /* somebody comes while the last one leaves: the room stays */
  join (f, "a", "r");
  assert_signals (f, "create r join r ");
  g_signal_connect (f->adapter, "leave-room", G_CALLBACK (rejoin_left_cb), get (f, 'b'));
  sio_socket_leave (get (f, 'a'), "r");
  assert_signals (f, "leave r join r ");
  assert_target (f, sio_namespace_to (f->ns, "r"), "b");
  sio_socket_leave (get (f, 'b'), "r");
  assert_signals (f, "leave r delete r ");

  /* somebody else joins while it is made: it is made once */
  handler =
      g_signal_connect (f->adapter, "create-room", G_CALLBACK (join_created_cb), get (f, 'b'));
  join (f, "a", "r");
  g_signal_handler_disconnect (f->adapter, handler);
  assert_signals (f, "create r join r join r ");
  assert_target (f, sio_namespace_to (f->ns, "r"), "ab");

  /* somebody passes through: it goes, and is made again */
  g_signal_connect (f->adapter, "create-room", G_CALLBACK (pass_through_cb), get (f, 'c'));
  join (f, "a", "s");
  assert_signals (f, "create s join s leave s delete s create s join s ");
  assert_target (f, sio_namespace_to (f->ns, "s"), "a");

  /* who is to join gets lost: the room goes */
  handler =
      g_signal_connect (f->adapter, "create-room", G_CALLBACK (close_created_cb), get (f, 'd'));
  g_string_truncate (f->log, 0);
  join (f, "d", "t");
  g_signal_handler_disconnect (f->adapter, handler);
  g_assert_true (g_str_has_prefix (f->log->str, "create t "));
  g_assert_true (g_str_has_suffix (f->log->str, " delete t "));
  g_assert_null (strstr (f->log->str, "join t"));
  g_assert_cmpuint (sio_adapter_get_room_size (f->adapter, "t"), ==, 0);
  g_signal_handlers_disconnect_by_data (f->adapter, f->log);
}

/* The room of a socket's own id, also when others are in it. */
static void
test_signals_own_id (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) socket = NULL;
  g_autofree char *expected = NULL;
  const char *id;

  watch_signals (f);
  socket = fake_socket (f->ns);
  id = sio_socket_get_id (socket);
  join (f, "a", id);
  sio_socket_leave (get (f, 'a'), id);
  join (f, "a", id);
  sio_socket_close (socket, FALSE);
  sio_socket_leave (get (f, 'a'), id);
  expected = g_strdup_printf ("create %s join %s join %s leave %s join %s leave %s leave %s "
                              "delete %s ",
                              id, id, id, id, id, id, id, id);
  assert_signals (f, expected);
  g_signal_handlers_disconnect_by_data (f->adapter, f->log);
}

/* Every room that was made is deleted, and everybody who joined leaves, at once or with all. */
static void
test_signals_mass (Fixture *f, gconstpointer data)
{
  const char *how = data;
  guint counts[4] = { 0 };
  g_auto (GStrv) words = NULL;

  join (f, "abcdef", "r");
  join (f, "abc", "s");
  watch_signals (f);
  if (how == NULL)
    server_close (f->server);
  else
    sio_namespace_disconnect_sockets_async (f->ns, FALSE, NULL, NULL, NULL);
  words = g_strsplit (f->log->str, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      counts[0] += g_str_equal (words[i], "create");
      counts[1] += g_str_equal (words[i], "join");
      counts[2] += g_str_equal (words[i], "leave");
      counts[3] += g_str_equal (words[i], "delete");
    }
  g_assert_cmpuint (counts[0], ==, 0);
  g_assert_cmpuint (counts[1], ==, 0);
  /* 6 in r, 3 in s, and the own ids */
  g_assert_cmpuint (counts[2], ==, 6 + 3 + N_SOCKETS);
  g_assert_cmpuint (counts[3], ==, 2 + N_SOCKETS);
  g_assert_nonnull (strstr (f->log->str, "leave r delete r "));
  g_assert_nonnull (strstr (f->log->str, "leave s delete s "));
  g_signal_handlers_disconnect_by_data (f->adapter, f->log);
  g_string_truncate (f->log, 0);
}

static void
test_operators (Fixture *f, gconstpointer data)
{
  static const char *const rs[] = { "r", "s", NULL };
  static const char *const none[] = { NULL };
  SioNamespace *root = sio_server_of (f->server, "/");
  g_autoptr (SioBroadcast) broadcast = NULL;
  g_autoptr (SioTarget) target = NULL;

  join (f, "ab", "r");
  join (f, "bc", "s");
  assert_target (f, sio_namespace_to_rooms (f->ns, rs), "abc");
  assert_target (f, sio_namespace_to_rooms (f->ns, none), "abcdef");
  assert_target (f, sio_namespace_except_rooms (f->ns, rs), "def");
  assert_target (f, sio_socket_to_rooms (get (f, 'b'), rs), "ac");
  assert_target (f, sio_socket_except_rooms (get (f, 'e'), rs), "df");
  assert_target (f, sio_broadcast_except_rooms (sio_namespace_to (f->ns, "r"), rs), "");

  /* the server's are those of the default namespace */
  g_assert_true (sio_server_get_namespace (f->server, "/") == root);
  broadcast = g_object_ref_sink (sio_broadcast_compress (
      sio_broadcast_volatile (sio_broadcast_timeout (
          sio_broadcast_except (sio_server_to_rooms (f->server, rs), "x"), 3)),
      FALSE));
  target = sio_broadcast_get_target (broadcast);
  g_assert_cmpstr (sio_target_get_rooms (target)[0], ==, "r");
  g_assert_cmpstr (sio_target_get_rooms (target)[1], ==, "s");
  g_assert_cmpstr (sio_target_get_except (target)[0], ==, "x");
  g_assert_cmpuint (sio_target_get_timeout (target), ==, 3);
  g_assert_cmpint (sio_target_get_flags (target), ==, SIO_EMIT_VOLATILE | SIO_EMIT_NO_COMPRESS);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(GPtrArray **) user_data =
      sio_broadcast_fetch_sockets_finish (SIO_BROADCAST (source), result, &error);
  g_assert_no_error (error);
}

static void
test_bulk (Fixture *f, gconstpointer data)
{
  static const char *const rooms[] = { "x", "y", NULL };
  g_autoptr (GPtrArray) sockets = NULL;

  join (f, "abc", "r");
  sio_broadcast_sockets_join_async (
      sio_broadcast_except (sio_namespace_to (f->ns, "r"), sio_socket_get_id (get (f, 'c'))), rooms,
      NULL, NULL, NULL);
  assert_target (f, sio_namespace_to (f->ns, "x"), "ab");
  assert_target (f, sio_namespace_to (f->ns, "y"), "ab");
  /* It loses the room it is chosen by. */
  sio_broadcast_sockets_leave_async (sio_namespace_to (f->ns, "x"), rooms, NULL, NULL, NULL);
  assert_target (f, sio_namespace_to (f->ns, "x"), "");
  assert_target (f, sio_namespace_to (f->ns, "y"), "");

  sio_broadcast_fetch_sockets_async (sio_namespace_to (f->ns, "r"), NULL, fetched_cb, &sockets);
  g_assert_null (sockets);
  WAIT_FOR (sockets != NULL);
  g_assert_cmpuint (sockets->len, ==, 3);

  sio_broadcast_disconnect_sockets_async (sio_namespace_to (f->ns, "r"), FALSE, NULL, NULL, NULL);
  assert_target (f, sio_namespace_broadcast (f->ns), "def");
}

/* Against a simple model, with many rooms and sockets. */
static void
test_random (Fixture *f, gconstpointer data)
{
  gboolean model[N_SOCKETS][8] = { 0 };

  g_assert_true (sio_socket_is_in (f->sockets[0], sio_socket_get_id (f->sockets[0])));
  g_assert_false (sio_socket_is_in (f->sockets[0], sio_socket_get_id (f->sockets[1])));
  for (guint step = 0; step < 4000; step++)
    {
      guint i = (guint) g_test_rand_int_range (0, N_SOCKETS);
      guint r = (guint) g_test_rand_int_range (0, 8);
      guint e = (guint) g_test_rand_int_range (0, 8);
      char room[2] = { (char) ('0' + r), '\0' };
      char except[2] = { (char) ('0' + e), '\0' };
      char expected[N_SOCKETS + 1];
      guint n = 0;

      model[i][r] = g_test_rand_bit ();
      if (model[i][r])
        sio_socket_join (f->sockets[i], room);
      else
        sio_socket_leave (f->sockets[i], room);
      g_assert_cmpint (sio_socket_is_in (f->sockets[i], room), ==, model[i][r]);
      g_assert_cmpint (sio_socket_is_in (f->sockets[i], except), ==, model[i][e]);
      if (step % 8 != 0)
        continue;
      for (guint j = 0; j < N_SOCKETS; j++)
        {
          if (model[j][r] && !model[j][e])
            expected[n++] = (char) ('a' + j);
        }
      expected[n] = '\0';
      assert_target (f, sio_broadcast_except (sio_namespace_to (f->ns, room), except), expected);
    }
}

#define ADD(name, func) g_test_add ("/server/rooms/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Rooms, targets of broadcasts, and changes while they are walked over");

  ADD ("join-leave", test_join_leave);
  ADD ("targets", test_targets);
  ADD ("immutable", test_immutable);
  ADD ("leave-while-walking", test_leave_while_walking);
  ADD ("close-while-walking", test_close_while_walking);
  ADD ("walk-in-walk", test_walk_in_walk);
  ADD ("signals", test_signals);
  ADD ("signals-reentrant", test_signals_reentrant);
  ADD ("signals-own-id", test_signals_own_id);
  ADD ("signals-close", test_signals_mass);
  g_test_add ("/server/rooms/signals-disconnect", Fixture, "sockets", setup, test_signals_mass,
              teardown);
  ADD ("operators", test_operators);
  ADD ("bulk", test_bulk);
  ADD ("random", test_random);
  return g_test_run ();
}
