/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-expiry.h"

/* When the clock is set, it is noticed after this long at most. */
#define LOOK_AGAIN_US (10 * G_USEC_PER_SEC)
/* Many tokens may end in the same second: others get their turn between. */
#define MAX_PER_DISPATCH 128

struct _SiosExpiry
{
  GPtrArray *heap; /* no item ends before that at (place - 1) / 2; places count from 1 */
  SiosExpiryFunc func;
  gpointer user_data;
  SiosExpiryClock clock;
  GSource *source;
  gboolean dispatching;
};

typedef struct
{
  GSource parent;
  SiosExpiry *owner;
} Source;

static SiosExpiryItem *
at (SiosExpiry *self, guint index)
{
  return g_ptr_array_index (self->heap, index);
}

static void
put (SiosExpiry *self, guint index, SiosExpiryItem *item)
{
  g_ptr_array_index (self->heap, index) = item;
  item->place = index + 1;
}

static void
sift_up (SiosExpiry *self, SiosExpiryItem *item)
{
  guint index = item->place - 1;

  while (index > 0 && at (self, (index - 1) / 2)->due > item->due)
    {
      put (self, index, at (self, (index - 1) / 2));
      index = (index - 1) / 2;
    }
  put (self, index, item);
}

static void
sift_down (SiosExpiry *self, SiosExpiryItem *item)
{
  guint index = item->place - 1;

  for (;;)
    {
      guint child = 2 * index + 1;

      if (child + 1 < self->heap->len && at (self, child + 1)->due < at (self, child)->due)
        child++;
      if (child >= self->heap->len || at (self, child)->due >= item->due)
        break;
      put (self, index, at (self, child));
      index = child;
    }
  put (self, index, item);
}

/* Sets the source to the first end. */
static void
arm (SiosExpiry *self)
{
  gint64 due = self->heap->len > 0 ? at (self, 0)->due : G_MAXINT64;
  gint64 now;

  if (self->dispatching)
    return;
  if (due == G_MAXINT64)
    {
      g_source_set_ready_time (self->source, -1);
      return;
    }
  now = self->clock ();
  g_source_set_ready_time (self->source, g_get_monotonic_time () +
                                             (due > now ? MIN (due - now, LOOK_AGAIN_US) : 0));
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  SiosExpiry *self = ((Source *) source)->owner;
  gint64 now = self->clock ();

  self->dispatching = TRUE;
  for (guint i = 0; i < MAX_PER_DISPATCH && self->heap->len > 0 && at (self, 0)->due <= now; i++)
    {
      SiosExpiryItem *item = at (self, 0);

      sios_expiry_remove (self, item);
      self->func (item, self->user_data);
    }
  self->dispatching = FALSE;
  arm (self);
  return G_SOURCE_CONTINUE;
}

SiosExpiry *
sios_expiry_new (SiosExpiryFunc func, gpointer user_data)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };
  SiosExpiry *self = g_new0 (SiosExpiry, 1);

  self->heap = g_ptr_array_new ();
  self->func = func;
  self->user_data = user_data;
  self->clock = g_get_real_time;
  self->source = g_source_new (&funcs, sizeof (Source));
  ((Source *) self->source)->owner = self;
  g_source_set_static_name (self->source, "[sio] expiry of tokens");
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

void
sios_expiry_free (SiosExpiry *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  for (guint i = 0; i < self->heap->len; i++)
    at (self, i)->place = 0;
  g_ptr_array_unref (self->heap);
  g_free (self);
}

void
sios_expiry_set_clock (SiosExpiry *self, SiosExpiryClock clock)
{
  self->clock = clock != NULL ? clock : g_get_real_time;
  arm (self);
}

void
sios_expiry_set (SiosExpiry *self, SiosExpiryItem *item, gint64 due)
{
  gboolean was_first = item->place == 1;

  item->due = due;
  if (item->place == 0)
    {
      g_ptr_array_add (self->heap, item);
      item->place = self->heap->len;
    }
  sift_up (self, item);
  sift_down (self, item);
  if (was_first || item->place == 1)
    arm (self);
}

void
sios_expiry_remove (SiosExpiry *self, SiosExpiryItem *item)
{
  guint place = item->place;
  SiosExpiryItem *last;

  if (place == 0)
    return;
  item->place = 0;
  last = g_ptr_array_steal_index_fast (self->heap, self->heap->len - 1);
  if (last != item)
    {
      put (self, place - 1, last);
      sift_up (self, last);
      sift_down (self, last);
    }
  if (place == 1)
    arm (self);
}

guint
sios_expiry_get_count (SiosExpiry *self)
{
  return self->heap->len;
}

SiosExpiryItem *
sios_expiry_get_item (SiosExpiry *self, guint n)
{
  return at (self, n);
}
