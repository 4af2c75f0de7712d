/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-admin-backend.h"

#include <glib/gi18n.h>
#include <sio.h>
#include <string.h>

#include "sioa-admin-reader.h"

/* 10 000 sockets are some 10 MB in one message. */
#define MAX_PAYLOAD (64 * 1024 * 1024)
/* Whoever does not say what it can do by then is no server for administration. */
#define CONFIG_TIMEOUT_S 3
/* Servers tell their figures every two seconds. */
#define STALE_S 10
/* What a server tells must not fill the memory. */
#define MAX_NAMESPACES 10000
#define MAX_SESSION_LENGTH 4096

struct _SioaAdminBackend
{
  GObject parent_instance;

  char *uri;
  char *nsp;
  char *path;
  char *user;
  char *password;
  char *session_id; /* in place of the password, while the server knows it */
  gboolean websocket_only;

  SioClient *client; /* NULL while closed */
  SioaState state;
  GError *error;
  SioaFeatures features;
  SioaAdminStats *stats;
  GHashTable *namespaces; /* those that the server told of */
  GPtrArray *changes;     /* to be told in the next iteration of the main loop */
  GCancellable *reading;  /* not NULL while a thread reads the list of all sockets */
  SioArgs *unread;        /* the next list, which waits for that thread */
  gboolean configured;    /* the server said what it can do */
  guint changes_id;
  guint sample_id;
  guint config_id;
  guint stale_id;
};

static void sioa_admin_backend_iface_init (SioaBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaAdminBackend,
                               sioa_admin_backend,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_BACKEND,
                                                      sioa_admin_backend_iface_init))

static void
set_state (SioaAdminBackend *self, SioaState state, GError *error)
{
  g_clear_error (&self->error);
  self->error = error;
  self->state = state;
  sioa_backend_state_changed (SIOA_BACKEND (self));
}

static void
forget (SioaAdminBackend *self)
{
  g_clear_handle_id (&self->changes_id, g_source_remove);
  g_clear_handle_id (&self->sample_id, g_source_remove);
  g_clear_handle_id (&self->config_id, g_source_remove);
  g_clear_handle_id (&self->stale_id, g_source_remove);
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_pointer (&self->unread, sio_args_unref);
  g_ptr_array_set_size (self->changes, 0);
  g_hash_table_remove_all (self->namespaces);
  self->features = 0;
  self->configured = FALSE;
}

static void
drop_client (SioaAdminBackend *self)
{
  g_autoptr (SioClient) client = g_steal_pointer (&self->client);

  forget (self);
  if (client == NULL)
    return;
  g_signal_handlers_disconnect_by_data (client, self);
  sio_client_off_any (client);
  sio_client_close (client);
}

static void
fail (SioaAdminBackend *self, SioaError code, const char *text)
{
  drop_client (self);
  set_state (self, SIOA_STATE_FAILED, g_error_new_literal (SIOA_ERROR, code, text));
}

static gboolean
tell_changes_cb (gpointer user_data)
{
  SioaAdminBackend *self = user_data;
  GPtrArray *changes = self->changes;

  self->changes_id = 0;
  self->changes = sioa_changes_new ();
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  return G_SOURCE_REMOVE;
}

/* Those that come while the list of all sockets is read are about what is in it. */
static void
plan_to_tell (SioaAdminBackend *self)
{
  if (self->changes->len > 0 && self->reading == NULL && self->changes_id == 0)
    /* No lower than messages, which might never leave room for it. */
    self->changes_id = g_idle_add_full (G_PRIORITY_DEFAULT, tell_changes_cb, self, NULL);
}

/* TRUE if it was not known. */
static gboolean
know_namespace (SioaAdminBackend *self, const char *name)
{
  if (g_hash_table_contains (self->namespaces, name) ||
      g_hash_table_size (self->namespaces) >= MAX_NAMESPACES)
    return FALSE;
  return g_hash_table_add (self->namespaces, g_strdup (name));
}

static void
add_namespace (SioaAdminBackend *self, const char *name)
{
  if (know_namespace (self, name))
    sioa_changes_add (self->changes, SIOA_CHANGE_NAMESPACE, name, NULL, NULL);
}

/* After a reset, those that are known all the same. */
static void
tell_namespaces (SioaAdminBackend *self, GPtrArray *changes)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    sioa_changes_add (changes, SIOA_CHANGE_NAMESPACE, name, NULL, NULL);
}

