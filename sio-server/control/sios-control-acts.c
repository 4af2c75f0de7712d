/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-auth.h"
#include "sios-control-private.h"
#include "sios-log.h"
#include "sios-socket.h"

/* What changes something. Each act is recorded once, for all sockets together. */

#define MAX_AUDIT_TEXT 200

static gboolean
invalid (GError **error, const char *text)
{
  g_set_error_literal (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT, text);
  return FALSE;
}

gboolean
sios_control_check_name (const char *what, const char *name, GError **error)
{
  if (*name != '\0' && strlen (name) <= SIOS_CONTROL_MAX_NAME && g_utf8_validate (name, -1, NULL))
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
               "%s: expected a name of 1 to %d bytes of UTF-8", what, SIOS_CONTROL_MAX_NAME);
  return FALSE;
}

static gboolean
check_names (const char *what, const char *const *names, guint max, GError **error)
{
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (i == max)
        {
          g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_LIMIT_EXCEEDED,
                       "expected at most %u names of %ss at once", max, what);
          return FALSE;
        }
      if (!sios_control_check_name (what, names[i], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_target (SiosControl *self, const SiosRecipients *target, GError **error)
{
  if (target->ns != NULL && sio_server_get_namespace (self->server, target->ns) == NULL)
    {
      g_autofree char *got = g_utf8_make_valid (target->ns, -1);

      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
                   "there is no namespace \"%.100s\"", got);
      return FALSE;
    }
  return check_names ("room", target->rooms, SIOS_CONTROL_MAX_ROOMS, error) &&
         check_names ("socket", target->ids, SIOS_CONTROL_MAX_IDS, error) &&
         check_names ("room", target->except, SIOS_CONTROL_MAX_ROOMS, error) &&
         (target->user == NULL || sios_control_check_name ("user", target->user, error));
}

/* Who a target is in one namespace. NULL: nobody. */
static SioTarget *
resolve (SiosControl *self, const SiosRecipients *target, SioNamespace *ns, GPtrArray *of_user)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; target->rooms != NULL && target->rooms[i] != NULL; i++)
    g_ptr_array_add (names, (gpointer) target->rooms[i]);
  /* An id is a room with one socket, but a room may be called anything. */
  for (guint i = 0; target->ids != NULL && target->ids[i] != NULL; i++)
    if (sio_namespace_get_socket (ns, target->ids[i]) != NULL)
      g_ptr_array_add (names, (gpointer) target->ids[i]);
  for (guint i = 0; of_user != NULL && i < of_user->len; i++)
    if (sio_socket_get_namespace (g_ptr_array_index (of_user, i)) == ns)
      g_ptr_array_add (names, (gpointer) sio_socket_get_id (g_ptr_array_index (of_user, i)));
  if (names->len == 0 && (target->rooms != NULL || target->ids != NULL || target->user != NULL))
    return NULL;
  g_ptr_array_add (names, NULL);
  return sio_target_new ((const char *const *) names->pdata, target->except, SIO_EMIT_NONE, 0);
}

typedef void (*EachFunc) (SioNamespace *ns, SioTarget *target, gpointer user_data);

static void
foreach_namespace (SiosControl *self,
                   const SiosRecipients *target,
                   EachFunc func,
                   gpointer user_data)
{
  g_autoptr (GPtrArray) namespaces = NULL;
  g_autoptr (GPtrArray) of_user = NULL;

  if (target->user != NULL)
    of_user = sios_control_list_user (self, target->user);
  if (target->ns == NULL)
    namespaces = sios_control_get_namespaces (self);
  else
    {
      namespaces = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (namespaces,
                       g_object_ref (sio_server_get_namespace (self->server, target->ns)));
    }
  for (guint i = 0; i < namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (namespaces, i);
      g_autoptr (SioTarget) resolved = resolve (self, target, ns, of_user);

      if (resolved != NULL)
        func (ns, resolved, user_data);
    }
}

static void
add_names (GString *text, const char *what, const char *const *names)
{
  if (names == NULL || text->len > MAX_AUDIT_TEXT)
    return;
  g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", what);
  for (guint i = 0; names[i] != NULL && text->len <= MAX_AUDIT_TEXT; i++)
    g_string_append_printf (text, "%c%s", i == 0 ? ' ' : ';', names[i]);
}

