/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-poll.h"
#include "bench-http.h"

#include <string.h>

#define SEPARATOR 0x1e

static void
submit (BenchHttp *http)
{
  Bench *bench = http->poll->bench;

  http->busy = TRUE;
  if (http->io.fd >= 0)
    {
      bench_io_send (&http->io, http->request->data, http->request->len);
      return;
    }
  http->reused = FALSE;
  bench_io_connect (&http->io, (const struct sockaddr *) &bench->target.address,
                    bench->target.address_len);
}

static void
start_request (BenchHttp *http, const char *method, const guint8 *body, gsize body_len)
{
  BenchPoll *poll = http->poll;
  const Bench *bench = poll->bench;
  const BenchOptions *options = &bench->options;
  g_autoptr (GString) head = g_string_new (NULL);

  g_string_printf (head, "%s %s?EIO=4&transport=polling", method, options->path);
  if (poll->sid != NULL)
    g_string_append_printf (head, "&sid=%s", poll->sid);
  if (bench->target.query != NULL)
    g_string_append_printf (head, "&%s", bench->target.query);
  g_string_append_printf (head, " HTTP/1.1\r\nHost: %s\r\n", bench->target.host_header);
  for (guint i = 0; options->headers != NULL && options->headers[i] != NULL; i++)
    g_string_append_printf (head, "%s\r\n", options->headers[i]);
  if (body != NULL)
    g_string_append_printf (
        head, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
        body_len);
  g_string_append (head, "\r\n");
  g_byte_array_set_size (http->request, 0);
  g_byte_array_append (http->request, (const guint8 *) head->str, (guint) head->len);
  if (body != NULL)
    g_byte_array_append (http->request, body, (guint) body_len);
  submit (http);
}

static void
poll_ended (BenchPoll *poll)
{
  Bench *bench = poll->bench;
  BenchPollState state = poll->state;

  poll->state = BENCH_POLL_IDLE;
  g_clear_pointer (&poll->sid, g_free);
  g_byte_array_set_size (poll->outgoing, 0);
  if (state >= BENCH_POLL_READY)
    bench->ready--;
  if (state < BENCH_POLL_READY)
    bench_pool_failed (bench);
  else if (bench->pool.cyclic)
    bench->pool.busy--;
  if (bench->poll_handlers->closed != NULL)
    bench->poll_handlers->closed (bench, poll, state == BENCH_POLL_READY);
  if (bench->pool.cyclic)
    bench_pool_release (bench, poll->index);
}

static void
drop_connection (BenchHttp *http)
{
  http->busy = FALSE;
  http->reused = FALSE;
  bench_io_close (&http->io);
}

static void
poll_failed (BenchPoll *poll, BenchErrorKind kind, const char *detail)
{
  if (poll->state == BENCH_POLL_IDLE)
    return;
  drop_connection (&poll->get);
  drop_connection (&poll->post);
  if (!poll->bench->closing)
    bench_error (poll->bench, kind, 1, detail);
  poll_ended (poll);
}

static void
start_poll (BenchPoll *poll)
{
  if (!poll->get.busy && poll->state != BENCH_POLL_IDLE)
    start_request (&poll->get, "GET", NULL, 0);
}

/* Room for one packet in the next POST. */
guint8 *
bench_poll_append (BenchPoll *poll, gsize len)
{
  static const guint8 separator = SEPARATOR;
  guint at;

  if (poll->outgoing->len > 0)
    g_byte_array_append (poll->outgoing, &separator, 1);
  at = poll->outgoing->len;
  g_byte_array_set_size (poll->outgoing, at + (guint) len);
  return poll->outgoing->data + at;
}

static void
append_text (BenchPoll *poll, const char *text)
{
  memcpy (bench_poll_append (poll, strlen (text)), text, strlen (text));
}

void
bench_poll_flush (BenchPoll *poll)
{
  if (poll->post.busy || poll->outgoing->len == 0 || poll->state == BENCH_POLL_IDLE)
    return;
  start_request (&poll->post, "POST", poll->outgoing->data, poll->outgoing->len);
  g_byte_array_set_size (poll->outgoing, 0);
}

static gboolean
has_prefix (const guint8 *packet, gsize len, const char *prefix)
{
  gsize prefix_len = strlen (prefix);

  return len >= prefix_len && memcmp (packet, prefix, prefix_len) == 0;
}

