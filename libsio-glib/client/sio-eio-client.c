/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <time.h>

#include "sio-eio-parts-private.h"
#include "sio-error.h"
#include "sio-json-private.h"

/* How long what was sent before a close may take to leave. */
#define LINGER_MS 5000
/* Handshakes announce times; these bounds keep timers sane. */
#define MAX_INTERVAL_MS (24 * 60 * 60 * 1000)
/* The timer may be this late before the clock is believed. */
#define SLEEP_SLACK_US (G_USEC_PER_SEC / 2)

SioEioOptions *
sio_eio_options_new (void)
{
  return g_rc_box_new0 (SioEioOptions);
}

SioEioOptions *
sio_eio_options_ref (SioEioOptions *self)
{
  return g_rc_box_acquire (self);
}

static void
options_clear (gpointer data)
{
  SioEioOptions *self = data;

  if (self->linger != NULL)
    {
      sio_linger_leave (self->linger);
      sio_linger_unref (self->linger);
    }
  g_clear_object (&self->session);
  g_clear_object (&self->identity);
  g_clear_object (&self->authorities);
  g_clear_pointer (&self->headers, g_strfreev);
  g_free (self->base);
}

void
sio_eio_options_unref (SioEioOptions *self)
{
  g_rc_box_release_full (self, options_clear);
}

void
sio_eio_out_free (SioEioOut *out)
{
  g_bytes_unref (out->bytes);
  g_slice_free (SioEioOut, out);
}

SioEioOut *
sio_eio_client_pop (SioEioClient *self)
{
  SioEioOut *out = g_queue_pop_head (&self->queue);

  self->queued_bytes -= g_bytes_get_size (out->bytes);
  return out;
}

static void
push (SioEioClient *self, GBytes *bytes, gboolean is_binary)
{
  SioEioOut *out = g_slice_new (SioEioOut);

  *out = (SioEioOut){ bytes, is_binary };
  self->queued_bytes += g_bytes_get_size (bytes);
  g_queue_push_tail (&self->queue, out);
}

static void
clear_queue (SioEioClient *self)
{
  while (!g_queue_is_empty (&self->queue))
    sio_eio_out_free (sio_eio_client_pop (self));
}

SioEioClient *
sio_eio_client_ref (SioEioClient *self)
{
  self->ref_count++;
  return self;
}

static void
stop (SioEioClient *self)
{
  self->state = SIO_SESSION_CLOSED;
  self->closing = FALSE;
  sio_deadline_disarm (&self->watchdog);
  sio_deadline_disarm (&self->linger);
  sio_defer_cancel (&self->flush);
  sio_defer_cancel (&self->stale);
  g_cancellable_cancel (self->cancellable);
  sio_eio_upgrade_cancel (self);
  /* The closing handshake is still to come. */
  if (self->hold != NULL && self->ws.connection != NULL)
    g_object_set_data_full (G_OBJECT (self->ws.connection), "sio-hold",
                            g_steal_pointer (&self->hold), g_object_unref);
  sio_eio_websocket_cleanup (self);
  clear_queue (self);
  g_clear_object (&self->hold);
}

void
sio_eio_client_unref (SioEioClient *self)
{
  if (--self->ref_count > 0)
    return;
  /* Timers and sockets call back without a reference. */
  self->ref_count = 1;
  stop (self);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->options, sio_eio_options_unref);
  g_clear_pointer (&self->reactor, sio_reactor_unref);
  g_free (self->sid);
  g_free (self);
}

static gint64
get_boot_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_BOOTTIME, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void start_transport (SioEioClient *self);

/* Takes @error. */
void
sio_eio_client_fail (SioEioClient *self, const char *reason, GError *error)
{
  g_autoptr (GError) own_error = error;
  const SioEioEvents *events = self->events;

  if (self->state == SIO_SESSION_CLOSED)
    return;
  sio_eio_client_ref (self);
  if (self->state == SIO_SESSION_OPENING && events != NULL && self->options->try_all_transports &&
      self->n_tried + 1 < self->options->n_transports)
    {
      /* The next one gets its chance. */
      g_debug ("transport failed: %s", error->message);
      self->n_tried++;
      g_cancellable_cancel (self->cancellable);
      g_clear_object (&self->cancellable);
      self->cancellable = g_cancellable_new ();
      self->get_active = FALSE;
      sio_eio_websocket_cleanup (self);
      start_transport (self);
      sio_eio_client_unref (self);
      return;
    }
  self->events = NULL;
  if (self->closing)
    sio_eio_client_unref (self); /* of sio_eio_client_close () */
  stop (self);
  if (events != NULL)
    events->ended (self, reason, own_error, self->user_data);
  sio_eio_client_unref (self);
}

