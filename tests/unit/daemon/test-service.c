/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sios-limits.h"
#include "sios-notify.h"
#include "sios-watchdog.h"

/* What the service manager hears, with its end of the socket. */

typedef struct
{
  char *address;
  char *directory; /* NULL: the socket has no file */
  int fd;
} Manager;

static Manager *
manager_new (gboolean abstract)
{
  Manager *self = g_new0 (Manager, 1);
  struct sockaddr_un native = { .sun_family = AF_UNIX };
  socklen_t length;

  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->fd, >=, 0);
  if (abstract)
    /* The system chooses a name. */
    g_assert_no_errno (bind (self->fd, (struct sockaddr *) &native, sizeof (sa_family_t)));
  else
    {
      self->directory = g_dir_make_tmp ("sio-notify-XXXXXX", NULL);
      self->address = g_build_filename (self->directory, "notify", NULL);
      g_strlcpy (native.sun_path, self->address, sizeof native.sun_path);
      g_assert_no_errno (bind (self->fd, (struct sockaddr *) &native, sizeof native));
      return self;
    }
  length = sizeof native;
  g_assert_no_errno (getsockname (self->fd, (struct sockaddr *) &native, &length));
  self->address = g_strdup_printf (
      "@%.*s", (int) (length - offsetof (struct sockaddr_un, sun_path) - 1), native.sun_path + 1);
  return self;
}

static void
manager_free (Manager *self)
{
  close (self->fd);
  if (self->directory != NULL)
    {
      g_unlink (self->address);
      g_rmdir (self->directory);
    }
  g_free (self->directory);
  g_free (self->address);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Manager, manager_free)

/* NULL if there is none. */
static char *
manager_take (Manager *self)
{
  char text[4096];
  ssize_t n = recv (self->fd, text, sizeof text, 0);

  if (n < 0)
    g_assert_cmpint (errno, ==, EAGAIN);
  return n < 0 ? NULL : g_strndup (text, (gsize) n);
}

/* Warnings are what these tests are about. */
static guint n_warnings;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_MASK) == G_LOG_LEVEL_WARNING)
    {
      n_warnings++;
      return G_LOG_WRITER_HANDLED;
    }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
test_notify (gconstpointer abstract)
{
  g_autoptr (Manager) manager = manager_new (GPOINTER_TO_INT (abstract));
  g_autoptr (SiosNotify) notify = sios_notify_new (manager->address);
  g_autofree char *text = NULL;

  g_assert_true (sios_notify_is_heard (notify));
  sios_notify_send (notify, "READY=1\nSTATUS=%d clients", 3);
  text = manager_take (manager);
  g_assert_cmpstr (text, ==, "READY=1\nSTATUS=3 clients");
}

/* The queue of the manager is full, or it has gone: nobody waits, nothing breaks. */
static void
test_deaf (void)
{
  g_autoptr (Manager) manager = manager_new (TRUE);
  g_autoptr (SiosNotify) notify = sios_notify_new (manager->address);

  for (guint i = 0; i < 10000; i++)
    sios_notify_send (notify, "STATUS=%u", i);
  close (manager->fd);
  manager->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sios_notify_send (notify, "STATUS=gone");
}

static void
test_no_address (void)
{
  static const char *const wrong[] = { "", "@", "/", "notify", "vsock:2:1234" };
  g_autofree char *path = g_strnfill (108, 'x');
  g_autoptr (SiosNotify) none = sios_notify_new (NULL);

  g_assert_false (sios_notify_is_heard (none));
  sios_notify_send (none, "READY=1");
  path[0] = '/';
  for (guint i = 0; i <= G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (SiosNotify) notify = NULL;

      n_warnings = 0;
      notify = sios_notify_new (i < G_N_ELEMENTS (wrong) ? wrong[i] : path);
      g_assert_cmpuint (n_warnings, ==, 1);
      g_assert_false (sios_notify_is_heard (notify));
    }
}

#define INTERVAL_MS 40

/* Iterates for some intervals of the watchdog; returns how often it was heard. */
static guint
count_pings (Manager *manager, guint n_intervals)
{
  gint64 end = g_get_monotonic_time () + n_intervals * INTERVAL_MS * 1000;
  guint n = 0;

  while (g_get_monotonic_time () < end)
    {
      g_autofree char *text = NULL;

      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
      text = manager_take (manager);
      if (text == NULL)
        continue;
      g_assert_cmpstr (text, ==, "WATCHDOG=1");
      n++;
    }
  return n;
}

static void
wait_for_pings (Manager *manager, guint n)
{
  gint64 guard = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  while (n > 0)
    {
      guint n_new = count_pings (manager, 1);

      n -= MIN (n, n_new);
      g_assert_cmpint (g_get_monotonic_time (), <, guard);
    }
}

typedef struct
{
  Manager *manager;
  guint n_pings;
  guint n_timers;
  gboolean done;
} Stuck;

static gboolean
count_timer_cb (gpointer user_data)
{
  ((Stuck *) user_data)->n_timers++;
  return G_SOURCE_CONTINUE;
}