static gboolean
no_config_cb (gpointer user_data)
{
  SioaAdminBackend *self = user_data;
  g_autofree char *text = g_strdup_printf (
      _ ("“%s” is there, but is no namespace for administration. Servers call that one “/admin” "
         "unless they were told otherwise."),
      self->nsp);

  self->config_id = 0;
  fail (self, SIOA_ERROR_NAMESPACE, text);
  return G_SOURCE_REMOVE;
}

static gboolean
stale_cb (gpointer user_data)
{
  SioaAdminBackend *self = user_data;

  self->stale_id = 0;
  if (self->state == SIOA_STATE_OPEN)
    set_state (self, SIOA_STATE_STALE, NULL);
  return G_SOURCE_REMOVE;
}

static void
watch_for_silence (SioaAdminBackend *self)
{
  g_clear_handle_id (&self->stale_id, g_source_remove);
  self->stale_id = g_timeout_add_seconds (STALE_S, stale_cb, self);
}

static SioaFeatures
translate_features (SioaAdminFeatures features)
{
  static const struct
  {
    SioaAdminFeatures all;
    SioaFeatures feature;
  } table[] = { { SIOA_ADMIN_EMIT, SIOA_CAN_EMIT },
                { SIOA_ADMIN_JOIN, SIOA_CAN_JOIN },
                { SIOA_ADMIN_LEAVE, SIOA_CAN_LEAVE },
                { SIOA_ADMIN_DISCONNECT, SIOA_CAN_DISCONNECT },
                { SIOA_ADMIN_MJOIN | SIOA_ADMIN_MLEAVE | SIOA_ADMIN_MDISCONNECT, SIOA_CAN_MANY },
                { SIOA_ADMIN_ALL_EVENTS, SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS } };
  SioaFeatures translated = 0;

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if ((features & table[i].all) == table[i].all)
      translated |= table[i].feature;
  return translated;
}

static void
config_cb (SioaAdminBackend *self, SioArgs *args)
{
  SioaAdminFeatures features;

  if (!sioa_admin_read_config (args, &features))
    return;
  g_clear_handle_id (&self->config_id, g_source_remove);
  watch_for_silence (self);
  if (self->configured && self->state == SIOA_STATE_OPEN &&
      self->features == translate_features (features))
    return;
  self->features = translate_features (features);
  /* Without the list, this is all that there is to begin with. */
  if (!self->configured && (self->features & SIOA_HAS_SOCKETS) == 0)
    {
      g_ptr_array_set_size (self->changes, 0);
      sioa_changes_add (self->changes, SIOA_CHANGE_RESET, NULL, NULL, NULL);
      tell_namespaces (self, self->changes);
    }
  self->configured = TRUE;
  set_state (self, SIOA_STATE_OPEN, NULL);
}

static gboolean
sample_cb (gpointer user_data)
{
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  g_autoptr (SioaSample) sample = sioa_admin_stats_sum_up (self->stats, g_get_monotonic_time ());
  GHashTableIter iter;
  gpointer name;

  self->sample_id = 0;
  g_hash_table_iter_init (&iter, sample->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    add_namespace (self, name);
  plan_to_tell (self);
  watch_for_silence (self);
  if (self->state == SIOA_STATE_STALE)
    set_state (self, SIOA_STATE_OPEN, NULL);
  sioa_backend_tell_sample (SIOA_BACKEND (self), sample);
  return G_SOURCE_REMOVE;
}

/* Many servers may answer at once: they are summed up once for all. */
static void
stats_cb (SioaAdminBackend *self, SioArgs *args)
{
  if (sioa_admin_stats_read (self->stats, args, g_get_monotonic_time ()) && self->sample_id == 0)
    self->sample_id = g_idle_add_full (G_PRIORITY_DEFAULT, sample_cb, self, NULL);
}

static void
read_thread (GTask *task, gpointer source, gpointer args, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) changes = sioa_admin_read_sockets (args, cancellable);

  /* Then nobody wants it: thousands of sockets are given up here, not in the main loop. */
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_steal_pointer (&changes), (GDestroyNotify) g_ptr_array_unref);
}

