/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-error.h"
#include "sio-json-private.h"
#include "sio-msgpack-private.h"

/* Hexadecimal digits, white space between them, and texts in apostrophes. The copy has the
 * exact size, so that a sanitizer sees a byte read beyond the end. */
static GBytes *
from_hex (const char *hex)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  for (const char *p = hex; *p != '\0'; p++)
    {
      guint8 byte;

      if (*p == ' ')
        continue;
      if (*p == '\'')
        {
          for (p++; *p != '\''; p++)
            g_byte_array_append (out, (const guint8 *) p, 1);
          continue;
        }
      byte = (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
      g_byte_array_append (out, &byte, 1);
      p++;
    }
  return g_bytes_new_take (g_memdup2 (out->data, out->len), out->len);
}

static char *
to_hex (GBytes *bytes)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (out, "%02x", data[i]);
  return g_string_free (out, FALSE);
}

static gboolean
decode (const char *hex, SioMsgpackPacket *packet, GError **error)
{
  g_autoptr (GBytes) message = from_hex (hex);

  return sio_msgpack_decode (message, SIO_JSON_MAX_DEPTH, 3, packet, error);
}

#define TYPE "a4'type'"
#define DATA "a4'data'"
#define NSP "a3'nsp' a1'/'"
#define ID "a2'id'"
/* An event of the data, after its name. */
#define EVENT "83" TYPE "02" DATA
#define ONE "92 a1'e'"

/* Both ways. All of them are what the npm package writes. */
static const struct
{
  const char *hex;
  SioPacketType type;
  const char *nsp;
  gint64 id;
  const char *json;
} packets[] = {
  { "83" TYPE "00" DATA "81 a1'k' a1'v'" NSP, SIO_PACKET_CONNECT, "/", -1, "{\"k\":\"v\"}" },
  { "82" TYPE "00" NSP, SIO_PACKET_CONNECT, "/", -1, NULL },
  { "82" TYPE "01" NSP, SIO_PACKET_DISCONNECT, "/", -1, NULL },
  { "82" TYPE "01 a3'nsp' a4'/adm'", SIO_PACKET_DISCONNECT, "/adm", -1, NULL },
  { "83" TYPE "04" DATA "81 a7'message' a2'no'" NSP, SIO_PACKET_CONNECT_ERROR, "/", -1,
    "{\"message\":\"no\"}" },
  { EVENT "91 a1'e'" NSP, SIO_PACKET_EVENT, "/", -1, "[\"e\"]" },
  { "84" TYPE "02" DATA "91 a1'e'" ID "00" NSP, SIO_PACKET_EVENT, "/", 0, "[\"e\"]" },
  { "84" TYPE "03" DATA "90" ID "cd 1000" NSP, SIO_PACKET_ACK, "/", 4096, "[]" },
  /* integers in their smallest form */
  { EVENT "dc 0016 a1'e' 00 7f cc80 ccff cd0100 cdffff ce00010000 ceffffffff cf0000000100000000 "
          "cf0020000000000000 ff e0 d0df d080 d1ff7f d18000 d2ffff7fff d280000000 "
          "d3ffffffff7fffffff d3ffe0000000000000 00" NSP,
    SIO_PACKET_EVENT, "/", -1,
    "[\"e\",0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740992,-1,-32,-33,-128,"
    "-129,-32768,-32769,-2147483648,-2147483649,-9007199254740992,0]" },
  { EVENT
    "95 a1'e' cb3ff8000000000000 cbbfb999999999999a cb44b52d02c7e14af6 cb0000000000000001" NSP,
    SIO_PACKET_EVENT, "/", -1, "[\"e\",1.5,-0.1,1e+23,5e-324]" },
  { EVENT "95 a1'e' c0 c2 c3 82 a0 90 a1'b' 80" NSP, SIO_PACKET_EVENT, "/", -1,
    "[\"e\",null,false,true,{\"\":[],\"b\":{}}]" },
  { EVENT ONE "a8 22 5c 0a 00 c3a9 ' x'" NSP, SIO_PACKET_EVENT, "/", -1,
    "[\"e\",\"\\\"\\\\\\n\\u0000\303\251 x\"]" },
  { EVENT ONE "bf'1234567890123456789012345678901'" NSP, SIO_PACKET_EVENT, "/", -1,
    "[\"e\",\"1234567890123456789012345678901\"]" },
  { EVENT ONE "d920'12345678901234567890123456789012'" NSP, SIO_PACKET_EVENT, "/", -1,
    "[\"e\",\"12345678901234567890123456789012\"]" },
  /* without binary data this is an object like others */
  { EVENT ONE "82 ac'_placeholder' c3 a3'num' 00" NSP, SIO_PACKET_EVENT, "/", -1,
    "[\"e\",{\"_placeholder\":true,\"num\":0}]" },
};

