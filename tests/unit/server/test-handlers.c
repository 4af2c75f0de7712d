/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#include "sio-socket-private.h"

/* The handler API, and middlewares for events, with sockets that have no client. */

typedef struct
{
  SioServer *server;
  SioNamespace *ns;
  SioSocket *socket;
  GString *log;
  guint n_destroyed;
  GPtrArray *tasks; /* kept by middlewares, to be answered later */
} Fixture;

typedef struct
{
  Fixture *f;
  const char *name;
} Tag;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->ns = sio_server_of (f->server, "/");
  f->socket = fake_socket (f->ns);
  f->log = g_string_new (NULL);
  f->tasks = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_ptr_array_unref (f->tasks);
  sio_socket_close (f->socket, FALSE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (f->socket);
  g_assert_finalize_object (f->server);
  g_string_free (f->log, TRUE);
}

static void
tag_free (gpointer data)
{
  Tag *tag = data;

  tag->f->n_destroyed++;
  g_free (tag);
}

static Tag *
tag_new (Fixture *f, const char *name)
{
  Tag *tag = g_new (Tag, 1);

  *tag = (Tag){ f, name };
  return tag;
}

#define TAG(f, name) tag_new (f, name), tag_free

static void
log_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  g_string_append_printf (tag->f->log, "%s:%s%s ", tag->name, sio_message_get_event (message),
                          sio_message_get_json (message));
}

static void
assert_log (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
receive (Fixture *f, const char *packet)
{
  fake_receive (f->socket, packet, NULL);
}

static void
test_prepend (Fixture *f, gconstpointer data)
{
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "2"));
  sio_namespace_prepend (f->ns, "x", log_cb, TAG (f, "1"));
  sio_namespace_on_any (f->ns, log_cb, TAG (f, "any2"));
  sio_namespace_prepend_any (f->ns, log_cb, TAG (f, "any1"));
  sio_socket_on (f->socket, "x", log_cb, TAG (f, "4"));
  sio_socket_prepend (f->socket, "x", log_cb, TAG (f, "3"));
  sio_socket_on_any (f->socket, log_cb, TAG (f, "any4"));
  sio_socket_prepend_any (f->socket, log_cb, TAG (f, "any3"));
  receive (f, "2[\"x\"]");
  assert_log (f, "any1:x[] any2:x[] any3:x[] any4:x[] 1:x[] 2:x[] 3:x[] 4:x[] ");
}

static void
prepend_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  log_cb (socket, message, user_data);
  if (sio_args_get_length (sio_message_get_args (message)) == 0)
    return;
  sio_namespace_prepend (tag->f->ns, "x", log_cb, TAG (tag->f, "new"));
  /* Another walk in the middle of the first. */
  fake_receive (socket, "2[\"x\"]", NULL);
}

static void
test_prepend_inside (Fixture *f, gconstpointer data)
{
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "a"));
  sio_namespace_on (f->ns, "x", prepend_cb, TAG (f, "b"));
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "c"));
  receive (f, "2[\"x\",1]");
  /* Nobody twice, the new one from the next event on. */
  assert_log (f, "a:x[1] b:x[1] new:x[] a:x[] b:x[] c:x[] c:x[1] ");
}

static void
again_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  log_cb (socket, message, user_data);
  fake_receive (socket, "2[\"x\",2]", NULL);
}

static void
test_once (Fixture *f, gconstpointer data)
{
  sio_namespace_once (f->ns, "x", again_cb, TAG (f, "once"));
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "on"));
  sio_socket_once (f->socket, "x", log_cb, TAG (f, "s"));
  receive (f, "2[\"x\",1]");
  assert_log (f, "once:x[1] on:x[2] s:x[2] on:x[1] ");
  g_assert_cmpuint (f->n_destroyed, ==, 2);
  receive (f, "2[\"x\",3]");
  assert_log (f, "on:x[3] ");
}

