/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-config.h"

#include <string.h>

#include "sios-credential.h"
#include "sios-rule-set.h"

/* More of them help nobody. */
#define MAX_PROBLEMS 100

typedef struct
{
  const SiosKey *key;
  SiosValue *value;
  char *origin;
} Setting;

typedef struct
{
  const SiosGroupKind *kind;
  char *name; /* without the brackets */
  GPtrArray *settings;
} Group;

struct _SiosConfig
{
  GPtrArray *groups;
  GHashTable *by_name; /* of these */
  GTlsCertificate *certificate;
  GHashTable *prepared; /* name → Prepared */
};

/* Shared by configurations. */
typedef struct
{
  gpointer data;
  GDestroyNotify destroy;
} Prepared;

static void
prepared_clear (gpointer data)
{
  Prepared *prepared = data;

  if (prepared->destroy != NULL && prepared->data != NULL)
    prepared->destroy (prepared->data);
}

static void
prepared_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, prepared_clear);
}

static void
setting_free (Setting *setting)
{
  sios_value_free (setting->value);
  g_free (setting->origin);
  g_free (setting);
}

static void
group_free (Group *group)
{
  g_ptr_array_unref (group->settings);
  g_free (group->name);
  g_free (group);
}

static Setting *
find_setting (Group *group, const char *key)
{
  for (guint i = 0; i < group->settings->len; i++)
    {
      Setting *setting = g_ptr_array_index (group->settings, i);

      if (strcmp (setting->key->name, key) == 0)
        return setting;
    }
  return NULL;
}

static Group *
find_group (SiosConfig *self, const char *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

/* A group with all its keys at their defaults. */
static Group *
add_group (SiosConfig *self, const SiosGroupKind *kind, const char *name)
{
  Group *group = g_new0 (Group, 1);
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);

  group->kind = kind;
  group->name = g_strdup (name);
  group->settings = g_ptr_array_new_with_free_func ((GDestroyNotify) setting_free);
  for (guint i = 0; i < n_keys; i++)
    {
      g_autoptr (GError) error = NULL;
      Setting *setting;

      if (strcmp (keys[i].group, kind->name) != 0)
        continue;
      setting = g_new0 (Setting, 1);
      setting->key = &keys[i];
      setting->value = sios_key_parse (&keys[i], keys[i].fallback, &error);
      setting->origin = g_strdup ("default");
      g_assert_no_error (error);
      g_ptr_array_add (group->settings, setting);
    }
  g_ptr_array_add (self->groups, group);
  g_hash_table_insert (self->by_name, group->name, group);
  return group;
}

static SiosConfig *
config_new (void)
{
  SiosConfig *self = g_atomic_rc_box_new0 (SiosConfig);
  guint n_groups;
  const SiosGroupKind *kinds = sios_groups_list (&n_groups);

  self->groups = g_ptr_array_new_with_free_func ((GDestroyNotify) group_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->prepared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, prepared_unref);
  for (guint i = 0; i < n_groups; i++)
    if (!kinds[i].named)
      add_group (self, &kinds[i], kinds[i].name);
  add_group (self, sios_groups_find ("namespace"), "namespace /");
  return self;
}

static void
config_clear (gpointer data)
{
  SiosConfig *self = data;

  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->groups);
  g_hash_table_unref (self->prepared);
  g_clear_object (&self->certificate);
}

