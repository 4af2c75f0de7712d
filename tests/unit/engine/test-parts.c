/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-id-private.h"
#include "sio-outgoing-private.h"
#include "sio-request-info-private.h"

/* Queries, what is kept of a request, ids, and the wire forms of messages. */

typedef struct
{
  const char *query;
  const char *name;
  const char *value;
} Query;

static const Query queries[] = {
  { "", "a", NULL },
  { "&&&", "", NULL },
  { "a", "a", "" },
  { "a=", "a", "" },
  { "a=1", "a", "1" },
  { "a=1&a=2", "a", "2" },
  { "a=1&a", "a", "" },
  { "a=1&b=2", "b", "2" },
  { "&a=1&", "a", "1" },
  { "a=b=c", "a", "b=c" },
  { "=x", "", "x" },
  { "a=+b+", "a", " b " },
  { "a=%41%2B%20", "a", "A+ " },
  { "%61=1", "a", "1" },
  { "a+b=1", "a b", "1" },
  { "%73%69%64=x", "sid", "x" },
  { "sid2=x", "sid", NULL },
  { "si=x", "sid", NULL },
  { "SID=x", "sid", NULL },
  { "a=%", "a", "%" },
  { "a=%4", "a", "%4" },
  { "a=%zz", "a", "%zz" },
  { "a=%4g%41", "a", "%4gA" },
  { "a=%c3%a4", "a", "ä" },
  { "a=%ff", "a", "\xef\xbf\xbd" },
  { "a=1;b=2", "b", NULL },
  { "a=x%00y", "a", "x\xef\xbf\xbdy" },
  { "%ff=1&\xff=2", "\xef\xbf\xbd", "2" },
  { "\xff=1&%ff=2", "\xef\xbf\xbd", "2" },
};

static void
test_query (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autofree char *value = sio_query_dup_value (queries[i].query, queries[i].name);
      g_autoptr (GHashTable) table = sio_query_parse (queries[i].query);
      g_autofree char *shown = g_strescape (queries[i].query, NULL);

      g_test_message ("%s", shown);
      g_assert_cmpstr (value, ==, queries[i].value);
      g_assert_cmpstr (g_hash_table_lookup (table, queries[i].name), ==, queries[i].value);
    }
}

static void
test_request_info (void)
{
  static const char headers[] = "Host\0a\0X-Forwarded-For\0"
                                "1.2.3.4\0COOKIE\0a=B\0Empty\0\0x-forwarded-for\0"
                                "5.6.7.8";
  static const char url[] = "/engine.io/?EIO=4&b=%41";
  g_autoptr (SioRequestInfo) info =
      sio_request_info_new ("::1", TRUE, url, strlen (url), headers, sizeof headers);
  static const char *const names[] = { "host", "x-forwarded-for", "cookie", "empty",
                                       "x-forwarded-for" };
  static const char *const values[] = { "a", "1.2.3.4", "a=B", "", "5.6.7.8" };
  g_autofree char *b = sio_request_info_dup_query_value (info, "b");
  guint position = 0;
  const char *name;
  const char *value;

  g_assert_cmpstr (sio_request_info_get_url (info), ==, url);
  g_assert_cmpstr (sio_request_info_get_query (info), ==, "EIO=4&b=%41");
  g_assert_cmpstr (b, ==, "A");
  g_assert_cmpstr (sio_request_info_get_remote_address (info), ==, "::1");
  g_assert_true (sio_request_info_is_secure (info));
  g_assert_cmpint (ABS (g_get_real_time () - sio_request_info_get_time (info)), <, 10000000);
  g_assert_cmpstr (sio_request_info_get_header (info, "Cookie"), ==, "a=B");
  g_assert_cmpstr (sio_request_info_get_header (info, "empty"), ==, "");
  g_assert_null (sio_request_info_get_header (info, "cooki"));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (sio_request_info_next_header (info, &position, &name, &value));
      g_assert_cmpstr (name, ==, names[i]);
      g_assert_cmpstr (value, ==, values[i]);
    }
  g_assert_false (sio_request_info_next_header (info, &position, &name, &value));
}

static void
test_request_info_empty (void)
{
  g_autoptr (SioRequestInfo) info = sio_request_info_new ("", FALSE, "/", 1, NULL, 0);
  guint position = 0;
  const char *name;
  const char *value;

  g_assert_cmpstr (sio_request_info_get_query (info), ==, "");
  g_assert_null (sio_request_info_get_header (info, "host"));
  g_assert_false (sio_request_info_next_header (info, &position, &name, &value));
}

static gpointer
make_ids (gpointer data)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < 20000; i++)
    {
      char id[SIO_ID_LENGTH + 1];

      sio_id_generate (id);
      g_ptr_array_add (ids, g_strdup (id));
    }
  return ids;
}

