/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-guesses.h"

#include <arpa/inet.h>
#include <string.h>

#define MINUTE_US (60 * G_USEC_PER_SEC)

/* When the failures of an address are forgotten: its "theoretical arrival time". */
struct _SiosGuesses
{
  GHashTable *times; /* char* → gint64* */
  gint64 others;     /* of all that find no place */
  guint max_addresses;
  gint64 interval; /* between failures, in µs; 0 for no limit */
};

SiosGuesses *
sios_guesses_new (guint max_addresses)
{
  SiosGuesses *self = g_new0 (SiosGuesses, 1);

  self->times = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->max_addresses = max_addresses;
  return self;
}

void
sios_guesses_free (SiosGuesses *self)
{
  g_hash_table_unref (self->times);
  g_free (self);
}

void
sios_guesses_set_rate (SiosGuesses *self, guint per_minute)
{
  self->interval = per_minute > 0 ? MINUTE_US / per_minute : 0;
}

/* Whoever has an IPv6 address has at least 2⁶⁴. */
static char *
make_key (const char *address)
{
  struct in6_addr parsed;
  char text[INET6_ADDRSTRLEN];

  if (strchr (address, ':') == NULL || inet_pton (AF_INET6, address, &parsed) != 1 ||
      IN6_IS_ADDR_V4MAPPED (&parsed))
    return g_strdup (address);
  memset (parsed.s6_addr + 8, 0, 8);
  inet_ntop (AF_INET6, &parsed, text, sizeof text);
  return g_strdup (text);
}

guint
sios_guesses_get_wait (SiosGuesses *self, const char *address, gint64 now)
{
  g_autofree char *key = make_key (address);
  const gint64 *time = g_hash_table_lookup (self->times, key);
  gint64 forgotten = time != NULL ? *time : 0;
  gint64 wait;

  if (self->interval == 0)
    return 0;
  if (time == NULL && g_hash_table_size (self->times) >= self->max_addresses)
    forgotten = self->others;
  /* A minute's worth may come at once. */
  wait = forgotten + self->interval - MINUTE_US - now;
  return wait > 0 ? (guint) ((wait + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC) : 0;
}

static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return *(gint64 *) value <= *(gint64 *) user_data;
}

void
sios_guesses_add (SiosGuesses *self, const char *address, gint64 now)
{
  g_autofree char *key = make_key (address);
  gint64 *time = g_hash_table_lookup (self->times, key);

  if (self->interval == 0)
    return;
  if (time == NULL && g_hash_table_size (self->times) >= self->max_addresses)
    g_hash_table_foreach_remove (self->times, is_over, &now);
  if (time == NULL && g_hash_table_size (self->times) >= self->max_addresses)
    time = &self->others;
  else if (time == NULL)
    {
      time = g_new0 (gint64, 1);
      g_hash_table_insert (self->times, g_steal_pointer (&key), time);
    }
  *time = MAX (*time, now) + self->interval;
}

void
sios_guesses_take_back (SiosGuesses *self, const char *address)
{
  g_autofree char *key = make_key (address);
  gint64 *time = g_hash_table_lookup (self->times, key);

  if (time != NULL)
    *time -= self->interval;
}

guint
sios_guesses_get_length (SiosGuesses *self)
{
  return g_hash_table_size (self->times);
}
