/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-error.h"
#include "sio-plain-codec-private.h"

static const SioPacketLimits limits = { SIO_JSON_MAX_DEPTH, 2, SIO_PACKET_MAX_NAMESPACE };

static const struct
{
  const char *plain;
  const char *prefix;
  const char *packet;
  const char *binary; /* of the attachments, one after the other */
} good[] = {
  { "{\"event\":\"say\"}", "", "2[\"say\"]", NULL },
  { "{\"event\":\"say\",\"data\":\"hello\"}", "", "2[\"say\",\"hello\"]", NULL },
  { " {\t\"data\" : { \"a\" : [1 , 2] } ,\"event\":\"say\" } ", "/chat,",
    "2/chat,[\"say\",{ \"a\" : [1 , 2] }]", NULL },
  { "{\"event\":\"say\",\"data\":null,\"ack\":0}", "", "20[\"say\",null]", NULL },
  { "{\"event\":\"say\",\"args\":[\"a\",1],\"ack\":9007199254740992}", "/c,",
    "2/c,9007199254740992[\"say\",\"a\",1]", NULL },
  { "{\"event\":\"say\",\"args\":[ ]}", "", "2[\"say\"]", NULL },
  { "{\"event\":\"say\",\"args\":[],\"other\":{\"event\":1}}", "", "2[\"say\"]", NULL },
  { "{\"ack\":7,\"data\":true}", "", "37[true]", NULL },
  { "{\"ack\":7}", "/c,", "3/c,7[]", NULL },
  { "{\"ack\":7,\"args\":[1,2]}", "", "37[1,2]", NULL },
  { "{\"event\":\"up\",\"data\":{\"_base64\":\"YWJj\"}}", "/c,",
    "51-/c,[\"up\",{\"_placeholder\":true,\"num\":0}]", "abc" },
  { "{\"event\":\"up\",\"args\":[[{ \"_base64\" : \"YQ==\" "
    "}],{\"x\":{\"_base64\":\"\"}}],\"ack\":3}",
    "",
    "52-3[\"up\",[{\"_placeholder\":true,\"num\":0}],{\"x\":{\"_placeholder\":true,\"num\":1}}]",
    "a" },
  { "{\"ack\":1,\"data\":{\"_base64\":\"YQ\"}}", "", "61-1[{\"_placeholder\":true,\"num\":0}]",
    "a" },
  /* What only looks like it. */
  { "{\"event\":\"e\",\"data\":{\"_base64\":1}}", "", "2[\"e\",{\"_base64\":1}]", NULL },
  { "{\"event\":\"e\",\"data\":{\"_base64\":\"YQ\",\"b\":1}}", "",
    "2[\"e\",{\"_base64\":\"YQ\",\"b\":1}]", NULL },
  { "{\"event\":\"e\",\"data\":\"{\\\"_base64\\\":\\\"YQ\\\"}\"}", "",
    "2[\"e\",\"{\\\"_base64\\\":\\\"YQ\\\"}\"]", NULL },
};

