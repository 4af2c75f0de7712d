/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-notify.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct _SiosNotify
{
  struct sockaddr_un address;
  socklen_t length;
  int fd; /* -1: nobody listens */
};

/* FALSE if it is no address. */
static gboolean
set_address (SiosNotify *self, const char *text)
{
  gsize length = strlen (text);
  gboolean abstract = text[0] == '@';

  if ((text[0] != '/' && !abstract) || text[1] == '\0' || length >= sizeof self->address.sun_path)
    return FALSE;
  self->address.sun_family = AF_UNIX;
  memcpy (self->address.sun_path, text, length);
  if (abstract)
    self->address.sun_path[0] = '\0';
  /* Abstract names have no NUL behind them. */
  self->length =
      (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
  return TRUE;
}

SiosNotify *
sios_notify_new (const char *address)
{
  SiosNotify *self = g_new0 (SiosNotify, 1);

  self->fd = -1;
  if (address == NULL)
    return self;
  if (set_address (self, address))
    self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->fd < 0)
    g_warning ("The service manager cannot be told anything: expected a path or @NAME in "
               "$NOTIFY_SOCKET, got \"%.200s\"",
               address);
  return self;
}

void
sios_notify_free (SiosNotify *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

gboolean
sios_notify_is_heard (SiosNotify *self)
{
  return self->fd >= 0;
}

void
sios_notify_send (SiosNotify *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (self->fd < 0)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (sendto (self->fd, text, strlen (text), MSG_NOSIGNAL, (struct sockaddr *) &self->address,
              self->length) < 0)
    g_debug ("the service manager was not told: %s", g_strerror (errno));
}
