/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-eio3-payload-private.h"

#define BYTES(text) (text), sizeof (text) - 1

static void
assert_bytes (GByteArray *array, const char *expected, gsize length)
{
  g_assert_cmpmem (array->data, array->len, expected, length);
}

/* Returns the packets one per line as <type><t|b>:<data>, and ! for what is malformed. */
static char *
walk (const char *body, gsize length, gboolean is_binary)
{
  /* Exactly as long as the body, for the sanitiser. */
  g_autofree guint8 *copy = g_malloc (MAX (length, 1));
  GString *out = g_string_new (NULL);
  SioEio3Reader reader;
  SioEio3Result result;
  SioEioPacket packet;

  memcpy (copy, body, length);
  sio_eio3_reader_init (&reader, copy, length, is_binary);
  while ((result = sio_eio3_reader_next (&reader, &packet)) == SIO_EIO3_PACKET)
    {
      g_string_append_printf (out, "%c%c:", packet.type, packet.is_binary ? 'b' : 't');
      g_string_append_len (out, (const char *) packet.data, (gssize) packet.length);
      g_string_append_c (out, '\n');
    }
  if (result == SIO_EIO3_MALFORMED)
    g_string_append_c (out, '!');
  return g_string_free (out, FALSE);
}

static void
test_read_text (void)
{
  static const struct
  {
    const char *body;
    const char *packets;
  } cases[] = {
    { "6:4hello", "4t:hello\n" },
    { "1:2", "2t:\n" },
    { "6:2probe", "2t:probe\n" },
    { "2:406:4hello1:1", "4t:0\n4t:hello\n1t:\n" },
    { "7:4a:3:42", "4t:a:3:42\n" },
    { "06:4hello", "4t:hello\n" },
    /* Lengths count UTF-16 code units. */
    { "16:42[\"echo\",\"\342\202\254\360\237\230\200\"]",
      "4t:2[\"echo\",\"\342\202\254\360\237\230\200\"]\n" },
    { "2:4\303\2443:4\360\237\230\200", "4t:\303\244\n4t:\360\237\230\200\n" },
    /* base64 */
    { "10:b4AQIDBA==", "4b:\001\002\003\004\n" },
    { "2:b41:2", "4b:\n2t:\n" },
    { "4:b4YQ4:b4Yg", "4b:a\n4b:b\n" },
    { "2:b22:b0", "2b:\n0b:\n" },
    /* Nothing, or nothing known, in them */
    { "0:", "" },
    { "0:0:1:6", "6t:\n" },
    { "1:b3:b9Q1:1", "1t:\n" },
    /* Malformed */
    { "", "!" },
    { ":", "!" },
    { ":4", "!" },
    { "4hello", "!" },
    { "6", "!" },
    { "6:4hell", "!" },
    { "6:4hello1", "4t:hello\n!" },
    { "6:4hellox", "4t:hello\n!" },
    { "6:4hello7:4a", "4t:hello\n!" },
    { "-1:4", "!" },
    { "+1:4", "!" },
    { " 1:4", "!" },
    { "1 :4", "!" },
    { "0x1:4", "!" },
    { "1e0:4", "!" },
    { "1.0:4", "!" },
    { "1:7", "!" },
    { "1:x1:4", "!" },
    { "1:41:71:4", "4t:\n!" },
    { "2:4\360\237\230\200", "!" },
    { "99999999999999999999999999:4", "!" },
    { "4hello\0364x", "!" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *packets = walk (cases[i].body, strlen (cases[i].body), FALSE);

      g_test_message ("%s", cases[i].body);
      g_assert_cmpstr (packets, ==, cases[i].packets);
    }
}

static void
test_read_binary (void)
{
  static const struct
  {
    const char *body;
    gsize length;
    const char *packets;
  } cases[] = {
    { BYTES ("\000\006\3774hello"), "4t:hello\n" },
    { BYTES ("\001\005\377\004\001\002\003\005"), "4b:\001\002\003\005\n" },
    { BYTES ("\000\001\000\3774\303\251\342\202\254\360\237\230\200"),
      "4t:\303\251\342\202\254\360\237\230\200\n" },
    { BYTES ("\000\003\377451\001\003\377\004ab\000\001\3772"), "4t:51\n4b:ab\n2t:\n" },
    { BYTES ("\001\001\377\004"), "4b:\n" },
    { BYTES ("\000\006\377b4YWJj"), "4b:abc\n" },
    { BYTES ("\001\000\000\001\377\002"), "2b:\n" },
    /* No packet, or none that is known */
    { BYTES (""), "" },
    { BYTES ("\001\000\377"), "" },
    { BYTES ("\001\001\377\007\000\001\3776"), "6t:\n" },
    { BYTES ("\001\003\377444\000\001\3776"), "6t:\n" },
    /* Malformed */
    { BYTES ("\000"), "!" },
    { BYTES ("\000\377"), "!" },
    { BYTES ("\001\377"), "!" },
    { BYTES ("\000\000\377"), "!" },
    { BYTES ("\000\001"), "!" },
    { BYTES ("\000\001\377"), "!" },
    { BYTES ("\000\006\3774hell"), "!" },
    { BYTES ("\002\001\3774"), "!" },
    { BYTES ("\000\012\3774hello    "), "!" },
    { BYTES ("\000\061\3774"), "!" },
    { BYTES ("\000\001\3774\000\001\3777"), "4t:\n!" },
    { BYTES ("\000\001\3774x"), "4t:\n!" },
    { BYTES ("\000\002\3774\377"), "!" },
    { BYTES ("\000\003\3774\303("), "!" },
    { BYTES ("\000\004\3774\355\240\200"), "!" },
    { BYTES ("6:4hello"), "!" },
  };
  g_autofree char *endless = g_malloc (2000);
  g_autofree char *packets = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = walk (cases[i].body, cases[i].length, TRUE);

      g_test_message ("%" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (got, ==, cases[i].packets);
    }

  /* A length without an end */
  memset (endless, 9, 2000);
  endless[0] = 1;
  packets = walk (endless, 2000, TRUE);
  g_assert_cmpstr (packets, ==, "!");
}

static void
test_frames (void)
{
  guint8 binary[] = { 4, 1, 2 };
  guint8 unknown[] = { 7, 1 };
  guint8 ping[] = { 2 };
  guint8 base64[] = "b4AQI=";
  guint8 text[] = "4x";
  guint8 bad[] = "8";
  SioEioPacket packet;

  g_assert_cmpint (sio_eio3_packet_parse_binary (binary, 3, &packet), ==, SIO_EIO3_PACKET);
  g_assert_cmpint (packet.type, ==, SIO_EIO_MESSAGE);
  g_assert_true (packet.is_binary);
  g_assert_cmpmem (packet.data, packet.length, "\001\002", 2);
  g_assert_cmpint (sio_eio3_packet_parse_binary (ping, 1, &packet), ==, SIO_EIO3_PACKET);
  g_assert_cmpint (packet.type, ==, SIO_EIO_PING);
  g_assert_cmpint (sio_eio3_packet_parse_binary (unknown, 2, &packet), ==, SIO_EIO3_NOTHING);
  g_assert_cmpint (sio_eio3_packet_parse_binary (unknown, 0, &packet), ==, SIO_EIO3_NOTHING);

  g_assert_cmpint (sio_eio3_packet_parse_text (base64, 6, &packet), ==, SIO_EIO3_PACKET);
  g_assert_true (packet.is_binary);
  g_assert_cmpmem (packet.data, packet.length, "\001\002", 2);
  g_assert_cmpint (sio_eio3_packet_parse_text (text, 2, &packet), ==, SIO_EIO3_PACKET);
  g_assert_false (packet.is_binary);
  g_assert_cmpint (sio_eio3_packet_parse_text (bad, 1, &packet), ==, SIO_EIO3_MALFORMED);
  g_assert_cmpint (sio_eio3_packet_parse_text (bad, 0, &packet), ==, SIO_EIO3_MALFORMED);
}

static void
test_forms (void)
{
  static const struct
  {
    const char *body;
    const char *text; /* NULL: there is no such field */
  } cases[] = {
    { "d=6%3A4hello", "6:4hello" },
    { "d=6:4hello", "6:4hello" },
    { "x=1&d=1%3a2&y", "1:2" },
    { "d=", "" },
    { "d=a+b%20c", "a b c" },
    { "d=%E2%82%AC", "\342\202\254" },
    { "d=%", "%" },
    { "d=%4", "%4" },
    { "d=%zz1", "%zz1" },
    { "d=1=2", "1=2" },
    /* A backslash and n are a line end, after another backslash themselves. */
    { "d=a%5Cnb", "a\nb" },
    { "d=a%5C%5Cnb", "a\\nb" },
    { "d=a%5C%5C%5Cnb", "a\\\\nb" },
    { "d=a\\nb\\", "a\nb\\" },
    { "d=%5Ct%5C%5C", "\\t\\\\" },
    { "", NULL },
    { "d", NULL },
    { "&", NULL },
    { "dd=1", NULL },
    { "x=d=1", NULL },
    { "d=1&d=2", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = strlen (cases[i].body);
      g_autofree guint8 *copy = g_malloc (MAX (length, 1));
      gsize text_length = 0;

      g_test_message ("%s", cases[i].body);
      memcpy (copy, cases[i].body, length);
      g_assert_cmpint (sio_eio3_form_decode (copy, length, &text_length), ==,
                       cases[i].text != NULL);
      if (cases[i].text != NULL)
        g_assert_cmpmem (copy, text_length, cases[i].text, strlen (cases[i].text));
    }
}

static void
test_write (void)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autoptr (GByteArray) binary = g_byte_array_new ();
  static const char packet[] = "42[\"echo\",\"\342\202\254\360\237\230\200\"]";
  g_autofree guint8 *large = g_malloc0 (1234);

  sio_eio3_append_text (text, BYTES ("6"));
  sio_eio3_append_text (text, BYTES (packet));
  sio_eio3_append_base64 (text, BYTES ("\001\002\003\004"));
  sio_eio3_append_base64 (text, NULL, 0);
  assert_bytes (text, BYTES ("1:6"
                             "16:42[\"echo\",\"\342\202\254\360\237\230\200\"]"
                             "10:b4AQIDBA=="
                             "2:b4"));

  sio_eio3_append_binary_text (binary, BYTES ("451-[]"));
  sio_eio3_append_binary_data (binary, BYTES ("\001\002\003\004"));
  sio_eio3_append_binary_data (binary, NULL, 0);
  sio_eio3_append_binary_text (binary, BYTES (packet));
  assert_bytes (binary, BYTES ("\000\006\377451-[]"
                               "\001\005\377\004\001\002\003\004"
                               "\001\001\377\004"
                               "\000\002\000\37742[\"echo\",\"\342\202\254\360\237\230\200\"]"));

  g_byte_array_set_size (binary, 0);
  sio_eio3_append_binary_data (binary, large, 1234);
  g_assert_cmpmem (binary->data, 7, "\001\001\002\003\005\377\004", 7);
  g_assert_cmpuint (binary->len, ==, 7 + 1234);
}

static void
test_jsonp (void)
{
  static const struct
  {
    const char *index;
    const char *payload;
    const char *script;
  } cases[] = {
    { "0", "1:6", "___eio[0](\"1:6\");" },
    { "12", "7:4\"\\\n/\t\001", "___eio[12](\"7:4\\\"\\\\\\n/\\t\\u0001\");" },
    { "1);alert(2", "1:6", "___eio[12](\"1:6\");" },
    { "", "1:6", "___eio[](\"1:6\");" },
    { "3", "\342\200\247\342\200\250\342\200\251\342\200\252\342\202\254",
      "___eio[3](\"\342\200\247\\u2028\\u2029\342\200\252\342\202\254\");" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) payload = g_bytes_new (cases[i].payload, strlen (cases[i].payload));
      g_autoptr (GBytes) script = sio_eio3_wrap_jsonp (cases[i].index, payload);
      gsize length;
      gconstpointer data = g_bytes_get_data (script, &length);

      g_assert_cmpmem (data, length, cases[i].script, strlen (cases[i].script));
    }
}

static void
test_round_trip (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint round = 0; round < 2000; round++)
    {
      g_autoptr (GByteArray) payload = g_byte_array_new ();
      g_autoptr (GString) expected = g_string_new (NULL);
      g_autofree char *packets = NULL;
      gboolean is_binary = g_rand_boolean (rand);
      guint n = (guint) g_rand_int_range (rand, 1, 6);

      for (guint i = 0; i < n; i++)
        {
          g_autoptr (GString) data = g_string_new (NULL);
          gboolean is_text = g_rand_boolean (rand);

          for (gint32 k = g_rand_int_range (rand, 0, 40); k > 0; k--)
            g_string_append_unichar (data, (gunichar) g_rand_int_range (rand, 0x1f5f0, 0x1f600) >>
                                               g_rand_int_range (rand, 0, 11));
          g_string_append_printf (expected, "4%c:%s\n", is_text ? 't' : 'b', data->str);
          if (is_text)
            g_string_prepend_c (data, '4');
          if (is_binary && is_text)
            sio_eio3_append_binary_text (payload, data->str, data->len);
          else if (is_binary)
            sio_eio3_append_binary_data (payload, data->str, data->len);
          else if (is_text)
            sio_eio3_append_text (payload, data->str, data->len);
          else
            sio_eio3_append_base64 (payload, data->str, data->len);
        }
      packets = walk ((const char *) payload->data, payload->len, is_binary);
      g_assert_cmpstr (packets, ==, expected->str);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/eio3/read-text", test_read_text);
  g_test_add_func ("/eio3/read-binary", test_read_binary);
  g_test_add_func ("/eio3/frames", test_frames);
  g_test_add_func ("/eio3/forms", test_forms);
  g_test_add_func ("/eio3/write", test_write);
  g_test_add_func ("/eio3/jsonp", test_jsonp);
  g_test_add_func ("/eio3/round-trip", test_round_trip);
  return g_test_run ();
}