SiosConfig *
sios_config_ref (SiosConfig *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
sios_config_unref (SiosConfig *self)
{
  g_atomic_rc_box_release_full (self, config_clear);
}

/* The group of @entry, made if need be; NULL after @problems was told. */
static Group *
group_for (SiosConfig *self, const SiosEntry *entry, GPtrArray *problems)
{
  Group *group = find_group (self, entry->group);
  g_auto (GStrv) words = g_strsplit (entry->group, " ", 2);
  const SiosGroupKind *kind = sios_groups_find (words[0]);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const SiosGroupKind *kinds;
  const char *nearest;
  guint n_groups;

  if (group != NULL)
    return group;
  if (kind != NULL && kind->named)
    {
      if (words[1] != NULL && kind->check_name (words[1]))
        return add_group (self, kind, entry->group);
      g_ptr_array_add (problems, g_strdup_printf ("%s: expected [%s %s, got [%.80s]", entry->origin,
                                                  kind->name, kind->expected, entry->group));
      return NULL;
    }
  kinds = sios_groups_list (&n_groups);
  for (guint i = 0; i < n_groups; i++)
    g_ptr_array_add (names, (char *) kinds[i].name);
  nearest = sios_nearest (words[0], names);
  if (nearest != NULL)
    g_ptr_array_add (problems, g_strdup_printf ("%s: unknown group [%.80s]; did you mean [%s%s]?",
                                                entry->origin, entry->group, nearest,
                                                sios_groups_find (nearest)->named ? " NAME" : ""));
  else
    g_ptr_array_add (problems, g_strdup_printf ("%s: unknown group [%.80s]; sio-server.conf(5) "
                                                "lists all groups",
                                                entry->origin, entry->group));
  return NULL;
}

static void
add_unknown_key (const SiosEntry *entry, Group *group, GPtrArray *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);
  const char *nearest;
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%s: unknown key \"%.80s\" in [%s]; ", entry->origin, entry->key,
                   group->name);
  for (guint i = 0; i < n_keys; i++)
    if (strcmp (keys[i].group, group->kind->name) == 0)
      g_ptr_array_add (names, (char *) keys[i].name);
  for (guint i = 0; i < n_keys; i++)
    if (strcmp (keys[i].name, entry->key) == 0)
      {
        g_string_append_printf (text, "it belongs in [%s]", keys[i].group);
        g_ptr_array_add (problems, g_string_free (text, FALSE));
        return;
      }
  nearest = sios_nearest (entry->key, names);
  if (nearest != NULL)
    g_string_append_printf (text, "did you mean \"%s\"?", nearest);
  else
    g_string_append (text, "sio-server.conf(5) lists all keys");
  g_ptr_array_add (problems, g_string_free (text, FALSE));
}

static void
apply_entry (SiosConfig *self, const SiosEntry *entry, gboolean is_line, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  Group *group;
  Setting *setting;
  SiosValue *value;

  /* The line of an unknown group tells of it, not each of its keys. */
  if (is_line && entry->key != NULL && find_group (self, entry->group) == NULL)
    return;
  group = group_for (self, entry, problems);
  if (group == NULL || entry->key == NULL)
    return;
  setting = find_setting (group, entry->key);
  if (setting == NULL)
    {
      add_unknown_key (entry, group, problems);
      return;
    }
  value = sios_key_parse (setting->key, entry->raw, &error);
  if (value == NULL)
    {
      g_ptr_array_add (problems, g_strdup_printf ("%s: %s.%s: %s", entry->origin, group->name,
                                                  entry->key, error->message));
      return;
    }
  sios_value_free (setting->value);
  setting->value = value;
  g_free (setting->origin);
  setting->origin = g_strdup (entry->origin);
}

/* What only shows when all values are known. */
static void
check_together (SiosConfig *self, GPtrArray *problems)
{
  const char *certificate = sios_config_get_string (self, "server", "tls-certificate");
  const char *key = sios_config_get_string (self, "server", "tls-key");
  static const char *const listening[] = { "server", "api", "metrics" };
  const char *path = sios_config_get_string (self, "server", "path");
  const char *websocket_path = sios_config_get_string (self, "server", "websocket-path");
  gsize length = strlen (path) - (g_str_has_suffix (path, "/") ? 1 : 0);

  if (*certificate != '\0')
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *certificate_path = sios_credential_get_path (certificate, &error);
      g_autofree char *key_path =
          certificate_path != NULL
              ? sios_credential_get_path (*key != '\0' ? key : certificate, &error)
              : NULL;

      if (key_path != NULL)
        self->certificate = g_tls_certificate_new_from_files (certificate_path, key_path, &error);
      if (self->certificate == NULL)
        g_ptr_array_add (
            problems,
            g_strdup_printf ("%s: server.tls-certificate: cannot use %s%s%s: %s",
                             sios_config_get_origin (self, "server", "tls-certificate"),
                             certificate, *key != '\0' ? " with " : "", key, error->message));
    }
  else if (*key != '\0')
    g_ptr_array_add (
        problems, g_strdup_printf ("%s: server.tls-key: expected server.tls-certificate beside it",
                                   sios_config_get_origin (self, "server", "tls-key")));
  if (sios_config_get_list (self, "server", "listen")[0] == NULL)
    g_ptr_array_add (problems, g_strdup_printf ("%s: server.listen: expected at least one address",
                                                sios_config_get_origin (self, "server", "listen")));
  for (guint i = 0; i < G_N_ELEMENTS (listening) && *certificate == '\0'; i++)
    {
      const char *const *listen = sios_config_get_list (self, listening[i], "listen");

      for (guint j = 0; listen[j] != NULL; j++)
        if (g_str_has_prefix (listen[j], "tls:"))
          g_ptr_array_add (problems,
                           g_strdup_printf ("%s: %s.listen: %s needs server.tls-certificate",
                                            sios_config_get_origin (self, listening[i], "listen"),
                                            listening[i], listen[j]));
    }
  if (strncmp (websocket_path, path, length) == 0 &&
      (websocket_path[length] == '/' || websocket_path[length] == '\0'))
    g_ptr_array_add (
        problems, g_strdup_printf ("%s: server.websocket-path: expected a path that is not below "
                                   "server.path (%s), got \"%s\"",
                                   sios_config_get_origin (self, "server", "websocket-path"), path,
                                   websocket_path));
  if (!sios_config_get_boolean (self, "server", "recovery") &&
      *sios_config_get_string (self, "server", "recovery-file") != '\0')
    g_ptr_array_add (problems,
                     g_strdup_printf ("%s: server.recovery-file: has no effect without "
                                      "server.recovery=true",
                                      sios_config_get_origin (self, "server", "recovery-file")));
}

