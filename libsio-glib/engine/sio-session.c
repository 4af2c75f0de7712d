/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-session-private.h"

#include <string.h>

#include "sio-eio3-payload-private.h"
#include "sio-id-private.h"
#include "sio-plain-codec-private.h"
#include "sio-transport-private.h"
#include "sio-utf8-private.h"

/**
 * SioSession:
 *
 * One Engine.IO connection: a client over whatever transport it uses at the moment.
 *
 * Sessions come from [signal@Sio.Engine::connection]. Programs that use Socket.IO meet
 * them only as [method@Sio.Socket.get_session]; programs that speak plain Engine.IO connect
 * to [signal@Sio.Session::message] and [signal@Sio.Session::closed].
 *
 * This class is not thread-safe; use it from the thread-default main context its engine
 * was created in.
 *
 * Since: 0.1
 */
struct _SioSession
{
  GObject parent_instance;

  SioEngine *engine; /* NULL after the end */
  const SioSessionHandler *handler;
  gpointer handler_data;
  SioRequestInfo *info;
  char *plain;   /* prefix of its packets, for plain WebSocket clients */
  SioPeer *peer; /* NULL if its address is not counted */
  SioWs *ws;
  SioPolling *polling; /* NULL when the transport is a WebSocket */
  SioProbe *probe;     /* only while a WebSocket asks to take over */
  SioReactor *reactor;
  SioDeadline heartbeat;
  SioDeadline close_wait;
  guint64 n_packets_in;
  guint64 n_packets_out;
  guint64 n_bytes_in; /* of packets, without framing */
  guint64 n_bytes_out;
  guint32 round_trip_time; /* µs */
  guint32 ping_time;       /* when the last ping left: µs, the lower bits */
  guint state : 2;
  guint ping_pending : 1;
  guint refresh_allowed : 1;
  guint upgraded : 1;
  guint base64 : 1;
  guint protocol3 : 1; /* Engine.IO 3, protocol.md §2 */
  guint jsonp : 1;
  guint deflate : 3; /* SioDeflateForm of ws */
  char id[SIO_ID_LENGTH + 1];
};

G_DEFINE_FINAL_TYPE (SioSession, sio_session, G_TYPE_OBJECT)