static void read_list (SioaAdminBackend *self, SioArgs *args);

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (source);
  g_autoptr (GPtrArray) changes = g_task_propagate_pointer (G_TASK (result), NULL);

  /* The end came between. */
  if (self->reading != g_task_get_cancellable (G_TASK (result)))
    return;
  g_clear_object (&self->reading);
  if (self->unread != NULL)
    {
      g_autoptr (SioArgs) args = g_steal_pointer (&self->unread);

      read_list (self, args);
      return;
    }
  if (changes == NULL)
    return;
  tell_namespaces (self, changes);
  for (guint i = 0; i < changes->len; i++)
    {
      SioaChange *change = g_ptr_array_index (changes, i);

      if (change->socket != NULL)
        know_namespace (self, change->socket->nsp);
    }
  g_ptr_array_extend_and_steal (changes, g_steal_pointer (&self->changes));
  self->changes = g_steal_pointer (&changes);
  plan_to_tell (self);
}

static void
read_list (SioaAdminBackend *self, SioArgs *args)
{
  g_autoptr (GTask) task = NULL;

  self->reading = g_cancellable_new ();
  task = g_task_new (self, self->reading, read_cb, NULL);
  g_task_set_source_tag (task, read_list);
  g_task_set_task_data (task, sio_args_ref (args), (GDestroyNotify) sio_args_unref);
  g_task_run_in_thread (task, read_thread);
}

static void
all_sockets_cb (SioaAdminBackend *self, SioArgs *args)
{
  g_clear_handle_id (&self->changes_id, g_source_remove);
  /* What came before is in the list. */
  g_ptr_array_set_size (self->changes, 0);
  if (self->reading == NULL)
    {
      read_list (self, args);
      return;
    }
  /* One at a time, and only the newest waits: servers may tell it again and again. */
  g_cancellable_cancel (self->reading);
  g_clear_pointer (&self->unread, sio_args_unref);
  self->unread = sio_args_ref (args);
}

/* nsp, id, [event, …], timestamp */
static void
traffic_cb (SioaAdminBackend *self, SioArgs *args, gboolean received)
{
  const char *nsp, *id;

  if (!sioa_backend_wants_events (SIOA_BACKEND (self)))
    return;
  nsp = sio_args_get_string (args, 0);
  id = sio_args_get_string (args, 1);
  if (nsp != NULL && id != NULL && sio_args_get_arg_type (args, 2) == SIO_ARG_ARRAY)
    {
      g_autofree char *event = sio_args_dup_arg_json (args, 2);

      sioa_backend_tell_event (SIOA_BACKEND (self), nsp, id, received, event, g_get_real_time ());
    }
}

static void
change_cb (SioaAdminBackend *self, const char *event, SioArgs *args)
{
  const SioaChange *change;
  guint n = self->changes->len;

  sioa_admin_read_change (event, args, self->changes);
  if (self->changes->len == n)
    return;
  change = g_ptr_array_index (self->changes, n);
  if (change->socket != NULL)
    know_namespace (self, change->socket->nsp);
}

static void
event_cb (SioClient *client, SioMessage *message, gpointer user_data)
{
  /* Whoever hears of a state may drop it. */
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  const char *event = sio_message_get_event (message);
  SioArgs *args = sio_message_get_args (message);

  if (strcmp (event, "config") == 0)
    config_cb (self, args);
  else if (strcmp (event, "server_stats") == 0)
    stats_cb (self, args);
  else if (strcmp (event, "all_sockets") == 0)
    all_sockets_cb (self, args);
  else if (strcmp (event, "session") == 0)
    {
      const char *id = sio_args_get_string (args, 0);

      g_clear_pointer (&self->session_id, g_free);
      if (id != NULL && strlen (id) <= MAX_SESSION_LENGTH)
        self->session_id = g_strdup (id);
    }
  else if (strcmp (event, "event_received") == 0 || strcmp (event, "event_sent") == 0)
    traffic_cb (self, args, event[6] == 'r');
  else
    change_cb (self, event, args);
  if (self->client == client)
    plan_to_tell (self);
}

static void
connected_cb (SioClient *client, SioaAdminBackend *self)
{
  g_clear_handle_id (&self->config_id, g_source_remove);
  /* What came before the answer to the connection may have told already. */
  if (!self->configured)
    self->config_id = g_timeout_add_seconds (CONFIG_TIMEOUT_S, no_config_cb, self);
}

static void
disconnected_cb (SioClient *client,
                 const char *reason,
                 const char *details,
                 SioaAdminBackend *user_data)
{
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  gboolean again = sio_client_is_active (client);

  forget (self);
  if (again)
    set_state (
        self, SIOA_STATE_WAITING,
        g_error_new (SIOA_ERROR, SIOA_ERROR_UNREACHABLE, _ ("the connection broke (%s)"), reason));
  else
    fail (self, SIOA_ERROR_FAILED, _ ("The server closed this connection."));
}

