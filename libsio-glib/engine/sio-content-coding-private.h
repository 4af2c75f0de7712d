/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-request-private.h"

G_BEGIN_DECLS

/* What Accept-Encoding prefers of gzip and deflate (RFC 9110 §12.5.3; ties in the order of the
 * client). Returns the name of the coding, or NULL for none, with *form SIO_DEFLATE_NONE. */
const char *sio_request_choose_coding (SioRequest *request, SioDeflateForm *form);

G_END_DECLS
