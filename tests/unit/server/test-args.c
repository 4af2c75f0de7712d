/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <sio.h>

static void
assert_json (SioArgs *args, const char *expected)
{
  g_assert_cmpstr (sio_args_get_json (args), ==, expected);
  sio_args_unref (args);
}

static void
assert_bytes (GBytes *bytes, const char *expected)
{
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected,
                   strlen (expected));
}

static void
test_varargs (void)
{
  assert_json (sio_args_new ("s", "x"), "[\"x\"]");
  assert_json (sio_args_new ("si", "x", 3), "[\"x\",3]");
  assert_json (sio_args_new ("(si)", "x", 3), "[\"x\",3]");
  assert_json (sio_args_new ("((si))", "x", 3), "[[\"x\",3]]");
  assert_json (sio_args_new ("{ss}", "text", "hello"), "[{\"text\":\"hello\"}]");
  assert_json (sio_args_new ("()"), "[]");
  assert_json (sio_args_new ("^as", (const char *const[]){ "a", "b", NULL }), "[[\"a\",\"b\"]]");
}

static void
test_variant (void)
{
  static const struct
  {
    const char *variant;
    const char *json;
  } cases[] = {
    { "true", "[true]" },
    { "byte 7", "[7]" },
    { "int16 -7", "[-7]" },
    { "uint16 7", "[7]" },
    { "-7", "[-7]" },
    { "uint32 4294967295", "[4294967295]" },
    { "int64 -9223372036854775808", "[-9223372036854775808]" },
    { "uint64 18446744073709551615", "[18446744073709551615]" },
    { "1.5", "[1.5]" },
    { "'a\"b'", "[\"a\\\"b\"]" },
    { "objectpath '/a'", "[\"/a\"]" },
    { "<1>", "[1]" },
    { "<<'x'>>", "[\"x\"]" },
    { "@mi nothing", "[null]" },
    { "@mi 5", "[5]" },
    { "@ms 'x'", "[\"x\"]" },
    { "[1,2]", "[[1,2]]" },
    { "@ai []", "[[]]" },
    { "(1,(2,'x'))", "[1,[2,\"x\"]]" },
    { "()", "[]" },
    { "@a{sv} {}", "[{}]" },
    { "{'a':<1>,'b':<'x'>}", "[{\"a\":1,\"b\":\"x\"}]" },
    { "{1:'x'}", "[{\"1\":\"x\"}]" },
    { "{'a':{'b':<[true]>}}", "[{\"a\":{\"b\":[true]}}]" },
    { "{'k',<1>}", "[{\"k\":1}]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      GVariant *variant = g_variant_parse (NULL, cases[i].variant, NULL, NULL, &error);

      g_assert_no_error (error);
      assert_json (sio_args_new_from_variant (variant), cases[i].json);
      g_variant_unref (variant);
    }
  assert_json (sio_args_new ("d", NAN), "[null]");
  assert_json (sio_args_new ("d", -INFINITY), "[null]");
}

static void
test_variant_bytes (void)
{
  g_autoptr (SioArgs) args =
      sio_args_new ("^ayi{sv}@aay", "ab", 1, "k", g_variant_new_bytestring ("cd"),
                    g_variant_new_parsed ("[b'e', b'']"));

  /* bytestrings carry their NUL */
  g_assert_cmpstr (sio_args_get_json (args), ==,
                   "[{\"_placeholder\":true,\"num\":0},1,"
                   "{\"k\":{\"_placeholder\":true,\"num\":1}},"
                   "[{\"_placeholder\":true,\"num\":2},{\"_placeholder\":true,\"num\":3}]]");
  g_assert_cmpuint (sio_args_get_n_attachments (args), ==, 4);
  g_assert_cmpuint (sio_args_get_arg_type (args, 0), ==, SIO_ARG_BYTES);
  g_assert_cmpuint (sio_args_get_arg_type (args, 2), ==, SIO_ARG_OBJECT);
  g_assert_cmpuint (g_bytes_get_size (sio_args_get_bytes (args, 0)), ==, 3);
  g_assert_null (sio_args_get_bytes (args, 1));
  g_assert_null (sio_args_get_bytes (args, 2));
  g_assert_null (sio_args_get_bytes (args, 9));
  g_assert_cmpuint (g_bytes_get_size (sio_args_get_attachment (args, 3)), ==, 1);
  g_assert_null (sio_args_get_attachment (args, 4));
}

static void
test_node (void)
{
  g_autoptr (JsonNode) array = json_from_string ("[\"a\",{\"b\":[1.5,null]}]", NULL);
  g_autoptr (JsonNode) object = json_from_string ("{\"a\":true}", NULL);
  g_autoptr (JsonNode) null = json_node_new (JSON_NODE_NULL);

  assert_json (sio_args_new_from_node (array), "[\"a\",{\"b\":[1.5,null]}]");
  assert_json (sio_args_new_from_node (object), "[{\"a\":true}]");
  assert_json (sio_args_new_from_node (null), "[null]");
}

static void
test_json (void)
{
  static const char *const invalid[] = { "", "1", "{}", "[1", "[1]x", "[1,]", "\"x\"", "['x']" };
  g_autoptr (GError) error = NULL;
  SioArgs *args = sio_args_new_from_json (" [ 1 , \"x\" ] ", -1, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (sio_args_get_length (args), ==, 2);
  g_assert_cmpint (sio_args_get_int64 (args, 0), ==, 1);
  g_assert_cmpstr (sio_args_get_string (args, 1), ==, "x");
  sio_args_unref (args);

  args = sio_args_new_from_json ("[1]garbage", 3, &error);
  g_assert_no_error (error);
  assert_json (args, "[1]");

  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_assert_null (sio_args_new_from_json (invalid[i], -1, &error));
      g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);
      g_clear_error (&error);
    }
  g_assert_null (sio_args_new_from_json ("[\"\xff\"]", -1, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);
}

static void
test_json_attachments (void)
{
  static const char text[] = "[{\"_placeholder\":true,\"num\":1},{\"x\":{\"num\":0,"
                             "\"_placeholder\":true}},{\"_placeholder\":false,\"num\":0}]";
  g_autoptr (GBytes) a = g_bytes_new_static ("aa", 2);
  g_autoptr (GBytes) b = g_bytes_new_static ("bb", 2);
  GBytes *both[] = { a, b };
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = NULL;
  JsonNode *node;

  args = sio_args_new_from_json_with_attachments (text, -1, both, 2, &error);
  g_assert_no_error (error);
  assert_bytes (sio_args_get_bytes (args, 0), "bb");
  node = json_object_get_member (json_node_get_object (sio_args_get_node (args, 1)), "x");
  assert_bytes (sio_args_lookup_bytes (args, node), "aa");
  node = json_array_get_element (sio_args_get_array (args), 0);
  assert_bytes (sio_args_lookup_bytes (args, node), "bb");
  g_assert_null (sio_args_get_bytes (args, 2));
  g_assert_cmpuint (sio_args_get_arg_type (args, 2), ==, SIO_ARG_OBJECT);

  g_assert_null (sio_args_new_from_json_with_attachments (text, -1, both, 1, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
}

static void
test_getters (void)
{
  g_autoptr (SioArgs) args = sio_args_new_from_json (
      "[null,true,false,42,-1.5,1e300,\"\\u00e9\\n\",\"a\\u0000b\",[1],{\"k\":2}]", -1, NULL);
  static const SioArgType types[] = { SIO_ARG_NULL,   SIO_ARG_BOOLEAN, SIO_ARG_BOOLEAN,
                                      SIO_ARG_NUMBER, SIO_ARG_NUMBER,  SIO_ARG_NUMBER,
                                      SIO_ARG_STRING, SIO_ARG_STRING,  SIO_ARG_ARRAY,
                                      SIO_ARG_OBJECT, SIO_ARG_NONE };
  g_autofree char *json = NULL;

  g_assert_cmpuint (sio_args_get_length (args), ==, 10);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    g_assert_cmpint (sio_args_get_arg_type (args, i), ==, types[i]);

  g_assert_true (sio_args_get_boolean (args, 1));
  g_assert_false (sio_args_get_boolean (args, 2));
  g_assert_false (sio_args_get_boolean (args, 3));
  g_assert_cmpint (sio_args_get_int64 (args, 3), ==, 42);
  g_assert_cmpint (sio_args_get_int64 (args, 4), ==, -1);
  g_assert_cmpint (sio_args_get_int64 (args, 5), ==, 0);
  g_assert_cmpint (sio_args_get_int64 (args, 6), ==, 0);
  g_assert_cmpint (sio_args_get_int64 (args, 99), ==, 0);
  g_assert_cmpfloat (sio_args_get_double (args, 3), ==, 42.0);
  g_assert_cmpfloat (sio_args_get_double (args, 4), ==, -1.5);
  g_assert_cmpfloat (sio_args_get_double (args, 0), ==, 0.0);
  g_assert_cmpstr (sio_args_get_string (args, 6), ==, "\xc3\xa9\n");
  g_assert_true (sio_args_get_string (args, 6) == sio_args_get_string (args, 6));
  g_assert_null (sio_args_get_string (args, 3));
  g_assert_null (sio_args_get_string (args, 99));

  /* What C strings cannot hold. */
  g_assert_null (sio_args_get_string (args, 7));
  g_assert_null (sio_args_get_node (args, 7));
  g_assert_null (sio_args_get_array (args));
  json = sio_args_dup_arg_json (args, 7);
  g_assert_cmpstr (json, ==, "\"a\\u0000b\"");

  g_assert_true (JSON_NODE_HOLDS_NULL (sio_args_get_node (args, 0)));
  g_assert_true (JSON_NODE_HOLDS_ARRAY (sio_args_get_node (args, 8)));
  g_assert_null (sio_args_get_node (args, 99));
  g_assert_null (sio_args_dup_arg_json (args, 99));
}

static void
test_empty (void)
{
  g_autoptr (SioArgs) args = sio_args_new_from_json ("[]", -1, NULL);

  g_assert_cmpuint (sio_args_get_length (args), ==, 0);
  g_assert_cmpuint (json_array_get_length (sio_args_get_array (args)), ==, 0);
  g_assert_null (sio_args_get_node (args, 0));
  g_assert_cmpuint (sio_args_get_n_attachments (args), ==, 0);
}

static void
test_builder (void)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (JsonNode) node = json_from_string ("[1]", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("xy", 2);
  g_autoptr (GError) error = NULL;
  SioArgs *args;

  sio_args_builder_add_string (builder, "a");
  sio_args_builder_add_int64 (builder, G_MININT64);
  sio_args_builder_add_double (builder, 0.5);
  sio_args_builder_add_boolean (builder, 7);
  sio_args_builder_add_null (builder);
  sio_args_builder_add_node (builder, node);
  sio_args_builder_add_variant (builder, g_variant_new ("(i)", 2));
  sio_args_builder_add_bytes (builder, bytes);
  g_assert_true (sio_args_builder_add_json (builder, " {\"k\": 1} ", -1, &error));
  g_assert_no_error (error);
  g_assert_false (sio_args_builder_add_json (builder, "nope", -1, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_INVALID_JSON);

  args = sio_args_builder_end (builder);
  assert_bytes (sio_args_get_bytes (args, 7), "xy");
  assert_json (args, "[\"a\",-9223372036854775808,0.5,true,null,[1],[2],"
                     "{\"_placeholder\":true,\"num\":0},{\"k\": 1}]");
  args = sio_args_builder_end (builder);
  g_assert_cmpuint (sio_args_get_n_attachments (args), ==, 0);
  assert_json (args, "[]");
}

static void
test_builder_nested (void)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("xy", 2);
  g_autoptr (GBytes) other = g_bytes_new_static ("b", 1);
  g_autoptr (SioArgs) inner = NULL;
  SioArgs *args;

  sio_args_builder_add_string (builder, "in");
  sio_args_builder_add_bytes (builder, other);
  inner = sio_args_builder_end (builder);

  sio_args_builder_add_int64 (builder, 1);
  sio_args_builder_begin_object (builder);
  sio_args_builder_set_member_name (builder, "a\"b");
  sio_args_builder_begin_array (builder);
  sio_args_builder_end_array (builder);
  sio_args_builder_set_member_name (builder, "c");
  sio_args_builder_begin_object (builder);
  sio_args_builder_end_object (builder);
  sio_args_builder_set_member_name (builder, "d");
  sio_args_builder_add_string (builder, "e:[{");
  sio_args_builder_set_member_name (builder, "f");
  sio_args_builder_add_bytes (builder, bytes);
  sio_args_builder_end_object (builder);
  sio_args_builder_begin_array (builder);
  sio_args_builder_add_null (builder);
  sio_args_builder_add_args (builder, inner, 0);
  sio_args_builder_begin_array (builder);
  sio_args_builder_add_args (builder, inner, 2);
  sio_args_builder_end_array (builder);
  sio_args_builder_end_array (builder);
  sio_args_builder_add_boolean (builder, FALSE);
  args = sio_args_builder_end (builder);
  assert_bytes (sio_args_get_attachment (args, 1), "b");
  assert_json (args, "[1,{\"a\\\"b\":[],\"c\":{},\"d\":\"e:[{\",\"f\":{\"_placeholder\":true,"
                     "\"num\":0}},[null,\"in\",{\"_placeholder\":true,\"num\":1},[]],false]");

  for (guint i = 0; i < 64; i++)
    sio_args_builder_begin_array (builder);
  for (guint i = 0; i < 64; i++)
    sio_args_builder_end_array (builder);
  args = sio_args_builder_end (builder);
  g_assert_cmpuint (strlen (sio_args_get_json (args)), ==, 130);
  sio_args_unref (args);
}

static void
add_at_the_wrong_place (guint which)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  switch (which)
    {
    case 0: /* a value without a name */
      sio_args_builder_begin_object (builder);
      sio_args_builder_add_null (builder);
      break;
    case 1: /* a name without a value */
      sio_args_builder_begin_object (builder);
      sio_args_builder_set_member_name (builder, "a");
      sio_args_builder_end_object (builder);
      break;
    case 2:
      sio_args_builder_begin_array (builder);
      sio_args_builder_end_object (builder);
      break;
    case 3:
      sio_args_builder_end_array (builder);
      break;
    case 4:
      sio_args_builder_begin_array (builder);
      sio_args_builder_end (builder);
      break;
    default: /* too deep */
      for (guint i = 0; i < 65; i++)
        sio_args_builder_begin_object (builder);
      break;
    }
}

static void
test_builder_wrong (void)
{
  if (g_test_subprocess ())
    {
      add_at_the_wrong_place (g_ascii_digit_value (g_getenv ("SIO_TEST_WHICH")[0]));
      return;
    }
  for (guint i = 0; i < 6; i++)
    {
      char which[] = { (char) ('0' + i), '\0' };

      g_setenv ("SIO_TEST_WHICH", which, TRUE);
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_failed ();
      g_test_trap_assert_stderr ("*CRITICAL*sio_args_builder_*");
    }
}

static void
test_slice (void)
{
  g_autoptr (SioArgs) args = sio_args_new ("s^ayi", "x", "b", 1);
  g_autoptr (SioArgs) rest = sio_args_slice (args, 1);
  g_autoptr (SioArgs) all = sio_args_slice (args, 0);

  g_assert_true (all == args);
  g_assert_cmpstr (sio_args_get_json (rest), ==, "[{\"_placeholder\":true,\"num\":0},1]");
  g_assert_nonnull (sio_args_get_bytes (rest, 0));
  assert_json (sio_args_slice (args, 3), "[]");
  assert_json (sio_args_slice (args, 99), "[]");
}

static void
test_add_args (void)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (GBytes) a = g_bytes_new_static ("aa", 2);
  g_autoptr (GBytes) b = g_bytes_new_static ("bb", 2);
  GBytes *both[] = { a, b };
  g_autoptr (SioArgs) other = sio_args_new_from_json_with_attachments (
      "[0,{\"x\":[{\"_placeholder\":true,\"num\":1},\"y\"],\"z\":{}},[],"
      "{\"_placeholder\":true,\"num\":0}]",
      -1, both, 2, NULL);
  g_autoptr (SioArgs) args = NULL;

  sio_args_builder_add_args (builder, other, 3);
  sio_args_builder_add_args (builder, other, 1);
  sio_args_builder_add_args (builder, other, 4);
  args = sio_args_builder_end (builder);
  g_assert_cmpstr (sio_args_get_json (args), ==,
                   "[{\"_placeholder\":true,\"num\":0},"
                   "{\"x\":[{\"_placeholder\":true,\"num\":3},\"y\"],\"z\":{}},[],"
                   "{\"_placeholder\":true,\"num\":2}]");
  assert_bytes (sio_args_get_bytes (args, 0), "aa");
  assert_bytes (sio_args_get_bytes (args, 3), "aa");
  assert_bytes (sio_args_get_attachment (args, 3), "bb");
}

static void
test_string (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("xy", 2);
  SioArgs *args = sio_args_new_from_bytes (bytes);

  assert_bytes (sio_args_get_bytes (args, 0), "xy");
  assert_json (args, "[{\"_placeholder\":true,\"num\":0}]");
  assert_json (sio_args_new_from_string ("a\"\n\x01"), "[\"a\\\"\\n\\u0001\"]");
  /* Nothing that is not UTF-8 may leave. */
  args = sio_args_new_from_string ("a\xff");
  g_assert_true (g_utf8_validate (sio_args_get_json (args), -1, NULL));
  sio_args_unref (args);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Arguments of events: from and to every form, with binary data");

  g_test_add_func ("/server/args/varargs", test_varargs);
  g_test_add_func ("/server/args/variant", test_variant);
  g_test_add_func ("/server/args/variant-bytes", test_variant_bytes);
  g_test_add_func ("/server/args/node", test_node);
  g_test_add_func ("/server/args/json", test_json);
  g_test_add_func ("/server/args/json-attachments", test_json_attachments);
  g_test_add_func ("/server/args/getters", test_getters);
  g_test_add_func ("/server/args/empty", test_empty);
  g_test_add_func ("/server/args/string", test_string);
  g_test_add_func ("/server/args/builder", test_builder);
  g_test_add_func ("/server/args/builder-nested", test_builder_nested);
  g_test_add_func ("/server/args/builder-wrong", test_builder_wrong);
  g_test_add_func ("/server/args/slice", test_slice);
  g_test_add_func ("/server/args/add-args", test_add_args);
  return g_test_run ();
}
