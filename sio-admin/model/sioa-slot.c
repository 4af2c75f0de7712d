/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-slot.h"

struct _SioaSlot
{
  GObject parent_instance;

  GObject *row; /* NULL */
  gulong handler_id;
  guint index;
  SioaSlotFunc gone;
  gpointer user_data;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaSlot, sioa_slot, G_TYPE_OBJECT)

static void
changed_cb (SioaSlot *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
forget_row (SioaSlot *self)
{
  if (self->row != NULL)
    g_clear_signal_handler (&self->handler_id, self->row);
  g_clear_object (&self->row);
}

static void
sioa_slot_finalize (GObject *object)
{
  SioaSlot *self = SIOA_SLOT (object);

  forget_row (self);
  if (self->gone != NULL)
    self->gone (self, self->user_data);

  G_OBJECT_CLASS (sioa_slot_parent_class)->finalize (object);
}

static void
sioa_slot_class_init (SioaSlotClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_slot_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_SLOT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
sioa_slot_init (SioaSlot *self)
{
}

SioaSlot *
sioa_slot_new (SioaSlotFunc gone, gpointer user_data)
{
  SioaSlot *self = g_object_new (SIOA_TYPE_SLOT, NULL);

  self->gone = gone;
  self->user_data = user_data;
  return self;
}

void
sioa_slot_let_go (SioaSlot *self)
{
  self->gone = NULL;
}

void
sioa_slot_set_row (SioaSlot *self, gpointer row)
{
  if (row == (gpointer) self->row)
    return;
  forget_row (self);
  if (row != NULL)
    {
      self->row = g_object_ref (row);
      self->handler_id = g_signal_connect_swapped (row, "changed", G_CALLBACK (changed_cb), self);
    }
  changed_cb (self);
}

void
sioa_slot_set_index (SioaSlot *self, guint index)
{
  self->index = index;
}

guint
sioa_slot_get_index (SioaSlot *self)
{
  return self->index;
}

gpointer
sioa_slot_unwrap (gpointer item)
{
  return SIOA_IS_SLOT (item) ? (gpointer) SIOA_SLOT (item)->row : item;
}
