/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-admin.h"

#include <string.h>

#include "sios-admin-checks.h"
#include "sios-admin-sessions.h"
#include "sios-control.h"
#include "sios-credential.h"
#include "sios-guesses.h"
#include "sios-record.h"

/* The namespace that the official Admin UI connects to: settings, logins, and who is there. */

#define GROUP "admin"
#define LOGIN "sios-admin-login"
#define MAX_FILE (64 * 1024)
#define MAX_ADDRESSES 10000
/* crypt(3) takes no more; nobody types that. */
#define MAX_PASSWORD 512
#define MAX_NAME 64

/* What is kept of a login on its socket. */
typedef struct
{
  char *name;    /* NULL without passwords */
  char *session; /* told once */
} Login;

typedef struct
{
  SiosAdmin admin;
  SiosAdminUsers *users;
  SiosAdminSessions *sessions;
  SiosAdminChecks *checks;
  SiosGuesses *guesses;
  guint middleware;
} Feature;

static void
login_free (gpointer data)
{
  Login *login = data;

  g_free (login->name);
  g_free (login->session);
  g_free (login);
}

SiosCaller
sios_admin_get_caller (SiosAdmin *self, SioSocket *socket)
{
  const Login *login = g_object_get_data (G_OBJECT (socket), LOGIN);

  return (SiosCaller){ SIOS_CALLER_ADMIN, login != NULL ? login->name : NULL,
                       sio_handshake_get_address (sio_socket_get_handshake (socket)) };
}

/* Logging in */

static const char *const refusals[SIOS_ADMIN_N_REFUSALS] = {
  [SIOS_ADMIN_BAD_CREDENTIALS] = "credentials",
  [SIOS_ADMIN_BAD_SESSION] = "session",
  [SIOS_ADMIN_THROTTLED] = "throttled",
  [SIOS_ADMIN_BUSY] = "busy",
  [SIOS_ADMIN_FULL] = "full",
};

static void
refuse (Feature *self, SioSocket *socket, GTask *task, SiosAdminRefusal why)
{
  static const char *const texts[SIOS_ADMIN_N_REFUSALS] = {
    /* What official clients look for. */
    [SIOS_ADMIN_BAD_CREDENTIALS] = "invalid credentials",
    [SIOS_ADMIN_BAD_SESSION] = "invalid credentials",
    [SIOS_ADMIN_THROTTLED] = "too many failed logins, try again in a minute",
    [SIOS_ADMIN_BUSY] = "too many logins at a time, try again",
    [SIOS_ADMIN_FULL] = "too many admins are connected",
  };
  const char *address = sio_handshake_get_address (sio_socket_get_handshake (socket));
  const SiosField fields[] = { { "SIO_NAMESPACE", sio_namespace_get_name (self->admin.ns) },
                               { "SIO_PEER", address },
                               { "SIO_CODE", refusals[why] },
                               { NULL } };

  self->admin.counters.n_refused[why]++;
  sios_record_write (SIOS_RECORD_AUTH_FAILED, fields, "Refused an admin%s%s: %s",
                     *address != '\0' ? " from " : "", address, refusals[why]);
  sio_middleware_reject (task, texts[why], NULL);
}

/* The members of data that begin with _admin are not shown to anybody, and stay with a session that
 * is recovered. */
static void
remember_name (SioSocket *socket, const char *name)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *data = json_object_new ();
  JsonObject *inner = json_object_new ();

  json_object_set_string_member (inner, "username", name);
  json_object_set_object_member (data, "_admin", inner);
  json_node_take_object (node, data);
  sio_socket_set_data (socket, node);
}

static void
accept_login (Feature *self, SioSocket *socket, GTask *task, const char *name, char *session)
{
  Login *login = g_new0 (Login, 1);

  login->name = g_strdup (name);
  login->session = session;
  g_object_set_data_full (G_OBJECT (socket), LOGIN, login, login_free);
  if (name != NULL)
    remember_name (socket, name);
  sio_middleware_accept (task);
}

static gint64
get_now (void)
{
  return g_get_monotonic_time ();
}

typedef struct
{
  Feature *self;
  SiosAdminUsers *before;
} Change;

/* With the same password as before. */
static gboolean
is_still_welcome (const char *name, gpointer user_data)
{
  Change *change = user_data;
  const char *before = change->before != NULL && name != NULL
                           ? sios_admin_users_get_hash (change->before, name)
                           : NULL;
  const char *now = change->self->users != NULL && name != NULL
                        ? sios_admin_users_get_hash (change->self->users, name)
                        : NULL;

  return before != NULL && g_strcmp0 (before, now) == 0;
}

