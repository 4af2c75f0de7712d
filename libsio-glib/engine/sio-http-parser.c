/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-http-parser-private.h"

#include <string.h>

#include "sio-client-files-private.h"

/* tchar of RFC 9110 §5.6.2 */
static gboolean
is_token_char (guchar c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

static gboolean
is_value_char (guchar c)
{
  return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static const char *
known_method (const char *text, gsize length)
{
  static const char *const methods[] = {
    "GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH"
  };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strlen (methods[i]) == length && memcmp (methods[i], text, length) == 0)
      return g_intern_static_string (methods[i]);
  return NULL;
}

gboolean
sio_http_is_path (const char *url, gsize length, const char *path)
{
  gsize path_length = strlen (path);

  return length >= path_length && memcmp (url, path, path_length) == 0 &&
         (length == path_length || url[path_length] == '?' || url[path_length] == '#');
}

/* @line ends before CR LF. */
static SioHttpResult
parse_request_line (
    const char *line, gsize length, const char *prefix, const char *plain_path, SioHttpHead *head)
{
  const char *end = line + length;
  const char *target = memchr (line, ' ', length);
  const char *version;

  if (target == NULL || target == line)
    return SIO_HTTP_BAD;
  head->method = known_method (line, (gsize) (target - line));
  target++;
  version = memchr (target, ' ', (gsize) (end - target));
  if (version == NULL || version == target)
    return SIO_HTTP_BAD;
  for (const char *p = target; p < version; p++)
    if ((guchar) *p <= 0x20 || *p == 0x7f)
      return SIO_HTTP_BAD;
  head->url = target;
  head->is_file = FALSE;
  head->url_length = (gsize) (version - target);
  version++;
  if (head->method == NULL || end - version != 8 || memcmp (version, "HTTP/1.1", 8) != 0)
    return SIO_HTTP_FOREIGN;
  /* A fragment never belongs into a request. */
  if (plain_path != NULL && sio_http_is_path (head->url, head->url_length, plain_path))
    return memchr (head->url, '#', head->url_length) != NULL ? SIO_HTTP_BAD : SIO_HTTP_COMPLETE;
  if (head->url_length < strlen (prefix) || memcmp (head->url, prefix, strlen (prefix)) != 0)
    return SIO_HTTP_FOREIGN;
  /* What has no transport may be a file below the path, perhaps of the browser client. */
  if (memmem (head->url, head->url_length, "transport=", 10) == NULL)
    {
      const char *name = head->url + strlen (prefix);
      const char *query = memchr (head->url, '?', head->url_length);

      head->is_file =
          sio_client_file_find (name, (gsize) ((query != NULL ? query : version - 1) - name)) >= 0;
      if (!head->is_file)
        return SIO_HTTP_FOREIGN;
    }
  if (memchr (head->url, '#', head->url_length) != NULL)
    return SIO_HTTP_BAD;
  return SIO_HTTP_COMPLETE;
}

static gboolean
name_is (const char *name, gsize length, const char *wanted)
{
  return strlen (wanted) == length && g_ascii_strncasecmp (name, wanted, length) == 0;
}

static gboolean
parse_content_length (const char *text, gsize length, guint64 *value)
{
  *value = 0;
  if (length == 0 || length > 18)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      *value = *value * 10 + (guint64) (text[i] - '0');
    }
  return TRUE;
}

/* TRUE if @text has the word `close`. */
static gboolean
has_close (const char *text, gsize length)
{
  for (gsize i = 0; i + 5 <= length; i++)
    if (g_ascii_strncasecmp (text + i, "close", 5) == 0)
      return TRUE;
  return FALSE;
}

typedef struct
{
  gboolean has_length;
  gboolean has_encoding;
  gboolean has_host;
  gboolean foreign;
} HeaderState;

static SioHttpResult
parse_header (const char *line, gsize length, HeaderState *state, SioHttpHead *head)
{
  const char *colon = memchr (line, ':', length);
  const char *end = line + length;
  const char *value;
  gsize name_length;
  gsize value_length;
  guint64 number;

  /* Folded lines and white space before the colon are ways to smuggle requests. */
  if (colon == NULL || colon == line)
    return SIO_HTTP_BAD;
  for (const char *p = line; p < colon; p++)
    if (!is_token_char ((guchar) *p))
      return SIO_HTTP_BAD;
  name_length = (gsize) (colon - line);
  for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
    ;
  while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
    end--;
  value_length = (gsize) (end - value);
  for (gsize i = 0; i < value_length; i++)
    if (!is_value_char ((guchar) value[i]))
      return SIO_HTTP_BAD;

  if (name_is (line, name_length, "content-length"))
    {
      if (!parse_content_length (value, value_length, &number))
        return SIO_HTTP_BAD;
      if (state->has_length && number != head->content_length)
        return SIO_HTTP_BAD;
      state->has_length = TRUE;
      head->content_length = number;
    }
  else if (name_is (line, name_length, "host"))
    {
      if (state->has_host)
        return SIO_HTTP_BAD;
      state->has_host = TRUE;
    }
  else if (name_is (line, name_length, "transfer-encoding"))
    state->has_encoding = state->foreign = TRUE;
  else if (name_is (line, name_length, "expect"))
    state->foreign = TRUE;
  else if (name_is (line, name_length, "connection"))
    head->close = head->close || has_close (value, value_length);

  memcpy (head->headers + head->headers_length, line, name_length);
  head->headers_length += name_length;
  head->headers[head->headers_length++] = '\0';
  memcpy (head->headers + head->headers_length, value, value_length);
  head->headers_length += value_length;
  head->headers[head->headers_length++] = '\0';
  return SIO_HTTP_COMPLETE;
}

