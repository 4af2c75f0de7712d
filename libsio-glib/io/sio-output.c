/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-output-private.h"

#define MAX_VECTORS 64
#define FIRST_CAPACITY 8 /* a power of two */

void
sio_output_init (SioOutput *output)
{
  *output = (SioOutput){ 0 };
}

static inline GBytes **
peek (SioOutput *output, guint i)
{
  if (output->items == NULL)
    return &output->inline_item;
  return &output->items[(output->head + i) & (output->capacity - 1)];
}

static void
free_ring (SioOutput *output)
{
  g_clear_pointer (&output->items, g_free);
  output->capacity = 0;
  output->head = 0;
}

void
sio_output_clear (SioOutput *output)
{
  for (guint i = 0; i < output->n_items; i++)
    g_bytes_unref (*peek (output, i));
  free_ring (output);
  sio_output_init (output);
}

static void
grow (SioOutput *output)
{
  guint capacity = MAX (output->capacity * 2, FIRST_CAPACITY);
  GBytes **items = g_new (GBytes *, capacity);

  for (guint i = 0; i < output->n_items; i++)
    items[i] = *peek (output, i);
  g_free (output->items);
  output->items = items;
  output->capacity = capacity;
  output->head = 0;
}

void
sio_output_push (SioOutput *output, GBytes *bytes)
{
  gsize size = g_bytes_get_size (bytes);

  if (size == 0)
    return;
  if (output->n_items >= MAX (output->capacity, 1))
    grow (output);
  *peek (output, output->n_items) = g_bytes_ref (bytes);
  output->n_items++;
  output->n_bytes += size;
}

static void
consume (SioOutput *output, gsize n)
{
  output->n_bytes -= n;
  while (n > 0)
    {
      GBytes *first = *peek (output, 0);
      gsize left = g_bytes_get_size (first) - output->offset;

      if (n < left)
        {
          output->offset += n;
          return;
        }
      n -= left;
      output->offset = 0;
      output->n_items--;
      if (output->items != NULL)
        output->head = (output->head + 1) & (output->capacity - 1);
      g_bytes_unref (first);
    }
  if (output->n_items == 0)
    free_ring (output);
}

SioIoStatus
sio_output_flush (SioOutput *output, SioChannel *channel, GError **error)
{
  while (output->n_items > 0)
    {
      GOutputVector vectors[MAX_VECTORS];
      guint n_vectors = MIN (output->n_items, MAX_VECTORS);
      gsize total = 0;
      gsize n_written = 0;
      SioIoStatus status;

      for (guint i = 0; i < n_vectors; i++)
        {
          vectors[i].buffer = g_bytes_get_data (*peek (output, i), &vectors[i].size);
          if (i == 0)
            {
              vectors[i].buffer = (const guint8 *) vectors[i].buffer + output->offset;
              vectors[i].size -= output->offset;
            }
          total += vectors[i].size;
        }
      status = sio_channel_writev (channel, vectors, n_vectors, &n_written, error);
      if (status != SIO_IO_OK)
        return status;
      consume (output, n_written);
      /* The channel took what it could. */
      if (n_written < total)
        return SIO_IO_WOULD_BLOCK;
    }
  return SIO_IO_OK;
}
