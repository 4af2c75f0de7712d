/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The files of the browser client, protocol.md §4.12. No other name is ever looked for. */
#define SIO_CLIENT_N_FILES 8

typedef struct
{
  const char *name;
  const char *type;
} SioClientFile;

extern const SioClientFile sio_client_files[SIO_CLIENT_N_FILES];

/* Number of the file of that name, or -1. */
int sio_client_file_find (const char *name, gsize length);

G_END_DECLS
