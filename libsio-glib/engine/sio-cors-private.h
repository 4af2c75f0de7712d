/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sio-cors.h"

G_BEGIN_DECLS

/* Puts the headers of protocol.md §1.17 on the response. TRUE if @message is a preflight
 * request, which is answered then. */
gboolean sio_cors_apply (SioCors *self, SoupServerMessage *message);

G_END_DECLS
