/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-admin-users.h"
#include "sios-caller.h"
#include "sios-feature.h"

G_BEGIN_DECLS

/* What the parts of the namespace of the Admin UI share. */

typedef struct _SiosAdminEvents SiosAdminEvents;
typedef struct _SiosAdminList SiosAdminList;

/* What the configuration says. */
typedef struct
{
  gboolean enabled;
  gboolean open; /* without passwords */
  gboolean readonly;
  gboolean development;
  char *server_id;
  guint max_admins;
  guint max_checks;
  guint max_listed;
  guint64 max_event_bytes;
  guint max_events_per_second;
} SiosAdminSettings;

typedef enum
{
  SIOS_ADMIN_JOIN,
  SIOS_ADMIN_LEAVE,
  SIOS_ADMIN_DISCONNECT,
  SIOS_ADMIN_EMIT,
  SIOS_ADMIN_N_COMMANDS
} SiosAdminCommand;

/* Why a login was refused. */
typedef enum
{
  SIOS_ADMIN_BAD_CREDENTIALS,
  SIOS_ADMIN_BAD_SESSION,
  SIOS_ADMIN_THROTTLED,
  SIOS_ADMIN_BUSY,
  SIOS_ADMIN_FULL,
  SIOS_ADMIN_N_REFUSALS
} SiosAdminRefusal;

/* Why a command was. */
typedef enum
{
  SIOS_ADMIN_READONLY,
  SIOS_ADMIN_INVALID,
  SIOS_ADMIN_UNKNOWN_NAMESPACE,
  SIOS_ADMIN_N_DENIALS
} SiosAdminDenial;

typedef struct
{
  guint64 n_logins;
  guint64 n_resumed; /* with the id of a session */
  guint64 n_refused[SIOS_ADMIN_N_REFUSALS];
  guint64 n_done[SIOS_ADMIN_N_COMMANDS];
  guint64 n_denied[SIOS_ADMIN_N_DENIALS];
  guint64 n_lists;
  guint64 n_lists_cut;
  guint64 n_pauses;
} SiosAdminCounters;

typedef struct
{
  SiosFeatures *features;
  SioServer *server;
  SioNamespace *ns;      /* NULL until it is enabled for the first time */
  GPtrArray *namespaces; /* all, with that of the admins */
  SiosAdminSettings settings;
  SiosAdminCounters counters;
  GHashTable *admins; /* SioSocket → NULL */
  SiosAdminEvents *events;
  SiosAdminList *list;
} SiosAdmin;

/* Whoever logged in on @socket, as long as it is there. */
SiosCaller sios_admin_get_caller (SiosAdmin *self, SioSocket *socket);

/* Events about what happens: watches as long as there are admins. */
SiosAdminEvents *sios_admin_events_new (SiosAdmin *admin);
void sios_admin_events_free (SiosAdminEvents *self);
/* After the set of admins, the settings or the namespaces changed. */
void sios_admin_events_update (SiosAdminEvents *self);
/* A socket of any namespace, that of the admins, too. */
void sios_admin_events_connected (SiosAdminEvents *self, SioSocket *socket);
void sios_admin_events_disconnected (SiosAdminEvents *self, SioSocket *socket, const char *reason);
/* Remembers when the transport of a socket changes. */
void sios_admin_events_watch (SiosAdminEvents *self, SioSocket *socket);
/* To one admin: the server is there. */
void sios_admin_events_send_stats (SiosAdminEvents *self, SioSocket *socket);
gboolean sios_admin_events_is_detailed (SiosAdminEvents *self);

/* The list of all sockets. Made in small pieces, once for all admins that wait for it. */
SiosAdminList *sios_admin_list_new (SiosAdmin *admin);
void sios_admin_list_free (SiosAdminList *self);
void sios_admin_list_send (SiosAdminList *self, SioSocket *admin);
/* What changes while it is made. */
void sios_admin_list_add (SiosAdminList *self, SioSocket *socket);
void sios_admin_list_touch (SiosAdminList *self, SioSocket *socket);
void sios_admin_list_remove (SiosAdminList *self, SioSocket *socket);
/* Nobody waits any more. */
void sios_admin_list_stop (SiosAdminList *self);
/* The object that stands for a socket. */
void sios_admin_list_write (SioArgsBuilder *builder, SioSocket *socket);

/* Adds the handlers of what admins may do. */
void sios_admin_commands_install (SiosAdmin *admin);
void sios_admin_commands_remove (SiosAdmin *admin);

G_END_DECLS
