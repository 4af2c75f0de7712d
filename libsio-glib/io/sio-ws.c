/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-ws-private.h"

#include <string.h>

#include "sio-output-private.h"
#include "sio-utf8-private.h"

#define FLUSH_AT_ONCE (64 * 1024)
#define READS_PER_EVENT 4
#define PONGS_PER_FLUSH 32
#define DISCARD_SLACK (1024 * 1024)
#define MAX_REASON 123

typedef enum
{
  STATE_NEW,
  STATE_OPEN,
  STATE_CLOSING, /* our close frame is queued or sent, the peer's is awaited */
  STATE_LINGER,  /* what the peer says is dropped; it shall be able to read our last bytes */
  STATE_CLOSED
} State;

struct _SioWs
{
  guint ref_count;
  guint8 state;
  guint8 started : 1;
  guint8 blocked : 1;      /* waits until the channel takes output again */
  guint8 pressed : 1;      /* told that too much waits */
  guint8 peer_closed : 1;  /* its close frame came */
  guint8 eof : 1;          /* its stream ended */
  guint8 write_closed : 1; /* ours did */
  guint8 broken : 1;       /* writing failed */
  guint8 lingering : 1;    /* holds a reference on itself */
  guint8 n_pongs;          /* queued since the last flush */
  guint8 n_holds;          /* references that our own functions hold while they run */
  guint8 deflate;          /* SioDeflateForm */
  SioReactor *reactor;
  SioChannel *channel; /* NULL once closed */
  const SioWsConfig *config;
  const SioWsHandler *handler;
  gpointer user_data;
  SioOutput output;
  GBytes *pong; /* the latest, not yet in the output */
  gsize discard_left;
  SioDefer flush;
  SioDeadline linger;
  SioWsParser parser;
};

/* There are tens of thousands of these. */
G_STATIC_ASSERT (sizeof (SioWs) <= 320);

/* Keeps the memory, not the connection. */
static SioWs *
hold (SioWs *self)
{
  self->n_holds++;
  return sio_ws_ref (self);
}

static void
release (SioWs *self)
{
  self->n_holds--;
  sio_ws_unref (self);
}

/* The end of all I/O. May drop the last reference. */
static void
finish (SioWs *self)
{
  if (self->state == STATE_CLOSED)
    return;
  self->state = STATE_CLOSED;
  sio_defer_cancel (&self->flush);
  sio_deadline_disarm (&self->linger);
  g_clear_pointer (&self->channel, sio_channel_free);
  sio_output_clear (&self->output);
  g_clear_pointer (&self->pong, g_bytes_unref);
  sio_ws_parser_clear (&self->parser);
  if (self->lingering)
    {
      self->lingering = FALSE;
      sio_ws_unref (self);
    }
}

/* The connection broke; nothing can be said to the peer. */
static void
fail (SioWs *self, gboolean clean, const char *reason)
{
  gboolean was_open = sio_ws_is_open (self);
  const SioWsHandler *handler = self->handler;

  finish (self);
  if (was_open && handler != NULL)
    handler->closed (self, SIO_WS_CLOSE_ABNORMAL, clean, reason, self->user_data);
}

static void
update_interest (SioWs *self)
{
  SioChannelInterest interest = 0;

  if (self->started && !self->eof)
    interest |= SIO_CHANNEL_READABLE;
  if (self->blocked)
    interest |= SIO_CHANNEL_WRITABLE;
  if (!sio_channel_set_interest (self->channel, interest, NULL))
    fail (self, FALSE, "cannot watch the connection");
}

static void
queue_flush (SioWs *self)
{
  if (!self->blocked)
    sio_defer_queue (&self->flush, self->reactor);
}

static void
linger_cb (SioDeadline *deadline)
{
  finish (deadline->data);
}

/* From here on the connection ends by itself, at the latest when the linger
 * time is over, and does not need the configuration any more. */
