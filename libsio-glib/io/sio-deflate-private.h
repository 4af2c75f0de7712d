/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-ws-parser-private.h"

G_BEGIN_DECLS

/* Compression of whole messages. Each starts anew, so a thread needs one set of zlib's states,
 * whatever the number of connections; it makes each at its first use. */

/* For permessage-deflate (RFC 7692) three window sizes are enough: what a client asks for is
 * rounded down, and all clients of a broadcast share at most three compressed frames. */
typedef enum
{
  SIO_DEFLATE_NONE,
  SIO_DEFLATE_WINDOW_9, /* as zlib uses it, it fits into a window of 8 bits as well */
  SIO_DEFLATE_WINDOW_12,
  SIO_DEFLATE_WINDOW_15,
  SIO_DEFLATE_GZIP, /* these two for HTTP */
  SIO_DEFLATE_ZLIB
} SioDeflateForm;

#define SIO_DEFLATE_N_WINDOWS SIO_DEFLATE_WINDOW_15
#define SIO_DEFLATE_N_FORMS (SIO_DEFLATE_ZLIB + 1)

/* What is larger leaves as it is: compressing it would hold up everybody else. */
#define SIO_DEFLATE_MAX_INPUT (1024 * 1024)

/* Appends the compressed form of @data, for windows without the tail of RFC 7692 §7.2.1. FALSE,
 * with nothing appended, if that does not save anything, or @data is too large. */
gboolean
sio_deflate_append (GByteArray *out, SioDeflateForm form, gconstpointer data, gsize length);
/* Appends one whole message as a frame, which is compressed from @threshold bytes on, if that
 * saves anything. */
void sio_deflate_append_frame (GByteArray *out,
                               SioDeflateForm form,
                               gsize threshold,
                               SioWsOpcode opcode,
                               gconstpointer data,
                               gsize length);

typedef struct
{
  gsize max_length; /* of the result */
  guint max_ratio;  /* the result may be so many times larger; 0: any times */
} SioInflateLimits;

/* Up to here the ratio does not matter: silence and empty pictures are good data, and so much is
 * inflated in a millisecond. */
#define SIO_INFLATE_FREE (1024 * 1024)

typedef enum
{
  SIO_INFLATE_OK,
  SIO_INFLATE_TOO_LARGE,
  SIO_INFLATE_TOO_DENSE, /* the ratio */
  SIO_INFLATE_BAD_DATA
} SioInflateResult;

typedef struct
{
  guint8 *data;
  gsize length;
  gsize capacity;
} SioInflated;

/* The payload of one message, RFC 7692 §7.2.2. Stops as soon as a limit is exceeded. Sets @out only
 * if it succeeded; then it has to be released. */
SioInflateResult
sio_inflate (const guint8 *data, gsize length, const SioInflateLimits *limits, SioInflated *out);
void sio_inflated_release (SioInflated *inflated);

/* Negotiation, RFC 7692 §7.1. */
typedef enum
{
  SIO_DEFLATE_DECLINED,
  SIO_DEFLATE_AGREED,
  SIO_DEFLATE_MALFORMED /* not a list of extensions: RFC 6455 §9.1 has the handshake fail */
} SioDeflateAnswer;

/* @offers: all values of Sec-WebSocket-Extensions, with commas between. Takes the first offer that
 * can be accepted, always without keeping a context; *@response (transfer full) is the value of
 * the header that says so. */
SioDeflateAnswer sio_deflate_negotiate (const char *offers, SioDeflateForm *form, char **response);

G_END_DECLS
