/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "sio-histogram-private.h"

G_BEGIN_DECLS

/* Names that are counted on their own in one namespace; some applications add handlers for names
 * that they make up. */
#define SIO_EVENT_TABLE_MAX 256

/* What is counted of the events with one name. */
typedef struct
{
  char *event; /* NULL: all the others */
  guint64 n_received;
  guint64 n_bytes; /* of arguments and attachments */
  guint64 n_refused;
  SioTimes times; /* in handlers */
} SioEventCounters;

/* The counters of a namespace, or of all children of a parent together. Peers cannot make it
 * grow: names get counters of their own when they have handlers. */
typedef struct
{
  GHashTable *by_event;   /* name, owned by the value → SioEventCounters * */
  SioEventCounters *last; /* with a name that was asked for */
  SioEventCounters others;
} SioEventTable;

SioEventTable *sio_event_table_new (void);
void sio_event_table_free (SioEventTable *self);
/* NULL if it has none of its own. They stay where they are as long as the table lives. */
SioEventCounters *sio_event_table_look_up (SioEventTable *self, const char *event);
/* The name has handlers. */
SioEventCounters *sio_event_table_add (SioEventTable *self, const char *event);
gsize sio_event_table_get_size (SioEventTable *self);

/* Most events have the name of the one before. */
static inline SioEventCounters *
sio_event_table_find (SioEventTable *self, const char *event)
{
  if (self->last != NULL && strcmp (self->last->event, event) == 0)
    return self->last;
  return sio_event_table_look_up (self, event);
}

G_END_DECLS
