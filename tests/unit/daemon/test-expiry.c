/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-expiry.h"

/* Ends of tokens: their order, moves, and the clock. */

#define N 3000
#define START (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

typedef struct
{
  SiosExpiryItem item;
  guint id;
} Thing;

typedef struct
{
  SiosExpiry *expiry;
  Thing *again;  /* is set once more when it ends */
  GArray *ended; /* guint */
  gint64 last;
} Seen;

static gint64 fake_now;

static gint64
fake_clock (void)
{
  return fake_now;
}

static void
ended_cb (SiosExpiryItem *item, gpointer user_data)
{
  Seen *seen = user_data;
  Thing *thing = (Thing *) item;

  g_assert_cmpuint (item->place, ==, 0);
  g_assert_cmpint (item->due, <=, fake_now);
  g_assert_cmpint (item->due, >=, seen->last);
  seen->last = item->due;
  g_array_append_val (seen->ended, thing->id);
  if (thing == seen->again)
    {
      seen->again = NULL;
      sios_expiry_set (seen->expiry, item, item->due + 1);
    }
}

static void
seen_init (Seen *seen)
{
  *seen = (Seen){ .ended = g_array_new (FALSE, FALSE, sizeof (guint)) };
  fake_now = START;
  seen->expiry = sios_expiry_new (ended_cb, seen);
  sios_expiry_set_clock (seen->expiry, fake_clock);
}

static void
seen_clear (Seen *seen)
{
  sios_expiry_free (seen->expiry);
  g_array_unref (seen->ended);
}

/* As when the clock is set: nobody waits for it. */
static void
go_to (Seen *seen, gint64 now)
{
  fake_now = now;
  sios_expiry_set_clock (seen->expiry, fake_clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_order (void)
{
  g_autofree Thing *things = g_new0 (Thing, N);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint n_in = 0;
  guint n_due = 0;
  Seen seen;

  seen_init (&seen);
  for (guint i = 0; i < N; i++)
    things[i].id = i;
  /* Added, moved and removed at random, also several times */
  for (guint i = 0; i < 10 * N; i++)
    {
      Thing *thing = &things[g_rand_int_range (rand, 0, N)];

      if (g_rand_int_range (rand, 0, 4) == 0)
        sios_expiry_remove (seen.expiry, &thing->item);
      else
        sios_expiry_set (seen.expiry, &thing->item,
                         g_rand_int_range (rand, 0, 50) == 0
                             ? G_MAXINT64
                             : START + g_rand_int_range (rand, 1, 1000) * 1000);
    }
  for (guint i = 0; i < N; i++)
    {
      n_in += things[i].item.place != 0;
      n_due += things[i].item.place != 0 && things[i].item.due <= START + 500000;
    }
  g_assert_cmpuint (sios_expiry_get_count (seen.expiry), ==, n_in);
  for (guint i = 0; i < n_in; i++)
    g_assert_cmpuint (sios_expiry_get_item (seen.expiry, i)->place, ==, i + 1);
  go_to (&seen, START);
  g_assert_cmpuint (seen.ended->len, ==, 0);
  go_to (&seen, START + 500000);
  g_assert_cmpuint (seen.ended->len, ==, n_due);
  g_assert_cmpuint (sios_expiry_get_count (seen.expiry), ==, n_in - n_due);
  go_to (&seen, G_MAXINT64 - 1);
  /* Those that never end are left. */
  for (guint i = 0; i < sios_expiry_get_count (seen.expiry); i++)
    g_assert_cmpint (sios_expiry_get_item (seen.expiry, i)->due, ==, G_MAXINT64);
  g_assert_cmpuint (sios_expiry_get_count (seen.expiry), >, 0);
  g_assert_cmpuint (seen.ended->len, ==, n_in - sios_expiry_get_count (seen.expiry));
  seen_clear (&seen);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (things[i].item.place, ==, 0);
}

static void
count_cb (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static gboolean
count_source_cb (gpointer user_data)
{
  count_cb (user_data);
  return G_SOURCE_CONTINUE;
}

/* Thousands that end at once leave turns to others. */
static void
test_many (void)
{
  g_autofree Thing *things = g_new0 (Thing, N);
  guint n_turns = 0;
  guint id;
  Seen seen;

  seen_init (&seen);
  for (guint i = 0; i < N; i++)
    sios_expiry_set (seen.expiry, &things[i].item, START + 10);
  fake_now = START + 10;
  sios_expiry_set_clock (seen.expiry, fake_clock);
  id = g_idle_add_full (G_PRIORITY_DEFAULT, count_source_cb, &n_turns, NULL);
  while (seen.ended->len < N)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
  g_assert_cmpuint (n_turns, >=, 10);
  g_assert_cmpuint (sios_expiry_get_count (seen.expiry), ==, 0);
  seen_clear (&seen);
}

/* One that ends may be set again, and the time that passes is enough. */
static void
test_again (void)
{
  Thing things[2] = { { .id = 0 }, { .id = 1 } };
  gint64 begin = g_get_real_time ();
  Seen seen;

  seen_init (&seen);
  sios_expiry_set (seen.expiry, &things[0].item, START + 5);
  seen.again = &things[0];
  go_to (&seen, START + 5);
  g_assert_cmpuint (seen.ended->len, ==, 1);
  g_assert_cmpuint (things[0].item.place, ==, 1);
  go_to (&seen, START + 6);
  g_assert_cmpuint (seen.ended->len, ==, 2);

  /* By the system's clock; the second one comes to be the first. */
  sios_expiry_set_clock (seen.expiry, NULL);
  fake_now = G_MAXINT64;
  seen.last = 0;
  sios_expiry_set (seen.expiry, &things[0].item, begin + G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  sios_expiry_set (seen.expiry, &things[1].item, begin + 50000);
  while (seen.ended->len < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (g_array_index (seen.ended, guint, 2), ==, 1);
  g_assert_cmpint (g_get_real_time (), >=, begin + 50000);
  sios_expiry_remove (seen.expiry, &things[0].item);
  sios_expiry_remove (seen.expiry, &things[0].item);
  g_assert_cmpuint (sios_expiry_get_count (seen.expiry), ==, 0);
  seen_clear (&seen);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/expiry/order", test_order);
  g_test_add_func ("/expiry/many", test_many);
  g_test_add_func ("/expiry/again", test_again);
  return g_test_run ();
}
