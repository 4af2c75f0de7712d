/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-address-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sio-error.h"

static gboolean
fail (GError **error, const char *text, const char *why)
{
  g_autofree char *shown = g_strescape (text, NULL);

  g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
               "address \"%.80s\": %s; expected tcp:HOST:PORT, tls:HOST:PORT, "
               "unix:PATH[,mode=0660][,group=NAME] or fd:NUMBER",
               shown, why);
  return FALSE;
}

static gboolean
parse_inet (SioAddress *self, const char *text, const char *rest, GError **error)
{
  const char *colon = strrchr (rest, ':');
  g_autofree char *host = NULL;
  guint64 port;
  gsize length;

  if (colon == NULL)
    return fail (error, text, "the port is missing");
  if (!g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &port, NULL))
    return fail (error, text, "the port is not a number from 0 to 65535");

  length = (gsize) (colon - rest);
  if (length >= 2 && rest[0] == '[' && rest[length - 1] == ']')
    host = g_strndup (rest + 1, length - 2);
  else
    host = g_strndup (rest, length);

  if (strcmp (host, "*") == 0)
    {
      self->any = TRUE;
      self->host = g_strdup ("::");
    }
  else if (strcmp (host, "localhost") == 0)
    {
      self->localhost = TRUE;
      self->host = g_strdup ("127.0.0.1");
    }
  else if (g_hostname_is_ip_address (host))
    self->host = g_steal_pointer (&host);
  else
    /* Looking up a name would block. */
    return fail (error, text, "the host is neither numeric, nor localhost, nor *");
  self->port = (guint16) port;
  return TRUE;
}

static gboolean
parse_unix (SioAddress *self, const char *text, const char *rest, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (rest, ",", -1);

  if (parts[0] == NULL || parts[0][0] == '\0')
    return fail (error, text, "the path is missing");
  if (strlen (parts[0]) >= sizeof ((struct sockaddr_un *) 0)->sun_path)
    return fail (error, text, "the path is too long for a socket");
  self->path = g_strdup (parts[0]);
  for (guint i = 1; parts[i] != NULL; i++)
    {
      guint64 mode;

      if (g_str_has_prefix (parts[i], "mode="))
        {
          if (!g_ascii_string_to_unsigned (parts[i] + 5, 8, 0, 0777, &mode, NULL))
            return fail (error, text, "the mode is not octal");
          self->mode = (int) mode;
        }
      else if (g_str_has_prefix (parts[i], "group=") && parts[i][6] != '\0')
        {
          g_free (self->group);
          self->group = g_strdup (parts[i] + 6);
        }
      else
        return fail (error, text, "unknown setting behind the path");
    }
  return TRUE;
}

SioAddress *
sio_address_parse (const char *text, GError **error)
{
  g_autoptr (SioAddress) self = g_new0 (SioAddress, 1);
  guint64 number;

  self->fd = -1;
  self->mode = -1;
  if (g_str_has_prefix (text, "tcp:") || g_str_has_prefix (text, "tls:"))
    {
      self->tls = text[1] == 'l';
      if (!parse_inet (self, text, text + 4, error))
        return NULL;
    }
  else if (g_str_has_prefix (text, "unix:"))
    {
      if (!parse_unix (self, text, text + 5, error))
        return NULL;
    }
  else if (g_str_has_prefix (text, "fd:"))
    {
      if (!g_ascii_string_to_unsigned (text + 3, 10, 0, G_MAXINT, &number, NULL))
        {
          fail (error, text, "the descriptor is not a number");
          return NULL;
        }
      self->fd = (int) number;
    }
  else
    {
      fail (error, text, "unknown kind");
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
sio_address_free (SioAddress *self)
{
  g_free (self->host);
  g_free (self->path);
  g_free (self->group);
  g_free (self);
}

static int
fail_errno (int fd, GError **error, const char *what, const char *where)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot %s %s: %s", what, where,
               g_strerror (code));
  if (fd >= 0)
    close (fd);
  return -1;
}

static int
listen_inet (const char *host, guint16 port, int backlog, GError **error)
{
  g_autofree char *where = strchr (host, ':') != NULL ? g_strdup_printf ("[%s]:%u", host, port)
                                                      : g_strdup_printf ("%s:%u", host, port);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, port);
  struct sockaddr_storage native;
  int one = 1;
  int zero = 0;
  gssize size;
  int fd;

  size = g_socket_address_get_native_size (address);
  if (!g_socket_address_to_native (address, &native, sizeof native, error))
    return -1;
  fd = socket (native.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail_errno (fd, error, "open a socket for", where);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  /* [::] serves IPv4, too. */
  if (native.ss_family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
  if (bind (fd, (struct sockaddr *) &native, (socklen_t) size) < 0)
    return fail_errno (fd, error, "listen on", where);
  if (listen (fd, backlog) < 0)
    return fail_errno (fd, error, "listen on", where);
  return fd;
}

/* All addresses, where the system has no IPv6 those of IPv4. */
static int
listen_any (guint16 port, int backlog, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  int fd = listen_inet ("::", port, backlog, &local_error);

  if (fd < 0 && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    return listen_inet ("0.0.0.0", port, backlog, error);
  if (fd < 0)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return fd;
}

/* A socket file that nobody listens on any more is in the way of a restart. */
static void
remove_stale_socket (const struct sockaddr_un *native)
{
  struct stat info;
  int fd;

  if (lstat (native->sun_path, &info) < 0 || !S_ISSOCK (info.st_mode))
    return;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  if (connect (fd, (const struct sockaddr *) native, sizeof *native) < 0 && errno == ECONNREFUSED)
    g_unlink (native->sun_path);
  close (fd);
}

static gboolean
apply_group (SioAddress *self, GError **error)
{
  struct group group;
  struct group *found = NULL;
  char buffer[4096];

  if (self->group == NULL)
    return TRUE;
  if (getgrnam_r (self->group, &group, buffer, sizeof buffer, &found) != 0 || found == NULL)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT, "there is no group \"%s\"",
                   self->group);
      return FALSE;
    }
  if (chown (self->path, (uid_t) -1, found->gr_gid) == 0)
    return TRUE;
  fail_errno (-1, error, "change the group of", self->path);
  return FALSE;
}

