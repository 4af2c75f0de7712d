/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-error.h"
#include "sio-packet-codec-private.h"

static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, SIO_PACKET_MAX_ATTACHMENTS };

/* A copy of the exact size, so that a sanitizer sees a byte read beyond the end. */
static gboolean
parse (const char *text, gsize length, SioPacketView *view, char **copy, GError **error)
{
  *copy = g_malloc (MAX (length, 1));
  memcpy (*copy, text, length);
  return sio_packet_parse (*copy, length, &limits, view, error);
}

static const struct
{
  const char *text;
  SioPacketType type;
  guint n_attachments;
  const char *nsp;
  gint64 id;
  SioJsonType json_type;
  const char *json;
  const char *first;
  const char *rest;
} valid[] = {
  { "0", SIO_PACKET_CONNECT, 0, "/", -1, SIO_JSON_NONE, "", "", "" },
  { "0{\"token\":\"x\"}", SIO_PACKET_CONNECT, 0, "/", -1, SIO_JSON_OBJECT, "{\"token\":\"x\"}", "",
    "" },
  { "0{}", SIO_PACKET_CONNECT, 0, "/", -1, SIO_JSON_OBJECT, "{}", "", "" },
  { "0/", SIO_PACKET_CONNECT, 0, "/", -1, SIO_JSON_NONE, "", "", "" },
  { "0/,{}", SIO_PACKET_CONNECT, 0, "/", -1, SIO_JSON_OBJECT, "{}", "", "" },
  { "0/admin,", SIO_PACKET_CONNECT, 0, "/admin", -1, SIO_JSON_NONE, "", "", "" },
  { "0/foo", SIO_PACKET_CONNECT, 0, "/foo", -1, SIO_JSON_NONE, "", "", "" },
  { "0/foo?x=1,", SIO_PACKET_CONNECT, 0, "/foo?x=1", -1, SIO_JSON_NONE, "", "", "" },
  { "0/a/b c/\303\251,", SIO_PACKET_CONNECT, 0, "/a/b c/\303\251", -1, SIO_JSON_NONE, "", "", "" },
  { "0/1,{}", SIO_PACKET_CONNECT, 0, "/1", -1, SIO_JSON_OBJECT, "{}", "", "" },
  { "0/admin,{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}", SIO_PACKET_CONNECT, 0, "/admin", -1,
    SIO_JSON_OBJECT, "{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}", "", "" },
  { "0{\"sid\":\"a\",\"pid\":\"b\"}", SIO_PACKET_CONNECT, 0, "/", -1, SIO_JSON_OBJECT,
    "{\"sid\":\"a\",\"pid\":\"b\"}", "", "" },
  { "1", SIO_PACKET_DISCONNECT, 0, "/", -1, SIO_JSON_NONE, "", "", "" },
  { "1/admin,", SIO_PACKET_DISCONNECT, 0, "/admin", -1, SIO_JSON_NONE, "", "", "" },
  { "1/admin", SIO_PACKET_DISCONNECT, 0, "/admin", -1, SIO_JSON_NONE, "", "", "" },
  { "2[\"foo\",1]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[\"foo\",1]", "\"foo\"", "1" },
  { "2/admin,12[\"foo\"]", SIO_PACKET_EVENT, 0, "/admin", 12, SIO_JSON_ARRAY, "[\"foo\"]",
    "\"foo\"", "" },
  { "20[\"a\"]", SIO_PACKET_EVENT, 0, "/", 0, SIO_JSON_ARRAY, "[\"a\"]", "\"a\"", "" },
  { "2007[\"a\"]", SIO_PACKET_EVENT, 0, "/", 7, SIO_JSON_ARRAY, "[\"a\"]", "\"a\"", "" },
  { "29007199254740992[\"a\"]", SIO_PACKET_EVENT, 0, "/", 9007199254740992, SIO_JSON_ARRAY,
    "[\"a\"]", "\"a\"", "" },
  { "2[1,\"x\"]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[1,\"x\"]", "1", "\"x\"" },
  { "2[-1.5e3]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[-1.5e3]", "-1.5e3", "" },
  { "2[\"\"]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[\"\"]", "\"\"", "" },
  { "2[\"error\"]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[\"error\"]", "\"error\"", "" },
  { "2[\"connection\"]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[\"connection\"]",
    "\"connection\"", "" },
  { "2[\"message\"]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[\"message\"]", "\"message\"",
    "" },
  { "2[\"Connect\"]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY, "[\"Connect\"]", "\"Connect\"",
    "" },
  { "2[ \"a\" , {\"b\":[1]} , null ] ", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY,
    "[ \"a\" , {\"b\":[1]} , null ]", "\"a\"", "{\"b\":[1]} , null" },
  { "2[\"a\",{\"_placeholder\":true,\"num\":99}]", SIO_PACKET_EVENT, 0, "/", -1, SIO_JSON_ARRAY,
    "[\"a\",{\"_placeholder\":true,\"num\":99}]", "\"a\"", "{\"_placeholder\":true,\"num\":99}" },
  { "3/admin,12[\"bar\"]", SIO_PACKET_ACK, 0, "/admin", 12, SIO_JSON_ARRAY, "[\"bar\"]", "\"bar\"",
    "" },
  { "312[]", SIO_PACKET_ACK, 0, "/", 12, SIO_JSON_ARRAY, "[]", "", "" },
  { "30[null,{\"a\":1}]", SIO_PACKET_ACK, 0, "/", 0, SIO_JSON_ARRAY, "[null,{\"a\":1}]", "null",
    "{\"a\":1}" },
  { "312[\"connect\"]", SIO_PACKET_ACK, 0, "/", 12, SIO_JSON_ARRAY, "[\"connect\"]", "\"connect\"",
    "" },
  { "3", SIO_PACKET_ACK, 0, "/", -1, SIO_JSON_NONE, "", "", "" },
  { "3[]", SIO_PACKET_ACK, 0, "/", -1, SIO_JSON_ARRAY, "[]", "", "" },
  { "3/admin,", SIO_PACKET_ACK, 0, "/admin", -1, SIO_JSON_NONE, "", "", "" },
  { "4{\"message\":\"Not authorized\"}", SIO_PACKET_CONNECT_ERROR, 0, "/", -1, SIO_JSON_OBJECT,
    "{\"message\":\"Not authorized\"}", "", "" },
  { "4\"Invalid namespace\"", SIO_PACKET_CONNECT_ERROR, 0, "/", -1, SIO_JSON_STRING,
    "\"Invalid namespace\"", "", "" },
  { "4/random,{\"message\":\"Invalid namespace\"}", SIO_PACKET_CONNECT_ERROR, 0, "/random", -1,
    SIO_JSON_OBJECT, "{\"message\":\"Invalid namespace\"}", "", "" },
  { "51-[\"baz\",{\"_placeholder\":true,\"num\":0}]", SIO_PACKET_BINARY_EVENT, 1, "/", -1,
    SIO_JSON_ARRAY, "[\"baz\",{\"_placeholder\":true,\"num\":0}]", "\"baz\"",
    "{\"_placeholder\":true,\"num\":0}" },
  { "52-/admin,3[\"baz\"]", SIO_PACKET_BINARY_EVENT, 2, "/admin", 3, SIO_JSON_ARRAY, "[\"baz\"]",
    "\"baz\"", "" },
  { "510-[\"baz\"]", SIO_PACKET_BINARY_EVENT, 10, "/", -1, SIO_JSON_ARRAY, "[\"baz\"]", "\"baz\"",
    "" },
  { "5001-[\"baz\"]", SIO_PACKET_BINARY_EVENT, 1, "/", -1, SIO_JSON_ARRAY, "[\"baz\"]", "\"baz\"",
    "" },
  { "51-7[5]", SIO_PACKET_BINARY_EVENT, 1, "/", 7, SIO_JSON_ARRAY, "[5]", "5", "" },
  { "61-/admin,13[\"bar\",{\"_placeholder\":true,\"num\":0}]", SIO_PACKET_BINARY_ACK, 1, "/admin",
    13, SIO_JSON_ARRAY, "[\"bar\",{\"_placeholder\":true,\"num\":0}]", "\"bar\"",
    "{\"_placeholder\":true,\"num\":0}" },
  { "61-", SIO_PACKET_BINARY_ACK, 1, "/", -1, SIO_JSON_NONE, "", "", "" },
};

static void
test_valid (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (valid); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *copy = NULL;
      SioPacketView view;
      const SioJsonScan *json = &view.json;

      g_test_message ("%s", valid[i].text);
      memset (&view, 0xff, sizeof view);
      g_assert_true (parse (valid[i].text, strlen (valid[i].text), &view, &copy, &error));
      g_assert_no_error (error);
      g_assert_cmpint (view.type, ==, valid[i].type);
      g_assert_cmpuint (view.n_attachments, ==, valid[i].n_attachments);
      g_assert_cmpmem (view.nsp, view.nsp_length, valid[i].nsp, strlen (valid[i].nsp));
      g_assert_cmpint (view.id, ==, valid[i].id);
      g_assert_cmpint (json->value.type, ==, valid[i].json_type);
      g_assert_cmpmem (json->value.text, json->value.length, valid[i].json, strlen (valid[i].json));
      g_assert_cmpmem (json->first.text, json->first.length, valid[i].first,
                       strlen (valid[i].first));
      g_assert_cmpmem (json->rest, json->rest_length, valid[i].rest, strlen (valid[i].rest));
    }
}

