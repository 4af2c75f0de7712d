/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Things that come and go, each at most once, in no particular order, and a list model of them.
 *
 * Adding, removing, finding and getting cost the same in lists of any length. What happens inside
 * a handler of items-changed waits until all handlers have seen the change before it: otherwise
 * those called later would learn of the changes in the wrong order. Until then the list is as it
 * was announced. */
typedef struct _SioLiveList SioLiveList;

typedef struct
{
  GType item_type;
  GHashFunc hash;
  GEqualFunc equal;
  gpointer (*copy) (gpointer key);
  GDestroyNotify free;
  /* (transfer full) */
  gpointer (*get_item) (gpointer owner, gpointer key);
  /* A key came or went, and items-changed was emitted; may be NULL. */
  void (*changed) (gpointer owner, gpointer key, gboolean added);
  /* Nobody has the model any more; may free the list. May be NULL. */
  void (*model_gone) (gpointer owner);
} SioLiveListKind;

/* The owner is a GObject, which frees the list. */
SioLiveList *sio_live_list_new (const SioLiveListKind *kind, gpointer owner);
void sio_live_list_free (SioLiveList *self);
/* One model, which keeps the owner. (transfer full) */
GListModel *sio_live_list_get_model (SioLiveList *self);
/* Without telling anybody. */
void sio_live_list_fill (SioLiveList *self, gpointer key);
void sio_live_list_add (SioLiveList *self, gpointer key);
void sio_live_list_remove (SioLiveList *self, gpointer key);
guint sio_live_list_get_n (SioLiveList *self);
gboolean sio_live_list_contains (SioLiveList *self, gpointer key);

G_END_DECLS
