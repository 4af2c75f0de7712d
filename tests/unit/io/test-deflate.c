/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <time.h>
#include <zlib.h>

#include "sio-deflate-private.h"

#define RESPONSE "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

/* Negotiation */

typedef struct
{
  const char *offers;
  SioDeflateAnswer answer;
  SioDeflateForm form;
  const char *response;
} Offer;

static const Offer offers[] = {
  { "permessage-deflate", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15, RESPONSE },
  { "permessage-deflate; client_max_window_bits", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15,
    RESPONSE },
  { "Permessage-Deflate;Client_Max_Window_Bits=10", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15,
    RESPONSE },
  { "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15, RESPONSE },
  { "permessage-deflate; server_max_window_bits=15", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15,
    RESPONSE "; server_max_window_bits=15" },
  { "permessage-deflate; server_max_window_bits=14", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_12,
    RESPONSE "; server_max_window_bits=12" },
  { "permessage-deflate; server_max_window_bits=12", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_12,
    RESPONSE "; server_max_window_bits=12" },
  { "permessage-deflate; server_max_window_bits=11", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_9,
    RESPONSE "; server_max_window_bits=9" },
  { "permessage-deflate; server_max_window_bits=9", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_9,
    RESPONSE "; server_max_window_bits=9" },
  { "permessage-deflate; server_max_window_bits=8", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_9,
    RESPONSE "; server_max_window_bits=8" },
  { "permessage-deflate; server_max_window_bits=\"1\\0\"", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_9,
    RESPONSE "; server_max_window_bits=9" },

  /* Several offers: the first that is good */
  { "permessage-deflate; server_max_window_bits=10, permessage-deflate", SIO_DEFLATE_AGREED,
    SIO_DEFLATE_WINDOW_9, RESPONSE "; server_max_window_bits=9" },
  { "permessage-deflate; server_max_window_bits=16, permessage-deflate", SIO_DEFLATE_AGREED,
    SIO_DEFLATE_WINDOW_15, RESPONSE },
  { "permessage-deflate; x-new=1 , ,\tpermessage-deflate; client_max_window_bits=8",
    SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15, RESPONSE },
  { "permessage-bzip2; level=9, permessage-deflate", SIO_DEFLATE_AGREED, SIO_DEFLATE_WINDOW_15,
    RESPONSE },
  { "x-webkit-deflate-frame; server_no_context_takeover, permessage-deflate", SIO_DEFLATE_AGREED,
    SIO_DEFLATE_WINDOW_15, RESPONSE },

  /* Nothing to accept */
  { "", SIO_DEFLATE_DECLINED },
  { " , ", SIO_DEFLATE_DECLINED },
  { "permessage-foo", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; unknown", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits=7", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits=16", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits=010", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits=0", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits=1x", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
    SIO_DEFLATE_DECLINED },
  { "permessage-deflate; client_max_window_bits=16", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; client_max_window_bits; client_max_window_bits", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_no_context_takeover=1", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; client_no_context_takeover=true", SIO_DEFLATE_DECLINED },
  { "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    SIO_DEFLATE_DECLINED },

  /* No list of extensions */
  { "permessage-deflate;", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate; =1", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate; server_max_window_bits=", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate; server_max_window_bits=\"", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate; server_max_window_bits=\"\\", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate; server_max_window_bits=\"\"", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate; server_max_window_bits=\"1 0\"", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate foo", SIO_DEFLATE_MALFORMED },
  { "permessage-deflate, (", SIO_DEFLATE_MALFORMED },
  { "=", SIO_DEFLATE_MALFORMED },
};

static void
test_negotiate (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (offers); i++)
    {
      const Offer *offer = &offers[i];
      g_autofree char *response = NULL;
      SioDeflateForm form;

      g_test_message ("%s", offer->offers);
      g_assert_cmpint (sio_deflate_negotiate (offer->offers, &form, &response), ==, offer->answer);
      g_assert_cmpint (form, ==, offer->form);
      g_assert_cmpstr (response, ==, offer->response);
    }
}

/* Compression */

static GBytes *
make_text (gsize length)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; text->len < length; i++)
    g_string_append_printf (text, "{\"id\":%u,\"name\":\"user %u\",\"x\":%u},", i, i * 7 % 1000,
                            i * 2654435761u);
  g_string_truncate (text, length);
  return g_string_free_to_bytes (text);
}

/* With zlib alone, and a window of so many bits. */
static GByteArray *
inflate_with (int window_bits, const guint8 *data, gsize length, gboolean add_tail)
{
  GByteArray *out = g_byte_array_new ();
  GByteArray *in = g_byte_array_new ();
  z_stream stream = { 0 };
  guint8 block[999];
  int result;

  g_byte_array_append (in, data, (guint) length);
  if (add_tail)
    g_byte_array_append (in, (const guint8 *) "\x00\x00\xff\xff", 4);
  g_assert_cmpint (inflateInit2 (&stream, window_bits), ==, Z_OK);
  stream.next_in = in->data;
  stream.avail_in = in->len;
  /* In small pieces: zlib then sees no more than its window. */
  do
    {
      stream.next_out = block;
      stream.avail_out = sizeof block;
      result = inflate (&stream, Z_SYNC_FLUSH);
      g_byte_array_append (out, block, sizeof block - stream.avail_out);
    }
  while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
  g_assert_true (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
  g_assert_cmpuint (stream.avail_in, ==, 0);
  inflateEnd (&stream);
  g_byte_array_unref (in);
  return out;
}

static void
test_deflate (void)
{
  static const struct
  {
    SioDeflateForm form;
    int bits;
  } forms[] = { { SIO_DEFLATE_WINDOW_9, -8 },   { SIO_DEFLATE_WINDOW_9, -9 },
                { SIO_DEFLATE_WINDOW_12, -12 }, { SIO_DEFLATE_WINDOW_15, -15 },
                { SIO_DEFLATE_GZIP, 31 },       { SIO_DEFLATE_ZLIB, 15 } };
  static const gsize lengths[] = { 40, 100, 1000, 20000, 70000, 300000 };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
      {
        g_autoptr (GBytes) text = make_text (lengths[j]);
        g_autoptr (GByteArray) first = g_byte_array_new ();
        g_autoptr (GByteArray) second = g_byte_array_new ();
        g_autoptr (GByteArray) back = NULL;
        gsize length;
        gconstpointer data = g_bytes_get_data (text, &length);

        g_byte_array_append (first, (const guint8 *) "abc", 3);
        if (!sio_deflate_append (first, forms[i].form, data, length))
          {
            /* so short that there is nothing to gain */
            g_assert_cmpuint (length, <=, 100);
            g_assert_cmpuint (first->len, ==, 3);
            continue;
          }
        g_assert_cmpuint (first->len - 3, <, length);
        /* The same again: nothing is left of the last time. */
        g_assert_true (sio_deflate_append (second, forms[i].form, data, length));
        g_assert_cmpmem (first->data + 3, first->len - 3, second->data, second->len);
        back = inflate_with (forms[i].bits, second->data, second->len,
                             forms[i].form <= SIO_DEFLATE_N_WINDOWS);
        g_assert_cmpmem (back->data, back->len, data, length);
      }
}

static void
test_deflate_refuses (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree guint8 *noise = g_malloc (5000);
  g_autofree guint8 *huge = g_malloc0 (SIO_DEFLATE_MAX_INPUT + 1);

  for (guint i = 0; i < 5000; i++)
    noise[i] = (guint8) g_test_rand_int ();
  for (guint form = SIO_DEFLATE_WINDOW_9; form < SIO_DEFLATE_N_FORMS; form++)
    {
      g_assert_false (sio_deflate_append (out, form, noise, 5000));
      g_assert_false (sio_deflate_append (out, form, "", 0));
      g_assert_false (sio_deflate_append (out, form, "ab", 2));
      g_assert_false (sio_deflate_append (out, form, huge, SIO_DEFLATE_MAX_INPUT + 1));
      g_assert_cmpuint (out->len, ==, 0);
    }
  g_assert_true (sio_deflate_append (out, SIO_DEFLATE_WINDOW_15, huge, SIO_DEFLATE_MAX_INPUT));
}

static void
test_frame (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  g_autoptr (GByteArray) back = NULL;
  g_autofree char *text = g_strnfill (200, 'x');

  /* RFC 7692 §7.2.3.1: zlib finds the same bits, but they save nothing. */
  sio_deflate_append_frame (out, SIO_DEFLATE_WINDOW_15, 0, SIO_WS_OPCODE_TEXT, "Hello", 5);
  g_assert_cmpmem (out->data, out->len, "\x81\x05Hello", 7);
  g_byte_array_set_size (out, 0);
  sio_deflate_append_frame (out, SIO_DEFLATE_WINDOW_15, 0, SIO_WS_OPCODE_BINARY, "", 0);
  g_assert_cmpmem (out->data, out->len, "\x82\x00", 2);
  g_byte_array_set_size (out, 0);
  sio_deflate_append_frame (out, SIO_DEFLATE_WINDOW_15, 201, SIO_WS_OPCODE_TEXT, text, 200);
  g_assert_cmpuint (out->len, ==, 204);
  g_assert_cmpmem (out->data, 4, "\x81\x7e\x00\xc8", 4);
  g_byte_array_set_size (out, 0);
  sio_deflate_append_frame (out, SIO_DEFLATE_WINDOW_15, 200, SIO_WS_OPCODE_TEXT, text, 200);
  g_assert_cmphex (out->data[0], ==, 0xc1);
  g_assert_cmpuint (out->data[1], ==, out->len - 2);
  back = inflate_with (-15, out->data + 2, out->len - 2, TRUE);
  g_assert_cmpmem (back->data, back->len, text, 200);
}

/* Inflating */

static GByteArray *
deflated (gsize length)
{
  GByteArray *out = g_byte_array_new ();
  g_autofree guint8 *zeros = g_malloc0 (length);
  z_stream stream = { 0 };

  g_byte_array_set_size (out, (guint) (length / 100 + 100));
  g_assert_cmpint (deflateInit2 (&stream, 9, Z_DEFLATED, -15, 8, 0), ==, Z_OK);
  stream.next_in = zeros;
  stream.avail_in = (uInt) length;
  stream.next_out = out->data;
  stream.avail_out = out->len;
  g_assert_cmpint (deflate (&stream, Z_SYNC_FLUSH), ==, Z_OK);
  g_byte_array_set_size (out, out->len - stream.avail_out - 4);
  deflateEnd (&stream);
  return out;
}

static SioInflateResult
inflate_limited (GByteArray *data, gsize max_length, guint max_ratio, gsize *length)
{
  const SioInflateLimits limits = { max_length, max_ratio };
  SioInflated inflated;
  SioInflateResult result = sio_inflate (data->data, data->len, &limits, &inflated);

  *length = 0;
  if (result == SIO_INFLATE_OK)
    {
      *length = inflated.length;
      sio_inflated_release (&inflated);
    }
  return result;
}

static void
test_limits (void)
{
  static const gsize lengths[] = { 1, 100, 65535, 65536, 65537, 1048576, 1048577, 3000000 };
  gsize length;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (GByteArray) data = deflated (lengths[i]);
      guint ratio = (guint) (lengths[i] / data->len);

      g_assert_cmpint (inflate_limited (data, lengths[i], 0, &length), ==, SIO_INFLATE_OK);
      g_assert_cmpuint (length, ==, lengths[i]);
      g_assert_cmpint (inflate_limited (data, lengths[i] - 1, 0, &length), ==,
                       SIO_INFLATE_TOO_LARGE);
      g_assert_cmpint (inflate_limited (data, lengths[i], ratio + 1, &length), ==, SIO_INFLATE_OK);
      g_assert_cmpuint (length, ==, lengths[i]);
      if (ratio > 1)
        g_assert_cmpint (inflate_limited (data, lengths[i], ratio - 1, &length), ==,
                         lengths[i] > SIO_INFLATE_FREE ? SIO_INFLATE_TOO_DENSE : SIO_INFLATE_OK);
      /* Both: what is exceeded first has the say. */
      g_assert_cmpint (inflate_limited (data, lengths[i] - 1, ratio + 1, &length), ==,
                       SIO_INFLATE_TOO_LARGE);
    }
}

static gint64
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* 64 MB in 64 KB: it has to be given up after the megabyte that is allowed. */
static void
test_bomb (void)
{
  g_autoptr (GByteArray) data = deflated ((gsize) 1 << 26);
  gint64 few = G_MAXINT64;
  gint64 start;
  gsize length;

  for (guint i = 0; i < 10; i++)
    {
      start = cpu_time ();
      g_assert_cmpint (inflate_limited (data, 1000000, 0, &length), ==, SIO_INFLATE_TOO_LARGE);
      few = MIN (few, cpu_time () - start);
    }
  g_assert_cmpint (inflate_limited (data, 1000000, 100, &length), ==, SIO_INFLATE_TOO_LARGE);
  start = cpu_time ();
  g_assert_cmpint (inflate_limited (data, 1 << 26, 0, &length), ==, SIO_INFLATE_OK);
  g_assert_cmpuint (length, ==, 1 << 26);
  /* All of it is 67 times as much. */
  g_assert_cmpint (few * 10, <, cpu_time () - start);
}

/* Blocks behind a final one may refer to what came before, RFC 7692 §7.2.3.4. */
static void
test_final_blocks (void)
{
  static const char text[] = "The quick brown fox jumps over the lazy dog. ";
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GString) wanted = g_string_new (NULL);
  const SioInflateLimits limits = { 1000000, 0 };
  SioInflated inflated;

  for (guint i = 0; i < 50; i++)
    {
      z_stream stream = { 0 };
      guint8 block[200];

      g_assert_cmpint (deflateInit2 (&stream, 9, Z_DEFLATED, -15, 8, 0), ==, Z_OK);
      if (i > 0)
        deflateSetDictionary (&stream, (const Bytef *) text, sizeof text - 1);
      stream.next_in = (Bytef *) text;
      stream.avail_in = sizeof text - 1;
      stream.next_out = block;
      stream.avail_out = sizeof block;
      g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
      g_byte_array_append (all, block, sizeof block - stream.avail_out);
      g_assert_true (i == 0 || stream.avail_out > sizeof block - 20);
      deflateEnd (&stream);
      g_string_append (wanted, text);
    }
  g_byte_array_append (all, (const guint8 *) "", 1);
  g_assert_cmpint (sio_inflate (all->data, all->len, &limits, &inflated), ==, SIO_INFLATE_OK);
  g_assert_cmpmem (inflated.data, inflated.length, wanted->str, wanted->len);
  sio_inflated_release (&inflated);
}

