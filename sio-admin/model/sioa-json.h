/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* JSON of servers and their clients, for people to read. Unless @reveal, values of members that are
 * called like a password, token or cookie are dots. */

/* Indented, and cut where nobody reads on; text that is not JSON stays as it is; NULL for NULL. */
char *sioa_json_format (const char *json, gboolean reveal);
/* Of the object that is the member @name of @json (NULL: of @json itself): names and values in
 * turn. Empty if there is none. */
GPtrArray *sioa_json_list_members (const char *json, const char *name, gboolean reveal);
gboolean sioa_json_is_secret (const char *name);

G_END_DECLS