static int
listen_unix (SioAddress *self, int backlog, GError **error)
{
  struct sockaddr_un native = { .sun_family = AF_UNIX };
  mode_t previous;
  int status;
  int fd;

  g_strlcpy (native.sun_path, self->path, sizeof native.sun_path);
  remove_stale_socket (&native);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail_errno (fd, error, "open a socket for", self->path);
  /* With a mode of its own the file must not be open to more people for a moment. */
  previous = umask (self->mode >= 0 || self->group != NULL ? 0177 : 0);
  if (self->mode < 0 && self->group == NULL)
    umask (previous);
  status = bind (fd, (struct sockaddr *) &native, sizeof native);
  umask (previous);
  if (status < 0)
    return fail_errno (fd, error, "listen on", self->path);
  if (apply_group (self, error))
    {
      /* Whoever names a group wants its members to connect. */
      mode_t mode = self->mode >= 0 ? (mode_t) self->mode : 0660;

      if ((self->mode >= 0 || self->group != NULL) && chmod (self->path, mode) < 0)
        fail_errno (-1, error, "change the mode of", self->path);
      else if (listen (fd, backlog) < 0)
        fail_errno (-1, error, "listen on", self->path);
      else
        return fd;
    }
  g_unlink (self->path);
  close (fd);
  return -1;
}

static int
listen_fd (SioAddress *self, int backlog, GError **error)
{
  g_autofree char *where = g_strdup_printf ("descriptor %d", self->fd);
  int listening = 0;
  socklen_t length = sizeof listening;
  int fd;

  if (getsockopt (self->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0)
    return fail_errno (-1, error, "listen on", where);
  if (!listening && listen (self->fd, backlog) < 0)
    return fail_errno (-1, error, "listen on", where);
  fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0 || fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK) < 0)
    return fail_errno (fd, error, "listen on", where);
  return fd;
}

static guint16
bound_port (int fd)
{
  struct sockaddr_in native;
  socklen_t length = sizeof native;

  if (getsockname (fd, (struct sockaddr *) &native, &length) < 0)
    return 0;
  return ntohs (native.sin_port);
}

GArray *
sio_address_listen (SioAddress *self, int backlog, GError **error)
{
  g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
  int fd;

  if (self->fd >= 0)
    fd = listen_fd (self, backlog, error);
  else if (self->path != NULL)
    fd = listen_unix (self, backlog, error);
  else if (self->any)
    fd = listen_any (self->port, backlog, error);
  else
    fd = listen_inet (self->host, self->port, backlog, error);
  if (fd < 0)
    return NULL;
  g_array_append_val (fds, fd);

  /* Without IPv6, or when the port that the system chose is taken there, IPv4 is enough. But
   * somebody else on the other half of a chosen port would get half of the clients. */
  if (self->localhost)
    {
      g_autoptr (GError) local_error = NULL;

      fd = listen_inet ("::1", bound_port (fd), backlog, &local_error);
      if (fd >= 0)
        g_array_append_val (fds, fd);
      else if (self->port != 0 &&
               g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        {
          close (g_array_index (fds, int, 0));
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }
  return g_steal_pointer (&fds);
}

char *
sio_address_describe (int fd, gboolean *is_unix)
{
  struct sockaddr_storage native;
  socklen_t length = sizeof native;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *host = NULL;
  guint16 port;

  *is_unix = FALSE;
  if (getsockname (fd, (struct sockaddr *) &native, &length) < 0)
    return g_strdup ("?");
  if (native.ss_family == AF_UNIX)
    {
      *is_unix = TRUE;
      return g_strndup (((struct sockaddr_un *) &native)->sun_path,
                        length - G_STRUCT_OFFSET (struct sockaddr_un, sun_path));
    }
  address = g_socket_address_new_from_native (&native, length);
  if (address == NULL || !G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup ("?");
  host = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  if (strchr (host, ':') != NULL)
    return g_strdup_printf ("[%s]:%u", host, port);
  return g_strdup_printf ("%s:%u", host, port);
}