/* The result of one message stays while another one is inflated. */
static void
test_nested (void)
{
  const SioInflateLimits limits = { 1000000, 0 };
  g_autoptr (GByteArray) data = deflated (300000);
  SioInflated outer;
  SioInflated inner;

  g_assert_cmpint (sio_inflate (data->data, data->len, &limits, &outer), ==, SIO_INFLATE_OK);
  memset (outer.data, 'o', outer.length);
  g_assert_cmpint (sio_inflate (data->data, data->len, &limits, &inner), ==, SIO_INFLATE_OK);
  g_assert_true (inner.data != outer.data);
  memset (inner.data, 'i', inner.length);
  for (gsize i = 0; i < outer.length; i++)
    g_assert_cmpint (outer.data[i], ==, 'o');
  sio_inflated_release (&inner);
  sio_inflated_release (&outer);
}

static gpointer
thread_func (gpointer data)
{
  test_deflate ();
  test_nested ();
  return NULL;
}

/* Every thread has its own state, and leaves nothing behind. */
static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, thread_func, NULL);
  test_deflate ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deflate/negotiate", test_negotiate);
  g_test_add_func ("/deflate/deflate", test_deflate);
  g_test_add_func ("/deflate/deflate-refuses", test_deflate_refuses);
  g_test_add_func ("/deflate/frame", test_frame);
  g_test_add_func ("/deflate/limits", test_limits);
  g_test_add_func ("/deflate/bomb", test_bomb);
  g_test_add_func ("/deflate/final-blocks", test_final_blocks);
  g_test_add_func ("/deflate/nested", test_nested);
  g_test_add_func ("/deflate/threads", test_threads);
  return g_test_run ();
}
