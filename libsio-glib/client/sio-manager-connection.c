/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-backoff-private.h"
#include "sio-client-private.h"
#include "sio-error.h"
#include "sio-parser-private.h"

/* The connection of a manager: opening, losing and making it again (protocol.md §5.3). */

/* Acknowledgements come in masses; nobody looks at the time of each. */
#define RTT_NOTIFY_US (G_USEC_PER_SEC / 4)
/* How much less often to try to reconnect by a network that costs money. */
#define METERED_FACTOR 12

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

static void
set_waiting_for (SioManager *self, SioWaitingFor what)
{
  if (self->waiting_for == what)
    return;
  self->waiting_for = what;
  sio_manager_notify (self, SIO_MANAGER_NOTIFY_WAITING_FOR);
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
  sio_manager_clear_partial (self);
  if (self->decoder != NULL)
    sio_decoder_reset (self->decoder);
  g_clear_object (&self->decoder);
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
  set_waiting_for (self, SIO_WAITING_FOR_NOTHING);
  sio_manager_emit_reconnect_attempt (self, self->attempt);
  for (guint i = 0; i < clients->len; i++)
    sio_client_manager_attempt (g_ptr_array_index (clients, i), self->attempt);
  if (self->eio == NULL && self->retry == NULL && !self->skip_reconnect &&
      self->waiting_for == SIO_WAITING_FOR_NOTHING)
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
  set_waiting_for (self, SIO_WAITING_FOR_DELAY);
}

static guint
get_delay (SioManager *self, gboolean at_once)
{
  gint64 since = (g_get_monotonic_time () - self->started_time) / 1000;
  guint64 delay;

  /* Networks that come and go must not make us knock at the server all the time. */
  if (at_once)
    return since < self->reconnection_delay ? self->reconnection_delay - (guint) since : 0;
  delay = sio_backoff_delay (self->reconnection_delay, self->reconnection_delay_max,
                             self->randomization_factor, self->attempt - 1,
                             g_random_double_range (0, 1));
  if (self->metered_policy == SIO_METERED_SLOW && sio_manager_is_metered (self))
    delay *= METERED_FACTOR;
  return (guint) MIN (delay, G_MAXINT);
}

/* Number self->attempt comes after a while, or when something has changed. */
static void
await_attempt (SioManager *self, gboolean at_once)
{
  SioWaitingFor obstacle = sio_manager_get_obstacle (self);

  if (obstacle == SIO_WAITING_FOR_NOTHING)
    {
      arm_retry (self, get_delay (self, at_once));
      return;
    }
  clear_retry (self);
  set_next_attempt_time (self, 0);
  set_waiting_for (self, obstacle);
}

/* FALSE: no more attempts. */
static gboolean
schedule (SioManager *self)
{
  gboolean at_once = self->hurry;

  self->hurry = FALSE;
  if (self->reconnection_attempts > 0 && self->attempt >= self->reconnection_attempts)
    return FALSE;
  set_attempt (self, self->attempt + 1);
  await_attempt (self, at_once);
  return TRUE;
}