static gboolean
is_unreachable (const GError *error)
{
  return error->domain == G_RESOLVER_ERROR ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static gboolean
is_no_socketio (const GError *error)
{
  return g_error_matches (error, SIO_ERROR, SIO_ERROR_BAD_HANDSHAKE) ||
         g_error_matches (error, SIO_ERROR, SIO_ERROR_PROTOCOL) ||
         error->domain == SOUP_SESSION_ERROR;
}

/* TRUE if it is tried once more at once. */
static gboolean
refused (SioaAdminBackend *self, const GError *error)
{
  g_autofree char *text = NULL;

  /* The server forgot the session: ask with the password. */
  if (self->session_id != NULL)
    {
      g_clear_pointer (&self->session_id, g_free);
      sio_client_open (self->client);
      return TRUE;
    }
  if (strcmp (error->message, "Invalid namespace") == 0)
    {
      text = g_strdup_printf (_ ("The server has no namespace “%s”."), self->nsp);
      fail (self, SIOA_ERROR_NAMESPACE, text);
      return FALSE;
    }
  text = g_strdup_printf (_ ("The server refused the user name or password (%s)."), error->message);
  fail (self, SIOA_ERROR_CREDENTIALS, text);
  return FALSE;
}

static void
connect_error_cb (SioClient *client, GError *error, JsonNode *data, SioaAdminBackend *user_data)
{
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  g_autofree char *text = NULL;

  if (g_error_matches (error, SIO_ERROR, SIO_ERROR_REJECTED))
    {
      refused (self, error);
      return;
    }
  if (error->domain == G_TLS_ERROR)
    {
      text = g_strdup_printf (_ ("No safe connection: %s"), error->message);
      fail (self, SIOA_ERROR_TLS, text);
      return;
    }
  if (is_no_socketio (error))
    set_state (self, SIOA_STATE_WAITING,
               g_error_new (SIOA_ERROR, SIOA_ERROR_NOT_SOCKETIO,
                            _ ("no Socket.IO server answers at this address and path (%s)"),
                            error->message));
  else
    set_state (self, SIOA_STATE_WAITING,
               g_error_new_literal (
                   SIOA_ERROR, is_unreachable (error) ? SIOA_ERROR_UNREACHABLE : SIOA_ERROR_FAILED,
                   error->message));
}

static void
auth_func (SioClient *client, GTask *task, gpointer user_data)
{
  SioaAdminBackend *self = user_data;
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  if (self->session_id != NULL)
    json_object_set_string_member (object, "sessionId", self->session_id);
  else
    {
      /* A missing password ends servers on Node. */
      json_object_set_string_member (object, "username", self->user != NULL ? self->user : "");
      json_object_set_string_member (object, "password",
                                     self->password != NULL ? self->password : "");
    }
  json_node_take_object (node, object);
  sio_auth_return (task, node);
}

static void
sioa_admin_backend_open (SioaBackend *backend)
{
  static const char *const websocket[] = { "websocket", NULL };
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (SioManager) manager = NULL;

  drop_client (self);
  manager = sio_manager_new (self->uri);
  g_object_set (manager, "max-payload", MAX_PAYLOAD, NULL);
  if (self->path != NULL)
    sio_manager_set_path (manager, self->path);
  if (self->websocket_only)
    sio_manager_set_transports (manager, websocket);
  self->client = sio_manager_get_client (manager, self->nsp);
  sio_client_set_auth_func (self->client, auth_func, self, NULL);
  sio_client_on_any (self->client, event_cb, self, NULL);
  g_signal_connect (self->client, "connected", G_CALLBACK (connected_cb), self);
  g_signal_connect (self->client, "disconnected", G_CALLBACK (disconnected_cb), self);
  g_signal_connect (self->client, "connect-error", G_CALLBACK (connect_error_cb), self);
  set_state (self, SIOA_STATE_CONNECTING, NULL);
  sio_client_open (self->client);
}

static void
sioa_admin_backend_close (SioaBackend *backend)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);

  drop_client (self);
  if (self->state != SIOA_STATE_CLOSED)
    set_state (self, SIOA_STATE_CLOSED, NULL);
}

static SioaState
sioa_admin_backend_get_state (SioaBackend *backend)
{
  return SIOA_ADMIN_BACKEND (backend)->state;
}

static const GError *
sioa_admin_backend_get_error (SioaBackend *backend)
{
  return SIOA_ADMIN_BACKEND (backend)->error;
}

static SioaFeatures
sioa_admin_backend_get_features (SioaBackend *backend)
{
  return SIOA_ADMIN_BACKEND (backend)->features;
}