static SioHttpResult
parse_headers (const char *line, const char *end, SioHttpHead *head)
{
  HeaderState state = { FALSE };
  guint n_headers = 0;

  head->headers_length = 0;
  head->content_length = 0;
  head->close = FALSE;
  while (line < end)
    {
      const char *eol = memchr (line, '\r', (gsize) (end - line));
      SioHttpResult result;

      /* The blank line was found before, so each line has its end. */
      if (eol == NULL || eol[1] != '\n')
        return SIO_HTTP_BAD;
      if (++n_headers > SIO_HTTP_MAX_HEADERS)
        return SIO_HTTP_TOO_LARGE;
      result = parse_header (line, (gsize) (eol - line), &state, head);
      if (result != SIO_HTTP_COMPLETE)
        return result;
      line = eol + 2;
    }
  /* Both say how long the body is; which one a proxy believed cannot be known. */
  if (state.has_encoding && state.has_length)
    return SIO_HTTP_BAD;
  if (!state.has_host)
    return SIO_HTTP_BAD;
  return state.foreign ? SIO_HTTP_FOREIGN : SIO_HTTP_COMPLETE;
}

/* libsoup 3.2 leaks the target of a request whose coding it does not know; it also takes line feeds
 * for ends of lines, and joins folded ones. */
static gboolean
has_unknown_coding (const char *line, const char *end)
{
  const gsize name_length = strlen ("transfer-encoding");
  guint n = 0;

  for (const char *eol; line < end; line = eol + 1)
    {
      const char *value = line + name_length + 1;
      const char *value_end;

      eol = memchr (line, '\n', (gsize) (end - line));
      if (eol == NULL)
        eol = end;
      if (value > eol || value[-1] != ':' || !name_is (line, name_length, "transfer-encoding"))
        continue;
      for (; value < eol && (*value == ' ' || *value == '\t'); value++)
        ;
      for (value_end = eol; value_end > value && strchr (" \t\r", value_end[-1]) != NULL;)
        value_end--;
      if (++n > 1 || !name_is (value, (gsize) (value_end - value), "chunked") ||
          (eol + 1 < end && (eol[1] == ' ' || eol[1] == '\t')))
        return TRUE;
    }
  return FALSE;
}

SioHttpResult
sio_http_parse_head (
    const char *data, gsize length, const char *prefix, const char *plain_path, SioHttpHead *head)
{
  const char *start = data;
  const char *blank;
  const char *eol;
  SioHttpResult result;

  /* Some clients end a body with a line break too many (RFC 9112 §2.2). */
  while (length >= 2 && data - start < SIO_HTTP_MAX_HEAD && memcmp (data, "\r\n", 2) == 0)
    {
      data += 2;
      length -= 2;
    }
  blank = memmem (data, MIN (length, SIO_HTTP_MAX_HEAD), "\r\n\r\n", 4);
  if (blank == NULL)
    {
      if (length >= SIO_HTTP_MAX_HEAD)
        return SIO_HTTP_TOO_LARGE;
      /* A NUL or a bare line feed will never become right; so does not wait for more. */
      return memchr (data, '\0', length) != NULL ? SIO_HTTP_BAD : SIO_HTTP_INCOMPLETE;
    }
  head->head_length = (gsize) (blank + 4 - start);
  eol = memchr (data, '\r', (gsize) (blank + 4 - data));
  result = eol[1] == '\n'
               ? parse_request_line (data, (gsize) (eol - data), prefix, plain_path, head)
               : SIO_HTTP_BAD;
  if (result != SIO_HTTP_BAD && has_unknown_coding (eol + 2, blank + 2))
    return SIO_HTTP_BAD;
  if (result != SIO_HTTP_COMPLETE)
    return result;
  return parse_headers (eol + 2, blank + 2, head);
}