enum
{
  SIGNAL_MESSAGE,
  SIGNAL_CLOSED,
  SIGNAL_UPGRADE,
  SIGNAL_PRESSURE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
sio_session_finalize (GObject *object)
{
  SioSession *self = SIO_SESSION (object);

  sio_deadline_disarm (&self->heartbeat);
  sio_deadline_disarm (&self->close_wait);
  g_clear_pointer (&self->probe, sio_probe_free);
  g_clear_pointer (&self->polling, sio_polling_free);
  g_clear_pointer (&self->ws, sio_ws_unref);
  g_clear_pointer (&self->info, sio_request_info_unref);
  g_clear_pointer (&self->plain, g_free);
  g_clear_pointer (&self->reactor, sio_reactor_unref);

  G_OBJECT_CLASS (sio_session_parent_class)->finalize (object);
}

static void
sio_session_class_init (SioSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = sio_session_finalize;

  /**
   * SioSession::message:
   * @session: the session
   * @data: the message; text is valid UTF-8 and does not end with a NUL
   * @is_text: whether it is text or binary
   *
   * A message came. Not emitted for sessions that carry Socket.IO.
   *
   * Since: 0.1
   */
  signals[SIGNAL_MESSAGE] = g_signal_new ("message", SIO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 2, G_TYPE_BYTES, G_TYPE_BOOLEAN);

  /**
   * SioSession::closed:
   * @session: the session
   * @reason: one of `transport close`, `transport error`, `ping timeout`, `parse error` and
   *   `forced close`
   * @description: (nullable): what happened in detail
   *
   * The session is over. Emitted once.
   *
   * Since: 0.1
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", SIO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);

  /**
   * SioSession::upgraded:
   * @session: the session
   *
   * The client moved from polling to a WebSocket. Nothing was lost or reordered.
   *
   * Since: 0.1
   */
  signals[SIGNAL_UPGRADE] = g_signal_new ("upgraded", SIO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);

  /**
   * SioSession::pressure:
   * @session: the session
   * @high: whether too much waits for the client
   *
   * The client reads more slowly than it is sent to: a sixteenth of
   * [property@Sio.Engine:max-buffered-bytes] waits for it over its WebSocket. Whoever can
   * send less, should. Emitted again with `FALSE` when half of that has left.
   *
   * Since: 0.1
   */
  signals[SIGNAL_PRESSURE] = g_signal_new ("pressure", SIO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static const SioEngineConfig *
get_config (SioSession *self)
{
  return sio_engine_get_config (self->engine);
}

/* Heartbeat, §1.12: one deadline that is either the interval or, while a ping is on its
 * way, the timeout. It outlives an upgrade, so that a lost pong is noticed. In Engine.IO 3 it
 * is the client who pings, and the deadline is for its next one. */
static void
heartbeat_cb (SioDeadline *deadline)
{
  SioSession *self = deadline->data;

  if (self->protocol3 || self->ping_pending)
    {
      sio_session_end (self, SIO_REASON_PING_TIMEOUT, NULL);
      return;
    }
  self->ping_pending = TRUE;
  self->refresh_allowed = TRUE;
  self->ping_time = (guint32) g_get_monotonic_time ();
  sio_deadline_arm (deadline, get_config (self)->ping_timeout);
  if (self->plain != NULL)
    sio_ws_send (self->ws, get_config (self)->ws_ping);
  else
    sio_session_send (self, get_config (self)->ping, SIO_SEND_DEFAULT);
}

static void
close_wait_cb (SioDeadline *deadline)
{
  sio_session_end (deadline->data, SIO_REASON_FORCED_CLOSE, NULL);
}

static void
sio_session_init (SioSession *self)
{
  self->state = SIO_SESSION_OPENING;
  sio_deadline_init (&self->heartbeat, heartbeat_cb, self);
  sio_deadline_init (&self->close_wait, close_wait_cb, self);
}

SioSession *
sio_session_new (SioEngine *engine,
                 const char *id,
                 SioRequestInfo *info,
                 SioTransport transport,
                 gboolean base64)
{
  SioSession *self = g_object_new (SIO_TYPE_SESSION, NULL);

  self->engine = engine;
  self->reactor = sio_reactor_ref (sio_engine_get_reactor (engine));
  self->info = sio_request_info_ref (info);
  self->base64 = base64;
  g_strlcpy (self->id, id, sizeof self->id);
  if (transport == SIO_TRANSPORT_POLLING)
    self->polling = sio_polling_new (self);
  return self;
}

void
sio_session_start (SioSession *self)
{
  if (self->state != SIO_SESSION_OPENING)
    return;
  self->state = SIO_SESSION_OPEN;
  sio_deadline_arm (&self->heartbeat, self->protocol3 ? get_config (self)->eio3_timeout
                                                      : get_config (self)->ping_interval);
}

void
sio_session_set_eio3 (SioSession *self, gboolean jsonp)
{
  self->protocol3 = TRUE;
  sio_engine_get_counters (self->engine)->n_eio3++;
  self->jsonp = !!jsonp;
}

gboolean
sio_session_takes_binary (SioSession *self)
{
  return !self->base64 && !self->jsonp;
}

gboolean
sio_session_is_jsonp (SioSession *self)
{
  return self->jsonp;
}

void
sio_session_set_handler (SioSession *self, const SioSessionHandler *handler, gpointer user_data)
{
  self->handler = handler;
  self->handler_data = user_data;
}

/* Ends the session for everybody: transports, engine, the layer above. */
static void
finish (SioSession *self, const char *reason, const char *description)
{
  g_autoptr (SioSession) keep = g_object_ref (self);
  g_autoptr (SioEngine) engine = self->engine != NULL ? g_object_ref (self->engine) : NULL;

  self->state = SIO_SESSION_CLOSED;
  sio_deadline_disarm (&self->heartbeat);
  sio_deadline_disarm (&self->close_wait);
  g_clear_pointer (&self->probe, sio_probe_free);
  if (self->ws != NULL)
    sio_ws_close (self->ws, SIO_WS_CLOSE_NO_STATUS, NULL);
  if (self->polling != NULL)
    sio_polling_release (self->polling, strcmp (reason, SIO_REASON_TRANSPORT_CLOSE) == 0
                                            ? SIO_EIO_NOOP
                                            : SIO_EIO_CLOSE);

  if (engine != NULL)
    {
      SioEngineCounters *counters = sio_engine_get_counters (engine);

      counters->ended[sio_ended_from_reason (reason)]++;
      if (self->ws != NULL)
        counters->n_websocket--;
      if (self->plain != NULL)
        counters->n_plain--;
      if (self->protocol3)
        counters->n_eio3--;
      sio_engine_remove_session (engine, self);
    }
  self->engine = NULL;
  if (self->handler != NULL)
    self->handler->closed (self, reason, description, self->handler_data);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, reason, description);
}

void
sio_session_end (SioSession *self, const char *reason, const char *description)
{
  if (self->state != SIO_SESSION_CLOSED)
    finish (self, reason, description);
}

void
sio_session_report_incident (SioSession *self, SioIncidentInfo *info)
{
  if (self->engine == NULL)
    return;
  info->address = sio_request_info_get_remote_address (self->info);
  if (info->socket_id == NULL && self->handler != NULL)
    info->socket_id = self->handler->identify (&info->ns, self->handler_data);
  sio_engine_report_incident (self->engine, info);
}

void
sio_session_violate (SioSession *self, const char *reason, const char *description)
{
  SioIncidentInfo info = { .kind = SIO_INCIDENT_VIOLATION, .text = description };

  if (self->state == SIO_SESSION_CLOSED)
    return;
  sio_session_report_incident (self, &info);
  sio_session_end (self, reason, description);
}

static void
deliver (SioSession *self, gboolean is_text, const guint8 *data, gsize length)
{
  if (self->handler != NULL)
    self->handler->message (self, is_text, data, length, self->handler_data);
  else if (g_signal_has_handler_pending (self, signals[SIGNAL_MESSAGE], 0, FALSE))
    {
      g_autoptr (GBytes) bytes = g_bytes_new (data, length);

      g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, bytes, is_text);
    }
}

static void
measure_round_trip (SioSession *self)
{
  self->round_trip_time = MAX ((guint32) g_get_monotonic_time () - self->ping_time, 1);
  sio_times_record (&sio_engine_get_counters (self->engine)->round_trips, self->round_trip_time);
  if (self->handler != NULL)
    self->handler->round_trip (self, self->round_trip_time, self->handler_data);
}

/* FALSE: the revision does not have it in this direction. */
static gboolean
handle_ping (SioSession *self)
{
  if (!self->protocol3)
    return FALSE;
  sio_deadline_arm (&self->heartbeat, get_config (self)->eio3_timeout);
  sio_session_send (self, get_config (self)->pong, SIO_SEND_DEFAULT);
  return TRUE;
}

static gboolean
handle_pong (SioSession *self)
{
  if (self->protocol3)
    return FALSE;
  if (self->ping_pending)
    measure_round_trip (self);
  self->ping_pending = FALSE;
  sio_deadline_arm (&self->heartbeat, get_config (self)->ping_interval);
  return TRUE;
}

/* §1.6 */
SioPacketResult
sio_session_handle_packet (
    SioSession *self, char type, gboolean is_binary, guint8 *data, gsize length)
{
  SioEngineCounters *counters;

  if (self->state != SIO_SESSION_OPEN)
    return SIO_PACKET_STOP;

  counters = sio_engine_get_counters (self->engine);
  counters->packets_in++;
  counters->bytes_in += length + 1;
  self->n_packets_in++;
  self->n_bytes_in += length + 1;
  if (type != SIO_EIO_PONG && self->ping_pending && self->refresh_allowed)
    {
      self->refresh_allowed = FALSE;
      sio_deadline_arm (&self->heartbeat, get_config (self)->ping_timeout);
    }

  switch (type)
    {
    case SIO_EIO_MESSAGE:
      deliver (self, !is_binary, data, length);
      break;
    case SIO_EIO_PONG:
    case SIO_EIO_PING:
      if (type == SIO_EIO_PING ? handle_ping (self) : handle_pong (self))
        break;
      sio_session_violate (self, SIO_REASON_TRANSPORT_ERROR, "invalid heartbeat direction");
      return SIO_PACKET_VIOLATION;
    case SIO_EIO_CLOSE:
      sio_session_end (self, SIO_REASON_TRANSPORT_CLOSE, "the client sent a close packet");
      break;
    default:
      break;
    }
  return self->state == SIO_SESSION_OPEN ? SIO_PACKET_CONTINUE : SIO_PACKET_STOP;
}

/* §2.4 */
static void
receive_eio3_frame (SioSession *self, gboolean is_text, guint8 *data, gsize length)
{
  SioEioPacket packet;

  switch (is_text ? sio_eio3_packet_parse_text (data, length, &packet)
                  : sio_eio3_packet_parse_binary (data, length, &packet))
    {
    case SIO_EIO3_PACKET:
      sio_session_handle_packet (self, (char) packet.type, packet.is_binary, (guint8 *) packet.data,
                                 packet.length);
      break;
    case SIO_EIO3_MALFORMED:
      if (self->state == SIO_SESSION_OPEN)
        sio_session_violate (self, SIO_REASON_PARSE_ERROR, "unknown Engine.IO packet");
      break;
    case SIO_EIO3_NOTHING:
    default:
      break;
    }
}

static void
refuse_plain (SioSession *self, guint16 code, const char *what)
{
  sio_ws_close (self->ws, code, what);
  sio_session_violate (self, SIO_REASON_PARSE_ERROR, what);
}

/* An object of a plain WebSocket client goes on as the packet that another client would send. */
static void
receive_plain (SioSession *self, gboolean is_text, const guint8 *data, gsize length)
{
  static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, SIO_PACKET_MAX_ATTACHMENTS,
                                          SIO_PACKET_MAX_NAMESPACE };
  g_autoptr (GString) packet = NULL;
  g_autoptr (GPtrArray) attachments = NULL;
  g_autoptr (GError) error = NULL;

