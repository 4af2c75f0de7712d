/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-rate.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_N 1000000
#define SWEEP_US (60 * G_USEC_PER_SEC)
#define FULL_SWEEP_US G_USEC_PER_SEC
#define MIN_SWEEP 1024

gboolean
sios_rate_parse (const char *text, SiosRate *rate, GError **error)
{
  static const struct
  {
    const char *name;
    gint64 period;
  } units[] = { { "s", G_USEC_PER_SEC },
                { "min", 60 * G_USEC_PER_SEC },
                { "h", 3600 * (gint64) G_USEC_PER_SEC } };
  const char *slash = strchr (text, '/');
  g_autofree char *digits = slash != NULL ? g_strndup (text, (gsize) (slash - text)) : NULL;
  guint64 n;

  *rate = (SiosRate){ 0 };
  if (*text == '\0')
    return TRUE;
  if (digits != NULL && g_ascii_string_to_unsigned (digits, 10, 1, MAX_N, &n, NULL))
    for (guint i = 0; i < G_N_ELEMENTS (units); i++)
      if (strcmp (slash + 1, units[i].name) == 0)
        {
          rate->interval = MAX (units[i].period / (gint64) n, 1);
          rate->tolerance = rate->interval * ((gint64) n - 1);
          return TRUE;
        }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a rate such as 5/s, 10/min or 100/h, from 1 to %d, got \"%.80s\"", MAX_N,
               text);
  return FALSE;
}

gint64
sios_rate_get_wait (const SiosRate *rate, gint64 used_until, gint64 now)
{
  return rate->interval > 0 ? MAX (used_until - rate->tolerance - now, 0) : 0;
}

gint64
sios_rate_take (const SiosRate *rate, gint64 used_until, gint64 now)
{
  return MAX (used_until, now) + rate->interval;
}

typedef struct
{
  guint rule;
  gint64 used_until;
  const char *user;
  const char *tenant; /* "" if there is none */
  char text[];
} Entry;

struct _SiosRateTable
{
  GHashTable *entries; /* a set */
  guint max;
  guint sweep_at;
  gint64 last_sweep;
};

static guint
entry_hash (gconstpointer data)
{
  const Entry *entry = data;

  return g_str_hash (entry->user) ^ (33 * g_str_hash (entry->tenant)) ^ (entry->rule * 2654435761u);
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
  const Entry *first = a;
  const Entry *second = b;

  return first->rule == second->rule && strcmp (first->user, second->user) == 0 &&
         strcmp (first->tenant, second->tenant) == 0;
}

SiosRateTable *
sios_rate_table_new (void)
{
  SiosRateTable *self = g_new0 (SiosRateTable, 1);

  self->entries = g_hash_table_new_full (entry_hash, entry_equal, g_free, NULL);
  self->max = G_MAXUINT;
  self->sweep_at = MIN_SWEEP;
  return self;
}

void
sios_rate_table_free (SiosRateTable *self)
{
  g_hash_table_unref (self->entries);
  g_free (self);
}

void
sios_rate_table_set_max (SiosRateTable *self, guint max)
{
  self->max = max;
}

guint
sios_rate_table_get_size (SiosRateTable *self)
{
  return g_hash_table_size (self->entries);
}

static Entry *
find (SiosRateTable *self, guint rule, const char *tenant, const char *user)
{
  Entry key = { .rule = rule, .user = user, .tenant = tenant != NULL ? tenant : "" };
  gpointer entry = NULL;

  g_hash_table_lookup_extended (self->entries, &key, &entry, NULL);
  return entry;
}

gint64
sios_rate_table_get (SiosRateTable *self, guint rule, const char *tenant, const char *user)
{
  Entry *entry = find (self, rule, tenant, user);

  return entry != NULL ? entry->used_until : 0;
}

static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  const Entry *entry = key;
  const gint64 *now = user_data;

  return entry->used_until <= *now;
}

/* Each costs as much as there are entries, so there has to be a reason for it: as many new ones,
 * or time. */
static void
sweep (SiosRateTable *self, gint64 now)
{
  guint n = g_hash_table_size (self->entries);

  if (now - self->last_sweep < SWEEP_US && n < self->sweep_at &&
      (n < self->max || now - self->last_sweep < FULL_SWEEP_US))
    return;
  g_hash_table_foreach_remove (self->entries, is_over, &now);
  self->last_sweep = now;
  self->sweep_at = MAX (MIN_SWEEP, 2 * g_hash_table_size (self->entries));
}

gboolean
sios_rate_table_set (SiosRateTable *self,
                     guint rule,
                     const char *tenant,
                     const char *user,
                     gint64 used_until,
                     gint64 now)
{
  Entry *entry;

  sweep (self, now);
  entry = find (self, rule, tenant, user);
  if (entry == NULL)
    {
      gsize length = strlen (user) + 1;
      gsize tenant_length = tenant != NULL ? strlen (tenant) : 0;

      if (g_hash_table_size (self->entries) >= self->max)
        return FALSE;
      entry = g_malloc (sizeof (Entry) + length + tenant_length + 1);
      memcpy (entry->text, user, length);
      memcpy (entry->text + length, tenant != NULL ? tenant : "", tenant_length + 1);
      entry->user = entry->text;
      entry->tenant = entry->text + length;
      entry->rule = rule;
      g_hash_table_add (self->entries, entry);
    }
  entry->used_until = used_until;
  return TRUE;
}
