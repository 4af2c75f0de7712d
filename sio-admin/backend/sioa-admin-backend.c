/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sioa-admin-private.h"

/* 10 000 sockets are some 10 MB in one message. */
#define MAX_PAYLOAD (64 * 1024 * 1024)
/* Whoever does not say what it can do by then is no server for administration. */
#define CONFIG_TIMEOUT_S 3
/* Longer than a connection takes to fail: then it is there, and the login is not answered. */
#define LOGIN_TIMEOUT_S 25
/* Of what a server says, in characters: it may be of any length. */
#define MAX_REASON_LENGTH 200

static void sioa_admin_backend_iface_init (SioaBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaAdminBackend,
                               sioa_admin_backend,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_BACKEND,
                                                      sioa_admin_backend_iface_init))

void
sioa_admin_backend_set_state (SioaAdminBackend *self, SioaState state, GError *error)
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
  g_clear_handle_id (&self->login_id, g_source_remove);
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
  sioa_admin_backend_set_state (self, SIOA_STATE_FAILED,
                                g_error_new_literal (SIOA_ERROR, code, text));
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

/* It may still be answered. */
static gboolean
no_login_cb (gpointer user_data)
{
  SioaAdminBackend *self = user_data;

  self->login_id = 0;
  if (self->state == SIOA_STATE_CONNECTING)
    sioa_admin_backend_set_state (self, SIOA_STATE_WAITING,
                                  g_error_new_literal (SIOA_ERROR, SIOA_ERROR_UNREACHABLE,
                                                       _ ("the server does not answer the login")));
  return G_SOURCE_REMOVE;
}

static void
connected_cb (SioClient *client, SioaAdminBackend *self)
{
  g_clear_handle_id (&self->config_id, g_source_remove);
  g_clear_handle_id (&self->login_id, g_source_remove);
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
    sioa_admin_backend_set_state (
        self, SIOA_STATE_WAITING,
        g_error_new (SIOA_ERROR, SIOA_ERROR_UNREACHABLE, _ ("the connection broke (%s)"), reason));
  else
    fail (self, SIOA_ERROR_FAILED, _ ("The server closed this connection."));
}

static gboolean
is_unreachable (const GError *error)
{
  return error->domain == G_RESOLVER_ERROR ||
         g_error_matches (error, SIO_ERROR, SIO_ERROR_TIMEOUT) ||
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
         /* So do servers on Node for a WebSocket whose path is not theirs. */
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
         error->domain == SOUP_SESSION_ERROR;
}

static char *
describe (const GError *error)
{
  g_autofree char *start = NULL;

  if (g_error_matches (error, SIO_ERROR, SIO_ERROR_TIMEOUT))
    return g_strdup (_ ("no answer in time"));
  if (g_utf8_strlen (error->message, -1) <= MAX_REASON_LENGTH)
    return g_strdup (error->message);
  start = g_utf8_substring (error->message, 0, MAX_REASON_LENGTH);
  return g_strconcat (start, "…", NULL);
}

/* TRUE if it is tried once more at once. */
static gboolean
refused (SioaAdminBackend *self, const GError *error)
{
  g_autofree char *reason = describe (error);
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
  text = g_strdup_printf (self->by_token ? _ ("The server refused the token (%s).")
                                         : _ ("The server refused the user name or password (%s)."),
                          reason);
  fail (self, SIOA_ERROR_CREDENTIALS, text);
  return FALSE;
}

static void
connect_error_cb (SioClient *client, GError *error, JsonNode *data, SioaAdminBackend *user_data)
{
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  g_autofree char *reason = describe (error);
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
    sioa_admin_backend_set_state (
        self, SIOA_STATE_WAITING,
        g_error_new (SIOA_ERROR, SIOA_ERROR_NOT_SOCKETIO,
                     _ ("no Socket.IO server answers at this address and path (%s)"), reason));
  else
    sioa_admin_backend_set_state (
        self, SIOA_STATE_WAITING,
        g_error_new_literal (SIOA_ERROR,
                             is_unreachable (error) ? SIOA_ERROR_UNREACHABLE : SIOA_ERROR_FAILED,
                             reason));
}

static void
auth_func (SioClient *client, GTask *task, gpointer user_data)
{
  SioaAdminBackend *self = user_data;
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  if (self->session_id != NULL)
    json_object_set_string_member (object, "sessionId", self->session_id);
  else if (self->by_token)
    json_object_set_string_member (object, "token", self->password != NULL ? self->password : "");
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
  sio_client_on_any (self->client, sioa_admin_news_event, self, NULL);
  g_signal_connect (self->client, "connected", G_CALLBACK (connected_cb), self);
  g_signal_connect (self->client, "disconnected", G_CALLBACK (disconnected_cb), self);
  g_signal_connect (self->client, "connect-error", G_CALLBACK (connect_error_cb), self);
  self->login_id = g_timeout_add_seconds (LOGIN_TIMEOUT_S, no_login_cb, self);
  sioa_admin_backend_set_state (self, SIOA_STATE_CONNECTING, NULL);
  sio_client_open (self->client);
}

static void
sioa_admin_backend_close (SioaBackend *backend)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (backend);

  drop_client (self);
  if (self->state != SIOA_STATE_CLOSED)
    sioa_admin_backend_set_state (self, SIOA_STATE_CLOSED, NULL);
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
sioa_admin_backend_iface_init (SioaBackendInterface *iface)
{
  iface->open = sioa_admin_backend_open;
  iface->close = sioa_admin_backend_close;
  iface->get_state = sioa_admin_backend_get_state;
  iface->get_error = sioa_admin_backend_get_error;
  iface->get_features = sioa_admin_backend_get_features;
  iface->get_rtt = sioa_admin_backend_get_rtt;
  sioa_admin_acts_init (iface);
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
  self->by_token = FALSE;
  clear_password (&self->password);
  self->password = g_strdup (password);
  g_clear_pointer (&self->session_id, g_free);
}

void
sioa_admin_backend_set_token (SioaAdminBackend *self, const char *token)
{
  sioa_admin_backend_set_credentials (self, NULL, token);
  self->by_token = TRUE;
}
