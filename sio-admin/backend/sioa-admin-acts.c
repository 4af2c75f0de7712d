/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sioa-admin-private.h"

/* Acts: servers are told, and say nothing about what came of it. */

static void
sioa_admin_get_socket_async (SioaBackend *backend,
                             const char *nsp,
                             const char *id,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);

  g_task_set_source_tag (task, sioa_admin_get_socket_async);
  /* Servers told everything. */
  g_task_return_pointer (task, NULL, NULL);
}

/* Servers on Node take a filter that is empty for none, which is everybody. */
static gboolean
check_rooms (const SioaTarget *target)
{
  if (target->rooms == NULL)
    return TRUE;
  for (guint i = 0; target->rooms[i] != NULL; i++)
    if (*target->rooms[i] == '\0' || !g_utf8_validate (target->rooms[i], -1, NULL))
      return FALSE;
  return target->rooms[0] != NULL;
}

/* What must not reach a server: some of it would end one on Node. */
static gboolean
check_action (SioaAdminBackend *self,
              const SioaTarget *target,
              SioaFeatures needed,
              const char *name, /* of an event or room; NULL */
              GError **error)
{
  static const char *const reserved[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", NULL
  };

  if (self->client == NULL || !sio_client_is_connected (self->client))
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_UNREACHABLE,
                         _ ("there is no connection to the server"));
  else if ((self->features & needed) == 0)
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_DENIED,
                         _ ("the server does not allow this; it may be read-only"));
  else if (target->user != NULL)
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("this server knows no users; choose their sockets"));
  else if (!g_hash_table_contains (self->namespaces, target->nsp))
    g_set_error (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS, _ ("the server has no namespace “%s”"),
                 target->nsp);
  else if (!check_rooms (target))
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("no room or socket is chosen, or one of them has no name"));
  else if (name != NULL && !g_utf8_validate (name, -1, NULL))
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("names of events and rooms are UTF-8"));
  else if (name != NULL && *name == '\0')
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("events and rooms have names that are not empty"));
  else if (name != NULL && needed == SIOA_CAN_EMIT && g_strv_contains (reserved, name))
    g_set_error (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS, _ ("“%s” cannot be the name of an event"),
                 name);
  else
    return TRUE;
  return FALSE;
}

/* EVENT (nsp, …): @before are the arguments in front of the filter, @after those behind it. */
static void
send (SioaAdminBackend *self,
      const char *event,
      const SioaTarget *target,
      const char *room,
      int close, /* -1: none */
      gboolean filter_first,
      SioArgs *rest)
{
  guint i = 0;

  do
    {
      g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
      const char *filter = target->rooms != NULL ? target->rooms[i] : NULL;

      sio_args_builder_add_string (builder, target->nsp);
      if (!filter_first && close >= 0)
        sio_args_builder_add_boolean (builder, close);
      else if (!filter_first)
        sio_args_builder_add_string (builder, room);
      /* An explicit null is everybody. */
      if (filter != NULL)
        sio_args_builder_add_string (builder, filter);
      else
        sio_args_builder_add_null (builder);
      if (filter_first)
        {
          sio_args_builder_add_string (builder, room);
          sio_args_builder_add_args (builder, rest, 0);
        }
      sio_client_emit (self->client, event, sio_args_builder_end (builder));
    }
  while (target->rooms != NULL && target->rooms[i] != NULL && target->rooms[++i] != NULL);
}

/* NULL after the task ended with an error. */
static GTask *
begin (SioaAdminBackend *self,
       const SioaTarget *target,
       SioaFeatures needed,
       const char *name,
       gpointer tag,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, tag);
  if (check_action (self, target, needed, name, &error))
    return g_steal_pointer (&task);
  g_task_return_error (task, error);
  return NULL;
}

static void
sioa_admin_emit_async (SioaBackend *backend,
                       const SioaTarget *target,
                       const char *event,
                       const char *args,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_EMIT, event, sioa_admin_emit_async,
                                  cancellable, callback, user_data);
  g_autoptr (SioArgs) rest = NULL;
  GError *error = NULL;

  if (task == NULL)
    return;
  rest = sio_args_new_from_json (args, -1, &error);
  if (rest == NULL)
    {
      g_task_return_new_error (task, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                               _ ("the arguments are no list in JSON: %s"), error->message);
      g_error_free (error);
      return;
    }
  send (self, "emit", target, event, -1, TRUE, rest);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static void
sioa_admin_join_async (SioaBackend *backend,
                       const SioaTarget *target,
                       const char *room,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_JOIN, room, sioa_admin_join_async,
                                  cancellable, callback, user_data);

  if (task == NULL)
    return;
  send (self, "join", target, room, -1, FALSE, NULL);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static void
sioa_admin_leave_async (SioaBackend *backend,
                        const SioaTarget *target,
                        const char *room,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_LEAVE, room, sioa_admin_leave_async,
                                  cancellable, callback, user_data);

  if (task == NULL)
    return;
  send (self, "leave", target, room, -1, FALSE, NULL);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static void
sioa_admin_disconnect_async (SioaBackend *backend,
                             const SioaTarget *target,
                             gboolean close,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_DISCONNECT, NULL,
                                  sioa_admin_disconnect_async, cancellable, callback, user_data);

  if (task == NULL)
    return;
  send (self, "_disconnect", target, NULL, close, FALSE, NULL);
  g_task_return_int (task, SIOA_UNKNOWN);
}

void
sioa_admin_acts_init (SioaBackendInterface *iface)
{
  iface->get_socket_async = sioa_admin_get_socket_async;
  iface->emit_async = sioa_admin_emit_async;
  iface->join_async = sioa_admin_join_async;
  iface->leave_async = sioa_admin_leave_async;
  iface->disconnect_async = sioa_admin_disconnect_async;
}
