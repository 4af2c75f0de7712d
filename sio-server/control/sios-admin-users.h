/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Who may log in to the namespace of the Admin UI. Immutable, may be used in any thread. */
typedef struct _SiosAdminUsers SiosAdminUsers;

/* Lines of NAME:HASH, as htpasswd -B writes them; a line with nothing but a hash is the password
 * of @default_name. Hashes are those of bcrypt: $2y$, $2b$ or $2a$. Empty lines and those that
 * begin with # are passed over. All that is wrong is added to @problems with @where and the line,
 * never with a hash; NULL if there was any, or there is no user. */
SiosAdminUsers *sios_admin_users_parse (const char *text,
                                        gsize length,
                                        const char *default_name,
                                        const char *where,
                                        GPtrArray *problems);
SiosAdminUsers *sios_admin_users_ref (SiosAdminUsers *self);
void sios_admin_users_unref (SiosAdminUsers *self);
guint sios_admin_users_get_length (SiosAdminUsers *self);
/* (nullable): the hash of a user's password */
const char *sios_admin_users_get_hash (SiosAdminUsers *self, const char *name);
/* TRUE if @password is that of @name. Takes as long for a name that is unknown. Blocks for as long
 * as the cost of the hash wants: tens of milliseconds and more. */
gboolean sios_admin_users_check (SiosAdminUsers *self, const char *name, const char *password);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosAdminUsers, sios_admin_users_unref)

G_END_DECLS