static void
test_packets (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (packets); i++)
    {
      g_autoptr (GBytes) message = from_hex (packets[i].hex);
      g_autoptr (GBytes) again = NULL;
      g_autoptr (GError) error = NULL;
      const char *json = packets[i].json;
      SioMsgpackPacket packet;

      g_test_message ("%s", packets[i].hex);
      decode (packets[i].hex, &packet, &error);
      g_assert_no_error (error);
      g_assert_cmpint (packet.type, ==, packets[i].type);
      g_assert_cmpstr (packet.nsp->str, ==, packets[i].nsp);
      g_assert_cmpint (packet.id, ==, packets[i].id);
      g_assert_cmpstr (packet.json != NULL ? packet.json->str : NULL, ==, json);
      g_assert_null (packet.attachments);
      sio_msgpack_packet_clear (&packet);

      again = sio_msgpack_encode (packets[i].type, packets[i].nsp, packets[i].id, json,
                                  json != NULL ? strlen (json) : 0, NULL);
      g_assert_cmpmem (g_bytes_get_data (again, NULL), g_bytes_get_size (again),
                       g_bytes_get_data (message, NULL), g_bytes_get_size (message));
    }
}

/* What others may send, and what JSON.stringify() makes of it: the argument of an event. */
static const struct
{
  const char *hex;
  const char *json;
} values[] = {
  { "d40000", "null" }, /* undefined */
  { "92 d40000 01", "[null,1]" },
  { "82 a1'a' d40000 a1'b' 01", "{\"b\":1}" },
  { "81 a1'a' d40000", "{}" },
  { "d70000000000000000 00", "\"1970-01-01T00:00:00.000Z\"" },
  { "d700 0000018bcfe5687b", "\"2023-11-14T22:13:20.123Z\"" },
  { "d700 ffffffffffffffff", "\"1969-12-31T23:59:59.999Z\"" },
  { "d700 ffffc77590fba000", "\"0000-01-01T00:00:00.000Z\"" },
  { "d700 ffffc77590fb9fff", "\"-000001-12-31T23:59:59.999Z\"" },
  { "d700 0000e677d21fdc00", "\"+010000-01-01T00:00:00.000Z\"" },
  { "d700 001eb208c2dc0000", "\"+275760-09-13T00:00:00.000Z\"" },
  { "d700 001eb208c2dc0001", "null" }, /* no valid date */
  { "d700 ffe14df73d240000", "\"-271821-04-20T00:00:00.000Z\"" },
  { "d700 8000000000000000", "null" },
  { "ca 3fc00000", "1.5" },
  { "ca 3dcccccd", "0.10000000149011612" },
  { "cb 7ff8000000000000", "null" }, /* NaN */
  { "cb 7ff0000000000000", "null" },
  { "cb fff0000000000000", "null" },
  { "cb 8000000000000000", "0" },
  { "cb 4008000000000000", "3" },
  { "cb 4340000000000000", "9007199254740992" },
  { "cf 0020000000000001", "9007199254740992" },
  { "cf ffffffffffffffff", "18446744073709552000" },
  { "d3 8000000000000000", "-9223372036854776000" },
  { "d3 7fffffffffffffff", "9223372036854776000" },
  { "d3 6b000000000007ff", "7710162562058291000" },
  { "d3 0000000000000001", "1" },
  { "cc 01", "1" },
  { "d9 00", "\"\"" },
  { "db 00000001 'x'", "\"x\"" },
  { "a1 ff", "\"\357\277\275\"" }, /* not UTF-8 */
  { "a3 eda080", "\"\357\277\275\357\277\275\357\277\275\"" },
  { "81 a1 ff 01", "{\"\357\277\275\":1}" },
  { "dd 00000001 c0", "[null]" },
  { "df 00000001 a1'a' c0", "{\"a\":null}" },
  { "82 a1'a' 01 a1'a' 02", "{\"a\":1,\"a\":2}" }, /* the last one counts for readers of JSON */
};

