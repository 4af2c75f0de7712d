/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-rule-private.h"

/* Of one namespace. */
struct _SiosRuleMap
{
  GHashTable *exact;   /* name → SiosRule */
  GPtrArray *patterns; /* those with the longest beginning first */
};

typedef struct
{
  SiosConfig *config;
  GPtrArray *problems;
  const char *group; /* "event NAME" */
} Reader;

static void
add_problem (Reader *reader, const char *key, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
add_problem (Reader *reader, const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (reader->problems,
                   g_strdup_printf ("%s: %s.%s: %s",
                                    sios_config_get_origin (reader->config, reader->group, key),
                                    reader->group, key, text));
}

static const char *const *
get_list (Reader *reader, const char *key)
{
  return sios_config_get_list (reader->config, reader->group, key);
}

static void
emission_free (gpointer data)
{
  SiosEmission *emission = data;

  g_ptr_array_unref (emission->names);
  g_ptr_array_unref (emission->to);
  g_array_unref (emission->additions);
  g_free (emission);
}

static void
rule_free (gpointer data)
{
  SiosRule *rule = data;

  g_free (rule->name);
  g_strfreev (rule->roles);
  g_strfreev (rule->groups);
  g_ptr_array_unref (rule->member_of);
  g_ptr_array_unref (rule->schemas);
  g_array_unref (rule->lengths);
  g_ptr_array_unref (rule->emissions);
  g_free (rule);
}

static void
track_free (gpointer data)
{
  SiosTrack *track = data;

  g_free (track->name);
  g_free (track->event);
  g_free (track);
}

static void
map_free (gpointer data)
{
  SiosRuleMap *map = data;

  g_hash_table_unref (map->exact);
  g_ptr_array_unref (map->patterns);
  g_free (map);
}

/* The keys were checked one by one, so that parsing them cannot fail. */
static GPtrArray *
read_templates (Reader *reader, const char *key)
{
  GPtrArray *templates = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_template_free);
  const char *const *list = get_list (reader, key);

  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (templates, sios_template_new (list[i], &error));
      g_assert_no_error (error);
    }
  return templates;
}

static SiosEmission *
read_emission (Reader *reader, SiosRule *rule)
{
  SiosEmission *emission = g_new0 (SiosEmission, 1);
  const char *const *additions = get_list (reader, "add");

  emission->names = read_templates (reader, "emit");
  emission->to = read_templates (reader, "to");
  emission->include_sender =
      sios_config_get_boolean (reader->config, reader->group, "include-sender");
  emission->additions = g_array_new (FALSE, FALSE, sizeof (SiosAddition));
  g_array_set_clear_func (emission->additions, sios_addition_clear);
  for (guint i = 0; additions[i] != NULL; i++)
    {
      SiosAddition addition = { 0 };

      sios_addition_parse (additions[i], &addition, NULL);
      rule->needs_args = TRUE;
      g_array_append_val (emission->additions, addition);
      if (addition.field == SIOS_FIELD_USER_ID || addition.field == SIOS_FIELD_ROLE ||
          addition.field == SIOS_FIELD_TENANT)
        rule->needs_identity = TRUE;
    }
  return emission;
}

/* Clients must not choose the scheme of a room unless something else says who may. */
static void
check_rooms (Reader *reader, SiosRule *rule, GPtrArray *templates, const char *key)
{
  for (guint i = 0; i < templates->len; i++)
    {
      const SiosTemplate *template = g_ptr_array_index (templates, i);

      if (sios_template_is_open (template) && !rule->require_in_rooms && rule->roles[0] == NULL)
        add_problem (reader, key,
                     "%s lets clients choose any room; begin it with a scheme, such as "
                     "chat:%s, or add require=room or a role",
                     sios_template_get_text (template), sios_template_get_text (template));
      if (sios_template_uses_star (template) && rule->suffix == NULL)
        add_problem (reader, key, "%s needs a * in the name of the event",
                     sios_template_get_text (template));
      rule->needs_identity |= sios_template_uses_identity (template);
      rule->needs_args |= sios_template_uses_arguments (template);
    }
}

static void
check_names (Reader *reader, SiosRule *rule, SiosEmission *emission)
{
  for (guint i = 0; i < emission->names->len; i++)
    {
      const SiosTemplate *template = g_ptr_array_index (emission->names, i);

      if (sios_template_get_constant (template) == NULL)
        emission->has_open_names = TRUE;
      if (sios_template_uses_star (template) && rule->suffix == NULL)
        add_problem (reader, "emit", "%s needs a * in the name of the event",
                     sios_template_get_text (template));
    }
}

