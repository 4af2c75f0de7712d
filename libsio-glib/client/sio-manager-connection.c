/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-backoff-private.h"
#include "sio-client-private.h"
#include "sio-error.h"

/* The connection of a manager: opening, losing and making it again (protocol.md §5.3), and
 * taking packets to their namespaces. */

/* Acknowledgements come in masses; nobody looks at the time of each. */
#define RTT_NOTIFY_US (G_USEC_PER_SEC / 4)

static void start (SioManager *self);

static void
set_state (SioManager *self, SioClientState state)
{
  if (self->state == state)
    return;
  self->state = state;
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_STATE);
}

static void
set_attempt (SioManager *self, guint attempt)
{
  if (self->attempt == attempt)
    return;
  self->attempt = attempt;
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_ATTEMPT);
}

static void
set_next_attempt_time (SioManager *self, gint64 time)
{
  if (self->next_attempt_time == time)
    return;
  self->next_attempt_time = time;
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_NEXT_ATTEMPT_TIME);
}

static gboolean
is_wanted (SioManager *self)
{
  g_autoptr (GPtrArray) clients = sio_manager_list_clients (self);

  return clients->len > 0;
}

static void
clear_retry (SioManager *self)
{
  if (self->retry != NULL)
    {
      g_source_destroy (self->retry);
      g_clear_pointer (&self->retry, g_source_unref);
    }
}

static void
clear_partial (SioManager *self)
{
  g_clear_pointer (&self->partial_text, g_free);
  g_clear_pointer (&self->partial_attachments, g_ptr_array_unref);
}

/* Forgets the connection, which is over or goes on lingering by itself. */
static void
drop_connection (SioManager *self)
{
  GHashTableIter iter;
  gpointer client;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &client))
    ((SioClient *) client)->connect_sent = FALSE;
  sio_deadline_disarm (&self->open_deadline);
  clear_partial (self);
  self->is_open = FALSE;
  g_clear_pointer (&self->eio, sio_eio_client_unref);
}

static gboolean
retry_cb (gpointer user_data)
{
  SioManager *self = user_data;
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GPtrArray) clients = sio_manager_list_clients (self);

  clear_retry (self);
  set_next_attempt_time (self, 0);
  sio_manager_emit_reconnect_attempt (self, self->attempt);
  for (guint i = 0; i < clients->len; i++)
    sio_client_manager_attempt (g_ptr_array_index (clients, i), self->attempt);
  if (self->eio == NULL && self->retry == NULL && !self->skip_reconnect)
    {
      self->in_attempt = TRUE;
      start (self);
    }
  return G_SOURCE_REMOVE;
}

static void
arm_retry (SioManager *self, guint delay)
{
  clear_retry (self);
  self->retry = g_timeout_source_new (delay);
  g_source_set_static_name (self->retry, "[sio] reconnect");
  g_source_set_callback (self->retry, retry_cb, self, NULL);
  g_source_attach (self->retry, sio_reactor_get_context (self->reactor));
  set_next_attempt_time (self, g_get_real_time () + (gint64) delay * 1000);
}

/* FALSE: no more attempts. */
static gboolean
schedule (SioManager *self)
{
  guint delay;

  if (self->reconnection_attempts > 0 && self->attempt >= self->reconnection_attempts)
    return FALSE;
  delay =
      sio_backoff_delay (self->reconnection_delay, self->reconnection_delay_max,
                         self->randomization_factor, self->attempt, g_random_double_range (0, 1));
  self->attempt++;
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_ATTEMPT);
  arm_retry (self, delay);
  return TRUE;
}

/* After the connection was lost or could not be made; @reason NULL: it was never there. */
static void
ended (SioManager *self, const char *reason, const GError *error)
{
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GPtrArray) clients = sio_manager_list_clients (self);
  gboolean exhausted = FALSE;
  SioClientState state = SIO_CLIENT_DISCONNECTED;

  drop_connection (self);
  self->in_attempt = FALSE;
  self->upgraded_last = FALSE;
  if (reason != NULL)
    self->attempt = 0;
  if (self->reconnection && !self->skip_reconnect && clients->len > 0)
    {
      exhausted = !schedule (self);
      if (!exhausted)
        state = SIO_CLIENT_RECONNECTING;
    }
  if (exhausted || state == SIO_CLIENT_DISCONNECTED)
    {
      set_attempt (self, 0);
      set_next_attempt_time (self, 0);
    }
  set_state (self, state);

  if (reason != NULL)
    sio_manager_emit_closed (self, reason, error != NULL ? error->message : NULL);
  else
    sio_manager_emit_error (self, error);
  for (guint i = 0; i < clients->len; i++)
    {
      SioClient *client = g_ptr_array_index (clients, i);

      if (reason != NULL)
        sio_client_connection_lost (client, reason, error != NULL ? error->message : NULL);
      else
        sio_client_connection_failed (client, error);
    }
  if (exhausted && self->state == SIO_CLIENT_DISCONNECTED)
    {
      sio_manager_emit_reconnect_failed (self);
      for (guint i = 0; i < clients->len; i++)
        sio_client_manager_failed (g_ptr_array_index (clients, i));
    }
}

