/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-eio-payload-private.h"

static void
test_packets (void)
{
  static const struct
  {
    const char *text;
    SioEioType type;
    gboolean is_binary;
    const char *data;
    gsize length;
  } cases[] = {
    { "0{\"sid\":\"x\"}", SIO_EIO_OPEN, FALSE, "{\"sid\":\"x\"}", 11 },
    { "1", SIO_EIO_CLOSE, FALSE, "", 0 },
    { "2", SIO_EIO_PING, FALSE, "", 0 },
    { "2probe", SIO_EIO_PING, FALSE, "probe", 5 },
    { "3probe", SIO_EIO_PONG, FALSE, "probe", 5 },
    { "4", SIO_EIO_MESSAGE, FALSE, "", 0 },
    { "4hello", SIO_EIO_MESSAGE, FALSE, "hello", 5 },
    { "4\342\202\254", SIO_EIO_MESSAGE, FALSE, "\342\202\254", 3 },
    { "42[\"a\"]", SIO_EIO_MESSAGE, FALSE, "2[\"a\"]", 6 },
    { "5", SIO_EIO_UPGRADE, FALSE, "", 0 },
    { "6", SIO_EIO_NOOP, FALSE, "", 0 },
    { "bAQIDBA==", SIO_EIO_MESSAGE, TRUE, "\001\002\003\004", 4 },
    { "bAQIDBA", SIO_EIO_MESSAGE, TRUE, "\001\002\003\004", 4 },
    { "b", SIO_EIO_MESSAGE, TRUE, "", 0 },
    { "b-_-_", SIO_EIO_MESSAGE, TRUE, "\373\377\277", 3 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = strlen (cases[i].text);
      g_autofree guint8 *copy = g_memdup2 (cases[i].text, length);
      SioEioPacket packet;

      g_test_message ("%s", cases[i].text);
      g_assert_true (sio_eio_packet_parse_text (copy, length, &packet));
      g_assert_cmpint (packet.type, ==, cases[i].type);
      g_assert_cmpint (packet.is_binary, ==, cases[i].is_binary);
      g_assert_cmpmem (packet.data, packet.length, cases[i].data, cases[i].length);
    }
}

static void
test_malformed (void)
{
  static const char *const texts[] = { "", "7", "8abc", "a", "B", " 4", "x", "\036", "\303\251" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree guint8 *copy = (guint8 *) g_strdup (texts[i]);
      SioEioPacket packet;

      g_assert_false (sio_eio_packet_parse_text (copy, strlen (texts[i]), &packet));
    }
}

/* Returns the packets one per line as <type><t|b>:<data>, and ! for a malformed one. */
static char *
walk (const char *body)
{
  gsize length = strlen (body);
  g_autofree guint8 *copy = g_malloc (MAX (length, 1));
  GString *out = g_string_new (NULL);
  guint8 *p;
  SioEioPacket packet;

  memcpy (copy, body, length);
  for (p = copy; p != NULL;)
    {
      if (!sio_eio_payload_next (&p, copy + length, &packet))
        {
          g_string_append_c (out, '!');
          break;
        }
      g_string_append_printf (out, "%c%c:", packet.type, packet.is_binary ? 'b' : 't');
      g_string_append_len (out, (const char *) packet.data, (gssize) packet.length);
      g_string_append_c (out, '\n');
    }
  return g_string_free (out, FALSE);
}

static void
test_payloads (void)
{
  static const struct
  {
    const char *body;
    const char *packets;
  } cases[] = {
    { "4hello", "4t:hello\n" },
    { "4hello\0362\0364world", "4t:hello\n2t:\n4t:world\n" },
    { "4a\036bYWJj\0364c", "4t:a\n4b:abc\n4t:c\n" },
    { "bYQ\036bYg", "4b:a\n4b:b\n" },
    { "6\0361", "6t:\n1t:\n" },
    { "", "!" },
    { "\036", "!" },
    { "4a\036", "4t:a\n!" },
    { "\0364a", "!" },
    { "4a\036\0364b", "4t:a\n!" },
    { "4a\036x\0364b", "4t:a\n!" },
    { "abc", "!" },
    { "10:4hello", "1t:0:4hello\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *packets = walk (cases[i].body);

      g_assert_cmpstr (packets, ==, cases[i].packets);
    }
}

static void
test_base64_lenient (void)
{
  /* What Buffer.from (text, "base64") of Node gives. */
  static const struct
  {
    const char *text;
    const char *bytes;
    gsize length;
  } cases[] = {
    { "", "", 0 },
    { "YQ==YQ==", "a", 1 },
    { "YQ", "a", 1 },
    { "YQ=", "a", 1 },
    { "YWI", "ab", 2 },
    { "YWI=", "ab", 2 },
    { "YWJj", "abc", 3 },
    { "Y", "", 0 },
    { "YWJjZ", "abc", 3 },
    { "YW Jj", "abc", 3 },
    { " Y\r\nW\tJ j\n", "abc", 3 },
    { "Y-_/+A", "\143\357\377\370", 4 },
    { "=YQ", "", 0 },
    { "*Y*Q*=*", "a", 1 },
    { "AQID\r\nBA==", "\001\002\003\004", 4 },
    { "AAAA====AAAA", "\0\0\0", 3 },
    { "\303\251YQ==", "a", 1 },
    { "Y=Q=", "", 0 },
    { "YW=Jj", "a", 1 },
    { "////", "\377\377\377", 3 },
    { "____", "\377\377\377", 3 },
    { "YR", "a", 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = strlen (cases[i].text);
      g_autofree guint8 *in_place = g_malloc (MAX (length, 1));
      guint8 out[64];

      g_test_message ("%s", cases[i].text);
      memcpy (in_place, cases[i].text, length);
      g_assert_cmpuint (sio_base64_decode_lenient (in_place, length, out), ==, cases[i].length);
      g_assert_cmpmem (out, cases[i].length, cases[i].bytes, cases[i].length);
      g_assert_cmpuint (sio_base64_decode_lenient (in_place, length, in_place), ==,
                        cases[i].length);
      g_assert_cmpmem (in_place, cases[i].length, cases[i].bytes, cases[i].length);
    }
}

static void
test_append_binary (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (gsize length = 0; length < 200; length++)
    {
      g_autoptr (GByteArray) payload = g_byte_array_new ();
      g_autofree guint8 *data = g_malloc (length + 1);
      g_autofree char *expected = NULL;

      for (gsize i = 0; i < length; i++)
        data[i] = (guint8) g_rand_int (rand);
      expected = g_base64_encode (data, length);
      g_byte_array_append (payload, (const guint8 *) "4x\036", 3);
      sio_eio_payload_append_binary (payload, data, length);
      g_assert_cmpmem (payload->data, 4, "4x\036b", 4);
      g_assert_cmpmem (payload->data + 4, payload->len - 4, expected, strlen (expected));
      g_assert_cmpuint (
          sio_base64_decode_lenient (payload->data + 4, payload->len - 4, payload->data), ==,
          length);
      g_assert_cmpmem (payload->data, length, data, length);
    }
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  sio_eio_payload_append_binary (payload, "\001\002\003\004", 4);
  g_assert_cmpmem (payload->data, payload->len, "bAQIDBA==", 9);
}

#define R "\357\277\275"

static void
test_utf8_repair (void)
{
  /* What new TextDecoder ().decode () gives. */
  static const struct
  {
    const char *bytes;
    const char *repaired; /* NULL: the same */
  } cases[] = {
    { "", NULL },
    { "plain", NULL },
    { "\303\251\342\202\254\360\237\230\200", NULL },
    { "\357\273\277x", NULL },
    { "\364\217\277\277\355\237\277\356\200\200\357\277\277", NULL },
    { "\200", R },
    { "\277\277", R R },
    { "a\377b", "a" R "b" },
    { "\300\200", R R },
    { "\301\277", R R },
    { "\340\200\200", R R R },
    { "\340\237\277", R R R },
    { "\355\240\200", R R R },
    { "\355\277\277", R R R },
    { "\360\200\200\200", R R R R },
    { "\360\217\277\277", R R R R },
    { "\364\220\200\200", R R R R },
    { "\365\200\200\200", R R R R },
    { "\303", R },
    { "\303x", R "x" },
    { "\342\202", R },
    { "\342\202x", R "x" },
    { "\342x", R "x" },
    { "\360\237\230", R },
    { "\360\237\230x", R "x" },
    { "\360\237", R },
    { "\360\237\303\251", R "\303\251" },
    { "\342\202\342\202\254", R "\342\202\254" },
    { "a\360\220\200\345b", "a" R R "b" },
    { "\341\200\342\360\221\222\361\277A", R R R R "A" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_take (
          g_memdup2 (cases[i].bytes, strlen (cases[i].bytes)), strlen (cases[i].bytes));
      g_autoptr (GBytes) repaired = sio_utf8_repair (bytes);
      const char *expected = cases[i].repaired != NULL ? cases[i].repaired : cases[i].bytes;
      gsize length;
      gconstpointer data = g_bytes_get_data (repaired, &length);

      g_assert_cmpmem (data, length, expected, strlen (expected));
      g_assert_true ((repaired == bytes) == (cases[i].repaired == NULL));
    }
}

static void
test_utf8_repair_random (void)
{
  static const guint8 alphabet[] = { 'a',  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
                                     0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);

  for (guint round = 0; round < 50000; round++)
    {
      guint8 raw[12];
      gsize length = (gsize) g_rand_int_range (rand, 0, sizeof raw + 1);
      gsize repaired_length;
      gconstpointer data;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) repaired = NULL;

      for (gsize i = 0; i < length; i++)
        raw[i] = alphabet[g_rand_int_range (rand, 0, G_N_ELEMENTS (alphabet))];
      bytes = g_bytes_new (raw, length);
      repaired = sio_utf8_repair (bytes);
      data = g_bytes_get_data (repaired, &repaired_length);
      for (const char *p = data, *end = p + repaired_length, *next; p < end; p = next + 1)
        {
          /* g_utf8_validate () stops at U+0000, which is valid here. */
          if (!g_utf8_validate (p, end - p, &next))
            g_assert_cmpint (*next, ==, '\0');
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/eio/packets", test_packets);
  g_test_add_func ("/eio/malformed", test_malformed);
  g_test_add_func ("/eio/payloads", test_payloads);
  g_test_add_func ("/eio/base64-lenient", test_base64_lenient);
  g_test_add_func ("/eio/append-binary", test_append_binary);
  g_test_add_func ("/eio/utf8-repair", test_utf8_repair);
  g_test_add_func ("/eio/utf8-repair-random", test_utf8_repair_random);
  return g_test_run ();
}
