/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-cors.h"
#include "sio-request.h"

G_BEGIN_DECLS

/* Puts the headers of protocol.md §1.17 on the response. Returns the status to answer a
 * preflight request with, or 0 if @request is none. */
guint sio_cors_apply (SioCors *self, SioRequest *request);

G_END_DECLS
