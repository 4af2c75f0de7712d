/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-reactor-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "sio-deadline-private.h"

/* What one dispatch may do at most, so that other sources of the context
 * (D-Bus, timers) get their turn however busy the descriptors are. An iteration of the main loop
 * costs a hundredth of these times. */
#define EVENTS_PER_ROUND 64
#define ROUNDS_PER_SLICE 16
#define DEADLINES_PER_DISPATCH 1000
#define DEFERS_PER_SLICE 128
#define SLICES_PER_DISPATCH 8
#define SLICE_US 1000
#define DISPATCH_US 2000

typedef struct
{
  GSource parent;
  SioReactor *reactor; /* outlives the attached source */
} ReactorSource;

struct _SioReactor
{
  gint ref_count;
  int epoll_fd;
  GMainContext *context;
  ReactorSource *source;
  gpointer epoll_tag;
  gint64 now;         /* 0 outside of a dispatch */
  SioWatch **watches; /* by descriptor */
  guint n_watches;
  guint32 generation;
  SioDefer pending; /* head of a ring */
  guint n_pending;
  gboolean muted; /* see is_nested() */
  SioDeadlineList *deadline_lists;
  guint8 *buffer;
};

/* Guards reactors, and the step of a reference count to and from 0. */
static GMutex reactors_lock;
static GHashTable *reactors; /* GMainContext → SioReactor */

static void
ring_init (SioDefer *head)
{
  head->next = head->prev = head;
}

static gboolean
ring_is_empty (SioDefer *head)
{
  return head->next == head;
}

static void
ring_clear (SioDefer *head)
{
  while (!ring_is_empty (head))
    sio_defer_cancel (head->next);
}

static int
get_timeout (SioReactor *self, gint64 now)
{
  gint64 next;

  if (!ring_is_empty (&self->pending))
    return 0;
  next = sio_deadline_lists_next (self->deadline_lists);
  if (next == G_MAXINT64)
    return -1;
  if (next <= now)
    return 0;
  /* Rounded up, or the loop would spin through the last millisecond. */
  return (int) MIN ((next - now + 999) / 1000, G_MAXINT);
}

/* A callback runs a main loop of its own: the buffers of whoever called it are in use, so
 * nothing is dispatched inside, and the descriptor must not keep that loop awake. */
static gboolean
is_nested (SioReactor *self)
{
  if (self->now == 0)
    return FALSE;
  if (!self->muted && self->epoll_tag != NULL)
    {
      self->muted = TRUE;
      g_source_modify_unix_fd (&self->source->parent, self->epoll_tag, 0);
    }
  return TRUE;
}

static gboolean
source_prepare (GSource *source, int *timeout)
{
  SioReactor *self = ((ReactorSource *) source)->reactor;

  *timeout = -1;
  if (is_nested (self))
    return FALSE;
  *timeout = get_timeout (self, g_source_get_time (source));
  return *timeout == 0;
}

static gboolean
events_wait (SioReactor *self)
{
  return self->epoll_tag != NULL &&
         g_source_query_unix_fd (&self->source->parent, self->epoll_tag) != 0;
}

static gboolean
source_check (GSource *source)
{
  SioReactor *self = ((ReactorSource *) source)->reactor;

  if (is_nested (self))
    return FALSE;
  return events_wait (self) || get_timeout (self, g_source_get_time (source)) == 0;
}

static void
dispatch_events (SioReactor *self)
{
  for (guint round = 0; round < ROUNDS_PER_SLICE; round++)
    {
      struct epoll_event events[EVENTS_PER_ROUND];
      int n = epoll_wait (self->epoll_fd, events, EVENTS_PER_ROUND, 0);

      for (int i = 0; i < n; i++)
        {
          guint fd = (guint32) events[i].data.u64;
          guint32 generation = events[i].data.u64 >> 32;
          SioWatch *watch = fd < self->n_watches ? self->watches[fd] : NULL;
          guint32 ready;

          /* Removed, or another descriptor of the same number, since the round began. */
          if (watch == NULL || watch->generation != generation)
            continue;
          ready = events[i].events & (watch->events | EPOLLERR | EPOLLHUP);
          if (ready != 0)
            watch->func (watch, ready);
        }
      if (n < EVENTS_PER_ROUND || g_get_monotonic_time () - self->now >= SLICE_US)
        break;
    }
}