typedef struct
{
  Feature *self;
  SioSocket *socket;
  GTask *task;
  char *name;
  SiosAdminUsers *users; /* whose password was checked */
} Attempt;

static void
attempt_free (Attempt *attempt)
{
  g_object_unref (attempt->socket);
  g_object_unref (attempt->task);
  sios_admin_users_unref (attempt->users);
  g_free (attempt->name);
  g_free (attempt);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attempt, attempt_free)

static void
checked_cb (gboolean correct, gpointer user_data)
{
  g_autoptr (Attempt) attempt = user_data;
  Feature *self = attempt->self;
  SioHandshake *handshake = sio_socket_get_handshake (attempt->socket);
  Change change = { self, attempt->users };

  /* The password may have changed meanwhile. */
  if (!correct || !is_still_welcome (attempt->name, &change))
    {
      refuse (self, attempt->socket, attempt->task, SIOS_ADMIN_BAD_CREDENTIALS);
      return;
    }
  sios_guesses_take_back (self->guesses, sio_handshake_get_address (handshake));
  self->admin.counters.n_logins++;
  accept_login (self, attempt->socket, attempt->task, attempt->name,
                sios_admin_sessions_add (self->sessions, attempt->name, get_now ()));
}

/* NULL if the member is missing or no string. */
static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static void
check_password (
    Feature *self, SioSocket *socket, GTask *task, const char *name, const char *password)
{
  const char *address = sio_handshake_get_address (sio_socket_get_handshake (socket));
  Attempt *attempt;

  if (sios_guesses_get_wait (self->guesses, address, get_now ()) > 0)
    {
      refuse (self, socket, task, SIOS_ADMIN_THROTTLED);
      return;
    }
  if (sios_admin_checks_get_length (self->checks) >= self->admin.settings.max_checks)
    {
      refuse (self, socket, task, SIOS_ADMIN_BUSY);
      return;
    }
  /* Now and not when it failed: many may be tried at once. */
  sios_guesses_add (self->guesses, address, get_now ());
  attempt = g_new0 (Attempt, 1);
  attempt->self = self;
  attempt->socket = g_object_ref (socket);
  attempt->task = g_object_ref (task);
  attempt->name = g_strdup (name);
  attempt->users = sios_admin_users_ref (self->users);
  sios_admin_checks_run (self->checks, self->users, name, password, checked_cb, attempt);
}

static void
authenticate (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  Feature *self = user_data;
  JsonNode *auth = sio_handshake_get_auth (sio_socket_get_handshake (socket));
  JsonObject *object =
      auth != NULL && JSON_NODE_HOLDS_OBJECT (auth) ? json_node_get_object (auth) : NULL;
  const char *session = get_string (object, "sessionId");
  const char *name = get_string (object, "username");
  const char *password = get_string (object, "password");
  const char *known;

  if (!self->admin.settings.enabled)
    {
      /* As if it were not there. */
      sio_middleware_reject (task, "Invalid namespace", NULL);
      return;
    }
  if (g_hash_table_size (self->admin.admins) >= self->admin.settings.max_admins)
    {
      refuse (self, socket, task, SIOS_ADMIN_FULL);
      return;
    }
  if (self->admin.settings.open)
    {
      accept_login (self, socket, task, NULL, NULL);
      return;
    }
  known = session != NULL ? sios_admin_sessions_find (self->sessions, session, get_now ()) : NULL;
  if (known != NULL)
    {
      self->admin.counters.n_resumed++;
      accept_login (self, socket, task, known, NULL);
    }
  else if (name != NULL && password != NULL && strlen (name) <= MAX_NAME &&
           strlen (password) <= MAX_PASSWORD)
    check_password (self, socket, task, name, password);
  else
    refuse (self, socket, task,
            session != NULL ? SIOS_ADMIN_BAD_SESSION : SIOS_ADMIN_BAD_CREDENTIALS);
}

/* Who is there */

static void
send_config (Feature *self, SioSocket *socket)
{
  static const char *const commands[] = { "EMIT",  "JOIN",   "LEAVE",      "DISCONNECT",
                                          "MJOIN", "MLEAVE", "MDISCONNECT" };
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  sio_args_builder_begin_object (builder);
  sio_args_builder_set_member_name (builder, "supportedFeatures");
  sio_args_builder_begin_array (builder);
  for (guint i = 0; !self->admin.settings.readonly && i < G_N_ELEMENTS (commands); i++)
    sio_args_builder_add_string (builder, commands[i]);
  sio_args_builder_add_string (builder, "AGGREGATED_EVENTS");
  if (self->admin.settings.development)
    sio_args_builder_add_string (builder, "ALL_EVENTS");
  sio_args_builder_end_array (builder);
  sio_args_builder_end_object (builder);
  sio_socket_emit (socket, "config", sio_args_builder_end (builder));
}

