/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-mock.h"

#include <string.h>

#define STEP_MS 100
#define SAMPLE_MS 2000
/* So many are there at once, the others come little by little: making them takes time, too. */
#define N_AT_ONCE 2000
#define N_MORE 250
#define MORE_MS 10
#define ALL_FEATURES                                                                               \
  (SIOA_CAN_EMIT | SIOA_CAN_JOIN | SIOA_CAN_LEAVE | SIOA_CAN_DISCONNECT | SIOA_CAN_MANY |          \
   SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS | SIOA_HAS_LATENCY | SIOA_HAS_COUNTS)

typedef struct
{
  char *nsp;
  char *id;
  GPtrArray *rooms; /* strings */
} Peer;

static const char *const namespaces[] = { "/", "/chat", "/feed", "/admin" };
#define N_NAMESPACES G_N_ELEMENTS (namespaces)

struct _SioaMock
{
  GObject parent_instance;

  GRand *rand;
  guint pid;
  guint n_wanted;
  guint changes_per_second;
  SioaState state;
  SioaFeatures features;
  GError *error;
  GPtrArray *peers;
  GHashTable *by_id;
  guint64 n_made;
  gint64 now;   /* ms since it began */
  gint64 start; /* of the clock it shows, in µs */
  gint64 base;  /* of the times of samples */
  gint64 next_sample;
  guint64 carry; /* thousandths of a change */
  guint source_id;
  guint more_id;
  gint64 connected, disconnected, events_in, events_out;
  GHashTable *reasons;
  guint64 latency[SIOA_N_BUCKETS];
  guint64 latency_of[N_NAMESPACES][SIOA_N_BUCKETS];
};

static const char *const topics[] = { "conversation", "memory", "event", "group", "doc" };
static const char *const causes[] = { "transport close", "ping timeout",
                                      "client namespace disconnect", "transport error" };
static const char *const agents[] = {
  "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)", "node-XMLHttpRequest"
};

static void sioa_mock_iface_init (SioaBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaMock,
                               sioa_mock,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_BACKEND, sioa_mock_iface_init))

static void
peer_free (Peer *peer)
{
  g_free (peer->nsp);
  g_free (peer->id);
  g_ptr_array_unref (peer->rooms);
  g_free (peer);
}

static guint
pick (SioaMock *self, guint n)
{
  return (guint) g_rand_int_range (self->rand, 0, (gint32) n);
}

static char *
make_room (SioaMock *self)
{
  return g_strdup_printf ("%s:%u", topics[pick (self, G_N_ELEMENTS (topics))],
                          pick (self, 200) + 1);
}

static SioaSocketRecord *
describe (SioaMock *self, Peer *peer, guint64 number)
{
  SioaSocketRecord *record = sioa_socket_record_new (peer->nsp, peer->id);
  guint user = pick (self, 9000) + 1;
  const char *agent = agents[pick (self, G_N_ELEMENTS (agents))];

  record->client_id = g_strdup_printf ("client%" G_GUINT64_FORMAT, number);
  record->transport = g_strdup (pick (self, 10) == 0 ? "polling" : "websocket");
  record->address = g_strdup_printf ("198.51.%u.%u", 100 + pick (self, 2), 1 + pick (self, 250));
  record->user = g_strdup_printf ("user%u", user);
  record->connected_at =
      self->start + self->now * 1000 - (gint64) pick (self, 7200) * G_USEC_PER_SEC;
  record->rtt = 2000 + pick (self, 100) * pick (self, 100) * 20;
  record->events_in = pick (self, 500);
  record->events_out = pick (self, 5000);
  record->bytes_in = record->events_in * 120;
  record->bytes_out = record->events_out * 160;
  record->data = g_strdup_printf ("{\"userId\":\"user%u\"}", user);
  record->handshake = g_strdup_printf ("{\"headers\":{\"user-agent\":\"%s\"},\"query\":{\"EIO\":"
                                       "\"4\"},\"secure\":true,\"url\":\"/socket.io/\"}",
                                       agent);
  g_strfreev (record->rooms);
  record->rooms = g_new0 (char *, peer->rooms->len + 1);
  for (guint i = 0; i < peer->rooms->len; i++)
    record->rooms[i] = g_strdup (g_ptr_array_index (peer->rooms, i));
  return record;
}

