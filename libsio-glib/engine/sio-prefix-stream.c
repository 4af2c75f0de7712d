/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-prefix-stream-private.h"

#include <string.h>

#define SIO_TYPE_PREFIX_INPUT (sio_prefix_input_get_type ())
G_DECLARE_FINAL_TYPE (SioPrefixInput, sio_prefix_input, SIO, PREFIX_INPUT, GFilterInputStream)

struct _SioPrefixInput
{
  GFilterInputStream parent_instance;

  GBytes *prefix; /* NULL when it was read */
  gsize offset;
};

struct _SioPrefixStream
{
  GIOStream parent_instance;

  GIOStream *base;
  GInputStream *input;
};

static void sio_prefix_input_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioPrefixInput,
                               sio_prefix_input,
                               G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      sio_prefix_input_pollable_init))
G_DEFINE_FINAL_TYPE (SioPrefixStream, sio_prefix_stream, G_TYPE_IO_STREAM)

static gssize
read_prefix (SioPrefixInput *self, void *buffer, gsize count)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (self->prefix, &length);
  gsize n = MIN (count, length - self->offset);

  memcpy (buffer, data + self->offset, n);
  self->offset += n;
  if (self->offset == length)
    g_clear_pointer (&self->prefix, g_bytes_unref);
  return (gssize) n;
}

static gssize
sio_prefix_input_read (
    GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  SioPrefixInput *self = SIO_PREFIX_INPUT (stream);

  if (self->prefix != NULL)
    return read_prefix (self, buffer, count);
  return g_input_stream_read (G_FILTER_INPUT_STREAM (self)->base_stream, buffer, count, cancellable,
                              error);
}

static void
sio_prefix_input_finalize (GObject *object)
{
  SioPrefixInput *self = SIO_PREFIX_INPUT (object);

  g_clear_pointer (&self->prefix, g_bytes_unref);

  G_OBJECT_CLASS (sio_prefix_input_parent_class)->finalize (object);
}

static void
sio_prefix_input_class_init (SioPrefixInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sio_prefix_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = sio_prefix_input_read;
}

static void
sio_prefix_input_init (SioPrefixInput *self)
{
}

static GPollableInputStream *
get_base (SioPrefixInput *self)
{
  return G_POLLABLE_INPUT_STREAM (G_FILTER_INPUT_STREAM (self)->base_stream);
}

static gboolean
sio_prefix_input_is_readable (GPollableInputStream *stream)
{
  SioPrefixInput *self = SIO_PREFIX_INPUT (stream);

  return self->prefix != NULL || g_pollable_input_stream_is_readable (get_base (self));
}

static GSource *
sio_prefix_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  SioPrefixInput *self = SIO_PREFIX_INPUT (stream);
  g_autoptr (GSource) base = NULL;

  if (self->prefix != NULL)
    {
      /* Ready at once. */
      base = g_timeout_source_new (0);
      return g_pollable_source_new_full (stream, base, cancellable);
    }
  base = g_pollable_input_stream_create_source (get_base (self), NULL);
  return g_pollable_source_new_full (stream, base, cancellable);
}

static gssize
sio_prefix_input_read_nonblocking (GPollableInputStream *stream,
                                   void *buffer,
                                   gsize count,
                                   GError **error)
{
  SioPrefixInput *self = SIO_PREFIX_INPUT (stream);

  if (self->prefix != NULL)
    return read_prefix (self, buffer, count);
  return g_pollable_input_stream_read_nonblocking (get_base (self), buffer, count, NULL, error);
}

static void
sio_prefix_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = sio_prefix_input_is_readable;
  iface->create_source = sio_prefix_input_create_source;
  iface->read_nonblocking = sio_prefix_input_read_nonblocking;
}

static GInputStream *
sio_prefix_stream_get_input_stream (GIOStream *stream)
{
  return SIO_PREFIX_STREAM (stream)->input;
}

static GOutputStream *
sio_prefix_stream_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (SIO_PREFIX_STREAM (stream)->base);
}

static gboolean
sio_prefix_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (SIO_PREFIX_STREAM (stream)->base, cancellable, error);
}

static void
sio_prefix_stream_finalize (GObject *object)
{
  SioPrefixStream *self = SIO_PREFIX_STREAM (object);

  /* GIOStream closes in its dispose, which needs both; so not earlier. */
  g_clear_object (&self->input);
  g_clear_object (&self->base);

  G_OBJECT_CLASS (sio_prefix_stream_parent_class)->finalize (object);
}

static void
sio_prefix_stream_class_init (SioPrefixStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sio_prefix_stream_finalize;
  stream_class->get_input_stream = sio_prefix_stream_get_input_stream;
  stream_class->get_output_stream = sio_prefix_stream_get_output_stream;
  stream_class->close_fn = sio_prefix_stream_close;
}

static void
sio_prefix_stream_init (SioPrefixStream *self)
{
}

GIOStream *
sio_prefix_stream_new (GIOStream *base, GBytes *prefix)
{
  SioPrefixStream *self = g_object_new (SIO_TYPE_PREFIX_STREAM, NULL);
  SioPrefixInput *input =
      g_object_new (SIO_TYPE_PREFIX_INPUT, "base-stream", g_io_stream_get_input_stream (base),
                    "close-base-stream", FALSE, NULL);

  input->prefix = g_bytes_get_size (prefix) > 0 ? g_bytes_ref (prefix) : NULL;
  self->base = g_object_ref (base);
  self->input = G_INPUT_STREAM (input);
  return G_IO_STREAM (self);
}

GIOStream *
sio_prefix_stream_get_base (SioPrefixStream *self)
{
  return self->base;
}
