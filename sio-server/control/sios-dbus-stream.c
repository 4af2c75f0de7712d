/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sios-dbus-private.h"
#include "sios-socket.h"

/* What happens, as lines of JSON, for those who gave us a pipe. What does not fit into the pipe
 * waits in a buffer of a fixed size; what does not fit there is counted. */

#define DEFAULT_MAX_PAYLOAD 4096
#define MAX_PAYLOAD (64 * 1024)

struct _SiosDbusStreams
{
  SiosControl *control;
  const SiosDbusSettings *settings;
  GPtrArray *items; /* element-type Stream */
  guint64 n_lost;
  guint64 n_cut;
};

typedef struct
{
  SiosDbusStreams *list;
  char *caller;
  char *address;
  char *ns; /* NULL: all, as the next three */
  char *id;
  char *user;
  char *event;
  gboolean outgoing;
  gboolean payload;
  guint max_payload;
  SiosTap *tap;
  int fd;
  GString *buffer;
  guint64 n_lost; /* that the reader was not told of yet */
  guint gone_source;
  guint writable_source; /* while something waits */
  guint timer;           /* the same */
} Stream;

static void
stream_free (gpointer data)
{
  Stream *self = data;

  sios_control_untap (self->list->control, self->tap);
  g_clear_handle_id (&self->gone_source, g_source_remove);
  g_clear_handle_id (&self->writable_source, g_source_remove);
  g_clear_handle_id (&self->timer, g_source_remove);
  close (self->fd);
  g_string_free (self->buffer, TRUE);
  g_free (self->caller);
  g_free (self->address);
  g_free (self->ns);
  g_free (self->id);
  g_free (self->user);
  g_free (self->event);
  g_free (self);
}

SiosDbusStreams *
sios_dbus_streams_new (SiosControl *control, const SiosDbusSettings *settings)
{
  SiosDbusStreams *self = g_new0 (SiosDbusStreams, 1);

  self->control = control;
  self->settings = settings;
  self->items = g_ptr_array_new_with_free_func (stream_free);
  return self;
}

void
sios_dbus_streams_free (SiosDbusStreams *self)
{
  g_ptr_array_unref (self->items);
  g_free (self);
}

/* Writes without waiting for the reader. The flag belongs to whoever shares the pipe, so it is set
 * each time, and only as much is written as poll () says there is place for. FALSE: the reader is
 * gone. */
