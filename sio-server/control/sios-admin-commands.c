/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-admin.h"
#include "sios-control.h"

/* What admins do. There are no answers: a refusal is recorded and counted. */

/* As the records of the audit name them, in the order of SiosAdminCommand. */
static const char *const actions[SIOS_ADMIN_N_COMMANDS] = { "join", "leave", "disconnect", "emit" };

typedef struct
{
  SiosAdmin *admin;
  SiosAdminCommand command;
} Handler;

static void
deny (SiosAdmin *self,
      SioSocket *socket,
      SiosAdminCommand command,
      SiosAdminDenial denial,
      const char *why)
{
  SiosCaller caller = sios_admin_get_caller (self, socket);

  self->counters.n_denied[denial]++;
  sios_control_deny (sios_control_get (self->features), &caller, actions[command], NULL, why);
}

/* What JavaScript takes for nothing stands for all sockets; else the name of a room, which may be
 * the id of a socket. */
static gboolean
read_filter (SioArgs *args, guint n, const char *rooms[2], SiosRecipients *target)
{
  SioArgType type = sio_args_get_arg_type (args, n);
  const char *room = type == SIO_ARG_STRING ? sio_args_get_string (args, n) : NULL;

  if (type == SIO_ARG_STRING && room == NULL)
    return FALSE;
  if (room != NULL && *room != '\0')
    {
      rooms[0] = room;
      target->rooms = rooms;
      return TRUE;
    }
  return type == SIO_ARG_STRING || type == SIO_ARG_NONE || type == SIO_ARG_NULL ||
         (type == SIO_ARG_BOOLEAN && !sio_args_get_boolean (args, n));
}

static gboolean
run_rooms (SiosAdmin *self,
           const SiosCaller *caller,
           SiosAdminCommand command,
           SiosRecipients *target,
           SioArgs *args,
           GError **error)
{
  const char *rooms[] = { sio_args_get_string (args, 1), NULL };
  SiosControl *control = sios_control_get (self->features);
  guint n;

  if (command == SIOS_ADMIN_JOIN)
    return sios_control_join (control, caller, target, rooms, &n, error);
  return sios_control_leave (control, caller, target, rooms, &n, error);
}

static gboolean
run (SiosAdmin *self,
     const SiosCaller *caller,
     SiosAdminCommand command,
     SiosRecipients *target,
     SioArgs *args,
     GError **error)
{
  SiosControl *control = sios_control_get (self->features);
  g_autoptr (SioArgs) rest = NULL;
  guint n;

  switch (command)
    {
    case SIOS_ADMIN_DISCONNECT:
      return sios_control_disconnect (control, caller, target, sio_args_get_boolean (args, 1), &n,
                                      error);
    case SIOS_ADMIN_EMIT:
      rest = sio_args_slice (args, 3);
      return sios_control_emit (control, caller, target, sio_args_get_string (args, 2), rest, &n,
                                error);
    case SIOS_ADMIN_JOIN:
    case SIOS_ADMIN_LEAVE:
    default:
      return run_rooms (self, caller, command, target, args, error);
    }
}

/* nsp, room, filter for join and leave; nsp, close, filter for _disconnect; nsp, filter, event and
 * more for emit. NULL, or what is wrong. */
static const char *
find_problem (SiosAdminCommand command, SioArgs *args, const char *rooms[2], SiosRecipients *target)
{
  guint filter = command == SIOS_ADMIN_EMIT ? 1 : 2;
  guint text = command == SIOS_ADMIN_EMIT ? 2 : 1;
  const char *name;

  if (sio_args_get_arg_type (args, 0) != SIO_ARG_STRING || sio_args_get_string (args, 0) == NULL)
    return "expected a namespace";
  if (!read_filter (args, filter, rooms, target))
    return "expected a room or nothing as filter";
  if (command == SIOS_ADMIN_DISCONNECT)
    {
      SioArgType type = sio_args_get_arg_type (args, 1);

      return type == SIO_ARG_BOOLEAN || type == SIO_ARG_NULL || type == SIO_ARG_NONE
                 ? NULL
                 : "expected whether to close connections";
    }
  name = sio_args_get_arg_type (args, text) == SIO_ARG_STRING ? sio_args_get_string (args, text)
                                                              : NULL;
  if (name != NULL && *name != '\0')
    return NULL;
  return command == SIOS_ADMIN_EMIT ? "expected the name of an event" : "expected a room";
}

static void
command_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  Handler *handler = user_data;
  SiosAdmin *self = handler->admin;
  SiosCaller caller = sios_admin_get_caller (self, socket);
  SioArgs *args = sio_message_get_args (message);
  const char *rooms[2] = { NULL, NULL };
  SiosRecipients target = { NULL };
  g_autoptr (GError) error = NULL;
  SioNamespace *ns;
  const char *problem;

  if (self->settings.readonly)
    {
      deny (self, socket, handler->command, SIOS_ADMIN_READONLY, "readonly");
      return;
    }
  problem = find_problem (handler->command, args, rooms, &target);
  if (problem != NULL)
    {
      deny (self, socket, handler->command, SIOS_ADMIN_INVALID, problem);
      return;
    }
  /* Looked for: Socket.IO on Node would make one. */
  ns = sio_server_get_namespace (self->server, sio_args_get_string (args, 0));
  if (ns == NULL)
    {
      deny (self, socket, handler->command, SIOS_ADMIN_UNKNOWN_NAMESPACE, "unknown namespace");
      return;
    }
  target.ns = sio_namespace_get_name (ns);
  if (run (self, &caller, handler->command, &target, args, &error))
    self->counters.n_done[handler->command]++;
  else
    deny (self, socket, handler->command, SIOS_ADMIN_INVALID, error->message);
}

static const char *const events[SIOS_ADMIN_N_COMMANDS] = { "join", "leave", "_disconnect", "emit" };

void
sios_admin_commands_install (SiosAdmin *admin)
{
  for (guint i = 0; i < SIOS_ADMIN_N_COMMANDS; i++)
    {
      Handler *handler = g_new (Handler, 1);

      *handler = (Handler){ admin, (SiosAdminCommand) i };
      sio_namespace_on (admin->ns, events[i], command_cb, handler, g_free);
    }
}

void
sios_admin_commands_remove (SiosAdmin *admin)
{
  for (guint i = 0; i < SIOS_ADMIN_N_COMMANDS; i++)
    sio_namespace_off_event (admin->ns, events[i]);
}
