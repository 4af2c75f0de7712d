/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <sio.h>

#include "sio-packet-private.h"
#include "sio-parser-private.h"

static const struct
{
  SioPacketType type;
  const char *nsp;
  gint64 id;
  const char *json;
  guint n_attachments;
  const char *text; /* NULL: refused */
} packets[] = {
  { SIO_PACKET_CONNECT, "/", -1, NULL, 0, "0" },
  { SIO_PACKET_CONNECT, "/adm", -1, "{\"k\":1}", 0, "0/adm,{\"k\":1}" },
  { SIO_PACKET_DISCONNECT, "/adm", -1, NULL, 0, "1/adm," },
  { SIO_PACKET_EVENT, "/", -1, "[\"e\",1]", 0, "2[\"e\",1]" },
  { SIO_PACKET_EVENT, "/", 0, "[7]", 0, "20[7]" },
  { SIO_PACKET_BINARY_EVENT, "/", -1, "[\"e\"]", 0, "2[\"e\"]" },
  { SIO_PACKET_EVENT, "/adm", 5, "[\"e\",{\"_placeholder\":true,\"num\":1}]", 2,
    "52-/adm,5[\"e\",{\"_placeholder\":true,\"num\":1}]" },
  { SIO_PACKET_ACK, "/", 12, "[]", 0, "312[]" },
  { SIO_PACKET_BINARY_ACK, "/", 12, "[{\"_placeholder\":true,\"num\":0}]", 1,
    "61-12[{\"_placeholder\":true,\"num\":0}]" },
  { SIO_PACKET_CONNECT_ERROR, "/", -1, "\"no\"", 0, "4\"no\"" },
  { SIO_PACKET_EVENT, "/", -1, "[\"e\",{\"_placeholder\":true,\"num\":5}]", 0,
    "2[\"e\",{\"_placeholder\":true,\"num\":5}]" },
  /* what would be something else as text, or no packet */
  { SIO_PACKET_CONNECT, "adm", -1, NULL, 0, NULL },
  { SIO_PACKET_CONNECT, "", -1, NULL, 0, NULL },
  { SIO_PACKET_CONNECT, "/a,b", -1, NULL, 0, NULL },
  { SIO_PACKET_CONNECT, "/a\xff", -1, NULL, 0, NULL },
  { SIO_PACKET_CONNECT, "/", -1, "[]", 0, NULL },
  { SIO_PACKET_CONNECT, "/", -1, "{}", 1, NULL },
  { SIO_PACKET_DISCONNECT, "/", -1, "5", 0, NULL },
  { SIO_PACKET_DISCONNECT, "/", -1, "{}", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, NULL, 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "[]", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "[null]", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "[\"disconnect\"]", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "12[\"e\"]", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "/x,[\"e\"]", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "[\"e\"", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "[\"\xff\"]", 0, NULL },
  { SIO_PACKET_EVENT, "/", G_GINT64_CONSTANT (9007199254740993), "[\"e\"]", 0, NULL },
  { SIO_PACKET_EVENT, "/", -1, "[\"e\",{\"_placeholder\":true,\"num\":1}]", 1, NULL },
  { SIO_PACKET_ACK, "/", 1, "{}", 0, NULL },
  { (SioPacketType) 7, "/", -1, NULL, 0, NULL },
};

static void
test_new (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  GBytes *attachments[] = { bytes, bytes };

  for (gsize i = 0; i < G_N_ELEMENTS (packets); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SioPacket) packet =
          sio_packet_new (packets[i].type, packets[i].nsp, packets[i].id, packets[i].json,
                          attachments, packets[i].n_attachments, &error);
      g_autofree char *json = NULL;
      const char *text;
      gsize length;

      g_test_message ("%" G_GSIZE_FORMAT, i);
      if (packets[i].text == NULL)
        {
          g_assert_null (packet);
          g_assert_nonnull (error);
          g_assert_cmpint (error->domain, ==, SIO_ERROR);
          continue;
        }
      g_assert_no_error (error);
      text = sio_packet_peek_text (packet, &length);
      g_assert_cmpmem (text, length, packets[i].text, strlen (packets[i].text));
      g_assert_cmpstr (sio_packet_get_namespace (packet), ==, packets[i].nsp);
      g_assert_cmpint (sio_packet_get_id (packet), ==, packets[i].id);
      json = sio_packet_dup_json (packet);
      g_assert_cmpstr (json, ==, packets[i].json);
      g_assert_cmpuint (sio_packet_get_n_attachments (packet), ==, packets[i].n_attachments);
      g_assert_cmpint (sio_packet_get_packet_type (packet), <=, SIO_PACKET_CONNECT_ERROR);
    }
}

