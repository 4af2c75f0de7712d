/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-request-private.h"

G_BEGIN_DECLS

/* The browser client in memory, plain and compressed: nothing is read or compressed when it is
 * asked for. */
typedef struct _SioClientBundle SioClientBundle;

/* Reads what there is of the files. NULL if there is no socket.io.js, or one cannot be read. */
SioClientBundle *sio_client_bundle_load (const char *directory, GError **error);
void sio_client_bundle_free (SioClientBundle *self);
const char *sio_client_bundle_get_directory (SioClientBundle *self);
/* (transfer full): their names */
char **sio_client_bundle_list (SioClientBundle *self);
/* Answers if the path of the request is, after @prefix_length bytes, the name of a file; else
 * returns FALSE. */
gboolean sio_client_bundle_handle (SioClientBundle *self, SioRequest *request, gsize prefix_length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioClientBundle, sio_client_bundle_free)

G_END_DECLS