  if (self->state != SIO_SESSION_OPEN)
    return;
  if (!is_text)
    {
      refuse_plain (self, SIO_WS_CLOSE_UNSUPPORTED,
                    "expected text; binary goes into {\"" SIO_PLAIN_BINARY "\":\"…\"}");
      return;
    }
  packet = g_string_sized_new (length);
  if (!sio_plain_decode ((const char *) data, length, self->plain, &limits, packet, &attachments,
                         &error))
    {
      refuse_plain (self, SIO_WS_CLOSE_BAD_DATA, error->message);
      return;
    }
  sio_session_handle_packet (self, SIO_EIO_MESSAGE, FALSE, (guint8 *) packet->str, packet->len);
  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    {
      gsize n;
      const void *bytes = g_bytes_get_data (g_ptr_array_index (attachments, i), &n);

      sio_session_handle_packet (self, SIO_EIO_MESSAGE, TRUE, (guint8 *) bytes, n);
    }
}

static void
ws_message_cb (SioWs *ws, gboolean is_text, guint8 *data, gsize length, gpointer user_data)
{
  SioSession *self = user_data;
  g_autoptr (SioSession) keep = g_object_ref (self);
  SioEioPacket packet;

  if (G_UNLIKELY (self->protocol3))
    receive_eio3_frame (self, is_text, data, length);
  else if (G_UNLIKELY (self->plain != NULL))
    receive_plain (self, is_text, data, length);
  else if (!is_text)
    sio_session_handle_packet (self, SIO_EIO_MESSAGE, TRUE, data, length);
  else if (length > 0 && data[0] == SIO_EIO_MESSAGE)
    sio_session_handle_packet (self, SIO_EIO_MESSAGE, FALSE, data + 1, length - 1);
  else if (sio_eio_packet_parse_text (data, length, &packet))
    sio_session_handle_packet (self, (char) packet.type, packet.is_binary, (guint8 *) packet.data,
                               packet.length);
  else if (self->state == SIO_SESSION_OPEN)
    sio_session_violate (self, SIO_REASON_PARSE_ERROR, "unknown Engine.IO packet");
}

