/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-backoff-private.h"
#include "sio-client-private.h"
#include "sio-error.h"

/* Credentials, got anew for each connection, so that tokens renew. */

static gboolean
auth_retry_cb (gpointer user_data)
{
  SioClient *self = user_data;

  g_clear_pointer (&self->auth_retry, g_source_unref);
  if (self->active && !self->connected && self->manager->is_open)
    sio_client_connection_opened (self);
  return G_SOURCE_REMOVE;
}

static void
auth_failed (SioClient *self, const GError *error)
{
  guint delay = sio_backoff_delay (
      self->manager->reconnection_delay, self->manager->reconnection_delay_max,
      self->manager->randomization_factor, self->auth_attempts++, g_random_double_range (0, 1));

  if (self->manager->reconnection)
    {
      self->auth_retry = g_timeout_source_new (delay);
      g_source_set_static_name (self->auth_retry, "[sio] ask for credentials again");
      g_source_set_callback (self->auth_retry, auth_retry_cb, self, NULL);
      g_source_attach (self->auth_retry, sio_reactor_get_context (self->manager->reactor));
    }
  sio_client_emit_connect_error (self, error, NULL);
}

static void
auth_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioClient *self = SIO_CLIENT (source);
  GCancellable *cancellable = g_task_get_cancellable (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) auth = g_task_propagate_pointer (G_TASK (result), &error);

  /* Another connection, or none, by now. */
  if (cancellable != self->auth_cancellable)
    return;
  g_clear_object (&self->auth_cancellable);
  if (error != NULL)
    {
      auth_failed (self, error);
      return;
    }
  self->auth_attempts = 0;
  sio_client_send_connect (self, auth);
}

void
sio_client_ask_auth (SioClient *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->auth_func == NULL)
    {
      sio_client_send_connect (self, self->auth);
      return;
    }
  self->auth_cancellable = g_cancellable_new ();
  task = g_task_new (self, self->auth_cancellable, auth_cb, NULL);
  g_task_set_source_tag (task, sio_client_ask_auth);
  g_task_set_name (task, "[sio] client auth");
  g_task_set_check_cancellable (task, FALSE);
  self->auth_func (self, task, self->auth_data);
}

void
sio_client_cancel_auth (SioClient *self)
{
  if (self->auth_cancellable != NULL)
    {
      g_cancellable_cancel (self->auth_cancellable);
      g_clear_object (&self->auth_cancellable);
    }
  if (self->auth_retry != NULL)
    {
      g_source_destroy (self->auth_retry);
      g_clear_pointer (&self->auth_retry, g_source_unref);
    }
}

/**
 * sio_client_set_auth:
 * @self: a client
 * @auth: (nullable): an object
 *
 * Sets credentials, which are sent with every connection from now on.
 *
 * Since: 0.1
 */
void
sio_client_set_auth (SioClient *self, JsonNode *auth)
{
  g_return_if_fail (SIO_IS_CLIENT (self));
  g_return_if_fail (auth == NULL || JSON_NODE_HOLDS_OBJECT (auth));

  if (self->auth == auth)
    return;
  g_clear_pointer (&self->auth, json_node_unref);
  if (auth != NULL)
    self->auth = json_node_ref (auth);
  g_object_notify (G_OBJECT (self), "auth");
}

/**
 * sio_client_get_auth:
 * @self: a client
 *
 * Gets the credentials.
 *
 * Returns: (transfer none) (nullable): an object
 *
 * Since: 0.1
 */
JsonNode *
sio_client_get_auth (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->auth;
}

/**
 * sio_client_set_auth_func:
 * @self: a client
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Sets a function that gets the credentials, for example a token that has to be renewed.
 *
 * It is called for each connection, and used instead of [property@Sio.Client:auth].
 *
 * Since: 0.1
 */
void
sio_client_set_auth_func (SioClient *self,
                          SioAuthFunc func,
                          gpointer user_data,
                          GDestroyNotify destroy)
{
  GDestroyNotify old_destroy;
  gpointer old_data;

  g_return_if_fail (SIO_IS_CLIENT (self));

  old_destroy = self->auth_destroy;
  old_data = self->auth_data;
  self->auth_func = func;
  self->auth_data = user_data;
  self->auth_destroy = destroy;
  if (old_destroy != NULL)
    old_destroy (old_data);
}

static void
free_auth (gpointer data)
{
  json_node_unref (data);
}

/**
 * sio_auth_return:
 * @task: the task a [callback@Sio.AuthFunc] got
 * @auth: (nullable): credentials, an object
 *
 * Answers with the credentials.
 *
 * Since: 0.1
 */
void
sio_auth_return (GTask *task, JsonNode *auth)
{
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (auth == NULL || JSON_NODE_HOLDS_OBJECT (auth));

  g_task_return_pointer (task, auth != NULL ? json_node_ref (auth) : NULL, free_auth);
}

/**
 * sio_auth_fail:
 * @task: the task a [callback@Sio.AuthFunc] got
 * @message: what went wrong
 *
 * Answers that there are no credentials. It is tried again later.
 *
 * Since: 0.1
 */
void
sio_auth_fail (GTask *task, const char *message)
{
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (message != NULL);

  g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_FAILED, "%s", message);
}
