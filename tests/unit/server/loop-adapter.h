/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* An adapter that spans all servers of this process: what a cluster adapter has to do, with the
 * network left out. It uses public functions only. */
#define LOOP_TYPE_ADAPTER (loop_adapter_get_type ())

G_DECLARE_FINAL_TYPE (LoopAdapter, loop_adapter, LOOP, ADAPTER, SioMemoryAdapter)

/* Others do not answer any more. */
void loop_adapter_set_deaf (LoopAdapter *self, gboolean deaf);

G_END_DECLS