static void
ws_closed_cb (SioWs *ws, guint16 code, gboolean clean, const char *reason, gpointer user_data)
{
  SioSession *self = user_data;
  g_autofree char *description = NULL;

  if (reason != NULL)
    description = g_strdup_printf ("WebSocket closed with code %u: %s", code, reason);
  else
    description = g_strdup_printf ("WebSocket closed with code %u", code);
  if (clean)
    sio_session_end (self, SIO_REASON_TRANSPORT_CLOSE, description);
  else if (code == SIO_WS_CLOSE_ABNORMAL)
    sio_session_end (self, SIO_REASON_TRANSPORT_ERROR, description);
  else
    sio_session_violate (self, SIO_REASON_TRANSPORT_ERROR, description);
}

static void
ws_pressure_cb (SioWs *ws, gboolean high, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_PRESSURE], 0, high);
}

/* The pings of plain WebSocket clients are WebSocket's own. */
static void
ws_pong_cb (SioWs *ws, gpointer user_data)
{
  SioSession *self = user_data;
  g_autoptr (SioSession) keep = g_object_ref (self);

  if (self->plain != NULL)
    sio_session_handle_packet (self, SIO_EIO_PONG, FALSE, NULL, 0);
}

static const SioWsHandler ws_handler = { ws_message_cb, ws_closed_cb, ws_pressure_cb, ws_pong_cb };

