/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-credential.h"

#include <string.h>

#define CREDENTIAL "credential:"
#define STATE "state:"

/* A name within a directory: nothing that leads out of it. */
static gboolean
is_name (const char *text)
{
  return *text != '\0' && strchr (text, '/') == NULL && strcmp (text, ".") != 0 &&
         strcmp (text, "..") != 0;
}

static gboolean
check (const char *text, const char *prefix, const char *example, GError **error)
{
  if (*text == '\0' || text[0] == '/' ||
      (g_str_has_prefix (text, prefix) && is_name (text + strlen (prefix))))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected an absolute path or %sNAME, such as %s%s", prefix, prefix, example);
  return FALSE;
}

gboolean
sios_credential_check (const char *text, GError **error)
{
  return check (text, CREDENTIAL, "jwt-secret", error);
}

char *
sios_credential_get_path (const char *text, GError **error)
{
  const char *directory = g_getenv ("CREDENTIALS_DIRECTORY");

  if (!g_str_has_prefix (text, CREDENTIAL))
    return g_strdup (text);
  if (directory == NULL || *directory == '\0')
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "%s needs the environment variable CREDENTIALS_DIRECTORY, which systemd sets "
                   "for services with LoadCredential=; elsewhere give a path",
                   text);
      return NULL;
    }
  return g_build_filename (directory, text + strlen (CREDENTIAL), NULL);
}

GBytes *
sios_credential_read (const char *text, gsize max_size, GError **error)
{
  g_autofree char *path = sios_credential_get_path (text, error);
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GFileInputStream) stream = NULL;
  g_autofree char *contents = NULL;
  gsize size;

  if (path == NULL)
    return NULL;
  file = g_file_new_for_path (path);
  /* Opening a FIFO would wait for a writer. */
  info =
      g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE, G_FILE_QUERY_INFO_NONE, NULL, error);
  if (info == NULL)
    return NULL;
  if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s is not a file", path);
      return NULL;
    }
  stream = g_file_read (file, NULL, error);
  if (stream == NULL)
    return NULL;
  contents = g_malloc (max_size + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), contents, max_size + 1, &size, NULL,
                                error))
    return NULL;
  if (size > max_size)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                   "%s has more than %" G_GSIZE_FORMAT " bytes", path, max_size);
      return NULL;
    }
  contents = g_realloc (contents, MAX (size, 1));
  return g_bytes_new_take (g_steal_pointer (&contents), size);
}

gboolean
sios_state_file_check (const char *text, GError **error)
{
  return check (text, STATE, "revocations", error);
}

char *
sios_state_file_get_path (const char *text)
{
  const char *directories = g_getenv ("STATE_DIRECTORY");
  g_auto (GStrv) parts = NULL;

  if (!g_str_has_prefix (text, STATE))
    return *text != '\0' ? g_strdup (text) : NULL;
  if (directories == NULL || *directories == '\0')
    return NULL;
  /* systemd.exec(5): several are separated by colons. */
  parts = g_strsplit (directories, ":", 2);
  return g_build_filename (parts[0], text + strlen (STATE), NULL);
}
