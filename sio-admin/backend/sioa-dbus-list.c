/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-dbus-private.h"
#include "sioa-dbus-reader.h"

/* The sockets of the server, page by page in passes, and what changes in between. The server sends
 * pages and changes one after the other and as things are at that moment, so whatever comes last
 * is true; what a pass did not see by its end is gone. */

#define LIST_TYPE "(a" SIOA_DBUS_ROW "aasut)"
/* More than any server has: the list ends there. */
#define MAX_SOCKETS 200000
/* Between two pages of a pass that only brings newer figures, and between two passes. */
#define SLOW_PAGE_MS 1000
#define SLOW_PASS_MS 15000
/* Before listing once more, because much happened or something went wrong. */
#define AGAIN_MS 1000
#define MAX_ERRORS 5

static void ask_for_page (SioaDBusBackend *self);

static char *
make_key (const char *nsp, const char *id)
{
  return g_strconcat (nsp, "\n", id, NULL);
}

gboolean
sioa_dbus_list_knows (SioaDBusBackend *self, const char *nsp, const char *id)
{
  g_autofree char *key = make_key (nsp, id);

  return g_hash_table_contains (self->known, key);
}

static void
add_rows (SioaDBusBackend *self, GPtrArray *changes, GVariant *rows, GVariant *rooms)
{
  gsize n = g_variant_n_children (rows);
  gsize n_rooms = rooms != NULL ? g_variant_n_children (rooms) : 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);
      g_autoptr (GVariant) names = i < n_rooms ? g_variant_get_child_value (rooms, i) : NULL;
      SioaSocketRecord *record = sioa_dbus_read_row (row, names);
      char *key = make_key (record->nsp, record->id);

      if (self->seen != NULL)
        g_hash_table_add (self->seen, g_strdup (key));
      g_hash_table_add (self->known, key);
      sioa_changes_add_socket (changes, record);
    }
}

static void
remove_rows (SioaDBusBackend *self, GPtrArray *changes, GVariant *rows)
{
  GVariantIter iter;
  const char *id, *nsp, *reason;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &nsp, &reason))
    {
      g_autofree char *key = make_key (nsp, id);

      g_hash_table_remove (self->known, key);
      sioa_changes_add (changes, SIOA_CHANGE_SOCKET_GONE, nsp, id, reason);
    }
}

static void
remove_unseen (SioaDBusBackend *self)
{
  g_autoptr (GHashTable) seen = g_steal_pointer (&self->seen);
  GPtrArray *changes = sioa_changes_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_auto (GStrv) names = NULL;

      if (g_hash_table_contains (seen, key))
        continue;
      names = g_strsplit (key, "\n", 2);
      sioa_changes_add (changes, SIOA_CHANGE_SOCKET_GONE, names[0], names[1], NULL);
      g_hash_table_iter_remove (&iter);
    }
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
}

static void
begin_pass (SioaDBusBackend *self, gboolean slow)
{
  g_clear_handle_id (&self->list_id, g_source_remove);
  g_clear_pointer (&self->seen, g_hash_table_unref);
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->revision = 0;
  self->offset = 0;
  self->slow = slow;
  self->again = FALSE;
  ask_for_page (self);
}

static gboolean
next_cb (gpointer user_data)
{
  SioaDBusBackend *self = user_data;

  self->list_id = 0;
  if (self->seen == NULL)
    begin_pass (self, !self->again);
  else
    ask_for_page (self);
  return G_SOURCE_REMOVE;
}

static void
plan (SioaDBusBackend *self, guint ms)
{
  g_clear_handle_id (&self->list_id, g_source_remove);
  self->list_id = g_timeout_add (ms, next_cb, self);
}

/* Takes @error. */
static void
page_failed (SioaDBusBackend *self, GError *error)
{
  gboolean spare = self->slow && !self->again;

  g_clear_pointer (&self->seen, g_hash_table_unref);
  if (spare && g_error_matches (error, SIOA_ERROR, SIOA_ERROR_DENIED))
    {
      /* A permission that was given for some time; changes come all the same. */
      g_info ("no newer figures: %s", error->message);
      g_error_free (error);
      return;
    }
  if (++self->n_errors >= MAX_ERRORS || g_error_matches (error, SIOA_ERROR, SIOA_ERROR_DENIED))
    {
      sioa_dbus_backend_fail (self, error);
      return;
    }
  /* The list is not kept any more, or the server is busy. */
  g_info ("listing sockets again: %s", error->message);
  g_error_free (error);
  self->again = TRUE;
  plan (self, AGAIN_MS);
}

static void
page_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GVariant) rooms = NULL;
  GPtrArray *changes;
  guint32 total;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      return;
    }
  if (reply == NULL)
    {
      page_failed (self, sioa_dbus_translate (error));
      return;
    }
  self->n_errors = 0;
  g_variant_get (reply, "(@a" SIOA_DBUS_ROW "@aasut)", &rows, &rooms, &total, &self->revision);
  changes = sioa_changes_new ();
  add_rows (self, changes, rows, rooms);
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  self->offset += SIOA_DBUS_MAX_PAGE;
  if (self->offset >= MIN (total, MAX_SOCKETS))
    {
      remove_unseen (self);
      self->n_passes++;
      plan (self, self->again ? AGAIN_MS : SLOW_PASS_MS);
    }
  else if (self->slow && !self->again)
    plan (self, SLOW_PAGE_MS);
  else
    ask_for_page (self);
}

static void
ask_for_page (SioaDBusBackend *self)
{
  sioa_dbus_backend_call (self, "ListSocketsWithRooms",
                          g_variant_new ("(@a{sv}sbtuu)",
                                         g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0), "",
                                         FALSE, self->revision, self->offset, SIOA_DBUS_MAX_PAGE),
                          LIST_TYPE, !self->slow, page_cb);
}

void
sioa_dbus_list_begin (SioaDBusBackend *self)
{
  GPtrArray *changes = sioa_changes_new ();

  g_hash_table_remove_all (self->known);
  sioa_changes_add (changes, SIOA_CHANGE_RESET, NULL, NULL, NULL);
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  self->n_errors = 0;
  begin_pass (self, FALSE);
}

void
sioa_dbus_list_end (SioaDBusBackend *self)
{
  g_clear_handle_id (&self->list_id, g_source_remove);
  g_clear_pointer (&self->seen, g_hash_table_unref);
}

void
sioa_dbus_list_changed (SioaDBusBackend *self, GVariant *dict)
{
  static const char *const keys[][2] = { { "added", "added-rooms" },
                                         { "updated", "updated-rooms" } };
  g_autoptr (GVariant) removed =
      g_variant_lookup_value (dict, "removed", G_VARIANT_TYPE ("a(sss)"));
  GPtrArray *changes = sioa_changes_new ();
  gboolean overflow = FALSE;

  if (removed != NULL)
    remove_rows (self, changes, removed);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GVariant) rows =
          g_variant_lookup_value (dict, keys[i][0], G_VARIANT_TYPE ("a" SIOA_DBUS_ROW));
      g_autoptr (GVariant) rooms =
          g_variant_lookup_value (dict, keys[i][1], G_VARIANT_TYPE ("aas"));

      if (rows != NULL)
        add_rows (self, changes, rows, rooms);
    }
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  if (!g_variant_lookup (dict, "overflow", "b", &overflow) || !overflow || self->again)
    return;
  self->again = TRUE;
  if (self->seen == NULL)
    plan (self, AGAIN_MS);
  else if (self->list_id != 0)
    /* It takes its time between pages: no longer. */
    plan (self, 0);
}
