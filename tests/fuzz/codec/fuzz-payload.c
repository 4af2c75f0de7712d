/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-eio-payload-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_payload (const uint8_t *data, size_t size)
{
  g_autofree guint8 *body = g_malloc (MAX (size, 1));
  guint8 *cursor = body;
  SioEioPacket packet;

  if (size > 0)
    memcpy (body, data, size);
  while (cursor != NULL)
    {
      guint8 *before = cursor;

      if (!sio_eio_payload_next (&cursor, body + size, &packet))
        break;
      g_assert_true (cursor == NULL || cursor > before);
      g_assert_true (packet.type >= SIO_EIO_OPEN && packet.type <= SIO_EIO_NOOP);
      g_assert_true (packet.data > before && packet.data + packet.length <= body + size);
    }
}

static void
check_base64 (const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  gsize length;

  sio_eio_payload_append_binary (payload, data, size);
  length = sio_base64_decode_lenient (payload->data + 1, payload->len - 1, payload->data);
  g_assert_cmpmem (payload->data, length, data, size);
}

static void
check_repair (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GBytes) repaired = sio_utf8_repair (bytes);
  g_autoptr (GBytes) again = sio_utf8_repair (repaired);

  g_assert_true (again == repaired);
  if (memchr (data, '\0', size) == NULL)
    g_assert_true (g_utf8_validate ((const char *) data, (gssize) size, NULL) ==
                   (repaired == bytes));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  check_payload (data, size);
  check_base64 (data, size);
  check_repair (data, size);
  return 0;
}
