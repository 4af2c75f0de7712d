/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

typedef struct
{
  SioServer *server;
  SioNamespace *ns;
  SioSocket *socket;
  GString *log;
  guint handler; /* to be removed by another */
  guint n_destroyed;
  SioMessage *kept;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->ns = sio_server_of (f->server, "/");
  f->socket = fake_socket (f->ns);
  f->log = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  if (f->socket != NULL)
    {
      sio_socket_close (f->socket, FALSE);
      g_assert_finalize_object (f->socket);
    }
  if (f->server != NULL)
    g_assert_finalize_object (f->server);
  g_string_free (f->log, TRUE);
}

typedef struct
{
  Fixture *f;
  const char *name;
} Tag;

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

static void
log_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  g_string_append_printf (tag->f->log, "%s:%s%s ", tag->name, sio_message_get_event (message),
                          sio_message_get_json (message));
}

static guint
on (Fixture *f, const char *event, SioEventFunc func, const char *name)
{
  return sio_namespace_on (f->ns, event, func, tag_new (f, name), tag_free);
}

static void
assert_log (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  on (f, "x", log_cb, "n1");
  sio_socket_on (f->socket, "x", log_cb, tag_new (f, "s"), tag_free);
  on (f, "x", log_cb, "n2");
  on (f, "y", log_cb, "other");
  sio_socket_on_any (f->socket, log_cb, tag_new (f, "sa"), tag_free);
  sio_namespace_on_any (f->ns, log_cb, tag_new (f, "na"), tag_free);

  fake_receive (f->socket, "2[\"x\",1]", NULL);
  assert_log (f, "na:x[1] sa:x[1] n1:x[1] n2:x[1] s:x[1] ");
  fake_receive (f->socket, "2[\"z\"]", NULL);
  assert_log (f, "na:z[] sa:z[] ");

  sio_socket_close (f->socket, FALSE);
  g_assert_cmpuint (f->n_destroyed, ==, 2);
  g_assert_cmpuint (sio_socket_on (f->socket, "x", log_cb, tag_new (f, "s"), tag_free), ==, 0);
  g_assert_cmpuint (f->n_destroyed, ==, 3);
}

static void
remove_other_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  log_cb (socket, message, user_data);
  if (tag->f->handler != 0)
    sio_namespace_off (tag->f->ns, tag->f->handler);
  tag->f->handler = 0;
}

static void
add_another_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  log_cb (socket, message, user_data);
  on (tag->f, "x", log_cb, "added");
}

static void
test_remove (Fixture *f, gconstpointer data)
{
  on (f, "x", remove_other_cb, "a");
  f->handler = on (f, "x", log_cb, "b");
  on (f, "x", log_cb, "c");

  fake_receive (f->socket, "2[\"x\"]", NULL);
  assert_log (f, "a:x[] c:x[] ");
  g_assert_cmpuint (f->n_destroyed, ==, 1);
  fake_receive (f->socket, "2[\"x\"]", NULL);
  assert_log (f, "a:x[] c:x[] ");

  /* itself */
  f->handler = on (f, "self", remove_other_cb, "self");
  fake_receive (f->socket, "2[\"self\"]", NULL);
  assert_log (f, "self:self[] ");
  g_assert_cmpuint (f->n_destroyed, ==, 2);
  fake_receive (f->socket, "2[\"self\"]", NULL);
  assert_log (f, "");
}

static void
test_add (Fixture *f, gconstpointer data)
{
  on (f, "x", add_another_cb, "a");
  fake_receive (f->socket, "2[\"x\"]", NULL);
  assert_log (f, "a:x[] ");
  fake_receive (f->socket, "2[\"x\"]", NULL);
  assert_log (f, "a:x[] added:x[] ");
}

static void
recurse_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  log_cb (socket, message, user_data);
  if (sio_args_get_int64 (sio_message_get_args (message), 0) == 1)
    {
      fake_receive (socket, "2[\"x\",2]", NULL);
      sio_namespace_off (tag->f->ns, tag->f->handler);
    }
}

static void
test_recursion (Fixture *f, gconstpointer data)
{
  f->handler = on (f, "x", recurse_cb, "a");
  on (f, "x", log_cb, "b");
  fake_receive (f->socket, "2[\"x\",1]", NULL);
  assert_log (f, "a:x[1] a:x[2] b:x[2] b:x[1] ");
  g_assert_cmpuint (f->n_destroyed, ==, 1);
}

static void
close_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  log_cb (socket, message, user_data);
  sio_socket_close (socket, TRUE);
  g_assert_false (sio_socket_is_connected (socket));
}