static void
test_remove_all (Fixture *f, gconstpointer data)
{
  gsize n = 9;
  guint first;
  guint second;
  g_autofree guint *ids = NULL;
  g_autofree guint *none = NULL;

  second = sio_namespace_on (f->ns, "x", log_cb, TAG (f, "n"));
  first = sio_namespace_prepend (f->ns, "x", log_cb, TAG (f, "n"));
  ids = sio_namespace_list_handlers (f->ns, "x", &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (ids[0], ==, first);
  g_assert_cmpuint (ids[1], ==, second);
  none = sio_namespace_list_any (f->ns, &n);
  g_assert_cmpuint (n, ==, 0);

  sio_namespace_on (f->ns, "y", log_cb, TAG (f, "y"));
  sio_namespace_on_any (f->ns, log_cb, TAG (f, "any"));
  sio_namespace_off_event (f->ns, "x");
  g_assert_cmpuint (f->n_destroyed, ==, 2);
  receive (f, "2[\"x\"]");
  receive (f, "2[\"y\"]");
  assert_log (f, "any:x[] any:y[] y:y[] ");
  sio_namespace_off_any (f->ns);
  g_assert_cmpuint (f->n_destroyed, ==, 3);
  receive (f, "2[\"y\"]");
  assert_log (f, "y:y[] ");

  sio_socket_on (f->socket, "y", log_cb, TAG (f, "s"));
  sio_socket_on_any (f->socket, log_cb, TAG (f, "sa"));
  sio_socket_on_any_outgoing (f->socket, log_cb, TAG (f, "so"));
  g_clear_pointer (&ids, g_free);
  ids = sio_socket_list_any_outgoing (f->socket, &n);
  g_assert_cmpuint (n, ==, 1);
  sio_socket_off_event (f->socket, "y");
  sio_socket_off_any (f->socket);
  sio_socket_off (f->socket, ids[0]);
  g_assert_cmpuint (f->n_destroyed, ==, 6);
  receive (f, "2[\"y\"]");
  sio_socket_emit (f->socket, "z", NULL);
  assert_log (f, "y:y[] ");
}

static void
not_answerable_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_assert_false (sio_message_wants_reply (message));
  g_assert_true (sio_message_get_socket (message) == socket);
  sio_message_reply (message, NULL);
}

static void
nothing_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
}

static void
test_outgoing (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) other = fake_socket (f->ns);
  g_autoptr (SioPacket) packet = sio_packet_new_event ("/", "p", sio_args_new ("i", 7));
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abc", 3);
  guint id;

  sio_socket_join (other, "room");
  sio_socket_on_any_outgoing (f->socket, log_cb, TAG (f, "s"));
  sio_socket_prepend_any_outgoing (f->socket, not_answerable_cb, NULL, NULL);

  sio_socket_emit (f->socket, "e", sio_args_new ("i", 1));
  sio_socket_emit (other, "e", sio_args_new ("i", 2));
  sio_socket_emit_full (f->socket, "v", NULL, SIO_EMIT_VOLATILE);
  sio_socket_emit_with_ack_async (f->socket, "a", sio_args_new ("s", "x"), 0, NULL, nothing_cb,
                                  NULL);
  sio_namespace_emit (f->ns, "all", sio_args_new ("b", TRUE));
  sio_broadcast_emit (sio_namespace_to (f->ns, "room"), "room", NULL);
  sio_broadcast_emit (sio_socket_to (other, sio_socket_get_id (f->socket)), "to", NULL);
  sio_socket_send_packet (f->socket, packet, SIO_EMIT_NONE);
  sio_socket_emit (f->socket, "bin", sio_args_new_from_bytes (bytes));
  assert_log (f, "s:e[1] s:v[] s:a[\"x\"] s:all[true] s:to[] s:p[7] "
                 "s:bin[{\"_placeholder\":true,\"num\":0}] ");

  /* Of the namespace: every receiver. */
  id = sio_namespace_on_any_outgoing (f->ns, log_cb, TAG (f, "n"));
  sio_namespace_emit (f->ns, "all", NULL);
  assert_log (f, "n:all[] s:all[] n:all[] ");
  sio_namespace_off (f->ns, id);
  sio_namespace_emit (f->ns, "all", NULL);
  assert_log (f, "s:all[] ");

  /* Answers are not events. */
  receive (f, "21[\"x\"]");
  sio_socket_send_ack (f->socket, 1, NULL);
  assert_log (f, "");
  sio_socket_off_any_outgoing (f->socket);
  sio_namespace_emit (f->ns, "all", NULL);
  assert_log (f, "");

  /* A socket that goes takes its handlers along. */
  sio_socket_on_any_outgoing (other, log_cb, TAG (f, "other"));
  sio_socket_close (other, FALSE);
  sio_namespace_emit (f->ns, "all", NULL);
  assert_log (f, "");
  g_assert_cmpuint (f->n_destroyed, ==, 3);
}