static void
test_ids (void)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GThread *threads[3];
  guint counts[20][64] = { { 0 } };
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, make_ids, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (GPtrArray) ids = g_thread_join (threads[i]);

      for (guint j = 0; j < ids->len; j++)
        {
          const char *id = g_ptr_array_index (ids, j);

          g_assert_cmpuint (strlen (id), ==, 20);
          for (guint k = 0; k < 20; k++)
            {
              const char *at = strchr (alphabet, id[k]);

              g_assert_nonnull (at);
              counts[k][at - alphabet]++;
            }
          g_assert_true (g_hash_table_add (seen, g_strdup (id)));
          n++;
        }
    }
  /* Every character at every place, about as often: 937 expected, 30 the deviation. */
  for (guint k = 0; k < 20; k++)
    for (guint c = 0; c < 64; c++)
      {
        g_assert_cmpuint (counts[k][c], >, n / 64 - 250);
        g_assert_cmpuint (counts[k][c], <, n / 64 + 250);
      }
}

static void
assert_bytes (GBytes *bytes, const char *expected, gsize length)
{
  gsize actual;
  const void *data = g_bytes_get_data (bytes, &actual);

  g_assert_cmpmem (data, actual, expected, length);
}

static void
test_outgoing_text (void)
{
  SioPart parts[] = { { "he", 2 }, { NULL, 0 }, { "llo", 3 } };
  g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (parts, 3, NULL);
  g_autoptr (SioOutgoing) empty = sio_outgoing_new (NULL, 0, NULL);
  gsize length;

  assert_bytes (sio_outgoing_get_ws (outgoing),
                "\x81\x06"
                "4hello",
                8);
  g_assert_true (sio_outgoing_get_ws_base64 (outgoing) == sio_outgoing_get_ws (outgoing));
  assert_bytes (sio_outgoing_get_polling (outgoing), "4hello", 6);
  g_assert_cmpmem (sio_outgoing_get_text (outgoing, &length), 5, "hello", 5);
  g_assert_cmpuint (length, ==, 5);
  assert_bytes (sio_outgoing_get_ws (empty),
                "\x81\x01"
                "4",
                3);
  assert_bytes (sio_outgoing_get_polling (empty), "4", 1);
}

static void
test_outgoing_attachments (void)
{
  SioPart part = { "52-x", 4 };
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (SioOutgoing) outgoing = NULL;

  g_ptr_array_add (attachments, g_bytes_new_static ("\1\2\3\4", 4));
  g_ptr_array_add (attachments, g_bytes_new_static ("", 0));
  outgoing = sio_outgoing_new (&part, 1, attachments);
  assert_bytes (sio_outgoing_get_ws (outgoing),
                "\x81\x05"
                "452-x\x82\x04\1\2\3\4\x82\0",
                7 + 6 + 2);
  assert_bytes (sio_outgoing_get_ws_base64 (outgoing),
                "\x81\x05"
                "452-x\x81\x09"
                "bAQIDBA==\x81\x01"
                "b",
                7 + 11 + 3);
  assert_bytes (sio_outgoing_get_polling (outgoing),
                "452-x\x1e"
                "bAQIDBA==\x1e"
                "b",
                5 + 1 + 9 + 1 + 1);
  /* Made once. */
  g_assert_true (sio_outgoing_get_polling (outgoing) == sio_outgoing_get_polling (outgoing));
}

static void
test_outgoing_binary (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0\xff", 2);
  g_autoptr (SioOutgoing) outgoing = sio_outgoing_new_binary (bytes);
  gsize length;

  assert_bytes (sio_outgoing_get_ws (outgoing), "\x82\x02\0\xff", 4);
  assert_bytes (sio_outgoing_get_ws_base64 (outgoing),
                "\x81\x05"
                "bAP8=",
                7);
  assert_bytes (sio_outgoing_get_polling (outgoing), "bAP8=", 5);
  g_assert_null (sio_outgoing_get_text (outgoing, &length));
}