void
sio_session_set_ws (SioSession *self, SioWs *ws)
{
  self->ws = ws;
  sio_engine_get_counters (self->engine)->n_websocket++;
  self->deflate = sio_ws_get_deflate (ws);
  sio_ws_set_handler (ws, &ws_handler, self);
}

void
sio_session_start_ws (SioSession *self, guint8 *early, gsize early_length)
{
  g_autoptr (SioSession) keep = g_object_ref (self);
  g_autoptr (GError) error = NULL;

  /* A handler of the new connection may have closed it already. */
  if (sio_ws_is_open (self->ws) && !sio_ws_start (self->ws, early, early_length, &error))
    sio_session_end (self, SIO_REASON_TRANSPORT_ERROR, error->message);
}

SioPolling *
sio_session_get_polling (SioSession *self)
{
  return self->polling;
}

gboolean
sio_session_can_upgrade (SioSession *self)
{
  return self->state == SIO_SESSION_OPEN && self->polling != NULL && self->probe == NULL &&
         !self->upgraded;
}

void
sio_session_start_probe (
    SioSession *self, SioWs *ws, gboolean base64, guint8 *early, gsize early_length)
{
  g_autoptr (SioSession) keep = g_object_ref (self);

  self->probe = sio_probe_new (self, ws, base64);
  if (!sio_probe_start (self->probe, early, early_length))
    sio_session_probe_ended (self);
}

void
sio_session_probe_ended (SioSession *self)
{
  g_clear_pointer (&self->probe, sio_probe_free);
  /* sio_session_close () waited for the outcome. */
  if (self->state == SIO_SESSION_CLOSING && sio_polling_close (self->polling))
    sio_session_end (self, SIO_REASON_FORCED_CLOSE, NULL);
}

static gboolean
ws_send (SioSession *self, SioOutgoing *outgoing)
{
  GBytes *frames;

  if (G_UNLIKELY (self->plain != NULL))
    {
      frames = sio_outgoing_get_object (outgoing);
      if (frames == NULL)
        return TRUE;
    }
  else if (G_LIKELY (self->deflate == SIO_DEFLATE_NONE && !self->base64 && !self->protocol3))
    frames = sio_outgoing_get_ws (outgoing);
  else if (self->protocol3 && (self->base64 || sio_outgoing_has_binary (outgoing)))
    /* These are rare enough to leave as they are. */
    frames = self->base64 ? sio_outgoing_get_eio3_ws_base64 (outgoing)
                          : sio_outgoing_get_eio3_ws (outgoing);
  else if (self->base64)
    frames = sio_outgoing_get_ws_base64 (outgoing);
  else if (self->deflate != SIO_DEFLATE_NONE)
    frames = sio_outgoing_get_ws_deflated (outgoing, (SioDeflateForm) self->deflate,
                                           get_config (self)->deflate_threshold);
  else
    frames = sio_outgoing_get_ws (outgoing);
  if (G_UNLIKELY (sio_outgoing_is_volatile (outgoing)))
    return sio_ws_send_volatile (self->ws, frames);
  return sio_ws_send (self->ws, frames);
}