static void
test_values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *hex = g_strconcat (EVENT ONE, values[i].hex, NSP, NULL);
      g_autofree char *json = g_strconcat ("[\"e\",", values[i].json, "]", NULL);
      g_autoptr (GError) error = NULL;
      SioMsgpackPacket packet;

      g_test_message ("%s", values[i].hex);
      decode (hex, &packet, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (packet.json->str, ==, json);
      g_assert_true (
          sio_json_scan (packet.json->str, packet.json->len, SIO_JSON_MAX_DEPTH, NULL, NULL));
      g_assert_null (packet.attachments);
      sio_msgpack_packet_clear (&packet);
    }
}

/* Texts that JSON has and the other way does not. */
static void
test_encode (void)
{
  static const struct
  {
    const char *json;
    const char *hex;
  } cases[] = {
    { "[-0,3.0,1e3,-2.5e1,1E400]", "95 00 03 cd03e8 e7 cb7ff0000000000000" },
    { "[18446744073709551615,1e19,-9223372036854775808,9223372036854775807,9007199254740993]",
      "95 cb43f0000000000000 cf8ac7230489e80000 d38000000000000000 cf8000000000000000 "
      "cf0020000000000000" },
    { "[-9223372036854775809,1e20]", "92 d38000000000000000 cb4415af1d78b58c40" },
    { " [ 1 , { \"a\" : [ ] } ]\n", "92 01 81 a1'a' 90" },
    { "[\"\\ud83d\\ude00\\ud800\\/\"]", "91 a8 f09f9880 efbfbd 2f" },
    { "\"x\"", "a1'x'" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *hex = g_strconcat ("83" TYPE "02" DATA, cases[i].hex, NSP, NULL);
      g_autoptr (GBytes) expected = from_hex (hex);
      g_autofree char *expected_hex = to_hex (expected);
      g_autoptr (GBytes) bytes = sio_msgpack_encode (SIO_PACKET_EVENT, "/", -1, cases[i].json,
                                                     strlen (cases[i].json), NULL);
      g_autofree char *got = to_hex (bytes);

      g_assert_cmpstr (got, ==, expected_hex);
    }
}

/* An application may nest more deeply than peers. */
static void
test_encode_deep (void)
{
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append (json, i % 2 == 0 ? "[" : "{\"a\":");
  g_string_append (json, "1");
  for (guint i = 1000; i > 0; i--)
    g_string_append_c (json, (i - 1) % 2 == 0 ? ']' : '}');
  bytes = sio_msgpack_encode (SIO_PACKET_EVENT, "/", -1, json->str, json->len, NULL);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 18 + 500 + 500 * 3 + 1);
}

