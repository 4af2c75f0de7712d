/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "sioa-announcements.h"
#include "sioa-keep.h"
#include "sioa-mock.h"
#include "sioa-servers.h"

/* A folder that is empty at the beginning of each test. */
typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("sio-admin-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "servers.conf", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *uri;
    const char *problem; /* NULL: none */
  } cases[] = {
    { "http://localhost:3000", NULL },
    { "https://example.org", NULL },
    { "https://example.org/", NULL },
    { "wss://example.org:8443?tenant=a", NULL },
    { "http://[::1]:3000", NULL },
    { "", "Enter where" },
    { "localhost:3000", "begins with http://" },
    { "example.org", "begins with http://" },
    { "ftp://example.org", "begins with http://" },
    { "http://", "name of the computer" },
    { "http://:80", "name of the computer" },
    { "http://exa mple.org", "no name of a computer" },
    { "http://example.org:99999", "This is no address" },
    { "http://example.org:0", "Ports are numbers" },
    { "http://me:secret@example.org", "fields of their own" },
    { "http://example.org/admin", "fields of their own" },
    { "http://example.org#x", "no “#”" },
    { "http://example.org\xff", "begins with http://" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *uri = g_utf8_make_valid (cases[i].uri, -1);
      g_autoptr (GError) error = NULL;
      gboolean valid = sioa_remote_check_uri (cases[i].uri, &error);

      g_test_message ("%s: %s", uri, error != NULL ? error->message : "valid");
      g_assert_true (valid == (error == NULL));
      if (cases[i].problem == NULL)
        g_assert_no_error (error);
      else
        {
          g_assert_error (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS);
          g_assert_nonnull (strstr (error->message, cases[i].problem));
        }
    }
}

static void
test_places (void)
{
  g_assert_true (sioa_remote_check_nsp ("/admin", NULL));
  g_assert_false (sioa_remote_check_nsp ("admin", NULL));
  g_assert_false (sioa_remote_check_nsp ("", NULL));
  g_assert_false (sioa_remote_check_nsp ("/a,b", NULL));
  g_assert_true (sioa_remote_check_path ("/socket.io/", NULL));
  g_assert_false (sioa_remote_check_path ("socket.io", NULL));
  g_assert_false (sioa_remote_check_path ("/a?b", NULL));
}

static void
test_exposed (void)
{
  g_assert_true (sioa_remote_is_exposed ("http://example.org"));
  g_assert_true (sioa_remote_is_exposed ("ws://192.0.2.1"));
  g_assert_false (sioa_remote_is_exposed ("https://example.org"));
  g_assert_false (sioa_remote_is_exposed ("wss://example.org"));
  g_assert_false (sioa_remote_is_exposed ("http://localhost:3000"));
  g_assert_false (sioa_remote_is_exposed ("http://127.0.0.2"));
  g_assert_false (sioa_remote_is_exposed ("http://[::1]"));
}

/* Nobody listens at port 9 of this computer. */
static SioaServer *
add (SioaServers *servers, const char *name, gboolean production)
{
  g_autoptr (SioaRemote) remote = sioa_remote_new ();

  g_free (remote->name);
  g_free (remote->uri);
  remote->name = g_strdup (name);
  remote->uri = g_strdup ("http://127.0.0.1:9");
  remote->production = production;
  remote->websocket_only = production;
  return sioa_servers_set (servers, remote, NULL);
}

static char *
list_names (GListStore *list)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (list)); i++)
    {
      g_autoptr (SioaServer) server = g_list_model_get_item (G_LIST_MODEL (list), i);

      g_string_append_printf (names, "%s ", sioa_server_get_name (server));
    }
  return g_string_free (names, FALSE);
}

static void
assert_names (GListStore *list, const char *expected)
{
  g_autofree char *names = list_names (list);

  g_assert_cmpstr (names, ==, expected);
}

