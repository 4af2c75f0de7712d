/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-revocations.h"

#include <gio/gio.h>
#include <string.h>

typedef struct
{
  gint64 since;
  gint64 until;
} Entry;

struct _SiosRevocations
{
  GHashTable *tables[2]; /* by kind: char * → Entry */
  guint max;
};

SiosRevocations *
sios_revocations_new (guint max)
{
  SiosRevocations *self = g_new0 (SiosRevocations, 1);

  for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
    self->tables[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->max = max;
  return self;
}

void
sios_revocations_free (SiosRevocations *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
    g_hash_table_unref (self->tables[i]);
  g_free (self);
}

static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return ((Entry *) value)->until <= *(gint64 *) user_data;
}

guint
sios_revocations_get_count (SiosRevocations *self)
{
  return g_hash_table_size (self->tables[0]) + g_hash_table_size (self->tables[1]);
}

gboolean
sios_revocations_add (SiosRevocations *self,
                      SiosRevocationKind kind,
                      const char *name,
                      gint64 now,
                      gint64 until,
                      GError **error)
{
  Entry *entry = g_hash_table_lookup (self->tables[kind], name);

  if (until <= now || strlen (name) > SIOS_IDENTITY_MAX_NAME_LENGTH || *name == '\0')
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Expected a name of 1 to %d bytes and an end in the future",
                   SIOS_IDENTITY_MAX_NAME_LENGTH);
      return FALSE;
    }
  if (entry == NULL && sios_revocations_get_count (self) >= self->max)
    {
      for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
        g_hash_table_foreach_remove (self->tables[i], is_over, &now);
      if (sios_revocations_get_count (self) >= self->max)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                       "There are %u revocations already: wait for some to end, or raise the limit",
                       self->max);
          return FALSE;
        }
    }
  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      g_hash_table_insert (self->tables[kind], g_strdup (name), entry);
    }
  entry->since = MAX (entry->since, now);
  entry->until = MAX (entry->until, until);
  return TRUE;
}

gboolean
sios_revocations_remove (SiosRevocations *self, SiosRevocationKind kind, const char *name)
{
  return g_hash_table_remove (self->tables[kind], name);
}

gboolean
sios_revocations_check (SiosRevocations *self, SiosIdentity *identity, gint64 now)
{
  Entry *entry = g_hash_table_lookup (self->tables[SIOS_REVOKE_USER], identity->user);

  /* Seconds are all a token tells: one of the same second may be from before. */
  if (entry != NULL && entry->until > now && identity->issued_at <= entry->since)
    return TRUE;
  entry = identity->token_id != NULL
              ? g_hash_table_lookup (self->tables[SIOS_REVOKE_TOKEN], identity->token_id)
              : NULL;
  return entry != NULL && entry->until > now;
}

void
sios_revocations_foreach (SiosRevocations *self, SiosRevocationFunc func, gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
    {
      GHashTableIter iter;
      gpointer key, value;

      g_hash_table_iter_init (&iter, self->tables[i]);
      while (g_hash_table_iter_next (&iter, &key, &value))
        func (i, key, ((Entry *) value)->since, ((Entry *) value)->until, user_data);
    }
}
