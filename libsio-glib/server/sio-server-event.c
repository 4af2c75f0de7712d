/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-server-event.h"

#include "sio-args-private.h"

/**
 * SioServerEvent:
 *
 * An event that another server of the cluster emitted with
 * [method@Sio.Namespace.server_side_emit], as handlers of [signal@Sio.Namespace::server-event]
 * get it.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioServerEvent
{
  guint ref_count;
  char *name;
  SioArgs *args;
  SioAckFunc reply_func;
  gpointer user_data;
  GDestroyNotify destroy;
};

G_DEFINE_BOXED_TYPE (SioServerEvent, sio_server_event, sio_server_event_ref, sio_server_event_unref)

/**
 * sio_server_event_new: (constructor)
 * @name: name of the event
 * @args: (transfer full) (nullable): arguments
 * @reply_func: (scope notified) (nullable) (closure user_data) (destroy destroy): called with the
 *   answer, at most once; `NULL` if nobody waits for one
 * @user_data: data for @reply_func
 * @destroy: (nullable): frees @user_data after the answer, or when it is clear that there will be
 *   none
 *
 * Makes an event, for adapters that received one. Hand it to
 * [method@Sio.Adapter.receive_server_event].
 *
 * Returns: (transfer full): a new event
 *
 * Since: 0.1
 */
SioServerEvent *
sio_server_event_new (const char *name,
                      SioArgs *args,
                      SioAckFunc reply_func,
                      gpointer user_data,
                      GDestroyNotify destroy)
{
  SioServerEvent *self;

  g_return_val_if_fail (name != NULL, NULL);

  self = g_new0 (SioServerEvent, 1);
  self->ref_count = 1;
  self->name = g_strdup (name);
  self->args = args != NULL ? args : sio_args_new_raw ("", 0, NULL);
  self->reply_func = reply_func;
  self->user_data = user_data;
  self->destroy = destroy;
  return self;
}

/**
 * sio_server_event_ref:
 * @self: an event
 *
 * Takes a reference, for example to answer later.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioServerEvent *
sio_server_event_ref (SioServerEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  return self;
}

static void
forget_reply (SioServerEvent *self)
{
  GDestroyNotify destroy = g_steal_pointer (&self->destroy);

  self->reply_func = NULL;
  if (destroy != NULL)
    destroy (g_steal_pointer (&self->user_data));
}

/**
 * sio_server_event_unref:
 * @self: (transfer full): an event
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_server_event_unref (SioServerEvent *self)
{
  g_return_if_fail (self != NULL);

  if (--self->ref_count > 0)
    return;
  forget_reply (self);
  sio_args_unref (self->args);
  g_free (self->name);
  g_free (self);
}

/**
 * sio_server_event_get_name:
 * @self: an event
 *
 * Gets the name of the event.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
sio_server_event_get_name (SioServerEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * sio_server_event_get_args:
 * @self: an event
 *
 * Gets the arguments.
 *
 * Returns: (transfer none): arguments, maybe none
 *
 * Since: 0.1
 */
SioArgs *
sio_server_event_get_args (SioServerEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->args;
}

/**
 * sio_server_event_wants_reply:
 * @self: an event
 *
 * Tells whether the other server waits for an answer that was not given yet.
 *
 * Returns: `TRUE` if it does
 *
 * Since: 0.1
 */
gboolean
sio_server_event_wants_reply (SioServerEvent *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->reply_func != NULL;
}

/**
 * sio_server_event_reply:
 * @self: an event
 * @args: (transfer full) (nullable): arguments; other servers may get the first one only
 *
 * Answers the event. Only the first answer counts, and none if nobody waits for one.
 *
 * Since: 0.1
 */
void
sio_server_event_reply (SioServerEvent *self, SioArgs *args)
{
  SioAckFunc reply_func;

  g_return_if_fail (self != NULL);

  if (args == NULL)
    args = sio_args_new_raw ("", 0, NULL);
  reply_func = g_steal_pointer (&self->reply_func);
  if (reply_func != NULL)
    {
      sio_server_event_ref (self);
      reply_func (args, self->user_data);
      forget_reply (self);
      sio_server_event_unref (self);
    }
  sio_args_unref (args);
}
