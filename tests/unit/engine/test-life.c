/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-transport-private.h"

/* The end of engines, from everywhere, and several of them. */

typedef struct
{
  gboolean done;
  gboolean ok;
  GError *error;
} Result;

static void
closed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Result *outcome = user_data;

  outcome->ok = sio_engine_close_finish (SIO_ENGINE (object), result, &outcome->error);
  outcome->done = TRUE;
}

static void
test_close (gconstpointer user_data)
{
  gboolean tls = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (tls ? "tls:127.0.0.1:0" : NULL);
  g_autoptr (Client) held = NULL;
  g_autoptr (Client) websocket = NULL;
  g_autoptr (Client) waiting = NULL;
  g_autofree char *held_sid = NULL;
  g_autofree char *websocket_sid = NULL;
  g_autofree char *waiting_sid = NULL;
  Result result = { FALSE };
  gint64 start;

  {
    g_autoptr (Client) client = tls ? client_new_tls (fixture->port) : client_new (fixture);
    g_autoptr (Client) other = tls ? client_new_tls (fixture->port) : client_new (fixture);

    held_sid = client_open_polling (client);
    waiting_sid = client_open_polling (other);
  }
  held = tls ? client_new_tls (fixture->port) : client_new (fixture);
  websocket = tls ? client_new_tls (fixture->port) : client_new (fixture);
  websocket_sid = client_open_websocket (websocket);
  client_hold (held, fixture, held_sid);
  sio_session_send_text (sio_engine_get_session (fixture->engine, waiting_sid), "lost", -1);
  sio_session_send_text (fixture->session, "kept", -1);

  start = g_get_monotonic_time ();
  sio_engine_close_async (fixture->engine, NULL, closed_cb, &result);
  g_assert_false (result.done);
  g_assert_cmpuint (sio_engine_get_n_sessions (fixture->engine), ==, 0);
  g_assert_cmpuint (fixture->n_closed, ==, 3);
  client_expect (held, 200, "1");
  client_expect_text (websocket, "4kept");
  client_expect_close (websocket, 1005);
  engine_wait_for (result.done);
  g_assert_true (result.ok);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 900000);
  g_assert_nonnull (strstr (fixture->log->str, "closed:forced close/the server is shutting down "));

  if (tls)
    return;
  /* Connections that are still there are told so. */
  client_get (held, waiting_sid);
  client_expect (held, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
  client_printf (held, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
  client_expect (held, 400, NULL);
  fixture_listen (fixture, "tcp:127.0.0.1:0");
  waiting = client_new (fixture);
  g_free (client_open_polling (waiting));
}

static void
test_close_twice (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Result first = { FALSE };
  Result second = { FALSE };
  Result third = { FALSE };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  sio_engine_close_async (fixture->engine, NULL, closed_cb, &first);
  sio_engine_close_async (fixture->engine, NULL, closed_cb, &second);
  sio_engine_close_async (fixture->engine, cancellable, closed_cb, &third);
  sio_engine_close_async (fixture->engine, NULL, NULL, NULL);
  g_cancellable_cancel (cancellable);
  engine_wait_for (first.done && second.done && third.done);
  g_assert_true (first.ok && second.ok);
  g_assert_false (third.ok);
  g_assert_error (third.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&third.error);
}

/* The engine goes while everything is under way. */
static void
test_dispose (gconstpointer user_data)
{
  gboolean tls = GPOINTER_TO_INT (user_data);
  Fixture *fixture = fixture_new (tls ? "tls:127.0.0.1:0" : NULL);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autofree char *sid = NULL;
  g_autofree char *query = NULL;
  guint n = count_descriptors ();
  Client *client;

  for (guint i = 0; i < 8; i++)
    g_ptr_array_add (clients,
                     tls && i != 7 ? client_new_tls (fixture->port) : client_new (fixture));
  client = g_ptr_array_index (clients, 0);
  sid = client_open_polling (client);
  query = g_strconcat ("&sid=", sid, NULL);
  client_hold (g_ptr_array_index (clients, 1), fixture, sid);
  client_upgrade (g_ptr_array_index (clients, 2), query);
  client_send_text (g_ptr_array_index (clients, 2), "2probe");
  client_printf (g_ptr_array_index (clients, 3),
                 "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4",
                 sid);
  g_free (client_open_websocket (g_ptr_array_index (clients, 4)));
  client_send (g_ptr_array_index (clients, 5), "GET " HANDSHAKE " HTTP/1.1\r\nHo", -1);
  client_send (g_ptr_array_index (clients, 6),
               "POST /other HTTP/1.1\r\nHost: a\r\n"
               "Content-Length: 9\r\n\r\nx",
               -1);
  client_send (g_ptr_array_index (clients, 7), "\x16\x03", 2);
  for (guint i = 0; i < 10; i++)
    engine_iterate ();
  fixture_free_early (fixture);
  /* WebSockets wait for the client's close frame. */
  for (guint i = 0; i < clients->len; i++)
    if (i != 2 && i != 4)
      engine_wait_for (client_is_over (g_ptr_array_index (clients, i)));
  g_ptr_array_set_size (clients, 0);
  engine_wait_for (count_descriptors () < n);
}

/* The last reference goes inside of a handler. */
typedef struct
{
  SioEngine *engine;
  GString *log;
} Bare;

static void
drop (Bare *bare, const char *where)
{
  g_string_append_printf (bare->log, "%s ", where);
  g_clear_object (&bare->engine);
}

static void
bare_message_cb (SioSession *session, GBytes *data, gboolean is_text, Bare *bare)
{
  drop (bare, "message");
}

static void
bare_closed_cb (SioSession *session, const char *reason, const char *description, Bare *bare)
{
  drop (bare, "closed");
}

static void
bare_connection_cb (SioEngine *engine, SioSession *session, Bare *bare)
{
  g_signal_connect (session, "message", G_CALLBACK (bare_message_cb), bare);
  g_signal_connect (session, "closed", G_CALLBACK (bare_closed_cb), bare);
}

static void
bare_drop_cb (SioEngine *engine, gpointer object, Bare *bare)
{
  drop (bare, "early");
}

static void
bare_error_cb (SioEngine *engine, gpointer request, int code, GVariant *context, Bare *bare)
{
  drop (bare, "error");
}

typedef struct
{
  const char *signal; /* NULL: of the session */
  const char *text;   /* what to send */
  gboolean websocket;
} Drop;

static const Drop drops[] = {
  { "connection", NULL, FALSE },
  { "connection", NULL, TRUE },
  { "headers", NULL, FALSE },
  { "headers", NULL, TRUE },
  { "initial-headers", NULL, FALSE },
  { "initial-headers", NULL, TRUE },
  { NULL, "4x", FALSE },
  { NULL, "4x", TRUE },
  { NULL, "1", FALSE },
  { NULL, "1", TRUE },
  { NULL, "?", FALSE },
  { NULL, "?", TRUE },
};

static void
run_drop (const Drop *data, gboolean tls)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GTlsCertificate) certificate = fixture_certificate ();
  Bare bare = { sio_engine_new (), log };
  g_auto (GStrv) addresses = NULL;
  g_autoptr (Client) client = NULL;
  g_autoptr (Client) poster = NULL;
  g_autofree char *sid = NULL;
  SioEngine *engine = bare.engine;
  guint n = count_descriptors ();
  guint port;

  g_object_add_weak_pointer (G_OBJECT (engine), (gpointer *) &engine);
  sio_engine_set_tls_certificate (bare.engine, certificate);
  g_assert_true (
      sio_engine_listen (bare.engine, tls ? "tls:127.0.0.1:0" : "tcp:127.0.0.1:0", NULL));
  addresses = sio_engine_list_addresses (bare.engine);
  port = (guint) g_ascii_strtoull (strrchr (addresses[0], ':') + 1, NULL, 10);
  g_signal_connect (bare.engine, "connection", G_CALLBACK (bare_connection_cb), &bare);
  if (data->signal != NULL)
    g_signal_connect (bare.engine, data->signal, G_CALLBACK (bare_drop_cb), &bare);

  client = tls ? client_new_tls (port) : client_new_port ("127.0.0.1", port);
  poster = tls ? client_new_tls (port) : client_new_port ("127.0.0.1", port);
  if (data->signal != NULL)
    {
      if (data->websocket)
        client_send_upgrade (client, "", "", 0);
      else
        client_printf (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
  else if (data->websocket)
    {
      sid = client_open_websocket (client);
      client_send_text (client, data->text);
    }
  else
    {
      sid = client_open_polling (client);
      client_post (poster, sid, data->text);
    }
  engine_wait_for (engine == NULL);
  if (!data->websocket)
    engine_wait_for (client_is_over (client));
  g_assert_cmpuint (log->len, >, 0);
  g_clear_pointer (&client, client_free);
  g_clear_pointer (&poster, client_free);
  engine_wait_for (count_descriptors () <= n);
}

static void
test_drop (gconstpointer user_data)
{
  gboolean tls = GPOINTER_TO_INT (user_data);

  for (guint i = 0; i < G_N_ELEMENTS (drops); i++)
    {
      g_test_message ("%u: %s %s %d", i, drops[i].signal, drops[i].text, drops[i].websocket);
      run_drop (&drops[i], tls);
    }
}

static void
test_drop_on_error (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Bare bare = { sio_engine_new (), log };
  SioEngine *engine = bare.engine;
  g_auto (GStrv) addresses = NULL;
  g_autoptr (Client) client = NULL;

  g_object_add_weak_pointer (G_OBJECT (engine), (gpointer *) &engine);
  g_assert_true (sio_engine_listen (bare.engine, "tcp:127.0.0.1:0", NULL));
  addresses = sio_engine_list_addresses (bare.engine);
  g_signal_connect (bare.engine, "connection-error", G_CALLBACK (bare_error_cb), &bare);
  client = client_new_port ("127.0.0.1",
                            (guint) g_ascii_strtoull (strrchr (addresses[0], ':') + 1, NULL, 10));
  client_printf (client, "GET " PREFIX "?transport=x HTTP/1.1\r\nHost: a\r\n\r\n");
  engine_wait_for (engine == NULL);
  engine_wait_for (client_is_over (client));
}

/* Time runs out while nobody else holds the engine. */
static void
test_drop_on_timeout (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Bare bare = { sio_engine_new (), log };
  SioEngine *engine = bare.engine;
  g_auto (GStrv) addresses = NULL;
  g_autoptr (Client) client = NULL;
  g_autofree char *sid = NULL;

  g_object_add_weak_pointer (G_OBJECT (engine), (gpointer *) &engine);
  sio_engine_set_ping_interval (bare.engine, 50);
  sio_engine_set_ping_timeout (bare.engine, 500);
  g_assert_true (sio_engine_listen (bare.engine, "tcp:127.0.0.1:0", NULL));
  addresses = sio_engine_list_addresses (bare.engine);
  client = client_new_port ("127.0.0.1",
                            (guint) g_ascii_strtoull (strrchr (addresses[0], ':') + 1, NULL, 10));
  sid = client_open_polling (client);
  client_expect_poll (client, sid, "2");
  /* The held GET is answered when the time is over. */
  g_signal_connect (bare.engine, "headers", G_CALLBACK (bare_drop_cb), &bare);
  client_get (client, sid);
  engine_wait_for (engine == NULL);
  engine_wait_for (client_is_over (client));
}

/* Each thread has engines of its own. */
static gpointer
thread_func (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint round = 0; round < 10; round++)
    {
      g_autoptr (Fixture) first = fixture_new (NULL);
      g_autoptr (Fixture) second = fixture_new (round % 2 ? "tls:127.0.0.1:0" : NULL);
      g_autoptr (Client) websocket = client_new (first);
      g_autoptr (Client) polling = round % 2 ? client_new_tls (second->port) : client_new (second);
      g_autofree char *websocket_sid = client_open_websocket (websocket);
      g_autofree char *polling_sid = NULL;

      first->echo = second->echo = TRUE;
      polling_sid = client_open_polling (polling);
      for (guint i = 0; i < 20; i++)
        {
          g_autofree char *text = g_strdup_printf ("4%p-%u", data, i);

          client_send_text (websocket, text);
          client_expect_text (websocket, text);
          sio_session_send_text (second->session, text, -1);
        }
      sio_session_close (first->session);
      client_expect_close (websocket, 1005);
    }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("engine", thread_func, GUINT_TO_POINTER (i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("The end of engines.");

  g_test_add_data_func ("/engine/life/close/tcp", GINT_TO_POINTER (FALSE), test_close);
  g_test_add_data_func ("/engine/life/close/tls", GINT_TO_POINTER (TRUE), test_close);
  g_test_add_func ("/engine/life/close-twice", test_close_twice);
  g_test_add_data_func ("/engine/life/dispose/tcp", GINT_TO_POINTER (FALSE), test_dispose);
  g_test_add_data_func ("/engine/life/dispose/tls", GINT_TO_POINTER (TRUE), test_dispose);
  g_test_add_data_func ("/engine/life/drop/tcp", GINT_TO_POINTER (FALSE), test_drop);
  g_test_add_data_func ("/engine/life/drop/tls", GINT_TO_POINTER (TRUE), test_drop);
  g_test_add_func ("/engine/life/drop-on-error", test_drop_on_error);
  g_test_add_func ("/engine/life/drop-on-timeout", test_drop_on_timeout);
  g_test_add_func ("/engine/life/threads", test_threads);
  return g_test_run ();
}
