/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-control-private.h"
#include "sios-dbus-rows.h"

/* Lists: their order, how long they are kept, and the form in which D-Bus gets them. */

#define N_ROOMS 3000

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
  }                                                                                                \
  G_STMT_END

typedef struct
{
  SiosSources *sources;
  SiosConfig *config;
  SioServer *server;
  SiosFeatures *features;
  SiosControl *control;
  SioClient *clients[2];
} Fixture;

static gint64 fake_time;

static gint64
get_fake_time (void)
{
  return fake_time;
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (sio_server_close_finish (SIO_SERVER (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) addresses = NULL;

  fixture->sources = sios_sources_new ();
  sios_sources_add_set (fixture->sources, "server.client-dir=", &error);
  g_assert_no_error (error);
  sios_sources_add_set (fixture->sources, "auth.revocations-file=", &error);
  g_assert_no_error (error);
  fixture->server = sio_server_new ();
  fixture->features = sios_features_new (fixture->server);
  fixture->config = sios_features_load_config (fixture->sources, problems);
  g_assert_cmpuint (problems->len, ==, 0);
  sios_features_configure (fixture->features, fixture->config);
  fixture->control = sios_control_get (fixture->features);
  fixture->control->get_time = get_fake_time;
  fake_time = G_USEC_PER_SEC;
  sio_server_listen (fixture->server, "tcp:127.0.0.1:0", &error);
  g_assert_no_error (error);
  addresses = sio_engine_list_addresses (sio_server_get_engine (fixture->server));
  for (guint i = 0; i < G_N_ELEMENTS (fixture->clients); i++)
    {
      fixture->clients[i] = sio_client_new (addresses[0]);
      sio_client_open (fixture->clients[i]);
      WAIT_FOR (sio_client_is_connected (fixture->clients[i]));
    }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gboolean closed = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (fixture->clients); i++)
    g_clear_object (&fixture->clients[i]);
  sio_server_close_async (fixture->server, NULL, closed_cb, &closed);
  WAIT_FOR (closed);
  sios_features_free (fixture->features);
  g_clear_object (&fixture->server);
  sios_config_unref (fixture->config);
  sios_sources_free (fixture->sources);
}

static SioSocket *
get_socket (Fixture *fixture, guint i)
{
  return sio_namespace_get_socket (sio_server_get_namespace (fixture->server, "/"),
                                   sio_client_get_id (fixture->clients[i]));
}

static const SiosCaller ann = { SIOS_CALLER_DBUS, "ann", ":1.1" };
static const SiosCaller bob = { SIOS_CALLER_DBUS, "bob", ":1.2" };

static SiosPage *
list_rooms (Fixture *fixture, const SiosCaller *caller, guint64 revision, GError **error)
{
  const SiosPageRequest request = { NULL, FALSE, revision, 0, 10 };

  return sios_control_list_rooms (fixture->control, caller, NULL, NULL, &request, error);
}

static guint64
make_list (Fixture *fixture, const SiosCaller *caller)
{
  g_autoptr (SiosPage) page = list_rooms (fixture, caller, 0, NULL);

  return page->revision;
}

static gboolean
is_kept (Fixture *fixture, const SiosCaller *caller, guint64 revision)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosPage) page = list_rooms (fixture, caller, revision, &error);

  if (page == NULL)
    g_assert_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_OUT_OF_SYNC);
  return page != NULL;
}

static void
test_expiry (Fixture *fixture, gconstpointer data)
{
  guint64 of_ann = make_list (fixture, &ann);
  guint64 of_bob = make_list (fixture, &bob);

  /* 30 seconds after its last use each, for its caller only. */
  fake_time += 29 * G_USEC_PER_SEC;
  g_assert_true (is_kept (fixture, &ann, of_ann));
  g_assert_false (is_kept (fixture, &bob, of_ann));
  fake_time += 29 * G_USEC_PER_SEC;
  g_assert_true (is_kept (fixture, &ann, of_ann));
  g_assert_false (is_kept (fixture, &bob, of_bob));
  fake_time += 30 * G_USEC_PER_SEC;
  g_assert_false (is_kept (fixture, &ann, of_ann));
  g_assert_cmpuint (fixture->control->snapshots.length, ==, 0);

  /* The timer lets go of them, too, and ends then. */
  make_list (fixture, &ann);
  g_assert_cmpuint (fixture->control->snapshots.length, ==, 1);
  g_assert_cmpuint (fixture->control->snapshot_timer, !=, 0);
  fake_time += 31 * G_USEC_PER_SEC;
  WAIT_FOR (fixture->control->snapshot_timer == 0);
  g_assert_cmpuint (fixture->control->snapshots.length, ==, 0);
}

static void
test_bounds (Fixture *fixture, gconstpointer data)
{
  guint64 revisions[6];

  for (guint i = 0; i < G_N_ELEMENTS (revisions); i++)
    revisions[i] = make_list (fixture, &ann);
  for (guint i = 0; i < G_N_ELEMENTS (revisions); i++)
    g_assert_cmpint (is_kept (fixture, &ann, revisions[i]), ==, i >= 2);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *address = g_strdup_printf (":2.%u", i);
      const SiosCaller caller = { SIOS_CALLER_DBUS, NULL, address };

      make_list (fixture, &caller);
    }
  g_assert_cmpuint (fixture->control->snapshots.length, ==, 32);
  /* Those of callers that leave the bus are gone, and ":2.9" is not ":2.99". */
  sios_control_forget_address (fixture->control, SIOS_CALLER_DBUS, ":2.99");
  g_assert_cmpuint (fixture->control->snapshots.length, ==, 31);
  sios_control_forget_address (fixture->control, SIOS_CALLER_DBUS, ":2.9");
  sios_control_forget_address (fixture->control, SIOS_CALLER_HTTP, ":2.98");
  g_assert_cmpuint (fixture->control->snapshots.length, ==, 31);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names of which many begin alike, are short, or have bytes beyond ASCII. */