static void
audit (SiosControl *self,
       const SiosCaller *caller,
       const char *action,
       const char *what,
       const SiosRecipients *target,
       guint n)
{
  const char *user[] = { target->user, NULL };
  const char *ns[] = { target->ns, NULL };
  g_autoptr (GString) text = g_string_new (what);

  add_names (text, "namespace", target->ns != NULL ? ns : NULL);
  add_names (text, "rooms", target->rooms);
  add_names (text, "sockets", target->ids);
  add_names (text, "user", target->user != NULL ? user : NULL);
  add_names (text, "except", target->except);
  if (text->len > MAX_AUDIT_TEXT)
    {
      /* Not within a character. */
      const char *end = g_utf8_find_prev_char (text->str, text->str + MAX_AUDIT_TEXT + 1);

      g_string_truncate (text, (gsize) (end - text->str));
      g_string_append (text, "…");
    }
  g_string_append_printf (text, " (%u sockets)", n);
  sios_control_done (self, caller, action, text->str);
}

static void
add_socket (SioSocket *socket, gpointer user_data)
{
  g_ptr_array_add (user_data, g_object_ref (socket));
}

static void
collect_each (SioNamespace *ns, SioTarget *target, gpointer user_data)
{
  sio_adapter_foreach_socket (sio_namespace_get_adapter (ns), target, add_socket, user_data);
}

static GPtrArray *
collect (SiosControl *self, const SiosRecipients *target)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  foreach_namespace (self, target, collect_each, sockets);
  return sockets;
}

gboolean
sios_control_disconnect (SiosControl *self,
                         const SiosCaller *caller,
                         const SiosRecipients *target,
                         gboolean close_connection,
                         guint *n,
                         GError **error)
{
  g_autoptr (GPtrArray) sockets = NULL;

  if (!check_target (self, target, error))
    return FALSE;
  sockets = collect (self, target);
  for (guint i = 0; i < sockets->len; i++)
    sio_socket_close (g_ptr_array_index (sockets, i), close_connection);
  *n = sockets->len;
  audit (self, caller, "disconnect", NULL, target, *n);
  return TRUE;
}

/* What an act is about. (transfer full) */
static char *
describe_rooms (const char *const *rooms)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; rooms[i] != NULL && text->len <= MAX_AUDIT_TEXT; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "to " : ";", rooms[i]);
  return g_string_free (text, FALSE);
}

static gboolean
check_rooms (SiosControl *self,
             const SiosRecipients *target,
             const char *const *rooms,
             GError **error)
{
  if (rooms == NULL || rooms[0] == NULL)
    return invalid (error, "expected the name of at least one room");
  return check_names ("room", rooms, SIOS_CONTROL_MAX_ROOMS, error) &&
         check_target (self, target, error);
}

gboolean
sios_control_join (SiosControl *self,
                   const SiosCaller *caller,
                   const SiosRecipients *target,
                   const char *const *rooms,
                   guint *n,
                   GError **error)
{
  g_autoptr (GPtrArray) sockets = NULL;
  g_autofree char *what = NULL;

  if (!check_rooms (self, target, rooms, error))
    return FALSE;
  sockets = collect (self, target);
  *n = 0;
  for (guint i = 0; i < sockets->len; i++)
    {
      gboolean all = TRUE;

      for (guint j = 0; rooms[j] != NULL; j++)
        all &= sio_socket_join (g_ptr_array_index (sockets, i), rooms[j]);
      if (all)
        ++*n;
    }
  what = describe_rooms (rooms);
  audit (self, caller, "join", what, target, *n);
  return TRUE;
}

gboolean
sios_control_leave (SiosControl *self,
                    const SiosCaller *caller,
                    const SiosRecipients *target,
                    const char *const *rooms,
                    guint *n,
                    GError **error)
{
  g_autoptr (GPtrArray) sockets = NULL;
  g_autofree char *what = NULL;

  if (!check_rooms (self, target, rooms, error))
    return FALSE;
  sockets = collect (self, target);
  for (guint i = 0; i < sockets->len; i++)
    for (guint j = 0; rooms[j] != NULL; j++)
      /* Everybody stays reachable by id. */
      if (strcmp (rooms[j], sio_socket_get_id (g_ptr_array_index (sockets, i))) != 0)
        sio_socket_leave (g_ptr_array_index (sockets, i), rooms[j]);
  *n = sockets->len;
  what = describe_rooms (rooms);
  audit (self, caller, "leave", what, target, *n);
  return TRUE;
}

SioArgs *
sios_control_parse_args (const char *json, gssize length, GError **error)
{
  g_autoptr (GError) problem = NULL;
  SioArgs *args;

  if ((length < 0 ? strlen (json) : (gsize) length) > SIOS_CONTROL_MAX_JSON)
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_LIMIT_EXCEEDED,
                   "expected at most %d bytes of JSON", SIOS_CONTROL_MAX_JSON);
      return NULL;
    }
  args = sio_args_new_from_json (json, length, &problem);
  if (args == NULL)
    g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                 "expected the arguments as one JSON array: %s", problem->message);
  return args;
}