static void
dispatch_defers (SioReactor *self)
{
  /* What these queue waits for the next slice. */
  guint n = MIN (self->n_pending, DEFERS_PER_SLICE);

  for (guint i = 0; i < n && !ring_is_empty (&self->pending); i++)
    {
      SioDefer *defer = self->pending.next;

      sio_defer_cancel (defer);
      defer->func (defer);
    }
}

/* A broadcast defers a write for each of its recipients. Between slices of them the events
 * get a turn: what comes in meanwhile is sent along with what is still to be written. */
static void
dispatch_slice (SioReactor *self, gboolean look_for_events)
{
  self->now = g_get_monotonic_time ();
  if (look_for_events)
    dispatch_events (self);
  for (guint i = 0; i < DEADLINES_PER_DISPATCH; i++)
    {
      if (!sio_deadline_lists_fire (self->deadline_lists, self->now))
        break;
    }
  dispatch_defers (self);
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  /* The last reference may go in a callback. */
  g_autoptr (SioReactor) self = sio_reactor_ref (((ReactorSource *) source)->reactor);
  gint64 end = g_get_monotonic_time () + DISPATCH_US;

  dispatch_slice (self, events_wait (self));
  for (guint i = 1; i < SLICES_PER_DISPATCH && !ring_is_empty (&self->pending); i++)
    {
      if (g_get_monotonic_time () >= end)
        break;
      dispatch_slice (self, self->epoll_tag != NULL);
    }
  self->now = 0;
  if (self->muted)
    {
      self->muted = FALSE;
      g_source_modify_unix_fd (source, self->epoll_tag, G_IO_IN);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { source_prepare, source_check, source_dispatch, NULL };

static SioReactor *
reactor_new (GMainContext *context)
{
  SioReactor *self = g_new0 (SioReactor, 1);

  self->ref_count = 1;
  self->context = g_main_context_ref (context);
  ring_init (&self->pending);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd < 0)
    g_warning ("cannot watch descriptors: epoll_create1: %s", g_strerror (errno));

  self->source = (ReactorSource *) g_source_new (&source_funcs, sizeof (ReactorSource));
  self->source->reactor = self;
  g_source_set_static_name (&self->source->parent, "[sio] reactor");
  /* Sources that may not recurse are blocked while they are dispatched, which costs three
   * system calls each time; see is_nested() for what happens in place of that. */
  g_source_set_can_recurse (&self->source->parent, TRUE);
  if (self->epoll_fd >= 0)
    self->epoll_tag = g_source_add_unix_fd (&self->source->parent, self->epoll_fd, G_IO_IN);
  g_source_attach (&self->source->parent, context);
  return self;
}

static void
reactor_free (SioReactor *self)
{
  /* Owners that outlive the reactor find themselves removed. */
  for (guint i = 0; i < self->n_watches; i++)
    {
      if (self->watches[i] != NULL)
        self->watches[i]->fd = -1;
    }
  ring_clear (&self->pending);
  g_source_destroy (&self->source->parent);
  g_source_unref (&self->source->parent);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_main_context_unref (self->context);
  g_free (self->watches);
  g_free (self->buffer);
  g_free (self);
}

SioReactor *
sio_reactor_get (GMainContext *context)
{
  SioReactor *self;

  if (context == NULL)
    context = g_main_context_get_thread_default ();
  if (context == NULL)
    context = g_main_context_default ();

  g_mutex_lock (&reactors_lock);
  if (reactors == NULL)
    reactors = g_hash_table_new (NULL, NULL);
  self = g_hash_table_lookup (reactors, context);
  if (self != NULL)
    g_atomic_int_inc (&self->ref_count);
  else
    {
      self = reactor_new (context);
      g_hash_table_insert (reactors, context, self);
    }
  g_mutex_unlock (&reactors_lock);
  return self;
}

SioReactor *
sio_reactor_ref (SioReactor *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
sio_reactor_unref (SioReactor *self)
{
  gint old = g_atomic_int_get (&self->ref_count);

  while (old > 1)
    {
      if (g_atomic_int_compare_and_exchange_full (&self->ref_count, old, old - 1, &old))
        return;
    }

  /* Perhaps the last one: sio_reactor_get() must not hand it out meanwhile. */
  g_mutex_lock (&reactors_lock);
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    {
      g_mutex_unlock (&reactors_lock);
      return;
    }
  g_hash_table_remove (reactors, self->context);
  if (g_hash_table_size (reactors) == 0)
    g_clear_pointer (&reactors, g_hash_table_unref);
  g_mutex_unlock (&reactors_lock);
  reactor_free (self);
}

GMainContext *
sio_reactor_get_context (SioReactor *self)
{
  return self->context;
}

gint64
sio_reactor_now (SioReactor *self)
{
  return self->now != 0 ? self->now : g_get_monotonic_time ();
}

guint8 *
sio_reactor_get_buffer (SioReactor *self)
{
  if (self->buffer == NULL)
    self->buffer = g_malloc (SIO_REACTOR_BUFFER_SIZE);
  return self->buffer;
}

SioDeadlineList **
sio_reactor_get_deadline_lists (SioReactor *self)
{
  return &self->deadline_lists;
}

void
sio_watch_init (SioWatch *watch, SioReactor *reactor, SioWatchFunc func, gpointer data)
{
  *watch = (SioWatch){ .reactor = reactor, .func = func, .data = data, .fd = -1 };
}

static void
grow_watches (SioReactor *self, guint fd)
{
  guint n = MAX (self->n_watches, 64);

  while (n <= fd)
    n *= 2;
  self->watches = g_renew (SioWatch *, self->watches, n);
  memset (self->watches + self->n_watches, 0, (n - self->n_watches) * sizeof (SioWatch *));
  self->n_watches = n;
}

static int
watch_ctl (SioWatch *watch, int operation, int fd, guint32 events)
{
  struct epoll_event event = { .events = events };

  event.data.u64 = (guint64) watch->generation << 32 | (guint32) fd;
  return epoll_ctl (watch->reactor->epoll_fd, operation, fd, &event);
}

gboolean
sio_watch_add (SioWatch *watch, int fd, guint32 events, GError **error)
{
  SioReactor *self = watch->reactor;

  g_return_val_if_fail (watch->fd == -1, FALSE);
  g_return_val_if_fail (fd >= 0, FALSE);

  watch->generation = ++self->generation;
  if (watch_ctl (watch, EPOLL_CTL_ADD, fd, events) != 0 &&
      (errno != EEXIST || watch_ctl (watch, EPOLL_CTL_MOD, fd, events) != 0))
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "cannot watch descriptor: %s", g_strerror (saved_errno));
      return FALSE;
    }

  if ((guint) fd >= self->n_watches)
    grow_watches (self, fd);
  /* Somebody closed this descriptor without removing the watch. */
  if (self->watches[fd] != NULL)
    self->watches[fd]->fd = -1;
  self->watches[fd] = watch;
  watch->fd = fd;
  watch->events = events;
  return TRUE;
}

