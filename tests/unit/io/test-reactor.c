/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io-fixture.h"
#include "sio-deadline-private.h"

typedef struct
{
  SioWatch watch;
  guint n_calls;
  guint32 events;
} Counter;

static void
count_cb (SioWatch *watch, guint32 events)
{
  Counter *counter = watch->data;

  counter->n_calls++;
  counter->events = events;
}

static void
counter_add (Counter *counter, SioReactor *reactor, int fd, guint32 events)
{
  g_autoptr (GError) error = NULL;

  counter->n_calls = 0;
  sio_watch_init (&counter->watch, reactor, count_cb, counter);
  sio_watch_add (&counter->watch, fd, events, &error);
  g_assert_no_error (error);
}

static int
ready_fd (void)
{
  int fd = eventfd (1, EFD_CLOEXEC | EFD_NONBLOCK);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
test_shared (void)
{
  g_autoptr (GMainContext) other_context = g_main_context_new ();
  g_autoptr (SioReactor) first = sio_reactor_get (NULL);
  g_autoptr (SioReactor) second = sio_reactor_get (g_main_context_default ());
  g_autoptr (SioReactor) other = sio_reactor_get (other_context);
  g_autoptr (SioReactor) by_default = NULL;

  g_assert_true (first == second);
  g_assert_true (first != other);
  g_assert_true (sio_reactor_get_context (first) == g_main_context_default ());
  g_assert_true (sio_reactor_get_context (other) == other_context);
  g_main_context_push_thread_default (other_context);
  by_default = sio_reactor_get (NULL);
  g_main_context_pop_thread_default (other_context);
  g_assert_true (by_default == other);
}

static void
test_events (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  Counter counter;
  guint64 value;
  int fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);

  counter_add (&counter, reactor, fd, EPOLLIN);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (counter.n_calls, ==, 0);
  g_assert_cmpint (eventfd_write (fd, 1), ==, 0);
  io_wait_for (counter.n_calls > 0);
  g_assert_cmphex (counter.events, ==, EPOLLIN);
  g_assert_cmpint (eventfd_read (fd, &value), ==, 0);

  counter.n_calls = 0;
  sio_watch_modify (&counter.watch, EPOLLIN | EPOLLOUT);
  io_wait_for (counter.n_calls > 0);
  g_assert_cmphex (counter.events, ==, EPOLLOUT);

  sio_watch_remove (&counter.watch);
  g_assert_cmpint (counter.watch.fd, ==, -1);
  sio_watch_remove (&counter.watch);
  counter.n_calls = 0;
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (counter.n_calls, ==, 0);
  close (fd);
}

