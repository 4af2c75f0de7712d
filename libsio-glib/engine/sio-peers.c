/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-peers-private.h"

#include <arpa/inet.h>
#include <string.h>

struct _SioPeer
{
  gint64 key;
  guint count;
};

struct _SioPeers
{
  guint n_connections;
  guint max_per_address;
  GHashTable *peers; /* SioPeer, a set, by its key; NULL while nobody is counted */
};

SioPeers *
sio_peers_new (void)
{
  return g_rc_box_new0 (SioPeers);
}

SioPeers *
sio_peers_ref (SioPeers *self)
{
  return g_rc_box_acquire (self);
}

static void
peers_clear (gpointer data)
{
  SioPeers *self = data;

  g_clear_pointer (&self->peers, g_hash_table_unref);
}

void
sio_peers_unref (SioPeers *self)
{
  g_rc_box_release_full (self, peers_clear);
}

/* One host has a whole /64 of IPv6 to choose from. */
static gboolean
parse_key (const char *address, gint64 *key)
{
  struct in_addr v4;
  struct in6_addr v6;
  guint64 bits;

  if (inet_pton (AF_INET, address, &v4) == 1)
    {
      *key = (gint64) (G_GUINT64_CONSTANT (0xffff00000000) | g_ntohl (v4.s_addr));
      return TRUE;
    }
  if (inet_pton (AF_INET6, address, &v6) != 1)
    return FALSE;
  /* IPv4 on a socket for both: the same host is the same peer. */
  memcpy (&bits, IN6_IS_ADDR_V4MAPPED (&v6) ? v6.s6_addr + 8 : v6.s6_addr, sizeof bits);
  *key = (gint64) GUINT64_FROM_BE (bits);
  return TRUE;
}

void
sio_peers_set_max_per_address (SioPeers *self, guint max_per_address)
{
  self->max_per_address = max_per_address;
}

gboolean
sio_peers_is_full (SioPeers *self, const char *address, guint n_own)
{
  SioPeer *peer;
  gint64 key;

  if (self->max_per_address == 0 || self->peers == NULL || !parse_key (address, &key))
    return FALSE;
  peer = g_hash_table_lookup (self->peers, &key);
  return peer != NULL && peer->count - MIN (peer->count, n_own) >= self->max_per_address;
}

static SioPeer *
count_up (SioPeers *self, const char *address)
{
  SioPeer *peer;
  gint64 key;

  if (self->max_per_address == 0 || !parse_key (address, &key))
    return NULL;
  if (self->peers == NULL)
    self->peers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  peer = g_hash_table_lookup (self->peers, &key);
  if (peer == NULL)
    {
      peer = g_new0 (SioPeer, 1);
      peer->key = key;
      g_hash_table_add (self->peers, peer);
    }
  peer->count++;
  return peer;
}

static void
count_down (SioPeers *self, SioPeer *peer)
{
  if (peer == NULL || --peer->count > 0)
    return;
  g_hash_table_remove (self->peers, peer);
}

SioPeer *
sio_peers_enter (SioPeers *self, const char *address)
{
  self->n_connections++;
  return count_up (self, address);
}

void
sio_peers_leave (SioPeers *self, SioPeer *peer)
{
  self->n_connections--;
  count_down (self, peer);
}

SioPeer *
sio_peers_enter_session (SioPeers *self, const char *address)
{
  return count_up (self, address);
}

void
sio_peers_leave_session (SioPeers *self, SioPeer *peer)
{
  count_down (self, peer);
}

guint
sio_peers_get_n_connections (SioPeers *self)
{
  return self->n_connections;
}

guint
sio_peers_get_n_addresses (SioPeers *self)
{
  return self->peers != NULL ? g_hash_table_size (self->peers) : 0;
}
