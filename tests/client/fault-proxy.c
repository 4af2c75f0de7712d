/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fault-proxy.h"

#include <sys/socket.h>

#define CHUNK 16384

struct _FaultProxy
{
  GSocketService *service;
  guint port;
  guint server_port;
  guint n_connections;
  guint n_faults;
  FaultFunc func;
  gpointer user_data;
  GList *links;
};

/* Two connections that belong together. */
typedef struct
{
  guint ref_count;
  FaultProxy *proxy; /* NULL once closed */
  guint number;
  GSocketConnection *down;
  GSocketConnection *up;
  GCancellable *cancellable;
  gboolean silent;
  gboolean closed;
} Link;

/* One direction of it. */
typedef struct
{
  Link *link;
  gboolean upwards;
  guint n_chunks;
  GBytes *bytes; /* being written, or waiting for that */
  gboolean last; /* close after it */
} Pump;

static void pump_read (Pump *pump);

static Link *
link_ref (Link *link)
{
  link->ref_count++;
  return link;
}

static void
link_unref (Link *link)
{
  if (--link->ref_count > 0)
    return;
  g_clear_object (&link->down);
  g_clear_object (&link->up);
  g_object_unref (link->cancellable);
  g_free (link);
}

static void
socket_close (GSocketConnection *connection, gboolean reset)
{
  struct linger linger = { TRUE, 0 };

  if (connection == NULL)
    return;
  if (reset)
    setsockopt (g_socket_get_fd (g_socket_connection_get_socket (connection)), SOL_SOCKET,
                SO_LINGER, &linger, sizeof linger);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

static void
link_close (Link *link, gboolean reset)
{
  if (link->closed)
    return;
  link->closed = TRUE;
  g_cancellable_cancel (link->cancellable);
  socket_close (link->down, reset);
  socket_close (link->up, reset);
  link->proxy->links = g_list_remove (link->proxy->links, link);
  link->proxy = NULL;
  link_unref (link);
}

static void
pump_free (Pump *pump)
{
  g_clear_pointer (&pump->bytes, g_bytes_unref);
  link_unref (pump->link);
  g_free (pump);
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  gboolean written =
      g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);

  g_clear_pointer (&pump->bytes, g_bytes_unref);
  if (!written || pump->last)
    link_close (pump->link, FALSE);
  if (pump->link->closed)
    pump_free (pump);
  else
    pump_read (pump);
}

static void
pump_write (Pump *pump)
{
  GSocketConnection *to = pump->upwards ? pump->link->up : pump->link->down;
  gsize length;
  const void *data = g_bytes_get_data (pump->bytes, &length);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (to)), data,
                                   pump->last ? length / 2 : length, G_PRIORITY_DEFAULT,
                                   pump->link->cancellable, written_cb, pump);
}

static gboolean
delayed_cb (gpointer user_data)
{
  Pump *pump = user_data;

  if (pump->link->closed)
    pump_free (pump);
  else
    pump_write (pump);
  return G_SOURCE_REMOVE;
}

static gboolean
stalled_cb (gpointer user_data)
{
  Pump *pump = user_data;

  link_close (pump->link, FALSE);
  pump_free (pump);
  return G_SOURCE_REMOVE;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  Link *link = pump->link;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  FaultKind kind;
  guint ms = 0;

  if (bytes == NULL || g_bytes_get_size (bytes) == 0 || link->closed)
    {
      /* The end waits for the stall, too. */
      if (!link->silent)
        link_close (link, FALSE);
      pump_free (pump);
      return;
    }
  if (link->silent)
    {
      pump_read (pump);
      return;
    }
  kind = link->proxy->func (link->number, pump->upwards, pump->n_chunks++, &ms,
                            link->proxy->user_data);
  if (kind != FAULT_NONE)
    link->proxy->n_faults++;
  pump->bytes = g_steal_pointer (&bytes);
  pump->last = kind == FAULT_TRUNCATE;
  switch (kind)
    {
    case FAULT_CUT:
      link_close (link, TRUE);
      pump_free (pump);
      break;
    case FAULT_STALL:
      link->silent = TRUE;
      g_timeout_add (ms, stalled_cb, pump);
      break;
    case FAULT_DELAY:
      g_timeout_add (ms, delayed_cb, pump);
      break;
    case FAULT_NONE:
    case FAULT_TRUNCATE:
    case N_FAULTS:
    default:
      pump_write (pump);
      break;
    }
}

static void
pump_read (Pump *pump)
{
  GSocketConnection *from = pump->upwards ? pump->link->down : pump->link->up;

  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (G_IO_STREAM (from)), CHUNK,
                                   G_PRIORITY_DEFAULT, pump->link->cancellable, read_cb, pump);
}

static void
pump_start (Link *link, gboolean upwards)
{
  Pump *pump = g_new0 (Pump, 1);

  pump->link = link_ref (link);
  pump->upwards = upwards;
  pump_read (pump);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Link *link = user_data;

  link->up = g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, NULL);
  if (link->up == NULL || link->closed)
    {
      socket_close (link->up, FALSE);
      link_close (link, FALSE);
    }
  else
    {
      pump_start (link, TRUE);
      pump_start (link, FALSE);
    }
  link_unref (link);
}

static gboolean
incoming_cb (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  FaultProxy *self = user_data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  Link *link = g_new0 (Link, 1);

  link->ref_count = 1;
  link->proxy = self;
  link->number = self->n_connections++;
  link->down = g_object_ref (connection);
  link->cancellable = g_cancellable_new ();
  self->links = g_list_prepend (self->links, link);
  g_socket_client_connect_to_host_async (client, "127.0.0.1", self->server_port, link->cancellable,
                                         connected_cb, link_ref (link));
  return TRUE;
}

FaultProxy *
fault_proxy_new (guint server_port, FaultFunc func, gpointer user_data)
{
  FaultProxy *self = g_new0 (FaultProxy, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  self->server_port = server_port;
  self->func = func;
  self->user_data = user_data;
  self->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  return self;
}

guint
fault_proxy_get_port (FaultProxy *self)
{
  return self->port;
}

guint
fault_proxy_get_n_faults (FaultProxy *self)
{
  return self->n_faults;
}

void
fault_proxy_free (FaultProxy *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  while (self->links != NULL)
    link_close (self->links->data, FALSE);
  g_free (self);
}
