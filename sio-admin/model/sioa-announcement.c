/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-announcement.h"

#include <glib/gi18n.h>
#include <sio.h>
#include <string.h>

#define KEY_TITLE "Title"
#define KEY_TEXT "Text"
#define KEY_SEVERITY "Severity"
#define KEY_EVENT "Event"
#define KEY_ARGS "Arguments"

SioaAnnouncement *
sioa_announcement_new (void)
{
  SioaAnnouncement *self = g_new0 (SioaAnnouncement, 1);

  self->severity = g_strdup ("info");
  return self;
}

SioaAnnouncement *
sioa_announcement_copy (const SioaAnnouncement *self)
{
  SioaAnnouncement *copy = g_new0 (SioaAnnouncement, 1);

  copy->title = g_strdup (self->title);
  copy->text = g_strdup (self->text);
  copy->severity = g_strdup (self->severity);
  copy->event = g_strdup (self->event);
  copy->args = g_strdup (self->args);
  copy->audience = self->audience;
  copy->nsp = g_strdup (self->nsp);
  copy->name = g_strdup (self->name);
  copy->sockets = self->sockets != NULL ? g_ptr_array_ref (self->sockets) : NULL;
  return copy;
}

void
sioa_announcement_free (SioaAnnouncement *self)
{
  g_free (self->title);
  g_free (self->text);
  g_free (self->severity);
  g_free (self->event);
  g_free (self->args);
  g_free (self->nsp);
  g_free (self->name);
  g_clear_pointer (&self->sockets, g_ptr_array_unref);
  g_free (self);
}

static gboolean
is_empty (const char *text)
{
  return text == NULL || *text == '\0';
}

gboolean
sioa_announcement_check (const SioaAnnouncement *self, GError **error)
{
  const char *problem = NULL;

  if (self->event == NULL && is_empty (self->title))
    problem = _ ("Enter a title.");
  else if (self->event != NULL && *self->event == '\0')
    problem = _ ("Enter the name of the event.");
  else if (self->audience == SIOA_AUDIENCE_ROOM && is_empty (self->name))
    problem = _ ("Enter the name of the room.");
  else if (self->audience == SIOA_AUDIENCE_USER && is_empty (self->name))
    problem = _ ("Enter the name of the user.");
  else if ((self->audience == SIOA_AUDIENCE_NAMESPACE || self->audience == SIOA_AUDIENCE_ROOM) &&
           is_empty (self->nsp))
    problem = _ ("Choose a namespace.");
  else if (self->audience == SIOA_AUDIENCE_SELECTION &&
           (self->sockets == NULL || self->sockets->len == 0))
    problem = _ ("Select some sockets on their page.");
  if (problem != NULL)
    {
      g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS, problem);
      return FALSE;
    }
  if (self->event != NULL)
    {
      g_autoptr (SioArgs) args =
          sio_args_new_from_json (self->args != NULL ? self->args : "", -1, error);

      return args != NULL;
    }
  return TRUE;
}

static void
add_member (SioArgsBuilder *builder, const char *name, const char *value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, value != NULL ? value : "");
}

char *
sioa_announcement_dup_args (const SioaAnnouncement *self, gint64 time)
{
  g_autoptr (SioArgsBuilder) builder = NULL;
  g_autoptr (SioArgs) args = NULL;
  g_autoptr (GDateTime) date = NULL;
  g_autofree char *text = NULL;
  g_autofree char *object = NULL;

  if (self->event != NULL)
    return g_strdup (self->args);
  date = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  text = g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ");
  builder = sio_args_builder_new ();
  sio_args_builder_begin_object (builder);
  add_member (builder, "title", self->title);
  add_member (builder, "text", self->text);
  add_member (builder, "severity", self->severity);
  add_member (builder, "time", text);
  sio_args_builder_end_object (builder);
  args = sio_args_builder_end (builder);
  object = sio_args_dup_arg_json (args, 0);
  return g_strdup_printf ("[%s]", object);
}

char *
sioa_announcement_describe (const SioaAnnouncement *self)
{
  return self->event != NULL ? g_strdup_printf (_ ("event “%s”"), self->event)
                             : g_strdup_printf (_ ("“%s”"), self->title);
}

