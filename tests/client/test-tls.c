/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "client-fixture.h"
#include "fault-proxy.h"

/* TLS: whom the client trusts, who it is itself, what it says if something is wrong, and the way
 * through a proxy. The certificates are made by openssl at the beginning. */

static char *dir;

static void
run (const char *command)
{
  const char *argv[] = { "sh", "-ec", command, NULL };
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  g_subprocess_launcher_set_cwd (launcher, dir);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &output, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (process))
    g_error ("%s: %s", command, output);
}

static void
make_authority (const char *name)
{
  g_autofree char *command = g_strdup_printf (
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
      "-subj '/CN=Authority %s' -addext basicConstraints=critical,CA:TRUE "
      "-keyout %s.key -out %s.pem",
      name, name, name);

  run (command);
}

/* @days may be negative: it has expired then. */
static void
make_certificate (const char *name, const char *authority, const char *names, int days)
{
  g_autofree char *command = g_strdup_printf (
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=%s' "
      "-keyout %s.key -out %s.csr; "
      "printf 'subjectAltName=%s\\n' > %s.ext; "
      "openssl x509 -req -in %s.csr -CA %s.pem -CAkey %s.key -CAcreateserial -days %d "
      "-extfile %s.ext -out %s.pem; cat %s.key >> %s.pem",
      name, name, name, names, name, name, authority, authority, days, name, name, name, name);

  run (command);
}

static char *
in_dir (const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static TestServer *
server_new (const char *certificate, const char *more)
{
  g_autofree char *tls = g_strdup_printf ("{\"key\":\"%s/%s.key\",\"cert\":\"%s/%s.pem\"%s}", dir,
                                          certificate, dir, certificate, more);

  return test_server_new_tls (tls);
}

static TestClient *
client_new (TestServer *server, const char *host, const char *transports, gboolean trust)
{
  g_autofree char *uri = g_strdup_printf ("https://%s:%u/", host, server->port);
  TestClient *client = test_client_new (sio_client_new (uri));
  SioManager *manager = sio_client_get_manager (client->client);
  g_auto (GStrv) names = g_strsplit (transports, " ", -1);

  g_object_set (manager, "reconnection", FALSE, NULL);
  sio_manager_set_transports (manager, (const char *const *) names);
  if (trust)
    {
      g_autofree char *path = in_dir ("ca.pem");
      g_autoptr (GError) error = NULL;

      sio_manager_trust_file (manager, path, &error);
      g_assert_no_error (error);
    }
  return client;
}

static void
check_echo (TestClient *client)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) answer = NULL;

  test_client_open (client);
  answer = test_client_ask (client, "echo", sio_args_new ("s", "secret"), 60000, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (sio_args_get_string (answer, 0), ==, "secret");
}

static void
check_error (TestClient *client, int code, const char *text)
{
  sio_client_open (client->client);
  test_wait (client->error != NULL);
  g_test_message ("%s", client->error->message);
  if (code >= 0)
    g_assert_error (client->error, G_TLS_ERROR, code);
  g_assert_nonnull (strstr (client->error->message, text));
}

static void
test_trusted (gconstpointer data)
{
  g_autoptr (TestServer) server = server_new ("good", "");
  g_autoptr (TestClient) client = client_new (server, "localhost", data, TRUE);
  SioManager *manager = sio_client_get_manager (client->client);

  check_echo (client);
  if (strstr (data, "websocket") != NULL)
    test_wait (sio_manager_get_transport (manager) == SIO_TRANSPORT_WEBSOCKET);
}

/* Instead of the system's, not besides. */
static void
test_database (void)
{
  g_autoptr (TestServer) server = server_new ("good", "");
  g_autoptr (TestClient) client = client_new (server, "localhost", "polling websocket", FALSE);
  g_autofree char *path = in_dir ("ca.pem");
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, NULL);

  g_object_set (sio_client_get_manager (client->client), "tls-database", database, NULL);
  check_echo (client);
}

