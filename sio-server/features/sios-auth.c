/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-auth-private.h"
#include "sios-record.h"

/* Who may connect: a middleware of each namespace that asks for tokens. */

/* In the data of sockets, which recovery keeps: whose they were. */
#define MARK "_auth"
#define REFRESH_EVENT "auth:refresh"

/* A namespace and what [namespace NAME] says of it. */
typedef struct
{
  SiosAuth *owner;
  SioNamespace *ns;
  SiosAuthMode mode;
  guint middleware; /* 0: nobody is asked */
} Watched;

SiosAuth *
sios_auth_ref (SiosAuth *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sios_auth_unref (SiosAuth *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

static void
watched_free (gpointer data)
{
  Watched *watched = data;

  if (watched->middleware != 0)
    sio_namespace_unuse (watched->ns, watched->middleware);
  g_object_unref (watched->ns);
  g_free (watched);
}

static gpointer
auth_create (SiosFeatures *features)
{
  SiosAuth *self = g_new0 (SiosAuth, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->features = features;
  self->server = sios_features_get_server (features);
  self->namespaces = g_hash_table_new_full (NULL, NULL, NULL, watched_free);
  sios_auth_live_init (self);
  return self;
}

static void
drop_jwks (SiosAuth *self)
{
  if (self->jwks == NULL)
    return;
  self->n_fetches += sios_jwks_get_n_fetches (self->jwks);
  self->n_fetch_failures += sios_jwks_get_n_failures (self->jwks);
  g_signal_handlers_disconnect_by_data (self->jwks, self);
  sios_jwks_stop (self->jwks);
  g_clear_object (&self->jwks);
}

static void
drop_verifier (SiosAuth *self)
{
  if (self->verifier != NULL)
    self->n_cached += sios_verifier_get_counters (self->verifier)->n_cached;
  g_clear_object (&self->verifier);
}

static void
auth_destroy (gpointer data)
{
  SiosAuth *self = data;

  self->closed = TRUE;
  g_clear_pointer (&self->namespaces, g_hash_table_unref);
  sios_auth_live_clear (self);
  drop_verifier (self);
  drop_jwks (self);
  g_clear_pointer (&self->store, sios_auth_store_free);
  g_clear_pointer (&self->revocations, sios_revocations_unref);
  self->config = NULL;
  g_clear_pointer (&self->current, sios_config_unref);
  sios_auth_unref (self);
}

static void
jwks_failed_cb (SiosJwks *jwks, const GError *error, SiosAuth *self)
{
  gboolean kept = sios_jwks_get_keys (jwks) != NULL;
  const SiosField fields[] = { { "SIO_URL", self->config->jwks_url },
                               { "SIO_CODE", kept ? "kept" : "none" },
                               { NULL } };

  sios_record_write (SIOS_RECORD_KEYS_UNREACHABLE, fields, "Keys of %s cannot be had, %s: %s",
                     self->config->jwks_url, kept ? "those from before are kept" : "there are none",
                     error->message);
}

/* Whether @next asks for the same keys in the same way, so that those that are there stay. */
static gboolean
is_same_jwks (const SiosAuthConfig *now, const SiosAuthConfig *next)
{
  return now != NULL && g_strcmp0 (now->jwks_url, next->jwks_url) == 0 &&
         memcmp (&now->jwks_limits, &next->jwks_limits, sizeof now->jwks_limits) == 0 &&
         (now->jwks_ca == NULL) == (next->jwks_ca == NULL) &&
         (now->jwks_ca == NULL || g_bytes_equal (now->jwks_ca, next->jwks_ca));
}

static void
configure_jwks (SiosAuth *self, const SiosAuthConfig *next)
{
  g_autoptr (GError) error = NULL;

  if (!is_same_jwks (self->config, next))
    drop_jwks (self);
  if (next->jwks_url == NULL)
    return;
  if (self->jwks == NULL)
    {
      self->jwks =
          sios_jwks_new (next->jwks_url, &next->jwks_limits, next->jwks_authorities, &error);
      g_assert_no_error (error); /* the URL was checked */
      g_signal_connect (self->jwks, "failed", G_CALLBACK (jwks_failed_cb), self);
    }
}

/* A new one each time: what its cache knows may be of keys that are gone. */
static void
configure_verifier (SiosAuth *self, const SiosAuthConfig *next)
{
  g_autoptr (GError) error = NULL;

  drop_verifier (self);
  if (!sios_auth_config_has_keys (next))
    return;
  self->verifier = sios_verifier_new (sios_claim_rules_copy (next->rules), next->keys, self->jwks,
                                      &next->limits, &error);
  if (self->verifier == NULL)
    /* The keys were checked, so this is about threads. Nobody is let in. */
    g_critical ("Tokens cannot be verified: %s", error->message);
  else
    sios_verifier_set_revocations (self->verifier, self->revocations);
}

static void
merge_cb (SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data)
{
  sios_revocations_restore (user_data, kind, name, since, until,
                            g_get_real_time () / G_USEC_PER_SEC);
}

/* The list is read from its file once. One that the configuration names later is added to it. */
static void
configure_revocations (SiosAuth *self, const SiosAuthConfig *next)
{
  if (self->revocations == NULL)
    {
      self->revocations = sios_revocations_ref (next->revocations);
      self->store = sios_auth_store_new (self->revocations, next->revocations_path);
      return;
    }
  sios_revocations_set_max (self->revocations, next->limits.max_revocations);
  if (g_strcmp0 (self->config->revocations_path, next->revocations_path) == 0)
    return;
  sios_revocations_foreach (next->revocations, merge_cb, self->revocations);
  sios_auth_store_set_path (self->store, next->revocations_path);
}

static void configure_namespace (Watched *self);

static void
auth_configure (gpointer data, SiosConfig *config)
{
  SiosAuth *self = data;
  const SiosAuthConfig *next = sios_config_get_prepared (config, sios_auth_feature.name);
  SiosConfig *before = self->current;
  GHashTableIter iter;
  gpointer watched;

  configure_revocations (self, next);
  configure_jwks (self, next);
  configure_verifier (self, next);
  self->config = next;
  self->current = sios_config_ref (config);
  g_clear_pointer (&before, sios_config_unref);
  /* Also asks for the keys again when they may have changed. */
  if (self->jwks != NULL)
    sios_jwks_start (self->jwks);
  /* Whoever comes back shows a token, too. */
  sio_recovery_set_skip_middlewares (sio_server_get_recovery (self->server), FALSE);
  sios_auth_live_configure (self);
  sios_auth_live_close_revoked (self);
  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, NULL, &watched))
    configure_namespace (watched);
}

/* Verifying */

typedef struct
{
  SiosAuth *owner;
  SiosVerifier *verifier; /* that was asked */
  char *token;
  char *where;
  char *peer;
  SioSocket *socket; /* or NULL */
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_clear_object (&question->verifier);
  g_clear_object (&question->socket);
  g_free (question->token);
  g_free (question->where);
  g_free (question->peer);
  sios_auth_unref (question->owner);
  g_free (question);
}

void
sios_auth_count_refusal (
    SiosAuth *self, SiosAuthReason reason, const char *where, const char *peer, SioSocket *socket)
{
  SiosIdentity *identity = socket != NULL ? sios_socket_get_identity (socket) : NULL;
  const SiosField fields[] = { { "SIO_CODE", sios_auth_reason_get_code (reason) },
                               { "SIO_REASON", sios_auth_reason_get_name (reason) },
                               { "SIO_NAMESPACE", where },
                               { "SIO_PEER", peer },
                               { "SIO_SID", identity != NULL ? sio_socket_get_id (socket) : NULL },
                               { "SIO_USER", identity != NULL ? identity->user : NULL },
                               { NULL } };

  self->n_refused[reason]++;
  sios_record_write (
      SIOS_RECORD_AUTH_FAILED, fields, "Authentication failed: %s, at %s, from %s%s%s",
      sios_auth_reason_get_name (reason), where, peer != NULL ? peer : "unknown",
      identity != NULL ? ", renewing the token of " : "", identity != NULL ? identity->user : "");
}

static void ask (GTask *task);

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Question *question = g_task_get_task_data (task);
  SiosAuth *self = question->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosIdentity) identity =
      sios_verifier_verify_finish (SIOS_VERIFIER (source), result, &error);

  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->closed)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, "The server ends");
      return;
    }
  /* A reload took the keys away by which it was found good, or brought those it lacked. */
  if (question->verifier != self->verifier)
    {
      ask (g_steal_pointer (&task));
      return;
    }
  /* Revoked while the answer was under way. */
  if (identity != NULL && sios_verifier_is_revoked (self->verifier, identity))
    {
      g_clear_pointer (&identity, sios_identity_unref);
      g_set_error_literal (&error, SIOS_AUTH_ERROR, SIOS_AUTH_REVOKED,
                           "The user or the token is revoked");
    }
  if (identity != NULL)
    {
      self->n_accepted++;
      g_task_return_pointer (task, g_steal_pointer (&identity),
                             (GDestroyNotify) sios_identity_unref);
      return;
    }
  if (error->domain == SIOS_AUTH_ERROR)
    sios_auth_count_refusal (self, error->code, question->where, question->peer, question->socket);
  g_task_return_error (task, g_steal_pointer (&error));
}