static void
watchdog_cb (SioDeadline *deadline)
{
  sio_eio_client_fail (
      deadline->data, "ping timeout",
      g_error_new (SIO_ERROR, SIO_ERROR_TIMEOUT, "the server sent no heartbeat in time"));
}

static void
stale_cb (SioDefer *defer)
{
  sio_eio_client_fail (
      defer->data, "ping timeout",
      g_error_new (SIO_ERROR, SIO_ERROR_TIMEOUT, "the server's heartbeat was missed"));
}

static void
flush_cb (SioDefer *defer)
{
  SioEioClient *self = sio_eio_client_ref (defer->data);

  sio_eio_client_flush (self);
  sio_eio_client_unref (self);
}

static void
feed_watchdog (SioEioClient *self)
{
  guint duration = self->ping_interval + self->ping_timeout;
  g_autoptr (SioDeadlineList) list = sio_deadline_list_get (self->reactor, duration);

  sio_deadline_arm (&self->watchdog, list);
  self->stale_time = get_boot_time () + (gint64) duration * 1000 + SLEEP_SLACK_US;
}

gboolean
sio_eio_client_is_stale (SioEioClient *self)
{
  if (self->state != SIO_SESSION_OPEN || get_boot_time () < self->stale_time)
    return FALSE;
  sio_defer_queue (&self->stale, self->reactor);
  return TRUE;
}

SoupMessage *
sio_eio_client_new_message (SioEioClient *self, const char *method, SioTransport transport)
{
  g_autoptr (GString) uri = g_string_new (self->options->base);
  SoupMessage *message;
  SoupMessageHeaders *headers;

  g_string_append (uri, transport == SIO_TRANSPORT_POLLING ? "EIO=4&transport=polling"
                                                           : "EIO=4&transport=websocket");
  if (transport == SIO_TRANSPORT_POLLING)
    g_string_append_printf (uri, "&t=%08x", g_random_int ());
  if (self->options->force_base64)
    g_string_append (uri, "&b64=1");
  if (self->sid != NULL)
    {
      g_string_append (uri, "&sid=");
      g_string_append_uri_escaped (uri, self->sid, NULL, FALSE);
    }
  message = soup_message_new (method, uri->str);
  if (message == NULL)
    {
      sio_eio_client_fail (self, "transport error",
                           g_error_new (SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                                        "the address of the server is not valid"));
      return NULL;
    }
  headers = soup_message_get_request_headers (message);
  soup_message_headers_append (headers, "Accept", "*/*");
  for (guint i = 0; self->options->headers != NULL && self->options->headers[i] != NULL; i += 2)
    soup_message_headers_replace (headers, self->options->headers[i],
                                  self->options->headers[i + 1]);
  sio_eio_tls_prepare (self, message);
  return message;
}

void
sio_eio_client_changed (SioEioClient *self)
{
  if (self->events != NULL)
    self->events->changed (self, self->user_data);
}

void
sio_eio_client_measured (SioEioClient *self)
{
  self->rtt = (double) (g_get_monotonic_time () - self->asked_time) / 1000.0;
  if (self->state == SIO_SESSION_OPEN)
    sio_eio_client_changed (self);
}

/* Handshake */