/* What an admin has to know of the settings. */
static void
welcome (Feature *self, SioSocket *socket)
{
  send_config (self, socket);
  sios_admin_events_send_stats (self->admin.events, socket);
  if (self->admin.settings.development && sio_socket_is_connected (socket))
    sios_admin_list_send (self->admin.list, socket);
}

static void
disconnected_cb (SioSocket *socket, const char *reason, const char *description, Feature *self)
{
  g_signal_handlers_disconnect_by_data (socket, self);
  if (!g_hash_table_remove (self->admin.admins, socket))
    return;
  sios_admin_events_disconnected (self->admin.events, socket, reason);
  sios_admin_events_update (self->admin.events);
}

/* A session that was recovered met no middleware. */
static gboolean
recover_login (Feature *self, SioSocket *socket)
{
  JsonNode *data = sio_socket_get_data (socket);
  JsonObject *object =
      data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? json_node_get_object (data) : NULL;
  JsonNode *inner = object != NULL ? json_object_get_member (object, "_admin") : NULL;
  const char *name = inner != NULL && JSON_NODE_HOLDS_OBJECT (inner)
                         ? get_string (json_node_get_object (inner), "username")
                         : NULL;
  Login *login;

  if (!self->admin.settings.enabled)
    return FALSE;
  if (!self->admin.settings.open &&
      (name == NULL || sios_admin_users_get_hash (self->users, name) == NULL))
    return FALSE;
  login = g_new0 (Login, 1);
  login->name = g_strdup (name);
  g_object_set_data_full (G_OBJECT (socket), LOGIN, login, login_free);
  return TRUE;
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, Feature *self)
{
  Login *login = g_object_get_data (G_OBJECT (socket), LOGIN);
  SiosCaller caller;

  if (login == NULL && !recover_login (self, socket))
    {
      sio_socket_close (socket, FALSE);
      return;
    }
  caller = sios_admin_get_caller (&self->admin, socket);
  sios_control_done (sios_control_get (self->admin.features), &caller, "login", NULL);
  g_hash_table_add (self->admin.admins, g_object_ref (socket));
  g_signal_connect (socket, "disconnected", G_CALLBACK (disconnected_cb), self);
  /* Behind the answer to CONNECT, unlike Node: listeners that are added on "connect" get it. */
  if (login != NULL && login->session != NULL)
    {
      g_autofree char *id = g_steal_pointer (&login->session);

      sio_socket_emit (socket, "session", sio_args_new_from_string (id));
    }
  sios_admin_events_update (self->admin.events);
  sios_admin_events_connected (self->admin.events, socket);
  welcome (self, socket);
}

/* The feature */

static gpointer
admin_create (SiosFeatures *features)
{
  Feature *self = g_new0 (Feature, 1);

  self->admin.features = features;
  self->admin.server = sios_features_get_server (features);
  self->admin.namespaces = g_ptr_array_new_with_free_func (g_object_unref);
  self->admin.admins = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->admin.events = sios_admin_events_new (&self->admin);
  self->admin.list = sios_admin_list_new (&self->admin);
  self->sessions = sios_admin_sessions_new ();
  self->checks = sios_admin_checks_new ();
  self->guesses = sios_guesses_new (MAX_ADDRESSES);
  return self;
}

static void
admin_destroy (gpointer data)
{
  Feature *self = data;
  GHashTableIter iter;
  gpointer socket;

  sios_admin_checks_free (self->checks);
  g_hash_table_iter_init (&iter, self->admin.admins);
  while (g_hash_table_iter_next (&iter, &socket, NULL))
    g_signal_handlers_disconnect_by_data (socket, self);
  sios_admin_events_free (self->admin.events);
  sios_admin_list_free (self->admin.list);
  if (self->admin.ns != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->admin.ns, self);
      sio_namespace_unuse (self->admin.ns, self->middleware);
      sios_admin_commands_remove (&self->admin);
      g_object_unref (self->admin.ns);
    }
  sios_guesses_free (self->guesses);
  sios_admin_sessions_free (self->sessions);
  g_clear_pointer (&self->users, sios_admin_users_unref);
  g_hash_table_unref (self->admin.admins);
  g_ptr_array_unref (self->admin.namespaces);
  g_free (self->admin.settings.server_id);
  g_free (self);
}