/* Takes @task. */
static void
ask (GTask *task)
{
  Question *question = g_task_get_task_data (task);
  SiosAuth *self = question->owner;

  if (self->verifier == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                               "Tokens cannot be verified: no keys are configured in [auth]");
      g_object_unref (task);
      return;
    }
  g_set_object (&question->verifier, self->verifier);
  sios_verifier_verify_async (self->verifier, question->token, 0, g_task_get_cancellable (task),
                              asked_cb, task);
}

/* @token: (transfer full) (nullable) */
static void
verify (SiosAuth *self,
        char *token,
        const char *where,
        const char *peer,
        SioSocket *socket,
        GCancellable *cancellable,
        GAsyncReadyCallback callback,
        gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->owner = sios_auth_ref (self);
  question->token = token;
  question->where = g_strdup (where);
  question->peer = g_strdup (peer);
  question->socket = socket != NULL ? g_object_ref (socket) : NULL;
  g_task_set_source_tag (task, sios_auth_verify_async);
  g_task_set_task_data (task, question, question_free);
  ask (task);
}

void
sios_auth_verify_async (SiosAuth *self,
                        const char *token,
                        const char *where,
                        const char *peer,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  verify (self, g_strdup (token), where, peer, NULL, cancellable, callback, user_data);
}