static const struct
{
  const char *text;
  const char *message;
} invalid[] = {
  { "", "empty packet" },
  { "7", "unknown packet type 7" },
  { "9[\"a\"]", "unknown packet type 9" },
  { "[\"a\"]", "unknown packet type [" },
  { " 2[\"a\"]", "unknown packet type  " },
  { "\001", "unknown packet type \\x01" },
  { "\303\251", "unknown packet type \\xc3" },
  { "5[\"a\"]", "Illegal attachments" },
  { "5", "Illegal attachments" },
  { "5-[\"a\"]", "Illegal attachments" },
  { "50-[\"a\"]", "Illegal attachments" },
  { "500-[\"a\"]", "Illegal attachments" },
  { "51", "Illegal attachments" },
  { "51[\"a\"]", "Illegal attachments" },
  { "5 1-[\"a\"]", "Illegal attachments" },
  { "5+1-[\"a\"]", "Illegal attachments" },
  { "5-1-[\"a\"]", "Illegal attachments" },
  { "51.5-[\"a\"]", "Illegal attachments" },
  { "51e0-[\"a\"]", "Illegal attachments" },
  { "5/admin,1-[\"a\"]", "Illegal attachments" },
  { "6[]", "Illegal attachments" },
  { "60-1[]", "Illegal attachments" },
  { "511-[\"a\"]", "too many attachments: expected at most 10, got 11" },
  { "64294967297-1[]", "too many attachments" },
  { "599999999999999999999999999999-[\"a\"]", "too many attachments" },
  { "2", "invalid payload" },
  { "212", "invalid payload" },
  { "2/admin,", "invalid payload" },
  { "2/admin", "invalid payload" },
  { "51-", "invalid payload" },
  { "51-/admin,", "invalid payload" },
  { "2{}", "invalid payload" },
  { "2\"a\"", "invalid payload" },
  { "2null", "invalid payload" },
  { "2[]", "invalid payload" },
  { "2[ ]", "invalid payload" },
  { "2[null]", "invalid payload" },
  { "2[true,1]", "invalid payload" },
  { "2[{}]", "invalid payload" },
  { "2[[\"a\"]]", "invalid payload" },
  { "2[\"connect\"]", "invalid payload" },
  { "2[\"connect_error\"]", "invalid payload" },
  { "2[\"disconnect\",1]", "invalid payload" },
  { "2[\"disconnecting\"]", "invalid payload" },
  { "2[\"newListener\"]", "invalid payload" },
  { "2[\"removeListener\"]", "invalid payload" },
  { "2[\"\\u0063onnect\"]", "invalid payload" },
  { "2[\"disconnec\\u0074\"]", "invalid payload" },
  { "51-[\"disconnect\"]", "invalid payload" },
  { "0null", "invalid payload" },
  { "0[]", "invalid payload" },
  { "0\"x\"", "invalid payload" },
  { "0true", "invalid payload" },
  { "1{}", "invalid payload" },
  { "1[]", "invalid payload" },
  { "1null", "invalid payload" },
  { "1/admin,{}", "invalid payload" },
  { "312", "invalid payload" },
  { "3{}", "invalid payload" },
  { "3null", "invalid payload" },
  { "312\"x\"", "invalid payload" },
  { "61-12", "invalid payload" },
  { "4[]", "invalid payload" },
  { "4null", "invalid payload" },
  { "4true", "invalid payload" },
  { "29007199254740993[\"a\"]", "invalid packet id" },
  { "299999999999999999999999999999999999[\"a\"]", "invalid packet id" },
  { "318446744073709551617[\"a\"]", "invalid packet id" },
  { "2 [\"a\"]", "white space" },
  { "2 1[\"a\"]", "white space" },
  { "212 [\"a\"]", "white space" },
  { "2/admin, 1[\"a\"]", "white space" },
  { "2\t[\"a\"]", "white space" },
};