static void
close_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  log_cb (socket, message, user_data);
  sio_socket_close (socket, FALSE);
}

static void
test_close_in_outgoing (Fixture *f, gconstpointer data)
{
  g_autoptr (SioSocket) other = fake_socket (f->ns);

  sio_namespace_on_any_outgoing (f->ns, close_cb, TAG (f, "n"));
  sio_socket_on_any_outgoing (f->socket, log_cb, TAG (f, "s"));
  sio_namespace_emit (f->ns, "all", NULL);
  /* The second handler is gone with the socket. */
  assert_log (f, "n:all[] n:all[] ");
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 0);
}

static void
test_reserved (Fixture *f, gconstpointer data)
{
  expect_warning ("*no client can send \"disconnect\"*");
  sio_namespace_on (f->ns, "disconnect", log_cb, TAG (f, "n"));
  assert_warned ();
}

/* Event middlewares */

static void
allow_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  log_cb (socket, message, user_data);
  sio_middleware_accept (task);
}

static void
plain_allow_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  log_cb (socket, message, user_data);
  g_task_return_boolean (task, TRUE);
}

static void
later_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  Tag *tag = user_data;

  log_cb (socket, message, user_data);
  g_ptr_array_add (tag->f->tasks, g_object_ref (task));
}

static void
rewrite_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  log_cb (socket, message, user_data);
  sio_middleware_accept_as (task, "renamed", sio_args_new ("is", 5, "five"));
}

static void
rename_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  sio_middleware_accept_as (task, "again", NULL);
}

static void
refuse_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  log_cb (socket, message, user_data);
  sio_middleware_reject (task, "no", NULL);
}

static void
error_cb (SioSocket *socket, GError *error, Fixture *f)
{
  g_assert_error (error, SIO_ERROR, SIO_ERROR_REJECTED);
  g_string_append_printf (f->log, "error:%s ", error->message);
}

static void
iterate (void)
{
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_middleware_order (Fixture *f, gconstpointer data)
{
  guint id;

  sio_socket_use (f->socket, allow_cb, TAG (f, "s"));
  id = sio_namespace_use_event (f->ns, plain_allow_cb, TAG (f, "n1"));
  sio_namespace_use_event (f->ns, allow_cb, TAG (f, "n2"));
  sio_namespace_on_any (f->ns, log_cb, TAG (f, "any"));
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "on"));
  receive (f, "2[\"x\",1]");
  receive (f, "2[\"x\",2]");
  /* Held by the first one, so the second event has not begun. */
  assert_log (f, "any:x[1] n1:x[1] ");
  iterate ();
  assert_log (f, "n2:x[1] s:x[1] on:x[1] any:x[2] n1:x[2] n2:x[2] s:x[2] on:x[2] ");
  sio_namespace_unuse_event (f->ns, id);
  g_main_context_acquire (NULL);
  receive (f, "2[\"x\",3]");
  g_main_context_release (NULL);
  /* Nobody took his time: at once. */
  assert_log (f, "any:x[3] n2:x[3] s:x[3] on:x[3] ");
  iterate ();
  assert_log (f, "");
}

static void
test_middleware_rewrite (Fixture *f, gconstpointer data)
{
  sio_namespace_use_event (f->ns, rewrite_cb, TAG (f, "m1"));
  sio_namespace_use_event (f->ns, allow_cb, TAG (f, "m2"));
  sio_namespace_use_event (f->ns, rename_cb, NULL, NULL);
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "x"));
  sio_namespace_on (f->ns, "again", log_cb, TAG (f, "on"));
  receive (f, "2[\"x\",1]");
  iterate ();
  assert_log (f, "m1:x[1] m2:renamed[5,\"five\"] on:again[5,\"five\"] ");
}

