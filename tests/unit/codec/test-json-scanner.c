/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-error.h"
#include "sio-json-private.h"

/* A copy of the exact size, so that a sanitizer sees a byte read beyond the end. */
static gboolean
scan_exact (const char *text, gsize length, guint max_depth, GError **error)
{
  g_autofree char *copy = g_malloc (MAX (length, 1));

  memcpy (copy, text, length);
  return sio_json_scan (copy, length, max_depth, NULL, error);
}

static const char *const accepted[] = {
  "{}",
  "[]",
  "\"\"",
  "0",
  "-0",
  "1",
  "-1",
  "10",
  "0.5",
  "-0.5",
  "1e5",
  "1E5",
  "1e+5",
  "1e-5",
  "0e0",
  "0E+00",
  "1.5e10",
  "123456789012345678901234567890",
  "1e999",
  "-1e-999",
  "9007199254740993",
  "true",
  "false",
  "null",
  " null ",
  "\t\r\n [\t]\r\n ",
  "[1]",
  "[1,2]",
  "[ 1 , 2 ]",
  "[[]]",
  "[[],[]]",
  "[{}]",
  "{\"a\":1}",
  " { \"a\" : 1 , \"b\" : [ ] } ",
  "{\"a\":{\"b\":{\"c\":[]}}}",
  "{\"\":0}",
  "{\"a\":1,\"a\":2}",
  "{\"a\":[1,2,{\"b\":null}],\"c\":\"d\"}",
  "[\"a\",true,false,null,1.5,{}]",
  "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
  "\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"",
  "\"\\u0000\"",
  "\"\\ud800\"",
  "\"\\udc00\\ud800\"",
  "\"\\uDBFF\\uDFFF\"",
  "\"\\uFFFF\"",
  "\"\177\"",
  "\"\303\251\342\202\254\360\237\230\200\"",
  "\"\342\200\250\342\200\251\"",
  "\"'\"",
  "\"//\"",
  "\"/* */\"",
  "\"1234567\"",
  "\"12345678\"",
  "\"123456789\"",
  "\"1234567\\n\"",
  "\"12345678\\n12345678\"",
  "[\"12345678901234567890\\\"\"]",
};

static void
test_accepted (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (accepted); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", accepted[i]);
      g_assert_true (scan_exact (accepted[i], strlen (accepted[i]), 64, &error));
      g_assert_no_error (error);
    }
}

