/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#include <string.h>
#include <time.h>

/* Namespaces that clients make. */

typedef struct
{
  SioServer *server;
  SioNamespace *rooms; /* of a pattern */
  guint16 port;
  GString *log;
  GPtrArray *tasks;
} Fixture;

static void
new_namespace_cb (SioServer *server, SioNamespace *ns, Fixture *f)
{
  g_assert_cmpuint (sio_namespace_get_n_sockets (ns), ==, 0);
  g_string_append_printf (f->log, "new %s; ", sio_namespace_get_name (ns));
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, Fixture *f)
{
  g_string_append_printf (f->log, "%s in %s; ",
                          sio_namespace_is_parent (ns) ? "connection" : "own connection",
                          sio_namespace_get_name (sio_socket_get_namespace (socket)));
}

static void
where_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (
      message,
      sio_args_new ("ss", user_data, sio_namespace_get_name (sio_socket_get_namespace (socket))));
}

static void
middleware_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append_printf (f->log, "asked in %s; ", sio_namespace_get_name (ns));
  sio_socket_join (socket, "early");
  sio_middleware_accept (task);
}

static void
setup (Fixture *f, gconstpointer data)
{
  g_autoptr (GRegex) regex = g_regex_new ("^/room-\\d+$", 0, 0, NULL);

  f->server = sio_server_new ();
  f->log = g_string_new (NULL);
  f->tasks = g_ptr_array_new_with_free_func (g_object_unref);
  f->rooms = sio_server_of_regex (f->server, regex);
  g_signal_connect (f->server, "new-namespace", G_CALLBACK (new_namespace_cb), f);
  g_signal_connect (f->rooms, "connection", G_CALLBACK (connection_cb), f);
  sio_namespace_on (f->rooms, "where", where_cb, (gpointer) "parent", NULL);
  f->port = server_listen (f->server);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_ptr_array_unref (f->tasks);
  if (f->server != NULL)
    {
      server_close (f->server);
      g_assert_finalize_object (f->server);
    }
  g_string_free (f->log, TRUE);
}

static void
assert_log (Fixture *f, const char *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static guint
n_namespaces (Fixture *f)
{
  g_autoptr (GPtrArray) namespaces = sio_server_list_namespaces (f->server);

  return namespaces->len;
}

static void
test_regex (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) other = client_open (f->port, NULL);
  g_autofree char *id = NULL;
  g_autofree char *other_id = NULL;
  g_autoptr (GPtrArray) children = NULL;
  g_autoptr (GPtrArray) sockets = NULL;
  SioNamespace *child;

  g_assert_true (sio_namespace_is_parent (f->rooms));
  sio_namespace_use (f->rooms, middleware_cb, f, NULL);
  client_send (client, "0/room-x,");
  client_expect (client, "4/room-x,{\"message\":\"Invalid namespace\"}");
  client_send (client, "0/_0,");
  client_expect (client, "4/_0,{\"message\":\"Invalid namespace\"}");
  assert_log (f, "");

  id = client_join (client, "/room-1,");
  assert_log (f, "new /room-1; asked in /room-1; connection in /room-1; ");
  other_id = client_join (other, "/room-1,");
  assert_log (f, "asked in /room-1; connection in /room-1; ");
  g_free (client_join (other, "/room-2,"));
  assert_log (f, "new /room-2; asked in /room-2; connection in /room-2; ");

  child = sio_server_get_namespace (f->server, "/room-1");
  g_assert_true (sio_namespace_get_parent (child) == f->rooms);
  g_assert_false (sio_namespace_is_parent (child));
  g_assert_cmpuint (sio_namespace_get_n_sockets (child), ==, 2);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->rooms), ==, 3);
  sockets = sio_namespace_list_sockets (f->rooms);
  g_assert_cmpuint (sockets->len, ==, 3);
  g_assert_true (sio_namespace_get_socket (f->rooms, id) == sio_namespace_get_socket (child, id));
  g_assert_cmpuint (sio_adapter_get_room_size (sio_namespace_get_adapter (child), "early"), ==, 2);
  children = sio_namespace_list_children (f->rooms);
  g_assert_cmpuint (children->len, ==, 2);
  g_assert_cmpuint (n_namespaces (f), ==, 3);

  /* Handlers of the parent count for all children, those added later, too, and come first. */
  client_send (client, "2/room-1,1[\"where\"]");
  client_expect (client, "3/room-1,1[\"parent\",\"/room-1\"]");
  sio_namespace_on (f->rooms, "late", where_cb, (gpointer) "late", NULL);
  sio_namespace_on (child, "where", where_cb, (gpointer) "child", NULL);
  client_send (client, "2/room-1,2[\"late\"]");
  client_expect (client, "3/room-1,2[\"late\",\"/room-1\"]");
  client_send (client, "2/room-1,3[\"where\"]");
  client_expect (client, "3/room-1,3[\"parent\",\"/room-1\"]");
}

