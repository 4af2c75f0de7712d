/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioc-input.h"

#include <gio/gunixinputstream.h>
#include <string.h>

#define CHUNK (64 * 1024)
#define LINES_AT_ONCE 64
/* More than any server takes; a line without an end shall not fill the memory. */
#define MAX_LINE (64 * 1024 * 1024)

struct _SiocInput
{
  guint ref_count; /* one more while reading, and while a line is being taken */
  GInputStream *stream;
  GCancellable *cancellable;
  SiocLineFunc line;
  SiocEndFunc end;
  gpointer user_data;

  GByteArray *buffer;
  gsize start;   /* of the present line */
  gsize scanned; /* no line ends before this */
  guint number;
  GError *error;
  gboolean ended;
  gboolean blocked; /* the line was not taken */
  GSource *again;
};

static void step (SiocInput *self);

static void
input_unref (SiocInput *self)
{
  if (--self->ref_count > 0)
    return;
  g_object_unref (self->stream);
  g_object_unref (self->cancellable);
  g_byte_array_unref (self->buffer);
  g_clear_error (&self->error);
  g_free (self);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiocInput *self = user_data;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &self->error);

  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    self->ended = TRUE;
  else
    g_byte_array_append (self->buffer, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (self->line != NULL)
    step (self);
  input_unref (self);
}

/* Where the present line ends; at the end of the input no newline is needed. */
static const guint8 *
find_end (SiocInput *self)
{
  const guint8 *data = self->buffer->data;
  gsize length = self->buffer->len;
  const guint8 *newline = NULL;

  if (self->scanned < length)
    newline = memchr (data + self->scanned, '\n', length - self->scanned);
  if (newline == NULL && self->ended && self->start < length)
    newline = data + length;
  self->scanned = newline != NULL ? (gsize) (newline - data) : length;
  return newline;
}

static void
read_more (SiocInput *self)
{
  if (self->start > 0)
    g_byte_array_remove_range (self->buffer, 0, self->start);
  self->scanned -= self->start;
  self->start = 0;
  if (self->buffer->len > MAX_LINE)
    {
      g_set_error (&self->error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                   "line %u is longer than %d MiB", self->number + 1, MAX_LINE / 1024 / 1024);
      self->ended = TRUE;
      self->end (self->error, self->user_data);
      return;
    }
  self->ref_count++;
  g_input_stream_read_bytes_async (self->stream, CHUNK, G_PRIORITY_DEFAULT, self->cancellable,
                                   read_cb, self);
}

static gboolean
step_cb (gpointer user_data)
{
  SiocInput *self = user_data;

  g_clear_pointer (&self->again, g_source_unref);
  step (self);
  return G_SOURCE_REMOVE;
}

static void
step_later (SiocInput *self)
{
  self->again = g_idle_source_new ();
  g_source_set_priority (self->again, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->again, step_cb, self, NULL);
  g_source_attach (self->again, NULL);
}

/* Some lines at a time, so that the connection gets its turn. */
static void
step (SiocInput *self)
{
  const guint8 *end = NULL;

  self->ref_count++;
  for (guint i = 0; i < LINES_AT_ONCE && self->line != NULL && (end = find_end (self)) != NULL; i++)
    {
      const char *line = (const char *) self->buffer->data + self->start;
      gsize length = (gsize) ((const char *) end - line);

      if (!self->line (line, length, self->number + 1, self->user_data))
        {
          self->scanned = self->start;
          self->blocked = TRUE;
          break;
        }
      self->number++;
      self->start = MIN (self->start + length + 1, self->buffer->len);
      self->scanned = self->start;
    }
  if (self->line != NULL && !self->blocked)
    {
      if (end != NULL)
        step_later (self);
      else if (self->ended)
        self->end (self->error, self->user_data);
      else
        read_more (self);
    }
  input_unref (self);
}

SiocInput *
sioc_input_new (int fd, SiocLineFunc line, SiocEndFunc end, gpointer user_data)
{
  SiocInput *self = g_new0 (SiocInput, 1);

  self->stream = g_unix_input_stream_new (fd, FALSE);
  self->cancellable = g_cancellable_new ();
  self->buffer = g_byte_array_new ();
  self->line = line;
  self->end = end;
  self->user_data = user_data;
  self->ref_count = 1;
  step_later (self);
  return self;
}

void
sioc_input_resume (SiocInput *self)
{
  if (!self->blocked)
    return;
  self->blocked = FALSE;
  step (self);
}

void
sioc_input_free (SiocInput *self)
{
  self->line = NULL;
  g_cancellable_cancel (self->cancellable);
  if (self->again != NULL)
    {
      g_source_destroy (self->again);
      g_clear_pointer (&self->again, g_source_unref);
    }
  input_unref (self);
}
