/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-http.h"
#include "bench.h"

#include <string.h>

static void
send_frame (BenchWs *ws, guint opcode, const char *payload, gsize len)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  bench_frame_append (frame, opcode, payload, len);
  bench_io_send (&ws->io, frame->data, frame->len);
}

void
bench_ws_send_text (BenchWs *ws, const char *text)
{
  send_frame (ws, BENCH_WS_TEXT, text, strlen (text));
}

static void
protocol_error (BenchWs *ws, BenchErrorKind kind, const char *what, const guint8 *bytes, gsize len)
{
  g_autofree char *cut = g_strndup ((const char *) bytes, MIN (len, 80));
  g_autofree char *escaped = g_strescape (cut, NULL);
  g_autofree char *detail = g_strdup_printf ("%s: \"%s\"", what, escaped);

  bench_io_fail (&ws->io, kind, detail);
}

static void
connected (BenchIo *io)
{
  BenchWs *ws = (BenchWs *) io;

  ws->state = BENCH_WS_UPGRADING;
  bench_io_send (io, (const guint8 *) ws->bench->upgrade_request,
                 strlen (ws->bench->upgrade_request));
}

/* Returns the bytes of the response, 0 to wait, -1 after a failure. */
static gssize
upgrade_response (BenchWs *ws, const guint8 *data, gsize len)
{
  BenchResponse response;
  g_autofree char *accept = NULL;
  gssize head = bench_http_parse_head (data, len, &response);

  if (head == 0)
    return 0;
  if (head < 0)
    {
      protocol_error (ws, BENCH_ERROR_PROTOCOL, "not an HTTP response", data, len);
      return -1;
    }
  if (response.status != 101)
    {
      const guint8 *line_end = memchr (data, '\r', len);

      protocol_error (ws, BENCH_ERROR_REJECTED, "WebSocket refused", data,
                      (gsize) (line_end - data));
      return -1;
    }
  accept = bench_http_header ((const char *) data, (gsize) head, "sec-websocket-accept");
  if (g_strcmp0 (accept, ws->bench->upgrade_accept) != 0)
    {
      protocol_error (ws, BENCH_ERROR_PROTOCOL, "wrong Sec-WebSocket-Accept", data, 0);
      return -1;
    }
  ws->state = BENCH_WS_OPENING;
  return head;
}

static gboolean
has_prefix (const guint8 *packet, gsize len, const char *prefix)
{
  gsize prefix_len = strlen (prefix);

  return len >= prefix_len && memcmp (packet, prefix, prefix_len) == 0;
}

static gboolean
setup_packet (BenchWs *ws, const guint8 *packet, gsize len, gint64 now)
{
  Bench *bench = ws->bench;

  if (ws->state == BENCH_WS_OPENING)
    {
      if (packet[0] != '0')
        {
          protocol_error (ws, BENCH_ERROR_PROTOCOL, "expected an open packet", packet, len);
          return FALSE;
        }
      ws->state = BENCH_WS_JOINING;
      bench_ws_send_text (ws, bench->connect_packet);
      return TRUE;
    }
  if (has_prefix (packet, len, bench->connect_reply))
    {
      ws->state = BENCH_WS_READY;
      bench_pool_opened (bench);
      if (bench->ws_handlers->ready != NULL)
        bench->ws_handlers->ready (bench, ws, now);
      return TRUE;
    }
  if (has_prefix (packet, len, bench->connect_refused))
    {
      protocol_error (ws, BENCH_ERROR_REJECTED, "namespace refused", packet, len);
      return FALSE;
    }
  /* Servers may greet before or after the CONNECT reply. */
  return TRUE;
}

