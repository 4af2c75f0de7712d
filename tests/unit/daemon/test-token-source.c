/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-token-source.h"

/* Tokens out of handshakes as they come over the network. */

typedef struct
{
  SoupServer *soup_server;
  SioServer *server;
  SiosTokenSource *source;
  char *found;
  gboolean answered;
} Fixture;

static void
middleware_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->found = sios_token_source_find (fixture->source, sio_socket_get_handshake (socket));
  fixture->answered = TRUE;
  sio_middleware_accept (task);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* What is found when a client comes with all these; NULL for what it does without. */
static char *
find (const char *places,
      const char *auth_json,
      const char *authorization,
      const char *query,
      const char *cookie)
{
  Fixture fixture = { soup_server_new (NULL, NULL), sio_server_new (), NULL, NULL, FALSE };
  g_autoptr (GError) error = NULL;
  g_autoslist (GUri) uris = NULL;
  g_autoptr (SioClient) client = NULL;
  g_autofree char *url = NULL;
  gboolean closed = FALSE;

  fixture.source = sios_token_source_new (places, &error);
  g_assert_no_error (error);
  sio_namespace_use (sio_server_of (fixture.server, "/"), middleware_cb, &fixture, NULL);
  sio_server_attach (fixture.server, fixture.soup_server);
  soup_server_listen_local (fixture.soup_server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (fixture.soup_server);
  url = g_strdup_printf ("http://127.0.0.1:%d/%s", g_uri_get_port (uris->data),
                         query != NULL ? query : "");
  client = sio_client_new (url);
  if (auth_json != NULL)
    sio_client_set_auth (client, json_from_string (auth_json, NULL));
  if (authorization != NULL)
    sio_manager_set_header (sio_client_get_manager (client), "Authorization", authorization);
  if (cookie != NULL)
    sio_manager_set_header (sio_client_get_manager (client), "Cookie", cookie);
  sio_client_open (client);
  while (!fixture.answered)
    g_main_context_iteration (NULL, TRUE);
  sio_client_close (client);
  sio_server_close_async (fixture.server, NULL, closed_cb, &closed);
  while (!closed)
    g_main_context_iteration (NULL, TRUE);
  soup_server_disconnect (fixture.soup_server);
  sios_token_source_free (fixture.source);
  g_object_unref (fixture.server);
  g_object_unref (fixture.soup_server);
  return fixture.found;
}

typedef struct
{
  const char *name;
  const char *places;
  const char *auth;
  const char *authorization;
  const char *query;
  const char *cookie;
  const char *expected;
} Case;

static const Case cases[] = {
  { "auth", SIOS_TOKEN_SOURCE_DEFAULT, "{\"token\":\"a.b.c\"}", "Bearer h", "?token=q", "token=c",
    "a.b.c" },
  { "auth-bearer", "auth:token", "{\"token\":\"Bearer  a.b.c\"}", NULL, NULL, NULL, "a.b.c" },
  { "auth-name", "auth:jwt", "{\"token\":\"no\",\"jwt\":\"yes\"}", NULL, NULL, NULL, "yes" },
  { "auth-number", SIOS_TOKEN_SOURCE_DEFAULT, "{\"token\":7}", NULL, NULL, NULL, NULL },
  { "auth-empty", SIOS_TOKEN_SOURCE_DEFAULT, "{\"token\":\"\"}", "Bearer h", NULL, NULL, "h" },
  { "nothing", "auth:token, authorization, query:token, cookie:token", NULL, NULL, NULL, NULL,
    NULL },
  { "header", SIOS_TOKEN_SOURCE_DEFAULT, NULL, "bEARER h.h.h", NULL, NULL, "h.h.h" },
  { "header-basic", SIOS_TOKEN_SOURCE_DEFAULT, NULL, "Basic h.h.h", NULL, NULL, NULL },
  { "not-configured", "authorization", "{\"token\":\"a\"}", NULL, "?token=q", "token=c", NULL },
  { "order", "query:token, auth:token", "{\"token\":\"a\"}", NULL, "?token=q.q.q", NULL, "q.q.q" },
  { "query-absent", "query:token,auth:token", "{\"token\":\"a\"}", NULL, "?tok=q", NULL, "a" },
  { "cookie", "cookie:session", NULL, NULL, NULL, "xsession=no; session=c.c.c; session=no",
    "c.c.c" },
  { "cookie-quoted", "cookie:session", NULL, NULL, NULL, "a=b;session=\"c.c.c\"", "c.c.c" },
  { "cookie-absent", "cookie:session", NULL, NULL, NULL, "sessio=1; session", NULL },
};

static void
test_find (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *found = find (c->places, c->auth, c->authorization, c->query, c->cookie);

  g_assert_cmpstr (found, ==, c->expected);
}

static void
test_bad (void)
{
  static const char *const bad[] = {
    "",      "auth",         "auth:",      "authorization:x", "header",
    "query", "auth:token,,", "AUTH:token", "auth:a b,cook:x", "authorization:"
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sios_token_source_new (bad[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/token-source/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_find);
    }
  g_test_add_func ("/token-source/bad", test_bad);
  return g_test_run ();
}