static gint64
sioa_admin_backend_get_rtt (SioaBackend *backend)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  double rtt =
      self->client != NULL ? sio_manager_get_rtt (sio_client_get_manager (self->client)) : -1;

  /* In milliseconds. */
  return rtt >= 0 ? (gint64) (rtt * 1000) : SIOA_UNKNOWN;
}

static void
sioa_admin_backend_get_socket_async (SioaBackend *backend,
                                     const char *nsp,
                                     const char *id,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);

  g_task_set_source_tag (task, sioa_admin_backend_get_socket_async);
  /* Servers told everything. */
  g_task_return_pointer (task, NULL, NULL);
}

static SioaSocketRecord *
sioa_admin_backend_get_socket_finish (SioaBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Servers on Node take a filter that is empty for none, which is everybody. */
static gboolean
check_rooms (const SioaTarget *target)
{
  if (target->rooms == NULL)
    return TRUE;
  for (guint i = 0; target->rooms[i] != NULL; i++)
    if (*target->rooms[i] == '\0' || !g_utf8_validate (target->rooms[i], -1, NULL))
      return FALSE;
  return target->rooms[0] != NULL;
}

/* What must not reach a server: some of it would end one on Node. */
static gboolean
check_action (SioaAdminBackend *self,
              const SioaTarget *target,
              SioaFeatures needed,
              const char *event,
              GError **error)
{
  static const char *const reserved[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", NULL
  };

  if (self->client == NULL || !sio_client_is_connected (self->client))
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_UNREACHABLE,
                         _ ("there is no connection to the server"));
  else if ((self->features & needed) == 0)
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_DENIED,
                         _ ("the server does not allow this; it may be read-only"));
  else if (target->user != NULL)
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("this server knows no users; choose their sockets"));
  else if (!g_hash_table_contains (self->namespaces, target->nsp))
    g_set_error (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS, _ ("the server has no namespace “%s”"),
                 target->nsp);
  else if (!check_rooms (target))
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("no room or socket is chosen, or one of them has no name"));
  else if (event != NULL && !g_utf8_validate (event, -1, NULL))
    g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                         _ ("names of events and rooms are UTF-8"));
  else if (event != NULL && (*event == '\0' || g_strv_contains (reserved, event)))
    g_set_error (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                 _ ("“%s” cannot be the name of an event or room"), event);
  else
    return TRUE;
  return FALSE;
}

/* EVENT (nsp, …): @before are the arguments in front of the filter, @after those behind it. */
static void
send (SioaAdminBackend *self,
      const char *event,
      const SioaTarget *target,
      const char *room,
      int close, /* -1: none */
      gboolean filter_first,
      SioArgs *rest)
{
  guint i = 0;

  do
    {
      g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
      const char *filter = target->rooms != NULL ? target->rooms[i] : NULL;

      sio_args_builder_add_string (builder, target->nsp);
      if (!filter_first && close >= 0)
        sio_args_builder_add_boolean (builder, close);
      else if (!filter_first)
        sio_args_builder_add_string (builder, room);
      /* An explicit null is everybody. */
      if (filter != NULL)
        sio_args_builder_add_string (builder, filter);
      else
        sio_args_builder_add_null (builder);
      if (filter_first)
        {
          sio_args_builder_add_string (builder, room);
          sio_args_builder_add_args (builder, rest, 0);
        }
      sio_client_emit (self->client, event, sio_args_builder_end (builder));
    }
  while (target->rooms != NULL && target->rooms[i] != NULL && target->rooms[++i] != NULL);
}

/* NULL after the task ended with an error. */
static GTask *
begin (SioaAdminBackend *self,
       const SioaTarget *target,
       SioaFeatures needed,
       const char *name,
       gpointer tag,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, tag);
  if (check_action (self, target, needed, name, &error))
    return g_steal_pointer (&task);
  g_task_return_error (task, error);
  return NULL;
}

static void
sioa_admin_backend_emit_async (SioaBackend *backend,
                               const SioaTarget *target,
                               const char *event,
                               const char *args,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_EMIT, event, sioa_admin_backend_emit_async,
                                  cancellable, callback, user_data);
  g_autoptr (SioArgs) rest = NULL;
  GError *error = NULL;

  if (task == NULL)
    return;
  rest = sio_args_new_from_json (args, -1, &error);
  if (rest == NULL)
    {
      g_task_return_new_error (task, SIOA_ERROR, SIOA_ERROR_ARGUMENTS,
                               _ ("the arguments are no list in JSON: %s"), error->message);
      g_error_free (error);
      return;
    }
  send (self, "emit", target, event, -1, TRUE, rest);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static void
