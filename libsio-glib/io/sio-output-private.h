/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-channel-private.h"

G_BEGIN_DECLS

/* What a waiting piece takes besides its bytes, about. */
#define SIO_OUTPUT_PIECE_COST 128

/* A waiting piece: its GBytes, with the lowest bit set if it is volatile. */
typedef guintptr SioOutputItem;

/* Queue of shared bytes waiting to be written. An empty queue owns no memory
 * but the struct itself, which is embedded in its owner. */
typedef struct
{
  SioOutputItem *items; /* ring, NULL while nothing waits (a single item is kept inline) */
  SioOutputItem inline_item;
  guint head;
  guint n_items;
  guint capacity;
  gsize offset;        /* bytes of the first item already written */
  gsize n_bytes;       /* bytes waiting in all */
  gsize volatile_cost; /* of the volatile pieces, with what they take besides their bytes */
} SioOutput;

void sio_output_init (SioOutput *output);
void sio_output_clear (SioOutput *output);
/* Takes a reference on @bytes. */
void sio_output_push (SioOutput *output, GBytes *bytes);
/* The same for a piece that may be removed again. */
void sio_output_push_volatile (SioOutput *output, GBytes *bytes);
/* Removes volatile pieces, the oldest first, until they cost @wanted less or there are no more;
 * none at all if that would be less than @needed. Pieces that were begun stay: the channel has
 * taken the first @committed bytes after those that were written. Returns how many. */
guint sio_output_drop_volatile (SioOutput *output, gsize committed, gsize needed, gsize wanted);
/* Writes as much as the channel takes with as few calls as possible.
 * Returns SIO_IO_OK when the queue is empty now. */
SioIoStatus sio_output_flush (SioOutput *output, SioChannel *channel, GError **error);

G_END_DECLS