static gboolean
write_some (Stream *self)
{
  gsize done = 0;

  while (done < self->buffer->len)
    {
      struct pollfd poll_fd = { self->fd, POLLOUT, 0 };
      int flags = fcntl (self->fd, F_GETFL);
      gssize n;

      if (flags < 0 ||
          ((flags & O_NONBLOCK) == 0 && fcntl (self->fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return FALSE;
      if (poll (&poll_fd, 1, 0) <= 0)
        break;
      n = write (self->fd, self->buffer->str + done, MIN (self->buffer->len - done, PIPE_BUF));
      if (n > 0)
        done += (gsize) n;
      else if (n < 0 && (errno == EAGAIN || errno == EINTR))
        break;
      else
        return FALSE;
    }
  g_string_erase (self->buffer, 0, (gssize) done);
  return TRUE;
}

static void
append_lost (Stream *self)
{
  if (self->n_lost == 0)
    return;
  g_string_append_printf (self->buffer,
                          "{\"time\":%" G_GINT64_FORMAT
                          ",\"type\":\"dropped\",\"n\":%" G_GUINT64_FORMAT "}\n",
                          g_get_real_time () / 1000, self->n_lost);
  self->n_lost = 0;
}

static gboolean
late_cb (gpointer user_data)
{
  Stream *self = user_data;
  const SiosCaller caller = { SIOS_CALLER_DBUS, self->caller, self->address };

  self->timer = 0;
  self->list->n_cut++;
  sios_control_deny (self->list->control, &caller, "OpenEventStream", NULL,
                     "the reader does not read, and was cut off");
  g_ptr_array_remove (self->list->items, self);
  return G_SOURCE_REMOVE;
}

static gboolean
writable_cb (int fd, GIOCondition condition, gpointer user_data)
{
  Stream *self = user_data;

  if (!write_some (self))
    {
      self->writable_source = 0;
      g_ptr_array_remove (self->list->items, self);
      return G_SOURCE_REMOVE;
    }
  /* It reads: begin to count anew. */
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->buffer->len == 0)
    append_lost (self);
  if (self->buffer->len > 0)
    {
      self->timer = g_timeout_add (self->list->settings->reader_timeout, late_cb, self);
      return G_SOURCE_CONTINUE;
    }
  self->writable_source = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
gone_cb (int fd, GIOCondition condition, gpointer user_data)
{
  Stream *self = user_data;

  self->gone_source = 0;
  g_ptr_array_remove (self->list->items, self);
  return G_SOURCE_REMOVE;
}

/* Whether what is sent comes through is seen at the next change of the pipe, so that this may be
 * called from anywhere. */
static void
send_line (Stream *self, const char *json, gsize length)
{
  if (self->buffer->len + length + 1 > self->list->settings->stream_buffer)
    {
      self->n_lost++;
      self->list->n_lost++;
      return;
    }
  g_string_append_len (self->buffer, json, (gssize) length);
  g_string_append_c (self->buffer, '\n');
  if (self->writable_source != 0)
    return;
  self->writable_source = g_unix_fd_add (self->fd, G_IO_OUT, writable_cb, self);
  self->timer = g_timeout_add (self->list->settings->reader_timeout, late_cb, self);
}

static gboolean
wants (Stream *self, const SiosTapRecord *record)
{
  SiosIdentity *identity = sios_socket_get_identity (record->socket);

  if (self->id != NULL && strcmp (sio_socket_get_id (record->socket), self->id) != 0)
    return FALSE;
  if (self->ns != NULL &&
      strcmp (sio_namespace_get_name (sio_socket_get_namespace (record->socket)), self->ns) != 0)
    return FALSE;
  if (self->user != NULL && (identity == NULL || g_strcmp0 (identity->user, self->user) != 0))
    return FALSE;
  return self->event == NULL ||
         (record->message != NULL &&
          strcmp (sio_message_get_event (record->message), self->event) == 0);
}

static void
add_string (SioArgsBuilder *builder, const char *name, const char *value)
{
  if (value == NULL)
    return;
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, value);
}

static void
add_event (Stream *self, SioArgsBuilder *builder, const SiosTapRecord *record)
{
  SioArgs *args = sio_message_get_args (record->message);
  const char *json = sio_args_get_json (args);
  gsize length = strlen (json);
  gsize n_bytes = length;

  for (guint i = 0; i < sio_args_get_n_attachments (args); i++)
    n_bytes += g_bytes_get_size (sio_args_get_attachment (args, i));
  add_string (builder, "direction", record->kind == SIOS_TAP_SENT ? "out" : "in");
  add_string (builder, "event", sio_message_get_event (record->message));
  sio_args_builder_set_member_name (builder, "bytes");
  sio_args_builder_add_int64 (builder, (gint64) n_bytes);
  if (!self->payload || length > self->max_payload)
    return;
  sio_args_builder_set_member_name (builder, "args");
  if (!sio_args_builder_add_json (builder, json, (gssize) length, NULL))
    sio_args_builder_add_null (builder);
}

static void
tap_cb (const SiosTapRecord *record, gpointer user_data)
{
  static const char *const types[] = { "connect", "disconnect", "event", "event" };
  Stream *self = user_data;
  g_autoptr (SioArgsBuilder) builder = NULL;
  g_autoptr (SioArgs) line = NULL;
  SiosIdentity *identity;
  const char *json;

  if (!wants (self, record))
    return;
  /* Nothing is made that nobody gets. */
  if (self->buffer->len >= self->list->settings->stream_buffer)
    {
      self->n_lost++;
      self->list->n_lost++;
      return;
    }
  identity = sios_socket_get_identity (record->socket);
  builder = sio_args_builder_new ();
  sio_args_builder_begin_object (builder);
  sio_args_builder_set_member_name (builder, "time");
  sio_args_builder_add_int64 (builder, g_get_real_time () / 1000);
  add_string (builder, "type", types[record->kind]);
  add_string (builder, "namespace",
              sio_namespace_get_name (sio_socket_get_namespace (record->socket)));
  add_string (builder, "id", sio_socket_get_id (record->socket));
  add_string (builder, "user", identity != NULL ? identity->user : NULL);
  add_string (builder, "address",
              sio_handshake_get_address (sio_socket_get_handshake (record->socket)));
  add_string (builder, "reason", record->reason);
  if (record->message != NULL)
    add_event (self, builder, record);
  sio_args_builder_end_object (builder);
  line = sio_args_builder_end (builder);
  json = sio_args_get_json (line);
  /* Without the brackets of the list. */
  send_line (self, json + 1, strlen (json) - 2);
}

static gboolean
check_fd (int fd, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) == 0 && (S_ISFIFO (info.st_mode) || S_ISSOCK (info.st_mode)) &&
      (fcntl (fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "expected the writing end of a pipe, or a socket");
  return FALSE;
}

gboolean
sios_dbus_streams_open (
    SiosDbusStreams *self, const SiosCaller *caller, int fd, GVariant *filter, GError **error)
{
  const char *ns = NULL;
  const char *id = NULL;
  const char *user = NULL;
  const char *event = NULL;
  gboolean outgoing = FALSE;
  gboolean payload = FALSE;
  guint32 max_payload = DEFAULT_MAX_PAYLOAD;
  const SiosDbusKey keys[] = {
    { "namespace", "s", &ns },
    { "id", "s", &id },
    { "user", "s", &user },
    { "event", "s", &event },
    { "outgoing", "b", &outgoing },
    { "payload", "b", &payload },
    { "max-payload", "u", &max_payload },
  };
  Stream *stream;

  if (!check_fd (fd, error) || !sios_dbus_read_dict (filter, keys, G_N_ELEMENTS (keys), error))
    {
      close (fd);
      return FALSE;
    }
  if (self->items->len >= self->settings->max_streams)
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_LIMIT_EXCEEDED,
                   "there are as many event streams as may be: %u", self->settings->max_streams);
      close (fd);
      return FALSE;
    }
  stream = g_new0 (Stream, 1);
  stream->list = self;
  stream->caller = g_strdup (caller->name);
  stream->address = g_strdup (caller->address);
  stream->ns = g_strdup (ns);
  stream->id = g_strdup (id);
  stream->user = g_strdup (user);
  stream->event = g_strdup (event);
  stream->outgoing = outgoing;
  stream->payload = payload;
  stream->max_payload = MIN (max_payload, MAX_PAYLOAD);
  stream->fd = fd;
  stream->buffer = g_string_new (NULL);
  stream->gone_source = g_unix_fd_add (fd, G_IO_ERR | G_IO_HUP, gone_cb, stream);
  stream->tap = sios_control_tap (self->control, outgoing, tap_cb, stream);
  g_ptr_array_add (self->items, stream);
  return TRUE;
}

guint
sios_dbus_streams_get_n (SiosDbusStreams *self)
{
  return self->items->len;
}

guint64
sios_dbus_streams_get_n_lost (SiosDbusStreams *self)
{
  return self->n_lost;
}

guint64
sios_dbus_streams_get_n_cut (SiosDbusStreams *self)
{
  return self->n_cut;
}
