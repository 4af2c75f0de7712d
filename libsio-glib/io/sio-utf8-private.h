/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* UTF-8 as RFC 3629 has it (no surrogates, nothing above U+10FFFF; U+0000 is
 * valid), checked in slices: start with *state = 0; FALSE as soon as the text
 * cannot be valid any more; it is complete when *state is 0 again. */
gboolean sio_utf8_validate_slice (guint32 *state, const guint8 *data, gsize length);
gboolean sio_utf8_validate (const guint8 *data, gsize length);

G_END_DECLS