static gboolean
get_number (JsonObject *object, const char *name, gint64 min, gint64 max, gint64 *value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || (json_node_get_value_type (node) != G_TYPE_INT64 &&
                       json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= min && *value <= max;
}

static gboolean
can_upgrade (SioEioClient *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "upgrades");
  JsonArray *upgrades;
  gboolean wanted = FALSE;

  if (!self->options->upgrade || self->transport != SIO_TRANSPORT_POLLING || node == NULL ||
      !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  for (guint i = 0; i < self->options->n_transports; i++)
    wanted |= self->options->transports[i] == SIO_TRANSPORT_WEBSOCKET;
  upgrades = json_node_get_array (node);
  for (guint i = 0; wanted && i < json_array_get_length (upgrades); i++)
    {
      JsonNode *item = json_array_get_element (upgrades, i);

      if (json_node_get_value_type (item) == G_TYPE_STRING &&
          strcmp (json_node_get_string (item), "websocket") == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
handshake (SioEioClient *self, const SioEioPacket *packet)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object = NULL;
  JsonNode *sid = NULL;
  gint64 interval = 0, timeout = 0, max_payload = 0;
  gboolean upgrade;

  if (packet->length > 0)
    node = sio_json_read ((const char *) packet->data, packet->length, SIO_JSON_MAX_DEPTH, NULL);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    object = json_node_get_object (node);
  if (object != NULL)
    sid = json_object_get_member (object, "sid");
  if (sid == NULL || json_node_get_value_type (sid) != G_TYPE_STRING ||
      *json_node_get_string (sid) == '\0' ||
      !get_number (object, "pingInterval", 1, MAX_INTERVAL_MS, &interval) ||
      !get_number (object, "pingTimeout", 0, MAX_INTERVAL_MS, &timeout))
    {
      sio_eio_client_fail (
          self, "transport error",
          g_error_new (SIO_ERROR, SIO_ERROR_BAD_HANDSHAKE,
                       "the server's handshake was not understood: is it an Engine.IO server?"));
      return FALSE;
    }
  /* Servers before 4.5 do not send it. */
  if (!get_number (object, "maxPayload", 1, G_MAXINT64, &max_payload))
    max_payload = 0;
  self->sid = json_node_dup_string (sid);
  self->ping_interval = (guint) interval;
  self->ping_timeout = (guint) timeout;
  self->max_payload = (guint64) max_payload;
  upgrade = can_upgrade (self, object);
  self->state = SIO_SESSION_OPEN;
  feed_watchdog (self);
  if (self->closing)
    {
      self->state = SIO_SESSION_CLOSING;
      sio_eio_client_continue_closing (self);
      return self->state != SIO_SESSION_CLOSED;
    }
  if (self->events != NULL)
    self->events->opened (self, self->user_data);
  if (upgrade && self->state == SIO_SESSION_OPEN)
    sio_eio_upgrade_start (self);
  return self->state != SIO_SESSION_CLOSED;
}

gboolean
sio_eio_client_receive (SioEioClient *self, SioEioPacket *packet)
{
  if (self->state == SIO_SESSION_OPENING)
    {
      if (packet->is_binary || packet->type != SIO_EIO_OPEN)
        {
          sio_eio_client_fail (self, "transport error",
                               g_error_new (SIO_ERROR, SIO_ERROR_BAD_HANDSHAKE,
                                            "expected the handshake of an Engine.IO server"));
          return FALSE;
        }
      return handshake (self, packet);
    }

  switch (packet->type)
    {
    case SIO_EIO_PING:
      feed_watchdog (self);
      push (self, g_bytes_new_static ("3", 1), FALSE);
      sio_eio_client_flush (self);
      break;
    case SIO_EIO_CLOSE:
      sio_eio_client_fail (
          self, "transport close",
          g_error_new (SIO_ERROR, SIO_ERROR_TRANSPORT, "transport closed by the server"));
      break;
    case SIO_EIO_MESSAGE:
      if (self->events == NULL)
        break;
      if (packet->is_binary)
        {
          g_autoptr (GBytes) bytes = g_bytes_new (packet->data, packet->length);

          self->events->binary (self, bytes, self->user_data);
        }
      else
        self->events->text (self, (const char *) packet->data, packet->length, self->user_data);
      break;
    case SIO_EIO_OPEN:
    case SIO_EIO_PONG:
    case SIO_EIO_UPGRADE:
    case SIO_EIO_NOOP:
    default:
      break;
    }
  return self->state != SIO_SESSION_CLOSED;
}

/* Output */

void
sio_eio_client_flush (SioEioClient *self)
{
  if (self->upgrading || (self->state != SIO_SESSION_OPEN && self->state != SIO_SESSION_CLOSING))
    return;
  if (self->transport == SIO_TRANSPORT_WEBSOCKET)
    sio_eio_websocket_flush (self);
  else
    sio_eio_polling_flush (self);
}

void
sio_eio_client_send (SioEioClient *self, SioOutgoing *outgoing)
{
  GPtrArray *attachments = sio_outgoing_peek_attachments (outgoing);
  GBytes *text;

  if (self->state != SIO_SESSION_OPEN)
    return;
  text = sio_outgoing_dup_packet (outgoing);
  if (text != NULL)
    push (self, text, FALSE);
  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    push (self, g_bytes_ref (g_ptr_array_index (attachments, i)), TRUE);
  /* By polling, what is sent in one iteration leaves in one request. */
  if (self->transport == SIO_TRANSPORT_WEBSOCKET && !self->upgrading)
    sio_eio_client_flush (self);
  else
    sio_defer_queue (&self->flush, self->reactor);
}

gboolean
sio_eio_client_is_writable (SioEioClient *self)
{
  if (self->state != SIO_SESSION_OPEN || self->upgrading)
    return FALSE;
  if (self->transport == SIO_TRANSPORT_WEBSOCKET)
    return sio_eio_websocket_is_writable (self);
  return !self->post_active;
}

gsize
sio_eio_client_get_queued_bytes (SioEioClient *self)
{
  return self->queued_bytes;
}

SioTransport
sio_eio_client_get_transport (SioEioClient *self)
{
  return self->transport;
}

double
sio_eio_client_get_rtt (SioEioClient *self)
{
  return self->rtt;
}

/* Closing */

static void
finish_closing (SioEioClient *self)
{
  stop (self);
  sio_eio_client_unref (self); /* of sio_eio_client_close () */
}

static void
linger_cb (SioDeadline *deadline)
{
  finish_closing (deadline->data);
}

void
sio_eio_client_continue_closing (SioEioClient *self)
{
  if (self->state != SIO_SESSION_CLOSING || self->upgrading || self->post_active)
    return;
  sio_eio_client_flush (self);
  if (self->post_active || !g_queue_is_empty (&self->queue))
    return;
  if (self->transport == SIO_TRANSPORT_POLLING && !self->sent_close)
    {
      self->sent_close = TRUE;
      push (self, g_bytes_new_static ("1", 1), FALSE);
      sio_eio_client_flush (self);
      return;
    }
  finish_closing (self);
}

void
sio_eio_client_close (SioEioClient *self)
{
  g_autoptr (SioDeadlineList) list = NULL;

  self->events = NULL;
  if (self->state == SIO_SESSION_CLOSED || self->closing)
    return;
  self->closing = TRUE;
  sio_eio_client_ref (self);
  list = sio_deadline_list_get (self->reactor, LINGER_MS);
  sio_deadline_arm (&self->linger, list);
  if (self->state == SIO_SESSION_OPENING)
    return;
  self->state = SIO_SESSION_CLOSING;
  /* A probe that was not answered yet is not waited for. */
  if (!self->upgrading)
    sio_eio_upgrade_cancel (self);
  sio_eio_client_continue_closing (self);
}

void
sio_eio_client_close_holding (SioEioClient *self, GObject *hold)
{
  if (self->state != SIO_SESSION_CLOSED)
    g_set_object (&self->hold, hold);
  sio_eio_client_close (self);
}

void
sio_eio_client_abort (SioEioClient *self)
{
  self->events = NULL;
  if (self->closing)
    finish_closing (self);
  else if (self->state != SIO_SESSION_CLOSED)
    stop (self);
}

static void
start_transport (SioEioClient *self)
{
  self->transport = self->options->transports[self->n_tried];
  if (self->transport == SIO_TRANSPORT_POLLING)
    sio_eio_polling_get (self);
  else
    sio_eio_websocket_open (self);
}

SioEioClient *
sio_eio_client_new (SioEioOptions *options, const SioEioEvents *events, gpointer user_data)
{
  SioEioClient *self = g_new0 (SioEioClient, 1);

  self->ref_count = 1;
  self->state = SIO_SESSION_OPENING;
  self->events = events;
  self->user_data = user_data;
  self->options = sio_eio_options_ref (options);
  self->reactor = sio_reactor_get (NULL);
  self->cancellable = g_cancellable_new ();
  self->rtt = -1;
  g_queue_init (&self->queue);
  sio_deadline_init (&self->watchdog, watchdog_cb, self);
  sio_deadline_init (&self->linger, linger_cb, self);
  sio_defer_init (&self->flush, flush_cb, self);
  sio_defer_init (&self->stale, stale_cb, self);
  sio_eio_websocket_init (self);
  start_transport (self);
  return self;
}