SiosIdentity *
sios_auth_verify_finish (SiosAuth *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
sios_auth_verify_for_socket (SiosAuth *self,
                             SioSocket *socket,
                             const char *token,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  verify (self, g_strdup (token), sio_namespace_get_name (sio_socket_get_namespace (socket)),
          sio_handshake_get_address (sio_socket_get_handshake (socket)), socket, NULL, callback,
          user_data);
}

/* Connecting */

/* What a socket that comes back has to match, in few bytes: user, tenant, roles and groups. Its
 * rooms and what it missed are those of the rights it had. */
static char *
make_mark (SiosIdentity *identity)
{
  g_autoptr (GChecksum) sum = NULL;
  char *const *lists[] = { identity->roles, identity->groups };

  sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (sum, (const guchar *) identity->user, (gssize) strlen (identity->user) + 1);
  if (identity->tenant != NULL)
    g_checksum_update (sum, (const guchar *) identity->tenant, (gssize) strlen (identity->tenant));
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_checksum_update (sum, (const guchar *) "\n", 1);
      for (guint j = 0; lists[i][j] != NULL; j++)
        g_checksum_update (sum, (const guchar *) lists[i][j], (gssize) strlen (lists[i][j]) + 1);
    }
  return g_strdup (g_checksum_get_string (sum));
}

static const char *
get_mark (SioSocket *socket)
{
  JsonNode *data = sio_socket_get_data (socket);

  return data != NULL && JSON_NODE_HOLDS_OBJECT (data)
             ? json_object_get_string_member_with_default (json_node_get_object (data), MARK, NULL)
             : NULL;
}

void
sios_auth_mark (SiosAuth *self, SioSocket *socket, SiosIdentity *identity)
{
  JsonNode *data = sio_socket_get_data (socket);
  g_autoptr (JsonNode) copy = NULL;
  g_autofree char *mark = NULL;

  if (!sio_recovery_is_enabled (sio_server_get_recovery (self->server)))
    return;
  mark = make_mark (identity);
  if (g_strcmp0 (mark, get_mark (socket)) == 0)
    return;
  if (data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    copy = json_node_copy (data);
  else
    {
      copy = json_node_new (JSON_NODE_OBJECT);
      json_node_take_object (copy, json_object_new ());
    }
  json_object_set_string_member (json_node_get_object (copy), MARK, mark);
  sio_socket_set_data (socket, copy);
}

/* @identity: NULL for nobody */
static void
admit (SiosAuth *self, SioSocket *socket, SiosIdentity *identity, GTask *task)
{
  if (sio_socket_is_recovered (socket))
    {
      g_autofree char *mark = identity != NULL ? make_mark (identity) : NULL;

      if (g_strcmp0 (mark, get_mark (socket)) != 0)
        sio_socket_start_anew (socket);
    }
  if (identity != NULL)
    {
      sios_socket_set_identity (socket, identity);
      sios_auth_mark (self, socket, identity);
    }
  sio_middleware_accept (task);
}

static void
refuse (GTask *task, const char *code)
{
  g_autoptr (JsonNode) data = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "code", code);
  json_node_take_object (data, object);
  sio_middleware_reject (task, SIOS_AUTH_REFUSED, data);
}

