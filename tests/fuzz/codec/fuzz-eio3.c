/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sio-eio3-payload-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static guint8 *
copy_bytes (const void *data, gsize size)
{
  guint8 *copy = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);
  return copy;
}

/* Reads a payload and writes its messages again, in both forms; what is written has to be read
 * as the same. */
static void
check_payload (const void *data, gsize size, gboolean is_binary)
{
  g_autofree guint8 *body = copy_bytes (data, size);
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autoptr (GByteArray) binary = g_byte_array_new ();
  GByteArray *again[] = { text, binary };
  g_autoptr (GByteArray) messages = g_byte_array_new ();
  SioEio3Reader reader;
  SioEioPacket packet;
  SioEio3Result result;
  gsize n = 0;

  sio_eio3_reader_init (&reader, body, size, is_binary);
  while ((result = sio_eio3_reader_next (&reader, &packet)) == SIO_EIO3_PACKET)
    {
      guint8 *p = reader.p;

      g_assert_true (packet.type >= SIO_EIO_OPEN && packet.type <= SIO_EIO_NOOP);
      g_assert_true (packet.data > body && packet.data + packet.length <= p);
      /* Each has a length in front. */
      g_assert_cmpuint (++n * 2, <=, size);
      if (packet.is_binary && packet.type == SIO_EIO_MESSAGE)
        {
          sio_eio3_append_base64 (again[0], packet.data, packet.length);
          sio_eio3_append_binary_data (again[1], packet.data, packet.length);
        }
      else if (!packet.is_binary)
        {
          sio_eio3_append_text (again[0], packet.data - 1, packet.length + 1);
          sio_eio3_append_binary_text (again[1], packet.data - 1, packet.length + 1);
        }
      else
        continue;
      g_byte_array_append (messages, packet.data, (guint) packet.length);
    }
  /* Nothing is read after a fault. */
  if (result == SIO_EIO3_MALFORMED)
    {
      SioEio3Result next = sio_eio3_reader_next (&reader, &packet);

      g_assert_true (next != SIO_EIO3_PACKET);
    }

  for (guint i = 0; i < G_N_ELEMENTS (again); i++)
    {
      g_autoptr (GByteArray) read = g_byte_array_new ();

      if (again[i]->len == 0)
        continue;
      sio_eio3_reader_init (&reader, again[i]->data, again[i]->len, i == 1);
      while ((result = sio_eio3_reader_next (&reader, &packet)) == SIO_EIO3_PACKET)
        g_byte_array_append (read, packet.data, (guint) packet.length);
      g_assert_cmpint (result, ==, SIO_EIO3_NOTHING);
      g_assert_cmpmem (read->data, read->len, messages->data, messages->len);
    }
}

static void
check_text (const void *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GBytes) repaired = sio_utf8_repair (bytes);
  g_autoptr (GBytes) script = sio_eio3_wrap_jsonp ("7", repaired);
  gsize length;
  gconstpointer text = g_bytes_get_data (repaired, &length);
  gsize script_length;
  const char *js = g_bytes_get_data (script, &script_length);

  check_payload (text, length, FALSE);
  g_assert_cmpmem (js, 11, "___eio[7](\"", 11);
  g_assert_cmpmem (js + script_length - 3, 3, "\");", 3);
  for (gsize i = 0; i < script_length; i++)
    g_assert_cmpuint ((guint8) js[i], >=, 0x20);
}

static void
check_form (const void *data, gsize size)
{
  g_autofree guint8 *body = copy_bytes (data, size);
  gsize length;

  if (!sio_eio3_form_decode (body, size, &length))
    return;
  g_assert_cmpuint (length + 2, <=, size);
  check_text (body, length);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  check_payload (data, size, TRUE);
  check_text (data, size);
  check_form (data, size);
  return 0;
}
