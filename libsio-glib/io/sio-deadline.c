/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-deadline-private.h"

struct _SioDeadlineList
{
  guint ref_count; /* armed deadlines hold one together */
  guint duration_ms;
  SioReactor *reactor;
  SioDeadlineList *next_list;
  SioDeadline *head;
  SioDeadline *tail;
};

gint64
sio_deadline_lists_next (SioDeadlineList *lists)
{
  gint64 next = G_MAXINT64;

  for (SioDeadlineList *list = lists; list != NULL; list = list->next_list)
    {
      if (list->head != NULL)
        next = MIN (next, list->head->expires);
    }
  return next;
}

gboolean
sio_deadline_lists_fire (SioDeadlineList *lists, gint64 now)
{
  SioDeadline *first = NULL;

  for (SioDeadlineList *list = lists; list != NULL; list = list->next_list)
    {
      if (list->head != NULL && list->head->expires <= now &&
          (first == NULL || list->head->expires < first->expires))
        first = list->head;
    }
  if (first == NULL)
    return FALSE;
  sio_deadline_disarm (first);
  first->func (first);
  return TRUE;
}

SioDeadlineList *
sio_deadline_list_get (SioReactor *reactor, guint duration_ms)
{
  SioDeadlineList **lists = sio_reactor_get_deadline_lists (reactor);
  SioDeadlineList *list;

  for (list = *lists; list != NULL; list = list->next_list)
    {
      if (list->duration_ms == duration_ms)
        return sio_deadline_list_ref (list);
    }
  list = g_new0 (SioDeadlineList, 1);
  list->ref_count = 1;
  list->duration_ms = duration_ms;
  list->reactor = sio_reactor_ref (reactor);
  list->next_list = *lists;
  *lists = list;
  return list;
}

SioDeadlineList *
sio_deadline_list_ref (SioDeadlineList *list)
{
  list->ref_count++;
  return list;
}

void
sio_deadline_list_unref (SioDeadlineList *list)
{
  SioDeadlineList **link;

  if (--list->ref_count > 0)
    return;
  link = sio_reactor_get_deadline_lists (list->reactor);
  while (*link != list)
    link = &(*link)->next_list;
  *link = list->next_list;
  sio_reactor_unref (list->reactor);
  g_free (list);
}

guint
sio_deadline_list_get_duration (SioDeadlineList *list)
{
  return list->duration_ms;
}

void
sio_deadline_init (SioDeadline *deadline, SioDeadlineFunc func, gpointer data)
{
  *deadline = (SioDeadline){ .func = func, .data = data };
}

void
sio_deadline_arm (SioDeadline *deadline, SioDeadlineList *list)
{
  /* The reference stays if the deadline is the only one of its list. */
  sio_deadline_list_ref (list);
  sio_deadline_disarm (deadline);
  if (list->head != NULL)
    sio_deadline_list_unref (list);

  deadline->list = list;
  deadline->expires = sio_reactor_now (list->reactor) + list->duration_ms * (gint64) 1000;
  deadline->next = NULL;
  deadline->prev = list->tail;
  if (list->tail != NULL)
    list->tail->next = deadline;
  else
    list->head = deadline;
  list->tail = deadline;
}

void
sio_deadline_disarm (SioDeadline *deadline)
{
  SioDeadlineList *list = deadline->list;

  if (list == NULL)
    return;
  if (deadline->prev != NULL)
    deadline->prev->next = deadline->next;
  else
    list->head = deadline->next;
  if (deadline->next != NULL)
    deadline->next->prev = deadline->prev;
  else
    list->tail = deadline->prev;
  deadline->prev = deadline->next = NULL;
  deadline->list = NULL;
  if (list->head == NULL)
    sio_deadline_list_unref (list);
}

gboolean
sio_deadline_is_armed (SioDeadline *deadline)
{
  return deadline->list != NULL;
}
