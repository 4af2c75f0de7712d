/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-rule-private.h"

/* Single values of keys of [event NAME]. */

#define MAX_NAME 100

static gboolean
fail (GError **error, const char *expected, const char *got)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected %s, got \"%.80s\"",
               expected, got);
  return FALSE;
}

const char *
sios_refusal_get_code (SiosRefusal refusal)
{
  static const char *const codes[SIOS_N_REFUSALS] = {
    [SIOS_REFUSAL_NOT_AUTHENTICATED] = "NOT_AUTHENTICATED",
    [SIOS_REFUSAL_ROLE] = "ROLE_REQUIRED",
    [SIOS_REFUSAL_GROUP] = "GROUP_REQUIRED",
    [SIOS_REFUSAL_NOT_IN_ROOM] = "NOT_IN_ROOM",
    [SIOS_REFUSAL_RATE] = "RATE_LIMITED",
    [SIOS_REFUSAL_SCHEMA] = "INVALID_DATA",
    [SIOS_REFUSAL_TOO_LONG] = "TOO_LONG",
    [SIOS_REFUSAL_BAD_ARGUMENT] = "BAD_ARGUMENT",
    [SIOS_REFUSAL_LIMIT] = "LIMIT_REACHED",
  };

  return codes[refusal];
}

const char *
sios_refusal_get_name (SiosRefusal refusal)
{
  static const char *const names[SIOS_N_REFUSALS] = {
    [SIOS_REFUSAL_NOT_AUTHENTICATED] = "not-authenticated",
    [SIOS_REFUSAL_ROLE] = "role",
    [SIOS_REFUSAL_GROUP] = "group",
    [SIOS_REFUSAL_NOT_IN_ROOM] = "not-in-room",
    [SIOS_REFUSAL_RATE] = "rate",
    [SIOS_REFUSAL_SCHEMA] = "schema",
    [SIOS_REFUSAL_TOO_LONG] = "too-long",
    [SIOS_REFUSAL_BAD_ARGUMENT] = "argument",
    [SIOS_REFUSAL_LIMIT] = "limit",
  };

  return names[refusal];
}

gboolean
sios_rule_is_reserved (const char *event)
{
  static const char *const reserved[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", NULL
  };

  return g_strv_contains (reserved, event);
}

static gboolean
is_label (const char *text)
{
  if (*text == '\0')
    return FALSE;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_islower (*c) && !g_ascii_isdigit (*c) && *c != '-')
      return FALSE;
  return TRUE;
}

/* It is a label of metrics, too: nothing that would have to be escaped there. */
static gboolean
is_event (const char *name, gsize length)
{
  g_autofree char *copy = g_strndup (name, length);

  if (length == 0 || length > MAX_NAME || strpbrk (copy, "\"\\{}#") != NULL)
    return FALSE;
  for (const char *c = copy; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return FALSE;
  return !sios_rule_is_reserved (copy);
}

gboolean
sios_rule_check_name (const char *name)
{
  const char *label = strchr (name, '#');
  const char *star = strchr (name, '*');
  gsize length = label != NULL ? (gsize) (label - name) : strlen (name);

  /* One star, or two side by side. */
  return is_event (name, length) && (label == NULL || is_label (label + 1)) &&
         (star == NULL || strchr (star + (star[1] == '*' ? 2 : 1), '*') == NULL);
}

gboolean
sios_rule_check_track_name (const char *name)
{
  return is_label (name) && strlen (name) <= MAX_NAME;
}

gboolean
sios_rule_check_event_name (const char *text, GError **error)
{
  g_autoptr (SiosTemplate) template = sios_template_new (text, error);
  const char *constant;

  if (template == NULL)
    return FALSE;
  constant = sios_template_get_constant (template);
  if (sios_template_get_kind (template) != SIOS_TEMPLATE_NAME ||
      sios_template_uses_arguments (template) || sios_template_uses_identity (template))
    return fail (error, "the name of an event, with no more than {*} and {event} to fill in", text);
  return constant == NULL || !sios_rule_is_reserved (constant) ||
         fail (error, "a name that the protocol does not use itself", text);
}

gboolean
sios_rule_check_template (const char *text, GError **error)
{
  g_autoptr (SiosTemplate) template = sios_template_new (text, error);

  return template != NULL;
}

void
sios_addition_clear (gpointer addition)
{
  g_free (((SiosAddition *) addition)->member);
}

gboolean
sios_addition_parse (const char *text, SiosAddition *addition, GError **error)
{
  static const char *const fields[SIOS_N_FIELDS] = {
    [SIOS_FIELD_TIMESTAMP] = "timestamp",
    [SIOS_FIELD_TIMESTAMP_MS] = "timestampMs",
    [SIOS_FIELD_ID] = "id",
    [SIOS_FIELD_USER_ID] = "userId",
    [SIOS_FIELD_SOCKET_ID] = "socketId",
    [SIOS_FIELD_ROLE] = "role",
    [SIOS_FIELD_TENANT] = "tenant",
    [SIOS_FIELD_EVENT] = "event",
  };
  const char *colon = strrchr (text, ':');
  const char *field = colon != NULL ? colon + 1 : text;
  g_autofree char *member = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : NULL;

  if (colon == NULL)
    member = g_strdup (text);
  for (guint i = 0; i < SIOS_N_FIELDS; i++)
    if (strcmp (field, fields[i]) == 0 && is_event (member, strlen (member)))
      {
        addition->field = i;
        addition->member = g_strdup_printf ("\"%s\":", member);
        return TRUE;
      }
  return fail (error,
               "timestamp, timestampMs, id, userId, socketId, role, tenant or event, or another "
               "name for one of them, such as sender:userId",
               text);
}

gboolean
sios_rule_check_addition (const char *text, GError **error)
{
  SiosAddition addition = { 0 };
  gboolean ok = sios_addition_parse (text, &addition, error);

  sios_addition_clear (&addition);
  return ok;
}

static gboolean
add_template (GPtrArray *templates, const char *text, GError **error)
{
  SiosTemplate *template = sios_template_new (text, error);

  if (template == NULL)
    return FALSE;
  if (sios_template_get_kind (template) != SIOS_TEMPLATE_NAME)
    {
      sios_template_free (template);
      return fail (error, "one room after room:", text);
    }
  g_ptr_array_add (templates, template);
  return TRUE;
}

gboolean
sios_requirement_parse (
    const char *text, SiosRule *rule, GPtrArray *roles, GPtrArray *groups, GError **error)
{
  if (strcmp (text, "auth") == 0)
    rule->require_auth = TRUE;
  else if (strcmp (text, "room") == 0)
    rule->require_in_rooms = TRUE;
  else if (g_str_has_prefix (text, "room:"))
    return add_template (rule->member_of, text + 5, error);
  else if (g_str_has_prefix (text, "role:") && text[5] != '\0')
    g_ptr_array_add (roles, g_strdup (text + 5));
  else if (g_str_has_prefix (text, "group:") && text[6] != '\0')
    g_ptr_array_add (groups, g_strdup (text + 6));
  else
    return fail (error, "auth, role:NAME, group:NAME, room, or room:NAME", text);
  return TRUE;
}

gboolean
sios_rule_check_requirement (const char *text, GError **error)
{
  g_autoptr (GPtrArray) member_of =
      g_ptr_array_new_with_free_func ((GDestroyNotify) sios_template_free);
  g_autoptr (GPtrArray) roles = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (g_free);
  SiosRule rule = { .member_of = member_of };

  return sios_requirement_parse (text, &rule, roles, groups, error);
}

void
sios_length_limit_clear (gpointer data)
{
  SiosLengthLimit *limit = data;

  g_strfreev (limit->path);
  g_free (limit->text);
}

/* "content:5000" is a member of the first argument, "1:20" the second argument. */
gboolean
sios_length_limit_parse (const char *text, SiosLengthLimit *limit, GError **error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *path = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : NULL;
  g_autofree char *full = NULL;

  if (colon == NULL || *path == '\0' ||
      !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXINT, &limit->max, NULL))
    return fail (error, "a member or an argument and a number of characters, such as content:5000",
                 text);
  full = g_ascii_isdigit (*path) ? g_strdup (path) : g_strconcat ("0.", path, NULL);
  if (!sios_path_parse (full, &limit->n, &limit->path))
    return fail (error, "a path such as content, 0.content or 1 before the colon", text);
  limit->text = g_steal_pointer (&full);
  return TRUE;
}