/* This is called inside of the reactor, which waits for it. The main loop goes on: whoever lets a
 * timer alone tell that all is well is wrong. */
static void
stuck_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Stuck *stuck = user_data;
  guint timer = g_timeout_add (1, count_timer_cb, stuck);
  gint64 guard = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  stuck->n_pings = count_pings (stuck->manager, 10);
  while (stuck->n_timers <= 10 || n_warnings == 0)
    {
      stuck->n_pings += count_pings (stuck->manager, 1);
      g_assert_cmpint (g_get_monotonic_time (), <, guard);
    }
  g_source_remove (timer);
  stuck->done = TRUE;
}

static void
test_watchdog (void)
{
  g_autoptr (Manager) manager = manager_new (TRUE);
  g_autoptr (SiosNotify) notify = sios_notify_new (manager->address);
  g_autoptr (SioEngine) engine = sio_engine_new ();
  g_autoptr (SiosWatchdog) watchdog =
      sios_watchdog_new (engine, notify, INTERVAL_MS * G_GUINT64_CONSTANT (1000));
  Stuck stuck = { manager, 0, 0, FALSE };

  n_warnings = 0;

  /* Two in each interval at most. */
  g_assert_cmpuint (count_pings (manager, 10), <=, 22);
  wait_for_pings (manager, 5);

  sio_engine_check_progress_async (engine, NULL, stuck_cb, &stuck);
  while (!stuck.done)
    g_main_context_iteration (NULL, TRUE);
  /* One may have been on its way. */
  g_assert_cmpuint (stuck.n_pings, <=, 1);

  /* It goes on, and so does what is told. */
  wait_for_pings (manager, 5);
}

/* Nobody is told anything by one that is gone, whatever was on its way. */
static void
test_watchdog_free (void)
{
  g_autoptr (Manager) manager = manager_new (TRUE);
  g_autoptr (SiosNotify) notify = sios_notify_new (manager->address);
  g_autoptr (SioEngine) engine = sio_engine_new ();

  for (guint i = 0; i < 3; i++)
    sios_watchdog_free (sios_watchdog_new (engine, notify, 1000));
  g_assert_cmpuint (count_pings (manager, 2), ==, 0);
}

static void
time_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(gint64 *) user_data = sio_engine_check_progress_finish (SIO_ENGINE (source), result, &error);
  g_assert_no_error (error);
}

/* Somebody who keeps the thread busy shows. */
static void
test_progress (void)
{
  g_autoptr (SioEngine) engine = sio_engine_new ();
  gint64 times[3] = { -2, -2, -2 };

  sio_engine_check_progress_async (engine, NULL, time_cb, &times[0]);
  sio_engine_check_progress_async (engine, NULL, time_cb, &times[1]);
  while (times[0] == -2 || times[1] == -2)
    g_main_context_iteration (NULL, TRUE);
  /* A millisecond is part of it. */
  g_assert_cmpint (times[0], >=, 1000);
  g_assert_cmpint (times[1], >=, 1000);

  sio_engine_check_progress_async (engine, NULL, time_cb, &times[2]);
  g_usleep (50 * 1000);
  while (times[2] == -2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (times[2], >=, 50 * 1000);
}

static void
test_limits (void)
{
  g_autofree char *descriptors = sios_limits_check_descriptors (1000, 1063);
  g_autofree char *backlog = sios_limits_check_backlog (100000, 4095);
  g_autofree char *small = sios_limits_check_backlog (1000, 128);

  g_assert_cmpstr (descriptors, ==,
                   "max-connections is 1000, but only 1063 files can be open; set LimitNOFILE= of "
                   "the service (or ulimit -n) to 1064 or more, or lower max-connections");
  g_assert_null (sios_limits_check_descriptors (1000, 1064));
  g_assert_null (sios_limits_check_descriptors (0, 3));
  g_assert_nonnull (strstr (backlog, "100000"));
  g_assert_nonnull (strstr (backlog, "only 4095 connections can wait"));
  g_assert_nonnull (strstr (backlog, "net.core.somaxconn to 4096"));
  g_assert_nonnull (strstr (small, "net.core.somaxconn to 1000"));
  g_assert_null (sios_limits_check_backlog (100000, 4096));
  g_assert_null (sios_limits_check_backlog (100, 128));
  g_assert_null (sios_limits_check_backlog (0, 128));
  g_assert_null (sios_limits_check_backlog (100000, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (writer, NULL, NULL);

  g_test_add_data_func ("/service/notify/path", GINT_TO_POINTER (FALSE), test_notify);
  g_test_add_data_func ("/service/notify/abstract", GINT_TO_POINTER (TRUE), test_notify);
  g_test_add_func ("/service/notify/deaf", test_deaf);
  g_test_add_func ("/service/notify/no-address", test_no_address);
  g_test_add_func ("/service/watchdog/stuck", test_watchdog);
  g_test_add_func ("/service/watchdog/free", test_watchdog_free);
  g_test_add_func ("/service/progress", test_progress);
  g_test_add_func ("/service/limits", test_limits);

  return g_test_run ();
}
