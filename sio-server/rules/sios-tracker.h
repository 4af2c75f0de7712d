/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-rule.h"

G_BEGIN_DECLS

/* Who does something in which rooms: is typing, looks at a document. Whoever is in the room is told
 * when the list changes: {"room":"doc:7","users":["ann","bob"],"count":2}. A user with several
 * sockets is listed once. Sockets go from the list when they say so, when their time is up, when
 * they leave the room and when they disconnect. A room is told at once, and then of all that
 * changes in an interval together. One timer serves all. */
typedef struct _SiosTracker SiosTracker;

SiosTracker *sios_tracker_new (void);
void sios_tracker_free (SiosTracker *self);
/* Lists that are not in @tracks (SiosTrack) any more are forgotten. */
void sios_tracker_configure (SiosTracker *self, GPtrArray *tracks);

/* FALSE if the socket is listed in too many rooms already. */
gboolean sios_tracker_add (
    SiosTracker *self, SioSocket *socket, const char *track, const char *room, const char *user);
void
sios_tracker_remove (SiosTracker *self, SioSocket *socket, const char *track, const char *room);
/* It is gone. */
void sios_tracker_forget (SiosTracker *self, SioSocket *socket);
/* How many users are listed, in each room anew. */
guint sios_tracker_get_n_users (SiosTracker *self, const char *track);

G_END_DECLS
