/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-engine-private.h"
#include "sio-server-private.h"

/* Serving the browser client; the engine does it, because the files lie below its path. */

/**
 * sio_server_load_client_bundle:
 * @self: a server
 * @directory: (type filename) (nullable): where `socket.io.js` is, or `NULL` to serve no files
 * @error: return location for an error
 *
 * Serves the official browser client below the path of Socket.IO, so that a page can say
 * `<script src="/socket.io/socket.io.js"></script>`.
 *
 * The files are those of the directory `dist` of the npm package `socket.io-client`:
 * `socket.io.js`, `socket.io.min.js`, `socket.io.msgpack.min.js`, `socket.io.esm.min.js` and a
 * `.map` of each. Only these names are served, with entity tags and, for browsers that
 * accept it, compressed. They are read at once, and kept in memory: call it before the server
 * listens, and again when they have changed.
 *
 * Errors: `G_IO_ERROR_NOT_FOUND` if there is no `socket.io.js`, [error@GLib.FileError] if a file
 * cannot be read. The files that were served before stay then.
 *
 * Returns: `TRUE` if the files are served
 *
 * Since: 0.1
 */
gboolean
sio_server_load_client_bundle (SioServer *self, const char *directory, GError **error)
{
  SioClientBundle *bundle = NULL;

  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (directory != NULL)
    {
      bundle = sio_client_bundle_load (directory, error);
      if (bundle == NULL)
        return FALSE;
    }
  sio_engine_take_client_bundle (self->engine, bundle);
  g_object_notify (G_OBJECT (self), "client-bundle-dir");
  return TRUE;
}

/**
 * sio_server_get_client_bundle_dir: (get-property client-bundle-dir)
 * @self: a server
 *
 * Gets where the files of the browser client come from.
 *
 * Returns: (transfer none) (type filename) (nullable): the directory, or `NULL` if no files are
 *   served
 *
 * Since: 0.1
 */
const char *
sio_server_get_client_bundle_dir (SioServer *self)
{
  SioClientBundle *bundle;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  bundle = sio_engine_get_client_bundle (self->engine);
  return bundle != NULL ? sio_client_bundle_get_directory (bundle) : NULL;
}

/**
 * sio_server_list_client_files:
 * @self: a server
 *
 * Lists the files of the browser client that are served.
 *
 * Returns: (transfer full): their names, without the path
 *
 * Since: 0.1
 */
char **
sio_server_list_client_files (SioServer *self)
{
  SioClientBundle *bundle;

  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  bundle = sio_engine_get_client_bundle (self->engine);
  return bundle != NULL ? sio_client_bundle_list (bundle) : g_new0 (char *, 1);
}