static void
reads_too_slowly (SioSession *self)
{
  SioIncidentInfo info = { .kind = SIO_INCIDENT_SLOW_CONSUMER,
                           .text = "the client reads too slowly" };

  if (self->engine == NULL)
    return;
  sio_engine_get_counters (self->engine)->slow++;
  sio_session_report_incident (self, &info);
  sio_session_end (self, SIO_REASON_TRANSPORT_ERROR, info.text);
}

void
sio_session_adopt_ws (SioSession *self, SioWs *ws, gboolean base64)
{
  g_autoptr (SioSession) keep = g_object_ref (self);
  SioPolling *polling = g_steal_pointer (&self->polling);
  g_autoptr (GPtrArray) pending = sio_polling_take_queue (polling);
  SioEngineCounters *counters = sio_engine_get_counters (self->engine);
  gboolean was_closing = self->state == SIO_SESSION_CLOSING;
  gboolean sent = TRUE;

  g_clear_pointer (&self->probe, sio_probe_free);
  self->upgraded = TRUE;
  self->base64 = !!base64;
  counters->upgraded++;
  sio_session_set_ws (self, ws);
  for (guint i = 0; i < pending->len && sent; i++)
    sent = ws_send (self, g_ptr_array_index (pending, i));
  /* Answers a held GET, whose headers the application may see: nothing is half done now. */
  sio_polling_free (polling);
  if (!sent)
    reads_too_slowly (self);
  else if (was_closing)
    sio_session_end (self, SIO_REASON_FORCED_CLOSE, NULL);
  else if (self->state == SIO_SESSION_OPEN)
    g_signal_emit (self, signals[SIGNAL_UPGRADE], 0);
}

static gboolean
is_writable (SioSession *self)
{
  return self->ws != NULL ? sio_ws_is_writable (self->ws) : sio_polling_is_writable (self->polling);
}

/* What the policy makes of a volatile message. FALSE: it is dropped. */
static gboolean
admit_volatile (SioSession *self, SioOutgoing *outgoing, SioSendFlags *flags)
{
  switch (get_config (self)->slow_consumer_policy)
    {
    case SIO_SLOW_CONSUMER_POLICY_CLOSE:
      *flags &= ~SIO_SEND_VOLATILE;
      return TRUE;
    case SIO_SLOW_CONSUMER_POLICY_DROP_OLDEST_VOLATILE:
      sio_outgoing_set_volatile (outgoing);
      return TRUE;
    case SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE:
    default:
      return is_writable (self);
    }
}

gboolean
sio_session_send (SioSession *self, SioOutgoing *outgoing, SioSendFlags flags)
{
  SioEngineCounters *counters;
  gboolean taken;

  if (self->state != SIO_SESSION_OPEN)
    return FALSE;

  counters = sio_engine_get_counters (self->engine);
  if (flags & SIO_SEND_NO_COMPRESS)
    sio_outgoing_set_plain (outgoing);
  if (G_UNLIKELY (flags & SIO_SEND_VOLATILE) && !admit_volatile (self, outgoing, &flags))
    taken = FALSE;
  else if (self->ws != NULL)
    taken = ws_send (self, outgoing);
  else
    taken = sio_polling_send (self->polling, outgoing);

  if (taken)
    {
      guint n_packets = sio_outgoing_get_n_packets (outgoing);
      gsize n_bytes = sio_outgoing_get_n_bytes (outgoing);

      counters->packets_out += n_packets;
      counters->bytes_out += n_bytes;
      self->n_packets_out += n_packets;
      self->n_bytes_out += n_bytes;
    }
  else if (flags & SIO_SEND_VOLATILE)
    counters->dropped++;
  else
    reads_too_slowly (self);
  return taken;
}

/**
 * sio_session_close:
 * @self: the session
 *
 * Closes the session after what was sent before has left.
 *
 * Over a WebSocket the session is closed at once, while its data still leaves. A polling
 * client may have to fetch its data and the close packet first; until then, at most 30
 * seconds, the state is [enum@Sio.SessionState.CLOSING].
 *
 * Since: 0.1
 */
