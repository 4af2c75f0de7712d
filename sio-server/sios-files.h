/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Serves the built-in page at /; it loads the browser client from below @path. */
void sios_files_serve (SoupServer *server, const char *path);

G_END_DECLS
