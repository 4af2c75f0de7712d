/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <sio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sios-config.h"
#include "sios-feature.h"

static const char *data_dir;

typedef struct
{
  char *dir;
  char *path;
  SiosSources *sources;
  GPtrArray *problems;
} Fixture;

static void
write_file (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *drop_ins = NULL;

  fixture->dir = g_dir_make_tmp ("sio-config-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "main.conf", NULL);
  drop_ins = g_build_filename (fixture->dir, "conf.d", NULL);
  g_assert_cmpint (g_mkdir (drop_ins, 0700), ==, 0);
  fixture->sources = sios_sources_new ();
  fixture->sources->path = g_strdup (fixture->path);
  fixture->sources->required = TRUE;
  fixture->problems = g_ptr_array_new_with_free_func (g_free);
}

static void
remove_all (const char *dir)
{
  g_autoptr (GDir) open = g_dir_open (dir, 0, NULL);
  const char *name;

  while (open != NULL && (name = g_dir_read_name (open)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        remove_all (path);
      else
        g_unlink (path);
    }
  g_rmdir (dir);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_all (fixture->dir);
  sios_sources_free (fixture->sources);
  g_ptr_array_unref (fixture->problems);
  g_free (fixture->path);
  g_free (fixture->dir);
}

static SiosConfig *
load (Fixture *fixture)
{
  return sios_features_load_config (fixture->sources, fixture->problems);
}

/* The names of files are those of a new directory each time. */
static void
assert_problems (Fixture *fixture, const char *const *expected)
{
  for (guint i = 0; i < fixture->problems->len; i++)
    {
      g_autoptr (GString) line = g_string_new (g_ptr_array_index (fixture->problems, i));

      g_string_replace (line, fixture->dir, "DIR", 0);
      g_assert_nonnull (expected[i]);
      g_assert_cmpstr (line->str, ==, expected[i]);
    }
  g_assert_null (expected[fixture->problems->len]);
}

static void
test_problems (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = {
    "DIR/main.conf:1: expected a [group] before the first key, got \"lonely=1\"",
    "DIR/main.conf:9: expected [group], key=value or a # comment, got \"no key\"",
    "DIR/main.conf:14: \"max-payload\" in [limits] is there already, in line 13",
    "DIR/main.conf:16: expected UTF-8",
    "DIR/main.conf:4: unknown key \"ping-intervall\" in [server]; did you mean \"ping-interval\"?",
    "DIR/main.conf:5: server.ping-timeout: expected a time such as 500ms, 25s, 2min or 1h, from "
    "1ms to 2147483647ms, got \"3\"",
    "DIR/main.conf:6: unknown key \"max-payload\" in [server]; it belongs in [limits]",
    "DIR/main.conf:7: unknown key \"wholly-different\" in [server]; sio-server.conf(5) lists all "
    "keys",
    "DIR/main.conf:8: server.transports: expected some of polling, websocket, separated by "
    "semicolons, got \"pigeon\"",
    "DIR/main.conf:10: unknown group [sevrer]; did you mean [server]?",
    "DIR/main.conf:14: limits.max-payload: expected a size such as 512, 64K, 16M or 1G, from 1 to "
    "2147483647 bytes, got \"4G\"",
    "DIR/main.conf:15: expected [namespace /NAME], a name that begins with a slash and has no "
    "comma, got [namespace chat]",
    "DIR/conf.d/1.conf:2: server.page: expected true or false, got \"maybe\"",
    "--set: limits.max-depth: expected an integer from 2 to 1024, got \"1\"",
    NULL
  };

  write_file (fixture, "main.conf",
              "lonely=1\n"
              "# a comment\n"
              "[server]\n"
              "ping-intervall=3s\r\n"
              "  ping-timeout = 3  \n"
              "max-payload=2\n"
              "wholly-different=2\n"
              "transports=polling;pigeon\n"
              "no key\n"
              "[sevrer]\n"
              "of-it-only-its-first-line=1\n"
              "[limits]\n"
              "max-payload=1M\n"
              "max-payload=4G\n"
              "[namespace chat]\n"
              "default=\xff\n");
  write_file (fixture, "conf.d/1.conf", "[server]\npage=maybe");
  g_assert_true (sios_sources_add_set (fixture->sources, "limits.max-depth=1", NULL));
  g_assert_null (load (fixture));
  assert_problems (fixture, expected);
}

static void
test_together (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = {
    "DIR/main.conf:5: server.tls-key: expected server.tls-certificate beside it",
    "DIR/main.conf:2: server.listen: tls:localhost:0 needs server.tls-certificate",
    "DIR/main.conf:4: server.websocket-path: expected a path that is not below server.path (/x/), "
    "got \"/x/ws\"",
    "DIR/main.conf:6: server.recovery-file: has no effect without server.recovery=true", NULL
  };

  write_file (fixture, "main.conf",
              "[server]\nlisten=tls:localhost:0\npath=/x/\nwebsocket-path=/x/ws\n"
              "tls-key=/nowhere\nrecovery-file=/nowhere\n");
  g_assert_null (load (fixture));
  assert_problems (fixture, expected);
}

/* What is no file neither blocks nor counts, whatever it is called. */
static void
test_no_file (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = { "DIR/main.conf: expected a file",
                                          "DIR/conf.d/1.conf: expected a file",
                                          "DIR/conf.d/2.conf: expected a file",
                                          "DIR/conf.d/4.conf: expected a file", NULL };
  g_autofree char *fifo = g_build_filename (fixture->dir, "conf.d", "1.conf", NULL);
  g_autofree char *directory = g_build_filename (fixture->dir, "conf.d", "2.conf", NULL);
  g_autofree char *masked = g_build_filename (fixture->dir, "conf.d", "3.conf", NULL);
  g_autofree char *endless = g_build_filename (fixture->dir, "conf.d", "4.conf", NULL);

  g_assert_no_errno (mkfifo (fixture->path, 0600));
  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_no_errno (g_mkdir (directory, 0700));
  g_assert_no_errno (symlink ("/dev/null", masked));
  g_assert_no_errno (symlink ("/dev/zero", endless));
  g_assert_null (load (fixture));
  assert_problems (fixture, expected);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = { "DIR/main.conf: No such file or directory", NULL };
  g_autoptr (SiosConfig) config = NULL;

  g_assert_null (load (fixture));
  assert_problems (fixture, expected);
  g_ptr_array_set_size (fixture->problems, 0);
  fixture->sources->required = FALSE;
  config = load (fixture);
  g_assert_nonnull (config);
  g_assert_cmpstr (sios_config_get_list (config, "server", "listen")[0], ==, "tcp:localhost:3000");
  g_assert_null (sios_config_get_list (config, "server", "listen")[1]);
}

static void
test_size (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = { "DIR/main.conf: has more than 1 MB", NULL };
  g_autofree char *text = g_strnfill (SIOS_CONFIG_MAX_BYTES + 1, '\n');

  write_file (fixture, "main.conf", text);
  g_assert_null (load (fixture));
  assert_problems (fixture, expected);
  g_ptr_array_set_size (fixture->problems, 0);
  /* Whatever is wrong, it is told in bounds. */
  memset (text, 'x', SIOS_CONFIG_MAX_BYTES);
  for (gsize i = 1; i < SIOS_CONFIG_MAX_BYTES; i += 2)
    text[i] = '\n';
  text[SIOS_CONFIG_MAX_BYTES] = '\0';
  write_file (fixture, "main.conf", text);
  g_assert_null (load (fixture));
  g_assert_cmpuint (fixture->problems->len, ==, 101);
  g_assert_cmpstr (g_ptr_array_index (fixture->problems, 100), ==, "and 524188 more problems");
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SiosConfig) config = NULL;
  g_autofree char *origin = NULL;

  g_ptr_array_add (fixture->sources->defaults,
                   sios_entry_new ("server", "client-dir", "/env", "$SIO_CLIENT_DIR"));
  write_file (fixture, "main.conf",
              "[server]\nping-interval=1s\nping-timeout=1s\nupgrade-timeout=1s\n");
  write_file (fixture, "conf.d/10-b.conf", "[server]\nping-timeout=3s\n");
  write_file (fixture, "conf.d/09-a.conf", "[server]\nping-timeout=2s\nupgrade-timeout=2s\n");
  write_file (fixture, "conf.d/99.conf.bak", "nonsense\n");
  g_assert_true (sios_sources_add_set (fixture->sources, "server.upgrade-timeout=4s", NULL));
  g_assert_true (sios_sources_add_set (fixture->sources, "server.upgrade-timeout=5s", NULL));
  g_assert_true (sios_sources_add_set (fixture->sources, "namespace /a.b.default=reject", NULL));
  config = load (fixture);
  g_assert_nonnull (config);
  g_assert_cmpuint (sios_config_get_integer (config, "server", "ping-interval"), ==, 1000);
  g_assert_cmpuint (sios_config_get_integer (config, "server", "ping-timeout"), ==, 3000);
  g_assert_cmpuint (sios_config_get_integer (config, "server", "upgrade-timeout"), ==, 5000);
  g_assert_cmpstr (sios_config_get_string (config, "server", "client-dir"), ==, "/env");
  g_assert_cmpuint (sios_config_get_integer (config, "namespace /a.b", "default"), ==, 2);
  origin = g_strdup_printf ("%s/conf.d/10-b.conf:2", fixture->dir);
  g_assert_cmpstr (sios_config_get_origin (config, "server", "ping-timeout"), ==, origin);
  g_assert_cmpstr (sios_config_get_origin (config, "server", "upgrade-timeout"), ==, "--set");
  g_assert_cmpstr (sios_config_get_origin (config, "server", "path"), ==, "default");
}

static void
test_set (void)
{
  static const char *const bad[] = { "", "=", "a", "a=b", ".a=b", "a.=b", "a.b", "a.\xff=b" };
  g_autoptr (SiosSources) sources = sios_sources_new ();

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sios_sources_add_set (sources, bad[i], &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
  g_assert_cmpuint (sources->entries->len, ==, 0);
}

/* What is printed is a configuration that prints the same. */
static void
test_print (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SiosConfig) config = NULL;
  g_autoptr (SiosConfig) again = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GRegex) origins = g_regex_new ("^# .*\n", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *first_values = NULL;
  g_autofree char *second_values = NULL;

  write_file (fixture, "main.conf",
              "[server]\nlisten = unix:/a\\;b\\sc ; tcp:[::1]:0;\ntls-key=\n"
              "client-dir=\\s a\\\\b\\tc;d \nallow-eio3=yes\n"
              "[limits]\nmax-events-per-second=2.50\nmax-payload=2048\nmax-buffered-bytes=64K\n"
              "[namespace /chat room]\nrooms=off\n");
  config = load (fixture);
  g_assert_nonnull (config);
  g_assert_cmpstr (sios_config_get_list (config, "server", "listen")[0], ==, "unix:/a;b c");
  g_assert_cmpstr (sios_config_get_string (config, "server", "client-dir"), ==, "  a\\b\tc;d");
  first = sios_config_print (config);
  g_assert_nonnull (strstr (first, "/main.conf:2\nlisten=unix:/a\\;b c;tcp:[::1]:0\n"));
  g_assert_nonnull (strstr (first, "\nclient-dir=\\s a\\\\b\\tc;d\n"));
  g_assert_nonnull (strstr (first, "\nallow-eio3=true\n"));
  g_assert_nonnull (strstr (first, "\nmax-events-per-second=2.5\n"));
  g_assert_nonnull (strstr (first, "\nmax-buffered-bytes=64K\n"));
  g_assert_nonnull (strstr (first, "\n[namespace /chat room]\n"));
  write_file (fixture, "main.conf", first);
  again = load (fixture);
  g_assert_nonnull (again);
  second = sios_config_print (again);
  first_values = g_regex_replace (origins, first, -1, 0, "", 0, NULL);
  second_values = g_regex_replace (origins, second, -1, 0, "", 0, NULL);
  g_assert_cmpstr (first_values, ==, second_values);
}

static void
test_merge (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = {
    "DIR/main.conf:2: server.path needs a restart to become \"/new\"; it stays \"/old\"",
    "[namespace /gone] needs a restart to go", NULL
  };
  g_autoptr (SiosConfig) before = NULL;
  g_autoptr (SiosConfig) next = NULL;
  g_autoptr (SiosConfig) merged = NULL;
  g_auto (GStrv) names = NULL;
  guint n_changed;

  write_file (fixture, "main.conf",
              "[server]\npath=/old\npage=true\n[namespace /gone]\ndefault=reject\n");
  before = load (fixture);
  g_assert_nonnull (before);
  write_file (fixture, "main.conf",
              "[server]\npath=/new\npage=false\n[limits]\nmax-depth=9\n[namespace /new]\n");
  next = load (fixture);
  g_assert_nonnull (next);
  merged = sios_config_merge (before, next, fixture->problems, &n_changed);
  assert_problems (fixture, expected);
  g_assert_cmpuint (n_changed, ==, 3);
  g_assert_cmpstr (sios_config_get_string (merged, "server", "path"), ==, "/old");
  g_assert_false (sios_config_get_boolean (merged, "server", "page"));
  g_assert_cmpuint (sios_config_get_integer (merged, "limits", "max-depth"), ==, 9);
  g_assert_cmpuint (sios_config_get_integer (merged, "namespace /gone", "default"), ==, 2);
  names = sios_config_list_names (merged, "namespace");
  g_assert_cmpuint (g_strv_length (names), ==, 3);
}

static const SiosKey *
key_of (const char *group, const char *name)
{
  const SiosKey *key = sios_keys_find (group, name);

  g_assert_nonnull (key);
  return key;
}

static void
test_values (void)
{
  static const struct
  {
    const char *group, *key, *raw, *text; /* NULL: refused */
  } cases[] = {
    { "server", "ping-interval", "1500ms", "1500ms" },
    { "server", "ping-interval", "2 min", "2min" },
    { "server", "ping-interval", "1h", "1h" },
    { "server", "ping-interval", "0s", NULL },
    { "server", "ping-interval", "-1s", NULL },
    { "server", "ping-interval", "1 day", NULL },
    { "server", "ping-interval", "99999999999999999999s", NULL },
    { "server", "ping-interval", "18446744073709551615h", NULL },
    { "server", "connect-timeout", "0s", "0s" },
    { "limits", "max-payload", "1G", "1G" },
    { "limits", "max-payload", "1.5M", NULL },
    { "limits", "max-connections", "10K", NULL },
    { "limits", "max-connections", "4294967295", "4294967295" },
    { "limits", "max-connections", "4294967296", NULL },
    { "limits", "max-events-per-second", "0.25", "0.25" },
    { "limits", "max-events-per-second", "1e3", NULL },
    { "limits", "max-events-per-second", "1.2.3", NULL },
    { "limits", "max-events-per-second", "nan", NULL },
    { "limits", "max-events-per-second", "", NULL },
    { "limits", "enforce", "on", "true" },
    { "limits", "enforce", "TRUE", NULL },
    { "server", "transports", "websocket", "websocket" },
    { "server", "transports", "", NULL },
    { "server", "cors-origins", "", "" },
    { "server", "cors-origins", "https://a.b:1;*;null;", "https://a.b:1;*;null" },
    { "server", "cors-origins", "a;;b", NULL },
    { "server", "cors-origins", "https://a.b/", NULL },
    { "server", "cors-origins", "https://*.b", NULL },
    { "server", "path", "//", NULL },
    { "server", "path", "/a?b", NULL },
    { "server", "cookie", "io; x", NULL },
    { "server", "cookie", "io\\n", NULL },
    { "server", "cookie-path", "/a;b", NULL },
    { "server", "client-dir", "a\\xb", NULL },
    { "server", "listen", "unix:/run/a:0660", "unix:/run/a:0660" },
    { "server", "listen", "unix:/run/a:0990", NULL }, /* no mode, and hardly meant as a name */
    { "server", "listen", "unix:/run/a:7777", NULL },
    { "server", "listen", "systemd:", NULL },
    { "server", "listen", "systemd:http;fd:3", "systemd:http;fd:3" },
    { "server", "listen", "tcp:example.org:80", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SiosValue) value =
          sios_key_parse (key_of (cases[i].group, cases[i].key), cases[i].raw, &error);

      g_test_message ("%s=%s", cases[i].key, cases[i].raw);
      g_assert_cmpstr (value != NULL ? value->text : NULL, ==, cases[i].text);
      g_assert_true ((value == NULL) == (error != NULL));
    }
}

static void
test_secret (void)
{
  static const SiosKey key = { .group = "g",
                               .name = "k",
                               .type = SIOS_KEY_TIME,
                               .flags = SIOS_KEY_SECRET,
                               .fallback = "1s",
                               .max = 5000 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosValue) value = sios_key_parse (&key, "4s", NULL);

  g_assert_cmpstr (sios_key_show (&key, value), ==, "***");
  g_assert_null (sios_key_parse (&key, "hunter2", &error));
  g_assert_null (strstr (error->message, "hunter2"));
}

static GObject *
target_of (SioServer *server, const SiosKey *key)
{
  switch (key->target)
    {
    case SIOS_TARGET_ENGINE:
      return G_OBJECT (sio_server_get_engine (server));
    case SIOS_TARGET_SERVER:
      return G_OBJECT (server);
    case SIOS_TARGET_RECOVERY:
      return G_OBJECT (sio_server_get_recovery (server));
    case SIOS_TARGET_NONE:
    default:
      return NULL;
    }
}

static void
assert_property (SioServer *server, const SiosKey *key, const SiosValue *value)
{
  g_auto (GValue) actual = G_VALUE_INIT;
  guint64 number;

  g_test_message ("%s.%s=%s", key->group, key->name, value->text);
  g_object_get_property (target_of (server, key), key->property, &actual);
  if (G_VALUE_HOLDS_DOUBLE (&actual))
    {
      g_assert_cmpfloat (g_value_get_double (&actual), ==, value->number);
      return;
    }
  number = G_VALUE_HOLDS_BOOLEAN (&actual)  ? (guint64) g_value_get_boolean (&actual)
           : G_VALUE_HOLDS_UINT (&actual)   ? g_value_get_uint (&actual)
           : G_VALUE_HOLDS_UINT64 (&actual) ? g_value_get_uint64 (&actual)
           : G_VALUE_HOLDS_ENUM (&actual)   ? (guint64) g_value_get_enum (&actual)
                                            : g_value_get_flags (&actual);
  g_assert_cmpuint (number, ==,
                    key->type == SIOS_KEY_BOOLEAN ? (guint64) value->boolean : value->integer);
}

/* Defaults are written as they are printed, and are those of the library, with one exception. */
static void
test_defaults (void)
{
  g_autoptr (SioServer) server = sio_server_new ();
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);

  for (guint i = 0; i < n_keys; i++)
    {
      g_autoptr (SiosValue) value = sios_key_parse (&keys[i], keys[i].fallback, NULL);

      g_assert_nonnull (value);
      g_assert_cmpstr (value->text, ==, keys[i].fallback);
      g_assert_nonnull (sios_groups_find (keys[i].group));
      g_assert_true (g_str_has_suffix (keys[i].summary, "."));
      if (keys[i].target != SIOS_TARGET_NONE && !g_str_equal (keys[i].name, "max-rooms-per-socket"))
        assert_property (server, &keys[i], value);
    }
}

