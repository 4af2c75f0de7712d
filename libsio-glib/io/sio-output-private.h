/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-channel-private.h"

G_BEGIN_DECLS

/* Queue of shared bytes waiting to be written. An empty queue owns no memory
 * but the struct itself, which is embedded in its owner. */
typedef struct
{
  GBytes **items; /* ring, NULL while nothing waits (a single item is kept inline) */
  GBytes *inline_item;
  guint head;
  guint n_items;
  guint capacity;
  gsize offset;  /* bytes of the first item already written */
  gsize n_bytes; /* bytes waiting in all */
} SioOutput;

void sio_output_init (SioOutput *output);
void sio_output_clear (SioOutput *output);
/* Takes a reference on @bytes. */
void sio_output_push (SioOutput *output, GBytes *bytes);
/* Writes as much as the channel takes with as few calls as possible.
 * Returns SIO_IO_OK when the queue is empty now. */
SioIoStatus sio_output_flush (SioOutput *output, SioChannel *channel, GError **error);

G_END_DECLS
