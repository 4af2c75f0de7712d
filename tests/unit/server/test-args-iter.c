/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sio.h>

static SioArgs *
parse (const char *json)
{
  g_autoptr (GError) error = NULL;
  SioArgs *args = sio_args_new_from_json (json, -1, &error);

  g_assert_no_error (error);
  return args;
}

static void
test_walk (void)
{
  g_autoptr (SioArgs) args = parse (
      "[ 1, \"a\\u00e9\\ud83d\\ude00\", {\"k\\u0065y\" : [true, null,2.0] , \"b\":{}}, -1.5e0 ]");
  SioArgsIter iter, members, items;
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;
  g_autofree char *key = NULL;
  gint64 number;

  sio_args_iter_init (&iter, args);
  g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_NONE);
  g_assert_true (sio_args_iter_next (&iter));
  g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_NUMBER);
  g_assert_true (sio_args_iter_get_int64 (&iter, &number));
  g_assert_cmpint (number, ==, 1);
  g_assert_null (sio_args_iter_dup_string (&iter));
  g_assert_null (sio_args_iter_dup_key (&iter));
  g_assert_false (sio_args_iter_enter (&iter, &members));

  g_assert_true (sio_args_iter_next (&iter));
  g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_STRING);
  g_assert_cmpuint (sio_args_iter_get_string_length (&iter), ==, 3);
  g_assert_true (sio_args_iter_string_equals (&iter, "aé😀"));
  g_assert_false (sio_args_iter_string_equals (&iter, "aé"));
  text = sio_args_iter_dup_string (&iter);
  g_assert_cmpstr (text, ==, "aé😀");
  g_assert_false (sio_args_iter_get_int64 (&iter, &number));

  g_assert_true (sio_args_iter_next (&iter));
  g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_OBJECT);
  g_assert_true (sio_args_iter_enter (&iter, &members));
  g_assert_true (sio_args_iter_next (&members));
  key = sio_args_iter_dup_key (&members);
  g_assert_cmpstr (key, ==, "key");
  g_assert_true (sio_args_iter_key_equals (&members, "key"));
  g_assert_false (sio_args_iter_key_equals (&members, "ke"));
  json = sio_args_iter_dup_json (&members);
  g_assert_cmpstr (json, ==, "[true, null,2.0]");
  g_assert_true (sio_args_iter_enter (&members, &items));
  g_assert_true (sio_args_iter_next (&items));
  g_assert_true (sio_args_iter_get_boolean (&items));
  g_assert_true (sio_args_iter_next (&items));
  g_assert_cmpint (sio_args_iter_get_arg_type (&items), ==, SIO_ARG_NULL);
  g_assert_true (sio_args_iter_next (&items));
  g_assert_true (sio_args_iter_get_int64 (&items, &number));
  g_assert_cmpint (number, ==, 2);
  g_assert_false (sio_args_iter_next (&items));
  g_assert_false (sio_args_iter_next (&items));
  g_assert_null (sio_args_iter_dup_json (&items));
  g_assert_true (sio_args_iter_next (&members));
  g_assert_true (sio_args_iter_enter (&members, &items));
  g_assert_false (sio_args_iter_next (&items));
  g_assert_false (sio_args_iter_next (&members));

  g_assert_true (sio_args_iter_next (&iter));
  g_assert_cmpfloat (sio_args_iter_get_double (&iter), ==, -1.5);
  g_assert_false (sio_args_iter_get_int64 (&iter, &number));
  g_assert_false (sio_args_iter_next (&iter));
}

static void
test_path (void)
{
  static const struct
  {
    guint n;
    const char *path;
    const char *json;
  } cases[] = {
    { 0, "", "\"x\"" },       { 1, "", "{\"a\":1,\"b\":[5,{\"c\":6}],\"a\":2,\"0\":7}" },
    { 1, "a", "2" }, /* as JSON.parse has it */
    { 1, "b/0", "5" },        { 1, "b/1/c", "6" },
    { 1, "0", "7" },          { 1, "b/2", NULL },
    { 1, "b/-1", NULL },      { 1, "b/x", NULL },
    { 1, "a/a", NULL },       { 1, "missing", NULL },
    { 0, "length", NULL },    { 2, "", NULL },
    { 4294967295, "", NULL }, { 1, "b/4294967296", NULL },
  };
  g_autoptr (SioArgs) args = parse ("[\"x\",{\"a\":1,\"b\":[5,{\"c\":6}],\"a\":2,\"0\":7}]");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) path = g_strsplit (cases[i].path, "/", -1);
      g_autofree char *json = NULL;
      SioArgsIter iter;

      g_test_message ("%u %s", cases[i].n, cases[i].path);
      if (sio_args_iter_init_path (&iter, args, cases[i].n, (const char *const *) path))
        json = sio_args_iter_dup_json (&iter);
      g_assert_cmpstr (json, ==, cases[i].json);
    }
  {
    SioArgsIter iter;

    g_assert_true (sio_args_iter_init_path (&iter, args, 1, NULL));
    g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_OBJECT);
  }
}

