/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-room-policy.h"

#include <string.h>

#include "sios-pattern.h"

struct _SiosRoomPolicy
{
  char *text; /* all keys, to compare */
  SiosAutoRooms automatic;
  char **admin_roles;
  GPtrArray *patterns; /* SiosPattern * */
  GPtrArray *words;    /* what comes before a colon in names: "user"; NULL if nobody asks */
  gboolean enabled;
  gboolean announces;
  gboolean has_variables;
  guint max_length;
};

static const struct
{
  SiosAutoRooms kind;
  const char *name; /* one that ends with a colon goes on */
} reserved[] = {
  { SIOS_AUTO_ROOM_USER, "user:" },     { SIOS_AUTO_ROOM_ALL_USERS, "all-users" },
  { SIOS_AUTO_ROOM_GROUPS, "group:" },  { SIOS_AUTO_ROOM_ADMIN, "admin-room" },
  { SIOS_AUTO_ROOM_TENANT, "tenant:" },
};

static const char *const variables[] = { "user", "groups", "tenant", "role", NULL };

static const struct
{
  const char *name;
  const char *code;
} answers[SIOS_N_ROOM_ANSWERS] = {
  [SIOS_ROOM_ALLOWED] = { "allowed", "OK" },
  [SIOS_ROOM_BAD_NAME] = { "bad-name", "ROOM_BAD_NAME" },
  [SIOS_ROOM_WRONG_FORM] = { "wrong-form", "ROOM_WRONG_FORM" },
  [SIOS_ROOM_RESERVED] = { "reserved", "ROOM_RESERVED" },
  [SIOS_ROOM_NOT_ALLOWED] = { "not-allowed", "ROOM_NOT_ALLOWED" },
  [SIOS_ROOM_TOO_MANY] = { "too-many", "ROOM_TOO_MANY" },
  [SIOS_ROOM_NOT_IN] = { "not-in", "ROOM_NOT_IN" },
};

const char *
sios_room_answer_get_name (SiosRoomAnswer answer)
{
  g_return_val_if_fail ((guint) answer < SIOS_N_ROOM_ANSWERS, NULL);
  return answers[answer].name;
}

const char *
sios_room_answer_get_code (SiosRoomAnswer answer)
{
  g_return_val_if_fail ((guint) answer < SIOS_N_ROOM_ANSWERS, NULL);
  return answers[answer].code;
}

gboolean
sios_room_policy_check_pattern (const char *text, GError **error)
{
  g_autoptr (SiosPattern) pattern = sios_pattern_new (text, variables, error);

  return pattern != NULL;
}

/* Index in reserved[], -1 if the name is free. */
static int
find_reserved (const char *room)
{
  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      gsize length = strlen (reserved[i].name);

      if (reserved[i].name[length - 1] == ':' ? strncmp (room, reserved[i].name, length) == 0
                                              : strcmp (room, reserved[i].name) == 0)
        return (int) i;
    }
  return -1;
}

static void
add_word (SiosRoomPolicy *self, const char *name)
{
  gsize length = strcspn (name, ":");

  if (length > 0 && name[length] == ':')
    g_ptr_array_add (self->words, g_strndup (name, length));
}

static void
collect_words (SiosRoomPolicy *self)
{
  self->words = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < self->patterns->len; i++)
    add_word (self, sios_pattern_get_prefix (g_ptr_array_index (self->patterns, i)));
  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    if ((self->automatic & reserved[i].kind) != 0)
      add_word (self, reserved[i].name);
}

SiosRoomPolicy *
sios_room_policy_new (SiosConfig *config, const char *namespace_name)
{
  SiosRoomPolicy *self = g_new0 (SiosRoomPolicy, 1);
  g_autofree char *group = g_strconcat ("namespace ", namespace_name, NULL);
  const char *const *join = sios_config_get_list (config, group, "join");

  self->automatic = sios_config_get_integer (config, group, "auto-rooms");
  self->admin_roles = g_strdupv ((char **) sios_config_get_list (config, "auth", "admin-roles"));
  self->enabled = sios_config_get_boolean (config, group, "rooms");
  self->announces = sios_config_get_boolean (config, group, "announce-members");
  self->max_length = sios_config_get_integer (config, "limits", "max-room-name-length");
  self->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_pattern_free);
  for (guint i = 0; join[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      SiosPattern *pattern = sios_pattern_new (join[i], variables, &error);

      g_assert (pattern != NULL); /* it was checked */
      self->has_variables |= sios_pattern_has_variables (pattern);
      g_ptr_array_add (self->patterns, pattern);
    }
  if (sios_config_get_boolean (config, group, "room-scheme"))
    collect_words (self);
  self->text = g_strjoin ("\n", sios_config_get (config, group, "auto-rooms")->text,
                          sios_config_get (config, "auth", "admin-roles")->text,
                          sios_config_get (config, group, "join")->text, NULL);
  return self;
}

