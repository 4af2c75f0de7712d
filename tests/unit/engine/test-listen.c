/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine-fixture.h"
#include "sio-error.h"

typedef struct
{
  char *dir;
  char *path;
} Directory;

static void
directory_init (Directory *self)
{
  self->dir = g_dir_make_tmp ("sio-test-XXXXXX", NULL);
  g_assert_nonnull (self->dir);
  self->path = g_build_filename (self->dir, "s", NULL);
}

static void
directory_clear (Directory *self)
{
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->dir), ==, 0);
  g_free (self->dir);
  g_free (self->path);
}

static void
assert_serves (Client *client)
{
  g_autofree char *sid = client_open_polling (client);

  g_assert_cmpuint (strlen (sid), ==, 20);
}

static void
assert_serves_port (const char *host, guint port)
{
  g_autoptr (Client) client = client_new_port (host, port);

  assert_serves (client);
}

static gboolean
have_ipv6 (void)
{
  g_autoptr (SioEngine) engine = sio_engine_new ();

  return sio_engine_listen (engine, "tcp:[::1]:0", NULL);
}

static char *
first_address (Fixture *fixture)
{
  g_auto (GStrv) addresses = sio_engine_list_addresses (fixture->engine);

  return g_strdup (addresses[0]);
}

static void
test_ipv4 (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("tcp:127.0.0.1:0");
  g_autofree char *address = first_address (fixture);
  g_autofree char *expected = g_strdup_printf ("http://127.0.0.1:%u/", fixture->port);

  g_assert_cmpuint (fixture->port, >, 0);
  g_assert_cmpstr (address, ==, expected);
  assert_serves_port ("127.0.0.1", fixture->port);
  g_assert_cmpstr (sio_session_get_remote_address (fixture->session), ==, "127.0.0.1");
}

static void
test_ipv6 (void)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autofree char *address = NULL;
  g_autofree char *expected = NULL;

  if (!have_ipv6 ())
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  fixture = fixture_new ("tcp:[::1]:0");
  address = first_address (fixture);
  expected = g_strdup_printf ("http://[::1]:%u/", fixture->port);
  g_assert_cmpstr (address, ==, expected);
  assert_serves_port ("::1", fixture->port);
  g_assert_cmpstr (sio_session_get_remote_address (fixture->session), ==, "::1");
}

static void
test_dual (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = NULL;
  g_autofree char *address = NULL;

  if (!have_ipv6 ())
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  fixture = fixture_new (user_data);
  address = first_address (fixture);
  g_assert_true (g_str_has_prefix (address, "http://[::]:"));
  assert_serves_port ("127.0.0.1", fixture->port);
  assert_serves_port ("::1", fixture->port);
}

static void
test_localhost (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("tcp:localhost:0");
  g_auto (GStrv) addresses = sio_engine_list_addresses (fixture->engine);

  assert_serves_port ("127.0.0.1", fixture->port);
  if (!have_ipv6 ())
    return;
  g_assert_cmpuint (g_strv_length (addresses), ==, 2);
  g_assert_true (g_str_has_prefix (addresses[1], "http://[::1]:"));
  assert_serves_port ("::1", fixture->port);
}