/* The text, the byte the error must name, and a word of what was expected. */
static const struct
{
  const char *text;
  guint at;
  const char *expected;
} rejected[] = {
  { "", 0, "a value" },
  { " ", 1, "a value" },
  { "\n\t ", 3, "a value" },
  { "[", 1, "a value" },
  { "]", 0, "a value" },
  { "{", 1, "a key" },
  { "}", 0, "a value" },
  { "[1", 2, "',' or ']'" },
  { "[1,", 3, "a value" },
  { "[1,]", 3, "a value" },
  { "[,1]", 1, "a value" },
  { "[,]", 1, "a value" },
  { "[1,,2]", 3, "a value" },
  { "[1 2]", 3, "',' or ']'" },
  { "[1}", 2, "',' or ']'" },
  { "[1]]", 3, "nothing" },
  { "[1] [2]", 4, "nothing" },
  { "[1]x", 3, "nothing" },
  { "[]//", 2, "nothing" },
  { "/**/[]", 0, "a value" },
  { "[/**/]", 1, "a value" },
  { "[1]\f", 3, "nothing" },
  { "\f[1]", 0, "a value" },
  { "\v1", 0, "a value" },
  { "\302\240[]", 0, "a value" },
  { "{\"a\"", 4, "':'" },
  { "{\"a\":", 5, "a value" },
  { "{\"a\":1", 6, "',' or '}'" },
  { "{\"a\":1,", 7, "a key" },
  { "{\"a\":1,}", 7, "a key" },
  { "{\"a\" 1}", 5, "':'" },
  { "{\"a\",1}", 4, "':'" },
  { "{\"a\":}", 5, "a value" },
  { "{\"a\":1]", 6, "',' or '}'" },
  { "{,}", 1, "a key" },
  { "{a:1}", 1, "a key" },
  { "{'a':1}", 1, "a key" },
  { "{1:1}", 1, "a key" },
  { "{null:1}", 1, "a key" },
  { "{[]:1}", 1, "a key" },
  { "{\"a\":1 \"b\":2}", 7, "',' or '}'" },
  { "{\"a\"::1}", 5, "a value" },
  { "{\"a\":1,,\"b\":2}", 7, "a key" },
  { "[{]}", 2, "a key" },
  { "'a'", 0, "a value" },
  { "[\"a]", 4, "a closing" },
  { "\"", 1, "a closing" },
  { "\"\\\"", 3, "a closing" },
  { "\"\\", 2, "an escaped character" },
  { "\"\\x41\"", 2, "one of" },
  { "\"\\'\"", 2, "one of" },
  { "\"\\a\"", 2, "one of" },
  { "\"\\v\"", 2, "one of" },
  { "\"\\0\"", 2, "one of" },
  { "\"\\U0041\"", 2, "one of" },
  { "\"\\\n\"", 2, "one of" },
  { "\"\\u\"", 3, "four hexadecimal" },
  { "\"\\u12\"", 5, "four hexadecimal" },
  { "\"\\u123\"", 6, "four hexadecimal" },
  { "\"\\u123g\"", 6, "four hexadecimal" },
  { "\"\\u 123\"", 3, "four hexadecimal" },
  { "\"\\u+123\"", 3, "four hexadecimal" },
  { "\"\\ud83d\\u\"", 9, "four hexadecimal" },
  { "\"a\nb\"", 2, "control character" },
  { "\"a\tb\"", 2, "control character" },
  { "\"\037\"", 1, "control character" },
  { "\"\001\"", 1, "control character" },
  { "\"12345678\r\"", 9, "control character" },
  { "{\"a\nb\":1}", 3, "control character" },
  { "-", 1, "a digit" },
  { "--1", 1, "a digit" },
  { "-a", 1, "a digit" },
  { "+1", 0, "a value" },
  { "01", 1, "leading zeros" },
  { "-01", 2, "leading zeros" },
  { "00", 1, "leading zeros" },
  { "[012]", 2, "leading zeros" },
  { "1.", 2, "a digit after" },
  { "1.e5", 2, "a digit after" },
  { "[1.]", 3, "a digit after" },
  { ".5", 0, "a value" },
  { "-.5", 1, "a digit" },
  { "1e", 2, "exponent" },
  { "1e+", 3, "exponent" },
  { "1e-", 3, "exponent" },
  { "1ee5", 2, "exponent" },
  { "1e5.5", 3, "nothing" },
  { "1.5.5", 3, "nothing" },
  { "0x10", 1, "nothing" },
  { "0b11", 1, "nothing" },
  { "1_000", 1, "nothing" },
  { "1a", 1, "nothing" },
  { "1 2", 2, "nothing" },
  { "NaN", 0, "a value" },
  { "-NaN", 1, "a digit" },
  { "Infinity", 0, "a value" },
  { "-Infinity", 1, "a digit" },
  { "True", 0, "a value" },
  { "TRUE", 0, "a value" },
  { "tru", 0, "a value" },
  { "truee", 4, "nothing" },
  { "t", 0, "a value" },
  { "fals", 0, "a value" },
  { "nul", 0, "a value" },
  { "nulll", 4, "nothing" },
  { "[nul]", 1, "a value" },
  { "undefined", 0, "a value" },
  { "var x = [1];", 0, "a value" },
  { "\357\273\277[]", 0, "a value" },
  { "[1]\357\273\277", 3, "nothing" },
  { "\342\200\250[]", 0, "a value" },
  { "\357\274\221", 0, "a value" },
  { "=", 0, "a value" },
  { "*", 0, "a value" },
};

