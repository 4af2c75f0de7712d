/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-record.h"

#include <string.h>

/* In steps of 1, 2 and 5, from a tenth of a millisecond to a minute. */
const gint64 sioa_bucket_bounds[SIOA_N_BUCKETS - 1] = {
  100,   200,   500,   1000,   1500,   2000,   3000,    5000,    7500,    10000,    15000,    20000,
  30000, 50000, 75000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 15000000, 60000000,
};

guint
sioa_bucket_for (gint64 time)
{
  guint low = 0;
  guint high = SIOA_N_BUCKETS - 1;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (time <= sioa_bucket_bounds[middle])
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

SioaSocketRecord *
sioa_socket_record_new (const char *nsp, const char *id)
{
  SioaSocketRecord *self = g_new0 (SioaSocketRecord, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->nsp = g_strdup (nsp);
  self->id = g_strdup (id);
  self->rooms = g_new0 (char *, 1);
  self->connected_at = SIOA_UNKNOWN;
  self->rtt = SIOA_UNKNOWN;
  self->bytes_in = SIOA_UNKNOWN;
  self->bytes_out = SIOA_UNKNOWN;
  self->events_in = SIOA_UNKNOWN;
  self->events_out = SIOA_UNKNOWN;
  return self;
}

SioaSocketRecord *
sioa_socket_record_ref (SioaSocketRecord *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sioa_socket_record_unref (SioaSocketRecord *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->id);
  g_free (self->nsp);
  g_free (self->client_id);
  g_free (self->transport);
  g_free (self->address);
  g_free (self->user);
  g_strfreev (self->rooms);
  g_free (self->data);
  g_free (self->handshake);
  g_free (self);
}

gsize
sioa_socket_record_get_size (SioaSocketRecord *self)
{
  const char *strings[] = { self->id,      self->nsp,  self->client_id, self->transport,
                            self->address, self->user, self->data,      self->handshake };
  gsize size = sizeof (SioaSocketRecord);

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    size += strings[i] != NULL ? strlen (strings[i]) + 1 : 0;
  for (guint i = 0; self->rooms[i] != NULL; i++)
    size += sizeof (char *) + strlen (self->rooms[i]) + 1;
  return size;
}

void
sioa_change_free (SioaChange *change)
{
  g_clear_pointer (&change->socket, sioa_socket_record_unref);
  g_free (change->nsp);
  g_free (change->id);
  g_free (change->text);
  g_free (change);
}

GPtrArray *
sioa_changes_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) sioa_change_free);
}

void
sioa_changes_add (
    GPtrArray *changes, SioaChangeKind kind, const char *nsp, const char *id, const char *text)
{
  SioaChange *change = g_new0 (SioaChange, 1);

  change->kind = kind;
  change->nsp = g_strdup (nsp);
  change->id = g_strdup (id);
  change->text = g_strdup (text);
  g_ptr_array_add (changes, change);
}

void
sioa_changes_add_socket (GPtrArray *changes, SioaSocketRecord *socket)
{
  SioaChange *change = g_new0 (SioaChange, 1);

  change->kind = SIOA_CHANGE_SOCKET;
  change->socket = socket;
  g_ptr_array_add (changes, change);
}

SioaSample *
sioa_sample_new (const char *server_id)
{
  SioaSample *self = g_new0 (SioaSample, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->server_id = g_strdup (server_id);
  self->time = g_get_monotonic_time ();
  self->pid = SIOA_UNKNOWN;
  self->started_at = SIOA_UNKNOWN;
  self->connections = SIOA_UNKNOWN;
  self->polling = SIOA_UNKNOWN;
  self->rooms = SIOA_UNKNOWN;
  self->events_in = SIOA_UNKNOWN;
  self->events_out = SIOA_UNKNOWN;
  self->bytes_in = SIOA_UNKNOWN;
  self->bytes_out = SIOA_UNKNOWN;
  self->connected = SIOA_UNKNOWN;
  self->disconnected = SIOA_UNKNOWN;
  self->errors = SIOA_UNKNOWN;
  self->refused = SIOA_UNKNOWN;
  self->memory = SIOA_UNKNOWN;
  self->cpu = SIOA_UNKNOWN;
  self->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

SioaSample *
sioa_sample_ref (SioaSample *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sioa_sample_unref (SioaSample *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->server_id);
  g_free (self->hostname);
  g_hash_table_unref (self->reasons);
  g_hash_table_unref (self->namespaces);
  g_clear_pointer (&self->trips, g_hash_table_unref);
  g_clear_pointer (&self->events, g_hash_table_unref);
  g_free (self);
}

static void
add_count (GHashTable *counts, const char *name, guint64 count)
{
  guint64 *value = g_hash_table_lookup (counts, name);

  if (value == NULL)
    {
      value = g_new0 (guint64, 1);
      g_hash_table_insert (counts, g_strdup (name), value);
    }
  *value += count;
}

void
sioa_sample_add_reason (SioaSample *self, const char *reason, guint64 count)
{
  add_count (self->reasons, reason, count);
}

void
sioa_sample_add_namespace (SioaSample *self, const char *nsp, guint64 n_sockets)
{
  add_count (self->namespaces, nsp, n_sockets);
}

guint64 *
sioa_buckets_of (GHashTable **table, const char *name)
{
  guint64 *buckets;

  if (*table == NULL)
    *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  buckets = g_hash_table_lookup (*table, name);
  if (buckets == NULL)
    {
      buckets = g_new0 (guint64, SIOA_N_BUCKETS);
      g_hash_table_insert (*table, g_strdup (name), buckets);
    }
  return buckets;
}