static void
test_saved (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GListStore) list = g_list_store_new (SIOA_TYPE_SERVER);
  g_autoptr (GListStore) again = g_list_store_new (SIOA_TYPE_SERVER);
  g_autoptr (SioaServers) servers = sioa_servers_new (list, fixture->path);
  g_autoptr (SioaServers) others = NULL;
  SioaServer *a, *b, *changed;
  g_autoptr (SioaRemote) remote = NULL;
  g_autoptr (SioaServer) loaded = NULL;
  GStatBuf info;

  a = add (servers, "a", FALSE);
  b = add (servers, "b", TRUE);
  add (servers, "c", FALSE);
  assert_names (list, "a b c ");
  g_assert_true (sioa_server_is_production (b));
  g_assert_cmpint (sioa_backend_get_state (sioa_server_get_backend (a)), ==, SIOA_STATE_CONNECTING);

  /* Another name is no reason for another connection … */
  remote = sioa_remote_copy (sioa_server_get_remote (b));
  g_free (remote->name);
  remote->name = g_strdup ("B");
  changed = sioa_servers_set (servers, remote, NULL);
  g_assert_true (changed == b);
  /* … but another namespace is. It stays where it is. */
  g_free (remote->nsp);
  remote->nsp = g_strdup ("/other");
  changed = sioa_servers_set (servers, remote, NULL);
  g_assert_true (changed != b);
  assert_names (list, "a B c ");

  g_assert_true (sioa_servers_move (servers, changed, -1));
  assert_names (list, "B a c ");
  g_assert_false (sioa_servers_move (servers, changed, -1));
  g_assert_true (sioa_servers_move (servers, a, 1));
  assert_names (list, "B c a ");
  sioa_servers_remove (servers, a);
  assert_names (list, "B c ");
  sioa_servers_flush (servers);
  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  others = sioa_servers_new (again, fixture->path);
  sioa_servers_load (others);
  assert_names (again, "B c ");
  loaded = g_list_model_get_item (G_LIST_MODEL (again), 0);
  g_assert_cmpstr (sioa_server_get_remote (loaded)->nsp, ==, "/other");
  g_assert_cmpstr (sioa_server_get_remote (loaded)->path, ==, "/socket.io/");
  g_assert_true (sioa_server_get_remote (loaded)->websocket_only);
  g_assert_true (sioa_server_is_production (loaded));
  /* Opened at once, as there is no password to wait for. */
  g_assert_cmpint (sioa_backend_get_state (sioa_server_get_backend (loaded)), ==,
                   SIOA_STATE_CONNECTING);
  /* Writing in the background ends before the folder is gone. */
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

/* Those that nobody added stay before the others, and are not written. */
static void
test_others (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GListStore) list = g_list_store_new (SIOA_TYPE_SERVER);
  g_autoptr (SioaServers) servers = sioa_servers_new (list, fixture->path);
  g_autoptr (SioaMock) mock = sioa_mock_new (1, 10, 1);
  g_autoptr (SioaServer) local = sioa_server_new ("local", SIOA_BACKEND (mock));
  g_autofree char *text = NULL;
  SioaServer *a;

  g_list_store_append (list, local);
  a = add (servers, "a", FALSE);
  g_assert_false (sioa_servers_move (servers, a, -1));
  sioa_servers_flush (servers);
  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  g_assert_null (strstr (text, "local\n"));
}

/* Those of the command line: there until the program ends, unless somebody edits them. */
static void
test_guests (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GListStore) list = g_list_store_new (SIOA_TYPE_SERVER);
  g_autoptr (GListStore) again = g_list_store_new (SIOA_TYPE_SERVER);
  g_autoptr (SioaServers) servers = sioa_servers_new (list, fixture->path);
  g_autoptr (SioaServers) others = NULL;
  g_autoptr (SioaRemote) remote = NULL;
  g_autoptr (SioaServer) loaded = NULL;
  SioaServer *guest = sioa_servers_add_guest (servers, "http://localhost:9");
  SioaServer *other = sioa_servers_add_guest (servers, "http://localhost:10");

  assert_names (list, "http://localhost:9 http://localhost:10 ");
  g_assert_true (sioa_servers_add_guest (servers, "http://localhost:9") == guest);
  g_assert_cmpint (sioa_backend_get_state (sioa_server_get_backend (guest)), ==,
                   SIOA_STATE_CONNECTING);
  remote = sioa_remote_copy (sioa_server_get_remote (other));
  remote->is_guest = FALSE;
  remote->by_token = TRUE;
  sioa_servers_set (servers, remote, "s3cr3t");
  sioa_servers_move (servers, guest, 1);
  sioa_servers_flush (servers);
  others = sioa_servers_new (again, fixture->path);
  sioa_servers_load (others);
  assert_names (again, "http://localhost:10 ");
  loaded = g_list_model_get_item (G_LIST_MODEL (again), 0);
  g_assert_true (sioa_server_get_remote (loaded)->by_token);
  /* Whoever has a secret waits for the keyring. */
  g_assert_cmpint (sioa_backend_get_state (sioa_server_get_backend (loaded)), ==,
                   SIOA_STATE_CLOSED);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static char *warning; /* the last one; they are expected here */

