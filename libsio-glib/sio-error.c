/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-error.h"

/* clang-format off: it takes the dashes for operators */
G_DEFINE_QUARK (sio-error-quark, sio_error)
/* clang-format on */