typedef struct
{
  SiosAuth *owner;
  SioSocket *socket;
  GTask *task;
} Connecting;

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Connecting *connecting = user_data;
  g_autoptr (SioSocket) socket = connecting->socket;
  g_autoptr (GTask) task = connecting->task;
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosIdentity) identity = sios_auth_verify_finish (connecting->owner, result, &error);

  if (identity != NULL)
    admit (connecting->owner, socket, identity, task);
  else if (error->domain == SIOS_AUTH_ERROR)
    refuse (task, sios_auth_reason_get_code (error->code));
  else
    /* Nobody waits any more, or a reload took all keys away. */
    refuse (task, sios_auth_reason_get_code (SIOS_AUTH_KEYS_UNAVAILABLE));
  sios_auth_unref (connecting->owner);
}

static void
middleware (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  Watched *watched = user_data;
  SiosAuth *self = watched->owner;
  SioHandshake *handshake = sio_socket_get_handshake (socket);
  char *token = sios_token_source_find (self->config->source, handshake);
  Connecting *connecting;

  if (token == NULL && watched->mode == SIOS_AUTH_OPTIONAL)
    {
      admit (self, socket, NULL, task);
      return;
    }
  connecting = g_new (Connecting, 1);
  *connecting = (Connecting){ sios_auth_ref (self), g_object_ref (socket), g_object_ref (task) };
  verify (self, token, sio_namespace_get_name (ns), sio_handshake_get_address (handshake), NULL,
          g_task_get_cancellable (task), verified_cb, connecting);
}

static void
configure_namespace (Watched *self)
{
  self->mode = sios_auth_config_get_mode (self->owner->current, sio_namespace_get_name (self->ns));
  if (self->mode != SIOS_AUTH_NONE && self->middleware == 0)
    self->middleware = sio_namespace_use (self->ns, middleware, self, NULL);
  else if (self->mode == SIOS_AUTH_NONE && self->middleware != 0)
    {
      sio_namespace_unuse (self->ns, self->middleware);
      self->middleware = 0;
    }
}

static void
auth_namespace_added (gpointer data, SioNamespace *ns)
{
  SiosAuth *self = data;
  Watched *watched = g_new0 (Watched, 1);

  watched->owner = self;
  watched->ns = g_object_ref (ns);
  g_hash_table_insert (self->namespaces, ns, watched);
  configure_namespace (watched);
}

static void
auth_connected (gpointer data, SioSocket *socket)
{
  if (sios_socket_get_identity (socket) != NULL)
    sios_auth_live_add (data, socket);
}

static void
auth_disconnected (gpointer data, SioSocket *socket, const char *reason)
{
  sios_auth_live_remove (data, socket);
}

static gboolean
auth_event (gpointer data, SioSocket *socket, SioMessage *message)
{
  SiosAuth *self = data;
  Watched *watched;

  if (self->verifier == NULL || strcmp (sio_message_get_event (message), REFRESH_EVENT) != 0)
    return FALSE;
  watched = g_hash_table_lookup (self->namespaces, sio_socket_get_namespace (socket));
  if (watched == NULL || watched->mode == SIOS_AUTH_NONE)
    return FALSE;
  sios_auth_live_refresh (self, socket, message);
  return TRUE;
}

gboolean
sios_auth_is_admin (SiosAuth *self, SiosIdentity *identity)
{
  for (guint i = 0; identity != NULL && self->config != NULL && identity->roles[i] != NULL; i++)
    if (g_strv_contains ((const char *const *) self->config->admin_roles, identity->roles[i]))
      return TRUE;
  return FALSE;
}

/* Revocations */

gboolean
sios_auth_revoke (SiosAuth *self,
                  SiosRevocationKind kind,
                  const char *name,
                  gint64 until,
                  guint *n_disconnected,
                  GError **error)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guint n;

  if (until == 0)
    until = now + (gint64) self->config->revocation_duration;
  if (!sios_revocations_add (self->revocations, kind, name, now, until, error))
    return FALSE;
  sios_auth_store_changed (self->store);
  n = sios_auth_live_close_revoked (self);
  if (n_disconnected != NULL)
    *n_disconnected = n;
  return TRUE;
}

gboolean
sios_auth_unrevoke (SiosAuth *self, SiosRevocationKind kind, const char *name)
{
  if (!sios_revocations_remove (self->revocations, kind, name))
    return FALSE;
  sios_auth_store_changed (self->store);
  return TRUE;
}