static void
begin_end (SioWs *self, State state)
{
  self->state = state;
  self->discard_left = self->config->max_message + DISCARD_SLACK;
  if (!self->lingering)
    {
      self->lingering = TRUE;
      sio_ws_ref (self);
    }
  sio_deadline_arm (&self->linger, self->config->linger);
}

static void
queue_close_frame (SioWs *self, guint16 code, const char *reason)
{
  guint8 payload[2 + MAX_REASON];
  gsize length = reason != NULL ? strlen (reason) : 0;
  g_autoptr (GBytes) frame = NULL;

  /* These stand for the lack of a close frame or of a code in it. */
  if (code == SIO_WS_CLOSE_NO_STATUS || code == SIO_WS_CLOSE_ABNORMAL)
    frame = sio_ws_frame_new (SIO_WS_OPCODE_CLOSE, NULL, 0);
  else
    {
      if (length > MAX_REASON)
        {
          length = MAX_REASON;
          while (length > 0 && (reason[length] & 0xc0) == 0x80)
            length--;
        }
      if (length > 0 && !sio_utf8_validate ((const guint8 *) reason, length))
        length = 0;
      payload[0] = code >> 8;
      payload[1] = code & 0xff;
      if (length > 0)
        memcpy (payload + 2, reason, length);
      frame = sio_ws_frame_new (SIO_WS_OPCODE_CLOSE, payload, 2 + length);
    }
  g_clear_pointer (&self->pong, g_bytes_unref);
  sio_output_push (&self->output, frame);
  queue_flush (self);
}

/* Ends an open connection because of what the peer sent. */
static void
end_by_peer (SioWs *self, guint16 code, gboolean clean, const char *reason)
{
  begin_end (self, STATE_LINGER);
  queue_close_frame (self, code, clean ? NULL : reason);
  sio_ws_parser_clear (&self->parser);
  if (self->handler != NULL)
    self->handler->closed (self, code, clean, reason, self->user_data);
}

