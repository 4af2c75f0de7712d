/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* NULL if @origins, of a key, is empty. */
SioCors *sios_cors_new (const char *const *origins, gboolean credentials);

G_END_DECLS
