/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "sio-error.h"
#include "sio-json-private.h"

static char *
round_trip (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = sio_json_read (text, strlen (text), 64, &error);
  GString *out = g_string_new (NULL);

  g_assert_no_error (error);
  g_assert_nonnull (node);
  sio_json_write (out, node);
  return g_string_free (out, FALSE);
}

static void
test_round_trips (void)
{
  static const struct
  {
    const char *text;
    const char *printed; /* NULL: the same */
  } cases[] = {
    { "{}", NULL },
    { "[]", NULL },
    { "null", NULL },
    { "true", NULL },
    { "false", NULL },
    { "\"\"", NULL },
    { "0", NULL },
    { "-0", "0" },
    { "-0.0", "0" },
    { "[1,-1,9007199254740993,9223372036854775807,-9223372036854775808]", NULL },
    { "9223372036854775808", "9223372036854776000" },
    { "123456789012345678901", "123456789012345680000" },
    { "1000000000000000000000", "1e+21" },
    { "[1.0,1.50,1e3,1E-2]", "[1,1.5,1000,0.01]" },
    { "[1e999,-1e999,1e-999]", "[null,null,0]" },
    { " { \"a\" : [ 1 , { } ] , \"b\" : null } ", "{\"a\":[1,{}],\"b\":null}" },
    { "{\"b\":1,\"a\":2,\"c\":3}", NULL },
    { "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
    { "{\"a\":[1,2],\"a\":{\"b\":1},\"a\":\"x\"}", "{\"a\":\"x\"}" },
    { "{\"a\":\"x\",\"a\":[1,{\"a\":1,\"a\":2}]}", "{\"a\":[1,{\"a\":2}]}" },
    { "{\"\":0}", NULL },
    { "{\"\\u0061\":1,\"a\":2}", "{\"a\":2}" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\177\"" },
    { "\"\\u2028\\u00e9\\ud83d\\ude00\"", "\"\342\200\250\303\251\360\237\230\200\"" },
    { "\"\\ud800\"", "\"\357\277\275\"" },
    { "[[[[]],[{}]],[{\"a\":[{}]}]]", NULL },
    { "[\"a\",[\"b\"],{\"c\":\"d\"},1.5,true,false,null]", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *printed = round_trip (cases[i].text);

      g_assert_cmpstr (printed, ==, cases[i].printed != NULL ? cases[i].printed : cases[i].text);
    }
}

static void
test_node_types (void)
{
  static const char text[] = "[1,1.0,1e0,9223372036854775808,-0,true,\"s\",null]";
  g_autoptr (JsonNode) node = sio_json_read (text, strlen (text), 64, NULL);
  JsonArray *array = json_node_get_array (node);
  const GType types[] = { G_TYPE_INT64, G_TYPE_DOUBLE,  G_TYPE_DOUBLE, G_TYPE_DOUBLE,
                          G_TYPE_INT64, G_TYPE_BOOLEAN, G_TYPE_STRING };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    g_assert_true (json_node_get_value_type (json_array_get_element (array, i)) == types[i]);
  g_assert_true (JSON_NODE_HOLDS_NULL (json_array_get_element (array, 7)));
}

static void
test_refused (void)
{
  static const struct
  {
    const char *text;
    const char *message;
  } cases[] = {
    { "\"a\\u0000b\"", "at byte 0" },
    { "[1,\"\\u0000\"]", "at byte 3" },
    { "{\"a\":[\"x\"],\"\\u0000\":1}", "at byte 11" },
    { "[1,", "invalid JSON: expected a value, got the end of the text at byte 3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sio_json_read (cases[i].text, strlen (cases[i].text), 64, &error));
      g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);
      g_assert_nonnull (strstr (error->message, cases[i].message));
    }
}

static void
test_deep (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *printed = NULL;

  for (guint i = 0; i < 32; i++)
    g_string_append (text, "[{\"a\":");
  g_string_append (text, "1");
  for (guint i = 0; i < 32; i++)
    g_string_append (text, "}]");
  printed = round_trip (text->str);
  g_assert_cmpstr (printed, ==, text->str);
  g_string_prepend_c (text, '[');
  g_string_append_c (text, ']');
  g_assert_null (sio_json_read (text->str, text->len, 64, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
}

static void
test_repeated_keys (void)
{
  g_autoptr (GString) text = g_string_new ("{");
  g_autoptr (JsonNode) node = NULL;
  clock_t start = clock ();

  /* Replacing a member must not search through all of them. */
  for (guint i = 0; i < 50000; i++)
    g_string_append_printf (text, "\"k%u\":%u,", i, i);
  for (guint i = 0; i < 50000; i++)
    g_string_append_printf (text, "\"k49999\":%u,", i);
  g_string_append (text, "\"end\":1}");
  node = sio_json_read (text->str, text->len, 64, NULL);
  g_assert_nonnull (node);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (node)), ==, 50001);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "k49999"), ==, 49999);
  g_assert_cmpint (clock () - start, <, 20 * CLOCKS_PER_SEC);
}