char *
sioa_announcement_describe_audience (const SioaAnnouncement *self)
{
  switch (self->audience)
    {
    case SIOA_AUDIENCE_NAMESPACE:
      return g_strdup_printf (_ ("everyone in namespace %s"), self->nsp);
    case SIOA_AUDIENCE_ROOM:
      return g_strdup_printf (_ ("room “%1$s” of %2$s"), self->name, self->nsp);
    case SIOA_AUDIENCE_USER:
      return g_strdup_printf (_ ("user “%s”"), self->name);
    case SIOA_AUDIENCE_SELECTION:
      return g_strdup_printf (ngettext ("%u selected socket", "%u selected sockets",
                                        self->sockets != NULL ? self->sockets->len : 0),
                              self->sockets != NULL ? self->sockets->len : 0);
    case SIOA_AUDIENCE_EVERYONE:
    default:
      return g_strdup (_ ("everyone"));
    }
}

/* Those who administrate have a namespace of their own, and are no audience. */
static gboolean
is_for_clients (SioaServer *server, const char *nsp)
{
  const SioaRemote *remote = sioa_server_get_remote (server);

  return remote == NULL || strcmp (remote->nsp, nsp) != 0;
}

static gboolean
has_sockets (SioaServer *server)
{
  return (sioa_backend_get_features (sioa_server_get_backend (server)) & SIOA_HAS_SOCKETS) != 0;
}

/* Sockets of the audience, of those that do not need to be named one by one elsewhere. */
static GPtrArray *
list_sockets (const SioaAnnouncement *self, SioaServer *server)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *all = sioa_store_get_sockets (sioa_server_get_store (server));

  if (self->audience == SIOA_AUDIENCE_SELECTION)
    for (guint i = 0; self->sockets != NULL && i < self->sockets->len; i++)
      {
        SioaSocket *socket = g_ptr_array_index (self->sockets, i);

        if (sioa_socket_is_alive (socket))
          g_ptr_array_add (sockets, g_object_ref (socket));
      }
  else
    for (guint i = 0; i < g_list_model_get_n_items (all); i++)
      {
        g_autoptr (SioaSocket) socket = g_list_model_get_item (all, i);

        if (g_strcmp0 (sioa_socket_get_record (socket)->user, self->name) == 0)
          g_ptr_array_add (sockets, g_steal_pointer (&socket));
      }
  return sockets;
}

gint64
sioa_announcement_count (const SioaAnnouncement *self, SioaServer *server)
{
  SioaStore *store = sioa_server_get_store (server);
  GListModel *namespaces = sioa_store_get_namespaces (store);
  gint64 count = 0;

  if (!has_sockets (server))
    return SIOA_UNKNOWN;
  if (self->audience == SIOA_AUDIENCE_ROOM)
    {
      SioaPlace *room = sioa_store_find_room (store, self->nsp, self->name);

      return room != NULL ? sioa_place_get_n_members (room) : 0;
    }
  if (self->audience == SIOA_AUDIENCE_USER || self->audience == SIOA_AUDIENCE_SELECTION)
    {
      g_autoptr (GPtrArray) sockets = list_sockets (self, server);

      return sockets->len;
    }
  for (guint i = 0; i < g_list_model_get_n_items (namespaces); i++)
    {
      g_autoptr (SioaPlace) place = g_list_model_get_item (namespaces, i);

      if (self->audience == SIOA_AUDIENCE_NAMESPACE
              ? g_strcmp0 (sioa_place_get_nsp (place), self->nsp) == 0
              : is_for_clients (server, sioa_place_get_nsp (place)))
        count += sioa_place_get_n_members (place);
    }
  return count;
}

typedef struct
{
  GTask *task;
  guint pending;
  gint64 reached;
  GError *error;
} Sending;

static void
end_one (Sending *sending)
{
  if (--sending->pending > 0)
    return;
  if (sending->error != NULL)
    g_task_return_error (sending->task, sending->error);
  else
    g_task_return_int (sending->task, sending->reached);
  g_object_unref (sending->task);
  g_free (sending);
}

static void
emitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Sending *sending = user_data;
  GError *error = NULL;
  gint64 reached = sioa_backend_act_finish (SIOA_BACKEND (source), result, &error);

  if (error != NULL && sending->error == NULL)
    sending->error = g_steal_pointer (&error);
  g_clear_error (&error);
  if (reached == SIOA_UNKNOWN || sending->reached == SIOA_UNKNOWN)
    sending->reached = SIOA_UNKNOWN;
  else
    sending->reached += reached;
  end_one (sending);
}

static void
emit (Sending *sending,
      SioaServer *server,
      const SioaTarget *target,
      const char *event,
      const char *args)
{
  sending->pending++;
  sioa_backend_emit_async (sioa_server_get_backend (server), target, event, args, NULL, emitted_cb,
                           sending);
}

