/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long to wait before attempt number @attempt (from 0): protocol.md §5.3, with the exponent
 * clamped (Appendix C, 18). @jitter outside of (0, 1] means none; @random is in [0, 1). */
guint sio_backoff_delay (guint min, guint max, double jitter, guint attempt, double random);

G_END_DECLS