/* The value of "sid" in the open packet; session ids are URL-safe and need no unescaping. */
static char *
find_sid (const guint8 *packet, gsize len)
{
  static const char key[] = "\"sid\"";
  const char *end = (const char *) packet + len;
  const char *at = memmem (packet, len, key, sizeof key - 1);
  const char *stop;

  if (packet[0] != '0' || at == NULL)
    return NULL;
  at = memchr (at + sizeof key - 1, '"', (gsize) (end - at) - (sizeof key - 1));
  stop = at != NULL ? memchr (at + 1, '"', (gsize) (end - at) - 1) : NULL;
  return stop != NULL ? g_strndup (at + 1, (gsize) (stop - at) - 1) : NULL;
}

/* Returns FALSE when the session has ended. */
static gboolean
packet_received (BenchPoll *poll, const guint8 *packet, gsize len, gint64 now)
{
  Bench *bench = poll->bench;

  if (len == 0)
    return TRUE;
  if (packet[0] == '2')
    append_text (poll, "3");
  else if (packet[0] == '1' && poll->state != BENCH_POLL_CLOSING)
    {
      poll_failed (poll, BENCH_ERROR_CLOSED, "the server closed the session");
      return FALSE;
    }
  else if (poll->state == BENCH_POLL_READY && packet[0] == '4' &&
           bench->poll_handlers->message != NULL)
    bench->poll_handlers->message (bench, poll, packet, len, now);
  else if (poll->state == BENCH_POLL_JOINING && has_prefix (packet, len, bench->connect_reply))
    {
      poll->state = BENCH_POLL_READY;
      bench_pool_opened (bench);
      if (bench->poll_handlers->ready != NULL)
        bench->poll_handlers->ready (bench, poll, now);
    }
  else if (poll->state == BENCH_POLL_JOINING && has_prefix (packet, len, bench->connect_refused))
    {
      poll_failed (poll, BENCH_ERROR_REJECTED, "namespace refused");
      return FALSE;
    }
  return TRUE;
}

static void
poll_answered (BenchPoll *poll, const BenchResponse *response, gint64 now)
{
  const guint8 *at = response->body;
  const guint8 *end = at + response->body_len;

  if (poll->state == BENCH_POLL_OPENING)
    {
      poll->sid = find_sid (response->body, response->body_len);
      if (poll->sid == NULL)
        {
          poll_failed (poll, BENCH_ERROR_PROTOCOL, "no open packet in the answer to the handshake");
          return;
        }
      poll->state = BENCH_POLL_JOINING;
      append_text (poll, poll->bench->connect_packet);
      start_poll (poll);
      bench_poll_flush (poll);
      return;
    }
  while (at < end)
    {
      const guint8 *stop = memchr (at, SEPARATOR, (gsize) (end - at));

      if (stop == NULL)
        stop = end;
      if (!packet_received (poll, at, (gsize) (stop - at), now))
        return;
      at = stop + 1;
    }
  if (poll->state == BENCH_POLL_READY || poll->state == BENCH_POLL_JOINING)
    start_poll (poll);
  if (poll->state == BENCH_POLL_READY && poll->bench->poll_handlers->batch != NULL)
    poll->bench->poll_handlers->batch (poll->bench, poll, now);
  bench_poll_flush (poll);
}

static void
post_answered (BenchPoll *poll)
{
  if (poll->state == BENCH_POLL_CLOSING && poll->outgoing->len == 0)
    {
      /* The answer to a held poll is not interesting any more. */
      if (poll->get.busy)
        drop_connection (&poll->get);
      poll_ended (poll);
      return;
    }
  bench_poll_flush (poll);
}

static void
connected (BenchIo *io)
{
  BenchHttp *http = (BenchHttp *) io;

  if (http->busy)
    bench_io_send (io, http->request->data, http->request->len);
}

