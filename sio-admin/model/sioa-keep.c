/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-keep.h"

#include <glib/gstdio.h>

struct _SioaKeep
{
  GObject parent_instance;

  char *path;
  GKeyFile *file;
  gboolean writing;
  gboolean dirty; /* changed since the last write began */
};

G_DEFINE_FINAL_TYPE (SioaKeep, sioa_keep, G_TYPE_OBJECT)

static void start_to_write (SioaKeep *self);

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaKeep) self = user_data;
  g_autoptr (GError) error = NULL;

  self->writing = FALSE;
  if (!g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    g_warning ("“%s” cannot be written: %s", self->path, error->message);
  if (self->dirty)
    start_to_write (self);
}

static GBytes *
serialize (SioaKeep *self)
{
  gsize length;
  char *data = g_key_file_to_data (self->file, &length, NULL);

  return g_bytes_new_take (data, length);
}

static void
make_folder (SioaKeep *self)
{
  g_autofree char *folder = g_path_get_dirname (self->path);

  g_mkdir_with_parents (folder, 0700);
}

static void
start_to_write (SioaKeep *self)
{
  g_autoptr (GFile) file = g_file_new_for_path (self->path);
  g_autoptr (GBytes) bytes = serialize (self);

  self->dirty = FALSE;
  self->writing = TRUE;
  make_folder (self);
  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL,
                                       written_cb, g_object_ref (self));
}

void
sioa_keep_save (SioaKeep *self)
{
  self->dirty = TRUE;
  if (!self->writing)
    start_to_write (self);
}

void
sioa_keep_flush (SioaKeep *self)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *data;

  if (!self->writing && !self->dirty)
    return;
  file = g_file_new_for_path (self->path);
  bytes = serialize (self);
  data = g_bytes_get_data (bytes, &length);
  self->dirty = FALSE;
  make_folder (self);
  if (!g_file_replace_contents (file, data, length, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, NULL,
                                &error))
    g_warning ("“%s” cannot be written: %s", self->path, error->message);
}

GKeyFile *
sioa_keep_get_file (SioaKeep *self)
{
  return self->file;
}

static void
sioa_keep_finalize (GObject *object)
{
  SioaKeep *self = SIOA_KEEP (object);

  g_key_file_unref (self->file);
  g_free (self->path);

  G_OBJECT_CLASS (sioa_keep_parent_class)->finalize (object);
}

static void
sioa_keep_class_init (SioaKeepClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_keep_finalize;
}

static void
sioa_keep_init (SioaKeep *self)
{
}

SioaKeep *
sioa_keep_new (const char *path)
{
  SioaKeep *self = g_object_new (SIOA_TYPE_KEEP, NULL);
  g_autoptr (GError) error = NULL;

  self->path = g_strdup (path);
  self->file = g_key_file_new ();
  if (g_key_file_load_from_file (self->file, path, G_KEY_FILE_KEEP_COMMENTS, &error))
    return self;
  if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_autofree char *aside = g_strconcat (path, ".broken", NULL);

      g_warning ("“%s” cannot be read (%s); it is now “%s”", path, error->message, aside);
      g_rename (path, aside);
      g_key_file_unref (self->file);
      self->file = g_key_file_new ();
    }
  return self;
}
