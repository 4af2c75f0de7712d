/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-http-peer-private.h"

#include <string.h>

struct _SioHttpPeer
{
  GSocket *socket;
  char *address;
  gboolean secure;
  SioPeers *peers;
  SioPeer *peer;
  SioDeadline deadline;
};

static GQuark
peer_quark (void)
{
  return g_quark_from_static_string ("sio-http-peer");
}

static void
peer_free (gpointer data)
{
  SioHttpPeer *self = data;

  sio_deadline_disarm (&self->deadline);
  sio_peers_leave (self->peers, self->peer);
  sio_peers_unref (self->peers);
  g_object_unref (self->socket);
  g_free (self->address);
  g_free (self);
}

static void
deadline_cb (SioDeadline *deadline)
{
  sio_http_peer_shutdown (deadline->data);
}

SioHttpPeer *
sio_http_peer_attach (GSocketAddress *remote,
                      GSocket *socket,
                      const char *address,
                      gboolean secure,
                      SioPeers *peers,
                      const char *counted_address)
{
  SioHttpPeer *self = g_new0 (SioHttpPeer, 1);

  self->socket = g_object_ref (socket);
  self->address = g_strdup (address);
  self->secure = secure;
  self->peers = sio_peers_ref (peers);
  self->peer = sio_peers_enter (peers, counted_address);
  sio_deadline_init (&self->deadline, deadline_cb, self);
  g_object_set_qdata_full (G_OBJECT (remote), peer_quark (), self, peer_free);
  return self;
}

SioHttpPeer *
sio_http_peer_get (SoupServerMessage *message)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote != NULL ? g_object_get_qdata (G_OBJECT (remote), peer_quark ()) : NULL;
}

void
sio_http_peer_arm (SioHttpPeer *self, SioDeadlineList *list)
{
  sio_deadline_arm (&self->deadline, list);
}

void
sio_http_peer_disarm (SioHttpPeer *self)
{
  sio_deadline_disarm (&self->deadline);
}

void
sio_http_peer_shutdown (SioHttpPeer *self)
{
  /* libsoup sees the end of the stream and cleans up by itself. */
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}

static GSocket *
message_socket (SoupServerMessage *message)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  return peer != NULL ? peer->socket : soup_server_message_get_socket (message);
}

int
sio_http_message_get_fd (SoupServerMessage *message)
{
  GSocket *socket = message_socket (message);

  return socket != NULL && !g_socket_is_closed (socket) ? g_socket_get_fd (socket) : -1;
}

char *
sio_http_message_dup_address (SoupServerMessage *message)
{
  SioHttpPeer *peer = sio_http_peer_get (message);
  GSocketAddress *remote;

  if (peer != NULL)
    return g_strdup (peer->address);
  remote = soup_server_message_get_remote_address (message);
  if (remote == NULL || !G_IS_INET_SOCKET_ADDRESS (remote))
    return g_strdup ("");
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
}

GString *
sio_http_message_dup_headers (SoupServerMessage *message)
{
  GString *headers = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  soup_message_headers_iter_init (&iter, soup_server_message_get_request_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      g_string_append_len (headers, name, (gssize) strlen (name) + 1);
      g_string_append_len (headers, value, (gssize) strlen (value) + 1);
    }
  return headers;
}

gboolean
sio_http_message_is_secure (SoupServerMessage *message)
{
  SioHttpPeer *peer = sio_http_peer_get (message);

  /* libsoup sees no TLS behind the stream that it reads from. */
  if (peer != NULL)
    return peer->secure;
  return g_strcmp0 (g_uri_get_scheme (soup_server_message_get_uri (message)), "https") == 0;
}

void
sio_http_message_shutdown (SoupServerMessage *message)
{
  GSocket *socket = message_socket (message);

  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}
