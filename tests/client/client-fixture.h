/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <sio.h>

G_BEGIN_DECLS

/* A server in a process of its own. */
typedef struct
{
  GSubprocess *process;
  guint port;
} TestServer;

/* @options is JSON for the official server; @port 0 lets the system choose. */
TestServer *test_server_new (const char *options, guint port);
/* The official one with TLS, as @tls says in JSON. */
TestServer *test_server_new_tls (const char *tls);
/* A proxy for CONNECT that leads to @port. */
TestServer *test_server_new_connect (guint port);
/* Our own, with the fixture `client`. */
TestServer *test_server_new_conformance (void);
/* The same with the msgpack parser. */
TestServer *test_server_new_msgpack (void);
/* Our own, with another fixture; @port 0 lets the system choose. */
TestServer *test_server_new_fixture (const char *fixture, guint port);
/* Ends it in good order. */
void test_server_stop (TestServer *self);
void test_server_free (TestServer *self);
char *test_server_uri (TestServer *self, const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestServer, test_server_free)

/* Runs the main context until @condition is true; fails the test after 60 s. */
#define test_wait(condition)                                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 test_end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;                               \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > test_end)                                                    \
          g_error ("%s:%d: timed out waiting for %s", __FILE__, __LINE__, #condition);             \
        test_iterate ();                                                                           \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* One iteration, 5 ms at most. */
void test_iterate (void);
void test_sleep (guint ms);

/* What happened to a client, one word per event: `connected`, `disconnected:REASON`,
 * `error:MESSAGE`, `attempt:N`, `failed`. */
typedef struct
{
  SioClient *client;
  GPtrArray *log;
  GPtrArray *events; /* `NAME JSON` of what came */
  GError *error;     /* the last connect-error */
  char *data;        /* what came along with it */
  char *details;
} TestClient;

TestClient *test_client_new (SioClient *client /* transfer full */);
TestClient *test_client_new_for (TestServer *server, const char *path, const char *transports);
void test_client_free (TestClient *self);
gboolean test_client_saw (TestClient *self, const char *entry);
void test_client_open (TestClient *self);
char *test_client_join (GPtrArray *entries);
/* Emits and waits for the acknowledgement; NULL with @error. */
SioArgs *
test_client_ask (TestClient *self, const char *event, SioArgs *args, guint timeout, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestClient, test_client_free)

/* Keeps the result of an emit_with_ack. */
typedef struct
{
  gboolean done;
  SioArgs *args;
  GError *error;
} TestAnswer;

void test_answer_cb (GObject *source, GAsyncResult *result, gpointer user_data);
void test_answer_clear (TestAnswer *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestAnswer, test_answer_clear)

G_END_DECLS
