/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sioa-mock.h"
#include "sioa-row-list.h"
#include "sioa-store.h"

/* What a view keeps that only hears of changes. */
typedef struct
{
  GListModel *model;
  GPtrArray *items;
  guint n_changes;
} Mirror;

static void
mirror_cb (GListModel *model, guint position, guint removed, guint added, Mirror *mirror)
{
  mirror->n_changes++;
  g_assert_cmpuint (position + removed, <=, mirror->items->len);
  if (removed > 0)
    g_ptr_array_remove_range (mirror->items, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (mirror->items, (int) (position + i),
                        g_list_model_get_item (model, position + i));
}

static void
mirror_init (Mirror *mirror, GListModel *model)
{
  mirror->model = model;
  mirror->items = g_ptr_array_new_with_free_func (g_object_unref);
  mirror->n_changes = 0;
  g_signal_connect (model, "items-changed", G_CALLBACK (mirror_cb), mirror);
}

static void
mirror_check (Mirror *mirror)
{
  g_assert_cmpuint (mirror->items->len, ==, g_list_model_get_n_items (mirror->model));
  for (guint i = 0; i < mirror->items->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (mirror->model, i);

      g_assert_true (item == g_ptr_array_index (mirror->items, i));
    }
}

static void
mirror_clear (Mirror *mirror)
{
  g_signal_handlers_disconnect_by_data (mirror->model, mirror);
  g_ptr_array_unref (mirror->items);
}

/* The same as the store, the slow way: "nsp id" → set of rooms. */
static void
naive_cb (SioaBackend *backend, GPtrArray *changes, GHashTable *naive)
{
  for (guint i = 0; i < changes->len; i++)
    {
      const SioaChange *change = g_ptr_array_index (changes, i);
      g_autofree char *key = g_strconcat (change->socket != NULL ? change->socket->nsp
                                          : change->nsp != NULL  ? change->nsp
                                                                 : "",
                                          " ",
                                          change->socket != NULL ? change->socket->id
                                          : change->id != NULL   ? change->id
                                                                 : "",
                                          NULL);
      GHashTable *rooms = g_hash_table_lookup (naive, key);

      if (change->kind == SIOA_CHANGE_RESET)
        g_hash_table_remove_all (naive);
      else if (change->kind == SIOA_CHANGE_SOCKET)
        {
          rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
          for (guint j = 0; change->socket->rooms[j] != NULL; j++)
            g_hash_table_add (rooms, g_strdup (change->socket->rooms[j]));
          g_hash_table_insert (naive, g_steal_pointer (&key), rooms);
        }
      else if (change->kind == SIOA_CHANGE_SOCKET_GONE)
        g_hash_table_remove (naive, key);
      else if (change->kind == SIOA_CHANGE_JOINED)
        g_hash_table_add (rooms, g_strdup (change->text));
      else if (change->kind == SIOA_CHANGE_LEFT)
        g_hash_table_remove (rooms, change->text);
    }
}

static void
check_same (SioaStore *store, GHashTable *naive)
{
  g_autoptr (GHashTable) members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GListModel *sockets = sioa_store_get_sockets (store);
  GListModel *rooms = sioa_store_get_rooms (store);

  g_assert_cmpuint (g_list_model_get_n_items (sockets), ==, g_hash_table_size (naive));
  for (guint i = 0; i < g_list_model_get_n_items (sockets); i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (sockets, i);
      g_autofree char *key =
          g_strconcat (sioa_socket_get_nsp (socket), " ", sioa_socket_get_id (socket), NULL);
      GHashTable *expected = g_hash_table_lookup (naive, key);
      guint n_rooms;
      const char *const *names = sioa_socket_get_rooms (socket, &n_rooms);

      g_assert_nonnull (expected);
      g_assert_cmpuint (n_rooms, ==, g_hash_table_size (expected));
      g_assert_null (names[n_rooms]);
      for (guint j = 0; j < n_rooms; j++)
        {
          char *room = g_strconcat (sioa_socket_get_nsp (socket), " ", names[j], NULL);
          gpointer count = g_hash_table_lookup (members, room);

          g_assert_true (g_hash_table_contains (expected, names[j]));
          g_hash_table_replace (members, room, GUINT_TO_POINTER (GPOINTER_TO_UINT (count) + 1));
        }
    }
  g_assert_cmpuint (g_list_model_get_n_items (rooms), ==, g_hash_table_size (members));
  for (guint i = 0; i < g_list_model_get_n_items (rooms); i++)
    {
      g_autoptr (SioaPlace) room = g_list_model_get_item (rooms, i);
      g_autofree char *key =
          g_strconcat (sioa_place_get_nsp (room), " ", sioa_place_get_room (room), NULL);

      g_assert_cmpuint (sioa_place_get_n_members (room), ==,
                        GPOINTER_TO_UINT (g_hash_table_lookup (members, key)));
    }
}

static void
test_changes (void)
{
  g_autoptr (SioaMock) mock = sioa_mock_new (g_test_rand_int (), 400, 1000);
  g_autoptr (SioaStore) store = sioa_store_new (SIOA_BACKEND (mock));
  g_autoptr (GHashTable) naive =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  Mirror sockets, rooms, namespaces;

  g_signal_connect (mock, "changes", G_CALLBACK (naive_cb), naive);
  mirror_init (&sockets, sioa_store_get_sockets (store));
  mirror_init (&rooms, sioa_store_get_rooms (store));
  mirror_init (&namespaces, sioa_store_get_namespaces (store));
  sioa_backend_open (SIOA_BACKEND (mock));
  sioa_store_catch_up (store);
  /* All at once, not one by one. */
  g_assert_cmpuint (sockets.n_changes, ==, 1);
  g_assert_cmpuint (sockets.items->len, ==, 400);
  g_assert_cmpuint (namespaces.items->len, ==, 4);
  for (guint i = 0; i < 40; i++)
    {
      sioa_mock_advance (mock, 100);
      if (g_test_rand_bit ())
        sioa_store_catch_up (store);
    }
  sioa_store_catch_up (store);
  check_same (store, naive);
  mirror_check (&sockets);
  mirror_check (&rooms);
  mirror_check (&namespaces);
  /* The same server again. */
  sioa_backend_close (SIOA_BACKEND (mock));
  sioa_backend_open (SIOA_BACKEND (mock));
  sioa_store_catch_up (store);
  check_same (store, naive);
  mirror_check (&sockets);
  mirror_check (&rooms);
  g_signal_handlers_disconnect_by_data (mock, naive);
  mirror_clear (&sockets);
  mirror_clear (&rooms);
  mirror_clear (&namespaces);
}

static void
count_cb (GObject *object, guint *count)
{
  ++*count;
}

static void
acted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(gint64 *) user_data = sioa_backend_act_finish (SIOA_BACKEND (source), result, NULL);
}