static GLogWriterOutput
log_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, user_data);
  g_free (warning);
  warning = g_log_writer_format_fields (level, fields, n_fields, FALSE);
  return G_LOG_WRITER_HANDLED;
}

static void
assert_warned (const char *text)
{
  g_assert_nonnull (warning);
  g_assert_nonnull (strstr (warning, text));
  g_clear_pointer (&warning, g_free);
}

static void
test_bad_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GListStore) list = g_list_store_new (SIOA_TYPE_SERVER);
  g_autoptr (SioaServers) servers = NULL;
  g_autofree char *aside = g_strconcat (fixture->path, ".broken", NULL);
  const char *bad = "[a]\nName=x\nAddress=nonsense\n[b]\nName=y\nAddress=http://127.0.0.1:9\n";

  g_file_set_contents (fixture->path, bad, -1, NULL);
  servers = sioa_servers_new (list, fixture->path);
  sioa_servers_load (servers);
  assert_warned ("has no valid address");
  assert_names (list, "y ");

  g_clear_object (&servers);
  g_list_store_remove_all (list);
  g_file_set_contents (fixture->path, "this is no key file", -1, NULL);
  servers = sioa_servers_new (list, fixture->path);
  assert_warned ("cannot be read");
  sioa_servers_load (servers);
  assert_names (list, "");
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
}

static void
test_announcement (void)
{
  g_autoptr (SioaAnnouncement) announcement = sioa_announcement_new ();
  g_autofree char *args = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (sioa_announcement_check (announcement, NULL));
  announcement->title = g_strdup ("Say \"hi\"");
  g_assert_true (sioa_announcement_check (announcement, NULL));
  args = sioa_announcement_dup_args (announcement, G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC);
  g_assert_cmpstr (args, ==,
                   "[{\"title\":\"Say \\\"hi\\\"\",\"text\":\"\",\"severity\":\"info\","
                   "\"time\":\"2023-11-14T22:13:20Z\"}]");
  announcement->event = g_strdup ("news");
  announcement->args = g_strdup ("[1,");
  g_assert_false (sioa_announcement_check (announcement, &error));
  /* Where it is wrong. */
  g_test_message ("%s", error->message);
  g_assert_true (g_regex_match_simple ("\\d", error->message, 0, 0));
  g_free (announcement->args);
  announcement->args = g_strdup ("[1]");
  g_assert_true (sioa_announcement_check (announcement, NULL));
  announcement->audience = SIOA_AUDIENCE_ROOM;
  g_assert_false (sioa_announcement_check (announcement, NULL));
  announcement->name = g_strdup ("lobby");
  announcement->nsp = g_strdup ("/");
  g_assert_true (sioa_announcement_check (announcement, NULL));
  announcement->audience = SIOA_AUDIENCE_SELECTION;
  g_assert_false (sioa_announcement_check (announcement, NULL));
}