static void
test_rejected (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rejected); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *place = g_strdup_printf (" at byte %u", rejected[i].at);

      g_test_message ("%s", rejected[i].text);
      g_assert_false (scan_exact (rejected[i].text, strlen (rejected[i].text), 64, &error));
      g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, rejected[i].expected));
      g_assert_true (g_str_has_suffix (error->message, place));
    }
}

static void
test_nul_bytes (void)
{
  g_assert_false (scan_exact ("\0", 1, 64, NULL));
  g_assert_false (scan_exact ("[]\0", 3, 64, NULL));
  g_assert_false (scan_exact ("[\0]", 3, 64, NULL));
  g_assert_false (scan_exact ("\"\0\"", 3, 64, NULL));
  g_assert_false (scan_exact ("1\0", 2, 64, NULL));
  g_assert_false (scan_exact ("{\"a\0b\":1}", 9, 64, NULL));
  g_assert_false (sio_json_scan (NULL, 0, 64, NULL, NULL));
}

/* Every cut of a valid document is refused, and no byte behind it is read. */
static void
test_truncated (void)
{
  static const char text[] =
      " {\"key\":[\"text \\u00e9\\n of some length\",-12.5e+3,true,false,null,{}],"
      "\"x\":{\"y\":[[]]}}";
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    g_assert_false (scan_exact (text, i, 64, NULL));
  g_assert_true (scan_exact (text, length, 64, NULL));
}

/* A special byte at each place of the eight that are looked at together. */
static void
test_string_lanes (void)
{
  for (guint length = 0; length < 40; length++)
    for (guint at = 0; at < length; at++)
      for (guint c = 0; c < 256; c++)
        {
          char text[64];
          gboolean valid = c >= 0x20 && c != '"' && c != '\\';

          memset (text, 'x', sizeof text);
          text[0] = '"';
          text[1 + at] = (char) c;
          text[1 + length] = '"';
          g_assert_true (scan_exact (text, length + 2, 64, NULL) == valid);
        }
}

static void
test_error_text (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (sio_json_scan ("[1,\"a\" \001\\secretsecret]", 22, 64, NULL, &error));
  g_assert_cmpstr (error->message, ==,
                   "invalid JSON: expected ',' or ']', got '\\x01\\x5csecret...' at byte 7");
  g_clear_error (&error);

  g_assert_false (sio_json_scan ("[1", 2, 64, NULL, &error));
  g_assert_cmpstr (error->message, ==,
                   "invalid JSON: expected ',' or ']', got the end of the text at byte 2");
  g_clear_error (&error);

  g_assert_false (sio_json_scan ("\303\251", 2, 64, NULL, &error));
  g_assert_cmpstr (error->message, ==,
                   "invalid JSON: expected a value, got '\\xc3\\xa9' at byte 0");
}

static char *
repeat (const char *open, const char *inner, const char *close, gsize n)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    g_string_append (text, open);
  g_string_append (text, inner);
  for (gsize i = 0; i < n; i++)
    g_string_append (text, close);
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  static const struct
  {
    const char *open, *inner, *close;
  } forms[] = {
    { "[", "", "]" },
    { "[", "1", "]" },
    { "{\"a\":", "1", "}" },
    { "[1,", "2", ",3]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    for (guint max = 0; max <= 70; max++)
      for (guint depth = 1; depth <= 70; depth++)
        {
          g_autofree char *text = repeat (forms[i].open, forms[i].inner, forms[i].close, depth);
          g_autoptr (GError) error = NULL;

          if (depth <= MIN (max, 64))
            {
              g_assert_true (scan_exact (text, strlen (text), max, &error));
              g_assert_no_error (error);
            }
          else
            {
              g_assert_false (scan_exact (text, strlen (text), max, &error));
              g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
            }
        }
  g_assert_true (scan_exact ("1", 1, 0, NULL));
}

/* The stack is of bits: kinds must not be mixed up at any depth. */
static void
test_mixed_depth (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint round = 0; round < 2000; round++)
    {
      guint depth = (guint) g_rand_int_range (rand, 1, 65);
      guint wrong = (guint) g_rand_int_range (rand, 0, (gint) depth);
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *closing = g_malloc (depth);

      for (guint i = 0; i < depth; i++)
        {
          gboolean is_object = g_rand_boolean (rand);

          g_string_append (text, is_object ? "{\"k\":" : "[");
          closing[depth - 1 - i] = is_object ? '}' : ']';
        }
      g_string_append_c (text, '0');
      g_string_append_len (text, closing, depth);
      g_assert_true (scan_exact (text->str, text->len, 64, NULL));
      text->str[text->len - 1 - wrong] ^= '}' ^ ']';
      g_assert_false (scan_exact (text->str, text->len, 64, NULL));
    }
}

