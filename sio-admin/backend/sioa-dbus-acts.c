/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sioa-dbus-private.h"
#include "sioa-dbus-reader.h"

/* Acts. The server takes ids, 1000 in a call, so whoever else is meant is listed first. */

#define TIMEOUT_MS (5 * 60 * 1000)

typedef struct
{
  const char *method;
  char *nsp;
  char *event;        /* of Emit */
  char *args;         /* the same */
  char *room;         /* of JoinRooms and LeaveRooms */
  gboolean close;     /* of DisconnectSockets */
  GPtrArray *queries; /* filters of lists that have to be read yet */
  guint64 revision;
  guint offset;
  GPtrArray *ids;      /* ends with NULL when all are known */
  GHashTable *ids_set; /* the same, each once */
  guint next;          /* of ids */
  GVariant *rooms;     /* of Emit: as; NULL */
  char *user;          /* the same */
  gboolean everybody;  /* the same */
  gint64 n;
} Act;

static void
act_free (Act *act)
{
  g_free (act->nsp);
  g_free (act->event);
  g_free (act->args);
  g_free (act->room);
  g_free (act->user);
  g_clear_pointer (&act->rooms, g_variant_unref);
  g_ptr_array_unref (act->queries);
  g_hash_table_unref (act->ids_set);
  g_ptr_array_unref (act->ids);
  g_free (act);
}

static void
add_id (Act *act, const char *id)
{
  char *copy;

  if (g_hash_table_contains (act->ids_set, id))
    return;
  copy = g_strdup (id);
  g_ptr_array_add (act->ids, copy);
  g_hash_table_add (act->ids_set, copy);
}

static void
add_query (Act *act, const char *key, const char *value)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "namespace", "s", act->nsp);
  if (key != NULL)
    g_variant_dict_insert (&dict, key, "s", value);
  g_ptr_array_add (act->queries, g_variant_ref_sink (g_variant_dict_end (&dict)));
}

static void
send (GTask *task, const char *method, GVariant *args, const char *type, GAsyncReadyCallback func)
{
  SioaDBusBackend *self = g_task_get_source_object (task);

  if (self->cookie == 0)
    {
      g_variant_unref (g_variant_ref_sink (args));
      g_task_return_new_error (task, SIOA_ERROR, SIOA_ERROR_UNREACHABLE,
                               _ ("there is no connection to the server"));
      g_object_unref (task);
      return;
    }
  g_dbus_connection_call (self->connection, self->owner, SIOA_DBUS_PATH, SIOA_DBUS_INTERFACE,
                          method, args, G_VARIANT_TYPE (type),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START |
                              G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                          TIMEOUT_MS, g_task_get_cancellable (task), func, task);
}

/* NULL after the task ended with an error, and the reference of the call is gone. */
static GVariant *
finish (GObject *source, GAsyncResult *result, GTask *task)
{
  GError *error = NULL;
  GVariant *reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply != NULL)
    return reply;
  g_task_return_error (task, sioa_dbus_translate (error));
  g_object_unref (task);
  return NULL;
}

/* The next ids. */
static GVariant *
take_ids (Act *act, guint n)
{
  GVariant *ids = g_variant_new_strv ((const char *const *) act->ids->pdata + act->next, n);

  act->next += n;
  return ids;
}

/* The first call has the rooms and the user; those that follow leave out who got it by the rooms.
 */
static GVariant *
make_emit (Act *act, gboolean first, guint n)
{
  GVariantDict target;

  g_variant_dict_init (&target, NULL);
  g_variant_dict_insert (&target, "namespace", "s", act->nsp);
  if (first && act->user != NULL)
    g_variant_dict_insert (&target, "user", "s", act->user);
  if (act->rooms != NULL)
    g_variant_dict_insert_value (&target, first ? "rooms" : "except", act->rooms);
  if (n > 0)
    g_variant_dict_insert_value (&target, "ids", take_ids (act, n));
  return g_variant_new ("(@a{sv}ss)", g_variant_dict_end (&target), act->event, act->args);
}

static void act_next (GTask *task);

static void
acted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Act *act = g_task_get_task_data (task);
  g_autoptr (GVariant) reply = finish (source, result, task);
  guint32 n;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(u)", &n);
  act->n += n;
  if (act->next < act->ids->len)
    {
      act_next (task);
      return;
    }
  g_task_return_int (task, act->n);
  g_object_unref (task);
}

static void
act_next (GTask *task)
{
  Act *act = g_task_get_task_data (task);
  gboolean first = act->next == 0;
  guint n = MIN (act->ids->len - act->next, SIOA_DBUS_MAX_IDS);
  const char *rooms[] = { act->room, NULL };
  GVariant *args;

  if (act->event != NULL)
    args = make_emit (act, first, n);
  else if (act->room != NULL)
    args = g_variant_new ("(@as^as)", take_ids (act, n), rooms);
  else
    {
      GVariantDict options;

      g_variant_dict_init (&options, NULL);
      g_variant_dict_insert (&options, "close-connection", "b", act->close);
      args = g_variant_new ("(@as@a{sv})", take_ids (act, n), g_variant_dict_end (&options));
    }
  send (task, act->method, args, "(u)", acted_cb);
}

/* Who is in a room, or what sockets a user has. */

static void ask_next (GTask *task);

static void
page_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Act *act = g_task_get_task_data (task);
  g_autoptr (GVariant) reply = finish (source, result, task);
  g_autoptr (GVariant) rows = NULL;
  guint32 total;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(@a" SIOA_DBUS_ROW "ut)", &rows, &total, &act->revision);
  for (gsize i = 0; i < g_variant_n_children (rows); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);
      const char *id;

      g_variant_get_child (row, 0, "&s", &id);
      add_id (act, id);
    }
  act->offset += SIOA_DBUS_MAX_PAGE;
  if (act->offset >= total)
    {
      g_ptr_array_set_size (act->queries, (int) act->queries->len - 1);
      act->revision = 0;
      act->offset = 0;
    }
  ask_next (task);
}

