/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-sum.h"

#include <glib/gi18n.h>

/* A server that said nothing for longer is not waited for. */
#define PATIENCE_S 6
/* The same start, told by clocks of two interfaces. */
#define SAME_START_US (5 * (gint64) G_USEC_PER_SEC)

struct _SioaSum
{
  GObject parent_instance;

  GListModel *list;
  GPtrArray *servers; /* what is in the list */
  SioaHistory *history;
  gint64 next; /* second that is to be added up; 0: none was */
  SioaState state;
  GError *error;
  guint source_id; /* while there is something to add up */
};

static void sioa_sum_iface_init (SioaBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaSum,
                               sioa_sum,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_BACKEND, sioa_sum_iface_init))

static SioaState
state_of (SioaServer *server)
{
  return sioa_backend_get_state (sioa_server_get_backend (server));
}

static gboolean
is_away (SioaServer *server)
{
  SioaState state = state_of (server);

  return state != SIOA_STATE_OPEN && state != SIOA_STATE_CONNECTING;
}

static SioaSample *
sample_of (SioaServer *server)
{
  return sioa_history_get_sample (sioa_server_get_history (server));
}

/* One process, by what it tells of itself. */
static gboolean
is_same (SioaServer *server, SioaServer *other)
{
  SioaSample *a = sample_of (server);
  SioaSample *b = sample_of (other);

  return a != NULL && b != NULL && a->pid != SIOA_UNKNOWN && a->pid == b->pid &&
         a->hostname != NULL && g_strcmp0 (a->hostname, b->hostname) == 0 &&
         a->started_at != SIOA_UNKNOWN && b->started_at != SIOA_UNKNOWN &&
         ABS (a->started_at - b->started_at) <= SAME_START_US;
}

/* The one before it that is the same and there; NULL. */
static SioaServer *
find_twin (SioaSum *self, guint position)
{
  for (guint i = 0; i < position; i++)
    if (state_of (self->servers->pdata[i]) == SIOA_STATE_OPEN &&
        is_same (self->servers->pdata[i], self->servers->pdata[position]))
      return self->servers->pdata[i];
  return NULL;
}

static gboolean
is_counted (SioaSum *self, guint position)
{
  return state_of (self->servers->pdata[position]) == SIOA_STATE_OPEN &&
         find_twin (self, position) == NULL;
}

gboolean
sioa_sum_counts (SioaSum *self, SioaServer *server, SioaServer **twin)
{
  guint position;

  if (twin != NULL)
    *twin = NULL;
  if (!g_ptr_array_find (self->servers, server, &position) || state_of (server) != SIOA_STATE_OPEN)
    return FALSE;
  if (twin != NULL)
    *twin = find_twin (self, position);
  return is_counted (self, position);
}

/* Whether all that will be known of that second is known. */
static gboolean
is_complete (SioaSum *self, gint64 second, gint64 now)
{
  if (second + PATIENCE_S < now)
    return TRUE;
  for (guint i = 0; i < self->servers->len; i++)
    {
      SioaSample *sample = sample_of (self->servers->pdata[i]);

      if (is_counted (self, i) && (sample == NULL || sample->time / G_USEC_PER_SEC <= second))
        return FALSE;
    }
  return TRUE;
}

/* Round trips by namespace: of the same name, whatever the server. */
static void
add_namespaces (SioaHistory *history, gint64 second, GHashTable *sums)
{
  g_auto (GStrv) names = sioa_history_list_namespaces (history);

  for (guint i = 0; names[i] != NULL; i++)
    {
      const SioaMoment *moment =
          sioa_history_get (sioa_history_get_namespace (history, names[i]), SIOA_SPAN_10_MINUTES,
                            second * G_USEC_PER_SEC, 0);
      SioaMoment *sum = g_hash_table_lookup (sums, names[i]);

      if (moment == NULL)
        continue;
      if (sum == NULL)
        {
          sum = g_new0 (SioaMoment, 1);
          g_hash_table_insert (sums, g_strdup (names[i]), sum);
        }
      for (guint j = 0; j < SIOA_N_BUCKETS; j++)
        sum->latency[j] += moment->latency[j];
    }
}