static void
test_middleware_refuse (Fixture *f, gconstpointer data)
{
  guint id = sio_socket_use (f->socket, refuse_cb, TAG (f, "m"));

  g_signal_connect (f->socket, "error", G_CALLBACK (error_cb), f);
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "on"));
  receive (f, "2[\"x\"]");
  iterate ();
  assert_log (f, "m:x[] error:no ");
  g_assert_true (sio_socket_is_connected (f->socket));
  sio_socket_unuse (f->socket, id);
  g_assert_cmpuint (f->n_destroyed, ==, 1);
  receive (f, "2[\"x\"]");
  assert_log (f, "on:x[] ");
}

static void
drop_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
}

static void
internal_error_cb (SioSocket *socket, GError *error, Fixture *f)
{
  g_string_append_printf (f->log, "error:%s ", error->message);
}

static void
test_middleware_drops (Fixture *f, gconstpointer data)
{
  sio_namespace_use_event (f->ns, drop_cb, NULL, NULL);
  g_signal_connect (f->socket, "error", G_CALLBACK (internal_error_cb), f);
  expect_warning ("*dropped its task*");
  receive (f, "2[\"x\"]");
  iterate ();
  assert_warned ();
  assert_log (f, "error:Internal error ");
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;
  g_autoptr (SioArgs) args = sio_socket_emit_with_ack_finish (SIO_SOCKET (source), result, NULL);

  g_string_append (f->log, args != NULL ? "ack " : "no ack ");
}

static void
test_middleware_held (Fixture *f, gconstpointer data)
{
  sio_namespace_use_event (f->ns, later_cb, TAG (f, "m"));
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "on"));
  sio_socket_emit_with_ack_async (f->socket, "question", NULL, 0, NULL, answered_cb, f);
  receive (f, "2[\"x\",1]");
  receive (f, "2[\"x\",2]");
  receive (f, "2[\"x\",3]");
  /* Acknowledgements pass by. */
  receive (f, "30[]");
  iterate ();
  assert_log (f, "m:x[1] ack ");
  g_assert_cmpuint (f->tasks->len, ==, 1);
  sio_middleware_accept (g_ptr_array_index (f->tasks, 0));
  iterate ();
  assert_log (f, "on:x[1] m:x[2] ");
  sio_middleware_reject (g_ptr_array_index (f->tasks, 1), "no", NULL);
  iterate ();
  assert_log (f, "m:x[3] ");

  /* Gone meanwhile: nothing is dispatched, and who decides is told. */
  receive (f, "2[\"x\",4]");
  sio_socket_close (f->socket, FALSE);
  g_assert_true (
      g_cancellable_is_cancelled (g_task_get_cancellable (g_ptr_array_index (f->tasks, 2))));
  sio_middleware_accept (g_ptr_array_index (f->tasks, 2));
  iterate ();
  assert_log (f, "");
}

static void
closing_middleware_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  sio_socket_close (socket, FALSE);
  sio_middleware_accept (task);
}

static void
test_middleware_closes (Fixture *f, gconstpointer data)
{
  sio_socket_use (f->socket, closing_middleware_cb, TAG (f, "m"));
  sio_namespace_on (f->ns, "x", log_cb, TAG (f, "on"));
  g_main_context_acquire (NULL);
  receive (f, "2[\"x\",1]");
  g_main_context_release (NULL);
  iterate ();
  assert_log (f, "");
  g_assert_cmpuint (f->n_destroyed, ==, 1);
  g_assert_cmpuint (sio_socket_use (f->socket, allow_cb, TAG (f, "late")), ==, 0);
  g_assert_cmpuint (f->n_destroyed, ==, 2);
}

static void
hold_first_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  Fixture *f = user_data;

  if (f->tasks->len == 0)
    g_ptr_array_add (f->tasks, g_object_ref (task));
  else
    sio_middleware_accept (task);
}

static void
count_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  ++*(guint *) user_data;
}

/* Many events that waited do not keep others from their turn. */
static void
test_middleware_batch (Fixture *f, gconstpointer data)
{
  guint n = 0;
  guint turns = 0;

  sio_namespace_use_event (f->ns, hold_first_cb, f, NULL);
  sio_namespace_on (f->ns, "x", count_cb, &n, NULL);
  for (guint i = 0; i < 4000; i++)
    receive (f, "2[\"x\"]");
  iterate ();
  g_assert_cmpuint (n, ==, 0);
  sio_middleware_accept (g_ptr_array_index (f->tasks, 0));
  while (n < 4000)
    {
      guint before = n;

      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (n - before, <=, 1000);
      turns++;
    }
  g_assert_cmpuint (turns, >=, 4);
}