/* Somebody else on one of the two addresses would get half of the clients. */
static void
test_localhost_taken (void)
{
  g_autoptr (Fixture) other = NULL;
  g_autoptr (Fixture) fixture = fixture_new ("");
  g_autofree char *address = NULL;
  g_autoptr (GError) error = NULL;

  if (!have_ipv6 ())
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  other = fixture_new ("tcp:[::1]:0");
  address = g_strdup_printf ("tcp:localhost:%u", other->port);
  g_assert_false (sio_engine_listen (fixture->engine, address, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
}

static void
test_occupied (void)
{
  g_autoptr (Fixture) other = fixture_new (NULL);
  g_autoptr (Fixture) fixture = fixture_new ("");
  g_autofree char *address = g_strdup_printf ("tcp:127.0.0.1:%u", other->port);
  g_autofree char *text =
      g_strdup_printf ("cannot listen on 127.0.0.1:%u: Address already in use", other->port);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) addresses = NULL;
  guint n = count_descriptors ();

  g_assert_false (sio_engine_listen (fixture->engine, address, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_cmpstr (error->message, ==, text);
  addresses = sio_engine_list_addresses (fixture->engine);
  g_assert_cmpuint (g_strv_length (addresses), ==, 0);
  g_assert_cmpuint (count_descriptors (), ==, n);
}

static void
test_errors (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("");
  g_autoptr (GError) unknown = NULL;
  g_autoptr (GError) tls = NULL;
  g_autoptr (GError) foreign = NULL;

  g_assert_false (sio_engine_listen (fixture->engine, "udp:1", &unknown));
  g_assert_error (unknown, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
  g_assert_false (sio_engine_listen (fixture->engine, "tls:127.0.0.1:0", &tls));
  g_assert_error (tls, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (tls->message, ==,
                   "address \"tls:127.0.0.1:0\" needs a TLS certificate, and none is set");
  g_assert_false (sio_engine_listen (fixture->engine, "tcp:192.0.2.1:0", &foreign));
  g_assert_cmpstr (foreign->message, ==,
                   "cannot listen on 192.0.2.1:0: Cannot assign requested address");
}

/* An address is understood or not, whether or not anything could listen there. */
static void
test_check (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sio_engine_check_address ("tls:192.0.2.1:1", &error));
  g_assert_true (sio_engine_check_address ("unix:/nonexistent/s,mode=0600", &error));
  g_assert_true (sio_engine_check_address ("fd:1000000", &error));
  g_assert_no_error (error);
  g_assert_false (sio_engine_check_address ("unix:/nonexistent/s,mode=0680", &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT);
}

static void
test_several (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_auto (GStrv) addresses = NULL;
  Directory directory;
  g_autofree char *text = NULL;

  directory_init (&directory);
  text = g_strconcat ("unix:", directory.path, NULL);
  fixture_listen (fixture, "tcp:127.0.0.2:0");
  fixture_listen (fixture, text);
  addresses = sio_engine_list_addresses (fixture->engine);
  g_assert_cmpuint (g_strv_length (addresses), ==, 3);
  g_assert_true (g_str_has_prefix (addresses[1], "http://127.0.0.2:"));
  g_assert_cmpstr (addresses[2], ==, text);
  for (guint i = 0; i < 2; i++)
    {
      const char *port = strrchr (addresses[i], ':') + 1;

      assert_serves_port (i == 0 ? "127.0.0.1" : "127.0.0.2",
                          (guint) g_ascii_strtoull (port, NULL, 10));
    }
  {
    g_autoptr (Client) client = client_new_unix (directory.path);

    assert_serves (client);
    g_assert_cmpstr (sio_session_get_remote_address (fixture->session), ==, "");
  }

  /* Nobody is served any more, who is there stays. */
  {
    g_autoptr (Client) client = client_new (fixture);

    assert_serves (client);
    sio_engine_stop_listening (fixture->engine);
    assert_serves (client);
  }
  g_assert_false (g_file_test (directory.path, G_FILE_TEST_EXISTS));
  directory_clear (&directory);
}

static void
assert_mode (const char *path, guint mode)
{
  struct stat info;

  g_assert_cmpint (lstat (path, &info), ==, 0);
  g_assert_true (S_ISSOCK (info.st_mode));
  g_assert_cmphex (info.st_mode & 0777, ==, mode);
}

static void
test_unix_mode (void)
{
  static const guint modes[] = { 0600, 0660, 0666, 0777 };
  Directory directory;
  mode_t mask = umask (027);

  directory_init (&directory);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *address = g_strdup_printf ("unix:%s,mode=%o", directory.path, modes[i]);
      g_autoptr (Fixture) fixture = fixture_new (address);
      g_autoptr (Client) client = client_new_unix (directory.path);

      assert_mode (directory.path, modes[i]);
      assert_serves (client);
    }
  {
    g_autofree char *address = g_strconcat ("unix:", directory.path, NULL);
    g_autoptr (Fixture) fixture = fixture_new (address);

    assert_mode (directory.path, 0750);
  }
  g_assert_cmphex (umask (mask), ==, 027);
  directory_clear (&directory);
}

/* A group is named because its members shall connect. */
static void
test_unix_group (void)
{
  struct group *group = getgrgid (getgid ());
  Directory directory;
  struct stat info;

  if (group == NULL)
    {
      g_test_skip ("this user has no group with a name");
      return;
    }
  directory_init (&directory);
  {
    g_autofree char *address = g_strdup_printf ("unix:%s,group=%s", directory.path, group->gr_name);
    g_autoptr (Fixture) fixture = fixture_new (address);

    assert_mode (directory.path, 0660);
    g_assert_cmpint (lstat (directory.path, &info), ==, 0);
    g_assert_cmpuint (info.st_gid, ==, getgid ());
  }
  {
    g_autofree char *address = g_strdup_printf ("unix:%s,group=no-such-group", directory.path);
    g_autoptr (Fixture) fixture = fixture_new ("");
    g_autoptr (GError) error = NULL;

    g_assert_false (sio_engine_listen (fixture->engine, address, &error));
    g_assert_cmpstr (error->message, ==, "there is no group \"no-such-group\"");
    /* Nothing is left behind. */
    g_assert_false (g_file_test (directory.path, G_FILE_TEST_EXISTS));
  }
  directory_clear (&directory);
}

static void
test_unix_stale (void)
{
  Directory directory;
  g_autofree char *address = NULL;

  directory_init (&directory);
  address = g_strconcat ("unix:", directory.path, NULL);
  {
    /* A process that died leaves its file. */
    g_autoptr (GSocketAddress) bound = g_unix_socket_address_new (directory.path);
    g_autoptr (GSocket) dead =
        g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

    g_assert_true (g_socket_bind (dead, bound, FALSE, NULL));
    g_assert_true (g_socket_listen (dead, NULL));
  }
  g_assert_true (g_file_test (directory.path, G_FILE_TEST_EXISTS));
  {
    g_autoptr (Fixture) fixture = fixture_new (address);
    g_autoptr (Fixture) second = fixture_new ("");
    g_autoptr (GError) error = NULL;
    g_autoptr (Client) client = NULL;

    /* One that lives is left alone. */
    g_assert_false (sio_engine_listen (second->engine, address, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    client = client_new_unix (directory.path);
    assert_serves (client);
  }
  g_assert_false (g_file_test (directory.path, G_FILE_TEST_EXISTS));

  /* Neither is a file of another kind touched. */
  {
    g_autoptr (Fixture) fixture = fixture_new ("");
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (directory.path, "precious", -1, NULL));
    g_assert_false (sio_engine_listen (fixture->engine, address, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  }
  g_assert_true (g_file_test (directory.path, G_FILE_TEST_IS_REGULAR));
  directory_clear (&directory);
}

static int
open_listening (void)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  struct sockaddr_in native;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_true (g_socket_address_to_native (address, &native, sizeof native, NULL));
  g_assert_cmpint (bind (fd, (struct sockaddr *) &native, sizeof native), ==, 0);
  g_assert_cmpint (listen (fd, 5), ==, 0);
  return fd;
}

static void
test_fd (void)
{
  int fd = open_listening ();
  g_autofree char *address = g_strdup_printf ("fd:%d", fd);

  {
    g_autoptr (Fixture) fixture = fixture_new (address);

    g_assert_cmpuint (fixture->port, >, 0);
    assert_serves_port ("127.0.0.1", fixture->port);
  }
  /* It was duplicated. */
  g_assert_cmpint (fcntl (fd, F_GETFD), >=, 0);
  close (fd);
}

static void
test_fd_errors (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("");
  g_autoptr (GError) closed = NULL;
  g_autoptr (GError) file = NULL;
  g_autoptr (GError) datagram = NULL;
  g_autofree char *file_address = NULL;
  g_autofree char *datagram_address = NULL;
  int fd;

  g_assert_false (sio_engine_listen (fixture->engine, "fd:1234567", &closed));
  g_assert_cmpstr (closed->message, ==, "cannot listen on descriptor 1234567: Bad file descriptor");
  fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  file_address = g_strdup_printf ("fd:%d", fd);
  g_assert_false (sio_engine_listen (fixture->engine, file_address, &file));
  g_assert_nonnull (strstr (file->message, "Socket operation on non-socket"));
  close (fd);
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  datagram_address = g_strdup_printf ("fd:%d", fd);
  g_assert_false (sio_engine_listen (fixture->engine, datagram_address, &datagram));
  g_assert_nonnull (datagram);
  close (fd);
}

/* A socket that somebody else shut down cannot be accepted from; the loop must not spin on it. */
static void
test_fd_shut_down (void)
{
  int fd = open_listening ();
  g_autofree char *address = g_strdup_printf ("fd:%d", fd);
  g_autoptr (Fixture) fixture = fixture_new (address);
  gint64 end;
  guint n = 0;

  g_assert_cmpint (shutdown (fd, SHUT_RDWR), ==, 0);
  capture_warnings ();
  end = g_get_monotonic_time () + 250000;
  while (g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
      n += g_main_context_pending (NULL);
    }
  g_assert_cmpuint (n, <, 20);
  g_assert_cmpuint (captured_warnings->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (captured_warnings, 0), "cannot accept connections"));
  close (fd);
}

static void
test_again (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autofree char *address = g_strdup_printf ("tcp:127.0.0.1:%u", fixture->port);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;

      assert_serves_port ("127.0.0.1", fixture->port);
      sio_engine_stop_listening (fixture->engine);
      sio_engine_listen (fixture->engine, address, &error);
      g_assert_no_error (error);
    }
}

static void
stop_cb (SoupServer *server, gpointer message, SioEngine *engine)
{
  sio_engine_stop_listening (engine);
}

/* A handler of the application may stop listening while a connection is accepted. */
static void
test_stop_while_accepting (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) first = client_new (fixture);
  g_autoptr (Client) second = client_new (fixture);

  g_signal_connect (sio_engine_get_soup_server (fixture->engine), "request-started",
                    G_CALLBACK (stop_cb), fixture->engine);
  client_printf (first, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  client_expect (first, 404, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Where the engine listens.");

  g_test_add_func ("/engine/listen/ipv4", test_ipv4);
  g_test_add_func ("/engine/listen/ipv6", test_ipv6);
  g_test_add_data_func ("/engine/listen/dual", "tcp:[::]:0", test_dual);
  g_test_add_data_func ("/engine/listen/all", "tcp:*:0", test_dual);
  g_test_add_func ("/engine/listen/localhost", test_localhost);
  g_test_add_func ("/engine/listen/localhost-taken", test_localhost_taken);
  g_test_add_func ("/engine/listen/occupied", test_occupied);
  g_test_add_func ("/engine/listen/check", test_check);
  g_test_add_func ("/engine/listen/errors", test_errors);
  g_test_add_func ("/engine/listen/several", test_several);
  g_test_add_func ("/engine/listen/unix-mode", test_unix_mode);
  g_test_add_func ("/engine/listen/unix-group", test_unix_group);
  g_test_add_func ("/engine/listen/unix-stale", test_unix_stale);
  g_test_add_func ("/engine/listen/fd", test_fd);
  g_test_add_func ("/engine/listen/fd-errors", test_fd_errors);
  g_test_add_func ("/engine/listen/fd-shut-down", test_fd_shut_down);
  g_test_add_func ("/engine/listen/again", test_again);
  g_test_add_func ("/engine/listen/stop-while-accepting", test_stop_while_accepting);
  return g_test_run ();
}