static gboolean
is_open (SiosConfig *config)
{
  return sios_config_get_integer (config, GROUP, "auth") == 1; /* none */
}

static SiosAdminUsers *
load_users (SiosConfig *config, GPtrArray *problems)
{
  const char *file = sios_config_get_string (config, GROUP, "password-file");
  const char *origin = sios_config_get_origin (config, GROUP, "password-file");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *where = NULL;
  const char *text;
  gsize length;

  if (*file == '\0')
    {
      g_ptr_array_add (problems, g_strdup ("[admin] password-file: expected a file with NAME:HASH "
                                           "lines, or auth=none to let everybody in"));
      return NULL;
    }
  bytes = sios_credential_read (file, MAX_FILE, &error);
  if (bytes == NULL)
    {
      g_ptr_array_add (problems,
                       g_strdup_printf ("%s: [admin] password-file: %s", origin, error->message));
      return NULL;
    }
  where = g_strdup_printf ("%s: [admin] password-file", origin);
  text = g_bytes_get_data (bytes, &length);
  return sios_admin_users_parse (text, length, sios_config_get_string (config, GROUP, "username"),
                                 where, problems);
}

static gpointer
admin_prepare (SiosConfig *config, GPtrArray *problems)
{
  g_auto (GStrv) names = sios_config_list_names (config, "namespace");
  const char *name = sios_config_get_string (config, GROUP, "namespace");

  if (!sios_config_get_boolean (config, GROUP, "enabled"))
    return NULL;
  if (g_strv_contains ((const char *const *) names, name))
    g_ptr_array_add (problems,
                     g_strdup_printf ("[admin] namespace: expected a namespace that nobody else "
                                      "uses, got %s, which is also [namespace %s]",
                                      name, name));
  if (is_open (config))
    return NULL;
  return load_users (config, problems);
}

static void
admin_release (gpointer users)
{
  if (users != NULL)
    sios_admin_users_unref (users);
}

static void
read_settings (SiosAdminSettings *settings, SiosConfig *config)
{
  settings->enabled = sios_config_get_boolean (config, GROUP, "enabled");
  settings->open = is_open (config);
  settings->readonly = sios_config_get_boolean (config, GROUP, "readonly");
  settings->development = sios_config_get_integer (config, GROUP, "mode") == 1;
  g_free (settings->server_id);
  settings->server_id = g_strdup (sios_config_get_string (config, GROUP, "server-id"));
  settings->max_admins = (guint) sios_config_get_integer (config, GROUP, "max-admins");
  settings->max_checks = (guint) sios_config_get_integer (config, GROUP, "max-password-checks");
  settings->max_listed = (guint) sios_config_get_integer (config, GROUP, "max-listed-sockets");
  settings->max_event_bytes = sios_config_get_integer (config, GROUP, "max-event-bytes");
  settings->max_events_per_second =
      (guint) sios_config_get_integer (config, GROUP, "max-events-per-second");
}

static void
install (Feature *self, SiosConfig *config)
{
  const char *name = sios_config_get_string (config, GROUP, "namespace");

  self->admin.ns = g_object_ref (sio_server_of (self->admin.server, name));
  g_ptr_array_add (self->admin.namespaces, g_object_ref (self->admin.ns));
  sios_control_hide_namespace (sios_control_get (self->admin.features), name);
  self->middleware = sio_namespace_use (self->admin.ns, authenticate, self, NULL);
  g_signal_connect (self->admin.ns, "connection", G_CALLBACK (connection_cb), self);
  sios_admin_commands_install (&self->admin);
}

/* After a reload: those who may not be there any more go, the others learn what is different. */
static void
greet_again (Feature *self, Change *change, gboolean differs)
{
  g_autoptr (GPtrArray) admins = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer socket;

  g_hash_table_iter_init (&iter, self->admin.admins);
  while (g_hash_table_iter_next (&iter, &socket, NULL))
    g_ptr_array_add (admins, g_object_ref (socket));
  for (guint i = 0; i < admins->len; i++)
    {
      SioSocket *admin = g_ptr_array_index (admins, i);
      SiosCaller caller = sios_admin_get_caller (&self->admin, admin);

      if (!self->admin.settings.enabled ||
          !(self->admin.settings.open || is_still_welcome (caller.name, change)))
        sio_socket_close (admin, FALSE);
      else if (differs)
        welcome (self, admin);
    }
}

