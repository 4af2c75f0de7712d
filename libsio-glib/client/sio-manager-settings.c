/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-client-private.h"
#include "sio-error.h"
#include "sio-version.h"

/* The settings of a manager, and what becomes of them at a new connection. */

#define MAX_CONNECTIONS 8

static SoupSession *
ensure_session (SioManager *self)
{
  if (self->session == NULL)
    self->session = soup_session_new_with_options ("max-conns", MAX_CONNECTIONS,
                                                   "max-conns-per-host", MAX_CONNECTIONS,
                                                   "user-agent", "sio-glib/" SIO_VERSION_S, NULL);
  return self->session;
}

static char *
make_base (SioManager *self, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  const char *scheme, *host, *query;
  gboolean secure;
  int port;

  uri = g_uri_parse (self->uri != NULL ? self->uri : "", SOUP_HTTP_URI_FLAGS, error);
  if (uri == NULL)
    {
      g_prefix_error (error, "the address of the server is not valid: ");
      return NULL;
    }
  scheme = g_uri_get_scheme (uri);
  host = g_uri_get_host (uri);
  secure = strcmp (scheme, "https") == 0 || strcmp (scheme, "wss") == 0;
  if (!secure && strcmp (scheme, "http") != 0 && strcmp (scheme, "ws") != 0)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "the address of the server must begin with http:, https:, ws: or wss:");
      return NULL;
    }
  if (host == NULL || *host == '\0')
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "the address of the server has no host");
      return NULL;
    }
  port = g_uri_get_port (uri);
  if (port <= 0)
    port = secure ? 443 : 80;
  query = g_uri_get_query (uri);
  return g_strdup_printf (strchr (host, ':') != NULL ? "%s://[%s]:%d%s%s?%s%s"
                                                     : "%s://%s:%d%s%s?%s%s",
                          secure ? "https" : "http", host, port, self->path,
                          g_str_has_suffix (self->path, "/") ? "" : "/", query != NULL ? query : "",
                          query != NULL && *query != '\0' ? "&" : "");
}

static gboolean
read_transports (SioManager *self, SioEioOptions *options, GError **error)
{
  for (guint i = 0; self->transports[i] != NULL; i++)
    {
      SioTransport transport = 0;

      if (strcmp (self->transports[i], "polling") == 0)
        transport = SIO_TRANSPORT_POLLING;
      else if (strcmp (self->transports[i], "websocket") == 0)
        transport = SIO_TRANSPORT_WEBSOCKET;
      if (transport != 0 && options->n_transports < G_N_ELEMENTS (options->transports) &&
          (options->n_transports == 0 || options->transports[0] != transport))
        options->transports[options->n_transports++] = transport;
    }
  if (options->n_transports == 0)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "expected a transport: polling or websocket");
      return FALSE;
    }
  if (self->remember_upgrade && self->upgraded_last && options->n_transports == 2 &&
      options->transports[1] == SIO_TRANSPORT_WEBSOCKET)
    {
      options->transports[1] = options->transports[0];
      options->transports[0] = SIO_TRANSPORT_WEBSOCKET;
    }
  return TRUE;
}

/* A jar lives as long as a connection (protocol.md §5.8). */
static void
renew_cookies (SioManager *self)
{
  if (self->cookie_jar != NULL)
    soup_session_remove_feature (self->session, SOUP_SESSION_FEATURE (self->cookie_jar));
  g_clear_object (&self->cookie_jar);
  if (!self->cookies)
    return;
  self->cookie_jar = soup_cookie_jar_new ();
  soup_session_add_feature (self->session, SOUP_SESSION_FEATURE (self->cookie_jar));
}

SioEioOptions *
sio_manager_make_options (SioManager *self, GError **error)
{
  g_autoptr (SioEioOptions) options = sio_eio_options_new ();
  GHashTableIter iter;
  gpointer name, value;
  guint n = 0;

  options->base = make_base (self, error);
  if (options->base == NULL || !read_transports (self, options, error))
    return NULL;
  options->session = g_object_ref (ensure_session (self));
  options->linger = sio_linger_ref (self->linger);
  sio_linger_enter (self->linger);
  if (self->compress)
    soup_session_add_feature_by_type (self->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  else
    soup_session_remove_feature_by_type (self->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  if (self->tls_database != NULL)
    soup_session_set_tls_database (self->session, self->tls_database);
  renew_cookies (self);
  g_set_object (&options->identity, self->tls_certificate);
  g_set_object (&options->authorities, self->extra_authorities);
  options->upgrade = self->upgrade;
  options->try_all_transports = self->try_all_transports;
  options->force_base64 = self->force_base64;
  options->request_timeout = self->request_timeout;
  options->max_payload = self->max_payload;
  options->headers = g_new0 (char *, g_hash_table_size (self->headers) * 2 + 1);
  g_hash_table_iter_init (&iter, self->headers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      options->headers[n++] = g_strdup (name);
      options->headers[n++] = g_strdup (value);
    }
  return g_steal_pointer (&options);
}

/**
 * sio_manager_get_soup_session:
 * @self: a manager
 *
 * Gets what speaks HTTP, for example to set a proxy resolver.
 *
 * Returns: (transfer none): the session
 *
 * Since: 0.1
 */
SoupSession *
sio_manager_get_soup_session (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), NULL);

  return ensure_session (self);
}

