/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The one place where it is written what can be configured. */

typedef enum
{
  SIOS_KEY_STRING,
  SIOS_KEY_LIST,    /* strings separated by semicolons */
  SIOS_KEY_BOOLEAN, /* true, false, yes, no, on, off, 1, 0 */
  SIOS_KEY_INTEGER,
  SIOS_KEY_NUMBER,
  SIOS_KEY_SIZE,   /* bytes, with K, M or G times 1024 */
  SIOS_KEY_TIME,   /* with ms, s, min or h; kept in ms */
  SIOS_KEY_CHOICE, /* one of a few words */
  SIOS_KEY_CHOICES /* some of a few words */
} SiosKeyType;

typedef enum
{
  SIOS_KEY_NONE = 0,
  SIOS_KEY_RESTART = 1 << 0, /* reloading is not enough */
  SIOS_KEY_SECRET = 1 << 1   /* is not shown */
} SiosKeyFlags;

/* Whose property a key is; the value goes there without further code. */
typedef enum
{
  SIOS_TARGET_NONE,
  SIOS_TARGET_ENGINE,
  SIOS_TARGET_SERVER,
  SIOS_TARGET_RECOVERY
} SiosTarget;

typedef struct
{
  const char *group;
  const char *name;
  SiosKeyType type;
  SiosKeyFlags flags;
  const char *fallback; /* the default, as one would write it */
  guint64 min;
  guint64 max;
  const char *const *choices; /* in the order of the values of an enumeration, or bits of flags */
  gboolean (*check) (const char *text, GError **error); /* of each string */
  SiosTarget target;
  const char *property;
  const char *summary;
} SiosKey;

typedef struct
{
  const char *name;
  gboolean named; /* there may be several: [namespace NAME] */
  const char *summary;
  /* Only of those with a name. */
  gboolean stays; /* a reload does not remove it */
  gboolean (*check_name) (const char *name);
  const char *expected; /* what a name has to be */
  const char *example;  /* a name */
} SiosGroupKind;

typedef struct
{
  char *text; /* normalised, as one would write it */
  char **list;
  char *string;
  guint64 integer; /* also TIME in ms, SIZE, index of CHOICE, bits of CHOICES */
  double number;
  gboolean boolean;
} SiosValue;

const SiosKey *sios_keys_list (guint *n_keys);
const SiosGroupKind *sios_groups_list (guint *n_groups);
const SiosGroupKind *sios_groups_find (const char *name);
const SiosKey *sios_keys_find (const char *group, const char *name);

/* NULL with an error that says what was expected. @raw is as in a file, with escapes. */
SiosValue *sios_key_parse (const SiosKey *key, const char *raw, GError **error);
void sios_value_free (SiosValue *value);
/* What to show: the text, or stars in place of a secret. */
const char *sios_key_show (const SiosKey *key, const SiosValue *value);
/* "an integer from 1 to 10" */
char *sios_key_describe_type (const SiosKey *key);

/* Escapes a string as a file wants it; semicolons, too, if it is one of a list. */
char *sios_escape (const char *text, gboolean in_list);

/* The one of @names that differs least from @text; NULL if none is near. */
const char *sios_nearest (const char *text, GPtrArray *names);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosValue, sios_value_free)

G_END_DECLS