static void
test_close_in_handler (Fixture *f, gconstpointer data)
{
  on (f, "x", close_cb, "a");
  on (f, "x", log_cb, "b");
  sio_socket_on (f->socket, "x", log_cb, tag_new (f, "s"), tag_free);
  fake_receive (f->socket, "2[\"x\"]", NULL);
  /* the socket's own handlers end with it */
  assert_log (f, "a:x[] b:x[] ");
  g_assert_cmpuint (f->n_destroyed, ==, 1);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->ns), ==, 0);
}

static void
test_close_in_catch_all (Fixture *f, gconstpointer data)
{
  sio_namespace_on_any (f->ns, close_cb, tag_new (f, "any"), tag_free);
  on (f, "x", log_cb, "a");
  fake_receive (f->socket, "2[\"x\"]", NULL);
  assert_log (f, "any:x[] ");
}

static void
drop_server_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  log_cb (socket, message, user_data);
  g_clear_object (&tag->f->socket);
  sio_socket_close (socket, FALSE);
  g_clear_object (&tag->f->server);
}

static void
test_drop_server (Fixture *f, gconstpointer data)
{
  on (f, "x", drop_server_cb, "a");
  on (f, "x", log_cb, "b");
  fake_receive (f->socket, "2[\"x\"]", NULL);
  g_assert_cmpuint (f->n_destroyed, ==, 2);
  g_assert_true (g_str_has_prefix (f->log->str, "a:x[] "));
}

static void
test_names (Fixture *f, gconstpointer data)
{
  on (f, "a\"b", log_cb, "escaped");
  on (f, "1", log_cb, "number");
  on (f, "a", log_cb, "wrong");
  on (f, "", log_cb, "empty");
  on (f, "\xc3\xa9", log_cb, "utf8");

  fake_receive (f->socket, "2[\"a\\\"b\"]", NULL);
  assert_log (f, "escaped:a\"b[] ");
  fake_receive (f->socket, "2[1,true]", NULL);
  assert_log (f, "number:1[true] ");
  fake_receive (f->socket, "2[\"\"]", NULL);
  assert_log (f, "empty:[] ");
  fake_receive (f->socket, "2[\"\\u00e9\"]", NULL);
  assert_log (f, "utf8:\xc3\xa9[] ");
  fake_receive (f->socket, "2[\"\xc3\xa9\"]", NULL);
  assert_log (f, "utf8:\xc3\xa9[] ");
  /* must not be taken for its beginning */
  fake_receive (f->socket, "2[\"a\\u0000b\"]", NULL);
  assert_log (f, "");
}

static void
keep_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Tag *tag = user_data;

  tag->f->kept = sio_message_ref (message);
}

static void
test_kept (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("xy", 2);
  g_autoptr (GPtrArray) attachments = g_ptr_array_new ();
  g_autoptr (SioArgs) args = NULL;

  g_ptr_array_add (attachments, bytes);
  on (f, "x", keep_cb, "k");
  fake_receive (f->socket, "51-7[\"x\",{\"_placeholder\":true,\"num\":0}, 2]", attachments);
  sio_socket_close (f->socket, FALSE);
  g_clear_object (&f->socket);

  g_assert_cmpstr (sio_message_get_event (f->kept), ==, "x");
  g_assert_cmpstr (sio_message_get_json (f->kept), ==, "[{\"_placeholder\":true,\"num\":0}, 2]");
  g_assert_true (sio_message_get_args (f->kept) == sio_message_get_args (f->kept));
  args = sio_args_ref (sio_message_get_args (f->kept));
  g_assert_true (sio_message_wants_reply (f->kept));
  g_assert_false (sio_socket_is_connected (sio_message_get_socket (f->kept)));
  sio_message_reply (f->kept, sio_args_new ("i", 1));
  g_assert_false (sio_message_wants_reply (f->kept));
  sio_message_reply (f->kept, NULL);
  sio_message_unref (f->kept);

  g_assert_true (sio_args_get_bytes (args, 0) == bytes);
  g_assert_cmpint (sio_args_get_int64 (args, 1), ==, 2);
}

#define ADD(name, func) g_test_add ("/server/message/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Messages and their handlers, also when handlers change everything");

  ADD ("order", test_order);
  ADD ("remove", test_remove);
  ADD ("add", test_add);
  ADD ("recursion", test_recursion);
  ADD ("close-in-handler", test_close_in_handler);
  ADD ("close-in-catch-all", test_close_in_catch_all);
  ADD ("drop-server", test_drop_server);
  ADD ("names", test_names);
  ADD ("kept", test_kept);
  return g_test_run ();
}
