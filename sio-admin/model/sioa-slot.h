/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* A line of a SioaTable on its way to a widget. Widgets of lines are dear, and those of GTK 4.8 are
 * made anew for each item that they did not show before: so a line stays, and gets another row.
 *
 * Signal: changed (): it has another row, or the row changed. */
#define SIOA_TYPE_SLOT (sioa_slot_get_type ())
G_DECLARE_FINAL_TYPE (SioaSlot, sioa_slot, SIOA, SLOT, GObject)

/* The row of an item of a list, whether it is a slot or the row itself: a row that emits "changed".
 * NULL: a slot that has none for the moment. */
gpointer sioa_slot_unwrap (gpointer item);

/* For SioaTable. @gone is called when nobody has the slot any more. */
typedef void (*SioaSlotFunc) (SioaSlot *self, gpointer user_data);
SioaSlot *sioa_slot_new (SioaSlotFunc gone, gpointer user_data);
void sioa_slot_set_row (SioaSlot *self, gpointer row);
void sioa_slot_set_index (SioaSlot *self, guint index);
guint sioa_slot_get_index (SioaSlot *self);
/* @gone will not be called. */
void sioa_slot_let_go (SioaSlot *self);

G_END_DECLS