static void
ask_next (GTask *task)
{
  Act *act = g_task_get_task_data (task);

  if (act->queries->len == 0)
    {
      /* Also for nobody: whether it is allowed is said in any case. */
      act_next (task);
      return;
    }
  send (task, "ListSockets",
        g_variant_new ("(@a{sv}sbtuu)", g_ptr_array_index (act->queries, act->queries->len - 1), "",
                       FALSE, act->revision, act->offset, SIOA_DBUS_MAX_PAGE),
        "(a" SIOA_DBUS_ROW "ut)", page_cb);
}

static Act *
act_new (SioaDBusBackend *self, const char *method, const SioaTarget *target, GPtrArray *rooms)
{
  Act *act = g_new0 (Act, 1);

  act->method = method;
  act->nsp = g_strdup (target->nsp);
  act->user = g_strdup (target->user);
  act->queries = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  act->ids = g_ptr_array_new_with_free_func (g_free);
  act->ids_set = g_hash_table_new (g_str_hash, g_str_equal);
  act->everybody = target->user == NULL && (target->rooms == NULL || target->rooms[0] == NULL);
  for (guint i = 0; target->rooms != NULL && target->rooms[i] != NULL; i++)
    if (sioa_dbus_list_knows (self, target->nsp, target->rooms[i]))
      add_id (act, target->rooms[i]);
    else
      g_ptr_array_add (rooms, (gpointer) target->rooms[i]);
  return act;
}

static void
act_async (SioaDBusBackend *self,
           const char *method,
           const SioaTarget *target,
           const char *room,
           gboolean close,
           gpointer tag,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GPtrArray) rooms = g_ptr_array_new ();
  Act *act = act_new (self, method, target, rooms);

  act->room = g_strdup (room);
  act->close = close;
  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, act, (GDestroyNotify) act_free);
  for (guint i = 0; i < rooms->len; i++)
    add_query (act, "room", g_ptr_array_index (rooms, i));
  if (act->user != NULL)
    add_query (act, "user", act->user);
  if (act->everybody)
    add_query (act, NULL, NULL);
  ask_next (task);
}

static void
sioa_dbus_emit_async (SioaBackend *backend,
                      const SioaTarget *target,
                      const char *event,
                      const char *args,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  SioaDBusBackend *self = SIOA_DBUS_BACKEND (backend);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GPtrArray) rooms = g_ptr_array_new ();
  Act *act = act_new (self, "Emit", target, rooms);

  act->event = g_strdup (event);
  act->args = g_strdup (args);
  g_task_set_source_tag (task, sioa_dbus_emit_async);
  g_task_set_task_data (task, act, (GDestroyNotify) act_free);
  if (rooms->len > SIOA_DBUS_MAX_ROOMS)
    {
      g_task_return_new_error (task, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                               _ ("expected at most %d rooms, got %u"), SIOA_DBUS_MAX_ROOMS,
                               rooms->len);
      g_object_unref (task);
      return;
    }
  if (rooms->len > 0)
    act->rooms = g_variant_ref_sink (
        g_variant_new_strv ((const char *const *) rooms->pdata, (gssize) rooms->len));
  act_next (task);
}

static void
sioa_dbus_join_async (SioaBackend *backend,
                      const SioaTarget *target,
                      const char *room,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  act_async (SIOA_DBUS_BACKEND (backend), "JoinRooms", target, room, FALSE, sioa_dbus_join_async,
             cancellable, callback, user_data);
}

static void
sioa_dbus_leave_async (SioaBackend *backend,
                       const SioaTarget *target,
                       const char *room,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  act_async (SIOA_DBUS_BACKEND (backend), "LeaveRooms", target, room, FALSE, sioa_dbus_leave_async,
             cancellable, callback, user_data);
}

static void
sioa_dbus_disconnect_async (SioaBackend *backend,
                            const SioaTarget *target,
                            gboolean close,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  act_async (SIOA_DBUS_BACKEND (backend), "DisconnectSockets", target, NULL, close,
             sioa_dbus_disconnect_async, cancellable, callback, user_data);
}

static void
socket_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GVariant) reply = finish (source, result, task);
  g_autoptr (GVariant) details = NULL;
  SioaSocketRecord *record;

  if (reply == NULL)
    return;
  details = g_variant_get_child_value (reply, 0);
  record = sioa_dbus_read_details (details);
  if (record != NULL)
    g_task_return_pointer (task, record, (GDestroyNotify) sioa_socket_record_unref);
  else
    g_task_return_new_error (task, SIOA_ERROR, SIOA_ERROR_FAILED,
                             _ ("the server told nothing of this socket"));
  g_object_unref (task);
}

static void
sioa_dbus_get_socket_async (SioaBackend *backend,
                            const char *nsp,
                            const char *id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (backend, cancellable, callback, user_data);

  g_task_set_source_tag (task, sioa_dbus_get_socket_async);
  send (task, "GetSocket", g_variant_new ("(s)", id), "(a{sv})", socket_cb);
}

void
sioa_dbus_acts_init (SioaBackendInterface *iface)
{
  iface->get_socket_async = sioa_dbus_get_socket_async;
  iface->emit_async = sioa_dbus_emit_async;
  iface->join_async = sioa_dbus_join_async;
  iface->leave_async = sioa_dbus_leave_async;
  iface->disconnect_async = sioa_dbus_disconnect_async;
}