static void
log_outgoing_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_string_append_printf (((Fixture *) user_data)->log, "%s to %s; ",
                          sio_message_get_event (message),
                          sio_namespace_get_name (sio_socket_get_namespace (socket)));
}

static void
allow_event_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  g_string_append ((GString *) user_data, "event; ");
  sio_middleware_accept (task);
}

static void
answers_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioResponses) responses =
      sio_namespace_emit_with_ack_finish (SIO_NAMESPACE (source), result, &error);

  g_assert_no_error (error);
  *(guint *) user_data = sio_responses_get_length (responses);
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  sio_namespace_sockets_join_finish (SIO_NAMESPACE (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sio_broadcast_fetch_sockets_finish (SIO_BROADCAST (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  *(gboolean *) user_data = TRUE;
}

static void
test_parent_emits (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) one = client_open (f->port, NULL);
  g_autoptr (Client) two = client_open (f->port, NULL);
  g_autofree char *one_id = client_join (one, "/room-1,");
  g_autofree char *two_id = client_join (two, "/room-2,");
  g_autofree char *root_id = client_join (two, "");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bin", 3);
  SioNamespace *child = sio_server_get_namespace (f->server, "/room-2");
  const char *everybody[] = { "everybody", NULL };
  guint n_answers = 0;
  gboolean fetched = FALSE;
  gboolean joined = FALSE;

  sio_namespace_emit (f->rooms, "all", sio_args_new ("si", "x", 1));
  client_expect (one, "2/room-1,[\"all\",\"x\",1]");
  client_expect (two, "2/room-2,[\"all\",\"x\",1]");
  sio_namespace_emit (f->rooms, "bin", sio_args_new_from_bytes (bytes));
  client_expect (one, "51-/room-1,[\"bin\",{\"_placeholder\":true,\"num\":0}]");
  client_expect (one, "<bin>");
  client_expect (two, "51-/room-2,[\"bin\",{\"_placeholder\":true,\"num\":0}]");
  client_expect (two, "<bin>");

  sio_socket_join (sio_namespace_get_socket (child, two_id), "vip");
  sio_broadcast_emit (sio_namespace_to (f->rooms, "vip"), "vips", NULL);
  client_expect (two, "2/room-2,[\"vips\"]");
  sio_broadcast_emit (sio_namespace_except (f->rooms, "vip"), "others", NULL);
  client_expect (one, "2/room-1,[\"others\"]");

  sio_namespace_sockets_join_async (f->rooms, everybody, NULL, joined_cb, &joined);
  WAIT_FOR (joined);
  g_assert_cmpuint (sio_adapter_get_room_size (sio_namespace_get_adapter (f->rooms), "everybody"),
                    ==, 2);

  sio_namespace_emit_with_ack_async (f->rooms, "ask", NULL, 5000, NULL, answers_cb, &n_answers);
  client_expect (one, "2/room-1,0[\"ask\"]");
  client_expect (two, "2/room-2,0[\"ask\"]");
  client_send (one, "3/room-1,0[1]");
  client_send (two, "3/room-2,0[2]");
  WAIT_FOR (n_answers == 2);

  sio_broadcast_fetch_sockets_async (sio_namespace_broadcast (f->rooms), NULL, fetched_cb,
                                     &fetched);
  WAIT_FOR (fetched);

  /* Other things of the parent that count for its children. */
  g_string_truncate (f->log, 0);
  sio_namespace_on_any_outgoing (f->rooms, log_outgoing_cb, f, NULL);
  sio_namespace_use_event (f->rooms, allow_event_cb, f->log, NULL);
  sio_namespace_emit (child, "x", NULL);
  client_expect (two, "2/room-2,[\"x\"]");
  client_send (two, "2/room-2,1[\"where\"]");
  client_expect (two, "3/room-2,1[\"parent\",\"/room-2\"]");
  assert_log (f, "x to /room-2; event; ");
  sio_namespace_disconnect_sockets_async (f->rooms, FALSE, NULL, NULL, NULL);
  client_expect (one, "1/room-1,");
  client_expect (two, "1/room-2,");
}

static void
test_static_child (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autofree char *id = NULL;
  SioNamespace *ns = sio_server_of (f->server, "/room-7");

  sio_server_set_cleanup_empty_child_namespaces (f->server, TRUE);
  g_assert_true (sio_namespace_get_parent (ns) == f->rooms);
  g_assert_null (sio_namespace_get_parent (sio_server_of (f->server, "/other")));
  g_signal_connect (ns, "connection", G_CALLBACK (connection_cb), f);
  id = client_join (client, "/room-7,");
  assert_log (f, "new /room-7; new /other; connection in /room-7; own connection in /room-7; ");
  client_send (client, "1/room-7,");
  WAIT_FOR (sio_namespace_get_n_sockets (ns) == 0);
  /* It stays, as does one that was made by a client and asked for later. */
  g_assert_true (sio_server_get_namespace (f->server, "/room-7") == ns);
  g_free (client_join (client, "/room-8,"));
  ns = sio_server_of (f->server, "/room-8");
  client_send (client, "1/room-8,");
  WAIT_FOR (sio_namespace_get_n_sockets (ns) == 0);
  g_assert_true (sio_server_get_namespace (f->server, "/room-8") == ns);
}

static void
disconnected_cb (SioSocket *socket, const char *reason, const char *description, Fixture *f)
{
  SioNamespace *ns = sio_socket_get_namespace (socket);

  g_string_append_printf (f->log, "%s left %s of %s; ", reason, sio_namespace_get_name (ns),
                          sio_namespace_get_server (ns) == f->server ? "the server" : "nobody");
}

static void
watch_cb (SioNamespace *ns, SioSocket *socket, Fixture *f)
{
  g_signal_connect (socket, "disconnected", G_CALLBACK (disconnected_cb), f);
}

static void
reject_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  sio_middleware_reject (task, "no", NULL);
}

static void
keep_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_ptr_array_add (((Fixture *) user_data)->tasks, g_object_ref (task));
}