/* Returns FALSE when the connection is gone. */
static gboolean
text_packet (BenchWs *ws, const guint8 *packet, gsize len, gint64 now)
{
  Bench *bench = ws->bench;

  if (len == 0)
    return TRUE;
  if (packet[0] == '2')
    {
      send_frame (ws, BENCH_WS_TEXT, "3", 1);
      return TRUE;
    }
  if (G_LIKELY (ws->state == BENCH_WS_READY))
    {
      if (bench->ws_handlers->message != NULL)
        bench->ws_handlers->message (bench, ws, packet, len, now);
      return TRUE;
    }
  if (ws->state == BENCH_WS_CLOSING)
    return TRUE;
  return setup_packet (ws, packet, len, now);
}

static gboolean
rare_frame (BenchWs *ws, const BenchFrame *frame, gint64 now)
{
  g_autoptr (GByteArray) whole = NULL;

  switch (frame->opcode)
    {
    case BENCH_WS_PING:
      send_frame (ws, BENCH_WS_PONG, (const char *) frame->payload, frame->payload_len);
      return TRUE;
    case BENCH_WS_CLOSE:
      if (ws->state == BENCH_WS_CLOSING)
        return TRUE; /* the end of the stream follows */
      send_frame (ws, BENCH_WS_CLOSE, (const char *) frame->payload, MIN (frame->payload_len, 2));
      protocol_error (ws, BENCH_ERROR_CLOSED, "the server closed the WebSocket", frame->payload + 2,
                      frame->payload_len > 2 ? frame->payload_len - 2 : 0);
      return FALSE;
    case BENCH_WS_TEXT:
    case BENCH_WS_CONTINUATION:
      if ((frame->opcode == BENCH_WS_TEXT) != (ws->fragments == NULL))
        {
          protocol_error (ws, BENCH_ERROR_PROTOCOL, "wrong order of fragments", frame->payload,
                          frame->payload_len);
          return FALSE;
        }
      if (ws->fragments == NULL)
        ws->fragments = g_byte_array_new ();
      g_byte_array_append (ws->fragments, frame->payload, (guint) frame->payload_len);
      if (!frame->fin)
        return TRUE;
      whole = g_steal_pointer (&ws->fragments);
      return text_packet (ws, whole->data, whole->len, now);
    default:
      return TRUE; /* binary attachments and pongs */
    }
}

static gsize
data_received (BenchIo *io, const guint8 *data, gsize len, gint64 now)
{
  BenchWs *ws = (BenchWs *) io;
  const BenchWsHandlers *handlers = ws->bench->ws_handlers;
  gsize used = 0;

  if (G_UNLIKELY (ws->state == BENCH_WS_UPGRADING))
    {
      gssize head = upgrade_response (ws, data, len);

      if (head <= 0)
        return 0;
      used = (gsize) head;
    }
  for (;;)
    {
      BenchFrame frame;
      gssize size = bench_frame_parse (data + used, len - used, &frame);
      gboolean alive;

      if (size == 0)
        break;
      if (size < 0)
        {
          protocol_error (ws, BENCH_ERROR_PROTOCOL, "invalid WebSocket frame", data + used,
                          MIN (len - used, 16));
          return len;
        }
      used += (gsize) size;
      if (G_UNLIKELY (frame.compressed) && (ws->bench->inflate == NULL || !frame.fin ||
                                            !bench_inflate_frame (ws->bench->inflate, &frame)))
        {
          protocol_error (ws, BENCH_ERROR_PROTOCOL, "unexpected or invalid compressed frame",
                          frame.payload, MIN (frame.payload_len, 16));
          return len;
        }
      if (G_LIKELY (frame.opcode == BENCH_WS_TEXT && frame.fin))
        alive = text_packet (ws, frame.payload, frame.payload_len, now);
      else
        alive = rare_frame (ws, &frame, now);
      if (!alive)
        return len;
    }
  if (handlers->batch != NULL && ws->state == BENCH_WS_READY)
    handlers->batch (ws->bench, ws, now);
  return used;
}