static void
add_namespace_moments (SioaSum *self, gint64 second, GHashTable *sums)
{
  GHashTableIter iter;
  gpointer name, moment;

  g_hash_table_iter_init (&iter, sums);
  while (g_hash_table_iter_next (&iter, &name, &moment))
    {
      SioaHistory *history = sioa_history_add_namespace (self->history, name);

      if (history != NULL)
        sioa_history_add_moment (history, second * G_USEC_PER_SEC, moment);
    }
}

static void
add_second (SioaSum *self, gint64 second)
{
  g_autoptr (GHashTable) sums = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  SioaMoment sum = { 0 };

  for (guint i = 0; i < self->servers->len; i++)
    {
      SioaServer *server = self->servers->pdata[i];
      const SioaMoment *moment = sioa_history_get (
          sioa_server_get_history (server), SIOA_SPAN_10_MINUTES, second * G_USEC_PER_SEC, 0);

      if (find_twin (self, i) != NULL)
        continue;
      if (moment == NULL)
        {
          sum.n_missing++;
          continue;
        }
      /* The round trips of own connections are nothing to add up. */
      sum.known |= moment->known & ~(1u << SIOA_ROUND_TRIP);
      for (guint j = 0; j < SIOA_N_VALUES; j++)
        if ((moment->known & (1u << j)) != 0)
          sum.values[j] += moment->values[j];
      if ((sioa_backend_get_features (sioa_server_get_backend (server)) & SIOA_HAS_LATENCY) == 0)
        continue;
      for (guint j = 0; j < SIOA_N_BUCKETS; j++)
        sum.latency[j] += moment->latency[j];
      add_namespaces (sioa_server_get_history (server), second, sums);
    }
  add_namespace_moments (self, second, sums);
  if (sum.known != 0)
    sioa_history_add_moment (self->history, second * G_USEC_PER_SEC, &sum);
}

static void
add_known (gint64 *sum, gint64 value)
{
  if (value != SIOA_UNKNOWN)
    *sum = MAX (*sum, 0) + value;
}

static void
add_events (SioaSample *sum, SioaSample *sample)
{
  GHashTableIter iter;
  gpointer name, buckets;

  if (sample->events == NULL)
    return;
  g_hash_table_iter_init (&iter, sample->events);
  while (g_hash_table_iter_next (&iter, &name, &buckets))
    {
      guint64 *all = sioa_buckets_of (&sum->events, name);

      for (guint i = 0; i < SIOA_N_BUCKETS; i++)
        all[i] += ((guint64 *) buckets)[i];
    }
}

/* What all are now. What they did since they began is of no use: each began at another time. */
static SioaSample *
make_sample (SioaSum *self)
{
  SioaSample *sum = sioa_sample_new ("sum");
  GHashTableIter iter;
  gpointer name, count;

  for (guint i = 0; i < self->servers->len; i++)
    {
      SioaSample *sample = sample_of (self->servers->pdata[i]);

      if (sample == NULL || !is_counted (self, i))
        continue;
      add_known (&sum->connections, sample->connections);
      add_known (&sum->polling, sample->polling);
      add_known (&sum->memory, sample->memory);
      add_known (&sum->rooms, sioa_server_count_rooms (self->servers->pdata[i]));
      g_hash_table_iter_init (&iter, sample->reasons);
      while (g_hash_table_iter_next (&iter, &name, &count))
        sioa_sample_add_reason (sum, name, *(guint64 *) count);
      g_hash_table_iter_init (&iter, sample->namespaces);
      while (g_hash_table_iter_next (&iter, &name, &count))
        sioa_sample_add_namespace (sum, name, *(guint64 *) count);
      add_events (sum, sample);
    }
  return sum;
}

void
sioa_sum_catch_up (SioaSum *self, gint64 now)
{
  g_autoptr (SioaSample) sample = make_sample (self);
  gint64 present = now / G_USEC_PER_SEC;

  self->next = MAX (self->next, present - sioa_history_get_length (SIOA_SPAN_10_MINUTES) + 1);
  while (self->next <= present && is_complete (self, self->next, present))
    add_second (self, self->next++);
  sioa_history_set_sample (self->history, sample);
}

