/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Logins of the Admin UI that go on without a password: 128 random bits each. Only digests are
 * kept. When there are too many, the one that expires first goes. */
typedef struct _SiosAdminSessions SiosAdminSessions;

SiosAdminSessions *sios_admin_sessions_new (void);
void sios_admin_sessions_free (SiosAdminSessions *self);
/* Of those made from now on, in ms, and how many there may be. */
void sios_admin_sessions_set_limits (SiosAdminSessions *self, guint64 duration, guint max);
/* (transfer full) (nullable): its id, 32 hexadecimal digits; NULL without limits that allow one or
 * without random numbers. @now: monotonic microseconds. */
char *sios_admin_sessions_add (SiosAdminSessions *self, const char *name, gint64 now);
/* (nullable): whose it is */
const char *sios_admin_sessions_find (SiosAdminSessions *self, const char *id, gint64 now);
/* Those of whom @func says FALSE end. */
void sios_admin_sessions_keep (SiosAdminSessions *self,
                               gboolean (*func) (const char *name, gpointer user_data),
                               gpointer user_data);
guint sios_admin_sessions_get_length (SiosAdminSessions *self);

G_END_DECLS
