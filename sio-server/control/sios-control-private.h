/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-control.h"
#include "sios-process.h"

G_BEGIN_DECLS

/* The class is spread over sios-control*.c. */
struct _SiosControl
{
  GObject parent_instance;

  SiosFeatures *features;
  SioServer *server; /* owned by the daemon, which outlives us */
  const SiosHost *functions;
  gpointer host;
  GHashTable *hidden; /* names of namespaces that nobody needs to see */
  GQueue snapshots;   /* the last one that was used first */
  guint snapshot_timer;
  guint64 last_revision;
  gint64 (*get_time) (void); /* monotonic, in µs; tests have one of their own */
  GList *watches;            /* NULL while nobody watches */
  GPtrArray *adapters;       /* that are listened to; NULL while nobody watches rooms */
  gulong new_namespace_id;
  GList *taps;      /* NULL while nobody reads along */
  GArray *observed; /* namespaces whose outgoing events are looked at */
  SioStats *stats;
  gint64 stats_time;
  SiosProcess *process; /* NULL before it was read */
  gint64 process_time;
  gboolean process_reading;
  guint64 n_done[4]; /* by kind of caller */
  guint64 n_denied[4];
};

/* Those that are not hidden. (transfer full) element-type SioNamespace */
GPtrArray *sios_control_get_namespaces (SiosControl *self);

void sios_control_clear_snapshots (SiosControl *self);
void sios_control_clear_watches (SiosControl *self);
/* Only while there are watches. */
void sios_control_note_connected (SiosControl *self, SioSocket *socket);
void sios_control_note_disconnected (SiosControl *self, SioSocket *socket, const char *reason);

void sios_control_clear_taps (SiosControl *self);
/* Only while there are taps. */
void sios_control_tell_taps (SiosControl *self,
                             SiosTapKind kind,
                             SioSocket *socket,
                             SioMessage *message,
                             const char *reason);

G_END_DECLS
