/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-config.h"

G_BEGIN_DECLS

/* Files with [event NAME] and [track NAME] that configurations include by the name of a set. */

/* For the table of keys: a name, or a path with a slash. */
gboolean sios_rule_set_check (const char *text, GError **error);

/* Adds the lines of the sets that @sources and @file_entries name, as they are before anything
 * else: whoever includes a set may change each of its keys. Blocks. */
void sios_rule_sets_scan (const SiosSources *sources,
                          GPtrArray *file_entries,
                          GPtrArray *entries,
                          GPtrArray *problems);

G_END_DECLS
