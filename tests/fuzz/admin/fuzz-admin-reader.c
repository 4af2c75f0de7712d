/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sio.h>
#include <stdint.h>
#include <string.h>

#include "sioa-admin-reader.h"
#include "sioa-history.h"
#include "sioa-store.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The input are events of a server: one a line, each a list in JSON that begins with the name of
 * the event. All go to the readers, what they read to a store and a history, and what these then
 * say must add up. */

/* A backend that tells what it is given. */
#define TEST_TYPE_BACKEND (test_backend_get_type ())
G_DECLARE_FINAL_TYPE (TestBackend, test_backend, TEST, BACKEND, GObject)

struct _TestBackend
{
  GObject parent_instance;
};

static void
test_backend_iface_init (SioaBackendInterface *iface)
{
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestBackend,
                               test_backend,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_BACKEND, test_backend_iface_init))

static void
test_backend_class_init (TestBackendClass *klass)
{
}

static void
test_backend_init (TestBackend *self)
{
}

static void
check_text (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
}

/* Tells what a view may rely on, and counts the members of each place: "nsp" or "nsp\nroom". */
static void
check_socket (SioaStore *store, SioaSocket *socket, GHashTable *members)
{
  SioaSocketRecord *record = sioa_socket_get_record (socket);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_rooms;
  const char *const *rooms = sioa_socket_get_rooms (socket, &n_rooms);

  g_assert_true (sioa_socket_is_alive (socket));
  g_assert_true (sioa_store_find_socket (store, record->nsp, record->id) == socket);
  check_text (record->id);
  check_text (record->nsp);
  check_text (record->client_id);
  check_text (record->transport);
  check_text (record->address);
  check_text (record->user);
  check_text (record->data);
  check_text (record->handshake);
  g_assert_cmpint (record->connected_at, >=, SIOA_UNKNOWN);
  g_assert_cmpuint (n_rooms, <=, SIOA_SOCKET_MAX_ROOMS);
  g_assert_null (rooms[n_rooms]);
  g_hash_table_replace (
      members, g_strdup (record->nsp),
      GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (members, record->nsp)) + 1));
  for (guint i = 0; i < n_rooms; i++)
    {
      char *key = g_strconcat (record->nsp, "\n", rooms[i], NULL);

      g_assert_true (g_hash_table_add (seen, (gpointer) rooms[i]));
      g_assert_true (sioa_socket_is_in (socket, rooms[i]));
      g_assert_nonnull (sioa_store_find_room (store, record->nsp, rooms[i]));
      g_hash_table_replace (
          members, key,
          GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (members, key)) + 1));
    }
}

static guint
check_places (GListModel *places, guint *n_members)
{
  guint n = g_list_model_get_n_items (places);

  *n_members = 0;
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SioaPlace) place = g_list_model_get_item (places, i);

      check_text (sioa_place_get_nsp (place));
      check_text (sioa_place_get_room (place));
      *n_members += sioa_place_get_n_members (place);
    }
  return n;
}

static void
check_store (SioaStore *store)
{
  g_autoptr (GHashTable) members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GListModel *sockets = sioa_store_get_sockets (store);
  GListModel *rooms = sioa_store_get_rooms (store);
  guint n_sockets = g_list_model_get_n_items (sockets);
  guint n_in_rooms = 0;
  guint n_members;

  g_assert_cmpuint (sioa_store_get_n_pending (store), ==, 0);
  for (guint i = 0; i < n_sockets; i++)
    {
      g_autoptr (SioaSocket) socket = g_list_model_get_item (sockets, i);
      guint n_rooms;

      check_socket (store, socket, members);
      sioa_socket_get_rooms (socket, &n_rooms);
      n_in_rooms += n_rooms;
    }
  check_places (rooms, &n_members);
  g_assert_cmpuint (n_members, ==, n_in_rooms);
  for (guint i = 0; i < g_list_model_get_n_items (rooms); i++)
    {
      g_autoptr (SioaPlace) room = g_list_model_get_item (rooms, i);

      g_assert_cmpuint (sioa_place_get_n_members (room), >, 0);
      g_assert_true (sioa_store_find_room (store, sioa_place_get_nsp (room),
                                           sioa_place_get_room (room)) == room);
    }
  check_places (sioa_store_get_namespaces (store), &n_members);
  g_assert_cmpuint (n_members, ==, n_sockets);
}

static void
check_count (gint64 count)
{
  g_assert_cmpint (count, >=, SIOA_UNKNOWN);
  g_assert_cmpint (count, <=, G_GINT64_CONSTANT (1) << 53);
}

static void
check_grew (gint64 before, gint64 after)
{
  check_count (after);
  g_assert_cmpint (after, >=, before);
}

