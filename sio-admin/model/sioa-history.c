/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-history.h"

#include <math.h>
#include <string.h>

/* A longer silence is shown as a gap rather than spread. */
#define MAX_SPREAD_S 5
/* Each may take a megabyte. */
#define MAX_NAMESPACES 16

static const struct
{
  guint length;
  guint step; /* seconds */
} spans[SIOA_N_SPANS] = { { 600, 1 }, { 720, 10 }, { 1440, 60 } };

struct _SioaHistory
{
  GObject parent_instance;

  SioaMoment *rings[SIOA_N_SPANS];
  SioaSample *last;
  GHashTable *namespaces; /* name → SioaHistory; NULL before the first one */
};

enum
{
  ADDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaHistory, sioa_history, G_TYPE_OBJECT)

static void
sioa_history_finalize (GObject *object)
{
  SioaHistory *self = SIOA_HISTORY (object);

  for (guint i = 0; i < SIOA_N_SPANS; i++)
    g_free (self->rings[i]);
  g_clear_pointer (&self->last, sioa_sample_unref);
  g_clear_pointer (&self->namespaces, g_hash_table_unref);

  G_OBJECT_CLASS (sioa_history_parent_class)->finalize (object);
}

static void
sioa_history_class_init (SioaHistoryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_history_finalize;

  signals[ADDED] = g_signal_new ("added", SIOA_TYPE_HISTORY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
sioa_history_init (SioaHistory *self)
{
  for (guint i = 0; i < SIOA_N_SPANS; i++)
    self->rings[i] = g_new0 (SioaMoment, spans[i].length);
}

SioaHistory *
sioa_history_new (void)
{
  return g_object_new (SIOA_TYPE_HISTORY, NULL);
}

guint
sioa_history_get_length (SioaSpan span)
{
  return spans[span].length;
}

guint
sioa_history_get_step (SioaSpan span)
{
  return spans[span].step;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char **) a, *(char **) b);
}

/* 0 is for moments that never were. */
static gint64
number_of (SioaSpan span, gint64 time)
{
  return time / ((gint64) spans[span].step * G_USEC_PER_SEC) + 1;
}

static SioaMoment *
moment_at (SioaHistory *self, SioaSpan span, gint64 time)
{
  gint64 number = number_of (span, time);
  SioaMoment *moment = &self->rings[span][number % spans[span].length];

  if (moment->number != number)
    *moment = (SioaMoment){ .number = number };
  return moment;
}

static void
get_values (SioaSample *sample, gint64 *values)
{
  values[SIOA_CONNECTIONS] = sample->connections;
  values[SIOA_POLLING] = sample->polling;
  values[SIOA_ROOMS] = sample->rooms;
  values[SIOA_MEMORY] = sample->memory;
  values[SIOA_ROUND_TRIP] = SIOA_UNKNOWN;
  values[SIOA_EVENTS_IN] = sample->events_in;
  values[SIOA_EVENTS_OUT] = sample->events_out;
  values[SIOA_BYTES_IN] = sample->bytes_in;
  values[SIOA_BYTES_OUT] = sample->bytes_out;
  values[SIOA_CONNECTED] = sample->connected;
  values[SIOA_DISCONNECTED] = sample->disconnected;
  values[SIOA_ERRORS] = sample->errors;
  values[SIOA_REFUSED] = sample->refused;
  values[SIOA_CPU] = sample->cpu;
}

gint64
sioa_sample_get_value (SioaSample *sample, SioaValue value)
{
  gint64 values[SIOA_N_VALUES];

  if (sample == NULL)
    return SIOA_UNKNOWN;
  get_values (sample, values);
  return values[value];
}

/* What happened between two samples, in equal parts of a second each. */
typedef struct
{
  double values[SIOA_N_VALUES];
  guint known;
  guint n_missing;
  double latency[SIOA_N_BUCKETS];
} Part;

