/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-handlers-private.h"

typedef struct
{
  guint id;
  gboolean removed;
  SioEventFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Handler;

/* While it is being walked over, handlers are marked removed and stay in their places. */
typedef struct
{
  guint ref_count;
  guint dispatching;
  gboolean has_removed;
  GPtrArray *handlers; /* element-type Handler */
} HandlerList;

struct _SioHandlers
{
  guint last_id;
  HandlerList *any;
  GHashTable *by_event; /* char * → HandlerList *, made at the first use */
};

static void
handler_free (gpointer data)
{
  Handler *handler = data;

  if (handler->destroy != NULL)
    handler->destroy (handler->user_data);
  g_free (handler);
}

static HandlerList *
handler_list_new (void)
{
  HandlerList *list = g_new0 (HandlerList, 1);

  list->ref_count = 1;
  list->handlers = g_ptr_array_new_with_free_func (handler_free);
  return list;
}

static void
handler_list_unref (HandlerList *list)
{
  if (--list->ref_count > 0)
    return;
  g_ptr_array_unref (list->handlers);
  g_free (list);
}

/* For owners that go away: whoever walks over the list right now has to stop. */
static void
handler_list_destroy (gpointer data)
{
  HandlerList *list = data;

  for (guint i = 0; i < list->handlers->len; i++)
    ((Handler *) g_ptr_array_index (list->handlers, i))->removed = TRUE;
  handler_list_unref (list);
}

static void
handler_list_compact (HandlerList *list)
{
  list->has_removed = FALSE;
  for (guint i = list->handlers->len; i > 0; i--)
    {
      Handler *handler = g_ptr_array_index (list->handlers, i - 1);

      /* Stolen first: the destroy function may change the list. */
      if (handler->removed)
        handler_free (g_ptr_array_steal_index (list->handlers, i - 1));
    }
}

static gboolean
handler_list_remove (HandlerList *list, guint id)
{
  for (guint i = 0; i < list->handlers->len; i++)
    {
      Handler *handler = g_ptr_array_index (list->handlers, i);

      if (handler->id != id || handler->removed)
        continue;
      handler->removed = TRUE;
      if (list->dispatching > 0)
        list->has_removed = TRUE;
      else
        handler_free (g_ptr_array_steal_index (list->handlers, i));
      return TRUE;
    }
  return FALSE;
}

static void
handler_list_dispatch (HandlerList *list, SioSocket *socket, SioMessage *message)
{
  guint n = list->handlers->len;

  list->ref_count++;
  list->dispatching++;
  for (guint i = 0; i < n; i++)
    {
      Handler *handler = g_ptr_array_index (list->handlers, i);

      if (!handler->removed)
        handler->func (socket, message, handler->user_data);
    }
  if (--list->dispatching == 0 && list->has_removed)
    handler_list_compact (list);
  handler_list_unref (list);
}

SioHandlers *
sio_handlers_new (void)
{
  return g_new0 (SioHandlers, 1);
}

void
sio_handlers_free (SioHandlers *self)
{
  if (self->any != NULL)
    handler_list_destroy (g_steal_pointer (&self->any));
  g_clear_pointer (&self->by_event, g_hash_table_unref);
  g_free (self);
}

guint
sio_handlers_add (SioHandlers *self,
                  const char *event,
                  SioEventFunc func,
                  gpointer user_data,
                  GDestroyNotify destroy)
{
  HandlerList *list;
  Handler *handler = g_new0 (Handler, 1);

  if (++self->last_id == 0)
    self->last_id = 1;
  handler->id = self->last_id;
  handler->func = func;
  handler->user_data = user_data;
  handler->destroy = destroy;

  if (event == NULL)
    {
      if (self->any == NULL)
        self->any = handler_list_new ();
      list = self->any;
    }
  else
    {
      if (self->by_event == NULL)
        self->by_event =
            g_hash_table_new_full (g_str_hash, g_str_equal, g_free, handler_list_destroy);
      list = g_hash_table_lookup (self->by_event, event);
      if (list == NULL)
        {
          list = handler_list_new ();
          g_hash_table_insert (self->by_event, g_strdup (event), list);
        }
    }
  g_ptr_array_add (list->handlers, handler);
  return handler->id;
}

gboolean
sio_handlers_remove (SioHandlers *self, guint id)
{
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  if (self->any != NULL && handler_list_remove (self->any, id))
    return TRUE;
  if (self->by_event == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, self->by_event);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      HandlerList *list = value;

      for (guint i = 0; i < list->handlers->len; i++)
        {
          Handler *handler = g_ptr_array_index (list->handlers, i);

          if (handler->id != id || handler->removed)
            continue;
          /* The destroy function may change the table: no iterator from here on. */
          if (list->handlers->len == 1 && list->dispatching == 0)
            g_hash_table_remove (self->by_event, key);
          else
            handler_list_remove (list, id);
          return TRUE;
        }
    }
  return FALSE;
}

void
sio_handlers_dispatch_any (SioHandlers *self, SioSocket *socket, SioMessage *message)
{
  if (self->any != NULL)
    handler_list_dispatch (self->any, socket, message);
}

void
sio_handlers_dispatch (SioHandlers *self, SioSocket *socket, SioMessage *message)
{
  HandlerList *list;

  if (self->by_event == NULL)
    return;
  list = g_hash_table_lookup (self->by_event, sio_message_get_event (message));
  if (list != NULL)
    handler_list_dispatch (list, socket, message);
}