/* "Ez" and "FY" have one value of g_str_hash (), and so do all words made of them. */
static void
test_colliding_keys (void)
{
  const guint counts[] = { 16, 64, 100, 2000, 30000 };

  for (gsize c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      g_autoptr (GString) text = g_string_new ("[{");
      g_autoptr (JsonNode) node = NULL;
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < counts[c]; i++)
        {
          g_string_append (text, i > 0 ? ",\"" : "\"");
          for (guint bit = 0; bit < 15; bit++)
            g_string_append (text, (i >> bit & 1) != 0 ? "Ez" : "FY");
          g_string_append (text, "\":{}");
        }
      g_string_append (text, "}]");
      node = sio_json_read (text->str, text->len, 64, &error);
      if (counts[c] <= 64)
        {
          g_assert_no_error (error);
          g_assert_nonnull (node);
        }
      else if (counts[c] >= 2000)
        {
          g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
          g_assert_null (node);
        }
    }
}

/* Large objects with honest keys of many kinds pass. */
static char *
honest_key (guint kind, guint i)
{
  switch (kind)
    {
    case 0:
      return g_strdup_printf ("%u", i * 7);
    case 1:
      return g_strdup_printf ("%08x", i * 2654435761u);
    case 2:
      return g_strdup_printf ("user-%u", i);
    case 3:
      return g_strdup_printf ("%u/x/y", i * 1000);
    case 4:
      return g_strdup_printf ("%c%c%c", (char) ('a' + i % 26), (char) ('A' + i / 26 % 26),
                              (char) ('0' + i / 676));
    default:
      return g_compute_checksum_for_data (G_CHECKSUM_MD5, (const guchar *) &i, sizeof i);
    }
}