static void
add_peer (SioaMock *self, GPtrArray *changes)
{
  Peer *peer = g_new0 (Peer, 1);
  guint n_rooms = pick (self, 5);
  guint place = pick (self, 10);

  peer->nsp = g_strdup (namespaces[place < 6 ? 0 : place < 8 ? 1 : 2]);
  peer->id = g_strdup_printf ("%08x%08x", g_rand_int (self->rand), (guint) self->n_made);
  peer->rooms = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < n_rooms; i++)
    {
      g_autofree char *room = make_room (self);

      if (!g_ptr_array_find_with_equal_func (peer->rooms, room, g_str_equal, NULL))
        g_ptr_array_add (peer->rooms, g_steal_pointer (&room));
    }
  g_ptr_array_add (self->peers, peer);
  g_hash_table_insert (self->by_id, peer->id, peer);
  sioa_changes_add_socket (changes, describe (self, peer, self->n_made++));
  self->connected++;
}

static void
count_reason (SioaMock *self, const char *reason)
{
  guint64 *count = g_hash_table_lookup (self->reasons, reason);

  if (count == NULL)
    {
      count = g_new0 (guint64, 1);
      g_hash_table_insert (self->reasons, g_strdup (reason), count);
    }
  ++*count;
}

static void
remove_peer (SioaMock *self, guint position, const char *reason, GPtrArray *changes)
{
  Peer *peer = g_ptr_array_index (self->peers, position);

  sioa_changes_add (changes, SIOA_CHANGE_SOCKET_GONE, peer->nsp, peer->id, reason);
  count_reason (self, reason);
  g_hash_table_remove (self->by_id, peer->id);
  g_ptr_array_remove_index_fast (self->peers, position);
  self->disconnected++;
}

static void
join_peer (Peer *peer, const char *room, GPtrArray *changes)
{
  if (g_ptr_array_find_with_equal_func (peer->rooms, room, g_str_equal, NULL))
    return;
  g_ptr_array_add (peer->rooms, g_strdup (room));
  sioa_changes_add (changes, SIOA_CHANGE_JOINED, peer->nsp, peer->id, room);
}

static void
leave_peer (Peer *peer, const char *room, GPtrArray *changes)
{
  guint position;

  if (!g_ptr_array_find_with_equal_func (peer->rooms, room, g_str_equal, &position))
    return;
  sioa_changes_add (changes, SIOA_CHANGE_LEFT, peer->nsp, peer->id, room);
  g_ptr_array_remove_index_fast (peer->rooms, position);
}

static void
change_something (SioaMock *self, GPtrArray *changes)
{
  Peer *peer;

  if (self->peers->len < self->n_wanted)
    {
      add_peer (self, changes);
      return;
    }
  if (self->peers->len == 0)
    return;
  peer = g_ptr_array_index (self->peers, pick (self, self->peers->len));
  switch (pick (self, 4))
    {
    case 0:
      remove_peer (self, pick (self, self->peers->len), causes[pick (self, G_N_ELEMENTS (causes))],
                   changes);
      break;
    case 1:
      if (peer->rooms->len > 0)
        {
          g_autofree char *room = g_strdup (g_ptr_array_index (peer->rooms, 0));

          leave_peer (peer, room, changes);
          break;
        }
      G_GNUC_FALLTHROUGH;
    case 2:
    default:
      {
        g_autofree char *room = make_room (self);

        join_peer (peer, room, changes);
      }
    }
}