sioa_admin_backend_join_async (SioaBackend *backend,
                               const SioaTarget *target,
                               const char *room,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_JOIN, room, sioa_admin_backend_join_async,
                                  cancellable, callback, user_data);

  if (task == NULL)
    return;
  send (self, "join", target, room, -1, FALSE, NULL);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static void
sioa_admin_backend_leave_async (SioaBackend *backend,
                                const SioaTarget *target,
                                const char *room,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task = begin (self, target, SIOA_CAN_LEAVE, room,
                                  sioa_admin_backend_leave_async, cancellable, callback, user_data);

  if (task == NULL)
    return;
  send (self, "leave", target, room, -1, FALSE, NULL);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static void
sioa_admin_backend_disconnect_async (SioaBackend *backend,
                                     const SioaTarget *target,
                                     gboolean close,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);
  g_autoptr (GTask) task =
      begin (self, target, SIOA_CAN_DISCONNECT, NULL, sioa_admin_backend_disconnect_async,
             cancellable, callback, user_data);

  if (task == NULL)
    return;
  send (self, "_disconnect", target, NULL, close, FALSE, NULL);
  g_task_return_int (task, SIOA_UNKNOWN);
}

static gint64
sioa_admin_backend_act_finish (SioaBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static void
sioa_admin_backend_iface_init (SioaBackendInterface *iface)
{
  iface->open = sioa_admin_backend_open;
  iface->close = sioa_admin_backend_close;
  iface->get_state = sioa_admin_backend_get_state;
  iface->get_error = sioa_admin_backend_get_error;
  iface->get_features = sioa_admin_backend_get_features;
  iface->get_rtt = sioa_admin_backend_get_rtt;
  iface->get_socket_async = sioa_admin_backend_get_socket_async;
  iface->get_socket_finish = sioa_admin_backend_get_socket_finish;
  iface->emit_async = sioa_admin_backend_emit_async;
  iface->join_async = sioa_admin_backend_join_async;
  iface->leave_async = sioa_admin_backend_leave_async;
  iface->disconnect_async = sioa_admin_backend_disconnect_async;
  iface->act_finish = sioa_admin_backend_act_finish;
}

static void
sioa_admin_backend_dispose (GObject *object)
{
  drop_client (SIOA_ADMIN_BACKEND (object));

  G_OBJECT_CLASS (sioa_admin_backend_parent_class)->dispose (object);
}

static void
clear_password (char **password)
{
  if (*password != NULL)
    explicit_bzero (*password, strlen (*password));
  g_clear_pointer (password, g_free);
}

static void
sioa_admin_backend_finalize (GObject *object)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (object);

  g_free (self->uri);
  g_free (self->nsp);
  g_free (self->path);
  g_free (self->user);
  g_free (self->session_id);
  clear_password (&self->password);
  g_clear_error (&self->error);
  sioa_admin_stats_free (self->stats);
  g_hash_table_unref (self->namespaces);
  g_ptr_array_unref (self->changes);

  G_OBJECT_CLASS (sioa_admin_backend_parent_class)->finalize (object);
}

static void
sioa_admin_backend_class_init (SioaAdminBackendClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_admin_backend_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_admin_backend_finalize;
}

static void
sioa_admin_backend_init (SioaAdminBackend *self)
{
  self->stats = sioa_admin_stats_new ();
  self->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->changes = sioa_changes_new ();
}

SioaAdminBackend *
sioa_admin_backend_new (const char *uri, const char *nsp)
{
  SioaAdminBackend *self = g_object_new (SIOA_TYPE_ADMIN_BACKEND, NULL);

  self->uri = g_strdup (uri);
  self->nsp = g_strdup (nsp);
  return self;
}

void
sioa_admin_backend_set_path (SioaAdminBackend *self, const char *path)
{
  g_free (self->path);
  self->path = g_strdup (path);
}

void
sioa_admin_backend_set_websocket_only (SioaAdminBackend *self, gboolean websocket_only)
{
  self->websocket_only = websocket_only;
}

void
sioa_admin_backend_set_credentials (SioaAdminBackend *self, const char *user, const char *password)
{
  g_free (self->user);
  self->user = g_strdup (user);
  clear_password (&self->password);
  self->password = g_strdup (password);
  g_clear_pointer (&self->session_id, g_free);
}