static void
test_nul (void)
{
  g_autoptr (SioArgs) args = parse ("[\"a\\u0000b\",{\"c\\u0000\":1}]");
  SioArgsIter iter, members;

  sio_args_iter_init (&iter, args);
  g_assert_true (sio_args_iter_next (&iter));
  g_assert_null (sio_args_iter_dup_string (&iter));
  g_assert_cmpuint (sio_args_iter_get_string_length (&iter), ==, 3);
  g_assert_false (sio_args_iter_string_equals (&iter, "a"));
  g_assert_true (sio_args_iter_next (&iter));
  g_assert_true (sio_args_iter_enter (&iter, &members));
  g_assert_true (sio_args_iter_next (&members));
  g_assert_null (sio_args_iter_dup_key (&members));
  g_assert_false (sio_args_iter_key_equals (&members, "c"));
}

static void
test_bytes (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  g_autoptr (GError) error = NULL;
  GBytes *attachments[] = { bytes };
  g_autoptr (SioArgs) args = sio_args_new_from_json_with_attachments (
      "[{\"data\":{\"_placeholder\":true,\"num\":0}},{\"_placeholder\":true,\"num\":0}]", -1,
      attachments, 1, &error);
  const char *path[] = { "data", NULL };
  g_autoptr (SioArgs) more = NULL;
  SioArgsIter iter;

  g_assert_no_error (error);
  g_assert_true (sio_args_iter_init_path (&iter, args, 0, path));
  g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_BYTES);
  g_assert_true (sio_args_iter_init_path (&iter, args, 1, NULL));
  g_assert_cmpint (sio_args_iter_get_arg_type (&iter), ==, SIO_ARG_BYTES);
  /* Members go beside binary data, but not into it. */
  more = sio_args_set_members (args, 0, "{\"id\":1}", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sio_args_get_n_attachments (more), ==, 1);
  g_assert_null (sio_args_set_members (args, 1, "{\"id\":1}", -1, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
}

static void
test_set_members (void)
{
  static const struct
  {
    const char *args;
    guint n;
    const char *members;
    const char *expected;
  } cases[] = {
    { "[]", 0, "{\"a\":1}", "[{\"a\":1}]" },
    { "[5]", 1, " {\"a\":1} ", "[5,{\"a\":1}]" },
    { "[{}]", 0, "{\"a\":1}", "[{\"a\":1}]" },
    { "[{}]", 0, "{ }", "[{}]" },
    { "[{\"x\":[1,2]}, 7]", 0, "{\"a\":1,\"b\":\"c\"}", "[{\"x\":[1,2],\"a\":1,\"b\":\"c\"}, 7]" },
    { "[{\"x\":1}]", 0, "{ }", "[{\"x\":1}]" },
    /* what is there already goes, whatever its spelling and number */
    { "[{\"a\":9,\"x\":1}]", 0, "{\"a\":1}", "[{\"x\":1,\"a\":1}]" },
    { "[{\"x\":1,\"a\":9}]", 0, "{\"a\":1}", "[{\"x\":1,\"a\":1}]" },
    { "[{\"x\":1,\"a\":9,\"y\":2,\"z\" : 3,\"\\u0061\":8,\"a\":{\"b\":[7]}}]", 0, "{\"a\":1}",
      "[{\"x\":1,\"y\":2,\"z\" : 3,\"a\":1}]" },
    { "[{\"a\":9}]", 0, "{\"\\u0061\":1}", "[{\"\\u0061\":1}]" },
    { "[{\"a\\u0000\":9}]", 0, "{\"a\":1}", "[{\"a\\u0000\":9,\"a\":1}]" },
    { "[0,{\"a\":{\"a\":3}},{\"a\":4}]", 1, "{\"a\":1}", "[0,{\"a\":1},{\"a\":4}]" },
    /* not an object, or none of them there */
    { "[5]", 0, "{\"a\":1}", NULL },
    { "[[]]", 0, "{\"a\":1}", NULL },
    { "[]", 1, "{\"a\":1}", NULL },
    { "[{},{}]", 3, "{\"a\":1}", NULL },
    /* not members */
    { "[{}]", 0, "[]", NULL },
    { "[{}]", 0, "{\"a\"}", NULL },
    { "[{}]", 0, "{\"a\":\"\xff\"}", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SioArgs) args = parse (cases[i].args);
      g_autoptr (GError) error = NULL;
      g_autoptr (SioArgs) result =
          sio_args_set_members (args, cases[i].n, cases[i].members, -1, &error);

      g_test_message ("%s", cases[i].args);
      if (cases[i].expected == NULL)
        {
          g_assert_null (result);
          g_assert_nonnull (error);
        }
      else
        {
          g_assert_no_error (error);
          g_assert_cmpstr (sio_args_get_json (result), ==, cases[i].expected);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/args-iter/walk", test_walk);
  g_test_add_func ("/args-iter/path", test_path);
  g_test_add_func ("/args-iter/nul", test_nul);
  g_test_add_func ("/args-iter/bytes", test_bytes);
  g_test_add_func ("/args-iter/set-members", test_set_members);
  return g_test_run ();
}
