/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-admin-users.h"

#include <crypt.h>
#include <string.h>

#define HASH_LENGTH 60
#define MIN_COST 4
/* A second or more; what is beyond would keep the server from stopping. */
#define MAX_COST 16
#define MAX_NAME 64
#define MAX_USERS 1000

struct _SiosAdminUsers
{
  gatomicrefcount ref_count;
  GHashTable *hashes; /* name → hash */
  char *dummy;        /* what unknown names are compared with: the costliest there is */
};

static guint
get_cost (const char *hash)
{
  return (guint) (g_ascii_digit_value (hash[4]) * 10 + g_ascii_digit_value (hash[5]));
}

/* $2y$10$ and 53 characters of a base 64. */
static gboolean
is_bcrypt (const char *text)
{
  if (strlen (text) != HASH_LENGTH || text[0] != '$' || text[1] != '2' ||
      strchr ("aby", text[2]) == NULL || text[3] != '$' || !g_ascii_isdigit (text[4]) ||
      !g_ascii_isdigit (text[5]) || text[6] != '$')
    return FALSE;
  for (const char *c = text + 7; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '.' && *c != '/')
      return FALSE;
  return TRUE;
}

static const char *
find_problem (SiosAdminUsers *self, const char *name, const char *hash)
{
  if (*name == '\0' || strlen (name) > MAX_NAME || !g_utf8_validate (name, -1, NULL))
    return "expected a name of 1 to 64 characters before the colon";
  if (!is_bcrypt (hash))
    return "expected a bcrypt hash behind the name and a colon, such as "
           "\"htpasswd -nB NAME\" and \"mkpasswd -m bcrypt\" write";
  if (get_cost (hash) < MIN_COST || get_cost (hash) > MAX_COST)
    return "expected a bcrypt hash with a cost from 4 to 16";
  if (g_hash_table_contains (self->hashes, name))
    return "this user has a line already";
  if (g_hash_table_size (self->hashes) == MAX_USERS)
    return "expected at most 1000 users";
  return NULL;
}

static void
add_line (SiosAdminUsers *self,
          char *line,
          guint number,
          const char *default_name,
          const char *where,
          GPtrArray *problems)
{
  char *colon;
  const char *name = default_name;
  const char *hash = g_strstrip (line);
  const char *problem;

  if (*hash == '\0' || *hash == '#')
    return;
  colon = strrchr (line, ':');
  if (colon != NULL)
    {
      *colon = '\0';
      name = hash;
      hash = colon + 1;
    }
  problem = find_problem (self, name, hash);
  if (problem != NULL)
    {
      g_ptr_array_add (problems, g_strdup_printf ("%s:%u: %s", where, number, problem));
      return;
    }
  g_hash_table_insert (self->hashes, g_strdup (name), g_strdup (hash));
  if (self->dummy == NULL || get_cost (hash) > get_cost (self->dummy))
    {
      g_free (self->dummy);
      self->dummy = g_strdup (hash);
    }
}

SiosAdminUsers *
sios_admin_users_parse (const char *text,
                        gsize length,
                        const char *default_name,
                        const char *where,
                        GPtrArray *problems)
{
  g_autoptr (SiosAdminUsers) self = g_new0 (SiosAdminUsers, 1);
  g_autofree char *copy = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);
  guint n_before = problems->len;

  g_atomic_ref_count_init (&self->ref_count);
  self->hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; lines[i] != NULL; i++)
    add_line (self, lines[i], i + 1, default_name, where, problems);
  if (problems->len == n_before && g_hash_table_size (self->hashes) == 0)
    g_ptr_array_add (problems, g_strdup_printf ("%s: expected a line with NAME:HASH", where));
  return problems->len == n_before ? g_steal_pointer (&self) : NULL;
}

SiosAdminUsers *
sios_admin_users_ref (SiosAdminUsers *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sios_admin_users_unref (SiosAdminUsers *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->hashes);
  g_free (self->dummy);
  g_free (self);
}

guint
sios_admin_users_get_length (SiosAdminUsers *self)
{
  return g_hash_table_size (self->hashes);
}

const char *
sios_admin_users_get_hash (SiosAdminUsers *self, const char *name)
{
  return g_hash_table_lookup (self->hashes, name);
}

/* Takes as long wherever they differ. */
static gboolean
is_equal (const char *a, const char *b)
{
  guint difference = 0;

  for (guint i = 0; i < HASH_LENGTH; i++)
    difference |= (guint) (guchar) a[i] ^ (guint) (guchar) b[i];
  return difference == 0;
}

gboolean
sios_admin_users_check (SiosAdminUsers *self, const char *name, const char *password)
{
  const char *known = g_hash_table_lookup (self->hashes, name);
  const char *hash = known != NULL ? known : self->dummy;
  g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *result;
  gboolean equal;

  /* Not crypt_r(), in whose way AddressSanitizer stands. */
  result = crypt_rn (password, hash, data, sizeof *data);
  equal = result != NULL && strlen (result) == HASH_LENGTH && is_equal (result, hash);
  explicit_bzero (data, sizeof *data);
  return equal && known != NULL;
}
