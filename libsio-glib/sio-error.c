/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-error.h"

/**
 * sio_error_quark:
 *
 * Gets the domain of errors of this library.
 *
 * Returns: the domain of [error@Sio.Error]
 *
 * Since: 0.1
 */
/* The formatter takes the dashes for operators. */
/* clang-format off */
G_DEFINE_QUARK (sio-error-quark, sio_error)
/* clang-format on */