static void
read_requirements (Reader *reader, SiosRule *rule)
{
  const char *const *list = get_list (reader, "require");
  GPtrArray *roles = g_ptr_array_new ();
  GPtrArray *groups = g_ptr_array_new ();

  rule->member_of = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_template_free);
  for (guint i = 0; list[i] != NULL; i++)
    sios_requirement_parse (list[i], rule, roles, groups, NULL);
  rule->needs_identity |= rule->require_auth || roles->len > 0 || groups->len > 0;
  g_ptr_array_add (roles, NULL);
  g_ptr_array_add (groups, NULL);
  rule->roles = (char **) g_ptr_array_free (roles, FALSE);
  rule->groups = (char **) g_ptr_array_free (groups, FALSE);
}

/* Relative names belong to the directory of the file that has them. */
static char *
find_file (Reader *reader, const char *key, const char *name)
{
  const char *origin = sios_config_get_origin (reader->config, reader->group, key);
  const char *colon = strrchr (origin, ':');
  g_autofree char *file = colon != NULL ? g_strndup (origin, (gsize) (colon - origin)) : NULL;
  g_autofree char *directory = file != NULL ? g_path_get_dirname (file) : g_strdup (".");

  return g_path_is_absolute (name) ? g_strdup (name) : g_build_filename (directory, name, NULL);
}

static void
read_schemas (Reader *reader, SiosRule *rule)
{
  const char *const *list = get_list (reader, "schema");

  rule->schemas = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_schema_free);
  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autofree char *path = find_file (reader, "schema", list[i]);
      g_autoptr (GError) error = NULL;
      SiosSchema *schema = sios_schema_new_from_file (path, &error);

      if (schema != NULL)
        g_ptr_array_add (rule->schemas, schema);
      else if (error->domain == G_FILE_ERROR)
        add_problem (reader, "schema", "%s", error->message);
      else
        add_problem (reader, "schema", "%s: %s", path, error->message);
    }
}

static void
read_limits (Reader *reader, SiosRule *rule)
{
  const char *const *lengths = get_list (reader, "max-length");
  const char *const *shadow = get_list (reader, "shadow");

  rule->lengths = g_array_new (FALSE, FALSE, sizeof (SiosLengthLimit));
  g_array_set_clear_func (rule->lengths, sios_length_limit_clear);
  for (guint i = 0; lengths[i] != NULL; i++)
    {
      SiosLengthLimit limit = { 0 };

      sios_length_limit_parse (lengths[i], &limit, NULL);
      g_array_append_val (rule->lengths, limit);
    }
  for (guint i = 0; shadow[i] != NULL; i++)
    sios_shadow_parse (shadow[i], &rule->shadow, NULL);
  sios_rate_parse (sios_config_get_string (reader->config, reader->group, "rate"), &rule->rate,
                   NULL);
  rule->rate_per_socket = sios_config_get_integer (reader->config, reader->group, "rate-per") == 1;
  rule->needs_identity |= rule->rate.interval > 0 && !rule->rate_per_socket;
  rule->needs_args |= rule->schemas->len > 0 || rule->lengths->len > 0;
}

static void
read_track (Reader *reader, SiosRuleTable *self, SiosRule *rule, SiosEmission *emission)
{
  g_autofree char *name = NULL;

  sios_track_parse (sios_config_get_string (reader->config, reader->group, "track"), &name,
                    &rule->track_action, NULL);
  if (rule->track_action == SIOS_TRACK_NONE)
    return;
  rule->needs_identity = TRUE;
  for (guint i = 0; i < self->tracks->len; i++)
    if (strcmp (((SiosTrack *) g_ptr_array_index (self->tracks, i))->name, name) == 0)
      rule->track = g_ptr_array_index (self->tracks, i);
  if (rule->track == NULL)
    add_problem (reader, "track", "there is no [track %s]", name);
  if (emission->to->len == 0)
    add_problem (reader, "track", "expected a key \"to\" that says in which rooms");
  for (guint i = 0; i < emission->to->len; i++)
    if (sios_template_get_kind (g_ptr_array_index (emission->to, i)) != SIOS_TEMPLATE_NAME)
      add_problem (reader, "to", "expected names of rooms where there is a \"track\", got %s",
                   sios_template_get_text (g_ptr_array_index (emission->to, i)));
}

