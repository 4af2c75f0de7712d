/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-handlers-private.h"

#include "sio-message.h"

typedef struct
{
  guint id;
  guint removed : 1;
  guint once : 1;
  SioEventFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Handler;

/* Somebody walks over a list; several do when a handler makes another event. */
typedef struct _Walk Walk;

struct _Walk
{
  Walk *outer;
  guint i;
  guint n; /* those that were there when it began */
};

/* While it is being walked over, handlers are marked removed and stay in the list. */
typedef struct
{
  guint ref_count;
  gboolean has_removed;
  Walk *walk;
  GPtrArray *handlers; /* element-type Handler */
} HandlerList;

struct _SioHandlers
{
  guint last_id;
  HandlerList *any;
  HandlerList *outgoing;
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
      if (list->walk != NULL)
        list->has_removed = TRUE;
      else
        handler_free (g_ptr_array_steal_index (list->handlers, i));
      return TRUE;
    }
  return FALSE;
}

static void
handler_list_add (HandlerList *list, Handler *handler, gboolean first)
{
  g_ptr_array_insert (list->handlers, first ? 0 : -1, handler);
  if (!first)
    return;
  for (Walk *walk = list->walk; walk != NULL; walk = walk->outer)
    {
      walk->i++;
      walk->n++;
    }
}

static guint *
handler_list_ids (HandlerList *list, gsize *n)
{
  guint *ids = g_new (guint, list->handlers->len + 1);

  for (guint i = 0; i < list->handlers->len; i++)
    {
      Handler *handler = g_ptr_array_index (list->handlers, i);

      if (!handler->removed)
        ids[(*n)++] = handler->id;
    }
  return ids;
}

static void
handler_list_dispatch (HandlerList *list, SioSocket *socket, SioMessage *message)
{
  Walk walk = { .outer = list->walk, .n = list->handlers->len };

  list->ref_count++;
  list->walk = &walk;
  for (; walk.i < walk.n; walk.i++)
    {
      Handler *handler = g_ptr_array_index (list->handlers, walk.i);

      if (handler->removed)
        continue;
      if (handler->once)
        {
          /* Before the call, which may bring the next event. */
          handler->removed = TRUE;
          list->has_removed = TRUE;
        }
      handler->func (socket, message, handler->user_data);
    }
  list->walk = walk.outer;
  if (list->walk == NULL && list->has_removed)
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
  if (self->outgoing != NULL)
    handler_list_destroy (g_steal_pointer (&self->outgoing));
  g_clear_pointer (&self->by_event, g_hash_table_unref);
  g_free (self);
}

static HandlerList **
any_list (SioHandlers *self, SioHandlersFlags flags)
{
  return (flags & SIO_HANDLERS_OUTGOING) != 0 ? &self->outgoing : &self->any;
}

static HandlerList *
find_list (SioHandlers *self, const char *event, SioHandlersFlags flags)
{
  if (event == NULL)
    return *any_list (self, flags);
  return self->by_event != NULL ? g_hash_table_lookup (self->by_event, event) : NULL;
}

static HandlerList *
ensure_list (SioHandlers *self, const char *event, SioHandlersFlags flags)
{
  HandlerList *list = find_list (self, event, flags);

  if (list != NULL)
    return list;
  list = handler_list_new ();
  if (event == NULL)
    *any_list (self, flags) = list;
  else
    {
      if (self->by_event == NULL)
        self->by_event =
            g_hash_table_new_full (g_str_hash, g_str_equal, g_free, handler_list_destroy);
      g_hash_table_insert (self->by_event, g_strdup (event), list);
    }
  return list;
}

guint
sio_handlers_add (SioHandlers *self,
                  const char *event,
                  SioHandlersFlags flags,
                  SioEventFunc func,
                  gpointer user_data,
                  GDestroyNotify destroy)
{
  Handler *handler = g_new0 (Handler, 1);

  if (++self->last_id == 0)
    self->last_id = 1;
  handler->id = self->last_id;
  handler->once = (flags & SIO_HANDLERS_ONCE) != 0;
  handler->func = func;
  handler->user_data = user_data;
  handler->destroy = destroy;
  handler_list_add (ensure_list (self, event, flags), handler, (flags & SIO_HANDLERS_PREPEND) != 0);
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
  if (self->outgoing != NULL && handler_list_remove (self->outgoing, id))
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
          if (list->handlers->len == 1 && list->walk == NULL)
            g_hash_table_remove (self->by_event, key);
          else
            handler_list_remove (list, id);
          return TRUE;
        }
    }
  return FALSE;
}

void
sio_handlers_remove_all (SioHandlers *self, const char *event, SioHandlersFlags flags)
{
  HandlerList **list = any_list (self, flags);

  if (event != NULL)
    {
      if (self->by_event != NULL)
        g_hash_table_remove (self->by_event, event);
    }
  else if (*list != NULL)
    handler_list_destroy (g_steal_pointer (list));
}

guint *
sio_handlers_list (SioHandlers *self, const char *event, SioHandlersFlags flags, gsize *n)
{
  HandlerList *list = find_list (self, event, flags);

  *n = 0;
  return list != NULL ? handler_list_ids (list, n) : NULL;
}

gboolean
sio_handlers_has_outgoing (SioHandlers *self)
{
  return self->outgoing != NULL && self->outgoing->handlers->len > 0;
}

gboolean
sio_handlers_has (SioHandlers *self, const char *event)
{
  HandlerList *list = find_list (self, event, 0);

  return list != NULL && list->handlers->len > 0;
}

void
sio_handlers_dispatch_any (SioHandlers *self, SioSocket *socket, SioMessage *message)
{
  if (self->any != NULL)
    handler_list_dispatch (self->any, socket, message);
}

void
sio_handlers_dispatch_outgoing (SioHandlers *self, SioSocket *socket, SioMessage *message)
{
  if (self->outgoing != NULL)
    handler_list_dispatch (self->outgoing, socket, message);
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
