/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-http-parser-private.h"

#define PREFIX "/socket.io/"
#define TARGET PREFIX "?EIO=4&transport=polling"
#define GET "GET " TARGET " HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"

typedef struct
{
  const char *name;
  const char *head;
  SioHttpResult result;
} Vector;

static const Vector vectors[] = {
  { "plain", GET HOST "\r\n", SIO_HTTP_COMPLETE },
  { "line-break-first", "\r\n" GET HOST "\r\n", SIO_HTTP_COMPLETE },
  { "post", "POST " TARGET " HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n", SIO_HTTP_COMPLETE },
  { "empty-header-value", GET HOST "X-Empty:\r\n\r\n", SIO_HTTP_COMPLETE },
  { "same-length-twice", GET HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
    SIO_HTTP_COMPLETE },
  { "latin-1-value", GET HOST "X: caf\xe9\r\n\r\n", SIO_HTTP_COMPLETE },

  { "no-blank-line", GET HOST, SIO_HTTP_INCOMPLETE },
  { "half-a-line", "GET /soc", SIO_HTTP_INCOMPLETE },
  { "nothing", "", SIO_HTTP_INCOMPLETE },

  { "other-path", "GET / HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_FOREIGN },
  { "other-path-chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:  Chunked \r\n\r\n",
    SIO_HTTP_FOREIGN },
  { "other-path-coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n",
    SIO_HTTP_BAD },
  { "other-path-two-codings",
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "transfer-encoding:chunked\r\n\r\n",
    SIO_HTTP_BAD },
  { "other-path-coding-folded",
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n x\r\n\r\n", SIO_HTTP_BAD },
  { "other-path-coding-hidden", "POST / HTTP/1.1\r\n" HOST "A: b\nTransfer-Encoding: x\r\n\r\n",
    SIO_HTTP_BAD },
  { "other-path-no-coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", SIO_HTTP_BAD },
  { "other-path-alike", "POST / HTTP/1.1\r\n" HOST "X-Transfer-Encoding: x\r\n\r\n",
    SIO_HTTP_FOREIGN },
  { "path-without-slash", "GET /socket.io?transport=polling HTTP/1.1\r\n" HOST "\r\n",
    SIO_HTTP_FOREIGN },
  { "file-below-the-path", "GET " PREFIX "chat.js HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_FOREIGN },
  { "no-file-of-the-client", "GET " PREFIX "socket.io.jsx HTTP/1.1\r\n" HOST "\r\n",
    SIO_HTTP_FOREIGN },
  { "part-of-a-file-of-the-client", "GET " PREFIX "x/socket.io.js HTTP/1.1\r\n" HOST "\r\n",
    SIO_HTTP_FOREIGN },
  { "file-of-the-client", "GET " PREFIX "socket.io.js HTTP/1.1\r\n" HOST "\r\n",
    SIO_HTTP_COMPLETE },
  { "file-with-query", "HEAD " PREFIX "socket.io.min.js.map?v=1 HTTP/1.1\r\n" HOST "\r\n",
    SIO_HTTP_COMPLETE },
  { "http-1.0", "GET " TARGET " HTTP/1.0\r\n" HOST "\r\n", SIO_HTTP_FOREIGN },
  { "absolute-target", "GET http://localhost" TARGET " HTTP/1.1\r\n" HOST "\r\n",
    SIO_HTTP_FOREIGN },
  { "unknown-method", "BREW " TARGET " HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_FOREIGN },
  { "lower-case-method", "get " TARGET " HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_FOREIGN },
  { "chunked", "POST " TARGET " HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
    SIO_HTTP_FOREIGN },
  { "expect", "POST " TARGET " HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n",
    SIO_HTTP_FOREIGN },

  { "no-host", GET "\r\n", SIO_HTTP_BAD },
  { "two-hosts", GET HOST HOST "\r\n", SIO_HTTP_BAD },
  { "length-and-encoding", GET HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    SIO_HTTP_BAD },
  { "encoding-and-length", GET HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
    SIO_HTTP_BAD },
  { "two-lengths", GET HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", SIO_HTTP_BAD },
  { "length-list", GET HOST "Content-Length: 3, 3\r\n\r\n", SIO_HTTP_BAD },
  { "negative-length", GET HOST "Content-Length: -1\r\n\r\n", SIO_HTTP_BAD },
  { "signed-length", GET HOST "Content-Length: +1\r\n\r\n", SIO_HTTP_BAD },
  { "hexadecimal-length", GET HOST "Content-Length: 0x10\r\n\r\n", SIO_HTTP_BAD },
  { "huge-length", GET HOST "Content-Length: 9999999999999999999\r\n\r\n", SIO_HTTP_BAD },
  { "empty-length", GET HOST "Content-Length: \r\n\r\n", SIO_HTTP_BAD },
  { "space-before-colon", GET HOST "Content-Length : 3\r\n\r\n", SIO_HTTP_BAD },
  { "folded-line", GET HOST "X: a\r\n b\r\n\r\n", SIO_HTTP_BAD },
  { "no-colon", GET HOST "Nonsense\r\n\r\n", SIO_HTTP_BAD },
  { "empty-name", GET HOST ": x\r\n\r\n", SIO_HTTP_BAD },
  { "control-in-name", GET HOST "X\x01Y: x\r\n\r\n", SIO_HTTP_BAD },
  { "control-in-value", GET HOST "X: a\x01\r\n\r\n", SIO_HTTP_BAD },
  { "carriage-return-in-value", GET HOST "X: a\rb\r\n\r\n", SIO_HTTP_BAD },
  { "line-feed-in-value", GET HOST "X: a\nY: b\r\n\r\n", SIO_HTTP_BAD },
  { "fragment", "GET " TARGET "#x HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_BAD },
  { "control-in-target", "GET " TARGET "\x7f HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_BAD },
  { "two-words", "GET " TARGET "\r\n" HOST "\r\n", SIO_HTTP_BAD },
  { "no-target", "GET  HTTP/1.1\r\n" HOST "\r\n", SIO_HTTP_BAD },
  { "blank-first", "\r\n\r\n", SIO_HTTP_INCOMPLETE },
  { "only-garbage", "\x16\x03\x01\x02\r\n\r\n", SIO_HTTP_BAD },
};

static void
test_vector (gconstpointer data)
{
  const Vector *vector = data;
  gsize length = strlen (vector->head);
  g_autofree SioHttpHead *head = g_new0 (SioHttpHead, 1);

  g_assert_cmpint (sio_http_parse_head (vector->head, length, PREFIX, "/ws", head), ==,
                   vector->result);
  /* No part of it may be taken for the whole. */
  for (gsize n = 0; vector->result == SIO_HTTP_COMPLETE && n < length; n++)
    {
      g_autofree char *part = g_memdup2 (vector->head, n + 1);

      g_assert_cmpint (sio_http_parse_head (part, n, PREFIX, "/ws", head), ==, SIO_HTTP_INCOMPLETE);
    }
}

static void
test_fields (void)
{
  static const char text[] = "POST " TARGET " HTTP/1.1\r\nHost: a\r\nX-Thing: \t one  two \t\r\n"
                             "Content-Length: 12\r\nConnection: Keep-Alive, Close\r\n\r\nrest";
  static const char headers[] = "Host\0a\0X-Thing\0one  two\0Content-Length\0"
                                "12\0Connection\0Keep-Alive, Close";
  g_autofree SioHttpHead *head = g_new0 (SioHttpHead, 1);

  g_assert_cmpint (sio_http_parse_head (text, sizeof text - 1, PREFIX, "/ws", head), ==,
                   SIO_HTTP_COMPLETE);
  g_assert_true (head->method == g_intern_static_string ("POST"));
  g_assert_cmpmem (head->url, head->url_length, TARGET, strlen (TARGET));
  g_assert_cmpuint (head->content_length, ==, 12);
  g_assert_cmpuint (head->head_length, ==, sizeof text - 1 - 4);
  g_assert_true (head->close);
  g_assert_cmpmem (head->headers, head->headers_length, headers, sizeof headers);
}

static void
test_nul (void)
{
  static const char text[] = GET HOST "X: a\0b\r\n\r\n";
  g_autofree SioHttpHead *head = g_new0 (SioHttpHead, 1);

  g_assert_cmpint (sio_http_parse_head (text, sizeof text - 1, PREFIX, "/ws", head), ==,
                   SIO_HTTP_BAD);
  /* It is not waited for the end of what cannot become right. */
  g_assert_cmpint (sio_http_parse_head (text, sizeof text - 5, PREFIX, "/ws", head), ==,
                   SIO_HTTP_BAD);
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new (GET HOST "X: ");
  g_autofree SioHttpHead *head = g_new0 (SioHttpHead, 1);

  while (text->len < SIO_HTTP_MAX_HEAD - 4)
    g_string_append_c (text, 'a');
  g_assert_cmpint (sio_http_parse_head (text->str, text->len, PREFIX, "/ws", head), ==,
                   SIO_HTTP_INCOMPLETE);
  g_string_append (text, "\r\n\r\n");
  g_assert_cmpuint (text->len, ==, SIO_HTTP_MAX_HEAD);
  g_assert_cmpint (sio_http_parse_head (text->str, text->len, PREFIX, "/ws", head), ==,
                   SIO_HTTP_COMPLETE);
  g_string_insert_c (text, (gssize) strlen (GET HOST "X: "), 'a');
  g_assert_cmpint (sio_http_parse_head (text->str, text->len, PREFIX, "/ws", head), ==,
                   SIO_HTTP_TOO_LARGE);

  g_string_assign (text, GET HOST);
  for (guint i = 0; i < SIO_HTTP_MAX_HEADERS - 1; i++)
    g_string_append (text, "a: b\r\n");
  g_string_append (text, "\r\n");
  g_assert_cmpint (sio_http_parse_head (text->str, text->len, PREFIX, "/ws", head), ==,
                   SIO_HTTP_COMPLETE);
  g_string_insert (text, (gssize) text->len - 2, "a: b\r\n");
  g_assert_cmpint (sio_http_parse_head (text->str, text->len, PREFIX, "/ws", head), ==,
                   SIO_HTTP_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autofree char *path = g_strconcat ("/http-parser/vector/", vectors[i].name, NULL);

      g_test_add_data_func (path, &vectors[i], test_vector);
    }
  g_test_add_func ("/http-parser/fields", test_fields);
  g_test_add_func ("/http-parser/nul", test_nul);
  g_test_add_func ("/http-parser/limits", test_limits);
  return g_test_run ();
}
