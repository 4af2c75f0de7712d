/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-rule-set.h"

#include <string.h>

gboolean
sios_rule_set_check (const char *text, GError **error)
{
  if (strchr (text, '/') != NULL)
    return TRUE;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '-' && *c != '_')
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "expected the name of a rule set, such as chat, or a path with a slash, got "
                     "\"%.80s\"",
                     text);
        return FALSE;
      }
  return TRUE;
}

static const SiosEntry *
find_last (GPtrArray *entries, const char *key, const SiosEntry *before)
{
  for (guint i = entries->len; i-- > 0;)
    {
      const SiosEntry *entry = g_ptr_array_index (entries, i);

      if (strcmp (entry->group, "server") == 0 && g_strcmp0 (entry->key, key) == 0)
        return entry;
    }
  return before;
}

/* What the configuration will say; the default if it is wrong, which others tell. */
static SiosValue *
get_value (const SiosSources *sources,
           GPtrArray *file_entries,
           const char *name,
           const SiosEntry **entry)
{
  const SiosKey *key = sios_keys_find ("server", name);
  SiosValue *value;

  *entry = find_last (sources->defaults, name, NULL);
  *entry = find_last (file_entries, name, *entry);
  *entry = find_last (sources->entries, name, *entry);
  value = *entry != NULL ? sios_key_parse (key, (*entry)->raw, NULL) : NULL;
  return value != NULL ? value : sios_key_parse (key, key->fallback, NULL);
}

static gboolean
may_have (const SiosEntry *entry)
{
  return g_str_has_prefix (entry->group, "event ") || g_str_has_prefix (entry->group, "track ");
}

void
sios_rule_sets_scan (const SiosSources *sources,
                     GPtrArray *file_entries,
                     GPtrArray *entries,
                     GPtrArray *problems)
{
  const SiosEntry *sets_entry;
  const SiosEntry *dir_entry;
  g_autoptr (SiosValue) sets = get_value (sources, file_entries, "rules", &sets_entry);
  g_autoptr (SiosValue) dir = get_value (sources, file_entries, "rules-dir", &dir_entry);

  for (guint i = 0; sets->list[i] != NULL; i++)
    {
      const char *name = sets->list[i];
      g_autofree char *file = g_strconcat (name, ".conf", NULL);
      g_autofree char *path =
          strchr (name, '/') != NULL ? g_strdup (name) : g_build_filename (dir->string, file, NULL);
      guint first = entries->len;

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_ptr_array_add (problems,
                           g_strdup_printf ("%s: server.rules: there is no rule set %s (%s)",
                                            sets_entry->origin, name, path));
          continue;
        }
      sios_config_scan_file (path, entries, problems);
      for (guint j = first; j < entries->len; j++)
        {
          const SiosEntry *entry = g_ptr_array_index (entries, j);

          if (may_have (entry))
            continue;
          g_ptr_array_add (problems,
                           g_strdup_printf ("%s: a rule set has [event NAME] and [track NAME] "
                                            "only, got [%.80s]",
                                            entry->origin, entry->group));
          g_ptr_array_remove_index (entries, j--);
        }
    }
}