static void
emit_to_sockets (
    Sending *sending, SioaServer *server, GPtrArray *sockets, const char *event, const char *args)
{
  g_autoptr (GHashTable) ids =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
  GHashTableIter iter;
  gpointer nsp, list;

  for (guint i = 0; i < sockets->len; i++)
    {
      SioaSocket *socket = g_ptr_array_index (sockets, i);

      list = g_hash_table_lookup (ids, sioa_socket_get_nsp (socket));
      if (list == NULL)
        {
          list = g_ptr_array_new ();
          g_hash_table_insert (ids, (char *) sioa_socket_get_nsp (socket), list);
        }
      g_ptr_array_add (list, (char *) sioa_socket_get_id (socket));
    }
  g_hash_table_iter_init (&iter, ids);
  while (g_hash_table_iter_next (&iter, &nsp, &list))
    {
      SioaTarget target = { nsp, NULL, NULL };

      g_ptr_array_add (list, NULL);
      target.rooms = (const char *const *) ((GPtrArray *) list)->pdata;
      emit (sending, server, &target, event, args);
    }
}

void
sioa_announcement_send_async (const SioaAnnouncement *self,
                              SioaServer *server,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GListModel *namespaces = sioa_store_get_namespaces (sioa_server_get_store (server));
  Sending *sending = g_new0 (Sending, 1);
  const char *event = self->event != NULL ? self->event : SIOA_ANNOUNCEMENT_EVENT;
  g_autofree char *args = sioa_announcement_dup_args (self, g_get_real_time ());
  const char *rooms[] = { self->name, NULL };
  SioaTarget target = { self->nsp, NULL, NULL };

  sending->task = g_task_new (server, NULL, callback, user_data);
  g_task_set_source_tag (sending->task, sioa_announcement_send_async);
  /* Until all have begun. */
  sending->pending = 1;
  if (self->audience == SIOA_AUDIENCE_SELECTION ||
      (self->audience == SIOA_AUDIENCE_USER && has_sockets (server)))
    {
      g_autoptr (GPtrArray) sockets = list_sockets (self, server);

      emit_to_sockets (sending, server, sockets, event, args);
    }
  else if (self->audience == SIOA_AUDIENCE_NAMESPACE || self->audience == SIOA_AUDIENCE_ROOM)
    {
      target.rooms = self->audience == SIOA_AUDIENCE_ROOM ? rooms : NULL;
      emit (sending, server, &target, event, args);
    }
  else
    for (guint i = 0; i < g_list_model_get_n_items (namespaces); i++)
      {
        g_autoptr (SioaPlace) place = g_list_model_get_item (namespaces, i);

        target.nsp = sioa_place_get_nsp (place);
        target.user = self->audience == SIOA_AUDIENCE_USER ? self->name : NULL;
        if (is_for_clients (server, target.nsp))
          emit (sending, server, &target, event, args);
      }
  if (sending->pending == 1)
    sending->error = g_error_new_literal (SIOA_ERROR, SIOA_ERROR_FAILED,
                                          _ ("nobody of that audience is connected"));
  end_one (sending);
}

gint64
sioa_announcement_send_finish (SioaServer *server, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static void
save_string (GKeyFile *file, const char *group, const char *key, const char *value)
{
  if (value != NULL)
    g_key_file_set_string (file, group, key, value);
}

void
sioa_announcement_save (const SioaAnnouncement *self, GKeyFile *file, const char *group)
{
  g_key_file_remove_group (file, group, NULL);
  if (self->event != NULL)
    {
      save_string (file, group, KEY_EVENT, self->event);
      save_string (file, group, KEY_ARGS, self->args);
      return;
    }
  save_string (file, group, KEY_TITLE, self->title);
  save_string (file, group, KEY_TEXT, self->text);
  save_string (file, group, KEY_SEVERITY, self->severity);
}

SioaAnnouncement *
sioa_announcement_load (GKeyFile *file, const char *group)
{
  SioaAnnouncement *self = g_new0 (SioaAnnouncement, 1);

  self->title = g_key_file_get_string (file, group, KEY_TITLE, NULL);
  self->text = g_key_file_get_string (file, group, KEY_TEXT, NULL);
  self->severity = g_key_file_get_string (file, group, KEY_SEVERITY, NULL);
  self->event = g_key_file_get_string (file, group, KEY_EVENT, NULL);
  self->args = g_key_file_get_string (file, group, KEY_ARGS, NULL);
  if (self->severity == NULL)
    self->severity = g_strdup ("info");
  if (self->event != NULL && self->args == NULL)
    self->args = g_strdup ("[]");
  return self;
}
