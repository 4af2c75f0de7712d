/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-config-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

SiosEntry *
sios_entry_new (const char *group, const char *key, const char *raw, const char *origin)
{
  SiosEntry *entry = g_new0 (SiosEntry, 1);

  entry->group = g_strdup (group);
  entry->key = g_strdup (key);
  entry->raw = g_strdup (raw);
  entry->origin = g_strdup (origin);
  return entry;
}

void
sios_entry_free (SiosEntry *entry)
{
  g_free (entry->group);
  g_free (entry->key);
  g_free (entry->raw);
  g_free (entry->origin);
  g_free (entry);
}

static gboolean
is_key (const char *text)
{
  if (*text == '\0')
    return FALSE;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '-' && *c != '_')
      return FALSE;
  return TRUE;
}

static gboolean
is_group (const char *text)
{
  if (*text == '\0')
    return FALSE;
  for (const char *c = text; *c != '\0'; c++)
    if (*c == '[' || *c == ']' || g_ascii_iscntrl (*c))
      return FALSE;
  return TRUE;
}

static void
add_problem (GPtrArray *problems, const char *origin, const char *what, const char *line)
{
  g_autofree char *shown = g_strescape (line, NULL);

  g_ptr_array_add (problems, g_strdup_printf ("%s: %s, got \"%.80s\"", origin, what, shown));
}

/* @line has no spaces around. Its group, once there is one, is that of the lines below. */
static void
scan_line (char *line,
           const char *origin,
           char **group,
           GHashTable *seen,
           GPtrArray *entries,
           GPtrArray *problems)
{
  gsize length = strlen (line);
  char *equals;

  if (length == 0 || *line == '#')
    return;
  if (*line == '[' && line[length - 1] == ']')
    {
      g_autofree char *name = g_strndup (line + 1, length - 2);

      if (is_group (name))
        {
          g_free (*group);
          *group = g_steal_pointer (&name);
          g_ptr_array_add (entries, sios_entry_new (*group, NULL, NULL, origin));
          return;
        }
    }
  equals = strchr (line, '=');
  if (equals != NULL)
    {
      g_autofree char *key = g_strchomp (g_strndup (line, (gsize) (equals - line)));
      const char *before;
      char *id;

      if (is_key (key))
        {
          if (*group == NULL)
            {
              add_problem (problems, origin, "expected a [group] before the first key", line);
              return;
            }
          id = g_strdup_printf ("%s]%s", *group, key);
          before = g_hash_table_lookup (seen, id);
          if (before != NULL)
            g_ptr_array_add (problems,
                             g_strdup_printf ("%s: \"%s\" in [%s] is there already, in line %s",
                                              origin, key, *group, strrchr (before, ':') + 1));
          g_ptr_array_add (entries, sios_entry_new (*group, key, g_strchug (equals + 1), origin));
          g_hash_table_replace (seen, id, g_strdup (origin));
          return;
        }
    }
  add_problem (problems, origin, "expected [group], key=value or a # comment", line);
}

void
sios_config_scan (
    const char *name, const char *text, gsize length, GPtrArray *entries, GPtrArray *problems)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *group = NULL;
  const char *end = text + length;
  guint line = 0;

  if (length > SIOS_CONFIG_MAX_BYTES)
    {
      g_ptr_array_add (problems, g_strdup_printf ("%s: has more than 1 MB", name));
      return;
    }
  while (text < end)
    {
      const char *newline = memchr (text, '\n', (gsize) (end - text));
      const char *stop = newline != NULL ? newline : end;
      g_autofree char *origin = g_strdup_printf ("%s:%u", name, ++line);
      g_autofree char *copy = g_strndup (text, (gsize) (stop - text));

      if (!g_utf8_validate (text, stop - text, NULL))
        g_ptr_array_add (problems, g_strdup_printf ("%s: expected UTF-8", origin));
      else
        scan_line (g_strstrip (copy), origin, &group, seen, entries, problems);
      text = stop + 1;
    }
}

/* Links to it are how files of others are masked. */
static gboolean
is_null_device (const struct stat *info)
{
  return S_ISCHR (info->st_mode) && info->st_rdev == makedev (1, 3);
}

static void
scan_file (const char *path, gboolean required, GPtrArray *entries, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;
  /* Opening a FIFO would wait for a writer otherwise. */
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  struct stat info;

  if (fd < 0)
    {
      int code = errno;

      if (required || code != ENOENT)
        g_ptr_array_add (problems, g_strdup_printf ("%s: %s", path, g_strerror (code)));
      return;
    }
  stream = g_unix_input_stream_new (fd, TRUE);
  if (fstat (fd, &info) < 0 || (!S_ISREG (info.st_mode) && !is_null_device (&info)))
    {
      g_ptr_array_add (problems, g_strdup_printf ("%s: expected a file", path));
      return;
    }
  /* One byte more tells a file that is too large, whatever its length says. */
  text = g_malloc (SIOS_CONFIG_MAX_BYTES + 1);
  if (!g_input_stream_read_all (stream, text, SIOS_CONFIG_MAX_BYTES + 1, &length, NULL, &error))
    g_ptr_array_add (problems, g_strdup_printf ("%s: %s", path, error->message));
  else
    sios_config_scan (path, text, length, entries, problems);
}

void
sios_config_scan_file (const char *path, GPtrArray *entries, GPtrArray *problems)
{
  scan_file (path, TRUE, entries, problems);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
sios_config_scan_files (const char *path,
                        gboolean required,
                        GPtrArray *entries,
                        GPtrArray *problems)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *drop_ins = g_build_filename (directory, "conf.d", NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  scan_file (path, required, entries, problems);
  dir = g_dir_open (drop_ins, 0, &error);
  if (dir == NULL)
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_ptr_array_add (problems, g_strdup_printf ("%s: %s", drop_ins, error->message));
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (names, g_build_filename (drop_ins, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    scan_file (g_ptr_array_index (names, i), TRUE, entries, problems);
}
