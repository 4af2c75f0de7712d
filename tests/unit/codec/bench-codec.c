/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-packet-codec-private.h"

/* Prints nanoseconds per call. Not a test: numbers depend on the machine. */

#define ROUNDS 7

static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, SIO_PACKET_MAX_ATTACHMENTS };

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  const double *first = a, *second = b;

  return *first < *second ? -1 : *first > *second;
}

static void
report (const char *name, gsize bytes, double times[ROUNDS])
{
  qsort (times, ROUNDS, sizeof times[0], compare_doubles);
  g_print ("%-34s %6" G_GSIZE_FORMAT " bytes %10.1f ns (best %.1f)\n", name, bytes,
           times[ROUNDS / 2], times[0]);
}

static void
bench_parse (const char *name, const char *text)
{
  gsize length = strlen (text);
  gsize n = 200000000 / (length * 2 + 100);
  double times[ROUNDS];

  for (guint round = 0; round < ROUNDS; round++)
    {
      gint64 start = g_get_monotonic_time ();

      for (gsize i = 0; i < n; i++)
        {
          SioPacketView view;

          if (!sio_packet_parse (text, length, &limits, &view, NULL))
            g_error ("the packet was refused: %s", text);
        }
      times[round] = (double) (g_get_monotonic_time () - start) * 1000 / (double) n;
    }
  report (name, length, times);
}

static void
bench_tree (const char *text)
{
  gsize length = strlen (text);
  gsize n = 100000;
  double reading[ROUNDS], writing[ROUNDS];

  for (guint round = 0; round < ROUNDS; round++)
    {
      g_autoptr (JsonNode) node = sio_json_read (text, length, SIO_JSON_MAX_DEPTH, NULL);
      g_autoptr (GString) out = g_string_new (NULL);
      gint64 start = g_get_monotonic_time ();

      for (gsize i = 0; i < n; i++)
        json_node_unref (sio_json_read (text, length, SIO_JSON_MAX_DEPTH, NULL));
      reading[round] = (double) (g_get_monotonic_time () - start) * 1000 / (double) n;

      start = g_get_monotonic_time ();
      for (gsize i = 0; i < n; i++)
        {
          g_string_truncate (out, 0);
          sio_json_write (out, node);
        }
      writing[round] = (double) (g_get_monotonic_time () - start) * 1000 / (double) n;
    }
  report ("read a tree and free it", length, reading);
  report ("write a tree", length, writing);
}

static void
bench_doubles (const char *name, double value)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gsize n = 200000;
  double times[ROUNDS];

  for (guint round = 0; round < ROUNDS; round++)
    {
      gint64 start = g_get_monotonic_time ();

      for (gsize i = 0; i < n; i++)
        {
          g_string_truncate (out, 0);
          sio_json_write_double (out, value);
        }
      times[round] = (double) (g_get_monotonic_time () - start) * 1000 / (double) n;
    }
  report (name, out->len, times);
}

int
main (void)
{
  static const char object[] = "{\"id\":12345,\"text\":\"hello world, 32 bytes payload\"}";
  g_autoptr (GString) large = g_string_new ("2[\"batch\"");
  g_autoptr (GString) text = g_string_new ("2[\"text\",\"");

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (large, ",%s", object);
  g_string_append_c (large, ']');
  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "plain characters ");
  g_string_append (text, "\"]");

  bench_parse ("echo, object",
               "2[\"echo\",{\"id\":12345,\"text\":\"hello world, 32 bytes payload\"}]");
  bench_parse ("echo, 32 byte string", "2[\"echo\",\"0123456789abcdef0123456789abcdef\"]");
  bench_parse ("ack", "312[\"ok\",1]");
  bench_parse ("namespace and id", "2/admin,12[\"chat message\",\"hello\",{\"room\":\"lobby\"}]");
  bench_parse ("numbers", "2[\"move\",{\"x\":12.5,\"y\":-3.25,\"z\":0.001,\"t\":1700000000000}]");
  bench_parse ("connect with a token",
               "0/admin,{\"token\":\"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\"}");
  bench_parse ("batch of 200 objects", large->str);
  bench_parse ("long string", text->str);
  bench_tree (object);
  bench_doubles ("print 12.5", 12.5);
  bench_doubles ("print 0.1 + 0.2", 0.1 + 0.2);
  return 0;
}