SiosConfig *
sios_config_load (const SiosSources *sources, GPtrArray *problems)
{
  g_autoptr (SiosConfig) self = config_new ();
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_entry_free);
  g_autoptr (GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_entry_free);

  for (guint i = 0; i < sources->defaults->len; i++)
    apply_entry (self, g_ptr_array_index (sources->defaults, i), FALSE, problems);
  if (sources->path != NULL)
    sios_config_scan_files (sources->path, sources->required, entries, problems);
  sios_rule_sets_scan (sources, entries, rules, problems);
  for (guint i = 0; i < rules->len; i++)
    apply_entry (self, g_ptr_array_index (rules, i), TRUE, problems);
  for (guint i = 0; i < entries->len; i++)
    apply_entry (self, g_ptr_array_index (entries, i), TRUE, problems);
  for (guint i = 0; i < sources->entries->len; i++)
    apply_entry (self, g_ptr_array_index (sources->entries, i), FALSE, problems);
  /* Those of a half-understood configuration would mislead. */
  if (problems->len == 0)
    check_together (self, problems);
  if (problems->len > MAX_PROBLEMS)
    {
      guint n = problems->len - MAX_PROBLEMS;

      g_ptr_array_set_size (problems, MAX_PROBLEMS);
      g_ptr_array_add (problems, g_strdup_printf ("and %u more problems", n));
    }
  return problems->len == 0 ? g_steal_pointer (&self) : NULL;
}

static Setting *
get_setting (SiosConfig *self, const char *group_name, const char *key)
{
  Group *group = find_group (self, group_name);
  Setting *setting = group != NULL ? find_setting (group, key) : NULL;

  g_assert (setting != NULL);
  return setting;
}

const SiosValue *
sios_config_get (SiosConfig *self, const char *group, const char *key)
{
  return get_setting (self, group, key)->value;
}

gboolean
sios_config_get_boolean (SiosConfig *self, const char *group, const char *key)
{
  return sios_config_get (self, group, key)->boolean;
}

guint64
sios_config_get_integer (SiosConfig *self, const char *group, const char *key)
{
  return sios_config_get (self, group, key)->integer;
}

const char *
sios_config_get_string (SiosConfig *self, const char *group, const char *key)
{
  return sios_config_get (self, group, key)->string;
}

const char *const *
sios_config_get_list (SiosConfig *self, const char *group, const char *key)
{
  return (const char *const *) sios_config_get (self, group, key)->list;
}

const char *
sios_config_get_origin (SiosConfig *self, const char *group, const char *key)
{
  return get_setting (self, group, key)->origin;
}