typedef struct
{
  const char *event;
  SioArgs *args;
  guint n;
} Emit;

static void
count_socket (SioSocket *socket, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
emit_each (SioNamespace *ns, SioTarget *target, gpointer user_data)
{
  Emit *emit = user_data;
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  const char *const *rooms = sio_target_get_rooms (target);
  const char *const *except = sio_target_get_except (target);
  SioBroadcast *broadcast;

  if (rooms[0] == NULL && except[0] == NULL)
    emit->n += sio_namespace_get_n_sockets (ns);
  else
    sio_adapter_foreach_socket (adapter, target, count_socket, &emit->n);
  broadcast = sio_namespace_to_rooms (ns, rooms);
  if (except[0] != NULL)
    broadcast = sio_broadcast_except_rooms (broadcast, except);
  sio_broadcast_emit (broadcast, emit->event, sio_args_ref (emit->args));
}

gboolean
sios_control_emit (SiosControl *self,
                   const SiosCaller *caller,
                   const SiosRecipients *target,
                   const char *event,
                   SioArgs *args,
                   guint *n,
                   GError **error)
{
  Emit emit = { event, args, 0 };
  g_autofree char *what = NULL;

  if (!sios_control_check_name ("event", event, error) || !check_target (self, target, error))
    return FALSE;
  if (sio_event_is_reserved (event))
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                   "Socket.IO itself uses the event name \"%s\"; choose another", event);
      return FALSE;
    }
  foreach_namespace (self, target, emit_each, &emit);
  *n = emit.n;
  what = g_strdup_printf ("event %s", event);
  audit (self, caller, "emit", what, target, *n);
  return TRUE;
}

gboolean
sios_control_announce (SiosControl *self,
                       const SiosCaller *caller,
                       const SiosRecipients *target,
                       const char *title,
                       const char *text,
                       const char *severity,
                       guint *n,
                       GError **error)
{
  static const char *const severities[] = { "info", "warning", "critical", NULL };
  g_autoptr (SioArgs) args = NULL;
  Emit emit = { "announcement", NULL, 0 };
  GVariantDict dict;

  if (*title == '\0' || strlen (title) + strlen (text) > SIOS_CONTROL_MAX_ANNOUNCEMENT ||
      !g_utf8_validate (title, -1, NULL) || !g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                   "expected a title, and at most %d bytes of UTF-8 for it and the text",
                   SIOS_CONTROL_MAX_ANNOUNCEMENT);
      return FALSE;
    }
  if (!g_strv_contains (severities, severity))
    return invalid (error, "expected info, warning or critical as the severity");
  if (!check_target (self, target, error))
    return FALSE;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "title", "s", title);
  g_variant_dict_insert (&dict, "text", "s", text);
  g_variant_dict_insert (&dict, "severity", "s", severity);
  g_variant_dict_insert (&dict, "time", "x", g_get_real_time () / 1000);
  args = sio_args_new ("(@a{sv})", g_variant_dict_end (&dict));
  emit.args = args;
  foreach_namespace (self, target, emit_each, &emit);
  *n = emit.n;
  audit (self, caller, "announce", severity, target, *n);
  return TRUE;
}

static SiosAuth *
get_auth (SiosControl *self)
{
  return sios_features_get (self->features, &sios_auth_feature);
}

static char *
describe_revocation (SiosRevocationKind kind, const char *name)
{
  return g_strdup_printf ("%s %s", kind == SIOS_REVOKE_USER ? "user" : "token", name);
}

gboolean
sios_control_revoke (SiosControl *self,
                     const SiosCaller *caller,
                     SiosRevocationKind kind,
                     const char *name,
                     gint64 until,
                     guint *n,
                     GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *text = NULL;

  if (!g_utf8_validate (name, -1, NULL))
    return invalid (error, "expected UTF-8 as the name");
  if (!sios_auth_revoke (get_auth (self), kind, name, until, n, &problem))
    {
      g_set_error_literal (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                           problem->message);
      return FALSE;
    }
  text = describe_revocation (kind, name);
  sios_control_done (self, caller, "revoke", text);
  return TRUE;
}

