/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-auth-private.h"
#include "sios-record.h"
#include "sios-reply.h"

/* Who is connected: tokens expire, are renewed, and are revoked. */

#define EXPIRED_EVENT "auth-expired"

typedef struct
{
  SiosExpiryItem item; /* the end of the token, then of the grace */
  SioSocket *socket;   /* connected, and so held by its namespace */
  gboolean expired;
  gboolean refreshing;
} Live;

static G_DEFINE_QUARK (sios - auth - live, live)

static Live *
get_live (SioSocket *socket)
{
  return g_object_get_qdata (G_OBJECT (socket), live_quark ());
}

/* The same as the verifier means by it. */
static gint64
get_due (SiosAuth *self, SioSocket *socket)
{
  gint64 expires_at = sios_socket_get_identity (socket)->expires_at;

  /* Some issuers write a time that nobody lives to see. */
  return expires_at >= G_MAXINT64 / G_USEC_PER_SEC - self->config->rules->leeway
             ? G_MAXINT64
             : (expires_at + self->config->rules->leeway) * G_USEC_PER_SEC;
}

static void
write_record (SioSocket *socket, const char *code, const char *what)
{
  SiosIdentity *identity = sios_socket_get_identity (socket);
  const SiosField fields[] = {
    { "SIO_CODE", code },
    { "SIO_USER", identity->user },
    { "SIO_SID", sio_socket_get_id (socket) },
    { "SIO_NAMESPACE", sio_namespace_get_name (sio_socket_get_namespace (socket)) },
    { "SIO_PEER", sio_handshake_get_address (sio_socket_get_handshake (socket)) },
    { NULL }
  };

  sios_record_write (SIOS_RECORD_AUTH_EXPIRED, fields, "The token of %s %s", identity->user, what);
}

static void
close_expired (SiosAuth *self, SioSocket *socket)
{
  self->n_expired_closed++;
  write_record (socket, "closed", "was not renewed: the socket is disconnected");
  sio_socket_close (socket, TRUE);
}

static void
ended_cb (SiosExpiryItem *item, gpointer user_data)
{
  SiosAuth *self = user_data;
  Live *live = (Live *) item;
  g_autoptr (SioSocket) socket = g_object_ref (live->socket);
  g_autoptr (SioArgsBuilder) builder = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  /* Others see it as connected until it is removed. */
  if (live->expired)
    {
      sios_expiry_set (self->expiry, item, G_MAXINT64);
      close_expired (self, socket);
      return;
    }
  live->expired = TRUE;
  self->n_expired++;
  sios_expiry_set (self->expiry, item,
                   g_get_real_time () + (gint64) self->config->expiry_grace * 1000);
  write_record (socket, "expired", "expired");
  object = json_object_new ();
  json_object_set_string_member (object, "message", "The token expired");
  node = json_node_init_object (json_node_alloc (), object);
  json_object_unref (object);
  builder = sio_args_builder_new ();
  sio_args_builder_add_node (builder, node);
  sio_socket_emit (socket, EXPIRED_EVENT, sio_args_builder_end (builder));
}

void
sios_auth_live_init (SiosAuth *self)
{
  self->expiry = sios_expiry_new (ended_cb, self);
}

void
sios_auth_live_clear (SiosAuth *self)
{
  while (sios_expiry_get_count (self->expiry) > 0)
    sios_auth_live_remove (self, ((Live *) sios_expiry_get_item (self->expiry, 0))->socket);
  g_clear_pointer (&self->expiry, sios_expiry_free);
}

