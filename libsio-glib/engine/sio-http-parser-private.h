/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The head of an HTTP/1.1 request, strictly (RFC 9112). What is unusual but not wrong is left
 * to libsoup: SIO_HTTP_FOREIGN. */

#define SIO_HTTP_MAX_HEAD (16 * 1024)
#define SIO_HTTP_MAX_HEADERS 100

typedef enum
{
  SIO_HTTP_INCOMPLETE, /* more bytes are needed */
  SIO_HTTP_COMPLETE,
  SIO_HTTP_FOREIGN,  /* valid as far as looked at, but not for us */
  SIO_HTTP_BAD,      /* to be answered with 400 */
  SIO_HTTP_TOO_LARGE /* to be answered with 431 */
} SioHttpResult;

typedef struct
{
  const char *method; /* interned */
  const char *url;    /* in the input; begins with a slash */
  gsize url_length;
  guint64 content_length;
  gsize head_length; /* bytes of the input that are the head */
  gsize headers_length;
  gboolean close;   /* the client asks to end the connection afterwards */
  gboolean is_file; /* its name is one of the browser client's */
  /* `name NUL value NUL` one after the other */
  char headers[SIO_HTTP_MAX_HEAD];
} SioHttpHead;

/* Requests for @plain_path, which may be NULL, are for us whatever their query is. Heads whose
 * target does not begin with @prefix, or that lacks `transport=` and is not the name of a file of
 * the browser client, are foreign. */
SioHttpResult sio_http_parse_head (
    const char *data, gsize length, const char *prefix, const char *plain_path, SioHttpHead *head);

/* Whether @url is @path, with or without a query. */
gboolean sio_http_is_path (const char *url, gsize length, const char *path);

G_END_DECLS