static void
check_sample (SioaSample *sample, SioaSample *last)
{
  GHashTableIter iter;
  gpointer name, count;

  check_count (sample->connections);
  check_count (sample->polling);
  check_count (sample->pid);
  check_text (sample->hostname);
  g_assert_cmpint (sample->started_at, >=, SIOA_UNKNOWN);
  g_hash_table_iter_init (&iter, sample->namespaces);
  while (g_hash_table_iter_next (&iter, &name, &count))
    {
      check_text (name);
      /* The sum of at most a thousand servers. */
      g_assert_cmpuint (*(guint64 *) count, <=, G_GUINT64_CONSTANT (1000) << 53);
    }
  g_hash_table_iter_init (&iter, sample->reasons);
  while (g_hash_table_iter_next (&iter, &name, &count))
    {
      guint64 *before = last != NULL ? g_hash_table_lookup (last->reasons, name) : NULL;

      check_text (name);
      check_grew (before != NULL ? (gint64) *before : 0, (gint64) (*(guint64 *) count));
    }
  check_grew (last != NULL ? last->connected : 0, sample->connected);
  check_grew (last != NULL ? last->disconnected : 0, sample->disconnected);
  check_grew (last != NULL ? last->events_in : 0, sample->events_in);
  check_grew (last != NULL ? last->events_out : 0, sample->events_out);
  check_grew (last != NULL ? last->bytes_in : 0, sample->bytes_in);
  check_grew (last != NULL ? last->bytes_out : 0, sample->bytes_out);
}

static void
check_history (SioaHistory *history, gint64 now)
{
  for (SioaSpan span = 0; span < SIOA_N_SPANS; span++)
    for (guint age = 0; age < 20; age++)
      {
        const SioaMoment *moment = sioa_history_get (history, span, now, age);

        for (SioaValue value = 0; value < SIOA_N_VALUES; value++)
          {
            double rate = sioa_moment_get_rate (moment, span, value);

            /* Or it is not known: then it is no number. */
            g_assert_false (rate < 0);
          }
      }
}

static void
take_event (SioaBackend *backend, const char *event, SioArgs *args)
{
  g_autoptr (GPtrArray) changes = sioa_changes_new ();
  guint n;

  if (strcmp (event, "all_sockets") == 0)
    {
      g_ptr_array_unref (changes);
      changes = sioa_admin_read_sockets (args, NULL);
      g_assert_cmpuint (changes->len, >, 0);
      g_assert_cmpint (((SioaChange *) changes->pdata[0])->kind, ==, SIOA_CHANGE_RESET);
    }
  else if (!sioa_admin_read_change (event, args, changes))
    g_assert_cmpuint (changes->len, ==, 0);
  n = changes->len;
  g_assert_cmpuint (n, <=, strcmp (event, "all_sockets") == 0 ? 200001 : 3);
  sioa_backend_take_changes (backend, g_steal_pointer (&changes));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (TestBackend) backend = g_object_new (TEST_TYPE_BACKEND, NULL);
  g_autoptr (SioaStore) store = sioa_store_new (SIOA_BACKEND (backend));
  g_autoptr (SioaHistory) history = sioa_history_new ();
  g_autoptr (SioaAdminStats) stats = sioa_admin_stats_new ();
  g_autoptr (SioaSample) last = NULL;
  const char *line = (const char *) data;
  const char *end = line + size;
  gint64 now = G_USEC_PER_SEC;

  while (line < end)
    {
      const char *behind = memchr (line, '\n', (size_t) (end - line));
      gssize length = (behind != NULL ? behind : end) - line;
      g_autoptr (SioArgs) all = sio_args_new_from_json (line, length, NULL);
      const char *event = all != NULL ? sio_args_get_string (all, 0) : NULL;
      g_autoptr (SioArgs) args = event != NULL ? sio_args_slice (all, 1) : NULL;
      SioaAdminFeatures features;
      SioaSample *sample;

      line = behind != NULL ? behind + 1 : end;
      if (args == NULL)
        continue;
      take_event (SIOA_BACKEND (backend), event, args);
      sioa_admin_read_config (args, &features);
      g_assert_true (features < SIOA_ADMIN_ALL_EVENTS << 1);
      if (strcmp (event, "server_stats") == 0 && sioa_admin_stats_read (stats, args, now))
        {
          sample = sioa_admin_stats_sum_up (stats, now);
          check_sample (sample, last);
          sioa_history_add (history, sample);
          g_clear_pointer (&last, sioa_sample_unref);
          last = sample;
        }
      now += 2 * G_USEC_PER_SEC;
    }
  sioa_store_catch_up (store);
  check_store (store);
  check_history (history, now);
  return 0;
}
