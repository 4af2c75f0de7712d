/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sio-json-private.h"

static SioJsonSlice
slice_of (const char *text)
{
  SioJsonScan scan;

  g_assert_true (sio_json_scan (text, strlen (text), 64, &scan, NULL));
  return scan.value;
}

static const struct
{
  const char *text;
  const char *value;
  gsize length;
} strings[] = {
  { "\"\"", "", 0 },
  { "\"abc\"", "abc", 3 },
  { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8 },
  { "\"a\\u0041b\"", "aAb", 3 },
  { "\"\\u00e9\\u20AC\"", "\303\251\342\202\254", 5 },
  { "\"\\ud83d\\ude00\"", "\360\237\230\200", 4 },
  { "\"\\uD83D\\uDE00x\"", "\360\237\230\200x", 5 },
  { "\"\\udbff\\udfff\"", "\364\217\277\277", 4 },
  { "\"\\ud800\\udc00\"", "\360\220\200\200", 4 },
  { "\"\\ud800\"", "\357\277\275", 3 },
  { "\"\\udc00\"", "\357\277\275", 3 },
  { "\"\\ud800x\"", "\357\277\275x", 4 },
  { "\"\\ud800\\n\"", "\357\277\275\n", 4 },
  { "\"\\ud800\\u0041\"", "\357\277\275A", 4 },
  { "\"\\ud800\\ud83d\\ude00\"", "\357\277\275\360\237\230\200", 7 },
  { "\"\\udc00\\ud800\"", "\357\277\275\357\277\275", 6 },
  { "\"\\ud800\\ud800\"", "\357\277\275\357\277\275", 6 },
  { "\"\\uffff\"", "\357\277\277", 3 },
  { "\"\\u2028\342\200\250\"", "\342\200\250\342\200\250", 6 },
  { "\"a\\u0000b\"", "a\0b", 3 },
  { "\"\\u007f\177\"", "\177\177", 2 },
};

static void
test_string_decode (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      SioJsonSlice slice = slice_of (strings[i].text);
      gsize length;
      g_autofree char *decoded = sio_json_string_decode (&slice, &length);

      g_test_message ("%s", strings[i].text);
      g_assert_cmpmem (decoded, length, strings[i].value, strings[i].length);
      g_assert_cmpint (decoded[length], ==, '\0');
      if (strlen (decoded) != length)
        continue;
      g_assert_true (sio_json_string_equal (&slice, strings[i].value));
      if (length > 0)
        {
          decoded[length - 1] ^= 1;
          g_assert_false (sio_json_string_equal (&slice, decoded));
          decoded[length - 1] = '\0';
          g_assert_false (sio_json_string_equal (&slice, decoded));
        }
    }
}

static void
test_string_equal (void)
{
  SioJsonSlice slice = slice_of ("\"connect\"");

  g_assert_true (sio_json_string_equal (&slice, "connect"));
  g_assert_false (sio_json_string_equal (&slice, "connec"));
  g_assert_false (sio_json_string_equal (&slice, "connects"));
  g_assert_false (sio_json_string_equal (&slice, ""));
  slice = slice_of ("\"\\u0063onn\\u0065ct\"");
  g_assert_true (sio_json_string_equal (&slice, "connect"));
  g_assert_false (sio_json_string_equal (&slice, "connec"));
  g_assert_false (sio_json_string_equal (&slice, "connectx"));
  slice = slice_of ("\"a\\u0000b\"");
  g_assert_false (sio_json_string_equal (&slice, "a"));
  slice = slice_of ("\"\"");
  g_assert_true (sio_json_string_equal (&slice, ""));
  slice = slice_of ("1");
  g_assert_false (sio_json_string_equal (&slice, "1"));
}