static void
put (SioaHistory *self, gint64 time, const Part *part)
{
  for (SioaSpan span = 0; span < SIOA_N_SPANS; span++)
    {
      SioaMoment *moment = moment_at (self, span, time);

      moment->known |= part->known;
      moment->n_missing = MAX (moment->n_missing, part->n_missing);
      for (guint i = 0; i < SIOA_N_VALUES; i++)
        if ((part->known & (1u << i)) == 0)
          continue;
        else if (i < SIOA_EVENTS_IN)
          moment->values[i] = part->values[i];
        else
          moment->values[i] += part->values[i];
      for (guint i = 0; i < SIOA_N_BUCKETS; i++)
        moment->latency[i] += part->latency[i];
    }
}

char **
sioa_history_list_namespaces (SioaHistory *self)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  if (self->namespaces != NULL)
    g_hash_table_iter_init (&iter, self->namespaces);
  while (self->namespaces != NULL && g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

SioaHistory *
sioa_history_get_namespace (SioaHistory *self, const char *nsp)
{
  return self->namespaces != NULL ? g_hash_table_lookup (self->namespaces, nsp) : NULL;
}

SioaHistory *
sioa_history_add_namespace (SioaHistory *self, const char *nsp)
{
  SioaHistory *history = sioa_history_get_namespace (self, nsp);

  if (history != NULL)
    return history;
  if (self->namespaces == NULL)
    self->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  if (g_hash_table_size (self->namespaces) >= MAX_NAMESPACES)
    return NULL;
  history = sioa_history_new ();
  g_hash_table_insert (self->namespaces, g_strdup (nsp), history);
  return history;
}

static gboolean
subtract_buckets (Part *part, const guint64 *now, const guint64 *before, gint64 seconds)
{
  gboolean any = FALSE;

  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    if (now[i] > before[i])
      {
        part->latency[i] = (double) (now[i] - before[i]) / (double) seconds;
        any = TRUE;
      }
  return any;
}

static void
add_trips (SioaHistory *self, SioaSample *sample, SioaSample *last, gint64 seconds)
{
  static const guint64 none[SIOA_N_BUCKETS];
  GHashTableIter iter;
  gpointer nsp, buckets;

  if (sample->trips == NULL)
    return;
  g_hash_table_iter_init (&iter, sample->trips);
  while (g_hash_table_iter_next (&iter, &nsp, &buckets))
    {
      SioaHistory *history = sioa_history_add_namespace (self, nsp);
      const guint64 *before =
          last != NULL && last->trips != NULL ? g_hash_table_lookup (last->trips, nsp) : NULL;
      Part part = { 0 };

      if (history == NULL || last == NULL ||
          !subtract_buckets (&part, buckets, before != NULL ? before : none, seconds))
        continue;
      for (gint64 i = seconds; i-- > 0;)
        put (history, sample->time - i * G_USEC_PER_SEC, &part);
    }
}

void
sioa_history_add (SioaHistory *self, SioaSample *sample)
{
  g_autoptr (SioaSample) last = g_steal_pointer (&self->last);
  gint64 now[SIOA_N_VALUES], before[SIOA_N_VALUES];
  Part part = { 0 };
  gint64 seconds = 1;
  double length = 1; /* of what a rate is of, in seconds */

  self->last = sioa_sample_ref (sample);
  get_values (sample, now);
  /* The counters of another server, or of one that started anew, say nothing about these. */
  if (last != NULL && (g_strcmp0 (last->server_id, sample->server_id) != 0 ||
                       last->epoch != sample->epoch || last->time > sample->time))
    g_clear_pointer (&last, sioa_sample_unref);
  if (last != NULL)
    {
      get_values (last, before);
      /* Each second after that of the last sample, so that no jitter leaves one out. */
      seconds = sample->time / G_USEC_PER_SEC - last->time / G_USEC_PER_SEC;
      if (seconds > 0 && seconds <= MAX_SPREAD_S)
        length = MAX (1, (double) (sample->time - last->time) / G_USEC_PER_SEC);
      else
        length = (double) CLAMP (seconds, 1, MAX_SPREAD_S);
      seconds = CLAMP (seconds, 1, MAX_SPREAD_S);
    }
  for (guint i = 0; i < SIOA_N_VALUES; i++)
    if (now[i] == SIOA_UNKNOWN)
      continue;
    else if (i < SIOA_EVENTS_IN)
      {
        part.values[i] = (double) now[i];
        part.known |= 1u << i;
      }
    else if (last != NULL && before[i] != SIOA_UNKNOWN)
      {
        part.values[i] = (double) MAX (0, now[i] - before[i]) / length;
        part.known |= 1u << i;
      }
  if (last != NULL && sample->has_latency)
    subtract_buckets (&part, sample->latency, last->latency, seconds);
  add_trips (self, sample, last, seconds);
  for (gint64 i = seconds; i-- > 0;)
    put (self, sample->time - i * G_USEC_PER_SEC, &part);
  g_signal_emit (self, signals[ADDED], 0);
}

void
sioa_history_add_moment (SioaHistory *self, gint64 time, const SioaMoment *moment)
{
  Part part = { .known = moment->known, .n_missing = moment->n_missing };

  memcpy (part.values, moment->values, sizeof part.values);
  memcpy (part.latency, moment->latency, sizeof part.latency);
  put (self, time, &part);
}

void
sioa_history_set_sample (SioaHistory *self, SioaSample *sample)
{
  g_clear_pointer (&self->last, sioa_sample_unref);
  self->last = sioa_sample_ref (sample);
  g_signal_emit (self, signals[ADDED], 0);
}

void
sioa_history_add_round_trip (SioaHistory *self, gint64 time, gint64 rtt)
{
  Part part = { 0 };

  part.values[SIOA_ROUND_TRIP] = (double) rtt;
  part.known = 1u << SIOA_ROUND_TRIP;
  part.latency[sioa_bucket_for (rtt)] = 1;
  put (self, time, &part);
  g_signal_emit (self, signals[ADDED], 0);
}

double
sioa_history_sum_latency (SioaHistory *self, SioaSpan span, gint64 now, double *buckets)
{
  double total = 0;

  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    buckets[i] = 0;
  for (guint age = 0; age < spans[span].length; age++)
    {
      const SioaMoment *moment = sioa_history_get (self, span, now, age);

      for (guint i = 0; moment != NULL && i < SIOA_N_BUCKETS; i++)
        {
          buckets[i] += moment->latency[i];
          total += moment->latency[i];
        }
    }
  return total;
}

const SioaMoment *
sioa_history_get (SioaHistory *self, SioaSpan span, gint64 now, guint age)
{
  gint64 number = number_of (span, now) - age;
  const SioaMoment *moment;

  if (number <= 0 || age >= spans[span].length)
    return NULL;
  moment = &self->rings[span][number % spans[span].length];
  return moment->number == number ? moment : NULL;
}

SioaSample *
sioa_history_get_sample (SioaHistory *self)
{
  return self->last;
}

double
sioa_moment_get_rate (const SioaMoment *moment, SioaSpan span, SioaValue value)
{
  if (moment == NULL || (moment->known & (1u << value)) == 0)
    return NAN;
  return value < SIOA_EVENTS_IN ? moment->values[value] : moment->values[value] / spans[span].step;
}

double
sioa_buckets_get_quantile (const double *buckets, double quantile)
{
  double total = 0;
  double sum = 0;

  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    total += buckets[i];
  if (total <= 0)
    return NAN;
  for (guint i = 0; i < SIOA_N_BUCKETS; i++)
    {
      double low = i == 0 ? 0 : (double) sioa_bucket_bounds[i - 1];

      /* The last bucket has no end. */
      if (i == SIOA_N_BUCKETS - 1)
        return low;
      if (buckets[i] > 0 && sum + buckets[i] >= quantile * total)
        return low + ((double) sioa_bucket_bounds[i] - low) * (quantile * total - sum) / buckets[i];
      sum += buckets[i];
    }
  return NAN;
}

double
sioa_moment_get_quantile (const SioaMoment *moment, double quantile)
{
  return moment != NULL ? sioa_buckets_get_quantile (moment->latency, quantile) : NAN;
}
