/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sio.h>

#include "sio-packet-private.h"

static void
assert_text (SioOutgoing *outgoing, const char *expected)
{
  gsize length;
  const char *text = sio_outgoing_get_text (outgoing, &length);

  g_assert_cmpmem (text, length, expected, strlen (expected));
}

static void
assert_event (const char *ns, const char *event, SioArgs *args, const char *expected)
{
  g_autoptr (SioPacket) packet = sio_packet_new_event (ns, event, args);

  g_assert_cmpstr (sio_packet_get_namespace (packet), ==, ns);
  assert_text (sio_packet_get_outgoing (packet, NULL), expected);
}

static void
test_event (void)
{
  assert_event ("/", "hello", NULL, "2[\"hello\"]");
  assert_event ("/", "hello", sio_args_new ("()"), "2[\"hello\"]");
  assert_event ("/", "hello", sio_args_new ("is", 1, "x"), "2[\"hello\",1,\"x\"]");
  assert_event ("/chat", "hello", sio_args_new ("i", 1), "2/chat,[\"hello\",1]");
  assert_event ("/", "a\"b\\c\n", NULL, "2[\"a\\\"b\\\\c\\n\"]");
  assert_event ("/", "\xc3\xa9", NULL, "2[\"\xc3\xa9\"]");
  assert_event ("/", "", NULL, "2[\"\"]");
  assert_event ("/chat", "b", sio_args_new ("^ay", "x"),
                "51-/chat,[\"b\",{\"_placeholder\":true,\"num\":0}]");
}

static void
test_id (void)
{
  g_autoptr (SioPacket) packet = sio_packet_new_event ("/chat", "x", sio_args_new ("i", 1));
  g_autoptr (SioPacket) binary = sio_packet_new_event ("/", "x", sio_args_new ("^ay", "b"));
  g_autoptr (SioOutgoing) with_id = sio_packet_encode_with_id (packet, NULL, 12345678901);
  g_autoptr (SioOutgoing) binary_with_id = sio_packet_encode_with_id (binary, NULL, 0);

  assert_text (with_id, "2/chat,12345678901[\"x\",1]");
  assert_text (binary_with_id, "51-0[\"x\",{\"_placeholder\":true,\"num\":0}]");
}

static void
test_ack (void)
{
  g_autoptr (SioArgs) args = sio_args_new ("si", "x", 1);
  g_autoptr (SioOutgoing) some = NULL;
  g_autoptr (SioOutgoing) none = NULL;
  SioContent content;

  sio_content_init_args (&content, NULL, args);
  some = sio_encode_ack (NULL, "/chat,", &content, 7);
  assert_text (some, "3/chat,7[\"x\",1]");
  sio_content_init_args (&content, NULL, NULL);
  none = sio_encode_ack (NULL, "", &content, 0);
  assert_text (none, "30[]");
}

static void
test_contents (void)
{
  g_autoptr (SioPacket) packet = sio_packet_new_event ("/chat", "x", sio_args_new ("^ayi", "b", 1));
  g_autofree char *json = sio_packet_dup_json (packet);
  g_autoptr (SioArgs) args = sio_packet_to_args (packet);
  g_autoptr (SioPacket) copy = NULL;
  g_autoptr (SioArgs) bad = sio_args_new ("i", 1);
  g_autoptr (SioArgs) reserved = sio_args_new ("s", "disconnect");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (json, ==, "[\"x\",{\"_placeholder\":true,\"num\":0},1]");
  g_assert_cmpuint (sio_packet_get_n_attachments (packet), ==, 1);
  g_assert_nonnull (sio_packet_get_attachment (packet, 0));
  g_assert_null (sio_packet_get_attachment (packet, 1));
  g_assert_cmpstr (sio_args_get_json (args), ==, json);
  g_assert_cmpuint (sio_args_get_n_attachments (args), ==, 1);

  copy = sio_packet_new_from_args ("/chat", args, &error);
  g_assert_no_error (error);
  assert_text (sio_packet_get_outgoing (copy, NULL),
               "51-/chat,[\"x\",{\"_placeholder\":true,\"num\":0},1]");
  g_assert_null (sio_packet_new_from_args ("/", bad, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_null (sio_packet_new_from_args ("/", reserved, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Packets that leave, byte by byte");

  g_test_add_func ("/server/packet/event", test_event);
  g_test_add_func ("/server/packet/id", test_id);
  g_test_add_func ("/server/packet/ack", test_ack);
  g_test_add_func ("/server/packet/contents", test_contents);
  return g_test_run ();
}
