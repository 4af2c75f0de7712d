/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-version-macros.h"

/**
 * sio_get_major_version:
 *
 * Major version of the library that is loaded.
 *
 * May be called from any thread.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_get_major_version (void)
{
  return SIO_MAJOR_VERSION;
}

/**
 * sio_get_minor_version:
 *
 * Minor version of the library that is loaded.
 *
 * May be called from any thread.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_get_minor_version (void)
{
  return SIO_MINOR_VERSION;
}

/**
 * sio_get_micro_version:
 *
 * Micro version of the library that is loaded.
 *
 * May be called from any thread.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_get_micro_version (void)
{
  return SIO_MICRO_VERSION;
}