static gboolean
second_cb (gpointer user_data)
{
  SioaSum *self = user_data;

  self->source_id = 0;
  sioa_sum_catch_up (self, g_get_monotonic_time ());
  return G_SOURCE_REMOVE;
}

static void
added_cb (SioaHistory *history, SioaSum *self)
{
  if (self->source_id == 0)
    self->source_id = g_timeout_add_seconds (1, second_cb, self);
}

static char *
join_names (GPtrArray *names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < names->len; i++)
    /* TRANSLATORS: one name of several */
    g_string_append_printf (text, i == 0 ? _ ("“%s”") : _ (", “%s”"), (char *) names->pdata[i]);
  return g_string_free (text, FALSE);
}

static void
update_state (SioaSum *self)
{
  g_autoptr (GPtrArray) away = g_ptr_array_new ();
  guint n_open = 0;

  for (guint i = 0; i < self->servers->len; i++)
    if (is_away (self->servers->pdata[i]))
      g_ptr_array_add (away, (char *) sioa_server_get_name (self->servers->pdata[i]));
    else
      n_open += state_of (self->servers->pdata[i]) == SIOA_STATE_OPEN;
  g_clear_error (&self->error);
  if (away->len == 0)
    self->state = n_open > 0 ? SIOA_STATE_OPEN : SIOA_STATE_CONNECTING;
  else
    {
      g_autofree char *names = join_names (away);

      self->state = n_open > 0 ? SIOA_STATE_STALE : SIOA_STATE_FAILED;
      self->error = g_error_new (SIOA_ERROR, SIOA_ERROR_UNREACHABLE,
                                 ngettext ("%s is away and missing in the sums",
                                           "%s are away and missing in the sums", away->len),
                                 names);
    }
  sioa_backend_state_changed (SIOA_BACKEND (self));
}

char *
sioa_sum_describe (SioaSum *self)
{
  guint n_open = 0;

  for (guint i = 0; i < self->servers->len; i++)
    n_open += state_of (self->servers->pdata[i]) == SIOA_STATE_OPEN;
  if (n_open == self->servers->len)
    return g_strdup_printf (ngettext ("%u server connected", "All %u connected", n_open), n_open);
  if (self->error == NULL)
    return g_strdup_printf (_ ("%u of %u connected"), n_open, self->servers->len);
  return g_strdup_printf (_ ("%u of %u connected: %s"), n_open, self->servers->len,
                          self->error->message);
}

guint
sioa_sum_count_known (SioaSum *self, SioaValue value, guint *n_counted)
{
  guint n_known = 0;

  *n_counted = 0;
  for (guint i = 0; i < self->servers->len; i++)
    if (is_counted (self, i))
      {
        ++*n_counted;
        n_known += value == SIOA_ROOMS
                       ? sioa_server_count_rooms (self->servers->pdata[i]) != SIOA_UNKNOWN
                       : sioa_sample_get_value (sample_of (self->servers->pdata[i]), value) !=
                             SIOA_UNKNOWN;
      }
  return n_known;
}

char *
sioa_sum_name_silent (SioaSum *self)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < self->servers->len; i++)
    if (is_counted (self, i) &&
        (sioa_backend_get_features (sioa_server_get_backend (self->servers->pdata[i])) &
         SIOA_HAS_LATENCY) == 0)
      g_ptr_array_add (names, (char *) sioa_server_get_name (self->servers->pdata[i]));
  return names->len > 0 ? join_names (names) : NULL;
}

void
sioa_sum_foreach_socket (SioaSum *self, GFunc func, gpointer user_data)
{
  for (guint i = 0; i < self->servers->len; i++)
    if (is_counted (self, i))
      sioa_store_foreach_socket (sioa_server_get_store (self->servers->pdata[i]), func, user_data);
}

