/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-json-private.h"
#include "sio-msgpack-private.h"

#define MAX_ATTACHMENTS 8

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What was understood, written again, is understood as the same. */
static void
check_again (const SioMsgpackPacket *packet)
{
  const char *json = packet->json != NULL ? packet->json->str : "";
  g_autoptr (GBytes) bytes = sio_msgpack_encode (packet->type, packet->nsp->str, packet->id, json,
                                                 strlen (json), packet->attachments);
  g_autoptr (GError) error = NULL;
  SioMsgpackPacket again;

  sio_msgpack_decode (bytes, SIO_JSON_MAX_DEPTH, MAX_ATTACHMENTS, &again, &error);
  g_assert_no_error (error);
  g_assert_cmpint (again.type, ==, packet->type);
  g_assert_cmpint (again.id, ==, packet->id);
  g_assert_cmpstr (again.nsp->str, ==, packet->nsp->str);
  g_assert_cmpstr (again.json != NULL ? again.json->str : "", ==, json);
  g_assert_cmpint (again.attachments != NULL, ==, packet->attachments != NULL);
  for (guint i = 0; again.attachments != NULL && i < again.attachments->len; i++)
    g_assert_true (g_bytes_equal (g_ptr_array_index (again.attachments, i),
                                  g_ptr_array_index (packet->attachments, i)));
  sio_msgpack_packet_clear (&again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) message = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  SioMsgpackPacket packet;

  if (!sio_msgpack_decode (message, SIO_JSON_MAX_DEPTH, MAX_ATTACHMENTS, &packet, &error))
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  g_assert_no_error (error);
  g_assert_true (packet.type <= SIO_PACKET_CONNECT_ERROR);
  g_assert_true (g_utf8_validate (packet.nsp->str, (gssize) packet.nsp->len, NULL));
  if (packet.json != NULL)
    {
      /* Most grow a control character, from one byte to six, and an empty attachment. */
      g_assert_cmpuint (packet.json->len, <=, 6 * size + 32 * MAX_ATTACHMENTS);
      g_assert_true (g_utf8_validate (packet.json->str, (gssize) packet.json->len, NULL));
      sio_json_scan (packet.json->str, packet.json->len, SIO_JSON_MAX_DEPTH, NULL, &error);
      g_assert_no_error (error);
    }
  check_again (&packet);
  sio_msgpack_packet_clear (&packet);
  return 0;
}