static void
test_history (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SioaAnnouncements) announcements =
      sioa_announcements_new (fixture->folder, fixture->folder);
  g_autoptr (SioaAnnouncements) again = NULL;
  g_autoptr (SioaMock) mock = sioa_mock_new (1, 100, 1);
  g_autoptr (SioaServer) server = sioa_server_new ("demo", SIOA_BACKEND (mock));
  g_autoptr (SioaAnnouncement) announcement = sioa_announcement_new ();
  g_autoptr (SioaSending) sending = NULL;
  g_autoptr (SioaSending) later = NULL;
  g_autoptr (SioaSending) sooner = NULL;
  g_autoptr (SioaSending) first = NULL;
  g_autoptr (SioaAnnouncement) template = NULL;
  g_auto (GStrv) names = NULL;
  gint64 now = g_get_real_time ();

  sioa_backend_open (SIOA_BACKEND (mock));
  sioa_store_catch_up (sioa_server_get_store (server));
  announcement->title = g_strdup ("Maintenance");
  g_assert_cmpint (sioa_announcement_count (announcement, server), ==, 100);
  sending = sioa_announcements_send (announcements, server, announcement, 0);
  while (sioa_sending_get_result (sending) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (sioa_sending_get_result (sending), "100 recipients"));

  /* Planned ones are in the order of their time, wherever they were planned. */
  later = sioa_announcements_send (announcements, server, announcement,
                                   now + (gint64) 7200 * G_USEC_PER_SEC);
  sooner = sioa_announcements_send (announcements, server, announcement,
                                    now + (gint64) 3600 * G_USEC_PER_SEC);
  first = g_list_model_get_item (sioa_announcements_get_planned (announcements), 0);
  g_assert_true (first == sooner);
  sioa_announcements_cancel (announcements, sooner);
  sioa_announcements_cancel (announcements, later);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_announcements_get_planned (announcements)), ==,
                    0);

  sioa_announcements_save_template (announcements, "at [noon]", announcement);
  sioa_announcements_flush (announcements);
  again = sioa_announcements_new (fixture->folder, fixture->folder);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_announcements_get_sent (again)), ==, 1);
  names = sioa_announcements_list_templates (again);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  template = sioa_announcements_load_template (again, names[0]);
  g_assert_cmpstr (template->title, ==, "Maintenance");
  sioa_announcements_remove_template (again, names[0]);
  sioa_announcements_flush (again);
}

/* One that is due soon is sent by itself. */
static void
test_schedule (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SioaAnnouncements) announcements =
      sioa_announcements_new (fixture->folder, fixture->folder);
  g_autoptr (SioaMock) mock = sioa_mock_new (1, 5, 1);
  g_autoptr (SioaServer) server = sioa_server_new ("demo", SIOA_BACKEND (mock));
  g_autoptr (SioaAnnouncement) announcement = sioa_announcement_new ();
  g_autoptr (SioaSending) sending = NULL;
  gint64 due = g_get_real_time () + G_USEC_PER_SEC / 2;

  sioa_backend_open (SIOA_BACKEND (mock));
  announcement->title = g_strdup ("Soon");
  sending = sioa_announcements_send (announcements, server, announcement, due);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_announcements_get_sent (announcements)), ==, 0);
  while (sioa_sending_get_result (sending) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (sioa_sending_get_time (sending), >=, due);
  g_assert_cmpuint (g_list_model_get_n_items (sioa_announcements_get_planned (announcements)), ==,
                    0);
  sioa_announcements_flush (announcements);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (log_cb, NULL, NULL);
  g_test_add_func ("/servers/addresses", test_addresses);
  g_test_add_func ("/servers/places", test_places);
  g_test_add_func ("/servers/exposed", test_exposed);
  g_test_add ("/servers/saved", Fixture, NULL, set_up, test_saved, tear_down);
  g_test_add ("/servers/others", Fixture, NULL, set_up, test_others, tear_down);
  g_test_add ("/servers/guests", Fixture, NULL, set_up, test_guests, tear_down);
  g_test_add ("/servers/bad-file", Fixture, NULL, set_up, test_bad_file, tear_down);
  g_test_add_func ("/announcements/check", test_announcement);
  g_test_add ("/announcements/history", Fixture, NULL, set_up, test_history, tear_down);
  g_test_add ("/announcements/schedule", Fixture, NULL, set_up, test_schedule, tear_down);
  return g_test_run ();
}