static gsize
data_received (BenchIo *io, const guint8 *data, gsize len, gint64 now)
{
  BenchHttp *http = (BenchHttp *) io;
  BenchPoll *poll = http->poll;
  BenchResponse response;
  gssize used = bench_http_parse (data, len, &response);

  if (used == 0)
    return 0;
  if (used < 0 || !http->busy)
    {
      bench_response_clear (&response);
      poll_failed (poll, BENCH_ERROR_PROTOCOL, "not a valid HTTP response");
      return len;
    }
  if (response.status != 200 && poll->state != BENCH_POLL_CLOSING)
    {
      g_autofree char *detail = g_strdup_printf (
          "HTTP status %u for a %s: %.*s", response.status, http == &poll->get ? "poll" : "POST",
          (int) MIN (response.body_len, 80), (const char *) response.body);

      bench_response_clear (&response);
      poll_failed (poll, BENCH_ERROR_REJECTED, detail);
      return len;
    }
  http->busy = FALSE;
  http->reused = TRUE;
  if (!response.close)
    {
      if (http == &poll->get)
        poll_answered (poll, &response, now);
      else
        post_answered (poll);
      bench_response_clear (&response);
      return (gsize) used;
    }
  /* The body lies in the buffer that closing frees when the response came in pieces. */
  {
    g_autoptr (GBytes) body = g_bytes_new (response.body, response.body_len);
    BenchResponse copy = { .status = response.status };

    copy.body = g_bytes_get_data (body, &copy.body_len);
    bench_response_clear (&response);
    drop_connection (http);
    if (http == &poll->get)
      poll_answered (poll, &copy, now);
    else
      post_answered (poll);
  }
  return len;
}

static void
connection_closed (BenchIo *io, BenchErrorKind kind, const char *detail)
{
  BenchHttp *http = (BenchHttp *) io;

  if (!http->busy)
    {
      http->reused = FALSE;
      return;
    }
  if (http->reused && kind == BENCH_ERROR_CLOSED)
    {
      submit (http);
      return;
    }
  http->busy = FALSE;
  poll_failed (http->poll, kind, detail);
}

static const BenchIoFuncs http_funcs = { connected, data_received, connection_closed };

static void
http_init (BenchHttp *http, BenchPoll *poll)
{
  bench_io_init (&http->io, &poll->bench->loop, &http_funcs);
  http->poll = poll;
  http->request = g_byte_array_new ();
}

void
bench_poll_init_all (Bench *bench, guint n, const BenchPollHandlers *handlers)
{
  bench->polls = g_new0 (BenchPoll, n);
  bench->n_polls = n;
  bench->poll_handlers = handlers;
  for (guint i = 0; i < n; i++)
    {
      BenchPoll *poll = &bench->polls[i];

      poll->bench = bench;
      poll->index = i;
      poll->outgoing = g_byte_array_new ();
      http_init (&poll->get, poll);
      http_init (&poll->post, poll);
    }
}

void
bench_poll_clear_all (Bench *bench)
{
  for (guint i = 0; i < bench->n_polls; i++)
    {
      BenchPoll *poll = &bench->polls[i];

      bench_io_clear (&poll->get.io);
      bench_io_clear (&poll->post.io);
      g_byte_array_unref (poll->get.request);
      g_byte_array_unref (poll->post.request);
      g_byte_array_unref (poll->outgoing);
      g_free (poll->sid);
    }
  g_clear_pointer (&bench->polls, g_free);
  bench->n_polls = 0;
}

void
bench_poll_open (BenchPoll *poll)
{
  poll->state = BENCH_POLL_OPENING;
  poll->started = bench_now ();
  poll->deadline = poll->started + (gint64) (poll->bench->options.timeout * 1e9);
  start_request (&poll->get, "GET", NULL, 0);
}

void
bench_poll_close (BenchPoll *poll)
{
  if (poll->state != BENCH_POLL_READY)
    return;
  poll->state = BENCH_POLL_CLOSING;
  poll->deadline = bench_now () + (gint64) (poll->bench->options.timeout * 1e9);
  append_text (poll, "1");
  bench_poll_flush (poll);
}

void
bench_poll_check_deadlines (Bench *bench, gint64 now)
{
  for (guint i = 0; i < bench->n_polls; i++)
    {
      BenchPoll *poll = &bench->polls[i];

      if (poll->state != BENCH_POLL_IDLE && poll->state != BENCH_POLL_READY &&
          now >= poll->deadline)
        poll_failed (poll, BENCH_ERROR_TIMEOUT, "no answer to a request in time");
    }
}

static gboolean
all_closed (Bench *bench)
{
  return bench->ready == 0;
}

void
bench_poll_close_all (Bench *bench)
{
  bench->phase = "closing";
  bench->closing = TRUE;
  for (guint i = 0; i < bench->n_polls; i++)
    bench_poll_close (&bench->polls[i]);
  bench_run (bench, bench->options.timeout + 1, all_closed);
  bench->closing = FALSE;
}
