/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sio-transport-private.h"

static Client *
client_connect (const struct sockaddr *address, socklen_t length, const char *source)
{
  Client *self = g_new0 (Client, 1);
  int one = 1;

  self->in = g_byte_array_new ();
  self->fd = socket (address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->fd, >=, 0);
  if (source != NULL)
    {
      struct sockaddr_in from = { .sin_family = AF_INET };

      g_assert_cmpint (inet_pton (AF_INET, source, &from.sin_addr), ==, 1);
      g_assert_cmpint (bind (self->fd, (struct sockaddr *) &from, sizeof from), ==, 0);
    }
  if (connect (self->fd, address, length) != 0)
    g_error ("connect: %s", g_strerror (errno));
  g_assert_true (g_unix_set_fd_nonblocking (self->fd, TRUE, NULL));
  if (address->sa_family != AF_UNIX)
    setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return self;
}

static Client *
connect_inet (const char *host, guint port, const char *source)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, (guint) port);
  struct sockaddr_storage native;

  g_assert_true (g_socket_address_to_native (address, &native, sizeof native, NULL));
  return client_connect ((struct sockaddr *) &native,
                         (socklen_t) g_socket_address_get_native_size (address), source);
}

Client *
client_new_port (const char *host, guint port)
{
  return connect_inet (host, port, NULL);
}

Client *
client_new_from (Fixture *fixture, const char *source)
{
  return connect_inet ("127.0.0.1", fixture->port, source);
}

Client *
client_new (Fixture *fixture)
{
  return client_new_port ("127.0.0.1", fixture->port);
}

Client *
client_new_unix (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  return client_connect ((struct sockaddr *) &address, sizeof address, NULL);
}

static gboolean
accept_certificate_cb (GTlsConnection *connection,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags errors,
                       gpointer user_data)
{
  return TRUE;
}

static void
handshake_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  int *outcome = user_data;

  *outcome = g_tls_connection_handshake_finish (G_TLS_CONNECTION (object), result, NULL);
}

Client *
client_new_tls (guint port)
{
  Client *self = client_new_port ("127.0.0.1", port);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) gsocket = g_socket_new_from_fd (self->fd, &error);
  g_autoptr (GIOStream) base = NULL;
  int outcome = -1;

  g_assert_no_error (error);
  base = G_IO_STREAM (g_socket_connection_factory_create_connection (gsocket));
  self->stream = g_tls_client_connection_new (base, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->stream, "accept-certificate", G_CALLBACK (accept_certificate_cb), NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (self->stream), G_PRIORITY_DEFAULT, NULL,
                                    handshake_cb, &outcome);
  engine_wait_for (outcome != -1);
  if (outcome)
    return self;
  client_free (self);
  return NULL;
}

void
client_free (Client *self)
{
  if (self->stream != NULL)
    {
      g_io_stream_close (self->stream, NULL, NULL);
      g_object_unref (self->stream);
    }
  else
    close (self->fd);
  g_byte_array_unref (self->in);
  g_free (self);
}

void
client_reset (Client *self)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  g_assert_null (self->stream);
  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  client_free (self);
}

static gssize
read_some (Client *self, void *buffer, gsize length)
{
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->stream == NULL)
    return recv (self->fd, buffer, length, 0);
  n = g_pollable_input_stream_read_nonblocking (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream)), buffer, length, NULL,
      &error);
  errno = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? EAGAIN : ECONNRESET;
  return n;
}

static gssize
write_some (Client *self, const void *data, gsize length)
{
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->stream == NULL)
    return send (self->fd, data, length, MSG_NOSIGNAL);
  n = g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream)), data, length, NULL,
      &error);
  errno = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? EAGAIN : ECONNRESET;
  return n;
}

gboolean
client_fill (Client *self)
{
  guint8 buffer[64 * 1024];

  while (!self->eof && !self->failed)
    {
      gssize n = read_some (self, buffer, sizeof buffer);

      if (n > 0)
        g_byte_array_append (self->in, buffer, (guint) n);
      else if (n == 0)
        self->eof = TRUE;
      else if (errno == EAGAIN)
        break;
      else
        self->failed = TRUE;
    }
  return !self->eof && !self->failed;
}

