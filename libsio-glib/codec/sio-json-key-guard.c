/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-json-key-guard-private.h"

#define N_TABLES 2

/* Keys that hash evenly stay below one per two keys. */
#define WORK_PER_KEY 16
#define WORK_FREE 1024

/* GHashTable has a power of two of slots and begins to probe at the hash, times 11,
 * modulo the prime below. While there are at most 2^k keys it has 2^k or 2^(k+1). Should
 * GLib change this, equal hashes, the worst of it, are still seen. */
static const guint primes[] = { 127,     251,     509,     1021,     2039,     4093,    8191,
                                16381,   32749,   65521,   131071,   262139,   524287,  1048573,
                                2097143, 4194301, 8388593, 16777213, 33554393, 67108859 };

struct _SioJsonKeyGuard
{
  guint16 *counts[N_TABLES]; /* keys that begin to probe at each slot */
  guint mods[N_TABLES];
  gsize room;      /* the number of keys the tables are meant for */
  guint64 n_taken; /* repeated keys too: they cost a look-up */
  guint64 work;
};

SioJsonKeyGuard *
sio_json_key_guard_new (void)
{
  return g_new0 (SioJsonKeyGuard, 1);
}

void
sio_json_key_guard_free (SioJsonKeyGuard *self)
{
  for (guint i = 0; i < N_TABLES; i++)
    g_free (self->counts[i]);
  g_free (self);
}

/* Returns how many keys @key may meet on its way. */
static guint
look_up (SioJsonKeyGuard *self, const char *key, gboolean is_new)
{
  guint hash = g_str_hash (key) * 11;
  guint most = 0;

  for (guint i = 0; i < N_TABLES; i++)
    {
      guint16 *n = &self->counts[i][hash % self->mods[i]];

      most = MAX (most, *n);
      if (is_new && *n < G_MAXUINT16)
        *n += 1;
    }
  return most;
}

static void
grow (SioJsonKeyGuard *self, JsonObject *object, gsize n_keys)
{
  JsonObjectIter iter;
  const char *key;
  gsize first = 0;

  while (first + N_TABLES < G_N_ELEMENTS (primes) && primes[first] < n_keys)
    first++;
  for (gsize i = 0; i < N_TABLES; i++)
    {
      g_free (self->counts[i]);
      self->mods[i] = primes[first + i];
      self->counts[i] = g_new0 (guint16, self->mods[i]);
    }
  self->room = first + N_TABLES < G_N_ELEMENTS (primes) ? primes[first] : G_MAXSIZE;
  self->work = 0;
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &key, NULL))
    self->work += look_up (self, key, TRUE);
  self->n_taken = MAX (self->n_taken, n_keys);
}

gboolean
sio_json_key_guard_take (SioJsonKeyGuard *self, JsonObject *object, const char *key)
{
  gsize n_keys = json_object_get_size (object);

  if (n_keys >= self->room)
    grow (self, object, n_keys + 1);
  self->n_taken++;
  self->work += look_up (self, key, !json_object_has_member (object, key));
  return self->work <= WORK_FREE + WORK_PER_KEY * self->n_taken;
}
