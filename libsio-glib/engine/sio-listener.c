/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-listener-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sio-address-private.h"
#include "sio-deadline-private.h"

#define ACCEPT_BATCH 64
#define PAUSE_MS 100
#define LOG_INTERVAL_US (60 * G_USEC_PER_SEC)

struct _SioListener
{
  SioReactor *reactor;
  SioWatch watch;
  SioDeadline pause;
  SioDeadlineList *pause_list;
  SioListenerFunc func;
  SioListenerExhaustedFunc exhausted;
  gpointer user_data;
  char *address;
  char *unlink_path;
  guint64 n_exhausted;
  gint64 last_log;
  int fd;
  int spare_fd;    /* given up for a moment when there are no descriptors left */
  gboolean *freed; /* set by sio_listener_free () while connections are accepted */
  gboolean is_unix;
  gboolean tls;
};

static int
open_spare (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
pause_accepting (SioListener *self)
{
  sio_watch_remove (&self->watch);
  sio_deadline_arm (&self->pause, self->pause_list);
}

static void
warn (SioListener *self, int code, const char *advice)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree char *text = NULL;

  text = g_strdup_printf ("%s: cannot accept connections: %s%s", self->address, g_strerror (code),
                          advice);
  if (self->exhausted != NULL && self->exhausted (self, text, self->user_data))
    return;
  if (self->last_log != 0 && now - self->last_log < LOG_INTERVAL_US)
    return;
  g_warning ("%s", text);
  self->last_log = now;
}

/* Out of descriptors: take the waiting connection with the spare one and close it, so that
 * the peer gets an answer, then leave the others in the backlog for a while. */
static void
handle_exhaustion (SioListener *self, int code)
{
  self->n_exhausted++;
  if (self->spare_fd >= 0)
    {
      int fd;

      close (self->spare_fd);
      fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC);
      if (fd >= 0)
        close (fd);
      self->spare_fd = open_spare ();
    }
  pause_accepting (self);
  warn (self, code,
        "; they wait until others end. Raise the limit of open files (LimitNOFILE) above the "
        "number of connections you expect");
}

static void
accept_cb (SioWatch *watch, guint32 events)
{
  SioListener *self = watch->data;
  gboolean freed = FALSE;

  self->freed = &freed;
  for (guint i = 0; i < ACCEPT_BATCH; i++)
    {
      struct sockaddr_storage peer;
      socklen_t length = sizeof peer;
      int fd = accept4 (self->fd, (struct sockaddr *) &peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      int code;

      if (fd >= 0)
        {
          self->func (self, fd, &peer, self->user_data);
          if (freed)
            return;
          continue;
        }
      code = errno;
      if (code == EAGAIN)
        break;
      switch (code)
        {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
          handle_exhaustion (self, code);
          break;
        case EBADF:
        case EFAULT:
        case EINVAL:
        case ENOTSOCK:
          /* Somebody who shares the socket shut it down: epoll would report it for ever. */
          pause_accepting (self);
          warn (self, code, "");
          break;
        default:
          /* The peer gave up (ECONNABORTED), or a passing network error. */
          continue;
        }
      /* Whoever was told may have stopped listening. */
      if (freed)
        return;
      break;
    }
  self->freed = NULL;
}

static void
resume_cb (SioDeadline *deadline)
{
  SioListener *self = deadline->data;
  g_autoptr (GError) error = NULL;

  if (self->spare_fd < 0)
    self->spare_fd = open_spare ();
  if (!sio_watch_add (&self->watch, self->fd, EPOLLIN, &error))
    sio_deadline_arm (&self->pause, self->pause_list);
}

SioListener *
sio_listener_new (SioReactor *reactor,
                  int fd,
                  gboolean tls,
                  SioListenerFunc func,
                  gpointer user_data,
                  GError **error)
{
  SioListener *self = g_new0 (SioListener, 1);

  self->reactor = sio_reactor_ref (reactor);
  self->fd = fd;
  self->tls = tls;
  self->func = func;
  self->user_data = user_data;
  self->spare_fd = open_spare ();
  self->address = sio_address_describe (fd, &self->is_unix);
  self->pause_list = sio_deadline_list_get (reactor, PAUSE_MS);
  sio_deadline_init (&self->pause, resume_cb, self);
  sio_watch_init (&self->watch, reactor, accept_cb, self);
  if (!sio_watch_add (&self->watch, fd, EPOLLIN, error))
    {
      sio_listener_free (self);
      return NULL;
    }
  return self;
}

void
sio_listener_free (SioListener *self)
{
  if (self->freed != NULL)
    *self->freed = TRUE;
  sio_watch_remove (&self->watch);
  sio_deadline_disarm (&self->pause);
  sio_deadline_list_unref (self->pause_list);
  close (self->fd);
  if (self->spare_fd >= 0)
    close (self->spare_fd);
  if (self->unlink_path != NULL)
    g_unlink (self->unlink_path);
  sio_reactor_unref (self->reactor);
  g_free (self->unlink_path);
  g_free (self->address);
  g_free (self);
}

void
sio_listener_set_exhausted_func (SioListener *self, SioListenerExhaustedFunc func)
{
  self->exhausted = func;
}

void
sio_listener_set_unlink_path (SioListener *self, const char *path)
{
  g_free (self->unlink_path);
  self->unlink_path = g_strdup (path);
}

gboolean
sio_listener_is_tls (SioListener *self)
{
  return self->tls;
}

gboolean
sio_listener_is_unix (SioListener *self)
{
  return self->is_unix;
}

char *
sio_listener_dup_uri (SioListener *self)
{
  if (self->is_unix)
    return g_strconcat ("unix:", self->address, NULL);
  return g_strconcat (self->tls ? "https://" : "http://", self->address, "/", NULL);
}

guint64
sio_listener_get_n_exhausted (SioListener *self)
{
  return self->n_exhausted;
}
