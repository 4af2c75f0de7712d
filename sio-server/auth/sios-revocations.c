/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-revocations.h"

#include <gio/gio.h>
#include <string.h>

typedef struct
{
  gint64 since;
  gint64 until;
} Entry;

struct _SiosRevocations
{
  GHashTable *tables[2]; /* by kind: char * → Entry */
  guint max;
};

SiosRevocations *
sios_revocations_new (guint max)
{
  SiosRevocations *self = g_rc_box_new0 (SiosRevocations);

  for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
    self->tables[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->max = max;
  return self;
}

SiosRevocations *
sios_revocations_ref (SiosRevocations *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  SiosRevocations *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
    g_hash_table_unref (self->tables[i]);
}

void
sios_revocations_unref (SiosRevocations *self)
{
  g_rc_box_release_full (self, clear);
}

void
sios_revocations_set_max (SiosRevocations *self, guint max)
{
  self->max = max;
}

static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return ((Entry *) value)->until <= *(gint64 *) user_data;
}

/* One that is there already lasts the longer of both times. */
static void
put (SiosRevocations *self, SiosRevocationKind kind, const char *name, gint64 since, gint64 until)
{
  Entry *entry = g_hash_table_lookup (self->tables[kind], name);

  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      entry->since = G_MININT64;
      g_hash_table_insert (self->tables[kind], g_strdup (name), entry);
    }
  entry->since = MAX (entry->since, since);
  entry->until = MAX (entry->until, until);
}

guint
sios_revocations_get_count (SiosRevocations *self)
{
  return g_hash_table_size (self->tables[0]) + g_hash_table_size (self->tables[1]);
}

gboolean
sios_revocations_add (SiosRevocations *self,
                      SiosRevocationKind kind,
                      const char *name,
                      gint64 now,
                      gint64 until,
                      GError **error)
{
  Entry *entry = g_hash_table_lookup (self->tables[kind], name);

  if (until <= now || !sios_identity_is_good_name (name))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "Expected a name of 1 to %d bytes without control characters, and an end in "
                   "the future",
                   SIOS_IDENTITY_MAX_NAME_LENGTH);
      return FALSE;
    }
  if (entry == NULL && sios_revocations_get_count (self) >= self->max)
    {
      for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
        g_hash_table_foreach_remove (self->tables[i], is_over, &now);
      if (sios_revocations_get_count (self) >= self->max)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                       "There are %u revocations already: wait for some to end, or raise the limit",
                       self->max);
          return FALSE;
        }
    }
  put (self, kind, name, now, until);
  return TRUE;
}

gboolean
sios_revocations_restore (SiosRevocations *self,
                          SiosRevocationKind kind,
                          const char *name,
                          gint64 since,
                          gint64 until,
                          gint64 now)
{
  if (until <= now || sios_revocations_get_count (self) >= self->max)
    return FALSE;
  put (self, kind, name, since, until);
  return TRUE;
}

gboolean
sios_revocations_remove (SiosRevocations *self, SiosRevocationKind kind, const char *name)
{
  return g_hash_table_remove (self->tables[kind], name);
}

gboolean
sios_revocations_check (SiosRevocations *self, SiosIdentity *identity, gint64 now)
{
  Entry *entry = g_hash_table_lookup (self->tables[SIOS_REVOKE_USER], identity->user);

  /* Seconds are all a token tells: one of the same second may be from before. */
  if (entry != NULL && entry->until > now && identity->issued_at <= entry->since)
    return TRUE;
  entry = identity->token_id != NULL
              ? g_hash_table_lookup (self->tables[SIOS_REVOKE_TOKEN], identity->token_id)
              : NULL;
  return entry != NULL && entry->until > now;
}

void
sios_revocations_foreach (SiosRevocations *self, SiosRevocationFunc func, gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->tables); i++)
    {
      GHashTableIter iter;
      gpointer key, value;

      g_hash_table_iter_init (&iter, self->tables[i]);
      while (g_hash_table_iter_next (&iter, &key, &value))
        func (i, key, ((Entry *) value)->since, ((Entry *) value)->until, user_data);
    }
}