gboolean
client_is_over (Client *self)
{
  return !client_fill (self);
}

void
client_send (Client *self, const void *data, gssize length)
{
  const char *p = data;
  const char *end = p + (length < 0 ? strlen (data) : (gsize) length);

  while (p < end)
    {
      gssize n = write_some (self, p, (gsize) (end - p));

      if (n >= 0)
        p += n;
      else if (errno != EAGAIN)
        return;
      else
        {
          client_fill (self);
          engine_iterate ();
        }
    }
}

void
client_printf (Client *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  client_send (self, text, -1);
}

void
response_free (Response *self)
{
  g_free (self->head);
  g_free (self->body);
  g_free (self);
}

char *
response_dup_header (Response *self, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (self->head, "\r\n", -1);
  g_autoptr (GString) value = g_string_new (NULL);
  gboolean found = FALSE;

  for (guint i = 1; lines[i] != NULL; i++)
    {
      const char *colon = strchr (lines[i], ':');

      if (colon == NULL || strlen (name) != (gsize) (colon - lines[i]) ||
          g_ascii_strncasecmp (lines[i], name, strlen (name)) != 0)
        continue;
      g_string_append_printf (value, "%s%s", found ? ", " : "", colon + 2);
      found = TRUE;
    }
  return found ? g_string_free (g_steal_pointer (&value), FALSE) : NULL;
}

Response *
client_take_response (Client *self)
{
  g_autoptr (Response) response = NULL;
  g_autofree char *length = NULL;
  const char *end;
  gsize head;

  if (self->in->len == 0)
    return NULL;
  end = memmem (self->in->data, self->in->len, "\r\n\r\n", 4);
  if (end == NULL)
    return NULL;
  head = (gsize) (end + 4 - (const char *) self->in->data);
  response = g_new0 (Response, 1);
  response->head = g_strndup ((const char *) self->in->data, head);
  g_assert_true (g_str_has_prefix (response->head, "HTTP/1."));
  response->status = (guint) g_ascii_strtoull (response->head + 9, NULL, 10);
  length = response_dup_header (response, "Content-Length");
  if (length != NULL && !self->without_body)
    response->length = (gsize) g_ascii_strtoull (length, NULL, 10);
  if (self->in->len < head + response->length)
    return NULL;
  response->body = g_strndup ((const char *) self->in->data + head, response->length);
  g_byte_array_remove_range (self->in, 0, (guint) (head + response->length));
  return g_steal_pointer (&response);
}

Response *
client_await_response (Client *self)
{
  Response *response = NULL;
  gboolean alive;

  engine_wait_for ((alive = client_fill (self), response = client_take_response (self)) != NULL ||
                   !alive);
  if (response == NULL)
    {
      response = g_new0 (Response, 1);
      response->head = g_strdup ("");
      response->body = g_strdup ("");
    }
  return response;
}

void
client_expect (Client *self, guint status, const char *body)
{
  g_autoptr (Response) response = client_await_response (self);

  g_assert_cmpuint (response->status, ==, status);
  if (body != NULL)
    g_assert_cmpstr (response->body, ==, body);
}

char *
client_open_polling (Client *self)
{
  g_autoptr (Response) response = NULL;

  client_printf (self, "GET " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  response = client_await_response (self);
  g_assert_cmpuint (response->status, ==, 200);
  g_assert_true (g_str_has_prefix (response->body, "0{\"sid\":\""));
  return g_strndup (response->body + 9, 20);
}

void
client_get (Client *self, const char *sid)
{
  client_printf (self, "GET " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", sid);
}

void
client_post (Client *self, const char *sid, const char *body)
{
  client_printf (self,
                 "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                 sid, strlen (body), body);
}

void
client_expect_poll (Client *self, const char *sid, const char *body)
{
  client_get (self, sid);
  client_expect (self, 200, body);
}

void
client_hold (Client *self, Fixture *fixture, const char *sid)
{
  SioSession *session = sio_engine_get_session (fixture->engine, sid);

  g_assert_nonnull (session);
  client_get (self, sid);
  engine_wait_for (sio_polling_is_writable (sio_session_get_polling (session)));
}