static void
tell_sample (SioaMock *self)
{
  g_autoptr (SioaSample) sample = sioa_sample_new ("demo");
  GHashTableIter iter;
  gpointer reason, count;

  sample->time = self->base + self->now * 1000;
  sample->hostname = g_strdup ("demo.example.org");
  sample->pid = self->pid;
  sample->started_at = self->start - (gint64) 7200 * G_USEC_PER_SEC;
  sample->connections = self->peers->len;
  sample->polling = self->peers->len / 10;
  sample->events_in = self->events_in;
  sample->events_out = self->events_out;
  sample->bytes_in = self->events_in * 120;
  sample->bytes_out = self->events_out * 160;
  sample->connected = self->connected;
  sample->disconnected = self->disconnected;
  sample->errors = self->disconnected / 50;
  sample->refused = self->disconnected / 20;
  sample->memory = 24000000 + (gint64) self->peers->len * 2200;
  sample->cpu = self->events_out * 4;
  sample->has_latency = (self->features & SIOA_HAS_LATENCY) != 0;
  memcpy (sample->latency, self->latency, sizeof self->latency);
  for (guint i = 0; sample->has_latency && i < N_NAMESPACES - 1; i++)
    memcpy (sioa_buckets_of (&sample->trips, namespaces[i]), self->latency_of[i],
            sizeof self->latency_of[i]);
  for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++)
    sioa_sample_add_namespace (sample, namespaces[i], 0);
  for (guint i = 0; i < self->peers->len; i++)
    sioa_sample_add_namespace (sample, ((Peer *) g_ptr_array_index (self->peers, i))->nsp, 1);
  g_hash_table_iter_init (&iter, self->reasons);
  while (g_hash_table_iter_next (&iter, &reason, &count))
    sioa_sample_add_reason (sample, reason, *(guint64 *) count);
  sioa_backend_tell_sample (SIOA_BACKEND (self), sample);
}

void
sioa_mock_advance (SioaMock *self, guint milliseconds)
{
  g_autoptr (GPtrArray) changes = sioa_changes_new ();

  self->now += milliseconds;
  if (self->state != SIOA_STATE_OPEN)
    return;
  for (self->carry += (guint64) self->changes_per_second * milliseconds; self->carry >= 1000;
       self->carry -= 1000)
    change_something (self, changes);
  self->events_in += (gint64) self->peers->len * milliseconds / 5000;
  self->events_out += (gint64) self->peers->len * milliseconds / 500;
  for (guint i = 0; i < milliseconds / 2; i++)
    {
      guint place = pick (self, N_NAMESPACES - 1);
      guint bucket = sioa_bucket_for (2000 + pick (self, 90) * pick (self, 90) * 12 / (place + 1));

      self->latency[bucket]++;
      self->latency_of[place][bucket]++;
    }
  sioa_backend_take_changes (SIOA_BACKEND (self), g_steal_pointer (&changes));
  if (self->now < self->next_sample)
    return;
  self->next_sample = self->now + SAMPLE_MS;
  tell_sample (self);
}

static gboolean
run_cb (gpointer user_data)
{
  sioa_mock_advance (user_data, STEP_MS);
  return G_SOURCE_CONTINUE;
}

void
sioa_mock_run (SioaMock *self)
{
  if (self->source_id != 0)
    return;
  self->start = g_get_real_time () - self->now * 1000;
  self->source_id = g_timeout_add (STEP_MS, run_cb, self);
}

void
sioa_mock_set_past (SioaMock *self, guint seconds)
{
  self->base = g_get_monotonic_time () - (gint64) seconds * G_USEC_PER_SEC;
  self->start = g_get_real_time () - (gint64) seconds * G_USEC_PER_SEC;
}

gint64
sioa_mock_get_time (SioaMock *self)
{
  return self->base + self->now * 1000;
}

void
sioa_mock_set_state (SioaMock *self, SioaState state, const GError *error)
{
  self->state = state;
  g_clear_error (&self->error);
  self->error = error != NULL ? g_error_copy (error) : NULL;
  sioa_backend_state_changed (SIOA_BACKEND (self));
}