static void
test_cleanup (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) other = client_open (f->port, NULL);
  SioNamespace *child;
  guint id;

  sio_server_set_cleanup_empty_child_namespaces (f->server, TRUE);
  g_signal_connect (f->rooms, "connection", G_CALLBACK (watch_cb), f);
  g_free (client_join (client, "/room-1,"));
  g_free (client_join (other, "/room-1,"));
  child = sio_server_get_namespace (f->server, "/room-1");
  g_object_add_weak_pointer (G_OBJECT (child), (gpointer *) &child);
  g_string_truncate (f->log, 0);

  client_send (client, "1/room-1,");
  WAIT_FOR (sio_namespace_get_n_sockets (child) == 1);
  assert_log (f, "client namespace disconnect left /room-1 of the server; ");
  sio_namespace_disconnect_sockets_async (child, FALSE, NULL, NULL, NULL);
  WAIT_FOR (child == NULL);
  assert_log (f, "server namespace disconnect left /room-1 of the server; ");
  g_assert_cmpuint (n_namespaces (f), ==, 1);
  g_assert_cmpuint (sio_namespace_get_n_sockets (f->rooms), ==, 0);

  /* Packets that were on their way are ignored for a while, as with others. */
  client_send (client, "2/room-1,[\"late\"]");
  client_expect_nothing (client);
  g_free (client_join (client, "/room-1,"));
  assert_log (f, "new /room-1; connection in /room-1; ");
  client_send (client, "1/room-1,");
  WAIT_FOR (n_namespaces (f) == 1);

  /* Nor does one stay that refuses its only client; one that still decides does. */
  id = sio_namespace_use (f->rooms, keep_cb, f, NULL);
  client_send (client, "0/room-2,");
  WAIT_FOR (f->tasks->len == 1);
  sio_namespace_unuse (f->rooms, id);
  id = sio_namespace_use (f->rooms, reject_cb, f, NULL);
  client_send (other, "0/room-2,");
  client_expect (other, "1/room-1,");
  client_expect (other, "4/room-2,{\"message\":\"no\"}");
  g_assert_cmpuint (n_namespaces (f), ==, 2);
  sio_middleware_reject (g_ptr_array_index (f->tasks, 0), "neither", NULL);
  client_expect (client, "4/room-2,{\"message\":\"neither\"}");
  g_assert_cmpuint (n_namespaces (f), ==, 1);
}

