/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sio.h>

/* An example is compiled with -Dsio_server_listen=example_listen: its fixed port may be taken.
 * EXAMPLE_PORT is one that is known to be free, because the server had it before. */
gboolean example_listen (SioServer *server, const char *address, GError **error);

gboolean
example_listen (SioServer *server, const char *address, GError **error)
{
  const char *port = g_getenv ("EXAMPLE_PORT");
  g_autofree char *anywhere = g_strdup_printf ("tcp:127.0.0.1:%s", port != NULL ? port : "0");
  g_auto (GStrv) addresses = NULL;

  if (!sio_server_listen (server, anywhere, error))
    return FALSE;
  addresses = sio_engine_list_addresses (sio_server_get_engine (server));
  g_print ("listening on %s\n", addresses[0]);
  return TRUE;
}
