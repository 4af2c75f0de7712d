/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixfdlist.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "sioa-dbus-private.h"
#include "sioa-dbus-reader.h"

/* What the server's clients send and get, line by line through a pipe, while somebody listens. */

#define CHUNK (64 * 1024)
/* No line is as long: the server cuts the arguments. */
#define MAX_LINE (1024 * 1024)
#define MAX_PAYLOAD 4096

struct _SioaDBusEvents
{
  GCancellable *cancellable;
  GInputStream *stream;
  GByteArray *rest; /* the beginning of a line */
};

static void read_more (SioaDBusBackend *self);

static void
close_stream (SioaDBusBackend *self)
{
  SioaDBusEvents *events = g_steal_pointer (&self->events);

  if (events == NULL)
    return;
  g_cancellable_cancel (events->cancellable);
  g_object_unref (events->cancellable);
  /* The read that was cancelled holds it a moment longer. */
  g_object_unref (events->stream);
  g_byte_array_unref (events->rest);
  g_free (events);
}

static void
tell (SioaDBusBackend *self, const char *line, gsize length)
{
  g_auto (SioaDBusEvent) event = { 0 };

  if (sioa_dbus_read_event (line, length, &event))
    sioa_backend_tell_event (SIOA_BACKEND (self), event.nsp, event.id, event.received, event.args,
                             event.time);
}

/* FALSE if a listener ended the stream. */
static gboolean
take_bytes (SioaDBusBackend *self, GBytes *bytes)
{
  SioaDBusEvents *events = self->events;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  const guint8 *end;

  while ((end = memchr (data, '\n', length)) != NULL)
    {
      gsize n = (gsize) (end - data);

      g_byte_array_append (events->rest, data, (guint) n);
      data += n + 1;
      length -= n + 1;
      tell (self, (const char *) events->rest->data, events->rest->len);
      if (self->events != events)
        return FALSE;
      g_byte_array_set_size (events->rest, 0);
    }
  if (events->rest->len + length > MAX_LINE)
    return FALSE;
  g_byte_array_append (events->rest, data, (guint) length);
  return TRUE;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  SioaDBusEvents *events = self->events;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  /* The server's end, too, if it is there. */
  if (bytes != NULL && g_bytes_get_size (bytes) > 0 && take_bytes (self, bytes))
    read_more (self);
  else if (self->events == events)
    close_stream (self);
}

static void
read_more (SioaDBusBackend *self)
{
  g_input_stream_read_bytes_async (self->events->stream, CHUNK, G_PRIORITY_DEFAULT_IDLE,
                                   self->events->cancellable, read_cb, g_object_ref (self));
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    {
      read_more (self);
      return;
    }
  /* Who may see sockets may not always read along. */
  g_info ("no stream of events: %s", error->message);
  close_stream (self);
  self->events_denied = TRUE;
  sioa_backend_state_changed (SIOA_BACKEND (self));
}

static void
open_stream (SioaDBusBackend *self)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  GVariantDict filter;
  int fds[2];
  int handle;

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, &error) ||
      !g_unix_set_fd_nonblocking (fds[0], TRUE, &error))
    {
      g_info ("no stream of events: %s", error->message);
      return;
    }
  self->events = g_new0 (SioaDBusEvents, 1);
  self->events->cancellable = g_cancellable_new ();
  self->events->stream = g_unix_input_stream_new (fds[0], TRUE);
  self->events->rest = g_byte_array_new ();
  handle = g_unix_fd_list_append (list, fds[1], NULL);
  close (fds[1]);
  g_variant_dict_init (&filter, NULL);
  g_variant_dict_insert (&filter, "outgoing", "b", TRUE);
  g_variant_dict_insert (&filter, "payload", "b", TRUE);
  g_variant_dict_insert (&filter, "max-payload", "u", MAX_PAYLOAD);
  g_dbus_connection_call_with_unix_fd_list (
      self->connection, self->owner, SIOA_DBUS_PATH, SIOA_DBUS_INTERFACE, "OpenEventStream",
      g_variant_new ("(h@a{sv})", handle, g_variant_dict_end (&filter)), G_VARIANT_TYPE ("()"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START | G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT,
      list, self->events->cancellable, opened_cb, g_object_ref (self));
}

void
sioa_dbus_events_update (SioaDBusBackend *self)
{
  gboolean wanted = self->n_watchers > 0 && self->cookie != 0 && !self->events_denied;

  if (wanted && self->events == NULL)
    open_stream (self);
  else if (!wanted)
    close_stream (self);
}