static void
test_limit (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  SioEngine *engine = sio_server_get_engine (f->server);
  guint64 n_violations = sio_engine_get_n_violations (engine);

  g_assert_cmpuint (sio_server_get_max_dynamic_namespaces (f->server), ==, 10000);
  sio_server_set_max_dynamic_namespaces (f->server, 2);
  g_free (client_join (client, "/room-1,"));
  g_free (client_join (client, "/room-2,"));
  client_send (client, "0/room-3,");
  client_expect (client, "4/room-3,{\"message\":\"Too many namespaces\"}");
  g_assert_cmpuint (sio_engine_get_n_violations (engine), ==, n_violations + 1);
  client_send (client, "0/nothing,");
  client_expect (client, "4/nothing,{\"message\":\"Invalid namespace\"}");
  /* Those of the application do not count. */
  g_assert_nonnull (sio_server_of (f->server, "/room-4"));
  g_free (client_join (client, "/room-4,"));
  sio_server_of (f->server, "/room-2");
  g_free (client_join (client, "/room-5,"));

  /* Unused ones make place, but are not looked for all the time. */
  client_send (client, "1/room-1,");
  for (;;)
    {
      g_autofree char *reply = NULL;

      client_send (client, "0/room-6,");
      reply = client_receive (client);
      if (g_str_has_prefix (reply, "0/room-6,"))
        break;
      g_assert_cmpstr (reply, ==, "4/room-6,{\"message\":\"Too many namespaces\"}");
      wait_a_bit ();
    }
  g_assert_null (sio_server_get_namespace (f->server, "/room-1"));
}

/* A pattern that takes exponential time for such a name. */
static void
test_hostile_name (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (GRegex) regex = g_regex_new ("^/(a+)+$", G_REGEX_OPTIMIZE, 0, NULL);
  g_autoptr (GRegex) utf8 = g_regex_new ("^/täg-(?<x>é+)$", 0, 0, NULL);
  g_autofree char *as = g_strnfill (1000, 'a');
  g_autofree char *packet = g_strconcat ("0/", as, "!,", NULL);
  g_autofree char *reply = g_strconcat ("4/", as, "!,{\"message\":\"Invalid namespace\"}", NULL);
  SioEngine *engine = sio_server_get_engine (f->server);
  guint64 n_violations = sio_engine_get_n_violations (engine);
  clock_t start = clock ();

  sio_server_of_regex (f->server, regex);
  sio_server_of_regex (f->server, utf8);
  client_send (client, packet);
  client_expect (client, reply);
  g_assert_cmpint (clock () - start, <, 4 * CLOCKS_PER_SEC);
  g_assert_cmpuint (sio_engine_get_n_violations (engine), >, n_violations);
  g_free (client_join (client, "/aaaa,"));
  g_free (client_join (client, "/täg-éé,"));
}

/* Names that a function decides about */

static void
decide_cb (SioNamespace *parent,
           const char *name,
           SioHandshake *handshake,
           GTask *task,
           gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_true (sio_namespace_is_parent (parent));
  g_string_append_printf (f->log, "%s with %s? ", name, sio_handshake_get_auth_json (handshake));
  if (g_str_equal (name, "/now"))
    sio_middleware_accept (task);
  else if (g_str_equal (name, "/false"))
    g_task_return_boolean (task, FALSE);
  else if (g_str_equal (name, "/error"))
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "secret");
  else if (!g_str_equal (name, "/dropped"))
    g_ptr_array_add (f->tasks, g_object_ref (task));
}

