/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Messages go to the journal if standard error leads there, else to standard error; those
 * less important than @level are dropped. */
void sios_log_init (GLogLevelFlags level);

G_END_DECLS