void
sios_room_policy_free (SiosRoomPolicy *self)
{
  g_free (self->text);
  g_strfreev (self->admin_roles);
  g_ptr_array_unref (self->patterns);
  g_clear_pointer (&self->words, g_ptr_array_unref);
  g_free (self);
}

gboolean
sios_room_policy_equal (SiosRoomPolicy *self, SiosRoomPolicy *other)
{
  return strcmp (self->text, other->text) == 0;
}

gboolean
sios_room_policy_get_announces (SiosRoomPolicy *self)
{
  return self->announces;
}

gboolean
sios_room_policy_get_enabled (SiosRoomPolicy *self)
{
  return self->enabled;
}

guint
sios_room_policy_get_max_length (SiosRoomPolicy *self)
{
  return self->max_length;
}

static gboolean
is_admin (SiosRoomPolicy *self, SiosIdentity *identity)
{
  for (guint i = 0; identity->roles[i] != NULL; i++)
    if (g_strv_contains ((const char *const *) self->admin_roles, identity->roles[i]))
      return TRUE;
  return FALSE;
}

GPtrArray *
sios_room_policy_list_automatic (SiosRoomPolicy *self, SiosIdentity *identity)
{
  GPtrArray *rooms = g_ptr_array_new_with_free_func (g_free);

  if ((self->automatic & SIOS_AUTO_ROOM_USER) != 0)
    g_ptr_array_add (rooms, g_strconcat ("user:", identity->user, NULL));
  if ((self->automatic & SIOS_AUTO_ROOM_ALL_USERS) != 0)
    g_ptr_array_add (rooms, g_strdup ("all-users"));
  if ((self->automatic & SIOS_AUTO_ROOM_GROUPS) != 0)
    for (guint i = 0; identity->groups[i] != NULL; i++)
      g_ptr_array_add (rooms, g_strconcat ("group:", identity->groups[i], NULL));
  if ((self->automatic & SIOS_AUTO_ROOM_ADMIN) != 0 && is_admin (self, identity))
    g_ptr_array_add (rooms, g_strdup ("admin-room"));
  if ((self->automatic & SIOS_AUTO_ROOM_TENANT) != 0 && identity->tenant != NULL)
    g_ptr_array_add (rooms, g_strconcat ("tenant:", identity->tenant, NULL));
  return rooms;
}

gboolean
sios_room_policy_is_automatic (SiosRoomPolicy *self, const char *room)
{
  int index = find_reserved (room);

  return index >= 0 && (self->automatic & reserved[index].kind) != 0;
}

/* @room is of a kind that is switched on. */
static gboolean
is_given (SiosRoomPolicy *self, SiosIdentity *identity, SiosAutoRooms kind, const char *room)
{
  const char *rest = strchr (room, ':');

  if (identity == NULL)
    return FALSE;
  switch (kind)
    {
    case SIOS_AUTO_ROOM_USER:
      return strcmp (rest + 1, identity->user) == 0;
    case SIOS_AUTO_ROOM_GROUPS:
      return g_strv_contains ((const char *const *) identity->groups, rest + 1);
    case SIOS_AUTO_ROOM_TENANT:
      return g_strcmp0 (rest + 1, identity->tenant) == 0;
    case SIOS_AUTO_ROOM_ADMIN:
      return is_admin (self, identity);
    case SIOS_AUTO_ROOM_ALL_USERS:
    default:
      return TRUE;
    }
}

typedef struct
{
  SiosIdentity *identity;
  const char *single[2];
} Values;

static const char *const *
get_values (guint variable, gpointer user_data)
{
  Values *values = user_data;

  if (values->identity == NULL)
    return NULL;
  if (variable == 1)
    return (const char *const *) values->identity->groups;
  if (variable == 3)
    return (const char *const *) values->identity->roles;
  values->single[0] = variable == 0 ? values->identity->user : values->identity->tenant;
  return values->single;
}

/* Not such that fits names of any form. */
static gboolean
is_explicit (const SiosPattern *pattern)
{
  return *sios_pattern_get_prefix (pattern) != '\0' || sios_pattern_has_variables (pattern);
}

/* The first pattern that @room and @identity match, and of which everything begins with @prefix;
 * explicit ones before others. */
static const SiosPattern *
find_pattern (SiosRoomPolicy *self, SiosIdentity *identity, const char *room, const char *prefix)
{
  Values values = { identity, { NULL } };
  const SiosPattern *found = NULL;

  for (guint i = 0; i < self->patterns->len; i++)
    {
      const SiosPattern *pattern = g_ptr_array_index (self->patterns, i);

      if (!g_str_has_prefix (sios_pattern_get_prefix (pattern), prefix) ||
          !sios_pattern_match (pattern, room, get_values, &values))
        continue;
      if (is_explicit (pattern))
        return pattern;
      found = pattern;
    }
  return found;
}