static void
count_cb (gpointer user_data)
{
  g_string_append (((Fixture *) user_data)->log, "destroyed; ");
}

static SioNamespace *
add_func (Fixture *f)
{
  return sio_server_of_func (f->server, decide_cb, f, count_cb);
}

static void
test_func (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (GRegex) regex = g_regex_new ("false", 0, 0, NULL);
  g_autofree char *reply = NULL;
  SioNamespace *parent = add_func (f);
  SioNamespace *last;

  g_free (client_join (client, "/now,"));
  assert_log (f, "/now with {}? new /now; ");
  g_assert_true (sio_namespace_get_parent (sio_server_get_namespace (f->server, "/now")) == parent);
  /* The other parent was asked before. */
  g_free (client_join (client, "/room-1,"));
  assert_log (f, "new /room-1; connection in /room-1; ");
  client_send (client, "0/error,");
  client_expect (client, "4/error,{\"message\":\"Invalid namespace\"}");
  expect_warning ("*dropped its task*");
  client_send (client, "0/dropped,");
  client_expect (client, "4/dropped,{\"message\":\"Invalid namespace\"}");
  assert_warned ();
  g_string_truncate (f->log, 0);
  /* The next parent may want it. */
  last = sio_server_of_regex (f->server, regex);
  g_free (client_join (client, "/false,"));
  assert_log (f, "/false with {}? new /false; ");
  g_assert_true (sio_namespace_get_parent (sio_server_get_namespace (f->server, "/false")) == last);

  client_send (client, "0/later,{\"token\":1}");
  WAIT_FOR (f->tasks->len == 1);
  assert_log (f, "/later with {\"token\":1}? ");
  /* The same again is ignored, others go on. */
  client_send (client, "0/later,{\"token\":2}");
  client_send (client, "2/room-1,1[\"where\"]");
  client_expect (client, "3/room-1,1[\"parent\",\"/room-1\"]");
  sio_middleware_accept (g_ptr_array_index (f->tasks, 0));
  reply = client_receive (client);
  g_assert_true (g_str_has_prefix (reply, "0/later,{\"sid\":\""));
  assert_log (f, "new /later; ");

  server_close (f->server);
  g_ptr_array_set_size (f->tasks, 0);
  g_clear_object (&f->server);
  assert_log (f, "destroyed; ");
}

static void
test_func_gone (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  g_autoptr (Client) other = client_open (f->port, NULL);
  GTask *task;

  add_func (f);
  client_send (client, "0/x,");
  WAIT_FOR (f->tasks->len == 1);
  task = g_ptr_array_index (f->tasks, 0);
  client_drop (client);
  WAIT_FOR (g_cancellable_is_cancelled (g_task_get_cancellable (task)));
  sio_middleware_accept (task);
  client_expect_nothing (other);
  g_assert_null (sio_server_get_namespace (f->server, "/x"));

  /* An event before the answer is a violation. */
  client_send (other, "0/y,");
  client_send (other, "2/y,[\"early\"]");
  client_expect_closed (other);
  sio_middleware_accept (g_ptr_array_index (f->tasks, 1));
  wait_a_bit ();
  wait_a_bit ();
  g_assert_null (sio_server_get_namespace (f->server, "/y"));
}

