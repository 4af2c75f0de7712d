/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef struct
{
  guint status;
  gboolean close; /* the server will close the connection after this response */
  gsize head_len;
  GBytes *owned; /* set when the body had to be put together from chunks */
  const guint8 *body;
  gsize body_len;
} BenchResponse;

#define BENCH_HTTP_HEAD_MAX 65536u

char *bench_http_header (const char *head, gsize len, const char *name);
gssize bench_http_parse_head (const guint8 *data, gsize len, BenchResponse *response);
gssize bench_http_parse (const guint8 *data, gsize len, BenchResponse *response);
void bench_response_clear (BenchResponse *response);