static void
opened_cb (SioEioClient *eio, gpointer user_data)
{
  SioManager *self = user_data;
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GPtrArray) clients = sio_manager_list_clients (self);
  guint attempt = self->attempt;
  gboolean in_attempt = self->in_attempt;

  sio_deadline_disarm (&self->open_deadline);
  self->is_open = TRUE;
  self->in_attempt = FALSE;
  set_attempt (self, 0);
  self->rtt = sio_eio_client_get_rtt (eio);
  if (sio_eio_client_get_transport (eio) == SIO_TRANSPORT_WEBSOCKET)
    self->upgraded_last = TRUE;
  set_state (self, SIO_CLIENT_CONNECTED);
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_TRANSPORT);
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_RTT);
  sio_manager_emit_opened (self);
  for (guint i = 0; i < clients->len && self->eio == eio; i++)
    sio_client_connection_opened (g_ptr_array_index (clients, i));
  if (in_attempt && self->eio == eio)
    sio_manager_emit_reconnected (self, attempt);
}

static void
parse_error (SioManager *self, const GError *error)
{
  g_debug ("the server sent what is not Socket.IO: %s", error->message);
  sio_eio_client_close (self->eio);
  ended (self, "parse error", error);
}

/* The server let a client in that was closed meanwhile. */
static void
leave (SioManager *self, const char *nsp, SioClient *client)
{
  g_autofree char *prefix = strcmp (nsp, "/") == 0 ? g_strdup ("") : g_strconcat (nsp, ",", NULL);
  g_autoptr (SioOutgoing) outgoing = sio_encode_control ('0' + SIO_PACKET_DISCONNECT, prefix, NULL);

  if (client != NULL)
    client->connect_sent = FALSE;
  sio_eio_client_send (self->eio, outgoing);
}

static void
dispatch (SioManager *self, const SioPacketView *view, GPtrArray *attachments)
{
  char name[64];
  g_autofree char *long_name = NULL;
  const char *key = name;
  SioClient *client;

  if (view->nsp_length < sizeof name)
    {
      memcpy (name, view->nsp, view->nsp_length);
      name[view->nsp_length] = '\0';
    }
  else
    key = long_name = g_strndup (view->nsp, view->nsp_length);
  client = g_hash_table_lookup (self->clients, key);
  if (client == NULL || !client->active)
    {
      if (view->type == SIO_PACKET_CONNECT)
        leave (self, key, client);
      else if (client != NULL && view->type == SIO_PACKET_CONNECT_ERROR)
        client->connect_sent = FALSE;
      return;
    }
  g_object_ref (client);
  sio_client_receive (client, view, attachments);
  g_object_unref (client);
}

static void
text_cb (SioEioClient *eio, const char *text, gsize length, gpointer user_data)
{
  SioManager *self = user_data;
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  SioPacketView view;

  if (self->partial_text != NULL)
    g_set_error (&error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                 "got plaintext data when reconstructing a packet");
  else
    sio_packet_parse (text, length, NULL, &view, &error);
  if (error != NULL)
    {
      parse_error (self, error);
      return;
    }
  if (view.n_attachments == 0)
    {
      dispatch (self, &view, NULL);
      return;
    }
  self->partial_text = g_memdup2 (text, length);
  self->partial_length = length;
  self->partial_expected = view.n_attachments;
  self->partial_attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

static void
binary_cb (SioEioClient *eio, GBytes *bytes, gpointer user_data)
{
  SioManager *self = user_data;
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) attachments = NULL;
  SioPacketView view;

  if (self->partial_text == NULL)
    {
      g_set_error (&error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "got binary data when not reconstructing a packet");
      parse_error (self, error);
      return;
    }
  g_ptr_array_add (self->partial_attachments, g_bytes_ref (bytes));
  if (self->partial_attachments->len < self->partial_expected)
    return;
  text = g_steal_pointer (&self->partial_text);
  attachments = g_steal_pointer (&self->partial_attachments);
  if (!sio_packet_parse (text, self->partial_length, NULL, &view, &error) ||
      !sio_packet_check_placeholders (view.json.value.text, view.json.value.length,
                                      attachments->len, &error))
    {
      parse_error (self, error);
      return;
    }
  dispatch (self, &view, attachments);
}

static void
changed_cb (SioEioClient *eio, gpointer user_data)
{
  SioManager *self = user_data;
  g_autoptr (SioManager) hold = g_object_ref (self);

  sio_manager_measured (self, sio_eio_client_get_rtt (eio));
  if (!self->upgraded_last && sio_eio_client_get_transport (eio) == SIO_TRANSPORT_WEBSOCKET)
    {
      self->upgraded_last = TRUE;
      sio_manager_notify (self, SIO_MANAGER_NOTIFY_TRANSPORT);
    }
}