static void
admin_configure (gpointer data, SiosConfig *config)
{
  Feature *self = data;
  g_autoptr (SiosAdminUsers) before = g_steal_pointer (&self->users);
  SiosAdminUsers *users = sios_config_get_prepared (config, "admin");
  Change change = { self, before };
  gboolean was_readonly = self->admin.settings.readonly;
  gboolean was_development = self->admin.settings.development;

  read_settings (&self->admin.settings, config);
  self->users = users != NULL ? sios_admin_users_ref (users) : NULL;
  sios_guesses_set_rate (
      self->guesses, (guint) sios_config_get_integer (config, GROUP, "max-failures-per-minute"));
  sios_admin_sessions_set_limits (self->sessions,
                                  sios_config_get_integer (config, GROUP, "session-duration"),
                                  (guint) sios_config_get_integer (config, GROUP, "max-sessions"));
  sios_admin_sessions_keep (self->sessions, is_still_welcome, &change);
  if (self->admin.settings.enabled && self->admin.ns == NULL)
    install (self, config);
  sios_admin_events_update (self->admin.events);
  greet_again (self, &change,
               was_readonly != self->admin.settings.readonly ||
                   was_development != self->admin.settings.development);
}

static void
admin_namespace_added (gpointer data, SioNamespace *ns)
{
  Feature *self = data;

  /* In front of the admins' own, as the root always is. */
  g_ptr_array_insert (self->admin.namespaces,
                      (int) self->admin.namespaces->len - (self->admin.ns != NULL),
                      g_object_ref (ns));
  sios_admin_events_update (self->admin.events);
}

static void
admin_connected (gpointer data, SioSocket *socket)
{
  sios_admin_events_connected (((Feature *) data)->admin.events, socket);
}

static void
admin_disconnected (gpointer data, SioSocket *socket, const char *reason)
{
  sios_admin_events_disconnected (((Feature *) data)->admin.events, socket, reason);
}

static void
admin_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  static const char *const commands[SIOS_ADMIN_N_COMMANDS] = { "join", "leave", "disconnect",
                                                               "emit" };
  static const char *const denials[SIOS_ADMIN_N_DENIALS] = { "readonly", "invalid",
                                                             "unknown_namespace" };
  Feature *self = data;
  const SiosAdminCounters *counters = &self->admin.counters;
  const SiosMetric metrics[] = {
    { GROUP, "connected", SIOS_METRIC_GAUGE, "Admins that are connected.", NULL, NULL,
      g_hash_table_size (self->admin.admins) },
    { GROUP, "sessions", SIOS_METRIC_GAUGE, "Logins that go on without a password.", NULL, NULL,
      sios_admin_sessions_get_length (self->sessions) },
    { GROUP, "logins", SIOS_METRIC_COUNTER, "Logins with a password.", NULL, NULL,
      counters->n_logins },
    { GROUP, "resumed", SIOS_METRIC_COUNTER, "Logins with the id of a session.", NULL, NULL,
      counters->n_resumed },
    { GROUP, "lists", SIOS_METRIC_COUNTER, "Lists of all sockets that were sent.", NULL, NULL,
      counters->n_lists },
    { GROUP, "lists_cut", SIOS_METRIC_COUNTER, "Those that lack sockets.", NULL, NULL,
      counters->n_lists_cut },
    { GROUP, "pauses", SIOS_METRIC_COUNTER, "Seconds with more events than admins are told of.",
      NULL, NULL, counters->n_pauses },
  };

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    func (&metrics[i], user_data);
  for (guint i = 0; i < SIOS_ADMIN_N_REFUSALS; i++)
    {
      SiosMetric metric = { GROUP,    "refused",   SIOS_METRIC_COUNTER,   "Logins that failed.",
                            "reason", refusals[i], counters->n_refused[i] };

      func (&metric, user_data);
    }
  for (guint i = 0; i < SIOS_ADMIN_N_COMMANDS; i++)
    {
      SiosMetric metric = { GROUP,    "commands",  SIOS_METRIC_COUNTER, "What admins did.",
                            "action", commands[i], counters->n_done[i] };

      func (&metric, user_data);
    }
  for (guint i = 0; i < SIOS_ADMIN_N_DENIALS; i++)
    {
      SiosMetric metric = { GROUP,    "denied",   SIOS_METRIC_COUNTER,  "What admins were denied.",
                            "reason", denials[i], counters->n_denied[i] };

      func (&metric, user_data);
    }
}

const SiosFeature sios_admin_feature = {
  .name = "admin",
  .create = admin_create,
  .destroy = admin_destroy,
  .prepare = admin_prepare,
  .release = admin_release,
  .configure = admin_configure,
  .namespace_added = admin_namespace_added,
  .connected = admin_connected,
  .disconnected = admin_disconnected,
  .metrics = admin_metrics,
};