void
sio_manager_obstacle_changed (SioManager *self, gboolean returned)
{
  SioWaitingFor obstacle;

  if (self->waiting_for == SIO_WAITING_FOR_NOTHING)
    return;
  obstacle = sio_manager_get_obstacle (self);
  if (obstacle == self->waiting_for || (obstacle == SIO_WAITING_FOR_NOTHING &&
                                        self->waiting_for == SIO_WAITING_FOR_DELAY && !returned))
    return;
  if (obstacle == SIO_WAITING_FOR_NOTHING)
    set_attempt (self, 1);
  await_attempt (self, TRUE);
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
  if (reason == NULL || strcmp (reason, "transport error") == 0)
    self->upgraded_last = FALSE;
  if (reason != NULL)
    self->attempt = 0;
  if (self->reconnection && !self->skip_reconnect && clients->len > 0)
    {
      exhausted = !schedule (self);
      if (!exhausted)
        state = SIO_CLIENT_RECONNECTING;
    }
  if (state == SIO_CLIENT_DISCONNECTED)
    {
      set_attempt (self, 0);
      set_next_attempt_time (self, 0);
      sio_manager_unwatch_desktop (self);
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
  self->hurry = FALSE;
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

void
sio_manager_parse_error (SioManager *self, const GError *error)
{
  g_debug ("the server sent what is not Socket.IO: %s", error->message);
  sio_eio_client_close (self->eio);
  ended (self, "parse error", error);
}

static void
text_cb (SioEioClient *eio, const char *text, gsize length, gpointer user_data)
{
  sio_manager_receive_text (user_data, text, length);
}

static void
binary_cb (SioEioClient *eio, GBytes *bytes, gpointer user_data)
{
  sio_manager_receive_binary (user_data, bytes);
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
  self->started_time = g_get_monotonic_time ();
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
  sio_manager_watch_desktop (self);
  if (self->parser != NULL)
    self->decoder = sio_parser_create_decoder (self->parser, SIO_JSON_MAX_DEPTH);
  self->eio = sio_eio_client_new (options, &events, self);
}

void
sio_manager_want (SioManager *self)
{
  if (self->eio != NULL || self->retry != NULL || self->waiting_for != SIO_WAITING_FOR_NOTHING)
    return;
  self->skip_reconnect = FALSE;
  self->in_attempt = FALSE;
  set_attempt (self, 0);
  start (self);
}

void
sio_manager_stop_reconnecting (SioManager *self)
{
  if (self->retry == NULL && self->waiting_for == SIO_WAITING_FOR_NOTHING)
    return;
  clear_retry (self);
  set_attempt (self, 0);
  set_next_attempt_time (self, 0);
  set_waiting_for (self, SIO_WAITING_FOR_NOTHING);
  set_state (self, SIO_CLIENT_DISCONNECTED);
}

void
sio_manager_shut (SioManager *self)
{
  g_autoptr (SioManager) hold = g_object_ref (self);
  gboolean was_open = self->is_open;

  self->skip_reconnect = TRUE;
  self->in_attempt = FALSE;
  sio_manager_unwatch_desktop (self);
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
  if (!is_wanted (self) &&
      (self->eio != NULL || self->retry != NULL || self->waiting_for != SIO_WAITING_FOR_NOTHING))
    sio_manager_shut (self);
}

void
sio_manager_send (SioManager *self, SioOutgoing *outgoing)
{
  /* No outgoing: a parser could not encode it. */
  if (self->is_open && outgoing != NULL)
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

void
sio_manager_leave (SioManager *self, GObject *hold, const char *details)
{
  g_autoptr (GError) error = NULL;

  if (self->is_open)
    {
      error = g_error_new_literal (SIO_ERROR, SIO_ERROR_NOT_CONNECTED, details);
      sio_eio_client_close_holding (self->eio, hold);
      ended (self, "forced close", error);
    }
  else if (self->eio != NULL && self->reconnection)
    {
      /* This attempt is made later. */
      sio_eio_client_abort (self->eio);
      drop_connection (self);
      self->in_attempt = FALSE;
      set_attempt (self, MAX (self->attempt, 1));
      await_attempt (self, FALSE);
    }
}

void
sio_manager_lose (SioManager *self, const char *details)
{
  g_autoptr (GError) error = NULL;

  if (!self->is_open)
    return;
  error = g_error_new_literal (SIO_ERROR, SIO_ERROR_TRANSPORT, details);
  sio_eio_client_abort (self->eio);
  ended (self, "transport close", error);
}

/**
 * sio_manager_reconnect_now:
 * @self: a manager
 *
 * Makes the next attempt to reconnect at once, for example because the user asked for it. It is
 * made whatever the manager waits for.
 *
 * Nothing happens unless the manager waits for the next attempt.
 *
 * Since: 0.1
 */
void
sio_manager_reconnect_now (SioManager *self)
{
  g_return_if_fail (SIO_IS_MANAGER (self));

  if (self->waiting_for != SIO_WAITING_FOR_NOTHING)
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
  sio_manager_unwatch_desktop (self);
  clear_retry (self);
  if (self->eio != NULL)
    {
      sio_eio_client_close (self->eio);
      drop_connection (self);
    }
  sio_manager_clear_partial (self);
}