void
sio_session_close (SioSession *self)
{
  g_autoptr (SioSession) keep = NULL;

  g_return_if_fail (SIO_IS_SESSION (self));

  if (self->state != SIO_SESSION_OPEN && self->state != SIO_SESSION_OPENING)
    return;
  keep = g_object_ref (self);
  self->state = SIO_SESSION_CLOSING;
  /* A client that is changing transports gets the rest over the new one. */
  if (self->ws != NULL || (self->probe == NULL && sio_polling_close (self->polling)))
    sio_session_end (self, SIO_REASON_FORCED_CLOSE, NULL);
  else if (self->state == SIO_SESSION_CLOSING)
    sio_deadline_arm (&self->close_wait, get_config (self)->close_wait);
}

void
sio_session_discard (SioSession *self)
{
  sio_session_end (self, SIO_REASON_FORCED_CLOSE, "the server is shutting down");
}

SioEngine *
sio_session_get_engine (SioSession *self)
{
  return self->engine;
}

gboolean
sio_session_is_closing (SioSession *self)
{
  return self->state == SIO_SESSION_CLOSING;
}

void
sio_session_set_plain (SioSession *self, char *prefix)
{
  self->plain = prefix;
  sio_engine_get_counters (self->engine)->n_plain++;
}

const char *
sio_session_get_plain (SioSession *self)
{
  return self->plain;
}

SioPeer *
sio_session_get_peer (SioSession *self)
{
  return self->peer;
}

void
sio_session_set_peer (SioSession *self, SioPeer *peer)
{
  self->peer = peer;
}

gsize
sio_session_get_size (void)
{
  return sizeof (SioSession);
}

SioRequestInfo *
sio_session_get_request_info (SioSession *self)
{
  return self->info;
}

SioReactor *
sio_session_get_reactor (SioSession *self)
{
  return self->reactor;
}

/**
 * sio_session_get_id:
 * @self: the session
 *
 * Gets the session id. Whoever knows it can act as the client: keep it out of logs.
 *
 * Returns: (transfer none): 20 characters
 *
 * Since: 0.1
 */
const char *
sio_session_get_id (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), NULL);

  return self->id;
}

/**
 * sio_session_get_protocol:
 * @self: the session
 *
 * Tells which revision of the Engine.IO protocol the client speaks. Revision 3, which has to be
 * allowed by [property@Sio.Engine:allow-eio3], is that of Socket.IO clients 1 and 2.
 *
 * Returns: 3 or 4
 *
 * Since: 0.1
 */
guint
sio_session_get_protocol (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 4);

  return self->protocol3 ? 3 : 4;
}

/**
 * sio_session_get_transport:
 * @self: the session
 *
 * Tells how packets travel at the moment.
 *
 * Returns: the transport
 *
 * Since: 0.1
 */
SioTransport
sio_session_get_transport (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), SIO_TRANSPORT_POLLING);

  return self->polling != NULL ? SIO_TRANSPORT_POLLING : SIO_TRANSPORT_WEBSOCKET;
}

/**
 * sio_session_get_state:
 * @self: the session
 *
 * Tells whether messages can be exchanged.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
SioSessionState
sio_session_get_state (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), SIO_SESSION_CLOSED);

  return (SioSessionState) self->state;
}

/**
 * sio_session_get_remote_address:
 * @self: the session
 *
 * Gets the numeric address of the client, which is that of a proxy unless it is one of
 * [property@Sio.Engine:trusted-proxies].
 *
 * Returns: (transfer none): the address, empty for Unix sockets
 *
 * Since: 0.1
 */
const char *
sio_session_get_remote_address (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), NULL);

  return sio_request_info_get_remote_address (self->info);
}

/**
 * sio_session_get_round_trip_time:
 * @self: the session
 *
 * Tells how long the client took to answer the last ping; pings leave every
 * [property@Sio.Engine:ping-interval]. Clients of revision 3 are not pinged, they ping.
 *
 * Returns: microseconds, or 0 if it is not known yet
 *
 * Since: 0.1
 */