/* Another value than the default */
static char *
other_value (const SiosKey *key)
{
  g_autoptr (SiosValue) value = sios_key_parse (key, key->fallback, NULL);

  switch (key->type)
    {
    case SIOS_KEY_BOOLEAN:
      return g_strdup (value->boolean ? "false" : "true");
    case SIOS_KEY_CHOICE:
    case SIOS_KEY_CHOICES:
      return g_strdup (key->choices[value->integer == 0 ? 1 : 0]);
    case SIOS_KEY_TIME:
      return g_strdup_printf ("%" G_GUINT64_FORMAT "ms", value->integer + 7);
    case SIOS_KEY_NUMBER:
      return g_strdup ("2.5");
    case SIOS_KEY_INTEGER:
    case SIOS_KEY_SIZE:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, value->integer + 7);
    case SIOS_KEY_STRING:
    case SIOS_KEY_LIST:
    default:
      g_assert_not_reached ();
    }
}

/* Every key with a property reaches it, at the start and by a reload. */
static void
test_apply (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SioServer) server = sio_server_new ();
  SiosFeatures *features = sios_features_new (server);
  g_autoptr (SiosConfig) first = NULL;
  g_autoptr (SiosConfig) second = NULL;
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);

  fixture->sources->required = FALSE;
  g_assert_true (sios_sources_add_set (fixture->sources, "server.client-dir=", NULL));
  first = load (fixture);
  g_assert_nonnull (first);
  for (guint i = 0; i < n_keys; i++)
    if (keys[i].target != SIOS_TARGET_NONE)
      {
        g_autofree char *value = other_value (&keys[i]);

        g_ptr_array_add (fixture->sources->entries,
                         sios_entry_new (keys[i].group, keys[i].name, value, "test"));
      }
  second = load (fixture);
  g_assert_nonnull (second);

  for (guint round = 0; round < 4; round++)
    {
      SiosConfig *config = round % 2 == 0 ? second : first;

      sios_features_configure (features, config);
      for (guint i = 0; i < n_keys; i++)
        if (keys[i].target != SIOS_TARGET_NONE)
          assert_property (server, &keys[i], sios_config_get (config, keys[i].group, keys[i].name));
    }
  sios_features_free (features);
}

