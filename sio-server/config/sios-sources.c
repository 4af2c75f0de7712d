/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-config.h"

SiosSources *
sios_sources_new (void)
{
  SiosSources *self = g_new0 (SiosSources, 1);

  self->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_entry_free);
  self->defaults = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_entry_free);
  return self;
}

static gpointer
copy_entry (gconstpointer data, gpointer user_data)
{
  const SiosEntry *entry = data;

  return sios_entry_new (entry->group, entry->key, entry->raw, entry->origin);
}

SiosSources *
sios_sources_copy (const SiosSources *self)
{
  SiosSources *copy = sios_sources_new ();

  copy->path = g_strdup (self->path);
  copy->required = self->required;
  g_ptr_array_extend (copy->entries, self->entries, copy_entry, NULL);
  g_ptr_array_extend (copy->defaults, self->defaults, copy_entry, NULL);
  return copy;
}

void
sios_sources_free (SiosSources *self)
{
  g_free (self->path);
  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->defaults);
  g_free (self);
}

gboolean
sios_sources_add_set (SiosSources *self, const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  const char *dot = equals != NULL ? g_strrstr_len (text, equals - text, ".") : NULL;
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;

  if (dot == NULL || dot == text || dot + 1 == equals || !g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--set expects GROUP.KEY=VALUE, for example server.ping-interval=10s, got "
                   "\"%s\"",
                   text);
      return FALSE;
    }
  group = g_strndup (text, (gsize) (dot - text));
  key = g_strndup (dot + 1, (gsize) (equals - dot - 1));
  g_ptr_array_add (self->entries, sios_entry_new (group, key, equals + 1, "--set"));
  return TRUE;
}
