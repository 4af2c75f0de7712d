/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-engine-private.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sio-address-private.h"
#include "sio-error.h"
#include "sio-http-connection-private.h"
#include "sio-http-peer-private.h"
#include "sio-prefix-stream-private.h"
#include "sio-soup-request-private.h"
#include "sio-tls-hello-private.h"

/* Where connections come from: our own listeners, and the SoupServer they are given to. */

#define BACKLOG 4096

/**
 * sio_engine_get_soup_server:
 * @self: the engine
 *
 * Gets the HTTP server behind the engine, to add handlers for other paths.
 *
 * Unless [method@Sio.Engine.attach] gave it one, the engine makes its own. Connections come
 * from the engine, so [method@Soup.Server.get_uris] of that server does not tell where it
 * listens; [method@Sio.Engine.list_addresses] does.
 *
 * On connections that came through [method@Sio.Engine.listen] each response of a handler ends
 * its connection, and a request body that libsoup collects may have four times
 * [property@Sio.Engine:max-payload] and a megabyte; a handler that takes more has to call
 * [method@Soup.MessageBody.set_accumulate] in an early handler.
 *
 * Returns: (transfer none): the server
 *
 * Since: 0.1
 */
SoupServer *
sio_engine_get_soup_server (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);

  if (self->soup_server == NULL)
    {
      self->soup_server = soup_server_new ("raw-paths", TRUE, NULL);
      self->owns_soup_server = TRUE;
      sio_soup_request_serve (self, self->soup_server);
    }
  return self->soup_server;
}

/**
 * sio_engine_attach:
 * @self: the engine
 * @soup_server: a server of the application
 *
 * Serves the engine's path on a server of the application.
 *
 * Connections that arrive through `soup_server_listen ()` are subject to the limits of
 * libsoup's listener: a backlog of ten, no deadline for slow requests, a descriptor lost
 * whenever a client leaves between two requests, and no more connections at all once the
 * process ran out of descriptors. [method@Sio.Engine.listen]
 * has none of these limits and serves all handlers of @soup_server, too.
 *
 * Must be called before [method@Sio.Engine.listen] and [method@Sio.Engine.get_soup_server],
 * and after the path is set.
 *
 * Since: 0.1
 */
void
sio_engine_attach (SioEngine *self, SoupServer *soup_server)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (SOUP_IS_SERVER (soup_server));
  g_return_if_fail (self->soup_server == NULL);

  self->soup_server = g_object_ref (soup_server);
  sio_soup_request_serve (self, soup_server);
}

/* libsoup takes addresses of every connection to be of the Internet; a peer on a Unix socket
 * gets one that says nothing. */
static GSocketAddress *
address_for_soup (GSocketAddress *address)
{
  if (address != NULL && G_IS_INET_SOCKET_ADDRESS (address))
    return g_object_ref (address);
  return g_inet_socket_address_new_from_string ("127.0.0.1", 0);
}

/* @base leads to @socket, perhaps through TLS. */
static void
give_to_soup (SioEngine *self,
              GIOStream *base,
              GSocket *socket,
              const char *address,
              gboolean secure,
              GBytes *prefix)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) soup_remote = address_for_soup (remote);
  g_autoptr (GSocketAddress) soup_local = address_for_soup (local);
  g_autoptr (GIOStream) stream = sio_prefix_stream_new (base, prefix);
  SioHttpPeer *peer = sio_http_peer_attach (soup_remote, socket, address, secure, self->peers,
                                            sio_engine_get_counted_address (self, address));

  sio_http_peer_arm (peer, self->head_deadlines);
  if (!soup_server_accept_iostream (self->soup_server, stream, soup_local, soup_remote, &error))
    g_debug ("a connection could not be served: %s", error->message);
}

void
sio_engine_give_fd_to_soup (SioEngine *self, int fd, const char *address, GBytes *prefix)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);
  g_autoptr (GIOStream) base = NULL;

  if (socket == NULL)
    {
      g_close (fd, NULL);
      g_debug ("a connection was lost while it was accepted: %s", error->message);
      return;
    }
  base = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  give_to_soup (self, base, socket, address, FALSE, prefix);
}

void
sio_engine_give_stream_to_soup (SioEngine *self,
                                GIOStream *stream,
                                const char *address,
                                GBytes *prefix)
{
  g_autoptr (GIOStream) base = NULL;

  g_object_get (stream, "base-io-stream", &base, NULL);
  give_to_soup (self, stream, g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)), address,
                TRUE, prefix);
}

static void
describe_peer (const struct sockaddr_storage *native, char *text, gsize size)
{
  const void *address = NULL;

  *text = '\0';
  if (native->ss_family == AF_INET)
    address = &((const struct sockaddr_in *) native)->sin_addr;
  else if (native->ss_family == AF_INET6)
    address = &((const struct sockaddr_in6 *) native)->sin6_addr;
  if (address != NULL)
    inet_ntop (native->ss_family, address, text, (socklen_t) size);
}

/* By a reset: thousands of refused connections must not stay in the kernel as TIME_WAIT. */
static void
refuse_peer (int fd)
{
  const struct linger reset = { 1, 0 };

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  g_close (fd, NULL);
}

