/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-record.h"

G_BEGIN_DECLS

/* What comes from the server over D-Bus. Types of rows were checked before; in dictionaries,
 * whatever is missing or of another type stays unknown. */

/* @row: SIOA_DBUS_ROW; @rooms: as, or NULL */
SioaSocketRecord *sioa_dbus_read_row (GVariant *row, GVariant *rooms);
/* a{sv} of GetSocket; NULL if that is no socket. */
SioaSocketRecord *sioa_dbus_read_details (GVariant *details);
/* a{sv} of GetStats; @now is monotonic. */
SioaSample *sioa_dbus_read_stats (GVariant *stats, gint64 now);

/* One line of the stream of events. */
typedef struct
{
  char *nsp;
  char *id;
  gboolean received;
  char *args;  /* a JSON list beginning with the event's name */
  gint64 time; /* µs since 1970 */
} SioaDBusEvent;

/* FALSE if the line is not about an event. */
gboolean sioa_dbus_read_event (const char *line, gsize length, SioaDBusEvent *event);
void sioa_dbus_event_clear (SioaDBusEvent *event);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SioaDBusEvent, sioa_dbus_event_clear)

G_END_DECLS