/* The same messages for clients of Engine.IO 3. */
static void
test_outgoing_eio3 (void)
{
  SioPart part = { "52-\303\244", 5 };
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (SioOutgoing) text = sio_outgoing_new (&part, 1, NULL);
  g_autoptr (SioOutgoing) mixed = NULL;
  g_autoptr (SioOutgoing) binary = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\0\xff", 2);

  g_assert_true (sio_outgoing_get_eio3_ws (text) == sio_outgoing_get_ws (text));
  g_assert_true (sio_outgoing_get_eio3_ws_base64 (text) == sio_outgoing_get_ws (text));
  g_assert_false (sio_outgoing_has_binary (text));
  assert_bytes (sio_outgoing_get_eio3_polling (text, FALSE), "5:452-\303\244", 8);
  assert_bytes (sio_outgoing_get_eio3_polling (text, TRUE), "\0\6\377452-\303\244", 9);

  g_ptr_array_add (attachments, g_bytes_new_static ("\1\2\3\4", 4));
  g_ptr_array_add (attachments, g_bytes_new_static ("", 0));
  mixed = sio_outgoing_new (&part, 1, attachments);
  g_assert_true (sio_outgoing_has_binary (mixed));
  assert_bytes (sio_outgoing_get_eio3_ws (mixed),
                "\x81\x06"
                "452-\303\244\x82\x05\4\1\2\3\4\x82\1\4",
                8 + 7 + 3);
  assert_bytes (sio_outgoing_get_eio3_ws_base64 (mixed),
                "\x81\x06"
                "452-\303\244\x81\x0a"
                "b4AQIDBA==\x81\x02"
                "b4",
                8 + 12 + 4);
  assert_bytes (sio_outgoing_get_eio3_polling (mixed, FALSE),
                "5:452-\303\244"
                "10:b4AQIDBA=="
                "2:b4",
                8 + 13 + 4);
  assert_bytes (sio_outgoing_get_eio3_polling (mixed, TRUE),
                "\0\6\377452-\303\244\1\5\377\4\1\2\3\4\1\1\377\4", 9 + 8 + 4);
  /* Each is made once, and the forms of revision 4 stay as they were. */
  g_assert_true (sio_outgoing_get_eio3_ws (mixed) == sio_outgoing_get_eio3_ws (mixed));
  g_assert_true (sio_outgoing_get_eio3_polling (mixed, TRUE) ==
                 sio_outgoing_get_eio3_polling (mixed, TRUE));
  assert_bytes (sio_outgoing_get_ws (mixed),
                "\x81\x06"
                "452-\303\244\x82\x04\1\2\3\4\x82\0",
                8 + 6 + 2);

  binary = sio_outgoing_new_binary (bytes);
  assert_bytes (sio_outgoing_get_eio3_ws (binary), "\x82\x03\4\0\xff", 5);
  assert_bytes (sio_outgoing_get_eio3_ws_base64 (binary),
                "\x81\x06"
                "b4AP8=",
                8);
  assert_bytes (sio_outgoing_get_eio3_polling (binary, FALSE), "6:b4AP8=", 8);
  assert_bytes (sio_outgoing_get_eio3_polling (binary, TRUE), "\1\3\377\4\0\xff", 6);
}

static void
test_outgoing_lengths (void)
{
  static const gsize lengths[] = { 124, 125, 126, 127, 65534, 65535, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *text = g_strnfill (lengths[i], 'x');
      SioPart part = { text, lengths[i] };
      g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (&part, 1, NULL);
      gsize packet = lengths[i] + 1;
      gsize header = packet < 126 ? 2 : packet < 65536 ? 4 : 10;
      gsize length;

      g_assert_cmpuint (g_bytes_get_size (sio_outgoing_get_ws (outgoing)), ==, header + packet);
      g_assert_cmpuint (g_bytes_get_size (sio_outgoing_get_polling (outgoing)), ==, packet);
      g_assert_cmpmem (sio_outgoing_get_text (outgoing, &length), lengths[i], text, lengths[i]);
    }
}

static void
test_outgoing_control (void)
{
  g_autoptr (SioOutgoing) ping = sio_outgoing_new_control ("2");

  assert_bytes (sio_outgoing_get_ws (ping),
                "\x81\x01"
                "2",
                3);
  assert_bytes (sio_outgoing_get_polling (ping), "2", 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Queries, requests, ids and the wire forms of messages.");

  g_test_add_func ("/engine/parts/query", test_query);
  g_test_add_func ("/engine/parts/request-info", test_request_info);
  g_test_add_func ("/engine/parts/request-info-empty", test_request_info_empty);
  g_test_add_func ("/engine/parts/ids", test_ids);
  g_test_add_func ("/engine/parts/outgoing/text", test_outgoing_text);
  g_test_add_func ("/engine/parts/outgoing/attachments", test_outgoing_attachments);
  g_test_add_func ("/engine/parts/outgoing/binary", test_outgoing_binary);
  g_test_add_func ("/engine/parts/outgoing/eio3", test_outgoing_eio3);
  g_test_add_func ("/engine/parts/outgoing/lengths", test_outgoing_lengths);
  g_test_add_func ("/engine/parts/outgoing/control", test_outgoing_control);
  return g_test_run ();
}
