/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/epoll.h>

G_BEGIN_DECLS

/* One reactor serves one GMainContext: a single GSource around an epoll
 * descriptor, the deadlines, and work put off to the end of the iteration.
 * Not thread-safe; used only by the thread that runs the context. */
typedef struct _SioReactor SioReactor;

typedef struct _SioWatch SioWatch;
typedef struct _SioDefer SioDefer;

typedef void (*SioWatchFunc) (SioWatch *watch, guint32 events);
typedef void (*SioDeferFunc) (SioDefer *defer);

/* Interest in a descriptor. Embedded in its owner; the owner may free it
 * as soon as sio_watch_remove() returned, also from inside any callback. */
struct _SioWatch
{
  SioReactor *reactor;
  SioWatchFunc func;
  gpointer data;
  int fd; /* -1 while not added */
  guint32 events;
  guint32 generation;
};

/* Work done once at the end of the current dispatch, or in the next
 * iteration when queued from outside. Embedded in its owner. */
struct _SioDefer
{
  SioDefer *next;
  SioDefer *prev;
  SioReactor *reactor; /* not NULL while queued */
  SioDeferFunc func;
  gpointer data;
};

#define SIO_REACTOR_BUFFER_SIZE (64 * 1024)

/* Returns: (transfer full): the reactor of @context (NULL: the thread-default one),
 * created and attached at the first call, destroyed with its last reference */
SioReactor *sio_reactor_get (GMainContext *context);
SioReactor *sio_reactor_ref (SioReactor *self);
void sio_reactor_unref (SioReactor *self);
GMainContext *sio_reactor_get_context (SioReactor *self);

/* Monotonic time in µs; inside a dispatch the time of its start. */
gint64 sio_reactor_now (SioReactor *self);

/* A scratch buffer of SIO_REACTOR_BUFFER_SIZE bytes for whoever reads right now. */
guint8 *sio_reactor_get_buffer (SioReactor *self);

void sio_watch_init (SioWatch *watch, SioReactor *reactor, SioWatchFunc func, gpointer data);
gboolean sio_watch_add (SioWatch *watch, int fd, guint32 events, GError **error);
void sio_watch_modify (SioWatch *watch, guint32 events);
/* Must be called before @fd is closed or, at the latest, right after. */
void sio_watch_remove (SioWatch *watch);

void sio_defer_init (SioDefer *defer, SioDeferFunc func, gpointer data);
/* Does nothing if @defer is queued already. */
void sio_defer_queue (SioDefer *defer, SioReactor *reactor);
void sio_defer_cancel (SioDefer *defer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioReactor, sio_reactor_unref)

G_END_DECLS
