/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-feature.h"

/* The built-in page at /, which loads the browser client from below the path. */

typedef struct
{
  SioServer *server;
  GBytes *bytes;
  gboolean served;
} Page;

static void
page_cb (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  Page *self = user_data;
  const char *method = soup_server_message_get_method (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  /* libsoup hands over everything below a path, too. */
  if (strcmp (path, "/") != 0)
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
  else if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD)
    {
      soup_message_headers_replace (headers, "Allow", "GET, HEAD");
      soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
    }
  else
    {
      soup_message_headers_replace (headers, "Cache-Control", "public, max-age=0");
      soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
      soup_message_headers_replace (headers, "Content-Type", "text/html; charset=utf-8");
      soup_message_headers_set_content_length (headers, (goffset) g_bytes_get_size (self->bytes));
      soup_message_body_append_bytes (soup_server_message_get_response_body (message), self->bytes);
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
    }
}

static GBytes *
load_page (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_resources_lookup_data ("/org/sioglib/Server/index.html",
                                                      G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  g_autoptr (GString) page = NULL;

  g_assert_no_error (error);
  page = g_string_new_len (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  g_string_replace (page, "@SIO_PATH@", path, 0);
  return g_string_free_to_bytes (g_steal_pointer (&page));
}

static gpointer
page_create (SiosFeatures *features)
{
  Page *self = g_new0 (Page, 1);

  self->server = sios_features_get_server (features);
  return self;
}

static void
page_destroy (gpointer data)
{
  Page *self = data;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

static void
page_configure (gpointer data, SiosConfig *config)
{
  Page *self = data;
  gboolean wanted = sios_config_get_boolean (config, "server", "page");
  const char *path = sios_config_get_string (config, "server", "path");
  SoupServer *soup_server = sio_engine_get_soup_server (sio_server_get_engine (self->server));
  g_autofree char *prefix =
      g_str_has_suffix (path, "/") ? g_strndup (path, strlen (path) - 1) : g_strdup (path);

  if (wanted == self->served)
    return;
  self->served = wanted;
  if (self->bytes == NULL)
    self->bytes = load_page (prefix);
  if (wanted)
    soup_server_add_handler (soup_server, "/", page_cb, self, NULL);
  else
    soup_server_remove_handler (soup_server, "/");
}

const SiosFeature sios_page_feature = {
  .name = "page",
  .create = page_create,
  .destroy = page_destroy,
  .configure = page_configure,
};
