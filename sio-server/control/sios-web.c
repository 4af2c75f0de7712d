/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-web.h"

#include "sios-cors.h"
#include "sios-journal.h"
#include "sios-listen.h"

struct _SiosWeb
{
  SiosFeatures *features;
  SioServer *server;
  SioEngine *own; /* NULL on the addresses of the server */
  SioCors *cors;  /* NULL: pages of other origins may not call */
  gsize max_body;
};

typedef struct
{
  SiosWeb *web;
  SiosCallFunc func;
  gpointer user_data;
} Handler;

SiosWeb *
sios_web_new (SiosFeatures *features)
{
  SiosWeb *self = g_new0 (SiosWeb, 1);

  self->features = features;
  self->server = sios_features_get_server (features);
  return self;
}

void
sios_web_free (SiosWeb *self)
{
  g_clear_object (&self->own);
  g_clear_pointer (&self->cors, sio_cors_unref);
  g_free (self);
}

/* Everything an engine could answer by itself. */
static void
refuse_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  sio_request_answer (request, SOUP_STATUS_NOT_FOUND, NULL, NULL);
}

void
sios_web_separate (SiosWeb *self)
{
  if (self->own != NULL)
    return;
  self->own = sio_engine_new ();
  sio_engine_use (self->own, refuse_cb, NULL, NULL);
  sios_journal_watch (sios_features_get (self->features, &sios_journal_feature), self->own);
}

gboolean
sios_web_is_separate (SiosWeb *self)
{
  return self->own != NULL;
}

static SioEngine *
get_engine (SiosWeb *self)
{
  return self->own != NULL ? self->own : sio_server_get_engine (self->server);
}

gboolean
sios_web_listen (SiosWeb *self, const char *const *addresses, const char *what, GError **error)
{
  g_auto (GStrv) listening = NULL;

  g_return_val_if_fail (self->own != NULL, FALSE);

  for (guint i = 0; addresses[i] != NULL; i++)
    {
      g_auto (GStrv) expanded = sios_listen_expand (addresses[i], error);

      if (expanded == NULL)
        return FALSE;
      for (guint j = 0; expanded[j] != NULL; j++)
        if (!sio_engine_listen (self->own, expanded[j], error))
          {
            g_prefix_error (error, "%s: ", what);
            return FALSE;
          }
    }
  listening = sio_engine_list_addresses (self->own);
  for (guint i = 0; listening[i] != NULL; i++)
    g_message ("%s is at %s", what, listening[i]);
  return TRUE;
}

static void
configure_cors (SiosWeb *self, SiosConfig *config)
{
  g_clear_pointer (&self->cors, sio_cors_unref);
  self->cors = sios_cors_new (sios_config_get_list (config, "api", "cors-origins"), FALSE);
  if (self->cors == NULL)
    return;
  sio_cors_set_methods (self->cors, "GET,HEAD,POST,DELETE");
  sio_cors_set_allowed_headers (self->cors, "Authorization,Content-Type");
  sio_cors_set_exposed_headers (self->cors, "Retry-After,X-Request-Id");
  sio_cors_set_max_age (self->cors, 600);
  /* After a 204 libsoup ends the connection without saying so. */
  sio_cors_set_success_status (self->cors, SOUP_STATUS_OK);
}

void
sios_web_configure (SiosWeb *self, SiosConfig *config)
{
  configure_cors (self, config);
  self->max_body = sios_config_get_integer (config, "api", "max-body");
  if (self->own == NULL)
    return;
  sio_engine_set_request_timeout (
      self->own, (guint) sios_config_get_integer (config, "server", "request-timeout"));
  sio_engine_set_body_timeout (self->own,
                               (guint) sios_config_get_integer (config, "server", "body-timeout"));
  sio_engine_set_max_connections (
      self->own, (guint) sios_config_get_integer (config, "api", "max-connections"));
  sio_engine_set_max_connections_per_address (
      self->own, (guint) sios_config_get_integer (config, "api", "max-connections-per-address"));
  sio_engine_set_tls_certificate (self->own, sios_config_get_certificate (config));
  /* It was checked where it comes from. */
  sio_engine_set_trusted_proxies (
      self->own, sio_engine_get_trusted_proxies (sio_server_get_engine (self->server)), NULL);
}

/* The head of a request came. */
static void
early_cb (SoupServer *soup_server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  Handler *handler = user_data;

  sios_call_new (get_engine (handler->web), message, handler->web->max_body);
}

static void
request_cb (SoupServer *soup_server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  Handler *handler = user_data;
  SiosCall *call = sios_call_get (message);
  SioCors *cors = handler->web->cors;
  guint preflight = cors != NULL ? sio_cors_apply_to_message (cors, message) : 0;

  /* Without one the handler was added while the request came. */
  if (call == NULL)
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
  else if (preflight != 0)
    sios_call_answer (call, preflight, NULL, NULL);
  else
    sios_call_run (call, path, query, handler->func, handler->user_data);
}

void
sios_web_add (SiosWeb *self, const char *path, SiosCallFunc func, gpointer user_data)
{
  SoupServer *soup_server = sio_engine_get_soup_server (get_engine (self));
  Handler handler = { self, func, user_data };

  soup_server_add_early_handler (soup_server, path, early_cb, g_memdup2 (&handler, sizeof handler),
                                 g_free);
  soup_server_add_handler (soup_server, path, request_cb, g_memdup2 (&handler, sizeof handler),
                           g_free);
}

void
sios_web_remove (SiosWeb *self, const char *path)
{
  soup_server_remove_handler (sio_engine_get_soup_server (get_engine (self)), path);
}