static char *
read_data (const char *name)
{
  g_autofree char *path = g_build_filename (data_dir, name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* Built with another prefix, the example shows the usual place. */
static const char *
shown_default (const SiosKey *key)
{
  if (g_str_equal (key->name, "rules-dir"))
    return "/usr/share/sio-server/rules";
  return g_str_equal (key->name, "client-dir") ? "/usr/share/sio-server/client" : key->fallback;
}

/* The example lists exactly the keys, with their defaults. */
static void
test_example (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = read_data ("sio-server.conf.example");
  GString *expected = g_string_new (NULL);
  g_autoptr (GRegex) comments = g_regex_new ("^#(?=[a-z0-9-]+=)", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *active = g_regex_replace (comments, text, -1, 0, "", 0, NULL);
  g_autoptr (SiosConfig) config = NULL;
  const char *rest = strstr (text, "\n[server]");
  guint n_groups;
  guint n_keys;
  const SiosGroupKind *groups = sios_groups_list (&n_groups);
  const SiosKey *keys = sios_keys_list (&n_keys);

  for (guint i = 0; i < n_groups; i++)
    {
      g_string_append_printf (expected, "\n[%s%s%s]\n# %s\n", groups[i].name,
                              groups[i].named ? " " : "", groups[i].named ? groups[i].example : "",
                              groups[i].summary);
      for (guint j = 0; j < n_keys; j++)
        if (g_str_equal (keys[j].group, groups[i].name))
          g_string_append_printf (expected, "\n# %s\n#%s=%s\n", keys[j].summary, keys[j].name,
                                  shown_default (&keys[j]));
    }
  g_assert_nonnull (rest);
  g_assert_cmpstr (rest, ==, expected->str);
  g_string_free (expected, TRUE);
  /* Whoever removes the number signs gets what was without. */
  write_file (fixture, "main.conf", active);
  config = load (fixture);
  g_assert_nonnull (config);
}

/* So does the manual page. */
static void
test_manual (void)
{
  g_autofree char *raw = read_data ("man/sio-server.conf.5");
  g_autoptr (GString) text = g_string_new (raw);
  const char *rest;
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);
  guint n_found = 0;

  g_string_replace (text, "\\-", "-", 0);
  rest = text->str;
  for (guint i = 0; i < n_keys; i++)
    {
      g_autofree char *expected =
          g_strdup_printf (".TP\n.B %s\n%s\n%s%s%s\n%s", keys[i].name, keys[i].summary,
                           *keys[i].fallback != '\0' ? "Default: " : "No default.",
                           *keys[i].fallback != '\0' ? shown_default (&keys[i]) : "",
                           *keys[i].fallback != '\0' ? " ." : "",
                           (keys[i].flags & SIOS_KEY_RESTART) != 0 ? "Needs a restart.\n" : "");

      if (strstr (rest, expected) == NULL)
        g_test_message ("expected in sio-server.conf(5), in this order:\n%s", expected);
      rest = strstr (rest, expected);
      g_assert_nonnull (rest);
      rest += strlen (expected);
      g_assert_true (*rest == '.');
    }
  for (const char *c = text->str; (c = strstr (c, ".TP\n.B ")) != NULL; c++)
    n_found++;
  g_assert_cmpuint (n_found, ==, n_keys);
}

static void
test_nearest (void)
{
  static const char *const all[] = { "ping-interval", "ping-timeout", "path", "page" };
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *endless = g_strnfill (100000, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_ptr_array_add (names, (char *) all[i]);
  g_assert_cmpstr (sios_nearest ("pign-interval", names), ==, "ping-interval");
  g_assert_cmpstr (sios_nearest ("pingtimeout", names), ==, "ping-timeout");
  g_assert_cmpstr (sios_nearest ("pth", names), ==, "path");
  g_assert_cmpstr (sios_nearest ("colour", names), ==, NULL);
  g_assert_cmpstr (sios_nearest (endless, names), ==, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  data_dir = argv[1];
  g_test_add_func ("/daemon/config/values", test_values);
  g_test_add_func ("/daemon/config/secret", test_secret);
  g_test_add_func ("/daemon/config/defaults", test_defaults);
  g_test_add_func ("/daemon/config/manual", test_manual);
  g_test_add_func ("/daemon/config/nearest", test_nearest);
  g_test_add_func ("/daemon/config/set", test_set);
#define ADD(name, func) g_test_add ("/daemon/config/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("example", test_example);
  ADD ("problems", test_problems);
  ADD ("together", test_together);
  ADD ("missing", test_missing);
  ADD ("no-file", test_no_file);
  ADD ("size", test_size);
  ADD ("order", test_order);
  ADD ("print", test_print);
  ADD ("merge", test_merge);
  ADD ("apply", test_apply);
  return g_test_run ();
}
