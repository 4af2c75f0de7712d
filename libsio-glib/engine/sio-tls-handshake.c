/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-tls-handshake-private.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sio-http-connection-private.h"

typedef struct
{
  SioEngine *engine; /* NULL when it does not want the connection any more */
  SioPeer *peer;
  GCancellable *cancellable;
  SioDeadline deadline;
  GList link; /* on SioEngine.tls_handshakes */
  char address[];
} Handshake;

/* The engine forgets it; it is freed when the handshake comes back. */
static void
give_up (Handshake *self)
{
  SioEngine *engine = g_steal_pointer (&self->engine);

  if (engine == NULL)
    return;
  sio_deadline_disarm (&self->deadline);
  g_queue_unlink (&engine->tls_handshakes, &self->link);
  sio_peers_leave (engine->peers, self->peer);
}

static void
deadline_cb (SioDeadline *deadline)
{
  Handshake *self = deadline->data;

  give_up (self);
  g_cancellable_cancel (self->cancellable);
}

static void
handshake_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Handshake *self = user_data;
  SioEngine *engine = self->engine;
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error);

  give_up (self);
  if (engine == NULL)
    g_io_stream_close_async (G_IO_STREAM (source), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  else if (!done)
    sio_engine_report_tls (engine, self->address, error->message);
  else
    sio_http_connection_start (engine,
                               sio_channel_new_stream (engine->reactor, G_IO_STREAM (source)),
                               self->address, TRUE);
  g_object_unref (self->cancellable);
  g_free (self);
}

static GTlsConnection *
wrap (SioEngine *engine, int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GIOStream) base = NULL;
  const char *const protocols[] = { "http/1.1", NULL };
  GIOStream *stream;

  if (socket == NULL)
    {
      g_close (fd, NULL);
      return NULL;
    }
  base = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  stream = g_tls_server_connection_new (base, engine->certificate, error);
  if (stream == NULL)
    return NULL;
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (stream), protocols);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (stream), FALSE);
  return G_TLS_CONNECTION (stream);
}

void
sio_tls_handshake_start (SioEngine *engine, int fd, const char *address)
{
  gsize length = strlen (address) + 1;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsConnection) connection = wrap (engine, fd, &error);
  Handshake *self;

  if (connection == NULL)
    {
      g_debug ("a connection could not be served: %s", error->message);
      return;
    }
  self = g_malloc0 (sizeof (Handshake) + length);
  memcpy (self->address, address, length);
  self->engine = engine;
  self->cancellable = g_cancellable_new ();
  self->link.data = self;
  g_queue_push_tail_link (&engine->tls_handshakes, &self->link);
  self->peer = sio_peers_enter (engine->peers, sio_engine_get_counted_address (engine, address));
  sio_deadline_init (&self->deadline, deadline_cb, self);
  sio_deadline_arm (&self->deadline, engine->head_deadlines);
  g_tls_connection_handshake_async (connection, G_PRIORITY_DEFAULT, self->cancellable, handshake_cb,
                                    self);
}

void
sio_tls_handshake_end_all (SioEngine *engine)
{
  while (engine->tls_handshakes.head != NULL)
    deadline_cb (&((Handshake *) engine->tls_handshakes.head->data)->deadline);
}