static void
ended_cb (SioEioClient *eio, const char *reason, const GError *error, gpointer user_data)
{
  SioManager *self = user_data;

  ended (self, self->is_open ? reason : NULL, error);
}

static const SioEioEvents events = { opened_cb, text_cb, binary_cb, changed_cb, ended_cb };

static void
timeout_cb (SioDeadline *deadline)
{
  SioManager *self = deadline->data;
  g_autoptr (GError) error = g_error_new (SIO_ERROR, SIO_ERROR_TIMEOUT, "timeout");

  sio_eio_client_abort (self->eio);
  ended (self, NULL, error);
}

static gboolean
invalid_cb (gpointer user_data)
{
  SioManager *self = user_data;
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (SioEioOptions) options = NULL;

  clear_retry (self);
  options = sio_manager_make_options (self, &error);
  if (options != NULL)
    {
      start (self);
      return G_SOURCE_REMOVE;
    }
  /* No attempt will do better. */
  self->skip_reconnect = TRUE;
  ended (self, NULL, error);
  return G_SOURCE_REMOVE;
}

static void
start (SioManager *self)
{
  g_autoptr (SioEioOptions) options = sio_manager_make_options (self, NULL);

  if (!self->in_attempt)
    set_state (self, SIO_CLIENT_CONNECTING);
  if (options == NULL)
    {
      /* Told in the next iteration: nobody is called back before returning. */
      self->retry = g_idle_source_new ();
      g_source_set_callback (self->retry, invalid_cb, self, NULL);
      g_source_attach (self->retry, sio_reactor_get_context (self->reactor));
      return;
    }
  if (self->timeout > 0)
    {
      g_autoptr (SioDeadlineList) list = sio_deadline_list_get (self->reactor, self->timeout);

      sio_deadline_arm (&self->open_deadline, list);
    }
  self->eio = sio_eio_client_new (options, &events, self);
}

void
sio_manager_want (SioManager *self)
{
  if (self->eio != NULL || self->retry != NULL)
    return;
  self->skip_reconnect = FALSE;
  self->in_attempt = FALSE;
  set_attempt (self, 0);
  start (self);
}

void
sio_manager_stop_reconnecting (SioManager *self)
{
  if (self->retry == NULL)
    return;
  clear_retry (self);
  set_attempt (self, 0);
  set_next_attempt_time (self, 0);
  set_state (self, SIO_CLIENT_DISCONNECTED);
}

void
sio_manager_shut (SioManager *self)
{
  g_autoptr (SioManager) hold = g_object_ref (self);
  gboolean was_open = self->is_open;

  self->skip_reconnect = TRUE;
  self->in_attempt = FALSE;
  sio_manager_stop_reconnecting (self);
  if (self->eio != NULL)
    {
      sio_eio_client_close (self->eio);
      drop_connection (self);
    }
  set_attempt (self, 0);
  set_state (self, SIO_CLIENT_DISCONNECTED);
  if (was_open)
    sio_manager_emit_closed (self, "forced close", NULL);
}

void
sio_manager_unwant (SioManager *self)
{
  if (!is_wanted (self) && (self->eio != NULL || self->retry != NULL))
    sio_manager_shut (self);
}

void
sio_manager_send (SioManager *self, SioOutgoing *outgoing)
{
  if (self->is_open)
    sio_eio_client_send (self->eio, outgoing);
}

gboolean
sio_manager_is_usable (SioManager *self)
{
  return self->is_open && !sio_eio_client_is_stale (self->eio);
}

gboolean
sio_manager_is_writable (SioManager *self)
{
  return self->is_open && sio_eio_client_is_writable (self->eio);
}

gsize
sio_manager_get_queued_bytes (SioManager *self)
{
  return self->eio != NULL ? sio_eio_client_get_queued_bytes (self->eio) : 0;
}

void
sio_manager_measured (SioManager *self, double rtt)
{
  gint64 now;

  if (rtt < 0)
    return;
  self->rtt = rtt;
  now = g_get_monotonic_time ();
  if (now - self->rtt_notified < RTT_NOTIFY_US)
    return;
  self->rtt_notified = now;
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_RTT);
}

/**
 * sio_manager_reconnect_now:
 * @self: a manager
 *
 * Makes the next attempt to reconnect at once, for example because the user asked for it.
 *
 * Nothing happens unless the manager waits for the next attempt.
 *
 * Since: 0.1
 */
void
sio_manager_reconnect_now (SioManager *self)
{
  g_return_if_fail (SIO_IS_MANAGER (self));

  if (self->retry != NULL && self->next_attempt_time != 0)
    arm_retry (self, 0);
}

void
sio_manager_connection_init (SioManager *self)
{
  self->reactor = sio_reactor_get (NULL);
  self->rtt = -1;
  sio_deadline_init (&self->open_deadline, timeout_cb, self);
}

void
sio_manager_connection_dispose (SioManager *self)
{
  clear_retry (self);
  if (self->eio != NULL)
    {
      sio_eio_client_close (self->eio);
      drop_connection (self);
    }
  clear_partial (self);
}
