/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-frame.h"
#include "bench-histogram.h"
#include "bench-http.h"

#include <string.h>
#include <sys/wait.h>

static void
test_histogram_buckets (void)
{
  const guint64 samples[] = { 0,   1,   127,  128,   255,     256,       257,
                              511, 512, 1000, 65535, 1000000, 123456789, 1ull << 41 };
  guint last = 0;

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      guint index = bench_histogram_index (samples[i]);
      guint64 top = bench_histogram_bucket_top (index);

      g_assert_cmpuint (index, <, BENCH_HISTOGRAM_BUCKETS);
      g_assert_cmpuint (index, >=, last);
      g_assert_cmpuint (top, >=, samples[i]);
      g_assert_cmpuint (top - samples[i], <=, samples[i] / 127);
      g_assert_cmpuint (bench_histogram_index (top), ==, index);
      g_assert_cmpuint (bench_histogram_index (top + 1), ==, index + 1);
      last = index;
    }
  g_assert_cmpuint (bench_histogram_index (G_MAXUINT64), ==, BENCH_HISTOGRAM_BUCKETS - 1);
}

static void
test_histogram_percentiles (void)
{
  g_autofree BenchHistogram *histogram = g_new (BenchHistogram, 1);

  bench_histogram_reset (histogram);
  g_assert_cmpuint (bench_histogram_percentile (histogram, 99), ==, 0);
  for (guint i = 1; i <= 100; i++)
    bench_histogram_record (histogram, i);
  g_assert_cmpuint (bench_histogram_percentile (histogram, 50), ==, 50);
  g_assert_cmpuint (bench_histogram_percentile (histogram, 99), ==, 99);
  g_assert_cmpuint (bench_histogram_percentile (histogram, 100), ==, 100);
  g_assert_cmpuint (bench_histogram_percentile (histogram, 0), ==, 1);
  g_assert_cmpuint (histogram->min, ==, 1);
  g_assert_cmpfloat (bench_histogram_mean (histogram), ==, 50.5);
  bench_histogram_record (histogram, 1000003);
  g_assert_cmpuint (bench_histogram_percentile (histogram, 100), ==, 1000003);
  bench_histogram_record (histogram, -5);
  g_assert_cmpuint (histogram->min, ==, 0);
}

static void
test_frame_parse (void)
{
  static const guint8 hello[] = { 0x81, 5, 'h', 'e', 'l', 'l', 'o', 0x81 };
  static const guint8 masked[] = { 0x81, 0x85, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };
  static const guint8 reserved[] = { 0xa1, 0 };
  static const guint8 compressed[] = { 0xc1, 1, 0 };
  static const guint8 big_control[] = { 0x89, 126, 0, 200 };
  static const guint8 huge[] = { 0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0 };
  g_autofree guint8 *large = g_malloc0 (4 + 300);
  BenchFrame frame;

  g_assert_cmpint (bench_frame_parse (hello, sizeof hello, &frame), ==, 7);
  g_assert_true (frame.fin);
  g_assert_false (frame.compressed);
  g_assert_cmpuint (frame.opcode, ==, BENCH_WS_TEXT);
  g_assert_cmpmem (frame.payload, frame.payload_len, "hello", 5);
  for (gsize len = 0; len < 7; len++)
    g_assert_cmpint (bench_frame_parse (hello, len, &frame), ==, 0);
  g_assert_cmpint (bench_frame_parse (masked, sizeof masked, &frame), ==, -1);
  g_assert_cmpint (bench_frame_parse (reserved, sizeof reserved, &frame), ==, -1);
  g_assert_cmpint (bench_frame_parse (compressed, sizeof compressed, &frame), ==, 3);
  g_assert_true (frame.compressed);
  g_assert_cmpint (bench_frame_parse (huge, sizeof huge, &frame), ==, -1);
  g_assert_cmpint (bench_frame_parse (big_control, sizeof big_control, &frame), ==, 0);
  memcpy (large, "\x82\x7e\x01\x2c", 4);
  g_assert_cmpint (bench_frame_parse (large, 304, &frame), ==, 304);
  g_assert_cmpuint (frame.payload_len, ==, 300);
  g_assert_cmpint (bench_frame_parse (large, 303, &frame), ==, 0);
}

/* Takes the mask off a frame shorter than 126 bytes. */
static char *
unmask (const guint8 *frame, gsize len)
{
  gsize size = len - 6;
  char *text = g_malloc0 (size + 1);

  g_assert_cmpuint (frame[0], ==, 0x81);
  g_assert_cmpuint (frame[1], ==, 0x80 | size);
  for (gsize i = 0; i < size; i++)
    text[i] = (char) (frame[6 + i] ^ frame[2 + (i & 3)]);
  return text;
}

