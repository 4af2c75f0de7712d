/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server-fixture.h"

#define N_CLIENTS 3

typedef struct
{
  SioServer *server;
  SioNamespace *ns;
  guint16 port;
  Client *clients[N_CLIENTS];
  SioSocket *sockets[N_CLIENTS];
  SioArgs *answer;
  SioResponses *responses;
  GError *error;
  guint n_done;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->server = sio_server_new ();
  f->ns = sio_server_of (f->server, "/x");
  f->port = server_listen (f->server);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_autofree char *id = NULL;

      f->clients[i] = client_open (f->port, NULL);
      id = client_join (f->clients[i], "/x,");
      f->sockets[i] = g_object_ref (sio_namespace_get_socket (f->ns, id));
    }
}

static void
clear (Fixture *f)
{
  f->n_done = 0;
  g_clear_error (&f->error);
  g_clear_pointer (&f->answer, sio_args_unref);
  g_clear_pointer (&f->responses, sio_responses_unref);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  clear (f);
  for (guint i = 0; i < N_CLIENTS; i++)
    g_clear_pointer (&f->clients[i], client_free);
  if (f->server != NULL)
    {
      server_close (f->server);
      g_assert_finalize_object (f->server);
    }
  for (guint i = 0; i < N_CLIENTS; i++)
    g_assert_finalize_object (f->sockets[i]);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_error (&f->error);
  f->answer = sio_socket_emit_with_ack_finish (SIO_SOCKET (source), result, &f->error);
  f->n_done++;
}

static void
all_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_error (&f->error);
  if (SIO_IS_NAMESPACE (source))
    f->responses = sio_namespace_emit_with_ack_finish (SIO_NAMESPACE (source), result, &f->error);
  else
    f->responses = sio_broadcast_emit_with_ack_finish (SIO_BROADCAST (source), result, &f->error);
  f->n_done++;
}

static void
test_answer (Fixture *f, gconstpointer data)
{
  sio_socket_emit_with_ack_async (f->sockets[0], "q", sio_args_new ("i", 1), 0, NULL, answered_cb,
                                  f);
  client_expect (f->clients[0], "2/x,0[\"q\",1]");
  client_send (f->clients[0], "3/x,0[\"yes\",2]");
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_cmpstr (sio_args_get_json (f->answer), ==, "[\"yes\",2]");
  clear (f);

  /* Ids are the namespace's; strangers and repetitions are ignored. */
  sio_socket_emit_with_ack_async (f->sockets[1], "q", NULL, 5000, NULL, answered_cb, f);
  client_expect (f->clients[1], "2/x,1[\"q\"]");
  client_send (f->clients[0], "3/x,1[\"not me\"]");
  client_send (f->clients[0], "3/x,0[\"again\"]");
  client_send (f->clients[1], "3/x,77[\"unknown\"]");
  client_send (f->clients[1], "3/x,[\"no id\"]");
  client_expect_nothing (f->clients[0]);
  g_assert_cmpuint (f->n_done, ==, 0);
  client_send (f->clients[1], "61-/x,1[{\"_placeholder\":true,\"num\":0}]");
  client_send_binary (f->clients[1], "data", 4);
  WAIT_FOR (f->n_done == 1);
  g_assert_cmpuint (g_bytes_get_size (sio_args_get_bytes (f->answer, 0)), ==, 4);
}

static void
test_timeout (Fixture *f, gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();

  sio_socket_emit_with_ack_async (f->sockets[0], "q", NULL, 50, NULL, answered_cb, f);
  client_expect (f->clients[0], "2/x,0[\"q\"]");
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_assert_cmpstr (f->error->message, ==, "operation has timed out");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50 * 1000);
  client_send (f->clients[0], "3/x,0[\"late\"]");
  client_expect_nothing (f->clients[0]);
  g_assert_cmpuint (f->n_done, ==, 1);
}

static void
test_disconnect (Fixture *f, gconstpointer data)
{
  sio_socket_emit_with_ack_async (f->sockets[0], "q", NULL, 0, NULL, answered_cb, f);
  client_drop (f->clients[0]);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, SIO_ERROR, SIO_ERROR_NOT_CONNECTED);
  g_assert_cmpstr (f->error->message, ==, "socket has been disconnected");
  clear (f);

  sio_socket_emit_with_ack_async (f->sockets[0], "q", NULL, 0, NULL, answered_cb, f);
  g_assert_cmpuint (f->n_done, ==, 0);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, SIO_ERROR, SIO_ERROR_NOT_CONNECTED);
}

