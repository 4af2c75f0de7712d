/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-bundle-private.h"

#include <gio/gio.h>
#include <string.h>
#include <zlib.h>

#include "sio-client-files-private.h"
#include "sio-content-coding-private.h"
#include "sio-error.h"

/* RFC 1952 §2.3, without optional parts */
#define GZIP_HEAD 10
#define GZIP_TAIL 8

typedef struct
{
  GBytes *bytes; /* NULL: not there */
  char *tag;
} Form;

/* The file as it is, and its compressed forms where they save anything. */
typedef struct
{
  Form plain;
  Form gzip;
  Form deflate;
} File;

struct _SioClientBundle
{
  char *directory;
  File files[SIO_CLIENT_N_FILES];
};

static void
form_clear (Form *form)
{
  g_clear_pointer (&form->bytes, g_bytes_unref);
  g_clear_pointer (&form->tag, g_free);
}

void
sio_client_bundle_free (SioClientBundle *self)
{
  for (guint i = 0; i < SIO_CLIENT_N_FILES; i++)
    {
      form_clear (&self->files[i].plain);
      form_clear (&self->files[i].gzip);
      form_clear (&self->files[i].deflate);
    }
  g_free (self->directory);
  g_free (self);
}

/* The same compressed data with the wrapper of RFC 1950 around it. */
static GBytes *
gzip_to_zlib (GByteArray *gzip, const guint8 *data, gsize length)
{
  static const guint8 head[2] = { 0x78, 0x9c };
  guint32 check = GUINT32_TO_BE ((guint32) adler32 (adler32 (0, NULL, 0), data, (uInt) length));
  GByteArray *zlib = g_byte_array_new ();

  g_byte_array_append (zlib, head, sizeof head);
  g_byte_array_append (zlib, gzip->data + GZIP_HEAD, gzip->len - GZIP_HEAD - GZIP_TAIL);
  g_byte_array_append (zlib, (const guint8 *) &check, sizeof check);
  return g_byte_array_free_to_bytes (zlib);
}

/* Forms of one file have different entity tags, as they are different bytes (RFC 9110 §8.8.3). */
static void
file_set (File *file, GBytes *bytes)
{
  g_autofree char *checksum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autoptr (GByteArray) gzip = g_byte_array_new ();
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  checksum[20] = '\0';
  file->plain.bytes = g_bytes_ref (bytes);
  file->plain.tag = g_strdup_printf ("\"%s\"", checksum);
  if (!sio_deflate_append (gzip, SIO_DEFLATE_GZIP, data, length))
    return;
  file->deflate.bytes = gzip_to_zlib (gzip, data, length);
  file->deflate.tag = g_strdup_printf ("\"%s-deflate\"", checksum);
  file->gzip.bytes = g_byte_array_free_to_bytes (g_steal_pointer (&gzip));
  file->gzip.tag = g_strdup_printf ("\"%s-gzip\"", checksum);
}

SioClientBundle *
sio_client_bundle_load (const char *directory, GError **error)
{
  g_autoptr (SioClientBundle) self = g_new0 (SioClientBundle, 1);

  self->directory = g_strdup (directory);
  for (guint i = 0; i < SIO_CLIENT_N_FILES; i++)
    {
      g_autofree char *path = g_build_filename (directory, sio_client_files[i].name, NULL);
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GBytes) bytes = NULL;
      char *contents;
      gsize length;

      if (!g_file_get_contents (path, &contents, &length, &local_error))
        {
          if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
              g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
            continue;
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      bytes = g_bytes_new_take (contents, length);
      file_set (&self->files[i], bytes);
    }
  if (self->files[0].plain.bytes == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "there is no %s in \"%s\"; the directory dist of the npm package "
                   "socket.io-client has it",
                   sio_client_files[0].name, directory);
      return NULL;
    }
  return g_steal_pointer (&self);
}

const char *
sio_client_bundle_get_directory (SioClientBundle *self)
{
  return self->directory;
}

char **
sio_client_bundle_list (SioClientBundle *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < SIO_CLIENT_N_FILES; i++)
    if (self->files[i].plain.bytes != NULL)
      g_strv_builder_add (builder, sio_client_files[i].name);
  return g_strv_builder_end (builder);
}

/* RFC 9110 §13.1.2: weak tags compare like strong ones. */
static gboolean
list_has_tag (const char *list, const char *tag)
{
  gsize length = strlen (tag);

  for (;;)
    {
      const char *end;

      list += strspn (list, ", \t");
      if (*list == '*')
        return TRUE;
      if (g_str_has_prefix (list, "W/"))
        list += 2;
      if (*list != '"')
        return FALSE;
      end = strchr (list + 1, '"');
      if (end == NULL)
        return FALSE;
      end++;
      if ((gsize) (end - list) == length && memcmp (list, tag, length) == 0)
        return TRUE;
      list = end;
    }
}

static gboolean
client_has_it (SioRequest *request, const char *tag)
{
  guint position = 0;
  const char *name;
  const char *value;

  while (sio_request_info_next_header (request->info, &position, &name, &value))
    if (strcmp (name, "if-none-match") == 0 && list_has_tag (value, tag))
      return TRUE;
  return FALSE;
}

static void
respond (File *file, const char *type, SioRequest *request)
{
  const Form *form = &file->plain;
  SioDeflateForm wanted;
  const char *coding = sio_request_choose_coding (request, &wanted);

  if (wanted == SIO_DEFLATE_GZIP && file->gzip.bytes != NULL)
    form = &file->gzip;
  else if (wanted == SIO_DEFLATE_ZLIB && file->deflate.bytes != NULL)
    form = &file->deflate;

  sio_request_set_response_header (request, "Cache-Control", "public, max-age=0");
  sio_request_set_response_header (request, "ETag", form->tag);
  sio_request_append_response_header (request, "Vary", "Accept-Encoding");
  if (client_has_it (request, form->tag))
    {
      sio_request_respond (request, 304, NULL, NULL);
      return;
    }
  sio_request_set_response_header (request, "X-Content-Type-Options", "nosniff");
  if (form != &file->plain)
    sio_request_set_response_header (request, "Content-Encoding", coding);
  sio_request_respond (request, 200, type, g_bytes_ref (form->bytes));
}

gboolean
sio_client_bundle_handle (SioClientBundle *self, SioRequest *request, gsize prefix_length)
{
  gsize length;
  const char *path = sio_request_get_path (request, &length);
  const char *method = sio_request_get_method (request);
  int i;

  if (length < prefix_length)
    return FALSE;
  i = sio_client_file_find (path + prefix_length, length - prefix_length);
  if (i < 0 || self->files[i].plain.bytes == NULL)
    return FALSE;
  if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0)
    {
      sio_request_set_response_header (request, "Allow", "GET, HEAD");
      sio_request_respond (request, 405, NULL, NULL);
    }
  else
    respond (&self->files[i], sio_client_files[i].type, request);
  return TRUE;
}