void
sioa_mock_set_features (SioaMock *self, SioaFeatures features)
{
  self->features = features;
  sioa_backend_state_changed (SIOA_BACKEND (self));
}

static gboolean
more_cb (gpointer user_data)
{
  SioaMock *self = user_data;
  GPtrArray *changes = sioa_changes_new ();

  for (guint i = 0; i < N_MORE && self->peers->len < self->n_wanted; i++)
    add_peer (self, changes);
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  if (self->peers->len < self->n_wanted)
    return G_SOURCE_CONTINUE;
  self->more_id = 0;
  return G_SOURCE_REMOVE;
}

static void
sioa_mock_open (SioaBackend *backend)
{
  SioaMock *self = SIOA_MOCK (backend);
  GPtrArray *changes = sioa_changes_new ();

  sioa_mock_set_state (self, SIOA_STATE_OPEN, NULL);
  sioa_changes_add (changes, SIOA_CHANGE_RESET, NULL, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++)
    sioa_changes_add (changes, SIOA_CHANGE_NAMESPACE, namespaces[i], NULL, NULL);
  /* Others, if they are too many to describe them again at once. */
  if (self->peers->len > N_AT_ONCE)
    {
      g_hash_table_remove_all (self->by_id);
      g_ptr_array_set_size (self->peers, 0);
    }
  for (guint i = 0; i < self->peers->len; i++)
    sioa_changes_add_socket (changes, describe (self, g_ptr_array_index (self->peers, i), i));
  while (self->peers->len < MIN (self->n_wanted, N_AT_ONCE))
    add_peer (self, changes);
  sioa_backend_take_changes (backend, changes);
  if (self->peers->len < self->n_wanted && self->more_id == 0)
    self->more_id = g_timeout_add (MORE_MS, more_cb, self);
  tell_sample (self);
}

static void
sioa_mock_close (SioaBackend *backend)
{
  g_clear_handle_id (&SIOA_MOCK (backend)->source_id, g_source_remove);
  g_clear_handle_id (&SIOA_MOCK (backend)->more_id, g_source_remove);
  sioa_mock_set_state (SIOA_MOCK (backend), SIOA_STATE_CLOSED, NULL);
}

static SioaState
sioa_mock_get_state (SioaBackend *backend)
{
  return SIOA_MOCK (backend)->state;
}

static const GError *
sioa_mock_get_error (SioaBackend *backend)
{
  return SIOA_MOCK (backend)->error;
}

static SioaFeatures
sioa_mock_get_features (SioaBackend *backend)
{
  return SIOA_MOCK (backend)->features;
}

static gint64
sioa_mock_get_rtt (SioaBackend *backend)
{
  return 1500;
}

static void
sioa_mock_get_socket_async (SioaBackend *backend,
                            const char *nsp,
                            const char *id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);

  g_task_set_source_tag (task, sioa_mock_get_socket_async);
  /* The record has everything. */
  g_task_return_pointer (task, NULL, NULL);
}

static gboolean
matches (Peer *peer, const SioaTarget *target)
{
  if (strcmp (peer->nsp, target->nsp) != 0)
    return FALSE;
  if (target->rooms == NULL || target->rooms[0] == NULL)
    return TRUE;
  for (guint i = 0; target->rooms[i] != NULL; i++)
    if (strcmp (peer->id, target->rooms[i]) == 0 ||
        g_ptr_array_find_with_equal_func (peer->rooms, target->rooms[i], g_str_equal, NULL))
      return TRUE;
  return FALSE;
}

typedef void (*PeerFunc) (Peer *peer, const char *room, GPtrArray *changes);