static void
forget (SioaSum *self)
{
  for (guint i = 0; i < self->servers->len; i++)
    {
      g_signal_handlers_disconnect_by_data (self->servers->pdata[i], self);
      g_signal_handlers_disconnect_by_data (sioa_server_get_history (self->servers->pdata[i]),
                                            self);
    }
  g_ptr_array_set_size (self->servers, 0);
}

static void
items_cb (GListModel *list, guint position, guint removed, guint added, SioaSum *self)
{
  forget (self);
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      SioaServer *server = g_list_model_get_item (list, i);

      g_ptr_array_add (self->servers, server);
      g_signal_connect_swapped (server, "changed", G_CALLBACK (update_state), self);
      g_signal_connect (sioa_server_get_history (server), "added", G_CALLBACK (added_cb), self);
    }
  added_cb (NULL, self);
  update_state (self);
}

/* As a backend. */

/* Those that are there stay as they are. */
static void
sioa_sum_open (SioaBackend *backend)
{
  SioaSum *self = SIOA_SUM (backend);
  g_autoptr (GPtrArray) servers = g_ptr_array_copy (self->servers, (GCopyFunc) g_object_ref, NULL);

  g_ptr_array_set_free_func (servers, g_object_unref);
  for (guint i = 0; i < servers->len; i++)
    if (is_away (servers->pdata[i]))
      sioa_backend_open (sioa_server_get_backend (servers->pdata[i]));
}

static void
sioa_sum_close (SioaBackend *backend)
{
}

static SioaState
sioa_sum_get_state (SioaBackend *backend)
{
  return SIOA_SUM (backend)->state;
}

static const GError *
sioa_sum_get_error (SioaBackend *backend)
{
  return SIOA_SUM (backend)->error;
}

static SioaFeatures
sioa_sum_get_features (SioaBackend *backend)
{
  return SIOA_HAS_LATENCY;
}

static gint64
sioa_sum_get_rtt (SioaBackend *backend)
{
  return SIOA_UNKNOWN;
}

static void
sioa_sum_iface_init (SioaBackendInterface *iface)
{
  iface->open = sioa_sum_open;
  iface->close = sioa_sum_close;
  iface->get_state = sioa_sum_get_state;
  iface->get_error = sioa_sum_get_error;
  iface->get_features = sioa_sum_get_features;
  iface->get_rtt = sioa_sum_get_rtt;
}

static void
sioa_sum_dispose (GObject *object)
{
  SioaSum *self = SIOA_SUM (object);

  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_data (self->list, self);
  forget (self);
  g_clear_object (&self->list);

  G_OBJECT_CLASS (sioa_sum_parent_class)->dispose (object);
}

static void
sioa_sum_finalize (GObject *object)
{
  SioaSum *self = SIOA_SUM (object);

  g_ptr_array_unref (self->servers);
  g_object_unref (self->history);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (sioa_sum_parent_class)->finalize (object);
}

static void
sioa_sum_class_init (SioaSumClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_sum_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_sum_finalize;
}

static void
sioa_sum_init (SioaSum *self)
{
  self->servers = g_ptr_array_new_with_free_func (g_object_unref);
  self->history = sioa_history_new ();
}

SioaSum *
sioa_sum_new (GListModel *servers)
{
  SioaSum *self = g_object_new (SIOA_TYPE_SUM, NULL);

  self->list = g_object_ref (servers);
  g_signal_connect (servers, "items-changed", G_CALLBACK (items_cb), self);
  items_cb (servers, 0, 0, 0, self);
  return self;
}

SioaServer *
sioa_sum_make_server (SioaSum *self, const char *name)
{
  return sioa_server_new_with_history (name, SIOA_BACKEND (self), self->history);
}

SioaSum *
sioa_sum_of (SioaServer *server)
{
  SioaBackend *backend = server != NULL ? sioa_server_get_backend (server) : NULL;

  return SIOA_IS_SUM (backend) ? SIOA_SUM (backend) : NULL;
}

GListModel *
sioa_sum_get_servers (SioaSum *self)
{
  return self->list;
}

SioaHistory *
sioa_sum_get_history (SioaSum *self)
{
  return self->history;
}