static void
test_invalid (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *copy = NULL;
      SioPacketView view;

      g_test_message ("%s", invalid[i].text);
      g_assert_false (parse (invalid[i].text, strlen (invalid[i].text), &view, &copy, &error));
      g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_prefix (error->message, invalid[i].message) ||
                     strstr (error->message, "white space") != NULL);
    }
}

/* The words around the position come from the scanner. */
static void
test_invalid_json (void)
{
  static const char *const texts[] = {
    "2[\"a\"", "2[\"a\",]",   "2['a']",         "2[\"a\"]x",        "2abc",
    "0{",      "0{\"a\":01}", "2-1[\"a\"]",     "21-[\"a\"]",       "2,[\"a\"]",
    "3[1,2",   "4\"x",        "2admin,[\"a\"]", "2[\"a\"] [\"b\"]", "2/a,/b,[\"a\"]"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *copy = NULL;
      SioPacketView view;

      g_test_message ("%s", texts[i]);
      g_assert_false (parse (texts[i], strlen (texts[i]), &view, &copy, &error));
      if (strcmp (texts[i], "2-1[\"a\"]") != 0)
        g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);
      g_assert_true (g_str_has_prefix (error->message, "invalid payload: "));
    }
}

static void
test_limits (void)
{
  const SioPacketLimits narrow = { 2, 1 };
  g_autoptr (GString) text = g_string_new ("0/");
  g_autoptr (GError) error = NULL;
  SioPacketView view;

  g_assert_true (sio_packet_parse ("2[[1]]", 6, &narrow, &view, &error) == FALSE);
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_true (sio_packet_parse ("2[1,[1]]", 8, &narrow, &view, NULL));
  g_assert_false (sio_packet_parse ("2[1,[[]]]", 9, &narrow, &view, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
  g_clear_error (&error);
  g_assert_true (sio_packet_parse ("51-[1]", 6, &narrow, &view, NULL));
  g_assert_false (sio_packet_parse ("52-[1]", 6, &narrow, &view, NULL));
  g_assert_true (sio_packet_parse ("510-[1]", 7, NULL, &view, NULL));

  while (text->len < 1 + 1024)
    g_string_append_c (text, 'n');
  g_assert_true (sio_packet_parse (text->str, text->len, &limits, &view, NULL));
  g_assert_cmpuint (view.nsp_length, ==, 1024);
  g_string_append (text, ",{}");
  g_assert_true (sio_packet_parse (text->str, text->len, &limits, &view, NULL));
  g_string_insert_c (text, 5, 'n');
  g_assert_false (sio_packet_parse (text->str, text->len, &limits, &view, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_false (sio_packet_parse ("0/a\0b,", 6, &limits, &view, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
}

static void
test_prefix (void)
{
  static const struct
  {
    SioPacketType type;
    guint n_attachments;
    const char *nsp;
    gint64 id;
    const char *text;
  } cases[] = {
    { SIO_PACKET_CONNECT, 0, "/", -1, "0" },
    { SIO_PACKET_CONNECT, 0, "/admin", -1, "0/admin," },
    { SIO_PACKET_DISCONNECT, 0, "/admin", -1, "1/admin," },
    { SIO_PACKET_EVENT, 0, "/", -1, "2" },
    { SIO_PACKET_EVENT, 0, NULL, 0, "20" },
    { SIO_PACKET_EVENT, 3, "/admin", 12, "2/admin,12" },
    { SIO_PACKET_ACK, 0, "/", 9007199254740992, "39007199254740992" },
    { SIO_PACKET_CONNECT_ERROR, 0, "/a/b", -1, "4/a/b," },
    { SIO_PACKET_BINARY_EVENT, 1, "/", -1, "51-" },
    { SIO_PACKET_BINARY_EVENT, 10, "/admin", 7, "510-/admin,7" },
    { SIO_PACKET_BINARY_ACK, 1, "/admin", 13, "61-/admin,13" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      sio_packet_append_prefix (out, cases[i].type, cases[i].n_attachments, cases[i].nsp,
                                cases[i].id);
      g_assert_cmpstr (out->str, ==, cases[i].text);
    }
}

static void
test_placeholders (void)
{
  static const struct
  {
    const char *json;
    guint n_attachments;
    gboolean valid;
  } cases[] = {
    { "", 1, TRUE },
    { "1,\"x\",{\"a\":2}", 0, TRUE },
    { "{\"_placeholder\":true,\"num\":0}", 1, TRUE },
    { "{\"num\":0,\"_placeholder\":true}", 1, TRUE },
    { "{ \"_placeholder\" : true , \"num\" : 1 }", 2, TRUE },
    { "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":0}", 1, TRUE },
    { "[[{\"a\":[{\"_placeholder\":true,\"num\":1}]}]]", 2, TRUE },
    { "[\"a\",{\"b\":{\"_placeholder\":true,\"num\":9}}]", 10, TRUE },
    { "{\"_placeholder\":true,\"num\":0,\"more\":[{}]}", 1, TRUE },
    { "{\"_placeholder\":true,\"num\":5,\"num\":0}", 1, TRUE },
    { "{\"_placeholder\":true,\"num\":0.0}", 1, TRUE },
    { "{\"_\\u0070laceholder\":true,\"n\\u0075m\":0}", 1, TRUE },
    { "{\"_placeholder\":false,\"num\":7}", 1, TRUE },
    { "{\"_placeholder\":\"true\",\"num\":7}", 1, TRUE },
    { "{\"_placeholder\":1}", 1, TRUE },
    { "{\"_placeholder\":[true]}", 1, TRUE },
    { "{\"_placeholder\":{\"_placeholder\":false}}", 1, TRUE },
    { "{\"_placeholder\":true,\"_placeholder\":null}", 1, TRUE },
    { "[\"_placeholder\",true]", 1, TRUE },
    { "{\"x\":\"_placeholder\",\"y\":true}", 1, TRUE },
    { "{\"a\":{\"_placeholder\":true,\"num\":0},\"num\":9}", 1, TRUE },
    { "{\"num\":[{\"_placeholder\":true,\"num\":0}]}", 1, TRUE },
    { "{\"_placeholder\":true}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":1}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":0}", 0, FALSE },
    { "{\"_placeholder\":true,\"num\":-1}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":0.5}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":\"0\"}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":null}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":[0]}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":{}}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":1e99}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":18446744073709551616}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":0,\"num\":3}", 1, FALSE },
    { "{\"_placeholder\":null,\"_placeholder\":true}", 1, FALSE },
    { "{\"_placeholder\":true,\"x\":{\"num\":0}}", 1, FALSE },
    { "[1,[2,[{\"a\":{\"b\":{\"_placeholder\":true,\"num\":3}}}]]]", 3, FALSE },
    { "{\"\\u005fplaceholder\":true}", 1, FALSE },
    { "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}", 1, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].json);
      g_assert_true (sio_packet_check_placeholders (cases[i].json, strlen (cases[i].json),
                                                    cases[i].n_attachments,
                                                    &error) == cases[i].valid);
      if (cases[i].valid)
        g_assert_no_error (error);
      else
        {
          g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
          g_assert_true (g_str_has_prefix (error->message, "illegal attachments"));
        }
    }
}

/* Text that was never scanned is undefined, but may not crash. */
static void
test_placeholders_unscanned (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);

  for (guint i = 0; i < 1000; i++)
    g_string_append_c (deep, '[');
  g_assert_false (sio_packet_check_placeholders (deep->str, deep->len, 1, NULL));
  g_assert_true (sio_packet_check_placeholders ("]]]}}}", 6, 1, NULL));
  g_assert_false (sio_packet_check_placeholders ("\"abc", 4, 1, NULL));
}