gboolean
sios_control_unrevoke (SiosControl *self,
                       const SiosCaller *caller,
                       SiosRevocationKind kind,
                       const char *name,
                       GError **error)
{
  g_autofree char *text = NULL;

  if (!sios_auth_unrevoke (get_auth (self), kind, name))
    {
      g_set_error_literal (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
                           "there is no such revocation");
      return FALSE;
    }
  text = describe_revocation (kind, name);
  sios_control_done (self, caller, "unrevoke", text);
  return TRUE;
}

void
sios_control_keep_revocations_async (SiosControl *self,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  sios_auth_keep_async (get_auth (self), callback, user_data);
}

gboolean
sios_control_keep_revocations_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (GError) problem = NULL;

  if (sios_auth_keep_finish (result, &problem))
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_FAILED,
               "it holds, but could not be written down and is lost with a restart: %s",
               problem->message);
  return FALSE;
}

void
sios_control_list_revocations (SiosControl *self, SiosRevocationFunc func, gpointer user_data)
{
  sios_auth_foreach_revocation (get_auth (self), func, user_data);
}

gboolean
sios_control_set_log_level (SiosControl *self,
                            const SiosCaller *caller,
                            const char *level,
                            GError **error)
{
  if (!sios_log_set_level_by_name (level))
    return invalid (error, "expected error, warning, notice, info or debug as the level");
  sios_control_done (self, caller, "set-log-level", level);
  return TRUE;
}

/* What the daemon does. */

typedef struct
{
  SiosCallerKind kind;
  char *name;
  char *address;
  const char *action;
} Act;

static void
act_free (gpointer data)
{
  Act *act = data;

  g_free (act->name);
  g_free (act->address);
  g_free (act);
}

static GTask *
act_new (SiosControl *self,
         const SiosCaller *caller,
         const char *action,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Act *act = g_new0 (Act, 1);

  act->kind = caller->kind;
  act->name = g_strdup (caller->name);
  act->address = g_strdup (caller->address);
  act->action = action;
  g_task_set_task_data (task, act, act_free);
  if (self->functions != NULL)
    return task;
  g_task_return_new_error (task, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_SUPPORTED,
                           "this server cannot do that");
  g_object_unref (task);
  return NULL;
}

/* Takes @error. */
static void
act_end (GTask *task, GError *error)
{
  SiosControl *self = g_task_get_source_object (task);
  const Act *act = g_task_get_task_data (task);
  const SiosCaller caller = { act->kind, act->name, act->address };

  if (error == NULL)
    {
      sios_control_done (self, &caller, act->action, NULL);
      return;
    }
  sios_caller_audit (&caller, act->action, NULL, error->message);
  g_task_return_new_error (task, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_FAILED, "%s",
                           error->message);
  g_error_free (error);
}

static void
reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SiosControl *self = g_task_get_source_object (task);
  GError *error = NULL;
  char **warnings = self->functions->reload_finish (self->host, result, &error);

  act_end (task, error);
  if (warnings != NULL)
    g_task_return_pointer (task, warnings, (GDestroyNotify) g_strfreev);
}

void
sios_control_reload_async (SiosControl *self,
                           const SiosCaller *caller,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = act_new (self, caller, "reload", callback, user_data);

  if (task != NULL)
    self->functions->reload_async (self->host, reloaded_cb, task);
}

char **
sios_control_reload_finish (SiosControl *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SiosControl *self = g_task_get_source_object (task);
  GError *error = NULL;
  gboolean done = self->functions->drain_finish (self->host, result, &error);

  act_end (task, error);
  if (done)
    g_task_return_boolean (task, TRUE);
}

void
sios_control_drain_async (SiosControl *self,
                          const SiosCaller *caller,
                          guint timeout,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task = act_new (self, caller, "drain", callback, user_data);

  if (task != NULL)
    self->functions->drain_async (self->host, timeout, drained_cb, task);
}

gboolean
sios_control_drain_finish (SiosControl *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
sios_control_resume (SiosControl *self, const SiosCaller *caller, GError **error)
{
  if (self->functions == NULL)
    {
      g_set_error_literal (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_SUPPORTED,
                           "this server cannot do that");
      return FALSE;
    }
  self->functions->resume (self->host);
  sios_control_done (self, caller, "resume", NULL);
  return TRUE;
}

void
sios_control_hold_start (SiosControl *self)
{
  if (self->functions != NULL)
    self->functions->hold_start (self->host);
}

void
sios_control_release_start (SiosControl *self)
{
  if (self->functions != NULL)
    self->functions->release_start (self->host);
}

void
sios_control_set_host (SiosControl *self, const SiosHost *functions, gpointer host)
{
  self->functions = functions;
  self->host = host;
}