static void
test_large_objects (void)
{
  for (guint kind = 0; kind < 6; kind++)
    {
      g_autoptr (GString) text = g_string_new ("{");
      g_autoptr (JsonNode) node = NULL;
      g_autoptr (GError) error = NULL;
      guint n = kind == 4 ? 6760 : 40000;

      for (guint i = 0; i < n; i++)
        {
          g_autofree char *key = honest_key (kind, i);

          g_string_append_printf (text, "%s\"%s\":%u", i > 0 ? "," : "", key, i);
        }
      g_string_append_c (text, '}');
      node = sio_json_read (text->str, text->len, 64, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (json_object_get_size (json_node_get_object (node)), ==, n);
    }
}

static void
test_doubles (void)
{
  static const struct
  {
    double value;
    const char *printed;
  } cases[] = {
    { 0.0, "0" },
    { -0.0, "0" },
    { 1.0, "1" },
    { -1.5, "-1.5" },
    { 0.1, "0.1" },
    { 0.1 + 0.2, "0.30000000000000004" },
    { 1.0 / 3, "0.3333333333333333" },
    { 2.0 / 3, "0.6666666666666666" },
    { 100.0, "100" },
    { 1e15, "1000000000000000" },
    { 9007199254740991.0, "9007199254740991" },
    { 9007199254740992.0, "9007199254740992" },
    { 9007199254740994.0, "9007199254740994" },
    { 1e20, "100000000000000000000" },
    { 123456789012345680000.0, "123456789012345680000" },
    { 999999999999999900000.0, "999999999999999900000" },
    { 1e21, "1e+21" },
    { 1.5e21, "1.5e+21" },
    { 1.2345e22, "1.2345e+22" },
    { -1e21, "-1e+21" },
    { 1e100, "1e+100" },
    { 1.7976931348623157e308, "1.7976931348623157e+308" },
    { 0.001, "0.001" },
    { 0.000001, "0.000001" },
    { 0.0000012345, "0.0000012345" },
    { 1e-7, "1e-7" },
    { 1.5e-7, "1.5e-7" },
    { -1e-7, "-1e-7" },
    { 1.234e-10, "1.234e-10" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308" },
    { 2.225073858507201e-308, "2.225073858507201e-308" },
    { 5e-324, "5e-324" },
    { 1e-323, "1e-323" },
    { 1.5e-323, "1.5e-323" },
    { 3.141592653589793, "3.141592653589793" },
    { 2.718281828459045, "2.718281828459045" },
    { 12345.6789, "12345.6789" },
    { 1234567890123.4567, "1234567890123.4568" },
    { 4.35, "4.35" },
    { 0.000035, "0.000035" },
    { 123e-20, "1.23e-18" },
    { 5.684341886080802e-14, "5.684341886080802e-14" },
    { 9.5367431640625e-7, "9.5367431640625e-7" },
    { 9.007199254740993e15, "9007199254740992" },
    { 18014398509481984.0, "18014398509481984" },
    { 9.5e15 + 0.5, "9500000000000000" },
    { 2251799813685249.5, "2251799813685249.5" },
    { 0.5, "0.5" },
    { INFINITY, "null" },
    { -INFINITY, "null" },
    { NAN, "null" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) out = g_string_new ("[");

      sio_json_write_double (out, cases[i].value);
      g_assert_cmpstr (out->str + 1, ==, cases[i].printed);
    }
}

/* Whatever is printed reads back as the same bits, and no shorter text does. */
static void
test_random_doubles (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  for (guint i = 0; i < 50000; i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      union
      {
        guint64 bits;
        double value;
      } number;
      double back;

      number.bits = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
      if (i % 4 == 0)
        number.value = g_rand_int_range (rand, -1000000, 1000000) / 1000.0;
      if (!isfinite (number.value))
        continue;
      sio_json_write_double (out, number.value);
      back = g_ascii_strtod (out->str, NULL);
      g_assert_true (back == number.value);
      g_assert_cmpuint (out->len, <=, 25);
    }
}

static void
test_int64 (void)
{
  const gint64 values[] = { 0, 1, -1, 9, 10, 99, 100, 101, 12345, -999, G_MAXINT64, G_MININT64 };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      g_autofree char *expected = g_strdup_printf ("%" G_GINT64_FORMAT, values[i]);

      sio_json_write_int64 (out, values[i]);
      g_assert_cmpstr (out->str, ==, expected);
    }
}

static void
test_strings (void)
{
  static const struct
  {
    const char *text;
    gssize length;
    const char *printed;
  } cases[] = {
    { "", -1, "\"\"" },
    { NULL, 0, "\"\"" },
    { "abc", -1, "\"abc\"" },
    { "abcdef", 3, "\"abc\"" },
    { "\"\\/", -1, "\"\\\"\\\\/\"" },
    { "\b\f\n\r\t", -1, "\"\\b\\f\\n\\r\\t\"" },
    { "\001\013\016\037", -1, "\"\\u0001\\u000b\\u000e\\u001f\"" },
    { "\177", -1, "\"\177\"" },
    { "a\0b", 3, "\"a\\u0000b\"" },
    { "\303\251\342\202\254\360\237\230\200", -1, "\"\303\251\342\202\254\360\237\230\200\"" },
    { "\342\200\250\342\200\251", -1, "\"\342\200\250\342\200\251\"" },
    { "\377", -1, "\"\357\277\275\"" },
    { "a\300\200b", -1, "\"a\357\277\275\357\277\275b\"" },
    { "\355\240\200", -1, "\"\357\277\275\357\277\275\357\277\275\"" },
    { "\342\202", -1, "\"\357\277\275\"" },
    { "\342\202x\n", -1, "\"\357\277\275x\\n\"" },
    { "12345678\"12345678", -1, "\"12345678\\\"12345678\"" },
    { "1234567\303\251\n1234567\\", -1, "\"1234567\303\251\\n1234567\\\\\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      sio_json_write_string (out, cases[i].text, cases[i].length);
      g_assert_cmpstr (out->str, ==, cases[i].printed);
    }
}

/* Applications build what the reader never does. */
static void
test_odd_nodes (void)
{
  g_autoptr (JsonArray) array = json_array_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (GString) out = g_string_new (NULL);
  JsonNode *element = json_node_new (JSON_NODE_VALUE);

  json_node_set_string (element, NULL);
  json_array_add_element (array, element);
  json_array_add_string_element (array, "bad \377 text");
  json_array_add_double_element (array, NAN);
  json_array_add_element (array, json_node_new (JSON_NODE_OBJECT));
  json_node_set_array (node, array);
  sio_json_write (out, node);
  g_assert_cmpstr (out->str, ==, "[null,\"bad \357\277\275 text\",null,null]");
  g_string_truncate (out, 0);
  sio_json_write (out, NULL);
  g_assert_cmpstr (out->str, ==, "null");
}

static guint n_criticals;

static GLogWriterOutput
count_criticals_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_CRITICAL) != 0)
    n_criticals++;
  return G_LOG_WRITER_HANDLED;
}

