/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-files.h"

#include <gio/gio.h>
#include <string.h>

/* One file in memory */
typedef struct
{
  GBytes *bytes;
  const char *type;
  char *path;
} File;

static void
file_free (gpointer data)
{
  File *file = data;

  g_bytes_unref (file->bytes);
  g_free (file->path);
  g_free (file);
}

static void
file_cb (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  File *file = user_data;
  const char *method = soup_server_message_get_method (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  /* libsoup hands over everything below a path, too. */
  if (strcmp (path, file->path) != 0)
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
      soup_message_headers_set_content_type (headers, file->type, NULL);
      soup_message_headers_set_content_length (headers, (goffset) g_bytes_get_size (file->bytes));
      soup_message_body_append_bytes (soup_server_message_get_response_body (message), file->bytes);
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
    }
}

/* @bytes: (transfer full) */
static void
serve (SoupServer *server, const char *path, GBytes *bytes, const char *type)
{
  File *file = g_new0 (File, 1);

  file->bytes = bytes;
  file->type = type;
  file->path = g_strdup (path);
  soup_server_add_handler (server, path, file_cb, file, file_free);
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

void
sios_files_serve (SoupServer *server, const char *path)
{
  g_autofree char *prefix =
      g_str_has_suffix (path, "/") ? g_strndup (path, strlen (path) - 1) : g_strdup (path);

  serve (server, "/", load_page (prefix), "text/html; charset=utf-8");
}