/* All that are connected now, each with a reference. */
static GPtrArray *
list_sockets (SiosAuth *self)
{
  guint n = sios_expiry_get_count (self->expiry);
  GPtrArray *sockets = g_ptr_array_new_full (n, g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (sockets,
                     g_object_ref (((Live *) sios_expiry_get_item (self->expiry, i))->socket));
  return sockets;
}

void
sios_auth_live_configure (SiosAuth *self)
{
  g_autoptr (GPtrArray) sockets = list_sockets (self);

  for (guint i = 0; i < sockets->len; i++)
    {
      SioSocket *socket = g_ptr_array_index (sockets, i);
      Live *live = get_live (socket);
      gint64 due = get_due (self, socket);

      if (!live->expired && live->item.due != due)
        sios_expiry_set (self->expiry, &live->item, due);
    }
}

static gboolean
close_if_revoked (SiosAuth *self, SioSocket *socket)
{
  SiosIdentity *identity = sios_socket_get_identity (socket);

  if (!sios_revocations_check (self->revocations, identity, g_get_real_time () / G_USEC_PER_SEC))
    return FALSE;
  self->n_revoked_closed++;
  write_record (socket, "revoked", "was revoked: the socket is disconnected");
  sio_socket_close (socket, TRUE);
  return TRUE;
}

void
sios_auth_live_add (SiosAuth *self, SioSocket *socket)
{
  Live *live = g_new0 (Live, 1);

  live->socket = socket;
  g_object_set_qdata (G_OBJECT (socket), live_quark (), live);
  sios_expiry_set (self->expiry, &live->item, get_due (self, socket));
  /* Other middlewares may have taken their time. */
  close_if_revoked (self, socket);
}

void
sios_auth_live_remove (SiosAuth *self, SioSocket *socket)
{
  Live *live = g_object_steal_qdata (G_OBJECT (socket), live_quark ());

  if (live == NULL)
    return;
  sios_expiry_remove (self->expiry, &live->item);
  g_free (live);
}

guint
sios_auth_live_close_revoked (SiosAuth *self)
{
  g_autoptr (GPtrArray) sockets = list_sockets (self);
  guint n = 0;

  /* One that is closed takes the others of its connection along. */
  for (guint i = 0; i < sockets->len; i++)
    if (sio_socket_is_connected (g_ptr_array_index (sockets, i)))
      n += close_if_revoked (self, g_ptr_array_index (sockets, i));
  return n;
}

/* Renewal */

typedef struct
{
  SiosAuth *owner;
  SioSocket *socket;
  SioMessage *message;
} Refresh;

static void
reply (SioMessage *message, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  json_object_unref (object);
  sio_args_builder_add_node (builder, node);
  sio_message_reply (message, sio_args_builder_end (builder));
}

static void
reply_refused (SiosAuth *self, SioMessage *message, SiosAuthReason reason)
{
  JsonObject *object = json_object_new ();

  self->n_refresh_refused++;
  json_object_set_boolean_member (object, "ok", FALSE);
  json_object_set_string_member (object, "code", sios_auth_reason_get_code (reason));
  json_object_set_string_member (object, "error", SIOS_AUTH_REFUSED);
  reply (message, object);
}

/* For those that the verifier knows nothing of. */
static void
refuse (SiosAuth *self, SioSocket *socket, SioMessage *message, SiosAuthReason reason)
{
  sios_auth_count_refusal (self, reason, sio_namespace_get_name (sio_socket_get_namespace (socket)),
                           sio_handshake_get_address (sio_socket_get_handshake (socket)), socket);
  reply_refused (self, message, reason);
}

static void
take_over (SiosAuth *self, SioSocket *socket, SiosIdentity *identity, SioMessage *message)
{
  Live *live = get_live (socket);
  g_autoptr (SiosIdentity) old = sios_identity_ref (sios_socket_get_identity (socket));
  JsonObject *object = json_object_new ();

  live->expired = FALSE;
  sios_socket_set_identity (socket, identity);
  sios_auth_mark (self, socket, identity);
  sios_expiry_set (self->expiry, &live->item, get_due (self, socket));
  self->n_refreshed++;
  /* Rooms are right when the client gets the answer. */
  sios_features_identity_changed (self->features, socket, old);
  json_object_set_boolean_member (object, "ok", TRUE);
  if (identity->expires_at != G_MAXINT64)
    json_object_set_int_member (object, "expiresAt", identity->expires_at);
  else
    json_object_set_null_member (object, "expiresAt");
  reply (message, object);
}

static void
refreshed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Refresh *refresh = user_data;
  g_autoptr (SioSocket) socket = refresh->socket;
  g_autoptr (SioMessage) message = refresh->message;
  SiosAuth *self = refresh->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosIdentity) identity = sios_auth_verify_finish (self, result, &error);
  Live *live = get_live (socket);
  SiosIdentity *old = sios_socket_get_identity (socket);

  if (live != NULL && sio_socket_is_connected (socket))
    {
      live->refreshing = FALSE;
      if (identity == NULL)
        reply_refused (self, message,
                       error->domain == SIOS_AUTH_ERROR ? (SiosAuthReason) error->code
                                                        : SIOS_AUTH_KEYS_UNAVAILABLE);
      else if (g_strcmp0 (identity->user, old->user) != 0 ||
               g_strcmp0 (identity->tenant, old->tenant) != 0)
        refuse (self, socket, message, SIOS_AUTH_OTHER_USER);
      else
        take_over (self, socket, identity, message);
    }
  sios_auth_unref (self);
}

/* The first argument, or its member "token"; NULL if it is neither. */
static char *
find_argument (SioMessage *message)
{
  SioArgs *args = sio_message_get_args (message);
  JsonNode *node;

  if (sio_args_get_arg_type (args, 0) == SIO_ARG_STRING)
    return g_strdup (sio_args_get_string (args, 0));
  node = sio_args_get_arg_type (args, 0) == SIO_ARG_OBJECT ? sio_args_get_node (args, 0) : NULL;
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  node = json_object_get_member (json_node_get_object (node), "token");
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_dup_string (node)
             : NULL;
}

void
sios_auth_live_refresh (SiosAuth *self, SioSocket *socket, SioMessage *message)
{
  Live *live = get_live (socket);
  g_autofree char *found = NULL;
  const char *token;
  Refresh *refresh;

  if (live == NULL) /* it never had a token, so whose should this one be? */
    {
      refuse (self, socket, message, SIOS_AUTH_OTHER_USER);
      return;
    }
  /* One at a time, so that no client keeps the threads for itself. */
  if (live->refreshing)
    {
      refuse (self, socket, message, SIOS_AUTH_BUSY);
      return;
    }
  live->refreshing = TRUE;
  found = find_argument (message);
  token = found != NULL ? sios_token_skip_bearer (found) : NULL;
  refresh = g_new (Refresh, 1);
  *refresh = (Refresh){ sios_auth_ref (self), g_object_ref (socket), sio_message_ref (message) };
  sios_auth_verify_for_socket (self, socket, token != NULL ? token : found, refreshed_cb, refresh);
}
