/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-http.h"
#include "bench-frame.h"

#include <string.h>

/* The trimmed value of the first header of that name, or NULL. */
char *
bench_http_header (const char *head, gsize len, const char *name)
{
  gsize name_len = strlen (name);
  const char *end = head + len;

  for (const char *line = memchr (head, '\n', len); line != NULL;
       line = memchr (line, '\n', (gsize) (end - line)))
    {
      const char *stop;

      line++;
      if ((gsize) (end - line) <= name_len)
        return NULL;
      if (line[name_len] != ':' || g_ascii_strncasecmp (line, name, name_len) != 0)
        continue;
      line += name_len + 1;
      stop = memchr (line, '\n', (gsize) (end - line));
      if (stop == NULL)
        stop = end;
      return g_strstrip (g_strndup (line, (gsize) (stop - line)));
    }
  return NULL;
}

/* Returns the length of status line and headers with the empty line, 0 when they are not complete,
 * -1 when this is not HTTP/1.x. */
gssize
bench_http_parse_head (const guint8 *data, gsize len, BenchResponse *response)
{
  const guint8 *end = memmem (data, len, "\r\n\r\n", 4);

  memset (response, 0, sizeof *response);
  if (len >= 5 && memcmp (data, "HTTP/", 5) != 0)
    return -1;
  if (end == NULL)
    return len > BENCH_HTTP_HEAD_MAX ? -1 : 0;
  if (len < 12 || memcmp (data, "HTTP/1.", 7) != 0 || data[8] != ' ')
    return -1;
  for (guint i = 9; i < 12; i++)
    {
      if (!g_ascii_isdigit (data[i]))
        return -1;
      response->status = response->status * 10 + (guint) (data[i] - '0');
    }
  response->head_len = (gsize) (end - data) + 4;
  return (gssize) response->head_len;
}

static gssize
parse_chunks (const guint8 *data, gsize len, BenchResponse *response)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  gsize at = response->head_len;

  for (;;)
    {
      const guint8 *line_end = memmem (data + at, len - at, "\r\n", 2);
      guint64 size;

      if (line_end == NULL)
        return 0;
      size = g_ascii_strtoull ((const char *) data + at, NULL, 16);
      at = (gsize) (line_end - data) + 2;
      if (size > BENCH_FRAME_MAX)
        return -1;
      if (len - at < size + 2)
        return 0;
      if (memcmp (data + at + size, "\r\n", 2) != 0)
        return -1;
      g_byte_array_append (body, data + at, (guint) size);
      at += (gsize) size + 2;
      if (size == 0)
        break;
    }
  response->owned = g_byte_array_free_to_bytes (g_steal_pointer (&body));
  response->body = g_bytes_get_data (response->owned, &response->body_len);
  return (gssize) at;
}

/* Returns the length of the whole response, 0 when more bytes are needed, -1 when it cannot be
 * understood. */
gssize
bench_http_parse (const guint8 *data, gsize len, BenchResponse *response)
{
  const char *head = (const char *) data;
  g_autofree char *connection = NULL;
  g_autofree char *length = NULL;
  g_autofree char *encoding = NULL;
  gssize head_len = bench_http_parse_head (data, len, response);
  guint64 size = 0;

  if (head_len <= 0)
    return head_len;
  connection = bench_http_header (head, (gsize) head_len, "connection");
  response->close =
      connection != NULL ? g_ascii_strcasecmp (connection, "close") == 0 : data[7] == '0';
  length = bench_http_header (head, (gsize) head_len, "content-length");
  if (length != NULL)
    {
      if (!g_ascii_string_to_unsigned (length, 10, 0, BENCH_FRAME_MAX, &size, NULL))
        return -1;
    }
  else
    {
      encoding = bench_http_header (head, (gsize) head_len, "transfer-encoding");
      if (encoding != NULL && g_ascii_strcasecmp (encoding, "chunked") == 0)
        return parse_chunks (data, len, response);
      if (response->status != 204 && response->status != 304)
        return -1;
    }
  if (len - (gsize) head_len < size)
    return 0;
  response->body = data + head_len;
  response->body_len = (gsize) size;
  return head_len + (gssize) size;
}

void
bench_response_clear (BenchResponse *response)
{
  g_clear_pointer (&response->owned, g_bytes_unref);
}