void
sios_auth_keep_async (SiosAuth *self, GAsyncReadyCallback callback, gpointer user_data)
{
  sios_auth_store_wait_async (self->store, callback, user_data);
}

gboolean
sios_auth_keep_finish (GAsyncResult *result, GError **error)
{
  return sios_auth_store_wait_finish (result, error);
}

void
sios_auth_foreach_revocation (SiosAuth *self, SiosRevocationFunc func, gpointer user_data)
{
  sios_revocations_foreach (self->revocations, func, user_data);
}

guint
sios_auth_get_n_revocations (SiosAuth *self)
{
  return sios_revocations_get_count (self->revocations);
}

static void
auth_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  SiosAuth *self = data;
  SiosVerifier *verifier = self->verifier;
  const SiosMetric metrics[] = {
    /* clang-format off */
    { "auth", "accepted", SIOS_METRIC_COUNTER, "Tokens that were found good.", NULL, NULL,
      self->n_accepted },
    { "auth", "cached", SIOS_METRIC_COUNTER, "Tokens that had been verified before.", NULL, NULL,
      self->n_cached + (verifier != NULL ? sios_verifier_get_counters (verifier)->n_cached : 0) },
    { "auth", "cache_size", SIOS_METRIC_GAUGE, "Verified tokens that are remembered.", NULL, NULL,
      verifier != NULL ? sios_verifier_get_n_cached (verifier) : 0 },
    { "auth", "pending", SIOS_METRIC_GAUGE, "Tokens that are being verified.", NULL, NULL,
      verifier != NULL ? sios_verifier_get_n_pending (verifier) : 0 },
    { "auth", "authenticated_sockets", SIOS_METRIC_GAUGE, "Connected sockets of known users.",
      NULL, NULL, sios_expiry_get_count (self->expiry) },
    { "auth", "expired", SIOS_METRIC_COUNTER, "Tokens that expired while their socket was connected.",
      NULL, NULL, self->n_expired },
    { "auth", "expired_disconnects", SIOS_METRIC_COUNTER,
      "Sockets that were disconnected because their token was not renewed.", NULL, NULL,
      self->n_expired_closed },
    { "auth", "refreshed", SIOS_METRIC_COUNTER, "Tokens that were renewed in place.", NULL, NULL,
      self->n_refreshed },
    { "auth", "refresh_refused", SIOS_METRIC_COUNTER, "Renewals that were refused.", NULL, NULL,
      self->n_refresh_refused },
    { "auth", "revocations", SIOS_METRIC_GAUGE, "Users and tokens that are revoked.", NULL, NULL,
      self->revocations != NULL ? sios_revocations_get_count (self->revocations) : 0 },
    { "auth", "revoked_disconnects", SIOS_METRIC_COUNTER,
      "Sockets that were disconnected by a revocation.", NULL, NULL, self->n_revoked_closed },
    { "auth", "revocation_write_failures", SIOS_METRIC_COUNTER,
      "Times that the file of revocations could not be written.", NULL, NULL,
      self->store != NULL ? sios_auth_store_get_n_failures (self->store) : 0 },
    { "auth", "key_fetches", SIOS_METRIC_COUNTER, "Times that keys were fetched.", NULL, NULL,
      self->n_fetches + (self->jwks != NULL ? sios_jwks_get_n_fetches (self->jwks) : 0) },
    { "auth", "key_fetch_failures", SIOS_METRIC_COUNTER, "Times that keys could not be fetched.",
      NULL, NULL,
      self->n_fetch_failures + (self->jwks != NULL ? sios_jwks_get_n_failures (self->jwks) : 0) },
    /* clang-format on */
  };

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    func (&metrics[i], user_data);
  for (guint i = 0; i < SIOS_AUTH_N_REASONS; i++)
    {
      const SiosMetric metric = { "auth",
                                  "refused",
                                  SIOS_METRIC_COUNTER,
                                  "Tokens that were refused.",
                                  "reason",
                                  sios_auth_reason_get_name (i),
                                  self->n_refused[i] };

      func (&metric, user_data);
    }
}

static gpointer
auth_prepare (SiosConfig *config, GPtrArray *problems)
{
  return sios_auth_config_prepare (config, problems);
}

static void
auth_release (gpointer prepared)
{
  sios_auth_config_free (prepared);
}

const SiosFeature sios_auth_feature = {
  .name = "auth",
  .create = auth_create,
  .destroy = auth_destroy,
  .prepare = auth_prepare,
  .release = auth_release,
  .configure = auth_configure,
  .namespace_added = auth_namespace_added,
  .connected = auth_connected,
  .disconnected = auth_disconnected,
  .event = auth_event,
  .metrics = auth_metrics,
};
