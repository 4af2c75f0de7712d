/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-reactor-private.h"

G_BEGIN_DECLS

/* All deadlines of one list last equally long, so a new one belongs at the
 * end and expiry looks at the head only: arming and expiry are O(1). */
typedef struct _SioDeadlineList SioDeadlineList;
typedef struct _SioDeadline SioDeadline;

typedef void (*SioDeadlineFunc) (SioDeadline *deadline);

struct _SioDeadline
{
  SioDeadline *prev;
  SioDeadline *next;
  SioDeadlineList *list; /* not NULL while armed */
  gint64 expires;        /* monotonic µs */
  SioDeadlineFunc func;
  gpointer data;
};

/* Returns: (transfer full): the list for @duration_ms, shared by all who ask for it.
 * A list with armed deadlines keeps itself, and the reactor, until the last expired. */
SioDeadlineList *sio_deadline_list_get (SioReactor *reactor, guint duration_ms);
SioDeadlineList *sio_deadline_list_ref (SioDeadlineList *list);
void sio_deadline_list_unref (SioDeadlineList *list);
guint sio_deadline_list_get_duration (SioDeadlineList *list);

void sio_deadline_init (SioDeadline *deadline, SioDeadlineFunc func, gpointer data);
/* Counts from now; an armed deadline starts anew. */
void sio_deadline_arm (SioDeadline *deadline, SioDeadlineList *list);
void sio_deadline_disarm (SioDeadline *deadline);
gboolean sio_deadline_is_armed (SioDeadline *deadline);

/* Between the reactor and its lists. */
SioDeadlineList **sio_reactor_get_deadline_lists (SioReactor *self);
/* G_MAXINT64 if nothing is armed */
gint64 sio_deadline_lists_next (SioDeadlineList *lists);
/* Fires the earliest deadline if it expired; FALSE if none did. */
gboolean sio_deadline_lists_fire (SioDeadlineList *lists, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioDeadlineList, sio_deadline_list_unref)

G_END_DECLS