static void
test_func_races (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) one = client_open (f->port, NULL);
  g_autoptr (Client) two = client_open (f->port, NULL);
  g_autofree char *reply = NULL;
  g_autofree char *other_reply = NULL;
  g_autofree char *third_reply = NULL;

  sio_server_set_max_dynamic_namespaces (f->server, 1);
  add_func (f);
  client_send (one, "0/x,");
  client_send (two, "0/x,");
  WAIT_FOR (f->tasks->len == 2);
  /* What is being decided about counts, by names. */
  client_send (two, "0/y,");
  client_expect (two, "4/y,{\"message\":\"Too many namespaces\"}");
  g_string_truncate (f->log, 0);
  sio_middleware_accept (g_ptr_array_index (f->tasks, 1));
  sio_middleware_accept (g_ptr_array_index (f->tasks, 0));
  reply = client_receive (one);
  other_reply = client_receive (two);
  g_assert_true (g_str_has_prefix (reply, "0/x,{\"sid\""));
  g_assert_true (g_str_has_prefix (other_reply, "0/x,{\"sid\""));
  assert_log (f, "new /x; ");
  g_assert_cmpuint (sio_namespace_get_n_sockets (sio_server_get_namespace (f->server, "/x")), ==,
                    2);

  /* The application makes it meanwhile. */
  sio_server_set_max_dynamic_namespaces (f->server, 0);
  client_send (one, "0/z,");
  WAIT_FOR (f->tasks->len == 3);
  g_string_truncate (f->log, 0);
  g_assert_null (sio_namespace_get_parent (sio_server_of (f->server, "/z")));
  sio_middleware_accept (g_ptr_array_index (f->tasks, 2));
  third_reply = client_receive (one);
  g_assert_true (g_str_has_prefix (third_reply, "0/z,{\"sid\""));
  assert_log (f, "new /z; ");
}

static void
test_func_close (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);

  add_func (f);
  client_send (client, "0/x,");
  WAIT_FOR (f->tasks->len == 1);
  server_close (f->server);
  g_assert_true (
      g_cancellable_is_cancelled (g_task_get_cancellable (g_ptr_array_index (f->tasks, 0))));
  sio_middleware_accept (g_ptr_array_index (f->tasks, 0));
  wait_a_bit ();
  g_assert_null (sio_server_get_namespace (f->server, "/x"));
  /* Nobody is kept by what was asked. */
  g_assert_finalize_object (f->server);
  f->server = NULL;
  client_expect_closed (client);
}

static void
new_closes_cb (SioServer *server, SioNamespace *ns, Client *client)
{
  g_autoptr (GPtrArray) sockets = sio_namespace_list_sockets (sio_server_of (server, "/"));

  if (sockets->len > 0)
    sio_socket_close (g_ptr_array_index (sockets, 0), TRUE);
}

static void
test_close_in_signal (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);

  sio_server_set_cleanup_empty_child_namespaces (f->server, TRUE);
  g_free (client_join (client, ""));
  g_signal_connect (f->server, "new-namespace", G_CALLBACK (new_closes_cb), client);
  client_send (client, "0/room-1,");
  client_expect (client, "1");
  client_expect_closed (client);
  g_assert_null (sio_server_get_namespace (f->server, "/room-1"));
}

static void
root_connection_cb (SioServer *server, SioSocket *socket, GString *log)
{
  g_string_append (log, "server; ");
}

static void
test_server_signal (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) client = client_open (f->port, NULL);
  guint id;

  g_signal_connect (f->server, "connection", G_CALLBACK (root_connection_cb), f->log);
  g_free (client_join (client, "/room-1,"));
  assert_log (f, "new /room-1; connection in /room-1; ");
  id = sio_server_once (f->server, "where", where_cb, (gpointer) "root", NULL);
  g_assert_cmpuint (id, >, 0);
  g_free (client_join (client, ""));
  assert_log (f, "server; ");
  client_send_burst (client, "21[\"where\"]", "22[\"where\"]", NULL);
  client_expect (client, "31[\"root\",\"/\"]");
  client_expect_nothing (client);
}

#define ADD(name, func) g_test_add ("/server/dynamic/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("regex", test_regex);
  ADD ("parent-emits", test_parent_emits);
  ADD ("static-child", test_static_child);
  ADD ("cleanup", test_cleanup);
  ADD ("limit", test_limit);
  ADD ("hostile-name", test_hostile_name);
  ADD ("func", test_func);
  ADD ("func-gone", test_func_gone);
  ADD ("func-races", test_func_races);
  ADD ("func-close", test_func_close);
  ADD ("close-in-signal", test_close_in_signal);
  ADD ("server-signal", test_server_signal);
  return g_test_run ();
}