static char *
make_name (GRand *random)
{
  static const char *const beginnings[] = {
    "", "room", "room-and-", "room-and-room-", "ß", "\x7f"
  };
  const char *beginning = beginnings[g_rand_int_range (random, 0, G_N_ELEMENTS (beginnings))];

  return g_strdup_printf ("%s%x", beginning,
                          g_rand_int (random) >> g_rand_int_range (random, 0, 31));
}

static GPtrArray *
list_all (Fixture *fixture, const char *sort, gboolean descending, GArray *sizes)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  SiosPageRequest request = { sort, descending, 0, 0, 700 };
  guint total;

  do
    {
      g_autoptr (SiosPage) page =
          sios_control_list_rooms (fixture->control, &ann, NULL, NULL, &request, NULL);

      for (guint i = 0; i < page->rooms->len; i++)
        {
          const SiosRoomRow *row = &g_array_index (page->rooms, SiosRoomRow, i);

          g_ptr_array_add (names, g_strdup (row->name));
          g_array_append_val (sizes, row->n_members);
        }
      total = page->total;
      request.revision = page->revision;
      request.offset += request.limit;
    }
  while (request.offset < total);
  g_assert_cmpuint (names->len, ==, total);
  return names;
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) expected = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  sio_socket_set_extra_rooms (get_socket (fixture, 0), N_ROOMS);
  sio_socket_set_extra_rooms (get_socket (fixture, 1), N_ROOMS);
  while (g_hash_table_size (names) < N_ROOMS)
    g_hash_table_add (names, make_name (random));
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_ptr_array_add (expected, key);
      sio_socket_join (get_socket (fixture, 0), key);
      if (g_rand_boolean (random))
        sio_socket_join (get_socket (fixture, 1), key);
    }
  g_ptr_array_sort (expected, compare_names);
  for (guint descending = 0; descending < 2; descending++)
    {
      g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (guint));
      g_autoptr (GArray) by_size = g_array_new (FALSE, FALSE, sizeof (guint));
      g_autoptr (GPtrArray) found = list_all (fixture, "name", descending, sizes);
      g_autoptr (GPtrArray) sorted = list_all (fixture, "members", descending, by_size);

      g_assert_cmpuint (found->len, ==, N_ROOMS);
      for (guint i = 0; i < N_ROOMS; i++)
        g_assert_cmpstr (found->pdata[i], ==, expected->pdata[descending ? N_ROOMS - 1 - i : i]);
      for (guint i = 1; i < N_ROOMS; i++)
        if (descending)
          g_assert_cmpuint (g_array_index (by_size, guint, i - 1), >=,
                            g_array_index (by_size, guint, i));
        else
          g_assert_cmpuint (g_array_index (by_size, guint, i - 1), <=,
                            g_array_index (by_size, guint, i));
    }
}

static char *
make_text (GRand *random, guint longest)
{
  guint n = g_rand_int_range (random, 0, longest + 1);
  char *text = g_malloc (n + 1);

  memset (text, 'x', n);
  text[n] = '\0';
  return text;
}

static void
check_rows (guint n, guint longest)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (n + longest);
  g_autoptr (GVariant) expected = NULL;
  g_autoptr (GVariant) written = NULL;
  GVariantBuilder builder;
  SiosDbusRows rows;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssuut)"));
  sios_dbus_rows_init (&rows, 8, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *first = make_text (random, longest);
      g_autofree char *second = make_text (random, longest);
      guint32 number = g_rand_int (random);
      guint64 large = (guint64) number << 32 | i;

      g_variant_builder_add (&builder, "(ssuut)", first, second, number, i, large);
      sios_dbus_rows_begin (&rows);
      sios_dbus_rows_add_string (&rows, first);
      sios_dbus_rows_add_string (&rows, second);
      sios_dbus_rows_add_uint32 (&rows, number);
      sios_dbus_rows_add_uint32 (&rows, i);
      sios_dbus_rows_add_uint64 (&rows, large);
      sios_dbus_rows_end (&rows);
    }
  expected = g_variant_ref_sink (g_variant_builder_end (&builder));
  written = g_variant_ref_sink (sios_dbus_rows_finish (&rows, "a(ssuut)"));
  g_assert_cmpmem (g_variant_get_data (written), g_variant_get_size (written),
                   g_variant_get_data (expected), g_variant_get_size (expected));
  g_assert_true (g_variant_equal (written, expected));
}

/* The same bytes as those of GVariantBuilder, around the places where offsets get wider. */
static void
test_rows (void)
{
  for (guint n = 0; n < 12; n++)
    for (guint longest = 0; longest < 300; longest += 3)
      check_rows (n, longest);
  check_rows (1000, 20);
  check_rows (1500, 40);
  check_rows (3, 70000);
  for (guint n = 1200; n < 1260; n++)
    check_rows (n, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/daemon/control/expiry", test_expiry);
  ADD ("/daemon/control/bounds", test_bounds);
  ADD ("/daemon/control/order", test_order);
#undef ADD
  g_test_add_func ("/daemon/control/rows", test_rows);
  return g_test_run ();
}
