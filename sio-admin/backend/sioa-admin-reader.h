/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sioa-record.h"

G_BEGIN_DECLS

/* Reads what servers tell in their admin namespace. Fields may be missing or of any type: what
 * makes no sense is left out. May be used in any thread. */

/* The list of all_sockets: a reset, and the sockets. Stops early when it is cancelled; NULL never
 * is. */
GPtrArray *sioa_admin_read_sockets (SioArgs *args, GCancellable *cancellable);
/* FALSE if @event is not one of those that change sockets or rooms. */
gboolean sioa_admin_read_change (const char *event, SioArgs *args, GPtrArray *changes);

typedef enum
{
  SIOA_ADMIN_EMIT = 1 << 0,
  SIOA_ADMIN_JOIN = 1 << 1,
  SIOA_ADMIN_LEAVE = 1 << 2,
  SIOA_ADMIN_DISCONNECT = 1 << 3,
  SIOA_ADMIN_MJOIN = 1 << 4,
  SIOA_ADMIN_MLEAVE = 1 << 5,
  SIOA_ADMIN_MDISCONNECT = 1 << 6,
  SIOA_ADMIN_AGGREGATED_EVENTS = 1 << 7,
  SIOA_ADMIN_ALL_EVENTS = 1 << 8
} SioaAdminFeatures;

/* FALSE if this is no answer of a server for administration. */
gboolean sioa_admin_read_config (SioArgs *args, SioaAdminFeatures *features);

/* Servers tell what happened since the last time; here it is summed up, of all servers that answer
 * through one connection. */
typedef struct _SioaAdminStats SioaAdminStats;

SioaAdminStats *sioa_admin_stats_new (void);
void sioa_admin_stats_free (SioaAdminStats *self);
/* Takes server_stats; @now is monotonic. FALSE if it is not understood. */
gboolean sioa_admin_stats_read (SioaAdminStats *self, SioArgs *args, gint64 now);
/* The sum of all servers that told something lately. */
SioaSample *sioa_admin_stats_sum_up (SioaAdminStats *self, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioaAdminStats, sioa_admin_stats_free)

G_END_DECLS