/* A node that contains itself is the application's error and must not overflow the stack. */
static void
test_endless (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (JsonArray) array = json_array_new ();
      g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
      g_autoptr (GString) out = g_string_new (NULL);

      g_log_set_writer_func (count_criticals_cb, NULL, NULL);
      json_node_set_array (node, array);
      json_array_add_array_element (array, json_array_ref (array));
      sio_json_write (out, node);
      g_assert_cmpuint (n_criticals, ==, 1);
      g_assert_cmpuint (out->len, ==, 1000 + strlen ("null") + 1000);
      json_array_remove_element (array, 0);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_locale (void)
{
  static const char *const names[] = { "de_DE.UTF-8", "de_DE",       "fr_FR.UTF-8",
                                       "es_ES.UTF-8", "pt_BR.UTF-8", "ru_RU.UTF-8" };
  locale_t comma = (locale_t) 0;
  locale_t before;

  for (gsize i = 0; i < G_N_ELEMENTS (names) && comma == (locale_t) 0; i++)
    comma = newlocale (LC_ALL_MASK, names[i], (locale_t) 0);
  before = uselocale (comma != (locale_t) 0 ? comma : LC_GLOBAL_LOCALE);
  g_test_message ("decimal point: %s", localeconv ()->decimal_point);
  test_doubles ();
  test_round_trips ();
  uselocale (before);
  if (comma != (locale_t) 0)
    freelocale (comma);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/tree/round-trips", test_round_trips);
  g_test_add_func ("/json/tree/node-types", test_node_types);
  g_test_add_func ("/json/tree/refused", test_refused);
  g_test_add_func ("/json/tree/deep", test_deep);
  g_test_add_func ("/json/tree/repeated-keys", test_repeated_keys);
  g_test_add_func ("/json/tree/colliding-keys", test_colliding_keys);
  g_test_add_func ("/json/tree/large-objects", test_large_objects);
  g_test_add_func ("/json/writer/doubles", test_doubles);
  g_test_add_func ("/json/writer/random-doubles", test_random_doubles);
  g_test_add_func ("/json/writer/int64", test_int64);
  g_test_add_func ("/json/writer/strings", test_strings);
  g_test_add_func ("/json/writer/odd-nodes", test_odd_nodes);
  g_test_add_func ("/json/writer/endless", test_endless);
  g_test_add_func ("/json/locale", test_locale);
  return g_test_run ();
}