/* Over the network */

static void
hold_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  Fixture *f = user_data;

  g_ptr_array_add (f->tasks, g_object_ref (task));
}

static void
test_middleware_budget (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = NULL;
  g_autofree char *id = NULL;
  guint64 n_violations;

  sio_engine_set_max_buffered_bytes (sio_server_get_engine (f->server), 100000);
  sio_namespace_use_event (f->ns, hold_cb, f, NULL);
  client = client_open (server_listen (f->server), NULL);
  id = client_join (client, "");
  n_violations = sio_engine_get_n_violations (sio_server_get_engine (f->server));
  client_send (client, "2[\"x\"]");
  WAIT_FOR (f->tasks->len == 1);
  for (guint i = 0; i < 600; i++)
    client_send (client, "2[\"x\",\"some text\"]");
  client_expect_closed (client);
  g_assert_cmpuint (sio_engine_get_n_violations (sio_server_get_engine (f->server)), ==,
                    n_violations + 1);
  g_assert_true (
      g_cancellable_is_cancelled (g_task_get_cancellable (g_ptr_array_index (f->tasks, 0))));
  g_ptr_array_set_size (f->tasks, 0);
  server_close (f->server);
}

static gboolean
answer_later_cb (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  sio_message_reply (g_task_get_task_data (task), sio_args_new ("s", "later"));
  return G_SOURCE_REMOVE;
}

static void
keep_message_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (socket, NULL, NULL, NULL);

  g_task_set_task_data (task, sio_message_ref (message), (GDestroyNotify) sio_message_unref);
  g_idle_add (answer_later_cb, g_steal_pointer (&task));
}

static void
forget_message_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (SioMessage) kept = sio_message_ref (message);

  g_assert_true (sio_message_wants_reply (kept));
}

static void
accept_renamed_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  if (!g_str_equal (sio_message_get_event (message), "rename"))
    {
      sio_middleware_accept (task);
      return;
    }
  sio_middleware_accept_as (task, "ask", NULL);
  /* That one is not to be answered any more. */
  g_ptr_array_add (((Fixture *) user_data)->tasks, g_object_ref (task));
}

static void
test_answers (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (server_listen (f->server), NULL);
  g_autofree char *id = client_join (client, "");

  sio_namespace_on (f->ns, "ask", keep_message_cb, NULL, NULL);
  sio_namespace_on (f->ns, "forget", forget_message_cb, NULL, NULL);
  client_send (client, "27[\"ask\",1]");
  client_expect (client, "37[\"later\"]");
  /* Nobody answers: harmless, and the next is answered. */
  client_send_burst (client, "28[\"forget\"]", "29[\"ask\"]", NULL);
  client_expect (client, "39[\"later\"]");
  sio_namespace_use_event (f->ns, accept_renamed_cb, f, NULL);
  client_send (client, "210[\"rename\"]");
  client_expect (client, "310[\"later\"]");
  client_expect_nothing (client);
  server_close (f->server);
}

#define ADD(name, func) g_test_add ("/server/handlers/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("prepend", test_prepend);
  ADD ("prepend-inside", test_prepend_inside);
  ADD ("once", test_once);
  ADD ("remove-all", test_remove_all);
  ADD ("outgoing", test_outgoing);
  ADD ("close-in-outgoing", test_close_in_outgoing);
  ADD ("reserved", test_reserved);
  ADD ("middleware-order", test_middleware_order);
  ADD ("middleware-rewrite", test_middleware_rewrite);
  ADD ("middleware-refuse", test_middleware_refuse);
  ADD ("middleware-drops", test_middleware_drops);
  ADD ("middleware-held", test_middleware_held);
  ADD ("middleware-closes", test_middleware_closes);
  ADD ("middleware-batch", test_middleware_batch);
  ADD ("middleware-budget", test_middleware_budget);
  ADD ("answers", test_answers);
  return g_test_run ();
}