/* What a parser makes of a packet, its decoder makes the same packet of. */
static void
check_both_ways (SioParser *parser)
{
  g_autoptr (GBytes) first = g_bytes_new_static ("\0\1", 2);
  g_autoptr (GBytes) second = g_bytes_new_static ("", 0);
  g_autoptr (SioDecoder) decoder = sio_parser_create_decoder (parser, 64);
  GBytes *attachments[] = { first, second };

  for (gsize i = 0; i < G_N_ELEMENTS (packets) && packets[i].text != NULL; i++)
    {
      g_autoptr (SioPacket) packet =
          sio_packet_new (packets[i].type, packets[i].nsp, packets[i].id, packets[i].json,
                          attachments, packets[i].n_attachments, NULL);
      g_autoptr (SioParserOutput) output = sio_parser_output_new ();
      g_autoptr (SioPacket) again = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *json = NULL;
      const char *text;

      g_assert_true (sio_parser_encode (parser, packet, output, &error));
      g_assert_no_error (error);
      text = sio_parser_output_get_text (output);
      if (text != NULL)
        {
          g_autoptr (GBytes) message = g_bytes_new (text, strlen (text));

          again = sio_decoder_decode (decoder, message, TRUE, &error);
          g_assert_no_error (error);
        }
      for (guint j = 0; j < sio_parser_output_get_n_bytes (output); j++)
        {
          g_assert_null (again);
          again =
              sio_decoder_decode (decoder, sio_parser_output_get_bytes (output, j), FALSE, &error);
          g_assert_no_error (error);
        }
      g_assert_nonnull (again);
      g_assert_cmpint (sio_packet_get_packet_type (again), ==, sio_packet_get_packet_type (packet));
      g_assert_cmpstr (sio_packet_get_namespace (again), ==, packets[i].nsp);
      g_assert_cmpint (sio_packet_get_id (again), ==, packets[i].id);
      json = sio_packet_dup_json (again);
      /* msgpack has the data in its place, and leaves out the one that is in none */
      if (packets[i].n_attachments < 2 || text != NULL)
        g_assert_cmpstr (json, ==, packets[i].json);
      else
        g_assert_cmpuint (sio_packet_get_n_attachments (again), ==, 1);
    }
}

static void
test_both_ways (void)
{
  g_autoptr (SioTextParser) text = sio_text_parser_new ();
  g_autoptr (SioMsgpackParser) msgpack = sio_msgpack_parser_new ();

  check_both_ways (SIO_PARSER (text));
  check_both_ways (SIO_PARSER (msgpack));
}

static SioPacket *
decode (SioDecoder *decoder, const char *message, gboolean is_text, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (message, strlen (message));

  return sio_decoder_decode (decoder, bytes, is_text, error);
}

