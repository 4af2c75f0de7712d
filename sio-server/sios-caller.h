/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whoever administers the server, by whatever way: what the records of the audit name. */

typedef enum
{
  SIOS_CALLER_SIGNAL, /* of the process: a reload, a stop */
  SIOS_CALLER_DBUS,
  SIOS_CALLER_HTTP,
  SIOS_CALLER_ADMIN /* the namespace of the Admin UI */
} SiosCallerKind;

typedef enum
{
  SIOS_PERMISSION_READ = 1 << 0,      /* lists and statistics */
  SIOS_PERMISSION_MANAGE = 1 << 1,    /* disconnect, join, leave, revoke */
  SIOS_PERMISSION_EMIT = 1 << 2,      /* emit, broadcast, announce */
  SIOS_PERMISSION_CONFIGURE = 1 << 3, /* reload, drain, log level */
  SIOS_PERMISSION_INSPECT = 1 << 4    /* see what clients send */
} SiosPermissions;

typedef struct
{
  SiosCallerKind kind;
  const char *name;    /* "uid 1000", the user of a token, a user name; NULL if unknown */
  const char *address; /* where from, ":1.42" or "192.0.2.7"; NULL if local */
} SiosCaller;

/* One record of an act of administration that was done or refused. @target may be NULL; @outcome
 * is "done", or why not. */
void sios_caller_audit (const SiosCaller *caller,
                        const char *action,
                        const char *target,
                        const char *outcome);

G_END_DECLS