char **
sios_config_list_names (SiosConfig *self, const char *kind)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->groups->len; i++)
    {
      Group *group = g_ptr_array_index (self->groups, i);

      if (strcmp (group->kind->name, kind) == 0)
        g_ptr_array_add (names, g_strdup (strchr (group->name, ' ') + 1));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

GTlsCertificate *
sios_config_get_certificate (SiosConfig *self)
{
  return self->certificate;
}

void
sios_config_set_prepared (SiosConfig *self, const char *name, gpointer data, GDestroyNotify destroy)
{
  Prepared *prepared = g_atomic_rc_box_new0 (Prepared);

  prepared->data = data;
  prepared->destroy = destroy;
  g_hash_table_replace (self->prepared, g_strdup (name), prepared);
}

gpointer
sios_config_get_prepared (SiosConfig *self, const char *name)
{
  Prepared *prepared = g_hash_table_lookup (self->prepared, name);

  return prepared != NULL ? prepared->data : NULL;
}

char *
sios_config_print (SiosConfig *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->groups->len; i++)
    {
      Group *group = g_ptr_array_index (self->groups, i);

      g_string_append_printf (text, "%s[%s]\n", i > 0 ? "\n" : "", group->name);
      for (guint j = 0; j < group->settings->len; j++)
        {
          Setting *setting = g_ptr_array_index (group->settings, j);

          g_string_append_printf (text, "# %s\n%s=%s\n", setting->origin, setting->key->name,
                                  sios_key_show (setting->key, setting->value));
        }
    }
  return g_string_free (text, FALSE);
}

SiosConfig *
sios_config_merge (SiosConfig *self, SiosConfig *next, GPtrArray *kept, guint *n_changed)
{
  g_autoptr (SiosConfig) merged = config_new ();
  GHashTableIter iter;
  gpointer name, prepared;

  *n_changed = 0;
  for (guint i = 0; i < next->groups->len; i++)
    {
      Group *group = g_ptr_array_index (next->groups, i);
      Group *old = find_group (self, group->name);
      Group *target = find_group (merged, group->name);

      if (target == NULL)
        target = add_group (merged, group->kind, group->name);
      if (old == NULL)
        ++*n_changed;
      for (guint j = 0; j < group->settings->len; j++)
        {
          Setting *setting = g_ptr_array_index (group->settings, j);
          Setting *before = old != NULL ? g_ptr_array_index (old->settings, j) : NULL;
          Setting *copy = g_ptr_array_index (target->settings, j);
          gboolean differs =
              before != NULL && strcmp (before->value->text, setting->value->text) != 0;
          Setting *source = setting;

          if (differs && (setting->key->flags & SIOS_KEY_RESTART) != 0)
            {
              g_ptr_array_add (kept,
                               g_strdup_printf ("%s: %s.%s needs a restart to become \"%s\"; it "
                                                "stays \"%s\"",
                                                setting->origin, group->name, setting->key->name,
                                                sios_key_show (setting->key, setting->value),
                                                sios_key_show (before->key, before->value)));
              source = before;
            }
          else if (differs)
            ++*n_changed;
          sios_value_free (copy->value);
          copy->value = sios_key_parse (source->key, source->value->text, NULL);
          g_free (copy->origin);
          copy->origin = g_strdup (source->origin);
        }
    }
  for (guint i = 0; i < self->groups->len; i++)
    {
      Group *group = g_ptr_array_index (self->groups, i);

      if (find_group (next, group->name) != NULL)
        continue;
      if (!group->kind->stays)
        ++*n_changed;
      else
        {
          Group *copy = add_group (merged, group->kind, group->name);

          for (guint j = 0; j < group->settings->len; j++)
            {
              Setting *setting = g_ptr_array_index (group->settings, j);
              Setting *target = g_ptr_array_index (copy->settings, j);

              sios_value_free (target->value);
              target->value = sios_key_parse (setting->key, setting->value->text, NULL);
              g_free (target->origin);
              target->origin = g_strdup (setting->origin);
            }
          g_ptr_array_add (kept, g_strdup_printf ("[%s] needs a restart to go", group->name));
        }
    }
  g_hash_table_iter_init (&iter, next->prepared);
  while (g_hash_table_iter_next (&iter, &name, &prepared))
    g_hash_table_insert (merged->prepared, g_strdup (name), g_atomic_rc_box_acquire (prepared));
  /* An address that stays may need it. */
  if (next->certificate != NULL || self->certificate != NULL)
    merged->certificate =
        g_object_ref (next->certificate != NULL ? next->certificate : self->certificate);
  return g_steal_pointer (&merged);
}