gboolean
sios_room_policy_check_name (SiosRoomPolicy *self, const char *room)
{
  if (*room == '\0' || strlen (room) > self->max_length)
    return FALSE;
  for (const char *c = room; *c != '\0'; c = g_utf8_next_char (c))
    if (g_unichar_iscntrl (g_utf8_get_char (c)))
      return FALSE;
  return TRUE;
}

/* Whether @rest, what follows one of the words, looks as if a colon had been meant; where it goes
 * on behind that. If the name is of no use anyway, more is taken for a mistake. */
static const char *
find_mistake (const char *rest, gboolean refused)
{
  if (*rest != '\0' && strchr (":_./#=", *rest) != NULL)
    return rest + 1;
  if (*rest != '\0' && strchr ("- ", *rest) != NULL && (refused || g_ascii_isdigit (rest[1])))
    return rest + 1;
  return refused && g_ascii_isdigit (*rest) ? rest : NULL;
}

/* Whether both are the same but for case and what is between words. */
static gboolean
is_variant (const char *a, const char *b)
{
  while (*a != '\0' && *b != '\0')
    {
      const gboolean gap = strchr ("-_.: ", *a) != NULL && strchr ("-_.: ", *b) != NULL;

      if (!gap && g_ascii_tolower (*a) != g_ascii_tolower (*b))
        return FALSE;
      a++;
      b++;
    }
  return *a == *b;
}

/* The name that was probably meant, NULL if there is none. (transfer full) */
static char *
find_right_form (SiosRoomPolicy *self, const char *room, gboolean refused)
{
  const char *best = NULL;
  const char *best_rest = NULL;

  for (guint i = 0; self->words != NULL && i < G_N_ELEMENTS (reserved); i++)
    if ((self->automatic & reserved[i].kind) != 0 && strchr (reserved[i].name, ':') == NULL &&
        is_variant (room, reserved[i].name))
      return g_strdup (reserved[i].name);
  for (guint i = 0; self->words != NULL && i < self->words->len; i++)
    {
      const char *word = g_ptr_array_index (self->words, i);
      gsize length = strlen (word);
      const char *rest;

      if (g_ascii_strncasecmp (room, word, length) != 0)
        continue;
      /* A name of the right form is another matter. */
      if (strncmp (room, word, length) == 0 && room[length] == ':')
        return NULL;
      rest = find_mistake (room + length, refused);
      if (rest != NULL && *rest != '\0' && (best == NULL || length > strlen (best)))
        {
          best = word;
          best_rest = rest;
        }
    }
  return best != NULL ? g_strconcat (best, ":", best_rest, NULL) : NULL;
}

SiosRoomAnswer
sios_room_policy_check (SiosRoomPolicy *self, SiosIdentity *identity, const char *room, char **hint)
{
  int index;
  const SiosPattern *pattern;

  *hint = NULL;
  if (!sios_room_policy_check_name (self, room))
    return SIOS_ROOM_BAD_NAME;
  index = find_reserved (room);
  if (index >= 0 && (self->automatic & reserved[index].kind) != 0)
    return SIOS_ROOM_RESERVED;
  pattern = find_pattern (self, identity, room, index >= 0 ? reserved[index].name : "");
  if (index >= 0)
    return pattern != NULL ? SIOS_ROOM_ALLOWED : SIOS_ROOM_RESERVED;
  if (pattern != NULL && is_explicit (pattern))
    return SIOS_ROOM_ALLOWED;
  *hint = find_right_form (self, room, pattern == NULL);
  if (*hint != NULL)
    return SIOS_ROOM_WRONG_FORM;
  return pattern != NULL ? SIOS_ROOM_ALLOWED : SIOS_ROOM_NOT_ALLOWED;
}

gboolean
sios_room_policy_keeps (SiosRoomPolicy *self, SiosIdentity *identity, const char *room)
{
  int index = find_reserved (room);

  if (index >= 0 && (self->automatic & reserved[index].kind) != 0)
    return is_given (self, identity, reserved[index].kind, room);
  if (index >= 0)
    return find_pattern (self, identity, room, reserved[index].name) != NULL;
  if (!self->has_variables || find_pattern (self, identity, room, "") != NULL)
    return TRUE;
  for (guint i = 0; i < self->patterns->len; i++)
    {
      const SiosPattern *pattern = g_ptr_array_index (self->patterns, i);

      if (sios_pattern_has_variables (pattern) && sios_pattern_match (pattern, room, NULL, NULL))
        return FALSE;
    }
  return TRUE;
}
