/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-limiter-private.h"

#include <string.h>

typedef struct
{
  SioLimit limit;
  double interval;  /* µs between two events */
  double tolerance; /* µs that events may come earlier */
  guint64 n_broken;
  guint index;
} Rule;

struct _SioLimiter
{
  GHashTable *by_event; /* → Rule, for events with a rule of their own */
  Rule all;
  guint n_rules;
};

/* The generic cell rate algorithm: a socket that keeps to a rule comes at its time or later. */
struct _SioLimiterTimes
{
  guint n;
  double next[]; /* by Rule.index */
};

SioLimiter *
sio_limiter_new (void)
{
  SioLimiter *self = g_new0 (SioLimiter, 1);

  self->by_event = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->n_rules = 1;
  return self;
}

void
sio_limiter_free (SioLimiter *self)
{
  g_hash_table_unref (self->by_event);
  g_free (self);
}

static Rule *
find (SioLimiter *self, const char *event)
{
  return event == NULL ? &self->all : g_hash_table_lookup (self->by_event, event);
}

void
sio_limiter_set (SioLimiter *self, const char *event, const SioLimit *limit)
{
  Rule *rule = find (self, event);

  if (rule == NULL)
    {
      rule = g_new0 (Rule, 1);
      rule->index = self->n_rules++;
      g_hash_table_insert (self->by_event, g_strdup (event), rule);
    }
  rule->limit = *limit;
  rule->limit.burst = MAX (limit->burst, 1);
  rule->interval = limit->rate > 0 ? G_USEC_PER_SEC / limit->rate : 0;
  rule->tolerance = rule->interval * (rule->limit.burst - 1);
}

SioLimit
sio_limiter_get (SioLimiter *self, const char *event)
{
  Rule *rule = find (self, event);

  return rule != NULL ? rule->limit : (SioLimit){ 0 };
}

static gboolean
limits (const Rule *rule)
{
  return rule->interval > 0 || rule->limit.max_size > 0;
}

gboolean
sio_limiter_is_empty (SioLimiter *self)
{
  GHashTableIter iter;
  gpointer rule;

  if (limits (&self->all))
    return FALSE;
  g_hash_table_iter_init (&iter, self->by_event);
  while (g_hash_table_iter_next (&iter, NULL, &rule))
    if (limits (rule))
      return FALSE;
  return TRUE;
}

/* Rules may have been added since the socket's first event. */
static void
make_room (SioLimiter *self, SioLimiterTimes **times)
{
  guint old = *times != NULL ? (*times)->n : 0;

  if (old >= self->n_rules)
    return;
  *times = g_realloc (*times, sizeof (SioLimiterTimes) + self->n_rules * sizeof (double));
  for (guint i = old; i < self->n_rules; i++)
    (*times)->next[i] = 0;
  (*times)->n = self->n_rules;
}

static gboolean
is_early (const Rule *rule, SioLimiterTimes *times, gint64 now)
{
  return rule->interval > 0 && (double) now < times->next[rule->index] - rule->tolerance;
}

static void
take (const Rule *rule, SioLimiterTimes *times, gint64 now)
{
  if (rule->interval > 0)
    times->next[rule->index] = MAX (times->next[rule->index], (double) now) + rule->interval;
}

gboolean
sio_limiter_needs_name (SioLimiter *self)
{
  return self->n_rules > 1;
}

static Rule *
find_slice (SioLimiter *self, const char *event, gsize length)
{
  char name[SIO_LIMITER_MAX_NAME + 1];

  if (self->n_rules == 1 || length > SIO_LIMITER_MAX_NAME)
    return NULL;
  memcpy (name, event, length);
  name[length] = '\0';
  return g_hash_table_lookup (self->by_event, name);
}

SioLimiterResult
sio_limiter_check (SioLimiter *self,
                   SioLimiterTimes **times,
                   const char *event,
                   gsize event_length,
                   gsize size,
                   gint64 now)
{
  Rule *rules[] = { &self->all, find_slice (self, event, event_length) };

  make_room (self, times);
  for (guint i = 0; i < G_N_ELEMENTS (rules) && rules[i] != NULL; i++)
    {
      gsize max_size = rules[i]->limit.max_size;

      if (max_size > 0 && size > max_size)
        {
          rules[i]->n_broken++;
          return SIO_LIMITER_TOO_LARGE;
        }
      if (is_early (rules[i], *times, now))
        {
          rules[i]->n_broken++;
          return SIO_LIMITER_TOO_MANY;
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (rules) && rules[i] != NULL; i++)
    take (rules[i], *times, now);
  return SIO_LIMITER_PASS;
}

guint64
sio_limiter_get_n_broken (SioLimiter *self, const char *event)
{
  Rule *rule = find (self, event);

  return rule != NULL ? rule->n_broken : 0;
}