/**
 * sio_manager_set_path:
 * @self: a manager
 * @path: a path, beginning with a slash
 *
 * Sets where on the server the engine is, `/socket.io/` by default.
 *
 * Since: 0.1
 */
void
sio_manager_set_path (SioManager *self, const char *path)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (path != NULL && path[0] == '/');

  if (strcmp (self->path, path) == 0)
    return;
  g_free (self->path);
  self->path = g_strdup (path);
  g_object_notify (G_OBJECT (self), "path");
}

/**
 * sio_manager_set_transports:
 * @self: a manager
 * @transports: (array zero-terminated=1): names of transports, `polling` and `websocket`
 *
 * Sets the transports that may be used, in the order of preference.
 *
 * Since: 0.1
 */
void
sio_manager_set_transports (SioManager *self, const char *const *transports)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (transports != NULL);

  if (g_strv_equal ((const char *const *) self->transports, transports))
    return;
  g_strfreev (self->transports);
  self->transports = g_strdupv ((char **) transports);
  g_object_notify (G_OBJECT (self), "transports");
}

/**
 * sio_manager_set_header:
 * @self: a manager
 * @name: name of a header
 * @value: (nullable): its value, or `NULL` to leave it out
 *
 * Sets a header that goes along with every request, for example `Authorization`.
 *
 * Since: 0.1
 */
void
sio_manager_set_header (SioManager *self, const char *name, const char *value)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (name != NULL && *name != '\0' && strpbrk (name, " \t\r\n:") == NULL);
  g_return_if_fail (value == NULL || strpbrk (value, "\r\n") == NULL);

  if (value != NULL)
    g_hash_table_replace (self->headers, g_strdup (name), g_strdup (value));
  else
    g_hash_table_remove (self->headers, name);
}

/**
 * sio_manager_get_reconnection:
 * @self: a manager
 *
 * Gets whether to reconnect.
 *
 * Returns: `TRUE` by default
 *
 * Since: 0.1
 */
gboolean
sio_manager_get_reconnection (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), FALSE);

  return self->reconnection;
}

/**
 * sio_manager_set_reconnection:
 * @self: a manager
 * @reconnection: `TRUE` to reconnect when the connection is lost or cannot be made
 *
 * Sets whether to reconnect. `FALSE` stops an attempt that is waited for.
 *
 * Since: 0.1
 */
void
sio_manager_set_reconnection (SioManager *self, gboolean reconnection)
{
  g_return_if_fail (SIO_IS_MANAGER (self));

  if (self->reconnection == reconnection)
    return;
  self->reconnection = reconnection;
  if (!reconnection)
    sio_manager_stop_reconnecting (self);
  g_object_notify (G_OBJECT (self), "reconnection");
}

/**
 * sio_manager_get_parser: (get-property parser)
 * @self: a manager
 *
 * Gets what translates packets into messages.
 *
 * Returns: (transfer none) (nullable): a parser, `NULL` for the form that is built in
 *
 * Since: 0.1
 */
SioParser *
sio_manager_get_parser (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), NULL);

  return self->parser;
}

/**
 * sio_manager_set_parser: (set-property parser)
 * @self: a manager
 * @parser: (nullable): a parser, `NULL` for the form that is built in
 *
 * Sets what translates packets into messages. Do so before anything else: the server must use
 * the same, and what clients have buffered is encoded already.
 *
 * Since: 0.1
 */
void
sio_manager_set_parser (SioManager *self, SioParser *parser)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (parser == NULL || SIO_IS_PARSER (parser));
  g_return_if_fail (self->eio == NULL);

  if (g_set_object (&self->parser, parser))
    g_object_notify (G_OBJECT (self), "parser");
}

/**
 * sio_manager_trust_file:
 * @self: a manager
 * @path: name of a file with certificates of authorities (PEM)
 * @error: return location for an error
 *
 * Trusts more authorities, besides those of the system: sets
 * [property@Sio.Manager:extra-authorities]. The file is read now, at once.
 *
 * Errors: those of reading, and `G_TLS_ERROR_BAD_CERTIFICATE`.
 *
 * Returns: `TRUE`, or `FALSE` with @error set
 *
 * Since: 0.1
 */
gboolean
sio_manager_trust_file (SioManager *self, const char *path, GError **error)
{
  g_autoptr (GTlsDatabase) authorities = NULL;
  g_autoptr (GList) certificates = NULL;

  g_return_val_if_fail (SIO_IS_MANAGER (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* A database takes any file. */
  certificates = g_tls_certificate_list_new_from_file (path, error);
  if (certificates == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                     "%s: expected certificates in PEM form, found none", path);
      return FALSE;
    }
  g_list_foreach (certificates, (GFunc) g_object_unref, NULL);
  authorities = g_tls_file_database_new (path, error);
  if (authorities == NULL)
    return FALSE;
  g_object_set (self, "extra-authorities", authorities, NULL);
  return TRUE;
}