static gboolean
is_valid_code (guint16 code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

static void
take_close (SioWs *self, const guint8 *data, gsize length)
{
  char reason[MAX_REASON + 1];
  guint16 code = SIO_WS_CLOSE_NO_STATUS;

  self->peer_closed = TRUE;
  if (self->state != STATE_OPEN)
    return;
  if (length == 1)
    {
      end_by_peer (self, SIO_WS_CLOSE_PROTOCOL, FALSE, "invalid close frame");
      return;
    }
  if (length == 0)
    {
      end_by_peer (self, code, TRUE, NULL);
      return;
    }
  code = (guint16) (data[0] << 8 | data[1]);
  if (!is_valid_code (code))
    {
      end_by_peer (self, SIO_WS_CLOSE_PROTOCOL, FALSE, "invalid close code");
      return;
    }
  if (!sio_utf8_validate (data + 2, length - 2))
    {
      end_by_peer (self, SIO_WS_CLOSE_BAD_DATA, FALSE, "invalid UTF-8");
      return;
    }
  memcpy (reason, data + 2, length - 2);
  reason[length - 2] = '\0';
  end_by_peer (self, code, TRUE, length > 2 ? reason : NULL);
}

/* The latest ping is the one that matters (RFC 6455 §5.5.3), so a peer that
 * pings but does not read costs one frame of memory. */
static void
take_ping (SioWs *self, const guint8 *data, gsize length)
{
  g_autoptr (GBytes) pong = sio_ws_frame_new (SIO_WS_OPCODE_PONG, data, length);

  if (self->state != STATE_OPEN)
    return;
  if (!self->blocked && self->pong == NULL && self->n_pongs < PONGS_PER_FLUSH &&
      self->output.n_bytes + g_bytes_get_size (pong) <= self->config->max_buffered)
    {
      self->n_pongs++;
      sio_output_push (&self->output, pong);
    }
  else
    {
      g_clear_pointer (&self->pong, g_bytes_unref);
      self->pong = g_steal_pointer (&pong);
    }
  queue_flush (self);
}

static gboolean
message_cb (SioWsOpcode opcode, guint8 *data, gsize length, gpointer user_data)
{
  SioWs *self = user_data;

  switch (opcode)
    {
    case SIO_WS_OPCODE_TEXT:
    case SIO_WS_OPCODE_BINARY:
      if (self->state == STATE_OPEN && self->handler != NULL)
        self->handler->message (self, opcode == SIO_WS_OPCODE_TEXT, data, length, self->user_data);
      break;
    case SIO_WS_OPCODE_CLOSE:
      take_close (self, data, length);
      break;
    case SIO_WS_OPCODE_PING:
      take_ping (self, data, length);
      break;
    case SIO_WS_OPCODE_PONG:
      if (self->state == STATE_OPEN && self->handler != NULL && self->handler->pong != NULL)
        self->handler->pong (self, self->user_data);
      break;
    case SIO_WS_OPCODE_CONTINUATION:
      break;
    }
  /* While we wait for the peer's close frame the parser must stay in step. */
  return self->state == STATE_OPEN || (self->state == STATE_CLOSING && !self->peer_closed);
}

static void
take_input (SioWs *self, guint8 *data, gsize length)
{
  const char *reason = NULL;
  guint16 code;

  if (self->state == STATE_CLOSING || self->state == STATE_LINGER)
    {
      if (length > self->discard_left)
        {
          finish (self);
          return;
        }
      self->discard_left -= length;
    }
  if (self->state == STATE_LINGER || self->peer_closed)
    return;

  code = sio_ws_parser_feed (&self->parser, data, length, message_cb, self, &reason);
  if (code != 0 && self->state == STATE_OPEN)
    end_by_peer (self, code, FALSE, reason);
  else if (code != 0 && self->state == STATE_CLOSING)
    self->state = STATE_LINGER;
  if ((self->peer_closed || code != 0) && self->state != STATE_CLOSED)
    queue_flush (self);
}

/* What to do once the output is empty. */
static void
go_on_ending (SioWs *self)
{
  if (self->state != STATE_CLOSING && self->state != STATE_LINGER)
    return;
  if (self->eof || (self->state == STATE_CLOSING && self->peer_closed))
    {
      finish (self);
      return;
    }
  if (self->state == STATE_LINGER && !self->write_closed)
    {
      self->write_closed = TRUE;
      sio_channel_shutdown_write (self->channel);
    }
}

static void
take_eof (SioWs *self)
{
  self->eof = TRUE;
  if (self->broken)
    return;
  if (sio_ws_is_open (self))
    {
      fail (self, TRUE, NULL);
      return;
    }
  if (self->output.n_bytes == 0)
    {
      finish (self);
      return;
    }
  /* The peer may have closed its half only, and still wait for our close frame. */
  queue_flush (self);
  update_interest (self);
}

static void
read_input (SioWs *self)
{
  guint8 *buffer = sio_reactor_get_buffer (self->reactor);

  for (guint i = 0; i < READS_PER_EVENT && self->state != STATE_CLOSED && !self->eof; i++)
    {
      g_autoptr (GError) error = NULL;
      gsize n;

      switch (sio_channel_read (self->channel, buffer, SIO_REACTOR_BUFFER_SIZE, &n, &error))
        {
        case SIO_IO_OK:
          take_input (self, buffer, n);
          if (n < SIO_REACTOR_BUFFER_SIZE)
            return;
          break;
        case SIO_IO_WOULD_BLOCK:
          return;
        case SIO_IO_EOF:
          take_eof (self);
          return;
        case SIO_IO_ERROR:
        default:
          fail (self, FALSE, error->message);
          return;
        }
    }
}

/* Returns: SIO_IO_OK when nothing is left */
static SioIoStatus
try_flush (SioWs *self, GError **error)
{
  SioIoStatus status = sio_output_flush (&self->output, self->channel, error);

  if (status == SIO_IO_OK && self->pong != NULL)
    {
      g_autoptr (GBytes) pong = g_steal_pointer (&self->pong);

      sio_output_push (&self->output, pong);
      status = sio_output_flush (&self->output, self->channel, error);
    }
  if (status == SIO_IO_OK || status == SIO_IO_WOULD_BLOCK)
    {
      self->blocked = status == SIO_IO_WOULD_BLOCK;
      self->n_pongs = 0;
    }
  return status;
}

static void
report_pressure (SioWs *self)
{
  gsize mark = self->config->high_water;
  gsize waiting = sio_ws_get_buffered (self);
  gboolean high = self->pressed ? waiting > mark / 2 : waiting >= mark;

  if (mark == 0 || high == self->pressed)
    return;
  self->pressed = high;
  if (self->handler != NULL && self->handler->pressure != NULL)
    self->handler->pressure (self, high, self->user_data);
}

static void
flush_output (SioWs *self)
{
  g_autoptr (GError) error = NULL;

  switch (try_flush (self, &error))
    {
    case SIO_IO_OK:
    case SIO_IO_WOULD_BLOCK:
      update_interest (self);
      if (self->state == STATE_OPEN)
        report_pressure (self);
      if (self->output.n_bytes == 0)
        go_on_ending (self);
      break;
    default:
      /* What the peer said before it left is still to be read, perhaps a close frame. */
      sio_output_clear (&self->output);
      self->broken = TRUE;
      if (self->started)
        read_input (self);
      fail (self, FALSE, error->message);
      break;
    }
}

static void
flush_cb (SioDefer *defer)
{
  SioWs *self = hold (defer->data);

  flush_output (self);
  release (self);
}

static void
channel_cb (SioChannel *channel, SioChannelInterest ready, gpointer user_data)
{
  SioWs *self = hold (user_data);

  if ((ready & SIO_CHANNEL_WRITABLE) != 0)
    {
      self->blocked = FALSE;
      flush_output (self);
    }
  if ((ready & SIO_CHANNEL_READABLE) != 0 && self->state != STATE_CLOSED)
    {
      /* Only a hang-up gets here after the end of the stream. */
      if (self->eof)
        finish (self);
      else if (self->started)
        read_input (self);
      else
        fail (self, FALSE, "connection reset");
    }
  release (self);
}

SioWs *
sio_ws_new (SioReactor *reactor,
            SioChannel *channel,
            const SioWsConfig *config,
            const SioWsHandler *handler,
            gpointer user_data)
{
  SioWs *self = g_new0 (SioWs, 1);

  self->ref_count = 1;
  self->reactor = sio_reactor_ref (reactor);
  self->channel = channel;
  self->config = config;
  self->handler = handler;
  self->user_data = user_data;
  sio_output_init (&self->output);
  sio_ws_parser_init (&self->parser, config->max_message);
  sio_defer_init (&self->flush, flush_cb, self);
  sio_deadline_init (&self->linger, linger_cb, self);
  sio_channel_set_func (channel, channel_cb, self);
  return self;
}

SioWs *
sio_ws_ref (SioWs *self)
{
  self->ref_count++;
  return self;
}

void
sio_ws_unref (SioWs *self)
{
  if (--self->ref_count > self->n_holds)
    return;
  /* Nobody but us is left, and there is no lingering, which has a reference. */
  finish (self);
  if (self->ref_count > 0)
    return;
  sio_reactor_unref (self->reactor);
  g_free (self);
}

void
sio_ws_set_handler (SioWs *self, const SioWsHandler *handler, gpointer user_data)
{
  self->handler = handler;
  self->user_data = user_data;
}

void
sio_ws_set_deflate (SioWs *self, SioDeflateForm form)
{
  self->deflate = form;
  if (form != SIO_DEFLATE_NONE)
    sio_ws_parser_allow_deflate (&self->parser, self->config->max_ratio);
}

SioDeflateForm
sio_ws_get_deflate (SioWs *self)
{
  return (SioDeflateForm) self->deflate;
}

gboolean
sio_ws_start (SioWs *self, guint8 *data, gsize length, GError **error)
{
  g_return_val_if_fail (self->state == STATE_NEW, FALSE);

  if (!sio_channel_set_interest (
          self->channel, SIO_CHANNEL_READABLE | (self->blocked ? SIO_CHANNEL_WRITABLE : 0), error))
    return FALSE;
  self->started = TRUE;
  self->state = STATE_OPEN;
  if (length > 0)
    {
      hold (self);
      take_input (self, data, length);
      release (self);
    }
  return TRUE;
}

/* What the unsent output costs: many small frames need more memory than their bytes. */
static gsize
get_cost (SioWs *self)
{
  return sio_ws_get_buffered (self) + (gsize) self->output.n_items * SIO_OUTPUT_PIECE_COST;
}

/* FALSE: it does not fit, whatever is removed. */
static gboolean
make_room (SioWs *self, gsize size)
{
  gsize budget = self->config->max_buffered;
  gsize cost = get_cost (self);
  gsize needed;
  guint n;

  if (size > budget)
    return FALSE;
  if (G_LIKELY (cost <= budget - size))
    return TRUE;
  if (self->output.volatile_cost == 0)
    return FALSE;
  needed = cost - (budget - size);
  n = sio_output_drop_volatile (&self->output, sio_channel_get_committed (self->channel), needed,
                                MAX (needed, budget / 16));
  if (self->config->dropped != NULL)
    *self->config->dropped += n;
  return n > 0;
}

static gboolean
take_output (SioWs *self, GBytes *frames, gboolean is_volatile)
{
  gsize size = g_bytes_get_size (frames);

  if (!sio_ws_is_open (self))
    return FALSE;
  if (!self->blocked && self->output.n_bytes > 0 &&
      (self->output.n_bytes + size > FLUSH_AT_ONCE ||
       get_cost (self) + size > self->config->max_buffered))
    {
      /* The deferred flush tries again, and then sees to what this one meets:
       * callbacks do not belong here. */
      try_flush (self, NULL);
      sio_defer_queue (&self->flush, self->reactor);
    }
  if (!make_room (self, size))
    return FALSE;
  if (G_UNLIKELY (is_volatile))
    sio_output_push_volatile (&self->output, frames);
  else
    sio_output_push (&self->output, frames);
  queue_flush (self);
  /* While blocked nothing is flushed, but somebody has to tell of the pressure. */
  if (self->blocked && !self->pressed && self->config->high_water != 0 &&
      self->output.n_bytes >= self->config->high_water)
    sio_defer_queue (&self->flush, self->reactor);
  return TRUE;
}

gboolean
sio_ws_send (SioWs *self, GBytes *frames)
{
  return take_output (self, frames, FALSE);
}

gboolean
sio_ws_send_volatile (SioWs *self, GBytes *frames)
{
  return take_output (self, frames, TRUE);
}

gsize
sio_ws_get_size (void)
{
  return sizeof (SioWs) + sio_channel_get_size ();
}

gsize
sio_ws_get_buffered (SioWs *self)
{
  return self->output.n_bytes + (self->pong != NULL ? g_bytes_get_size (self->pong) : 0);
}

gboolean
sio_ws_is_writable (SioWs *self)
{
  return sio_ws_is_open (self) && !self->blocked;
}

void
sio_ws_close (SioWs *self, guint16 code, const char *reason)
{
  if (!sio_ws_is_open (self))
    return;
  begin_end (self, STATE_CLOSING);
  queue_close_frame (self, code, reason);
  sio_ws_parser_discard (&self->parser);
  if (!self->started)
    {
      self->started = TRUE;
      update_interest (self);
    }
}

void
sio_ws_abort (SioWs *self)
{
  finish (self);
}

gboolean
sio_ws_is_open (SioWs *self)
{
  return self->state == STATE_NEW || self->state == STATE_OPEN;
}