static void
test_cancel (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  sio_socket_emit_with_ack_async (f->sockets[0], "q", NULL, 0, cancellable, answered_cb, f);
  client_expect (f->clients[0], "2/x,0[\"q\"]");
  g_cancellable_cancel (cancellable);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  clear (f);

  sio_namespace_emit_with_ack_async (f->ns, "q", NULL, 0, cancellable, all_answered_cb, f);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  clear (f);
  g_cancellable_reset (cancellable);
  sio_namespace_emit_with_ack_async (f->ns, "q", NULL, 0, cancellable, all_answered_cb, f);
  client_expect (f->clients[0], "2/x,1[\"q\"]");
  g_cancellable_cancel (cancellable);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_broadcast (Fixture *f, gconstpointer data)
{
  sio_namespace_emit_with_ack_async (f->ns, "vote", sio_args_new ("i", 1), 5000, NULL,
                                     all_answered_cb, f);
  for (guint i = 0; i < N_CLIENTS; i++)
    client_expect (f->clients[i], "2/x,0[\"vote\",1]");
  client_send (f->clients[2], "3/x,0[\"c\"]");
  client_send (f->clients[2], "3/x,0[\"twice\"]");
  client_expect_nothing (f->clients[2]);
  client_send (f->clients[0], "3/x,0[\"a\",2]");
  client_expect_nothing (f->clients[0]);
  g_assert_cmpuint (f->n_done, ==, 0);
  client_send (f->clients[1], "3/x,0[]");
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_true (sio_responses_is_complete (f->responses));
  g_assert_null (sio_responses_get_error (f->responses));
  g_assert_cmpuint (sio_responses_get_n_expected (f->responses), ==, 3);
  g_assert_cmpuint (sio_responses_get_length (f->responses), ==, 3);
  g_assert_cmpstr (sio_args_get_json (sio_responses_get_args (f->responses, 0)), ==, "[\"c\"]");
  g_assert_cmpstr (sio_args_get_json (sio_responses_get_args (f->responses, 1)), ==, "[\"a\",2]");
  g_assert_cmpstr (sio_args_get_json (sio_responses_get_args (f->responses, 2)), ==, "[]");
}

static void
test_broadcast_none (Fixture *f, gconstpointer data)
{
  sio_broadcast_emit_with_ack_async (sio_namespace_to (f->ns, "nobody"), "vote", NULL, 0, NULL,
                                     all_answered_cb, f);
  g_assert_cmpuint (f->n_done, ==, 0);
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_true (sio_responses_is_complete (f->responses));
  g_assert_cmpuint (sio_responses_get_length (f->responses), ==, 0);
  g_assert_null (sio_responses_get_args (f->responses, 0));
}

static void
test_broadcast_timeout (Fixture *f, gconstpointer data)
{
  sio_broadcast_emit_with_ack_async (
      sio_broadcast_timeout (sio_socket_broadcast (f->sockets[0]), 80), "vote", NULL, 0, NULL,
      all_answered_cb, f);
  client_expect (f->clients[1], "2/x,0[\"vote\"]");
  client_expect (f->clients[2], "2/x,0[\"vote\"]");
  /* was not asked */
  client_send (f->clients[0], "3/x,0[\"a\"]");
  client_send (f->clients[1], "3/x,0[\"b\"]");
  client_drop (f->clients[2]);
  WAIT_FOR (f->n_done == 1);
  g_assert_no_error (f->error);
  g_assert_false (sio_responses_is_complete (f->responses));
  g_assert_error (sio_responses_get_error (f->responses), SIO_ERROR, SIO_ERROR_TIMEOUT);
  g_assert_cmpuint (sio_responses_get_n_expected (f->responses), ==, 2);
  g_assert_cmpuint (sio_responses_get_length (f->responses), ==, 1);
  g_assert_cmpstr (sio_args_get_json (sio_responses_get_args (f->responses, 0)), ==, "[\"b\"]");
}

static void
test_broadcast_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  sio_namespace_emit_with_ack_async (f->ns, "vote", NULL, 5000, cancellable, all_answered_cb, f);
  client_expect (f->clients[0], "2/x,0[\"vote\"]");
  g_cancellable_cancel (cancellable);
  WAIT_FOR (f->n_done == 1);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (f->responses);
  client_send (f->clients[0], "3/x,0[\"late\"]");
  client_expect_nothing (f->clients[0]);
  g_assert_cmpuint (f->n_done, ==, 1);
}

static void
test_server_gone (Fixture *f, gconstpointer data)
{
  sio_namespace_emit_with_ack_async (f->ns, "vote", NULL, 60, NULL, all_answered_cb, f);
  sio_socket_emit_with_ack_async (f->sockets[0], "q", NULL, 0, NULL, answered_cb, f);
  g_object_unref (g_steal_pointer (&f->server));
  WAIT_FOR (f->n_done == 2);
}

#define ADD(name, func) g_test_add ("/server/acks/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Acknowledgements that the server asks for, of one client and of many");

  ADD ("answer", test_answer);
  ADD ("timeout", test_timeout);
  ADD ("disconnect", test_disconnect);
  ADD ("cancel", test_cancel);
  ADD ("broadcast", test_broadcast);
  ADD ("broadcast-none", test_broadcast_none);
  ADD ("broadcast-timeout", test_broadcast_timeout);
  ADD ("broadcast-cancelled", test_broadcast_cancelled);
  ADD ("server-gone", test_server_gone);
  return g_test_run ();
}
