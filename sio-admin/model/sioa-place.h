/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A room, or a namespace, which is a place without a room: a row with a number of members. The
 * signal "changed" tells when that differs. */
#define SIOA_TYPE_PLACE (sioa_place_get_type ())
G_DECLARE_FINAL_TYPE (SioaPlace, sioa_place, SIOA, PLACE, GObject)

SioaPlace *sioa_place_new (const char *nsp, const char *room);
const char *sioa_place_get_nsp (SioaPlace *self);
/* NULL for a namespace. */
const char *sioa_place_get_room (SioaPlace *self);
guint sioa_place_get_n_members (SioaPlace *self);
/* How often somebody came or went. */
guint64 sioa_place_get_n_changes (SioaPlace *self);

/* As they were when lists were last sorted: in between nothing may change by which they are. */
guint sioa_place_get_settled_n_members (SioaPlace *self);
guint64 sioa_place_get_settled_n_changes (SioaPlace *self);

/* For the store. */
void sioa_place_settle (SioaPlace *self);
void sioa_place_add_members (SioaPlace *self, int n);
void sioa_place_changed (SioaPlace *self);

G_END_DECLS
