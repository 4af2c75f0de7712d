/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-admin-users.h"

G_BEGIN_DECLS

/* Compares passwords in a thread of its own, one after the other. */
typedef struct _SiosAdminChecks SiosAdminChecks;

/* In the thread and main context that asked. */
typedef void (*SiosAdminCheckFunc) (gboolean correct, gpointer user_data);

SiosAdminChecks *sios_admin_checks_new (void);
/* Waits for the one that runs; of all that are left, functions are called with FALSE. */
void sios_admin_checks_free (SiosAdminChecks *self);
void sios_admin_checks_run (SiosAdminChecks *self,
                            SiosAdminUsers *users,
                            const char *name,
                            const char *password,
                            SiosAdminCheckFunc func,
                            gpointer user_data);
/* Those whose function was not called yet. */
guint sios_admin_checks_get_length (SiosAdminChecks *self);

G_END_DECLS
