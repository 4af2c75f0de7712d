/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Serves the built-in page at / and, from @client_dir, the official browser client below
 * @path. The files are read now, none later. Returns the number of client files. */
guint sios_files_serve (SoupServer *server, const char *path, const char *client_dir);

G_END_DECLS
