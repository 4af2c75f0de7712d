/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-admin-sessions.h"

#include <string.h>
#include <sys/random.h>

#define ID_BYTES 16

typedef struct
{
  char *digest; /* the key */
  char *name;
  gint64 end;
  GList link;
} Login;

struct _SiosAdminSessions
{
  GHashTable *logins; /* digest → Login */
  GQueue queue;       /* in the order they were made */
  gint64 duration;    /* µs */
  guint max;
};

static void
login_free (gpointer data)
{
  Login *login = data;

  g_free (login->digest);
  g_free (login->name);
  g_free (login);
}

SiosAdminSessions *
sios_admin_sessions_new (void)
{
  SiosAdminSessions *self = g_new0 (SiosAdminSessions, 1);

  self->logins = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, login_free);
  return self;
}

void
sios_admin_sessions_free (SiosAdminSessions *self)
{
  g_hash_table_unref (self->logins);
  g_free (self);
}

static void
drop (SiosAdminSessions *self, Login *login)
{
  g_queue_unlink (&self->queue, &login->link);
  g_hash_table_remove (self->logins, login->digest);
}

void
sios_admin_sessions_set_limits (SiosAdminSessions *self, guint64 duration, guint max)
{
  self->duration = (gint64) duration * 1000;
  self->max = max;
  while (self->queue.length > max)
    drop (self, self->queue.head->data);
}

static char *
make_digest (const char *id)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, id, -1);
}

char *
sios_admin_sessions_add (SiosAdminSessions *self, const char *name, gint64 now)
{
  guint8 random[ID_BYTES];
  GString *id;
  Login *login;

  if (self->max == 0 || self->duration == 0 || getrandom (random, sizeof random, 0) != ID_BYTES)
    return NULL;
  while (self->queue.length > 0 &&
         (self->queue.length >= self->max || ((Login *) self->queue.head->data)->end <= now))
    drop (self, self->queue.head->data);
  id = g_string_new (NULL);
  for (guint i = 0; i < ID_BYTES; i++)
    g_string_append_printf (id, "%02x", random[i]);
  login = g_new0 (Login, 1);
  login->digest = make_digest (id->str);
  login->name = g_strdup (name);
  login->end = now + self->duration;
  login->link.data = login;
  g_hash_table_insert (self->logins, login->digest, login);
  g_queue_push_tail_link (&self->queue, &login->link);
  return g_string_free (id, FALSE);
}

const char *
sios_admin_sessions_find (SiosAdminSessions *self, const char *id, gint64 now)
{
  g_autofree char *digest = NULL;
  Login *login;

  if (strlen (id) != 2 * ID_BYTES)
    return NULL;
  digest = make_digest (id);
  login = g_hash_table_lookup (self->logins, digest);
  if (login != NULL && login->end <= now)
    {
      drop (self, login);
      login = NULL;
    }
  return login != NULL ? login->name : NULL;
}

void
sios_admin_sessions_keep (SiosAdminSessions *self,
                          gboolean (*func) (const char *name, gpointer user_data),
                          gpointer user_data)
{
  GList *next;

  for (GList *link = self->queue.head; link != NULL; link = next)
    {
      Login *login = link->data;

      next = link->next;
      if (!func (login->name, user_data))
        drop (self, login);
    }
}

guint
sios_admin_sessions_get_length (SiosAdminSessions *self)
{
  return self->queue.length;
}
