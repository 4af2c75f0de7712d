/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-place.h"

struct _SioaPlace
{
  GObject parent_instance;

  char *nsp;
  char *room;
  guint n_members;
  guint64 n_changes;
  gboolean settled;
  guint settled_n_members;
  guint64 settled_n_changes;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaPlace, sioa_place, G_TYPE_OBJECT)

static void
sioa_place_finalize (GObject *object)
{
  SioaPlace *self = SIOA_PLACE (object);

  g_free (self->nsp);
  g_free (self->room);

  G_OBJECT_CLASS (sioa_place_parent_class)->finalize (object);
}

static void
sioa_place_class_init (SioaPlaceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_place_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_PLACE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
sioa_place_init (SioaPlace *self)
{
}

SioaPlace *
sioa_place_new (const char *nsp, const char *room)
{
  SioaPlace *self = g_object_new (SIOA_TYPE_PLACE, NULL);

  self->nsp = g_strdup (nsp);
  self->room = g_strdup (room);
  return self;
}

const char *
sioa_place_get_nsp (SioaPlace *self)
{
  return self->nsp;
}

const char *
sioa_place_get_room (SioaPlace *self)
{
  return self->room;
}

guint
sioa_place_get_n_members (SioaPlace *self)
{
  return self->n_members;
}

guint64
sioa_place_get_n_changes (SioaPlace *self)
{
  return self->n_changes;
}

void
sioa_place_settle (SioaPlace *self)
{
  self->settled = TRUE;
  self->settled_n_members = self->n_members;
  self->settled_n_changes = self->n_changes;
}

guint
sioa_place_get_settled_n_members (SioaPlace *self)
{
  if (!self->settled)
    sioa_place_settle (self);
  return self->settled_n_members;
}

guint64
sioa_place_get_settled_n_changes (SioaPlace *self)
{
  if (!self->settled)
    sioa_place_settle (self);
  return self->settled_n_changes;
}

void
sioa_place_add_members (SioaPlace *self, int n)
{
  self->n_members = (guint) MAX (0, (int) self->n_members + n);
  self->n_changes++;
}

void
sioa_place_changed (SioaPlace *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}