static void
test_int64 (void)
{
  static const struct
  {
    const char *text;
    gint64 value;
  } valid[] = {
    { "0", 0 },
    { "-0", 0 },
    { "1", 1 },
    { "-1", -1 },
    { "9007199254740993", 9007199254740993 },
    { "9223372036854775807", G_MAXINT64 },
    { "-9223372036854775808", G_MININT64 },
    { "1e3", 1000 },
    { "1.0", 1 },
    { "-2.50e1", -25 },
    { "0e999", 0 },
    { "-9223372036854775808.0", G_MININT64 },
  };
  static const char *const invalid[] = { "9223372036854775808",
                                         "-9223372036854775809",
                                         "18446744073709551616",
                                         "99999999999999999999999999",
                                         "0.5",
                                         "1e-1",
                                         "1e19",
                                         "9223372036854775808.0",
                                         "1e999",
                                         "-1e999",
                                         "\"1\"",
                                         "true",
                                         "null",
                                         "[]" };
  gint64 value;

  for (gsize i = 0; i < G_N_ELEMENTS (valid); i++)
    {
      SioJsonSlice slice = slice_of (valid[i].text);

      g_test_message ("%s", valid[i].text);
      g_assert_true (sio_json_number_to_int64 (&slice, &value));
      g_assert_cmpint (value, ==, valid[i].value);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      SioJsonSlice slice = slice_of (invalid[i]);

      g_test_message ("%s", invalid[i]);
      g_assert_false (sio_json_number_to_int64 (&slice, &value));
    }
}

static void
test_double (void)
{
  static const char *const texts[] = { "0",
                                       "-0.0",
                                       "1",
                                       "-1",
                                       "12.5",
                                       "0.1",
                                       "0.30000000000000004",
                                       "3.141592653589793",
                                       "123456789012345.6",
                                       "1e22",
                                       "1e23",
                                       "-1E-7",
                                       "5e-324",
                                       "2.2250738585072014e-308",
                                       "1.7976931348623157e308",
                                       "9007199254740993",
                                       "0.000000000000001",
                                       "9007199254740992.5",
                                       "123456789.12345678",
                                       "0.00000000000000000001" };
  double value;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      SioJsonSlice slice = slice_of (texts[i]);

      g_assert_true (sio_json_number_to_double (&slice, &value));
      g_assert_true (value == g_ascii_strtod (texts[i], NULL));
      g_assert_true (signbit (value) == (texts[i][0] == '-' ? signbit (-1.0) : 0));
    }
  SioJsonSlice slice = slice_of ("1e999");
  g_assert_true (sio_json_number_to_double (&slice, &value));
  g_assert_true (isinf (value));
  slice = slice_of ("1e-999");
  g_assert_true (sio_json_number_to_double (&slice, &value));
  g_assert_true (value == 0);
  slice = slice_of ("\"1\"");
  g_assert_false (sio_json_number_to_double (&slice, &value));
}

/* The short way, which does not call strtod (), rounds as strtod () does. */
static void
test_random_doubles (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

  for (guint i = 0; i < 100000; i++)
    {
      guint digits = (guint) g_rand_int_range (rand, 1, 18);
      guint point = (guint) g_rand_int_range (rand, 1, (gint) digits + 1);
      g_autoptr (GString) text = g_string_new (g_rand_boolean (rand) ? "-" : "");
      SioJsonSlice slice;
      double value;

      for (guint k = 0; k < digits; k++)
        {
          if (k == point)
            g_string_append_c (text, '.');
          g_string_append_c (text, (char) ('0' + g_rand_int_range (rand, k == 0, 10)));
        }
      slice = slice_of (text->str);
      g_assert_true (sio_json_number_to_double (&slice, &value));
      g_assert_true (value == g_ascii_strtod (text->str, NULL));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/values/string-decode", test_string_decode);
  g_test_add_func ("/json/values/string-equal", test_string_equal);
  g_test_add_func ("/json/values/int64", test_int64);
  g_test_add_func ("/json/values/double", test_double);
  g_test_add_func ("/json/values/random-doubles", test_random_doubles);
  return g_test_run ();
}
