/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-sending.h"

#include <glib/gi18n.h>

#define KEY_TIME "Time"
#define KEY_WHO "Who"
#define KEY_WHERE "Server"
#define KEY_WHAT "What"
#define KEY_WHOM "Audience"
#define KEY_RESULT "Result"

struct _SioaSending
{
  GObject parent_instance;

  SioaServer *server; /* NULL for one of the past */
  SioaAnnouncement *announcement;
  gint64 time;
  gint64 expected;
  char *who;
  char *where;
  char *what;
  char *whom;
  char *result;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaSending, sioa_sending, G_TYPE_OBJECT)

static void
sioa_sending_finalize (GObject *object)
{
  SioaSending *self = SIOA_SENDING (object);

  g_clear_object (&self->server);
  g_clear_pointer (&self->announcement, sioa_announcement_free);
  g_free (self->who);
  g_free (self->where);
  g_free (self->what);
  g_free (self->whom);
  g_free (self->result);

  G_OBJECT_CLASS (sioa_sending_parent_class)->finalize (object);
}

static void
sioa_sending_class_init (SioaSendingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_sending_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_SENDING, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
sioa_sending_init (SioaSending *self)
{
}

SioaSending *
sioa_sending_new (SioaServer *server, const SioaAnnouncement *announcement, gint64 time)
{
  SioaSending *self = g_object_new (SIOA_TYPE_SENDING, NULL);
  const SioaRemote *remote = sioa_server_get_remote (server);

  self->server = g_object_ref (server);
  self->announcement = sioa_announcement_copy (announcement);
  self->time = time;
  self->who = remote != NULL && *remote->user != '\0'
                  ? g_strdup_printf (_ ("%1$s as %2$s"), g_get_user_name (), remote->user)
                  : g_strdup (g_get_user_name ());
  self->where = g_strdup (sioa_server_get_name (server));
  self->what = sioa_announcement_describe (announcement);
  self->whom = sioa_announcement_describe_audience (announcement);
  return self;
}

gint64
sioa_sending_get_time (SioaSending *self)
{
  return self->time;
}

const char *
sioa_sending_get_title (SioaSending *self)
{
  return self->what;
}

char *
sioa_sending_describe (SioaSending *self)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (self->time / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_local (utc) : NULL;
  g_autofree char *when = local != NULL ? g_date_time_format (local, "%x %X") : g_strdup ("");

  /* TRANSLATORS: who sent something to whom at which server, and when */
  return g_strdup_printf (_ ("%1$s to %2$s at “%3$s”, %4$s"), self->who, self->whom, self->where,
                          when);
}

const char *
sioa_sending_get_result (SioaSending *self)
{
  return self->result;
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaSending) self = user_data;
  g_autoptr (GError) error = NULL;
  gint64 reached = sioa_announcement_send_finish (SIOA_SERVER (source), result, &error);

  if (error != NULL)
    self->result = g_strdup_printf (_ ("Not sent: %s"), error->message);
  else if (reached != SIOA_UNKNOWN)
    self->result = g_strdup_printf (
        ngettext ("Sent, %d recipient", "Sent, %d recipients", (gulong) reached), (int) reached);
  else if (self->expected != SIOA_UNKNOWN)
    self->result =
        g_strdup_printf (ngettext ("Sent, %d recipient expected", "Sent, %d recipients expected",
                                   (gulong) self->expected),
                         (int) self->expected);
  else
    self->result = g_strdup (_ ("Sent; this server does not tell to how many"));
  g_signal_emit (self, signals[CHANGED], 0);
}

void
sioa_sending_start (SioaSending *self)
{
  g_return_if_fail (self->announcement != NULL);

  self->time = g_get_real_time ();
  sioa_store_catch_up (sioa_server_get_store (self->server));
  self->expected = sioa_announcement_count (self->announcement, self->server);
  sioa_announcement_send_async (self->announcement, self->server, sent_cb, g_object_ref (self));
}

static char *
read_string (GKeyFile *file, const char *group, const char *key)
{
  char *text = g_key_file_get_string (file, group, key, NULL);

  return text != NULL ? text : g_strdup ("");
}

SioaSending *
sioa_sending_load (GKeyFile *file, const char *group)
{
  SioaSending *self = g_object_new (SIOA_TYPE_SENDING, NULL);

  self->time = g_key_file_get_int64 (file, group, KEY_TIME, NULL);
  self->who = read_string (file, group, KEY_WHO);
  self->where = read_string (file, group, KEY_WHERE);
  self->what = read_string (file, group, KEY_WHAT);
  self->whom = read_string (file, group, KEY_WHOM);
  self->result = read_string (file, group, KEY_RESULT);
  return self;
}

void
sioa_sending_save (SioaSending *self, GKeyFile *file, const char *group)
{
  g_key_file_set_int64 (file, group, KEY_TIME, self->time);
  g_key_file_set_string (file, group, KEY_WHO, self->who);
  g_key_file_set_string (file, group, KEY_WHERE, self->where);
  g_key_file_set_string (file, group, KEY_WHAT, self->what);
  g_key_file_set_string (file, group, KEY_WHOM, self->whom);
  g_key_file_set_string (file, group, KEY_RESULT, self->result != NULL ? self->result : "");
}