static void
accept_cb (SioListener *listener, int fd, const struct sockaddr_storage *native, gpointer user_data)
{
  SioEngine *self = user_data;
  char address[INET6_ADDRSTRLEN];
  SioIncidentInfo info = { .address = address };
  int one = 1;

  describe_peer (native, address, sizeof address);
  info.text = sio_engine_check_peer (self, sio_engine_get_counted_address (self, address), 0, 0,
                                     &info.kind);
  if (info.text != NULL)
    {
      refuse_peer (fd);
      sio_engine_report_incident (self, &info);
      return;
    }
  if (native->ss_family != AF_UNIX)
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (sio_listener_is_tls (listener))
    sio_tls_hello_start (self, fd, address);
  else
    sio_http_connection_start (self, sio_channel_new_fd (self->reactor, fd), address, FALSE);
}

/* TRUE: somebody is told. */
static gboolean
exhausted_cb (SioListener *listener, const char *text, gpointer user_data)
{
  const SioIncidentInfo info = { .kind = SIO_INCIDENT_NO_DESCRIPTORS, .text = text };

  if (!sio_engine_tells_incidents (user_data))
    return FALSE;
  sio_engine_report_incident (user_data, &info);
  return TRUE;
}

/**
 * sio_engine_check_address:
 * @address: where to listen
 * @error: return location for an error
 *
 * Checks whether [method@Sio.Engine.listen] understands an address, without listening; for
 * programs that check all of their configuration before they act on it.
 *
 * Returns: `TRUE` if it does; `FALSE` with [error@Sio.Error.INVALID_ARGUMENT] if not
 *
 * Since: 0.1
 */
gboolean
sio_engine_check_address (const char *address, GError **error)
{
  g_autoptr (SioAddress) parsed = NULL;

  g_return_val_if_fail (address != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  parsed = sio_address_parse (address, error);
  return parsed != NULL;
}

/**
 * sio_engine_listen:
 * @self: the engine
 * @address: where to listen
 * @error: return location for an error
 *
 * Listens on one more address: `tcp:HOST:PORT`, `tls:HOST:PORT` (needs
 * [property@Sio.Engine:tls-certificate]), `unix:PATH[,mode=0660][,group=NAME]`, or `fd:NUMBER`
 * for a socket that is open already, for example from systemd; it is duplicated.
 *
 * HOST is a numeric address (IPv6 in brackets; `[::]` takes IPv4 as well), `localhost` for
 * both loopback addresses, or `*` for all. With port 0 the system chooses one;
 * [method@Sio.Engine.list_addresses] tells which.
 *
 * Returns: `TRUE` if it listens; `FALSE` with [error@Sio.Error.INVALID_ARGUMENT] if @address is
 *   not understood, or a [error@Gio.IOErrorEnum] if the system refuses
 *
 * Since: 0.1
 */
gboolean
sio_engine_listen (SioEngine *self, const char *address, GError **error)
{
  g_autoptr (SioAddress) parsed = NULL;
  g_autoptr (GArray) fds = NULL;
  guint first;

  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);
  g_return_val_if_fail (address != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  parsed = sio_address_parse (address, error);
  if (parsed == NULL)
    return FALSE;
  if (parsed->tls && self->certificate == NULL)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "address \"%s\" needs a TLS certificate, and none is set", address);
      return FALSE;
    }
  fds = sio_address_listen (parsed, BACKLOG, error);
  if (fds == NULL)
    return FALSE;

  sio_engine_get_soup_server (self);
  self->closing = FALSE;
  first = self->listeners->len;
  for (guint i = 0; i < fds->len; i++)
    {
      SioListener *listener = sio_listener_new (self->reactor, g_array_index (fds, int, i),
                                                parsed->tls, accept_cb, self, error);

      if (listener == NULL)
        {
          for (guint j = i + 1; j < fds->len; j++)
            g_close (g_array_index (fds, int, j), NULL);
          g_ptr_array_set_size (self->listeners, (int) first);
          return FALSE;
        }
      sio_listener_set_exhausted_func (listener, exhausted_cb);
      if (parsed->path != NULL)
        sio_listener_set_unlink_path (listener, parsed->path);
      g_ptr_array_add (self->listeners, listener);
    }
  return TRUE;
}

/**
 * sio_engine_list_addresses:
 * @self: the engine
 *
 * Lists where the engine listens: `http://127.0.0.1:3000/`, `https://[::]:3443/`,
 * `unix:/run/chat.sock`.
 *
 * Returns: (transfer full): the addresses, in the order in which they were added
 *
 * Since: 0.1
 */
char **
sio_engine_list_addresses (SioEngine *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);

  for (guint i = 0; i < self->listeners->len; i++)
    {
      g_autofree char *uri = sio_listener_dup_uri (g_ptr_array_index (self->listeners, i));

      g_strv_builder_add (builder, uri);
    }
  return g_strv_builder_end (builder);
}

/**
 * sio_engine_stop_listening:
 * @self: the engine
 *
 * Accepts no more connections on any address. Sessions go on.
 *
 * Since: 0.1
 */
void
sio_engine_stop_listening (SioEngine *self)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  g_ptr_array_set_size (self->listeners, 0);
}
