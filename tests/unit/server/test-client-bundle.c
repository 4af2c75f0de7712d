/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <sio.h>
#include <string.h>

/* What can go wrong when the files of the browser client are loaded; how they are served is shown
 * by tests/interop/client-bundle.test.mjs. */

static void
write_file (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, name, -1, &error);
  g_assert_no_error (error);
}

static void
remove_all (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

static void
assert_files (SioServer *server, const char *expected)
{
  g_auto (GStrv) names = sio_server_list_client_files (server);
  g_autofree char *list = g_strjoinv (" ", names);

  g_assert_cmpstr (list, ==, expected);
}

static void
test_load (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  g_autofree char *directory = g_dir_make_tmp ("sio-bundle-XXXXXX", NULL);
  g_autofree char *blocked = g_build_filename (directory, "socket.io.min.js", NULL);
  g_autofree char *property = NULL;
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;

  g_signal_connect_swapped (server, "notify::client-bundle-dir", G_CALLBACK (g_atomic_int_inc),
                            &n_notified);
  g_assert_null (sio_server_get_client_bundle_dir (server));
  assert_files (server, "");

  write_file (directory, "socket.io.js.map");
  g_assert_false (sio_server_load_client_bundle (server, directory, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, directory));
  g_clear_error (&error);
  g_assert_false (sio_server_load_client_bundle (server, "/nowhere", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpuint (n_notified, ==, 0);

  write_file (directory, "socket.io.js");
  write_file (directory, "package.json");
  g_assert_true (sio_server_load_client_bundle (server, directory, &error));
  g_assert_no_error (error);
  assert_files (server, "socket.io.js socket.io.js.map");
  g_object_get (server, "client-bundle-dir", &property, NULL);
  g_assert_cmpstr (property, ==, directory);
  g_assert_cmpuint (n_notified, ==, 1);

  /* What cannot be read is an error, and the files from before stay. */
  g_assert_cmpint (g_mkdir (blocked, 0700), ==, 0);
  g_assert_false (sio_server_load_client_bundle (server, directory, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  g_clear_error (&error);
  assert_files (server, "socket.io.js socket.io.js.map");

  g_assert_true (sio_server_load_client_bundle (server, NULL, &error));
  g_assert_null (sio_server_get_client_bundle_dir (server));
  assert_files (server, "");
  g_assert_cmpuint (n_notified, ==, 2);
  remove_all (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client-bundle/load", test_load);
  return g_test_run ();
}
