/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "sio-version.h"

#ifndef _SIO_EXTERN
#define _SIO_EXTERN __attribute__ ((visibility ("default"))) extern
#endif

#define SIO_VERSION_0_1 (G_ENCODE_VERSION (0, 1))

/**
 * SIO_VERSION_MIN_REQUIRED:
 *
 * Define it to the oldest version whose deprecations should be reported,
 * for example `SIO_VERSION_0_1`, before including `sio.h`.
 */
#ifndef SIO_VERSION_MIN_REQUIRED
#define SIO_VERSION_MIN_REQUIRED (G_ENCODE_VERSION (SIO_MAJOR_VERSION, SIO_MINOR_VERSION))
#endif

/**
 * SIO_VERSION_MAX_ALLOWED:
 *
 * Define it to the newest version whose API may be used without a warning.
 */
#ifndef SIO_VERSION_MAX_ALLOWED
#define SIO_VERSION_MAX_ALLOWED (G_ENCODE_VERSION (SIO_MAJOR_VERSION, SIO_MINOR_VERSION))
#endif

#define SIO_AVAILABLE_IN_ALL _SIO_EXTERN

#if SIO_VERSION_MAX_ALLOWED < SIO_VERSION_0_1
#define SIO_AVAILABLE_IN_0_1 G_UNAVAILABLE (0, 1) _SIO_EXTERN
#else
#define SIO_AVAILABLE_IN_0_1 _SIO_EXTERN
#endif

SIO_AVAILABLE_IN_0_1
guint sio_get_major_version (void);
SIO_AVAILABLE_IN_0_1
guint sio_get_minor_version (void);
SIO_AVAILABLE_IN_0_1
guint sio_get_micro_version (void);