static void
test_message_stamp (void)
{
  static const char prefix[] = "42/x,00000000[\"ack\",\"";
  BenchMessage message;
  guint8 out[128];
  g_autofree char *text = NULL;

  bench_message_init (&message, prefix, 20, "\"]", 5);
  g_assert_cmpuint (message.len, <, sizeof out);
  bench_message_write (&message, out, 0x0123456789abcdef, 12345678);
  text = unmask (out, message.len);
  g_assert_cmpstr (text, ==, "42/x,12345678[\"ack\",\"0123456789abcdefqrst\"]");
  g_assert_cmpint (bench_stamp_find ((guint8 *) text, strlen (text), prefix, 5), ==, -1);
  g_assert_cmpint (bench_stamp_find ((guint8 *) text, strlen (text), "else", 4), ==,
                   0x0123456789abcdef);
  g_assert_cmpint (bench_stamp_find ((guint8 *) "42[\"x\"]", 7, "42", 2), ==, -1);
  bench_message_clear (&message);

  bench_message_init_text (&message, "42[\"echo\",\"", 16, "\"]");
  bench_message_write (&message, out, 255, 0);
  g_assert_cmpmem (out, message.len, "42[\"echo\",\"00000000000000ff\"]", 29);
  g_assert_cmpint (bench_stamp_find (out, message.len, "42[\"echo\",\"", 11), ==, 255);
  bench_message_clear (&message);
}

static void
assert_response (const char *text, guint status, const char *body, gboolean closes)
{
  gsize len = strlen (text);
  BenchResponse response;

  for (gsize cut = 0; cut < len; cut++)
    {
      g_assert_cmpint (bench_http_parse ((const guint8 *) text, cut, &response), ==, 0);
      bench_response_clear (&response);
    }
  g_assert_cmpint (bench_http_parse ((const guint8 *) text, len, &response), ==, (gssize) len);
  g_assert_cmpuint (response.status, ==, status);
  g_assert_cmpmem (response.body, response.body_len, body, strlen (body));
  g_assert_cmpint (response.close, ==, closes);
  bench_response_clear (&response);
}

static void
test_http_parse (void)
{
  static const char bad_length[] = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n";
  BenchResponse response;

  assert_response ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 2\r\n\r\nok",
                   200, "ok", FALSE);
  assert_response ("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                   400, "", TRUE);
  assert_response (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200,
      "abcde", FALSE);
  assert_response ("HTTP/1.0 204 No Content\r\n\r\n", 204, "", TRUE);
  g_assert_cmpint (bench_http_parse ((const guint8 *) "SSH-2.0-x\r\n", 11, &response), ==, -1);
  g_assert_cmpint (bench_http_parse ((const guint8 *) bad_length, sizeof bad_length - 1, &response),
                   ==, -1);
}

static int
run_program (const char *const *arguments, char **standard_output, char **standard_error)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  int status = 0;

  g_ptr_array_add (argv, (gpointer) g_getenv ("SIO_BENCH"));
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) arguments[i]);
  g_ptr_array_add (argv, NULL);
  g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, standard_output,
                standard_error, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
test_command_line (void)
{
  static const struct
  {
    const char *arguments[6];
    int status;
    const char *output;
    const char *error;
  } cases[] = {
    { { "--version" }, 0, "sio-bench ", NULL },
    { { "--help" }, 0, "polling-echo", NULL },
    { { NULL }, 2, NULL, "a scenario and a URL are needed" },
    { { "--nonsense" }, 2, NULL, "--nonsense" },
    { { "nothing", "http://127.0.0.1:1" }, 2, NULL, "no scenario \"nothing\"" },
    { { "echo", "https://127.0.0.1:1" }, 2, NULL, "https is not supported" },
    { { "echo", "127.0.0.1" }, 2, NULL, "is not a URL" },
    { { "--payload", "3", "echo", "http://127.0.0.1:1" }, 2, NULL, "--payload must be between 16" },
    { { "--connections", "x", "echo", "http://127.0.0.1:1" }, 2, NULL, "x" },
    { { "--namespace", "a", "echo", "http://127.0.0.1:1" }, 2, NULL, "namespace begins with" },
    { { "echo", "http://127.0.0.1:1" }, 1, "refused", NULL },
    { { "--allow-errors", "echo", "http://127.0.0.1:1" }, 0, "refused", NULL },
    { { "--json", "echo", "http://127.0.0.1:1" }, 1, "\"refused\":64", NULL },
  };

  if (g_getenv ("SIO_BENCH") == NULL)
    g_error ("SIO_BENCH does not name the program; meson test sets it");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *output = NULL;
      g_autofree char *error = NULL;

      g_assert_cmpint (run_program (cases[i].arguments, &output, &error), ==, cases[i].status);
      if (cases[i].output != NULL)
        g_assert_nonnull (strstr (output, cases[i].output));
      if (cases[i].error != NULL)
        g_assert_nonnull (strstr (error, cases[i].error));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bench/histogram/buckets", test_histogram_buckets);
  g_test_add_func ("/bench/histogram/percentiles", test_histogram_percentiles);
  g_test_add_func ("/bench/frame/parse", test_frame_parse);
  g_test_add_func ("/bench/message/stamp", test_message_stamp);
  g_test_add_func ("/bench/http/parse", test_http_parse);
  g_test_add_func ("/bench/command-line", test_command_line);
  return g_test_run ();
}