static SiosRule *
read_rule (Reader *reader, SiosRuleTable *self, const char *name)
{
  SiosRule *rule = g_new0 (SiosRule, 1);
  const char *star = strchr (name, '*');
  SiosEmission *emission;

  rule->name = g_strdup (name);
  if (star != NULL)
    {
      rule->prefix = (gsize) (star - name);
      rule->deep = star[1] == '*';
      rule->suffix = rule->name + rule->prefix + (rule->deep ? 2 : 1);
    }
  rule->emissions = g_ptr_array_new_with_free_func (emission_free);
  read_requirements (reader, rule);
  read_schemas (reader, rule);
  read_limits (reader, rule);
  rule->ack = (SiosAck) sios_config_get_integer (reader->config, reader->group, "ack");
  rule->pass_on = sios_config_get_boolean (reader->config, reader->group, "pass-on");
  emission = read_emission (reader, rule);
  g_ptr_array_add (rule->emissions, emission);
  check_rooms (reader, rule, emission->to, "to");
  check_rooms (reader, rule, rule->member_of, "require");
  check_names (reader, rule, emission);
  read_track (reader, self, rule, emission);
  if (rule->pass_on &&
      sios_config_get_integer (reader->config, reader->group, "ack") != SIOS_ACK_NONE)
    add_problem (reader, "pass-on", "expected ack=none beside it: what comes next answers");
  return rule;
}

/* [event NAME#LABEL] sends the same event to others, too. */
static void
read_further_emission (Reader *reader, SiosRule *rule)
{
  static const char *const allowed[] = { "enabled", "emit", "to", "include-sender", "add", NULL };
  SiosEmission *emission;
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);

  for (guint i = 0; i < n_keys; i++)
    if (strcmp (keys[i].group, "event") == 0 && !g_strv_contains (allowed, keys[i].name) &&
        strcmp (sios_config_get_origin (reader->config, reader->group, keys[i].name), "default") !=
            0)
      add_problem (reader, keys[i].name,
                   "belongs in [event %s]: here are emit, to, "
                   "include-sender, add and enabled",
                   rule->name);
  emission = read_emission (reader, rule);
  check_rooms (reader, rule, emission->to, "to");
  check_names (reader, rule, emission);
  g_ptr_array_add (rule->emissions, emission);
  if (rule->emissions->len > SIOS_RULE_MAX_EMISSIONS)
    add_problem (reader, "to", "expected at most %d groups for one event", SIOS_RULE_MAX_EMISSIONS);
}

static void
read_tracks (SiosRuleTable *self, SiosConfig *config)
{
  g_auto (GStrv) names = sios_config_list_names (config, "track");

  for (guint i = 0; names[i] != NULL; i++)
    {
      SiosTrack *track = g_new0 (SiosTrack, 1);
      g_autofree char *group = g_strconcat ("track ", names[i], NULL);
      const char *event = sios_config_get_string (config, group, "emit");

      track->name = g_strdup (names[i]);
      track->event = *event != '\0' ? g_strdup (event) : g_strconcat (names[i], ":update", NULL);
      track->timeout = (gint64) sios_config_get_integer (config, group, "timeout") * 1000;
      track->interval = (gint64) sios_config_get_integer (config, group, "interval") * 1000;
      track->max_listed = (guint) sios_config_get_integer (config, group, "max-listed");
      track->max_rooms = (guint) sios_config_get_integer (config, group, "max-rooms");
      g_ptr_array_add (self->tracks, track);
    }
}

static SiosRuleMap *
get_map (SiosRuleTable *self, const char *ns)
{
  SiosRuleMap *map = g_hash_table_lookup (self->namespaces, ns);

  if (map == NULL)
    {
      map = g_new0 (SiosRuleMap, 1);
      map->exact = g_hash_table_new (g_str_hash, g_str_equal);
      map->patterns = g_ptr_array_new ();
      g_hash_table_insert (self->namespaces, g_strdup (ns), map);
    }
  return map;
}

static int
compare_prefixes (gconstpointer a, gconstpointer b)
{
  const SiosRule *first = *(const SiosRule *const *) a;
  const SiosRule *second = *(const SiosRule *const *) b;

  if (first->prefix != second->prefix)
    return first->prefix < second->prefix ? 1 : -1;
  if (strlen (first->suffix) != strlen (second->suffix))
    return strlen (first->suffix) < strlen (second->suffix) ? 1 : -1;
  if (first->deep != second->deep)
    return first->deep ? 1 : -1;
  return strcmp (first->suffix, second->suffix);
}

