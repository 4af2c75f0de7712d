/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-event-counters-private.h"

static void
counters_free (gpointer data)
{
  SioEventCounters *counters = data;

  g_free (counters->event);
  g_free (counters);
}

SioEventTable *
sio_event_table_new (void)
{
  SioEventTable *self = g_new0 (SioEventTable, 1);

  self->by_event = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, counters_free);
  return self;
}

void
sio_event_table_free (SioEventTable *self)
{
  g_hash_table_unref (self->by_event);
  g_free (self);
}

SioEventCounters *
sio_event_table_look_up (SioEventTable *self, const char *event)
{
  SioEventCounters *counters = g_hash_table_lookup (self->by_event, event);

  if (counters != NULL)
    self->last = counters;
  return counters;
}

SioEventCounters *
sio_event_table_add (SioEventTable *self, const char *event)
{
  SioEventCounters *counters;

  if (g_hash_table_size (self->by_event) >= SIO_EVENT_TABLE_MAX)
    return &self->others;
  counters = g_new0 (SioEventCounters, 1);
  counters->event = g_strdup (event);
  g_hash_table_insert (self->by_event, counters->event, counters);
  self->last = counters;
  return counters;
}

gsize
sio_event_table_get_size (SioEventTable *self)
{
  return sizeof (SioEventTable) +
         g_hash_table_size (self->by_event) * (sizeof (SioEventCounters) + 64);
}