static void
test_rows (void)
{
  g_autoptr (SioaMock) mock = sioa_mock_new (7, 50, 0);
  SioaBackend *backend = SIOA_BACKEND (mock);
  g_autoptr (SioaStore) store = sioa_store_new (backend);
  g_autoptr (SioaSocket) first = NULL;
  const char *ids[] = { NULL, NULL };
  SioaTarget target = { "/", ids, NULL };
  gint64 reached = -2;
  guint n_changed = 0;

  sioa_backend_open (backend);
  sioa_store_catch_up (store);
  first = g_list_model_get_item (sioa_store_get_sockets (store), 0);
  g_signal_connect (first, "changed", G_CALLBACK (count_cb), &n_changed);
  ids[0] = sioa_socket_get_id (first);
  target.nsp = sioa_socket_get_nsp (first);
  sioa_backend_join_async (backend, &target, "fresh", NULL, acted_cb, &reached);
  while (reached == -2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (reached, ==, 1);
  g_assert_cmpuint (n_changed, ==, 0);
  sioa_store_catch_up (store);
  g_assert_cmpuint (n_changed, ==, 1);
  g_assert_true (sioa_socket_is_in (first, "fresh"));
  g_assert_cmpuint (sioa_place_get_n_members (sioa_store_find_room (store, target.nsp, "fresh")),
                    ==, 1);
  /* Whoever looks at it sees how it ends. */
  reached = -2;
  sioa_backend_disconnect_async (backend, &target, FALSE, NULL, acted_cb, &reached);
  while (reached == -2)
    g_main_context_iteration (NULL, TRUE);
  sioa_store_catch_up (store);
  g_assert_false (sioa_socket_is_alive (first));
  g_assert_cmpstr (sioa_socket_get_reason (first), ==, "server namespace disconnect");
  g_assert_null (sioa_store_find_socket (store, target.nsp, ids[0]));
  g_assert_null (sioa_store_find_room (store, target.nsp, "fresh"));
  g_assert_cmpuint (n_changed, ==, 2);
}

static void
test_steps (void)
{
  g_autoptr (SioaMock) mock = sioa_mock_new (1, 20000, 0);
  g_autoptr (SioaStore) store = sioa_store_new (SIOA_BACKEND (mock));
  guint n_steps = 0;

  sioa_backend_open (SIOA_BACKEND (mock));
  while (g_list_model_get_n_items (sioa_store_get_sockets (store)) < 20000)
    {
      guint before = sioa_store_get_n_pending (store);

      g_main_context_iteration (NULL, TRUE);
      if (sioa_store_get_n_pending (store) < before)
        n_steps++;
    }
  g_assert_cmpuint (g_list_model_get_n_items (sioa_store_get_sockets (store)), ==, 20000);
  g_assert_cmpuint (n_steps, >, 1);
  /* 20 000 are more than fit into one step, on any machine of these days. */
  g_test_message ("%u steps", n_steps);
}

static void
test_buckets (void)
{
  g_assert_cmpuint (sioa_bucket_for (0), ==, 0);
  for (guint i = 0; i < SIOA_N_BUCKETS - 1; i++)
    {
      g_assert_cmpuint (sioa_bucket_for (sioa_bucket_bounds[i]), ==, i);
      g_assert_cmpuint (sioa_bucket_for (sioa_bucket_bounds[i] + 1), ==, i + 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/store/changes", test_changes);
  g_test_add_func ("/admin/store/rows", test_rows);
  g_test_add_func ("/admin/store/steps", test_steps);
  g_test_add_func ("/admin/store/buckets", test_buckets);
  return g_test_run ();
}