guint
sio_session_get_round_trip_time (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 0);

  return self->round_trip_time;
}

/**
 * sio_session_get_buffered_bytes:
 * @self: the session
 *
 * Tells how much was sent but not taken by the client's side yet.
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
gsize
sio_session_get_buffered_bytes (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 0);

  if (self->polling != NULL)
    return sio_polling_get_buffered (self->polling);
  return self->ws != NULL ? sio_ws_get_buffered (self->ws) : 0;
}

/**
 * sio_session_get_n_packets_in:
 * @self: the session
 *
 * Tells how many packets the client sent, since the session was opened. Packets are those of
 * Engine.IO, pings included.
 *
 * Returns: packets
 *
 * Since: 0.1
 */
guint64
sio_session_get_n_packets_in (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 0);

  return self->n_packets_in;
}

/**
 * sio_session_get_n_packets_out:
 * @self: the session
 *
 * Tells how many packets were sent to the client, or wait for it, since the session was opened.
 * Packets are those of Engine.IO, pings included.
 *
 * Returns: packets
 *
 * Since: 0.1
 */
guint64
sio_session_get_n_packets_out (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 0);

  return self->n_packets_out;
}

/**
 * sio_session_get_n_bytes_in:
 * @self: the session
 *
 * Tells how large the packets were that the client sent, since the session was opened. Packets are
 * those of Engine.IO, pings included.
 *
 * Returns: bytes, without framing and compression
 *
 * Since: 0.1
 */
guint64
sio_session_get_n_bytes_in (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 0);

  return self->n_bytes_in;
}

/**
 * sio_session_get_n_bytes_out:
 * @self: the session
 *
 * Tells how large the packets were that were sent to the client, or wait for it, since the session
 * was opened. Packets are those of Engine.IO, pings included.
 *
 * Returns: bytes, without framing and compression
 *
 * Since: 0.1
 */
guint64
sio_session_get_n_bytes_out (SioSession *self)
{
  g_return_val_if_fail (SIO_IS_SESSION (self), 0);

  return self->n_bytes_out;
}

/**
 * sio_session_send_text:
 * @self: the session
 * @text: UTF-8
 * @length: bytes of @text, or -1 if it ends with a NUL
 *
 * Sends a text message. Text that is not UTF-8 is refused; so is, while the transport is
 * polling, text with the character U+001E, which separates packets there (not in revision 3
 * of the protocol); and all text for plain WebSocket clients, who only understand events.
 *
 * Returns: `TRUE` if it was sent or queued, `FALSE` if the session is not open, or @text cannot
 *   be sent, or the client reads so slowly that its buffer is full (this closes the session)
 *
 * Since: 0.1
 */
gboolean
sio_session_send_text (SioSession *self, const char *text, gssize length)
{
  g_autoptr (SioOutgoing) outgoing = NULL;
  SioPart part = { text, length < 0 ? strlen (text) : (gsize) length };

  g_return_val_if_fail (SIO_IS_SESSION (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  if (self->plain != NULL)
    return FALSE;
  if ((self->polling != NULL && !self->protocol3 &&
       memchr (text, SIO_EIO_SEPARATOR, part.length) != NULL) ||
      !sio_utf8_validate ((const guint8 *) text, part.length))
    return FALSE;
  outgoing = sio_outgoing_new (&part, 1, NULL);
  return sio_session_send (self, outgoing, SIO_SEND_DEFAULT);
}

/**
 * sio_session_send_bytes:
 * @self: the session
 * @bytes: data
 *
 * Sends a binary message.
 *
 * Returns: `TRUE` if it was sent or queued, `FALSE` if the session is not open or its buffer is
 *   full (this closes the session)
 *
 * Since: 0.1
 */
gboolean
sio_session_send_bytes (SioSession *self, GBytes *bytes)
{
  g_autoptr (SioOutgoing) outgoing = NULL;

  g_return_val_if_fail (SIO_IS_SESSION (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  if (self->plain != NULL)
    return FALSE;
  outgoing = sio_outgoing_new_binary (bytes);
  return sio_session_send (self, outgoing, SIO_SEND_DEFAULT);
}
