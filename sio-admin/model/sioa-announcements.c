/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-announcements.h"

#include <string.h>

#include "sioa-keep.h"

#define MAX_SENT 200

struct _SioaAnnouncements
{
  GObject parent_instance;

  SioaKeep *templates;
  SioaKeep *history;
  GListStore *sent;
  GListStore *planned;
  guint timer_id; /* while something is planned */
};

enum
{
  TEMPLATES_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaAnnouncements, sioa_announcements, G_TYPE_OBJECT)

static void
save_history (SioaAnnouncements *self)
{
  GKeyFile *file = sioa_keep_get_file (self->history);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    g_key_file_remove_group (file, groups[i], NULL);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->sent)); i++)
    {
      g_autoptr (SioaSending) sending = g_list_model_get_item (G_LIST_MODEL (self->sent), i);
      g_autofree char *group = g_strdup_printf ("%u", i);

      sioa_sending_save (sending, file, group);
    }
  sioa_keep_save (self->history);
}

static void
start (SioaAnnouncements *self, SioaSending *sending)
{
  guint n;

  g_list_store_insert (self->sent, 0, sending);
  n = g_list_model_get_n_items (G_LIST_MODEL (self->sent));
  if (n > MAX_SENT)
    g_list_store_splice (self->sent, MAX_SENT, n - MAX_SENT, NULL, 0);
  g_signal_connect_object (sending, "changed", G_CALLBACK (save_history), self, G_CONNECT_SWAPPED);
  sioa_sending_start (sending);
}

/* By the clock of the wall: computers may sleep meanwhile. */
static gboolean
timer_cb (gpointer user_data)
{
  SioaAnnouncements *self = user_data;
  gint64 now = g_get_real_time ();

  for (;;)
    {
      g_autoptr (SioaSending) first = g_list_model_get_item (G_LIST_MODEL (self->planned), 0);

      if (first == NULL)
        break;
      if (sioa_sending_get_time (first) > now)
        return G_SOURCE_CONTINUE;
      g_list_store_remove (self->planned, 0);
      start (self, first);
    }
  self->timer_id = 0;
  return G_SOURCE_REMOVE;
}

static int
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 first = sioa_sending_get_time (SIOA_SENDING ((gpointer) a));
  gint64 second = sioa_sending_get_time (SIOA_SENDING ((gpointer) b));

  return (first > second) - (first < second);
}

SioaSending *
sioa_announcements_send (SioaAnnouncements *self,
                         SioaServer *server,
                         const SioaAnnouncement *announcement,
                         gint64 time)
{
  gint64 now = g_get_real_time ();
  SioaSending *sending = sioa_sending_new (server, announcement, MAX (time, now));

  if (time <= now)
    {
      start (self, sending);
      return sending;
    }
  g_list_store_insert_sorted (self->planned, sending, compare, NULL);
  if (self->timer_id == 0)
    self->timer_id = g_timeout_add_seconds (1, timer_cb, self);
  return sending;
}

void
sioa_announcements_cancel (SioaAnnouncements *self, SioaSending *planned)
{
  guint position;

  if (g_list_store_find (self->planned, planned, &position))
    g_list_store_remove (self->planned, position);
}

void
sioa_announcements_clear_sent (SioaAnnouncements *self)
{
  g_list_store_remove_all (self->sent);
  save_history (self);
}

GListModel *
sioa_announcements_get_sent (SioaAnnouncements *self)
{
  return G_LIST_MODEL (self->sent);
}

GListModel *
sioa_announcements_get_planned (SioaAnnouncements *self)
{
  return G_LIST_MODEL (self->planned);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (*(char **) a, *(char **) b);
}

char **
sioa_announcements_list_templates (SioaAnnouncements *self)
{
  gsize n;
  char **names = g_key_file_get_groups (sioa_keep_get_file (self->templates), &n);

  qsort (names, n, sizeof *names, compare_names);
  return names;
}

SioaAnnouncement *
sioa_announcements_load_template (SioaAnnouncements *self, const char *name)
{
  return sioa_announcement_load (sioa_keep_get_file (self->templates), name);
}

void
sioa_announcements_save_template (SioaAnnouncements *self,
                                  const char *name,
                                  const SioaAnnouncement *announcement)
{
  /* What key files do not allow in the name of a group. */
  g_autofree char *group = g_strdelimit (g_strdup (name), "[]\n\r\t", ' ');

  g_strstrip (group);
  if (*group == '\0')
    return;
  sioa_announcement_save (announcement, sioa_keep_get_file (self->templates), group);
  sioa_keep_save (self->templates);
  g_signal_emit (self, signals[TEMPLATES_CHANGED], 0);
}

void
sioa_announcements_remove_template (SioaAnnouncements *self, const char *name)
{
  g_key_file_remove_group (sioa_keep_get_file (self->templates), name, NULL);
  sioa_keep_save (self->templates);
  g_signal_emit (self, signals[TEMPLATES_CHANGED], 0);
}

void
sioa_announcements_flush (SioaAnnouncements *self)
{
  sioa_keep_flush (self->templates);
  sioa_keep_flush (self->history);
}

static void
sioa_announcements_finalize (GObject *object)
{
  SioaAnnouncements *self = SIOA_ANNOUNCEMENTS (object);

  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_object_unref (self->templates);
  g_object_unref (self->history);
  g_object_unref (self->sent);
  g_object_unref (self->planned);

  G_OBJECT_CLASS (sioa_announcements_parent_class)->finalize (object);
}

static void
sioa_announcements_class_init (SioaAnnouncementsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_announcements_finalize;

  signals[TEMPLATES_CHANGED] =
      g_signal_new ("templates-changed", SIOA_TYPE_ANNOUNCEMENTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 0);
}

static void
sioa_announcements_init (SioaAnnouncements *self)
{
  self->sent = g_list_store_new (SIOA_TYPE_SENDING);
  self->planned = g_list_store_new (SIOA_TYPE_SENDING);
}

static SioaKeep *
open_keep (const char *folder, const char *usual, const char *name)
{
  g_autofree char *path = folder != NULL ? g_build_filename (folder, name, NULL)
                                         : g_build_filename (usual, "sio-admin", name, NULL);

  return sioa_keep_new (path);
}

SioaAnnouncements *
sioa_announcements_new (const char *config_dir, const char *data_dir)
{
  SioaAnnouncements *self = g_object_new (SIOA_TYPE_ANNOUNCEMENTS, NULL);
  g_auto (GStrv) groups = NULL;

  self->templates = open_keep (config_dir, g_get_user_config_dir (), "templates.conf");
  self->history = open_keep (data_dir, g_get_user_data_dir (), "announcements.conf");
  groups = g_key_file_get_groups (sioa_keep_get_file (self->history), NULL);
  for (guint i = 0; groups[i] != NULL && i < MAX_SENT; i++)
    {
      g_autoptr (SioaSending) sending =
          sioa_sending_load (sioa_keep_get_file (self->history), groups[i]);

      g_list_store_append (self->sent, sending);
    }
  return self;
}
