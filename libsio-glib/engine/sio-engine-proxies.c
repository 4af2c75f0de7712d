/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-engine-private.h"
#include "sio-http-peer-private.h"

/* Whose address a client has: its own, or the one that a trusted proxy tells. */

const char *
sio_engine_get_counted_address (SioEngine *self, const char *address)
{
  return self->proxies != NULL && sio_proxies_trust (self->proxies, address) ? "" : address;
}

SioRequestInfo *
sio_engine_make_info (SioEngine *self,
                      const char *peer,
                      gboolean secure,
                      const char *url,
                      gsize url_length,
                      const char *headers,
                      gsize headers_length,
                      gboolean *proxied)
{
  char address[INET6_ADDRSTRLEN];

  *proxied = FALSE;
  if (G_LIKELY (self->proxies == NULL))
    return sio_request_info_new (peer, secure, url, url_length, headers, headers_length);
  g_strlcpy (address, peer, sizeof address);
  *proxied = sio_proxies_resolve (self->proxies, headers, headers_length, address, &secure);
  return sio_request_info_new (address, secure, url, url_length, headers, headers_length);
}

/**
 * sio_engine_check_proxy:
 * @proxy: an entry of [property@Sio.Engine:trusted-proxies]
 * @error: return location for an error
 *
 * Checks whether [method@Sio.Engine.set_trusted_proxies] understands an entry, for programs that
 * check all of their configuration before they act on it.
 *
 * Returns: `TRUE` if it does; `FALSE` with [error@Sio.Error.INVALID_ARGUMENT] if not
 *
 * Since: 0.1
 */
gboolean
sio_engine_check_proxy (const char *proxy, GError **error)
{
  const char *const list[] = { proxy, NULL };
  g_autoptr (SioProxies) parsed = NULL;

  g_return_val_if_fail (proxy != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  parsed = sio_proxies_new (list, error);
  return parsed != NULL;
}

/**
 * sio_engine_get_trusted_proxies: (get-property trusted-proxies)
 * @self: the engine
 *
 * Gets [property@Sio.Engine:trusted-proxies].
 *
 * Returns: (transfer none) (array zero-terminated=1): the proxies; empty if there are none
 *
 * Since: 0.1
 */
const char *const *
sio_engine_get_trusted_proxies (SioEngine *self)
{
  static const char *const none[] = { NULL };

  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);

  return self->proxies != NULL ? sio_proxies_get_list (self->proxies) : none;
}

/**
 * sio_engine_set_trusted_proxies:
 * @self: the engine
 * @proxies: (array zero-terminated=1) (nullable): addresses, networks, or `unix`; `NULL` or empty
 *   for none
 * @error: return location for an error
 *
 * Sets [property@Sio.Engine:trusted-proxies], for the next requests. What is counted already stays
 * counted as it was.
 *
 * Returns: `TRUE` if it was set; `FALSE` with [error@Sio.Error.INVALID_ARGUMENT] if one of them is
 *   not understood, and then the former ones stay
 *
 * Since: 0.1
 */
gboolean
sio_engine_set_trusted_proxies (SioEngine *self, const char *const *proxies, GError **error)
{
  SioProxies *parsed = NULL;

  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (proxies != NULL && proxies[0] != NULL)
    {
      parsed = sio_proxies_new (proxies, error);
      if (parsed == NULL)
        return FALSE;
    }
  g_clear_pointer (&self->proxies, sio_proxies_free);
  self->proxies = parsed;
  g_object_notify (G_OBJECT (self), "trusted-proxies");
  return TRUE;
}

/**
 * sio_engine_dup_client_address:
 * @self: the engine
 * @message: a message of [method@Sio.Engine.get_soup_server]
 * @secure: (out) (optional): whether the client used TLS
 *
 * Gets the address of the client of a message of another path than the engine's, as
 * [method@Sio.Request.get_remote_address] does for requests on that path.
 *
 * [method@Soup.ServerMessage.get_remote_host] knows nothing of proxies and of Unix sockets.
 *
 * Returns: (transfer full): the numeric address, empty for Unix sockets
 *
 * Since: 0.1
 */
char *
sio_engine_dup_client_address (SioEngine *self, SoupServerMessage *message, gboolean *secure)
{
  g_autofree char *peer = NULL;
  g_autoptr (GString) headers = NULL;
  g_autoptr (SioRequestInfo) info = NULL;
  gboolean proxied;

  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);
  g_return_val_if_fail (SOUP_IS_SERVER_MESSAGE (message), NULL);

  peer = sio_http_message_dup_address (message);
  headers = sio_http_message_dup_headers (message);
  info = sio_engine_make_info (self, peer, sio_http_message_is_secure (message), "", 0,
                               headers->str, headers->len, &proxied);
  if (secure != NULL)
    *secure = sio_request_info_is_secure (info);
  return g_strdup (sio_request_info_get_remote_address (info));
}
