/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-token-cache.h"

#include <gnutls/crypto.h>
#include <string.h>

typedef struct
{
  guint8 digest[SIOS_TOKEN_CACHE_DIGEST]; /* first: it is the key of the table */
  GList link;
  SiosIdentity *identity;
} Entry;

struct _SiosTokenCache
{
  guint8 key[SIOS_TOKEN_CACHE_DIGEST];
  GHashTable *table; /* Entry → itself */
  GQueue recent;     /* Entry.link, the latest first */
  guint max;
};

/* Any part of a keyed digest is as good as the whole for a hash. */
static guint
digest_hash (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, digest, sizeof hash);
  return hash;
}

static gboolean
digest_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, SIOS_TOKEN_CACHE_DIGEST) == 0;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  sios_identity_unref (entry->identity);
  g_free (entry);
}

SiosTokenCache *
sios_token_cache_new (guint max)
{
  SiosTokenCache *self = g_new0 (SiosTokenCache, 1);

  if (gnutls_rnd (GNUTLS_RND_KEY, self->key, sizeof self->key) < 0)
    g_error ("No random numbers");
  self->table = g_hash_table_new_full (digest_hash, digest_equal, NULL, entry_free);
  g_queue_init (&self->recent);
  self->max = max;
  return self;
}

void
sios_token_cache_free (SiosTokenCache *self)
{
  g_hash_table_unref (self->table);
  gnutls_memset (self->key, 0, sizeof self->key);
  g_free (self);
}

void
sios_token_cache_digest (SiosTokenCache *self,
                         const char *token,
                         gsize length,
                         guint8 digest[SIOS_TOKEN_CACHE_DIGEST])
{
  if (gnutls_hmac_fast (GNUTLS_MAC_SHA256, self->key, sizeof self->key, token, length, digest) < 0)
    g_error ("No HMAC-SHA256");
}

static void
drop (SiosTokenCache *self, Entry *entry)
{
  g_queue_unlink (&self->recent, &entry->link);
  g_hash_table_remove (self->table, entry);
}

SiosIdentity *
sios_token_cache_lookup (SiosTokenCache *self, const guint8 *digest, gint64 now)
{
  Entry *entry = g_hash_table_lookup (self->table, digest);

  if (entry == NULL)
    return NULL;
  if (entry->identity->expires_at <= now)
    {
      drop (self, entry);
      return NULL;
    }
  g_queue_unlink (&self->recent, &entry->link);
  g_queue_push_head_link (&self->recent, &entry->link);
  return entry->identity;
}

void
sios_token_cache_add (SiosTokenCache *self, const guint8 *digest, SiosIdentity *identity)
{
  Entry *entry = g_hash_table_lookup (self->table, digest);

  if (self->max == 0)
    return;
  if (entry != NULL)
    drop (self, entry);
  else if (self->recent.length >= self->max)
    drop (self, self->recent.tail->data);
  entry = g_new0 (Entry, 1);
  memcpy (entry->digest, digest, sizeof entry->digest);
  entry->link.data = entry;
  entry->identity = sios_identity_ref (identity);
  g_hash_table_add (self->table, entry);
  g_queue_push_head_link (&self->recent, &entry->link);
}

void
sios_token_cache_clear (SiosTokenCache *self)
{
  g_queue_init (&self->recent);
  g_hash_table_remove_all (self->table);
}

guint
sios_token_cache_get_count (SiosTokenCache *self)
{
  return self->recent.length;
}