static void
test_refused (gconstpointer data)
{
  g_autoptr (TestServer) server = server_new ("good", "");
  g_autoptr (TestServer) other = server_new ("other", "");
  g_autoptr (TestServer) old = server_new ("old", "");
  g_autoptr (TestServer) plain = test_server_new (NULL, 0);
  g_autoptr (TestClient) unknown = client_new (server, "localhost", data, FALSE);
  g_autoptr (TestClient) still_unknown = NULL;
  g_autoptr (TestClient) name = client_new (other, "localhost", data, TRUE);
  g_autoptr (TestClient) expired = client_new (old, "localhost", data, TRUE);
  g_autoptr (TestClient) not_tls = client_new (plain, "localhost", data, TRUE);
  g_autofree char *wrong = in_dir ("ca2.pem");

  check_error (unknown, G_TLS_ERROR_BAD_CERTIFICATE, "no trusted authority signed it (if");
  g_assert_null (strstr (unknown->error->message, "another host"));
  still_unknown = client_new (server, "localhost", data, FALSE);
  sio_manager_trust_file (sio_client_get_manager (still_unknown->client), wrong, NULL);
  check_error (still_unknown, G_TLS_ERROR_BAD_CERTIFICATE, "no trusted authority signed it (if");
  check_error (name, G_TLS_ERROR_BAD_CERTIFICATE, "acceptable: it is for another host (use");
  check_error (expired, G_TLS_ERROR_BAD_CERTIFICATE, "acceptable: it has expired (");
  check_error (not_tls, -1, "its address begins with http:");
}

static void
test_identity (gconstpointer data)
{
  g_autofree char *more = g_strdup_printf (
      ",\"ca\":\"%s/ca.pem\",\"requestCert\":true,\"rejectUnauthorized\":true", dir);
  g_autoptr (TestServer) server = server_new ("good", more);
  g_autoptr (TestClient) none = client_new (server, "localhost", data, TRUE);
  g_autoptr (TestClient) client = client_new (server, "localhost", data, TRUE);
  g_autofree char *path = in_dir ("me.pem");
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, &error);

  g_assert_no_error (error);
  check_error (none, -1, "asks for a certificate of this client, and none is set");
  g_object_set (sio_client_get_manager (client->client), "tls-certificate", certificate, NULL);
  check_echo (client);
}

static void
test_files (void)
{
  g_autoptr (SioManager) manager = sio_manager_new ("https://localhost/");
  g_autofree char *missing = in_dir ("missing.pem");
  g_autofree char *empty = in_dir ("empty.pem");
  g_autoptr (GError) error = NULL;

  g_assert_false (sio_manager_trust_file (manager, missing, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (empty, "nothing\n", -1, NULL));
  g_assert_false (sio_manager_trust_file (manager, empty, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_false (sio_manager_trust_file (manager, empty, NULL));
}

/* By CONNECT, to a host that only the proxy knows how to reach. */
static void
test_proxy (gconstpointer data)
{
  g_autoptr (TestServer) server = server_new ("good", "");
  g_autoptr (TestServer) proxy = test_server_new_connect (server->port);
  g_autoptr (TestClient) client = client_new (server, "server.invalid", data, TRUE);
  g_autofree char *address = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (address, NULL);
  SoupSession *session = sio_manager_get_soup_session (sio_client_get_manager (client->client));
  g_autoptr (GProxyResolver) used = NULL;

  /* Unless told otherwise, as GLib is configured. */
  g_object_get (session, "proxy-resolver", &used, NULL);
  g_assert_true (used == g_proxy_resolver_get_default ());
  soup_session_set_proxy_resolver (session, resolver);
  check_echo (client);
  if (strstr (data, "websocket") != NULL)
    test_wait (sio_manager_get_transport (sio_client_get_manager (client->client)) ==
               SIO_TRANSPORT_WEBSOCKET);
}

int
main (int argc, char **argv)
{
  static const char *const transports[] = { "polling websocket", "polling", "websocket" };
  int status;

  g_test_init (&argc, &argv, NULL);
  dir = g_dir_make_tmp ("sio-tls-XXXXXX", NULL);
  make_authority ("ca");
  make_authority ("ca2");
  make_certificate ("good", "ca", "DNS:localhost,DNS:server.invalid", 2);
  make_certificate ("other", "ca", "DNS:other.example", 2);
  make_certificate ("old", "ca", "DNS:localhost", -1);
  make_certificate ("me", "ca", "DNS:me", 2);
  for (guint i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      static const struct
      {
        const char *name;
        GTestDataFunc func;
      } tests[] = { { "trusted", test_trusted },
                    { "refused", test_refused },
                    { "identity", test_identity },
                    { "proxy", test_proxy } };

      for (guint j = 0; j < G_N_ELEMENTS (tests); j++)
        {
          g_autofree char *path =
              g_strdup_printf ("/client/tls/%s/%s", tests[j].name, transports[i]);

          g_strdelimit (path, " ", '-');
          g_test_add_data_func (path, transports[i], tests[j].func);
        }
    }
  g_test_add_func ("/client/tls/database", test_database);
  g_test_add_func ("/client/tls/files", test_files);
  status = g_test_run ();
  run ("rm -f -- *.pem *.key *.csr *.ext *.srl");
  g_rmdir (dir);
  g_free (dir);
  return status;
}