static void
assert_attachment (SioMsgpackPacket *packet, guint i, const char *text)
{
  GBytes *bytes = g_ptr_array_index (packet->attachments, i);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

static void
test_binary (void)
{
  static const char hex[] =
      EVENT "94 a1'e' c402'ab' 81 a1'k' c700 00 92 c7 02 00 'xy' d4 05 'q'" NSP;
  static const char back[] = EVENT "94 a1'e' c402'ab' 81 a1'k' c400 92 c402'xy' 92 05 c401'q'" NSP;
  g_autoptr (GBytes) message = from_hex (hex);
  g_autoptr (GBytes) expected = from_hex (back);
  g_autofree char *expected_hex = to_hex (expected);
  g_autofree char *got = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  SioMsgpackPacket packet;

  sio_msgpack_decode (message, SIO_JSON_MAX_DEPTH, 4, &packet, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (packet.json->str, ==,
                   "[\"e\",{\"_placeholder\":true,\"num\":0},"
                   "{\"k\":{\"_placeholder\":true,\"num\":1}},"
                   "[{\"_placeholder\":true,\"num\":2},[5,{\"_placeholder\":true,\"num\":3}]]]");
  g_assert_cmpuint (packet.attachments->len, ==, 4);
  assert_attachment (&packet, 0, "ab");
  assert_attachment (&packet, 1, "");
  assert_attachment (&packet, 2, "xy");
  assert_attachment (&packet, 3, "q");

  bytes = sio_msgpack_encode (SIO_PACKET_EVENT, "/", -1, packet.json->str, packet.json->len,
                              packet.attachments);
  got = to_hex (bytes);
  g_assert_cmpstr (got, ==, expected_hex);
  sio_msgpack_packet_clear (&packet);
}

/* Placeholders that are none stay objects; what else is in a placeholder goes. */
static void
test_placeholders (void)
{
  static const char json[] =
      "[{\"_placeholder\":true,\"num\":1},{\"_placeholder\":false,\"num\":0},"
      "{\"_placeholder\":true},{\"x\":[{}],\"num\":0,\"_placeholder\":true,"
      "\"y\":{\"_placeholder\":true,\"num\":0}},{\"num\":9,\"num\":0,"
      "\"_placeholder\":1,\"_placeholder\":true},[]]";
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GBytes) expected =
      from_hex (EVENT "96 82 ac'_placeholder' c3 a3'num' 01 82 ac'_placeholder' c2 a3'num' 00"
                      "81 ac'_placeholder' c3 c401'z' c401'z' 90" NSP);
  g_autofree char *expected_hex = to_hex (expected);
  g_autofree char *got = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_ptr_array_add (attachments, g_bytes_new_static ("z", 1));
  bytes = sio_msgpack_encode (SIO_PACKET_EVENT, "/", -1, json, strlen (json), attachments);
  got = to_hex (bytes);
  g_assert_cmpstr (got, ==, expected_hex);
}

static const struct
{
  const char *hex;
  const char *message;
} invalid[] = {
  { "", "*expected a value, got the end*" },
  { "c0", "*expected a map*" },
  { "90", "*expected a map*" },
  { "80", "invalid packet type*" },
  { "81" TYPE "02", "invalid namespace*" },
  { "81" NSP, "invalid packet type*" },
  { "82" TYPE "05" NSP, "invalid packet type*" },
  { "82" TYPE "ff" NSP, "invalid packet type*" },
  { "82" TYPE "a1'0'" NSP, "invalid packet type*" },
  { "82" TYPE "c0" NSP, "invalid packet type*" },
  { "82" TYPE "cb3ff8000000000000" NSP, "invalid packet type*" },
  { "82" TYPE "01 a3'nsp' c0", "invalid namespace*" },
  { "82" TYPE "01 a3'nsp' 01", "invalid namespace*" },
  { "82" TYPE "01 a3'nsp' a2 2fff", "invalid namespace*" },
  { "82" TYPE "01 a3'nsp' a2 2f00", "invalid namespace*" },
  { "82" TYPE "02" NSP, "invalid payload*" },
  { "82" TYPE "03" NSP, "invalid payload*" },
  { "82" TYPE "04" NSP, "invalid payload*" },
  { "83" TYPE "00" DATA "c0" NSP, "invalid payload*" },
  { "83" TYPE "00" DATA "90" NSP, "invalid payload*" },
  { "83" TYPE "01" DATA "80" NSP, "invalid payload*" },
  { "83" TYPE "01" DATA "c0" NSP, "invalid payload*" },
  { "83" TYPE "02" DATA "80" NSP, "invalid payload*" },
  { "83" TYPE "02" DATA "a1'e'" NSP, "invalid payload*" },
  { "83" TYPE "04" DATA "90" NSP, "invalid payload*" },
  { "84" TYPE "02" DATA "91 a1'e'" ID "c0" NSP, "invalid packet id*" },
  { "84" TYPE "02" DATA "91 a1'e'" ID "ff" NSP, "invalid packet id*" },
  { "84" TYPE "02" DATA "91 a1'e'" ID "a1'1'" NSP, "invalid packet id*" },
  { "84" TYPE "02" DATA "91 a1'e'" ID "cf0020000000000001" NSP, "invalid packet id*" },
  { "82" TYPE "01" NSP "00", "*expected the end*" },
  { "82" TYPE "01" NSP "c1", "*expected the end*" },
  { EVENT ONE "c1" NSP, "*0xc1*" },
  { EVENT ONE "81 01 02" NSP, "*expected a string as key*" },
  { "83 01 02" TYPE "01" NSP, "*expected a string as key*" },
  /* cut, or longer than all there is */
  { "83" TYPE "01" NSP, "*expected a value, got the end*" },
  { "de ffff" TYPE "01" NSP, "*length*" },
  { EVENT "dd ffffffff a1'e'" NSP, "*length*" },
  { EVENT ONE "df ffffffff" NSP, "*length*" },
  { EVENT ONE "df 80000001" NSP, "*length*" },
  { EVENT ONE "c6 ffffffff 00" NSP, "*length*" },
  { EVENT ONE "c9 ffffffff 05 00" NSP, "*length*" },
  { EVENT ONE "db ffffffff 00" NSP, "*length*" },
  { "83" TYPE "02" NSP DATA "92 a1'e' cb 0000", "*length*" },
  { "83" TYPE "02" NSP DATA "92 a1'e' d8 00", "*length*" },
  { "83" TYPE "02" NSP DATA "92 a1'e' c7 01", "*length*" },
  { "83" TYPE "02" NSP DATA "92 a1'e' dc 00", "*length*" },
  /* beside binary data one could not tell which is which */
  { EVENT "93 a1'e' c401'x' 82 ac'_placeholder' c3 a3'num' 00" NSP, "*_placeholder*" },
  { EVENT "93 a1'e' 81 ac'_placeholder' c3 c401'x'" NSP, "*_placeholder*" },
  { EVENT "95 a1'e' c400 c400 c400 c400" NSP, "too many attachments*" },
};

static void
test_invalid (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_autoptr (GError) error = NULL;
      SioMsgpackPacket packet;

      g_test_message ("%s", invalid[i].hex);
      g_assert_false (decode (invalid[i].hex, &packet, &error));
      g_assert_nonnull (error);
      g_assert_cmpint (error->domain, ==, SIO_ERROR);
      g_assert_true (g_pattern_match_simple (invalid[i].message, error->message));
      g_assert_null (packet.json);
      g_assert_null (packet.nsp);
      g_assert_null (packet.attachments);
    }
}