static void
act (SioaMock *self,
     const SioaTarget *target,
     SioaFeatures needed,
     PeerFunc func, /* NULL: nothing changes */
     const char *room,
     gpointer tag,
     GCancellable *cancellable,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GPtrArray *changes;
  gint64 n = 0;

  g_task_set_source_tag (task, tag);
  if ((self->features & needed) == 0)
    {
      g_task_return_new_error (task, SIOA_ERROR, SIOA_ERROR_DENIED, "the server is read-only");
      return;
    }
  changes = sioa_changes_new ();
  for (guint i = self->peers->len; i-- > 0;)
    {
      Peer *peer = g_ptr_array_index (self->peers, i);

      if (!matches (peer, target))
        continue;
      n++;
      if (needed == SIOA_CAN_DISCONNECT)
        remove_peer (self, i, "server namespace disconnect", changes);
      else if (func != NULL)
        func (peer, room, changes);
    }
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  g_task_return_int (task, n);
}

static void
sioa_mock_emit_async (SioaBackend *backend,
                      const SioaTarget *target,
                      const char *event,
                      const char *args,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  act (SIOA_MOCK (backend), target, SIOA_CAN_EMIT, NULL, NULL, sioa_mock_emit_async, cancellable,
       callback, user_data);
}

static void
sioa_mock_join_async (SioaBackend *backend,
                      const SioaTarget *target,
                      const char *room,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  act (SIOA_MOCK (backend), target, SIOA_CAN_JOIN, join_peer, room, sioa_mock_join_async,
       cancellable, callback, user_data);
}

static void
sioa_mock_leave_async (SioaBackend *backend,
                       const SioaTarget *target,
                       const char *room,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  act (SIOA_MOCK (backend), target, SIOA_CAN_LEAVE, leave_peer, room, sioa_mock_leave_async,
       cancellable, callback, user_data);
}

static void
sioa_mock_disconnect_async (SioaBackend *backend,
                            const SioaTarget *target,
                            gboolean close,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  act (SIOA_MOCK (backend), target, SIOA_CAN_DISCONNECT, NULL, NULL, sioa_mock_disconnect_async,
       cancellable, callback, user_data);
}

static void
sioa_mock_iface_init (SioaBackendInterface *iface)
{
  iface->open = sioa_mock_open;
  iface->close = sioa_mock_close;
  iface->get_state = sioa_mock_get_state;
  iface->get_error = sioa_mock_get_error;
  iface->get_features = sioa_mock_get_features;
  iface->get_rtt = sioa_mock_get_rtt;
  iface->get_socket_async = sioa_mock_get_socket_async;
  iface->emit_async = sioa_mock_emit_async;
  iface->join_async = sioa_mock_join_async;
  iface->leave_async = sioa_mock_leave_async;
  iface->disconnect_async = sioa_mock_disconnect_async;
}

static void
sioa_mock_dispose (GObject *object)
{
  g_clear_handle_id (&SIOA_MOCK (object)->source_id, g_source_remove);
  g_clear_handle_id (&SIOA_MOCK (object)->more_id, g_source_remove);

  G_OBJECT_CLASS (sioa_mock_parent_class)->dispose (object);
}

static void
sioa_mock_finalize (GObject *object)
{
  SioaMock *self = SIOA_MOCK (object);

  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->reasons);
  g_ptr_array_unref (self->peers);
  g_rand_free (self->rand);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (sioa_mock_parent_class)->finalize (object);
}

static void
sioa_mock_class_init (SioaMockClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_mock_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_mock_finalize;
}

static void
sioa_mock_init (SioaMock *self)
{
  self->features = ALL_FEATURES;
  self->base = g_get_monotonic_time ();
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  self->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  /* 2026-01-01T08:00:00Z: pictures shall not depend on when they are taken. */
  self->start = G_GINT64_CONSTANT (1767254400) * G_USEC_PER_SEC;
}

SioaMock *
sioa_mock_new (guint32 seed, guint n_sockets, guint changes_per_second)
{
  SioaMock *self = g_object_new (SIOA_TYPE_MOCK, NULL);

  self->rand = g_rand_new_with_seed (seed);
  /* Others are other servers. */
  self->pid = 4241 + seed;
  self->n_wanted = n_sockets;
  self->changes_per_second = changes_per_second;
  return self;
}