static void
test_decode (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      gsize length = strlen (good[i].plain);
      /* Of the exact size, so that a sanitizer sees a byte read beyond the end. */
      g_autofree char *copy = g_memdup2 (good[i].plain, length);
      g_autoptr (GString) out = g_string_new (NULL);
      g_autoptr (GPtrArray) attachments = NULL;
      g_autoptr (GString) binary = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      SioPacketView view;

      g_assert_true (
          sio_plain_decode (copy, length, good[i].prefix, &limits, out, &attachments, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (out->str, ==, good[i].packet);
      g_assert_true (sio_packet_parse (out->str, out->len, NULL, &view, &error));
      g_assert_cmpuint (view.n_attachments, ==, attachments != NULL ? attachments->len : 0);
      for (guint j = 0; attachments != NULL && j < attachments->len; j++)
        {
          GBytes *bytes = g_ptr_array_index (attachments, j);

          g_string_append_len (binary, g_bytes_get_data (bytes, NULL),
                               (gssize) g_bytes_get_size (bytes));
        }
      g_assert_cmpstr (binary->str, ==, good[i].binary != NULL ? good[i].binary : "");
    }
}

static void
test_refuse (void)
{
  static const struct
  {
    const char *plain;
    int code;
    const char *message;
  } bad[] = {
    { "", SIO_ERROR_INVALID_JSON, NULL },
    { "hello", SIO_ERROR_INVALID_JSON, NULL },
    { "[\"say\"]", SIO_ERROR_PROTOCOL, "expected an object like {\"event\":\"name\",\"data\":…}" },
    { "{}", SIO_ERROR_PROTOCOL, "expected \"event\", or \"ack\" for an answer" },
    { "{\"data\":1}", SIO_ERROR_PROTOCOL, "expected \"event\", or \"ack\" for an answer" },
    { "{\"event\":1}", SIO_ERROR_PROTOCOL, "expected \"event\" to be a string" },
    { "{\"event\":\"a\",\"event\":\"b\"}", SIO_ERROR_PROTOCOL, "\"event\" is there twice" },
    { "{\"event\":\"connect\"}", SIO_ERROR_PROTOCOL, "the name of the event is reserved" },
    { "{\"event\":\"a\",\"ack\":-1}", SIO_ERROR_PROTOCOL,
      "expected \"ack\" to be an integer from 0 to 2^53" },
    { "{\"event\":\"a\",\"ack\":\"1\"}", SIO_ERROR_PROTOCOL,
      "expected \"ack\" to be an integer from 0 to 2^53" },
    { "{\"ack\":9007199254740993}", SIO_ERROR_PROTOCOL,
      "expected \"ack\" to be an integer from 0 to 2^53" },
    { "{\"event\":\"a\",\"args\":{}}", SIO_ERROR_PROTOCOL, "expected \"args\" to be an array" },
    { "{\"event\":\"a\",\"args\":[],\"data\":1}", SIO_ERROR_PROTOCOL,
      "expected \"data\" or \"args\", not both" },
    { "{\"event\":\"a\",\"args\":[{\"_base64\":\"\"},{\"_base64\":\"\"},{\"_base64\":\"\"}]}",
      SIO_ERROR_PROTOCOL, "expected at most 2 binary values" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      g_autoptr (GPtrArray) attachments = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_false (sio_plain_decode (bad[i].plain, strlen (bad[i].plain), "", &limits, out,
                                        &attachments, &error));
      g_assert_error (error, SIO_ERROR, bad[i].code);
      if (bad[i].message != NULL)
        g_assert_cmpstr (error->message, ==, bad[i].message);
    }
}

static void
test_encode (void)
{
  static const struct
  {
    const char *packet;
    guint n_hidden;
    const char *plain;
  } cases[] = {
    { "0{\"sid\":\"a\"}", 0, "{\"event\":\"connect\",\"data\":{\"sid\":\"a\"}}" },
    { "0/chat,{\"sid\":\"a\"}", 0, "{\"event\":\"connect\",\"data\":{\"sid\":\"a\"}}" },
    { "1", 0, "{\"event\":\"disconnect\"}" },
    { "1/chat,", 0, "{\"event\":\"disconnect\"}" },
    { "4/chat,{\"message\":\"no\"}", 0,
      "{\"event\":\"connect_error\",\"data\":{\"message\":\"no\"}}" },
    { "2[\"say\"]", 0, "{\"event\":\"say\"}" },
    { "2/chat,[\"say\",{\"a\":[1,2]}]", 0, "{\"event\":\"say\",\"data\":{\"a\":[1,2]}}" },
    { "2/chat,12[\"say\",1,\"b\"]", 0, "{\"event\":\"say\",\"args\":[1,\"b\"],\"ack\":12}" },
    { "212[\"say\",[]]", 0, "{\"event\":\"say\",\"data\":[],\"ack\":12}" },
    { "312[]", 0, "{\"ack\":12}" },
    { "3/chat,12[1]", 0, "{\"ack\":12,\"data\":1}" },
    { "312[1,2]", 0, "{\"ack\":12,\"args\":[1,2]}" },
    { "2[\"say\",1,\"offset\"]", 1, "{\"event\":\"say\",\"data\":1}" },
    { "2[\"say\",\"offset\"]", 1, "{\"event\":\"say\"}" },
    { "51-/c,[\"up\",{\"_placeholder\":true,\"num\":0}]", 0,
      "{\"event\":\"up\",\"data\":{\"_base64\":\"YWJj\"}}" },
    { "51-[\"up\",[{ \"num\" : 0 , \"_placeholder\" : true }],{\"_placeholder\":true}]", 0,
      "{\"event\":\"up\",\"args\":[[{\"_base64\":\"YWJj\"}],{\"_placeholder\":true}]}" },
    { "61-3[{\"a\":{\"_placeholder\":true,\"num\":0}}]", 0,
      "{\"ack\":3,\"data\":{\"a\":{\"_base64\":\"YWJj\"}}}" },
    { "51-[\"up\",{\"_placeholder\":true,\"num\":1}]", 0,
      "{\"event\":\"up\",\"data\":{\"_placeholder\":true,\"num\":1}}" },
  };
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (attachments, g_bytes_new_static ("abc", 3));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean is_binary = cases[i].packet[0] == '5' || cases[i].packet[0] == '6';
      g_autoptr (GString) plain =
          sio_plain_encode (cases[i].packet, strlen (cases[i].packet),
                            is_binary ? attachments : NULL, cases[i].n_hidden);

      g_assert_cmpstr (plain->str, ==, cases[i].plain);
    }
}

/* What an application sends may be deeper than what is looked at: it arrives all the same. */
static void
test_deep (void)
{
  g_autoptr (GString) packet = g_string_new ("2[\"deep\",");
  g_autoptr (GString) expected = g_string_new ("{\"event\":\"deep\",\"args\":[");
  g_autoptr (GString) plain = NULL;

  for (guint i = 0; i < 200; i++)
    {
      g_string_append_c (packet, '[');
      g_string_append_c (expected, '[');
    }
  for (guint i = 0; i < 200; i++)
    {
      g_string_append_c (packet, ']');
      g_string_append_c (expected, ']');
    }
  g_string_append_c (packet, ']');
  g_string_append (expected, "]}");
  plain = sio_plain_encode (packet->str, packet->len, NULL, 0);
  g_assert_cmpstr (plain->str, ==, expected->str);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codec/plain/decode", test_decode);
  g_test_add_func ("/codec/plain/refuse", test_refuse);
  g_test_add_func ("/codec/plain/encode", test_encode);
  g_test_add_func ("/codec/plain/deep", test_deep);

  return g_test_run ();
}