gboolean
sios_rule_check_length (const char *text, GError **error)
{
  SiosLengthLimit limit = { 0 };
  gboolean ok = sios_length_limit_parse (text, &limit, error);

  sios_length_limit_clear (&limit);
  return ok;
}

gboolean
sios_rule_check_rate (const char *text, GError **error)
{
  SiosRate rate;

  return sios_rate_parse (text, &rate, error);
}

gboolean
sios_shadow_parse (const char *text, guint *bits, GError **error)
{
  static const struct
  {
    const char *name;
    guint bits;
  } checks[] = {
    { "rate", 1 << SIOS_REFUSAL_RATE },
    { "schema", 1 << SIOS_REFUSAL_SCHEMA },
    { "max-length", 1 << SIOS_REFUSAL_TOO_LONG },
    { "require", 1 << SIOS_REFUSAL_NOT_AUTHENTICATED | 1 << SIOS_REFUSAL_ROLE |
                     1 << SIOS_REFUSAL_GROUP | 1 << SIOS_REFUSAL_NOT_IN_ROOM },
  };

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    if (strcmp (text, checks[i].name) == 0)
      {
        *bits |= checks[i].bits;
        return TRUE;
      }
  return fail (error, "rate, schema, max-length or require", text);
}

gboolean
sios_rule_check_shadow (const char *text, GError **error)
{
  guint bits = 0;

  return sios_shadow_parse (text, &bits, error);
}

gboolean
sios_track_parse (const char *text, char **name, SiosTrackAction *action, GError **error)
{
  const char *colon = strchr (text, ':');

  *name = NULL;
  *action = SIOS_TRACK_NONE;
  if (*text == '\0')
    return TRUE;
  if (colon != NULL)
    *action = strcmp (colon + 1, "add") == 0      ? SIOS_TRACK_ADD
              : strcmp (colon + 1, "remove") == 0 ? SIOS_TRACK_REMOVE
                                                  : SIOS_TRACK_NONE;
  if (*action == SIOS_TRACK_NONE)
    return fail (error, "NAME:add or NAME:remove, with the name of a [track NAME]", text);
  *name = g_strndup (text, (gsize) (colon - text));
  return TRUE;
}

gboolean
sios_rule_check_track (const char *text, GError **error)
{
  g_autofree char *name = NULL;
  SiosTrackAction action;

  return sios_track_parse (text, &name, &action, error);
}

gboolean
sios_rule_check_reserved (const char *text, GError **error)
{
  return *text == '\0' || fail (error, "nothing: this key is reserved for a later version", text);
}
