/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "io-fixture.h"
#include "sio-deadline-private.h"

typedef struct
{
  SioReactor *reactor;
  GString *log;
} Fixture;

static void
setup (Fixture *f, gconstpointer data)
{
  f->reactor = sio_reactor_get (NULL);
  f->log = g_string_new (NULL);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  g_string_free (f->log, TRUE);
  sio_reactor_unref (f->reactor);
}

typedef struct
{
  SioDeadline deadline;
  Fixture *f;
  char name;
  gint64 armed;
  gint64 fired;
  guint n_left; /* how often to arm again */
} Entry;

static void
entry_cb (SioDeadline *deadline)
{
  Entry *entry = deadline->data;

  g_assert_false (sio_deadline_is_armed (deadline));
  entry->fired = g_get_monotonic_time ();
  g_string_append_c (entry->f->log, entry->name);
}

static void
entry_arm (Entry *entry, Fixture *f, char name, SioDeadlineList *list, SioDeadlineFunc func)
{
  *entry = (Entry){ .f = f, .name = name, .armed = g_get_monotonic_time () };
  sio_deadline_init (&entry->deadline, func, entry);
  sio_deadline_arm (&entry->deadline, list);
  g_assert_true (sio_deadline_is_armed (&entry->deadline));
}

static void
test_order (Fixture *f, gconstpointer data)
{
  g_autoptr (SioDeadlineList) slow = sio_deadline_list_get (f->reactor, 60);
  g_autoptr (SioDeadlineList) fast = sio_deadline_list_get (f->reactor, 20);
  g_autoptr (SioDeadlineList) same = sio_deadline_list_get (f->reactor, 20);
  Entry entries[5];

  g_assert_true (fast == same);
  g_assert_cmpuint (sio_deadline_list_get_duration (slow), ==, 60);
  entry_arm (&entries[0], f, 'a', slow, entry_cb);
  entry_arm (&entries[1], f, 'b', fast, entry_cb);
  entry_arm (&entries[2], f, 'c', slow, entry_cb);
  entry_arm (&entries[3], f, 'd', fast, entry_cb);
  entry_arm (&entries[4], f, 'x', fast, entry_cb);
  sio_deadline_disarm (&entries[4].deadline);
  sio_deadline_disarm (&entries[4].deadline);
  io_wait_for (f->log->len >= 4);
  g_assert_cmpstr (f->log->str, ==, "bdac");
  for (guint i = 0; i < 4; i++)
    {
      gint64 elapsed = entries[i].fired - entries[i].armed;
      gint64 wanted = (i % 2 == 0 ? 60 : 20) * 1000;

      /* Never early; the upper bound is generous for a busy machine. */
      g_assert_cmpint (elapsed, >=, wanted);
      g_assert_cmpint (elapsed, <, wanted + 500000);
    }
}

/* Without anything else in the context the loop itself must wake up in time. */
static void
test_precision (Fixture *f, gconstpointer data)
{
  g_autoptr (SioDeadlineList) list = sio_deadline_list_get (f->reactor, 10);
  gint64 best = G_MAXINT64;

  for (guint i = 0; i < 10; i++)
    {
      Entry entry;

      entry_arm (&entry, f, 'a', list, entry_cb);
      while (sio_deadline_is_armed (&entry.deadline))
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpint (entry.fired - entry.armed, >=, 10000);
      best = MIN (best, entry.fired - entry.armed);
    }
  g_assert_cmpint (best, <, 25000);
}

static void
again_cb (SioDeadline *deadline)
{
  Entry *entry = deadline->data;
  g_autoptr (SioDeadlineList) list = sio_deadline_list_get (entry->f->reactor, 2);

  g_string_append_c (entry->f->log, entry->name);
  if (entry->n_left-- > 0)
    sio_deadline_arm (deadline, list);
}