static void
add_to_namespaces (Reader *reader, SiosRuleTable *self, SiosRule *rule, char **all)
{
  const char *const *chosen = get_list (reader, "namespaces");
  const char *const *names = chosen[0] != NULL ? chosen : (const char *const *) all;

  for (guint i = 0; names[i] != NULL; i++)
    {
      SiosRuleMap *map;

      if (names == chosen && !g_strv_contains ((const char *const *) all, names[i]))
        {
          add_problem (reader, "namespaces", "there is no [namespace %s]", names[i]);
          continue;
        }
      map = get_map (self, names[i]);
      if (rule->suffix == NULL)
        g_hash_table_insert (map->exact, rule->name, rule);
      else
        g_ptr_array_add (map->patterns, rule);
    }
}

static void
sort_patterns (SiosRuleTable *self)
{
  GHashTableIter iter;
  gpointer map;

  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, NULL, &map))
    g_ptr_array_sort (((SiosRuleMap *) map)->patterns, compare_prefixes);
}

static SiosRule *
find_rule (SiosRuleTable *self, const char *name, gsize length)
{
  for (guint i = 0; i < self->rules->len; i++)
    {
      SiosRule *rule = g_ptr_array_index (self->rules, i);

      if (strlen (rule->name) == length && strncmp (rule->name, name, length) == 0)
        return rule;
    }
  return NULL;
}

static void
read_label (Reader *reader, SiosRuleTable *self, char **names, const char *name, gsize length)
{
  SiosRule *rule = find_rule (self, name, length);
  g_autofree char *event = g_strndup (name, length);

  if (rule != NULL)
    read_further_emission (reader, rule);
  /* One that is switched off takes what belongs to it along. */
  else if (!g_strv_contains ((const char *const *) names, event))
    add_problem (reader, "to", "there is no [event %s]", event);
}

SiosRuleTable *
sios_rule_table_new (SiosConfig *config, GPtrArray *problems)
{
  SiosRuleTable *self = g_new0 (SiosRuleTable, 1);
  g_auto (GStrv) names = sios_config_list_names (config, "event");
  g_auto (GStrv) namespaces = sios_config_list_names (config, "namespace");

  self->rules = g_ptr_array_new_with_free_func (rule_free);
  self->tracks = g_ptr_array_new_with_free_func (track_free);
  self->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, map_free);
  read_tracks (self, config);
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; names[i] != NULL; i++)
      {
        g_autofree char *group = g_strconcat ("event ", names[i], NULL);
        Reader reader = { config, problems, group };
        const char *label = strchr (names[i], '#');
        SiosRule *rule;

        if ((label != NULL) != (pass == 1) || !sios_config_get_boolean (config, group, "enabled"))
          continue;
        if (pass == 0)
          {
            rule = read_rule (&reader, self, names[i]);
            rule->index = self->rules->len;
            g_ptr_array_add (self->rules, rule);
            add_to_namespaces (&reader, self, rule, namespaces);
            continue;
          }
        read_label (&reader, self, names, names[i], (gsize) (label - names[i]));
      }
  sort_patterns (self);
  return self;
}

void
sios_rule_table_free (SiosRuleTable *self)
{
  g_hash_table_unref (self->namespaces);
  g_ptr_array_unref (self->rules);
  g_ptr_array_unref (self->tracks);
  g_free (self);
}

const SiosRule *
sios_rule_map_find (const SiosRuleMap *self,
                    const char *event,
                    const char **matched,
                    gsize *matched_length)
{
  const SiosRule *rule = g_hash_table_lookup (self->exact, event);
  gsize length;

  *matched = NULL;
  *matched_length = 0;
  if (rule != NULL || self->patterns->len == 0)
    return rule;
  length = strlen (event);
  for (guint i = 0; i < self->patterns->len; i++)
    {
      gsize suffix;

      rule = g_ptr_array_index (self->patterns, i);
      suffix = strlen (rule->suffix);
      if (length <= rule->prefix + suffix || memcmp (event, rule->name, rule->prefix) != 0 ||
          memcmp (event + length - suffix, rule->suffix, suffix) != 0)
        continue;
      *matched = event + rule->prefix;
      *matched_length = length - rule->prefix - suffix;
      if (rule->deep || memchr (*matched, ':', *matched_length) == NULL)
        return rule;
    }
  return NULL;
}
