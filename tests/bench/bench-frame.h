/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Bytes on the wire: WebSocket frames of a client, and messages that carry the time they were (to
 * be) sent. */

enum
{
  BENCH_WS_CONTINUATION = 0x0,
  BENCH_WS_TEXT = 0x1,
  BENCH_WS_BINARY = 0x2,
  BENCH_WS_CLOSE = 0x8,
  BENCH_WS_PING = 0x9,
  BENCH_WS_PONG = 0xa,
};

typedef struct
{
  guint8 opcode;
  gboolean fin;
  gboolean compressed; /* RFC 7692 */
  const guint8 *payload;
  gsize payload_len;
} BenchFrame;

/* Longest frame accepted from a server. */
#define BENCH_FRAME_MAX (64u * 1024 * 1024)

#define BENCH_STAMP_LEN 16
#define BENCH_ID_LEN 8

/* Ack ids have a fixed width, so that they can be written into a finished frame. */
#define BENCH_ID_MIN 10000000u
#define BENCH_ID_MAX 99999999u

typedef struct
{
  guint8 *bytes;
  gsize len;
  gsize stamp_offset;
  gsize id_offset; /* 0 when the message carries no ack id */
  guint8 stamp_mask[BENCH_STAMP_LEN];
  guint8 id_mask[BENCH_ID_LEN];
} BenchMessage;

void bench_frame_append (GByteArray *out, guint opcode, const char *payload, gsize len);
gssize bench_frame_parse (const guint8 *data, gsize len, BenchFrame *frame);

void bench_message_init (
    BenchMessage *self, const char *prefix, gsize payload, const char *suffix, gssize id_at);
void
bench_message_init_text (BenchMessage *self, const char *prefix, gsize payload, const char *suffix);
void bench_message_clear (BenchMessage *self);
void bench_message_write (const BenchMessage *self, guint8 *out, gint64 stamp, guint32 id);
gint64 bench_stamp_read (const guint8 *digits);
gint64
bench_stamp_find (const guint8 *payload, gsize len, const char *expected, gsize expected_len);