static void
test_arm_again (Fixture *f, gconstpointer data)
{
  SioDeadlineList *list = sio_deadline_list_get (f->reactor, 2);
  g_autoptr (SioDeadlineList) other = sio_deadline_list_get (f->reactor, 4);
  Entry entry, moved;

  /* From its own callback, on a list that nobody else holds. */
  entry_arm (&entry, f, 'a', list, again_cb);
  entry.n_left = 3;
  sio_deadline_list_unref (list);
  io_wait_for (f->log->len >= 4);
  g_assert_cmpstr (f->log->str, ==, "aaaa");
  g_assert_false (sio_deadline_is_armed (&entry.deadline));

  /* While armed: it counts anew, once, also on another list. */
  list = sio_deadline_list_get (f->reactor, 2);
  g_string_truncate (f->log, 0);
  entry_arm (&moved, f, 'm', list, entry_cb);
  sio_deadline_arm (&moved.deadline, list);
  sio_deadline_arm (&moved.deadline, list);
  sio_deadline_list_unref (list);
  sio_deadline_arm (&moved.deadline, other);
  io_wait_for (f->log->len >= 1);
  g_assert_cmpint (moved.fired - moved.armed, >=, 4000);
  g_assert_cmpstr (f->log->str, ==, "m");
}

static void
free_others_cb (SioDeadline *deadline)
{
  GPtrArray *entries = deadline->data;

  /* Frees all, the calling one too. */
  for (guint i = 0; i < entries->len; i++)
    sio_deadline_disarm (entries->pdata[i]);
  g_ptr_array_set_size (entries, 0);
}

static void
test_free_in_callback (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);
  SioDeadlineList *list = sio_deadline_list_get (f->reactor, 1);

  for (guint i = 0; i < 10; i++)
    {
      SioDeadline *deadline = g_new0 (SioDeadline, 1);

      g_ptr_array_add (entries, deadline);
      sio_deadline_init (deadline, free_others_cb, entries);
      sio_deadline_arm (deadline, list);
    }
  sio_deadline_list_unref (list);
  io_wait_for (entries->len == 0);
}

#define N_MANY 2500

static void
test_many (Fixture *f, gconstpointer data)
{
  g_autoptr (SioDeadlineList) list = sio_deadline_list_get (f->reactor, 1);
  g_autofree Entry *entries = g_new0 (Entry, N_MANY);
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < N_MANY; i++)
    entry_arm (&entries[i], f, 'a' + i % 26, list, entry_cb);
  while (g_get_monotonic_time () < start + 5000)
    ;
  /* A bounded number at once, the rest in the next iterations. */
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (f->log->len, ==, 1000);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (f->log->len, ==, 2000);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (f->log->len, ==, N_MANY);
  for (guint i = 0; i < N_MANY; i++)
    g_assert_cmpint (f->log->str[i], ==, 'a' + i % 26);
}

/* Lists with armed entries keep the reactor, so nothing is lost with the last user. */
static void
test_keeps_reactor (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Fixture f = { .log = log };
  SioReactor *reactor = sio_reactor_get (NULL);
  SioDeadlineList *list = sio_deadline_list_get (reactor, 5);
  Entry entry;

  entry_arm (&entry, &f, 'a', list, entry_cb);
  sio_deadline_list_unref (list);
  sio_reactor_unref (reactor);
  io_wait_for (log->len == 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/deadline/order", Fixture, NULL, setup, test_order, teardown);
  g_test_add ("/deadline/precision", Fixture, NULL, setup, test_precision, teardown);
  g_test_add ("/deadline/arm-again", Fixture, NULL, setup, test_arm_again, teardown);
  g_test_add ("/deadline/free-in-callback", Fixture, NULL, setup, test_free_in_callback, teardown);
  g_test_add ("/deadline/many", Fixture, NULL, setup, test_many, teardown);
  g_test_add_func ("/deadline/keeps-reactor", test_keeps_reactor);
  return g_test_run ();
}
