/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Things that come to an end at a time of the clock, such as tokens: any number of them in one
 * heap, with one source. That of the monotonic clock would not follow when the clock is set, so it
 * is looked at now and again. Belongs to the thread-default main context it was made in. */
typedef struct _SiosExpiry SiosExpiry;

/* Within what ends; zeroed at first. */
typedef struct
{
  gint64 due; /* microseconds since 1970; G_MAXINT64: never */
  guint place;
} SiosExpiryItem;

/* @item was taken out, and may be set again. */
typedef void (*SiosExpiryFunc) (SiosExpiryItem *item, gpointer user_data);
/* Returns microseconds since 1970. */
typedef gint64 (*SiosExpiryClock) (void);

SiosExpiry *sios_expiry_new (SiosExpiryFunc func, gpointer user_data);
/* Forgets all items. */
void sios_expiry_free (SiosExpiry *self);
/* NULL for the system's. */
void sios_expiry_set_clock (SiosExpiry *self, SiosExpiryClock clock);

/* Adds @item, or moves it. */
void sios_expiry_set (SiosExpiry *self, SiosExpiryItem *item, gint64 due);
/* Nothing if it is not in. */
void sios_expiry_remove (SiosExpiry *self, SiosExpiryItem *item);
guint sios_expiry_get_count (SiosExpiry *self);
/* The @n-th, in no order */
SiosExpiryItem *sios_expiry_get_item (SiosExpiry *self, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosExpiry, sios_expiry_free)

G_END_DECLS