static void
test_reserved (void)
{
  static const char *const reserved[] = { "connect",       "connect_error", "disconnect",
                                          "disconnecting", "newListener",   "removeListener" };
  static const char *const allowed[] = { "",          "error",        "connection", "message",
                                         "connected", "newlistener",  "Connect",    "disconnec",
                                         "connect ",  "removeListene" };

  for (gsize i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      g_autofree char *quoted = g_strdup_printf ("\"%s\"", reserved[i]);
      const SioJsonSlice slice = { quoted, strlen (quoted), SIO_JSON_STRING };

      g_assert_true (sio_event_name_is_reserved (reserved[i]));
      g_assert_true (sio_packet_is_reserved_event (&slice));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (allowed); i++)
    {
      g_autofree char *quoted = g_strdup_printf ("\"%s\"", allowed[i]);
      const SioJsonSlice slice = { quoted, strlen (quoted), SIO_JSON_STRING };

      g_assert_false (sio_event_name_is_reserved (allowed[i]));
      g_assert_false (sio_packet_is_reserved_event (&slice));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/packet/valid", test_valid);
  g_test_add_func ("/packet/invalid", test_invalid);
  g_test_add_func ("/packet/invalid-json", test_invalid_json);
  g_test_add_func ("/packet/limits", test_limits);
  g_test_add_func ("/packet/prefix", test_prefix);
  g_test_add_func ("/packet/placeholders", test_placeholders);
  g_test_add_func ("/packet/placeholders-unscanned", test_placeholders_unscanned);
  g_test_add_func ("/packet/reserved", test_reserved);
  return g_test_run ();
}
