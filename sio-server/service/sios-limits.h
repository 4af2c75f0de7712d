/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether the system grants what max-connections promises. Each is NULL if so, or one line that
 * names the numbers and what to do. */

/* @limit: descriptors that may be open */
char *sios_limits_check_descriptors (guint64 max_connections, guint64 limit);
/* @somaxconn: connections that may wait to be accepted; 0 if it is not known */
char *sios_limits_check_backlog (guint64 max_connections, guint64 somaxconn);

G_END_DECLS
