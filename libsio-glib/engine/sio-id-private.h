/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIO_ID_LENGTH 20

/* Writes 20 unguessable, URL-safe characters and a NUL. */
void sio_id_generate (char id[SIO_ID_LENGTH + 1]);

G_END_DECLS