void
sio_watch_modify (SioWatch *watch, guint32 events)
{
  if (watch->fd < 0 || watch->events == events)
    return;
  watch->events = events;
  /* Fails only for a descriptor that was closed, and then there is nothing to watch. */
  watch_ctl (watch, EPOLL_CTL_MOD, watch->fd, events);
}

void
sio_watch_remove (SioWatch *watch)
{
  SioReactor *self = watch->reactor;

  if (watch->fd < 0)
    return;
  if (self->watches[watch->fd] == watch)
    {
      self->watches[watch->fd] = NULL;
      watch_ctl (watch, EPOLL_CTL_DEL, watch->fd, 0);
    }
  watch->fd = -1;
}

void
sio_defer_init (SioDefer *defer, SioDeferFunc func, gpointer data)
{
  *defer = (SioDefer){ .func = func, .data = data };
}

void
sio_defer_queue (SioDefer *defer, SioReactor *reactor)
{
  if (defer->reactor != NULL)
    return;
  defer->reactor = reactor;
  defer->next = &reactor->pending;
  defer->prev = reactor->pending.prev;
  defer->prev->next = defer;
  reactor->pending.prev = defer;
  reactor->n_pending++;
}

void
sio_defer_cancel (SioDefer *defer)
{
  if (defer->reactor == NULL)
    return;
  defer->prev->next = defer->next;
  defer->next->prev = defer->prev;
  defer->prev = defer->next = NULL;
  defer->reactor->n_pending--;
  defer->reactor = NULL;
}
