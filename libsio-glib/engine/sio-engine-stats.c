/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-transport-private.h"

/* What is not counted all the time, because it is found out quickly enough when it is asked for. */

/* A block of memory besides what is in it, and an entry in the table of sessions. */
#define BLOCK_COST 16
#define ENTRY_COST 40

guint
sio_engine_get_n_connections (SioEngine *self)
{
  return sio_peers_get_n_connections (self->peers);
}

guint64
sio_engine_sum_buffered_bytes (SioEngine *self)
{
  GHashTableIter iter;
  gpointer session;
  guint64 n_bytes = 0;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    n_bytes += sio_session_get_buffered_bytes (session);
  return n_bytes;
}

guint64
sio_engine_estimate_session_bytes (SioEngine *self)
{
  const SioEngineCounters *counters = &self->counters;
  guint64 n = g_hash_table_size (self->sessions);
  guint64 n_polling = n - MIN (n, counters->n_websocket);

  /* A session, the request it began with, and a transport of up to two blocks. */
  return n * (sio_session_get_size () + ENTRY_COST + 4 * BLOCK_COST) + counters->info_bytes +
         counters->n_websocket * sio_ws_get_size () + n_polling * sio_polling_get_size ();
}
