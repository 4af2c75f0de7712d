/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-output-private.h"

#define MAX_VECTORS 64
#define FIRST_CAPACITY 8 /* a power of two */
#define VOLATILE ((SioOutputItem) 1)

void
sio_output_init (SioOutput *output)
{
  *output = (SioOutput){ 0 };
}

static inline GBytes *
get_bytes (SioOutputItem item)
{
  return (GBytes *) (item & ~VOLATILE);
}

static inline gsize
get_cost (SioOutputItem item)
{
  return g_bytes_get_size (get_bytes (item)) + SIO_OUTPUT_PIECE_COST;
}

static inline SioOutputItem *
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
    g_bytes_unref (get_bytes (*peek (output, i)));
  free_ring (output);
  sio_output_init (output);
}

static void
grow (SioOutput *output)
{
  guint capacity = MAX (output->capacity * 2, FIRST_CAPACITY);
  SioOutputItem *items = g_new (SioOutputItem, capacity);

  for (guint i = 0; i < output->n_items; i++)
    items[i] = *peek (output, i);
  g_free (output->items);
  output->items = items;
  output->capacity = capacity;
  output->head = 0;
}

static void
push (SioOutput *output, GBytes *bytes, SioOutputItem flag)
{
  gsize size = g_bytes_get_size (bytes);

  if (size == 0)
    return;
  if (output->n_items >= MAX (output->capacity, 1))
    grow (output);
  *peek (output, output->n_items) = (SioOutputItem) g_bytes_ref (bytes) | flag;
  output->n_items++;
  output->n_bytes += size;
  if (flag != 0)
    output->volatile_cost += size + SIO_OUTPUT_PIECE_COST;
}

void
sio_output_push (SioOutput *output, GBytes *bytes)
{
  push (output, bytes, 0);
}

void
sio_output_push_volatile (SioOutput *output, GBytes *bytes)
{
  push (output, bytes, VOLATILE);
}

guint
sio_output_drop_volatile (SioOutput *output, gsize committed, gsize needed, gsize wanted)
{
  gsize begun = output->offset + committed;
  gsize removable = output->volatile_cost;
  gsize saved = 0;
  guint first = 0;
  guint end;
  guint kept;
  guint n_dropped = 0;

  for (gsize position = 0; position < begun && first < output->n_items; first++)
    {
      SioOutputItem item = *peek (output, first);

      position += g_bytes_get_size (get_bytes (item));
      if ((item & VOLATILE) != 0)
        removable -= get_cost (item);
    }
  if (removable == 0 || removable < needed)
    return 0;

  for (end = first; end < output->n_items && saved < wanted && saved < removable; end++)
    if ((*peek (output, end) & VOLATILE) != 0)
      saved += get_cost (*peek (output, end));

  /* What stays moves up to what is behind, which is where most of the queue is. */
  kept = end;
  for (guint i = end; i > 0; i--)
    {
      SioOutputItem item = *peek (output, i - 1);

      if (i > first && (item & VOLATILE) != 0)
        {
          output->n_bytes -= g_bytes_get_size (get_bytes (item));
          output->volatile_cost -= get_cost (item);
          g_bytes_unref (get_bytes (item));
          n_dropped++;
        }
      else
        *peek (output, --kept) = item;
    }
  output->n_items -= n_dropped;
  if (output->n_items == 0)
    free_ring (output);
  else if (output->items != NULL)
    output->head = (output->head + n_dropped) & (output->capacity - 1);
  return n_dropped;
}

static void
consume (SioOutput *output, gsize n)
{
  output->n_bytes -= n;
  while (n > 0)
    {
      SioOutputItem first = *peek (output, 0);
      gsize left = g_bytes_get_size (get_bytes (first)) - output->offset;

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
      if ((first & VOLATILE) != 0)
        output->volatile_cost -= get_cost (first);
      g_bytes_unref (get_bytes (first));
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
          vectors[i].buffer = g_bytes_get_data (get_bytes (*peek (output, i)), &vectors[i].size);
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