static void
test_add_fails (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  g_autoptr (GError) error = NULL;
  SioWatch watch;
  int fd = ready_fd ();

  close (fd);
  sio_watch_init (&watch, reactor, count_cb, NULL);
  g_assert_false (sio_watch_add (&watch, fd, EPOLLIN, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (watch.fd, ==, -1);
  sio_watch_remove (&watch);
}

/* Two that are ready in the same round; whichever comes first acts on the other. */
typedef struct
{
  SioWatch watches[2];
  int fds[2];
  guint n_calls;
  void (*act) (gpointer pair, guint other);
  Counter late;
} Pair;

static void
pair_cb (SioWatch *watch, guint32 events)
{
  Pair *pair = watch->data;

  if (pair->n_calls++ == 0)
    pair->act (pair, watch == &pair->watches[0] ? 1 : 0);
}

static void
pair_run (Pair *pair, SioReactor *reactor, void (*act) (gpointer, guint))
{
  pair->n_calls = 0;
  pair->act = act;
  for (guint i = 0; i < 2; i++)
    {
      pair->fds[i] = ready_fd ();
      sio_watch_init (&pair->watches[i], reactor, pair_cb, pair);
      g_assert_true (sio_watch_add (&pair->watches[i], pair->fds[i], EPOLLIN, NULL));
    }
  while (pair->n_calls == 0)
    g_main_context_iteration (NULL, FALSE);
}

static void
pair_clear (Pair *pair)
{
  for (guint i = 0; i < 2; i++)
    {
      sio_watch_remove (&pair->watches[i]);
      close (pair->fds[i]);
    }
}

static void
remove_both (gpointer data, guint other)
{
  Pair *pair = data;

  sio_watch_remove (&pair->watches[other]);
  sio_watch_remove (&pair->watches[1 - other]);
  /* The owner may free it now. */
  memset (&pair->watches[other].func, 0, sizeof (SioWatchFunc));
}

static void
test_remove_in_callback (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  Pair pair;

  pair_run (&pair, reactor, remove_both);
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (pair.n_calls, ==, 1);
  pair_clear (&pair);
}

static void
modify_other (gpointer data, guint other)
{
  Pair *pair = data;

  sio_watch_modify (&pair->watches[other], EPOLLPRI);
}

static void
test_modify_in_callback (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  Pair pair;

  pair_run (&pair, reactor, modify_other);
  g_assert_cmpuint (pair.n_calls, ==, 1);
  pair_clear (&pair);
}

/* The other descriptor goes, and its number comes back with something else
 * that is not readable, while the old event still lies in the round. */
static void
reuse_other (gpointer data, guint other)
{
  Pair *pair = data;
  SioReactor *reactor = pair->watches[other].reactor;
  int fresh = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);

  sio_watch_remove (&pair->watches[other]);
  g_assert_cmpint (dup3 (fresh, pair->fds[other], O_CLOEXEC), ==, pair->fds[other]);
  close (fresh);
  counter_add (&pair->late, reactor, pair->fds[other], EPOLLIN);
}

static void
test_reuse_in_callback (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  Pair pair;

  pair_run (&pair, reactor, reuse_other);
  g_assert_cmpuint (pair.n_calls, ==, 1);
  g_assert_cmpuint (pair.late.n_calls, ==, 0);
  g_assert_cmpint (eventfd_write (pair.late.watch.fd, 1), ==, 0);
  io_wait_for (pair.late.n_calls > 0);
  sio_watch_remove (&pair.late.watch);
  pair_clear (&pair);
}

/* Closed without being removed; the late removal must not hit the new owner. */
static void
test_stale_watch (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  Counter old, fresh;
  int fd = ready_fd ();

  counter_add (&old, reactor, fd, EPOLLIN);
  close (fd);
  g_assert_cmpint (ready_fd (), ==, fd);
  counter_add (&fresh, reactor, fd, EPOLLIN);
  g_assert_cmpint (old.watch.fd, ==, -1);
  sio_watch_remove (&old.watch);
  io_wait_for (fresh.n_calls > 0);
  g_assert_cmpuint (old.n_calls, ==, 0);
  sio_watch_remove (&fresh.watch);

  /* The same descriptor twice: the later one wins. */
  counter_add (&old, reactor, fd, EPOLLIN);
  counter_add (&fresh, reactor, fd, EPOLLIN);
  io_wait_for (fresh.n_calls > 0);
  g_assert_cmpuint (old.n_calls, ==, 0);
  sio_watch_remove (&old.watch);
  fresh.n_calls = 0;
  io_wait_for (fresh.n_calls > 0);
  sio_watch_remove (&fresh.watch);
  close (fd);
}

static gboolean
count_source_cb (gpointer user_data)
{
  (*(guint *) user_data)++;
  return G_SOURCE_CONTINUE;
}

#define N_BUSY 1300
/* As in sio-reactor.c. */
#define ROUND 64
#define SLICE 128

/* More ready descriptors than one dispatch takes, none of which is ever drained. */
static void
test_busy (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  g_autofree Counter *counters = g_new0 (Counter, N_BUSY);
  struct rlimit limit;
  guint n_idle = 0, n_timeout = 0, n_calls = 0, n_fds = N_BUSY;
  guint idle, timeout;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = MIN (limit.rlim_max, 4096);
  setrlimit (RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < N_BUSY + 100)
    {
      g_test_skip ("too few descriptors");
      return;
    }

  for (guint i = 0; i < n_fds; i++)
    counter_add (&counters[i], reactor, ready_fd (), EPOLLIN);
  idle = g_idle_add_full (G_PRIORITY_DEFAULT, count_source_cb, &n_idle, NULL);
  timeout = g_timeout_add (1, count_source_cb, &n_timeout);
  g_main_context_iteration (NULL, FALSE);
  for (guint i = 0; i < n_fds; i++)
    n_calls += counters[i].n_calls;
  g_assert_cmpuint (n_calls, >=, ROUND);
  g_assert_cmpuint (n_calls, <=, 1024);

  io_wait_for (n_timeout >= 3);
  g_assert_cmpuint (n_idle, >=, 3);
  for (guint i = 0; i < n_fds; i++)
    {
      io_wait_for (counters[i].n_calls > 0);
      close (counters[i].watch.fd);
      sio_watch_remove (&counters[i].watch);
    }
  g_source_remove (idle);
  g_source_remove (timeout);
}

static void
slow_cb (SioWatch *watch, guint32 events)
{
  (*(guint *) watch->data)++;
  g_usleep (200);
}

static void
slow_defer_cb (SioDefer *defer)
{
  (*(guint *) defer->data)++;
  g_usleep (200);
}

/* What takes long counts by its time: others wait for one round, or one slice, at most. */
static void
test_slow (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  SioWatch watches[4 * ROUND];
  SioDefer defers[4 * SLICE];
  guint n_events = 0;
  guint n_deferred = 0;

  for (guint i = 0; i < G_N_ELEMENTS (watches); i++)
    {
      sio_watch_init (&watches[i], reactor, slow_cb, &n_events);
      g_assert_true (sio_watch_add (&watches[i], ready_fd (), EPOLLIN, NULL));
    }
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (n_events, ==, ROUND);

  for (guint i = 0; i < G_N_ELEMENTS (watches); i++)
    {
      close (watches[i].fd);
      sio_watch_remove (&watches[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (defers); i++)
    {
      sio_defer_init (&defers[i], slow_defer_cb, &n_deferred);
      sio_defer_queue (&defers[i], reactor);
    }
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (n_deferred, ==, SLICE);
  io_wait_for (n_deferred == G_N_ELEMENTS (defers));
}

typedef struct
{
  SioReactor *reactor;
  SioDefer defers[3];
  SioDefer late;
  SioDefer endless;
  GString *log;
  guint n_endless;
} Defers;

static void
defer_log_cb (SioDefer *defer)
{
  Defers *d = defer->data;

  if (defer == &d->late)
    {
      g_string_append_c (d->log, 'L');
      return;
    }
  g_string_append_c (d->log, '0' + (defer - d->defers));
  if (defer == &d->defers[0])
    {
      sio_defer_queue (&d->late, d->reactor);
      sio_defer_cancel (&d->defers[1]);
    }
}

static void
defer_endless_cb (SioDefer *defer)
{
  Defers *d = defer->data;

  d->n_endless++;
  sio_defer_queue (defer, d->reactor);
}

static void
defer_from_watch_cb (SioWatch *watch, guint32 events)
{
  Defers *d = watch->data;
  guint64 value;

  eventfd_read (watch->fd, &value);
  g_string_append_c (d->log, 'w');
  sio_defer_queue (&d->defers[2], d->reactor);
  sio_defer_queue (&d->defers[2], d->reactor);
}

static void
test_defer (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  g_autoptr (GString) log = g_string_new (NULL);
  Defers d = { .reactor = reactor, .log = log };
  SioWatch watches[2];

  for (guint i = 0; i < 3; i++)
    sio_defer_init (&d.defers[i], defer_log_cb, &d);
  sio_defer_init (&d.late, defer_log_cb, &d);
  sio_defer_init (&d.endless, defer_endless_cb, &d);

  /* Queued from outside: next iteration, in order; what they queue comes after. */
  for (guint i = 0; i < 3; i++)
    sio_defer_queue (&d.defers[i], reactor);
  g_assert_cmpstr (log->str, ==, "");
  io_wait_for (log->len >= 3);
  g_assert_cmpstr (log->str, ==, "02L");
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpstr (log->str, ==, "02L");

  /* Queued by descriptors: once, after all of them. */
  g_string_truncate (log, 0);
  for (guint i = 0; i < 2; i++)
    {
      sio_watch_init (&watches[i], reactor, defer_from_watch_cb, &d);
      g_assert_true (sio_watch_add (&watches[i], ready_fd (), EPOLLIN, NULL));
    }
  io_wait_for (log->len >= 3);
  g_assert_cmpstr (log->str, ==, "ww2");
  for (guint i = 0; i < 2; i++)
    {
      close (watches[i].fd);
      sio_watch_remove (&watches[i]);
    }

  /* One that always comes back does not hold the loop, but is never forgotten. */
  sio_defer_queue (&d.endless, reactor);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (d.n_endless, >, 0);
  g_assert_cmpuint (d.n_endless, <, 100);
  io_wait_for (d.n_endless > 100);
  sio_defer_cancel (&d.endless);
  sio_defer_cancel (&d.endless);
}

static void
drop_reactor_cb (SioWatch *watch, guint32 events)
{
  SioReactor **reactor = watch->data;

  g_clear_pointer (reactor, sio_reactor_unref);
}

static void
never_cb (SioDefer *defer)
{
  g_assert_not_reached ();
}

static void
defer_drop_cb (SioDefer *defer)
{
  g_clear_pointer ((SioReactor **) defer->data, sio_reactor_unref);
}

static void
test_last_reference (void)
{
  SioReactor *reactor = sio_reactor_get (NULL);
  SioWatch watch;
  SioDefer drop;
  SioDefer defer;
  int fd = ready_fd ();

  sio_watch_init (&watch, reactor, drop_reactor_cb, &reactor);
  g_assert_true (sio_watch_add (&watch, fd, EPOLLIN, NULL));
  while (reactor != NULL)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (watch.fd, ==, -1);
  sio_watch_remove (&watch);
  close (fd);

  reactor = sio_reactor_get (NULL);
  sio_defer_init (&drop, defer_drop_cb, &reactor);
  sio_defer_queue (&drop, reactor);
  while (reactor != NULL)
    g_main_context_iteration (NULL, FALSE);

  reactor = sio_reactor_get (NULL);
  sio_defer_init (&defer, never_cb, NULL);
  sio_defer_queue (&defer, reactor);
  sio_reactor_unref (reactor);
  g_assert_null (defer.reactor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
nested_cb (SioWatch *watch, guint32 events)
{
  Counter *counter = watch->data;

  counter->n_calls++;
  for (guint i = 0; i < 3; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (sio_reactor_now (watch->reactor), ==, sio_reactor_now (watch->reactor));
}

static void
test_no_recursion (void)
{
  g_autoptr (SioReactor) reactor = sio_reactor_get (NULL);
  Counter counter = { .n_calls = 0 };
  int fd = ready_fd ();

  sio_watch_init (&counter.watch, reactor, nested_cb, &counter);
  g_assert_true (sio_watch_add (&counter.watch, fd, EPOLLIN, NULL));
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (counter.n_calls, ==, 1);
  sio_watch_remove (&counter.watch);
  close (fd);
}

/* Two ends in one thread throw a byte back and forth; every thread has its own reactor. */
typedef struct
{
  SioWatch watches[2];
  guint n_left;
  gboolean expired;
} PingPong;

static void
ping_pong_cb (SioWatch *watch, guint32 events)
{
  PingPong *p = watch->data;
  guint8 byte;

  g_assert_cmpint (recv (watch->fd, &byte, 1, 0), ==, 1);
  if (p->n_left > 0 && --p->n_left > 0)
    g_assert_cmpint (send (watch->fd, &byte, 1, MSG_NOSIGNAL), ==, 1);
}

static void
expired_cb (SioDeadline *deadline)
{
  PingPong *p = deadline->data;

  p->expired = TRUE;
}

static gpointer
thread_func (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PingPong p = { .n_left = 2000 };
  SioDeadlineList *list;
  SioDeadline deadline;
  SioReactor *reactor;
  int fds[2];

  g_main_context_push_thread_default (context);
  reactor = sio_reactor_get (NULL);
  g_assert_true (sio_reactor_get_context (reactor) == context);
  list = sio_deadline_list_get (reactor, 5);
  io_connect (IO_SOCKETPAIR, fds);
  for (guint i = 0; i < 2; i++)
    {
      sio_watch_init (&p.watches[i], reactor, ping_pong_cb, &p);
      g_assert_true (sio_watch_add (&p.watches[i], fds[i], EPOLLIN, NULL));
    }
  sio_deadline_init (&deadline, expired_cb, &p);
  sio_deadline_arm (&deadline, list);
  g_assert_cmpint (send (fds[0], "x", 1, MSG_NOSIGNAL), ==, 1);
  while (p.n_left > 0 || !p.expired)
    g_main_context_iteration (context, TRUE);
  for (guint i = 0; i < 2; i++)
    {
      sio_watch_remove (&p.watches[i]);
      close (fds[i]);
    }
  sio_deadline_list_unref (list);
  sio_reactor_unref (reactor);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reactor", thread_func, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gpointer
contend_func (gpointer context)
{
  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (SioReactor) reactor = sio_reactor_get (context);

      sio_reactor_ref (reactor);
      sio_reactor_unref (reactor);
    }
  return NULL;
}

/* Getting and dropping from several threads never yields a dead one. */
static void
test_contention (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("contend", contend_func, context);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reactor/shared", test_shared);
  g_test_add_func ("/reactor/events", test_events);
  g_test_add_func ("/reactor/add-fails", test_add_fails);
  g_test_add_func ("/reactor/remove-in-callback", test_remove_in_callback);
  g_test_add_func ("/reactor/modify-in-callback", test_modify_in_callback);
  g_test_add_func ("/reactor/reuse-in-callback", test_reuse_in_callback);
  g_test_add_func ("/reactor/stale-watch", test_stale_watch);
  g_test_add_func ("/reactor/busy", test_busy);
  g_test_add_func ("/reactor/slow", test_slow);
  g_test_add_func ("/reactor/defer", test_defer);
  g_test_add_func ("/reactor/last-reference", test_last_reference);
  g_test_add_func ("/reactor/no-recursion", test_no_recursion);
  g_test_add_func ("/reactor/threads", test_threads);
  g_test_add_func ("/reactor/contention", test_contention);
  return g_test_run ();
}