static void
connection_closed (BenchIo *io, BenchErrorKind kind, const char *detail)
{
  BenchWs *ws = (BenchWs *) io;
  Bench *bench = ws->bench;
  BenchWsState state = ws->state;

  ws->state = BENCH_WS_IDLE;
  g_clear_pointer (&ws->fragments, g_byte_array_unref);
  if (state == BENCH_WS_CLOSING || state == BENCH_WS_READY)
    bench->ready--;
  if (state != BENCH_WS_CLOSING && !bench->closing)
    bench_error (bench, kind, 1, detail);
  if (state < BENCH_WS_READY)
    bench_pool_failed (bench);
  else if (bench->pool.cyclic)
    bench->pool.busy--;
  if (bench->ws_handlers->closed != NULL)
    bench->ws_handlers->closed (bench, ws, state == BENCH_WS_READY);
  if (bench->pool.cyclic)
    bench_pool_release (bench, ws->index);
}

static const BenchIoFuncs ws_funcs = { connected, data_received, connection_closed };

void
bench_ws_init_all (Bench *bench, guint n, const BenchWsHandlers *handlers)
{
  bench->ws = g_new0 (BenchWs, n);
  bench->n_ws = n;
  bench->ws_handlers = handlers;
  for (guint i = 0; i < n; i++)
    {
      BenchWs *ws = &bench->ws[i];

      bench_io_init (&ws->io, &bench->loop, &ws_funcs);
      ws->bench = bench;
      ws->index = i;
    }
}

void
bench_ws_clear_all (Bench *bench)
{
  for (guint i = 0; i < bench->n_ws; i++)
    {
      bench_io_clear (&bench->ws[i].io);
      g_clear_pointer (&bench->ws[i].fragments, g_byte_array_unref);
    }
  g_clear_pointer (&bench->ws, g_free);
  bench->n_ws = 0;
}

void
bench_ws_open (BenchWs *ws)
{
  Bench *bench = ws->bench;

  ws->state = BENCH_WS_DIALING;
  ws->started = bench_now ();
  ws->deadline = ws->started + (gint64) (bench->options.timeout * 1e9);
  bench_io_connect (&ws->io, (const struct sockaddr *) &bench->target.address,
                    bench->target.address_len);
}

/* The server ends the TCP connection after the closing handshake, so it is the one that keeps the
 * port in TIME_WAIT. */
void
bench_ws_close (BenchWs *ws)
{
  if (ws->state != BENCH_WS_READY)
    return;
  ws->state = BENCH_WS_CLOSING;
  ws->deadline = bench_now () + (gint64) (ws->bench->options.timeout * 1e9);
  send_frame (ws, BENCH_WS_CLOSE, "", 0);
}

void
bench_ws_check_deadlines (Bench *bench, gint64 now)
{
  for (guint i = 0; i < bench->n_ws; i++)
    {
      BenchWs *ws = &bench->ws[i];

      if (ws->state == BENCH_WS_IDLE || ws->state == BENCH_WS_READY || now < ws->deadline)
        continue;
      if (ws->state == BENCH_WS_CLOSING)
        bench_error (bench, BENCH_ERROR_TIMEOUT, 1,
                     "the server did not finish the closing handshake in time");
      bench_io_fail (&ws->io, BENCH_ERROR_TIMEOUT, "no answer to the handshake in time");
    }
}

/* Returns FALSE when none of them could be opened. */
gboolean
bench_ws_open_all (Bench *bench, guint n, const BenchWsHandlers *handlers)
{
  bench->phase = "connecting";
  bench_ws_init_all (bench, n, handlers);
  bench_pool_init (&bench->pool, n, (guint) bench->options.concurrency);
  bench_run (bench, G_MAXDOUBLE, bench_pool_settled);
  return bench->ready > 0 && !bench->interrupted;
}

static gboolean
all_closed (Bench *bench)
{
  return bench->ready == 0;
}

void
bench_ws_close_all (Bench *bench)
{
  bench->phase = "closing";
  bench->closing = TRUE;
  for (guint i = 0; i < bench->n_ws; i++)
    bench_ws_close (&bench->ws[i]);
  bench_run (bench, bench->options.timeout + 1, all_closed);
  bench->closing = FALSE;
}