/* protocol.md §3.2 */
static void
test_text_decoder (void)
{
  g_autoptr (SioTextParser) parser = sio_text_parser_new ();
  g_autoptr (SioDecoder) decoder = sio_parser_create_decoder (SIO_PARSER (parser), 3);
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (decode (decoder, "x", FALSE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_null (decode (decoder, "51-[\"e\"]", TRUE, &error));
  g_assert_no_error (error);
  g_assert_null (decode (decoder, "2[\"e\"]", TRUE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
  g_clear_error (&error);
  sio_decoder_reset (decoder);
  packet = decode (decoder, "2[\"e\"]", TRUE, &error);
  g_assert_no_error (error);
  g_assert_nonnull (packet);
  g_assert_null (decode (decoder, "2[\"e\",[[[]]]]", TRUE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (decode (decoder, "511-[\"e\"]", TRUE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
}

static void
test_msgpack_decoder (void)
{
  g_autoptr (SioMsgpackParser) parser = sio_msgpack_parser_new ();
  g_autoptr (SioDecoder) decoder = sio_parser_create_decoder (SIO_PARSER (parser), 64);
  g_autoptr (SioDecoder) same = sio_parser_create_decoder (SIO_PARSER (parser), 64);
  g_autoptr (SioDecoder) shallow = sio_parser_create_decoder (SIO_PARSER (parser), 3);
  g_autoptr (SioDecoder) narrow = NULL;
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (GError) error = NULL;
  static const char deep[] = "\x83\xa4type\x02\xa3nsp\xa1/\xa4"
                             "data\x92\xa1"
                             "e\x91\x91\x91\x01";
  static const char two[] = "\x83\xa4type\x02\xa3nsp\xa1/\xa4"
                            "data\x93\xa1"
                            "e\xc4\x01x\xc4\x01y";

  /* It keeps no state: idle connections cost nothing. */
  g_assert_true (decoder == same);
  g_assert_false (decoder == shallow);
  g_assert_cmpuint (sio_msgpack_parser_get_max_attachments (parser), ==, 1024);
  g_object_set (parser, "max-attachments", 1, NULL);
  narrow = sio_parser_create_decoder (SIO_PARSER (parser), 64);

  g_assert_null (decode (decoder, "2[\"e\"]", TRUE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL);
  g_clear_error (&error);
  packet = decode (decoder, deep, FALSE, &error);
  g_assert_no_error (error);
  g_clear_pointer (&packet, sio_packet_unref);
  g_assert_null (decode (shallow, deep, FALSE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
  g_clear_error (&error);
  packet = decode (decoder, two, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sio_packet_get_n_attachments (packet), ==, 2);
  g_assert_null (decode (narrow, two, FALSE, &error));
  g_assert_error (error, SIO_ERROR, SIO_ERROR_PAYLOAD_TOO_LARGE);
}

/* One encoding for all receivers, kept until another parser asks. */
static void
test_encoded_once (void)
{
  g_autoptr (SioMsgpackParser) msgpack = sio_msgpack_parser_new ();
  g_autoptr (SioTextParser) text = sio_text_parser_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  SioContent content;
  g_autoptr (SioArgs) args = sio_args_new_from_bytes (bytes);
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (SioOutgoing) first = NULL;
  SioOutgoing *plain;
  gsize length;

  sio_content_init_args (&content, "e", args);
  packet = sio_packet_new_content (SIO_PARSER (msgpack), "/adm", &content);
  first = sio_outgoing_ref (sio_packet_get_outgoing (packet, SIO_PARSER (msgpack)));
  g_assert_true (sio_packet_get_outgoing (packet, SIO_PARSER (msgpack)) == first);
  g_assert_null (sio_outgoing_get_text (first, &length));
  g_assert_cmpuint (sio_outgoing_peek_attachments (first)->len, ==, 1);

  /* The text form has its attachments, too, though it was not made for it. */
  plain = sio_packet_get_outgoing (packet, NULL);
  g_assert_nonnull (sio_outgoing_get_text (plain, &length));
  g_assert_cmpuint (sio_outgoing_peek_attachments (plain)->len, ==, 1);
  g_assert_true (sio_packet_get_outgoing (packet, NULL) == plain);
  g_assert_nonnull (
      sio_outgoing_get_text (sio_packet_get_outgoing (packet, SIO_PARSER (text)), &length));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parser/new-packet", test_new);
  g_test_add_func ("/parser/both-ways", test_both_ways);
  g_test_add_func ("/parser/text-decoder", test_text_decoder);
  g_test_add_func ("/parser/msgpack-decoder", test_msgpack_decoder);
  g_test_add_func ("/parser/encoded-once", test_encoded_once);
  return g_test_run ();
}