/* The list of arguments is the first of @depth levels, placeholders are one. */
static char *
nested (guint depth, const char *innermost)
{
  GString *hex = g_string_new ("83" TYPE "02" NSP DATA "92 a1'e'");

  for (guint i = 1; i < depth; i++)
    g_string_append (hex, i % 2 == 0 ? "91" : "81 a1'a'");
  g_string_append (hex, innermost);
  return g_string_free (hex, FALSE);
}

static void
test_depth (void)
{
  static const struct
  {
    guint depth;
    const char *innermost;
    gboolean ok;
  } cases[] = {
    { SIO_JSON_MAX_DEPTH, "01", TRUE },          { SIO_JSON_MAX_DEPTH + 1, "01", FALSE },
    { SIO_JSON_MAX_DEPTH, "90", FALSE },         { SIO_JSON_MAX_DEPTH - 1, "c400", TRUE },
    { SIO_JSON_MAX_DEPTH, "c400", FALSE },       { SIO_JSON_MAX_DEPTH - 2, "d40100", TRUE },
    { SIO_JSON_MAX_DEPTH - 1, "d40100", FALSE }, { 100000, "01", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *hex = nested (cases[i].depth, cases[i].innermost);
      g_autoptr (GError) error = NULL;
      SioMsgpackPacket packet;

      if (decode (hex, &packet, &error))
        {
          g_assert_true (cases[i].ok);
          g_assert_true (
              sio_json_scan (packet.json->str, packet.json->len, SIO_JSON_MAX_DEPTH, NULL, &error));
          g_assert_no_error (error);
          sio_msgpack_packet_clear (&packet);
          continue;
        }
      g_assert_false (cases[i].ok);
      g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
    }
}

/* Also in what is not looked at. */
static void
test_unknown_keys (void)
{
  static const char hex[] =
      "84 a7'options' 82 a8'compress' c3 a1'x' c401'b'" TYPE "01 a1'y' 93 d40000 "
      "d7000000000000000000 d50100 00" NSP;
  g_autoptr (GString) deep = g_string_new ("83 a1'z'");
  g_autoptr (GError) error = NULL;
  SioMsgpackPacket packet;

  decode (hex, &packet, &error);
  g_assert_no_error (error);
  g_assert_null (packet.json);
  g_assert_null (packet.attachments);
  sio_msgpack_packet_clear (&packet);

  for (guint i = 0; i < 100000; i++)
    g_string_append (deep, "91");
  g_string_append (deep, "c0" TYPE "01" NSP);
  g_assert_false (decode (deep->str, &packet, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
}

/* As in an object of JavaScript, the last one counts; and undefined is as absent. */
static void
test_repeated_keys (void)
{
  static const char hex[] = "88" TYPE "00" DATA "92 a1'x' c401'x'" ID "05 a3'nsp' a2'/x'" TYPE
                            "02" DATA "91 a1'e'" ID "d40000" NSP;
  static const char absent[] = "84" TYPE "00" DATA "d40000" ID "d40000" NSP;
  g_autoptr (GError) error = NULL;
  SioMsgpackPacket packet;

  decode (hex, &packet, &error);
  g_assert_no_error (error);
  g_assert_cmpint (packet.type, ==, SIO_PACKET_EVENT);
  g_assert_cmpstr (packet.json->str, ==, "[\"e\"]");
  g_assert_null (packet.attachments);
  g_assert_cmpint (packet.id, ==, -1);
  g_assert_cmpstr (packet.nsp->str, ==, "/");
  sio_msgpack_packet_clear (&packet);

  decode (absent, &packet, &error);
  g_assert_no_error (error);
  g_assert_null (packet.json);
  g_assert_cmpint (packet.id, ==, -1);
  sio_msgpack_packet_clear (&packet);
}

/* A large part stays where it is, a small one must not keep all of the message. */
static void
test_sharing (void)
{
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) head = from_hex ("83" TYPE "02" NSP DATA "93 a1'e' c401'x' c5 1000");
  g_autoptr (GBytes) message = NULL;
  g_autofree guint8 *large = g_malloc0 (4096);
  const guint8 *start, *part;
  SioMsgpackPacket packet;

  g_byte_array_append (array, g_bytes_get_data (head, NULL), (guint) g_bytes_get_size (head));
  g_byte_array_append (array, large, 4096);
  message = g_bytes_new (array->data, array->len);
  g_assert_true (sio_msgpack_decode (message, SIO_JSON_MAX_DEPTH, 2, &packet, NULL));
  start = g_bytes_get_data (message, NULL);
  part = g_bytes_get_data (g_ptr_array_index (packet.attachments, 1), NULL);
  g_assert_true (part == start + g_bytes_get_size (head));
  part = g_bytes_get_data (g_ptr_array_index (packet.attachments, 0), NULL);
  g_assert_true (part < start || part >= start + g_bytes_get_size (message));
  sio_msgpack_packet_clear (&packet);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/msgpack/packets", test_packets);
  g_test_add_func ("/msgpack/values", test_values);
  g_test_add_func ("/msgpack/encode", test_encode);
  g_test_add_func ("/msgpack/encode-deep", test_encode_deep);
  g_test_add_func ("/msgpack/binary", test_binary);
  g_test_add_func ("/msgpack/placeholders", test_placeholders);
  g_test_add_func ("/msgpack/invalid", test_invalid);
  g_test_add_func ("/msgpack/depth", test_depth);
  g_test_add_func ("/msgpack/unknown-keys", test_unknown_keys);
  g_test_add_func ("/msgpack/repeated-keys", test_repeated_keys);
  g_test_add_func ("/msgpack/sharing", test_sharing);
  return g_test_run ();
}
