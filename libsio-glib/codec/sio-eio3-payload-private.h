/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-eio-payload-private.h"

G_BEGIN_DECLS

/* Engine.IO v3 packets (protocol.md §2). Nothing here allocates while it reads. */

typedef enum
{
  SIO_EIO3_PACKET,
  SIO_EIO3_NOTHING,  /* to be passed over, or the end of the payload */
  SIO_EIO3_MALFORMED /* and so is all that follows */
} SioEio3Result;

/* One packet as text; base64 is decoded in place. */
SioEio3Result sio_eio3_packet_parse_text (guint8 *text, gsize length, SioEioPacket *packet);
/* One packet as binary: a byte with the type in front. */
SioEio3Result sio_eio3_packet_parse_binary (guint8 *data, gsize length, SioEioPacket *packet);

/* Walks over a polling payload: of text (§2.1), which must be UTF-8, or binary (§2.2). */
typedef struct
{
  guint8 *p;
  guint8 *end;
  gboolean is_binary;
  gboolean started;
} SioEio3Reader;

void sio_eio3_reader_init (SioEio3Reader *self, guint8 *body, gsize length, gboolean is_binary);
SioEio3Result sio_eio3_reader_next (SioEio3Reader *self, SioEioPacket *packet);

/* A body of JSONP (§2.3): puts the decoded field `d` at the beginning of @body. FALSE: there
 * is not exactly one such field. The text may not be UTF-8. */
gboolean sio_eio3_form_decode (guint8 *body, gsize length, gsize *text_length);

/* The same for sending. @packet is UTF-8 and begins with its digit; @data is a message. */
void sio_eio3_append_text (GByteArray *payload, const void *packet, gsize length);
void sio_eio3_append_base64 (GByteArray *payload, const void *data, gsize length);
void sio_eio3_append_binary_text (GByteArray *payload, const void *packet, gsize length);
void sio_eio3_append_binary_data (GByteArray *payload, const void *data, gsize length);
/* The script that hands a payload of text over. Of @index the digits count only. */
GBytes *sio_eio3_wrap_jsonp (const char *index, GBytes *payload);

G_END_DECLS
