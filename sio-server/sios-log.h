/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Messages go to the journal if standard error leads there, else to standard error. */
void sios_log_init (void);
/* Those less important than @level are dropped from now on; G_LOG_LEVEL_INFO at first. */
void sios_log_set_level (GLogLevelFlags level);
/* error, warning, notice, info or debug; FALSE for any other word. */
gboolean sios_log_set_level_by_name (const char *name);
/* One of these. */
const char *sios_log_get_level_name (void);
/* They end with NULL. */
const char *const *sios_log_list_levels (void);

G_END_DECLS