/* The file: a line that names the form, "KIND SINCE UNTIL NAME" for each, and how many there are,
 * which a file that was cut off does not have. */
#define FILE_HEAD "sio-server revocations 1\n"

static const char *const kind_names[] = { "user", "token" };

typedef struct
{
  GString *text;
  gint64 now;
  guint n;
} Writer;

static void
write_cb (SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data)
{
  Writer *writer = user_data;

  if (until <= writer->now)
    return;
  g_string_append_printf (writer->text, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s\n",
                          kind_names[kind], since, until, name);
  writer->n++;
}

char *
sios_revocations_write (SiosRevocations *self, gint64 now)
{
  Writer writer = { g_string_new (FILE_HEAD), now, 0 };

  sios_revocations_foreach (self, write_cb, &writer);
  g_string_append_printf (writer.text, "end %u\n", writer.n);
  return g_string_free (writer.text, FALSE);
}

/* "user 1 2 name", cut at its three first spaces. FALSE if it is another. */
static gboolean
parse_line (char *line, SiosRevocationKind *kind, gint64 *since, gint64 *until, const char **name)
{
  char *fields[3];

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      char *space = strchr (line, ' ');

      if (space == NULL)
        return FALSE;
      *space = '\0';
      fields[i] = line;
      line = space + 1;
    }
  *name = line;
  if (strcmp (fields[0], kind_names[SIOS_REVOKE_USER]) == 0)
    *kind = SIOS_REVOKE_USER;
  else if (strcmp (fields[0], kind_names[SIOS_REVOKE_TOKEN]) == 0)
    *kind = SIOS_REVOKE_TOKEN;
  else
    return FALSE;
  return g_ascii_string_to_signed (fields[1], 10, 0, G_MAXINT64, since, NULL) &&
         g_ascii_string_to_signed (fields[2], 10, 0, G_MAXINT64, until, NULL) &&
         sios_identity_is_good_name (line);
}

gboolean
sios_revocations_read (
    SiosRevocations *self, const char *text, gsize length, gint64 now, GError **error)
{
  g_autofree char *copy = g_strndup (text, length);
  g_autoptr (SiosRevocations) found = sios_revocations_new (G_MAXUINT);
  guint line_number = 1;
  guint64 n = 0;
  guint64 n_announced;
  char *line;

  if (!g_str_has_prefix (copy, FILE_HEAD) || strlen (copy) != length)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           "line 1: expected \"sio-server revocations 1\"");
      return FALSE;
    }
  line = copy + strlen (FILE_HEAD);
  for (;;)
    {
      char *end = strchr (line, '\n');
      SiosRevocationKind kind;
      gint64 since, until;
      const char *name;

      line_number++;
      if (end != NULL)
        *end = '\0';
      if (end != NULL && g_str_has_prefix (line, "end ") && end[1] == '\0' &&
          g_ascii_string_to_unsigned (line + 4, 10, 0, G_MAXUINT, &n_announced, NULL) &&
          n_announced == n)
        break;
      if (end == NULL || !parse_line (line, &kind, &since, &until, &name))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "line %u: expected \"user\" or \"token\", two times and a name, or the "
                       "line \"end %" G_GUINT64_FORMAT "\" at the end of the file",
                       line_number, n);
          return FALSE;
        }
      put (found, kind, name, since, until);
      n++;
      line = end + 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (found->tables); i++)
    {
      GHashTableIter iter;
      gpointer key, value;

      g_hash_table_iter_init (&iter, found->tables[i]);
      while (g_hash_table_iter_next (&iter, &key, &value))
        sios_revocations_restore (self, i, key, ((Entry *) value)->since, ((Entry *) value)->until,
                                  now);
    }
  return TRUE;
}
