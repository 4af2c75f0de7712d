/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-error.h"

/* The formatter takes the dashes for operators. */
/* clang-format off */
G_DEFINE_QUARK (sio-error-quark, sio_error)
/* clang-format on */