static void
test_bombs (void)
{
  const gsize size = 1024 * 1024;
  g_autofree char *arrays = repeat ("[", "", "", size);
  g_autofree char *objects = repeat ("{\"a\":", "", "", size / 5);
  g_autofree char *balanced = repeat ("[", "", "]", size / 2);
  g_autofree char *wide = repeat ("[],", "", "", size / 3);
  g_autoptr (GString) string = g_string_new ("\"");
  g_autoptr (GString) number = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  SioJsonScan scan;

  g_assert_false (sio_json_scan (arrays, strlen (arrays), 64, NULL, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
  g_assert_cmpstr (error->message, ==,
                   "JSON is nested too deeply: expected at most 64 levels, got more at byte 64");
  g_clear_error (&error);
  g_assert_false (sio_json_scan (objects, strlen (objects), 64, NULL, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
  g_clear_error (&error);
  g_assert_false (sio_json_scan (balanced, strlen (balanced), 1000000, NULL, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
  g_clear_error (&error);
  g_assert_false (sio_json_scan (wide, strlen (wide), 64, NULL, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);

  for (gsize i = 0; i < size; i++)
    {
      g_string_append_c (string, 'x');
      g_string_append_c (number, '9');
    }
  g_assert_false (sio_json_scan (string->str, string->len, 64, NULL, NULL));
  g_string_append_c (string, '"');
  g_assert_true (sio_json_scan (string->str, string->len, 64, NULL, NULL));
  g_assert_true (sio_json_scan (number->str, number->len, 64, &scan, NULL));
  g_assert_cmpint (scan.value.type, ==, SIO_JSON_NUMBER);
}

#define assert_slice(slice, expected_type, expected)                                               \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_cmpint ((slice).type, ==, expected_type);                                             \
    g_assert_cmpmem ((slice).text, (slice).length, expected, strlen (expected));                   \
  }                                                                                                \
  G_STMT_END

static void
test_scan_result (void)
{
  static const struct
  {
    const char *text;
    SioJsonType type;
    const char *value;
    SioJsonType first_type;
    const char *first;
    gsize n_items;
    const char *rest;
  } cases[] = {
    { " {} ", SIO_JSON_OBJECT, "{}", SIO_JSON_NONE, "", 0, "" },
    { "{\"a\":[1,2]}", SIO_JSON_OBJECT, "{\"a\":[1,2]}", SIO_JSON_NONE, "", 0, "" },
    { " -1.5 ", SIO_JSON_NUMBER, "-1.5", SIO_JSON_NONE, "", 0, "" },
    { "\"a,b\"", SIO_JSON_STRING, "\"a,b\"", SIO_JSON_NONE, "", 0, "" },
    { "true", SIO_JSON_TRUE, "true", SIO_JSON_NONE, "", 0, "" },
    { "false", SIO_JSON_FALSE, "false", SIO_JSON_NONE, "", 0, "" },
    { "\nnull", SIO_JSON_NULL, "null", SIO_JSON_NONE, "", 0, "" },
    { "[]", SIO_JSON_ARRAY, "[]", SIO_JSON_NONE, "", 0, "" },
    { " [ ] ", SIO_JSON_ARRAY, "[ ]", SIO_JSON_NONE, "", 0, "" },
    { "[1]", SIO_JSON_ARRAY, "[1]", SIO_JSON_NUMBER, "1", 1, "" },
    { "[ 1 ]", SIO_JSON_ARRAY, "[ 1 ]", SIO_JSON_NUMBER, "1", 1, "" },
    { "[\"x\",1,{\"a\":2}]", SIO_JSON_ARRAY, "[\"x\",1,{\"a\":2}]", SIO_JSON_STRING, "\"x\"", 3,
      "1,{\"a\":2}" },
    { "[ [1,2] , [3] ]", SIO_JSON_ARRAY, "[ [1,2] , [3] ]", SIO_JSON_ARRAY, "[1,2]", 2, "[3]" },
    { "[{\"a\":[,]", SIO_JSON_NONE, "", SIO_JSON_NONE, "", 0, "" },
    { "[\"x\", 1 , 2 ]", SIO_JSON_ARRAY, "[\"x\", 1 , 2 ]", SIO_JSON_STRING, "\"x\"", 3, "1 , 2" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SioJsonScan scan;

      g_test_message ("%s", cases[i].text);
      g_assert_true (sio_json_scan (cases[i].text, strlen (cases[i].text), 64, &scan, NULL) ==
                     (cases[i].type != SIO_JSON_NONE));
      if (cases[i].type == SIO_JSON_NONE)
        continue;
      assert_slice (scan.value, cases[i].type, cases[i].value);
      if (cases[i].n_items > 0)
        assert_slice (scan.first, cases[i].first_type, cases[i].first);
      else
        g_assert_cmpint (scan.first.type, ==, SIO_JSON_NONE);
      g_assert_cmpuint (scan.n_items, ==, cases[i].n_items);
      g_assert_cmpmem (scan.rest, scan.rest_length, cases[i].rest, strlen (cases[i].rest));
    }
}

static void
test_next_item (void)
{
  static const char array[] = "1 , {\"a\":[2,\",\"]},\"x\\\"]\" ,[], null";
  static const char object[] = "\"a\" : 1,\"b\":[{\"c\":\":\"}]";
  const char *cursor = array;
  const char *end = array + strlen (array);
  SioJsonSlice item;

  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_NUMBER, "1");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_OBJECT, "{\"a\":[2,\",\"]}");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_STRING, "\"x\\\"]\"");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_ARRAY, "[]");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_NULL, "null");
  g_assert_false (sio_json_next_item (&cursor, end, &item));
  g_assert_false (sio_json_next_item (&cursor, end, &item));

  cursor = object;
  end = object + strlen (object);
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_STRING, "\"a\"");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_NUMBER, "1");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_STRING, "\"b\"");
  g_assert_true (sio_json_next_item (&cursor, end, &item));
  assert_slice (item, SIO_JSON_ARRAY, "[{\"c\":\":\"}]");
  g_assert_false (sio_json_next_item (&cursor, end, &item));

  cursor = end = "";
  g_assert_false (sio_json_next_item (&cursor, end, &item));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/scanner/accepted", test_accepted);
  g_test_add_func ("/json/scanner/rejected", test_rejected);
  g_test_add_func ("/json/scanner/nul-bytes", test_nul_bytes);
  g_test_add_func ("/json/scanner/truncated", test_truncated);
  g_test_add_func ("/json/scanner/string-lanes", test_string_lanes);
  g_test_add_func ("/json/scanner/error-text", test_error_text);
  g_test_add_func ("/json/scanner/depth", test_depth);
  g_test_add_func ("/json/scanner/mixed-depth", test_mixed_depth);
  g_test_add_func ("/json/scanner/bombs", test_bombs);
  g_test_add_func ("/json/scanner/result", test_scan_result);
  g_test_add_func ("/json/scanner/next-item", test_next_item);
  return g_test_run ();
}
